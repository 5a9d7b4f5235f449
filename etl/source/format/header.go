package format

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Row is one row of a sample: Line is what the user's program calls it.
type Row struct {
	Line  int
	Cells []string
	// Spans holds for each cell that is merged with cells to its right the
	// number of columns that they cover; nil where no cell of the row is, or
	// where the format has no merged cells.
	Spans []int
}

// HeaderGuess is where the names of the columns stand.
type HeaderGuess struct {
	Index int // in the sample; -1 where the sample has no row at all
	// Groups is the number of rows right above that name groups of columns and
	// are joined with the names (see JoinHeader).
	Groups     int
	Confidence float64
	Evidence   string
	// Unsure is why a person should look, or "".
	Unsure string
	// Missing says that the row at Index has the same kinds of values as the rows
	// below it, so that there is no header.
	Missing bool
}

// GuessHeader finds the row with the names of the columns among the first rows
// of a table. A first row that may hold names is taken, whatever follows: only
// where it cannot (a title, a preamble) or does not look like it is another row
// considered. exact says that every row of a table has the same number of
// cells, empty ones too, as in a text file.
func GuessHeader(rows []Row, exact bool) HeaderGuess {
	guess := guessNames(rows, exact)
	if guess.Index < 0 {
		return guess
	}
	i := guess.Index
	if below := i + 1; below+1 < len(rows) && isGroups(rows[i], rows[below]) && isNames(rows[below].Cells) && !isNames(rows[below+1].Cells) {
		guess.Index, guess.Groups = below, 1
	} else if i > 0 && isGroups(rows[i-1], rows[i]) {
		guess.Groups = 1
	}
	if guess.Groups > 0 {
		first, last := rows[guess.Index-1].Line, rows[guess.Index].Line
		guess.Confidence = min(guess.Confidence, 0.7)
		guess.Evidence = fmt.Sprintf("row %d names groups of the columns that row %d names", first, last)
		guess.Unsure = fmt.Sprintf("rows %d and %d are taken as two header rows and joined, such as %q", first, last, example(JoinHeader(rows[guess.Index-1:guess.Index+1])))
	}
	return guess
}

// isGroups reports whether a row names groups of the columns that the next row
// names: cells that are merged over several names but not over all, or, where
// no cell is merged, groups that tell repeated names apart.
func isGroups(groups, names Row) bool {
	if groups.Line+1 != names.Line || !isNames(groups.Cells) {
		return false
	}
	filled, width := 0, 0
	for _, c := range names.Cells {
		if c != "" {
			width++
		}
	}
	for i, n := range groups.Spans {
		if n > 1 && n < width && i+n <= len(names.Cells) && !slices.Contains(names.Cells[i:i+n], "") {
			return true
		}
	}
	for _, c := range groups.Cells {
		if c != "" {
			filled++
		}
	}
	if groups.Spans != nil || filled < 2 || extent(groups.Cells) > extent(names.Cells) {
		return false
	}
	return repeated(names.Cells) > 0 && repeated(JoinHeader([]Row{groups, names})) == 0
}

// repeated counts the cells that stand before in the same row.
func repeated(cells []string) int {
	seen, n := map[string]bool{}, 0
	for _, c := range cells {
		if c != "" && seen[c] {
			n++
		}
		seen[c] = true
	}
	return n
}

func example(names []string) string {
	for _, n := range names {
		if strings.Contains(n, Joint) {
			return n
		}
	}
	return ""
}

// Joint stands between the name of a group and the name of a column in it.
const Joint = " / "

// JoinHeader joins the names of several header rows, the last of which names
// the columns and the others groups of them, as "Group / name". A group reaches
// over the cells that it is merged with; in a row without merged cells, to the
// next group.
func JoinHeader(rows []Row) []string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.Cells))
	}
	joined := make([]string, width)
	for i, r := range rows {
		cells := append(slices.Clone(r.Cells), make([]string, width-len(r.Cells))...)
		if i < len(rows)-1 {
			reach(cells, r.Spans, rows[len(rows)-1].Cells)
		}
		for c, name := range cells {
			switch {
			case name == "" || name == joined[c]:
			case joined[c] == "":
				joined[c] = name
			default:
				joined[c] += Joint + name
			}
		}
	}
	return joined
}

// reach writes each group into the cells that it reaches over. A text that is
// not merged in a row where others are, and has nothing to its right, is a
// title and names no group.
func reach(cells []string, spans []int, names []string) {
	group, left := "", 0
	for c := range cells {
		named := c < len(names) && names[c] != ""
		switch {
		case cells[c] != "":
			group, left = cells[c], len(cells)
			if spans != nil {
				left = 1
				if c < len(spans) {
					left = max(1, spans[c])
				}
				if open := c + 1; left == 1 && named && open < len(cells) && cells[open] == "" && open < len(names) && names[open] != "" {
					cells[c] = ""
				}
			}
		case left > 0 && named:
			cells[c] = group
		}
		left--
	}
}

// guessNames finds the row with the names, whatever stands above it.
func guessNames(rows []Row, exact bool) HeaderGuess {
	width := usualWidth(rows, exact)
	wideEnough := func(r Row, width int) bool { return wideEnough(r, width, exact) }
	first := -1
	for i, r := range rows {
		if extent(r.Cells) > 0 {
			first = i
			break
		}
	}
	if first < 0 {
		return HeaderGuess{Index: -1}
	}
	guess := HeaderGuess{Index: first, Confidence: 1, Evidence: fmt.Sprintf("row %d is the first and has names", rows[first].Line)}
	if width <= 1 {
		if IsValue(rows[first].Cells[extent(rows[first].Cells)-1]) {
			return looksLikeData(rows, first)
		}
		return guess
	}
	if wideEnough(rows[first], width) {
		if isNames(rows[first].Cells) {
			if rows[first].Line > 1 {
				guess.Evidence = fmt.Sprintf("row %d is the first that is not blank and has names", rows[first].Line)
			}
			return guess
		}
		return looksLikeData(rows, first)
	}
	// What stands first is narrower than the table: a preamble. The names are
	// the last row of nothing but text before the first row with a value.
	found, fallback := -1, -1
	for i := first; i < len(rows); i++ {
		if !wideEnough(rows[i], width) {
			continue
		}
		if fallback < 0 {
			fallback = i
		}
		if !isNames(rows[i].Cells) {
			break
		}
		if found < 0 {
			found = i
		}
		for _, next := range rows[i+1:] {
			if wideEnough(next, width) {
				if !isNames(next.Cells) {
					found = i
				}
				break
			}
		}
	}
	switch {
	case found >= 0:
		return HeaderGuess{Index: found, Confidence: 0.7,
			Evidence: fmt.Sprintf("row %d is the last row of names before the first values; most rows have %d cells", rows[found].Line, width),
			Unsure:   fmt.Sprintf("the rows above row %d look like a title or a preamble and are skipped, row %d is taken as the header", rows[found].Line, rows[found].Line)}
	case fallback >= 0:
		return looksLikeData(rows, fallback)
	}
	guess.Confidence = 0.3
	guess.Unsure = fmt.Sprintf("no row looks like a header, row %d is taken", rows[first].Line)
	return guess
}

func looksLikeData(rows []Row, i int) HeaderGuess {
	return HeaderGuess{Index: i, Confidence: 0.3, Missing: likeThoseBelow(rows, i),
		Evidence: fmt.Sprintf("row %d has values where names are expected", rows[i].Line),
		Unsure:   fmt.Sprintf("row %d is taken as the header but looks like data", rows[i].Line)}
}

// likeThoseBelow reports whether each cell of a row is of the kind that most cells
// below it have, and one of them a value.
//
// Whole numbers that count on by one, as months or hours head the columns of a wide
// table, are names.
func likeThoseBelow(rows []Row, i int) bool {
	if countsOn(rows[i].Cells) {
		return false
	}
	values := false
	for c, cell := range rows[i].Cells {
		if cell == "" {
			continue
		}
		count := map[byte]int{}
		for _, below := range rows[i+1 : min(len(rows), i+51)] {
			if c < len(below.Cells) && below.Cells[c] != "" {
				count[kindOf(below.Cells[c])]++
			}
		}
		own := kindOf(cell)
		for kind, n := range count {
			if kind != own && n > count[own] {
				return false
			}
		}
		if len(count) == 0 {
			continue
		}
		values = values || own != 't'
	}
	return values
}

// countsOn reports whether at least three cells at the end of a row are whole
// numbers, each one more than that before it.
func countsOn(cells []string) bool {
	n := 0
	for c := len(cells) - 1; c > 0; c-- {
		before, err1 := strconv.Atoi(cells[c-1])
		own, err2 := strconv.Atoi(cells[c])
		if err1 != nil || err2 != nil || own != before+1 {
			break
		}
		n++
	}
	return n >= 2
}

// kindOf tells numbers (n), dates and times (d) and texts (t) apart.
func kindOf(cell string) byte {
	switch {
	case !IsValue(cell) && !allDigits(cell):
		return 't'
	case strings.ContainsAny(cell, "/:") || strings.LastIndexByte(cell, '-') > 0 && !strings.ContainsAny(cell, "eE") || strings.Count(cell, ".") == 2:
		return 'd'
	}
	return 'n'
}

// usualWidth is the number of cells that most rows have.
func usualWidth(rows []Row, exact bool) int {
	count := map[int]int{}
	best := 0
	for _, r := range rows {
		e := extent(r.Cells)
		if e == 0 {
			continue
		}
		if exact {
			e = len(r.Cells)
		}
		count[e]++
		if count[e] > count[best] || count[e] == count[best] && e > best {
			best = e
		}
	}
	return best
}

// extent is the number of cells up to the last that is not empty.
func extent(cells []string) int {
	for i := len(cells); i > 0; i-- {
		if cells[i-1] != "" {
			return i
		}
	}
	return 0
}

// wideEnough reports whether a row may be the header of a table: nearly as
// wide, and mostly filled.
func wideEnough(r Row, width int, exact bool) bool {
	if n := len(r.Cells); exact && (n < width-1 || n > width+1) {
		return false
	}
	filled := 0
	for _, c := range r.Cells {
		if c != "" {
			filled++
		}
	}
	return 10*filled >= 6*width && filled > 0
}

// IsNames reports whether hardly a cell of a row looks like a value, so that it may
// be the header of a table.
func IsNames(cells []string) bool { return isNames(cells) }

// isNames reports whether hardly a cell looks like a value.
func isNames(cells []string) bool {
	filled, values := 0, 0
	for _, c := range cells {
		if c == "" {
			continue
		}
		filled++
		if IsValue(c) {
			values++
		}
	}
	return filled > 0 && 4*values < filled
}

// IsValue reports whether a text looks like a number or a date rather than a
// name, also with a unit behind the number. A year alone may be either and counts
// as a name.
func IsValue(s string) bool {
	s = withoutUnit(s)
	if s == "true" || s == "false" {
		return true
	}
	digits, others := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == ',' || c == '/' || c == '-' || c == '+' || c == ':' || c == ' ':
		case (c == 'e' || c == 'E') && digits > 0 && i+1 < len(s):
		case c == 'T' || c == 'Z' || c == '%':
		case c == 0xc2 || c == 0xa0:
		default:
			others++
		}
	}
	if digits == 0 || others > 0 || len(s) > 40 {
		return false
	}
	if len(s) == 4 && digits == 4 && (s[:2] == "19" || s[:2] == "20") {
		return false
	}
	colons := 0
	for i := range len(s) {
		if s[i] == ':' {
			colons++
		}
	}
	// Times of a day and their ranges head the columns of wide tables.
	return colons == 0 || digits > 4*colons+4
}

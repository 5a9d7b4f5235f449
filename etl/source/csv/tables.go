package csv

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// oneTable is declared of a file in which no second table is to be looked for.
const oneTable = "0"

const (
	// lookAhead is how many rows are looked at to see whether one begins
	// another table, and maxAhead how much text they may be.
	lookAhead = 3
	maxAhead  = 1 << 20
	// maxNotes is how many lines below a table may be notes.
	maxNotes = 40
	// valuedRows is how many rows of a table say which of its columns hold values.
	valuedRows = 200
)

// tracker tells where in a file with several tables the next one begins.
type tracker struct {
	header []string // of the current table, nil before the first
	values []int    // by column: cells that are values; -1 after one that is none
	rows   int
	above  []string // the row above, before the first table
}

// step takes the next row that is not blank and reports whether a table begins
// with it.
func (t *tracker) step(cells []string, apart bool, next [][]string) bool {
	above := t.above
	t.above = cells
	switch {
	case t.repeats(cells):
		return false
	case t.header == nil && !apart && above != nil && fits(cells, len(above)):
		return false // a row of a table whose header does not look like one
	case (t.header == nil || apart || !fits(cells, len(t.header))) && t.starts(cells, apart, next):
		t.begin(named(cells))
		return true
	case t.header != nil:
		t.row(cells)
	}
	return false
}

// begin makes the row the header of the current table.
func (t *tracker) begin(header []string) {
	t.header, t.values, t.rows = header, make([]int, len(header)), 0
}

// row takes a row of the current table into account.
func (t *tracker) row(cells []string) {
	if t.rows++; t.rows > valuedRows || !fits(cells, len(t.header)) {
		return
	}
	for i := range t.values {
		switch c := cells[i]; {
		case c == "" || t.values[i] < 0:
		case format.IsValue(c):
			t.values[i]++
		default:
			t.values[i] = -1
		}
	}
}

// starts reports whether a row is the header of another table. apart says that a
// blank line stands above it; next are up to three rows below it. A row that is as
// wide as the table must stand apart and rename its columns of values. A row that
// stands under the current table without a blank line must be of another width,
// as the rows below it are, and have a name in every cell. Years are names only
// beside the first name of the current table.
func (t *tracker) starts(cells []string, apart bool, next [][]string) bool {
	names := cells
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	filled := 0
	for _, c := range names {
		if c != "" {
			filled++
		}
	}
	if len(names) < 2 || 10*filled < 6*len(names) || !format.IsNames(names) || len(next) == 0 || !fits(next[0], len(names)) {
		return false
	}
	if t.header != nil && names[0] != t.header[0] && slices.ContainsFunc(names, isNumber) {
		return false // a year may be a name, and more likely is a value
	}
	valued := slices.ContainsFunc(next[0], format.IsValue)
	same := fits(cells, len(t.header)) || fits(t.header, len(names))
	switch {
	case t.header == nil:
		return valued
	case same:
		return apart && valued && distinct(names) && t.renames(names)
	case filled < len(names) || !distinct(names):
		return false
	}
	for _, row := range next {
		if apart && len(row) == len(t.header) || !apart && !fits(row, len(names)) {
			return false
		}
	}
	return valued || slices.Contains(next[0][:len(names)], "")
}

// renames reports whether a row as wide as the header may be another: it begins
// with the same name and has texts where the table has values, or has them in
// several columns.
func (t *tracker) renames(names []string) bool {
	renamed := 0
	for i, n := range t.values[:min(len(t.values), len(names))] {
		switch {
		case n <= 0 || names[i] == "":
		case format.IsValue(names[i]):
			return false
		default:
			renamed++
		}
	}
	return renamed > 1 || renamed == 1 && names[0] == t.header[0]
}

// distinct reports whether no text stands twice.
func distinct(cells []string) bool {
	for i, c := range cells {
		if c != "" && slices.Contains(cells[:i], c) {
			return false
		}
	}
	return true
}

// isNumber reports whether a text is a value, or digits alone.
func isNumber(s string) bool {
	return format.IsValue(s) || s != "" && strings.Trim(s, "0123456789") == ""
}

// repeats reports whether a row is the header of the current table once more.
func (t *tracker) repeats(cells []string) bool {
	return len(t.header) > 1 && fits(cells, len(t.header)) && slices.Equal(cells[:len(t.header)], t.header)
}

// fits reports whether a row has n cells, or one more that is empty.
func fits(cells []string, n int) bool {
	return len(cells) == n || len(cells) == n+1 && cells[n] == ""
}

// texts gives the cells as the texts by which a row is judged.
func (r *Reader) texts(cells []record.Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		t := c.Text
		if c.Kind == quoted {
			t = r.cut.unquote(slices.Clone(t))
		}
		out[i] = strings.TrimSpace(string(t))
	}
	return out
}

// ahead gives up to n rows from pos on that are not blank. end says that the
// file ends with them, ok that enough of it is in buf to tell.
func (r *Reader) ahead(buf []byte, pos, n int) (rows [][]string, end, ok bool) {
	var cells []record.Cell
	limit := pos + maxAhead
	for len(rows) < n && pos < len(buf) {
		var state outcome
		var next int
		cells, next, _, state = r.cut.split(buf, pos, r.eof, cells[:0])
		if state == incomplete {
			return rows, false, pos > limit
		}
		if state != complete {
			return rows, false, true
		}
		if !blank(cells) {
			rows = append(rows, r.texts(cells))
		}
		pos = next
	}
	end = pos >= len(buf) && r.eof
	return rows, end, end || len(rows) == n || pos > limit
}

// irregular looks at a row that is not as wide as the header or stands below a
// blank line. It may be the header once more, the header of another table, or the
// first line of notes below the table. more says that this cannot be told without
// more of the file.
func (r *Reader) irregular(buf []byte, next, row int, cells []record.Cell) (what irregularity, more bool) {
	texts := r.texts(cells)
	if r.opt.Table != oneTable {
		if r.track.repeats(texts) {
			return headerAgain, false
		}
		rows, _, ok := r.ahead(buf, next, lookAhead)
		if !ok {
			return regular, true
		}
		if r.track.starts(texts, r.apart, rows) {
			r.others, r.otherNames = row, texts
			return otherTable, false
		}
	}
	if r.opt.Footer != nil || !r.note(texts, r.apart, buf[next-1] == '\n' || buf[next-1] == '\r') {
		return regular, false
	}
	rows, end, ok := r.ahead(buf, next, maxNotes)
	if !ok {
		return regular, true
	}
	for _, other := range rows {
		if !r.note(other, true, true) {
			return regular, false
		}
	}
	if !end {
		return regular, false
	}
	r.notes, r.firstNote = row, texts[0]
	return notes, false
}

type irregularity uint8

const (
	regular irregularity = iota
	headerAgain
	otherTable
	notes
)

// noteWords begin a note below a table.
var noteWords = []string{"source", "note", "nota", "remarque", "légende", "legend", "quelle", "fuente", "fonte", "bron", "hinweis", "©", "*", "(", "champ :", "lecture :"}

// note reports whether a row is a line of notes: a text in its first cell and
// nothing else. Where no blank line stands above it, a row that has all its cells
// may be one of the table, unless it begins as notes do; whole says that its line
// has an end, so that it is no row that was cut off.
func (r *Reader) note(cells []string, apart, whole bool) bool {
	first := cells[0]
	if first == "" || format.IsValue(first) || r.width < 2 {
		return false
	}
	for _, c := range cells[1:] {
		if c != "" {
			return false
		}
	}
	if beginsNote([]byte(first)) {
		return true
	}
	return apart || len(cells) == 1 && whole && strings.ContainsAny(first, " :")
}

// beginsNote reports whether a text begins as notes do.
func beginsNote(text []byte) bool {
	for _, w := range noteWords {
		if len(text) >= len(w) && bytes.EqualFold(text[:len(w)], []byte(w)) {
			return true
		}
	}
	return false
}

// skipRest counts the lines after the table.
func (r *Reader) skipRest(buf []byte, pos int) int {
	for pos < len(buf) {
		next, ok := line(buf, pos, r.eof)
		if !ok {
			break
		}
		pos = next
		r.line++
		r.skipped++
	}
	return pos
}

// sayAfter says what stands below the table, when the file has been read.
func (r *Reader) sayAfter() {
	switch {
	case r.notes > 0:
		r.unsure(r.notes, fmt.Sprintf("the lines from row %d on (%q) look like notes below the table and are skipped", r.notes, short(r.firstNote)),
			"set footer under source to the number of lines below the table, such as source: {footer: 0} where there are none")
	case r.others > 0 && r.ended:
		own := strconv.Quote(r.otherNames[0])
		if r.table > 0 {
			own = strconv.Itoa(r.table + 1)
		}
		hint := fmt.Sprintf("read it by a mapping of its own, with table: %s under source; table: 0 says that all is one table", own)
		f := finding.New(finding.SourceTables, r.opt.Origin.At(r.others, ""), "another table begins in row %d (%s): its lines and those below it, %d in all, are not read here", r.others, listed(r.otherNames), r.line-r.others).WithHint("%s", hint)
		if r.opt.Table != "" {
			f.Severity = finding.Info
		}
		r.findings = append(r.findings, f)
	}
	if r.again > 0 {
		r.unsure(r.againAt, fmt.Sprintf("the header stands %d times in the file, the second time in row %d; all rows are read as those of one table", r.again+1, r.againAt),
			"look whether the parts belong together")
	}
	if r.totals > 0 {
		r.findings = append(r.findings, finding.New(finding.SourceSummary, r.opt.Origin.At(r.totalsAt, ""), "%s", format.Totals(r.totals)).
			WithHint("leave rows of totals out with where; lines below the table by footer under source"))
	}
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// listed names the first few columns of a table.
func listed(names []string) string {
	text := strings.Join(names[:min(3, len(names))], ", ")
	if len(names) > 3 {
		text += ", …"
	}
	return text
}

// tablesOf gives the indexes of the sample's rows with which tables begin.
func (r *Reader) tablesOf(rows []format.Row, ends []place) []int {
	var list []int
	if r.opt.Table == oneTable {
		return nil
	}
	var t tracker
	for i, row := range rows {
		apart := i > 0 && row.Line > ends[i-1].line
		var next [][]string
		for _, other := range rows[i+1 : min(len(rows), i+1+lookAhead)] {
			next = append(next, other.Cells)
		}
		if t.step(row.Cells, apart, next) {
			list = append(list, i)
		}
	}
	return list
}

// largestTable gives the index of the header of the table with the most rows in
// the sample, where there are several, or -1.
func (r *Reader) largestTable(rows []format.Row, ends []place) int {
	starts := r.tablesOf(rows, ends)
	if len(starts) < 2 {
		return -1
	}
	best, most := -1, 0
	for i, from := range append(starts, len(rows))[1:] {
		if n := from - starts[i]; n > most {
			best, most = starts[i], n
		}
	}
	return best
}

// named cuts the empty cells off the end of a header.
func named(cells []string) []string {
	for len(cells) > 1 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// toTable reads on to the table that was declared, by its number or by the name of
// one of its columns, and leaves the carry at its header.
func (r *Reader) toTable() error {
	want, _ := strconv.Atoi(r.opt.Table)
	var t tracker
	var found []string
	pos, count, apart := 0, 0, false
	var cells []record.Cell
	for {
		var next, lines int
		state := incomplete
		if pos < len(r.carry) {
			cells, next, lines, state = r.cut.split(r.carry, pos, r.eof, cells[:0])
		} else if r.eof {
			break
		}
		var rows [][]string
		enough := state != incomplete
		if enough && state == complete {
			rows, _, enough = r.ahead(r.carry, next, lookAhead)
		}
		if !enough {
			n, err := r.more(pos)
			if err != nil {
				return err
			}
			if pos = 0; n == 0 && r.eof && state == incomplete {
				break
			}
			continue
		}
		if state != complete {
			next, _ = line(r.carry, pos, r.eof)
			lines = 0
		} else if blank(cells) {
			apart = true
		} else {
			texts := r.texts(cells)
			if want == 0 && r.isNamed(texts) {
				return r.begin(pos, count+1)
			}
			if t.step(texts, apart, rows) {
				if count++; count == want {
					return r.begin(pos, count)
				}
				found = append(found, fmt.Sprintf("table %d in row %d (%s)", count, r.line, listed(texts)))
			}
			apart = false
		}
		pos = next
		r.line += 1 + lines
	}
	if len(found) > 20 {
		found = append(found[:20], "…")
	}
	f := finding.New(finding.SourceTables, r.opt.Origin.At(0, ""), "there is no table %s in the file", r.opt.Table)
	if want == 0 {
		f = finding.New(finding.SourceTables, r.opt.Origin.At(0, ""), "no row of the file has the cell, or begins with the cells, %q, by which table names a table", r.opt.Table)
	}
	f.Severity = finding.Error
	if len(found) == 0 {
		return format.Misdeclared(f.WithHint("leave table out: the file has no second table that begins with names over values"))
	}
	return format.Misdeclared(f.WithHint("the file has %s", strings.Join(found, ", ")))
}

// isNamed reports whether a row is the header by which table names a table: by one
// of its cells, or by its text from the beginning.
func (r *Reader) isNamed(cells []string) bool {
	delimiter := string(rune(r.cut.delimiter))
	return slices.Contains(cells, r.opt.Table) || strings.HasPrefix(strings.Join(cells, delimiter)+delimiter, r.opt.Table+delimiter)
}

// more reads on, and drops what stands before pos in the carry.
func (r *Reader) more(pos int) (int, error) {
	kept := copy(r.carry, r.carry[pos:])
	grown := append(r.carry[:kept], make([]byte, max(sampleSize, sampleSize-kept))...)
	n, err := r.readFull(grown[kept:])
	if err != nil {
		return n, r.damaged(err)
	}
	r.carry = grown[:kept+n]
	return n, nil
}

// begin leaves the carry at the header of the n-th table.
func (r *Reader) begin(pos, n int) error {
	if _, err := r.more(pos); err != nil {
		return err
	}
	r.skipped, r.table = r.line-1, n
	r.property(format.Table, strconv.Itoa(n), format.Declared, 1, "")
	return nil
}

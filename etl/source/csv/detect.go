package csv

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// candidates are the delimiters that are looked for, the likeliest first.
var candidates = []byte{',', ';', '\t', '|'}

// detect finds the dialect and the header in the carry and leaves there what
// follows the header.
func (r *Reader) detect() error {
	text := r.carry
	r.property(format.LineEnds, lineEndsOf(text), format.Detected, 1, "")
	quote := byte('"')
	switch q := r.opt.Quote; q {
	case "":
	case "none":
		quote = 0
		r.property(format.Quote, "none", format.Declared, 1, "")
	default:
		quote = q[0]
		r.property(format.Quote, q, format.Declared, 1, "")
	}
	pos := 0
	sep, length := sepLine(text)
	if length > 0 {
		pos, r.line, r.skipped = length, 2, 1
	}
	delimiter := r.delimiter(text[pos:], sep, quote)
	r.cut = newSplitter(delimiter, quote)
	if r.opt.Table != "" && r.opt.Table != oneTable {
		r.carry = text[pos:]
		if err := r.toTable(); err != nil {
			return err
		}
		text, pos = r.carry, 0
	}
	rows, ends := r.sample(text, pos, r.line)
	if len(rows) == 0 {
		return format.Refuse(finding.New(finding.SourceWrongFormat, r.opt.Origin.At(r.line, ""), "no row could be read").
			WithHint("check that the file is a table of text with one row a line"), nil)
	}
	if err := r.findHeader(text, pos, rows, ends); err != nil {
		return err
	}
	return nil
}

func (r *Reader) property(key, value string, how format.How, confidence float64, evidence string) {
	r.dialect = append(r.dialect, format.Property{Key: key, Value: value, How: how, Confidence: confidence, Evidence: evidence})
}

func (r *Reader) unsure(row int, message, hint string) {
	r.findings = append(r.findings, finding.New(finding.SourceUnsure, r.opt.Origin.At(row, ""), "%s", message).WithHint("%s", hint))
}

// sepLine reads the first line that Excel writes for its own use, sep=; and
// gives the delimiter and the line's length, or 0, 0.
func sepLine(text []byte) (delimiter byte, length int) {
	if len(text) < 6 || !bytes.EqualFold(text[:4], []byte("sep=")) {
		return 0, 0
	}
	if c := text[5]; text[4] >= utf8.RuneSelf || c != '\r' && c != '\n' {
		return 0, 0
	}
	next, _ := line(text, 5, true)
	return text[4], next
}

// lineEndsOf names the line ends in the sample, also those in quoted cells.
func lineEndsOf(text []byte) string {
	crlf := bytes.Count(text, []byte("\r\n"))
	lf := bytes.Count(text, []byte("\n")) - crlf
	cr := bytes.Count(text, []byte("\r")) - crlf
	var names []string
	for _, e := range []struct {
		n    int
		name string
	}{{crlf, "CRLF"}, {lf, "LF"}, {cr, "CR"}} {
		if e.n > 0 {
			names = append(names, e.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " and ")
}

// judged is how well a delimiter cuts the sample.
type judged struct {
	delimiter byte
	width     int     // cells that most rows have
	share     float64 // of the rows that have them
	score     float64
}

// delimiter gives the declared or the likeliest delimiter and says how sure it is.
func (r *Reader) delimiter(text []byte, sep, quote byte) byte {
	if d := r.opt.Delimiter; d != "" {
		r.property(format.Delimiter, d, format.Declared, 1, "")
		own := judge(text, d[0], quote, r.eof)
		if best := bestOf(text, quote, r.eof); own.width <= 1 && best[0].score > 0.5 && best[0].delimiter != d[0] {
			r.unsure(0, fmt.Sprintf("the delimiter %q was declared, but it stands in hardly a row; %q would give %d columns", d, string(rune(best[0].delimiter)), best[0].width),
				"correct delimiter under source (flag --delimiter)")
		}
		return d[0]
	}
	if sep != 0 {
		r.property(format.Delimiter, string(rune(sep)), format.Detected, 1, "the first line says sep="+string(rune(sep)))
		return sep
	}
	best := bestOf(text, quote, r.eof)
	first, second := best[0], best[1]
	if first.score == 0 {
		r.property(format.Delimiter, ",", format.Default, 1, "no delimiter found, one column")
		return ','
	}
	evidence := fmt.Sprintf("%d %% of the rows have %d cells", int(first.share*100), first.width)
	confidence := min(1, max(0.1, 1-0.6*second.score/first.score)*min(1, first.share+0.3))
	r.property(format.Delimiter, string(rune(first.delimiter)), format.Detected, math.Round(confidence*100)/100, evidence)
	switch {
	case second.score > 0.7*first.score:
		r.unsure(0, fmt.Sprintf("the delimiter may be %q (%d columns) or %q (%d columns); the first is taken",
			string(rune(first.delimiter)), first.width, string(rune(second.delimiter)), second.width),
			fmt.Sprintf("set delimiter under source, such as source: {delimiter: %q}", string(rune(first.delimiter))))
	case first.share < 0.5 && r.opt.Table == "":
		r.unsure(0, fmt.Sprintf("the delimiter is taken to be %q, but only %d %% of the rows have the same number of cells", string(rune(first.delimiter)), int(first.share*100)),
			"set delimiter and header under source, or table where the file has several tables")
	}
	return first.delimiter
}

// bestOf gives the candidates, the best first.
func bestOf(text []byte, quote byte, eof bool) [4]judged {
	var list [4]judged
	for i, d := range candidates {
		list[i] = judge(text, d, quote, eof)
		for k := i; k > 0 && list[k].score > list[k-1].score; k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
	return list
}

// judge cuts the sample at a delimiter. What speaks for it: most rows have the
// same number of cells, there are many of them, and cells hold values rather
// than further delimiters.
func judge(text []byte, delimiter, quote byte, eof bool) judged {
	s := newSplitter(delimiter, quote)
	count := map[int]int{}
	rows, cellsSeen, clean := 0, 0, 0
	var cells []record.Cell
	for pos := 0; pos < len(text) && rows < sampleRows; {
		var next int
		var state outcome
		cells, next, _, state = s.split(text, pos, eof, cells[:0])
		if state == incomplete {
			break
		}
		if state != complete {
			rows++
			var ok bool
			if next, ok = line(text, pos, eof); !ok {
				break
			}
		} else if !blank(cells) {
			rows++
			count[len(cells)]++
			for _, c := range cells {
				cellsSeen++
				if tidy(c.Text) {
					clean++
				}
			}
		}
		pos = next
	}
	j := judged{delimiter: delimiter}
	most := 0
	for n, k := range count {
		if k > most || k == most && n > j.width {
			j.width, most = n, k
		}
	}
	if j.width < 2 || rows == 0 {
		return j
	}
	j.share = float64(most) / float64(rows)
	tidyShare := float64(clean) / float64(cellsSeen)
	j.score = j.share * j.share * math.Log2(float64(j.width)) * (0.3 + 0.7*tidyShare)
	return j
}

// tidy reports whether a cell has no candidate for a delimiter in it but that
// of a number.
func tidy(text []byte) bool {
	if bytes.IndexByte(text, ';') >= 0 || bytes.IndexByte(text, '\t') >= 0 || bytes.IndexByte(text, '|') >= 0 {
		return false
	}
	i := bytes.IndexByte(text, ',')
	return i < 0 || len(text) < 40 && format.IsValue(string(text))
}

// place is where something ends in the sample.
type place struct{ pos, line int }

// sample gives the first rows as texts, and where what follows each starts. A
// record that cannot be cut is left out.
func (r *Reader) sample(text []byte, pos, number int) (rows []format.Row, ends []place) {
	var cells []record.Cell
	for pos < len(text) && len(rows) < sampleRows {
		var next, lines int
		var state outcome
		cells, next, lines, state = r.cut.split(text, pos, r.eof, cells[:0])
		if state == incomplete {
			break
		}
		if state != complete {
			var ok bool
			if next, ok = line(text, pos, r.eof); !ok {
				break
			}
		} else if !blank(cells) {
			row := format.Row{Line: number, Cells: make([]string, len(cells))}
			for i, c := range cells {
				t := c.Text
				if c.Kind == quoted {
					t = r.cut.unquote(bytes.Clone(t))
				}
				row.Cells[i] = strings.TrimSpace(string(t))
			}
			rows = append(rows, row)
			ends = append(ends, place{next, number + 1 + lines})
		}
		pos = next
		number += 1 + lines
	}
	return rows, ends
}

// findHeader takes the declared or the likeliest row as the header, and what
// it needs to know of the rows that follow.
func (r *Reader) findHeader(text []byte, pos int, rows []format.Row, ends []place) error {
	at, groups := -1, 0 // the index of the header in rows, and how many above it name groups
	switch h := r.opt.Header; {
	case h != nil && h.First > 0:
		want := h.First
		if want < r.line {
			return r.noHeader(*h, rows)
		}
		p := pos
		for n := r.line; n < want && p < len(text); n++ {
			p, _ = line(text, p, r.eof)
		}
		// A quote in the preamble must not reach over the header.
		fresh, freshEnds := r.sample(text, p, want)
		groups = slices.IndexFunc(fresh, func(row format.Row) bool { return row.Line == h.Last })
		if groups < 0 || fresh[0].Line != want {
			return r.noHeader(*h, rows)
		}
		rows, ends, at = fresh, freshEnds, groups
		r.property(format.HeaderRow, h.String(), format.Declared, 1, "")
	case h != nil || len(r.opt.Columns) > 0:
		r.property(format.HeaderRow, "0", format.Declared, 1, "")
	case r.opt.Table != "" && r.opt.Table != oneTable:
		at = 0
		r.property(format.HeaderRow, strconv.Itoa(rows[0].Line), format.Detected, 1, "the table begins with it")
	default:
		guess := format.GuessHeader(rows, true)
		if guess.Missing {
			r.headless(rows[guess.Index])
			if guess.Index > 0 {
				above := ends[guess.Index-1]
				r.skipped += above.line - r.line
				pos, r.line = above.pos, above.line
				rows, ends = rows[guess.Index:], ends[guess.Index:]
			}
			break
		}
		at, groups = guess.Index, guess.Groups
		if largest := r.largestTable(rows, ends); largest >= 0 && largest != at {
			at, groups = largest, 0
		}
		found := format.Position{First: rows[at-groups].Line, Last: rows[at].Line}
		r.property(format.HeaderRow, found.String(), format.Detected, guess.Confidence, guess.Evidence)
		if above := r.tablesAbove(rows, ends, at, groups); guess.Unsure != "" && !above {
			r.unsure(rows[at].Line, guess.Unsure, fmt.Sprintf("set header under source to the row with the names of the columns, such as source: {header: %s}; header: 0 says that there is none", found))
		}
	}
	body := rows[at+1:]
	if next := slices.IndexFunc(r.tablesOf(rows, ends), func(i int) bool { return i > at }); next >= 0 && at >= 0 {
		body = rows[at+1 : r.tablesOf(rows, ends)[next]]
	}
	var names []string
	switch {
	case len(r.opt.Columns) > 0:
		names = r.opt.Columns
		if at >= 0 && len(names) != len(rows[at].Cells) && len(names) != len(rows[at].Cells)-1 && len(names) != usual(body) {
			return format.Misdeclared(finding.New(finding.SourceSpec, r.opt.Origin.At(rows[at].Line, ""),
				"columns names %d columns, the header has %d", len(names), len(rows[at].Cells)).
				WithHint("name each column once, in the order of the file"))
		}
	case at >= 0:
		names = format.JoinHeader(rows[at-groups : at+1])
		if trailing(names, body) {
			names = names[:len(names)-1]
			r.property(format.Trailing, "yes", format.Detected, 1, "the header and every row end with a delimiter")
		} else if n := len(names); usual(body) == n+1 && allEmptyAt(body, n) {
			r.property(format.Trailing, "yes", format.Detected, 1, "every row but the header ends with a delimiter")
		} else if tooWide := func(row format.Row) bool { return len(row.Cells) != n+1 }; len(body) > 1 && !slices.ContainsFunc(body, tooWide) {
			return format.Misdeclared(finding.New(finding.SourceHeader, r.opt.Origin.At(rows[at].Line, ""),
				"the header has %d names, but every row below it %d cells: which of them has no name is not known", n, n+1).
				WithHint("name all of them, in the order of the rows: source: {header: %d, columns: [%s, …]}; a cell that contains the delimiter %q stands between quotes", rows[at].Line, strconv.Quote(names[0]), string(rune(r.cut.delimiter))))
		}
	default:
		names = make([]string, max(usual(body), 1))
	}
	r.header = record.NewHeader(names)
	r.width = len(r.header.Names)
	r.findings = append(r.findings, format.Repeated(r.header, r.opt.Origin, rows[max(at, 0)].Line)...)
	if at >= 0 {
		first := rows[at].Line
		r.skipped += first - r.line
		pos, r.line = ends[at].pos, ends[at].line
	}
	r.track.begin(make([]string, r.width))
	if at >= 0 {
		r.track.begin(named(rows[at].Cells))
	}
	for _, row := range body {
		r.track.row(row.Cells)
	}
	r.numbers(body)
	r.tokens(body)
	r.carry = text[pos:]
	return nil
}

// headless says that the first row of the table has no names.
func (r *Reader) headless(first format.Row) {
	r.property(format.HeaderRow, "0", format.Detected, 0.7, fmt.Sprintf("row %d has the same kinds of values as the rows below it", first.Line))
	r.unsure(first.Line, "no row has names: the columns are called column 1, column 2 and so on",
		fmt.Sprintf("name them with columns under source, such as source: {columns: [meter, kWh]}; header: %d says that the names are in row %d", first.Line, first.Line))
}

// tablesAbove says of which table the header is, where the file has others above it.
func (r *Reader) tablesAbove(rows []format.Row, ends []place, at, groups int) bool {
	starts := r.tablesOf(rows, ends)
	own := slices.IndexFunc(starts, func(i int) bool { return i >= at-groups && i <= at })
	if own < 0 {
		return false
	}
	r.table = own + 1
	if len(starts) > 1 {
		r.property(format.Table, strconv.Itoa(r.table), format.Detected, 0.8, fmt.Sprintf("it begins in row %d", rows[at].Line))
	}
	if own == 0 {
		return false
	}
	first := rows[starts[0]]
	r.findings = append(r.findings, finding.New(finding.SourceTables, r.opt.Origin.At(rows[at].Line, ""),
		"the file has several tables; table %d is read, which begins in row %d (%s), not the one that begins in row %d (%s)", own+1, rows[at].Line, listed(rows[at].Cells), first.Line, listed(first.Cells)).
		WithHint("say which under source, such as source: {table: %d}", own+1))
	return true
}

func (r *Reader) noHeader(want format.Position, rows []format.Row) error {
	hint := ""
	if guess := format.GuessHeader(rows, true); guess.Index >= 0 {
		row := rows[guess.Index]
		hint = fmt.Sprintf("set header to the row with the names of the columns; row %d has %s", row.Line, strings.Join(row.Cells[:min(4, len(row.Cells))], ", "))
	}
	return format.Misdeclared(finding.New(finding.SourceHeader, r.opt.Origin.At(want.Last, ""), "no header in row %s: the row is blank or is not there", want).WithHint("%s", hint))
}

// usual gives the number of cells that most rows have.
func usual(rows []format.Row) int {
	count := map[int]int{}
	best := 0
	for _, row := range rows {
		n := len(row.Cells)
		count[n]++
		if count[n] > count[best] || count[n] == count[best] && n > best {
			best = n
		}
	}
	return best
}

// trailing reports whether the last column has neither a name nor a value.
func trailing(names []string, body []format.Row) bool {
	n := len(names)
	return n > 1 && names[n-1] == "" && allEmptyAt(body, n-1)
}

func allEmptyAt(rows []format.Row, i int) bool {
	for _, row := range rows {
		if len(row.Cells) > i && row.Cells[i] != "" {
			return false
		}
	}
	return true
}

// numbers finds out how numbers are written.
func (r *Reader) numbers(body []format.Row) {
	var n format.Numbers
	for _, row := range body {
		if len(row.Cells) > r.width+1 {
			continue
		}
		for _, c := range row.Cells {
			n.Add(c)
		}
	}
	list, unsure := n.Properties(r.opt.Decimal, r.opt.Thousands)
	r.dialect = append(r.dialect, list...)
	if unsure != "" {
		r.unsure(0, unsure, `set decimal under source, such as source: {decimal: ","} (flag --decimal)`)
	}
}

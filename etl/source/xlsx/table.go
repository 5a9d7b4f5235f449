package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	sampleRows = 300
	above      = 5 // rows above a declared header, with which its cells may be merged
)

// table reads the table of one sheet.
type table struct {
	opt      Options
	w        *workbook
	tab      tab
	sheet    *sheet // nil before the first row is read
	merged   []area // of the sheet, by their top row
	header   *record.Header
	dialect  format.Dialect
	findings []finding.Finding
	nulls    map[string]bool

	left, right   int // columns of the table
	headerRow     int
	titles        []string // cells of the row with the names, from the column left on
	numeric       []bool   // columns of the table that hold hardly anything but numbers
	filling       []filled
	row           row
	held          []row // rows below a gap that may be notes or the title of a further table
	gap           bool  // the row before was blank
	last          int   // number of the last row that was seen
	read          int
	skipped       int
	hiddenRows    int
	hiddenColumns []area
	firstHidden   int
	outside       int
	outsideAt     string
	totals        int
	again         int // times that the header is repeated
	againAt       int
	totalsAt      int
	ended         int // row of a further table below this one, where there is one
	further       []string
	finished      bool
}

// filled is a merged range that reaches the current row, with what its first
// cell holds.
type filled struct {
	area
	kind record.Kind
	text []byte
}

// open reads as much of a sheet as it needs to know its header. rows are
// its first rows, as sample gives them.
func (r *table) open(rows []sampled) error {
	var err error
	if r.merged, err = r.w.merges(r.tab); err != nil {
		return r.damaged(err)
	}
	slices.SortStableFunc(r.merged, func(a, b area) int { return a.top - b.top })
	return r.findHeader(rows)
}

func (r *table) damaged(err error) error {
	if e := (*format.Error)(nil); errors.As(err, &e) {
		return err
	}
	return format.Refuse(finding.New(finding.SourceDamaged, r.opt.Origin.At(0, ""), "the workbook cannot be read: %s", err).
		WithHint("open it in a spreadsheet program, save it again, or download it again"), err)
}

func (r *table) property(key, value string, how format.How, confidence float64, evidence string) {
	r.dialect = append(r.dialect, format.Property{Key: key, Value: value, How: how, Confidence: confidence, Evidence: evidence})
}

func (r *table) say(code finding.Code, row int, hint, message string, args ...any) {
	r.findings = append(r.findings, finding.New(code, r.opt.Origin.At(row, ""), message, args...).WithHint("%s", hint))
}

// sampled is a row of the sample with the kinds of its cells.
type sampled struct {
	format.Row
	kinds []record.Kind
}

func plain(rows []sampled) []format.Row {
	list := make([]format.Row, len(rows))
	for i, r := range rows {
		list[i] = r.Row
	}
	return list
}

// sample gives the first rows that are not blank, from column A on.
func (r *table) sample() ([]sampled, error) {
	sh, err := r.w.openSheet(r.tab)
	if err != nil {
		return nil, r.damaged(err)
	}
	defer sh.Close()
	var rows []sampled
	want := 0
	if r.opt.Header != nil {
		want = r.opt.Header.First - above
	}
	var raw row
	for len(rows) < sampleRows {
		err := sh.next(&raw)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, r.damaged(err)
		}
		width := raw.cells[len(raw.cells)-1].column
		cells, kinds := make([]string, width), make([]record.Kind, width)
		filled := false
		for _, c := range raw.cells {
			text := strings.TrimSpace(string(raw.textOf(c)))
			cells[c.column-1], kinds[c.column-1] = text, c.kind
			filled = filled || text != ""
		}
		if filled && raw.number >= want {
			rows = append(rows, sampled{Row: format.Row{Line: raw.number, Cells: cells}, kinds: kinds})
		}
	}
	r.hiddenColumns = sh.hidden
	return rows, nil
}

// sayHiddenColumns says which columns of the table are hidden.
func (r *table) sayHiddenColumns() {
	var list []string
	for _, a := range r.hiddenColumns {
		a.left, a.right = max(a.left, r.left), min(a.right, r.right)
		if a.left > a.right {
			continue
		}
		name := columnName(a.left)
		if a.right > a.left {
			name += "–" + columnName(a.right)
		}
		list = append(list, name)
	}
	if len(list) > 0 {
		r.say(finding.SourceHidden, 0, "take columns that nobody is to see out of the file", "columns are hidden in the sheet and are read: %s", strings.Join(list, ", "))
	}
}

func (r *table) blank() error {
	return format.Refuse(finding.New(finding.SourceEmpty, r.opt.Origin.At(0, ""), "the sheet has no cell with anything in it").
		WithHint("name another sheet under source, or export the table again"), nil)
}

func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// findHeader decides which row has the names, which columns belong to the
// table, and how numbers in texts are written.
func (r *table) findHeader(rows []sampled) error {
	r.spans(rows)
	at, groups := -1, 0
	switch h := r.opt.Header; {
	case h != nil && h.First > 0:
		at = slices.IndexFunc(rows, func(row sampled) bool { return row.Line == h.Last })
		first := slices.IndexFunc(rows, func(row sampled) bool { return row.Line == h.First })
		if at < 0 || first < 0 {
			return r.noHeader(*h)
		}
		groups = at - first
		r.property(format.HeaderRow, h.String(), format.Declared, 1, "")
	case h != nil || len(r.opt.Columns) > 0:
		r.property(format.HeaderRow, "0", format.Declared, 1, "")
	default:
		guess := format.GuessHeader(plain(rows), false)
		at, groups = guess.Index, guess.Groups
		line := rows[at].Line
		found := format.Position{First: rows[at-groups].Line, Last: line}
		r.property(format.HeaderRow, found.String(), format.Detected, guess.Confidence, guess.Evidence)
		if guess.Unsure != "" {
			r.say(finding.SourceUnsure, line, fmt.Sprintf("set header under source to the row with the names of the columns, such as source: {header: %s}; header: 0 says that there is none", found),
				"%s", guess.Unsure)
		}
	}
	body := rows[at+1:]
	cells := r.names(rows, at, groups)
	if h := r.opt.Header; h != nil && h.Column > 0 {
		if r.left = h.Column; r.left > len(cells) || cells[r.left-1] == "" {
			return r.noHeader(*h)
		}
		for r.right = r.left; r.right < len(cells) && cells[r.right] != ""; r.right++ {
		}
	} else {
		r.extent(cells, body)
	}
	var names []string
	switch {
	case len(r.opt.Columns) > 0:
		names = r.opt.Columns
		r.right = r.left + len(names) - 1
	case at >= 0:
		for c := r.left; c <= r.right; c++ {
			name := ""
			if c-1 < len(cells) {
				name = cells[c-1]
			}
			names = append(names, name)
		}
	default:
		names = make([]string, r.right-r.left+1)
	}
	r.header = record.NewHeader(names)
	r.sayHiddenColumns()
	if at >= 0 {
		r.headerRow = rows[at].Line
		r.last = r.headerRow
		r.skipped = r.headerRow - 1
		for c := r.left; c <= r.right && c <= len(rows[at].Cells); c++ {
			r.titles = append(r.titles, rows[at].Cells[c-1])
		}
	}
	r.countNumeric(body)
	r.findings = append(r.findings, format.Repeated(r.header, r.opt.Origin, r.headerRow)...)
	var n format.Numbers
	for _, row := range body {
		for c := r.left; c <= r.right && c <= len(row.Cells); c++ {
			if row.kinds[c-1] == record.Text {
				n.Add(row.Cells[c-1])
			}
		}
	}
	list, unsure := n.Properties(r.opt.Decimal, r.opt.Thousands)
	r.dialect = append(r.dialect, list...)
	if unsure != "" {
		r.say(finding.SourceUnsure, 0, `set decimal under source, such as source: {decimal: ","} (flag --decimal)`, "%s", unsure)
	}
	r.dialect = append(r.dialect, format.NullTokens(r.opt.Nulls))
	return nil
}

func (r *table) noHeader(want format.Position) error {
	where := "row " + want.String()
	if want.Column > 0 {
		where = "cell " + want.String()
	} else if want.Last > want.First {
		where = "rows " + want.String()
	}
	hint := "set header under source to the row with the names of the columns"
	r.opt.Header = nil
	if rows, err := r.sample(); err == nil {
		if guess := format.GuessHeader(plain(rows), false); guess.Index >= 0 {
			hint += fmt.Sprintf("; row %d looks like it", rows[guess.Index].Line)
		}
	}
	return format.Misdeclared(finding.New(finding.SourceHeader, r.opt.Origin.At(want.Last, ""), "no header in %s: nothing stands there", where).WithHint("%s", hint))
}

// extent finds the columns of the table: those with a name, and beside them
// those that most rows fill.
func (r *table) extent(names []string, body []sampled) {
	var filled []int
	for _, row := range body {
		for i, c := range row.Cells {
			if i >= len(filled) {
				filled = append(filled, make([]int, i+1-len(filled))...)
			}
			if c != "" {
				filled[i]++
			}
		}
	}
	r.left, r.right = 0, 0
	take := func(c int) {
		if r.left == 0 || c < r.left {
			r.left = c
		}
		r.right = max(r.right, c)
	}
	for i, c := range names {
		if c != "" {
			take(i + 1)
		}
	}
	for i, n := range filled {
		if n > 0 && (2*n >= len(body) || names == nil) {
			take(i + 1)
		}
	}
}

// spans notes of each row of the sample which cells are merged with cells to
// their right.
func (r *table) spans(rows []sampled) {
	for _, a := range r.merged {
		i, ok := slices.BinarySearchFunc(rows, a.top, func(s sampled, top int) int { return s.Line - top })
		if !ok || a.left == a.right || a.left > len(rows[i].Cells) {
			continue
		}
		if rows[i].Spans == nil {
			rows[i].Spans = make([]int, len(rows[i].Cells))
		}
		rows[i].Spans[a.left-1] = a.right - a.left + 1
	}
}

// names gives the names in the row at index at, joined with those of the rows
// of groups above it, and filled where they are merged with a cell above.
func (r *table) names(rows []sampled, at, groups int) []string {
	if at < 0 {
		return nil
	}
	header := plain(rows[at-groups : at+1])
	names := &header[groups]
	names.Cells = slices.Clone(names.Cells)
	for _, a := range r.merged {
		if a.top >= names.Line || a.bottom < names.Line || a.left != a.right || a.left > len(names.Cells) || names.Cells[a.left-1] != "" {
			continue
		}
		for _, row := range rows[:at] {
			if row.Line == a.top && a.left <= len(row.Cells) {
				names.Cells[a.left-1] = row.Cells[a.left-1]
			}
		}
	}
	return format.JoinHeader(header)
}

// fill appends the records that follow to a batch; none at the end.
func (r *table) fill(b *record.Batch) error {
	if r.sheet == nil && !r.finished {
		var err error
		if r.sheet, err = r.w.openSheet(r.tab); err != nil {
			return r.damaged(err)
		}
	}
	for !r.finished && len(b.Records) < record.Records {
		err := r.sheet.next(&r.row)
		if err == io.EOF {
			r.finish()
			break
		}
		if err != nil {
			return r.damaged(err)
		}
		if r.row.number <= r.headerRow {
			r.remember()
			r.last = r.headerRow
			continue
		}
		r.take(b)
	}
	return nil
}

// take makes a record of the row, or counts it as skipped, or holds it where
// what follows is to say what it is.
func (r *table) take(b *record.Batch) {
	number := r.row.number
	if number > r.last+1 {
		r.skipped += number - r.last - 1
		r.gap = r.headerRow > 0 && r.read > 0
	}
	r.last = number
	if r.ended > 0 {
		r.beyond()
		return
	}
	r.remember()
	filled := 0
	for _, c := range r.row.cells {
		if len(trim(r.row.textOf(c))) == 0 {
			continue
		}
		if c.column >= r.left && c.column <= r.right {
			filled++
		} else if r.outside++; r.outside == 1 {
			r.outsideAt = columnName(c.column) + strconv.Itoa(number)
		}
	}
	switch {
	case filled == 0:
		r.skipped++
		r.gap = r.headerRow > 0 && r.read > 0
		return
	case r.opt.Apart && r.gap && len(r.held) == 0 && r.repeatsHeader():
		r.skipped++
		if r.again++; r.again == 1 {
			r.againAt = number
		}
		return
	case r.opt.Apart && (r.gap || len(r.held) > 0) && r.headsAnother():
		r.end()
		return
	case r.opt.Notes && (r.gap || len(r.held) > 0) && r.maybeNote(filled):
		r.hold()
		return
	}
	r.release(b)
	r.gap = false
	r.record(b, &r.row)
}

// record makes a record of a row.
func (r *table) record(b *record.Batch, from *row) {
	r.read++
	if from.hidden {
		if r.hiddenRows++; r.hiddenRows == 1 {
			r.firstHidden = from.number
		}
	}
	first := true
	rec := b.Begin(from.number, r.right-r.left+1)
	for _, c := range from.cells {
		if c.column < r.left || c.column > r.right {
			continue
		}
		text := from.textOf(c)
		if first && c.kind == record.Text && format.IsTotal(text) {
			if r.totals++; r.totals == 1 {
				r.totalsAt = from.number
			}
		}
		first = false
		rec.Cells[c.column-r.left] = r.cell(c.kind, b.Copy(text))
	}
	for _, f := range r.filling {
		if f.top > from.number || f.bottom < from.number {
			continue
		}
		for c := max(f.left, r.left); c <= min(f.right, r.right); c++ {
			if to := &rec.Cells[c-r.left]; len(to.Text) == 0 {
				*to = r.cell(f.kind, b.Copy(f.text))
			}
		}
	}
}

func (r *table) cell(kind record.Kind, text []byte) record.Cell {
	trimmed := trim(text)
	if len(trimmed) == 0 || len(r.nulls) > 0 && r.nulls[string(trimmed)] {
		kind = record.Null
	}
	return record.Cell{Text: text, Kind: kind}
}

// remember takes up the merged ranges that start in this row and drops those
// that ended.
func (r *table) remember() {
	number := r.row.number
	r.filling = slices.DeleteFunc(r.filling, func(f filled) bool { return f.bottom < number && len(r.held) == 0 })
	for len(r.merged) > 0 && r.merged[0].top <= number {
		a := r.merged[0]
		r.merged = r.merged[1:]
		if a.top != number || a.right < r.left || a.left > r.right {
			continue
		}
		for _, c := range r.row.cells {
			if c.column == a.left {
				r.filling = append(r.filling, filled{area: a, kind: c.kind, text: slices.Clone(r.row.textOf(c))})
			}
		}
	}
}

// count gives a number with the word for one or for several.
func count(n int, one, several string) string {
	if n == 1 {
		several = one
	}
	return strconv.Itoa(n) + " " + several
}

// finish says what only the whole sheet shows.
func (r *table) finish() {
	r.finished = true
	r.sheet.Close()
	r.sayEnd()
	if r.read == 0 {
		r.say(finding.SourceNoRows, 0, "", "the table has a header and no rows")
	}
	if r.hiddenRows > 0 {
		r.say(finding.SourceHidden, r.firstHidden, "delete them in the sheet if they are not to be used", "%s hidden in the sheet and read; this is the first", count(r.hiddenRows, "row is", "rows are"))
	}
	if r.outside > 0 {
		r.say(finding.SourceUnsure, 0, "give the column a name in the header row, or delete what stands there", "%s beside the table and not read, the first in %s", count(r.outside, "cell stands", "cells stand"), r.outsideAt)
	}
	if r.sheet.stale > 0 {
		r.say(finding.SourceUnsure, r.sheet.staleRow, "open the workbook in a spreadsheet program and save it", "%s no stored value; this row has the first", count(r.sheet.stale, "formula has", "formulas have"))
	}
}

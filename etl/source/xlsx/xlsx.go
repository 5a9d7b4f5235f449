// Package xlsx owns tables in Excel workbooks: a decoder of its own for the XML
// of a sheet, which passes through once in bounded memory, keeps the type of
// each cell, and fills merged ranges.
package xlsx

import (
	"context"
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

// Options is what was declared of a table in a workbook. The zero value of each
// member means that it is to be detected.
type Options struct {
	Origin    record.Origin
	Sheet     string // name, or number from 1
	Decimal   string // of numbers in text cells
	Thousands string
	Header    *format.Position // nil where it is to be found
	Columns   []string
	Nulls     []string
}

// Reader reads the records of one table.
type Reader struct {
	opt      Options
	w        *workbook
	tab      tab
	sheet    *sheet
	merged   []area // of the sheet, by their top row
	header   *record.Header
	dialect  format.Dialect
	findings []finding.Finding
	nulls    map[string]bool

	left, right int // columns of the table
	headerRow   int
	filling     []filled
	row         row
	last        int // number of the last row that was seen
	read        int
	skipped     int
	hiddenRows  int
	firstHidden int
	outside     int
	outsideAt   string
	finished    bool
}

// filled is a merged range that reaches the current row, with what its first
// cell holds.
type filled struct {
	area
	kind record.Kind
	text []byte
}

// Open reads the workbook's parts and as much of the sheet as it needs to know
// its header. The error is a *format.Error. file stays the caller's to close.
func Open(file io.ReaderAt, size int64, opt Options) (*Reader, error) {
	r := &Reader{opt: opt, nulls: map[string]bool{}}
	for _, t := range opt.Nulls {
		if t = strings.TrimSpace(t); t != "" {
			r.nulls[t] = true
		}
	}
	var err error
	if r.w, err = openWorkbook(file, size); err != nil {
		return nil, r.damaged(err)
	}
	rows, err := r.chooseSheet()
	if err != nil {
		return nil, err
	}
	if r.merged, err = r.w.merges(r.tab); err != nil {
		return nil, r.damaged(err)
	}
	slices.SortStableFunc(r.merged, func(a, b area) int { return a.top - b.top })
	if err := r.findHeader(rows); err != nil {
		return nil, err
	}
	if r.sheet, err = r.w.openSheet(r.tab); err != nil {
		return nil, r.damaged(err)
	}
	return r, nil
}

// Header gives the names of the columns.
func (r *Reader) Header() *record.Header { return r.header }

// Dialect gives what was declared and detected.
func (r *Reader) Dialect() format.Dialect { return r.dialect }

// Findings gives what is to be said about the sheet as a whole, so far.
func (r *Reader) Findings() []finding.Finding { return r.findings }

// Skipped counts the rows so far that are no records: above the header, and blank.
func (r *Reader) Skipped() int { return r.skipped }

func (r *Reader) damaged(err error) error {
	if e := (*format.Error)(nil); errors.As(err, &e) {
		return err
	}
	return format.Refuse(finding.New(finding.SourceDamaged, r.opt.Origin.At(0, ""), "the workbook cannot be read: %s", err).
		WithHint("open it in a spreadsheet program, save it again, or download it again"), err)
}

func (r *Reader) property(key, value string, how format.How, confidence float64, evidence string) {
	r.dialect = append(r.dialect, format.Property{Key: key, Value: value, How: how, Confidence: confidence, Evidence: evidence})
}

func (r *Reader) say(code finding.Code, row int, hint, message string, args ...any) {
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

// chooseSheet decides which sheet is read and gives its first rows.
func (r *Reader) chooseSheet() ([]sampled, error) {
	var visible, hidden []string
	for _, t := range r.w.tabs {
		if t.hidden {
			hidden = append(hidden, t.name)
		} else {
			visible = append(visible, t.name)
		}
	}
	if len(r.w.tabs) == 0 {
		return nil, format.Refuse(finding.New(finding.SourceEmpty, r.opt.Origin.At(0, ""), "the workbook has no sheet with cells").WithHint("save the table in a sheet of its own"), nil)
	}
	if want := r.opt.Sheet; want != "" {
		t, ok := r.find(want)
		if !ok {
			return nil, format.Misdeclared(finding.New(finding.SourceSheet, r.opt.Origin.At(0, ""), "the workbook has no sheet %q", want).
				WithHint("its sheets are %s", quoteAll(append(visible, hidden...))))
		}
		r.use(t)
		r.property(format.Sheet, t.name, format.Declared, 1, "")
		rows, err := r.sample()
		if err == nil && len(rows) == 0 {
			err = r.blank()
		}
		return rows, err
	}
	candidates := slices.DeleteFunc(slices.Clone(r.w.tabs), func(t tab) bool { return t.hidden })
	if len(candidates) == 0 {
		candidates = r.w.tabs
	}
	for i, t := range candidates {
		r.use(t)
		rows, err := r.sample()
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		confidence, evidence := 1.0, "the only sheet"
		if len(candidates) > 1 {
			confidence, evidence = 0.5, fmt.Sprintf("the first with cells of %d sheets", len(candidates))
			others := slices.DeleteFunc(slices.Clone(visible), func(n string) bool { return n == t.name })
			r.say(finding.SourceUnsure, 0, fmt.Sprintf("set sheet under source, such as source: {sheet: %q} (flag --sheet)", t.name),
				"the workbook has several sheets; %q is read, not %s", t.name, quoteAll(others))
		}
		if i > 0 && len(candidates) > 1 {
			evidence += ", those before it are blank"
		}
		r.property(format.Sheet, t.name, format.Detected, confidence, evidence)
		if len(hidden) > 0 && !t.hidden {
			r.say(finding.SourceHidden, 0, "name a hidden sheet under source to read it", "the workbook has hidden sheets: %s", quoteAll(hidden))
		}
		return rows, nil
	}
	return nil, r.blank()
}

func (r *Reader) blank() error {
	return format.Refuse(finding.New(finding.SourceEmpty, r.opt.Origin.At(0, ""), "the sheet has no cell with anything in it").
		WithHint("name another sheet under source, or export the table again"), nil)
}

func (r *Reader) use(t tab) {
	r.tab = t
	r.opt.Origin.Sheet = t.name
}

// find gives the sheet with this name, else the one with this number.
func (r *Reader) find(want string) (tab, bool) {
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		func(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) },
	} {
		for _, t := range r.w.tabs {
			if same(t.name, want) {
				return t, true
			}
		}
	}
	if n, err := strconv.Atoi(want); err == nil && n >= 1 && n <= len(r.w.tabs) {
		return r.w.tabs[n-1], true
	}
	return tab{}, false
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ")
}

// sample gives the first rows that are not blank, from column A on.
func (r *Reader) sample() ([]sampled, error) {
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
	if n := len(sh.hidden); n > 0 {
		var list []string
		for _, a := range sh.hidden {
			name := columnName(a.left)
			if a.right > a.left {
				name += "–" + columnName(a.right)
			}
			list = append(list, name)
		}
		r.say(finding.SourceHidden, 0, "take columns that nobody is to see out of the file", "columns are hidden in the sheet and are read: %s", strings.Join(list, ", "))
	}
	return rows, nil
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
func (r *Reader) findHeader(rows []sampled) error {
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
	if at >= 0 {
		r.headerRow = rows[at].Line
		r.skipped = r.headerRow - 1
	}
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

func (r *Reader) noHeader(want format.Position) error {
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
func (r *Reader) extent(names []string, body []sampled) {
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
func (r *Reader) spans(rows []sampled) {
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
func (r *Reader) names(rows []sampled, at, groups int) []string {
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

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.opt.Origin, r.header
	if err := ctx.Err(); err != nil {
		return err
	}
	for !r.finished && len(b.Records) < record.Records {
		err := r.sheet.next(&r.row)
		if err == io.EOF {
			r.finish()
			break
		}
		if err != nil {
			b.Reset()
			return r.damaged(err)
		}
		if r.row.number <= r.headerRow {
			r.remember()
			r.last = r.headerRow
			continue
		}
		r.take(b)
	}
	if len(b.Records) == 0 {
		return io.EOF
	}
	return nil
}

// take makes a record of the row, or counts it as skipped.
func (r *Reader) take(b *record.Batch) {
	number := r.row.number
	r.skipped += number - r.last - 1
	r.last = number
	r.remember()
	any := false
	for _, c := range r.row.cells {
		if len(trim(r.row.textOf(c))) == 0 {
			continue
		}
		if c.column >= r.left && c.column <= r.right {
			any = true
		} else if r.outside++; r.outside == 1 {
			r.outsideAt = columnName(c.column) + strconv.Itoa(number)
		}
	}
	if !any {
		r.skipped++
		return
	}
	r.read++
	if r.row.hidden {
		if r.hiddenRows++; r.hiddenRows == 1 {
			r.firstHidden = number
		}
	}
	rec := b.Begin(number, r.right-r.left+1)
	for _, c := range r.row.cells {
		if c.column >= r.left && c.column <= r.right {
			rec.Cells[c.column-r.left] = r.cell(c.kind, b.Copy(r.row.textOf(c)))
		}
	}
	for _, f := range r.filling {
		for c := max(f.left, r.left); c <= min(f.right, r.right); c++ {
			if to := &rec.Cells[c-r.left]; len(to.Text) == 0 {
				*to = r.cell(f.kind, b.Copy(f.text))
			}
		}
	}
}

func (r *Reader) cell(kind record.Kind, text []byte) record.Cell {
	trimmed := trim(text)
	if len(trimmed) == 0 || len(r.nulls) > 0 && r.nulls[string(trimmed)] {
		kind = record.Null
	}
	return record.Cell{Text: text, Kind: kind}
}

// remember takes up the merged ranges that start in this row and drops those
// that ended.
func (r *Reader) remember() {
	number := r.row.number
	r.filling = slices.DeleteFunc(r.filling, func(f filled) bool { return f.bottom < number })
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

// finish says what only the whole sheet shows.
func (r *Reader) finish() {
	r.finished = true
	r.sheet.Close()
	if r.read == 0 {
		r.say(finding.SourceNoRows, 0, "", "the table has a header and no rows")
	}
	if r.hiddenRows > 0 {
		r.say(finding.SourceHidden, r.firstHidden, "delete them in the sheet if they are not to be used", "%d rows are hidden in the sheet and are read; this is the first", r.hiddenRows)
	}
	if r.outside > 0 {
		r.say(finding.SourceUnsure, 0, "give the column a name in the header row, or delete what stands there", "%d cells stand beside the table and are not read, the first in %s", r.outside, r.outsideAt)
	}
	if r.sheet.stale > 0 {
		r.say(finding.SourceUnsure, r.sheet.staleRow, "open the workbook in a spreadsheet program and save it", "%d formulas have no stored value; this row has the first", r.sheet.stale)
	}
}

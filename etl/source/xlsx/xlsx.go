// Package xlsx owns tables in Excel workbooks: a decoder of its own for the XML
// of a sheet, which passes through once in bounded memory, keeps the type of
// each cell, and fills merged ranges.
package xlsx

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Options is what was declared of a table in a workbook. The zero value of each
// member means that it is to be detected.
type Options struct {
	Origin record.Origin
	// Sheet is the name of a sheet, its number from 1, or a pattern such as 20*
	// (path.Match), whose sheets are read one after the other as one table.
	Sheet     string
	Decimal   string // of numbers in text cells
	Thousands string
	Header    *format.Position // nil where it is to be found
	Columns   []string
	Nulls     []string
	// Apart ends the table where a further one begins below it.
	Apart bool
	// Notes skips texts below the table.
	Notes bool
}

// Reader reads the records of one table, or of the tables of several sheets
// with the same columns as of one.
type Reader struct {
	w        *workbook
	tables   []*table
	orders   [][]int // of the cells of each table, to be as the first has them; nil where they are
	dialect  format.Dialect
	findings []finding.Finding // that are of no table
	at       int               // the table that is read
	moved    []record.Cell
	sheets   []string
}

// Open reads the workbook's parts and as much of each sheet as it needs to know
// its header. The error is a *format.Error. The reader is to be closed; file
// stays the caller's to close.
func Open(file io.ReaderAt, size int64, opt Options) (*Reader, error) {
	w, err := openWorkbook(file, size)
	if err != nil {
		return nil, (&table{opt: opt}).damaged(err)
	}
	r := &Reader{w: w}
	if err := r.open(opt); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Reader) open(opt Options) error {
	o := opener{Options: opt, w: r.w, r: r}
	if err := o.open(); err != nil {
		return err
	}
	r.sheets, _ = o.names()
	first := r.tables[0]
	r.dialect = append(r.dialect, first.dialect...)
	for _, t := range r.tables {
		order, err := o.order(first, t)
		if err != nil {
			return err
		}
		r.orders = append(r.orders, order)
	}
	return nil
}

// Close removes what lies in temporary files. The file that Open was given stays
// open.
func (r *Reader) Close() error { return r.w.texts.Close() }

// Header gives the names of the columns.
func (r *Reader) Header() *record.Header { return r.tables[0].header }

// Sheets names the sheets of the workbook that are not hidden, in order.
func (r *Reader) Sheets() []string { return r.sheets }

// Dialect gives what was declared and detected.
func (r *Reader) Dialect() format.Dialect { return r.dialect }

// Findings gives what is to be said about the sheets as a whole, so far.
func (r *Reader) Findings() []finding.Finding {
	list := slices.Clone(r.findings)
	for _, t := range r.tables {
		list = append(list, t.findings...)
	}
	return list
}

// Skipped counts the rows so far that are no records: above the header, blank,
// notes below the table.
func (r *Reader) Skipped() int {
	n := 0
	for _, t := range r.tables {
		n += t.skipped
	}
	return n
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch. The records of a batch are of one sheet.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Header = r.Header()
	for ; r.at < len(r.tables); r.at++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := r.tables[r.at]
		b.Origin = t.opt.Origin
		if err := t.fill(b); err != nil {
			b.Reset()
			return err
		}
		if len(b.Records) > 0 {
			r.move(b, r.orders[r.at])
			return nil
		}
	}
	return io.EOF
}

// move puts the cells of each record where the first table has them.
func (r *Reader) move(b *record.Batch, order []int) {
	if order == nil {
		return
	}
	for i := range b.Records {
		cells := b.Records[i].Cells
		r.moved = append(r.moved[:0], cells...)
		for to, from := range order {
			cells[to] = r.moved[from]
		}
	}
}

// opener chooses the sheets of a workbook.
type opener struct {
	Options
	w *workbook
	r *Reader
}

func (o *opener) property(how format.How, confidence float64, value, evidence string) {
	o.r.dialect = append(o.r.dialect, format.Property{Key: format.Sheet, Value: value, How: how, Confidence: confidence, Evidence: evidence})
}

func (o *opener) say(code finding.Code, at record.Origin, hint, message string, args ...any) {
	o.r.findings = append(o.r.findings, finding.New(code, at.At(0, ""), message, args...).WithHint("%s", hint))
}

// table begins to read a sheet.
func (o *opener) table(t tab) *table {
	own := &table{opt: o.Options, w: o.w, tab: t, nulls: map[string]bool{}}
	own.opt.Origin.Sheet = t.name
	for _, token := range o.Nulls {
		if token = strings.TrimSpace(token); token != "" {
			own.nulls[token] = true
		}
	}
	return own
}

// names gives the names of the sheets, those that are hidden last.
func (o *opener) names() (visible, hidden []string) {
	for _, t := range o.w.tabs {
		if t.hidden {
			hidden = append(hidden, t.name)
		} else {
			visible = append(visible, t.name)
		}
	}
	return visible, hidden
}

func (o *opener) open() error {
	switch {
	case len(o.w.tabs) == 0:
		return format.Refuse(finding.New(finding.SourceEmpty, o.Origin.At(0, ""), "the workbook has no sheet with cells").WithHint("save the table in a sheet of its own"), nil)
	case o.Sheet == "":
		return o.detect()
	}
	if t, ok := o.find(); ok {
		return o.declared(t)
	}
	if strings.ContainsAny(o.Sheet, "*?[") {
		return o.pattern()
	}
	visible, hidden := o.names()
	return format.Misdeclared(finding.New(finding.SourceSheet, o.Origin.At(0, ""), "the workbook has no sheet %q", o.Sheet).
		WithHint("its sheets are %s", quoteAll(append(visible, hidden...))))
}

// declared opens the sheet that was named.
func (o *opener) declared(t tab) error {
	o.property(format.Declared, 1, t.name, "")
	own := o.table(t)
	rows, err := own.sample()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return own.blank()
	}
	o.r.tables = append(o.r.tables, own)
	own.explain(o.w.pivot(t), rows)
	return own.open(rows)
}

// pattern opens every visible sheet whose name the pattern matches.
func (o *opener) pattern() error {
	visible, hidden := o.names()
	pattern := strings.ToLower(o.Sheet)
	if _, err := path.Match(pattern, ""); err != nil {
		return format.Misdeclared(finding.New(finding.SourceSheet, o.Origin.At(0, ""), "%q is no pattern for the names of sheets", o.Sheet).
			WithHint("* stands for any characters, ? for one, [0-9] for one of several"))
	}
	matches := func(name string) bool {
		ok, _ := path.Match(pattern, strings.ToLower(name))
		return ok
	}
	var read, blank []string
	for _, t := range o.w.tabs {
		if t.hidden || !matches(t.name) {
			continue
		}
		own := o.table(t)
		rows, err := own.sample()
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			blank = append(blank, t.name)
			continue
		}
		read = append(read, t.name)
		o.r.tables = append(o.r.tables, own)
		own.explain(o.w.pivot(t), rows)
		if err := own.open(rows); err != nil {
			return err
		}
	}
	if len(read) == 0 {
		return format.Misdeclared(finding.New(finding.SourceSheet, o.Origin.At(0, ""), "the workbook has no visible sheet with cells whose name matches %q", o.Sheet).
			WithHint("its sheets are %s", quoteAll(append(visible, hidden...))))
	}
	o.property(format.Declared, 1, strings.Join(read, ", "), fmt.Sprintf("the sheets that match %q", o.Sheet))
	if left := slices.DeleteFunc(hidden, func(n string) bool { return !matches(n) }); len(left) > 0 {
		o.say(finding.SourceHidden, o.Origin, "name a hidden sheet under source to read it", "hidden sheets match %q and are not read: %s", o.Sheet, quoteAll(left))
	}
	if len(blank) > 0 {
		o.say(finding.SourceHidden, o.Origin, "", "blank sheets match %q and are passed over: %s", o.Sheet, quoteAll(blank))
	}
	return nil
}

// detect opens the first visible sheet that has cells and is no pivot table; a
// pivot table only where there is nothing else.
func (o *opener) detect() error {
	visible, hidden := o.names()
	candidates := slices.DeleteFunc(slices.Clone(o.w.tabs), func(t tab) bool { return t.hidden })
	if len(candidates) == 0 {
		candidates = o.w.tabs
	}
	var own *table
	var rows []sampled
	var sums pivot
	blank, pivots := 0, 0
	for _, t := range candidates {
		its := o.table(t)
		sample, err := its.sample()
		if err != nil {
			return err
		}
		if len(sample) == 0 {
			blank++
			continue
		}
		p := o.w.pivot(t)
		if own == nil || sums.area != "" {
			own, rows, sums = its, sample, p
		}
		if p.area == "" {
			break
		}
		pivots++
	}
	if own == nil {
		return o.table(candidates[0]).blank()
	}
	name := own.tab.name
	confidence, evidence := 1.0, "the only sheet"
	if len(candidates) > 1 {
		confidence, evidence = 0.5, fmt.Sprintf("the first with cells of %d sheets", len(candidates))
		if pivots > 0 && sums.area == "" {
			evidence = fmt.Sprintf("the first with a table of rows of %d sheets, after a pivot table", len(candidates))
		}
		if blank > 0 {
			evidence += ", blank ones are passed over"
		}
		others := slices.DeleteFunc(slices.Clone(visible), func(n string) bool { return n == name })
		o.say(finding.SourceUnsure, own.opt.Origin, fmt.Sprintf("set sheet under source, such as source: {sheet: %q} (flag --sheet)", name),
			"the workbook has several sheets; %q is read, not %s", name, quoteAll(others))
	}
	o.property(format.Detected, confidence, name, evidence)
	if len(hidden) > 0 && !own.tab.hidden {
		o.say(finding.SourceHidden, own.opt.Origin, "name a hidden sheet under source to read it", "the workbook has hidden sheets: %s", quoteAll(hidden))
	}
	o.r.tables = append(o.r.tables, own)
	own.explain(sums, rows)
	return own.open(rows)
}

// find gives the sheet with this name, else the one with this number.
func (o *opener) find() (tab, bool) {
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		func(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) },
	} {
		for _, t := range o.w.tabs {
			if same(t.name, o.Sheet) {
				return t, true
			}
		}
	}
	if n, err := strconv.Atoi(o.Sheet); err == nil && n >= 1 && n <= len(o.w.tabs) {
		return o.w.tabs[n-1], true
	}
	return tab{}, false
}

// order gives for each column of the first table the place of the same column
// in another; nil where all stand in the same place.
func (o *opener) order(first, t *table) ([]int, error) {
	if slices.Equal(first.header.Names, t.header.Names) {
		return nil, nil
	}
	differs := func(has, lacks *table, name string) error {
		return format.Misdeclared(finding.New(finding.SourceSheet, t.opt.Origin.At(t.headerRow, name),
			"the sheets that match %q have different columns: %q has %q, %q has not", o.Sheet, has.tab.name, name, lacks.tab.name).
			WithHint("give both the same columns, or name one sheet"))
	}
	for _, name := range t.header.Names {
		if first.header.Index(name) < 0 {
			return nil, differs(t, first, name)
		}
	}
	var order []int
	for _, name := range first.header.Names {
		at := t.header.Index(name)
		if at < 0 {
			return nil, differs(first, t, name)
		}
		order = append(order, at)
	}
	return order, nil
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ")
}

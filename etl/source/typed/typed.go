// Package typed owns what the sources have in common whose values come with a
// type, from a database or an API, and not as the text of a file.
package typed

import (
	"bytes"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Options say what a user declared of the texts among the values.
type Options struct {
	Origin record.Origin
	// Decimal and Thousands are how numbers are written in texts; "" is a point,
	// and no mark.
	Decimal, Thousands string
	Nulls              []string // tokens that mean no value, beside the empty text
}

// Table is the part of a reader that does not depend on where its rows are.
type Table struct {
	header   *record.Header
	dialect  format.Dialect
	findings []finding.Finding
	origin   record.Origin
	nulls    map[string]bool
	rows     int
}

// New begins a table with these columns. kind is what its format is called.
func New(kind string, columns []string, o Options) *Table {
	t := &Table{header: record.NewHeader(columns), origin: o.Origin, nulls: map[string]bool{}}
	t.dialect = format.Dialect{{Key: format.Format, Value: kind, How: format.Detected, Confidence: 1}}
	mark := func(key, declared, otherwise string) {
		switch {
		case declared != "":
			t.dialect = append(t.dialect, format.Property{Key: key, Value: declared, How: format.Declared, Confidence: 1})
		case otherwise != "":
			t.dialect = append(t.dialect, format.Property{Key: key, Value: otherwise, How: format.Default, Confidence: 1})
		}
	}
	mark(format.Decimal, o.Decimal, ".")
	mark(format.Thousands, o.Thousands, "")
	for _, token := range o.Nulls {
		t.nulls[strings.TrimSpace(token)] = true
	}
	t.dialect = append(t.dialect, format.NullTokens(o.Nulls))
	t.findings = format.Repeated(t.header, o.Origin, 0)
	return t
}

// Header gives the names of the columns.
func (t *Table) Header() *record.Header { return t.header }

// Dialect gives how the table is read.
func (t *Table) Dialect() format.Dialect { return t.dialect }

// Findings is what is to be said of the table as a whole.
func (t *Table) Findings() []finding.Finding { return t.findings }

// Skipped is 0: there are no rows but records.
func (t *Table) Skipped() int { return 0 }

// Add adds a property of the dialect.
func (t *Table) Add(key, value, evidence string) {
	t.dialect = append(t.dialect, format.Property{Key: key, Value: value, How: format.Detected, Confidence: 1, Evidence: evidence})
}

// Report adds a finding.
func (t *Table) Report(f finding.Finding) { t.findings = append(t.findings, f) }

// Rows counts the records that were begun.
func (t *Table) Rows() int { return t.rows }

// Begin appends the next record, of which all cells are null. They are to be
// filled with Text and Number, which copy.
func (t *Table) Begin(b *record.Batch) *record.Record {
	t.rows++
	b.Origin, b.Header = t.origin, t.header
	return b.Begin(t.rows, len(t.header.Names))
}

// Text gives the cell of a text: null where it is empty or one of the tokens.
func (t *Table) Text(b *record.Batch, text []byte) record.Cell {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 || len(t.nulls) > 0 && t.nulls[string(trimmed)] {
		return record.Cell{Kind: record.Null, Text: b.Copy(text)}
	}
	return record.Cell{Kind: record.Text, Text: b.Copy(text)}
}

// End is to be called at the end of the rows: it says where there was none.
func (t *Table) End() {
	if t.rows == 0 {
		t.Report(finding.New(finding.SourceNoRows, t.origin.At(0, ""), "there are no rows"))
	}
}

// Package typed owns what the sources have in common whose values come with a
// type from a database or an API: their rows are numbered as they come, and their
// values are copied into the batch.
package typed

import (
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
)

// Options say what a user declared of the texts among the values.
type Options = format.Options

// Table is the part of a reader that does not depend on where its rows are.
type Table struct {
	format.Typed
	rows int
}

// New begins a table with these columns. kind is what its format is called.
func New(kind string, columns []string, o Options) (*Table, error) {
	t := &Table{Typed: format.NewTyped(o)}
	t.Property(format.Format, kind, format.Detected, "")
	t.Sampled()
	return t, t.Name(columns)
}

// Rows counts the records that were begun.
func (t *Table) Rows() int { return t.rows }

// Begin appends the next record, of which all cells are null. They are to be
// filled with Value.
func (t *Table) Begin(b *record.Batch) *record.Record {
	t.rows++
	b.Origin, b.Header = t.Origin, t.Columns
	return b.Begin(t.rows, len(t.Columns.Names))
}

// Value gives the cell of a value, which is copied.
func (t *Table) Value(b *record.Batch, kind record.Kind, text []byte) record.Cell {
	return t.Cell(kind, b.Copy(text))
}

// End is to be called at the end of the rows: it says where there was none.
func (t *Table) End() {
	if t.rows == 0 {
		t.NoRows()
	}
}

// Package record owns what a source hands on: a Header, Records of Cells, and
// the Origin of each, in reusable Batches.
package record

import (
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Kind is what the source knows of a cell before any mapping looks at it. A
// text file knows only Null and Text; a workbook knows more.
type Kind uint8

// The kinds of a cell.
const (
	Null     Kind = iota // empty, or one of the declared null tokens
	Text                 // the text as it stands
	Number               // Text is a plain JSON number with a decimal point
	Boolean              // Text is "true" or "false"
	DateTime             // Text is 2006-01-02T15:04:05[.999], local, no offset
	Error                // Text is the spreadsheet's error, such as #N/A
)

// Cell is one value of a record. Text of a Null cell is what stood there (a
// null token), so that a rejected row can be written as it was.
type Cell struct {
	Text []byte
	Kind Kind
}

// IsNull reports whether the cell has no value.
func (c Cell) IsNull() bool { return c.Kind == Null }

// Origin is where a batch's records come from.
type Origin struct {
	File  string // as the user named it
	Sheet string // of a workbook, else empty
}

// At gives the location of a row, and with a column name of a cell.
func (o Origin) At(row int, column string) finding.Location {
	return finding.Location{File: o.File, Sheet: o.Sheet, Row: row, Column: column}
}

// Record is one row. Cells has as many elements as the header has names,
// unless Fault says why not.
type Record struct {
	// Row is the row of the sheet, or the line on which the record starts.
	Row   int
	Cells []Cell
	// Fault is set where the row cannot be used (ragged, broken quoting): it
	// is to be rejected for that reason, with the cells that could be read.
	Fault *finding.Finding
}

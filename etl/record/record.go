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
	DateTime             // Text is 2006-01-02T15:04:05[.999], local, or with a Z where the source says UTC; or 2006-01-02
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

	// Parts are the columns of which each row was made several records (a wide
	// table that was unpivoted), and Value the column in which their cells stand
	// since. The record of part i of a row has the number row*len(Parts) + i.
	Parts []string
	Value string
}

// At gives the location of a record, and with a column name of a cell, as it
// stands in the file.
func (o Origin) At(row int, column string) finding.Location {
	at := finding.Location{File: o.File, Sheet: o.Sheet, Row: row, Column: column}
	if n := len(o.Parts); n > 0 {
		at.Row = row / n
		if column == "" || column == o.Value {
			at.Column = o.Parts[row%n]
		}
	}
	return at
}

// Record is one row. Cells has as many elements as the header has names,
// unless Fault says why not.
type Record struct {
	// Row is the row of the sheet, or the line on which the record starts; where
	// a row makes several records, see Origin.Parts.
	Row   int
	Cells []Cell
	// Original are the cells as they stand in the file, where Cells were made of
	// them (shape); else nil.
	Original []Cell
	// Left, where it is not empty, says why the record is left out before any
	// mapping sees it. It then counts as filtered, for that reason.
	Left string
	// Place, where it is not nil, is where the record comes from: another source
	// than the batch's, of which Row is only the number in its result.
	Place *Place
	// Fault is set where the row cannot be used (ragged, broken quoting): it
	// is to be rejected for that reason, with the cells that could be read.
	Fault *finding.Finding
}

// Place is a row of a source.
type Place struct {
	Origin Origin
	Row    int
}

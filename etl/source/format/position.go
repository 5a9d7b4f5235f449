package format

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Position is where the names of the columns stand, as header declares it
// under source.
type Position struct {
	// First and Last are rows, counted from 1; where one row has the names they
	// are the same, and 0 where the table has none.
	First, Last int
	// Column is that of the first name in a sheet, counted from 1; 0 where it is
	// not said.
	Column int
}

// String gives the position as ParsePosition reads it.
func (p Position) String() string {
	text := columnName(p.Column) + strconv.Itoa(p.First)
	if p.Last > p.First {
		text += "-" + strconv.Itoa(p.Last)
	}
	return text
}

// columnName gives what a spreadsheet calls a column, "" for 0.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

const (
	maxRow       = 1 << 40
	maxColumn    = 1 << 14
	maxNamesRows = 5
)

// ParsePosition reads a position: the number of a row (9), of several rows that
// are joined (8-9), the first cell of either (B9, B8:B9), or 0 where a table
// has no names.
func ParsePosition(text string) (Position, error) {
	from, to, several := strings.Cut(strings.TrimSpace(text), "-")
	if !several {
		from, to, several = strings.Cut(from, ":")
	}
	p := Position{}
	var ok bool
	if p.Column, p.First, ok = cellAt(from); !ok {
		return Position{}, fmt.Errorf("header %q is not possible", text)
	}
	if p.Last = p.First; several {
		var column int
		if column, p.Last, ok = cellAt(to); !ok || column != 0 && p.Column == 0 || p.First == 0 || p.Last < p.First {
			return Position{}, fmt.Errorf("header %q is not possible", text)
		}
		if p.Last-p.First >= maxNamesRows {
			return Position{}, fmt.Errorf("header %q joins more than %d rows", text, maxNamesRows)
		}
	}
	if p.Column > 0 && p.First == 0 {
		return Position{}, fmt.Errorf("header %q is not possible", text)
	}
	return p, nil
}

// cellAt reads 9, B9 or $B$9.
func cellAt(text string) (column, row int, ok bool) {
	text = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), "$", ""))
	i := 0
	for i < len(text) && text[i] >= 'A' && text[i] <= 'Z' && column <= maxColumn {
		column = column*26 + int(text[i]-'A') + 1
		i++
	}
	if !allDigits(text[i:]) || column > maxColumn {
		return 0, 0, false
	}
	row, err := strconv.Atoi(text[i:])
	return column, row, err == nil && row <= maxRow
}

// HeaderAt reads what header declares of a source; nil where text is empty,
// for then the header is to be detected. The error is a *Error.
func HeaderAt(text string, origin record.Origin) (*Position, error) {
	if text == "" {
		return nil, nil
	}
	p, err := ParsePosition(text)
	if err != nil {
		return nil, Misdeclared(finding.New(finding.SourceSpec, origin.At(0, ""), "%s", err).
			WithHint("header is the row with the names, such as 9; several rows, such as 8-9; in a workbook also their first cell, such as B9; or 0 where there are none"))
	}
	return &p, nil
}

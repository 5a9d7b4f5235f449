package csv

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strconv"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Columns that a file of rejected rows has after those of the source.
const (
	RowColumn     = "_row"
	ReasonsColumn = "_reasons"
)

const mark = "\ufeff"

// Rejects writes rejected rows as they stood, with their row number and the
// reasons behind them: UTF-8 with a byte order mark, so that a spreadsheet
// program shows them well, and the source's delimiter and decimal mark. Such a
// file can be corrected and run in place of the source, with the same mapping.
type Rejects struct {
	out       *bufio.Writer
	delimiter byte
	decimal   byte
	keep      int  // columns of the source that are no reasons of an earlier run
	again     bool // the source has columns of an earlier run
	line      []byte
	rows      int
	// open is the row of a shaped source whose line has no end yet: another of
	// its records may bring further reasons. 0 is none.
	open    int
	reasons []byte
}

// NewRejects writes the header. Nothing needs to be closed, but Flush is to be
// called at the end.
func NewRejects(w io.Writer, h *record.Header, d format.Dialect) (*Rejects, error) {
	r := &Rejects{out: bufio.NewWriterSize(w, 64<<10), delimiter: ',', decimal: d.Decimal(), keep: len(h.Names)}
	if v := d.Value(format.Delimiter); len(v) == 1 {
		r.delimiter = v[0]
	} else if r.decimal == ',' {
		r.delimiter = ';'
	}
	if n := len(h.Names); n >= 2 && h.Names[n-2] == RowColumn && h.Names[n-1] == ReasonsColumn {
		r.keep, r.again = n-2, true
	}
	r.line = append(r.line, mark...)
	for i := range r.keep {
		r.cell([]byte(h.Title(i)))
	}
	r.cell([]byte(RowColumn))
	r.cell([]byte(ReasonsColumn))
	return r, r.end()
}

// Write writes one row. A row with too many or too few cells keeps them, so
// that it is rejected again unless it is corrected. Of several records in turn
// that were made of one row (shape), the row is written once, with the reasons
// of all. The error is that of the writer.
func (r *Rejects) Write(rec *record.Record, reasons []finding.Finding) error {
	cells, number := rec.Cells, rec.Row
	if rec.Original != nil {
		cells, number = rec.Original, reasons[0].Location.Row
		if number == r.open {
			r.because(reasons)
			return nil
		}
	}
	if err := r.complete(); err != nil {
		return err
	}
	r.rows++
	if r.again {
		if rec.Fault == nil {
			cells = cells[:min(r.keep, len(cells))]
		} else if n := len(cells) - 2; n >= 0 && isRow(cells[n].Text) && isReasons(cells[n+1].Text) {
			cells = cells[:n]
		}
	}
	for _, c := range cells {
		text := c.Text
		if c.Kind == record.Number && r.decimal == ',' {
			text = bytes.Replace(slices.Clone(text), []byte{'.'}, []byte{','}, 1)
		}
		r.cell(text)
	}
	r.line = strconv.AppendInt(r.line, int64(number), 10)
	r.line = append(r.line, r.delimiter)
	r.because(reasons)
	if rec.Original != nil {
		r.open = number
		return nil
	}
	return r.complete()
}

// because adds to the reasons of the row at hand, each once.
func (r *Rejects) because(reasons []finding.Finding) {
	for _, f := range reasons {
		reason := string(f.Code) + ": "
		if f.Location.Column != "" {
			reason += strconv.Quote(f.Location.Column) + ": "
		}
		reason += f.Message
		if bytes.Contains(r.reasons, []byte(reason)) {
			continue
		}
		if len(r.reasons) > 0 {
			r.reasons = append(r.reasons, " | "...)
		}
		r.reasons = append(r.reasons, reason...)
	}
}

// complete writes the row at hand, if there is one.
func (r *Rejects) complete() error {
	if len(r.line) == 0 {
		return nil
	}
	r.cell(r.reasons)
	r.reasons, r.open = r.reasons[:0], 0
	return r.end()
}

// isRow reports whether a cell may be one of RowColumn.
func isRow(text []byte) bool {
	return len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
}

// isReasons reports whether a cell may be one of ReasonsColumn: it starts with a
// code, a colon and a blank.
func isReasons(text []byte) bool {
	code, _, found := bytes.Cut(text, []byte(": "))
	return found && len(code) > 0 && len(bytes.Trim(code, "abcdefghijklmnopqrstuvwxyz-")) == 0
}

// Rows counts the rows that were written.
func (r *Rejects) Rows() int { return r.rows }

// Flush hands everything to the writer.
func (r *Rejects) Flush() error {
	if err := r.complete(); err != nil {
		return err
	}
	return r.out.Flush()
}

func (r *Rejects) cell(text []byte) {
	if !needsQuotes(text, r.delimiter) {
		r.line = append(r.line, text...)
	} else {
		r.line = append(r.line, '"')
		for _, c := range text {
			if c == '"' {
				r.line = append(r.line, '"')
			}
			r.line = append(r.line, c)
		}
		r.line = append(r.line, '"')
	}
	r.line = append(r.line, r.delimiter)
}

func needsQuotes(text []byte, delimiter byte) bool {
	if len(text) == 0 {
		return false
	}
	for _, c := range text {
		if c == delimiter || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return text[0] == ' ' || text[len(text)-1] == ' '
}

// end ends the line, whose last delimiter becomes the line end.
func (r *Rejects) end() error {
	r.line[len(r.line)-1] = '\r'
	r.line = append(r.line, '\n')
	_, err := r.out.Write(r.line)
	r.line = r.line[:0]
	return err
}

// IsRejects reports whether a file that starts with head was written by
// Rejects, and with which delimiter: its dialect is then known, whatever was
// declared of the source that the rows came from. A spreadsheet program may have
// saved it since.
func IsRejects(head []byte) (delimiter string, ok bool) {
	head = bytes.TrimPrefix(head, []byte(mark))
	end := bytes.IndexByte(head, '\n')
	if end < 0 {
		return "", false
	}
	names, ok := bytes.CutSuffix(bytes.TrimSuffix(head[:end], []byte{'\r'}), []byte(ReasonsColumn))
	if !ok || len(names) < len(RowColumn)+1 {
		return "", false
	}
	delimiter = string(names[len(names)-1:])
	names, ok = bytes.CutSuffix(names[:len(names)-1], []byte(RowColumn))
	if !ok || len(names) > 0 && string(names[len(names)-1:]) != delimiter {
		return "", false
	}
	return delimiter, true
}

// Package pages owns the reading of a table that an API gives page by page, each
// row a JSON object.
package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Page is one answer.
type Page struct {
	// Total is how many rows there are in all.
	Total int
	// Rows are JSON objects, in the order of the table.
	Rows []jsontext.Value
}

// Fetch gives the page that begins after so many rows. The error is a
// *format.Error, or that of ctx.
type Fetch func(ctx context.Context, offset int) (Page, error)

// Reader gives the rows of all pages. One page is in memory at a time.
type Reader struct {
	*typed.Table
	// Text, where it is not nil, gives the text of a cell that is a JSON object
	// or array; ok is false where it stays JSON.
	Text func(value jsontext.Value) (text []byte, ok bool)

	origin record.Origin
	fetch  Fetch
	index  map[string]int
	page   Page
	next   int // in the page
	total  int // of the first page, or -1
	ended  bool
}

// New begins a table with these columns; members of other names are not read.
// The error is a *format.Error.
func New(kind string, columns []string, o typed.Options, fetch Fetch) (*Reader, error) {
	table, err := typed.New(kind, columns, o)
	if err != nil {
		return nil, err
	}
	r := &Reader{Table: table, origin: o.Origin, fetch: fetch, index: map[string]int{}, total: -1}
	for i, name := range columns {
		r.index[name] = i
	}
	return r, nil
}

// Next fills the batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	for r.next == len(r.page.Rows) {
		if r.ended {
			return io.EOF
		}
		if err := r.turn(ctx); err != nil {
			return err
		}
	}
	for len(b.Records) < record.Records && r.next < len(r.page.Rows) {
		rec := r.Begin(b)
		if err := r.row(b, rec, r.page.Rows[r.next]); err != nil {
			return r.damaged(fmt.Sprintf("the server's row %d cannot be read: %v", r.Rows(), err), err)
		}
		r.next++
	}
	return nil
}

// turn fetches the next page, and sees that none is missing.
func (r *Reader) turn(ctx context.Context) error {
	page, err := r.fetch(ctx, r.Rows())
	if err != nil {
		return err
	}
	if r.total < 0 {
		r.total = page.Total
	}
	switch {
	case page.Total != r.total:
		return r.damaged(fmt.Sprintf("the table changed while it was read: it had %d rows, and now %d", r.total, page.Total), nil)
	case r.Rows()+len(page.Rows) > r.total:
		return r.damaged(fmt.Sprintf("the server gave more rows than the %d that it says there are", r.total), nil)
	case len(page.Rows) == 0 && r.Rows() < r.total:
		return r.damaged(fmt.Sprintf("the server gave %d of %d rows", r.Rows(), r.total), nil)
	}
	r.page, r.next = page, 0
	if r.ended = r.Rows()+len(page.Rows) == r.total; r.ended && r.total == 0 {
		r.End()
	}
	return nil
}

func (r *Reader) damaged(message string, cause error) error {
	return format.Refuse(finding.New(finding.SourceDamaged, r.origin.At(0, ""), "%s", message).WithHint("try again"), cause)
}

// row fills the cells of one row.
func (r *Reader) row(b *record.Batch, rec *record.Record, object jsontext.Value) error {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return errors.Join(errors.New("it is no JSON object"), err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		column, known := r.index[name.String()]
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if known {
			if rec.Cells[column], err = r.cell(b, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reader) cell(b *record.Batch, value jsontext.Value) (record.Cell, error) {
	switch value.Kind() {
	case 'n':
		return record.Cell{}, nil
	case 't', 'f':
		return r.Value(b, record.Boolean, value), nil
	case '0':
		return r.Value(b, record.Number, value), nil
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		return r.Value(b, record.Text, text), err
	}
	if r.Text != nil {
		if text, ok := r.Text(value); ok {
			return r.Value(b, record.Text, text), nil
		}
	}
	value = value.Clone()
	err := value.Compact()
	return r.Value(b, record.Text, value), err
}

package etl

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
)

// settledRows is after how many rows the columns are taken to have no dates
// whose order must be decided, where none of these rows has one.
const settledRows = 2000

// dates reads the source once to find out how the dates are written in the
// columns that the mapping reads as dates and gives no format.
func (f *Flow) dates(ctx context.Context) (func(columns []string) *mapping.DateColumn, error) {
	type joined struct {
		names []string
		at    []int
		mapping.DateColumn
	}
	var list []*joined
	header := f.source.Header()
next:
	for _, names := range f.Mapping.Dates() {
		j := &joined{names: names}
		for _, name := range names {
			i := header.Index(name)
			if i < 0 {
				continue next // Compile says that it is not there
			}
			j.at = append(j.at, i)
		}
		list = append(list, j)
	}
	if len(list) == 0 {
		return nil, nil
	}
	src, err := source.Open(ctx, f.Dir, f.Spec)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var batch record.Batch
	var text []byte
	undecided := func(j *joined) bool { return !j.Settled() }
	for rows := 0; rows < settledRows || slices.ContainsFunc(list, undecided); {
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		rows += len(batch.Records)
		for i := range batch.Records {
			r := &batch.Records[i]
			if r.Fault != nil {
				continue
			}
			for _, j := range list {
				if text = joinTexts(text[:0], r, j.at); len(text) > 0 {
					j.Add(text, r.Row)
				}
			}
		}
	}
	return func(columns []string) *mapping.DateColumn {
		for _, j := range list {
			if slices.Equal(j.names, columns) {
				return &j.DateColumn
			}
		}
		return nil
	}, nil
}

// joinTexts joins the text cells of a record with a blank between them; where one of
// them is no text, it gives nothing.
func joinTexts(dst []byte, r *record.Record, columns []int) []byte {
	for i, column := range columns {
		if column >= len(r.Cells) || r.Cells[column].Kind != record.Text {
			return dst[:0]
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, r.Cells[column].Text...)
	}
	return dst
}

package etl

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/csv"
)

// settledRows is after how many rows the columns are taken to have no dates
// whose order must be decided, where none of these rows has one.
const settledRows = 2000

// datedColumns are the columns of one converter that reads dates and names no format.
type datedColumns struct {
	names []string
	mapping.DateColumn
}

// dates reads the source once to find out how the dates are written in the
// columns that the mapping reads as dates and gives no format. Rows that an earlier
// run rejected are too few to tell: where they do not, the mapping's own source does.
func (f *Flow) dates(ctx context.Context) (func(columns []string) *mapping.DateColumn, error) {
	var list []*datedColumns
	for _, names := range f.Mapping.Dates() {
		list = append(list, &datedColumns{names: names})
	}
	if len(list) == 0 {
		return nil, nil
	}
	if err := gatherDates(ctx, f.Dir, f.Spec, list); err != nil {
		return nil, err
	}
	names := f.source.Header().Names
	if n := len(names); f.options.Source != "" && n > 1 && names[n-2] == csv.RowColumn && names[n-1] == csv.ReasonsColumn {
		undecided := slices.DeleteFunc(slices.Clone(list), func(c *datedColumns) bool { return c.Decided() })
		// Where the source is not there any more, the rows alone count.
		if err := gatherDates(ctx, BaseDir(f.Name), f.Mapping.Source, undecided); ctx.Err() != nil {
			return nil, err
		}
	}
	return func(columns []string) *mapping.DateColumn {
		for _, c := range list {
			if slices.Equal(c.names, columns) {
				return &c.DateColumn
			}
		}
		return nil
	}, nil
}

// gatherDates reads a source for the dates in its columns, to its end, or until the
// first rows have shown that there are none to decide on.
func gatherDates(ctx context.Context, dir string, spec source.Spec, list []*datedColumns) error {
	if len(list) == 0 {
		return nil
	}
	src, err := source.Open(ctx, dir, spec)
	if err != nil {
		return err
	}
	defer src.Close()
	at := make([][]int, len(list)) // nil where a column is not there, which Compile says
	for i, c := range list {
		for _, name := range c.names {
			at[i] = append(at[i], src.Header().Index(name))
		}
		if slices.Contains(at[i], -1) {
			at[i] = nil
		}
	}
	var batch record.Batch
	var text []byte
	open := func(c *datedColumns) bool { return !c.Settled() }
	for rows := 0; rows < settledRows || slices.ContainsFunc(list, open); {
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rows += len(batch.Records)
		for i := range batch.Records {
			r := &batch.Records[i]
			if r.Fault != nil {
				continue
			}
			for k, c := range list {
				if text = joinTexts(text[:0], r, at[k]); len(text) > 0 {
					c.Add(text, r.Row)
				}
			}
		}
	}
	return nil
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

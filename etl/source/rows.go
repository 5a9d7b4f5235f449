package source

import (
	"context"
	"errors"
	"io"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// EachRow reads a table that others refer to and gives the cells of the named
// columns of each row, with its number. The cells are valid until yield returns.
// A column that the table does not have, and a row that cannot be used, is an
// *Error.
func EachRow(ctx context.Context, baseDir string, spec Spec, columns []string, yield func(row int, cells []record.Cell) error) error {
	src, err := Open(ctx, baseDir, spec)
	if err != nil {
		return err
	}
	defer src.Close()
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = src.Header().Index(name); at[i] >= 0 {
			continue
		}
		f := finding.New(finding.SourceMissingColumn, finding.Location{File: spec.Name(), Column: name}, "the look-up table has no such column")
		if near := finding.Nearest(name, src.Header().Names); near != "" {
			f = f.WithHint("did you mean %q?", near)
		}
		return format.Misdeclared(f)
	}
	cells := make([]record.Cell, len(columns))
	return Each(ctx, src, func(b *record.Batch, n int) error {
		r := &b.Records[n]
		if r.Fault != nil {
			return format.Misdeclared(*r.Fault)
		}
		if r.Left != "" {
			return nil
		}
		for i, column := range at {
			cells[i] = r.Cells[column]
		}
		return yield(r.Row, cells)
	})
}

// Each gives all records of a source: the batch and the index of each, whose
// memory lives until yield returns.
func Each(ctx context.Context, src Source, yield func(b *record.Batch, i int) error) error {
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range batch.Records {
			if err := yield(&batch, i); err != nil {
				return err
			}
		}
	}
}

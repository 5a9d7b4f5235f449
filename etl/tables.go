package etl

import (
	"context"
	"errors"
	"io"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// tables reads the look-up tables that a mapping names by file, as sources.
type tables struct {
	ctx context.Context
	dir string
}

// ReadTable gives the pairs of a table. A column that the table does not have
// is an error that names the nearest one.
func (t tables) ReadTable(ref mapping.TableRef) ([]mapping.TableRow, error) {
	src, err := source.Open(t.ctx, t.dir, ref.Source)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var columns [2]int
	for i, name := range []string{ref.Key, ref.Value} {
		columns[i] = src.Header().Index(name)
		if columns[i] < 0 {
			f := finding.New(finding.SourceMissingColumn, finding.Location{File: ref.Source.File, Column: name}, "the look-up table has no such column")
			if near := finding.Nearest(name, src.Header().Names); near != "" {
				f = f.WithHint("did you mean %q?", near)
			}
			return nil, &source.Error{Kind: source.Config, Finding: f}
		}
	}
	var list []mapping.TableRow
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(t.ctx, &batch)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		for _, r := range batch.Records {
			if r.Fault != nil {
				return nil, &source.Error{Kind: source.Config, Finding: *r.Fault}
			}
			key, value := r.Cells[columns[0]], r.Cells[columns[1]]
			if key.IsNull() || value.IsNull() {
				continue
			}
			list = append(list, mapping.TableRow{Key: string(key.Text), Value: string(value.Text), Row: r.Row})
		}
	}
}

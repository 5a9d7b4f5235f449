package etl

import (
	"context"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
)

// tables reads the look-up tables that a mapping names by file, as sources.
type tables struct {
	ctx context.Context
	dir string
}

// ReadTable gives the pairs of a table. A column that the table does not have
// is an error that names the nearest one.
func (t tables) ReadTable(ref mapping.TableRef) ([]mapping.TableRow, error) {
	var list []mapping.TableRow
	err := source.EachRow(t.ctx, t.dir, ref.Source, []string{ref.Key, ref.Value}, func(row int, cells []record.Cell) error {
		key, value := cells[0], cells[1]
		if !key.IsNull() && !value.IsNull() {
			list = append(list, mapping.TableRow{Key: string(key.Text), Value: string(value.Text), Row: row})
		}
		return nil
	})
	return list, err
}

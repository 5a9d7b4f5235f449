package source

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func (c *shaping) distinct(d *Distinct) (step, error) {
	columns, err := c.columns("key", d.Key)
	if err != nil {
		return nil, err
	}
	out := &distinct{columns: columns, names: strings.Join(d.Key, ", "), keep: d.Keep, unpivoted: c.shaped.parts != nil}
	switch d.Keep {
	case "first", "error":
		out.left = fmt.Sprintf("an earlier row has the same %s", out.names)
	case "last":
		out.left = fmt.Sprintf("a later row has the same %s", out.names)
		out.before = c.spec
		out.before.Shape = c.spec.Shape[:c.number-1]
		out.dir = c.dir
	default:
		return nil, c.refuse("keep is first, last or error", "keep %q is not possible", d.Keep)
	}
	if out.keys, err = newKeys(); err != nil {
		return nil, err
	}
	c.shaped.closers = append(c.shaped.closers, out.keys)
	if d.Keep == "last" {
		if err := out.readAhead(c.ctx); err != nil {
			return nil, err
		}
	}
	c.say("one row for each %s (%s)", out.names, d.Keep)
	return out, nil
}

type distinct struct {
	columns   []int
	names     string
	keep      string
	left      string
	unpivoted bool
	keys      *keys
	key       []byte

	// For keep last: the source as it is before this step, to be read ahead.
	before Spec
	dir    string
}

// readAhead notes the last row of each key.
func (d *distinct) readAhead(ctx context.Context) error {
	src, err := Open(ctx, d.dir, d.before)
	if err != nil {
		return err
	}
	defer src.Close()
	return Each(ctx, src, func(b *record.Batch, i int) error {
		r := &b.Records[i]
		if r.Fault != nil || r.Left != "" {
			return nil
		}
		return d.keys.replace(d.of(r.Cells), int64(r.Row))
	})
}

// of gives the key of a row, each text with its length before it.
func (d *distinct) of(cells []record.Cell) []byte {
	d.key = d.key[:0]
	for _, column := range d.columns {
		text := cells[column].Text
		if cells[column].IsNull() {
			text = nil
		}
		d.key = binary.AppendUvarint(d.key, uint64(len(text)))
		d.key = append(d.key, text...)
	}
	return d.key
}

func (d *distinct) apply(t *shaped, in row, yield func(row)) error {
	if in.lost() {
		yield(in)
		return nil
	}
	number := int64(t.current.Row)
	if d.unpivoted {
		number = number*int64(len(t.parts)) + int64(in.part)
	}
	other, err := d.keys.first(d.of(in.cells), number)
	if err != nil {
		return err
	}
	switch {
	case other == number:
	case d.keep == "error":
		if d.unpivoted {
			other /= int64(len(t.parts))
		}
		f := finding.New(finding.RowDuplicate, t.at(in.part, ""), "row %d has the same %s", other, d.names).
			WithHint("delete one of the rows, or say which counts: keep: first or last")
		in.fault = &f
	default:
		in.left = d.left
	}
	yield(in)
	return nil
}

// keys remembers a row for each key, in a temporary SQLite, so that memory does
// not grow with the file.
type keys struct {
	dir                       string
	conn                      *sqlite.Conn
	insert, upsert, selectRow *sqlite.Stmt
}

func newKeys() (*keys, error) {
	dir, err := os.MkdirTemp("", "ldt-keys-*")
	if err != nil {
		return nil, fmt.Errorf("create the temporary store of keys: %w", err)
	}
	k := &keys{dir: dir}
	if err := k.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("create the temporary store of keys: %w", err), k.Close())
	}
	return k, nil
}

func (k *keys) open() (err error) {
	if k.conn, err = sqlite.OpenConn(filepath.Join(k.dir, "keys.db"), sqlite.OpenReadWrite, sqlite.OpenCreate); err != nil {
		return err
	}
	// One transaction that never ends: nobody reads the file after a crash.
	for _, statement := range []string{
		"PRAGMA journal_mode = OFF",
		"PRAGMA synchronous = OFF",
		"CREATE TABLE keys (key BLOB PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID",
		"BEGIN",
	} {
		if err := sqlitex.ExecuteTransient(k.conn, statement, nil); err != nil {
			return err
		}
	}
	if k.insert, err = k.conn.Prepare("INSERT OR IGNORE INTO keys VALUES (?, ?)"); err != nil {
		return err
	}
	if k.upsert, err = k.conn.Prepare("INSERT OR REPLACE INTO keys VALUES (?, ?)"); err != nil {
		return err
	}
	k.selectRow, err = k.conn.Prepare("SELECT row FROM keys WHERE key = ?")
	return err
}

// first gives the row that is remembered for the key: the given one, where
// there was none.
func (k *keys) first(key []byte, number int64) (int64, error) {
	if err := run(k.insert, key, number); err != nil {
		return 0, err
	}
	if k.conn.Changes() == 1 {
		return number, nil
	}
	k.selectRow.BindBytes(1, key)
	if _, err := k.selectRow.Step(); err != nil {
		return 0, fmt.Errorf("read the temporary store of keys: %w", err)
	}
	other := k.selectRow.ColumnInt64(0)
	return other, k.selectRow.Reset()
}

// replace remembers the row for the key.
func (k *keys) replace(key []byte, number int64) error { return run(k.upsert, key, number) }

func run(s *sqlite.Stmt, key []byte, number int64) error {
	s.BindBytes(1, key)
	s.BindInt64(2, number)
	if _, err := s.Step(); err != nil {
		return fmt.Errorf("write the temporary store of keys: %w", err)
	}
	return s.Reset()
}

func (k *keys) Close() error {
	var err error
	if k.conn != nil {
		err = k.conn.Close()
	}
	return errors.Join(err, os.RemoveAll(k.dir))
}

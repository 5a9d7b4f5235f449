// Package tables owns SQL over sources: each named source becomes a table of a
// temporary SQLite database, and the rows of a query are what is read.
//
// A column whose cells are all numbers, in the decimal and thousands marks of its
// source, and lose nothing as such, is one of numbers: INTEGER or REAL. Any other
// is TEXT as it stands, so that codes keep their leading zeros. Dates that the
// source knows as such are ISO text, and true and false are 1 and 0. Two columns
// more say from where a row comes: _file and _row.
package tables

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sqlitelib "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/sqlite"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Source is what is read into a table.
type Source interface {
	Header() *record.Header
	Dialect() format.Dialect
	Next(ctx context.Context, b *record.Batch) error
	Findings() []finding.Finding
	Close() error
}

// Named is a source under the name of its table. Open may be called twice: a
// table is read again where a late row shows that a column is of another type.
type Named struct {
	Name string
	Open func(ctx context.Context) (Source, error)
}

// Reader gives the rows of the query.
type Reader struct {
	*sqlite.Reader
	findings []finding.Finding
}

// Findings is what is to be said of the tables and of the result.
func (r *Reader) Findings() []finding.Finding {
	return append(r.findings[:len(r.findings):len(r.findings)], r.Reader.Findings()...)
}

// sampleBatches is how many batches decide the types of a table's columns before
// it is made.
const sampleBatches = 16

// Open fills the tables and runs the query. The database lies in a folder of its
// own below tempDir ("" is the system's), which goes when the reader is closed,
// or with the error: a *format.Error, that of an Open, or that of ctx.
func Open(ctx context.Context, tempDir string, list []Named, query string, o typed.Options) (*Reader, error) {
	dir, err := os.MkdirTemp(tempDir, "ldt-sql-*")
	if err != nil {
		return nil, fmt.Errorf("make room for the tables: %w", err)
	}
	conn, err := sqlitelib.OpenConn(filepath.Join(dir, "tables.sqlite"), sqlitelib.OpenReadWrite, sqlitelib.OpenCreate)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make room for the tables: %w", err), os.RemoveAll(dir))
	}
	closed := func() error { return errors.Join(conn.Close(), os.RemoveAll(dir)) }
	r := &Reader{}
	for _, setting := range []string{"journal_mode = off", "synchronous = off", "locking_mode = exclusive", "cache_size = -32768", "temp_store = file"} {
		if err == nil {
			err = sqlitex.ExecuteTransient(conn, "PRAGMA "+setting, nil)
		}
	}
	for _, named := range list {
		if err != nil {
			break
		}
		err = r.load(ctx, conn, named)
	}
	if err == nil {
		r.Reader, err = sqlite.Query(ctx, conn, query, o, closed)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, errors.Join(err, closed())
	}
	r.Property("tables", names(list), format.Declared, "")
	return r, nil
}

func names(list []Named) string {
	var all []string
	for _, n := range list {
		all = append(all, n.Name)
	}
	return strings.Join(all, ", ")
}

// load fills one table.
func (r *Reader) load(ctx context.Context, conn *sqlitelib.Conn, named Named) error {
	t := &table{conn: conn, name: named.Name}
	again, err := t.read(ctx, named)
	if err == nil && again {
		if again, err = t.read(ctx, named); err == nil && again {
			err = format.Refuse(finding.New(finding.SourceDamaged, t.at, "the source changed while it was read").WithHint("try again"), nil)
		}
	}
	r.findings = append(r.findings, t.findings...)
	return err
}

// table is one on its way into the database.
type table struct {
	conn     *sqlitelib.Conn
	name     string
	at       finding.Location // the source
	names    []string         // of the columns in the database
	columns  []column
	made     []affinity // of the columns of the table as it was made, or nil
	insert   *sqlitelib.Stmt
	faults   int
	fault    *finding.Finding // the first row that cannot be used
	findings []finding.Finding
	stale    bool // a column turned out to be of another type than it was made of
}

// read reads the source once. again says that it is to be read a second time.
func (t *table) read(ctx context.Context, named Named) (again bool, err error) {
	src, err := named.Open(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		if t.insert != nil {
			err = errors.Join(err, t.insert.Finalize())
		}
		err = errors.Join(err, src.Close())
	}()
	t.stale, t.faults, t.fault = false, 0, nil
	if t.columns == nil {
		t.names = unique(src.Header().Names)
		t.columns = make([]column, len(t.names))
	} else {
		if !slices.Equal(t.names, unique(src.Header().Names)) {
			return true, nil
		}
		// The types are known by now.
		for i := range t.columns {
			t.columns[i].cells, t.columns[i].numbers = 0, 0
		}
		if err := t.make(); err != nil {
			return false, err
		}
	}
	marks := marks{decimal: src.Dialect().Decimal(), thousands: src.Dialect().Thousands()}
	var sample []*record.Batch
	batch := &record.Batch{}
	for ended := false; !ended; {
		batch.Reset()
		if err := src.Next(ctx, batch); errors.Is(err, io.EOF) {
			ended = true
		} else if err != nil {
			return false, err
		} else {
			t.at = finding.Location{File: batch.Origin.File, Sheet: batch.Origin.Sheet}
			t.look(batch, marks)
		}
		if t.made == nil {
			if !ended {
				if sample = append(sample, batch); len(sample) < sampleBatches {
					batch = &record.Batch{}
					continue
				}
				batch = &record.Batch{}
			}
			if err := t.make(); err != nil {
				return false, err
			}
			for _, b := range sample {
				if err := t.put(b, marks); err != nil {
					return false, err
				}
			}
			sample = nil
			continue
		}
		if !ended && !t.stale {
			if err := t.put(batch, marks); err != nil {
				return false, err
			}
		}
	}
	if t.fault != nil {
		f := *t.fault
		if t.faults > 1 {
			f.Message += fmt.Sprintf("; %d more rows cannot be used either", t.faults-1)
		}
		f.Message = fmt.Sprintf("the table %s has a row that cannot be used: %s", t.name, f.Message)
		return false, format.Misdeclared(f)
	}
	if err := t.finish(); err != nil {
		return false, err
	}
	if t.stale {
		return true, nil
	}
	t.findings = append(t.findings, src.Findings()...)
	t.mixed()
	return false, nil
}

// unique gives the names of columns that SQLite can tell apart: it does not mind
// upper and lower case.
func unique(header []string) []string {
	seen := map[string]bool{sqlite.FileColumn: true, sqlite.RowColumn: true}
	out := make([]string, len(header))
	for i, name := range header {
		own := name
		for n := 2; seen[strings.ToLower(own)]; n++ {
			own = fmt.Sprintf("%s#%d", name, n)
		}
		seen[strings.ToLower(own)] = true
		out[i] = own
	}
	return out
}

// look learns the types of the columns from a batch.
func (t *table) look(b *record.Batch, m marks) {
	for i := range b.Records {
		rec := &b.Records[i]
		if rec.Fault != nil {
			if t.faults++; t.fault == nil {
				t.fault = rec.Fault
			}
			continue
		}
		for j := range rec.Cells {
			t.columns[j].look(rec.Cells[j], rec.Row, m)
		}
	}
	for i := range t.made {
		t.stale = t.stale || t.made[i] != t.columns[i].affinity()
	}
}

// make makes the table, in the place of an earlier one.
func (t *table) make() error {
	var create, insert strings.Builder
	fmt.Fprintf(&create, "CREATE TABLE %s (", quoted(t.name))
	fmt.Fprintf(&insert, "INSERT INTO %s VALUES (", quoted(t.name))
	t.made = t.made[:0]
	for i, name := range t.names {
		own := t.columns[i].affinity()
		t.made = append(t.made, own)
		fmt.Fprintf(&create, "%s %s, ", quoted(name), own)
		insert.WriteString("?, ")
	}
	fmt.Fprintf(&create, "%s TEXT, %s INTEGER)", sqlite.FileColumn, sqlite.RowColumn)
	insert.WriteString("?, ?)")
	for _, statement := range []string{"DROP TABLE IF EXISTS " + quoted(t.name), create.String(), "BEGIN"} {
		if err := sqlitex.ExecuteTransient(t.conn, statement, nil); err != nil {
			return t.full(err)
		}
	}
	var err error
	if t.insert, _, err = t.conn.PrepareTransient(insert.String()); err != nil {
		return t.full(err)
	}
	return nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// put inserts the rows of a batch.
func (t *table) put(b *record.Batch, m marks) error {
	n := len(t.names)
	for i := range b.Records {
		rec := &b.Records[i]
		if rec.Fault != nil || rec.Left != "" {
			continue
		}
		for j, cell := range rec.Cells {
			t.bind(j+1, t.made[j], cell, m)
		}
		at := b.At(rec, "")
		if at.Sheet != "" {
			at.File += "!" + at.Sheet
		}
		t.insert.BindText(n+1, at.File)
		t.insert.BindInt64(n+2, int64(at.Row))
		if _, err := t.insert.Step(); err != nil {
			return t.full(err)
		}
		if err := t.insert.Reset(); err != nil {
			return t.full(err)
		}
	}
	return nil
}

// bind sets one value of the row that is inserted.
func (t *table) bind(param int, as affinity, cell record.Cell, m marks) {
	if cell.IsNull() {
		t.insert.BindNull(param)
		return
	}
	if as != text {
		value, ok := m.number(cell)
		switch {
		case ok && value.whole && as == integer:
			t.insert.BindInt64(param, value.integer)
			return
		case ok && value.whole:
			t.insert.BindFloat(param, float64(value.integer))
			return
		case ok:
			t.insert.BindFloat(param, value.float)
			return
		}
	}
	t.insert.BindText(param, string(cell.Text))
}

// finish ends the transaction.
func (t *table) finish() error {
	err := t.insert.Finalize()
	t.insert = nil
	if err == nil {
		err = sqlitex.ExecuteTransient(t.conn, "COMMIT", nil)
	}
	if err != nil {
		return t.full(err)
	}
	return nil
}

// full is the error of a database that cannot be written.
func (t *table) full(err error) error {
	if sqlitelib.ErrCode(err).ToPrimary() == sqlitelib.ResultFull {
		return fmt.Errorf("put %s into a table: the disk of the temporary folder is full: %w\n  hint: make room, or set TMPDIR to another folder", t.at.File, err)
	}
	return fmt.Errorf("put %s into the table %s: %w", t.at.File, t.name, err)
}

// mixed warns of columns that stay text though most of their cells are numbers.
func (t *table) mixed() {
	for i := range t.columns {
		c := &t.columns[i]
		if c.affinity() != text || c.numbers == 0 || c.bad == "" || 2*c.numbers < c.cells || c.zeros {
			continue
		}
		at := t.at
		at.Row, at.Column = c.badRow, t.names[i]
		t.findings = append(t.findings, finding.New(finding.SourceUnsure, at, "the column is text in the table %s: %d of its %d cells are no numbers, such as %q", t.name, c.cells-c.numbers, c.cells, c.bad).
			WithHint("where it should be one of numbers, correct the cells, or declare nulls, decimal or thousands under the table"))
	}
}

// Package sqlite owns the reading of the rows of a query to SQLite: of a database
// file, and of the temporary one into which other sources were put.
//
// A whole number or a text comes out as it is stored. A floating-point number
// comes out as the shortest decimal text of the same number where it is the value
// of a column, and with 15 significant digits, as SQLite prints it itself, where
// the query computed it: 0.1+0.2 is 0.3, and a finding says that it was rounded.
// sum, total and avg add up in decimal, without rounding (exact.go).
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Columns of a result that say from where a row comes. They are not among the
// columns of the reader; findings name them as the place of the row.
const (
	FileColumn = "_file"
	RowColumn  = "_row"
)

// busy is how long another program may hold the file.
const busy = 2 * time.Second

// Reader gives the rows of a query. One batch of them is in memory at a time.
type Reader struct {
	*typed.Table
	origin record.Origin
	query  string
	conn   *sqlite.Conn
	stmt   *sqlite.Stmt
	close  func() error
	// columns are those of the statement, by those of the table.
	columns   []int
	plain     []bool // the value of a column of a table
	file, row int    // of the statement, or -1
	files     map[string]string
	rounded   []bool // it was said of the column
	exact     *exactness
	text      []byte
	ended     bool
}

// Open runs a query over the database file at path, which is only read. The
// error is a *format.Error, or that of ctx. Close the reader when done.
func Open(ctx context.Context, path, query string, o typed.Options) (*Reader, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err == nil {
		conn.SetInterrupt(ctx.Done())
		conn.SetBusyTimeout(busy)
		// The file is looked at with the first statement.
		err = sqlitex.ExecuteTransient(conn, "SELECT count(*) FROM sqlite_master", nil)
	}
	if err != nil {
		var closing error
		if conn != nil {
			closing = conn.Close()
		}
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), closing)
		}
		return nil, errors.Join(unreadable(o.Origin, err), closing)
	}
	r, err := Query(ctx, conn, query, o, conn.Close)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return r, nil
}

// Query runs a query over an open database. closed is called when the reader is
// closed; it is not where the error is not nil. The error is a *format.Error, or
// that of ctx.
func Query(ctx context.Context, conn *sqlite.Conn, query string, o typed.Options, closed func() error) (*Reader, error) {
	r := &Reader{origin: o.Origin, query: query, conn: conn, close: closed, file: -1, row: -1, files: map[string]string{}, exact: &exactness{}}
	if err := r.exact.register(conn); err != nil {
		return nil, fmt.Errorf("prepare SQLite: %w", err)
	}
	if err := conn.SetAuthorizer(sqlite.AuthorizeFunc(readOnly)); err != nil {
		return nil, fmt.Errorf("prepare SQLite: %w", err)
	}
	conn.SetInterrupt(ctx.Done())
	stmt, trailing, err := conn.PrepareTransient(query)
	if err != nil {
		return nil, r.refused(ctx, err)
	}
	r.stmt = stmt
	if rest := strings.TrimSpace(query[len(query)-trailing:]); rest != "" || stmt.ColumnCount() == 0 {
		f := finding.New(finding.SourceQuery, o.Origin.At(0, ""), "the query gives no rows of any columns").WithHint("query is one select")
		if rest != "" {
			f.Message = fmt.Sprintf("there is a second statement in the query, at %s", place(query, len(query)-len(rest)))
		}
		return nil, errors.Join(format.Misdeclared(f), stmt.Finalize())
	}
	var names []string
	for i := range stmt.ColumnCount() {
		switch name := stmt.ColumnName(i); {
		case name == FileColumn && r.file < 0:
			r.file = i
		case name == RowColumn && r.row < 0:
			r.row = i
		default:
			names, r.columns = append(names, name), append(r.columns, i)
			r.plain = append(r.plain, stmt.ColumnTableName(i) != "")
		}
	}
	if r.Table, err = typed.New("sqlite", names, o); err != nil {
		return nil, errors.Join(err, stmt.Finalize())
	}
	r.rounded = make([]bool, len(names))
	return r, nil
}

// readOnly allows a statement to read, and nothing else: no other file either.
func readOnly(a sqlite.Action) sqlite.AuthResult {
	switch a.Type() {
	case sqlite.OpSelect, sqlite.OpRead, sqlite.OpFunction, sqlite.OpRecursive:
		return sqlite.AuthResultOK
	}
	return sqlite.AuthResultDeny
}

// Close ends the query.
func (r *Reader) Close() error {
	return errors.Join(r.stmt.Finalize(), r.close())
}

// Next fills the batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	if r.ended {
		return io.EOF
	}
	r.conn.SetInterrupt(ctx.Done())
	for len(b.Records) < record.Records {
		more, err := r.stmt.Step()
		if err != nil {
			return r.refused(ctx, err)
		}
		if !more {
			r.ended = true
			r.exact.report(r.Table)
			r.End()
			if len(b.Records) == 0 {
				return io.EOF
			}
			return nil
		}
		rec := r.Begin(b)
		for i, column := range r.columns {
			rec.Cells[i] = r.cell(b, rec.Row, i, column)
		}
		if r.file >= 0 || r.row >= 0 {
			r.place(b, rec)
		}
	}
	return nil
}

// place sets from where the row comes, as the query says.
func (r *Reader) place(b *record.Batch, rec *record.Record) {
	p := record.Place{Origin: r.origin, Row: rec.Row}
	if r.file >= 0 && r.stmt.ColumnType(r.file) == sqlite.TypeText {
		name := r.stmt.ColumnText(r.file)
		own, ok := r.files[name]
		if !ok {
			own, r.files[name] = name, name // one text for all rows of a file
		}
		p.Origin = record.Origin{File: own}
	}
	if r.row >= 0 && r.stmt.ColumnType(r.row) == sqlite.TypeInteger {
		p.Row = int(r.stmt.ColumnInt64(r.row))
	} else if r.file >= 0 {
		p.Row = 0
	}
	rec.Place = b.Place(p)
}

func (r *Reader) cell(b *record.Batch, row, i, column int) record.Cell {
	switch r.stmt.ColumnType(column) {
	case sqlite.TypeInteger:
		r.text = strconv.AppendInt(r.text[:0], r.stmt.ColumnInt64(column), 10)
	case sqlite.TypeFloat:
		value := r.stmt.ColumnFloat(column)
		if math.IsInf(value, 0) {
			return r.Value(b, record.Text, strconv.AppendFloat(r.text[:0], value, 'g', -1, 64))
		}
		var changed bool
		if r.text, changed = appendFloat(r.text[:0], value, !r.plain[i]); changed && !r.rounded[i] {
			r.rounded[i] = true
			full, _ := appendFloat(nil, value, false)
			r.Say(finding.SourceRounded, row, r.Header().Names[i], "sum(), total() and avg() add up in decimal; decimal_sum() gives all digits",
				"what the query computes is rounded to 15 significant digits: %s is %s", full, r.text)
		}
	case sqlite.TypeText:
		return r.Value(b, record.Text, []byte(r.stmt.ColumnText(column)))
	case sqlite.TypeBlob:
		n := r.stmt.ColumnLen(column)
		blob := make([]byte, n)
		r.stmt.ColumnBytes(column, blob)
		if utf8.Valid(blob) {
			return r.Value(b, record.Text, blob)
		}
		return r.Value(b, record.Text, fmt.Appendf(nil, `\x%x`, blob))
	default:
		return record.Cell{}
	}
	return r.Value(b, record.Number, r.text)
}

// appendFloat writes a number as the shortest decimal text, of at most 15
// significant digits where it was computed; changed says that some were lost.
func appendFloat(dst []byte, value float64, computed bool) (text []byte, changed bool) {
	if computed {
		short, err := strconv.ParseFloat(strconv.FormatFloat(value, 'e', 14, 64), 64)
		changed = err == nil && short != value
		if changed {
			value = short
		}
	}
	if a := math.Abs(value); a != 0 && (a < 1e-6 || a >= 1e17) {
		return strconv.AppendFloat(dst, value, 'e', -1, 64), changed
	}
	if value == 0 {
		value = 0 // not -0
	}
	return strconv.AppendFloat(dst, value, 'f', -1, 64), changed
}

// refused says why the query gives no rows, or no more.
func (r *Reader) refused(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	said := message(err)
	where := ""
	if offset, ok := sqlite.ErrorOffset(err); ok && offset <= len(r.query) {
		where = " at " + place(r.query, offset)
	}
	at := r.origin.At(0, "")
	if r.exact.fault != nil {
		return format.Misdeclared(finding.New(finding.SourceQuery, at, "the query cannot be run: %v", r.exact.fault).
			WithHint("correct the cell, or leave it out, such as with where; a column that has texts in it is declared with nulls, decimal or thousands"))
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultError, sqlite.ResultAuth, sqlite.ResultRange, sqlite.ResultMismatch, sqlite.ResultConstraint:
		return format.Misdeclared(finding.New(finding.SourceQuery, at, "the query cannot be run%s: %s", where, said).WithHint("%s", r.hint(said)))
	case sqlite.ResultFull:
		return format.Refuse(finding.New(finding.SourceQuery, at, "the query needs more room than there is on the disk").WithHint("make room in the temporary folder, or set TMPDIR to another"), err)
	}
	return unreadable(r.origin, err)
}

// unreadable is the error of a file that another program holds, or that is damaged.
func unreadable(origin record.Origin, err error) error {
	at := origin.At(0, "")
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return format.Refuse(finding.New(finding.SourceUnreachable, at, "another program writes into the database").WithHint("close that program, or try again later"), err)
	}
	return format.Refuse(finding.New(finding.SourceDamaged, at, "the database cannot be read: %s", message(err)).WithHint("copy it again, and close the program that holds it"), err)
}

// hint says how to mend a query, by the tables and columns that there are.
func (r *Reader) hint(said string) string {
	tables := map[string][]string{}
	var names, columns []string
	_ = r.conn.SetAuthorizer(nil)
	list := `SELECT m.name, c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' ORDER BY m.rowid, c.cid`
	err := sqlitex.ExecuteTransient(r.conn, list, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		table, column := stmt.ColumnText(0), stmt.ColumnText(1)
		if tables[table] == nil {
			names = append(names, table)
		}
		tables[table] = append(tables[table], column)
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		return nil
	}})
	if err != nil {
		return "correct the query"
	}
	all := func(list []string) string {
		if len(list) > 12 {
			return strings.Join(list[:12], ", ") + fmt.Sprintf(" and %d more", len(list)-12)
		}
		return strings.Join(list, ", ")
	}
	if missing, ok := strings.CutPrefix(said, "no such table: "); ok {
		if near := finding.Nearest(missing, names); near != "" {
			return fmt.Sprintf("did you mean %q? The tables are %s", near, all(names))
		}
		return "the tables are " + all(names)
	}
	if missing, ok := strings.CutPrefix(said, "no such column: "); ok {
		missing, _, _ = strings.Cut(missing, " - should this be")
		missing = strings.Trim(missing, `"`)
		known := columns
		if table, column, ok := strings.Cut(missing, "."); ok {
			if missing = column; tables[table] != nil {
				known = tables[table]
			}
		}
		var lists []string
		for _, name := range names {
			lists = append(lists, name+" has "+all(tables[name]))
		}
		if near := finding.Nearest(missing, known); near != "" {
			quoted := near
			if strings.ContainsFunc(near, func(c rune) bool {
				return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
			}) {
				quoted = `"` + near + `"`
			}
			return fmt.Sprintf("did you mean %s? %s", quoted, strings.Join(lists, "; "))
		}
		return strings.Join(lists, "; ") + `; a text is written in single quotes, a name with blanks in double ones`
	}
	if strings.Contains(said, "not authorized") || strings.Contains(said, "prohibited") {
		return "a query only reads: write a select"
	}
	return "the tables are " + all(names)
}

// message is what SQLite itself says.
func message(err error) string {
	text := err.Error()
	// sqlite: prepare: 1:8: SQL logic error: no such column: c.cod
	if _, said, ok := strings.Cut(text, "SQL logic error: "); ok {
		return said
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "sqlite: step: "), "sqlite: ")
}

// place says where in a query a byte is.
func place(query string, offset int) string {
	before := query[:offset]
	line := strings.Count(before, "\n")
	return fmt.Sprintf("line %d, column %d", line+1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])+1)
}

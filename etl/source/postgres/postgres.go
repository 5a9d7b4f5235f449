// Package postgres owns the reading of the rows of a query to PostgreSQL, in a
// stream and with their types.
package postgres

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// PasswordVariable is the environment variable with the password: that of every
// PostgreSQL program. ~/.pgpass and the others (PGSSLMODE …) count too.
const PasswordVariable = "PGPASSWORD"

// connectTimeout is how long the server may take until it has let us in.
const connectTimeout = 15 * time.Second

// prepare makes the session one that only reads, and whose texts and order do
// not depend on how the server is set up. It fits behind a pooler.
const prepare = `BEGIN READ ONLY;
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL client_encoding = 'UTF8'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0`

// Reader gives the rows of a query. One batch of them is in memory at a time.
type Reader struct {
	*typed.Table
	name  string
	query string
	conn  *pgconn.PgConn
	rows  *pgconn.ResultReader
	types []uint32
	text  []byte
	stop  context.CancelFunc
	ended bool
}

// Open connects to the server of a URL postgres://user@host:port/database and
// sends the query. The error is a *format.Error, or that of ctx. Close the reader
// when done.
func Open(ctx context.Context, url, query string, o typed.Options) (*Reader, error) {
	r := &Reader{name: o.Origin.File, query: query}
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, format.Misdeclared(r.finding(finding.SourceSpec, "this is not the URL of a PostgreSQL database").WithHint("write postgres://user@host:5432/database"))
	}
	connecting, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	r.conn, err = pgconn.ConnectConfig(connecting, config)
	if err != nil {
		return nil, r.unconnected(ctx, err)
	}
	// The result lives as long as the reader.
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	defer context.AfterFunc(ctx, stop)() // until the first row, Open waits
	if _, err = r.conn.Exec(ctx, prepare).ReadAll(); err == nil {
		r.rows = r.conn.ExecParams(reading, query, nil, nil, nil, nil)
		if fields := r.rows.FieldDescriptions(); len(fields) > 0 {
			var columns []string
			for _, f := range fields {
				columns = append(columns, f.Name)
				r.types = append(r.types, f.DataTypeOID)
			}
			if r.Table, err = typed.New("postgres", columns, o); err == nil {
				return r, nil
			}
			return nil, errors.Join(err, r.Close())
		}
		if _, err = r.rows.Close(); err == nil {
			err = format.Misdeclared(r.finding(finding.SourceQuery, "the query gives no rows of any columns").WithHint("query is a select"))
		}
	}
	err = r.refused(ctx, err)
	return nil, errors.Join(err, r.Close())
}

// Close ends the connection.
func (r *Reader) Close() error {
	r.stop()
	ctx, done := context.WithTimeout(context.Background(), 2*time.Second)
	defer done()
	_ = r.conn.Close(ctx) // there is nothing to lose: it only read
	return nil
}

// Next fills the batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	if r.ended {
		return io.EOF
	}
	// Whoever waits for a row may be told to stop.
	defer context.AfterFunc(ctx, r.stop)()
	for len(b.Records) < record.Records {
		if !r.rows.NextRow() {
			r.ended = true
			if _, err := r.rows.Close(); err != nil {
				return r.refused(ctx, err)
			}
			r.End()
			if len(b.Records) == 0 {
				return io.EOF
			}
			return nil
		}
		rec := r.Begin(b)
		for i, value := range r.rows.Values() {
			if value != nil {
				rec.Cells[i] = r.cell(b, r.types[i], value)
			}
		}
	}
	return nil
}

// Object identifiers of types (pg_type.dat).
const (
	typeBool        = 16
	typeInt8        = 20
	typeInt2        = 21
	typeInt4        = 23
	typeOID         = 26
	typeFloat4      = 700
	typeFloat8      = 701
	typeTimestamp   = 1114
	typeTimestamptz = 1184
	typeNumeric     = 1700
)

// cell makes a cell of a value in PostgreSQL's text form.
func (r *Reader) cell(b *record.Batch, oid uint32, value []byte) record.Cell {
	switch oid {
	case typeBool:
		text := []byte("false")
		if len(value) == 1 && value[0] == 't' {
			text = []byte("true")
		}
		return r.Value(b, record.Boolean, text)
	case typeInt2, typeInt4, typeInt8, typeOID, typeFloat4, typeFloat8, typeNumeric:
		if last := value[len(value)-1]; last >= '0' && last <= '9' { // not NaN or Infinity
			return r.Value(b, record.Number, value)
		}
	case typeTimestamp:
		if isTime(value) {
			value[10] = 'T'
			return r.Value(b, record.DateTime, value)
		}
	case typeTimestamptz:
		if plain, ok := bytes.CutSuffix(value, []byte("+00")); ok && isTime(plain) {
			r.text = append(append(r.text[:0], plain...), 'Z')
			r.text[10] = 'T'
			return r.Value(b, record.Text, r.text)
		}
	}
	return r.Value(b, record.Text, value)
}

// isTime reports whether a text is 2006-01-02 15:04:05 with or without decimals;
// infinity and years before Christ are not.
func isTime(text []byte) bool {
	const layout = "dddd-dd-dd dd:dd:dd"
	if len(text) < len(layout) {
		return false
	}
	for i, c := range text {
		want := byte('d')
		switch {
		case i == len(layout):
			want = '.'
		case i < len(layout):
			want = layout[i]
		}
		if digit := c >= '0' && c <= '9'; want == 'd' && !digit || want != 'd' && c != want {
			return false
		}
	}
	return true
}

func (r *Reader) finding(code finding.Code, message string, args ...any) finding.Finding {
	return finding.New(code, finding.Location{File: r.name}, message, args...)
}

func (r *Reader) refuse(code finding.Code, cause error, hint, message string, args ...any) error {
	return format.Refuse(r.finding(code, message, args...).WithHint("%s", hint), cause)
}

// unconnected says why there is no connection.
func (r *Reader) unconnected(ctx context.Context, err error) error {
	var said *pgconn.PgError
	var dns *net.DNSError
	var certificate x509.UnknownAuthorityError
	var hostname x509.HostnameError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &said):
		switch said.Code {
		case "28P01", "28000":
			hint := "set " + PasswordVariable + ", and see that the user in the URL is the right one"
			if os.Getenv(PasswordVariable) == "" {
				hint = PasswordVariable + " is not set; " + hint
			}
			return r.refuse(finding.SourceDenied, err, hint, "the database refuses the login: %s", said.Message)
		case "3D000":
			return r.refuse(finding.SourceAbsent, err, "correct the name at the end of the URL", "%s", said.Message)
		}
		return r.refuse(finding.SourceUnreachable, err, "try again later, or ask who runs the server", "the database does not let us in: %s", said.Message)
	case errors.Is(err, syscall.ECONNREFUSED):
		return r.refuse(finding.SourceUnreachable, err, "check the name and the port of the server", "connection refused: no server listens there")
	case errors.As(err, &dns):
		return r.refuse(finding.SourceUnreachable, err, "check the name of the server", "no machine is known by the name %s", dns.Name)
	case errors.As(err, &certificate), errors.As(err, &hostname):
		return r.refuse(finding.SourceUntrusted, err, "name the certificate of its authority by PGSSLROOTCERT", "the certificate of the server is not trusted")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return r.refuse(finding.SourceUnreachable, err, "check the name and the port of the server", "the server did not answer in time")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return r.refuse(finding.SourceUnreachable, err, "check the port of the server", "the server closed the connection: it may be no PostgreSQL")
	case strings.Contains(err.Error(), "refused TLS"), strings.Contains(err.Error(), "tls error"):
		return r.refuse(finding.SourceUnreachable, err, "see sslmode in the URL, or PGSSLMODE", "the server does not speak TLS as it is asked to")
	case strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), "SASL"):
		return r.refuse(finding.SourceDenied, err, "set "+PasswordVariable, "the database asks for a password, and none is set")
	}
	return r.refuse(finding.SourceUnreachable, err, "check the URL", "the database cannot be reached")
}

// refused says why the query gives no rows, or no more.
func (r *Reader) refused(ctx context.Context, err error) error {
	var said *pgconn.PgError
	var known *format.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case !errors.As(err, &said):
		return r.refuse(finding.SourceDamaged, err, "try again", "the connection broke off after %d rows", r.read())
	case strings.HasPrefix(said.Code, "57"), strings.HasPrefix(said.Code, "08"), strings.HasPrefix(said.Code, "53"), strings.HasPrefix(said.Code, "58"):
		return r.refuse(finding.SourceDamaged, err, "try again later, or ask who runs the server", "the server ended the query after %d rows: %s", r.read(), said.Message)
	}
	place := ""
	if said.Position > 0 {
		place = ", " + Place(r.query, int(said.Position)-1)
	}
	f := r.finding(finding.SourceQuery, "the query cannot be run%s: %s", place, said.Message)
	switch {
	case said.Hint != "":
		f = f.WithHint("%s", strings.TrimSuffix(said.Hint, "."))
	case said.Code == "42P01":
		f = f.WithHint("%s", r.tables(said.Message))
	case said.Code == "42501":
		f = f.WithHint("ask who runs the database for the right to read it")
	case said.Code == "25006":
		f = f.WithHint("a query only reads: write a select")
	case said.Code == "42601":
		f = f.WithHint("query is one select, as psql takes it")
	default:
		f = f.WithHint("correct query under source")
	}
	return format.Misdeclared(f)
}

func (r *Reader) read() int {
	if r.Table == nil {
		return 0
	}
	return r.Rows()
}

// tables is the hint where a table is not there.
func (r *Reader) tables(message string) string {
	ctx, done := context.WithTimeout(context.Background(), connectTimeout)
	defer done()
	const list = `ROLLBACK; SELECT CASE WHEN table_schema = 'public' THEN '' ELSE table_schema || '.' END || table_name
FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 10000`
	results, err := r.conn.Exec(ctx, list).ReadAll()
	if err != nil || len(results) < 2 {
		return "correct the name of the table"
	}
	var names []string
	for _, row := range results[1].Rows {
		names = append(names, string(row[0]))
	}
	missing := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(message, "relation "), " does not exist"), `"`)
	near := finding.Nearest(missing, names)
	switch {
	case near != "":
		return fmt.Sprintf("did you mean %q?", near)
	case len(names) == 0:
		return "the database has no tables that you may see"
	}
	return "the tables are " + strings.Join(names[:min(12, len(names))], ", ")
}

// Place says where in a query a character is, counted from 0.
func Place(query string, offset int) string {
	line, column := 1, 1
	for i, c := range []rune(query) {
		if i == offset {
			break
		}
		if column++; c == '\n' {
			line, column = line+1, 1
		}
	}
	return fmt.Sprintf("line %d, column %d", line, column)
}

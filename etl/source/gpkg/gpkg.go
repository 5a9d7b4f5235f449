// Package gpkg owns tables in OGC GeoPackages (OGC 12-128r19), which are SQLite
// databases: layers of features and tables of attributes. Geometries become
// GeoJSON in WGS 84.
package gpkg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/geometry"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const sampleRows = 1000

// Options is what was declared of a GeoPackage.
type Options struct {
	format.Options
	Path  string // of the file on this machine
	Layer string // the name of the table, where there are several
}

// Reader reads the records of one layer. A record's row is its feature id.
type Reader struct {
	format.Typed
	opt     Options
	conn    *sqlite.Conn
	layer   layer
	crs     geometry.CRS
	columns []column
	rows    *sqlite.Stmt

	scratch  []byte
	shape    []byte
	row      int
	read     int
	finished bool
}

// layer is a row of gpkg_contents.
type layer struct {
	name, identifier string
	geometry         string // its column, or ""
	srs              int64
}

// column is a column of the layer's table.
type column struct {
	name     string
	declared string // its type, in capital letters and without a length
	key      bool
}

// Open reads what the GeoPackage says of its layers, and a sample of one. The
// error is a *format.Error, or that of the file system. Close the reader.
func Open(opt Options) (*Reader, error) {
	r := &Reader{Typed: format.NewTyped(opt.Options), opt: opt}
	if err := r.open(); err != nil {
		r.Close()
		return nil, r.fault(err)
	}
	return r, nil
}

func (r *Reader) open() error {
	var err error
	if r.conn, err = connect(r.opt.Path); err != nil {
		return err
	}
	for _, pragma := range []string{"trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"} {
		if err := sqlitex.ExecuteTransient(r.conn, "PRAGMA "+pragma, nil); err != nil {
			return err
		}
	}
	if err := r.choose(); err != nil {
		return err
	}
	if r.layer.geometry != "" {
		if err := r.system(); err != nil {
			return err
		}
	} else if r.CRS != "" {
		return format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "crs is declared, but the table has no geometries").WithHint("take crs out"))
	}
	if err := r.header(); err != nil {
		return err
	}
	return r.sample()
}

// connect opens the database without changing anything: not even the files
// that SQLite puts beside a database which is written ahead (-wal, -shm), unless
// there are changes in them.
func connect(path string) (*sqlite.Conn, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return sqlite.OpenConn(path, sqlite.OpenReadOnly)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	slashed := filepath.ToSlash(absolute)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	uri := url.URL{Scheme: "file", Path: slashed, RawQuery: "immutable=1"}
	return sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly|sqlite.OpenURI)
}

// Close ends the connection.
func (r *Reader) Close() error {
	if r.conn == nil {
		return nil
	}
	if r.rows != nil {
		_ = r.rows.Finalize() // its error was that of the last step
		r.rows = nil
	}
	err := r.conn.Close()
	r.conn = nil
	return err
}

// fault makes a *format.Error of one of SQLite.
func (r *Reader) fault(err error) error {
	if e := (*format.Error)(nil); errors.As(err, &e) {
		return err
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultInterrupt:
		return context.Canceled
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return format.Refuse(finding.New(finding.SourceAbsent, r.Origin.At(0, ""), "the GeoPackage is being written by another program").WithHint("close it there, and try again"), err)
	}
	return r.Damaged(0, err, "the GeoPackage cannot be read: %s", err)
}

// query gives each row of a query to do.
func (r *Reader) query(sql string, do func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.ExecuteTransient(r.conn, sql, &sqlitex.ExecOptions{Args: args, ResultFunc: do})
}

// choose finds the layer that is meant.
func (r *Reader) choose() error {
	there := false
	if err := r.query("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_contents' COLLATE NOCASE", func(*sqlite.Stmt) error {
		there = true
		return nil
	}); err != nil {
		return err
	}
	if !there {
		return format.Refuse(finding.New(finding.SourceWrongFormat, r.Origin.At(0, ""), "the file is an SQLite database, but not a GeoPackage: it has no table gpkg_contents").
			WithHint("export the table from it as CSV"), nil)
	}
	var layers []layer
	if err := r.query("SELECT table_name, coalesce(identifier, ''), coalesce(srs_id, 0) FROM gpkg_contents WHERE data_type IN ('features', 'attributes', 'aspatial') ORDER BY rowid", func(s *sqlite.Stmt) error {
		layers = append(layers, layer{name: s.ColumnText(0), identifier: s.ColumnText(1), srs: s.ColumnInt64(2)})
		return nil
	}); err != nil {
		return err
	}
	var names []string
	for _, l := range layers {
		names = append(names, l.name)
	}
	how, evidence := format.Detected, "the only layer"
	switch want := r.opt.Layer; {
	case len(layers) == 0:
		return format.Refuse(finding.New(finding.SourceEmpty, r.Origin.At(0, ""), "the GeoPackage has no layer of features and no table of attributes").WithHint("export the layer again"), nil)
	case want != "":
		at := -1
		for i, l := range layers {
			if l.name == want || at < 0 && (strings.EqualFold(l.name, want) || strings.EqualFold(l.identifier, want)) {
				at = i
			}
		}
		if at < 0 {
			return format.Misdeclared(finding.New(finding.SourcePart, r.Origin.At(0, ""), "the GeoPackage has no layer %q", want).WithHint("its layers are %s", strings.Join(names, ", ")))
		}
		r.layer, how, evidence = layers[at], format.Declared, ""
	case len(layers) > 1:
		refused := format.Misdeclared(finding.New(finding.SourcePart, r.Origin.At(0, ""), "the GeoPackage has %d layers", len(layers)).
			WithHint("name one under source, such as source: {layer: %q}; there are %s", names[0], strings.Join(names, ", ")))
		refused.Err = &format.Several{Key: format.Layer, Names: names}
		return refused
	default:
		r.layer = layers[0]
	}
	r.Origin.Sheet = r.layer.name
	r.Property(format.Layer, r.layer.name, how, evidence)
	err := r.query("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_geometry_columns' COLLATE NOCASE", func(*sqlite.Stmt) error {
		return r.query("SELECT column_name, coalesce(srs_id, 0) FROM gpkg_geometry_columns WHERE table_name = ? COLLATE NOCASE", func(s *sqlite.Stmt) error {
			r.layer.geometry, r.layer.srs = s.ColumnText(0), s.ColumnInt64(1)
			return nil
		}, r.layer.name)
	})
	return err
}

// system decides the coordinate reference system of the layer.
func (r *Reader) system() error {
	if declared := r.CRS; declared != "" {
		crs, ok := geometry.Lookup(declared)
		if !ok {
			return geometry.Undeclarable(r.Origin, declared)
		}
		r.crs = crs
		r.Property(format.CRS, crs.String(), format.Declared, "")
		return nil
	}
	name, code, definition := "", "", ""
	if r.layer.srs > 0 {
		if err := r.query("SELECT srs_name, organization || ':' || organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", func(s *sqlite.Stmt) error {
			name, code, definition = s.ColumnText(0), s.ColumnText(1), s.ColumnText(2)
			return nil
		}, r.layer.srs); err != nil {
			return err
		}
	}
	crs, ok := geometry.Lookup(code)
	if !ok {
		crs, _ = geometry.FromWKT(definition)
	}
	switch {
	case crs.Known():
		r.crs = crs
		r.Property(format.CRS, crs.String(), format.Detected, "the layer is in "+strings.TrimSpace(name+" "+code))
		return nil
	case r.layer.srs == 0:
		r.crs = geometry.WGS84
		r.Property(format.CRS, r.crs.String(), format.Default, "the layer says only that its coordinates are degrees")
		r.Say(finding.SourceUnsure, 0, "", "set crs under source, such as source: {crs: EPSG:4326}", "the layer does not say its coordinate reference system; its coordinates are taken for degrees (WGS 84)")
		return nil
	case r.layer.srs < 0:
		return format.Misdeclared(finding.New(finding.SourceCRS, r.Origin.At(0, ""), "the layer does not say in which coordinate reference system its coordinates are").
			WithHint("say it under source: crs: EPSG:2154 for Lambert-93, crs: EPSG:4326 for WGS 84"))
	}
	name = strings.TrimSpace(name + " " + code)
	if name == "" {
		name = fmt.Sprintf("the system %d, which the GeoPackage does not describe", r.layer.srs)
	}
	return geometry.Refused(r.Origin, name)
}

// quoted writes a name for SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// header reads the columns of the layer's table.
func (r *Reader) header() error {
	keys := 0
	if err := r.query("PRAGMA table_info("+quoted(r.layer.name)+")", func(s *sqlite.Stmt) error {
		declared, _, _ := strings.Cut(strings.ToUpper(s.GetText("type")), "(")
		c := column{name: s.GetText("name"), declared: strings.TrimSpace(declared), key: s.GetInt64("pk") > 0}
		if c.key {
			keys++
		}
		r.columns = append(r.columns, c)
		return nil
	}); err != nil {
		return err
	}
	if len(r.columns) == 0 {
		return format.Refuse(finding.New(finding.SourceDamaged, r.Origin.At(0, ""), "the GeoPackage lists the layer %q, but has no such table", r.layer.name).WithHint("export the layer again"), nil)
	}
	names := make([]string, len(r.columns))
	for i := range r.columns {
		names[i] = r.columns[i].name
		r.columns[i].key = r.columns[i].key && keys == 1
	}
	return r.Name(names)
}

// prepare begins a query of the layer's rows. The id comes first.
func (r *Reader) prepare(limit int) (*sqlite.Stmt, error) {
	id := "NULL" // a view has no row ids
	for _, c := range r.columns {
		if c.key {
			id = quoted(c.name)
		}
	}
	var list strings.Builder
	for _, c := range r.columns {
		list.WriteString(", " + quoted(c.name))
	}
	sql := "SELECT " + id + list.String() + " FROM " + quoted(r.layer.name)
	if limit > 0 {
		sql += " LIMIT " + strconv.Itoa(limit)
	}
	stmt, trailing, err := r.conn.PrepareTransient(sql)
	if err == nil && trailing != 0 {
		err = errors.Join(errors.New("the query has more than one statement"), stmt.Finalize())
	}
	return stmt, err
}

func (r *Reader) sample() error {
	stmt, err := r.prepare(sampleRows)
	if err != nil {
		return err
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return errors.Join(err, stmt.Finalize())
		}
		if !more {
			break
		}
		for i := range r.columns {
			if stmt.ColumnType(i+1) == sqlite.TypeText && stmt.ColumnLen(i+1) < 64 {
				r.Sample(stmt.ColumnText(i + 1))
			}
		}
	}
	if err := stmt.Finalize(); err != nil {
		return err
	}
	r.Sampled()
	r.rows, err = r.prepare(0)
	return err
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.Origin, r.Header()
	if err := ctx.Err(); err != nil {
		return err
	}
	r.conn.SetInterrupt(ctx.Done())
	defer r.conn.SetInterrupt(nil)
	for !r.finished && len(b.Records) < record.Records {
		more, err := r.rows.Step()
		if err != nil {
			b.Reset()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return r.fault(err)
		}
		if !more {
			r.finish()
			break
		}
		r.fill(b)
	}
	if len(b.Records) == 0 {
		return io.EOF
	}
	return nil
}

func (r *Reader) finish() {
	r.finished = true
	if r.read == 0 {
		r.NoRows()
	}
}

// fill makes a record of the row that the query stands at.
func (r *Reader) fill(b *record.Batch) {
	r.read++
	r.row++
	if r.rows.ColumnType(0) == sqlite.TypeInteger {
		r.row = int(r.rows.ColumnInt64(0))
	}
	rec := b.Begin(r.row, len(r.columns))
	for i, c := range r.columns {
		kind, err := r.cell(i+1, c)
		if err != nil {
			f := finding.New(finding.SourceRecord, r.Origin.At(r.row, c.name), "the geometry cannot be read: %s", err).
				WithHint("mend it in a geographic information system (Fix geometries), and export the layer again")
			rec.Fault = &f
			continue
		}
		rec.Cells[i] = r.Cell(kind, b.Copy(r.scratch))
	}
}

// cell puts the text of a value into r.scratch.
func (r *Reader) cell(at int, c column) (record.Kind, error) {
	r.scratch = r.scratch[:0]
	switch r.rows.ColumnType(at) {
	case sqlite.TypeInteger:
		v := r.rows.ColumnInt64(at)
		if c.declared == "BOOLEAN" && (v == 0 || v == 1) {
			r.scratch = strconv.AppendBool(r.scratch, v == 1)
			return record.Boolean, nil
		}
		r.scratch = strconv.AppendInt(r.scratch, v, 10)
		return record.Number, nil
	case sqlite.TypeFloat:
		v := r.rows.ColumnFloat(at)
		r.scratch = strconv.AppendFloat(r.scratch, v, 'g', -1, 64)
		if math.IsInf(v, 0) {
			return record.Text, nil
		}
		return record.Number, nil
	case sqlite.TypeText:
		r.scratch = r.bytes(at, r.scratch)
		if (c.declared == "DATE" || c.declared == "DATETIME") && isDate(r.scratch) {
			return record.DateTime, nil
		}
		return record.Text, nil
	case sqlite.TypeBlob:
		if !strings.EqualFold(c.name, r.layer.geometry) {
			r.scratch = fmt.Appendf(r.scratch, "binary data (%d bytes)", r.rows.ColumnLen(at))
			return record.Error, nil
		}
		r.shape = r.bytes(at, r.shape)
		wkb, err := body(r.shape)
		if err != nil || len(wkb) == 0 {
			return record.Null, err
		}
		r.scratch, err = r.crs.WKB(r.scratch, wkb)
		return record.Text, err
	}
	return record.Null, nil
}

// bytes gives a value's bytes in the memory of buf.
func (r *Reader) bytes(at int, buf []byte) []byte {
	n := r.rows.ColumnLen(at)
	if cap(buf) < n {
		buf = make([]byte, n, 2*n)
	}
	buf = buf[:n]
	return buf[:r.rows.ColumnBytes(at, buf)]
}

// isDate reports whether a text begins as 2006-01-02.
func isDate(p []byte) bool {
	if len(p) < 10 || p[4] != '-' || p[7] != '-' {
		return false
	}
	for i, b := range p[:10] {
		if i != 4 && i != 7 && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

var errBlob = errors.New("it is not in the format of a GeoPackage")

// body gives the well-known binary in a geometry of a GeoPackage (clause
// 2.1.3), or nothing where it is empty.
func body(blob []byte) ([]byte, error) {
	if len(blob) < 8 || blob[0] != 'G' || blob[1] != 'P' {
		return nil, errBlob
	}
	flags := blob[3]
	if flags&0x20 != 0 {
		return nil, errors.New("it is of an extended type")
	}
	envelope := [...]int{0, 32, 48, 48, 64, -1, -1, -1}[flags>>1&7]
	if envelope < 0 || len(blob) < 8+envelope {
		return nil, errBlob
	}
	if flags&0x10 != 0 {
		return nil, nil
	}
	return blob[8+envelope:], nil
}

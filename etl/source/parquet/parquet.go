// Package parquet owns tables in Apache Parquet files: their columns by name,
// nested ones joined by points, and cells that keep the value of their type.
package parquet

import (
	"context"
	"encoding/binary"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	parquetformat "github.com/parquet-go/parquet-go/format"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/geometry"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	sampleRows = 1000
	// readRows is how many rows are taken from the file at once.
	readRows = 64
)

// Reader reads the records of one file. A record's row is its number from 1.
type Reader struct {
	format.Typed
	file    io.ReaderAt
	size    int64
	meta    []parquetformat.RowGroup
	groups  []parquet.RowGroup
	group   int // the next to open
	rows    parquet.Rows
	buffer  []parquet.Row
	pending []parquet.Row // of the buffer, not yet made records
	ended   bool          // of the row group
	columns []*node

	values [][]parquet.Value // of the row, by leaf
	at     []int             // by leaf: the value that comes next
	row    int

	scratch, quoted, twos []byte
	big                   big.Int
	finished              bool
}

// shape is what a node is.
type shape uint8

const (
	aLeaf shape = iota
	aGroup
	aList // a group with one repeated node in it
	aMap  // a group with a repeated pair of key and value in it
)

// node is a column of the file, or a group of them.
type node struct {
	path       []string
	quoted     []byte // its name in JSON
	shape      shape
	optional   bool
	repeated   bool
	level      int // the definition level from which an instance is there
	repetition int
	first, end int // its leaves
	nodes      []*node
	leaf       leaf
}

// Open reads the metadata at the end of the file, and a sample of its rows.
// The error is a *format.Error, or that of the file system.
func Open(file io.ReaderAt, size int64, opt format.Options) (*Reader, error) {
	r := &Reader{Typed: format.NewTyped(opt), file: file, size: size, buffer: make([]parquet.Row, readRows)}
	if err := r.ends(file, size); err != nil {
		return nil, err
	}
	var f *parquet.File
	err := guarded(func() (err error) {
		f, err = parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return nil, r.broken(err)
	}
	err = guarded(func() error { return r.open(f) })
	if e := (*format.Error)(nil); err != nil && !errors.As(err, &e) {
		err = r.broken(err)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// ends holds the end of the file against its size, before the library makes
// room for what it says of itself.
func (r *Reader) ends(file io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return r.Damaged(0, io.ErrUnexpectedEOF, "the Parquet file is cut off")
	}
	if _, err := file.ReadAt(end[:], size-8); err != nil {
		return err
	}
	switch {
	case string(end[4:]) == "PARE":
		return format.Refuse(finding.New(finding.SourceWrongFormat, r.Origin.At(0, ""), "the Parquet file is encrypted").WithHint("export it without encryption"), nil)
	case string(end[4:]) != "PAR1":
		return r.Damaged(0, io.ErrUnexpectedEOF, "the Parquet file is cut off: its metadata, which stands at the end, is missing")
	case int64(binary.LittleEndian.Uint32(end[:])) > size-12:
		return r.Damaged(0, nil, "the Parquet file is damaged: its metadata would be larger than the file")
	}
	if err := footer(file, size, int64(binary.LittleEndian.Uint32(end[:]))); err != nil {
		return r.broken(err)
	}
	return nil
}

// Close ends the reading. The file stays the caller's.
func (r *Reader) Close() error {
	if r.rows == nil {
		return nil
	}
	rows := r.rows
	r.rows = nil
	return guarded(rows.Close)
}

// guarded calls the library, which panics on some files that are broken.
func guarded(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return call()
}

func (r *Reader) broken(err error) error {
	message := err.Error()
	if i := strings.IndexByte(message, '\n'); i >= 0 {
		message = message[:i]
	}
	return r.Damaged(r.row, err, "the Parquet file is cut off or damaged: %s", message)
}

func (r *Reader) open(f *parquet.File) error {
	leaves := 0
	var list []*node
	for _, c := range f.Root().Columns() {
		n := tree(c, &leaves, 0)
		list = append(list, flat(n)...)
	}
	r.columns = list
	r.values, r.at = make([][]parquet.Value, leaves), make([]int, leaves)
	if err := r.geometries(f); err != nil {
		return err
	}
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = strings.Join(n.path, ".")
		if n.shape == aLeaf && n.leaf.meaning == isStamp96 {
			r.Say(finding.SourceUnsure, 0, names[i], "set timezone under source: UTC where the program that wrote the file keeps instants in UTC, as Spark and Hive do",
				"the column has times of the old type INT96, which does not say whether they are UTC; they are read as local times")
		}
	}
	if err := r.Name(names); err != nil {
		return err
	}
	r.groups, r.meta = f.RowGroups(), f.Metadata().RowGroups
	if len(r.groups) != len(r.meta) {
		return errThrift
	}
	if err := r.sample(); err != nil {
		return err
	}
	r.Sampled()
	return nil
}

// tree makes the node of a column. leaves counts those before it.
func tree(c *parquet.Column, leaves *int, depth int) *node {
	n := &node{path: c.Path(), optional: c.Optional(), repeated: c.Repeated(), level: c.MaxDefinitionLevel(), repetition: c.MaxRepetitionLevel(), first: *leaves}
	if depth > 64 {
		panic("columns are nested more than 64 deep")
	}
	n.quoted, _ = jsontext.AppendQuote(nil, c.Name()) // what is no text in a name becomes U+FFFD
	if c.Leaf() {
		n.leaf = leafOf(c)
		*leaves++
		n.end = *leaves
		return n
	}
	n.shape = aGroup
	for _, child := range c.Columns() {
		n.nodes = append(n.nodes, tree(child, leaves, depth+1))
	}
	n.end = *leaves
	if n.first == n.end {
		panic("a group of columns has none")
	}
	if n.repeated || len(n.nodes) != 1 || !n.nodes[0].repeated {
		return n
	}
	switch inner := n.nodes[0]; logical(c).(type) {
	case *parquetformat.ListType:
		n.shape = aList
		// The element stands alone in the repeated group, but for the rules for
		// older files (LogicalTypes, "Backward-compatibility rules").
		name := inner.path[len(inner.path)-1]
		if inner.shape == aGroup && len(inner.nodes) == 1 && name != "array" && name != n.path[len(n.path)-1]+"_tuple" {
			inner.shape = aList
		}
	case *parquetformat.MapType:
		if inner.shape == aGroup && len(inner.nodes) == 2 {
			n.shape = aMap
		}
	}
	return n
}

func logical(c *parquet.Column) any {
	if t := c.Type(); t != nil {
		if lt := t.LogicalType(); lt != nil {
			return lt.Value
		}
	}
	return nil
}

// flat gives the columns that a node becomes: a group that stands once in each
// row becomes those of its nodes.
func flat(n *node) []*node {
	if n.shape != aGroup || n.repeated {
		return []*node{n}
	}
	var list []*node
	for _, c := range n.nodes {
		list = append(list, flat(c)...)
	}
	return list
}

// geometries finds the columns with geometries: those of GeoParquet
// (geoparquet.org 1.0 and 1.1), and those of Parquet's own types.
func (r *Reader) geometries(f *parquet.File) error {
	var meta struct {
		Columns map[string]struct {
			Encoding string
			CRS      stdjson.RawMessage
		}
	}
	if text, ok := f.Lookup("geo"); ok {
		if err := stdjson.Unmarshal([]byte(text), &meta); err != nil {
			return r.Damaged(0, err, "the metadata of GeoParquet in the file is not JSON: %s", err)
		}
	}
	declared := geometry.CRS{}
	if r.CRS != "" {
		var ok bool
		if declared, ok = geometry.Lookup(r.CRS); !ok {
			return geometry.Undeclarable(r.Origin, r.CRS)
		}
	}
	found := geometry.CRS{}
	for _, n := range r.columns {
		name, ok := "", false
		if n.shape == aLeaf && n.leaf.meaning == isGeometry {
			// The default of the type, OGC:CRS84, is what is not written.
			name, ok = "OGC:CRS84", true
			if crs := n.leaf.code; crs != "" {
				name = crs
			}
		}
		if c, geo := meta.Columns[strings.Join(n.path, ".")]; geo && n.shape == aLeaf && (n.leaf.meaning == isBinary || n.leaf.meaning == isGeometry) && strings.EqualFold(c.Encoding, "WKB") {
			name, ok = projjson(c.CRS), true
			n.leaf.meaning = isGeometry
		}
		if !ok {
			continue
		}
		n.leaf.crs = declared
		if !declared.Known() {
			if n.leaf.crs, ok = geometry.Lookup(name); !ok {
				return geometry.Refused(r.Origin, name)
			}
		}
		found = n.leaf.crs
	}
	switch {
	case declared.Known() && !found.Known():
		return format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "crs is declared, but the file has no column of geometries").WithHint("take crs out"))
	case declared.Known():
		r.Property(format.CRS, declared.String(), format.Declared, "")
	case found.Known():
		r.Property(format.CRS, found.String(), format.Detected, "the metadata of the file says so")
	}
	return nil
}

// projjson gives the code of a coordinate reference system in PROJJSON, or its
// name. Without one it is OGC:CRS84.
func projjson(text stdjson.RawMessage) string {
	if len(text) == 0 {
		return "OGC:CRS84"
	}
	var crs struct {
		Name string
		ID   struct {
			Authority string
			Code      any
		}
	}
	if err := stdjson.Unmarshal(text, &crs); err != nil || crs.Name == "" && crs.ID.Authority == "" {
		return "a system that the file does not name"
	}
	if crs.ID.Authority == "" {
		return crs.Name
	}
	return fmt.Sprintf("%s:%v", crs.ID.Authority, crs.ID.Code)
}

// sample looks at texts of the first rows, and begins again.
func (r *Reader) sample() error {
	for n := 0; n < sampleRows; n++ {
		row, err := r.nextRow()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		r.spread(row)
		for _, c := range r.columns {
			if c.shape == aLeaf && !c.repeated && c.leaf.meaning == isText {
				if v := r.next(c.first); !v.IsNull() && len(v.ByteArray()) < 64 {
					r.Sample(string(v.ByteArray()))
				}
			}
		}
	}
	err := r.Close()
	r.group, r.pending, r.ended = 0, nil, false
	return err
}

// nextRow gives the next row, whose memory is valid until the next call; at the
// end io.EOF.
func (r *Reader) nextRow() (parquet.Row, error) {
	for len(r.pending) == 0 {
		if r.rows == nil {
			if r.group == len(r.groups) {
				return nil, io.EOF
			}
			if err := pages(r.file, r.size, &r.meta[r.group]); err != nil {
				return nil, err
			}
			r.rows, r.ended = r.groups[r.group].Rows(), false
			r.group++
		}
		if r.ended {
			if err := r.Close(); err != nil {
				return nil, err
			}
			continue
		}
		n, err := r.rows.ReadRows(r.buffer)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n == 0 && err == nil {
			return nil, io.ErrNoProgress
		}
		r.pending, r.ended = r.buffer[:n], err == io.EOF
	}
	row := r.pending[0]
	r.pending = r.pending[1:]
	return row, nil
}

// spread cuts a row into the values of each leaf.
func (r *Reader) spread(row parquet.Row) {
	clear(r.values)
	clear(r.at)
	for from := 0; from < len(row); {
		column := row[from].Column()
		to := from + 1
		for to < len(row) && row[to].Column() == column {
			to++
		}
		if column >= 0 && column < len(r.values) {
			r.values[column] = row[from:to]
		}
		from = to
	}
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.Origin, r.Header()
	if err := ctx.Err(); err != nil {
		return err
	}
	err := guarded(func() error {
		for !r.finished && len(b.Records) < record.Records {
			row, err := r.nextRow()
			if err == io.EOF {
				r.finish()
				break
			}
			if err != nil {
				return err
			}
			r.row++
			r.spread(row)
			r.fill(b)
		}
		return nil
	})
	if err != nil {
		b.Reset()
		return r.broken(err)
	}
	if len(b.Records) == 0 {
		return io.EOF
	}
	return nil
}

func (r *Reader) finish() {
	r.finished = true
	if r.row == 0 {
		r.NoRows()
	}
}

// fill makes a record of the row.
func (r *Reader) fill(b *record.Batch) {
	rec := b.Begin(r.row, len(r.columns))
	for i, n := range r.columns {
		kind, err := r.cell(n)
		if err != nil {
			f := finding.New(finding.SourceRecord, r.Origin.At(r.row, r.Header().Names[i]), "%s", err).WithHint("export the file again")
			rec.Fault = &f
			continue
		}
		rec.Cells[i] = r.Cell(kind, b.Copy(r.scratch))
	}
}

var errText = errors.New("the cell is said to be text, and has bytes that are no UTF-8")

// cell puts the text of a column's value into r.scratch.
func (r *Reader) cell(n *node) (kind record.Kind, err error) {
	r.scratch = r.scratch[:0]
	v := r.next(n.first)
	there := n.level
	if n.repeated {
		there-- // an empty list is there
	}
	if v.DefinitionLevel() < there {
		return record.Null, nil
	}
	if n.shape == aLeaf && !n.repeated {
		if v.IsNull() {
			return record.Null, nil
		}
		r.scratch, kind, err = r.scalar(r.scratch, &n.leaf, v)
		return kind, err
	}
	r.scratch, err = r.nested(r.scratch, n)
	return record.Text, err
}

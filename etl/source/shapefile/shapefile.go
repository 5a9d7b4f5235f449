// Package shapefile owns tables in ESRI shapefiles: the shapes of a .shp with
// the attributes of the .dbf beside it, the encoding that a .cpg names, and the
// coordinate reference system of a .prj. Shapes become GeoJSON in WGS 84.
package shapefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/geometry"
	"github.com/ldtkit/ldt/etl/source/text"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	sampleRows = 1000
	// maxShape is where a shape is given up.
	maxShape = 256 << 20
)

// Options is what was declared of a shapefile.
type Options struct {
	format.Options
	Encoding string // of the attributes, where it was declared
	// Stream gives the content of the .shp from its start, each time it is called.
	Stream func() (io.Reader, error)
	// Beside gives the file of the same name with another ending, such as
	// ".dbf"; false where there is none.
	Beside func(ending string) (func() (io.Reader, error), bool)
}

// Reader reads the records of one shapefile. A record's row is its number
// from 1, as geographic information systems count them.
type Reader struct {
	format.Typed
	opt    Options
	kind   int
	shp    io.Reader
	left   int64 // of the .shp, by its header
	box    [4]float64
	dbf    *table
	shapes shapes
	// columns are the fields that can be read; the geometry comes after them.
	columns []field

	frame    [8]byte // the header of a shape
	limit    io.LimitedReader
	content  bytes.Buffer
	scratch  []byte
	row      int
	first    int // what the number of the first record is
	read     int
	finished bool
}

// Open reads the headers, and a sample of the attributes. The error is a
// *format.Error, or one of the streams.
func Open(opt Options) (*Reader, error) {
	r := &Reader{Typed: format.NewTyped(opt.Options), opt: opt}
	var err error
	if r.shp, err = opt.Stream(); err != nil {
		return nil, err
	}
	if err := r.head(); err != nil {
		return nil, err
	}
	if err := r.system(); err != nil {
		return nil, err
	}
	if err := r.attributes(); err != nil {
		return nil, err
	}
	return r, r.counts()
}

func (r *Reader) head() error {
	var head [100]byte
	if _, err := io.ReadFull(r.shp, head[:]); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return r.cutOff(err)
		}
		return err
	}
	r.kind = int(binary.LittleEndian.Uint32(head[32:]))
	r.left = 2*int64(binary.BigEndian.Uint32(head[24:])) - int64(len(head))
	if binary.BigEndian.Uint32(head[:]) != 9994 || binary.LittleEndian.Uint32(head[28:]) != 1000 || r.left < 0 {
		return r.Damaged(0, nil, "the file is not a shapefile: its header is broken")
	}
	base, _ := plain(r.kind)
	if base == shapePatch {
		return format.Refuse(finding.New(finding.SourceWrongFormat, r.Origin.At(0, ""), "the shapes are multipatches (3D surfaces), which cannot be read").
			WithHint("export the footprints as polygons"), nil)
	}
	if shapeNames[base] == "" {
		return r.Damaged(0, nil, "the file has shapes of the type %d, which there is not", r.kind)
	}
	for i := range r.box {
		r.box[i] = float(head[36:], i)
	}
	return nil
}

func (r *Reader) cutOff(err error) error {
	return r.Damaged(r.row, err, "the shapefile is cut off")
}

// small reads a file beside the .shp that is a few lines long.
func (r *Reader) small(ending string) (string, bool, error) {
	open, ok := r.opt.Beside(ending)
	if !ok {
		return "", false, nil
	}
	in, err := open()
	if err != nil {
		return "", false, err
	}
	content, err := io.ReadAll(io.LimitReader(in, 64<<10))
	return strings.TrimSpace(string(content)), true, err
}

// system decides the coordinate reference system by the .prj.
func (r *Reader) system() error {
	if declared := r.CRS; declared != "" {
		crs, ok := geometry.Lookup(declared)
		if !ok {
			return geometry.Undeclarable(r.Origin, declared)
		}
		r.shapes.crs = crs
		r.Property(format.CRS, crs.String(), format.Declared, "")
		return nil
	}
	wkt, there, err := r.small(".prj")
	if err != nil {
		return err
	}
	if there {
		crs, name := geometry.FromWKT(wkt)
		if !crs.Known() {
			if name == "" {
				name = "a system that its .prj does not name"
			}
			return geometry.Refused(r.Origin, name)
		}
		r.shapes.crs = crs
		r.Property(format.CRS, crs.String(), format.Detected, "the .prj says "+name)
		return nil
	}
	if r.left > 0 && (math.Abs(r.box[0]) > 180 || math.Abs(r.box[2]) > 180 || math.Abs(r.box[1]) > 90 || math.Abs(r.box[3]) > 90) {
		return geometry.Unsaid(r.Origin, "there is no .prj beside the file", fmt.Sprintf("%.0f, %.0f", r.box[0], r.box[1]))
	}
	r.shapes.crs = geometry.WGS84
	r.Property(format.CRS, r.shapes.crs.String(), format.Default, "there is no .prj, and the coordinates may be degrees")
	r.Say(finding.SourceUnsure, 0, "", "set crs under source, such as source: {crs: EPSG:4326}", "there is no .prj beside the file; its coordinates are taken for degrees (WGS 84)")
	return nil
}

// attributes opens the .dbf and makes the header of its fields.
func (r *Reader) attributes() error {
	open, ok := r.opt.Beside(".dbf")
	if !ok {
		return format.Refuse(finding.New(finding.SourceAbsent, r.Origin.At(0, ""), "there is no .dbf beside the shapefile, which has its attributes").
			WithHint("copy the .shp together with its .dbf, .prj and .cpg, or all of them in a ZIP archive"), nil)
	}
	reopen := func() error {
		in, err := open()
		if err != nil {
			return err
		}
		r.dbf, err = openTable(in)
		if err == errTable || errors.Is(err, io.ErrUnexpectedEOF) {
			err = r.Damaged(0, err, "the .dbf beside the shapefile cannot be read: %s", err)
		}
		return err
	}
	if err := reopen(); err != nil {
		return err
	}
	var sample []byte
	texts := []string{}
	for n := 0; n < sampleRows; n++ {
		if _, err := r.dbf.next(); err != nil {
			break // Next says so where it is not the end
		}
		for _, f := range r.dbf.fields {
			if raw := bytes.TrimSpace(r.dbf.row[f.from:f.to]); f.kind == 'C' && len(raw) > 0 {
				sample = append(append(sample, raw...), '\n')
				texts = append(texts, string(raw))
			}
		}
	}
	for _, f := range r.dbf.fields {
		sample = append(append(sample, f.name...), '\n')
	}
	encoding, err := r.encoding(sample)
	if err != nil {
		return err
	}
	if err := reopen(); err != nil {
		return err
	}
	r.dbf.encoding = encoding
	var names []string
	for _, f := range r.dbf.fields {
		name, _ := text.Append(nil, f.name, encoding)
		if !f.readable() {
			r.Say(finding.SourceUnsure, 0, string(name), "export it as text, a number or a date", "the column is of the dBASE type %q and is not read", f.kind)
			continue
		}
		r.columns = append(r.columns, f)
		names = append(names, string(name))
	}
	shape := "geometry"
	for _, n := range names {
		if n == shape {
			shape = "feature.geometry"
			break
		}
	}
	if err := r.Name(append(names, shape)); err != nil {
		return err
	}
	for _, t := range texts {
		r.Sample(t)
	}
	r.Sampled()
	return nil
}

// drivers are the code pages that a .dbf names by a number in its header.
var drivers = map[byte]text.Encoding{0x01: text.CP437, 0x02: text.CP850, 0x03: text.Windows1252, 0x57: text.Windows1252, 0x58: text.Windows1252, 0x59: text.Windows1252}

// encoding decides the encoding of the attributes: as declared, as the .cpg
// says, as the .dbf says, or by the evidence of a sample.
func (r *Reader) encoding(sample []byte) (text.Encoding, error) {
	if r.opt.Encoding != "" {
		e, ok := text.Lookup(r.opt.Encoding)
		if !ok || e == text.UTF16LE || e == text.UTF16BE {
			return 0, format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "encoding %q is not possible in a shapefile", r.opt.Encoding).WithHint("encoding is one of utf-8, windows-1252, iso-8859-15, cp850, cp437"))
		}
		r.Property(format.Encoding, e.String(), format.Declared, "")
		return e, nil
	}
	page, there, err := r.small(".cpg")
	if err != nil {
		return 0, err
	}
	if there && page != "" {
		name := strings.ToLower(page)
		for _, prefix := range []string{"ansi ", "oem ", "cp", "ibm"} {
			name = strings.TrimPrefix(name, prefix)
		}
		e, ok := text.Lookup(name)
		switch {
		case ok:
		case name == "65001":
			e, ok = text.UTF8, true
		case name == "88591":
			e, ok = text.Windows1252, true
		case name == "885915":
			e, ok = text.ISO885915, true
		}
		if !ok {
			return 0, format.Refuse(finding.New(finding.SourceEncoding, r.Origin.At(0, ""), "the .cpg says that the attributes are in %q, which cannot be read", page).
				WithHint("export the layer in UTF-8; where the .cpg is mistaken, set encoding under source"), nil)
		}
		r.Property(format.Encoding, e.String(), format.Detected, "the .cpg says "+page)
		return e, nil
	}
	guess := text.Detect(sample, false, true)
	if e, ok := drivers[r.dbf.language]; ok && (guess.Encoding != text.UTF8 || isASCII(sample)) {
		r.Property(format.Encoding, e.String(), format.Detected, fmt.Sprintf("the .dbf names it by its driver 0x%02X", r.dbf.language))
		return e, nil
	}
	e := guess.Encoding
	if e == 0 || e == text.UTF16LE || e == text.UTF16BE {
		e = text.Windows1252
	}
	r.Property(format.Encoding, e.String(), format.Detected, guess.Evidence)
	if guess.Second != 0 {
		r.Say(finding.SourceUnsure, 0, "", fmt.Sprintf("set it under source, such as source: {encoding: %s} (flag --encoding)", e),
			"there is no .cpg; the encoding may be %s (%s) or %s; the first is taken", e, guess.Evidence, guess.Second)
	}
	return e, nil
}

func isASCII(p []byte) bool {
	for _, b := range p {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// counts holds the number of shapes in the .shx against that of the rows.
func (r *Reader) counts() error {
	open, ok := r.opt.Beside(".shx")
	if !ok {
		return nil
	}
	in, err := open()
	if err != nil {
		return err
	}
	var head [100]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || binary.BigEndian.Uint32(head[:]) != 9994 {
		return nil // the .shp itself is what counts
	}
	if n := (2*int64(binary.BigEndian.Uint32(head[24:])) - 100) / 8; n != int64(r.dbf.rows) {
		return r.differ(n)
	}
	return nil
}

func (r *Reader) differ(shapes int64) error {
	return format.Refuse(finding.New(finding.SourceDamaged, r.Origin.At(0, ""), "the .shp has %d shapes and the .dbf %d rows: they do not belong together", shapes, r.dbf.rows).
		WithHint("copy all files of the shapefile again, of one export"), nil)
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.Origin, r.Header()
	if err := ctx.Err(); err != nil {
		return err
	}
	for !r.finished && len(b.Records) < record.Records {
		deleted, err := r.dbf.next()
		if err == io.EOF {
			if r.left >= 8 {
				b.Reset()
				return r.differ(int64(r.row + 1))
			}
			r.finish()
			break
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = r.Damaged(r.row, err, "the .dbf is cut off after %d of its %d rows", r.dbf.number, r.dbf.rows)
		}
		if err == nil {
			err = r.shape()
		}
		if err != nil {
			b.Reset()
			return err
		}
		if deleted {
			r.Skip()
			continue
		}
		r.read++
		r.fill(b)
	}
	if len(b.Records) == 0 {
		return io.EOF
	}
	return nil
}

// shape reads the next record of the .shp into r.content.
func (r *Reader) shape() error {
	head := r.frame[:]
	if r.left < 8 {
		return r.differ(int64(r.row))
	}
	if _, err := io.ReadFull(r.shp, head); err != nil {
		return r.ended(err)
	}
	number := int(binary.BigEndian.Uint32(head[:]))
	size := 2 * int64(binary.BigEndian.Uint32(head[4:]))
	if r.row == 0 {
		r.first = number // 1; some programs count from 0
	}
	r.row++
	if r.left -= 8 + size; r.left < 0 || size > maxShape || number != r.first+r.row-1 {
		return r.Damaged(r.row, nil, "the .shp is broken at this shape")
	}
	r.content.Reset()
	r.limit = io.LimitedReader{R: r.shp, N: size}
	if _, err := r.content.ReadFrom(&r.limit); err != nil {
		return r.ended(err)
	}
	if r.limit.N > 0 {
		return r.ended(io.EOF)
	}
	return nil
}

func (r *Reader) ended(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.cutOff(io.ErrUnexpectedEOF)
	}
	return err
}

// fill makes a record of the row and the shape.
func (r *Reader) fill(b *record.Batch) {
	rec := b.Begin(r.row, len(r.columns)+1)
	fault := func(code finding.Code, column, hint, message string, args ...any) {
		f := finding.New(code, r.Origin.At(r.row, column), message, args...).WithHint("%s", hint)
		rec.Fault = &f
	}
	for i, f := range r.columns {
		var kind record.Kind
		var ok bool
		if r.scratch, kind, ok = r.dbf.cell(r.scratch[:0], f); !ok {
			fault(finding.SourceEncoding, r.Header().Names[i], "set encoding under source", "the cell has a byte that is no text in %s", r.dbf.encoding)
			continue
		}
		rec.Cells[i] = r.Cell(kind, b.Copy(r.scratch))
	}
	var err error
	if r.scratch, err = r.shapes.write(r.scratch[:0], r.content.Bytes(), r.kind); err != nil {
		fault(finding.SourceRecord, "", "mend the shape in a geographic information system (Fix geometries), and export it again", "the shape cannot be read: %s", err)
		return
	}
	rec.Cells[len(r.columns)] = r.Cell(record.Text, b.Copy(r.scratch))
}

func (r *Reader) finish() {
	r.finished = true
	if r.read == 0 {
		r.NoRows()
	}
}

// Package json owns tables in JSON: an array of objects in a document, one
// object a line (NDJSON), and the features of GeoJSON. Nested objects become
// columns, arrays stay JSON text, and numbers keep their digits.
package json

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/geometry"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// DefaultSample is how many records the columns are made of, where nothing is
// declared.
const DefaultSample = 1000

// Options is what was declared of a table in JSON.
type Options struct {
	format.Options
	// Stream gives the text from its start as UTF-8, each time it is called.
	Stream func() (io.Reader, error)
	// Format is JSON, NDJSON or GeoJSON, or "" where the text decides.
	Format string
	Path   string // JSON pointer of the array of records
	Sample int    // how many records the columns are made of
}

// Reader reads the records of one table. A record's row is the number of the
// element from 1, or where each line has one that of the line.
type Reader struct {
	format.Typed
	opt  Options
	at   layout
	crs  geometry.CRS
	root *node
	keys int
	set  []uint32 // by column: the generation that set it

	elements   *elements
	generation uint32
	scratch    []byte
	unquoted   []byte
	path       []byte
	read       int
	finished   bool

	lateKeys []lateKey
	lateAt   map[string]int
	lateMore int
}

// Open reads as much of the text as it needs to know where the records stand
// and which columns they have: an object to its end, an array or lines as far
// as the sample goes. The error is a *format.Error, or one of Stream.
func Open(opt Options) (*Reader, error) {
	r := &Reader{Typed: format.NewTyped(opt.Options), opt: opt}
	if opt.Sample < 0 {
		return nil, format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "sample %d is not possible", opt.Sample).
			WithHint("sample is the number of records that the columns are made of"))
	}
	if err := r.layout(); err != nil {
		return nil, err
	}
	if r.at.path != "" {
		how := format.Detected
		if opt.Path != "" {
			how = format.Declared
		}
		if r.at.format != GeoJSON {
			r.Property(format.Path, string(r.at.path), how, r.at.how)
		}
	}
	if r.at.format == GeoJSON {
		if err := r.system(); err != nil {
			return nil, err
		}
	} else if opt.CRS != "" {
		return nil, format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "crs is declared, but %s has no geometries of its own", r.at.format).WithHint("take crs out"))
	}
	if err := r.sample(); err != nil {
		return nil, err
	}
	var err error
	r.elements, err = r.open()
	return r, err
}

// Format gives which of the formats of the package the text has.
func (r *Reader) Format() string { return r.at.format }

// system decides the coordinate reference system of GeoJSON: WGS 84 (RFC 7946
// section 4), or the one of the member crs of GeoJSON 2008.
func (r *Reader) system() error {
	r.crs = geometry.WGS84
	name := ""
	if r.at.crs != nil && r.at.crs[0] == '{' {
		name = crsName(r.at.crs)
	}
	if declared := r.Options.CRS; declared != "" {
		crs, ok := geometry.Lookup(declared)
		if !ok {
			return geometry.Undeclarable(r.Origin, declared)
		}
		r.crs = crs
		r.Property(format.CRS, crs.String(), format.Declared, "")
		return nil
	}
	if r.at.crs == nil || string(r.at.crs) == "null" {
		r.Property(format.CRS, r.crs.String(), format.Default, "GeoJSON is in WGS 84 where it does not say otherwise")
		return nil
	}
	crs, ok := geometry.Lookup(name)
	if !ok {
		if name == "" {
			name = clip(r.at.crs)
		}
		return geometry.Refused(r.Origin, name)
	}
	r.crs = crs
	r.Property(format.CRS, crs.String(), format.Detected, "the member crs says "+name)
	return nil
}

func crsName(crs []byte) (name string) {
	members(crs, func(key, value []byte) bool {
		if string(key) == `"properties"` && value[0] == '{' {
			members(value, func(key, value []byte) bool {
				if string(key) == `"name"` && value[0] == '"' {
					if text, err := jsontext.AppendUnquote(nil, value); err == nil {
						name = string(text)
					}
				}
				return true
			})
		}
		return true
	})
	return name
}

func (r *Reader) sampleSize() int {
	if r.opt.Sample > 0 {
		return r.opt.Sample
	}
	return DefaultSample
}

// sample makes the columns of the first records.
func (r *Reader) sample() error {
	in, err := r.open()
	if err != nil {
		return err
	}
	geo := r.at.format == GeoJSON
	r.root = newRoot(geo)
	if geo {
		g := r.root.add("geometry")
		g.geometry, g.seen, g.value = true, true, true
	}
	n, usable := 0, 0
	var first *finding.Finding
	for ; n < r.sampleSize(); n++ {
		e, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if fault := r.unusable(e); fault != nil {
			if first == nil {
				first = fault
			}
			continue
		}
		usable++
		err = r.learn(r.root, e.raw, 0)
		if fault := (*format.Error)(nil); errors.As(err, &fault) {
			return err
		}
		if err == errColumns {
			return format.Refuse(finding.New(finding.SourceRecord, r.Origin.At(e.row, ""), "%s", err).
				WithHint("an object that has a key for each of its values is no table; name the keys to read: columns"), nil)
		}
	}
	if n > 0 && usable == 0 {
		hint := "the records have to be objects"
		if r.at.lines {
			hint = "each line has to be one JSON object; a document over several lines becomes one with jq -c . FILE"
		}
		first.Hint = hint
		first.Code = finding.SourceWrongFormat
		return format.Refuse(*first, nil)
	}
	if err := r.columns(); err != nil {
		return err
	}
	r.Columns.Open = n == 0 && len(r.Options.Columns) == 0
	how := format.Default
	if r.opt.Sample > 0 {
		how = format.Declared
	}
	r.Property(format.Sample, strconv.Itoa(r.sampleSize()), how, fmt.Sprintf("%d columns in the first %d records", len(r.Columns.Names), n))
	r.Sampled()
	return nil
}

// unusable says why an element is no record, or gives nil.
func (r *Reader) unusable(e element) *finding.Finding {
	fault := func(code finding.Code, hint, message string, args ...any) *finding.Finding {
		f := finding.New(code, r.Origin.At(e.row, ""), message, args...).WithHint("%s", hint)
		return &f
	}
	switch {
	case e.fault != "":
		return fault(finding.SourceRecord, "correct the line, or export the file again", "%s", e.fault)
	case e.raw[0] != '{':
		return fault(finding.SourceRecord, "the records have to be objects", "%s is not an object", clip(e.raw))
	case !utf8.Valid(e.raw):
		return fault(finding.SourceEncoding, "export the file again, in UTF-8", "the record has bytes that are no text in its encoding")
	case r.at.format == GeoJSON && !isFeature(e.raw):
		return fault(finding.SourceRecord, "each element has to be a Feature (RFC 7946 section 3.2)", "the object is not a Feature")
	}
	return nil
}

func isFeature(object []byte) (is bool) {
	members(object, func(name, value []byte) bool {
		if string(name) == `"type"` {
			is = string(value) == `"Feature"`
			return false
		}
		return true
	})
	return is
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.Origin, r.Columns
	if err := ctx.Err(); err != nil {
		return err
	}
	for !r.finished && len(b.Records) < record.Records {
		e, err := r.elements.next()
		if err == io.EOF {
			r.finish()
			break
		}
		if err != nil {
			b.Reset()
			return err
		}
		r.read++
		rec := b.Begin(e.row, len(r.Columns.Names))
		if rec.Fault = r.unusable(e); rec.Fault != nil {
			continue
		}
		if r.generation++; r.generation == 0 {
			clear(r.set)
			r.generation = 1
		}
		if fault := r.fill(r.root, e.raw, rec, b); fault != "" {
			f := finding.New(finding.SourceRecord, r.Origin.At(e.row, ""), "%s", fault).WithHint("correct the record, or export the file again")
			rec.Fault = &f
		}
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
	r.sayLate()
}

// element is one record as it stands. The memory is valid until the next.
type element struct {
	raw   []byte // valid JSON, unless fault says why not
	row   int
	fault string
}

// elements gives the records as they stand, one after the other.
type elements struct {
	r      *Reader
	d      decoder
	row    int
	done   bool
	lines  *bufio.Reader
	line   []byte
	number int
}

// open starts at the first record.
func (r *Reader) open() (*elements, error) {
	in, err := r.opt.Stream()
	if err != nil {
		return nil, err
	}
	e := &elements{r: r}
	if r.at.lines {
		e.lines = bufio.NewReaderSize(in, 256<<10)
		return e, nil
	}
	e.d = newDecoder(in)
	if r.at.single {
		return e, nil
	}
	there, err := navigate(e.d, r.at.path)
	if err == nil && there {
		_, err = e.d.ReadToken()
	}
	if err != nil {
		return nil, r.broken(err)
	}
	return e, nil
}

func (e *elements) next() (element, error) {
	switch {
	case e.done:
		return element{}, io.EOF
	case e.lines != nil:
		return e.nextLine()
	}
	e.d.in.reset()
	if e.r.at.single {
		e.done = true
	} else if e.d.PeekKind() == ']' {
		e.done = true
		return element{}, e.end()
	}
	raw, err := e.d.ReadValue()
	if err != nil {
		return element{}, e.r.broken(err)
	}
	e.row++
	return element{raw: raw, row: e.row}, nil
}

// end holds what follows after the array: of a document that is the array,
// nothing; of others the survey has seen it.
func (e *elements) end() error {
	if e.r.at.path != "" {
		return io.EOF
	}
	if _, err := e.d.ReadToken(); err != nil {
		return e.r.broken(err)
	}
	_, err := e.d.ReadToken()
	if err == io.EOF {
		return io.EOF
	}
	if err == nil {
		return format.Refuse(finding.New(finding.SourceDamaged, e.r.Origin.At(e.row, ""), "something else stands after the array").WithHint("export the file again, as one array"), nil)
	}
	return e.r.broken(err)
}

// nextLine gives the next line that is not blank. Records of a text sequence
// (RFC 8142) begin with a separator, which is passed over.
func (e *elements) nextLine() (element, error) {
	for {
		line, err := e.readLine()
		if len(line) == 0 && err != nil {
			if err == io.EOF {
				e.done = true
			}
			return element{}, err
		}
		e.number++
		line = bytes.Trim(line, " \t\r\n\x1e")
		if len(line) == 0 {
			e.r.skipLine(e)
			continue
		}
		out := element{raw: line, row: e.number}
		if !jsontext.Value(line).IsValid(decoding...) {
			out.fault = "the line is not JSON: " + e.why(line)
		}
		return out, nil
	}
}

func (r *Reader) skipLine(e *elements) {
	if e == r.elements {
		r.Skip()
	}
}

func (e *elements) why(line []byte) string {
	var syntax *jsontext.SyntacticError
	if _, err := jsontext.AppendFormat(nil, line, decoding...); errors.As(err, &syntax) {
		if errors.Is(syntax.Err, io.ErrUnexpectedEOF) {
			return "it is cut off"
		}
		return fmt.Sprintf("%s at character %d of %s", syntax.Err, 1+utf8.RuneCount(line[:min(int64(len(line)), syntax.ByteOffset)]), clip(line))
	}
	return clip(line)
}

// readLine gives a line with its end. At the end of the text it gives the rest
// and then io.EOF.
func (e *elements) readLine() ([]byte, error) {
	line, err := e.lines.ReadSlice('\n')
	if err == nil || err == io.EOF && len(line) > 0 {
		return line, nil
	}
	if err != bufio.ErrBufferFull {
		return nil, err
	}
	e.line = append(e.line[:0], line...)
	for err == bufio.ErrBufferFull {
		if len(e.line) > maxValue {
			return nil, e.r.Damaged(e.number+1, errTooLarge, "the line cannot be read: %s", errTooLarge)
		}
		line, err = e.lines.ReadSlice('\n')
		e.line = append(e.line, line...)
	}
	if err == io.EOF {
		err = nil
	}
	return e.line, err
}

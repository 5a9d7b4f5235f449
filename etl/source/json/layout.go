package json

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// The formats of this package, by the name that a mapping gives them.
const (
	JSON    = "json"
	NDJSON  = "ndjson"
	GeoJSON = "geojson"
)

// maxValue is where one value is given up that does not end.
const maxValue = 64 << 20

var errTooLarge = errors.New("a single value is larger than 64 MB")

// bounded ends when more than maxValue is read without a call of reset.
type bounded struct {
	in   io.Reader
	left int
}

func (b *bounded) reset() { b.left = maxValue }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// unseparated is a text without the record separators of a text sequence (RFC
// 8142), which stand between JSON texts and never in one.
type unseparated struct{ in io.Reader }

func (u unseparated) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	for i, b := range p[:n] {
		if b == 0x1e {
			p[i] = ' '
		}
	}
	return n, err
}

// decoding lets pass what is a fault of one record and is looked for there:
// names that stand twice, bytes that are no UTF-8.
var decoding = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// compacting takes white space out and leaves the rest as it stands.
var compacting = append(decoding[:2:2], jsontext.PreserveRawStrings(true))

// decoder decodes a document in bounded memory.
type decoder struct {
	*jsontext.Decoder
	in *bounded
}

func newDecoder(in io.Reader) decoder {
	b := &bounded{in: in, left: maxValue}
	return decoder{jsontext.NewDecoder(b, decoding...), b}
}

// skip passes over the next value, however large it is.
func (d decoder) skip() error {
	depth := d.StackDepth()
	for {
		d.in.reset()
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		if d.StackDepth() <= depth {
			return nil
		}
	}
}

// layout is where in a document the records stand.
type layout struct {
	format string
	lines  bool             // one object a line
	single bool             // the document is the one record
	path   jsontext.Pointer // else: of the array of records
	crs    []byte           // member of a FeatureCollection
	how    string           // why the path is as it is
}

// found is what the members of a document show.
type found struct {
	arrays []jsontext.Pointer // of objects, not inside other arrays
	empty  []jsontext.Pointer // arrays with nothing in them
	kind   string             // the member "type"
	crs    []byte
	more   bool // another value follows
	second bool // … and begins as an object
}

// maxDepth is how deep arrays of records are looked for, and how deep records
// are cut into columns.
const maxDepth = 16

// survey walks a document that is an object.
func survey(d decoder) (*found, error) {
	f := &found{}
	if err := f.object(d, 0); err != nil {
		return nil, err
	}
	d.in.reset()
	next := d.PeekKind()
	f.more, f.second = next != 0, next == '{'
	if next == 0 {
		if _, err := d.ReadToken(); err != io.EOF {
			return nil, err
		}
	}
	return f, nil
}

func (f *found) object(d decoder, depth int) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		d.in.reset()
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := ""
		if depth == 0 {
			name = token.String()
		}
		switch kind := d.PeekKind(); {
		case name == "crs":
			value, err := d.ReadValue()
			if err != nil {
				return err
			}
			f.crs = bytes.Clone(value)
		case name == "type" && kind == '"':
			token, err := d.ReadToken()
			if err != nil {
				return err
			}
			f.kind = token.String()
		case kind == '{' && depth < maxDepth:
			if err := f.object(d, depth+1); err != nil {
				return err
			}
		case kind == '[':
			if err := f.array(d); err != nil {
				return err
			}
		default:
			if err := d.skip(); err != nil {
				return err
			}
		}
	}
	_, err := d.ReadToken()
	return err
}

func (f *found) array(d decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	pointer := d.StackPointer()
	switch d.PeekKind() {
	case '{':
		f.arrays = append(f.arrays, pointer)
	case ']':
		f.empty = append(f.empty, pointer)
	}
	for d.PeekKind() != ']' {
		if err := d.skip(); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// navigate reads up to the value at a pointer; false where there is none.
func navigate(d decoder, pointer jsontext.Pointer) (bool, error) {
next:
	for want := range pointer.Tokens() {
		kind := d.PeekKind()
		if kind != '{' && kind != '[' {
			if kind == 0 {
				_, err := d.ReadToken()
				return false, err
			}
			return false, nil
		}
		if _, err := d.ReadToken(); err != nil {
			return false, err
		}
		for i := 0; ; i++ {
			switch d.PeekKind() {
			case '}', ']':
				return false, nil
			case 0:
				_, err := d.ReadToken()
				return false, err
			}
			d.in.reset()
			name := fmt.Sprint(i)
			if kind == '{' {
				token, err := d.ReadToken()
				if err != nil {
					return false, err
				}
				name = token.String()
			}
			if name == want {
				continue next
			}
			if err := d.skip(); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// layout decides where the records of the document stand.
func (r *Reader) layout() error {
	in, err := r.opt.Stream()
	if err != nil {
		return err
	}
	d := newDecoder(unseparated{in})
	refuse := func(hint, message string, args ...any) error {
		return format.Refuse(finding.New(finding.SourceWrongFormat, r.Origin.At(0, ""), message, args...).WithHint("%s", hint), nil)
	}
	kind := d.PeekKind()
	want := r.opt.Format
	if want == NDJSON {
		switch kind {
		case '[':
			return refuse("rename it to .json, or set format: json under source", "expected one JSON object a line, but the file is a JSON document with an array")
		case '{':
			r.at = layout{format: NDJSON, lines: true}
			return r.noPath()
		}
	}
	switch kind {
	case 0:
		_, err := d.ReadToken()
		if err == io.EOF {
			return format.Refuse(finding.New(finding.SourceEmpty, r.Origin.At(0, ""), "the file has nothing but blank lines").WithHint("export or download it again"), nil)
		}
		return r.broken(err)
	case '[':
		if want == GeoJSON {
			return refuse("rename it to .json, or set format: json under source", "expected GeoJSON, but the file is a JSON document with an array")
		}
		r.at = layout{format: JSON, how: "the document is an array"}
		if r.opt.Path != "" {
			return r.declaredPath(&found{})
		}
		return nil
	case '{':
	default:
		return refuse("the records have to be objects in an array, or one object a line", "the file is a JSON document that is a single value, not a table")
	}
	f, err := survey(d)
	if err != nil {
		return r.broken(err)
	}
	switch {
	case r.opt.Path != "":
		if want == GeoJSON {
			return format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "path is declared, but GeoJSON has its records under features").WithHint("take path out, or set format: json under source"))
		}
		return r.declaredPath(f)
	case f.kind == "Feature" && want != JSON:
		r.at = layout{format: GeoJSON, lines: f.more, single: !f.more, crs: f.crs, how: "the document is one Feature"}
		return nil
	case f.more && !f.second:
		return refuse("export it again", "the file is a JSON document with something else behind it")
	case f.more && want == "":
		r.at = layout{format: NDJSON, lines: true}
		return nil
	case f.more && want == GeoJSON:
		return refuse("rename it to .ndjson, or set format: ndjson under source", "expected GeoJSON, but the file has several JSON documents that are no Features")
	case f.more:
		return refuse("set format: ndjson under source, or leave it out", "expected one JSON document, but the file has several")
	case f.kind == "FeatureCollection" && want != JSON:
		r.at = layout{format: GeoJSON, path: "/features", crs: f.crs}
		if !slices.Contains(f.arrays, "/features") && !slices.Contains(f.empty, "/features") {
			return format.Refuse(finding.New(finding.SourceDamaged, r.Origin.At(0, ""), "the FeatureCollection has no array of features").WithHint("export it again"), nil)
		}
		return nil
	case f.kind == "Topology":
		return refuse("export the layer as GeoJSON", "the file is TopoJSON")
	case want == GeoJSON:
		if !slices.Contains(geometryTypes, f.kind) {
			return refuse("rename it to .json, or set format: json under source", "expected GeoJSON, but the file is a JSON document without type FeatureCollection or Feature")
		}
		return refuse("wrap it into a Feature with the properties that the entities need", "the file is a single GeoJSON geometry (%s) without properties", f.kind)
	}
	list := f.arrays
	if len(list) == 0 {
		list = f.empty
	}
	switch len(list) {
	case 1:
		r.at = layout{format: JSON, path: list[0], how: "the only array of objects in the document"}
	case 0:
		r.at = layout{format: JSON, single: true}
		r.Say(finding.SourceUnsure, 0, "", "where that is not meant, name the array of records: path, a JSON pointer such as /records", "the document is one object without an array of objects; it is read as one record")
	default:
		return format.Misdeclared(finding.New(finding.SourcePart, r.Origin.At(0, ""), "the document has %d arrays of objects", len(list)).
			WithHint("name one under source, such as source: {path: %s}; there are %s", list[0], pointers(list)))
	}
	return nil
}

func (r *Reader) noPath() error {
	if r.opt.Path == "" {
		return nil
	}
	return format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "path is declared, but each line of the file is a record").WithHint("take path out"))
}

// declaredPath holds the declared path against the document.
func (r *Reader) declaredPath(f *found) error {
	path := jsontext.Pointer(r.opt.Path)
	if !path.IsValid() {
		return format.Misdeclared(finding.New(finding.SourceSpec, r.Origin.At(0, ""), "path %q is not a JSON pointer", r.opt.Path).
			WithHint("a JSON pointer begins with a slash, such as /data/records (RFC 6901)"))
	}
	in, err := r.opt.Stream()
	if err != nil {
		return err
	}
	d := newDecoder(in)
	there, err := navigate(d, path)
	if err != nil {
		return r.broken(err)
	}
	if there && d.PeekKind() == '[' {
		r.at = layout{format: JSON, path: path}
		return nil
	}
	message := "the document has nothing at path %s"
	if there {
		message = "what stands at path %s is not an array"
	}
	e := finding.New(finding.SourcePart, r.Origin.At(0, ""), message, path)
	if len(f.arrays) > 0 {
		e = e.WithHint("its arrays of objects are %s", pointers(f.arrays))
	}
	return format.Misdeclared(e)
}

func pointers(list []jsontext.Pointer) string {
	var names []string
	for _, p := range list[:min(len(list), 10)] {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// broken gives the error of a document that is not JSON to its end.
func (r *Reader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errTooLarge):
		return r.Damaged(0, err, "the file cannot be read: %s", err)
	case !errors.As(err, &syntax):
		return err // of the stream
	}
	at := finding.Location{File: r.Origin.File, Line: r.lineOf(syntax.ByteOffset), Pointer: string(syntax.JSONPointer)}
	f := finding.New(finding.SourceDamaged, at, "the file is not JSON from here on: %s", syntax.Err)
	if errors.Is(syntax.Err, io.ErrUnexpectedEOF) {
		at.Pointer = ""
		f = finding.New(finding.SourceDamaged, at, "the file is cut off: the JSON document does not end")
	}
	return format.Refuse(f.WithHint("copy or download the file again"), err)
}

// lineOf gives the line of a byte; 0 where it cannot be told.
func (r *Reader) lineOf(offset int64) int {
	in, err := r.opt.Stream()
	if err != nil {
		return 0
	}
	line, buf := 1, make([]byte, 64<<10)
	for offset > 0 {
		n, err := in.Read(buf[:min(int64(len(buf)), offset)])
		line += bytes.Count(buf[:n], []byte{'\n'})
		offset -= int64(n)
		if err != nil {
			break
		}
	}
	return line
}

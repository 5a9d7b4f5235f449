package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// maxFile bounds a file of a model. The largest official one has 150 kB.
const maxFile = 8 << 20

// maxObjects bounds the objects of a schema, which is compiled in a time that grows with
// their square. The largest official one has 1 200.
const maxObjects = 10_000

// maxExponent bounds the numbers of a schema, which are compared exactly.
const maxExponent = 400

// maxTwice is how many keys that stand twice are told.
const maxTwice = 20

// bom is what some editors write before a text in UTF-8.
var bom = []byte("\ufeff")

// parse reads a file that must be one JSON object, and says what is wrong with it: no
// JSON, no UTF-8, too deep, a key that stands twice (the last counts). The object is nil
// where it cannot be used. An @context may have any number of objects.
func parse(file string, text []byte) (map[string]any, []finding.Finding) {
	text = bytes.TrimPrefix(text, bom)
	p := &parser{file: file, text: text, bounded: filepath.Base(file) != ContextFile, d: jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))}
	if len(bytes.TrimSpace(text)) == 0 {
		p.fault(0, "the file is empty").Hint = "a schema begins with {, and so does a context"
		return nil, p.findings
	}
	value, err := p.value(0)
	if err == nil {
		if _, err = p.d.ReadToken(); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = limitError("something stands after its end")
		}
	}
	object, isObject := value.(map[string]any)
	var limit limitError
	switch {
	case errors.As(err, &limit):
		p.fault(int(p.d.InputOffset()), "%v", limit)
		return nil, p.findings
	case err != nil:
		f := ngsild.NewSyntaxError(err, text).Finding()
		f.Code, f.Location.File = finding.ModelFile, file
		p.findings = append(p.findings, f)
		return nil, p.findings
	case !isObject:
		p.fault(0, "this is no JSON object")
		return nil, p.findings
	}
	return object, p.findings
}

// limitError says that JSON has what a file of a model may not have.
type limitError string

func (e limitError) Error() string { return string(e) }

type parser struct {
	file     string
	text     []byte
	d        *jsontext.Decoder
	objects  int
	bounded  bool // to maxObjects
	findings []finding.Finding
}

func (p *parser) fault(offset int, format string, args ...any) *finding.Finding {
	at := finding.Location{File: p.file}
	at.Line, at.Char = position(p.text, offset)
	p.findings = append(p.findings, finding.New(finding.ModelFile, at, format, args...))
	return &p.findings[len(p.findings)-1]
}

// value reads one value. Numbers stay as they are written.
func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, limitError(fmt.Sprintf("arrays and objects stand more than %d deep in one another", maxDepth))
	}
	kind := p.d.PeekKind()
	token, err := p.d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch kind {
	case '{':
		return p.object(depth)
	case '[':
		items := []any{}
		for p.d.PeekKind() != ']' {
			item, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := p.d.ReadToken()
		return items, err
	case '"':
		return token.String(), nil
	case '0':
		return number(token.String())
	case 'n':
		return nil, nil
	}
	return token.Bool(), nil
}

func (p *parser) object(depth int) (any, error) {
	object := map[string]any{}
	if p.objects++; p.bounded && p.objects > maxObjects {
		return nil, limitError(fmt.Sprintf("it has more than %d objects", maxObjects))
	}
	for p.d.PeekKind() != '}' {
		name, err := p.d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		if _, twice := object[key]; twice && len(p.findings) < maxTwice {
			f := p.fault(int(p.d.InputOffset())-1, "the key %q stands twice, and only the last counts", key)
			f.Location.Pointer = string(p.d.StackPointer())
			f.Hint = "take one of them out"
		}
		if object[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := p.d.ReadToken()
	return object, err
}

// number refuses a number that would take long to compare.
func number(text string) (any, error) {
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	power, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	if len(text) > maxExponent || exponent != "" && (err != nil || max(power, -power) > maxExponent) {
		return nil, limitError(fmt.Sprintf("the number %.20s… is too long, or its exponent too large", text))
	}
	return json.Number(text), nil
}

// position gives the line and the character, from 1, of an offset in a text.
func position(text []byte, offset int) (line, char int) {
	before := text[:min(max(offset, 0), len(text))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// locate fills in the line and character of the findings that have a pointer alone into a
// text that is JSON.
func locate(text []byte, found []*finding.Finding) {
	text = bytes.TrimPrefix(text, bom)
	wanted := map[string][]*finding.Finding{}
	for _, f := range found {
		wanted[f.Location.Pointer] = append(wanted[f.Location.Pointer], f)
	}
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	line, char, at := 1, 1, 0
	for len(wanted) > 0 {
		start := int(d.InputOffset())
		if _, err := d.ReadToken(); err != nil {
			return
		}
		pointer := string(d.StackPointer())
		if wanted[pointer] == nil {
			continue
		}
		// A member is first met at its name.
		start += len(text[start:]) - len(bytes.TrimLeft(text[start:], " \t\r\n,:"))
		if lines, last := position(text[at:max(start, at)], start-at); lines > 1 {
			line, char = line+lines-1, last
		} else {
			char += last - 1
		}
		at = max(start, at)
		for _, f := range wanted[pointer] {
			f.Location.Line, f.Location.Char = line, char
		}
		delete(wanted, pointer)
	}
}

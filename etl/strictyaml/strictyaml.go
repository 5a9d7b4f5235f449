// Package strictyaml owns the strict reading of ldt's own YAML files: every
// fault at once, with line and character and the nearest known key.
//
// A Decoder parses one text and walks it with its caller, who names what each
// part is. What is written twice, unknown, of another type or not there becomes
// a finding; anchors and aliases are followed, merge keys are not. Scalars are
// taken as they are written, so that 0123 keeps its zero.
package strictyaml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Limits that keep a small text from becoming much work: aliases may be nested,
// and each use of one is decoded again; the parser takes hours over a hundred
// thousand open brackets, and the square of the keys of a map.
const (
	maxBytes = 4 << 20
	maxOpen  = 200
	maxNodes = 200_000
	maxDepth = 64
)

// Pos is a place in a text, 1-based; Char counts characters. The zero value is
// no place.
type Pos struct{ Line, Char int }

// Decoder reads one text and collects every fault of it. It is used by one
// goroutine.
type Decoder struct {
	file    string
	noun    string
	faults  []finding.Finding
	anchors map[string]ast.Node
	nodes   int
	depth   int
}

// New gives a decoder of the named file. noun says what the file holds, for
// messages: "mapping".
func New(file, noun string) *Decoder {
	return &Decoder{file: file, noun: noun, anchors: map[string]ast.Node{}}
}

// Fault adds a finding; the caller may change what it returns before the next
// call.
func (d *Decoder) Fault(code finding.Code, at Pos, format string, args ...any) *finding.Finding {
	d.faults = append(d.faults, finding.New(code, finding.Location{File: d.file, Line: at.Line, Char: at.Char}, format, args...))
	return &d.faults[len(d.faults)-1]
}

// Count gives how many faults there are so far.
func (d *Decoder) Count() int { return len(d.faults) }

// Keep drops the faults after the first from ones that keep refuses: those that
// only follow from another fault.
func (d *Decoder) Keep(from int, keep func(finding.Finding) bool) {
	rest := slices.DeleteFunc(d.faults[from:], func(f finding.Finding) bool { return !keep(f) })
	d.faults = d.faults[:from+len(rest)]
}

// Add adds faults that were found before.
func (d *Decoder) Add(faults ...finding.Finding) { d.faults = append(d.faults, faults...) }

// Faults gives all faults so far in the order of their places, nil where there
// is none. What is read twice, as the value of an alias is, is said once.
func (d *Decoder) Faults() []finding.Finding {
	said := map[finding.Finding]bool{}
	d.faults = slices.DeleteFunc(d.faults, func(f finding.Finding) bool {
		again := said[f]
		said[f] = true
		return again
	})
	slices.SortStableFunc(d.faults, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Location.Line, b.Location.Line), cmp.Compare(a.Location.Char, b.Location.Char))
	})
	return d.faults
}

// Parse gives the one document of text, or nil after a fault. keys are those
// that it has at least, for the hint where it is empty.
func (d *Decoder) Parse(text []byte, keys ...string) (root ast.Node) {
	defer func() {
		// The parser is not ours and is known to panic on some broken texts.
		if p := recover(); p != nil {
			d.Fault(finding.YAMLSyntax, Pos{1, 1}, "this is not YAML that can be read").Hint = mend
			root = nil
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !d.readable(text) {
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, message := Pos{1, 1}, err.Error()
		var positioned interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &positioned) {
			message = positioned.GetMessage()
			if tk := positioned.GetToken(); tk != nil && tk.Position != nil {
				at = Pos{tk.Position.Line, tk.Position.Column}
			}
		}
		if i := indentedByTab(text, at.Line); i >= 0 {
			d.Fault(finding.YAMLSyntax, placeOf(text, i), "this line is indented with a tab").Hint = "YAML is indented with blanks: put blanks in place of every tab"
			return nil
		}
		d.Fault(finding.YAMLSyntax, at, "this is not YAML: %s", message).Hint = mend
		return nil
	}
	var docs []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			docs = append(docs, doc.Body)
		}
	}
	switch {
	case len(docs) == 0:
		d.Fault(finding.YAMLMissing, Pos{1, 1}, "the %s is empty", d.noun).Hint = "it needs the keys " + strings.Join(keys, ", ")
		return nil
	case len(docs) > 1:
		d.Fault(finding.YAMLSyntax, At(docs[1]), "there is a second document").Hint = fmt.Sprintf("a file holds one %s; take out the line ---", d.noun)
		return nil
	}
	ast.Walk(anchors{d}, docs[0])
	return docs[0]
}

const mend = "check the indentation, and put quotes around text with a colon or a #"

// readable reports whether the text is one to give to the parser.
func (d *Decoder) readable(text []byte) bool {
	if len(text) > maxBytes {
		d.Fault(finding.YAMLSyntax, Pos{1, 1}, "the file has more than %d MB", maxBytes>>20).Hint = "keep data in a file of its own, such as a CSV file"
		return false
	}
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
		d.Fault(finding.YAMLSyntax, Pos{1, 1}, "this is a workbook or a ZIP archive, not YAML").Hint = fmt.Sprintf("name the file of the %s", d.noun)
		return false
	}
	if !utf8.Valid(text) {
		at := bytes.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError })
		d.Fault(finding.YAMLSyntax, placeOf(text, at), "the text is not UTF-8").Hint = "save the file as UTF-8"
		return false
	}
	open := 0
	for i, c := range text {
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		}
		if open > maxOpen {
			d.Fault(finding.YAMLSyntax, placeOf(text, i), "more than %d brackets are open here", maxOpen).Hint = "close them"
			return false
		}
	}
	if i := bytes.Index(text, bytes.Repeat([]byte("- "), maxOpen)); i >= 0 {
		d.Fault(finding.YAMLSyntax, placeOf(text, i), "more than %d lists are nested here", maxOpen).Hint = "one dash starts an element"
		return false
	}
	return true
}

// indentedByTab gives the index of a tab that indents this line or the one
// before or after it, or -1.
func indentedByTab(text []byte, line int) int {
	start := 0
	for n := 1; n <= line+1; n++ {
		rest := text[start:]
		indent := rest[:len(rest)-len(bytes.TrimLeft(rest, " \t"))]
		if i := bytes.IndexByte(indent, '\t'); i >= 0 && n >= line-1 {
			return start + i
		}
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		start += end + 1
	}
	return -1
}

// placeOf gives the place of the byte at index i of text.
func placeOf(text []byte, i int) Pos {
	before := text[:i]
	return Pos{1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])}
}

// anchors is the visitor that remembers what each &name stands for.
type anchors struct{ d *Decoder }

func (v anchors) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		v.d.anchors[a.Name.String()] = a.Value
	}
	return v
}

// At gives the place where a node starts.
func At(n ast.Node) Pos {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return At(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return At(v.Key)
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return Pos{tk.Position.Line, tk.Position.Column}
	}
	return Pos{1, 1}
}

// Resolve follows anchors, aliases and tags to the node that holds the value;
// nil where there is none.
func (d *Decoder) Resolve(n ast.Node) ast.Node {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			target, ok := d.anchors[v.Value.String()]
			if !ok {
				d.Fault(finding.YAMLSyntax, At(n), "the alias *%s stands for nothing", v.Value.String()).Hint = "an anchor &" + v.Value.String() + " must come before it"
				return nil
			}
			n = target
		case *ast.TagNode:
			n = v.Value
		case *ast.MappingKeyNode:
			n = v.Value
		default:
			return n
		}
		if n == nil {
			return nil
		}
	}
	return nil
}

// Enter counts a node against the limits on nesting and repetition; where it
// says false the node is not to be decoded. Leave is due after it either way.
func (d *Decoder) Enter(n ast.Node) bool {
	d.nodes++
	d.depth++
	if d.nodes == maxNodes+1 || d.depth == maxDepth+1 {
		d.Fault(finding.YAMLSyntax, At(n), "the %s is nested too deep or repeats itself too often", d.noun)
		d.nodes = maxNodes + 2
	}
	return d.nodes <= maxNodes
}

// Leave ends what Enter began.
func (d *Decoder) Leave() { d.depth-- }

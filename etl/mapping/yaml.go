package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Limits that keep a small text from becoming a large one: aliases may be
// nested, and each use of one is decoded again.
const (
	maxNodes = 200_000
	maxDepth = 64
)

// pos is a place in the mapping's text, 1-based, in characters.
type pos struct{ line, char int }

// parseYAML gives the one document of text, or nil after a fault.
func (d *decoder) parseYAML(text []byte) (root ast.Node) {
	defer func() {
		// The parser is not ours and is known to panic on some broken texts.
		if p := recover(); p != nil {
			d.fault(finding.YAMLSyntax, pos{1, 1}, "this is not YAML that can be read")
			root = nil
		}
	}()
	if !utf8.Valid(text) {
		d.fault(finding.YAMLSyntax, pos{1, 1}, "the text is not UTF-8").Hint = "save the file as UTF-8"
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, message := pos{1, 1}, err.Error()
		var positioned interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &positioned) {
			message = positioned.GetMessage()
			if tk := positioned.GetToken(); tk != nil && tk.Position != nil {
				at = pos{tk.Position.Line, tk.Position.Column}
			}
		}
		d.fault(finding.YAMLSyntax, at, "this is not YAML: %s", message)
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
		d.fault(finding.YAMLMissing, pos{1, 1}, "the mapping is empty").Hint = "a mapping has at least the keys source, context and entities"
		return nil
	case len(docs) > 1:
		d.fault(finding.YAMLSyntax, at(docs[1]), "there is a second document").Hint = "a file holds one mapping; take out the line ---"
		return nil
	}
	ast.Walk(anchors{d}, docs[0])
	return docs[0]
}

// anchors is the visitor that remembers what each &name stands for.
type anchors struct{ d *decoder }

func (v anchors) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		v.d.anchors[a.Name.String()] = a.Value
	}
	return v
}

// decoder walks the text of a mapping and collects every fault.
type decoder struct {
	name    string
	faults  []finding.Finding
	anchors map[string]ast.Node
	nodes   int
	depth   int
}

// fault adds a finding; the caller may set the hint of what it returns before
// the next call.
func (d *decoder) fault(code finding.Code, at pos, format string, args ...any) *finding.Finding {
	d.faults = append(d.faults, finding.New(code, finding.Location{File: d.name, Line: at.line, Char: at.char}, format, args...))
	return &d.faults[len(d.faults)-1]
}

// at gives the place where a node starts.
func at(n ast.Node) pos {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return at(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return at(v.Key)
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return pos{tk.Position.Line, tk.Position.Column}
	}
	return pos{1, 1}
}

// resolve follows anchors, aliases and tags to the node that holds the value.
func (d *decoder) resolve(n ast.Node) ast.Node {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			target, ok := d.anchors[v.Value.String()]
			if !ok {
				d.fault(finding.YAMLSyntax, at(n), "the alias *%s stands for nothing", v.Value.String()).Hint = "an anchor &" + v.Value.String() + " must come before it"
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

// enter counts a node against the limits; where it says false the node is not
// to be decoded.
func (d *decoder) enter(n ast.Node) bool {
	d.nodes++
	d.depth++
	if d.nodes == maxNodes+1 || d.depth == maxDepth+1 {
		d.fault(finding.YAMLSyntax, at(n), "the mapping is nested too deep or repeats itself too often")
		d.nodes = maxNodes + 2
	}
	return d.nodes <= maxNodes
}

func (d *decoder) leave() { d.depth-- }

// field is one key of a YAML map.
type field struct {
	key   string
	at    pos
	value ast.Node // resolved; nil for null
	where pos      // of the value
}

// null reports whether nothing is written after the key.
func (f *field) null() bool { return f == nil || f.value == nil }

// fields gives the keys of a map in order, each once. what names the map in
// messages.
func (d *decoder) fields(n ast.Node, what string) []field {
	n = d.resolve(n)
	m, ok := n.(ast.MapNode)
	if !ok {
		if n != nil {
			d.wrongType(n, what, "a map of keys and values")
		}
		return nil
	}
	var out []field
	seen := map[string]pos{}
	for it := m.MapRange(); it.Next(); {
		if _, merge := it.Key().(*ast.MergeKeyNode); merge {
			d.fault(finding.YAMLUnknownKey, at(it.Key()), "merge keys (<<) are not part of a mapping").Hint = "write the keys out, or use an alias for the whole value"
			continue
		}
		key, where := d.keyText(it.Key()), at(it.Key())
		if first, twice := seen[key]; twice {
			d.fault(finding.YAMLSyntax, where, "the key %q of %s stands here a second time, first on line %d", key, what, first.line).Hint = "keep one of the two"
			continue
		}
		seen[key] = where
		f := field{key: key, at: where, where: where}
		if v := it.Value(); v != nil {
			if v = d.resolve(v); v != nil {
				if _, null := v.(*ast.NullNode); !null {
					f.value, f.where = v, at(v)
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// keyText gives a key as it is written, so that 01 stays 01.
func (d *decoder) keyText(k ast.MapKeyNode) string {
	n := d.resolve(k)
	if n == nil {
		return ""
	}
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return ""
}

// object reads a map that has only known keys. Unknown ones are faults that
// name the nearest known key.
func (d *decoder) object(n ast.Node, what string, known ...string) map[string]*field {
	list := d.fields(n, what)
	out := make(map[string]*field, len(list))
	for i := range list {
		f := &list[i]
		if !slices.Contains(known, f.key) {
			d.unknownKey(f, what, known)
			continue
		}
		out[f.key] = f
	}
	return out
}

func (d *decoder) unknownKey(f *field, what string, known []string) {
	fault := d.fault(finding.YAMLUnknownKey, f.at, "%s has no key %q", what, f.key)
	if near := nearest(f.key, known); near != "" {
		fault.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		fault.Hint = "its keys are " + strings.Join(known, ", ")
	}
}

func (d *decoder) wrongType(n ast.Node, what, want string) {
	d.fault(finding.YAMLType, at(n), "%s must be %s, not %s", what, want, describe(n))
}

// describe says what a node is in plain words.
func describe(n ast.Node) string {
	switch v := n.(type) {
	case ast.MapNode:
		return "a map"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return "the text " + strconv.Quote(v.Value)
	case *ast.LiteralNode:
		return "a text of several lines"
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return "this"
}

// text reads a string. Numbers and booleans are taken as they are written:
// delimiter: 1 and format: 2006 need no quotes.
func (d *decoder) text(f *field, what string) string {
	if f.null() {
		if f != nil {
			d.fault(finding.YAMLType, f.at, "%s has no value", what)
		}
		return ""
	}
	s, ok := scalarText(f.value)
	if !ok {
		d.wrongType(f.value, what, "a text")
	}
	return s
}

// scalarText gives the text of a scalar node as it is written.
func scalarText(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// word reads a string that is one of a few.
func (d *decoder) word(f *field, what string, words ...string) string {
	s := d.text(f, what)
	if s == "" || slices.Contains(words, s) {
		return s
	}
	fault := d.fault(finding.YAMLType, f.where, "%s cannot be %q", what, s)
	fault.Hint = "it is one of " + strings.Join(words, ", ")
	if near := nearest(s, words); near != "" {
		fault.Hint = fmt.Sprintf("did you mean %q? %s", near, fault.Hint)
	}
	return ""
}

func (d *decoder) boolean(f *field, what string) bool {
	if f == nil {
		return false
	}
	b, ok := f.value.(*ast.BoolNode)
	if !ok {
		if f.null() {
			d.fault(finding.YAMLType, f.at, "%s must be true or false", what)
		} else {
			d.wrongType(f.value, what, "true or false")
		}
		return false
	}
	return b.Value
}

// texts reads a list of strings, or one string.
func (d *decoder) texts(f *field, what string) ([]string, []pos) {
	if f == nil {
		return nil, nil
	}
	if f.null() {
		d.fault(finding.YAMLType, f.at, "%s has no value", what)
		return nil, nil
	}
	seq, ok := f.value.(*ast.SequenceNode)
	if !ok {
		return []string{d.text(f, what)}, []pos{f.where}
	}
	var out []string
	var places []pos
	for _, item := range d.items(seq) {
		s, ok := scalarText(item)
		if !ok {
			d.wrongType(item, "each element of "+what, "a text")
			continue
		}
		out, places = append(out, s), append(places, at(item))
	}
	return out, places
}

// items gives the resolved elements of a list. An element that is null stays
// as its null node, so that it has a place.
func (d *decoder) items(seq *ast.SequenceNode) []ast.Node {
	out := make([]ast.Node, 0, len(seq.Values))
	for _, v := range seq.Values {
		if v = d.resolve(v); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// json turns a YAML value into JSON text. Numbers keep their digits; a number
// that JSON writes otherwise (0x1F, 010, .5) is a fault, since it is rarely
// meant.
func (d *decoder) json(n ast.Node, what string) []byte { return d.appendJSON(nil, n, what) }

func (d *decoder) appendJSON(dst []byte, n ast.Node, what string) []byte {
	defer d.leave()
	if n = d.resolve(n); n == nil || !d.enter(n) {
		return append(dst, "null"...)
	}
	switch v := n.(type) {
	case *ast.NullNode:
		return append(dst, "null"...)
	case *ast.BoolNode:
		return strconv.AppendBool(dst, v.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		s := n.GetToken().Value
		if !isJSONNumber(s) {
			d.fault(finding.YAMLType, at(n), "%s: %s is not a plain decimal number", what, s).Hint = "put it in quotes if it is a code, else write it like 12.5"
			return append(dst, '0')
		}
		return append(dst, s...)
	case *ast.InfinityNode, *ast.NanNode:
		d.fault(finding.YAMLType, at(n), "%s: %s is not a number that JSON has", what, n.GetToken().Value)
		return append(dst, '0')
	case *ast.SequenceNode:
		dst = append(dst, '[')
		for i, item := range d.items(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = d.appendJSON(dst, item, what)
		}
		return append(dst, ']')
	case ast.MapNode:
		dst = append(dst, '{')
		for i, f := range d.fields(n, what) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, f.key)
			dst = append(dst, ':')
			if f.value == nil {
				dst = append(dst, "null"...)
			} else {
				dst = d.appendJSON(dst, f.value, what)
			}
		}
		return append(dst, '}')
	}
	s, _ := scalarText(n)
	return appendString(dst, s)
}

// isJSONNumber reports whether s is a number in the grammar of RFC 8259.
func isJSONNumber(s string) bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	if !digits() || s[start] == '0' && i > start+1 {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}

// structure decodes a map into the struct that target points to, by its yaml
// tags, and reports every fault of it. extra are keys that the caller reads.
func (d *decoder) structure(n ast.Node, what string, target any, extra ...string) map[string]*field {
	v := reflect.ValueOf(target).Elem()
	known, index := yamlKeys(v.Type())
	out := d.object(n, what, append(known, extra...)...)
	for key, i := range index {
		f := out[key]
		if f == nil {
			continue
		}
		if f.null() {
			d.fault(finding.YAMLType, f.at, "%s: %q has no value", what, key)
			continue
		}
		d.into(v.Field(i), f, what)
	}
	return out
}

// into decodes one value into a field of a struct.
func (d *decoder) into(v reflect.Value, f *field, what string) {
	what = what + ": " + f.key
	switch v.Kind() {
	case reflect.String:
		// A delimiter or a code may look like a number.
		v.SetString(d.text(f, what))
		return
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			list, _ := d.texts(f, what)
			for _, s := range list {
				v.Set(reflect.Append(v, reflect.ValueOf(s).Convert(v.Type().Elem())))
			}
			return
		}
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Int:
		s, _ := scalarText(f.value)
		n, err := strconv.Atoi(s)
		if _, whole := f.value.(*ast.IntegerNode); err != nil || !whole {
			d.wrongType(f.value, what, "a whole number")
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		v.SetBool(d.boolean(f, what))
	default:
		d.wrongType(f.value, what, "left out: it cannot be set in a mapping")
	}
}

// yamlKeys gives the keys of a struct type and the field of each.
func yamlKeys(t reflect.Type) ([]string, map[string]int) {
	var known []string
	index := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		if key == "" {
			key = strings.ToLower(f.Name)
		}
		known = append(known, key)
		index[key] = i
	}
	return known, index
}

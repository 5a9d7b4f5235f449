package strictyaml

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Field is one key of a map.
type Field struct {
	Key   string
	At    Pos      // of the key
	Value ast.Node // resolved; nil for null
	Where Pos      // of the value
}

// Null reports whether the key is not there or nothing is written after it.
func (f *Field) Null() bool { return f == nil || f.Value == nil }

// Fields gives the keys of a map in order, each once. what names the map in
// messages.
func (d *Decoder) Fields(n ast.Node, what string) []Field {
	n = d.Resolve(n)
	m, ok := n.(ast.MapNode)
	if !ok {
		if n != nil {
			d.WrongType(n, what, "a map of keys and values")
		}
		return nil
	}
	var out []Field
	seen := map[string]Pos{}
	for it := m.MapRange(); it.Next(); {
		if _, merge := it.Key().(*ast.MergeKeyNode); merge {
			d.Fault(finding.YAMLUnknownKey, At(it.Key()), "merge keys (<<) are not part of a %s", d.noun).Hint = "write the keys out, or use an alias for the whole value"
			continue
		}
		key, where := d.keyText(it.Key()), At(it.Key())
		if first, twice := seen[key]; twice {
			d.Fault(finding.YAMLSyntax, where, "the key %q of %s stands here a second time, first on line %d", key, what, first.Line).Hint = "keep one of the two"
			continue
		}
		seen[key] = where
		f := Field{Key: key, At: where, Where: where}
		if v := it.Value(); v != nil {
			if v = d.Resolve(v); v != nil {
				if _, null := v.(*ast.NullNode); !null {
					f.Value, f.Where = v, At(v)
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// Has reports whether n is a map with this key.
func (d *Decoder) Has(n ast.Node, key string) bool {
	m, ok := d.Resolve(n).(ast.MapNode)
	if !ok {
		return false
	}
	for it := m.MapRange(); it.Next(); {
		if d.keyText(it.Key()) == key {
			return true
		}
	}
	return false
}

// keyText gives a key as it is written, so that 01 stays 01.
func (d *Decoder) keyText(k ast.MapKeyNode) string {
	n := d.Resolve(k)
	if n == nil {
		return ""
	}
	if s, ok := Scalar(n); ok {
		return s
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return ""
}

// Object reads a map that has only known keys. Unknown ones are faults that
// name the nearest known key; where that is not written, what stands there is
// read as if it were, so that its own faults are found too.
func (d *Decoder) Object(n ast.Node, what string, known ...string) map[string]*Field {
	list := d.Fields(n, what)
	out := make(map[string]*Field, len(list))
	for i := range list {
		f := &list[i]
		if slices.Contains(known, f.Key) {
			out[f.Key] = f
		}
	}
	for i := range list {
		f := &list[i]
		if slices.Contains(known, f.Key) {
			continue
		}
		d.UnknownKey(f, what, known)
		if near := finding.Nearest(f.Key, known); near != "" && out[near] == nil {
			out[near] = f
		}
	}
	return out
}

// UnknownKey reports a key that what does not have.
func (d *Decoder) UnknownKey(f *Field, what string, known []string) *finding.Finding {
	fault := d.Fault(finding.YAMLUnknownKey, f.At, "%s has no key %q", what, f.Key)
	if near := finding.Nearest(f.Key, known); near != "" {
		fault.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		fault.Hint = "its keys are " + strings.Join(known, ", ")
	}
	return fault
}

// Missing reports a key that must be there. f is nil where it is not written,
// else it has no value; owner is the place of the map.
func (d *Decoder) Missing(f *Field, owner Pos, what, key string) *finding.Finding {
	if f != nil {
		return d.Fault(finding.YAMLMissing, f.At, "%s: %q has no value", what, key)
	}
	return d.Fault(finding.YAMLMissing, owner, "%s needs the key %q", what, key)
}

// WrongType reports a node that is not what it must be.
func (d *Decoder) WrongType(n ast.Node, what, want string) *finding.Finding {
	return d.Fault(finding.YAMLType, At(n), "%s must be %s, not %s", what, want, describe(n))
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
		return "the text " + strconv.Quote(shortened(v.Value))
	case *ast.LiteralNode:
		return "a text of several lines"
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Value
	}
	return "this"
}

// shortened is the beginning of a text, for a message.
func shortened(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// Text reads a string. Numbers and booleans are taken as they are written:
// delimiter: 1 and format: 2006 need no quotes.
func (d *Decoder) Text(f *Field, what string) string {
	if f.Null() {
		if f != nil {
			d.Fault(finding.YAMLType, f.At, "%s has no value", what)
		}
		return ""
	}
	s, ok := Scalar(f.Value)
	if !ok {
		d.WrongType(f.Value, what, "a text")
	}
	return s
}

// Scalar gives the text of a scalar node as it is written.
func Scalar(n ast.Node) (string, bool) {
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

// Word reads a string that is one of a few. For another one it gives, after
// the fault, the nearest of them or "".
func (d *Decoder) Word(f *Field, what string, words ...string) string {
	s := d.Text(f, what)
	if s == "" || slices.Contains(words, s) {
		return s
	}
	fault := d.Fault(finding.YAMLType, f.Where, "%s cannot be %q", what, s)
	fault.Hint = "it is one of " + strings.Join(words, ", ")
	near := finding.Nearest(s, words)
	if near != "" {
		fault.Hint = fmt.Sprintf("did you mean %q? %s", near, fault.Hint)
	}
	return near
}

// Boolean reads true or false; a key that is not there is false.
func (d *Decoder) Boolean(f *Field, what string) bool {
	if f == nil {
		return false
	}
	b, ok := f.Value.(*ast.BoolNode)
	if !ok {
		if f.Null() {
			d.Fault(finding.YAMLType, f.At, "%s must be true or false", what)
		} else {
			d.WrongType(f.Value, what, "true or false")
		}
		return false
	}
	return b.Value
}

// Texts reads a list of strings, or one string, and the place of each.
func (d *Decoder) Texts(f *Field, what string) ([]string, []Pos) {
	if f == nil {
		return nil, nil
	}
	if f.Null() {
		d.Fault(finding.YAMLType, f.At, "%s has no value", what)
		return nil, nil
	}
	seq, ok := f.Value.(*ast.SequenceNode)
	if !ok {
		s, ok := Scalar(f.Value)
		if !ok {
			d.WrongType(f.Value, what, "a text or a list of texts")
			return nil, nil
		}
		return []string{s}, []Pos{f.Where}
	}
	var out []string
	var places []Pos
	for _, item := range d.Items(seq) {
		s, ok := Scalar(item)
		if !ok {
			d.WrongType(item, "each element of "+what, "a text")
			continue
		}
		out, places = append(out, s), append(places, At(item))
	}
	return out, places
}

// List reads a list that has elements and gives them as Items does; none after
// a fault.
func (d *Decoder) List(f *Field, what string) []ast.Node {
	seq, ok := f.Value.(*ast.SequenceNode)
	if !ok {
		d.WrongType(f.Value, what, "a list, each element starting with a dash")
		return nil
	}
	if len(seq.Values) == 0 {
		d.Fault(finding.YAMLMissing, f.At, "%s is empty", what)
	}
	return d.Items(seq)
}

// Items gives the resolved elements of a list. An element that is null stays
// as its null node, so that it has a place.
func (d *Decoder) Items(seq *ast.SequenceNode) []ast.Node {
	out := make([]ast.Node, 0, len(seq.Values))
	for _, v := range seq.Values {
		if v = d.Resolve(v); v != nil {
			out = append(out, v)
		}
	}
	return out
}

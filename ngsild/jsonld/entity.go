package jsonld

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// ExpandEntity turns the names in e into IRIs, in place: the types, the names of
// attributes and sub-attributes, the types of Relationship targets, and what a
// VocabProperty says. A name that an @context sets to null stays as it is, so that
// nothing is lost.
//
// Everything else is kept as it was written: ids and objects, scopes, geometry, JSON
// and the members inside a Property's value, which a broker stores and answers
// as they came. Under a core @context from before v1.7, to which vocab means nothing,
// what a VocabProperty says stays too; the same holds for objectType before v1.8.
func (c *Context) ExpandEntity(e *ngsild.Entity) {
	c.rename(e, func(name string) string {
		if iri, _ := c.Expand(name); iri != "" {
			return iri
		}
		return name
	})
}

// CompactEntity is the inverse of ExpandEntity: IRIs become the names that Compact
// gives, in place.
func (c *Context) CompactEntity(e *ngsild.Entity) { c.rename(e, c.Compact) }

func (c *Context) rename(e *ngsild.Entity, name func(string) string) {
	renameAll(e.Types, name)
	c.renameAttributes(e.Attributes, name)
}

func renameAll(list []string, name func(string) string) {
	for i := range list {
		list[i] = name(list[i])
	}
}

func (c *Context) renameAttributes(attributes []ngsild.Attribute, name func(string) string) {
	for i := range attributes {
		a := &attributes[i]
		a.Name = name(a.Name)
		if c.vocabTypes {
			renameAll(a.ObjectType, name)
		}
		if a.Kind == ngsild.VocabProperty && c.vocabValues {
			a.Value = renameVocab(a.Value, name)
		}
		c.renameAttributes(a.Attributes, name)
	}
}

// renameVocab gives the JSON text of a vocab member with its strings renamed:
// a string or an array of strings. Anything else, and a text in which
// nothing changes, is given back as it is.
func renameVocab(value jsontext.Value, name func(string) string) jsontext.Value {
	switch value.Kind() {
	case '"':
		return renameString(value, name)
	case '[':
	default:
		return value
	}
	items, ok := elements(value)
	if !ok {
		return value
	}
	changed := false
	out := make(jsontext.Value, 0, len(value)+64)
	out = append(out, '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		renamed := item
		if item.Kind() == '"' {
			renamed = renameString(item, name)
		}
		changed = changed || string(renamed) != string(item)
		out = append(out, renamed...)
	}
	if !changed {
		return value
	}
	return append(out, ']')
}

func renameString(value jsontext.Value, name func(string) string) jsontext.Value {
	was, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return value
	}
	is := name(string(was))
	if is == string(was) {
		return value
	}
	out, err := jsontext.AppendQuote(make(jsontext.Value, 0, len(is)+2), is)
	if err != nil {
		return value
	}
	return out
}

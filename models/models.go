// Package models owns the catalogue of data models: which entity types exist,
// which attributes they have, of which kind, JSON type, format, limits and
// unit, and the IRI of each term.
//
// The built-in catalogue holds facts taken from the Smart Data Models in a
// compact form of our own: a file for each subject in the folder catalogue, and
// an index. A subject's file is read when one of its models is asked for. From it
// the package makes a JSON Schema for the key-values form of each model and the
// @context of the subject.
package models

//go:generate go run ./internal/extract ../../shared/smart-data-models catalogue folder/shared.json

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Catalogue is a set of models by subject. It does not change and is safe to
// share, as a pointer.
type Catalogue struct {
	Subjects []*Subject

	byType map[string][]entry // by the short name of the type and by its IRI
	byName map[string][]entry // by the name of the model, and by Subject/Name

	searched, compared sync.Once
	words              *vocabulary
	meanings           map[string][]Meaning
}

// entry is a model of which no more is known than its names.
type entry struct {
	subject *Subject
	name    string
}

// model reads the subject's file where that was not done.
func (e entry) model() *Model {
	for _, m := range e.subject.Models() {
		if m.Name == e.name {
			return m
		}
	}
	return nil
}

// Subject is a family of models that share one @context.
type Subject struct {
	Name string `json:"name"`
	// Repository and Commit say where the facts were taken from.
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	// ContextURLs are the addresses under which the @context is published;
	// the first is the one to write into a document.
	ContextURLs []string `json:"contextURLs"`
	// Folder is where the models of a use case lie; empty where they are built in.
	Folder string `json:"-"`
	// Listed names the models, in order.
	Listed []Listed `json:"models"`

	load   sync.Once
	read   func() *Details
	loaded *Details
}

// Listed is a model by its names alone.
type Listed struct {
	Name string `json:"name"`
	// Type is the entity type as a term; IRI is the type's, or "".
	Type string `json:"type"`
	IRI  string `json:"iri,omitempty"`
}

// Details is what a subject's file holds.
type Details struct {
	// Terms maps each term of the @context to its IRI or term definition, as JSON.
	Terms  map[string]json.RawMessage `json:"terms"`
	Models []*Model                   `json:"models"`
	// Document is the @context document where it is more than its terms, which a
	// document may take from others; nil where the terms make it.
	Document []byte `json:"-"`
}

// details reads the subject's file once.
func (s *Subject) details() *Details {
	s.load.Do(func() {
		s.loaded = s.read()
		s.read = nil
		for _, m := range s.loaded.Models {
			m.Subject = s
			m.byName = make(map[string]*Attribute, 2*len(m.Attributes))
			for _, a := range m.Attributes {
				m.byName[a.Name] = a
				if iri := iriOf(s.loaded.Terms, a.Name); iri != "" {
					m.byName[iri] = a
				}
			}
		}
	})
	return s.loaded
}

// Terms maps each term of the @context to its IRI or term definition, as JSON.
func (s *Subject) Terms() map[string]json.RawMessage { return s.details().Terms }

// Models gives the models of the subject in the order of their names.
func (s *Subject) Models() []*Model { return s.details().Models }

// Model says what an entity of one type looks like.
type Model struct {
	// Name is unique in its Subject.
	Name string `json:"name"`
	// Type is the entity type as a term of the subject's @context.
	Type string `json:"type"`
	// Required names the members that an entity must have, id and type among them.
	Required []string `json:"required,omitempty"`
	// Attributes are sorted by name; id and type are not among them.
	Attributes []*Attribute `json:"attributes"`
	// ID and TypeShape say what the members id and type must look like in the
	// key-values form; either may be nil.
	ID        *Shape `json:"id,omitempty"`
	TypeShape *Shape `json:"typeShape,omitempty"`

	// Subject is the family this model belongs to.
	Subject *Subject `json:"-"`

	byName map[string]*Attribute
}

// Attribute is what a model says of one attribute.
type Attribute struct {
	Name string
	// Kind is Property, GeoProperty, Relationship or, of 21 attributes of
	// PredictiveMaintenance, ListProperty in the official models; own models may have
	// any. 0 means that the model does not say.
	Kind ngsild.Kind
	// Units are UN/CEFACT codes: a value in any unit of the dimension of one of
	// them is right. The first is the one the model's text uses. Empty where
	// nothing is known. UnitsOurs is set where the official text has no code
	// and the choice is this catalogue's own.
	Units     []string
	UnitsOurs bool
	// Shape is the form of the value in key-values.
	Shape Shape
}

// IRI gives the IRI that the subject's @context has for the attribute, or ""
// where it has none.
func (m *Model) IRI(attribute string) string { return m.Subject.IRI(attribute) }

// TypeIRI gives the IRI of the entity type.
func (m *Model) TypeIRI() string { return m.Subject.IRI(m.Type) }

// QualifiedName gives Subject/Name.
func (m *Model) QualifiedName() string { return m.Subject.Name + "/" + m.Name }

// Attribute gives the attribute of this name, which is a term or the IRI that
// the subject's @context has for it; nil where the model has none.
func (m *Model) Attribute(name string) *Attribute { return m.byName[name] }

// AttributeNames gives the names in order.
func (m *Model) AttributeNames() []string {
	names := make([]string, len(m.Attributes))
	for i, a := range m.Attributes {
		names[i] = a.Name
	}
	return names
}

// ContextURL gives the address of the @context to write into a document.
func (s *Subject) ContextURL() string {
	if len(s.ContextURLs) == 0 {
		return ""
	}
	return s.ContextURLs[0]
}

// IRI gives the IRI of a term, or "" where the subject's @context has none. A compact
// IRI whose prefix the @context lacks stays as it is.
func (s *Subject) IRI(term string) string { return iriOf(s.Terms(), term) }

func iriOf(terms map[string]json.RawMessage, term string) string {
	iri := idOf(terms[term])
	prefix, rest, compact := strings.Cut(iri, ":")
	if !compact || strings.HasPrefix(rest, "//") {
		return iri
	}
	if whole := idOf(terms[prefix]); whole != "" {
		return whole + rest
	}
	return iri
}

// idOf gives what a term stands for as its definition has it, or "".
func idOf(definition json.RawMessage) string {
	var iri string
	if definition == nil || json.Unmarshal(definition, &iri) == nil {
		return iri
	}
	var object struct {
		ID string `json:"@id"`
	}
	_ = json.Unmarshal(definition, &object) // an unreadable definition has no IRI
	return object.ID
}

//go:embed catalogue
var builtinFiles embed.FS

var builtin = sync.OnceValue(readBuiltin)

// readBuiltin reads the index, and of the subjects what is asked for later.
func readBuiltin() *Catalogue {
	c := &Catalogue{}
	mustRead("index.json", &c.Subjects)
	for _, s := range c.Subjects {
		s.read = func() *Details {
			details := &Details{}
			mustRead(s.Name+".json", details)
			return details
		}
	}
	c.index()
	return c
}

// mustRead reads a file of the built-in catalogue, which is part of the binary
// and read by tests as a whole.
func mustRead(name string, into any) {
	text, err := builtinFiles.ReadFile("catalogue/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic(fmt.Errorf("read %s of the catalogue of models: %w", name, err))
	}
}

// Builtin gives the catalogue inside the binary. Its index is read at the first
// call.
func Builtin() *Catalogue { return builtin() }

// NewSubject gives a subject of models that are not built in.
func NewSubject(name string, contextURLs []string, details *Details) *Subject {
	s := &Subject{Name: name, ContextURLs: contextURLs, read: func() *Details { return details }}
	for _, m := range details.Models {
		s.Listed = append(s.Listed, Listed{Name: m.Name, Type: m.Type, IRI: iriOf(details.Terms, m.Type)})
	}
	return s
}

// With gives a catalogue that has the models of more subjects too. One of the same
// subject and name stands in the place of the one that was there.
func (c *Catalogue) With(more ...*Subject) *Catalogue {
	if len(more) == 0 {
		return c
	}
	whole := &Catalogue{Subjects: slices.Concat(more, c.Subjects)}
	whole.index()
	return whole
}

// index fills the look-ups from the names of the models. Of two of one name the first
// counts.
func (c *Catalogue) index() {
	c.byType, c.byName = map[string][]entry{}, map[string][]entry{}
	for _, s := range c.Subjects {
		for _, m := range s.Listed {
			e := entry{s, m.Name}
			qualified := s.Name + "/" + m.Name
			if c.byName[qualified] != nil {
				continue
			}
			c.byName[qualified] = []entry{e}
			c.byName[m.Name] = append(c.byName[m.Name], e)
			c.byType[m.Type] = append(c.byType[m.Type], e)
			if m.IRI != "" && m.IRI != m.Type {
				c.byType[m.IRI] = append(c.byType[m.IRI], e)
			}
		}
	}
}

// counts reports whether the model of the subject is the one that its name means.
func (c *Catalogue) counts(s *Subject, name string) bool {
	return c.byName[s.Name+"/"+name][0].subject == s
}

// Models gives all models in the order of their qualified names; it reads every
// subject.
func (c *Catalogue) Models() []*Model {
	var list []*Model
	for _, s := range c.Subjects {
		for _, m := range s.Models() {
			if c.counts(s, m.Name) {
				list = append(list, m)
			}
		}
	}
	slices.SortFunc(list, func(a, b *Model) int { return strings.Compare(a.QualifiedName(), b.QualifiedName()) })
	return list
}

// ListedModel is a model by its names alone, with our line about it.
type ListedModel struct {
	Subject string
	// Folder is that of Subject.
	Folder string
	Listed
	Line Line
}

// Listed gives the names of all models, by subject and name; it reads no subject.
func (c *Catalogue) Listed() []ListedModel {
	var list []ListedModel
	for _, s := range c.Subjects {
		for _, m := range s.Listed {
			if c.counts(s, m.Name) {
				list = append(list, ListedModel{s.Name, s.Folder, m, lines[s.Name+"/"+m.Name]})
			}
		}
	}
	slices.SortFunc(list, func(a, b ListedModel) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), strings.Compare(a.Name, b.Name))
	})
	return list
}

// UnknownError says that the catalogue has no model of a name.
type UnknownError struct {
	Name string
	// Nearest is the qualified name of a model that might have been meant, or "".
	Nearest string
}

// Error names the model, and the nearest one.
func (e *UnknownError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("no model is named %q; did you mean %s?", e.Name, e.Nearest)
	}
	return fmt.Sprintf("no model is named %q", e.Name)
}

// AmbiguousError says that several subjects have a model of a name.
type AmbiguousError struct {
	Name    string
	Choices []string // qualified names, sorted
}

// Error names the choices.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("several models are named %q: say %s", e.Name, strings.Join(e.Choices, " or "))
}

// Find gives the model of a name: Subject/Model, or Model alone where only one
// subject has it. The error is an *UnknownError or an *AmbiguousError.
func (c *Catalogue) Find(name string) (*Model, error) {
	found := c.byName[name]
	switch len(found) {
	case 1:
		return found[0].model(), nil
	case 0:
		near := finding.Nearest(name, slices.Sorted(maps.Keys(c.byName)))
		if named := c.byName[near]; len(named) > 0 {
			near = named[0].subject.Name + "/" + named[0].name
		}
		return nil, &UnknownError{Name: name, Nearest: near}
	}
	choices := make([]string, len(found))
	for i, e := range found {
		choices[i] = e.subject.Name + "/" + e.name
	}
	slices.Sort(choices)
	return nil, &AmbiguousError{Name: name, Choices: choices}
}

// ByType gives the models whose entity type is this term or IRI, in the order
// of their qualified names.
func (c *Catalogue) ByType(typ string) []*Model {
	var list []*Model
	for _, e := range c.byType[typ] {
		list = append(list, e.model())
	}
	return list
}

// KindOf gives the kind that the models of an entity type give an attribute, or
// 0 where no model has it or two disagree. Both names may be terms or IRIs.
func (c *Catalogue) KindOf(typ, attribute string) ngsild.Kind {
	var kind ngsild.Kind
	for _, m := range c.ByType(typ) {
		a := m.byName[attribute]
		switch {
		case a == nil || a.Kind == 0 || a.Kind == kind:
		case kind != 0:
			return 0
		default:
			kind = a.Kind
		}
	}
	return kind
}

// Types gives every entity type of the catalogue as a term, sorted, once.
func (c *Catalogue) Types() []string {
	var list []string
	for _, s := range c.Subjects {
		for _, m := range s.Listed {
			list = append(list, m.Type)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

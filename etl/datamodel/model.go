// Package datamodel owns the files of a data model that is made from a mapping: what a
// pilot publishes in its folder data-models, laid out as the Smart Data Models are.
package datamodel

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// Model is a data model as a mapping describes it: of one entity type, or of several that
// an entity has together.
type Model struct {
	Subject, Name string
	Types         []string
	TypeIRIs      []string // of Types
	// Base is the model that this one extends, or nil.
	Base *models.Model
	// Attributes are sorted by name.
	Attributes []*Attribute
	// Words are other terms of its values, by their IRI.
	Words map[string]string

	definitions []int // of the mapping
}

// Attribute is an attribute of a model, or of an attribute.
type Attribute struct {
	Name, IRI string
	Kind      ngsild.Kind
	UnitCode  string
	// Shape is the form of the value in the simplified form of an entity.
	Shape models.Shape
	// Reused says that the base has the attribute; its facts are the base's.
	Reused      bool
	Description string
	Attributes  []*Attribute

	origins  []string
	several  bool
	observed bool
}

// Source is what models are made from.
type Source struct {
	Mapping *mapping.Mapping
	Plan    *mapping.Plan
	// Expand gives the IRI of a word of a vocab, or of a member of an object.
	Expand func(term string) (iri string, known bool)
	// Catalogue holds the models that may be extended.
	Catalogue *models.Catalogue
}

// UsedError says that each entity type of a mapping has a model already, with all its
// attributes, so that there is none to make.
type UsedError struct{ Models []string }

// Error names the models.
func (e *UsedError) Error() string {
	return fmt.Sprintf("there is no model to make: %s has every attribute of the mapping", strings.Join(e.Models, ", "))
}

// Models gives a model for each entity type of a mapping that has none, and for each whose
// model lacks an attribute of the mapping. Findings are warnings. The error is a
// *models.AmbiguousError, a *models.UnknownError, a *UsedError or a finding.List.
func Models(subject string, s Source) ([]*Model, []finding.Finding, error) {
	var list []*Model
	var used []string
	outlines, infos := s.Mapping.Outlines(), s.Plan.Entities()
	for i := range outlines {
		o, info := &outlines[i], &infos[i]
		at := slices.IndexFunc(list, func(m *Model) bool { return slices.Equal(m.Types, info.Types) })
		if at < 0 {
			base, err := baseOf(subject, s.Catalogue, o, info)
			if err != nil {
				return nil, nil, err
			}
			list = append(list, &Model{Subject: subject, Name: info.Types[0], Types: info.Types, TypeIRIs: info.TypeIRIs, Base: base, Words: map[string]string{}})
			at = len(list) - 1
		}
		m := list[at]
		m.definitions = append(m.definitions, i)
		m.Attributes = m.add(m.Attributes, o.Attributes, info.Attributes, s.Expand)
	}
	var found []finding.Finding
	list = slices.DeleteFunc(list, func(m *Model) bool {
		if m.Base != nil && !m.extends() {
			used = append(used, m.Base.QualifiedName())
			return true
		}
		found = append(found, m.settle(s.Mapping.Name)...)
		return false
	})
	if len(list) == 0 {
		return nil, nil, &UsedError{used}
	}
	for i, m := range list {
		for _, other := range list[:i] {
			if other.Name == m.Name {
				f := finding.New(finding.EntityType, finding.Location{File: s.Mapping.Name}, "two entities of the mapping have the first type %q and other types beside it: their models would have one name", m.Name)
				return nil, nil, finding.List{f}
			}
		}
	}
	return list, found, nil
}

// baseOf gives the model that an entity has: what the mapping names, or that of the type.
// The model that is made itself is none.
func baseOf(subject string, catalogue *models.Catalogue, o *mapping.Outline, info *mapping.EntityInfo) (*models.Model, error) {
	if o.Model.Text != "" {
		m, err := catalogue.Find(o.Model.Text)
		var unknown *models.UnknownError
		if errors.As(err, &unknown) && (o.Model.Text == info.Types[0] || o.Model.Text == subject+"/"+info.Types[0]) {
			return nil, nil // what is about to be made
		}
		if err != nil || m.Subject.Name != subject {
			return m, err
		}
		return nil, nil
	}
	var choices []*models.Model
	for _, iri := range info.TypeIRIs {
		for _, m := range catalogue.ByType(iri) {
			if m.Subject.Name != subject && !slices.Contains(choices, m) {
				choices = append(choices, m)
			}
		}
	}
	if len(choices) > 1 {
		e := &models.AmbiguousError{Name: info.Types[0]}
		for _, m := range choices {
			e.Choices = append(e.Choices, m.QualifiedName())
		}
		return nil, e
	}
	if len(choices) == 1 {
		return choices[0], nil
	}
	return nil, nil
}

// extends says whether the model has an attribute that its base lacks.
func (m *Model) extends() bool {
	return slices.ContainsFunc(m.Attributes, func(a *Attribute) bool { return m.Base.Attribute(a.Name) == nil })
}

// add adds the instances of attributes to a list.
func (m *Model) add(list []*Attribute, outlines []mapping.AttributeOutline, infos []mapping.AttributeInfo, expand func(string) (string, bool)) []*Attribute {
	for i := range outlines {
		o, info := &outlines[i], &infos[i]
		for _, word := range o.Words {
			if iri, known := expand(word.Text); known && !strings.Contains(word.Text, ":") {
				m.Words[word.Text] = iri
			}
		}
		at := slices.IndexFunc(list, func(a *Attribute) bool { return a.Name == o.Text })
		if at < 0 {
			at = len(list)
			list = append(list, &Attribute{Name: o.Text, IRI: info.IRI, Kind: o.Kind, UnitCode: o.UnitCode, Shape: o.Shape, several: o.Dataset})
		} else {
			list[at].join(o)
		}
		a := list[at]
		if !slices.Contains(a.origins, o.Origin) {
			a.origins = append(a.origins, o.Origin)
		}
		a.observed = a.observed || o.Observed
		a.Attributes = m.add(a.Attributes, o.Attributes, info.Attributes, expand)
	}
	slices.SortFunc(list, func(a, b *Attribute) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// join takes another instance in: of another form, any is allowed.
func (a *Attribute) join(o *mapping.AttributeOutline) {
	a.several = a.several || o.Dataset
	if a.UnitCode != o.UnitCode {
		a.UnitCode = ""
	}
	switch one := o.Shape; {
	case one.Type != a.Shape.Type || one.Format != a.Shape.Format || !slices.Equal(one.Geometry, a.Shape.Geometry):
		a.Shape = models.Shape{}
	case len(one.Enum) == 0 || len(a.Shape.Enum) == 0:
		a.Shape.Enum = nil
	default:
		for _, value := range one.Enum {
			if !slices.ContainsFunc(a.Shape.Enum, func(other json.RawMessage) bool { return string(other) == string(value) }) {
				a.Shape.Enum = append(a.Shape.Enum, value)
			}
		}
	}
}

// settle takes the facts of the base, and writes what stands beside each attribute.
func (m *Model) settle(file string) []finding.Finding {
	var found []finding.Finding
	for _, a := range m.Attributes {
		of := ""
		if m.Base != nil {
			if base := m.Base.Attribute(a.Name); base != nil {
				a.Reused, a.Shape = true, base.Shape
				of = "Of " + m.Base.QualifiedName() + ". "
				if base.Kind != 0 {
					a.Kind = base.Kind
				}
			}
		}
		if a.several && !a.Reused {
			one := a.Shape
			dataset := &models.Shape{Type: "object", Members: map[string]*models.Shape{"dataset": {Type: "object"}}, Required: []string{"dataset"}}
			a.Shape = models.Shape{AnyOf: []*models.Shape{dataset, &one}}
		}
		a.describe(of)
	}
	if m.Base != nil {
		for _, name := range m.Base.Required {
			if name == ngsild.MemberID || name == ngsild.MemberType || m.attribute(name) != nil {
				continue
			}
			f := finding.New(finding.ModelSchema, finding.Location{File: file}, "%s demands %q, and the mapping has no such attribute", m.Base.QualifiedName(), name)
			f.Severity = finding.Warning
			found = append(found, f.WithHint("add it, or the entities are refused as %s", m.Base.Name))
		}
	}
	return found
}

func (m *Model) attribute(name string) *Attribute {
	for _, a := range m.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// describe writes the description of an attribute, and of those below, that nobody has
// written one for. It begins with the kind, as those of the Smart Data Models do; of says
// whose attribute it is.
func (a *Attribute) describe(of string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. %sFrom %s.", a.Kind, of, strings.Join(a.origins, " or "))
	if a.UnitCode != "" {
		fmt.Fprintf(&b, " Units:'%s'", a.UnitCode)
		if u, ok := unit.Lookup(a.UnitCode); ok && u.Name != "" {
			fmt.Fprintf(&b, " (%s)", u.Name)
		}
		b.WriteString(".")
	}
	if a.observed {
		b.WriteString(" With observedAt.")
	}
	if a.several {
		b.WriteString(" Instances are told apart by datasetId.")
	}
	for _, below := range a.Attributes {
		below.describe("")
		fmt.Fprintf(&b, " With %s (%s).", below.Name, below.Kind)
	}
	a.Description = b.String()
}

// described matches what describe gives, so that what a person wrote can be told from it.
var described = regexp.MustCompile(`^\w+\.(?: Of [^ ]+\.)? From (?:"(?:[^"\\]|\\.)*"|[^".])*\.(?: Units:'[^']*'(?: \([^)]*\))?\.)?(?: With observedAt\.)?(?: Instances are told apart by datasetId\.)?(?: With [^ ]+ \(\w+\)\.)*$`)

// sameKind says whether a description begins with a kind.
func sameKind(description string, kind ngsild.Kind) bool {
	return strings.HasPrefix(description, kind.String()+".")
}

package mapping

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Outline is an entity definition as it is written: the names that an @context
// has to define, and the form of each value. It is of the text alone; neither a
// source nor an @context is asked.
type Outline struct {
	Types []Name
	// Model is the one that the mapping names; its Text is empty where it names none.
	Model      Name
	Attributes []AttributeOutline
}

// Name is a word of a mapping, and its place.
type Name struct {
	Text string
	At   finding.Location
	// Fault says why NGSI-LD does not allow the name, "" where it does.
	Fault string
}

// AttributeOutline is one instance of an attribute as it is written.
type AttributeOutline struct {
	Name
	Kind     ngsild.Kind
	UnitCode string
	// Shape is the form of the value in the simplified form of an entity.
	Shape models.Shape
	// Origin says what the value is made of, such as: column "Nb sites".
	Origin string
	// Dataset says that the instance has a datasetId.
	Dataset bool
	// Observed says that it has an observedAt.
	Observed bool
	// Words are what an @context has to define inside the value: the words of a
	// vocab as far as they stand in the mapping, and the names of the members of
	// an object. A place is that of the attribute.
	Words      []Name
	Attributes []AttributeOutline
}

// Outlines gives the entity definitions in the order of the mapping.
func (m *Mapping) Outlines() []Outline {
	var out []Outline
	for i := range m.entities {
		e := &m.entities[i]
		o := Outline{Model: m.name(e.model, "")}
		for _, t := range e.types {
			o.Types = append(o.Types, m.name(t, faultOfName(t.text)))
		}
		o.Attributes = m.outlines(e.attributes)
		out = append(out, o)
	}
	return out
}

func (m *Mapping) name(l located, fault string) Name {
	return Name{l.text, finding.Location{File: m.Name, Line: l.at.Line, Char: l.at.Char}, fault}
}

func (m *Mapping) outlines(defs []attributeDef) []AttributeOutline {
	var out []AttributeOutline
	for i := range defs {
		def := &defs[i]
		fault := faultOfName(def.name)
		if slices.Contains(reserved, def.name) {
			fault = "it is a member of NGSI-LD"
		}
		a := AttributeOutline{
			Name: m.name(located{def.name, def.at}, fault), Kind: def.kind(), UnitCode: def.unitCode.text,
			Dataset: def.datasetID != nil, Observed: def.observedAt != nil, Attributes: m.outlines(def.attributes),
		}
		if v := def.value; v != nil {
			if v.form == formCell && v.cell.unit != nil {
				a.UnitCode = v.cell.unit.to.text
			}
			a.Shape = m.simplified(def)
			a.Origin = v.origin()
			for _, word := range m.words(def.member, v, nil) {
				a.Words = append(a.Words, Name{Text: word, At: a.At})
			}
		}
		out = append(out, a)
	}
	return out
}

// kindOfMember gives the kind that a member makes, where not its value decides.
var kindOfMember = map[string]ngsild.Kind{
	ngsild.MemberValue: ngsild.Property, ngsild.MemberObject: ngsild.Relationship, ngsild.MemberObjectList: ngsild.ListRelationship,
	ngsild.MemberLanguageMap: ngsild.LanguageProperty, ngsild.MemberVocab: ngsild.VocabProperty,
	ngsild.MemberValueList: ngsild.ListProperty, ngsild.MemberJSON: ngsild.JsonProperty,
}

// kind gives the kind of the attribute, 0 where it says nothing.
func (def *attributeDef) kind() ngsild.Kind {
	if v := def.value; v != nil && def.member == ngsild.MemberValue && v.form == formCell && (v.cell.as.text == "point" || v.cell.as.text == "geojson") {
		return ngsild.GeoProperty
	}
	return kindOfMember[def.member]
}

// simplified gives the form of an attribute's value in an entity's simplified form.
func (m *Mapping) simplified(def *attributeDef) models.Shape {
	// In the simplified form a languageMap and a vocab stand in an object, and by themselves
	// where one language is asked for, or the form is that of other APIs.
	alone := func(member string, whole, one models.Shape) models.Shape {
		object := &models.Shape{Type: "object", Members: map[string]*models.Shape{member: &whole}, Required: []string{member}}
		return models.Shape{AnyOf: []*models.Shape{object, &one}}
	}
	switch def.member {
	case ngsild.MemberObject:
		return m.uriShape(def.value)
	case ngsild.MemberObjectList:
		return models.Shape{Type: "array", Items: &models.Shape{Type: "string", Format: "uri"}}
	case ngsild.MemberLanguageMap:
		return alone(def.member, models.Shape{Type: "object"}, models.Shape{Type: "string"})
	case ngsild.MemberVocab:
		one := m.shape(def.value, def.member)
		return alone(def.member, one, one)
	case ngsild.MemberJSON:
		return models.Shape{}
	case ngsild.MemberValueList:
		s := m.shape(def.value, def.member)
		s.Type = "array"
		return s
	}
	return m.shape(def.value, def.member)
}

func (m *Mapping) uriShape(v *valueDef) models.Shape {
	one := models.Shape{Type: "string", Format: "uri"}
	switch {
	case v.form == formList, v.form == formConstant && bytes.HasPrefix(v.constant, []byte{'['}), v.form == formCell && v.cell.conversion(true, "") == asList:
		return models.Shape{Type: "array", Items: &one}
	}
	return one
}

// shape gives the form of a value under a member of an attribute.
func (m *Mapping) shape(v *valueDef, member string) models.Shape {
	switch v.form {
	case formTemplate:
		return models.Shape{Type: "string"}
	case formList:
		return models.Shape{Type: "array", Items: m.common(v.list, member)}
	case formMembers:
		s := models.Shape{Type: "object", Members: map[string]*models.Shape{}}
		for i := range v.members {
			one := m.shape(&v.members[i].value, member)
			s.Members[v.members[i].name] = &one
		}
		return s
	case formCell:
		return m.cellShape(v.cell, member)
	}
	return constantShape(v.constant)
}

// common gives the form that all of a list have, nil where they differ.
func (m *Mapping) common(list []valueDef, member string) *models.Shape {
	var all *models.Shape
	for i := range list {
		one := m.shape(&list[i], member)
		if all != nil && (all.Type != one.Type || all.Format != one.Format) {
			return nil
		}
		all = &models.Shape{Type: one.Type, Format: one.Format}
	}
	return all
}

// constantShape gives the form of a JSON value.
func constantShape(value []byte) models.Shape {
	if len(value) == 0 {
		return models.Shape{}
	}
	switch value[0] {
	case '"':
		return models.Shape{Type: "string"}
	case '{':
		return models.Shape{Type: "object"}
	case 't', 'f':
		return models.Shape{Type: "boolean"}
	case 'n':
		return models.Shape{}
	case '[':
		s := models.Shape{Type: "array"}
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			return s
		}
		for i, item := range items {
			one := constantShape(item)
			if i > 0 && (s.Items == nil || s.Items.Type != one.Type) {
				s.Items = nil
				break
			}
			s.Items = &models.Shape{Type: one.Type}
		}
		return s
	}
	return models.Shape{Type: "number"}
}

// geometries are the types that a GeoJSON value of a cell may have.
var geometries = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}

// cellShape gives the form of what a converter makes.
func (m *Mapping) cellShape(k *cellDef, member string) models.Shape {
	if k.constant != nil {
		return constantShape(k.constant)
	}
	if k.template != nil {
		return models.Shape{Type: "string"}
	}
	if s, ok := m.lookupShape(k); ok {
		return s
	}
	switch as := k.conversion(false, member); as {
	case asNumber, asInteger, asBoolean:
		return models.Shape{Type: as.String()}
	case asDate:
		return models.Shape{Type: "string", Format: "date"}
	case asDatetime, asYear, asQuarter, asMonth, asWeek:
		return models.Shape{Type: "string", Format: "date-time"}
	case asPoint:
		return models.Shape{Geometry: []string{"Point"}}
	case asGeoJSON:
		return models.Shape{Geometry: geometries}
	case asURI:
		return models.Shape{Type: "string", Format: "uri"}
	case asJSON:
		return models.Shape{}
	case asList:
		items := models.Shape{Type: "string"}
		if k.of != nil {
			items = m.cellShape(k.of, "of")
		}
		return models.Shape{Type: "array", Items: &items}
	}
	return models.Shape{Type: "string"}
}

// lookupShape gives the values of a look-up table that is written in the mapping; ok
// is false where there is no table, or others can come out of it.
func (m *Mapping) lookupShape(k *cellDef) (models.Shape, bool) {
	if !k.lookedUp {
		return models.Shape{}, false
	}
	var s models.Shape
	values := m.lookedUp(k)
	for i, value := range values {
		one := constantShape(value)
		if i > 0 && one.Type != s.Type {
			return models.Shape{}, k.as.text == ""
		}
		s.Type = one.Type
		if !slices.ContainsFunc(s.Enum, func(other json.RawMessage) bool { return string(other) == string(value) }) {
			s.Enum = append(s.Enum, json.RawMessage(value))
		}
	}
	plain := k.as.text == "" && k.unit == nil && k.separator == "" && k.of == nil || k.as.text == "text"
	if !plain || len(values) == 0 || k.miss == "keep" {
		return models.Shape{}, false
	}
	return s, true
}

// lookedUp gives the values that come out of a table in the mapping and the default,
// as JSON; none where the table is in a file.
func (m *Mapping) lookedUp(k *cellDef) [][]byte {
	pairs := k.pairs
	for _, def := range m.lookups {
		if k.lookup.text != "" && def.name == k.lookup.text {
			pairs = def.pairs
		}
	}
	var values [][]byte
	for _, p := range pairs {
		values = append(values, p.value)
	}
	if len(values) > 0 && k.fallback != nil {
		values = append(values, k.fallback)
	}
	return values
}

// words gives the words inside a value that an @context has to define.
func (m *Mapping) words(member string, v *valueDef, out []string) []string {
	add := func(word string) {
		if word != "" && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	switch member {
	case ngsild.MemberVocab:
		var constants [][]byte
		switch v.form {
		case formConstant:
			constants = [][]byte{v.constant}
		case formCell:
			if v.cell.template == nil {
				constants = m.lookedUp(v.cell)
			}
			if v.cell.of != nil && v.cell.of.template == nil {
				constants = append(constants, m.lookedUp(v.cell.of)...)
			}
		}
		for _, constant := range constants {
			var list []string
			if json.Unmarshal(constant, &list) != nil {
				text, _ := constantText(constant)
				list = []string{text}
			}
			for _, word := range list {
				add(word)
			}
		}
	case ngsild.MemberValue, ngsild.MemberValueList:
		for i := range v.members {
			add(v.members[i].name)
		}
		var value any
		if v.form == formConstant && json.Unmarshal(v.constant, &value) == nil {
			for _, word := range memberNames(value, nil) {
				add(word)
			}
		}
	default:
		return out
	}
	for i := range v.list {
		out = m.words(member, &v.list[i], out)
	}
	for i := range v.members {
		out = m.words(member, &v.members[i].value, out)
	}
	return out
}

// memberNames gives the names of the members of objects inside a JSON value.
func memberNames(value any, out []string) []string {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			out = memberNames(item, out)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = memberNames(v[name], append(out, name))
		}
	}
	return out
}

// origin says what a value is made of.
func (v *valueDef) origin() string {
	switch v.form {
	case formTemplate:
		return "the template " + strconv.Quote(v.template)
	case formConstant:
		return "a constant"
	}
	columns := v.columns(nil)
	for i := range columns {
		columns[i] = strconv.Quote(columns[i])
	}
	switch len(columns) {
	case 0:
		return "a constant"
	case 1:
		return "column " + columns[0]
	}
	last := len(columns) - 1
	return "columns " + strings.Join(columns[:last], ", ") + " and " + columns[last]
}

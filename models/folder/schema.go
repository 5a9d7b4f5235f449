package folder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

const (
	// maxDepth bounds how deep a file of a model, and a value that its schema
	// describes, may be nested. The deepest official schema has 17.
	maxDepth = 200
	// maxShapes bounds how many schemas one schema may come to when its $refs
	// are followed. The largest official one comes to 1 100.
	maxShapes = 50_000
)

// Reader takes the facts of a model from its JSON Schema and its model.yaml. Where
// the two are at fault or disagree a rule decides. The zero Reader follows a $ref to
// the shared definitions of Smart Data Models, which are built in, and takes one to
// any other address as allowing anything. A Reader is for one goroutine.
type Reader struct {
	// Document gives the JSON document that a $ref names, without its fragment: a
	// URL, or the name of a file beside the schema. It gives the same value each
	// time, which is not changed. Nil is a document that is not known.
	Document func(address string) (any, error)
	// Siblings are the names of the models of the subject: a schema that allows only the
	// type of another of them was copied from there, and the model's name is its type.
	Siblings []string
	// Rule is told of each rule that decided something, and where:
	// Subject/Model.attribute.
	Rule func(place, rule string)

	place string // the attribute at hand
	root  map[string]any
	base  string // the address that root has by its $id
	// inside are the schemas that the one at hand stands in.
	inside []uintptr
	shapes int
}

// rule notes that a rule decided something at the attribute at hand.
func (r *Reader) rule(format string, args ...any) {
	if r.Rule != nil {
		r.Rule(r.place, fmt.Sprintf(format, args...))
	}
}

// schema is a JSON Schema together with the address of the document that its $refs
// with a fragment alone speak of.
type schema struct {
	content map[string]any
	base    string
}

// schemaOf gives what a JSON value means as a schema: true allows anything, and so
// does what is no schema.
func schemaOf(value any, base string) schema {
	object, _ := value.(map[string]any)
	return schema{object, base}
}

// Model gives the facts of a model. yaml is the text of its model.yaml, or nil; terms
// are those of the @context of its subject. The error says where the schema cannot be
// followed.
func (r *Reader) Model(subject, name string, content map[string]any, yaml []byte, terms map[string]json.RawMessage) (*models.Model, error) {
	r.root, r.inside, r.shapes = content, nil, 0
	r.base, _ = content["$id"].(string)
	r.place = subject + "/" + name
	stated := r.yaml(yaml)
	m := &models.Model{Name: name, Type: name, Required: texts(content["required"])}
	parts := []schema{{content, r.base}}
	for _, part := range list(content["allOf"]) {
		s, err := r.resolve(schemaOf(part, r.base))
		if err != nil {
			return nil, err
		}
		m.Required = append(m.Required, texts(s.content["required"])...)
		parts = append(parts, s)
	}
	slices.Sort(m.Required)
	m.Required = slices.Compact(m.Required)

	found := map[string][]schema{}
	for _, part := range parts {
		properties, _ := part.content["properties"].(map[string]any)
		for property, value := range properties {
			found[property] = append(found[property], schemaOf(value, part.base))
		}
	}
	for _, property := range slices.Sorted(maps.Keys(found)) {
		r.place = subject + "/" + name + "." + property
		shape, description, err := r.property(found[property])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", property, err)
		}
		switch property {
		case ngsild.MemberID:
			m.ID = shape
			continue
		case ngsild.MemberType:
			m.TypeShape = shape
			switch only := onlyType(shape); {
			case only == "" || only == name:
			case slices.Contains(r.Siblings, only):
				r.rule("the schema allows the type of another model: the model's name is taken")
			default:
				r.rule("the schema allows another type than the model's name: the schema's is taken")
				m.Type = only
			}
			continue
		}
		if _, ok := terms[property]; !ok {
			r.rule("not in the @context: without an IRI")
		}
		attribute := &models.Attribute{Name: property, Kind: r.kind(kindIn(description), stated[property].kind, shape), Shape: *shape}
		attribute.Units, attribute.UnitsOurs = r.units(subject, name, property, stated[property].units, description, shape)
		m.Attributes = append(m.Attributes, attribute)
	}
	return m, nil
}

// property gives the facts of an attribute from all its declarations, and its description:
// the first that states a kind.
func (r *Reader) property(declarations []schema) (shape *models.Shape, description string, err error) {
	var shapes []*models.Shape
	for _, declared := range declarations {
		s, err := r.shape(declared)
		if err != nil {
			return nil, "", err
		}
		if !slices.ContainsFunc(shapes, func(other *models.Shape) bool { return reflect.DeepEqual(other, s) }) {
			shapes = append(shapes, s)
		}
		resolved, err := r.resolve(declared)
		if err != nil {
			return nil, "", err
		}
		for _, s := range []schema{declared, resolved} {
			if text, ok := s.content["description"].(string); ok && kindIn(description) == 0 {
				description = text
			}
		}
	}
	if len(shapes) == 1 {
		return shapes[0], description, nil
	}
	r.rule("declared in several ways: a value must fit all")
	return &models.Shape{AllOf: shapes}, description, nil
}

// onlyType gives the one type that a schema allows, or "".
func onlyType(shape *models.Shape) string {
	var only string
	if len(shape.Enum) == 1 {
		_ = json.Unmarshal(shape.Enum[0], &only) // what is no text names no type
	}
	return only
}

var kindWord = regexp.MustCompile(`^\W*(Property|GeoProperty|Geoproperty|Relationship|LanguageProperty|VocabProperty|ListProperty|ListRelationship|JsonProperty)\b`)

// kindIn reads the kind that a description starts with, or 0.
func kindIn(description string) ngsild.Kind {
	match := kindWord.FindStringSubmatch(description)
	if match == nil {
		return 0
	}
	if match[1] == "Geoproperty" {
		return ngsild.GeoProperty
	}
	kind, _ := ngsild.ParseKind(match[1])
	return kind
}

// resolve follows $ref until there is none.
func (r *Reader) resolve(s schema) (schema, error) {
	for range 20 {
		ref, ok := s.content["$ref"].(string)
		if !ok {
			return s, nil
		}
		address, fragment, _ := strings.Cut(ref, "#")
		switch {
		case address == "":
			address = s.base
		case s.base != r.base:
			address = join(s.base, address)
		}
		document, err := r.document(address)
		if err != nil {
			return schema{}, err
		}
		if document == nil {
			r.rule("a $ref to a place that is not known: anything is allowed there")
			return schema{nil, r.base}, nil
		}
		value, ok := follow(document, fragment)
		if !ok {
			return schema{}, fmt.Errorf("the $ref %q leads nowhere", ref)
		}
		s = schemaOf(value, address)
	}
	return schema{}, fmt.Errorf("the $ref %q leads back to itself", s.content["$ref"])
}

// join gives the address that a relative reference in a document means.
func join(base, address string) string {
	from, err := url.Parse(base)
	if err != nil {
		return address
	}
	to, err := from.Parse(address)
	if err != nil {
		return address
	}
	return to.String()
}

// document gives what an address leads to, or nil where it is not known.
func (r *Reader) document(address string) (any, error) {
	if address == r.base {
		return r.root, nil
	}
	if r.Document != nil {
		return r.Document(address)
	}
	return Shared(address), nil
}

// follow gives what the fragment of a $ref leads to: a JSON Pointer, or an $anchor.
func follow(root any, fragment string) (any, bool) {
	if decoded, err := url.PathUnescape(fragment); err == nil {
		fragment = decoded
	}
	if fragment == "" || fragment == "/" {
		return root, true
	}
	if !strings.HasPrefix(fragment, "/") {
		return anchor(root, fragment)
	}
	for step := range strings.SplitSeq(fragment[1:], "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch v := root.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			root = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			root = v[i]
		default:
			return nil, false
		}
	}
	return root, true
}

// anchor gives the schema that has this $anchor.
func anchor(node any, name string) (any, bool) {
	switch v := node.(type) {
	case []any:
		for _, one := range v {
			if found, ok := anchor(one, name); ok {
				return found, true
			}
		}
	case map[string]any:
		if v["$anchor"] == name {
			return v, true
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if found, ok := anchor(v[key], name); ok {
				return found, true
			}
		}
	}
	return nil, false
}

// silent are the keywords that say nothing about validity.
var silent = []string{"description", "title", "examples", "default", "x-ngsi", "unit", "units", "$anchor", "$comment"}

// known are the keywords that shape reads.
var known = []string{"type", "format", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "items", "properties", "required", "anyOf", "oneOf",
	"allOf", "const", "$ref"}

// shape gives the facts of a schema of a value.
func (r *Reader) shape(s schema) (*models.Shape, error) {
	ref := s.content["$ref"]
	beside := maps.Clone(s.content)
	delete(beside, "$ref")
	for _, keyword := range silent {
		delete(beside, keyword)
	}
	if ref == nil || len(beside) == 0 {
		return r.plain(s)
	}
	// Keywords beside a $ref count as well (draft 2020-12).
	own, err := r.plain(schema{beside, s.base})
	if err != nil {
		return nil, err
	}
	referred, err := r.plain(schema{map[string]any{"$ref": ref}, s.base})
	switch {
	case err != nil:
		return nil, err
	case same(own, referred), same(referred, &models.Shape{}):
		return own, nil
	case same(own, &models.Shape{}):
		return referred, nil
	}
	return &models.Shape{AllOf: []*models.Shape{own, referred}}, nil
}

// plain gives the facts of a schema that has nothing that counts beside a $ref.
func (r *Reader) plain(s schema) (*models.Shape, error) {
	s, err := r.resolve(s)
	if err != nil {
		return nil, err
	}
	address := reflect.ValueOf(s.content).Pointer()
	if s.content != nil && slices.Contains(r.inside, address) {
		r.rule("a schema that stands inside itself: anything is allowed there")
		return &models.Shape{}, nil
	}
	r.inside = append(r.inside, address)
	defer func() { r.inside = r.inside[:len(r.inside)-1] }()
	if r.shapes++; r.shapes > maxShapes {
		return nil, fmt.Errorf("with its $refs followed the schema comes to more than %d schemas", maxShapes)
	}
	if len(r.inside) > maxDepth {
		return nil, fmt.Errorf("with its $refs followed the schema is nested more than %d deep", maxDepth)
	}
	for _, keyword := range slices.Sorted(maps.Keys(s.content)) {
		if !slices.Contains(known, keyword) && !slices.Contains(silent, keyword) {
			r.rule("keyword %s is left out", keyword)
		}
	}
	shape, err := r.keywords(s)
	if err != nil {
		return nil, err
	}
	if shape.Items, err = r.items(s); err != nil {
		return nil, err
	}
	if members, _ := s.content["properties"].(map[string]any); len(members) > 0 {
		shape.Members = map[string]*models.Shape{}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if shape.Members[name], err = r.shape(schemaOf(members[name], s.base)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf", "allOf"} {
		into := map[string]*[]*models.Shape{"anyOf": &shape.AnyOf, "oneOf": &shape.OneOf, "allOf": &shape.AllOf}[keyword]
		for _, value := range list(s.content[keyword]) {
			one, err := r.shape(schemaOf(value, s.base))
			if err != nil {
				return nil, err
			}
			*into = append(*into, one)
		}
	}
	return compact(shape), nil
}

// keywords gives the facts of a schema that stand in it alone.
func (r *Reader) keywords(s schema) (*models.Shape, error) {
	word := func(keyword string) string { v, _ := s.content[keyword].(string); return v }
	number := func(keyword string) json.Number { v, _ := s.content[keyword].(json.Number); return v }
	shape := &models.Shape{
		Required: texts(s.content["required"]),
		Type:     word("type"), Format: word("format"), Pattern: word("pattern"),
		Minimum: number("minimum"), Maximum: number("maximum"), Above: number("exclusiveMinimum"), Below: number("exclusiveMaximum"),
		MinLength: number("minLength"), MaxLength: number("maxLength"), MinItems: number("minItems"), MaxItems: number("maxItems"),
		Unique: s.content["uniqueItems"] == true,
	}
	for _, one := range texts(s.content["type"]) {
		shape.AnyOf = append(shape.AnyOf, &models.Shape{Type: one})
	}
	if _, err := regexp.Compile(shape.Pattern); err != nil {
		r.rule("a pattern that Go cannot compile is left out")
		shape.Pattern = ""
	}
	enum := list(s.content["enum"])
	if value, ok := s.content["const"]; ok {
		enum = []any{value}
	}
	for _, value := range enum {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		shape.Enum = append(shape.Enum, raw)
	}
	return shape, nil
}

// items gives the facts of the schema of the items of a list, or nil.
func (r *Reader) items(s schema) (*models.Shape, error) {
	switch items := s.content["items"].(type) {
	case []any:
		r.rule("items as a list, which draft 2020-12 does not have: any items are allowed")
	case map[string]any:
		return r.shape(schema{items, s.base})
	}
	return nil, nil
}

// compact gives a short form of the shapes that nearly every model repeats.
func compact(s *models.Shape) *models.Shape {
	if len(s.AnyOf) == 2 && same(s, &models.Shape{Identifier: true}) {
		return &models.Shape{Identifier: true}
	}
	var names []string
	for _, one := range s.OneOf {
		if kind := one.Members["type"]; kind != nil && onlyType(kind) != "" {
			names = append(names, onlyType(kind))
		}
	}
	if len(names) > 0 && same(s, &models.Shape{Geometry: names}) {
		return &models.Shape{Geometry: names}
	}
	return s
}

// same reports whether two shapes make one JSON Schema.
func same(a, b *models.Shape) bool {
	left, err := json.Marshal(a.Schema())
	if err != nil {
		return false
	}
	right, err := json.Marshal(b.Schema())
	return err == nil && bytes.Equal(left, right)
}

func list(v any) []any { l, _ := v.([]any); return l }

// texts gives the texts of a list.
func texts(v any) []string {
	var words []string
	for _, one := range list(v) {
		if word, ok := one.(string); ok {
			words = append(words, word)
		}
	}
	return words
}

package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/ngsild"
)

// Shape is the form of a JSON value: the part of JSON Schema that data models
// use, as facts. The zero Shape allows any value.
type Shape struct {
	// Type is a JSON type: string, number, integer, boolean, object, array, null.
	Type   string            `json:"type,omitempty"`
	Format string            `json:"format,omitempty"`
	Enum   []json.RawMessage `json:"enum,omitempty"`
	// Pattern is a regular expression that Go can compile.
	Pattern   string      `json:"pattern,omitempty"`
	Minimum   json.Number `json:"minimum,omitempty"`
	Maximum   json.Number `json:"maximum,omitempty"`
	Above     json.Number `json:"above,omitempty"` // exclusiveMinimum
	Below     json.Number `json:"below,omitempty"` // exclusiveMaximum
	MinLength json.Number `json:"minLength,omitempty"`
	MaxLength json.Number `json:"maxLength,omitempty"`
	MinItems  json.Number `json:"minItems,omitempty"`
	MaxItems  json.Number `json:"maxItems,omitempty"`
	Unique    bool        `json:"unique,omitempty"`
	Items     *Shape      `json:"items,omitempty"`
	// Members are the known members of an object; others are allowed.
	Members  map[string]*Shape `json:"members,omitempty"`
	Required []string          `json:"required,omitempty"`
	AnyOf    []*Shape          `json:"anyOf,omitempty"`
	OneOf    []*Shape          `json:"oneOf,omitempty"`
	AllOf    []*Shape          `json:"allOf,omitempty"`
	// Geometry names the types of GeoJSON geometry that are allowed.
	Geometry []string `json:"geometry,omitempty"`
	// Identifier allows a URI or an NGSI identifier of 1 to 256 characters.
	Identifier bool `json:"identifier,omitempty"`
}

// identifierPattern is the set of characters of an NGSI identifier.
const identifierPattern = "^[\\w\\-\\.\\{\\}\\$\\+\\*\\[\\]`|~^@!,:\\\\]+$"

// IdentifierShapes are the alternatives of an Identifier.
var IdentifierShapes = []*Shape{
	{Type: "string", MinLength: "1", MaxLength: "256", Pattern: identifierPattern},
	{Type: "string", Format: "uri"},
}

// coordinateDepth says how many arrays stand around the positions of each type
// of geometry, and how many elements the innermost of them needs.
var coordinateDepth = map[string]struct {
	depth    int
	minItems json.Number
}{
	"Point":           {0, ""},
	"MultiPoint":      {1, ""},
	"LineString":      {1, "2"},
	"MultiLineString": {2, "2"},
	"Polygon":         {2, "4"},
	"MultiPolygon":    {3, "4"},
}

// GeometryShape gives the shape of one type of GeoJSON geometry (RFC 7946), the only
// value of its member "type".
func GeometryShape(name string) *Shape {
	numbers := func(least json.Number) *Shape {
		return &Shape{Type: "array", MinItems: least, Items: &Shape{Type: "number"}}
	}
	coordinates := numbers("2")
	shape := coordinateDepth[name]
	for level := 1; level <= shape.depth; level++ {
		coordinates = &Shape{Type: "array", Items: coordinates}
		if level == 1 {
			coordinates.MinItems = shape.minItems
		}
	}
	return &Shape{
		Type:     "object",
		Required: []string{"type", "coordinates"},
		Members: map[string]*Shape{
			"type":        {Type: "string", Enum: []json.RawMessage{json.RawMessage(strconv.Quote(name))}},
			"coordinates": coordinates,
			"bbox":        numbers("4"),
		},
	}
}

// Schema gives the JSON Schema of the shape.
func (s *Shape) Schema() map[string]any {
	m := map[string]any{}
	set := func(key, value string) {
		if value != "" {
			m[key] = value
		}
	}
	number := func(key string, value json.Number) {
		if value != "" {
			m[key] = value
		}
	}
	list := func(key string, shapes []*Shape) {
		if len(shapes) == 0 {
			return
		}
		schemas := make([]any, len(shapes))
		for i, shape := range shapes {
			schemas[i] = shape.Schema()
		}
		m[key] = schemas
	}
	set("type", s.Type)
	set("format", s.Format)
	set("pattern", s.Pattern)
	if len(s.Enum) > 0 {
		m["enum"] = s.Enum
	}
	number("minimum", s.Minimum)
	number("maximum", s.Maximum)
	number("exclusiveMinimum", s.Above)
	number("exclusiveMaximum", s.Below)
	number("minLength", s.MinLength)
	number("maxLength", s.MaxLength)
	number("minItems", s.MinItems)
	number("maxItems", s.MaxItems)
	if s.Unique {
		m["uniqueItems"] = true
	}
	if s.Items != nil {
		m["items"] = s.Items.Schema()
	}
	if len(s.Members) > 0 {
		members := make(map[string]any, len(s.Members))
		for name, shape := range s.Members {
			members[name] = shape.Schema()
		}
		m["properties"] = members
	}
	if len(s.Required) > 0 {
		m["required"] = s.Required
	}
	list("anyOf", s.AnyOf)
	list("oneOf", s.OneOf)
	list("allOf", s.AllOf)
	if len(s.Geometry) > 0 {
		geometries := make([]*Shape, len(s.Geometry))
		for i, name := range s.Geometry {
			geometries[i] = GeometryShape(name)
		}
		list("oneOf", geometries)
	}
	if s.Identifier {
		list("anyOf", IdentifierShapes)
	}
	return m
}

// Shape gives the shape of the key-values form of an entity: an object with one member an
// attribute, which has its value alone. Members that the model does not name are allowed.
func (m *Model) Shape() *Shape {
	s := &Shape{Type: "object", Members: make(map[string]*Shape, len(m.Attributes)+2), Required: m.Required}
	if m.ID != nil {
		s.Members[ngsild.MemberID] = m.ID
	}
	if m.TypeShape != nil {
		s.Members[ngsild.MemberType] = m.TypeShape
	}
	for _, a := range m.Attributes {
		s.Members[a.Name] = &a.Shape
	}
	return s
}

// Schema gives the JSON Schema (draft 2020-12) of the model's Shape.
func (m *Model) Schema() []byte {
	schema := m.Shape().Schema()
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = m.QualifiedName()
	text, err := json.Marshal(schema)
	if err != nil {
		// Load accepts valid JSON only, and nothing else goes into a schema.
		panic(fmt.Errorf("write the schema of %s: %w", m.QualifiedName(), err))
	}
	return text
}

// attributeFacts is the form of an Attribute in the catalogue: the members of
// its shape beside its own.
type attributeFacts struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind,omitempty"`
	Units     []string `json:"units,omitempty"`
	UnitsOurs bool     `json:"unitsOurs,omitempty"`
	Shape
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (a *Attribute) MarshalJSON() ([]byte, error) {
	return marshalPlain(attributeFacts{Name: a.Name, Kind: a.Kind.String(), Units: a.Units, UnitsOurs: a.UnitsOurs, Shape: a.Shape})
}

// UnmarshalJSON reads an attribute; its kind is a name of the NGSI-LD family.
func (a *Attribute) UnmarshalJSON(text []byte) error {
	var facts attributeFacts
	if err := json.Unmarshal(text, &facts); err != nil {
		return err
	}
	kind := ngsild.Kind(0)
	if facts.Kind != "" {
		var ok bool
		if kind, ok = ngsild.ParseKind(facts.Kind); !ok {
			return fmt.Errorf("attribute %q: unknown kind %q", facts.Name, facts.Kind)
		}
	}
	*a = Attribute{Name: facts.Name, Kind: kind, Units: facts.Units, UnitsOurs: facts.UnitsOurs, Shape: facts.Shape}
	return nil
}

// marshalPlain is json.Marshal without the escapes for HTML.
func marshalPlain(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Contexts gives what makes the @context document of every subject, under each
// address it is published at, as it is to be registered with the resolver of
// @contexts.
func (c *Catalogue) Contexts() map[string]func() []byte {
	contexts := map[string]func() []byte{}
	for _, s := range c.Subjects {
		for _, url := range s.ContextURLs {
			if contexts[url] == nil { // of two subjects of one name the first counts
				contexts[url] = s.Context
			}
		}
	}
	return contexts
}

// Context gives the subject's @context document: {"@context": {term: IRI, …}}.
func (s *Subject) Context() []byte {
	if document := s.details().Document; document != nil {
		return document
	}
	text, err := marshalPlain(map[string]any{ngsild.MemberContext: s.Terms()})
	if err != nil {
		// Load accepts valid JSON only, and nothing else goes into a context.
		panic(fmt.Errorf("write the context of %s: %w", s.Name, err))
	}
	return text
}

// Contexts gives what makes the @context documents of the built-in models, by
// their address.
func Contexts() map[string]func() []byte { return Builtin().Contexts() }

// TypeName says in a word or two what values are: number, string, array of string,
// geometry, identifier, "number or string"; "" where anything is allowed.
func (s *Shape) TypeName() string {
	switch {
	case len(s.Geometry) > 0:
		return "geometry"
	case s.Identifier:
		return "identifier"
	case s.Type == "array" && s.Items != nil && s.Items.TypeName() != "":
		return "array of " + s.Items.TypeName()
	case s.Type != "":
		return s.Type
	case s.Members != nil:
		return "object"
	}
	var names []string
	for _, list := range [][]*Shape{s.AnyOf, s.OneOf, s.AllOf} {
		for _, one := range list {
			if name := one.TypeName(); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " or ")
}

// Limits says in a few characters what the shape limits numbers, texts and lists to, such
// as ">=0 <=1" or "at most 256 characters"; "" where it limits nothing.
func (s *Shape) Limits() string {
	var parts []string
	add := func(before string, limit json.Number, after string) {
		if limit != "" {
			parts = append(parts, before+limit.String()+after)
		}
	}
	add(">=", s.Minimum, "")
	add(">", s.Above, "")
	add("<=", s.Maximum, "")
	add("<", s.Below, "")
	add("at least ", s.MinLength, " characters")
	add("at most ", s.MaxLength, " characters")
	add("at least ", s.MinItems, " items")
	add("at most ", s.MaxItems, " items")
	if s.Pattern != "" {
		parts = append(parts, "/"+s.Pattern+"/")
	}
	return strings.Join(parts, " ")
}

package models

import (
	"cmp"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Example makes an entity of the model from the facts alone: each attribute with a value
// that its shape allows, and the first of its units. It names the attributes that it has
// no value for.
func (m *Model) Example() (e *ngsild.Entity, without []string) {
	e = &ngsild.Entity{ID: "urn:ngsi-ld:" + m.Type + ":example-1", Types: []string{m.Type}}
	if url := m.Subject.ContextURL(); url != "" {
		e.Context = mustMarshal([]string{url})
	}
	for _, a := range m.Attributes {
		value, ok := example(&a.Shape, a.Name, 0)
		if !ok {
			without = append(without, a.Name)
			continue
		}
		made := ngsild.Attribute{Name: a.Name, Kind: a.Kind}
		switch a.Kind {
		case ngsild.Relationship:
			targets, ok := targets(value, a.Name)
			switch {
			case ok:
				value = targets
			case slices.Contains(m.Required, a.Name): // the model contradicts itself, and asks for it
				value = exampleOf(a.Name)
			default:
				without = append(without, a.Name)
				continue
			}
		case ngsild.GeoProperty:
			if list, ok := value.([]any); ok && len(list) > 0 {
				value = list[0] // the value of a GeoProperty is one geometry
			}
		default:
			made.Kind = ngsild.Property
			if len(a.Units) > 0 && isNumber(value) {
				made.UnitCode = a.Units[0]
			}
			if text, ok := value.(string); ok && (a.Shape.Format == "date-time" || a.Shape.Format == "date") {
				typed := "DateTime"
				if a.Shape.Format == "date" {
					typed = "Date"
				}
				value = map[string]any{"@type": typed, "@value": text}
			}
		}
		made.Value = mustMarshal(value)
		e.Attributes = append(e.Attributes, made)
	}
	refused := refused(e)
	e.Attributes = slices.DeleteFunc(e.Attributes, func(a ngsild.Attribute) bool { return slices.Contains(refused, a.Name) })
	without = append(without, refused...)
	slices.Sort(without)
	return e, without
}

// refused names the attributes of an entity that NGSI-LD does not allow as they are: some
// models have a word of the API for a name, or a GeoProperty that is no geometry.
func refused(e *ngsild.Entity) []string {
	_, found, err := ngsild.Decode(e.AppendJSON(nil, ngsild.Normalized))
	if err != nil {
		return nil
	}
	var names []string
	for _, fault := range found {
		if fault.Severity != finding.Error {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fault.Location.Pointer, "/"), "/")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// mustMarshal writes a value made of texts, numbers, lists and maps.
func mustMarshal(value any) []byte {
	text, err := marshalPlain(value)
	if err != nil {
		panic(err) // there is nothing in it that JSON does not have
	}
	return text
}

// targets gives what a Relationship leads to: where the value is a text, or a list of
// texts, URIs in their place.
func targets(value any, name string) (any, bool) {
	switch v := value.(type) {
	case string:
		if ngsild.ValidURI(v) != nil {
			v = exampleOf(name)
		}
		return v, true
	case []any:
		list := make([]any, len(v))
		for i, one := range v {
			var ok bool
			if list[i], ok = targets(one, name); !ok {
				return nil, false
			}
		}
		return list, len(list) > 0
	}
	return nil, false
}

// exampleOf gives the id of an entity that an attribute of this name may lead to.
func exampleOf(name string) string { return "urn:ngsi-ld:" + target(name) + ":example-1" }

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}

// maxDepth bounds the objects in objects of an example.
const maxDepth = 8

// example gives a value that a shape allows: texts, json.Number, bool, lists and maps. It
// is false where we know none.
func example(s *Shape, name string, depth int) (any, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch {
	case len(s.Enum) > 0:
		return exampleOfEnum(s)
	case len(s.Geometry) > 0:
		return geometryExample(s.Geometry[0]), true
	case s.Identifier:
		return "urn:ngsi-ld:" + target(name) + ":example-1", true
	case len(s.AllOf) > 0:
		return exampleOfAll(s, name, depth)
	}
	for _, list := range [][]*Shape{s.OneOf, s.AnyOf} {
		if len(list) == 0 {
			continue
		}
		for _, one := range list {
			both := merge(*s, one)
			both.OneOf, both.AnyOf = one.OneOf, one.AnyOf
			if value, ok := example(&both, name, depth+1); ok && onlyOne(s.OneOf, value) {
				return value, true
			}
		}
		return nil, false
	}
	switch s.Type {
	case "number", "integer":
		return exampleNumber(s)
	case "boolean":
		return true, true
	case "array":
		return exampleArray(s, name, depth)
	case "object":
		return exampleObject(s, name, depth)
	case "null":
		return nil, false
	case "":
		switch {
		case s.Members != nil:
			return exampleObject(s, name, depth)
		case s.Items != nil:
			return exampleArray(s, name, depth)
		case s.Minimum != "" || s.Maximum != "" || s.Above != "" || s.Below != "":
			return exampleNumber(s)
		}
	}
	return exampleText(s, name)
}

// exampleOfEnum gives the first value of an enumeration that the type allows.
func exampleOfEnum(s *Shape) (any, bool) {
	for _, raw := range s.Enum {
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		var value any
		if d.Decode(&value) == nil && value != nil && ofType(s.Type, value) {
			return value, true
		}
	}
	return nil, false // no value is of the type
}

// exampleOfAll gives a value of shapes that must all hold, as one.
func exampleOfAll(s *Shape, name string, depth int) (any, bool) {
	whole := *s
	whole.AllOf = nil
	for _, one := range s.AllOf {
		whole = merge(whole, one)
		whole.AllOf = append(whole.AllOf, one.AllOf...)
	}
	return example(&whole, name, depth+1)
}

// merge gives a shape that asks for what both ask for, as far as one shape can say it:
// what the second says goes before.
func merge(a Shape, b *Shape) Shape {
	a.Type, a.Format, a.Pattern = cmp.Or(b.Type, a.Type), cmp.Or(b.Format, a.Format), cmp.Or(b.Pattern, a.Pattern)
	a.Minimum, a.Maximum = cmp.Or(b.Minimum, a.Minimum), cmp.Or(b.Maximum, a.Maximum)
	a.Above, a.Below = cmp.Or(b.Above, a.Above), cmp.Or(b.Below, a.Below)
	a.MinLength, a.MaxLength = cmp.Or(b.MinLength, a.MinLength), cmp.Or(b.MaxLength, a.MaxLength)
	a.MinItems, a.MaxItems = cmp.Or(b.MinItems, a.MinItems), cmp.Or(b.MaxItems, a.MaxItems)
	a.Unique, a.Identifier = a.Unique || b.Unique, a.Identifier || b.Identifier
	if len(b.Enum) > 0 {
		a.Enum = b.Enum
	}
	if b.Items != nil {
		a.Items = b.Items
	}
	if len(b.Geometry) > 0 {
		a.Geometry = b.Geometry
	}
	members := map[string]*Shape{}
	for _, one := range []map[string]*Shape{a.Members, b.Members} {
		for name, shape := range one {
			members[name] = shape
		}
	}
	if len(members) > 0 {
		a.Members = members
	}
	a.Required = slices.Concat(a.Required, b.Required)
	a.OneOf, a.AnyOf = slices.Concat(a.OneOf, b.OneOf), slices.Concat(a.AnyOf, b.AnyOf)
	return a
}

// onlyOne reports whether at most one of the types of alternatives is that of the value;
// oneOf refuses a value that two of them allow.
func onlyOne(list []*Shape, value any) bool {
	if len(list) == 0 {
		return true
	}
	n := 0
	for _, one := range list {
		if one.fits(value) {
			n++
		}
	}
	return n == 1
}

// fits reports whether a value has the type, the required members and the fixed texts of a
// shape: what tells the alternatives of data models apart.
func (s *Shape) fits(value any) bool {
	if !ofType(s.Type, value) {
		return false
	}
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil || !s.inRange(f) {
			return false
		}
	case string:
		if own, ok := formatted[s.Format]; ok && own != v && isFormatted(v) {
			return false
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return false
			}
		}
		for name, shape := range s.Members {
			if one, ok := v[name]; ok && !shape.fits(one) {
				return false
			}
		}
	case []any:
		for _, one := range v {
			if s.Items != nil && !s.Items.fits(one) {
				return false
			}
		}
	}
	if len(s.Enum) == 0 {
		return true
	}
	text := mustMarshal(value)
	return slices.ContainsFunc(s.Enum, func(raw json.RawMessage) bool { return string(raw) == string(text) })
}

func ofType(name string, value any) bool {
	switch value.(type) {
	case string:
		return name == "" || name == "string"
	case json.Number:
		return name == "" || name == "number" || name == "integer"
	case bool:
		return name == "" || name == "boolean"
	case []any:
		return name == "" || name == "array"
	case map[string]any:
		return name == "" || name == "object"
	}
	return name == "" || name == "null"
}

func exampleNumber(s *Shape) (any, bool) {
	low, high := limit(s.Minimum, -1), limit(s.Maximum, 1)
	for _, f := range []float64{12, 1, 0, 0.5, low, high, (low + high) / 2, low + 1, high - 1} {
		if s.inRange(f) && !math.IsInf(f, 0) && !math.IsNaN(f) && (s.Type != "integer" || f == math.Trunc(f)) {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64)), true
		}
	}
	return nil, false
}

// limit gives a limit of numbers, or infinity with this sign where there is none.
func limit(text json.Number, sign int) float64 {
	if f, err := text.Float64(); err == nil {
		return f
	}
	return math.Inf(sign)
}

// inRange reports whether a number is within the limits.
func (s *Shape) inRange(f float64) bool {
	return f >= limit(s.Minimum, -1) && f <= limit(s.Maximum, 1) && f > limit(s.Above, -1) && f < limit(s.Below, 1)
}

func exampleArray(s *Shape, name string, depth int) (any, bool) {
	items := s.Items
	if items == nil {
		items = &Shape{Type: "string"}
	}
	least, _ := strconv.Atoi(s.MinItems.String())
	list := []any{}
	for i := range max(1, least) {
		value, ok := example(items, name, depth+1)
		if !ok {
			return nil, false
		}
		if i > 0 && s.Unique {
			value = another(items, value, i)
		}
		list = append(list, value)
	}
	return list, true
}

// another gives a value that differs from the first of a list.
func another(items *Shape, first any, i int) any {
	switch v := first.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return json.Number(strconv.FormatFloat(f+float64(i), 'f', -1, 64))
		}
	case string:
		if i < len(items.Enum) {
			return strings.Trim(string(items.Enum[i]), `"`)
		}
		return v + "-" + strconv.Itoa(i+1)
	}
	return first
}

// exampleObject gives an object with its required members, and the others that have a
// value.
func exampleObject(s *Shape, name string, depth int) (any, bool) {
	object := map[string]any{}
	for member, shape := range s.Members {
		value, ok := example(shape, member, depth+1)
		if ok {
			object[member] = value
		}
	}
	for _, member := range s.Required {
		if _, ok := object[member]; ok {
			continue
		}
		if s.Members[member] != nil {
			return nil, false
		}
		object[member] = "example"
	}
	if len(object) == 0 {
		object["name"] = "example"
	}
	return object, true
}

// texts are tried one after the other against a pattern.
var texts = []string{"example", "FR", "fr", "EUR", "00:00:00", "12:00:00", "12:00", "2026", "2026-01-31", "01", "00-11-22-33-44-55", "00:11:22:33:44:55", "#336699",
	"--01-31", "-01-31/-02-01", "A", "M", "0123456789abcdef0123456789abcdef"}

// formatted are texts by format.
var formatted = map[string]string{
	"date-time": "2026-01-31T12:00:00Z", "date": "2026-01-31", "time": "12:00:00Z", "duration": "PT1H", "email": "someone@example.org",
	"idn-email": "someone@example.org", "uuid": "123e4567-e89b-12d3-a456-426614174000", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.org/example",
}

// isFormatted reports whether a text is the example of a format.
func isFormatted(text string) bool {
	for _, one := range formatted {
		if one == text {
			return true
		}
	}
	return false
}

func exampleText(s *Shape, name string) (any, bool) {
	text := cmp.Or(formatted[s.Format], "example")
	if s.Pattern != "" {
		pattern, err := regexp.Compile(s.Pattern)
		if err != nil {
			return nil, false
		}
		i := slices.IndexFunc(texts, pattern.MatchString)
		if i < 0 {
			return nil, false
		}
		text = texts[i]
	}
	if s.Format == "uri" && refers(name) {
		text = "urn:ngsi-ld:" + target(name) + ":example-1"
	}
	if least, err := strconv.Atoi(s.MinLength.String()); err == nil && len(text) < least {
		text += strings.Repeat("x", least-len(text))
	}
	if most, err := strconv.Atoi(s.MaxLength.String()); err == nil && len(text) > most {
		text = text[:most]
	}
	return text, true
}

// refers reports whether the name of an attribute says that it leads to an entity.
func refers(name string) bool {
	return strings.HasPrefix(name, "ref") || strings.HasPrefix(name, "has") || strings.HasPrefix(name, "is")
}

// target gives the type that an attribute such as refDevice seems to lead to.
func target(name string) string {
	for _, prefix := range []string{"ref", "has"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			return rest
		}
	}
	return "Thing"
}

// geometryExample gives a geometry of a type, in the middle of Paris.
func geometryExample(name string) any {
	number := func(text string) any { return json.Number(text) }
	at := func(x, y string) any { return []any{number(x), number(y)} }
	line := []any{at("2.35", "48.85"), at("2.36", "48.85"), at("2.36", "48.86")}
	ring := append(slices.Clone(line), line[0])
	coordinates := map[string]any{
		"Point": line[0], "MultiPoint": line, "LineString": line, "MultiLineString": []any{line},
		"Polygon": []any{ring}, "MultiPolygon": []any{[]any{ring}},
	}[name]
	return map[string]any{"type": name, "coordinates": coordinates}
}

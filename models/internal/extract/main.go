// Command extract writes models/catalogue.json: the facts of the Smart Data
// Models (names, kinds, types, formats, limits, IRIs), without their texts.
//
//	go run ./models/internal/extract ../shared/smart-data-models
//
// The folder holds a checkout of each subject, SOURCES.json (where each was
// taken from) and REFS.json (the local file of each $ref). Faults of the
// official files that a rule decides are printed.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

// subjects are the families that go into the catalogue.
var subjects = []string{"Building", "Consumption", "Device", "KeyPerformanceIndicator", "Weather"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./models/internal/extract FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], "models/catalogue.json"); err != nil {
		fmt.Fprintln(os.Stderr, "extract the catalogue of models:", err)
		os.Exit(1)
	}
}

func run(folder, target string) error {
	x := &extractor{folder: folder, refs: map[string]*string{}, documents: map[string]any{}}
	if err := x.read("REFS.json", &x.refs); err != nil {
		return err
	}
	var sources map[string]struct{ Repository, Commit string }
	if err := x.read("SOURCES.json", &sources); err != nil {
		return err
	}
	var catalogue models.Catalogue
	for _, name := range subjects {
		s, err := x.subject(name)
		if err != nil {
			return fmt.Errorf("subject %s: %w", name, err)
		}
		s.Repository, s.Commit = sources[name].Repository, sources[name].Commit
		catalogue.Subjects = append(catalogue.Subjects, s)
	}
	text, err := render(catalogue.Subjects)
	if err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

// extractor reads official files below folder.
type extractor struct {
	folder    string
	refs      map[string]*string // URL without fragment → file, or nil where there is none
	documents map[string]any     // file → content
}

func (x *extractor) read(file string, into any) error {
	text, err := os.ReadFile(filepath.Join(x.folder, file))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (x *extractor) subject(name string) (*models.Subject, error) {
	s := &models.Subject{Name: name}
	var document struct {
		Context map[string]json.RawMessage `json:"@context"`
	}
	if err := x.read(filepath.Join(name, "context.jsonld"), &document); err != nil {
		return nil, err
	}
	s.Terms = document.Context
	for _, form := range []string{
		"https://raw.githubusercontent.com/smart-data-models/dataModel.%s/master/context.jsonld",
		"https://raw.githubusercontent.com/smart-data-models/dataModel.%s/refs/heads/master/context.jsonld",
		"https://smart-data-models.github.io/dataModel.%s/context.jsonld",
	} {
		s.ContextURLs = append(s.ContextURLs, fmt.Sprintf(form, name))
	}
	files, err := filepath.Glob(filepath.Join(x.folder, name, "*", "schema.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, file := range files {
		model := filepath.Base(filepath.Dir(file))
		m, err := x.model(filepath.Join(name, model, "schema.json"), model, s)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", model, err)
		}
		s.Models = append(s.Models, m)
	}
	return s, nil
}

// schema is a JSON Schema together with the document that its relative $refs
// speak of.
type schema struct {
	content map[string]any
	base    string // URL
}

func (x *extractor) model(file, name string, subject *models.Subject) (*models.Model, error) {
	var content map[string]any
	if err := x.read(file, &content); err != nil {
		return nil, err
	}
	base, _ := content["$id"].(string)
	x.documents[base] = content
	m := &models.Model{Name: name, Type: name, Required: text(content["required"])}
	parts := []schema{{content, base}}
	for _, part := range list(content["allOf"]) {
		s, err := x.resolve(schema{part.(map[string]any), base})
		if err != nil {
			return nil, err
		}
		if required := text(s.content["required"]); len(required) > 0 {
			m.Required = append(m.Required, required...)
		}
		parts = append(parts, s)
	}
	slices.Sort(m.Required)
	m.Required = slices.Compact(m.Required)

	found := map[string][]schema{}
	for _, part := range parts {
		properties, _ := part.content["properties"].(map[string]any)
		for property, value := range properties {
			found[property] = append(found[property], schema{value.(map[string]any), part.base})
		}
	}
	for _, property := range slices.Sorted(maps.Keys(found)) {
		var shapes []*models.Shape
		kind := ngsild.Kind(0)
		for _, declared := range found[property] {
			s, err := x.shape(declared)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", property, err)
			}
			if !slices.ContainsFunc(shapes, func(other *models.Shape) bool { return reflect.DeepEqual(other, s) }) {
				shapes = append(shapes, s)
			}
			resolved, err := x.resolve(declared)
			if err != nil {
				return nil, err
			}
			for _, s := range []schema{declared, resolved} {
				if description, ok := s.content["description"].(string); ok && kind == 0 {
					kind = kindIn(description)
				}
			}
		}
		shape := shapes[0]
		if len(shapes) > 1 {
			shape = &models.Shape{AllOf: shapes}
			fmt.Printf("%s/%s %s: declared in %d ways; a value must fit all\n", subject.Name, name, property, len(shapes))
		}
		switch property {
		case ngsild.MemberID:
			m.ID = shape
			continue
		case ngsild.MemberType:
			m.TypeShape = shape
			if len(shape.Enum) == 1 {
				var only string
				if json.Unmarshal(shape.Enum[0], &only) == nil && only != name {
					fmt.Printf("%s/%s: its type is %s\n", subject.Name, name, only)
					m.Type = only
				}
			}
			continue
		}
		if kind == 0 {
			fmt.Printf("%s/%s %s: the schema states no kind\n", subject.Name, name, property)
		}
		if _, ok := subject.Terms[property]; !ok {
			fmt.Printf("%s/%s %s: not in the @context\n", subject.Name, name, property)
		}
		u := units[subject.Name+"/"+name+"/"+property]
		if u.codes == nil {
			u = units[subject.Name+"/*/"+property]
		}
		m.Attributes = append(m.Attributes, &models.Attribute{
			Name: property, Kind: kind, Units: u.codes, UnitsOurs: u.ours, Shape: *shape})
	}
	return m, nil
}

var kindWord = regexp.MustCompile(`^\W*(Property|GeoProperty|Geoproperty|Relationship)\b`)

// kindIn reads the kind that an official description starts with.
func kindIn(description string) ngsild.Kind {
	match := kindWord.FindStringSubmatch(description)
	if match == nil {
		return 0
	}
	switch match[1] {
	case "Relationship":
		return ngsild.Relationship
	case "Property":
		return ngsild.Property
	}
	return ngsild.GeoProperty
}

// resolve follows $ref until there is none.
func (x *extractor) resolve(s schema) (schema, error) {
	for range 20 {
		ref, ok := s.content["$ref"].(string)
		if !ok {
			return s, nil
		}
		url, fragment, _ := strings.Cut(ref, "#")
		if url == "" {
			url = s.base
		}
		document, err := x.document(url)
		if err != nil {
			return schema{}, err
		}
		value := document
		for _, step := range strings.Split(strings.Trim(fragment, "/"), "/") {
			if step == "" {
				continue
			}
			object, _ := value.(map[string]any)
			if value, ok = object[step]; !ok {
				return schema{}, fmt.Errorf("$ref %s leads nowhere", ref)
			}
		}
		object, ok := value.(map[string]any)
		if !ok {
			return schema{}, fmt.Errorf("$ref %s leads to no schema", ref)
		}
		s = schema{object, url}
	}
	return schema{}, fmt.Errorf("$ref %v never ends", s.content["$ref"])
}

func (x *extractor) document(url string) (any, error) {
	if document, ok := x.documents[url]; ok {
		return document, nil
	}
	file := x.refs[url]
	if file == nil {
		return nil, fmt.Errorf("no file for $ref %s", url)
	}
	var document any
	if err := x.read(*file, &document); err != nil {
		return nil, err
	}
	x.documents[url] = document
	return document, nil
}

// known are the keywords that shape reads, and those that say nothing about validity.
var known = []string{"type", "format", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "items", "properties", "required", "anyOf", "oneOf",
	"allOf", "$ref", "description", "title", "examples", "default", "x-ngsi", "unit", "units"}

// shape gives the facts of a schema of a value. A keyword that it does not know is an error.
func (x *extractor) shape(s schema) (*models.Shape, error) {
	s, err := x.resolve(s)
	if err != nil {
		return nil, err
	}
	for keyword := range s.content {
		if !slices.Contains(known, keyword) {
			return nil, fmt.Errorf("keyword %q is not known", keyword)
		}
	}
	shape := &models.Shape{Required: text(s.content["required"])}
	word := func(keyword string) string { v, _ := s.content[keyword].(string); return v }
	number := func(keyword string) json.Number { v, _ := s.content[keyword].(json.Number); return v }
	shape.Type, shape.Format, shape.Pattern = word("type"), word("format"), word("pattern")
	shape.Minimum, shape.Maximum = number("minimum"), number("maximum")
	shape.Above, shape.Below = number("exclusiveMinimum"), number("exclusiveMaximum")
	shape.MinLength, shape.MaxLength = number("minLength"), number("maxLength")
	shape.MinItems, shape.MaxItems = number("minItems"), number("maxItems")
	shape.Unique = s.content["uniqueItems"] == true
	if _, ok := s.content["type"]; ok && shape.Type == "" {
		return nil, fmt.Errorf("type %v is not a word", s.content["type"])
	}
	for _, value := range list(s.content["enum"]) {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		shape.Enum = append(shape.Enum, raw)
	}
	if items, ok := s.content["items"].(map[string]any); ok {
		if shape.Items, err = x.shape(schema{items, s.base}); err != nil {
			return nil, err
		}
	}
	if members, ok := s.content["properties"].(map[string]any); ok {
		shape.Members = map[string]*models.Shape{}
		for name, value := range members {
			if shape.Members[name], err = x.shape(schema{value.(map[string]any), s.base}); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for keyword, into := range map[string]*[]*models.Shape{"anyOf": &shape.AnyOf, "oneOf": &shape.OneOf, "allOf": &shape.AllOf} {
		for _, value := range list(s.content[keyword]) {
			one, err := x.shape(schema{value.(map[string]any), s.base})
			if err != nil {
				return nil, err
			}
			*into = append(*into, one)
		}
	}
	return compact(shape), nil
}

// compact gives a short form of the shapes that nearly every model repeats.
func compact(s *models.Shape) *models.Shape {
	if same(s, &models.Shape{Identifier: true}) {
		return &models.Shape{Identifier: true}
	}
	var names []string
	for _, one := range s.OneOf {
		if kind := one.Members["type"]; kind != nil && len(kind.Enum) == 1 {
			var name string
			if json.Unmarshal(kind.Enum[0], &name) == nil {
				names = append(names, name)
			}
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

func text(v any) []string {
	var words []string
	for _, word := range list(v) {
		words = append(words, fmt.Sprint(word))
	}
	return words
}

// render writes one line a term and one an attribute, so that a change can be read.
func render(subjects []*models.Subject) ([]byte, error) {
	var b bytes.Buffer
	var failed error
	line := func(value any) string {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			failed = err
		}
		return strings.TrimRight(text.String(), "\n")
	}
	join := func(indent string, lines []string) {
		for i, l := range lines {
			b.WriteString(indent + l)
			if i < len(lines)-1 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("{\"subjects\": [\n")
	for i, s := range subjects {
		fmt.Fprintf(&b, "{\"name\": %s, \"repository\": %s, \"commit\": %s,\n", line(s.Name), line(s.Repository), line(s.Commit))
		fmt.Fprintf(&b, " \"contextURLs\": %s,\n \"terms\": {\n", line(s.ContextURLs))
		var terms []string
		for _, term := range slices.Sorted(maps.Keys(s.Terms)) {
			terms = append(terms, line(term)+": "+line(s.Terms[term]))
		}
		join("  ", terms)
		b.WriteString(" },\n \"models\": [\n")
		for j, m := range s.Models {
			fmt.Fprintf(&b, "  {\"name\": %s, \"type\": %s, \"required\": %s,\n", line(m.Name), line(m.Type), line(m.Required))
			if m.ID != nil {
				fmt.Fprintf(&b, "   \"id\": %s,\n", line(m.ID))
			}
			if m.TypeShape != nil {
				fmt.Fprintf(&b, "   \"typeShape\": %s,\n", line(m.TypeShape))
			}
			b.WriteString("   \"attributes\": [\n")
			var attributes []string
			for _, a := range m.Attributes {
				attributes = append(attributes, line(a))
			}
			join("    ", attributes)
			b.WriteString("   ]}" + comma(j, len(s.Models)) + "\n")
		}
		b.WriteString(" ]}" + comma(i, len(subjects)) + "\n")
	}
	b.WriteString("]}\n")
	return b.Bytes(), failed
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

// Command extract writes models/catalogue: the facts of the Smart Data Models
// (names, kinds, types, formats, limits, units, IRIs), without their texts.
//
//	go generate ./models
//
// The folder that it reads holds a checkout of each subject, SOURCES.json (where
// each was taken from) and REFS.json (the local file of each $ref). Where the
// official files are at fault or disagree a rule decides; how often each rule did
// is printed, with the first places.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./models/internal/extract OFFICIAL CATALOGUE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "extract the catalogue of models:", err)
		os.Exit(1)
	}
}

// run writes the catalogue of the official files in folder into target, and the
// report to log.
func run(folder, target string, log io.Writer) error {
	x := &extractor{folder: folder, refs: map[string]*string{}, documents: map[string]any{}, ruled: map[string][]string{}}
	if err := x.read("REFS.json", &x.refs); err != nil {
		return err
	}
	var sources map[string]struct{ Repository, Commit string }
	if err := x.read("SOURCES.json", &sources); err != nil {
		return err
	}
	var index []*models.Subject
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		files, err := filepath.Glob(filepath.Join(folder, name, "*", "schema.json"))
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(folder, name, "context.jsonld")); err != nil || len(files) == 0 {
			continue // no subject: shared documents
		}
		s, details, err := x.subject(name, files)
		if err != nil {
			return fmt.Errorf("subject %s: %w", name, err)
		}
		s.Repository, s.Commit = sources[name].Repository, sources[name].Commit
		index = append(index, s)
		if err := write(filepath.Join(target, name+".json"), details, renderDetails); err != nil {
			return err
		}
	}
	if err := write(filepath.Join(target, "index.json"), index, renderIndex); err != nil {
		return err
	}
	return x.report(log, index)
}

// write renders a value into a file.
func write[T any](file string, value T, render func(*renderer, T)) error {
	r := &renderer{}
	render(r, value)
	if r.err != nil {
		return fmt.Errorf("%s: %w", file, r.err)
	}
	return os.WriteFile(file, r.text.Bytes(), 0o644)
}

// extractor reads official files below folder.
type extractor struct {
	folder    string
	refs      map[string]*string // URL without fragment → file, or nil where there is none
	documents map[string]any     // file → content
	// inside are the schemas that the one at hand stands in.
	inside []uintptr
	// place is the attribute at hand, and ruled the places of each rule.
	place      string
	ruled      map[string][]string
	attributes int
}

// rule notes that a rule decided something at the attribute at hand.
func (x *extractor) rule(format string, args ...any) {
	name := fmt.Sprintf(format, args...)
	x.ruled[name] = append(x.ruled[name], x.place)
}

// report prints what was read and how often each rule decided.
func (x *extractor) report(log io.Writer, index []*models.Subject) error {
	count := 0
	for _, s := range index {
		count += len(s.Listed)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d subjects, %d models, %d attributes\n", len(index), count, x.attributes)
	for _, name := range slices.Sorted(maps.Keys(x.ruled)) {
		places := x.ruled[name]
		fmt.Fprintf(&b, "%5d  %s: %s\n", len(places), name, strings.Join(places[:min(3, len(places))], ", "))
	}
	_, err := log.Write(b.Bytes())
	return err
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

func (x *extractor) subject(name string, files []string) (*models.Subject, *models.Details, error) {
	s := &models.Subject{Name: name}
	var document struct {
		Context map[string]json.RawMessage `json:"@context"`
	}
	if err := x.read(filepath.Join(name, "context.jsonld"), &document); err != nil {
		return nil, nil, err
	}
	details := &models.Details{Terms: document.Context}
	for _, form := range []string{
		"https://raw.githubusercontent.com/smart-data-models/dataModel.%s/master/context.jsonld",
		"https://raw.githubusercontent.com/smart-data-models/dataModel.%s/refs/heads/master/context.jsonld",
		"https://smart-data-models.github.io/dataModel.%s/context.jsonld",
	} {
		s.ContextURLs = append(s.ContextURLs, fmt.Sprintf(form, name))
	}
	slices.Sort(files)
	for _, file := range files {
		model := filepath.Base(filepath.Dir(file))
		m, err := x.model(filepath.Join(name, model, "schema.json"), model, name, details)
		if err != nil {
			return nil, nil, fmt.Errorf("model %s: %w", model, err)
		}
		details.Models = append(details.Models, m)
		s.Listed = append(s.Listed, models.Listed{Name: m.Name, Type: m.Type, IRI: iriIn(details.Terms[m.Type])})
	}
	return s, details, nil
}

// iriIn gives the IRI of a term's definition, or "".
func iriIn(definition json.RawMessage) string {
	var iri string
	var object struct {
		ID string `json:"@id"`
	}
	switch {
	case definition == nil:
	case json.Unmarshal(definition, &iri) == nil:
	case json.Unmarshal(definition, &object) == nil:
		iri = object.ID
	}
	return iri
}

// schema is a JSON Schema together with the document that its relative $refs
// speak of.
type schema struct {
	content map[string]any
	base    string // URL
}

func (x *extractor) model(file, name, subject string, details *models.Details) (*models.Model, error) {
	official, err := x.yaml(filepath.Join(subject, name, "model.yaml"))
	if err != nil {
		return nil, err
	}
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
		x.place = subject + "/" + name + "." + property
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
			x.rule("declared in several ways: a value must fit all")
		}
		switch property {
		case ngsild.MemberID:
			m.ID = shape
			continue
		case ngsild.MemberType:
			m.TypeShape = shape
			if len(shape.Enum) == 1 {
				var only string
				if json.Unmarshal(shape.Enum[0], &only) != nil || only == name {
					continue
				}
				if _, err := os.Stat(filepath.Join(x.folder, subject, only, "schema.json")); err == nil {
					x.rule("the schema allows the type of another model: the model's name is taken")
					continue
				}
				x.rule("the schema allows another type than the model's name: the schema's is taken")
				m.Type = only
			}
			continue
		}
		if _, ok := details.Terms[property]; !ok {
			x.rule("not in the @context: without an IRI")
		}
		attribute := &models.Attribute{Name: property, Kind: x.kind(kind, official[property].kind, shape), Shape: *shape}
		attribute.Units, attribute.UnitsOurs = x.units(subject, name, property, official[property].units, shape)
		m.Attributes = append(m.Attributes, attribute)
		x.attributes++
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
	"allOf", "const", "$ref", "description", "title", "examples", "default", "x-ngsi", "unit", "units"}

// shape gives the facts of a schema of a value.
func (x *extractor) shape(s schema) (*models.Shape, error) {
	beside := maps.Clone(s.content)
	for _, keyword := range []string{"$ref", "description", "title", "examples", "default", "x-ngsi", "unit", "units"} {
		delete(beside, keyword)
	}
	if s.content["$ref"] == nil || len(beside) == 0 {
		return x.plain(s)
	}
	// Keywords beside a $ref count as well (draft 2020-12).
	own, err := x.plain(schema{beside, s.base})
	if err != nil {
		return nil, err
	}
	referred, err := x.plain(schema{map[string]any{"$ref": s.content["$ref"]}, s.base})
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
func (x *extractor) plain(s schema) (*models.Shape, error) {
	s, err := x.resolve(s)
	if err != nil {
		return nil, err
	}
	address := reflect.ValueOf(s.content).Pointer()
	if slices.Contains(x.inside, address) {
		x.rule("a schema that stands inside itself: anything is allowed there")
		return &models.Shape{}, nil
	}
	x.inside = append(x.inside, address)
	defer func() { x.inside = x.inside[:len(x.inside)-1] }()
	for _, keyword := range slices.Sorted(maps.Keys(s.content)) {
		if !slices.Contains(known, keyword) {
			x.rule("keyword %s is left out", keyword)
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
	for _, one := range list(s.content["type"]) {
		word, _ := one.(string)
		shape.AnyOf = append(shape.AnyOf, &models.Shape{Type: word})
	}
	if _, err := regexp.Compile(shape.Pattern); err != nil {
		x.rule("a pattern that Go cannot compile is left out")
		shape.Pattern = ""
	}
	if value, ok := s.content["const"]; ok {
		s.content["enum"] = []any{value}
	}
	if _, ok := s.content["items"].([]any); ok {
		x.rule("items as a list, which draft 2020-12 does not have: any items are allowed")
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

// renderer writes JSON with one line a term and one an attribute, so that a
// change can be read.
type renderer struct {
	text bytes.Buffer
	err  error
}

func (r *renderer) line(value any) string {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil && r.err == nil {
		r.err = err
	}
	return strings.TrimRight(text.String(), "\n")
}

func (r *renderer) join(indent string, lines []string) {
	for i, l := range lines {
		r.text.WriteString(indent + l)
		if i < len(lines)-1 {
			r.text.WriteByte(',')
		}
		r.text.WriteByte('\n')
	}
}

func renderIndex(r *renderer, subjects []*models.Subject) {
	r.text.WriteString("[\n")
	for i, s := range subjects {
		fmt.Fprintf(&r.text, "{\"name\": %s, \"repository\": %s, \"commit\": %s,\n", r.line(s.Name), r.line(s.Repository), r.line(s.Commit))
		fmt.Fprintf(&r.text, " \"contextURLs\": %s,\n \"models\": [\n", r.line(s.ContextURLs))
		var listed []string
		for _, m := range s.Listed {
			listed = append(listed, r.line(m))
		}
		r.join("  ", listed)
		r.text.WriteString(" ]}" + comma(i, len(subjects)) + "\n")
	}
	r.text.WriteString("]\n")
}

func renderDetails(r *renderer, d *models.Details) {
	r.text.WriteString("{\"terms\": {\n")
	var terms []string
	for _, term := range slices.Sorted(maps.Keys(d.Terms)) {
		terms = append(terms, r.line(term)+": "+r.line(d.Terms[term]))
	}
	r.join("  ", terms)
	r.text.WriteString(" },\n \"models\": [\n")
	for i, m := range d.Models {
		fmt.Fprintf(&r.text, "  {\"name\": %s, \"type\": %s, \"required\": %s,\n", r.line(m.Name), r.line(m.Type), r.line(m.Required))
		if m.ID != nil {
			fmt.Fprintf(&r.text, "   \"id\": %s,\n", r.line(m.ID))
		}
		if m.TypeShape != nil {
			fmt.Fprintf(&r.text, "   \"typeShape\": %s,\n", r.line(m.TypeShape))
		}
		r.text.WriteString("   \"attributes\": [\n")
		var attributes []string
		for _, a := range m.Attributes {
			attributes = append(attributes, r.line(a))
		}
		r.join("    ", attributes)
		r.text.WriteString("   ]}" + comma(i, len(d.Models)) + "\n")
	}
	r.text.WriteString(" ]}\n")
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

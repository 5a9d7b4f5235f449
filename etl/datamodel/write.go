package datamodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

// schema gives schema.json: of the simplified form of an entity, as those of the Smart
// Data Models are. What the base has stands in a part of allOf, what the model adds in
// another.
func (m *Model) schema(version string) map[string]any {
	own := map[string]any{
		ngsild.MemberID:   map[string]any{"type": "string", "format": "uri", "description": "The id of the entity, a URI"},
		ngsild.MemberType: m.typeSchema(),
	}
	reused := map[string]any{}
	for _, a := range m.Attributes {
		property := a.Shape.Schema()
		property["description"] = a.Description
		if a.Reused {
			reused[a.Name] = property
		} else {
			own[a.Name] = property
		}
	}
	schema := map[string]any{
		"$schema":        "https://json-schema.org/draft/2020-12/schema",
		"$schemaVersion": version,
		"title":          m.Name,
		"description":    m.sentence(),
		"type":           "object",
		"required":       m.required(),
	}
	if m.Base == nil {
		schema["properties"] = own
		return schema
	}
	schema["allOf"] = []any{
		map[string]any{"title": m.Base.QualifiedName(), "properties": reused},
		map[string]any{"title": m.Name, "properties": own},
	}
	return schema
}

// typeSchema gives the schema of the member type: a text, or a list of those types.
func (m *Model) typeSchema() map[string]any {
	if len(m.Types) == 1 {
		return map[string]any{"type": "string", "enum": m.Types, "description": "The type of the entity: " + m.Types[0]}
	}
	return map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": m.Types}, "description": "The types of the entity: " + strings.Join(m.Types, ", ")}
}

// required names the members that an entity always has: those that the base demands, as
// far as the mapping has them.
func (m *Model) required() []string {
	names := []string{ngsild.MemberID, ngsild.MemberType}
	if m.Base != nil {
		for _, name := range m.Base.Required {
			if m.attribute(name) != nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// sentence says what the model is.
func (m *Model) sentence() string {
	if m.Base != nil {
		return fmt.Sprintf("%s of %s, with attributes of its own", m.Name, m.Base.QualifiedName())
	}
	return fmt.Sprintf("%s, a model of %s", m.Name, m.Subject)
}

// yaml gives model.yaml. Each text that could be anything else in YAML 1.1 or 1.2 is in
// quotes.
func (m *Model) yaml(version string) []byte {
	var w yamlWriter
	w.key(0, m.Name)
	w.text(2, "description", m.sentence())
	w.key(2, "properties")
	w.key(4, ngsild.MemberID)
	w.text(6, "description", "The id of the entity, a URI")
	w.text(6, "format", "uri")
	w.text(6, "type", "string")
	for _, a := range m.Attributes {
		w.key(4, a.Name)
		w.text(6, "description", a.Description)
		w.members(6, plain(a.Shape.Schema()))
		w.key(6, "x-ngsi")
		w.text(8, "model", a.IRI)
		w.text(8, "type", a.Kind.String())
		if a.UnitCode != "" {
			w.text(8, "units", a.UnitCode)
		}
	}
	w.key(4, ngsild.MemberType)
	w.members(6, plain(m.typeSchema()))
	w.key(2, "required")
	for _, name := range m.required() {
		w.line(4, "- %s", strictyaml.Quote(name))
	}
	w.text(2, "type", "object")
	derived := ""
	if m.Base != nil {
		derived = m.Base.QualifiedName()
	}
	w.text(2, "x-derived-from", derived)
	w.text(2, "x-model-iri", m.TypeIRIs[0])
	w.text(2, "x-version", version)
	return w.Bytes()
}

type yamlWriter struct{ bytes.Buffer }

func (w *yamlWriter) line(indent int, format string, args ...any) {
	w.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(w, format+"\n", args...)
}

func (w *yamlWriter) key(indent int, key string) { w.line(indent, "%s:", strictyaml.Quote(key)) }

func (w *yamlWriter) text(indent int, key, text string) {
	w.line(indent, "%s: %s", strictyaml.Quote(key), strictyaml.Quote(text))
}

// members writes the members of a JSON object; a list of objects in the form of JSON, which
// is YAML too.
func (w *yamlWriter) members(indent int, object map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		switch v := object[key].(type) {
		case string:
			w.text(indent, key, v)
		case map[string]any:
			if len(v) == 0 {
				w.line(indent, "%s: {}", strictyaml.Quote(key))
				continue
			}
			w.key(indent, key)
			w.members(indent+2, v)
		case []any:
			w.key(indent, key)
			for _, item := range v {
				if text, ok := item.(string); ok {
					w.line(indent+2, "- %s", strictyaml.Quote(text))
				} else {
					w.line(indent+2, "- %s", oneLine(item))
				}
			}
		default:
			w.line(indent, "%s: %s", strictyaml.Quote(key), oneLine(v))
		}
	}
}

// plain gives a JSON object of maps, lists, texts, numbers and booleans alone.
func plain(object map[string]any) map[string]any {
	var out map[string]any
	d := json.NewDecoder(strings.NewReader(oneLine(object)))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic(fmt.Errorf("write a model: %w", err)) // it was written just now
	}
	return out
}

// The marks between which README.md is written anew; what a person writes around them
// stays.
const (
	beginMark = "<!-- written by ldt models new: what stands up to the end mark is written anew -->"
	endMark   = "<!-- end of what ldt models new wrote -->"
)

// readme gives README.md. old is the one that is there, or "".
func (m *Model) readme(version, old string, example *Example) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", beginMark)
	for i, t := range m.Types {
		fmt.Fprintf(&b, "Entity type `%s` (%s), version %s.\n", t, m.TypeIRIs[i], version)
	}
	if m.Base != nil {
		fmt.Fprintf(&b, "It extends %s with the attributes that are marked +.\n", m.Base.QualifiedName())
	}
	b.WriteString("\n| attribute | kind | type | unit | IRI | description |\n|---|---|---|---|---|---|\n")
	m.rows(&b, m.Attributes, "")
	b.WriteString("\nA better description belongs into `schema.json`, behind the kind: from there it comes here and stays.\n")
	if example != nil {
		fmt.Fprintf(&b, "The examples are made from %s: look whether it may be published.\n", example.Place)
	}
	b.WriteString("\n" + endMark)
	before, rest, begins := strings.Cut(old, beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if begins && ends {
		return []byte(before + b.String() + after)
	}
	if old != "" {
		return []byte(old) // a person has taken it over
	}
	return []byte("# " + m.Name + "\n\n" + b.String() + "\n")
}

// rows writes the lines of the table; those of sub-attributes follow their attribute.
func (m *Model) rows(b *strings.Builder, list []*Attribute, path string) {
	for _, a := range list {
		name := "`" + path + a.Name + "`"
		if path == "" && m.Base != nil && !a.Reused {
			name += " +"
		}
		shape := a.value()
		typ := shape.TypeName()
		for _, limit := range []string{shape.Format, words(shape)} {
			if limit != "" {
				typ += ", " + limit
			}
		}
		_, description, _ := strings.Cut(a.Description, ". ")
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", name, a.Kind, cell(typ), cell(a.UnitCode), cell(a.IRI), cell(description))
		m.rows(b, a.Attributes, path+a.Name+".")
	}
}

// value gives the form of what the attribute says: a languageMap and a vocab stand in an
// object as well as by themselves.
func (a *Attribute) value() *models.Shape {
	if len(a.Shape.AnyOf) == 2 && (a.Kind == ngsild.LanguageProperty || a.Kind == ngsild.VocabProperty) {
		return a.Shape.AnyOf[1]
	}
	return &a.Shape
}

// words gives the values of an enumeration.
func words(s *models.Shape) string {
	var list []string
	for _, value := range s.Enum {
		list = append(list, strings.Trim(string(value), `"`))
	}
	if len(list) == 0 {
		return ""
	}
	return "one of " + strings.Join(list, ", ")
}

// cell makes a text fit for a cell of a table in Markdown.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'").Replace(text)
}

// contextText gives the @context of a subject: what there is, and the terms of models.
func contextText(terms map[string]json.RawMessage) []byte {
	return indented(map[string]any{ngsild.MemberContext: terms})
}

// terms gives the terms of the model with their IRIs; those of the core are left out.
func (m *Model) terms(ofCore func(term string) bool) map[string]string {
	out := map[string]string{}
	add := func(term, iri string) {
		if !ofCore(term) && !strings.Contains(term, ":") {
			out[term] = iri
		}
	}
	for i, t := range m.Types {
		add(t, m.TypeIRIs[i])
	}
	for word, iri := range m.Words {
		add(word, iri)
	}
	var below func(list []*Attribute)
	below = func(list []*Attribute) {
		for _, a := range list {
			add(a.Name, a.IRI)
			below(a.Attributes)
		}
	}
	below(m.Attributes)
	return out
}

// indented writes a value that JSON can hold, for people.
func indented(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		panic(fmt.Errorf("write a model: %w", err)) // maps, lists and texts of our own
	}
	return b.Bytes()
}

func oneLine(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(fmt.Errorf("write a model: %w", err)) // maps, lists and texts of our own
	}
	return strings.TrimSpace(b.String())
}

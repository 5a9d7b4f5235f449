package datamodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/vocabulary"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Example is an entity of a model, without its @context.
type Example struct {
	Normalized, Simplified []byte
	// Context is the value of @context.
	Context []byte
	// Place says which row of which source it was made from.
	Place string
}

// Update is what becomes of the files of models.
type Update struct {
	Context vocabulary.File // of the subject
	// Terms are those that the @context gains, and those that have another IRI now.
	Terms  []vocabulary.Change
	Models []ModelUpdate
}

// ModelUpdate is what becomes of one model.
type ModelUpdate struct {
	*Model
	// Dir is the folder of the model.
	Dir string
	// Was and Version are versions of the schema; Was is "" where it is new.
	Was, Version string
	// Changes are of attributes: + and -, and ! for what is another than before.
	Changes []vocabulary.Change
	Files   []*vocabulary.File
}

// Overwrites says whether a file that is there would be written over.
func (u *Update) Overwrites() bool {
	return slices.ContainsFunc(u.Models, func(m ModelUpdate) bool {
		return slices.ContainsFunc(m.Files, func(f *vocabulary.File) bool { return f.Old != nil && f.Changed() })
	}) || slices.ContainsFunc(u.Terms, func(c vocabulary.Change) bool { return c.Sign == "!" })
}

func (m *ModelUpdate) changed() bool {
	return slices.ContainsFunc(m.Files, func(f *vocabulary.File) bool { return f.Changed() })
}

// Write writes the files that changed.
func (u *Update) Write() error {
	if err := u.Context.Write(); err != nil {
		return err
	}
	for _, m := range u.Models {
		for _, f := range m.Files {
			if err := f.Write(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Compare works out the files of models in the folder data-models of dir, beside what is
// there. The description of an attribute that a person has written stays. examples gives
// the example of a model, nil where there is none; ofCore says whether a term is one of
// the core. Nothing is written. The error is a finding.List where a file that is there
// cannot be read.
func Compare(dir string, list []*Model, examples func(*Model) *Example, ofCore func(term string) bool) (*Update, error) {
	subject := filepath.Join(dir, folder.Folder, list[0].Subject)
	u := &Update{Context: vocabulary.File{Path: filepath.Join(subject, folder.ContextFile)}}
	if err := u.Context.Read(); err != nil {
		return nil, err
	}
	terms := map[string]json.RawMessage{}
	if u.Context.Old != nil {
		var document struct {
			Context map[string]json.RawMessage `json:"@context"`
		}
		if err := json.Unmarshal(bytes.TrimPrefix(u.Context.Old, []byte("\ufeff")), &document); err != nil {
			return nil, unreadable(u.Context.Path, "it is no @context with an object of terms: %v", err)
		}
		for term, definition := range document.Context {
			terms[term] = definition
		}
	}
	for _, m := range list {
		own := m.terms(ofCore)
		for _, term := range slices.Sorted(maps.Keys(own)) {
			u.term(terms, term, own[term])
		}
		one, err := compare(filepath.Join(subject, m.Name), m, examples(m), u.Terms)
		if err != nil {
			return nil, err
		}
		u.Models = append(u.Models, *one)
	}
	u.Context.New = contextText(terms)
	return u, nil
}

// term puts a term into the @context.
func (u *Update) term(terms map[string]json.RawMessage, term, iri string) {
	c := vocabulary.Change{Sign: "+", Term: term, IRI: iri}
	if old, ok := terms[term]; ok {
		var was string
		if err := json.Unmarshal(old, &was); err != nil {
			return // a definition that a person has written
		}
		if was == iri {
			return
		}
		c.Sign, c.Was, c.Note = "!", was, "IRI CHANGED, it was "+was
	}
	terms[term] = json.RawMessage(oneLine(iri))
	u.Terms = append(u.Terms, c)
}

func unreadable(file, format string, args ...any) error {
	f := finding.New(finding.ModelFile, finding.Location{File: file}, format, args...)
	return finding.List{f.WithHint("mend it, or delete it: it is written anew")}
}

// compare works out the files of one model.
func compare(dir string, m *Model, example *Example, terms []vocabulary.Change) (*ModelUpdate, error) {
	u := &ModelUpdate{Model: m, Dir: dir, Version: "1.0.0"}
	file := func(name string) (*vocabulary.File, error) {
		f := &vocabulary.File{Path: filepath.Join(dir, filepath.FromSlash(name)), Name: name}
		u.Files = append(u.Files, f)
		return f, f.Read()
	}
	schema, err := file(folder.SchemaFile)
	if err != nil {
		return nil, err
	}
	if schema.Old != nil {
		if err := u.since(schema, terms); err != nil {
			return nil, err
		}
	}
	schema.New = indented(m.schema(u.Version))
	yaml, err := file(folder.YAMLFile)
	if err != nil {
		return nil, err
	}
	yaml.New = m.yaml(u.Version)
	readme, err := file("README.md")
	if err != nil {
		return nil, err
	}
	readme.New = m.readme(u.Version, string(readme.Old), example)
	if example == nil {
		return u, nil
	}
	for name, text := range map[string][]byte{
		"examples/example.json":              example.Simplified,
		"examples/example.jsonld":            withContext(example.Simplified, example.Context),
		"examples/example-normalized.json":   example.Normalized,
		"examples/example-normalized.jsonld": withContext(example.Normalized, example.Context),
	} {
		f, err := file(name)
		if err != nil {
			return nil, err
		}
		value := jsontext.Value(slices.Clone(text))
		if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
			return nil, fmt.Errorf("write an example of %s: %w", m.Name, err)
		}
		f.New = append(value, '\n')
	}
	slices.SortFunc(u.Files, func(a, b *vocabulary.File) int { return strings.Compare(a.Name, b.Name) })
	return u, nil
}

// withContext gives an entity with its @context, the last member.
func withContext(entity, ldctx []byte) []byte {
	open := bytes.TrimSuffix(bytes.TrimSpace(entity), []byte("}"))
	return slices.Concat(open, []byte(`,"@context":`), ldctx, []byte("}"))
}

// since takes over what a person wrote into the schema that is there, and notes what is
// another now.
func (u *ModelUpdate) since(f *vocabulary.File, terms []vocabulary.Change) error {
	type part struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	var old struct {
		Version     string `json:"$schemaVersion"`
		Description string `json:"description"`
		part
		AllOf []part `json:"allOf"`
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(f.Old, []byte("\ufeff"))))
	decoder.UseNumber()
	if err := decoder.Decode(&old); err != nil {
		return unreadable(f.Path, "it is no schema of a model: %v", err)
	}
	u.Was = old.Version
	was := map[string]map[string]any{}
	for _, p := range append(old.AllOf, old.part) {
		for name, property := range p.Properties {
			was[name] = property
		}
	}
	isNew := map[string]bool{}
	for _, a := range u.Attributes {
		isNew[a.Name] = true
		property, there := was[a.Name]
		if !there {
			u.change("+", a, "")
			continue
		}
		description, _ := property["description"].(string)
		kind, _, _ := strings.Cut(description, ".")
		switch {
		case kind != a.Kind.String():
			u.change("!", a, "it was a "+kind)
		case unitIn(description) != a.UnitCode && described.MatchString(description):
			u.change("!", a, "its unit was "+quotedOrNone(unitIn(description)))
		case !sameSchema(property, a.Shape.Schema()):
			u.change("!", a, "its values were "+schemaInWords(property))
		}
		if description != "" && sameKind(description, a.Kind) && !described.MatchString(description) {
			a.Description = description
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if name != ngsild.MemberID && name != ngsild.MemberType && !isNew[name] {
			u.Changes = append(u.Changes, vocabulary.Change{Sign: "-", Term: name, Note: "the mapping does not have it"})
		}
	}
	for _, c := range terms {
		if a := u.attribute(c.Term); a != nil && c.Sign == "!" {
			u.change("!", a, c.Note)
		}
	}
	u.Version = vocabulary.NextVersion(old.Version, u.Changes)
	return nil
}

func (u *ModelUpdate) change(sign string, a *Attribute, note string) {
	u.Changes = append(u.Changes, vocabulary.Change{Sign: sign, Term: a.Name, IRI: strings.TrimSpace(a.Kind.String() + " " + a.Shape.TypeName()), Note: note})
}

// unitIn gives the unit code in a description that describe gave.
func unitIn(description string) string {
	_, rest, _ := strings.Cut(description, "Units:'")
	code, _, _ := strings.Cut(rest, "'")
	return code
}

func quotedOrNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// sameSchema compares the schemas of a property, the description apart.
func sameSchema(old, now map[string]any) bool {
	old, now = plain(old), plain(now)
	delete(old, "description")
	return reflect.DeepEqual(old, now)
}

// schemaInWords says in short what a schema allows.
func schemaInWords(schema map[string]any) string {
	var parts []string
	for _, key := range []string{"type", "format"} {
		if text, ok := schema[key].(string); ok {
			parts = append(parts, text)
		}
	}
	if list, ok := schema["enum"].([]any); ok {
		parts = append(parts, "one of "+strconv.Itoa(len(list)))
	}
	if len(parts) == 0 {
		return "others"
	}
	return strings.Join(parts, " ")
}

// WriteText prints what changes, for a person.
func (u *Update) WriteText(w io.Writer) error {
	var text strings.Builder
	for _, m := range u.Models {
		state := m.Version
		switch {
		case !m.changed():
			state += ", no change"
		case m.Was != "" && m.Was != m.Version:
			state = m.Was + " → " + m.Version
		}
		fmt.Fprintf(&text, "%s  %s\n", m.Dir, state)
		vocabulary.AppendChanges(&text, m.Changes)
		for _, f := range m.Files {
			if f.Changed() {
				fmt.Fprintf(&text, "    %s\n", f.Name)
			}
		}
	}
	if u.Context.Changed() {
		fmt.Fprintf(&text, "%s\n", u.Context.Path)
		vocabulary.AppendChanges(&text, u.Terms)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

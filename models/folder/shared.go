package folder

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/ldtkit/ldt/models"
)

// SharedDocument is a document of definitions that the schemas of several models
// refer to, as facts: what it says of kinds and values, without its texts.
type SharedDocument struct {
	// URLs are the addresses that it is published at.
	URLs []string `json:"urls"`
	// Root is the document as a schema; nil where it holds definitions alone.
	Root        *Definition            `json:"root,omitempty"`
	Definitions map[string]*Definition `json:"definitions,omitempty"`
}

// Definition is the form of a value, with the kind of the attribute that has it where
// the official text states one.
type Definition struct {
	Kind string `json:"kind,omitempty"`
	models.Shape
	// Members are those of Shape with their kinds.
	Members map[string]*Definition `json:"members,omitempty"`
}

// Definition gives the facts of a schema of a shared document.
func (r *Reader) Definition(document map[string]any, base string, content map[string]any) (*Definition, error) {
	r.root, r.base, r.inside, r.shapes = document, base, nil, 0
	return r.definition(schema{content, base})
}

func (r *Reader) definition(s schema) (*Definition, error) {
	shape, err := r.shape(s)
	if err != nil {
		return nil, err
	}
	d := &Definition{Shape: *shape}
	resolved, err := r.resolve(s)
	if err != nil {
		return nil, err
	}
	for _, s := range []schema{s, resolved} {
		if description, ok := s.content["description"].(string); ok && d.Kind == "" {
			d.Kind = kindIn(description).String()
		}
	}
	if len(shape.Members) == 0 {
		return d, nil
	}
	r.inside = append(r.inside, reflect.ValueOf(resolved.content).Pointer())
	defer func() { r.inside = r.inside[:len(r.inside)-1] }()
	properties, _ := resolved.content["properties"].(map[string]any)
	d.Members = map[string]*Definition{}
	for _, name := range slices.Sorted(maps.Keys(shape.Members)) {
		if d.Members[name], err = r.definition(schemaOf(properties[name], resolved.base)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// schema gives the JSON Schema of a definition; its description is the kind alone.
func (d *Definition) schema() map[string]any {
	d.Shape.Members = nil
	content := d.Shape.Schema()
	if d.Kind != "" {
		content["description"] = d.Kind
	}
	if len(d.Members) > 0 {
		members := map[string]any{}
		for name, member := range d.Members {
			members[name] = member.schema()
		}
		content["properties"] = members
	}
	return content
}

//go:embed shared.json
var sharedFile []byte

// sharedDocuments are the built-in shared documents as JSON Schemas, by address.
var sharedDocuments = sync.OnceValue(func() map[string]any {
	var documents []*SharedDocument
	if err := json.Unmarshal(sharedFile, &documents); err != nil {
		panic(fmt.Errorf("read the shared definitions: %w", err)) // it is part of the binary, and tests read it
	}
	byURL := map[string]any{}
	for _, document := range documents {
		content := map[string]any{}
		if document.Root != nil {
			content = document.Root.schema()
		}
		definitions := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(document.Definitions)) {
			definitions[name] = document.Definitions[name].schema()
		}
		content["definitions"] = definitions
		value, err := decodePlain(content)
		if err != nil {
			panic(fmt.Errorf("read the shared definitions: %w", err))
		}
		for _, url := range document.URLs {
			byURL[url] = value
		}
	}
	return byURL
})

// decodePlain gives a value as decoding its JSON gives it, with numbers as they are
// written.
func decodePlain(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var plain any
	err = d.Decode(&plain)
	return plain, err
}

// Shared gives the document of shared definitions that is published at a URL, made from
// the facts of it that are built in, or nil. The caller may not change it.
func Shared(url string) any { return sharedDocuments()[url] }

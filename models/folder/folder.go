// Package folder owns models that lie in a folder, as schema.json with a context.jsonld
// beside it or in the folder above: it checks them.
package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// The names of the files of a model.
const (
	SchemaFile  = "schema.json"
	ContextFile = "context.jsonld"
)

// Check gives what is wrong with the model in a folder, or with a schema that path names:
// is it JSON, does it compile, does each $ref lead somewhere, has each attribute a kind
// and a term in the @context. Each finding has a pointer into the schema. A $ref to an
// address elsewhere is not followed, and a warning. The error is for a file that is not
// there or cannot be read.
func Check(path string) ([]finding.Finding, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, SchemaFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &checker{file: path, folder: filepath.Dir(path), others: map[string]any{}}
	schema, ok := c.parse(path, text)
	if !ok {
		return c.findings, nil
	}
	c.references(schema, schema, "")
	c.compiles(schema)
	c.attributes(schema)
	return c.findings, nil
}

type checker struct {
	file, folder string
	others       map[string]any // the other files that $refs name, nil where unreadable
	findings     []finding.Finding
}

func (c *checker) add(code finding.Code, pointer, format string, args ...any) *finding.Finding {
	c.findings = append(c.findings, finding.New(code, finding.Location{File: c.file, Pointer: pointer}, format, args...))
	return &c.findings[len(c.findings)-1]
}

// parse reads a file that must be one JSON object.
func (c *checker) parse(file string, text []byte) (map[string]any, bool) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	d.UseNumber()
	var value any
	err := d.Decode(&value)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something stands after its end")
		}
	}
	object, ok := value.(map[string]any)
	switch {
	case err != nil:
		f := c.add(finding.ModelFile, "", "this is not JSON: %v", err)
		f.Location.File = file
		if at := d.InputOffset(); at > 0 && int(at) <= len(text) {
			f.Location.Line = 1 + bytes.Count(text[:at], []byte("\n"))
		}
		return nil, false
	case !ok:
		c.add(finding.ModelFile, "", "this is no JSON object").Location.File = file
		return nil, false
	}
	return object, true
}

// data are the keywords whose content is values and not schemas.
var data = []string{"enum", "const", "examples", "example", "default"}

// references looks at every $ref, and takes those out that lead nowhere or elsewhere.
func (c *checker) references(root map[string]any, node any, pointer string) {
	switch v := node.(type) {
	case []any:
		for i, one := range v {
			c.references(root, one, pointer+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := pointer + "/" + escape(key)
			ref, isText := v[key].(string)
			switch {
			case key == "$ref" && isText:
				if !c.leads(root, ref, below) {
					delete(v, key)
				}
			case !slices.Contains(data, key) || strings.HasSuffix(pointer, "/properties"):
				c.references(root, v[key], below)
			}
		}
	}
}

// leads reports whether a $ref can be followed inside the schema, and says where not.
func (c *checker) leads(root map[string]any, ref, pointer string) bool {
	address, fragment, _ := strings.Cut(ref, "#")
	switch {
	case address == "":
		if _, ok := follow(root, fragment); !ok {
			c.add(finding.ModelFileRef, pointer, "the $ref %q leads nowhere", ref).Hint = "correct it: there is no such place in this file"
			return false
		}
		return true
	case strings.Contains(address, "://") || strings.HasPrefix(address, "urn:"):
		f := c.add(finding.ModelFileRef, pointer, "the $ref %q leads to another place, which is not followed: what it demands is not checked", ref)
		f.Severity = finding.Warning
		return false
	case address != filepath.Base(address):
		c.add(finding.ModelFileRef, pointer, "the $ref %q leads out of the model's folder", ref).Hint = "put the file beside " + SchemaFile
		return false
	}
	other, read := c.others[address]
	if !read {
		text, err := os.ReadFile(filepath.Join(c.folder, address))
		if err == nil {
			if object, ok := c.parse(filepath.Join(c.folder, address), text); ok {
				other = object
			}
		}
		c.others[address] = other
	}
	if object, ok := other.(map[string]any); ok {
		if _, found := follow(object, fragment); found {
			return false // there, but its own $refs are its own affair
		}
	}
	c.add(finding.ModelFileRef, pointer, "the $ref %q leads nowhere", ref).Hint = "put " + address + " beside " + SchemaFile + ", with this place in it"
	return false
}

// follow gives what a JSON pointer leads to.
func follow(root any, pointer string) (any, bool) {
	if pointer == "" {
		return root, true
	}
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
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

func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// compiles says why the schema does not compile, the $refs that lead elsewhere apart.
func (c *checker) compiles(schema map[string]any) {
	delete(schema, "$id")
	text, err := json.Marshal(schema)
	if err != nil {
		return // it was read from JSON
	}
	compiler := jsonschema.NewCompiler()
	compiler.LoadURL = func(string) (io.ReadCloser, error) { return nil, errors.New("no file of this name is known here") }
	const address = "urn:ldt:schema"
	if err = compiler.AddResource(address, bytes.NewReader(text)); err == nil {
		_, err = compiler.Compile(address)
	}
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &invalid):
		for len(invalid.Causes) > 0 {
			invalid = invalid.Causes[0]
		}
		c.add(finding.ModelFileSchema, invalid.InstanceLocation, "the schema does not compile: %s", invalid.Message).Hint =
			"correct it; a pattern must do without look-ahead, and items is one schema, not a list"
	case err != nil:
		c.add(finding.ModelFileSchema, "", "the schema does not compile: %v", errors.Unwrap(err))
	}
}

var kindWord = regexp.MustCompile(`^\W*(Property|GeoProperty|Geoproperty|Relationship|LanguageProperty|VocabProperty|ListProperty|ListRelationship|JsonProperty)\b`)

// attributes says which attributes have no kind or no term.
func (c *checker) attributes(schema map[string]any) {
	terms, known := c.terms()
	if !known {
		f := c.add(finding.ModelFileTerm, "", "there is no %s beside the schema or in the folder above: the terms are not checked", ContextFile)
		f.Severity = finding.Warning
	}
	count := 0
	each := func(part any, pointer string) {
		object, _ := part.(map[string]any)
		properties, _ := object["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if name == ngsild.MemberID || name == ngsild.MemberType {
				continue
			}
			count++
			at := pointer + "/properties/" + escape(name)
			if known && !terms[name] {
				c.add(finding.ModelFileTerm, at, "the attribute %q has no term in the @context", name).Hint = "add it to " + ContextFile + ": a broker would read it as a word of the default vocabulary"
			}
			property, _ := properties[name].(map[string]any)
			description, _ := property["description"].(string)
			if !kindWord.MatchString(description) {
				c.add(finding.ModelFileKind, at, "the attribute %q does not state its kind", name).Hint = `let its description begin with "Property. ", "Relationship. " or "GeoProperty. "`
			}
		}
	}
	each(schema, "")
	parts, _ := schema["allOf"].([]any)
	for i, part := range parts {
		each(part, "/allOf/"+strconv.Itoa(i))
	}
	elsewhere := slices.ContainsFunc(c.findings, func(f finding.Finding) bool { return f.Code == finding.ModelFileRef })
	if count == 0 && !elsewhere {
		c.add(finding.ModelFileSchema, "", "the schema has no attributes of its own").Hint = "attributes stand under properties, also of a part of allOf"
	}
}

// terms reads the terms that the @context of the model defines.
func (c *checker) terms() (map[string]bool, bool) {
	for _, folder := range []string{c.folder, filepath.Join(c.folder, "..")} {
		file := filepath.Join(folder, ContextFile)
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			c.add(finding.ModelFile, "", "it cannot be read: %v", err).Location.File = file
			return nil, true
		}
		document, ok := c.parse(file, text)
		terms := map[string]bool{}
		if !ok {
			return terms, false
		}
		list, isList := document[ngsild.MemberContext].([]any)
		if !isList {
			list = []any{document[ngsild.MemberContext]}
		}
		for _, part := range list {
			object, _ := part.(map[string]any)
			for term, definition := range object {
				terms[term] = definition != nil
			}
		}
		return terms, true
	}
	return nil, false
}

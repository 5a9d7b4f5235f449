package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Check gives what is wrong with the model in a folder, or with a schema that path names:
// is it JSON, does it compile, does each $ref lead somewhere, has each attribute a kind
// (in its description or in model.yaml) and a term in the @context. Each finding has its
// place in the file. A $ref to the shared definitions of Smart Data Models is followed; one
// to another address is not, and a warning. The resolver knows the @contexts that
// context.jsonld names by URL; nil knows the core and those of the built-in models. The
// error is for a file that is not there or cannot be read.
func Check(ctx context.Context, path string, resolver *jsonld.Resolver) ([]finding.Finding, error) {
	dir, name := schemaIn(path)
	c := newChecker(files(dir), name, resolver)
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	return c.findings, nil
}

// schemaIn gives the folder and the name of the schema that a path means.
func schemaIn(path string) (dir, name string) {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return path, SchemaFile
	}
	return filepath.Dir(path), filepath.Base(path)
}

// checker is a model at hand.
type checker struct {
	from     place
	schema   string // the name of the file
	resolver *jsonld.Resolver
	text     []byte
	yaml     []byte
	content  map[string]any // of the schema; nil where it is none
	// others are the files beside the schema that $refs name, nil where they cannot be
	// used, and ldctx is the @context.
	others   map[string]*other
	ldctx    *ldcontext
	ldname   string // where the @context lies, from the schema; "" where there is none
	findings []finding.Finding
}

// other is a file beside a schema.
type other struct {
	text    []byte
	content map[string]any
}

func newChecker(from place, schema string, resolver *jsonld.Resolver) *checker {
	return &checker{from: from, schema: schema, resolver: resolver, others: map[string]*other{}}
}

func (c *checker) add(code finding.Code, pointer, format string, args ...any) *finding.Finding {
	at := finding.Location{File: c.from.name(c.schema), Pointer: pointer}
	c.findings = append(c.findings, finding.New(code, at, format, args...))
	return &c.findings[len(c.findings)-1]
}

// load reads the schema and model.yaml. Findings say why there is no content.
func (c *checker) load() error {
	var err error
	if c.text, err = c.read(c.schema); err != nil {
		return err
	}
	if c.yaml, err = c.read(YAMLFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.text != nil {
		content, found := parse(c.from.name(c.schema), c.text)
		c.content, c.findings = content, append(c.findings, found...)
	}
	return nil
}

// read reads a file; what is wrong with its size is a finding.
func (c *checker) read(name string) ([]byte, error) {
	text, err := c.from.read(name)
	var list finding.List
	if errors.As(err, &list) {
		c.findings = append(c.findings, list...)
		return nil, nil
	}
	return text, err
}

// check takes the model through all rules.
func (c *checker) check(ctx context.Context) error {
	if err := c.load(); err != nil {
		return err
	}
	if err := c.context(ctx); err != nil {
		return err
	}
	if c.content != nil {
		c.references(c.content, c.content, "")
		c.compiles(c.content)
		c.attributes(c.content)
	}
	var placeless []*finding.Finding
	for i := range c.findings {
		if at := &c.findings[i].Location; at.File == c.from.name(c.schema) && at.Line == 0 && at.Pointer != "" {
			placeless = append(placeless, &c.findings[i])
		}
	}
	locate(c.text, placeless)
	return nil
}

// context reads the @context beside the schema or in the folder above.
func (c *checker) context(ctx context.Context) error {
	for _, name := range []string{ContextFile, "../" + ContextFile} {
		ldctx, found, err := readContext(ctx, c.from, name, c.resolver)
		var list finding.List
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.As(err, &list):
			found = list
		case err != nil:
			return err
		}
		c.ldctx, c.ldname = ldctx, name
		c.findings = append(c.findings, found...)
		return nil
	}
	return nil
}

// data are the keywords whose content is values and not schemas.
var data = []string{"enum", "const", "examples", "example", "default"}

// references looks at every $ref, and takes those out that lead nowhere or to a place
// that is not known.
func (c *checker) references(root map[string]any, node any, pointer string) {
	switch v := node.(type) {
	case []any:
		for i, one := range v {
			c.references(root, one, pointer+step(i))
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

// leads reports whether a $ref can be followed, and says where not.
func (c *checker) leads(root map[string]any, ref, pointer string) bool {
	address, fragment, _ := strings.Cut(ref, "#")
	var document any = root
	switch {
	case address == "" || address == root["$id"]:
		if loops(root, fragment) {
			c.add(finding.ModelFileRef, pointer, "the $ref %q leads back to itself", ref).Hint = "let one of these places say what a value is"
			return false
		}
	case isURL(address):
		if document = Shared(address); document == nil {
			f := c.add(finding.ModelFileRef, pointer, "the $ref %q leads to another place, which is not followed: what it demands is not checked", ref)
			f.Severity = finding.Warning
			return false
		}
	case address != filepath.Base(address) || address == "..":
		c.add(finding.ModelFileRef, pointer, "the $ref %q leads out of the model's folder", ref).Hint = "put the file beside " + SchemaFile
		return false
	default:
		other, err := c.beside(address)
		if err != nil || other == nil {
			c.add(finding.ModelFileRef, pointer, "the $ref %q leads nowhere", ref).Hint = "put " + address + " beside " + SchemaFile
			return false
		}
		document = other
	}
	if _, ok := follow(document, fragment); !ok {
		c.add(finding.ModelFileRef, pointer, "the $ref %q leads nowhere", ref).Hint = "correct it: there is no such place in " + orThis(address)
		return false
	}
	return true
}

func orThis(address string) string {
	if address == "" {
		return "this file"
	}
	return address
}

// loops reports whether following $refs inside a file never ends.
func loops(root any, fragment string) bool {
	for range 20 {
		next, ok := follow(root, fragment)
		object, isObject := next.(map[string]any)
		ref, isRef := object["$ref"].(string)
		address, pointer, _ := strings.Cut(ref, "#")
		if !ok || !isObject || !isRef || address != "" {
			return false
		}
		fragment = pointer
	}
	return true
}

func isURL(address string) bool {
	return strings.Contains(address, "://") || strings.HasPrefix(address, "urn:")
}

// beside gives the content of a file beside the schema, or nil.
func (c *checker) beside(name string) (any, error) {
	known, read := c.others[name]
	if !read {
		text, err := c.read(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if text != nil {
			content, found := parse(c.from.name(name), text)
			c.findings = append(c.findings, found...)
			if content != nil {
				known = &other{text, content}
			}
		}
		c.others[name] = known
	}
	if known == nil {
		return nil, nil
	}
	return known.content, nil
}

// reader gives a Reader that follows $refs to files beside the schema too.
func (c *checker) reader() *Reader {
	return &Reader{Document: func(address string) (any, error) {
		if isURL(address) || address != filepath.Base(address) {
			return Shared(address), nil
		}
		return c.beside(address)
	}}
}

// schemaAddress is where the compiler finds the schema; no such host is ever asked.
const schemaAddress = "https://model.invalid/"

// compiles says why the schema does not compile.
func (c *checker) compiles(schema map[string]any) {
	compiler := jsonschema.NewCompiler()
	compiler.LoadURL = func(url string) (io.ReadCloser, error) {
		var document any
		if name, ok := strings.CutPrefix(url, schemaAddress); ok {
			document, _ = c.beside(name)
		} else {
			document = Shared(url)
		}
		if document == nil {
			return nil, fmt.Errorf("%s is not known here", url)
		}
		text, err := json.Marshal(withoutID(document))
		return io.NopCloser(bytes.NewReader(text)), err
	}
	text, err := json.Marshal(withoutID(schema))
	if err == nil {
		err = compiler.AddResource(schemaAddress+SchemaFile, bytes.NewReader(text))
	}
	if err == nil {
		_, err = compiler.Compile(schemaAddress + SchemaFile)
	}
	if err == nil {
		return
	}
	var whole *jsonschema.SchemaError
	if errors.As(err, &whole) {
		err = whole.Err
	}
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		c.invalid(invalid)
	} else {
		c.add(finding.ModelFileSchema, "", "the schema does not compile: %v", err)
	}
}

// withoutID gives a document without the $id that would have its $refs mean another place.
func withoutID(document any) any {
	object, _ := document.(map[string]any)
	if object["$id"] == nil {
		return document
	}
	object = maps.Clone(object)
	delete(object, "$id")
	return object
}

// maxInvalid is how many places are told at which a schema does not compile.
const maxInvalid = 20

// invalid says where a schema is none.
func (c *checker) invalid(fault *jsonschema.ValidationError) {
	if len(fault.Causes) > 0 {
		for _, cause := range fault.Causes {
			c.invalid(cause)
		}
		return
	}
	told := 0
	for _, f := range c.findings {
		if f.Code == finding.ModelFileSchema {
			told++
			if f.Location.Pointer == fault.InstanceLocation {
				return
			}
		}
	}
	if told >= maxInvalid {
		return
	}
	file, value := c.at(fault.InstanceLocation)
	message, hint := fault.Message, "correct it, or take it out"
	_, isList := value.([]any)
	switch pattern, isText := value.(string); {
	case isText && strings.HasSuffix(message, "is not valid 'regex'"):
		_, err := regexp.Compile(pattern)
		message = "this pattern cannot be checked"
		if err != nil {
			message += strings.TrimPrefix(err.Error(), "error parsing regexp")
		}
		hint = "write it without look-ahead and look-behind, or take it out"
	case isList && strings.HasSuffix(fault.InstanceLocation, "/items"):
		message, hint = "items is a list of schemas", "write one schema, which each item must fit; prefixItems takes a list"
	}
	f := c.add(finding.ModelFileSchema, fault.InstanceLocation, "the schema does not compile: %s", message)
	f.Location.File, f.Hint = c.from.name(file), hint
}

// at gives what stands at a place that the compiler names without its file: in the schema,
// or in a file beside it.
func (c *checker) at(pointer string) (file string, value any) {
	if value, ok := follow(c.content, pointer); ok {
		return c.schema, value
	}
	for _, name := range slices.Sorted(maps.Keys(c.others)) {
		if other := c.others[name]; other != nil {
			if value, ok := follow(other.content, pointer); ok {
				return name, value
			}
		}
	}
	return c.schema, nil
}

// attributes says which attributes have no kind or no term.
func (c *checker) attributes(schema map[string]any) {
	reader := c.reader()
	reader.Rule = func(_, rule string) {
		if rule == unreadableYAML {
			f := finding.New(finding.ModelFile, finding.Location{File: c.from.name(YAMLFile)}, "this is no %s: the schema alone counts", YAMLFile)
			f.Severity = finding.Warning
			c.findings = append(c.findings, f.WithHint("it is YAML, such as Meter: {properties: {height: {x-ngsi: {type: Property, units: MTR}}}}"))
		}
	}
	var terms map[string]json.RawMessage
	if c.ldctx != nil {
		terms = c.ldctx.terms
	}
	m, err := reader.Model("", "", schema, c.yaml, terms)
	if err != nil {
		c.add(finding.ModelFileSchema, "", "the schema cannot be followed: %v", err)
		return
	}
	if c.ldname == "" {
		f := c.add(finding.ModelFileTerm, "", "there is no %s beside the schema or in the folder above: the terms are not checked", ContextFile)
		f.Severity = finding.Warning
	}
	places := attributePlaces(reader, schema)
	var unsure []string
	for _, a := range m.Attributes {
		if c.ldctx != nil && c.ldctx.compiled != nil {
			if _, known := c.ldctx.compiled.Expand(a.Name); !known && len(c.ldctx.compiled.Unknown()) > 0 {
				unsure = append(unsure, a.Name)
			} else if !known {
				c.add(finding.ModelFileTerm, places[a.Name], "the attribute %q has no term in the @context", a.Name).Hint = "add it to " + ContextFile + ": a broker would read it as a word of the default vocabulary"
			}
		}
		if a.Kind == 0 {
			c.add(finding.ModelFileKind, places[a.Name], "the attribute %q does not state its kind", a.Name).Hint = `let its description begin with "Property. ", "Relationship. " or "GeoProperty. "`
		}
	}
	if len(unsure) > 0 {
		f := c.add(finding.ModelFileTerm, "", "%s: no term in what is known of the @context, so not checked", strings.Join(unsure, ", "))
		f.Severity = finding.Warning
	}
	elsewhere := slices.ContainsFunc(c.findings, func(f finding.Finding) bool { return f.Code == finding.ModelFileRef })
	if len(m.Attributes) == 0 && !elsewhere {
		c.add(finding.ModelFileSchema, "", "the schema has no attributes").Hint = "attributes stand under properties, also of a part of allOf"
	}
}

// attributePlaces gives where each attribute first stands, as a JSON Pointer; those that a
// part has by a $ref stand at the $ref.
func attributePlaces(r *Reader, schema map[string]any) map[string]string {
	places := map[string]string{}
	note := func(content map[string]any, below func(name string) string) {
		properties, _ := content["properties"].(map[string]any)
		for name := range properties {
			if _, stands := places[name]; !stands {
				places[name] = below(name)
			}
		}
	}
	in := func(pointer string) func(string) string {
		return func(name string) string { return pointer + "/properties/" + escape(name) }
	}
	note(schema, in(""))
	parts := list(schema["allOf"])
	for i, part := range parts {
		object, _ := part.(map[string]any)
		note(object, in("/allOf"+step(i)))
	}
	for i, part := range parts {
		if s, err := r.resolve(schemaOf(part, r.base)); err == nil {
			note(s.content, func(string) string { return "/allOf" + step(i) + "/$ref" })
		}
	}
	return places
}

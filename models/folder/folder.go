// Package folder owns models that lie in a folder, as schema.json with a context.jsonld
// beside it or in the folder above: it reads them into the form of the catalogue, checks
// them, and adds them to a use case.
//
// In a use case the models of a subject lie in data-models/Subject: its @context as
// context.jsonld, and a folder for each model, with schema.json and, where there are
// any, model.yaml, README.md and examples.
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
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// The names of the files of a model, and of the folder in a use case that holds the
// subjects.
const (
	SchemaFile  = "schema.json"
	ContextFile = "context.jsonld"
	YAMLFile    = "model.yaml"
	Folder      = "data-models"
)

// Subjects reads the models in the folder data-models of a use case, or none where it is
// not there. The resolver knows the @contexts that those of the subjects name by URL; nil
// knows the core and those of the built-in models. The error is a finding.List where a
// file is at fault; Check says more.
func Subjects(ctx context.Context, dir string, resolver *jsonld.Resolver) ([]*models.Subject, error) {
	entries, err := os.ReadDir(filepath.Join(dir, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the models of the use case: %w", err)
	}
	lock, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	var subjects []*models.Subject
	for _, entry := range entries {
		s, err := Read(ctx, filepath.Join(dir, Folder, entry.Name()), resolver)
		if err != nil {
			return nil, err
		}
		if s != nil {
			s.ContextURLs = lock.contextURLs(s.Name, s.Context())
			subjects = append(subjects, s)
		}
	}
	return subjects, nil
}

// Read reads the models of one subject: each folder in dir that has a schema.json, and
// the @context beside those folders. It gives nil where there is no model. Resolver and
// error are as for Subjects.
func Read(ctx context.Context, dir string, resolver *jsonld.Resolver) (*models.Subject, error) {
	schemas, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*", SchemaFile))
	if err != nil || len(schemas) == 0 {
		return nil, err
	}
	name := filepath.Base(dir)
	details := &models.Details{}
	ldctx, found, err := readContext(ctx, files(dir), ContextFile, resolver)
	if err == nil {
		err = errorsOf(found)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		details.Terms, details.Document = ldctx.terms, ldctx.text
	}
	siblings := siblingsOf(name, schemas)
	for _, schema := range schemas {
		c := newChecker(files(filepath.Dir(schema)), SchemaFile, resolver)
		if err := c.load(); err != nil {
			return nil, err
		}
		if err := errorsOf(c.findings); err != nil {
			return nil, err
		}
		reader := c.reader()
		reader.Siblings = siblings
		m, err := reader.Model(name, filepath.Base(filepath.Dir(schema)), c.content, c.yaml, details.Terms)
		if err != nil {
			f := finding.New(finding.ModelFileSchema, finding.Location{File: schema}, "the schema cannot be followed: %v", err)
			return nil, finding.List{f.WithHint("ldt models check %s says more", filepath.Dir(schema))}
		}
		details.Models = append(details.Models, m)
	}
	s := models.NewSubject(name, nil, details)
	s.Folder = dir
	return s, nil
}

// ModelsIn gives the names of the models that lie in a folder of a subject, sorted.
func ModelsIn(dir string) []string {
	schemas, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*", SchemaFile))
	if err != nil {
		return nil // the pattern is well formed
	}
	list := make([]string, len(schemas))
	for i, schema := range schemas {
		list[i] = filepath.Base(filepath.Dir(schema))
	}
	return list
}

// siblingsOf gives the names of the models of a subject: those that are there, and those of
// the built-in subject of the same name.
func siblingsOf(subject string, schemas []string) []string {
	var list []string
	for _, schema := range schemas {
		list = append(list, filepath.Base(filepath.Dir(schema)))
	}
	for _, s := range models.Builtin().Subjects {
		for _, m := range s.Listed {
			if s.Name == subject {
				list = append(list, m.Name)
			}
		}
	}
	return list
}

// escapeGlob takes the meaning from the characters of a path that filepath.Glob reads as
// a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

// errorsOf gives the errors among findings as an error, or nil.
func errorsOf(found []finding.Finding) error {
	list := slices.DeleteFunc(slices.Clone(found), func(f finding.Finding) bool { return f.Severity != finding.Error })
	if len(list) == 0 {
		return nil
	}
	return finding.List(list)
}

// place is where the files of a model lie.
type place interface {
	// read gives a file by its path from the folder of the schema. The error wraps
	// fs.ErrNotExist where there is none.
	read(name string) ([]byte, error)
	// name gives what messages call the file.
	name(name string) string
	// modelName gives the names of subject and model that the place speaks of;
	// contextAbove says that the @context lies in the folder above the schema.
	modelName(contextAbove bool) (subject, name string)
}

// files is a folder on the disk.
type files string

func (dir files) name(name string) string { return filepath.Join(string(dir), name) }

func (dir files) read(name string) ([]byte, error) {
	f, err := os.Open(dir.name(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: %w", dir.name(name), fs.ErrNotExist)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = tooLarge(dir.name(name))
	}
	return text, err
}

// tooLarge says that a file has more than maxFile bytes.
func tooLarge(name string) error {
	f := finding.New(finding.ModelFile, finding.Location{File: name}, "the file has more than %d MB", maxFile>>20)
	return finding.List{f.WithHint("a file of a model has some kB: name the one that was meant")}
}

// ldcontext is the @context of a subject.
type ldcontext struct {
	text     []byte
	terms    map[string]json.RawMessage // each with its definition, as it is written where it is
	compiled *jsonld.Context            // nil where it is refused
}

// readContext reads the @context of a subject. Findings are about its file; the error is
// for one that is not there or cannot be read.
func readContext(ctx context.Context, from place, name string, resolver *jsonld.Resolver) (*ldcontext, []finding.Finding, error) {
	text, err := from.read(name)
	if err != nil {
		return nil, nil, err
	}
	if resolver == nil {
		resolver = jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()))
	}
	l := &ldcontext{text: text, terms: map[string]json.RawMessage{}}
	document, found := parse(from.name(name), text)
	if document == nil {
		return l, found, nil
	}
	at := finding.Location{File: from.name(name)}
	if _, ok := document[ngsild.MemberContext]; !ok {
		f := finding.New(finding.ModelFile, at, "it has no @context")
		return l, append(found, f.WithHint(`a context file looks like {"@context": {"term": "IRI"}}`)), nil
	}
	raw, err := jsonld.ContextOf(bytes.TrimPrefix(text, bom))
	if err != nil {
		return nil, nil, err // it was read as JSON above
	}
	l.written(raw)
	compiled, said, err := resolver.Resolve(ctx, raw)
	var refused finding.List
	if err != nil && !errors.As(err, &refused) {
		return nil, nil, fmt.Errorf("resolve the @context %s: %w", at.File, err)
	}
	for _, f := range said {
		if f.Code == finding.ContextUnknownURL && f.Severity != finding.Error {
			continue // told below, as what it means for a model
		}
		f.Location.File = at.File
		found = append(found, f)
	}
	if compiled == nil {
		return l, found, nil
	}
	l.compiled = compiled
	for _, url := range compiled.Unknown() {
		f := finding.New(finding.ModelFileTerm, at, "the @context %s is not known here: the terms that it may define are not checked", url)
		f.Severity = finding.Warning
		found = append(found, f.WithHint("name a copy of it under contexts in usecase.yaml"))
	}
	for _, term := range compiled.Terms() {
		iri, _ := compiled.Expand(term)
		if compiled.IsUserTerm(term) && !hasIRI(l.terms[term]) {
			l.terms[term], _ = json.Marshal(iri) // a text
		}
	}
	return l, found, nil
}

// written takes the terms of an @context that are written in it.
func (l *ldcontext) written(raw []byte) {
	var short bytes.Buffer
	if json.Compact(&short, raw) != nil {
		return // it was read as JSON
	}
	var list []json.RawMessage
	if json.Unmarshal(short.Bytes(), &list) != nil {
		list = []json.RawMessage{short.Bytes()}
	}
	for _, part := range list {
		var object map[string]json.RawMessage
		if json.Unmarshal(part, &object) == nil { // else a URL, or null
			maps.Copy(l.terms, object)
		}
	}
}

// hasIRI reports whether a term's definition has an IRI of its own.
func hasIRI(definition json.RawMessage) bool {
	var iri string
	if json.Unmarshal(definition, &iri) == nil {
		return iri != ""
	}
	var object struct {
		ID *string `json:"@id"`
	}
	return json.Unmarshal(definition, &object) == nil && object.ID != nil
}

// escape writes a name as a step of a JSON Pointer (RFC 6901).
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// step writes an index as a step of a JSON Pointer.
func step(i int) string { return "/" + strconv.Itoa(i) }

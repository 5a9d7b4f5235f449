package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/internal/wholefile"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// dataModel begins the names of the repositories of Smart Data Models.
const dataModel = "dataModel."

// AddOptions says which model Add brings where.
type AddOptions struct {
	// From is a folder, a schema.json, or the URL of one of the two.
	From string
	// Dir is the folder of the use case.
	Dir string
	// As is the model's name in the use case, Subject/Model; empty takes those of the
	// folders that it comes from.
	As string
	// Replace puts what comes in the place of what is there and differs.
	Replace bool
	// Resolver knows the @contexts that the one of the model names by URL; nil knows the
	// core and those of the built-in models.
	Resolver *jsonld.Resolver
	// Client fetches from a URL; nil is http.DefaultClient. Its redirect policy is replaced.
	Client *http.Client
}

// Added says what Add did.
type Added struct {
	// Model is Subject/Model, and Folder where it lies now.
	Model  string `json:"model"`
	Folder string `json:"folder"`
	// From is where it came from.
	From string `json:"from"`
	// Context is the URL that its @context was fetched from; "" for one of a folder.
	Context string `json:"context,omitempty"`
	// Files are those of the model and the @context of its subject.
	Files []AddedFile `json:"files"`
	// Changes say in what the model differs from what was there before.
	Changes []string `json:"changes"`
	// Findings are what Check says of it. One of severity error has kept it out.
	Findings []finding.Finding `json:"findings"`
}

// AddedFile is a file of a model.
type AddedFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	// State is new, same, or changed.
	State string `json:"state"`

	text []byte
}

// The states of an AddedFile.
const (
	FileNew     = "new"
	FileSame    = "same"
	FileChanged = "changed"
)

// DifferentError says that other files stand where a model was to be put.
type DifferentError struct {
	Model   string
	Changes []string // in what they differ
}

// Error names the model and the differences.
func (e *DifferentError) Error() string {
	return fmt.Sprintf("%s is there already, and differs:\n  - %s", e.Model, strings.Join(Shown(e.Changes), "\n  - "))
}

// changesShown is how many changes a message has.
const changesShown = 12

// Shown gives the first changes of a list, and how many more there are.
func Shown(changes []string) []string {
	if len(changes) <= changesShown {
		return changes
	}
	return append(slices.Clone(changes[:changesShown]), fmt.Sprintf("… %d more", len(changes)-changesShown))
}

// Add brings a model into a use case: its schema, model.yaml, the files beside it that the
// schema refers to, and the @context of its subject. models.lock of the use case remembers
// where each came from.
//
// A model with errors (Added.Findings) is not written and is no Go error. The error is a
// *DifferentError where something else is there already and Replace is not set, wraps
// fs.ErrNotExist where there is no model, and is otherwise a fault of the network or disk.
func Add(ctx context.Context, o AddOptions) (*Added, error) {
	from, schema, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	c := newChecker(from, schema, o.Resolver)
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	if c.ldname == "" {
		c.findings = slices.DeleteFunc(c.findings, func(f finding.Finding) bool { return f.Code == finding.ModelFileTerm })
		c.add(finding.ModelFileTerm, "", "there is no %s beside the schema or in the folder above", ContextFile).Hint = "a model needs the @context that has its terms: put it there"
	}
	added := &Added{From: filepath.ToSlash(o.From), Changes: []string{}, Files: []AddedFile{}, Findings: append([]finding.Finding{}, c.findings...)}
	t := &target{checker: c, dir: o.Dir}
	if t.subject, t.model, err = nameFor(o.As, from, c.ldname == "../"+ContextFile); err != nil {
		return nil, err
	}
	added.Model, added.Folder = t.subject+"/"+t.model, path.Join(Folder, t.subject, t.model)
	if _, fetched := from.(*web); fetched {
		added.From, added.Context = from.name(schema), from.name(c.ldname)
	}
	if finding.Errors(c.findings) > 0 {
		return added, nil
	}
	lock, err := readLock(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := t.compare(ctx, added, lock.Models[added.Model].Files); err != nil {
		return nil, err
	}
	if len(added.Changes) > 0 && !o.Replace {
		return nil, &DifferentError{added.Model, added.Changes}
	}
	for _, file := range added.Files {
		if file.State != FileSame {
			name := filepath.Join(o.Dir, filepath.FromSlash(file.Path))
			err := os.MkdirAll(filepath.Dir(name), 0o755)
			if err == nil {
				err = wholefile.Replace(name, file.text)
			}
			if err != nil {
				return nil, fmt.Errorf("add %s: %w", added.Model, err)
			}
		}
	}
	return added, lock.remember(o.Dir, added)
}

// open gives where a model is, and the name of its schema.
func open(ctx context.Context, o AddOptions) (place, string, error) {
	if strings.HasPrefix(o.From, "http://") || strings.HasPrefix(o.From, "https://") {
		w, err := openWeb(ctx, o.From, o.Client)
		if err != nil {
			return nil, "", err
		}
		return w, path.Base(w.schema.Path), nil
	}
	if strings.Contains(o.From, "://") {
		return nil, "", refused("%s is neither a folder nor an http(s) address", o.From)
	}
	dir, name := schemaIn(o.From)
	return files(dir), name, nil
}

// modelName gives the names of the folder and of the one above; of the folder alone where
// the @context lies in it, for no other model has it then.
func (dir files) modelName(contextAbove bool) (subject, name string) {
	whole, err := filepath.Abs(string(dir))
	if err != nil {
		whole = string(dir)
	}
	name = filepath.Base(whole)
	if !contextAbove {
		return name, name
	}
	return strings.TrimPrefix(filepath.Base(filepath.Dir(whole)), dataModel), name
}

// nameWord is what the names of subjects and models are made of.
var nameWord = regexp.MustCompile(`^[\pL\pN_][\pL\pN_.-]*$`)

// nameFor gives the names of subject and model in the use case.
func nameFor(as string, from place, contextAbove bool) (subject, name string, err error) {
	if as == "" {
		subject, name = from.modelName(contextAbove)
	} else {
		subject, name, _ = strings.Cut(as, "/")
	}
	if nameWord.MatchString(subject) && nameWord.MatchString(name) {
		return subject, name, nil
	}
	const hint = "hint: --as Subject/Model, of letters, digits, _ . and -"
	if as == "" {
		return "", "", refused("the folders it comes from give the name \"%s/%s\", which cannot be a model's\n  %s", subject, name, hint)
	}
	return "", "", refused("%q is no name of a model\n  %s", as, hint)
}

// RefusedError says why a model is not added, whatever it holds: its address, its name, or
// what it would take from others.
type RefusedError struct{ why string }

// Error says why, and how to mend it.
func (e *RefusedError) Error() string { return e.why }

func refused(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// target is where a model is to lie in a use case.
type target struct {
	*checker
	dir            string // of the use case
	subject, model string
}

// compare fills in the files of the model, and in what they differ from those that are
// there. known are the hashes that those had when they were added.
func (t *target) compare(ctx context.Context, added *Added, known map[string]string) error {
	own := path.Join(Folder, t.subject, t.model)
	beside := path.Join(Folder, t.subject, ContextFile)
	ldcontext, err := t.from.read(t.ldname)
	if err != nil {
		return err // it was read before
	}
	added.Files = append(added.Files, AddedFile{Path: beside, text: ldcontext}, AddedFile{Path: path.Join(own, SchemaFile), text: t.text})
	if t.yaml != nil {
		added.Files = append(added.Files, AddedFile{Path: path.Join(own, YAMLFile), text: t.yaml})
	}
	for _, name := range slices.Sorted(maps.Keys(t.others)) {
		if other := t.others[name]; other != nil && name != SchemaFile {
			added.Files = append(added.Files, AddedFile{Path: path.Join(own, name), text: other.text})
		}
	}
	changed := map[string]bool{}
	for i := range added.Files {
		f := &added.Files[i]
		f.SHA256, f.State = hashOf(f.text), FileNew
		there, err := files(t.dir).read(filepath.FromSlash(f.Path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("look at what is there: %w", err)
		case bytes.Equal(there, f.text):
			f.State = FileSame
			continue
		}
		f.State, changed[f.Path] = FileChanged, true
		if was := known[path.Base(f.Path)]; was != "" && was != hashOf(there) {
			added.Changes = append(added.Changes, f.Path+" was edited here since it was added")
		}
	}
	if changed[beside] {
		delete(changed, beside)
		if err := t.compareContexts(ctx, added); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		added.Changes = append(added.Changes, t.compareModels(slices.Sorted(maps.Keys(changed)))...)
	}
	return nil
}

// there gives the model that lies at a name of the subject in the use case, or nil where it
// cannot be read.
func (t *target) there(name string) *models.Model {
	c := newChecker(files(filepath.Join(t.dir, Folder, t.subject, name)), SchemaFile, t.resolver)
	if err := c.load(); err != nil {
		return nil
	}
	return t.facts(c, name)
}

// facts reads a model as that of a name of the subject, or gives nil.
func (t *target) facts(c *checker, name string) *models.Model {
	if c.content == nil {
		return nil
	}
	m, err := c.reader().Model(t.subject, name, c.content, c.yaml, nil)
	if err != nil {
		return nil
	}
	return m
}

// compareModels says in what the facts of the model differ from the one that is there.
func (t *target) compareModels(changed []string) []string {
	was, is := t.there(t.model), t.facts(t.checker, t.model)
	if was == nil || is == nil {
		return differs(changed)
	}
	var list, brought, gone []string
	then := map[string]*models.Attribute{}
	for _, a := range was.Attributes {
		then[a.Name] = a
	}
	for _, a := range is.Attributes {
		old := then[a.Name]
		delete(then, a.Name)
		switch {
		case old == nil:
			brought = append(brought, a.Name)
		case !sameFacts(old, a):
			list = append(list, fmt.Sprintf("the attribute %s: %s there, %s now", a.Name, factsOf(old), factsOf(a)))
		}
	}
	gone = slices.Sorted(maps.Keys(then))
	list = slices.Concat(named("brings the attribute", brought), named("lacks the attribute", gone), list)
	if !slices.Equal(was.Required, is.Required) {
		list = append(list, fmt.Sprintf("required: %s there, %s now", orNone(was.Required), orNone(is.Required)))
	}
	if len(list) == 0 {
		return differs(changed)
	}
	return list
}

func differs(changed []string) []string {
	list := make([]string, len(changed))
	for i, file := range changed {
		list[i] = file + " has other texts"
	}
	return list
}

func sameFacts(a, b *models.Attribute) bool {
	one, err := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(one, other)
}

// factsOf says in a few words what an attribute is.
func factsOf(a *models.Attribute) string {
	words := []string{a.Kind.String(), a.Shape.TypeName(), a.Shape.Format, a.Shape.Limits(), strings.Join(a.Units, " ")}
	if n := len(a.Shape.Enum); n > 0 {
		words = append(words, fmt.Sprintf("one of %d values", n))
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// namesShown is how many names a line about a change has.
const namesShown = 8

// named gives a line about some names, or none where there are none.
func named(what string, list []string) []string {
	switch n := len(list); {
	case n == 0:
		return nil
	case n == 1:
		return []string{what + " " + list[0]}
	case n > namesShown:
		list = append(slices.Clone(list[:namesShown]), fmt.Sprintf("… %d more", n-namesShown))
	}
	return []string{what + "s " + strings.Join(list, ", ")}
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// compareContexts says in what the @context differs from the one that is there; one that
// takes terms from another model of the subject is an error.
func (t *target) compareContexts(ctx context.Context, added *Added) error {
	file := path.Join(Folder, t.subject, ContextFile)
	was, _, err := readContext(ctx, files(filepath.Join(t.dir, Folder, t.subject)), ContextFile, t.resolver)
	if err != nil {
		return err
	}
	is := t.ldctx
	var brought, gone, list []string
	for _, term := range slices.Sorted(maps.Keys(is.terms)) {
		old, stood := was.terms[term]
		switch {
		case !stood:
			brought = append(brought, term)
		case !bytes.Equal(old, is.terms[term]):
			list = append(list, fmt.Sprintf("the term %s: %.200s there, %.200s now", term, old, is.terms[term]))
		}
	}
	for _, term := range slices.Sorted(maps.Keys(was.terms)) {
		if _, stands := is.terms[term]; !stands {
			gone = append(gone, term)
		}
	}
	list = slices.Concat(named("the @context brings the term", brought), named("the @context lacks the term", gone), list)
	if len(list) == 0 {
		list = []string{file + " is written in another way"}
	}
	added.Changes = append(added.Changes, list...)
	return t.keepsOthers(was, is)
}

// keepsOthers refuses an @context that lacks terms of another model of the subject.
func (t *target) keepsOthers(was, is *ldcontext) error {
	if was.compiled == nil || is.compiled == nil {
		return nil
	}
	schemas, err := filepath.Glob(filepath.Join(escapeGlob(filepath.Join(t.dir, Folder, t.subject)), "*", SchemaFile))
	if err != nil {
		return err
	}
	var lost []string
	for _, schema := range schemas {
		name := filepath.Base(filepath.Dir(schema))
		m := t.there(name)
		if m == nil || name == t.model {
			continue
		}
		var terms []string
		for _, term := range append([]string{m.Type}, m.AttributeNames()...) {
			iri, known := was.compiled.Expand(term)
			if now, _ := is.compiled.Expand(term); known && now != iri {
				terms = append(terms, term)
			}
		}
		lost = append(lost, named(t.subject+"/"+name+" needs the @context that is there for the term", terms)...)
	}
	if len(lost) == 0 {
		return nil
	}
	return refused("the @context of %s/%s would take terms from other models:\n  - %s\n  hint: write one context.jsonld that has the terms of all, or add the model to a subject of its own with --as",
		t.subject, t.model, strings.Join(lost, "\n  - "))
}

// Command extract writes models/catalogue: the facts of the Smart Data Models
// (names, kinds, types, formats, limits, units, IRIs), without their texts, and
// models/folder/shared.json: those of the definitions that several models share.
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
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go run ./models/internal/extract OFFICIAL CATALOGUE SHARED")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "extract the catalogue of models:", err)
		os.Exit(1)
	}
}

// run writes the catalogue of the official files into the folder target, the shared
// definitions into the file shared, and the report to log.
func run(official, target, shared string, log io.Writer) error {
	x := &extractor{folder: official, refs: map[string]*string{}, documents: map[string]any{}, ruled: map[string][]string{}}
	if err := x.read("REFS.json", &x.refs); err != nil {
		return err
	}
	var sources map[string]struct{ Repository, Commit string }
	if err := x.read("SOURCES.json", &sources); err != nil {
		return err
	}
	var index []*models.Subject
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		files, err := filepath.Glob(filepath.Join(official, name, "*", "schema.json"))
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(official, name, "context.jsonld")); err != nil || len(files) == 0 {
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
	documents, err := x.shared()
	if err != nil {
		return fmt.Errorf("shared definitions: %w", err)
	}
	if err := write(shared, documents, renderShared); err != nil {
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
	folder     string
	refs       map[string]*string  // URL without fragment → file, or nil where there is none
	documents  map[string]any      // file → content
	ruled      map[string][]string // the places of each rule
	attributes int
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
	var siblings []string
	for _, file := range files {
		siblings = append(siblings, filepath.Base(filepath.Dir(file)))
	}
	for _, model := range siblings {
		m, err := x.model(filepath.Join(name, model, "schema.json"), model, name, siblings, details)
		if err != nil {
			return nil, nil, fmt.Errorf("model %s: %w", model, err)
		}
		details.Models = append(details.Models, m)
	}
	s.Listed = models.NewSubject(name, nil, details).Listed
	return s, details, nil
}

// model reads one model of a subject.
func (x *extractor) model(file, name, subject string, siblings []string, details *models.Details) (*models.Model, error) {
	var content map[string]any
	if err := x.read(file, &content); err != nil {
		return nil, err
	}
	yaml, err := os.ReadFile(filepath.Join(x.folder, subject, name, "model.yaml"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m, err := x.reader(siblings).Model(subject, name, content, yaml, details.Terms)
	if err != nil {
		return nil, err
	}
	x.attributes += len(m.Attributes)
	return m, nil
}

// reader gives a Reader that follows every $ref into the official files.
func (x *extractor) reader(siblings []string) *folder.Reader {
	return &folder.Reader{Siblings: siblings, Document: x.document, Rule: func(place, rule string) {
		x.ruled[rule] = append(x.ruled[rule], place)
	}}
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

// shared gives the facts of the documents that $refs of several models name.
func (x *extractor) shared() ([]*folder.SharedDocument, error) {
	urls := map[string][]string{} // by file
	for url, file := range x.refs {
		if file != nil {
			urls[*file] = append(urls[*file], url)
		}
	}
	var documents []*folder.SharedDocument
	for _, file := range slices.Sorted(maps.Keys(urls)) {
		slices.Sort(urls[file])
		shared := &folder.SharedDocument{URLs: urls[file], Definitions: map[string]*folder.Definition{}}
		url := urls[file][0]
		loaded, err := x.document(url)
		if err != nil {
			return nil, err
		}
		document, _ := loaded.(map[string]any)
		reader := &folder.Reader{Document: x.document} // its rules are told where a model is read
		definitions, _ := document["definitions"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(definitions)) {
			content, _ := definitions[name].(map[string]any)
			definition, err := reader.Definition(document, url, content)
			if err != nil {
				x.ruled["a shared definition that cannot be followed is left out"] = append(x.ruled["a shared definition that cannot be followed is left out"], file+" "+name)
				continue
			}
			shared.Definitions[name] = definition
		}
		root, err := reader.Definition(document, url, document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if !reflect.DeepEqual(root, &folder.Definition{}) {
			shared.Root = root
		}
		documents = append(documents, shared)
	}
	return documents, nil
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

func renderShared(r *renderer, documents []*folder.SharedDocument) {
	r.text.WriteString("[\n")
	for i, document := range documents {
		fmt.Fprintf(&r.text, "{\"urls\": %s,\n", r.line(document.URLs))
		if document.Root != nil {
			fmt.Fprintf(&r.text, " \"root\": %s,\n", r.line(document.Root))
		}
		r.text.WriteString(" \"definitions\": {\n")
		var definitions []string
		for _, name := range slices.Sorted(maps.Keys(document.Definitions)) {
			definitions = append(definitions, r.line(name)+": "+r.line(document.Definitions[name]))
		}
		r.join("  ", definitions)
		r.text.WriteString(" }}" + comma(i, len(documents)) + "\n")
	}
	r.text.WriteString("]\n")
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

package etl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/models"
	modelfolder "github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// UseCaseFile is the name of the file that makes a folder a use case.
const UseCaseFile = "usecase.yaml"

// UseCase is a folder with all that one prototype needs: an inventory, flows,
// contexts and data.
type UseCase struct {
	// Dir is the folder; the paths below are relative to it.
	Dir       string `yaml:"-"`
	Name      string `yaml:"name"`
	Purpose   string `yaml:"purpose"`
	Inventory string `yaml:"inventory"`
	// Namespace is what the IRI of a term of the use case's own begins with; "" where
	// it is not given. It ends in # or /.
	Namespace string `yaml:"namespace"`
	// Contexts are files that stand for the URL at which they are, or will be,
	// published: URL → path.
	Contexts map[string]string `yaml:"-"`
	Flows    []Target          `yaml:"-"`
	Broker   Broker            `yaml:"broker"`
}

// Target is one flow of a use case: a mapping, which names its source.
type Target struct {
	Mapping string `yaml:"mapping"`
}

// Broker is where a use case goes when no flag says so.
type Broker struct {
	URL    string `yaml:"url"`
	Tenant string `yaml:"tenant"`
}

// Path gives the place of a file of the use case.
func (u *UseCase) Path(name string) string { return filepath.Join(u.Dir, filepath.FromSlash(name)) }

// State is the folder of what runs leave: the store and a folder for each run.
func (u *UseCase) State() string { return filepath.Join(u.Dir, ".ldt") }

// LoadUseCase reads the use case in dir. The error is a finding.List where
// its file is at fault.
func LoadUseCase(dir string) (*UseCase, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		f := finding.New(finding.SourceWrongFormat, finding.Location{File: dir}, "this is a file, and a use case is a folder with a %s", UseCaseFile)
		return nil, finding.List{f.WithHint("name the folder: %s", BaseDir(dir))}
	}
	file := filepath.Join(dir, UseCaseFile)
	text, err := readNamed("use case", file, "a use case is a folder with a "+UseCaseFile+"; ldt init DIR makes one")
	if err != nil {
		return nil, err
	}
	d := strictyaml.New(file, "use case")
	u := &UseCase{Dir: dir, Contexts: map[string]string{}}
	if root := d.Parse(text, "name", "flows"); root != nil {
		u.read(d, root)
	}
	if faults := d.Faults(); len(faults) > 0 {
		return nil, finding.List(faults)
	}
	return u, nil
}

// read takes the use case from its file; every fault goes to the decoder.
func (u *UseCase) read(d *strictyaml.Decoder, root ast.Node) {
	const what = "a use case"
	keys := d.Structure(root, what, u, "contexts", "flows")
	if keys["name"].Null() {
		d.Missing(keys["name"], strictyaml.At(root), what, "name").Hint = "name: a short name of the prototype"
	}
	if f := keys["namespace"]; !f.Null() && !legalNamespace(u.Namespace) {
		d.Fault(finding.YAMLType, f.Where, "namespace: %q is not the beginning of an IRI", u.Namespace).Hint = "it is an http(s) address that ends in # or /, such as https://example.org/ns#"
	}
	if f := keys["contexts"]; !f.Null() {
		for _, c := range d.Fields(f.Value, "contexts") {
			u.Contexts[c.Key] = d.Text(&c, "the file of "+c.Key)
		}
	}
	f := keys["flows"]
	if f.Null() {
		d.Missing(f, strictyaml.At(root), what, "flows").Hint = "flows: [{mapping: mappings/….yaml}]"
		return
	}
	if list, isList := f.Value.(*ast.SequenceNode); isList && len(list.Values) == 0 {
		return // not yet: NeedFlows says so where one is needed
	}
	for _, item := range d.List(f, "flows") {
		var target Target
		if keys := d.Structure(item, "a flow", &target); len(keys) == 0 {
			d.Missing(nil, strictyaml.At(item), "a flow", "mapping").Hint = "mapping: mappings/….yaml"
		}
		u.Flows = append(u.Flows, target)
	}
}

// legalNamespace says whether a term put behind text gives an IRI.
func legalNamespace(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(text, " <>\"{}|\\^`") &&
		(strings.HasSuffix(text, "#") || strings.HasSuffix(text, "/"))
}

// ReadMapping reads the text of a mapping. The error is a finding.List where there is
// none of that name.
func ReadMapping(path string) ([]byte, error) { return readNamed("mapping", path, "") }

// readNamed reads a file that a person has named. Where it is absent the error
// is a finding.List that says so, with the hint, or the nearest file there is.
func readNamed(what, path, hint string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		f := finding.New(finding.SourceAbsent, finding.Location{File: path}, "there is no such %s", what)
		if near := NearestFile(filepath.Dir(path), filepath.Base(path)); near != "" {
			f.Hint = fmt.Sprintf("did you mean %s?", near)
		} else if hint != "" {
			f.Hint = hint
		}
		return nil, finding.List{f}
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: this is a folder, not a %s", path, what)
	}
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	return text, nil
}

// Catalogue gives the models that the use case knows: the built-in ones, and its own in
// data-models. One of its own stands in the place of a built-in one of the same subject
// and name. The resolver is that of the use case. The error is a finding.List where a file
// of an own model is at fault.
func (u *UseCase) Catalogue(ctx context.Context, resolver *jsonld.Resolver) (*models.Catalogue, error) {
	own, err := modelfolder.Subjects(ctx, u.Dir, resolver)
	if err != nil {
		return nil, err
	}
	for _, s := range own {
		file := filepath.Join(s.Folder, modelfolder.ContextFile)
		var named []string
		for url, name := range u.Contexts {
			if u.Path(name) == file {
				named = append(named, url)
			}
		}
		slices.Sort(named)
		s.ContextURLs = append(named, s.ContextURLs...)
	}
	return models.Builtin().With(own...), nil
}

// ContextFiles reads the files of Contexts, and the @contexts that models in data-models
// were fetched with, by their URL.
func (u *UseCase) ContextFiles() (map[string][]byte, error) {
	files, err := modelfolder.Contexts(u.Dir)
	if err != nil {
		return nil, err
	}
	for url, name := range u.Contexts {
		text, err := readNamed("@context", u.Path(name), fmt.Sprintf("correct the path that contexts in %s gives for %s, or let ldt context build write it", UseCaseFile, url))
		if err != nil {
			return nil, err
		}
		files[url] = text
	}
	return files, nil
}

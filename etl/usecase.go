package etl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/ngsild/finding"
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
	// Contexts are files that stand for the URL at which they are, or will be,
	// published: URL → path.
	Contexts map[string]string `yaml:"contexts"`
	Flows    []Target          `yaml:"flows"`
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
	path := filepath.Join(dir, UseCaseFile)
	text, err := readNamed("use case", path, "a use case is a folder with a "+UseCaseFile)
	if err != nil {
		return nil, err
	}
	u := &UseCase{Dir: dir}
	if err := readStrict(path, text, u); err != nil {
		return nil, err
	}
	return u, u.check(path)
}

func readStrict(path string, text []byte, target any) error {
	err := yaml.UnmarshalWithOptions(text, target, yaml.Strict())
	if err == nil {
		return nil
	}
	f := finding.New(finding.YAMLSyntax, finding.Location{File: path}, "%s", err)
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		f.Message = positioned.GetMessage()
		if tk := positioned.GetToken(); tk != nil {
			f.Location.Line, f.Location.Char = tk.Position.Line, tk.Position.Column
		}
	}
	var mistyped *yaml.TypeError
	var misplaced *yaml.UnexpectedNodeTypeError
	if errors.As(err, &misplaced) || errors.As(err, &mistyped) {
		want := "a text"
		switch {
		case misplaced != nil && misplaced.Expected == ast.SequenceType, mistyped != nil && mistyped.DstType.Kind() == reflect.Slice:
			want = "a list: one entry a line, each after a hyphen"
		case misplaced != nil && misplaced.Expected == ast.MappingType, mistyped != nil && mistyped.DstType.Kind() != reflect.String:
			want = "keys with values, one a line"
		}
		f.Code, f.Message = finding.YAMLType, "here has to stand "+want
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) && unknown.GetToken() != nil {
		key := unknown.GetToken().Value
		f.Code, f.Message = finding.YAMLUnknownKey, fmt.Sprintf("unknown key %q", key)
		if near := finding.Nearest(key, useCaseKeys); near != "" {
			f.Hint = fmt.Sprintf("did you mean %q?", near)
		} else {
			f.Hint = "the keys are " + strings.Join(useCaseKeys, ", ")
		}
	}
	return finding.List{f}
}

// useCaseKeys are all keys of a use case file.
var useCaseKeys = []string{"name", "purpose", "inventory", "contexts", "flows", "mapping", "broker", "url", "tenant"}

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
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	return text, nil
}

// ContextFiles reads the files of Contexts, by their URL.
func (u *UseCase) ContextFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for url, name := range u.Contexts {
		text, err := readNamed("@context", u.Path(name), fmt.Sprintf("correct the path that contexts in %s gives for %s", UseCaseFile, url))
		if err != nil {
			return nil, err
		}
		files[url] = text
	}
	return files, nil
}

func (u *UseCase) check(path string) error {
	var faults finding.List
	missing := func(what, hint string) {
		faults = append(faults, finding.New(finding.YAMLMissing, finding.Location{File: path}, "%s", what).WithHint("%s", hint))
	}
	if u.Name == "" {
		missing("the use case has no name", "add name: …")
	}
	if len(u.Flows) == 0 {
		missing("the use case has no flows", "add flows: [{mapping: mappings/….yaml}]")
	}
	for i, flow := range u.Flows {
		if flow.Mapping == "" {
			missing(fmt.Sprintf("flow %d names no mapping", i+1), "add mapping: mappings/….yaml")
		}
	}
	if faults == nil {
		return nil
	}
	return faults
}

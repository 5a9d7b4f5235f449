package etl

import (
	"errors"
	"fmt"
	"github.com/goccy/go-yaml"
	"github.com/ldtkit/ldt/ngsild/finding"
	"os"
	"path/filepath"
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
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open the use case: %w\n  hint: a use case is a folder with a %s", err, UseCaseFile)
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
	return finding.List{f}
}

// ContextFiles reads the files of Contexts, by their URL.
func (u *UseCase) ContextFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for url, name := range u.Contexts {
		text, err := os.ReadFile(u.Path(name))
		if err != nil {
			return nil, fmt.Errorf("read the @context of %s: %w", url, err)
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

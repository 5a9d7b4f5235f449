package etl

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/internal/wholefile"
	"github.com/ldtkit/ldt/ngsild/finding"
)

//go:embed init.README.md
var initReadme string

// initUseCase is usecase.yaml as Init writes it, after the name.
const initUseCase = `purpose: "" # the question that the data shall answer, in one sentence
inventory: inventory.xlsx
# namespace: https://example.org/town# # what the IRIs of terms of your own begin with
# contexts: # the address of each @context of your own, and the file that stands for it until then
#   https://example.org/town.jsonld: context/town.jsonld
flows: []
# flows: # in the order in which they run
#   - mapping: mappings/meters.yaml
# broker:
#   url: http://localhost:1026
`

// initIgnore is .gitignore as Init writes it: what runs leave, and what keeps two
// processes apart that pin @contexts.
const initIgnore = ".ldt/\ncontexts/.lock\n"

// Init makes a folder a use case to fill in: usecase.yaml, an empty inventory, folders for
// mappings, contexts and data, and a README that says what to do next. What is there
// stays as it is. It gives what it made and what it left, relative to dir.
func Init(dir string) (made, kept []string, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		f := finding.New(finding.SourceWrongFormat, finding.Location{File: dir}, "this is a file, and a use case is a folder")
		return nil, nil, finding.List{f.WithHint("name a folder; it is made where it is absent")}
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("make a use case of %s: %w", dir, err)
	}
	name, err := json.Marshal(filepath.Base(absolute)) // a text in YAML too
	if err != nil {
		return nil, nil, fmt.Errorf("make a use case of %s: %w", dir, err)
	}
	var book bytes.Buffer
	if err := inventory.WriteTemplate(&book, "en", false); err != nil {
		return nil, nil, fmt.Errorf("make a use case of %s: %w", dir, err)
	}
	for _, folder := range []string{"mappings/", "context/", "data/"} {
		path := filepath.Join(dir, folder)
		if exists(path) {
			kept = append(kept, folder)
			continue
		}
		err := os.MkdirAll(path, 0o755)
		if err == nil {
			err = wholefile.Create(filepath.Join(path, ".gitkeep"), nil) // git keeps no empty folder
		}
		if err != nil {
			return made, kept, fmt.Errorf("make a use case of %s: %w", dir, err)
		}
		made = append(made, folder)
	}
	for _, file := range []struct{ name, text string }{
		{UseCaseFile, "name: " + string(name) + "\n" + initUseCase},
		{"inventory.xlsx", book.String()},
		{"README.md", initReadme},
		{".gitignore", initIgnore},
	} {
		switch err := wholefile.Create(filepath.Join(dir, file.name), []byte(file.text)); {
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, file.name)
		case err != nil:
			return made, kept, fmt.Errorf("make a use case of %s: %w", dir, err)
		default:
			made = append(made, file.name)
		}
	}
	return made, kept, nil
}

// NeedFlows says, as a finding.List, what to do where the use case has no flow yet.
func (u *UseCase) NeedFlows() error {
	if len(u.Flows) > 0 {
		return nil
	}
	f := finding.New(finding.YAMLMissing, finding.Location{File: u.Path(UseCaseFile)}, "no flow is listed yet, so there is nothing to run")
	f.Hint = "ldt map new data/… -o mappings/….yaml proposes a mapping; then list it: flows: [{mapping: mappings/….yaml}]"
	if drafts, err := filepath.Glob(u.Path("mappings/*.y*ml")); err == nil && len(drafts) > 0 {
		f.Hint = fmt.Sprintf("list the mapping: flows: [{mapping: mappings/%s}]", filepath.Base(drafts[0]))
	}
	return finding.List{f}
}

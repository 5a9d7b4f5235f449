package inventory

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed example.en.yaml example.fr.yaml
var examples embed.FS

// Example gives a small inventory that shows what belongs into each sheet, in
// one of Languages.
func Example(lang string) (*Inventory, error) {
	if err := CheckLanguage(lang); err != nil {
		return nil, err
	}
	name := "example." + lang + ".yaml"
	text, err := examples.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the embedded example: %w", err)
	}
	inv, _, err := readYAML(name, text)
	return inv, err
}

// WriteTemplate writes a workbook to fill in, in one of Languages: empty, or
// with the example.
func WriteTemplate(w io.Writer, lang string, example bool) error {
	if err := CheckLanguage(lang); err != nil {
		return err
	}
	inv := assemble("", map[string][]row{projectTable.Key: {{}}})
	if example {
		var err error
		if inv, err = Example(lang); err != nil {
			return err
		}
	}
	return inv.WriteWorkbook(w, lang)
}

// CheckLanguage says that a name is not one of Languages, or gives nil.
func CheckLanguage(lang string) error {
	if slices.Contains(Languages, lang) {
		return nil
	}
	return fmt.Errorf("unknown language %q: it is %s", lang, strings.Join(Languages, " or "))
}

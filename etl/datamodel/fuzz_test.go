package datamodel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild"
)

// FuzzWhatIsThereIsReadOrRefused puts a text in the place of the schema, the @context and
// the README of a model: it is refused as a whole, or what is written over it comes to rest
// in one step.
func FuzzWhatIsThereIsReadOrRefused(f *testing.F) {
	for _, text := range []string{
		`{"$schemaVersion": "1.2.3", "properties": {"n": {"type": "integer", "description": "Property. From column \"n\"."}, "gone": {}}}`,
		`{"allOf": [{"properties": {"n": {"description": "Relationship. Mine."}}}], "$schemaVersion": "x"}`,
		`{"@context": {"n": "https://x.example/n", "m": {"@id": "n"}, "Haus": null}}`, `{"@context": []}`, `{"properties": []}`, `[]`, `null`, ``, "\ufeff{}",
		beginMark + endMark, endMark + beginMark + "x", "# Mine\n" + beginMark + "\n|\n" + endMark + "\nmore",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		model := func() *Model {
			a := &Attribute{Name: "n", IRI: "https://ville.example/n", Kind: ngsild.Property, UnitCode: "MTR", Shape: models.Shape{Type: "number"}, origins: []string{`column "n"`}}
			m := &Model{Subject: "Ville", Name: "Haus", Types: []string{"Haus"}, TypeIRIs: []string{"https://ville.example/Haus"}, Attributes: []*Attribute{a}}
			m.settle("a.yaml")
			return m
		}
		compareNow := func() (*Update, error) {
			return Compare(dir, []*Model{model()}, func(*Model) *Example { return nil }, func(string) bool { return false })
		}
		for _, name := range []string{"context.jsonld", "Haus/schema.json", "Haus/README.md"} {
			path := filepath.Join(dir, folder.Folder, "Ville", filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
			u, err := compareNow()
			if err != nil {
				require.NoError(t, os.Remove(path))
				continue
			}
			require.NoError(t, u.Write())
			again, err := compareNow()
			require.NoError(t, err)
			require.False(t, again.Changed(), name)
		}
	})
}

func TestADescriptionThatNobodyWroteIsKnown(t *testing.T) {
	for _, a := range []Attribute{
		{Kind: ngsild.Property, origins: []string{`column "Conso totale (MWh)"`, `columns "a.b", "c\"d" and "e"`}},
		{Kind: ngsild.Property, UnitCode: "KWH", observed: true, several: true, origins: []string{`the template "n° {x}. From."`}},
		{Kind: ngsild.Relationship, origins: []string{"a constant"}, Attributes: []*Attribute{{Name: "x", Kind: ngsild.VocabProperty, origins: []string{"a constant"}}}},
		{Kind: ngsild.Property, UnitCode: "nonsense", origins: []string{"a constant"}},
	} {
		for _, of := range []string{"", "Of Building/Building. "} {
			a.describe(of)
			require.Regexp(t, described, a.Description)
			require.Equal(t, a.UnitCode, unitIn(a.Description))
			require.NotRegexp(t, described, a.Description+" Mine.")
			require.NotRegexp(t, described, "Property. Mine. "+a.Description)
		}
	}
}

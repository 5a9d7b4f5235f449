package vocabulary

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// FuzzFilesAreReadOrRefused reads a text as both files: what is read is written in an
// order of its own, and reads as the same again.
func FuzzFilesAreReadOrRefused(f *testing.F) {
	for _, text := range []string{
		`{"@context": {"a": "https://x.example/a", "p": "https://x.example/", "b": {"@id": "p:b", "@type": "@id"}, "id": "@id"}, "version": "1.2.3", "note": 1}`,
		`{"@context": ["https://x.example/c.jsonld", "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"]}`,
		`{"@context": {"a": "b:c"}}`, `{"@context": null}`, `{"@context": [null]}`, `{"version": 1}`, "\ufeff{\"@context\": {}}", `[]`, ``, `{"@context": {"é\"": "https://x.example/é"}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := &File{Path: "a.jsonld", Old: []byte(text)}
		if urls, err := readCompound(file); err == nil {
			again, err := readCompound(&File{Old: compoundText(urls)})
			require.NoError(t, err)
			require.Equal(t, urls, again)
		}
		d, err := readDocument(t.Context(), file)
		if err != nil {
			return
		}
		written, err := d.text()
		require.NoError(t, err)
		again, err := readDocument(t.Context(), &File{Path: "a.jsonld", Old: written})
		if d.version == "" {
			return // a build gives one
		}
		require.NoError(t, err)
		require.Len(t, again.terms, len(d.terms))
		rewritten, err := again.text()
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
		require.Equal(t, len(jsonld.Lint(t.Context(), "a", file.Old, jsonld.LintOptions{})), len(jsonld.Lint(t.Context(), "a", written, jsonld.LintOptions{})))
	})
}

func FuzzCamelCaseIsCamelCase(f *testing.F) {
	for _, text := range []string{"Conso totale (MWh)", "nb_sites", "2023", "É", "ﬁn", "", "ĳ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, upper := range []bool{false, true} {
			name := CamelCase(text, upper)
			require.True(t, name == "" || isCamelCase(name, upper), "%q gives %q", text, name)
			require.False(t, strings.ContainsAny(name, "_ "))
		}
	})
}

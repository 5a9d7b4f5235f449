package jsonld

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/require"
)

var blankLabel = regexp.MustCompile(`_:e\d+c\d+`)

func TestQuadWriterSharesNoBlankNodeBetweenDocuments(t *testing.T) {
	r := NewResolver()
	c := resolve(t, r, `{"ex": "https://example.org/"}`)
	w := r.NewQuadWriter()
	var labels [][]string
	for i := range 12 {
		doc := fmt.Appendf(nil, `{"id": "urn:x:%d", "type": "T", "a": {"type": "Property", "value": %d, "b": {"type": "Property", "value": "v"}}}`, i, i)
		alone, err := r.NQuads(context.Background(), doc, c)
		require.NoError(t, err)
		quads, err := w.NQuads(context.Background(), doc, c)
		require.NoError(t, err)
		own := blankLabel.FindAllString(string(quads), -1)
		slices.Sort(own)
		own = slices.Compact(own)
		require.Len(t, own, 2, "the attribute and its sub-attribute")
		require.NotContains(t, string(quads), canonicalLabel)
		for _, others := range labels {
			for _, label := range own {
				require.NotContains(t, others, label)
			}
		}
		labels = append(labels, own)
		want, err := statements(alone, canonicalLabel)
		require.NoError(t, err)
		got, err := statements(quads, fmt.Sprintf("_:e%dc", i+1))
		require.NoError(t, err)
		require.Equal(t, want, got, "the statements are the same")
	}
	require.Equal(t, []string{"_:e12c0", "_:e12c1"}, labels[11])
}

func TestQuadWriterCountsOnlyDocumentsThatItGave(t *testing.T) {
	w := NewResolver().NewQuadWriter()
	_, err := w.NQuads(context.Background(), []byte(`{"id": `), nil)
	require.ErrorContains(t, err, "write N-Quads: ")
	quads, err := w.NQuads(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": 1}}`), nil)
	require.NoError(t, err)
	require.Contains(t, string(quads), "_:e1c0")
}

func TestRelabelLeavesLiteralsAndIRIsAsTheyAre(t *testing.T) {
	for was, want := range map[string]string{
		"_:c14n0 <urn:p> _:c14n1 .\n":                                  "_:e7c0 <urn:p> _:e7c1 .\n",
		"_:c14n0 <urn:p> _:c14n1 _:c14n12 .\n_:c14n2 <urn:p> \"\" .\n": "_:e7c0 <urn:p> _:e7c1 _:e7c12 .\n_:e7c2 <urn:p> \"\" .\n",
		`<urn:a _:c14n0> <urn:p> " _:c14n0 \" _:c14n1 \\" .` + "\n":    `<urn:a _:c14n0> <urn:p> " _:c14n0 \" _:c14n1 \\" .` + "\n",
		`<urn:a> <urn:p> "x\\" _:c14n3 .` + "\n":                       `<urn:a> <urn:p> "x\\" _:e7c3 .` + "\n",
		`<urn:a> <urn:p> "_:c14n0"@fr .` + "\n":                        `<urn:a> <urn:p> "_:c14n0"@fr .` + "\n",
		`<urn:a> <urn:p> "{}"^^<urn:t _:c14n1> .` + "\n":               `<urn:a> <urn:p> "{}"^^<urn:t _:c14n1> .` + "\n",
		`_:c14n4`: `_:e7c4`, ``: ``, `"`: `"`, `<`: `<`, `"\`: `"\`,
	} {
		require.Equal(t, want, string(relabel([]byte(was), []byte("_:e7c"))))
	}
}

func FuzzRelabel(f *testing.F) {
	f.Add(`{"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": "\" _:c14n0 \\"}}`)
	f.Add(`{"id": "urn:x: _:c14n0", "type": "T", "a": {"b": {"type": "JsonProperty", "json": {"x": "_:c14n1 <"}}}}`)
	f.Add(`{"id": "_:b", "type": "T", "a": [{"type": "LanguageProperty", "languageMap": {"fr": "_:c14n0"}}]}`)
	r := NewResolver()
	f.Fuzz(func(t *testing.T, doc string) {
		alone, err := r.NQuads(context.Background(), []byte(doc), nil)
		if err != nil {
			return
		}
		quads, err := r.NewQuadWriter().NQuads(context.Background(), []byte(doc), nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := statements(alone, canonicalLabel)
		if err != nil {
			return // an IRI that N-Quads cannot have
		}
		got, err := statements(quads, "_:e1c")
		if err != nil || !slices.Equal(want, got) {
			t.Fatalf("%v: %s\nbecame\n%s", err, alone, quads)
		}
	})
}

// statements reads N-Quads with json-gold and writes each statement with the
// numbers of its blank nodes, which begin with label.
func statements(quads []byte, label string) (list []string, err error) {
	err = guard(func() error {
		data, err := ld.ParseNQuads(string(quads))
		if err != nil {
			return err
		}
		for name, graph := range data.Graphs {
			for _, quad := range graph {
				text := strings.Replace(name, label, "blank", 1)
				for _, node := range []ld.Node{quad.Subject, quad.Predicate, quad.Object} {
					value := node.GetValue()
					if ld.IsBlankNode(node) {
						value = strings.Replace(value, label, "blank", 1)
					}
					text += fmt.Sprintf(" %T %q", node, value)
				}
				list = append(list, text)
			}
		}
		slices.Sort(list)
		return nil
	})
	return list, err
}

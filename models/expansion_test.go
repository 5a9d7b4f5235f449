package models_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// TestJSONGoldExpandsTheOfficialExamples holds every official normalized example
// against the expansion by json-gold, under the @context of its subject.
func TestJSONGoldExpandsTheOfficialExamples(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", "examples", "example-normalized.jsonld"))
	require.NoError(t, err)
	documents := map[string][]byte{}
	for _, path := range paths {
		folder := filepath.Dir(filepath.Dir(filepath.Dir(path)))
		if text, err := os.ReadFile(filepath.Join(folder, "context.jsonld")); err == nil {
			documents["https://example.org/"+filepath.Base(folder)] = text
		}
	}
	r := jsonld.NewResolver(jsonld.WithContexts(documents))
	entities := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		e, _, err := ngsild.Decode(text)
		if err != nil || e.ID == "" || len(e.Types) == 0 {
			continue // an array, or not normalized after all
		}
		subject := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path))))
		c, _, err := r.Resolve(t.Context(), []byte(strconv.Quote("https://example.org/"+subject)))
		if err != nil {
			require.Equal(t, "IssueTracking", subject, "the only subject whose @context JSON-LD refuses")
			continue
		}
		e.Context = c.JSON()
		e.Attributes = slices.DeleteFunc(e.Attributes, func(a ngsild.Attribute) bool {
			// JSON-LD does not read it as an Attribute, which ExpandEntity does: totalCount, say.
			return c.ContainerOf(a.Name) != nil || c.TypeOf(a.Name) == "@json"
		})
		written := e.AppendJSON(nil, ngsild.Normalized)
		if _, err := r.ExpandDocument(t.Context(), written, nil); err != nil {
			_, compiled := c.AppendExpanded(nil, e)
			require.Error(t, compiled, "json-gold refuses %s: %v", path, err)
			continue // an id that is an object, say
		}
		jsonldtest.RequireSameExpansion(t, r, c, e, written)
		entities++
	}
	require.Greater(t, entities, 340)
}

package models_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// TestJSONGoldExpandsTheOfficialExamples holds every official normalized example
// against the expansion by json-gold, under the @context of its subject.
func TestJSONGoldExpandsTheOfficialExamples(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", "examples", "example-normalized.jsonld"))
	require.NoError(t, err)
	entities := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		e, _, err := ngsild.Decode(text)
		if err != nil || e.ID == "" || len(e.Types) == 0 {
			continue // an array, or not normalized after all
		}
		subject, err := os.ReadFile(filepath.Join(path, "..", "..", "..", "context.jsonld"))
		if err != nil {
			continue
		}
		known := models.Contexts()
		known["https://example.org/subject.jsonld"] = subject
		r := jsonld.NewResolver(jsonld.WithContexts(known))
		c, _, err := r.Resolve(t.Context(), []byte(`"https://example.org/subject.jsonld"`))
		if err != nil {
			require.Contains(t, path, "IssueTracking", "the only subject whose @context JSON-LD refuses")
			continue
		}
		e.Context = c.JSON()
		written := e.AppendJSON(nil, ngsild.Normalized)
		if _, err := c.AppendExpanded(nil, e); errors.Is(err, jsonld.ErrNotCovered) {
			continue // an attribute "dataset", which the core has with a container
		}
		if _, err := r.ExpandDocument(t.Context(), written, nil); err != nil {
			_, compiled := c.AppendExpanded(nil, e)
			require.Error(t, compiled, "json-gold refuses %s: %v", path, err)
			continue // an id that is an object, say
		}
		jsonldtest.RequireSameExpansion(t, r, c, e, written)
		entities++
	}
	require.Greater(t, entities, 600)
}

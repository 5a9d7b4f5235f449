package validate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// TestValidEntitiesGiveNoFinding validates the entities of testdata/valid, which a person
// has checked, as one closed set.
func TestValidEntitiesGiveNoFinding(t *testing.T) {
	const folder = "testdata/valid"
	index, err := os.ReadFile(filepath.Join(folder, "index.md"))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(folder, "*.*json*"))
	require.NoError(t, err)
	v, err := validate.New(validate.Options{Closed: true})
	require.NoError(t, err)
	subjects := map[string]bool{}
	entities := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		list, stats, err := v.File(t.Context(), path, bytes.NewReader(text))
		require.NoError(t, err)
		entities += stats.Entities
		for _, f := range list {
			if f.Severity != finding.Info { // a type of our own, no @context
				t.Errorf("%v\n%s", f, f.Hint)
			}
		}
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(filepath.Base(path)) + ` \| ([^|]+) \| [^|]+ \|$`).FindSubmatch(index)
		require.NotNil(t, row, "the index does not say what %s exercises", path)
		for name := range strings.SplitSeq(string(row[1]), ", ") {
			subjects[name] = true
		}
	}
	require.Empty(t, v.Dangling())
	require.Len(t, files, bytes.Count(index, []byte("\n| "))-1, "the index has files that are not there")
	require.GreaterOrEqual(t, len(files), 60)
	require.GreaterOrEqual(t, entities, len(files))
	covered := 0
	for _, s := range models.Builtin().Subjects {
		if subjects[s.Name] {
			covered++
		}
	}
	require.GreaterOrEqual(t, covered, 40)
}

// TestTheEntitiesOfTheExampleGiveNoFinding validates what examples/paris-energy is to make,
// which brings no @context, with the one of the example.
func TestTheEntitiesOfTheExampleGiveNoFinding(t *testing.T) {
	const folder = "../../examples/paris-energy"
	resolver := builtinResolver()
	ldctx, found, err := resolver.ResolveRefs(t.Context(), folder, []string{"context/paris-energy.jsonld"})
	require.NoError(t, err)
	require.Empty(t, found)
	v, err := validate.New(validate.Options{Closed: true, Resolver: resolver, Context: ldctx})
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(folder, "want", "*.ndjson"))
	require.NoError(t, err)
	require.Len(t, files, 5)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		list, _, err := v.File(t.Context(), path, bytes.NewReader(text))
		require.NoError(t, err)
		for _, f := range list {
			// The example has types of its own, and a type of a model that its @context does not name.
			if f.Severity != finding.Info && (f.Code != finding.ContextUnmapped || f.Location.Pointer != "/type") {
				t.Error(f)
			}
		}
	}
	require.Empty(t, v.Dangling())
}

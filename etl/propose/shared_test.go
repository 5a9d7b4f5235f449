package propose_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/suggest"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Every published table that can be read has a proposal that compiles and converts: its
// rows become entities, or are rejected with a reason.
func TestProposalsOfPublishedTablesConvert(t *testing.T) {
	root := shared.Path(t, "datasets")
	s := suggest.New(models.Builtin())
	resolver := jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()))
	tables := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() || !strings.HasSuffix(path, ".csv") && !strings.HasSuffix(path, ".xlsx") {
			return nil
		}
		spec := source.Spec{File: path}
		if strings.HasSuffix(path, "ADRESSE-NAF.csv") {
			spec.Encoding = "cp850"
		}
		list, _, err := profile.Tables(t.Context(), "", spec)
		var refused *source.Error
		if errors.As(err, &refused) {
			t.Logf("%s: %v", path, err)
			return nil
		}
		require.NoError(t, err, path)
		for _, table := range list {
			ranked := s.Models(propose.TableOf(table), 1)
			if len(ranked) == 0 {
				continue
			}
			draft, err := propose.Draft(t.Context(), "", table, ranked[0], s, path)
			require.NoError(t, err, path)
			tally := convert(t, resolver, draft.YAML())
			t.Logf("%s %s: %s, %d of %d columns, %s", filepath.Base(path), table.Sheet, ranked[0].Model.QualifiedName(), draft.Placed, draft.Columns, tally)
			require.Equal(t, table.Rows, tally.Read, path)
			require.GreaterOrEqual(t, 2*tally.Written, tally.Read, "%s: %v\n%s", path, tally.Findings, draft.YAML())
			tables++
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, tables, 20)
}

// convert runs a mapping, and gives what became of the rows.
func convert(t *testing.T, resolver *jsonld.Resolver, text []byte) *etl.Tally {
	name := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(name, text, 0o644))
	catalogue := models.Builtin()
	flow, err := etl.Prepare(t.Context(), name, etl.Options{Resolver: resolver, KindOf: func(model, _, attribute string) (ngsild.Kind, bool) {
		m, err := catalogue.Find(model)
		require.NoError(t, err)
		a := m.Attribute(attribute)
		return a.Kind, a.Kind != 0
	}})
	require.NoError(t, err, string(text))
	defer flow.Close()
	tally, err := flow.Convert(t.Context(), etl.Output{Write: func(context.Context, []etl.Item) error { return nil }}, nil)
	require.NoError(t, err)
	return tally
}

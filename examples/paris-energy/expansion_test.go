package paris_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// TestJSONGoldExpandsWhatThePlansWrote holds what each flow writes against the
// expansion by json-gold, one entity in ten of the long flows.
func TestJSONGoldExpandsWhatThePlansWrote(t *testing.T) {
	u, err := etl.LoadUseCase(".")
	require.NoError(t, err)
	for _, target := range u.Flows {
		r := resolver(t)
		flow, err := etl.Prepare(t.Context(), target.Mapping, etl.Options{Resolver: r})
		require.NoError(t, err)
		defer flow.Close()
		n := 0
		_, err = flow.Convert(t.Context(), etl.Output{
			Text: &etl.Text{Representation: ngsild.Normalized, Context: flow.Context.JSON()},
			Write: func(_ context.Context, items []etl.Item) error {
				for _, item := range items {
					if n++; n > 100 && n%10 != 0 {
						continue
					}
					e, found, err := ngsild.Decode(item.JSON)
					require.NoError(t, err)
					require.Empty(t, found)
					jsonldtest.RequireSameExpansion(t, r, flow.Context, e, item.JSON)
				}
				return nil
			},
		}, nil)
		require.NoError(t, err)
		require.Positive(t, n)
	}
}

package mapping

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// expansionContext defines names that the mappings of encoded use: as plain terms,
// with a coercion, by a prefix; the others go to the default vocabulary.
const expansionContext = `{"ex": "https://example.org/ns#", "Building": "ex:Building", "number": "ex:number", "label": "ex:name", "text": "ex:name",
	"rooms": {"@id": "ex:rooms", "@type": "@id"}, "category": {"@id": "ex:category", "@type": "@vocab"}, "a": "ex:a", "x": "ex:x", "first": "ex:first"}`

// requireJSONGoldAgrees holds what a plan wrote of a batch against the expansion by
// json-gold, and gives how many entities that were.
func requireJSONGoldAgrees(tb testing.TB, r *jsonld.Resolver, c *jsonld.Context, p *Plan, b *record.Batch) (entities int) {
	tb.Helper()
	var out BatchResult
	p.Encoder(c.JSON()).ApplyBatch(b, &out)
	for _, row := range out.Rows {
		for _, text := range row.JSON {
			e, found, err := ngsild.Decode(text)
			require.NoError(tb, err)
			require.Empty(tb, found, "%s", text)
			jsonldtest.RequireSameExpansion(tb, r, c, e, text)
			entities++
		}
	}
	return entities
}

func TestJSONGoldExpandsWhatPlansMakeOfRandomRecords(t *testing.T) {
	r := jsonld.NewResolver()
	c, _, err := r.Resolve(t.Context(), []byte(expansionContext))
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 5))
	for _, name := range []string{"kinds", "times"} {
		entities := 0
		for _, texts := range [][]string{fuzzedTexts, {"", "1", "12.5", "2024"}, {"", "urn:x:1", "2024", "2024-02-29"}} {
			b := randomRows(rng, 300, texts)
			entities += requireJSONGoldAgrees(t, r, c, plan(t, b, encoded[name]), b)
		}
		require.Greater(t, entities, 30, name)
	}
}

// FuzzExpansion: whatever the cells hold, json-gold reads of an entity what the
// compiled names say.
func FuzzExpansion(f *testing.F) {
	f.Add("1", "x", "2.35 48.85", "2024-01-01")
	f.Add("12.5", "urn:x:1", `{"a":1.0}`, "2024-01-01T00:00:00Z")
	f.Add("2024", "a;b;\"c\"", `{"@value": null}`, "")
	r := jsonld.NewResolver()
	c, _, err := r.Resolve(f.Context(), []byte(expansionContext))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, b, c2, d, at string) {
		row := cells{"1"}
		for _, s := range []string{b, c2, d, at} {
			if s == "" {
				row = append(row, nil)
				continue
			}
			row = append(row, s)
		}
		rows := batch(fuzzedHeader, row)
		for _, name := range []string{"kinds", "times"} {
			requireJSONGoldAgrees(t, r, c, plan(t, rows, encoded[name]), rows)
		}
	})
}

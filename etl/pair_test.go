package etl

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// heeMapping reads the installations of a month, whatever the format of the file.
const heeMapping = `source: {file: HEE.csv}
context: [context.jsonld]
entities:
- type: EnergyMeasures
  id: {column: Installation month, as: date, format: DD/MM/YYYY, template: "urn:ngsi-ld:EnergyMeasures:{}"}
  attributes:
    month: {value: {column: Installation month, as: date, format: DD/MM/YYYY}}
    eco: {value: {column: ECO, as: integer}, observedAt: {column: Installation month, as: datetime, format: DD/MM/YYYY, timezone: Europe/London}}
    cashback: {value: {column: Cashback, as: integer}}
    total: {value: {column: Total number of measures installed, as: integer}}
`

// TestTheSameTableAsTextAndAsWorkbookGivesTheSameEntities maps a table of which
// the dates are texts in the one file and dates of Excel in the other.
func TestTheSameTableAsTextAndAsWorkbookGivesTheSameEntities(t *testing.T) {
	dir := filepath.Join(shared.Path(t, "datasets"), "uk-hee")
	terms := `{"@context": {"EnergyMeasures": "https://example.org/EnergyMeasures", "month": "https://example.org/month", "eco": "https://example.org/eco", "cashback": "https://example.org/cashback", "total": "https://example.org/total"}}`
	convert := func(file string) (entities []string) {
		data, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		own := folder(t, map[string]string{"m.yaml": heeMapping, "context.jsonld": terms, file: string(data)})
		flow, err := Prepare(t.Context(), filepath.Join(own, "m.yaml"), Options{Resolver: jsonld.NewResolver(), Source: filepath.Join(own, file)})
		require.NoError(t, err)
		defer flow.Close()
		tally, err := flow.Convert(t.Context(), Output{
			Text: &Text{Representation: ngsild.Normalized},
			Write: func(_ context.Context, items []Item) error {
				for _, item := range items {
					entities = append(entities, string(item.JSON))
				}
				return nil
			},
		}, func(l Loss) error { require.Empty(t, l.Findings, file); return nil })
		require.NoError(t, err)
		require.EqualValues(t, tally.Read, len(entities))
		return entities
	}
	text, book := convert("HEE.csv"), convert("HEE.xlsx")
	require.Len(t, text, 111)
	require.Len(t, book, 111)
	for i := range text {
		require.Equal(t, text[i], book[i])
	}
}

package paris_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// resolver knows what ldt knows in this use case.
func resolver(t *testing.T) *jsonld.Resolver {
	t.Helper()
	u, err := etl.LoadUseCase(".")
	require.NoError(t, err)
	files, err := u.ContextFiles()
	require.NoError(t, err)
	return jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()), jsonld.WithContexts(files))
}

// converted gives the entities of a mapping in the concise form, one a line,
// and the account of its rows.
func converted(t *testing.T, mapping, source string, each func(*ngsild.Entity)) ([]byte, *etl.Tally) {
	t.Helper()
	flow, err := etl.Prepare(t.Context(), mapping, etl.Options{Resolver: resolver(t), Source: source})
	require.NoError(t, err)
	defer flow.Close()
	var out bytes.Buffer
	tally, err := flow.Convert(t.Context(), etl.Output{
		Text: &etl.Text{Representation: ngsild.Concise},
		Write: func(_ context.Context, items []etl.Item) error {
			for _, item := range items {
				out.Write(item.JSON)
				out.WriteByte('\n')
				if each != nil {
					each(item.Entity)
				}
			}
			return nil
		},
	}, nil)
	require.NoError(t, err)
	return out.Bytes(), tally
}

// TestMappingsGiveTheEntitiesOfWant converts every flow and compares with want/.
func TestMappingsGiveTheEntitiesOfWant(t *testing.T) {
	u, err := etl.LoadUseCase(".")
	require.NoError(t, err)
	for _, flow := range u.Flows {
		got, _ := converted(t, flow.Mapping, "", nil)
		name := filepath.Join("want", strings.TrimSuffix(filepath.Base(flow.Mapping), ".yaml")+".ndjson")
		if *update {
			require.NoError(t, os.WriteFile(name, got, 0o644))
		}
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
		require.Equal(t, len(wantLines), len(gotLines), "%s: entities", flow.Mapping)
		for i := range wantLines {
			require.Equal(t, wantLines[i], gotLines[i], "%s, entity %d: go test -update writes want/ anew", flow.Mapping, i+1)
		}
	}
}

// TestTheGuidesRowGivesTheGuidesEntity holds the first row of the example
// against the worked transform of the guide, figure by figure.
func TestTheGuidesRowGivesTheGuidesEntity(t *testing.T) {
	var first string
	converted(t, "mappings/consommation.yaml", "", func(e *ngsild.Entity) {
		if first == "" {
			first = string(e.AppendJSON(nil, ngsild.Normalized))
		}
	})
	require.JSONEq(t, `{
		"id": "urn:ngsi-ld:ConsommationEnergieIris:751010101:2011:Electricit%C3%A9:ENT:UNKNOWN",
		"type": "ConsommationEnergieIris",
		"consommationEnergie": {"type": "Property", "value": 15182280, "unitCode": "KWH", "observedAt": "2011-01-01T00:00:00Z",
			"typeEnergie": {"type": "Property", "value": "electricity"}},
		"isLocatedAt": {"type": "Relationship", "object": "urn:ngsi-ld:Iris:751010101"},
		"isPartOf": {"type": "Relationship", "object": "urn:ngsi-ld:CodeCommune:75101"},
		"concerneActivite": {"type": "Relationship", "object": "urn:ngsi-ld:DivisionNaf:UNKNOWN"},
		"nbSites": {"type": "Property", "value": 63},
		"codeCatConso": {"type": "Property", "value": "ENT"}}`, first)
	require.Contains(t, first, "15182280,", "a number keeps its spelling")
}

// TestNoRelationshipDangles looks for every target among the entities.
func TestNoRelationshipDangles(t *testing.T) {
	u, err := etl.LoadUseCase(".")
	require.NoError(t, err)
	ids, targets := map[string]bool{}, map[string]string{}
	for _, flow := range u.Flows {
		converted(t, flow.Mapping, "", func(e *ngsild.Entity) {
			id := strings.Clone(e.ID)
			ids[id] = true
			for _, a := range e.Attributes {
				if a.Kind == ngsild.Relationship {
					var target string
					require.NoError(t, json.Unmarshal(a.Value, &target))
					targets[target] = id
				}
			}
		})
	}
	require.NotEmpty(t, targets)
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		require.True(t, ids[target], "%s points at %s, which is not there", targets[target], target)
	}
}

// TestEveryTrapIsReported holds the account of the consumption flow.
func TestEveryTrapIsReported(t *testing.T) {
	_, tally := converted(t, "mappings/consommation.yaml", "", nil)
	require.EqualValues(t, 1504, tally.Read)
	require.EqualValues(t, 1501, tally.Written)
	require.Equal(t, map[string]int64{"no delivery point": 1}, tally.Reasons[etl.Filtered])
	require.Equal(t, map[string]int64{"row-collision": 1, "cell-lookup": 1}, tally.Reasons[etl.Rejected])
	require.Equal(t, map[string]int64{"Conso totale (MWh)": 10, "Nb sites": 10}, tally.Empty)
	rows := map[int]bool{}
	for _, f := range tally.Findings {
		rows[f.Location.Row] = true
	}
	require.Equal(t, map[int]bool{1503: true, 1504: true}, rows)
}

// TestOriginalAddressesGiveTheGuidesFigures runs the mapping's idea on the
// original file, whose dialect is detected, and adds up what comes out.
func TestOriginalAddressesGiveTheGuidesFigures(t *testing.T) {
	source := shared.Path(t, "datasets", "paris-conso-gaz", "ADRESSE-NAF.csv")
	dir := t.TempDir()
	mapping := filepath.Join(dir, "adresses.yaml")
	require.NoError(t, os.WriteFile(mapping, []byte(addressMapping), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "adresses.jsonld"), []byte(addressContext), 0o644))

	entities, without, points, mwh := 0, 0, int64(0), new(big.Rat)
	_, tally := converted(t, mapping, source, func(e *ngsild.Entity) {
		entities++
		measured := false
		for _, a := range e.Attributes {
			switch a.Name {
			case "consommationEnergie":
				measured = true
				require.Equal(t, "KWH", a.UnitCode)
				value, ok := new(big.Rat).SetString(string(a.Value))
				require.True(t, ok)
				mwh.Add(mwh, value.Quo(value, big.NewRat(1000, 1)))
			case "nbSites":
				var n int64
				require.NoError(t, json.Unmarshal(a.Value, &n))
				points += n
			}
		}
		if !measured {
			without++
		}
	})
	require.EqualValues(t, 16884, tally.Read)
	require.EqualValues(t, map[string]int64{"not tertiary": 90}, tally.Reasons[etl.Filtered])
	require.Zero(t, tally.Rejected)
	require.Equal(t, 16794, entities)
	require.Equal(t, 3952, without)
	require.Equal(t, "3399013.685", mwh.FloatString(3))
	require.EqualValues(t, 32616, points)
}

const addressContext = `{"@context": {
  "ConsommationEnergieAdresse": "https://semantics.cerema.fr/ontologies/energie#ConsommationEnergieAdresse",
  "consommationEnergie": "http://www.purl.org/dabgeo/common-domain/energyusage#EnergyConsumption",
  "nbSites": "https://semantics.cerema.fr/ontologies/energie#nbSites",
  "isLocatedAt": "https://semantics.cerema.fr/ontologies/energie#isLocatedAt",
  "concerneActivite": "https://semantics.cerema.fr/ontologies/energie#concerneActivite"
}}`

// The address alone is no key: two rows of one address, activity and category
// differ in their delivery points or consumption.
const addressMapping = `source: {file: ADRESSE-NAF.csv}
context: [adresses.jsonld]
where: {keep: 'text("Secteur d''activité") == "Tertiaire"', reason: not tertiary}
entities:
  - type: ConsommationEnergieAdresse
    id: "urn:ngsi-ld:ConsommationEnergieAdresse:{Code IRIS}:{Numero|-}:{Lettre|-}:{Rue}:{Code_N2|UNKNOWN}:{Code Catégorie}:{Nombre de PDL|-}:{Données de consommation (MWh)|-}"
    attributes:
      consommationEnergie:
        value: {column: Données de consommation (MWh), as: number, unit: {from: MWH, to: KWH}}
        observedAt: {column: Millésime, as: year}
      nbSites: {value: {column: Nombre de PDL, as: integer}}
      isLocatedAt: {object: "urn:ngsi-ld:Iris:{Code IRIS}"}
      concerneActivite: {object: "urn:ngsi-ld:DivisionNaf:{Code_N2|UNKNOWN}"}
`

// TestMappingsSheetGivesTheEntitiesOfWant compiles the Mappings sheet of the
// inventory. Of the consumption it has neither the filter nor the look-up that
// rejects a row, so that those rows are more.
func TestMappingsSheetGivesTheEntitiesOfWant(t *testing.T) {
	inv, found, err := inventory.ReadFile("inventory.xlsx")
	require.NoError(t, err)
	require.Empty(t, found)
	drafts, doubts := inv.Drafts()
	require.Empty(t, doubts)
	want := map[string]string{"arrondissements": "communes", "iris": "iris", "naf-divisions": "divisions-naf", "indicateurs": "indicateurs", "conso-iris": "consommation"}
	require.Len(t, drafts, len(want))
	for _, d := range drafts {
		// Paths count from the use case: the mapping stands in a folder of its own.
		dir, err := os.MkdirTemp(".", "made-")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		name := filepath.Join(dir, d.Source+".yaml")
		require.NoError(t, os.WriteFile(name, d.YAML(), 0o600))
		got, _ := converted(t, name, "", nil)
		entities, err := os.ReadFile(filepath.Join("want", want[d.Source]+".ndjson"))
		require.NoError(t, err)
		if d.Source != "conso-iris" {
			require.Equal(t, string(entities), string(got), d.Source)
			continue
		}
		for _, line := range bytes.SplitAfter(entities, []byte("\n")) {
			require.True(t, bytes.Contains(got, line), "%s", line)
		}
	}
}

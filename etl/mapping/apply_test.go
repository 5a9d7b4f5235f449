package mapping

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

var update = flag.Bool("update", false, "rewrite the goldens under testdata")

// worked is the row of the guide's worked transform.
func worked() (header string, row cells) {
	return "OPERATEUR|FILIERE|Année|Code IRIS|Nom IRIS|Code Commune|Nom Commune|Code EPCI|Nom EPCI|Type EPCI|Code Département|Nom Département|Code Région|Nom Région|CODE CATEGORIE CONSOMMATION|CODE GRAND SECTEUR|CODE SECTEUR NAF2|Nb sites|Conso totale (MWh)|Conso moyenne (MWh)",
		cells{"Enedis", "Electricité", "2011", "751010101", "Saint-Germain l'Auxerrois 1", "75101", "Paris 1er Arrondissement", "200054781", "Métropole du Grand Paris", nil, "75", "Paris", "11", "Île-de-France", "ENT", "TERTIAIRE", nil, "63", "15182,28", "240,988571428571"}
}

func TestApplyReproducesTheGuidesWorkedTransform(t *testing.T) {
	const name = "testdata/worked.txtar"
	archive, err := txtar.ParseFile(name)
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	header, row := worked()
	b := batch(header, row)
	p := plan(t, b, string(files["mapping.yaml"]))
	var out Result
	p.Apply(b, 0, &out)
	require.Equal(t, Written, out.Outcome, "%v", out.Findings)
	require.Len(t, out.Entities, 1)
	got := append(out.Entities[0].AppendJSON(nil, ngsild.Normalized), '\n')
	if *update {
		for i := range archive.Files {
			if archive.Files[i].Name == "entity.json" {
				archive.Files[i].Data = got
			}
		}
		require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
		return
	}
	require.Equal(t, string(files["entity.json"]), string(got))
}

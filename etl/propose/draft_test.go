package propose_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/modelstest"
	"github.com/ldtkit/ldt/models/suggest"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// draftOf proposes a mapping of a table to a model, and holds that it converts all rows.
func draftOf(t *testing.T, model, csv string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "t.csv")
	require.NoError(t, os.WriteFile(name, []byte(csv), 0o644))
	table, err := profile.Of(t.Context(), "", source.Spec{File: name})
	require.NoError(t, err)
	m, err := models.Builtin().Find(model)
	require.NoError(t, err)
	draft, err := propose.Draft(t.Context(), "", table, suggest.Given(m), suggest.New(models.Builtin()), name)
	require.NoError(t, err)
	text := draft.YAML()
	tally := convert(t, jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts())), text)
	require.Equal(t, table.Rows, tally.Written, "%v\n%s", tally.Findings, text)
	return string(text)
}

func TestDraftWritesAConverterForEachKindOfColumn(t *testing.T) {
	for _, c := range []struct{ model, csv, want string }{
		{"Device/SmartMeteringObservation", "id;Verbrauch (MWh)\nA;1,5\nB;2,5\n", `value: {column: "Verbrauch (MWh)", as: number, unit: {from: MWH, to: KWH}}`},
		{"Device/SmartMeteringObservation", "id;conso;unite\nA;1,5;kWh\nB;2,5;kWh\n", `value: {column: conso, as: number, unit: {from: KWH, to: KWH}}`},
		{"Device/SmartMeteringObservation", "id;conso;unite\nA;1,5;kWh\nB;2,5;m3\n", `# "unite" has the unit of each row (kWh, m3)`},
		{"Device/SmartMeteringObservation", "id;conso\nA;1,5\nB;2,5\n", "# the header states no unit, and the model has KWH or MTQ"},
		{"Device/SmartMeteringObservation", "id;année;conso\nA;2023;1,5\nB;2024;2,5\n", `observedAt: {column: "année", as: year}`},
		{"Device/SmartMeteringObservation", "id;datum;uhrzeit;verbrauch\nA;31.01.2024;6:00;1,5\nB;31.01.2024;12:00;2,5\n", `observedAt: {columns: [datum, uhrzeit], as: datetime, format: "D.M.YYYY H:mm", timezone: Europe/Paris}`},
		{"Weather/WeatherObserved", "fecha;humedad relativa (%)\n2024-01-01;45\n2024-01-02;99\n", `value: {column: "humedad relativa (%)", as: number, unit: {from: P1, to: C62}}`},
		{"Weather/WeatherObserved", "fecha;relativeHumidity\n2024-01-01;45\n2024-01-02;99\n", "# the model has shares of 1, and the cells go to 99: they are taken for percent"},
		{"Weather/WeatherObserved", "fecha;temp\n2024-01-01 10:00;4,5\n2024-01-02 10:00;9,5\n", "value: {column: fecha, as: datetime}"},
		{"Building/Building", "id;Catégorie\nA;Church\nB;Office\n", `value: [{column: "Catégorie", lookup: {Church: church, Office: office}}]`},
		{"Building/Building", "id;Catégorie\nA;Mairie\nB;Ecole\n", "# the model allows "},
		{"Device/SmartMeteringObservation", "id;Capteur\nA;v1\nB;v2\n", `object: {column: Capteur, template: "urn:ngsi-ld:Device:{}"}`},
		{"Building/Building", "id;lng;lat\nA;2,1;48,1\nB;2,2;48,2\n", "value: {columns: [lat, lng], as: point, order: lat-lon}"},
		{"Building/Building", "id;LonLat\nA;2.1,48.1\nB;2.2,48.2\n", "value: {column: LonLat, as: point, order: lon-lat}"},
		{"Building/Building", "id;position\nA;48.1,2.1\nB;48.2,2.2\n", "# the order is taken for lat-lon: see that it is"},
		{"GreenEnergy/GreenEnergyGenerator", "id;selfConsumption\nA;oui\nB;non\n", `as: boolean, "true": [oui], "false": [non]`},
		{"Building/Building", "id;étages hors sol\nA;1\nB;2\n", `value: {column: "étages hors sol", as: integer}`},
	} {
		require.Contains(t, draftOf(t, c.model, c.csv), c.want, c.csv)
	}
}

func TestDraftMakesTheIDOfWhatTellsRowsApart(t *testing.T) {
	for _, c := range []struct{ csv, want string }{
		{"nom;code\na;1\na;2\nb;3\n", `id: "urn:ngsi-ld:Building:{code}"`},
		{"site;année;kWh\na;2023;1\na;2024;1\nb;2023;1\n", `:{`},
		{"batiment;lot;x\na;;1\na;2;1\nb;2;1\n", "|UNKNOWN}"},
	} {
		require.Contains(t, draftOf(t, "Building/Building", c.csv), c.want, c.csv)
	}
}

func TestDraftNamesTheOneMeterOfAnExport(t *testing.T) {
	text := draftOf(t, "Device/SmartMeteringObservation", "EAN;datum;verbruik (kWh)\n541449012345678901;2024-01-31;1\n541449012345678901;2024-02-01;2\n")
	require.Contains(t, text, `id: "urn:ngsi-ld:SmartMeteringObservation:{EAN}:{datum}"`)
	text = draftOf(t, "Device/SmartMeteringObservation", "id;EAN;verbruik (kWh)\nA;541449012345678901;1\nB;541449012345678901;2\n")
	require.Contains(t, text, `id: "urn:ngsi-ld:SmartMeteringObservation:{id}"`)
}

func TestDraftSaysWhichRowsShareAnID(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.csv")
	require.NoError(t, os.WriteFile(name, []byte("nom;type\na;x\na;x\nb;x\n"), 0o644))
	table, err := profile.Of(t.Context(), "", source.Spec{File: name})
	require.NoError(t, err)
	m, err := models.Builtin().Find("Building/Building")
	require.NoError(t, err)
	draft, err := propose.Draft(t.Context(), "", table, suggest.Given(m), suggest.New(models.Builtin()), name)
	require.NoError(t, err)
	require.Contains(t, string(draft.YAML()), "# 1 of 3 rows have the id of an earlier row, and are rejected")
}

func TestDraftWritesEveryKindOfAttribute(t *testing.T) {
	catalogue := modelstest.Catalogue(t, `{"subjects": [{"name": "Own", "contextURLs": ["https://example.org/c.jsonld"],
		"terms": {"Thing": "https://example.org/Thing", "caption": "https://example.org/caption", "colour": "https://example.org/colour",
			"extra": "https://example.org/extra", "parts": "https://example.org/parts", "steps": "https://example.org/steps"},
		"models": [{"name": "Thing", "type": "Thing", "attributes": [
			{"name": "caption", "kind": "LanguageProperty"}, {"name": "colour", "kind": "VocabProperty", "type": "string"},
			{"name": "extra", "kind": "JsonProperty"}, {"name": "parts", "kind": "ListRelationship", "type": "array", "items": {"identifier": true}},
			{"name": "steps", "kind": "ListProperty", "type": "array", "items": {"type": "number"}}]}]}]}`)
	m, err := catalogue.Find("Own/Thing")
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "t.csv")
	require.NoError(t, os.WriteFile(name, []byte("id;caption;colour;extra;parts;steps\nA;a;b;c;d;1,5\nB;e;f;g;h;2,5\n"), 0o644))
	table, err := profile.Of(t.Context(), "", source.Spec{File: name})
	require.NoError(t, err)
	draft, err := propose.Draft(t.Context(), "", table, suggest.Given(m), suggest.New(catalogue), name)
	require.NoError(t, err)
	text := draft.YAML()
	_, err = mapping.Parse("m.yaml", text)
	require.NoError(t, err, string(text))
	for _, want := range []string{
		`languageMap: {"@none": {column: caption, as: text}}`, "vocab: {column: colour, as: text}", "json: {column: extra, as: text}",
		`objectList: [{column: parts, template: "urn:ngsi-ld:Parts:{}"}]`, "valueList: [{column: steps, as: number}]",
	} {
		require.Contains(t, string(text), want)
	}
}

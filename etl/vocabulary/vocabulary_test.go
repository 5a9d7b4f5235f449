package vocabulary_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/vocabulary"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func resolver(documents map[string][]byte) *jsonld.Resolver {
	return jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()), jsonld.WithContexts(documents))
}

func build(t *testing.T, dir string) (*vocabulary.Built, []finding.Finding, error) {
	t.Helper()
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	return vocabulary.Build(t.Context(), u, vocabulary.Options{Catalogue: models.Builtin(), Resolver: resolver})
}

// terms resolves what the mappings of a use case name.
func terms(t *testing.T, dir, compound string) *jsonld.Context {
	t.Helper()
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	files, err := u.ContextFiles()
	require.NoError(t, err)
	c, found, err := resolver(files).ResolveRefs(t.Context(), dir, []string{compound})
	require.NoError(t, err)
	require.Empty(t, found)
	return c
}

const usecase = `name: Test
namespace: https://example.org/ns#
contexts: {https://example.org/test.jsonld: context/test.jsonld}
flows: [{mapping: mappings/a.yaml}]
`

// mappingOf gives a mapping with these entities.
func mappingOf(entities string) string {
	return "source: {file: a.csv}\ncontext: context/test-compound.jsonld\nentities:\n" + entities
}

// folder makes a use case of files by their names; usecase.yaml is there already.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "usecase.yaml", usecase)
	for name, text := range files {
		put(t, dir, name, text)
	}
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func changes(list []vocabulary.Change) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, strings.TrimSpace(c.Sign+" "+c.Term+" "+c.IRI))
	}
	return out
}

// TestTheExampleBuiltMeansWhatAPersonWrote builds over the two files that were written by
// hand: each term of theirs, and each of the built ones, has the IRI that it had.
func TestTheExampleBuiltMeansWhatAPersonWrote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "paris")
	example := filepath.Join("..", "..", "examples", "paris-energy")
	require.NoError(t, os.CopyFS(filepath.Join(dir, "mappings"), os.DirFS(filepath.Join(example, "mappings"))))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "context"), os.DirFS("testdata")))
	text, err := os.ReadFile(filepath.Join(example, "usecase.yaml"))
	require.NoError(t, err)
	put(t, dir, "usecase.yaml", string(text))

	const compound = "context/paris-energy-compound.jsonld"
	before := terms(t, dir, compound)
	built, found, err := build(t, dir)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Empty(t, built.Changes)
	require.Equal(t, "1.0.0", built.Version)
	require.NoError(t, built.Write())
	after := terms(t, dir, compound)
	require.Equal(t, before.Terms(), after.Terms())
	for _, term := range append(before.Terms(), "schema:name", "igeo:x") {
		was, _ := before.Expand(term)
		is, known := after.Expand(term)
		require.True(t, known)
		require.Equal(t, was, is, term)
	}

	for _, name := range []string{"context/paris-energy.jsonld", compound} {
		want, err := os.ReadFile(filepath.Join(example, name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "the example has what is built")
	}
}

func TestASecondBuildChangesNoByte(t *testing.T) {
	dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`- {type: Haus, id: "urn:x:{a}", attributes: {nbSites: {value: 1}, zone: {value: 1}, address: {value: 1}}}`)})
	built, found, err := build(t, dir)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Equal(t, []string{
		"+ address https://smartdatamodels.org/address", // all subjects agree
		"+ Haus https://example.org/ns#Haus", "+ nbSites https://example.org/ns#nbSites", "+ zone https://example.org/ns#zone",
	}, changes(built.Changes))
	require.NoError(t, built.Write())
	require.Equal(t, `{
  "version": "1.0.0",
  "@context": {
    "address": "https://smartdatamodels.org/address",
    "Haus": "https://example.org/ns#Haus",
    "nbSites": "https://example.org/ns#nbSites",
    "zone": "https://example.org/ns#zone"
  }
}
`, string(built.Own.New))
	require.Equal(t, `{
  "@context": [
    "https://example.org/test.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
  ]
}
`, string(built.Compound.New))
	require.Empty(t, jsonld.Lint(t.Context(), "test.jsonld", built.Own.New, jsonld.LintOptions{}))

	again, _, err := build(t, dir)
	require.NoError(t, err)
	require.False(t, again.Own.Changed())
	require.False(t, again.Compound.Changed())
	require.Empty(t, again.Changes)
}

func TestVersionSaysWhetherSomethingBreaks(t *testing.T) {
	one := `- {type: Haus, id: "urn:x:{a}", attributes: {`
	dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(one + `zone: {value: 1}}}`)})
	step := func(attributes, want string, wantChanges ...string) {
		t.Helper()
		put(t, dir, "mappings/a.yaml", mappingOf(one+attributes+`}}`))
		built, _, err := build(t, dir)
		require.NoError(t, err)
		require.Equal(t, want, built.Version)
		require.Equal(t, wantChanges, changes(built.Changes))
		require.NoError(t, built.Write())
	}
	step(`zone: {value: 1}`, "1.0.0", "+ Haus https://example.org/ns#Haus", "+ zone https://example.org/ns#zone")
	step(`zone: {value: 1}, etage: {value: 1}`, "1.1.0", "+ etage https://example.org/ns#etage")
	step(`zone: {value: 1}, etage: {value: 1, attributes: {source2: {value: x}}}`, "1.2.0", "+ source2 https://example.org/ns#source2")
	step(`zone: {value: 1}, etage: {value: 1}`, "2.0.0", "- source2 https://example.org/ns#source2")
	step(`zone: {value: 1}, etage: {value: 1}, location: {value: 1}`, "2.0.0", []string{}...)

	text, err := os.ReadFile(filepath.Join(dir, "context/test.jsonld"))
	require.NoError(t, err)
	put(t, dir, "context/test.jsonld", strings.Replace(string(text), `"Haus": "https://example.org/ns#Haus"`, `"Haus": "https://example.org/ns#Haus", "kpiValue": "https://example.org/ns#kpiValue", "location": "https://example.org/l", "ngsi-ld": "https://uri.etsi.org/ngsi-ld/"`, 1))
	put(t, dir, "mappings/a.yaml", mappingOf(one+`zone: {value: 1}, etage: {value: 1}, kpiValue: {value: 1}}}`+"\n"+
		`- {type: KeyPerformanceIndicator, id: "urn:y:{a}", attributes: {kpiValue: {value: 1}}}`))
	built, _, err := build(t, dir)
	require.NoError(t, err)
	require.Equal(t, "3.0.0", built.Version, "another IRI breaks")
	require.Contains(t, changes(built.Changes), "! kpiValue https://smartdatamodels.org/dataModel.KeyPerformanceIndicator/kpiValue")
	require.Contains(t, changes(built.Changes), "~ location https://uri.etsi.org/ngsi-ld/location")
	require.NotContains(t, string(built.Own.New), "kpiValue")
	require.NotContains(t, string(built.Own.New), "location")
	require.NotContains(t, string(built.Own.New), "ngsi-ld/", "nor is a prefix of the core repeated")
	var out strings.Builder
	require.NoError(t, built.WriteText(&out))
	require.Contains(t, out.String(), "IRI CHANGED, it was https://example.org/ns#kpiValue")
}

func TestATermThatAnotherReusedContextOverridesIsPinned(t *testing.T) {
	// Both subjects define category, each with an IRI of its own, and the later one would win.
	dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`
- {type: KeyPerformanceIndicator, id: "urn:x:{a}", attributes: {category: {value: 1}}}
- {type: WeatherObserved, id: "urn:y:{a}", attributes: {temperature: {value: 1}}}`)})
	built, found, err := build(t, dir)
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, built.Write())
	c := terms(t, dir, "context/test-compound.jsonld")
	iri, _ := c.Expand("category")
	require.Equal(t, "https://smartdatamodels.org/dataModel.KeyPerformanceIndicator/category", iri)
	iri, _ = c.Expand("temperature")
	require.Equal(t, "https://smartdatamodels.org/dataModel.Weather/temperature", iri)
	require.Contains(t, string(built.Own.New), `"category": "https://smartdatamodels.org/dataModel.KeyPerformanceIndicator/category"`)
	again, _, err := build(t, dir)
	require.NoError(t, err)
	require.False(t, again.Own.Changed())
}

func TestWordsAndMembersAreTermsToo(t *testing.T) {
	dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`
- type: Haus
  id: "urn:x:{a}"
  attributes:
    etat: {vocab: {column: a, lookup: {o: ouvert, f: ferme}, default: inconnu}}
    sorte: {vocab: [grande, petite]}
    adresse: {value: {members: {streetAddress: {column: a}, ruelle: {members: {nom: {column: a}}}}}}
    extra: {value: {constant: {origine: {systeme: GTB}}}}
    brut: {json: {constant: {nonTerme: 1}}}
    nom: {languageMap: {fr: {column: a}}}
    autre: {vocab: "urn:x:y"}`)})
	built, found, err := build(t, dir)
	require.NoError(t, err)
	require.Empty(t, found)
	text := string(built.Own.New)
	for _, term := range []string{"ouvert", "ferme", "inconnu", "grande", "petite", "ruelle", "nom", "origine", "systeme", "autre"} {
		require.Contains(t, text, `"`+term+`": "https://example.org/ns#`+term+`"`)
	}
	require.Contains(t, text, `"streetAddress": "https://smartdatamodels.org/streetAddress"`)
	for _, word := range []string{"nonTerme", `"fr"`, "urn:x:y"} {
		require.NotContains(t, text, word)
	}
}

func TestFaultsOfNames(t *testing.T) {
	type want struct {
		code     finding.Code
		severity finding.Severity
		says     []string
	}
	for attributes, w := range map[string]want{
		`nb_sites: {value: 1}`:         {finding.ContextName, finding.Warning, []string{"mappings/a.yaml:4:46", "nb_sites", "write nbSites"}},
		`"Conso totale": {value: 1}`:   {finding.AttributeName, finding.Error, []string{"Conso totale", "write consoTotale"}},
		`"@vocab": {value: 1}`:         {finding.AttributeName, finding.Error, []string{"keywords of JSON-LD"}},
		`unitCode: {value: 1}`:         {finding.AttributeName, finding.Error, []string{"a member of NGSI-LD"}},
		`status: {value: 1}`:           {finding.ContextCoreTerm, finding.Error, []string{"https://uri.etsi.org/ngsi-ld/status"}},
		`zone: {vocab: "fermé à clé"}`: {finding.ContextName, finding.Warning, []string{"fermeACle"}},
		`zone: {value: 1, attributes: {zone: {object: "urn:x:{a}"}}}`: {finding.MappingKind, finding.Warning, []string{"a Relationship here", "a Property at"}},
	} {
		dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`- {type: Haus, id: "urn:x:{a}", attributes: {` + attributes + `}}`)})
		built, found, err := build(t, dir)
		require.Len(t, found, 1, attributes)
		require.Equal(t, w.code, found[0].Code, attributes)
		require.Equal(t, w.severity, found[0].Severity, attributes)
		for _, says := range w.says {
			require.Contains(t, found[0].String(), says)
		}
		require.Equal(t, w.severity == finding.Error, err != nil)
		require.Equal(t, w.severity == finding.Error, built == nil)
	}
}

func TestTwoIRIsOfOneTermAreRefused(t *testing.T) {
	dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`
- {type: KeyPerformanceIndicator, id: "urn:x:{a}", attributes: {category: {value: 1}}}
- {type: ParkingSpot, id: "urn:y:{a}", attributes: {category: {value: 1}}}`)})
	_, found, err := build(t, dir)
	var list finding.List
	require.ErrorAs(t, err, &list)
	require.Equal(t, finding.ContextConflict, found[0].Code)
	for _, says := range []string{"mappings/a.yaml:6:", "dataModel.Parking/category", "dataModel.KeyPerformanceIndicator/category at ", "mappings/a.yaml:5:"} {
		require.Contains(t, found[0].Message+found[0].Location.String(), says)
	}
}

func TestTypesOfSeveralModelsAndUnknownContextsAreNotGuessed(t *testing.T) {
	for entities, says := range map[string]string{
		`- {type: Building, id: "urn:x:{a}"}`:            "a type of several models: Building/Building",
		`- {type: X, model: Bilding/X, id: "urn:x:{a}"}`: "no model is named",
		`- {type: X, model: Building, id: "urn:x:{a}"}`:  "several models are named",
		"- {type: X, id: \"urn:x:{a}\", atributes: {}}":  "atributes",
	} {
		dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(entities)})
		_, _, err := build(t, dir)
		require.ErrorContains(t, err, says)
		require.True(t, errors.As(err, new(finding.List)))
	}
	entity := `- {type: Building, id: "urn:x:{a}", attributes: {category: {value: 1}}}`
	named := strings.Replace(mappingOf(entity), "context: ", "context: [https://raw.githubusercontent.com/smart-data-models/dataModel.Building/master/context.jsonld, ", 1)
	dir := folder(t, map[string]string{"mappings/a.yaml": strings.Replace(named, "\nentities", "]\nentities", 1)})
	built, _, err := build(t, dir)
	require.NoError(t, err, "a context that the mapping names says which is meant")
	require.Contains(t, string(built.Compound.New), "dataModel.Building")

	named = strings.Replace(mappingOf(`- {type: Haus, id: "urn:x:{a}"}`), "context: ", "context: [https://nowhere.example/c.jsonld, ", 1)
	dir = folder(t, map[string]string{"mappings/a.yaml": strings.Replace(named, "\nentities", "]\nentities", 1)})
	_, _, err = build(t, dir)
	require.ErrorContains(t, err, `cannot be told whether it defines "Haus"`)
}

func TestContextsThatAMappingNamesKeepTheirTerms(t *testing.T) {
	with := func(refs string) string {
		return strings.Replace(mappingOf(`- {type: Haus, id: "urn:x:{a}", attributes: {zone: {value: 1}, neu: {value: 1}}}`), "context: context/test-compound.jsonld", "context: ["+refs+"]", 1)
	}
	dir := folder(t, map[string]string{
		"mappings/a.yaml":      with("context/other.jsonld, context/test-compound.jsonld"),
		"context/other.jsonld": `{"@context": {"zone": "https://other.example/zone", "unused": "https://other.example/unused"}}`,
	})
	built, _, err := build(t, dir)
	require.NoError(t, err)
	require.Equal(t, []string{"+ Haus https://example.org/ns#Haus", "+ neu https://example.org/ns#neu", "+ zone https://other.example/zone"}, changes(built.Changes))
	require.NotContains(t, string(built.Own.New), "zone", "the mapping names the file itself")
	require.NotContains(t, string(built.Compound.New), "other")

	put(t, dir, "usecase.yaml", strings.Replace(usecase, "test.jsonld}", "test.jsonld, https://other.example/c.jsonld: context/other.jsonld}", 1))
	built, _, err = build(t, dir)
	require.NoError(t, err)
	require.Contains(t, string(built.Compound.New), `"https://other.example/c.jsonld",
    "https://example.org/test.jsonld",`, "its address is known")

	put(t, dir, "mappings/a.yaml", with("context/other.jsonld, context/mine.jsonld"))
	_, found, err := build(t, dir)
	require.NoError(t, err)
	require.Equal(t, finding.MappingUnknownTerm, found[0].Code)
	require.Contains(t, found[0].String(), "context: [context/test-compound.jsonld]")
}

func TestAUseCaseThatSaysTooLittle(t *testing.T) {
	mappings := map[string]string{"mappings/a.yaml": mappingOf(`- {type: Haus, id: "urn:x:{a}"}`)}
	for replace, says := range map[string]string{
		"namespace: https://example.org/ns#\n":                               "namespace: https://example.org/test#",
		"contexts: {https://example.org/test.jsonld: context/test.jsonld}\n": "contexts: {https://example.org/ns/test.jsonld: context/test.jsonld}",
	} {
		dir := folder(t, mappings)
		put(t, dir, "usecase.yaml", strings.Replace(usecase, replace, "", 1))
		_, _, err := build(t, dir)
		require.ErrorContains(t, err, says)
	}
	dir := folder(t, mappings)
	put(t, dir, "usecase.yaml", strings.Replace(usecase, "context/test.jsonld}", "context/a.jsonld, https://example.org/b: context/b.jsonld}", 1))
	_, _, err := build(t, dir)
	require.ErrorContains(t, err, "which of them is to be built?")
	put(t, dir, "usecase.yaml", strings.Replace(usecase, "ns#", "ns", 1))
	_, err = etl.LoadUseCase(dir)
	require.ErrorContains(t, err, "usecase.yaml:2:12: namespace:")
}

func TestAFileThatIsNoContextIsKept(t *testing.T) {
	for text, says := range map[string]string{
		`{"@context": {"a": "https://x.example/a", "a": "https://x.example/b"}}`: "stands here again",
		`{"@context": ["https://x.example/a"]}`:                                  "no object of terms",
		`{"@context": {"a": "b:c"}, "version": 2}`:                               "nothing here defines",
		`{"@context": {}, "version": "2.0"}`:                                     "three numbers",
		`{"@context"`:                                                            "not JSON",
		``:                                                                       "not JSON",
	} {
		dir := folder(t, map[string]string{"mappings/a.yaml": mappingOf(`- {type: Haus, id: "urn:x:{a}"}`), "context/test.jsonld": text})
		_, _, err := build(t, dir)
		require.ErrorContains(t, err, says, text)
		require.True(t, errors.As(err, new(finding.List)), text)
	}
}

func TestCamelCase(t *testing.T) {
	for text, want := range map[string][2]string{
		"Conso totale":          {"consoTotale", "ConsoTotale"},
		"nb_sites":              {"nbSites", "NbSites"},
		"CODE IRIS":             {"codeIris", "CodeIris"},
		"Année de construction": {"anneeDeConstruction", "AnneeDeConstruction"},
		"Conso totale (MWh)":    {"consoTotaleMWh", "ConsoTotaleMWh"},
		"2023":                  {"n2023", "N2023"},
		"déjàVu":                {"dejaVu", "DejaVu"},
		"":                      {"", ""},
		"—":                     {"", ""},
	} {
		require.Equal(t, want[0], vocabulary.CamelCase(text, false), text)
		require.Equal(t, want[1], vocabulary.CamelCase(text, true), text)
	}
}

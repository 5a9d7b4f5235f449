package datamodel_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/datamodel"
	"github.com/ldtkit/ldt/etl/vocabulary"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func resolver(documents map[string][]byte) *jsonld.Resolver {
	return jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()), jsonld.WithContexts(documents))
}

// known is a resolver of a use case.
func known(t *testing.T, dir string) *jsonld.Resolver {
	t.Helper()
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	files, err := u.ContextFiles()
	require.NoError(t, err)
	return resolver(files)
}

// makeModels makes the models of a mapping, and writes nothing.
func makeModels(t *testing.T, dir, mapping string) (*datamodel.Update, []finding.Finding, error) {
	t.Helper()
	flow, err := etl.Prepare(t.Context(), filepath.Join(dir, mapping), etl.Options{Resolver: known(t, dir)})
	require.NoError(t, err)
	defer flow.Close()
	subject, err := datamodel.Subject(dir, "")
	require.NoError(t, err)
	return datamodel.Make(t.Context(), dir, subject, flow, models.Builtin())
}

// requireGood holds everything that was written against what it has to be: the checks of
// an own model, the judge of JSON Schema, the four layers of validation.
func requireGood(t *testing.T, dir string, u *datamodel.Update) {
	t.Helper()
	compounds, err := filepath.Glob(filepath.Join(dir, "context", "*-compound.jsonld"))
	require.NoError(t, err)
	ldctx, _, err := known(t, dir).ResolveRefs(t.Context(), ".", compounds)
	require.NoError(t, err)
	uc, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	catalogue, err := uc.Catalogue(t.Context(), known(t, dir))
	require.NoError(t, err)
	for _, m := range u.Models {
		read, err := catalogue.Find(m.Subject + "/" + m.Name)
		require.NoError(t, err)
		require.Equal(t, m.Name, read.Type)
		require.Equal(t, m.TypeIRIs[0], read.TypeIRI())
		require.Len(t, read.Attributes, len(m.Attributes))
		for _, a := range m.Attributes {
			is := read.Attribute(a.Name)
			require.Equal(t, a.Kind, is.Kind, a.Name)
			require.Equal(t, a.UnitCode != "", len(is.Units) > 0, a.Name)
			if a.UnitCode != "" {
				require.Equal(t, a.UnitCode, is.Units[0], a.Name)
			}
		}
	}
	again, _, err := vocabulary.Build(t.Context(), uc, vocabulary.Options{Catalogue: catalogue, Resolver: resolver})
	require.NoError(t, err)
	require.False(t, again.Own.Changed() || again.Compound.Changed(), "the own models change nothing in the @context")
	require.Empty(t, jsonld.Lint(t.Context(), u.Context.Path, read(t, u.Context.Path), jsonld.LintOptions{}))
	for _, m := range u.Models {
		found, err := folder.Check(t.Context(), m.Dir, nil)
		require.NoError(t, err)
		require.Empty(t, found, m.Dir)

		schema, err := jsonschema.CompileString("schema.json", string(read(t, m.Dir, "schema.json")))
		require.NoError(t, err)
		for _, name := range []string{"example.json", "example.jsonld"} {
			var value any
			d := json.NewDecoder(bytes.NewReader(read(t, m.Dir, "examples", name)))
			d.UseNumber()
			require.NoError(t, d.Decode(&value))
			require.NoError(t, schema.Validate(value), name)
		}
		for _, name := range []string{"example.jsonld", "example-normalized.jsonld", "example.json", "example-normalized.json"} {
			options := validate.Options{Resolver: known(t, dir), Catalogue: catalogue}
			if strings.HasSuffix(name, ".json") {
				options.Context = ldctx
			}
			v, err := validate.New(options)
			require.NoError(t, err)
			found, stats, err := v.File(t.Context(), name, bytes.NewReader(read(t, m.Dir, "examples", name)))
			require.NoError(t, err)
			require.Equal(t, 1, stats.Entities)
			require.Zero(t, stats.Errors, "%v", found)
			for _, f := range found {
				require.NotEqual(t, finding.ModelUnknown, f.Code, "%s: %v", m.Dir, f)
			}
			require.Equal(t, strings.HasSuffix(name, ".jsonld"), bytes.Contains(read(t, m.Dir, "examples", name), []byte("@context")))
		}
		requireSameFacts(t, m)
	}
}

// requireSameFacts compares model.yaml and README.md with schema.json.
func requireSameFacts(t *testing.T, m datamodel.ModelUpdate) {
	t.Helper()
	type properties map[string]map[string]any
	var schema struct {
		Properties properties
		AllOf      []struct{ Properties properties }
		Required   []string
	}
	require.NoError(t, json.Unmarshal(read(t, m.Dir, "schema.json"), &schema))
	want := schema.Properties
	for _, part := range schema.AllOf {
		if want == nil {
			want = properties{}
		}
		for name, property := range part.Properties {
			want[name] = property
		}
	}
	var written map[string]struct {
		Properties properties
		Required   []string
		Version    string `yaml:"x-version"`
	}
	require.NoError(t, yaml.Unmarshal(read(t, m.Dir, "model.yaml"), &written))
	require.Equal(t, m.Version, written[m.Name].Version)
	require.Equal(t, schema.Required, written[m.Name].Required)
	got := written[m.Name].Properties
	readme := string(read(t, m.Dir, "README.md"))
	for name, property := range got {
		ngsi, isAttribute := property["x-ngsi"].(map[string]any)
		delete(property, "x-ngsi")
		require.Equal(t, asJSON(t, want[name]), asJSON(t, property), name)
		require.Equal(t, name != "id" && name != "type", isAttribute)
		if isAttribute {
			require.Contains(t, readme, "| `"+name+"`")
			require.Contains(t, readme, ngsi["model"])
		}
	}
	require.Len(t, got, len(want))
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	return text
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// usecase makes a use case of one mapping, with its @context built.
func usecase(t *testing.T, source, entities, data string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "usecase.yaml", "name: Ville\nnamespace: https://ville.example/ns#\ncontexts: {https://ville.example/ville.jsonld: context/ville.jsonld}\nflows: [{mapping: mappings/a.yaml}]\n")
	put(t, dir, "data/a.csv", data)
	remap(t, dir, source, entities)
	return dir
}

func remap(t *testing.T, dir, source, entities string) {
	t.Helper()
	put(t, dir, "mappings/a.yaml", "source: {"+source+"}\ncontext: context/ville-compound.jsonld\nentities:\n"+entities)
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	built, _, err := vocabulary.Build(t.Context(), u, vocabulary.Options{Catalogue: models.Builtin(), Resolver: resolver})
	require.NoError(t, err)
	require.NoError(t, built.Write())
}

func TestTheExampleGivesModelsThatHold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "paris")
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", "paris-energy"))))
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	var names []string
	for _, flow := range u.Flows {
		made, _, err := makeModels(t, dir, flow.Mapping)
		require.NoError(t, err)
		require.NoError(t, made.Write())
		requireGood(t, dir, made)
		for _, m := range made.Models {
			require.Len(t, m.Files, 7)
			names = append(names, m.Name)
		}
	}
	require.Equal(t, []string{"CodeCommune", "Iris", "DivisionNaf", "ConsommationEnergieIris", "KeyPerformanceIndicator"}, names)

	schema := string(read(t, dir, "data-models/ParisEnergy/KeyPerformanceIndicator/schema.json"))
	require.Contains(t, schema, `"title": "KeyPerformanceIndicator/KeyPerformanceIndicator"`, "it extends the official model")
	require.Contains(t, schema, `"quantitative"`, "the facts of the official model are stated again")
	require.NotContains(t, string(read(t, dir, "data-models/ParisEnergy/context.jsonld")), `"location"`, "the core is not repeated")
	readme := string(read(t, dir, "data-models/ParisEnergy/ConsommationEnergieIris/README.md"))
	require.Contains(t, readme, "| `consommationEnergie` | Property | number | KWH | http://www.purl.org/dabgeo/common-domain/energyusage#EnergyConsumption | "+
		"From column \"Conso totale (MWh)\". Units:'KWH' (kilowatt hour). With observedAt. With typeEnergie (Property). |")
	require.Contains(t, readme, "| `consommationEnergie.typeEnergie` | Property | string, one of electricity, gas |")
}

const every = `
- type: Haus
  id: "urn:ngsi-ld:Haus:{code}"
  attributes:
    name: {languageMap: {fr: {column: nom}}}
    etat: {vocab: {column: etat, lookup: {o: ouvert, f: ferme}}}
    on: {valueList: {column: liste, as: list, separator: "|"}}
    no: {json: {constant: {yes: [1]}}}
    location: {value: {columns: [lat, lon], as: point}}
    hauteur: {value: {column: h, as: number, unit: MTR}, observedAt: {column: jour, as: date}}
    etages: {value: {column: n, as: integer}}
    estVide: {value: {column: vide, as: boolean}}
    construitLe: {value: {column: jour, as: date}}
    releveLe: {value: {column: jour, as: month}}
    partOf: {object: "urn:ngsi-ld:Ville:{code}"}
    near: {object: ["urn:ngsi-ld:Haus:{code}a", "urn:ngsi-ld:Haus:{code}b"]}
    rooms: {objectList: ["urn:ngsi-ld:Room:{code}"]}
    adresse: {value: {members: {streetAddress: {column: nom}, numero: {column: n, as: integer}}}}
    classe: {value: {column: etat, lookup: {o: "yes", f: "no"}, default: "on"}}
    note: {value: "n° {code} | a"}
    mesure:
    - {value: {column: h, as: number}, datasetId: "urn:x:a"}
    - {value: {column: n, as: number}, datasetId: "urn:x:b"}
`

const everyData = "code,nom,etat,liste,lat,lon,h,jour,n,vide\n,,,,,,,,,\n1,Été,o,a|b,48.85,2.35,3.50,2024-01-31,2,true\n"

func TestEachKindAndFormHasASchemaThatItsExampleKeeps(t *testing.T) {
	dir := usecase(t, "file: data/a.csv", every, everyData)
	made, found, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, made.Write())
	requireGood(t, dir, made)
	schema := string(read(t, made.Models[0].Dir, "schema.json"))
	for _, fact := range []string{`"ouvert",`, `"format": "date"`, `"format": "date-time"`, `"Point"`, `"boolean"`, `"integer"`, `"dataset"`, `"on"`} {
		require.Contains(t, schema, fact)
	}
	yaml := string(read(t, made.Models[0].Dir, "model.yaml"))
	for _, quoted := range []string{"    \"on\":\n", "    \"no\":\n", `- "yes"`, `- "no"`, `- "on"`, "units: MTR"} {
		require.Contains(t, yaml, quoted, "YAML 1.1 reads it as something else without quotes")
	}
	require.Contains(t, string(read(t, made.Models[0].Dir, "README.md")), `From the template "n° {code} \| a".`)
}

func TestASecondRunChangesNothingAndAnAttributeMoreIsToldFirst(t *testing.T) {
	const one = `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {nom: {value: {column: nom}}, h: {value: {column: h, as: number, unit: MTR}}`
	dir := usecase(t, "file: data/a.csv", one+"}}", "code,nom,h,n\n1,a,2,3\n")
	made, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.False(t, made.Overwrites())
	require.NoError(t, made.Write())
	again, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.False(t, again.Changed())

	// A person writes.
	model := made.Models[0].Dir
	schema := filepath.Join(model, "schema.json")
	text := strings.Replace(string(read(t, schema)), `Property. From column \"nom\".`, `Property. The name on the door. From the owner.`, 1)
	require.NoError(t, os.WriteFile(schema, []byte(text), 0o644))
	readme := filepath.Join(model, "README.md")
	require.NoError(t, os.WriteFile(readme, append(read(t, readme), "\n## More\n\nMine.\n"...), 0o644))

	remap(t, dir, "file: data/a.csv", one+", n: {value: {column: n, as: integer}}}}")
	more, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.True(t, more.Overwrites())
	require.Equal(t, "1.1.0", more.Models[0].Version)
	var out strings.Builder
	require.NoError(t, more.WriteText(&out))
	require.Contains(t, out.String(), "Haus  1.0.0 → 1.1.0\n  + n  Property integer\n")
	require.Contains(t, out.String(), "context.jsonld\n  + n  https://ville.example/ns#n\n")
	require.NoError(t, more.Write())
	requireGood(t, dir, more)
	for _, file := range []string{"schema.json", "model.yaml", "README.md"} {
		require.Contains(t, string(read(t, model, file)), "The name on the door. From the owner.", file)
	}
	require.True(t, strings.HasSuffix(string(read(t, readme)), "\n## More\n\nMine.\n"))

	// Another type, unit and kind, and one gone: that breaks.
	remap(t, dir, "file: data/a.csv", `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {nom: {object: "urn:x:{nom}"}, h: {value: {column: h, as: number, unit: {from: MTR, to: CMT}}}, n: {value: {column: n}}}}`)
	broken, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Equal(t, "2.0.0", broken.Models[0].Version)
	var signs []string
	for _, c := range broken.Models[0].Changes {
		signs = append(signs, c.Sign+" "+c.Term+": "+c.Note)
	}
	require.Equal(t, []string{"! h: its unit was MTR", "! n: its values were integer", "! nom: it was a Property"}, signs)
	require.NoError(t, broken.Write())
	require.NotContains(t, string(read(t, schema)), "on the door", "a description of another kind is no use")
	requireGood(t, dir, broken)

	remap(t, dir, "file: data/a.csv", `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {nom: {object: "urn:x:{nom}"}, n: {value: {column: n}}}}`)
	less, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Equal(t, "3.0.0", less.Models[0].Version)
	require.Equal(t, []vocabulary.Change{{Sign: "-", Term: "h", Note: "the mapping does not have it"}}, less.Models[0].Changes)
}

func TestModelsThatAreThereAreUsedOrExtended(t *testing.T) {
	data := "code,n\n1,2\n"
	dir := usecase(t, "file: data/a.csv", `- {type: KeyPerformanceIndicator, id: "urn:ngsi-ld:KeyPerformanceIndicator:{code}", attributes: {kpiValue: {value: {column: n, as: number}}}}`, data)
	_, _, err := makeModels(t, dir, "mappings/a.yaml")
	var used *datamodel.UsedError
	require.ErrorAs(t, err, &used)
	require.Equal(t, []string{"KeyPerformanceIndicator/KeyPerformanceIndicator"}, used.Models)

	dir = usecase(t, "file: data/a.csv", `- {type: Building, model: Building/Building, id: "urn:ngsi-ld:Building:{code}", attributes: {nbPortes: {value: {column: n, as: integer}}}}`, data)
	made, found, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(found, func(f finding.Finding) bool {
		return f.Code == finding.ModelSchema && f.Severity == finding.Warning && strings.Contains(f.Message, `Building/Building demands "address"`)
	}), "%v", found)
	require.Equal(t, "Building/Building", made.Models[0].Base.QualifiedName())

	put(t, dir, "mappings/a.yaml", strings.Replace(string(read(t, dir, "mappings/a.yaml")), "model: Building/Building, ", "", 1))
	_, _, err = makeModels(t, dir, "mappings/a.yaml")
	if err != nil { // several subjects have the IRI
		var ambiguous *models.AmbiguousError
		require.ErrorAs(t, err, &ambiguous)
	}
}

func TestAnExtendedModelLeavesTheContextOfItsBaseInUse(t *testing.T) {
	dir := usecase(t, "file: data/a.csv", `- {type: KeyPerformanceIndicator, id: "urn:ngsi-ld:KeyPerformanceIndicator:{code}", attributes: {kpiValue: {value: {column: n, as: number}}, mine: {value: 1}}}`, "code,n\n1,2\n")
	made, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.NoError(t, made.Write())
	requireGood(t, dir, made)
	// From nothing again: the own model has no address, its base has one.
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "context")))
	u, err := etl.LoadUseCase(dir)
	require.NoError(t, err)
	catalogue, err := u.Catalogue(t.Context(), resolver(nil))
	require.NoError(t, err)
	built, _, err := vocabulary.Build(t.Context(), u, vocabulary.Options{Catalogue: catalogue, Resolver: resolver})
	require.NoError(t, err)
	require.Contains(t, string(built.Compound.New), "dataModel.KeyPerformanceIndicator/master/context.jsonld")
	require.NotContains(t, string(built.Own.New), "kpiValue")
}

func TestSubjectsHaveNamesOfFolders(t *testing.T) {
	dir := t.TempDir()
	_, err := datamodel.Subject(dir, "")
	require.ErrorContains(t, err, "--subject")
	for name, says := range map[string]string{"a/b": "cannot be a subject", "..": "cannot be a subject", "Weather": "a subject of the Smart Data Models", "é": "cannot be a subject"} {
		_, err := datamodel.Subject(dir, name)
		require.ErrorContains(t, err, says)
	}
	put(t, dir, "usecase.yaml", "name: paris énergie\nflows: [{mapping: a.yaml}]\n")
	subject, err := datamodel.Subject(dir, "")
	require.NoError(t, err)
	require.Equal(t, "ParisEnergie", subject)
}

func TestWhatCannotBeReadIsNotWrittenOver(t *testing.T) {
	dir := usecase(t, "file: data/a.csv", `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {n: {value: {column: n}}}}`, "code,n\n1,2\n")
	for _, file := range []string{"data-models/Ville/context.jsonld", "data-models/Ville/Haus/schema.json"} {
		put(t, dir, file, "{]")
		_, _, err := makeModels(t, dir, "mappings/a.yaml")
		var list finding.List
		require.ErrorAs(t, err, &list)
		require.Equal(t, finding.ModelFile, list[0].Code)
		require.NoError(t, os.Remove(filepath.Join(dir, file)))
	}
	put(t, dir, "data-models/Ville/context.jsonld", `{"@context": {"n": "https://other.example/n", "other": {"@id": "https://other.example/o"}}}`)
	made, _, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.True(t, made.Overwrites(), "a term gets another IRI")
	require.Contains(t, string(made.Context.New), `"@id": "https://other.example/o"`)
}

func TestWithoutARowThatConvertsThereIsNoExampleAndAReason(t *testing.T) {
	dir := usecase(t, "file: data/a.csv", `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {n: {value: {column: n, as: integer}}}}`, "code,n\n1,x\n")
	made, found, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Len(t, made.Models[0].Files, 3)
	require.Equal(t, finding.SourceNoRows, found[0].Code)
	require.Contains(t, found[0].Hint, `row 2: "x" is not a number`)
}

func TestNoPersonStandsInAnExample(t *testing.T) {
	const entities = `- {type: Haus, id: "urn:ngsi-ld:Haus:{code}", attributes: {mel: {value: {column: contact}}}}`
	dir := usecase(t, "file: data/a.csv", entities, "code,contact\n1,a.b@example.org\n")
	made, found, err := makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Equal(t, finding.InventoryLooksPersonal, found[0].Code)
	require.Contains(t, found[0].Message, "an e-mail address (cells are e-mail addresses), so no example is made")
	require.Len(t, made.Models[0].Files, 3)
	require.NoError(t, made.Write())
	require.NotContains(t, string(read(t, made.Models[0].Dir, "README.md")), "The examples are made")

	// An address leads to persons only with more beside it.
	dir = usecase(t, "file: data/a.csv", strings.Replace(entities, "contact", "rue", 1), "code,rue\n1,RUE DU BAC\n")
	made, found, err = makeModels(t, dir, "mappings/a.yaml")
	require.NoError(t, err)
	require.Contains(t, found[0].Message, "a residential address (its header), and the examples show one row")
	require.Len(t, made.Models[0].Files, 7)
}

// TestModelsOfRealFiles makes models from files of a supplier and two public bodies.
func TestModelsOfRealFiles(t *testing.T) {
	for _, one := range []struct{ file, source, entities string }{
		{"fr-enedis-grdf-exports/Enedis_Conso_Jour.csv", "table: 2", `
- type: ReleveCompteur
  id: "urn:ngsi-ld:ReleveCompteur:{Horodate}"
  attributes:
    indexEnergie: {value: {column: EAS T, as: number, unit: {from: WHR, to: KWH}}, observedAt: {column: Horodate}}
    typeReleve: {value: {column: Type de releve, lookup: {"Arrêté quotidien": quotidien}}}`},
		{"fr-sdes-dle-ademe-dpe/DPE_CCPM.csv", `delimiter: ";"`, `
- type: Building
  model: Building/Building
  id: "urn:ngsi-ld:Building:dpe:{numero_dpe}"
  merge: last
  attributes:
    category: {value: [apartments]}
    address: {value: {members: {addressLocality: {column: commune}, postalCode: {column: code_postal}}}}
    location: {value: {columns: [latitude, longitude], as: point}}
    consommationSurfacique:
      value: {column: consommation_energie, as: number}
      attributes: {classe: {vocab: {column: classe_consommation_energie, lookup: {A: A, B: B, C: C, D: D, E: E, F: F, G: G}, miss: omit}}}
    dateVisite: {value: {column: date_visite_diagnostiqueur, as: date, format: DD/MM/YYYY}}
    estVierge: {value: {column: dpe_vierge, as: boolean}}
    surfaceHabitable: {value: {column: surface_habitable, as: number, unit: MTK}}`},
		{"paris-conso-gaz/ADRESSE-NAF.csv", `encoding: cp850, decimal: ","`, `
- type: LivraisonGaz
  id: "urn:ngsi-ld:LivraisonGaz:{Millésime}:{Code IRIS}:{Code_N2|UNKNOWN}"
  merge: last
  attributes:
    consommation: {value: {column: Données de consommation (MWh), as: number, unit: {from: MWH, to: KWH}}, observedAt: {column: Millésime, as: year}}
    nbPdl: {value: {column: Nombre de PDL, as: integer}}
    categorie: {value: {column: Code Catégorie, lookup: {ENT: entreprise, PRO: professionnel, RES: résidentiel}}}
- {type: [Commune, Lieu], id: "urn:ngsi-ld:Commune:{Code INSEE}", merge: first, attributes: {nom: {value: {column: Nom Commune}}}}`},
	} {
		dir := usecase(t, "file: data/a.csv, "+one.source, one.entities, string(shared.Read(t, append([]string{"datasets"}, strings.Split(one.file, "/")...)...)))
		made, _, err := makeModels(t, dir, "mappings/a.yaml")
		require.NoError(t, err, one.file)
		require.NoError(t, made.Write())
		for _, m := range made.Models {
			require.Len(t, m.Files, 7, one.file)
		}
		requireGood(t, dir, made)
		again, _, err := makeModels(t, dir, "mappings/a.yaml")
		require.NoError(t, err)
		require.False(t, again.Changed(), one.file)
	}
}

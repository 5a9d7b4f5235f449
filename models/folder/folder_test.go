package folder_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// write puts a model into a folder of its own.
func write(t *testing.T, schema, ldctx string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, folder.SchemaFile), []byte(schema), 0o644))
	if ldctx != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.ContextFile), []byte(ldctx), 0o644))
	}
	return dir
}

func check(t *testing.T, schema, ldctx string) (list []string) {
	t.Helper()
	found, err := folder.Check(t.Context(), write(t, schema, ldctx), nil)
	require.NoError(t, err)
	for _, f := range found {
		list = append(list, string(f.Code)+" "+f.Location.Pointer)
	}
	return list
}

const ldctx = `{"@context": ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld", {"height": "https://example.org/height"}]}`

func TestCheckPointsAtWhatIsWrong(t *testing.T) {
	const good = `{"definitions": {"h": {"type": "number"}}, "properties": {"id": {}, "type": {}, "height": {"description": "Property. How high", "$ref": "#/definitions/h"}}}`
	require.Empty(t, check(t, good, ldctx))
	require.Equal(t, []string{"model-file-term "}, check(t, good, ""))
	for schema, want := range map[string][]string{
		`{"properties": `: {"model-file "},
		`[1]`:             {"model-file "},
		`{"properties": {"height": {"description": "Property. x", "$ref": "#/definitions/no"}}}`:               {"model-file-reference /properties/height/$ref"},
		`{"properties": {"height": {"description": "Property. x", "$ref": "other.json#/a"}}}`:                  {"model-file-reference /properties/height/$ref"},
		`{"properties": {"height": {"description": "Property. x", "$ref": "../../etc/passwd"}}}`:               {"model-file-reference /properties/height/$ref"},
		`{"allOf": [{"$ref": "https://example.org/x.json"}, {"properties": {"depth": {"type": "number"}}}]}`:   {"model-file-reference /allOf/0/$ref", "model-file-term /allOf/1/properties/depth", "model-file-kind /allOf/1/properties/depth"},
		`{"properties": {"height": {"description": "Property. x", "type": "string", "pattern": "(?!a)b"}}}`:    {"model-file-schema /properties/height/pattern"},
		`{"properties": {"height": {"description": "Property. x", "type": "text"}}}`:                           {"model-file-schema /properties/height/type"},
		`{"properties": {"height": {"description": "Property. x", "enum": [{"$ref": "#/a value, no $ref"}]}}}`: nil,
		`{}`: {"model-file-schema "},
	} {
		require.Equal(t, want, check(t, schema, ldctx), schema)
	}
	_, err := folder.Check(t.Context(), filepath.Join(t.TempDir(), "absent"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// FuzzCheck: any files end in findings, and a model without errors can be read.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"properties": {"a": {"$ref": "#/properties/a"}}, "allOf": [1, {"properties": 3}]}`), []byte(ldctx), []byte("M: {properties: {a: {x-ngsi: {type: Property}}}}"))
	f.Add([]byte(`{"$ref": "#"}`), []byte(`{"@context": 3}`), []byte("- ["))
	f.Add([]byte(`{"$defs": {"x": {"$anchor": "y", "enum": [1e3]}}, "properties": {"height": {"$ref": "#y", "const": null, "items": true}}}`), []byte(`{"@context": [null, {"height": null}]}`), []byte("a: *b"))
	resolver := jsonld.NewResolver()
	f.Fuzz(func(t *testing.T, schema, ldctx, yaml []byte) {
		dir := filepath.Join(t.TempDir(), "Subject", "Model")
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for name, text := range map[string][]byte{folder.SchemaFile: schema, "../" + folder.ContextFile: ldctx, folder.YAMLFile: yaml} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
		}
		found, err := folder.Check(t.Context(), dir, resolver)
		require.NoError(t, err)
		s, err := folder.Read(t.Context(), filepath.Dir(dir), resolver)
		if finding.Errors(found) == 0 {
			require.NoError(t, err)
			require.NotEmpty(t, s.Models()[0].Schema())
		}
	})
}

// TestErrorsOfTheOfficialModelsAreFound: five schemas do not compile, 13 models have
// attributes without a term, and JSON-LD refuses the @context of three.
func TestErrorsOfTheOfficialModelsAreFound(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", folder.SchemaFile))
	require.NoError(t, err)
	broken := map[finding.Code][]string{}
	resolver := jsonld.NewResolver()
	for _, file := range files {
		found, err := folder.Check(t.Context(), file, resolver)
		require.NoError(t, err)
		for _, f := range found {
			if name := filepath.Base(filepath.Dir(file)); f.Severity == finding.Error && !slices.Contains(broken[f.Code], name) {
				broken[f.Code] = append(broken[f.Code], name)
			}
		}
	}
	require.Equal(t, map[finding.Code][]string{
		finding.ModelFileSchema: {"I4AAS", "I4Asset", "Battery", "DataPackageFrictionlessData", "ArrivalEstimation"},
		finding.ModelFileTerm: {"ComplaintsOrganization", "DataQualityAssessment", "OSMAddressPoint",
			"AIPrediction", "Appointment", "InventoryItem", "MachineComponent", "MaintenanceRequest", "MaintenanceService", "MaintenanceSkill", "ServiceTechnician",
			"EOSatelliteImagery", "Vehicle"},
		finding.ContextInvalid: {"IssueReporting", "service_requests", "services"},
	}, broken)
}

// TestOfficialModelsReadFromAFolderAreThoseOfTheCatalogue reads all 775 models as a user
// adds them, with the shared definitions that are built in, and holds each attribute
// against the built-in one.
func TestOfficialModelsReadFromAFolderAreThoseOfTheCatalogue(t *testing.T) {
	t.Parallel()
	root := shared.Path(t, "smart-data-models")
	resolver := jsonld.NewResolver()
	count, refused := 0, []string{}
	for _, want := range models.Builtin().Subjects {
		got, err := folder.Read(t.Context(), filepath.Join(root, want.Name), resolver)
		var faults finding.List
		if errors.As(err, &faults) {
			refused = append(refused, want.Name)
			continue
		}
		require.NoError(t, err, want.Name)
		require.Equal(t, want.Listed, got.Listed)
		require.Equal(t, want.Terms(), got.Terms(), want.Name)
		for i, m := range want.Models() {
			require.Equal(t, m.ID, got.Models()[i].ID, m.QualifiedName())
			require.Equal(t, m.TypeShape, got.Models()[i].TypeShape, m.QualifiedName())
			require.Equal(t, m.Required, got.Models()[i].Required, m.QualifiedName())
			require.Equal(t, m.Attributes, got.Models()[i].Attributes, m.QualifiedName())
			count += len(m.Attributes)
		}
	}
	require.Equal(t, []string{"IssueTracking"}, refused, "the only subject whose @context JSON-LD refuses")
	require.Equal(t, 17501-80, count, "all but those of IssueTracking")
}

// TestBadFilesOfAModelAreToldInPlainWords: each ends in findings, in little time and memory.
func TestBadFilesOfAModelAreToldInPlainWords(t *testing.T) {
	bomb := `{"definitions": {`
	for i := range 40 {
		bomb += fmt.Sprintf(`"d%d": {"properties": {"x": {"$ref": "#/definitions/d%d"}, "y": {"$ref": "#/definitions/d%d"}}},`, i, i+1, i+1)
	}
	bomb += `"d40": {}}, "properties": {"height": {"description": "Property", "$ref": "#/definitions/d0"}}}`
	wide := `{"properties": {"a": {}` + strings.Repeat(`, "b": {"c": {}}`, 10_000) + `}}`
	for name, bad := range map[string]struct{ schema, ldctx, want string }{
		"empty":              {"", "", "the file is empty"},
		"two BOMs":           {"\ufeff\ufeff{}", "", "a byte order mark stands here; a file has at most one, at its start"},
		"not UTF-8":          {"{\"properties\": {\"height\": {\"description\": \"\xff\"}}}", "", "the text is not UTF-8"},
		"NaN":                {`{"minimum": NaN}`, "", "this is not JSON: it has no NaN and no Infinity"},
		"two values":         {`{} {}`, "", "something stands after its end"},
		"deep":               {strings.Repeat(`{"items":`, 10_000), "", "arrays and objects stand more than 200 deep in one another"},
		"wide":               {wide, "", "it has more than 10000 objects"},
		"large":              {strings.Repeat(" ", 9<<20) + "{}", "", "the file has more than 8 MB"},
		"a huge exponent":    {`{"minimum": 1e1000000000}`, "", "the number 1e1000000000… is too long, or its exponent too large"},
		"a key twice":        {`{"properties": {"height": {}, "height": {}}}`, ldctx, `the key "height" stands twice, and only the last counts`},
		"$refs that grow":    {bomb, ldctx, "with its $refs followed the schema comes to more than 50000 schemas"},
		"a $ref in a ring":   {`{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "properties": {"height": {"$ref": "#/definitions/a"}}}`, ldctx, `the $ref "#/definitions/b" leads back to itself`},
		"a look-ahead":       {`{"properties": {"height": {"pattern": "(?=a)"}}}`, ldctx, "this pattern cannot be checked: invalid or unsupported Perl syntax: `(?=`"},
		"a list of items":    {`{"properties": {"height": {"items": [{}]}}}`, ldctx, "items is a list of schemas"},
		"an unknown draft":   {`{"$schema": "https://example.org/x", "properties": {"height": {}}}`, ldctx, "https://example.org/x is not known here"},
		"a broken @context":  {`{"properties": {"height": {}}}`, `{"@context": `, "the JSON ends too early"},
		"no @context in it":  {`{"properties": {"height": {}}}`, `{"height": "https://example.org/height"}`, "it has no @context"},
		"a ring of terms":    {`{"properties": {"height": {}}}`, `{"@context": {"height": "b:a", "b": "height:b"}}`, "it is not a legal @context: cyclic IRI mapping"},
		"a file by @context": {`{"properties": {"height": {}}}`, `{"@context": "file:///etc/passwd"}`, "a document may not have files opened"},
	} {
		dir := write(t, bad.schema, bad.ldctx)
		found, err := folder.Check(t.Context(), dir, nil)
		require.NoError(t, err, name)
		require.Contains(t, fmt.Sprint(found), bad.want, name)
		require.NotZero(t, finding.Errors(found), name)
	}
}

// TestKindsComeFromModelYAML where the descriptions have none; what would take long to read
// is no model.yaml.
func TestKindsComeFromModelYAML(t *testing.T) {
	const schema = `{"properties": {"height": {"type": "number"}, "depth": {"type": "number"}}}`
	const terms = `{"@context": {"height": "https://example.org/height", "depth": "https://example.org/depth"}}`
	bomb := "a: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("b%d: &a%d [%s]\n", i, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 9))
	}
	for name, c := range map[string]struct{ yaml, want string }{
		"kinds":   {"Meter: {properties: {height: {x-ngsi: {type: Property, units: Meters}}, depth: {x-ngsi: {type: Property}}}}", ""},
		"one":     {"Meter: {properties: {height: {x-ngsi: {type: Property}}}}", "model-file-kind /properties/depth"},
		"no YAML": {"- [", "model-file  model-file-kind /properties/depth model-file-kind /properties/height"},
		"aliases": {bomb + "Meter: {properties: {height: {x-ngsi: {type: *a12}}}}", "model-file  model-file-kind /properties/depth model-file-kind /properties/height"},
		"deep":    {strings.Repeat("[\n", 100_000), "model-file  model-file-kind /properties/depth model-file-kind /properties/height"},
	} {
		dir := write(t, schema, terms)
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.YAMLFile), []byte(c.yaml), 0o644))
		found, err := folder.Check(t.Context(), dir, nil)
		require.NoError(t, err)
		var list []string
		for _, f := range found {
			list = append(list, string(f.Code)+" "+f.Location.Pointer)
		}
		require.Equal(t, c.want, strings.Join(list, " "), name)
	}
}

func TestTermsOfAnImportedContextAreKnown(t *testing.T) {
	const schema = `{"properties": {"windSpeed": {"description": "Property"}, "location": {"description": "GeoProperty"}}}`
	const weather = "https://smart-data-models.github.io/dataModel.Weather/context.jsonld"
	for ldctx, want := range map[string][]string{
		`{"@context": ["` + weather + `"]}`:                                      nil,
		`{"@context": {"@version": 1.1, "@import": "` + weather + `"}}`:          nil,
		`{"@context": ["https://example.org/unknown.jsonld", {"x": "urn:x:x"}]}`: {"model-file-term ", "model-file-term "},
		`{"@context": {}}`: {"model-file-term /properties/windSpeed"},
	} {
		require.Equal(t, want, check(t, schema, ldctx), ldctx)
	}
}

// TestSharedDefinitionsAreFollowed: their attributes need terms, and what they say counts.
func TestSharedDefinitionsAreFollowed(t *testing.T) {
	const schema = `{"allOf": [{"$ref": "https://smart-data-models.github.io/data-models/common-schema.json#/definitions/Location-Commons"},
		{"properties": {"height": {"description": "Property", "$ref": "https://geojson.org/schema/Nothing.json"}}}]}`
	found := check(t, schema, ldctx)
	require.Equal(t, []string{"model-file-reference /allOf/1/properties/height/$ref", "model-file-term /allOf/0/$ref", "model-file-term /allOf/0/$ref"}, found, "address and areaServed; the core has location")
	found = check(t, `{"allOf": [{"$ref": "https://smart-data-models.github.io/data-models/common-schema.json#/definitions/No"}]}`, ldctx)
	require.Equal(t, []string{"model-file-reference /allOf/0/$ref"}, found)
}

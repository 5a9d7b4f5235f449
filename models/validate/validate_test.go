package validate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/modelstest"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

const weatherContext = `"@context": ["https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/context.jsonld", "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"]`

// observed is a weather observation in the given attributes and its @context.
func observed(attributes string) string {
	return `{
"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved",
"dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-01-31T12:00:00Z"}},
"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}},
` + attributes + weatherContext + `}`
}

func check(t *testing.T, o validate.Options, text string) ([]finding.Finding, validate.Stats) {
	t.Helper()
	v, err := validate.New(o)
	require.NoError(t, err)
	list, stats, err := v.File(t.Context(), "file.json", strings.NewReader(text))
	require.NoError(t, err)
	list = slices.DeleteFunc(append(list, v.Dangling()...), func(f finding.Finding) bool {
		return f.Code == finding.ContextUnmapped && f.Severity == finding.Info // it brings no @context
	})
	return list, stats
}

// summary is code, place and severity of each finding.
func summary(list []finding.Finding) []string {
	lines := []string{}
	for _, f := range list {
		line := fmt.Sprintf("%s %d %s", f.Code, f.Location.Line, f.Location.Pointer)
		if f.Severity != finding.Error {
			line += " " + f.Severity.String()
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func TestFileAcceptsAValidEntityInEveryRepresentation(t *testing.T) {
	for name, text := range map[string]string{
		"normalized": observed(`"temperature": {"type": "Property", "value": -3.5, "unitCode": "CEL", "observedAt": "2026-01-31T12:00:00Z"},
"refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:Device:1"},`),
		"concise": `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", "dateObserved": "2026-01-31T12:00:00Z",
			"location": {"type": "Point", "coordinates": [2.35, 48.85]}, "temperature": {"value": -3.5, "unitCode": "FAH"},
			"refDevice": {"object": "urn:ngsi-ld:Device:1"}, ` + weatherContext + `}`,
		"simplified": `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", "dateObserved": "2026-01-31T12:00:00Z",
			"location": {"type": "Point", "coordinates": [2.35, 48.85]}, "temperature": -3.5, "refDevice": "urn:ngsi-ld:Device:1", ` + weatherContext + `}`,
		"without @context": `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", "dateObserved": "2026-01-31T12:00:00Z",
			"location": {"type": "Point", "coordinates": [2.35, 48.85]}, "temperature": -3.5}`,
		"names as IRIs": `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "https://smartdatamodels.org/dataModel.Weather/WeatherObserved",
			"https://smartdatamodels.org/dateObserved": {"type": "Property", "value": "2026-01-31T12:00:00Z"},
			"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}},
			"https://smartdatamodels.org/dataModel.Weather/temperature": {"type": "Property", "value": 3}}`,
		"several instances": observed(`"temperature": [{"type": "Property", "value": 3}, {"type": "Property", "value": 4, "datasetId": "urn:ngsi-ld:Dataset:b"}],`),
		"languages":         observed(`"description": {"type": "LanguageProperty", "languageMap": {"fr": "froid", "en": "cold"}},`),
		"an empty array":    `[]`,
		"a deletion":        observed(`"temperature": {"type": "Property", "value": "urn:ngsi-ld:null"},`),
	} {
		t.Run(name, func(t *testing.T) {
			list, _ := check(t, validate.Options{}, text)
			list = slices.DeleteFunc(list, func(f finding.Finding) bool { return f.Code == finding.RelationDangle })
			require.Empty(t, list, "but that the device is elsewhere")
		})
	}
}

// TestAModelIsNotTakenByTheLetterWhereNGSILDCannot holds what the schema of a model forbids
// and NGSI-LD has no other way to write, and that the same leeway does not hide a fault.
func TestAModelIsNotTakenByTheLetterWhereNGSILDCannot(t *testing.T) {
	entity := func(model, attributes string) string {
		return fmt.Sprintf(`{"id": "urn:ngsi-ld:%[1]s:1", "type": "%[1]s", "location": {"type": "Point", "coordinates": [2.35, 48.85]}, %[2]s}`, model, attributes)
	}
	const museum, timetable = "PointOfInterest/Museum", "UrbanMobility/TransitManagement"
	for _, c := range []struct {
		name, model, attributes string
		want                    []string
	}{
		{"one object where the model has a list", "ZEB/Beacon", `"refArea": {"type": "Relationship", "object": "urn:ngsi-ld:Area:1"}`, nil},
		{"objects one by one where the model has a list", "ZEB/Beacon", `"refArea": [{"type": "Relationship", "object": "urn:ngsi-ld:Area:1"}, {"type": "Relationship", "object": "urn:ngsi-ld:Area:2", "datasetId": "urn:ngsi-ld:Dataset:b"}]`, nil},
		{"one object in simplified form", "ZEB/Beacon", `"refArea": "urn:ngsi-ld:Area:1"`, nil},
		{"a list of objects where the model has one", "Transportation/TrafficFlowObserved", `"dateObserved": "2026-01-31T12:00:00Z/2026-01-31T13:00:00Z", "refRoadSegment": {"type": "Relationship", "object": ["urn:ngsi-ld:RoadSegment:1", "urn:ngsi-ld:RoadSegment:2"]}`,
			[]string{"model-schema 1 /refRoadSegment/object"}},
		{"one text of a Property where the model has a list", "Ports/BoatAuthorized", `"boatType": {"type": "Property", "value": "yacht"}`, []string{"model-schema 1 /boatType/value"}},
		{"one geometry where the model has a list", "DCAT-AP/Catalogue", `"spatial": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}}`, nil},
		{"a Relationship that the model calls a number", "Aquaculture/FishPopulation", `"culturedIn": {"type": "Relationship", "object": "urn:ngsi-ld:FishContainment:1"}`, nil},
		{"a Property that the model calls a Relationship and a number", "Agrifood/Animal", `"weight": {"type": "Property", "value": 65.3}`, nil},
		{"a text for what the model calls a Relationship and a number", "Agrifood/Animal", `"weight": {"type": "Property", "value": "heavy"}`, []string{"model-schema 1 /weight/value"}},
		{"opening hours", museum, `"openingHoursSpecification": {"type": "Property", "value": [{"opens": "09:30:00", "closes": "18:00:00"}]}`, nil},
		{"a time of the day that is none", museum, `"openingHoursSpecification": {"type": "Property", "value": [{"opens": "20.00", "closes": "24:00:00"}]}`,
			[]string{"model-schema 1 /openingHoursSpecification/value/0/opens", "model-schema 1 /openingHoursSpecification/value/0/closes"}},
		{"a time of a timetable", timetable, `"arrival_time": {"type": "Property", "value": "22:00:28.5"}, "departure_time": {"type": "Property", "value": "22:61:00"}`, []string{"model-schema 1 /departure_time/value"}},
		{"a typed time inside of a value", "Environment/AirQualityMonitoring", `"versionInfo": {"type": "Property", "value": {"startDateTime": {"@type": "DateTime", "@value": "2026-01-31T12:00:00Z"}}}`, nil},
		{"a typed time inside of a value that is none", "Environment/AirQualityMonitoring", `"versionInfo": {"type": "Property", "value": {"startDateTime": {"@type": "DateTime", "@value": "yesterday"}}}`, []string{"model-schema 1 /versionInfo/value/startDateTime"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, _ := check(t, validate.Options{Model: c.model}, entity(c.model[strings.IndexByte(c.model, '/')+1:], c.attributes))
			list = slices.DeleteFunc(list, func(f finding.Finding) bool {
				return f.Code == finding.RelationDangle || strings.Contains(f.Message, "is missing")
			})
			require.Equal(t, append([]string{}, c.want...), summary(list), "%v", list)
		})
	}
}

func TestFileFindsSeededFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want []string
		hint string
	}{
		{"not JSON", "{\n\"id\": }", []string{"entity-json 2"}, ""},
		{"a number", `7`, []string{"entity-json 1"}, ""},
		{"nothing", ``, []string{"entity-json 1"}, "[] for none"},
		{"structure", observed(`"temperature": {"type": "Property"},`), []string{"attribute-member 5 /temperature"}, ""},
		{"kind", observed(`"refDevice": {"type": "Property", "value": "urn:ngsi-ld:Device:1"},`), []string{"model-kind 5 /refDevice/type"}, `"object"`},
		{"type in quotes", observed(`"temperature": {"type": "Property", "value": "12,5"},`), []string{"model-schema 5 /temperature/value"}, "write 12.5, without quotes"},
		{"range", observed("\n\"relativeHumidity\": {\"type\": \"Property\", \"value\": 80},"), []string{"model-schema 6 /relativeHumidity/value"}, ""},
		{"an enormous number", observed(`"relativeHumidity": {"type": "Property", "value": 1e999999999},`), []string{"entity-number 5 /relativeHumidity/value", "model-schema 5 /relativeHumidity/value"}, ""},
		{"a 400-digit number", observed(`"relativeHumidity": {"type": "Property", "value": 1` + strings.Repeat("0", 400) + `},`), []string{"entity-number 5 /relativeHumidity/value", "model-schema 5 /relativeHumidity/value"}, ""},
		{"date", observed(`"dateCreated": {"type": "Property", "value": "31/01/2026"},`), []string{"model-schema 5 /dateCreated/value"}, "2026-01-31T12:00:00Z"},
		{"unknown unit", observed(`"temperature": {"type": "Property", "value": 3, "unitCode": "CELS"},`), []string{"attribute-unit 5 /temperature/unitCode"}, ""},
		{"unit of another dimension", observed(`"temperature": {"type": "Property", "value": 3, "unitCode": "KWH"},`), []string{"model-unit 5 /temperature/unitCode"}, "use CEL"},
		{"undefined attribute", observed(`"temprature": {"type": "Property", "value": 3},`), []string{"model-attribute 5 /temprature"}, `did you mean "temperature"?`},
		{"second instance", observed(`"temperature": [{"type": "Property", "value": 3}, {"type": "Property", "value": "x", "datasetId": "urn:ngsi-ld:Dataset:b"}],`),
			[]string{"model-schema 5 /temperature/1/value"}, ""},
		{"one language", observed(`"description": {"type": "LanguageProperty", "languageMap": {"en": "a", "fr": ["b", "c"]}},`),
			[]string{"model-schema 5 /description/languageMap/fr"}, ""},
		{"missing attribute", `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", "location": {"type": "Point", "coordinates": [2.35, 48.85]}}`,
			[]string{"model-schema 1"}, `add "dateObserved": a date and time`},
		{"broken but there", `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", "dateObserved": {"type": "Property"}, "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}}}`,
			[]string{"attribute-member 1 /dateObserved"}, ""},
		{"said once", observed(`"name": {"type": "Property", "value": 7, "unit": {}},`), []string{"attribute-member 5 /name/unit"}, ""},
		{"second of an array", "[" + observed("") + ",\n" + observed(`"temperature": {"type": "Property", "value": true},`) + "]", []string{"entity-conflict 7 /1/id warning", "model-schema 10 /1/temperature/value"}, ""},
		{"second line", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["office"]}` + "\n" + `{"id": "urn:a:2", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["ofice"]}`,
			[]string{"model-schema 2 /category/0"}, `did you mean "office"?`},
		{"member of an object", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {"postalCode": 75001}, "category": ["office"]}`, []string{"model-schema 1 /address/postalCode"}, `write it in quotes: "75001"`},
		{"not a list", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": "office"}`, []string{"model-schema 1 /category"}, `["office"]`},
		{"a warning does not hide an error", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Energy/InverterDevice", "dateLastReported": "2026-01-31T12:00:00Z", "phaseType": "singlePhase", "location": {"type": "Point", "coordinates": [2.35, 48.85]}, "self-consumption": [1]}`,
			[]string{"attribute-name 1 /self-consumption warning", "model-schema 1 /self-consumption"}, ""},
		{"unknown type", `{"id": "urn:a:1", "type": "Bulding", "location": {"type": "Point", "coordinates": [2.35, 48.85]}}`, []string{"model-unknown 1 /type warning"}, `did you mean "Building"?`},
		{"a core term redefined", `{"id": "urn:a:1", "type": "X", "@context": {"X": "https://example.org/X",` + "\n" + ` "location": "https://example.org/l"}}`,
			[]string{"model-unknown 1 /type info", "context-core-term 2 /@context"}, "take the line out"},
		{"an undefined prefix", `{"id": "urn:a:1", "type": "X", "@context": [{"X": "ex:X"}]}`, []string{"model-unknown 1 /type info", "context-undefined-prefix 1 /@context"}, `add "ex"`},
		{"an illegal @context", `{"id": "urn:a:1", "type": "X", "@context": {"X": 7}}`, []string{"model-unknown 1 /type warning", "context-invalid 1 /@context"}, ""},
		{"a term that falls to the default vocabulary", `{"id": "urn:a:1", "type": "Building", "address": {}, "category": ["office"], "@context": {"Building": "https://smartdatamodels.org/dataModel.Building/Building", "address": "https://smartdatamodels.org/address"}}`,
			[]string{"context-unmapped 1 /category warning"}, "dataModel.Building/master/context.jsonld"},
		{"an id that names another type", `{"id": "urn:ngsi-ld:House:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["office"]}`, []string{"entity-id-pattern 1 /id warning"}, "urn:ngsi-ld:Building:…"},
		{"a time without a zone", `{"id": "urn:a:1", "type": "X", "at": "2026-01-31T12:00", "@context": {"X": "https://example.org/X", "at": "https://example.org/at"}}`,
			[]string{"model-unknown 1 /type info", "attribute-zone 1 /at warning"}, ""},
		{"a member twice", observed(`"name": {"type": "Property", "value": "x", ` + "\n" + `"value": "y"},`), []string{"json-duplicate-key 6 /name/value"}, "keep one"},
		{"unknown @context", `{"id": "urn:a:1", "type": "X", "a": 1, "@context": "https://example.org/none.jsonld"}`,
			[]string{"model-unknown 1 /type warning", "context-unknown-url 1 /@context warning"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, stats := check(t, validate.Options{}, c.text)
			require.Equal(t, c.want, summary(list), "%v", list)
			require.True(t, slices.ContainsFunc(list, func(f finding.Finding) bool { return strings.Contains(f.Hint, c.hint) }), "%v", list)
			require.Equal(t, "file.json", list[0].Location.File)
			require.Equal(t, finding.Errors(list), stats.Errors)
		})
	}
}

func TestFileTakesAUserContextForEntitiesWithoutOne(t *testing.T) {
	resolver := jsonld.NewResolver()
	own, _, err := resolver.Resolve(t.Context(), []byte(`{"Iris": "https://example.org/Iris", "codeIris": "https://example.org/codeIris"}`))
	require.NoError(t, err)
	list, _ := check(t, validate.Options{Context: own}, `{"id": "urn:ngsi-ld:Iris:1", "type": "Iris", "codeIris": "1", "codIris": "2"}`)
	require.Equal(t, []string{"model-unknown 1 /type info", "model-attribute 1 /codIris"}, summary(list))
	require.Equal(t, `did you mean "codeIris"?`, list[1].Hint)

	list, _ = check(t, validate.Options{Context: own}, `{"id": "urn:ngsi-ld:Iris:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "category": ["office"], "address": {}, "codeIris": "1", "codIris": "2", "@context": "https://example.org/not-here.jsonld"}`)
	require.Equal(t, []string{"entity-id-pattern 1 /id warning", "model-attribute 1 /codIris", "context-unknown-url 1 /@context warning"}, summary(list))
}

func TestAnUnknownPartOfTheUsersContextMayDefineAnything(t *testing.T) {
	own, _, err := jsonld.NewResolver().Resolve(t.Context(), []byte(`["https://example.org/not-here.jsonld", {"Iris": "https://example.org/Iris"}]`))
	require.NoError(t, err)
	require.Equal(t, []string{"https://example.org/not-here.jsonld"}, own.Unknown())
	for _, ldctx := range []string{"", `, "@context": "https://example.org/nor-this.jsonld"`} {
		list, _ := check(t, validate.Options{Context: own}, `{"id": "urn:ngsi-ld:Iris:1", "type": "Iris", "codeIris": "1"`+ldctx+`}`)
		require.Empty(t, slices.DeleteFunc(list, func(f finding.Finding) bool { return f.Severity != finding.Error }))
	}
}

func TestFileSaysThatAnEntityBringsNoContextOnce(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	entity := `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["office"]}`
	list, stats, err := v.File(t.Context(), "f", strings.NewReader(entity+"\n"+entity))
	require.NoError(t, err)
	require.Equal(t, []string{"context-unmapped 1  info"}, summary(list))
	require.Equal(t, validate.Stats{Entities: 2, Infos: 1}, stats)
}

func TestEachFindingHasItsCharacter(t *testing.T) {
	list, _ := check(t, validate.Options{}, `[{"id": "urn:a:é", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["office"]}, {"id": "urn:a:2", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["ofice"],
 "@context": {"é": "https://e.org/é", "x": "no:x"}}]`)
	places := []string{}
	for _, f := range list {
		places = append(places, fmt.Sprintf("%s %d:%d", f.Code, f.Location.Line, f.Location.Char))
	}
	require.Equal(t, []string{"entity-id 1:9", "context-unmapped 1:223", "context-unmapped 1:239", "model-schema 1:240", "context-undefined-prefix 2:44"}, places)
}

func TestEntitiesOfOneIDThatDifferAreAConflict(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	read := func(name, text string) []string {
		list, _, err := v.File(t.Context(), name, strings.NewReader(text))
		require.NoError(t, err)
		return summary(slices.DeleteFunc(list, func(f finding.Finding) bool { return f.Code != finding.EntityConflict }))
	}
	require.Empty(t, read("a", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {"a": 1, "b": [1.0, {"c": 2, "d": 3}]}, "category": ["office"]}`))
	require.Empty(t, read("b", `{"type": "https://smartdatamodels.org/dataModel.Building/Building", "category": {"type": "Property", "value": ["office"]}, "id": "urn:a:1",
		"address": {"type": "Property", "value": {"b": [1, {"d": 3, "c": 2}], "a": 1}}}`), "the same in another form and order")
	require.Equal(t, []string{"entity-conflict 1 /id warning"}, read("c", `{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {"a": 1, "b": [1.0, {"c": 2, "d": 3}]}, "category": ["house"]}`))
}

func TestLayersAreSwitchedOneByOne(t *testing.T) {
	text := `{"id": "urn:ngsi-ld:House:1", "type": "Building", "type": "Building", "address": 5, "category": {"type": "Proprty", "value": 1}, "@context": ["https://raw.githubusercontent.com/smart-data-models/dataModel.Building/master/context.jsonld", {"p": "no:p"}]}`
	want := map[string][]string{
		"json":      {"json-duplicate-key"},
		"structure": {"attribute-type"},
		"context":   {"context-undefined-prefix"},
		"model":     {"model-schema"},
		"meaning":   {"entity-id-pattern"},
	}
	for _, name := range validate.LayerNames {
		layers, err := validate.ParseLayers([]string{name})
		require.NoError(t, err)
		list, stats := check(t, validate.Options{Layers: layers}, text)
		codes := []string{}
		for _, f := range list {
			codes = append(codes, string(f.Code))
		}
		require.Equal(t, want[name], codes, name)
		require.Equal(t, 1, stats.Errors+stats.Warnings)
	}
	list, _ := check(t, validate.Options{Layers: validate.Model}, `{`)
	require.Equal(t, []string{"entity-json 1"}, summary(list), "always said")
	_, err := validate.ParseLayers([]string{"modl"})
	require.ErrorContains(t, err, `did you mean "model"?`)
}

func TestTemporalEntitiesAreToldApart(t *testing.T) {
	head := `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", ` + weatherContext + `,
"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}}, "dateObserved": {"type": "Property", "value": "2026-01-31T12:00:00Z"},
"temperature": `
	for name, c := range map[string]struct {
		temperature string
		want        []string
	}{
		"normalized":   {`[{"type": "Property", "value": 1, "observedAt": "2026-01-31T12:00:00Z"}, {"type": "Property", "value": 2, "observedAt": "2026-01-31T13:00:00Z"}]`, []string{}},
		"simplified":   {`{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"], [2, "2026-01-31T13:00:00Z"]]}`, []string{}},
		"aggregated":   {`{"type": "Property", "max": [[1, "2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z"]]}`, []string{}},
		"two datasets": {`[{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"]]}, {"type": "Property", "datasetId": "urn:d:1", "values": [[2, "2026-01-31T12:00:00Z"]]}]`, []string{}},
		"a text": {`[{"type": "Property", "value": 1, "observedAt": "2026-01-31T12:00:00Z"},
{"type": "Property", "value": "2", "observedAt": "2026-01-31T13:00:00Z"}]`, []string{"model-schema 4 /temperature/1/value"}},
		"a text, simplified": {`{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"],
["2", "2026-01-31T13:00:00Z"]]}`, []string{"model-schema 4 /temperature/values/1/0"}},
		"a text in the second dataset": {`[{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"]]},
{"type": "Property", "datasetId": "urn:d:1", "values": [["2", "2026-01-31T12:00:00Z"]]}]`, []string{"model-schema 4 /temperature/1/values/0/0"}},
		"a moment twice": {`[{"type": "Property", "value": 1, "observedAt": "2026-01-31T12:00:00Z"},
{"type": "Property", "value": 2, "observedAt": "2026-01-31T12:00:00.000Z"}]`, []string{"entity-duplicate 4 /temperature/1"}},
		"no moment": {`[{"type": "Property", "value": 1, "observedAt": "2026-01-31T12:00:00Z"}, {"type": "Property", "value": 1, "observedAt": "2026-01-31T13:00:00Z"},
{"type": "Property", "value": 2}]`, []string{"attribute-time 4 /temperature/2"}},
		"a moment twice in the second dataset": {`[{"type": "Property", "value": 0, "observedAt": "2026-01-31T12:00:00Z"},
{"type": "Property", "datasetId": "urn:d:1", "values": [[1, "2026-01-31T12:00:00Z"],
[2, "2026-01-31T12:00:00Z"]]}]`, []string{"entity-duplicate 5 /temperature/1/values/1/0"}},
		"a deletion": {`[{"type": "Property", "value": 1, "observedAt": "2026-01-31T12:00:00Z"}, {"type": "Property", "value": 2, "observedAt": "2026-01-31T13:00:00Z"},
{"type": "Property", "value": "urn:ngsi-ld:null", "deletedAt": "2026-01-31T14:00:00Z"}]`, []string{}},
		"no pair": {`{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"],
[2]]}`, []string{"attribute-value 4 /temperature/values/1"}},
		"a pair without a time": {`{"type": "Property", "values": [[1, "2026-01-31T12:00:00Z"], [2, "noon"]]}`, []string{"attribute-time 3 /temperature/values/1/1"}},
		"null":                  {`{"type": "Property", "values": [[null, "2026-01-31T12:00:00Z"]]}`, []string{"attribute-value 3 /temperature/values/0/0"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, _ := check(t, validate.Options{}, head+c.temperature+"}")
			require.Equal(t, c.want, summary(list), "%v", list)
		})
	}
}

func TestATemporalEntityNeedsNotHaveWhatItsModelRequires(t *testing.T) {
	list, _ := check(t, validate.Options{}, `{"id": "urn:ngsi-ld:WeatherObserved:1", "type": "WeatherObserved", `+weatherContext+`,
"location": {"type": "GeoProperty", "values": [[{"type": "Point", "coordinates": [2.35, 48.85]}, "2026-01-31T12:00:00Z"],
[{"type": "Point", "coordinates": [2.35, 98.85]}, "2026-01-31T13:00:00Z"]]}}`)
	require.Equal(t, []string{"attribute-geometry 3 /location/values/1/0/coordinates"}, summary(list), "the time of the observation was not asked for")
}

func TestABatchDeleteIsAnArrayOfIDs(t *testing.T) {
	list, _ := check(t, validate.Options{}, "[\"urn:ngsi-ld:Building:1\",\n\"Building 2\"]")
	require.Equal(t, []string{"entity-id 2 /1"}, summary(list))
	list, _ = check(t, validate.Options{}, `"urn:ngsi-ld:Building:1"`)
	require.Equal(t, []string{"entity-json 1"}, summary(list), "alone it is nothing")
}

func TestInAFolderWhatIsNoEntityIsARemark(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	for text, want := range map[string][]string{
		`{"@context": {"a": "https://e.org/a"}}`:                              {"entity-structure 1  info"},
		`{"$schema": "x", "type": "object", "properties": {}}`:                {"entity-structure 1  info"},
		`{"type": "FeatureCollection", "features": []}`:                       {"entity-json 1  info"},
		`{"id": "urn:a:1"}`:                                                   {"entity-type 1"},
		`{"type": "https://smartdatamodels.org/dataModel.Building/Building"}`: {"entity-id 1", "context-unmapped 1  info", "model-schema 1", "model-schema 1"},
		`[{"id": "urn:a:3", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": []}]`: {"context-unmapped 1 /0 info"},
	} {
		list, _, err := v.FolderFile(t.Context(), "f", strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, want, summary(list), text)
	}
}

func TestFileSaysOnceWhatHoldsForAllEntities(t *testing.T) {
	entity := `{"id": "urn:a:1", "type": "X", "@context": "https://example.org/none.jsonld"}`
	list, stats := check(t, validate.Options{}, "["+entity+","+entity+","+entity+"]")
	require.Equal(t, []string{"model-unknown 1 /0/type warning", "context-unknown-url 1 /0/@context warning"}, summary(list))
	require.Equal(t, validate.Stats{Entities: 3, Warnings: 2}, stats)
}

func TestModelForcesAModelWhateverTheType(t *testing.T) {
	text := `{"id": "urn:a:1", "type": "Office", "address": {}, "category": ["ofice"]}`
	list, _ := check(t, validate.Options{Model: "Building/Building"}, text)
	require.Equal(t, []string{"model-schema 1 /category/0"}, summary(list))

	_, err := validate.New(validate.Options{Model: "Bulding"})
	var unknown *models.UnknownError
	require.ErrorAs(t, err, &unknown)
}

func TestATypeThatTheUserDefinesIsNotTheModelOfThatName(t *testing.T) {
	list, _ := check(t, validate.Options{}, `{"id": "urn:a:1", "type": "Building", "category": 7,
		"@context": {"Building": "https://example.org/Building", "category": "https://example.org/category"}}`)
	require.Equal(t, []string{"model-unknown 1 /type info"}, summary(list))
}

func TestAnObjectValueThatLooksConciseIsSimplifiedWhereTheModelKnowsIt(t *testing.T) {
	catalogue := modelstest.Catalogue(t, `{"subjects": [{"name": "S", "terms": {}, "models": [{"name": "Bill", "type": "Bill", "attributes": [
		{"name": "cost", "kind": "Property", "type": "object", "members": {"value": {"type": "number"}, "currency": {"type": "string"}}}]}]}]}`)
	list, _ := check(t, validate.Options{Catalogue: catalogue}, `{"id": "urn:a:1", "type": "Bill", "cost": {"value": "3", "currency": "EUR"}}`)
	require.Equal(t, []string{"model-schema 1 /cost/value"}, summary(list))
}

func TestAnAmbiguousTypeIsNotDecidedSilently(t *testing.T) {
	catalogue := modelstest.Catalogue(t, `{"subjects": [{"name": "A", "terms": {}, "models": [{"name": "T", "type": "T"}]}, {"name": "B", "terms": {}, "models": [{"name": "T", "type": "T"}]}]}`)
	list, _ := check(t, validate.Options{Catalogue: catalogue}, `{"id": "urn:a:1", "type": "T"}`)
	require.Equal(t, []string{"model-unknown 1 /type warning"}, summary(list))
	require.Contains(t, list[0].Message, "A/T, B/T")
}

func TestDanglingRelationships(t *testing.T) {
	// The Building is there below; Device 2 and City 1 are not.
	text := `[{"id": "urn:ngsi-ld:Device:1", "type": "Device", "controlledProperty": ["power"], "owner": ["urn:ngsi-ld:Person:1"],
 "refDeviceModel": {"type": "Relationship", "object": "urn:ngsi-ld:Device:2"},
 "controlledAsset": [], "isIn": {"type": "Relationship", "object": ["urn:ngsi-ld:Building:1", "urn:ngsi-ld:City:1"]}, "@context": [{"isIn": "https://example.org/isIn"}, "https://smart-data-models.github.io/dataModel.Device/context.jsonld"]},
{"id": "urn:ngsi-ld:Building:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "category": ["office"], "address": {}}]`
	list, _ := check(t, validate.Options{}, text)
	require.Equal(t, []string{"relationship-dangling 2 /0/refDeviceModel/object warning", "relationship-dangling 3 /0/isIn/object warning"}, summary(list))

	list, _ = check(t, validate.Options{Closed: true}, text)
	require.Equal(t, []string{"relationship-dangling 2 /0/refDeviceModel/object", "relationship-dangling 3 /0/isIn/object"}, summary(list))
}

func TestDanglingLooksAtAllFilesTogether(t *testing.T) {
	v, err := validate.New(validate.Options{Closed: true})
	require.NoError(t, err)
	for _, text := range []string{
		`{"id": "urn:ngsi-ld:Building:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "category": {"value": ["office"]}, "address": {"value": {}}, "refs": {"type": "Relationship", "object": "urn:ngsi-ld:Building:2"}, "@context": [{"refs": "https://example.org/refs"}, "https://smart-data-models.github.io/dataModel.Building/context.jsonld"]}`,
		`{"id": "urn:ngsi-ld:Building:2", "type": "https://smartdatamodels.org/dataModel.Building/Building", "category": ["office"], "address": {}}`,
	} {
		list, _, err := v.File(t.Context(), "f", strings.NewReader(text))
		require.NoError(t, err)
		require.Zero(t, finding.Errors(list), "%v", list)
	}
	require.Empty(t, v.Dangling())
}

func TestFileStopsWhenItsContextIsDone(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = v.File(ctx, "f", strings.NewReader(`{}`))
	require.ErrorIs(t, err, context.Canceled)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestFileGivesFaultsOfTheSystemAsErrors(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	_, _, err = v.File(t.Context(), "f.json", io.MultiReader(strings.NewReader(`[{"id": "urn:a:1", "type": "X"},`), failing{}))
	require.ErrorContains(t, err, "read f.json")
	require.ErrorContains(t, err, "disk on fire")
}

func TestFindingsAboveTheLimitAreCounted(t *testing.T) {
	var b bytes.Buffer
	for i := range validate.MaxFindings + 50 {
		fmt.Fprintf(&b, `{"id": "urn:a:%d", "type": "https://smartdatamodels.org/dataModel.Building/Building", "address": {}, "category": ["ofice"]}`+"\n", i)
	}
	list, stats := check(t, validate.Options{}, b.String())
	require.Len(t, list, validate.MaxFindings-1, "but for the remark that there is no @context")
	require.Equal(t, validate.MaxFindings+50, stats.Errors)
}

func FuzzFile(f *testing.F) {
	f.Add(observed(`"temperature": [{"type": "Property", "value": 3}, {"value": "x", "datasetId": "urn:b"}],`))
	f.Add(`{"id": "urn:a:1", "type": "https://smartdatamodels.org/dataModel.Building/Building", "category": "office", "address": {"value": 1}}`)
	f.Add(`[{"id": "urn:a:1", "type": ["Device", "Building"], "a": {"dataset": {"@none": 1}}, "@context": [{}, null]}]`)
	v, err := validate.New(validate.Options{Closed: true})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		list, _, err := v.File(t.Context(), "f", strings.NewReader(text))
		require.NoError(t, err)
		for _, one := range append(list, v.Dangling()...) {
			require.NotEmpty(t, one.Message)
			require.Positive(t, one.Location.Line)
		}
	})
}

func BenchmarkFile(b *testing.B) {
	var text bytes.Buffer
	line := strings.ReplaceAll(observed(`"temperature": {"type": "Property", "value": -3.5, "unitCode": "CEL"}, "windSpeed": {"type": "Property", "value": 3}, "refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:Device:1"},`), "\n", "")
	for range 1000 {
		text.WriteString(line + "\n")
	}
	v, err := validate.New(validate.Options{})
	require.NoError(b, err)
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		list, _, err := v.File(b.Context(), "f", bytes.NewReader(text.Bytes()))
		require.NoError(b, err)
		require.Empty(b, list)
	}
}

// A short name that several subjects have decides nothing, and is no reason to
// call the attributes of either unknown.
func TestATypeOfSeveralModelsIsSaidAndItsAttributesAreKnown(t *testing.T) {
	list, _ := check(t, validate.Options{}, `{"id": "urn:a:1", "type": "Building", "category": 7, "address": {}, "adress": {}}`)
	require.Equal(t, []string{"model-unknown 1 /type warning", "model-attribute 1 /adress"}, summary(list))
	require.Contains(t, list[0].Message, "Building/Building, S4BLDG/Building")
	require.Equal(t, `did you mean "address"?`, list[1].Hint)
}

package validate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// specimen is a model and attributes of it that can be broken; an empty name is an
// attribute that the model does not have.
type specimen struct {
	model                                          string
	number, date, word, enum, unit, link, required string
	units                                          string         // of unit
	many                                           bool           // link leads to several
	facts                                          map[string]any // further values that the model wants
}

var specimens = []specimen{
	{model: "Energy/ACMeasurement", number: "totalPowerFactor", date: "dateObserved", word: "name", enum: "phaseType", unit: "frequency", units: "HTZ", link: "refTargetDevice", many: true, required: "phaseType",
		facts: map[string]any{"phaseType": "singlePhase"}},
	{model: "Transportation/TrafficFlowObserved", number: "occupancy", date: "dateObservedFrom", word: "name", enum: "laneDirection", unit: "averageVehicleSpeed", units: "KMH", link: "refRoadSegment", required: "dateObserved",
		facts: map[string]any{"laneDirection": "forward", "dateObserved": "2026-01-31T12:00:00Z/2026-01-31T13:00:00Z"}},
	{model: "Weather/WeatherObserved", number: "relativeHumidity", date: "dateObserved", word: "name", unit: "temperature", units: "CEL", link: "refPointOfInterest", required: "dateObserved"},
	{model: "Environment/AirQualityObserved", number: "relativeHumidity", date: "dateObserved", word: "name", enum: "typeofLocation", link: "refPointOfInterest", required: "dateObserved",
		facts: map[string]any{"typeofLocation": "outdoor"}},
	{model: "Streetlighting/Streetlight", number: "illuminanceLevel", date: "dateServiceStarted", word: "name", enum: "status", link: "refStreetlightGroup", required: "status",
		facts: map[string]any{"status": "ok"}},
	{model: "WasteManagement/WasteContainer", number: "fillingLevel", date: "dateLastEmptying", word: "name", enum: "storedWasteOrigin", link: "refWasteContainerIsle", required: "location",
		facts: map[string]any{"storedWasteOrigin": "household"}},
	{model: "Parking/OffStreetParking", number: "occupancy", date: "observationDateTime", word: "name", unit: "averageSpotLength", units: "MTR", link: "refParkingGroup", required: "location"},
}

func property(value any) map[string]any { return map[string]any{"type": "Property", "value": value} }

// whole makes a valid entity of a specimen, with every kind of attribute.
func (s *specimen) whole(t *testing.T) map[string]any {
	m, err := models.Builtin().Find(s.model)
	require.NoError(t, err)
	e := map[string]any{
		"id": "urn:ngsi-ld:" + m.Type + ":1", "type": m.Type, "scope": []any{"/Paris/1", "/Test"},
		s.number:   map[string]any{"type": "Property", "value": json.Number("0.5"), "observedAt": "2026-01-31T12:00:00Z", "quality": property("good")},
		s.date:     property(map[string]any{"@type": "DateTime", "@value": "2026-01-31T12:00:00Z"}),
		s.word:     property("a name"),
		s.link:     map[string]any{"type": "Relationship", "object": "urn:ngsi-ld:Thing:2", "objectType": "Thing"},
		"location": map[string]any{"type": "GeoProperty", "value": map[string]any{"type": "Polygon", "coordinates": []any{[]any{[]any{2.3, 48.8}, []any{2.4, 48.8}, []any{2.4, 48.9}, []any{2.3, 48.8}}}}},
		"label":    map[string]any{"type": "LanguageProperty", "languageMap": map[string]any{"fr": "nom", "en": "name"}},
		"tag":      map[string]any{"type": "VocabProperty", "vocab": "Thing"},
		"steps":    map[string]any{"type": "ListProperty", "valueList": []any{1, 2}},
		"route":    map[string]any{"type": "ListRelationship", "objectList": []any{map[string]any{"object": "urn:ngsi-ld:Thing:2"}}},
		"raw":      map[string]any{"type": "JsonProperty", "json": map[string]any{"a": nil}},
		"reading":  []any{property(1), map[string]any{"type": "Property", "value": 2, "datasetId": "urn:ngsi-ld:Dataset:2"}},
		"@context": []any{map[string]any{"ex": "https://example.org/", "Thing": "ex:Thing", "label": "ex:label", "tag": "ex:tag", "steps": "ex:steps", "route": "ex:route",
			"raw": "ex:raw", "reading": "ex:reading", "quality": "ex:quality", "note": "ex:note"}, m.Subject.ContextURL(), "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"},
	}
	if s.many {
		attribute(e, s.link)["object"] = []any{"urn:ngsi-ld:Thing:2"}
	}
	for name, value := range s.facts {
		e[name] = property(value)
	}
	if s.unit != "" {
		e[s.unit] = map[string]any{"type": "Property", "value": 3, "unitCode": s.units}
	}
	return e
}

func attribute(e map[string]any, name string) map[string]any { return e[name].(map[string]any) }

// change gives a seed that sets a member of an attribute and expects the finding there.
func change(name func(*specimen) string, member string, value any) func(map[string]any, *specimen) string {
	return func(e map[string]any, s *specimen) string {
		if name(s) == "" {
			return ""
		}
		attribute(e, name(s))[member] = value
		return "/" + name(s) + "/" + member
	}
}

func named(name string) func(*specimen) string { return func(*specimen) string { return name } }
func number(s *specimen) string                { return s.number }
func date(s *specimen) string                  { return s.date }
func link(s *specimen) string                  { return s.link }

// top gives a seed that sets a member of the entity.
func top(name string, value any) func(map[string]any, *specimen) string {
	return func(e map[string]any, _ *specimen) string {
		e[name] = value
		return "/" + name
	}
}

// polygon gives a seed that puts other coordinates into the location.
func polygon(kind string, coordinates any, pointer string) func(map[string]any, *specimen) string {
	return func(e map[string]any, _ *specimen) string {
		attribute(e, "location")["value"] = map[string]any{"type": kind, "coordinates": coordinates}
		return "/location/value" + pointer
	}
}

// seeds are the ways in which the test breaks an entity. Each gives the pointer of the
// finding that it must make; "" where the specimen has nothing to break, "." for the
// entity itself.
var seeds = []struct {
	name string
	code finding.Code
	seed func(map[string]any, *specimen) string
}{
	{"no id", finding.EntityID, func(e map[string]any, _ *specimen) string { delete(e, "id"); return "." }},
	{"an id that is no URI", finding.EntityID, top("id", "Building 1")},
	{"an id that is a number", finding.EntityID, top("id", 7)},
	{"an id that names another type", finding.EntityIDPattern, top("id", "urn:ngsi-ld:Other:1")},
	{"no type", finding.EntityType, func(e map[string]any, _ *specimen) string { delete(e, "type"); return "." }},
	{"a type with a space", finding.EntityType, top("type", "My Type")},
	{"a type twice", finding.EntityDuplicate, func(e map[string]any, _ *specimen) string {
		e["type"] = []any{e["type"], e["type"]}
		return "/type/1"
	}},
	{"a scope with an empty level", finding.EntityStructure, func(e map[string]any, _ *specimen) string {
		e["scope"] = []any{"/Paris", "/A//B"}
		return "/scope/1"
	}},
	{"a scope that is a number", finding.EntityStructure, top("scope", 5)},
	{"a misspelt kind of attribute", finding.AttributeType, change(number, "type", "Proprety")},
	{"an attribute of null", finding.AttributeValue, top("note", nil)},
	{"a value of null", finding.AttributeValue, change(number, "value", nil)},
	{"a Property without a value", finding.AttributeMember, func(e map[string]any, s *specimen) string {
		delete(attribute(e, s.number), "value")
		return "/" + s.number
	}},
	{"a Property with an object", finding.AttributeMember, change(number, "object", "urn:ngsi-ld:Thing:1")},
	{"a Relationship with a value", finding.AttributeMember, change(link, "value", "urn:ngsi-ld:Thing:1")},
	{"an object that is no URI", finding.AttributeObject, change(link, "object", "Thing 2")},
	{"an object that is a number", finding.AttributeObject, change(link, "object", 2)},
	{"an object that is an object", finding.AttributeObject, change(link, "object", map[string]any{"id": "urn:ngsi-ld:Thing:2"})},
	{"an objectType that is no name", finding.AttributeMember, change(link, "objectType", "A B")},
	{"an objectList without an object", finding.AttributeObject, func(e map[string]any, _ *specimen) string {
		attribute(e, "route")["objectList"] = []any{map[string]any{"id": "urn:ngsi-ld:Thing:2"}}
		return "/route/objectList/0"
	}},
	{"a valueList that is no array", finding.AttributeValue, change(named("steps"), "valueList", 1)},
	{"a languageMap that is a text", finding.AttributeValue, change(named("label"), "languageMap", "nom")},
	{"a language that is none", finding.AttributeValue, func(e map[string]any, _ *specimen) string {
		attribute(e, "label")["languageMap"] = map[string]any{"fr_FR": "nom"}
		return "/label/languageMap/fr_FR"
	}},
	{"an empty vocab", finding.AttributeValue, change(named("tag"), "vocab", "")},
	{"a vocab that is a number", finding.AttributeValue, change(named("tag"), "vocab", 4)},
	{"an observedAt without a time", finding.AttributeTime, change(number, "observedAt", "2026-01-31")},
	{"an observedAt without a zone", finding.AttributeTime, change(number, "observedAt", "2026-01-31T12:00:00")},
	{"an observedAt with an offset", finding.AttributeTime, change(number, "observedAt", "2026-01-31T12:00:00+01:00")},
	{"an observedAt on a day that is none", finding.AttributeTime, change(number, "observedAt", "2026-02-30T12:00:00Z")},
	{"a typed DateTime that is none", finding.AttributeTime, func(e map[string]any, s *specimen) string {
		attribute(e, s.date)["value"] = map[string]any{"@type": "DateTime", "@value": "31/01/2026"}
		return "/" + s.date + "/value/@value"
	}},
	{"a unit that is none", finding.AttributeUnit, change(number, "unitCode", "XYZ9")},
	{"a unit in other letters", finding.AttributeUnit, change(number, "unitCode", "kWh")},
	{"a unit of a Relationship", finding.AttributeMember, change(link, "unitCode", "KWH")},
	{"a unit of another dimension than the model's", finding.ModelUnit, func(e map[string]any, s *specimen) string {
		return change(func(s *specimen) string { return s.unit }, "unitCode", "LTR")(e, s)
	}},
	{"a datasetId that is no URI", finding.AttributeDataset, func(e map[string]any, _ *specimen) string {
		e["reading"].([]any)[1].(map[string]any)["datasetId"] = "two"
		return "/reading/1/datasetId"
	}},
	{"a datasetId twice", finding.EntityDuplicate, func(e map[string]any, _ *specimen) string {
		e["reading"] = append(e["reading"].([]any), map[string]any{"type": "Property", "value": 3, "datasetId": "urn:ngsi-ld:Dataset:2"})
		return "/reading/2"
	}},
	{"two default instances", finding.EntityDuplicate, func(e map[string]any, _ *specimen) string {
		e["reading"] = append(e["reading"].([]any), property(3))
		return "/reading/2"
	}},
	{"a name with a space", finding.AttributeName, top("a name", property(1))},
	{"a name of the API", finding.AttributeName, top("value", property(1))},
	{"a misspelt observedAt", finding.AttributeName, func(e map[string]any, s *specimen) string {
		attribute(e, s.number)["observedat"] = "2026-01-31T12:00:00Z"
		return "/" + s.number + "/observedat"
	}},
	{"a location that is a text", finding.AttributeType, func(e map[string]any, _ *specimen) string {
		e["location"] = property("Paris")
		return "/location"
	}},
	{"a ring that is not closed", finding.AttributeGeometry, polygon("Polygon", []any{[]any{[]any{2.3, 48.8}, []any{2.4, 48.8}, []any{2.4, 48.9}, []any{2.3, 48.9}}}, "/coordinates/0")},
	{"latitude before longitude", finding.AttributeGeometry, polygon("Point", []any{48.8, 162.3}, "/coordinates")},
	{"metres for degrees", finding.AttributeGeometry, polygon("Point", []any{652000, 6862000}, "/coordinates")},
	{"coordinates in quotes", finding.AttributeGeometry, polygon("Point", []any{"2.35", "48.85"}, "/coordinates/0")},
	{"a geometry that NGSI-LD does not have", finding.AttributeGeometry, polygon("Circle", []any{2.3, 48.8}, "/type")},
	{"coordinates of another geometry", finding.AttributeGeometry, polygon("Point", []any{[]any{2.3, 48.8}}, "/coordinates/0")},
	{"a type of NGSI v2", finding.AttributeType, change(number, "type", "Number")},
	{"metadata of NGSI v2", finding.AttributeMember, change(number, "metadata", map[string]any{})},
	{"the core @context before one that defines its terms", finding.ContextOrder, func(e map[string]any, _ *specimen) string {
		list := e["@context"].([]any)
		list[0].(map[string]any)["location"] = "ex:location"
		e["@context"] = []any{list[2], list[0], list[1]}
		return "/@context"
	}},
	{"a term that two @contexts define", finding.ContextOrder, func(e map[string]any, _ *specimen) string {
		list := e["@context"].([]any)
		e["@context"] = []any{list[0], map[string]any{"note": "https://example.org/other"}, list[1], list[2]}
		return "/@context"
	}},
	{"a typed DateTime with other members", finding.ModelSchema, change(date, "value", map[string]any{"type": "DateTime", "value": "2026-01-31T12:00:00Z"})},
	{"an attribute that nothing defines", finding.ModelAttribute, func(e map[string]any, s *specimen) string {
		e[s.number+"x"] = e[s.number]
		delete(e, s.number)
		return "/" + s.number + "x"
	}},
	{"a required attribute that is missing", finding.ModelSchema, func(e map[string]any, s *specimen) string { delete(e, s.required); return "." }},
	{"a number in quotes", finding.ModelSchema, change(number, "value", "0,5")},
	{"a number above the range", finding.ModelSchema, change(number, "value", 1000)},
	{"a number below the range", finding.ModelSchema, change(number, "value", -1000)},
	{"a number for a text", finding.ModelSchema, func(e map[string]any, s *specimen) string {
		return change(func(s *specimen) string { return s.word }, "value", 7)(e, s)
	}},
	{"a word that the model does not have", finding.ModelSchema, func(e map[string]any, s *specimen) string {
		return change(func(s *specimen) string { return s.enum }, "value", "singlPhase")(e, s)
	}},
	{"a date and time without a zone", finding.ModelSchema, change(date, "value", "2026-01-31T12:00:00")},
	{"a date as people write it", finding.ModelSchema, change(date, "value", "31/01/2026 12:00")},
	{"a Property for a Relationship", finding.ModelKind, func(e map[string]any, s *specimen) string {
		e[s.link] = property("urn:ngsi-ld:Thing:2")
		return "/" + s.link + "/type"
	}},
	{"a Relationship for a Property", finding.ModelKind, func(e map[string]any, s *specimen) string {
		e[s.word] = map[string]any{"type": "Relationship", "object": "urn:ngsi-ld:Thing:2"}
		return "/" + s.word + "/type"
	}},
	{"a Relationship to an entity that is not there", finding.RelationDangle, change(link, "object", "urn:ngsi-ld:Thing:999")},
	{"a time without a zone that no model describes", finding.AttributeZone, func(e map[string]any, _ *specimen) string {
		e["note"] = property("2026-01-31 12:00")
		return "/note/value"
	}},
	{"a number out of range of all programs", finding.EntityNumber, func(e map[string]any, _ *specimen) string {
		attribute(e, "steps")["valueList"] = []any{1, json.Number("1" + strings.Repeat("0", 400))}
		return "/steps/valueList/1"
	}},
	{"a core term redefined", finding.ContextCoreTerm, func(e map[string]any, _ *specimen) string {
		e["@context"].([]any)[0].(map[string]any)["location"] = "ex:location"
		return "/@context"
	}},
	{"a prefix that nothing defines", finding.ContextPrefix, func(e map[string]any, _ *specimen) string {
		e["@context"].([]any)[0].(map[string]any)["note"] = "no:note"
		return "/@context"
	}},
	{"a definition that JSON-LD refuses", finding.ContextInvalid, func(e map[string]any, _ *specimen) string {
		e["@context"].([]any)[0].(map[string]any)["note"] = 7
		return "/@context"
	}},
	{"an @context that is not known", finding.ContextUnknownURL, func(e map[string]any, _ *specimen) string {
		e["@context"] = append(e["@context"].([]any), "https://example.org/none.jsonld")
		return "/@context"
	}},
	{"the model's @context left out", finding.ContextUnmapped, func(e map[string]any, _ *specimen) string {
		e["@context"] = e["@context"].([]any)[:1]
		return "/type"
	}},
}

// textSeeds break the text of an entity, written one member a line.
var textSeeds = []struct {
	name string
	code finding.Code
	seed func(text string) (broken string, line int)
}{
	{"a member twice", finding.JSONDuplicate, func(text string) (string, int) {
		return strings.Replace(text, "\n \"id\":", "\n \"route\": {},\n \"id\":", 1), lineOf(text, `"route": {`) + 1
	}},
	{"the same id, and something else said of it", finding.EntityConflict, func(text string) (string, int) {
		return text + "\n" + strings.Replace(text, "0.5", "0.25", 1), 1 + strings.Count(text, "\n") + lineOf(text, "\n \"id\":") + 1
	}},
	{"a comma too many", finding.EntityJSON, func(text string) (string, int) {
		return strings.TrimSuffix(text, "\n}") + ",\n}", lineOf(text, "\n}") + 1
	}},
	{"a string in single quotes", finding.EntityJSON, func(text string) (string, int) {
		return strings.Replace(text, `"a name"`, `'a name'`, 1), lineOf(text, `"a name"`)
	}},
	{"NaN", finding.EntityJSON, func(text string) (string, int) {
		return strings.Replace(text, "0.5", "NaN", 1), lineOf(text, "0.5")
	}},
	{"a file cut short", finding.EntityJSON, func(text string) (string, int) { return strings.TrimSuffix(text, "\n}"), lineOf(text, "\n}") }},
	{"a byte that is no UTF-8", finding.EntityJSON, func(text string) (string, int) {
		return strings.Replace(text, "a name", "a n\xe9me", 1), lineOf(text, "a name")
	}},
	{"two byte order marks", finding.EntityJSON, func(text string) (string, int) { return "\ufeff\ufeff" + text, 1 }},
	{"arrays 600 deep", finding.EntityJSON, func(text string) (string, int) {
		return strings.Replace(text, "0.5", strings.Repeat("[", 600)+strings.Repeat("]", 600), 1), lineOf(text, "0.5")
	}},
	{"arrays 10 000 deep", finding.EntityJSON, func(text string) (string, int) {
		return strings.Replace(text, "0.5", strings.Repeat("[", 10001)+strings.Repeat("]", 10001), 1), lineOf(text, "0.5")
	}},
}

func lineOf(text, part string) int {
	return 1 + strings.Count(text[:strings.Index(text, part)], "\n")
}

// placeOf finds a pointer in a text with jsontext alone: the line and character of the
// value, of the last member of a name.
func placeOf(t *testing.T, text, pointer string) (line, char int) {
	t.Helper()
	if pointer == "." {
		return 1, 1
	}
	at := -1
	d := jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowDuplicateNames(true))
	for {
		kind := d.PeekKind()
		if kind == 0 {
			break
		}
		before := int(d.InputOffset())
		_, err := d.ReadToken()
		require.NoError(t, err)
		inObject, n := d.StackIndex(d.StackDepth())
		isName := inObject == '{' && n%2 == 1 && kind == '"'
		if string(d.StackPointer()) == pointer && !isName && kind != '}' && kind != ']' && at < 0 {
			at = before + len(text[before:]) - len(strings.TrimLeft(text[before:], " \n:,"))
		}
	}
	require.GreaterOrEqual(t, at, 0, "no %s in %s", pointer, text)
	return 1 + strings.Count(text[:at], "\n"), 1 + utf8.RuneCountInString(text[strings.LastIndexByte(text[:at], '\n')+1:at])
}

func indented(t *testing.T, e map[string]any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	require.NoError(t, enc.Encode(e))
	return strings.TrimSuffix(b.String(), "\n")
}

// newValidator gives a Validator that is used for many texts: it reads the models once.
func newValidator(t *testing.T) *validate.Validator {
	t.Helper()
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	return v
}

// validateAll validates a text beside the entity that the specimens lead to.
func validateAll(t *testing.T, v *validate.Validator, text string) []finding.Finding {
	t.Helper()
	_, _, err := v.File(t.Context(), "there.json", strings.NewReader(`{"id": "urn:ngsi-ld:Thing:2", "type": "Thing", "@context": {"Thing": "https://example.org/Thing"}}`))
	require.NoError(t, err)
	list, _, err := v.File(t.Context(), "e.json", strings.NewReader(text))
	require.NoError(t, err)
	return append(list, v.Dangling()...)
}

func TestSpecimensAreValid(t *testing.T) {
	v := newValidator(t)
	for _, s := range specimens {
		require.Empty(t, validateAll(t, v, indented(t, s.whole(t))), s.model)
	}
}

func TestEverySeededFaultIsFoundWithItsCodeAndPlace(t *testing.T) {
	require.GreaterOrEqual(t, len(seeds)+len(textSeeds), 40)
	v, broken := newValidator(t), 0
	for _, seed := range seeds {
		times := 0
		for _, s := range specimens {
			e := s.whole(t)
			pointer := seed.seed(e, &s)
			if pointer == "" {
				continue
			}
			times++
			text := indented(t, e)
			line, char := placeOf(t, text, pointer)
			want := fmt.Sprintf("%s %s %d:%d", seed.code, strings.TrimSuffix(pointer, "."), line, char)
			if pointer == "/@context" {
				want = fmt.Sprintf("%s %s", seed.code, pointer) // the place of the term in the @context
			}
			got, hints := []string{}, ""
			for _, f := range validateAll(t, v, text) {
				hints += f.Hint + "\n"
				got = append(got, fmt.Sprintf("%s %s %d:%d", f.Code, f.Location.Pointer, f.Location.Line, f.Location.Char))
			}
			require.True(t, strings.Contains("\n"+strings.Join(got, "\n"), "\n"+want), "%s in %s: want %s, got\n%s", seed.name, s.model, want, strings.Join(got, "\n"))
			if seed.code == finding.ModelAttribute {
				require.Contains(t, hints, `did you mean "`+s.number+`"?`, "the nearest that the model has")
			}
		}
		require.GreaterOrEqual(t, times, 3, seed.name)
		broken += times
	}
	for _, seed := range textSeeds {
		for _, s := range specimens {
			text, line := seed.seed(indented(t, s.whole(t)))
			found := false
			for _, f := range validateAll(t, v, text) {
				found = found || f.Code == seed.code && f.Location.Line == line
			}
			require.True(t, found, "%s in %s: want %s in line %d, got %v", seed.name, s.model, seed.code, line, validateAll(t, v, text))
			broken++
		}
	}
	t.Logf("%d faults in %d broken entities", len(seeds)+len(textSeeds), broken)
}

func TestTheDocumentationListsEverySeededFault(t *testing.T) {
	text, err := os.ReadFile("../../docs/validate.md")
	require.NoError(t, err)
	want, got := []string{}, []string{}
	for _, seed := range seeds {
		want = append(want, seed.name+" "+string(seed.code))
	}
	for _, seed := range textSeeds {
		want = append(want, seed.name+" "+string(seed.code))
	}
	for _, row := range regexp.MustCompile("(?m)^\\| ([^|]+) \\| `([a-z-]+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		got = append(got, row[1]+" "+row[2])
	}
	require.ElementsMatch(t, want, got)
}

// TestWordsThatYAMLReadsOtherwiseAreWords holds enums whose words are digits, on, no or
// none, which YAML 1.1 makes numbers, truth values or nothing of.
func TestWordsThatYAMLReadsOtherwiseAreWords(t *testing.T) {
	for _, c := range []struct {
		model, attribute, right string
		wrong                   []string
	}{
		{"UrbanMobility/GtfsStop", "wheelChairAccessible", `"1"`, []string{"1", `"3"`, "true"}},
		{"Environment/NoiseLevelObserved", "sonometerClass", `"0"`, []string{"0", `"00"`}},
		{"Streetlighting/Streetlight", "powerState", `"on"`, []string{"true", `"true"`}},
		{"OpenStreetMap/OSMBuilding", "wheelchair", `"no"`, []string{"false", `"No"`, "null"}},
		{"PointOfInterest/Beach", "occupationRate", `"none"`, []string{`"None"`, "0"}},
		{"WaterConsumption/WaterConsumptionObserved", "alarmTamper", "1", []string{`"1"`, "2", "true"}},
	} {
		v, err := validate.New(validate.Options{Model: c.model})
		require.NoError(t, err)
		about := func(value string) (list []finding.Code) {
			found, _, err := v.File(t.Context(), "e.json", strings.NewReader(fmt.Sprintf(`{"id": "urn:a:1", "type": "T", "%s": {"type": "Property", "value": %s}}`, c.attribute, value)))
			require.NoError(t, err)
			for _, f := range found {
				if strings.HasPrefix(f.Location.Pointer, "/"+c.attribute) {
					list = append(list, f.Code)
				}
			}
			return list
		}
		require.Empty(t, about(c.right), "%s %s", c.attribute, c.right)
		for _, value := range c.wrong {
			want := finding.ModelSchema
			if value == "null" {
				want = finding.AttributeValue
			}
			require.Equal(t, []finding.Code{want}, about(value), "%s %s", c.attribute, value)
		}
	}
}

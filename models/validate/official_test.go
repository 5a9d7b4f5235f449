package validate_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

var update = flag.Bool("update", false, "rewrite the facts under testdata")

// A class is one kind of fault in the official examples. A finding is of the first class
// whose code it has and whose patterns and value it meets.
type class struct {
	name    string
	code    finding.Code
	message string // a regular expression
	pointer string // the same; "" for any
	value   func(any) bool
}

// classes are the faults that a person has found in the official normalized examples;
// docs/validate.md says of each why it is one.
var classes = []class{
	// NGSI v2.
	{name: "a type of NGSI v2", code: finding.AttributeType, message: `^"(Text|Number|Integer|Boolean|StructuredValue|DateTime|Date|URL|URI|geo:json)" is not a type of attribute`, pointer: `/type$`},
	{name: "metadata of NGSI v2", code: finding.AttributeMember, message: `^the attribute has no value, object`, pointer: `/metadata$`},
	{name: "no @context", code: finding.ContextUnmapped, message: `^the entity brings no @context`},
	// Structure.
	{name: "the type of a value as kind", code: finding.AttributeType, message: `^"(string|array|Array|number|object|boolean|Measurement|CoilOperationMode|PostalAddress|Date-Time)" is not a type`, pointer: `/type$`},
	{name: "a misspelt kind", code: finding.AttributeType, message: `^"(Geoproperty|RelationShip|property|Property )" is not a type`, pointer: `/type$`},
	{name: "an object as kind", code: finding.AttributeType, message: `is not a type`, pointer: `/type$`, value: isObject},
	{name: "location as a Property", code: finding.AttributeType, message: `^"location" is a GeoProperty, not a Property`, pointer: `^/location$`},
	{name: "a ListProperty with a value", code: finding.AttributeMember, message: `^a ListProperty has no "value"`, pointer: `/value$`},
	{name: "a Relationship with a value", code: finding.AttributeMember, message: `^a Relationship has no "value"`, pointer: `/value$`},
	{name: "a Relationship without an object", code: finding.AttributeMember, message: `^the Relationship has no "object"`},
	{name: "a Property with an object", code: finding.AttributeMember, message: `^a Property has no "object"`, pointer: `/object$`},
	{name: "an address without a value", code: finding.AttributeMember, message: `has no "?value`, pointer: `^/address(/values)?$`},
	{name: "instances without a datasetId", code: finding.EntityDuplicate, message: `has two instances without a datasetId`, pointer: `/\d+$`},
	{name: "an id without a scheme", code: finding.EntityID, message: `it has no scheme`, pointer: `^/id$`},
	{name: "an id with characters that no URI has", code: finding.EntityID, message: `'[ <]' is not allowed in a URI`, pointer: `^/id$`},
	{name: "an id or type as a Property", code: finding.EntityID, message: `^the id of an entity is a string`, value: isObject},
	{name: "an id or type as a Property", code: finding.EntityType, message: `^the type of an entity is a string`, value: isObject},
	{name: "no id and no type", code: finding.EntityID, message: `^the entity has no id`},
	{name: "no id and no type", code: finding.EntityType, message: `^the entity has no type`},
	{name: "an object that is no URI", code: finding.AttributeObject, message: `is not a URI: (it is empty|the scheme of a URI starts with a letter|it has no scheme)`, pointer: `/object(/\d+)?$`},
	{name: "a name with white space", code: finding.AttributeName, message: `has white space`, pointer: ` $`},
	{name: "a name with a point or hyphen", code: finding.AttributeName, message: `has the character '[.-]'`, pointer: `[.-]`},
	{name: "a word of the API as a name", code: finding.AttributeName, message: `is a word of the API`, pointer: `^/(value|observedAt|expiresAt)$`},
	{name: "createdAt or modifiedAt as a Property", code: finding.AttributeTime, message: `^(createdAt|modifiedAt) is a string`, pointer: `^/(createdAt|modifiedAt)$`, value: isObject},
	{name: "a DateTime with an offset", code: finding.AttributeTime, message: `it has the offset [+-]\d\d:\d\d`},
	{name: "a DateTime without a zone", code: finding.AttributeTime, message: `^the DateTime "[0-9T:.-]+" is none: it (does not say that it is UTC|is not written)`, pointer: `/@value$`},
	{name: "a time that is not written in full", code: finding.AttributeTime, message: `^observedAt "\d{4}-\d\d-\d\d(T\d\d:\d\dZ|TT\d\d:\d\d:\d\dZ)" is not a moment`, pointer: `/observedAt$`},
	{name: "a time that is not written in full", code: finding.AttributeTime, message: `^the DateTime "[^"]*(TT|Z\d|T\d\d:\d\dZ|^\d{4}$)[^"]*" is none`, pointer: `/@value$`},
	{name: "a symbol or word for a unit", code: finding.AttributeUnit, message: `is not a UN/CEFACT unit code`, pointer: `/unitCode$`},
	{name: "coordinates of a drawing", code: finding.AttributeGeometry, message: `^the position \[10{2,3},[0-9,]+\] is not on Earth`, pointer: `^/(shape|jointSurface|surface\w+|location(Base|Top))/value/coordinates`},
	{name: "latitude before longitude", code: finding.AttributeGeometry, message: `the wrong way round$`, pointer: `/coordinates$`},
	{name: "a ring that is not closed", code: finding.AttributeGeometry, message: `is not closed: it starts at \[23\.6627,41\.88768\] and ends at \[23\.6627,41\.88769\]`, pointer: `/coordinates/0$`},
	{name: "a geometry that is none", code: finding.AttributeGeometry, message: `(a position of the Point has numbers, and this is an array|the Point has no coordinates|^"point" is no geometry)`, pointer: `^/location/value`},
	// @context.
	{name: "an @context of nobody", code: finding.ContextUnknownURL, message: `^the @context https?://(smartdatamodels\.org/context\.jsonld|\S*/data-models/\S*context\.jsonld|\S*(incubated|OPCUA|Aeronautics)/\S*|uri\.citydatahub\.kr/\S*) is not known here`, pointer: `^/@context$`},
	{name: "an @context that JSON-LD refuses", code: finding.ContextInvalid, message: `term open311:\w+ expands to`},
	{name: "a type that the @context lacks", code: finding.ContextUnmapped, message: `^the @context does not define`, pointer: `^/type$`},
	// Model.
	{name: "a misspelt attribute", code: finding.ModelAttribute, message: `did you mean`},
	{name: "an attribute that nothing defines", code: finding.ModelAttribute, message: `is defined neither by the model`},
	{name: "a type that no model has", code: finding.ModelUnknown, message: `^no model of type "(BoatPlacePricing|SeaPort)"`},
	{name: "a type of several models", code: finding.ModelUnknown, message: `has several models`, pointer: `^/type$`},
	{name: "a Property where the model has a Relationship", code: finding.ModelKind, message: `is a Property here, and a Relationship in`, pointer: `/type$`},
	{name: "a Relationship where the model has a Property", code: finding.ModelKind, message: `is a Relationship here, and a Property in`, pointer: `/type$`},
	{name: "a Property where the model has a GeoProperty", code: finding.ModelKind, message: `is a Property here, and a GeoProperty in`, pointer: `/type$`},
	{name: "a unit of another dimension", code: finding.ModelUnit, message: `wants mass concentration`, pointer: `/unitCode$`},
	{name: "attributes inside of a value", code: finding.ModelSchema, message: ` is an object, and `, value: hasAttributes},
	{name: "attributes inside of a value", code: finding.ModelSchema, message: `is the text "Property"`, pointer: `/type$`},
	{name: "attributes inside of a value", code: finding.ModelSchema, message: `wants a list, each element an object`, value: hasAttributes},
	{name: "a typed value that is none", code: finding.ModelSchema, message: `is an object, and \S+ wants a (date and )?time`, pointer: `/value`, value: isMistyped},
	{name: "a measure for a number", code: finding.ModelSchema, message: `is an object, and \S+ wants a number`, value: hasMembers("value", "unitCode")},
	{name: "one value where the model has a list", code: finding.ModelSchema, message: `(is the (text|number)|is an object,) .*wants a list`},
	{name: "a list where the model has one value", code: finding.ModelSchema, message: ` is a list, and \S+ wants (a number|text|an object)$`},
	{name: "a text or list where the model has an object", code: finding.ModelSchema, message: `is the text "[^"]*", and \S+ wants an object$`},
	{name: "a number in quotes", code: finding.ModelSchema, message: `is the text "([0-9.]*|false)", and \S+ wants a number`},
	{name: "true or a fraction for a number, a number for a text", code: finding.ModelSchema, message: `(is true, and \S+ wants a number|is the number \d+\.\d, and \S+ wants a whole number|is the number 600, and \S+ wants text)`},
	{name: "a word that the model does not have", code: finding.ModelSchema, message: `is the text "[^"]*", which \S+ does not have`},
	{name: "a number out of range", code: finding.ModelSchema, message: `is [\d.]+, and the most that \S+ allows is \d+`},
	{name: "a text that is no URI", code: finding.ModelSchema, message: `is the text "(|TBD|www\.[^"]*)", and \S+ wants a URI`},
	{name: "a name where the model has an id", code: finding.ModelSchema, message: `wants a URI or an identifier without blanks`, pointer: `/owner/value/\d+$`},
	{name: "a time without a zone", code: finding.ModelSchema, message: `is the text "\d{4}-\d\d-\d\dT[0-9:.]+", and \S+ wants a date and time`},
	{name: "a date and time, and a time or date of the model", code: finding.ModelSchema, message: `(is the text "[^"]*Z", and \S+ wants a date$|is the text "\d\d:\d\d:\d\d", and \S+ wants a date and time|is the text "[0-9T:Z-]+", which is not of the form)`},
	{name: "a time of the day that is none", code: finding.ModelSchema, message: `is the text "\d\d[.:]\d\d", and \S+ wants a time`},
	{name: "a required attribute that is missing", code: finding.ModelSchema, message: `is missing, and \S+ requires it`},
	{name: "an object without a member that the model requires", code: finding.ModelSchema, message: `is incomplete: missing properties: 'Geometry\.asWkt'`},
	// Meaning.
	{name: "an id that names another type", code: finding.EntityIDPattern, message: `^the id names the type`, pointer: `^/id$`},
	{name: "a Relationship out of the example", code: finding.RelationDangle, message: ` points to \S+, which is not here$`, pointer: `/object(/\d+)?$|^/`},
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// hasAttributes reports whether a value is an attribute of NGSI-LD, or holds some.
func hasAttributes(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if kind, _ := v["type"].(string); kind == "Property" || kind == "Relationship" {
			return true
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasAttributes)
	case []any:
		return slices.ContainsFunc(v, hasAttributes)
	}
	return false
}

// isMistyped reports whether a value is meant as {"@type": "DateTime", "@value": "…"}.
func isMistyped(v any) bool {
	object, _ := v.(map[string]any)
	kind, _ := cmp.Or(object["@type"], object["type"]).(string)
	_, has := object["value"].(string)
	return has && strings.EqualFold(strings.ReplaceAll(kind, "-", ""), "datetime")
}

func hasMembers(names ...string) func(any) bool {
	return func(v any) bool {
		object, _ := v.(map[string]any)
		for _, name := range names {
			if _, ok := object[name]; !ok {
				return false
			}
		}
		return true
	}
}

// follow gives the value that a JSON Pointer leads to.
func follow(v any, pointer string) any {
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		}
	}
	return v
}

// classOf gives the name of the class that a finding is of, or "".
func classOf(f finding.Finding, document any) string {
	for _, c := range classes {
		if c.code != f.Code || !compiled(c.message).MatchString(f.Message) && (c.message != "did you mean" || !strings.HasPrefix(f.Hint, c.message)) {
			continue
		}
		if !compiled(c.pointer).MatchString(f.Location.Pointer) || c.value != nil && !c.value(follow(document, f.Location.Pointer)) {
			continue
		}
		return c.name
	}
	return ""
}

var patterns = map[string]*regexp.Regexp{}

func compiled(pattern string) *regexp.Regexp {
	if patterns[pattern] == nil {
		patterns[pattern] = regexp.MustCompile(pattern)
	}
	return patterns[pattern]
}

// TestEveryFindingOnTheOfficialNormalizedExamplesIsOfAKnownClass validates each official
// normalized example of the 55 subjects alone, and holds how many findings of each class
// each subject has.
func TestEveryFindingOnTheOfficialNormalizedExamplesIsOfAKnownClass(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", "examples", "example-normalized.json*"))
	require.NoError(t, err)
	files, resolver := 0, builtinResolver()
	counts := map[string]map[string]int{} // by subject and form, by class
	for _, path := range paths {
		form := filepath.Ext(path)
		if form == ".csv" {
			continue
		}
		files++
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var document any
		require.NoError(t, json.Unmarshal(text, &document))
		v, err := validate.New(validate.Options{Resolver: resolver})
		require.NoError(t, err)
		list, _, err := v.File(t.Context(), path, bytes.NewReader(text))
		require.NoError(t, err)
		subject := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path)))) + form
		for _, f := range append(list, v.Dangling()...) {
			name := classOf(f, document)
			if name == "" {
				t.Errorf("no class: %s %v | %s", f.Code, f, f.Hint)
				continue
			}
			if counts[subject] == nil {
				counts[subject] = map[string]int{}
			}
			counts[subject][name]++
		}
	}
	require.Equal(t, 739, files)

	var b strings.Builder
	b.WriteString("# How many findings of each class ldt has on the official normalized examples, by subject and form:\n# .json (NGSI v2) and .jsonld (NGSI-LD). docs/validate.md says why each class is a fault.\n")
	total := map[string]int{}
	for _, subject := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "\n%s\n", subject)
		for _, name := range slices.Sorted(maps.Keys(counts[subject])) {
			fmt.Fprintf(&b, "%6d %s\n", counts[subject][name], name)
			total[name+filepath.Ext(subject)] += counts[subject][name]
		}
	}
	const facts = "testdata/official.txt"
	if *update {
		require.NoError(t, os.WriteFile(facts, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(facts)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())

	docs, err := os.ReadFile("../../docs/validate.md")
	require.NoError(t, err)
	told := map[string]bool{}
	for _, c := range classes {
		if told[c.name] {
			continue
		}
		told[c.name] = true
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(c.name) + ` \| [^|]+ \| (\d*) \| (\d*) \| [^|]{20,} \|$`).FindStringSubmatch(string(docs))
		if row == nil {
			t.Errorf("docs/validate.md has no row for %q: .json %d, .jsonld %d", c.name, total[c.name+".json"], total[c.name+".jsonld"])
			continue
		}
		require.Equal(t, []string{blank(total[c.name+".json"]), blank(total[c.name+".jsonld"])}, row[1:], c.name)
	}
}

func blank(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// TestWhatTheOfficialSchemasRefuseIsFound holds that each fault that the official schemas
// find in the official examples is found at the same attribute, or is none in NGSI-LD.
func TestWhatTheOfficialSchemasRefuseIsFound(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	// What docs/validate.md says under "Where a model is not taken by the letter", schemas
	// that refuse what they describe, and types, which a forced model does not ask for.
	leeway := []struct{ fault, example, why string }{
		{`^type /\w+: expected array, but got string$`, `^(Aquaculture|EnergyCommunity|ZEB)/.*/example-normalized`, "one object of a Relationship"},
		{`^type /spatial: expected array, but got object$`, `^DCAT-AP/Catalogue/`, "one geometry"},
		{`^type /(culturedIn|refSpecie): expected number, but got string$`, `^Aquaculture/FishPopulation/`, "a Relationship that the model calls a number"},
		{`^format /\S+: '\d\d:\d\d:\d\d' is not valid 'time'$`, ``, "a time of day"},
		{`^type /versionInfo/\w+: expected string, but got object$`, `^Environment/AirQualityMonitoring/`, "a typed value inside of a value"},
		{`^oneOf /ipAddress/0: valid against schemas at indexes 0 and 1$`, `^Device/Device/`, "either form of an address is right"},
		{`^enum /type: value must be "TrafficEnvironmentImpact"$`, `^Environment/TrafficEnvironmentImpactForecast/`, "the type of another model"},
		{`^enum /type: value must be "ResourceReportForecast"$`, `^OSLO/ResourceReportForecast/`, "an entity of another model"},
		{`^enum /type: value must be "BoatPlacesPricing"$`, `^Ports/BoatPlacesPricing/`, "a type that no model has, where the model is not forced"},
		{`^type /(alternateName|seeAlso): expected (string|array), but got object$`, `^TourismDestinations/TouristTrip/.*\.json$`, "concise form"},
		{`^type /description: expected string, but got array$`, `^TourismDestinations/TouristTrip/.*\.jsonld$`, "a list of instances"},
		{`^required : missing properties: 'id', 'type'$`, `^RiskManagement/Risk/`, "@id and @type are id and type"},
	}
	explained, resolver := map[string]int{}, builtinResolver()
	for example, faults := range refused(t) {
		text, err := os.ReadFile(filepath.Join(root, example))
		require.NoError(t, err)
		model, _, _ := strings.Cut(example, "/examples/")
		v, err := validate.New(validate.Options{Model: model, Resolver: resolver})
		require.NoError(t, err)
		list, _, err := v.File(t.Context(), example, bytes.NewReader(text))
		require.NoError(t, err)
		isFound := func(fault string) bool {
			place := compiled(`^\S+ (/[^/: ]*)?`).FindStringSubmatch(fault)[1]
			return slices.ContainsFunc(list, func(f finding.Finding) bool {
				return f.Code == finding.EntityJSON || f.Severity == finding.Error && strings.HasPrefix(f.Location.Pointer, place) && (place != "" || f.Location.Pointer == "")
			})
		}
		for _, fault := range faults {
			if isFound(fault) {
				continue
			}
			i := slices.IndexFunc(leeway, func(l struct{ fault, example, why string }) bool {
				return compiled(l.fault).MatchString(fault) && compiled(l.example).MatchString(example)
			})
			if i < 0 {
				t.Errorf("%s: %s is not found: %v", example, fault, list)
				continue
			}
			explained[leeway[i].why]++
		}
	}
	require.Len(t, explained, len(leeway), "%v", explained)
}

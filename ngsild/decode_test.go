package ngsild_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func decode(t *testing.T, text string) *ngsild.Entity {
	t.Helper()
	e, findings, err := ngsild.Decode([]byte(text))
	require.NoError(t, err)
	require.Empty(t, findings)
	return e
}

func line(e *ngsild.Entity, rep ngsild.Representation) string { return string(e.AppendJSON(nil, rep)) }

const normalizedText = `{
  "@context": ["https://example.org/c.jsonld", {"a": "https://example.org/a"}],
  "id": "urn:ngsi-ld:Building:1", "type": ["Building", "Asset"], "scope": ["/Paris/Energy", "/A"],
  "consumption": [
    {"type": "Property", "value": 15182280, "unitCode": "KWH", "observedAt": "2011-01-01T00:00:00Z",
     "energy": {"type": "Property", "value": "electricity", "deep": {"type": "Relationship", "object": "urn:a:b"}}},
    {"type": "Property", "value": 3000000000.10, "datasetId": "urn:ngsi-ld:Dataset:2"}],
  "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.35, 48.85]}},
  "isPartOf": {"type": "Relationship", "object": ["urn:ngsi-ld:C:1", "urn:ngsi-ld:C:2"], "objectType": "CodeCommune"},
  "name": {"type": "LanguageProperty", "languageMap": {"fr": "mairie \u00e9", "@none": ["x", "y"]}},
  "category": {"type": "VocabProperty", "vocab": "public"},
  "readings": {"type": "ListProperty", "valueList": [1, 2.0, 1e400], "unitCode": "MMT"},
  "route": {"type": "ListRelationship", "objectList": [{"object": "urn:a:1"}, {"object": "urn:a:2"}]},
  "raw": {"type": "JsonProperty", "json": {"id": null, "type": "x"}, "expiresAt": "2030-01-01T00:00:00.5Z"},
  "address": {"type": "Property", "value": {"street": "rue", "n": [1, {"x": null}]}, "createdAt": "2024-01-01T00:00:00Z", "instanceId": "urn:x:9"},
  "createdAt": "2024-01-01T00:00:00Z", "modifiedAt": "2024-01-02T00:00:00Z"
}`

func TestDecodeReadsTheWholeFamily(t *testing.T) {
	e := decode(t, normalizedText)
	require.Equal(t, "urn:ngsi-ld:Building:1", e.ID)
	require.Equal(t, []string{"Building", "Asset"}, e.Types)
	require.Equal(t, []string{"/Paris/Energy", "/A"}, e.Scopes)
	require.Equal(t, `["https://example.org/c.jsonld",{"a":"https://example.org/a"}]`, string(e.Context))
	require.Equal(t, "2024-01-02T00:00:00Z", e.ModifiedAt)
	kinds := make([]string, len(e.Attributes))
	for i, a := range e.Attributes {
		kinds[i] = a.Name + " " + a.Kind.String() + " " + string(a.Value)
	}
	require.Equal(t, []string{
		"consumption Property 15182280",
		"consumption Property 3000000000.10",
		`location GeoProperty {"type":"Point","coordinates":[2.35,48.85]}`,
		`isPartOf Relationship ["urn:ngsi-ld:C:1","urn:ngsi-ld:C:2"]`,
		`name LanguageProperty {"fr":"mairie \u00e9","@none":["x","y"]}`,
		`category VocabProperty "public"`,
		"readings ListProperty [1,2.0,1e400]",
		`route ListRelationship [{"object":"urn:a:1"},{"object":"urn:a:2"}]`,
		`raw JsonProperty {"id":null,"type":"x"}`,
		`address Property {"street":"rue","n":[1,{"x":null}]}`,
	}, kinds)
	first := e.Attributes[0]
	require.Equal(t, "KWH", first.UnitCode)
	require.Equal(t, "2011-01-01T00:00:00Z", first.ObservedAt)
	require.Equal(t, "energy", first.Attributes[0].Name)
	require.Equal(t, ngsild.Relationship, first.Attributes[0].Attributes[0].Kind)
	require.Equal(t, "urn:ngsi-ld:Dataset:2", e.Attributes[1].DatasetID)
	require.Equal(t, []string{"CodeCommune"}, e.Attributes[3].ObjectType)
	require.Equal(t, "2030-01-01T00:00:00.5Z", e.Attributes[8].ExpiresAt)
	require.Equal(t, "urn:x:9", e.Attributes[9].InstanceID)
	require.Empty(t, e.Check())
}

func TestRepresentationsOfOneEntity(t *testing.T) {
	e := decode(t, normalizedText)
	require.Equal(t, `{"id":"urn:ngsi-ld:Building:1","type":["Building","Asset"],"scope":["/Paris/Energy","/A"],`+
		`"consumption":[{"type":"Property","value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z",`+
		`"energy":{"type":"Property","value":"electricity","deep":{"type":"Relationship","object":"urn:a:b"}}},`+
		`{"type":"Property","value":3000000000.10,"datasetId":"urn:ngsi-ld:Dataset:2"}],`+
		`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.35,48.85]}},`+
		`"isPartOf":{"type":"Relationship","object":["urn:ngsi-ld:C:1","urn:ngsi-ld:C:2"],"objectType":"CodeCommune"},`+
		`"name":{"type":"LanguageProperty","languageMap":{"fr":"mairie \u00e9","@none":["x","y"]}},`+
		`"category":{"type":"VocabProperty","vocab":"public"},`+
		`"readings":{"type":"ListProperty","valueList":[1,2.0,1e400],"unitCode":"MMT"},`+
		`"route":{"type":"ListRelationship","objectList":[{"object":"urn:a:1"},{"object":"urn:a:2"}]},`+
		`"raw":{"type":"JsonProperty","json":{"id":null,"type":"x"},"expiresAt":"2030-01-01T00:00:00.5Z"},`+
		`"address":{"type":"Property","value":{"street":"rue","n":[1,{"x":null}]},"createdAt":"2024-01-01T00:00:00Z","instanceId":"urn:x:9"},`+
		`"createdAt":"2024-01-01T00:00:00Z","modifiedAt":"2024-01-02T00:00:00Z",`+
		`"@context":["https://example.org/c.jsonld",{"a":"https://example.org/a"}]}`, line(e, ngsild.Normalized))
	require.Equal(t, `{"id":"urn:ngsi-ld:Building:1","type":["Building","Asset"],"scope":["/Paris/Energy","/A"],`+
		`"consumption":[{"value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z",`+
		`"energy":{"value":"electricity","deep":{"object":"urn:a:b"}}},`+
		`{"value":3000000000.10,"datasetId":"urn:ngsi-ld:Dataset:2"}],`+
		`"location":{"type":"Point","coordinates":[2.35,48.85]},`+
		`"isPartOf":{"object":["urn:ngsi-ld:C:1","urn:ngsi-ld:C:2"],"objectType":"CodeCommune"},`+
		`"name":{"languageMap":{"fr":"mairie \u00e9","@none":["x","y"]}},`+
		`"category":{"vocab":"public"},`+
		`"readings":{"valueList":[1,2.0,1e400],"unitCode":"MMT"},`+
		`"route":{"objectList":["urn:a:1","urn:a:2"]},`+
		`"raw":{"json":{"id":null,"type":"x"},"expiresAt":"2030-01-01T00:00:00.5Z"},`+
		`"address":{"value":{"street":"rue","n":[1,{"x":null}]},"createdAt":"2024-01-01T00:00:00Z","instanceId":"urn:x:9"},`+
		`"createdAt":"2024-01-01T00:00:00Z","modifiedAt":"2024-01-02T00:00:00Z",`+
		`"@context":["https://example.org/c.jsonld",{"a":"https://example.org/a"}]}`, line(e, ngsild.Concise))
	require.Equal(t, `{"id":"urn:ngsi-ld:Building:1","type":["Building","Asset"],"scope":["/Paris/Energy","/A"],`+
		`"consumption":{"dataset":{"@none":15182280,"urn:ngsi-ld:Dataset:2":3000000000.10}},`+
		`"location":{"type":"Point","coordinates":[2.35,48.85]},`+
		`"isPartOf":["urn:ngsi-ld:C:1","urn:ngsi-ld:C:2"],`+
		`"name":{"languageMap":{"fr":"mairie \u00e9","@none":["x","y"]}},`+
		`"category":{"vocab":"public"},`+
		`"readings":[1,2.0,1e400],`+
		`"route":["urn:a:1","urn:a:2"],`+
		`"raw":{"json":{"id":null,"type":"x"}},`+
		`"address":{"street":"rue","n":[1,{"x":null}]},`+
		`"createdAt":"2024-01-01T00:00:00Z","modifiedAt":"2024-01-02T00:00:00Z",`+
		`"@context":["https://example.org/c.jsonld",{"a":"https://example.org/a"}]}`, line(e, ngsild.Simplified))
}

func TestConciseReadsBackAsTheSame(t *testing.T) {
	e := decode(t, normalizedText)
	back := decode(t, line(e, ngsild.Concise))
	require.True(t, ngsild.Equal(e, back))
}

func TestConciseKeepsPropertiesThatLookLikeSomethingElse(t *testing.T) {
	for _, value := range []string{
		`{"type":"Point","coordinates":[1,2]}`, `{"value":1}`, `[{"value":1}]`, `[{"datasetId":"urn:a:b"}]`, `[]`, `{}`, `[1,"x"]`,
		`{"object":"urn:a:b"}`, `"urn:ngsi-ld:null"`, `true`, `1e400`, `{"@type":"DateTime","@value":"2024-01-01T00:00:00Z"}`,
	} {
		e := &ngsild.Entity{ID: "urn:a:b", Types: []string{"T"}, Attributes: []ngsild.Attribute{{Name: "a", Kind: ngsild.Property, Value: jsontext.Value(value)}}}
		for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise} {
			back := decode(t, line(e, rep))
			require.Equal(t, e.Attributes, back.Attributes, "%s %s", rep, line(e, rep))
		}
	}
}

func TestDecodeReadsConciseForms(t *testing.T) {
	e := decode(t, `{"id":"urn:a:b","type":"T","scope":"/A","t":21.5,"s":"x","b":false,"l":[1,2],
		"u":{"value":5,"unitCode":"CEL"},"place":{"type":"Point","coordinates":[2,48]},
		"zone":{"value":{"type":"Point","coordinates":[2,48]},"observedAt":"2024-01-01T00:00:00Z"},
		"o":{"object":"urn:a:c"},"m":{"languageMap":{"fr":"x"}},"v":{"vocab":"w"},"j":{"json":[1]},"vl":{"valueList":[]},"ol":{"objectList":["urn:a:d"]},
		"d":{"@type":"DateTime","@value":"2024-01-01T00:00:00Z"},"two":[{"value":1},{"value":2,"datasetId":"urn:d:1"}],"sub":{"value":1,"by":"me"},
		"lone":[{"type":"Property","value":1}],"none":{"value":1,"datasetId":"@none"}}`)
	got := map[string]string{}
	for _, a := range e.Attributes {
		got[a.Name+a.DatasetID] = a.Kind.String() + " " + string(a.Value)
	}
	require.Equal(t, map[string]string{
		"t": "Property 21.5", "s": `Property "x"`, "b": "Property false", "l": "Property [1,2]", "u": "Property 5",
		"place": `GeoProperty {"type":"Point","coordinates":[2,48]}`, "zone": `GeoProperty {"type":"Point","coordinates":[2,48]}`,
		"o": `Relationship "urn:a:c"`, "m": `LanguageProperty {"fr":"x"}`, "v": `VocabProperty "w"`, "j": "JsonProperty [1]",
		"vl": "ListProperty []", "ol": `ListRelationship [{"object":"urn:a:d"}]`,
		"d":   `Property {"@type":"DateTime","@value":"2024-01-01T00:00:00Z"}`,
		"two": "Property 1", "twourn:d:1": "Property 2", "sub": "Property 1", "lone": "Property 1", "none": "Property 1",
	}, got)
}

func TestDecodeSimplified(t *testing.T) {
	text := `{"id":"urn:a:b","type":"T","n":3000000000,"s":"x","place":{"type":"Point","coordinates":[2,48]},
		"m":{"languageMap":{"fr":"x"}},"v":{"vocab":"w"},"j":{"json":{"a":null}},"o":"urn:a:c","plain":{"a":1},
		"list":["urn:a:d"],"multi":{"dataset":{"@none":1,"urn:d:1":2}}}`
	e, findings, err := ngsild.DecodeSimplified([]byte(text), nil)
	require.NoError(t, err)
	require.Empty(t, findings)
	kinds := map[string]ngsild.Kind{}
	for _, a := range e.Attributes {
		kinds[a.Name+a.DatasetID] = a.Kind
	}
	require.Equal(t, map[string]ngsild.Kind{
		"n": ngsild.Property, "s": ngsild.Property, "place": ngsild.GeoProperty, "m": ngsild.LanguageProperty, "v": ngsild.VocabProperty,
		"j": ngsild.JsonProperty, "o": ngsild.Property, "plain": ngsild.Property, "list": ngsild.Property, "multi": ngsild.Property, "multiurn:d:1": ngsild.Property,
	}, kinds)

	e, findings, err = ngsild.DecodeSimplified([]byte(text), func(name string) ngsild.Kind {
		return map[string]ngsild.Kind{"o": ngsild.Relationship, "list": ngsild.ListRelationship, "s": ngsild.VocabProperty}[name]
	})
	require.NoError(t, err)
	require.Empty(t, findings)
	var compact bytes.Buffer
	require.NoError(t, (func() error {
		v := jsontext.Value(text)
		err := v.Compact()
		compact.Write(v)
		return err
	})())
	require.Equal(t, strings.Replace(compact.String(), `"s":"x"`, `"s":{"vocab":"x"}`, 1), line(e, ngsild.Simplified))
	require.Equal(t, `[{"object":"urn:a:d"}]`, string(e.Attributes[8].Value))
}

func TestDecodeSimplifiedTellsADatasetFromAValue(t *testing.T) {
	for text, want := range map[string][]string{
		`{"dataset":{"@none":1,"urn:d:1":{"dataset":{"@none":2}}}}`: {"a  Property 1", `a urn:d:1 Property {"dataset":{"@none":2}}`},
		`{"dataset":{"urn:d:1":{"json":1}}}`:                        {"a urn:d:1 JsonProperty 1"},
		`{"dataset":{"first":1}}`:                                   {`a  Property {"dataset":{"first":1}}`},
		`{"dataset":{}}`:                                            {`a  Property {"dataset":{}}`},
		`{"dataset":5}`:                                             {`a  Property {"dataset":5}`},
	} {
		e, findings, err := ngsild.DecodeSimplified([]byte(`{"id":"urn:a:b","type":"T","a":`+text+`}`), nil)
		require.NoError(t, err)
		require.Empty(t, findings, text)
		require.Equal(t, want, values(e.Attributes, false), text)
	}
	_, findings, err := ngsild.DecodeSimplified([]byte(`{"id":"urn:a:b","type":"T","a":{"dataset":{"@none":1,"two":2}}}`), nil)
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Equal(t, finding.AttributeDataset, findings[0].Code)
}

// TestStructureFindings gives for each broken entity the findings it must
// make: code, line and pointer, then what the message must hold.
func TestStructureFindings(t *testing.T) {
	const head = `{"id":"urn:a:b","type":"T",` + "\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"no id":                 {`{"type":"T"}`, []string{"entity-id 1 : the entity has no id"}},
		"id is no URI":          {`{"id":"Building 1","type":"T"}`, []string{`entity-id 1 /id: the id "Building 1" is not a URI: ' ' is not allowed`}},
		"id without a scheme":   {`{"id":"Building1","type":"T"}`, []string{"it has no scheme"}},
		"id is a number":        {`{"id":5,"type":"T"}`, []string{"entity-id 1 /id: the id of an entity is a string, and this is a number"}},
		"id is null":            {`{"id":"urn:ngsi-ld:null","type":"T"}`, []string{"stands for null"}},
		"no type":               {`{"id":"urn:a:b"}`, []string{"entity-type 1 : the entity has no type"}},
		"type is a number":      {`{"id":"urn:a:b","type":[1]}`, []string{"entity-type 1 /type: the type of an entity is a string or an array"}},
		"type twice":            {`{"id":"urn:a:b","type":["T","T"]}`, []string{"entity-duplicate 1 /type/1"}},
		"type with a space":     {`{"id":"urn:a:b","type":"A B"}`, []string{"entity-type 1 /type: the type \"A B\" has white space"}},
		"id twice":              {`{"id":"urn:a:b","@id":"urn:a:b","type":"T"}`, []string{"entity-duplicate 1 /@id"}},
		"scope":                 {head + `"scope":["/A//B"]}`, []string{"entity-structure 2 /scope"}},
		"GeoJSON":               {`{"type":"FeatureCollection","features":[]}`, []string{"entity-structure 1 : this is GeoJSON"}},
		"null":                  {head + `"a":null}`, []string{"attribute-value 2 /a: null is no value"}},
		"null in a value":       {head + `"a":{"type":"Property",` + "\n" + `"value":null}}`, []string{"attribute-value 3 /a/value: null is no value"}},
		"no value":              {head + `"a":{"type":"Property"}}`, []string{`attribute-member 2 /a: the Property has no "value"`}},
		"object on a Property":  {head + `"a":{"type":"Property","object":"urn:a:b"}}`, []string{`attribute-member 2 /a/object: a Property has no "object"`}},
		"both value and object": {head + `"a":{"type":"Property","value":1,` + "\n" + `"object":"urn:a:b"}}`, []string{`attribute-member 3 /a/object: a Property has no "object"`}},
		"type of NGSI v2":       {head + `"a":{"type":"Text","value":"x"}}`, []string{`attribute-type 2 /a/type: "Text" is not a type of attribute|NGSI v2: in NGSI-LD write "type": "Property"`}},
		"geometry of NGSI v2":   {head + `"a":{"type":"geo:json","value":{"type":"Point","coordinates":[2,48]}}}`, []string{`attribute-type 2 /a/type: "geo:json" is not|write "type": "GeoProperty"`}},
		"metadata of NGSI v2":   {head + `"a":{"value":1,"metadata":{}}}`, []string{"attribute-member 2 /a/metadata: the attribute has no value|metadata is of NGSI v2"}},
		"misspelt type":         {head + `"a":{"type":"Proprety","value":1}}`, []string{`attribute-type 2 /a/type: "Proprety" is not a type of attribute|did you mean "Property"?`}},
		"a plain object":        {head + `"a":{"type":"PostalAddress","street":"x"}}`, []string{`attribute-type 2 /a/type: "PostalAddress"|"value": {"type"`}},
		"no member at all":      {head + `"a":{"x":1}}`, []string{"attribute-member 2 /a: the attribute has no value, object"}},
		"unitCode is a number":  {head + `"a":{"value":1,"unitCode":5}}`, []string{"attribute-unit 2 /a/unitCode: unitCode is a string, and this is a number"}},
		"unitCode is empty":     {head + `"a":{"value":1,"unitCode":""}}`, []string{"attribute-unit 2 /a/unitCode: unitCode is a string, and this is empty"}},
		"unknown unit":          {head + `"a":{"value":1,"unitCode":"kWh"}}`, []string{`attribute-unit 2 /a/unitCode: "kWh" is not a UN/CEFACT unit code|did you mean "KWH" (kilowatt hour)?`}},
		"unit of a place":       {head + `"a":{"type":"Relationship","object":"urn:a:b","unitCode":"KWH"}}`, []string{"attribute-member 2 /a/unitCode: a Relationship has no unitCode"}},
		"misspelt unitCode":     {head + `"a":{"value":1,"unitcode":"KWH"}}`, []string{`attribute-name 2 /a/unitcode: "unitcode" is read as a sub-attribute|did you mean "unitCode"?`}},
		"observedAt a date":     {head + `"a":{"value":1,"observedAt":"2024-01-01"}}`, []string{`attribute-time 2 /a/observedAt: observedAt "2024-01-01" is not a moment in UTC`}},
		"observedAt local":      {head + `"a":{"value":1,"observedAt":"2024-01-01T00:00:00+01:00"}}`, []string{"it has the offset +01:00"}},
		"observedAt no day":     {head + `"a":{"value":1,"observedAt":"2023-02-29T00:00:00Z"}}`, []string{"there is no day 29 in 2023-02"}},
		"observedAt a number":   {head + `"a":{"value":1,"observedAt":2024}}`, []string{"attribute-time 2 /a/observedAt: observedAt is a string"}},
		"createdAt":             {head + `"createdAt":"yesterday"}`, []string{"attribute-time 2 /createdAt"}},
		"datasetId":             {head + `"a":{"value":1,"datasetId":"two"}}`, []string{`attribute-dataset 2 /a/datasetId: the datasetId "two" is not a URI`}},
		"datasetId twice":       {head + `"a":[{"value":1,"datasetId":"urn:d:1"},` + "\n" + `{"value":2,"datasetId":"urn:d:1"}]}`, []string{`entity-duplicate 3 /a/1: "a" has two instances with the datasetId "urn:d:1"`}},
		"two default instances": {head + `"a":[{"value":1},{"value":2}]}`, []string{`entity-duplicate 2 /a/1: "a" has two instances without a datasetId`}},
		"member twice":          {head + `"a":1,` + "\n" + `"a":2}`, []string{`json-duplicate-key 3 /a: "a" stands twice`}},
		"member twice inside":   {head + `"a":{"value":{"x":1,"x":2}}}`, []string{`json-duplicate-key 2 /a/value/x: "x" stands twice`}},
		"object is no URI":      {head + `"a":{"object":["urn:a:b","x y"]}}`, []string{`attribute-object 2 /a/object/1: the object "x y" is not a URI`}},
		"object is a number":    {head + `"a":{"object":5}}`, []string{"attribute-object 2 /a/object: the object of a Relationship is a URI or an array of URIs, and this is a number"}},
		"object is an object":   {head + `"a":{"object":{"id":"urn:a:b"}}}`, []string{"and this is an object"}},
		"no objects":            {head + `"a":{"object":[]}}`, []string{"this array is empty"}},
		"objectList":            {head + `"a":{"objectList":[{"id":1}]}}`, []string{"attribute-object 2 /a/objectList/0"}},
		"languageMap":           {head + `"a":{"languageMap":"x"}}`, []string{"a languageMap is an object, and this is a string"}},
		"language tag":          {head + `"a":{"languageMap":{"fr_FR":"x","de":5}}}`, []string{`attribute-value 2 /a/languageMap/fr_FR: "fr_FR" is not a language tag`, "attribute-value 2 /a/languageMap/de"}},
		"vocab":                 {head + `"a":{"vocab":5}}`, []string{"attribute-value 2 /a/vocab"}},
		"an empty vocab":        {head + `"a":{"vocab":["x",""]}}`, []string{"attribute-value 2 /a/vocab/1: the vocab of a VocabProperty is a string or an array of strings, and this is empty"}},
		"an empty languageMap":  {head + `"a":{"languageMap":{ }}}`, []string{"attribute-value 2 /a/languageMap: the languageMap is empty"}},
		"instanceId":            {head + `"a":{"value":1,"instanceId":"x"}}`, []string{`attribute-dataset 2 /a/instanceId: the instanceId "x" is not a URI`}},
		"objectType":            {head + `"a":{"object":"urn:a:c","objectType":"A B"}}`, []string{`attribute-member 2 /a/objectType: the objectType "A B" has white space`}},
		"no scopes":             {head + `"scope":[]}`, []string{"entity-structure 2 /scope: the array of scopes is empty"}},
		"scope twice":           {head + `"scope":["/A",` + "\n" + `"/A"]}`, []string{`entity-duplicate 3 /scope/1: the scope "/A" stands twice`}},
		"@context inside":       {head + `"a":{"value":1,"@context":{}}}`, []string{"attribute-member 2 /a/@context: an @context stands in the entity"}},
		"an empty name":         {head + `"":1}`, []string{`attribute-name 2 /: the name "" of an attribute is empty`}},
		"id in capitals":        {`{"ID":"urn:a:b","type":"T"}`, []string{`entity-id 1 : the entity has no id|did you mean "id" by "ID"?`}},
		"type in capitals":      {`{"id":"urn:a:b","Type":"T"}`, []string{`entity-type 1 : the entity has no type|did you mean "type" by "Type"?`}},
		"a typed DateTime":      {head + `"a":{"value":{"@type":"DateTime","@value":"yesterday"}}}`, []string{`attribute-time 2 /a/value/@value: the DateTime "yesterday" is none: it is not written`}},
		"a local DateTime":      {head + `"a":{"value":{"@type":"https://uri.etsi.org/ngsi-ld/DateTime",` + "\n" + `"@value":"2024-01-01T00:00:00"}}}`, []string{`attribute-time 3 /a/value/@value`}},
		"a typed Date":          {head + `"a":{"value":{"@type":"Date","@value":"2024-02-30"}}}`, []string{`there is no day 30 in 2024-02`}},
		"a typed Time":          {head + `"a":{"value":{"@type":"Time","@value":"25:00:00Z"}}}`, []string{`there is no time 25:00:00`}},
		"a typed number":        {head + `"a":{"value":{"@type":"DateTime","@value":5}}}`, []string{`attribute-time 2 /a/value/@value: a DateTime is a string, and this is a number`}},
		"a typed null":          {head + `"a":{"value":{"@type":"DateTime","@value":null}}}`, []string{`attribute-value 2 /a/value/@value: null is no value`}},
		"valueList":             {head + `"a":{"valueList":5}}`, []string{"attribute-value 2 /a/valueList: a valueList is an array"}},
		"name with a space":     {head + `"a b":1}`, []string{`attribute-name 2 /a b: the name "a b" of an attribute has white space`}},
		"a reserved name":       {head + `"value":1}`, []string{`attribute-name 2 /value: "value" is a word of the API`}},
		"a keyword":             {head + `"@graph":1}`, []string{"starts with @"}},
		"name with a slash":     {head + `"a/b":1}`, []string{"attribute-name 2 /a~1b"}},
		"location":              {head + `"location":{"type":"Property","value":"Paris"}}`, []string{`attribute-type 2 /location: "location" is a GeoProperty, not a Property`}},
		"geometry type":         {head + `"location":{"type":"GeoProperty","value":{"type":"Circle","coordinates":[1,2]}}}`, []string{`attribute-geometry 2 /location/value/type: "Circle" is no geometry`}},
		"geometry collection":   {head + `"location":{"type":"GeometryCollection","geometries":[]}}`, []string{`attribute-geometry 2 /location/type: "GeometryCollection" is no geometry of NGSI-LD`}},
		"position as text":      {head + `"location":{"type":"Point","coordinates":["2.35","48.85"]}}`, []string{"attribute-geometry 2 /location/coordinates/0: a position of the Point has numbers, and this is a string"}},
		"position of one":       {head + `"location":{"type":"Point","coordinates":[2.35]}}`, []string{"has 1 numbers"}},
		"swapped":               {head + `"location":{"type":"Point","coordinates":[48.85, 162.35]}}`, []string{"attribute-geometry 2 /location/coordinates: the positions of the Point read as latitude and longitude the wrong way round"}},
		"Lambert 93":            {head + `"location":{"type":"Point","coordinates":[652000, 6862000]}}`, []string{"is not on Earth"}},
		"open ring":             {head + `"location":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}}`, []string{"attribute-geometry 2 /location/coordinates/0: a ring of the Polygon is not closed"}},
		"small ring":            {head + `"location":{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}}`, []string{"has 3 positions"}},
		"line of one":           {head + `"location":{"type":"LineString","coordinates":[[0,0]]}}`, []string{"has one position"}},
		"too shallow":           {head + `"location":{"type":"Polygon","coordinates":[[0,0],[1,0],[1,1],[0,0]]}}`, []string{"the coordinates of a Polygon have an array here"}},
		"too deep":              {head + `"location":{"type":"Point","coordinates":[[2,48]]}}`, []string{"a position of the Point has numbers, and this is an array"}},
		"no coordinates":        {head + `"location":{"type":"GeoProperty","value":{"type":"Point"}}}`, []string{"the Point has no coordinates"}},
		"a string as geometry":  {head + `"location":{"type":"GeoProperty","value":"48.85, 2.35"}}`, []string{"and this is a string"}},
		"bad instance":          {head + `"a":[{"type":"Property","value":1},` + "\n" + `{"type":"Property","datasetId":"urn:d:1"},` + "\n" + `{"value":1,"datasetId":"x"}]}`, []string{"attribute-member 3 /a/1", "attribute-dataset 4 /a/2/datasetId"}},
		"in a sub-attribute":    {head + `"a":{"value":1,` + "\n" + `"b":{"value":2,` + "\n" + `"observedAt":"x"}}}`, []string{"attribute-time 4 /a/b/observedAt"}},
		"a lone instance":       {head + `"a":[{"value":1,"datasetId":"x"}]}`, []string{"attribute-dataset 2 /a/0/datasetId"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, findings, err := ngsild.Decode([]byte(test.text))
			require.NoError(t, err)
			texts := make([]string, len(findings))
			for i, f := range findings {
				texts[i] = string(f.Code) + " " + itoa(f.Location.Line) + " " + f.Location.Pointer + ": " + f.Message + "|" + f.Hint
			}
			require.Len(t, findings, len(test.want), "%q", texts)
			for i, want := range test.want {
				for part := range strings.SplitSeq(want, "|") {
					require.Contains(t, texts[i], part)
				}
				require.NotEmpty(t, findings[i].Hint, "a hint how to mend it")
			}
		})
	}
}

func itoa(n int) string { return string(jsontext.Int(int64(n)).String()) }

func TestCheckFindsInBuiltEntitiesWhatDecodeFindsInText(t *testing.T) {
	e := &ngsild.Entity{ID: "x", Attributes: []ngsild.Attribute{
		{Name: "a", Kind: ngsild.Property, Value: jsontext.Value("{")},
		{Name: "b", Kind: ngsild.Property},
		{Name: "c", Value: jsontext.Value("1")},
		{Name: "a", Kind: ngsild.Property, Value: jsontext.Value(" null ")},
		{Name: "d", Kind: ngsild.Relationship, Value: jsontext.Value(`"x"`)},
	}}
	var got []string
	for _, f := range e.Check() {
		require.Equal(t, "x", f.Location.Entity)
		got = append(got, string(f.Code)+" "+f.Location.Pointer)
	}
	require.Equal(t, []string{"entity-id /id", "entity-type /type", "attribute-value /a/value", "attribute-member /b", "attribute-type /c",
		"entity-duplicate /a", "attribute-value /a/value", "attribute-object /d/object"}, got)
}

func TestDecodeSaysWhereTextIsNotJSON(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "line 1, character 1: there is no JSON here",
		"[1]":                        "line 1, character 1: an entity is a JSON object, and this is an array",
		"{\n\"id\": 'x'}":            "line 2, character 7: this is not JSON: a string stands in single quotes",
		"{\"é\": 1,\n  \"a\": 1,\n}": "line 3, character 1: this is not JSON: a comma before '}'",
		"{\"a\": NaN}":               "this is not JSON: it has no NaN",
		"{\"a\": 1":                  "line 1, character 8: the JSON ends too early",
		"{} {}":                      "something follows the entity",
		"{\"a\": \"\xff\"}":          "the text is not UTF-8",
		"{\"a\": 1 // one\n}":        "it has no comments",
		"{\"a\": 01}":                "this is not JSON",
		"PK\x03\x04\x14\x00":         "line 1, character 1: this is not JSON, but a workbook or an archive (zip)",
		"\x1f\x8b\x08\x00":           "line 1, character 1: this is not JSON, but a packed file (gzip)",
		strings.Repeat("[", 100000):  "deep in one another",
	} {
		_, _, err := ngsild.Decode([]byte(text))
		var syntax *ngsild.SyntaxError
		require.ErrorAs(t, err, &syntax, text)
		require.Contains(t, err.Error(), want, text)
		require.Equal(t, finding.EntityJSON, syntax.Finding().Code)
	}
}

func TestDecodeSharesNoMemoryWithItsInput(t *testing.T) {
	text := []byte(`{"id":"urn:a:b","type":"T","a":{"value":[1,2],"unitCode":"KWH"}}`)
	e, _, err := ngsild.Decode(text)
	require.NoError(t, err)
	for i := range text {
		text[i] = 'x'
	}
	require.Equal(t, `{"id":"urn:a:b","type":"T","a":{"type":"Property","value":[1,2],"unitCode":"KWH"}}`, line(e, ngsild.Normalized))
}

func TestDecodeBoundsItsFindings(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"id":"urn:a:b","type":"T","a":[`)
	for range 10000 {
		b.WriteString(`{"value":1,"observedAt":"x","datasetId":"y"},`)
	}
	b.WriteString(`1]}`)
	_, findings, err := ngsild.Decode([]byte(b.String()))
	require.NoError(t, err)
	require.Len(t, findings, 100)
}

func TestDecodeBoundsTheDepthOfSubAttributes(t *testing.T) {
	text := `{"id":"urn:a:b","type":"T","a":` + strings.Repeat(`{"value":1,"b":`, 400) + "1" + strings.Repeat("}", 401)
	_, findings, err := ngsild.Decode([]byte(text))
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].Message, "deep in one another")
}

func TestDecodeRefusesBottomlessNesting(t *testing.T) {
	text := "{\"id\":\"urn:a:b\",\n\"a\":" + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}"
	_, _, err := ngsild.Decode([]byte(text))
	require.EqualError(t, err, "line 2, character 504: arrays and objects stand more than 500 deep in one another")
}

func TestDecodeTakesItsTimeInProportion(t *testing.T) {
	// Many attributes and instances, one member twice: each made a loop over all.
	var b strings.Builder
	b.WriteString(`{"id":"urn:a:b","type":"T","x":1,"x":2,"y":[`)
	for i := range 20000 {
		b.WriteString(`{"value":1,"datasetId":"urn:d:` + itoa(i) + `"},`)
	}
	b.WriteString(`{"value":1}]`)
	for i := range 20000 {
		b.WriteString(`,"a` + itoa(i) + `":1`)
	}
	b.WriteString("}")
	e, findings, err := ngsild.Decode([]byte(b.String()))
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Len(t, e.Attributes, 40002)
	back, _, err := ngsild.Decode(e.AppendJSON(nil, ngsild.Concise))
	require.NoError(t, err)
	slices.Reverse(back.Attributes)
	require.True(t, ngsild.Equal(e, back))
}

func TestDetectRepresentation(t *testing.T) {
	for text, want := range map[string]ngsild.Representation{
		normalizedText:                      ngsild.Normalized,
		`{"id":"urn:a:b","type":"T","a":5}`: ngsild.Simplified,
		`{"id":"urn:a:b","type":"T","a":5,"b":{"value":1,"unitCode":"KWH"}}`:                 ngsild.Concise,
		`{"id":"urn:a:b","type":"T","a":5,"b":{"object":"urn:a:c"}}`:                         ngsild.Concise,
		`{"id":"urn:a:b","type":"T","address":{"type":"PostalAddress","street":"x"}}`:        ngsild.Simplified,
		`{"id":"urn:a:b","type":"T","location":{"type":"Point","coordinates":[1,2]},"a":[]}`: ngsild.Simplified,
		`{"id":"urn:a:b","type":"T","a":{"type":"Proprety","value":1}}`:                      ngsild.Normalized,
		`{"id":"urn:a:b","type":"T","a":[{"type":"Property","value":1}]}`:                    ngsild.Normalized,
		`{"id":"urn:a:b","type":"T","a":{"languageMap":{"fr":"x"}}}`:                         ngsild.Simplified,
		`{"id":"urn:a:b","type":"T","a":{"vocab":"x","observedAt":"2024-01-01T00:00:00Z"}}`:  ngsild.Concise,
		`{"@context":{"a":{"@id":"urn:a:b","value":"x"}},"id":"urn:a:b","type":"T","a":"x"}`: ngsild.Simplified,
	} {
		require.Equal(t, want, ngsild.DetectRepresentation([]byte(text)), text)
	}
}

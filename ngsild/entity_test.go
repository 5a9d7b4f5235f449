package ngsild_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

// typical is an entity of about 900 bytes, as a mapping makes it.
func typical() *ngsild.Entity {
	at := "2011-01-01T00:00:00Z"
	return &ngsild.Entity{
		Context: jsontext.Value(`["https://example.org/context/paris-energy.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"]`),
		ID:      "urn:ngsi-ld:ConsommationEnergieIris:751010101:2011:electricity:ENT:UNKNOWN",
		Types:   []string{"ConsommationEnergieIris"},
		Attributes: []ngsild.Attribute{
			{Name: "consommationEnergie", Kind: ngsild.Property, Value: jsontext.Value("15182280"), UnitCode: "KWH", ObservedAt: at,
				Attributes: []ngsild.Attribute{{Name: "typeEnergie", Kind: ngsild.Property, Value: jsontext.Value(`"electricity"`)}}},
			{Name: "consommationMoyenne", Kind: ngsild.Property, Value: jsontext.Value("240988.571428571"), UnitCode: "KWH", ObservedAt: at},
			{Name: "nbSites", Kind: ngsild.Property, Value: jsontext.Value("63")},
			{Name: "codeCatConso", Kind: ngsild.Property, Value: jsontext.Value(`"ENT"`)},
			{Name: "location", Kind: ngsild.GeoProperty, Value: jsontext.Value(`{"type":"Point","coordinates":[2.3364,48.8625]}`)},
			{Name: "isLocatedAt", Kind: ngsild.Relationship, Value: jsontext.Value(`"urn:ngsi-ld:Iris:751010101"`)},
			{Name: "isPartOf", Kind: ngsild.Relationship, Value: jsontext.Value(`"urn:ngsi-ld:CodeCommune:75101"`)},
			{Name: "concerneActivite", Kind: ngsild.Relationship, Value: jsontext.Value(`"urn:ngsi-ld:DivisionNaf:UNKNOWN"`)},
		},
	}
}

func TestAppendJSONAllocatesNothing(t *testing.T) {
	e := typical()
	dst := make([]byte, 0, 4096)
	for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise, ngsild.Simplified} {
		require.Zero(t, testing.AllocsPerRun(100, func() { dst = e.AppendJSON(dst[:0], rep) }), rep)
	}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if e.Check() != nil {
			t.Fatal("a legal entity")
		}
	}), 12.0, "Check allocates for its findings, and a little for the geometry")
	other := typical()
	other.Attributes[0].Value = jsontext.Value("15182280.0")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if !ngsild.Equal(e, other) {
			t.Fatal("equal entities")
		}
	}), "Equal")
}

func TestAppendJSONWritesOneLineOfValidJSON(t *testing.T) {
	e := typical()
	e.Attributes[0].Value = jsontext.Value("{\n \"a\": \"b c\\n\"\r\n}")
	e.Attributes[1].Name = "étage \"2\"\n\xff"
	for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise, ngsild.Simplified} {
		text := e.AppendJSON([]byte("before"), rep)[len("before"):]
		require.True(t, json.Valid(text), "%s", text)
		require.NotContains(t, string(text), "\n")
		require.NotContains(t, string(text), "\r")
	}
	require.Equal(t, `{"id":"","type":[]}`, string((&ngsild.Entity{}).AppendJSON(nil, ngsild.Normalized)))
}

func TestAttributeAppendJSON(t *testing.T) {
	a := typical().Attributes[0]
	require.Equal(t, `{"type":"Property","value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z","typeEnergie":{"type":"Property","value":"electricity"}}`,
		string(a.AppendJSON(nil, ngsild.Normalized)))
	require.Equal(t, `{"value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z","typeEnergie":"electricity"}`, string(a.AppendJSON(nil, ngsild.Concise)))
	require.Equal(t, `15182280`, string(a.AppendJSON(nil, ngsild.Simplified)))
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		normalizedText, string(typical().AppendJSON(nil, ngsild.Normalized)), string(typical().AppendJSON(nil, ngsild.Concise)),
		`{"id":"urn:a:b","type":"T","a":[{"value":1},{"value":2,"datasetId":"urn:d:1"}],"b":{"type":"Point","coordinates":[1,2]}}`,
		`{"id":"urn:a:b","type":"T","a":{"type":"ListRelationship","objectList":["urn:a:b",{"object":"urn:a:c","x":1}]}}`,
		`{"id":"urn:a:b","type":"T","a":{"value":{"type":"Point","coordinates":[]}},"b":{"type":"Property","value":{"type":"Point","coordinates":[]}}}`,
		`{"id":"urn:a:b","type":"T","a":1,"a":2,"\u0061":3,"b":{"@value":1},"":1,"/":null}`,
		`{"a":[[]],"b":{"languageMap":{}},"c":{"dataset":{"@none":null}},"d":{"json":{"json":1}}}`, "{", "[]", `{"type":[]}`,
		`{"id":"urn:a:b","type":"T","a":{"type":"Property","values":[[1,"2026-01-31T12:00:00Z"],[2],5,[null,"x"]]},"b":[{"type":"Relationship","objects":[["x","y"]]},1]}`,
		`{"id":"urn:a:b","type":"T","a":[{"value":1,"observedAt":"2026-01-31T12:00:00Z"},{"value":1,"observedAt":"2026-01-31T12:00:00Z","b":[{"value":1},{"value":2}]}],"c":{"type":"Property","max":[[1,"x",2]],"min":3}}`,
		`{"id":"urn:a:b","type":"T","a":{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[1]]],"value":1}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, _ = ngsild.DecodeSimplified(data, nil)
		_, _, _ = ngsild.DecodeSimplified(data, func(name string) ngsild.Kind { return ngsild.Kind(len(name) % 9) })
		_, temporal, err := ngsild.DecodeTemporal(data)
		for _, f := range temporal {
			require.Positive(t, f.Location.Char)
			require.NotEmpty(t, f.Message)
		}
		if err == nil {
			ngsild.IsTemporal(data)
		}
		e, findings, err := ngsild.Decode(data)
		if err != nil {
			var syntax *ngsild.SyntaxError
			require.ErrorAs(t, err, &syntax)
			return
		}
		ngsild.DetectRepresentation(data)
		require.True(t, ngsild.Equal(e, e))
		for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise, ngsild.Simplified} {
			text := e.AppendJSON(nil, rep)
			require.True(t, jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)), "%s", text)
			if rep == ngsild.Simplified || len(findings) > 0 {
				continue
			}
			back, again, err := ngsild.Decode(text)
			require.NoError(t, err)
			require.Empty(t, again, "%s", text)
			require.True(t, ngsild.Equal(e, back), "%s\n%s", data, text)
			require.Empty(t, e.Check())
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	e := typical()
	dst := e.AppendJSON(nil, ngsild.Normalized)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		dst = e.AppendJSON(dst[:0], ngsild.Normalized)
	}
}

func BenchmarkDecode(b *testing.B) {
	text := typical().AppendJSON(nil, ngsild.Normalized)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, findings, err := ngsild.Decode(text); err != nil || findings != nil {
			b.Fatal(findings, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	e := typical()
	b.ReportAllocs()
	for b.Loop() {
		e.Check()
	}
}

func BenchmarkEqual(b *testing.B) {
	e, other := typical(), typical()
	other.Attributes[0].Value = jsontext.Value("15182280.0")
	b.ReportAllocs()
	for b.Loop() {
		ngsild.Equal(e, other)
	}
}

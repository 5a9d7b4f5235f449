package jsonld

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestNQuadsKeepWhatValuesSay(t *testing.T) {
	r := NewResolver()
	doc := func(value string) []byte {
		return []byte(`{"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": ` + value + `}, "@context": "` + CoreURL + `"}`)
	}
	for value, want := range map[string]string{
		`15182280`:                       `"15182280"^^<http://www.w3.org/2001/XMLSchema#integer>`,
		`3000000000`:                     `"3000000000"^^<http://www.w3.org/2001/XMLSchema#integer>`,
		`1.0`:                            `"1"^^<http://www.w3.org/2001/XMLSchema#integer>`,
		`0.1`:                            `"1.0E-1"^^<http://www.w3.org/2001/XMLSchema#double>`,
		`15182.28`:                       `"1.518228E4"^^<http://www.w3.org/2001/XMLSchema#double>`,
		`1e400`:                          `"1e400"^^<http://www.w3.org/2001/XMLSchema#double>`,
		`true`:                           `"true"^^<http://www.w3.org/2001/XMLSchema#boolean>`,
		`"l'été \"2\""`:                  `"l'été \"2\""`,
		`9007199254740993`:               `"9007199254740993"^^<http://www.w3.org/2001/XMLSchema#integer>`,
		`123456789012345678901234567890`: `"123456789012345678901234567890"^^<http://www.w3.org/2001/XMLSchema#integer>`,
	} {
		quads, err := r.NQuads(context.Background(), doc(value), nil)
		require.NoError(t, err)
		require.Contains(t, string(quads), "<"+NGSILD+"hasValue> "+want+" .\n")
		again, err := r.NQuads(context.Background(), doc(value), nil)
		require.NoError(t, err)
		require.Equal(t, string(quads), string(again), "in one order")
	}
	for value, want := range map[string]string{
		`{"b": 1, "a": [1, 0.5, "<é>"]}`: `{\"a\":[1,0.5,\"<é>\"],\"b\":1}`,
		`[1, null, {"x": true}]`:         `[1,null,{\"x\":true}]`,
		`[]`:                             `[]`,
		`"text"`:                         `\"text\"`,
		`7`:                              `7`,
		`null`:                           `null`,
		`[123456789012345678901]`:        `[123456789012345678901]`,
		`"\"^^<urn:x-ldt:json> ."`:       `\"\\\"^^<urn:x-ldt:json> .\"`,
	} {
		quads, err := r.NQuads(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "a": {"type": "JsonProperty", "json": `+value+`}}`), nil)
		require.NoError(t, err)
		require.Contains(t, string(quads), `"`+want+`"^^<`+rdfJSON+`>`, value)
	}
}

func TestExpandDocumentIsPlainJSONLDOfWhatIsSent(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://example.org/all.jsonld", `["https://example.org/one.jsonld", {"two": {"@id": "ex:two", "@type": "@id"}}]`,
		"https://example.org/one.jsonld", `{"ex": "https://example.org/#", "one": "ex:one", "location": "ex:place"}`,
	)))
	for _, ldctx := range []string{`"https://example.org/all.jsonld"`, `["` + CoreURL + `", "https://example.org/all.jsonld"]`,
		`{"one": "https://example.org/other"}`, `[]`} {
		c := resolve(t, r, ldctx)
		for _, processed := range [][]byte{c.JSON(), c.Inline()} {
			doc := []byte(`{"@context": ` + string(processed) + `, "id": "urn:x:1", "type": ["T", "one"],
				"one": {"type": "Property", "value": 15182280, "observedAt": "2011-01-01T00:00:00Z", "unitCode": "KWH"},
				"two": {"type": "Relationship", "object": "urn:x:2"},
				"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [2.30, 48.8]}}}`)
			plainDoc, err := decodeDocument(doc)
			require.NoError(t, err)
			plain, err := ld.NewJsonLdProcessor().Expand(plainDoc, r.options())
			require.NoError(t, err)
			want, err := encode(plain)
			require.NoError(t, err)

			got, err := r.ExpandDocument(context.Background(), doc, nil)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
			got, err = r.ExpandDocument(context.Background(), doc, c)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
			require.Contains(t, string(got), "15182280")
			require.Contains(t, string(got), "2.30", "numbers stay as they are written")
		}
	}
}

func TestExpandDocumentTakesArraysWithAContextEach(t *testing.T) {
	out, err := NewResolver().ExpandDocument(context.Background(), []byte(` [
		{"id": "urn:x:1", "type": "T", "a": 1, "@context": {"a": "https://example.org/1"}},
		{"id": "urn:x:2", "type": "T", "a": 2, "@context": {"a": "https://example.org/2"}}]`), nil)
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"@id": "urn:x:1", "@type": ["`+DefaultVocabulary+`T"], "https://example.org/1": [{"@value": 1}]},
		{"@id": "urn:x:2", "@type": ["`+DefaultVocabulary+`T"], "https://example.org/2": [{"@value": 2}]}]`, string(out))
	out, err = NewResolver().ExpandDocument(context.Background(), []byte(`[]`), nil)
	require.NoError(t, err)
	require.Equal(t, `[]`, string(out))
}

func TestExpandDocumentSaysWhatIsWrong(t *testing.T) {
	r := NewResolver()
	for doc, want := range map[string]string{
		``:                            "not JSON",
		`{"id": `:                     "not JSON",
		`[{"id": ]`:                   "not JSON",
		`{} {}`:                       "something follows",
		`7`:                           "a number where an entity belongs",
		`[7]`:                         "a number where an entity belongs",
		`{"id": 7}`:                   "invalid @id value",
		`{"@context": {"a": 7}}`:      "not a legal @context",
		`{"@context": "/etc/passwd"}`: "may not have files opened",
		`{"a": {"@context": "https://nowhere.example/x", "b": 1}}`: "",
	} {
		_, err := r.ExpandDocument(context.Background(), []byte(doc), nil)
		if want == "" {
			require.NoError(t, err, doc)
			continue
		}
		require.ErrorContains(t, err, want, doc)
		require.ErrorContains(t, err, "expand the document: ")
		_, err = r.NQuads(context.Background(), []byte(doc), nil)
		require.ErrorContains(t, err, want, doc)
		require.ErrorContains(t, err, "write N-Quads: ")
	}
	_, err := r.ExpandDocument(context.Background(), []byte(`{"@context": {"a": 7}}`), nil)
	var list finding.List
	require.ErrorAs(t, err, &list)
}

func TestCoreWithARemoteContextInsideFetchesNothing(t *testing.T) {
	r := NewResolver(WithCore(coreURLOf("1.9")))
	out, err := r.ExpandDocument(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "ngsildproof": {"type": "Property", "value": {
		"type": "DataIntegrityProof", "entityIdSealed": "x", "entityTypeSealed": "T", "proofPurpose": "assertionMethod", "proofValue": "z4"}}}`), nil)
	require.NoError(t, err)
	for _, want := range []string{NGSILD + "entityIdSealed", security + "DataIntegrityProof", security + "proofValue", security + "multibase", security + "assertionMethod"} {
		require.Contains(t, string(out), want)
	}
}

func TestContextOfGivesTheLastContextAsItStands(t *testing.T) {
	for doc, want := range map[string]string{
		`{"id": "x", "@context":  ["https://e.org/", {"a": 1.50}] }`:     `["https://e.org/", {"a": 1.50}]`,
		`{"@context": "a", "v": {"@context": "inner"}, "@context": "b"}`: `"b"`,
		`{"\u0040context": null}`:                                        `null`,
		`{"id": "x"}`:                                                    ``,
		` {} `:                                                           ``,
	} {
		got, err := ContextOf([]byte(doc))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	for _, doc := range []string{``, `[]`, `7`, `{`, `{"a" 1}`, `{"a": }`, `nonsense`, `{"a": 1`} {
		_, err := ContextOf([]byte(doc))
		require.ErrorContains(t, err, "read the @context", doc)
	}
}

func entityText(i int) []byte {
	return fmt.Appendf(nil, `{"id":"urn:ngsi-ld:ConsommationEnergieIris:%d","type":"ConsommationEnergieIris","consommationEnergie":{"type":"Property","value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z","typeEnergie":{"type":"Property","value":"electricity"}},"nbSites":{"type":"Property","value":63},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.3522,48.8566]}},"isLocatedAt":{"type":"Relationship","object":"urn:ngsi-ld:Iris:751010101"}}`, i)
}

// BenchmarkExpandDocument shows what reuse of a compiled @context is worth.
func BenchmarkExpandDocument(b *testing.B) {
	r := NewResolver()
	c := resolve(b, r, `{"ex": "https://example.org/", "consommationEnergie": "ex:c", "nbSites": "ex:n"}`)
	b.Run("compiled", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if _, err := r.ExpandDocument(context.Background(), entityText(i), c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			doc := bytes.Replace(entityText(i), []byte(`{"id"`), []byte(`{"@context":`+string(c.JSON())+`,"id"`), 1)
			if _, err := r.ExpandDocument(context.Background(), doc, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain json-gold", func(b *testing.B) {
		b.ReportAllocs()
		var ldctx any
		if err := json.Unmarshal(c.JSON(), &ldctx); err != nil {
			b.Fatal(err)
		}
		for i := range b.N {
			doc, err := decodeDocument(entityText(i))
			if err != nil {
				b.Fatal(err)
			}
			doc.(map[string]any)["@context"] = ldctx
			if _, err := ld.NewJsonLdProcessor().Expand(doc, r.options()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkExpandName(b *testing.B) {
	c := resolve(b, NewResolver(), `{"ex": "https://example.org/", "nbSites": "ex:n"}`)
	for _, name := range []string{"nbSites", "ex:other", "unheardOf"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if iri, _ := c.Expand(name); iri == "" {
					b.Fatal(name)
				}
			}
		})
	}
}

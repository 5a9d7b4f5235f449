package jsonldtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// Context is an @context whose terms RandomEntity uses: plain, coerced and shared
// terms, prefixes, a term for a Relationship, a null term, and one that the core has too.
const Context = `{
 "ex": "https://example.org/ns#",
 "name": "ex:name", "label": "ex:name", "Building": "ex:Building",
 "partOf": {"@id": "ex:partOf", "@type": "@id"},
 "seen": {"@id": "ex:seen", "@type": "http://www.w3.org/2001/XMLSchema#date"},
 "steps": {"@id": "ex:steps", "@container": "@list"},
 "raw": {"@id": "ex:raw", "@type": "@json"},
 "said": {"@id": "ex:said", "@container": "@language"},
 "gone": null,
 "location": "https://example.org/ns#place"
}`

var (
	attributeNames = []string{"name", "label", "partOf", "seen", "height", "ex:width", "https://example.org/ns#depth",
		"location", "observationSpace", "é", "gone", "nope:x", "temperature"}
	typeNames   = []string{"Building", "ex:House", "Iris", "https://example.org/ns#Flat", "Property"}
	memberNames = []string{"name", "label", "type", "id", "value", "object", "seen", "steps", "raw", "said", "coordinates",
		"observedAt", "unitCode", "gone", "a b", "nope:x", "deep", "@value", "languageMap", "json"}
	scalars = []string{`0`, `1.0`, `15182280`, `3000000000`, `0.1`, `-1.5e-7`, `123456789012345678901234567890`, `true`, `false`, `null`,
		`""`, `"electricity"`, `"Saint-Germain l'Auxerrois <1> & \"2\""`, `"été\u2028"`, `"urn:ngsi-ld:X:1"`, `"ex:thing"`, `"name"`, `"2024-01-01T00:00:00Z"`}
	geometries = []string{
		`{"type":"Point","coordinates":[2.3522,48.8566]}`,
		`{"type":"LineString","coordinates":[[2.3,48.8],[2.4,48.9]]}`,
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`,
		`{"coordinates":[1.50,-2],"type":"Point","bbox":[1,2,3,4]}`,
	}
)

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// RandomEntity makes an entity of every kind of Attribute, with names that Context
// defines and others. The same rng gives the same entity.
func RandomEntity(rng *rand.Rand) *ngsild.Entity {
	e := &ngsild.Entity{ID: fmt.Sprintf("urn:ngsi-ld:Building:%d", rng.IntN(1000))}
	for range 1 + rng.IntN(2) {
		e.Types = append(e.Types, pick(rng, typeNames))
	}
	for range rng.IntN(3) {
		e.Scopes = append(e.Scopes, fmt.Sprintf("/Paris/%d", rng.IntN(20)))
	}
	if rng.IntN(4) == 0 {
		e.CreatedAt = "2024-05-06T07:08:09Z"
	}
	e.Attributes = randomAttributes(rng, 6, 0)
	return e
}

func randomAttributes(rng *rand.Rand, most, depth int) []ngsild.Attribute {
	var out []ngsild.Attribute
	used := map[string]bool{}
	for range rng.IntN(most + 1) {
		name := pick(rng, attributeNames)
		if used[name] {
			continue
		}
		used[name] = true
		instances := 1
		if rng.IntN(5) == 0 {
			instances = 3
		}
		kind := ngsild.Kind(1 + rng.IntN(int(ngsild.JsonProperty)))
		for i := range instances {
			a := randomAttribute(rng, name, kind, depth)
			if i > 0 {
				a.DatasetID = "urn:ngsi-ld:dataset:" + strconv.Itoa(i)
			}
			out = append(out, a)
		}
	}
	return out
}

func randomAttribute(rng *rand.Rand, name string, kind ngsild.Kind, depth int) ngsild.Attribute {
	a := ngsild.Attribute{Name: name, Kind: kind}
	switch kind {
	case ngsild.Property:
		a.Value = randomJSON(rng, 0)
		if rng.IntN(3) == 0 {
			a.UnitCode = "KWH"
		}
	case ngsild.GeoProperty:
		a.Value = jsontext.Value(pick(rng, geometries))
	case ngsild.Relationship:
		a.Value = jsontext.Value(`"urn:ngsi-ld:Iris:751010101"`)
		if rng.IntN(3) == 0 {
			a.Value = jsontext.Value(`["urn:ngsi-ld:Iris:1","urn:ngsi-ld:Iris:2"]`)
		}
		if rng.IntN(3) == 0 {
			a.ObjectType = []string{pick(rng, typeNames)}
		}
	case ngsild.LanguageProperty:
		a.Value = jsontext.Value(`{"fr":"été","en-GB":["summer","summertime"],"@none":"x"}`)
	case ngsild.VocabProperty:
		a.Value = jsontext.Value(pick(rng, []string{`"name"`, `"unheard"`, `["ex:a","name","https://example.org/ns#z"]`}))
	case ngsild.ListProperty:
		a.Value = jsontext.Value("[" + string(randomJSON(rng, 1)) + "," + string(randomJSON(rng, 1)) + ",3]")
	case ngsild.ListRelationship:
		a.Value = jsontext.Value(`[{"object":"urn:ngsi-ld:Iris:2"},{"object":"urn:ngsi-ld:Iris:1"}]`)
	case ngsild.JsonProperty:
		a.Value = randomJSON(rng, 0)
	}
	if rng.IntN(2) == 0 {
		a.ObservedAt = "2011-01-01T00:00:00Z"
	}
	if rng.IntN(6) == 0 {
		a.ModifiedAt = "2024-05-06T07:08:09.123Z"
		a.InstanceID = "urn:ngsi-ld:instance:7"
	}
	if depth < 2 {
		a.Attributes = randomAttributes(rng, 2, depth+1)
	}
	return a
}

// randomJSON makes the text of a JSON value that is not null at the top.
func randomJSON(rng *rand.Rand, depth int) jsontext.Value {
	if depth < 4 && rng.IntN(3) == 0 {
		var b strings.Builder
		if rng.IntN(2) == 0 {
			b.WriteByte('[')
			for i := range rng.IntN(4) {
				if i > 0 {
					b.WriteByte(',')
				}
				b.Write(randomJSON(rng, depth+1))
			}
			b.WriteByte(']')
			return jsontext.Value(b.String())
		}
		b.WriteByte('{')
		used := map[string]bool{}
		for range rng.IntN(4) {
			name := pick(rng, memberNames)
			if used[name] {
				continue
			}
			if len(used) > 0 {
				b.WriteByte(',')
			}
			used[name] = true
			b.WriteString(strconv.Quote(name))
			b.WriteByte(':')
			switch name {
			case "id":
				b.WriteString(`"urn:x:1"`)
			case "type":
				b.WriteString(pick(rng, []string{`"Building"`, `["Building","ex:House"]`}))
			case "languageMap", "said":
				b.WriteString(`{"fr":"un","de":["eins",null]}`)
			default:
				b.Write(randomJSON(rng, depth+1))
			}
		}
		b.WriteByte('}')
		return jsontext.Value(b.String())
	}
	for {
		if s := pick(rng, scalars); s != "null" || depth > 0 {
			return jsontext.Value(s)
		}
	}
}

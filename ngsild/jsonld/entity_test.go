package jsonld

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

const entityContext = `{"ex": "https://example.org/#", "Building": "ex:Building", "height": "ex:height", "label": "ex:label",
	"owner": {"@id": "ex:owner", "@type": "@id"}, "old": "ex:old", "gone": null}`

func building() *ngsild.Entity {
	return &ngsild.Entity{
		ID: "urn:ngsi-ld:Building:1", Types: []string{"Building", "Unheard"}, Scopes: []string{"/label"},
		Attributes: []ngsild.Attribute{
			{Name: "height", Kind: ngsild.Property, Value: []byte(`{"label": "label", "@type": "x"}`), UnitCode: "MTR",
				Attributes: []ngsild.Attribute{{Name: "label", Kind: ngsild.VocabProperty, Value: []byte(`"old"`),
					Attributes: []ngsild.Attribute{{Name: "observedBy", Kind: ngsild.Relationship, Value: []byte(`"ex:1"`)}}}}},
			{Name: "height", Kind: ngsild.Property, Value: []byte(`2.50`), DatasetID: "urn:d:1"},
			{Name: "owner", Kind: ngsild.Relationship, Value: []byte(`"urn:ngsi-ld:Person:1"`), ObjectType: []string{"Building"}},
			{Name: "state", Kind: ngsild.VocabProperty, Value: []byte(`["old", 7, "é\n", "ex:x"]`)},
			{Name: "location", Kind: ngsild.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[1,2]}`)},
			{Name: "raw", Kind: ngsild.JsonProperty, Value: []byte(`{"label": "label"}`)},
			{Name: "gone", Kind: ngsild.Property, Value: []byte(`1`)},
		},
	}
}

func TestExpandEntityTurnsNamesIntoIRIsAndNothingElse(t *testing.T) {
	c := resolve(t, NewResolver(), entityContext)
	e := building()
	c.ExpandEntity(e)
	ex, def := "https://example.org/#", DefaultVocabulary
	require.Equal(t, []string{ex + "Building", def + "Unheard"}, e.Types)
	require.Equal(t, []string{"/label"}, e.Scopes)
	require.Equal(t, "urn:ngsi-ld:Building:1", e.ID)
	a := e.Attributes
	require.Equal(t, ex+"height", a[0].Name)
	require.Equal(t, `{"label": "label", "@type": "x"}`, string(a[0].Value), "members inside a value stay")
	require.Equal(t, ex+"label", a[0].Attributes[0].Name)
	require.Equal(t, `"`+ex+`old"`, string(a[0].Attributes[0].Value))
	require.Equal(t, def+"observedBy", a[0].Attributes[0].Attributes[0].Name)
	require.Equal(t, `"ex:1"`, string(a[0].Attributes[0].Attributes[0].Value), "objects stay")
	require.Equal(t, ex+"height", a[1].Name)
	require.Equal(t, `2.50`, string(a[1].Value))
	require.Equal(t, []string{ex + "Building"}, a[2].ObjectType)
	require.Equal(t, `["`+ex+`old",7,"`+def+`é\n","`+ex+`x"]`, string(a[3].Value))
	require.Equal(t, NGSILD+"location", a[4].Name)
	require.Equal(t, `{"type":"Point","coordinates":[1,2]}`, string(a[4].Value))
	require.Equal(t, `{"label": "label"}`, string(a[5].Value))
	require.Equal(t, "gone", a[6].Name, "a null term is not lost")

	again := building()
	c.ExpandEntity(again)
	c.ExpandEntity(again)
	require.Equal(t, e, again, "twice is once")

	c.CompactEntity(e)
	want := building()
	want.Attributes[3].Value = []byte(`["old",7,"é\n","ex:x"]`)
	require.Equal(t, want, e, "and back")
}

func TestVocabularyStaysUnderACoreThatDoesNotKnowIt(t *testing.T) {
	c := resolve(t, NewResolver(WithCore(coreURLOf("1.6"))), entityContext)
	e := building()
	c.ExpandEntity(e)
	require.Equal(t, building().Attributes[3].Value, e.Attributes[3].Value)
	require.Equal(t, []string{"Building"}, e.Attributes[2].ObjectType)
}

func TestExpandEntityLeavesWhatIsNoVocabulary(t *testing.T) {
	c := resolve(t, NewResolver(), entityContext)
	for _, value := range []string{``, `{`, `["old"`, `7`, `null`, `{"@id": "old"}`, `[]`, `"\ud800"`} {
		e := &ngsild.Entity{Attributes: []ngsild.Attribute{{Name: "v", Kind: ngsild.VocabProperty, Value: []byte(value)}}}
		c.ExpandEntity(e)
		require.Equal(t, value, string(e.Attributes[0].Value))
	}
}

func BenchmarkExpandEntity(b *testing.B) {
	c := resolve(b, NewResolver(), entityContext)
	e := building()
	c.ExpandEntity(e)
	b.ReportAllocs()
	for range b.N {
		c.CompactEntity(e)
		c.ExpandEntity(e)
	}
}

package jsonld_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// sameOrBothRefuse checks one entity against json-gold. Where JSON-LD refuses
// it, AppendExpanded must refuse it too.
func sameOrBothRefuse(tb testing.TB, r *jsonld.Resolver, c *jsonld.Context, e *ngsild.Entity) (covered bool) {
	tb.Helper()
	e.Context = c.JSON()
	written := e.AppendJSON(nil, ngsild.Normalized)
	_, judged := r.ExpandDocument(context.Background(), written, nil)
	_, compiled := c.AppendExpanded(nil, e)
	if errors.Is(compiled, jsonld.ErrNotCovered) {
		return false
	}
	if judged != nil || compiled != nil {
		require.Error(tb, judged, "json-gold takes what AppendExpanded refuses (%v):\n%s", compiled, written)
		require.Error(tb, compiled, "AppendExpanded takes what json-gold refuses (%v):\n%s", judged, written)
		return false
	}
	jsonldtest.RequireSameExpansion(tb, r, c, e, written)
	return true
}

func TestCompiledExpansionIsJSONGoldsForEveryKindOfAttribute(t *testing.T) {
	for _, core := range jsonld.CoreURLs() {
		r := jsonld.NewResolver(jsonld.WithCore(core))
		c, _, err := r.Resolve(context.Background(), []byte(jsonldtest.Context))
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(1, 2))
		covered := 0
		rounds := 20
		if core == jsonld.CoreURL {
			rounds = 200
		}
		for range rounds {
			if sameOrBothRefuse(t, r, c, jsonldtest.RandomEntity(rng)) {
				covered++
			}
		}
		require.Greater(t, covered, rounds/2, core)
	}
}

func FuzzAppendExpanded(f *testing.F) {
	r := jsonld.NewResolver()
	c, _, err := r.Resolve(context.Background(), []byte(jsonldtest.Context))
	require.NoError(f, err)
	f.Add(uint64(1), uint64(2), "name", `{"type":"Point","coordinates":[1,2]}`)
	f.Add(uint64(3), uint64(4), "ex:x", `{"@value":"1","@type":"ex:T"}`)
	f.Add(uint64(5), uint64(6), "said", `[[1,[2,null]],{"steps":[[1]]},{"languageMap":{"FR":"x"}}]`)
	f.Add(uint64(7), uint64(8), "x", `[{"@value":null,"@type":"@json"},{"@value":null},{"@value":[1],"@type":"@json"}]`)
	f.Fuzz(func(t *testing.T, a, b uint64, name, value string) {
		if !jsontext.Value(value).IsValid() || !utf8.ValidString(name) {
			return
		}
		e := jsonldtest.RandomEntity(rand.New(rand.NewPCG(a, b)))
		e.Attributes = slices.DeleteFunc(e.Attributes, func(a ngsild.Attribute) bool { return a.Name == name })
		e.Attributes = append(e.Attributes, ngsild.Attribute{Name: name, Kind: ngsild.Property, Value: []byte(value)})
		switch name {
		case "id", "type", "scope", "createdAt", "@context":
			return // members of the entity itself
		}
		if c.ContainerOf(name) != nil || c.TypeOf(name) == "@json" {
			return // JSON-LD does not read it as an Attribute, which ExpandEntity does
		}
		sameOrBothRefuse(t, r, c, e)
	})
}

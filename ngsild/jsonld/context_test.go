package jsonld

import (
	"context"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"

	"github.com/ldtkit/ldt/internal/shared"
)

func resolve(tb testing.TB, r *Resolver, ldctx string) *Context {
	tb.Helper()
	c, _, err := r.Resolve(context.Background(), []byte(ldctx))
	require.NoError(tb, err)
	require.NotNil(tb, c)
	return c
}

// publishedContexts gives every context file of the shared data, by path.
func publishedContexts(t *testing.T) map[string][]byte {
	t.Helper()
	dir := shared.Path(t)
	out := map[string][]byte{}
	for _, sub := range []string{"contexts", "datasets/paris-conso-gaz", "smart-data-models"} {
		err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".jsonld") && (sub != "smart-data-models" || d.Name() == "context.jsonld") {
				rel, _ := filepath.Rel(dir, path)
				out[rel] = shared.Read(t, rel)
			}
			return err
		})
		require.NoError(t, err)
	}
	require.Greater(t, len(out), 50)
	return out
}

func TestExpandAndCompactAgreeWithJSONGoldOnEveryPublishedContext(t *testing.T) {
	legal := 0
	published := publishedContexts(t) // skips where they are not at hand
	defer func() { require.Greater(t, legal, 60) }()
	for path, text := range published {
		t.Run(path, func(t *testing.T) {
			r := NewResolver()
			value, err := ContextOf(text)
			require.NoError(t, err)
			c, _, err := r.Resolve(context.Background(), value)
			if err != nil {
				// Some published contexts are illegal; json-gold must think so too.
				local, jsonErr := decodeContext(value)
				require.NoError(t, jsonErr)
				_, goldErr := ld.NewContext(nil, r.options()).Parse(local)
				require.Error(t, goldErr, err)
				return
			}
			legal++

			// Each term as a member of a document, expanded by json-gold under the
			// list that is sent, read again from its text.
			var list any
			require.NoError(t, json.Unmarshal(c.Inline(), &list))
			names := []string{"unheardOf", "ngsi-ld:x", "nope:x", "https://example.org/x", "urn:x:y", "schema:name", "dct:title"}
			for term, td := range c.terms {
				names = append(names, term)
				if td != nil && !ld.IsKeyword(td.ID) {
					names = append(names, td.ID, td.ID+"x", term+":x")
				}
			}
			active, err := ld.NewContext(nil, r.options()).Parse(list)
			require.NoError(t, err)
			document, values := map[string]any{}, map[string]string{}
			for _, name := range names {
				want, err := active.ExpandIri(name, false, true, nil, nil)
				require.NoError(t, err)
				got, _ := c.Expand(name)
				require.Equal(t, want, got, name)
				if got == "" || ld.IsKeyword(got) {
					continue
				}
				td := c.terms[name]
				if td == nil || (td.Type == "" && td.Container == nil && !td.HasContext && !td.Reverse) {
					document[name], values[name] = name, want
				}
				compact := c.Compact(got)
				back, _ := c.Expand(compact)
				require.Equal(t, got, back, "%s compacts to %s", name, compact)
				if selected, err := active.CompactIri(got, nil, true, false); err == nil && (c.short[got] == "" || c.terms[selected] != nil) {
					require.Equal(t, selected, compact)
				}
			}
			require.Equal(t, values, expandedMembers(t, r, c, document))
		})
	}
}

// expandedMembers expands {name: name, …} with json-gold, and gives the IRI that
// each name came to.
func expandedMembers(t *testing.T, r *Resolver, c *Context, document map[string]any) map[string]string {
	t.Helper()
	out, err := ld.NewJsonLdApi().Expand(c.active, "", document, r.options(), false, nil)
	require.NoError(t, err)
	iris := map[string]string{}
	for iri, values := range out.(map[string]any) {
		for _, value := range values.([]any) {
			iris[value.(map[string]any)["@value"].(string)] = iri
		}
	}
	return iris
}

func TestExpandSaysWhatIsKnown(t *testing.T) {
	c := resolve(t, NewResolver(), `{"schema": "https://schema.org/", "name": "schema:name", "gone": null, "dev": {"@id": "schema:dev", "@type": "@id"}}`)
	for name, want := range map[string]struct {
		iri   string
		known bool
	}{
		"name":                  {"https://schema.org/name", true},
		"dev":                   {"https://schema.org/dev", true},
		"location":              {NGSILD + "location", true},
		"observedAt":            {NGSILD + "observedAt", true},
		"schema:url":            {"https://schema.org/url", true},
		"https://example.org/x": {"https://example.org/x", true},
		"urn:x:y":               {"urn:x:y", true},
		"id":                    {"@id", true},
		"@type":                 {"@type", true},
		"gone":                  {"", false},
		"@odd":                  {"", false},
		"unheardOf":             {DefaultVocabulary + "unheardOf", false},
		"tutorial:PartField":    {"tutorial:PartField", false},
		":x":                    {DefaultVocabulary + ":x", false},
		"":                      {DefaultVocabulary, false},
	} {
		for range 2 { // the second answer comes from memory
			iri, known := c.Expand(name)
			require.Equal(t, want.iri, iri, name)
			require.Equal(t, want.known, known, name)
		}
	}
	require.Equal(t, "@id", c.TypeOf("dev"))
	require.Equal(t, NGSILD+"DateTime", c.TypeOf("observedAt"))
	require.Equal(t, "", c.TypeOf("unheardOf"))
}

func TestCompactGivesTheShortestSafeName(t *testing.T) {
	c := resolve(t, NewResolver(), `{"ex": "https://example.org/", "a": "ex:one", "bb": "ex:one", "unheardOf": null, "seen": {"@id": "ex:seen", "@type": "ex:Time"}}`)
	for iri, want := range map[string]string{
		"https://example.org/one":         "a",
		"https://example.org/two":         "ex:two",
		"https://example.org/seen":        "seen",
		NGSILD + "observedAt":             "observedAt",
		NGSILD + "location":               "location",
		DefaultVocabulary + "Foo":         "Foo",
		DefaultVocabulary + "unheardOf":   "ngsi-ld:default-context/unheardOf", // the term means nothing
		DefaultVocabulary + "location":    "ngsi-ld:default-context/location",  // the term means another IRI
		"https://elsewhere.example/thing": "https://elsewhere.example/thing",
		DefaultVocabulary:                 "ngsi-ld:default-context/",
		"":                                "",
	} {
		for range 2 {
			require.Equal(t, want, c.Compact(iri), iri)
		}
	}
}

func TestCoreTermsWinOverTheUsersWhereverTheCoreStands(t *testing.T) {
	user := `{"location": "https://w3id.org/saref#location", "mine": "https://example.org/mine"}`
	core := `"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"`
	old := `"http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld"`
	for _, ldctx := range []string{user, `[` + user + `]`, `[` + core + `,` + user + `]`, `[` + user + `,` + core + `]`,
		`[[` + old + `,` + user + `],` + core + `]`} {
		c := resolve(t, NewResolver(), ldctx)
		iri, _ := c.Expand("location")
		require.Equal(t, NGSILD+"location", iri)
		iri, _ = c.Expand("mine")
		require.Equal(t, "https://example.org/mine", iri)
		require.Equal(t, 1, strings.Count(string(c.JSON()), "ngsi-ld-core-context"))
		require.JSONEq(t, `[`+user+`,`+core+`]`, string(c.JSON()))
		require.False(t, c.IsUserTerm("location"))
		require.True(t, c.IsUserTerm("mine"))
		require.True(t, c.IsUserTerm("https://example.org/mine"))
	}
}

func TestUserTermsAreThoseTheCoreDoesNotHave(t *testing.T) {
	c := resolve(t, NewResolver(), `{"ex": "https://example.org/", "mine": "ex:mine", "value": "ex:value", "gone": null}`)
	for name, want := range map[string]bool{
		"mine": true, "ex:other": true, "https://example.org/mine": true,
		"value": false, "gone": false, "name": false, "ngsi-ld:x": false, "https://example.org/unknown": false, "nope:x": false,
	} {
		require.Equal(t, want, c.IsUserTerm(name), name)
	}
	require.Contains(t, c.Terms(), "mine")
	require.Contains(t, c.Terms(), "observedAt")
	require.NotContains(t, c.Terms(), "ex", "a prefix")
	require.NotContains(t, c.Terms(), "id", "an alias of a keyword")
	require.NotContains(t, c.Terms(), "gone")
}

func TestNearestFindsTheTermThatWasMeant(t *testing.T) {
	c := resolve(t, NewResolver(), `{"consommationEnergie": "https://e.org/c", "nbSites": "https://e.org/n", "Name": "https://e.org/name"}`)
	for word, want := range map[string]string{
		"consomationEnergie":  "consommationEnergie",
		"ConsommationEnergie": "consommationEnergie",
		"consommationEnregie": "consommationEnergie",
		"nbsites":             "nbSites",
		"nbSite":              "nbSites",
		"locaton":             "location",
		"name":                "Name",
		"nbSiets":             "nbSites", // a swap is one step
		"Q":                   "q",
		"x":                   "", // another letter of one is another word
		"completelyElse":      "",
		"":                    "",
		"élévation":           "",
	} {
		require.Equal(t, want, c.Nearest(word), word)
	}
}

func TestContextWithOnlyTheCoreIsOneURL(t *testing.T) {
	for _, ldctx := range []string{``, `[]`, `"` + CoreURL + `"`, `["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"]`} {
		c := resolve(t, NewResolver(), ldctx)
		require.Equal(t, `"`+CoreURL+`"`, string(c.JSON()))
		require.Equal(t, `"`+CoreURL+`"`, string(c.Inline()))
		require.Equal(t, `<`+CoreURL+`>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`, c.Link())
	}
}

func TestEveryBuiltInCoreCanBeTheOneAppended(t *testing.T) {
	for _, u := range CoreURLs() {
		c := resolve(t, NewResolver(WithCore(u)), `{"mine": "https://example.org/mine"}`)
		require.Contains(t, string(c.JSON()), u)
		iri, known := c.Expand("observedAt")
		require.True(t, known)
		require.Equal(t, NGSILD+"observedAt", iri)
	}
	_, _, err := NewResolver(WithCore("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.99.jsonld")).Resolve(context.Background(), nil)
	require.ErrorContains(t, err, "v1.99.jsonld is not built in")
	var list finding.List
	require.NotErrorAs(t, err, &list, "the program's fault, not the data's")
}

func TestOriginIsTheContextThatCounts(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://e.org/a", `{"ex": "https://e.org/ns#", "name": "ex:a", "both": "ex:a", "location": "ex:place"}`,
		"https://e.org/b", `[{"both": "ex:b"}, {"b": "https://e.org/b"}]`,
	)))
	c := resolve(t, r, `["https://e.org/a", "https://e.org/b", {"own": "ex:own", "gone": null}]`)
	for name, want := range map[string]string{
		"name": "https://e.org/a", "both": "https://e.org/b", "b": "https://e.org/b", "own": "@context", "ex:anything": "https://e.org/a",
		"gone": "@context", "location": CoreURL, "ngsi-ld:x": CoreURL, "nobody": "", "no:x": "", "https://e.org/ns#a": "", "name:x": "",
	} {
		require.Equal(t, want, c.Origin(name), name)
	}
	require.Equal(t, "@context", resolve(t, r, `["https://e.org/a", null, {"name": "https://e.org/n"}]`).Origin("name"))
}

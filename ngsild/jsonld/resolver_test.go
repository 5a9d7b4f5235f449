package jsonld

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

func documents(pairs ...string) map[string][]byte {
	out := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = []byte(`{"@context": ` + pairs[i+1] + `}`)
	}
	return out
}

func TestResolveFollowsCompoundContexts(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://example.org/all.jsonld", `["https://example.org/sub/one.jsonld", "`+CoreURL+`", ["two.jsonld"]]`,
		"https://example.org/sub/one.jsonld", `["../three.jsonld", {"one": "https://example.org/#one", "name": "https://example.org/#first"}]`,
		"https://example.org/two.jsonld", `{"two": "https://example.org/#two", "name": "https://example.org/#last"}`,
		"https://example.org/three.jsonld", `{"three": "https://example.org/#three", "@base": "https://elsewhere.example/"}`,
	)))
	c, found, err := r.Resolve(context.Background(), []byte(`"https://example.org/all.jsonld"`))
	require.NoError(t, err)
	require.Empty(t, found)
	for term, want := range map[string]string{"one": "#one", "two": "#two", "three": "#three", "name": "#last"} {
		iri, known := c.Expand(term)
		require.True(t, known, term)
		require.Equal(t, "https://example.org/"+want, iri)
	}
	require.JSONEq(t, `["https://example.org/sub/one.jsonld", "https://example.org/two.jsonld", "`+CoreURL+`"]`, string(c.JSON()),
		"a URL that brings a core is replaced by what else it holds")
	require.JSONEq(t, `[{"three": "https://example.org/#three"},
		{"one": "https://example.org/#one", "name": "https://example.org/#first"},
		{"two": "https://example.org/#two", "name": "https://example.org/#last"}, "`+CoreURL+`"]`, string(c.Inline()))
	require.Empty(t, c.Link())

	c = resolve(t, r, `"https://example.org/two.jsonld"`)
	require.JSONEq(t, `["https://example.org/two.jsonld", "`+CoreURL+`"]`, string(c.JSON()))
	require.Equal(t, `<https://example.org/two.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`, c.Link())
}

func TestResolveWarnsOfAURLThatIsNotKnownAndKeepsIt(t *testing.T) {
	c, found, err := NewResolver().Resolve(context.Background(),
		[]byte(`["https://nowhere.example/a.jsonld", "https://nowhere.example/a.jsonld", {"x": {"@id": "https://e.org/x", "@context": "https://nowhere.example/b.jsonld"}}]`))
	require.NoError(t, err)
	require.Len(t, found, 2, "each URL once")
	for i, u := range []string{"https://nowhere.example/a.jsonld", "https://nowhere.example/b.jsonld"} {
		require.Equal(t, finding.ContextUnknownURL, found[i].Code)
		require.Equal(t, finding.Warning, found[i].Severity)
		require.Contains(t, found[i].Message, u)
		require.Contains(t, found[i].Hint, "--fetch")
	}
	require.Contains(t, string(c.JSON()), "https://nowhere.example/a.jsonld")
	require.Contains(t, string(c.Inline()), "https://nowhere.example/a.jsonld")
}

func TestResolveRefusesWhatADocumentMayNotName(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.jsonld")
	require.NoError(t, os.WriteFile(secret, []byte(`{"@context": {"leaked": "https://e.org/leaked"}}`), 0o600))
	r := NewResolver(WithContexts(documents(
		"https://example.org/evil.jsonld", `["file://`+secret+`"]`,
	)))
	for _, ldctx := range []string{
		`"` + secret + `"`, `"file://` + secret + `"`, `"secret.jsonld"`, `["./secret.jsonld"]`, `"C:\\secret.jsonld"`, `""`,
		`"https://example.org/evil.jsonld"`,
		`{"x": {"@id": "https://e.org/x", "@context": "` + secret + `"}}`,
		`{"@import": "` + secret + `"}`,
	} {
		c, found, err := r.Resolve(context.Background(), []byte(ldctx))
		require.Nil(t, c, ldctx)
		require.Error(t, err, ldctx)
		var list finding.List
		require.ErrorAs(t, err, &list, ldctx)
		require.Equal(t, finding.ContextInvalid, list[0].Code, ldctx)
		require.NotEmpty(t, found)
		require.NotContains(t, err.Error(), "leaked")
	}
	for _, ldctx := range []string{`"iudx:EVChargingStation"`, `"data:application/json,{}"`, `"ftp://example.org/x"`, `"http:"`, `"http://[::1"`} {
		_, _, err := r.Resolve(context.Background(), []byte(ldctx))
		require.ErrorContains(t, err, "not", ldctx)
	}
	_, err := r.ExpandDocument(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": {"@context": "file://`+secret+`", "leaked": 1}}}`), nil)
	require.Error(t, err, "nor in a nested @context")
	require.NotContains(t, err.Error(), "e.org/leaked")
}

func TestResolveStopsAtCirclesAndDepth(t *testing.T) {
	deep := map[string][]byte{}
	for i := range 40 {
		deep[fmt.Sprintf("https://example.org/%d", i)] = fmt.Appendf(nil, `{"@context": ["https://example.org/%d"]}`, i+1)
	}
	wide := `"https://example.org/w1"` + strings.Repeat(`, "https://example.org/w1"`, 40)
	r := NewResolver(WithContexts(documents(
		"https://example.org/a", `["https://example.org/b"]`,
		"https://example.org/b", `["https://example.org/c", "https://example.org/a"]`,
		"https://example.org/c", `{"c": "https://example.org/#c"}`,
		"https://example.org/self", `"https://example.org/self"`,
		"https://example.org/w0", `[`+wide+`]`,
		"https://example.org/w1", `["https://example.org/c"`+strings.Repeat(`, "https://example.org/c"`, 40)+`]`,
	)), WithContexts(deep))
	for ldctx, want := range map[string]string{
		`"https://example.org/a"`:    "https://example.org/a → https://example.org/b → https://example.org/a",
		`"https://example.org/self"`: "leads back to itself",
		`"https://example.org/0"`:    "more than 16 deep",
		`"https://example.org/w0"`:   "more than 512 parts",
		strings.Repeat(`{"@context": `, 40) + `{}` + strings.Repeat(`}`, 40): "more than 16 deep",
	} {
		_, _, err := r.Resolve(context.Background(), []byte(ldctx))
		require.ErrorContains(t, err, want)
	}
	_, err := r.ExpandDocument(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "a": {"@context": "https://example.org/a"}}`), nil)
	require.ErrorContains(t, err, "leads back to itself", "nor does json-gold run in a circle")
}

func TestScopedContextMayNameItself(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://example.org/tree.jsonld", `{"child": {"@id": "https://example.org/#child", "@context": "https://example.org/tree.jsonld"}}`,
	)))
	c := resolve(t, r, `"https://example.org/tree.jsonld"`)
	out, err := r.ExpandDocument(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "child": {"value": {"child": {"child": 1}}}}`), c)
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(out), "https://example.org/#child"))
}

func TestResolveMergesImports(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://example.org/base.jsonld", `{"a": "https://example.org/#a", "b": "https://example.org/#b"}`,
	)))
	c := resolve(t, r, `{"@version": 1.1, "@import": "https://example.org/base.jsonld", "b": "https://example.org/#mine"}`)
	iri, _ := c.Expand("a")
	require.Equal(t, "https://example.org/#a", iri)
	iri, _ = c.Expand("b")
	require.Equal(t, "https://example.org/#mine", iri)
}

func TestResolveSaysWhereAContextIsIllegal(t *testing.T) {
	r := NewResolver(WithContexts(documents("https://example.org/bad.jsonld", `{"a": {"@id": 7}}`)),
		WithContexts(map[string][]byte{"https://example.org/list.jsonld": []byte(`[1]`), "https://example.org/text.jsonld": []byte("{\n  \"@context\": oops}")}))
	for ldctx, want := range map[string]string{
		`{`:                                      "not JSON",
		`7`:                                      "a number where a URL or an object belongs",
		`[true]`:                                 "a boolean",
		`{"a":7}`:                                "not a legal @context",
		`{"a": {"@id": "b"}, "b": {"@id": "a"}}`: "cyclic",
		`"https://example.org/bad.jsonld"`:       "https://example.org/bad.jsonld: it is not a legal @context",
		`"https://example.org/list.jsonld"`:      "https://example.org/list.jsonld: it holds an array",
		`"https://example.org/text.jsonld"`:      "line 2, character 15",
		`{"@protected": true, "location": "https://e/l"}`:  "the core @context cannot follow",
		`{"a": {"@id": "https://e/a", "@container": [1]}}`: "cannot read it", // json-gold panics here
	} {
		c, _, err := r.Resolve(context.Background(), []byte(ldctx))
		require.Nil(t, c)
		require.ErrorContains(t, err, want, ldctx)
		var list finding.List
		require.ErrorAs(t, err, &list)
	}
}

func TestRefsOpenTheFilesThatTheUserNames(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("context/mine.jsonld", `{"@context": ["https://example.org/two.jsonld", {"mine": "https://example.org/#mine"}]}`)
	write("context/climbs.jsonld", `{"@context": ["mine.jsonld"]}`)
	write("context/none.jsonld", `{}`)
	write("ngsi-ld-core-context.jsonld", `{"@context": {"x": "https://example.org/#x"}}`)
	r := NewResolver(WithContexts(documents("https://example.org/two.jsonld", `{"two": "https://example.org/#two"}`)))

	c, found, err := r.ResolveRefs(context.Background(), dir, []string{"context/mine.jsonld", CoreURL})
	require.NoError(t, err)
	require.Empty(t, found)
	iri, known := c.Expand("two")
	require.True(t, known)
	require.Equal(t, "https://example.org/#two", iri)
	require.JSONEq(t, `["https://example.org/two.jsonld", {"mine": "https://example.org/#mine"}, "`+CoreURL+`"]`, string(c.JSON()))
	require.JSONEq(t, `[{"two": "https://example.org/#two"}, {"mine": "https://example.org/#mine"}, "`+CoreURL+`"]`, string(c.Inline()))

	for ref, want := range map[string]string{
		"context/absent.jsonld": "context/absent.jsonld: there is no such file",
		"context/climbs.jsonld": `context/climbs.jsonld: context/climbs.jsonld names the file "mine.jsonld"`,
		"context/none.jsonld":   "context/none.jsonld: it has no @context",
		"file:///etc/passwd":    "there is no such file",
		"context":               "context: this is a folder, not a file",
	} {
		_, _, err := r.ResolveRefs(context.Background(), dir, []string{ref})
		require.ErrorContains(t, err, want)
	}
	c, _, err = r.ResolveRefs(context.Background(), dir, []string{filepath.Join(dir, "context/mine.jsonld")})
	require.NoError(t, err, "an absolute path")
	require.True(t, c.IsUserTerm("mine"))
}

func TestResolverIsSafeToShare(t *testing.T) {
	r := NewResolver(WithContexts(documents("https://example.org/two.jsonld", `{"two": "https://example.org/#two"}`)))
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 40 {
				c, _, err := r.Resolve(context.Background(), fmt.Appendf(nil, `["https://example.org/two.jsonld", {"t%d": "https://e.org/t"}]`, (i+j)%13))
				if err != nil {
					t.Error(err)
					return
				}
				c.Expand(fmt.Sprint("n", j))
				c.Compact(fmt.Sprint(DefaultVocabulary, "n", j))
				if _, err := r.ExpandDocument(context.Background(), []byte(`{"id": "urn:x:1", "type": "T", "two": {"type": "Property", "value": 1}}`), c); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestResolverKeepsABoundedNumberOfContexts(t *testing.T) {
	r := NewResolver()
	for i := range maxCached + 10 {
		resolve(t, r, fmt.Sprintf(`{"t%d": "https://e.org/t"}`, i))
	}
	require.LessOrEqual(t, len(r.compiled), maxCached)
	c := resolve(t, r, ``)
	for i := range maxNames + 100 {
		c.Expand(fmt.Sprint("n", i))
	}
	require.LessOrEqual(t, c.expanded.n.Load(), int64(maxNames))
	require.Same(t, c, resolve(t, r, ``), "compiled once")
}

package jsonld

import (
	"context"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// contextSeeds are values of an @context, legal and not.
var contextSeeds = []string{
	``, `null`, `[]`, `{}`, `"` + CoreURL + `"`, `7`, `{`, `[[null, {"a": null}]]`,
	`{"ex": "https://example.org/", "a": "ex:a", "b": {"@id": "ex:b", "@type": "@id", "@container": "@list"}}`,
	`["https://example.org/a", "https://example.org/b", "x.jsonld", "file:///x"]`,
	`{"@version": 1.1, "@protected": true, "x": {"@id": "urn:x", "@context": {"y": "urn:y"}}}`,
	`{"@import": "https://example.org/a", "@base": "https://e.org/", "@language": "fr", "@propagate": false}`,
	`{"@type": {"@container": "@set"}, "t": "@type", "n": "@nest", "r": {"@reverse": "urn:r"}}`,
	`{"a": {"@id": "https://e/a", "@container": [1]}, "a": "b:c", "b": "a:d", "c": {"@protected": "x"}}`,
	`{"@import": false}`, `{"x": 1e400}`, `{"a": {"@id": "https://e/a", "@context": {"b": 7}}}`, `{"a": {"@id": "https://e/a", "@context": [7]}}`,
	`{"a": {"@id": "https://e/a", "@context": {"b": {"@id": "https://e/b", "@context": {"@import": []}}}}}`, `{"@import": "https://example.org/b"}`,
	`[{"@protected": true, "a": "https://e/a"}, {"b": {"@id": "https://e/b", "@context": [null, {"a": "https://e/2"}]}}]`,
	`{"p": null, "q": "p:x"}`, `{"@vocab": "", "": "urn:x", "x": {"@nest": ""}}`, `{"@context": {"@context": "https://example.org/a"}}`,
}

func fuzzResolver() *Resolver {
	return NewResolver(WithContexts(documents(
		"https://example.org/a", `["https://example.org/b", {"a": "https://example.org/#a"}]`,
		"https://example.org/b", `{"@version": 1.1, "b": {"@id": "https://example.org/#b", "@context": "https://example.org/b"}}`,
	)))
}

func FuzzResolve(f *testing.F) {
	for _, seed := range contextSeeds {
		f.Add(seed)
	}
	r := fuzzResolver()
	f.Fuzz(func(t *testing.T, ldctx string) {
		c, found, err := r.Resolve(context.Background(), []byte(ldctx))
		if err != nil {
			var list finding.List
			if c != nil || !errors.As(err, &list) || len(found) == 0 {
				t.Fatalf("%v: %v", err, found)
			}
			return
		}
		// What is sent means the same as what came.
		again, _, err := r.Resolve(context.Background(), c.JSON())
		if err != nil {
			t.Fatalf("%s: %v", c.JSON(), err)
		}
		if string(again.JSON()) != string(c.JSON()) {
			t.Fatalf("%s became %s", c.JSON(), again.JSON())
		}
		for term := range c.terms {
			was, _ := c.Expand(term)
			is, _ := again.Expand(term)
			if was != is {
				t.Fatalf("%q: %q became %q", term, was, is)
			}
		}
		if _, err := r.ExpandDocument(context.Background(), []byte(`{"id":"urn:x:1","type":["a","b"],"a":{"b":{"value":1}}}`), c); err != nil {
			return // a legal @context can make a document illegal
		}
	})
}

func FuzzExpand(f *testing.F) {
	for _, seed := range contextSeeds {
		f.Add(seed, "a")
		f.Add(seed, "ex:b")
	}
	for _, name := range []string{"", ":", "a:", ":a", "_:b", "https://e.org/x", "@id", "@odd", "p:x", "a b", "é", "1", "//", "a//b", "x://", "urn:"} {
		f.Add(contextSeeds[8], name)
		f.Add(contextSeeds[14], name)
	}
	r := fuzzResolver()
	f.Fuzz(func(t *testing.T, ldctx, name string) {
		c, _, err := r.Resolve(context.Background(), []byte(ldctx))
		if err != nil {
			return
		}
		iri, known := c.Expand(name)
		var judged string
		if err := guard(func() error {
			var err error
			judged, err = c.active.ExpandIri(name, false, true, nil, nil)
			return err
		}); err == nil && judged != iri {
			t.Fatalf("%q expands to %q, json-gold says %q", name, iri, judged)
		}
		if known && iri == "" {
			t.Fatalf("%q is known as nothing", name)
		}
		if nearest := c.Nearest(name); nearest != "" {
			if _, known := c.Expand(nearest); !known {
				t.Fatalf("%q is near to %q, which is unknown", name, nearest)
			}
		}
		if iri == "" || ld.IsKeyword(iri) {
			return
		}
		short := c.Compact(iri)
		if back, _ := c.Expand(short); back != iri && short != iri {
			t.Fatalf("%q compacts to %q, which expands to %q", iri, short, back)
		}
	})
}

func FuzzLint(f *testing.F) {
	for _, seed := range contextSeeds {
		f.Add(`{"@context": ` + seed + `}`)
		f.Add(seed)
	}
	r := fuzzResolver()
	var uses Uses
	uses.Add("a", finding.Location{}, nil)
	options := LintOptions{Resolver: r, Uses: &uses, Meanings: func(term string) []Meaning {
		return []Meaning{{"https://example.org/#" + term, []string{"A"}}, {"https://example.org/#b", []string{"B", "C"}}}
	}}
	f.Fuzz(func(t *testing.T, text string) {
		found := Lint(context.Background(), "c", []byte(text), options)
		if len(found) > maxFound+1 {
			t.Fatalf("%d findings", len(found))
		}
		for i, one := range found {
			at := one.Location
			if at.Line < 1 || at.Char < 1 || one.Message == "" || !utf8.ValidString(text) && finding.Errors(found) == 0 {
				t.Fatalf("%v", one)
			}
			if i > 0 && at.Line < found[i-1].Location.Line {
				t.Fatalf("out of order: %v", found)
			}
		}
		// A text without errors is a context that resolves, and whose scoped
		// contexts json-gold takes where a document uses them.
		if finding.Errors(found) > 0 {
			return
		}
		ldctx, err := ContextOf([]byte(text))
		if err != nil {
			return // a byte order mark
		}
		c, _, err := r.Resolve(context.Background(), ldctx)
		if err != nil {
			t.Fatalf("lint finds nothing, resolve says %v", err)
		}
		for term, td := range c.terms {
			if td == nil || !td.HasContext || td.Container != nil || td.Reverse || td.Nest != "" || td.Type != "" || !utf8.ValidString(term) {
				continue
			}
			document, err := encode(map[string]any{term: map[string]any{"@id": "urn:x:1"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.ExpandDocument(context.Background(), document, c); err != nil {
				t.Fatalf("lint finds nothing in the scoped context of %q, expansion says %v", term, err)
			}
		}
	})
}

func FuzzUses(f *testing.F) {
	for _, seed := range []string{
		`{"id": "urn:x:1", "type": ["A", "ex:B"], "a": [{"type": "Property", "value": {"b": ["c"]}, "d": {"vocab": ["e", 7]}}]}`,
		`{"id": "urn:x:1", "type": "A", "a": 1, "b": {"c": "d"}}`, `{"type": 7, "a": {"objectType": "T", "languageMap": {"fr": "x"}}}`, `[]`, `{"@type": "A"`, "",
	} {
		f.Add(seed)
	}
	c, _, err := fuzzResolver().Resolve(context.Background(), []byte(`"https://example.org/a"`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var uses Uses
		at := func(line, char int) finding.Location { return finding.Location{Line: line, Char: char} }
		isEntity, err := uses.Entity([]byte(text), c, at)
		if (err != nil || !isEntity) && !uses.Empty() {
			t.Fatalf("what is no entity uses %v", uses.names)
		}
		for _, found := range uses.Undefined(c) {
			if found.Location.Line < 1 || found.Location.Char < 1 {
				t.Fatalf("%v", found)
			}
		}
	})
}

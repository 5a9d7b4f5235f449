package jsonld

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"

	"github.com/ldtkit/ldt/internal/shared"
)

// brief shortens findings to "severity code line:char" each.
func brief(found []finding.Finding) []string {
	out := []string{}
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %s %d:%d", f.Severity, f.Code, f.Location.Line, f.Location.Char))
	}
	return out
}

func TestLintFindsTheTrapsOfTheParisContext(t *testing.T) {
	found := Lint(context.Background(), "ville.jsonld", shared.Read(t, "datasets", "paris-conso-gaz", "ville-de-paris-context.jsonld"), LintOptions{})
	require.Equal(t, []string{
		"error context-core-term 24:5",         // observedAt loses its DateTime
		"error context-undefined-prefix 42:22", // tutorial:
		"error context-duplicate-key 46:9",     // address
		"error context-duplicate-key 48:9",     // addressLocality
		"error context-duplicate-key 78:9",     // location
		"error context-core-term 78:9",         // location
		"error context-duplicate-key 87:9",     // postalCode
		"error context-duplicate-key 96:9",     // streetAddress
		"error context-core-term 99:9",         // value
		"error context-core-term 100:9",        // status
	}, brief(found))
	require.Contains(t, found[0].Message, "the same IRI but another coercion (none instead of "+NGSILD+"DateTime)")
	require.Equal(t, "ville.jsonld", found[1].Location.File)
	require.Contains(t, found[1].Message, `"tutorial:PartField" begins with the prefix "tutorial"`)
	require.Contains(t, found[4].Message, "after line 33")
	require.Contains(t, found[4].Hint, `"https://uri.etsi.org/ngsi-ld/location" or "https://w3id.org/saref#location"`)
	require.Contains(t, found[5].Message, "stands for https://uri.etsi.org/ngsi-ld/location; here it is defined again, as https://w3id.org/saref#location")
}

func TestLintFindsTheTrapsOfTheOtherRealContexts(t *testing.T) {
	require.Equal(t, []string{
		"error context-core-term 51:5", "error context-core-term 68:5", "error context-core-term 70:5",
	}, brief(Lint(context.Background(), "dcat.jsonld", shared.Read(t, "datasets", "paris-conso-gaz", "dcat-context.jsonld"), LintOptions{})))
	require.Equal(t, []string{
		"warning context-unknown-url 3:9", "warning context-unknown-url 4:8",
	}, brief(Lint(context.Background(), "compound.jsonld", shared.Read(t, "datasets", "paris-conso-gaz", "consoEnergetiques-compound.jsonld"), LintOptions{})))
}

func TestLintReadsEveryPublishedContext(t *testing.T) {
	r := NewResolver()
	for path, text := range publishedContexts(t) {
		for _, f := range Lint(context.Background(), path, text, LintOptions{Resolver: r}) {
			require.Positive(t, f.Location.Line, f)
			require.Positive(t, f.Location.Char, f)
			require.Equal(t, path, f.Location.File)
			require.NotEmpty(t, f.Message)
		}
	}
	require.Empty(t, Lint(context.Background(), "core.jsonld", shared.Read(t, "contexts", "ngsi-ld-core-context-v1.6.jsonld"), LintOptions{Resolver: r}))
	require.Contains(t, Lint(context.Background(), "i.jsonld", shared.Read(t, "smart-data-models", "IssueTracking", "context.jsonld"), LintOptions{Resolver: r})[0].Message, "open311")
}

func TestLint(t *testing.T) {
	r := NewResolver(WithContexts(documents(
		"https://example.org/loc.jsonld", `{"location": "https://example.org/#loc", "loc": "https://example.org/#", "bad": {"@id": "https://example.org/x"}}`,
		"https://example.org/broken.jsonld", `{"a": 1}`,
		"https://example.org/list.jsonld", `[{"a": "https://example.org/a"}]`,
		"https://example.org/imports.jsonld", `{"@import": "https://example.org/loc.jsonld"}`,
	)))
	core13 := `"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld"`
	for name, test := range map[string]struct {
		text string
		want []string
		says string
	}{
		"nothing wrong":         {`{"@context": {"ex": "https://e.org/", "a": "ex:a", "b": {"@id": "ex:b", "@type": "@vocab"}, "id": "@id", "type": "@type", "u": "urn:x:y"}}`, nil, ""},
		"a byte order mark":     {"\ufeff" + `{"@context": {"a": "https://e.org/a"}}`, nil, ""},
		"not JSON":              {"{\n  \"@context\": {\n    \"a\" 1}}", []string{"error context-invalid 3:9"}, "not JSON"},
		"two texts":             {`{"@context": {}} {}`, []string{"error context-invalid 1:18"}, "not JSON"},
		"an array":              {`[]`, []string{"error context-invalid 1:1"}, "not an object"},
		"no context":            {`{"a": 1}`, []string{"error context-invalid 1:1"}, "no @context"},
		"a number":              {`{"@context": [7]}`, []string{"error context-invalid 1:15"}, "a URL or an object"},
		"a file":                {`{"@context": "other.jsonld"}`, []string{"error context-invalid 1:14"}, "may not have files opened"},
		"a broken URL":          {`{"@context": "https://example.org/broken.jsonld"}`, []string{"error context-invalid 1:14"}, "https://example.org/broken.jsonld"},
		"key three times":       {`{"@context": {"a": "urn:1", "a": "urn:1", "a": "urn:2"}}`, []string{"error context-duplicate-key 1:29", "error context-duplicate-key 1:43"}, "only the last one counts, that of line 1"},
		"too deep, twice":       {`{"@context": [` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `, {"a": "no:b"}]}`, []string{"error context-invalid 1:30", "error context-undefined-prefix 1:63"}, "nested more than 16 deep"},
		"key twice, nested":     {`{"@context": {"a": {"@id": "https://e/1", "@id": "https://e/2"}}}`, []string{"error context-duplicate-key 1:43"}, `"@id" stands here again`},
		"an illegal definition": {"{\"@context\": {\"@version\": 1.1,\n\"a\": {\"@id\": 7},\n \"b\": \"https://e/b\", \"z\": [1]}}", []string{"error context-invalid 2:1", "error context-invalid 3:22"}, `"a" is not legal`},
		"a circle":              {`{"@context": {"a": "b:x", "b": "a:y"}}`, []string{"error context-invalid 1:15", "error context-undefined-prefix 1:20", "error context-invalid 1:27", "error context-undefined-prefix 1:32"}, ""},
		"a prefix of the core":  {`{"@context": {"a": "ngsi-ld:a"}}`, []string{"error context-undefined-prefix 1:20"}, ""},
		"a prefix in a key":     {`{"@context": {"no:a": "https://e.org/a"}}`, []string{"error context-invalid 1:15", "error context-undefined-prefix 1:15"}, ""},
		"a prefix in a type":    {`{"@context": {"a": {"@id": "https://e/a", "@type": "xsd:date"}}}`, []string{"error context-undefined-prefix 1:52"}, "xsd"},
		"no prefix by its IRI":  {`{"@context": {"p": "https://e.org/p", "a": "p:a"}}`, []string{"error context-undefined-prefix 1:44"}, "cannot be a prefix"},
		"a prefix from a URL":   {`{"@context": ["https://example.org/loc.jsonld", {"a": "loc:a", "b": "bad:b"}]}`, []string{"error context-undefined-prefix 1:69"}, ""},
		"maybe from a URL":      {`{"@context": ["https://unknown.example/", {"a": "may:a"}]}`, []string{"warning context-unknown-url 1:15", "warning context-undefined-prefix 1:49"}, ""},
		"a prefix, scoped":      {`{"@context": {"a": {"@id": "https://e/a", "@context": {"b": "no:b"}}}}`, []string{"error context-undefined-prefix 1:61"}, ""},
		"a URL, scoped":         {`{"@context": {"a": {"@id": "https://e/a", "@context": ["https://unknown.example/"]}}}`, []string{"warning context-unknown-url 1:56"}, ""},
		"an import of no URL":   {`{"@context": {"a": "https://e/a", "@import": false}}`, []string{"error context-invalid 1:35"}, "@import takes a URL, not a boolean"},
		"an import of a list":   {`{"@context": {"@import": "https://example.org/list.jsonld"}}`, []string{"error context-invalid 1:15"}, "is not a context of one object"},
		"an import of imports":  {`{"@context": {"@import": "https://example.org/imports.jsonld"}}`, []string{"error context-invalid 1:15"}, "without an @import of its own"},
		"a huge number":         {"{\"@context\": [{\"a\": \"https://e/a\"},\n{\"b\": 1e400}]}", []string{"error context-invalid 2:2"}, "cannot be read"},
		"a huge number beside":  {`{"@context": {"a": "https://e/a"}, "b": 1e400}`, []string{"error context-invalid 1:14"}, "cannot be read"},
		"an illegal scope":      {`{"@context": {"a": {"@id": "https://e/a", "@context": {"b": 7}}}}`, []string{"error context-invalid 1:56"}, `"b" is not legal`},
		"a number as scope":     {`{"@context": {"a": {"@id": "https://e/a", "@context": [7]}}}`, []string{"error context-invalid 1:56"}, "a URL or an object"},
		"an illegal inner scope": {`{"@context": {"a": {"@id": "https://e/a", "@context": {"b": {"@id": "https://e/b", "@context": {"c": []}}}}}}`,
			[]string{"error context-invalid 1:97"}, `"c" is not legal`},
		"an import in a scope":    {`{"@context": {"a": {"@id": "https://e/a", "@context": {"@import": 3}}}}`, []string{"error context-invalid 1:15"}, "@import takes a URL"},
		"no core inside":          {`{"@context": {"a": {"@id": "https://e/a", "@context": null}}}`, []string{"error context-core-term 1:55"}, "takes the core @context away"},
		"core term in a scope":    {`{"@context": {"a": {"@id": "https://e/a", "@context": {"value": "https://e/v"}}}}`, []string{"error context-core-term 1:56"}, `"value" is a term of the NGSI-LD core`},
		"a protected core term":   {`{"@context": {"@protected": true, "location": {"@id": "https://uri.etsi.org/ngsi-ld/location", "@type": "@id"}}}`, []string{"error context-core-term 1:35"}, "another coercion"},
		"protected, then defined": {`{"@context": [{"@protected": true, "a": "https://e/a"}, {"b": {"@id": "https://e/b", "@context": {"a": "https://e/2"}}}]}`, nil, ""},
		"core term, same":         {`{"@context": {"location": "https://uri.etsi.org/ngsi-ld/location"}}`, nil, ""},
		"core term, null":         {`{"@context": {"location": null}}`, []string{"error context-core-term 1:15"}, "taken away"},
		"core first, unchanged":   {`{"@context": [` + core13 + `, {"a": "https://e/a"}]}`, nil, ""},
		"core first, changed": {`{"@context": [` + core13 + `, {"location": "https://e/l"}]}`,
			[]string{"info context-order 1:15", "error context-core-term 1:84"}, `before contexts that define "location"; NGSI-LD reads the core last, plain JSON-LD would use theirs`},
		"core first, changed by a URL": {`{"@context": ["` + CoreURL + `", "https://example.org/loc.jsonld"]}`,
			[]string{"info context-order 1:15"}, "plain JSON-LD would refuse the whole document"},
		"core last": {`{"@context": ["https://example.org/loc.jsonld", ` + core13 + `]}`, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found := Lint(context.Background(), "c.jsonld", []byte(test.text), LintOptions{Resolver: r})
			if test.want == nil {
				require.Empty(t, found)
				return
			}
			require.Equal(t, test.want, brief(found), "%v", found)
			require.Contains(t, found[0].Message, test.says)
		})
	}
}

func TestLintSaysWhatBreaksWhereACoreTermIsRedefined(t *testing.T) {
	for term, want := range map[string]string{
		`"location": "https://e.org/x"`:                           "geo-queries and maps no longer find the place",
		`"observedAt": "https://uri.etsi.org/ngsi-ld/observedAt"`: "the time is read as a mere text, and temporal queries do not find it",
		`"observedAt": "https://e.org/x"`:                         "temporal queries no longer find the time",
		`"value": "https://e.org/x"`:                              "attributes lose their value",
		`"unitCode": "https://e.org/x"`:                           "values lose their unit",
		`"datasetId": "https://e.org/x"`:                          "the values of different datasets are no longer told apart",
		`"coordinates": "https://e.org/x"`:                        "geometries lose their coordinates",
		`"Relationship": "https://e.org/x"`:                       "attributes of this type are no longer read as such",
		`"type": "https://e.org/x"`:                               "entities have no type",
		`"status": "https://e.org/x"`:                             "what you call status is stored and found as https://uri.etsi.org/ngsi-ld/status",
	} {
		found := Lint(context.Background(), "c", []byte(`{"@context": {`+term+`}}`), LintOptions{})
		require.Equal(t, []string{"error context-core-term 1:15"}, brief(found), term)
		require.Contains(t, found[0].Message, "A broker keeps to the core's")
		require.Contains(t, found[0].Message, want)
	}
}

func TestLintForReaders(t *testing.T) {
	meanings := func(term string) []Meaning {
		return map[string][]Meaning{
			"temperature": {{"https://w.example/t", []string{"Weather", "Water"}}, {"https://d.example/t", []string{"Device"}}},
			"one":         {{"https://w.example/one", []string{"Weather"}}},
		}[term]
	}
	var uses Uses
	at := func(line, char int) finding.Location { return finding.Location{File: "e.json", Line: line, Char: char} }
	for _, entity := range []string{
		`{"id": "urn:x:1", "type": ["Meter", "ex:Thing"], "power": [{"type": "Property", "value": {"inside": "word"}, "nested": {"type": "Relationship", "object": "urn:x:2", "objectType": "Target"}}], "https://e.org/byIRI": {"value": 1}}`,
		`{"id": "urn:x:2", "type": "Meter", "kind": {"type": "VocabProperty", "vocab": ["wordA", "undefinedWord"]}, "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}}}`,
		`{"id": "urn:x:3", "type": "Meter", "simple": "x"}`,
	} {
		isEntity, err := uses.Entity([]byte(entity), nil, at)
		require.NoError(t, err)
		require.True(t, isEntity)
	}
	const text = `{"@context": {
"ex": "https://e.org/", "Meter": "ex:Meter", "power": "ex:power", "inside": "ex:inside", "word": "ex:word",
"nested": {"@id": "ex:nested", "@type": "@id"}, "Target": "ex:Target", "byOtherName": "ex:byIRI",
"kind": {"@id": "ex:kind", "@type": "DateTime"}, "wordA": "ex:wordA", "simple": "ex:simple",
"temperature": "https://w.example/t", "unused": "ex:unused", "idle": "https://idle.example/", "one": "ex:one", "id": "@id",
"DateTime": "https://uri.etsi.org/ngsi-ld/DateTime"
}}`
	o := LintOptions{Uses: &uses, Meanings: meanings}
	found := Lint(context.Background(), "c", []byte(text), o)
	require.Equal(t, []string{
		"warning context-orion-type 3:32", "warning context-orion-type 4:28",
		"info context-ambiguous-term 5:1", "info context-unused-term 5:1", "info context-unused-term 5:39", "info context-unused-term 5:62", "info context-unused-term 5:95",
	}, brief(found), "%v", found)
	require.Equal(t, `"temperature" stands for https://w.example/t here, as in Weather, Water; elsewhere in the Smart Data Models it stands for https://d.example/t (Device)`, found[2].Message)

	c, _, err := NewResolver().Resolve(context.Background(), []byte(text[len(`{"@context": `):len(text)-1]))
	require.NoError(t, err)
	undefined := uses.Undefined(c)
	require.Len(t, undefined, 1)
	require.Equal(t, finding.ContextUnmapped, undefined[0].Code)
	require.Contains(t, undefined[0].Message, `"undefinedWord" is used here and nothing defines it`)
	require.Equal(t, 89, undefined[0].Location.Char)

	o.Payload = true
	require.Empty(t, Lint(context.Background(), "c", []byte(text), o), "in a payload that concerns nobody")
}

func TestLintKnowsWhereTheContextIsPublished(t *testing.T) {
	r := NewResolver(WithContexts(documents("https://e.org/b", `["https://e.org/a"]`, "https://e.org/next", `{"x": "https://e.org/x"}`)))
	for text, want := range map[string][]string{
		`{"@context": ["https://e.org/a"]}`: {"error context-cycle 1:15"},
		`{"@context": ["https://e.org/b"]}`: {"error context-cycle 1:15"},
		`{"@context": ["next"]}`:            {},
	} {
		require.Equal(t, want, brief(Lint(context.Background(), "c", []byte(text), LintOptions{Resolver: r, URL: "https://e.org/a"})), text)
	}
	found := Lint(context.Background(), "c", []byte(`{"@context": ["https://raw.githubusercontent.com/x/y/c.jsonld"]}`), LintOptions{URL: "https://e.org/a", MediaType: "text/plain"})
	require.Equal(t, []string{"warning context-media-type 1:1", "warning context-unknown-url 1:15", "info context-media-type 1:15"}, brief(found))
}

func TestLintRemarksOnTheOrderOfContexts(t *testing.T) {
	r := NewResolver(WithContexts(documents("https://e.org/a", `{"name": "https://e.org/a#name", "same": "https://e.org/same"}`, "https://e.org/b", `{"name": "https://e.org/b#name", "same": "https://e.org/same"}`)))
	found := Lint(context.Background(), "c", []byte(`{"@context": ["https://e.org/a", "https://e.org/b"]}`), LintOptions{Resolver: r})
	require.Equal(t, []string{"info context-order 1:34"}, brief(found))
	require.Equal(t, `this defines another way than a context before it: "name" (https://e.org/b#name, was https://e.org/a#name); the later one counts`, found[0].Message)
}

func TestLintOfTextMadeToFillTheMemory(t *testing.T) {
	many := func(n int, format string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint(i+1)), "#", fmt.Sprint(i))
		}
		return strings.Join(list, ",")
	}
	for name, test := range map[string]struct{ text, want string }{
		"a key 100 000 times":        {`{"@context": {` + many(100_000, `"a": "urn:a"`) + `}}`, "there are 98999 findings more than these 1000"},
		"20 000 illegal definitions": {`{"@context": {` + many(20_000, `"t#": 7`) + `}}`, "is not legal"},
		"definitions that build up":  {`{"@context": {"t0": "https://e.org/", ` + many(20_000, `"t#+": "t#:xxxxxxxx/"`) + `}}`, "is not legal"},
		"a vocabulary of 1 MB":       {`{"@context": [{"@vocab": "https://e.org/` + strings.Repeat("x", 1<<20) + `"}, {` + many(5000, `"t#": "x#"`) + `}]}`, "more than 4096 characters"},
		"5 000 scoped contexts":      {`{"@context": {` + many(5000, `"t#": {"@id": "urn:x:#", "@context": {"a": "urn:a"}}`) + `}}`, "more than 4096 scoped contexts"},
		"100 000 URLs":               {`{"@context": [` + many(100_000, `"https://e.org/#"`) + `]}`, "more than 512 parts"},
		"100 000 objects":            {`{"@context": [` + many(100_000, `{"a#": "urn:a"}`) + `]}`, "more than 512 parts"},
		"10 000 deep":                {strings.Repeat(`{"@context":`, 10_000) + `{}` + strings.Repeat("}", 10_000), "nested more than 200 deep"},
		"a number of 400 digits":     {`{"@context": {"a": ` + strings.Repeat("9", 400) + `}}`, "line 1: the number 99999"},
		"NaN":                        {`{"@context": {"a": NaN}}`, "not JSON"},
		"two byte order marks":       {"\ufeff\ufeff" + `{"@context": {}}`, "not JSON"},
		"a byte that is not UTF-8":   {"{\"@context\": {\"a\": \"\xff\"}}", "invalid UTF-8"},
		"nothing":                    {"", "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			found := Lint(context.Background(), "c", []byte(test.text), LintOptions{})
			require.LessOrEqual(t, len(found), maxFound+1)
			require.Positive(t, finding.Errors(found))
			all := finding.List(found).Error()
			require.Contains(t, all, test.want)
			if ldctx, err := ContextOf([]byte(test.text)); err == nil && ldctx != nil && name != "a key 100 000 times" {
				_, _, err := NewResolver().Resolve(context.Background(), ldctx)
				require.Error(t, err)
				require.Less(t, len(err.Error()), 500)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.Empty(t, Lint(ctx, "c", []byte(`{"@context": {"a": "b:c"}}`), LintOptions{}), "who is interrupted looks no further")
}

func TestLintUsesTheCoreOfTheResolver(t *testing.T) {
	text := []byte(`{"@context": {"ngsildConformance": "https://e.org/x"}}`)
	require.Empty(t, Lint(context.Background(), "c", text, LintOptions{Resolver: NewResolver()}))
	require.Equal(t, []string{"error context-core-term 1:15"}, brief(Lint(context.Background(), "c", text, LintOptions{Resolver: NewResolver(WithCore(coreURLOf("1.9")))})))
}

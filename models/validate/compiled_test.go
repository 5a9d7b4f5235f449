package validate

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
)

// judgement compares forms with jsonschema, value by value.
type judgement struct {
	t                       testing.TB
	checking                checking
	right, wrong, undecided int
}

// hold compares what a form and a schema say of one value.
func (j *judgement) hold(c *compiled, a *models.Attribute, value string) {
	j.t.Helper()
	f := c.forms[a]
	if f == nil || !jsontext.Value(value).IsValid(jsontext.AllowDuplicateNames(true)) {
		return
	}
	schemas, err := c.schemas()
	require.NoError(j.t, err)
	want := schemas[a].Validate(decodeValue([]byte(value)))
	fits, sure := j.checking.fits(f, []byte(value))
	switch {
	case !sure:
		j.undecided++
	case fits != (want == nil):
		j.t.Errorf("%s %s: the form says %v of %s, and jsonschema %v", c.model.QualifiedName(), a.Name, fits, value, want)
	case fits:
		j.right++
	default:
		j.wrong++
	}
}

// scalars are values that are right for some shapes and nearly right for others.
var scalars = []string{
	"null", "true", "false", "0", "-0", "1", "1.0", "-1", "1e2", "10E-1", "0.5", "100", "100.0000000000000000000001", "99.9999999999999999999", "1e400", "-1e-400",
	"9007199254740993", "9007199254740992.5", strings.Repeat("9", 400), `""`, `"a"`, `"é"`, `"a\u0062"`, `"\ud83d\ude00"`, `"` + strings.Repeat("x", 257) + `"`,
	`"2026-01-28T12:00:00Z"`, `"2026-01-31T12:00:00.5+01:00"`, `"2026-02-30T12:00:00Z"`, `"2026-01-28t12:00:00z"`, `"2026-01-28T24:00:00Z"`, `"2026-01-28T12:00:60Z"`, `"2026-12-31T23:59:60Z"`,
	`"2026-01-28T12:00:00.Z"`, `"2026-01-28T12:00:00,5Z"`, `"2026-01-28T12:00:00"`, `"2026-01-28 12:00:00Z"`, `"2026-01-28"`, `"2026-00-28"`, `"2026-01-00"`, `"2024-02-29"`, `"26-01-28"`, `"12:00:00Z"`, `"12:00"`,
	`"urn:a:b"`, `"urn:"`, `"urn:/a"`, `"urn:a b"`, `"urn:a%zz"`, `"urn:a#b#c"`, `"http://a/b"`, `"https://"`, `"http://a:b/"`, `"http://a_b.c?d"`, `"http://a/é"`, `"HTTP://a"`, `"mailto:a@b.c"`, `"a@b.c"`, `"/a"`,
	`"127.0.0.1"`, `"::1"`, `"P1D"`, `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`, `"FR"`, `"a b"`, `"1234"`,
}

// madeUp gives a value that a shape allows, or nearly.
func madeUp(r *rand.Rand, s *models.Shape) string {
	pick := func(list []*models.Shape) string { return madeUp(r, list[r.IntN(len(list))]) }
	members := func(s *models.Shape) string {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(s.Members)) {
			if slices.Contains(s.Required, name) && r.IntN(20) > 0 || r.IntN(3) > 0 {
				quoted, _ := json.Marshal(name)
				parts = append(parts, string(quoted)+": "+madeUp(r, s.Members[name]))
			}
		}
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if r.IntN(10) == 0 {
			parts = append(parts, `"x\u0078": 1`)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if r.IntN(25) == 0 {
		return scalars[r.IntN(len(scalars))]
	}
	switch {
	case s.Identifier:
		return pick(models.IdentifierShapes)
	case len(s.Geometry) > 0:
		return madeUp(r, models.GeometryShape(s.Geometry[r.IntN(len(s.Geometry))]))
	case len(s.OneOf) > 0:
		return pick(s.OneOf)
	case len(s.AnyOf) > 0:
		return pick(s.AnyOf)
	case len(s.AllOf) > 0:
		return pick(s.AllOf)
	case len(s.Enum) > 0:
		return string(s.Enum[r.IntN(len(s.Enum))])
	}
	switch s.Type {
	case "array":
		parts := make([]string, r.IntN(6))
		for i := range parts {
			parts[i] = scalars[r.IntN(len(scalars))]
			if s.Items != nil {
				parts[i] = madeUp(r, s.Items)
			}
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "object":
		return members(s)
	case "number", "integer":
		near := []string{"0", "3", "-2.5", "17.25"}
		for _, limit := range []json.Number{s.Minimum, s.Maximum, s.Above, s.Below} {
			if limit != "" && !strings.ContainsAny(limit.String(), ".eE") {
				near = append(near, limit.String(), limit.String()+".0", limit.String()+".00000000000000000001", limit.String()+"e0", limit.String()+"1")
			}
		}
		return near[r.IntN(len(near))]
	case "boolean":
		return "true"
	case "string":
		var fitting []string
		for _, text := range scalars {
			if text[0] == '"' {
				fitting = append(fitting, text)
			}
		}
		for _, length := range []json.Number{s.MinLength, s.MaxLength} {
			if n, err := length.Int64(); err == nil {
				fitting = append(fitting, `"`+strings.Repeat("é", int(n))+`"`, `"`+strings.Repeat("é", int(n)+1)+`"`)
			}
		}
		return fitting[r.IntN(len(fitting))]
	}
	if s.Members != nil {
		return members(s)
	}
	return scalars[r.IntN(len(scalars))]
}

// TestFormsAndJSONSchemaAgree holds made-up and broken values of every attribute of every
// model against its form and its schema.
func TestFormsAndJSONSchemaAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	j := judgement{t: t}
	attributes, uncovered := 0, []string{}
	shapes := map[string]bool{} // many attributes are alike
	for _, m := range models.Builtin().Models() {
		c := schemas{}.of(m)
		for _, a := range m.Attributes {
			attributes++
			if c.forms[a] == nil {
				uncovered = append(uncovered, m.QualifiedName()+" "+a.Name)
			}
			shape, err := json.Marshal(a.Shape)
			require.NoError(t, err)
			if shapes[string(shape)] {
				continue
			}
			shapes[string(shape)] = true
			for _, value := range scalars {
				j.hold(c, a, value)
			}
			for range 30 {
				j.hold(c, a, madeUp(r, &a.Shape))
			}
		}
	}
	t.Logf("%d attributes of %d shapes, %d of them not covered: %d values are right, %d wrong, %d undecided", attributes, len(shapes), len(uncovered), j.right, j.wrong, j.undecided)
	require.Empty(t, uncovered)
	require.Greater(t, j.right, 10_000)
	require.Greater(t, j.wrong, 10_000)
	require.Less(t, j.undecided*100, j.right+j.wrong)
}

// TestFormsAndJSONSchemaAgreeOnEveryKeyword is about shapes that the built-in models do not have.
func TestFormsAndJSONSchemaAgreeOnEveryKeyword(t *testing.T) {
	shapes := []string{
		`{"oneOf": [{"type": "number"}, {"minimum": 1}, {"type": "string", "maxLength": 1}]}`,
		`{"anyOf": [{"type": "object", "required": ["a"]}, {"type": "array", "items": {"type": "integer"}}], "maxItems": 2}`,
		`{"allOf": [{"minimum": 0}, {"maximum": 1, "minLength": 1}, {"members": {"a": {"type": "string"}}, "required": ["a", "b"]}]}`,
		`{"type": "array", "unique": true, "items": {"oneOf": [{"type": "integer"}, {"type": "number", "above": 0, "below": 100}, {"type": "boolean"}]}}`,
		`{"enum": [1, 1e2, -0.5, null, true, "a", "a\u0062", ""]}`,
		`{"enum": [false, 100]}`,
		`{"type": "null"}`,
		`{"geometry": ["Point", "MultiPolygon"], "required": ["bbox"]}`,
		`{"pattern": "^[ab]+$", "format": "uri", "identifier": true}`,
		`{"format": "no such format", "minItems": 1, "members": {"x\"y": {"type": "string"}}, "required": ["x\"y"]}`,
	}
	m := &models.Model{Name: "M", Type: "M", Subject: models.NewSubject("S", nil, &models.Details{})}
	for i, text := range shapes {
		a := &models.Attribute{Name: fmt.Sprint("a", i)}
		require.NoError(t, json.Unmarshal([]byte(text), &a.Shape))
		m.Attributes = append(m.Attributes, a)
	}
	r := rand.New(rand.NewPCG(5, 6))
	c := schemas{}.of(m)
	j := judgement{t: t}
	for _, a := range m.Attributes {
		require.NotNil(t, c.forms[a], a.Name)
		for range 2000 {
			j.hold(c, a, madeUp(r, &a.Shape))
			j.hold(c, a, broken(r, madeUp(r, &a.Shape)))
			j.hold(c, a, fmt.Sprintf(`{"a": %s, "b": %s}`, madeUp(r, &a.Shape), madeUp(r, &a.Shape)))
			j.hold(c, a, fmt.Sprintf(`[%s, %s]`, madeUp(r, &a.Shape), madeUp(r, &a.Shape)))
		}
		for _, value := range scalars {
			j.hold(c, a, value)
		}
	}
	t.Logf("%d values are right, %d wrong, %d undecided", j.right, j.wrong, j.undecided)
	require.Greater(t, j.right, 5000)
	require.Greater(t, j.wrong, 5000)
}

// TestFormsAndJSONSchemaAgreeOnTheOfficialExamples holds the values of the official key-values
// examples, and broken copies of them.
func TestFormsAndJSONSchemaAgreeOnTheOfficialExamples(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	r := rand.New(rand.NewPCG(3, 4))
	j := judgement{t: t}
	examples := 0
	for _, m := range models.Builtin().Models() {
		text, err := os.ReadFile(filepath.Join(root, m.QualifiedName(), "examples", "example.json"))
		var values map[string]json.RawMessage
		if err != nil || json.Unmarshal(text, &values) != nil {
			continue
		}
		examples++
		c := schemas{}.of(m)
		for _, a := range m.Attributes {
			value, ok := values[a.Name]
			if !ok {
				continue
			}
			j.hold(c, a, string(value))
			for range 10 {
				j.hold(c, a, broken(r, string(value)))
			}
		}
	}
	t.Logf("%d examples: %d values are right, %d wrong, %d undecided", examples, j.right, j.wrong, j.undecided)
	require.Greater(t, examples, 300)
	require.Greater(t, j.right, 20_000)
	require.Greater(t, j.wrong, 10_000)
}

// broken puts another value in the place of a value, or of one in it.
func broken(r *rand.Rand, value string) string {
	starts, ends := []int{0}, []int{len(value)}
	d := jsontext.NewDecoder(strings.NewReader(value))
	for {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		if kind, n := d.StackIndex(d.StackDepth()); token.Kind() != '{' && token.Kind() != '}' && token.Kind() != '[' && token.Kind() != ']' && !(kind == '{' && n%2 == 1) {
			end := int(d.InputOffset())
			length := len(token.String())
			if token.Kind() == '"' {
				length = end - strings.LastIndexByte(value[:end-1], '"')
			}
			starts, ends = append(starts, end-length), append(ends, end)
		}
	}
	i := r.IntN(len(starts))
	return value[:starts[i]] + scalars[r.IntN(len(scalars))] + value[ends[i]:]
}

// TestAFormLeavesToJSONSchemaWhatItDoesNotCover names the shapes of which it is unsure.
func TestAFormLeavesToJSONSchemaWhatItDoesNotCover(t *testing.T) {
	for text, want := range map[string]bool{
		`{"type": "string"}`:                                   true,
		`{"type": "text"}`:                                     false,
		`{"enum": [1, null, true, false, "a"]}`:                true,
		`{"enum": [{"a": 1}]}`:                                 false,
		`{"items": {"enum": [[1]]}}`:                           false,
		`{"minLength": 1.5}`:                                   false,
		`{"minimum": 1e999}`:                                   false,
		`{"geometry": ["Point"], "oneOf": [{}]}`:               false,
		`{"geometry": ["Point", "Point"]}`:                     false,
		`{"identifier": true, "anyOf": [{}]}`:                  false,
		`{"required": [` + strings.Repeat(`"a",`, 64) + `""]}`: false,
	} {
		var s models.Shape
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		_, ok := compileForm(&s)
		require.Equal(t, want, ok, text)
	}
}

// TestAFormIsUnsureOf names values that are for jsonschema to judge.
func TestAFormIsUnsureOf(t *testing.T) {
	list, ok := compileForm(&models.Shape{Type: "array", Unique: true})
	require.True(t, ok)
	object, ok := compileForm(&models.Shape{Type: "object", Members: map[string]*models.Shape{"a": {Type: "string"}}})
	require.True(t, ok)
	var c checking
	for value, want := range map[string]string{
		`["a", "b", 1, 12, true]`: "true true",
		`["a", "a"]`:              "false true",
		`["a", "\u0061"]`:         "false false",
		`[1.0, 1]`:                "false false",
		`[[1], [1]]`:              "false false",
	} {
		fits, sure := c.fits(list, []byte(value))
		require.Equal(t, want, fmt.Sprint(fits, sure), value)
	}
	for value, want := range map[string]string{
		`{"a": "b", "c": {"d": [1]}}`: "true true",
		`{"a": "b", "a": "c"}`:        "false false",
		`{"\u0061": 1}`:               "false true",
		`{"a": {"@value": "b"}}`:      "false true",
		`{"b": {"@value": "b"}}`:      "true true",
		`{"@value": "b"}`:             "false false",
		"{\"b\": \"\xff\"}":           "false false",
	} {
		fits, sure := c.fits(object, []byte(value))
		require.Equal(t, want, fmt.Sprint(fits, sure), value)
	}
}

func FuzzFormsAndJSONSchema(f *testing.F) {
	names := []string{"Device/DeviceMeasurement", "Building/Building", "Weather/WeatherAlert", "Energy/ACMeasurement"}
	var attributes []*models.Attribute
	var of []*compiled
	for _, name := range names {
		m, err := models.Builtin().Find(name)
		require.NoError(f, err)
		c := schemas{}.of(m)
		for _, a := range m.Attributes {
			attributes, of = append(attributes, a), append(of, c)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i, a := range attributes {
		f.Add(i, madeUp(r, &a.Shape))
	}
	for i, value := range scalars {
		f.Add(i, value)
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		i = int(uint(i) % uint(len(attributes)))
		(&judgement{t: t}).hold(of[i], attributes[i], strings.TrimSpace(value))
	})
}

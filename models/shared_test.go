package models_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"
)

func TestContextsSayWhatTheOfficialOnesSay(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	for _, s := range models.Builtin().Subjects {
		want, err := os.ReadFile(filepath.Join(root, s.Name, "context.jsonld"))
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(s.Context()), s.Name)
	}
}

func TestEveryAddressOfABuiltInContextIsKnown(t *testing.T) {
	var aliases map[string]*string
	require.NoError(t, json.Unmarshal(shared.Read(t, "contexts", "URLS.json"), &aliases))
	files := map[string]string{}
	for _, s := range models.Builtin().Subjects {
		files["smart-data-models/"+s.Name+"/context.jsonld"] = string(s.Context())
	}
	r, known := jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts())), models.Contexts()
	n := 0
	for address, file := range aliases {
		if jsonld.IsCore(address) {
			c, found, err := r.Resolve(t.Context(), []byte(strconv.Quote(address)))
			require.NoError(t, err, address)
			require.Empty(t, found, address)
			require.JSONEq(t, strconv.Quote(jsonld.CoreURL), string(c.JSON()), address)
			n++
		} else if file != nil && files[*file] != "" {
			require.JSONEq(t, files[*file], string(known[address]()), address)
			n++
		}
	}
	require.Equal(t, 3*len(files)+8, n, "three addresses a subject, and the cores")
}

// TestSchemasAgreeWithTheOfficialOnes holds the schema made from the catalogue
// against the official one: on every official key-values example and on each
// way to break it, both must say the same.
func TestSchemasAgreeWithTheOfficialOnes(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	var refs map[string]*string
	text, err := os.ReadFile(filepath.Join(root, "REFS.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &refs))
	official := jsonschema.NewCompiler()
	official.AssertFormat = true
	official.LoadURL = func(url string) (io.ReadCloser, error) {
		if file := refs[url]; file != nil {
			return os.Open(filepath.Join(root, *file))
		}
		return os.Open(strings.TrimPrefix(url, "file://"))
	}
	agreed, refused, broken := 0, 0, 0
	for _, m := range models.Builtin().Models() {
		path, err := filepath.Abs(filepath.Join(root, m.QualifiedName(), "schema.json"))
		require.NoError(t, err)
		theirs, err := official.Compile("file://" + path)
		if slices.Contains(uncompiled, m.QualifiedName()) {
			require.Error(t, err, "%s compiles by now", m.QualifiedName())
			continue
		}
		if m.QualifiedName() == recursive {
			continue
		}
		require.NoError(t, err, m.QualifiedName())
		own := jsonschema.NewCompiler()
		own.AssertFormat = true
		require.NoError(t, own.AddResource("urn:model", bytes.NewReader(m.Schema())))
		ours, err := own.Compile("urn:model")
		require.NoError(t, err, m.QualifiedName())

		entities := []map[string]any{made(m)}
		for _, name := range []string{"example.json", "example.jsonld"} {
			text, err := os.ReadFile(filepath.Join(root, m.QualifiedName(), "examples", name))
			if os.IsNotExist(err) {
				continue
			}
			require.NoError(t, err)
			var entity map[string]any
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			if d.Decode(&entity) != nil {
				broken++ // an official example that is no JSON
				continue
			}
			entities = append(entities, entity)
		}
		for _, entity := range entities {
			for i, broken := range append([]mutation{{"as it is", entity}}, mutations(m, entity)...) {
				if i%oneOf != 0 {
					continue
				}
				want, got := theirs.Validate(broken.entity), ours.Validate(broken.entity)
				require.Equal(t, want == nil, got == nil, "%s, %s:\nofficial: %v\nours: %v\n%v", m.QualifiedName(), broken.name, want, got, broken.entity)
				if want == nil {
					agreed++
				} else {
					refused++
				}
			}
		}
	}
	t.Logf("both accept %d entities and both refuse %d", agreed, refused)
	require.Greater(t, agreed, 10_000)
	require.Greater(t, refused, 10_000)
	require.LessOrEqual(t, broken, 1)
}

// oneOf is how many ways to break an entity there are for each that the test
// takes. With 1 it takes all, in about a minute, and all of them agree.
const oneOf = 23

// uncompiled are the models whose official schema is none: items as a list,
// which draft 2020-12 does not have, or a pattern with look-ahead.
var uncompiled = []string{"AAS/I4AAS", "AAS/I4Asset", "Battery/Battery", "FrictionlessData/DataPackageFrictionlessData", "UrbanMobility/ArrivalEstimation"}

// recursive is a model whose official schema stands inside itself; ours allows
// anything there.
const recursive = "Multimedia/MediaEvent"

// made is an entity that has a value for every attribute of the model.
func made(m *models.Model) map[string]any {
	entity := map[string]any{"id": "urn:ngsi-ld:Thing:1", "type": m.Type}
	for _, a := range m.Attributes {
		entity[a.Name] = value(&a.Shape)
	}
	return entity
}

// value makes a value that fits a shape; patterns have their own.
func value(s *models.Shape) any {
	switch {
	case s.Identifier:
		return "urn:ngsi-ld:Other:1"
	case len(s.Geometry) > 0:
		return map[string]any{"type": "Point", "coordinates": []any{json.Number("2.35"), json.Number("48.85")}}
	case len(s.Enum) > 0:
		var v any
		_ = json.Unmarshal(s.Enum[0], &v)
		return v
	case len(s.AllOf) > 0:
		return value(s.AllOf[0])
	case len(s.AnyOf) > 0:
		return value(s.AnyOf[0])
	case len(s.OneOf) > 0:
		return value(s.OneOf[0])
	}
	switch s.Format {
	case "date-time":
		return "2026-01-31T12:00:00Z"
	case "date":
		return "2026-01-31"
	case "time":
		return "12:00:00Z"
	case "uri":
		return "https://example.org/1"
	case "email":
		return "a@example.org"
	case "uuid":
		return "9830f692-7677-11e6-838b-4f9fb3dc5a4f"
	}
	switch s.Type {
	case "string":
		return "01"
	case "number", "integer":
		if s.Minimum != "" {
			return s.Minimum
		}
		return json.Number("0")
	case "boolean":
		return true
	case "array":
		if s.Items == nil {
			return []any{}
		}
		return []any{value(s.Items)}
	case "object":
		object := map[string]any{}
		for name, member := range s.Members {
			object[name] = value(member)
		}
		return object
	}
	return "any"
}

type mutation struct {
	name   string
	entity map[string]any
}

// mutations are the entity with one thing changed: a member left out, or a value
// replaced, at the top and one level below. They hold what is required and the
// member in question, no more.
func mutations(m *models.Model, entity map[string]any) []mutation {
	values := map[string]any{
		"number": json.Number("-12.5"), "large number": json.Number("1e30"), "integer": json.Number("7"), "text": "no such word, surely",
		"empty text": "", "code": "x-1", "boolean": true, "null": nil, "empty list": []any{}, "list of numbers": []any{json.Number("1"), json.Number("2")},
		"list of texts": []any{"some text", "x"}, "empty object": map[string]any{}, "object": map[string]any{"type": "Point"}, "URI": "urn:ngsi-ld:A:1",
		"date": "2026-01-31", "time": "2026-01-31T12:00:00Z", "bad date": "31/01/2026", "time without zone": "2026-01-31T12:00:00", "month": "13",
		"line":           map[string]any{"type": "LineString", "coordinates": []any{[]any{json.Number("1"), json.Number("2")}, []any{json.Number("3"), json.Number("4")}}},
		"polygon":        map[string]any{"type": "Polygon", "coordinates": []any{[]any{[]any{json.Number("1"), json.Number("2")}}}},
		"point of texts": map[string]any{"type": "Point", "coordinates": []any{"1", "2"}},
		"circle":         map[string]any{"type": "Circle", "coordinates": []any{json.Number("1"), json.Number("2")}},
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	with := func(key string, v any) map[string]any {
		changed := map[string]any{key: v}
		for _, k := range m.Required {
			if old, ok := entity[k]; ok && k != key {
				changed[k] = old
			}
		}
		return changed
	}
	var list []mutation
	keys := append([]string{"id", "type"}, m.AttributeNames()...)
	for _, key := range keys {
		without := with(key, nil)
		delete(without, key)
		list = append(list, mutation{"without " + key, without})
		for _, name := range names {
			list = append(list, mutation{fmt.Sprintf("%s is %s", key, name), with(key, values[name])})
		}
		switch old := entity[key].(type) {
		case map[string]any:
			for member := range old {
				for _, name := range names {
					inner := map[string]any{}
					for k, v := range old {
						inner[k] = v
					}
					inner[member] = values[name]
					list = append(list, mutation{fmt.Sprintf("%s.%s is %s", key, member, name), with(key, inner)})
				}
			}
		case []any:
			for _, name := range names {
				list = append(list, mutation{fmt.Sprintf("%s with %s", key, name), with(key, append(slices.Clone(old), values[name]))})
			}
		}
	}
	return list
}

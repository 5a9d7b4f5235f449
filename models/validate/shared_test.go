package validate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/stretchr/testify/require"
)

// builtinResolver gives a Resolver for many Validators, which reads an @context once.
func builtinResolver() *jsonld.Resolver {
	return jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Builtin().Contexts()))
}

// refused gives the official examples that the official schemas refuse, as
// Subject/Model/examples/name, with the faults.
func refused(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shared.Path(t, "analysis"), "validation-failures.json"))
	require.NoError(t, err)
	var known struct {
		Examples []struct {
			Schema, Example string
			Errors          []string
		} `json:"examples_that_do_not_validate"`
	}
	require.NoError(t, json.Unmarshal(text, &known))
	require.NotEmpty(t, known.Examples)
	list := map[string][]string{}
	for _, one := range known.Examples {
		name := strings.TrimSuffix(one.Schema, "schema.json") + "examples/" + one.Example
		list[name] = append(list[name], one.Errors...)
	}
	return list
}

// TestOfficialKeyValuesExamplesFitTheirModels holds each official key-values example that
// the official schemas accept, with formats, against its model: no finding of the model.
func TestOfficialKeyValuesExamplesFitTheirModels(t *testing.T) {
	root, known := shared.Path(t, "smart-data-models"), refused(t)
	valid, resolver := 0, builtinResolver()
	for _, m := range models.Builtin().Models() {
		v, err := validate.New(validate.Options{Model: m.QualifiedName(), Resolver: resolver})
		require.NoError(t, err)
		for _, name := range []string{"example.json", "example.jsonld"} {
			if known[m.QualifiedName()+"/examples/"+name] != nil {
				continue
			}
			text, err := os.ReadFile(filepath.Join(root, m.QualifiedName(), "examples", name))
			if os.IsNotExist(err) {
				continue
			}
			require.NoError(t, err)
			list, _, err := v.File(t.Context(), m.QualifiedName()+"/"+name, bytes.NewReader(text))
			require.NoError(t, err)
			for _, f := range list {
				// What the schemas do not ask: ids and objects that are URIs, names, places, attributes and
				// @contexts that are known. The two forms of an example differ.
				if !slices.Contains([]finding.Code{finding.EntityID, finding.AttributeObject, finding.AttributeName, finding.AttributeGeometry, finding.ModelAttribute,
					finding.ContextUnknownURL, finding.ContextInvalid, finding.ContextUnmapped, finding.EntityConflict, finding.EntityIDPattern}, f.Code) {
					t.Errorf("%s %v", f.Code, f)
				}
			}
			valid++
		}
	}
	require.GreaterOrEqual(t, valid, 690)
}

// TestWhatTheOfficialSchemasAcceptIsFound adds an attribute that nothing defines, and an id
// that is no URI, to each official example: the official schemas accept both in every case.
func TestWhatTheOfficialSchemasAcceptIsFound(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	for name, least := range map[string]int{"example.json": 369, "example.jsonld": 369, "example-normalized.json": 369, "example-normalized.jsonld": 370} {
		paths, err := filepath.Glob(filepath.Join(root, "*", "*", "examples", name))
		require.NoError(t, err)
		cases := 0
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var document any
			if json.Unmarshal(text, &document) != nil {
				continue // one example is no JSON
			}
			entities := []any{document}
			if list, ok := document.([]any); ok {
				entities = list
			}
			for _, one := range entities {
				e := one.(map[string]any)
				e["id"] = "no URI"
				delete(e, "@id")
				e["noSuchAttributeAnywhere"] = 1
				if strings.Contains(name, "normalized") {
					e["noSuchAttributeAnywhere"] = map[string]any{"type": "Property", "value": 1}
				}
			}
			broken, err := json.Marshal(entities)
			require.NoError(t, err)
			list, _, err := v.File(t.Context(), path, bytes.NewReader(broken))
			require.NoError(t, err)
			for i := range entities {
				place := fmt.Sprintf("/%d", i)
				id := slices.ContainsFunc(list, func(f finding.Finding) bool {
					return f.Code == finding.EntityID && f.Severity == finding.Error && f.Location.Pointer == place+"/id"
				})
				attribute := slices.ContainsFunc(list, func(f finding.Finding) bool {
					return f.Code == finding.ModelAttribute && f.Location.Pointer == place+"/noSuchAttributeAnywhere"
				})
				require.True(t, id && attribute, "%s: id %t, attribute %t: %v", path, id, attribute, list)
			}
			cases++
		}
		require.GreaterOrEqual(t, cases, least, name)
	}
}

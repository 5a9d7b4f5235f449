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
	"github.com/stretchr/testify/require"
)

// judged are the models whose official examples a person has looked at.
func judged() (list []*models.Model) {
	for _, s := range models.Builtin().Subjects {
		if slices.Contains([]string{"Building", "Consumption", "Device", "KeyPerformanceIndicator", "Weather"}, s.Name) {
			list = append(list, s.Models()...)
		}
	}
	return list
}

func TestOfficialKeyValuesExamplesFitTheirModels(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	for _, m := range judged() {
		v, err := validate.New(validate.Options{Model: m.QualifiedName()})
		require.NoError(t, err)
		for _, name := range []string{"example.json", "example.jsonld"} {
			for _, f := range official(t, v, root, m, name) {
				if f.Severity == finding.Info {
					continue // no @context
				}
				// Many an id is no URI, Device has an attribute "value", and some
				// @contexts are not there; the two forms of an example differ.
				require.Contains(t, []finding.Code{finding.EntityID, finding.AttributeObject, finding.AttributeName, finding.ContextUnknownURL, finding.EntityConflict, finding.EntityIDPattern}, f.Code, "%v", f)
			}
		}
	}
}

func official(t *testing.T, v *validate.Validator, root string, m *models.Model, name string) []finding.Finding {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, m.QualifiedName(), "examples", name))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	findings, _, err := v.File(t.Context(), m.QualifiedName()+"/"+name, bytes.NewReader(text))
	require.NoError(t, err)
	return findings
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

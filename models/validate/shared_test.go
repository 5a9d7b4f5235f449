package validate_test

import (
	"bytes"
	"encoding/json"
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

// TestWhatTheOfficialSchemasAcceptIsFound adds an attribute that nothing defines and an
// id that is no URI to each official normalized example: the official schemas accept both.
func TestWhatTheOfficialSchemasAcceptIsFound(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", "examples", "example-normalized.jsonld"))
	require.NoError(t, err)
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	entities := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		text = bytes.TrimSpace(text)
		open := bytes.IndexByte(text, '{')
		if open < 0 || !json.Valid(text) {
			continue
		}
		broken := slices.Concat(text[:open+1], []byte(`"id": "no URI", "noSuchAttributeAnywhere": {"type": "Property", "value": 1},`), text[open+1:])
		list, _, err := v.File(t.Context(), path, bytes.NewReader(broken))
		require.NoError(t, err)
		var id, attribute bool
		for _, f := range list {
			id = id || f.Code == finding.EntityID
			attribute = attribute || f.Code == finding.ModelAttribute && strings.HasSuffix(f.Location.Pointer, "/noSuchAttributeAnywhere")
		}
		require.True(t, id && attribute, "%s: %v", path, list)
		entities++
	}
	require.Greater(t, entities, 350)
}

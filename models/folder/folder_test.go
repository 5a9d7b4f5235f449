package folder_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func check(t *testing.T, schema, ldctx string) (list []string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, folder.SchemaFile), []byte(schema), 0o644))
	if ldctx != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.ContextFile), []byte(ldctx), 0o644))
	}
	found, err := folder.Check(dir)
	require.NoError(t, err)
	for _, f := range found {
		list = append(list, string(f.Code)+" "+f.Location.Pointer)
	}
	return list
}

const ldctx = `{"@context": ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld", {"height": "https://example.org/height"}]}`

func TestCheckPointsAtWhatIsWrong(t *testing.T) {
	const good = `{"definitions": {"h": {"type": "number"}}, "properties": {"id": {}, "type": {}, "height": {"description": "Property. How high", "$ref": "#/definitions/h"}}}`
	require.Empty(t, check(t, good, ldctx))
	require.Equal(t, []string{"model-file-term "}, check(t, good, ""))
	for schema, want := range map[string][]string{
		`{"properties": `: {"model-file "},
		`[1]`:             {"model-file "},
		`{"properties": {"height": {"description": "Property. x", "$ref": "#/definitions/no"}}}`:               {"model-file-reference /properties/height/$ref"},
		`{"properties": {"height": {"description": "Property. x", "$ref": "other.json#/a"}}}`:                  {"model-file-reference /properties/height/$ref"},
		`{"properties": {"height": {"description": "Property. x", "$ref": "../../etc/passwd"}}}`:               {"model-file-reference /properties/height/$ref"},
		`{"allOf": [{"$ref": "https://example.org/x.json"}, {"properties": {"depth": {"type": "number"}}}]}`:   {"model-file-reference /allOf/0/$ref", "model-file-term /allOf/1/properties/depth", "model-file-kind /allOf/1/properties/depth"},
		`{"properties": {"height": {"description": "Property. x", "type": "string", "pattern": "(?!a)b"}}}`:    {"model-file-schema /properties/height/pattern"},
		`{"properties": {"height": {"description": "Property. x", "type": "text"}}}`:                           {"model-file-schema /properties/height/type"},
		`{"properties": {"height": {"description": "Property. x", "enum": [{"$ref": "#/a value, no $ref"}]}}}`: nil,
		`{}`: {"model-file-schema "},
	} {
		require.Equal(t, want, check(t, schema, ldctx), schema)
	}
	_, err := folder.Check(filepath.Join(t.TempDir(), "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"properties": {"a": {"$ref": "#/properties/a"}}, "allOf": [1, {"properties": 3}]}`), []byte(ldctx))
	f.Add([]byte(`{"$ref": "#"}`), []byte(`{"@context": 3}`))
	f.Fuzz(func(t *testing.T, schema, ldctx []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.SchemaFile), schema, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.ContextFile), ldctx, 0o644))
		_, err := folder.Check(dir)
		require.NoError(t, err)
	})
}

// TestOfficialSchemasThatDoNotCompileAreFound: five official schemas do not.
func TestOfficialSchemasThatDoNotCompileAreFound(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", folder.SchemaFile))
	require.NoError(t, err)
	var broken []string
	for _, file := range files {
		found, err := folder.Check(file)
		require.NoError(t, err)
		for _, f := range found {
			if f.Code == finding.ModelFileSchema {
				broken = append(broken, filepath.Base(filepath.Dir(file))+" "+f.Location.Pointer)
			}
		}
	}
	require.Len(t, broken, 5, "%v", broken)
}

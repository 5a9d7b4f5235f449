package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func check(t *testing.T, schema, ldctx string) (list []string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, folder.SchemaFile), []byte(schema), 0o644))
	if ldctx != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.ContextFile), []byte(ldctx), 0o644))
	}
	found, err := folder.Check(t.Context(), dir, nil)
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
	_, err := folder.Check(t.Context(), filepath.Join(t.TempDir(), "absent"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"properties": {"a": {"$ref": "#/properties/a"}}, "allOf": [1, {"properties": 3}]}`), []byte(ldctx))
	f.Add([]byte(`{"$ref": "#"}`), []byte(`{"@context": 3}`))
	f.Fuzz(func(t *testing.T, schema, ldctx []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.SchemaFile), schema, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder.ContextFile), ldctx, 0o644))
		_, err := folder.Check(t.Context(), dir, nil)
		require.NoError(t, err)
	})
}

// TestOfficialSchemasThatDoNotCompileAreFound: five official schemas do not.
func TestOfficialSchemasThatDoNotCompileAreFound(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", folder.SchemaFile))
	require.NoError(t, err)
	var broken []string
	resolver := jsonld.NewResolver()
	for _, file := range files {
		found, err := folder.Check(t.Context(), file, resolver)
		require.NoError(t, err)
		for _, f := range found {
			if name := filepath.Base(filepath.Dir(file)); f.Code == finding.ModelFileSchema && !slices.Contains(broken, name) {
				broken = append(broken, name)
			}
		}
	}
	require.Equal(t, []string{"I4AAS", "I4Asset", "Battery", "DataPackageFrictionlessData", "ArrivalEstimation"}, broken)
}

// TestOfficialModelsReadFromAFolderAreThoseOfTheCatalogue reads all 775 models as a user
// adds them, with the shared definitions that are built in, and holds each attribute
// against the built-in one.
func TestOfficialModelsReadFromAFolderAreThoseOfTheCatalogue(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	resolver := jsonld.NewResolver()
	count, refused := 0, []string{}
	for _, want := range models.Builtin().Subjects {
		got, err := folder.Read(t.Context(), filepath.Join(root, want.Name), resolver)
		var faults finding.List
		if errors.As(err, &faults) {
			refused = append(refused, want.Name)
			continue
		}
		require.NoError(t, err, want.Name)
		require.Equal(t, want.Listed, got.Listed)
		require.Equal(t, want.Terms(), got.Terms(), want.Name)
		for i, m := range want.Models() {
			require.Equal(t, m.ID, got.Models()[i].ID, m.QualifiedName())
			require.Equal(t, m.TypeShape, got.Models()[i].TypeShape, m.QualifiedName())
			require.Equal(t, m.Required, got.Models()[i].Required, m.QualifiedName())
			require.Equal(t, m.Attributes, got.Models()[i].Attributes, m.QualifiedName())
			count += len(m.Attributes)
		}
	}
	require.Equal(t, []string{"IssueTracking"}, refused, "the only subject whose @context JSON-LD refuses")
	require.Equal(t, 17501-80, count, "all but those of IssueTracking")
}

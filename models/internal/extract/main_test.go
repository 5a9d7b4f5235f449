package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
)

func TestCatalogueIsWhatTheOfficialFilesSay(t *testing.T) {
	made := t.TempDir()
	var report strings.Builder
	definitions := filepath.Join(t.TempDir(), "shared.json")
	require.NoError(t, run(shared.Path(t, "smart-data-models"), made, definitions, &report))
	require.Contains(t, report.String(), "55 subjects, 775 models, 17501 attributes\n")
	require.Contains(t, report.String(), "  105  Relationship in the schema and Property in model.yaml, and values are identifiers: a Relationship: ")
	files, err := os.ReadDir(made)
	require.NoError(t, err)
	require.Len(t, files, 56)
	got, err := os.ReadFile(definitions)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join("..", "..", "folder", "shared.json"))
	require.NoError(t, err)
	require.True(t, string(want) == string(got), "the shared definitions are not what the official files say: run go generate ./models")
	for _, file := range files {
		got, err := os.ReadFile(filepath.Join(made, file.Name()))
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join("..", "..", "catalogue", file.Name()))
		require.NoError(t, err)
		require.True(t, string(want) == string(got), "%s is not what the official files say: run go generate ./models", file.Name())
	}
}

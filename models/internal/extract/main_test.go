package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
)

func TestCatalogueIsWhatTheOfficialFilesSay(t *testing.T) {
	made := filepath.Join(t.TempDir(), "catalogue.json")
	require.NoError(t, run(shared.Path(t, "smart-data-models"), made))
	got, err := os.ReadFile(made)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join("..", "..", "catalogue.json"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run go run ./models/internal/extract ../shared/smart-data-models")
}

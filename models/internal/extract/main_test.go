package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCatalogueIsWhatTheOfficialFilesSay(t *testing.T) {
	folder := os.Getenv("LDT_SHARED")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared")
	}
	folder = filepath.Join(folder, "smart-data-models")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the official models are not at hand: no %s (set LDT_SHARED)", folder)
	}
	made := filepath.Join(t.TempDir(), "catalogue.json")
	require.NoError(t, run(folder, made))
	got, err := os.ReadFile(made)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join("..", "..", "catalogue.json"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run go run ./models/internal/extract ../shared/smart-data-models")
}

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
	require.NoError(t, run(shared.Path(t, "smart-data-models"), made, &report))
	require.Contains(t, report.String(), "55 subjects, 775 models, 17501 attributes\n")
	require.Contains(t, report.String(), "  105  Relationship in the schema and Property in model.yaml, and values are identifiers: a Relationship: ")
	files, err := os.ReadDir(made)
	require.NoError(t, err)
	require.Len(t, files, 56)
	for _, file := range files {
		got, err := os.ReadFile(filepath.Join(made, file.Name()))
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join("..", "..", "catalogue", file.Name()))
		require.NoError(t, err)
		require.True(t, string(want) == string(got), "%s is not what the official files say: run go generate ./models", file.Name())
	}
}

func TestUnitsInProseHaveACodeOnlyWhereTheyMeanOne(t *testing.T) {
	for text, want := range map[string]string{
		"kilowatt hour (kWh)": "KWH", " mg/L": "M1", "Volts (V)": "VLT", "volts": "VLT", "meters per second": "MTS", "Celsius degrees": "CEL",
		"volts-ampere-reactive (VAr)": "D44", "Hecto pascals": "A97", "KWT": "KWT",
		"persons": "IE", "0 to 1": "", "-1 to +1": "", "none": "", "Douglas sea scale": "", "mg/Kg SS": "",
	} {
		require.Equal(t, want, codeOf(text), text)
	}
}

package inventory_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the example's workbook anew")

const example = "../../examples/paris-energy"

func TestExampleWorkbookHasTheContentOfItsYAML(t *testing.T) {
	yaml, findings, err := inventory.ReadFile(filepath.Join(example, "inventory.yaml"))
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Empty(t, yaml.Check())
	file := filepath.Join(example, "inventory.xlsx")
	if *update {
		var b bytes.Buffer
		require.NoError(t, yaml.WriteWorkbook(&b))
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	book, findings, err := inventory.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Empty(t, book.Check())
	require.Equal(t, asYAML(t, yaml), asYAML(t, book))
}

func asYAML(t *testing.T, inv *inventory.Inventory) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, inv.WriteYAML(&b))
	return b.String()
}

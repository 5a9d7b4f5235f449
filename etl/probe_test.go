package etl_test

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/record"
)

// TestProbeNamesFormatsAsAnInventoryDoes: by the codes of the EU authority table
// of file types, whatever a mapping calls them; a layer is named as a sheet.
func TestProbeNamesFormatsAsAnInventoryDoes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"t.csv": "a,b\n1,2\n", "t.json": `[{"a":1}]`, "t.ndjson": "{\"a\":1}\n", "t.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":null}]}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	conn, err := sqlite.OpenConn(filepath.Join(dir, "t.gpkg"), sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, `CREATE TABLE gpkg_contents (table_name, data_type, identifier, srs_id);
		INSERT INTO gpkg_contents VALUES ('t', 'attributes', '', 0), ('u', 'attributes', '', 0); CREATE TABLE t (a); CREATE TABLE u (a); INSERT INTO u VALUES (1)`, nil))
	require.NoError(t, conn.Close())
	packed, err := os.Create(filepath.Join(dir, "t.zip"))
	require.NoError(t, err)
	z := zip.NewWriter(packed)
	w, err := z.Create("t.csv")
	require.NoError(t, err)
	_, err = w.Write([]byte("a\n1\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, packed.Close())
	for _, c := range []struct{ file, sheet, stated, want string }{
		{"t.csv", "", "", "CSV"}, {"t.json", "", "", "JSON"}, {"t.ndjson", "", "", "NDJSON"}, {"t.geojson", "", "", "GEOJSON"},
		{"t.gpkg", "u", "", "GPKG"}, {"t.zip", "", "ZIP", "ZIP"}, {"t.zip", "", "CSV", "CSV"},
	} {
		found, err := etl.Prober{Dir: dir}.Probe(context.Background(), &inventory.Source{File: c.file, Sheet: c.sheet, Format: c.stated}, func(*record.Batch) {})
		require.NoError(t, err)
		require.Nil(t, found.Fault, c.file)
		require.Equal(t, c.want, found.Format)
		require.Equal(t, 1, found.Rows)
	}
}

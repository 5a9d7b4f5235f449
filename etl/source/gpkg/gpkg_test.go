package gpkg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/gpkg"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const tables = `
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, 'undefined', NULL), ('RGF93 / Lambert-93', 2154, 'EPSG', 2154, 'undefined', NULL), ('CC48', 3948, 'EPSG', 3948, 'undefined', NULL);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);
CREATE TABLE trees (fid INTEGER PRIMARY KEY, geom POINT, name TEXT(20), height REAL, old BOOLEAN, planted DATE, seen DATETIME, photo BLOB, big INTEGER);
CREATE TABLE notes (n INTEGER, note TEXT);
`

// blob is a point in the format of a GeoPackage.
func blob(t *testing.T, x, y float64) []byte {
	t.Helper()
	data, err := wkb.Marshal(orb.Point{x, y})
	require.NoError(t, err)
	return append([]byte{'G', 'P', 0, 1, 0xe6, 0x10, 0, 0}, data...)
}

// database writes a GeoPackage with the layer trees in a system.
func database(t testing.TB, srs int, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.gpkg")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, tables, nil))
	require.NoError(t, sqlitex.ExecuteTransient(conn, "INSERT INTO gpkg_contents VALUES ('trees', 'features', 'The trees', ?)", &sqlitex.ExecOptions{Args: []any{srs}}))
	require.NoError(t, sqlitex.ExecuteTransient(conn, "INSERT INTO gpkg_geometry_columns VALUES ('trees', 'geom', 'POINT', ?, 0, 0)", &sqlitex.ExecOptions{Args: []any{srs}}))
	for _, sql := range more {
		require.NoError(t, sqlitex.ExecuteScript(conn, sql, nil))
	}
	require.NoError(t, conn.Close())
	return path
}

// writtenAhead writes a GeoPackage as a program leaves it that writes ahead.
func writtenAhead(t *testing.T) string {
	t.Helper()
	path := database(t, 4326)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenWAL)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return path
}

func insert(t *testing.T, path string, rows ...[]any) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, sqlitex.ExecuteTransient(conn, "INSERT INTO trees VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", &sqlitex.ExecOptions{Args: row}))
	}
	require.NoError(t, conn.Close())
}

func options(path string) gpkg.Options {
	return gpkg.Options{Options: format.Options{Origin: record.Origin{File: "t.gpkg"}}, Path: path}
}

type table struct {
	*gpkg.Reader
	formattest.Table
}

func read(opt gpkg.Options) (table, error) {
	r, err := gpkg.Open(opt)
	if err != nil {
		return table{}, err
	}
	defer r.Close()
	got, err := formattest.ReadAll(r)
	return table{r, got}, err
}

func mustRead(t *testing.T, opt gpkg.Options) table {
	t.Helper()
	got, err := read(opt)
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, opt gpkg.Options) *format.Error {
	t.Helper()
	_, err := read(opt)
	return formattest.Refusal(t, err)
}

func TestCellsHaveTheTypesOfTheirColumns(t *testing.T) {
	path := database(t, 4326)
	insert(t, path,
		[]any{7, blob(t, 2.35, 48.85), "chêne", 12.5, 1, "2024-02-29", "2024-02-29T10:00:00.000Z", []byte{1, 2}, 9007199254740993},
		[]any{9, nil, "", nil, 0, "soon", nil, nil, -1},
		[]any{12, []byte{'G', 'P', 0, 0x11, 0, 0, 0, 0}, "x", 3, nil, nil, nil, nil, 1e300})
	got := mustRead(t, options(path))
	require.Equal(t, []string{"fid", "geom", "name", "height", "old", "planted", "seen", "photo", "big"}, got.Header().Names)
	require.Equal(t, [][]string{
		{"n:7", `t:{"type":"Point","coordinates":[2.35,48.85]}`, "t:chêne", "n:12.5", "b:true", "d:2024-02-29", "d:2024-02-29T10:00:00.000Z", "e:binary data (2 bytes)", "n:9007199254740993"},
		{"n:9", "-:", "-:", "-:", "b:false", "t:soon", "-:", "-:", "n:-1"},
		{"n:12", "-:", "t:x", "n:3", "-:", "-:", "-:", "-:", "n:1e+300"},
	}, got.Rows)
	require.Equal(t, []int{7, 9, 12}, got.At, "rows are feature ids")
	require.Equal(t, "trees", got.Origin.Sheet)
	require.Empty(t, got.Findings())
}

func TestABrokenGeometryRejectsItsRowAlone(t *testing.T) {
	path := database(t, 4326)
	insert(t, path, []any{1, []byte("no geometry"), "a", nil, nil, nil, nil, nil, nil},
		[]any{2, []byte{'G', 'P', 0, 0x21, 0, 0, 0, 0}, "b", nil, nil, nil, nil, nil, nil},
		[]any{3, blob(t, 1, 2)[:20], "c", nil, nil, nil, nil, nil, nil},
		[]any{4, blob(t, 1, 2), "d", nil, nil, nil, nil, nil, nil})
	got := mustRead(t, options(path))
	require.Len(t, got.Rows, 4)
	require.Len(t, got.Faults, 3)
	require.Contains(t, got.Faults[0], `t.gpkg!trees:1 column "geom": the geometry cannot be read`)
	require.Contains(t, got.Faults[1], "extended type")
	require.Contains(t, got.Faults[2], "cut off")
	require.Equal(t, "t:c", got.Rows[2][2], "the other cells are there for the rejected row")
}

func TestTheSystemOfTheLayerIsConvertedOrRefused(t *testing.T) {
	path := database(t, 2154)
	insert(t, path, []any{1, blob(t, 700000, 6600000), "a", nil, nil, nil, nil, nil, nil})
	got := mustRead(t, options(path))
	require.Equal(t, `t:{"type":"Point","coordinates":[3,46.5]}`, got.Rows[0][1])
	e := refused(t, options(database(t, 3948)))
	require.Equal(t, finding.SourceCRS, e.Finding.Code)
	require.Contains(t, e.Finding.Message, "CC48 EPSG:3948")
	require.Contains(t, refused(t, options(database(t, 999))).Finding.Message, "the system 999")
	e = refused(t, options(database(t, -1)))
	require.Equal(t, format.Config, e.Kind)
	opt := options(database(t, -1))
	opt.CRS = "EPSG:2154"
	mustRead(t, opt)
	opt.CRS = "EPSG:3948"
	require.Equal(t, format.Config, refused(t, opt).Kind)
	require.Contains(t, formattest.Codes(mustRead(t, options(database(t, 0))).Findings()), "source-unsure")
}

func TestSeveralLayersAskWhich(t *testing.T) {
	path := database(t, 4326, "INSERT INTO gpkg_contents VALUES ('notes', 'attributes', NULL, NULL); INSERT INTO notes VALUES (1, '1,5'), (2, 'b')",
		"CREATE VIEW high AS SELECT name, height FROM trees; INSERT INTO gpkg_contents VALUES ('high', 'attributes', NULL, NULL), ('tiles', 'tiles', NULL, NULL)")
	insert(t, path, []any{5, nil, "a", 1, nil, nil, nil, nil, nil}, []any{8, nil, "b", 2, nil, nil, nil, nil, nil})
	e := refused(t, options(path))
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourcePart, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "trees, notes, high")
	opt := options(path)
	opt.Layer = "Notes"
	got := mustRead(t, opt)
	require.Equal(t, [][]string{{"n:1", "t:1,5"}, {"n:2", "t:b"}}, got.Rows)
	require.Equal(t, ",", got.Dialect().Value(format.Decimal))
	opt.Layer = "high"
	require.Equal(t, []int{1, 2}, mustRead(t, opt).At, "the rows of a view are counted")
	opt.Layer = "the TREES"
	require.Equal(t, []int{5, 8}, mustRead(t, opt).At)
	opt.Layer = "gpkg_contents"
	e = refused(t, opt)
	require.Contains(t, e.Finding.Hint, "its layers are")
	opt.Layer, opt.CRS = "notes", "EPSG:2154"
	require.Equal(t, finding.SourceSpec, refused(t, opt).Finding.Code)
}

func TestADatabaseThatIsNoGeoPackageIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gpkg")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, "CREATE TABLE t (a)", nil))
	require.NoError(t, conn.Close())
	require.Equal(t, finding.SourceWrongFormat, refused(t, options(path)).Finding.Code)
	full, err := os.ReadFile(database(t, 4326))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, full[:len(full)/2], 0o600))
	require.Equal(t, finding.SourceDamaged, refused(t, options(path)).Finding.Code)
	empty := filepath.Join(t.TempDir(), "e.gpkg")
	conn, err = sqlite.OpenConn(empty, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, tables, nil))
	require.NoError(t, conn.Close())
	require.Equal(t, finding.SourceEmpty, refused(t, options(empty)).Finding.Code)
}

func TestALayerWithoutFeaturesHasItsColumns(t *testing.T) {
	got := mustRead(t, options(database(t, 4326)))
	require.Len(t, got.Header().Names, 9)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.Findings()))
}

// TestAGeoPackageIsNotChanged: one that a program left in write-ahead mode, in a
// folder that may not be written to, is read, and nothing is put beside it.
func TestAGeoPackageIsNotChanged(t *testing.T) {
	path := writtenAhead(t)
	insert(t, path, []any{1, nil, "a", nil, nil, nil, nil, nil, nil})
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	mustRead(t, options(path))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// TestChangesThatAreStillAheadAreRead: while another program has the file open,
// what it has written last is not in the file itself.
func TestChangesThatAreStillAheadAreRead(t *testing.T) {
	path := writtenAhead(t)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteTransient(conn, "INSERT INTO trees (fid, name) VALUES (1, 'a')", nil))
	require.Len(t, mustRead(t, options(path)).Rows, 1)
	require.NoError(t, conn.Close())
}

func TestNextEndsWithItsContext(t *testing.T) {
	path := database(t, 4326)
	r, err := gpkg.Open(options(path))
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b record.Batch
	require.ErrorIs(t, r.Next(ctx, &b), context.Canceled)
}

func FuzzRead(f *testing.F) {
	whole, err := os.ReadFile(database(f, 4326, "INSERT INTO trees (fid, name, height) VALUES (1, 'a', 2.5)"))
	require.NoError(f, err)
	f.Add(uint32(200), []byte{1, 2, 3})
	f.Add(uint32(5000), []byte("xx"))
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		data := append([]byte(nil), whole...)
		copy(data[int(at)%len(data):], change)
		path := filepath.Join(t.TempDir(), "t.gpkg")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		if _, err := read(options(path)); err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
		}
	})
}

package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func zst(t *testing.T, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(data, nil)
}

// file is an entry of an archive.
type file struct {
	name string
	data []byte
}

func archived(t *testing.T, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		require.NoError(t, err)
		_, err = w.Write(f.data)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

var small = []byte("a,b\nx,1\ny,2\n")

func TestOpenReadsWhatIsCompressed(t *testing.T) {
	book := workbook(t, []any{"a", "b"}, []any{"x", 1}, []any{"y", 2})
	for name, data := range map[string][]byte{
		"t.csv.zst":     zst(t, small),
		"t.csv":         zst(t, small),
		"t.xlsx.zst":    zst(t, book),
		"t.json.zst":    zst(t, []byte(`[{"a":"x","b":1},{"a":"y","b":2}]`)),
		"t.geojson.gz":  gz(t, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":"x","b":1}},{"type":"Feature","properties":{"a":"y","b":2}}]}`)),
		"t.zip":         archived(t, file{"read.me", nil}, file{"licence.txt", []byte("x")}, file{"data/t.csv", small}, file{"__MACOSX/data/._t.csv", []byte("x")}),
		"t.xlsx.zip":    archived(t, file{"t.xlsx", book}),
		"text.zip":      archived(t, file{"t.txt", small}),
		"packed.zip":    archived(t, file{"t.csv.gz", gz(t, small)}),
		"packed.zip.gz": gz(t, archived(t, file{"t.csv", small})),
		"nested.zip":    archived(t, file{"inner.zip", archived(t, file{"t.csv", small})}),
	} {
		got := readAll(t, write(t, name, data), source.Spec{File: name})
		require.Len(t, got.rows, 2, name)
		require.Equal(t, []string{"x", "1"}, got.rows[0][:2], name)
		require.NotEmpty(t, got.Dialect().Value(format.Compression), name)
	}
}

func TestAZIPArchiveWithSeveralTablesAsksWhich(t *testing.T) {
	dir := write(t, "t.zip", archived(t, file{"one/a.csv", small}, file{"b.json", []byte(`[{"a":1}]`)}, file{"notes.txt", []byte("notes")}))
	e := refused(t, dir, source.Spec{File: "t.zip"})
	require.Equal(t, source.Config, e.Kind)
	require.Equal(t, finding.SourcePart, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "one/a.csv, b.json")
	for _, entry := range []string{"one/a.csv", "A.CSV"} {
		got := readAll(t, dir, source.Spec{File: "t.zip", Entry: entry})
		require.Len(t, got.rows, 2)
		require.Equal(t, "one/a.csv", got.Dialect().Value(format.Entry))
	}
	e = refused(t, dir, source.Spec{File: "t.zip", Entry: "c.csv"})
	require.Equal(t, source.Config, e.Kind)
	require.Contains(t, e.Finding.Hint, "b.json")
	e = refused(t, write(t, "t.csv", small), source.Spec{File: "t.csv", Entry: "a.csv"})
	require.Equal(t, finding.SourceSpec, e.Finding.Code)
	e = refused(t, write(t, "t.zip", archived(t, file{"a.pdf", []byte("%PDF-")})), source.Spec{File: "t.zip"})
	require.Equal(t, finding.SourcePart, e.Finding.Code)
	require.Equal(t, source.Unreadable, e.Kind)
}

func TestRecordsOfAnArchiveSayTheirEntry(t *testing.T) {
	dir := write(t, "t.zip", archived(t, file{"a.csv", []byte("a,b\n1\n")}))
	require.Equal(t, []string{"t.zip!a.csv:2 source-ragged"}, readAll(t, dir, source.Spec{File: "t.zip"}).faults)
}

func TestOpenRefusesWhatIsNotPackedAsItsNameSays(t *testing.T) {
	for name, data := range map[string][]byte{"t.csv.zst": small, "t.csv.gz": small, "t.zip": small} {
		e := refused(t, write(t, name, data), source.Spec{File: name})
		require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
		require.Contains(t, e.Finding.Message, "a text file")
	}
}

func TestACompressedFileThatIsCutOffIsDamaged(t *testing.T) {
	table := []byte("a,b\n" + strings.Repeat("some text,1\n", 50_000))
	for name, data := range map[string][]byte{"t.csv.gz": gz(t, table), "t.csv.zst": zst(t, table), "t.zip": archived(t, file{"t.csv", table})} {
		e := refused(t, write(t, name, data[:len(data)/2]), source.Spec{File: name})
		require.Equal(t, source.Unreadable, e.Kind, name)
		require.Contains(t, []finding.Code{finding.SourceDamaged, finding.SourceWrongFormat}, e.Finding.Code, name)
		flipped := bytes.Clone(data)
		flipped[len(data)/2] ^= 0x55
		e = refused(t, write(t, name, flipped), source.Spec{File: name})
		require.Equal(t, source.Unreadable, e.Kind, name)
	}
}

// TestAFileThatSwellsIsGivenUp unpacks a few kilobytes that would be 300 MB.
func TestAFileThatSwellsIsGivenUp(t *testing.T) {
	var inner bytes.Buffer
	w, err := zstd.NewWriter(&inner, zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(t, err)
	zeros := bytes.Repeat([]byte("0,0\n"), 1<<18)
	for range 300 {
		_, err := w.Write(zeros)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	e := refused(t, write(t, "t.csv.zst", inner.Bytes()), source.Spec{File: "t.csv.zst"})
	require.Equal(t, finding.SourceDamaged, e.Finding.Code)
	require.Contains(t, e.Finding.Message, "times larger")
}

func TestAFileIsPackedOnlySoOften(t *testing.T) {
	data := small
	name := "t.csv"
	for range 4 {
		data, name = archived(t, file{name, data}), "t.zip"
	}
	e := refused(t, write(t, "t.zip", data), source.Spec{File: "t.zip"})
	require.Contains(t, e.Finding.Message, "compressed more than")
}

func TestJSONIsReadByWhatItIsAndRefusedByWhatItsNameSays(t *testing.T) {
	features := []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":null}]}`)
	lines := []byte("{\"a\":1}\n{\"a\":2}\n")
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"t.json", features, "geojson"}, {"t.json", lines, "ndjson"}, {"t.json", []byte(`[{"a":1}]`), "json"}, {"t.jsonl", lines, "ndjson"},
		{"noname", features, "geojson"}, {"t.geojson", features, "geojson"},
		{"t.json", []byte("\xef\xbb\xbf[{\"\xc3\xa9\":1}]"), "json"}, {"t.json", []byte("[{\"\xe9t\xe9\":\"d\xe9j\xe0\"}]"), "json"},
	} {
		got := readAll(t, write(t, c.name, c.data), source.Spec{File: c.name})
		require.Equal(t, c.want, got.Dialect().Value(format.Format))
	}
	latin := readAll(t, write(t, "t.json", []byte("[{\"n\":\"d\xe9j\xe0 \xe9t\xe9\"}]")), source.Spec{File: "t.json"})
	require.Equal(t, "déjà été", latin.rows[0][0])
	require.Equal(t, "windows-1252", latin.Dialect().Value(format.Encoding))
	for _, c := range []struct {
		name, format, says string
		data               []byte
	}{
		{"t.geojson", "", "expected GeoJSON", []byte(`[{"a":1}]`)},
		{"t.json", "", "expected a JSON document, but the file is a text file", small},
		{"t.json", "geojson", "expected GeoJSON", []byte(`{"a":1}`)},
		{"t.csv", "", "but the file is a JSON document", features},
		{"t.json", "csv", "expected a table of text", features},
		{"t.json", "", "a PNG picture", []byte("\x89PNG\r\n\x1a\n\x00")},
	} {
		e := refused(t, write(t, c.name, c.data), source.Spec{File: c.name, Format: c.format})
		require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
		require.Contains(t, e.Finding.Message, c.says)
	}
	asJSON := readAll(t, write(t, "t.json", features), source.Spec{File: "t.json", Format: "json"})
	require.Equal(t, []string{"type", "properties.a", "geometry"}, asJSON.Header().Names)
}

func TestKeysOfOtherFormatsAreRefused(t *testing.T) {
	dir := write(t, "t.csv", small)
	for _, spec := range []source.Spec{{File: "t.csv", Path: "/a"}, {File: "t.csv", Layer: "x"}, {File: "t.csv", CRS: "EPSG:2154"}, {File: "t.csv", Sample: 3}} {
		e := refused(t, dir, spec)
		require.Equal(t, source.Config, e.Kind)
		require.Equal(t, finding.SourceSpec, e.Finding.Code)
		require.Contains(t, e.Finding.Hint, "take ")
	}
}

func TestEveryFormatHasAName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range source.Formats() {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "t"), []byte("%PDF-1.7"), 0o600))
		e := refused(t, dir, source.Spec{File: "t", Format: name})
		require.Contains(t, e.Finding.Message, "expected ")
	}
}

// shapefileOf gives the files of a shapefile with one point and one attribute.
func shapefileOf(name string) []file {
	point := binary.LittleEndian.AppendUint32(nil, 1)
	for _, v := range []float64{2.35, 48.85} {
		point = binary.LittleEndian.AppendUint64(point, math.Float64bits(v))
	}
	shp := make([]byte, 100)
	binary.BigEndian.PutUint32(shp, 9994)
	binary.BigEndian.PutUint32(shp[24:], uint32(100+8+len(point))/2)
	binary.LittleEndian.PutUint32(shp[28:], 1000)
	binary.LittleEndian.PutUint32(shp[32:], 1)
	shp = binary.BigEndian.AppendUint32(shp, 1)
	shp = append(binary.BigEndian.AppendUint32(shp, uint32(len(point)/2)), point...)
	dbf := make([]byte, 65)
	dbf[0], dbf[4], dbf[8], dbf[10], dbf[64] = 3, 1, 65, 6, '\r'
	copy(dbf[32:], "NAME\x00\x00\x00\x00\x00\x00\x00C")
	dbf[48] = 5
	return []file{{name + ".shp", shp}, {name + ".DBF", append(dbf, " Gare \x1a"...)}, {name + ".prj", []byte(`GEOGCS["WGS 84"]`)}, {name + ".cpg", []byte("UTF-8")}}
}

func TestAShapefileIsReadWithTheFilesBesideIt(t *testing.T) {
	files := shapefileOf("stops")
	dir := t.TempDir()
	for _, f := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.name), f.data, 0o600))
	}
	want := [][]string{{"Gare", `{"type":"Point","coordinates":[2.35,48.85]}`}}
	require.Equal(t, want, readAll(t, dir, source.Spec{File: "stops.shp"}).rows)
	packed := append(shapefileOf("folder/stops"), file{"folder/stops.shx", nil}, file{"read me.txt", []byte("x")})
	got := readAll(t, write(t, "t.zip", archived(t, packed...)), source.Spec{File: "t.zip"})
	require.Equal(t, want, got.rows)
	require.Equal(t, "folder/stops.shp", got.Dialect().Value(format.Entry))
	two := append(shapefileOf("a"), shapefileOf("b")...)
	e := refused(t, write(t, "t.zip", archived(t, two...)), source.Spec{File: "t.zip"})
	require.Contains(t, e.Finding.Hint, "a.shp, b.shp")
	require.Equal(t, want, readAll(t, write(t, "t.zip", archived(t, two...)), source.Spec{File: "t.zip", Entry: "b.shp"}).rows)
	e = refused(t, write(t, "stops.shp", files[0].data), source.Spec{File: "stops.shp"})
	require.Equal(t, finding.SourceAbsent, e.Finding.Code)
}

func TestAGeoPackageIsReadFromAnArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.gpkg")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, `CREATE TABLE gpkg_contents (table_name, data_type, identifier, srs_id);
		INSERT INTO gpkg_contents VALUES ('t', 'attributes', '', 0); CREATE TABLE t (a, b); INSERT INTO t VALUES ('x', 1)`, nil))
	require.NoError(t, conn.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, packed := range map[string][]byte{"t.gpkg": data, "t.gpkg.gz": gz(t, data), "t.zip": archived(t, file{"t.gpkg", data})} {
		require.Equal(t, [][]string{{"x", "1"}}, readAll(t, write(t, name, packed), source.Spec{File: name}).rows, name)
	}
	e := refused(t, write(t, "t.gpkg", small), source.Spec{File: "t.gpkg"})
	require.Contains(t, e.Finding.Message, "expected a GeoPackage")
}

func TestParquetIsReadWhereverItLies(t *testing.T) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		A string `parquet:"a"`
		B int64  `parquet:"b"`
	}](&b)
	_, err := w.Write([]struct {
		A string `parquet:"a"`
		B int64  `parquet:"b"`
	}{{"x", 1}})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, data := range map[string][]byte{"t.parquet": b.Bytes(), "t": b.Bytes(), "t.parquet.zst": zst(t, b.Bytes()), "t.zip": archived(t, file{"t.parquet", b.Bytes()})} {
		got := readAll(t, write(t, name, data), source.Spec{File: name})
		require.Equal(t, [][]string{{"x", "1"}}, got.rows, name)
		require.Equal(t, record.Number, got.kinds[0][1])
	}
	e := refused(t, write(t, "t.parquet", small), source.Spec{File: "t.parquet"})
	require.Contains(t, e.Finding.Message, "expected a Parquet file")
}

// spoil cuts a file, flips bytes in it, or takes a part of it out.
func spoil(rng *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	at := rng.IntN(len(out))
	switch rng.IntN(3) {
	case 0:
		return out[:at]
	case 1:
		for range 1 + rng.IntN(4) {
			out[rng.IntN(len(out))] = byte(rng.IntN(256))
		}
		return out
	}
	return append(out[:at], out[at+rng.IntN(len(out)-at):]...)
}

// TestSpoiledFilesOfEveryFormatEndInRecordsOrErrors cuts the small files of
// these tests, flips bytes in them and moves parts of them.
func TestSpoiledFilesOfEveryFormatEndInRecordsOrErrors(t *testing.T) {
	geo := []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{"a":"x","in":{"b":[1,2]}},"geometry":{"type":"Point","coordinates":[2.35,48.85]}},{"type":"Feature","properties":null,"geometry":null}]}`)
	var pq bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		A string   `parquet:"a,optional"`
		L []string `parquet:"l,list"`
	}](&pq)
	require.NoError(t, w.Close())
	seeds := map[string][]byte{
		"t.json": []byte(`{"n":2,"rows":[{"a":1,"b":{"c":"é"}},{"a":2,"d":[true,null]}]}`), "t.ndjson": []byte("{\"a\":1}\n{\"a\":2,\"b\":\"x\"}\n"),
		"t.geojson": geo, "t.geojson.gz": gz(t, geo), "t.geojson.zst": zst(t, geo), "t.parquet": pq.Bytes(),
		"t.zip": archived(t, shapefileOf("a")...),
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for name, data := range seeds {
		for range 150 {
			got, err := tryAll(write(t, name, spoil(rng, data)), source.Spec{File: name})
			if err != nil {
				var e *source.Error
				require.True(t, errors.As(err, &e), "%s: %v", name, err)
				require.NotEmpty(t, e.Finding.Message)
				continue
			}
			require.NotNil(t, got.Header())
		}
	}
}

func TestRejectedRowsComeBackWhateverIsDeclaredOfTheirSource(t *testing.T) {
	rejects := []byte("\ufeffa,b,_row,_reasons\nx,1,2,cell-number: no\n")
	for _, spec := range []source.Spec{{Path: "/r"}, {Entry: "a.csv"}, {Layer: "l", CRS: "EPSG:2154"}, {Format: "parquet"}, {Format: "json", Sample: 3}} {
		spec.File = "rejected.csv"
		got := readAll(t, write(t, "rejected.csv", rejects), spec)
		require.Equal(t, []string{"x", "1"}, got.rows[0][:2])
	}
}

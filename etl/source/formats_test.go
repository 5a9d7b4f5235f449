package source_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

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

package parquet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/parquet"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// file writes rows, in row groups of at most three.
func file[T any](t testing.TB, rows []T, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, append(options, pq.MaxRowsPerRowGroup(3))...)
	_, err := w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

type table struct {
	*parquet.Reader
	formattest.Table
}

func read(data []byte, opt format.Options) (table, error) {
	opt.Origin.File = "t.parquet"
	r, err := parquet.Open(bytes.NewReader(data), int64(len(data)), opt)
	if err != nil {
		return table{}, err
	}
	defer r.Close()
	got, err := formattest.ReadAll(r)
	return table{r, got}, err
}

func mustRead(t *testing.T, data []byte) table {
	t.Helper()
	got, err := read(data, format.Options{})
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, data []byte, opt format.Options) *format.Error {
	t.Helper()
	_, err := read(data, opt)
	return formattest.Refusal(t, err)
}

func TestCellsKeepTheValueOfTheirType(t *testing.T) {
	type row struct {
		Big      int64     `parquet:"big"`
		Unsigned uint64    `parquet:"unsigned"`
		Small    *int32    `parquet:"small,optional"`
		Real     float64   `parquet:"real"`
		Short    float32   `parquet:"short"`
		Yes      bool      `parquet:"yes"`
		Name     string    `parquet:"name"`
		Kind     string    `parquet:"kind,enum"`
		Price    int64     `parquet:"price,decimal(2:18)"`
		Tiny     int32     `parquet:"tiny,decimal(4:9)"`
		Wide     [16]byte  `parquet:"wide,decimal(2:38)"`
		Day      int32     `parquet:"day,date"`
		At       time.Time `parquet:"at,timestamp(microsecond)"`
		Local    int64     `parquet:"local,timestamp(millisecond:local)"`
		Clock    int32     `parquet:"clock,time(millisecond)"`
		ID       [16]byte  `parquet:"id,uuid"`
		Raw      []byte    `parquet:"raw"`
	}
	three := int32(3)
	minus := [16]byte{}
	for i := range minus {
		minus[i] = 0xff // -1
	}
	wide := [16]byte{7: 1} // 2^64
	got := mustRead(t, file(t, []row{
		{9007199254740993, math.MaxUint64, &three, 0.1, 0.1, true, "é", "a", 1230, -5, wide, 19782, time.Date(2024, 2, 29, 10, 0, 0, 250_000_000, time.UTC), 1706704201000, 3723004, [16]byte{0x12, 15: 0xff}, []byte{0xff, 0}},
		{-1, 0, nil, math.NaN(), 1e30, false, "", "", -5, 0, minus, -1, time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), -1, 0, [16]byte{}, []byte("text")},
	}))
	require.Equal(t, []string{"big", "unsigned", "small", "real", "short", "yes", "name", "kind", "price", "tiny", "wide", "day", "at", "local", "clock", "id", "raw"}, got.Header().Names)
	require.Equal(t, [][]string{
		{"n:9007199254740993", "n:18446744073709551615", "n:3", "n:0.1", "n:0.1", "b:true", "t:é", "t:a", "n:12.30", "n:-0.0005", "n:184467440737095516.16", "d:2024-02-29", "d:2024-02-29T10:00:00.25Z", "d:2024-01-31T12:30:01", "t:01:02:03.004", "t:12000000-0000-0000-0000-0000000000ff", "e:binary data (2 bytes)"},
		{"n:-1", "n:0", "-:", "t:NaN", "n:1e+30", "b:false", "-:", "-:", "n:-0.05", "n:0.0000", "n:-0.01", "d:1969-12-31", "d:1960-01-01T00:00:00Z", "d:1969-12-31T23:59:59.999", "t:00:00:00", "t:00000000-0000-0000-0000-000000000000", "t:text"},
	}, got.Rows)
	require.Empty(t, got.Findings())
}

func TestNestedColumnsAreJoinedAndListsAreJSON(t *testing.T) {
	type inner struct {
		X int64    `parquet:"x"`
		Y []string `parquet:"y"`
	}
	type row struct {
		Address *struct {
			Street string `parquet:"street"`
			Geo    struct {
				Lat *float64 `parquet:"lat,optional"`
			} `parquet:"geo"`
		} `parquet:"address,optional"`
		List  []int64          `parquet:"list,list"`
		Bare  []inner          `parquet:"bare"`
		Deep  [][]int32        `parquet:"deep,list"`
		Map   map[string]int32 `parquet:"map"`
		Codes map[int32]string `parquet:"codes"`
	}
	lat := 48.85
	one := row{List: []int64{1, 9007199254740993}, Bare: []inner{{1, []string{"a", `"`}}, {2, nil}}, Map: map[string]int32{"k": 1}, Codes: map[int32]string{7: "x"}}
	one.Address = &struct {
		Street string `parquet:"street"`
		Geo    struct {
			Lat *float64 `parquet:"lat,optional"`
		} `parquet:"geo"`
	}{Street: "rue"}
	one.Address.Geo.Lat = &lat
	got := mustRead(t, file(t, []row{one, {}}))
	require.Equal(t, []string{"address.street", "address.geo.lat", "list", "bare", "deep", "map", "codes"}, got.Header().Names)
	require.Equal(t, [][]string{
		{"t:rue", "n:48.85", "t:[1,9007199254740993]", `t:[{"x":1,"y":["a","\""]},{"x":2,"y":[]}]`, "t:[]", `t:{"k":1}`, `t:{"7":"x"}`},
		{"-:", "-:", "t:[]", "t:[]", "t:[]", "t:{}", "t:{}"},
	}, got.Rows)
}

func TestRowsAreNumberedThroughTheRowGroups(t *testing.T) {
	type row struct {
		N int `parquet:"n"`
	}
	var rows []row
	for i := range 1000 {
		rows = append(rows, row{i})
	}
	for _, codec := range []pq.WriterOption{pq.Compression(&pq.Snappy), pq.Compression(&pq.Zstd), pq.Compression(&pq.Gzip), pq.Compression(&pq.Brotli), pq.Compression(&pq.Lz4Raw), pq.DataPageVersion(1)} {
		got := mustRead(t, file(t, rows, codec))
		require.Len(t, got.Rows, 1000)
		require.Equal(t, 1000, got.At[999])
		require.Equal(t, "n:999", got.Rows[999][0])
	}
}

func TestTheOldTimesOfINT96AreLocalAndSaid(t *testing.T) {
	type row struct {
		At deprecated.Int96 `parquet:"at"`
	}
	noon := uint64(12 * time.Hour)
	got := mustRead(t, file(t, []row{{deprecated.Int96{uint32(noon), uint32(noon >> 32), 2440588 + 1}}}))
	require.Equal(t, "d:1970-01-02T12:00:00", got.Rows[0][0])
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()))
}

func TestGeoParquetBecomesGeoJSON(t *testing.T) {
	type row struct {
		Name string `parquet:"name"`
		Geom []byte `parquet:"geom,optional"`
	}
	point, err := wkb.Marshal(orb.Point{700000, 6600000})
	require.NoError(t, err)
	meta := `{"version":"1.0.0","primary_column":"geom","columns":{"geom":{"encoding":"WKB","geometry_types":[]%s}}}`
	write := func(crs string) []byte {
		return file(t, []row{{"a", point}, {"b", nil}, {"c", point[:9]}}, pq.KeyValueMetadata("geo", fmt.Sprintf(meta, crs)))
	}
	lambert := write(`,"crs":{"name":"RGF93 v1 / Lambert-93","id":{"authority":"EPSG","code":2154}}`)
	got := mustRead(t, lambert)
	require.Equal(t, `t:{"type":"Point","coordinates":[3,46.5]}`, got.Rows[0][1])
	require.Equal(t, "-:", got.Rows[1][1])
	require.Len(t, got.Faults, 1)
	require.Contains(t, got.Faults[0], `t.parquet:3 column "geom": the geometry cannot be read: the geometry is cut off`)
	require.Equal(t, "Lambert-93", got.Dialect().Value(format.CRS))
	require.Equal(t, `t:{"type":"Point","coordinates":[700000,6600000]}`, mustRead(t, write("")).Rows[0][1], "without crs it is OGC:CRS84")
	for crs, name := range map[string]string{`,"crs":{"name":"x","id":{"authority":"EPSG","code":3857}}`: "EPSG:3857", `,"crs":{"name":"Local"}`: "Local", `,"crs":null`: "does not name"} {
		e := refused(t, write(crs), format.Options{})
		require.Equal(t, finding.SourceCRS, e.Finding.Code)
		require.Contains(t, e.Finding.Message, name)
	}
	stated, err := read(write(`,"crs":null`), format.Options{CRS: "EPSG:2154"})
	require.NoError(t, err)
	require.Equal(t, got.Rows[0], stated.Rows[0])
	require.Equal(t, format.Config, refused(t, lambert, format.Options{CRS: "EPSG:3857"}).Kind)
	plain := file(t, []struct {
		N int `parquet:"n"`
	}{{1}})
	require.Equal(t, finding.SourceSpec, refused(t, plain, format.Options{CRS: "EPSG:2154"}).Finding.Code)
}

func TestTextThatIsNoTextRejectsItsRow(t *testing.T) {
	type row struct {
		Name string `parquet:"name"`
	}
	got := mustRead(t, file(t, []row{{"a"}, {"\xff"}, {"b"}}))
	require.Len(t, got.Rows, 3)
	require.Len(t, got.Faults, 1)
	require.Contains(t, got.Faults[0], "t.parquet:2")
}

func TestAFileWithoutRowsHasItsColumns(t *testing.T) {
	type row struct {
		Name string `parquet:"name"`
		N    int    `parquet:"n"`
	}
	got := mustRead(t, file[row](t, nil))
	require.Equal(t, []string{"name", "n"}, got.Header().Names)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.Findings()))
}

func TestAFileThatIsCutOffIsDamaged(t *testing.T) {
	type row struct {
		Name string `parquet:"name"`
	}
	data := file(t, []row{{strings.Repeat("a", 1000)}, {"b"}})
	for _, n := range []int{4, 8, len(data) / 2, len(data) - 1} {
		e := refused(t, data[:n], format.Options{})
		require.Equal(t, finding.SourceDamaged, e.Finding.Code)
		require.Equal(t, format.Unreadable, e.Kind)
	}
}

// TestWhatAFileSaysOfItselfIsBounded changes the metadata of a file so that it
// asks for gigabytes, each in a place that the library believes.
func TestWhatAFileSaysOfItselfIsBounded(t *testing.T) {
	type row struct {
		Name string `parquet:"name"`
	}
	data := file(t, []row{{strings.Repeat("a", 100)}})
	footer := bytes.Clone(data)
	copy(footer[len(footer)-8:], "\xff\xff\xff\x7f")
	require.Contains(t, refused(t, footer, format.Options{}).Finding.Message, "larger than the file")
	// The header of the first page: type, unpacked size, packed size.
	require.Equal(t, []byte{0x15, 0x06, 0x15}, data[4:7])
	size := bytes.Clone(data)
	copy(size[7:], "\xfe\xff\xff\xff\x0f") // what was a page of some bytes
	e := refused(t, size, format.Options{})
	require.Equal(t, finding.SourceDamaged, e.Finding.Code)
	require.Regexp(t, "page|metadata", e.Finding.Message)
	list := bytes.Clone(data)
	at := bytes.LastIndex(list, []byte("name"))
	copy(list[at-1:], "\xff\xff\xff\xff") // the length of the name
	require.Contains(t, refused(t, list, format.Options{}).Finding.Message, "metadata")
}

func TestDeclaredColumnsNameThoseOfTheFile(t *testing.T) {
	type row struct {
		A string `parquet:"a"`
		B string `parquet:"b"`
	}
	data := file(t, []row{{"x", "1,5"}, {"NA", "2,5"}})
	got, err := read(data, format.Options{Columns: []string{"name", "value"}, Nulls: []string{"NA"}})
	require.NoError(t, err)
	require.Equal(t, []string{"name", "value"}, got.Header().Names)
	require.Equal(t, "-:NA", got.Rows[1][0])
	require.Equal(t, ",", got.Dialect().Value(format.Decimal))
	require.Equal(t, format.Config, refused(t, data, format.Options{Columns: []string{"name"}}).Kind)
}

func TestReadingHardlyAllocates(t *testing.T) {
	type row struct {
		Name string    `parquet:"name"`
		N    int64     `parquet:"n"`
		At   time.Time `parquet:"at,timestamp(microsecond)"`
		D    [16]byte  `parquet:"d,decimal(2:38)"`
		List []int64   `parquet:"list,list"`
	}
	var b bytes.Buffer
	w := pq.NewGenericWriter[row](&b)
	for i := range 20_000 {
		_, err := w.Write([]row{{fmt.Sprint("name", i), int64(i), time.Unix(int64(i), 0), [16]byte{9: 1}, []int64{1, 2}}})
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r, err := parquet.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), format.Options{})
	require.NoError(t, err)
	defer r.Close()
	var batch record.Batch
	for range 8 {
		require.NoError(t, r.Next(context.Background(), &batch))
	}
	per := testing.AllocsPerRun(20, func() {
		if err := r.Next(context.Background(), &batch); err != nil {
			t.Fatal(err)
		}
	})
	require.Less(t, per, 0.2*record.Records)
}

func FuzzRead(f *testing.F) {
	type row struct {
		A string            `parquet:"a,optional"`
		N int64             `parquet:"n,decimal(2:18)"`
		L []int64           `parquet:"l,list"`
		M map[string]string `parquet:"m"`
		T time.Time         `parquet:"t,timestamp(microsecond)"`
	}
	whole := file(f, []row{{"a", 1, []int64{1}, map[string]string{"k": "v"}, time.Unix(1, 0)}, {"b", 2, nil, nil, time.Unix(2, 0)}})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(file(f, []row{{}}, pq.Compression(&pq.Zstd), pq.KeyValueMetadata("geo", `{"columns":{"a":{"encoding":"WKB"}}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := read(data, format.Options{})
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			return
		}
		for _, r := range got.Rows {
			require.Len(t, r, len(got.Header().Names))
		}
	})
}

package shapefile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/shapefile"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// files are those of one shapefile by their ending.
type files map[string][]byte

func (f files) options() shapefile.Options {
	return shapefile.Options{
		Options: format.Options{Origin: record.Origin{File: "x.shp"}},
		Stream:  func() (io.Reader, error) { return bytes.NewReader(f[".shp"]), nil },
		Beside: func(ending string) (func() (io.Reader, error), bool) {
			data, ok := f[ending]
			return func() (io.Reader, error) { return bytes.NewReader(data), nil }, ok
		},
	}
}

// shp writes the shapes of a file; each is the content of a record.
func shp(kind int, shapes ...[]byte) []byte {
	var body []byte
	for i, s := range shapes {
		body = binary.BigEndian.AppendUint32(body, uint32(i+1))
		body = binary.BigEndian.AppendUint32(body, uint32(len(s)/2))
		body = append(body, s...)
	}
	head := make([]byte, 100)
	binary.BigEndian.PutUint32(head, 9994)
	binary.BigEndian.PutUint32(head[24:], uint32((100+len(body))/2))
	binary.LittleEndian.PutUint32(head[28:], 1000)
	binary.LittleEndian.PutUint32(head[32:], uint32(kind))
	return append(head, body...)
}

func words(values ...any) []byte {
	var out []byte
	for _, v := range values {
		switch v := v.(type) {
		case int:
			out = binary.LittleEndian.AppendUint32(out, uint32(v))
		case float64:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		case []float64:
			for _, f := range v {
				out = words2(out, f)
			}
		}
	}
	return out
}

func words2(out []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(out, math.Float64bits(f))
}

var nullShape = words(0)

// parts writes a line or polygon of parts of x, y, x, y …; z follows where given.
func parts(kind int, list [][]float64, z ...float64) []byte {
	out := words(kind, 0.0, 0.0, 0.0, 0.0, len(list))
	n, starts := 0, []byte{}
	var points []float64
	for _, p := range list {
		starts = append(starts, words(n)...)
		n += len(p) / 2
		points = append(points, p...)
	}
	out = append(append(out, words(n)...), starts...)
	out = append(out, words(points)...)
	if len(z) > 0 {
		out = append(out, words(0.0, 0.0, z)...)
	}
	return out
}

// column is a field of a .dbf: name, type, width.
type column struct {
	name  string
	kind  byte
	width int
}

func dbf(columns []column, rows ...[]string) []byte {
	head := make([]byte, 32)
	head[0] = 3
	length := 1
	for _, c := range columns {
		length += c.width
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(len(rows)))
	binary.LittleEndian.PutUint16(head[8:], uint16(33+32*len(columns)))
	binary.LittleEndian.PutUint16(head[10:], uint16(length))
	for _, c := range columns {
		f := make([]byte, 32)
		copy(f, c.name)
		f[11], f[16] = c.kind, byte(c.width)
		head = append(head, f...)
	}
	head = append(head, '\r')
	for _, row := range rows {
		mark := byte(' ')
		if len(row) > len(columns) {
			mark = '*'
		}
		head = append(head, mark)
		for i, c := range columns {
			head = append(head, []byte(row[i] + strings.Repeat(" ", c.width))[:c.width]...)
		}
	}
	return append(head, 0x1a)
}

const (
	wgs84 = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	rgf93 = `PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",49.0],PARAMETER["Standard_Parallel_2",44.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]`
)

type table struct {
	*shapefile.Reader
	formattest.Table
}

func read(opt shapefile.Options) (table, error) {
	r, err := shapefile.Open(opt)
	if err != nil {
		return table{}, err
	}
	got, err := formattest.ReadAll(r)
	return table{r, got}, err
}

func mustRead(t *testing.T, f files) table {
	t.Helper()
	got, err := read(f.options())
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, opt shapefile.Options) *format.Error {
	t.Helper()
	_, err := read(opt)
	return formattest.Refusal(t, err)
}

var oneText = []column{{"NAME", 'C', 10}}

func TestAttributesHaveTheTypesOfTheirFields(t *testing.T) {
	columns := []column{{"NAME", 'C', 10}, {"N", 'N', 8}, {"F", 'F', 12}, {"DAY", 'D', 8}, {"OK", 'L', 1}, {"MEMO", 'M', 10}}
	got := mustRead(t, files{
		".shp": shp(1, words(1, 2.35, 48.85), nullShape, words(1, 1.0, 2.0), words(1, 1.0, 2.0)),
		".dbf": dbf(columns,
			[]string{"Gare", "    12.5", "1.5e+02", "20240131", "T", "1"},
			[]string{"", "********", "-.5", "00000000", "?", ""},
			[]string{"gone", "1", "1", "20240101", "F", "", "deleted"},
			[]string{" x", "007", "1,5", "2024-1-3", "n", ""}),
		".prj": []byte(wgs84), ".cpg": []byte("UTF-8\n"),
	})
	require.Equal(t, []string{"NAME", "N", "F", "DAY", "OK", "geometry"}, got.Header().Names)
	require.Equal(t, [][]string{
		{"t:Gare", "n:12.5", "n:1.5e+02", "d:2024-01-31", "b:true", `t:{"type":"Point","coordinates":[2.35,48.85]}`},
		{"-:", "-:********", "n:-0.5", "-:00000000", "-:", "-:"},
		{"t: x", "n:7", "t:1,5", "t:2024-1-3", "b:false", `t:{"type":"Point","coordinates":[1,2]}`},
	}, got.Rows)
	require.Equal(t, []int{1, 2, 4}, got.At)
	require.Equal(t, 1, got.Skipped(), "a deleted row is no record")
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()), "a memo is not read")
	require.Equal(t, "WGS 84", got.Dialect().Value(format.CRS))
	require.Equal(t, "utf-8", got.Dialect().Value(format.Encoding))
}

func TestShapesBecomeGeometries(t *testing.T) {
	square := []float64{0, 0, 0, 4, 4, 4, 4, 0, 0, 0} // clockwise: an outer ring
	hole := []float64{1, 1, 2, 1, 2, 2, 1, 2, 1, 1}   // against the clock
	island := []float64{10, 10, 10, 11, 11, 11, 11, 10, 10, 10}
	pond := []float64{10.2, 10.2, 10.4, 10.2, 10.4, 10.4, 10.2, 10.2}
	for _, c := range []struct {
		kind  int
		shape []byte
		want  string
	}{
		{1, words(1, 1.5, 2.0), `{"type":"Point","coordinates":[1.5,2]}`},
		{11, words(11, 1.0, 2.0, 3.0, -1e39), `{"type":"Point","coordinates":[1,2,3]}`},
		{21, words(21, 1.0, 2.0, 7.0), `{"type":"Point","coordinates":[1,2]}`},
		{1, words(1, math.NaN(), math.NaN()), ``},
		{8, words(8, 0.0, 0.0, 0.0, 0.0, 2, 1.0, 2.0, 3.0, 4.0), `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`},
		{3, parts(3, [][]float64{{1, 2, 3, 4}}), `{"type":"LineString","coordinates":[[1,2],[3,4]]}`},
		{3, parts(3, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}), `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}`},
		{13, parts(13, [][]float64{{1, 2, 3, 4}}, 5, 6), `{"type":"LineString","coordinates":[[1,2,5],[3,4,6]]}`},
		{5, parts(5, [][]float64{square}), `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}`},
		{5, parts(5, [][]float64{hole, square}), `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`},
		{5, parts(5, [][]float64{square, island, hole, pond}), `{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]],[[[10,10],[11,10],[11,11],[10,11],[10,10]],[[10.2,10.2],[10.4,10.4],[10.4,10.2],[10.2,10.2]]]]}`},
		{5, parts(5, [][]float64{hole}), `{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,2],[1,1]]]}`},
		{5, parts(5, nil), ``},
	} {
		got := mustRead(t, files{".shp": shp(c.kind, c.shape), ".dbf": dbf(oneText, []string{"a"}), ".prj": []byte(wgs84)})
		require.Empty(t, got.Faults)
		require.Equal(t, c.want, got.Rows[0][1][2:])
	}
}

func TestABrokenShapeRejectsItsRowAlone(t *testing.T) {
	good := parts(5, [][]float64{{0, 0, 0, 4, 4, 4, 0, 0}})
	open := parts(5, [][]float64{{0, 0, 0, 4, 4, 4, 1, 1}})
	lies := bytes.Clone(good)
	binary.LittleEndian.PutUint32(lies[36:], 1<<30)
	startsLate := bytes.Clone(good)
	binary.LittleEndian.PutUint32(startsLate[44:], 7)
	got := mustRead(t, files{".shp": shp(5, good, open, lies, startsLate, words(3, 1.0), []byte{1, 0}, good), ".dbf": dbf(oneText, []string{"1"}, []string{"2"}, []string{"3"}, []string{"4"}, []string{"5"}, []string{"6"}, []string{"7"}), ".prj": []byte(wgs84)})
	require.Len(t, got.Rows, 7)
	require.Len(t, got.Faults, 5)
	require.Contains(t, got.Faults[0], "x.shp:2: the shape cannot be read: a ring of its polygon is not closed")
	require.Contains(t, got.Faults[3], "its type is 3")
	require.Equal(t, "t:2", got.Rows[1][0], "the attributes are there for the rejected row")
	require.True(t, strings.HasPrefix(got.Rows[6][1], "t:{"))
}

func TestTheSystemIsThatOfThePRJ(t *testing.T) {
	f := files{".shp": shp(1, words(1, 700000.0, 6600000.0)), ".dbf": dbf(oneText, []string{"a"}), ".prj": []byte(rgf93)}
	got := mustRead(t, f)
	require.Equal(t, `t:{"type":"Point","coordinates":[3,46.5]}`, got.Rows[0][1])
	require.Equal(t, "Lambert-93", got.Dialect().Value(format.CRS))
	f[".prj"] = []byte(`PROJCS["NTF_Lambert_II_étendu",GEOGCS["GCS_NTF"]]`)
	e := refused(t, f.options())
	require.Equal(t, finding.SourceCRS, e.Finding.Code)
	require.Equal(t, format.Unreadable, e.Kind)
	require.Contains(t, e.Finding.Message, "NTF_Lambert_II_étendu")
	delete(f, ".prj")
	binary.LittleEndian.PutUint64(f[".shp"][36:], math.Float64bits(700000))
	e = refused(t, f.options())
	require.Equal(t, format.Config, e.Kind)
	require.Contains(t, e.Finding.Message, "no .prj")
	opt := f.options()
	opt.CRS = "EPSG:2154"
	stated, err := read(opt)
	require.NoError(t, err)
	require.Equal(t, got.Rows, stated.Rows)
	opt.CRS = "EPSG:3857"
	require.Equal(t, format.Config, refused(t, opt).Kind)
	binary.LittleEndian.PutUint64(f[".shp"][36:], 0)
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(mustRead(t, f).Findings()))
}

func TestTheEncodingIsThatOfTheCPG(t *testing.T) {
	latin := dbf([]column{{"N\xe9", 'C', 10}}, []string{"\xe9cole"})
	f := files{".shp": shp(1, words(1, 1.0, 2.0)), ".dbf": latin, ".prj": []byte(wgs84)}
	for page, want := range map[string]string{"ISO-8859-1": "windows-1252", "1252": "windows-1252", "ANSI 1252": "windows-1252", "88591": "windows-1252", "ISO 8859-15": "iso-8859-15", "850": "cp850"} {
		f[".cpg"] = []byte(page)
		require.Equal(t, want, mustRead(t, f).Dialect().Value(format.Encoding), page)
	}
	f[".cpg"] = []byte("UTF-8")
	require.Contains(t, mustRead(t, f).Faults[0], "no text in utf-8")
	f[".cpg"] = []byte("BIG5")
	require.Equal(t, finding.SourceEncoding, refused(t, f.options()).Finding.Code)
	delete(f, ".cpg")
	got := mustRead(t, f)
	require.Equal(t, []string{"Né", "geometry"}, got.Header().Names)
	require.Equal(t, "t:école", got.Rows[0][0], "without one the evidence counts")
	latin[29] = 0x02
	require.Equal(t, "cp850", mustRead(t, f).Dialect().Value(format.Encoding), "or what the .dbf says")
	opt := f.options()
	opt.Encoding = "latin1"
	stated, err := read(opt)
	require.NoError(t, err)
	require.Equal(t, "t:école", stated.Rows[0][0])
	opt.Encoding = "utf-16"
	require.Equal(t, format.Config, refused(t, opt).Kind)
}

func TestFilesThatDoNotBelongTogetherAreRefused(t *testing.T) {
	shape := words(1, 1.0, 2.0)
	two := dbf(oneText, []string{"a"}, []string{"b"})
	for says, f := range map[string]files{
		"no .dbf beside":                {".shp": shp(1, shape)},
		"has 1 shapes and the .dbf 2":   {".shp": shp(1, shape), ".dbf": two, ".shx": shp(1, words(0, 0))},
		"1 shapes and":                  {".shp": shp(1, shape), ".dbf": two},
		"has 3 shapes and the .dbf 2":   {".shp": shp(1, shape, shape, shape), ".dbf": two},
		"the shapefile is cut off":      {".shp": shp(1, shape, shape)[:140], ".dbf": two},
		"is cut off after 1 of its 2":   {".shp": shp(1, shape, shape), ".dbf": two[:len(two)-5]},
		"header is not that of a dBASE": {".shp": shp(1, shape, shape), ".dbf": bytes.Repeat([]byte("x"), 200)},
		"header is broken":              {".shp": bytes.Repeat([]byte{0}, 100), ".dbf": two},
		"multipatches":                  {".shp": shp(31), ".dbf": two},
		"the type 7":                    {".shp": shp(7), ".dbf": two},
	} {
		f[".prj"] = []byte(wgs84)
		e := refused(t, f.options())
		require.Contains(t, e.Finding.Message, says)
		require.Equal(t, format.Unreadable, e.Kind)
		require.NotEmpty(t, e.Finding.Hint)
	}
}

func TestALayerWithoutShapesHasItsColumns(t *testing.T) {
	got := mustRead(t, files{".shp": shp(5), ".dbf": dbf(oneText), ".prj": []byte(wgs84)})
	require.Equal(t, []string{"NAME", "geometry"}, got.Header().Names)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.Findings()))
}

func TestReadingAllocatesNothingPerRecord(t *testing.T) {
	shape := parts(5, [][]float64{{0, 0, 0, 4, 4, 4, 0, 0}, {1, 1, 2, 1, 2, 2, 1, 1}})
	var shapes [][]byte
	var rows [][]string
	for i := range 5000 {
		shapes, rows = append(shapes, shape), append(rows, []string{fmt.Sprint(i), "12.5"})
	}
	opt := files{".shp": shp(5, shapes...), ".dbf": dbf([]column{{"A", 'C', 9}, {"N", 'N', 9}}, rows...), ".prj": []byte(rgf93), ".cpg": []byte("1252")}.options()
	r, err := shapefile.Open(opt)
	require.NoError(t, err)
	var b record.Batch
	for range 4 {
		require.NoError(t, r.Next(context.Background(), &b))
	}
	per := testing.AllocsPerRun(5, func() {
		if err := r.Next(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
	})
	require.Less(t, per, 1.0*record.Records/10)
}

func FuzzRead(f *testing.F) {
	polygon := parts(5, [][]float64{{0, 0, 0, 4, 4, 4, 0, 0}, {1, 1, 2, 1, 2, 2, 1, 1}})
	f.Add(shp(5, polygon, nullShape), dbf([]column{{"NAME", 'C', 10}, {"N", 'N', 8}, {"D", 'D', 8}, {"L", 'L', 1}, {"I", 'I', 4}, {"B", 'B', 8}}, []string{"a", "1.5", "20240101", "T", "abcd", "abcdefgh"}, []string{"", "*", "", "", "", ""}), wgs84, "UTF-8")
	f.Add(shp(13, parts(13, [][]float64{{1, 2, 3, 4}}, 5, 6)), dbf(oneText, []string{"a"}), rgf93, "1252")
	f.Add(shp(1, words(1, 1.0, 2.0)), dbf(oneText, []string{"a"}), "", "")
	f.Fuzz(func(t *testing.T, shapes, rows []byte, prj, cpg string) {
		set := files{".shp": shapes, ".dbf": rows}
		if prj != "" {
			set[".prj"], set[".cpg"] = []byte(prj), []byte(cpg)
		}
		got, err := read(set.options())
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			return
		}
		for _, row := range got.Rows {
			require.Len(t, row, len(got.Header().Names))
		}
	})
}

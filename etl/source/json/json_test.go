package json_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/json"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// table is what was read: each cell as kind and text, such as n:12 or t:abc.
type table struct {
	*json.Reader
	formattest.Table
}

func options(text string) json.Options {
	return json.Options{
		Options: format.Options{Origin: record.Origin{File: "x.json"}},
		Stream:  func() (io.Reader, error) { return strings.NewReader(text), nil },
	}
}

func read(opt json.Options) (table, error) {
	r, err := json.Open(opt)
	if err != nil {
		return table{}, err
	}
	got, err := formattest.ReadAll(r)
	return table{r, got}, err
}

func mustRead(t *testing.T, opt json.Options) table {
	t.Helper()
	got, err := read(opt)
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, opt json.Options) *format.Error {
	t.Helper()
	_, err := read(opt)
	return formattest.Refusal(t, err)
}

func TestNestedObjectsBecomeColumnsAndArraysStayText(t *testing.T) {
	got := mustRead(t, options(`[
		{"id": 1, "name": "Î\u006ce \"x\"", "address": {"street": "rue", "geo": {"lat": 48.850}}, "tags": ["a", {"b" : 1}], "on": true, "none": null},
		{"id": 2, "address": {"zip": "75001"}, "extra": ""}]`))
	require.Equal(t, []string{"id", "name", "address.street", "address.geo.lat", "address.zip", "tags", "on", "none", "extra"}, got.Header().Names)
	require.Equal(t, [][]string{
		{"n:1", `t:Île "x"`, "t:rue", "n:48.850", "-:", `t:["a",{"b":1}]`, "b:true", "-:", "-:"},
		{"n:2", "-:", "-:", "-:", "t:75001", "-:", "-:", "-:", "-:"},
	}, got.Rows)
	require.Equal(t, []int{1, 2}, got.At, "elements count from 1")
	require.Empty(t, got.Findings())
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	got := mustRead(t, options(`[{"a":9007199254740993,"b":0.10,"c":1e3,"d":-0.0,"e":123456789012345678901234567890.5}]`))
	require.Equal(t, [][]string{{"n:9007199254740993", "n:0.10", "n:1e3", "n:-0.0", "n:123456789012345678901234567890.5"}}, got.Rows)
}

func TestAGeometryIsOneCell(t *testing.T) {
	got := mustRead(t, options(`[{"shape": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.35, 48.85]}}, "plain": {"type": "x", "coordinates": 1}}]`))
	require.Equal(t, []string{"shape.type", "shape.geometry", "plain.type", "plain.coordinates"}, got.Header().Names)
	require.Equal(t, `t:{"type":"Point","coordinates":[2.35,48.85]}`, got.Rows[0][1])
}

func TestTheOnlyArrayOfObjectsIsFound(t *testing.T) {
	doc := `{"count": 2, "links": ["a"], "data": {"items": [{"v": 1, "parts": [{"x": 1}]}, {"v": 2}]}}`
	got := mustRead(t, options(doc))
	require.Equal(t, [][]string{{"n:1", `t:[{"x":1}]`}, {"n:2", "-:"}}, got.Rows)
	p := got.Dialect().Get(format.Path)
	require.Equal(t, "/data/items", p.Value)
	require.Equal(t, format.Detected, p.How)

	two := `{"a": [{"v": 1}], "b/c": [{"v": 2}]}`
	e := refused(t, options(two))
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourcePart, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "/a, /b~1c")
	opt := options(two)
	opt.Path = "/b~1c"
	got = mustRead(t, opt)
	require.Equal(t, [][]string{{"n:2"}}, got.Rows)
	require.Equal(t, format.Declared, got.Dialect().Get(format.Path).How)
	for path, says := range map[string]string{"/c": "nothing at path", "/a/7": "nothing at path", "": "2 arrays", "a": "not a JSON pointer", "/a/0/v": "not an array"} {
		opt.Path = path
		e := refused(t, opt)
		require.Equal(t, format.Config, e.Kind)
		require.Contains(t, e.Finding.Message, says)
	}
}

func TestADocumentWithoutAnArrayIsOneRecordAndSaysSo(t *testing.T) {
	got := mustRead(t, options("{\n\"a\": 1, \"b\": {\"c\": [1, 2]}}"))
	require.Equal(t, [][]string{{"n:1", "t:[1,2]"}}, got.Rows)
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()))
}

func TestAKeyThatComesLateIsFoundAndCounted(t *testing.T) {
	opt := options(`[{"a":1},{"a":2},{"a":3,"b":1,"c":null},{"a":4,"b":2,"d":{"e":1}},{"a":{"x":1}}]`)
	opt.Sample = 2
	got := mustRead(t, opt)
	require.Equal(t, []string{"a"}, got.Header().Names)
	require.Equal(t, []string{"source-late-key", "source-late-key"}, formattest.Codes(got.Findings()))
	require.Contains(t, got.Findings()[0].String(), `x.json:3 column "b"`)
	require.Contains(t, got.Findings()[0].Message, "its values (2)")
	require.Contains(t, got.Findings()[0].Hint, "sample: 4")
	require.Contains(t, got.Findings()[1].Message, `"d"`)
	require.Equal(t, `t:{"x":1}`, got.Rows[4][0], "an object where a value stood is kept as text")
	opt.Columns = []string{"b", "d.e", "never"}
	got = mustRead(t, opt)
	require.Equal(t, [][]string{{"-:", "-:", "-:"}, {"-:", "-:", "-:"}, {"n:1", "-:", "-:"}, {"n:2", "n:1", "-:"}, {"-:", "-:", "-:"}}, got.Rows)
	require.Empty(t, got.Findings(), "who names the keys knows them")
}

func TestARecordThatIsNoneIsRejectedAlone(t *testing.T) {
	got := mustRead(t, options(`[{"a":1}, 2, {"a":3,"a":4}, [1], {"a":"\ud800"}, {"a":"é"}, {"a":"`+"\xe9"+`"}, {"b":{"c":1,"c":2}}]`))
	require.Len(t, got.Rows, 8)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8}, got.At)
	require.Len(t, got.Faults, 6)
	require.Contains(t, got.Faults[0], "x.json:2: 2 is not an object")
	require.Contains(t, got.Faults[1], `x.json:3: the key "a" stands twice`)
	require.Contains(t, got.Faults[3], "surrogate")
	require.Contains(t, got.Faults[4], "no text in its encoding")
	require.Contains(t, got.Faults[5], `"b.c" stands twice`)
}

func TestOneObjectALine(t *testing.T) {
	text := "{\"a\":1}\n\n  {\"a\":2} \r\n{\"a\":\n{\"a\":4}{\"a\":5}\n[]\n{\"a\":6}"
	for _, name := range []string{"", json.NDJSON} {
		opt := options(text)
		opt.Format = name
		got := mustRead(t, opt)
		require.Equal(t, json.NDJSON, got.Format())
		require.Equal(t, []int{1, 3, 4, 5, 6, 7}, got.At, "rows are lines")
		require.Equal(t, 1, got.Skipped())
		require.Len(t, got.Faults, 3)
		require.Contains(t, got.Faults[0], "x.json:4: the line is not JSON: it is cut off")
		require.Contains(t, got.Faults[1], "x.json:5: the line is not JSON")
		require.Contains(t, got.Faults[2], "x.json:6: [] is not an object")
	}
	one := options(`{"a":[{"b":1}]}`)
	one.Format = json.NDJSON
	require.Equal(t, [][]string{{`t:[{"b":1}]`}}, mustRead(t, one).Rows, "one line is one record")
}

func TestNDJSONIsNotADocumentOverLines(t *testing.T) {
	e := refused(t, options("{\n\"a\":1\n}\n{\n\"a\":2\n}\n"))
	require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "jq -c")
	opt := options(`[{"a":1}]`)
	opt.Format = json.NDJSON
	require.Contains(t, refused(t, opt).Finding.Message, "an array")
	opt = options("{\"a\":1}\n{\"a\":2}")
	opt.Format = json.JSON
	require.Contains(t, refused(t, opt).Finding.Message, "several")
	opt = options("{\"a\":1}\n")
	opt.Format, opt.Path = json.NDJSON, "/a"
	require.Equal(t, finding.SourceSpec, refused(t, opt).Finding.Code)
}

const collection = `{"type":"FeatureCollection","name":"n",%s"features":[
{"type":"Feature","id":"f1","properties":{"name":"a","in":{"x":1}},"geometry":{"type":"Point","coordinates":[700000, 6600000]}},
{"type":"Feature","properties":null,"geometry":null}]%s}`

func TestFeaturesHavePropertiesAndAGeometry(t *testing.T) {
	got := mustRead(t, options(strings.ReplaceAll(fmt.Sprintf(collection, "", ""), "700000, 6600000", "2.35, 48.850")))
	require.Equal(t, json.GeoJSON, got.Format())
	require.Equal(t, []string{"id", "name", "in.x", "geometry"}, got.Header().Names)
	require.Equal(t, [][]string{{"t:f1", "t:a", "n:1", `t:{"type":"Point","coordinates":[2.35,48.850]}`}, {"-:", "-:", "-:", "-:"}}, got.Rows)
	require.Equal(t, "WGS 84", got.Dialect().Value(format.CRS))
}

func TestTheSystemOfGeoJSONIsConvertedOrRefused(t *testing.T) {
	member := `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::%s"}}`
	for _, doc := range []string{fmt.Sprintf(collection, fmt.Sprintf(member, "2154")+",", ""), fmt.Sprintf(collection, "", ","+fmt.Sprintf(member, "2154"))} {
		got := mustRead(t, options(doc))
		require.Equal(t, `t:{"type":"Point","coordinates":[3,46.5]}`, got.Rows[0][3], "wherever crs stands")
		require.Equal(t, "Lambert-93", got.Dialect().Value(format.CRS))
	}
	e := refused(t, options(fmt.Sprintf(collection, fmt.Sprintf(member, "3857")+",", "")))
	require.Equal(t, finding.SourceCRS, e.Finding.Code)
	require.Contains(t, e.Finding.Message, "urn:ogc:def:crs:EPSG::3857")
	opt := options(fmt.Sprintf(collection, "", ""))
	e = refused(t, opt)
	require.Equal(t, format.Config, e.Kind)
	require.Contains(t, e.Finding.Message, "the coordinates (700000, 6600000) are no degrees")
	opt.CRS = "EPSG:2154"
	require.Equal(t, `t:{"type":"Point","coordinates":[3,46.5]}`, mustRead(t, opt).Rows[0][3], "declared where the file does not say")
	opt.CRS = "EPSG:27572"
	require.Equal(t, format.Config, refused(t, opt).Kind)
}

func TestAPropertyKeepsItsNameBesideTheFeatures(t *testing.T) {
	got := mustRead(t, options(`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"id":"p","geometry":"g"},"geometry":{"type":"Point","coordinates":[1,2]},"title":"T"}]}`))
	require.Equal(t, []string{"feature.id", "id", "geometry", "title", "feature.geometry"}, got.Header().Names)
	require.Equal(t, []string{"n:7", "t:p", "t:g", "t:T", `t:{"type":"Point","coordinates":[1,2]}`}, got.Rows[0])
}

func TestFeaturesComeAlsoOneALine(t *testing.T) {
	feature := `{"type":"Feature","properties":{"a":1},"geometry":null}`
	for _, text := range []string{feature + "\n" + feature + "\n", feature + "\n\x1e" + feature} {
		got := mustRead(t, options(text))
		require.Equal(t, json.GeoJSON, got.Format())
		require.Equal(t, []int{1, 2}, got.At)
		require.Empty(t, got.Faults)
	}
	require.Len(t, mustRead(t, options(feature)).Rows, 1)
	got := mustRead(t, options(feature+"\n{\"a\":1}\n"))
	require.Contains(t, got.Faults[0], "not a Feature")
}

func TestWhatIsNoGeoJSONIsRefusedByWhatItIs(t *testing.T) {
	for text, says := range map[string]string{
		`[{"a":1}]`:                            "an array",
		`{"a":1}`:                              "without type FeatureCollection",
		"{}\n{}":                               "several JSON documents",
		`{"type":"Topology","objects":{}}`:     "TopoJSON",
		`{"type":"Point","coordinates":[1,2]}`: "a single GeoJSON geometry (Point)",
		`{"type":"FeatureCollection"}`:         "no array of features",
		`"text"`:                               "a single value",
	} {
		opt := options(text)
		opt.Format = json.GeoJSON
		e := refused(t, opt)
		require.Equal(t, format.Unreadable, e.Kind)
		require.Contains(t, e.Finding.Message, says)
		require.NotEmpty(t, e.Finding.Hint)
	}
}

func TestWithoutRecordsEveryColumnIsThere(t *testing.T) {
	for _, text := range []string{`[]`, `{"results":[]}`, `{"type":"FeatureCollection","features":[]}`} {
		got := mustRead(t, options(text))
		require.Empty(t, got.Rows)
		require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.Findings()))
		at := got.Header().Index("whatever the mapping asks for")
		require.GreaterOrEqual(t, at, 0)
		require.Equal(t, "whatever the mapping asks for", got.Header().Names[at])
	}
}

func TestADocumentThatIsCutOffSaysWhere(t *testing.T) {
	for text, says := range map[string]string{
		"[{\"a\":1},\n{\"a\":":          "x.json:2: the file is cut off",
		"{\"r\":[{\"a\":1},\n\n{\"a\":": "x.json:3: the file is cut off",
		"[{\"a\":1},\n{\"a\":nul}]":     "x.json:2 /1/a: the file is not JSON from here on",
		"[{\"a\":1}]\n[{\"a\":1}]":      "something else stands after the array",
		"{\"r\":[{\"a\":1}]} x":         "x.json:1: the file is not JSON",
	} {
		e := refused(t, options(text))
		require.Contains(t, e.Error(), says)
		require.Equal(t, finding.SourceDamaged, e.Finding.Code)
		require.Equal(t, format.Unreadable, e.Kind)
	}
	require.Equal(t, finding.SourceEmpty, refused(t, options(" \n ")).Finding.Code)
}

func TestAnObjectWithAKeyForEachValueIsNoTable(t *testing.T) {
	var b strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	e := refused(t, options(`[{`+b.String()[1:]+`}]`))
	require.Equal(t, finding.SourceRecord, e.Finding.Code)
}

func TestOneValueIsBounded(t *testing.T) {
	long := strings.Repeat(" ", 65<<20)
	for _, text := range []string{`[{"a":1},{"a":"` + long + `"}]`, "{\"a\":1}\n{\"a\":\"" + long + `"}`, `{"x":"` + long + `","r":[{"a":1}]}`} {
		e := refused(t, options(text))
		require.Contains(t, e.Finding.Message, "larger than 64 MB")
	}
}

func TestReadingAllocatesNothingPerRecord(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector sync.Pool, in which jsontext keeps its decoders, drops things at random")
	}
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"a\\u00e9b\",\"in\":{\"x\":[1, 2]},\"on\":true}\n", i)
	}
	for _, text := range []string{b.String(), "[" + strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", ",\n") + "]"} {
		r, err := json.Open(options(text))
		require.NoError(t, err)
		var batch record.Batch
		for range 10 {
			require.NoError(t, r.Next(context.Background(), &batch))
		}
		allocs := testing.AllocsPerRun(20, func() {
			if err := r.Next(context.Background(), &batch); err != nil {
				t.Fatal(err)
			}
		})
		require.Less(t, allocs, 3.0, "in a batch of %d records", record.Records)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`[{"a":1,"b":{"c":[1,"x"]}}]`, "{\"a\":1}\n{\"b\":2}\n", fmt.Sprintf(collection, "", ""), `{"r":[{"a":"\ud83d\ude00"}],"s":1}`,
		`{"type":"Feature","properties":{},"geometry":null}`, "[{\"a\":1},{\"a\":1,\"a\":2},3", "\x1e{}", `{"crs":{"properties":{"name":"EPSG:2154"}},"type":"FeatureCollection","features":[{"geometry":{"coordinates":[1,2]}}]}`} {
		for i := range 4 {
			f.Add(seed, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		opt := options(text)
		opt.Format = []string{"", json.JSON, json.NDJSON, json.GeoJSON}[which%4]
		opt.Sample = int(which / 4)
		got, err := read(opt)
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.NotEmpty(t, e.Finding.Message)
			return
		}
		for _, row := range got.Rows {
			require.Len(t, row, len(got.Header().Names))
		}
	})
}

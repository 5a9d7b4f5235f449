package mapping

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// pointRow applies a mapping of one point to one row.
func pointRow(t *testing.T, source, definition string, names string, values cells) Result {
	t.Helper()
	b := batch("id|"+names, append(cells{"1"}, values...))
	text := strings.Replace(mappingWith("location: "+definition), "source: {file: data.csv}", "source: "+source, 1)
	var out Result
	plan(t, b, text).Apply(b, 0, &out)
	return out
}

func TestPointsThatAreSwappedInEuropeAreFound(t *testing.T) {
	paris := "{file: data.csv, timezone: Europe/Paris}"
	bare := "{file: data.csv}"
	box := ", within: [2.2, 48.8, 2.5, 48.95]}}"
	for _, c := range []struct {
		name, source, definition string
		value                    any
		code                     finding.Code // "" where the row is written
		message                  string
	}{
		{"right by zone", paris, "{value: {column: x, as: point}}", "48.85, 2.35", "", ""},
		{"swapped by zone", paris, "{value: {column: x, as: point}}", "2.35, 48.85", finding.CellPointSwapped, "Europe/Paris"},
		{"swapped by order", paris, "{value: {column: x, as: point, order: lon-lat}}", "48.85, 2.35", finding.CellPointSwapped, "Europe/Paris"},
		{"at the border of the zone", paris, "{value: {column: x, as: point}}", "42.35, 3.05", "", ""},
		{"abroad", paris, "{value: {column: x, as: point}}", "-21.1, 55.5", "", ""},
		{"abroad, near", paris, "{value: {column: x, as: point}}", "16.2, -61.5", "", ""},
		{"nothing known", bare, "{value: {column: x, as: point}}", "2.35, 48.85", "", ""},
		{"no zone that is known", "{file: data.csv, timezone: UTC}", "{value: {column: x, as: point}}", "2.35, 48.85", "", ""},
		{"right by box", bare, "{value: {column: x, as: point" + box, "48.85, 2.35", "", ""},
		{"on the edge of the box", bare, "{value: {column: x, as: point" + box, "48.8, 2.5", "", ""},
		{"with an exponent", bare, "{value: {column: x, as: point" + box, "4.885e1, 2.35", "", ""},
		{"swapped by box", bare, "{value: {column: x, as: point" + box, "2.35, 48.85", finding.CellPointSwapped, "the declared region"},
		{"outside the box", bare, "{value: {column: x, as: point" + box, "45.75, 4.85", finding.CellPoint, "outside the declared region"},
		{"the box goes before the zone", paris, "{value: {column: x, as: point, within: [-180, -90, 180, 90]}}", "2.35, 48.85", "", ""},
		{"geometry right", paris, "{value: {column: x, as: geojson}}", `{"type":"Point","coordinates":[2.35,48.85]}`, "", ""},
		{"geometry swapped", paris, "{value: {column: x, as: geojson}}", `{"coordinates": [[[48.85, 2.35], [48.86, 2.36], [48.87, 2.35], [48.85, 2.35]]], "type": "Polygon"}`, finding.CellPointSwapped, "Europe/Paris"},
		{"geometry outside the box", bare, "{value: {column: x, as: geojson" + box, `{"type":"Point","coordinates":[4.85,45.75]}`, finding.CellPoint, "outside"},
	} {
		out := pointRow(t, c.source, c.definition, "x", cells{c.value})
		if c.code == "" {
			require.Equal(t, Written, out.Outcome, "%s: %v", c.name, out.Findings)
			continue
		}
		require.Equal(t, Rejected, out.Outcome, c.name)
		require.Equal(t, c.code, out.Findings[0].Code, c.name)
		require.Contains(t, out.Findings[0].Message, c.message, c.name)
		require.NotEmpty(t, out.Findings[0].Hint, c.name)
	}
	out := pointRow(t, paris, "{value: {columns: [a, b], as: point}}", "a|b", cells{record.Cell{Text: []byte("2.35"), Kind: record.Number}, "48.85"})
	require.Equal(t, finding.CellPointSwapped, out.Findings[0].Code)
}

func TestCompileHoldsTheOrderOfAPointAgainstItsHeader(t *testing.T) {
	for _, c := range []struct {
		columns, keys string
		want          string // in the hint; "" where there is no fault
	}{
		{`[lat, lon]`, "", ""},
		{`[lon, lat]`, "", "order: lon-lat"},
		{`[lon, lat]`, "order: lon-lat", ""},
		{`[Latitude, Longitude]`, "order: lon-lat", "order: lat-lon"},
		{`[stop_lon, stop_lat]`, "", "order: lon-lat"},
		{`[GPS Länge, GPS Breite]`, "", "order: lon-lat"},
		{`[coordLng, coordLat]`, "", "order: lon-lat"},
		{`[lon, lat]`, "within: [2, 48, 3, 49]", ""},
		{`[a, b]`, "", ""},
		{`[a, b]`, "order: lon-lat", ""},
		{`["lat, lon"]`, "", ""},
		{`["lat, lon"]`, "order: lon-lat", "order: lat-lon"},
		{`[LonLat]`, "", "order: lon-lat"},
		{`[Coordonnées (longitude/latitude)]`, "", "order: lon-lat"},
		{`[geo_point_2d]`, "order: lon-lat", "order: lat-lon"},
		{`[Geo Point]`, "", ""},
		{`[Plateau]`, "order: lon-lat", ""},
		{`[lon]`, "", ""},
	} {
		names := strings.Trim(c.columns, "[]")
		list := []string{strings.Trim(names, `"`)}
		if !strings.Contains(names, `"`) {
			list = strings.Split(names, ", ")
		}
		m := parse(t, mappingWith("location: {value: {columns: "+c.columns+", as: point, "+c.keys+"}}"))
		_, faults := Compile(m, Env{Header: &record.Header{Names: append([]string{"id"}, list...)}})
		if c.want == "" {
			require.Empty(t, faults, "%s %s", c.columns, c.keys)
			continue
		}
		require.Len(t, faults, 1, "%s %s", c.columns, c.keys)
		require.Equal(t, finding.MappingPoint, faults[0].Code)
		require.Equal(t, 7, faults[0].Location.Line)
		require.Contains(t, faults[0].Hint, "set "+c.want)
	}
}

func TestCompileRefusesARegionThatIsNone(t *testing.T) {
	for _, within := range []string{"[1, 2, 3]", "[1, 2, a, 4]", "5", "[2.5, 48.8, 2.2, 48.95]", "[2.2, 48.95, 2.5, 48.8]", "[-200, 0, 1, 1]", "[0, 0, 1, 91]"} {
		faults := compileFaults(t, Env{Header: &record.Header{Names: []string{"id", "x"}}}, mappingWith("location: {value: {column: x, as: point, within: "+within+"}}"))
		require.Equal(t, finding.MappingConverter, faults[0].Code, within)
		require.Contains(t, faults[0].Hint, "[west, south, east, north]", within)
	}
	faults := compileFaults(t, Env{Header: &record.Header{Names: []string{"id", "x"}}}, mappingWith("location: {value: {column: x, within: [1, 2, 3, 4]}}"))
	require.Contains(t, faults[0].Hint, "as: geojson")
}

// Every zone is one of the IANA database, and its box is one.
func TestRegionsOfZones(t *testing.T) {
	for name, box := range zoneRegions {
		_, err := time.LoadLocation(name)
		require.NoError(t, err)
		require.Less(t, box[0], box[2], name)
		require.Less(t, box[1], box[3], name)
		require.True(t, box[0] >= -180 && box[2] <= 180 && box[1] >= -90 && box[3] <= 90, name)
	}
}

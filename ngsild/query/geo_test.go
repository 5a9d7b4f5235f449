package query

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	square  = `[[[0,0],[10,0],[10,10],[0,10],[0,0]]]`
	donut   = `[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]`
	bracket = `[[[0,0],[10,0],[10,10],[0,10],[0,8],[8,8],[8,2],[0,2],[0,0]]]` // open to the west
)

func TestGeoRelations(t *testing.T) {
	type shape struct{ typ, coordinates string }
	point := func(x, y float64) shape { return shape{"Point", fmt.Sprintf("[%v,%v]", x, y)} }
	for _, c := range []struct {
		target    shape
		relation  string
		reference shape
		want      bool
	}{
		{point(5, 5), "within", shape{"Polygon", square}, true},
		{point(10, 5), "within", shape{"Polygon", square}, true}, // the boundary belongs to it
		{point(11, 5), "within", shape{"Polygon", square}, false},
		{point(5, 5), "within", shape{"Polygon", donut}, false},
		{point(4, 5), "within", shape{"Polygon", donut}, true},
		{point(4, 5), "within", shape{"Polygon", bracket}, false},
		{point(5, 1), "within", shape{"Polygon", bracket}, true},
		{point(25, 5), "within", shape{"MultiPolygon", `[` + square + `,[[[20,0],[30,0],[30,10],[20,10],[20,0]]]]`}, true},
		{shape{"LineString", `[[1,1],[9,9]]`}, "within", shape{"Polygon", square}, true},
		{shape{"LineString", `[[1,1],[9,9]]`}, "within", shape{"Polygon", donut}, false},
		{shape{"LineString", `[[1,1],[1,9]]`}, "within", shape{"Polygon", bracket}, false},
		{shape{"LineString", `[[0,0],[10,0]]`}, "within", shape{"Polygon", square}, true},
		{shape{"LineString", `[[2,2],[4,4]]`}, "within", shape{"LineString", `[[0,0],[9,9]]`}, true},
		{shape{"LineString", `[[2,2],[4,5]]`}, "within", shape{"LineString", `[[0,0],[9,9]]`}, false},
		{shape{"Polygon", `[[[1,1],[3,1],[3,3],[1,3],[1,1]]]`}, "within", shape{"Polygon", square}, true},
		{shape{"Polygon", `[[[3,3],[7,3],[7,7],[3,7],[3,3]]]`}, "within", shape{"Polygon", donut}, false},
		{shape{"Polygon", `[[[4,4],[6,4],[6,6],[4,6],[4,4]]]`}, "within", shape{"Polygon", donut}, false}, // fills the hole
		{shape{"Polygon", square}, "within", shape{"Polygon", square}, true},
		{shape{"Polygon", square}, "within", shape{"Polygon", bracket}, false},
		{shape{"Polygon", bracket}, "within", shape{"Polygon", square}, true},
		{shape{"Polygon", square}, "contains", point(5, 5), true},
		{shape{"Polygon", square}, "contains", shape{"Polygon", donut}, true},
		{shape{"Polygon", donut}, "contains", shape{"Polygon", square}, false},
		{shape{"Polygon", `[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]`}, "contains", shape{"Polygon", square}, false},
		{shape{"Polygon", `[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[0,0],[10,0],[5,4],[0,0]]]`}, "contains", shape{"Polygon", square}, false}, // a hole with its corners on the boundary
		{point(5, 5), "contains", shape{"Polygon", square}, false},
		{point(5, 5), "intersects", shape{"Polygon", square}, true},
		{point(5, 5), "disjoint", shape{"Polygon", donut}, true},
		{shape{"LineString", `[[-5,5],[15,5]]`}, "intersects", shape{"Polygon", square}, true}, // no vertex inside
		{shape{"LineString", `[[4.5,5],[5.5,5]]`}, "intersects", shape{"Polygon", donut}, false},
		{shape{"LineString", `[[0,0],[5,5]]`}, "intersects", shape{"LineString", `[[0,5],[5,0]]`}, true},
		{shape{"LineString", `[[0,0],[5,5]]`}, "intersects", shape{"LineString", `[[6,6],[9,9]]`}, false},
		{shape{"LineString", `[[0,0],[5,5]]`}, "intersects", shape{"LineString", `[[5,5],[9,0]]`}, true},
		{shape{"Polygon", `[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]`}, "intersects", shape{"Polygon", square}, true}, // all around
		{shape{"Polygon", `[[[4.5,4.5],[5.5,4.5],[5.5,5.5],[4.5,5.5],[4.5,4.5]]]`}, "intersects", shape{"Polygon", donut}, false},
		{shape{"Polygon", `[[[10,0],[20,0],[20,10],[10,10],[10,0]]]`}, "intersects", shape{"Polygon", square}, true},
		{point(5, 5), "equals", point(5, 5), true},
		{point(5, 5), "equals", point(5, 5.1), false},
		{shape{"MultiPoint", `[[1,1],[2,2]]`}, "equals", shape{"MultiPoint", `[[2,2],[1,1]]`}, true},
		{shape{"LineString", `[[0,0],[5,5],[9,9]]`}, "equals", shape{"LineString", `[[9,9],[0,0]]`}, true},
		{shape{"Polygon", `[[[10,0],[10,10],[0,10],[0,0],[10,0]]]`}, "equals", shape{"Polygon", square}, true}, // another start
		{shape{"Polygon", donut}, "equals", shape{"Polygon", square}, false},
		{shape{"Polygon", `[[[5,5],[15,5],[15,15],[5,15],[5,5]]]`}, "overlaps", shape{"Polygon", square}, true},
		{shape{"Polygon", `[[[10,0],[20,0],[20,10],[10,10],[10,0]]]`}, "overlaps", shape{"Polygon", square}, false}, // touches
		{shape{"Polygon", `[[[1,1],[3,1],[3,3],[1,3],[1,1]]]`}, "overlaps", shape{"Polygon", square}, false},        // within
		{shape{"Polygon", square}, "overlaps", shape{"Polygon", square}, false},
		{point(5, 5), "overlaps", shape{"Polygon", square}, false},
		{shape{"Polygon", `[[[-5,4],[15,4],[15,6],[-5,6],[-5,4]]]`}, "overlaps", shape{"Polygon", square}, true}, // a cross
	} {
		g, err := ParseGeo(GeoParams{Georel: c.relation, Geometry: c.reference.typ, Coordinates: c.reference.coordinates})
		require.NoError(t, err)
		e := entity(t, fmt.Sprintf(`{"id":"urn:x:1","type":"T","location":{"type":"GeoProperty","value":{"type":%q,"coordinates":%s}}}`, c.target.typ, c.target.coordinates))
		require.Equal(t, c.want, g.Match(e), "%v %s %v", c.target, c.relation, c.reference)
		if w, s, ea, n, ok := g.Extent("location"); ok && c.want {
			tw, ts, te, tn, ok := Extent(e.Attributes[0].Value)
			require.True(t, ok)
			require.True(t, tw <= ea && te >= w && ts <= n && tn >= s, "the extent leaves out %v", c.target)
		}
	}
}

func TestGeoNearMeasuresMetres(t *testing.T) {
	for _, c := range []struct {
		name, target string
		metres       float64
	}{
		{"a degree of latitude", `{"type":"Point","coordinates":[2,49]}`, 111195},
		{"a degree of longitude at 48°", `{"type":"Point","coordinates":[3,48]}`, 74403},
		{"the same point", `{"type":"Point","coordinates":[2,48]}`, 0},
		{"a line beside it", `{"type":"LineString","coordinates":[[2.01,47],[2.01,49]]}`, 744},
		{"a line ahead of it", `{"type":"LineString","coordinates":[[2.01,48],[2.02,48]]}`, 744},
		{"a polygon around it", `{"type":"Polygon","coordinates":[[[1,47],[3,47],[3,49],[1,49],[1,47]]]}`, 0},
		{"the nearest of several", `{"type":"MultiPoint","coordinates":[[50,50],[2,48.01]]}`, 1112},
	} {
		e := entity(t, `{"id":"urn:x:1","type":"T","location":{"type":"GeoProperty","value":`+c.target+`}}`)
		near := func(modifier string) bool {
			g, err := ParseGeo(GeoParams{Georel: "near;" + modifier, Geometry: "Point", Coordinates: "[2,48]"})
			require.NoError(t, err)
			return g.Match(e)
		}
		slack := 2 + c.metres/1000
		require.True(t, near(fmt.Sprintf("maxDistance==%v", c.metres+slack)), c.name)
		require.True(t, near(fmt.Sprintf("minDistance==%v", max(0, c.metres-slack))), c.name)
		if c.metres > 0 {
			require.False(t, near(fmt.Sprintf("maxDistance==%v", c.metres-slack)), c.name)
			require.False(t, near(fmt.Sprintf("minDistance==%v;maxDistance==%v", c.metres+slack, c.metres+2*slack)), c.name)
		}
	}
}

func TestGeoNearExtentHoldsWhatIsNear(t *testing.T) {
	g, err := ParseGeo(GeoParams{Georel: "near;maxDistance==100000", Geometry: "Point", Coordinates: "[2,60]"})
	require.NoError(t, err)
	west, south, east, north, ok := g.Extent("location")
	require.True(t, ok)
	require.InDelta(t, 0.9, north-60, 0.01)
	require.InDelta(t, 0.9, 60-south, 0.01)
	require.Greater(t, east-2, 1.79)
	require.Less(t, west, 0.21)
	_, _, _, _, ok = g.Extent("operationSpace")
	require.False(t, ok, "another GeoProperty is not narrowed")
	for _, at := range []string{"[179.9,0]", "[2,89.9]"} {
		g, err = ParseGeo(GeoParams{Georel: "near;maxDistance==100000", Geometry: "Point", Coordinates: at})
		require.NoError(t, err)
		_, _, _, _, ok = g.Extent("location")
		require.False(t, ok, "nothing is narrowed across the 180th meridian and at a pole")
	}
}

func TestGeoTestsTheNamedProperty(t *testing.T) {
	e := entity(t, `{"id":"urn:x:1","type":"T","ex:space":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2,48]}}}`)
	g, err := ParseGeo(GeoParams{Georel: "intersects", Geometry: "Point", Coordinates: "[2,48]", Property: "space"})
	require.NoError(t, err)
	require.False(t, g.Match(e))
	require.True(t, g.Expand(func(s string) string { return "ex:" + s }).Match(e))
	g, err = ParseGeo(GeoParams{Georel: "disjoint", Geometry: "Point", Coordinates: "[2,48]"})
	require.NoError(t, err)
	require.False(t, g.Match(e), "what has no GeoProperty of that name matches nothing")
}

func TestGeoErrorsSayWhat(t *testing.T) {
	for _, c := range []struct {
		p           GeoParams
		param, says string
		unsupported bool
	}{
		{GeoParams{Geometry: "Point", Coordinates: "[2,48]"}, "georel", "missing", false},
		{GeoParams{Georel: "touches", Geometry: "Point", Coordinates: "[2,48]"}, "georel", "use near, within", false},
		{GeoParams{Georel: "near", Geometry: "Point", Coordinates: "[2,48]"}, "georel", "needs a distance", false},
		{GeoParams{Georel: "near;maxDistance=5", Geometry: "Point", Coordinates: "[2,48]"}, "georel", `"maxDistance=5" is no distance`, false},
		{GeoParams{Georel: "near;maxDistance==-5", Geometry: "Point", Coordinates: "[2,48]"}, "georel", "is no distance", false},
		{GeoParams{Georel: "near;distance==5", Geometry: "Point", Coordinates: "[2,48]"}, "georel", "neither maxDistance", false},
		{GeoParams{Georel: "within;maxDistance==5", Geometry: "Point", Coordinates: "[2,48]"}, "georel", "only near has", false},
		{GeoParams{Georel: "within", Coordinates: "[2,48]"}, "geometry", "missing", false},
		{GeoParams{Georel: "within", Geometry: "Circle", Coordinates: "[2,48]"}, "geometry", "no type of geometry", false},
		{GeoParams{Georel: "within", Geometry: "Point"}, "coordinates", "missing", false},
		{GeoParams{Georel: "within", Geometry: "Point", Coordinates: "48.85, 2.35"}, "coordinates", "[longitude,latitude]", false},
		{GeoParams{Georel: "within", Geometry: "Point", Coordinates: "[2,148]"}, "coordinates", "[longitude,latitude]", false},
		{GeoParams{Georel: "within", Geometry: "Polygon", Coordinates: "[[[0,0],[1,1]]]"}, "coordinates", "a Polygon", false},
		{GeoParams{Georel: "within", Geometry: "Point", Coordinates: "[2,48]]"}, "coordinates", "a Point", false},
		{GeoParams{Georel: "within", Geometry: "Point", Coordinates: "[2,48]x"}, "coordinates", "a Point", false},
		{GeoParams{Georel: "near;maxDistance==5", Geometry: "LineString", Coordinates: "[[2,48],[3,48]]"}, "geometry", "from a Point only", true},
		{GeoParams{Georel: "overlaps", Geometry: "LineString", Coordinates: "[[2,48],[3,48]]"}, "geometry", "overlaps is supported", true},
	} {
		_, err := ParseGeo(c.p)
		var e *Error
		require.ErrorAs(t, err, &e, "%+v", c.p)
		require.Equal(t, c.param, e.Param)
		require.Contains(t, err.Error(), c.says)
		require.Equal(t, c.unsupported, e.Unsupported)
	}
}

func TestExtent(t *testing.T) {
	w, s, e, n, ok := Extent([]byte(`{"type":"MultiPolygon","coordinates":[` + square + `,[[[20,-5],[30,0],[30,10],[20,-5]]]]}`))
	require.True(t, ok)
	require.Equal(t, [4]float64{0, -5, 30, 10}, [4]float64{w, s, e, n})
	for _, text := range []string{``, `1`, `{}`, `{"type":"Point"}`, `{"type":"Point","coordinates":["2",48]}`, `{"type":"GeometryCollection","geometries":[]}`, `{"type":"MultiPoint","coordinates":[]}`} {
		_, _, _, _, ok := Extent([]byte(text))
		require.False(t, ok, text)
	}
}

func FuzzGeo(f *testing.F) {
	f.Add("near;maxDistance==2000", "Point", "[2.35,48.85]", `{"type":"Point","coordinates":[2.35,48.85]}`)
	f.Add("within", "Polygon", donut, `{"type":"Polygon","coordinates":`+bracket+`}`)
	f.Add("overlaps", "MultiPolygon", "["+donut+"]", `{"type":"LineString","coordinates":[[1,1],[1,1]]}`)
	f.Add("equals", "MultiLineString", "[[[0,0],[0,0]]]", `{"type":"Polygon","coordinates":[[[1,1],[1,1],[1,1],[1,1]]]}`)
	f.Fuzz(func(t *testing.T, georel, geometry, coordinates, target string) {
		g, err := ParseGeo(GeoParams{Georel: georel, Geometry: geometry, Coordinates: coordinates})
		if err != nil {
			return
		}
		g.Extent("location")
		if s, err := parseGeometry([]byte(target)); err == nil {
			g.holds(s)
		}
	})
}

// FuzzExtent holds the short way of reading a Point against the decoder.
func FuzzExtent(f *testing.F) {
	for _, seed := range []string{
		`{"type":"Point","coordinates":[2.35,48.85]}`, `{"type":"Point","coordinates":[-0,0]}`, `{"type":"Point","coordinates":[02.5,1]}`, `{"type":"Point","coordinates":[2.,1]}`,
		`{"type":"Point","coordinates":[1e2,1]}`, `{"type":"Point","coordinates":[1,2,3]}`, `{"type":"Point","coordinates":[181,2]}`, `{"type":"Point","coordinates":[1..2,2]}`,
		`{"type":"Point","coordinates":[1, 2]}`, `{"type":"Point","coordinates":[,]}`, `{"type":"Point","coordinates":[1,2]},"coordinates":[3,4]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lon, lat, ok := plainPoint(text)
		if !ok {
			return
		}
		s, err := parseGeometry(text)
		require.NoError(t, err)
		require.Len(t, s.points, 1)
		require.Equal(t, lon, s.points[0][0])
		require.Equal(t, lat, s.points[0][1])
	})
}

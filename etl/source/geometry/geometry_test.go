package geometry_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"github.com/paulmach/orb/encoding/wkb"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source/geometry"
)

// TestLambert93OfKnownPlaces holds the conversion against places whose
// coordinates are published in both systems, and against the false origin,
// which EPSG:2154 defines.
func TestLambert93OfKnownPlaces(t *testing.T) {
	for _, c := range []struct {
		name           string
		x, y, lon, lat float64
		within         float64 // degrees
	}{
		{"the false origin", 700000, 6600000, 3, 46.5, 1e-11},
		{"the Eiffel Tower", 648237.3, 6862271.7, 2.2945, 48.8584, 1e-6},
		{"the Capitole, Toulouse", 574357.8, 6279642.9, 1.4442, 43.6047, 1e-6},
		// The corners of the system's area, as PROJ 9 gives them.
		{"Corsica", 1242456.2, 6105912.3, 9.524901123261273, 41.8522068562815, 1e-11},
		{"the south-west", 99000.5, 6049000.25, -4.163451349007009, 41.297553671739394, 1e-11},
	} {
		lon, lat := geometry.Lambert93.WGS84(c.x, c.y)
		require.InDelta(t, c.lon, lon, c.within, c.name)
		require.InDelta(t, c.lat, lat, c.within, c.name)
	}
}

const lambert93ESRI = `PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",44.0],PARAMETER["Standard_Parallel_2",49.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]`

func TestFromWKTTellsSystemsByWhatTheySay(t *testing.T) {
	for _, c := range []struct{ wkt, want, name string }{
		{`GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`, "WGS 84", "GCS_WGS_1984"},
		{`GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]`, "WGS 84", "WGS 84"},
		{`GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",MEMBER["World Geodetic System 1984 (Transit)"]],CS[ellipsoidal,2]]`, "WGS 84", "WGS 84"},
		{lambert93ESRI, "Lambert-93", "RGF_1993_Lambert_93"},
		{`PROJCRS["RGF93 v1 / Lambert-93",BASEGEOGCRS["RGF93 v1",DATUM["Reseau Geodesique Francais 1993 v1",ELLIPSOID["GRS 1980",6378137,298.257222101]]],CONVERSION["Lambert-93",METHOD["Lambert Conic Conformal (2SP)",ID["EPSG",9802]],PARAMETER["Latitude of false origin",46.5],PARAMETER["Longitude of false origin",3],PARAMETER["Latitude of 1st standard parallel",49],PARAMETER["Latitude of 2nd standard parallel",44],PARAMETER["Easting at false origin",700000],PARAMETER["Northing at false origin",6600000]],CS[Cartesian,2]]`, "Lambert-93", "RGF93 v1 / Lambert-93"},
		{`COMPD_CS["RGF93 + NGF",` + lambert93ESRI + `,VERT_CS["NGF-IGN69"]]`, "Lambert-93", "RGF93 + NGF"},
		// What merely looks like one of the two.
		{`PROJCS["RGF_1993_CC48",GEOGCS["GCS_RGF_1993"],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",1700000.0],PARAMETER["False_Northing",7200000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",47.25],PARAMETER["Standard_Parallel_2",48.75],PARAMETER["Latitude_Of_Origin",48.0]]`, "", "RGF_1993_CC48"},
		{`PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]],PROJECTION["Mercator_Auxiliary_Sphere"]]`, "", "WGS_1984_Web_Mercator_Auxiliary_Sphere"},
		{`GEOGCS["GCS_NTF",DATUM["D_NTF"]]`, "", "GCS_NTF"},
		{`PROJCS["cut`, "", ""},
		{"", "", ""},
	} {
		crs, name := geometry.FromWKT(c.wkt)
		require.Equal(t, c.want, crs.String(), c.wkt)
		require.Equal(t, c.name, name)
	}
}

func TestLookupReadsTheUsualCodes(t *testing.T) {
	for name, want := range map[string]string{
		"EPSG:4326": "WGS 84", "urn:ogc:def:crs:OGC:1.3:CRS84": "WGS 84", "urn:ogc:def:crs:EPSG::4326": "WGS 84", "OGC:CRS84": "WGS 84",
		"http://www.opengis.net/def/crs/OGC/1.3/CRS84": "WGS 84", "http://www.opengis.net/def/crs/EPSG/0/2154": "Lambert-93",
		"EPSG:2154": "Lambert-93", "urn:ogc:def:crs:EPSG::2154": "Lambert-93", "epsg:2154": "Lambert-93", "Lambert-93": "Lambert-93", "2154": "Lambert-93",
		"EPSG:3857": "", "EPSG:27572": "", "EPSG:42154": "", "": "", "urn:ogc:def:crs:EPSG::4258": "",
	} {
		crs, ok := geometry.Lookup(name)
		require.Equal(t, want, crs.String(), name)
		require.Equal(t, want != "", ok, name)
	}
}

var shapes = []orb.Geometry{
	orb.Point{2.35, 48.85},
	orb.LineString{{1, 2}, {3, 4.5}},
	orb.Polygon{{{0, 0}, {4, 0}, {4, 4}, {0, 0}}, {{1, 0.5}, {2, 1}, {2, 0.5}, {1, 0.5}}},
	orb.MultiPoint{{1, 2}, {-3, -4}},
	orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
	orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}, {{{5, 5}, {6, 5}, {6, 6}, {5, 5}}}},
	orb.Collection{orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}},
}

// asGeoJSON writes a geometry by way of encoding/json.
func asGeoJSON(t *testing.T, shape orb.Geometry) string {
	t.Helper()
	if parts, ok := shape.(orb.Collection); ok {
		var list []string
		for _, part := range parts {
			list = append(list, asGeoJSON(t, part))
		}
		return `{"type":"GeometryCollection","geometries":[` + strings.Join(list, ",") + `]}`
	}
	coordinates, err := json.Marshal(shape)
	require.NoError(t, err)
	return fmt.Sprintf(`{"type":%q,"coordinates":%s}`, shape.GeoJSONType(), coordinates)
}

func TestWKBIsTheGeometryThatOrbWrote(t *testing.T) {
	for _, shape := range shapes {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			data, err := wkb.Marshal(shape, order)
			require.NoError(t, err)
			text, err := geometry.WGS84.WKB(nil, data)
			require.NoError(t, err)
			require.JSONEq(t, asGeoJSON(t, shape), string(text))
			for i := range data {
				_, err := geometry.WGS84.WKB(nil, data[:i])
				require.Error(t, err, "cut off after %d bytes", i)
			}
		}
		data, err := ewkb.Marshal(shape, 4326)
		require.NoError(t, err)
		text, err := geometry.WGS84.WKB([]byte("x"), data)
		require.NoError(t, err)
		require.JSONEq(t, asGeoJSON(t, shape), string(text[1:]))
	}
}

// point gives a point in well-known binary with these ordinates.
func point(kind uint32, ordinates ...float64) []byte {
	data := binary.LittleEndian.AppendUint32([]byte{1}, kind)
	for _, v := range ordinates {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

func TestWKBKeepsHeightsAndLeavesMeasuresOut(t *testing.T) {
	for want, data := range map[string][]byte{
		`{"type":"Point","coordinates":[1,2,3]}`:    point(1001, 1, 2, 3),
		`{"type":"Point","coordinates":[1,2,4]}`:    point(1|0x80000000, 1, 2, 4),
		`{"type":"Point","coordinates":[1,2]}`:      point(2001, 1, 2, 9),
		`{"type":"Point","coordinates":[1.5,2,33]}`: point(3001, 1.5, 2, 33, 9),
		`{"type":"Point","coordinates":[7,8]}`:      point(1001, 7, 8, math.NaN()),
		``:                                          point(1, math.NaN(), math.NaN()),
	} {
		text, err := geometry.WGS84.WKB(nil, data)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}

func TestWKBRefusesWhatItCannotRead(t *testing.T) {
	for says, data := range map[string][]byte{
		"curves":       point(8, 1, 2),
		"not known":    point(99, 1, 2),
		"byte order":   append([]byte{7}, make([]byte, 20)...),
		"numbers":      point(1, 1, math.Inf(1)),
		"cut off":      {1, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"nested":       bytes.Repeat([]byte{1, 7, 0, 0, 0, 1, 0, 0, 0}, 40),
		"holds a Line": append([]byte{1, 4, 0, 0, 0, 1, 0, 0, 0}, 1, 2, 0, 0, 0, 0, 0, 0, 0),
	} {
		_, err := geometry.WGS84.WKB(nil, data)
		require.ErrorContains(t, err, says)
	}
}

func TestConvertMovesPositionsOnly(t *testing.T) {
	for raw, want := range map[string]string{
		`{"type": "Point", "coordinates": [700000, 6600000]}`:                                                       `{"type":"Point","coordinates":[3,46.5]}`,
		`{"coordinates":[[700000,6600000,12.5],[7e5,6.6e6]],"type":"LineString"}`:                                   `{"coordinates":[[3,46.5,12.5],[3,46.5]],"type":"LineString"}`,
		`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[700000,6600000],"bbox":[1,2]}]}`: `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[3,46.5],"bbox":[1,2]}]}`,
		`{"type":"Point","coordinates":[253531.1305237495,909838.9305578778]}`:                                      `{"type":"Point","coordinates":[0,0]}`,
		`{"type":"Polygon","coordinates":[]}`:                                                                       `{"type":"Polygon","coordinates":[]}`,
	} {
		got, err := geometry.Lambert93.Convert(nil, []byte(raw))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	for _, raw := range []string{`{"coordinates":[1]}`, `{"coordinates":[1,[2]]}`, `{"coordinates":[1,"2"]}`} {
		_, err := geometry.Lambert93.Convert(nil, []byte(raw))
		require.Error(t, err, raw)
	}
	got, err := geometry.WGS84.Convert(nil, []byte(`{ "type": "Point", "coordinates": [2.3500, 48.85] }`))
	require.NoError(t, err)
	require.Equal(t, `{"type":"Point","coordinates":[2.3500,48.85]}`, string(got), "digits stay as they are")
}

func TestDegreesAreToldFromMetres(t *testing.T) {
	for raw, want := range map[string]string{
		`{"type":"Point","coordinates":[648237.3, 6862271.7]}`:            "648237, 6862272",
		`{"coordinates" : [ [ [700000,6600000],[1,2]]],"type":"Polygon"}`: "700000, 6600000",
		`{"coordinates":[2.35,48.85]}`:                                    "", `{"coordinates":[]}`: "", `{"coordinates":[1]}`: "", `{}`: "", `{"coordinates":["a","b"]}`: "", `{"coordinates":[48.85,-170]}`: "",
	} {
		text, ok := geometry.Degrees([]byte(raw))
		require.Equal(t, want, text, raw)
		require.Equal(t, want == "", ok)
	}
}

func TestWKBAllocatesNothing(t *testing.T) {
	data, err := wkb.Marshal(shapes[2])
	require.NoError(t, err)
	dst := make([]byte, 0, 4096)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		if _, err := geometry.Lambert93.WKB(dst, data); err != nil {
			t.Fatal(err)
		}
	}))
}

func FuzzWKB(f *testing.F) {
	for _, shape := range shapes {
		data, err := wkb.Marshal(shape)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add(point(3001, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := geometry.Lambert93.WKB(nil, data)
		if err == nil && len(text) > 0 {
			require.True(t, json.Valid(text), "%s", text)
		}
	})
}

func FuzzFromWKT(f *testing.F) {
	f.Add(lambert93ESRI)
	f.Add(`GEOGCS["a",DATUM["b"]`)
	f.Fuzz(func(_ *testing.T, text string) {
		geometry.FromWKT(text)
	})
}

func FuzzConvert(f *testing.F) {
	f.Add([]byte(`{"type":"Point","coordinates":[700000,6600000]}`))
	f.Add([]byte(`{"coordinates":[[1,"\""],[2]],"coordinates":"x"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := geometry.Lambert93.Convert(nil, raw)
		if err == nil {
			require.True(t, json.Valid(got) || !json.Valid(raw), "%s", got)
		}
	})
}

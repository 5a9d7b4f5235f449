package ngsild

import (
	"bytes"
	"strconv"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// geometryDepth gives how deep the positions of a GeoJSON geometry stand in
// its coordinates, 0 for a Point, and -1 for what is no geometry of NGSI-LD.
func geometryDepth(name []byte) int {
	switch string(name) {
	case "Point":
		return 0
	case "LineString", "MultiPoint":
		return 1
	case "Polygon", "MultiLineString":
		return 2
	case "MultiPolygon":
		return 3
	}
	return -1
}

// geometryName gives the name as a string, those of the geometries without allocating.
func geometryName(name []byte) string {
	switch string(name) {
	case "Point":
		return "Point"
	case "Polygon":
		return "Polygon"
	case "MultiPolygon":
		return "MultiPolygon"
	case "LineString":
		return "LineString"
	}
	return string(name)
}

const geometryTypes = "Point, MultiPoint, LineString, MultiLineString, Polygon and MultiPolygon"

// isGeometry reports whether valid JSON is meant as a GeoJSON geometry: an
// object with the type of one and coordinates (or geometries).
func isGeometry(data []byte) bool {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	typ := find(data, i, MemberType)
	if !typ.present() || typ.first(data) != '"' {
		return false
	}
	if keyIs(typ.of(data), "GeometryCollection") {
		return find(data, i, "geometries").present()
	}
	return geometryDepth(data[typ.start+1:typ.end-1]) >= 0 && find(data, i, "coordinates").present()
}

// isGeoJSON reports whether valid JSON is a GeoJSON Feature or FeatureCollection.
func isGeoJSON(data []byte) bool {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	typ := find(data, i, MemberType)
	if !typ.present() || typ.first(data) != '"' {
		return false
	}
	switch string(data[typ.start+1 : typ.end-1]) {
	case "FeatureCollection":
		return find(data, i, "features").present()
	case "Feature":
		return find(data, i, "geometry").present()
	}
	return false
}

// checkGeometry holds the value of a GeoProperty against RFC 7946.
func (c *checker) checkGeometry(value []byte, at *path) {
	const hint = "write {\"type\": \"Point\", \"coordinates\": [2.35, 48.85]}, longitude first"
	if value[0] != '{' {
		c.fault(finding.AttributeGeometry, at, "the value of a GeoProperty is a GeoJSON geometry, and this is %s", describe(value[0])).Hint = hint
		return
	}
	typ := find(value, 0, MemberType)
	if !typ.present() || typ.first(value) != '"' {
		c.fault(finding.AttributeGeometry, at, "the geometry has no type").Hint = hint
		return
	}
	depth := geometryDepth(value[typ.start+1 : typ.end-1])
	name := geometryName(value[typ.start+1 : typ.end-1])
	if depth < 0 {
		here := c.member(at, MemberType)
		f := c.fault(finding.AttributeGeometry, here, "%q is no geometry of NGSI-LD", name)
		f.Hint = "the geometries are " + geometryTypes
		switch name {
		case "GeometryCollection":
			f.Hint = "split it: an attribute holds one of " + geometryTypes
		case "Feature", "FeatureCollection":
			f.Hint = "take the \"geometry\" out of the " + name
		}
		return
	}
	coordinates := find(value, 0, "coordinates")
	if !coordinates.present() {
		c.fault(finding.AttributeGeometry, at, "the %s has no coordinates", name).Hint = hint
		return
	}
	g := geometry{checker: c, name: name}
	here := c.member(at, "coordinates")
	g.check(value, coordinates, here, depth)
	if g.swapped && g.faults == 0 {
		c.fault(finding.AttributeGeometry, here, "the positions of the %s read as latitude and longitude the wrong way round", name).Hint =
			"GeoJSON has the longitude first: [2.35, 48.85] is Paris"
	}
}

type geometry struct {
	*checker
	name    string
	faults  int
	swapped bool
}

// A geometry gives at most this many findings: the others are like them.
const maxGeometryFaults = 5

func (g *geometry) fault(at *path, hint, format string, args ...any) {
	if g.faults++; g.faults <= maxGeometryFaults {
		g.checker.fault(finding.AttributeGeometry, at, format, args...).Hint = hint
	}
}

// check looks at coordinates whose positions stand this deep in arrays.
func (g *geometry) check(data []byte, value span, at *path, depth int) {
	if g.faults > maxGeometryFaults {
		return
	}
	if value.first(data) != '[' {
		g.fault(at, "a position is [longitude, latitude]", "the coordinates of a %s have an array here, and this is %s", g.name, describe(value.first(data)))
		g.faults = maxGeometryFaults + 1 // all that follows is beside the point
		return
	}
	if depth == 0 {
		g.position(data, value, at)
		return
	}
	n, first, last := 0, span{}, span{}
	for c := enter(data, value.start); ; n++ {
		element, ok := c.element()
		if !ok {
			break
		}
		if n == 0 {
			first = element
		}
		last = element
		here := g.element(at, n)
		g.check(data, element, here, depth-1)
	}
	switch {
	case g.faults > maxGeometryFaults:
	case n == 0:
		g.fault(at, "leave the attribute out where there is no place", "the %s is empty", g.name)
	case depth != 1:
	case g.name == "Polygon" || g.name == "MultiPolygon":
		if n < 4 {
			g.fault(at, "a ring has at least three corners and ends where it began", "a ring of the %s has %d positions; it needs 4 or more", g.name, n)
		} else if !samePosition(data, first, last) {
			g.fault(at, "repeat the first position at the end of the ring", "a ring of the %s is not closed: it starts at %s and ends at %s", g.name, clip(first.of(data)), clip(last.of(data)))
		}
	case g.name != "MultiPoint" && n < 2:
		g.fault(at, "a line has two positions or more", "a line of the %s has one position", g.name)
	}
}

func samePosition(data []byte, a, b span) bool {
	return bytes.Equal(a.of(data), b.of(data)) || equalJSON(a.of(data), b.of(data))
}

func (g *geometry) position(data []byte, value span, at *path) {
	var lonLat [2]float64
	n := 0
	for c := enter(data, value.start); ; n++ {
		element, ok := c.element()
		if !ok {
			break
		}
		first := element.first(data)
		if first != '-' && !isDigit(first) {
			here := g.element(at, n)
			hint := "write numbers without quotes"
			if first == '[' {
				hint = "the positions of a " + g.name + " stand less deep"
			}
			g.fault(here, hint, "a position of the %s has numbers, and this is %s", g.name, describe(first))
			return
		}
		if n < 2 {
			lonLat[n] = coordinate(element.of(data))
		}
	}
	if n < 2 {
		g.fault(at, "a position is [longitude, latitude]", "a position of the %s has %d numbers; it needs longitude and latitude", g.name, n)
		return
	}
	lon, lat := lonLat[0], lonLat[1]
	switch {
	case lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90:
	case lon >= -90 && lon <= 90 && lat >= -180 && lat <= 180:
		g.swapped = true
	default:
		g.fault(at, "give WGS 84 degrees; metres of a national grid (Lambert-93, UTM) are to be converted first",
			"the position %s is not on Earth: longitude is -180 to 180, latitude -90 to 90", clip(value.of(data)))
	}
}

// coordinate reads a number to see its range. What is too large for a float64
// is as far out of range as need be.
func coordinate(text []byte) float64 {
	f, _ := strconv.ParseFloat(string(text), 64)
	return f
}

package query

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/ldtkit/ldt/ngsild"
)

// GeoParams are the parameters of a geo query as they stand in a request.
type GeoParams struct {
	// Georel is a relation with its modifiers, such as near;maxDistance==2000.
	Georel string
	// Geometry is the GeoJSON type of the reference geometry.
	Geometry string
	// Coordinates are its coordinates as JSON text: [lon,lat] for a Point.
	Coordinates string
	// Property is the GeoProperty to test; empty is location.
	Property string
}

// Geo is a parsed geo query (clause 4.10). A matching entity has the
// GeoProperty, and an instance of it stands in the relation to the reference
// geometry.
type Geo struct {
	property string
	relation relation
	least    float64 // metres, of near
	most     float64
	shape    *shape
}

type relation uint8

const (
	near relation = iota
	within
	contains
	intersects
	disjoint
	equals
	overlaps
)

var relations = map[string]relation{
	"near": near, "within": within, "contains": contains, "intersects": intersects,
	"disjoint": disjoint, "equals": equals, "overlaps": overlaps,
}

var geometryTypes = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}

// ParseGeo reads a geo query. The error is an *Error.
func ParseGeo(p GeoParams) (*Geo, error) {
	g := &Geo{property: p.Property, most: math.Inf(1)}
	if g.property == "" {
		g.property = ngsild.MemberLocation
	}
	if p.Georel == "" {
		return nil, fault("georel", "", -1, "the relation is missing").
			hinted("a geo query has georel, geometry and coordinates, such as georel=near;maxDistance==2000&geometry=Point&coordinates=[2.35,48.85]")
	}
	name, modifiers, hasModifiers := strings.Cut(p.Georel, ";")
	relation, ok := relations[name]
	if !ok {
		return nil, fault("georel", p.Georel, 0, "%q is no relation", name).
			hinted("use near, within, contains, intersects, disjoint, equals or overlaps")
	}
	g.relation = relation
	if err := g.distances(p.Georel, len(name)+1, modifiers, hasModifiers); err != nil {
		return nil, err
	}
	if p.Geometry == "" {
		return nil, fault("geometry", "", -1, "the type of the geometry is missing").hinted("such as geometry=Point")
	}
	if !slices.Contains(geometryTypes, p.Geometry) {
		return nil, fault("geometry", p.Geometry, -1, "%q is no type of geometry", p.Geometry).
			hinted("use %s", strings.Join(geometryTypes, ", "))
	}
	if p.Coordinates == "" {
		return nil, fault("coordinates", "", -1, "the coordinates are missing").hinted("such as coordinates=[2.35,48.85], longitude first")
	}
	s, err := parseCoordinates(p.Geometry, []byte(p.Coordinates))
	if err != nil {
		return nil, fault("coordinates", p.Coordinates, -1, "these are not the coordinates of a %s", p.Geometry).
			hinted("a position is [longitude,latitude] in degrees, a LineString an array of at least two, a Polygon an array of closed rings")
	}
	g.shape = s
	switch {
	case g.relation == near && p.Geometry != "Point":
		return nil, fault("geometry", p.Geometry, -1, "near is supported from a Point only, and this is a %s", p.Geometry).unsupported()
	case g.relation == overlaps && len(s.areas) == 0:
		return nil, fault("geometry", p.Geometry, -1, "overlaps is supported for a Polygon or MultiPolygon only, and this is a %s", p.Geometry).unsupported()
	}
	return g, nil
}

// distances reads the modifiers of near, which start at the offset at.
func (g *Geo) distances(text string, at int, modifiers string, given bool) *Error {
	if g.relation != near {
		if given {
			return fault("georel", text, at, "only near has a distance").hinted("remove what follows the ;")
		}
		return nil
	}
	if !given {
		return fault("georel", text, -1, "near needs a distance").hinted("write near;maxDistance==2000 (metres)")
	}
	for modifier := range strings.SplitSeq(modifiers, ";") {
		name, value, ok := strings.Cut(modifier, "==")
		metres, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || metres < 0 || math.IsInf(metres, 0) || math.IsNaN(metres) {
			return fault("georel", text, at, "%q is no distance", modifier).hinted("write maxDistance==2000 or minDistance==100 (metres)")
		}
		switch name {
		case "maxDistance":
			g.most = metres
		case "minDistance":
			g.least = metres
		default:
			return fault("georel", text, at, "%q is neither maxDistance nor minDistance", name)
		}
		at += len(modifier) + 1
	}
	return nil
}

// Expand gives the same query with the name of the GeoProperty replaced by
// what expand gives for it.
func (g *Geo) Expand(expand func(term string) string) *Geo {
	c := *g
	c.property = expand(g.property)
	return &c
}

// Extent gives limits, in degrees, that the GeoProperty of each matching
// entity has a point in common with. ok is false where the query is about
// another GeoProperty or nothing can be said.
func (g *Geo) Extent(property string) (west, south, east, north float64, ok bool) {
	if g.property != property || g.relation == disjoint {
		return 0, 0, 0, 0, false
	}
	b := g.shape.bound()
	if g.relation == near {
		if math.IsInf(g.most, 1) {
			return 0, 0, 0, 0, false
		}
		// A degree of latitude is 111 km; a little more keeps rounding out.
		lat := g.most/earthRadius*180/math.Pi*1.001 + 1e-9
		south, north := b.Min[1]-lat, b.Max[1]+lat
		widest := max(math.Abs(south), math.Abs(north))
		if widest >= 89 {
			return 0, 0, 0, 0, false
		}
		lon := lat / math.Cos(widest*math.Pi/180)
		if b.Min[0]-lon < -180 || b.Max[0]+lon > 180 {
			return 0, 0, 0, 0, false
		}
		return b.Min[0] - lon, south, b.Max[0] + lon, north, true
	}
	return b.Min[0], b.Min[1], b.Max[0], b.Max[1], true
}

// Match says whether the entity fulfils the query.
func (g *Geo) Match(e *ngsild.Entity) bool {
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if a.Name != g.property || a.Kind != ngsild.GeoProperty {
			continue
		}
		if s, err := parseGeometry(a.Value); err == nil && g.holds(s) {
			return true
		}
	}
	return false
}

// holds says whether a target geometry stands in the relation.
func (g *Geo) holds(s *shape) bool {
	switch g.relation {
	case near:
		d := distance(g.shape.points[0], s)
		return d <= g.most && d >= g.least
	case within:
		return contained(s, g.shape)
	case contains:
		return contained(g.shape, s)
	case intersects:
		return intersect(s, g.shape)
	case disjoint:
		return !intersect(s, g.shape)
	case equals:
		return contained(s, g.shape) && contained(g.shape, s)
	case overlaps:
		return len(s.areas) > 0 && overlap(s, g.shape)
	}
	return false
}

// earthRadius is that of the sphere with the volume of the Earth, in metres.
const earthRadius = 6371008.8

// vector is a point of the unit sphere.
type vector [3]float64

func toVector(p orb.Point) vector {
	lon, lat := p[0]*math.Pi/180, p[1]*math.Pi/180
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func cross(a, b vector) vector {
	return vector{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func dot(a, b vector) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func norm(a vector) float64 { return math.Sqrt(dot(a, a)) }

// angle between two vectors, exact for small ones too.
func angle(a, b vector) float64 { return math.Atan2(norm(cross(a, b)), dot(a, b)) }

// distance gives the metres from a point to the nearest point of a shape, on
// a sphere; edges are arcs of great circles.
func distance(from orb.Point, s *shape) float64 {
	for _, area := range s.areas {
		if locate(area, from) != outside {
			return 0
		}
	}
	p := toVector(from)
	best := math.Inf(1)
	for _, q := range s.points {
		best = min(best, angle(p, toVector(q)))
	}
	s.eachEdge(func(a, b orb.Point) bool {
		best = min(best, arcAngle(p, toVector(a), toVector(b)))
		return true
	})
	return best * earthRadius
}

// arcAngle gives the angle between a point and the nearest point of an arc.
func arcAngle(p, a, b vector) float64 {
	ends := min(angle(p, a), angle(p, b))
	n := cross(a, b)
	length := norm(n)
	if length < 1e-15 {
		return ends
	}
	// The foot of p on the great circle lies on the arc if it is between the ends.
	if dot(cross(n, a), p) > 0 && dot(cross(b, n), p) > 0 {
		return math.Abs(math.Asin(max(-1, min(1, dot(n, p)/length))))
	}
	return ends
}

package query

import (
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// The relations take longitude and latitude as a plane, as GeoJSON does
// (RFC 7946 section 3.1.1): an edge is a straight line between its ends. A
// geometry that crosses the 180th meridian has to be split there. A shape
// includes its boundary.

// side says on which side of the line through a and b the point lies: 1 left,
// -1 right, 0 on it.
func side(a, b, p orb.Point) int {
	d := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// onEdge says whether the point lies on the segment.
func onEdge(a, b, p orb.Point) bool {
	return side(a, b, p) == 0 &&
		min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) &&
		min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}

// edgesMeet says whether two segments have a point in common.
func edgesMeet(a, b, c, d orb.Point) bool {
	if side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0 {
		return true
	}
	return onEdge(a, b, c) || onEdge(a, b, d) || onEdge(c, d, a) || onEdge(c, d, b)
}

// place of a point in respect of a polygon.
type place uint8

const (
	outside place = iota
	boundary
	inside
)

// locate says where a point lies in respect of a polygon with its holes.
func locate(area orb.Polygon, p orb.Point) place {
	for i, ring := range area {
		if !edges(orb.LineString(ring), func(a, b orb.Point) bool { return !onEdge(a, b, p) }) {
			return boundary
		}
		if in := planar.RingContains(ring, p); in != (i == 0) {
			return outside
		}
	}
	return inside
}

// covers says whether the point belongs to the shape.
func (s *shape) covers(p orb.Point) bool {
	if slices.Contains(s.points, p) {
		return true
	}
	for _, l := range s.lines {
		if !edges(l, func(a, b orb.Point) bool { return !onEdge(a, b, p) }) {
			return true
		}
	}
	for _, area := range s.areas {
		if locate(area, p) != outside {
			return true
		}
	}
	return false
}

// vertices gives one point of each part of the shape: where no edges of two
// shapes meet, a part lies in the other as a whole or not at all.
func (s *shape) vertices() []orb.Point {
	list := slices.Clone(s.points)
	for _, l := range s.lines {
		list = append(list, l[0])
	}
	for _, area := range s.areas {
		list = append(list, area[0][0])
	}
	return list
}

// intersect says whether two shapes have a point in common.
func intersect(s, t *shape) bool {
	if !s.bound().Intersects(t.bound()) {
		return false
	}
	meet := !s.eachEdge(func(a, b orb.Point) bool {
		return t.eachEdge(func(c, d orb.Point) bool { return !edgesMeet(a, b, c, d) })
	})
	return meet || slices.ContainsFunc(s.vertices(), t.covers) || slices.ContainsFunc(t.vertices(), s.covers)
}

// contained says whether no point of s lies outside of t.
func contained(s, t *shape) bool {
	for _, p := range s.points {
		if !t.covers(p) {
			return false
		}
	}
	// Each edge is cut where it meets an edge of t; a piece between two cuts
	// lies in t if its middle does.
	covered := s.eachEdge(func(a, b orb.Point) bool {
		cuts := []float64{0, 1}
		t.eachEdge(func(c, d orb.Point) bool {
			cuts = append(cuts, cutsOf(a, b, c, d)...)
			return true
		})
		slices.Sort(cuts)
		for i := 1; i < len(cuts); i++ {
			if cuts[i]-cuts[i-1] < 1e-12 {
				continue
			}
			if !t.nearlyCovers(along(a, b, (cuts[i]+cuts[i-1])/2)) {
				return false
			}
		}
		return t.covers(a) && t.covers(b)
	})
	if !covered {
		return false
	}
	// With its boundary in t, an area lies in one of the areas of t unless a
	// hole takes something out of it.
	for _, area := range s.areas {
		if !slices.ContainsFunc(t.areas, func(o orb.Polygon) bool { return holds(o, area) }) {
			return false
		}
	}
	return true
}

// holds says whether an area with its boundary in the shape that outer is of
// lies in outer.
func holds(outer, area orb.Polygon) bool {
	if p, ok := innerPoint(area); !ok || locate(outer, p) == outside {
		return false
	}
	for _, hole := range outer[1:] {
		for _, p := range hole {
			if locate(area, p) == inside {
				return false
			}
		}
		if p, ok := innerPoint(orb.Polygon{hole}); ok && locate(area, p) == inside {
			return false
		}
	}
	return true
}

// innerPoint gives a point in the inside of an area, off its boundary.
func innerPoint(area orb.Polygon) (orb.Point, bool) {
	// On a horizontal line between two neighbouring heights of vertices, the
	// middle between the first two crossings lies inside.
	var heights []float64
	for _, ring := range area {
		for _, p := range ring {
			heights = append(heights, p[1])
		}
	}
	slices.Sort(heights)
	heights = slices.Compact(heights)
	for i := 1; i < len(heights); i++ {
		y := (heights[i-1] + heights[i]) / 2
		var xs []float64
		for _, ring := range area {
			edges(orb.LineString(ring), func(a, b orb.Point) bool {
				if (a[1] < y) != (b[1] < y) {
					xs = append(xs, a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]))
				}
				return true
			})
		}
		slices.Sort(xs)
		for k := 1; k < len(xs); k++ {
			if p := (orb.Point{(xs[k-1] + xs[k]) / 2, y}); locate(area, p) == inside {
				return p, true
			}
		}
	}
	return orb.Point{}, false
}

// nearlyCovers is covers with the tolerance that a computed point needs.
func (s *shape) nearlyCovers(p orb.Point) bool {
	if s.covers(p) {
		return true
	}
	const eps = 1e-9 // degrees: a tenth of a millimetre
	return !s.eachEdge(func(a, b orb.Point) bool { return planar.DistanceFromSegment(a, b, p) > eps })
}

func along(a, b orb.Point, t float64) orb.Point {
	return orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
}

// cutsOf gives where, between 0 and 1, the segment c-d cuts or touches a-b.
func cutsOf(a, b, c, d orb.Point) []float64 {
	var cuts []float64
	parameter := func(p orb.Point) float64 {
		if dx, dy := b[0]-a[0], b[1]-a[1]; dx*dx > dy*dy {
			return (p[0] - a[0]) / dx
		} else if dy != 0 {
			return (p[1] - a[1]) / dy
		}
		return 0
	}
	for _, p := range []orb.Point{c, d} {
		if onEdge(a, b, p) {
			cuts = append(cuts, parameter(p))
		}
	}
	if side(a, b, c)*side(a, b, d) <= 0 && side(c, d, a)*side(c, d, b) < 0 {
		den := (b[0]-a[0])*(d[1]-c[1]) - (b[1]-a[1])*(d[0]-c[0])
		if den != 0 {
			cuts = append(cuts, ((c[0]-a[0])*(d[1]-c[1])-(c[1]-a[1])*(d[0]-c[0]))/den)
		}
	}
	return cuts
}

// overlap says whether two shapes of areas have an inside in common and each
// has something that the other has not.
func overlap(s, t *shape) bool {
	return insidesMeet(s, t) && !contained(s, t) && !contained(t, s)
}

// insidesMeet says whether the insides of two shapes of areas meet.
func insidesMeet(s, t *shape) bool {
	for _, a := range s.areas {
		for _, b := range t.areas {
			if meetInside(a, b) || meetInside(b, a) {
				return true
			}
		}
	}
	return false
}

// meetInside says whether a piece of a's boundary, or its inside, lies in the
// inside of b.
func meetInside(a, b orb.Polygon) bool {
	if p, ok := innerPoint(a); ok && locate(b, p) == inside {
		return true
	}
	whole := &shape{areas: []orb.Polygon{a}}
	other := &shape{areas: []orb.Polygon{b}}
	return !whole.eachEdge(func(p, q orb.Point) bool {
		cuts := []float64{0, 1}
		other.eachEdge(func(c, d orb.Point) bool {
			cuts = append(cuts, cutsOf(p, q, c, d)...)
			return true
		})
		slices.Sort(cuts)
		for i := 1; i < len(cuts); i++ {
			if cuts[i]-cuts[i-1] < 1e-12 {
				continue
			}
			m := along(p, q, (cuts[i]+cuts[i-1])/2)
			onBoundary := !other.eachEdge(func(c, d orb.Point) bool { return planar.DistanceFromSegment(c, d, m) > 1e-9 })
			if !onBoundary && locate(b, m) == inside {
				return false
			}
		}
		return true
	})
}

package shapefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/ldtkit/ldt/etl/source/geometry"
)

// The types of shapes (ESRI Shapefile Technical Description, July 1998). Those
// from 11 on have heights, those from 21 on measures.
const (
	shapeNull       = 0
	shapePoint      = 1
	shapeLine       = 3
	shapePolygon    = 5
	shapeMultiPoint = 8
	shapePatch      = 31
)

var shapeNames = map[int]string{shapeNull: "null", shapePoint: "point", shapeLine: "line", shapePolygon: "polygon", shapeMultiPoint: "multipoint"}

// plain gives the type without heights and measures, and whether it has heights.
func plain(kind int) (base int, heights bool) {
	if kind > 10 && kind < 30 {
		return kind % 10, kind < 20
	}
	return kind, false
}

var errShape = errors.New("its parts do not fit its length")

// shapes writes shapes as GeoJSON. Its memory is used again for each.
type shapes struct {
	crs    geometry.CRS
	points []orb.Point
	z      []float64
	starts []int // of the parts in points, and their end
	outer  []int // the number of each ring's outer ring, -1 for itself
	first  []int // of each outer ring: the number of its first hole, -1 where it has none
	next   []int // of each hole: the next one of its outer ring, or -1
	boxes  []orb.Bound
}

// write appends the content of a record, after its header, as GeoJSON; a null
// shape, or one without points, appends nothing.
func (s *shapes) write(dst, content []byte, fileKind int) ([]byte, error) {
	if len(content) < 4 {
		return dst, errShape
	}
	kind := int(binary.LittleEndian.Uint32(content))
	if kind == shapeNull {
		return dst, nil
	}
	if kind != fileKind {
		return dst, fmt.Errorf("its type is %d, that of the file %d", kind, fileKind)
	}
	base, heights := plain(kind)
	content = content[4:]
	if base == shapePoint {
		if len(content) < 16 || heights && len(content) < 24 {
			return dst, errShape
		}
		p, z := orb.Point{float(content, 0), float(content, 1)}, math.NaN()
		if heights {
			z = float(content, 2)
		}
		if !number(p) {
			return dst, nil // how an empty point is written
		}
		dst = append(dst, `{"type":"Point","coordinates":`...)
		return append(s.crs.Position(dst, p[0], p[1], height(z)), '}'), nil
	}
	if err := s.parts(content, base, heights); err != nil {
		return dst, err
	}
	if len(s.points) == 0 {
		return dst, nil
	}
	switch base {
	case shapeMultiPoint:
		dst = append(dst, `{"type":"MultiPoint","coordinates":`...)
		return append(s.line(dst, 0, len(s.points), false), '}'), nil
	case shapeLine:
		return s.lines(dst), nil
	}
	return s.polygons(dst)
}

func float(p []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(p[8*i:]))
}

func number(p orb.Point) bool {
	return !math.IsNaN(p[0]) && !math.IsNaN(p[1]) && !math.IsInf(p[0], 0) && !math.IsInf(p[1], 0)
}

// height is NaN for one that cannot be, such as the "no data" of measures.
func height(z float64) float64 {
	if math.IsInf(z, 0) || z < -1e38 {
		return math.NaN()
	}
	return z
}

// parts reads the points of a shape with several and where its parts start.
func (s *shapes) parts(content []byte, base int, heights bool) error {
	head, parts := 36, 0
	if base != shapeMultiPoint {
		head = 40
	}
	if len(content) < head {
		return errShape
	}
	points := int(binary.LittleEndian.Uint32(content[head-4:]))
	if base != shapeMultiPoint {
		parts = int(binary.LittleEndian.Uint32(content[32:]))
	}
	content = content[head:]
	if parts > len(content)/4 || points > (len(content)-4*parts)/16 || parts == 0 && points > 0 && base != shapeMultiPoint {
		return errShape
	}
	s.points, s.z, s.starts = s.points[:0], s.z[:0], s.starts[:0]
	for i := range parts {
		at := int(binary.LittleEndian.Uint32(content[4*i:]))
		if at > points || i == 0 && at != 0 || i > 0 && at < s.starts[i-1] {
			return errShape
		}
		s.starts = append(s.starts, at)
	}
	s.starts = append(s.starts, points)
	content = content[4*parts:]
	for i := range points {
		p := orb.Point{float(content, 2*i), float(content, 2*i+1)}
		if !number(p) {
			return errors.New("a position is not made of numbers")
		}
		s.points = append(s.points, p)
	}
	content = content[16*points:]
	for i := range points {
		z := math.NaN()
		if heights {
			if len(content) < 16+8*points {
				return errShape
			}
			z = height(float(content[16:], i))
		}
		s.z = append(s.z, z)
	}
	return nil
}

// line appends the positions of a part, backwards where it is to be turned.
func (s *shapes) line(dst []byte, from, to int, turn bool) []byte {
	dst = append(dst, '[')
	for i := from; i < to; i++ {
		if i > from {
			dst = append(dst, ',')
		}
		k := i
		if turn {
			k = from + to - 1 - i
		}
		dst = s.crs.Position(dst, s.points[k][0], s.points[k][1], s.z[k])
	}
	return append(dst, ']')
}

func (s *shapes) lines(dst []byte) []byte {
	n := len(s.starts) - 1
	if n == 1 {
		dst = append(dst, `{"type":"LineString","coordinates":`...)
		return append(s.line(dst, 0, len(s.points), false), '}')
	}
	dst = append(dst, `{"type":"MultiLineString","coordinates":[`...)
	first := true
	for i := range n {
		if s.starts[i] == s.starts[i+1] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = s.line(dst, s.starts[i], s.starts[i+1], false)
	}
	return append(dst, "]}"...)
}

// maxRings bounds the search for the ring that each hole lies in.
const maxRings = 50_000

// polygons appends the rings as one polygon or several. In a shapefile an outer
// ring runs clockwise and a hole against the clock, whichever outer ring it
// lies in; in GeoJSON it is the other way round, and a hole stands with its
// outer ring (RFC 7946 section 3.1.6).
func (s *shapes) polygons(dst []byte) ([]byte, error) {
	n := len(s.starts) - 1
	if n > maxRings {
		return dst, fmt.Errorf("its polygon has more than %d rings", maxRings)
	}
	s.outer, s.first, s.next, s.boxes = s.outer[:0], s.first[:0], s.next[:0], s.boxes[:0]
	outers := 0
	for i := range n {
		ring := s.ring(i)
		if len(ring) > 0 && (len(ring) < 4 || ring[0] != ring[len(ring)-1]) {
			return dst, fmt.Errorf("a ring of its polygon is not closed")
		}
		s.boxes = append(s.boxes, ring.Bound())
		s.outer, s.first, s.next = append(s.outer, -1), append(s.first, -1), append(s.next, -1)
		if len(ring) > 0 && ring.Orientation() == orb.CW {
			outers++
		}
	}
	if outers == 0 {
		// Not wound as the format asks: each ring counts for itself.
		outers = n
	} else {
		for i := n - 1; i >= 0; i-- {
			if ring := s.ring(i); len(ring) == 0 || ring.Orientation() == orb.CW {
				continue
			}
			o := s.around(i)
			if s.outer[i] = o; o < 0 {
				outers++
				continue
			}
			s.first[o], s.next[i] = i, s.first[o]
		}
	}
	if outers > 1 {
		dst = append(dst, `{"type":"MultiPolygon","coordinates":[`...)
	} else {
		dst = append(dst, `{"type":"Polygon","coordinates":`...)
	}
	first := true
	for i := range n {
		if s.outer[i] >= 0 || len(s.ring(i)) == 0 {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '[')
		dst = s.turned(dst, i, orb.CCW)
		for k := s.first[i]; k >= 0; k = s.next[k] {
			dst = s.turned(append(dst, ','), k, orb.CW)
		}
		dst = append(dst, ']')
	}
	if outers > 1 {
		dst = append(dst, ']')
	}
	return append(dst, '}'), nil
}

func (s *shapes) ring(i int) orb.Ring { return orb.Ring(s.points[s.starts[i]:s.starts[i+1]]) }

// turned appends a ring so that it runs as wanted.
func (s *shapes) turned(dst []byte, i int, want orb.Orientation) []byte {
	return s.line(dst, s.starts[i], s.starts[i+1], s.ring(i).Orientation() != want)
}

// around gives the smallest outer ring that a hole lies in, or -1.
func (s *shapes) around(hole int) int {
	best, area := -1, math.Inf(1)
	ring := s.ring(hole)
	for i := range s.boxes {
		outer := s.ring(i)
		if i == hole || len(outer) == 0 || outer.Orientation() != orb.CW || !contains(s.boxes[i], s.boxes[hole]) {
			continue
		}
		box := s.boxes[i]
		if a := (box.Max[0] - box.Min[0]) * (box.Max[1] - box.Min[1]); a < area && inside(outer, ring) {
			best, area = i, a
		}
	}
	return best
}

func contains(a, b orb.Bound) bool { return a.Contains(b.Min) && a.Contains(b.Max) }

// inside reports whether a ring lies in another; they may touch.
func inside(outer, ring orb.Ring) bool {
	for _, p := range ring {
		if !planar.RingContains(outer, p) {
			return false
		}
	}
	return true
}

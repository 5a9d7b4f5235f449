package query

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/paulmach/orb"
)

// shape is a geometry as the relations need it: any number of points, lines
// and polygons.
type shape struct {
	points []orb.Point
	lines  []orb.LineString
	areas  []orb.Polygon
}

func (s *shape) bound() orb.Bound {
	b := orb.MultiPoint(s.points).Bound()
	first := len(s.points) == 0
	add := func(o orb.Bound) {
		if first {
			b, first = o, false
			return
		}
		b = b.Union(o)
	}
	for _, l := range s.lines {
		add(l.Bound())
	}
	for _, a := range s.areas {
		add(a.Bound())
	}
	return b
}

// Extent gives the limits of a GeoJSON geometry in degrees. ok is false for
// what is no geometry.
func Extent(geometry []byte) (west, south, east, north float64, ok bool) {
	if lon, lat, ok := plainPoint(geometry); ok {
		return lon, lat, lon, lat, true
	}
	s, err := parseGeometry(geometry)
	if err != nil {
		return 0, 0, 0, 0, false
	}
	b := s.bound()
	return b.Min[0], b.Min[1], b.Max[0], b.Max[1], true
}

// plainPoint reads a Point as nearly every writer writes it, which needs no
// decoder; ok is false for anything else.
func plainPoint(text []byte) (lon, lat float64, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte(`{"type":"Point","coordinates":[`))
	if !ok {
		return 0, 0, false
	}
	rest, ok = bytes.CutSuffix(rest, []byte("]}"))
	if !ok {
		return 0, 0, false
	}
	first, second, ok := bytes.Cut(rest, []byte(","))
	if !ok {
		return 0, 0, false
	}
	if lon, ok = plainDegrees(first, 180); !ok {
		return 0, 0, false
	}
	lat, ok = plainDegrees(second, 90)
	return lon, lat, ok
}

// plainDegrees reads a decimal of at most this size without an exponent.
func plainDegrees(text []byte, most float64) (float64, bool) {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) == 0 || digits[0] == '.' || digits[len(digits)-1] == '.' || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return 0, false
	}
	for _, b := range digits {
		if (b < '0' || b > '9') && b != '.' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil && math.Abs(f) <= most
}

var errGeometry = errors.New("no GeoJSON geometry")

// parseGeometry reads a GeoJSON geometry.
func parseGeometry(text []byte) (*shape, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	if dec.PeekKind() != '{' {
		return nil, errGeometry
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var typ string
	var coordinates jsontext.Value
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		v, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		switch {
		case key == "type" && v.Kind() == '"':
			typ = string(bytes.Trim(v, `"`))
		case key == "coordinates":
			coordinates = v.Clone()
		}
	}
	return parseCoordinates(typ, coordinates)
}

// parseCoordinates reads the coordinates of a geometry of the type.
func parseCoordinates(typ string, coordinates []byte) (*shape, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(coordinates))
	s := &shape{}
	var err error
	switch typ {
	case "Point":
		var p orb.Point
		p, err = readPoint(dec)
		s.points = []orb.Point{p}
	case "MultiPoint":
		s.points, err = readList(dec, 1, readPoint)
	case "LineString":
		var l orb.LineString
		l, err = readLine(dec)
		s.lines = []orb.LineString{l}
	case "MultiLineString":
		s.lines, err = readList(dec, 1, readLine)
	case "Polygon":
		var a orb.Polygon
		a, err = readPolygon(dec)
		s.areas = []orb.Polygon{a}
	case "MultiPolygon":
		s.areas, err = readList(dec, 1, readPolygon)
	default:
		return nil, errGeometry
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errGeometry
	}
	return s, nil
}

// readList reads an array of at least least elements.
func readList[T any](dec *jsontext.Decoder, least int, one func(*jsontext.Decoder) (T, error)) ([]T, error) {
	if dec.PeekKind() != '[' {
		return nil, errGeometry
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var list []T
	for dec.PeekKind() != ']' {
		v, err := one(dec)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if len(list) < least {
		return nil, errGeometry
	}
	return list, nil
}

func readNumber(dec *jsontext.Decoder) (float64, error) {
	v, err := dec.ReadValue()
	if err != nil {
		return 0, err
	}
	if v.Kind() != '0' {
		return 0, errGeometry
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, errGeometry
	}
	return f, nil
}

func readPoint(dec *jsontext.Decoder) (orb.Point, error) {
	list, err := readList(dec, 2, readNumber)
	if err != nil {
		return orb.Point{}, err
	}
	if math.Abs(list[0]) > 180 || math.Abs(list[1]) > 90 {
		return orb.Point{}, errGeometry
	}
	return orb.Point{list[0], list[1]}, nil
}

func readLine(dec *jsontext.Decoder) (orb.LineString, error) { return readList(dec, 2, readPoint) }

// readPolygon reads rings, closes those that are open and refuses those
// without an inside.
func readPolygon(dec *jsontext.Decoder) (orb.Polygon, error) {
	return readList(dec, 1, func(dec *jsontext.Decoder) (orb.Ring, error) {
		ring, err := readList(dec, 3, readPoint)
		if err != nil {
			return nil, err
		}
		if ring[0] != ring[len(ring)-1] {
			ring = append(ring, ring[0])
		}
		if len(ring) < 4 {
			return nil, errGeometry
		}
		return ring, nil
	})
}

// eachEdge calls fn for the segments of the shape's lines and rings until it
// gives false; it gives false then.
func (s *shape) eachEdge(fn func(a, b orb.Point) bool) bool {
	for _, l := range s.lines {
		if !edges(l, fn) {
			return false
		}
	}
	for _, area := range s.areas {
		for _, ring := range area {
			if !edges(orb.LineString(ring), fn) {
				return false
			}
		}
	}
	return true
}

func edges(l orb.LineString, fn func(a, b orb.Point) bool) bool {
	for i := 1; i < len(l); i++ {
		if !fn(l[i-1], l[i]) {
			return false
		}
	}
	return true
}

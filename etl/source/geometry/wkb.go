package geometry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The errors of a geometry in well-known binary.
var (
	errCut   = errors.New("the geometry is cut off")
	errDeep  = errors.New("the geometry is nested too deep")
	errCurve = errors.New("curves cannot be read")
)

// names of the types of well-known binary by their number.
var typeNames = [...]string{1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection"}

// WKB appends a geometry in well-known binary (OGC 06-103r4 with the Z and M
// of ISO 13249-3, and EWKB's flags) as GeoJSON. Measures (M) are left out. An
// empty geometry gives nothing: dst as it was.
func (c CRS) WKB(dst, wkb []byte) ([]byte, error) {
	r := reader{crs: c, rest: wkb}
	out, err := r.geometry(dst, 0)
	if err != nil || r.empty {
		return dst, err
	}
	return out, nil
}

type reader struct {
	crs   CRS
	rest  []byte
	order binary.ByteOrder
	z, m  bool
	empty bool // the whole geometry has no position
}

func (r *reader) uint32() (uint32, error) {
	if len(r.rest) < 4 {
		return 0, errCut
	}
	v := r.order.Uint32(r.rest)
	r.rest = r.rest[4:]
	return v, nil
}

// head reads the byte order and the type.
func (r *reader) head() (kind uint32, err error) {
	if len(r.rest) == 0 {
		return 0, errCut
	}
	switch r.rest[0] {
	case 0:
		r.order = binary.BigEndian
	case 1:
		r.order = binary.LittleEndian
	default:
		return 0, fmt.Errorf("byte order %d is not possible", r.rest[0])
	}
	r.rest = r.rest[1:]
	if kind, err = r.uint32(); err != nil {
		return 0, err
	}
	const flagZ, flagM, flagSRID = 0x80000000, 0x40000000, 0x20000000
	r.z, r.m = kind&flagZ != 0, kind&flagM != 0
	if kind&flagSRID != 0 {
		if _, err := r.uint32(); err != nil {
			return 0, err
		}
	}
	kind &^= flagZ | flagM | flagSRID
	switch kind / 1000 {
	case 1:
		r.z = true
	case 2:
		r.m = true
	case 3:
		r.z, r.m = true, true
	}
	kind %= 1000
	if kind >= 8 && kind <= 17 {
		return 0, errCurve
	}
	if kind == 0 || int(kind) >= len(typeNames) {
		return 0, fmt.Errorf("geometry type %d is not known", kind)
	}
	return kind, nil
}

func (r *reader) geometry(dst []byte, depth int) ([]byte, error) {
	if depth > 16 {
		return dst, errDeep
	}
	kind, err := r.head()
	if err != nil {
		return dst, err
	}
	dst = append(append(append(dst, `{"type":"`...), typeNames[kind]...), '"')
	if kind == 7 {
		dst = append(dst, `,"geometries":[`...)
		n, err := r.count(5)
		if err != nil {
			return dst, err
		}
		written := 0
		for range n {
			start := len(dst)
			if written > 0 {
				dst = append(dst, ',')
			}
			if dst, err = r.geometry(dst, depth+1); err != nil {
				return dst, err
			}
			if r.empty {
				dst, r.empty = dst[:start], false
				continue
			}
			written++
		}
		r.empty = written == 0
		return append(dst, "]}"...), nil
	}
	dst = append(dst, `,"coordinates":`...)
	if dst, err = r.coordinates(dst, kind); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

// coordinates appends the coordinates of a geometry of this type.
func (r *reader) coordinates(dst []byte, kind uint32) ([]byte, error) {
	switch kind {
	case 1:
		return r.position(dst, true)
	case 2:
		return r.list(dst, r.size(), func(dst []byte) ([]byte, error) { return r.position(dst, false) })
	case 3:
		return r.list(dst, 4, func(dst []byte) ([]byte, error) { return r.coordinates(dst, 2) })
	}
	return r.list(dst, 5, func(dst []byte) ([]byte, error) {
		part, err := r.head()
		if err != nil {
			return dst, err
		}
		if part != kind-3 {
			return dst, fmt.Errorf("a %s holds a %s", typeNames[kind], typeNames[part])
		}
		return r.coordinates(dst, part)
	})
}

// count reads how many parts follow, each of at least so many bytes.
func (r *reader) count(least int) (int, error) {
	n, err := r.uint32()
	if err != nil {
		return 0, err
	}
	if uint64(n)*uint64(least) > uint64(len(r.rest)) {
		return 0, errCut
	}
	return int(n), nil
}

// list appends an array of parts; empty ones are left out of it, and where
// nothing is left the geometry is empty.
func (r *reader) list(dst []byte, least int, part func([]byte) ([]byte, error)) ([]byte, error) {
	n, err := r.count(least)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	written := 0
	for range n {
		start := len(dst)
		if written > 0 {
			dst = append(dst, ',')
		}
		if dst, err = part(dst); err != nil {
			return dst, err
		}
		if r.empty {
			dst, r.empty = dst[:start], false
			continue
		}
		written++
	}
	r.empty = written == 0
	return append(dst, ']'), nil
}

// size is how many bytes a position has.
func (r *reader) size() int {
	n := 16
	if r.z {
		n += 8
	}
	if r.m {
		n += 8
	}
	return n
}

// position appends one position. An empty point is written as NaN in
// well-known binary.
func (r *reader) position(dst []byte, point bool) ([]byte, error) {
	if len(r.rest) < r.size() {
		return dst, errCut
	}
	ordinate := func(i int) float64 { return math.Float64frombits(r.order.Uint64(r.rest[8*i:])) }
	x, y, z := ordinate(0), ordinate(1), math.NaN()
	if r.z {
		z = ordinate(2)
	}
	r.rest = r.rest[r.size():]
	if point && math.IsNaN(x) && math.IsNaN(y) {
		r.empty = true
		return dst, nil
	}
	if !valid(x, y) || math.IsInf(z, 0) {
		return dst, errPosition
	}
	return r.crs.Position(dst, x, y, z), nil
}

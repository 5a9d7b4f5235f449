package mapping

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// twoColumns makes a point of a column each for latitude and longitude.
func (c *cell) twoColumns(x *memory, dst []byte) ([]byte, status) {
	for _, column := range c.columns {
		v := x.cell(column)
		if v.Kind == record.Error {
			x.cellError(column)
			return dst, failed
		}
		if c.isNull(v) {
			return c.null(x, dst, column)
		}
	}
	x.first, x.second = x.first[:0], x.second[:0]
	var ok bool
	a, b := x.cell(c.columns[0]), x.cell(c.columns[1])
	if x.first, ok = c.appendNumber(x, x.first, a.Text, a.Kind, c.columns[0]); !ok {
		return dst, failed
	}
	if x.second, ok = c.appendNumber(x, x.second, b.Text, b.Kind, c.columns[1]); !ok {
		return dst, failed
	}
	return c.position(x, dst, c.columns[0])
}

// appendPoint makes a point of one text with two numbers: "48.85, 2.35".
func (c *cell) appendPoint(x *memory, dst, text []byte, column int) ([]byte, status) {
	a, b, ok := c.splitPoint(text)
	if ok {
		x.first, ok = c.coordinate(x.first[:0], a)
	}
	if ok {
		x.second, ok = c.coordinate(x.second[:0], b)
	}
	if !ok {
		x.reject(finding.CellPoint, column, `a point is two numbers such as "48.85, 2.35"; set separator where another character stands between them`, "%q is not a point", clip(text))
		return dst, failed
	}
	return c.position(x, dst, column)
}

// splitPoint cuts a text at the declared separator; else at a semicolon, at the
// only comma, or at white space, in that order.
func (c *cell) splitPoint(text []byte) (a, b []byte, ok bool) {
	text = trimSpace(text)
	switch {
	case len(c.separator) > 0:
		a, b, ok = bytes.Cut(text, c.separator)
		return a, b, ok
	case bytes.IndexByte(text, ';') >= 0:
		return bytes.Cut(text, []byte(";"))
	case bytes.Count(text, []byte(",")) == 1:
		return bytes.Cut(text, []byte(","))
	case bytes.Contains(text, []byte(", ")):
		return bytes.Cut(text, []byte(", "))
	}
	return bytes.Cut(text, []byte(" "))
}

// coordinate reads one number of a text with two. It has a decimal point, or
// the source's decimal character.
func (c *cell) coordinate(dst, s []byte) ([]byte, bool) {
	if out, ok := plainNumber.append(dst, s); ok {
		return out, true
	}
	return c.number.append(dst, s)
}

// position appends the point of the numbers x.first and x.second.
func (c *cell) position(x *memory, dst []byte, column int) ([]byte, status) {
	lat, lon := x.first, x.second
	if c.lonFirst {
		lat, lon = lon, lat
	}
	if exceeds(lat, 90) || exceeds(lon, 180) {
		if !exceeds(lon, 90) && !exceeds(lat, 180) {
			other := "lon-lat"
			if c.lonFirst {
				other = "lat-lon"
			}
			x.reject(finding.CellPointSwapped, column, "set order: "+other, "latitude %s and longitude %s seem to be the other way round", lat, lon)
		} else {
			x.reject(finding.CellPoint, column, "latitude is from -90 to 90, longitude from -180 to 180, in degrees (WGS 84)", "latitude %s, longitude %s is no place on Earth", lat, lon)
		}
		return dst, failed
	}
	if !c.inRegion(x, lat, lon, column) {
		return dst, failed
	}
	dst = append(dst, `{"type":"Point","coordinates":[`...)
	dst = append(append(dst, lon...), ',')
	dst = append(dst, lat...)
	return append(dst, "]}"...), done
}

// inRegion holds a point against the region that is known. Outside that of a
// time zone it is refused only where it is swapped: a file may well have a place
// abroad.
func (c *cell) inRegion(x *memory, lat, lon []byte, column int) bool {
	if c.region == nil {
		if column >= 0 {
			x.place(column, lat, lon)
		}
		return true
	}
	declared := c.region.name == "within"
	where := c.region.name
	if declared {
		where = "the declared region"
	}
	switch c.region.side(lat, lon) {
	case swapped:
		swap := "GeoJSON has the longitude first: export it again"
		switch {
		case c.as == asPoint && c.lonFirst:
			swap = "where all rows are so, set order: lat-lon; else correct the cell"
		case c.as == asPoint:
			swap = "where all rows are so, set order: lon-lat; else correct the cell"
		}
		x.reject(finding.CellPointSwapped, column, swap, "latitude %s and longitude %s seem to be the other way round: only so they lie in %s", lat, lon, where)
		return false
	case outside:
		if declared {
			x.reject(finding.CellPoint, column, "correct the cell, or the region: within: [west, south, east, north]", "latitude %s, longitude %s lies outside the declared region", lat, lon)
			return false
		}
	}
	return true
}

// firstPosition gives the first two numbers of a geometry without white space.
func firstPosition(geometry []byte) (lon, lat []byte, ok bool) {
	_, rest, ok := bytes.Cut(geometry, []byte(`"coordinates":`))
	if !ok {
		return nil, nil, false
	}
	rest = bytes.TrimLeft(rest, "[")
	lon, rest, ok = bytes.Cut(rest, []byte(","))
	if !ok {
		return nil, nil, false
	}
	if end := bytes.IndexAny(rest, ",]"); end >= 0 {
		return lon, rest[:end], true
	}
	return nil, nil, false
}

// exceeds reports whether a JSON number is beyond limit either way. It looks at
// the digits, so that nothing is rounded.
func exceeds(number []byte, limit int) bool {
	if number[0] == '-' {
		number = number[1:]
	}
	if e := bytes.IndexByte(number, 'e'); e >= 0 {
		// A power of ten that was not written out is huge or next to nothing.
		return number[e+1] == '+'
	}
	n := 0
	for i, c := range number {
		if c == '.' {
			return n == limit && len(bytes.Trim(number[i+1:], "0")) > 0
		}
		if n = n*10 + int(c-'0'); n > limit {
			return true
		}
	}
	return false
}

// appendGeoJSON appends a geometry without white space.
func (c *cell) appendGeoJSON(x *memory, dst, text []byte, column int) ([]byte, status) {
	start := len(dst)
	dst, err := jsontext.AppendFormat(dst, text)
	if err != nil {
		x.reject(finding.CellGeoJSON, column, "the cell must hold one JSON object such as {\"type\":\"Point\",\"coordinates\":[2.35,48.85]}", "%q is not JSON", clip(text))
		return dst[:start], failed
	}
	if fault := geometryFault(dst[start:]); fault != nil {
		x.reject(finding.CellGeoJSON, column, fault.Hint, "%q is not a geometry: %s", clip(text), fault.Message)
		return dst[:start], failed
	}
	if lon, lat, ok := firstPosition(dst[start:]); ok && !c.inRegion(x, lat, lon, column) {
		return dst[:start], failed
	}
	return dst, done
}

// geometryFault holds a value against the rules that NGSI-LD has for a
// GeoProperty, and gives the first fault.
func geometryFault(value []byte) *finding.Finding {
	e := ngsild.Entity{ID: "urn:ngsi-ld:Row:1", Types: []string{"Row"}, Attributes: []ngsild.Attribute{
		{Name: ngsild.MemberLocation, Kind: ngsild.GeoProperty, Value: value},
	}}
	if faults := e.Check(); len(faults) > 0 {
		return &faults[0]
	}
	return nil
}

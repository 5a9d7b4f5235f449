package json

import "bytes"

// members calls do with each member of an object, given as valid JSON, until it
// gives false. The name is as it stands, with its quotes.
func members(object []byte, do func(name, value []byte) bool) {
	i := skipSpace(object, 1)
	for object[i] != '}' {
		name := object[i:end(object, i)]
		i = skipSpace(object, i+len(name))
		i = skipSpace(object, i+1) // the colon
		value := object[i:end(object, i)]
		if !do(name, value) {
			return
		}
		i = skipSpace(object, i+len(value))
		if object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
}

func skipSpace(p []byte, i int) int {
	for p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t' {
		i++
	}
	return i
}

// end gives where the value that starts at i ends.
func end(p []byte, i int) int {
	switch p[i] {
	case '"':
		for i++; ; i++ {
			switch p[i] {
			case '"':
				return i + 1
			case '\\':
				i++
			}
		}
	case '{', '[':
		depth := 0
		for ; ; i++ {
			switch p[i] {
			case '"':
				i = end(p, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(p) && p[i] != ',' && p[i] != '}' && p[i] != ']' && p[i] > ' ' {
		i++
	}
	return i
}

var geometryTypes = []string{"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}

// isGeometry reports whether an object, given as valid JSON, is a GeoJSON
// geometry (RFC 7946 section 3.1), which is one value and not several columns.
func isGeometry(object []byte) bool {
	if !bytes.Contains(object, []byte(`"coordinates"`)) && !bytes.Contains(object, []byte(`"geometries"`)) {
		return false
	}
	typed, shaped := false, false
	members(object, func(name, value []byte) bool {
		switch string(name) {
		case `"type"`:
			for _, t := range geometryTypes {
				typed = typed || len(value) == len(t)+2 && string(value[1:len(value)-1]) == t
			}
		case `"coordinates"`, `"geometries"`:
			shaped = value[0] == '['
		}
		return true
	})
	return typed && shaped
}

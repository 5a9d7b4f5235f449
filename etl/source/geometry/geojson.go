package geometry

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Position appends [longitude,latitude] or [longitude,latitude,height] of a
// position in crs. Degrees stand as precisely as they are; converted ones have
// nine decimals, a tenth of a millimetre. A height that is not a number is left out.
func (c CRS) Position(dst []byte, x, y, z float64) []byte {
	if c.Projected() {
		x, y = c.WGS84(x, y)
		x, y = math.Round(x*1e9)/1e9+0, math.Round(y*1e9)/1e9+0 // never -0
	}
	dst = strconv.AppendFloat(append(dst, '['), x, 'f', -1, 64)
	dst = strconv.AppendFloat(append(dst, ','), y, 'f', -1, 64)
	if !math.IsNaN(z) {
		dst = strconv.AppendFloat(append(dst, ','), z, 'f', -1, 64)
	}
	return append(dst, ']')
}

// valid reports whether a position can be written.
func valid(x, y float64) bool {
	return !math.IsNaN(x) && !math.IsNaN(y) && !math.IsInf(x, 0) && !math.IsInf(y, 0)
}

// errPosition is the fault of an ordinate that is no number.
var errPosition = errors.New("a position is not made of numbers")

// Convert appends a GeoJSON geometry, given as valid JSON, without white space
// and with its positions converted to degrees. What is no geometry is written
// as it is: whoever uses it says so.
func (c CRS) Convert(dst, raw []byte) ([]byte, error) {
	if !c.Projected() {
		return jsontext.AppendFormat(dst, raw, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	}
	compact, err := jsontext.AppendFormat(nil, raw, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	if err != nil {
		return dst, err
	}
	inside := false // after "coordinates":
	for i := 0; i < len(compact); {
		switch b := compact[i]; {
		case b == '"':
			end := i + 1
			for compact[end] != '"' {
				if compact[end] == '\\' {
					end++
				}
				end++
			}
			end++
			if string(compact[i:end]) == `"coordinates"` && end < len(compact) && compact[end] == ':' {
				inside = true
			} else if end < len(compact) && compact[end] == ':' {
				inside = false
			}
			dst = append(dst, compact[i:end]...)
			i = end
		case b == '[' && inside && i+1 < len(compact) && (compact[i+1] == '-' || compact[i+1] >= '0' && compact[i+1] <= '9'):
			end, position, err := ordinates(compact, i)
			if err != nil {
				return dst, err
			}
			dst = c.Position(dst, position[0], position[1], position[2])
			i = end
		default:
			dst = append(dst, b)
			i++
		}
	}
	return dst, nil
}

// ordinates reads the array of numbers at i, and gives where it ends.
func ordinates(compact []byte, i int) (end int, position [3]float64, err error) {
	position[2] = math.NaN()
	start, n := i+1, 0
	for i++; ; i++ {
		switch compact[i] {
		case ',', ']':
			v, err := strconv.ParseFloat(string(compact[start:i]), 64)
			if err != nil {
				return 0, position, errPosition
			}
			if n < 3 {
				position[n] = v
			}
			n++
			if start = i + 1; compact[i] == ']' {
				if n < 2 {
					return 0, position, errPosition
				}
				return i + 1, position, nil
			}
		case '[', '{', '"':
			return 0, position, errPosition
		}
	}
}

// Degrees reports whether the first position of a GeoJSON geometry, given as
// valid JSON, may be degrees, and gives its text where it may not.
func Degrees(raw []byte) (string, bool) {
	at := bytes.Index(raw, []byte(`"coordinates"`))
	if at < 0 {
		return "", true
	}
	rest := bytes.TrimLeft(raw[at+len(`"coordinates"`):], ": \t\r\n[")
	end := bytes.IndexByte(rest, ']')
	if end < 0 {
		return "", true
	}
	parts := bytes.Split(rest[:end], []byte(","))
	if len(parts) < 2 {
		return "", true
	}
	x, errX := strconv.ParseFloat(string(bytes.TrimSpace(parts[0])), 64)
	y, errY := strconv.ParseFloat(string(bytes.TrimSpace(parts[1])), 64)
	if errX != nil || errY != nil || math.Abs(x) <= 180 && math.Abs(y) <= 180 {
		return "", true // swapped ones are for the mapping to find
	}
	return fmt.Sprintf("%.0f, %.0f", x, y), false
}

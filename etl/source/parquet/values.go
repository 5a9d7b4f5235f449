package parquet

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/geometry"
)

// meaning is what the values of a leaf column are.
type meaning uint8

const (
	isBoolean meaning = iota
	isSigned
	isUnsigned
	isFloat
	isDouble
	isDecimal
	isDate
	isTime
	isStamp
	isStamp96
	isText
	isUUID
	isBinary
	isGeometry
)

// leaf says how the values of a leaf column become cells.
type leaf struct {
	meaning meaning
	scale   int           // of decimals
	unit    time.Duration // of times and stamps
	utc     bool          // stamps are instants, not local times
	code    string        // of the system that the type of geometries names, or ""
	crs     geometry.CRS  // of geometries
}

// leafOf reads the physical and logical type of a column (the LogicalTypes of
// the Parquet format; converted types of older files mean the same).
func leafOf(c *parquet.Column) leaf {
	t := c.Type()
	if lt := t.LogicalType(); lt != nil {
		switch v := lt.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
			return leaf{meaning: isText}
		case *format.UUIDType:
			return leaf{meaning: isUUID}
		case *format.DecimalType:
			return leaf{meaning: isDecimal, scale: int(v.Scale)}
		case *format.DateType:
			return leaf{meaning: isDate}
		case *format.TimeType:
			return leaf{meaning: isTime, unit: duration(v.Unit)}
		case *format.TimestampType:
			return leaf{meaning: isStamp, unit: duration(v.Unit), utc: v.IsAdjustedToUTC}
		case *format.IntType:
			if v.IsSigned {
				return leaf{meaning: isSigned}
			}
			return leaf{meaning: isUnsigned}
		case *format.GeometryType:
			return leaf{meaning: isGeometry, code: v.CRS}
		case *format.GeographyType:
			return leaf{meaning: isGeometry, code: v.CRS}
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return leaf{meaning: isBoolean}
	case parquet.Int32, parquet.Int64:
		return leaf{meaning: isSigned}
	case parquet.Int96:
		return leaf{meaning: isStamp96}
	case parquet.Float:
		return leaf{meaning: isFloat}
	case parquet.Double:
		return leaf{meaning: isDouble}
	}
	return leaf{meaning: isBinary}
}

func duration(u format.TimeUnit) time.Duration {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

// scalar appends the text of a value that is not null.
func (r *Reader) scalar(dst []byte, l *leaf, v parquet.Value) ([]byte, record.Kind, error) {
	switch l.meaning {
	case isBoolean:
		return strconv.AppendBool(dst, v.Boolean()), record.Boolean, nil
	case isSigned:
		if v.Kind() == parquet.Int32 {
			return strconv.AppendInt(dst, int64(v.Int32()), 10), record.Number, nil
		}
		return strconv.AppendInt(dst, v.Int64(), 10), record.Number, nil
	case isUnsigned:
		if v.Kind() == parquet.Int32 {
			return strconv.AppendUint(dst, uint64(v.Uint32()), 10), record.Number, nil
		}
		return strconv.AppendUint(dst, v.Uint64(), 10), record.Number, nil
	case isFloat:
		dst, kind := appendFloat(dst, float64(v.Float()), 32)
		return dst, kind, nil
	case isDouble:
		dst, kind := appendFloat(dst, v.Double(), 64)
		return dst, kind, nil
	case isDecimal:
		return r.decimal(dst, l.scale, v), record.Number, nil
	case isDate:
		return r.stamp(dst, time.Unix(int64(v.Int32())*86400, 0).UTC(), "2006-01-02", false)
	case isTime:
		n := v.Int64()
		if v.Kind() == parquet.Int32 {
			n = int64(v.Int32())
		}
		per := int64(time.Second / l.unit)
		return time.Unix(n/per, n%per*int64(l.unit)).UTC().AppendFormat(dst, "15:04:05.999999999"), record.Text, nil
	case isStamp:
		per := int64(time.Second / l.unit)
		seconds, rest := v.Int64()/per, v.Int64()%per
		if rest < 0 {
			seconds, rest = seconds-1, rest+per
		}
		return r.stamp(dst, time.Unix(seconds, rest*int64(l.unit)).UTC(), "2006-01-02T15:04:05.999999999", l.utc)
	case isStamp96:
		p := v.Int96()
		nanos := int64(uint64(p[1])<<32 | uint64(p[0]))
		const julian = 2440588 // the day number of 1970-01-01
		return r.stamp(dst, time.Unix((int64(p[2])-julian)*86400, nanos).UTC(), "2006-01-02T15:04:05.999999999", false)
	case isText:
		if p := v.ByteArray(); utf8.Valid(p) {
			return append(dst, p...), record.Text, nil
		}
		return dst, record.Error, errText
	case isUUID:
		if p := v.ByteArray(); len(p) == 16 {
			for i, part := range [][]byte{p[:4], p[4:6], p[6:8], p[8:10], p[10:]} {
				if i > 0 {
					dst = append(dst, '-')
				}
				dst = hex.AppendEncode(dst, part)
			}
			return dst, record.Text, nil
		}
	case isGeometry:
		start := len(dst)
		dst, err := l.crs.WKB(dst, v.ByteArray())
		if err != nil {
			return dst, record.Error, fmt.Errorf("the geometry cannot be read: %w", err)
		}
		if len(dst) == start {
			return dst, record.Null, nil
		}
		return dst, record.Text, nil
	}
	// Without a logical type bytes may be text: older programs did not say so.
	p := v.ByteArray()
	if utf8.Valid(p) && !slices.ContainsFunc(p, func(b byte) bool { return b < ' ' && b != '\t' && b != '\n' && b != '\r' }) {
		return append(dst, p...), record.Text, nil
	}
	dst = append(dst, "binary data ("...)
	dst = strconv.AppendInt(dst, int64(len(p)), 10)
	return append(dst, " bytes)"...), record.Error, nil
}

// appendFloat appends the shortest text of the same number. What is no number
// stays text.
func appendFloat(dst []byte, v float64, bits int) ([]byte, record.Kind) {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...), record.Text
	case math.IsInf(v, 0):
		return strconv.AppendFloat(dst, v, 'g', -1, bits), record.Text
	}
	form := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, bits), record.Number
}

// stamp appends a date or a time; outside of the years that a date can have it
// is text.
func (r *Reader) stamp(dst []byte, t time.Time, layout string, utc bool) ([]byte, record.Kind, error) {
	dst = t.AppendFormat(dst, layout)
	if utc {
		dst = append(dst, 'Z')
	}
	if y := t.Year(); y < 0 || y > 9999 {
		return dst, record.Text, nil
	}
	return dst, record.DateTime, nil
}

// decimal appends an unscaled integer with its point.
func (r *Reader) decimal(dst []byte, scale int, v parquet.Value) []byte {
	start := len(dst)
	switch v.Kind() {
	case parquet.Int32:
		dst = strconv.AppendInt(dst, int64(v.Int32()), 10)
	case parquet.Int64:
		dst = strconv.AppendInt(dst, v.Int64(), 10)
	default:
		dst = r.bigEndian(dst, v.ByteArray())
	}
	if scale <= 0 {
		return append(dst, zeros[:min(len(zeros), -scale)]...)
	}
	if dst[start] == '-' {
		start++
	}
	for len(dst)-start <= scale {
		dst = slices.Insert(dst, start, '0')
	}
	return slices.Insert(dst, len(dst)-scale, '.')
}

const zeros = "00000000000000000000000000000000000000"

// bigEndian appends an integer in two's complement.
func (r *Reader) bigEndian(dst, p []byte) []byte {
	if len(p) == 0 {
		return append(dst, '0')
	}
	sign := byte(int8(p[0]) >> 7)
	for len(p) > 8 && p[0] == sign && p[1]&0x80 == sign&0x80 {
		p = p[1:]
	}
	if len(p) <= 8 {
		v := int64(int8(sign))
		for _, b := range p {
			v = v<<8 | int64(b)
		}
		return strconv.AppendInt(dst, v, 10)
	}
	if p[0] < 0x80 {
		return r.big.SetBytes(p).Append(dst, 10)
	}
	r.twos = append(r.twos[:0], p...)
	for i := range r.twos {
		r.twos[i] = ^r.twos[i]
	}
	r.big.SetBytes(r.twos)
	r.big.Add(&r.big, one)
	return r.big.Append(append(dst, '-'), 10)
}

var one = big.NewInt(1)

// nested appends the JSON of one instance of a node, whose values are at the
// cursors of its leaves, and moves them past it.
func (r *Reader) nested(dst []byte, n *node) ([]byte, error) {
	d := r.next(n.first).DefinitionLevel()
	if n.optional && d < n.level {
		r.pass(n)
		return append(dst, "null"...), nil
	}
	if !n.repeated {
		return r.body(dst, n)
	}
	dst = append(dst, '[')
	if d < n.level {
		r.pass(n)
		return append(dst, ']'), nil
	}
	for i := 0; ; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = r.body(dst, n); err != nil {
			return dst, err
		}
		if !r.repeats(n) {
			return append(dst, ']'), nil
		}
	}
}

// repeats reports whether another instance of a repeated node follows.
func (r *Reader) repeats(n *node) bool {
	values, at := r.values[n.first], r.at[n.first]
	return at < len(values) && values[at].RepetitionLevel() == n.repetition
}

// body appends an instance that is there.
func (r *Reader) body(dst []byte, n *node) ([]byte, error) {
	var err error
	switch n.shape {
	case aLeaf:
		v := r.next(n.first)
		r.at[n.first]++
		if v.IsNull() {
			return append(dst, "null"...), nil
		}
		start := len(dst)
		var kind record.Kind
		if dst, kind, err = r.scalar(dst, &n.leaf, v); err != nil {
			return dst, err
		}
		switch kind {
		case record.Number, record.Boolean:
		case record.Null:
			dst = append(dst[:start], "null"...)
		case record.Error:
			dst = append(dst[:start], '"')
			dst = append(base64.StdEncoding.AppendEncode(dst, v.ByteArray()), '"')
		default:
			if n.leaf.meaning != isGeometry {
				r.quoted = append(r.quoted[:0], dst[start:]...)
				dst, err = jsontext.AppendQuote(dst[:start], r.quoted)
			}
		}
		return dst, err
	case aList: // a group around the repeated one
		return r.nested(dst, n.nodes[0])
	case aMap:
		return r.entries(dst, n.nodes[0])
	}
	dst = append(dst, '{')
	for i, c := range n.nodes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, c.quoted...), ':')
		if dst, err = r.nested(dst, c); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// entries appends a map as an object; its keys become text.
func (r *Reader) entries(dst []byte, n *node) ([]byte, error) {
	dst = append(dst, '{')
	if r.next(n.first).DefinitionLevel() < n.level {
		r.pass(n)
		return append(dst, '}'), nil
	}
	for i := 0; ; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		start := len(dst)
		var err error
		if dst, err = r.nested(dst, n.nodes[0]); err != nil {
			return dst, err
		}
		if dst[start] != '"' {
			r.quoted = append(r.quoted[:0], dst[start:]...)
			if dst, err = jsontext.AppendQuote(dst[:start], r.quoted); err != nil {
				return dst, err
			}
		}
		dst = append(dst, ':')
		if dst, err = r.nested(dst, n.nodes[1]); err != nil {
			return dst, err
		}
		if !r.repeats(n) {
			return append(dst, '}'), nil
		}
	}
}

// next gives the value at a leaf's cursor. Where a broken file has none it is
// null.
func (r *Reader) next(leaf int) parquet.Value {
	if values, at := r.values[leaf], r.at[leaf]; at < len(values) {
		return values[at]
	}
	return parquet.Value{}
}

// pass moves the cursors past an instance that is not there, which has one
// value in each leaf.
func (r *Reader) pass(n *node) {
	for i := n.first; i < n.end; i++ {
		r.at[i]++
	}
}

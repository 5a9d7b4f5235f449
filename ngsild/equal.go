package ngsild

import (
	"bytes"
	"strconv"
)

// Equal reports whether two entities say the same. It ignores the order of
// attributes, types and scopes, white space, the order of members and the
// spelling of numbers (1.0 is 1, by decimal value) in values, the system
// attributes createdAt, modifiedAt, deletedAt and instanceId, and the @context:
// names are compared as they stand. A Relationship or VocabProperty with one
// element in an array equals the one without the array.
func Equal(a, b *Entity) bool {
	return a.ID == b.ID &&
		equalSets(a.Types, b.Types) &&
		equalScopes(a.Scopes, b.Scopes) &&
		equalDateTime(a.ExpiresAt, b.ExpiresAt) &&
		equalAttributes(a.Attributes, b.Attributes)
}

func equalSets(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		found := false
		for _, y := range b {
			if found = x == y; found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// equalScopes compares scopes, of which "/A" and "A" are the same.
func equalScopes(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		found := false
		for _, y := range b {
			if found = x == y || trimSlash(x) == trimSlash(y); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func trimSlash(scope string) string {
	if scope != "" && scope[0] == '/' {
		return scope[1:]
	}
	return scope
}

func equalAttributes(a, b []Attribute) bool {
	if len(a) != len(b) {
		return false
	}
	var many index
	for i := range a {
		k := i // most often both have the same order
		if a[i].Name != b[i].Name || a[i].DatasetID != b[i].DatasetID {
			if many == nil {
				many = newIndex(b)
			}
			k = many.find(b, a[i].Name, a[i].DatasetID)
		}
		if k == len(b) || !equalAttribute(&a[i], &b[k]) {
			return false
		}
	}
	return true
}

// equalAttribute compares two attributes of one name and datasetId.
func equalAttribute(a, b *Attribute) bool {
	return a.Kind == b.Kind &&
		a.UnitCode == b.UnitCode &&
		equalDateTime(a.ObservedAt, b.ObservedAt) &&
		equalDateTime(a.ExpiresAt, b.ExpiresAt) &&
		equalSets(a.ObjectType, b.ObjectType) &&
		equalValues(a.Kind, a.Value, b.Value) &&
		equalAttributes(a.Attributes, b.Attributes)
}

func equalValues(kind Kind, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if kind == Relationship || kind == VocabProperty {
		a, b = lone(a), lone(b)
	}
	return equalJSON(a, b)
}

// lone gives the only element of an array, or the value as it is.
func lone(value []byte) []byte {
	i := skipSpace(value, 0)
	if i == len(value) || value[i] != '[' {
		return value
	}
	c := enter(value, i)
	element, ok := c.element()
	if _, more := c.element(); !ok || more {
		return value
	}
	return element.of(value)
}

// equalJSON reports whether two valid JSON texts have the same value. Numbers
// are compared as decimals of any size.
func equalJSON(a, b []byte) bool {
	i, k := skipSpace(a, 0), skipSpace(b, 0)
	if i == len(a) || k == len(b) {
		return i == len(a) && k == len(b)
	}
	a, b = a[i:], b[k:]
	switch {
	case a[0] == '{' && b[0] == '{':
		return equalObjects(a, b)
	case a[0] == '[' && b[0] == '[':
		ac, bc := enter(a, 0), enter(b, 0)
		for {
			x, okA := ac.element()
			y, okB := bc.element()
			if !okA || !okB {
				return okA == okB
			}
			if !equalJSON(x.of(a), y.of(b)) {
				return false
			}
		}
	case a[0] == '"' && b[0] == '"':
		a, b = a[:skipString(a, 0)], b[:skipString(b, 0)]
		if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
			return bytes.Equal(a, b)
		}
		return unquote(a) == unquote(b)
	case isNumber(a[0]) && isNumber(b[0]):
		return equalNumbers(a[:skipValue(a, 0)], b[:skipValue(b, 0)])
	}
	return bytes.Equal(a[:skipValue(a, 0)], b[:skipValue(b, 0)])
}

func isNumber(c byte) bool { return c == '-' || isDigit(c) }

// equalObjects compares the members of two objects; of several members of one
// name the last counts.
func equalObjects(a, b []byte) bool {
	const few = 32
	na, nb := countMembers(a), countMembers(b)
	if na <= few && nb <= few {
		return within(a, b) && (na == nb || within(b, a)) && na > 0 == (nb > 0)
	}
	index := func(data []byte) map[string]span {
		m := make(map[string]span)
		for c := enter(data, 0); ; {
			key, value, ok := c.member()
			if !ok {
				return m
			}
			m[unquote(key.of(data))] = value
		}
	}
	ma, mb := index(a), index(b)
	if len(ma) != len(mb) {
		return false
	}
	for name, x := range ma {
		if y, ok := mb[name]; !ok || !equalJSON(x.of(a), y.of(b)) {
			return false
		}
	}
	return true
}

func countMembers(data []byte) int {
	n := 0
	for c := enter(data, 0); ; n++ {
		if _, _, ok := c.member(); !ok {
			return n
		}
	}
}

// within reports whether each member of a has its equal in b.
func within(a, b []byte) bool {
	for c := enter(a, 0); ; {
		key, value, ok := c.member()
		if !ok {
			return true
		}
		other := findQuoted(b, key.of(a))
		if !other.present() || !equalJSON(value.of(a), other.of(b)) {
			return false
		}
	}
}

// findQuoted is find for a name that is a JSON string.
func findQuoted(data, quoted []byte) (found span) {
	escaped := bytes.IndexByte(quoted, '\\') >= 0
	for c := enter(data, 0); ; {
		key, value, ok := c.member()
		if !ok {
			return found
		}
		raw := key.of(data)
		if bytes.Equal(raw, quoted) || (escaped || bytes.IndexByte(raw, '\\') >= 0) && unquote(raw) == unquote(quoted) {
			found = value
		}
	}
}

// decimal is a JSON number as sign, digits without zeros at either end, and
// the power of ten of the point before the first digit.
type decimal struct {
	negative bool
	whole    []byte // the digits, in two parts around the point
	fraction []byte
	exponent int
}

// equalNumbers compares two JSON numbers by their value.
func equalNumbers(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, okX := splitNumber(a)
	y, okY := splitNumber(b)
	if !okX || !okY || x.negative != y.negative || x.exponent != y.exponent {
		return false
	}
	n := max(len(x.whole)+len(x.fraction), len(y.whole)+len(y.fraction))
	for i := range n {
		if x.digit(i) != y.digit(i) {
			return false
		}
	}
	return true
}

// digit gives the i-th significant digit; behind the last there are zeros.
func (d *decimal) digit(i int) byte {
	if i < len(d.whole) {
		return d.whole[i]
	}
	if i -= len(d.whole); i < len(d.fraction) {
		return d.fraction[i]
	}
	return '0'
}

// splitNumber reads a JSON number. It is not ok for an exponent beyond all reason.
func splitNumber(text []byte) (decimal, bool) {
	var d decimal
	if len(text) > 0 && text[0] == '-' {
		d.negative, text = true, text[1:]
	}
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		n, err := strconv.ParseInt(string(bytes.TrimPrefix(text[e+1:], []byte("+"))), 10, 32)
		if err != nil {
			return d, false
		}
		d.exponent, text = int(n), text[:e]
	}
	d.whole = text
	if point := bytes.IndexByte(text, '.'); point >= 0 {
		d.whole, d.fraction = text[:point], text[point+1:]
	}
	for len(d.whole) > 0 && d.whole[0] == '0' {
		d.whole = d.whole[1:]
	}
	d.exponent += len(d.whole)
	if len(d.whole) == 0 {
		for len(d.fraction) > 0 && d.fraction[0] == '0' {
			d.fraction = d.fraction[1:]
			d.exponent--
		}
		if len(d.fraction) == 0 {
			return decimal{}, true // zero, whatever its sign and exponent
		}
	}
	return d, true
}

package query

import (
	"cmp"
	"strings"
)

// numberLen gives the length of the JSON number at the start of s, or 0.
// "1..5" holds the number "1".
func numberLen(s string) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	digits := func() int {
		n := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
			n++
		}
		return n
	}
	start := i
	if digits() == 0 {
		return 0
	}
	if s[start] == '0' && i > start+1 {
		return 0
	}
	if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
		i++
		digits()
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		back := i
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if digits() == 0 {
			i = back
		}
	}
	return i
}

// decimal is a JSON number taken apart: 0.d1d2d3… × 10^exp, where d1 is not 0.
type decimal struct {
	sign     int // -1, 0, 1
	exp      int64
	whole    string // the digits before the point, from the first that is not 0
	fraction string // the digits after it, from the first that is not 0 where whole is empty
}

// parseDecimal takes the text of a JSON number.
func parseDecimal(s string) decimal {
	d := decimal{sign: 1}
	if strings.HasPrefix(s, "-") {
		d.sign, s = -1, s[1:]
	}
	var exp int64
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp = parseExponent(s[i+1:])
		s = s[:i]
	}
	d.whole, d.fraction, _ = strings.Cut(s, ".")
	d.whole = strings.TrimLeft(d.whole, "0")
	if d.whole == "" {
		trimmed := strings.TrimLeft(d.fraction, "0")
		if trimmed == "" {
			return decimal{}
		}
		exp -= int64(len(d.fraction) - len(trimmed))
		d.fraction = trimmed
	}
	d.exp = exp + int64(len(d.whole))
	return d
}

// parseExponent gives the exponent, held within bounds that no other part of
// a number can outweigh.
func parseExponent(s string) int64 {
	const bound = 1 << 40
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	var n int64
	for i := 0; i < len(s) && n < bound; i++ {
		n = n*10 + int64(s[i]-'0')
	}
	n = min(n, bound)
	if neg {
		return -n
	}
	return n
}

func (d decimal) digit(i int) byte {
	if i < len(d.whole) {
		return d.whole[i]
	}
	if i -= len(d.whole); i < len(d.fraction) {
		return d.fraction[i]
	}
	return '0'
}

// compareNumbers compares two JSON numbers by their decimal value, exactly:
// 1.0 equals 1, 0.1 does not equal 0.10000000000000001.
func compareNumbers(a, b string) int {
	x, y := parseDecimal(a), parseDecimal(b)
	if x.sign != y.sign {
		return cmp.Compare(x.sign, y.sign)
	}
	if x.sign == 0 {
		return 0
	}
	if x.exp != y.exp {
		return x.sign * cmp.Compare(x.exp, y.exp)
	}
	n := max(len(x.whole)+len(x.fraction), len(y.whole)+len(y.fraction))
	for i := range n {
		if c := cmp.Compare(x.digit(i), y.digit(i)); c != 0 {
			return x.sign * c
		}
	}
	return 0
}

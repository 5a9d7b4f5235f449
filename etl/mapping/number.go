package mapping

import (
	"bytes"
	"fmt"
)

// numberFormat is how a source writes numbers.
type numberFormat struct {
	decimal   byte     // '.' or ','
	thousands [][]byte // what may stand between groups of three digits; nil: nothing
}

// plainNumber is the format of JSON itself and of workbook cells.
var plainNumber = numberFormat{decimal: '.'}

// thousandsSeparators gives what may stand between groups of digits: each
// character of s. Those that look alike are one: a space is also a no-break
// space and a narrow no-break space, an apostrophe also the typographic one.
func thousandsSeparators(s string) [][]byte {
	var list [][]byte
	for _, r := range s {
		alike := string(r)
		switch r {
		case ' ', '\u00a0', '\u202f':
			alike = " \u00a0\u202f"
		case '\'', '’':
			alike = "'’"
		}
		for _, a := range alike {
			list = append(list, []byte(string(a)))
		}
	}
	return list
}

// Bounds of what a cell's number may be. A value beyond maxMagnitude is one
// that no reader of JSON could hold; up to maxExpand a power of ten is written
// out, so that 8,911819e+01 becomes 89.11819.
const (
	maxMagnitude = 308
	maxExpand    = 40
	maxDigits    = 400
)

// append appends the number in s as JSON writes it: every digit kept, leading
// zeros and a plus sign dropped. It reports false, with dst as it was, where s
// is not a number of this format.
func (f *numberFormat) append(dst, s []byte) ([]byte, bool) {
	s = trimSpace(s)
	start := len(dst)
	if len(s) > maxDigits {
		return dst, false
	}
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		if s[i] == '-' {
			dst = append(dst, '-')
		}
		i++
	}
	whole := len(dst)
	digits, group, groups := 0, 0, 0
	for i < len(s) {
		c := s[i]
		if '0' <= c && c <= '9' {
			digits++
			group++
			if len(dst) == whole+1 && dst[whole] == '0' {
				dst[whole] = c // a leading zero
			} else {
				dst = append(dst, c)
			}
			i++
			continue
		}
		n := f.separator(s[i:])
		if n == 0 || group == 0 || groups == 0 && group > 3 || groups > 0 && group != 3 {
			break
		}
		i, group, groups = i+n, 0, groups+1
	}
	if groups > 0 && group != 3 {
		return dst[:start], false
	}
	if digits == 0 {
		dst = append(dst, '0')
	}
	point := -1 // where the decimal point stands in dst
	if i < len(s) && s[i] == f.decimal {
		i++
		point = len(dst)
		dst = append(dst, '.')
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			dst = append(dst, s[i])
			digits++
			i++
		}
		if len(dst) == point+1 {
			return dst[:start], false
		}
	}
	if digits == 0 {
		return dst[:start], false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		exp, ok := parseExponent(s[i+1:])
		if !ok {
			return dst[:start], false
		}
		return scale(dst, start, whole, point, exp)
	}
	if i < len(s) {
		return dst[:start], false
	}
	if n := len(dst) - whole; n > maxMagnitude && (point < 0 || point-whole > maxMagnitude) {
		return dst[:start], false
	}
	return dst, true
}

func (f *numberFormat) separator(s []byte) int {
	for _, t := range f.thousands {
		if bytes.HasPrefix(s, t) {
			return len(t)
		}
	}
	return 0
}

func parseExponent(s []byte) (int, bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		negative = s[i] == '-'
		i++
	}
	if i == len(s) {
		return 0, false
	}
	exp := 0
	for ; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if exp = exp*10 + int(s[i]-'0'); exp > 10_000 {
			exp = 10_000
		}
	}
	if negative {
		exp = -exp
	}
	return exp, true
}

// scale moves the point of the number in dst[whole:] by exp places.
func scale(dst []byte, start, whole, point, exp int) ([]byte, bool) {
	if point < 0 {
		point = len(dst)
	}
	var space [64]byte
	digits := append(space[:0], dst[whole:point]...)
	if point < len(dst) {
		digits = append(digits, dst[point+1:]...)
	}
	at := point - whole + exp // digits before the point
	first := 0
	for first < len(digits) && digits[first] == '0' {
		first++
	}
	if first == len(digits) {
		return append(dst[:whole], '0'), true
	}
	digits, at = digits[first:], at-first
	if at > maxMagnitude || at < -maxMagnitude {
		return dst[:start], false
	}
	dst = dst[:whole]
	switch {
	case at > len(digits)+maxExpand || at < -maxExpand:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return fmt.Appendf(dst, "e%+d", at-1), true
	case at <= 0:
		dst = append(dst, "0."...)
		for ; at < 0; at++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...), true
	case at >= len(digits):
		dst = append(dst, digits...)
		for n := at - len(digits); n > 0; n-- {
			dst = append(dst, '0')
		}
		return dst, true
	}
	dst = append(append(dst, digits[:at]...), '.')
	return append(dst, digits[at:]...), true
}

// integral cuts a fraction of zeros from the number that starts at start, and
// reports whether a whole number is left.
func integral(dst []byte, start int) ([]byte, bool) {
	number := dst[start:]
	if bytes.IndexByte(number, 'e') >= 0 || bytes.IndexByte(number, 'E') >= 0 {
		return dst, false
	}
	point := bytes.IndexByte(number, '.')
	if point < 0 {
		return dst, true
	}
	for _, c := range number[point+1:] {
		if c != '0' {
			return dst, false
		}
	}
	return dst[:start+point], true
}

// trimSpace drops spaces, tabs and no-break spaces around a number or a date.
func trimSpace(s []byte) []byte {
	for len(s) > 0 {
		if s[0] == ' ' || s[0] == '\t' {
			s = s[1:]
		} else if len(s) > 1 && s[0] == 0xc2 && s[1] == 0xa0 {
			s = s[2:]
		} else if len(s) > 2 && s[0] == 0xe2 && s[1] == 0x80 && s[2] == 0xaf {
			s = s[3:] // a narrow no-break space
		} else {
			break
		}
	}
	for n := len(s); n > 0; n = len(s) {
		if s[n-1] == ' ' || s[n-1] == '\t' {
			s = s[:n-1]
		} else if n > 1 && s[n-1] == 0xa0 && s[n-2] == 0xc2 {
			s = s[:n-2]
		} else if n > 2 && s[n-1] == 0xaf && s[n-2] == 0x80 && s[n-3] == 0xe2 {
			s = s[:n-3]
		} else {
			break
		}
	}
	return s
}

// hint says how to mend a cell that is not a number of the format.
func (f *numberFormat) hint(s []byte) string {
	other := numberFormat{decimal: '.' + ',' - f.decimal}
	if _, ok := other.append(nil, s); ok {
		return fmt.Sprintf("set decimal: %q in the mapping's source if the whole file writes numbers so", other.decimal)
	}
	for _, t := range []string{" ", "'", ".", ","} {
		for _, decimal := range []byte{f.decimal, other.decimal} {
			if t[0] == decimal {
				continue
			}
			grouped := numberFormat{decimal: decimal, thousands: thousandsSeparators(t)}
			if _, ok := grouped.append(nil, s); ok {
				if decimal == f.decimal {
					return fmt.Sprintf("set thousands: %q in the mapping's source if the whole file writes numbers so", t)
				}
				return fmt.Sprintf("set decimal: %q and thousands: %q in the mapping's source if the whole file writes numbers so", decimal, t)
			}
		}
	}
	return "correct the cell, or declare the text as a null: nulls: [\"" + clip(s) + "\"]"
}

// wholeHint says how to mend a cell that is a number and not a whole one: its decimal
// mark may be one between thousands.
func (f *numberFormat) wholeHint(s []byte) string {
	other := '.' + ',' - f.decimal
	grouped := numberFormat{decimal: other, thousands: [][]byte{{f.decimal}}}
	if out, ok := grouped.append(nil, s); ok {
		if _, whole := integral(out, 0); whole {
			return fmt.Sprintf("where the %q stands between thousands, set decimal: %q and thousands: %q in the mapping's source; else correct the cell, or read the column as: number", f.decimal, other, f.decimal)
		}
	}
	return "correct the cell, or read the column as: number"
}

// clip gives s short enough for a message.
func clip(s []byte) string {
	const limit = 60
	r := []rune(string(s))
	if len(r) <= limit {
		return string(r)
	}
	return string(r[:limit]) + "…"
}

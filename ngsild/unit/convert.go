package unit

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Conversion turns numbers of one unit into numbers of another of the same
// dimension. It is made once by Convert and may be shared.
type Conversion struct {
	// The result is ((x + pre) × mul / div × 10^exp) + post, with mul and div
	// whole and div without a factor of 2 or 5, so that a division by it either
	// comes out even or never ends.
	pre, post number
	mul, div  *big.Int
	exp       int
	mulSmall  uint64 // mul and div where both fit, else 0
	divSmall  uint64
	identity  bool
}

// Convert gives the conversion between two codes. The error names both
// dimensions where they differ, and the code that is not known.
func Convert(from, to string) (Conversion, error) {
	a, err := known(from)
	if err != nil {
		return Conversion{}, err
	}
	b, err := known(to)
	if err != nil {
		return Conversion{}, err
	}
	if a.Dimension != b.Dimension {
		return Conversion{}, fmt.Errorf("convert %s to %s: %s is a unit of %s, %s one of %s",
			from, to, from, a.Dimension, to, b.Dimension)
	}
	if a == b || a.factor == b.factor && a.offset == b.offset {
		return Conversion{identity: true}, nil
	}
	divisor := rational(b.factor)
	if divisor.Sign() == 0 {
		return Conversion{}, fmt.Errorf("convert %s to %s: the factor %q of %s is not a number", from, to, b.factor, to)
	}
	ratio := new(big.Rat).Quo(rational(a.factor), divisor)
	c := Conversion{mul: new(big.Int).Set(ratio.Num()), div: new(big.Int).Set(ratio.Denom())}
	c.exp = reduce(c.mul, c.div)
	if c.mul.IsUint64() && c.div.IsUint64() && c.div.Uint64() < 1<<60 {
		c.mulSmall, c.divSmall = c.mul.Uint64(), c.div.Uint64()
	}
	c.pre = offset(a.offset)
	c.post = offset(b.offset)
	c.post.negative = !c.post.negative
	return c, nil
}

func known(code string) (*entry, error) {
	if e, ok := byCode[code]; ok {
		return e, nil
	}
	if otherCodes[code] {
		return nil, fmt.Errorf("ldt cannot convert the UN/CEFACT unit %s", code)
	}
	if near := Nearest(code); near != "" {
		return nil, fmt.Errorf("%q is not a UN/CEFACT unit code; did you mean %q (%s)?", code, near, byCode[near].Name)
	}
	return nil, fmt.Errorf("%q is not a UN/CEFACT unit code", code)
}

// rational reads a factor of the table, of which a test reads each.
func rational(factor string) *big.Rat {
	above, below, isFraction := strings.Cut(factor, "/")
	r, ok := new(big.Rat).SetString(above)
	if ok && isFraction {
		var divisor *big.Rat
		if divisor, ok = new(big.Rat).SetString(below); ok && divisor.Sign() > 0 {
			return r.Quo(r, divisor)
		}
		return new(big.Rat)
	}
	if !ok {
		return new(big.Rat)
	}
	return r
}

// offset reads an offset of the table.
func offset(text string) number {
	if text == "" {
		return number{}
	}
	n, _ := parseNumber([]byte(text))
	return n
}

// reduce takes the factors 2 and 5 out of div, and 10 out of mul, and gives
// the power of ten that makes up for them.
func reduce(mul, div *big.Int) int {
	exp := 0
	two, five, ten := big.NewInt(2), big.NewInt(5), big.NewInt(10)
	q, r := new(big.Int), new(big.Int)
	for _, p := range [...]struct{ take, give *big.Int }{{ten, big.NewInt(1)}, {two, five}, {five, two}} {
		for {
			if q.QuoRem(div, p.take, r); r.Sign() != 0 {
				break
			}
			div.Set(q)
			mul.Mul(mul, p.give)
			exp--
		}
	}
	for {
		if q.QuoRem(mul, ten, r); r.Sign() != 0 {
			return exp
		}
		mul.Set(q)
		exp++
	}
}

// Identity reports whether the conversion changes nothing.
func (c Conversion) Identity() bool { return c.identity }

// number is a decimal: digits × 10^exp, where the digits are whole. Digits
// beyond 19 stand in big, small is unused then.
type number struct {
	negative bool
	small    uint64
	big      *big.Int
	exp      int
}

var (
	errNotNumber   = errors.New("not a JSON number")
	errNumberRange = errors.New("the number's exponent is beyond 100000")
)

// maxExponent bounds the exponents that are converted.
const maxExponent = 100000

// maxOffsetExponent bounds those that an offset is added to, digit by digit.
const maxOffsetExponent = 1000

// Append appends the converted number. Text and result are JSON numbers; the
// text may have an exponent. The result is exact, in decimal: 15182.28 MWH
// are 15182280 KWH. Only where the exact result has no end (J into KWH divides
// by 9) is it rounded to 15 significant digits, half away from zero. It is
// written with an exponent only where it has more than 21 digits before the
// point or more than 5 zeros behind it. The identity keeps the text as it is.
//
// Append allocates nothing but to grow dst for numbers of up to 19 digits. The
// error says that text is no JSON number, or that its exponent is beyond reason;
// dst is given back as it was.
func (c Conversion) Append(dst, text []byte) ([]byte, error) {
	n, err := parseNumber(text)
	if err != nil {
		return dst, err
	}
	if c.identity {
		return append(dst, text...), nil
	}
	if c.mul == nil {
		return dst, errors.New("a Conversion comes from Convert")
	}
	if n.isZero() && c.pre.isZero() && c.post.isZero() {
		return append(dst, '0'), nil
	}
	if !c.pre.isZero() || !c.post.isZero() {
		if n.exp > maxOffsetExponent || n.exp < -maxOffsetExponent {
			return dst, errNumberRange
		}
		if out, ok := c.offsetSmall(dst, n); ok {
			return out, nil
		}
		return c.appendBig(dst, n), nil
	}
	if c.divSmall != 0 && n.big == nil {
		if hi, product := bits.Mul64(n.small, c.mulSmall); hi == 0 {
			return appendQuotient(dst, n.negative, product, c.divSmall, n.exp+c.exp), nil
		}
	}
	return c.appendBig(dst, n), nil
}

// offsetSmall is Append with offsets for numbers that fit into 64 bits all the way.
func (c Conversion) offsetSmall(dst []byte, n number) ([]byte, bool) {
	if c.divSmall == 0 || n.big != nil {
		return dst, false
	}
	sum, ok := addSmall(n, c.pre)
	if !ok {
		return dst, false
	}
	hi, product := bits.Mul64(sum.small, c.mulSmall)
	if hi != 0 {
		return dst, false
	}
	// product/div×10^exp + post = (product + post×div/10^exp)/div×10^exp
	scaled := c.post
	if hi, scaled.small = bits.Mul64(c.post.small, c.divSmall); hi != 0 {
		return dst, false
	}
	total, ok := addSmall(number{negative: sum.negative, small: product, exp: sum.exp + c.exp}, scaled)
	if !ok {
		return dst, false
	}
	return appendQuotient(dst, total.negative, total.small, c.divSmall, total.exp), true
}

// addSmall adds two numbers where that fits into 64 bits.
func addSmall(a, b number) (number, bool) {
	if a.isZero() {
		return b, true
	}
	if b.isZero() {
		return a, true
	}
	for a.exp != b.exp {
		high := &a
		if b.exp > a.exp {
			high = &b
		}
		hi, scaled := bits.Mul64(high.small, 10)
		if hi != 0 {
			return number{}, false
		}
		high.small = scaled
		high.exp--
	}
	if a.negative == b.negative {
		sum, carry := bits.Add64(a.small, b.small, 0)
		return number{negative: a.negative, small: sum, exp: a.exp}, carry == 0
	}
	if a.small < b.small {
		a, b = b, a
	}
	return number{negative: a.negative, small: a.small - b.small, exp: a.exp}, true
}

// significant is how many digits a result keeps that has no end.
const significant = 15

// appendQuotient appends product/div × 10^exp.
func appendQuotient(dst []byte, negative bool, product, div uint64, exp int) []byte {
	var buffer [24]byte
	digits := buffer[:0]
	q, r := product/div, product%div
	if q > 0 {
		digits = strconv.AppendUint(digits, q, 10)
	}
	if r == 0 {
		return appendDecimal(dst, negative, digits, exp)
	}
	// div has no factor of 2 or 5: the digits never end.
	for len(digits) <= significant {
		r *= 10
		digit := byte('0' + r/div)
		r %= div
		exp--
		if len(digits) > 0 || digit != '0' {
			digits = append(digits, digit)
		}
	}
	exp += len(digits) - significant
	digits, carried := roundDigits(digits)
	if carried {
		exp++
	}
	return appendDecimal(dst, negative, digits, exp)
}

// roundDigits cuts digits to the significant ones, half away from zero. It
// says whether all were nines: the power of ten is then one higher.
func roundDigits(digits []byte) ([]byte, bool) {
	up := digits[significant] >= '5'
	digits = digits[:significant]
	if !up {
		return digits, false
	}
	for i := significant - 1; i >= 0; i-- {
		if digits[i] != '9' {
			digits[i]++
			return digits, false
		}
		digits[i] = '0'
	}
	digits[0] = '1'
	return digits, true
}

// appendBig is Append for numbers of any size.
func (c Conversion) appendBig(dst []byte, n number) []byte {
	sum := addBig(n, c.pre)
	product := new(big.Int).Mul(sum.big, c.mul)
	scaled := number{negative: c.post.negative, big: new(big.Int).Mul(c.post.digits(), c.div), exp: c.post.exp}
	total := addBig(number{negative: sum.negative, big: product, exp: sum.exp + c.exp}, scaled)
	q, r := new(big.Int).QuoRem(total.big, c.div, new(big.Int))
	if r.Sign() == 0 {
		return appendDecimal(dst, total.negative, q.Append(nil, 10), total.exp)
	}
	// Enough digits behind the point that 16 of them count.
	exp := total.exp
	if have := len(q.String()); q.Sign() == 0 || have <= significant {
		shift := significant + 1 + len(c.div.String())
		total.big.Mul(total.big, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(shift)), nil))
		q.Quo(total.big, c.div)
		exp -= shift
	}
	digits := q.Append(nil, 10)
	exp += len(digits) - significant
	digits, carried := roundDigits(digits)
	if carried {
		exp++
	}
	return appendDecimal(dst, total.negative, digits, exp)
}

func (n number) isZero() bool {
	return n.big == nil && n.small == 0 || n.big != nil && n.big.Sign() == 0
}

func (n number) digits() *big.Int {
	if n.big != nil {
		return n.big
	}
	return new(big.Int).SetUint64(n.small)
}

// addBig adds two numbers of any size.
func addBig(a, b number) number {
	x, y := new(big.Int).Set(a.digits()), new(big.Int).Set(b.digits())
	if y.Sign() == 0 {
		return number{negative: a.negative, big: x, exp: a.exp}
	}
	if x.Sign() == 0 {
		return number{negative: b.negative, big: y, exp: b.exp}
	}
	exp := min(a.exp, b.exp)
	ten := big.NewInt(10)
	x.Mul(x, new(big.Int).Exp(ten, big.NewInt(int64(a.exp-exp)), nil))
	y.Mul(y, new(big.Int).Exp(ten, big.NewInt(int64(b.exp-exp)), nil))
	if a.negative {
		x.Neg(x)
	}
	if b.negative {
		y.Neg(y)
	}
	x.Add(x, y)
	return number{negative: x.Sign() < 0, big: x.Abs(x), exp: exp}
}

// appendDecimal appends digits × 10^exp as a JSON number.
func appendDecimal(dst []byte, negative bool, digits []byte, exp int) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exp++
	}
	if len(digits) == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	point := len(digits) + exp // digits before the point
	switch {
	case point > 21 || point < -5:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(dst, '.')
			dst = append(dst, digits[1:]...)
		}
		dst = append(dst, 'e')
		return strconv.AppendInt(dst, int64(point-1), 10)
	case point <= 0:
		dst = append(dst, '0', '.')
		for ; point < 0; point++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	case exp >= 0:
		dst = append(dst, digits...)
		for ; exp > 0; exp-- {
			dst = append(dst, '0')
		}
		return dst
	}
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}

// parseNumber reads a JSON number.
func parseNumber(text []byte) (number, error) {
	var n number
	i := 0
	if i < len(text) && text[i] == '-' {
		n.negative = true
		i++
	}
	start := i
	digits, fits := 0, true
	take := func(c byte) {
		if digits == 0 && c == '0' {
			return
		}
		if digits++; digits > 19 {
			fits = false
			return
		}
		n.small = n.small*10 + uint64(c-'0')
	}
	for ; i < len(text) && isDigit(text[i]); i++ {
		take(text[i])
	}
	if i == start || text[start] == '0' && i > start+1 {
		return number{}, errNotNumber
	}
	point := i
	if i < len(text) && text[i] == '.' {
		i++
		first := i
		for ; i < len(text) && isDigit(text[i]); i++ {
			take(text[i])
			n.exp--
		}
		if i == first {
			return number{}, errNotNumber
		}
	}
	end := i
	if i < len(text) && text[i]|0x20 == 'e' {
		exponent, err := parseExponent(text[i+1:])
		if err != nil {
			return number{}, err
		}
		n.exp += exponent
	} else if i != len(text) {
		return number{}, errNotNumber
	}
	if n.exp > maxExponent || n.exp < -maxExponent {
		return number{}, errNumberRange
	}
	if !fits {
		var b strings.Builder
		b.Write(text[start:point])
		if point < end {
			b.Write(text[point+1 : end])
		}
		n.big, _ = new(big.Int).SetString(b.String(), 10)
		n.small = 0
	}
	return n, nil
}

func parseExponent(text []byte) (int, error) {
	negative := false
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		negative, text = text[0] == '-', text[1:]
	}
	if len(text) == 0 {
		return 0, errNotNumber
	}
	n := 0
	for _, c := range text {
		if !isDigit(c) {
			return 0, errNotNumber
		}
		n = min(n*10+int(c-'0'), 10*maxExponent)
	}
	if negative {
		n = -n
	}
	return n, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

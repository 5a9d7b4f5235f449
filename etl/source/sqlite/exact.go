package sqlite

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// exactness makes the sums of SQL add up in decimal: each number counts as the
// decimal text that it is written with, so that 0.1 and 0.2 are 0.3. It remembers
// where a result has more digits than the floating-point number that SQLite
// takes for it.
type exactness struct {
	lost  int
	first string // the exact result
	given string // and what SQLite has in its place
	fault error  // why a function failed
}

// register puts sum, total, avg and decimal_sum in the place of SQLite's own.
func (x *exactness) register(conn *sqlite.Conn) error {
	for name, result := range map[string]func(*decimals) (sqlite.Value, error){
		"sum":         x.sum,
		"total":       x.total,
		"avg":         x.avg,
		"decimal_sum": func(d *decimals) (sqlite.Value, error) { return d.text(), nil },
	} {
		err := conn.CreateFunction(name, &sqlite.FunctionImpl{NArgs: 1, Deterministic: true, AllowIndirect: true,
			MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) {
				return &aggregate{exact: x, name: name, result: result}, nil
			}})
		if err != nil {
			return err
		}
	}
	return nil
}

// report says that results were rounded.
func (x *exactness) report(t *typed.Table) {
	if x.lost > 0 {
		t.Say(finding.SourceRounded, 0, "", "decimal_sum() gives all digits, as text",
			"%d sums have more digits than a number of SQLite, and were rounded: the first is %s, and %s was taken", x.lost, x.first, x.given)
	}
}

func (x *exactness) sum(d *decimals) (sqlite.Value, error) {
	if d.n == 0 {
		return sqlite.Value{}, nil
	}
	if d.floats == 0 {
		whole := d.rat().Num()
		if !whole.IsInt64() {
			return sqlite.Value{}, errors.New("integer overflow; decimal_sum() has no limit")
		}
		return sqlite.IntegerValue(whole.Int64()), nil
	}
	return x.float(d.rat()), nil
}

func (x *exactness) total(d *decimals) (sqlite.Value, error) { return x.float(d.rat()), nil }

func (x *exactness) avg(d *decimals) (sqlite.Value, error) {
	if d.n == 0 {
		return sqlite.Value{}, nil
	}
	value, _ := new(big.Rat).Quo(d.rat(), new(big.Rat).SetInt64(d.n)).Float64() // a quotient is rounded as any
	return sqlite.FloatValue(value), nil
}

// float gives the nearest floating-point number.
func (x *exactness) float(exact *big.Rat) sqlite.Value {
	value, _ := exact.Float64()
	text, _ := appendFloat(nil, value, true)
	if back, ok := new(big.Rat).SetString(string(text)); !ok || back.Cmp(exact) != 0 {
		if x.lost++; x.lost == 1 {
			x.first, x.given = decimalText(exact), string(text)
		}
	}
	return sqlite.FloatValue(value)
}

// aggregate is one use of one of the functions.
type aggregate struct {
	exact  *exactness
	name   string
	result func(*decimals) (sqlite.Value, error)
	values decimals
	fault  error // SQLite asks for the result even after an error
}

func (a *aggregate) Step(_ sqlite.Context, args []sqlite.Value) error {
	return a.take(args[0], 1)
}

func (a *aggregate) WindowInverse(_ sqlite.Context, args []sqlite.Value) error {
	return a.take(args[0], -1)
}

func (a *aggregate) take(v sqlite.Value, sign int64) error {
	if err := a.values.add(v, sign); err != nil && a.fault == nil {
		a.fault = fmt.Errorf("%s: %w", a.name, err)
	}
	return a.fault
}

func (a *aggregate) WindowValue(sqlite.Context) (sqlite.Value, error) {
	var result sqlite.Value
	if a.fault == nil {
		var err error
		if result, err = a.result(&a.values); err != nil {
			a.fault = fmt.Errorf("%s: %w", a.name, err)
		}
	}
	if a.fault != nil {
		a.exact.fault = a.fault
	}
	return result, a.fault
}

func (a *aggregate) Finalize(sqlite.Context) {}

// decimals adds up numbers without rounding: coefficients by their power of ten.
type decimals struct {
	n, floats int64
	sums      map[int]*coefficients
}

// coefficients add up in a machine word for as long as it holds.
type coefficients struct {
	small int64
	large big.Int
}

func (c *coefficients) add(v int64) {
	sum := c.small + v
	if (sum > c.small) == (v > 0) {
		c.small = sum
		return
	}
	c.large.Add(&c.large, big.NewInt(c.small))
	c.small = v
}

func (d *decimals) add(v sqlite.Value, sign int64) error {
	var coefficient int64
	var power int
	switch v.Type() {
	case sqlite.TypeNull:
		return nil
	case sqlite.TypeInteger:
		coefficient = v.Int64()
	case sqlite.TypeFloat:
		value := v.Float()
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return errors.New("an infinite number cannot be added up")
		}
		coefficient, power = shortest(value)
		d.floats += sign
	default:
		exact, whole, err := parse(v.Text())
		if err != nil {
			return err
		}
		d.n += sign
		if !whole {
			d.floats += sign
		}
		if sign < 0 {
			exact.Neg(exact)
		}
		// A text may have more digits than a word: it is added as a fraction of ten.
		number, scale := integer(exact)
		c := d.of(-scale)
		c.large.Add(&c.large, number)
		return nil
	}
	d.n += sign
	if coefficient == math.MinInt64 {
		c := d.of(power)
		c.large.Add(&c.large, new(big.Int).Mul(big.NewInt(coefficient), big.NewInt(sign)))
		return nil
	}
	d.of(power).add(sign * coefficient)
	return nil
}

func (d *decimals) of(power int) *coefficients {
	c := d.sums[power]
	if c == nil {
		if d.sums == nil {
			d.sums = map[int]*coefficients{}
		}
		c = &coefficients{}
		d.sums[power] = c
	}
	return c
}

// shortest takes the shortest decimal text of a number apart.
func shortest(value float64) (coefficient int64, power int) {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], value, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(string(text), "e")
	power, _ = strconv.Atoi(exponent) // our own text
	whole, fraction, _ := strings.Cut(mantissa, ".")
	coefficient, _ = strconv.ParseInt(whole+fraction, 10, 64)
	return coefficient, power - len(fraction)
}

// parse reads a text as a decimal number.
func parse(text string) (value *big.Rat, whole bool, err error) {
	trimmed := strings.TrimSpace(text)
	digits := strings.TrimLeft(trimmed, "+-")
	bad := len(trimmed) == 0 || len(trimmed) > 400 || len(digits) < len(trimmed)-1 || strings.Trim(digits, "0123456789.eE+-") != "" || !strings.ContainsAny(digits, "0123456789")
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		power, err := strconv.Atoi(digits[i+1:])
		bad = bad || err != nil || power > 400 || power < -400
	}
	value, ok := new(big.Rat), false
	if !bad {
		_, ok = value.SetString(trimmed)
	}
	if !ok {
		if len(text) > 40 {
			text = text[:40] + "…"
		}
		return nil, false, fmt.Errorf("%q is no number", text)
	}
	return value, !strings.ContainsAny(digits, ".eE"), nil
}

// integer gives a decimal fraction as a whole number of units of 10^-scale.
func integer(value *big.Rat) (number *big.Int, scale int) {
	scale, _ = value.FloatPrec()
	shifted := new(big.Rat).Mul(value, new(big.Rat).SetInt(power10(scale)))
	return new(big.Int).Set(shifted.Num()), scale
}

func power10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rat gives the sum.
func (d *decimals) rat() *big.Rat {
	sum := new(big.Rat)
	for power, c := range d.sums {
		one := new(big.Rat).SetInt(new(big.Int).Add(&c.large, big.NewInt(c.small)))
		if power >= 0 {
			one.Mul(one, new(big.Rat).SetInt(power10(power)))
		} else {
			one.Quo(one, new(big.Rat).SetInt(power10(-power)))
		}
		sum.Add(sum, one)
	}
	return sum
}

// text gives the sum with all its digits; NULL where nothing was added up.
func (d *decimals) text() sqlite.Value {
	if d.n == 0 {
		return sqlite.Value{}
	}
	return sqlite.TextValue(decimalText(d.rat()))
}

func decimalText(value *big.Rat) string {
	scale, _ := value.FloatPrec()
	return value.FloatString(scale)
}

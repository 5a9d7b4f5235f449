package tables

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
)

// affinity is the type of a column of a table.
type affinity uint8

const (
	text affinity = iota
	integer
	real
)

// String gives the type as SQLite calls it.
func (a affinity) String() string { return [...]string{"TEXT", "INTEGER", "REAL"}[a] }

// column is what was seen of a column.
type column struct {
	cells, numbers int // with a value, and those of them that are numbers
	whole, decimal bool
	large          bool // whole numbers beyond 15 digits, which are no floating-point numbers
	other          bool // something that is no number
	zeros          bool // codes with leading zeros
	bad            string
	badRow         int
}

func (c *column) look(cell record.Cell, row int, m marks) {
	if cell.IsNull() {
		return
	}
	c.cells++
	value, ok := m.number(cell)
	if !ok {
		if c.other = true; c.bad == "" {
			c.bad, c.badRow = string(cell.Text[:min(40, len(cell.Text))]), row
		}
		c.zeros = c.zeros || len(cell.Text) > 1 && cell.Text[0] == '0' && cell.Text[1] >= '0' && cell.Text[1] <= '9'
		return
	}
	c.numbers++
	if value.whole {
		c.whole = true
		c.large = c.large || value.integer >= 1e15 || value.integer <= -1e15
		return
	}
	c.decimal = true
}

func (c *column) affinity() affinity {
	switch {
	case c.other, c.decimal && c.large:
		return text
	case c.decimal:
		return real
	case c.whole:
		return integer
	}
	return text
}

// marks are how a source writes numbers in texts.
type marks struct {
	decimal   byte
	thousands string
}

// number is one that a table holds without loss.
type number struct {
	whole   bool
	integer int64
	float   float64
}

// number reads a cell; ok is false where it is no number, or would lose
// something as one: leading zeros, a plus sign, digits.
func (m marks) number(cell record.Cell) (n number, ok bool) {
	switch cell.Kind {
	case record.Number:
		return exact(string(cell.Text))
	case record.Boolean:
		n.whole = true
		if len(cell.Text) > 0 && cell.Text[0] == 't' {
			n.integer = 1
		}
		return n, true
	case record.Text:
	default:
		return n, false
	}
	trimmed := bytes.TrimSpace(cell.Text)
	if len(trimmed) == 0 || len(trimmed) > 40 {
		return n, false
	}
	// Most texts are no numbers, and are told by their first character.
	if c := trimmed[0]; (c < '0' || c > '9') && c != '-' && c != m.decimal {
		return n, false
	}
	plain := string(trimmed)
	if m.thousands != "" {
		if plain, ok = m.ungroup(plain); !ok {
			return n, false
		}
	}
	if m.decimal == ',' {
		if strings.Contains(plain, ".") {
			return n, false
		}
		plain = strings.Replace(plain, ",", ".", 1)
	}
	return exact(plain)
}

// ungroup takes the thousands marks out, where they stand between groups of three.
func (m marks) ungroup(s string) (string, bool) {
	same := m.thousands
	if strings.ContainsAny(same, " \u00a0\u202f") {
		same += " \u00a0\u202f"
	}
	if strings.ContainsAny(same, "'’") {
		same += "'’"
	}
	if !strings.ContainsAny(s, same) {
		return s, true
	}
	whole, rest := s, ""
	if i := strings.IndexByte(s, m.decimal); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	parts := strings.FieldsFunc(whole, func(c rune) bool { return strings.ContainsRune(same, c) })
	for i, p := range parts {
		digits := strings.TrimPrefix(p, "-")
		if i > 0 && len(p) != 3 || i == 0 && (len(digits) == 0 || len(digits) > 3) {
			return s, false
		}
	}
	return strings.Join(parts, "") + rest, !strings.ContainsAny(rest, same)
}

// exact reads a plain number with a decimal point. An exponent needs a decimal
// point or a sign: 12E4 may be a code.
func exact(s string) (n number, ok bool) {
	digits := strings.TrimPrefix(s, "-")
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	if strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" || whole == "" || pointed && fraction == "" {
		return n, false
	}
	if len(whole) > 1 && whole[0] == '0' || scientific && !pointed && !strings.ContainsAny(exponent, "+-") {
		return n, false
	}
	if !pointed && !scientific {
		value, err := strconv.ParseInt(s, 10, 64)
		return number{whole: true, integer: value}, err == nil
	}
	value, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(value, 0) {
		return n, false
	}
	significant := strings.TrimLeft(whole+fraction, "0")
	significant = strings.TrimRight(significant, "0")
	if significant != "" && math.Abs(value) < 1e-300 { // there are fewer digits down there
		return n, false
	}
	if len(significant) > 15 {
		// It stays the same where it is the shortest text of its number.
		short := strconv.FormatFloat(math.Abs(value), 'e', -1, 64)
		short = strings.TrimRight(strings.Replace(short[:strings.IndexByte(short, 'e')], ".", "", 1), "0")
		if short != significant {
			return n, false
		}
	}
	return number{float: value}, true
}

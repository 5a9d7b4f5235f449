// Package unit owns the units of measure that cities use: their codes in
// UN/CEFACT Recommendation 20 (and ISO 4217 for money), the dimension of each,
// and conversion between units of one dimension in decimal arithmetic.
//
// Where a code of ISO 4217 is also one of Recommendation 20 (MMK, STN, KGS),
// it is the unit of measure.
package unit

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Unit is one unit of measure.
type Unit struct {
	// Code is the common code of Recommendation 20, or the alphabetic code of
	// ISO 4217.
	Code string
	// Symbol is how people write it, such as "kWh". It may be empty.
	Symbol string
	Name   string
	// Dimension is what is measured, such as "energy", or "money:EUR": each
	// currency is a dimension of its own. Units of one dimension convert into
	// one another.
	Dimension string
}

// entry is a Unit and how it leads to the base unit of its dimension:
// base = (x + offset) × factor.
type entry struct {
	Unit
	factor string // a decimal, or a fraction of two: "5/9"
	offset string // a decimal, or empty for 0
}

var (
	byCode   = map[string]*entry{}
	bySymbol = map[string]*entry{} // as written, then in lower case where that is one unit's alone
)

func init() {
	// Of two units with one symbol the first keeps it.
	named := func(name string, e *entry) {
		if _, taken := bySymbol[name]; !taken && name != "" {
			bySymbol[name] = e
		}
	}
	var all []*entry
	for _, d := range dimensions {
		for _, r := range d.units {
			all = append(all, &entry{Unit{r.code, r.symbol, r.name, d.name}, r.factor, r.offset})
		}
	}
	for _, c := range currencies {
		all = append(all, &entry{Unit: Unit{c.code, c.symbol, c.name, "money:" + c.code}, factor: "1"})
	}
	for _, e := range all {
		if byCode[e.Code] == nil && !otherCodes[e.Code] {
			byCode[e.Code] = e
			named(plain(e.Symbol), e)
		}
	}
	for symbol, code := range aliases {
		named(plain(symbol), byCode[code])
	}
	for _, e := range all {
		if byCode[e.Code] == e {
			named(plain(e.Name), e)
		}
	}
	folded := map[string]*entry{}
	for symbol, e := range bySymbol {
		lower := strings.ToLower(symbol)
		if other, ok := folded[lower]; ok && other != e {
			e = nil // "mW" and "MW" are two units
		}
		folded[lower] = e
	}
	for symbol, e := range folded {
		if e != nil {
			named(symbol, e)
		}
	}
}

// Known reports whether a code is one of Recommendation 20 or of ISO 4217,
// also where ldt knows no more of it than that.
func Known(code string) bool {
	_, ok := byCode[code]
	return ok || otherCodes[code]
}

// Lookup gives the unit of a code that ldt converts. The code is compared as it
// is: codes are in upper case.
func Lookup(code string) (Unit, bool) {
	if e, ok := byCode[code]; ok {
		return e.Unit, true
	}
	return Unit{}, false
}

// Parse gives the unit that people write as text: a symbol such as "kWh" or
// "m²", also "m2", with brackets or a name around it as in a column's header
// ("Conso totale (MWh)"), the name in English, or a code.
func Parse(text string) (Unit, bool) {
	if e := parse(text); e != nil {
		return e.Unit, true
	}
	// The last pair of brackets in a header.
	for _, pair := range [...]string{"()", "[]"} {
		open, end := strings.LastIndexByte(text, pair[0]), strings.LastIndexByte(text, pair[1])
		if open >= 0 && end > open {
			if e := parse(text[open+1 : end]); e != nil {
				return e.Unit, true
			}
		}
	}
	return Unit{}, false
}

// Split cuts a text such as "1 234,5 kWh" into its number, as it is written, and
// what stands behind it. The suffix is empty where nothing does, or where the text
// does not begin with a number. Nothing is copied.
func Split(text []byte) (number, suffix []byte) {
	end, digits := 0, false // of the number
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		switch {
		case c >= '0' && c <= '9':
			digits = true
			end = i + n
		case c == '+' || c == '-':
			if i > 0 {
				return text[:end], rest(text, end, digits)
			}
		case (c == 'e' || c == 'E') && digits:
			j := i + 1
			if j < len(text) && (text[j] == '+' || text[j] == '-') {
				j++
			}
			if j == len(text) || text[j] < '0' || text[j] > '9' {
				return text[:end], rest(text, end, digits)
			}
			n = j - i
		case c == '.' || c == ',' || c == '\'' || c == '’' || c == ' ' || c == '\u00a0' || c == '\u202f':
		default:
			return text[:end], rest(text, end, digits)
		}
		i += n
	}
	return text[:end], nil
}

func rest(text []byte, end int, digits bool) []byte {
	if !digits {
		return nil
	}
	return bytes.TrimSpace(text[end:])
}

func parse(text string) *entry {
	text = plain(text)
	if text == "" {
		return nil
	}
	if e, ok := bySymbol[text]; ok {
		return e
	}
	if e, ok := byCode[text]; ok {
		return e
	}
	return bySymbol[strings.ToLower(text)]
}

var plainer = strings.NewReplacer(
	"²", "2", "³", "3", "⁻¹", "-1", "μ", "µ", "·", ".", "⋅", ".", "º", "°", "℃", "°C", "℉", "°F", "\u00a0", "", "\u202f", "", " ", "", "^", "",
)

// plain gives the one spelling of a symbol: without spaces, exponents as digits.
func plain(text string) string { return plainer.Replace(strings.TrimSpace(text)) }

// Nearest gives the known code that a wrong one may have meant, or "": the
// code of a symbol ("kWh"), else the one code whose letters changed places ("KHW"),
// else a code one edit away where that is the only one.
func Nearest(code string) string {
	if u, ok := Parse(code); ok {
		return u.Code
	}
	upper := strings.ToUpper(strings.TrimSpace(code))
	if code, ok := misread[upper]; ok {
		return code
	}
	if len(upper) < 3 || len(upper) > 4 {
		return ""
	}
	if near := onlyCode(upper, swapped); near != "" {
		return near
	}
	return onlyCode(upper, oneEdit)
}

// onlyCode gives the code of a unit that is near to a word, or "" where there is
// none or several.
func onlyCode(word string, near func(a, b string) bool) string {
	only := ""
	for known, e := range byCode {
		if !strings.HasPrefix(e.Dimension, "money:") && near(word, known) {
			if only != "" {
				return ""
			}
			only = known
		}
	}
	return only
}

// swapped reports whether two words differ by two neighbours that changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) || a == b {
		return false
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// oneEdit reports whether two words differ by one letter that is put in, left
// out or changed.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:]
}

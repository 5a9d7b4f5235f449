package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/unit"
)

// Numbers gathers how numbers are written in the text cells of a sample.
type Numbers struct {
	comma, point     int // cells that can mean only one decimal mark
	either           int // such as 1,234: a decimal comma or thousands
	eitherPoint      int // such as 1.234 where a decimal comma stands elsewhere
	commaAt, pointAt string
	eitherAt         string
	eitherPointAt    string
	marks            map[string]int
}

// Add looks at one cell.
func (n *Numbers) Add(cell string) {
	s := withoutUnit(strings.TrimSpace(cell))
	if s == "" || len(s) > 40 {
		return
	}
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	mark := ""
	for _, m := range []string{" ", "\u00a0", "\u202f", "'", "’"} {
		if strings.Contains(s, m) {
			if mark != "" {
				return
			}
			mark = m
		}
	}
	if mark != "" {
		whole := s
		if i := strings.IndexAny(s, ".,"); i >= 0 {
			whole = s[:i]
		}
		if !groups(whole, mark) {
			return
		}
		n.mark(mark)
		s = strings.ReplaceAll(s, mark, "")
	}
	if i := strings.IndexAny(s, "eE"); i > 0 {
		exp := strings.TrimLeft(s[i+1:], "+-")
		if !allDigits(exp) || len(exp) > 3 {
			return
		}
		s = s[:i]
		if p := strings.IndexAny(s, ".,"); p >= 0 && allDigits(s[:p]) && allDigits(s[p+1:]) {
			n.sure(s[p], cell)
		}
		return
	}
	commas, points := strings.Count(s, ","), strings.Count(s, ".")
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != ',' && c != '.' {
			return
		}
	}
	switch {
	case commas == 0 && points == 0:
	case commas == 1 && points == 0, commas == 0 && points == 1:
		i := strings.IndexAny(s, ".,")
		whole, fraction := s[:i], s[i+1:]
		if fraction == "" {
			return
		}
		if mark == "" && len(fraction) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
			if s[i] == ',' {
				n.either++
				if n.eitherAt == "" {
					n.eitherAt = cell
				}
			} else {
				n.eitherPoint++
				if n.eitherPointAt == "" {
					n.eitherPointAt = cell
				}
			}
			return
		}
		n.sure(s[i], cell)
	case commas >= 1 && points == 1 && strings.LastIndexByte(s, ',') < strings.IndexByte(s, '.'):
		if groups(s[:strings.IndexByte(s, '.')], ",") {
			n.sure('.', cell)
			n.mark(",")
		}
	case points >= 1 && commas == 1 && strings.LastIndexByte(s, '.') < strings.IndexByte(s, ','):
		if groups(s[:strings.IndexByte(s, ',')], ".") {
			n.sure(',', cell)
			n.mark(".")
		}
	case points == 0 && groups(s, ","):
		n.sure('.', cell)
		n.mark(",")
	case commas == 0 && groups(s, "."):
		n.sure(',', cell)
		n.mark(".")
	}
}

// withoutUnit takes a unit such as kWh or % off the end of a number.
func withoutUnit(s string) string {
	if len(s) > 40 || s == "" || s[len(s)-1] >= '0' && s[len(s)-1] <= '9' && s[len(s)-1] != '2' && s[len(s)-1] != '3' {
		return s
	}
	number, suffix := unit.Split([]byte(s))
	if len(suffix) == 0 {
		return s
	}
	if _, known := unit.Parse(string(suffix)); !known {
		return s
	}
	return strings.TrimSpace(string(number))
}

// nothings are texts that stand where a number is missing.
var nothings = []string{"NA", "N/A", "NaN", "n/a", "n.a.", "-", "--", "–", "—", "null", "NULL"}

// missingTokens gives the texts such as NA that stand among the numbers or dates
// of a column of the sample, and the name of the first such column.
func missingTokens(rows []Row, names []string) (tokens []string, column string) {
	for i, name := range names {
		values, others := 0, 0
		var own []string
		for _, row := range rows {
			if i >= len(row.Cells) || row.Cells[i] == "" {
				continue
			}
			switch c := row.Cells[i]; {
			case slices.ContainsFunc(nothings, func(t string) bool { return strings.EqualFold(t, c) }):
				if !slices.Contains(own, c) {
					own = append(own, c)
				}
			case IsValue(c) || allDigits(c):
				values++
			default:
				others++
			}
		}
		if len(own) == 0 || values == 0 || others > 0 {
			continue
		}
		if column == "" {
			column = name
		}
		for _, t := range own {
			if !slices.Contains(tokens, t) {
				tokens = append(tokens, t)
			}
		}
	}
	return tokens, column
}

func (n *Numbers) sure(mark byte, cell string) {
	if mark == ',' {
		n.comma++
		if n.commaAt == "" {
			n.commaAt = cell
		}
		return
	}
	n.point++
	if n.pointAt == "" {
		n.pointAt = cell
	}
}

func (n *Numbers) mark(m string) {
	if n.marks == nil {
		n.marks = map[string]int{}
	}
	n.marks[m]++
}

// groups reports whether s is digits in groups of three, the first of one to three.
func groups(s, mark string) bool {
	parts := strings.Split(s, mark)
	for i, p := range parts {
		if !allDigits(p) || i > 0 && len(p) != 3 || i == 0 && len(p) > 3 {
			return false
		}
	}
	return len(parts) > 1
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Properties gives the decimal and the thousands mark, the declared one where
// it is not empty, and why a person should look at the decimal mark, or "".
func (n *Numbers) Properties(decimal, thousands string) (list []Property, unsure string) {
	d := Property{Key: Decimal, Value: ".", How: Default, Confidence: 1, Evidence: "no number with a decimal mark"}
	switch {
	case n.comma > n.point:
		d = Property{Key: Decimal, Value: ",", How: Detected, Confidence: share(n.comma, n.point),
			Evidence: fmt.Sprintf("%q and %d more", n.commaAt, n.comma-1)}
	case n.point > 0:
		d = Property{Key: Decimal, Value: ".", How: Detected, Confidence: share(n.point, n.comma),
			Evidence: fmt.Sprintf("%q and %d more", n.pointAt, n.point-1)}
	case n.either > 0:
		d = Property{Key: Decimal, Value: ".", How: Default, Confidence: 0.5, Evidence: fmt.Sprintf("%q may be either", n.eitherAt)}
		unsure = fmt.Sprintf("%q may have a decimal comma or a thousands comma; the decimal mark is taken to be a point", n.eitherAt)
	case n.eitherPoint > 0:
		d = Property{Key: Decimal, Value: ".", How: Detected, Confidence: 0.8, Evidence: fmt.Sprintf("%d numbers with a point and three digits", n.eitherPoint)}
		unsure = fmt.Sprintf("%q may have a decimal point or a point between thousands; the decimal mark is taken to be a point", n.eitherPointAt)
	}
	if n.comma > 0 && n.point > 0 && d.Confidence < 0.95 {
		unsure = fmt.Sprintf("numbers are written with a decimal comma (%q, %d in all) and with a point (%q, %d in all); %q is taken", n.commaAt, n.comma, n.pointAt, n.point, d.Value)
	}
	if decimal != "" {
		d = Property{Key: Decimal, Value: decimal, How: Declared, Confidence: 1}
		unsure = ""
		if other := n.against(decimal); other != "" {
			unsure = other
		}
	}
	list = append(list, d)
	switch {
	case thousands != "":
		list = append(list, Property{Key: Thousands, Value: thousands, How: Declared, Confidence: 1})
	case len(n.marks) > 0:
		best := ""
		for _, m := range []string{" ", "\u00a0", "\u202f", "'", "’", ".", ","} {
			if m != d.Value && n.marks[m] > n.marks[best] {
				best = m
			}
		}
		if best != "" {
			list = append(list, Property{Key: Thousands, Value: best, How: Detected, Confidence: 0.9, Evidence: fmt.Sprintf("%d numbers with groups of three digits", n.marks[best])})
		}
	}
	return list, unsure
}

// against says what in the sample speaks against a declared decimal mark.
func (n *Numbers) against(decimal string) string {
	if decimal == "." && n.comma > n.point {
		return fmt.Sprintf("a decimal point was declared, but numbers are written like %q", n.commaAt)
	}
	if decimal == "," && n.point > n.comma {
		return fmt.Sprintf("a decimal comma was declared, but numbers are written like %q", n.pointAt)
	}
	return ""
}

func share(a, b int) float64 { return float64(a) / float64(a+b) }

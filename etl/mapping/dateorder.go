package mapping

import (
	"fmt"
	"strings"
)

// dateOrder is which of two numbers of a date such as 01/02/2024 is the day.
type dateOrder uint8

const (
	orderUnknown dateOrder = iota
	dayFirst
	monthFirst
)

// String gives the part that stands first.
func (o dateOrder) String() string {
	if o == monthFirst {
		return "month"
	}
	return "day"
}

// parseNumeric reads a date of three numbers between slashes, points or hyphens,
// with the year first (2024/01/31) or last (31/01/2024, 31/01/24), and a time
// behind it: 10:00, 10:00:30.5, 10:00 PM, with an offset or without. Where the
// year is last, order says what stands first. A year of two digits has the pivot
// of POSIX; between hyphens it is not read, as it may stand first.
func parseNumeric(s []byte, order dateOrder) (civil, bool) {
	var n [3]int
	var width [3]int
	i := 0
	var mark byte
	for k := range n {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' && width[k] < 4 {
			n[k] = n[k]*10 + int(s[i]-'0')
			width[k]++
			i++
		}
		if width[k] == 0 {
			return civil{}, false
		}
		if k == 2 {
			break
		}
		if i == len(s) || s[i] != '/' && s[i] != '.' && s[i] != '-' || k == 1 && s[i] != mark {
			return civil{}, false
		}
		mark = s[i]
		i++
	}
	c := civil{}
	short := func(k int) bool { return width[k] <= 2 }
	switch {
	case width[0] == 4 && short(1) && short(2):
		c.year, c.month, c.day = n[0], n[1], n[2]
	case short(0) && short(1) && (width[2] == 4 || width[2] == 2 && mark != '-'):
		c.year, c.month, c.day = n[2], n[1], n[0]
		if order == monthFirst {
			c.month, c.day = n[0], n[1]
		}
		if width[2] == 2 {
			// The pivot of POSIX, as in a format with YY.
			if c.year += 2000; n[2] >= 69 {
				c.year -= 100
			}
		}
	default:
		return civil{}, false
	}
	if rest := s[i:]; len(rest) > 0 && !c.clock(rest) {
		return civil{}, false
	}
	return c, c.valid()
}

// clock reads the time behind a date.
func (c *civil) clock(s []byte) bool {
	if s[0] == ',' {
		s = s[1:]
	}
	if len(s) == 0 || s[0] != ' ' && s[0] != 'T' {
		return false
	}
	for len(s) > 0 && (s[0] == ' ' || s[0] == 'T') {
		s = s[1:]
	}
	var n [3]int
	parts := 0
	for parts < 3 {
		digits := 0
		for digits < len(s) && digits < 2 && '0' <= s[digits] && s[digits] <= '9' {
			n[parts] = n[parts]*10 + int(s[digits]-'0')
			digits++
		}
		if digits == 0 || parts > 0 && digits < 2 {
			return false
		}
		s = s[digits:]
		parts++
		if parts == 3 || len(s) == 0 || s[0] != ':' {
			break
		}
		s = s[1:]
	}
	if parts < 2 {
		return false
	}
	c.hour, c.minute, c.sec, c.timed = n[0], n[1], n[2], true
	if parts == 3 && len(s) > 1 && (s[0] == '.' || s[0] == ',') {
		k := 1
		for k < len(s) && '0' <= s[k] && s[k] <= '9' {
			k++
		}
		if k == 1 || k > 10 {
			return false
		}
		c.fraction, s = s[1:k], s[k:]
	}
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	if len(s) >= 2 && s[1]|0x20 == 'm' && (s[0]|0x20 == 'a' || s[0]|0x20 == 'p') {
		if c.hour < 1 || c.hour > 12 {
			return false
		}
		c.hour %= 12
		if s[0]|0x20 == 'p' {
			c.hour += 12
		}
		s = s[2:]
	}
	if len(s) == 0 {
		return true
	}
	offset, k, ok := parseOffset(s)
	c.offset, c.zoned = offset, true
	return ok && k == len(s)
}

// DateColumn gathers from every cell of a column how its dates are written. The
// zero value is ready.
type DateColumn struct {
	day, month, either       int
	dayAt, monthAt, eitherAt string
	dayRow, monthRow, row    int
	same                     int
}

// Add looks at the text of one cell.
func (d *DateColumn) Add(text []byte, row int) {
	text = trimSpace(text)
	one, day := parseNumeric(text, dayFirst)
	two, month := parseNumeric(text, monthFirst)
	switch {
	case !day && !month:
	case day && month && one.month == two.month && one.day == two.day:
		// 2024/01/31 and 02/02/2024 are the same either way.
		d.same++
	case day && month:
		if d.either++; d.either == 1 {
			d.eitherAt, d.row = string(text), row
		}
	case day:
		if d.day++; d.day == 1 {
			d.dayAt, d.dayRow = string(text), row
		}
	default:
		if d.month++; d.month == 1 {
			d.monthAt, d.monthRow = string(text), row
		}
	}
}

// Settled reports that none of the cells so far needs to be decided: they are
// dates of ISO 8601, or no dates at all.
func (d *DateColumn) Settled() bool { return d.day+d.month+d.either == 0 }

// Decided reports that the cells so far say whether the day or the month stands
// first, or need not.
func (d *DateColumn) Decided() bool { return d.day+d.month > 0 || d.either == 0 }

// reads reports whether the column has dates of three numbers at all.
func (d *DateColumn) reads() bool { return d.same > 0 || !d.Settled() }

// decide gives the order by the whole column, or why it cannot be decided and
// how to mend that.
func (d *DateColumn) decide(column string) (order dateOrder, why, hint string) {
	switch {
	case d.day > 0 && d.month > 0:
		return orderUnknown, fmt.Sprintf("the dates of the column %q have both orders: %q in row %d has the day first, %q in row %d the month", column, d.dayAt, d.dayRow, d.monthAt, d.monthRow),
			fmt.Sprintf("correct the rows that are wrong, or set format: %q or %q to reject those that do not fit", likelyFormat(d.dayAt, dayFirst), likelyFormat(d.dayAt, monthFirst))
	case d.month > 0:
		return monthFirst, "", ""
	case d.day == 0 && d.either > 0:
		return orderUnknown, fmt.Sprintf("every date of the column %q may have the day or the month first, such as %q in row %d", column, d.eitherAt, d.row),
			fmt.Sprintf("set the format of the column: format: %q, or %q where the month is first", likelyFormat(d.eitherAt, dayFirst), likelyFormat(d.eitherAt, monthFirst))
	}
	return dayFirst, "", "" // also where either order gives the same
}

// likelyFormat gives the format in which a date of three numbers is written, the
// year last.
func likelyFormat(date string, order dateOrder) string {
	fields := []string{"DD", "MM", "YYYY", "HH", "mm", "ss"}
	if order == monthFirst {
		fields[0], fields[1] = "MM", "DD"
	}
	half := strings.ContainsAny(date, "aApP")
	if half {
		fields[3] = "hh"
	}
	var b strings.Builder
	for i := 0; i < len(date); {
		n := 0
		for i+n < len(date) && '0' <= date[i+n] && date[i+n] <= '9' {
			n++
		}
		switch {
		case n == 0 && (date[i] == 'Z' || date[i] == '+' || date[i] == '-' && len(fields) <= 2):
			return b.String() + "Z"
		case n == 0 && half && strings.IndexByte("aApP", date[i]) >= 0:
			b.WriteByte('A')
			i++ // and the M
		case n == 0:
			b.WriteByte(date[i])
		case len(fields) == 0:
			return b.String() + "SSS"
		default:
			field := fields[0]
			if n < len(field) {
				field = field[:n]
			}
			b.WriteString(field)
			fields = fields[1:]
			i += n - 1
		}
		i++
	}
	return b.String()
}

// evidence says by what an order was decided, or "" where either gives the same.
func (d *DateColumn) evidence(column string) string {
	first, at, row, rows := "day", d.dayAt, d.dayRow, d.day
	if d.month > 0 {
		first, at, row, rows = "month", d.monthAt, d.monthRow, d.month
	}
	if rows == 0 {
		return ""
	}
	text := fmt.Sprintf("the dates of the column %q have the %s first: %q in row %d", column, first, at, row)
	if rows > 1 {
		text += fmt.Sprintf(" and %d more", rows-1)
	}
	return text
}

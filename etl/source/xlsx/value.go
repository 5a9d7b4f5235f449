package xlsx

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ldtkit/ldt/etl/record"
)

// style is what a cell's number format makes of its number.
type style uint8

const (
	number  style = iota
	date          // a day, with or without a time
	clock         // a time of day alone
	elapsed       // hours that may be more than a day has, such as [h]:mm
	// padded, and those beyond by the number of digits, is a code that is shown
	// with its leading zeros: 00000 is padded+5.
	padded
)

const maxPadded = 30

// builtin gives the style of the number formats that a workbook need not list
// (ECMA-376 part 1, 18.8.30).
func builtin(id int) style {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return date
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return clock
	case id == 46: // [h]:mm:ss
		return elapsed
	}
	return number
}

// styleOf gives the style of a number format by its code.
func styleOf(code string) style {
	if n := zeros(code); n > 1 && n <= maxPadded {
		return padded + style(n)
	}
	if i := strings.IndexByte(code, ';'); i >= 0 && !strings.Contains(code[:i], `"`) {
		code = code[:i]
	}
	var day, hour, month bool
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			k := strings.IndexByte(code[i+1:], '"')
			if k < 0 {
				return number
			}
			i += k + 1
		case '\\', '_', '*':
			i++
		case '[':
			k := strings.IndexByte(code[i:], ']')
			if k < 0 {
				return number
			}
			if strings.Trim(strings.ToLower(code[i+1:i+k]), "hms") == "" && k > 1 {
				return elapsed
			}
			i += k
		case ';':
			i = len(code)
		case 'y', 'Y', 'd', 'D':
			day = true
		case 'h', 'H', 's', 'S':
			hour = true
		case 'm', 'M':
			month = true
		case 'e', 'E':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				return number
			}
			day = true // the year of an era
		case 'G', 'g':
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general") {
				return number
			}
		case '0', '#', '?', '%', '@':
			if c != '0' || !hour && !day { // ss.000 goes on after the seconds
				return number
			}
		}
	}
	switch {
	case day, month && !hour:
		return date
	case hour:
		return clock
	}
	return number
}

// zeros counts the digits of a number format that is nothing but zeros, such as
// 00000 for the code of a municipality; 0 where it is another.
func zeros(code string) int {
	for strings.HasPrefix(code, "[$") {
		_, rest, ok := strings.Cut(code, "]")
		if !ok {
			return 0
		}
		code = rest
	}
	code, _, _ = strings.Cut(code, ";")
	if strings.Trim(code, "0") != "" {
		return 0
	}
	return len(code)
}

// appendPadded appends a whole number with the leading zeros that it is shown
// with; ok is false for another number.
func appendPadded(dst, text []byte, width int) (_ []byte, ok bool) {
	if len(text) == 0 || len(text) > 15 {
		return dst, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return dst, false
		}
	}
	for range width - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...), true
}

// appendNumber appends a number as JSON: exactly as stored where that is
// short, else the shortest text that gives the same floating-point number,
// which takes back what Excel adds (15182.280000000001). ok is false where the
// text is no number.
func appendNumber(dst, text []byte) (_ []byte, ok bool) {
	if exact(text) {
		return append(dst, text...), true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return dst, false
	}
	if f == 0 {
		return append(dst, '0'), true
	}
	if a := math.Abs(f); a >= 1e-7 && a < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64), true
	}
	return strconv.AppendFloat(dst, f, 'e', -1, 64), true
}

// exact reports whether a text is a JSON number without exponent of at most 15
// digits, all of which a floating-point number keeps.
func exact(text []byte) bool {
	i, digits := 0, 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	from := i
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	digits = i - from
	if digits == 0 || digits > 1 && text[from] == '0' {
		return false
	}
	if i < len(text) && text[i] == '.' {
		i++
		point := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		if i == point {
			return false
		}
		digits += i - point
	}
	return i == len(text) && digits <= 15 && string(text) != "-0"
}

const (
	dayMillis = 24 * 60 * 60 * 1000
	yearDays  = 366
	lastDay   = 2958466 // the day after 9999-12-31
)

// noDay is what a cell holds that shows 29 February 1900, which spreadsheet
// programs have for the sake of one that took 1900 for a leap year.
const noDay = "29/02/1900, a day that never was"

// appendTime appends the date or the time that a serial number is, to the
// millisecond: a DateTime, or as Text a time of day or the hours of an elapsed
// time, 24:00:00 and more too. A time of day of more than a day is such hours,
// unless it is so long that a date must stand in the cell of which only the time
// is shown. The kind is Null where a spreadsheet shows no date for it either.
func appendTime(dst []byte, text []byte, s style, epoch1904 bool) (_ []byte, kind record.Kind) {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) >= lastDay || f < 0 && s != elapsed {
		return dst, record.Null
	}
	if f < 0 {
		dst, f = append(dst, '-'), -f
	}
	whole := math.Floor(f)
	ms := int64(math.Round((f - whole) * dayMillis))
	days := int64(whole)
	if ms == dayMillis {
		days, ms = days+1, 0
	}
	if s == elapsed || s == clock && days < yearDays || s == date && days == 0 && ms > 0 && !epoch1904 {
		return appendClock(dst, days*dayMillis+ms), record.Text
	}
	switch {
	case epoch1904:
		days += 1462
	case days == 0:
		return dst, record.Null // 1900-01-00
	case days == 60:
		return append(dst, noDay...), record.Error
	case days < 60:
		days++
	}
	t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days))
	year, month, day := t.Date()
	dst = append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10), 'T')
	return appendClock(dst, ms), record.DateTime
}

// appendClock appends hours, minutes and seconds.
func appendClock(dst []byte, ms int64) []byte {
	two := func(n int64) { dst = append(dst, byte('0'+n/10), byte('0'+n%10)) }
	if hours := ms / 3600000; hours < 100 {
		two(hours)
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	dst = append(dst, ':')
	two(ms / 60000 % 60)
	dst = append(dst, ':')
	two(ms / 1000 % 60)
	if ms %= 1000; ms > 0 {
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

// appendISO appends a date or a time of day that a cell of type "d" holds (ISO
// 8601, in workbooks of the strict kind), without its offset Z. The kind is Null
// where it is neither.
func appendISO(dst []byte, text string) (_ []byte, kind record.Kind) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "Z")
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			dst = t.AppendFormat(dst, "2006-01-02T")
			return appendClock(dst, t.Sub(t.Truncate(24*time.Hour)).Milliseconds()), record.DateTime
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.Parse(layout, strings.TrimPrefix(text, "T")); err == nil {
			return appendClock(dst, t.Sub(t.Truncate(24*time.Hour)).Milliseconds()), record.Text
		}
	}
	return dst, record.Null
}

// trim takes white space off both ends, no-break spaces too.
func trim(text []byte) []byte {
	if len(text) > 0 && text[0] > ' ' && text[0] < 0x80 && text[len(text)-1] > ' ' && text[len(text)-1] < 0x80 {
		return text
	}
	return bytes.TrimSpace(text)
}

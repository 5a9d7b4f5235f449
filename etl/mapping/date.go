package mapping

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// civil is a date, and a time where there is one, as it is written.
type civil struct {
	year, month, day  int
	hour, minute, sec int
	fraction          []byte // digits after the decimal point of the second
	offset            int    // seconds east of UTC, where zoned
	zoned             bool
	timed             bool
}

// dateFormat is a compiled format such as DD/MM/YYYY HH:mm.
type dateFormat struct {
	text  string
	parts []datePart
	zoned bool
	epoch int64 // of day numbers: the day with the number 0, counted from 1970; else 0
}

type datePart struct {
	field   byte // Y y M D H h m s f a Z, or 0 for a literal
	min     int  // digits
	max     int
	literal string
}

// The tokens of a format, longest first.
var dateTokens = []struct {
	text string
	part datePart
}{
	{"YYYY", datePart{field: 'Y', min: 4, max: 4}},
	{"SSS", datePart{field: 'f', min: 1, max: 9}},
	{"YY", datePart{field: 'y', min: 2, max: 2}},
	{"MM", datePart{field: 'M', min: 2, max: 2}},
	{"DD", datePart{field: 'D', min: 2, max: 2}},
	{"HH", datePart{field: 'H', min: 2, max: 2}},
	{"hh", datePart{field: 'h', min: 2, max: 2}},
	{"mm", datePart{field: 'm', min: 2, max: 2}},
	{"ss", datePart{field: 's', min: 2, max: 2}},
	{"M", datePart{field: 'M', min: 1, max: 2}},
	{"D", datePart{field: 'D', min: 1, max: 2}},
	{"H", datePart{field: 'H', min: 1, max: 2}},
	{"h", datePart{field: 'h', min: 1, max: 2}},
	{"m", datePart{field: 'm', min: 1, max: 2}},
	{"s", datePart{field: 's', min: 1, max: 2}},
	{"A", datePart{field: 'a'}},
	{"Z", datePart{field: 'Z'}},
}

// serial1900 and serial1904 are the day numbers of spreadsheet programs (ECMA-376
// part 1, 18.17.4.1): from 1899-12-30, but with a 29 February 1900 that never was,
// and from 1904-01-01.
var (
	serial1900 = &dateFormat{text: "excel-1900", epoch: daysFromCivil(1899, 12, 30)}
	serial1904 = &dateFormat{text: "excel-1904", epoch: daysFromCivil(1904, 1, 1)}
)

const dateTokenHelp = "a format is made of YYYY YY MM M DD D HH H hh h mm m ss s SSS A Z; other letters stand in [brackets]. Day numbers of a spreadsheet program are excel-1900 or excel-1904"

// parseDateFormat compiles a format. Characters other than letters stand for
// themselves, and so does T, and whatever is in [brackets].
func parseDateFormat(s string) (*dateFormat, error) {
	for _, serial := range []*dateFormat{serial1900, serial1904} {
		if s == serial.text {
			return serial, nil
		}
	}
	f := &dateFormat{text: s}
	seen := map[byte]bool{}
	for i := 0; i < len(s); {
		if s[i] == '[' {
			end := strings.IndexByte(s[i:], ']')
			if end < 0 {
				return nil, fmt.Errorf("the format %q has a [ without a ]", s)
			}
			f.literal(s[i+1 : i+end])
			i += end + 1
			continue
		}
		if c := s[i] | 0x20; c < 'a' || c > 'z' || s[i] == 'T' {
			f.literal(s[i : i+1])
			i++
			continue
		}
		found := false
		for _, token := range dateTokens {
			if !strings.HasPrefix(s[i:], token.text) {
				continue
			}
			field, whole := token.part.field, token.part.field
			switch field {
			case 'y':
				whole = 'Y'
			case 'h':
				whole = 'H'
			}
			if seen[whole] {
				return nil, fmt.Errorf("the format %q has %s a second time", s, token.text)
			}
			seen[whole], seen[field] = true, true
			f.parts = append(f.parts, token.part)
			i += len(token.text)
			found = true
			break
		}
		if !found {
			return nil, fmt.Errorf("the format %q has %q, which stands for nothing", s, s[i:i+1])
		}
	}
	switch {
	case !seen['Y']:
		return nil, fmt.Errorf("the format %q has no year", s)
	case seen['D'] && !seen['M']:
		return nil, fmt.Errorf("the format %q has a day but no month", s)
	case seen['h'] != seen['a']:
		return nil, fmt.Errorf("the format %q needs both hh and A, or HH alone", s)
	case (seen['m'] || seen['Z']) && !seen['H']:
		return nil, fmt.Errorf("the format %q has no hour", s)
	case seen['s'] && !seen['m'], seen['f'] && !seen['s']:
		return nil, fmt.Errorf("the format %q leaves out a part of the time", s)
	}
	f.zoned = seen['Z']
	return f, nil
}

func (f *dateFormat) literal(s string) {
	if n := len(f.parts); n > 0 && f.parts[n-1].field == 0 {
		f.parts[n-1].literal += s
		return
	}
	f.parts = append(f.parts, datePart{literal: s})
}

// parse reads s by the format; what the format leaves out is the first of its
// kind (January, the 1st, midnight).
//
// Where the parts are there and make no date, such as 31/02/2024, they are given
// with false; else the civil time is zero.
func (f *dateFormat) parse(s []byte) (civil, bool) {
	if f.epoch != 0 {
		return f.serial(s)
	}
	c := civil{month: 1, day: 1}
	afternoon, half := false, false
	for _, p := range f.parts {
		switch p.field {
		case 0:
			if len(s) < len(p.literal) || string(s[:len(p.literal)]) != p.literal {
				return civil{}, false
			}
			s = s[len(p.literal):]
			continue
		case 'a':
			if len(s) < 2 || s[1]|0x20 != 'm' || s[0]|0x20 != 'a' && s[0]|0x20 != 'p' {
				return civil{}, false
			}
			half, afternoon = true, s[0]|0x20 == 'p'
			s = s[2:]
			continue
		case 'Z':
			off, n, ok := parseOffset(s)
			if !ok {
				return civil{}, false
			}
			c.offset, c.zoned = off, true
			s = s[n:]
			continue
		}
		n := 0
		for n < len(s) && n < p.max && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		if n < p.min {
			return civil{}, false
		}
		v := 0
		for _, d := range s[:n] {
			v = v*10 + int(d-'0')
		}
		switch p.field {
		case 'Y':
			c.year = v
		case 'y':
			// The pivot of POSIX: 69 is 1969, 68 is 2068.
			if c.year = 2000 + v; v >= 69 {
				c.year = 1900 + v
			}
		case 'M':
			c.month = v
		case 'D':
			c.day = v
		case 'H', 'h':
			c.hour, c.timed = v, true
			if p.field == 'h' && (v < 1 || v > 12) {
				return civil{}, false
			}
		case 'm':
			c.minute = v
		case 's':
			c.sec = v
		case 'f':
			c.fraction = s[:n]
		}
		s = s[n:]
	}
	if half {
		c.hour %= 12
		if afternoon {
			c.hour += 12
		}
	}
	if len(s) > 0 {
		return civil{}, false
	}
	return c, c.valid()
}

// serial reads a day number, whose fraction is the time of the day to the
// millisecond. Its decimal mark may be a point or a comma.
func (f *dateFormat) serial(s []byte) (civil, bool) {
	digits := 0
	var day int64
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		day = day*10 + int64(s[digits]-'0')
		if digits++; digits > 7 {
			return civil{}, false
		}
	}
	rest := s[digits:]
	var ms int64
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
		part, scale := int64(0), int64(1)
		for i, d := range rest[1:] {
			if d < '0' || d > '9' {
				return civil{}, false
			}
			if i < 11 {
				part, scale = part*10+int64(d-'0'), scale*10
			}
		}
		ms = (part*86_400_000/scale*2 + part*86_400_000%scale*2/scale + 1) / 2
	} else if len(rest) > 0 {
		return civil{}, false
	}
	if digits == 0 || f == serial1900 && (day == 60 || day == 0) {
		return civil{}, false // 1900-02-29, or a time without a date
	}
	if f == serial1900 && day < 60 {
		day++
	}
	var c civil
	day += ms / 86_400_000
	ms %= 86_400_000
	c.year, c.month, c.day = civilFromDays(f.epoch + day)
	if c.year > 9999 {
		return civil{}, false
	}
	c.hour, c.minute, c.sec, c.timed = int(ms/3_600_000), int(ms/60_000%60), int(ms/1000%60), true
	if ms %= 1000; ms > 0 {
		c.fraction = fmt.Appendf(nil, "%03d", ms)
	}
	return c, true
}

// parseOffset reads Z, +01:00, +0100 or +01 and says how long it is.
func parseOffset(s []byte) (seconds, n int, ok bool) {
	if len(s) == 0 {
		return 0, 0, false
	}
	if s[0] == 'Z' || s[0] == 'z' {
		return 0, 1, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, 0, false
	}
	h, ok := twoDigits(s[1:])
	if !ok || h > 14 {
		return 0, 0, false
	}
	n = 3
	rest := s[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
		n++
		if _, ok := twoDigits(rest); !ok {
			return 0, 0, false
		}
	}
	m := 0
	if v, ok := twoDigits(rest); ok {
		if m = v; m > 59 {
			return 0, 0, false
		}
		n += 2
	}
	seconds = h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, n, true
}

func twoDigits(s []byte) (int, bool) {
	if len(s) < 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// parseISO reads YYYY-MM-DD, with an optional time HH:MM[:SS[.fff]] after T or
// a space, and an optional offset after that (ISO 8601, RFC 3339).
func parseISO(s []byte) (civil, bool) {
	var c civil
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return civil{}, false
	}
	hi, ok1 := twoDigits(s)
	lo, ok2 := twoDigits(s[2:])
	month, ok3 := twoDigits(s[5:])
	day, ok4 := twoDigits(s[8:])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return civil{}, false
	}
	c.year, c.month, c.day = hi*100+lo, month, day
	s = s[10:]
	if len(s) == 0 {
		return c, c.valid()
	}
	if len(s) < 6 || s[0] != 'T' && s[0] != 't' && s[0] != ' ' || s[3] != ':' {
		return civil{}, false
	}
	hour, ok1 := twoDigits(s[1:])
	minute, ok2 := twoDigits(s[4:])
	if !ok1 || !ok2 {
		return civil{}, false
	}
	c.hour, c.minute, c.timed = hour, minute, true
	s = s[6:]
	if len(s) > 0 && s[0] == ':' {
		sec, ok := twoDigits(s[1:])
		if !ok {
			return civil{}, false
		}
		c.sec = sec
		s = s[3:]
		if len(s) > 0 && (s[0] == '.' || s[0] == ',') {
			n := 1
			for n < len(s) && '0' <= s[n] && s[n] <= '9' {
				n++
			}
			if n == 1 || n > 10 {
				return civil{}, false
			}
			c.fraction = s[1:n]
			s = s[n:]
		}
	}
	if len(s) == 0 {
		return c, c.valid()
	}
	off, n, ok := parseOffset(s)
	if !ok || n != len(s) {
		return civil{}, false
	}
	c.offset, c.zoned = off, true
	return c, c.valid()
}

// valid checks the calendar and the clock. 24:00:00 is the end of its day.
func (c *civil) valid() bool {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > daysIn(c.year, c.month) {
		return false
	}
	if c.hour == 24 {
		for _, d := range c.fraction {
			if d != '0' {
				return false
			}
		}
		return c.minute == 0 && c.sec == 0
	}
	return c.hour < 24 && c.minute < 60 && c.sec < 60
}

// fault says why the parts of a date that was not valid make none, such as
// ": February 2024 has 29 days", or "".
func (c *civil) fault() string {
	switch {
	case c.month == 0 && c.day == 0 && c.year == 0:
		return "" // not read at all
	case c.month < 1 || c.month > 12:
		return fmt.Sprintf(": there is no month %d", c.month)
	case c.day < 1 || c.day > daysIn(c.year, c.month):
		return fmt.Sprintf(": %s %d has %d days", time.Month(c.month), c.year, daysIn(c.year, c.month))
	case c.hour > 24 || c.hour == 24 && (c.minute > 0 || c.sec > 0):
		return fmt.Sprintf(": the day has no %02d:%02d", c.hour, c.minute)
	case c.minute > 59 || c.sec > 59:
		return fmt.Sprintf(": there is no time %02d:%02d:%02d", c.hour, c.minute, c.sec)
	}
	return ""
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// seconds gives the seconds from 1970-01-01T00:00:00 on the same clock.
func (c *civil) seconds() int64 {
	return daysFromCivil(c.year, c.month, c.day)*86400 + int64(c.hour)*3600 + int64(c.minute)*60 + int64(c.sec)
}

// daysFromCivil counts days from 1970-01-01 in the proleptic Gregorian
// calendar. Years are counted from March, so that the leap day comes last, in
// eras of 400 years, which all have 146097 days.
func daysFromCivil(year, month, day int) int64 {
	y := int64(year)
	if month <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yearOfEra := y - era*400
	dayOfYear := int64(153*((month+9)%12)+2)/5 + int64(day) - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

// civilFromDays is the inverse of daysFromCivil.
func civilFromDays(days int64) (year, month, day int) {
	days += 719468
	era := days / 146097
	if days < 0 {
		era = (days - 146096) / 146097
	}
	dayOfEra := days - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	day = int(dayOfYear - (153*m+2)/5 + 1)
	month = int(m+2)%12 + 1
	year = int(yearOfEra + era*400)
	if month <= 2 {
		year++
	}
	return year, month, day
}

// appendDate appends YYYY-MM-DD; the year must be within 0 to 9999.
func appendDate(dst []byte, year, month, day int) []byte {
	dst = append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-')
	dst = append(dst, byte('0'+month/10), byte('0'+month%10), '-')
	return append(dst, byte('0'+day/10), byte('0'+day%10))
}

// appendUTC appends a DateTime of NGSI-LD: 2006-01-02T15:04:05[.fff]Z. It
// reports false for an instant outside the years 0 to 9999.
func appendUTC(dst []byte, seconds int64, fraction []byte) ([]byte, bool) {
	days := seconds / 86400
	if seconds%86400 < 0 {
		days--
	}
	rest := int(seconds - days*86400)
	year, month, day := civilFromDays(days)
	if year < 0 || year > 9999 {
		return dst, false
	}
	dst = appendDate(dst, year, month, day)
	h, m, s := rest/3600, rest/60%60, rest%60
	dst = append(dst, 'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10))
	if len(fraction) > 0 {
		dst = append(append(dst, '.'), fraction...)
	}
	return append(dst, 'Z'), true
}

// zone turns local times of one IANA zone into UTC. It does not change after
// loadZone, so that any number of goroutines may use it.
type zone struct {
	name    string
	loc     *time.Location
	periods []zonePeriod // in order, without gaps in UTC, from zoneFrom to zoneTo
}

// zonePeriod is a time without a clock change.
type zonePeriod struct {
	from, to int64 // by the local clock, seconds; to is exclusive
	offset   int64
}

// What the table of a zone covers. Looking a time up in time.Location costs
// several times more, since Go computes the rule of the current era each time.
var (
	zoneFrom = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	zoneTo   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

func loadZone(name string) (*zone, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fmt.Errorf("%q is not a time zone of the IANA database", name)
	}
	z := &zone{name: name, loc: loc}
	for at := zoneFrom; at < zoneTo; {
		t := time.Unix(at, 0).In(loc)
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		until := zoneTo
		if !end.IsZero() {
			until = min(zoneTo, end.Unix())
		}
		if until <= at {
			// In years that follow a rule, ZoneBounds ends a period with the
			// year, and in leap years a day early.
			until = at + 86400
		}
		if n := len(z.periods); n > 0 && z.periods[n-1].offset == int64(offset) {
			z.periods[n-1].to = until + int64(offset) // only the name changed
		} else {
			z.periods = append(z.periods, zonePeriod{from: at + int64(offset), to: until + int64(offset), offset: int64(offset)})
		}
		at = until
	}
	return z, nil
}

// localKind says how often a local time is shown by the clocks of its zone.
type localKind uint8

const (
	localOnce localKind = iota
	localSkipped
	localDoubled
)

// utc gives the instant of a local time. A doubled one has two: earlier and
// later. A skipped one has none.
func (z *zone) utc(local int64) (earlier, later int64, kind localKind) {
	i := sort.Search(len(z.periods), func(i int) bool { return z.periods[i].from > local }) - 1
	if local < zoneFrom+86400 || local >= zoneTo-86400 {
		return z.slow(local)
	}
	p := z.periods[i]
	if local >= p.to {
		return 0, 0, localSkipped
	}
	if i > 0 && local < z.periods[i-1].to {
		return local - z.periods[i-1].offset, local - p.offset, localDoubled
	}
	return local - p.offset, local - p.offset, localOnce
}

// slow is utc for times that the table does not cover.
func (z *zone) slow(local int64) (earlier, later int64, kind localKind) {
	offset := func(at int64) int64 {
		_, o := time.Unix(at, 0).In(z.loc).Zone()
		return int64(o)
	}
	a, b := offset(local-86400), offset(local+86400)
	okA, okB := offset(local-a) == a, offset(local-b) == b
	switch {
	case okA && okB && a != b:
		return min(local-a, local-b), max(local-a, local-b), localDoubled
	case okA:
		return local - a, local - a, localOnce
	case okB:
		return local - b, local - b, localOnce
	}
	return 0, 0, localSkipped
}

// periodKind is a calendar period whose start a converter gives.
type periodKind uint8

const (
	periodYear periodKind = iota + 1
	periodQuarter
	periodMonth
)

// parsePeriod reads a period in its own short form: 2024; 2024-Q1, 2024Q1,
// 2024-T1, Q1 2024; 2024-03, 202403. Other forms are read as dates.
func parsePeriod(kind periodKind, s []byte) (year, month int, ok bool) {
	year, ok = fourDigits(s)
	switch kind {
	case periodYear:
		return year, 1, ok && len(s) == 4
	case periodMonth:
		if !ok {
			return 0, 0, false
		}
		rest := s[4:]
		if len(rest) == 3 && rest[0] == '-' {
			rest = rest[1:]
		}
		if month, ok = twoDigits(rest); !ok || len(rest) != 2 || month < 1 || month > 12 {
			return 0, 0, false
		}
		return year, month, true
	}
	var quarter []byte
	switch {
	case ok && len(s) == 6:
		quarter = s[4:]
	case ok && len(s) == 7 && (s[4] == '-' || s[4] == ' '):
		quarter = s[5:]
	case len(s) == 7 && (s[2] == '-' || s[2] == ' '):
		quarter = s[:2]
		year, ok = fourDigits(s[3:])
	}
	if !ok || len(quarter) != 2 || quarter[0]|0x20 != 'q' && quarter[0]|0x20 != 't' || quarter[1] < '1' || quarter[1] > '4' {
		return 0, 0, false
	}
	return year, int(quarter[1]-'1')*3 + 1, true
}

// parseWeek reads a week of ISO 8601, with or without a day: 2024-W05, 2024W05,
// 2024-W05-3, 2024W053; W05 2024; also with S, as in French. The day is 0 where
// there is none. The year is that of the week's Thursday.
func parseWeek(s []byte) (year, week, day int, ok bool) {
	isWeek := func(c byte) bool { return c|0x20 == 'w' || c|0x20 == 's' }
	if len(s) >= 7 && isWeek(s[0]) {
		week, ok = twoDigits(s[1:])
		year, fine := fourDigits(s[4:])
		return year, week, 0, ok && fine && len(s) == 8 && (s[3] == ' ' || s[3] == '-') && 1 <= week && week <= weeksIn(year)
	}
	if year, ok = fourDigits(s); !ok {
		return 0, 0, 0, false
	}
	s = s[4:]
	dashed := len(s) > 0 && (s[0] == '-' || s[0] == ' ')
	if dashed {
		s = s[1:]
	}
	if len(s) < 3 || !isWeek(s[0]) {
		return 0, 0, 0, false
	}
	if week, ok = twoDigits(s[1:]); !ok || week < 1 || week > weeksIn(year) {
		return 0, 0, 0, false
	}
	s = s[3:]
	if dashed && len(s) == 2 && s[0] == '-' || !dashed && len(s) == 1 {
		day = int(s[len(s)-1]) - '0'
		return year, week, day, 1 <= day && day <= 7
	}
	return year, week, 0, len(s) == 0
}

// startOfWeek gives the Monday of a week, in days from 1970: the first week of a
// year is that with 4 January.
func startOfWeek(year, week int) int64 {
	fourth := daysFromCivil(year, 1, 4)
	return fourth - weekday(fourth) + int64(week-1)*7
}

// weekday counts from Monday, 0.
func weekday(days int64) int64 { return ((days+3)%7 + 7) % 7 }

func weeksIn(year int) int {
	return int(startOfWeek(year+1, 1)-startOfWeek(year, 1)) / 7
}

func fourDigits(s []byte) (int, bool) {
	hi, ok := twoDigits(s)
	if !ok {
		return 0, false
	}
	lo, ok := twoDigits(s[2:])
	return hi*100 + lo, ok
}

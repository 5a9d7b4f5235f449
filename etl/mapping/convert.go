package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// status is what became of one value.
type status uint8

const (
	done   status = iota // it was appended
	absent               // there is nothing to say: the attribute is left out
	failed               // a finding was added: the row is rejected
)

// node makes one JSON value from a record. The bytes it was given stay as they
// are; where the status is not done, what it appended is to be dropped.
type node interface {
	append(x *memory, dst []byte) ([]byte, status)
}

// constant is a value that is the same for every row.
type constant []byte

func (c constant) append(_ *memory, dst []byte) ([]byte, status) {
	return append(dst, c...), done
}

// list makes an array of the elements that are there.
type list []node

func (l list) append(x *memory, dst []byte) ([]byte, status) {
	start, worst := len(dst), absent
	dst = append(dst, '[')
	for _, n := range l {
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ',')
		}
		var s status
		if dst, s = n.append(x, dst); s == done {
			if worst == absent {
				worst = done
			}
			continue
		} else if s == failed {
			worst = failed
		}
		dst = dst[:before]
	}
	return append(dst, ']'), worst
}

// members makes an object of the members that are there. It is absent where
// each of those that could be absent is.
type members struct {
	keys   [][]byte // with quotes and colon
	values []node
	wrap   bool // a member that is absent makes the object absent
}

func (m *members) append(x *memory, dst []byte) ([]byte, status) {
	start, result, variable, present := len(dst), done, 0, 0
	dst = append(dst, '{')
	for i, n := range m.values {
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.keys[i]...)
		_, fixed := n.(constant)
		var s status
		dst, s = n.append(x, dst)
		if !fixed {
			variable++
		}
		switch s {
		case done:
			if !fixed {
				present++
			}
			continue
		case failed:
			result = failed
		}
		dst = dst[:before]
	}
	if result == done && variable > 0 && present == 0 {
		result = absent
	}
	return append(dst, '}'), result
}

// mode is what a template is for.
type mode uint8

const (
	modeText mode = iota // a JSON string
	modeURI              // a JSON string that holds a URI; placeholders are percent-encoded
	modeRaw              // the text itself, not JSON
)

// template is a compiled template.
type template struct {
	parts []templatePart
	mode  mode
	// check says that not every result is a URI by its construction.
	check bool
	code  finding.Code // of a null cell without a fallback
}

type templatePart struct {
	literal  []byte // escaped as the mode wants it; of a placeholder: its fallback
	column   int    // -1: a literal
	value    bool   // {}
	fallback bool
}

func (t *template) append(x *memory, dst []byte) ([]byte, status) { return t.fill(x, dst, nil) }

// fill appends the template with value for {}.
func (t *template) fill(x *memory, dst, value []byte) ([]byte, status) {
	if t.mode != modeRaw {
		dst = append(dst, '"')
	}
	start, result := len(dst), done
	for i := range t.parts {
		p := &t.parts[i]
		if p.column < 0 && !p.value {
			dst = append(dst, p.literal...)
			continue
		}
		text := value
		if !p.value {
			cell := x.cell(p.column)
			switch {
			case cell.Kind == record.Error:
				x.cellError(p.column)
				result = failed
				continue
			case cell.IsNull():
				if !p.fallback {
					x.nullInTemplate(t.code, p.column)
					result = failed
				}
				dst = append(dst, p.literal...)
				continue
			}
			text = cell.Text
		}
		switch t.mode {
		case modeURI:
			dst = appendPercent(dst, text)
		case modeText:
			dst = appendEscaped(dst, text)
		default:
			dst = append(dst, text...)
		}
	}
	if t.check && result == done {
		if fault := faultOfURI(dst[start:]); fault != "" {
			x.reject(finding.RowID, -1, "set the literal text of the template so that a URI comes out, such as urn:ngsi-ld:Type:{Code}", "%q is no URI: %s", clip(dst[start:]), fault)
			result = failed
		}
	}
	if t.mode != modeRaw {
		dst = append(dst, '"')
	}
	return dst, result
}

// appendString appends s as a JSON string.
func appendString[T string | []byte](dst []byte, s T) []byte {
	if plainText(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	// AppendQuote only fails for invalid UTF-8, and then still appends the
	// text with replacement characters.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// appendEscaped appends s as it stands inside a JSON string.
func appendEscaped(dst, s []byte) []byte {
	if plainText(s) {
		return append(dst, s...)
	}
	n := len(dst)
	dst = appendString(dst, s)
	copy(dst[n:], dst[n+1:len(dst)-1])
	return dst[:len(dst)-2]
}

// plainText reports whether s is the same inside a JSON string.
func plainText[T string | []byte](s T) bool {
	var high byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		high |= c
	}
	return high < utf8.RuneSelf || utf8.Valid([]byte(s))
}

// table is a look-up table.
type table struct {
	name   string
	values map[string][]byte // JSON, already converted
	keys   []string          // in order, for the nearest one
}

// Policies for a text that a look-up table does not have.
type missPolicy uint8

const (
	missReject missPolicy = iota
	missOmit
	missKeep
	missDefault
)

// conversion is which form a text is converted to.
type conversion uint8

const (
	asText conversion = iota
	asNumber
	asInteger
	asBoolean
	asDate
	asDatetime
	asYear
	asQuarter
	asMonth
	asWeek
	asPoint
	asGeoJSON
	asList
	asURI
	asJSON
)

// String gives the word of the mapping.
func (c conversion) String() string {
	return [...]string{"text", "number", "integer", "boolean", "date", "datetime", "year", "quarter", "month", "week", "point", "geojson", "list", "uri", "json"}[c]
}

// converter turns a text into a JSON value.
type converter struct {
	as        conversion
	number    numberFormat
	format    *dateFormat
	zone      *zone
	ambiguous string
	instant   bool // a date is wanted as the start of its day in UTC
	convert   bool // unit
	unit      unit.Conversion
	from      string // the code of the cells' unit, or ""
	symbol    string // of from, as cells may have it behind the number
	plainNull bool   // texts such as NA are no value where nothing else was declared
	order     dateOrder
	lonFirst  bool
	region    *region // that points lie in, or nil
	yes, no   []string
	separator []byte
	of        *cell
	table     *table
	miss      missPolicy
	fallback  []byte // default, JSON
	wrap      bool   // of a list of an objectList: each element in {"object": …}
}

// cell makes a value from the cells of one or more columns.
type cell struct {
	converter
	columns  []int
	nulls    [][]byte
	required bool
	template *template
}

func (c *cell) append(x *memory, dst []byte) ([]byte, status) {
	if c.as == asPoint && len(c.columns) == 2 {
		return c.twoColumns(x, dst)
	}
	column := c.columns[0]
	first := x.cell(column)
	text, kind := first.Text, first.Kind
	for i, other := range c.columns {
		v := x.cell(other)
		switch {
		case v.Kind == record.Error:
			x.cellError(other)
			return dst, failed
		case c.isNull(v):
			return c.null(x, dst, other)
		case i > 0:
			if i == 1 {
				x.joined = append(x.joined[:0], text...)
			}
			x.joined = append(append(x.joined, ' '), v.Text...)
			text, kind = x.joined, record.Text
		}
	}
	return c.value(x, dst, text, kind, column)
}

func (c *cell) isNull(v record.Cell) bool {
	if v.IsNull() {
		return true
	}
	for _, n := range c.nulls {
		if bytes.Equal(v.Text, n) {
			return true
		}
	}
	return false
}

// null is what becomes of an empty cell.
func (c *cell) null(x *memory, dst []byte, column int) ([]byte, status) {
	switch {
	case c.fallback != nil:
		start := len(dst)
		return c.finish(x, append(dst, c.fallback...), start, column)
	case c.required:
		x.reject(finding.CellEmpty, column, "fill the cell, or take required: true out of the mapping", "the cell is empty, and the mapping requires a value")
		return dst, failed
	}
	x.emptied = append(x.emptied, column)
	return dst, absent
}

// value converts a text that is not null.
func (c *cell) value(x *memory, dst, text []byte, kind record.Kind, column int) ([]byte, status) {
	start := len(dst)
	if c.plainNull && kind == record.Text && isNothing(text) {
		return c.null(x, dst, column)
	}
	if c.table != nil {
		if v, ok := c.table.values[string(text)]; ok {
			return c.finish(x, append(dst, v...), start, column)
		}
		switch c.miss {
		case missReject:
			x.lookupMiss(c.table, column, text)
			return dst, failed
		case missOmit:
			x.emptied = append(x.emptied, column)
			return dst, absent
		case missDefault:
			return c.finish(x, append(dst, c.fallback...), start, column)
		}
	}
	dst, s := c.converted(x, dst, text, kind, column)
	if s != done {
		return dst, s
	}
	return c.finish(x, dst, start, column)
}

// finish puts the value at dst[start:] into the template, where there is one.
func (c *cell) finish(x *memory, dst []byte, start, column int) ([]byte, status) {
	if c.template == nil {
		return dst, done
	}
	value := dst[start:]
	if len(value) > 0 && value[0] == '"' {
		if bytes.IndexByte(value, '\\') < 0 {
			value = value[1 : len(value)-1]
		} else {
			// A JSON string of our own making: it has no fault.
			x.unquoted, _ = jsontext.AppendUnquote(x.unquoted[:0], value)
			value = x.unquoted
		}
	}
	end := len(dst)
	dst, s := c.template.fill(x, dst, value)
	n := copy(dst[start:], dst[end:])
	return dst[:start+n], s
}

// converted appends what the text becomes by the kind of the conversion.
func (c *cell) converted(x *memory, dst, text []byte, kind record.Kind, column int) ([]byte, status) {
	start := len(dst)
	var fine bool
	switch c.as {
	case asText:
		return appendString(dst, text), done
	case asNumber, asInteger:
		if dst, fine = c.appendNumber(x, dst, text, kind, column); !fine {
			return dst, failed
		}
		if c.convert {
			var err error
			if dst, err = convertTail(&c.unit, dst, start); err != nil {
				x.reject(finding.CellNumber, column, "", "%q cannot be converted: %v", clip(text), err)
				return dst[:start], failed
			}
		}
		if c.as == asInteger {
			if dst, fine = integral(dst, start); !fine {
				x.reject(finding.CellInteger, column, c.number.wholeHint(text), "%q is not a whole number", clip(text))
				return dst[:start], failed
			}
		}
		return dst, done
	case asBoolean:
		return c.appendBoolean(x, dst, text, kind, column)
	case asDate, asDatetime, asYear, asQuarter, asMonth, asWeek:
		return c.appendTime(x, dst, text, kind, column)
	case asPoint:
		return c.appendPoint(x, dst, text, column)
	case asGeoJSON:
		return c.appendGeoJSON(x, dst, text, column)
	case asList:
		return c.appendList(x, dst, text, column)
	case asURI:
		uri := trimSpace(text)
		if fault := faultOfURI(uri); fault != "" {
			x.reject(finding.RowID, column, `correct the cell, or build a URI with a template such as "urn:ngsi-ld:Type:{Code}"`, "%q is no URI: %s", clip(text), fault)
			return dst, failed
		}
		return appendString(dst, uri), done
	}
	out, err := jsontext.AppendFormat(dst, text)
	if err != nil {
		x.reject(finding.CellJSON, column, "correct the cell, or read the column as: text", "%q is not JSON", clip(text))
		return dst[:start], failed
	}
	return out, done
}

// appendNumber appends a number; a cell that a workbook holds as a number is
// one whatever the source's decimal character is.
func (c *cell) appendNumber(x *memory, dst, text []byte, kind record.Kind, column int) ([]byte, bool) {
	format := &c.number
	switch kind {
	case record.Number:
		format = &plainNumber
	case record.Boolean, record.DateTime:
		x.reject(finding.CellNumber, column, "format the cell as a number", "the cell holds %s %s, not a number", kindWord(kind), clip(text))
		return dst, false
	}
	out, ok := format.append(dst, text)
	if ok {
		return out, true
	}
	if kind == record.Text {
		if number, suffix := unit.Split(trimSpace(text)); len(suffix) > 0 {
			if out, ok = format.append(dst, number); ok {
				return c.fromUnit(x, out, len(dst), text, suffix, column)
			}
		}
	}
	x.reject(finding.CellNumber, column, c.number.hint(text), "%q is not a number with the decimal character %q", clip(text), string(c.number.decimal))
	return dst, false
}

// fromUnit takes the number at dst[start:], behind which the cell has a unit, to
// the unit that the mapping says the cells have.
func (c *cell) fromUnit(x *memory, dst []byte, start int, text, suffix []byte, column int) ([]byte, bool) {
	if c.from != "" && string(suffix) == c.symbol {
		return dst, true
	}
	u, known := unit.Parse(string(suffix))
	switch {
	case !known:
		x.reject(finding.CellNumber, column, "correct the cell", "%q is not a number: %q behind it is no unit that ldt knows", clip(text), clip(suffix))
	case c.from == "":
		x.reject(finding.CellUnit, column, fmt.Sprintf("name the unit of the column: unit: %s", u.Code), "%q has a unit, and the mapping names none", clip(text))
	case u.Code == c.from:
		return dst, true
	default:
		conversion, err := unit.Convert(u.Code, c.from)
		if err == nil {
			dst, err = convertTail(&conversion, dst, start)
		}
		if err == nil {
			return dst, true
		}
		x.reject(finding.CellUnit, column, "correct the cell, or the unit of the column", "%q is in %s (%s), which does not convert to %s of the mapping", clip(text), u.Name, u.Code, c.from)
	}
	return dst[:start], false
}

// convertTail converts the number at dst[start:] in place.
func convertTail(c *unit.Conversion, dst []byte, start int) ([]byte, error) {
	end := len(dst)
	out, err := c.Append(dst, dst[start:])
	if err != nil {
		return dst, err
	}
	n := copy(out[start:], out[end:])
	return out[:start+n], nil
}

// isNothing reports whether a text is one of those that programs and people
// write where a number or a date is missing. It is never a number or a date.
func isNothing(text []byte) bool {
	if len(text) > 0 && '0' <= text[0] && text[0] <= '9' {
		return false
	}
	text = trimSpace(text)
	switch len(text) {
	case 1:
		return text[0] == '-'
	case 2:
		return equalFold(text, "na") || string(text) == "--"
	case 3:
		return equalFold(text, "nan") || equalFold(text, "n/a") || string(text) == "–" || string(text) == "—"
	case 4:
		return equalFold(text, "null") || equalFold(text, "n.a.")
	}
	return false
}

func kindWord(k record.Kind) string {
	switch k {
	case record.Boolean:
		return "the truth value"
	case record.DateTime:
		return "the date"
	case record.Number:
		return "the number"
	}
	return "the text"
}

func (c *cell) appendBoolean(x *memory, dst, text []byte, kind record.Kind, column int) ([]byte, status) {
	if kind == record.Boolean {
		return append(dst, text...), done
	}
	yes, no := c.yes, c.no
	if yes == nil && no == nil {
		switch {
		case equalFold(text, "true") || string(text) == "1":
			return append(dst, "true"...), done
		case equalFold(text, "false") || string(text) == "0":
			return append(dst, "false"...), done
		}
	}
	for _, word := range yes {
		if string(text) == word {
			return append(dst, "true"...), done
		}
	}
	for _, word := range no {
		if string(text) == word {
			return append(dst, "false"...), done
		}
	}
	hint := `say which texts mean yes and no: true: ["Oui"], false: ["Non"]`
	if yes != nil || no != nil {
		hint = fmt.Sprintf("true is %s, false is %s", strings.Join(yes, ", "), strings.Join(no, ", "))
	}
	x.reject(finding.CellBoolean, column, hint, "%q is neither true nor false", clip(text))
	return dst, failed
}

func equalFold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// appendList splits a text; empty elements are left out.
func (c *cell) appendList(x *memory, dst, text []byte, column int) ([]byte, status) {
	start, result := len(dst), done
	dst = append(dst, '[')
	for rest, more := text, true; more; {
		var element []byte
		element, rest, more = bytes.Cut(rest, c.separator)
		element = trimSpace(element)
		if len(element) == 0 || slices.ContainsFunc(c.of.nulls, func(n []byte) bool { return bytes.Equal(n, element) }) {
			continue
		}
		before := len(dst)
		if before > start+1 {
			dst = append(dst, ',')
		}
		if c.wrap {
			dst = append(dst, `{"object":`...)
		}
		var s status
		dst, s = c.of.value(x, dst, element, record.Text, column)
		switch {
		case s == done && c.wrap:
			dst = append(dst, '}')
		case s == failed:
			result = failed
			dst = dst[:before]
		case s == absent:
			dst = dst[:before]
		}
	}
	if result == done && len(dst) == start+1 {
		x.emptied = append(x.emptied, column)
		return dst, absent
	}
	return append(dst, ']'), result
}

// appendTime appends a date, a DateTime in UTC, or the start of a period.
func (c *cell) appendTime(x *memory, dst, text []byte, kind record.Kind, column int) ([]byte, status) {
	start := len(dst)
	text = trimSpace(text)
	at, ok := civil{}, false
	switch {
	case kind == record.Boolean:
	case kind == record.DateTime:
		at, ok = parseISO(text)
	case c.format != nil:
		at, ok = c.format.parse(text)
	default:
		if c.as != asDate && c.as != asDatetime {
			at, ok = c.period(text, kind)
		}
		if !ok && kind != record.Number {
			if at, ok = parseISO(text); !ok && c.order != orderUnknown {
				at, ok = parseNumeric(text, c.order)
			}
			if !ok && c.as == asDate {
				if year, week, day, fine := parseWeek(text); fine && day > 0 {
					at.year, at.month, at.day = civilFromDays(startOfWeek(year, week) + int64(day-1))
					ok = true
				}
			}
		}
	}
	if !ok {
		why := at.fault()
		x.reject(finding.CellDate, column, c.dateHint(text, kind), "%q is not %s%s%s", clip(text), article[c.as], c.written(), why)
		return dst, failed
	}
	dst = append(dst, '"')
	switch c.as {
	case asDate:
		if at.hour == 24 {
			at.year, at.month, at.day = civilFromDays(daysFromCivil(at.year, at.month, at.day) + 1)
		}
		if at.year > 9999 {
			ok = false
			break
		}
		if dst = appendDate(dst, at.year, at.month, at.day); c.instant {
			dst = append(dst, "T00:00:00Z"...)
		}
	case asDatetime:
		local := at.seconds()
		switch {
		case at.zoned:
			local -= int64(at.offset)
		case c.zone == nil:
			x.reject(finding.CellDate, column, "name the zone of the file's local times: timezone: Europe/Paris in the mapping's source (or UTC)", "%q does not say in which time zone it is", clip(text))
			return dst[:start], failed
		default:
			var fine bool
			if local, fine = c.local(x, local, text, column); !fine {
				return dst[:start], failed
			}
		}
		dst, ok = appendUTC(dst, local, at.fraction)
	case asYear:
		dst = append(appendDate(dst, at.year, 1, 1), "T00:00:00Z"...)
	case asQuarter:
		dst = append(appendDate(dst, at.year, (at.month-1)/3*3+1, 1), "T00:00:00Z"...)
	case asWeek:
		day := daysFromCivil(at.year, at.month, at.day)
		year, month, monday := civilFromDays(day - weekday(day))
		if ok = year >= 0; ok {
			dst = append(appendDate(dst, year, month, monday), "T00:00:00Z"...)
		}
	default:
		dst = append(appendDate(dst, at.year, at.month, 1), "T00:00:00Z"...)
	}
	if !ok {
		x.reject(finding.CellDate, column, "correct the cell", "%q is outside the years 0000 to 9999", clip(text))
		return dst[:start], failed
	}
	return append(dst, '"'), done
}

var article = [...]string{asDate: "a date", asDatetime: "a date and time", asYear: "a year", asQuarter: "a quarter", asMonth: "a month", asWeek: "a week"}

// written names the form that was expected.
func (c *cell) written() string {
	if c.format != nil {
		return " in the format " + c.format.text
	}
	if c.order != orderUnknown {
		return " with the " + c.order.String() + " first, as the column has it"
	}
	return ""
}

func (c *cell) dateHint(text []byte, kind record.Kind) string {
	if kind == record.Number {
		return "format the cell as a date in the workbook, or set format: excel-1900"
	}
	if _, ok := serial1900.parse(text); ok && c.format == nil && len(text) >= 5 && text[0] != '0' {
		return "where this is the day number of a spreadsheet program, set format: excel-1900 (excel-1904 for a workbook of an old Mac)"
	}
	for _, f := range likelyFormats {
		if f == c.format {
			continue
		}
		if _, ok := f.parse(text); ok {
			return "correct the cell, or set format: " + f.text
		}
	}
	if c.format == nil {
		return "correct the cell, or set the format of the column: format: DD/MM/YYYY"
	}
	return "correct the cell, or the format"
}

// likelyFormats are those that a hint may propose; day before month, as the
// month of a European file comes second.
var likelyFormats = func() (list []*dateFormat) {
	for _, s := range []string{"D/M/YYYY", "D/M/YYYY H:mm", "D/M/YYYY H:mm:ss", "D.M.YYYY", "D.M.YYYY H:mm", "D-M-YYYY", "D-M-YYYY H:mm", "M/D/YYYY", "M/D/YYYY H:mm", "M/D/YYYY h:mm A", "YYYYMMDD", "YYYY/MM/DD", "YYYY/MM/DD HH:mm", "YYYY-MM", "MM/YYYY", "D/M/YY", "D/M/YY H:mm"} {
		f, err := parseDateFormat(s)
		if err != nil {
			panic(err) // a mistake in this table, found by every test
		}
		list = append(list, f)
	}
	return list
}()

// period reads the short form of a year, quarter or month.
func (c *cell) period(text []byte, kind record.Kind) (civil, bool) {
	which := periodYear
	switch c.as {
	case asQuarter:
		which = periodQuarter
	case asMonth:
		which = periodMonth
	case asWeek:
		year, week, day, ok := parseWeek(text)
		if !ok {
			return civil{}, false
		}
		at := civil{}
		at.year, at.month, at.day = civilFromDays(startOfWeek(year, week) + int64(max(day, 1)-1))
		return at, true
	}
	if kind == record.Number {
		text = bytes.TrimSuffix(text, []byte(".0"))
	}
	year, month, ok := parsePeriod(which, text)
	return civil{year: year, month: month, day: 1}, ok
}

// local gives the instant of a local time, or rejects the row.
func (c *cell) local(x *memory, local int64, text []byte, column int) (int64, bool) {
	earlier, later, kind := c.zone.utc(local)
	switch kind {
	case localSkipped:
		x.reject(finding.CellTimeSkipped, column, "check whether the file is in UTC or in standard time all year: timezone", "%q does not exist in %s: the clock change leaves it out", clip(text), c.zone.name)
		return 0, false
	case localDoubled:
		if c.ambiguous == "" || c.ambiguous == "reject" {
			x.reject(finding.CellTimeDoubled, column, "set ambiguous: earlier or ambiguous: later, or use times with an offset", "%q exists twice in %s: the clock change repeats that hour", clip(text), c.zone.name)
			return 0, false
		}
		if c.ambiguous == "later" {
			return later, true
		}
	}
	return earlier, true
}

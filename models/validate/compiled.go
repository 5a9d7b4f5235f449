package validate

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/ldtkit/ldt/models"
)

// form is a models.Shape compiled into what it asks of the bytes of a value. It says of
// every value what jsonschema says of it; compileForm refuses a shape of which it cannot.
// A form does not change and is safe to share.
type form struct {
	kinds   kinds // the kinds of JSON value that are allowed
	integer bool  // of numbers, whole ones alone
	enum    *enum
	limits  []limit

	text       bool // something more is asked of a text
	format     func(text []byte) bool
	pattern    *regexp.Regexp
	minLength  int // in characters; -1 is no limit, here and below
	maxLength  int
	identifier *form // a URI; what is an identifier needs not be one

	minItems, maxItems int
	unique             bool
	items              *form

	members  map[string]member
	required uint64 // a bit for each member that is required

	geometries          map[string]*form // by the member "type"
	anyOf, oneOf, allOf []*form
}

// member is what a form says of one member of an object.
type member struct {
	form *form // nil: any value will do
	bit  uint64
}

// kinds is a set of kinds of JSON value.
type kinds uint8

const (
	ofNull kinds = 1 << iota
	ofBool
	ofText
	ofNumber
	ofObject
	ofArray

	ofAny = ofNull | ofBool | ofText | ofNumber | ofObject | ofArray
)

func kindOf(value byte) kinds {
	switch value {
	case '"':
		return ofText
	case '{':
		return ofObject
	case '[':
		return ofArray
	case 't', 'f':
		return ofBool
	case 'n':
		return ofNull
	}
	return ofNumber
}

// enum is a set of scalar values.
type enum struct {
	null, yes, no bool // yes and no are true and false
	texts         map[string]bool
	numbers       []limit
}

// compileForm compiles a shape. ok is false where it asks for what a form does not cover.
func compileForm(s *models.Shape) (f *form, ok bool) {
	f = &form{kinds: ofAny, minLength: -1, maxLength: -1, minItems: -1, maxItems: -1, unique: s.Unique}
	ok = true
	switch s.Type {
	case "":
	case "string":
		f.kinds = ofText
	case "number":
		f.kinds = ofNumber
	case "integer":
		f.kinds, f.integer = ofNumber, true
	case "boolean":
		f.kinds = ofBool
	case "object":
		f.kinds = ofObject
	case "array":
		f.kinds = ofArray
	case "null":
		f.kinds = ofNull
	default:
		return nil, false
	}
	count := func(into *int, text json.Number) {
		if text == "" {
			return
		}
		n, err := strconv.Atoi(text.String())
		*into = n
		ok = ok && err == nil && n >= 0
	}
	count(&f.minLength, s.MinLength)
	count(&f.maxLength, s.MaxLength)
	count(&f.minItems, s.MinItems)
	count(&f.maxItems, s.MaxItems)
	bound := func(text json.Number, side, wrong int) {
		if text == "" {
			return
		}
		l, fine := newLimit(text.String())
		l.wrong[0], l.wrong[1] = side, wrong
		f.limits = append(f.limits, l)
		ok = ok && fine
	}
	bound(s.Minimum, -1, -1)
	bound(s.Maximum, 1, 1)
	bound(s.Above, -1, 0)
	bound(s.Below, 1, 0)
	if s.Pattern != "" {
		var err error
		f.pattern, err = regexp.Compile(s.Pattern)
		ok = ok && err == nil
	}
	f.format = formatOf(s.Format)
	f.text = f.format != nil || f.pattern != nil || f.minLength >= 0 || f.maxLength >= 0
	if s.Enum != nil {
		var fine bool
		f.enum, fine = newEnum(s.Enum)
		ok = ok && fine
	}
	inner := func(s *models.Shape) *form {
		g, fine := compileForm(s)
		ok = ok && fine
		return g
	}
	list := func(shapes []*models.Shape) (forms []*form) {
		for _, one := range shapes {
			forms = append(forms, inner(one))
		}
		return forms
	}
	if s.Items != nil {
		f.items = inner(s.Items)
	}
	if len(s.Members)+len(s.Required) > 0 {
		f.members = map[string]member{}
	}
	for name, shape := range s.Members {
		f.members[name] = member{form: inner(shape)}
	}
	for _, name := range s.Required {
		m := f.members[name]
		if m.bit == 0 {
			m.bit = f.required + 1 // the bits are given in order: the lowest that is free
			f.required |= m.bit
		}
		f.members[name] = m
	}
	ok = ok && len(s.Required) < 64
	f.anyOf, f.oneOf, f.allOf = list(s.AnyOf), list(s.OneOf), list(s.AllOf)
	if s.Geometry != nil {
		ok = ok && s.OneOf == nil // the schema has the one or the other
		f.geometries = map[string]*form{}
		for _, name := range s.Geometry {
			ok = ok && f.geometries[name] == nil
			f.geometries[name] = inner(models.GeometryShape(name))
		}
	}
	if s.Identifier {
		ok = ok && s.AnyOf == nil
		f.kinds &= ofText
		f.text, f.identifier = true, inner(models.IdentifierShapes[1])
	}
	return f, ok
}

// limit is a number that others are compared with, exactly.
type limit struct {
	// wrong holds what compare must not give.
	wrong [2]int
	float float64
	short bool
	exact *big.Rat
}

func newLimit(text string) (limit, bool) {
	exact, ok := new(big.Rat).SetString(bounded(text).String())
	float, err := strconv.ParseFloat(text, 64)
	return limit{float: float, short: isShort([]byte(text)), exact: exact}, ok && err == nil
}

// compare gives -1, 0 or 1 where a JSON number is below, at or above the limit.
func (l *limit) compare(number []byte) int {
	// Rounding keeps the order of two numbers, but may make them the same.
	float, err := strconv.ParseFloat(string(number), 64)
	switch {
	case err != nil:
	case float < l.float:
		return -1
	case float > l.float:
		return 1
	case l.short && isShort(number):
		return 0
	}
	exact, ok := new(big.Rat).SetString(bounded(string(number)).String())
	if !ok {
		return 0 // JSON numbers are fractions
	}
	return exact.Cmp(l.exact)
}

// isShort reports whether a JSON number is of so few digits, and without an exponent,
// that no two of them are rounded to the same floating-point number.
func isShort(number []byte) bool {
	const digits = 15
	return len(number) <= digits && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0
}

// isWhole reports whether a JSON number is an integer, such as 7, 7.0 or 7e2.
func isWhole(number []byte) bool {
	if bytes.IndexByte(number, '.') < 0 && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return true
	}
	exact, ok := new(big.Rat).SetString(bounded(string(number)).String())
	return ok && exact.IsInt()
}

func newEnum(values []json.RawMessage) (*enum, bool) {
	e := &enum{texts: map[string]bool{}}
	for _, raw := range values {
		raw = bytes.TrimSpace(raw)
		switch {
		case len(raw) == 0 || raw[0] == '{' || raw[0] == '[':
			return nil, false
		case raw[0] == '"':
			text, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return nil, false
			}
			e.texts[string(text)] = true
		case raw[0] == 'n':
			e.null = true
		case raw[0] == 't':
			e.yes = true
		case raw[0] == 'f':
			e.no = true
		default:
			l, ok := newLimit(string(raw))
			if !ok {
				return nil, false
			}
			e.numbers = append(e.numbers, l)
		}
	}
	return e, true
}

// has reports whether a value is in the set. Of a text it takes what that says.
func (e *enum) has(value, text []byte) bool {
	switch value[0] {
	case '"':
		return e.texts[string(text)]
	case '{', '[':
		return false
	case 'n':
		return e.null
	case 't':
		return e.yes
	case 'f':
		return e.no
	}
	for i := range e.numbers {
		if e.numbers[i].compare(value) == 0 {
			return true
		}
	}
	return false
}

// formatOf gives what holds a text against a format; nil for one that jsonschema does
// not know, which allows anything. What is not plainly right is asked of jsonschema.
func formatOf(name string) func(text []byte) bool {
	judge := jsonschema.Formats[name]
	if judge == nil {
		return nil
	}
	plain := func([]byte) bool { return false }
	switch name {
	case "date-time":
		plain = plainDateTime
	case "date":
		plain = plainDate
	case "uri":
		plain = plainURI
	}
	return func(text []byte) bool { return plain(text) || judge(string(text)) }
}

// plainDateTime reports whether a text is a date and time such as 2026-01-28T12:00:00.5Z,
// on a day that the month has in every year.
func plainDateTime(text []byte) bool {
	const form = "0000-00-00T00:00:00"
	if len(text) <= len(form) || !plainDate(text[:10]) || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return false
	}
	hour, minute, second := twoDigits(text[11:]), twoDigits(text[14:]), twoDigits(text[17:])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return false
	}
	rest := text[len(form):]
	if rest[0] == '.' {
		n := 1
		for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
			n++
		}
		if n == 1 {
			return false
		}
		rest = rest[n:]
	}
	return string(rest) == "Z"
}

func plainDate(text []byte) bool {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' || twoDigits(text) < 0 || twoDigits(text[2:]) < 0 {
		return false
	}
	month, day := twoDigits(text[5:]), twoDigits(text[8:])
	return 1 <= month && month <= 12 && 1 <= day && day <= daysOf[month]
}

// daysOf gives the days that a month has in every year.
var daysOf = [...]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// twoDigits reads the number that a text begins with, or gives -1.
func twoDigits(text []byte) int {
	a, b := text[0]-'0', text[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// plainURI reports whether a text is a URN, or an address http:// or https:// of a host
// by name, without anything that is to be looked at twice, such as a port or a %.
func plainURI(text []byte) bool {
	name, rest, _ := bytes.Cut(text, []byte(":"))
	switch string(name) {
	case "urn":
		if len(rest) == 0 || rest[0] == '/' {
			return false
		}
	case "http", "https":
		host, ok := bytes.CutPrefix(rest, []byte("//"))
		if !ok {
			return false
		}
		n := 0
		for n < len(host) && (isWordByte(host[n]) || host[n] == '.' || host[n] == '-') {
			n++
		}
		if n == 0 || n < len(host) && host[n] != '/' {
			return false
		}
		rest = host[n:]
	default:
		return false
	}
	for _, c := range rest {
		if !isWordByte(c) && strings.IndexByte("-._~:/?@!$&'()*+,;=", c) < 0 {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_'
}

// identifierBytes holds the characters of an NGSI identifier.
var identifierBytes = func() (set [256]bool) {
	pattern := regexp.MustCompile(models.IdentifierShapes[0].Pattern)
	for c := range set {
		set[c] = c < utf8.RuneSelf && pattern.Match([]byte{byte(c)})
	}
	return set
}()

func isIdentifier(text []byte) bool {
	if len(text) == 0 || len(text) > 256 {
		return false
	}
	for _, c := range text {
		if !identifierBytes[c] {
			return false
		}
	}
	return true
}

// checking holds values against forms, one after another. It keeps the memory that it
// needs from one to the next, and is for one goroutine.
type checking struct {
	levels  []level
	depth   int // of levels, how many are in use
	scratch []byte
	spans   [][]byte
	unsure  bool
}

// level is a decoder of a value within another value.
type level struct {
	buffer  *bytes.Buffer
	decoder *jsontext.Decoder
}

// typedValue is the member that an object of JSON-LD stands for.
const typedValue = "@value"

// fits reports whether a value, which is one valid JSON value, is of a form. sure is false
// where that is for jsonschema to say: a member stands twice, or it has typed values in it.
func (c *checking) fits(f *form, value []byte) (fits, sure bool) {
	c.unsure = false
	fits = c.value(f, value)
	return fits, !c.unsure
}

// fitsAlone reports whether a list that has this one element is surely of a form.
func (c *checking) fitsAlone(f *form, element []byte) bool {
	c.unsure = false
	return !f.needsBytes() && f.enum == nil && f.minItems <= 1 && f.maxItems != 0 && (f.items == nil || c.value(f.items, element)) && !c.unsure
}

// untyped gives the value in a typed value of JSON-LD, {"@type": "DateTime", "@value": "…"};
// any other stays as it is.
func (c *checking) untyped(value []byte) []byte {
	if value[0] != '{' || bytes.IndexByte(value, '@') < 0 && bytes.IndexByte(value, '\\') < 0 {
		return value
	}
	d := c.open(value)
	defer c.close()
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() == '"' {
		var name, inner []byte
		if name, err = d.ReadValue(); err != nil {
			break
		}
		isValue := string(c.says(name)) == typedValue
		if inner, err = d.ReadValue(); err == nil && isValue {
			return inner
		}
	}
	return value
}

// value looks at a value whose bytes are at hand.
func (c *checking) value(f *form, value []byte) bool {
	if kind := kindOf(value[0]); kind != ofObject && kind != ofArray {
		return c.scalar(f, value) && c.alternatives(f, value)
	}
	d := c.open(value)
	defer c.close()
	return c.composite(f, d, value) && c.alternatives(f, value)
}

// open gives a decoder of a value until close.
func (c *checking) open(value []byte) *jsontext.Decoder {
	if c.depth == len(c.levels) {
		c.levels = append(c.levels, level{new(bytes.Buffer), jsontext.NewDecoder(new(bytes.Buffer))})
	}
	l := c.levels[c.depth]
	c.depth++
	*l.buffer = *bytes.NewBuffer(value)
	l.decoder.Reset(l.buffer)
	return l.decoder
}

func (c *checking) close() { c.depth-- }

// next looks at the next value of a decoder.
func (c *checking) next(f *form, d *jsontext.Decoder) bool {
	if f == nil {
		return c.read(d.SkipValue())
	}
	kind := kindOf(byte(d.PeekKind()))
	if (kind == ofObject || kind == ofArray) && !f.needsBytes() {
		return c.composite(f, d, nil)
	}
	value, err := d.ReadValue()
	return c.read(err) && c.value(f, value)
}

// needsBytes reports whether more than one look is to be taken at an object or array.
func (f *form) needsBytes() bool {
	return f.unique || f.geometries != nil || f.anyOf != nil || f.oneOf != nil || f.allOf != nil
}

// read notes that a decoder could not go on.
func (c *checking) read(err error) bool {
	c.unsure = c.unsure || err != nil
	return err == nil
}

// scalar looks at a text, a number, true, false or null.
func (c *checking) scalar(f *form, value []byte) bool {
	kind := kindOf(value[0])
	if f.kinds&kind == 0 {
		return false
	}
	var text []byte
	switch kind {
	case ofNumber:
		if f.integer && !isWhole(value) {
			return false
		}
		for i := range f.limits {
			l := &f.limits[i]
			if side := l.compare(value); side == l.wrong[0] || side == l.wrong[1] {
				return false
			}
		}
	case ofText:
		if !f.text && f.enum == nil {
			return true
		}
		text = c.says(value)
		if !f.fitsText(text) {
			return false
		}
	}
	return f.enum == nil || f.enum.has(value, text)
}

// says gives what a JSON string says, until the next call.
func (c *checking) says(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var err error
	c.scratch, err = jsontext.AppendUnquote(c.scratch[:0], quoted)
	c.read(err)
	return c.scratch
}

func (f *form) fitsText(text []byte) bool {
	switch {
	case f.minLength >= 0 && utf8.RuneCount(text) < f.minLength,
		f.maxLength >= 0 && utf8.RuneCount(text) > f.maxLength,
		f.format != nil && !f.format(text),
		f.pattern != nil && !f.pattern.Match(text),
		f.identifier != nil && !isIdentifier(text) && !f.identifier.fitsText(text):
		return false
	}
	return true
}

// composite looks at the object or array that a decoder has next: all of it, but for
// alternatives. value holds its bytes where the form needsBytes.
func (c *checking) composite(f *form, d *jsontext.Decoder, value []byte) bool {
	token, err := d.ReadToken()
	if !c.read(err) {
		return false
	}
	isObject := token.Kind() == '{'
	switch {
	case isObject && f.kinds&ofObject == 0, !isObject && f.kinds&ofArray == 0, f.enum != nil:
		return false
	case isObject && f.geometries != nil:
		return c.geometry(f, value) && c.object(f, d)
	case f.geometries != nil:
		return false
	case isObject:
		return c.object(f, d)
	}
	return c.array(f, d) && (!f.unique || c.allDiffer(value))
}

// object looks at the members of an object up to its end.
func (c *checking) object(f *form, d *jsontext.Decoder) bool {
	var seen uint64
	for d.PeekKind() == '"' {
		quoted, err := d.ReadValue()
		if !c.read(err) {
			return false
		}
		name := c.says(quoted)
		if string(name) == typedValue {
			c.unsure = true // the object stands for that value
			return false
		}
		m := f.members[string(name)]
		seen |= m.bit
		if !c.next(m.form, d) {
			return false
		}
	}
	_, err := d.ReadToken()
	return c.read(err) && seen == f.required
}

// array looks at the elements of an array up to its end.
func (c *checking) array(f *form, d *jsontext.Decoder) bool {
	n := 0
	for kind := d.PeekKind(); kind != ']' && kind != 0; kind = d.PeekKind() {
		if !c.next(f.items, d) {
			return false
		}
		n++
	}
	_, err := d.ReadToken()
	return c.read(err) && n >= f.minItems && (f.maxItems < 0 || n <= f.maxItems)
}

// allDiffer reports whether no two elements of an array are the same. It is unsure of
// elements that may be the same in other letters, and of long arrays.
func (c *checking) allDiffer(array []byte) bool {
	const most = 64
	d := c.open(array)
	defer c.close()
	_, err := d.ReadToken()
	c.spans = c.spans[:0]
	for n := 0; err == nil && d.PeekKind() != ']'; n++ {
		var element []byte
		if element, err = d.ReadValue(); err != nil {
			break
		}
		kind := kindOf(element[0])
		if n == most || kind == ofObject || kind == ofArray || kind == ofNumber && !isPlainInteger(element) || bytes.IndexByte(element, '\\') >= 0 {
			c.unsure = true
			return false
		}
		for _, other := range c.spans {
			if bytes.Equal(other, element) {
				return false
			}
		}
		end := int(d.InputOffset())
		c.spans = append(c.spans, array[end-len(element):end])
	}
	return c.read(err)
}

// isPlainInteger reports whether a JSON number is written in the only way that an
// integer is, but for an exponent.
func isPlainInteger(number []byte) bool {
	for i, digit := range number {
		if digit < '0' || digit > '9' {
			return false
		}
		if digit == '0' && i == 0 && len(number) > 1 {
			return false
		}
	}
	return true
}

// geometry reports whether a value is of one of the form's types of geometry.
func (c *checking) geometry(f *form, value []byte) bool {
	d := c.open(value)
	_, err := d.ReadToken()
	var g *form
	for err == nil && g == nil && d.PeekKind() == '"' {
		var name, typ []byte
		if name, err = d.ReadValue(); err != nil {
			break
		}
		isType := string(c.says(name)) == "type"
		if typ, err = d.ReadValue(); err == nil && isType && typ[0] == '"' {
			g = f.geometries[string(c.says(typ))]
		}
	}
	c.close()
	return c.read(err) && g != nil && c.value(g, value)
}

// alternatives holds a value against the forms of which all, any or one must fit.
func (c *checking) alternatives(f *form, value []byte) bool {
	if f.geometries != nil && value[0] != '{' {
		return false
	}
	return c.count(f.allOf, value) == len(f.allOf) &&
		(f.anyOf == nil || c.count(f.anyOf, value) > 0) &&
		(f.oneOf == nil || c.count(f.oneOf, value) == 1)
}

// count says how many forms a value fits.
func (c *checking) count(forms []*form, value []byte) (n int) {
	for _, one := range forms {
		if c.value(one, value) {
			n++
		}
	}
	return n
}

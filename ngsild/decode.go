package ngsild

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// maxDepth bounds how deep sub-attributes may stand in one another.
const maxDepth = 16

// maxFindings bounds the findings of one entity: who sees so many mends the
// first and looks again.
const maxFindings = 100

// Decode reads one entity in normalized or concise form. The forms may be
// mixed: each attribute is told apart by its members. Values keep the text of
// their numbers and lose the white space around them; nothing of the entity
// shares memory with data.
//
// The findings name what breaks a rule of structure, at most 100 of them, each
// with the JSON Pointer and the line in data; the entity then holds what could
// be read. A member that stands twice is a finding, and the first one counts.
// The error is a *SyntaxError where data is not one JSON object.
func Decode(data []byte) (*Entity, []finding.Finding, error) {
	return decode(data, decoder{})
}

// DecodeSimplified reads one entity in simplified form (key-values). What is
// a GeoJSON geometry becomes a GeoProperty, an object whose only member is
// languageMap, vocab, json, valueList or objectList that kind, "dataset" several
// instances, and all else a Property; kindOf, which may be nil, decides where
// it gives a Kind for the name of an attribute. Findings and error are those
// of Decode.
func DecodeSimplified(data []byte, kindOf func(name string) Kind) (*Entity, []finding.Finding, error) {
	return decode(data, decoder{simplified: true, kindOf: kindOf})
}

// decode reads one entity with a decoder that knows the form.
func decode(data []byte, d decoder) (*Entity, []finding.Finding, error) {
	duplicates, err := validate(data)
	if err != nil {
		return nil, nil, err
	}
	start := skipSpace(data, 0)
	// One copy serves all values, one all strings.
	own := bytes.Clone(data[start:skipValue(data, start)])
	d.checker = checker{entity: &Entity{}, temporal: d.temporal}
	d.data, d.text, d.duplicates = own, string(own), duplicates
	if isGeoJSON(own) {
		d.fault(finding.EntityStructure, nil, "this is GeoJSON, not an NGSI-LD entity").Hint = geoJSONHint
	} else {
		d.read()
	}
	for i := range d.findings {
		at := &d.findings[i].Location
		var offset int
		// The offset is taken in data as given: lines before the entity count.
		at.Pointer, offset = locate(data, at.Pointer)
		at.Line, at.Char = lineAt(data, offset), charNumber(data, offset)
	}
	return d.entity, d.findings, nil
}

const geoJSONHint = "ask the broker for application/ld+json, or convert the file with a mapping"

// SyntaxError says that a text is not the JSON that it should be, and where.
type SyntaxError struct {
	// Line and Char are counted from 1; Char counts characters.
	Line, Char int
	Message    string
	Hint       string
	// Foreign says that the text is JSON, but of another format: GeoJSON.
	Foreign bool
}

// Error gives the place and the message.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, character %d: %s", e.Line, e.Char, e.Message)
}

// Finding gives the error as a finding of code entity-json, without a file.
func (e *SyntaxError) Finding() finding.Finding {
	f := finding.New(finding.EntityJSON, finding.Location{Line: e.Line, Char: e.Char}, "%s", e.Message)
	f.Hint = e.Hint
	return f
}

// validate reports whether data is one JSON object, and whether any object in
// it has two members of one name.
func validate(data []byte) (duplicates bool, err error) {
	value := jsontext.Value(data)
	if !value.IsValid() {
		if !value.IsValid(jsontext.AllowDuplicateNames(true)) {
			return false, syntaxError(data)
		}
		duplicates = true
	}
	if err := checkNesting(data); err != nil {
		return false, err
	}
	if start := skipSpace(data, 0); data[start] != '{' {
		return false, &SyntaxError{
			Line: lineAt(data, start), Char: charNumber(data, start),
			Message: "an entity is a JSON object, and this is " + describe(data[start]),
			Hint:    "write the entity as {\"id\": …, \"type\": …, …}",
		}
	}
	return duplicates, nil
}

// maxNesting bounds how deep arrays and objects may stand in one another, so
// that the time to read an entity stays in proportion to its size.
const maxNesting = 500

func checkNesting(data []byte) error {
	if bytes.Count(data, []byte{'{'})+bytes.Count(data, []byte{'['}) <= maxNesting {
		return nil
	}
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = skipString(data, i) - 1
		case '}', ']':
			depth--
		case '{', '[':
			if depth++; depth > maxNesting {
				return &SyntaxError{
					Line: lineAt(data, i), Char: charNumber(data, i),
					Message: fmt.Sprintf("arrays and objects stand more than %d deep in one another", maxNesting),
					Hint:    "look for brackets that are never closed where they should be",
				}
			}
		}
	}
	return nil
}

// syntaxError says what keeps data from being one JSON value.
func syntaxError(data []byte) *SyntaxError {
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	_, err := dec.ReadValue()
	if err == nil {
		if _, err = dec.ReadToken(); err == nil || errors.Is(err, io.EOF) {
			err = errors.New("something follows the entity")
		}
	}
	return newSyntaxError(err, data, 0)
}

// NewSyntaxError describes in plain words an error that jsontext gave for a text, which
// need not be an entity.
func NewSyntaxError(err error, text []byte) *SyntaxError { return newSyntaxError(err, text, 0) }

// newSyntaxError describes an error of jsontext. Data is what is at hand of
// the text around the fault and starts at the offset base; lines count from
// there.
func newSyntaxError(err error, data []byte, base int64) *SyntaxError {
	e := &SyntaxError{}
	offset := int64(len(data))
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		offset = syntactic.ByteOffset - base
	}
	offset = max(0, min(offset, int64(len(data))))
	e.Line, e.Char = lineAt(data, int(offset)), charNumber(data, int(offset))
	rest := bytes.TrimLeft(data[offset:], " \t\r\n")
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		e.Message, e.Hint = "the JSON ends too early", "the file may be cut short; look for a missing } or ]"
		if len(bytes.TrimSpace(data)) == 0 && base == 0 {
			e.Message, e.Hint = "there is no JSON here", "write an entity, such as {\"id\": \"urn:ngsi-ld:Building:1\", \"type\": \"Building\"}"
		}
	case syntactic != nil && strings.Contains(syntactic.Err.Error(), "max depth"):
		e.Message = "arrays and objects stand more than 10000 deep in one another"
		e.Hint = "look for brackets that are never closed where they should be"
	case base == 0 && offset <= 1 && isUTF16(data):
		e.Message, e.Hint = "the text is UTF-16", "save the file as UTF-8"
	case base == 0 && bytes.HasPrefix(data, []byte("PK\x03\x04")):
		e.Message, e.Hint = "this is not JSON, but a workbook or an archive (zip)", "unpack it; of a table, make entities first"
	case base == 0 && bytes.HasPrefix(data, []byte("\x1f\x8b")):
		e.Message, e.Hint = "this is not JSON, but a packed file (gzip)", "unpack it"
	case syntactic != nil && strings.Contains(syntactic.Err.Error(), "UTF-8"):
		e.Message, e.Hint = "the text is not UTF-8", "save the file as UTF-8"
	case bytes.HasPrefix(rest, byteOrderMark):
		e.Message, e.Hint = "a byte order mark stands here; a file has at most one, at its start", "take it out; it often comes from joining files"
	case syntactic != nil && len(rest) > 0:
		r, _ := utf8.DecodeRune(rest)
		switch {
		case r == '\'':
			e.Message, e.Hint = "this is not JSON: a string stands in single quotes", "use double quotes"
		case (r == '}' || r == ']') && precededBy(data[:offset], ','):
			e.Message, e.Hint = fmt.Sprintf("this is not JSON: a comma before %q", r), "remove the last comma"
		case r == ',':
			e.Message, e.Hint = "this is not JSON: a comma that no value follows", "remove the comma"
		case r == '/' || r == '#':
			e.Message, e.Hint = "this is not JSON: it has no comments", "remove the comment"
		case bytes.HasPrefix(rest, []byte("NaN")) || bytes.HasPrefix(rest, []byte("Infinity")) || bytes.HasPrefix(rest, []byte("-Infinity")):
			e.Message, e.Hint = "this is not JSON: it has no NaN and no Infinity", "leave the attribute out where there is no number"
		default:
			e.Message = fmt.Sprintf("this is not JSON at %q: %s", r, syntacticReason(syntactic))
			if base == 0 && len(bytes.TrimSpace(data[:offset])) == 0 {
				e.Hint = "a text of JSON begins with { or ["
			}
		}
	case syntactic != nil:
		e.Message = "this is not JSON: " + syntacticReason(syntactic)
	default:
		e.Message = "this is not one JSON object: " + err.Error()
	}
	return e
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// isUTF16 reports whether a text starts as UTF-16 does, with its byte order mark
// or an ASCII character.
func isUTF16(data []byte) bool {
	return len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff || data[0] == 0 || data[1] == 0)
}

func syntacticReason(err *jsontext.SyntacticError) string {
	return strings.TrimPrefix(err.Err.Error(), "jsontext: ")
}

func precededBy(data []byte, c byte) bool {
	data = bytes.TrimRight(data, " \t\r\n")
	return len(data) > 0 && data[len(data)-1] == c
}

// describe names the kind of JSON value that starts with c.
func describe(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// decoder reads one entity out of valid JSON.
type decoder struct {
	checker
	data       []byte
	text       string // the same bytes
	simplified bool
	temporal   bool
	kindOf     func(string) Kind
	duplicates bool
}

// findDuplicates reports each member that stands twice in one object of the
// value at offset i, however deep.
func (d *decoder) findDuplicates(i int, at *path) {
	switch d.data[i] {
	case '{':
		seen := map[string]bool{}
		for c := enter(d.data, i); ; {
			key, value, ok := c.member()
			if !ok {
				return
			}
			name := unquote(key.of(d.data))
			here := d.member(at, name)
			if seen[name] {
				d.add(finding.New(finding.JSONDuplicate, finding.Location{Pointer: here.pointer()}, "%q stands twice in one object", name).
					WithHint("keep one of them; several values of one attribute stand in an array, each with its datasetId"))
			}
			seen[name] = true
			d.findDuplicates(value.start, here)
		}
	case '[':
		c := enter(d.data, i)
		for n := 0; ; n++ {
			value, ok := c.element()
			if !ok {
				return
			}
			here := d.element(at, n)
			d.findDuplicates(value.start, here)
		}
	}
}

// name gives what a member's name says, without allocating where it has no escapes.
func (d *decoder) name(key span) string {
	inner := d.text[key.start+1 : key.end-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return unquote(key.of(d.data))
}

// string gives what a string value says, and whether it is a string.
func (d *decoder) string(value span) (string, bool) {
	if value.first(d.data) != '"' {
		return "", false
	}
	return d.name(value), true
}

// strings gives a string, or an array of strings, as a slice.
func (d *decoder) strings(value span) ([]string, bool) {
	if text, ok := d.string(value); ok {
		return []string{text}, true
	}
	if value.first(d.data) != '[' {
		return nil, false
	}
	list := make([]string, 0, count(d.data, value.start))
	for c := enter(d.data, value.start); ; {
		element, ok := c.element()
		if !ok {
			return list, true
		}
		text, ok := d.string(element)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
}

// value gives a value without white space around its parts.
func (d *decoder) value(value span) jsontext.Value {
	raw := value.of(d.data)
	if c := raw[0]; (c == '{' || c == '[') && hasSpace(raw) {
		return appendCompact(make([]byte, 0, len(raw)), raw)
	}
	return raw
}

// names remembers the members of one object, in a document that is known to
// have duplicates.
func (d *decoder) names() map[string]bool {
	if !d.duplicates {
		return nil
	}
	return map[string]bool{}
}

// again reports whether names has this one, and adds it.
func again(names map[string]bool, name string) bool {
	if names == nil {
		return false
	}
	if names[name] {
		return true
	}
	names[name] = true
	return false
}

// read fills the entity and checks it.
func (d *decoder) read() {
	if d.duplicates {
		d.findDuplicates(0, nil)
	}
	d.entityMembers()
	d.check()
	d.removeFaulty()
}

func (d *decoder) entityMembers() {
	e := d.entity
	n := 0
	for c := enter(d.data, 0); ; n++ {
		if _, _, ok := c.member(); !ok {
			break
		}
	}
	e.Attributes = make([]Attribute, 0, max(0, n-2))
	var haveID, haveType bool
	names := d.names()
	for c := enter(d.data, 0); ; {
		key, value, ok := c.member()
		if !ok {
			return
		}
		name := d.name(key)
		if again(names, name) {
			continue
		}
		at := d.member(nil, name)
		switch name {
		case MemberID, "@id":
			if haveID {
				d.fault(finding.EntityDuplicate, at, "the entity has its id twice, as \"id\" and as \"@id\"").Hint = "keep \"id\""
				continue
			}
			haveID = true
			if e.ID, ok = d.string(value); !ok {
				d.broken.id = true
				d.fault(finding.EntityID, at, "the id of an entity is a string, and this is %s", describe(value.first(d.data))).Hint =
					"write a URI in quotes, such as \"urn:ngsi-ld:Building:42\""
			}
		case MemberType, "@type":
			if haveType {
				d.fault(finding.EntityDuplicate, at, "the entity has its type twice, as \"type\" and as \"@type\"").Hint = "keep \"type\""
				continue
			}
			haveType = true
			if e.Types, ok = d.strings(value); !ok {
				d.broken.types = true
				d.fault(finding.EntityType, at, "the type of an entity is a string or an array of strings, and this is %s", describe(value.first(d.data))).Hint =
					"write \"type\": \"Building\""
			}
		case MemberScope:
			if e.Scopes, ok = d.strings(value); !ok {
				d.fault(finding.EntityStructure, at, "the scope of an entity is a string or an array of strings, and this is %s", describe(value.first(d.data))).Hint =
					"write \"scope\": \"/Paris/Energy\""
			} else if len(e.Scopes) == 0 {
				d.fault(finding.EntityStructure, at, "the array of scopes is empty").Hint = "leave scope out where the entity has none"
			}
		case MemberContext:
			e.Context = d.value(value)
		case MemberCreatedAt:
			e.CreatedAt = d.time(value, at)
		case MemberModifiedAt:
			e.ModifiedAt = d.time(value, at)
		case MemberDeletedAt:
			e.DeletedAt = d.time(value, at)
		case MemberExpiresAt:
			e.ExpiresAt = d.time(value, at)
		default:
			switch {
			case d.simplified:
				e.Attributes = d.simplifiedAttribute(e.Attributes, name, value, at)
			case d.temporal:
				e.Attributes = d.temporalInstances(e.Attributes, name, value, at)
			default:
				e.Attributes = d.instances(e.Attributes, name, value, at, 0)
			}
		}
	}
}

// time reads the DateTime of a member; check looks at what it says.
func (d *decoder) time(value span, at *path) string {
	text, ok := d.string(value)
	if !ok {
		d.fault(finding.AttributeTime, at, "%s is a string such as \"2024-01-31T12:00:00Z\", and this is %s", at.name, describe(value.first(d.data)))
	}
	return text
}

// instances appends the attribute of this name, or each of its instances
// where the value is an array of them. An instance that cannot be read is
// appended with Kind 0 to keep the places of those behind it.
func (d *decoder) instances(list []Attribute, name string, value span, at *path, depth int) []Attribute {
	if value.first(d.data) != '[' || !d.isInstances(value) {
		list = append(list, Attribute{Name: name})
		d.instance(&list[len(list)-1], value, at, depth)
		return list
	}
	c := enter(d.data, value.start)
	for n := 0; ; n++ {
		element, ok := c.element()
		if !ok {
			return list
		}
		here := d.element(at, n)
		list = append(list, Attribute{Name: name})
		d.instance(&list[len(list)-1], element, here, depth)
	}
}

// isInstances reports whether an array holds instances of an attribute, not
// the value of a concise Property.
func (d *decoder) isInstances(value span) bool {
	for c := enter(d.data, value.start); ; {
		element, ok := c.element()
		if !ok {
			return false
		}
		if element.first(d.data) != '{' {
			continue
		}
		for m := enter(d.data, element.start); ; {
			key, inner, ok := m.member()
			if !ok {
				break
			}
			switch name := d.name(key); name {
			case MemberDatasetID:
				return true
			case MemberType, "@type":
				text, _ := d.string(inner)
				if _, known := ParseKind(text); known {
					return true
				}
			default:
				if isValueMember(name) {
					return true
				}
			}
		}
	}
}

// members are the members of an attribute that are not sub-attributes.
type members struct {
	typ        span
	values     [JsonProperty + 1]span // by Kind; GeoProperty's stays empty
	objectType span
	datasetID  span
	observedAt span
	unitCode   span
	createdAt  span
	modifiedAt span
	deletedAt  span
	expiresAt  span
	instanceID span
	typedValue span // "@value"
	others     int
}

// slot gives the place for the member of this name, or nil for a sub-attribute.
func (m *members) slot(name string) *span {
	switch name {
	case MemberType, "@type":
		return &m.typ
	case MemberValue:
		return &m.values[Property]
	case MemberObject:
		return &m.values[Relationship]
	case MemberLanguageMap:
		return &m.values[LanguageProperty]
	case MemberVocab:
		return &m.values[VocabProperty]
	case MemberValueList:
		return &m.values[ListProperty]
	case MemberObjectList:
		return &m.values[ListRelationship]
	case MemberJSON:
		return &m.values[JsonProperty]
	case MemberObjectType:
		return &m.objectType
	case MemberDatasetID:
		return &m.datasetID
	case MemberObservedAt:
		return &m.observedAt
	case MemberUnitCode:
		return &m.unitCode
	case MemberCreatedAt:
		return &m.createdAt
	case MemberModifiedAt:
		return &m.modifiedAt
	case MemberDeletedAt:
		return &m.deletedAt
	case MemberExpiresAt:
		return &m.expiresAt
	case MemberInstanceID:
		return &m.instanceID
	case "@value":
		return &m.typedValue
	}
	return nil
}

// valueKind gives the first Kind whose member is present, or 0.
func (m *members) valueKind() Kind {
	for k := Property; k <= JsonProperty; k++ {
		if m.values[k].present() {
			return k
		}
	}
	return 0
}

// instance reads one instance of an attribute into a, which has its Name. A
// Kind of 0 afterwards says that it could not be read and that a finding was made.
func (d *decoder) instance(a *Attribute, value span, at *path, depth int) {
	if value.first(d.data) != '{' {
		d.bare(a, Property, value, at)
		return
	}
	if depth > maxDepth {
		d.fault(finding.EntityStructure, at, "sub-attributes stand more than %d deep in one another", maxDepth)
		return
	}
	var m members
	for c := enter(d.data, value.start); ; {
		key, inner, ok := c.member()
		if !ok {
			break
		}
		if slot := m.slot(d.name(key)); slot == nil {
			m.others++
		} else if !slot.present() {
			*slot = inner
		}
	}
	if m.typedValue.present() { // a JSON-LD value object is a value
		d.bare(a, Property, value, at)
		return
	}
	have := m.valueKind()
	if m.typ.present() {
		text, isString := d.string(m.typ)
		kind, known := ParseKind(text)
		switch {
		case known:
			a.Kind = kind
		case have == 0 && isGeometry(value.of(d.data)):
			d.bare(a, GeoProperty, value, at)
			return
		default:
			here := d.member(at, MemberType)
			f := d.fault(finding.AttributeType, here, "%s is not a type of attribute", clip(m.typ.of(d.data)))
			if near := finding.Nearest(text, kindList); isString && near != "" {
				f.Hint = fmt.Sprintf("did you mean %q?", near)
			} else if have == 0 {
				f.Hint = "an object that is plain data stands under \"value\": {\"type\": \"Property\", \"value\": {…}}"
			} else if kind := kindOfV2(text); isString && kind != 0 {
				f.Hint = fmt.Sprintf("this is a type of NGSI v2: in NGSI-LD write \"type\": \"%s\"", kind)
			} else {
				f.Hint = "the types are " + strings.Join(kindList, ", ")
			}
		}
	}
	if a.Kind == 0 { // concise, or a misspelt type
		if a.Kind = have; have == Property && isGeometry(m.values[Property].of(d.data)) {
			a.Kind = GeoProperty
		}
		if have == 0 {
			if !m.typ.present() {
				f := d.fault(finding.AttributeMember, at, "the attribute has no value, object, languageMap, vocab, json, valueList or objectList")
				f.Hint = "an object that is plain data stands under \"value\": {\"value\": {…}}"
				if a.Name == "metadata" {
					f.Hint = "metadata is of NGSI v2: in NGSI-LD its members stand in the attribute itself, beside \"value\""
				}
			}
			return
		}
	}
	d.memberValues(a, &m, at)
	d.memberFacts(a, &m, at)
	if m.others == 0 {
		return
	}
	a.Attributes = make([]Attribute, 0, m.others)
	names := d.names()
	for c := enter(d.data, value.start); ; {
		key, inner, ok := c.member()
		if !ok {
			return
		}
		name := d.name(key)
		if m.slot(name) != nil || again(names, name) {
			continue
		}
		if (name == MemberEntity && a.Kind == Relationship || name == MemberEntityList && a.Kind == ListRelationship) && !inner.isNull(d.data) {
			continue // the linked entities that a broker answers with, which are not the attribute's (4.5.23)
		}
		here := d.member(at, name)
		if name == MemberContext {
			d.fault(finding.AttributeMember, here, "an @context stands in the entity, not in an attribute").Hint = "move it to the entity"
			continue
		}
		a.Attributes = d.instances(a.Attributes, name, inner, here, depth+1)
	}
}

// bare reads an attribute that is nothing but its value.
func (d *decoder) bare(a *Attribute, kind Kind, value span, at *path) {
	if value.isNull(d.data) {
		d.null(at)
		return
	}
	a.Kind, a.Value = kind, d.value(value)
}

func (d *decoder) null(at *path) {
	d.fault(finding.AttributeValue, at, "null is no value in NGSI-LD").Hint =
		"leave the attribute out; to delete it from a broker, write \"" + NullURI + "\""
}

// memberValues reads the member that the Kind has, and reports those of other kinds.
func (d *decoder) memberValues(a *Attribute, m *members, at *path) {
	own := a.Kind
	if own == GeoProperty {
		own = Property
	}
	for kind := Property; kind <= JsonProperty; kind++ {
		if !m.values[kind].present() || kind == own {
			continue
		}
		here := d.member(at, kind.Member())
		f := d.fault(finding.AttributeMember, here, "a %s has no %q", a.Kind, kind.Member())
		if m.values[own].present() {
			f.Hint = fmt.Sprintf("remove it, or make it an attribute of its own: a %s has its value in %q", a.Kind, a.Kind.Member())
		} else {
			f.Hint = fmt.Sprintf("a %s has its value in %q; with %q the type is %s", a.Kind, a.Kind.Member(), kind.Member(), kind)
		}
	}
	value := m.values[own]
	switch {
	case !value.present():
		if m.valueKind() == 0 {
			d.fault(finding.AttributeMember, at, "the %s has no %q", a.Kind, a.Kind.Member()).Hint =
				"add the member, or leave the attribute out"
		}
		a.Kind = 0
	case value.isNull(d.data):
		here := d.member(at, a.Kind.Member())
		d.null(here)
		a.Kind = 0
	case a.Kind == ListRelationship:
		a.Value = d.objectList(value)
	default:
		a.Value = d.value(value)
	}
}

// objectList gives an objectList in its normalized form; an element that is a
// plain URI, as in the shorter forms, is wrapped.
func (d *decoder) objectList(value span) jsontext.Value {
	if value.first(d.data) != '[' {
		return d.value(value)
	}
	plain := false
	for c := enter(d.data, value.start); ; {
		element, ok := c.element()
		if !ok {
			break
		}
		plain = plain || element.first(d.data) == '"'
	}
	if !plain {
		return d.value(value)
	}
	out := []byte{'['}
	for c := enter(d.data, value.start); ; {
		element, ok := c.element()
		if !ok {
			return append(out, ']')
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if element.first(d.data) == '"' {
			out = append(out, `{"object":`...)
			out = append(out, element.of(d.data)...)
			out = append(out, '}')
			continue
		}
		out = appendCompact(out, element.of(d.data))
	}
}

// memberFacts reads what stands beside the value.
func (d *decoder) memberFacts(a *Attribute, m *members, at *path) {
	read := func(value span, name string, code finding.Code, form string) string {
		if !value.present() {
			return ""
		}
		text, ok := d.string(value)
		if !ok || text == "" {
			here := d.member(at, name)
			d.fault(code, here, "%s is a string, and this is %s", name, describeValue(value.of(d.data))).Hint = "write " + form
		}
		return text
	}
	const moment = "a moment in UTC, such as \"2024-01-31T12:00:00Z\""
	a.ObservedAt = read(m.observedAt, MemberObservedAt, finding.AttributeTime, moment)
	a.CreatedAt = read(m.createdAt, MemberCreatedAt, finding.AttributeTime, moment)
	a.ModifiedAt = read(m.modifiedAt, MemberModifiedAt, finding.AttributeTime, moment)
	a.DeletedAt = read(m.deletedAt, MemberDeletedAt, finding.AttributeTime, moment)
	a.ExpiresAt = read(m.expiresAt, MemberExpiresAt, finding.AttributeTime, moment)
	a.UnitCode = read(m.unitCode, MemberUnitCode, finding.AttributeUnit, "a UN/CEFACT code, such as \"KWH\"")
	a.DatasetID = read(m.datasetID, MemberDatasetID, finding.AttributeDataset, "a URI, such as \"urn:ngsi-ld:Dataset:1\"")
	a.InstanceID = read(m.instanceID, MemberInstanceID, finding.AttributeDataset, "a URI")
	if a.DatasetID == defaultDataset {
		a.DatasetID = ""
	}
	if m.objectType.present() {
		var ok bool
		if a.ObjectType, ok = d.strings(m.objectType); !ok {
			here := d.member(at, MemberObjectType)
			d.fault(finding.AttributeMember, here, "objectType is a string or an array of strings").Hint = "write \"objectType\": \"Building\""
		}
	}
}

// defaultDataset names the instance without a datasetId.
const defaultDataset = "@none"

// kindList holds the names of the Kinds.
var kindList = func() []string {
	list := make([]string, 0, JsonProperty)
	for k := Property; k <= JsonProperty; k++ {
		list = append(list, k.String())
	}
	return list
}()

// simplifiedAttribute appends the instances of one attribute of a simplified entity.
func (d *decoder) simplifiedAttribute(list []Attribute, name string, value span, at *path) []Attribute {
	kind := Kind(0)
	if d.kindOf != nil {
		kind = d.kindOf(name)
	}
	if set, ok := datasetOf(d.data, value.start); ok {
		inDataset, names := d.member(at, MemberDataset), d.names()
		for c := enter(d.data, set.start); ; {
			key, inner, ok := c.member()
			if !ok {
				return list
			}
			if again(names, d.name(key)) {
				continue
			}
			here := d.member(inDataset, d.name(key))
			list = append(list, Attribute{Name: name})
			a := &list[len(list)-1]
			if a.DatasetID = d.name(key); a.DatasetID == defaultDataset {
				a.DatasetID = ""
			}
			d.simplifiedValue(a, kind, inner, here)
		}
	}
	list = append(list, Attribute{Name: name})
	d.simplifiedValue(&list[len(list)-1], kind, value, at)
	return list
}

// datasetOf gives the object of instances by datasetId where the value at data[i]
// is {"dataset": {"@none": …, "urn:…": …}}: at least one is named @none or by a URI.
func datasetOf(data []byte, i int) (span, bool) {
	if data[i] != '{' {
		return span{}, false
	}
	c := enter(data, i)
	key, set, ok := c.member()
	if _, _, more := c.member(); !ok || more || !keyIs(key.of(data), MemberDataset) || set.first(data) != '{' {
		return span{}, false
	}
	for c := enter(data, set.start); ; {
		key, _, ok := c.member()
		if !ok {
			return span{}, false
		}
		if id := unquote(key.of(data)); id == defaultDataset || ValidURI(id) == nil {
			return set, true
		}
	}
}

// only gives the value of the only member of an object where that has this name.
func (d *decoder) only(value span, name string) (span, bool) {
	if value.first(d.data) != '{' {
		return span{}, false
	}
	c := enter(d.data, value.start)
	key, inner, ok := c.member()
	if !ok || d.name(key) != name {
		return span{}, false
	}
	_, _, more := c.member()
	return inner, !more
}

func (d *decoder) simplifiedValue(a *Attribute, kind Kind, value span, at *path) {
	wrapped := false
	for k := LanguageProperty; k <= JsonProperty; k++ {
		if kind != 0 && kind != k {
			continue
		}
		if inner, ok := d.only(value, k.Member()); ok {
			kind, value, wrapped = k, inner, true
			break
		}
	}
	if value.isNull(d.data) {
		if wrapped {
			here := d.member(at, kind.Member())
			at = here
		}
		d.null(at)
		return
	}
	if kind == 0 {
		if kind = Property; value.first(d.data) == '{' && isGeometry(value.of(d.data)) {
			kind = GeoProperty
		}
	}
	a.Kind = kind
	if kind == ListRelationship {
		a.Value = d.objectList(value)
		return
	}
	a.Value = d.value(value)
}

// removeFaulty takes out the attributes that could not be read.
func (d *decoder) removeFaulty() {
	if len(d.findings) == 0 {
		return
	}
	var clean func([]Attribute) []Attribute
	clean = func(list []Attribute) []Attribute {
		kept := list[:0]
		for _, a := range list {
			if a.Kind == 0 {
				continue
			}
			a.Attributes = clean(a.Attributes)
			kept = append(kept, a)
		}
		return kept
	}
	d.entity.Attributes = clean(d.entity.Attributes)
}

// clip gives JSON short enough to be quoted in a message.
func clip(data []byte) string {
	const longest = 60
	text := string(data)
	if len(text) <= longest {
		return text
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// describeValue names a value: what it is, and an empty string as such.
func describeValue(data []byte) string {
	if string(data) == `""` {
		return "empty"
	}
	return describe(data[0])
}

// DetectRepresentation tells in which form a JSON object was most likely
// written: normalized where an attribute has the name of a Kind as its type,
// concise where one has its value beside or under a member of the API,
// simplified otherwise. Data must be valid JSON.
func DetectRepresentation(data []byte) Representation {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return Normalized
	}
	guess := Simplified
	for c := enter(data, i); ; {
		key, value, ok := c.member()
		if !ok {
			return guess
		}
		if keyIs(key.of(data), MemberContext) {
			continue
		}
		elements := cursor{data, len(data)}
		if value.first(data) == '[' {
			elements = enter(data, value.start)
			if value, ok = elements.element(); !ok {
				continue
			}
		}
		for {
			switch detectAttribute(value.of(data)) {
			case Normalized:
				return Normalized
			case Concise:
				guess = Concise
			}
			if value, ok = elements.element(); !ok {
				break
			}
		}
	}
}

func detectAttribute(data []byte) Representation {
	if data[0] != '{' {
		return Simplified
	}
	var m members
	others := 0
	for c := enter(data, 0); ; {
		key, value, ok := c.member()
		if !ok {
			break
		}
		if slot := m.slot(unquote(key.of(data))); slot != nil {
			*slot = value
		} else {
			others++
		}
	}
	if m.typ.present() && m.typ.first(data) == '"' {
		text := unquote(m.typ.of(data))
		if _, ok := ParseKind(text); ok {
			return Normalized
		}
		if near := finding.Nearest(text, kindList); near != "" && m.valueKind() != 0 {
			return Normalized
		}
	}
	kind := m.valueKind()
	switch {
	case kind == Property || kind == Relationship:
		return Concise
	case kind != 0 && (others > 0 || m.observedAt.present() || m.datasetID.present() || m.unitCode.present() || m.objectType.present()):
		return Concise
	}
	return Simplified
}

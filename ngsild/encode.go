package ngsild

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends the entity as one line of JSON, without a newline at its
// end, and allocates nothing but to grow dst. Members stand in the order id,
// type, scope, attributes, system attributes, @context; instances of one name
// that stand together become an array. The simplified form leaves out what it
// has no place for: all but the value of each attribute.
//
// The entity is written as it is; Check says whether it is legal. Values must
// be valid JSON.
func (e *Entity) AppendJSON(dst []byte, rep Representation) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, e.ID)
	dst = append(dst, `,"type":`...)
	dst = appendStrings(dst, e.Types)
	if len(e.Scopes) > 0 {
		dst = append(dst, `,"scope":`...)
		dst = appendStrings(dst, e.Scopes)
	}
	dst = appendAttributes(dst, e.Attributes, rep)
	dst = appendMember(dst, `,"createdAt":`, e.CreatedAt)
	dst = appendMember(dst, `,"modifiedAt":`, e.ModifiedAt)
	dst = appendMember(dst, `,"deletedAt":`, e.DeletedAt)
	dst = appendMember(dst, `,"expiresAt":`, e.ExpiresAt)
	if len(e.Context) > 0 {
		dst = append(dst, `,"@context":`...)
		dst = appendValue(dst, e.Context)
	}
	return append(dst, '}')
}

// AppendJSON appends the attribute's value in its representation, without its
// name. In the simplified form a value whose dataset is not the default one
// loses its datasetId: an Entity keeps it.
func (a *Attribute) AppendJSON(dst []byte, rep Representation) []byte {
	switch rep {
	case Simplified:
		return a.appendSimplified(dst)
	case Concise:
		return a.appendConcise(dst)
	}
	return a.appendNormalized(dst)
}

// appendAttributes appends a comma before each member: something always
// stands before the attributes.
func appendAttributes(dst []byte, list []Attribute, rep Representation) []byte {
	for i := 0; i < len(list); {
		end := i + 1
		for end < len(list) && list[end].Name == list[i].Name {
			end++
		}
		dst = append(dst, ',')
		dst = appendString(dst, list[i].Name)
		dst = append(dst, ':')
		switch {
		case rep == Simplified && (end-i > 1 || list[i].DatasetID != "" || list[i].readsAsDataset()):
			dst = appendDataset(dst, list[i:end])
		case end-i == 1:
			dst = list[i].AppendJSON(dst, rep)
		default:
			for k := i; k < end; k++ {
				dst = append(dst, openOrComma(k == i, '['))
				dst = list[k].AppendJSON(dst, rep)
			}
			dst = append(dst, ']')
		}
		i = end
	}
	return dst
}

// readsAsDataset reports whether the value of a lone instance would be read as
// several in simplified form.
func (a *Attribute) readsAsDataset() bool {
	if a.Kind != Property && a.Kind != GeoProperty || len(a.Value) == 0 {
		return false
	}
	_, ok := datasetOf(a.Value, skipSpace(a.Value, 0))
	return ok
}

func openOrComma(first bool, open byte) byte {
	if first {
		return open
	}
	return ','
}

// appendDataset appends several instances in simplified form.
func appendDataset(dst []byte, list []Attribute) []byte {
	dst = append(dst, `{"dataset":`...)
	for i := range list {
		dst = append(dst, openOrComma(i == 0, '{'))
		id := list[i].DatasetID
		if id == "" {
			id = defaultDataset
		}
		dst = appendString(dst, id)
		dst = append(dst, ':')
		dst = list[i].appendSimplified(dst)
	}
	return append(dst, '}', '}')
}

// Opening of a normalized attribute up to its value, by Kind.
var normalizedOpening = [...]string{
	0:                `{"type":"Property","value":`,
	Property:         `{"type":"Property","value":`,
	GeoProperty:      `{"type":"GeoProperty","value":`,
	Relationship:     `{"type":"Relationship","object":`,
	LanguageProperty: `{"type":"LanguageProperty","languageMap":`,
	VocabProperty:    `{"type":"VocabProperty","vocab":`,
	ListProperty:     `{"type":"ListProperty","valueList":`,
	ListRelationship: `{"type":"ListRelationship","objectList":`,
	JsonProperty:     `{"type":"JsonProperty","json":`,
}

// Opening of a concise attribute up to its value, by Kind.
var conciseOpening = [...]string{
	0:                `{"value":`,
	Property:         `{"value":`,
	GeoProperty:      `{"value":`,
	Relationship:     `{"object":`,
	LanguageProperty: `{"languageMap":`,
	VocabProperty:    `{"vocab":`,
	ListProperty:     `{"valueList":`,
	ListRelationship: `{"objectList":`,
	JsonProperty:     `{"json":`,
}

func (a *Attribute) kind() Kind {
	if a.Kind > JsonProperty {
		return 0
	}
	return a.Kind
}

func (a *Attribute) appendNormalized(dst []byte) []byte {
	dst = append(dst, normalizedOpening[a.kind()]...)
	dst = appendValue(dst, a.Value)
	return a.appendRest(dst, Normalized)
}

// appendRest appends what stands behind the value, and the closing brace.
func (a *Attribute) appendRest(dst []byte, rep Representation) []byte {
	if len(a.ObjectType) > 0 {
		dst = append(dst, `,"objectType":`...)
		dst = appendStrings(dst, a.ObjectType)
	}
	dst = appendMember(dst, `,"unitCode":`, a.UnitCode)
	dst = appendMember(dst, `,"observedAt":`, a.ObservedAt)
	dst = appendMember(dst, `,"datasetId":`, a.DatasetID)
	dst = appendAttributes(dst, a.Attributes, rep)
	if a.CreatedAt != "" || a.ModifiedAt != "" || a.DeletedAt != "" || a.ExpiresAt != "" || a.InstanceID != "" {
		dst = appendMember(dst, `,"createdAt":`, a.CreatedAt)
		dst = appendMember(dst, `,"modifiedAt":`, a.ModifiedAt)
		dst = appendMember(dst, `,"deletedAt":`, a.DeletedAt)
		dst = appendMember(dst, `,"expiresAt":`, a.ExpiresAt)
		dst = appendMember(dst, `,"instanceId":`, a.InstanceID)
	}
	return append(dst, '}')
}

// alone reports whether the attribute is nothing but its value.
func (a *Attribute) alone() bool {
	return a.UnitCode == "" && a.ObservedAt == "" && a.DatasetID == "" && len(a.Attributes) == 0 && len(a.ObjectType) == 0 &&
		a.CreatedAt == "" && a.ModifiedAt == "" && a.DeletedAt == "" && a.ExpiresAt == "" && a.InstanceID == ""
}

// appendConcise writes the shortest form that Decode reads back as the same.
func (a *Attribute) appendConcise(dst []byte) []byte {
	kind := a.kind()
	switch kind {
	case Property:
		if isGeometry(a.Value) {
			return a.appendConciseNamed(dst) // it would be read as a GeoProperty
		}
		if a.alone() && !hasObject(a.Value) {
			return appendValue(dst, a.Value)
		}
	case GeoProperty:
		if !isGeometry(a.Value) {
			return a.appendConciseNamed(dst)
		}
		if a.alone() && !hasConciseMember(a.Value) {
			return appendValue(dst, a.Value)
		}
	}
	dst = append(dst, conciseOpening[kind]...)
	dst = appendObjectValue(dst, kind, a.Value)
	return a.appendRest(dst, Concise)
}

func (a *Attribute) appendConciseNamed(dst []byte) []byte {
	dst = append(dst, normalizedOpening[a.kind()]...)
	dst = appendValue(dst, a.Value)
	return a.appendRest(dst, Concise)
}

// hasObject reports whether a value is, or may hold, an object: such a value
// does not stand for itself in the concise form.
func hasObject(value []byte) bool {
	i := skipSpace(value, 0)
	return i < len(value) && (value[i] == '{' || value[i] == '[' && bytes.IndexByte(value, '{') >= 0)
}

// hasConciseMember reports whether an object has a member by which Decode
// would tell an attribute, so that it does not stand for itself.
func hasConciseMember(object []byte) bool {
	for c := enter(object, skipSpace(object, 0)); ; {
		key, _, ok := c.member()
		if !ok {
			return false
		}
		if raw := object[key.start+1 : key.end-1]; isValueMemberBytes(raw) {
			return true
		}
	}
}

func isValueMemberBytes(name []byte) bool {
	return isValueMember(string(name)) || string(name) == "@value" || bytes.IndexByte(name, '\\') >= 0
}

func (a *Attribute) appendSimplified(dst []byte) []byte {
	kind := a.kind()
	switch kind {
	case LanguageProperty, VocabProperty, JsonProperty:
		dst = append(dst, conciseOpening[kind]...)
		dst = appendValue(dst, a.Value)
		return append(dst, '}')
	}
	return appendObjectValue(dst, kind, a.Value)
}

// appendObjectValue appends a value as the shorter forms have it: an
// objectList is an array of URIs there.
func appendObjectValue(dst []byte, kind Kind, value jsontext.Value) []byte {
	i := skipSpace(value, 0)
	if kind != ListRelationship || i == len(value) || value[i] != '[' || !plainObjects(value, i) {
		return appendValue(dst, value)
	}
	dst = append(dst, '[')
	first := true
	for c := enter(value, i); ; {
		element, ok := c.element()
		if !ok {
			return append(dst, ']')
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, find(value, element.start, MemberObject).of(value)...)
	}
}

// plainObjects reports whether each element of an objectList is an object
// with nothing but its "object".
func plainObjects(value []byte, i int) bool {
	for c := enter(value, i); ; {
		element, ok := c.element()
		if !ok {
			return true
		}
		if element.first(value) != '{' {
			return false
		}
		m := enter(value, element.start)
		key, object, ok := m.member()
		if _, _, more := m.member(); !ok || more || !keyIs(key.of(value), MemberObject) || object.first(value) != '"' {
			return false
		}
	}
}

// appendMember appends a member whose value is a string, unless that is empty.
func appendMember(dst []byte, opening, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, opening...)
	return appendString(dst, text)
}

func appendStrings(dst []byte, list []string) []byte {
	if len(list) == 1 {
		return appendString(dst, list[0])
	}
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, text)
	}
	return append(dst, ']')
}

// appendValue appends a value; line breaks between its parts are left out.
func appendValue(dst []byte, value jsontext.Value) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	if bytes.IndexByte(value, '\n') >= 0 || bytes.IndexByte(value, '\r') >= 0 {
		return appendCompact(dst, value)
	}
	return append(dst, value...)
}

// appendString appends a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			dst, _ = jsontext.AppendQuote(dst, text)
			return dst
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

package validate

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// numbers reports the numbers of the item at hand that are beyond the range of
// IEEE 754 double precision, which readers of JSON agree on (RFC 8259, 6).
func (f *file) numbers(entity string) {
	if !hasLongNumber(f.item.Raw) {
		return
	}
	d := jsontext.NewDecoder(bytes.NewReader(f.item.Raw), jsontext.AllowDuplicateNames(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		if token.Kind() != '0' {
			continue
		}
		text := token.String()
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			continue
		}
		if len(text) > 30 {
			text = text[:30] + "…"
		}
		pointer := string(d.StackPointer())
		f.add(finding.New(finding.EntityNumber, f.at(entity, unescape(pointer)...), "the number %s is beyond what programs hold (about 1.8e308): a broker refuses or changes it", text).
			WithHint("correct it; write a code of so many digits as a text, in quotes"))
	}
}

// hasLongNumber reports whether valid JSON has a number with an exponent or of more
// than 300 characters, which may be out of range.
func hasLongNumber(data []byte) bool {
	for i := 0; i < len(data); {
		c := data[i]
		switch {
		case c == '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			i++
		case c == '-' || '0' <= c && c <= '9':
			start := i
			for i < len(data) && strings.IndexByte("+-.0123456789eE", data[i]) >= 0 {
				if data[i]|0x20 == 'e' {
					return true
				}
				i++
			}
			if i-start > 300 {
				return true
			}
		default:
			i++
		}
	}
	return false
}

// idPattern reports an id urn:ngsi-ld:Type:… that names another type than the entity has.
func (f *file) idPattern(e *ngsild.Entity) {
	named := typeIn(e.ID)
	if named == "" || len(e.Types) == 0 {
		return
	}
	for _, name := range e.Types {
		if shortType(name) == named {
			return
		}
	}
	f.add(finding.New(finding.EntityIDPattern, f.at(e.ID, ngsild.MemberID), "the id names the type %q, and the entity is a %s", named, shortType(e.Types[0])).
		WithHint("write urn:ngsi-ld:%s:…, or correct the type", shortType(e.Types[0])))
}

// shortType gives the last part of a type's name, as a URN has it.
func shortType(name string) string {
	if i := strings.LastIndexAny(name, "/#:"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// typeIn gives the type that a URN names, urn:ngsi-ld:Type:…, or "".
func typeIn(urn string) string {
	rest, ok := strings.CutPrefix(urn, "urn:ngsi-ld:")
	if !ok {
		return ""
	}
	name, _, more := strings.Cut(rest, ":")
	if !more {
		return ""
	}
	return name
}

// seen is where an entity stood first, and a hash of what it says; 0 for a temporal
// evolution, whose moments are no conflict.
type seen struct {
	content uint32
	line    uint32 // of all files after one another, links.files
}

// conflicts reports an entity whose id another one has that says something else.
func (f *file) conflicts(e *ngsild.Entity, first, now seen) {
	if first.content == now.content || first.content == 0 || now.content == 0 {
		return
	}
	name, line := f.v.links.placeOf(first.line)
	f.add(finding.New(finding.EntityConflict, f.at(e.ID, ngsild.MemberID), "another entity of this id, in %s:%d, says something else", name, line).
		WithHint("keep one of them, or give them ids of their own; several moments of one entity go into one temporal entity"))
}

// contentOf hashes what an entity says, whatever the order of its members.
func (f *file) contentOf(e *ngsild.Entity, ldctx *resolved) uint64 {
	seed := f.v.links.seed
	var sum uint64
	for _, name := range e.Types {
		sum += maphash.String(seed, expand(ldctx, name)) * 3
	}
	for _, scope := range e.Scopes {
		sum += maphash.String(seed, strings.TrimPrefix(scope, "/")) * 5
	}
	return sum + f.contentOfAll(e.Attributes, ldctx)
}

func (f *file) contentOfAll(list []ngsild.Attribute, ldctx *resolved) uint64 {
	var sum uint64
	for i := range list {
		a := &list[i]
		var h maphash.Hash
		h.SetSeed(f.v.links.seed)
		// The family, not the kind: a simplified entity does not tell all kinds.
		for _, part := range []string{expand(ldctx, a.Name), a.DatasetID, a.ObservedAt, a.UnitCode} {
			h.WriteString(part)
			h.WriteByte(0)
		}
		switch a.Value.Kind() {
		case '0':
			number, _ := strconv.ParseFloat(string(a.Value), 64) // out of range is infinite
			maphash.WriteComparable(&h, number)
		case '{', '[':
			f.canonical = append(f.canonical[:0], a.Value...)
			_ = f.canonical.Canonicalize() // what is not canonical stays as it is
			h.Write(f.canonical)
		default:
			h.Write(a.Value)
		}
		if len(a.Attributes) > 0 {
			maphash.WriteComparable(&h, f.contentOfAll(a.Attributes, ldctx))
		}
		sum += h.Sum64()
	}
	return sum
}

// expand gives the IRI of a name, or a name that has none as it is.
func expand(ldctx *resolved, name string) string {
	if iri, _ := ldctx.ldctx.Expand(name); iri != "" {
		return iri
	}
	return name
}

// zones reports texts of attributes that no model checks which are a date and time
// without a zone.
func (f *file) zones(e *ngsild.Entity, matched []*models.Model) {
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if a.Kind != ngsild.Property || !isLocalTime(a.Value) || slices.ContainsFunc(matched, func(m *models.Model) bool { return checksText(m, a.Name) }) {
			continue
		}
		f.add(finding.New(finding.AttributeZone, f.at(e.ID, append(f.path(e, i), ngsild.MemberValue)...), "%q is %s, a date and time that does not say its zone", a.Name, a.Value).
			WithHint("write it in UTC, with Z: 2026-01-31T12:00:00Z"))
	}
}

// checksText reports whether a model says what text an attribute is: of a format, or any.
func checksText(m *models.Model, name string) bool {
	attribute := m.Attribute(name)
	return attribute != nil && attribute.Shape.Type == "string"
}

// isLocalTime reports whether a JSON value is a text such as "2026-01-31T12:00:00" or
// "2026-01-31 12:00".
func isLocalTime(value []byte) bool {
	const form = `"0000-00-00T00:00`
	if len(value) < len(form)+1 {
		return false
	}
	for i := range form {
		c := value[i]
		switch form[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'T':
			if c != 'T' && c != ' ' {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	for _, c := range value[len(form) : len(value)-1] {
		if c != ':' && c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

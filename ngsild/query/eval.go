package query

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// A term holds for an entity when any instance of its target holds; an
// unequal or not-matching term holds when there is a target and none of its
// values is equal or matches, as the clause asks for arrays.
func (t *term) match(e *ngsild.Entity) bool {
	var s search
	s.term = t
	if len(t.path) == 0 {
		s.text(entityMember(e, t.member))
	} else {
		s.attributes(e.Attributes, t.path)
	}
	switch t.op {
	case exists:
		return s.found
	case absent:
		return !s.found
	case unequal:
		return s.found && !s.hit
	case notPattern:
		return s.sawText && !s.hit
	}
	return s.hit
}

// search is one evaluation of a term.
type search struct {
	term    *term
	found   bool // the target exists
	sawText bool // a target value is a string
	hit     bool // a value fulfils the positive form of the operator
}

func entityMember(e *ngsild.Entity, member string) string {
	switch member {
	case ngsild.MemberCreatedAt:
		return e.CreatedAt
	case ngsild.MemberModifiedAt:
		return e.ModifiedAt
	case ngsild.MemberDeletedAt:
		return e.DeletedAt
	case ngsild.MemberExpiresAt:
		return e.ExpiresAt
	}
	return ""
}

func attributeMember(a *ngsild.Attribute, member string) string {
	switch member {
	case ngsild.MemberObservedAt:
		return a.ObservedAt
	case ngsild.MemberUnitCode:
		return a.UnitCode
	case ngsild.MemberDatasetID:
		return a.DatasetID
	case ngsild.MemberCreatedAt:
		return a.CreatedAt
	case ngsild.MemberModifiedAt:
		return a.ModifiedAt
	case ngsild.MemberDeletedAt:
		return a.DeletedAt
	case ngsild.MemberExpiresAt:
		return a.ExpiresAt
	}
	return ""
}

func (s *search) attributes(list []ngsild.Attribute, path []string) {
	for i := range list {
		a := &list[i]
		if a.Name != path[0] {
			continue
		}
		switch {
		case len(path) > 1:
			s.attributes(a.Attributes, path[1:])
		case s.term.member != "":
			s.text(attributeMember(a, s.term.member))
		default:
			s.attribute(a)
		}
	}
}

// text is a target that is a member's plain text; an absent one is empty.
func (s *search) text(v string) {
	if v == "" {
		return
	}
	s.found = true
	s.sawText = true
	if s.term.compares() && !s.hit {
		s.hit = s.holdsText(v, false)
	}
}

func (s *search) attribute(a *ngsild.Attribute) {
	switch a.Kind {
	case ngsild.LanguageProperty:
		s.language(a.Value)
		return
	case ngsild.Relationship, ngsild.ListRelationship:
		if len(s.term.trail) > 0 {
			return
		}
		s.found = true
		if s.term.op == equal || s.term.op == unequal {
			s.value(a.Value, a.Kind)
		}
		return
	}
	v := a.Value
	for _, name := range s.term.trail {
		if v = memberOf(v, name); v == nil {
			return
		}
	}
	s.found = true
	if s.term.compares() {
		s.value(v, a.Kind)
	}
}

// language is a languageMap; a trail names a language or is *.
func (s *search) language(m jsontext.Value) {
	want := "*"
	switch len(s.term.trail) {
	case 0:
	case 1:
		want = s.term.trail[0]
	default:
		return
	}
	eachMember(m, func(tag string, v jsontext.Value) bool {
		if want == "*" || strings.EqualFold(tag, want) {
			s.found = true
			if s.term.compares() {
				s.value(v, ngsild.LanguageProperty)
			}
		}
		return true
	})
}

// value tests a JSON value; an array is tested element by element.
func (s *search) value(v jsontext.Value, kind ngsild.Kind) {
	v = bytes.TrimSpace(v)
	if s.hit || len(v) == 0 {
		return
	}
	switch v[0] {
	case '[':
		eachElement(v, func(el jsontext.Value) bool {
			s.value(el, kind)
			return !s.hit
		})
	case '{':
		// A typed value, or an element of an objectList.
		inner := "@value"
		if kind == ngsild.ListRelationship {
			inner = ngsild.MemberObject
		}
		if el := memberOf(v, inner); el != nil && (len(el) == 0 || el[0] != '{') {
			s.value(el, kind)
		}
	case '"':
		s.sawText = true
		if plain := v[1 : len(v)-1]; bytes.IndexByte(plain, '\\') < 0 {
			s.hit = s.holdsText(string(plain), kind == ngsild.VocabProperty)
		} else if text, err := jsontext.AppendUnquote(nil, v); err == nil {
			s.hit = s.holdsText(string(text), kind == ngsild.VocabProperty)
		}
	case 't', 'f':
		s.hit = s.anyValue(func(l *literal) (int, bool) {
			return cmp.Compare(string(v), l.text), l.kind == boolLiteral
		})
	case 'n':
	default:
		s.hit = s.anyValue(func(l *literal) (int, bool) {
			if l.kind != numberLiteral {
				return 0, false
			}
			return compareNumbers(string(v), l.text), true
		})
	}
}

// holdsText tests a string. vocab is set for the IRI of a VocabProperty, which
// equals a text that expands to it.
func (s *search) holdsText(v string, vocab bool) bool {
	if s.term.re != nil {
		return s.term.re.MatchString(v)
	}
	var when moment
	var isTime, parsed bool
	return s.anyValue(func(l *literal) (int, bool) {
		switch l.kind {
		case stringLiteral:
			if vocab && l.iri != "" && v == l.iri {
				return 0, true
			}
			return strings.Compare(v, l.text), true
		case uriLiteral:
			return strings.Compare(v, l.text), true
		case timeLiteral:
			if !parsed {
				when, isTime = parseMoment(v)
				parsed = true
			}
			if !isTime || when.shape != l.when.shape {
				return 0, false
			}
			return when.at.Compare(l.when.at), true
		}
		return 0, false
	})
}

// anyValue applies the operator over the term's values. compare gives the order
// of the target against a literal, and whether they are of one data type.
func (s *search) anyValue(compare func(*literal) (int, bool)) bool {
	t := s.term
	if t.isRange {
		low, ok1 := compare(&t.values[0])
		high, ok2 := compare(&t.values[1])
		return ok1 && ok2 && low >= 0 && high <= 0
	}
	for i := range t.values {
		c, ok := compare(&t.values[i])
		if !ok {
			continue
		}
		switch t.op {
		case equal, unequal:
			ok = c == 0
		case greater:
			ok = c > 0
		case greaterEq:
			ok = c >= 0
		case less:
			ok = c < 0
		case lessEq:
			ok = c <= 0
		}
		if ok {
			return true
		}
	}
	return false
}

func compareLiterals(a, b literal) int {
	switch a.kind {
	case numberLiteral:
		return compareNumbers(a.text, b.text)
	case timeLiteral:
		return a.when.at.Compare(b.when.at)
	}
	return strings.Compare(a.text, b.text)
}

// memberOf gives the value of a member of a JSON object, or nil.
func memberOf(object jsontext.Value, name string) (found jsontext.Value) {
	eachMember(object, func(n string, v jsontext.Value) bool {
		if n == name {
			found = v
		}
		return n != name
	})
	return found
}

// eachMember calls fn for the members of a JSON object until it gives false.
// What is not an object has no members.
func eachMember(object jsontext.Value, fn func(name string, v jsontext.Value) bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(object))
	if dec.PeekKind() != '{' {
		return
	}
	if _, err := dec.ReadToken(); err != nil {
		return
	}
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return
		}
		name := tok.String()
		v, err := dec.ReadValue()
		if err != nil || !fn(name, v.Clone()) {
			return
		}
	}
}

// eachElement calls fn for the elements of a JSON array until it gives false.
func eachElement(array jsontext.Value, fn func(v jsontext.Value) bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(array))
	if dec.PeekKind() != '[' {
		return
	}
	if _, err := dec.ReadToken(); err != nil {
		return
	}
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil || !fn(v.Clone()) {
			return
		}
	}
}

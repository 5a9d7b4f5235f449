package broker

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// patch is a fragment whose attributes may lack a value, or say that
// something is to be deleted with the NGSI-LD Null (clause 4.5.0).
type patch struct {
	id     string
	types  []string
	scopes []string
	// dropScope is set for a scope of NGSI-LD Null.
	dropScope  bool
	attributes []member
	ldctx      *jsonld.Context
}

// member is a member of a JSON object. The name of an attribute is expanded.
type member struct {
	name string
	// term is the name as it stood in the body, for messages.
	term  string
	value jsontext.Value
}

var nullText = []byte(strconv.Quote(ngsild.NullURI))

func isNull(v jsontext.Value) bool { return bytes.Equal(v, nullText) || v.Kind() == 'n' }

// readPatch reads a fragment that is to be merged or to update.
func (q *request) readPatch(p *payload, text []byte) (*patch, error) {
	f := &patch{}
	var inBody []byte
	var list []member
	err := eachMember(text, func(name string, v jsontext.Value) error {
		switch name {
		case ngsild.MemberContext:
			inBody = v
		case ngsild.MemberID:
			if v.Kind() != '"' {
				return badRequest("the id has to be a string")
			}
			f.id = unquote(v)
		case ngsild.MemberType:
			return stringsOf(v, "type", &f.types)
		case ngsild.MemberScope:
			if f.dropScope = isNull(v); f.dropScope {
				return nil
			}
			return stringsOf(v, "scope", &f.scopes)
		case ngsild.MemberCreatedAt, ngsild.MemberModifiedAt, ngsild.MemberDeletedAt:
		case ngsild.MemberExpiresAt:
			return refuseExpiry(&ngsild.Entity{ExpiresAt: "set"})
		default:
			list = append(list, member{term: name, value: v})
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	if f.ldctx, err = q.contextOf(p, inBody); err != nil {
		return f, err
	}
	expand := expander(f.ldctx)
	for i := range f.types {
		f.types[i] = expand(f.types[i])
	}
	for i := range list {
		list[i].name = expand(list[i].term)
	}
	f.attributes = list
	return f, nil
}

// eachMember calls fn for the members of a JSON object; their values alias text.
func eachMember(text []byte, fn func(name string, v jsontext.Value) error) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(text))
	if dec.PeekKind() != '{' {
		if _, err := dec.ReadValue(); err != nil {
			return invalidRequest("the body is not JSON: %s", syntaxText(err))
		}
		return badRequest("a JSON object is expected here")
	}
	if _, err := dec.ReadToken(); err != nil {
		return invalidRequest("the body is not JSON: %s", syntaxText(err))
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return invalidRequest("the body is not JSON: %s", syntaxText(err))
		}
		key := name.String()
		v, err := dec.ReadValue()
		if err != nil {
			return invalidRequest("the body is not JSON: %s", syntaxText(err))
		}
		end := dec.InputOffset()
		if err := fn(key, text[end-int64(len(v)):end:end]); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return invalidRequest("the body is not JSON: %s", syntaxText(err))
	}
	if !atEnd(dec) {
		return invalidRequest("something follows the object in the body")
	}
	return nil
}

func unquote(v jsontext.Value) string {
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return ""
	}
	return string(text)
}

// stringsOf reads a string or an array of strings.
func stringsOf(v jsontext.Value, what string, to *[]string) error {
	switch v.Kind() {
	case '"':
		*to = []string{unquote(v)}
		return nil
	case '[':
		list, err := elements(v, "strings")
		if err != nil {
			return badRequest("the %s has to be a string or an array of strings, at least one", what)
		}
		for _, el := range list {
			if el.Kind() != '"' {
				return badRequest("the %s has to be a string or an array of strings", what)
			}
			*to = append(*to, unquote(el))
		}
		return nil
	}
	return badRequest("the %s has to be a string or an array of strings", what)
}

// instances gives the instances of an attribute's value: the elements of an
// array of objects, or the value alone.
func instances(v jsontext.Value) []jsontext.Value {
	if v.Kind() != '[' {
		return []jsontext.Value{v}
	}
	list, err := elements(v, "instances")
	if err != nil {
		return []jsontext.Value{v}
	}
	for _, el := range list {
		if el.Kind() != '{' {
			return []jsontext.Value{v}
		}
	}
	return list
}

// fragment is one attribute instance of a patch, taken apart.
type fragment struct {
	// kind is 0 where no member tells it.
	kind      ngsild.Kind
	named     bool // by a member "type"
	value     jsontext.Value
	null      bool // the whole instance is to be deleted
	datasetID string
	// meta holds observedAt, unitCode, objectType; null deletes one.
	meta []member
	subs []member
	raw  jsontext.Value
}

// valueKinds gives the kind that a member of an attribute speaks for; value
// may also be that of a GeoProperty.
var valueKinds = map[string]ngsild.Kind{
	ngsild.MemberValue: ngsild.Property, ngsild.MemberObject: ngsild.Relationship, ngsild.MemberLanguageMap: ngsild.LanguageProperty,
	ngsild.MemberVocab: ngsild.VocabProperty, ngsild.MemberJSON: ngsild.JsonProperty,
	ngsild.MemberValueList: ngsild.ListProperty, ngsild.MemberObjectList: ngsild.ListRelationship,
}

// dissect takes an instance apart.
func dissect(raw jsontext.Value, expand func(string) string) (*fragment, error) {
	f := &fragment{raw: raw}
	if isNull(raw) {
		f.null = true
		return f, nil
	}
	if raw.Kind() != '{' {
		f.value = raw
		return f, nil
	}
	typ := ""
	hasCoordinates := false
	err := eachMember(raw, func(name string, v jsontext.Value) error {
		switch name {
		case ngsild.MemberType:
			if v.Kind() == '"' {
				typ = unquote(v)
			}
		case ngsild.MemberDatasetID:
			f.datasetID = unquote(v)
		case ngsild.MemberObservedAt, ngsild.MemberUnitCode, ngsild.MemberObjectType:
			f.meta = append(f.meta, member{name: name, term: name, value: v})
		case ngsild.MemberCreatedAt, ngsild.MemberModifiedAt, ngsild.MemberDeletedAt, ngsild.MemberInstanceID:
		case ngsild.MemberExpiresAt:
			return refuseExpiry(&ngsild.Entity{ExpiresAt: "set"})
		default:
			if kind, ok := valueKinds[name]; ok {
				f.kind, f.value = kind, v
				return nil
			}
			hasCoordinates = hasCoordinates || name == "coordinates"
			f.subs = append(f.subs, member{name: expand(name), term: name, value: v})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if kind, ok := ngsild.ParseKind(typ); ok {
		f.kind, f.named = kind, true
	} else if hasCoordinates && f.value == nil {
		// A geometry stands for itself in the concise form.
		return &fragment{raw: raw, value: raw, kind: ngsild.GeoProperty}, nil
	} else if typ == ngsild.NullURI {
		f.null = true
	}
	if f.value != nil && isNull(f.value) {
		f.null = true
	}
	if f.kind == ngsild.LanguageProperty && f.value.Kind() == '{' {
		// {"@none": "urn:ngsi-ld:null"} is the null of a languageMap.
		n, all := 0, true
		err := eachMember(f.value, func(tag string, v jsontext.Value) error {
			n++
			all = all && tag == "@none" && isNull(v)
			return nil
		})
		f.null = f.null || err == nil && n == 1 && all
	}
	return f, err
}

// applyMode says how a patch treats an instance that exists.
type applyMode uint8

const (
	// updating replaces it whole (Update Attributes, clause 5.6.2).
	updating applyMode = iota
	// patching replaces the members that the patch has (Partial Attribute
	// update, clauses 5.6.4 and 5.5.8).
	patching
	// merging merges also inside of values (Merge Entity, clauses 5.6.17 and 5.5.12).
	merging
)

// apply applies the patch to an entity. observedAt, where not empty, is set on
// the attributes merged that had one.
func (f *patch) apply(e *ngsild.Entity, mode applyMode, observedAt, now string) error {
	for _, m := range f.attributes {
		for _, raw := range instances(m.value) {
			if err := f.applyInstance(&e.Attributes, m, raw, mode, observedAt, now); err != nil {
				return err
			}
		}
	}
	addTypes(e, f.types)
	switch {
	case f.dropScope:
		e.Scopes = nil
	case len(f.scopes) > 0 && (mode == merging || len(e.Scopes) > 0):
		e.Scopes = f.scopes
	}
	return refusal(e.Check())
}

func (f *patch) applyInstance(list *[]ngsild.Attribute, m member, raw jsontext.Value, mode applyMode, observedAt, now string) error {
	part, err := dissect(raw, expander(f.ldctx))
	if err != nil {
		return err
	}
	holder := &ngsild.Entity{Attributes: *list}
	k := instance(*list, m.name, part.datasetID)
	switch {
	case part.null && k >= 0:
		*list = slices.Delete(*list, k, k+1)
		return nil
	case part.null:
		return nil
	case k < 0 || mode == updating:
		a, err := f.decode(m, raw)
		if err != nil {
			return err
		}
		put(holder, a, now)
		*list = holder.Attributes
		return nil
	}
	return f.change(&(*list)[k], part, m, mode, observedAt, now)
}

// change applies an instance of the patch to the attribute that it targets.
func (f *patch) change(a *ngsild.Attribute, part *fragment, m member, mode applyMode, observedAt, now string) error {
	kind := part.kind
	if kind == 0 || kind == ngsild.Property && !part.named && a.Kind == ngsild.GeoProperty {
		kind = a.Kind
	}
	if kind != a.Kind {
		if mode == patching {
			return badRequest("the attribute %s is a %s and cannot become a %s by an update of its members; replace it with PUT", m.term, a.Kind, kind)
		}
		next, err := f.decode(m, part.raw)
		if err != nil {
			return err
		}
		one := []ngsild.Attribute{next}
		stamp(one, []ngsild.Attribute{*a}, now)
		*a = one[0]
		return nil
	}
	if part.value != nil {
		value, err := f.value(a, part, m, mode)
		if err != nil {
			return err
		}
		a.Value = value
	}
	hasTime := false
	for _, meta := range part.meta {
		hasTime = hasTime || meta.name == ngsild.MemberObservedAt
		if err := setMeta(a, meta, expander(f.ldctx)); err != nil {
			return err
		}
	}
	if observedAt != "" && a.ObservedAt != "" && !hasTime {
		a.ObservedAt = observedAt
	}
	a.ModifiedAt = now
	for _, sub := range part.subs {
		for _, raw := range instances(sub.value) {
			if err := f.applyInstance(&a.Attributes, sub, raw, mode, observedAt, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// value gives the new value of an attribute of the same kind.
func (f *patch) value(a *ngsild.Attribute, part *fragment, m member, mode applyMode) (jsontext.Value, error) {
	value := part.value
	if a.Kind == ngsild.VocabProperty || a.Kind == ngsild.ListRelationship {
		// These are kept in another form than they may be written in.
		text := append([]byte(`{"type":"`+a.Kind.String()+`","`+a.Kind.Member()+`":`), value...)
		next, err := f.decode(m, append(text, '}'))
		return next.Value, err
	}
	if mode != merging || a.Kind == ngsild.GeoProperty {
		return value.Clone(), nil
	}
	return mergeJSON(a.Value, value)
}

// setMeta sets or clears observedAt, unitCode or objectType.
func setMeta(a *ngsild.Attribute, m member, expand func(string) string) error {
	text := ""
	if !isNull(m.value) {
		if m.name == ngsild.MemberObjectType {
			var types []string
			if err := stringsOf(m.value, m.name, &types); err != nil {
				return err
			}
			for i := range types {
				types[i] = expand(types[i])
			}
			a.ObjectType = types
			return nil
		}
		if m.value.Kind() != '"' {
			return badRequest("%s has to be a string", m.name)
		}
		text = unquote(m.value)
	}
	switch m.name {
	case ngsild.MemberObservedAt:
		a.ObservedAt = text
	case ngsild.MemberUnitCode:
		a.UnitCode = text
	default:
		a.ObjectType = nil
	}
	return nil
}

// decode reads one instance as a whole attribute.
func (f *patch) decode(m member, raw jsontext.Value) (ngsild.Attribute, error) {
	text := []byte(`{"id":"urn:ngsi-ld:null:0","type":"T",`)
	text, err := jsontext.AppendQuote(text, m.term)
	if err != nil {
		return ngsild.Attribute{}, badRequest("the name %q is no text", m.term)
	}
	text = append(append(append(text, ':'), raw...), '}')
	e, found, err := ngsild.Decode(text)
	if err != nil {
		return ngsild.Attribute{}, invalidRequest("%v", err)
	}
	if err := refusal(found); err != nil {
		return ngsild.Attribute{}, err
	}
	f.ldctx.ExpandEntity(e)
	if len(e.Attributes) != 1 {
		return ngsild.Attribute{}, badRequest("%q is no attribute", m.term)
	}
	return e.Attributes[0], nil
}

// mergeJSON is JSON Merge Patch (RFC 7396) with the NGSI-LD Null for null.
func mergeJSON(target, change jsontext.Value) (jsontext.Value, error) {
	if change.Kind() != '{' {
		return change.Clone(), nil
	}
	type entry struct {
		key   string
		value jsontext.Value
	}
	var list []entry
	if target.Kind() == '{' {
		err := eachMember(target, func(key string, v jsontext.Value) error {
			list = append(list, entry{key, v})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := eachMember(change, func(key string, v jsontext.Value) error {
		k := slices.IndexFunc(list, func(e entry) bool { return e.key == key })
		switch {
		case isNull(v) && k >= 0:
			list = slices.Delete(list, k, k+1)
			return nil
		case isNull(v):
			return nil
		case k < 0:
			k = len(list)
			list = append(list, entry{key: key, value: jsontext.Value("null")})
		}
		var err error
		list[k].value, err = mergeJSON(list[k].value, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := jsontext.Value("{")
	for i, e := range list {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = jsontext.AppendQuote(out, e.key); err != nil {
			return nil, badRequest("the member %q is no text", e.key)
		}
		out = append(append(out, ':'), e.value...)
	}
	return append(out, '}'), nil
}

// cutContext takes the @context out of a JSON object; other JSON comes back as it is.
func cutContext(text []byte) (rest, inBody jsontext.Value, err error) {
	text = bytes.TrimSpace(text)
	if !jsontext.Value(text).IsValid() {
		_, _, err := ngsild.Decode(text)
		if err == nil {
			return nil, nil, invalidRequest("the body is not JSON")
		}
		return nil, nil, invalidRequest("%v", err)
	}
	if jsontext.Value(text).Kind() != '{' {
		return text, nil, nil
	}
	rest = jsontext.Value("{")
	err = eachMember(text, func(name string, v jsontext.Value) error {
		if name == ngsild.MemberContext {
			inBody = v
			return nil
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		var err error
		if rest, err = jsontext.AppendQuote(rest, name); err != nil {
			return err
		}
		rest = append(append(rest, ':'), v...)
		return nil
	})
	return append(rest, '}'), inBody, err
}

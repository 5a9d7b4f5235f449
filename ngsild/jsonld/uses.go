package jsonld

import (
	"fmt"
	"slices"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Uses collects the names that entities use: of types, attributes and sub-attributes,
// and the words of VocabProperties, which an @context has to define; and what else may
// be a term, the members and texts inside of values. The zero value has none.
type Uses struct {
	names map[string]*use
	order []*use
	texts map[string]bool
}

// use is a name, and the first place at which its entity's own @context does not define it.
type use struct {
	name      string
	at        finding.Location
	undefined bool
	unsure    bool // a context of the entity could not be read
}

// Empty says that no name was noted.
func (u *Uses) Empty() bool { return len(u.order) == 0 }

// Add notes a name that an @context has to define. own is the @context of the entity,
// nil where it has none.
func (u *Uses) Add(name string, at finding.Location, own *Context) {
	if u.names == nil {
		u.names = map[string]*use{}
	}
	one := u.names[name]
	if one == nil {
		one = &use{name: name}
		u.names[name] = one
		u.order = append(u.order, one)
	}
	if own != nil {
		if _, known := own.Expand(name); known {
			return
		}
	}
	if !one.undefined {
		one.undefined, one.at, one.unsure = true, at, own != nil && len(own.Unknown()) > 0
	}
}

// AddText notes a text that may be a term.
func (u *Uses) AddText(text string) {
	if u.texts == nil {
		u.texts = map[string]bool{}
	}
	u.texts[text] = true
}

// Entity notes what the text of an entity uses, in whichever form it is, and says
// whether it is one: an object with a type. place gives a line and character of the
// text as a place in the file.
func (u *Uses) Entity(text []byte, own *Context, place func(line, char int) finding.Location) (isEntity bool, err error) {
	root, err := parseTree(text)
	if err != nil {
		return false, err
	}
	if root.last(ngsild.MemberType) == nil && root.last("@type") == nil {
		return false, nil
	}
	r := usesReader{u, text, own, place, ngsild.DetectRepresentation(text) == ngsild.Simplified}
	for i := range root.members {
		switch m := &root.members[i]; m.key {
		case ngsild.MemberContext, "@id", ngsild.MemberID, ngsild.MemberScope:
		case ngsild.MemberType, "@type":
			r.words(m.value)
		default:
			r.attribute(m)
		}
	}
	return true, nil
}

type usesReader struct {
	*Uses
	text       []byte
	own        *Context
	place      func(line, char int) finding.Location
	simplified bool
}

func (r *usesReader) name(name string, offset int) {
	if !apiMember[name] {
		r.Add(name, r.place(position(r.text, offset)), r.own)
	}
}

// words notes a text, or a list of them.
func (r *usesReader) words(n *tree) {
	if n.kind == '"' {
		r.name(n.text, n.offset)
	}
	for _, item := range n.items {
		r.words(item)
	}
}

// apiMember holds what is a member of the API in an entity or an attribute, and no name
// of the user's.
var apiMember = map[string]bool{
	ngsild.MemberID: true, ngsild.MemberType: true, ngsild.MemberScope: true, ngsild.MemberValue: true, ngsild.MemberObject: true,
	ngsild.MemberObjectType: true, ngsild.MemberLanguageMap: true, ngsild.MemberVocab: true, ngsild.MemberJSON: true,
	ngsild.MemberValueList: true, ngsild.MemberObjectList: true, ngsild.MemberDatasetID: true, ngsild.MemberObservedAt: true,
	ngsild.MemberUnitCode: true, ngsild.MemberCreatedAt: true, ngsild.MemberModifiedAt: true, ngsild.MemberDeletedAt: true,
	ngsild.MemberExpiresAt: true, ngsild.MemberInstanceID: true, ngsild.MemberDataset: true,
	ngsild.MemberLocation: true, ngsild.MemberObservationSpace: true, ngsild.MemberOperationSpace: true,
}

// attribute notes an attribute or a sub-attribute.
func (r *usesReader) attribute(m *member) {
	r.name(m.key, m.offset)
	if r.simplified {
		r.value(m.value)
		return
	}
	instances := m.value.items
	if m.value.kind != '[' {
		instances = []*tree{m.value}
	}
	for _, instance := range instances {
		if instance.kind != '{' {
			r.value(instance)
		}
		for i := range instance.members {
			switch part := &instance.members[i]; part.key {
			case ngsild.MemberVocab, ngsild.MemberObjectType:
				r.words(part.value)
			case ngsild.MemberValue, ngsild.MemberValueList:
				r.value(part.value)
			case ngsild.MemberJSON, ngsild.MemberType, ngsild.MemberLanguageMap:
			default:
				if !apiMember[part.key] {
					r.attribute(part)
				}
			}
		}
	}
}

// value notes what inside a value may be a term.
func (r *usesReader) value(n *tree) {
	if n.kind == '"' {
		r.AddText(n.text)
	}
	for _, item := range n.items {
		r.value(item)
	}
	for i := range n.members {
		r.AddText(n.members[i].key)
		r.value(n.members[i].value)
	}
}

// has says whether a term is used, by its name or by its IRI.
func (u *Uses) has(term, iri string) bool {
	return u.names[term] != nil || u.names[iri] != nil || u.texts[term] || u.texts[iri]
}

// begin says whether a name begins with the prefix.
func (u *Uses) begin(prefix string) bool {
	return slices.ContainsFunc(u.order, func(one *use) bool { return len(one.name) > len(prefix) && one.name[:len(prefix)+1] == prefix+":" })
}

// Undefined gives a warning for each name that neither the entity's own @context nor any
// of these defines, at its first place.
func (u *Uses) Undefined(contexts ...*Context) []finding.Finding {
	var found []finding.Finding
	for _, one := range u.order {
		known := func(c *Context) bool {
			_, known := c.Expand(one.name)
			return known
		}
		if !one.undefined || slices.ContainsFunc(contexts, known) {
			continue
		}
		f := finding.New(finding.ContextUnmapped, one.at, "%q is used here and nothing defines it: it goes to the default vocabulary, as %s", one.name, DefaultVocabulary+one.name)
		f.Hint = fmt.Sprintf(`add %q: "https://…" to the @context`, one.name)
		if one.unsure || slices.ContainsFunc(contexts, func(c *Context) bool { return len(c.Unknown()) > 0 }) {
			f.Message += " (a context that is not known here may define it)"
		}
		for _, c := range contexts {
			if near := c.Nearest(one.name); near != "" {
				f.Hint = fmt.Sprintf("did you mean %q?", near)
				break
			}
		}
		found = append(found, f)
	}
	return found
}

package jsonld

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// maxNames bounds the names beyond the terms that a Context remembers, so that
// a stranger's payloads cannot fill the memory.
const maxNames = 2048

// Context is a compiled @context: the user's parts and the core, in the order
// that JSON-LD processes them. It is read only and safe to share.
type Context struct {
	active *ld.Context
	terms  map[string]*ld.TermDefinition
	vocab  string
	user   map[string]bool   // terms of the user's parts that the core does not have
	short  map[string]string // IRI → name, for every IRI that a term has
	list   []string          // Terms
	// prefixes are the terms that compact IRIs may begin with.
	prefixes []prefix
	json     []byte
	inline   []byte
	unknown  []string // Unknown
	parts    []leaf   // the user's, in their order
	core     string   // the URL of the core
	// special names what the @context has that AppendExpanded does not cover.
	special string
	// vocabValues and vocabTypes say that vocab and objectType hold terms.
	vocabValues, vocabTypes bool

	expanded, compacted names
}

type prefix struct{ term, iri string }

// names remembers the answers for names that are no terms.
type names struct {
	m sync.Map
	n atomic.Int64
}

type expansion struct {
	iri   string
	known bool
}

func (n *names) store(key string, value any) {
	if n.n.Load() >= maxNames {
		return
	}
	if _, there := n.m.LoadOrStore(strings.Clone(key), value); !there {
		n.n.Add(1)
	}
}

// compile makes a Context of the resolved nodes.
func (r *Resolver) compile(nodes []node) (*Context, error) {
	active, userTerms, core, err := r.parse(nodes)
	if err != nil {
		return nil, err
	}
	c := &Context{active: active, terms: active.TermDefinitions, user: map[string]bool{}, short: map[string]string{},
		parts: leaves(nil, nodes), core: r.core, unknown: unknownURLs(nil, nodes)}
	for _, part := range c.parts {
		for _, keyword := range []string{"@propagate", "@base", "@direction"} {
			if _, ok := part.object[keyword]; ok {
				c.special = keyword
			}
		}
	}
	if c.active.Values.Vocab != nil {
		c.vocab = *c.active.Values.Vocab
	}
	for term := range userTerms {
		if _, ofCore := core[term]; !ofCore {
			c.user[term] = true
		}
	}
	c.index()
	c.vocabValues = c.TypeOf(ngsild.MemberVocab) == "@vocab"
	c.vocabTypes = c.TypeOf(ngsild.MemberObjectType) == "@vocab"

	for _, inline := range []bool{false, true} {
		list := sent(nil, nodes, inline)
		var value any = append(list, r.core)
		if len(list) == 0 {
			value = r.core
		}
		text, err := encode(value)
		if err != nil {
			return nil, fmt.Errorf("write the @context: %w", err)
		}
		if inline {
			c.inline = text
		} else {
			c.json = text
		}
	}
	return c, nil
}

// parse has json-gold process the nodes, and gives what they come to with the core, the
// terms that they define without it, and the core. The error is a finding.List where
// JSON-LD refuses them.
func (r *Resolver) parse(nodes []node) (active *ld.Context, userTerms map[string]*ld.TermDefinition, core map[string]any, err error) {
	version, isCore := coreVersionOf(r.core)
	core, ok := coreContext(version)
	if !isCore || !ok {
		return nil, nil, nil, fmt.Errorf("the core @context %s is not built in; there are %s", r.core, strings.Join(CoreURLs(), ", "))
	}
	parts := leaves(nil, nodes)
	list := make([]any, len(parts))
	known := lengths(func(string) int { return 0 })
	for i, part := range parts {
		if part.object == nil {
			continue
		}
		if known, err = known.bounded(part.object); err != nil {
			return nil, nil, nil, finding.List{finding.New(finding.ContextInvalid, finding.Location{File: placeOf(part.name)}, "%v", err)}
		}
		list[i] = part.object
	}
	err = guard(func() error {
		user, err := ld.NewContext(nil, r.options()).Parse(list)
		if err != nil {
			return err
		}
		userTerms = user.TermDefinitions
		active, err = user.Parse([]any{core})
		return err
	})
	if err != nil {
		return nil, nil, nil, finding.List{r.culprit(parts, core, err)}
	}
	if faults := scopedFaults(active, userTerms); faults != nil {
		return nil, nil, nil, faults
	}
	return active, userTerms, core, nil
}

// culprit finds the part at which json-gold gave up, and says so.
func (r *Resolver) culprit(parts []leaf, core map[string]any, fault error) finding.Finding {
	active := ld.NewContext(nil, r.options())
	for _, part := range parts {
		var err error
		if active, err = part.onto(active); err != nil {
			return finding.New(finding.ContextInvalid, finding.Location{File: placeOf(part.name)}, "%s", sentence(err))
		}
	}
	err := guard(func() error {
		_, err := active.Parse(core)
		return err
	})
	if err == nil {
		err = fault
	}
	f := finding.New(finding.ContextInvalid, finding.Location{}, "the core @context cannot follow the others: %s", sentence(err))
	return f.WithHint("a context before the core may not protect (@protected) a term that the core defines")
}

// placeOf is the file or URL of a part, or nothing for the document's own.
func placeOf(name string) string {
	if name == "@context" {
		return ""
	}
	return name
}

// sentence words an error of json-gold.
func sentence(err error) string {
	var fault *ld.JsonLdError
	if !errors.As(err, &fault) {
		return err.Error()
	}
	if fault.Details == nil {
		return fmt.Sprintf("it is not a legal @context: %s", fault.Code)
	}
	return fmt.Sprintf("it is not a legal @context: %s (%v)", fault.Code, fault.Details)
}

// index computes the list of terms, the prefixes and the names of the IRIs.
func (c *Context) index() {
	names := make([]string, 0, len(c.terms))
	for term, td := range c.terms {
		if td == nil || td.ID == "" || ld.IsKeyword(td.ID) {
			continue
		}
		names = append(names, term)
	}
	slices.SortFunc(names, shortestLeast)
	// A copy selects the terms, since what json-gold computes for that weighs
	// more than the context and stays with it.
	selector := ld.CopyContext(c.active)
	for _, term := range names {
		td := c.terms[term]
		if _, there := c.short[td.ID]; !there {
			c.short[td.ID] = c.selected(selector, td.ID, term)
		}
		if !isPrefix(td) {
			c.list = append(c.list, term)
		}
		if td.Prefix != nil && *td.Prefix {
			c.prefixes = append(c.prefixes, prefix{term, td.ID})
		}
	}
	slices.Sort(c.list)
}

// shortestLeast orders by length, then by name, as JSON-LD prefers terms.
func shortestLeast(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// isPrefix says whether a term is there to begin other names.
func isPrefix(td *ld.TermDefinition) bool {
	return td.Prefix != nil && *td.Prefix && td.ID != "" && strings.IndexByte("/#:", td.ID[len(td.ID)-1]) >= 0
}

// selected is the name of an IRI that some term has: the term that JSON-LD selects
// where the value is an Attribute, else the term given, which is the first.
func (c *Context) selected(selector *ld.Context, iri, first string) string {
	name := first
	err := guard(func() error {
		selected, err := selector.CompactIri(iri, nil, true, false)
		if _, isTerm := c.terms[selected]; err == nil && isTerm {
			name = selected
		}
		return err
	})
	if back, _ := c.expand(name); err != nil || back != iri {
		name = first
	}
	return name
}

// shortest is the name of an IRI that no term has (JSON-LD 1.1 API, 6.2): what is
// behind the default vocabulary, else the shortest compact IRI, else the IRI.
func (c *Context) shortest(iri string) string {
	if rest, ok := strings.CutPrefix(iri, c.vocab); ok && rest != "" && c.vocab != "" {
		if _, isTerm := c.terms[rest]; !isTerm && c.means(rest, iri) {
			return rest
		}
	}
	name := ""
	for _, p := range c.prefixes {
		rest, ok := strings.CutPrefix(iri, p.iri)
		if !ok || rest == "" {
			continue
		}
		compact := p.term + ":" + rest
		if (name == "" || shortestLeast(compact, name) < 0) && c.means(compact, iri) {
			name = compact
		}
	}
	if name != "" {
		return name
	}
	return iri
}

// means says whether the name expands to the IRI.
func (c *Context) means(name, iri string) bool {
	back, _ := c.expand(name)
	return back == iri
}

// Expand gives the IRI of a term, a compact IRI or an IRI, as JSON-LD expands
// the name of a member or a type.
//
// known says that an @context or the name itself defines it: a term, a compact IRI
// whose prefix is defined, an absolute IRI. Other names go to the default vocabulary, or
// stay as they are where they have a colon. A term that an @context sets to null
// stands for nothing and gives "", false.
func (c *Context) Expand(term string) (iri string, known bool) {
	if td, ok := c.terms[term]; ok {
		if td == nil {
			return "", false
		}
		return td.ID, true
	}
	if e, ok := c.expanded.m.Load(term); ok {
		e := e.(expansion)
		return e.iri, e.known
	}
	iri, known = c.expand(term)
	c.expanded.store(term, expansion{strings.Clone(iri), known})
	return iri, known
}

// expand is Expand without memory.
func (c *Context) expand(name string) (iri string, known bool) {
	if td, ok := c.terms[name]; ok {
		if td == nil {
			return "", false
		}
		return td.ID, true
	}
	if len(name) > 0 && name[0] == '@' {
		if ld.IsKeyword(name) {
			return name, true
		}
		if likeKeyword(name) {
			return "", false
		}
	}
	if iri, known, ok := c.expandCompact(name); ok {
		return iri, known
	}
	return c.vocab + name, false
}

// expandCompact expands a name with a colon; ok is false where the name is
// neither a compact IRI nor an absolute one.
func (c *Context) expandCompact(name string) (iri string, known, ok bool) {
	colon := strings.IndexByte(name, ':')
	if colon <= 0 {
		return "", false, false
	}
	prefix, suffix := name[:colon], name[colon+1:]
	if prefix == "_" || strings.HasPrefix(suffix, "//") {
		return name, prefix != "_", true
	}
	if td := c.terms[prefix]; td != nil && td.ID != "" && td.Prefix != nil && *td.Prefix {
		return td.ID + suffix, true, true
	}
	if ld.IsAbsoluteIri(name) {
		return name, knownScheme[strings.ToLower(prefix)], true
	}
	return "", false, false
}

// knownScheme holds the schemes whose IRIs have no "//" and still are more
// likely meant as IRIs than as compact IRIs with an undefined prefix.
var knownScheme = map[string]bool{
	"urn": true, "did": true, "tag": true, "mailto": true, "tel": true,
}

// likeKeyword says whether a name has the form of a keyword, which JSON-LD
// reserves and ignores.
func likeKeyword(name string) bool {
	if len(name) < 2 || name[0] != '@' {
		return false
	}
	for i := 1; i < len(name); i++ {
		if b := name[i] | 0x20; b < 'a' || b > 'z' {
			return false
		}
	}
	return true
}

// Compact gives the shortest name of an IRI: a term, the rest behind the
// default vocabulary, a compact IRI, or the IRI itself. Of several terms with
// one IRI it is the one that JSON-LD selects for an Attribute, else the shortest,
// then the first by name. Expand of the answer gives the IRI again.
func (c *Context) Compact(iri string) string {
	if name, ok := c.short[iri]; ok {
		return name
	}
	if name, ok := c.compacted.m.Load(iri); ok {
		return name.(string)
	}
	if iri == "" {
		return ""
	}
	name := c.shortest(iri)
	c.compacted.store(iri, strings.Clone(name))
	return name
}

// TypeOf is the type coercion of a term: "", "@id", "@vocab", "@json", "@none"
// or the IRI of a datatype.
func (c *Context) TypeOf(term string) string {
	if td := c.terms[term]; td != nil {
		return td.Type
	}
	return ""
}

// ContainerOf is the container of a term (@list, @set, @language, …), or nil. JSON-LD reads
// an Attribute under a term whose container is @language or @index, or whose type is
// @json, as something else than an Attribute. The caller may not change it.
func (c *Context) ContainerOf(term string) []string {
	if td := c.terms[term]; td != nil {
		return td.Container
	}
	return nil
}

// Terms lists the terms that stand for an IRI, sorted; not the prefixes and not
// the aliases of keywords. The caller may not change it.
func (c *Context) Terms() []string { return c.list }

// IsUserTerm says whether the user's part of the @context defines the name: a
// term that the core does not define, a compact IRI whose prefix is such a term,
// or the IRI of such a term.
func (c *Context) IsUserTerm(term string) bool {
	if td, ok := c.terms[term]; ok {
		return td != nil && c.user[term]
	}
	if name, ok := c.short[term]; ok && name != term {
		return c.user[name]
	}
	prefix, suffix, isCompact := strings.Cut(term, ":")
	if !isCompact || strings.HasPrefix(suffix, "//") || !c.user[prefix] {
		return false
	}
	td := c.terms[prefix]
	return td != nil && td.Prefix != nil && *td.Prefix
}

// Origin gives the @context that defines a name, by its URL or file: the last one that
// has the term, or that has the prefix of a compact IRI. It is "@context" for what a
// document writes itself, and "" where none does.
func (c *Context) Origin(name string) string {
	if _, isTerm := c.terms[name]; !isTerm {
		prefix, suffix, isCompact := strings.Cut(name, ":")
		if td := c.terms[prefix]; !isCompact || strings.HasPrefix(suffix, "//") || td == nil || td.Prefix == nil || !*td.Prefix {
			return ""
		}
		name = prefix
	}
	for i := len(c.parts) - 1; i >= 0 && c.user[name]; i-- {
		if _, has := c.parts[i].object[name]; has {
			return c.parts[i].name
		}
	}
	return c.core
}

// Unknown lists the URLs of the @context that are not known here: what no term defines
// may still be defined there. The caller may not change it.
func (c *Context) Unknown() []string { return c.unknown }

func unknownURLs(dst []string, nodes []node) []string {
	for _, n := range nodes {
		if n.unknown {
			dst = append(dst, n.url)
		}
		dst = unknownURLs(dst, n.parts)
	}
	return dst
}

// JSON is the value of @context to send beside an entity: the user's parts, a
// URL as a URL, and the core last. The caller may not change it.
func (c *Context) JSON() []byte { return c.json }

// Inline is JSON with each user context that is known here as an object, for a
// broker that cannot download them. The core stays a URL. The caller may not
// change it.
func (c *Context) Inline() []byte { return c.inline }

// Link is the value of an HTTP Link header that names the @context, or "" where it
// is not a single URL.
func (c *Context) Link() string {
	v, err := decodeContext(c.json)
	if err != nil {
		return ""
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) > 2 {
		return ""
	}
	ref, ok := list[0].(string)
	if !ok {
		return ""
	}
	if u, err := url.Parse(ref); err != nil || !u.IsAbs() {
		return ""
	}
	return `<` + ref + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

// Nearest gives the term that a misspelt name most likely means, or "". Of
// equally near terms one that a user context defines comes first.
func (c *Context) Nearest(term string) string {
	users := func(wanted bool) []string {
		return slices.DeleteFunc(slices.Clone(c.list), func(t string) bool { return c.user[t] != wanted || t == term })
	}
	return finding.Nearest(term, append(users(true), users(false)...))
}

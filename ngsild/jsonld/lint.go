package jsonld

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// LintOptions say what Lint knows beside the text. The zero value is good.
type LintOptions struct {
	// Resolver answers for the URLs of the text; nil knows the core @contexts.
	Resolver *Resolver
	// URL is where the context is, or will be, published: a context that leads back to
	// it runs in a circle. Empty where nobody knows.
	URL string
	// MediaType is what a server calls the text; empty where it comes from elsewhere.
	MediaType string
	// Payload says that the text is that of an entity's own @context: what concerns the
	// readers of a published context is left out.
	Payload bool
	// Uses are the names that entities use; nil where that is not known.
	Uses *Uses
	// Meanings gives the IRIs that other vocabularies have for a term, the most usual
	// first; nil knows none.
	Meanings func(term string) []Meaning
	// Fault is told of a fault of the system, such as a lock file that cannot be read;
	// with nil it is a finding at the URL that needs it.
	Fault func(error)
}

// Meaning is an IRI that a term stands for, and in which vocabularies.
type Meaning struct {
	IRI string
	In  []string
}

// Lint checks the text of a context document, {"@context": …}, that the user
// keeps under name. Errors are what a JSON-LD processor refuses or silently reads
// another way than it looks: a key twice, a prefix that nothing defines, a core
// term with a definition of its own, a circle, an illegal definition. A URL that is
// not known here is a warning, as is what a broker or another reader refuses. Remarks
// are an order that matters, a term that nothing uses, or one that others read in
// another way. Findings stand in the order of the text, with line and character, at
// most maxFound of them.
func Lint(ctx context.Context, name string, text []byte, o LintOptions) []finding.Finding {
	if o.Resolver == nil {
		o.Resolver = NewResolver()
	}
	text = bytes.TrimPrefix(text, utf8BOM)
	l := &linter{LintOptions: o, ctx: ctx, name: name, text: text, lines: lineStarts(text), tries: maxTries, prefixed: map[string]bool{}}
	l.document()
	slices.SortStableFunc(l.found, func(a, b finding.Finding) int {
		if a.Location.Line != b.Location.Line {
			return a.Location.Line - b.Location.Line
		}
		return a.Location.Char - b.Location.Char
	})
	if l.left > 0 {
		f := finding.New(l.last.Code, finding.Location{File: name, Line: 1, Char: 1}, "there are %d findings more than these %d", l.left, len(l.found))
		f.Severity = max(l.worst, l.last.Severity)
		l.found = append(l.found, f)
	}
	return l.found
}

var utf8BOM = []byte("\xef\xbb\xbf")

const (
	// maxFound bounds the findings of one text.
	maxFound = 1000
	// maxTries bounds how often json-gold is asked about a part of a text alone, in
	// terms that it has to look at.
	maxTries = 4_000_000
)

type linter struct {
	LintOptions
	ctx    context.Context
	name   string
	text   []byte
	lines  []int // the offset at which each line begins
	found  []finding.Finding
	core   map[string]*ld.TermDefinition
	active *ld.Context // what the parts so far come to
	// unsure says that a part before could not be read, so that a prefix may be
	// defined after all.
	unsure   bool
	depth    int
	count    int // of the parts so far, with what URLs came to
	tries    int // left, in terms
	scopes   int // so far
	cores    []coreAt
	terms    []*member       // that the text itself defines
	prefixed map[string]bool // prefixes that a name of the text begins with

	left  int             // findings above maxFound
	last  finding.Finding // of these
	worst finding.Severity
}

// coreAt is a core @context in the text, and what follows it.
type coreAt struct {
	offset  int
	url     string
	changed []string // core terms that a later part defines another way
}

func (l *linter) document() {
	if l.URL != "" {
		l.served(0, l.URL, l.MediaType)
	}
	root, err := parseTree(l.text)
	if err != nil {
		offset := 0
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			offset, err = int(syntax.ByteOffset), syntax.Err
		}
		l.report(finding.ContextInvalid, offset, "it is not JSON: %v", err).Hint = "correct it here, or name the file of the @context: " + contextFileHint
		return
	}
	if root.kind != '{' {
		l.report(finding.ContextInvalid, root.offset, "it is not an object with an @context").Hint = contextFileHint
		return
	}
	l.duplicates(root)
	ldctx := root.last(ngsild.MemberContext)
	if ldctx == nil {
		l.report(finding.ContextInvalid, root.offset, "it has no @context").Hint = contextFileHint
		return
	}
	version, _ := coreVersionOf(l.Resolver.core)
	if local, ok := coreContext(version); ok {
		if core, err := (leaf{object: local}).onto(ld.NewContext(nil, l.Resolver.options())); err == nil {
			l.core = core.TermDefinitions
		}
	}
	l.active = ld.NewContext(nil, l.Resolver.options())
	l.parts(ldctx.value)
	l.order()
	if !l.Payload {
		l.readers()
	}
	if l.worstFound() < finding.Error {
		l.refused(ldctx.value)
	}
}

// worstFound is the gravest severity so far.
func (l *linter) worstFound() finding.Severity {
	worst := max(l.worst, l.last.Severity)
	for _, f := range l.found {
		worst = max(worst, f.Severity)
	}
	return worst
}

// report adds a finding at a byte offset. The pointer is good until the next.
func (l *linter) report(code finding.Code, offset int, format string, args ...any) *finding.Finding {
	return l.add(finding.New(code, finding.Location{}, format, args...), offset)
}

// add adds a finding, and gives it its place.
func (l *linter) add(f finding.Finding, offset int) *finding.Finding {
	if len(l.found) >= maxFound {
		l.worst = max(l.worst, l.last.Severity)
		l.left, l.last = l.left+1, f
		return &l.last
	}
	line := l.line(offset)
	char := utf8.RuneCount(l.text[l.lines[line-1]:min(offset, len(l.text))]) + 1
	f.Location = finding.Location{File: l.name, Line: line, Char: char}
	l.found = append(l.found, f)
	return &l.found[len(l.found)-1]
}

// line gives the line of a byte offset, 1-based.
func (l *linter) line(offset int) int {
	i, found := slices.BinarySearch(l.lines, offset)
	if found {
		return i + 1
	}
	return i
}

// resolution begins a look-up of something that the text names.
func (l *linter) resolution() *resolution {
	s := &resolution{r: l.Resolver, ctx: l.ctx, count: l.count}
	if l.URL != "" {
		s.stack = []string{l.URL}
	}
	return s
}

func (l *linter) origin() origin { return origin{name: "the @context", base: l.URL} }

// duplicates reports each key that an object has twice.
func (l *linter) duplicates(n *tree) {
	first := make(map[string]*member, len(n.members))
	for i := range n.members {
		m := &n.members[i]
		if was, twice := first[m.key]; twice {
			l.duplicate(was, m, n.last(m.key))
		} else {
			first[m.key] = m
		}
		l.duplicates(m.value)
	}
	for _, item := range n.items {
		l.duplicates(item)
	}
}

func (l *linter) duplicate(was, again, last *member) {
	f := l.report(finding.ContextDuplicate, again.offset, "%q stands here again, after line %d", again.key, l.line(was.offset))
	texts := was.value.kind == '"' && again.value.kind == '"'
	switch {
	case again != last:
		f.Message += fmt.Sprintf("; only the last one counts, that of line %d", l.line(last.offset))
	case bytes.Equal(l.text[was.value.offset:was.value.end], l.text[again.value.offset:again.value.end]):
		f.Message += "; both say the same"
		f.Hint = "take one of them out"
		return
	case texts:
		f.Message += fmt.Sprintf("; only this one counts: %q, not %q", again.value.text, was.value.text)
	default:
		f.Message += "; only this one counts"
	}
	f.Hint = "keep one of them"
	if texts && was.value.text != again.value.text {
		f.Hint = fmt.Sprintf("keep one of them: %q or %q", was.value.text, again.value.text)
	}
}

// parts checks the value of the @context.
func (l *linter) parts(n *tree) {
	l.each(n, func(part *tree) {
		switch part.kind {
		case '"':
			if l.count <= maxParts {
				l.ref(part)
			}
		case '{':
			if l.count++; l.count == maxParts+1 {
				l.report(finding.ContextInvalid, part.offset, "the @context comes to more than %d parts", maxParts)
			}
			if l.count <= maxParts {
				l.object(part)
			}
		case 'n':
			l.extend(part.offset, []leaf{{}})
		}
	})
}

// each calls visit with every URL, object and null of an @context, in their order.
func (l *linter) each(n *tree, visit func(part *tree)) {
	if l.ctx.Err() != nil {
		return
	}
	l.depth++
	defer func() { l.depth-- }()
	if l.depth > maxDepth {
		l.report(finding.ContextInvalid, n.offset, "the @context is nested more than %d deep", maxDepth)
		return
	}
	switch n.kind {
	case '[':
		for _, item := range n.items {
			l.each(item, visit)
		}
	case '{':
		if nested := n.last(ngsild.MemberContext); nested != nil {
			l.each(nested.value, visit)
			return
		}
		visit(n)
	case '"', 'n':
		visit(n)
	default:
		l.report(finding.ContextInvalid, n.offset, "a URL or an object belongs here")
	}
}

// ref checks a URL, and goes on with what it brings.
func (l *linter) ref(n *tree) {
	if IsCore(n.text) {
		l.cores = append(l.cores, coreAt{offset: n.offset, url: n.text})
		return
	}
	if nodes, ok := l.resolve(n); ok {
		before, parts := l.active, leaves(nil, nodes)
		l.extend(n.offset, parts)
		l.overrides(n.offset, before, parts)
	}
}

// resolve looks up a URL of the text and reports what that finds, at its place.
func (l *linter) resolve(n *tree) ([]node, bool) {
	s := l.resolution()
	nodes := s.ref(n.text, l.origin(), 0)
	l.count = s.count
	switch {
	case s.fault != nil && l.Fault != nil:
		l.Fault(s.fault)
	case s.fault != nil:
		l.report(finding.ContextInvalid, n.offset, "%v", s.fault)
	}
	for _, f := range s.found {
		if f.Location.File != "" && f.Location.File != l.name {
			f.Message = f.Location.File + ": " + f.Message
		}
		l.add(f, n.offset)
	}
	for _, one := range nodes {
		if one.url != "" && !l.Payload {
			l.served(n.offset, one.url, l.Resolver.mediaType(one.url))
		}
	}
	ok := s.fault == nil && errorsOf(s.found) == nil
	if !ok || slices.ContainsFunc(s.found, func(f finding.Finding) bool { return f.Code == finding.ContextUnknownURL }) {
		l.unsure = true
	}
	return nodes, ok
}

// jsonMediaTypes are those under which readers take a context; others end in +json.
var jsonMediaTypes = []string{"application/ld+json", "application/json"}

// plainHosts serve every file as text/plain.
var plainHosts = []string{"raw.githubusercontent.com", "gist.githubusercontent.com"}

// served warns of a context that a server calls something else than JSON. Where it was
// not fetched that is known of some hosts only, and a remark.
func (l *linter) served(offset int, u, mediaType string) {
	const hint = "publish it where it is served as application/ld+json, such as GitHub Pages with the ending .jsonld"
	switch at, err := url.Parse(u); {
	case mediaType != "":
		if !slices.Contains(jsonMediaTypes, mediaType) && !strings.HasSuffix(mediaType, "+json") {
			l.report(finding.ContextMediaType, offset, "the @context %s is served as %s, not as application/ld+json: JSON-LD processors may refuse it", u, mediaType).Hint = hint
		}
	case err == nil && slices.Contains(plainHosts, at.Host):
		f := l.report(finding.ContextMediaType, offset, "the @context %s is served as text/plain, as everything of %s: JSON-LD processors may refuse it", u, at.Host)
		f.Severity, f.Hint = finding.Info, hint
	}
}

// extend processes local contexts on top of what came before, and notes which
// core terms they change.
func (l *linter) extend(offset int, parts []leaf) {
	for _, part := range parts {
		after, err := part.onto(l.active)
		if err != nil {
			l.unsure = true
			message := sentence(err)
			if part.name != "" {
				message = part.name + ": " + message
			}
			l.report(finding.ContextInvalid, offset, "%s", message)
			continue
		}
		l.active = after
		if len(l.cores) == 0 {
			continue
		}
		last := &l.cores[len(l.cores)-1]
		for term := range part.object {
			if l.changesCore(term) && !slices.Contains(last.changed, term) {
				last.changed = append(last.changed, term)
			}
		}
	}
}

// overrides remarks on the terms that a part of the @context defines another way than
// the parts before it.
func (l *linter) overrides(offset int, before *ld.Context, parts []leaf) {
	changed := map[string]bool{}
	for _, part := range parts {
		for term := range part.object {
			was, had := before.TermDefinitions[term]
			if _, ofCore := l.core[term]; had && !ofCore && !sameDefinition(was, l.active.TermDefinitions[term]) {
				changed[term] = true
			}
		}
	}
	if len(changed) == 0 {
		return
	}
	terms := slices.Sorted(maps.Keys(changed))
	for i, term := range terms[:min(shownHere, len(terms))] {
		terms[i] = fmt.Sprintf("%q (%s, was %s)", term, iriOf(l.active.TermDefinitions[term]), iriOf(before.TermDefinitions[term]))
	}
	l.report(finding.ContextOrder, offset, "this defines another way than a context before it: %s; the later one counts", firstOf(terms, shownHere)).Hint =
		"put the context last whose definitions are meant"
}

// shownHere is how many terms one finding names.
const shownHere = 4

// firstOf joins the first of a list, and counts the others.
func firstOf(list []string, most int) string {
	text := strings.Join(list[:min(most, len(list))], ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// changesCore says whether the term is the core's and stands for something else
// so far.
func (l *linter) changesCore(term string) bool {
	ours, isCore := l.core[term]
	if !isCore {
		return false
	}
	theirs, defined := l.active.TermDefinitions[term]
	return defined && !sameDefinition(ours, theirs)
}

// sameDefinition compares as JSON-LD does for a protected term.
func sameDefinition(a, b *ld.TermDefinition) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := a.Copy(), b.Copy()
	x.Protected, y.Protected = false, false
	if x.HasContext || y.HasContext {
		return x.ID == y.ID && x.HasContext == y.HasContext
	}
	return ld.DeepCompareTermDef(x, y, false)
}

// object checks a local context of the text itself.
func (l *linter) object(n *tree) {
	absolute, isCore := l.local(n)
	if isCore {
		l.cores = append(l.cores, coreAt{offset: n.offset, url: "written out here"})
	}
	if absolute == nil {
		return
	}
	before := l.active
	if l.illegal(n, absolute) {
		// What is legal is still worth checking against.
		for term := range absolute {
			if l.tries < 0 || !l.legal(absolute, term) {
				delete(absolute, term)
			}
		}
	}
	parts := []leaf{{object: absolute}}
	l.extend(n.offset, parts)
	l.overrides(n.offset, before, parts)
	l.members(n, before)
	for i := range n.members {
		if m := &n.members[i]; n.last(m.key) == m && !strings.HasPrefix(m.key, "@") {
			l.terms = append(l.terms, m)
		}
	}
}

// local decodes a local context of the text and makes it absolute; it gives nil where
// that is a copy of a core @context, or what parseTree read and JSON does not allow.
func (l *linter) local(n *tree) (absolute map[string]any, isCore bool) {
	value, err := decodeContext(l.text[n.offset:n.end])
	local, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, false // what cannot be decoded is said of the whole
	}
	if isCoreObject(local) {
		return nil, true
	}
	s := l.resolution()
	s.offline = true
	absolute = s.object(local, l.origin(), 0)
	if imported := n.last("@import"); imported != nil && imported.value.kind == '"' {
		l.resolve(imported.value)
	}
	return absolute, false
}

// members checks the names in a local context, after extend. before is what stood
// before it.
func (l *linter) members(n *tree, before *ld.Context) {
	l.prefixes(n, before)
	for i := range n.members {
		m := &n.members[i]
		if n.last(m.key) != m {
			continue
		}
		if inner := m.value.last(ngsild.MemberContext); inner != nil {
			l.scoped(inner.value)
		}
		if l.changesCore(m.key) {
			l.redefined(m)
		}
	}
}

// redefined reports a core term with a definition of the user's, and what breaks.
func (l *linter) redefined(m *member) {
	core, user := l.core[m.key], l.active.TermDefinitions[m.key]
	f := l.report(finding.ContextCoreTerm, m.offset, "%q is a term of the NGSI-LD core, which stands for %s; ", m.key, core.ID)
	switch {
	case user == nil:
		f.Message += "here it is taken away"
	case user.ID == core.ID:
		f.Message += fmt.Sprintf("here it is defined again, with the same IRI but another coercion (%s instead of %s)", coercion(user), coercion(core))
	default:
		f.Message += fmt.Sprintf("here it is defined again, as %s", user.ID)
	}
	f.Message += ". A broker keeps to the core's"
	if breaks := l.breaks(m.key, core, user); breaks != "" {
		f.Message += "; where plain JSON-LD takes this one, " + breaks
	} else {
		f.Message += fmt.Sprintf(": what you call %s is stored and found as %s", m.key, core.ID)
	}
	f.Hint = "take the line out, or give the term another name"
}

// breaks says what no longer works where a core term has another definition, "" for a
// term that no entity depends on.
func (l *linter) breaks(term string, core, user *ld.TermDefinition) string {
	switch term {
	case ngsild.MemberLocation, ngsild.MemberObservationSpace, ngsild.MemberOperationSpace:
		return "geo-queries and maps no longer find the place"
	case ngsild.MemberID, ngsild.MemberType:
		return "entities have no " + term
	case ngsild.MemberValue, ngsild.MemberObject, ngsild.MemberLanguageMap, ngsild.MemberVocab, ngsild.MemberJSON, ngsild.MemberValueList, ngsild.MemberObjectList:
		return "attributes lose their " + term
	case ngsild.MemberUnitCode:
		return "values lose their unit"
	case ngsild.MemberDatasetID:
		return "the values of different datasets are no longer told apart"
	case "coordinates":
		return "geometries lose their coordinates"
	}
	switch _, isKind := ngsild.ParseKind(term); {
	case isKind:
		return "attributes of this type are no longer read as such"
	case core.Type == NGSILD+"DateTime" && user != nil && user.ID == core.ID:
		return "the time is read as a mere text, and temporal queries do not find it"
	case core.Type == NGSILD+"DateTime":
		return "temporal queries no longer find the time"
	}
	return ""
}

// coercion words what a definition says beside its IRI.
func coercion(td *ld.TermDefinition) string {
	words := slices.Clone(td.Container)
	if td.Type != "" {
		words = append(words, td.Type)
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, " ")
}

// legal tries a term alone, with the prefixes that it uses.
func (l *linter) legal(local map[string]any, term string) bool {
	small := map[string]any{}
	for _, key := range []string{"@vocab", "@version", "@language", "@direction", "@protected", "@propagate"} {
		if v, ok := local[key]; ok {
			small[key] = v
		}
	}
	var need func(term string)
	need = func(term string) {
		definition, ok := local[term]
		if _, have := small[term]; have || !ok {
			return
		}
		small[term] = definition
		names := []any{term, definition}
		if object, ok := definition.(map[string]any); ok {
			names = append(names, object["@id"], object["@type"], object["@reverse"])
		}
		for _, name := range names {
			if text, ok := name.(string); ok {
				prefix, _, _ := strings.Cut(text, ":")
				need(text)
				need(prefix)
			}
		}
	}
	need(term)
	l.tries -= len(l.active.TermDefinitions) + len(small)
	_, err := leaf{object: small}.onto(l.active)
	return err == nil
}

// illegal reports the definitions that JSON-LD refuses.
func (l *linter) illegal(n *tree, local map[string]any) bool {
	_, err := leaf{object: local}.onto(l.active)
	if err == nil {
		return false
	}
	found := false
	for i := range n.members {
		m := &n.members[i]
		if l.tries < 0 {
			break // so many terms that none is tried alone any more
		}
		if n.last(m.key) != m || l.legal(local, m.key) {
			continue
		}
		found = true
		f := l.report(finding.ContextInvalid, m.offset, "the definition of %q is not legal", m.key)
		alone := map[string]any{m.key: local[m.key]}
		if vocab, ok := local["@vocab"]; ok {
			alone["@vocab"] = vocab
		}
		if _, why := (leaf{object: alone}).onto(l.active); why != nil {
			f.Message += ": " + strings.TrimPrefix(sentence(why), "it is not a legal @context: ")
		}
	}
	if !found {
		l.report(finding.ContextInvalid, n.offset, "%s", sentence(err))
	}
	return true
}

// prefixes reports compact IRIs whose prefix stands for nothing. before is what
// the parts before define.
func (l *linter) prefixes(n *tree, before *ld.Context) {
	for i := range n.members {
		m := &n.members[i]
		switch m.key {
		case ngsild.MemberContext, "@import", "@base", "@language", "@version", "@protected", "@propagate", "@direction":
			continue
		}
		if !strings.HasPrefix(m.key, "@") {
			l.prefix(n, before, m.key, m.offset)
		}
		switch m.value.kind {
		case '"':
			l.prefix(n, before, m.value.text, m.value.offset)
		case '{':
			for j := range m.value.members {
				part := &m.value.members[j]
				switch part.key {
				case "@id", "@type", "@reverse", "@index":
					if part.value.kind == '"' {
						l.prefix(n, before, part.value.text, part.value.offset)
					}
				}
			}
		}
	}
}

func (l *linter) prefix(n *tree, before *ld.Context, name string, offset int) {
	colon := strings.IndexByte(name, ':')
	if colon <= 0 || strings.HasPrefix(name[colon+1:], "//") {
		return
	}
	prefix := name[:colon]
	l.prefixed[prefix] = true
	if prefix == "_" || knownScheme[strings.ToLower(prefix)] {
		return
	}
	td, defined := l.active.TermDefinitions[prefix]
	if !defined {
		td, defined = before.TermDefinitions[prefix]
	}
	switch {
	case defined && td != nil && td.Prefix != nil && *td.Prefix:
	case defined || n.last(prefix) != nil:
		f := l.report(finding.ContextPrefix, offset, "%q begins with %q, which is defined but cannot be a prefix, so the name is not expanded", name, prefix)
		f.Hint = `a prefix is written "` + prefix + `": "IRI", and its IRI ends in "/" or "#"`
	default:
		f := l.report(finding.ContextPrefix, offset, "%q begins with the prefix %q, which nothing here defines", name, prefix)
		f.Hint = `add "` + prefix + `": "https://…#", or write the whole IRI`
		if _, ofCore := l.core[prefix]; ofCore {
			f.Hint = fmt.Sprintf("the core @context is read last, so its prefixes do not reach here: add %q: %q", prefix, l.core[prefix].ID)
		}
		if l.unsure {
			f.Severity = finding.Warning
			f.Message += " (a context that could not be read may)"
		}
	}
}

// scoped checks a scoped context: its URLs, its prefixes, whether it is legal,
// and whether it takes a core term away from what stands inside.
func (l *linter) scoped(n *tree) {
	l.each(n, func(part *tree) {
		switch part.kind {
		case '"':
			if !IsCore(part.text) {
				l.resolve(part)
			}
		case '{':
			l.scopedObject(part)
		case 'n':
			l.report(finding.ContextCoreTerm, part.offset, "a scoped context of null takes the core @context away: nothing that stands inside is read").Hint =
				"take the scoped context out"
		}
	})
}

func (l *linter) scopedObject(n *tree) {
	if l.scopes++; l.scopes == maxScoped+1 {
		l.report(finding.ContextInvalid, n.offset, "the @context has more than %d scoped contexts", maxScoped)
	}
	l.tries -= len(l.active.TermDefinitions)
	if l.scopes > maxScoped || l.tries < 0 {
		return
	}
	absolute, _ := l.local(n)
	if absolute == nil {
		return
	}
	before := l.active
	l.active = unprotected(before)
	defer func() { l.active = before }()
	if !l.illegal(n, absolute) {
		l.extend(n.offset, []leaf{{object: absolute}})
	}
	l.members(n, before)
}

// order remarks on a core @context that does not stand last.
func (l *linter) order() {
	for _, core := range l.cores {
		if len(core.changed) == 0 {
			continue
		}
		slices.Sort(core.changed)
		for i, term := range core.changed {
			core.changed[i] = strconv.Quote(term)
		}
		f := l.report(finding.ContextOrder, core.offset,
			"the core @context stands before contexts that define %s; NGSI-LD reads the core last, plain JSON-LD would %s",
			firstOf(core.changed, shownHere), plainWould(core.url))
		f.Hint = "put the core @context last"
	}
}

// plainWould says what plain JSON-LD does where a core is followed by other
// definitions of its terms: from v1.8 on they are protected.
func plainWould(coreURL string) string {
	if version, ok := coreVersionOf(coreURL); ok && slices.Contains(coreVersions, version) &&
		slices.Index(coreVersions, version) < slices.Index(coreVersions, "1.8") {
		return "use theirs"
	}
	return "refuse the whole document"
}

// readers reports what brokers, other tools and the entities make of the terms.
func (l *linter) readers() {
	for _, m := range l.terms {
		td := l.active.TermDefinitions[m.key]
		if _, ofCore := l.core[m.key]; ofCore || td == nil || ld.IsKeyword(td.ID) {
			continue
		}
		l.coerced(m)
		l.ambiguous(m, td)
		prefix := isPrefix(td) && (l.prefixed[m.key] || l.Uses != nil && l.Uses.begin(m.key))
		if l.Uses != nil && !prefix && !l.Uses.has(m.key, td.ID) {
			l.report(finding.ContextUnused, m.offset, "no entity uses %q", m.key).Hint = "take it out, or look whether the entities write it another way"
		}
	}
}

// coerced warns of the coercions with which Orion-LD refuses an attribute: it holds the
// JSON of the whole attribute against them (FIWARE/context.Orion-LD, issue 1995).
func (l *linter) coerced(m *member) {
	coercion := m.value.last("@type")
	if coercion == nil || coercion.value.text != "@id" && coercion.value.text != "DateTime" {
		return
	}
	f := l.report(finding.ContextOrion, coercion.offset,
		`%q has "@type": %q: Orion-LD answers 400 to an attribute of this name that is written as an object, "JSON Type for attribute not according to @context @type field"`,
		m.key, coercion.value.text)
	f.Hint = fmt.Sprintf("write %q: %s; the type of the attribute says what its value is. Expanded names, which ldt push sends, are taken as they are", m.key, l.idOf(m))
}

// idOf gives the text of a definition's @id.
func (l *linter) idOf(m *member) string {
	if id := m.value.last("@id"); id != nil {
		return string(l.text[id.value.offset:id.value.end])
	}
	return `"https://…"`
}

// ambiguous remarks on a term that stands for several IRIs elsewhere.
func (l *linter) ambiguous(m *member, td *ld.TermDefinition) {
	if l.Meanings == nil {
		return
	}
	meanings := l.Meanings(m.key)
	if len(meanings) < 2 {
		return
	}
	as, elsewhere := "", "in the Smart Data Models"
	var others []string
	for _, meaning := range meanings {
		if meaning.IRI == td.ID {
			as, elsewhere = ", as in "+firstOf(meaning.In, 3), "elsewhere in the Smart Data Models"
			continue
		}
		others = append(others, fmt.Sprintf("%s (%s)", meaning.IRI, firstOf(meaning.In, 3)))
	}
	l.report(finding.ContextAmbiguous, m.offset, "%q stands for %s here%s; %s it stands for %s", m.key, td.ID, as, elsewhere, firstOf(others, 2)).Hint =
		"entities that follow another of these models need its @context, or the whole IRI"
}

// refused reports what the Resolver refuses though no rule above did: that a
// context without errors resolves is a promise, not a hope. Files and documents
// differ (a file's @base does not count), so both are asked.
func (l *linter) refused(n *tree) {
	if err := l.refuses(l.text, func(v any) (any, bool) {
		document, ok := v.(map[string]any)
		return document[ngsild.MemberContext], ok
	}); err != nil {
		at := n.offset
		if l.refuses(l.text[n.offset:n.end], whole) != nil {
			at = l.culprit(n)
		}
		l.report(finding.ContextInvalid, at, "%v", err)
	}
}

func whole(v any) (any, bool) { return v, true }

// refuses gives why the Resolver takes a text's @context neither from a document nor
// from a file, or nil. find leads from the decoded text to the @context.
func (l *linter) refuses(text []byte, find func(any) (any, bool)) error {
	value, err := decodeContext(text)
	if err != nil {
		return fmt.Errorf("it cannot be read: %w", describeJSON(text, err))
	}
	ldctx, ok := find(value)
	if !ok {
		return errors.New("it is not an object with an @context")
	}
	for _, at := range []origin{{name: "@context", base: l.URL}, {name: l.name, base: l.URL, remote: true}} {
		if at.remote && !bytes.Contains(text, []byte("@base")) {
			continue // both are read alike
		}
		s := l.resolution()
		s.offline, s.count = true, 0
		nodes := s.value(ldctx, at, 0)
		err := s.fault
		if err == nil {
			err = errorsOf(s.found)
		}
		if err == nil {
			_, _, _, err = l.Resolver.parse(nodes)
		}
		var list finding.List
		if errors.As(err, &list) {
			return errors.New(list[0].Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// culprit gives the place of the innermost part of an @context for which alone it
// is refused.
func (l *linter) culprit(n *tree) int {
	for _, item := range n.items {
		if l.refuses(l.text[item.offset:item.end], whole) != nil {
			return l.culprit(item)
		}
	}
	for i := range n.members {
		m := &n.members[i]
		if l.tries -= maxTries / maxFound; l.tries < 0 {
			break
		}
		alone := slices.Concat([]byte{'{'}, l.text[m.offset:m.value.end], []byte{'}'})
		if n.last(m.key) == m && l.refuses(alone, whole) != nil {
			return m.offset
		}
	}
	return n.offset
}

package jsonld

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Lint checks the text of a context document, {"@context": …}, that the user
// keeps under name. Errors are what a JSON-LD processor refuses or silently reads
// another way than it looks: a key twice, a prefix that nothing defines, a core
// term with a definition of its own, an illegal definition. A URL that is not
// known here is a warning; a core @context that does not stand last is a remark
// where plain JSON-LD would differ. Findings stand in the order of the text, with
// line and character. r may be nil.
func Lint(name string, text []byte, r *Resolver) []finding.Finding {
	if r == nil {
		r = NewResolver()
	}
	l := &linter{name: name, text: bytes.TrimPrefix(text, utf8BOM), r: r}
	root, err := parseTree(l.text)
	if err != nil {
		offset := 0
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			offset, err = int(syntax.ByteOffset), syntax.Err
		}
		l.report(finding.ContextInvalid, offset, "it is not JSON: %v", err)
		return l.found
	}
	if root.kind != '{' {
		l.report(finding.ContextInvalid, root.offset, "it is not an object with an @context")
		return l.found
	}
	l.duplicates(root)
	ldctx := root.last(ngsild.MemberContext)
	if ldctx == nil {
		l.report(finding.ContextInvalid, root.offset, "it has no @context").Hint = contextFileHint
		return l.found
	}
	version, _ := coreVersionOf(r.core)
	local, ok := coreContext(version)
	if ok {
		_ = guard(func() error {
			core, err := ld.NewContext(nil, r.options()).Parse(local)
			if err == nil {
				l.core = core.TermDefinitions
			}
			return err
		})
	}
	l.active = ld.NewContext(nil, r.options())
	l.parts(ldctx.value)
	l.order()
	if errorsOf(l.found) == nil {
		l.refused(ldctx.value)
	}
	slices.SortStableFunc(l.found, func(a, b finding.Finding) int {
		if a.Location.Line != b.Location.Line {
			return a.Location.Line - b.Location.Line
		}
		return a.Location.Char - b.Location.Char
	})
	return l.found
}

var utf8BOM = []byte("\xef\xbb\xbf")

type linter struct {
	name   string
	text   []byte
	r      *Resolver
	found  []finding.Finding
	core   map[string]*ld.TermDefinition
	active *ld.Context // what the parts so far come to
	// unsure says that a part before could not be read, so that a prefix may be
	// defined after all.
	unsure bool
	depth  int
	cores  []coreAt
}

// coreAt is a core @context in the text, and what follows it.
type coreAt struct {
	offset  int
	url     string
	changed []string // core terms that a later part defines another way
}

// report adds a finding at a byte offset. The pointer is good until the next.
func (l *linter) report(code finding.Code, offset int, format string, args ...any) *finding.Finding {
	line, char := position(l.text, offset)
	l.found = append(l.found, finding.New(code, finding.Location{File: l.name, Line: line, Char: char}, format, args...))
	return &l.found[len(l.found)-1]
}

// duplicates reports each key that an object has twice.
func (l *linter) duplicates(n *tree) {
	first := make(map[string]*member, len(n.members))
	for i := range n.members {
		m := &n.members[i]
		was, twice := first[m.key]
		if twice {
			line, _ := position(l.text, was.offset)
			f := l.report(finding.ContextDuplicate, m.offset, "%q stands here again, after line %d; only the last one counts", m.key, line)
			f.Hint = "keep one of them"
			if was.value.kind == '"' && m.value.kind == '"' && was.value.text != m.value.text {
				f.Hint = fmt.Sprintf("keep one of them: %q or %q", was.value.text, m.value.text)
			}
		} else {
			first[m.key] = m
		}
		l.duplicates(m.value)
	}
	for _, item := range n.items {
		l.duplicates(item)
	}
}

// parts checks the value of the @context.
func (l *linter) parts(n *tree) {
	if l.depth++; l.depth > maxDepth {
		l.report(finding.ContextInvalid, n.offset, "the @context is nested more than %d deep", maxDepth)
		return
	}
	defer func() { l.depth-- }()
	switch n.kind {
	case '[':
		for _, item := range n.items {
			l.parts(item)
		}
	case '"':
		l.ref(n)
	case '{':
		if nested := n.last(ngsild.MemberContext); nested != nil {
			l.parts(nested.value)
			return
		}
		l.object(n)
	case 'n':
		l.extend(n.offset, []leaf{{}})
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
		l.extend(n.offset, leaves(nil, nodes))
	}
}

// resolve looks up a URL of the text and reports what that finds, at its place.
func (l *linter) resolve(n *tree) ([]node, bool) {
	s := &resolution{r: l.r, ctx: context.Background()}
	nodes := s.ref(n.text, origin{name: "the @context"}, 0)
	if s.fault != nil {
		l.report(finding.ContextInvalid, n.offset, "%v", s.fault)
	}
	at := l.report(finding.ContextInvalid, n.offset, "").Location
	l.found = l.found[:len(l.found)-1]
	for _, f := range s.found {
		if f.Location.File != "" && f.Location.File != l.name {
			f.Message = f.Location.File + ": " + f.Message
		}
		f.Location = at
		l.found = append(l.found, f)
	}
	ok := s.fault == nil && errorsOf(s.found) == nil
	if !ok || len(s.found) > 0 {
		l.unsure = true
	}
	return nodes, ok
}

// extend processes local contexts on top of what came before, and notes which
// core terms they change.
func (l *linter) extend(offset int, parts []leaf) {
	for _, part := range parts {
		after, err := part.onto(l.active)
		if err == nil {
			l.active = after
		} else {
			l.unsure = true
			message := sentence(err)
			if part.name != "" {
				message = part.name + ": " + message
			}
			l.report(finding.ContextInvalid, offset, "%s", message)
			continue
		}
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
	value, err := decodeContext(l.text[n.offset:n.end])
	local, ok := value.(map[string]any)
	if err != nil || !ok {
		return // parseTree has read it: cannot be
	}
	if isCoreObject(local) {
		l.cores = append(l.cores, coreAt{offset: n.offset, url: "written out here"})
		return
	}
	s := &resolution{r: l.r, ctx: context.Background(), offline: true}
	absolute := s.object(local, origin{name: "the @context"}, 0)
	if imported := n.last("@import"); imported != nil && imported.value.kind == '"' {
		l.resolve(imported.value)
	}
	before := l.active
	if bad := l.illegal(n, absolute); bad {
		// What is legal is still worth checking against.
		for term := range absolute {
			if !l.legal(absolute, term) {
				delete(absolute, term)
			}
		}
	}
	l.extend(n.offset, []leaf{{object: absolute}})
	l.prefixes(n, before)
	for i := range n.members {
		m := &n.members[i]
		if n.last(m.key) != m {
			continue
		}
		if scoped := m.value.last(ngsild.MemberContext); scoped != nil {
			l.scoped(scoped.value)
		}
		if l.changesCore(m.key) {
			l.redefined(m)
		}
	}
}

// redefined reports a core term with a definition of the user's.
func (l *linter) redefined(m *member) {
	core, user := l.core[m.key], l.active.TermDefinitions[m.key]
	switch {
	case user == nil:
		l.report(finding.ContextCoreTerm, m.offset, "%q is a term of the NGSI-LD core, which stands for %s; here it is taken away", m.key, core.ID)
	case user.ID == core.ID:
		l.report(finding.ContextCoreTerm, m.offset, "%q is a term of the NGSI-LD core; here it is defined again, with the same IRI but another coercion (%s instead of %s)",
			m.key, coercion(user), coercion(core))
	default:
		l.report(finding.ContextCoreTerm, m.offset, "%q is a term of the NGSI-LD core, which stands for %s; here it is defined again, as %s", m.key, core.ID, user.ID)
	}
	l.found[len(l.found)-1].Hint = "take the line out, or give the term another name; a broker uses the core's definition, " +
		"plain JSON-LD uses this one where the core does not come last"
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
	return guard(func() error {
		_, err := l.active.Parse(small)
		return err
	}) == nil
}

// illegal reports the definitions that JSON-LD refuses.
func (l *linter) illegal(n *tree, local map[string]any) bool {
	err := guard(func() error {
		_, err := l.active.Parse(local)
		return err
	})
	if err == nil {
		return false
	}
	found := false
	for i := range n.members {
		m := &n.members[i]
		if n.last(m.key) != m || l.legal(local, m.key) {
			continue
		}
		found = true
		f := l.report(finding.ContextInvalid, m.offset, "the definition of %q is not legal", m.key)
		alone := map[string]any{m.key: local[m.key]}
		if vocab, ok := local["@vocab"]; ok {
			alone["@vocab"] = vocab
		}
		if why := guard(func() error {
			_, err := l.active.Parse(alone)
			return err
		}); why != nil {
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
	if l.depth++; l.depth > maxDepth {
		l.report(finding.ContextInvalid, n.offset, "the @context is nested more than %d deep", maxDepth)
		return
	}
	defer func() { l.depth-- }()
	switch n.kind {
	case '[':
		for _, item := range n.items {
			l.scoped(item)
		}
	case '"':
		if !IsCore(n.text) {
			l.resolve(n)
		}
	case 'n':
		l.report(finding.ContextCoreTerm, n.offset, "a scoped context of null takes the core @context away: nothing that stands inside is read").Hint =
			"take the scoped context out"
	case '{':
		if nested := n.last(ngsild.MemberContext); nested != nil {
			l.scoped(nested.value)
			return
		}
		l.scopedObject(n)
	default:
		l.report(finding.ContextInvalid, n.offset, "a URL or an object belongs here")
	}
}

func (l *linter) scopedObject(n *tree) {
	value, err := decodeContext(l.text[n.offset:n.end])
	local, ok := value.(map[string]any)
	if err != nil || !ok || isCoreObject(local) {
		return // what cannot be decoded is said of the whole
	}
	s := &resolution{r: l.r, ctx: context.Background(), offline: true}
	absolute := s.object(local, origin{name: "the @context"}, 0)
	if imported := n.last("@import"); imported != nil && imported.value.kind == '"' {
		l.resolve(imported.value)
	}
	before := l.active
	l.active = unprotected(before)
	defer func() { l.active = before }()
	if !l.illegal(n, absolute) {
		l.extend(n.offset, []leaf{{object: absolute}})
	}
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

// order remarks on a core @context that does not stand last.
func (l *linter) order() {
	for _, core := range l.cores {
		if len(core.changed) == 0 {
			continue
		}
		slices.Sort(core.changed)
		shown := make([]string, 0, 5)
		for _, term := range core.changed[:min(4, len(core.changed))] {
			shown = append(shown, strconv.Quote(term))
		}
		if more := len(core.changed) - len(shown); more > 0 {
			shown = append(shown, fmt.Sprintf("%d more", more))
		}
		f := l.report(finding.ContextOrder, core.offset,
			"the core @context stands before contexts that define %s; NGSI-LD reads the core last, plain JSON-LD would %s",
			strings.Join(shown, ", "), plainWould(core.url))
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
		return fmt.Errorf("it cannot be read: %w", err)
	}
	ldctx, ok := find(value)
	if !ok {
		return errors.New("it is not an object with an @context")
	}
	for _, at := range []origin{{name: "@context"}, {name: l.name, remote: true}} {
		if at.remote && !bytes.Contains(text, []byte("@base")) {
			continue // both are read alike
		}
		s := &resolution{r: l.r, ctx: context.Background(), offline: true}
		nodes := s.value(ldctx, at, 0)
		err := s.fault
		if err == nil {
			err = errorsOf(s.found)
		}
		if err == nil {
			_, _, _, err = l.r.parse(nodes)
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
		alone := slices.Concat([]byte{'{'}, l.text[m.offset:m.value.end], []byte{'}'})
		if n.last(m.key) == m && l.refuses(alone, whole) != nil {
			return m.offset
		}
	}
	return n.offset
}

// tree is a JSON value with the places of its parts.
type tree struct {
	kind        jsontext.Kind
	offset, end int
	text        string // of a string
	members     []member
	items       []*tree
	index       map[string]int // the last member of each key
}

type member struct {
	key    string
	offset int
	value  *tree
}

// last gives the member that counts, or nil.
func (n *tree) last(key string) *member {
	if i, ok := n.index[key]; ok {
		return &n.members[i]
	}
	return nil
}

// parseTree reads one JSON text; a key may stand twice.
func parseTree(text []byte) (*tree, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	root, err := readTree(dec, 0)
	if err != nil {
		return nil, err
	}
	if dec.PeekKind() != 0 {
		end := bytes.TrimLeft(text[dec.InputOffset():], " \t\r\n")
		return nil, &jsontext.SyntacticError{ByteOffset: int64(len(text) - len(end)), Err: errors.New("something follows the end")}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, err
	}
	return root, nil
}

// maxTree bounds how deep the JSON of a context document may be.
const maxTree = 200

func readTree(dec *jsontext.Decoder, depth int) (*tree, error) {
	if depth > maxTree {
		return nil, fmt.Errorf("it is nested more than %d deep", maxTree)
	}
	switch kind := dec.PeekKind(); kind {
	case '{', '[':
		if _, err := dec.ReadToken(); err != nil {
			return nil, err
		}
		n := &tree{kind: kind, offset: int(dec.InputOffset()) - 1}
		for end := kind + 2; dec.PeekKind() != end; {
			if kind == '[' {
				item, err := readTree(dec, depth+1)
				if err != nil {
					return nil, err
				}
				n.items = append(n.items, item)
				continue
			}
			name, err := readTree(dec, depth+1)
			if err != nil {
				return nil, err
			}
			value, err := readTree(dec, depth+1)
			if err != nil {
				return nil, err
			}
			if n.index == nil {
				n.index = map[string]int{}
			}
			n.index[name.text] = len(n.members)
			n.members = append(n.members, member{key: name.text, offset: name.offset, value: value})
		}
		if _, err := dec.ReadToken(); err != nil {
			return nil, err
		}
		n.end = int(dec.InputOffset())
		return n, nil
	default:
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		n := &tree{kind: kind, end: int(dec.InputOffset())}
		n.offset = n.end - len(raw)
		if kind == '"' {
			unquoted, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return nil, err
			}
			n.text = string(unquoted)
		}
		return n, nil
	}
}

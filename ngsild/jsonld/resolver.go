package jsonld

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	// maxDepth bounds how deep @contexts may name each other.
	maxDepth = 16
	// maxParts bounds how many @contexts one @context may come to.
	maxParts = 512
	// maxCached bounds the compiled contexts that a Resolver keeps.
	maxCached = 128
)

// MaxContextBytes bounds one @context, from a file or fetched.
const MaxContextBytes = 8 << 20

// Resolver finds @contexts and compiles them. It answers from what is built in
// (the core @contexts), from what is registered (WithContexts) and from what is
// pinned (WithLock); it fetches only with WithFetch, and never opens a file that
// a document names. It is safe for concurrent use.
type Resolver struct {
	core       string
	registered map[string]func() []byte
	lock       *lock
	fetch      *Fetch

	mu        sync.RWMutex
	documents map[string]*document // by URL, once loaded
	compiled  map[string]resolved  // by the text of the @context

	fetching sync.Mutex // held while the lock file or the network is in use
}

// document is a loaded @context document.
type document struct {
	ldctx     any // the value of its @context; read only
	text      []byte
	found     []finding.Finding
	mediaType string // what a server called it; empty where it was not fetched
}

type resolved struct {
	c     *Context
	found []finding.Finding
}

// Option sets up a Resolver.
type Option func(*Resolver)

// WithContexts registers @context documents by their URL, such as those of the
// built-in models or of a use case that will publish its own. Each is a JSON
// document with an @context. They are read when first needed.
func WithContexts(documents map[string][]byte) Option {
	return func(r *Resolver) {
		for u, text := range documents {
			r.registered[u] = func() []byte { return text }
		}
	}
}

// WithContextsOnDemand registers @context documents as WithContexts does; the
// function of a URL makes its document when it is first needed.
func WithContextsOnDemand(documents map[string]func() []byte) Option {
	return func(r *Resolver) { maps.Copy(r.registered, documents) }
}

// WithCore chooses the core @context that is appended, by its URL; CoreURL
// without it. It must be one of CoreURLs, or resolving fails.
func WithCore(coreURL string) Option {
	return func(r *Resolver) { r.core = coreURL }
}

// NewResolver gives a Resolver that knows the core @contexts and what the
// options add.
func NewResolver(opts ...Option) *Resolver {
	r := &Resolver{
		core:       CoreURL,
		registered: map[string]func() []byte{},
		documents:  map[string]*document{},
		compiled:   map[string]resolved{},
	}
	for _, opt := range opts {
		opt(r)
	}
	return r
}

// Core is the URL of the core @context that the Resolver appends.
func (r *Resolver) Core() string { return r.core }

// Resolve compiles the value of an @context: a URL, an object, null, or an array
// of them. No text is the core alone.
//
// Findings are warnings (a URL that is not known here), and errors; where there is
// an error the Context is nil and the Go error is a finding.List of them, or a
// fault of the system. A Context is shared between callers and is read only.
func (r *Resolver) Resolve(ctx context.Context, ldctx []byte) (*Context, []finding.Finding, error) {
	key := string(ldctx)
	r.mu.RLock()
	known, ok := r.compiled[key]
	r.mu.RUnlock()
	if ok {
		return known.c, known.found, nil
	}

	var value any = []any{}
	if len(ldctx) > 0 {
		var err error
		if value, err = decodeContext(ldctx); err != nil {
			list := finding.List{finding.New(finding.ContextInvalid, finding.Location{}, "the @context is not JSON: %v", err)}
			return nil, list, list
		}
	}
	s := &resolution{r: r, ctx: ctx}
	nodes := s.value(value, origin{name: "@context"}, 0)
	c, found, err := s.finish(nodes)
	if err != nil {
		return nil, found, err
	}
	r.mu.Lock()
	if len(r.compiled) >= maxCached {
		clear(r.compiled)
	}
	r.compiled[key] = resolved{c, found}
	r.mu.Unlock()
	return c, found, nil
}

// ResolveRefs compiles the @contexts that the user names in a mapping or on the
// command line: URLs, and files by a path relative to baseDir. Only here are
// files opened. Findings and error are as for Resolve.
func (r *Resolver) ResolveRefs(ctx context.Context, baseDir string, refs []string) (*Context, []finding.Finding, error) {
	s := &resolution{r: r, ctx: ctx}
	var nodes []node
	for _, ref := range refs {
		if isWeb(ref) {
			nodes = append(nodes, s.ref(ref, origin{name: "context"}, 0)...)
			continue
		}
		nodes = append(nodes, s.file(baseDir, ref)...)
	}
	return s.finish(nodes)
}

// node is an @context on its way into the processed list.
type node struct {
	name    string         // what messages call it
	url     string         // as it is sent; empty for an object or null
	object  map[string]any // a local context, made absolute
	null    bool
	core    bool
	unknown bool // a URL that could not be loaded
	// importable says that a URL holds one object without an @import of its own.
	importable bool
	parts      []node
}

// hasCore says whether a core @context stands in the node.
func (n *node) hasCore() bool {
	if n.core {
		return true
	}
	for i := range n.parts {
		if n.parts[i].hasCore() {
			return true
		}
	}
	return false
}

// leaves appends the local contexts in their order: objects, and nil for null.
func leaves(dst []leaf, nodes []node) []leaf {
	for _, n := range nodes {
		switch {
		case n.core || n.unknown:
		case n.null:
			dst = append(dst, leaf{name: n.name})
		case n.object != nil:
			dst = append(dst, leaf{name: n.name, object: n.object})
		default:
			dst = leaves(dst, n.parts)
		}
	}
	return dst
}

type leaf struct {
	name   string
	object map[string]any // nil for null
}

// onto processes the part on top of what came before, which stays as it is.
func (part leaf) onto(before *ld.Context) (after *ld.Context, err error) {
	var local any
	if part.object != nil {
		if _, err := lengthsOf(before).bounded(part.object); err != nil {
			return nil, err
		}
		local = part.object
	}
	err = guard(func() error {
		after, err = before.Parse([]any{local})
		return err
	})
	return after, err
}

// sent appends the list that is sent to others: URLs as URLs, save those that
// bring a core @context, which are replaced by what else they hold.
func sent(dst []any, nodes []node, inline bool) []any {
	for i := range nodes {
		n := &nodes[i]
		switch {
		case n.core:
		case n.null:
			dst = append(dst, nil)
		case n.unknown, n.url != "" && !inline && !n.hasCore():
			dst = append(dst, n.url)
		case n.object != nil:
			dst = append(dst, n.object)
		default:
			dst = sent(dst, n.parts, inline)
		}
	}
	return dst
}

// origin says where a reference stands.
type origin struct {
	name   string // what messages call the place
	base   string // the URL that relative references resolve against, or empty
	file   string // the user's file, for the Location
	remote bool   // loaded from somewhere: its @base does not count
}

// resolution is one call of Resolve at work.
type resolution struct {
	r     *Resolver
	ctx   context.Context
	found []finding.Finding
	fault error // a fault of the system; the first stops everything
	stack []string
	count int
	// offline keeps to what is built in, registered or loaded already.
	offline bool
	// scoped are the URLs in scoped contexts that have been looked at, and scopes
	// counts the scoped contexts.
	scoped map[string]bool
	scopes int
}

func (s *resolution) report(f finding.Finding) { s.found = append(s.found, f) }

func (s *resolution) invalid(at origin, format string, args ...any) {
	s.report(finding.New(finding.ContextInvalid, finding.Location{File: at.file}, format, args...))
}

// value resolves the value of an @context.
func (s *resolution) value(v any, at origin, depth int) []node {
	if s.fault != nil {
		return nil
	}
	switch v := v.(type) {
	case nil:
		return []node{{name: at.name, null: true}}
	case string:
		return s.ref(v, at, depth)
	case []any:
		var nodes []node
		for _, item := range v {
			nodes = append(nodes, s.value(item, at, depth)...)
		}
		return nodes
	case map[string]any:
		if nested, ok := v["@context"]; ok {
			if depth >= maxDepth {
				s.invalid(at, "%s holds @context inside @context more than %d deep", at.name, maxDepth)
				return nil
			}
			return s.value(nested, at, depth+1)
		}
		if isCoreObject(v) {
			return []node{{name: at.name, core: true}}
		}
		if !s.room(at) {
			return nil
		}
		return []node{{name: at.name, object: s.object(v, at, depth)}}
	}
	s.invalid(at, "%s holds %s where a URL or an object belongs", at.name, describe(v))
	return nil
}

// room counts one more part, and refuses an @context that comes to too many.
func (s *resolution) room(at origin) bool {
	s.count++
	if s.count == maxParts+1 {
		s.invalid(at, "the @context comes to more than %d parts", maxParts)
	}
	return s.count <= maxParts
}

// absolute gives the URL that a reference means, or reports why it is refused.
func (s *resolution) absolute(ref string, at origin) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil {
		s.invalid(at, "%s names %q, which is not a URL", at.name, ref)
		return "", false
	}
	if !u.IsAbs() && at.base != "" {
		if base, err := url.Parse(at.base); err == nil {
			u = base.ResolveReference(u)
		}
	}
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return u.String(), true
	case u.Scheme == "" || u.Scheme == "file" || len(u.Scheme) == 1:
		f := finding.New(finding.ContextInvalid, finding.Location{File: at.file},
			"%s names the file %q; a document may not have files opened", at.name, ref)
		s.report(f.WithHint("name the file in the context list of the mapping, or give the URL where it is published"))
	default:
		s.invalid(at, "%s names %q, which is not an http(s) URL", at.name, ref)
	}
	return "", false
}

// ref resolves a reference to an @context.
func (s *resolution) ref(ref string, at origin, depth int) []node {
	if s.fault != nil {
		return nil
	}
	if IsCore(ref) {
		return []node{{name: ref, url: ref, core: true}}
	}
	u, ok := s.absolute(ref, at)
	if !ok || !s.room(at) {
		return nil
	}
	if IsCore(u) {
		return []node{{name: u, url: u, core: true}}
	}
	for _, open := range s.stack {
		if open == u {
			f := finding.New(finding.ContextCycle, finding.Location{File: at.file}, "%s names %s, which leads back to itself (%s)",
				at.name, u, strings.Join(append(slices.Clone(s.stack), u), " → "))
			s.report(f.WithHint("take one of these names out, and write the terms that are needed into the @context itself"))
			return nil
		}
	}
	if depth >= maxDepth {
		s.invalid(at, "%s names %s, and so on more than %d deep", at.name, u, maxDepth)
		return nil
	}
	doc, err := s.r.load(s.ctx, u, s.offline)
	if err != nil {
		s.fail(err)
		return nil
	}
	if doc == nil {
		s.unknown(u, at)
		return []node{{name: u, url: u, unknown: true}}
	}
	s.found = append(s.found, doc.found...)
	s.stack = append(s.stack, u)
	parts := s.value(doc.ldctx, origin{name: u, base: u, remote: true}, depth+1)
	s.stack = s.stack[:len(s.stack)-1]
	local, isObject := doc.ldctx.(map[string]any)
	return []node{{name: u, url: u, parts: parts, importable: isObject && local["@import"] == nil && local["@context"] == nil}}
}

// fail keeps a fault: findings among the findings, anything else as it is.
func (s *resolution) fail(err error) {
	var list finding.List
	if errors.As(err, &list) {
		s.found = append(s.found, list...)
		return
	}
	s.fault = err
}

func (s *resolution) unknown(u string, at origin) {
	for _, f := range s.found {
		if f.Code == finding.ContextUnknownURL && strings.Contains(f.Message, "@context "+u+" ") {
			return
		}
	}
	f := finding.New(finding.ContextUnknownURL, finding.Location{File: at.file},
		"the @context %s is not known here; its terms go to the default vocabulary", u)
	if name := s.missingCopy(u); name != "" {
		f.Message = fmt.Sprintf("the @context %s is pinned, but its copy %s is missing; its terms go to the default vocabulary", u, name)
	}
	s.report(f.WithHint("fetch it once with --fetch, which pins it in contexts.lock, or name a copy of it as a file"))
}

// file resolves a file that the user names.
func (s *resolution) file(baseDir, ref string) []node {
	path := ref
	if !filepath.IsAbs(path) {
		path = filepath.Join(baseDir, path)
	}
	at := origin{name: ref, file: ref, remote: true}
	text, err := readFile(path)
	info, statErr := os.Stat(path)
	switch {
	case statErr == nil && info.IsDir():
		f := finding.New(finding.ContextInvalid, finding.Location{File: ref}, "this is a folder, not a file")
		s.report(f.WithHint("name the file in it"))
		return nil
	case errors.Is(err, fs.ErrNotExist):
		f := finding.New(finding.ContextInvalid, finding.Location{File: ref}, "there is no such file")
		s.report(f.WithHint("looked for it at %s", path))
		return nil
	case err != nil:
		s.fault = fmt.Errorf("read the @context %s: %w", ref, err)
		return nil
	}
	ldctx, err := contextDocument(text)
	if err != nil {
		f := finding.New(finding.ContextInvalid, finding.Location{File: ref}, "%v", err)
		s.report(f.WithHint(contextFileHint))
		return nil
	}
	return []node{{name: ref, parts: s.value(ldctx, at, 0)}}
}

// contextFileHint shows what a context file is.
const contextFileHint = `a context file looks like {"@context": {"term": "IRI"}}`

// readFile reads a file of at most MaxContextBytes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxContextBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxContextBytes {
		return nil, fmt.Errorf("it has more than %d bytes", MaxContextBytes)
	}
	return text, nil
}

// contextDocument gives the @context of a context document.
func contextDocument(text []byte) (any, error) {
	text = bytes.TrimPrefix(text, utf8BOM)
	if at := invalidUTF8(text); at >= 0 {
		line, char := position(text, at)
		return nil, fmt.Errorf("it is not UTF-8: line %d, character %d", line, char)
	}
	v, err := decodeContext(text)
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", describeJSON(text, err))
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it holds %s where an object with an @context belongs", describe(v))
	}
	ldctx, ok := object["@context"]
	if !ok {
		return nil, errors.New("it has no @context")
	}
	return ldctx, nil
}

// describeJSON adds the line to a syntax error.
func describeJSON(text []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line, char := position(text, int(syntax.Offset)-1)
		return fmt.Errorf("line %d, character %d: %w", line, char, err)
	}
	var large *json.UnmarshalTypeError
	if errors.As(err, &large) {
		line, _ := position(text, int(large.Offset))
		return fmt.Errorf("line %d: the %s is out of the range of JSON readers", line, short(large.Value))
	}
	return err
}

func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case float64, json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "an array"
	}
	return "an object"
}

func isWeb(ref string) bool {
	return strings.HasPrefix(ref, "http://") || strings.HasPrefix(ref, "https://")
}

// object gives a local context that can stand anywhere: @import merged, the
// @base of a remote context dropped, URLs in scoped contexts absolute. The
// original is left as it is.
func (s *resolution) object(local map[string]any, at origin, depth int) map[string]any {
	out := make(map[string]any, len(local))
	if imported, ok := local["@import"]; ok {
		s.imported(out, imported, at, depth)
	}
	for term, definition := range local {
		switch term {
		case "@import":
			continue
		case "@base":
			if at.remote {
				continue
			}
		}
		out[term] = s.definition(definition, at, depth)
	}
	return out
}

// imported merges the context that @import names.
func (s *resolution) imported(dst map[string]any, imported any, at origin, depth int) {
	ref, ok := imported.(string)
	if !ok {
		s.invalid(at, "%s: @import takes a URL, not %s", at.name, describe(imported))
		return
	}
	if IsCore(ref) {
		return
	}
	for _, n := range s.ref(ref, at, depth+1) {
		if n.unknown {
			continue
		}
		if !n.importable {
			s.invalid(at, "%s: @import names %s, which is not a context of one object without an @import of its own", at.name, n.url)
			continue
		}
		for _, l := range leaves(nil, n.parts) {
			for term, definition := range l.object {
				dst[term] = definition
			}
		}
	}
}

// definition gives a term definition whose scoped context is absolute.
func (s *resolution) definition(definition any, at origin, depth int) any {
	object, ok := definition.(map[string]any)
	if !ok {
		return definition
	}
	scoped, ok := object["@context"]
	if !ok {
		return definition
	}
	out := make(map[string]any, len(object))
	for k, v := range object {
		out[k] = v
	}
	out["@context"] = s.scope(scoped, at, depth+1)
	return out
}

// scope makes a scoped context absolute. A URL stays a URL, since such a
// context may name itself; it is loaded here so that expansion finds it.
func (s *resolution) scope(v any, at origin, depth int) any {
	if depth >= maxDepth {
		s.invalid(at, "%s has scoped contexts more than %d deep", at.name, maxDepth)
		return map[string]any{}
	}
	if s.scopes++; s.scopes == maxScoped+1 {
		s.invalid(at, "the @context has more than %d scoped contexts", maxScoped)
	}
	if s.scopes > maxScoped {
		return map[string]any{}
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = s.scope(v[i], at, depth)
		}
		return out
	case map[string]any:
		if nested, ok := v["@context"]; ok {
			return s.scope(nested, at, depth+1)
		}
		return s.object(v, at, depth)
	case string:
		if IsCore(v) {
			return map[string]any{}
		}
		u, ok := s.absolute(v, at)
		if !ok {
			return map[string]any{}
		}
		if IsCore(u) {
			return map[string]any{}
		}
		if !s.scoped[u] {
			if s.scoped == nil {
				s.scoped = map[string]bool{}
			}
			s.scoped[u] = true
			stack := s.stack
			s.stack = nil
			s.ref(u, at, depth)
			s.stack = stack
		}
		return u
	}
	return v
}

// finish compiles the nodes.
func (s *resolution) finish(nodes []node) (*Context, []finding.Finding, error) {
	if s.fault != nil {
		return nil, s.found, s.fault
	}
	if list := errorsOf(s.found); list != nil {
		return nil, s.found, list
	}
	c, err := s.r.compile(nodes)
	if err != nil {
		var list finding.List
		if errors.As(err, &list) {
			s.found = append(s.found, list...)
		}
		return nil, s.found, err
	}
	return c, s.found, nil
}

func errorsOf(found []finding.Finding) error {
	var list finding.List
	for _, f := range found {
		if f.Severity == finding.Error {
			list = append(list, f)
		}
	}
	if list == nil {
		return nil
	}
	return list
}

// load gives the @context document at a URL, or nil where it is not known and
// not to be fetched. The error is a finding.List where the document is at fault.
func (r *Resolver) load(ctx context.Context, u string, offline bool) (*document, error) {
	r.mu.RLock()
	doc, ok := r.documents[u]
	r.mu.RUnlock()
	if ok {
		return doc, nil
	}
	doc, err := r.find(ctx, u, offline)
	if err != nil || doc == nil {
		return nil, err
	}
	r.mu.Lock()
	r.documents[u] = doc
	r.mu.Unlock()
	return doc, nil
}

// mediaType is what a server called the document at u; empty where it was not fetched.
func (r *Resolver) mediaType(u string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if doc := r.documents[u]; doc != nil {
		return doc.mediaType
	}
	return ""
}

func (r *Resolver) find(ctx context.Context, u string, offline bool) (*document, error) {
	if text, ok := r.registered[u]; ok {
		return parseDocument(u, text())
	}
	if u == integrityURL {
		return &document{ldctx: integrityContext()}, nil
	}
	if offline || (r.lock == nil && r.fetch == nil) {
		return nil, nil
	}
	r.fetching.Lock()
	defer r.fetching.Unlock()
	return r.pinned(ctx, u)
}

func parseDocument(u string, text []byte) (*document, error) {
	ldctx, err := contextDocument(text)
	if err != nil {
		return nil, finding.List{finding.New(finding.ContextInvalid, finding.Location{File: u}, "%v", err)}
	}
	return &document{ldctx: ldctx, text: text}, nil
}

// loader answers json-gold from what the Resolver has loaded, and never goes
// anywhere.
type loader struct{ r *Resolver }

// LoadDocument gives a flat copy of the @context at u: no URL of another context
// is left in it, save in scoped contexts, so that json-gold, which does not see
// contexts that name each other, cannot run in a circle.
func (l loader) LoadDocument(u string) (*ld.RemoteDocument, error) {
	if version, ok := coreVersionOf(u); ok {
		core, builtIn := coreContext(version)
		if !builtIn {
			return nil, fmt.Errorf("the core @context %s is not built in", u)
		}
		return &ld.RemoteDocument{DocumentURL: u, Document: map[string]any{"@context": core}}, nil
	}
	s := &resolution{r: l.r, ctx: context.Background(), offline: true}
	parts := []any{}
	known := lengths(func(string) int { return 0 })
	for _, part := range leaves(nil, s.ref(u, origin{name: "a nested @context"}, 0)) {
		if part.object == nil {
			parts = append(parts, nil)
			continue
		}
		var err error
		if known, err = known.bounded(part.object); err != nil {
			return nil, err
		}
		parts = append(parts, ld.CloneDocument(part.object))
	}
	if err := errorsOf(s.found); err != nil {
		return nil, err
	}
	if s.fault != nil {
		return nil, s.fault
	}
	return &ld.RemoteDocument{DocumentURL: u, Document: map[string]any{"@context": parts}}, nil
}

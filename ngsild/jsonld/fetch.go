package jsonld

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/piprate/json-gold/ld"
	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/ldtkit/ldt/internal/redirect"
	"github.com/ldtkit/ldt/internal/wholefile"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	fetchTimeout = 20 * time.Second
	maxRedirects = 5
	acceptLD     = "application/ld+json, application/json;q=0.9"
	lockVersion  = 1
)

// Fetch says how @contexts are fetched.
type Fetch struct {
	// Client sends the requests; nil is a client of our own. Its redirect
	// policy is replaced.
	Client *http.Client
	// Timeout bounds one fetch, redirects and body included; 0 is 20 seconds.
	Timeout time.Duration
	// MaxBytes bounds the body; 0 is 8 MiB.
	MaxBytes int64
	// Update accepts a pinned @context that has changed, or whose copy has, and pins it
	// anew. The change is a remark (finding.ContextChanged) among the findings.
	Update bool
}

// WithLock names the file (contexts.lock) that pins fetched @contexts by URL and
// sha256. The copies lie beside it, in a folder of the same name without
// ".lock". Pinned copies are used without WithFetch too.
func WithLock(path string) Option {
	return func(r *Resolver) { r.lock = &lock{path: path} }
}

// WithFetch has unknown @contexts fetched over http(s). Together with WithLock what
// comes is pinned, and a pinned URL is fetched again, once, to see that it has
// not changed.
func WithFetch(f Fetch) Option {
	return func(r *Resolver) {
		if f.Timeout <= 0 {
			f.Timeout = fetchTimeout
		}
		if f.MaxBytes <= 0 {
			f.MaxBytes = MaxContextBytes
		}
		client := http.Client{}
		if f.Client != nil {
			client = *f.Client
		}
		client.CheckRedirect = redirect.Follow(maxRedirects, (*url.URL).Redacted)
		f.Client = &client
		r.fetch = &f
	}
}

// get fetches one @context document, and gives the media type that the server calls it.
func (f *Fetch) get(ctx context.Context, u string) (text []byte, mediaType string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Accept", acceptLD)
	resp, err := f.Client.Do(req)
	if err != nil {
		return nil, "", f.plain(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("the server answered %s", resp.Status)
	}
	text, err = io.ReadAll(io.LimitReader(resp.Body, f.MaxBytes+1))
	if err != nil {
		return nil, "", f.plain(ctx, err)
	}
	if int64(len(text)) > f.MaxBytes {
		return nil, "", fmt.Errorf("it has more than %d bytes", f.MaxBytes)
	}
	mediaType, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return text, mediaType, nil
}

// plain gives an error of the network in few words: its callers name the address.
func (f *Fetch) plain(ctx context.Context, err error) error {
	var where *url.Error
	var step *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it took more than %s", f.Timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("no server answers there: connection refused")
	case errors.As(err, &step):
		return step.Err
	case errors.As(err, &where):
		return where.Err
	}
	return err
}

// Document gives the text of the @context document at a URL as it stands there, legal or
// not, and the media type that the server calls it. With WithFetch it is fetched, and not
// pinned; else it is what is built in, registered or pinned, and nil where none is.
func (r *Resolver) Document(ctx context.Context, u string) (text []byte, mediaType string, err error) {
	if r.fetch != nil {
		if text, mediaType, err = r.fetch.get(ctx, u); err != nil {
			return nil, "", fmt.Errorf("fetch the @context %s: %w", u, err)
		}
		return text, mediaType, nil
	}
	if version, isCore := coreVersionOf(u); isCore {
		if local, builtIn := coreContext(version); builtIn {
			text, err = encode(map[string]any{"@context": local})
		}
		return text, "", err
	}
	doc, err := r.load(ctx, u, false)
	if err != nil || doc == nil {
		return nil, "", err
	}
	return doc.text, "", nil
}

// lock is contexts.lock. It is used under Resolver.fetching.
type lock struct {
	path   string
	loaded bool
	pins   map[string]pin
}

// pin is one entry of contexts.lock.
type pin struct {
	SHA256 string `json:"sha256"`
}

// lockFile is contexts.lock as it is written.
type lockFile struct {
	Version  int            `json:"version"`
	Contexts map[string]pin `json:"contexts"`
}

// folder holds the copies.
func (l *lock) folder() string {
	ext := filepath.Ext(l.path)
	if ext == "" {
		return l.path + ".d"
	}
	return l.path[:len(l.path)-len(ext)]
}

func (l *lock) copyPath(p pin) string { return filepath.Join(l.folder(), p.SHA256+".jsonld") }

// read loads the lock file, once.
func (l *lock) read() error {
	if l.loaded {
		return nil
	}
	pins, err := readPins(l.path)
	if err != nil {
		return err
	}
	l.pins, l.loaded = pins, true
	return nil
}

// readPins reads a lock file; one that is not there pins nothing.
func readPins(path string) (map[string]pin, error) {
	pins := map[string]pin{}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return pins, nil
	case err != nil:
		return nil, fmt.Errorf("read the pinned contexts: %w", err)
	}
	var file lockFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read the pinned contexts %s: %w", path, describeJSON(text, err))
	}
	if file.Version != lockVersion {
		return nil, fmt.Errorf("read the pinned contexts %s: its version is %d, this program knows %d", path, file.Version, lockVersion)
	}
	for u, p := range file.Contexts {
		if sum, err := hex.DecodeString(p.SHA256); err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("read the pinned contexts %s: %q of %s is not a sha256", path, p.SHA256, u)
		}
		pins[u] = p
	}
	return pins, nil
}

// copyOf gives the copy of a pinned text and its sha256, or nil where it is missing.
func (l *lock) copyOf(p pin) (text []byte, sum string, err error) {
	text, err = readFile(l.copyPath(p))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return text, hashOf(text), nil
}

// errPinned says that another process has pinned the URL meanwhile, to another text.
type errPinned struct{ to pin }

func (e *errPinned) Error() string { return "it was pinned meanwhile, with sha256 " + e.to.SHA256 }

// add pins a text in place of was, which is empty for a new URL: first the copy, then
// the entry, each written whole or not at all. What other processes pin meanwhile
// stays; the error is an errPinned where that is the same URL.
func (l *lock) add(u string, was, is pin, text []byte) error {
	if err := os.MkdirAll(l.folder(), 0o755); err != nil {
		return err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(l.folder(), ".lock")).Lock()
	if err != nil {
		return err
	}
	defer unlock()
	pins, err := readPins(l.path)
	if err != nil {
		return err
	}
	if now, there := pins[u]; there && now != was && now != is {
		return &errPinned{now}
	}
	if err := wholefile.Replace(l.copyPath(is), text); err != nil {
		return err
	}
	if pins[u] != is {
		pins[u] = is
		out, err := json.MarshalIndent(lockFile{Version: lockVersion, Contexts: pins}, "", "  ")
		if err != nil {
			return err
		}
		if err := wholefile.Replace(l.path, append(out, '\n')); err != nil {
			return err
		}
	}
	l.pins = pins
	used := func(p pin) bool { return p == was }
	if was != (pin{}) && was != is && !slices.ContainsFunc(slices.Collect(maps.Values(pins)), used) {
		if err := os.Remove(l.copyPath(was)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// pinned gives the @context at u from the pinned copies or the network, or nil
// where neither has it. The caller holds r.fetching.
func (r *Resolver) pinned(ctx context.Context, u string) (*document, error) {
	var was pin
	var copied []byte
	if r.lock != nil {
		if err := r.lock.read(); err != nil {
			return nil, err
		}
		if was = r.lock.pins[u]; was != (pin{}) {
			text, sum, err := r.lock.copyOf(was)
			switch {
			case err != nil:
				return nil, fmt.Errorf("read the pinned @context %s: %w", u, err)
			case text == nil:
			case sum == was.SHA256:
				copied = text
			case r.fetch == nil || !r.fetch.Update:
				return nil, r.altered(u, was.SHA256, sum)
			}
		}
	}
	if r.fetch == nil {
		if copied == nil {
			return nil, nil
		}
		return parseDocument(u, copied)
	}
	text, mediaType, err := r.fetch.get(ctx, u)
	var cycle finding.List
	if err == nil && hashOf(text) != was.SHA256 {
		switch err = r.legal(u, text); {
		case errors.As(err, &cycle):
			err = errors.New(cycle[0].Message)
		case err != nil:
			err = fmt.Errorf("%w (the server calls it %q)", err, mediaType)
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("fetch the @context %s: %w", u, ctx.Err())
	case err != nil && copied != nil:
		doc, parseErr := parseDocument(u, copied)
		if parseErr != nil {
			return nil, parseErr
		}
		doc.found = append(doc.found, finding.New(finding.ContextStale, finding.Location{}, "the @context %s cannot be fetched (%v); its pinned copy is used", u, err))
		return doc, nil
	case cycle != nil:
		return nil, cycle
	case err != nil:
		f := finding.New(finding.ContextUnknownURL, finding.Location{}, "the @context %s cannot be fetched: %v", u, err)
		f.Severity = finding.Error
		return nil, finding.List{f.WithHint("correct the address, or name a copy of the @context as a file")}
	}
	doc, err := parseDocument(u, text)
	if err != nil {
		return nil, err
	}
	doc.mediaType = mediaType
	is := pin{SHA256: hashOf(text)}
	if was != (pin{}) && was != is {
		if !r.fetch.Update {
			return nil, r.changed(u, was.SHA256, is.SHA256, r.difference(u, copied, text))
		}
		f := finding.New(finding.ContextChanged, finding.Location{File: r.lock.path}, "the @context %s is pinned anew: %s", u, r.difference(u, copied, text))
		f.Severity = finding.Info
		doc.found = append(doc.found, f)
	}
	if r.lock != nil && (copied == nil || was != is) {
		err := r.lock.add(u, was, is, text)
		var other *errPinned
		if errors.As(err, &other) {
			return nil, r.changed(u, other.to.SHA256, is.SHA256, "another process pinned it meanwhile")
		}
		if err != nil {
			return nil, fmt.Errorf("pin the @context %s: %w", u, err)
		}
	}
	return doc, nil
}

// changed refuses a pinned @context that the server has changed.
func (r *Resolver) changed(u, was, is, difference string) error {
	f := finding.New(finding.ContextChanged, finding.Location{File: r.lock.path},
		"the @context %s was pinned with sha256 %s, but what the server gives now has %s: %s", u, was, is, difference)
	return finding.List{f.WithHint("to accept what changed, run with --update")}
}

// altered refuses a copy that is not what was pinned.
func (r *Resolver) altered(u, was, is string) error {
	f := finding.New(finding.ContextChanged, finding.Location{File: r.lock.path},
		"the @context %s was pinned with sha256 %s, but its copy %s has %s", u, was, r.lock.copyPath(pin{was}), is)
	return finding.List{f.WithHint("put the copy back as it was, or run with --update, which fetches the @context again")}
}

// missingCopy gives the copy of an unknown URL that is pinned all the same, or "".
func (s *resolution) missingCopy(u string) string {
	if s.offline || s.r.lock == nil {
		return ""
	}
	s.r.fetching.Lock()
	defer s.r.fetching.Unlock()
	if p := s.r.lock.pins[u]; p != (pin{}) {
		return s.r.lock.copyPath(p)
	}
	return ""
}

// legal says why a text is not a legal @context by itself; the error is a finding.List
// where it leads back to itself. What names a context that is not known yet is not held
// against it.
func (r *Resolver) legal(u string, text []byte) error {
	nodes, found, err := r.own(u, text)
	if err != nil {
		return err
	}
	for _, f := range found {
		switch f.Code {
		case finding.ContextCycle:
			return finding.List{f}
		case finding.ContextUnknownURL:
			return nil
		}
	}
	if err := errorsOf(found); err != nil {
		return errors.New(found[0].Message)
	}
	_, _, _, err = r.parse(nodes)
	var list finding.List
	if errors.As(err, &list) {
		return errors.New(list[0].Message)
	}
	return err
}

// own resolves a text with what is known already.
func (r *Resolver) own(u string, text []byte) ([]node, []finding.Finding, error) {
	ldctx, err := contextDocument(text)
	if err != nil {
		return nil, nil, err
	}
	s := &resolution{r: r, ctx: context.Background(), offline: true, stack: []string{u}}
	nodes := s.value(ldctx, origin{name: u, base: u, remote: true}, 1)
	return nodes, s.found, s.fault
}

// difference words what a new text of an @context changes. was is nil where the old
// one is not there to compare.
func (r *Resolver) difference(u string, was, is []byte) string {
	if was == nil {
		return "its copy is not there to compare with"
	}
	before, after := r.ownTerms(u, was), r.ownTerms(u, is)
	var added, removed, moved, coerced []string
	for _, term := range slices.Sorted(maps.Keys(after)) {
		old, had := before[term]
		switch now := after[term]; {
		case !had:
			added = append(added, term)
		case iriOf(old) != iriOf(now):
			moved = append(moved, fmt.Sprintf("%s: %s, was %s", term, iriOf(now), iriOf(old)))
		case !sameDefinition(old, now):
			coerced = append(coerced, term)
		}
	}
	for _, term := range slices.Sorted(maps.Keys(before)) {
		if _, has := after[term]; !has {
			removed = append(removed, term)
		}
	}
	var parts []string
	for _, part := range []struct {
		what  string
		terms []string
	}{{"terms added", added}, {"terms removed", removed}, {"terms that stand for another IRI", moved}, {"terms whose values are read another way", coerced}} {
		if len(part.terms) > 0 {
			parts = append(parts, part.what+": "+firstOf(part.terms, shownTerms))
		}
	}
	if parts == nil {
		return "no term of its own changed"
	}
	return strings.Join(parts, "; ")
}

// shownTerms is how many terms of a kind a difference names.
const shownTerms = 10

func iriOf(td *ld.TermDefinition) string {
	if td == nil || td.ID == "" {
		return "nothing"
	}
	return td.ID
}

// ownTerms gives the terms that a text defines, as far as it can be read.
func (r *Resolver) ownTerms(u string, text []byte) map[string]*ld.TermDefinition {
	nodes, _, err := r.own(u, text)
	if err != nil {
		return nil
	}
	active := ld.NewContext(nil, r.options())
	for _, part := range leaves(nil, nodes) {
		if after, err := part.onto(active); err == nil {
			active = after
		}
	}
	return active.TermDefinitions
}

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
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"time"

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
			f.MaxBytes = maxContextBytes
		}
		client := http.Client{}
		if f.Client != nil {
			client = *f.Client
		}
		client.CheckRedirect = checkRedirect
		f.Client = &client
		r.fetch = &f
	}
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("redirected to %s, which is not http(s)", req.URL)
	case req.URL.Scheme == "http" && via[0].URL.Scheme == "https":
		return fmt.Errorf("redirected from https to %s", req.URL)
	}
	return nil
}

// get fetches one @context document.
func (f *Fetch) get(ctx context.Context, u string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", acceptLD)
	resp, err := f.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, f.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > f.MaxBytes {
		return nil, fmt.Errorf("it has more than %d bytes", f.MaxBytes)
	}
	if _, err := contextDocument(text); err != nil {
		kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		return nil, fmt.Errorf("%w (the server calls it %q)", err, kind)
	}
	return text, nil
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
	l.pins = map[string]pin{}
	text, err := os.ReadFile(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.loaded = true
		return nil
	case err != nil:
		return fmt.Errorf("read the pinned contexts: %w", err)
	}
	var file lockFile
	if err := json.Unmarshal(text, &file); err != nil {
		return fmt.Errorf("read the pinned contexts %s: %w", l.path, describeJSON(text, err))
	}
	if file.Version != lockVersion {
		return fmt.Errorf("read the pinned contexts %s: its version is %d, this program knows %d", l.path, file.Version, lockVersion)
	}
	for u, p := range file.Contexts {
		if sum, err := hex.DecodeString(p.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("read the pinned contexts %s: %q of %s is not a sha256", l.path, p.SHA256, u)
		}
		l.pins[u] = p
	}
	l.loaded = true
	return nil
}

// add pins a text: first the copy, then the entry, each written whole or not at
// all.
func (l *lock) add(u string, p pin, text []byte) error {
	if err := os.MkdirAll(l.folder(), 0o755); err != nil {
		return fmt.Errorf("pin the @context %s: %w", u, err)
	}
	if err := writeFile(l.copyPath(p), text); err != nil {
		return fmt.Errorf("pin the @context %s: %w", u, err)
	}
	if l.pins[u] == p {
		return nil
	}
	pins := map[string]pin{u: p}
	for known, p := range l.pins {
		if known != u {
			pins[known] = p
		}
	}
	out, err := json.MarshalIndent(lockFile{Version: lockVersion, Contexts: pins}, "", "  ")
	if err != nil {
		return fmt.Errorf("pin the @context %s: %w", u, err)
	}
	if err := writeFile(l.path, append(out, '\n')); err != nil {
		return fmt.Errorf("pin the @context %s: %w", u, err)
	}
	l.pins = pins
	return nil
}

// writeFile writes a file whole: beside its place, then renamed.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".context-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// pinned gives the @context at u from the pinned copies or the network, or nil
// where neither has it. The caller holds r.fetching.
func (r *Resolver) pinned(ctx context.Context, u string) ([]byte, []finding.Finding, error) {
	var copied []byte
	var was pin
	var isPinned bool
	if r.lock != nil {
		if err := r.lock.read(); err != nil {
			return nil, nil, err
		}
		if was, isPinned = r.lock.pins[u]; isPinned {
			text, err := readFile(r.lock.copyPath(was))
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return nil, nil, fmt.Errorf("read the pinned @context %s: %w", u, err)
			case hashOf(text) != was.SHA256:
				return nil, nil, r.changed(u, was.SHA256, hashOf(text), "its copy "+r.lock.copyPath(was))
			default:
				copied = text
			}
		}
	}
	if r.fetch == nil {
		return copied, nil, nil
	}
	text, err := r.fetch.get(ctx, u)
	switch {
	case err != nil && copied != nil && ctx.Err() == nil:
		f := finding.New(finding.ContextStale, finding.Location{}, "the @context %s cannot be fetched (%v); its pinned copy is used", u, err)
		return copied, []finding.Finding{f}, nil
	case ctx.Err() != nil:
		return nil, nil, fmt.Errorf("fetch the @context %s: %w", u, ctx.Err())
	case err != nil:
		f := finding.New(finding.ContextUnknownURL, finding.Location{}, "the @context %s cannot be fetched: %v", u, err)
		f.Severity = finding.Error
		return nil, nil, finding.List{f.WithHint("correct the address, or name a copy of the @context as a file")}
	}
	if isPinned && hashOf(text) != was.SHA256 {
		return nil, nil, r.changed(u, was.SHA256, hashOf(text), "what the server gives now")
	}
	if r.lock != nil && copied == nil {
		if err := r.lock.add(u, pin{SHA256: hashOf(text)}, text); err != nil {
			return nil, nil, err
		}
	}
	return text, nil, nil
}

// changed says that a pinned @context is not what it was.
func (r *Resolver) changed(u, was, is, what string) error {
	f := finding.New(finding.ContextChanged, finding.Location{File: r.lock.path},
		"the @context %s was pinned with sha256 %s, but %s has %s", u, was, what, is)
	return finding.List{f.WithHint("look at what changed; to accept it, take the entry of this URL out of %s and run with --fetch", r.lock.path)}
}

package jsonld

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// site is a web server whose pages a test changes.
type site struct {
	*httptest.Server
	body  atomic.Value // string
	calls atomic.Int64
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.body.Store(`{"@context": {"mine": "https://example.org/#mine"}}`)
	mux := http.NewServeMux()
	mux.HandleFunc("/ctx.jsonld", func(w http.ResponseWriter, req *http.Request) {
		s.calls.Add(1)
		if !strings.HasPrefix(req.Header.Get("Accept"), "application/ld+json") {
			http.Error(w, "not acceptable", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Type", "application/ld+json")
		_, _ = w.Write([]byte(s.body.Load().(string)))
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/ctx.jsonld", http.StatusFound)
	})
	mux.HandleFunc("/circle", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/circle", http.StatusFound)
	})
	mux.HandleFunc("/local", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html>"))
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ref() []byte { return []byte(`"` + s.URL + `/ctx.jsonld"`) }

func TestContextIsFetchedOnlyWhereAsked(t *testing.T) {
	s := newSite(t)
	_, found, err := NewResolver(WithLock(filepath.Join(t.TempDir(), "contexts.lock"))).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, finding.ContextUnknownURL, found[0].Code)
	require.Zero(t, s.calls.Load())

	for _, path := range []string{"/ctx.jsonld", "/moved"} {
		c, found, err := NewResolver(WithFetch(Fetch{})).Resolve(context.Background(), []byte(`"`+s.URL+path+`"`))
		require.NoError(t, err)
		require.Empty(t, found)
		require.True(t, c.IsUserTerm("mine"))
	}
}

func TestFetchedContextIsPinnedAndUsedOffline(t *testing.T) {
	s := newSite(t)
	path := filepath.Join(t.TempDir(), "contexts.lock")
	c, _, err := NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	require.True(t, c.IsUserTerm("mine"))
	sum := hashOf([]byte(s.body.Load().(string)))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, `{"version": 1, "contexts": {"`+s.URL+`/ctx.jsonld": {"sha256": "`+sum+`"}}}`, string(text))
	copied, err := os.ReadFile(filepath.Join(filepath.Dir(path), "contexts", sum+".jsonld"))
	require.NoError(t, err)
	require.Equal(t, s.body.Load(), string(copied))

	s.Close()
	c, found, err := NewResolver(WithLock(path)).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	require.Empty(t, found)
	require.True(t, c.IsUserTerm("mine"))

	c, found, err = NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.NoError(t, err, "the server is away, the copy is there")
	require.Len(t, found, 1)
	require.Equal(t, finding.ContextStale, found[0].Code)
	require.Equal(t, finding.Warning, found[0].Severity)
	require.True(t, c.IsUserTerm("mine"))
}

func TestPinnedContextThatChangedIsRefusedWithBothHashes(t *testing.T) {
	s := newSite(t)
	path := filepath.Join(t.TempDir(), "contexts.lock")
	_, _, err := NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	was := hashOf([]byte(s.body.Load().(string)))
	s.body.Store(`{"@context": {"mine": "https://example.org/#other"}}`)
	is := hashOf([]byte(s.body.Load().(string)))

	_, found, err := NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.ErrorContains(t, err, was)
	require.ErrorContains(t, err, is)
	require.Equal(t, finding.ContextChanged, found[0].Code)
	require.Equal(t, finding.Error, found[0].Severity)

	copied := filepath.Join(filepath.Dir(path), "contexts", was+".jsonld")
	require.NoError(t, os.WriteFile(copied, []byte(`{"@context": {}}`), 0o600))
	_, _, err = NewResolver(WithLock(path)).Resolve(context.Background(), s.ref())
	require.ErrorContains(t, err, was, "nor is an altered copy used")

	require.NoError(t, os.Remove(copied))
	_, found, err = NewResolver(WithLock(path)).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	require.Equal(t, finding.ContextUnknownURL, found[0].Code)
	_, _, err = NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.ErrorContains(t, err, is, "nor a changed one in place of a copy that is gone")
	s.body.Store(`{"@context": {"mine": "https://example.org/#mine"}}`)
	_, _, err = NewResolver(WithLock(path), WithFetch(Fetch{})).Resolve(context.Background(), s.ref())
	require.NoError(t, err)
	require.FileExists(t, copied)
}

func TestFetchRefuses(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/absent":     "404",
		"/circle":     "more than 5 redirects",
		"/local":      "not http(s)",
		"/page":       `the server calls it "text/html"`,
		"/slow":       "deadline exceeded",
		"/ctx.jsonld": "more than 20 bytes",
	} {
		f := Fetch{Timeout: 10 * time.Second}
		switch path {
		case "/slow":
			f.Timeout = time.Millisecond
		case "/ctx.jsonld":
			f.MaxBytes = 20
		}
		c, _, err := NewResolver(WithFetch(f)).Resolve(context.Background(), []byte(`"`+s.URL+path+`"`))
		require.Nil(t, c)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "the @context "+s.URL+path+" cannot be fetched")
		var list finding.List
		require.ErrorAs(t, err, &list, "a fault of the document that names it")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := NewResolver(WithFetch(Fetch{})).Resolve(ctx, s.ref())
	require.ErrorIs(t, err, context.Canceled)
}

func TestFetchDoesNotFollowFromHTTPSToHTTP(t *testing.T) {
	s := newSite(t)
	secure := httptest.NewTLSServer(http.RedirectHandler(s.URL+"/ctx.jsonld", http.StatusFound))
	t.Cleanup(secure.Close)
	_, _, err := NewResolver(WithFetch(Fetch{Client: secure.Client()})).Resolve(context.Background(), []byte(`"`+secure.URL+`/x"`))
	require.ErrorContains(t, err, "redirected from https")
}

func TestLockThatCannotBeReadSaysWhy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.lock")
	for text, want := range map[string]string{
		"{\n oops":       "line 2",
		`{"version": 9}`: "its version is 9",
		`{"version": 1, "contexts": {"https://e.org/x": {"sha256": "../../x"}}}`: `"../../x" of https://e.org/x is not a sha256`,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, _, err := NewResolver(WithLock(path)).Resolve(context.Background(), []byte(`"https://e.org/x"`))
		require.ErrorContains(t, err, want)
	}
	_, _, err := NewResolver(WithLock(path)).Resolve(context.Background(), nil)
	require.NoError(t, err, "nothing needs it")
}

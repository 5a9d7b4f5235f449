package jsonld

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// life is the contexts.lock of one use case, and a web server.
type life struct {
	*site
	lock string
}

func newLife(t *testing.T) *life {
	return &life{newSite(t), filepath.Join(t.TempDir(), "contexts.lock")}
}

// resolve resolves the page in a new process, so to say. fetch may be nil.
func (l *life) resolve(fetch *Fetch) (*Context, []finding.Finding, error) {
	options := []Option{WithLock(l.lock)}
	if fetch != nil {
		options = append(options, WithFetch(*fetch))
	}
	return NewResolver(options...).Resolve(context.Background(), l.ref())
}

// copies lists the copies that are kept.
func (l *life) copies(t *testing.T) []string {
	list, err := filepath.Glob(filepath.Join(filepath.Dir(l.lock), "contexts", "*.jsonld"))
	require.NoError(t, err)
	return list
}

func TestUpdateAcceptsAPinnedContextThatChangedAndSaysWhatChanged(t *testing.T) {
	l := newLife(t)
	l.body.Store(`{"@context": {"same": "https://e.org/same", "moved": "https://e.org/1", "gone": "https://e.org/gone", "read": "https://e.org/read"}}`)
	_, _, err := l.resolve(&Fetch{})
	require.NoError(t, err)
	old := l.copies(t)
	l.body.Store(`{"@context": {"same": "https://e.org/same", "moved": "https://e.org/2", "new": "https://e.org/new", "read": {"@id": "https://e.org/read", "@type": "@vocab"}}}`)
	const what = "terms added: new; terms removed: gone; terms that stand for another IRI: moved: https://e.org/2, was https://e.org/1; terms whose values are read another way: read"

	_, found, err := l.resolve(&Fetch{})
	require.ErrorContains(t, err, what, "the refusal says it too")
	require.Equal(t, "to accept what changed, run with --update", found[0].Hint)
	require.Equal(t, old, l.copies(t))

	c, found, err := l.resolve(&Fetch{Update: true})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, finding.ContextChanged, found[0].Code)
	require.Equal(t, finding.Info, found[0].Severity)
	require.Equal(t, "the @context "+l.URL+"/ctx.jsonld is pinned anew: "+what, found[0].Message)
	require.True(t, c.IsUserTerm("new"))
	require.Len(t, l.copies(t), 1, "the old copy is gone")
	require.NotEqual(t, old, l.copies(t))

	for _, fetch := range []*Fetch{nil, {}, {Update: true}} {
		c, found, err = l.resolve(fetch)
		require.NoError(t, err)
		require.Empty(t, found, "nothing changes any more")
		require.True(t, c.IsUserTerm("new"))
	}
}

func TestUpdateTakesTheDifferenceAsOneOfItsOwnTerms(t *testing.T) {
	l := newLife(t)
	l.body.Store(`{"@context": ["https://nowhere.example/x", {"a": "x:a"}]}`)
	_, _, err := l.resolve(&Fetch{Client: l.Client()})
	require.Error(t, err, "what it names cannot be fetched")
	l.body.Store(`{"@context": [{"a": "x:a"}]}`)
	_, found, err := l.resolve(&Fetch{Update: true})
	require.NoError(t, err)
	require.Contains(t, found[0].Message, "pinned anew: no term of its own changed")

	terms := ""
	for i := range 30 {
		terms += fmt.Sprintf(`, "t%02d": "https://e.org/t"`, i)
	}
	l.body.Store(`{"@context": [{"a": "x:a"` + terms + `}]}`)
	_, found, err = l.resolve(&Fetch{Update: true})
	require.NoError(t, err)
	require.Contains(t, found[0].Message, "terms added: t00, t01, t02, t03, t04, t05, t06, t07, t08, t09 and 20 more")
}

func TestCopyThatWasTamperedWithIsRefusedUntilUpdate(t *testing.T) {
	l := newLife(t)
	_, _, err := l.resolve(&Fetch{})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(l.copies(t)[0], []byte(`{"@context": {"mine": "https://evil.example/"}}`), 0o600))
	for _, fetch := range []*Fetch{nil, {}} {
		_, found, err := l.resolve(fetch)
		require.ErrorContains(t, err, "but its copy "+l.copies(t)[0]+" has")
		require.Equal(t, finding.ContextChanged, found[0].Code)
		require.Contains(t, found[0].Hint, "--update")
	}
	c, _, err := l.resolve(&Fetch{Update: true})
	require.NoError(t, err)
	iri, _ := c.Expand("mine")
	require.Equal(t, "https://example.org/#mine", iri)
	_, found, err := l.resolve(nil)
	require.NoError(t, err)
	require.Empty(t, found, "the copy is whole again")
}

func TestCopyThatIsMissingIsNamedAndFetchedAgain(t *testing.T) {
	l := newLife(t)
	_, _, err := l.resolve(&Fetch{})
	require.NoError(t, err)
	copied := l.copies(t)[0]
	require.NoError(t, os.Remove(copied))
	_, found, err := l.resolve(nil)
	require.NoError(t, err)
	require.Equal(t, finding.ContextUnknownURL, found[0].Code)
	require.Contains(t, found[0].Message, "is pinned, but its copy "+copied+" is missing")

	l.body.Store(`{"@context": {"mine": "https://example.org/#other"}}`)
	_, _, err = l.resolve(&Fetch{})
	require.ErrorContains(t, err, "its copy is not there to compare with")
	l.body.Store(`{"@context": {"mine": "https://example.org/#mine"}}`)
	_, found, err = l.resolve(&Fetch{})
	require.NoError(t, err)
	require.Empty(t, found)
	require.Equal(t, []string{copied}, l.copies(t))
}

func TestFetchedContextThatIsNotLegalIsNeverKept(t *testing.T) {
	l := newLife(t)
	bad := map[string]string{
		`{"@context": {"mine": `:     "not JSON",
		`["no object"]`:              "an array where an object with an @context belongs",
		`{"mine": "https://e.org/"}`: "it has no @context",
		`{"@context": {"mine": 7}}`:  "invalid term definition",
		`{"@context": [7]}`:          "a number where a URL or an object belongs",
		`{"@context": {"@protected": true, "location": "https://e.org/"}}`:   "the core @context cannot follow",
		`{"@context": ["` + l.URL + `/ctx.jsonld"]}`:                         "leads back to itself",
		"{\"@context\": {\"mine\": \"https://e.org/\xff\"}}":                 "not UTF-8: line 1, character 38",
		`{"@context": {"mine": NaN}}`:                                        "not JSON",
		"\xef\xbb\xbf\xef\xbb\xbf" + `{"@context": {}}`:                      "not JSON",
		strings.Repeat(`{"@context":`, 10_001) + strings.Repeat("}", 10_001): "exceeded max depth",
	}
	for text, want := range bad {
		l.body.Store(text)
		_, found, err := l.resolve(&Fetch{})
		require.ErrorContains(t, err, want)
		if want == "leads back to itself" {
			require.Equal(t, finding.ContextCycle, found[0].Code)
		} else {
			require.ErrorContains(t, err, "cannot be fetched", text)
			require.Equal(t, finding.ContextUnknownURL, found[0].Code)
		}
		require.NoFileExists(t, l.lock)
		require.Empty(t, l.copies(t))
	}
	l.body.Store(`{"@context": {"mine": "https://example.org/#mine"}}`)
	_, _, err := l.resolve(&Fetch{})
	require.NoError(t, err)
	for text := range bad {
		l.body.Store(text)
		for _, fetch := range []*Fetch{{}, {Update: true}} {
			c, found, err := l.resolve(fetch)
			require.NoError(t, err)
			require.True(t, c.IsUserTerm("mine"), "the pinned copy is used")
			require.Equal(t, finding.ContextStale, found[0].Code)
		}
	}
}

// another gives a resolver that has read the lock file as it is now.
func (l *life) another(t *testing.T, f Fetch) *Resolver {
	r := NewResolver(WithLock(l.lock), WithFetch(f))
	require.NoError(t, r.lock.read())
	return r
}

func TestTwoProcessesPinBesideEachOther(t *testing.T) {
	l := newLife(t)
	var all sync.WaitGroup
	const processes = 8
	for i := range processes {
		r := l.another(t, Fetch{})
		all.Add(1)
		go func() {
			defer all.Done()
			_, _, err := r.Resolve(context.Background(), fmt.Appendf(nil, "%q", fmt.Sprintf("%s/ctx.jsonld?%d", l.URL, i)))
			if err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	pins, err := readPins(l.lock)
	require.NoError(t, err)
	require.Len(t, pins, processes, "none has lost what another pinned")
	require.Len(t, l.copies(t), 1)
}

func TestTwoProcessesDoNotPinTwoTextsOfOneURL(t *testing.T) {
	l := newLife(t)
	first, second := l.another(t, Fetch{}), l.another(t, Fetch{})
	_, _, err := first.Resolve(context.Background(), l.ref())
	require.NoError(t, err)
	l.body.Store(`{"@context": {"mine": "https://example.org/#other"}}`)
	_, found, err := second.Resolve(context.Background(), l.ref())
	require.ErrorContains(t, err, "another process pinned it meanwhile")
	require.Equal(t, finding.ContextChanged, found[0].Code)
	c, _, err := l.resolve(nil)
	require.NoError(t, err)
	iri, _ := c.Expand("mine")
	require.Equal(t, "https://example.org/#mine", iri)
}

func TestFetchRefuses(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/absent":     "404",
		"/circle":     "it redirects in a circle",
		"/local":      "not http(s)",
		"/page":       `the server calls it "text/html"`,
		"/slow":       "cannot be fetched: it took more than 1ms",
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
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	_, _, err := NewResolver(WithFetch(Fetch{})).Resolve(context.Background(), []byte(`"`+nobody.URL+`/c.jsonld"`))
	require.ErrorContains(t, err, "the @context "+nobody.URL+"/c.jsonld cannot be fetched: no server answers there: connection refused")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = NewResolver(WithFetch(Fetch{})).Resolve(ctx, s.ref())
	require.ErrorIs(t, err, context.Canceled)
}

func TestFetchDoesNotFollowFromHTTPSToHTTP(t *testing.T) {
	s := newSite(t)
	secure := httptest.NewTLSServer(http.RedirectHandler(s.URL+"/ctx.jsonld", http.StatusFound))
	t.Cleanup(secure.Close)
	_, _, err := NewResolver(WithFetch(Fetch{Client: secure.Client()})).Resolve(context.Background(), []byte(`"`+secure.URL+`/x"`))
	require.ErrorContains(t, err, "it redirects from https")
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
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	_, _, err := NewResolver(WithLock(path)).Resolve(context.Background(), []byte(`"https://e.org/x"`))
	require.ErrorContains(t, err, "read the pinned contexts: ")
	_, _, err = NewResolver(WithLock(path)).Resolve(context.Background(), nil)
	require.NoError(t, err, "nothing needs it")

	l := newLife(t)
	require.NoError(t, os.WriteFile(strings.TrimSuffix(l.lock, ".lock"), nil, 0o600))
	_, _, err = l.resolve(&Fetch{})
	require.ErrorContains(t, err, "pin the @context "+l.URL+"/ctx.jsonld: ", "a file stands where the copies would")
}

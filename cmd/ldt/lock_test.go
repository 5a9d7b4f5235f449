package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// page is a web server whose one page a test changes.
type page struct {
	*httptest.Server
	text, mediaType atomic.Value // string
}

func newPage(t *testing.T, text string) *page {
	p := &page{}
	p.set(text, "application/ld+json")
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", p.mediaType.Load().(string))
		_, _ = w.Write([]byte(p.text.Load().(string)))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *page) set(text, mediaType string) {
	p.text.Store(text)
	p.mediaType.Store(mediaType)
}

// run runs one command line in this process, in the current folder.
func run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// write writes files of the current folder, name and text by turns.
func write(t *testing.T, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(t, os.MkdirAll(filepath.Dir(pairs[i]), 0o755))
		require.NoError(t, os.WriteFile(pairs[i], []byte(pairs[i+1]), 0o644))
	}
}

// TestLifeOfAPinnedContext follows one @context through every verb that may fetch it.
func TestLifeOfAPinnedContext(t *testing.T) {
	const first = `{"@context": {"power": "https://city.example/power", "Meter": "https://city.example/Meter"}}`
	const second = `{"@context": {"power": "https://city.example/activePower", "energy": "https://city.example/energy", "Meter": "https://city.example/Meter"}}`
	for verb, test := range map[string]struct {
		args             []string
		unknown, refused int
	}{
		"validate":    {[]string{"validate", "e.json"}, 0, exitData},
		"convert":     {[]string{"convert", "-m", "m.yaml"}, exitUsage, exitUsage},
		"map check":   {[]string{"map", "check", "m.yaml"}, exitUsage, exitUsage},
		"push a file": {[]string{"push", "e.json"}, exitUsage, exitUsage},
		"map preview": {[]string{"map", "preview", "-m", "m.yaml"}, exitUsage, exitUsage},
	} {
		t.Run(verb, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var s settings
			broker, err := startEmbedded("127.0.0.1:0", "store.db", jsonld.NewResolver(), s.logger(io.Discard))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, broker.close()) })
			t.Setenv("LDT_BROKER", broker.url)
			p := newPage(t, first)
			write(t, "e.json", `{"id": "urn:ngsi-ld:Meter:1", "type": "Meter", "power": {"type": "Property", "value": 1}, "@context": "`+p.URL+`/c.jsonld"}`,
				"m.csv", "id,power\n1,5\n",
				"m.yaml", "source: {file: m.csv}\ncontext: ["+p.URL+"/c.jsonld]\nentities:\n- type: Meter\n  id: \"urn:ngsi-ld:Meter:{id}\"\n  attributes:\n    power: {value: {column: power, as: number}}\n")
			call := func(flags ...string) (int, string) {
				code, _, stderr := run(append(test.args, flags...)...)
				return code, stderr
			}

			code, stderr := call()
			require.Equal(t, test.unknown, code, stderr)
			require.Contains(t, stderr, "is not known here", "nothing is fetched unasked")
			require.NoFileExists(t, "contexts.lock")

			code, stderr = call("--fetch")
			require.Zero(t, code, stderr)
			require.NotContains(t, stderr, "not known")
			lock, err := os.ReadFile("contexts.lock")
			require.NoError(t, err)

			p.set(second, "application/ld+json")
			code, stderr = call()
			require.Zero(t, code, "offline the pinned copy holds: %s", stderr)
			code, stderr = call("--fetch")
			require.Equal(t, test.refused, code, stderr)
			require.Contains(t, stderr, "terms added: energy; terms that stand for another IRI: power: https://city.example/activePower, was https://city.example/power")
			require.Contains(t, stderr, "hint: to accept what changed, run with --update")
			now, err := os.ReadFile("contexts.lock")
			require.NoError(t, err)
			require.Equal(t, string(lock), string(now))

			code, stderr = call("--update")
			require.Zero(t, code, stderr)
			require.Contains(t, stderr, "is pinned anew: terms added: energy; terms that stand for another IRI: power")
			code, stderr = call("--fetch")
			require.Zero(t, code, stderr)
			require.NotContains(t, stderr, "anew")

			copies, err := filepath.Glob("contexts/*.jsonld")
			require.NoError(t, err)
			require.Len(t, copies, 1)
			write(t, copies[0], first)
			code, stderr = call()
			require.Equal(t, test.refused, code, "a copy that was tampered with")
			require.Contains(t, stderr, "but its copy "+copies[0]+" has")
			require.NoError(t, os.Remove(copies[0]))
			code, stderr = call()
			require.Equal(t, test.unknown, code, stderr)
			require.Contains(t, stderr, "is pinned, but its copy "+copies[0]+" is missing")
			code, stderr = call("--fetch")
			require.Zero(t, code, stderr)
			require.FileExists(t, copies[0])

			for _, page := range [][2]string{{"<html>", "text/html"}, {`{"@context": {"power": 7}}`, "application/ld+json"}} {
				p.set(page[0], page[1])
				code, stderr = call("--update")
				require.Zero(t, code, stderr)
				require.Contains(t, stderr, "its pinned copy is used")
			}

			write(t, "contexts.lock", "{ oops")
			code, stderr = call()
			require.Equal(t, exitUsage, code, stderr)
			require.Contains(t, stderr, "read the pinned contexts contexts.lock: line 1, character 3")
		})
	}
}

func TestLintSaysAsWhatALinkIsServed(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newPage(t, `{"@context": {"power": "https://city.example/power", "power": "https://city.example/power2"}}`)
	p.mediaType.Store("text/plain; charset=utf-8")
	address := p.URL + "/city.jsonld"
	write(t, "compound.jsonld", `{"@context": ["`+address+`"]}`)

	code, _, stderr := run("context", "lint", address, "--fetch")
	require.Equal(t, exitData, code, stderr)
	require.Contains(t, stderr, "warning[context-media-type] "+address+":1:1: the @context "+address+" is served as text/plain, not as application/ld+json")
	require.Contains(t, stderr, "error[context-duplicate-key] "+address+":1:")
	require.Contains(t, stderr, `    1 | {"@context": {"power": `, "the line of what was fetched")
	require.NoFileExists(t, "contexts.lock", "what is looked at is not pinned")

	code, _, stderr = run("context", "lint", "compound.jsonld", "--fetch")
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "warning[context-media-type] compound.jsonld:1:15: the @context "+address+" is served as text/plain")
	require.FileExists(t, "contexts.lock")

	for _, good := range []string{"application/ld+json", "application/json", "application/vnd.city+json"} {
		p.mediaType.Store(good)
		code, _, stderr = run("context", "lint", "compound.jsonld", "--fetch")
		require.Zero(t, code, stderr)
		require.NotContains(t, stderr, "media-type")
	}
	p.set(`{"@context": {"power": 7}}`, "application/ld+json")
	code, _, stderr = run("context", "lint", address, "--fetch")
	require.Equal(t, exitData, code)
	require.Contains(t, stderr, `the definition of "power" is not legal`, "what is not legal is looked at all the same")
}

func TestLintOfLinksThatCannotBeRead(t *testing.T) {
	t.Chdir(t.TempDir())
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	serve := func(path, mediaType, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			_, _ = io.WriteString(w, text)
		})
	}
	mux.HandleFunc("/circle", func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, "/circle", http.StatusFound) })
	serve("/page", "text/html", "<html>")
	serve("/large", "application/ld+json", `{"@context": {"a": "urn:`+strings.Repeat("x", 9<<20)+`"}}`)
	serve("/a", "application/ld+json", `{"@context": ["`+server.URL+`/b", {"a": "urn:a"}]}`)
	serve("/b", "application/ld+json", `{"@context": ["`+server.URL+`/a", {"b": "urn:b"}]}`)
	for path, want := range map[string]string{
		"/absent": "error[context-unknown-url] c.jsonld:1:15: the @context " + server.URL + "/absent cannot be fetched: the server answered 404 Not Found",
		"/circle": "it redirects in a circle",
		"/page":   `it is not JSON: line 1, character 1: invalid character '<' looking for beginning of value (the server calls it "text/html")`,
		"/large":  "it has more than 8388608 bytes",
		"/a":      "error[context-cycle] c.jsonld:1:15: " + server.URL + "/a names " + server.URL + "/b, which leads back to itself (" + server.URL + "/b → " + server.URL + "/a → " + server.URL + "/b)",
	} {
		write(t, "c.jsonld", `{"@context": ["`+server.URL+path+`"]}`)
		code, _, stderr := run("context", "lint", "c.jsonld", "--fetch")
		require.Equal(t, exitData, code, stderr)
		require.Contains(t, stderr, want)
	}
	code, _, stderr := run("context", "lint", server.URL+"/absent", "--fetch")
	require.Equal(t, exitSource, code)
	require.Equal(t, "ldt: fetch the @context "+server.URL+"/absent: the server answered 404 Not Found\n", stderr)
	code, _, stderr = run("context", "lint", server.URL+"/b", "--fetch")
	require.Equal(t, exitData, code)
	require.Contains(t, stderr, "error[context-cycle] "+server.URL+"/b:1:15: "+server.URL+"/a names "+server.URL+"/b, which leads back to itself")
}

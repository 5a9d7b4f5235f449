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

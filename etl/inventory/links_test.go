package inventory_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/inventory"
)

// linked is an inventory whose sources have these addresses of data.
func linked(t *testing.T, urls ...string) *inventory.Inventory {
	t.Helper()
	var b strings.Builder
	b.WriteString("project: {name: x}\nsources:\n")
	for i, url := range urls {
		fmt.Fprintf(&b, "- {id: s%d, format: CSV, metadata: none, url: %q}\n", i, url)
	}
	inv, found, err := inventory.Read("i.yaml", []byte(b.String()))
	require.NoError(t, err)
	require.Empty(t, found)
	return inv
}

// ticking gives a clock that goes on by 5 ms at each look.
func ticking() func() time.Time {
	var mu sync.Mutex
	at := now
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(5 * time.Millisecond)
		return at
	}
}

func TestProbeSaysWhatEachAddressAnswers(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Length", "1234")
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	closed := httptest.NewServer(nil)
	closed.Close()

	inv := linked(t, server.URL+"/ok.csv", server.URL+"/gone.csv", server.URL+"/page", server.URL+"/get", server.URL+"/slow",
		"sftp://"+listener.Addr().String()+"/m.csv", closed.URL+"/x.csv", server.URL+"/ok.csv")
	checks, found, err := inv.ProbeLinks(t.Context(), inventory.LinkProber{Timeout: 500 * time.Millisecond, Now: ticking()})
	require.NoError(t, err)
	var got []string
	for _, c := range checks {
		require.Equal(t, "url", c.Column)
		require.Equal(t, "2026-11-25T12:00:00Z", c.Checked)
		require.NotEmpty(t, c.Time)
		status, _, _ := strings.Cut(c.Status, " on port")
		if i := strings.LastIndex(status, "connect: "); i >= 0 {
			status = status[i:]
		}
		got = append(got, strings.Join([]string{c.Source, c.Result, status, c.Size, c.Media}, "|"))
	}
	require.Equal(t, []string{
		"s0|ok|200 OK|1234|text/csv",
		"s1|failed|404 Not Found||text/plain",
		"s2|ok|200 OK||text/html",
		"s3|ok|200 OK|0|",
		"s4|failed|no answer within 500ms||",
		"s5|ok|the server answers||",
		"s6|failed|connect: connection refused||",
		"s7|ok|200 OK|1234|text/csv",
	}, got)
	var codes []string
	for _, f := range found {
		codes = append(codes, string(f.Code)+" "+f.Location.Pointer)
	}
	require.Equal(t, []string{"inventory-link /sources/1/url", "inventory-format /sources/2/url", "inventory-link /sources/4/url", "inventory-link /sources/6/url"}, codes)
}

func TestProbeTriesFourAtOnceAndEachAddressOnce(t *testing.T) {
	var mu sync.Mutex
	inFlight, most, asked := 0, 0, map[string]int{}
	four := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		inFlight++
		asked[r.URL.Path]++
		most = max(most, inFlight)
		if inFlight == 4 {
			select {
			case <-four:
			default:
				close(four)
			}
		}
		mu.Unlock()
		<-four // nobody answers before four are here
		mu.Lock()
		inFlight--
		mu.Unlock()
	}))
	t.Cleanup(server.Close)
	var urls []string
	for i := range 12 {
		urls = append(urls, fmt.Sprintf("%s/%d", server.URL, i), fmt.Sprintf("%s/%d", server.URL, i))
	}
	checks, found, err := linked(t, urls...).ProbeLinks(t.Context(), inventory.LinkProber{})
	require.NoError(t, err)
	require.Len(t, checks, 24)
	require.Empty(t, found)
	require.Equal(t, 4, most)
	for path, n := range asked {
		require.Equal(t, 1, n, path)
	}
}

func TestChecksAreWrittenIntoTheInventory(t *testing.T) {
	checks := []inventory.Check{
		{Source: "meters", Column: "url", Target: "https://a.example/m.csv", Result: "ok", Status: "200 OK", Size: "12", Media: "text/csv", Time: "5", Checked: "2026-11-25T12:00:00Z"},
		{Source: "schools", Column: "metadata", Target: "https://a.example/", Result: "failed", Status: "404 Not Found", Time: "7", Checked: "2026-11-25T12:00:00Z"},
	}
	for _, lang := range inventory.Languages {
		book := template(t, lang, true)
		before := described(t, open(t, book))
		for n := 2; n >= 0; n-- { // and a run that sees fewer links leaves no old rows
			inv, _, err := inventory.Read("i.xlsx", book)
			require.NoError(t, err)
			book, err = inv.WithChecks("i.xlsx", book, checks[:n])
			require.NoError(t, err)
			inv, found, err := inventory.Read("i.xlsx", book)
			require.NoError(t, err)
			require.Empty(t, append(found, inv.Check(now)...))
			require.Len(t, inv.Checks, n)
			if n == 2 {
				c := inv.Checks[1]
				c.Line = inventory.Line{}
				require.Equal(t, checks[1], c)
			}
		}
		require.Equal(t, before, described(t, open(t, book)), "everything else stays")
	}

	// Where there is no such sheet it is made.
	f := open(t, template(t, "fr", true))
	require.NoError(t, f.DeleteSheet("Contrôles"))
	buffer, err := f.WriteToBuffer()
	require.NoError(t, err)
	inv, _, err := inventory.Read("i.xlsx", buffer.Bytes())
	require.NoError(t, err)
	book, err := inv.WithChecks("i.xlsx", buffer.Bytes(), checks)
	require.NoError(t, err)
	rows, err := open(t, book).GetRows("Contrôles")
	require.NoError(t, err)
	require.Equal(t, "échec", rows[2][3])

	text := "# ours\nproject: {name: x}\nchecks:\n  - {source: old, target: t, result: ok}\n\n# behind\nfields: []\n"
	inv, _, err = inventory.Read("i.yaml", []byte(text))
	require.NoError(t, err)
	for range 2 {
		got, err := inv.WithChecks("i.yaml", []byte(text), checks)
		require.NoError(t, err)
		text = string(got)
	}
	require.Contains(t, text, "# ours\nproject: {name: x}\nchecks:\n  - source: meters\n")
	require.Contains(t, text, "# behind\nfields: []\n")
	require.NotContains(t, text, "old")
	inv, found, err := inventory.Read("i.yaml", []byte(text))
	require.NoError(t, err)
	require.Empty(t, found)
	require.Len(t, inv.Checks, 2)
	require.Equal(t, "12", inv.Checks[0].Size)

	got, err := inv.WithChecks("i.yaml", []byte("project: {name: x}"), checks[:1])
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(got), "project: {name: x}\nchecks:\n  - source: meters\n"), "%s", got)
}

package etl

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// testContext defines the terms of the mappings of these tests. level stands in
// the default vocabulary, as terms of published models do.
const testContext = `{"@context": {
	"Thing": "https://example.org/Thing", "Other": "https://example.org/Other", "Kind": "https://example.org/Kind",
	"n": "https://example.org/n", "m": "https://example.org/m", "name": "https://example.org/name",
	"level": "https://uri.etsi.org/ngsi-ld/default-context/level",
	"of": {"@id": "https://example.org/of", "@type": "@id"}
}}`

// folder writes files, by their paths, into a folder of its own, with testContext
// as context.jsonld.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "context.jsonld", testContext)
	for name, text := range files {
		write(t, dir, name, text)
	}
	return dir
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// thing is a mapping of data.csv onto Things, with the policy and the attributes.
func thing(merge, attributes string) string {
	return "source: {file: data.csv, delimiter: \",\", decimal: \".\", encoding: utf-8}\ncontext: [context.jsonld]\nentities:\n" +
		"- {type: Thing, id: \"urn:t:{id}\", merge: " + merge + ", attributes: {" + attributes + "}}\n"
}

func prepared(t testing.TB, dir, mapping string, o Options) *Flow {
	t.Helper()
	if o.Resolver == nil {
		o.Resolver = jsonld.NewResolver()
	}
	flow, err := Prepare(t.Context(), filepath.Join(dir, mapping), o)
	require.NoError(t, err)
	t.Cleanup(func() { flow.Close() })
	return flow
}

// outcome is what a conversion gave: entities as JSON lines, losses by what they
// say, and the tally.
type outcome struct {
	lines  []string
	losses []Loss
	cells  [][]string
	tally  *Tally
}

func (o *outcome) log(l Loss) error {
	var cells []string
	if l.Record != nil {
		for _, c := range l.Record.Cells {
			cells = append(cells, string(c.Text))
		}
	}
	l.Record, l.Header = nil, nil
	o.losses = append(o.losses, l)
	o.cells = append(o.cells, cells)
	return nil
}

// convert converts data.csv by m.yaml, and holds that the rows add up.
func convert(t testing.TB, mapping, data string, o Options) *outcome {
	t.Helper()
	flow := prepared(t, folder(t, map[string]string{"m.yaml": mapping, "data.csv": data}), "m.yaml", o)
	var out outcome
	tally, err := flow.Convert(t.Context(), Output{
		Text: &Text{Representation: ngsild.Normalized},
		Write: func(ctx context.Context, items []Item) error {
			for _, item := range items {
				out.lines = append(out.lines, string(item.JSON))
			}
			return ctx.Err()
		},
	}, out.log)
	require.NoError(t, err)
	out.tally = tally
	requireAddsUp(t, tally)
	return &out
}

func requireAddsUp(t testing.TB, tally *Tally) {
	t.Helper()
	require.Equal(t, tally.Read, tally.Written+tally.Merged+tally.Filtered+tally.Rejected, "%s", tally)
	for outcome, rows := range map[Outcome]int64{Merged: tally.Merged, Filtered: tally.Filtered, Rejected: tally.Rejected} {
		sum := int64(0)
		for reason, n := range tally.Reasons[outcome] {
			require.GreaterOrEqual(t, n, int64(0), reason)
			sum += n
		}
		require.Equal(t, rows, sum, "reasons of %s", outcome)
	}
}

func (t *Tally) figures() [5]int64 {
	return [5]int64{t.Read, t.Written, t.Merged, t.Filtered, t.Rejected}
}

// ids gives the ids of entities as JSON lines.
func ids(t testing.TB, lines []string) string {
	t.Helper()
	var list []string
	for _, line := range lines {
		e, found, err := ngsild.Decode([]byte(line))
		require.NoError(t, err)
		require.Empty(t, found)
		list = append(list, strings.TrimPrefix(e.ID, "urn:"))
	}
	return strings.Join(list, " ")
}

// embedded serves the embedded broker over a store of its own; around may stand
// between it and the client.
func embedded(t testing.TB, around func(http.Handler) http.Handler) *client.Client {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
	require.NoError(t, err)
	h := broker.New(store, broker.Options{Clock: clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if around != nil {
		h = around(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.Close()
		require.NoError(t, store.Close())
	})
	c, err := client.New(s.URL, client.Options{Tries: 1})
	require.NoError(t, err)
	return c
}

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

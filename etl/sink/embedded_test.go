package sink

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// embedded serves the embedded broker over a store of its own; around may stand
// between it and the client.
func embedded(t testing.TB, around func(http.Handler) http.Handler) string {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
	require.NoError(t, err)
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var ticks atomic.Int64
	h := broker.New(store, broker.Options{
		Clock:  func() time.Time { return clock.Add(time.Duration(ticks.Add(1)) * time.Second) },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if around != nil {
		h = around(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.Close()
		require.NoError(t, store.Close())
	})
	return s.URL
}

func cityContext(t testing.TB) *jsonld.Context {
	t.Helper()
	c, found, err := jsonld.NewResolver().Resolve(context.Background(), []byte(`{
		"Meter":"https://example.org/Meter","energy":"https://example.org/energy","kind":{"@id":"https://example.org/kind","@type":"@vocab"},
		"gas":"https://example.org/gas","heat":"https://example.org/heat","partOf":{"@id":"https://example.org/partOf","@type":"@id"},
		"name":"https://example.org/name","ex":"https://example.org/"}`))
	require.NoError(t, err)
	require.Zero(t, finding.Errors(found))
	return c
}

// everything has each kind of attribute, and what a broker may be tempted to change.
func everything(n int) *ngsild.Entity {
	return &ngsild.Entity{
		ID: fmt.Sprintf("urn:ngsi-ld:Meter:%%C3%%89t%%C3%%A9%%20%d", n), Types: []string{"Meter", "Device"}, Scopes: []string{"/Paris/1er", "/Test"},
		Attributes: []ngsild.Attribute{
			{Name: "energy", Kind: ngsild.Property, Value: []byte(`15182280`), UnitCode: "KWH", ObservedAt: "2011-01-01T00:00:00Z", Attributes: []ngsild.Attribute{
				{Name: "typeEnergie", Kind: ngsild.Property, Value: []byte(`"electricity"`)},
				{Name: "source", Kind: ngsild.Relationship, Value: []byte(`"urn:ngsi-ld:Source:1"`)},
			}},
			{Name: "energy", Kind: ngsild.Property, Value: []byte(`0.1`), DatasetID: "urn:ngsi-ld:Dataset:estimate"},
			{Name: "long", Kind: ngsild.Property, Value: []byte(`3000000000`)},
			{Name: "mixed", Kind: ngsild.Property, Value: []byte(`{"type":"Point of sale","@list":1,"nested":{"energy":[1,2.50,null,"<&>"]}}`)},
			{Name: "flag", Kind: ngsild.Property, Value: []byte(`false`)},
			{Name: "text", Kind: ngsild.Property, Value: []byte(`"Île-de-France \"quoted\" \u2028 \\"`)},
			{Name: "when", Kind: ngsild.Property, Value: []byte(`{"@type":"DateTime","@value":"2024-02-29T12:00:00Z"}`)},
			{Name: "location", Kind: ngsild.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[2.3364,48.8625]}`)},
			{Name: "partOf", Kind: ngsild.Relationship, Value: []byte(`"urn:ngsi-ld:CodeCommune:75101"`), ObjectType: []string{"Commune"}},
			{Name: "name", Kind: ngsild.LanguageProperty, Value: []byte(`{"fr":"compteur","en":"meter"}`)},
			{Name: "kind", Kind: ngsild.VocabProperty, Value: []byte(`["gas","heat"]`)},
			{Name: "series", Kind: ngsild.ListProperty, Value: []byte(`[3,1,2]`)},
			{Name: "parts", Kind: ngsild.ListRelationship, Value: []byte(`[{"object":"urn:a:2"},{"object":"urn:a:1"}]`)},
			{Name: "raw", Kind: ngsild.JsonProperty, Value: []byte(`{"gas":"gas","n":1e3}`)},
		},
	}
}

func everythings(count int) []Item {
	items := make([]Item, count)
	for n := range items {
		items[n] = Item{Entity: everything(n), Origin: []finding.Location{{File: "meters.csv", Row: n + 2}}}
	}
	return items
}

func TestASecondPushIntoTheEmbeddedBrokerChangesNothing(t *testing.T) {
	for _, ldctx := range []client.ContextMode{client.Expanded, client.Inline} {
		for _, mode := range []Mode{ModeUpsert, ModeCreate, ModeReplace} {
			t.Run(ldctx.String()+" "+mode.String(), func(t *testing.T) {
				var writes atomic.Int32
				url := embedded(t, func(h http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method == http.MethodPost && !strings.HasSuffix(r.URL.Path, "/query") {
							writes.Add(1)
						}
						h.ServeHTTP(w, r)
					})
				})
				opts := client.Options{Context: cityContext(t), ContextMode: ldctx, MaxBatch: 7}
				c := connect(t, url, opts)
				counts, found, err := pushAll(t, c, BrokerOptions{Mode: mode}, everythings(20))
				require.NoError(t, err)
				require.Empty(t, found)
				require.Equal(t, Counts{Created: 20}, counts)
				require.Equal(t, client.Broker{Kind: client.Embedded, Version: "unknown"}, must(c.Probe(t.Context())))

				for _, again := range []Mode{ModeUpsert, ModeCreate, ModeUpdate, ModeReplace} {
					writes.Store(0)
					counts, found, err = pushAll(t, c, BrokerOptions{Mode: again}, everythings(20))
					require.NoError(t, err)
					require.Empty(t, found)
					require.Equal(t, Counts{Unchanged: 20}, counts, again)
					require.Zero(t, writes.Load())
				}
				got, err := c.Retrieve(t.Context(), everything(3).ID)
				require.NoError(t, err)
				require.True(t, ngsild.Equal(c.Expand(everything(3), nil), c.Expand(got, nil)))
				require.Equal(t, []string{"Meter", "Device"}, got.Types)
			})
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnUpdateTouchesOnlyTheAttributeThatDiffers(t *testing.T) {
	url := embedded(t, nil)
	c := connect(t, url, client.Options{Context: cityContext(t)})
	_, _, err := pushAll(t, c, BrokerOptions{}, everythings(1))
	require.NoError(t, err)
	modified := func() map[string]string {
		body, err := c.Get(t.Context(), "entities/"+strings.ReplaceAll(everything(0).ID, "%", "%25"), map[string][]string{"options": {"sysAttrs"}})
		require.NoError(t, err)
		e, _, err := ngsild.Decode(body)
		require.NoError(t, err)
		out := map[string]string{}
		for _, a := range e.Attributes {
			out[a.Name+a.DatasetID] = a.ModifiedAt
		}
		return out
	}
	before := modified()
	items := everythings(1)
	items[0].Entity.Attributes[2].Value = []byte("3000000001")
	counts, _, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Updated: 1}, counts)
	var changed []string
	for name, at := range modified() {
		if before[name] != at {
			changed = append(changed, name)
		}
	}
	require.Equal(t, []string{"https://uri.etsi.org/ngsi-ld/default-context/long"}, shortOf(changed))
}

// shortOf gives the names as IRIs, since a broker answers with terms of the core.
func shortOf(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if !strings.Contains(n, ":") {
			n = "https://uri.etsi.org/ngsi-ld/default-context/" + n
		}
		out[i] = n
	}
	return out
}

func TestTheEmbeddedBrokersRefusalReachesTheRow(t *testing.T) {
	c := connect(t, embedded(t, nil), client.Options{Context: cityContext(t)})
	items := everythings(4)
	items[0].Entity.ID = "no uri"
	items[2].Entity.Attributes[7].Value = []byte(`{"type":"Point","coordinates":["west"]}`)
	counts, found, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 2, Failed: 2}, counts)
	require.Len(t, found, 2)
	for i, row := range []int{2, 4} {
		require.Equal(t, finding.BrokerRefused, found[i].Code)
		require.Equal(t, row, found[i].Location.Row)
		require.Contains(t, found[i].Message, "was not taken by ldt")
	}
}

func TestTenantsAreApart(t *testing.T) {
	url := embedded(t, nil)
	one := connect(t, url, client.Options{Tenant: "one"})
	counts, _, err := pushAll(t, one, BrokerOptions{}, stations(3, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 3}, counts)
	counts, _, err = pushAll(t, connect(t, url, client.Options{Tenant: "two"}), BrokerOptions{}, stations(3, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 3}, counts)
	n, err := connect(t, url, client.Options{}).Count(t.Context(), client.Query{Types: []string{"Station"}})
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestReadingPagesOfTheEmbeddedBroker(t *testing.T) {
	c := connect(t, embedded(t, nil), client.Options{Context: cityContext(t)})
	_, _, err := pushAll(t, c, BrokerOptions{}, append(everythings(23), stations(4, "1")...))
	require.NoError(t, err)
	seen := map[string]bool{}
	for e, err := range c.Entities(t.Context(), client.Query{Types: []string{"Meter"}, PageSize: 5}) {
		require.NoError(t, err)
		require.False(t, seen[e.ID])
		seen[e.ID] = true
		require.Equal(t, "energy", e.Attributes[0].Name)
	}
	require.Len(t, seen, 23)
	n, err := c.Count(t.Context(), client.Query{Types: []string{"Meter"}})
	require.NoError(t, err)
	require.Equal(t, 23, n)
	types, err := c.Types(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"Device", "Meter", "Station"}, types)
	_, err = c.Retrieve(t.Context(), "urn:ngsi-ld:Nothing:1")
	require.ErrorIs(t, err, client.ErrNotFound)
	_, err = c.Get(t.Context(), "temporal/entities", nil)
	require.ErrorIs(t, err, client.ErrUnsupported)
}

func TestTheOtherBatchOperationsOfTheEmbeddedBroker(t *testing.T) {
	c := connect(t, embedded(t, nil), client.Options{Context: cityContext(t)})
	_, err := c.Probe(t.Context())
	require.NoError(t, err)
	list := []client.Payload{c.Payload(everything(1), nil), c.Payload(everything(2), nil)}
	results, err := c.BatchCreate(t.Context(), list[:1])
	require.NoError(t, err)
	require.Equal(t, client.Created, results[0].Outcome)
	results, err = c.BatchCreate(t.Context(), list)
	require.NoError(t, err)
	require.Equal(t, []client.Outcome{client.Refused, client.Created}, []client.Outcome{results[0].Outcome, results[1].Outcome})
	require.Equal(t, ngsild.ErrorAlreadyExists, results[0].Problem.Type)
	results, err = c.BatchMerge(t.Context(), []client.Payload{{ID: list[0].ID, Type: list[0].Type,
		Body: fmt.Appendf(nil, `{"id":%q,"type":"https://example.org/Meter","https://example.org/energy":{"type":"Property","value":7}}`, list[0].ID)}})
	require.NoError(t, err)
	require.Equal(t, client.Updated, results[0].Outcome)
	results, err = c.BatchDelete(t.Context(), []string{list[0].ID, "urn:ngsi-ld:Nothing:1"})
	require.NoError(t, err)
	require.Equal(t, []client.Outcome{client.Deleted, client.Refused}, []client.Outcome{results[0].Outcome, results[1].Outcome})
	held, err := c.Lookup(t.Context(), list)
	require.NoError(t, err)
	require.Len(t, held, 1)
}

func TestAnEmbeddedBrokerThatDropsAnyAnswerEndsAsAnUndisturbedPush(t *testing.T) {
	items := everythings(30)
	want := func(url string) map[string]*ngsild.Entity {
		c := connect(t, url, client.Options{})
		_, err := c.Probe(t.Context())
		require.NoError(t, err)
		var list []client.Payload
		for _, item := range items {
			list = append(list, c.Payload(item.Entity, cityContext(t)))
		}
		held, err := c.Lookup(t.Context(), list)
		require.NoError(t, err)
		return held
	}
	undisturbed := embedded(t, nil)
	_, _, err := pushAll(t, connect(t, undisturbed, client.Options{Context: cityContext(t), MaxBatch: 10}), BrokerOptions{}, items)
	require.NoError(t, err)
	whole := want(undisturbed)
	require.Len(t, whole, 30)
	for _, at := range []int32{1, 2, 3, 5, 8} {
		for _, done := range []bool{false, true} {
			var n atomic.Int32
			var mended atomic.Bool
			url := embedded(t, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if mended.Load() || n.Add(1) < at {
						h.ServeHTTP(w, r)
						return
					}
					if done {
						h.ServeHTTP(httptest.NewRecorder(), r)
					}
					hangUp(w)
				})
			})
			opts := client.Options{Context: cityContext(t), MaxBatch: 10, Tries: 1}
			_, _, err := pushAll(t, connect(t, url, opts), BrokerOptions{Connections: 2}, items)
			mended.Store(true)
			if err != nil {
				require.ErrorIs(t, err, client.ErrUnreachable)
			} else {
				require.Greater(t, at, int32(7))
			}
			counts, found, err := pushAll(t, connect(t, url, opts), BrokerOptions{Connections: 2}, items)
			require.NoError(t, err)
			require.Empty(t, found)
			require.Equal(t, 30, counts.Total())
			held := want(url)
			require.Len(t, held, 30)
			for id, e := range whole {
				require.True(t, ngsild.Equal(e, held[id]), id)
			}
		}
	}
}

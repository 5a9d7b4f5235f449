package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
)

type object = map[string]json.RawMessage

// memory is a broker that keeps entities as they came. It stands in for a real
// one where a test says when it fails.
type memory struct {
	mu       sync.Mutex
	entities map[string]object
	requests []string // last segment of the path, and the ids
	written  []object // entities as they arrived
	// before is asked before each request; false hangs up without doing it.
	before func(path string) bool
	// after is asked once a request was carried out; false hangs up without an answer.
	after func(path string) bool
	// refuses gives the reason why an entity is refused, or "".
	refuses func(id string) string
}

func newMemory() *memory { return &memory{entities: map[string]object{}} }

func (m *memory) serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return s.URL
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	op := filepath.Base(r.URL.Path)
	if m.before != nil && !m.before(op) {
		hangUp(w)
		return
	}
	status, answer := m.answer(op, r, body)
	if m.after != nil && !m.after(op) {
		hangUp(w)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (m *memory) answer(op string, r *http.Request, body []byte) (int, []byte) {
	if op == "version" {
		return 200, []byte(`{"Orion-LD version":"1.6.0"}`)
	}
	if op == "query" {
		var q struct{ Entities []struct{ ID, Type string } }
		_ = json.Unmarshal(body, &q)
		found := []object{}
		for _, e := range q.Entities {
			if held, ok := m.entities[e.ID]; ok {
				found = append(found, held)
			}
		}
		text, _ := json.Marshal(found)
		m.requests = append(m.requests, fmt.Sprintf("query %d", len(q.Entities)))
		return 200, text
	}
	var list []object
	if json.Unmarshal(body, &list) != nil {
		return 400, []byte(`{"type":"https://uri.etsi.org/ngsi-ld/errors/InvalidRequest","title":"not JSON"}`)
	}
	m.requests = append(m.requests, fmt.Sprintf("%s %d", op, len(list)))
	var result ngsild.BatchResult
	fail := func(id, errorType, title string) {
		result.Errors = append(result.Errors, ngsild.BatchError{EntityID: id, Error: ngsild.NewProblem(errorType, title, "")})
	}
	var created []string
	for _, e := range list {
		var id string
		_ = json.Unmarshal(e["id"], &id)
		m.written = append(m.written, e)
		held, exists := m.entities[id]
		switch {
		case m.refuses != nil && m.refuses(id) != "":
			fail(id, ngsild.ErrorBadRequestData, m.refuses(id))
		case op == "create" && exists:
			fail(id, ngsild.ErrorAlreadyExists, "it exists")
		case op == "update" && !exists:
			fail(id, ngsild.ErrorResourceNotFound, "it does not exist")
		case !exists:
			m.entities[id] = e
			created = append(created, id)
			result.Success = append(result.Success, id)
		default:
			if op == "upsert" && r.URL.Query().Get("options") != "update" {
				m.entities[id] = e
			} else {
				maps.Copy(held, e)
			}
			result.Success = append(result.Success, id)
		}
	}
	switch {
	case len(result.Errors) > 0:
		text, _ := json.Marshal(result)
		return 207, text
	case len(created) > 0:
		text, _ := json.Marshal(created)
		return 201, text
	}
	return 204, nil
}

// state gives the broker's entities as text that can be compared.
func (m *memory) state() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]string{}
	for id, e := range m.entities {
		text, _ := json.Marshal(e)
		out[id] = string(text)
	}
	return out
}

func connect(t *testing.T, base string, opts client.Options) *client.Client {
	t.Helper()
	opts.BackOff = func() backoff.BackOff { return &backoff.ZeroBackOff{} }
	if opts.Tries == 0 {
		opts.Tries = 2
	}
	c, err := client.New(base, opts)
	require.NoError(t, err)
	return c
}

func station(n int, value string) Item {
	return Item{
		Entity: &ngsild.Entity{ID: fmt.Sprintf("urn:ngsi-ld:Station:%d", n), Types: []string{"Station"}, Attributes: []ngsild.Attribute{
			{Name: "speed", Kind: ngsild.Property, Value: []byte(value), UnitCode: "KMH"},
			{Name: "name", Kind: ngsild.Property, Value: fmt.Appendf(nil, `"station %d"`, n)},
		}},
		Origin: []finding.Location{{File: "stations.csv", Row: n + 1}},
	}
}

func stations(count int, value string) []Item {
	var list []Item
	for n := range count {
		list = append(list, station(n+1, value))
	}
	return list
}

// pushAll pushes items and gives what was counted and found.
func pushAll(t *testing.T, c *client.Client, opts BrokerOptions, items []Item) (Counts, []finding.Finding, error) {
	t.Helper()
	var found []finding.Finding
	opts.Report = func(f finding.Finding) { found = append(found, f) }
	b, err := NewBroker(t.Context(), c, opts)
	if err != nil {
		return Counts{}, nil, err
	}
	var pushErr error
	for _, item := range items {
		if pushErr = b.Push(item); pushErr != nil {
			break
		}
	}
	counts, err := b.Close()
	if err == nil {
		err = pushErr
	}
	return counts, found, err
}

func TestASecondPushSendsNothing(t *testing.T) {
	for _, mode := range []Mode{ModeUpsert, ModeCreate, ModeReplace} {
		t.Run(mode.String(), func(t *testing.T) {
			m := newMemory()
			c := connect(t, m.serve(t), client.Options{MaxBatch: 10})
			counts, found, err := pushAll(t, c, BrokerOptions{Mode: mode}, stations(35, "1"))
			require.NoError(t, err)
			require.Empty(t, found)
			require.Equal(t, Counts{Created: 35}, counts)
			require.Len(t, m.entities, 35)
			m.requests = nil
			counts, found, err = pushAll(t, c, BrokerOptions{Mode: mode}, stations(35, "1.0"))
			require.NoError(t, err)
			require.Empty(t, found)
			require.Equal(t, Counts{Unchanged: 35}, counts)
			slices.Sort(m.requests)
			require.Equal(t, []string{"query 10", "query 10", "query 10", "query 5"}, m.requests)
		})
	}
}

func TestOnlyWhatDiffersIsSent(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{})
	_, _, err := pushAll(t, c, BrokerOptions{}, stations(5, "1"))
	require.NoError(t, err)
	m.written = nil
	items := stations(6, "1")
	items[2].Entity.Attributes[0].Value = []byte("2")
	items[3].Entity.Attributes[1].Attributes = []ngsild.Attribute{{Name: "note", Kind: ngsild.Property, Value: []byte(`"x"`)}}
	items[4].Entity.Attributes[0].ObservedAt = "2024-01-01T00:00:00Z"
	counts, _, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 1, Updated: 3, Unchanged: 2}, counts)
	sent := map[string][]string{}
	for _, e := range m.written {
		var names []string
		for name := range e {
			if name != "id" && name != "type" {
				names = append(names, name[strings.LastIndexByte(name, '/')+1:])
			}
		}
		slices.Sort(names)
		sent[strings.Trim(string(e["id"]), `"`)] = names
	}
	require.Equal(t, map[string][]string{
		"urn:ngsi-ld:Station:3": {"speed"},
		"urn:ngsi-ld:Station:4": {"name"},
		"urn:ngsi-ld:Station:5": {"speed"},
		"urn:ngsi-ld:Station:6": {"name", "speed"},
	}, sent)
}

func TestUpsertLeavesAndReplaceRemovesOtherAttributes(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{})
	items := stations(1, "1")
	items[0].Entity.Attributes = append(items[0].Entity.Attributes, ngsild.Attribute{Name: "extra", Kind: ngsild.Property, Value: []byte("1")})
	_, _, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)

	counts, _, err := pushAll(t, c, BrokerOptions{}, stations(1, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Unchanged: 1}, counts)
	counts, _, err = pushAll(t, c, BrokerOptions{Mode: ModeUpdate}, stations(1, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Unchanged: 1}, counts)
	require.Contains(t, m.state()["urn:ngsi-ld:Station:1"], "extra")

	counts, _, err = pushAll(t, c, BrokerOptions{Mode: ModeReplace}, stations(1, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Updated: 1}, counts)
	require.NotContains(t, m.state()["urn:ngsi-ld:Station:1"], "extra")
}

func TestATypeOrScopeThatTheBrokerLacksIsSent(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{})
	_, _, err := pushAll(t, c, BrokerOptions{}, stations(2, "1"))
	require.NoError(t, err)
	items := stations(2, "1")
	items[0].Entity.Scopes = []string{"/Paris"}
	items[1].Entity.Types = []string{"Station", "Sensor"}
	counts, _, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Updated: 2}, counts)
	counts, _, err = pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Unchanged: 2}, counts)
	// Fewer types and no scope are held as well.
	counts, _, err = pushAll(t, c, BrokerOptions{}, stations(2, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Unchanged: 2}, counts)
}

func TestCreateFailsOnlyForWhatDiffers(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{})
	_, _, err := pushAll(t, c, BrokerOptions{}, stations(2, "1"))
	require.NoError(t, err)
	items := stations(3, "1")
	items[1].Entity.Attributes[0].Value = []byte("7")
	counts, found, err := pushAll(t, c, BrokerOptions{Mode: ModeCreate}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 1, Unchanged: 1, Failed: 1}, counts)
	require.Len(t, found, 1)
	require.Equal(t, "stations.csv:3 urn:ngsi-ld:Station:2: entity urn:ngsi-ld:Station:2 was not taken by Orion-LD 1.6.0: "+
		"the broker has the entity already, and it differs\n  hint: push with --mode upsert to change it, or with --mode replace to replace it", found[0].String())
}

func TestUpdateFailsForWhatIsNotThere(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{})
	_, _, err := pushAll(t, c, BrokerOptions{}, stations(1, "1"))
	require.NoError(t, err)
	counts, found, err := pushAll(t, c, BrokerOptions{Mode: ModeUpdate}, stations(2, "2"))
	require.NoError(t, err)
	require.Equal(t, Counts{Updated: 1, Failed: 1}, counts)
	require.Len(t, found, 1)
	require.Equal(t, finding.BrokerRefused, found[0].Code)
	require.Contains(t, found[0].Hint, "--mode upsert")
	require.Len(t, m.entities, 1)
}

func TestARefusalNamesFileRowAndTheBrokersReason(t *testing.T) {
	m := newMemory()
	m.refuses = func(id string) string {
		if strings.HasSuffix(id, ":2") || strings.HasSuffix(id, ":12") {
			return "invalid geometry"
		}
		return ""
	}
	c := connect(t, m.serve(t), client.Options{MaxBatch: 5})
	items := stations(15, "1")
	items[1].Origin = append(items[1].Origin, finding.Location{File: "stations.csv", Row: 40}, finding.Location{File: "more.csv", Row: 4})
	counts, found, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 13, Failed: 2}, counts)
	require.Len(t, found, 2)
	require.Equal(t, finding.Location{File: "stations.csv", Row: 3, Entity: "urn:ngsi-ld:Station:2"}, found[0].Location)
	require.Equal(t, "entity urn:ngsi-ld:Station:2 was not taken by Orion-LD 1.6.0: invalid geometry (made with rows 40, more.csv:4)", found[0].Message)
	require.Equal(t, 13, found[1].Location.Row, "in the order of the push")
	require.Equal(t, finding.Error, found[1].Severity)
}

func TestAnEntityTooLargeFailsAlone(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{MaxBytes: 2000})
	items := stations(3, "1")
	items[1].Entity.Attributes[1].Value = []byte(`"` + strings.Repeat("x", 3000) + `"`)
	items = append(items[:3:3], items[1])
	counts, found, err := pushAll(t, c, BrokerOptions{}, items)
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 2, Failed: 2}, counts)
	require.Len(t, found, 2)
	require.Equal(t, finding.BrokerTooLarge, found[0].Code)
	require.Equal(t, 3, found[0].Location.Row)
	require.Contains(t, found[0].Message, "urn:ngsi-ld:Station:2 is 3")
}

func TestNothingIsABatchOfItsOwn(t *testing.T) {
	m := newMemory()
	counts, found, err := pushAll(t, connect(t, m.serve(t), client.Options{}), BrokerOptions{}, nil)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Zero(t, counts)
	require.Empty(t, m.requests)
}

func TestEntitiesOfOneIdArriveInTheirOrder(t *testing.T) {
	m := newMemory()
	c := connect(t, m.serve(t), client.Options{MaxBatch: 2})
	var items []Item
	for n := range 60 {
		items = append(items, station(1+n%3, fmt.Sprint(n)))
	}
	counts, _, err := pushAll(t, c, BrokerOptions{Connections: 4}, items)
	require.NoError(t, err)
	require.Equal(t, 60, counts.Total())
	require.Equal(t, Counts{Created: 3, Updated: 57}, counts)
	for n := range 3 {
		require.Contains(t, m.state()[fmt.Sprintf("urn:ngsi-ld:Station:%d", n+1)], fmt.Sprintf(`"value":%d`, 57+n))
	}
}

func TestConnectionsAreBoundedAndUsed(t *testing.T) {
	var now, most atomic.Int32
	arrived := make(chan struct{}, 3)
	release := make(chan struct{})
	m := newMemory()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/query") {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			select {
			case arrived <- struct{}{}:
			default:
			}
			select {
			case <-release:
			case <-r.Context().Done():
			}
			now.Add(-1)
		}
		m.ServeHTTP(w, r)
	}))
	defer server.Close()
	go func() {
		for range 3 {
			select {
			case <-arrived: // three look-ups are under way before any is answered
			case <-t.Context().Done():
				return
			}
		}
		close(release)
	}()
	opts := client.Options{MaxBatch: 5, Timeout: 20 * time.Second, Tries: 1}
	counts, _, err := pushAll(t, connect(t, server.URL, opts), BrokerOptions{Connections: 3}, stations(100, "1"))
	require.NoError(t, err)
	require.Equal(t, Counts{Created: 100}, counts)
	require.Equal(t, int32(3), most.Load())
}

func TestProgressIsToldAfterEachBatch(t *testing.T) {
	m := newMemory()
	var seen []int
	_, _, err := pushAll(t, connect(t, m.serve(t), client.Options{MaxBatch: 4}), BrokerOptions{Progress: func(c Counts) { seen = append(seen, c.Total()) }}, stations(10, "1"))
	require.NoError(t, err)
	require.Equal(t, []int{4, 8, 10}, seen)
}

func TestABrokerThatDiesAtAnyRequestEndsAsAnUndisturbedPush(t *testing.T) {
	items := stations(40, "1")
	items = append(items, station(3, "8"), station(1, "9"))
	for _, mode := range []Mode{ModeUpsert, ModeReplace} {
		undisturbed := newMemory()
		_, _, err := pushAll(t, connect(t, undisturbed.serve(t), client.Options{MaxBatch: 8}), BrokerOptions{Mode: mode}, items)
		require.NoError(t, err)
		want := undisturbed.state()
		for _, answered := range []bool{true, false} {
			for at := 1; ; at++ {
				// The broker dies at its at-th request: before it does it, or after.
				m := newMemory()
				n := 0
				var dead atomic.Bool
				die := func(string) bool {
					if n++; n >= at {
						dead.Store(true)
					}
					return !dead.Load()
				}
				if answered {
					m.before = die
				} else {
					m.after = die
				}
				base := m.serve(t)
				checkpoint := filepath.Join(t.TempDir(), "checkpoint.json")
				opts := BrokerOptions{Mode: mode, Connections: 2, Checkpoint: checkpoint, Fingerprint: "f"}
				_, _, err := pushAll(t, connect(t, base, client.Options{MaxBatch: 8}), opts, items)
				if !dead.Load() {
					require.NoError(t, err)
					require.Equal(t, want, m.state())
					require.Greater(t, at, 10)
					break
				}
				require.ErrorIs(t, err, client.ErrUnreachable, "%s at %d", mode, at)
				m.mu.Lock()
				m.before, m.after = nil, nil
				m.mu.Unlock()
				counts, found, err := pushAll(t, connect(t, base, client.Options{MaxBatch: 8}), opts, items)
				require.NoError(t, err)
				require.Empty(t, found)
				require.Equal(t, len(items), counts.Total())
				require.Equal(t, want, m.state(), "%s at %d", mode, at)
				after, err := ReadCheckpoint(checkpoint)
				require.NoError(t, err)
				require.True(t, after.Done)
				require.Equal(t, len(items), after.Acknowledged)
			}
		}
	}
}

func TestOneLostAnswerIsRetriedWithoutATrace(t *testing.T) {
	for _, mode := range []Mode{ModeUpsert, ModeCreate, ModeReplace} {
		m := newMemory()
		var lost atomic.Bool
		m.after = func(op string) bool {
			return op == "version" || op == "query" || lost.Swap(true)
		}
		counts, found, err := pushAll(t, connect(t, m.serve(t), client.Options{}), BrokerOptions{Mode: mode}, stations(5, "1"))
		require.NoError(t, err)
		require.True(t, lost.Load())
		require.Empty(t, found)
		require.Equal(t, Counts{Created: 5}, counts, mode)
	}
}

func TestTheCheckpointSaysHowFarAPushIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.json")
	m := newMemory()
	var n atomic.Int32
	m.before = func(op string) bool {
		if op == "upsert" {
			n.Add(1)
		}
		return n.Load() < 3
	}
	base := m.serve(t)
	opts := BrokerOptions{Connections: 1, Checkpoint: path, Fingerprint: "source and mapping"}
	counts, _, err := pushAll(t, connect(t, base, client.Options{MaxBatch: 4}), opts, stations(20, "1"))
	require.ErrorIs(t, err, client.ErrUnreachable)
	require.Equal(t, Counts{Created: 8}, counts, "what was acknowledged stands")
	mark, err := ReadCheckpoint(path)
	require.NoError(t, err)
	require.Equal(t, Checkpoint{Fingerprint: "source and mapping", Broker: base, Mode: "upsert", Acknowledged: 8, Counts: Counts{Created: 8}}, mark)

	n.Store(-100)
	c := connect(t, base, client.Options{MaxBatch: 4})
	interrupted := func(opts BrokerOptions) int {
		b, err := NewBroker(t.Context(), c, opts)
		require.NoError(t, err)
		defer func() { _, _ = b.Close() }()
		return b.Interrupted()
	}
	other := opts
	other.Fingerprint = "another source"
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Zero(t, interrupted(other))
	require.NoError(t, os.WriteFile(path, kept, 0o600))
	require.Equal(t, 8, interrupted(opts))
	require.Zero(t, interrupted(opts), "the push that followed has come to its end")

	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	require.Zero(t, interrupted(opts))
}

func TestACheckpointThatCannotBeWrittenStopsThePush(t *testing.T) {
	m := newMemory()
	_, _, err := pushAll(t, connect(t, m.serve(t), client.Options{}), BrokerOptions{Checkpoint: filepath.Join(t.TempDir(), "no", "checkpoint.json")}, stations(1, "1"))
	require.ErrorContains(t, err, "write the checkpoint")
	require.NotContains(t, err.Error(), ".part")
}

func TestCancellingEndsAPush(t *testing.T) {
	m := newMemory()
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	m.before = func(op string) bool {
		if op == "upsert" {
			if n++; n == 2 {
				cancel()
			}
		}
		return true
	}
	b, err := NewBroker(ctx, connect(t, m.serve(t), client.Options{MaxBatch: 2}), BrokerOptions{Connections: 2})
	require.NoError(t, err)
	for _, item := range stations(200, "1") {
		if err = b.Push(item); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, context.Canceled)
	counts, err := b.Close()
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, counts.Total(), 200)
	again, err := b.Close()
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, counts, again)
}

func TestNoBrokerIsAnError(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := NewBroker(t.Context(), connect(t, s.URL, client.Options{}), BrokerOptions{})
	require.ErrorIs(t, err, client.ErrUnreachable)
}

func TestModesHaveWords(t *testing.T) {
	for _, mode := range []Mode{ModeUpsert, ModeCreate, ModeUpdate, ModeReplace} {
		parsed, err := ParseMode(mode.String())
		require.NoError(t, err)
		require.Equal(t, mode, parsed)
	}
	_, err := ParseMode("insert")
	require.ErrorContains(t, err, "upsert, create, update, replace")
}

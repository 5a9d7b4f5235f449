package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// asCommand makes the test binary behave as ldt, so that a test can kill it.
const asCommand = "LDT_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		if file := os.Getenv(peakFile); file != "" {
			os.Exit(mainWithPeak(file))
		}
		main()
		return
	}
	testscript.Main(m, map[string]func(){"ldt": main, "http": httpMain, "json": jsonMain})
}

func ldt(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// crashRows is how many rows the crash test pushes: 15 batches of 500.
const crashRows = 7500

// TestPushSurvivesKillsOfBothSides kills both the push and the broker (SIGKILL)
// at ten points, the one at the first to the tenth batch and the other at the
// next batch that comes, each before or after the broker has seen it; starts
// again what was killed, and compares every entity with a run that nobody
// disturbed.
func TestPushSurvivesKillsOfBothSides(t *testing.T) {
	dir := t.TempDir()
	mapping := writeMeters(t, dir, crashRows)
	undisturbed := pushed(t, dir, mapping, "undisturbed.db", &killer{})
	require.Len(t, undisturbed, crashRows)

	for point := range 10 {
		first := kill{batch: 1 + point, push: point%2 == 0, afterwards: point%4 < 2}
		second := kill{batch: 1, push: !first.push, afterwards: point%3 == 0}
		t.Run(fmt.Sprintf("%v, %v", first, second), func(t *testing.T) {
			k := &killer{plan: []kill{first, second}}
			got := pushed(t, dir, mapping, fmt.Sprintf("killed-%d.db", point), k)
			require.Empty(t, k.plan, "not everything was killed")
			require.Equal(t, undisturbed, got)
		})
	}
}

// kill ends one side when a batch passes.
type kill struct {
	batch      int  // counted from the kill before
	push       bool // the push, not the broker
	afterwards bool // after the broker has answered, not before it sees the batch
}

func (k kill) String() string {
	who, when := "broker", "before"
	if k.push {
		who = "push"
	}
	if k.afterwards {
		when = "after"
	}
	return fmt.Sprintf("%s killed %s batch %d", who, when, k.batch)
}

// killer kills by a plan, one after the other.
type killer struct {
	mu   sync.Mutex
	plan []kill
	seen int // batches since the last kill
}

// due counts the batches and gives the kill whose time has come, or nil.
func (k *killer) due(r *http.Request) *kill {
	if !strings.HasSuffix(r.URL.Path, "/entityOperations/upsert") {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen++; len(k.plan) == 0 || k.seen < k.plan[0].batch {
		return nil
	}
	due := k.plan[0]
	k.plan, k.seen = k.plan[1:], 0
	return &due
}

// pushed pushes the mapping into a broker over the store, through a proxy at
// which k may kill, and gives every entity that the broker then holds. A killed
// push is started again; a killed broker is started again at once, and the push
// has to go on by itself.
func pushed(t *testing.T, dir, mapping, store string, k *killer) map[string]string {
	t.Helper()
	store = filepath.Join(dir, store)
	var mu sync.Mutex // of broker, push and killed, which the proxy's goroutines use
	broker := startBroker(t, store)
	var push *exec.Cmd
	killed := 0 // pushes
	end := func(due *kill) {
		mu.Lock()
		defer mu.Unlock()
		if due.push {
			killed++
			_ = push.Process.Kill()
			return
		}
		_ = broker.Process.Kill()
		_ = broker.Wait()
		broker = startBroker(t, store)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		due := k.due(r)
		if due != nil && !due.afterwards {
			end(due)
			panic(http.ErrAbortHandler)
		}
		mu.Lock()
		to := broker.url
		mu.Unlock()
		(&httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) },
			ModifyResponse: func(*http.Response) error {
				if due == nil {
					return nil
				}
				end(due)
				due = nil
				return http.ErrAbortHandler // the answer is lost
			},
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
				if due != nil {
					end(due) // the kill before took the answer away
				}
				panic(http.ErrAbortHandler)
			},
		}).ServeHTTP(w, r)
	}))
	defer proxy.Close()

	for attempt := 0; ; attempt++ {
		output := &bytes.Buffer{}
		mu.Lock()
		push = ldt(t, "push", "-m", mapping, "--broker", proxy.URL, "--quiet")
		push.Stdout, push.Stderr = output, output
		err := push.Start()
		mu.Unlock()
		require.NoError(t, err)
		err = push.Wait()
		mu.Lock()
		again := killed > attempt
		mu.Unlock()
		if again {
			require.Error(t, err, "the push was killed")
			continue
		}
		require.NoError(t, err, output.String())
		break
	}
	proxy.Close() // no handler is left to touch the broker
	entities := held(t, broker)
	_ = broker.Process.Kill()
	_ = broker.Wait()
	return entities
}

// held reads every meter that a broker holds, by id.
func held(t *testing.T, broker brokerProcess) map[string]string {
	t.Helper()
	entities := map[string]string{}
	for offset := 0; ; offset += 1000 {
		answer, err := http.Get(fmt.Sprintf("%s/ngsi-ld/v1/entities?type=https%%3A%%2F%%2Fexample.org%%2Fenergy%%23Meter&limit=1000&offset=%d", broker.url, offset))
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
		var page []json.RawMessage
		require.NoError(t, json.Unmarshal(body, &page))
		if len(page) == 0 {
			break
		}
		for _, text := range page {
			var e struct{ ID string }
			require.NoError(t, json.Unmarshal(text, &e))
			entities[e.ID] = string(text)
		}
	}
	return entities
}

type brokerProcess struct {
	*exec.Cmd
	url *url.URL
}

// startBroker starts ldt serve on a free port and waits until it listens,
// which it says in its first line.
func startBroker(t *testing.T, store string) brokerProcess {
	t.Helper()
	cmd := ldt(t, "serve", "--addr", "127.0.0.1:0", "--store", store)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	text, rest := make([]byte, 0, 4096), make([]byte, 512)
	for !bytes.Contains(text, []byte("\n")) {
		n, err := stderr.Read(rest)
		text = append(text, rest[:n]...)
		require.NoError(t, err, string(text))
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	line, _, _ := strings.Cut(string(text), "\n")
	_, address, found := strings.Cut(line, "http://")
	require.True(t, found, line)
	address, _, _ = strings.Cut(strings.TrimSpace(address), " ")
	_, _, err = net.SplitHostPort(strings.TrimSuffix(address, "/"))
	require.NoError(t, err, line)
	at, err := url.Parse("http://" + address)
	require.NoError(t, err)
	return brokerProcess{cmd, at}
}

// writeMeters writes a source of n rows and a mapping for it, and gives the
// mapping's path.
func writeMeters(t testing.TB, dir string, n int) string {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "meters.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows := bufio.NewWriter(file)
	fmt.Fprintln(rows, "meter;read;kwh;kw;place;building")
	for i := range n {
		fmt.Fprintf(rows, "FR-75-%08d;2024-%02d-%02dT%02d:%02d:00Z;%d,%03d;%d,%d;48.%06d, 2.%06d;%05d\n",
			i, 1+i%12, 1+i%28, i%24, i%60, i%9000, i%1000, i%60, i%10, 800000+i%100000, 300000+i%100000, i%4000)
	}
	require.NoError(t, rows.Flush())
	path := filepath.Join(dir, "meters.yaml")
	require.NoError(t, os.WriteFile(path, []byte(metersMapping), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "meters.jsonld"), []byte(metersContext), 0o644))
	return path
}

const metersContext = `{"@context": {
  "Meter": "https://example.org/energy#Meter",
  "energy": "https://example.org/energy#energy",
  "power": "https://example.org/energy#power",
  "isIn": "https://example.org/energy#isIn",
  "Building": "https://smartdatamodels.org/dataModel.Building/Building",
  "consumption": "https://example.org/energy#consumption",
  "commissioned": "https://example.org/energy#commissioned",
  "operator": "https://example.org/energy#operator"
}}`

const metersMapping = `source: {file: meters.csv, delimiter: ";", decimal: ",", encoding: utf-8}
context: [meters.jsonld]
entities:
  - type: Meter
    id: "urn:ngsi-ld:Meter:{meter}"
    attributes:
      energy:
        value: {column: kwh, as: number, unit: {from: KWH, to: KWH}}
        observedAt: {column: read, as: datetime}
      power:
        value: {column: kw, as: number, unit: {from: KWT, to: WTT}}
        observedAt: {column: read, as: datetime}
      location: {value: {column: place, as: point, order: lat-lon}}
      isIn: {object: "urn:ngsi-ld:Building:{building}"}
`

// runMain runs one command line in this process.
func runMain(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// TestWhatWasAcknowledgedOutlivesAKill kills the broker while four writers and a
// reader are at work, and looks for every entity that was acknowledged.
func TestWhatWasAcknowledgedOutlivesAKill(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store.db")
	broker := startBroker(t, store)
	api := broker.url.String() + "/ngsi-ld/v1/entities"
	var mu sync.Mutex // of acknowledged
	var acknowledged []string
	var clients sync.WaitGroup
	enough := make(chan struct{})
	for writer := range 4 {
		clients.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("urn:ngsi-ld:Meter:%d-%d", writer, i)
				answer, err := http.Post(api, "application/json", strings.NewReader(fmt.Sprintf(`{"id":%q,"type":"https://example.org/energy#Meter"}`, id)))
				if err != nil {
					return // the broker is gone
				}
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusCreated {
					t.Errorf("%s: %s", id, answer.Status)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				if len(acknowledged) == 300 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	clients.Go(func() {
		for seen := 0; ; {
			answer, err := http.Get(api + "?type=https%3A%2F%2Fexample.org%2Fenergy%23Meter&limit=0&count=true")
			if err != nil {
				return
			}
			_ = answer.Body.Close()
			n, err := strconv.Atoi(answer.Header.Get("NGSILD-Results-Count"))
			if err != nil || n < seen {
				t.Errorf("%s: %d entities after %d: %v", answer.Status, n, seen, err)
				return
			}
			seen = n
		}
	})
	gone := make(chan struct{})
	go func() { clients.Wait(); close(gone) }()
	select {
	case <-enough:
	case <-gone: // a client has told why
	}
	require.NoError(t, broker.Process.Kill())
	_ = broker.Wait()
	<-gone

	broker = startBroker(t, store)
	found := held(t, broker)
	for _, id := range acknowledged {
		require.Contains(t, found, id)
	}
	require.NoError(t, broker.Process.Kill())
	_ = broker.Wait()
}

package broker_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
)

// batchOf gives the body of a batch of n entities of about 900 bytes each,
// with two numbers, a timestamp, a point and a relationship.
func batchOf(first, n int) []byte {
	var b bytes.Buffer
	for i := first; i < first+n; i++ {
		b.WriteByte("[,"[min(1, i-first)])
		fmt.Fprintf(&b, `{"id":"urn:ngsi-ld:ConsommationEnergieIris:%09d","type":"ConsommationEnergieIris",`+
			`"consommationEnergie":{"type":"Property","value":15182280,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z","typeEnergie":{"type":"Property","value":"electricity"}},`+
			`"nbSites":{"type":"Property","value":%d},"isLocatedAt":{"type":"Relationship","object":"urn:ngsi-ld:Iris:751010101"},`+
			`"isPartOf":{"type":"Relationship","object":"urn:ngsi-ld:CodeCommune:75101"},"codeCatConso":{"type":"Property","value":"ENT"},`+
			`"description":{"type":"Property","value":"%s"},`+
			`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.35%d,48.85%d]}}}`,
			i, i%97, strings.Repeat("x", 210), i%100, i%100)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func post(client *http.Client, url string, body []byte) error {
	resp, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// push sends n batches of 500 new entities over four connections and gives
// how long it took. Each connection writes the ids into a copy of one batch.
func push(b *testing.B, h http.Handler, n int) time.Duration {
	const size, connections = 500, 4
	template := batchOf(0, size)
	var at []int
	for mark, i := []byte(`"id":"urn:ngsi-ld:ConsommationEnergieIris:`), 0; ; {
		k := bytes.Index(template[i:], mark)
		if k < 0 {
			break
		}
		i += k + len(mark)
		at = append(at, i)
	}
	require.Len(b, at, size)
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			for {
				batch := int(next.Add(1)) - 1
				if batch >= n {
					return
				}
				body := bytes.Clone(template)
				for i, offset := range at {
					copy(body[offset:], fmt.Sprintf("%09d", batch*size+i))
				}
				if err := post(client, srv.URL+"/ngsi-ld/v1/entityOperations/upsert?options=update", body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// BenchmarkUpsert measures entities a second over four connections in batches
// of 500, and the share of a server that only reads the bodies.
func BenchmarkUpsert(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"))
	require.NoError(b, err)
	defer store.Close()
	reader := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	b.ResetTimer()
	stored := push(b, broker.New(store, broker.Options{Resolver: resolver}), b.N)
	b.StopTimer()
	read := push(b, reader, b.N)
	b.ReportMetric(float64(b.N*500)/stored.Seconds(), "entities/s")
	b.ReportMetric(float64(b.N*500)/read.Seconds(), "read-only/s")
	b.ReportMetric(100*read.Seconds()/stored.Seconds(), "%of-read-only")
}

// BenchmarkQuery500 measures a query for 500 ids by POST.
func BenchmarkQuery500(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"))
	require.NoError(b, err)
	defer store.Close()
	srv := httptest.NewServer(broker.New(store, broker.Options{Resolver: resolver}))
	defer srv.Close()
	for i := range 20 {
		require.NoError(b, post(http.DefaultClient, srv.URL+"/ngsi-ld/v1/entityOperations/upsert", batchOf(i*500, 500)))
	}
	var q bytes.Buffer
	q.WriteString(`{"type":"Query","entities":[`)
	for i := range 500 {
		if i > 0 {
			q.WriteByte(',')
		}
		fmt.Fprintf(&q, `{"id":"urn:ngsi-ld:ConsommationEnergieIris:%09d","type":"ConsommationEnergieIris"}`, i*17)
	}
	q.WriteString(`]}`)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, post(http.DefaultClient, srv.URL+"/ngsi-ld/v1/entityOperations/query?limit=1000", q.Bytes()))
	}
	b.ReportMetric(float64(b.N*500)/b.Elapsed().Seconds(), "entities/s")
}

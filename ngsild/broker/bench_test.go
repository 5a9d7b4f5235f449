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
	"testing"

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

// BenchmarkUpsert measures entities a second over four connections, in
// batches of 500, against a server that only reads the bodies.
func BenchmarkUpsert(b *testing.B) {
	for _, server := range []string{"reader", "broker"} {
		b.Run(server, func(b *testing.B) {
			var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusNoContent)
			})
			if server == "broker" {
				store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"))
				require.NoError(b, err)
				defer store.Close()
				h = broker.New(store, broker.Options{})
			}
			srv := httptest.NewServer(h)
			defer srv.Close()
			const size, connections = 500, 4
			batches := make(chan []byte, 8)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
			var wg sync.WaitGroup
			b.SetBytes(int64(len(batchOf(0, size))))
			b.ReportAllocs()
			b.ResetTimer()
			for range connections {
				wg.Go(func() {
					for body := range batches {
						if err := post(client, srv.URL+"/ngsi-ld/v1/entityOperations/upsert?options=update", body); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := range b.N {
				b.StopTimer()
				body := batchOf(i*size, size)
				b.StartTimer()
				batches <- body
			}
			close(batches)
			wg.Wait()
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "entities/s")
		})
	}
}

// BenchmarkQuery500 measures a query for 500 ids by POST.
func BenchmarkQuery500(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"))
	require.NoError(b, err)
	defer store.Close()
	srv := httptest.NewServer(broker.New(store, broker.Options{}))
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

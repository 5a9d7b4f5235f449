package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
)

// reading is a server that only reads bodies: no broker can be faster.
func reading(b *testing.B) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch {
		case r.Method == http.MethodGet:
			_ = json.NewEncoder(w).Encode(map[string]string{"name": "ldt", "version": "1"})
		case strings.HasSuffix(r.URL.Path, "/query"):
			_, _ = io.WriteString(w, "[]")
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// observation has about 900 bytes: two numbers, a timestamp, a point and a relationship.
func observation() *ngsild.Entity {
	return &ngsild.Entity{Types: []string{"Observation"}, Attributes: []ngsild.Attribute{
		{Name: "energy", Kind: ngsild.Property, Value: []byte("15182280"), UnitCode: "KWH", ObservedAt: "2011-01-01T00:00:00Z"},
		{Name: "sites", Kind: ngsild.Property, Value: []byte("63")},
		{Name: "location", Kind: ngsild.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[2.3364,48.8625]}`)},
		{Name: "isPartOf", Kind: ngsild.Relationship, Value: []byte(`"urn:ngsi-ld:CodeCommune:75101"`)},
		{Name: "description", Kind: ngsild.Property, Value: []byte(`"` + strings.Repeat("consumption of one block ", 16) + `"`)},
	}}
}

func benchmarkPush(b *testing.B, url string) {
	c, err := client.New(url, client.Options{})
	require.NoError(b, err)
	e := observation()
	b.ReportAllocs()
	b.ResetTimer()
	push, err := NewBroker(context.Background(), c, BrokerOptions{Connections: 4})
	require.NoError(b, err)
	for n := range b.N {
		e.ID = fmt.Sprintf("urn:ngsi-ld:Observation:%d", n)
		require.NoError(b, push.Push(Item{Entity: e}))
	}
	counts, err := push.Close()
	require.NoError(b, err)
	require.Equal(b, b.N, counts.Created)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entities/s")
}

func BenchmarkPushIntoAServerThatOnlyReads(b *testing.B) { benchmarkPush(b, reading(b)) }

func BenchmarkPushIntoTheEmbeddedBroker(b *testing.B) { benchmarkPush(b, embedded(b, nil)) }

package broker_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/brokertest"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
)

func TestEmbeddedBrokerPassesTheSuite(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	srv := httptest.NewServer(broker.New(store, broker.Options{}))
	t.Cleanup(srv.Close)
	brokertest.Run(t, srv.URL)
}

func TestOtherBrokerPassesTheSuite(t *testing.T) {
	base := os.Getenv("LDT_TEST_BROKER")
	if base == "" {
		t.Skip("SKIPPED: no other broker to test; set LDT_TEST_BROKER to the base URL of one, such as http://localhost:1026 for Orion-LD")
	}
	brokertest.Run(t, base)
}

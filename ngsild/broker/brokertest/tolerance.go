package brokertest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tolerances are what the suite forgives a broker that is known to differ
// from the specification. The zero value forgives nothing. Orion-LD 1.6.0 also
// fails on a batch of 1 000 ids and on a look-up of more than about 800, so no
// test sends more than 500.
type tolerances struct {
	// cutsIntegers: integers beyond 32 bits come back cut (Orion-LD 1.6.0).
	// The client sends them with a decimal point.
	cutsIntegers bool
	// lacksTenants: a broker started without multi-tenancy answers another
	// tenant with 501 or with an empty result.
	lacksTenants bool
	// lax: errors of the HTTP level (415, 405) may come as 400 or 404, and
	// the error of an unknown @context with another status.
	lax bool
	// older: members and parameters of CIM 009 v1.8 that the broker refuses
	// skip their test.
	older bool
}

// tolerancesOf asks the broker who it is.
func tolerancesOf(t *testing.T, baseURL string) tolerances {
	t.Helper()
	resp, err := http.Get(baseURL + "/version")
	require.NoError(t, err, "the broker at %s does not answer", baseURL)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if strings.Contains(strings.ToLower(string(text)), "orion") {
		return tolerances{cutsIntegers: true, lacksTenants: true, lax: true, older: true}
	}
	return tolerances{}
}

// newer skips the test where an older broker refuses what it is about.
func (s *suite) newer(a answer) {
	s.Helper()
	if s.tol.older && (a.status == http.StatusBadRequest || a.status == http.StatusNotImplemented || a.status == http.StatusUnprocessableEntity) {
		s.Skipf("the broker does not have this part of CIM 009 v1.8: %s", a.body)
	}
}

// httpError requires one of the statuses; a lax broker may give any error of
// the client.
func (s *suite) httpError(a answer, status int) {
	s.Helper()
	if s.tol.lax {
		require.True(s, a.status >= 400 && a.status < 600, "status %d: %s", a.status, a.body)
		return
	}
	require.Equal(s, status, a.status, "%s", a.body)
	require.Equal(s, "application/problem+json", a.header.Get("Content-Type"))
}

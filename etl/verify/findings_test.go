package verify_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/verify"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const meters = `source: {file: meters.csv, delimiter: ";", decimal: ","}
context: [city.jsonld]
entities:
- type: Meter
  id: "urn:ngsi-ld:Meter:{code}"
  attributes:
    energy: {value: {column: mwh, as: number, unit: {from: MWH, to: KWH}}}
`

// held answers every query with these entities.
func held(t *testing.T, entities string) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case !strings.HasSuffix(r.URL.Path, "/entities"):
			http.NotFound(w, r)
		case r.URL.Query().Get("offset") != "0":
			_, _ = io.WriteString(w, "[]")
		default:
			_, _ = io.WriteString(w, entities)
		}
	}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.Options{Tries: 1})
	require.NoError(t, err)
	return c
}

func TestVerifySaysWhatDiffersAndWhatTheRunExplains(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "meters.csv"), []byte("code;mwh\na;1,5\nb;2\nc;0,25\n"), 0o644))
	m, err := mapping.Parse("meters.yaml", []byte(meters))
	require.NoError(t, err)
	entity := func(id, kwh string) string {
		return `{"id": "urn:ngsi-ld:Meter:` + id + `", "type": "https://example.org/Meter", "https://example.org/energy": {"type": "Property", "value": ` + kwh + `, "unitCode": "KWH"}}`
	}
	lastRow := func(row int64, _ int) string {
		if row == 4 {
			return "rejected"
		}
		return ""
	}
	none := func(int64, int) string { return "" }
	for name, c := range map[string]struct {
		entities []string
		rows     int64
		lost     func(row int64, definition int) string
		want     []finding.Code
	}{
		"all there":              {entities: []string{entity("a", "1500"), entity("b", "2000"), entity("c", "250")}, rows: 3, lost: none},
		"a loss that was said":   {entities: []string{entity("a", "1500"), entity("b", "2000")}, rows: 3, lost: lastRow},
		"a loss that was not":    {entities: []string{entity("a", "1500"), entity("b", "2000")}, rows: 3, lost: none, want: []finding.Code{finding.VerifyCount, finding.VerifySum}},
		"an altered value":       {entities: []string{entity("a", "1500"), entity("b", "2000"), entity("c", "250.001")}, rows: 3, lost: none, want: []finding.Code{finding.VerifySum}},
		"a value that is a text": {entities: []string{entity("a", "1500"), entity("b", "2250"), entity("c", `"x"`)}, rows: 3, lost: none, want: []finding.Code{finding.VerifySum}},
		"a source that grew":     {entities: []string{entity("a", "1500"), entity("b", "2000"), entity("c", "250")}, rows: 2, lost: none, want: []finding.Code{finding.VerifySource}},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := verify.Run(context.Background(), held(t, "["+strings.Join(c.entities, ",")+"]"), []verify.Flow{{
				Name: "meters.yaml", Mapping: m, Spec: m.Source, Dir: dir, Rows: c.rows, Lost: c.lost,
				Expand: func(term string) string { return "https://example.org/" + term },
			}})
			require.NoError(t, err)
			var codes []finding.Code
			for _, f := range result.Findings {
				codes = append(codes, f.Code)
			}
			require.Equal(t, c.want, codes)
			require.Equal(t, c.want == nil, finding.Errors(result.Findings) == 0)
		})
	}
}

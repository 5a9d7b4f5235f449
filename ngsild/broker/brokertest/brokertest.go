// Package brokertest owns one suite of tests for any NGSI-LD broker, by its
// base URL and over plain HTTP: it is run against the embedded broker and
// against Orion-LD.
//
// Each test uses ids and types of its own and removes what it created, so the
// suite may run against a broker that holds data.
package brokertest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	mediaJSON  = "application/json"
	mediaLD    = "application/ld+json"
	mediaGeo   = "application/geo+json"
	coreURL    = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
	defaultIRI = "https://uri.etsi.org/ngsi-ld/default-context/"
	errorBase  = "https://uri.etsi.org/ngsi-ld/errors/"
)

// Run runs the suite against the broker at baseURL, such as
// http://localhost:1026.
func Run(t *testing.T, baseURL string) {
	baseURL = strings.TrimSuffix(baseURL, "/")
	tol := tolerancesOf(t, baseURL)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			random := make([]byte, 5)
			_, err := rand.Read(random)
			require.NoError(t, err)
			c.run(&suite{T: t, base: baseURL, mark: hex.EncodeToString(random), tol: tol})
		})
	}
}

var cases = []struct {
	name string
	run  func(*suite)
}{
	{"CreateRetrieveDelete", createRetrieveDelete},
	{"NumbersKeepTheirValue", numbersKeepTheirValue},
	{"IntegersBeyond32Bits", integersBeyond32Bits},
	{"EveryAttributeKindComesBack", everyAttributeKind},
	{"Representations", representations},
	{"InstancesByDatasetID", instancesByDatasetID},
	{"PagesGiveEachEntityOnce", pages},
	{"BatchCreate", batchCreate},
	{"BatchUpsert", batchUpsert},
	{"BatchUpdate", batchUpdate},
	{"BatchDelete", batchDelete},
	{"SameIDTwiceInABatch", sameIDTwice},
	{"QueryLanguage", queryLanguage},
	{"QueryByIDs", queryByIDs},
	{"QueryBy500IDs", queryBy500IDs},
	{"QueryByScope", queryByScope},
	{"GeoNear", geoNear},
	{"GeoWithin", geoWithin},
	{"ContextInBody", contextInBody},
	{"ContextByLink", contextByLink},
	{"ContextErrors", contextErrors},
	{"GeoJSON", geoJSON},
	{"SysAttrs", sysAttrs},
	{"PickAndOmit", pickAndOmit},
	{"AppendAttributes", appendAttributes},
	{"UpdateAttributes", updateAttributes},
	{"PartialAttributeUpdate", partialAttributeUpdate},
	{"DeleteAttribute", deleteAttribute},
	{"ReplaceEntity", replaceEntity},
	{"MergeEntity", mergeEntity},
	{"TypesAndAttributes", typesAndAttributes},
	{"BadRequests", badRequests},
	{"UnknownTenant", unknownTenant},
}

// suite is one test at work.
type suite struct {
	*testing.T
	base string
	mark string
	tol  tolerances
}

// id gives an id of this test alone.
func (s *suite) id(n any) string { return fmt.Sprintf("urn:ngsi-ld:LdtTest:%s:%v", s.mark, n) }

// typ gives a type of this test alone.
func (s *suite) typ() string { return "LdtTest" + s.mark }

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// object reads the body as a JSON object, numbers as they are written.
func (s *suite) object(a answer) map[string]any {
	s.Helper()
	var v map[string]any
	s.decode(a.body, &v)
	return v
}

// list reads the body as an array of objects.
func (s *suite) list(a answer) []map[string]any {
	s.Helper()
	var v []map[string]any
	s.decode(a.body, &v)
	return v
}

func (s *suite) decode(text []byte, to any) {
	s.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	require.NoError(s, dec.Decode(to), "the body is %s", text)
}

// do sends a request. Headers are given as name, value, name, value.
func (s *suite) do(method, path, body string, headers ...string) answer {
	s.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(s.Context(), method, s.base+path, r)
	require.NoError(s, err)
	if body != "" {
		req.Header.Set("Content-Type", mediaJSON)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return answer{resp.StatusCode, resp.Header, text}
}

// expect sends a request and requires a status.
func (s *suite) expect(status int, method, path, body string, headers ...string) answer {
	s.Helper()
	a := s.do(method, path, body, headers...)
	require.Equal(s, status, a.status, "%s %s gave %s", method, path, a.body)
	return a
}

// problem sends a request and requires an error of a type of the API.
func (s *suite) problem(status int, errorType, method, path, body string, headers ...string) {
	s.Helper()
	a := s.expect(status, method, path, body, headers...)
	p := s.object(a)
	require.Equal(s, errorBase+errorType, p["type"], "%s", a.body)
	require.NotEmpty(s, p["title"])
	require.NotEmpty(s, p["detail"])
}

const (
	entities   = "/ngsi-ld/v1/entities"
	operations = "/ngsi-ld/v1/entityOperations/"
)

// forget removes entities when the test ends, whether or not they are there.
func (s *suite) forget(ids ...string) {
	s.Cleanup(func() {
		for _, id := range ids {
			req, err := http.NewRequest(http.MethodDelete, s.base+entities+"/"+url.PathEscape(id), nil)
			if err != nil {
				continue
			}
			if resp, err := http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}
	})
}

// create creates an entity of the test's type; members are JSON members after
// id and type.
func (s *suite) create(n any, members string) string {
	s.Helper()
	id := s.id(n)
	s.forget(id)
	s.expect(http.StatusCreated, "POST", entities, s.entity(n, members))
	return id
}

// entity gives an entity of the test's type as JSON.
func (s *suite) entity(n any, members string) string {
	if members != "" {
		members = "," + members
	}
	return fmt.Sprintf(`{"id":%q,"type":%q%s}`, s.id(n), s.typ(), members)
}

// get retrieves an entity.
func (s *suite) get(id, query string, headers ...string) map[string]any {
	s.Helper()
	return s.object(s.expect(http.StatusOK, "GET", entities+"/"+url.PathEscape(id)+query, "", headers...))
}

// ids gives the ids of a query over the test's type.
func (s *suite) ids(params ...string) []string {
	s.Helper()
	v := url.Values{"type": {s.typ()}, "limit": {"100"}}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	return idsOf(s.list(s.expect(http.StatusOK, "GET", entities+"?"+v.Encode(), "")))
}

func idsOf(list []map[string]any) []string {
	ids := []string{}
	for _, e := range list {
		id, _ := e["id"].(string)
		ids = append(ids, id)
	}
	return ids
}

// sameNumber requires that a decoded number has the decimal value of text.
func (s *suite) sameNumber(text string, got any) {
	s.Helper()
	n, ok := got.(json.Number)
	require.True(s, ok, "%v is no number", got)
	want, ok := new(big.Rat).SetString(text)
	require.True(s, ok)
	have, ok := new(big.Rat).SetString(n.String())
	require.True(s, ok)
	require.Zero(s, want.Cmp(have), "%s came back as %s", text, n)
}

// sameJSON requires JSON of the same content.
func (s *suite) sameJSON(want string, got any) {
	s.Helper()
	text, err := json.Marshal(got)
	require.NoError(s, err)
	require.JSONEq(s, want, string(text))
}

// value gives a member of a member: value(e, "speed", "value").
func value(e map[string]any, path ...string) any {
	var v any = e
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

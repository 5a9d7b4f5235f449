package broker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/brokertest"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// clock is a clock that a test turns on by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Hour)
}

// server is a broker under test, its answers taken without a network.
type server struct {
	*testing.T
	handler http.Handler
	store   *sqlite.Store
	clock   *clock
	log     *bytes.Buffer
}

func newServer(t *testing.T) *server {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	s := &server{T: t, store: store, clock: &clock{now: time.Date(2020, 1, 1, 10, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	s.handler = broker.New(store, s.options())
	return s
}

// resolver is shared, since compiling the core @context takes longer than a test.
var resolver = jsonld.NewResolver()

func (s *server) options() broker.Options {
	return broker.Options{Resolver: resolver, Clock: s.clock.Now, Version: "1.2.3", Logger: slog.New(slog.NewTextHandler(s.log, nil)), MaxBody: 1 << 20}
}

func (s *server) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(s.Context(), method, path, r)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	return w
}

func (s *server) expect(status int, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.Helper()
	w := s.do(method, path, body, headers...)
	require.Equal(s, status, w.Code, "%s %s: %s", method, path, w.Body)
	return w
}

// problem requires an error and gives its detail.
func (s *server) problem(status int, errorType, method, path, body string, headers ...string) string {
	s.Helper()
	w := s.expect(status, method, path, body, headers...)
	require.Equal(s, "application/problem+json", w.Header().Get("Content-Type"))
	var p struct {
		Type, Title, Detail string
		Status              int
	}
	require.NoError(s, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(s, status, p.Status)
	require.NotEmpty(s, p.Title)
	if errorType != "" {
		require.Equal(s, "https://uri.etsi.org/ngsi-ld/errors/"+errorType, p.Type)
	}
	return p.Detail
}

const api = "/ngsi-ld/v1"

func (s *server) create(entity string) {
	s.Helper()
	s.expect(201, "POST", api+"/entities", entity)
}

func (s *server) get(path string, headers ...string) string {
	s.Helper()
	return s.expect(200, "GET", path, "", headers...).Body.String()
}

func TestDetailsAreSentencesForTheOwnerOfTheData(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","a":1,"c":{"value":1,"datasetId":"urn:x:d"}}`)
	for _, c := range []struct {
		status               int
		errorType            string
		method, path, body   string
		detail               string
		headerName, headerIs string
	}{
		{404, "ResourceNotFound", "GET", api + "/entities/urn:x:2", "", "there is no entity urn:x:2", "", ""},
		{404, "ResourceNotFound", "GET", "/nothing", "", "the API starts at /ngsi-ld/v1", "", ""},
		{404, "ResourceNotFound", "GET", api + "/entities/http://x/y", "", "a / within an id has to be written %2F", "", ""},
		{400, "BadRequestData", "GET", api + "/entities/meter%207", "", `the id "meter 7" in the path is not a URI`, "", ""},
		{400, "BadRequestData", "GET", api + "/entities?typ=T", "", `no query parameter "typ"; it has id, idPattern, type`, "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&type=U", "", `"type" stands twice`, "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=%zz", "", "write %25 for a %", "", ""},
		{400, "BadRequestData", "GET", api + "/entities", "", "the query is too wide; give at least one of type, attrs, q, georel or id", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&limit=0", "", "limit=0 asks for nothing", "", ""},
		{403, "TooManyResults", "GET", api + "/entities?type=T&limit=1001", "", "may be at most 1000", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&count=yes", "", `count is "yes"; it is true or false`, "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&format=xml", "", "it is normalized, concise or simplified", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&q=a=1", "", "q, character 2: a single = is no operator; write == for equal", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&georel=near;maxDistance==5", "", "geometry: the type of the geometry is missing", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&idPattern=(", "", "no regular expression", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?id=7", "", `the query parameter id has "7", which is not a URI`, "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&attrs=a,,b", "", "empty value in its list", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&attrs=a&pick=b", "", "cannot be used together", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&pick=a&omit=a", "", "both pick and omit", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&pick=a%7Bb%7D", "", "linked entities", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&join=inline", "", "linked entities", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&lang=fr", "", "natural language", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&options=count", "", "options=count is not known to this operation; it knows normalized", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/upsert?options=foo", `[{"id":"urn:x:9","type":"T"}]`, "options=foo is not known", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&options=temporalValues", "", "temporal", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&format=aggregatedValues", "", "temporal", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&q=", "", "the query parameter q is empty; give it a value or leave it out", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&scopeQ=", "", "scopeQ is empty", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&idPattern", "", "idPattern is empty", "", ""},
		{400, "BadRequestData", "GET", api + "/entities?type=T&q=id==%22urn:x:1%22", "", "use the query parameter id", "", ""},
		{404, "ResourceNotFound", "DELETE", api + "/entities/urn:x:1/attrs/b?deleteAll=true", "", "the entity urn:x:1 has no attribute b", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/query", `{"type":"Kwery"}`, `and this has "Kwery"`, "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&q=a%7Bb%7D==1", "", "linked entities", "", ""},
		{422, "OperationNotSupported", "GET", api + "/entities?type=T&georel=near;maxDistance==5&geometry=LineString&coordinates=[[1,2],[3,4]]", "", "from a Point only", "", ""},
		{422, "OperationNotSupported", "POST", api + "/entities", `{"id":"urn:x:9","type":"T","expiresAt":"2030-01-01T00:00:00Z"}`, "remove expiresAt", "", ""},
		{400, "InvalidRequest", "POST", api + "/entities", `{"id":"urn:x:9",}`, "a comma before '}'", "", ""},
		{400, "InvalidRequest", "POST", api + "/entities", ` `, "the body is empty", "", ""},
		{400, "InvalidRequest", "POST", api + "/entityOperations/upsert", `[{"id":"urn:x:9"},`, "not JSON", "", ""},
		{400, "InvalidRequest", "POST", api + "/entityOperations/upsert", `[{"id":"urn:x:9"}] x`, "follows the array", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/upsert", `{"id":"urn:x:9"}`, "has to be an array of entities", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/upsert", `[]`, "the array is empty", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/upsert", `[null]`, "element 1 of the array is null", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/upsert?options=update,replace", `[{"id":"urn:x:9"}]`, "exclude each other", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/delete", `[{"id":"urn:x:9"}]`, "element 1 of the array is no string", "", ""},
		{400, "BadRequestData", "POST", api + "/entities", `{"id":"urn:x:9","type":"T","a":{"type":"Property"}}`, "member /a: ", "", ""},
		{400, "BadRequestData", "PUT", api + "/entities/urn:x:1", `{"id":"urn:x:9","type":"T"}`, "the body has the id urn:x:9 and the path has urn:x:1", "", ""},
		{400, "InvalidRequest", "PATCH", api + "/entities/urn:x:1/attrs", `{"a":1,"a":2}`, "a name stands twice in one object", "", ""},
		{400, "BadRequestData", "PATCH", api + "/entities/urn:x:1?observedAt=now", `{"a":2}`, `observedAt is "now"`, "", ""},
		{400, "BadRequestData", "PATCH", api + "/entities/urn:x:1/attrs/a", `{"type":"Relationship","object":"urn:x:2"}`, "cannot become a Relationship", "", ""},
		{400, "BadRequestData", "PATCH", api + "/entities/urn:x:1/attrs/scope", `"/a"`, "scope cannot be changed", "", ""},
		{400, "BadRequestData", "DELETE", api + "/entities/urn:x:1/attrs/id", "", `"id" is no attribute`, "", ""},
		{404, "ResourceNotFound", "DELETE", api + "/entities/urn:x:1/attrs/b", "", "the entity urn:x:1 has no attribute b", "", ""},
		{404, "ResourceNotFound", "DELETE", api + "/entities/urn:x:1/attrs/c", "", "each instance of the attribute c of the entity urn:x:1 has a datasetId", "", ""},
		{404, "ResourceNotFound", "DELETE", api + "/entities/urn:x:1/attrs/c?datasetId=urn:y:1", "", "no attribute c with the datasetId urn:y:1", "", ""},
		{404, "ResourceNotFound", "GET", api + "/entities/urn:x:1?attrs=b", "", "has none of the attributes b", "", ""},
		{404, "ResourceNotFound", "GET", api + "/entities/urn:x:1?type=U", "", "there is no entity urn:x:1", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/query", `{"entities":[{"type":"T"}]}`, `"type": "Query"` + ", and this has no type", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/query", `{"type":"Query"}`, "too wide", "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/query", `{"type":"Query","entitys":[]}`, `no member "entitys"`, "", ""},
		{400, "BadRequestData", "POST", api + "/entityOperations/query", `{"type":"Query","entities":[{"type":"T"},{"typ":"T"}]}`, `selector 2 of entities: a selector has no member "typ"`, "", ""},
		{422, "OperationNotSupported", "POST", api + "/entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"temporalQ":{}}`, `"temporalQ"`, "", ""},
		{501, "OperationNotSupported", "POST", api + "/subscriptions", `{}`, "does not have subscriptions", "", ""},
		{501, "OperationNotSupported", "GET", api + "/subscriptions/urn:x:1", "", "does not have subscriptions", "", ""},
		{501, "OperationNotSupported", "GET", api + "/csourceRegistrations", "", "context sources", "", ""},
		{501, "OperationNotSupported", "GET", api + "/temporal/entities?type=T", "", "the history of entities", "", ""},
		{501, "OperationNotSupported", "POST", api + "/temporal/entityOperations/query", "", "the history of entities", "", ""},
		{501, "OperationNotSupported", "GET", api + "/jsonldContexts", "", "the hosting of @contexts", "", ""},
		{405, "", "PUT", api + "/entities", `{}`, "PUT is not allowed here; use GET, HEAD, POST", "Allow", "GET, HEAD, POST"},
		{405, "", "GET", api + "/entityOperations/upsert", "", "use POST", "Allow", "POST"},
		{404, "NonexistentTenant", "GET", api + "/entities?type=T", "", `no tenant "city"`, "NGSILD-Tenant", "city"},
		{404, "NonexistentTenant", "POST", api + "/entityOperations/delete", `["urn:x:1"]`, `no tenant "city"`, "NGSILD-Tenant", "city"},
		{400, "BadRequestData", "GET", api + "/entities?type=T", "", "a tenant's name cannot have", "NGSILD-Tenant", "a b"},
		{415, "", "POST", api + "/entities", `id;type`, `the Content-Type is "text/csv"; send application/json`, "Content-Type", "text/csv"},
		{415, "", "POST", api + "/entities", `{}`, "send it plain", "Content-Encoding", "gzip"},
		{406, "", "GET", api + "/entities/urn:x:1", "", "exists as application/json, application/ld+json, application/geo+json", "Accept", "text/csv"},
		{503, "LdContextNotAvailable", "GET", api + "/entities/urn:x:1", "", "the @context https://ex.org/c.jsonld is not known here, and this broker works offline", "Link", `<https://ex.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`},
	} {
		var headers []string
		if c.status != 405 && c.headerName != "" {
			headers = []string{c.headerName, c.headerIs}
			if c.headerName == "Content-Type" {
				w := httptest.NewRecorder()
				req := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
				req.Header.Set(c.headerName, c.headerIs)
				s.handler.ServeHTTP(w, req)
				require.Equal(t, c.status, w.Code)
				require.Contains(t, w.Body.String(), strings.ReplaceAll(c.detail, `"`, `\"`))
				continue
			}
		}
		require.Contains(t, s.problem(c.status, c.errorType, c.method, c.path, c.body, headers...), c.detail, "%s %s %s", c.method, c.path, c.body)
		if c.status == 405 {
			require.Equal(t, c.headerIs, s.do(c.method, c.path, c.body).Header().Get(c.headerName))
		}
	}
	require.Empty(t, s.log.String(), "none of these is a fault of the broker")
}

func TestBodiesBeyondTheBoundAreRefused(t *testing.T) {
	s := newServer(t)
	body := `[{"id":"urn:x:1","type":"T","a":"` + strings.Repeat("x", 1<<20) + `"}]`
	require.Contains(t, s.problem(413, "", "POST", api+"/entityOperations/upsert", body), "send the entities in smaller batches")
	req := httptest.NewRequestWithContext(t.Context(), "POST", api+"/entityOperations/upsert", io.MultiReader(strings.NewReader(body)))
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = -1
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	require.Equal(t, 413, w.Code)
}

func TestABodyThatBreaksOffStoresNothing(t *testing.T) {
	s := newServer(t)
	req := httptest.NewRequestWithContext(t.Context(), "POST", api+"/entities", strings.NewReader(`{"id":"urn:x:1","type":"T"}`))
	req.Header.Set("Content-Type", "application/json")
	req.ContentLength = 500
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	require.Equal(t, 400, w.Code)
	s.expect(404, "GET", api+"/entities/urn:x:1", "")
}

func TestTimesTellWhatWasCreatedAndModified(t *testing.T) {
	s := newServer(t)
	sys := api + "/entities/urn:x:1?sysAttrs=true"
	s.create(`{"id":"urn:x:1","type":"T","createdAt":"1999-01-01T00:00:00Z","a":{"value":1,"s":{"value":2}},"b":1}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z",
		"a":{"type":"Property","value":1,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z",
			"s":{"type":"Property","value":2,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z"}},
		"b":{"type":"Property","value":1,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z"}}`, s.get(sys))
	s.clock.turn()
	s.expect(204, "POST", api+"/entities/urn:x:1/attrs", `{"b":2,"c":3}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T11:00:00.000Z",
		"a":{"type":"Property","value":1,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z",
			"s":{"type":"Property","value":2,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T10:00:00.000Z"}},
		"b":{"type":"Property","value":2,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T11:00:00.000Z"},
		"c":{"type":"Property","value":3,"createdAt":"2020-01-01T11:00:00.000Z","modifiedAt":"2020-01-01T11:00:00.000Z"}}`, s.get(sys))
	s.clock.turn()
	s.expect(204, "POST", api+"/entityOperations/upsert", `[{"id":"urn:x:1","type":"T","a":{"value":1,"s":2,"t":3}}]`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T12:00:00.000Z",
		"a":{"type":"Property","value":1,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T12:00:00.000Z",
			"s":{"type":"Property","value":2,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T12:00:00.000Z"},
			"t":{"type":"Property","value":3,"createdAt":"2020-01-01T12:00:00.000Z","modifiedAt":"2020-01-01T12:00:00.000Z"}}}`, s.get(sys))
	s.clock.turn()
	s.expect(204, "PATCH", api+"/entities/urn:x:1", `{"a":{"t":4}}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T13:00:00.000Z",
		"a":{"type":"Property","value":1,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T13:00:00.000Z",
			"s":{"type":"Property","value":2,"createdAt":"2020-01-01T10:00:00.000Z","modifiedAt":"2020-01-01T12:00:00.000Z"},
			"t":{"type":"Property","value":4,"createdAt":"2020-01-01T12:00:00.000Z","modifiedAt":"2020-01-01T13:00:00.000Z"}}}`, s.get(sys))
	require.JSONEq(t, `[{"id":"urn:x:1"}]`, s.get(api+"/entities?pick=id&q="+url.QueryEscape(`a.s.modifiedAt==2020-01-01T12:00:00Z;a.t.modifiedAt>2020-01-01T12:00:00Z;createdAt<2020-01-01T11:00:00Z`)))
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","a":{"type":"Property","value":1,"s":{"type":"Property","value":2},"t":{"type":"Property","value":4}}}`, s.get(api+"/entities/urn:x:1"))
}

func TestMergePatch(t *testing.T) {
	const before = `{"id":"urn:x:1","type":"T","scope":"/a",
		"p":{"type":"Property","value":{"x":1,"y":{"z":2}},"unitCode":"KWH","observedAt":"2020-01-01T00:00:00Z","s":{"type":"Property","value":1}},
		"r":{"type":"Relationship","object":"urn:x:2"},"l":{"type":"LanguageProperty","languageMap":{"fr":"un","en":"one"}},
		"d":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}],
		"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"v":{"type":"VocabProperty","vocab":"a"}}`
	for name, c := range map[string]struct{ query, patch, want string }{
		"values merge, the rest stays": {"", `{"p":{"type":"Property","value":{"y":{"w":3}}}}`,
			`"p":{"type":"Property","value":{"x":1,"y":{"z":2,"w":3}},"unitCode":"KWH","observedAt":"2020-01-01T00:00:00Z","s":{"type":"Property","value":1}}`},
		"null in a value": {"", `{"p":{"value":{"x":"urn:ngsi-ld:null","y":5}}}`,
			`"p":{"type":"Property","value":{"y":5},"unitCode":"KWH","observedAt":"2020-01-01T00:00:00Z","s":{"type":"Property","value":1}}`},
		"metadata alone": {"", `{"p":{"unitCode":"MWH","observedAt":"urn:ngsi-ld:null","s":"urn:ngsi-ld:null"}}`,
			`"p":{"type":"Property","value":{"x":1,"y":{"z":2}},"unitCode":"MWH"}`},
		"a null attribute":             {"", `{"p":"urn:ngsi-ld:null"}`, `-p`},
		"a null value":                 {"", `{"p":{"type":"Property","value":"urn:ngsi-ld:null"}}`, `-p`},
		"a null object":                {"", `{"r":{"type":"Relationship","object":"urn:ngsi-ld:null"}}`, `-r`},
		"a null that is absent":        {"", `{"absent":"urn:ngsi-ld:null"}`, ``},
		"a plain value keeps the kind": {"?options=keyValues", `{"r":"urn:x:3"}`, `"r":{"type":"Relationship","object":"urn:x:3"}`},
		"a geometry is replaced":       {"", `{"g":{"type":"Point","coordinates":[3,4]}}`, `"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[3,4]}}`},
		"a geometry by its value":      {"", `{"g":{"value":{"type":"Point","coordinates":[3,4]}}}`, `"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[3,4]}}`},
		"languages merge":              {"", `{"l":{"languageMap":{"de":"eins","fr":"urn:ngsi-ld:null"}}}`, `"l":{"type":"LanguageProperty","languageMap":{"en":"one","de":"eins"}}`},
		"the null of a languageMap":    {"", `{"l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}}`, `-l`},
		"a vocabulary term":            {"", `{"v":{"vocab":"b"}}`, `"v":{"type":"VocabProperty","vocab":"b"}`},
		"another kind replaces":        {"", `{"r":{"type":"Property","value":1}}`, `"r":{"type":"Property","value":1}`},
		"one instance":                 {"", `{"d":{"value":3,"datasetId":"urn:d:1"}}`, `"d":[{"type":"Property","value":1},{"type":"Property","value":3,"datasetId":"urn:d:1"}]`},
		"a new instance":               {"", `{"d":[{"value":3,"datasetId":"urn:d:2"}]}`, `"d":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"},{"type":"Property","value":3,"datasetId":"urn:d:2"}]`},
		"a null instance":              {"", `{"d":{"type":"Property","value":"urn:ngsi-ld:null","datasetId":"urn:d:1"}}`, `"d":{"type":"Property","value":1}`},
		"a new attribute":              {"", `{"n":{"object":"urn:x:4"}}`, `"n":{"type":"Relationship","object":"urn:x:4"}`},
		"a type is added":              {"", `{"type":"U"}`, `"type":["T","U"]`},
		"the scope is replaced":        {"", `{"scope":["/b","/c"]}`, `"scope":["/b","/c"]`},
		"the scope is removed":         {"", `{"scope":"urn:ngsi-ld:null"}`, `-scope`},
		"observedAt for what has one":  {"?observedAt=2021-01-01T00:00:00Z", `{"p":{"value":5},"v":{"vocab":"a"}}`, `"p":{"type":"Property","value":5,"unitCode":"KWH","observedAt":"2021-01-01T00:00:00Z","s":{"type":"Property","value":1}}`},
		"observedAt of its own goes first": {"?observedAt=2021-01-01T00:00:00Z", `{"p":{"value":5,"observedAt":"2022-01-01T00:00:00Z"}}`,
			`"p":{"type":"Property","value":5,"unitCode":"KWH","observedAt":"2022-01-01T00:00:00Z","s":{"type":"Property","value":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.create(before)
			var want map[string]any
			require.NoError(t, json.Unmarshal([]byte(before), &want))
			if removed, ok := strings.CutPrefix(c.want, "-"); ok {
				delete(want, removed)
			} else if c.want != "" {
				require.NoError(t, json.Unmarshal([]byte("{"+c.want+"}"), &want))
			}
			text, err := json.Marshal(want)
			require.NoError(t, err)
			s.expect(204, "PATCH", api+"/entities/urn:x:1"+c.query, c.patch, "Content-Type", "application/merge-patch+json")
			require.JSONEq(t, string(text), s.get(api+"/entities/urn:x:1"))
		})
	}
	s := newServer(t)
	s.create(before)
	for _, patch := range []string{`{"p":{"observedAt":"yesterday"}}`, `{"new":{"type":"Property"}}`, `{"p":{"unitCode":5}}`, `{"g":{"value":{"type":"Point","coordinates":[3]}}}`, `[1]`, `{"r":"not a URI"}`, `{"type":5}`, `{"type":[]}`} {
		s.problem(400, "BadRequestData", "PATCH", api+"/entities/urn:x:1", patch)
	}
	s.problem(400, "InvalidRequest", "PATCH", api+"/entities/urn:x:1", `{"p":`)
	require.JSONEq(t, before, s.get(api+"/entities/urn:x:1"))
}

func TestUpdateAttributesReplacesAppendsAndDeletes(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","a":{"value":1,"unitCode":"KWH"},"b":1,"c":1}`)
	s.expect(204, "PATCH", api+"/entities/urn:x:1/attrs", `{"a":{"type":"Property","value":2},"b":{"type":"Property","value":"urn:ngsi-ld:null"},"d":4,"scope":"/x"}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","a":2,"c":1,"d":4}`, s.get(api+"/entities/urn:x:1?format=concise"), "a scope is only replaced where there is one")
}

func TestTermAndIRIOfOneAttributeAreOne(t *testing.T) {
	s := newServer(t)
	const iri = "https://uri.etsi.org/ngsi-ld/default-context/a"
	s.create(`{"id":"urn:x:1","type":"T","a":{"value":1},"b":2,"` + iri + `":{"value":3,"datasetId":"urn:d:1"}}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","a":[1,{"value":3,"datasetId":"urn:d:1"}],"b":2}`,
		strings.Replace(s.get(api+"/entities/urn:x:1?format=concise"), `{"value":1}`, "1", 1))
	require.Contains(t, s.problem(400, "BadRequestData", "POST", api+"/entities", `{"id":"urn:x:2","type":"T","a":1,"`+iri+`":2}`), "stands twice with one datasetId")
}

func TestBatchErrorsNameTheEntityAndTheReason(t *testing.T) {
	s := newServer(t)
	w := s.expect(207, "POST", api+"/entityOperations/upsert", `[
		{"id":"urn:x:1","type":"T","a":1},
		{"id":"meter 7","type":"T"},
		{"type":"T"},
		{"id":"urn:x:4","type":"T","a":{"type":"Property","value":1,"observedAt":"31/02/2024"}},
		"x"]`)
	var result struct {
		Success []string
		Errors  []struct {
			EntityID string `json:"entityId"`
			Error    struct {
				Type, Detail string
				Status       int
			}
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &result))
	require.Equal(t, []string{"urn:x:1"}, result.Success)
	require.Len(t, result.Errors, 4)
	for i, want := range []struct{ id, detail string }{
		{"meter 7", "not a URI"}, {"", "element 3 of the array: the entity has no id"}, {"urn:x:4", "/a/observedAt"}, {"", "element 5 of the array: "},
	} {
		require.Equal(t, want.id, result.Errors[i].EntityID)
		require.Contains(t, result.Errors[i].Error.Detail, want.detail)
	}
}

func TestContexts(t *testing.T) {
	s := newServer(t)
	const ldctx = `{"conso":"https://ex.org/conso","T":"https://ex.org/T","high":"https://ex.org/high","category":{"@id":"https://ex.org/category","@type":"@vocab"}}`
	ld := []string{"Content-Type", "application/ld+json"}
	post := func(path, body string, headers ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, req)
		return w
	}
	w := post(api+"/entityOperations/upsert", `[{"id":"urn:x:1","type":"T","conso":1,"category":{"vocab":"high"},"@context":`+ldctx+`},{"id":"urn:x:2","type":"T","conso":2,"@context":[]}]`, ld...)
	require.Equal(t, 201, w.Code, w.Body)
	require.JSONEq(t, `{"id":"urn:x:1","type":"https://ex.org/T","https://ex.org/conso":1,"https://ex.org/category":{"vocab":"https://ex.org/high"}}`, s.get(api+"/entities/urn:x:1?format=concise"))

	query := `{"type":"Query","entities":[{"type":"T"}],"q":"category==\"high\"","attrs":["conso"],"@context":` + ldctx + `}`
	w = post(api+"/entityOperations/query?options=concise", query, append(ld, "Accept", "application/json")...)
	require.Equal(t, 200, w.Code, w.Body)
	require.JSONEq(t, `[{"id":"urn:x:1","type":"T","conso":1}]`, w.Body.String())
	w = post(api+"/entityOperations/query?options=concise", query, append(ld, "Accept", "application/ld+json")...)
	require.Equal(t, "application/ld+json", w.Header().Get("Content-Type"))
	require.Empty(t, w.Header().Values("Link"))
	var list []map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
	require.Contains(t, string(list[0]["@context"]), "https://ex.org/conso")
	require.Contains(t, string(list[0]["@context"]), "ngsi-ld-core-context", "the core @context stands last")

	w = s.expect(200, "GET", api+"/entities/urn:x:2", "")
	require.Contains(t, w.Header().Get("Link"), "ngsi-ld-core-context")
	require.NotContains(t, w.Body.String(), "@context")
	w = s.expect(200, "GET", api+"/types", "", "Accept", "application/ld+json")
	require.Contains(t, w.Body.String(), `"@context":`)

	require.Equal(t, 400, post(api+"/entities", `{"id":"urn:x:3","type":"T","@context":{"a":{"@id":5}}}`, ld...).Code)
	w = post(api+"/entities", `{"id":"urn:x:3","type":"T","@context":"https://ex.org/unknown.jsonld"}`, ld...)
	require.Equal(t, 503, w.Code)
	require.Contains(t, w.Body.String(), "https://ex.org/unknown.jsonld")
	require.Contains(t, w.Body.String(), "send the @context inline")
	require.Contains(t, s.problem(400, "BadRequestData", "GET", api+"/entities/urn:x:1", "",
		"Link", `<https://a.example/1>; rel="http://www.w3.org/ns/json-ld#context", <https://a.example/2>; rel="http://www.w3.org/ns/json-ld#context"`), "two @contexts")
	s.expect(200, "GET", api+"/entities/urn:x:1", "", "Link", `<https://a.example/1>; rel="next", </x>; rel="prev"`)
}

func TestGeoJSONAnswers(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","a":1,"location":{"type":"Point","coordinates":[2,48]},"area":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}`)
	s.create(`{"id":"urn:x:2","type":"T","a":2}`)
	geo := []string{"Accept", "application/geo+json", "Prefer", "body=json"}
	require.JSONEq(t, `{"type":"FeatureCollection","features":[
		{"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[2,48]},"properties":{"type":"T","a":1,"location":{"type":"Point","coordinates":[2,48]}}},
		{"id":"urn:x:2","type":"Feature","geometry":null,"properties":{"type":"T","a":2}}]}`,
		s.get(api+"/entities?type=T&format=simplified&omit=area", geo...))
	require.JSONEq(t, `{"type":"Feature","geometry":{"type":"Point","coordinates":[2,48]},"properties":{"a":1}}`,
		s.get(api+"/entities/urn:x:1?format=simplified&pick=a", geo...), "what is not picked still gives the place")
	require.JSONEq(t, `{"id":"urn:x:1","type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]},"properties":{"type":"T","a":1,
		"location":{"type":"Point","coordinates":[2,48]},"area":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}}`,
		s.get(api+"/entities/urn:x:1?format=simplified&geometryProperty=area", geo...))
	require.Contains(t, s.get(api+"/entities/urn:x:1", "Accept", "application/geo+json"), `"@context"`)
	require.JSONEq(t, `{"type":"FeatureCollection","features":[]}`, s.get(api+"/entities?type=U", geo...))
}

func TestAcceptChoosesTheMediaType(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T"}`)
	for accept, want := range map[string]string{
		"":                                      "application/json",
		"*/*":                                   "application/json",
		"application/*":                         "application/json",
		"text/html, */*;q=0.1":                  "application/json",
		"application/ld+json":                   "application/ld+json",
		"application/json, application/ld+json": "application/json",
		"application/json;q=0.5, application/ld+json": "application/ld+json",
		"application/geo+json, */*":                   "application/geo+json",
	} {
		w := s.expect(200, "GET", api+"/entities/urn:x:1", "", "Accept", accept)
		require.Equal(t, want, w.Header().Get("Content-Type"), accept)
	}
}

func TestPickAndOmitOfIDAndType(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","scope":"/s","a":1}`)
	for param, want := range map[string]string{
		"pick=a":            `{"a":1}`,
		"pick=id":           `{"id":"urn:x:1"}`,
		"pick=type":         `{"type":"T"}`,
		"pick=scope":        `{"scope":"/s"}`,
		"pick=type,a":       `{"type":"T","a":1}`,
		"pick=id%7Ca":       `{"id":"urn:x:1","a":1}`,
		"pick=absent":       `{}`,
		"omit=id":           `{"type":"T","scope":"/s","a":1}`,
		"omit=type":         `{"id":"urn:x:1","scope":"/s","a":1}`,
		"omit=id,type":      `{"scope":"/s","a":1}`,
		"omit=scope,a":      `{"id":"urn:x:1","type":"T"}`,
		"attrs=a":           `{"id":"urn:x:1","type":"T","scope":"/s","a":1}`,
		"datasetId=urn:d:1": `{"id":"urn:x:1","type":"T","scope":"/s"}`,
		"datasetId=@none":   `{"id":"urn:x:1","type":"T","scope":"/s","a":1}`,
	} {
		require.JSONEq(t, want, s.get(api+"/entities/urn:x:1?format=concise&"+param), param)
	}
}

func TestQueriesTakeSemicolonsAsTheyAre(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","a":1,"b":2}`)
	s.create(`{"id":"urn:x:2","type":"T","a":1,"b":3}`)
	require.JSONEq(t, `[{"id":"urn:x:1"}]`, s.get(api+"/entities?type=T&pick=id&q=a==1;b==2"))
	require.JSONEq(t, `[]`, s.get(api+"/entities?type=T;U&pick=id"))
}

func TestPagesLinkToEachOther(t *testing.T) {
	s := newServer(t)
	for i := range 5 {
		s.create(fmt.Sprintf(`{"id":"urn:x:%d","type":"T","n":%d}`, i, i))
	}
	path := api + "/entities?type=T&q=n%3E=0&limit=2"
	var ids []string
	for pages := 0; path != "" && pages < 10; pages++ {
		w := s.expect(200, "GET", path, "")
		var list []struct{ ID string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		path = ""
		for _, l := range w.Header().Values("Link") {
			if target, ok := strings.CutSuffix(l, `>; rel="next"`); ok {
				path = strings.TrimPrefix(target, "<")
			}
		}
	}
	require.Equal(t, []string{"urn:x:0", "urn:x:1", "urn:x:2", "urn:x:3", "urn:x:4"}, ids)
}

func TestTheNarrowedQueryGivesWhatTheFullOneDoes(t *testing.T) {
	s := newServer(t)
	for i := range 40 {
		s.create(fmt.Sprintf(`{"id":"urn:x:%d","type":%s,"n":%d,"location":{"type":"Point","coordinates":[%d,48]}}`, i, []string{`"T"`, `"U"`, `["T","U"]`}[i%3], i, i))
	}
	for narrowed, full := range map[string]string{
		"type=T":                    "type=T&q=n",
		"type=T,U":                  "type=T,U&q=n",
		"type=T;U":                  "type=T;U&q=n",
		"local=true":                "q=n",
		"type=*":                    "q=n",
		"type=*&idPattern=[34]$":    "idPattern=[34]$&q=n",
		"id=urn:x:3,urn:x:1":        "id=urn:x:3,urn:x:1&q=n",
		"type=U&id=urn:x:3,urn:x:1": "type=U&idPattern=^urn:x:[31]$",
		"type=T&idPattern=^urn:x:1": "type=T&idPattern=^urn:x:1&q=n",
		"type=T&attrs=n":            "type=T&q=n&omit=location",
		"georel=within&geometry=Polygon&coordinates=[[[4.5,47],[9.5,47],[9.5,49],[4.5,49],[4.5,47]]]": "q=n==5..9",
	} {
		for _, page := range []string{"&limit=1000", "&limit=5&offset=3", "&limit=3&offset=12"} {
			page += "&count=true&format=simplified"
			a := s.expect(200, "GET", api+"/entities?"+narrowed+page, "")
			b := s.expect(200, "GET", api+"/entities?"+full+page, "")
			strip := func(text string) string {
				var list []map[string]any
				require.NoError(t, json.Unmarshal([]byte(text), &list))
				var ids []string
				for _, e := range list {
					ids = append(ids, fmt.Sprint(e["id"]))
				}
				return strings.Join(ids, " ")
			}
			require.Equal(t, strip(b.Body.String()), strip(a.Body.String()), narrowed+page)
			require.Equal(t, b.Header().Get("NGSILD-Results-Count"), a.Header().Get("NGSILD-Results-Count"), narrowed+page)
		}
	}
}

func TestSelectorsOfAPostedQueryAreAlternatives(t *testing.T) {
	s := newServer(t)
	for i := range 6 {
		s.create(fmt.Sprintf(`{"id":"urn:x:%d","type":"%s"}`, i, []string{"T", "U", "V"}[i%3]))
	}
	for body, want := range map[string]string{
		`{"type":"Query","entities":[{"id":"urn:x:0","type":"T"},{"id":"urn:x:1","type":"T"},{"id":"urn:x:4"}]}`:          "urn:x:0 urn:x:4",
		`{"type":"Query","entities":[{"id":"urn:x:0","type":"T"},{"type":"V"}]}`:                                          "urn:x:0 urn:x:2 urn:x:5",
		`{"type":"Query","entities":[{"idPattern":"[12]$","type":"*"},{"id":"urn:x:5","type":"*"}]}`:                      "urn:x:1 urn:x:2 urn:x:5",
		`{"type":"Query","entities":[{"id":["urn:x:3","urn:x:2"],"type":"T,V"}]}`:                                         "urn:x:3 urn:x:2",
		`{"type":"Query","entities":[{"type":"T"}],"scopeQ":"/a"}`:                                                        "",
		`{"type":"Query","entities":[{"type":"T"}],"pick":["id"]}`:                                                        "urn:x:0 urn:x:3",
		`{"type":"Query","entities":[{"type":"T"}],"geoQ":{"georel":"within","geometry":"Point","coordinates":"[2,48]"}}`: "",
	} {
		w := s.expect(200, "POST", api+"/entityOperations/query", body)
		var list []struct{ ID string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &list))
		var ids []string
		for _, e := range list {
			ids = append(ids, e.ID)
		}
		require.Equal(t, want, strings.Join(ids, " "), body)
	}
}

func TestTenantsComeIntoBeingAtTheFirstCreation(t *testing.T) {
	s := newServer(t)
	city := []string{"NGSILD-Tenant", "city"}
	s.problem(404, "NonexistentTenant", "GET", api+"/entities/urn:x:1", "", city...)
	w := s.expect(201, "POST", api+"/entities", `{"id":"urn:x:1","type":"T"}`, city...)
	require.Equal(t, "city", w.Header().Get("NGSILD-Tenant"))
	s.expect(200, "GET", api+"/entities/urn:x:1", "", city...)
	s.expect(404, "GET", api+"/entities/urn:x:1", "")
	s.expect(204, "DELETE", api+"/entities/urn:x:1", "", city...)
	require.JSONEq(t, `[]`, s.get(api+"/entities?type=T", city...))
}

func TestIDsOfAllKindsTravelInThePath(t *testing.T) {
	s := newServer(t)
	for _, id := range []string{"urn:x:1", "https://ex.org//a/../b?c=d#e", "urn:x:%20", "urn:x:é"} {
		if strings.Contains(id, "é") {
			id = "urn:x:" + url.PathEscape("é")
		}
		w := s.expect(201, "POST", api+"/entities", fmt.Sprintf(`{"id":%q,"type":"T"}`, id))
		require.Contains(t, s.get(w.Header().Get("Location")+"?format=concise"), fmt.Sprintf("%q", id))
		s.expect(204, "DELETE", w.Header().Get("Location"), "")
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T"}`)
	w := s.expect(200, "HEAD", api+"/entities?type=T&count=true", "")
	require.Zero(t, w.Body.Len())
	require.Equal(t, "1", w.Header().Get("NGSILD-Results-Count"))
}

func TestTypesAndAttributesInUse(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":["T","U"],"a":1,"b":{"object":"urn:x:2"}}`)
	s.create(`{"id":"urn:x:2","type":"T","a":[{"value":1},{"value":2,"datasetId":"urn:d:1"}]}`)
	const ns = "https://uri.etsi.org/ngsi-ld/default-context/"
	require.JSONEq(t, `{"id":"urn:ngsi-ld:EntityTypeList:1","type":"EntityTypeList","typeList":["T","U"]}`, s.get(api+"/types"))
	require.JSONEq(t, `[{"id":"`+ns+`T","type":"EntityType","typeName":"T","attributeNames":["a","b"]},{"id":"`+ns+`U","type":"EntityType","typeName":"U","attributeNames":["a","b"]}]`, s.get(api+"/types?details=true"))
	require.JSONEq(t, `{"id":"`+ns+`T","type":"EntityTypeInfo","typeName":"T","entityCount":2,"attributeDetails":[
		{"id":"`+ns+`a","type":"Attribute","attributeName":"a","attributeTypes":["Property"]},{"id":"`+ns+`b","type":"Attribute","attributeName":"b","attributeTypes":["Relationship"]}]}`, s.get(api+"/types/T"))
	require.JSONEq(t, `{"id":"urn:ngsi-ld:AttributeList:1","type":"AttributeList","attributeList":["a","b"]}`, s.get(api+"/attributes"))
	require.JSONEq(t, `[{"id":"`+ns+`a","type":"Attribute","attributeName":"a","typeNames":["T","U"]},{"id":"`+ns+`b","type":"Attribute","attributeName":"b","typeNames":["T","U"]}]`, s.get(api+"/attributes?details=true"))
	require.JSONEq(t, `{"id":"`+ns+`a","type":"Attribute","attributeName":"a","attributeCount":2,"attributeTypes":["Property"],"typeNames":["T","U"]}`, s.get(api+"/attributes/a"))
	s.problem(404, "ResourceNotFound", "GET", api+"/attributes/c", "")
	for _, path := range []string{"/types", "/types?details=true", "/types/T", "/attributes", "/attributes?details=true", "/attributes/a"} {
		w := s.expect(200, "GET", api+path, "", "Accept", "application/ld+json")
		require.Equal(t, "application/ld+json", w.Header().Get("Content-Type"))
		require.True(t, json.Valid(w.Body.Bytes()), w.Body)
		require.Contains(t, w.Body.String(), `"@context":`)
		require.Empty(t, w.Header().Values("Link"))
		require.NotEmpty(t, s.expect(200, "GET", api+path, "").Header().Values("Link"))
		s.problem(406, "", "GET", api+path, "", "Accept", "text/html")
	}
}

func TestAppendKeepsOrReplaces(t *testing.T) {
	const before = `{"id":"urn:x:1","type":"T","scope":"/a","a":1}`
	const fragment = `{"type":["T","U"],"scope":["/a","/b"],"a":2,"b":{"object":"urn:x:2","objectType":"V"}}`
	const path = api + "/entities/urn:x:1"
	s := newServer(t)
	s.create(before)
	w := s.expect(207, "POST", path+"/attrs?options=noOverwrite", fragment)
	require.JSONEq(t, `{"updated":["b"],"notUpdated":[{"attributeName":"a","reason":"the attribute exists already, and noOverwrite keeps it"}]}`, w.Body.String())
	require.JSONEq(t, `{"id":"urn:x:1","type":["T","U"],"scope":["/a","/b"],"a":1,"b":{"object":"urn:x:2","objectType":"V"}}`, s.get(path+"?format=concise"))
	s.expect(204, "POST", path+"/attrs", `{"scope":"/c","a":3}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":["T","U"],"scope":"/c","a":3,"b":{"object":"urn:x:2","objectType":"V"}}`, s.get(path+"?format=concise"))
	require.JSONEq(t, `[{"id":"urn:x:1"}]`, s.get(api+"/entities?type=U&pick=id"), "a type that was added is found")
	s.expect(204, "DELETE", path+"/attrs/scope", "")
	s.problem(404, "ResourceNotFound", "DELETE", path+"/attrs/scope", "")
	s.problem(404, "ResourceNotFound", "POST", api+"/entities/urn:x:2/attrs", fragment)
	s.problem(404, "ResourceNotFound", "POST", path+"/attrs?type=W", `{"a":1}`)
}

func TestAttributesArePatchedByTheirMembers(t *testing.T) {
	const path = api + "/entities/urn:x:1"
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","r":{"object":"urn:x:2","objectType":"V","since":{"value":1}},"p":[{"value":1},{"value":2,"datasetId":"urn:d:1"}]}`)
	s.expect(204, "PATCH", path+"/attrs/r", `{"objectType":["W","X"],"since":"urn:ngsi-ld:null","until":{"value":2}}`)
	s.expect(204, "PATCH", path+"/attrs/p", `{"value":3,"datasetId":"urn:d:1"}`)
	s.expect(204, "PATCH", path+"/attrs/p", `5`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","r":{"object":"urn:x:2","objectType":["W","X"],"until":2},"p":[5,{"value":3,"datasetId":"urn:d:1"}]}`,
		strings.Replace(s.get(path+"?format=concise"), `{"value":5}`, "5", 1))
	s.expect(204, "PATCH", path+"/attrs/r", `{"objectType":"urn:ngsi-ld:null"}`)
	s.expect(204, "PUT", path+"/attrs/p", `{"type":"Relationship","object":"urn:x:3"}`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","r":{"object":"urn:x:2","until":2},"p":[{"object":"urn:x:3"},{"value":3,"datasetId":"urn:d:1"}]}`, s.get(path+"?format=concise"))
	s.problem(404, "ResourceNotFound", "PATCH", path+"/attrs/p", `{"value":3,"datasetId":"urn:d:2"}`)
	s.problem(404, "ResourceNotFound", "PATCH", api+"/entities/urn:x:2/attrs/p", `{"value":3}`)
	s.problem(400, "BadRequestData", "PATCH", path+"/attrs/p", `{"type":"Property","value":"urn:ngsi-ld:null"}`)
	s.problem(400, "BadRequestData", "PATCH", path+"/attrs/p", `{"objectType":5}`)
	s.problem(400, "BadRequestData", "PUT", path+"/attrs/p", `{"type":"Property"}`)
	s.problem(400, "InvalidRequest", "PATCH", path+"/attrs/p", `{"value":`)
	s.problem(400, "BadRequestData", "DELETE", path+"/attrs/p?deleteAll=true&datasetId=urn:d:1", "")
}

func TestBatchesOfFragments(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T","a":1,"b":1}`)
	get := func() string { return s.get(api + "/entities/urn:x:1?format=concise") }
	s.expect(204, "POST", api+"/entityOperations/update", `[{"id":"urn:x:1","a":2}]`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","a":2,"b":1}`, get())
	s.expect(204, "POST", api+"/entityOperations/update?options=replace", `[{"id":"urn:x:1","a":3}]`)
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","a":3}`, get())
	w := s.expect(207, "POST", api+"/entityOperations/merge", `[{"id":"urn:x:1","a":"urn:ngsi-ld:null","c":{"value":{"x":1}}},{"id":"urn:x:2","a":1},{"a":1},{"id":"urn:x:1","c":{"observedAt":"now"}},5]`)
	require.Contains(t, w.Body.String(), `"success":["urn:x:1"]`)
	require.Equal(t, 4, strings.Count(w.Body.String(), `"entityId"`))
	require.JSONEq(t, `{"id":"urn:x:1","type":"T","c":{"value":{"x":1}}}`, get(), "the faulty fragment changed nothing")
	s.problem(404, "NonexistentTenant", "POST", api+"/entityOperations/merge", `[{"id":"urn:x:1"}]`, "NGSILD-Tenant", "x")
	s.problem(404, "NonexistentTenant", "POST", api+"/entityOperations/update", `[{"id":"urn:x:1"}]`, "NGSILD-Tenant", "x")
}

func TestHomeAndVersion(t *testing.T) {
	s := newServer(t)
	require.Contains(t, s.get("/"), "There are no entities yet")
	s.create(`{"id":"urn:x:1","type":"T"}`)
	home := s.get("/")
	for line := range strings.Lines(home) {
		if path := strings.TrimSpace(line); strings.HasPrefix(path, "/") {
			s.get(path)
		}
	}
	require.Contains(t, home, "/entities?type=")
	require.JSONEq(t, `{"name":"ldt","version":"1.2.3","api":"ETSI GS CIM 009 v1.8 (NGSI-LD)"}`, s.get("/version"))
}

func TestAFullDiskRefusesTheBatchWithASentence(t *testing.T) {
	s := newServer(t)
	s.create(`{"id":"urn:x:1","type":"T"}`)
	require.NoError(t, s.store.SetMaxSize(150<<10))
	body := `[{"id":"urn:x:2","type":"T"},{"id":"urn:x:3","type":"T","a":"` + strings.Repeat("x", 400<<10) + `"}]`
	require.Contains(t, s.problem(507, "", "POST", api+"/entityOperations/upsert", body), "no space left on the broker's disk; nothing of this request was stored")
	require.JSONEq(t, `[{"id":"urn:x:1"}]`, s.get(api+"/entities?type=T&pick=id"))
	s.create(`{"id":"urn:x:4","type":"T"}`)
}

// faulty is a store that fails.
type faulty struct {
	broker.Store
	fail func() error
}

func (f faulty) View(context.Context, string, func(broker.Reader) error) error { return f.fail() }

func TestAnyStoreServes(t *testing.T) {
	srv := httptest.NewServer(broker.New(newMemory(), broker.Options{}))
	defer srv.Close()
	brokertest.Run(t, srv.URL)
}

func TestFaultsInsideStayInside(t *testing.T) {
	for name, fail := range map[string]func() error{
		"a panic":  func() error { panic("secret: /home/me/store.db") },
		"an error": func() error { return errors.New("secret: /home/me/store.db: SQLITE_IOERR") },
	} {
		s := newServer(t)
		s.handler = broker.New(faulty{s.store, fail}, s.options())
		w := s.expect(500, "GET", api+"/entities?type=T", "")
		require.NotContains(t, w.Body.String(), "secret", name)
		require.NotContains(t, w.Body.String(), "goroutine", name)
		require.Contains(t, w.Body.String(), "InternalError", name)
		require.Contains(t, s.log.String(), "secret", name)
	}
}

func TestALockedStoreIsToldApart(t *testing.T) {
	s := newServer(t)
	s.handler = broker.New(faulty{s.store, func() error { return fmt.Errorf("write store /home/me/x.db: %w", broker.ErrStoreBusy) }}, s.options())
	detail := s.problem(503, "", "GET", api+"/entities?type=T", "")
	require.Contains(t, detail, "another program keeps the broker's store locked")
	require.NotContains(t, detail, "/home/me")
}

func TestConcurrentRequestsKeepEveryEntity(t *testing.T) {
	s := newServer(t)
	const clients, each = 4, 10
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				var batch []string
				for k := range 5 {
					batch = append(batch, fmt.Sprintf(`{"id":"urn:x:%d-%d-%d","type":"T","n":%d}`, c, i, k, k))
				}
				for _, r := range []struct{ method, path, body string }{
					{"POST", api + "/entityOperations/upsert?options=update", "[" + strings.Join(batch, ",") + "]"},
					{"PATCH", fmt.Sprintf("%s/entities/urn:x:%d-%d-0", api, c, i), `{"m":1}`},
					{"GET", api + "/entities?type=T&q=n%3E2&count=true", ""},
					{"GET", api + "/types?details=true", ""},
					{"POST", api + "/entityOperations/upsert?options=update", `[{"id":"urn:x:shared","type":"T","a` + fmt.Sprint(c, "x", i) + `":1}]`},
				} {
					req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, strings.NewReader(strings.ReplaceAll(r.body, " ", "")))
					req.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					s.handler.ServeHTTP(w, req)
					if w.Code >= 300 {
						t.Errorf("%s %s: %d %s", r.method, r.path, w.Code, w.Body)
					}
				}
			}
		})
	}
	wg.Wait()
	w := s.expect(200, "GET", api+"/entities?type=T&limit=0&count=true", "")
	require.Equal(t, fmt.Sprint(clients*each*5+1), w.Header().Get("NGSILD-Results-Count"))
	var shared map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.get(api+"/entities/urn:x:shared?format=concise")), &shared))
	require.Len(t, shared, clients*each+2, "no update of one client is lost to another's")
}

func FuzzRequests(f *testing.F) {
	f.Add("POST", api+"/entities", `{"id":"urn:x:1","type":"T","a":{"type":"Property","value":1}}`, "application/json")
	f.Add("PATCH", api+"/entities/urn:x:0", `{"a":{"value":{"b":"urn:ngsi-ld:null"}},"scope":"/x"}`, "application/json")
	f.Add("PATCH", api+"/entities/urn:x:0/attrs/a", `{"value":2,"observedAt":"2020-01-01T00:00:00Z","sub":[{"value":1}]}`, "application/json")
	f.Add("PUT", api+"/entities/urn:x:0/attrs/a", `{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}`, "application/json")
	f.Add("POST", api+"/entityOperations/upsert?options=update", `[{"id":"urn:x:1","type":"T","@context":{"a":"https://ex.org/a"}},{},1]`, "application/ld+json")
	f.Add("POST", api+"/entityOperations/merge", `[{"id":"urn:x:0","l":{"languageMap":{"@none":"urn:ngsi-ld:null"}}}]`, "application/json")
	f.Add("POST", api+"/entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"geoQ":{"georel":"within","geometry":"Point","coordinates":[1,2]}}`, "application/json")
	f.Add("GET", api+"/entities?type=T&q=a%3E1;b&limit=2&offset=1&pick=a|b", "", "")
	f.Fuzz(func(t *testing.T, method, path, body, mediaType string) {
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \x00\n\r\t") || !strings.Contains("GET POST PUT PATCH DELETE", method) || method == "" {
			return
		}
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		s := &server{T: t, clock: &clock{}, log: &bytes.Buffer{}}
		s.handler = broker.New(newMemory(), s.options())
		s.create(`{"id":"urn:x:0","type":"T","a":{"value":1,"b":2},"l":{"languageMap":{"fr":"x"}}}`)
		req := &http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {mediaType}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, req.WithContext(t.Context()))
		require.NotEqual(t, 500, w.Code, "%s", s.log)
		if w.Body.Len() > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") {
			require.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
		}
		// Whatever was stored can be read.
		list := s.get(api + "/entities?local=true&limit=1000")
		require.True(t, json.Valid([]byte(list)), list)
	})
}

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// seen is a request that arrived.
type seen struct {
	method, path string
	query        url.Values
	header       http.Header
	body         string
}

// script is a broker that gives its answers in turn, the last one for ever.
type script struct {
	t       *testing.T
	url     string
	mu      sync.Mutex
	answers []http.HandlerFunc
	seen    []seen
}

func newScript(t *testing.T, answers ...http.HandlerFunc) *script {
	t.Helper()
	s := &script{t: t, answers: answers}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header.Clone(), string(body)})
		next := s.answers[0]
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
		s.mu.Unlock()
		next(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *script) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func problem(errorType, title string, status int) string {
	text, _ := json.Marshal(ngsild.ProblemDetails{Type: errorType, Title: title, Status: status})
	return string(text)
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func noWait() backoff.BackOff { return &backoff.ZeroBackOff{} }

func newClient(t *testing.T, base string, opts Options) *Client {
	t.Helper()
	if opts.BackOff == nil {
		opts.BackOff = noWait
	}
	c, err := New(base, opts)
	require.NoError(t, err)
	return c
}

func payloads(ids ...string) []Payload {
	list := make([]Payload, len(ids))
	for i, id := range ids {
		list[i] = Payload{ID: id, Type: "T", Body: fmt.Appendf(nil, `{"id":%q,"type":"T"}`, id)}
	}
	return list
}

func outcomes(results []Result) []string {
	list := make([]string, len(results))
	for i, r := range results {
		list[i] = r.ID + " " + r.Outcome.String()
	}
	return list
}

const orionVersion = `{"Orion-LD version":"1.6.0","based on orion":"1.15.0-next"}`

func TestNewRefusesWhatIsNoURLOfABroker(t *testing.T) {
	for base, want := range map[string]string{
		"":                          "empty",
		"localhost:1026":            "does not begin with http://",
		"ftp://broker":              "does not begin with http://",
		"http://":                   "does not begin with http://",
		"http://broker:1026?type=T": "has a query",
		"http://bro ker":            "cannot be read",
	} {
		_, err := New(base, Options{})
		require.ErrorContains(t, err, want, base)
		require.ErrorContains(t, err, "hint:", base)
	}
}

func TestNewTakesTheAPIPathOffTheURL(t *testing.T) {
	for _, base := range []string{"http://b:1026", "http://b:1026/", "http://b:1026/ngsi-ld/v1", "http://b:1026/ngsi-ld/v1/"} {
		c, err := New(base, Options{})
		require.NoError(t, err)
		require.Equal(t, "http://b:1026", c.URL())
	}
	c, err := New("https://api.example.org/context/ngsi-ld/v1", Options{})
	require.NoError(t, err)
	require.Equal(t, "https://api.example.org/context", c.URL())
}

func TestPasswordInTheURLIsNotShown(t *testing.T) {
	s := newScript(t, says(400, problem(ngsild.ErrorBadRequestData, "no", 400)))
	c := newClient(t, strings.Replace(s.url, "http://", "http://user:secret@", 1), Options{})
	require.NotContains(t, c.URL(), "secret")
	_, err := c.Retrieve(t.Context(), "urn:a:b")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}

func TestNewRefusesWhatNoHeaderCanCarry(t *testing.T) {
	_, err := New("http://localhost:1026", Options{Tenant: "a b"})
	require.ErrorContains(t, err, `the tenant "a b" has a character`)
	_, err = New("http://localhost:1026", Options{Authorization: "Bearer s3cret\n"})
	require.ErrorContains(t, err, "no line break was copied with it")
	require.NotContains(t, err.Error(), "s3cret")
	_, err = New("http://localhost:1026", Options{Tenant: "city_1", Authorization: "Bearer s3cret"})
	require.NoError(t, err)
}

func TestLinkModeNeedsAURL(t *testing.T) {
	_, err := New("http://b", Options{ContextMode: Link})
	require.ErrorContains(t, err, "no URL of the @context")
	url := "https://example.org/known.jsonld"
	known := jsonld.WithContexts(map[string][]byte{url: []byte(`{"@context":{"speed":"https://example.org/speed"}}`)})
	ldctx, _, err := jsonld.NewResolver(known).Resolve(t.Context(), []byte(`"`+url+`"`))
	require.NoError(t, err)
	s := newScript(t, says(204, ""))
	c := newClient(t, s.url, Options{ContextMode: Link, Context: ldctx})
	_, err = c.BatchUpdate(t.Context(), payloads("urn:a:1"))
	require.NoError(t, err)
	require.Contains(t, s.requests()[0].header.Get("Link"), "<"+url+">")
}

func TestHeadersAreSent(t *testing.T) {
	s := newScript(t, says(204, ""))
	c := newClient(t, s.url, Options{Tenant: "paris", Authorization: "Bearer x", UserAgent: "ldt/1",
		ContextMode: Link, ContextURL: "https://example.org/c.jsonld"})
	_, err := c.BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.NoError(t, err)
	got := s.requests()[0]
	require.Equal(t, "POST", got.method)
	require.Equal(t, "/ngsi-ld/v1/entityOperations/upsert", got.path)
	require.Equal(t, "update", got.query.Get("options"))
	require.Equal(t, "paris", got.header.Get("NGSILD-Tenant"))
	require.Equal(t, "Bearer x", got.header.Get("Authorization"))
	require.Equal(t, "ldt/1", got.header.Get("User-Agent"))
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.Equal(t, `<https://example.org/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`, got.header.Get("Link"))
	require.Equal(t, `[{"id":"urn:a:1","type":"T"}]`, got.body)
}

func TestUpsertReadsEachAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   []string
	}{
		"201 names those created": {says(201, `["urn:a:2"]`), []string{"urn:a:1 updated", "urn:a:2 created", "urn:a:3 updated"}},
		"204 is all updated":      {says(204, ""), []string{"urn:a:1 updated", "urn:a:2 updated", "urn:a:3 updated"}},
		"207 tells each": {
			says(207, `{"success":["urn:a:1","urn:a:3"],"errors":[{"entityId":"urn:a:2","error":{"type":"x","title":"bad","status":400}}]}`),
			[]string{"urn:a:1 accepted", "urn:a:2 refused", "urn:a:3 accepted"}},
		"207 with objects for ids": {
			says(207, `{"success":[{"id":"urn:a:1"}],"errors":[{"entityId":"urn:a:2","error":"bad"},{"entityId":"urn:a:3","error":{"title":"bad"}}]}`),
			[]string{"urn:a:1 accepted", "urn:a:2 refused", "urn:a:3 refused"}},
		"400 with a batch answer": {
			says(400, `{"success":[],"errors":[{"entityId":"urn:a:1","error":{"title":"bad"}},{"entityId":"urn:a:2","error":{"title":"bad"}},{"entityId":"urn:a:3","error":{"title":"bad"}}]}`),
			[]string{"urn:a:1 refused", "urn:a:2 refused", "urn:a:3 refused"}},
		"207 that says nothing readable": {says(207, `<html>`), []string{"urn:a:1 refused", "urn:a:2 refused", "urn:a:3 refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, c.answer)
			results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1", "urn:a:2", "urn:a:3"), Replace)
			require.NoError(t, err)
			require.Equal(t, c.want, outcomes(results))
			require.Empty(t, s.requests()[0].query.Get("options"))
			require.Len(t, s.requests(), 1)
		})
	}
}

func TestBatchOperationsHaveTheirPathAndOutcome(t *testing.T) {
	s := newScript(t, says(201, `["urn:a:1"]`), says(204, ""), says(204, ""), says(204, ""))
	c := newClient(t, s.url, Options{})
	list := payloads("urn:a:1")
	created, err := c.BatchCreate(t.Context(), list)
	require.NoError(t, err)
	updated, err := c.BatchUpdate(t.Context(), list)
	require.NoError(t, err)
	merged, err := c.BatchMerge(t.Context(), list)
	require.NoError(t, err)
	deleted, err := c.BatchDelete(t.Context(), []string{"urn:a:1"})
	require.NoError(t, err)
	require.Equal(t, []Outcome{Created, Updated, Updated, Deleted},
		[]Outcome{created[0].Outcome, updated[0].Outcome, merged[0].Outcome, deleted[0].Outcome})
	var paths []string
	for _, r := range s.requests() {
		paths = append(paths, strings.TrimPrefix(r.path, "/ngsi-ld/v1/entityOperations/"))
	}
	require.Equal(t, []string{"create", "update", "merge", "delete"}, paths)
	require.Equal(t, `["urn:a:1"]`, s.requests()[3].body)
}

func TestNothingIsSentForAnEmptyBatch(t *testing.T) {
	s := newScript(t, says(500, ""))
	results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), nil, Update)
	require.NoError(t, err)
	require.Empty(t, results)
	require.Empty(t, s.requests())
}

func TestErrorsOfABatchAreReadInEveryShape(t *testing.T) {
	for text, want := range map[string]ngsild.BatchError{
		`{"entityId":"urn:a:1","error":{"type":"t","title":"T","detail":"D","status":400}}`: {EntityID: "urn:a:1",
			Error: ngsild.ProblemDetails{Type: "t", Title: "T", Detail: "D", Status: 400}},
		`{"entityId":"urn:a:1","error":"said"}`:                                 {EntityID: "urn:a:1", Error: ngsild.ProblemDetails{Detail: "said"}},
		`{"id":"urn:a:1","error":"said"}`:                                       {EntityID: "urn:a:1", Error: ngsild.ProblemDetails{Detail: "said"}},
		`{"entityId":"urn:a:1","title":"T"}`:                                    {EntityID: "urn:a:1", Error: ngsild.ProblemDetails{Title: "T"}},
		`{"entityId":"urn:a:1","error":{"title":"T","status":"400"}}`:           {EntityID: "urn:a:1", Error: ngsild.ProblemDetails{Title: "T"}},
		`{"entityId":"urn:a:1","error":{"title":"T","detail":{"a":1},"x":[1]}}`: {EntityID: "urn:a:1", Error: ngsild.ProblemDetails{Title: "T", Detail: `{"a":1}`}},
		`"said"`: {Error: ngsild.ProblemDetails{Detail: "said"}},
		`7`:      {Error: ngsild.ProblemDetails{Detail: "7"}},
	} {
		require.Equal(t, want, readBatchError([]byte(text)), text)
	}
}

func TestAFaultWithoutAnIdBelongsToThoseNotMentioned(t *testing.T) {
	s := newScript(t, says(207, `{"success":["urn:a:1"],"errors":[{"entityId":"No Entity::id","error":{"title":"Invalid Entity"}}]}`))
	results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1", "urn:a:2"), Update)
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 accepted", "urn:a:2 refused"}, outcomes(results))
	require.Equal(t, "Invalid Entity", results[1].Problem.Title)
}

func TestAnEntityThatTheAnswerLeavesOutIsNoSuccess(t *testing.T) {
	s := newScript(t, says(207, `{"success":["urn:a:1"],"errors":[]}`))
	results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1", "urn:a:2"), Update)
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 accepted", "urn:a:2 refused"}, outcomes(results))
	require.Contains(t, results[1].Problem.Detail, "does not say what became of the entity")
}

func TestOneBadEntityDoesNotKeepTheOthersOut(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request) {})
	s.answers[0] = func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		body := s.seen[len(s.seen)-1].body
		s.mu.Unlock()
		if strings.Contains(body, "urn:a:3") {
			says(400, problem(ngsild.ErrorBadRequestData, "invalid geometry", 400))(w, nil)
			return
		}
		w.WriteHeader(204)
	}
	results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1", "urn:a:2", "urn:a:3", "urn:a:4", "urn:a:5"), Update)
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 updated", "urn:a:2 updated", "urn:a:3 refused", "urn:a:4 updated", "urn:a:5 updated"}, outcomes(results))
	require.Equal(t, "invalid geometry", results[2].Problem.Title)
}

func TestABatchThatIsTooLargeForTheBrokerIsHalved(t *testing.T) {
	s := newScript(t, says(413, ""), says(204, ""))
	results, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1", "urn:a:2"), Update)
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 updated", "urn:a:2 updated"}, outcomes(results))
	require.Len(t, s.requests(), 3)
}

func TestPassingFaultsAreTriedAgain(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{
		"429":            says(429, ""),
		"500":            says(500, problem(ngsild.ErrorInternalError, "oops", 500)),
		"502":            says(502, "<html>bad gateway</html>"),
		"503":            says(503, ""),
		"hung up":        hangUp,
		"answer cut off": says(200, "[", "Content-Length", "100"),
	} {
		t.Run(name, func(t *testing.T) {
			var told []error
			s := newScript(t, first, says(204, ""))
			c := newClient(t, s.url, Options{OnRetry: func(err error, _ time.Duration) { told = append(told, err) }})
			results, err := c.BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
			require.NoError(t, err)
			require.Equal(t, []string{"urn:a:1 updated"}, outcomes(results))
			require.Len(t, s.requests(), 2)
			require.Equal(t, s.requests()[0].body, s.requests()[1].body)
			require.Len(t, told, 1)
		})
	}
}

func TestAVariantThatTheBrokerLacksStopsTheBatch(t *testing.T) {
	s := newScript(t, says(422, problem(ngsild.ErrorOperationNotSupported, "no merge here", 422)))
	_, err := newClient(t, s.url, Options{}).BatchMerge(t.Context(), payloads("urn:a:1", "urn:a:2"))
	require.ErrorIs(t, err, ErrUnsupported)
	require.Len(t, s.requests(), 1)
}

func TestLastingFaultsAreNotTriedAgain(t *testing.T) {
	for _, status := range []int{401, 403, 404, 405, 415, 501, 505, 507} {
		s := newScript(t, says(status, ""))
		_, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
		var refused *Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, status, refused.Status)
		require.NotErrorIs(t, err, ErrUnreachable)
		require.Equal(t, status == 505 || status == 507, errors.Is(err, ErrFailed), status)
		require.Len(t, s.requests(), 1, status)
	}
}

func TestABrokerThatFailsAgainAndAgainHasFailed(t *testing.T) {
	for _, status := range []int{429, 500} {
		s := newScript(t, says(status, ""))
		_, err := newClient(t, s.url, Options{Tries: 3}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
		require.ErrorIs(t, err, ErrFailed)
		require.NotErrorIs(t, err, ErrUnreachable)
		require.Len(t, s.requests(), 3)
	}
}

func TestAFullDiskIsToldOnce(t *testing.T) {
	s := newScript(t, says(507, `{"type":"about:blank","title":"insufficient storage","detail":"there is no space left on the broker's disk","status":507}`))
	_, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.EqualError(t, err, "POST "+s.url+"/ngsi-ld/v1/entityOperations/upsert?options=update: the broker answered 507 Insufficient Storage: there is no space left on the broker's disk\n"+
		"  hint: make room on the broker's disk and push again: what was taken is not sent twice")
}

func TestTriesAreBounded(t *testing.T) {
	s := newScript(t, says(503, ""))
	_, err := newClient(t, s.url, Options{Tries: 3}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.ErrorIs(t, err, ErrUnreachable)
	require.Len(t, s.requests(), 3)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for header, want := range map[string]time.Duration{"7": 7 * time.Second, "0": 0, "Wed, 21 Oct 2015 07:28:00 GMT": 0} {
		ctx, cancel := context.WithCancel(t.Context())
		var waited time.Duration = -1
		s := newScript(t, says(429, "", "Retry-After", header), says(204, ""))
		c := newClient(t, s.url, Options{OnRetry: func(_ error, wait time.Duration) {
			waited = wait
			if wait > 0 {
				cancel() // nobody waits in a test
			}
		}})
		_, err := c.BatchUpsert(ctx, payloads("urn:a:1"), Update)
		require.Equal(t, want, waited, header)
		if want > 0 {
			require.ErrorIs(t, err, context.Canceled)
		} else {
			require.NoError(t, err)
		}
		cancel()
	}
}

func TestAWaitThatIsTooLongIsLeftToThePerson(t *testing.T) {
	s := newScript(t, says(429, "", "Retry-After", "3600"))
	_, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.ErrorIs(t, err, ErrFailed)
	require.ErrorContains(t, err, "hint: the broker wants no request for 1h0m0s: push again after that")
	require.Len(t, s.requests(), 1)
}

func TestCancellingEndsTheTries(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(503)
	})
	_, err := newClient(t, s.url, Options{}).BatchUpsert(ctx, payloads("urn:a:1"), Update)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrUnreachable)
	require.Len(t, s.requests(), 1)
}

func TestABrokerThatIsNotThereIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	_, err = newClient(t, base, Options{Tries: 2}).Probe(t.Context())
	require.ErrorIs(t, err, ErrUnreachable)
	require.Equal(t, "no broker answers at "+base+": connection refused\n"+
		"  hint: start a broker with 'ldt serve' or 'ldt broker up', or correct the broker's URL", err.Error())
}

func TestABrokerThatIsTooSlowIsUnreachable(t *testing.T) {
	release := make(chan struct{})
	s := newScript(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	_, err := newClient(t, s.url, Options{Tries: 1, Timeout: time.Millisecond}).Probe(t.Context())
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, "no answer in time")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	s := newScript(t, says(301, "", "Location", "https://elsewhere.example/"))
	_, err := newClient(t, s.url, Options{}).BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.ErrorContains(t, err, "301 Moved Permanently")
	require.ErrorContains(t, err, "hint: the broker's URL has moved to https://elsewhere.example/")
	require.Len(t, s.requests(), 1)
}

func TestAWebPageIsNoBroker(t *testing.T) {
	s := newScript(t, says(200, "<!doctype html><title>Grafana</title>"))
	_, err := newClient(t, s.url, Options{}).Retrieve(t.Context(), "urn:a:1")
	require.ErrorContains(t, err, "web page")
	for _, err := range newClient(t, s.url, Options{}).Entities(t.Context(), Query{Types: []string{"T"}}) {
		require.ErrorContains(t, err, "web page")
	}
}

func TestACreationWhoseAnswerWasLostIsNoCollision(t *testing.T) {
	collision := `{"success":["urn:a:3"],"errors":[` +
		`{"entityId":"urn:a:1","error":` + problem(ngsild.ErrorAlreadyExists, "Entity already exists", 409) + `},` +
		`{"entityId":"urn:a:2","error":` + problem(ngsild.ErrorAlreadyExists, "Entity already exists", 409) + `}]}`
	s := newScript(t, hangUp, says(207, collision),
		says(200, `[{"id":"urn:a:1","type":"T"},{"id":"urn:a:2","type":"T","speed":{"type":"Property","value":5}}]`))
	results, err := newClient(t, s.url, Options{}).BatchCreate(t.Context(), payloads("urn:a:1", "urn:a:2", "urn:a:3"))
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 created", "urn:a:2 refused", "urn:a:3 created"}, outcomes(results))
	require.Equal(t, "/ngsi-ld/v1/entityOperations/query", s.requests()[2].path)
}

func TestACollisionAtTheFirstTryIsOne(t *testing.T) {
	s := newScript(t, says(207, `{"success":[],"errors":[{"entityId":"urn:a:1","error":`+problem(ngsild.ErrorAlreadyExists, "there", 409)+`}]}`))
	results, err := newClient(t, s.url, Options{}).BatchCreate(t.Context(), payloads("urn:a:1"))
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 refused"}, outcomes(results))
	require.Len(t, s.requests(), 1)
}

func TestACreationThatIsRefusedAsAWholeAfterALostAnswerIsLookedAt(t *testing.T) {
	s := newScript(t, hangUp, says(409, problem(ngsild.ErrorAlreadyExists, "there", 409)), says(200, `[{"id":"urn:a:1","type":"T"}]`))
	results, err := newClient(t, s.url, Options{}).BatchCreate(t.Context(), payloads("urn:a:1"))
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 created"}, outcomes(results))
}

func TestADeletionWhoseAnswerWasLostIsNoFault(t *testing.T) {
	s := newScript(t, hangUp, says(404, `{"success":[],"errors":[{"entityId":"urn:a:1","error":`+problem(ngsild.ErrorResourceNotFound, "not there", 404)+`}]}`))
	results, err := newClient(t, s.url, Options{}).BatchDelete(t.Context(), []string{"urn:a:1"})
	require.NoError(t, err)
	require.Equal(t, []string{"urn:a:1 deleted"}, outcomes(results))
}

func TestLookupAsksForIdsByPost(t *testing.T) {
	s := newScript(t, says(200, `[{"id":"urn:a:2","type":"https://example.org/T","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}}]`))
	held, err := newClient(t, s.url, Options{Tenant: "x"}).Lookup(t.Context(), payloads("urn:a:1", "urn:a:2"))
	require.NoError(t, err)
	require.Len(t, held, 1)
	require.Equal(t, []string{"https://example.org/T"}, held["urn:a:2"].Types)
	require.Equal(t, "https://uri.etsi.org/ngsi-ld/location", held["urn:a:2"].Attributes[0].Name)
	got := s.requests()[0]
	require.Equal(t, "POST", got.method)
	require.Equal(t, "2", got.query.Get("limit"))
	require.JSONEq(t, `{"type":"Query","entities":[{"id":"urn:a:1","type":"T"},{"id":"urn:a:2","type":"T"}]}`, got.body)
}

func TestCompareKnowsAPayloadByItsText(t *testing.T) {
	list := []Payload{
		{ID: "urn:a:1", Type: "T", Body: []byte(`{"id":"urn:a:1","type":"T","n":{"type":"Property","value":1}}`)},
		{ID: "urn:a:2", Type: "T", Body: []byte(`{"id":"urn:a:2","type":"T","n":{"type":"Property","value":2}}`)},
		{ID: "urn:a:3", Type: "T", Body: []byte(`{"id":"urn:a:3","type":"T","n":{"type":"Property","value":3}}`)},
	}
	answers := says(200, `[{"id":"urn:a:1","type":"T","n":{"type":"Property","value":1}}, {"id":"urn:a:2","type":"T","n":{"type":"Property","value":20}}]`)

	same, held, err := newClient(t, newScript(t, answers).url, Options{}).Compare(t.Context(), list)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"urn:a:1": true}, same)
	require.Len(t, held, 1)
	require.EqualValues(t, "20", held["urn:a:2"].Attributes[0].Value)

	// n of a linked @context is not the n of an answer without one.
	same, held, err = newClient(t, newScript(t, answers).url, Options{ContextMode: Link, ContextURL: "https://example.org/c.jsonld"}).Compare(t.Context(), list)
	require.NoError(t, err)
	require.Empty(t, same)
	require.Len(t, held, 2)
}

func TestLookupFindsTheOthersBesideAnIdThatTheBrokerDoesNotTake(t *testing.T) {
	s := newScript(t, says(500, ""))
	s.answers[0] = func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		body := s.seen[len(s.seen)-1].body
		s.mu.Unlock()
		if strings.Contains(body, "no uri") {
			says(400, problem(ngsild.ErrorBadRequestData, "not a URI", 400))(w, nil)
			return
		}
		var q struct{ Entities []struct{ ID, Type string } }
		_ = json.Unmarshal([]byte(body), &q)
		text, _ := json.Marshal(q.Entities)
		says(200, strings.NewReplacer(`"ID"`, `"id"`, `"Type"`, `"type"`).Replace(string(text)))(w, nil)
	}
	held, err := newClient(t, s.url, Options{}).Lookup(t.Context(), payloads("urn:a:1", "no uri", "urn:a:3", "urn:a:4"))
	require.NoError(t, err)
	require.Len(t, held, 3)
	require.NotContains(t, held, "no uri")
}

func TestLookupOfATenantThatIsNotThereYetFindsNothing(t *testing.T) {
	for _, errorType := range []string{ngsild.ErrorNonexistentTenant, "https://uri.etsi.org/ngsi-ld/errors/NonExistingTenant"} {
		s := newScript(t, says(404, problem(errorType, "no such tenant", 404)))
		held, err := newClient(t, s.url, Options{}).Lookup(t.Context(), payloads("urn:a:1"))
		require.NoError(t, err)
		require.Empty(t, held)
	}
}

func TestEntitiesReadsAllPages(t *testing.T) {
	entity := func(n int) string { return fmt.Sprintf(`{"id":"urn:a:%d","type":"T"}`, n) }
	// The broker caps pages at two, whatever was asked for.
	s := newScript(t,
		says(200, "["+entity(1)+","+entity(2)+"]", "NGSILD-Results-Count", "3"),
		says(200, "["+entity(3)+"]", "NGSILD-Results-Count", "3"))
	var ids []string
	for e, err := range newClient(t, s.url, Options{}).Entities(t.Context(), Query{Types: []string{"T"}, Q: "speed>3", PageSize: 100}) {
		require.NoError(t, err)
		ids = append(ids, e.ID)
	}
	require.Equal(t, []string{"urn:a:1", "urn:a:2", "urn:a:3"}, ids)
	require.Len(t, s.requests(), 2)
	require.Equal(t, "2", s.requests()[1].query.Get("offset"))
	require.Equal(t, "speed>3", s.requests()[1].query.Get("q"))
	require.Equal(t, "100", s.requests()[1].query.Get("limit"))
}

func TestEntitiesWithoutACountReadsToTheEmptyPage(t *testing.T) {
	s := newScript(t, says(200, `[{"id":"urn:a:1","type":"T"}]`), says(200, `[]`))
	n := 0
	for _, err := range newClient(t, s.url, Options{}).Entities(t.Context(), Query{Types: []string{"T"}}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n)
	require.Len(t, s.requests(), 2)
}

func TestEntitiesEndsWhereABrokerGivesTheSamePageAgain(t *testing.T) {
	s := newScript(t, says(200, `[{"id":"urn:a:1","type":"T"}]`))
	var last error
	for _, err := range newClient(t, s.url, Options{}).Entities(t.Context(), Query{Types: []string{"T"}}) {
		last = err
	}
	require.ErrorContains(t, last, "the same page again")
	require.Len(t, s.requests(), 2)
}

func TestCount(t *testing.T) {
	s := newScript(t, says(200, `[]`, "NGSILD-Results-Count", "12"))
	n, err := newClient(t, s.url, Options{}).Count(t.Context(), Query{Types: []string{"T"}})
	require.NoError(t, err)
	require.Equal(t, 12, n)
	require.Equal(t, "0", s.requests()[0].query.Get("limit"))

	s = newScript(t, says(200, `[]`))
	_, err = newClient(t, s.url, Options{}).Count(t.Context(), Query{Types: []string{"T"}})
	require.ErrorContains(t, err, "no count")
}

func userContext(t *testing.T) *jsonld.Context {
	t.Helper()
	c, found, err := jsonld.NewResolver().Resolve(t.Context(), []byte(`{"Meter":"https://example.org/Meter","energy":"https://example.org/energy"}`))
	require.NoError(t, err)
	require.Empty(t, found)
	return c
}

func meter() *ngsild.Entity {
	return &ngsild.Entity{ID: "urn:ngsi-ld:Meter:1", Types: []string{"Meter"}, CreatedAt: "2024-01-01T00:00:00Z", Attributes: []ngsild.Attribute{
		{Name: "energy", Kind: ngsild.Property, Value: []byte(`3000000000`), UnitCode: "KWH", ModifiedAt: "2024-01-01T00:00:00Z",
			Attributes: []ngsild.Attribute{{Name: "note", Kind: ngsild.Property, Value: []byte(`"3000000000 kWh"`)}}},
		{Name: "location", Kind: ngsild.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[2.35,48.85]}`)},
	}}
}

func TestPayloadIsExpandedSoThatNoBrokerNeedsTheContext(t *testing.T) {
	c := newClient(t, "http://b", Options{Context: userContext(t)})
	c.broker = &Broker{Kind: Embedded}
	e := meter()
	p := c.Payload(e, nil)
	require.Equal(t, "urn:ngsi-ld:Meter:1", p.ID)
	require.Equal(t, "https://example.org/Meter", p.Type)
	require.JSONEq(t, `{"id":"urn:ngsi-ld:Meter:1","type":"https://example.org/Meter",
		"https://example.org/energy":{"type":"Property","value":3000000000,"unitCode":"KWH","https://uri.etsi.org/ngsi-ld/default-context/note":{"type":"Property","value":"3000000000 kWh"}},
		"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.35,48.85]}}}`, string(p.Body))
	require.Equal(t, meter(), e, "the entity is not changed")

	sent, err := c.Sent(p)
	require.NoError(t, err)
	require.True(t, ngsild.Equal(sent, c.Expand(e, nil)))
}

func TestPayloadInlineCarriesTheWholeContext(t *testing.T) {
	s := newScript(t, says(204, ""))
	c := newClient(t, s.url, Options{Context: userContext(t), ContextMode: Inline})
	p := c.Payload(meter(), nil)
	require.Equal(t, "https://example.org/Meter", p.Type, "a look-up is made without the context")
	var doc map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(p.Body, &doc))
	require.Contains(t, string(doc["@context"]), "https://example.org/energy")
	require.Contains(t, doc, "energy")
	_, err := c.BatchUpsert(t.Context(), []Payload{p}, Update)
	require.NoError(t, err)
	require.Equal(t, "application/ld+json", s.requests()[0].header.Get("Content-Type"))
	require.Empty(t, s.requests()[0].header.Get("Link"))

	sent, err := c.Sent(p)
	require.NoError(t, err)
	require.True(t, ngsild.Equal(sent, c.Expand(meter(), nil)))
}

func TestRetrieveGivesTermsOfTheContext(t *testing.T) {
	s := newScript(t, says(200, `{"id":"urn:ngsi-ld:Meter:1","type":"https://example.org/Meter","https://example.org/energy":{"type":"Property","value":1}}`))
	e, err := newClient(t, s.url, Options{Context: userContext(t)}).Retrieve(t.Context(), "urn:ngsi-ld:Meter:1/ä?")
	require.NoError(t, err)
	require.Equal(t, []string{"Meter"}, e.Types)
	require.Equal(t, "energy", e.Attributes[0].Name)
	require.Equal(t, "/ngsi-ld/v1/entities/urn:ngsi-ld:Meter:1%2F%C3%A4%3F", s.requests()[0].path)
	require.Empty(t, s.requests()[0].header.Get("Link"))
}

func TestRetrieveTellsAbsenceFromAWrongURL(t *testing.T) {
	s := newScript(t, says(404, problem(ngsild.ErrorResourceNotFound, "not there", 404)), says(404, "404 page not found"))
	c := newClient(t, s.url, Options{})
	_, err := c.Retrieve(t.Context(), "urn:a:1")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = c.Retrieve(t.Context(), "urn:a:1")
	require.NotErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "no NGSI-LD API is there")
}

func TestTypesAreTermsInOrder(t *testing.T) {
	s := newScript(t, says(200, `{"id":"urn:x","type":"EntityTypeList","typeList":["https://example.org/Z","https://example.org/Meter"]}`))
	types, err := newClient(t, s.url, Options{Context: userContext(t)}).Types(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"Meter", "https://example.org/Z"}, types)
}

func TestBatcherBoundsCountAndBytes(t *testing.T) {
	c := newClient(t, "http://b", Options{MaxBatch: 3, MaxBytes: 100})
	b := c.NewBatcher()
	var batches [][]Payload
	add := func(id string, size int) {
		full, err := b.Add(Payload{ID: id, Body: make([]byte, size)})
		require.NoError(t, err)
		if full != nil {
			batches = append(batches, full)
		}
	}
	for _, id := range []string{"1", "2", "3", "4"} {
		add(id, 10)
	}
	add("5", 88) // 10 + 88 and the commas and brackets are 101
	add("6", 98)
	batches = append(batches, b.Flush())
	require.Nil(t, b.Flush())
	var shape []string
	for _, batch := range batches {
		text := ""
		for _, p := range batch {
			text += p.ID
		}
		shape = append(shape, text)
		require.LessOrEqual(t, len(join(batch)), 100)
	}
	require.Equal(t, []string{"123", "4", "5", "6"}, shape)
}

func TestBatcherUsesTheWholeSize(t *testing.T) {
	c := newClient(t, "http://b", Options{MaxBytes: 100})
	b := c.NewBatcher()
	for _, size := range []int{48, 49} {
		full, err := b.Add(Payload{ID: fmt.Sprint(size), Body: make([]byte, size)})
		require.NoError(t, err)
		require.Nil(t, full)
	}
	require.Len(t, join(b.Flush()), 100)
}

func TestBatcherNeverHasAnIdTwice(t *testing.T) {
	b := newClient(t, "http://b", Options{}).NewBatcher()
	for _, id := range []string{"a", "b"} {
		full, err := b.Add(Payload{ID: id})
		require.NoError(t, err)
		require.Nil(t, full)
	}
	full, err := b.Add(Payload{ID: "a"})
	require.NoError(t, err)
	require.Len(t, full, 2)
	require.Len(t, b.Flush(), 1)
}

func TestBatcherRefusesAnEntityThatNoRequestCanCarry(t *testing.T) {
	b := newClient(t, "http://b", Options{MaxBytes: 100}).NewBatcher()
	full, err := b.Add(Payload{ID: "urn:a:1", Body: make([]byte, 99)})
	require.Nil(t, full)
	var large *TooLargeError
	require.ErrorAs(t, err, &large)
	require.EqualError(t, err, "entity urn:a:1 is 99 bytes large; a request may have 98")
	require.Nil(t, b.Flush())
}

func TestContextModesHaveWords(t *testing.T) {
	for _, mode := range []ContextMode{Expanded, Inline, Link} {
		parsed, err := ParseContextMode(mode.String())
		require.NoError(t, err)
		require.Equal(t, mode, parsed)
	}
	_, err := ParseContextMode("header")
	require.ErrorContains(t, err, "expanded, inline or link")
}

func TestGetGivesTheBodyAsItCame(t *testing.T) {
	s := newScript(t, says(200, `{"a": 1}`))
	body, err := newClient(t, s.url, Options{}).Get(t.Context(), "/attributes", url.Values{"details": {"true"}})
	require.NoError(t, err)
	require.Equal(t, `{"a": 1}`, string(body))
	require.Equal(t, "/ngsi-ld/v1/attributes", s.requests()[0].path)
	require.Equal(t, "true", s.requests()[0].query.Get("details"))
}

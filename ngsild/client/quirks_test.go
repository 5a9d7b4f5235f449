package client

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func TestProbeTellsBrokersApart(t *testing.T) {
	none := says(404, problem(ngsild.ErrorResourceNotFound, "no such path", 404))
	for want, answers := range map[string][]http.HandlerFunc{
		"Orion-LD 1.6.0":           {says(200, orionVersion)},
		"Orion-LD 1.0.1":           {says(200, `{"orionld version":"1.0.1"}`)},
		"ldt 1.2.3":                {says(200, `{"name":"ldt","version":"1.2.3"}`)},
		"Scorpio":                  {none, says(200, `{"git":{"remote":"https://github.com/ScorpioBroker/ScorpioBroker"}}`)},
		"Stellio 2.17.0":           {none, none, says(200, `{"build":{"version":"2.17.0","name":"stellio-context-broker"}}`)},
		"a broker of unknown make": {none},
	} {
		s := newScript(t, answers...)
		c := newClient(t, s.url, Options{})
		b, err := c.Probe(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, b.String())
		asked := len(s.requests())
		_, err = c.Probe(t.Context())
		require.NoError(t, err)
		require.Len(t, s.requests(), asked, "the second time nothing is asked")
	}
}

// Orion-LD refuses a batch of 1 000, and a look-up above about 800 ids.
func TestOrionLDGetsAtMost500EntitiesAndIds(t *testing.T) {
	c := newClient(t, "http://b", Options{MaxBatch: 1000})
	c.broker = &Broker{Kind: OrionLD, Version: "1.6.0"}
	b := c.NewBatcher()
	for i := range 501 {
		full, err := b.Add(Payload{ID: string(rune('a' + i))})
		require.NoError(t, err)
		if i < 500 {
			require.Nil(t, full)
		} else {
			require.Len(t, full, 500)
		}
	}

	s := newScript(t, says(200, orionVersion), says(200, "[]"))
	c = newClient(t, s.url, Options{})
	_, err := c.Probe(t.Context())
	require.NoError(t, err)
	var ids []string
	for i := range 1001 {
		ids = append(ids, string(rune('a'+i)))
	}
	_, err = c.Lookup(t.Context(), payloads(ids...))
	require.NoError(t, err)
	var limits []string
	for _, r := range s.requests()[1:] {
		limits = append(limits, r.query.Get("limit"))
	}
	require.Equal(t, []string{"500", "500", "1"}, limits)
}

// Orion-LD 1.6.0 cuts integers to 32 bits where they have no decimal point.
func TestOrionLDGetsLongIntegersWithADecimalPoint(t *testing.T) {
	var told []finding.Finding
	s := newScript(t, says(200, orionVersion))
	c := newClient(t, s.url, Options{Report: func(f finding.Finding) { told = append(told, f) }})
	_, err := c.Probe(t.Context())
	require.NoError(t, err)
	for range 2 {
		p := c.Payload(meter(), nil)
		require.Contains(t, string(p.Body), `"value":3000000000.0`)
		require.Contains(t, string(p.Body), `"3000000000 kWh"`)
	}
	require.Len(t, told, 1, "it is said once")
	require.Equal(t, finding.BrokerNumber, told[0].Code)
	require.Equal(t, finding.Info, told[0].Severity)
	require.Contains(t, told[0].Message, "Orion-LD 1.6.0")

	e := meter()
	e.Attributes[0].Value = []byte("12345678901234567890")
	c.Payload(e, nil)
	require.Len(t, told, 2)
	require.Equal(t, finding.BrokerPrecision, told[1].Code)
	require.Equal(t, finding.Warning, told[1].Severity)
}

func TestLongIntegersAreFoundAnywhereInJSON(t *testing.T) {
	for text, want := range map[string]string{
		`2147483647`:                    `2147483647`,
		`2147483648`:                    `2147483648.0`,
		`-2147483648`:                   `-2147483648`,
		`-2147483649`:                   `-2147483649.0`,
		`{"a":[1,3000000000,{"b":-1}]}`: `{"a":[1,3000000000.0,{"b":-1}]}`,
		`[3000000000.5,3e10,3E+10]`:     `[3000000000.5,3e10,3E+10]`,
		`"3000000000"`:                  `"3000000000"`,
		`"\"3000000000"`:                `"\"3000000000"`,
		`["\\",3000000000]`:             `["\\",3000000000.0]`,
		`{"3000000000":true}`:           `{"3000000000":true}`,
		`"`:                             `"`,
		`"\`:                            `"\`,
	} {
		got, long, _ := decimalIntegers(nil, []byte(text))
		require.Equal(t, want, string(got), text)
		require.Equal(t, want != text, long, text)
	}
	_, _, inexact := decimalIntegers(nil, []byte("9007199254740992"))
	require.False(t, inexact)
	_, _, inexact = decimalIntegers(nil, []byte("9007199254740993"))
	require.True(t, inexact)
}

// Orion-LD 1.6.0 answers numbers with six decimals and arrays of one element as
// that element; neither is a difference.
func TestWhatOrionLDAnswersOtherwiseIsNoDifference(t *testing.T) {
	var told []finding.Finding
	e := &ngsild.Entity{ID: "urn:a:1", Types: []string{"T"}, Attributes: []ngsild.Attribute{
		{Name: "mean", Kind: ngsild.Property, Value: []byte("240.988571428571"), Attributes: []ngsild.Attribute{
			{Name: "weights", Kind: ngsild.Property, Value: []byte("[ 0.12345678 ]")}}},
		{Name: "list", Kind: ngsild.Property, Value: []byte(`["a"]`)},
		{Name: "location", Kind: ngsild.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[-3.80356167695194,43.46296641666926]}`)},
	}}
	held := func(mean string) string {
		return `[{"id":"urn:a:1","type":"T","mean":{"type":"Property","value":` + mean + `,"weights":{"type":"Property","value":0.123457}},
			"list":{"type":"Property","value":"a"},
			"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-3.803562,43.462966]}}}]`
	}
	s := newScript(t, says(200, orionVersion), says(200, held("240.988571")), says(200, held("240.988572")))
	c := newClient(t, s.url, Options{Report: func(f finding.Finding) { told = append(told, f) }})
	_, err := c.Probe(t.Context())
	require.NoError(t, err)
	p := c.Payload(e, nil)
	require.Contains(t, string(p.Body), "240.988571428571", "it is sent whole")
	sent, err := c.Sent(p)
	require.NoError(t, err)
	for _, same := range []bool{true, false} {
		there, err := c.Lookup(t.Context(), []Payload{p})
		require.NoError(t, err)
		require.Equal(t, same, ngsild.Equal(sent, there["urn:a:1"]))
	}
	require.Len(t, told, 1)
	require.Equal(t, finding.BrokerNumber, told[0].Code)
	require.Equal(t, finding.Info, told[0].Severity)
}

func TestSixDecimalsRoundsOnlyWhatHasMore(t *testing.T) {
	for text, want := range map[string]string{
		`0.1`: `0.1`, `0.123456`: `0.123456`, `0.1234567`: `0.123457`, `12345678901`: `12345678901`,
		`1e-7`: `0.000000`, `1.5E3`: `1500.000000`, `"0.1234567"`: `"0.1234567"`, `[1.12345678,{"a":-0.00000051}]`: `[1.123457,{"a":-0.000001}]`,
		`1e999`: `1e999`,
	} {
		got, changed := sixDecimals([]byte(text))
		require.Equal(t, want, string(got))
		require.Equal(t, want != text, changed)
	}
}

func FuzzDecimalIntegers(f *testing.F) {
	for _, seed := range []string{`{"a":3000000000}`, `-3000000000`, `"\\\"3000000000`, `[1.5e3,9999999999]`, `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, long, _ := decimalIntegers(nil, text)
		if !long {
			require.Equal(t, string(text), string(out))
			return
		}
		again, more, _ := decimalIntegers(nil, out)
		require.False(t, more)
		require.Equal(t, string(out), string(again))
	})
}

func FuzzReadBatchAnswer(f *testing.F) {
	for _, seed := range []string{`{"success":["urn:a:1"],"errors":[{"entityId":"urn:a:2","error":{"title":"x"}}]}`,
		`{"errors":["x",1,null,{"error":{"status":"4"}}]}`, `{"success":{}}`, `[]`, `<html>`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		list := payloads("urn:a:1", "urn:a:2")
		for _, status := range []int{201, 204, 207, 400} {
			results := resultsOf(operation{path: "upsert", done: Accepted}, answer{status: status, body: []byte(body)}, list)
			require.Len(t, results, 2)
			require.Equal(t, "urn:a:1", results[0].ID)
			require.Equal(t, "urn:a:2", results[1].ID)
		}
	})
}

// Orion-LD answers 503 to an @context that it cannot download.
func TestOrionLDCannotDownloadTheContext(t *testing.T) {
	s := newScript(t, says(503, problem(ngsild.ErrorLdContextNotAvailable, "Unable to download context", 503)))
	c := newClient(t, s.url, Options{ContextMode: Link, ContextURL: "https://example.org/c.jsonld"})
	_, err := c.BatchUpsert(t.Context(), payloads("urn:a:1"), Update)
	require.ErrorContains(t, err, "Unable to download context")
	require.ErrorContains(t, err, "hint: the broker cannot download the @context: send it expanded or inline")
	require.NotErrorIs(t, err, ErrUnreachable)
	require.Len(t, s.requests(), 1, "it is not tried again")
}

// Orion-LD answers 501 to temporal reads.
func TestOrionLDHasNoTemporalReads(t *testing.T) {
	s := newScript(t, says(501, problem(ngsild.ErrorOperationNotSupported, "Not Implemented", 501)))
	_, err := newClient(t, s.url, Options{}).Get(t.Context(), "temporal/entities", nil)
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "does not have this operation")
	require.Len(t, s.requests(), 1)
}

// A term that is sent short has to mean the same in every broker, whichever core
// @context it has built in.
func TestShortTermsMeanTheSameInEveryCore(t *testing.T) {
	c := newClient(t, "http://b", Options{})
	for _, core := range jsonld.CoreURLs() {
		other, _, err := jsonld.NewResolver(jsonld.WithCore(core)).Resolve(t.Context(), nil)
		require.NoError(t, err)
		for iri, term := range c.terms {
			got, _ := other.Expand(term)
			require.Equal(t, iri, got, "%s in %s", term, core)
		}
	}
	require.Equal(t, "location", c.shortIRI("https://uri.etsi.org/ngsi-ld/location"))
	require.Equal(t, "https://uri.etsi.org/ngsi-ld/Attribute", c.shortIRI("https://uri.etsi.org/ngsi-ld/Attribute"))
}

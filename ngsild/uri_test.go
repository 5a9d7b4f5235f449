package ngsild_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

func TestValidURI(t *testing.T) {
	for _, text := range []string{
		"urn:ngsi-ld:Building:42", "urn:ngsi-ld:ConsommationEnergieIris:751010101:2011:%C3%89lectricit%C3%A9:ENT:UNKNOWN", "https://example.org/a?b=c#d",
		"http://[::1]:80/x", "mailto:a@b.fr", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "did:web:example.org", "a:b", "urn:ngsi-ld:null",
	} {
		require.NoError(t, ngsild.ValidURI(text), text)
	}
	for text, want := range map[string]string{
		"":                        "it is empty",
		"Building 1":              "' ' is not allowed in a URI; percent-encode it",
		"Building1":               "it has no scheme",
		"urn:ngsi-ld:École":       "'É' is not allowed",
		"École:1":                 "'É' is not allowed",
		"urn:ngsi-ld:a b":         "' ' is not allowed",
		"urn:ngsi-ld:a%":          "followed by two hexadecimal digits",
		"urn:ngsi-ld:a%zz":        "followed by two hexadecimal digits",
		"urn:ngsi-ld:":            "nothing follows the namespace",
		"urn:ngsi-ld":             "a URN has a namespace and a name",
		"urn:":                    "nothing follows",
		"1a:b":                    "starts with a letter",
		":b":                      "starts with a letter",
		"urn:ngsi-ld:{id}":        "'{' is not allowed",
		"urn:ngsi-ld:a#b#c":       "at most one #",
		"https://example.org/[x]": "'[' is not allowed",
		"urn:ngsi-ld:a\nb":        "'\\n' is not allowed",
	} {
		require.ErrorContains(t, ngsild.ValidURI(text), want, text)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = ngsild.ValidURI("urn:ngsi-ld:Building:42") }))
}

func FuzzValidURIAgreesWithNetURL(f *testing.F) {
	for _, seed := range []string{"urn:ngsi-ld:a", "https://a/b?c#d", "http://[::1]/", "x", "urn:a:%41", "http://a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if ngsild.ValidURI(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil { // net/url also reads host and port, which are none of our business
			require.Contains(t, text, "//")
			return
		}
		require.NotEmpty(t, u.Scheme)
	})
}

func TestValidDateTime(t *testing.T) {
	for _, text := range []string{"2024-02-29T23:59:59Z", "2011-01-01T00:00:00Z", "2011-01-01T00:00:00.123456Z", "2011-01-01T00:00:00,5Z"} {
		require.NoError(t, ngsild.ValidDateTime(text), text)
	}
	for text, want := range map[string]string{
		"":                          "it is not written",
		"2024-01-01":                "it is not written",
		"2024-01-01T00:00:00":       "it does not say that it is UTC",
		"2024-01-01T00:00:00.5":     "write a Z at its end",
		"2024-01-01T00:00:00+02:00": "it has the offset +02:00",
		"2023-02-29T00:00:00Z":      "there is no day 29 in 2023-02",
		"2023-13-01T00:00:00Z":      "there is no month 13",
		"2023-12-01T24:00:00Z":      "there is no time 24:00:00",
		"2023-12-01 00:00:00Z":      "it is not written",
		"2023-12-01T00:00:00.Z":     "it is not written",
		"31/12/2023T00:00:00Z":      "it is not written",
		"2023-12-01T00:00:00Zulu":   "it is not written",
		"1900-02-29T00:00:00Z":      "there is no day 29",
	} {
		require.ErrorContains(t, ngsild.ValidDateTime(text), want, text)
	}
}

func TestProblemDetailsHaveTheStatusOfTheirType(t *testing.T) {
	p := ngsild.NewProblem(ngsild.ErrorAlreadyExists, "the entity exists", "urn:a:b")
	require.Equal(t, 409, p.Status)
	require.EqualError(t, p, "the entity exists: urn:a:b")
	require.Equal(t, 500, ngsild.NewProblem("x", "", "").Status)
}

func TestRepresentationNames(t *testing.T) {
	for name, want := range map[string]ngsild.Representation{
		"normalized": ngsild.Normalized, "concise": ngsild.Concise, "simplified": ngsild.Simplified, "keyValues": ngsild.Simplified,
	} {
		got, err := ngsild.ParseRepresentation(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := ngsild.ParseRepresentation("compact")
	require.EqualError(t, err, `unknown representation "compact": it is normalized, concise or simplified`)
	for k := ngsild.Property; k <= ngsild.JsonProperty; k++ {
		back, ok := ngsild.ParseKind(k.String())
		require.True(t, ok)
		require.Equal(t, k, back)
		require.NotEmpty(t, k.Member())
	}
	require.Empty(t, ngsild.Kind(99).String())
}

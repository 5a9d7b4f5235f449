package ngsild_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

func TestEqualIgnoresHowThingsAreWritten(t *testing.T) {
	const a = `{"id":"urn:a:b","type":["T","U"],"scope":["/A","/B"],"@context":"https://example.org/c",
		"n":{"value":1.0,"observedAt":"2024-01-01T00:00:00Z","x":1,"y":2},"o":{"object":"urn:a:c"},"j":{"value":{"a":[1,{"b":2}],"c":"é"}},
		"two":[{"value":1,"datasetId":"urn:d:1"},{"value":2}],"big":100000000000000000000,"createdAt":"2024-01-01T00:00:00Z"}`
	const b = `{"type":["U","T"],"id":"urn:a:b","scope":["B","/A"],
		"two":[{"value":2.00},{"value":1,"datasetId":"urn:d:1"}],"big":1e20,"o":{"object":["urn:a:c"],"createdAt":"2024-01-01T00:00:00Z"},
		"j":{"value":{"c":"\u00e9", "a":[1.0,{"b":2e0}]}},"n":{"type":"Property","y":2,"x":1,"value":10e-1,"observedAt":"2024-01-01T00:00:00.000Z","modifiedAt":"2024-01-01T00:00:00Z","instanceId":"urn:i:1"}}`
	require.True(t, ngsild.Equal(decode(t, a), decode(t, b)))
	require.True(t, ngsild.Equal(decode(t, b), decode(t, a)))
}

func TestEqualSeesEachDifference(t *testing.T) {
	const head = `{"id":"urn:a:b","type":"T",`
	base := decode(t, head+`"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`)
	for _, text := range []string{
		`{"id":"urn:a:c","type":"T","a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		`{"id":"urn:a:b","type":"U","a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"scope":"/A","a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"b":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[2,1],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2,3],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2]},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2],"y":null},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"MWH","observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00.001Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":"1"}}`,
		head + `"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z"}}`,
		head + `"a":{"json":{"x":[1,2],"y":"z"},"observedAt":"2024-01-01T00:00:00Z","s":1}}`,
		head + `"a":{"value":{"x":[1,2],"y":"z"},"unitCode":"KWH","observedAt":"2024-01-01T00:00:00Z","s":1,"datasetId":"urn:d:1"}}`,
	} {
		other := decode(t, text)
		require.False(t, ngsild.Equal(base, other), text)
		require.False(t, ngsild.Equal(other, base), text)
	}
}

func TestEqualComparesNumbersAsDecimals(t *testing.T) {
	number := func(text string) *ngsild.Entity { return decode(t, `{"id":"urn:a:b","type":"T","a":`+text+`}`) }
	for _, pair := range [][2]string{
		{"1", "1.0"}, {"0", "-0"}, {"0", "0e5"}, {"0.1", "1e-1"}, {"100", "1E2"}, {"1e400", "10e399"}, {"123.4500", "12345e-2"},
		{"0.0001", "1e-4"}, {"-5", "-5.000"}, {"12345678901234567890.1", "1.23456789012345678901e19"},
	} {
		require.True(t, ngsild.Equal(number(pair[0]), number(pair[1])), pair)
	}
	for _, pair := range [][2]string{
		{"1", "-1"}, {"0.1", "0.10000000000000001"}, {"3000000000", "3000000001"}, {"1e400", "1e401"}, {"10", "1"}, {"0", "1e-400"},
		{"12345678901234567890", "12345678901234567891"}, {"1", `"1"`}, {"1e9999999999", "1e9999999998"},
	} {
		require.False(t, ngsild.Equal(number(pair[0]), number(pair[1])), pair)
	}
}

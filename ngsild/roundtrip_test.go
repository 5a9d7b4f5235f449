package ngsild_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld/jsonldtest"
)

// requireRoundTrips writes a legal entity in each representation and reads it
// back: normalized and concise keep all of it, simplified the value of each
// instance, where the reader knows the kinds. Values come back byte for byte.
func requireRoundTrips(tb testing.TB, e *ngsild.Entity) {
	tb.Helper()
	for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise} {
		text := e.AppendJSON(nil, rep)
		back, findings, err := ngsild.Decode(text)
		require.NoError(tb, err, "%s", text)
		require.Empty(tb, findings, "%s", text)
		require.Equal(tb, values(e.Attributes, true), values(back.Attributes, true), "%s\n%s", rep, text)
		require.True(tb, ngsild.Equal(e, back), "%s\n%s", rep, text)
		require.Equal(tb, string(text), string(back.AppendJSON(nil, rep)))
	}
	kinds := map[string]ngsild.Kind{}
	for _, a := range e.Attributes {
		kinds[a.Name] = a.Kind
	}
	text := e.AppendJSON(nil, ngsild.Simplified)
	back, findings, err := ngsild.DecodeSimplified(text, func(name string) ngsild.Kind { return kinds[name] })
	require.NoError(tb, err, "%s", text)
	require.Empty(tb, findings, "%s", text)
	require.Equal(tb, values(e.Attributes, false), values(back.Attributes, false), "%s", text)
	require.Equal(tb, string(text), string(back.AppendJSON(nil, ngsild.Simplified)))
}

// values lists what the attributes say, one line each, with sub-attributes where
// deep is set.
func values(list []ngsild.Attribute, deep bool) []string {
	var lines []string
	for i := range list {
		a := &list[i]
		lines = append(lines, a.Name+" "+a.DatasetID+" "+a.Kind.String()+" "+string(a.Value))
		if deep {
			for _, line := range values(a.Attributes, true) {
				lines = append(lines, a.Name+"."+line)
			}
		}
	}
	return lines
}

func TestEveryRepresentationReadsBackWhatItWrote(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	legal := 0
	for range 3000 {
		e := jsonldtest.RandomEntity(rng)
		if len(e.Check()) > 0 {
			continue // location of another kind, say
		}
		legal++
		requireRoundTrips(t, e)
	}
	require.Greater(t, legal, 1000)
}

func TestNumbersKeepTheirValueInEveryRepresentation(t *testing.T) {
	for _, number := range []string{"3000000000", "15182280", "0.1", "1e400", "123456789012345678901234567890", "-0", "1.0", "1E+2", "0.10",
		"9007199254740993", "5e-324", "-1.7976931348623157e308", "1" + string(bytes.Repeat([]byte("0"), 400))} {
		e := &ngsild.Entity{ID: "urn:a:b", Types: []string{"T"}, Attributes: []ngsild.Attribute{
			{Name: "p", Kind: ngsild.Property, Value: jsontext.Value(number), UnitCode: "KWH"},
			{Name: "p", Kind: ngsild.Property, Value: jsontext.Value(`{"deep":[` + number + `]}`), DatasetID: "urn:d:1"},
			{Name: "l", Kind: ngsild.ListProperty, Value: jsontext.Value("[" + number + "]")},
			{Name: "j", Kind: ngsild.JsonProperty, Value: jsontext.Value(number)},
			{Name: "s", Kind: ngsild.Relationship, Value: jsontext.Value(`"urn:a:c"`), Attributes: []ngsild.Attribute{
				{Name: "p", Kind: ngsild.Property, Value: jsontext.Value(number)}}},
		}}
		requireRoundTrips(t, e)
		for _, rep := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise} {
			require.Equal(t, 5, bytes.Count(e.AppendJSON(nil, rep), []byte(number)), number)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(uint64(1), uint64(2), "name", `{"type":"Point","coordinates":[1,2]}`, uint8(1))
	f.Add(uint64(3), uint64(4), "a", `{"dataset":{"@none":1}}`, uint8(1))
	f.Add(uint64(5), uint64(6), "a", `{"json":{"json":1}}`, uint8(8))
	f.Add(uint64(7), uint64(8), "a", `[{"valueList":[1]},{"datasetId":"urn:a:b"}]`, uint8(6))
	f.Add(uint64(9), uint64(9), "a", `[{"object":"urn:a:b","x":1},{"object":"urn:a:b"}]`, uint8(7))
	f.Add(uint64(9), uint64(9), "a", `{"fr":["a","b"]}`, uint8(4))
	f.Fuzz(func(t *testing.T, a, b uint64, name, value string, kind uint8) {
		if !jsontext.Value(value).IsValid() {
			return
		}
		e := jsonldtest.RandomEntity(rand.New(rand.NewPCG(a, b)))
		text := jsontext.Value(value)
		if text.Compact() != nil {
			return
		}
		e.Attributes = append(e.Attributes, ngsild.Attribute{Name: name, Kind: ngsild.Kind(kind), Value: text})
		if len(e.Check()) == 0 {
			requireRoundTrips(t, e)
		}
	})
}

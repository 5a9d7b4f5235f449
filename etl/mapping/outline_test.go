package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild"
)

// TestOutlineSaysWhatIsWrittenWithoutASource reads a mapping whose columns and terms
// nobody knows.
func TestOutlineSaysWhatIsWrittenWithoutASource(t *testing.T) {
	m, err := mapping.Parse("a.yaml", []byte(`source: {file: a.csv}
context: c.jsonld
lookups: {far: {file: far.csv, key: k, value: v}, near: {x: 1, y: 2}}
entities:
- type: [A, "b c"]
  id: "urn:x:{id}"
  model: Building/Building
  attributes:
    power: {value: {column: P, unit: {from: MWH, to: KWH}}, observedAt: {column: T}, datasetId: "urn:x:d"}
    point: {value: {columns: [lat, lon], as: point}}
    one: {value: {column: c, lookup: near, miss: keep}}
    two: {value: {column: c, lookup: near}}
    three: {value: {column: c, lookup: far}}
    four: {value: {column: c, lookup: {a: x, b: y, c: x}, default: z}}
    list: {value: [1, 2.5]}
    mixed: {value: [1, a]}
    rel: {object: {column: c, separator: ","}}
    both: {value: "{a} and {b|none}", attributes: {below: {vocab: [w, "{t}"]}}}
    value: {value: true}
`))
	require.NoError(t, err)
	o := m.Outlines()[0]
	require.Equal(t, "Building/Building", o.Model.Text)
	require.Equal(t, 7, o.Model.At.Line)
	require.Equal(t, []string{"A", "b c"}, []string{o.Types[0].Text, o.Types[1].Text})
	require.Empty(t, o.Types[0].Fault)
	require.NotEmpty(t, o.Types[1].Fault)

	type facts struct {
		kind                     ngsild.Kind
		unit, typ, enums, origin string
	}
	got := map[string]facts{}
	for _, a := range o.Attributes {
		enums := ""
		for _, value := range a.Shape.Enum {
			enums += string(value)
		}
		got[a.Text] = facts{a.Kind, a.UnitCode, a.Shape.TypeName(), enums, a.Origin}
		require.Equal(t, a.Text == "power", a.Dataset && a.Observed)
		require.Equal(t, a.Text == "value", a.Fault != "")
	}
	require.Equal(t, map[string]facts{
		"power": {ngsild.Property, "KWH", "number", "", `column "P"`},
		"point": {ngsild.GeoProperty, "", "geometry", "", `columns "lat" and "lon"`},
		"one":   {ngsild.Property, "", "string", "", `column "c"`},
		"two":   {ngsild.Property, "", "number", "12", `column "c"`},
		"three": {ngsild.Property, "", "string", "", `column "c"`},
		"four":  {ngsild.Property, "", "string", `"x""y""z"`, `column "c"`},
		"list":  {ngsild.Property, "", "array of number", "", "a constant"},
		"mixed": {ngsild.Property, "", "array", "", "a constant"},
		"rel":   {ngsild.Relationship, "", "array of string", "", `column "c"`},
		"both":  {ngsild.Property, "", "string", "", `the template "{a} and {b|none}"`},
		"value": {ngsild.Property, "", "boolean", "", "a constant"},
	}, got)
	below := o.Attributes[9].Attributes[0]
	require.Equal(t, ngsild.VocabProperty, below.Kind)
	require.Equal(t, "w", below.Words[0].Text)
}

package mapping

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// encoded holds the mappings whose entities an Encoder must write as AppendJSON
// would. They read the columns of fuzzed.
var encoded = map[string]string{
	"lean": lean, "reference": reference,
	"kinds": `
source: {file: data.csv, timezone: Europe/Paris}
context: [context.jsonld]
where: {keep: 'text("c") != "gone"', reason: gone}
entities:
- type: [Building, "https://example.org/a&b"]
  id: "urn:ngsi-ld:Building:{a}"
  merge: first
  attributes:
    number: {value: {column: b, as: number, unit: {from: MWH, to: KWH}}, datasetId: "urn:d:{c|NONE}"}
    text: {value: {column: c}, unitCode: KWH, datasetId: urn:d:1, observedAt: "2024-01-01T00:00:00Z"}
    label: {languageMap: {fr: {column: c}, en: "House {c|none}"}}
    "https://example.org/c&d": {value: "\" <&> \u2028 {b|-}"}
    category: {vocab: {column: c, as: list, separator: ";"}}
    list: {valueList: {column: c, as: list, separator: ";"}}
    rooms: {objectList: {column: c, separator: ";", of: {template: "urn:r:{}"}}}
    extra: {json: {column: d, as: json}}
    geometry: {value: {column: d, as: geojson}}
    location: {value: {column: d, as: point, order: lon-lat}}
    constants: {value: {constant: {b: [1.50, "<&>"], a: null}}}
    flag: {value: true, when: 'text("b") startsWith "1"'}
    near: {object: ["urn:x:1", "urn:x:{c|none}"]}
    members: {value: {members: {a: {column: a}, n: {members: {c: {column: c}, k: 1}}}}}
`,
	"times": `
source: {file: data.csv, timezone: Europe/Paris}
context: [context.jsonld]
entities:
- type: A
  id: "urn:a:{a}"
  when: 'not isNull("b")'
  attributes:
    first: {value: 1, observedAt: {column: t, as: datetime}}
    second: {value: {column: b, as: number, default: 0}, observedAt: {column: t, as: datetime}, when: 'text("c") != "x"'}
    third:
      value: {column: c}
      observedAt: {column: t, as: date}
      attributes:
        deep: {value: {column: b, as: number}, observedAt: {column: t, as: datetime}, attributes: {deeper: {object: "urn:o:{c|y}", observedAt: "2020-01-01T00:00:00Z"}}}
        other: {value: {column: d}, when: 'number("b") > 5'}
- type: B
  id: {column: c, as: uri}
  when: 'text("c") startsWith "urn:"'
  attributes:
    first: {value: {column: d, required: true}, observedAt: {column: t, as: datetime}}
    same: {value: 2, observedAt: {column: t, as: datetime}}
    year: {value: 3, observedAt: {column: b, as: year}}
- type: C
  id: "urn:c:{c|none}"
  attributes:
    looked: {value: {column: c, lookup: {x: 1, "": 2}, miss: omit}}
`,
}

const fuzzedHeader = "a|b|c|d|t"

// fuzzedTexts are cells of the kinds that the mappings read, right and wrong.
var fuzzedTexts = []string{
	"", "", "1", "12.5", "007", "-0.0", "1e3", "3000000000", "1,5", "x", "y", "gone", "a;b;;c", "été \u2028 \"q\" <&>\\", "urn:x:é", "urn:x:1", " ", "\x00\x7f",
	"2.35 48.85", "2.35;48.85", "500 1", `{"type":"Point","coordinates":[2.35,48.850]}`, `{"b":[1.0,null],"a":{"@value":1}}`, `[1,{"x":"y"}]`, `null`, "{",
	"2024-03-31T02:30:00", "2024-10-27T02:30:00", "2024-01-01T00:00:00Z", "2024-02-29", "2024", "2024-07-01T10:00:00+02:00", "not a date", "\xff",
}

func randomCell(rng *rand.Rand, texts []string) record.Cell {
	text := texts[rng.IntN(len(texts))]
	switch rng.IntN(12) {
	case 0:
		return record.Cell{}
	case 1:
		return record.Cell{Text: []byte(fmt.Sprint(rng.IntN(3000))), Kind: record.Number}
	case 2:
		return record.Cell{Text: []byte("#N/A"), Kind: record.Error}
	}
	if text == "" {
		return record.Cell{}
	}
	return record.Cell{Text: []byte(text), Kind: record.Text}
}

func randomRows(rng *rand.Rand, n int, texts []string) *record.Batch {
	var rows []cells
	for i := range n {
		row := cells{fmt.Sprint(i)}
		for range 4 {
			row = append(row, randomCell(rng, texts))
		}
		rows = append(rows, row)
	}
	return batch(fuzzedHeader, rows...)
}

// requireSameText applies a mapping with and without an Encoder, and gives how
// many rows were written, filtered and rejected.
func requireSameText(t testing.TB, b *record.Batch, text string, ldctx jsontext.Value) (outcomes map[Outcome]int) {
	t.Helper()
	p := plan(t, b, text)
	encoder := p.Encoder(ldctx)
	require.NotNil(t, encoder)
	var want, got BatchResult
	p.ApplyBatch(b, &want)
	encoder.ApplyBatch(b, &got)
	outcomes = map[Outcome]int{}
	require.Len(t, got.Rows, len(want.Rows))
	for i, w := range want.Rows {
		g := got.Rows[i]
		outcomes[w.Outcome]++
		require.Equal(t, []any{w.Row, w.Outcome, w.Reason, len(w.Entities)}, []any{g.Row, g.Outcome, g.Reason, len(g.Entities)}, "%v %v", w.Findings, g.Findings)
		require.Equal(t, w.Findings, g.Findings)
		require.Len(t, g.JSON, len(w.Entities))
		for j := range w.Entities {
			e := w.Entities[j]
			require.Equal(t, e.ID, g.Entities[j].ID)
			require.Equal(t, e.Types, g.Entities[j].Types)
			require.Equal(t, w.Definitions[j], g.Definitions[j])
			e.Context = ldctx
			require.Equal(t, string(e.AppendJSON(nil, ngsild.Normalized)), string(g.JSON[j]))
		}
	}
	require.Equal(t, want.Empty, got.Empty, "values left out")
	return outcomes
}

func TestEncoderWritesWhatAppendJSONWrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, text := range encoded {
		t.Run(name, func(t *testing.T) {
			if name == "lean" || name == "reference" {
				b := referenceBatch(200)
				for i := range b.Records {
					r := &b.Records[i]
					for range rng.IntN(3) {
						r.Cells[rng.IntN(len(r.Cells))] = randomCell(rng, fuzzedTexts)
					}
				}
				requireSameText(t, b, text, nil)
				return
			}
			sum := map[Outcome]int{}
			for range 20 {
				// Rows of cells that mostly convert, else hardly any is written.
				for _, texts := range [][]string{fuzzedTexts, {"", "1", "12.5", "2024"}, {"", "urn:x:1", "2024", "2024-02-29"}} {
					b := randomRows(rng, 50, texts)
					fault := finding.New(finding.SourceRagged, finding.Location{File: "data.csv", Row: 9}, "too many cells")
					b.Records[7].Fault = &fault
					for outcome, n := range requireSameText(t, b, text, jsontext.Value(`["https://example.org/<c>.jsonld",{"a":"b"}]`)) {
						sum[outcome] += n
					}
				}
			}
			require.Greater(t, sum[Written], 100, "%v", sum)
			require.Greater(t, sum[Rejected], 100, "%v", sum)
		})
	}
}

func TestEncoderIsNilForWhatIsNotWrittenStraightThrough(t *testing.T) {
	b := batch("id|x", cells{"1", "2"})
	for _, text := range []string{
		mappingWith("a: [{value: 1}, {value: 2, datasetId: urn:d:2}]"),
		mappingWith("a: {value: 1, attributes: {b: [{value: 1}, {value: 2, datasetId: urn:d:2}]}}"),
		strings.Replace(oneAttribute("{value: 1}"), "  attributes", "  scope: /Paris\n  attributes", 1),
		strings.Replace(oneAttribute("{value: 1}"), "  attributes", "  merge: last\n  attributes", 1),
		strings.Replace(oneAttribute("{value: 1, observedAt: \"2024-01-01T00:00:00Z\"}"), "  attributes", "  merge: history\n  attributes", 1),
	} {
		require.Nil(t, plan(t, b, text).Encoder(nil), text)
	}
	for _, merge := range []string{"error", "first"} {
		text := strings.Replace(oneAttribute("{value: 1}"), "  attributes", "  merge: "+merge+"\n  attributes", 1)
		require.NotNil(t, plan(t, b, text).Encoder(nil), text)
	}
}

func TestEncoderAllocatesNothingInTheSteadyState(t *testing.T) {
	b := referenceBatch(500)
	for _, text := range []string{lean, reference} {
		encoder := plan(t, b, text).Encoder(jsontext.Value(`"https://example.org/c.jsonld"`))
		var out BatchResult
		encoder.ApplyBatch(b, &out)
		require.Equal(t, Written, out.Rows[0].Outcome, "%v", out.Rows[0].Findings)
		require.Zero(t, testing.AllocsPerRun(5, func() { encoder.ApplyBatch(b, &out) }))
	}
}

// FuzzEncoder: whatever the cells hold, an Encoder makes of them what the plan
// makes and AppendJSON writes.
func FuzzEncoder(f *testing.F) {
	f.Add("1", "x", "2.35 48.85", "2024-01-01")
	f.Add("12.5", "urn:x:1", `{"a":1.0}`, "2024-01-01T00:00:00Z")
	f.Add("2024", "a;b;\"c\"", "", "")
	f.Fuzz(func(t *testing.T, b, c, d, at string) {
		row := cells{"1"}
		for _, s := range []string{b, c, d, at} {
			if s == "" {
				row = append(row, nil)
				continue
			}
			row = append(row, s)
		}
		rows := batch(fuzzedHeader, row, cells{"2", "1", "x", "1 2", "2024-01-01T00:00:00Z"}, row)
		requireSameText(t, rows, encoded["kinds"], nil)
		requireSameText(t, rows, encoded["times"], jsontext.Value(`{"a":"b"}`))
	})
}

package mapping

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestRowCountsOnceByItsWorstOutcome(t *testing.T) {
	b := batch("id|n|kind",
		cells{"1", "5", "a"}, cells{"2", "0", "a"}, cells{"3", nil, "a"}, cells{"4", "x", "a"}, cells{"5", "5", "none"}, cells{nil, "5", "a"}, cells{"7", "5", "b"})
	fault := finding.New(finding.SourceRagged, b.Origin.At(9, ""), "the row has 2 cells, and the header 3")
	b.Records = append(b.Records, record.Record{Row: 9, Fault: &fault, Cells: b.Records[0].Cells[:2]})
	p := plan(t, b, `
source: {file: data.csv}
context: [c.jsonld]
where: [{keep: 'number("n") > 0', reason: no n}]
entities:
- {type: A, id: "urn:a:{id}", when: 'text("kind") in ["a", "b"]', attributes: {n: {value: {column: n, as: integer}}}}
- {type: B, id: "urn:b:{id}", when: 'text("kind") == "b"'}
`)
	var out BatchResult
	p.ApplyBatch(b, &out)
	outcome := func(i int) string {
		r := out.Rows[i]
		s := fmt.Sprintf("%d %s %d%s", r.Row, r.Outcome, len(r.Entities), r.Reason)
		for _, f := range r.Findings {
			s += " " + string(f.Code)
		}
		return s
	}
	require.Equal(t, "2 written 1", outcome(0))
	require.Equal(t, "3 filtered 0no n", outcome(1))
	require.Equal(t, "4 filtered 0no n", outcome(2))
	require.Equal(t, "5 rejected 0 row-condition", outcome(3))
	require.Equal(t, "6 filtered 0no entity applies to the row (when)", outcome(4))
	require.Equal(t, "7 rejected 0 row-id", outcome(5))
	require.Equal(t, "8 written 2", outcome(6))
	require.Equal(t, "9 rejected 0 source-ragged", outcome(7))
	require.Equal(t, []int{0, 1}, out.Rows[6].Definitions)
	require.Equal(t, "urn:b:7", out.Rows[6].Entities[1].ID)
	require.Equal(t, finding.Location{File: "data.csv", Row: 5, Column: "n"}, out.Rows[3].Findings[0].Location)
	require.Contains(t, out.Rows[3].Findings[0].Message, `"x" is not a number`)
	require.Contains(t, out.Rows[5].Findings[0].Hint, "fallback")
}

func TestRejectedRowHasEveryFaultOnce(t *testing.T) {
	b := batch("id|a|b", cells{"1", "x", "y"})
	p := plan(t, b, mappingWith(`p: {value: {column: a, as: number}}`, `q: {value: {column: a, as: number}}`, `r: {value: {column: b, as: date}}`))
	var out Result
	p.Apply(b, 0, &out)
	require.Len(t, out.Findings, 2)
	require.Empty(t, out.Entities)
}

func TestEmptyCellsOfRejectedRowsAreNotCounted(t *testing.T) {
	b := batch("id|a|b", cells{"1", nil, "x"}, cells{"2", nil, "1"})
	p := plan(t, b, mappingWith(`p: {value: {column: a}}`, `q: {value: {column: b, as: number}}`))
	var out BatchResult
	p.ApplyBatch(b, &out)
	require.Equal(t, []int{0, 1, 0}, out.Empty)
	require.Empty(t, out.Rows[1].Entities[0].Attributes[1:])
}

func TestAttributeConditionLeavesTheAttributeOut(t *testing.T) {
	a, findings := attributeOf(t, `{value: 1, when: 'number("x") > 5'}`, "6")
	require.Empty(t, findings)
	require.NotNil(t, a)
	a, _ = attributeOf(t, `{value: 1, when: 'number("x") > 5'}`, "5")
	require.Nil(t, a)
}

func TestInstancesOfOneAttributeDifferByDatasetID(t *testing.T) {
	b := batch("id|e|g|s", cells{"1", "10", "20", "x y"})
	m := mappingWith(`a: [{value: {column: e, as: number}, datasetId: "urn:d:{s}"}, {value: {column: g, as: number}}]`)
	var out Result
	plan(t, b, m).Apply(b, 0, &out)
	require.Len(t, out.Entities[0].Attributes, 2)
	require.Equal(t, "urn:d:x%20y", out.Entities[0].Attributes[0].DatasetID)
	require.Empty(t, out.Entities[0].Attributes[1].DatasetID)

	m = mappingWith(`a: [{value: {column: e, as: number}, datasetId: "urn:d:{s}"}, {value: {column: g, as: number}, datasetId: "urn:d:{s}"}]`)
	plan(t, b, m).Apply(b, 0, &out)
	require.Equal(t, Rejected, out.Outcome)
	require.Equal(t, finding.EntityDuplicate, out.Findings[0].Code)
}

func TestScopeIsATemplateThatMustBeAPath(t *testing.T) {
	m := strings.Replace(mappingWith("a: {value: 1}"), "  attributes", "  scope: [/Paris, \"/Paris/{x}\"]\n  attributes", 1)
	b := batch("id|x", cells{"1", "Métropole"}, cells{"2", "a b"})
	p := plan(t, b, m)
	var out Result
	p.Apply(b, 0, &out)
	require.Equal(t, []string{"/Paris", "/Paris/Métropole"}, out.Entities[0].Scopes)
	p.Apply(b, 1, &out)
	require.Equal(t, finding.EntityStructure, out.Findings[0].Code)
}

func TestIDFromAColumnThatHoldsURIs(t *testing.T) {
	m := strings.Replace(mappingWith("a: {value: 1}"), `"urn:ngsi-ld:Thing:{id}"`, "{column: id, as: uri}", 1)
	b := batch("id", cells{"urn:x:1"}, cells{"x 1"}, cells{nil})
	p := plan(t, b, m)
	var out BatchResult
	p.ApplyBatch(b, &out)
	require.Equal(t, "urn:x:1", out.Rows[0].Entities[0].ID)
	require.Equal(t, finding.RowID, out.Rows[1].Findings[0].Code)
	require.Equal(t, finding.RowID, out.Rows[2].Findings[0].Code)
}

func TestEveryWrittenEntityHasALegalStructure(t *testing.T) {
	b := referenceBatch(50)
	var out BatchResult
	plan(t, b, reference).ApplyBatch(b, &out)
	for _, r := range out.Rows {
		require.Empty(t, r.Entities[0].Check())
		again, findings, err := ngsild.Decode(r.Entities[0].AppendJSON(nil, ngsild.Normalized))
		require.NoError(t, err)
		require.Empty(t, findings)
		require.True(t, ngsild.Equal(&r.Entities[0], again))
	}
}

func TestBatchResultOutlivesItsBatch(t *testing.T) {
	b := referenceBatch(3)
	var out BatchResult
	plan(t, b, reference).ApplyBatch(b, &out)
	want := string(out.Rows[2].Entities[0].AppendJSON(nil, ngsild.Normalized))
	for _, r := range b.Records {
		for _, c := range r.Cells {
			for i := range c.Text {
				c.Text[i] = '?'
			}
		}
	}
	require.Equal(t, want, string(out.Rows[2].Entities[0].AppendJSON(nil, ngsild.Normalized)))
}

func TestPlanIsSafeToShare(t *testing.T) {
	b := referenceBatch(200)
	p := plan(t, b, reference)
	var reference BatchResult
	p.ApplyBatch(b, &reference)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var out Result
			for i := range b.Records {
				p.Apply(b, i, &out)
				if !ngsild.Equal(&out.Entities[0], &reference.Rows[i].Entities[0]) {
					t.Error("the entities differ")
				}
			}
		})
	}
	group.Wait()
}

func TestPreviewShowsCellsBesideEntities(t *testing.T) {
	b := batch("other|id|x", cells{"o", "1", nil}, cells{"o", "2", "v"}, cells{"o", "3", "v"})
	views := plan(t, b, oneAttribute(`{value: {column: x}}`)).Preview(b, 2)
	require.Len(t, views, 2)
	require.Equal(t, []PreviewCell{{"id", "1", false}, {"x", "", true}}, views[0].Cells)
	require.Equal(t, "urn:ngsi-ld:Thing:1", views[0].Entities[0].ID)
	require.Equal(t, `"v"`, string(views[1].Entities[0].Attributes[0].Value))
}

func TestMeasuresComeFromTheTextAlone(t *testing.T) {
	m := parse(t, `
source: {file: data.csv, decimal: ","}
context: [c.jsonld]
entities:
- type: A
  id: "urn:a:{id}"
  when: 'number("n") > 0'
  attributes:
    energy:
      value: {column: n, as: number, unit: {from: MWH, to: KWH}, nulls: [NA]}
      attributes: {sites: {value: {column: s, as: integer, decimal: "."}}}
    name: {value: {column: t}}
    level: [{value: 5, datasetId: "urn:d:1"}, {value: {column: l, as: number}, datasetId: "urn:d:{id}"}]
`)
	base := Measure{Types: []string{"A"}, Conditional: true}
	measure := func(change func(*Measure)) Measure { one := base; change(&one); return one }
	require.Equal(t, []Measure{
		measure(func(m *Measure) {
			m.Attribute, m.Column, m.From, m.To, m.Decimal, m.Nulls = []string{"energy"}, "n", "MWH", "KWH", ",", []string{"NA"}
		}),
		measure(func(m *Measure) {
			m.Attribute, m.Column, m.Integer, m.Decimal = []string{"energy", "sites"}, "s", true, "."
			m.PlainNulls = true
			m.Needs = []Need{{Columns: []string{"n"}, Nulls: []string{"NA"}}}
		}),
		measure(func(m *Measure) { m.Attribute = []string{"name"} }),
		measure(func(m *Measure) { m.Attribute, m.Constant, m.DatasetID = []string{"level"}, "5", "urn:d:1" }),
		measure(func(m *Measure) {
			m.Attribute, m.Column, m.Decimal, m.AnyDatasetID = []string{"level"}, "l", ",", true
			m.PlainNulls = true
		}),
	}, m.Measures())
	require.Equal(t, []Definition{{Types: []string{"A"}, Columns: []string{"id"}, ID: []IDPart{{Literal: "urn:a:"}, {Column: "id"}}, Conditional: true}}, m.Definitions())
	require.Equal(t, []string{"id", "n", "s", "t", "l"}, m.Columns())
}

func TestConditions(t *testing.T) {
	b := batch("n|t|d|e", cells{"12.5", "Paris 1er", "31/01/2024", nil})
	for source, want := range map[string]bool{
		`number("n") > 12`:    true,
		`number("n") == 12.5`: true,
		`number("n") * 2 + 1 >= 26 and number("n") % 5 == 2.5`: true,
		`-number("n") < 0`:         true,
		`number("n") > -1`:         true,
		`text("t") == "Paris 1er"`: true,
		`text("t") != "Paris 1er"`: false,
		`text("t") contains "aris" and text("t") startsWith "P"`: true,
		`text("t") endsWith "2e" or text("t") matches "^P.*r$"`:  true,
		`text("t") not in ["Lyon", "Paris 1er"]`:                 false,
		`date("d", "DD/MM/YYYY") >= "2024-01-31"`:                true,
		`date("d", "DD/MM/YYYY") < "2024-01-31"`:                 false,
		`isNull("e")`:                                            true,
		`not isNull("n")`:                                        true,
		`number("e") > 0`:                                        false,
		`number("e") <= 0`:                                       false,
		`number("e") != 0`:                                       false,
		`not (number("e") > 0)`:                                  true,
		`number("e") + 1 > 0`:                                    false,
		`text("e") == ""`:                                        false,
		`text("e") contains ""`:                                  false,
		`text("e") in ["a"]`:                                     false,
		`number("e") == nil`:                                     true,
		`number("n") != nil`:                                     true,
		`(number("e") ?? 3) == 3`:                                true,
		`upper(text("t")) == "PARIS 1ER"`:                        true,
		`len(text("t")) in 1..10`:                                true,
		`upper(text("t")) + "!" == "PARIS 1ER!"`:                 true,
		`number("n") > 0 ? text("t") == "x" : true`:              false,
		`true`: true,
	} {
		c, err := compileCondition(source, plainNumber, b.Header.Index)
		require.NoError(t, err, source)
		x := &memory{plan: &Plan{header: b.Header.Names}, batch: b, record: &b.Records[0]}
		got, ok := c.holds(x)
		require.True(t, ok, "%s: %v", source, x.findings)
		require.Equal(t, want, got, source)
		// The machine must agree with our own tree.
		c.tree = nil
		got, ok = c.holds(x)
		require.True(t, ok, "%s: %v", source, x.findings)
		require.Equal(t, want, got, "by the machine: %s", source)
	}
}

func TestConditionThatCannotBeDecidedRejectsTheRow(t *testing.T) {
	b := batch("n|t", cells{"x", "a"})
	for _, source := range []string{`number("n") > 0`, `date("t") > "2024"`, `len(number("n")) > 0`} {
		c, err := compileCondition(source, plainNumber, b.Header.Index)
		require.NoError(t, err, source)
		x := &memory{plan: &Plan{header: b.Header.Names}, batch: b, record: &b.Records[0]}
		_, ok := c.holds(x)
		require.False(t, ok, source)
		require.Len(t, x.findings, 1)
		require.Equal(t, finding.RowCondition, x.findings[0].Code)
	}
}

func TestConditionFaults(t *testing.T) {
	for source, want := range map[string]string{
		`number("n") >`:         "at character",
		`nomber("n") > 1`:       "nomber",
		`number(text("n")) > 1`: "name of a column in quotes",
		`text("n") == 2024`:     "read the column with number",
		`number("n") > "1"`:     "compares a number with a text",
		`1 + 1`:                 "expected bool",
		`text("n") matches "("`: "missing closing",
		`upper(text("n")) > 5`:  "mismatched types",
		`number("n") + 1`:       "gives a number",
		`now() > 1`:             "now",
		`date("n", "dd") > ""`:  "stands for nothing",
	} {
		_, err := compileCondition(source, plainNumber, func(string) int { return 0 })
		require.ErrorContains(t, err, want, source)
	}
}

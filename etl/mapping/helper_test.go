package mapping

import (
	"errors"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// terms is an @context for tests: the names it holds are defined.
type terms []string

func (t terms) Expand(term string) (string, bool) {
	for _, name := range t {
		if name == term {
			return "https://example.org/" + term, true
		}
	}
	if strings.Contains(term, ":") {
		return term, true
	}
	return "https://uri.etsi.org/ngsi-ld/default-context/" + term, false
}

func (t terms) Nearest(term string) string { return finding.Nearest(term, t) }

// cells is one row: a string is a text cell, nil an empty one, a record.Cell
// itself.
type cells []any

// table makes a batch of rows under a header. Names are separated by |.
func batch(header string, rows ...cells) *record.Batch {
	b := &record.Batch{Origin: record.Origin{File: "data.csv"}, Header: &record.Header{Names: strings.Split(header, "|")}}
	for i, row := range rows {
		r := record.Record{Row: i + 2}
		for _, v := range row {
			switch c := v.(type) {
			case nil:
				r.Cells = append(r.Cells, record.Cell{})
			case string:
				r.Cells = append(r.Cells, record.Cell{Text: []byte(c), Kind: record.Text})
			case record.Cell:
				r.Cells = append(r.Cells, c)
			}
		}
		b.Records = append(b.Records, r)
	}
	return b
}

// parse parses a mapping that has no fault.
func parse(t testing.TB, text string) *Mapping {
	t.Helper()
	m, err := Parse("m.yaml", []byte(text))
	require.NoError(t, err)
	return m
}

// plan compiles a mapping that has no fault for the header of b.
func plan(t testing.TB, b *record.Batch, text string) *Plan {
	t.Helper()
	p, faults := Compile(parse(t, text), Env{Header: b.Header})
	require.Empty(t, faults)
	return p
}

// oneAttribute is a mapping with the attribute a of the column x.
func oneAttribute(definition string) string {
	return mappingWith("a: " + definition)
}

func mappingWith(attributes ...string) string {
	text := `source: {file: data.csv}
context: [context.jsonld]
entities:
- type: Thing
  id: "urn:ngsi-ld:Thing:{id}"
  attributes:
`
	for _, a := range attributes {
		text += "    " + strings.ReplaceAll(strings.TrimSpace(a), "\n", "\n    ") + "\n"
	}
	return text
}

// attributeOf gives the first attribute of the entity that the row makes, or
// the row's findings.
func attributeOf(t testing.TB, definition string, value any) (*ngsild.Attribute, []finding.Finding) {
	t.Helper()
	b := batch("id|x", cells{"1", value})
	var out Result
	plan(t, b, oneAttribute(definition)).Apply(b, 0, &out)
	if out.Outcome == Rejected {
		return nil, out.Findings
	}
	require.Equal(t, Written, out.Outcome)
	require.Len(t, out.Entities, 1)
	if len(out.Entities[0].Attributes) == 0 {
		return nil, nil
	}
	return &out.Entities[0].Attributes[0], nil
}

// value gives the JSON value that a definition makes of a cell.
func value(t testing.TB, definition string, cell any) string {
	t.Helper()
	a, findings := attributeOf(t, definition, cell)
	require.Empty(t, findings)
	if a == nil {
		return "absent"
	}
	return string(a.Value)
}

// refusal gives the one finding for which a row is rejected.
func refusal(t testing.TB, definition string, cell any) finding.Finding {
	t.Helper()
	_, findings := attributeOf(t, definition, cell)
	require.Len(t, findings, 1)
	return findings[0]
}

// parseFaults gives the faults of a text that does not parse.
func parseFaults(t testing.TB, text string) []finding.Finding {
	t.Helper()
	_, err := Parse("m.yaml", []byte(text))
	var list finding.List
	require.True(t, errors.As(err, &list), "want findings, have %v", err)
	return list
}

// compileFaults gives the faults of a mapping that does not compile.
func compileFaults(t testing.TB, env Env, text string) []finding.Finding {
	t.Helper()
	p, faults := Compile(parse(t, text), env)
	require.Nil(t, p)
	require.NotEmpty(t, faults)
	return faults
}

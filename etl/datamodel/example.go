package datamodel

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	// searched is how many rows are looked at for an example.
	searched = 5000
	// sampled is how many cells of a column say whether it looks personal.
	sampled = 100
)

// Examples makes entities of the first rows of a flow, which is at its end then, and gives
// the first of each model; none where a column that the mapping reads seems to name
// persons. Findings are warnings: of columns that seem to hold data of persons, and of
// models without a row.
func Examples(ctx context.Context, flow *etl.Flow, list []*Model) (func(*Model) *Example, []finding.Finding, error) {
	rows, err := flow.Preview(ctx, searched)
	if err != nil {
		return nil, nil, err
	}
	found, direct := personal(flow, rows)
	examples := map[*Model]*Example{}
	of := func(m *Model) *Example { return examples[m] }
	if direct {
		return of, found, nil
	}
	for _, m := range list {
		for i := range rows {
			if examples[m] = m.example(flow, &rows[i]); examples[m] != nil {
				break
			}
		}
		if examples[m] == nil {
			f := finding.New(finding.SourceNoRows, finding.Location{File: flow.Spec.Name()}, "none of its first %d rows makes a %s: the model has no example", len(rows), m.Name)
			if i := slices.IndexFunc(rows, func(r mapping.Preview) bool { return len(r.Findings) > 0 }); i >= 0 {
				f = f.WithHint("row %d: %s", rows[i].Row, rows[i].Findings[0].Message)
			}
			found = append(found, f)
		}
	}
	return of, found, nil
}

// example gives the entity of the model that a row made, or nil.
func (m *Model) example(flow *etl.Flow, row *mapping.Preview) *Example {
	for i := range row.Entities {
		if !slices.Contains(m.definitions, row.Definitions[i]) {
			continue
		}
		e := &row.Entities[i]
		return &Example{
			Normalized: e.AppendJSON(nil, ngsild.Normalized),
			Simplified: e.AppendJSON(nil, ngsild.Simplified),
			Context:    flow.Context.JSON(),
			Place:      fmt.Sprintf("row %d of %s", row.Row, flow.Spec.Name()),
		}
	}
	return nil
}

// personal warns of columns of the mapping that seem to hold data of persons; direct says
// that one identifies them by itself.
func personal(flow *etl.Flow, rows []mapping.Preview) (found []finding.Finding, direct bool) {
	var columns []string
	samples := map[string][]string{}
	for _, row := range rows {
		for _, c := range row.Cells {
			if samples[c.Column] == nil {
				columns = append(columns, c.Column)
				samples[c.Column] = []string{}
			}
			if !c.Null && len(samples[c.Column]) < sampled {
				samples[c.Column] = append(samples[c.Column], c.Text)
			}
		}
	}
	for _, column := range columns {
		kind, why := profile.LooksPersonal(column, samples[column])
		if kind == "" {
			continue
		}
		then, hint := "and the examples show one row", "put an invented value into the examples before you publish them"
		if kind.Direct() {
			direct = true
			then, hint = "so no example is made", "leave the column out of the mapping, or write the examples by hand, with invented values"
		}
		f := finding.New(finding.InventoryLooksPersonal, finding.Location{File: flow.Spec.Name(), Column: column}, "this looks like %s (%s), %s", article(string(kind)), why, then)
		found = append(found, f.WithHint("%s", hint))
	}
	return found, direct
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

package mapping

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Preview shows what one row becomes: the cells that the mapping reads beside
// the outcome. It shares no memory with the batch or the plan.
type Preview struct {
	RowResult
	// At is the place of the row; of a wide table that was unpivoted, with the
	// column.
	At    finding.Location
	Cells []PreviewCell
}

// PreviewCell is a cell of a column that the mapping reads.
type PreviewCell struct {
	Column string
	Text   string
	Null   bool
}

// Preview applies the plan to the first limit records of the batch.
func (p *Plan) Preview(b *record.Batch, limit int) []Preview {
	var out []Preview
	var result Result
	for i := range min(max(limit, 0), len(b.Records)) {
		p.Apply(b, i, &result)
		view := Preview{RowResult: result.RowResult, At: b.At(&b.Records[i], "")}
		view.Entities = cloneEntities(result.Entities)
		view.Definitions = slices.Clone(result.Definitions)
		for _, column := range p.reads {
			if cells := b.Records[i].Cells; column < len(cells) {
				view.Cells = append(view.Cells, PreviewCell{p.header[column], string(cells[column].Text), cells[column].IsNull()})
			}
		}
		out = append(out, view)
	}
	return out
}

// cloneEntities copies entities with everything that lives in a Result.
func cloneEntities(list []ngsild.Entity) []ngsild.Entity {
	out := slices.Clone(list)
	for i := range out {
		e := &out[i]
		e.ID = strings.Clone(e.ID)
		e.Types = cloneTexts(e.Types)
		e.Scopes = cloneTexts(e.Scopes)
		e.Attributes = cloneAttributes(e.Attributes)
	}
	return out
}

func cloneTexts(list []string) []string {
	out := slices.Clone(list)
	for i := range out {
		out[i] = strings.Clone(out[i])
	}
	return out
}

func cloneAttributes(list []ngsild.Attribute) []ngsild.Attribute {
	out := slices.Clone(list)
	for i := range out {
		a := &out[i]
		a.Value = bytes.Clone(a.Value)
		a.ObservedAt = strings.Clone(a.ObservedAt)
		a.DatasetID = strings.Clone(a.DatasetID)
		a.Attributes = cloneAttributes(a.Attributes)
	}
	return out
}

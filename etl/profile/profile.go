package profile

import (
	"context"
	"errors"
	"slices"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Table is what a table holds.
type Table struct {
	File    string         `json:"file"`
	Sheet   string         `json:"sheet,omitempty"`
	Dialect source.Dialect `json:"dialect"`
	// Rows counts the records; Faulty those of them that cannot be used (ragged,
	// broken quotes), Skipped what is none (preamble, blank lines).
	Rows     int64             `json:"rows"`
	Faulty   int64             `json:"faulty"`
	Skipped  int64             `json:"skipped"`
	Columns  []Column          `json:"columns"`
	Findings []finding.Finding `json:"findings"`
}

// Column is what a column holds. All counts are of all rows, not of a sample.
type Column struct {
	Name string `json:"name"`
	// Type holds for all cells that are not empty but Odd of them.
	Type Type `json:"type"`
	// Format is that of dates and times, as a mapping writes it; "" is ISO 8601.
	// Ambiguous is another format in which all of them can be read.
	Format    string `json:"format,omitempty"`
	Ambiguous string `json:"ambiguous,omitempty"`
	// Unit is a UN/CEFACT code (Recommendation 20), and UnitText what in the
	// header says so.
	Unit     string `json:"unit,omitempty"`
	UnitText string `json:"unit_text,omitempty"`
	Empty    int64  `json:"empty"`
	// Odd counts the cells that are not of the type; OddAt is the first of them.
	Odd     int64  `json:"odd"`
	OddCell string `json:"odd_cell,omitempty"`
	OddRow  int    `json:"odd_row,omitempty"`
	// Nulls are words that seem to stand for "no value" in a column of numbers;
	// they count neither as Empty nor as Odd.
	Nulls []string `json:"nulls,omitempty"`
	// Distinct counts different texts; above 65 536 it is an estimate, which is
	// off by about 1 %, and DistinctExact is false.
	Distinct      int64 `json:"distinct"`
	DistinctExact bool  `json:"distinct_exact"`
	// Min and Max are the least and the greatest value: of numbers as plain JSON
	// numbers, of times as they are written, of texts by their bytes.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Samples are the first different cells, shortened where they are long.
	Samples []string `json:"samples"`
	Role    Role     `json:"role"`
	// Personal is the kind of data about a person that the column seems to hold,
	// and Why what speaks for it.
	Personal Personal `json:"personal,omitempty"`
	Why      string   `json:"why,omitempty"`
}

// Tables reads every table of the file that spec names. One of several that cannot
// be read, such as a blank sheet, is left out, and why is among the findings. The
// error is that of Of.
func Tables(ctx context.Context, baseDir string, spec source.Spec) (list []*Table, findings []finding.Finding, err error) {
	specs, err := source.Tables(ctx, baseDir, spec)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range specs {
		t, err := Of(ctx, baseDir, one)
		var refused *source.Error
		if errors.As(err, &refused) && len(specs) > 1 {
			left := refused.Finding
			left.Severity = finding.Info
			findings = append(findings, left)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if len(specs) > 1 { // the others are read as well
			t.Findings = slices.DeleteFunc(t.Findings, func(f finding.Finding) bool { return f.Code == finding.SourceTables })
		}
		list = append(list, t)
	}
	return list, findings, nil
}

// Of reads the whole table that spec names, relative to baseDir. The error is a
// *source.Error, or of the system.
func Of(ctx context.Context, baseDir string, spec source.Spec) (*Table, error) {
	src, err := source.Open(ctx, baseDir, spec)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	t := &Table{File: spec.File, Columns: []Column{}, Findings: []finding.Finding{}}
	gatherers := make([]*gatherer, len(src.Header().Names))
	for i, name := range src.Header().Names {
		gatherers[i] = newGatherer(name, src.Dialect())
	}
	err = source.Each(ctx, src, func(b *record.Batch, i int) error {
		r := &b.Records[i]
		t.Sheet = b.Origin.Sheet
		t.Rows++
		if r.Fault != nil {
			t.Faulty++
			return nil
		}
		for j, g := range gatherers {
			g.add(r.Row, r.Cells[j])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.Dialect, t.Skipped = src.Dialect(), int64(src.Skipped())
	t.Findings = append(t.Findings, src.Findings()...)
	for _, g := range gatherers {
		t.Columns = append(t.Columns, g.column(t.Rows-t.Faulty))
	}
	return t, nil
}

package format

import (
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Options is what may be declared of any table whose format itself says what
// its columns and the types of its cells are. The zero value of each member
// means that nothing is declared.
type Options struct {
	Origin    record.Origin
	Decimal   string // of numbers in text cells
	Thousands string
	Columns   []string
	Nulls     []string
	// CRS is the coordinate reference system of the geometries, as a code.
	CRS string
}

// Typed is what the readers of such formats have in common: what they say of
// the table, and which texts mean no value.
type Typed struct {
	Options
	Columns *record.Header

	dialect  Dialect
	findings []finding.Finding
	skipped  int
	numbers  Numbers
	nulls    map[string]bool
}

// NewTyped gives the part of a reader that knows what was declared.
func NewTyped(opt Options) Typed {
	t := Typed{Options: opt, nulls: map[string]bool{}}
	for _, token := range opt.Nulls {
		if token = strings.TrimSpace(token); token != "" {
			t.nulls[token] = true
		}
	}
	return t
}

// Header gives the names of the columns.
func (t *Typed) Header() *record.Header { return t.Columns }

// Dialect gives what was declared and detected.
func (t *Typed) Dialect() Dialect { return t.dialect }

// Findings gives what is to be said of the table as a whole, so far.
func (t *Typed) Findings() []finding.Finding { return t.findings }

// Skipped counts what is no record: blank lines, deleted rows.
func (t *Typed) Skipped() int { return t.skipped }

// Skip counts one more that is no record.
func (t *Typed) Skip() { t.skipped++ }

// Property adds to the dialect.
func (t *Typed) Property(key, value string, how How, evidence string) {
	t.dialect = append(t.dialect, Property{Key: key, Value: value, How: how, Confidence: 1, Evidence: evidence})
}

// Say adds a finding about the table, or with a row about the first of several
// rows that it is about.
func (t *Typed) Say(code finding.Code, row int, column, hint, message string, args ...any) {
	t.findings = append(t.findings, finding.New(code, t.Origin.At(row, column), message, args...).WithHint("%s", hint))
}

// Name makes the header of the names in the file, or of those that were
// declared instead, of which there have to be as many.
func (t *Typed) Name(names []string) error {
	if declared := t.Options.Columns; len(declared) > 0 {
		if len(declared) != len(names) {
			return Misdeclared(finding.New(finding.SourceSpec, t.Origin.At(0, ""), "%d columns are declared, but the table has %d", len(declared), len(names)).
				WithHint("its columns are %s", strings.Join(names[:min(20, len(names))], ", ")))
		}
		names = declared
	}
	t.Columns = record.NewHeader(names)
	t.findings = append(t.findings, Repeated(t.Columns, t.Origin, 0)...)
	return nil
}

// Sample looks at a text cell of the sample for how numbers are written in it.
func (t *Typed) Sample(cell string) { t.numbers.Add(cell) }

// Sampled ends the sample: it says how numbers in texts are written.
func (t *Typed) Sampled() {
	list, unsure := t.numbers.Properties(t.Decimal, t.Thousands)
	t.dialect = append(t.dialect, list...)
	if unsure != "" {
		t.Say(finding.SourceUnsure, 0, "", `set decimal under source, such as source: {decimal: ","} (flag --decimal)`, "%s", unsure)
	}
	t.dialect = append(t.dialect, NullTokens(t.Nulls))
}

// Cell makes a cell: of kind Null where its text is blank or a null token.
func (t *Typed) Cell(kind record.Kind, text []byte) record.Cell {
	if kind == record.Text || len(t.nulls) > 0 {
		start, end := 0, len(text)
		for start < end && text[start] <= ' ' {
			start++
		}
		for end > start && text[end-1] <= ' ' {
			end--
		}
		if start == end || len(t.nulls) > 0 && t.nulls[string(text[start:end])] {
			kind = record.Null
		}
	}
	return record.Cell{Text: text, Kind: kind}
}

// Damaged gives the error of a file that is broken inside.
func (t *Typed) Damaged(row int, cause error, message string, args ...any) error {
	return Refuse(finding.New(finding.SourceDamaged, t.Origin.At(row, ""), message, args...).
		WithHint("copy or download the file again"), cause)
}

// NoRows says that the table has columns and nothing else.
func (t *Typed) NoRows() {
	if !slices.ContainsFunc(t.findings, func(f finding.Finding) bool { return f.Code == finding.SourceNoRows }) {
		t.Say(finding.SourceNoRows, 0, "", "", "the table has columns and no rows")
	}
}

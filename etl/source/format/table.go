package format

import (
	"fmt"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Repeated warns of each name that several columns have. It is an error only
// for a mapping that uses the name.
func Repeated(h *record.Header, origin record.Origin, row int) []finding.Finding {
	var list []finding.Finding
	for _, title := range h.Repeated() {
		f := finding.New(finding.SourceDuplicateColumn, origin.At(row, ""), "several columns have the name %q", title).
			WithHint("name the one you mean: %s", strings.Join(h.Alternatives(title), ", "))
		f.Severity = finding.Warning
		list = append(list, f)
	}
	return list
}

// NullTokens gives the property of the texts that mean no value.
func NullTokens(declared []string) Property {
	p := Property{Key: Nulls, Value: `""`, How: Default, Confidence: 1}
	if declared != nil {
		p.How = Declared
	}
	for _, t := range declared {
		if t = strings.TrimSpace(t); t != "" {
			p.Value += fmt.Sprintf(", %q", t)
		}
	}
	return p
}

// DetectedNulls is NullTokens where none are declared: texts such as NA that stand
// among the numbers or dates of a column of the sample. They mean no value for
// numbers and dates alone.
func DetectedNulls(sample []Row, names []string) Property {
	tokens, column := missingTokens(sample, names)
	p := NullTokens(tokens)
	if p.How = Default; len(tokens) > 0 {
		p.How, p.Evidence = Detected, fmt.Sprintf("among the numbers of the column %q; no value where a number or a date is read", column)
	}
	return p
}

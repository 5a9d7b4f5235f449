package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Run is what one run did. Its JSON is report.json, which scripts rely on.
type Run struct {
	// Name is the use case's.
	Name     string    `json:"name"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Version is ldt's.
	Version string `json:"ldt"`
	// Broker is the URL of the broker, or empty where none was written to.
	Broker string `json:"broker,omitempty"`
	// Failure says in one sentence why the run stopped before its end, or is empty.
	Failure string `json:"failure,omitempty"`

	Flows []Flow `json:"flows"`
	// Findings counts what the run found beside the flows: of the inventory,
	// the contexts, the mappings.
	Findings FindingCounts `json:"findings"`
	// Samples are the first of them, of each code a few.
	Samples finding.List `json:"samples"`
	// Verification is nil where nothing was verified.
	Verification *Verification `json:"verification,omitempty"`
	// Links are URLs and files to look at next.
	Links []Link `json:"links"`
}

// Flow is one mapping of a run: what its source held and what became of it.
type Flow struct {
	// Name is the mapping's path.
	Name   string `json:"name"`
	Source Source `json:"source"`
	Rows   Rows   `json:"rows"`
	// Entities counts what the broker did with the entities; all are 0 where
	// there was none.
	Entities Entities `json:"entities"`
	// Types counts the entities that were made, by type.
	Types map[string]int64 `json:"types"`
	// MergedReasons, FilteredReasons and RejectedReasons count rows by reason.
	MergedReasons   map[string]int64 `json:"merged_reasons"`
	FilteredReasons map[string]int64 `json:"filtered_reasons"`
	RejectedReasons map[string]int64 `json:"rejected_reasons"`
	// Empty counts the cells without a value that were left out, by column.
	Empty map[string]int64 `json:"empty_cells"`
	// Findings counts the findings of the rows.
	Findings FindingCounts `json:"findings"`
	// Found counts them by code.
	Found map[finding.Code]int64 `json:"found"`
	// Samples are the first findings of each code.
	Samples finding.List `json:"samples"`
	// Rejects is the file with the rejected rows, or empty.
	Rejects string `json:"rejects,omitempty"`
}

// Source is what a flow read, and how.
type Source struct {
	File  string `json:"file"`
	Sheet string `json:"sheet,omitempty"`
	// Dialect holds each property (encoding, delimiter, decimal, …) of the file
	// and how it came to be known.
	Dialect map[string]Decided `json:"dialect"`
}

// Decided is a property of a source's dialect.
type Decided struct {
	Value string `json:"value"`
	// How says who decided: "declared", "detected", "default".
	How string `json:"how"`
	// Confidence is from 0 to 1; 0 is not known.
	Confidence float64 `json:"confidence,omitempty"`
	// Evidence is what in the file speaks for the value.
	Evidence string `json:"evidence,omitempty"`
}

// Rows accounts for the rows of a source:
// Read = Written + Merged + Filtered + Rejected.
type Rows struct {
	Read     int64 `json:"read"`
	Written  int64 `json:"written"`
	Merged   int64 `json:"merged"`
	Filtered int64 `json:"filtered"`
	Rejected int64 `json:"rejected"`
	// Skipped are preamble, footer and blank lines, which are not read as rows.
	Skipped int64 `json:"skipped"`
}

// Entities counts what a broker did.
type Entities struct {
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Failed    int64 `json:"failed"`
}

// Verification is the comparison of the sources with the broker.
type Verification struct {
	Comparisons []Comparison `json:"comparisons"`
}

// Comparison is one figure of a source beside that of the broker. Figures are
// decimal numbers as text, in the unit of the source.
type Comparison struct {
	Flow string `json:"flow"`
	// What is compared, such as "rows", "entities of type Iris" or
	// "sum of Conso totale (MWh)".
	What   string `json:"what"`
	Source string `json:"source"`
	// Explained says what the run's own record explains of a difference, such
	// as "44 rejected", or why nothing is compared, or is empty.
	Explained string `json:"explained,omitempty"`
	// Expected is what remains of Source after what is explained.
	Expected string `json:"expected"`
	Broker   string `json:"broker"`
	// OK is false where Broker is not as expected.
	OK bool `json:"ok"`
}

// Link is something to look at next.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Failed counts the comparisons that are not OK.
func (v *Verification) Failed() int {
	n := 0
	if v != nil {
		for _, c := range v.Comparisons {
			if !c.OK {
				n++
			}
		}
	}
	return n
}

// Check proves that every row is accounted for: in each flow, read = written +
// merged + filtered + rejected, and the reasons of each outcome that gives
// reasons add up to it. The error names each flow and figure that does not.
func (r *Run) Check() error {
	var faults []error
	for _, f := range r.Flows {
		n := f.Rows
		if sum := n.Written + n.Merged + n.Filtered + n.Rejected; sum != n.Read {
			faults = append(faults, fmt.Errorf("%s: %s read, but %d written + %d merged + %d filtered + %d rejected are %d",
				f.Name, plural(n.Read, "row"), n.Written, n.Merged, n.Filtered, n.Rejected, sum))
		}
		if min(n.Read, n.Written, n.Merged, n.Filtered, n.Rejected, n.Skipped) < 0 {
			faults = append(faults, fmt.Errorf("%s: a count of rows is below 0", f.Name))
		}
		for _, part := range []struct {
			outcome string
			rows    int64
			reasons map[string]int64
			must    bool
		}{
			{"merged", n.Merged, f.MergedReasons, false},
			{"filtered", n.Filtered, f.FilteredReasons, true},
			{"rejected", n.Rejected, f.RejectedReasons, true},
		} {
			if sum := total(part.reasons); sum != part.rows && (part.must || len(part.reasons) > 0) {
				faults = append(faults, fmt.Errorf("%s: %s %s, but the reasons given are for %d", f.Name, plural(part.rows, "row"), part.outcome, sum))
			}
		}
	}
	return errors.Join(faults...)
}

// Total adds up the rows and entities of all flows.
func (r *Run) Total() (Rows, Entities) {
	var rows Rows
	var entities Entities
	for _, f := range r.Flows {
		rows.Read += f.Rows.Read
		rows.Written += f.Rows.Written
		rows.Merged += f.Rows.Merged
		rows.Filtered += f.Rows.Filtered
		rows.Rejected += f.Rows.Rejected
		rows.Skipped += f.Rows.Skipped
		entities.Created += f.Entities.Created
		entities.Updated += f.Entities.Updated
		entities.Unchanged += f.Entities.Unchanged
		entities.Failed += f.Entities.Failed
	}
	return rows, entities
}

// AllFindings counts the findings of the run and of all its flows.
func (r *Run) AllFindings() FindingCounts {
	c := r.Findings
	for _, f := range r.Flows {
		c.Errors += f.Findings.Errors
		c.Warnings += f.Findings.Warnings
		c.Infos += f.Findings.Infos
	}
	return c
}

// WriteJSON writes report.json. Lists and maps are never null.
func (r *Run) WriteJSON(w io.Writer) error {
	out := *r
	out.Flows = make([]Flow, len(r.Flows))
	for i, f := range r.Flows {
		f.Types = orEmpty(f.Types)
		f.MergedReasons = orEmpty(f.MergedReasons)
		f.FilteredReasons = orEmpty(f.FilteredReasons)
		f.RejectedReasons = orEmpty(f.RejectedReasons)
		f.Empty = orEmpty(f.Empty)
		f.Found = orEmpty(f.Found)
		f.Source.Dialect = orEmpty(f.Source.Dialect)
		out.Flows[i] = f
	}
	if out.Links == nil {
		out.Links = []Link{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(&out)
}

// ReadRun reads what WriteJSON wrote.
func ReadRun(r io.Reader) (*Run, error) {
	var run Run
	if err := json.NewDecoder(r).Decode(&run); err != nil {
		return nil, fmt.Errorf("read the run report: %w", err)
	}
	return &run, nil
}

func orEmpty[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func total(m map[string]int64) int64 {
	sum := int64(0)
	for _, n := range m {
		sum += n
	}
	return sum
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// count is a name with its number.
type count struct {
	Name string
	N    int64
}

// ranked gives the counts of a map, the largest first.
func ranked(m map[string]int64) []count {
	list := make([]count, 0, len(m))
	for name, n := range m {
		list = append(list, count{name, n})
	}
	slices.SortFunc(list, func(a, b count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return list
}

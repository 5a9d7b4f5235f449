package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/models/suggest"
)

// suggestedRow is a model that a table may be about, for scripts.
type suggestedRow struct {
	modelRow
	Score float64 `json:"score"`
	// Sure says that the model is well ahead of the next.
	Sure     bool             `json:"sure"`
	Columns  int              `json:"columns"`
	Answered []suggest.Answer `json:"answered"`
	// Named are the words of the model's name that the table has.
	Named []string `json:"named"`
}

// suggestedTable is a table of a source with its models.
type suggestedTable struct {
	File   string         `json:"file"`
	Sheet  string         `json:"sheet,omitempty"`
	Table  string         `json:"table,omitempty"`
	Rows   int64          `json:"rows"`
	Models []suggestedRow `json:"models"`
}

func newModelsSuggestCommand(s *settings) *cobra.Command {
	var reading readingFlags
	var asJSON bool
	var n int
	cmd := &cobra.Command{
		Use:   "suggest SOURCE",
		Short: "The models that a table may be about, the best first, with reasons",
		Long: "Reads a table to its end and holds its columns against the attributes of every model: names and synonyms in six\n" +
			"languages, units, types, ranges, values; --verbose says of each column why. ldt map new SOURCE --model NAME then proposes a mapping.",
		Args: wantArgs(1, 1, "SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 {
				return &exitError{exitUsage, fmt.Errorf("-n %d shows nothing\n  hint: -n 5 shows five models", n)}
			}
			catalogue, err := catalogueHere(cmd.Context())
			if err != nil {
				return err
			}
			tables, found, err := profile.Tables(cmd.Context(), "", reading.spec(args[0]))
			if err != nil {
				return err
			}
			suggester := suggest.New(catalogue)
			list := make([]suggestedTable, len(tables))
			for i, t := range tables {
				list[i] = suggestedOf(suggester, t, n)
				found = append(found, t.Findings...)
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), list)
			}
			for i := range list {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := list[i].writeText(cmd.OutOrStdout(), tables[i], s.verbose); err != nil {
					return err
				}
			}
			return s.findings(cmd.ErrOrStderr(), found, nil)
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().IntVarP(&n, "number", "n", 5, "how many models to show")
	reading.add(cmd)
	return cmd
}

func suggestedOf(s *suggest.Suggester, t *profile.Table, n int) suggestedTable {
	out := suggestedTable{File: t.File, Sheet: t.Sheet, Table: t.Dialect.Value("table"), Rows: t.Rows, Models: []suggestedRow{}}
	for _, m := range s.Models(propose.TableOf(t), n) {
		row := suggestedRow{
			modelRow: rowOf(m.Model.Subject.Name, m.Model.Subject.Folder, m.Model.Name, m.Model.Type, m.Model.TypeIRI(), m.Model.Line()),
			Score:    m.Score, Sure: m.Sure, Columns: len(t.Columns), Answered: m.Answered, Named: m.Named,
		}
		if row.Answered == nil {
			row.Answered = []suggest.Answer{}
		}
		if row.Named == nil {
			row.Named = []string{}
		}
		out.Models = append(out.Models, row)
	}
	return out
}

// answersShown is how many answers the text names of a model.
const answersShown = 6

// writeText writes the models of a table for a person; verbose gives each answer with its
// reasons a line.
func (t *suggestedTable) writeText(w io.Writer, table *profile.Table, verbose bool) error {
	var b strings.Builder
	b.WriteString(t.File)
	if t.Sheet != "" {
		fmt.Fprintf(&b, " sheet %q", t.Sheet)
	}
	if t.Table != "" {
		fmt.Fprintf(&b, " table %s", t.Table)
	}
	fmt.Fprintf(&b, ": %d rows, %d columns\n", t.Rows, len(table.Columns))
	if len(t.Models) == 0 {
		b.WriteString("  no column is an attribute of a model that is known\n")
	}
	for i, m := range t.Models {
		fmt.Fprintf(&b, "%3d  %s  %.2f\n", i+1, m.Model, m.Score)
		if verbose {
			for _, a := range m.Answered {
				var reasons []string
				for _, r := range a.Reasons {
					reasons = append(reasons, r.Text)
				}
				fmt.Fprintf(&b, "     %s → %s %.2f: %s\n", a.Column, a.Attribute, a.Score, strings.Join(reasons, "; "))
			}
		} else if len(m.Answered) > 0 {
			var parts []string
			for _, a := range m.Answered[:min(len(m.Answered), answersShown)] {
				parts = append(parts, fmt.Sprintf("%s → %s %.2f", a.Column, a.Attribute, a.Score))
			}
			if more := len(m.Answered) - answersShown; more > 0 {
				parts = append(parts, fmt.Sprintf("and %d more", more))
			}
			fmt.Fprintf(&b, "     %d of %s: %s\n", len(m.Answered), counted(m.Columns, "column answers an attribute", "columns answer attributes"), strings.Join(parts, "; "))
		}
		if len(m.Named) > 0 {
			fmt.Fprintf(&b, "     names and headers speak of %s\n", strings.Join(m.Named, ", "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

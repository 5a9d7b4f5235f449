package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newModelsCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "Find, show, check, add and write data models",
		Long: "Answers from the 775 Smart Data Models inside the binary and, inside a use case, from its own in data-models/.\n" +
			"Nothing is fetched but what ldt models add names by URL.",
		Args: cobra.ArbitraryArgs,
		RunE: showHelp,
	}
	cmd.AddCommand(newModelsListCommand(), newModelsSearchCommand(s), newModelsShowCommand(), newModelsSuggestCommand(s), newModelsCheckCommand(s), newModelsAddCommand(s), newModelsNewCommand(s))
	return cmd
}

// catalogueHere gives the models that are known in the current folder.
func catalogueHere(ctx context.Context) (*models.Catalogue, error) {
	resolver, err := newResolver(here(), fetchFlags{})
	if err != nil {
		return nil, err
	}
	return catalogueOf(ctx, here(), resolver)
}

func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "JSON, for scripts")
}

// writeJSON writes one value for scripts, indented.
func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(value)
}

// modelRow is a model in a list for scripts.
type modelRow struct {
	Model   string       `json:"model"`
	Subject string       `json:"subject"`
	Name    string       `json:"name"`
	Type    string       `json:"type"`
	TypeIRI string       `json:"typeIRI,omitempty"`
	Line    *models.Line `json:"line,omitempty"`
	// Folder is where a model of the use case lies.
	Folder string `json:"folder,omitempty"`
}

func rowOf(subject, folder, name, typ, iri string, line models.Line) modelRow {
	row := modelRow{Model: subject + "/" + name, Subject: subject, Name: name, Type: typ, TypeIRI: iri}
	if folder != "" {
		row.Folder = filepath.ToSlash(filepath.Join(folder, name))
	}
	if line != (models.Line{}) {
		row.Line = &line
	}
	return row
}

func newModelsListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [SUBJECT]",
		Short: "The models of a subject, or of all",
		Args:  wantArgs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := catalogueHere(cmd.Context())
			if err != nil {
				return err
			}
			listed := catalogue.Listed()
			if len(args) == 1 {
				var names []string
				for _, l := range listed {
					names = append(names, l.Subject)
				}
				listed = slices.DeleteFunc(listed, func(l models.ListedModel) bool { return !strings.EqualFold(l.Subject, args[0]) })
				if len(listed) == 0 {
					return &exitError{exitUsage, unknownSubject(args[0], slices.Compact(names))}
				}
			}
			rows := make([]modelRow, len(listed))
			for i, l := range listed {
				rows[i] = rowOf(l.Subject, l.Folder, l.Name, l.Type, l.IRI, l.Line)
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), rows)
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, row := range rows {
				line := ""
				if row.Line != nil {
					line = row.Line.English
				}
				if row.Folder != "" {
					line = strings.TrimSuffix("of this use case: "+line, ": ")
				}
				fmt.Fprintln(table, strings.TrimRight(row.Model+"\t"+line, "\t"))
			}
			return table.Flush()
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func unknownSubject(name string, subjects []string) error {
	hint := "ldt models list without a name lists all"
	if near := finding.Nearest(name, subjects); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return fmt.Errorf("no subject is named %q\n  hint: %s", name, hint)
}

// searchLines is how many models a search prints as text.
const searchLines = 15

func newModelsSearchCommand(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "search WORDS...",
		Short: "The models that words are about, the best first, with reasons",
		Long: "Looks for words, English or French, with or without accents, and mistyped, in the names of models, subjects\n" +
			"and attributes, and in our own line about a model. Prints the " + fmt.Sprint(searchLines) + " best; --json and --verbose give all.",
		Args: wantArgs(1, -1, "WORDS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := catalogueHere(cmd.Context())
			if err != nil {
				return err
			}
			words := strings.Join(args, " ")
			hits := catalogue.Search(words)
			if asJSON {
				type found struct {
					modelRow
					Score   float64         `json:"score"`
					Reasons []models.Reason `json:"reasons"`
				}
				list := make([]found, len(hits))
				for i, h := range hits {
					list[i] = found{rowOf(h.Model.Subject.Name, h.Model.Subject.Folder, h.Model.Name, h.Model.Type, h.Model.TypeIRI(), h.Model.Line()), h.Score, h.Reasons}
				}
				return writeJSON(cmd.OutOrStdout(), list)
			}
			shown := hits
			if len(hits) > searchLines && !s.verbose {
				shown = hits[:searchLines]
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, h := range shown {
				why := reasons(h.Reasons)
				if h.Model.Subject.Folder != "" {
					why += "; of this use case"
				}
				fmt.Fprintf(table, "%s\t%.1f\t%s\n", h.Model.QualifiedName(), h.Score, why)
			}
			if err := table.Flush(); err != nil {
				return err
			}
			switch {
			case s.quiet:
			case len(hits) == 0:
				fmt.Fprintf(cmd.ErrOrStderr(), "no model is about %q\n  hint: try one word, in English; ldt models list shows all\n", words)
			case len(shown) < len(hits):
				fmt.Fprintf(cmd.ErrOrStderr(), "%s, the best %d above; --verbose shows all\n", counted(len(hits), "model", "models"), len(shown))
			}
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

// reasons says in one line why a model was found.
func reasons(list []models.Reason) string {
	parts := make([]string, len(list))
	for i, r := range list {
		what := r.Field
		switch r.Field {
		case "attribute":
			what = "attribute " + r.Found
		case "line":
			what = "description"
		}
		parts[i] = r.Word + ": " + what
		if r.How != "exact" {
			parts[i] += " (" + r.How + ")"
		}
	}
	return strings.Join(parts, "; ")
}

// findModel gives the model of a name that a person wrote; an unknown or ambiguous one is
// wrong usage.
func findModel(catalogue *models.Catalogue, name string) (*models.Model, error) {
	m, err := catalogue.Find(name)
	var unknown *models.UnknownError
	if errors.As(err, &unknown) {
		hint := "ldt models search " + name
		if unknown.Nearest != "" {
			return nil, &exitError{exitUsage, err}
		}
		return nil, &exitError{exitUsage, fmt.Errorf("%w\n  hint: %s", err, hint)}
	}
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return m, nil
}

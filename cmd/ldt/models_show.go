package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

// modelPage is what there is to say of a model.
type modelPage struct {
	modelRow
	Repository string          `json:"repository,omitempty"`
	Commit     string          `json:"commit,omitempty"`
	Context    string          `json:"context,omitempty"`
	Required   []string        `json:"required"`
	Attributes []attributeRow  `json:"attributes"`
	Elsewhere  []elsewhere     `json:"elsewhere"`
	Example    json.RawMessage `json:"example"`
	// Without names the attributes that the example has no value for.
	Without []string `json:"exampleWithout,omitempty"`
}

type attributeRow struct {
	Name      string            `json:"name"`
	Kind      string            `json:"kind,omitempty"`
	Type      string            `json:"type,omitempty"`
	Format    string            `json:"format,omitempty"`
	Enum      []json.RawMessage `json:"enum,omitempty"`
	Limits    string            `json:"limits,omitempty"`
	Units     []string          `json:"units,omitempty"`
	UnitsOurs bool              `json:"unitsOurs,omitempty"`
	Required  bool              `json:"required"`
	IRI       string            `json:"iri,omitempty"`
	// Schema is the JSON Schema of the value in key-values.
	Schema map[string]any `json:"schema"`
}

// elsewhere is a term of the model that has another IRI in other subjects.
type elsewhere struct {
	Term  string           `json:"term"`
	IRI   string           `json:"iri"`
	Other []models.Meaning `json:"other"`
}

func newModelsShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "A model: attributes, @context, an example, terms that mean something else elsewhere",
		Long: "NAME is Subject/Model, or Model alone where one subject has it. Of the attributes, * marks the required ones and\n" +
			"~ a unit that the official text does not name and we took for certain.",
		Args: wantArgs(1, 1, "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := catalogueHere(cmd.Context())
			if err != nil {
				return err
			}
			m, err := findModel(catalogue, args[0])
			if err != nil {
				return err
			}
			page := pageOf(catalogue, m)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), page)
			}
			return page.writeText(cmd.OutOrStdout())
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func pageOf(catalogue *models.Catalogue, m *models.Model) *modelPage {
	p := &modelPage{
		modelRow:   rowOf(m.Subject.Name, m.Subject.Folder, m.Name, m.Type, m.TypeIRI(), m.Line()),
		Repository: m.Subject.Repository, Commit: m.Subject.Commit, Context: m.Subject.ContextURL(),
		Required: append([]string{}, m.Required...), Attributes: []attributeRow{}, Elsewhere: []elsewhere{},
	}
	for _, a := range m.Attributes {
		p.Attributes = append(p.Attributes, attributeRow{
			Name: a.Name, Kind: a.Kind.String(), Type: a.Shape.TypeName(), Format: a.Shape.Format, Enum: a.Shape.Enum, Limits: a.Shape.Limits(),
			Units: a.Units, UnitsOurs: a.UnitsOurs, Required: slices.Contains(m.Required, a.Name), IRI: m.IRI(a.Name), Schema: a.Shape.Schema(),
		})
	}
	conflicts := catalogue.Conflicts()
	for _, term := range append([]string{m.Type}, m.AttributeNames()...) {
		var other []models.Meaning
		for _, meaning := range conflicts[term] {
			if meaning.IRI != m.IRI(term) {
				other = append(other, meaning)
			}
		}
		if len(other) > 0 {
			p.Elsewhere = append(p.Elsewhere, elsewhere{term, m.IRI(term), other})
		}
	}
	e, without := m.Example()
	p.Example, p.Without = e.AppendJSON(nil, ngsild.Normalized), without
	return p
}

// enumShown is how many values of an enumeration the table has.
const enumShown = 6

func (p *modelPage) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", p.Model)
	if p.Line != nil {
		fmt.Fprintf(&b, "  %s", p.Line.English)
	}
	b.WriteString("\n\n")
	head := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"type", strings.TrimRight(p.Type+"  "+p.TypeIRI, " ")}, {"subject", p.Subject}, {"@context", p.Context}, {"lies in", p.Folder},
		{"taken from", strings.TrimSpace(p.Repository + "  " + p.Commit)},
	} {
		if row[1] != "" {
			fmt.Fprintf(head, "%s\t%s\n", row[0], row[1])
		}
	}
	if err := head.Flush(); err != nil {
		return err
	}
	b.WriteString("\n")
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "attribute\tkind\ttype\tvalues\tunit\tIRI")
	for _, a := range p.Attributes {
		name, units := a.Name, strings.Join(a.Units, " ")
		if a.Required {
			name += "*"
		}
		if a.UnitsOurs {
			units += "~"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", name, orDash(a.Kind), orDash(a.Type), orDash(a.values()), orDash(units), orDash(a.IRI))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(p.Elsewhere) > 0 {
		b.WriteString("\nterms that mean something else in other subjects: keep to one @context, or write the IRI\n")
		for _, e := range p.Elsewhere {
			fmt.Fprintf(&b, "  %s\n", e.Term)
			for _, o := range e.Other {
				fmt.Fprintf(&b, "    %s  %s\n", o.IRI, strings.Join(o.Subjects, ", "))
			}
		}
	}
	b.WriteString("\nan example, made from these facts")
	if len(p.Without) > 0 {
		fmt.Fprintf(&b, ", without %s", strings.Join(p.Without, ", "))
	}
	b.WriteString("\n")
	if err := writeJSON(&b, p.Example); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// values says what the values are limited to.
func (a *attributeRow) values() string {
	var parts []string
	if a.Format != "" {
		parts = append(parts, a.Format)
	}
	if a.Limits != "" {
		parts = append(parts, a.Limits)
	}
	if len(a.Enum) > 0 {
		var words []string
		for _, raw := range a.Enum[:min(enumShown, len(a.Enum))] {
			words = append(words, strings.Trim(string(raw), `"`))
		}
		if more := len(a.Enum) - enumShown; more > 0 {
			words = append(words, fmt.Sprintf("… %d more", more))
		}
		parts = append(parts, strings.Join(words, "|"))
	}
	return strings.Join(parts, " ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func newContextExpandCommand(s *settings) *cobra.Command {
	var contexts []string
	var fetch fetchFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "expand FILE... | --context FILE|URL TERM...",
		Short: "Expand entities to JSON-LD, or terms to their IRIs",
		Long: "Prints the entities of files as expanded JSON-LD, one array, under their own @context or the one given with\n" +
			"--context. Or says for each term which IRI it stands for, and which context gave it.",
		Args: wantArgs(1, -1, "FILE or TERM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			bases := make([]string, 0, len(args)+len(contexts))
			for _, name := range append(slices.Clone(contexts), args...) {
				bases = append(bases, baseOf(name))
			}
			resolver, err := newResolver(bases[0], fetch, bases[1:]...)
			if err != nil {
				return err
			}
			var given *jsonld.Context
			if len(contexts) > 0 {
				var found []finding.Finding
				given, found, err = resolver.ResolveRefs(cmd.Context(), ".", contexts)
				if given == nil && err != nil {
					return err
				}
				if err := s.findings(cmd.ErrOrStderr(), found, nil); err != nil {
					return err
				}
			}
			switch {
			case slices.ContainsFunc(args, namesFile):
				return s.expandFiles(cmd, args, resolver, given)
			case given == nil:
				return &exitError{exitUsage, fmt.Errorf("%s is no file, and no @context is given for terms\n  hint: %s --context FILE %s", args[0], cmd.CommandPath(), strings.Join(args, " "))}
			}
			return expandTerms(cmd, args, given, asJSON)
		},
	}
	fetch.add(cmd)
	addJSON(cmd, &asJSON)
	cmd.Flags().StringArrayVar(&contexts, "context", nil, "the @context, a file or URL, before the one of an entity; may be repeated")
	return cmd
}

// namesFile says whether an argument is a file and no term.
func namesFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil || name == "-" || slices.Contains(validate.Extensions, strings.ToLower(filepath.Ext(name)))
}

// expandFiles prints the entities of files as one array of expanded JSON-LD.
func (s *settings) expandFiles(cmd *cobra.Command, args []string, resolver *jsonld.Resolver, given *jsonld.Context) error {
	out := cmd.OutOrStdout()
	var found []finding.Finding
	separator := "[\n"
	unread, err := eachEntity(cmd, args, func(name string, item ngsild.Item) error {
		nodes, faults, err := expandEntity(cmd.Context(), resolver, item.Raw, given)
		if err != nil {
			return err
		}
		for _, f := range faults {
			f.Location = finding.Location{File: name, Line: item.Line, Char: item.Char}
			if !slices.ContainsFunc(found, func(other finding.Finding) bool { return other.Message == f.Message && other.Location.File == name }) {
				found = append(found, f)
			}
		}
		for _, node := range nodes {
			if _, err := fmt.Fprintf(out, "%s%s", separator, node); err != nil {
				return err
			}
			separator = ",\n"
		}
		return nil
	})
	found = append(found, unread...)
	if err != nil {
		return err
	}
	end := "\n]\n"
	if separator == "[\n" {
		end = "[]\n"
	}
	if _, err := io.WriteString(out, end); err != nil {
		return err
	}
	if err := s.findings(cmd.ErrOrStderr(), found, nil); err != nil {
		return err
	}
	if finding.Errors(found) > 0 {
		return exit(exitData)
	}
	return nil
}

// expandEntity gives the nodes of an entity, indented. Faults of the entity are findings.
func expandEntity(ctx context.Context, resolver *jsonld.Resolver, text []byte, c *jsonld.Context) (nodes []string, faults []finding.Finding, err error) {
	at := finding.New(finding.EntityJSON, finding.Location{}, "")
	if c == nil {
		ldctx, err := jsonld.ContextOf(text)
		if err != nil {
			at.Message = err.Error()
			return nil, []finding.Finding{at}, nil
		}
		var list finding.List
		if c, faults, err = resolver.Resolve(ctx, ldctx); err != nil && !errors.As(err, &list) {
			return nil, nil, err
		}
		if c == nil {
			return nil, faults, nil
		}
		if ldctx == nil {
			f := finding.New(finding.ContextUnmapped, finding.Location{}, "the entity brings no @context: its names go to the default vocabulary")
			f.Severity = finding.Info
			faults = append(slices.Clone(faults), f.WithHint("name one with --context"))
		}
	}
	expanded, err := resolver.ExpandDocument(ctx, text, c)
	var list []json.RawMessage
	if err == nil {
		err = json.Unmarshal(expanded, &list)
	}
	if err != nil {
		at.Message = err.Error()
		return nil, append(faults, at), nil
	}
	for _, one := range list {
		b := bytes.NewBufferString("  ")
		if err := json.Indent(b, one, "  ", "  "); err != nil {
			return nil, nil, err
		}
		nodes = append(nodes, b.String())
	}
	return nodes, faults, nil
}

// expandTerms prints what each term stands for.
func expandTerms(cmd *cobra.Command, terms []string, c *jsonld.Context, asJSON bool) error {
	type row struct {
		Term    string `json:"term"`
		IRI     string `json:"iri"`
		Known   bool   `json:"known"`
		Context string `json:"context,omitempty"`
	}
	rows := make([]row, len(terms))
	for i, term := range terms {
		iri, known := c.Expand(term)
		rows[i] = row{term, iri, known, c.Origin(term)}
	}
	if asJSON {
		return writeJSON(cmd.OutOrStdout(), rows)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, r := range rows {
		from := r.Context
		switch {
		case r.IRI == "":
			r.IRI, from = "-", from+", which takes it away"
		case from == "" && r.Known:
			from = "an IRI already"
		case !r.Known:
			from = "nothing defines it"
			if near := c.Nearest(r.Term); near != "" {
				from += fmt.Sprintf("; did you mean %q?", near)
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.Term, r.IRI, from)
	}
	return table.Flush()
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/ngsild"
)

// forms are the values of --to.
var forms = []string{"normalized", "concise", "simplified", "expanded", "nquads"}

func newConvertCommand(s *settings) *cobra.Command {
	var flags flowFlags
	var out, to, rejects string
	cmd := &cobra.Command{
		Use:   "convert -m MAPPING [SOURCE]",
		Short: "Turn a source into NGSI-LD",
		Long: "Turns a source into NGSI-LD entities by a mapping: one entity a line on standard output or in\n" +
			"a file .ndjson, an array in a file .json or .jsonld. SOURCE is read in place of the mapping's file.",
		Args: wantArgs(0, 1, "SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(forms, to) {
				return &exitError{exitUsage, fmt.Errorf("--to %s is not known\n  hint: one of %s", to, strings.Join(forms, ", "))}
			}
			flow, err := flags.prepare(cmd, args)
			if err != nil {
				return err
			}
			defer flow.Close()
			return s.convert(cmd, flow, out, to, rejects)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write; standard output without it")
	cmd.Flags().StringVar(&to, "to", "normalized", strings.Join(forms, ", "))
	cmd.Flags().StringVar(&rejects, "rejects", "", "write the rejected rows, with their reasons, to this file")
	return cmd
}

func (s *settings) convert(cmd *cobra.Command, flow *etl.Flow, out, to, rejects string) (err error) {
	file, layout := sink.To(cmd.OutOrStdout(), "standard output", sink.Lines), sink.Lines
	if out != "" {
		if ending := strings.ToLower(filepath.Ext(out)); slices.Contains([]string{".csv", ".tsv", ".xlsx", ".xls", ".yaml", ".yml"}, ending) {
			return fmt.Errorf("%s has the name of a table or a mapping, and entities are JSON\n  hint: name it .ndjson (one a line), .json or .jsonld (an array)", out)
		}
		if layout = sink.LayoutOf(out); to == "nquads" {
			layout = sink.Lines
		}
		if file, err = sink.Create(out, layout); err != nil {
			return err
		}
	}
	defer file.Abort()
	log, closeRejects, err := rejectLog(flow, rejects)
	if err != nil {
		return err
	}
	defer closeRejects(false)

	tally, err := flow.Convert(cmd.Context(), outputOf(flow, file, layout, to), log)
	if err != nil {
		return err
	}
	if err := closeRejects(true); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return s.tell(cmd, flow, tally)
}

// outputOf writes entities into file in one of the forms.
func outputOf(flow *etl.Flow, file *sink.File, layout sink.Layout, to string) etl.Output {
	rep, err := ngsild.ParseRepresentation(to)
	if err == nil {
		return etl.Output{
			Text: &etl.Text{Representation: rep, Context: flow.Context.JSON()},
			Write: func(_ context.Context, items []etl.Item) error {
				for i := range items {
					if err := file.Write(items[i].JSON); err != nil {
						return err
					}
				}
				return nil
			},
		}
	}
	process := flow.Resolver().ExpandDocument
	if to == "nquads" {
		process = flow.Resolver().NewQuadWriter().NQuads
	}
	var text []byte
	return etl.Output{Write: func(ctx context.Context, items []etl.Item) error {
		for i := range items {
			text = items[i].Entity.AppendJSON(text[:0], ngsild.Normalized)
			document, err := process(ctx, text, flow.Context)
			if err != nil {
				return fmt.Errorf("expand %s: %w", items[i].Entity.ID, err)
			}
			if layout == sink.Array { // an expanded document is an array of its own
				if document = document[1 : len(document)-1]; len(document) == 0 {
					continue
				}
			}
			if err := file.Write(document); err != nil {
				return err
			}
		}
		return nil
	}}
}

// rejectLog writes rejected rows to a file, where one is named. The second
// function completes the file, or gives it up.
func rejectLog(flow *etl.Flow, path string) (log func(etl.Loss) error, finish func(complete bool) error, err error) {
	if path == "" {
		return nil, func(bool) error { return nil }, nil
	}
	rejects, err := sink.CreateRejects(path, flow.Original(), flow.Dialect())
	if err != nil {
		return nil, nil, err
	}
	log = func(l etl.Loss) error {
		if l.Outcome != etl.Rejected || l.Record == nil {
			return nil
		}
		return rejects.Write(l.Record, l.Findings)
	}
	finish = func(complete bool) error {
		if complete {
			return rejects.Close()
		}
		rejects.Abort()
		return nil
	}
	return log, finish, nil
}

// tell prints what became of the rows and gives the exit code: 5 where some
// were rejected.
func (s *settings) tell(cmd *cobra.Command, flow *etl.Flow, tally *etl.Tally) error {
	w := cmd.ErrOrStderr()
	if err := s.findings(w, append(slices.Clone(flow.Findings), tally.Findings...), tally.Found); err != nil {
		return err
	}
	if s.verbose {
		fmt.Fprintf(w, "%s: read as %s\n", flow.Spec.Name(), flow.ReadAs().ReadAs())
	}
	if !s.quiet {
		fmt.Fprintf(w, "%s: %s\n", flow.Spec.Name(), tally)
	}
	if tally.Rejected > 0 {
		return exit(exitPartly)
	}
	return nil
}

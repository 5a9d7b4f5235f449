package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newMapCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "map",
		Short: "Write, check or preview a mapping",
		Args:  cobra.ArbitraryArgs,
		RunE:  showHelp,
	}
	cmd.AddCommand(newMapNewCommand(s), newMapCheckCommand(s), newMapPreviewCommand(s))
	return cmd
}

func newMapCheckCommand(s *settings) *cobra.Command {
	var flags flowFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "check MAPPING...",
		Short: "Report every fault of mappings, with line and column",
		Long: "Reports every fault of mappings at once: in the YAML, the columns of the source, the terms of the\n" +
			"@context, units, look-up tables and conditions.",
		Args: wantArgs(1, -1, "MAPPING"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var all []finding.Finding
			worst := 0
			for _, name := range args {
				o, err := flags.options(cmd.Context(), name)
				if err != nil {
					return err
				}
				found, code, err := checkMapping(cmd.Context(), name, o)
				if err != nil {
					return err
				}
				all, worst = append(all, found...), max(worst, code)
			}
			if err := s.report(cmd, format, "map check", all); err != nil {
				return err
			}
			if len(all) == 0 && format == "text" && !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: no fault\n", strings.Join(args, ", "))
			}
			return exit(worst)
		},
	}
	flags.addReading(cmd)
	addFormat(cmd, &format)
	return cmd
}

// checkMapping gives the faults of one mapping and the exit code they mean.
func checkMapping(ctx context.Context, name string, o etl.Options) ([]finding.Finding, int, error) {
	flow, err := etl.Prepare(ctx, name, o)
	if err == nil {
		defer flow.Close()
		return flow.Findings, 0, nil
	}
	found, code, ok := findingsOf(err)
	if !ok {
		return nil, 0, err
	}
	return found, code, nil
}

func newMapPreviewCommand(s *settings) *cobra.Command {
	var flags flowFlags
	var n int
	cmd := &cobra.Command{
		Use:   "preview -m MAPPING [SOURCE]",
		Short: "Show source cells beside the entities they make",
		Args:  wantArgs(0, 1, "SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 {
				return &exitError{exitUsage, fmt.Errorf("--rows %d shows nothing\n  hint: -n 5 shows five rows", n)}
			}
			if flags.mapping == "" && len(args) == 1 && isMapping(args[0]) {
				flags.mapping, args = args[0], nil
			}
			flow, err := flags.prepare(cmd, args)
			if err != nil {
				return err
			}
			defer flow.Close()
			previews, err := flow.Preview(cmd.Context(), n)
			if err != nil {
				return err
			}
			for _, p := range previews {
				printPreview(cmd.OutOrStdout(), p)
			}
			if len(previews) == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s has no rows\n", flow.Spec.Name())
			}
			return s.findings(cmd.ErrOrStderr(), flow.Findings, nil)
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVarP(&n, "rows", "n", 5, "how many rows to show")
	return cmd
}

func isMapping(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

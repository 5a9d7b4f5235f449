package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newVerifyCommand(s *settings) *cobra.Command {
	var broker brokerFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "verify USECASE",
		Short: "Compare the sources of a use case with what the broker holds",
		Long: "Reads the sources again, without the compiled mappings, and compares rows, entities of each type and\n" +
			"the sum of each measure, in the units of the source, with the broker. What the last run recorded as filtered,\n" +
			"rejected or merged explains a difference; any other is an error.",
		Args: wantArgs(1, 1, "USECASE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := etl.LoadUseCase(args[0])
			if err != nil {
				return err
			}
			last, err := u.LastRun()
			if err != nil {
				return err
			}
			if last == "" {
				return &exitError{exitUsage, fmt.Errorf("%s was never run\n  hint: ldt run %s", args[0], args[0])}
			}
			options, err := optionsOf(cmd.Context(), u.Dir, fetchFlags{})
			if err != nil {
				return err
			}
			local, err := s.embeddedFor(cmd, u, &broker, "127.0.0.1:0", options.Resolver)
			if err != nil {
				return err
			}
			defer local.close()
			c, err := broker.client(cmd, u.Broker, nil)
			if err != nil {
				return err
			}
			v, found, err := u.Verify(cmd.Context(), options, c, last)
			if err != nil {
				return err
			}
			return errors.Join(s.verified(cmd, format, v, found), local.close())
		},
	}
	broker.add(cmd)
	addFormat(cmd, &format)
	return cmd
}

// verified prints the comparisons and what is wrong with them.
func (s *settings) verified(cmd *cobra.Command, format formatFlag, v *report.Verification, found []finding.Finding) error {
	if format == "text" && !s.quiet {
		if err := v.WriteText(cmd.OutOrStdout(), report.Options{Color: s.color(cmd.OutOrStdout())}); err != nil {
			return err
		}
	}
	if err := s.report(cmd, format, "verify", found); err != nil {
		return err
	}
	if v.Failed() > 0 || finding.Errors(found) > 0 {
		return exit(exitData)
	}
	return nil
}

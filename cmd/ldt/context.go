package main

import "github.com/spf13/cobra"

func newContextCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Lint @contexts, and build that of a use case",
		Args:  cobra.ArbitraryArgs,
		RunE:  showHelp,
	}
	cmd.AddCommand(newContextLintCommand(s), newContextBuildCommand(s))
	return cmd
}

package main

import "github.com/spf13/cobra"

func newContextCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Lint and expand @contexts",
		Args:  cobra.ArbitraryArgs,
		RunE:  showHelp,
	}
	cmd.AddCommand(newContextLintCommand(s))
	return cmd
}

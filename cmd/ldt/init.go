package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
)

func newInitCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Make a use case folder to fill in",
		Long: "Makes DIR a use case: usecase.yaml, an inventory to fill in, folders for mappings, contexts and data, and a\n" +
			"README.md that says what to do next. What is there already stays as it is.",
		Args: wantArgs(1, 1, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			made, kept, err := etl.Init(args[0])
			if err != nil || s.quiet {
				return err
			}
			w := cmd.ErrOrStderr()
			if len(made) > 0 {
				fmt.Fprintf(w, "wrote %s\n", strings.Join(made, ", "))
			}
			if len(kept) > 0 {
				fmt.Fprintf(w, "left as they are: %s\n", strings.Join(kept, ", "))
			}
			fmt.Fprintf(w, "next: %s says what to do; first fill in %s\n", filepath.Join(args[0], "README.md"), filepath.Join(args[0], "inventory.xlsx"))
			return nil
		},
	}
}

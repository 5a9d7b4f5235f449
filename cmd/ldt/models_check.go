package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newModelsCheckCommand(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE|FOLDER",
		Short: "Check a model of your own: its schema.json, and its context.jsonld",
		Args:  wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			resolver, err := newResolver(baseOf(args[0]), fetchFlags{})
			if err != nil {
				return err
			}
			found, err := folder.Check(cmd.Context(), args[0], resolver)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return &exitError{exitSource, fmt.Errorf("%s: there is no such file, or no %s in this folder", args[0], folder.SchemaFile)}
			case err != nil:
				return &exitError{exitSource, err}
			case asJSON:
				err = writeJSON(cmd.OutOrStdout(), finding.List(found))
			default:
				err = s.findings(cmd.ErrOrStderr(), found, nil)
				if err == nil && len(found) == 0 && !s.quiet {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: no fault\n", args[0])
				}
			}
			if err == nil && finding.Errors(found) > 0 {
				err = exit(exitData)
			}
			return err
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

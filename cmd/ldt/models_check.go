package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

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
				return noSchema(args[0])
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

// noSchema says that a path means no model, and which lie below it.
func noSchema(path string) error {
	err := fmt.Errorf("%s: there is no such file, or no %s in this folder", path, folder.SchemaFile)
	if list := folder.ModelsIn(path); len(list) > 0 {
		err = fmt.Errorf("%w\n  hint: name one of the models in it: %s", err, strings.Join(folder.Shown(list), ", "))
	}
	return &exitError{exitSource, err}
}

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newContextCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Lint and expand @contexts, and build that of a use case",
		Args:  cobra.ArbitraryArgs,
		RunE:  showHelp,
	}
	cmd.AddCommand(newContextLintCommand(s), newContextExpandCommand(s), newContextBuildCommand(s))
	return cmd
}

// eachEntity reads the entities of files and folders. The findings say where a file is no
// longer JSON.
func eachEntity(cmd *cobra.Command, args []string, read func(name string, item ngsild.Item) error) (found []finding.Finding, err error) {
	err = eachInput(cmd, args, nil, func(name string, in io.Reader, _ bool) error {
		for entities := ngsild.NewReader(in); ; {
			item, err := entities.Next()
			var syntax *ngsild.SyntaxError
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.As(err, &syntax):
				f := syntax.Finding()
				f.Location.File = name
				found = append(found, f)
				return nil
			case err != nil:
				return &exitError{exitSource, fmt.Errorf("read %s: %w", name, err)}
			}
			if err := read(name, item); err != nil {
				return err
			}
		}
	})
	return found, err
}

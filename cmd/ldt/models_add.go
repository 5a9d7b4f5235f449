package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newModelsAddCommand(s *settings) *cobra.Command {
	var asJSON bool
	var o folder.AddOptions
	cmd := &cobra.Command{
		Use:   "add FOLDER|URL",
		Short: "Bring a model into this use case: its schema.json, context.jsonld and model.yaml",
		Long: "Copies a model into data-models/ of the use case in the current folder (or the nearest above), where mappings and\n" +
			"ldt validate know it. FOLDER holds its schema.json, and context.jsonld there or in the folder above; URL is the\n" +
			"address of such a folder or schema, or its page on GitHub, and only here is it fetched. A model with errors\n" +
			"(ldt models check) is refused, and so is one that differs from what is there already.",
		Args: wantArgs(1, 1, "FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.From, o.Dir = args[0], here()
			if _, err := os.Stat(filepath.Join(o.Dir, etl.UseCaseFile)); err != nil {
				return &exitError{exitUsage, fmt.Errorf("this is no use case: there is no %s here or in a folder above\n  hint: go to the folder of the use case, or make one with ldt init DIR", etl.UseCaseFile)}
			}
			var err error
			if o.Resolver, err = newResolver(o.Dir, fetchFlags{}); err != nil {
				return err
			}
			added, err := folder.Add(cmd.Context(), o)
			if err != nil {
				return addError(args[0], err)
			}
			return s.added(cmd, asJSON, added)
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().StringVar(&o.As, "as", "", "the model's name in the use case, Subject/Model; the names of its folders without it")
	cmd.Flags().BoolVar(&o.Replace, "replace", false, "put it in the place of what is there and differs")
	return cmd
}

// here is the folder of the use case that the current folder is in, or the current folder.
func here() string { return etl.BaseDir("any file") }

// addError gives the exit code of what kept a model from being read.
func addError(from string, err error) error {
	var different *folder.DifferentError
	var refused *folder.RefusedError
	var list finding.List
	switch {
	case errors.As(err, &different):
		return &exitError{exitUsage, fmt.Errorf("%w\n  hint: --replace takes what comes, --as Subject/Model keeps both", err)}
	case errors.As(err, &refused):
		return &exitError{exitUsage, err}
	case errors.Is(err, fs.ErrNotExist) && !strings.Contains(from, "://"):
		return noSchema(from)
	case errors.As(err, &list):
		return err
	}
	return &exitError{exitSource, err}
}

// added says what Add did.
func (s *settings) added(cmd *cobra.Command, asJSON bool, a *folder.Added) error {
	failed := finding.Errors(a.Findings) > 0
	if asJSON {
		if err := writeJSON(cmd.OutOrStdout(), a); err != nil {
			return err
		}
	} else if err := s.findings(cmd.ErrOrStderr(), a.Findings, nil); err != nil {
		return err
	}
	switch {
	case failed && !s.quiet && !asJSON:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s is not added\n", a.Model)
	case !failed && !s.quiet && !asJSON:
		writeAdded(cmd.ErrOrStderr(), a)
	}
	if failed {
		return exit(exitData)
	}
	return nil
}

func writeAdded(w io.Writer, a *folder.Added) {
	var put []string
	for _, f := range a.Files {
		if f.State != folder.FileSame {
			put = append(put, fmt.Sprintf("  %s (%s)", f.Path, f.State))
		}
	}
	if len(put) == 0 {
		fmt.Fprintf(w, "%s is there already, and the same\n", a.Model)
		return
	}
	for _, change := range folder.Shown(a.Changes) {
		fmt.Fprintf(w, "  - %s\n", change)
	}
	fmt.Fprintf(w, "%s from %s:\n%s\n", a.Model, a.From, strings.Join(put, "\n"))
	fmt.Fprintf(w, "a mapping names its @context: context: [%s]\n", a.Files[0].Path)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/datamodel"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
)

func newModelsNewCommand(s *settings) *cobra.Command {
	var flags flowFlags
	var named string
	var replace bool
	cmd := &cobra.Command{
		Use:   "new -m MAPPING [SOURCE]",
		Short: "Write a model of your own, or one that extends another, from a mapping",
		Long: "Writes the data model of each entity type of a mapping that has none, or whose model lacks an attribute, into the\n" +
			"folder " + folder.Folder + " of the use case: schema, @context, model.yaml, README, and examples made of the first row.\n" +
			"What would change in files that are there is printed, and written with --replace only.",
		Args: wantArgs(0, 1, "SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.given(cmd); err != nil {
				return err
			}
			if _, err := etl.ReadMapping(flags.mapping); err != nil {
				return err
			}
			dir := etl.BaseDir(flags.mapping)
			subject, err := datamodel.Subject(dir, named)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			catalogue, err := catalogueBeside(cmd.Context(), dir, subject)
			if err != nil {
				return err
			}
			flow, err := flags.prepareWith(cmd, args, catalogue)
			if err != nil {
				return err
			}
			defer flow.Close()
			made, found, err := datamodel.Make(cmd.Context(), dir, subject, flow, catalogue)
			var used *datamodel.UsedError
			var unknown *models.UnknownError
			var ambiguous *models.AmbiguousError
			switch {
			case errors.As(err, &used):
				return &exitError{exitUsage, err}
			case errors.As(err, &unknown), errors.As(err, &ambiguous):
				return &exitError{exitUsage, fmt.Errorf("%w\n  hint: name it in %s, beside type: model: Subject/Model", err, flags.mapping)}
			case err != nil:
				return err
			}
			if err := s.findings(cmd.ErrOrStderr(), append(flow.Findings, found...), nil); err != nil {
				return err
			}
			if err := made.WriteText(cmd.OutOrStdout()); err != nil {
				return err
			}
			if made.Overwrites() && !replace {
				return &exitError{exitUsage, errors.New("nothing is written: there are files already, and this would change them\n  hint: --replace changes them; a description that you wrote stays")}
			}
			return made.Write()
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&named, "subject", "", "the name of the folder, and of what the models are about; the use case's without it")
	cmd.Flags().BoolVar(&replace, "replace", false, "change files that are there; what a person wrote into them stays")
	return cmd
}

// catalogueBeside gives the models that are known in a folder, those of one subject apart:
// those that are about to be made say nothing of what they are made from.
func catalogueBeside(ctx context.Context, dir, subject string) (*models.Catalogue, error) {
	if !isUseCase(dir) {
		return models.Builtin(), nil
	}
	resolver, err := newResolver(dir, fetchFlags{})
	if err != nil {
		return nil, err
	}
	own, err := folder.Subjects(ctx, dir, resolver)
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(s *models.Subject) bool { return s.Name == subject })
	return models.Builtin().With(own...), nil
}

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newValidateCommand(s *settings) *cobra.Command {
	var format formatFlag
	var model string
	var contexts []string
	var closed, fetch bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Validate NGSI-LD payloads, for CI",
		Long: "Validates files of NGSI-LD entities (one, an array or NDJSON; normalized, concise or simplified): JSON,\n" +
			"structure, @context, data model. FILE - is standard input. Exits with 1 where there is an error.",
		Args: wantArgs(1, -1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			others := make([]string, len(contexts))
			for i, name := range contexts {
				others[i] = etl.BaseDir(name) // the use case of a context knows what it names
			}
			resolver, err := newResolver(etl.BaseDir(args[0]), fetch, others...)
			if err != nil {
				return err
			}
			o := validate.Options{Resolver: resolver, Model: model, Closed: closed}
			var all []finding.Finding
			if len(contexts) > 0 {
				if o.Context, all, err = o.Resolver.ResolveRefs(cmd.Context(), ".", contexts); err != nil {
					return err
				}
			}
			v, err := validate.New(o)
			var unknown *models.UnknownError
			var ambiguous *models.AmbiguousError
			if errors.As(err, &unknown) || errors.As(err, &ambiguous) {
				return &exitError{exitUsage, err}
			}
			if err != nil {
				return err
			}
			return s.validate(cmd, v, args, format, all)
		},
	}
	addFormat(cmd, &format)
	flags := cmd.Flags()
	flags.StringVar(&model, "model", "", "hold every entity against this model, such as Building or Weather/WeatherObserved")
	flags.StringArrayVar(&contexts, "context", nil, "the @context of entities that bring none: a file or URL; may be repeated")
	flags.BoolVar(&closed, "closed", false, "the files are all there is: a Relationship to anything else is an error")
	flags.BoolVar(&fetch, "fetch", false, "fetch an @context that is not known offline, and pin it in contexts.lock")
	return cmd
}

func (s *settings) validate(cmd *cobra.Command, v *validate.Validator, names []string, format formatFlag, all []finding.Finding) error {
	var total validate.Stats
	for _, name := range names {
		in := cmd.InOrStdin()
		if name != "-" {
			file, err := openNamed(name)
			if err != nil {
				return err
			}
			defer file.Close()
			in = io.Reader(file)
		}
		found, stats, err := v.File(cmd.Context(), name, in)
		if err != nil {
			return err
		}
		all = append(all, found...)
		total.Entities += stats.Entities
		total.Errors += stats.Errors
		total.Warnings += stats.Warnings
	}
	dangling := v.Dangling()
	all = append(all, dangling...)
	total.Errors += finding.Errors(dangling)
	total.Warnings += len(dangling) - finding.Errors(dangling)
	if err := s.report(cmd, format, "validate", all); err != nil {
		return err
	}
	if format == "text" && !s.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", counted(total.Entities, "entity", "entities"),
			report.FindingCounts{Errors: int64(total.Errors), Warnings: int64(total.Warnings)})
	}
	if total.Errors > 0 {
		return exit(exitData)
	}
	return nil
}

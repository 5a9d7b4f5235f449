package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// validateFlags are those of the verb.
type validateFlags struct {
	format           formatFlag
	model            string
	contexts, layers []string
	closed           bool
	fetch            fetchFlags
	severity         string
	maxFindings      int
	baseline         string
}

func newValidateCommand(s *settings) *cobra.Command {
	var o validateFlags
	cmd := &cobra.Command{
		Use:   "validate FILE|DIR|-...",
		Short: "Validate NGSI-LD payloads, for CI",
		Long: "Validates files of NGSI-LD entities (one, an array or NDJSON; normalized, concise, simplified or temporal)\n" +
			"in layers: " + strings.Join(validate.LayerNames, ", ") + ". DIR stands for its files .json, .jsonld and .ndjson, - for\n" +
			"standard input. The file " + validate.IgnoreFile + " in the current folder names files, or findings of files, to\n" +
			"leave out. Exits with 1 where there is an error.",
		Args: wantArgs(1, -1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := o.filter(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			v, found, err := o.validator(cmd.Context(), args, filter)
			if err != nil {
				return err
			}
			return s.validate(cmd, &o, v, filter, args, found)
		},
	}
	addFormat(cmd, &o.format)
	flags := cmd.Flags()
	flags.StringVar(&o.model, "model", "", "hold every entity against this model, such as Building or Weather/WeatherObserved")
	flags.StringArrayVar(&o.contexts, "context", nil, "the @context of entities that bring none: a file or URL; may be repeated")
	flags.BoolVar(&o.closed, "closed", false, "the files are all there is: a Relationship to anything else is an error")
	o.fetch.add(cmd)
	flags.StringSliceVar(&o.layers, "layers", nil, "the layers to check, such as json,structure; all without it")
	flags.StringVar(&o.severity, "severity", "info", "the mildest findings to give: error, warning or info")
	flags.IntVar(&o.maxFindings, "max-findings", 0, "give no more findings than this; 0 is all")
	flags.StringVar(&o.baseline, "baseline", "", "a report of --format json: the findings in it are known and left out")
	return cmd
}

// filter reads what says which findings are wanted.
func (o *validateFlags) filter(stderr io.Writer) (*validate.Filter, error) {
	var filter validate.Filter
	if err := filter.Severity.UnmarshalText([]byte(o.severity)); err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--severity %s is not known\n  hint: one of error, warning, info", o.severity)}
	}
	if o.maxFindings < 0 {
		return nil, &exitError{exitUsage, fmt.Errorf("--max-findings %d: it is 0 or more", o.maxFindings)}
	}
	text, err := os.ReadFile(validate.IgnoreFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, &exitError{exitUsage, err}
	default:
		if filter.Ignore, err = validate.ParseIgnore(validate.IgnoreFile, ".", text); err != nil {
			return nil, err
		}
	}
	if o.baseline == "" {
		return &filter, nil
	}
	if text, err = os.ReadFile(o.baseline); errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no such file\n  hint: make it with ldt validate … --format json >" + o.baseline)
	}
	unlisted := 0
	if err == nil {
		filter.Baseline, unlisted, err = validate.ParseBaseline(text)
	}
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--baseline %s: %w", o.baseline, err)}
	}
	if unlisted > 0 {
		fmt.Fprintf(stderr, "warning: --baseline %s was cut (not listed: %s); what it does not list is not known\n", o.baseline, counted(unlisted, "finding", "findings"))
		fmt.Fprintf(stderr, "  hint: make it without --max-findings; a report lists the first %d findings of a file: leave more out by their code, in %s\n", validate.MaxFindings, validate.IgnoreFile)
	}
	return &filter, nil
}

// validator gives the Validator that the flags ask for, and what there is to say of the
// @context.
func (o *validateFlags) validator(ctx context.Context, args []string, filter *validate.Filter) (*validate.Validator, []finding.Finding, error) {
	layers, err := validate.ParseLayers(o.layers)
	if err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	others := make([]string, len(o.contexts))
	for i, name := range o.contexts {
		others[i] = etl.BaseDir(name) // the use case of a context knows what it names
	}
	resolver, err := newResolver(baseOf(args[0]), o.fetch, others...)
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := catalogueOf(ctx, baseOf(args[0]), resolver)
	if err != nil {
		return nil, nil, err
	}
	options := validate.Options{Catalogue: catalogue, Resolver: resolver, Model: o.model, Closed: o.closed, Layers: layers, Filter: filter}
	var found []finding.Finding
	if len(o.contexts) > 0 {
		if options.Context, found, err = resolver.ResolveRefs(ctx, ".", o.contexts); err != nil {
			return nil, nil, err
		}
	}
	v, err := validate.New(options)
	var unknown *models.UnknownError
	var ambiguous *models.AmbiguousError
	if errors.As(err, &unknown) || errors.As(err, &ambiguous) {
		err = &exitError{exitUsage, err}
	}
	return v, found, err
}

// baseOf gives the folder whose use case and contexts.lock hold for an argument.
func baseOf(arg string) string {
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		return etl.BaseDir(filepath.Join(arg, "any file"))
	}
	return etl.BaseDir(arg)
}

func (s *settings) validate(cmd *cobra.Command, o *validateFlags, v *validate.Validator, filter *validate.Filter, args []string, all []finding.Finding) error {
	var total validate.Stats
	var subjects []string
	all, total.Known = filter.Apply(all)
	counts := report.CountFindings(all, nil)
	err := eachInput(cmd, args, filter.Ignore, func(name string, in io.Reader, inFolder bool) error {
		subjects = append(subjects, name)
		read := v.File
		if inFolder {
			read = v.FolderFile
		}
		found, stats, err := read(cmd.Context(), name, in)
		all = append(all, found...)
		total.Entities += stats.Entities
		total.Known += stats.Known
		counts.Errors += int64(stats.Errors)
		counts.Warnings += int64(stats.Warnings)
		counts.Infos += int64(stats.Infos)
		return err
	})
	if err != nil {
		return err
	}
	dangling, known := filter.Apply(v.Dangling())
	all = append(all, dangling...)
	total.Known += known
	more := report.CountFindings(dangling, nil)
	counts.Errors += more.Errors
	counts.Warnings += more.Warnings
	counts.Infos += more.Infos

	shown := all
	if o.maxFindings > 0 && len(all) > o.maxFindings {
		shown = all[:o.maxFindings]
	}
	if err := s.reportValidation(cmd, o, shown, counts, subjects); err != nil {
		return err
	}
	if o.format == "text" && !s.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s: %s", counted(total.Entities, "entity", "entities"), counted(len(subjects), "file", "files"), counts)
		if len(shown) < len(all) {
			fmt.Fprintf(cmd.ErrOrStderr(), ", the first %d of them above", len(shown))
		}
		if total.Known > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "; %s ignored", counted(total.Known, "known error", "known errors"))
		}
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	if all := counts.Errors + counts.Warnings + counts.Infos; int64(len(shown)) < all && o.maxFindings == 0 && !s.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %d of %d findings are listed: the first %d of each file\n", len(shown), all, validate.MaxFindings)
	}
	if counts.Errors > 0 {
		return exit(exitData)
	}
	return nil
}

// reportValidation prints findings: text with the line of the file that each speaks of. counts
// are those of all findings, of which the list may hold the first.
func (s *settings) reportValidation(cmd *cobra.Command, o *validateFlags, list []finding.Finding, counts report.FindingCounts, subjects []string) error {
	if o.format != "text" {
		return report.Findings(cmd.OutOrStdout(), string(o.format), "validate", list, report.Options{Version: version(), Subjects: subjects, Counts: &counts})
	}
	options := report.Options{Source: report.SourceLines(list), Uncounted: true}
	if s.verbose || o.maxFindings > 0 {
		options.Limit = -1
	}
	return s.findingsWith(cmd.ErrOrStderr(), list, options)
}

// eachInput opens what the command line names, one after the other and each once: files,
// the files of folders, standard input.
func eachInput(cmd *cobra.Command, args []string, ignore *validate.Ignore, read func(name string, in io.Reader, inFolder bool) error) error {
	done := map[string]bool{}
	for _, arg := range args {
		if arg == "-" {
			if done[arg] {
				continue
			}
			done[arg] = true
			if err := read("-", cmd.InOrStdin(), false); err != nil {
				return err
			}
			continue
		}
		names, inFolder := []string{arg}, false
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			inFolder = true
			if names, err = validate.FilesIn(arg, ignore); err != nil {
				return &exitError{exitSource, err}
			}
			if len(names) == 0 && !holdsAny(arg) {
				return &exitError{exitSource, fmt.Errorf("%s: no file in this folder is called %s\n  hint: name the files themselves", arg, strings.Join(validate.Extensions, ", "))}
			}
		}
		for _, name := range names {
			absolute, err := filepath.Abs(name)
			if err != nil {
				return &exitError{exitSource, err}
			}
			if done[absolute] {
				continue
			}
			done[absolute] = true
			if err := readNamed(name, func(in io.Reader) error { return read(name, in, inFolder) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdsAny says whether a folder has files to validate, were none left out.
func holdsAny(folder string) bool {
	all, err := validate.FilesIn(folder, nil)
	return err == nil && len(all) > 0
}

func readNamed(name string, read func(io.Reader) error) error {
	file, err := openNamed(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return read(file)
}

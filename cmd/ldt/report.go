package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// formatFlag is a format that report knows; any other is refused at once.
type formatFlag string

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "format" }
func (f *formatFlag) Set(name string) error {
	*f = formatFlag(name)
	return report.CheckFormat(name)
}

func addFormat(cmd *cobra.Command, format *formatFlag) {
	*format = "text"
	cmd.Flags().Var(format, "format", strings.Join(report.Formats, ", "))
}

// findingsOf takes an error apart that speaks of the user's own files, and says
// with which code it ends a program.
func findingsOf(err error) (list []finding.Finding, code int, ok bool) {
	var faults finding.List
	var unreadable *source.Error
	if errors.As(err, &faults) {
		list, code, ok = slices.Clone(faults), exitUsage, true
	}
	if errors.As(err, &unreadable) {
		list, code, ok = append(list, unreadable.Finding), max(code, exitUsage), true
		if unreadable.Kind == source.Unreadable {
			code = exitSource
		}
	}
	return list, code, ok
}

// report prints findings in a format: text on standard error, else on standard
// output.
func (s *settings) report(cmd *cobra.Command, format formatFlag, title string, list []finding.Finding) error {
	if format == "text" {
		return s.findings(cmd.ErrOrStderr(), list, nil)
	}
	return report.Findings(cmd.OutOrStdout(), string(format), title, list, report.Options{Version: version()})
}

// counted gives a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// findings prints findings as text; found counts those of which the list holds
// only the first.
func (s *settings) findings(w io.Writer, list []finding.Finding, found map[finding.Code]int64) error {
	o := report.Options{Found: found}
	if s.verbose {
		o.Limit = -1
	}
	return s.findingsWith(w, list, o)
}

func (s *settings) findingsWith(w io.Writer, list []finding.Finding, o report.Options) error {
	if s.quiet {
		mild := func(f finding.Finding) bool { return f.Severity != finding.Error }
		list = slices.DeleteFunc(slices.Clone(list), mild)
		o.Found = maps.Clone(o.Found)
		maps.DeleteFunc(o.Found, func(code finding.Code, _ int64) bool { return code.Severity() != finding.Error })
	}
	if len(list) == 0 {
		return nil
	}
	o.Color = s.color(w)
	return report.Findings(w, "text", "", list, o)
}

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newRunCommand(s *settings) *cobra.Command {
	var broker brokerFlags
	var format formatFlag
	var mode, addr string
	var fetch fetchFlags
	var serve bool
	cmd := &cobra.Command{
		Use:   "run USECASE",
		Short: "Check, convert, push, verify and report a whole use case",
		Long: "Runs a use case, a folder with a usecase.yaml: checks the inventory and the mappings, converts, pushes,\n" +
			"verifies and reports. Without --broker it runs the embedded broker over .ldt/store.db of the use case.",
		Args: wantArgs(1, 1, "USECASE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := sink.ParseMode(mode)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			u, err := etl.LoadUseCase(args[0])
			if err != nil {
				return err
			}
			if err := u.NeedFlows(); err != nil { // before a store is made
				return err
			}
			w := cmd.ErrOrStderr()
			options, err := optionsOf(cmd.Context(), u.Dir, fetch)
			if err != nil {
				return err
			}
			local, err := s.embeddedFor(cmd, u, &broker, addr, options.Resolver)
			if err != nil {
				return err
			}
			if serve && local == nil {
				return &exitError{exitUsage, errors.New("--serve keeps the embedded broker running, but another broker is named\n  hint: leave out --serve, or --broker, LDT_BROKER and broker in usecase.yaml")}
			}
			var notices []finding.Finding
			c, err := broker.client(cmd, u.Broker, func(f finding.Finding) { notices = append(notices, f) })
			if err != nil {
				return errors.Join(err, local.close())
			}
			rep, dir, err := u.Run(cmd.Context(), etl.RunOptions{
				Options:  options,
				Client:   c,
				Mode:     m,
				Version:  version(),
				Clock:    time.Now,
				Links:    serve || local == nil,
				Progress: func(flow string) (func(sink.Counts), func()) { return s.progress(w, flow) },
			})
			if err != nil {
				if list, code, ok := findingsOf(err); ok && format != "text" {
					err = errors.Join(s.report(cmd, format, "run", list), exit(code))
				}
				return errors.Join(err, local.close())
			}
			rep.Samples = append(rep.Samples, notices...)
			if err := s.ran(cmd, format, rep, dir); err != nil {
				return errors.Join(err, local.close())
			}
			code := runCode(rep)
			if !serve || local == nil {
				return errors.Join(exit(code), local.close())
			}
			fmt.Fprintf(w, "the broker listens at %s; end it with Ctrl-C\n", c.URL())
			return local.serveUntil(cmd.Context())
		},
	}
	broker.add(cmd)
	broker.addBatch(cmd)
	addFormat(cmd, &format)
	flags := cmd.Flags()
	flags.StringVar(&mode, "mode", "upsert", "upsert, create, update or replace")
	flags.BoolVar(&serve, "serve", false, "keep the embedded broker running until interrupted")
	flags.StringVar(&addr, "addr", "127.0.0.1:0", "address of the embedded broker; port 0 is any free one")
	fetch.add(cmd)
	return cmd
}

// ran prints the report of a run: as text on standard error, with --quiet its
// errors alone; else on standard output, as report.json or as the findings it has.
func (s *settings) ran(cmd *cobra.Command, format formatFlag, rep *report.Run, dir string) error {
	w := cmd.ErrOrStderr()
	list := slices.Clone(rep.Samples)
	for _, f := range rep.Flows {
		list = append(list, f.Samples...)
	}
	switch {
	case format == "json":
		return rep.WriteJSON(cmd.OutOrStdout())
	case format != "text" || s.quiet:
		return s.report(cmd, format, "run", list)
	}
	if err := rep.WriteText(w, report.Options{Color: s.color(w)}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nreport: %s\n", filepath.Join(dir, etl.ReportHTML))
	return err
}

// runCode is the exit code of a run that came to its end.
func runCode(rep *report.Run) int {
	rows, entities := rep.Total()
	switch {
	case rep.Findings.Errors > 0 || rep.Verification.Failed() > 0:
		return exitData
	case rows.Rejected > 0 || entities.Failed > 0:
		return exitPartly
	}
	return 0
}

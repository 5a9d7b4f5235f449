package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newPushCommand(s *settings) *cobra.Command {
	var flags flowFlags
	var broker brokerFlags
	var mode, rejects string
	cmd := &cobra.Command{
		Use:   "push FILE | -m MAPPING [SOURCE]",
		Short: "Push entities into a broker",
		Long: "Pushes the entities of a file (one entity, an array or NDJSON), or those that a mapping makes, into a\n" +
			"broker. What the broker holds is read first and only what differs is sent, so a second push changes nothing.",
		Args: wantArgs(0, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := sink.ParseMode(mode)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			if flags.mapping == "" && len(args) == 0 {
				return &exitError{exitUsage, fmt.Errorf("nothing to push\n  usage: %s", cmd.UseLine())}
			}
			if flags.mapping == "" {
				return s.pushFile(cmd, args[0], &broker, flags.fetch, m)
			}
			flow, err := flags.prepare(cmd, args)
			if err != nil {
				return err
			}
			defer flow.Close()
			return s.pushFlow(cmd, flow, &broker, m, rejects)
		},
	}
	flags.add(cmd)
	broker.add(cmd)
	broker.addBatch(cmd)
	cmd.Flags().StringVar(&mode, "mode", "upsert", "upsert, create, update or replace")
	cmd.Flags().StringVar(&rejects, "rejects", "", "write the rejected rows, with their reasons, to this file")
	return cmd
}

func (s *settings) pushFlow(cmd *cobra.Command, flow *etl.Flow, b *brokerFlags, mode sink.Mode, rejects string) error {
	var notices []finding.Finding
	c, err := b.client(cmd, etl.Broker{}, func(f finding.Finding) { notices = append(notices, f) })
	if err != nil {
		return err
	}
	log, closeRejects, err := rejectLog(flow, rejects)
	if err != nil {
		return err
	}
	defer closeRejects(false)
	progress, done := s.progress(cmd.ErrOrStderr(), flow.Spec.Name())
	tally, counts, err := flow.Push(cmd.Context(), c, sink.BrokerOptions{Mode: mode, Progress: progress}, log)
	done()
	if err != nil {
		return interruptedPush(err, counts)
	}
	if err := closeRejects(true); err != nil {
		return err
	}
	flow.Findings = append(flow.Findings, notices...)
	if !s.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", c.URL(), countsText(counts))
	}
	return s.tell(cmd, flow, tally)
}

// pushFile pushes the entities of an NGSI-LD file.
func (s *settings) pushFile(cmd *cobra.Command, path string, b *brokerFlags, fetch fetchFlags, mode sink.Mode) error {
	file, err := openNamed(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var found []finding.Finding
	report := func(f finding.Finding) { found = append(found, f) }
	c, err := b.client(cmd, etl.Broker{}, report)
	if err != nil {
		return err
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return &exitError{exitSource, fmt.Errorf("%s: the file is empty (0 bytes)\n  hint: write the entities again, such as with 'ldt convert -o %s'", path, path)}
	}
	resolver, err := newResolver(etl.BaseDir(path), fetch)
	if err != nil {
		return err
	}
	progress, done := s.progress(cmd.ErrOrStderr(), path)
	counts, err := etl.PushFile(cmd.Context(), path, file, resolver, c, sink.BrokerOptions{Mode: mode, Progress: progress, Report: report}, report)
	done()
	if err != nil {
		return interruptedPush(err, counts)
	}
	if err := s.findings(cmd.ErrOrStderr(), found, nil); err != nil {
		return err
	}
	if !s.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", c.URL(), countsText(counts))
	}
	if counts.Failed > 0 || finding.Errors(found) > 0 {
		return exit(exitPartly)
	}
	return nil
}

func countsText(c sink.Counts) string {
	return fmt.Sprintf("%d created, %d updated, %d unchanged, %d failed", c.Created, c.Updated, c.Unchanged, c.Failed)
}

// interruptedPush says how far a push came that did not end.
func interruptedPush(err error, c sink.Counts) error {
	if c.Total() == 0 {
		return err
	}
	return fmt.Errorf("%w\n  until then: %s; run it again to go on", err, countsText(c))
}

// progress draws a bar while a person watches: how many entities were dealt with.
func (s *settings) progress(w io.Writer, name string) (update func(sink.Counts), done func()) {
	if s.quiet || !isTerminal(w) {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	bar := bars.New(0, mpb.SpinnerStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name+" ")),
		mpb.AppendDecorators(decor.CurrentNoUnit("%d entities"), decor.AverageSpeed(0, "  %.0f/s")))
	return func(c sink.Counts) { bar.SetCurrent(int64(c.Total())) },
		func() { bar.SetTotal(-1, true); bars.Wait() }
}

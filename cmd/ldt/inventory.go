package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newInventoryCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Make, check and annotate the data inventory; profile a file for it",
		Args:  cobra.ArbitraryArgs,
		RunE:  showHelp,
	}
	cmd.AddCommand(newInventoryTemplateCommand(s), newInventoryCheckCommand(s), newInventoryAnnotateCommand(s), newInventoryReportCommand(s), newProfileCommand(s))
	return cmd
}

func newInventoryCheckCommand(s *settings) *cobra.Command {
	format := inventoryFormat{"text"}
	var probe bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check an inventory, and the files that it names",
		Long: "Checks an inventory (a workbook or YAML of the same content): is everything stated that must be, and\n" +
			"are the files there, of the format stated, with the columns stated.",
		Args: wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			inv, found, err := checkInventory(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if probe {
				seen, err := probeInventory(cmd.Context(), args[0], inv)
				if err != nil {
					return err
				}
				found = append(found, seen...)
			}
			if format.formatFlag == htmlFormat {
				err = report.Inventory(cmd.OutOrStdout(), args[0], inv, found)
			} else {
				err = s.report(cmd, format.formatFlag, "inventory check", found)
			}
			if err != nil {
				return err
			}
			if format.formatFlag == "text" && !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s, %s: %s\n", args[0], counted(len(inv.Sources), "dataset", "datasets"),
					counted(len(inv.Fields), "field", "fields"), report.CountFindings(found, nil))
			}
			if finding.Errors(found) > 0 {
				return exit(exitData)
			}
			return nil
		},
	}
	cmd.Flags().Var(&format, "format", strings.Join(append(slices.Clone(report.Formats), htmlFormat), ", "))
	cmd.Flags().BoolVar(&probe, "probe", false, "try every link too, at most 4 at once and 10 s each, and write what they say into the Checks sheet of FILE")
	return cmd
}

// checkInventory reads an inventory and gives what is to be said of its form, its
// content and the files that it names.
func checkInventory(ctx context.Context, name string) (*inventory.Inventory, []finding.Finding, error) {
	inv, found, err := readInventory(name)
	if err != nil {
		return nil, nil, err
	}
	found = append(found, inv.Check(time.Now())...)
	files, err := inv.CheckFiles(ctx, etl.Prober{Dir: etl.BaseDir(name)})
	return inv, append(found, files...), err
}

// probeInventory tries the links of an inventory and writes what they say into
// its Checks and its file.
func probeInventory(ctx context.Context, name string, inv *inventory.Inventory) ([]finding.Finding, error) {
	checks, found, err := inv.ProbeLinks(ctx, inventory.LinkProber{})
	if err != nil {
		return nil, err
	}
	inv.Checks = checks
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if text, err = inv.WithChecks(name, text, checks); err != nil {
		return nil, err
	}
	return found, writeWhole(name, text)
}

func isBook(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xlsx") }

func readInventory(name string) (*inventory.Inventory, []finding.Finding, error) {
	inv, found, err := inventory.ReadFile(name)
	var faults finding.List
	if err != nil && !errors.As(err, &faults) {
		if file, failed := openNamed(name); failed != nil {
			return nil, nil, failed // says it better
		} else if failed := file.Close(); failed != nil {
			return nil, nil, failed
		}
	}
	if len(faults) > 0 && (faults[0].Code == finding.SourceWrongFormat || faults[0].Code == finding.SourceEmpty) && isBook(name) {
		err = &exitError{exitSource, err}
	}
	return inv, found, err
}

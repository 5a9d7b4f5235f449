package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
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
		RunE:  unknownVerb,
	}
	var format formatFlag
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Check an inventory, and the files that it names",
		Long: "Checks an inventory (a workbook or YAML of the same content): is everything stated that must be, and\n" +
			"are the files there, of the format stated, with the columns stated.",
		Args: wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			inv, found, err := readInventory(args[0])
			if err != nil {
				return err
			}
			found = append(found, inv.Check(time.Now())...)
			files, err := inv.CheckFiles(cmd.Context(), etl.Prober{Dir: filepath.Dir(args[0])})
			if err != nil {
				return err
			}
			found = append(found, files...)
			if err := s.report(cmd, format, "inventory check", found); err != nil {
				return err
			}
			if format == "text" && !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s, %s: %s\n", args[0], counted(len(inv.Sources), "dataset", "datasets"),
					counted(len(inv.Fields), "field", "fields"), report.CountFindings(found, nil))
			}
			if finding.Errors(found) > 0 {
				return exit(exitData)
			}
			return nil
		},
	}
	addFormat(check, &format)
	cmd.AddCommand(newInventoryTemplateCommand(s), check, newProfileCommand(s))
	return cmd
}

func readInventory(name string) (*inventory.Inventory, []finding.Finding, error) {
	inv, found, err := inventory.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = openNamed(name)
	}
	return inv, found, err
}

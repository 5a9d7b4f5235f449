package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/report"
)

func newInventoryReportCommand(s *settings) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report FILE [-o FILE]",
		Short: "Write a page about the inventory",
		Long: "Writes a page about an inventory: datasets, owners, licences, what is missing until each can be published or\n" +
			"mapped, and the lineage from source field to indicator. The page needs no network.",
		Args: wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			inv, found, err := checkInventory(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if out == "" {
				return report.Inventory(cmd.OutOrStdout(), args[0], inv, found)
			}
			var page bytes.Buffer
			if err := report.Inventory(&page, args[0], inv, found); err != nil {
				return err
			}
			if err := writeWhole(out, page.Bytes()); err != nil {
				return err
			}
			if !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: %s\n", out, report.CountFindings(found, nil))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the page to write (.html); without it, standard output")
	return cmd
}

// inventoryFormat is a format of findings, or html for the page.
type inventoryFormat struct{ formatFlag }

const htmlFormat = "html"

func (f *inventoryFormat) Set(name string) error {
	if name == htmlFormat {
		f.formatFlag = htmlFormat
		return nil
	}
	if err := f.formatFlag.Set(name); err != nil {
		return fmt.Errorf("%w, or html", err)
	}
	return nil
}

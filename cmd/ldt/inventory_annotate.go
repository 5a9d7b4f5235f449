package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/internal/wholefile"
)

func newInventoryAnnotateCommand(s *settings) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "annotate FILE -o FILE",
		Short: "Write the workbook again, with every finding as a coloured cell and a note",
		Long: "Checks an inventory and writes its workbook again, with every finding as a coloured cell and a note. Formats,\n" +
			"notes and other sheets stay; the findings of an earlier run are replaced.",
		Args: wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ext := strings.ToLower(filepath.Ext(out)); ext != strings.ToLower(filepath.Ext(args[0])) {
				return &exitError{exitUsage, fmt.Errorf("%q is no name for what comes of %s\n  hint: %s %s -o annotated%s", out, args[0], cmd.CommandPath(), args[0], filepath.Ext(args[0]))}
			}
			inv, found, err := checkInventory(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			var book bytes.Buffer
			if err := inv.Annotate(&book, args[0], text, found); err != nil {
				return err
			}
			if err := writeWhole(out, book.Bytes()); err != nil {
				return err
			}
			if !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s: %s\n", out, report.CountFindings(found, nil))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the workbook to write")
	return cmd
}

// writeWhole writes a file as a whole or not at all.
func writeWhole(name string, text []byte) error {
	err := wholefile.Replace(name, text)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: there is no folder %s\n  hint: create it first", name, filepath.Dir(name))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

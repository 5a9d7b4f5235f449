package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/internal/wholefile"
)

func newInventoryTemplateCommand(s *settings) *cobra.Command {
	var out, lang string
	var example bool
	cmd := &cobra.Command{
		Use:   "template -o FILE",
		Short: "Write a workbook for people to fill in",
		Long: "Writes an inventory to fill in: a workbook with a sheet for each thing, notes on the headers and lists of\n" +
			"words to choose from.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := inventory.CheckLanguage(lang); err != nil {
				return &exitError{exitUsage, err}
			}
			if strings.ToLower(filepath.Ext(out)) != ".xlsx" {
				return &exitError{exitUsage, fmt.Errorf("a template is a workbook, %q is no name for one\n  hint: %s -o inventory.xlsx", out, cmd.CommandPath())}
			}
			var book bytes.Buffer
			if err := inventory.WriteTemplate(&book, lang, example); err != nil {
				return err
			}
			if err := wholefile.Create(out, book.Bytes()); errors.Is(err, fs.ErrExist) {
				return &exitError{exitUsage, fmt.Errorf("%s is there already, and may be filled in\n  hint: take another name, or delete it first", out)}
			} else if err != nil {
				return err
			}
			if !s.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s; fill it in, then: ldt inventory check %s\n", out, out)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&out, "output", "o", "", "the workbook to write (.xlsx); it must not be there yet")
	flags.StringVar(&lang, "lang", "en", "the language of the workbook: en or fr")
	flags.BoolVar(&example, "example", false, "fill it with a small example")
	return cmd
}

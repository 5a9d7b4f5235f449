package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/internal/wholefile"
)

// newProfileCommand is inventory profile: what a table holds.
func newProfileCommand(s *settings) *cobra.Command {
	var reading readingFlags
	var asJSON bool
	var mapping, inventoryFile string
	cmd := &cobra.Command{
		Use:   "profile FILE",
		Short: "What a table holds: types, units, ranges, roles, personal data",
		Long: "Reads a table to its end and says of each column what it holds: type, unit, empty cells, different\n" +
			"values, range, likely role, and whether it looks like data about a person. Below the table stands the\n" +
			"source of a mapping for it, ready to correct; --mapping writes it to a file.",
		Args: wantArgs(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			tables, found, err := profile.Tables(cmd.Context(), "", reading.spec(args[0]))
			if err != nil {
				return err
			}
			if mapping != "" {
				if len(tables) != 1 {
					return fmt.Errorf("%s has %d tables: say with --sheet or --table of which --mapping is to write the source", args[0], len(tables))
				}
				if err := wholefile.Create(mapping, []byte(tables[0].SourceYAML())); err != nil {
					return err
				}
			}
			if inventoryFile != "" {
				if err := addToInventory(inventoryFile, tables); err != nil {
					return err
				}
			}
			if asJSON {
				out := json.NewEncoder(cmd.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(struct {
					Tables []*profile.Table `json:"tables"`
				}{tables})
			}
			for i, table := range tables {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := table.WriteText(cmd.OutOrStdout()); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "\n%s", table.SourceYAML())
				found = append(found, table.Findings...)
			}
			return s.report(cmd, "text", "inventory profile", found)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "JSON, for scripts")
	cmd.Flags().StringVar(&mapping, "mapping", "", "write the source of a mapping to this new file")
	cmd.Flags().StringVar(&inventoryFile, "inventory", "", "write the rows of Sources and Fields: into a new inventory (.xlsx or .yaml), or into a workbook that is there")
	reading.add(cmd)
	return cmd
}

// addToInventory writes the datasets and fields of tables into an inventory, by
// their paths relative to it.
func addToInventory(name string, tables []*profile.Table) error {
	more := inventory.OfTables(tables)
	for i := range more.Sources {
		s := &more.Sources[i]
		if path, err := filepath.Rel(filepath.Dir(name), s.File); err == nil && !strings.Contains(s.File, "://") {
			s.File = filepath.ToSlash(path)
		}
	}
	book := isBook(name)
	text, err := os.ReadFile(name)
	switch {
	case err == nil && !book:
		return fmt.Errorf("%s is there already: rows can be added to a workbook (.xlsx); for YAML, name a new file and copy from it", name)
	case err == nil:
		if text, err = inventory.AddToWorkbook(name, text, more); err != nil {
			return err
		}
		return writeWhole(name, text)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	var out bytes.Buffer
	if book {
		err = more.WriteWorkbook(&out, "en")
	} else {
		err = more.WriteYAML(&out)
	}
	if err != nil {
		return err
	}
	return wholefile.Create(name, out.Bytes())
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newMapNewCommand(s *settings) *cobra.Command {
	var from, source, out string
	cmd := &cobra.Command{
		Use:   "new --from INVENTORY [-o FOLDER]",
		Short: "Write mappings from the Mappings sheet of an inventory",
		Long: "Writes a mapping for each dataset that the Mappings sheet of an inventory names: into a folder, as the name\n" +
			"of the dataset with .yaml, or that of one dataset to standard output.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				return &exitError{exitUsage, fmt.Errorf("no inventory is given\n  hint: %s --from inventory.xlsx", cmd.CommandPath())}
			}
			inv, found, err := readInventory(from)
			if err != nil {
				return err
			}
			drafts, doubts := inv.Drafts()
			if err := s.findings(cmd.ErrOrStderr(), append(found, doubts...), nil); err != nil {
				return err
			}
			var names []string
			var chosen []inventory.SourceDraft
			for _, d := range drafts {
				names = append(names, d.Source)
				if source == "" || d.Source == source {
					chosen = append(chosen, d)
				}
			}
			switch {
			case len(drafts) == 0:
				return &exitError{exitUsage, fmt.Errorf("%s: the Mappings sheet has no row whose source and model are listed\n  hint: ldt inventory check %s", from, from)}
			case len(chosen) == 0:
				hint := "there are " + strings.Join(names, ", ")
				if near := finding.Nearest(source, names); near != "" {
					hint = fmt.Sprintf("did you mean %s?", near)
				}
				return &exitError{exitUsage, fmt.Errorf("no mapping is of the source %q\n  hint: %s", source, hint)}
			case out == "" && len(chosen) > 1:
				return &exitError{exitUsage, fmt.Errorf("there are mappings of %s\n  hint: -o mappings writes them into a folder, --source %s prints one", strings.Join(names, ", "), names[0])}
			case out == "":
				_, err := cmd.OutOrStdout().Write(chosen[0].YAML())
				return err
			}
			return s.writeDrafts(cmd, out, chosen)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the inventory (.xlsx or .yaml)")
	flags.StringVar(&source, "source", "", "the id of one dataset")
	flags.StringVarP(&out, "output", "o", "", "the folder to write into; no file that is there is changed")
	return cmd
}

// writeDrafts writes each draft into a file of its own. Files that are there stop it
// before anything is written.
func (s *settings) writeDrafts(cmd *cobra.Command, folder string, drafts []inventory.SourceDraft) error {
	for _, d := range drafts {
		if name := filepath.Join(folder, d.Source+".yaml"); exists(name) {
			return &exitError{exitUsage, fmt.Errorf("%s is there already\n  hint: take another folder with -o, or delete it first", name)}
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, d := range drafts {
		name := filepath.Join(folder, d.Source+".yaml")
		if err := writeNew(name, string(d.YAML())); err != nil {
			return err
		}
		if !s.quiet {
			fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s\n", name)
		}
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/wholefile"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/models/suggest"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func newMapNewCommand(s *settings) *cobra.Command {
	var from, dataset, out, model string
	var reading readingFlags
	cmd := &cobra.Command{
		Use:   "new [SOURCE | --from INVENTORY] [-o FILE|FOLDER]",
		Short: "Propose a mapping of a table, or write those of an inventory",
		Long: "Of a SOURCE, proposes a mapping to a data model: for each column the attribute that it may be, with a score and the\n" +
			"reasons, and the runners-up as comments. A person must confirm it: each proposal has confirmed: false, and ldt map\n" +
			"check counts those that are left. Without --model it takes the model that ldt models suggest puts first.\n\n" +
			"With --from, writes a mapping for each dataset that the Mappings sheet of an inventory names: into a folder, as the\n" +
			"name of the dataset with .yaml, or that of one dataset to standard output.",
		Args: wantArgs(0, 1, "SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && from != "":
				return &exitError{exitUsage, fmt.Errorf("both a table and an inventory are given\n  hint: take one of %s and --from %s out", args[0], from)}
			case len(args) == 1 && dataset != "":
				return &exitError{exitUsage, fmt.Errorf("--source names a dataset of --from INVENTORY\n  hint: take it out")}
			case len(args) == 1:
				return s.proposeMapping(cmd, reading.spec(args[0]), model, out)
			case from == "":
				return &exitError{exitUsage, fmt.Errorf("no table is given\n  hint: %[1]s meters.csv -o meters.yaml, or of an inventory: %[1]s --from inventory.xlsx", cmd.CommandPath())}
			case model != "":
				return &exitError{exitUsage, fmt.Errorf("--model goes with a SOURCE: the inventory names its models\n  hint: take it out")}
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
				if dataset == "" || d.Source == dataset {
					chosen = append(chosen, d)
				}
			}
			switch {
			case len(drafts) == 0:
				return &exitError{exitUsage, fmt.Errorf("%s: the Mappings sheet has no row whose source and model are listed\n  hint: ldt inventory check %s", from, from)}
			case len(chosen) == 0:
				hint := "there are " + strings.Join(names, ", ")
				if near := finding.Nearest(dataset, names); near != "" {
					hint = fmt.Sprintf("did you mean %s?", near)
				}
				return &exitError{exitUsage, fmt.Errorf("no mapping is of the source %q\n  hint: %s", dataset, hint)}
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
	flags.StringVar(&dataset, "source", "", "the id of one dataset")
	flags.StringVarP(&out, "output", "o", "", "the file to write, with --from the folder; no file that is there is changed")
	flags.StringVar(&model, "model", "", "the model of the entities, as Subject/Model; the best-ranked without it")
	reading.add(cmd)
	return cmd
}

// checkNew says why a file cannot be written under a name; "" is standard output.
func checkNew(out string) error {
	info, err := os.Stat(out)
	switch {
	case out == "":
		return nil
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder\n  hint: name the file in it, such as -o %s", out, filepath.Join(out, "meters.yaml"))
	case err == nil:
		return fmt.Errorf("%s is there already\n  hint: take another name with -o, or delete it first", out)
	case !exists(filepath.Dir(out)):
		return fmt.Errorf("%s: there is no folder %s\n  hint: make it, or take another name with -o", out, filepath.Dir(out))
	}
	return nil
}

// proposeMapping writes the proposal for one table.
func (s *settings) proposeMapping(cmd *cobra.Command, spec source.Spec, model, out string) error {
	if err := checkNew(out); err != nil {
		return &exitError{exitUsage, err}
	}
	catalogue, err := catalogueHere(cmd.Context())
	if err != nil {
		return err
	}
	var m *models.Model
	if model != "" {
		if m, err = findModel(catalogue, model); err != nil {
			return err
		}
	}
	tables, found, err := profile.Tables(cmd.Context(), "", spec)
	if err != nil {
		return err
	}
	if len(tables) != 1 {
		return &exitError{exitUsage, severalTables(spec.File, tables)}
	}
	table := tables[0]
	if err := s.findings(cmd.ErrOrStderr(), append(found, table.Findings...), nil); err != nil {
		return err
	}
	suggester := suggest.New(catalogue)
	note := ""
	chosen := suggest.Given(m)
	if m == nil {
		ranked := suggester.Models(propose.TableOf(table), 3)
		if len(ranked) == 0 {
			return &exitError{exitUsage, fmt.Errorf("%s: no column is an attribute of a model that is known\n  hint: name the model with --model, as ldt models search finds it", spec.File)}
		}
		chosen, m = ranked[0], ranked[0].Model
		note = fmt.Sprintf("\nThe model was ranked first, with a score of %.2f", ranked[0].Score)
		for i, other := range ranked[1:] {
			note += fmt.Sprintf("%s %s %.2f", [...]string{"; then come", ","}[i], other.Model.QualifiedName(), other.Score)
		}
		note += ". Another is named with --model;\n"
		if chosen.Sure {
			note += "what is called sure below is so only where the model is right."
		} else {
			note += "it is not far enough ahead of others for an attribute to be called sure."
		}
	}
	draft, err := propose.Draft(cmd.Context(), "", table, chosen, suggester, fromMapping(spec.File, out))
	if err != nil {
		return err
	}
	draft.Title += note
	if len(draft.Context) == 0 { // a model of the use case without an address
		draft.Context = []string{fromMapping(filepath.Join(m.Subject.Folder, folder.ContextFile), out)}
	}
	if out == "" {
		if _, err := cmd.OutOrStdout().Write(draft.YAML()); err != nil {
			return err
		}
	} else if err := wholefile.Create(out, draft.YAML()); err != nil {
		return err
	}
	if !s.quiet {
		wrote := "proposed"
		if out != "" {
			wrote = "wrote " + out + ":"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %s, %d of %s, %d of them sure; a person must confirm each\n", wrote, m.QualifiedName(), draft.Placed, counted(draft.Columns, "column", "columns"), draft.Sure)
	}
	return nil
}

// severalTables says how to name one of the tables of a file.
func severalTables(file string, tables []*profile.Table) error {
	var names []string
	for _, t := range tables {
		if t.Sheet != "" {
			names = append(names, fmt.Sprintf("--sheet %q", t.Sheet))
		} else {
			names = append(names, "--table "+t.Dialect.Value("table"))
		}
	}
	return fmt.Errorf("%s has %d tables, and a mapping is of one\n  hint: say which: %s", file, len(tables), strings.Join(names, ", "))
}

// fromMapping gives the path of a file as a mapping calls it, which counts from the use
// case or from the mapping's folder.
func fromMapping(file, out string) string {
	if out == "" || strings.Contains(file, "://") {
		return file
	}
	base, errBase := filepath.Abs(etl.BaseDir(out))
	path, errPath := filepath.Abs(file)
	if errBase == nil && errPath == nil {
		if relative, err := filepath.Rel(base, path); err == nil {
			return filepath.ToSlash(relative)
		}
	}
	return file
}

// readingFlags say how a table is read, before what is seen of it.
type readingFlags struct{ declared source.Spec }

func (f *readingFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.declared.Encoding, "encoding", "", "how the text is encoded, where that cannot be seen")
	flags.StringVar(&f.declared.Delimiter, "delimiter", "", "what stands between cells")
	flags.StringVar(&f.declared.Decimal, "decimal", "", `the decimal mark: "." or ","`)
	flags.StringVar(&f.declared.Sheet, "sheet", "", "the sheet of a workbook; all without it")
	flags.StringVar(&f.declared.Table, "table", "", "the table of a text file with several; all without it")
}

func (f *readingFlags) spec(file string) source.Spec {
	spec := f.declared
	spec.File = file
	return spec
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
		if err := wholefile.Create(name, d.YAML()); err != nil {
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

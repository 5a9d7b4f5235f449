package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// settings are the flags that every verb has.
type settings struct {
	quiet, verbose, noColor bool
}

// newRootCommand builds the command line: one file of this package holds one verb.
func newRootCommand() *cobra.Command {
	var s settings
	root := &cobra.Command{
		Use:           "ldt",
		Short:         "From the spreadsheets of a city to a running NGSI-LD prototype",
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		RunE:          showHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("ldt {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.BoolVar(&s.quiet, "quiet", false, "print errors only")
	flags.BoolVar(&s.verbose, "verbose", false, "print every finding, not the first of each kind")
	flags.BoolVar(&s.noColor, "no-color", os.Getenv("NO_COLOR") != "", "no colours in the output")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		hint := cmd.CommandPath() + " -h lists the flags"
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			// A report has --format, a list --json.
			near := nearestFlag(cmd, unknown.GetSpecifiedName())
			switch name := unknown.GetSpecifiedName(); {
			case name == "json" && cmd.Flags().Lookup("format") != nil:
				near = "format json"
			case name == "format" && cmd.Flags().Lookup("json") != nil:
				near = "json"
			}
			if near != "" {
				hint = "did you mean --" + near + "?"
			}
		}
		return &exitError{exitUsage, fmt.Errorf("%w\n  hint: %s", err, hint)}
	})
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(
		newInitCommand(&s),
		newInventoryCommand(&s),
		newModelsCommand(&s),
		newMapCommand(&s),
		newContextCommand(&s),
		newConvertCommand(&s),
		newValidateCommand(&s),
		newPushCommand(&s),
		newServeCommand(&s),
		newBrokerCommand(),
		newVerifyCommand(&s),
		newRunCommand(&s),
	)
	return root
}

// nearestFlag gives the flag of a command that a name might have meant, or "".
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return finding.Nearest(name, names)
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// isTerminal says whether a person watches w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// color says whether to colour what is written to w.
func (s *settings) color(w io.Writer) bool { return !s.noColor && isTerminal(w) }

// fromEnvironment gives the value of a flag that was not set: LDT_… before the
// fallback.
func fromEnvironment(cmd *cobra.Command, flag, variable, fallback string) string {
	if f := cmd.Flags().Lookup(flag); f != nil && f.Changed {
		return f.Value.String()
	}
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return fallback
}

// showHelp is what a command does that has only commands below it.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// newHelpCommand answers "ldt help VERB" as "ldt VERB -h".
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Help about a command",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := unknownVerb(cmd.Root(), args); err != nil {
				return err
			}
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// unknownVerb gives the error for a command line that names a command that is not
// there, whatever flags stand beside it, or nil. Cobra itself would answer -h with
// the help of the command above.
func unknownVerb(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil // a shell asks what may follow
	}
	cmd, rest, err := root.Find(args)
	if err != nil || !cmd.HasSubCommands() {
		return err
	}
	at := slices.IndexFunc(rest, func(word string) bool { return !strings.HasPrefix(word, "-") })
	if at < 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	hint := "the commands are " + strings.Join(names, ", ")
	if near := finding.Nearest(rest[at], names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &exitError{exitUsage, fmt.Errorf("%s has no command %q\n  hint: %s", cmd.CommandPath(), rest[at], hint)}
}

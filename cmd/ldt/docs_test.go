package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentationShowsOnlyCommandsThatExist looks at each line "$ ldt …" of a
// console block in README.md and docs/: its verb exists, its flags exist, and as
// many arguments as it has are allowed.
func TestDocumentationShowsOnlyCommandsThatExist(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	if _, err := os.Stat("../../README.md"); err == nil {
		files = append(files, "../../README.md")
	}
	files = append(files, "../../etl/init.README.md")
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, line := range consoleCommands(string(text)) {
			words, err := shellWords(line)
			require.NoError(t, err, "%s: %s", file, line)
			for _, command := range ldtCommands(words) {
				seen++
				require.NoError(t, checkCommand(command), "%s: %s", file, line)
			}
		}
	}
	require.NotZero(t, seen, "the documentation shows commands")
}

func TestDocumentationTestSeesWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		"ldt convrt -m a.yaml":                            "has no command",
		"ldt broker ap":                                   "has no command",
		"ldt convert --mappng a.yaml":                     "unknown flag",
		"ldt run --port 7 x":                              "unknown flag",
		"ldt verify":                                      "is missing",
		"ldt convert -m a.yaml b.csv c.csv":               "too much",
		"ldt convert -m a.yaml b.csv":                     "",
		"ldt --quiet validate a.json b.json":              "",
		"ldt serve --addr 127.0.0.1:0 2> log &":           "",
		"LDT_BROKER=http://x ldt push a.json | head -n 2": "",
		"ldt": "",
	} {
		words, err := shellWords(line)
		require.NoError(t, err)
		commands := ldtCommands(words)
		require.Len(t, commands, 1, line)
		err = checkCommand(commands[0])
		if want == "" {
			require.NoError(t, err, line)
			continue
		}
		require.ErrorContains(t, err, want, line)
	}
	require.Equal(t, []string{"ldt a \\ b", "ldt c"}, consoleCommands("```console\n$ ldt a \\\n> b\nanswer\n$ ldt c\n```\n```sh\n$ ldt d\n```"))
}

// consoleCommands gives the lines after "$ " of the console blocks of a Markdown
// text, each joined with the lines "> …" that continue it.
func consoleCommands(text string) []string {
	var list []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		line = strings.TrimLeft(line, " ")
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		if isFence {
			inside = !inside && fence == "console"
			continue
		}
		if !inside {
			continue
		}
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			list = append(list, command)
		} else if more, ok := strings.CutPrefix(line, "> "); ok && len(list) > 0 && strings.HasSuffix(list[len(list)-1], `\`) {
			list[len(list)-1] += " " + more
		}
	}
	return list
}

// shellWords splits a command line as a shell would that has only quotes and
// backslashes at line ends; an operator is a word of its own.
func shellWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun := false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ':
			end()
		case '\'', '"':
			closing := strings.IndexByte(line[i+1:], c)
			if closing < 0 {
				return nil, errors.New("a quote is not closed")
			}
			word.WriteString(line[i+1 : i+1+closing])
			begun = true
			i += closing + 1
		case '|', '&', ';', '>', '<', '#':
			if c == '#' && begun {
				word.WriteByte(c)
				continue
			}
			end()
			words = append(words, string(c))
		case '\\':
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	end()
	return words, nil
}

// ldtCommands gives the arguments of each ldt among the words of a line.
func ldtCommands(words []string) [][]string {
	var list [][]string
	start := true
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case slices.Contains([]string{"|", "&", ";"}, word):
			start = true
		case start && (strings.Contains(word, "=") || word == "time"):
		case start && word == "ldt":
			start = false
			args := []string{}
			for i+1 < len(words) && !slices.Contains([]string{"|", "&", ";", ">", "<", "#"}, words[i+1]) {
				i++
				if i+1 < len(words) && words[i+1] == ">" && words[i] == "2" {
					continue // the number of a stream
				}
				args = append(args, words[i])
			}
			list = append(list, args)
		default:
			start = false
		}
	}
	return list
}

// checkCommand parses a command line as ldt would, and runs nothing.
func checkCommand(args []string) error {
	root := newRootCommand()
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	if err := unknownVerb(root, args); err != nil {
		return err
	}
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	for _, name := range []string{"help", "version"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return nil
		}
	}
	if cmd.HasSubCommands() {
		return nil // it lists them
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

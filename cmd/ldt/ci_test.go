package main

import (
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCI takes what a CI system would run out of the files that the project offers:
//
//	ci github FILE       the last step of action.yml, as a shell script
//	ci gitlab FILE       the script of docs/validate.md, without its installation
//	ci pre-commit FILE   the entry of the hook, with its arguments
func scriptCI(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ci github|gitlab|pre-commit FILE")
	}
	read := func(name string, into any) {
		text, err := os.ReadFile("../../" + name)
		ts.Check(err)
		if name == "docs/validate.md" {
			text = regexp.MustCompile("(?s)```yaml\n(ldt-validate:.*?)```").FindSubmatch(text)[1]
		}
		ts.Check(yaml.UnmarshalWithOptions(text, into))
	}
	var script string
	switch args[0] {
	case "github":
		var action struct {
			Inputs map[string]struct{ Default string }
			Runs   struct {
				Using string
				Steps []struct {
					Run string
					Env map[string]string
				}
			}
		}
		read("action.yml", &action)
		step := action.Runs.Steps[len(action.Runs.Steps)-1]
		for variable, value := range step.Env {
			input := strings.TrimSuffix(strings.TrimPrefix(value, "${{ inputs."), " }}")
			if _, declared := action.Inputs[input]; !declared {
				ts.Fatalf("action.yml has no input %q", input)
			}
			script += ": \"${" + variable + "=" + action.Inputs[input].Default + "}\"\n"
		}
		script += step.Run
	case "gitlab":
		var jobs map[string]struct{ Script []string }
		read("docs/validate.md", &jobs)
		for _, line := range jobs["ldt-validate"].Script {
			if !strings.HasPrefix(line, "go install ") {
				script += line + "\n"
			}
		}
	case "pre-commit":
		var hooks []struct{ ID, Entry, Files string }
		read(".pre-commit-hooks.yaml", &hooks)
		script = hooks[0].Entry + ` "$@"`
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(script+"\n"), 0o600))
}

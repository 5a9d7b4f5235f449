package report_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // its schema
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// oddFindings are findings of every kind of place, with texts that are hard to write.
func oddFindings() []finding.Finding {
	return append(someFindings(),
		finding.Finding{Code: finding.EntityID, Severity: finding.Error, Message: "no place"},
		finding.New(finding.EntityJSON, finding.Location{File: "a b/é&<>.json", Line: 1}, "control \x00\x1b, markup ]]> <a> & \"quotes\"\nand a line"),
		finding.New(finding.RelationDangle, finding.Location{File: `C:\data\e.json`, Line: 2, Char: 3, Pointer: "/a~1b", Entity: "urn:x:1"}, "w"),
		finding.New(finding.SourceHidden, finding.Location{File: "b.xlsx", Sheet: "é", Row: 3, Column: "x"}, "i"),
	)
}

// manyFindings are 10 000 findings of 100 files.
func manyFindings() []finding.Finding {
	list := make([]finding.Finding, 10_000)
	for i := range list {
		list[i] = finding.New(finding.ModelSchema, finding.Location{File: fmt.Sprintf("data/%d.json", i%100), Line: i + 1, Char: 3, Pointer: "/a"}, "finding %d", i)
	}
	return list
}

// sarifSchema compiles the schema of OASIS for SARIF 2.1.0 (errata 01), which the module
// go-sarif holds as a constant.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(folder)), "pkg/report/v210/sarif/schema.go"), nil, 0)
	require.NoError(t, err)
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err = strconv.Unquote(literal.Value)
			require.NoError(t, err)
		}
		return true
	})
	require.Contains(t, text, "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema")
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("sarif.json", strings.NewReader(text)))
	schema, err := compiler.Compile("sarif.json")
	require.NoError(t, err)
	return schema
}

func TestSARIFIsValidByItsPublishedSchema(t *testing.T) {
	schema := sarifSchema(t)
	for _, version := range []string{"", "1.2.3", "v0.0.0-20260131120000-abcdef", "(devel)"} {
		for name, list := range map[string][]finding.Finding{"none": nil, "odd": oddFindings(), "many": manyFindings()} {
			text := render(t, "sarif", list, report.Options{Version: version})
			var document map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &document))
			require.NoError(t, schema.Validate(document), name)
			run := document["runs"].([]any)[0].(map[string]any)
			rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
			results := run["results"].([]any)
			require.Len(t, results, len(list))
			for _, one := range results {
				result := one.(map[string]any)
				rule := rules[int(result["ruleIndex"].(float64))].(map[string]any)
				require.Equal(t, rule["id"], result["ruleId"], "ruleIndex leads to the rule")
			}
		}
	}
}

// TestJUnitIsValidByItsPublishedSchema validates JUnit against the schema that Jenkins
// publishes, which others follow. .ci/run gets it from a package.
func TestJUnitIsValidByItsPublishedSchema(t *testing.T) {
	schema := os.Getenv("LDT_TEST_JUNIT_XSD")
	if schema == "" {
		t.Skip("LDT_TEST_JUNIT_XSD does not name the schema of JUnit (junit-10.xsd); .ci/schemas gets it")
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint (libxml2-utils) is not there")
	}
	for name, list := range map[string][]finding.Finding{"none": nil, "odd": oddFindings(), "many": manyFindings()} {
		for _, subjects := range [][]string{nil, {"good.json", "a b/é&<>.json", "data/7.json"}} {
			file := filepath.Join(t.TempDir(), "ldt.xml")
			require.NoError(t, os.WriteFile(file, []byte(render(t, "junit", list, report.Options{Subjects: subjects})), 0o600))
			said, err := exec.Command(xmllint, "--noout", "--nonet", "--schema", schema, file).CombinedOutput()
			require.NoError(t, err, "%s: %s", name, said)
		}
	}
}

// TestJUnitCountsWhatItHolds holds the counts and the texts of the suites.
func TestJUnitCountsWhatItHolds(t *testing.T) {
	type counts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	for _, list := range [][]finding.Finding{nil, oddFindings(), manyFindings()} {
		text := render(t, "junit", list, report.Options{Subjects: []string{"good.json", "a b/é&<>.json"}})
		require.True(t, strings.HasPrefix(text, `<?xml version="1.0" encoding="UTF-8"?>`))
		require.True(t, utf8.ValidString(text))
		var got struct {
			counts
			Suites []struct {
				counts
				Cases []struct {
					Failure *struct{} `xml:"failure"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		require.NoError(t, xml.Unmarshal([]byte(text), &got))
		var all counts
		for _, suite := range got.Suites {
			failures := 0
			for _, c := range suite.Cases {
				if c.Failure != nil {
					failures++
				}
			}
			require.Equal(t, counts{len(suite.Cases), failures}, suite.counts)
			all.Tests += len(suite.Cases)
			all.Failures += failures
		}
		require.Equal(t, all, got.counts)
		errors := 0
		for _, f := range list {
			if f.Severity == finding.Error {
				errors++
			}
		}
		require.Equal(t, errors, all.Failures)
	}
}

// TestNoFormatPassesOnWhatSteersATerminal renders control characters and directions of
// text in every format that is read as text.
func TestNoFormatPassesOnWhatSteersATerminal(t *testing.T) {
	list := []finding.Finding{finding.New(finding.EntityJSON, finding.Location{File: "a\x1b[2J\u202e.json", Line: 1}, "\x00\x07\x1b]0;owned\x07 \u009b \u202e\r\n::error::x")}
	list[0].Hint = "\x1b[31m"
	for _, format := range []string{"text", "github", "junit", "sarif", "json"} {
		text := render(t, format, list, report.Options{})
		require.NotContains(t, text, "\x1b", format)
		require.NotContains(t, text, "\x00", format)
		if format == "github" {
			require.Equal(t, 1, strings.Count(text, "\n"), "a message makes no command of its own")
			require.NotContains(t, text, "\u202e")
		}
	}
}

func TestEveryFormatHoldsTenThousandFindings(t *testing.T) {
	list := manyFindings()
	for format, each := range map[string]string{"json": `"message": "finding `, "junit": "<failure ", "sarif": `"ruleIndex"`, "github": "::error "} {
		require.Equal(t, len(list), strings.Count(render(t, format, list, report.Options{}), each), format)
	}
	text := render(t, "text", list, report.Options{})
	require.Equal(t, 12, strings.Count(text, "\n"), "text shows the first ten")
	require.Contains(t, text, "10 000 errors")
}

// Package report owns how what ldt found and did is shown: findings as text,
// JSON, JUnit, SARIF and GitHub annotations, and the report of a run as text,
// JSON and a self-contained HTML page.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Formats are the formats of Findings, in the order in which help names them.
var Formats = []string{"text", "json", "junit", "sarif", "github"}

// CheckFormat says that a name is not one of Formats, or gives nil.
func CheckFormat(format string) error {
	if slices.Contains(Formats, format) {
		return nil
	}
	return fmt.Errorf("unknown format %q: it is %s or %s", format, strings.Join(Formats[:len(Formats)-1], ", "), Formats[len(Formats)-1])
}

// Options say how Findings are shown. The zero value is good.
type Options struct {
	// Color colours text for a terminal.
	Color bool
	// Limit is how many findings of one code text shows; 0 is 10, below 0 all.
	Limit int
	// Found counts all findings by code where the list holds only the first of
	// them; a code that is not there has as many as the list.
	Found map[finding.Code]int64
	// Counts are those of all findings where the list holds only the first of them, for JSON;
	// nil counts the list.
	Counts *FindingCounts
	// Subjects are what was looked at, such as the files: JUnit shows one that
	// has no error as passed.
	Subjects []string
	// Uncounted leaves out the last line of text, which counts the findings.
	Uncounted bool
	// Version is ldt's, for SARIF.
	Version string
	// Source gives a line of a file, where it can, which text shows below a finding of it
	// with a mark at the character; nil shows none. SourceLines makes one.
	Source func(file string, line int) (text string, ok bool)
}

const defaultLimit = 10

// Findings writes a list in one of Formats. The title says what was looked at,
// such as "validate". Text groups the findings by code and shows the first of
// each; all other formats have the whole list, in its order.
func Findings(w io.Writer, format, title string, list []finding.Finding, o Options) error {
	if err := CheckFormat(format); err != nil {
		return err
	}
	switch format {
	case "json":
		return writeJSON(w, title, list, o)
	case "junit":
		return writeJUnit(w, title, list, o)
	case "sarif":
		return writeSARIF(w, title, list, o)
	case "github":
		return writeGitHub(w, list)
	}
	return writeText(w, title, list, o)
}

// FindingCounts counts findings by severity.
type FindingCounts struct {
	Errors   int64 `json:"errors"`
	Warnings int64 `json:"warnings"`
	Infos    int64 `json:"infos"`
}

func (c *FindingCounts) add(s finding.Severity, n int64) {
	switch s {
	case finding.Error:
		c.Errors += n
	case finding.Warning:
		c.Warnings += n
	default:
		c.Infos += n
	}
}

// String gives "2 errors, 1 warning", or "no findings".
func (c FindingCounts) String() string {
	var parts []string
	for _, p := range []struct {
		n    int64
		word string
	}{{c.Errors, "error"}, {c.Warnings, "warning"}, {c.Infos, "remark"}} {
		if p.n > 0 {
			parts = append(parts, plural(p.n, p.word))
		}
	}
	if parts == nil {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

// CountFindings counts a list by severity; found is Options.Found.
func CountFindings(list []finding.Finding, found map[finding.Code]int64) FindingCounts {
	var c FindingCounts
	for _, g := range group(list, found) {
		listed := int64(len(g.list))
		for _, f := range g.list {
			c.add(f.Severity, 1)
		}
		c.add(g.severity(), g.total-listed)
	}
	return c
}

// codeGroup is the findings of one code.
type codeGroup struct {
	code  finding.Code
	list  []finding.Finding
	total int64
}

func (g codeGroup) severity() finding.Severity {
	if len(g.list) > 0 {
		return g.list[0].Severity
	}
	return g.code.Severity()
}

// group gathers findings by code, in the order in which each code comes first;
// codes that are only counted follow in alphabetical order.
func group(list []finding.Finding, found map[finding.Code]int64) []codeGroup {
	var groups []codeGroup
	place := map[finding.Code]int{}
	for _, f := range list {
		i, ok := place[f.Code]
		if !ok {
			i = len(groups)
			place[f.Code] = i
			groups = append(groups, codeGroup{code: f.Code})
		}
		groups[i].list = append(groups[i].list, f)
		groups[i].total++
	}
	for _, code := range sortedKeys(found) {
		if i, ok := place[code]; ok {
			groups[i].total = max(groups[i].total, found[code])
		} else if found[code] > 0 {
			groups = append(groups, codeGroup{code: code, total: found[code]})
		}
	}
	return groups
}

func plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return thousands(n) + " " + word + "s"
}

// thousands writes a number in groups of three: 3 399 013.
func thousands(n int64) string {
	return groupDigits(n, " ")
}

func groupDigits(n int64, separator string) string { return groupDecimal(fmt.Sprint(n), separator) }

// groupDecimal puts a separator between each three digits before the point of
// a decimal number. What is no plain decimal stays as it is.
func groupDecimal(text, separator string) string {
	whole, fraction, point := strings.Cut(text, ".")
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return text
	}
	var b strings.Builder
	b.WriteString(whole[:len(whole)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

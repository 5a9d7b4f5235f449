package report

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Escape sequences of a terminal, or nothing.
type colours struct{ red, yellow, blue, bold, dim, reset string }

func coloursFor(on bool) colours {
	if !on {
		return colours{}
	}
	return colours{"\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[2m", "\x1b[0m"}
}

func (c colours) of(s finding.Severity) string {
	switch s {
	case finding.Error:
		return c.red
	case finding.Warning:
		return c.yellow
	}
	return c.blue
}

// printable takes out what would steer a terminal, and makes one line.
func printable(text string) string {
	return strings.NewReplacer("\n", " ", "\t", " ").Replace(steerless(text))
}

// steerless takes out what would steer a terminal: the data is not ours.
func steerless(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, text)
}

func writeText(w io.Writer, title string, list []finding.Finding, o Options) error {
	b := bufio.NewWriter(w)
	writeGroups(b, "", list, o)
	if o.Uncounted {
		return b.Flush()
	}
	if title != "" {
		fmt.Fprintf(b, "%s: ", printable(title))
	}
	fmt.Fprintln(b, CountFindings(list, o.Found))
	return b.Flush()
}

// writeGroups writes the first findings of each code, each line after an indent.
func writeGroups(b *bufio.Writer, indent string, list []finding.Finding, o Options) {
	limit := o.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	c := coloursFor(o.Color)
	for _, g := range group(list, o.Found) {
		shown := g.list
		if limit > 0 && len(shown) > limit {
			shown = shown[:limit]
		}
		for i, f := range shown {
			fmt.Fprintf(b, "%s%s%s%s[%s] ", indent, c.of(f.Severity), f.Severity, c.reset, f.Code)
			if at := f.Location.String(); at != "" {
				fmt.Fprintf(b, "%s%s%s: ", c.bold, printable(at), c.reset)
			}
			fmt.Fprintln(b, printable(f.Message))
			writeSource(b, indent, c, f, o.Source)
			// A hint that the next one repeats is given once.
			if f.Hint != "" && (i == len(shown)-1 || shown[i+1].Hint != f.Hint) {
				fmt.Fprintf(b, "%s  %shint: %s%s\n", indent, c.dim, printable(f.Hint), c.reset)
			}
		}
		if more := g.total - int64(len(shown)); more > 0 && len(shown) > 0 {
			fmt.Fprintf(b, "%s%s… and %s more %s%s\n", indent, c.dim, thousands(more), g.code, c.reset)
		} else if more > 0 {
			fmt.Fprintf(b, "%s%s%s%s[%s] %s\n", indent, c.of(g.severity()), g.severity(), c.reset, g.code, thousands(more)+" times")
		}
	}
}

func writeJSON(w io.Writer, title string, list []finding.Finding, o Options) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	counts := CountFindings(list, o.Found)
	if o.Counts != nil {
		counts = *o.Counts
	}
	return enc.Encode(struct {
		Title string `json:"title,omitempty"`
		FindingCounts
		Found    map[finding.Code]int64 `json:"found,omitempty"`
		Findings finding.List           `json:"findings"`
	}{title, counts, o.Found, list})
}

type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"` // none: a fault of the system ends the program
	Suites   []*junitSuite `xml:"testsuite"`
}

// junitSuite is one file, or what is of none.
type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     int         `xml:"time,attr"` // not measured, but some readers ask for it
	File     string      `xml:"file,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	Time      int           `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit makes each error a failed test; what is milder passes and says so. A file is
// a suite: the schema that Jenkins publishes (junit-10) has no place for it in a test.
func writeJUnit(w io.Writer, title string, list []finding.Finding, o Options) error {
	if title == "" {
		title = "ldt"
	}
	var all junitSuites
	suites := map[string]*junitSuite{}
	add := func(file string, c junitCase) {
		suite := suites[file]
		if suite == nil {
			suite = &junitSuite{Name: title, File: file}
			suites[file] = suite
			all.Suites = append(all.Suites, suite)
		}
		suite.Cases = append(suite.Cases, c)
		suite.Tests++
		all.Tests++
		if c.Failure != nil {
			suite.Failures++
			all.Failures++
		}
	}
	for _, f := range list {
		at := f.Location.String()
		if at == "" {
			at = title
		}
		c := junitCase{ClassName: string(f.Code), Name: at}
		if f.Severity == finding.Error {
			c.Failure = &junitFailure{Message: f.Message, Type: string(f.Code), Text: f.String()}
		} else {
			c.Output = f.Severity.String() + ": " + f.String()
		}
		add(f.Location.File, c)
	}
	for _, subject := range o.Subjects {
		if suite := suites[subject]; suite == nil || suite.Failures == 0 {
			add(subject, junitCase{ClassName: title, Name: subject})
		}
	}
	if all.Tests == 0 {
		add("", junitCase{ClassName: title, Name: title})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name            string      `json:"name"`
	SemanticVersion string      `json:"version,omitempty"`
	InformationURI  string      `json:"informationUri"`
	Rules           []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string `json:"id"`
	DefaultConfiguration struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

func sarifLevel(s finding.Severity) string {
	if s == finding.Info {
		return "note"
	}
	return s.String()
}

// writeSARIF writes SARIF 2.1.0 (OASIS).
func writeSARIF(w io.Writer, title string, list []finding.Finding, o Options) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "ldt", SemanticVersion: o.Version, InformationURI: "https://github.com/ldtkit/ldt", Rules: []sarifRule{}}
	place := map[finding.Code]int{}
	for _, f := range list {
		index, ok := place[f.Code]
		if !ok {
			index = len(run.Tool.Driver.Rules)
			place[f.Code] = index
			rule := sarifRule{ID: string(f.Code)}
			rule.DefaultConfiguration.Level = sarifLevel(f.Code.Severity())
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		}
		text := f.Message
		if f.Hint != "" {
			text += "\nhint: " + f.Hint
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: string(f.Code), RuleIndex: index, Level: sarifLevel(f.Severity), Message: sarifText{text}, Locations: sarifLocations(f.Location),
		})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifLocations(at finding.Location) []sarifLocation {
	var l sarifLocation
	if at.File != "" {
		l.Physical = &sarifPhysical{}
		l.Physical.Artifact.URI = (&url.URL{Path: filepath.ToSlash(at.File)}).String()
		if line := textLine(at); line > 0 {
			l.Physical.Region = &sarifRegion{StartLine: line, StartColumn: at.Char}
		}
	}
	inside := at
	inside.File = ""
	if inside.Sheet == "" {
		inside.Row, inside.Line, inside.Char = 0, 0, 0
	}
	if name := strings.TrimPrefix(inside.String(), "!"); name != "" {
		l.Logical = []sarifLogical{{name}}
	}
	if l.Physical == nil && l.Logical == nil {
		return nil
	}
	return []sarifLocation{l}
}

// textLine gives the line of a text file, or 0: the row of a sheet is none.
func textLine(at finding.Location) int {
	if at.Line > 0 {
		return at.Line
	}
	if at.Sheet == "" {
		return at.Row
	}
	return 0
}

var (
	gitHubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	gitHubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub writes the workflow commands that GitHub shows beside the lines
// of a change.
func writeGitHub(w io.Writer, list []finding.Finding) error {
	b := bufio.NewWriter(w)
	for _, f := range list {
		command := "notice"
		if f.Severity != finding.Info {
			command = f.Severity.String()
		}
		fmt.Fprintf(b, "::%s title=%s", command, gitHubProperty.Replace(string(f.Code)))
		if f.Location.File != "" {
			fmt.Fprintf(b, ",file=%s", gitHubProperty.Replace(steerless(filepath.ToSlash(f.Location.File))))
			if line := textLine(f.Location); line > 0 {
				fmt.Fprintf(b, ",line=%d", line)
			}
			if f.Location.Line > 0 && f.Location.Char > 0 {
				fmt.Fprintf(b, ",col=%d", f.Location.Char)
			}
		}
		fmt.Fprintf(b, "::%s\n", gitHubMessage.Replace(steerless(f.String())))
	}
	return b.Flush()
}

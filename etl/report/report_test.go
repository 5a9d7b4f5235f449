package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func someFindings() []finding.Finding {
	return []finding.Finding{
		finding.New(finding.CellDate, finding.Location{File: "meters.xlsx", Sheet: "2024", Row: 12, Column: "date"}, "%q is not a date", "31/02/24").WithHint("correct the cell"),
		finding.New(finding.SourceUnsure, finding.Location{File: "a,b.csv"}, "the decimal may be a comma, or a point; 50%% say so"),
		finding.New(finding.CellDate, finding.Location{File: "meters.xlsx", Sheet: "2024", Row: 13, Column: "date"}, "%q is not a date", "x").WithHint("correct the cell"),
		finding.New(finding.EntityID, finding.Location{File: "data/é 1.json", Line: 3, Char: 7, Pointer: "/0/id", Entity: "x"}, "no URI:\nreally").WithHint("write a URI"),
		finding.New(finding.CellNumber, finding.Location{File: "a.csv", Row: 5, Column: "n"}, "<b> & \"q\" is no number"),
	}
}

func render(t *testing.T, format string, list []finding.Finding, o report.Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.Findings(&b, format, "validate", list, o))
	return b.String()
}

func TestTextGroupsFindingsByCode(t *testing.T) {
	require.Equal(t, `error[cell-date] meters.xlsx!2024:12 column "date": "31/02/24" is not a date
error[cell-date] meters.xlsx!2024:13 column "date": "x" is not a date
  hint: correct the cell
warning[source-unsure] a,b.csv: the decimal may be a comma, or a point; 50% say so
error[entity-id] data/é 1.json:3:7 x /0/id: no URI: really
  hint: write a URI
error[cell-number] a.csv:5 column "n": <b> & "q" is no number
validate: 4 errors, 1 warning
`, render(t, "text", someFindings(), report.Options{}))
	require.Equal(t, "validate: no findings\n", render(t, "text", nil, report.Options{}))
}

func TestTextIsBounded(t *testing.T) {
	var list []finding.Finding
	for i := range 20 {
		list = append(list, finding.New(finding.CellNumber, finding.Location{Row: i + 2}, "no number"))
	}
	text := render(t, "text", list, report.Options{Found: map[finding.Code]int64{finding.CellNumber: 3960, finding.SourceNoRows: 2}})
	require.Equal(t, 13, strings.Count(text, "\n"))
	require.Contains(t, text, "\n… and 3 950 more cell-number\n")
	require.Contains(t, text, "\nwarning[source-no-rows] 2 times\n")
	require.Contains(t, text, "validate: 3 960 errors, 2 warnings\n")
	require.Equal(t, 21, strings.Count(render(t, "text", list, report.Options{Limit: -1}), "\n"))
	require.Contains(t, render(t, "text", list, report.Options{Limit: 3}), "… and 17 more cell-number")
}

func TestTextKeepsTheTerminalUnsteered(t *testing.T) {
	list := []finding.Finding{finding.New(finding.CellNumber, finding.Location{File: "a\x1b[2J.csv"}, "\x1b]0;owned\x07\u202e")}
	require.NotContains(t, render(t, "text", list, report.Options{}), "\x1b")
	coloured := render(t, "text", list, report.Options{Color: true})
	require.Contains(t, coloured, "\x1b[31merror")
	require.NotContains(t, coloured, "\x1b]0")
	require.NotContains(t, coloured, "\u202e")
}

func TestJSONHoldsEveryFinding(t *testing.T) {
	var got struct {
		Title                   string
		Errors, Warnings, Infos int
		Findings                []finding.Finding
	}
	require.NoError(t, json.Unmarshal([]byte(render(t, "json", someFindings(), report.Options{})), &got))
	require.Equal(t, someFindings(), got.Findings)
	require.Equal(t, 4, got.Errors)
	require.Equal(t, 1, got.Warnings)
	require.Contains(t, render(t, "json", nil, report.Options{}), `"findings": []`)
}

func TestJUnitFailsErrorsOnly(t *testing.T) {
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			File  string `xml:"file,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Text string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(render(t, "junit", someFindings(), report.Options{Subjects: []string{"a.csv", "good.csv"}})), &got))
	require.Equal(t, 6, got.Tests)
	require.Equal(t, 4, got.Failures)
	require.Equal(t, `meters.xlsx!2024:12 column "date"`, got.Suites[0].Cases[0].Name)
	require.Len(t, got.Suites[0].Cases, 2, "a file is a suite")
	require.Nil(t, got.Suites[1].Cases[0].Failure, "a warning passes")
	require.Contains(t, got.Suites[3].Cases[0].Failure.Text, `<b> & "q" is no number`)
	require.Equal(t, "good.csv", got.Suites[4].Cases[0].Name)
	require.Equal(t, "good.csv", got.Suites[4].File)
	require.Contains(t, render(t, "junit", nil, report.Options{}), `tests="1" failures="0"`)
}

func TestSARIFNamesFilesAndLines(t *testing.T) {
	text := render(t, "sarif", someFindings(), report.Options{Version: "1.2.3"})
	var got struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation *struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.Equal(t, "2.1.0", got.Version)
	run := got.Runs[0]
	require.Equal(t, "1.2.3", run.Tool.Driver.Version)
	require.Len(t, run.Tool.Driver.Rules, 4)
	require.Len(t, run.Results, 5)
	require.Equal(t, "warning", run.Results[1].Level)
	require.Equal(t, 0, run.Results[2].RuleIndex)
	first := run.Results[0].Locations[0]
	require.Equal(t, "meters.xlsx", first.PhysicalLocation.ArtifactLocation.URI)
	require.Nil(t, first.PhysicalLocation.Region, "a row of a sheet is no line of a file")
	require.Equal(t, `2024:12 column "date"`, first.LogicalLocations[0].FullyQualifiedName)
	json3 := run.Results[3].Locations[0]
	require.Equal(t, "data/%C3%A9%201.json", json3.PhysicalLocation.ArtifactLocation.URI)
	require.Equal(t, 3, json3.PhysicalLocation.Region.StartLine)
	require.Equal(t, 7, json3.PhysicalLocation.Region.StartColumn)
	require.Equal(t, 5, run.Results[4].Locations[0].PhysicalLocation.Region.StartLine)
	require.Contains(t, render(t, "sarif", nil, report.Options{}), `"results": []`)
}

func TestGitHubAnnotationsEscape(t *testing.T) {
	lines := strings.Split(render(t, "github", someFindings(), report.Options{}), "\n")
	require.Len(t, lines, 6)
	require.Equal(t, `::error title=cell-date,file=meters.xlsx::meters.xlsx!2024:12 column "date": "31/02/24" is not a date%0A  hint: correct the cell`, lines[0])
	require.Equal(t, `::warning title=source-unsure,file=a%2Cb.csv::a,b.csv: the decimal may be a comma, or a point; 50%25 say so`, lines[1])
	require.True(t, strings.HasPrefix(lines[3], `::error title=entity-id,file=data/é 1.json,line=3,col=7::`), lines[3])
}

func TestFormatsAreAClosedList(t *testing.T) {
	err := report.Findings(&bytes.Buffer{}, "html", "", nil, report.Options{})
	require.EqualError(t, err, `unknown format "html": it is text, json, junit, sarif or github`)
	for _, format := range report.Formats {
		require.NoError(t, report.CheckFormat(format))
		require.ErrorIs(t, report.Findings(brokenWriter{}, format, "x", someFindings(), report.Options{}), errBroken)
	}
}

var errBroken = errors.New("no space left on device")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

// aRun is a run with a little of everything.
func aRun() *report.Run {
	started := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	return &report.Run{
		Name: "paris-energy", Started: started, Finished: started.Add(4210 * time.Millisecond), Version: "0.1.0", Broker: "http://127.0.0.1:40311",
		Flows: []report.Flow{
			{
				Name: "mappings/consommation-iris.yaml",
				Source: report.Source{File: "data/conso-iris.csv", Dialect: map[string]report.Decided{
					"encoding": {Value: "windows-1252", How: "detected", Confidence: 0.9, Evidence: "bytes E9 and E0 that UTF-8 does not have"}, "delimiter": {Value: ";", How: "declared", Confidence: 1},
					"decimal": {Value: ",", How: "declared", Confidence: 1}, "header": {Value: "row 1", How: "default"},
				}},
				Rows:            report.Rows{Read: 16794, Written: 12698, Merged: 100, Filtered: 3952, Rejected: 44, Skipped: 2},
				Entities:        report.Entities{Created: 12000, Updated: 650, Unchanged: 40, Failed: 8},
				Types:           map[string]int64{"ConsommationEnergieIris": 12698},
				MergedReasons:   map[string]int64{"the same id, last row kept": 100},
				FilteredReasons: map[string]int64{"no delivery point": 3900, "no consumption <given>": 52},
				RejectedReasons: map[string]int64{"cell-number": 36, "cell-lookup": 8},
				Empty:           map[string]int64{"Conso moyenne (MWh)": 3952, "CODE SECTEUR NAF2": 211},
				Findings:        report.FindingCounts{Errors: 44},
				Found:           map[finding.Code]int64{finding.CellNumber: 36, finding.CellLookup: 8},
				Samples: finding.List{
					finding.New(finding.CellNumber, finding.Location{File: "data/conso-iris.csv", Row: 17, Column: "Conso totale (MWh)"}, "%q is not a number", "12.5 <script>alert(1)</script>").WithHint("write 12,5, or set the column's decimal"),
					finding.New(finding.CellNumber, finding.Location{File: "data/conso-iris.csv", Row: 18, Column: "Conso totale (MWh)"}, "%q is not a number", "n.c."),
					finding.New(finding.CellLookup, finding.Location{File: "data/conso-iris.csv", Row: 40, Column: "Code IRIS"}, "%q is not in data/iris.csv", "759999999").WithHint("add the IRIS to the table"),
				},
				Rejects: "rejected.csv",
			},
			{
				Name:     "mappings/communes.yaml",
				Source:   report.Source{File: "data/arrondissements.xlsx", Sheet: "2023"},
				Rows:     report.Rows{Read: 20, Written: 20},
				Entities: report.Entities{Created: 20},
				Types:    map[string]int64{"CodeCommune": 20},
			},
		},
		Findings: report.FindingCounts{Warnings: 1},
		Samples:  finding.List{finding.New(finding.ContextUnknownURL, finding.Location{File: "context/energy.jsonld", Line: 3}, "%q is not known offline", "https://example.org/x.jsonld").WithHint("run with --fetch once")},
		Verification: &report.Verification{Comparisons: []report.Comparison{
			{Flow: "mappings/consommation-iris.yaml", What: "rows", Source: "16794", Expected: "12698", Broker: "12698", Explained: "100 merged, 3952 filtered, 44 rejected", OK: true},
			{Flow: "mappings/consommation-iris.yaml", What: "sum of Conso totale (MWh)", Source: "3399013.685", Explained: "44 rejected", Expected: "3399013.685", Broker: "3399012.685", OK: false},
			{Flow: "mappings/communes.yaml", What: "entities of type CodeCommune", Source: "20", Expected: "20", Broker: "20", OK: true},
		}},
		Links: []report.Link{
			{Label: "all consumptions", URL: "http://127.0.0.1:40311/ngsi-ld/v1/entities?type=ConsommationEnergieIris&limit=5"},
			{Label: "types", URL: "http://127.0.0.1:40311/ngsi-ld/v1/types"},
		},
	}
}

func TestRunText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, aRun().WriteText(&b, report.Options{}))
	require.Equal(t, `paris-energy  done, but the broker differs from the source, in 4.2 s, 2026-01-02 15:04:05 UTC
broker http://127.0.0.1:40311

rows                               read  written  merged  filtered  rejected  skipped
mappings/consommation-iris.yaml  16 794   12 698     100     3 952        44        2
mappings/communes.yaml               20       20       0         0         0        0
all                              16 814   12 718     100     3 952        44        2
read = written + merged + filtered + rejected, in every flow

mappings/consommation-iris.yaml
  source     data/conso-iris.csv
  read as    decimal "," (declared), delimiter ";" (declared), encoding windows-1252 (detected,
             90%), header row 1 (default)
  entities   12 000 created, 650 updated, 40 unchanged, 8 failed
  types      12 698 ConsommationEnergieIris
  merged     100 for the same id, last row kept
  filtered   3 900 for no delivery point, 52 for no consumption <given>
  rejected   36 for cell-number, 8 for cell-lookup
             see rejected.csv
  left out   3 952 empty cells of "Conso moyenne (MWh)", 211 empty cells of "CODE SECTEUR NAF2"

mappings/communes.yaml
  source     data/arrondissements.xlsx!2023
  entities   20 created, 0 updated, 0 unchanged, 0 failed
  types      20 CodeCommune

verified     1 of 3 figures differ from the source
  mappings/consommation-iris.yaml, sum of Conso totale (MWh): source 3 399 013.685 (44 rejected),
  expected 3 399 013.685, broker 3 399 012.685

findings     44 errors, 1 warning
  warning[context-unknown-url] context/energy.jsonld:3: "https://example.org/x.jsonld" is not known offline
    hint: run with --fetch once
  error[cell-number] data/conso-iris.csv:17 column "Conso totale (MWh)": "12.5 <script>alert(1)</script>" is not a number
    hint: write 12,5, or set the column's decimal
  error[cell-number] data/conso-iris.csv:18 column "Conso totale (MWh)": "n.c." is not a number
  … and 34 more cell-number
  error[cell-lookup] data/conso-iris.csv:40 column "Code IRIS": "759999999" is not in data/iris.csv
    hint: add the IRIS to the table
  … and 7 more cell-lookup

all consumptions  http://127.0.0.1:40311/ngsi-ld/v1/entities?type=ConsommationEnergieIris&limit=5
types             http://127.0.0.1:40311/ngsi-ld/v1/types
`, b.String())
}

func TestRunTextStaysWithinItsWidth(t *testing.T) {
	r := aRun()
	r.Samples, r.Links = nil, nil
	r.Failure = strings.Repeat("the broker went away ", 12)
	for i := range r.Flows {
		r.Flows[i].Name = "mappings/" + strings.Repeat("a very long name ", 8) + "end.yaml"
		r.Flows[i].Samples = nil
		r.Flows[i].RejectedReasons = map[string]int64{}
		for k := range 40 {
			r.Flows[i].RejectedReasons[fmt.Sprintf("reason number %d of many", k)] = int64(k)
		}
	}
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b, report.Options{}))
	long := 0
	for line := range strings.SplitSeq(b.String(), "\n") {
		if utf8.RuneCountInString(line) > 100 {
			long++
			require.True(t, strings.HasPrefix(line, "mappings/"), "only a title that cannot be broken is longer: %s", line)
		}
	}
	require.Contains(t, b.String(), "for 34 more")
	require.Contains(t, b.String(), "the rows do not add up")
}

func TestRunTextEndsByItsOutcome(t *testing.T) {
	for want, change := range map[string]func(*report.Run){
		"done, in 4.2 s": func(r *report.Run) {
			r.Verification, r.Flows, r.Findings = nil, r.Flows[1:], report.FindingCounts{}
		},
		"done in part, in": func(r *report.Run) { r.Verification = nil },
		"done, with errors, in": func(r *report.Run) {
			r.Verification, r.Flows, r.Findings = nil, r.Flows[1:], report.FindingCounts{Errors: 1}
		},
		"stopped, in 1 min 15 s": func(r *report.Run) {
			r.Failure = "the broker does not answer"
			r.Finished = r.Started.Add(75 * time.Second)
		},
		"done, in 2 min 0 s":                   func(r *report.Run) { r.Verification, r.Flows, r.Finished = nil, nil, r.Started.Add(2*time.Minute) },
		"3 figures with the source: all agree": func(r *report.Run) { r.Verification.Comparisons[1].OK = true },
		"stopped: the broker\nbroker http":     func(r *report.Run) { r.Failure = "the broker" },
	} {
		r := aRun()
		change(r)
		var b bytes.Buffer
		require.NoError(t, r.WriteText(&b, report.Options{}))
		require.Contains(t, b.String(), want)
	}
}

func TestCheckProvesThatEveryRowIsAccountedFor(t *testing.T) {
	r := aRun()
	require.NoError(t, r.Check())
	r.Flows[0].Rows.Written--
	require.EqualError(t, r.Check(), "mappings/consommation-iris.yaml: 16 794 rows read, but 12697 written + 100 merged + 3952 filtered + 44 rejected are 16793")
	r = aRun()
	r.Flows[0].FilteredReasons["no delivery point"]--
	require.EqualError(t, r.Check(), "mappings/consommation-iris.yaml: 3 952 rows filtered, but the reasons given are for 3951")
	r = aRun()
	r.Flows[1].Rows = report.Rows{Read: 0, Written: 1, Merged: -1}
	require.ErrorContains(t, r.Check(), "below 0")
	r = aRun()
	r.Flows[0].RejectedReasons = nil
	require.ErrorContains(t, r.Check(), "44 rows rejected, but the reasons given are for 0")
}

func TestReportJSONHasTheNamesThatScriptsRelyOn(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, aRun().WriteJSON(&b))
	var got struct {
		Flows []struct {
			Rows            map[string]int64
			Entities        map[string]int64
			FilteredReasons map[string]int64 `json:"filtered_reasons"`
			RejectedReasons map[string]int64 `json:"rejected_reasons"`
			Source          struct {
				File, Sheet string
				Dialect     map[string]struct{ Value, How string }
			}
			Samples []finding.Finding
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	require.Equal(t, map[string]int64{"read": 16794, "written": 12698, "merged": 100, "filtered": 3952, "rejected": 44, "skipped": 2}, got.Flows[0].Rows)
	require.Equal(t, map[string]int64{"created": 12000, "updated": 650, "unchanged": 40, "failed": 8}, got.Flows[0].Entities)
	require.Equal(t, "detected", got.Flows[0].Source.Dialect["encoding"].How)
	require.Equal(t, "2023", got.Flows[1].Source.Sheet)
	require.Equal(t, int64(36), got.Flows[0].RejectedReasons["cell-number"])
	require.NotContains(t, b.String(), "null")
	back, err := report.ReadRun(&b)
	require.NoError(t, err)
	require.NoError(t, back.Check())
	require.Equal(t, aRun().Flows[0], back.Flows[0])
	_, err = report.ReadRun(strings.NewReader("{"))
	require.ErrorContains(t, err, "read the run report")
	b.Reset()
	require.NoError(t, (&report.Run{}).WriteJSON(&b))
	require.NotContains(t, b.String(), "null")
}

func TestHTMLNeedsNothingBesideItself(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, aRun().WriteHTML(&b))
	page := b.String()
	require.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
	for _, never := range []string{"<script", "<link", "@import", "url(", "<img", "ZgotmplZ", "<no value>"} {
		require.NotContains(t, page, never)
	}
	for _, part := range []string{
		"16\u202f814", "12\u202f718", `class="filtered" x="`, "&lt;script&gt;alert(1)&lt;/script&gt;", "no consumption &lt;given&gt;",
		"windows-1252", "arrondissements.xlsx!2023", "3\u202f399\u202f012.685", "✗ differs", "type=ConsommationEnergieIris&amp;limit=5", "… and 34 more",
	} {
		require.Contains(t, page, part)
	}
	r := aRun()
	r.Links = []report.Link{{Label: "x", URL: "javascript:alert(1)"}}
	b.Reset()
	require.NoError(t, r.WriteHTML(&b))
	require.NotContains(t, b.String(), "javascript:")
	b.Reset()
	require.NoError(t, (&report.Run{}).WriteHTML(&b))
	if file := os.Getenv("LDT_REPORT_HTML"); file != "" { // to look at it
		b.Reset()
		require.NoError(t, aRun().WriteHTML(&b))
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
}

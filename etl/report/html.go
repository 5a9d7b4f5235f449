package report

import (
	_ "embed"
	"html/template"
	"io"
	"time"

	"github.com/ldtkit/ldt/ngsild/finding"
)

//go:embed run.html.tmpl
var runPage string

// style is what all pages look like.
//
//go:embed page.css
var style string

var runTemplate = template.Must(template.New("run").Funcs(template.FuncMap{
	"css":    func() template.CSS { return template.CSS(style) },
	"n":      func(n int64) string { return groupDigits(n, "\u202f") },
	"figure": func(text string) string { return groupDecimal(text, "\u202f") },
	"time":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" },
	"shares": shares,
	"rank":   ranked,
	"groups": shownGroups,
	"level": func(r *Run) string {
		rows, entities := r.Total()
		switch {
		case r.Failure != "" || r.Verification.Failed() > 0 || r.Check() != nil:
			return "bad"
		case rows.Rejected+entities.Failed > 0 || r.AllFindings().Errors > 0:
			return "part"
		}
		return "good"
	},
}).Parse(runPage))

func shownGroups(list finding.List, found map[finding.Code]int64) []shownGroup {
	var shown []shownGroup
	for _, g := range group(list, found) {
		shown = append(shown, shownGroup{string(g.code), g.severity().String(), g.total, g.list, g.total - int64(len(g.list))})
	}
	return shown
}

type shownGroup struct {
	Code, Severity string
	Total          int64
	List           []finding.Finding
	More           int64
}

// share is one part of a bar of 1000 units.
type share struct {
	Class string
	X, W  float64
	N     int64
}

// shares divides a bar of 1000 units among the outcomes of rows. What there is
// can be seen, however few.
func shares(r Rows) []share {
	all := []share{{Class: "written", N: r.Written}, {Class: "merged", N: r.Merged}, {Class: "filtered", N: r.Filtered}, {Class: "rejected", N: r.Rejected}}
	const length, least = 1000.0, 6.0
	sum, small := 0.0, 0.0
	for _, s := range all {
		sum += float64(max(0, s.N))
	}
	if sum == 0 {
		return nil
	}
	large := 0.0
	for _, s := range all {
		if part := length * float64(max(0, s.N)) / sum; s.N > 0 && part < least {
			small += least
		} else {
			large += part
		}
	}
	var list []share
	x := 0.0
	for _, s := range all {
		if s.N <= 0 {
			continue
		}
		if part := length * float64(s.N) / sum; part < least {
			s.W = least
		} else {
			s.W = part / large * (length - small)
		}
		s.X = x
		x += s.W
		list = append(list, s)
	}
	return list
}

// WriteHTML writes the report as one page that needs nothing beside itself: no
// script, no font, no network.
func (r *Run) WriteHTML(w io.Writer) error {
	rows, entities := r.Total()
	fault := ""
	if err := r.Check(); err != nil {
		fault = err.Error()
	}
	return runTemplate.Execute(w, struct {
		*Run
		Outcome, Duration string
		Rows              Rows
		Entities          Entities
		All               FindingCounts
		Fault             string
		VerifyFailed      int64
	}{r, r.outcome(), r.duration(), rows, entities, r.AllFindings(), fault, int64(r.Verification.Failed())})
}

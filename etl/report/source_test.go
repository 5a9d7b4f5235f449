package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestTextShowsTheLineAndMarksTheCharacter(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "e.json")
	long := `{"a":"` + strings.Repeat("é", 300) + `","b":1,"c":"` + strings.Repeat("x", 300) + `"}`
	require.NoError(t, os.WriteFile(name, []byte("\ufeff{\r\n\t\"é\": \x1b[31m5\r\n}\n"+long), 0o600))
	at := func(line, char int) finding.Finding {
		return finding.New(finding.EntityID, finding.Location{File: name, Line: line, Char: char}, "m").WithHint("h")
	}
	list := []finding.Finding{at(2, 7), at(4, 314), at(1, 1), at(9, 1), at(2, 99), {Code: finding.EntityID, Location: finding.Location{File: "-", Line: 1, Char: 1}, Message: "m"}}
	var out bytes.Buffer
	require.NoError(t, report.Findings(&out, "text", "", list, report.Options{Source: report.SourceLines(list)}))
	text := strings.ReplaceAll(out.String(), dir+string(filepath.Separator), "")
	require.Equal(t, `error[entity-id] e.json:2:7: m
    2 |  "é": �[31m5
      |       ^
error[entity-id] e.json:4:314: m
    4 | …`+strings.Repeat("é", 43)+`","b":1,"c":"`+strings.Repeat("x", 45)+`…
      | `+strings.Repeat(" ", 51)+`^
error[entity-id] e.json:1:1: m
    1 | {
      | ^
error[entity-id] e.json:9:1: m
error[entity-id] e.json:2:99: m
  hint: h
info[entity-id] -:1:1: m
5 errors, 1 remark
`, text)
}

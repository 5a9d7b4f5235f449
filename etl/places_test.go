package etl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestPointsThatAreTheOtherWayRoundThanTheRestAreSaid(t *testing.T) {
	point := thing("error", "location: {value: {columns: [a, b], as: point}}")
	rows := func(points ...string) string {
		text := "id,a,b\n"
		for i, p := range points {
			text += fmt.Sprintf("%d,%s\n", i, p)
		}
		return text
	}
	for name, c := range map[string]struct{ mapping, data, at string }{
		"one of three":              {point, rows("48.85,2.35", "2.36,48.86", "48.9,2.3"), "data.csv:3"},
		"one of three, at first":    {point, rows("2.36,48.86", "48.85,2.35", "48.9,2.3"), "data.csv:2"},
		"across a degree":           {point, rows("48.99,2.99", "3.01,49.01", "48.98,2.98"), "data.csv:3"},
		"half of them":              {point, rows("48.85,2.35", "2.36,48.86"), ""},
		"all of them":               {point, rows("2.35,48.85", "2.36,48.86"), ""},
		"none":                      {point, rows("48.85,2.35", "48.9,2.3", "43.3,5.4", "-21.1,55.5"), ""},
		"near the diagonal":         {point, rows("41.0,40.5", "41.1,40.4", "40.5,41.0"), ""},
		"a region that is declared": {strings.Replace(point, "as: point", "as: point, within: [-180, -90, 180, 90]", 1), rows("48.85,2.35", "2.36,48.86", "48.9,2.3"), ""},
	} {
		got := convert(t, c.mapping, c.data, Options{})
		var at string
		for _, f := range got.tally.Findings {
			require.Equal(t, finding.CellPointSwapped, f.Code, name)
			require.Equal(t, finding.Warning, f.Severity, name)
			at = fmt.Sprintf("%s:%d", f.Location.File, f.Location.Row)
		}
		require.Equal(t, c.at, at, name)
		require.Zero(t, got.tally.Rejected, name)
	}
}

func TestPointsAllOverTheWorldAreNotJudged(t *testing.T) {
	text := "id,a,b\n"
	for i := range 40 {
		for j := range 40 {
			text += fmt.Sprintf("%d-%d,%d.5,%d.5\n", i, j, i, j*4)
		}
	}
	got := convert(t, thing("error", "location: {value: {columns: [a, b], as: point}}"), text, Options{})
	require.Empty(t, got.tally.Findings)
}

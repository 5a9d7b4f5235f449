package format_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func rows(list ...[]string) []format.Row {
	var out []format.Row
	for i, cells := range list {
		out = append(out, format.Row{Line: i + 1, Cells: cells})
	}
	return out
}

func TestGuessHeaderTakesTheFirstRowThatMayHoldNames(t *testing.T) {
	g := format.GuessHeader(rows([]string{"name", "v"}, []string{"all", "text"}, []string{"x", "1"}), true)
	require.Equal(t, 0, g.Index)
	require.Empty(t, g.Unsure)
	g = format.GuessHeader(rows([]string{"", "2011", "2012"}, []string{"x", "1", "2"}), true)
	require.Equal(t, 0, g.Index, "years are names")
	require.Empty(t, g.Unsure)
}

func TestGuessHeaderGoesBelowAPreamble(t *testing.T) {
	g := format.GuessHeader(rows([]string{"title"}, []string{"group", "group", "group"}, []string{"a", "b", "c"}, []string{"1", "2", "3"}, []string{"4", "5", "6"}), true)
	require.Equal(t, 2, g.Index)
	require.NotEmpty(t, g.Unsure)
	wide := format.GuessHeader(rows([]string{"a", "b", "c", "d", "e"}, []string{"at", "v"}, []string{"x", "1"}, []string{"y", "2"}), true)
	require.Equal(t, 1, wide.Index, "a row that is wider than the table is no header of it")
	sparse := format.GuessHeader(rows([]string{"a", "b", "c", "d", "e"}, []string{"x", "1"}, []string{"y", "2"}), false)
	require.Equal(t, 0, sparse.Index, "in a sheet rows may end early")
}

func TestGuessHeaderSaysWhereItFindsNone(t *testing.T) {
	require.Equal(t, -1, format.GuessHeader(nil, true).Index)
	require.Equal(t, -1, format.GuessHeader(rows([]string{"", ""}), true).Index)
	g := format.GuessHeader(rows([]string{"1", "2.5"}, []string{"2", "3.5"}), true)
	require.Equal(t, 0, g.Index)
	require.NotEmpty(t, g.Unsure)
}

func TestIsValueTellsNumbersAndDatesFromNames(t *testing.T) {
	for _, s := range []string{"1", "-1,5", "8,911819e+01", "1 234,5", "31/12/2023", "2023-01-02T03:04:05Z", "12.5 %", "12,5 kWh", "3 m²", "true"} {
		require.True(t, format.IsValue(s), s)
	}
	for _, s := range []string{"", "name", "2011", "kWh 1", "00:00-00:15", "12:30", "-", "T", "Q1", "12 bis", "2011 kWh"} {
		require.False(t, format.IsValue(s), s)
	}
}

func TestErrorCarriesItsFindingAndCause(t *testing.T) {
	var err error = format.Refuse(finding.New(finding.SourceAbsent, finding.Location{File: "x.csv"}, "there is no such file").WithHint("look"), fs.ErrNotExist)
	require.Equal(t, "x.csv: there is no such file\n  hint: look", err.Error())
	require.ErrorIs(t, err, fs.ErrNotExist)
	var e *format.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, format.Unreadable, e.Kind)
	require.Equal(t, format.Config, format.Misdeclared(finding.Finding{}).Kind)
}

func TestDialectGivesItsProperties(t *testing.T) {
	d := format.Dialect{{Key: format.Decimal, Value: ","}, {Key: format.Thousands, Value: " "}}
	require.Equal(t, byte(','), d.Decimal())
	require.Equal(t, " ", d.Thousands())
	require.Equal(t, byte('.'), format.Dialect(nil).Decimal())
	require.Equal(t, `"", "NA"`, format.NullTokens([]string{"", "NA"}).Value)
}

func TestRepeatedNamesEachAlternative(t *testing.T) {
	list := format.Repeated(record.NewHeader([]string{"a", "a", "b"}), record.Origin{File: "x"}, 1)
	require.Len(t, list, 1)
	require.Equal(t, finding.Warning, list[0].Severity)
	require.Contains(t, list[0].Hint, "a#1, a#2")
}

func TestGuessHeaderTakesTwoRowsWhereTheFirstNamesGroups(t *testing.T) {
	groups, names := []string{"", "Power", "", "Gas", ""}, []string{"Day", "Low", "High", "Use", "High"}
	values := []string{"01/02/2024", "1", "2", "3", "4"}
	g := format.GuessHeader(rows(groups, names, values, values), true)
	require.Equal(t, 1, g.Index)
	require.Equal(t, 1, g.Groups, "the groups tell the two names High apart")
	require.Contains(t, g.Unsure, `"Power / Low"`)

	g = format.GuessHeader(rows([]string{"", "Power", "Power", "Gas", "Gas"}, []string{"Day", "Low", "High", "Low", "High"}, values, values), true)
	require.Equal(t, 1, g.Index, "the row of the groups is as wide as that of the names")
	require.Equal(t, 1, g.Groups)

	g = format.GuessHeader(rows([]string{"Site", "Town hall", "", "", ""}, []string{"Day", "Low", "High", "Use", "Cost"}, values, values), true)
	require.Equal(t, 1, g.Index)
	require.Zero(t, g.Groups, "a line of a preamble")

	merged := rows(groups, []string{"Day", "Low", "High", "Use", "Cost"}, values, values)
	require.Zero(t, format.GuessHeader(merged, false).Groups, "nothing says that these are groups")
	merged[0].Spans = []int{0, 2, 0, 2, 0}
	require.Equal(t, 1, format.GuessHeader(merged, false).Groups)
	title := rows([]string{"Report", "", "", "", ""}, names, values)
	title[0].Spans = []int{5, 0, 0, 0, 0}
	require.Zero(t, format.GuessHeader(title, false).Groups, "a title over the whole table")
}

func TestJoinHeaderNamesTheGroupOfEachColumn(t *testing.T) {
	join := func(spans []int, list ...[]string) []string {
		joined := rows(list...)
		joined[0].Spans = spans
		return format.JoinHeader(joined)
	}
	names := []string{"Day", "Low", "High", "Use", "", "High"}
	require.Equal(t, []string{"Day", "Power / Low", "Power / High", "Gas / Use", "", "Gas / High"}, join(nil, []string{"", "Power", "", "Gas"}, names))
	require.Equal(t, []string{"Day", "Power / Low", "Power / High", "Use", "", "High"}, join([]int{0, 2, 0, 0}, []string{"Day", "Power"}, names), "a group reaches as far as it is merged")
	require.Equal(t, []string{"Day", "Low", "High", "Use", "", "Note / High"}, join([]int{0, 0, 0, 0, 0, 0}, []string{"A title", "", "", "", "", "Note"}, names), "a title is no group")
	require.Equal(t, []string{"Site", "Power / 2011 / kWh", "Power / 2011 / EUR", "Power / 2012 / kWh"},
		join(nil, []string{"Site", "Power"}, []string{"", "2011", "", "2012"}, []string{"Site", "kWh", "EUR", "kWh"}))
	require.Empty(t, format.JoinHeader(nil))
}

func TestNumbersSayWhatMayBeThousands(t *testing.T) {
	for _, c := range []struct {
		cells           []string
		decimal, unsure string
	}{
		{[]string{"1.234", "12.345"}, ".", `"1.234" may have a decimal point or a point between thousands`},
		{[]string{"1,234"}, ".", `"1,234" may have a decimal comma or a thousands comma`},
		{[]string{"1.234", "0.5"}, ".", ""},
		{[]string{"1.234", "0,5"}, ",", ""},
		{[]string{"12,5 kWh", "3 kWh"}, ",", ""},
		{[]string{"12,5 %"}, ",", ""},
		{[]string{"12,5 bis"}, ".", ""},
	} {
		var n format.Numbers
		for _, cell := range c.cells {
			n.Add(cell)
		}
		list, unsure := n.Properties("", "")
		require.Equal(t, c.decimal, list[0].Value, "%q", c.cells)
		require.True(t, strings.HasPrefix(unsure, c.unsure) && (unsure == "") == (c.unsure == ""), "%q: %s", c.cells, unsure)
	}
}

func TestDetectedNullsStandAmongNumbers(t *testing.T) {
	sample := rows([]string{"Namibia", "1", "NA", "-"}, []string{"NA", "NaN", "x", "-"}, []string{"Spain", "2 kWh", "y", "-"})
	p := format.DetectedNulls(sample, []string{"country", "use", "code", "none"})
	require.Equal(t, `"", "NaN"`, p.Value)
	require.Equal(t, format.Detected, p.How)
	require.Contains(t, p.Evidence, `"use"`)
	require.Equal(t, format.Default, format.DetectedNulls(nil, nil).How)
}

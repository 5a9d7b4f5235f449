package xlsx_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/xlsx"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// fill writes rows from a cell of the first column on; a nil row stays blank.
func fill(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	if i, err := f.GetSheetIndex(sheet); err != nil || i < 0 {
		_, err := f.NewSheet(sheet)
		require.NoError(t, err)
	}
	for i, row := range rows {
		require.NoError(t, f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row))
	}
}

func byCode(list []finding.Finding, code finding.Code) []finding.Finding {
	var out []finding.Finding
	for _, f := range list {
		if f.Code == code {
			out = append(out, f)
		}
	}
	return out
}

func TestReaderPassesOverAPivotTableAndExplainsIt(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Data", []any{"site", "year", "kWh"}, []any{"Pool", 2023, 1}, []any{"School", 2023, 2}, []any{"Pool", 2024, 3})
	fill(t, f, "Sheet1", []any{"Row Labels", "Sum of kWh"}, []any{"Pool", 4}, []any{"School", 2}, []any{"Grand Total", 6})
	require.NoError(t, f.AddPivotTable(&excelize.PivotTableOptions{
		DataRange: "Data!A1:C4", PivotTableRange: "Sheet1!A1:B4",
		Rows: []excelize.PivotTableField{{Data: "site"}}, Data: []excelize.PivotTableField{{Data: "kWh", Subtotal: "Sum"}},
	}))
	data := save(t, f)

	got := readAll(t, data, xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, []string{"site", "year", "kWh"}, got.Header().Names, "the rows are read, not their sums")
	require.Len(t, got.rows, 3)
	require.Contains(t, got.Dialect().Get(format.Sheet).Evidence, "after a pivot table")
	require.Empty(t, byCode(got.Findings(), finding.SourceSummary))

	sums := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "Sheet1"})
	said := byCode(sums.Findings(), finding.SourceSummary)
	require.Len(t, said, 2)
	require.Equal(t, finding.Warning, said[0].Severity)
	require.Contains(t, said[0].Message, `a pivot table of the sheet "Data" (A1:B4)`)
	require.Contains(t, said[0].Hint, `{sheet: "Data"}`)
	require.Contains(t, said[1].Message, "like a total")
	require.Equal(t, 4, said[1].Location.Row)
}

func TestReaderKnowsTheValuesOfAPivotTableByItsWords(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", []any{"Étiquettes de lignes", "Somme de kWh"}, []any{"Piscine", 4}, []any{"École", 2}, []any{"Total général", 6})
	said := byCode(readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true}).Findings(), finding.SourceSummary)
	require.Len(t, said, 2)
	require.Contains(t, said[0].Message, `A1 holds "Étiquettes de lignes"`)
}

func TestReaderEndsATableWhereAFurtherOneBegins(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1",
		[]any{"Electricity"}, []any{"site", "2022", "2023", "change"}, []any{"Pool", 1, 2, 0.5}, []any{"School", 3, 4, 0.25}, nil,
		[]any{"Gas"}, []any{"site", "2022", "2023", "change"}, []any{"Pool", 5, 6, 0.1}, []any{"School", 7, 8, 0.2}, nil,
		[]any{"name", "solar", "wind", "note"}, []any{"Pool", 9, 10, 0.3})
	data := save(t, f)
	got := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "A2")})
	require.Equal(t, [][]string{{"Pool", "1", "2", "0.5"}, {"School", "3", "4", "0.25"}}, got.rows)
	require.Equal(t, 9, got.Skipped(), "12 rows: the header, two that are read, and these")
	said := byCode(got.Findings(), finding.SourceSummary)
	require.Len(t, said, 1)
	require.Equal(t, 6, said[0].Location.Row)
	require.Contains(t, said[0].Message, "read to row 5, further ones begin in A7, A11")
	require.Contains(t, said[0].Hint, "header: A7")
	second := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "A7")})
	require.Equal(t, [][]string{{"Pool", "5", "6", "0.1"}, {"School", "7", "8", "0.2"}}, second.rows)
	third := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "A11")})
	require.Equal(t, []string{"name", "solar", "wind", "note"}, third.Header().Names)
	require.Len(t, third.rows, 1)
	require.Empty(t, byCode(third.Findings(), finding.SourceSummary))
}

func TestReaderSkipsAHeaderThatStandsOnceMore(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", []any{"site", "kWh"}, []any{"Pool", 1}, []any{"School", 2}, nil, []any{"site", "kWh"}, []any{"Gym", 3}, nil, []any{"site", "kWh"}, []any{"Hall", 4})
	got := readAll(t, save(t, f), xlsx.Options{Apart: true})
	require.Equal(t, [][]string{{"Pool", "1"}, {"School", "2"}, {"Gym", "3"}, {"Hall", "4"}}, got.rows)
	require.Equal(t, 4, got.Skipped())
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()))
	require.Equal(t, 5, got.Findings()[0].Location.Row)
	require.Len(t, readAll(t, save(t, f), xlsx.Options{}).rows, 6, "table: 0")
}

func TestReaderKeepsTheRowsOfATableWithGaps(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", []any{"site", "kWh", "EUR", "note"}, []any{"Pool", 1, 2, "x"}, nil, []any{"School"}, nil, []any{"Library", 3, nil, "closed"}, []any{"Hall", "n/a", "n/a", "n/a"}, nil, []any{"Gym", "n/a", "n/a", "shut"})
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, []int{2, 4, 6, 7, 9}, got.lines, "a row of one cell among others is a row; so is one of texts that are no names")
	require.Empty(t, got.Findings())
}

func TestReaderPassesOverNotesBelowTheTable(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", []any{"site", "kWh", "EUR"}, []any{"Pool", 1, 2}, []any{"School", 3, 4}, nil, []any{"Source: the town"}, []any{"Figures are provisional"})
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Len(t, got.rows, 2)
	require.Equal(t, 3, got.Skipped(), "a blank row and two notes")
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()))
	require.Contains(t, got.Findings()[0].Message, "rows 5 to 6")
	require.Len(t, readAll(t, save(t, f), xlsx.Options{Apart: true}).rows, 4, "footer: 0")
}

func TestReaderReadsTheSheetsThatAPatternMatches(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "2022", []any{"site", "kWh"}, []any{"Pool", 1})
	fill(t, f, "notes", []any{"nothing"})
	fill(t, f, "2023", []any{"kWh", "site"}, []any{2, "Pool"}, []any{3, "School"})
	fill(t, f, "2024", []any{nil})
	fill(t, f, "2021", []any{"site", "kWh"}, []any{"Old", 0})
	require.NoError(t, f.SetSheetVisible("2021", false))
	data := save(t, f)
	got := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "20*"})
	require.Equal(t, [][]string{{"Pool", "1"}, {"Pool", "2"}, {"School", "3"}}, got.rows, "columns by their names, not their places")
	require.Equal(t, "2022, 2023", got.Dialect().Value(format.Sheet))
	require.Equal(t, []string{"source-hidden", "source-hidden"}, formattest.Codes(got.Findings()))
	require.Contains(t, got.Findings()[0].Message, `"2021"`)
	require.Contains(t, got.Findings()[1].Message, `"2024"`)
	require.Equal(t, []string{"2022", "2023", "2023"}, got.sheets)
	require.Equal(t, [][]string{{"Pool", "2"}, {"School", "3"}}, flip(readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "202[3-4]"}).rows))

	for pattern, want := range map[string]string{"19*": `matches "19*"`, "20[": "no pattern", "?o*": ""} {
		if want == "" {
			require.Len(t, readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: pattern}).Header().Names, 1)
			continue
		}
		e := refused(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: pattern})
		require.Equal(t, format.Config, e.Kind)
		require.Equal(t, finding.SourceSheet, e.Finding.Code)
		require.Contains(t, e.Finding.Message, want)
	}
	e := refused(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "*"})
	require.Equal(t, finding.SourceSheet, e.Finding.Code)
	require.Contains(t, e.Finding.Message, `"notes" has "nothing", "2022" has not`)
}

func flip(rows [][]string) [][]string {
	var out [][]string
	for _, r := range rows {
		out = append(out, []string{r[1], r[0]})
	}
	return out
}

func TestReaderExplainsTheSheetsOfTheRealBook(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared.Path(t, "datasets"), "us-philadelphia-municipal", "philadelphia_2011-13.xlsx"))
	require.NoError(t, err)
	rows := readAll(t, data, xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, "2011-13 Data", rows.Dialect().Value(format.Sheet))
	require.Len(t, rows.rows, 69)
	require.Empty(t, byCode(rows.Findings(), finding.SourceSummary))
	sums := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "Pivot"})
	require.Contains(t, byCode(sums.Findings(), finding.SourceSummary)[0].Message, `"2011-13 Data"`)
	stacked := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "Non-Weather Normalized Summary"})
	said := byCode(stacked.Findings(), finding.SourceSummary)
	require.NotEmpty(t, said)
	require.Contains(t, said[0].Message, "several tables")
	require.True(t, strings.HasSuffix(stacked.Header().Names[11], "Per Square Foot / 2011"), "%v", stacked.Header().Names)
	require.Len(t, stacked.rows, 23, "%v", stacked.lines)
}

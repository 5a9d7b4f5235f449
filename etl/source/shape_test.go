package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/shared"
)

// shapedRows reads a CSV through steps and gives each record as text: its
// place, its cells, and why it is no good.
func shapedRows(t *testing.T, text string, steps ...source.Step) []string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "naf.csv"), []byte("code;label;section\n01;Crops;A\n35;Energy;D\n"), 0o644))
	src, err := source.Open(context.Background(), dir, source.Spec{File: "t.csv", Delimiter: ";", Shape: steps})
	require.NoError(t, err)
	defer src.Close()
	rows := []string{strings.Join(src.Header().Names, "|")}
	eachShaped(t, src, func(b *record.Batch, r *record.Record) {
		var cells []string
		for _, c := range r.Cells {
			cells = append(cells, string(c.Text))
		}
		at := b.Origin.At(r.Row, src.Header().Names[len(src.Header().Names)-1])
		var original []string
		for _, c := range r.Original {
			original = append(original, string(c.Text))
		}
		line := fmt.Sprintf("%d %s: %s", at.Row, at.Column, strings.Join(cells, "|"))
		require.Equal(t, strings.Split(text, "\n")[at.Row-1], strings.Join(original, ";"), "a record keeps its row as it stands")
		if r.Left != "" {
			line += " left: " + r.Left
		}
		if r.Fault != nil {
			line += " fault: " + string(r.Fault.Code) + " " + r.Fault.String()
		}
		rows = append(rows, line)
	})
	return rows
}

func eachShaped(t *testing.T, src source.Source, yield func(b *record.Batch, r *record.Record)) {
	t.Helper()
	last := -1
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(context.Background(), &batch)
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, batch.Records)
		for i := range batch.Records {
			require.Greater(t, batch.Records[i].Row, last, "numbers of records ascend")
			last = batch.Records[i].Row
			yield(&batch, &batch.Records[i])
		}
	}
}

func TestUnpivotMakesARecordOfEachCellAndKeepsItsPlace(t *testing.T) {
	text := "meter;2022;2023;unit\nA;1;2;kWh\nB;;4;kWh\n"
	want := []string{
		"meter|unit|year|kwh",
		"2 2022: A|kWh|2022|1",
		"2 2023: A|kWh|2023|2",
		"3 2022: B|kWh|2022| left: the cell of the wide table is empty",
		"3 2023: B|kWh|2023|4",
	}
	for name, u := range map[string]source.Unpivot{
		"pattern": {Columns: []string{"20??"}, Name: "year", Value: "kwh"},
		"names":   {Columns: []string{"2022", "2023"}, Name: "year", Value: "kwh"},
		"run":     {From: "2022", To: "2023", Name: "year", Value: "kwh"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, want, shapedRows(t, text, source.Step{Unpivot: &u}))
		})
	}
}

func TestSplitCutsATextAndRejectsOneWithOtherParts(t *testing.T) {
	got := shapedRows(t, "id;place\n1;48.85, 2.35\n2;\n3;48.85\n4;1,2,3\n",
		source.Step{Split: &source.Split{Column: "place", Separator: ",", Into: []string{"lat", "lon"}}})
	require.Equal(t, []string{
		"id|place|lat|lon",
		"2 lon: 1|48.85, 2.35|48.85|2.35",
		"3 lon: 2|||",
		`4 lon: 3|48.85|48.85| fault: cell-split t.csv:4 column "place": "48.85" has 1 parts between ",", not 2` + "\n  hint: correct the cell, or name as many columns under into as it has parts",
		`5 lon: 4|1,2,3|1|2 fault: cell-split t.csv:5 column "place": "1,2,3" has 3 parts between ",", not 2` + "\n  hint: correct the cell, or name as many columns under into as it has parts",
	}, got)
}

func TestConcatJoinsTextsAndIsEmptyWhereOneIs(t *testing.T) {
	got := shapedRows(t, "date;time\n2024-01-02;08:15\n2024-01-02;\n",
		source.Step{Concat: &source.Concat{Columns: []string{"date", "time"}, Separator: "T", Into: "at"}})
	require.Equal(t, []string{"date|time|at", "2 at: 2024-01-02|08:15|2024-01-02T08:15", "3 at: 2024-01-02||"}, got)
}

func TestLookupAppendsColumnsOfAReferenceTable(t *testing.T) {
	text := "site;naf\nA;35\nB;\nC;36\n"
	table := source.Spec{File: "naf.csv", Delimiter: ";"}
	got := shapedRows(t, text, source.Step{Lookup: &source.Lookup{Column: "naf", Table: table, Key: "code", Take: []string{"section", "label"}, Into: []string{"s", "l"}}})
	require.Equal(t, []string{
		"site|naf|s|l",
		"2 l: A|35|D|Energy",
		"3 l: B|||",
		`4 l: C|36|| fault: cell-lookup t.csv:4 column "naf": "36" is not in the look-up table naf.csv` + "\n  hint: did you mean \"35\"? Else correct the cell, add it to the table, or set miss: empty",
	}, got)
	got = shapedRows(t, text, source.Step{Lookup: &source.Lookup{Column: "naf", Table: table, Key: "code", Take: []string{"label"}, Miss: "empty"}})
	require.Equal(t, []string{"site|naf|label", "2 label: A|35|Energy", "3 label: B||", "4 label: C|36|"}, got)
}

func TestDistinctKeepsOneRowOfAKey(t *testing.T) {
	text := "id;day;v\n1;mon;1\n1;mon;2\n1;tue;3\n11;mon;4\n1;mon;5\n"
	for keep, want := range map[string][]string{
		"first": {"", "an earlier row has the same id, day", "", "", "an earlier row has the same id, day"},
		"last":  {"a later row has the same id, day", "a later row has the same id, day", "", "", ""},
	} {
		t.Run(keep, func(t *testing.T) {
			got := shapedRows(t, text, source.Step{Distinct: &source.Distinct{Key: []string{"id", "day"}, Keep: keep}})
			for i, reason := range want {
				_, left, _ := strings.Cut(got[i+1], " left: ")
				require.Equal(t, reason, left, got[i+1])
			}
		})
	}
	got := shapedRows(t, text, source.Step{Distinct: &source.Distinct{Key: []string{"id", "day"}, Keep: "error"}})
	require.NotContains(t, got[1], "fault")
	require.Contains(t, got[2], "fault: row-duplicate t.csv:3: row 2 has the same id, day")
	require.NotContains(t, got[3]+got[4], "fault")
	require.Contains(t, got[5], "fault: row-duplicate t.csv:6: row 2 has the same id, day")
}

func TestDistinctCountsUnpivotedCells(t *testing.T) {
	steps := []source.Step{
		{Unpivot: &source.Unpivot{Columns: []string{"a", "b"}, Name: "n", Value: "v"}},
		{Distinct: &source.Distinct{Key: []string{"id", "n"}, Keep: "last"}},
	}
	require.Equal(t, []string{
		"id|n|v",
		"2 a: 1|a|1",
		"2 b: 1|b|2 left: a later row has the same id, n",
		"3 a: 1|a| left: the cell of the wide table is empty",
		"3 b: 1|b|4",
	}, shapedRows(t, "id;a;b\n1;1;2\n1;;4\n", steps...))
}

func TestShapeKeepsARowWithAFaultAsItStands(t *testing.T) {
	got := shapedRows(t, "id;a;b\n1;1\n2;3;4\n", source.Step{Unpivot: &source.Unpivot{Columns: []string{"a", "b"}, Name: "n", Value: "v"}})
	require.Len(t, got, 4)
	require.Contains(t, got[1], "fault: source-ragged t.csv:2")
}

func TestShapeRefusesWhatItCannotDo(t *testing.T) {
	for name, c := range map[string]struct {
		step source.Step
		want string
	}{
		"nothing":          {source.Step{}, "step 1 of shape: it has to be one of"},
		"two":              {source.Step{Split: &source.Split{}, Concat: &source.Concat{}}, "it has to be one of"},
		"column":           {source.Step{Split: &source.Split{Column: "plaec", Separator: ",", Into: []string{"x", "y"}}}, `did you mean "place"?`},
		"pattern":          {source.Step{Unpivot: &source.Unpivot{Columns: []string{"19*"}, Name: "n", Value: "v"}}, "column that is not there"},
		"bad pattern":      {source.Step{Unpivot: &source.Unpivot{Columns: []string{"[a"}, Name: "n", Value: "v"}}, "cannot be read"},
		"backwards":        {source.Step{Unpivot: &source.Unpivot{From: "place", To: "id", Name: "n", Value: "v"}}, "exchange from and to"},
		"name taken":       {source.Step{Concat: &source.Concat{Columns: []string{"id"}, Into: "place"}}, `there is a column "place" already`},
		"no separator":     {source.Step{Split: &source.Split{Column: "id", Into: []string{"x", "y"}}}, "separator is missing"},
		"lookup file":      {source.Step{Lookup: &source.Lookup{Column: "id", Table: source.Spec{File: "fan.csv"}, Key: "code", Take: []string{"label"}}}, "there is no such file"},
		"lookup column":    {source.Step{Lookup: &source.Lookup{Column: "id", Table: source.Spec{File: "naf.csv"}, Key: "cod", Take: []string{"label"}}}, `did you mean "code"?`},
		"policy":           {source.Step{Distinct: &source.Distinct{Key: []string{"id"}, Keep: "any"}}, "keep is first, last or error"},
		"distinct no key":  {source.Step{Distinct: &source.Distinct{Keep: "first"}}, "key is missing"},
		"unpivot no names": {source.Step{Unpivot: &source.Unpivot{Columns: []string{"id"}}}, "a new column has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, temporary := t.TempDir(), t.TempDir()
			t.Setenv("TMPDIR", temporary)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte("id,place\n1,x\n"), 0o644))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "naf.csv"), []byte("code,label\n1,x\n"), 0o644))
			_, err := source.Open(context.Background(), dir, source.Spec{File: "t.csv", Shape: []source.Step{c.step}})
			var refused *source.Error
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Error(), c.want)
			left, err := filepath.Glob(filepath.Join(temporary, "*"))
			require.NoError(t, err)
			require.Empty(t, left, "no temporary file stays")
		})
	}
}

func TestShapeAllocatesNothingPerRow(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("id;day;q1;q2;place\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d;2024-01-01;%d;%d;48.%d, 2.%d\n", i, i, i+1, i, i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text.String()), 0o644))
	src, err := source.Open(context.Background(), dir, source.Spec{File: "t.csv", Delimiter: ";", Shape: []source.Step{
		{Split: &source.Split{Column: "place", Separator: ",", Into: []string{"lat", "lon"}}},
		{Concat: &source.Concat{Columns: []string{"id", "day"}, Separator: "/", Into: "key"}},
		{Unpivot: &source.Unpivot{From: "q1", To: "q2", Name: "q", Value: "v"}},
	}})
	require.NoError(t, err)
	defer src.Close()
	var batch record.Batch
	next := func() {
		batch.Reset()
		require.NoError(t, src.Next(context.Background(), &batch))
	}
	for range 8 {
		next()
	}
	require.Less(t, testing.AllocsPerRun(20, next), 20.0, "a batch has 512 records")
}

// The Italian export has a row a day and 96 columns of quarters of an hour.
func TestUnpivotOfTheOriginalWideTableLosesNoReading(t *testing.T) {
	path := shared.Path(t, "datasets", "eu-supplier-exports", "it_enel_ExportData_settembre.csv")
	wide, err := source.Open(context.Background(), "", source.Spec{File: path})
	require.NoError(t, err)
	names := wide.Header().Names
	rows, filled := 0, 0
	eachShaped(t, wide, func(_ *record.Batch, r *record.Record) {
		require.Nil(t, r.Fault)
		rows++
		for _, c := range r.Cells[1:97] {
			if !c.IsNull() {
				filled++
			}
		}
	})
	require.NoError(t, wide.Close())
	src, err := source.Open(context.Background(), "", source.Spec{File: path, Shape: []source.Step{
		{Unpivot: &source.Unpivot{From: names[1], To: names[96], Name: "quarter", Value: "kWh"}},
	}})
	require.NoError(t, err)
	defer src.Close()
	records, values := 0, 0
	eachShaped(t, src, func(_ *record.Batch, r *record.Record) {
		records++
		if r.Left == "" {
			values++
		}
	})
	require.Equal(t, 96*rows, records)
	require.Equal(t, filled, values)
	require.Positive(t, rows)
}

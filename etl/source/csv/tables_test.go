package csv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func lines(n int) *int { return &n }

// export is how a supplier writes three tables into one file.
const export = "Meter;Kind;Unit\n0001;Index;Wh\nRead at;Value\n2024-01-01;1;\n2024-01-02;2\n2024-01-03;3\n2024-01-04;4\n2024-01-05;5\n2024-01-06;6\nPeriod;Calendar;Label;Note\nFrom 2024;FC1;;\nFrom 2025;FC2;;x\n"

func TestReaderReadsTheLargestOfSeveralTables(t *testing.T) {
	got := read(t, export, csv.Options{})
	require.Equal(t, []string{"Read at", "Value"}, got.header)
	require.Equal(t, []int{4, 5, 6, 7, 8, 9}, got.lines)
	require.Empty(t, got.faults)
	require.Equal(t, 12, len(got.rows)+got.skipped+1)
	require.Equal(t, "2", got.reader.Dialect().Value(format.Table))
	list := got.reader.Findings()
	require.Equal(t, []string{"source-tables", "source-tables", "source-unsure"}, formattest.Codes(list))
	require.Contains(t, list[0].Message, "table 2 is read, which begins in row 3 (Read at, Value), not the one that begins in row 1 (Meter, Kind, Unit)")
	require.Contains(t, list[1].Message, "another table begins in row 10 (Period, Calendar, Label, …): its lines and those below it, 3 in all")
	require.Contains(t, list[1].Hint, "table: 3")
	require.Equal(t, finding.Warning, list[1].Severity)
}

func TestReaderReadsTheTableThatIsDeclared(t *testing.T) {
	for table, want := range map[string][]string{"1": {"Meter", "0001"}, "2": {"Read at", "2024-01-01"}, "3": {"Period", "From 2024"}, "Value": {"Read at", "2024-01-01"}, "Label": {"Period", "From 2024"}, "Read at;Value": {"Read at", "2024-01-01"}, "Period;Calendar": {"Period", "From 2024"}} {
		got := read(t, export, csv.Options{Table: table})
		require.Equal(t, want, []string{got.header[0], got.rows[0][0]}, table)
		require.Empty(t, got.faults, table)
		require.Equal(t, 12, len(got.rows)+got.skipped+1, table)
		for _, f := range got.reader.Findings() {
			require.NotEqual(t, finding.Error, f.Severity)
			if f.Code == finding.SourceTables {
				require.Equal(t, finding.Info, f.Severity, "what is declared needs no warning")
			}
		}
	}
	e := refused(t, export, csv.Options{Table: "4"})
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourceTables, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "table 3 in row 10 (Period, Calendar, Label, …)")
	e = refused(t, export, csv.Options{Table: "Betrag"})
	require.Contains(t, e.Finding.Message, `the cell, or begins with the cells, "Betrag"`)
	e = refused(t, "a;b\n1;2\n", csv.Options{Table: "2"})
	require.Contains(t, e.Finding.Hint, "table 1 in row 1")
}

func TestOneTableIsReadToItsEnd(t *testing.T) {
	got := read(t, export, csv.Options{Table: "0", Header: number(3)})
	require.Len(t, got.rows, 9)
	require.Len(t, got.faults, 3, "with the rule off the other table is ragged rows")
	got = read(t, "name;kWh\nA;1\n\nname;kWh\nB;2\n", csv.Options{Table: "0"})
	require.Len(t, got.rows, 3, "and a header that stands again is a row")
}

func TestReaderFindsATableFarBelow(t *testing.T) {
	text := "name;v\n" + strings.Repeat("x;1\n", 200_000) + "\nzone;value;note\nN;5;\nS;6;\n"
	got := read(t, text, csv.Options{Table: "2"})
	require.Equal(t, []string{"zone", "value", "note"}, got.header)
	require.Equal(t, [][]string{{"N", "5", ""}, {"S", "6", ""}}, got.rows)
	require.Equal(t, []int{200_004, 200_005}, got.lines)
	first := read(t, text, csv.Options{})
	require.Len(t, first.rows, 200_000)
	require.Equal(t, []string{"source-tables"}, formattest.Codes(first.reader.Findings()))
	require.Equal(t, 200_003, first.reader.Findings()[0].Location.Row)
	require.Equal(t, 4, first.skipped)
}

func TestReaderTellsTablesOfOneWidthByTheirNames(t *testing.T) {
	got := read(t, "name;kWh\nA;1\nB;2\n\nname;m3\nA;3\n", csv.Options{})
	require.Equal(t, [][]string{{"A", "1"}, {"B", "2"}}, got.rows)
	require.Equal(t, []string{"source-tables"}, formattest.Codes(got.reader.Findings()))
	got = read(t, "name;kWh;EUR\nA;1;2\n\nzone;m3;CHF\nB;2;3\n", csv.Options{})
	require.Len(t, got.rows, 1, "texts in several columns of values")
	got = read(t, "name;kWh\nA;1\nB;2\n\nC;3\n\nD;secret\nE;5\n", csv.Options{})
	require.Len(t, got.rows, 5, "one text among the numbers is a cell to mend")
	got = read(t, "name;kWh;EUR\nA;1;2\n\nB;secret;secret\nE;5;6\n", csv.Options{})
	require.Len(t, got.rows, 3)
	got = read(t, "name;kWh;note\nA;1;x\n\nB;y\nC;5\nD;6;z\n", csv.Options{})
	require.Len(t, got.rows, 4, "short rows below a blank line")
	require.NotContains(t, formattest.Codes(got.reader.Findings()), "source-tables")
	got = read(t, "name;note\nA;x\n\nB;y\nC;z\n", csv.Options{})
	require.Len(t, got.rows, 3, "a table of texts with a blank line in it is one")
	require.Empty(t, got.reader.Findings())
}

func TestRowsWithYearsAmongBlankLinesAreNoTables(t *testing.T) {
	for _, text := range []string{
		"meter;year;note\n" + strings.Repeat("A;2011;x\n\nB;17;y\n\n", 50),
		"meter;year;note\nA;17;x\n" + strings.Repeat("B;2011\nC;5\nD;6\nE;7\n", 5),
	} {
		got := read(t, text, csv.Options{})
		require.Equal(t, strings.Count(text, ";1")+strings.Count(text, ";2")+strings.Count(text, ";5")+strings.Count(text, ";6")+strings.Count(text, ";7"), len(got.rows))
		require.NotContains(t, formattest.Codes(got.reader.Findings()), "source-tables")
	}
	got := read(t, "town;2011;2012\nA;1;2\n\ntown;2013;2014\nA;3;4\n", csv.Options{})
	require.Equal(t, [][]string{{"A", "1", "2"}}, got.rows)
	require.Equal(t, []string{"source-tables"}, formattest.Codes(got.reader.Findings()))
}

func TestReaderReadsOnWhereTheHeaderStandsAgain(t *testing.T) {
	got := read(t, "name;kWh\nA;1\n\nname;kWh\nB;2\n\nname;kWh\nC;3\n", csv.Options{})
	require.Equal(t, [][]string{{"A", "1"}, {"B", "2"}, {"C", "3"}}, got.rows)
	require.Equal(t, 4, got.skipped)
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()))
	require.Contains(t, got.reader.Findings()[0].Message, "the header stands 3 times in the file, the second time in row 4")
}

func TestRaggedRowsAreNoTable(t *testing.T) {
	got := read(t, "a;b;c\n1;2;3\nx;y\n4;5\n4;5;6\n7;8;9\n", csv.Options{})
	require.Equal(t, map[int]string{3: "source-ragged", 4: "source-ragged"}, got.faults)
	require.Len(t, got.rows, 5)
}

func TestReaderSkipsNotesBelowTheTable(t *testing.T) {
	for name, c := range map[string]struct{ text, row string }{
		"a line":              {"a;b;c\n1;2;3\n4;5;6\nSource: the city, 2024\n", "4"},
		"below a blank line":  {"a;b;c\n1;2;3\n4;5;6\n\nDraft\n© the city\n", "5"},
		"with delimiters":     {"a;b;c\n1;2;3\n4;5;6\nSource : INSEE;;\n", "4"},
		"blank, with them":    {"a;b;c\n1;2;3\n4;5;6\n;;\nextracted by hand;;\n\n", "5"},
		"more than one block": {"a;b;c\n1;2;3\n4;5;6\n\nNote: x\n\nNote: y", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, c.text, csv.Options{})
			require.Equal(t, [][]string{{"1", "2", "3"}, {"4", "5", "6"}}, got.rows)
			require.Empty(t, got.faults)
			require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()))
			require.Contains(t, got.reader.Findings()[0].Message, "from row "+c.row)
			require.Contains(t, got.reader.Findings()[0].Hint, "footer: 0")
			off := read(t, c.text, csv.Options{Footer: lines(0)})
			require.Greater(t, len(off.rows), 2, "with the rule off they are rows")
		})
	}
}

func TestRowsThatMayBeDataAreNoNotes(t *testing.T) {
	for name, text := range map[string]string{
		"only its key":        "name;b;c\nx;2;3\nTown hall;;\n",
		"cut off":             "name;b;c\nx;2;3\nTown hall",
		"rows after it":       "name;b;c\nx;2;3\nSource: the city\ny;5;6\n",
		"a value":             "name;b;c\nx;2;3\n12.5\n",
		"a second cell":       "name;b;c\nx;2;3\nSource: the city;2024\n",
		"a table of one cell": "name\nx\nNote: this is a row\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, text, csv.Options{})
			require.Equal(t, strings.Count(strings.TrimSpace(text), "\n"), len(got.rows))
		})
	}
}

func TestFooterDeclaredLeavesOutTheLastLines(t *testing.T) {
	for _, n := range []int{1, 2, 3, 100} {
		for _, rows := range []int{3, 255, 256, 257, 1000, 40_000} {
			text := "a;b\n" + strings.Repeat("1;2\n", rows) + strings.Repeat("Total;9\n", n) + "\n\n"
			got := read(t, text, csv.Options{Footer: lines(n)})
			require.Len(t, got.rows, rows, "%d of %d", n, rows)
			require.Equal(t, n+2, got.skipped, "%d of %d", n, rows)
			require.Empty(t, got.reader.Findings(), "%d of %d", n, rows)
		}
	}
	e := refused(t, "a;b\n1;2\n", csv.Options{Footer: lines(-1)})
	require.Equal(t, finding.SourceSpec, e.Finding.Code)
	all := read(t, "a;b\n1;2\n", csv.Options{Footer: lines(5)})
	require.Empty(t, all.rows)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(all.reader.Findings()))
}

func TestReaderWarnsOfRowsOfTotals(t *testing.T) {
	for word, want := range map[string]bool{"Total": true, "TOTAL général": true, "Summe:": true, "Totalenergies": false, "x": false} {
		got := read(t, "name;kWh\nA;1\n"+word+";1\nB;2\n"+word+";3\n", csv.Options{})
		require.Len(t, got.rows, 4)
		require.Equal(t, want, len(got.reader.Findings()) == 1, word)
		if want {
			f := got.reader.Findings()[0]
			require.Equal(t, finding.SourceSummary, f.Code)
			require.Equal(t, 3, f.Location.Row)
			require.Contains(t, f.Message, "2 rows look like totals")
		}
	}
}

func TestATableWithoutNamesKeepsItsFirstRow(t *testing.T) {
	got := read(t, "A;01/02/2024;12,5\nB;02/02/2024;1\nC;03/02/2024;3,5\n", csv.Options{})
	require.Equal(t, []string{"column 1", "column 2", "column 3"}, got.header)
	require.Len(t, got.rows, 3)
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()))
	require.Contains(t, got.reader.Findings()[0].Hint, "header: 1")
	off := read(t, "A;01/02/2024;12,5\nB;02/02/2024;1\nC;03/02/2024;3,5\n", csv.Options{Header: number(1)})
	require.Len(t, off.rows, 2, "with the rule off the first row is the header")
	named := read(t, "A;01/02/2024;12,5\nB;02/02/2024;1\n", csv.Options{Columns: []string{"site", "day", "kWh"}})
	require.Equal(t, []string{"site", "day", "kWh"}, named.header)
	require.Len(t, named.rows, 2)
	wide := read(t, "Site;01/02/2024;02/02/2024\nA;1,5;2\nB;3;4\n", csv.Options{})
	require.Equal(t, []string{"Site", "01/02/2024", "02/02/2024"}, wide.header, "dates over numbers are names")
	hours := read(t, "Site;0;1;2;3\nA;5;6;7;8\nB;5;6;7;8\n", csv.Options{})
	require.Equal(t, []string{"Site", "0", "1", "2", "3"}, hours.header, "and so are numbers that count on")
}

func TestAHeaderOneNameShortIsRefusedWhereTheRowsAreFull(t *testing.T) {
	text := "mpg,cyl\nMazda,21,6\nDatsun,22.8,4\n"
	e := refused(t, text, csv.Options{})
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourceHeader, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "columns")
	got := read(t, text, csv.Options{Header: number(1), Columns: []string{"car", "mpg", "cyl"}})
	require.Equal(t, [][]string{{"Mazda", "21", "6"}, {"Datsun", "22.8", "4"}}, got.rows)
	one := read(t, "a,b\n1,2,3\n1,2\n", csv.Options{})
	require.Equal(t, map[int]string{2: "source-ragged"}, one.faults, "one row of several is ragged")
}

func TestReaderFindsTablesWhateverThePiecesOfTheFile(t *testing.T) {
	for n := range 300 {
		text := "name;kWh\n" + strings.Repeat("x;1\n", n) + "\nzone;b;c\n" + strings.Repeat("N;5;6\n", 5) + "\nNote: end\n"
		got := read(t, text, csv.Options{Table: "1"})
		if n == 0 {
			continue
		}
		require.Len(t, got.rows, n, fmt.Sprint(n))
		require.Equal(t, []string{"source-tables"}, formattest.Codes(got.reader.Findings()))
	}
}

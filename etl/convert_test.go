package etl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// observed is five good rows of three ids, with one bad cell, one row that is
// too long, and one that is filtered.
const observed = "id,n,year\na,1,2001\nb,2,2001\na,3,2002\nc,x,2001\nb,4,2003\na,5,2003\nd,6,2001,7\ne,-1,2001\n"

const timedN = "n: {value: {column: n, as: number}, observedAt: {column: year, as: year}}"

func TestEveryPolicyAccountsForEveryRow(t *testing.T) {
	const keep = "where: {keep: 'number(\"n\") > 0 || isNull(\"n\")', reason: negative}\nentities:"
	for merge, want := range map[string][5]int64{
		"error": {8, 2, 0, 1, 5}, "first": {8, 2, 3, 1, 2}, "last": {8, 2, 3, 1, 2}, "history": {8, 2, 3, 1, 2},
	} {
		got := convert(t, strings.Replace(thing(merge, timedN), "entities:", keep, 1), observed, Options{})
		require.Equal(t, want, got.tally.figures(), merge)
		require.Equal(t, "t:a t:b", ids(t, got.lines), merge)
		require.Equal(t, map[string]int64{"Thing": 2}, got.tally.Entities)
		require.Equal(t, map[string]int64{"negative": 1}, got.tally.Reasons[Filtered])
	}
}

func TestMergeErrorRejectsTheSecondRowAndNamesTheFirst(t *testing.T) {
	got := convert(t, thing("error", "n: {value: {column: n}}"), "id,n\na,1\na,2\n", Options{})
	require.Len(t, got.losses, 1)
	require.Equal(t, []string{"a", "2"}, got.cells[0])
	require.Equal(t, finding.RowCollision, got.losses[0].Findings[0].Code)
	require.Contains(t, got.losses[0].Findings[0].Message, "row 2")
	require.Contains(t, got.lines[0], `"value":"1"`)
}

func TestMergeFirstKeepsTheFirstRowsValues(t *testing.T) {
	got := convert(t, thing("first", "n: {value: {column: n, as: number}}"), "id,n\na,1\na,2\n", Options{})
	require.Len(t, got.lines, 1)
	require.Contains(t, got.lines[0], `"value":1}`)
	require.EqualValues(t, 3, got.losses[0].Row)
	require.Equal(t, Merged, got.losses[0].Outcome)
}

func TestMergeLastKeepsTheLastRowsValuesInTheFirstRowsPlace(t *testing.T) {
	got := convert(t, thing("last", "n: {value: {column: n, as: number}}, m: {value: {column: m}}"), "id,n,m\na,1,x\nb,2,x\na,3,\n", Options{})
	require.Equal(t, "t:a t:b", ids(t, got.lines))
	require.Contains(t, got.lines[0], `"value":3}`)
	require.NotContains(t, got.lines[0], `"m"`, "nothing stays of the earlier row")
	require.EqualValues(t, 2, got.losses[0].Row, "the row that does not count is the first")
}

func TestMergeHistoryMakesTheLatestTheDefaultInstance(t *testing.T) {
	got := convert(t, thing("history", "n: {value: {column: n, as: number}, observedAt: {column: at, as: datetime, timezone: UTC}}, name: {value: {column: name}}"),
		"id,n,at,name\na,2,2024-01-01T00:00:00.5,old\na,1,2024-01-01T00:00:00,new\n", Options{})
	require.Equal(t, []string{`{"id":"urn:t:a","type":"Thing",` +
		`"n":[{"type":"Property","value":2,"observedAt":"2024-01-01T00:00:00.5Z"},` +
		`{"type":"Property","value":1,"observedAt":"2024-01-01T00:00:00Z","datasetId":"urn:ngsi-ld:observedAt:2024-01-01T00:00:00Z"}],` +
		`"name":{"type":"Property","value":"new"}}`}, got.lines)
}

func TestMergeHistoryRejectsARowThatContradictsAnother(t *testing.T) {
	got := convert(t, thing("history", timedN), "id,n,year\na,1,2001\na,2,2001\na,3,2002\na,4,2002\na,5,\nb,6,\n", Options{})
	require.Equal(t, [5]int64{6, 2, 1, 0, 3}, got.tally.figures())
	require.EqualValues(t, 3, got.tally.Found[finding.RowCollision])
	var rows []string
	for i, l := range got.losses {
		if l.Outcome == Rejected {
			rows = append(rows, fmt.Sprintf("%d %d %v %s", l.Row, l.Definition, got.cells[i], l.Findings[0].Message))
		}
	}
	require.Equal(t, []string{
		"3 0 [a 2 2001] this row states n for the same time (2001-01-01T00:00:00Z) as row 2 of this id",
		"5 0 [a 4 2002] this row states n for the same time (2002-01-01T00:00:00Z) as row 4 of this id",
		"6 0 [a 5 ] this row states n without a time, and other rows of this id with one",
	}, rows)
	require.Len(t, got.lines, 2)
	require.NotContains(t, got.lines[0], `"value":2`)
	require.NotContains(t, got.lines[0], `"value":5`)
}

func TestARowThatContradictsTwoHistoriesIsRejectedOnce(t *testing.T) {
	m := thing("history", timedN) + "- {type: Other, id: \"urn:o:{id}\", merge: history, attributes: {" + timedN + "}}\n"
	got := convert(t, m, "id,n,year\na,1,2001\na,2,2001\n", Options{})
	require.Equal(t, [5]int64{2, 1, 0, 0, 1}, got.tally.figures())
	written := 0
	for i, l := range got.losses {
		if l.Outcome == Rejected && got.cells[i] != nil {
			written++
		}
	}
	require.Equal(t, 1, written, "its cells are given once")
}

func TestALongHistoryTakesTimeInProportion(t *testing.T) {
	var data strings.Builder
	data.WriteString("id,n,at\n")
	for i := range 20_000 {
		fmt.Fprintf(&data, "a,%d,%s\n", i, clock().AddDate(0, 0, i).Format("2006-01-02"))
	}
	got := convert(t, thing("history", "n: {value: {column: n, as: number}, observedAt: {column: at, as: date}}"), data.String(), Options{})
	require.Equal(t, [5]int64{20_000, 1, 19_999, 0, 0}, got.tally.figures())
}

const two = `- {type: Other, id: "urn:o:{other}", merge: first, when: 'text("other") != "none"', attributes: {name: {value: {column: other}}}}
`

func TestARowOfSeveralEntitiesCountsOnceByItsWorst(t *testing.T) {
	got := convert(t, thing("error", "n: {value: {column: n, as: number}}")+two,
		"id,n,other\na,1,x\nb,2,x\na,3,y\nc,x,z\nd,4,none\ne,5,z\n", Options{})
	require.Equal(t, [5]int64{6, 3, 1, 0, 2}, got.tally.figures())
	require.Equal(t, "t:a o:x t:b t:d t:e o:z", ids(t, got.lines), "nothing of a rejected row is written")
	require.Equal(t, map[string]int64{"Thing": 4, "Other": 2}, got.tally.Entities)
	last := got.losses[len(got.losses)-1]
	require.Equal(t, Loss{Row: 6, Definition: 1, Outcome: Filtered, Reason: "the condition of the entity (when) is false"}, last)
}

func TestTwoEntitiesOfOneRowWithOneIDRejectTheRow(t *testing.T) {
	for _, merge := range []string{"error", "first", "last", "history"} {
		m := thing(merge, timedN) + "- {type: Other, id: \"urn:t:{other}\", merge: " + merge + "}\n"
		got := convert(t, m, "id,n,year,other\na,1,2001,a\nb,1,2001,c\nd,1,2001,b\n", Options{})
		require.Equal(t, [5]int64{3, 1, 0, 0, 2}, got.tally.figures(), merge)
		require.Equal(t, "t:b t:c", ids(t, got.lines), merge)
		require.Contains(t, got.losses[0].Findings[0].Message, "two entities of this row have one id")
		require.Contains(t, got.losses[1].Findings[0].Message, "the same id as row 3", merge)
	}
}

func TestOutputOrderIsThatOfEachFirstRowAcrossPolicies(t *testing.T) {
	m := thing("last", "n: {value: {column: n}}") + "- {type: Other, id: \"urn:o:{n}\"}\n"
	got := convert(t, m, "id,n\na,1\nb,2\na,3\n", Options{})
	require.Equal(t, "t:a o:1 t:b o:2 o:3", ids(t, got.lines))
}

func TestEmptyCellsAndBlankLinesAreCounted(t *testing.T) {
	got := convert(t, thing("error", "n: {value: {column: n}}, m: {value: {column: m}}"), "id,n,m\na,,\n\nb,1,\n", Options{})
	require.Equal(t, map[string]int64{"n": 1, "m": 2}, got.tally.Empty)
	require.EqualValues(t, 1, got.tally.Skipped)
	require.EqualValues(t, 2, got.tally.Read)
}

func TestFindingsAreBoundedButAllCounted(t *testing.T) {
	got := convert(t, thing("error", "n: {value: {column: n, as: number}}"), "id,n\n"+strings.Repeat("a,x\n", 1000), Options{})
	require.Len(t, got.tally.Findings, findingsKept)
	require.EqualValues(t, 1000, got.tally.Found[finding.CellNumber])
	require.Len(t, got.losses, 1000)
}

// spread is rows of which each third repeats the id of one long before.
func spread(rows int) string {
	var data strings.Builder
	data.WriteString("id,n,year\n")
	for i := range rows {
		id := i
		if i%3 == 2 {
			id = i / 2
		}
		fmt.Fprintf(&data, "%d,%d,%d\n", id, i, 1000+i%9000)
	}
	return data.String()
}

func TestWorkersDoNotChangeTheOutput(t *testing.T) {
	data := spread(20_000)
	for _, merge := range []string{"error", "first", "last", "history"} {
		var want *outcome
		for _, workers := range []int{1, 2, 8} {
			got := convert(t, thing(merge, timedN), data, Options{Workers: workers})
			if want == nil {
				want = got
				continue
			}
			require.Equal(t, want.tally.figures(), got.tally.figures())
			require.Equal(t, strings.Join(want.lines, "\n"), strings.Join(got.lines, "\n"), "%s with %d workers", merge, workers)
			require.Equal(t, len(want.losses), len(got.losses))
		}
	}
}

func TestIDsAreRememberedAcrossSpills(t *testing.T) {
	const rows = recentLimit * 2
	var data strings.Builder
	data.WriteString("id\n")
	for i := range rows {
		fmt.Fprintln(&data, i)
	}
	data.WriteString("0\n100\n1000\n") // of the first run
	temp := t.TempDir()
	flow := prepared(t, folder(t, map[string]string{"m.yaml": thing("first", ""), "data.csv": data.String()}), "m.yaml", Options{TempDir: temp})
	spilled := false
	tally, err := flow.Convert(t.Context(), Output{Write: func(context.Context, []Item) error {
		left, err := os.ReadDir(temp)
		spilled = spilled || len(left) > 0
		return err
	}}, nil)
	require.NoError(t, err)
	require.True(t, spilled)
	require.Equal(t, [5]int64{rows + 3, rows, 3, 0, 0}, tally.figures())
	requireEmptied(t, temp)
}

func requireEmptied(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "no temporary file stays")
}

// requireGoroutines holds that no more goroutines are left. One that was waited for
// may still be on its way out: it gets the processor until it is gone.
func requireGoroutines(t *testing.T, most int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > most && time.Now().Before(end); {
		runtime.Gosched()
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), most)
}

func TestAWriteErrorStopsTheConversionAndComesBack(t *testing.T) {
	full := errors.New("no space left on device")
	for _, merge := range []string{"error", "last"} {
		before := runtime.NumGoroutine()
		temp := t.TempDir()
		flow := prepared(t, folder(t, map[string]string{"m.yaml": thing(merge, timedN), "data.csv": spread(20_000)}), "m.yaml", Options{TempDir: temp, Workers: 4})
		calls := 0
		tally, err := flow.Convert(t.Context(), Output{Write: func(context.Context, []Item) error {
			calls++
			return full
		}}, nil)
		require.ErrorIs(t, err, full)
		require.Equal(t, 1, calls)
		requireAddsUp(t, tally)
		requireEmptied(t, temp)
		requireGoroutines(t, before)
	}
}

func TestALogErrorStopsTheConversion(t *testing.T) {
	full := errors.New("no space left on device")
	flow := prepared(t, folder(t, map[string]string{"m.yaml": thing("error", timedN), "data.csv": spread(3000)}), "m.yaml", Options{})
	_, err := flow.Convert(t.Context(), Output{Write: func(context.Context, []Item) error { return nil }}, func(Loss) error { return full })
	require.ErrorIs(t, err, full)
}

func TestCancellingLeavesNoFileAndNoGoroutine(t *testing.T) {
	for _, merge := range []string{"first", "history"} {
		before := runtime.NumGoroutine()
		temp := t.TempDir()
		flow := prepared(t, folder(t, map[string]string{"m.yaml": thing(merge, timedN), "data.csv": spread(30_000)}), "m.yaml", Options{TempDir: temp, Workers: 4})
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		tally, err := flow.Convert(ctx, Output{Text: &Text{Representation: ngsild.Normalized}, Write: func(context.Context, []Item) error {
			calls++
			cancel()
			return nil
		}}, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, tally.Entities["Thing"], int64(20_000))
		requireAddsUp(t, tally)
		requireEmptied(t, temp)
		requireGoroutines(t, before)
	}
}

func TestATemporaryFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	flow := prepared(t, folder(t, map[string]string{"m.yaml": thing("last", timedN), "data.csv": observed}), "m.yaml", Options{TempDir: "/nowhere/at/all"})
	_, err := flow.Convert(t.Context(), Output{Write: func(context.Context, []Item) error { return nil }}, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "temporary store of merges")
}

func TestMarksOfRowsStandAlone(t *testing.T) {
	m := marks{}
	for row := int64(0); row < 3*marksPage; row += 5 {
		m.set(row, byte(row%15+1))
	}
	m.set(5, 15)
	m.set(5, 3)
	for row := range int64(3 * marksPage) {
		want := byte(0)
		switch {
		case row == 5:
			want = 3
		case row%5 == 0:
			want = byte(row%15 + 1)
		}
		require.Equal(t, want, m.get(row), row)
	}
	require.Zero(t, m.get(1<<40))
}

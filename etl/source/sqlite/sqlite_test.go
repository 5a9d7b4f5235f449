package sqlite_test

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	source "github.com/ldtkit/ldt/etl/source/sqlite"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

var options = typed.Options{Origin: record.Origin{File: "NAME"}, Nulls: []string{"NA", "-999"}}

// database makes a database file with a script.
func database(t testing.TB, script string) string {
	path := filepath.Join(t.TempDir(), "x.sqlite")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, script, nil))
	require.NoError(t, conn.Close())
	return path
}

type result struct {
	columns  []string
	rows     [][]string
	kinds    [][]record.Kind
	places   []finding.Location
	findings []finding.Finding
}

func all(path, query string) (*result, error) {
	r, err := source.Open(context.Background(), path, query, options)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	got := &result{columns: r.Header().Names}
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			got.findings = r.Findings()
			return got, nil
		}
		if err != nil {
			return got, err
		}
		for i := range b.Records {
			var row []string
			var kinds []record.Kind
			for _, c := range b.Records[i].Cells {
				row, kinds = append(row, string(c.Text)), append(kinds, c.Kind)
			}
			got.rows, got.kinds = append(got.rows, row), append(got.kinds, kinds)
			got.places = append(got.places, b.At(&b.Records[i], ""))
		}
	}
}

func TestOpenGivesValuesAsTheyAreStored(t *testing.T) {
	path := database(t, `CREATE TABLE t (v); INSERT INTO t VALUES (1), (9223372036854775807), (0.1), (240.98857142857142), (1e300), (1e-9), (15182.28), (3e16), ('00123'), ('12,5'), (''), ('NA'), (NULL), (x'deadbeef'), (x'4142'), (-999), (-999.0)`)
	got, err := all(path, "select v from t order by rowid")
	require.NoError(t, err)
	var texts []string
	var kinds []record.Kind
	for i := range got.rows {
		texts, kinds = append(texts, got.rows[i][0]), append(kinds, got.kinds[i][0])
	}
	require.Equal(t, []string{"1", "9223372036854775807", "0.1", "240.98857142857142", "1e+300", "1e-09", "15182.28", "30000000000000000", "00123", "12,5", "", "NA", "", `\xdeadbeef`, "AB", "-999", "-999"}, texts)
	n, x, null := record.Number, record.Text, record.Null
	require.Equal(t, []record.Kind{n, n, n, n, n, n, n, n, x, x, null, null, null, x, x, null, null}, kinds)
	require.Empty(t, got.findings)
}

func TestComputedNumbersAreRoundedAndThatIsSaid(t *testing.T) {
	path := database(t, `CREATE TABLE t (a, b); INSERT INTO t VALUES (0.5, 0.25), (0.1, 0.2), (0.7, 0.1)`)
	got, err := all(path, `select a, a + b as "the sum" from t order by rowid`)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"0.5", "0.75"}, {"0.1", "0.3"}, {"0.7", "0.8"}}, got.rows)
	require.Len(t, got.findings, 1, "once for the column")
	require.Equal(t, finding.SourceRounded, got.findings[0].Code)
	require.Equal(t, `NAME:2 column "the sum"`, got.findings[0].Location.String())
	require.Contains(t, got.findings[0].Message, "0.30000000000000004 is 0.3")
}

func TestSumsAddUpInDecimal(t *testing.T) {
	path := database(t, `CREATE TABLE t (k, v);
INSERT INTO t VALUES ('a', 0.1), ('a', 0.2), ('b', 1e15), ('b', 0.3), ('b', -1e15), ('c', 1), ('c', 2), ('d', NULL), ('e', '0.10'), ('e', '0.20'), ('f', 0.1), ('f', 0.7), ('f', 0.1)`)
	got, err := all(path, "select k, sum(v), total(v), avg(v), decimal_sum(v) from t group by k order by k")
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"a", "0.3", "0.3", "0.15", "0.3"},
		{"b", "0.3", "0.3", "0.1", "0.3"},
		{"c", "3", "3", "1.5", "3"},
		{"d", "", "0", "", ""},
		{"e", "0.3", "0.3", "0.15", "0.3"},
		{"f", "0.9", "0.9", "0.3", "0.9"},
	}, got.rows)
	require.Equal(t, record.Number, got.kinds[0][1])
	require.Empty(t, got.findings)
	// What the others make of it.
	plain, err := all(path, "select 0.1 + 0.7 + 0.1")
	require.NoError(t, err)
	require.Len(t, plain.findings, 1)
}

func TestSumsOfAWindowForgetWhatLeavesIt(t *testing.T) {
	path := database(t, `CREATE TABLE t (v); INSERT INTO t VALUES (0.1), (0.2), (0.3), ('0.4'), (NULL), (0.5)`)
	got, err := all(path, "select sum(v) over (order by rowid rows between 1 preceding and current row) from t order by rowid")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"0.1"}, {"0.3"}, {"0.5"}, {"0.7"}, {"0.4"}, {"0.5"}}, got.rows)
}

func TestSumsSayWhatTheyCannotHold(t *testing.T) {
	path := database(t, `CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 12345678901234.56), (1, 0.001), (2, 9223372036854775807), (2, 1), (3, '12,5'), (3, 1)`)
	got, err := all(path, "select sum(v), decimal_sum(v) from t where k = 1")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"12345678901234.6", "12345678901234.561"}}, got.rows)
	require.Len(t, got.findings, 2)
	require.Contains(t, got.findings[1].Message, "the first is 12345678901234.561, and 12345678901234.6 was taken")

	_, err = all(path, "select sum(v) from t where k = 2")
	require.ErrorContains(t, err, "integer overflow")
	got, err = all(path, "select decimal_sum(v) from t where k = 2")
	require.NoError(t, err)
	require.Equal(t, "9223372036854775808", got.rows[0][0])

	_, err = all(path, "select sum(v) from t where k = 3")
	require.ErrorContains(t, err, `sum: "12,5" is no number`)
}

func TestSumsDoNotMindTheirOrder(t *testing.T) {
	want := new(big.Rat)
	script := "CREATE TABLE t (v);"
	for i := range 500 {
		text := fmt.Sprintf("%d.%02d", i*i*i, i%100)
		one, _ := new(big.Rat).SetString(text)
		want.Add(want, one)
		script += "INSERT INTO t VALUES (" + text + ");"
	}
	path := database(t, script)
	for _, order := range []string{"v", "-v", "random()"} {
		got, err := all(path, "select sum(v) from (select v from t order by "+order+")")
		require.NoError(t, err)
		sum, ok := new(big.Rat).SetString(got.rows[0][0])
		require.True(t, ok)
		require.Zero(t, want.Cmp(sum), "%s", order)
	}
}

func TestTheQuerySaysWhereARowComesFrom(t *testing.T) {
	path := database(t, `CREATE TABLE t (_file, _row, v); INSERT INTO t VALUES ('a.csv', 12, 1), ('b.csv', 7, 2), (NULL, NULL, 3)`)
	got, err := all(path, "select _file, v, _row from t")
	require.NoError(t, err)
	require.Equal(t, []string{"v"}, got.columns)
	require.Equal(t, "a.csv:12", got.places[0].String())
	require.Equal(t, "b.csv:7", got.places[1].String())
	got, err = all(path, "select v, _row from t")
	require.NoError(t, err)
	require.Equal(t, "NAME:12", got.places[0].String())
	got, err = all(path, "select v from t")
	require.NoError(t, err)
	require.Equal(t, "NAME:2", got.places[1].String())
}

func TestOpenSaysWhyTheQueryCannotBeRun(t *testing.T) {
	path := database(t, `CREATE TABLE conso (code, "Conso totale (MWh)"); CREATE TABLE naf (code, label); INSERT INTO conso VALUES (1, 2)`)
	for query, want := range map[string]struct{ message, hint string }{
		"select *\nfrom  consso":                      {"no such table: consso", `did you mean "conso"? The tables are conso, naf`},
		"select 'é',\n lable from naf":                {"at line 2, column 2: no such column: lable", "did you mean label?"},
		"select c.cod from conso c":                   {"at line 1, column 8: no such column: c.cod", "did you mean code?"},
		`select "Conso total (MWh)" from conso`:       {"at line 1, column 8: no such column", `did you mean "Conso totale (MWh)"?`},
		"select code from conso where code = x":       {"at line 1, column 37: no such column: x", "a text is written in single quotes"},
		"selec 1":                                     {`at line 1, column 1: near "selec": syntax error`, "the tables are"},
		"select (1":                                   {"incomplete input", "the tables are"},
		"select 1; select 2":                          {"a second statement in the query, at line 1, column 11", "one select"},
		"":                                            {"gives no rows", "one select"},
		"delete from conso":                           {"not authorized", "only reads"},
		"attach 'other.db' as o":                      {"not authorized", "only reads"},
		"pragma table_info(conso)":                    {"not authorized", "only reads"},
		"select sum(code) from conso group by":        {"incomplete input", ""},
		"select conso.code from naf, conso where cod": {"no such column: cod", "did you mean code?"},
		"select nosuch(1)":                            {"no such function: nosuch", ""},
		"select code from conso, naf":                 {"ambiguous column name: code", ""},
		"select abs(-9223372036854775808)":            {"integer overflow", ""},
	} {
		_, err := all(path, query)
		var fault *format.Error
		require.ErrorAs(t, err, &fault, query)
		require.Equal(t, format.Config, fault.Kind, query)
		require.Equal(t, finding.SourceQuery, fault.Finding.Code, query)
		require.Contains(t, fault.Finding.Message, want.message, query)
		require.Contains(t, fault.Finding.Hint, want.hint, query)
	}
}

func TestOpenLeavesTheDatabaseAlone(t *testing.T) {
	path := database(t, `CREATE TABLE t (v); INSERT INTO t VALUES (1)`)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = all(path, "select * from t")
	require.NoError(t, err)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestOpenRefusesADamagedDatabase(t *testing.T) {
	path := database(t, `CREATE TABLE t (v); INSERT INTO t SELECT value FROM json_each('[`+"1"+`]')`)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 100; i < len(text); i++ {
		text[i] = 0xff
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err = all(path, "select * from t")
	var fault *format.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, format.Unreadable, fault.Kind)
	require.Equal(t, finding.SourceDamaged, fault.Finding.Code)
}

func TestOpenDoesNotWaitForeverForAnotherProgram(t *testing.T) {
	path := database(t, `CREATE TABLE t (v); INSERT INTO t VALUES (1)`)
	other, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, sqlitex.ExecuteTransient(other, "BEGIN EXCLUSIVE", nil))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = source.Open(ctx, path, "select * from t", options)
	require.ErrorIs(t, err, context.Canceled)
	if testing.Short() {
		return // it takes two seconds
	}
	_, err = all(path, "select * from t")
	var fault *format.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, finding.SourceUnreachable, fault.Finding.Code)
	require.Contains(t, fault.Finding.Message, "another program writes")
}

func TestNextEndsWithItsContext(t *testing.T) {
	path := database(t, `CREATE TABLE t (v)`)
	r, err := source.Open(context.Background(), path, "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i < 300 or i < 0", options)
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var b record.Batch
	require.NoError(t, r.Next(ctx, &b))
	cancel()
	require.ErrorIs(t, r.Next(ctx, &b), context.Canceled)
}

// FuzzQuery: any text gives rows or an error in plain words.
func FuzzQuery(f *testing.F) {
	path := database(f, `CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (0.1, NULL)`)
	for _, seed := range []string{"select * from t", "select sum(a), avg(a) over () from t", "select 1;;", "select \x00", "with x as (select 1) select * from x", "values (1), ('é')", "selec é", "select c from t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r, err := source.Open(ctx, path, query, options)
		if err == nil {
			var b record.Batch
			for range 3 {
				if err = r.Next(ctx, &b); err != nil {
					break
				}
			}
			require.NoError(t, r.Close())
		}
		var fault *format.Error
		if err != nil && err != io.EOF {
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Finding.Message)
		}
	})
}

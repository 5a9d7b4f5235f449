package source_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	conso = "Code IRIS;Code NAF;Conso totale (MWh);Jour\n" +
		"751010101;01;0,1;2024-01-02\n" +
		"751010101;01;0,2;2024-01-03\n" +
		"751010102;35;1 234,5;2024-01-02\n" +
		"751010102;99;;2024-01-02\n"
	naf = "code,label\n01,Agriculture\n35,Énergie\n"
)

// files writes files into a new folder.
func files(t *testing.T, list map[string]string) string {
	dir := t.TempDir()
	for name, text := range list {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// query is a spec over CSV files, each a table of its name.
func query(t *testing.T, sql string, names ...string) source.Spec {
	s := source.Spec{Tables: map[string]source.Spec{}, SQL: sql, TempDir: t.TempDir()}
	for _, name := range names {
		s.Tables[strings.TrimSuffix(name, ".csv")] = source.Spec{File: name}
	}
	return s
}

func TestSQLJoinsGroupsAndAddsUp(t *testing.T) {
	dir := files(t, map[string]string{"conso.csv": conso, "naf.csv": naf})
	spec := query(t, `select "Code IRIS", coalesce(n.label, 'UNKNOWN') as activity, count(*) as n, sum("Conso totale (MWh)") as mwh
from conso c left join naf n on n.code = c."Code NAF"
group by 1, 2 order by 1, 2`, "conso.csv", "naf.csv")
	c := readAll(t, dir, spec)
	require.Equal(t, []string{"Code IRIS", "activity", "n", "mwh"}, c.Header().Names)
	require.Equal(t, [][]string{
		{"751010101", "Agriculture", "2", "0.3"},
		{"751010102", "UNKNOWN", "1", ""},
		{"751010102", "Énergie", "1", "1234.5"},
	}, c.rows)
	require.Equal(t, []record.Kind{record.Number, record.Text, record.Number, record.Number}, c.kinds[0])
	require.Equal(t, []int{1, 2, 3}, c.lines)
	require.Empty(t, c.Findings())
	require.Equal(t, "query over conso, naf", spec.Name())
	require.Equal(t, "conso, naf", c.Dialect().Value("tables"))
	require.NoError(t, c.Close())
	left, err := os.ReadDir(spec.TempDir)
	require.NoError(t, err)
	require.Empty(t, left, "the database goes when the source is closed")
}

func TestSQLTypesAColumnByAllItsCells(t *testing.T) {
	for cells, want := range map[string]string{
		"1\n2\n":                                "integer 1|integer 2",
		"1\n2,5\n":                              "real 1|real 2.5",
		"01\n2\n":                               "text 01|text 2",
		"1\nx\n":                                "text 1|text x",
		"1 000\n2 500,5\n":                      "real 1000|real 2500.5",
		"+1\n2\n":                               "text +1|text 2",
		"12E4\n2\n":                             "text 12E4|text 2",
		"8,911819e+01\n2\n":                     "real 89.11819|real 2",
		"123456789012345678\n1\n":               "integer 123456789012345678|integer 1",
		"123456789012345678\n1,5\n":             "text 123456789012345678|text 1,5",
		"99999999999999999999\n1\n":             "text 99999999999999999999|text 1",
		"240,98857142857142\n1\n":               "real 240.98857142857142|real 1",
		"1,00000000000000000001\n1\n":           "text 1,00000000000000000001|text 1",
		"-0,5\n0\n":                             "real -0.5|real 0",
		"1.5\n2,5\n":                            "text 1.5|text 2,5",
		"\n\n":                                  "",
		"2024-01-02\n2024-01-03\n":              "text 2024-01-02|text 2024-01-03",
		strings.Repeat("1\n", 20_000) + "01\n":  "text 1|text 01", // late: read again
		strings.Repeat("1\n", 20_000) + "1,5\n": "real 1|real 1.5",
	} {
		dir := files(t, map[string]string{"t.csv": "k;v\n" + "x;" + strings.ReplaceAll(strings.TrimSuffix(cells, "\n"), "\n", "\nx;") + "\n"})
		spec := query(t, `select typeof(v), v from t where v is not null group by v order by min(_row)`, "t.csv")
		spec.Tables["t"] = source.Spec{File: "t.csv", Decimal: ",", Thousands: " ", Delimiter: ";"}
		c := readAll(t, dir, spec)
		var got []string
		for _, row := range c.rows {
			got = append(got, row[0]+" "+row[1])
		}
		require.Equal(t, want, strings.Join(got, "|"), "%.40q", cells)
	}
}

func TestSQLJoinsCodesWithAndWithoutLeadingZeros(t *testing.T) {
	dir := files(t, map[string]string{"a.csv": "code,v\n1,x\n35,y\n", "b.csv": "code,label\n01,one\n35,many\n"})
	c := readAll(t, dir, query(t, "select a.v, b.label from a join b on a.code = b.code order by 1", "a.csv", "b.csv"))
	require.Equal(t, [][]string{{"x", "one"}, {"y", "many"}}, c.rows, "SQLite compares a number and a text as numbers")
}

func TestSQLWarnsOfAColumnThatIsAlmostOfNumbers(t *testing.T) {
	dir := files(t, map[string]string{"t.csv": "k;v\na;1,5\nb;2,5\nc;n/a\n"})
	c := readAll(t, dir, query(t, "select * from t", "t.csv"))
	require.Equal(t, [][]string{{"a", "1,5"}, {"b", "2,5"}, {"c", "n/a"}}, c.rows)
	require.Len(t, c.Findings(), 1)
	require.Equal(t, finding.SourceUnsure, c.Findings()[0].Code)
	require.Equal(t, `t.csv:4 column "v"`, c.Findings()[0].Location.String())
	require.Contains(t, c.Findings()[0].Message, `1 of its 3 cells are no numbers, such as "n/a"`)

	spec := query(t, "select sum(v) as v from t", "t.csv")
	_, err := tryAll(dir, spec)
	refusedAs(t, err, source.Config, finding.SourceQuery, `sum: "1,5" is no number`)
	spec.Tables["t"] = source.Spec{File: "t.csv", Nulls: []string{"n/a"}}
	require.Equal(t, [][]string{{"4"}}, readAll(t, dir, spec).rows)
}

func TestSQLKeepsFromWhereARowComes(t *testing.T) {
	dir := files(t, map[string]string{"a.csv": "v\n1\n2\n", "b.csv": "v\n3\n"})
	src, err := source.Open(context.Background(), dir, query(t, "select v, _file, _row from a union all select v, _file, _row from b order by v desc", "a.csv", "b.csv"))
	require.NoError(t, err)
	defer src.Close()
	var b record.Batch
	require.NoError(t, src.Next(context.Background(), &b))
	require.Equal(t, []string{"v"}, src.Header().Names)
	var places []string
	for i := range b.Records {
		places = append(places, fmt.Sprint(b.Records[i].Row, " ", b.At(&b.Records[i], "v")))
	}
	require.Equal(t, []string{`1 b.csv:2 column "v"`, `2 a.csv:3 column "v"`, `3 a.csv:2 column "v"`}, places)
}

func TestSQLTellsColumnsApartThatDifferInCase(t *testing.T) {
	dir := files(t, map[string]string{"t.csv": "v,V,_row,a;b\n1,2,3,4\n5,6,7,8\n"})
	spec := query(t, `select v, "V#2", "_row#2", "a;b" from t`, "t.csv")
	spec.Tables["t"] = source.Spec{File: "t.csv", Delimiter: ","}
	require.Equal(t, [][]string{{"1", "2", "3", "4"}, {"5", "6", "7", "8"}}, readAll(t, dir, spec).rows)
}

func TestSQLSaysWhatIsWrong(t *testing.T) {
	dir := files(t, map[string]string{"conso.csv": conso, "naf.csv": naf, "ragged.csv": "a,b\n1,2\n3\n4\n", "empty.csv": ""})
	for _, c := range []struct {
		spec          source.Spec
		kind          format.Kind
		code          finding.Code
		message, hint string
	}{
		{query(t, "select labl from naf", "conso.csv", "naf.csv"), source.Config, finding.SourceQuery, "at line 1, column 8: no such column: labl", "did you mean label? conso has Code IRIS, Code NAF, Conso totale (MWh), Jour, _file, _row; naf has code, label, _file, _row"},
		{query(t, "select *\nfrom nafs", "conso.csv", "naf.csv"), source.Config, finding.SourceQuery, "no such table: nafs", `did you mean "naf"?`},
		{query(t, "delete from naf", "naf.csv"), source.Config, finding.SourceQuery, "not authorized", "only reads"},
		{query(t, "select 1 from ragged", "ragged.csv"), source.Config, finding.SourceRagged, "the table ragged has a row that cannot be used", ""},
		{query(t, "select 1 from absent", "absent.csv"), source.Unreadable, finding.SourceAbsent, "no such file", ""},
		{query(t, "select 1 from empty", "naf.csv", "empty.csv"), source.Unreadable, finding.SourceEmpty, "0 bytes", ""},
		{source.Spec{SQL: "select 1"}, source.Config, finding.SourceSpec, "no tables", "tables:"},
		{source.Spec{Tables: map[string]source.Spec{}}, source.Config, finding.SourceSpec, "names no source", "tables:"},
		{source.Spec{Tables: map[string]source.Spec{"a": {}}}, source.Config, finding.SourceSpec, "no sql", "sql:"},
		{source.Spec{Tables: map[string]source.Spec{"a": {}, "A": {}}, SQL: "select 1"}, source.Config, finding.SourceSpec, "two tables", ""},
		{source.Spec{Tables: map[string]source.Spec{"sqlite_x": {}}, SQL: "select 1"}, source.Config, finding.SourceSpec, "cannot be called", ""},
		{source.Spec{File: "x", Tables: map[string]source.Spec{"a": {}}, SQL: "select 1"}, source.Config, finding.SourceSpec, "several places", ""},
		{source.Spec{Delimiter: ";", Tables: map[string]source.Spec{"a": {}}, SQL: "select 1"}, source.Config, finding.SourceSpec, "delimiter says nothing", ""},
	} {
		_, err := tryAll(dir, c.spec)
		refusedAs(t, err, c.kind, c.code, c.message)
		require.ErrorContains(t, err, c.hint)
		if c.spec.TempDir != "" {
			left, err := os.ReadDir(c.spec.TempDir)
			require.NoError(t, err)
			require.Empty(t, left, "the database goes with the error")
		}
	}
}

func TestSQLHasNoRows(t *testing.T) {
	dir := files(t, map[string]string{"naf.csv": naf})
	c := readAll(t, dir, query(t, "select * from naf where code = 'x'", "naf.csv"))
	require.Equal(t, finding.SourceNoRows, c.Findings()[0].Code)
}

func TestSQLOverAQueryAndAShape(t *testing.T) {
	dir := files(t, map[string]string{"wide.csv": "code,2021,2022\n01,1,2\n02,3,\n", "naf.csv": naf})
	spec := query(t, "select w.code, annee, kwh, label from wide w left join inner_query n on n.code = w.code order by 1, 2", "wide.csv")
	spec.Tables["wide"] = source.Spec{File: "wide.csv", Shape: []source.Step{{Unpivot: &source.Unpivot{Columns: []string{"20??"}, Name: "annee", Value: "kwh"}}}}
	spec.Tables["inner_query"] = query(t, "select code, label from naf", "naf.csv")
	c := readAll(t, dir, spec)
	require.Equal(t, [][]string{{"01", "2021", "1", "Agriculture"}, {"01", "2022", "2", "Agriculture"}, {"02", "2021", "3", ""}}, c.rows)
}

// TestSQLOfManyRowsInLittleMemory: the rows of both tables lie on the disk, and
// those of the result are never all in memory.
func TestSQLOfManyRowsInLittleMemory(t *testing.T) {
	n := 150_000
	if testing.Short() {
		n = 20_000
	}
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "big.csv"))
	require.NoError(t, err)
	fmt.Fprintln(file, "id,code,kwh,note")
	for i := range n {
		fmt.Fprintf(file, "%d,%d,%d.%02d,%s\n", i, i%1000, i%977, i%100, strings.Repeat("x", 200))
	}
	require.NoError(t, file.Close())
	var codes strings.Builder
	codes.WriteString("code,label\n")
	for i := range 1000 {
		fmt.Fprintf(&codes, "%d,label %d\n", i, i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "codes.csv"), []byte(codes.String()), 0o600))

	src, err := source.Open(context.Background(), dir, query(t, "select b.*, c.label from big b join codes c on c.code = b.code order by b.note, b.kwh, b.id", "big.csv", "codes.csv"))
	require.NoError(t, err)
	defer src.Close()
	var b record.Batch
	rows, peak := 0, uint64(0)
	for {
		b.Reset()
		err := src.Next(context.Background(), &b)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if rows += len(b.Records); rows%(record.Records*200) == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
	require.Equal(t, n, rows)
	require.Less(t, peak, uint64(24<<20), "the file has 35 MB")
}

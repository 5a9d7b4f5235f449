package postgres_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/postgres"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/ngsild/finding"
)

var options = typed.Options{Origin: record.Origin{File: "NAME"}, Nulls: []string{"NA"}}

// server gives the URL of a real PostgreSQL, with a table of ours.
func server(t *testing.T) string {
	url := os.Getenv("LDT_TEST_POSTGRES")
	if url == "" {
		t.Skip("LDT_TEST_POSTGRES is not set: start a real PostgreSQL with .ci/services start DIR, and . DIR/env")
	}
	t.Setenv(postgres.PasswordVariable, os.Getenv("LDT_TEST_POSTGRES_PASSWORD"))
	conn, err := pgconn.Connect(context.Background(), url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), `DROP TABLE IF EXISTS conso; CREATE TABLE conso (code text, kwh numeric, jour date)`).ReadAll()
	require.NoError(t, err)
	return url
}

func all(url, query string) (columns []string, rows [][]string, kinds [][]record.Kind, findings []finding.Finding, err error) {
	r, err := postgres.Open(context.Background(), url, query, options)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	defer r.Close()
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			return r.Header().Names, rows, kinds, r.Findings(), nil
		}
		if err != nil {
			return nil, rows, kinds, nil, err
		}
		for _, rec := range b.Records {
			var row []string
			var own []record.Kind
			for _, c := range rec.Cells {
				row, own = append(row, string(c.Text)), append(own, c.Kind)
			}
			rows, kinds = append(rows, row), append(kinds, own)
		}
	}
}

func TestOpenGivesValuesByTheirType(t *testing.T) {
	url := server(t)
	for query, want := range map[string]record.Cell{
		"12345678901234567890.123456789::numeric": {Kind: record.Number, Text: []byte("12345678901234567890.123456789")},
		"0.1::float8":                          {Kind: record.Number, Text: []byte("0.1")},
		"0.1::float8 + 0.2::float8":            {Kind: record.Number, Text: []byte("0.30000000000000004")},
		"1e300::float8":                        {Kind: record.Number, Text: []byte("1e+300")},
		"0.1::float4":                          {Kind: record.Number, Text: []byte("0.1")},
		"(-32768)::int2":                       {Kind: record.Number, Text: []byte("-32768")},
		"9223372036854775807::int8":            {Kind: record.Number, Text: []byte("9223372036854775807")},
		"'NaN'::numeric":                       {Kind: record.Text, Text: []byte("NaN")},
		"'-Infinity'::float8":                  {Kind: record.Text, Text: []byte("-Infinity")},
		"true":                                 {Kind: record.Boolean, Text: []byte("true")},
		"false":                                {Kind: record.Boolean, Text: []byte("false")},
		"null::int":                            {Kind: record.Null},
		"'00123'::text":                        {Kind: record.Text, Text: []byte("00123")},
		"''::text":                             {Kind: record.Null},
		"'NA'::text":                           {Kind: record.Null, Text: []byte("NA")},
		"'Île'::varchar":                       {Kind: record.Text, Text: []byte("Île")},
		"date '2024-02-29'":                    {Kind: record.Text, Text: []byte("2024-02-29")},
		"timestamp '2024-02-29 12:34:56.789'":  {Kind: record.DateTime, Text: []byte("2024-02-29T12:34:56.789")},
		"timestamptz '2024-07-01 12:00:00+02'": {Kind: record.Text, Text: []byte("2024-07-01T10:00:00Z")},
		"timestamptz '2024-07-01 12:00:00.5 Europe/Paris'": {Kind: record.Text, Text: []byte("2024-07-01T10:00:00.5Z")},
		"'infinity'::timestamptz":                          {Kind: record.Text, Text: []byte("infinity")},
		"timestamp '0044-03-15 00:00:00 BC'":               {Kind: record.Text, Text: []byte("0044-03-15 00:00:00 BC")},
		"'{\"a\": [1, 2]}'::jsonb":                         {Kind: record.Text, Text: []byte(`{"a": [1, 2]}`)},
		"'\\xdeadbeef'::bytea":                             {Kind: record.Text, Text: []byte(`\xdeadbeef`)},
		"array[1,2]":                                       {Kind: record.Text, Text: []byte("{1,2}")},
		"interval '90 minutes'":                            {Kind: record.Text, Text: []byte("PT1H30M")},
	} {
		columns, rows, kinds, _, err := all(url, "select "+query+" as v")
		require.NoError(t, err, query)
		require.Equal(t, []string{"v"}, columns)
		require.Equal(t, string(want.Text), rows[0][0], query)
		require.Equal(t, want.Kind, kinds[0][0], query)
	}
}

func TestOpenReadsRowsInAStream(t *testing.T) {
	url := server(t)
	const n = 300_000
	r, err := postgres.Open(context.Background(), url, fmt.Sprintf("select i, repeat('x', 200) from generate_series(1, %d) i", n), options)
	require.NoError(t, err)
	defer r.Close()
	var b record.Batch
	rows, peak := 0, uint64(0)
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		rows += len(b.Records)
		if rows%(record.Records*100) == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
	}
	require.Equal(t, n, rows)
	require.Less(t, peak, uint64(40<<20), "the result has 60 MB")
}

func TestOpenSaysThatThereAreNoRows(t *testing.T) {
	_, rows, _, findings, err := all(server(t), "select * from conso")
	require.NoError(t, err)
	require.Empty(t, rows)
	require.Len(t, findings, 1)
	require.Equal(t, finding.SourceNoRows, findings[0].Code)
}

func TestOpenSaysWhyTheQueryCannotBeRun(t *testing.T) {
	url := server(t)
	for query, want := range map[string]struct{ message, hint string }{
		"select *\nfrom consso":                          {`at line 2, column 6: relation "consso" does not exist`, `did you mean "conso"?`},
		"select code,\n  kwhh from conso":                {`at line 2, column 3: column "kwhh" does not exist`, `column "conso.kwh"`},
		"selec 1":                                        {`at line 1, column 1: syntax error at or near "selec"`, "one select"},
		"select 'é', kwhh from conso":                    {`at line 1, column 13: column "kwhh"`, "conso.kwh"},
		"delete from conso":                              {"read-only transaction", "write a select"},
		"select 1; drop table conso":                     {"cannot insert multiple commands", "one select"},
		"select nextval('s') from (select 1) a":          {`relation "s" does not exist`, ""},
		"select 1/(i-400) from generate_series(1,500) i": {"division by zero", "correct query"},
		"set x.y = 1":                                    {"gives no rows", "a select"},
	} {
		_, _, _, _, err := all(url, query)
		var fault *format.Error
		require.ErrorAs(t, err, &fault, query)
		require.Equal(t, format.Config, fault.Kind, query)
		require.Equal(t, finding.SourceQuery, fault.Finding.Code, query)
		require.Contains(t, strings.ReplaceAll(fault.Finding.Message, ", line", " at line"), want.message, query)
		require.Contains(t, fault.Finding.Hint, want.hint, query)
		require.NotEmpty(t, fault.Finding.Hint)
	}
	_, _, _, _, err := all(url, "select * from conso")
	require.NoError(t, err, "nothing was dropped")
}

func TestOpenSaysWhyTheDatabaseCannotBeReached(t *testing.T) {
	url := server(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer deaf.Close()
	go func() {
		for {
			conn, err := deaf.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	for _, c := range []struct {
		url, password string
		code          finding.Code
		text          string
	}{
		{url, "s3cret-but-wrong", finding.SourceDenied, "password authentication failed"},
		{url, "", finding.SourceDenied, "password"},
		{strings.Replace(url, "ldt@", "nobody@", 1), "s3cret", finding.SourceDenied, "refuses the login"},
		{url + "x", os.Getenv("LDT_TEST_POSTGRES_PASSWORD"), finding.SourceAbsent, `"postgresx" does not exist`},
		{"postgres://ldt@" + closed.Addr().String() + "/d", "s3cret", finding.SourceUnreachable, "connection refused"},
		{"postgres://ldt@" + deaf.Addr().String() + "/d", "s3cret", finding.SourceUnreachable, "closed the connection"},
		{url + "?sslmode=require", "s3cret", finding.SourceUnreachable, "does not speak TLS"},
	} {
		t.Setenv(postgres.PasswordVariable, c.password)
		_, _, _, _, err := all(c.url, "select 1")
		var fault *format.Error
		require.ErrorAs(t, err, &fault, c.url)
		require.Equal(t, format.Unreadable, fault.Kind)
		require.Equal(t, c.code, fault.Finding.Code, "%s: %v: %v", c.url, err, fault.Err)
		require.Contains(t, fault.Finding.Message, c.text)
		require.NotEmpty(t, fault.Finding.Hint)
		require.NotContains(t, err.Error(), "s3cret")
	}
	_, _, _, _, err = all("postgres://h:port/d", "select 1")
	var fault *format.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, format.Config, fault.Kind)
}

func TestNextEndsWithItsContext(t *testing.T) {
	r, err := postgres.Open(context.Background(), server(t), "select i, repeat('x', 9000), pg_sleep(case when i > 3 then 600 else 0 end) from generate_series(1, 1000) i", options)
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b record.Batch
	for err == nil {
		err = r.Next(ctx, &b)
	}
	require.ErrorIs(t, err, context.Canceled)
}

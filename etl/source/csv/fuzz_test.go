package csv_test

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
)

// table is what a Reader gave, copied out of its batches.
type table struct {
	header  []string
	rows    [][]string
	lines   []int
	faults  map[int]string // by row
	skipped int
	reader  *csv.Reader
}

func readAll(in io.Reader, opt csv.Options) (table, error) {
	r, err := csv.Open(in, opt)
	if err != nil {
		return table{}, err
	}
	t := table{header: r.Header().Names, faults: map[int]string{}, reader: r}
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			t.skipped = r.Skipped()
			return t, nil
		}
		if err != nil {
			return t, err
		}
		for _, rec := range b.Records {
			row := make([]string, len(rec.Cells))
			for i, c := range rec.Cells {
				row[i] = string(c.Text)
			}
			t.rows = append(t.rows, row)
			t.lines = append(t.lines, rec.Row)
			if rec.Fault != nil {
				t.faults[rec.Row] = string(rec.Fault.Code)
			}
		}
	}
}

// FuzzReaderAgainstStandardLibrary: what encoding/csv accepts, the reader reads
// as the same cells, whatever the pieces in which the text arrives.
func FuzzReaderAgainstStandardLibrary(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\r\n\"x;\"\"y\";2\r\n", "a,b\n\"1\n2\",3\n\n4,5", "a\n\"\"\n", "a,b\n ,\n,\n1,", "a,b,\n1,2,\n",
		"x,y\n1,\"2\r\n3\"\n", "é,è\nà,ç\n", "a,b\n=\"01\",2\n", "a,b\n1,2,3\n", "a,b\n\"\"\"\",\"a\"\n",
	} {
		f.Add(seed, byte(','))
		f.Add(seed, byte(';'))
	}
	f.Fuzz(func(t *testing.T, text string, delimiter byte) {
		switch delimiter {
		case ',', ';', '\t', '|':
		default:
			return
		}
		// A bare CR ends a line for us and is text for encoding/csv; spaces
		// around quotes are let pass; zero bytes and broken UTF-8 are refused.
		if !utf8.ValidString(text) || strings.ContainsAny(strings.ReplaceAll(text, "\r\n", "\n"), "\r\x00") ||
			strings.HasPrefix(strings.ToLower(text), "sep=") || len(text) > 1<<16 {
			return
		}
		std := stdcsv.NewReader(strings.NewReader(text))
		std.Comma = rune(delimiter)
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil || len(want) == 0 {
			return
		}
		opt := csv.Options{Delimiter: string(rune(delimiter)), Table: "0", Footer: lines(0), Header: &format.Position{}}
		got, err := readAll(strings.NewReader(text), opt)
		require.True(t, err == nil || allBlank(want), "%v", err)
		if err != nil {
			return
		}
		width := len(got.header)
		var expected [][]string
		for _, row := range want {
			if allBlank([][]string{row}) {
				continue
			}
			if len(row) == width+1 && row[width] == "" {
				row = row[:width]
			}
			for i, c := range row {
				if len(c) >= 3 && strings.HasPrefix(c, `="`) && strings.HasSuffix(c, `"`) && !strings.Contains(c[2:len(c)-1], `"`) {
					row[i] = c[2 : len(c)-1]
				}
			}
			expected = append(expected, row)
		}
		require.Equal(t, expected, got.rows)
		slow, err := readAll(iotest.OneByteReader(strings.NewReader(text)), opt)
		require.NoError(t, err)
		require.Equal(t, got.rows, slow.rows)
		require.Equal(t, got.lines, slow.lines)
	})
}

func allBlank(rows [][]string) bool {
	for _, row := range rows {
		for _, c := range row {
			if strings.TrimSpace(c) != "" {
				return false
			}
		}
	}
	return true
}

// FuzzDialect: whatever the bytes, opening and reading ends in records or an
// error of the package, each record is sound UTF-8 and as wide as the header
// unless it has a fault, rows come in the order of their lines, and every line is a
// row, skipped, or the header.
func FuzzDialect(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "sep=;\na;b\n1,5;2\n", "title\n\nname;value\nx;1.234,5\n", "\"open\nnever closed", "a;b\n\"x\"y;2\n3;4\n",
		"a\tb\r1\t2\r", "a|b\n1|2|3\n", "\xef\xbb\xbfa;b\n\x81;2\n", ";;;\n1;2;3;4\n", "a,a,,a\n1,2,3,4\n", "a,b\n1,2\n\nc,d,e\n1,2,3\n\nNote: x\n", "a,b\n1,2\n\na,b\n3,4\nTotal,6\n", "a,b\n1,\x00\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, footer := "", (*int)(nil)
		if len(data) > 0 {
			table = []string{"", "", "", "0", "1", "2", "b"}[data[0]%7]
			if data[0]%5 == 1 {
				footer = lines(int(data[0] % 3))
			}
		}
		r, err := csv.Open(bytes.NewReader(data), csv.Options{Nulls: []string{"NA"}, Table: table, Footer: footer})
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.NotEmpty(t, e.Finding.Hint)
			return
		}
		require.NotEmpty(t, r.Header().Names)
		var b record.Batch
		last, rows := 0, 0
		for {
			err := r.Next(context.Background(), &b)
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			require.NotEmpty(t, b.Records)
			rows += len(b.Records)
			for _, rec := range b.Records {
				require.Greater(t, rec.Row, last)
				last = rec.Row
				if rec.Fault == nil {
					require.Len(t, rec.Cells, len(r.Header().Names))
				}
				for _, c := range rec.Cells {
					require.True(t, utf8.Valid(c.Text))
					require.True(t, c.Kind == record.Null || c.Kind == record.Text)
				}
			}
		}
		if bytes.IndexByte(data, '"') >= 0 {
			return // cells may have line ends in them
		}
		ends := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n")
		want := strings.Count(ends, "\n")
		if !strings.HasSuffix(ends, "\n") {
			want++
		}
		if r.Dialect().Value(format.HeaderRow) != "0" {
			rows++
		}
		require.Equal(t, want, rows+r.Skipped(), "%d rows, %d skipped", rows, r.Skipped())
	})
}

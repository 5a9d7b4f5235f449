package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/xlsx"
)

// bigBook has ten columns of every kind.
func bigBook(tb testing.TB, rows int) *excelize.File {
	tb.Helper()
	f := excelize.NewFile()
	day, err := f.NewStyle(&excelize.Style{NumFmt: 22})
	require.NoError(tb, err)
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(tb, err)
	head := make([]any, 10)
	for i := range head {
		head[i] = fmt.Sprintf("column %c", 'a'+i)
	}
	require.NoError(tb, w.SetRow("A1", head))
	start := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+2)
		require.NoError(tb, err)
		require.NoError(tb, w.SetRow(at, []any{
			i, float64(i) * 1.37, "Rue de l'Église " + fmt.Sprint(i%500), i%2 == 0, excelize.Cell{StyleID: day, Value: start.Add(time.Duration(i) * 15 * time.Minute)},
			fmt.Sprintf("%05d", i), 0.1 * float64(i%7), "ENT", i % 1000, "TERTIAIRE",
		}))
	}
	require.NoError(tb, w.Flush())
	return f
}

// BenchmarkReader measures reading alone, and in the same run what excelize's
// Rows needs to give the cells as texts: ratio is the one to the other.
func BenchmarkReader(b *testing.B) {
	const rows = 20_000
	data := save(b, bigBook(b, rows))
	b.ReportAllocs()
	var batch record.Batch
	for b.Loop() {
		r, err := xlsx.Open(bytes.NewReader(data), int64(len(data)), xlsx.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			err = r.Next(context.Background(), &batch)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	ours := b.Elapsed() / time.Duration(b.N)
	start := time.Now()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	require.NoError(b, err)
	list, err := book.Rows("Sheet1")
	require.NoError(b, err)
	for list.Next() {
		_, err := list.Columns(excelize.Options{RawCellValue: true})
		require.NoError(b, err)
	}
	require.NoError(b, book.Close())
	b.ReportMetric(float64(rows)/ours.Seconds(), "rows/s")
	b.ReportMetric(float64(time.Since(start))/float64(ours), "times-excelize")
}

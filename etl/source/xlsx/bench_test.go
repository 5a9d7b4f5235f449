package xlsx_test

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/xlsx"
)

// The limits that make bench holds reading to.
const (
	benchRows      = 1_000_000 // of ten cells
	compareRows    = 200_000   // of the same, which excelize reads too
	limitOfMemory  = 300.0     // MB, the peak of the process that reads them
	limitOfExcel   = 5.0       // times as fast as excelize's Rows at least
	readAndMeasure = "LDT_TEST_READ"
)

// TestMain reads a workbook and prints the peak memory of this process where a
// benchmark has started it for that; else it runs the tests.
func TestMain(m *testing.M) {
	path := os.Getenv(readAndMeasure)
	if path == "" {
		os.Exit(m.Run())
	}
	if rows := readFile(path); rows < 0 {
		os.Exit(1)
	}
	status, _ := os.ReadFile("/proc/self/status") // absent elsewhere than on Linux
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Println(peak)
}

// readFile reads a workbook to its end and gives the number of its records, or
// -1 where it cannot be read.
func readFile(path string) (rows int) {
	file, err := os.Open(path)
	if err != nil {
		return -1
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return -1
	}
	r, err := xlsx.Open(file, info.Size(), xlsx.Options{})
	if err != nil {
		return -1
	}
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			return rows
		}
		if err != nil {
			return -1
		}
		rows += len(b.Records)
	}
}

// writeBook writes a workbook as Excel does: ten columns of every kind, one in
// seven of whose texts stands once, the others many times.
func writeBook(tb testing.TB, path string, rows int) {
	tb.Helper()
	file, err := os.Create(path)
	require.NoError(tb, err)
	defer file.Close()
	z := zip.NewWriter(file)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 4) })
	part := func(name string, write func(w *bufio.Writer)) {
		p, err := z.Create(name)
		require.NoError(tb, err)
		w := bufio.NewWriterSize(p, 1<<16)
		w.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n")
		write(w)
		require.NoError(tb, w.Flush())
	}
	const main, rels = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`, `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	part("[Content_Types].xml", func(w *bufio.Writer) {
		w.WriteString(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`)
	})
	part("_rels/.rels", func(w *bufio.Writer) {
		w.WriteString(`<Relationships ` + rels + `><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	})
	part("xl/workbook.xml", func(w *bufio.Writer) {
		w.WriteString(`<workbook ` + main + ` xmlns:r="` + office + `"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	})
	part("xl/_rels/workbook.xml.rels", func(w *bufio.Writer) {
		w.WriteString(`<Relationships ` + rels + `><Relationship Id="rId1" Type="` + office + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + office + `/styles" Target="styles.xml"/><Relationship Id="rId3" Type="` + office + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)
	})
	part("xl/styles.xml", func(w *bufio.Writer) {
		w.WriteString(`<styleSheet ` + main + `><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`)
	})
	names := []string{"Number", "Energy", "Street", "Valid", "Read at", "Meter", "Factor", "Category", "Sites", "Sector"}
	many := []string{"ENT", "PRO", "RES", "TERTIAIRE", "INDUSTRIE", "AGRICULTURE"}
	streets, meters := len(names)+len(many), len(names)+len(many)+500
	part("xl/sharedStrings.xml", func(w *bufio.Writer) {
		w.WriteString(`<sst ` + main + `>`)
		for _, s := range append(names, many...) {
			fmt.Fprintf(w, "<si><t>%s</t></si>", s)
		}
		for i := range 500 {
			fmt.Fprintf(w, "<si><t>%d rue de l'Église</t></si>", i)
		}
		for i := range rows {
			fmt.Fprintf(w, "<si><t>FR-75-%08d</t></si>", i)
		}
		w.WriteString(`</sst>`)
	})
	part("xl/worksheets/sheet1.xml", func(w *bufio.Writer) {
		w.WriteString(`<worksheet ` + main + `><dimension ref="A1:J1"/><sheetData><row r="1" spans="1:10">`)
		for i := range names {
			fmt.Fprintf(w, `<c r="%c1" t="s"><v>%d</v></c>`, 'A'+i, i)
		}
		w.WriteString(`</row>`)
		for i := range rows {
			n := i + 2
			fmt.Fprintf(w, `<row r="%d" spans="1:10"><c r="A%d"><v>%d</v></c><c r="B%d"><v>%d.%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d" t="b"><v>%d</v></c><c r="E%d" s="1"><v>%.12f</v></c>`,
				n, n, i, n, i*137/100, i%97, n, streets+i%500, n, i%2, n, 44927+float64(i)/96)
			fmt.Fprintf(w, `<c r="F%d" t="s"><v>%d</v></c><c r="G%d"><v>0.%d</v></c><c r="H%d" t="s"><v>%d</v></c><c r="I%d"><v>%d</v></c><c r="J%d" t="s"><v>%d</v></c></row>`,
				n, meters+i, n, i%7, n, len(names)+i%3, n, i%1000, n, len(names)+3+i%3)
		}
		w.WriteString(`</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>`)
	})
	require.NoError(tb, z.Close())
}

// BenchmarkWorkbook reads 1 000 000 × 10 cells with the type of each, in a
// process that does nothing else and tells its peak memory; and compares, on a
// fifth of them and in the same run, reading with what excelize's Rows needs to
// give the cells as texts, in processor time.
func BenchmarkWorkbook(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	large, path := filepath.Join(b.TempDir(), "large.xlsx"), filepath.Join(b.TempDir(), "fifth.xlsx")
	writeBook(b, large, benchRows)
	writeBook(b, path, compareRows)
	start := processTime()
	for b.Loop() {
		require.Equal(b, compareRows, readFile(path))
	}
	ours := (processTime() - start) / time.Duration(b.N)

	start = processTime()
	book, err := excelize.OpenFile(path)
	require.NoError(b, err)
	list, err := book.Rows("Sheet1")
	require.NoError(b, err)
	rows := -1
	for list.Next() {
		_, err := list.Columns(excelize.Options{RawCellValue: true})
		require.NoError(b, err)
		rows++
	}
	theirs := processTime() - start
	require.Equal(b, compareRows, rows)
	require.NoError(b, list.Close())
	require.NoError(b, book.Close())

	alone := exec.Command(os.Args[0])
	alone.Env = append(os.Environ(), readAndMeasure+"="+large)
	out, err := alone.Output()
	require.NoError(b, err)
	b.ReportMetric(float64(compareRows)/ours.Seconds(), "rows/s")
	b.ReportMetric(float64(theirs)/float64(ours), "×excelize")
	b.ReportMetric(limitOfExcel, "×limit")
	var kib float64
	if _, err := fmt.Sscan(string(out), &kib); err == nil {
		b.ReportMetric(kib/1024, "MiB-peak")
		b.ReportMetric(limitOfMemory, "MB-limit")
	}
	b.ReportMetric(0, "ns/op")
}

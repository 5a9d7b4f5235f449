package csv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func read(t *testing.T, text string, opt csv.Options) table {
	t.Helper()
	opt.Origin.File = "t.csv"
	got, err := readAll(strings.NewReader(text), opt)
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, text string, opt csv.Options) *format.Error {
	t.Helper()
	opt.Origin.File = "t.csv"
	_, err := readAll(strings.NewReader(text), opt)
	return formattest.Refusal(t, err)
}

func number(n int) *format.Position { return &format.Position{First: n, Last: n} }

func TestReaderReadsEveryLineEnd(t *testing.T) {
	for name, text := range map[string]string{
		"LF":                 "a,b\n1,2\n3,4\n",
		"CRLF":               "a,b\r\n1,2\r\n3,4\r\n",
		"CR":                 "a,b\r1,2\r3,4\r",
		"CRLF and LF":        "a,b\r\n1,2\n3,4\n",
		"CRLF and LF and CR": "a,b\r\n1,2\n3,4\r",
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, text, csv.Options{})
			require.Equal(t, [][]string{{"1", "2"}, {"3", "4"}}, got.rows)
			require.Equal(t, []int{2, 3}, got.lines)
			require.Equal(t, name, got.reader.Dialect().Value(format.LineEnds))
		})
	}
	require.Equal(t, [][]string{{"1", "2"}}, read(t, "a,b\n1,2", csv.Options{}).rows, "no line end at the end")
}

func TestReaderReadsQuotedCells(t *testing.T) {
	got := read(t, "a;b;c\n\"x;\"\"y\"\"\";\"line 1\r\nline 2\rline 3\";5\" pipe\n 1 ;\"\"; \"q\" \n", csv.Options{})
	require.Equal(t, [][]string{{`x;"y"`, "line 1\nline 2\nline 3", `5" pipe`}, {" 1 ", "", "q"}}, got.rows)
	require.Equal(t, []int{2, 5}, got.lines, "the row after line breaks in a cell has the number of its line")
	require.Empty(t, got.faults)
}

func TestReaderUnwrapsTextFormulas(t *testing.T) {
	got := read(t, "EAN;n\n=\"0123\";=\"\"\n=\"0456\"\"x\";2\n", csv.Options{})
	require.Equal(t, []string{"0123", ""}, got.rows[0])
	require.Equal(t, []string{`="0456""x"`, "2"}, got.rows[1], "only a whole text is unwrapped")
}

func TestReaderMakesNullTokensNullAndKeepsTheirText(t *testing.T) {
	r, err := csv.Open(strings.NewReader("a,b,c,d,e\nNA, -999 ,, \u00a0 ,NAN\n"), csv.Options{Nulls: []string{"NA", "-999"}})
	require.NoError(t, err)
	var b record.Batch
	require.NoError(t, r.Next(context.Background(), &b))
	var kinds []record.Kind
	var texts []string
	for _, c := range b.Records[0].Cells {
		kinds, texts = append(kinds, c.Kind), append(texts, string(c.Text))
	}
	require.Equal(t, []record.Kind{record.Null, record.Null, record.Null, record.Null, record.Text}, kinds)
	require.Equal(t, []string{"NA", " -999 ", "", " \u00a0 ", "NAN"}, texts)
}

func TestReaderSkipsAndCountsBlankLines(t *testing.T) {
	got := read(t, "\na,b\n\n1,2\n,\n  \n3,4\n\n", csv.Options{})
	require.Equal(t, [][]string{{"1", "2"}, {"3", "4"}}, got.rows)
	require.Equal(t, []int{4, 7}, got.lines)
	require.Equal(t, 5, got.skipped)
}

func TestReaderFaultsRaggedRowsAndGoesOn(t *testing.T) {
	got := read(t, "a;b;c\n1;2;3\n1;2\n1;2;3;4\n5;6;7\n", csv.Options{})
	require.Equal(t, map[int]string{3: "source-ragged", 4: "source-ragged"}, got.faults)
	require.Equal(t, [][]string{{"1", "2", "3"}, {"1", "2"}, {"1", "2", "3", "4"}, {"5", "6", "7"}}, got.rows)
}

func TestReaderToleratesATrailingDelimiter(t *testing.T) {
	for name, text := range map[string]string{
		"on every line":         "a;b;\n1;2;\n3;4;\n",
		"on all but the header": "a;b\n1;2;\n3;4;\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, text, csv.Options{})
			require.Equal(t, []string{"a", "b"}, got.header)
			require.Equal(t, [][]string{{"1", "2"}, {"3", "4"}}, got.rows)
			require.Empty(t, got.faults)
			require.Equal(t, "yes", got.reader.Dialect().Value(format.Trailing))
		})
	}
	some := read(t, "a;b\n1;2\n3;4;\n5;6\n7;8\n", csv.Options{})
	require.Empty(t, some.faults)
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(some.reader.Findings()))
	require.Equal(t, 3, some.reader.Findings()[0].Location.Row)
	got := read(t, "a;b;\n1;2;\n3;4;x\n", csv.Options{})
	require.Equal(t, []string{"a", "b", "column 3"}, got.header, "a column with a value stays")
}

func TestReaderFaultsBrokenQuotesByTheRowWhereTheyBegin(t *testing.T) {
	got := read(t, "a,b\n1,2\n3,\"never closed\n5,6\n7,8\n", csv.Options{})
	require.Equal(t, map[int]string{3: "source-quote"}, got.faults)
	require.Equal(t, []int{2, 3, 4, 5}, got.lines, "the rows after it are read")
	got = read(t, "a,b\n\"x\"y,2\n3,4\n", csv.Options{})
	require.Equal(t, map[int]string{2: "source-quote"}, got.faults)
	require.Equal(t, []string{"3", "4"}, got.rows[1])
	got = read(t, "a,b\n\"x,2\n3,4\n", csv.Options{Quote: "none"})
	require.Equal(t, [][]string{{`"x`, "2"}, {"3", "4"}}, got.rows)
}

func TestReaderGivesUpAQuotedCellThatIsTooLong(t *testing.T) {
	text := "a,b\n1,\"open\n" + strings.Repeat("2,3\n", 5<<20)
	r, err := csv.Open(strings.NewReader(text), csv.Options{})
	require.NoError(t, err)
	var b record.Batch
	require.NoError(t, r.Next(context.Background(), &b))
	require.Equal(t, finding.SourceQuote, b.Records[0].Fault.Code)
	require.Equal(t, 2, b.Records[0].Row)
	require.Nil(t, b.Records[1].Fault)
}

func TestReaderReadsACellOfManyMegabytes(t *testing.T) {
	long := strings.Repeat("[2.36,48.88],", 300<<10)
	got := read(t, "id;geom\n1;\""+long+"\"\n2;x\n", csv.Options{})
	require.Equal(t, [][]string{{"1", long}, {"2", "x"}}, got.rows)
}

func TestReaderFaultsRowsWithBytesThatAreNoText(t *testing.T) {
	head := "name,v\n" + strings.Repeat("x,1\n", 100_000)
	got := read(t, head+"caf\xe9,2\ny,3\nz\x00,4\n", csv.Options{Header: number(1)})
	require.Equal(t, map[int]string{100_002: "source-encoding", 100_004: "source-encoding"}, got.faults)
	require.Equal(t, []string{"caf\ufffd", "2"}, got.rows[100_000], "what could be read is kept as UTF-8")
}

func TestOpenRefusesZeroBytesAndBlankFiles(t *testing.T) {
	e := refused(t, "a,b\n1,\x002\n", csv.Options{})
	require.Equal(t, format.Unreadable, e.Kind)
	require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
	e = refused(t, "\n \n\r\n", csv.Options{})
	require.Equal(t, format.Unreadable, e.Kind)
	require.Equal(t, finding.SourceEmpty, e.Finding.Code)
}

func TestOpenRefusesSettingsThatCannotBe(t *testing.T) {
	for name, opt := range map[string]csv.Options{
		"delimiter":      {Delimiter: ";;"},
		"quote":          {Quote: "''"},
		"decimal":        {Decimal: "x"},
		"header":         {Header: &format.Position{First: 1, Last: 1, Column: 2}},
		"header missing": {Header: number(9)},
		"header blank":   {Header: number(3)},
		"columns":        {Header: number(1), Columns: []string{"only one", "two", "three", "four"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := refused(t, "a,b\n1,2\n\n3,4\n", opt)
			require.Equal(t, format.Config, e.Kind)
			require.NotEmpty(t, e.Finding.Hint)
		})
	}
}

func TestReaderWarnsOfATableWithoutRows(t *testing.T) {
	got := read(t, "a,b\n", csv.Options{})
	require.Empty(t, got.rows)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.reader.Findings()))
}

func TestDetectFindsTheDelimiter(t *testing.T) {
	for want, text := range map[string]string{
		",":  "a,b,c\n1,2,3\n\"x;y\",5,6\n",
		";":  "name;value;note\nx;1,5;a, b\ny;2,5;c, d\n",
		"\t": "name\tvalue\nx, y\t1;2\nz, w\t3;4\n",
		"|":  "name|value|x\na|1,2|3\nb|4,5|6\n",
	} {
		got := read(t, text, csv.Options{})
		require.Equal(t, want, got.reader.Dialect().Value(format.Delimiter), text)
		require.Equal(t, format.Detected, got.reader.Dialect().Get(format.Delimiter).How)
		require.Empty(t, got.reader.Findings(), text)
	}
	one := read(t, "name\nx\ny\n", csv.Options{})
	require.Equal(t, []string{"name"}, one.header)
}

func TestDetectSaysWhereTheDelimiterIsUnsure(t *testing.T) {
	got := read(t, "a;b,c\nd;e,f\ng;h,i\n", csv.Options{})
	require.Contains(t, formattest.Codes(got.reader.Findings()), "source-unsure")
	require.Contains(t, got.reader.Findings()[0].Hint, "delimiter")
}

func TestDetectWarnsOfADeclaredDelimiterThatIsNotThere(t *testing.T) {
	got := read(t, "a;b;c\n1;2;3\n", csv.Options{Delimiter: ","})
	require.Contains(t, formattest.Codes(got.reader.Findings()), "source-unsure")
}

func TestDetectFollowsTheSepLine(t *testing.T) {
	got := read(t, "sep=|\r\na;b|c\r\n1;2|3\r\n", csv.Options{})
	require.Equal(t, []string{"a;b", "c"}, got.header)
	require.Equal(t, []int{3}, got.lines)
	require.Equal(t, 1, got.skipped)
}

func TestDetectFindsTheDecimalMark(t *testing.T) {
	for _, c := range []struct{ text, decimal, thousands, finding string }{
		{"a;b\nx;1,5\n", ",", "", ""},
		{"a;b\nx;8,911819e+01\n", ",", "", ""},
		{"a;b\nx;1.5\n", ".", "", ""},
		{"a;b\nx;1.234,56\n", ",", ".", ""},
		{"a;b\nx;1 234,56\n", ",", " ", ""},
		{"a;b\nx;1\u202f234,5\n", ",", "\u202f", ""},
		{"a;b\nx;1'234.5\n", ".", "'", ""},
		{"a;b\nx;1,234,567\n", ".", ",", ""},
		{"a;b\nx;1,234\n", ".", "", "source-unsure"},
		{"a;b\nx;1,5\ny;2.5\n", ".", "", "source-unsure"},
		{"a;b\nx;5\n", ".", "", ""},
		{"a;b\n2023-01-02;12:30\n", ".", "", ""},
	} {
		got := read(t, c.text, csv.Options{Delimiter: ";", Header: number(1)})
		d := got.reader.Dialect()
		require.Equal(t, c.decimal, string(rune(d.Decimal())), c.text)
		require.Equal(t, c.thousands, d.Thousands(), c.text)
		if c.finding == "" {
			require.Empty(t, got.reader.Findings(), c.text)
		} else {
			require.Equal(t, []string{c.finding}, formattest.Codes(got.reader.Findings()), c.text)
			require.Contains(t, got.reader.Findings()[0].Hint, "decimal")
		}
	}
	got := read(t, "a;b\nx;1,5\n", csv.Options{Delimiter: ";", Decimal: "."})
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()), "what was declared does not fit")
}

func TestDetectFindsAHeaderBelowAPreambleAndSaysSo(t *testing.T) {
	got := read(t, "Report of 2023\nby,the city\n\nname;kWh;date\nx;1,5;2023-01-01\ny;2,5;2023-01-02\nz;3,5;2023-01-03\n", csv.Options{})
	require.Equal(t, []string{"name", "kWh", "date"}, got.header)
	require.Equal(t, []int{5, 6, 7}, got.lines)
	require.Equal(t, 3, got.skipped)
	require.Equal(t, "4", got.reader.Dialect().Value(format.HeaderRow))
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()))
	require.Contains(t, got.reader.Findings()[0].Hint, "header: 4")
}

func TestDetectSaysWhereTheHeaderLooksLikeData(t *testing.T) {
	got := read(t, "1,2.5\n2,3.5\n3,4.5\n", csv.Options{})
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.reader.Findings()))
	named := read(t, "1,2.5\n2,3.5\n", csv.Options{Columns: []string{"n", "v"}})
	require.Equal(t, []string{"n", "v"}, named.header)
	require.Len(t, named.rows, 2, "columns without header: the first row is data")
	require.Empty(t, named.reader.Findings())
	renamed := read(t, "x,y\n2,3.5\n", csv.Options{Columns: []string{"n", "v"}, Header: number(1)})
	require.Equal(t, []string{"n", "v"}, renamed.header)
	require.Len(t, renamed.rows, 1)
}

func TestDetectWarnsOfRepeatedNames(t *testing.T) {
	got := read(t, "date,v,date,\n2023-01-01,1,2,3\n", csv.Options{})
	require.Equal(t, []string{"date", "v", "date#2", "column 4"}, got.header)
	require.Equal(t, []string{"source-duplicate-column"}, formattest.Codes(got.reader.Findings()))
	require.Equal(t, finding.Warning, got.reader.Findings()[0].Severity)
	require.Contains(t, got.reader.Findings()[0].Hint, "date#1, date#2")
}

func TestReaderJoinsTwoHeaderRows(t *testing.T) {
	text := ";Stroom;;Gas;\nDatum;laag;hoog;verbruik;laag\n1/2/2024;1;2;3;4\n2/2/2024;5;6;7;8\n"
	for name, header := range map[string]*format.Position{"detected": nil, "declared": {First: 1, Last: 2}} {
		got := read(t, text, csv.Options{Header: header})
		require.Equal(t, []string{"Datum", "Stroom / laag", "Stroom / hoog", "Gas / verbruik", "Gas / laag"}, got.header, name)
		require.Len(t, got.rows, 2)
		require.Equal(t, 1, got.reader.Skipped())
		require.Equal(t, "1-2", got.reader.Dialect().Value(format.HeaderRow))
	}
}

func TestHeaderDeclaredSkipsWhatStandsAboveItEvenBrokenQuotes(t *testing.T) {
	got := read(t, "a \"title\n\"with an open quote\nx,y\n1,2\n", csv.Options{Header: number(3)})
	require.Equal(t, []string{"x", "y"}, got.header)
	require.Equal(t, [][]string{{"1", "2"}}, got.rows)
	require.Equal(t, []int{4}, got.lines)
}

func TestReaderStopsWithItsContext(t *testing.T) {
	r, err := csv.Open(strings.NewReader("a,b\n1,2\n"), csv.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b record.Batch
	require.ErrorIs(t, r.Next(ctx, &b), context.Canceled)
}

func TestReaderGivesTheErrorOfAStreamThatBreaks(t *testing.T) {
	in := io.MultiReader(bytes.NewReader(consumption(5000)), &broken{})
	r, err := csv.Open(in, csv.Options{})
	require.NoError(t, err)
	var b record.Batch
	for err == nil {
		err = r.Next(context.Background(), &b)
	}
	var e *format.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, finding.SourceDamaged, e.Finding.Code)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Empty(t, b.Records)
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReaderAllocatesNothingPerRow(t *testing.T) {
	data := append(consumption(20000), "\"x\"\"y\";"...)
	r, err := csv.Open(bytes.NewReader(data), csv.Options{})
	require.NoError(t, err)
	var b record.Batch
	for range 4 {
		require.NoError(t, r.Next(context.Background(), &b))
	}
	perBatch := testing.AllocsPerRun(8, func() { _ = r.Next(context.Background(), &b) })
	require.Len(t, b.Records, record.Records)
	require.Zero(t, perBatch)
}

func TestRejectsCanBeReadAgain(t *testing.T) {
	first := read(t, "date;date;v\nx;\"a;b\";1,5\ny; z;\nq;1\np;1;2;3\n", csv.Options{})
	var out bytes.Buffer
	w, err := csv.NewRejects(&out, first.reader.Header(), first.reader.Dialect())
	require.NoError(t, err)
	reasons := []finding.Finding{finding.New(finding.CellNumber, finding.Location{Column: "v"}, `"1,5" is not a number`), finding.New(finding.RowID, finding.Location{}, "no id")}
	for i, row := range first.rows {
		rec := record.Record{Row: first.lines[i]}
		for _, c := range row {
			rec.Cells = append(rec.Cells, record.Cell{Text: []byte(c), Kind: record.Text})
		}
		if first.faults[rec.Row] != "" {
			rec.Fault = &finding.Finding{Code: finding.SourceRagged}
		}
		require.NoError(t, w.Write(&rec, reasons))
	}
	require.NoError(t, w.Flush())
	require.Equal(t, 4, w.Rows())
	delimiter, ok := csv.IsRejects(out.Bytes())
	require.True(t, ok)
	require.Equal(t, ";", delimiter)
	again := read(t, strings.TrimPrefix(out.String(), "\ufeff"), csv.Options{Delimiter: delimiter, Header: number(1)})
	require.Equal(t, []string{"date", "date#2", "v", "_row", "_reasons"}, again.header)
	why := `cell-number: "v": "1,5" is not a number | row-id: no id`
	require.Equal(t, []string{"x", "a;b", "1,5", "2", why}, again.rows[0])
	require.Equal(t, []string{"y", " z", "", "3", why}, again.rows[1])
	require.Equal(t, map[int]string{4: "source-ragged", 5: "source-ragged"}, again.faults, "a ragged row that nobody mended is rejected again")

	var twice bytes.Buffer
	_, err = csv.NewRejects(&twice, again.reader.Header(), again.reader.Dialect())
	require.NoError(t, err)
	for head, want := range map[string]bool{"\ufeffa;b\r\n": false, "a,_row,_reasons\n": true, "a,_row;_reasons\n": false, "_row,_reasons\r\n": true, "_reasons\n": false,
		"a\nb,_row,_reasons\n": false, "a_row,_reasons\n": false, "": false} {
		_, ok = csv.IsRejects([]byte(head))
		require.Equal(t, want, ok, "%q", head)
	}
}

// TestRejectsOfRejectsDoNotGrow holds that a ragged row, run again and again as it
// is, keeps its own cells: with the reasons of two runs behind them, a row that is
// two cells short would have as many as the header.
func TestRejectsOfRejectsDoNotGrow(t *testing.T) {
	source := read(t, "a,b,c,d\n1,2\n1,2,3\n1,2,3,4,5\n1,2,3,4,5,6\n7\n1,2,3,4\n", csv.Options{})
	var before string
	for run := range 4 {
		var out bytes.Buffer
		w, err := csv.NewRejects(&out, source.reader.Header(), source.reader.Dialect())
		require.NoError(t, err)
		for i, row := range source.rows {
			rec := record.Record{Row: source.lines[i]}
			for _, c := range row {
				rec.Cells = append(rec.Cells, record.Cell{Text: []byte(c), Kind: record.Text})
			}
			reason := finding.New(finding.CellNumber, finding.Location{Column: "a"}, "no number")
			if source.faults[rec.Row] != "" {
				reason = finding.New(finding.SourceRagged, finding.Location{}, "the row is ragged")
				rec.Fault = &reason
			}
			require.NoError(t, w.Write(&rec, []finding.Finding{reason}))
		}
		require.NoError(t, w.Flush())
		if run > 0 {
			require.Equal(t, before, out.String(), "run %d", run)
		}
		before = out.String()
		source = read(t, strings.TrimPrefix(before, "\ufeff"), csv.Options{Delimiter: ",", Header: number(1)})
		require.Len(t, source.faults, 5, "run %d: %s", run, before)
	}
}

func TestRejectsWritesNumbersWithTheSourcesDecimalMark(t *testing.T) {
	var out bytes.Buffer
	w, err := csv.NewRejects(&out, record.NewHeader([]string{"v"}), format.Dialect{{Key: format.Decimal, Value: ","}})
	require.NoError(t, err)
	require.NoError(t, w.Write(&record.Record{Row: 7, Cells: []record.Cell{{Text: []byte("15182.28"), Kind: record.Number}}}, nil))
	require.NoError(t, w.Flush())
	require.Equal(t, "\ufeffv;_row;_reasons\r\n15182,28;7;\r\n", out.String())
}

func ExampleOpen() {
	r, err := csv.Open(strings.NewReader("name;kWh\nTown hall;12,5\n"), csv.Options{Origin: record.Origin{File: "meters.csv"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b record.Batch
	for r.Next(context.Background(), &b) == nil {
		for _, rec := range b.Records {
			fmt.Printf("%d %s %s\n", rec.Row, rec.Cells[0].Text, rec.Cells[1].Text)
		}
	}
	fmt.Println(r.Dialect().Value("decimal"))
	// Output:
	// 2 Town hall 12,5
	// ,
}

// wideDecoder is a decoder that keeps room for one more character of 4 bytes.
type wideDecoder struct{ io.Reader }

func (d wideDecoder) Read(p []byte) (int, error) {
	if len(p) < 4 {
		return 0, io.ErrShortBuffer
	}
	return d.Reader.Read(p[:len(p)-3])
}

func TestReaderGoesOnWhereADecoderFindsNoRoomAtTheEndOfABatch(t *testing.T) {
	got, err := readAll(wideDecoder{strings.NewReader("id,text\n" + strings.Repeat("1,xyz\n", 50_000))}, csv.Options{})
	require.NoError(t, err)
	require.Len(t, got.rows, 50_000)
}

func TestReaderSaysThatTheLastRowHasNoLineEnd(t *testing.T) {
	for text, want := range map[string][]string{
		"a;b;c\n1;2;3\n4;5;61":  {"source-line-end"},
		"a;b;c\r1;2;3\r4;5;61":  {"source-line-end"},
		"a;b;c\n1;2;3\n4;5;6\n": nil,
		"a;b;c\r1;2;3\r4;5;6\r": nil,
		"a;b;c":                 {"source-no-rows"},
	} {
		got := read(t, text, csv.Options{})
		require.Equal(t, want, formattest.Codes(got.reader.Findings()), text)
		if want != nil && want[0] == "source-line-end" {
			require.Equal(t, finding.Info, got.reader.Findings()[0].Severity)
			require.Equal(t, 3, got.reader.Findings()[0].Location.Row)
		}
	}
}

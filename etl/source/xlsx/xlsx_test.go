package xlsx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/format/formattest"
	"github.com/ldtkit/ldt/etl/source/xlsx"
	"github.com/ldtkit/ldt/ngsild/finding"
)

type table struct {
	*xlsx.Reader
	rows   [][]string
	kinds  [][]record.Kind
	lines  []int
	sheets []string
}

func tryAll(data []byte, opt xlsx.Options) (table, error) {
	r, err := xlsx.Open(bytes.NewReader(data), int64(len(data)), opt)
	if err != nil {
		return table{}, err
	}
	got := table{Reader: r}
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		for _, rec := range b.Records {
			var row []string
			var kinds []record.Kind
			for _, c := range rec.Cells {
				row, kinds = append(row, string(c.Text)), append(kinds, c.Kind)
			}
			got.rows, got.kinds, got.lines = append(got.rows, row), append(got.kinds, kinds), append(got.lines, rec.Row)
			got.sheets = append(got.sheets, b.Origin.Sheet)
		}
	}
}

func readAll(t *testing.T, data []byte, opt xlsx.Options) table {
	t.Helper()
	got, err := tryAll(data, opt)
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, data []byte, opt xlsx.Options) *format.Error {
	t.Helper()
	_, err := tryAll(data, opt)
	e := formattest.Refusal(t, err)
	require.NotEmpty(t, e.Finding.Hint)
	return e
}

func save(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

// pack makes a workbook of one sheet from the XML of its parts.
func pack(t testing.TB, sheet, texts, styles string) []byte {
	t.Helper()
	return packParts(t, map[string]string{
		"xl/worksheets/sheet1.xml": `<worksheet>` + sheet + `</worksheet>`,
		"xl/sharedStrings.xml":     `<sst>` + texts + `</sst>`,
		"xl/styles.xml":            `<styleSheet>` + styles + `</styleSheet>`,
	})
}

func packParts(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"xl/workbook.xml": `<?xml version="1.0"?><workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="r3" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
	}
	for name, text := range parts {
		all[name] = text
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range all {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestReaderKeepsTheTypeOfEachCell(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{"text", "number", "big", "bool", "date", "time", "error", "formula", "elapsed", "code"}))
	require.NoError(t, f.SetSheetRow("Sheet1", "A2", &[]any{"é & <b>", 15182.28, 3000000000, true}))
	at := time.Date(2023, 10, 29, 2, 30, 15, 0, time.UTC)
	require.NoError(t, f.SetCellValue("Sheet1", "E2", at))
	custom := func(code string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		require.NoError(t, err)
		return id
	}
	require.NoError(t, f.SetCellStyle("Sheet1", "E2", "E2", custom(`dd/mm/yyyy hh:mm`)))
	require.NoError(t, f.SetCellValue("Sheet1", "F2", 0.25))
	require.NoError(t, f.SetCellStyle("Sheet1", "F2", "F2", custom(`hh:mm`)))
	require.NoError(t, f.SetCellFormula("Sheet1", "H2", "1+1"))
	require.NoError(t, f.SetCellValue("Sheet1", "I2", 1.5))
	require.NoError(t, f.SetCellStyle("Sheet1", "I2", "I2", custom(`[h]:mm`)))
	require.NoError(t, f.SetCellStr("Sheet1", "J2", "07005"))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, []string{"é & <b>", "15182.28", "3000000000", "true", "2023-10-29T02:30:15", "06:00:00", "", "a formula without a stored value", "36:00:00", "07005"}, got.rows[0])
	require.Equal(t, []record.Kind{record.Text, record.Number, record.Number, record.Boolean, record.DateTime, record.Text, record.Null, record.Error, record.Text, record.Text}, got.kinds[0])
	require.Equal(t, []string{"source-unsure"}, formattest.Codes(got.Findings()), "the formula that was never calculated")
}

func TestReaderReadsWhatOtherProgramsWrite(t *testing.T) {
	styles := `<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;-&quot;mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>`
	texts := `<si><t>a</t></si><si><r><t>ri</t></r><r><rPr/><t xml:space="preserve">ch </t></r><rPh><t>PHON</t></rPh></si><si><t/></si><si><t>x_x000D_&#10;y</t></si>`
	sheet := `<x:sheetData xmlns:x="x"><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:t>b&amp;c</x:t></x:is></x:c><x:c t='str'><x:v>d</x:v></x:c><x:c t="inlineStr"><x:is><x:t>e</x:t></x:is></x:c><x:c t="inlineStr"><x:is><x:t>f</x:t></x:is></x:c></x:row>
		<x:row><x:c t="s"><x:v>1</x:v></x:c><x:c s="1"><x:v>45292</x:v></x:c><x:c s="2"><x:v>45292.5</x:v></x:c><x:c t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c><x:c t="d"><x:v>2024-01-01T06:00:00Z</x:v></x:c></x:row>
		<x:row r="5"><x:c r="A5" t="s"><x:v>3</x:v></x:c><x:c r="B5" s="1"><x:v>-1</x:v></x:c><x:c r="D5"><x:f>A1</x:f><x:v>15182.280000000001</x:v></x:c><x:c r="E5" t="str"><x:f>A1</x:f><x:v></x:v></x:c></x:row></x:sheetData>`
	got := readAll(t, pack(t, sheet, texts, styles), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, []string{"a", "b&c", "d", "e", "f"}, got.Header().Names)
	require.Equal(t, [][]string{{"rich ", "2024-01-01T00:00:00", "2024-01-01T12:00:00", "#DIV/0!", "2024-01-01T06:00:00"}, {"x\ny", "-1", "", "15182.28", ""}}, got.rows)
	require.Equal(t, []record.Kind{record.Text, record.DateTime, record.DateTime, record.Error, record.DateTime}, got.kinds[0])
	require.Equal(t, []record.Kind{record.Text, record.Number, record.Null, record.Number, record.Null}, got.kinds[1])
	require.Equal(t, []int{2, 5}, got.lines)
	require.Equal(t, 2, got.Skipped(), "rows 3 and 4 are blank")
}

func TestReaderCountsBlankCellsThatDoNotSayWhereTheyAre(t *testing.T) {
	sheet := `<sheetData><row><c t="str"><v>a</v></c><c t="str"><v>b</v></c><c t="str"><v>c</v></c></row><row><c s="1"/><c t="str"><v></v></c><c t="str"><v>x</v></c></row></sheetData>`
	require.Equal(t, [][]string{{"", "", "x"}}, readAll(t, pack(t, sheet, "", ""), xlsx.Options{Apart: true, Notes: true}).rows)
}

func TestReaderCountsFrom1904WhereTheWorkbookDoes(t *testing.T) {
	data := packParts(t, map[string]string{
		"xl/workbook.xml":          `<workbook><workbookPr date1904="1"/><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c t="str"><v>d</v></c></row><row><c s="0"><v>43830</v></c></row></sheetData></worksheet>`,
		"xl/styles.xml":            `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":     `<sst/>`,
	})
	require.Equal(t, [][]string{{"2024-01-01T00:00:00"}}, readAll(t, data, xlsx.Options{Apart: true, Notes: true}).rows)
}

func TestReaderFillsMergedCells(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]any{{"site", "year", "kWh"}, {"Town hall", 2011, 1}, {nil, 2012, 2}, {nil, 2013, 3}, {"School", 2011, 4}, {"Pool", "closed", nil}} {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	require.NoError(t, f.MergeCell("Sheet1", "A2", "A4"))
	require.NoError(t, f.MergeCell("Sheet1", "B6", "C6"))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, [][]string{{"Town hall", "2011", "1"}, {"Town hall", "2012", "2"}, {"Town hall", "2013", "3"}, {"School", "2011", "4"}, {"Pool", "closed", "closed"}}, got.rows)
}

func TestReaderFindsATableInTheMiddleOfASheet(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetCellValue("Sheet1", "B2", "Energy report"))
	require.NoError(t, f.SetSheetRow("Sheet1", "C5", &[]any{"name", "kWh", "day"}))
	for i := range 5 {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("C%d", i+6), &[]any{fmt.Sprint("n", i), i, "x"}))
	}
	require.NoError(t, f.SetCellValue("Sheet1", "H7", "a note"))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, []string{"name", "kWh", "day"}, got.Header().Names)
	require.Equal(t, []string{"n0", "0", "x"}, got.rows[0])
	require.Equal(t, []int{6, 7, 8, 9, 10}, got.lines)
	require.Equal(t, 4, got.Skipped())
	require.Equal(t, []string{"source-unsure", "source-unsure"}, formattest.Codes(got.Findings()))
	require.Contains(t, got.Findings()[0].Hint, "header: 5")
	require.Contains(t, got.Findings()[1].Message, "H7")
	require.Equal(t, got.rows, readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true, Header: &format.Position{First: 5, Last: 5}}).rows)
	named := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true, Header: &format.Position{First: 5, Last: 5}, Columns: []string{"a", "b", "c"}})
	require.Equal(t, []string{"a", "b", "c"}, named.Header().Names)
	require.Equal(t, got.rows, named.rows)
	e := refused(t, save(t, f), xlsx.Options{Apart: true, Notes: true, Header: &format.Position{First: 3, Last: 3}})
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourceHeader, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "row 5")
}

func position(t testing.TB, text string) *format.Position {
	t.Helper()
	p, err := format.ParsePosition(text)
	require.NoError(t, err)
	return &p
}

func TestReaderTakesTheTableWhoseFirstNameStandsInACell(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]any{{"Pool", nil, nil, "School"}, {"day", "kWh", nil, "day", "kWh", "note"}, {"1 May", 10, nil, "2 May", 20, "x"}, {"3 May", 30, nil, nil, nil, nil}} {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	data := save(t, f)
	left := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "A2")})
	require.Equal(t, []string{"day", "kWh"}, left.Header().Names)
	require.Equal(t, [][]string{{"1 May", "10"}, {"3 May", "30"}}, left.rows)
	require.Equal(t, "A2", left.Dialect().Value(format.HeaderRow))
	right := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "$D$2")})
	require.Equal(t, []string{"day", "kWh", "note"}, right.Header().Names)
	require.Equal(t, [][]string{{"2 May", "20", "x"}}, right.rows)
	e := refused(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "C2")})
	require.Equal(t, finding.SourceHeader, e.Finding.Code)
	require.Contains(t, e.Finding.Message, "cell C2")
}

func TestReaderJoinsTwoHeaderRows(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]any{{"Site", "Power", nil, "Gas", nil}, {nil, "Low", "High", "Use", "Cost"}, {"Pool", 1, 2, 3, 4}} {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("B%d", i+3), &row))
	}
	require.NoError(t, f.SetCellValue("Sheet1", "B1", "Report of the year"))
	names := []string{"Site", "Power / Low", "Power / High", "Gas / Use", "Gas / Cost"}
	plain := save(t, f)
	require.Equal(t, names, readAll(t, plain, xlsx.Options{Apart: true, Notes: true, Header: position(t, "3-4")}).Header().Names)
	for _, merged := range []string{"B3:B4", "C3:D3", "E3:F3"} {
		from, to, _ := strings.Cut(merged, ":")
		require.NoError(t, f.MergeCell("Sheet1", from, to))
	}
	data := save(t, f)
	got := readAll(t, data, xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, names, got.Header().Names)
	require.Equal(t, "3-4", got.Dialect().Value(format.HeaderRow))
	require.Contains(t, got.Findings()[0].Hint, "header: 3-4")
	require.Equal(t, [][]string{{"Pool", "1", "2", "3", "4"}}, got.rows)
	require.Equal(t, 3, got.Skipped())
	part := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "E3:E4")})
	require.Equal(t, []string{"Gas / Use", "Gas / Cost"}, part.Header().Names)
	one := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Header: position(t, "4")})
	require.Equal(t, []string{"Site", "Low", "High", "Use", "Cost"}, one.Header().Names)
}

func TestReaderChoosesTheSheet(t *testing.T) {
	f := excelize.NewFile()
	for _, name := range []string{"2023", "data", "secret"} {
		_, err := f.NewSheet(name)
		require.NoError(t, err)
		require.NoError(t, f.SetSheetRow(name, "A1", &[]any{"of"}))
		require.NoError(t, f.SetSheetRow(name, "A2", &[]any{name + "!"}))
	}
	require.NoError(t, f.SetSheetVisible("secret", false))
	data := save(t, f)
	for sheet, want := range map[string]string{"": "2023!", "2023": "2023!", "data": "data!", " DATA": "data!", "3": "data!", "secret": "secret!"} {
		got := readAll(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: sheet})
		require.Equal(t, [][]string{{want}}, got.rows, sheet)
		if sheet == "" {
			require.Equal(t, []string{"source-unsure", "source-hidden"}, formattest.Codes(got.Findings()))
			require.Contains(t, got.Findings()[0].Hint, "sheet:")
		} else {
			require.Empty(t, got.Findings())
		}
	}
	e := refused(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "2024"})
	require.Equal(t, format.Config, e.Kind)
	require.Equal(t, finding.SourceSheet, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, `"2023", "data"`)
	e = refused(t, data, xlsx.Options{Apart: true, Notes: true, Sheet: "Sheet1"})
	require.Equal(t, format.Unreadable, e.Kind)
	require.Equal(t, finding.SourceEmpty, e.Finding.Code)
}

func TestReaderSaysWhatIsHidden(t *testing.T) {
	f := excelize.NewFile()
	for i := range 4 {
		require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &[]any{"a", "b"}))
	}
	require.NoError(t, f.SetRowVisible("Sheet1", 3, false))
	require.NoError(t, f.SetColVisible("Sheet1", "B", false))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Len(t, got.rows, 3)
	require.Equal(t, []string{"source-hidden", "source-hidden"}, formattest.Codes(got.Findings()))
	require.Equal(t, finding.Info, got.Findings()[0].Severity)
	require.Equal(t, 3, got.Findings()[1].Location.Row)
}

func TestReaderMakesNullTokensNull(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{"a", "b", "c", "d"}))
	require.NoError(t, f.SetSheetRow("Sheet1", "A2", &[]any{-999, "NA", " ", "x"}))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true, Nulls: []string{"NA", "-999"}})
	require.Equal(t, []record.Kind{record.Null, record.Null, record.Null, record.Text}, got.kinds[0])
	require.Equal(t, []string{"-999", "NA", " ", "x"}, got.rows[0])
}

func TestReaderWarnsOfASheetWithoutRows(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{"a", "b"}))
	got := readAll(t, save(t, f), xlsx.Options{Apart: true, Notes: true})
	require.Empty(t, got.rows)
	require.Equal(t, []string{"source-no-rows"}, formattest.Codes(got.Findings()))
	require.Equal(t, finding.SourceEmpty, refused(t, save(t, excelize.NewFile()), xlsx.Options{Apart: true, Notes: true}).Finding.Code)
}

func TestReaderRefusesDamagedWorkbooks(t *testing.T) {
	sheet := func(s string) []byte { return pack(t, s, `<si><t>a</t></si>`, "") }
	for name, data := range map[string][]byte{
		"no zip":            []byte("PK\x03\x04"),
		"no workbook":       packParts(t, map[string]string{"xl/workbook.xml": "<workbook"}),
		"sheet cut off":     sheet(`<sheetData><row><c t="s"><v>0</v></c></row><row><c t="s"><v>0`),
		"text not there":    sheet(`<sheetData><row><c t="s"><v>7</v></c></row></sheetData>`),
		"row too far":       sheet(`<sheetData><row r="1048577"><c t="s"><v>0</v></c></row></sheetData>`),
		"column too far":    sheet(`<sheetData><row><c r="XFE1" t="s"><v>0</v></c></row></sheetData>`),
		"rows backwards":    sheet(`<sheetData><row r="2"><c t="s"><v>0</v></c></row><row r="1"><c t="s"><v>0</v></c></row></sheetData>`),
		"cell in cell":      sheet(`<sheetData><row><c><c/></c></row></sheetData>`),
		"cell outside":      sheet(`<sheetData><c t="s"><v>0</v></c></sheetData>`),
		"document type":     sheet(`<!DOCTYPE x [<!ENTITY a "b">]><sheetData/>`),
		"endless tag":       sheet(`<sheetData a="` + strings.Repeat("x", 17<<20) + `"/>`),
		"sheet not there":   packParts(t, map[string]string{"xl/sharedStrings.xml": "<sst/>", "xl/styles.xml": "<styleSheet/>"}),
		"styles are a bomb": packParts(t, map[string]string{"xl/styles.xml": "<styleSheet>" + strings.Repeat("<!--"+strings.Repeat(" ", 1<<20)+"-->", 65) + "</styleSheet>"}),
	} {
		t.Run(name, func(t *testing.T) {
			e := refused(t, data, xlsx.Options{Apart: true, Notes: true})
			require.Equal(t, format.Unreadable, e.Kind)
			require.Equal(t, finding.SourceDamaged, e.Finding.Code)
		})
	}
}

func TestReaderStopsAtABombBeforeItHasUnpackedIt(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	_, err = io.WriteString(w, `<worksheet><sheetData><row r="1"><c t="str"><v>a</v></c></row><row r="2"><c><v>1</v></c></row>`)
	require.NoError(t, err)
	blank := []byte(strings.Repeat(" ", 1<<20) + "<x/>")
	for range 200 {
		_, err = w.Write(blank)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.Less(t, b.Len(), 1<<20)
	e := refused(t, b.Bytes(), xlsx.Options{Apart: true, Notes: true})
	require.Equal(t, finding.SourceDamaged, e.Finding.Code)
	require.Contains(t, e.Finding.Message, "400 times")
}

func TestReaderStopsWithItsContext(t *testing.T) {
	data := pack(t, `<sheetData><row><c><v>1</v></c></row></sheetData>`, "", "")
	r, err := xlsx.Open(bytes.NewReader(data), int64(len(data)), xlsx.Options{Apart: true, Notes: true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b record.Batch
	require.ErrorIs(t, r.Next(ctx, &b), context.Canceled)
}

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

func TestReaderAllocatesNothingPerRow(t *testing.T) {
	data := save(t, bigBook(t, 12_000))
	r, err := xlsx.Open(bytes.NewReader(data), int64(len(data)), xlsx.Options{Apart: true, Notes: true})
	require.NoError(t, err)
	var b record.Batch
	for range 3 {
		require.NoError(t, r.Next(context.Background(), &b))
	}
	perBatch := testing.AllocsPerRun(4, func() { _ = r.Next(context.Background(), &b) })
	require.Len(t, b.Records, record.Records)
	require.Less(t, perBatch, 20.0, "a batch has %d rows", record.Records)
}

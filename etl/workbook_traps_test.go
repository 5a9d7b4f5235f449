package etl

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// book makes a workbook; the first sheet is S, and edit may change it further.
func book(rows [][]any, edit func(f *excelize.File)) string {
	f := excelize.NewFile()
	must(f.SetSheetName("Sheet1", "S"))
	lay(f, "S", rows)
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	must(f.Write(&b))
	return b.String()
}

func lay(f *excelize.File, sheet string, rows [][]any) {
	if i, err := f.GetSheetIndex(sheet); err != nil || i < 0 {
		_, err := f.NewSheet(sheet)
		must(err)
	}
	for i, row := range rows {
		must(f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row))
	}
}

// shownAs sets the number format of a cell of the sheet S.
func shownAs(f *excelize.File, cell, code string) {
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	must(err)
	must(f.SetCellStyle("S", cell, cell, id))
}

// from1904 changes the epoch of a workbook.
func from1904(f *excelize.File) {
	yes := true
	must(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
}

// cell writes the XML of row 2 of a workbook as another program does.
func cell(xml, styles, texts string) string {
	parts := [][2]string{
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/styles" Target="styles.xml"/><Relationship Id="r3" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet>` + styles + `</styleSheet>`},
		{"xl/sharedStrings.xml", `<sst>` + texts + `</sst>`},
		{"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>v</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c>` + xml + `</row></sheetData></worksheet>`},
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p[0])
		must(err)
		_, err = io.WriteString(w, p[1])
		must(err)
	}
	must(z.Close())
	return b.String()
}

func must(err error) {
	if err != nil {
		panic(err) // a mistake in this table
	}
}

var plainRows = [][]any{{"id", "v"}, {"a", 1}, {"b", 2}}

// workbookTraps are workbooks. Where off is empty, the file goes through
// excelize, which gives texts and does not have the rule.
var workbookTraps = []trap{
	{"sheet-named", book(plainRows, func(f *excelize.File) { lay(f, "T", [][]any{{"id", "v"}, {"c", 3}}) }), "sheet: T", "", "c n=3", off{source: "sheet: S"}},
	{"sheet-numbered", book(plainRows, func(f *excelize.File) { lay(f, "T", [][]any{{"id", "v"}, {"c", 3}}) }), "sheet: 2", "", "c n=3", off{source: "sheet: 1"}},
	{"sheet-pattern", book(nil, func(f *excelize.File) {
		lay(f, "2023", plainRows)
		lay(f, "2024", [][]any{{"v", "id"}, {3, "c"}})
	}), `sheet: "20*"`, "", "a n=1 | b n=2 | c n=3", off{source: `sheet: "2023"`}},
	{"sheets", book(plainRows, func(f *excelize.File) { lay(f, "T", plainRows) }), "", "", "a n=1 | b n=2 | source-unsure", off{source: "sheet: S"}},
	{"hidden", book(append(slices.Clone(plainRows), []any{"c", 3}), func(f *excelize.File) { must(f.SetRowVisible("S", 3, false)) }), "", "", "a n=1 | b n=2 | c n=3 | source-hidden", off{}},
	{"header-cell", book([][]any{{"Report"}, {nil, "id", "v"}, {"note", "a", 1}, {nil, "b", 2}}, nil), "header: B2", "", "a n=1 | b n=2 | source-unsure", off{source: "header: 1"}},
	{"merged", book([][]any{{"id", "v"}, {"a", "town"}, {"b"}}, func(f *excelize.File) { must(f.MergeCell("S", "B2", "B3")) }), "", texts, `a name="town" | b name="town"`, off{}},
	{"merged-header", book([][]any{{"id", "Power", nil, "Gas"}, {nil, "v", "w", "v"}, {"a", 1, 2, 3}}, func(f *excelize.File) {
		must(f.MergeCell("S", "A1", "A2"))
		must(f.MergeCell("S", "B1", "C1"))
	}), "", `n: {value: {column: "Gas / v", as: number}}`, "a n=3 | source-unsure", off{source: "header: 2"}},
	{"formula", cell(`<c r="B2"><f>1+1</f><v>2</v></c>`, "", ""), "", "", "a n=2", off{attributes: texts}},
	{"formula-without-value", cell(`<c r="B2"><f>1+1</f></c>`, "", ""), "", "", "source-cell-error source-unsure", off{}},
	{"cell-error", cell(`<c r="B2" t="e"><f>NA()</f><v>#N/A</v></c>`, "", ""), "", texts, "source-cell-error", off{}},
	{"date-format", book([][]any{{"id", "v"}, {"a", 45292.5}}, func(f *excelize.File) { shownAs(f, "B2", `[$-40C]d mmm yyyy" à "hh:mm;@`) }), "timezone: UTC", `n: {value: {column: v, as: datetime}}`, `a n="2024-01-01T12:00:00Z"`, off{}},
	{"date-1904", book([][]any{{"id", "v"}, {"a", 43830}}, func(f *excelize.File) { from1904(f); shownAs(f, "B2", "yyyy-mm-dd") }), "", `n: {value: {column: v, as: date}}`, `a n="2024-01-01"`, off{}},
	{"no-29-february-1900", book([][]any{{"id", "v"}, {"a", 60}, {"b", 61}}, func(f *excelize.File) { shownAs(f, "B2", "dd/mm/yyyy"); shownAs(f, "B3", "dd/mm/yyyy") }), "", `n: {value: {column: v, as: date}}`, `b n="1900-03-01" | source-cell-error`, off{}},
	{"hours", book([][]any{{"id", "v"}, {"a", 1.5}, {"b", 1}, {"c", 0.25}}, func(f *excelize.File) {
		shownAs(f, "B2", "[h]:mm")
		shownAs(f, "B3", "hh:mm")
		shownAs(f, "B4", "hh:mm")
	}), "", texts, `a name="36:00:00" | b name="24:00:00" | c name="06:00:00"`, off{}},
	{"number-as-text", book([][]any{{"id", "v"}, {"a", "01001"}, {"b", "1E5"}}, nil), "", texts, `a name="01001" | b name="1E5"`, off{attributes: numbers}},
	{"leading-zeros-by-format", book([][]any{{"id", "v"}, {"a", 1001}, {"b", 75056}}, func(f *excelize.File) { shownAs(f, "B2", "00000"); shownAs(f, "B3", "00000") }), "", texts, `a name="01001" | b name="75056"`, off{}},
	{"leading-zeros-as-number", book([][]any{{"id", "v"}, {"a", 1001}}, func(f *excelize.File) { shownAs(f, "B2", "00000") }), "", "", "a n=1001", off{attributes: texts}},
	{"stored-number", cell(`<c r="B2"><v>15182.280000000001</v></c>`, "", ""), "", "", "a n=15182.28", off{}},
	{"rich-text", cell(`<c r="B2" t="s"><v>0</v></c>`, "", `<si><r><t>東</t></r><r><rPr><b/></rPr><t>京</t></r><rPh sb="0" eb="1"><t>トウ</t></rPh></si>`), "", texts, `a name="東京"`, off{attributes: numbers}},
	{"strict", cell(`<c r="B2" t="d"><v>2024-02-29T06:00:00</v></c>`, "", ""), "timezone: UTC", `n: {value: {column: v, as: datetime}}`, `a n="2024-02-29T06:00:00Z"`, off{}},
	{"pivot", book([][]any{{"Row Labels", "Sum of v"}, {"a", 4}, {"Grand Total", 4}}, func(f *excelize.File) {
		lay(f, "Rows", [][]any{{"id", "v"}, {"a", 1}, {"b", 3}})
		must(f.AddPivotTable(&excelize.PivotTableOptions{DataRange: "Rows!A1:B3", PivotTableRange: "S!A1:B3", Rows: []excelize.PivotTableField{{Data: "id"}}, Data: []excelize.PivotTableField{{Data: "v", Subtotal: "Sum"}}}))
	}), "", "", "a n=1 | b n=3 | source-unsure", off{source: "sheet: S"}},
	{"pivot-declared", book([][]any{{"Row Labels", "id", "v"}, {"x", "a", 1}}, nil), "", "", "a n=1 | source-summary", off{}},
	{"stacked", book([][]any{{"id", "v", "w"}, {"a", 1, 2}, nil, {"Gas"}, {"id", "v", "w"}, {"a", 3, 4}}, nil), "", "", "a n=1 | source-summary", off{source: "table: 0"}},
	{"book-total", book([][]any{{"id", "v"}, {"a", 1}, {"b", 2}, {"Total", 3}}, nil), "", "", "Total n=3 | a n=1 | b n=2 | source-summary", off{}},
	{"book-footer", book([][]any{{"id", "v", "w"}, {"a", 1, 2}, nil, {"Source: the city"}}, nil), "", "", "a n=1 | source-unsure", off{source: "footer: 0"}},
	{"beside", book([][]any{{"id", "v"}, {"a", 1}, {"b", 2, nil, "look here"}, {"c", 3}}, nil), "", "", "a n=1 | b n=2 | c n=3 | source-unsure", off{}},
}

func TestWorkbookTraps(t *testing.T) {
	for _, c := range workbookTraps {
		t.Run(c.name, func(t *testing.T) {
			attributes := c.attributes
			if attributes == "" {
				attributes = numbers
			}
			require.Equal(t, c.want, trapOutcome(t, c.data, c.source, attributes))
			if c.off == (off{}) {
				require.NotEqual(t, c.want, excelizeOutcome(t, c.data, attributes == texts), "excelize alone")
				return
			}
			source := c.off.source
			if c.off.attributes != "" {
				attributes = c.off.attributes
			}
			require.NotEqual(t, c.want, trapOutcome(t, c.data, source, attributes), "with the rule switched off")
		})
	}
}

// excelizeOutcome is what excelize makes of the first sheet of a workbook.
func excelizeOutcome(t *testing.T, data string, asTexts bool) string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(data))
	if err != nil {
		return "refused " + err.Error()
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0), excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	var entities []string
	for _, row := range rows[1:] {
		text := ""
		if len(row) > 1 {
			text = row[1]
		}
		value, name := strconv.Quote(text), " n="
		if asTexts {
			name = " name="
		} else if n, err := strconv.ParseFloat(text, 64); err == nil {
			value = strconv.FormatFloat(n, 'f', -1, 64)
		} else if at, err := time.Parse(time.RFC3339, text); err == nil {
			value = strconv.Quote(at.Format(time.RFC3339))
		}
		entities = append(entities, row[0]+name+value)
	}
	return strings.Join(entities, " | ")
}

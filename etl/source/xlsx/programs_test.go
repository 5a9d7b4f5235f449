package xlsx_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/xlsx"
)

// TestReaderReadsSheetsAsEachProgramWritesThem has one table in the XML of each
// program: a code, a number, a date, a time, a truth, a formula, a blank cell.
func TestReaderReadsSheetsAsEachProgramWritesThem(t *testing.T) {
	const (
		texts  = `<si><t>code</t></si><si><t>kWh</t></si><si><t>day</t></si><si><t>time</t></si><si><t>ok</t></si><si><t>sum</t></si><si><t>note</t></si><si><t>07005</t></si>`
		styles = `<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy\ hh:mm"/></numFmts><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="20"/></cellXfs>`
		inline = `<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>kWh</t></is></c><c r="C1" t="inlineStr"><is><t>day</t></is></c><c r="D1" t="inlineStr"><is><t>time</t></is></c><c r="E1" t="inlineStr"><is><t>ok</t></is></c><c r="F1" t="inlineStr"><is><t>sum</t></is></c><c r="G1" t="inlineStr"><is><t>note</t></is></c></row>`
		shared = `<c r="A1" s="0" t="s"><v>0</v></c><c r="B1" s="0" t="s"><v>1</v></c><c r="C1" s="0" t="s"><v>2</v></c><c r="D1" s="0" t="s"><v>3</v></c><c r="E1" s="0" t="s"><v>4</v></c><c r="F1" s="0" t="s"><v>5</v></c><c r="G1" s="0" t="s"><v>6</v></c></row>`
	)
	for program, sheet := range map[string]string{
		"Excel": `<dimension ref="A1:G2"/><sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="14.4" x14ac:dyDescent="0.3"/><cols><col min="3" max="3" width="15.5" bestFit="1" customWidth="1"/></cols>
<sheetData><row r="1" spans="1:7" x14ac:dyDescent="0.3">` + shared + `<row r="2" spans="1:7" x14ac:dyDescent="0.3"><c r="A2" t="s"><v>7</v></c><c r="B2"><v>15182.280000000001</v></c><c r="C2" s="1"><v>45292.270833333336</v></c><c r="D2" s="2"><v>0.25</v></c><c r="E2" t="b"><v>1</v></c><c r="F2"><f t="shared" ref="F2:F9" si="0">B2*2</f><v>30364.560000000001</v></c><c r="G2" s="1"/></row></sheetData><phoneticPr fontId="1"/>`,
		"LibreOffice":   `<cols><col collapsed="false" customWidth="true" hidden="false" outlineLevel="0" max="7" min="7" style="0" width="13"/></cols><sheetData><row r="1" customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" collapsed="false">` + shared + `<row r="2" customFormat="false" ht="15" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"><c r="A2" s="0" t="s"><v>7</v></c><c r="B2" s="0" t="n"><v>15182.28</v></c><c r="C2" s="1" t="n"><v>45292.2708333333</v></c><c r="D2" s="2" t="n"><v>0.25</v></c><c r="E2" s="0" t="b"><f aca="false">TRUE()</f><v>1</v></c><c r="F2" s="0" t="n"><f aca="false">B2*2</f><v>30364.56</v></c></row></sheetData>`,
		"Google Sheets": `<sheetPr><outlinePr summaryBelow="0" summaryRight="0"/></sheetPr><sheetViews><sheetView workbookViewId="0"/></sheetViews><sheetFormatPr customHeight="1" defaultColWidth="12.63" defaultRowHeight="15.75"/><sheetData><row r="1">` + shared + `<row r="2"><c r="A2" s="0" t="s"><v>7</v></c><c r="B2" s="0"><v>15182.28</v></c><c r="C2" s="1"><v>45292.270833333336</v></c><c r="D2" s="2"><v>0.25</v></c><c r="E2" s="0" t="b"><v>1</v></c><c r="F2" s="0"><f t="shared" ref="F2" si="1">B2*2</f><v>30364.56</v></c></row><row r="3"><c r="A3" s="0"/></row></sheetData><drawing r:id="rId1"/>`,
		"openpyxl":      `<sheetPr><outlinePr summaryBelow="1" summaryRight="1" /><pageSetUpPr /></sheetPr><dimension ref="A1:G2" /><sheetData>` + inline + `<row r="2"><c r="A2" t="inlineStr"><is><t>07005</t></is></c><c r="B2" t="n"><v>15182.28</v></c><c r="C2" s="1" t="n"><v>45292.27083333334</v></c><c r="D2" s="2" t="n"><v>0.25</v></c><c r="E2" t="b"><v>1</v></c><c r="F2" t="n"><v>30364.56</v></c><c r="G2" s="1" /></row></sheetData><pageMargins left="0.75" />`,
		"excelize":      `<sheetData>` + inline + `<row r="2"><c r="A2" t="inlineStr"><is><t>07005</t></is></c><c r="B2"><v>15182.28</v></c><c r="C2" s="1"><v>45292.270833333336</v></c><c r="D2" s="2"><v>0.25</v></c><c r="E2" t="b"><v>1</v></c><c r="F2"><f>B2*2</f><v>30364.56</v></c></row></sheetData>`,
		"strict": `<x:sheetData xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="s"><x:v>1</x:v></x:c><x:c r="C1" t="s"><x:v>2</x:v></x:c><x:c r="D1" t="s"><x:v>3</x:v></x:c><x:c r="E1" t="s"><x:v>4</x:v></x:c><x:c r="F1" t="s"><x:v>5</x:v></x:c><x:c r="G1" t="s"><x:v>6</x:v></x:c></x:row>
<x:row r="2"><x:c r="A2" t="s"><x:v>7</x:v></x:c><x:c r="B2"><x:v>15182.28</x:v></x:c><x:c r="C2" s="1" t="d"><x:v>2024-01-01T06:30:00</x:v></x:c><x:c r="D2" s="2" t="d"><x:v>T06:00:00</x:v></x:c><x:c r="E2" t="b"><x:v>true</x:v></x:c><x:c r="F2"><x:f>B2*2</x:f><x:v>30364.56</x:v></x:c></x:row></x:sheetData>`,
	} {
		t.Run(program, func(t *testing.T) {
			got := readAll(t, pack(t, sheet, texts, styles), xlsx.Options{Apart: true, Notes: true})
			require.Equal(t, []string{"code", "kWh", "day", "time", "ok", "sum", "note"}, got.Header().Names)
			require.Equal(t, [][]string{{"07005", "15182.28", "2024-01-01T06:30:00", "06:00:00", "true", "30364.56", ""}}, got.rows)
			require.Equal(t, []record.Kind{record.Text, record.Number, record.DateTime, record.Text, record.Boolean, record.Number, record.Null}, got.kinds[0])
			require.Empty(t, got.Findings())
		})
	}
}

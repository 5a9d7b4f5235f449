package xlsx_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/xlsx"
)

// randomTexts are texts that a reader may get wrong.
var randomTexts = []string{
	"a", "07005", "1,5", "15182.280000000001", "é & <b> \"q\" 'a'", "two\nlines", " spaced ", "_x000D_", "_x0041_", "=A1", "1E5", "TRUE", "#N/A", "日本", "🏠", "a\tb", "]]>", "&amp;", "0x10", "NaN", "-",
}

// randomBook writes cells of every type at random places, with gaps between
// rows and columns, merged ranges and hidden rows.
func randomBook(t *testing.T, rng *rand.Rand) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	var styles []int
	for _, code := range []string{"dd/mm/yyyy", "yyyy-mm-dd hh:mm:ss", "0.00", `[$-40C]d mmm yyyy;@`, "#,##0.0 \"kWh\""} {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		require.NoError(t, err)
		styles = append(styles, id)
	}
	rows, columns := 1+rng.IntN(40), 1+rng.IntN(30)
	row := 0
	for range rows {
		row += 1 + rng.IntN(1+rng.IntN(3))
		for column := 1; column <= columns; column += 1 + rng.IntN(3)/2 {
			at, err := excelize.CoordinatesToCellName(column+rng.IntN(2)*rng.IntN(3), row)
			require.NoError(t, err)
			var value any
			switch rng.IntN(7) {
			case 0:
				value = rng.Int64N(1 << uint(1+rng.IntN(60)))
			case 1:
				value = (rng.Float64() - 0.5) * []float64{1, 1e3, 1e-8, 1e18, 1e30}[rng.IntN(5)]
			case 2:
				value = rng.IntN(2) == 0
			case 3:
				value = time.Date(1905+rng.IntN(150), time.Month(1+rng.IntN(12)), 1+rng.IntN(28), rng.IntN(24), rng.IntN(60), rng.IntN(60), 0, time.UTC)
			case 4:
				value = randomTexts[rng.IntN(len(randomTexts))]
			case 5:
				value = fmt.Sprint("text ", rng.IntN(9))
			}
			require.NoError(t, f.SetCellValue("Sheet1", at, value))
			if rng.IntN(6) == 0 {
				require.NoError(t, f.SetCellStyle("Sheet1", at, at, styles[rng.IntN(len(styles))]))
			}
		}
	}
	if rng.IntN(2) == 0 {
		require.NoError(t, f.MergeCell("Sheet1", "B2", "C4"))
	}
	require.NoError(t, f.SetCellValue("Sheet1", "A1", "first"))
	return f
}

func TestReaderAgreesWithExcelizeOnRandomBooks(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	cells := 0
	for range 150 {
		cells += judge(t, save(t, randomBook(t, rng)), "Sheet1")
	}
	require.Greater(t, cells, 10_000)
}

// written is one way in which a program may write a cell, and what it holds.
type written struct {
	xml  string
	text string
	kind record.Kind
}

// randomCell writes a cell in one of the ways that programs have; reference is
// its r attribute with a space before it, or empty.
func randomCell(rng *rand.Rand, texts *[]string, reference string) written {
	quote := []string{`"`, `"`, `'`}[rng.IntN(3)]
	reference = strings.ReplaceAll(reference, `"`, quote)
	cell := func(attributes, inside string) string {
		return "<c" + reference + strings.ReplaceAll(attributes, `"`, quote) + ">" + inside + "</c>"
	}
	text := randomTexts[rng.IntN(len(randomTexts))]
	text = strings.ReplaceAll(text, "_x", "x")
	escaped := html.EscapeString(text)
	formula := []string{"", "<f>A1+1</f>", `<f t="shared" si="0"/>`}[rng.IntN(3)]
	switch rng.IntN(12) {
	case 0:
		*texts = append(*texts, "<si><t xml:space=\"preserve\">"+escaped+"</t></si>")
		return written{cell(` t="s"`, fmt.Sprintf("<v>%d</v>", len(*texts)-1)), text, record.Text}
	case 1:
		*texts = append(*texts, "<si><r><rPr><b/></rPr><t>"+escaped+"</t></r><r><t>!</t></r><rPh sb=\"0\" eb=\"1\"><t>kana</t></rPh><phoneticPr fontId=\"1\"/></si>")
		return written{cell(` s="0" t="s"`, fmt.Sprintf("<v>%d</v>", len(*texts)-1)), text + "!", record.Text}
	case 2:
		return written{cell(` t="inlineStr"`, "<is><t>"+escaped+"</t></is>"), text, record.Text}
	case 3:
		return written{cell(` t="inlineStr"`, "<is><r><t>"+escaped+"</t></r><r><t>!</t></r></is>"), text + "!", record.Text}
	case 4:
		return written{cell(` t="str"`, formula+"<v>"+escaped+"</v>"), text, record.Text}
	case 5:
		return written{cell(` t="b"`, formula+"<v>1</v>"), "true", record.Boolean}
	case 6:
		return written{cell(` t="e"`, formula+"<v>#DIV/0!</v>"), "#DIV/0!", record.Error}
	case 7:
		return written{cell(` s="1"`, formula+"<v>45292.5</v>"), "2024-01-01T12:00:00", record.DateTime}
	case 8:
		return written{cell(` t="d"`, "<v>2024-02-29T01:02:03</v>"), "2024-02-29T01:02:03", record.DateTime}
	case 9:
		return written{cell(` t="n" s="0"`, formula+"<v>-1.5E-3</v>"), "-0.0015", record.Number}
	case 10:
		return written{"<c" + reference + " s=" + quote + "1" + quote + "/>", "", record.Null}
	}
	n := rng.IntN(100_000)
	return written{cell("", fmt.Sprintf("<v>%d</v>", n)), fmt.Sprint(n), record.Number}
}

// TestReaderReadsEveryWayOfWritingACell writes the XML itself, so that what is
// read is held against what was meant, and not against another reader.
func TestReaderReadsEveryWayOfWritingACell(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 300 {
		var sheet strings.Builder
		var texts []string
		var want [][]written
		named := rng.IntN(2) == 0
		columns := 1 + rng.IntN(30)
		sheet.WriteString("<sheetData>")
		for row := 1; row <= 1+rng.IntN(20); row++ {
			var cells []written
			fmt.Fprintf(&sheet, `<row r="%d">`, row)
			for column := 1; column <= columns; column++ {
				reference := ""
				if named {
					name, err := excelize.CoordinatesToCellName(column, row)
					require.NoError(t, err)
					reference = ` r="` + name + `"`
				}
				c := randomCell(rng, &texts, reference)
				if column == 1 {
					c = written{"<c" + reference + ` t="str"><v>x</v></c>`, "x", record.Text}
				}
				sheet.WriteString(c.xml)
				cells = append(cells, c)
			}
			sheet.WriteString("</row>")
			want = append(want, cells)
		}
		sheet.WriteString("</sheetData>")
		data := pack(t, sheet.String(), strings.Join(texts, ""), `<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>`)
		got, err := tryAll(data, xlsx.Options{Apart: true, Notes: true, Header: &format.Position{}})
		require.NoError(t, err, sheet.String())
		require.Len(t, got.rows, len(want))
		for i, cells := range want {
			for j, c := range cells {
				if j >= len(got.rows[i]) {
					require.Equal(t, record.Null, c.kind)
					continue
				}
				require.Equal(t, c.kind, got.kinds[i][j], c.xml)
				require.Equal(t, c.text, got.rows[i][j], c.xml)
			}
		}
	}
}

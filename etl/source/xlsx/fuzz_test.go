package xlsx_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/xlsx"
	"github.com/ldtkit/ldt/internal/shared"
)

// FuzzSheet: whatever the XML of a sheet and of its texts, reading ends in
// records as wide as the header or an error of the package.
func FuzzSheet(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row><row r="3"><c s="1"><v>45292.5</v></c></row></sheetData><mergeCells><mergeCell ref="A2:B3"/></mergeCells>`, `<si><t>a</t></si>`)
	f.Add(`<x:sheetData><x:row><x:c t='str'><x:f>1</x:f><x:v>a &lt; &#x41; _x000D_</x:v></x:c></x:row><!-- c --><?p?></x:sheetData>`, `<si><r><t>a</t></r><rPh><t>b</t></rPh></si>`)
	f.Add(`<sheetData/>`, ``)
	f.Add(`<cols><col min="1" max="2" hidden="1"/></cols><sheetData><row hidden="1"><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2024-01-01</v></c></row></sheetData>`, `<si/>`)
	f.Add(`<sheetData><row><c><v><![CDATA[1]]></v></c><c/><c t="s"><v></v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>`, `<si><t>_x0041_</t></si>`)
	f.Fuzz(func(t *testing.T, sheet, texts string) {
		got, err := tryAll(pack(t, sheet, texts, `<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs>`), xlsx.Options{Apart: true, Notes: true})
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			return
		}
		last := 0
		for i, row := range got.rows {
			require.Len(t, row, len(got.Header().Names))
			require.Greater(t, got.lines[i], last)
			last = got.lines[i]
			for j, kind := range got.kinds[i] {
				switch kind {
				case record.Number:
					_, err := strconv.ParseFloat(row[j], 64)
					require.NoError(t, err)
				case record.DateTime:
					_, err := time.Parse("2006-01-02T15:04:05", row[j])
					require.NoError(t, err)
				case record.Boolean:
					require.Contains(t, []string{"true", "false"}, row[j])
				}
				if utf8.ValidString(sheet) && utf8.ValidString(texts) {
					require.True(t, utf8.ValidString(row[j]))
				}
			}
		}
	})
}

// judge compares every cell of a sheet with what excelize reads.
func judge(t *testing.T, data []byte, sheet string) (cells int) {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	require.NoError(t, err)
	defer book.Close()
	raw, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	got, err := tryAll(data, xlsx.Options{Apart: true, Notes: true, Sheet: sheet, Header: &format.Position{}})
	require.NoError(t, err)
	merged, err := book.GetMergeCells(sheet)
	require.NoError(t, err)
	within := func(column, row int) bool {
		for _, m := range merged {
			c1, r1, err := excelize.CellNameToCoordinates(m.GetStartAxis())
			require.NoError(t, err)
			c2, r2, err := excelize.CellNameToCoordinates(m.GetEndAxis())
			require.NoError(t, err)
			if column >= c1 && column <= c2 && row >= r1 && row <= r2 {
				return true
			}
		}
		return false
	}
	byLine := map[int]int{}
	for i, line := range got.lines {
		byLine[line] = i
	}
	first := firstColumn(raw)
	for r, row := range raw {
		i, ok := byLine[r+1]
		for c, want := range row {
			differs := ""
			switch {
			case strings.TrimSpace(want) == "":
				if ok && c >= first && c-first < len(got.rows[i]) && got.kinds[i][c-first] != record.Null &&
					got.kinds[i][c-first] != record.Error && !within(c+1, r+1) {
					differs = got.rows[i][c-first]
				}
			case !ok:
				differs = "no row"
			default:
				cells++
				if !sameCell(want, got.rows[i][c-first], got.kinds[i][c-first]) {
					differs = got.rows[i][c-first]
				}
			}
			if differs != "" {
				require.Fail(t, "cells differ", "%s row %d column %d: excelize %q, ours %q", sheet, r+1, c+1, want, differs)
			}
		}
	}
	return cells
}

// sameCell compares a stored value with a cell.
func sameCell(want, have string, kind record.Kind) bool {
	stored, err := strconv.ParseFloat(want, 64)
	switch kind {
	case record.Number:
		b, errB := strconv.ParseFloat(have, 64)
		return err == nil && errB == nil && stored == b
	case record.Boolean:
		return map[string]string{"1": "true", "0": "false", "TRUE": "true", "FALSE": "false"}[want] == have
	case record.DateTime:
		day, errA := excelize.ExcelDateToTime(stored, false)
		b, errB := time.Parse("2006-01-02T15:04:05", have)
		return err == nil && errA == nil && errB == nil && day.Sub(b).Abs() < time.Second
	}
	if err == nil && stored < 1 && strings.Count(have, ":") == 2 {
		return true // a time of day
	}
	return strings.ReplaceAll(want, "\r\n", "\n") == have
}

func firstColumn(rows [][]string) int {
	first := -1
	for _, row := range rows {
		for i, c := range row {
			if strings.TrimSpace(c) != "" && (first < 0 || i < first) {
				first = i
			}
		}
	}
	return max(first, 0)
}

func TestReaderAgreesWithExcelizeOnRealFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "datasets"), "*", "*.xlsx"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			book, err := excelize.OpenReader(bytes.NewReader(data))
			require.NoError(t, err)
			defer book.Close()
			for _, sheet := range book.GetSheetList() {
				require.Positive(t, judge(t, data, sheet), sheet)
			}
		})
	}
}

func TestReaderAgreesWithExcelizeOnABookOfEveryKind(t *testing.T) {
	require.Equal(t, 300*10+10, judge(t, save(t, bigBook(t, 300)), "Sheet1"))
}

// FuzzWorkbook: whatever the parts that say what a workbook holds (its sheets,
// styles, number formats), reading ends in records or an error of the package.
func FuzzWorkbook(f *testing.F) {
	f.Add(`<sheets><sheet name="S" r:id="r1"/></sheets>`, `<numFmts><numFmt numFmtId="164" formatCode="[h]:mm;@"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs>`, "", "1.5")
	f.Add(`<workbookPr date1904="true"/><sheets><sheet name="a*" r:id="r1" state="hidden"/><sheet name="a[" r:id="r1"/></sheets>`, `<cellXfs count="9"><xf/><xf numFmtId="14"/></cellXfs>`, "a[", "60")
	f.Add(`<sheets/>`, `<cellXfs><xf numFmtId="99999999999999999999"/></cellXfs>`, "*", "")
	f.Add(`<sheets><sheet r:id="r1"/></sheets>`, `<numFmts><numFmt numFmtId="-1" formatCode="&quot;"/></numFmts>`, "1", "-0.1")
	f.Fuzz(func(t *testing.T, book, styles, sheet, number string) {
		data := packParts(t, map[string]string{
			"xl/workbook.xml":          `<workbook>` + book + `</workbook>`,
			"xl/styles.xml":            `<styleSheet>` + styles + `</styleSheet>`,
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c t="str"><v>a</v></c></row><row><c s="0"><v>` + number + `</v></c></row></sheetData></worksheet>`,
			"xl/sharedStrings.xml":     `<sst/>`,
		})
		got, err := tryAll(data, xlsx.Options{Apart: true, Notes: true, Sheet: sheet})
		if err != nil {
			var e *format.Error
			require.True(t, errors.As(err, &e), "%v", err)
			return
		}
		require.NotEmpty(t, got.Header().Names)
	})
}

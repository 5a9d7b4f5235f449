package inventory_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/inventory"
)

// faulty is the example with faults: a word that is none, an empty cell, a wrong
// unit; with a sheet, a colour, a format and a note of the team's own.
func faulty(t *testing.T) []byte {
	t.Helper()
	f := open(t, template(t, "en", true))
	require.NoError(t, f.SetCellStr("Sources", "G2", "CVS"))
	require.NoError(t, f.SetCellStr("Sources", "C2", ""))
	require.NoError(t, f.SetCellStr("Fields", "E4", "KWHH"))
	require.NoError(t, f.AddComment("Fields", excelize.Comment{Cell: "E4", Author: "Anne", Paragraph: []excelize.RichTextRun{{Text: "Ask the grid", Font: &excelize.Font{Bold: true}}}}))
	own, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"00FF00"}}, NumFmt: 10, Font: &excelize.Font{Italic: true}})
	require.NoError(t, err)
	require.NoError(t, f.SetCellStyle("Fields", "E4", "E4", own))
	_, err = f.NewSheet("Our notes")
	require.NoError(t, err)
	require.NoError(t, f.SetCellFormula("Our notes", "A1", "1+1"))
	require.NoError(t, f.SetCellStr("Our notes", "B1", "keep me"))
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func annotated(t *testing.T, book []byte) []byte {
	t.Helper()
	inv, found, err := inventory.Read("i.xlsx", book)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, inv.Annotate(&b, "i.xlsx", book, append(found, inv.Check(now)...)))
	return b.Bytes()
}

func fillOf(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	require.NoError(t, err)
	style, err := f.GetStyle(id)
	require.NoError(t, err)
	if len(style.Fill.Color) == 0 {
		return ""
	}
	return style.Fill.Color[0]
}

func noteOf(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	notes, err := f.GetComments(sheet)
	require.NoError(t, err)
	for _, n := range notes {
		if n.Cell == cell {
			var text string
			for _, run := range n.Paragraph {
				text += run.Text
			}
			return n.Text + text
		}
	}
	return ""
}

func TestAnnotateColoursCellsAndKeepsWhatIsThere(t *testing.T) {
	book := faulty(t)
	f := open(t, annotated(t, book))
	require.Equal(t, "FFC7CE", fillOf(t, f, "Sources", "G2"))
	require.Equal(t, "▸ ldt inventory check\nerror: \"CVS\" is not a value of Format\n→ did you mean CSV? It may be CSV, XLSX, XLS, ODS, JSON, NDJSON, GEOJSON, JSON_LD, XML, GML, GPX, KML, KMZ, SHP, GPKG, GDB, DBF, DXF, GEOTIFF, LAS and 20 more",
		noteOf(t, f, "Sources", "G2"))
	require.Contains(t, noteOf(t, f, "Sources", "C2"), "producer is empty")
	require.Equal(t, "FFC7CE", fillOf(t, f, "Fields", "E4"))
	require.Regexp(t, "(?s)^Ask the grid\n\n▸ ldt inventory check\nerror: \"KWHH\" is not a unit.*", noteOf(t, f, "Fields", "E4"))

	id, err := f.GetCellStyle("Fields", "E4")
	require.NoError(t, err)
	style, err := f.GetStyle(id)
	require.NoError(t, err)
	require.True(t, style.Font.Italic)
	require.Equal(t, 10, style.NumFmt)

	formula, err := f.GetCellFormula("Our notes", "A1")
	require.NoError(t, err)
	require.Equal(t, "1+1", formula)
	before := open(t, book)
	for _, sheet := range before.GetSheetList() {
		want, err := before.GetDataValidations(sheet)
		require.NoError(t, err)
		got, err := f.GetDataValidations(sheet)
		require.NoError(t, err)
		require.Equal(t, want, got, sheet)
		wantNotes, err := before.GetComments(sheet)
		require.NoError(t, err)
		for _, n := range wantNotes {
			require.True(t, strings.HasPrefix(noteOf(t, f, sheet, n.Cell), noteOf(t, before, sheet, n.Cell)), "%s %s", sheet, n.Cell)
		}
	}
}

func TestAnnotateAgainReplacesItsOwnFindings(t *testing.T) {
	once := annotated(t, faulty(t))
	twice := annotated(t, once)
	require.Equal(t, described(t, open(t, once)), described(t, open(t, twice)))
	require.Equal(t, 1, strings.Count(noteOf(t, open(t, twice), "Fields", "E4"), "KWHH"))

	// Mended, everything is as it was.
	f := open(t, twice)
	require.NoError(t, f.SetCellStr("Sources", "G2", "CSV"))
	require.NoError(t, f.SetCellStr("Sources", "C2", "Town"))
	require.NoError(t, f.SetCellStr("Fields", "E4", "MWH"))
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	mended := open(t, annotated(t, b.Bytes()))
	require.Empty(t, fillOf(t, mended, "Sources", "G2"))
	require.Empty(t, noteOf(t, mended, "Sources", "G2"))
	require.Equal(t, "00FF00", fillOf(t, mended, "Fields", "E4"))
	require.Equal(t, "Ask the grid", noteOf(t, mended, "Fields", "E4"))
	require.NotContains(t, mended.GetSheetList(), "ldt_annotations")
}

func TestAnnotatePutsFindingsWithoutACellAtTheHeader(t *testing.T) {
	f := open(t, template(t, "fr", false))
	require.NoError(t, f.DeleteSheet("Champs"))
	require.NoError(t, f.SetCellStr("Sources", "A1", "Repère"))
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	got := open(t, annotated(t, b.Bytes()))
	require.Contains(t, noteOf(t, got, "Lisez-moi", "A1"), `there is no sheet "Fields"`)
	header := noteOf(t, got, "Sources", "A1")
	require.Contains(t, header, "Lettres, chiffres, - et _.\nÀ remplir.\n\n▸ ldt inventory check\n", "the header's note keeps its text")
	require.Contains(t, header, `there is no column "Id"`)
	require.Equal(t, "FFC7CE", fillOf(t, got, "Sources", "A1"))
	require.Contains(t, noteOf(t, got, "Projet", "B2"), "name is empty")
}

func TestAnnotateRefusesYAML(t *testing.T) {
	inv, _, err := inventory.Read("i.yaml", []byte(whole))
	require.NoError(t, err)
	require.ErrorContains(t, inv.Annotate(&bytes.Buffer{}, "i.yaml", []byte(whole), nil), "only a workbook can be annotated")
}

// FuzzAnnotate: what can be read can be annotated, or is refused in words.
func FuzzAnnotate(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, inventory.WriteTemplate(&b, "en", false))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, book []byte) {
		inv, found, err := inventory.Read("i.xlsx", book)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := inv.Annotate(&out, "i.xlsx", book, append(found, inv.Check(now)...)); err != nil {
			return
		}
		_, _, err = inventory.Read("i.xlsx", out.Bytes())
		require.NoError(t, err)
	})
}

package inventory_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/inventory"
)

// template gives the workbook of a language.
func template(t *testing.T, lang string, example bool) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, inventory.WriteTemplate(&b, lang, example))
	return b.Bytes()
}

func open(t *testing.T, book []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// described writes what a person sees of a workbook: cells, widths, notes and
// what may be chosen, not its bytes.
func described(t *testing.T, f *excelize.File) string {
	t.Helper()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		visible, err := f.GetSheetVisible(sheet)
		require.NoError(t, err)
		panes, err := f.GetPanes(sheet)
		require.NoError(t, err)
		fmt.Fprintf(&b, "== %s visible=%v frozen=%d,%d\n", sheet, visible, panes.XSplit, panes.YSplit)
		rows, err := f.GetRows(sheet)
		require.NoError(t, err)
		for i, row := range rows {
			for j, text := range row {
				if text != "" {
					cell, err := excelize.CoordinatesToCellName(j+1, i+1)
					require.NoError(t, err)
					fmt.Fprintf(&b, "%s %s\n", cell, strings.ReplaceAll(text, "\n", "⏎"))
				}
			}
		}
		notes, err := f.GetComments(sheet)
		require.NoError(t, err)
		slices.SortFunc(notes, func(a, b excelize.Comment) int { return cmp.Compare(a.Cell, b.Cell) })
		for _, n := range notes {
			text := n.Text
			for _, run := range n.Paragraph {
				text += run.Text
			}
			fmt.Fprintf(&b, "note %s %s\n", n.Cell, strings.ReplaceAll(text, "\n", "⏎"))
		}
		lists, err := f.GetDataValidations(sheet)
		require.NoError(t, err)
		for _, v := range lists {
			fmt.Fprintf(&b, "validation %s %s %s %s %s\n", v.Sqref, v.Type, v.Operator, v.Formula1, v.Formula2)
		}
	}
	return b.String()
}

func TestTemplateIsWhatItWas(t *testing.T) {
	for _, lang := range inventory.Languages {
		got := described(t, open(t, template(t, lang, false)))
		golden := filepath.Join("testdata", "template."+lang+".txt")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), got, "go test ./etl/inventory -update writes it anew")
	}
}

func TestTemplateHasANoteOnEveryHeaderAndAListForEveryVocabulary(t *testing.T) {
	for _, lang := range inventory.Languages {
		f := open(t, template(t, lang, false))
		sheets := f.GetSheetList()
		require.Len(t, sheets, 13)
		for _, sheet := range sheets[2:12] {
			rows, err := f.GetRows(sheet)
			require.NoError(t, err)
			notes, err := f.GetComments(sheet)
			require.NoError(t, err)
			require.Len(t, notes, len(rows[0]), sheet)
			for i := range rows[0] {
				letters, err := excelize.ColumnNumberToName(i + 1)
				require.NoError(t, err)
				width, err := f.GetColWidth(sheet, letters)
				require.NoError(t, err)
				require.GreaterOrEqual(t, width, 10.0, "%s %s", sheet, rows[0][i])
			}
			lists, err := f.GetDataValidations(sheet)
			require.NoError(t, err)
			for _, v := range lists {
				if v.Type == "list" && strings.HasPrefix(v.Formula1, `"`) {
					require.LessOrEqual(t, len([]rune(v.Formula1)), 257)
				}
			}
		}
		visible, err := f.GetSheetVisible(sheets[12])
		require.NoError(t, err)
		require.False(t, visible, "the long lists are hidden")
	}
}

func TestExampleOfTheTemplateHasNoFindings(t *testing.T) {
	for _, lang := range inventory.Languages {
		inv, found, err := inventory.Read("i.xlsx", template(t, lang, true))
		require.NoError(t, err)
		require.Empty(t, append(found, inv.Check(now)...))
		want, err := inventory.Example(lang)
		require.NoError(t, err)
		require.Equal(t, asYAML(t, want), asYAML(t, inv), "labels are read back as their codes")
		require.NotEmpty(t, inv.Mappings)
	}
}

func TestTemplateOfAnUnknownLanguageIsRefused(t *testing.T) {
	require.EqualError(t, inventory.WriteTemplate(&bytes.Buffer{}, "de", false), `unknown language "de": it is en or fr`)
}

// TestVocabulariesTakeCodeURIAndLabels tries every code of every vocabulary.
func TestVocabulariesTakeCodeURIAndLabels(t *testing.T) {
	for _, name := range []string{"theme", "frequency", "file-type", "access-right", "licence"} {
		v := inventory.LookUp(name)
		require.NotNil(t, v, name)
		column := map[string]string{"theme": "theme", "frequency": "frequency", "file-type": "format", "access-right": "rights", "licence": "licence"}[name]
		for _, code := range v.Codes {
			words := []string{code, strings.ToLower(code), v.Label(code, "en"), " " + strings.ToUpper(v.Label(code, "fr"))}
			if uri := v.URI(code); uri != "" {
				words = append(words, uri)
			}
			for _, word := range words {
				inv, found, err := inventory.Read("i.yaml", fmt.Appendf(nil, "project: {name: x}\nsources:\n- {id: a, %s: %q}\n", column, word))
				require.NoError(t, err)
				require.Empty(t, found)
				s := inv.Sources[0]
				got := map[string]string{"theme": s.Theme, "frequency": s.Frequency, "format": s.Format, "rights": s.Rights, "licence": s.Licence}[column]
				require.Equal(t, code, got, "%s %q", name, word)
			}
		}
	}
	require.Equal(t, "http://publications.europa.eu/resource/authority/frequency/ANNUAL", inventory.LookUp("frequency").URI("ANNUAL"))
	require.Empty(t, inventory.LookUp("file-type").URI("API"))
	require.Nil(t, inventory.LookUp("nothing"))
}

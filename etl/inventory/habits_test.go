package inventory_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/etl/inventory"
)

// TestExcelHabits reads what spreadsheet programs make of what people type.
func TestExcelHabits(t *testing.T) {
	for _, date1904 := range []bool{false, true} {
		f := excelize.NewFile()
		require.NoError(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}))
		require.NoError(t, f.SetSheetName("Sheet1", " projet "))
		for _, sheet := range []string{"SOURCES", "champs", "Notre feuille"} {
			_, err := f.NewSheet(sheet)
			require.NoError(t, err)
		}
		style := func(s excelize.Style) int {
			id, err := f.NewStyle(&s)
			require.NoError(t, err)
			return id
		}
		french, thousands, percent := "dd/mm/yyyy", "# ##0", 10
		day, grouped, share := style(excelize.Style{CustomNumFmt: &french}), style(excelize.Style{CustomNumFmt: &thousands}), style(excelize.Style{NumFmt: percent})
		set := func(sheet, cell string, value any, style int) {
			require.NoError(t, f.SetCellValue(sheet, cell, value))
			if style > 0 {
				require.NoError(t, f.SetCellStyle(sheet, cell, cell, style))
			}
		}
		rows := func(sheet string, list ...[]any) {
			for i, row := range list {
				cell, err := excelize.CoordinatesToCellName(1, i+1)
				require.NoError(t, err)
				require.NoError(t, f.SetSheetRow(sheet, cell, &row))
			}
		}
		rows(" projet ", []any{"Inventaire de la ville"}, []any{}, []any{" NOM * ", "x"}, []any{"objectif", "o"}, []any{"Collectivité :", "v"}, []any{"Mise a jour"}, []any{"SIRET", 13002526500013})
		set(" projet ", "B6", time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), day)
		rows("SOURCES",
			[]any{"  identifiant", "NOM DU JEU DE DONNEES *", "siret", "dernière mise à jour", "Nombre de lignes", "Notre colonne", "Qualite et Fiabilite *"},
			[]any{},
			[]any{"a", "A", 7450001400019, nil, nil, 12.5, "bonne"},
			[]any{" ", "\u00a0"},
			[]any{" b ", "B", "130 025 265 00013", "2026-03-04", "1 504", "x", "bonne"})
		set("SOURCES", "D3", time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), day)
		set("SOURCES", "E3", 1504, grouped)
		rows("champs",
			[]any{"source", "EN TETE", "à garder", "Vides %", "minimum", "maximum"},
			[]any{"a", "h", true, nil, "1 000,5", -3.25},
			[]any{"a", 2023, "VRAI", "33,3 %", "12", 1e6})
		set("champs", "D2", 0.333, share)
		rows("Notre feuille", []any{"Id", "Name"}, []any{1, 2})

		var b bytes.Buffer
		require.NoError(t, f.Write(&b))
		inv, _, err := inventory.Read("i.xlsx", b.Bytes())
		require.NoError(t, err)
		require.Equal(t, []string{"x", "o", "v", "2026-03-04", "13002526500013"},
			[]string{inv.Project.Name, inv.Project.Purpose, inv.Project.Organisation, inv.Project.Updated, inv.Project.SIRET})
		require.Len(t, inv.Sources, 2)
		a, second := inv.Sources[0], inv.Sources[1]
		require.Equal(t, []string{"a", "7450001400019", "2026-03-04", "1504", "bonne"}, []string{a.ID, a.SIRET, a.Modified, a.Rows, a.Quality})
		require.Equal(t, []inventory.Extra{{Header: "Notre colonne", Text: "12.5"}}, a.Extra)
		require.Equal(t, []string{"b", "2026-03-04", "1504"}, []string{second.ID, second.Modified, second.Rows})
		require.Equal(t, []string{"yes", "33.30", "1000.5", "-3.25"}, []string{inv.Fields[0].Keep, inv.Fields[0].Empty, inv.Fields[0].Min, inv.Fields[0].Max})
		require.Equal(t, []string{"2023", "yes", "33.3", "12", "1000000"}, []string{inv.Fields[1].Header, inv.Fields[1].Keep, inv.Fields[1].Empty, inv.Fields[1].Min, inv.Fields[1].Max})

		var siret []string
		for _, one := range inv.Check(now) {
			if one.Code == "inventory-siret" {
				siret = append(siret, one.String())
			}
		}
		require.Equal(t, []string{"i.xlsx!SOURCES:3 column \"siret\": \"7450001400019\" is not a SIRET: it lost the zero in front, as a number does\n  hint: format the cell as text and write 07450001400019"}, siret)
	}
}

package profile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/shared"
)

func of(t *testing.T, text string) *profile.Table {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o644))
	table, err := profile.Of(context.Background(), dir, source.Spec{File: "t.csv"})
	require.NoError(t, err)
	return table
}

// columnOf profiles a column of the given cells beside one that makes rows differ.
func columnOf(t *testing.T, header string, cells ...string) profile.Column {
	t.Helper()
	text := "row;" + header + "\n"
	for i, c := range cells {
		text += fmt.Sprintf("r%d;%s\n", i, c)
	}
	table := of(t, text)
	require.Equal(t, int64(len(cells)), table.Rows)
	return table.Columns[1]
}

func TestProfileSaysTypeUnitAndRole(t *testing.T) {
	for _, c := range []struct {
		header string
		cells  []string
		kind   profile.Type
		format string
		unit   string
		role   profile.Role
	}{
		{"Conso totale (MWh)", []string{"1,5", "2,25", ""}, profile.Number, "", "MWH", profile.RoleMeasure},
		{"conso_kwh", []string{"1", "2"}, profile.Integer, "", "KWH", profile.RoleMeasure},
		{"surface m2", []string{"1", "2"}, profile.Integer, "", "MTK", profile.RoleMeasure},
		{"étages hors sol", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"Année", []string{"2023", "2023"}, profile.Year, "", "", profile.RoleTime},
		{"places", []string{"2023", "1999"}, profile.Integer, "", "", profile.RoleMeasure},
		{"date", []string{"31/12/2024", "01/02/2024"}, profile.Date, "D/M/YYYY", "", profile.RoleTime},
		{"read", []string{"2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z"}, profile.DateTime, "", "", profile.RoleTime},
		{"day", []string{"20240131", "20240201"}, profile.Date, "YYYYMMDD", "", profile.RoleTime},
		{"lot", []string{"20240131", "20240201"}, profile.Integer, "", "", profile.RoleMeasure},
		{"heure", []string{"00:30", "24:00"}, profile.Time, "", "", profile.RoleTime},
		{"Code INSEE", []string{"01001", "75101", "01001"}, profile.Code, "", "", profile.RolePlace},
		{"Code INSEE", []string{"01001", "75101"}, profile.Code, "", "", profile.RoleID},
		{"code_postal", []string{"77300.0", "77300.0"}, profile.Integer, "", "", profile.RolePlace},
		{"PRM", []string{"12345678901234", "12345678901234"}, profile.Code, "", "", profile.RoleID},
		{"geo_point_2d", []string{"48.85, 2.35", "48.86, 2.36"}, profile.Point, "", "", profile.RolePlace},
		{"geom", []string{`{"type":"Point","coordinates":[2.1,48]}`}, profile.GeoJSON, "", "", profile.RolePlace},
		{"Relevé", []string{"oui", "non"}, profile.Boolean, "", "", profile.RoleDimension},
		{"FILIERE", []string{"Gaz", "Gaz", "Gaz", "Electricité"}, profile.Text, "", "", profile.RoleDimension},
		{"site_id", []string{"7", "8"}, profile.Integer, "", "", profile.RoleID},
		{"site_id", []string{"7", "7"}, profile.Integer, "", "", profile.RoleDimension},
		{"number of sites", []string{"7", "8"}, profile.Integer, "", "", profile.RoleMeasure},
		{"note", []string{"", ""}, profile.Empty, "", "", profile.RoleText},
		{"PS", []string{"101.5", "99.8"}, profile.Number, "", "", profile.RoleMeasure}, // a pressure, no horse power
		{"MO", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"HR", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"DAY", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"Meter", []string{"1", "1"}, profile.Integer, "", "", profile.RoleMeasure},
		{"flow_23", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"litres_per_day", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"conso jour", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{`Temp, °C (LGR S/N: 12)`, []string{"1", "2"}, profile.Integer, "", "CEL", profile.RoleMeasure},
		{"O3 - µg/m3", []string{"1", "2"}, profile.Integer, "", "GQ", profile.RoleMeasure},
		{"Vento - m/s", []string{"1", "2"}, profile.Integer, "", "MTS", profile.RoleMeasure},
		{"Temperatura - ℃", []string{"1", "2"}, profile.Integer, "", "CEL", profile.RoleMeasure},
		{"Direção - °", []string{"1", "2"}, profile.Integer, "", "DD", profile.RoleMeasure},
		{"LAeq,T - dB(A)", []string{"1", "2"}, profile.Integer, "", "2N", profile.RoleMeasure},
		{"GFABuilding(s)", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"Floor Area (Building(s)) (ft2)", []string{"1", "2"}, profile.Integer, "", "FTK", profile.RoleMeasure},
		{"_18_25_ans", []string{"1", "2"}, profile.Integer, "", "", profile.RoleMeasure},
		{"Durée (h)", []string{"1", "2"}, profile.Integer, "", "HUR", profile.RoleMeasure},
		{"duration_minutes", []string{"1", "2"}, profile.Integer, "", "MIN", profile.RoleMeasure},
		{"kWh", []string{"1", "2"}, profile.Integer, "", "KWH", profile.RoleMeasure},
		{"KWH", []string{"1", "2"}, profile.Integer, "", "KWH", profile.RoleMeasure},
		{"m3", []string{"1", "2"}, profile.Integer, "", "MTQ", profile.RoleMeasure},
		{"°C", []string{"1", "2"}, profile.Integer, "", "CEL", profile.RoleMeasure},
		{"lat", []string{"48.85", "48.86"}, profile.Number, "", "", profile.RolePlace},
	} {
		t.Run(c.header+" "+c.cells[0], func(t *testing.T) {
			for i := range c.cells {
				if strings.ContainsAny(c.cells[i], `"`) {
					c.cells[i] = `"` + strings.ReplaceAll(c.cells[i], `"`, `""`) + `"`
				}
			}
			got := columnOf(t, c.header, c.cells...)
			require.Equal(t, c.kind, got.Type)
			require.Equal(t, c.format, got.Format)
			require.Equal(t, c.unit, got.Unit)
			require.Equal(t, c.role, got.Role)
		})
	}
}

func TestProfileNamesTheCellsThatAreNotOfTheType(t *testing.T) {
	cells := make([]string, 100)
	for i := range cells {
		cells[i] = fmt.Sprintf("%d,5", i)
	}
	cells[41] = "abc"
	got := columnOf(t, "kWh", cells...)
	require.Equal(t, profile.Number, got.Type)
	require.Equal(t, int64(1), got.Odd)
	require.Equal(t, "abc", got.OddCell)
	require.Equal(t, 43, got.OddRow)
	require.Equal(t, "0.5", got.Min)
	require.Equal(t, "99.5", got.Max)
	for i := range 10 {
		cells[i] = fmt.Sprintf("abc%d", i)
	}
	require.Equal(t, profile.Text, columnOf(t, "kWh", cells...).Type)
}

func TestProfileSaysWhereDayAndMonthMayBeExchanged(t *testing.T) {
	got := columnOf(t, "date", "01/02/2024", "03/04/2024")
	require.Equal(t, "D/M/YYYY", got.Format)
	require.Equal(t, "M/D/YYYY", got.Ambiguous)
	require.Empty(t, columnOf(t, "date", "01/02/2024", "13/04/2024").Ambiguous)
	require.Equal(t, "M/D/YYYY", columnOf(t, "date", "01/02/2024", "04/13/2024").Format)
}

func TestProfileCountsDifferentTextsExactlyThenAboutAtOnePercent(t *testing.T) {
	var text strings.Builder
	text.WriteString("few;many\n")
	const rows = 150_000
	for i := range rows {
		fmt.Fprintf(&text, "%d;x%d\n", i%1000, i)
	}
	table := of(t, text.String())
	require.Equal(t, int64(1000), table.Columns[0].Distinct)
	require.True(t, table.Columns[0].DistinctExact)
	require.False(t, table.Columns[1].DistinctExact)
	require.InEpsilon(t, rows, table.Columns[1].Distinct, 0.04)
}

func TestProfileRemarksOnWhatAPersonShouldLookAt(t *testing.T) {
	table := of(t, "volume;unit;temp;mail\n1;kWh;-999;a@example.org\n2;m³;20;b@example.org\n1;kWh;3;c@example.org\n")
	var out strings.Builder
	require.NoError(t, table.WriteText(&out))
	require.Contains(t, out.String(), "unit: cells are units (kWh, m³): rows of different units must not be added up")
	require.Contains(t, out.String(), `temp: -999 may stand for "no value"; if so, declare it: nulls: ["-999"]`)
	require.Contains(t, out.String(), "mail: looks like personal data (e-mail address; cells are e-mail addresses)")
}

// The source of a mapping that a profile writes reads the table as it was read.
func TestProfileWritesASourceThatAMappingTakes(t *testing.T) {
	table := of(t, "a\tb:c\tat\n1,5\tx\t2024-01-01 10:00\n2,5\t\"y\"\t2024-01-01 11:00\n")
	text := table.SourceYAML()
	require.Contains(t, text, "delimiter: tab\n")
	require.Contains(t, text, `decimal: ","`)
	require.Contains(t, text, "timezone: Europe/Paris #")
	m, err := mapping.Parse("m.yaml", []byte(text+"context: [c.jsonld]\nentities:\n- {type: T, id: \"urn:x:{a}\"}\n"))
	require.NoError(t, err)
	require.Equal(t, "t.csv", m.Source.File)
	require.Equal(t, ",", m.Source.Decimal)
}

func TestProfileOfAHeaderAloneHasNoRows(t *testing.T) {
	table := of(t, "a;b\n")
	require.Zero(t, table.Rows)
	require.Len(t, table.Columns, 2)
	require.Equal(t, profile.Empty, table.Columns[0].Type)
	text, err := json.Marshal(table)
	require.NoError(t, err)
	require.NotContains(t, string(text), ":null")
}

// The file behind the guide: what its columns hold is known.
func TestProfileOfTheOriginalAddressFile(t *testing.T) {
	path := shared.Path(t, "datasets", "paris-conso-gaz", "ADRESSE-NAF.csv")
	table, err := profile.Of(context.Background(), "", source.Spec{File: path})
	require.NoError(t, err)
	require.Equal(t, int64(16_884), table.Rows)
	require.Len(t, table.Columns, 23)
	for _, c := range table.Columns {
		switch c.Name {
		case "Données de consommation (MWh)":
			require.Equal(t, profile.Number, c.Type)
			require.Equal(t, "MWH", c.Unit)
			require.Equal(t, int64(4041), c.Empty)
			require.Equal(t, "576105.849", c.Max)
			require.Zero(t, c.Odd)
		case "Rue":
			require.Equal(t, profile.Address, c.Personal)
		case "Code INSEE":
			require.Equal(t, int64(20), c.Distinct)
		}
	}
}

func TestProfileTellsTheSameOfATableAsCSVAndAsWorkbook(t *testing.T) {
	csv, err := profile.Of(context.Background(), "", source.Spec{File: shared.Path(t, "datasets", "uk-hee", "HEE.csv")})
	require.NoError(t, err)
	xlsx, err := profile.Of(context.Background(), "", source.Spec{File: shared.Path(t, "datasets", "uk-hee", "HEE.xlsx")})
	require.NoError(t, err)
	require.Equal(t, csv.Rows, xlsx.Rows)
	for i, a := range csv.Columns {
		b := xlsx.Columns[i]
		require.Equal(t, []any{a.Name, a.Type, a.Unit, a.Role, a.Empty, a.Distinct}, []any{b.Name, b.Type, b.Unit, b.Role, b.Empty, b.Distinct})
	}
}

func TestProfileKnowsTheWordsThatStandForNoValue(t *testing.T) {
	got := columnOf(t, "kWh", "1,5", "Not Available", "2,5", "Not Available", "-")
	require.Equal(t, profile.Number, got.Type)
	require.Equal(t, []string{"-", "Not Available"}, got.Nulls)
	require.Zero(t, got.Odd)
	require.Equal(t, "KWH", got.Unit)
	for _, cells := range [][]string{{"1", "a", "b", "c", "d"}, {"1", "R", "R", "2"}, {"1", "unknown once"}} {
		require.Equal(t, profile.Text, columnOf(t, "kWh", cells...).Type, cells)
	}
	table := of(t, "kWh;note\n1;x\nNot Available;x\nNot Available;y\n2;x\n")
	require.Contains(t, table.SourceYAML(), `nulls: ["Not Available"]`)
}

func TestTablesProfilesEveryTableOfAFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "two.csv"), []byte("site;town;x\nA;Paris;1\nB;Lyon;1\n\nday;kWh\n2024-01-01;1,5\n2024-01-02;2,5\n2024-01-03;3,5\n"), 0o644))
	tables, _, err := profile.Tables(context.Background(), dir, source.Spec{File: "two.csv"})
	require.NoError(t, err)
	require.Len(t, tables, 2)
	require.Empty(t, tables[0].Findings)
	require.Equal(t, "town", tables[0].Columns[1].Name)
	require.Equal(t, int64(3), tables[1].Rows)
	require.Contains(t, tables[1].SourceYAML(), "table: 2\n")

	tables, _, err = profile.Tables(context.Background(), "", source.Spec{File: shared.Path(t, "datasets", "us-philadelphia-municipal", "philadelphia_2011-13.xlsx")})
	require.NoError(t, err)
	require.Len(t, tables, 4)
	require.Equal(t, "2011-13 Data", tables[1].Sheet)
	require.Equal(t, int64(69), tables[1].Rows)
}

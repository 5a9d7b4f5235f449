package source_test

import (
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// sum adds numbers as the dialect writes them, exactly; blank cells count nothing.
func sum(t *testing.T, c content, column string) string {
	t.Helper()
	total := new(big.Rat)
	for _, text := range c.column(column) {
		if text == "" {
			continue
		}
		if c.Dialect().Decimal() == ',' {
			text = strings.Replace(text, ",", ".", 1)
		}
		v, ok := new(big.Rat).SetString(text)
		require.True(t, ok, "%q", text)
		total.Add(total, v)
	}
	return strings.TrimRight(strings.TrimRight(total.FloatString(6), "0"), ".")
}

func TestRealFilesHaveTheirRowsAndColumns(t *testing.T) {
	dir := shared.Path(t, "datasets")
	seen := map[string]bool{}
	for _, c := range []struct {
		file                  string
		rows, columns, faults int
		dialect               map[string]string
		findings              []string
	}{
		{"paris-conso-gaz/ADRESSE-NAF.csv", 16884, 23, 0, map[string]string{"encoding": "cp850", "delimiter": ",", "decimal": ",", "line-ends": "CRLF"}, nil},
		{"paris-conso-gaz/arrondissements.csv", 20, 10, 0, map[string]string{"encoding": "utf-8", "delimiter": ";", "decimal": "."}, nil},
		{"fr-sdes-dle-ademe-dpe/DLE-elec-2019-CCPM.csv", 334, 10, 0, map[string]string{"delimiter": ";", "decimal": ","}, nil},
		{"fr-sdes-dle-ademe-dpe/DLE-gaz-2019-CCPM.csv", 134, 10, 0, map[string]string{"delimiter": ";", "decimal": ","}, nil},
		{"fr-sdes-dle-ademe-dpe/DPE_CCPM.csv", 4951, 85, 0, map[string]string{"delimiter": ";", "decimal": "."}, nil},
		{"fr-enedis-grdf-exports/postesSynop.csv", 62, 5, 0, map[string]string{"delimiter": ";", "decimal": "."}, nil},
		{"fr-enedis-grdf-exports/Enedis_Conso_Heure.csv", 104, 2, 0, map[string]string{"bom": "yes", "header": "3", "table": "2"}, []string{"source-tables", "source-unsure"}},
		{"fr-enedis-grdf-exports/Enedis_Conso_Jour.csv", 264, 17, 0, map[string]string{"header": "3", "table": "2"}, []string{"source-tables", "source-tables"}},
		{"fr-enedis-grdf-exports/export_grdf.xlsx", 26, 8, 0, map[string]string{"header": "9", "format": "xlsx"}, []string{"source-unsure"}},
		{"us-philadelphia-municipal/philadelphia_2011-13.csv", 69, 53, 0, map[string]string{"delimiter": ",", "decimal": "."}, nil},
		{"us-philadelphia-municipal/philadelphia_2011-14.csv", 94, 54, 0, map[string]string{"delimiter": ",", "decimal": "."}, nil},
		{"eu-supplier-exports/pt_e-redes-sample.xlsx", 35040, 5, 0, map[string]string{"header": "8"}, []string{"source-unsure"}},
		{"eu-supplier-exports/it_enel_ExportData_settembre.csv", 30, 97, 0, map[string]string{"delimiter": ";", "decimal": ",", "trailing-delimiter": "yes"}, nil},
		{"eu-supplier-exports/nl_energiemanager_2014.csv", 366, 7, 0, map[string]string{"decimal": ",", "trailing-delimiter": "yes"}, nil},
		{"eu-supplier-exports/be_fluvius_elektriciteit.csv", 3848, 11, 0, map[string]string{"bom": "yes", "delimiter": ";", "decimal": ","}, []string{"source-line-end"}},
		{"eu-supplier-exports/be_fluvius_gas.csv", 116, 12, 0, map[string]string{"bom": "yes", "delimiter": ";", "decimal": ","}, []string{"source-line-end"}},
		{"eu-supplier-exports/us_xcel_bills.csv", 48, 6, 0, map[string]string{"delimiter": ",", "decimal": "."}, nil},
		{"eu-supplier-exports/isolarcloud_monthly.csv", 30, 5, 0, map[string]string{"bom": "yes", "delimiter": ",", "decimal": "."}, nil},
		{"us-philadelphia-municipal/muni_energy.csv", 23, 11, 0, map[string]string{"delimiter": ",", "decimal": ".", "nulls": `"", "NA"`}, nil},
		{"uk-hee/HEE.csv", 111, 7, 0, map[string]string{"delimiter": ","}, nil},
		{"eu-supplier-exports/nl_oxxio_verbruik.xlsx", 232, 14, 0, map[string]string{"header": "1-2"}, []string{"source-unsure"}},
		{"eu-supplier-exports/nl_nextenergy_measurements.xlsx", 10425, 9, 0, map[string]string{"header": "1"}, nil},
		{"eu-supplier-exports/sma_daily.csv", 1850, 6, 0, map[string]string{"delimiter": ",", "header": "9", "nulls": `"", "NaN"`}, []string{"source-unsure", "source-duplicate-column", "source-line-end"}},
		{"bdg1/meta_open.csv", 507, 19, 0, map[string]string{"line-ends": "CR"}, []string{"source-line-end"}},
		{"bdg1/weather12.csv", 10573, 17, 0, map[string]string{"nulls": `"", "-"`}, []string{"source-duplicate-column"}},
		{"weather/brussels_nasa_power_2025.csv", 8760, 10, 0, map[string]string{"line-ends": "CRLF and LF", "header": "15"}, []string{"source-unsure"}},
		{"weather/hobo_u12_atrium.csv", 3001, 9, 0, map[string]string{"header": "2"}, []string{"source-unsure"}},
		{"fr-ademe-tete/import-indicateur-definitions.csv", 730, 19, 0, map[string]string{"line-ends": "CRLF"}, nil},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			got := readAll(t, dir, source.Spec{File: c.file})
			require.Len(t, got.rows, c.rows)
			require.Len(t, got.Header().Names, c.columns)
			require.Len(t, got.faults, c.faults, "%v", got.faults)
			for key, value := range c.dialect {
				require.Equal(t, value, got.Dialect().Value(key), key)
			}
			require.Equal(t, c.findings, codes(got.Findings()))
		})
		seen[c.file] = true
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".csv" {
			name, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			require.True(t, seen[filepath.ToSlash(name)], "%s is not in this test", name)
		}
		return err
	}))
}

func TestRealFilesWithSeveralTablesGiveEach(t *testing.T) {
	dir := shared.Path(t, "datasets")
	for _, c := range []struct {
		file, table   string
		rows, columns int
		first         string
	}{
		{"Enedis_Conso_Heure.csv", "1", 1, 9, "Identifiant PRM"},
		{"Enedis_Conso_Heure.csv", "2", 104, 2, "Horodate"},
		{"Enedis_Conso_Heure.csv", "Valeur", 104, 2, "Horodate"},
		{"Enedis_Conso_Jour.csv", "1", 1, 8, "Identifiant PRM"},
		{"Enedis_Conso_Jour.csv", "EAS F1", 264, 17, "Horodate"},
		{"Enedis_Conso_Jour.csv", "3", 3, 47, "Periode"},
	} {
		got := readAll(t, dir, source.Spec{File: "fr-enedis-grdf-exports/" + c.file, Table: c.table})
		require.Len(t, got.rows, c.rows, "%s %s", c.file, c.table)
		require.Len(t, got.Header().Names, c.columns, "%s %s", c.file, c.table)
		require.Equal(t, c.first, got.Header().Names[0])
		require.Empty(t, got.faults)
	}
}

func TestRealFilesGiveTheirTotals(t *testing.T) {
	dir := shared.Path(t, "datasets")
	paris := readAll(t, dir, source.Spec{File: "paris-conso-gaz/ADRESSE-NAF.csv"})
	tertiary := content{Source: paris.Source}
	sector, consumption := paris.Header().Index("Secteur d'activité"), paris.Header().Index("Données de consommation (MWh)")
	blank := 0
	for _, row := range paris.rows {
		if row[sector] == "Tertiaire" {
			tertiary.rows = append(tertiary.rows, row)
			if row[consumption] == "" {
				blank++
			}
		}
	}
	require.Len(t, tertiary.rows, 16794)
	require.Equal(t, 3952, blank)
	require.Equal(t, "3399013.68539", sum(t, tertiary, "Données de consommation (MWh)"), "printed as 3 399 013.685")
	require.Equal(t, "32616", sum(t, tertiary, "Nombre de PDL"))

	require.Equal(t, "470024.49362", sum(t, readAll(t, dir, source.Spec{File: "fr-sdes-dle-ademe-dpe/DLE-elec-2019-CCPM.csv"}), "CONSO"))
	require.Equal(t, "300588.59169", sum(t, readAll(t, dir, source.Spec{File: "fr-sdes-dle-ademe-dpe/DLE-gaz-2019-CCPM.csv"}), "CONSO"))

	gas := readAll(t, dir, source.Spec{File: "eu-supplier-exports/be_fluvius_gas.csv"})
	byUnit := map[string]content{"kWh": {Source: gas.Source}, "m³": {Source: gas.Source}}
	for _, row := range gas.rows {
		unit := row[gas.Header().Index("Eenheid")]
		one := byUnit[unit]
		one.rows = append(one.rows, row)
		byUnit[unit] = one
	}
	require.Equal(t, "182.085", sum(t, byUnit["kWh"], "Volume"), "the same gas stands twice, in kWh and in m³")
	require.Equal(t, "16.045", sum(t, byUnit["m³"], "Volume"))

	redes := readAll(t, dir, source.Spec{File: "eu-supplier-exports/pt_e-redes-sample.xlsx"})
	require.Equal(t, "50528.436", sum(t, redes, "Consumo registado, Ativa (kW)"))
}

func TestTheSameTableAsCSVAndAsWorkbookHasTheSameCells(t *testing.T) {
	dir := shared.Path(t, "datasets")
	text := readAll(t, dir, source.Spec{File: "uk-hee/HEE.csv"})
	book := readAll(t, dir, source.Spec{File: "uk-hee/HEE.xlsx"})
	require.Equal(t, text.Header(), book.Header())
	require.Len(t, book.rows, len(text.rows))
	require.Equal(t, text.lines, book.lines)
	for i, row := range text.rows {
		for j, cell := range row {
			other, kind := book.rows[i][j], book.kinds[i][j]
			switch {
			case j == 0:
				day, err := time.Parse("02/01/2006", cell)
				require.NoError(t, err)
				require.Equal(t, record.DateTime, kind)
				require.Equal(t, day.Format("2006-01-02T15:04:05"), other)
			case cell == "":
				require.Equal(t, record.Null, kind)
			default:
				require.Equal(t, record.Number, kind)
				require.Equal(t, cell, other)
			}
		}
	}
}

func TestRealFilesKeepTheirTraps(t *testing.T) {
	dir := shared.Path(t, "datasets")
	fluvius := readAll(t, dir, source.Spec{File: "eu-supplier-exports/be_fluvius_elektriciteit.csv"})
	require.Equal(t, "123456879123456789", fluvius.column("EAN")[0], `="…" is unwrapped`)
	synop := readAll(t, dir, source.Spec{File: "fr-enedis-grdf-exports/postesSynop.csv"})
	require.Equal(t, "07005", synop.column("ID")[0])
	grdf := readAll(t, dir, source.Spec{File: "fr-enedis-grdf-exports/export_grdf.xlsx"})
	require.Regexp(t, `^\d\d/\d\d/\d{4}$`, grdf.column("Date de relevé")[0], "dates that are text stay text")
	energy := readAll(t, dir, source.Spec{File: "eu-supplier-exports/nl_nextenergy_measurements.xlsx"})
	kinds := map[record.Kind]bool{}
	for _, k := range energy.kinds[0] {
		kinds[k] = true
	}
	require.True(t, kinds[record.DateTime] && kinds[record.Number] && kinds[record.Boolean], "%v %v", energy.rows[0], energy.kinds[0])
	parisRegion := readAll(t, dir, source.Spec{File: "paris-conso-gaz/arrondissements.csv"})
	require.Contains(t, parisRegion.column("geom")[0], `{"coordinates": [[[`)

	data := readAll(t, dir, source.Spec{File: "us-philadelphia-municipal/philadelphia_2011-13.xlsx", Sheet: "2011-13 Data"})
	require.Equal(t, "Property Id", data.Header().Names[0])
	_, err := tryAll(dir, source.Spec{File: "us-philadelphia-municipal/philadelphia_2011-13.xlsx", Sheet: "2014"})
	require.ErrorContains(t, err, `"2011-13 Data"`)
	pivot := readAll(t, dir, source.Spec{File: "us-philadelphia-municipal/philadelphia_2011-13.xlsx"})
	require.Contains(t, codes(pivot.Findings()), "source-unsure", "several sheets")
}

func TestOldWorkbooksAreRefusedByWhatTheyAre(t *testing.T) {
	dir := shared.Path(t, "datasets")
	e := refused(t, dir, source.Spec{File: "eu-supplier-exports/solax_legacy_2023-01.xls"})
	require.Equal(t, source.Unreadable, e.Kind)
	require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
	require.Contains(t, e.Finding.Message, ".xls, before 2007")
	data, err := os.ReadFile(filepath.Join(dir, "eu-supplier-exports/solax_legacy_2023-01.xls"))
	require.NoError(t, err)
	e = refused(t, write(t, "renamed.xlsx", data), source.Spec{File: "renamed.xlsx"})
	require.Contains(t, e.Finding.Message, ".xls, before 2007")
}

func TestDeclaredDialectOfRealFilesIsTaken(t *testing.T) {
	dir := shared.Path(t, "datasets")
	got := readAll(t, dir, source.Spec{File: "fr-enedis-grdf-exports/export_grdf.xlsx", Header: "9"})
	require.Empty(t, got.Findings())
	require.Equal(t, format.Declared, got.Dialect().Get(format.HeaderRow).How)
	require.Equal(t, 10, got.lines[0])
}

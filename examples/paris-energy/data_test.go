package paris_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"flag"
	"maps"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/ldtkit/ldt/internal/shared"
)

var update = flag.Bool("update", false, "write the example's files anew")

// delivery is one tertiary row of the original address file.
type delivery struct {
	key
	irisName string
	address  string
	sites    int
	mwh      *big.Rat // nil where the source has no consumption
}

// key names one row of the example.
type key struct{ borough, iris, category, division string }

const unknown = "UNKNOWN"

// deliveries reads the tertiary rows of the address file that GRDF published
// for 2023: comma, CP850, quoted decimal comma. It uses nothing of ldt, so that
// what ldt makes of the example can be held against it.
func deliveries(t *testing.T) []delivery {
	t.Helper()
	raw := shared.Read(t, "datasets", "paris-conso-gaz", "ADRESSE-NAF.csv")
	rows, err := csv.NewReader(charmap.CodePage850.NewDecoder().Reader(bytes.NewReader(raw))).ReadAll()
	require.NoError(t, err)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var list []delivery
	for _, row := range rows[1:] {
		cell := func(name string) string {
			require.Contains(t, column, name)
			return row[column[name]]
		}
		if cell("Secteur d'activité") != "Tertiaire" {
			continue
		}
		sites, err := strconv.Atoi(cmp.Or(cell("Nombre de PDL"), "0"))
		require.NoError(t, err)
		d := delivery{
			key:      key{cell("Code INSEE"), cell("Code IRIS"), cell("Code Catégorie"), cmp.Or(cell("Code_N2"), unknown)},
			irisName: cell("IRIS"),
			address:  strings.Join([]string{cell("Code INSEE"), cell("Numero"), cell("Lettre"), cell("Rue")}, "|"),
			sites:    sites,
		}
		if text := cell("Données de consommation (MWh)"); text != "" {
			var ok bool
			d.mwh, ok = new(big.Rat).SetString(strings.Replace(text, ",", ".", 1))
			require.True(t, ok, text)
		}
		list = append(list, d)
	}
	return list
}

// aggregate joins deliveries by IRIS, category and activity, so that no row
// shows one address: a small group joins activity UNKNOWN of its IRIS; what is
// still small joins its borough under the code that the source itself uses for
// an IRIS not determined (75xxx9999); what is small even there takes in the
// smallest group of the same borough and category until it is not.
func aggregate(list []delivery) map[key][]delivery {
	groups := map[key][]delivery{}
	for _, d := range list {
		groups[d.key] = append(groups[d.key], d)
	}
	groups = widen(groups, func(k key) key { k.division = unknown; return k })
	groups = widen(groups, func(k key) key { k.division, k.iris = unknown, k.borough+"9999"; return k })
	for _, k := range sorted(groups) {
		for small(groups[k]) {
			other := smallest(groups, k)
			groups[k] = append(groups[k], groups[other]...)
			delete(groups, other)
		}
	}
	return groups
}

// widen moves each small group to the key that wider gives it.
func widen(groups map[key][]delivery, wider func(key) key) map[key][]delivery {
	next := map[key][]delivery{}
	for k, list := range groups {
		if small(list) {
			k = wider(k)
		}
		next[k] = append(next[k], list...)
	}
	return next
}

// small says that a group has fewer than 3 addresses, or that its sum comes
// from 1 or 2 of them.
func small(list []delivery) bool {
	all, measured := map[string]bool{}, map[string]bool{}
	for _, d := range list {
		all[d.address] = true
		if d.mwh != nil {
			measured[d.address] = true
		}
	}
	return len(list) > 0 && (len(all) < 3 || len(measured) == 1 || len(measured) == 2)
}

// smallest gives the group with the fewest rows of k's borough and category.
func smallest(groups map[key][]delivery, k key) key {
	candidates := slices.DeleteFunc(sorted(groups), func(o key) bool {
		return o == k || o.borough != k.borough || o.category != k.category
	})
	return slices.MinFunc(candidates, func(a, b key) int { return cmp.Compare(len(groups[a]), len(groups[b])) })
}

func sorted(groups map[key][]delivery) []key {
	return slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.iris, b.iris), cmp.Compare(a.category, b.category), cmp.Compare(a.division, b.division))
	})
}

// total adds up a group: nil where no delivery has a consumption.
func total(list []delivery) (sites int, mwh *big.Rat) {
	for _, d := range list {
		sites += d.sites
		if d.mwh != nil {
			mwh = cmp.Or(mwh, new(big.Rat))
			mwh.Add(mwh, d.mwh)
		}
	}
	return sites, mwh
}

// french writes a decimal with a comma and without trailing zeros; nil is empty.
func french(value *big.Rat, digits int) string {
	if value == nil {
		return ""
	}
	text := strings.TrimRight(strings.TrimRight(value.FloatString(digits), "0"), ".")
	return strings.Replace(text, ".", ",", 1)
}

const consumptionHeader = "OPERATEUR;FILIERE;Année;Code IRIS;Nom IRIS;Code Commune;Nom Commune;Code EPCI;Nom EPCI;Type EPCI;" +
	"Code Département;Nom Département;Code Région;Nom Région;CODE CATEGORIE CONSOMMATION;CODE GRAND SECTEUR;CODE SECTEUR NAF2;" +
	"Nb sites;Conso totale (MWh);Conso moyenne (MWh)"

// consumptionRow writes a row in the layout of the file by IRIS of Agence ORE.
func consumptionRow(operator, carrier, year string, k key, irisName string, sites int, mwh *big.Rat) string {
	division := k.division
	if division == unknown {
		division = ""
	}
	var mean *big.Rat
	count := strconv.Itoa(sites)
	switch {
	case mwh != nil:
		mean = new(big.Rat).Quo(mwh, big.NewRat(int64(sites), 1))
	case sites == 0:
		count = "" // the source has neither number there: missing, not zero
	}
	return strings.Join([]string{operator, carrier, year, k.iris, irisName, k.borough, boroughName(k.borough),
		"200054781", "Métropole du Grand Paris", "", "75", "Paris", "11", "Île-de-France",
		k.category, "TERTIAIRE", division, count, french(mwh, 9), french(mean, 12)}, ";")
}

func boroughName(code string) string {
	n, _ := strconv.Atoi(code[3:])
	if n == 1 {
		return "Paris 1er Arrondissement"
	}
	return "Paris " + strconv.Itoa(n) + "e Arrondissement"
}

func irisNames(list []delivery) map[string]string {
	names := map[string]string{}
	for _, d := range list {
		names[d.iris] = d.irisName
		names[d.borough+"9999"] = "IRIS indéterminé"
	}
	return names
}

// consumption is data/conso-iris-2023.csv: the guide's worked row, the
// aggregated rows, and four traps, each of which a run must report.
func consumption(list []delivery) []byte {
	names := irisNames(list)
	row := func(k key, groups map[key][]delivery) string {
		sites, mwh := total(groups[k])
		return consumptionRow("GRDF", "Gaz", "2023", k, names[k.iris], sites, mwh)
	}
	worked := key{"75101", "751010101", "ENT", unknown}
	lines := []string{consumptionHeader,
		consumptionRow("Enedis", "Electricité", "2011", worked, "Saint-Germain l'Auxerrois 1", 63, big.NewRat(1518228, 100))}
	groups := aggregate(list)
	keys := sorted(groups)
	for _, k := range keys {
		lines = append(lines, row(k, groups))
	}
	lines = append(lines,
		row(keys[0], groups), // one row twice
		consumptionRow("GRDF", "Gaz", "2023", key{"75101", "751010299", "PRO", unknown}, "IRIS inventé", 4, big.NewRat(125, 10)),                                           // no such IRIS
		strings.Replace(consumptionRow("GRDF", "Gaz", "2023", key{"75102", "751020501", "ENT", "35"}, names["751020501"], 0, nil), "TERTIAIRE;35;;", "TERTIAIRE;35;0;", 1), // no delivery point
	)
	text := strings.Join(lines, "\r\n") + "\r\n"
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return []byte(encoded)
}

// iris is data/iris.csv: every IRIS that the original file names.
func iris(list []delivery) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"code_iris", "nom_iris", "code_commune"})
	// The borough is that of the rows: one IRIS code of the source is of another
	// commune than its rows.
	names, borough := irisNames(list), map[string]string{}
	for _, d := range list {
		borough[d.iris], borough[d.borough+"9999"] = d.borough, d.borough
	}
	for _, code := range slices.Sorted(maps.Keys(names)) {
		_ = w.Write([]string{code, names[code], borough[code]})
	}
	w.Flush()
	return b.Bytes()
}

// indicators is data/indicateurs-2023.csv: the tertiary gas consumption of each
// borough, from the original rows, not from the aggregated ones.
func indicators(list []delivery) []byte {
	byBorough := map[string][]delivery{}
	for _, d := range list {
		byBorough[d.borough] = append(byBorough[d.borough], d)
	}
	lines := []string{"Code INSEE;Année;Conso totale (MWh);Nombre de PDL"}
	for _, code := range slices.Sorted(maps.Keys(byBorough)) {
		sites, mwh := total(byBorough[code])
		lines = append(lines, strings.Join([]string{code, "2023", french(mwh, 9), strconv.Itoa(sites)}, ";"))
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// boroughs gives the cells of data/arrondissements.xlsx: from the city's open
// data, areas rounded to 1 m² and centres to 6 decimals (about 10 cm).
func boroughs(t *testing.T) [][]any {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(shared.Read(t, "datasets", "paris-conso-gaz", "arrondissements.csv")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"n_sq_ar", "c_ar", "c_arinsee", "l_ar", "l_aroff", "n_sq_co", "surface", "perimetre", "geom_x_y", "geom"}, rows[0])
	slices.SortFunc(rows[1:], func(a, b []string) int { return cmp.Compare(a[2], b[2]) })
	cells := [][]any{{"Code INSEE", "Nom", "Surface (m2)", "Centre"}}
	for _, row := range rows[1:] {
		area, err := strconv.ParseFloat(row[6], 64)
		require.NoError(t, err)
		var centre []string
		for _, part := range strings.Split(row[8], ",") {
			degrees, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			require.NoError(t, err)
			centre = append(centre, strconv.FormatFloat(degrees, 'f', 6, 64))
		}
		cells = append(cells, []any{row[2], boroughName(row[2]), int(area + 0.5), strings.Join(centre, ", ")})
	}
	return cells
}

// TestDataIsTheOriginalAggregated makes the files of data/ again from the
// originals and compares.
func TestDataIsTheOriginalAggregated(t *testing.T) {
	list := deliveries(t)
	for name, want := range map[string][]byte{
		"data/conso-iris-2023.csv":  consumption(list),
		"data/iris.csv":             iris(list),
		"data/indicateurs-2023.csv": indicators(list),
	} {
		if *update {
			require.NoError(t, os.WriteFile(name, want, 0o644))
		}
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), "%s is not what the original gives: run go test -update", name)
	}

	cells := boroughs(t)
	if *update {
		writeWorkbook(t, "data/arrondissements.xlsx", cells)
	}
	book, err := excelize.OpenFile("data/arrondissements.xlsx")
	require.NoError(t, err)
	defer book.Close()
	rows, err := book.GetRows("Arrondissements", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, rows, len(cells))
	for i, row := range rows {
		for j, cell := range cells[i] {
			if number, ok := cell.(int); ok {
				cell = strconv.Itoa(number)
			}
			require.Equal(t, cell, row[j])
		}
	}
}

func writeWorkbook(t *testing.T, name string, cells [][]any) {
	t.Helper()
	book := excelize.NewFile()
	require.NoError(t, book.SetSheetName("Sheet1", "Arrondissements"))
	for i, row := range cells {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, book.SetSheetRow("Arrondissements", cell, &row))
	}
	require.NoError(t, book.SetColWidth("Arrondissements", "A", "D", 26))
	require.NoError(t, book.SaveAs(name))
	require.NoError(t, book.Close())
}

// TestDataShowsNoSingleAddress holds the rule of the aggregation on its result,
// and that nothing was lost on the way.
func TestDataShowsNoSingleAddress(t *testing.T) {
	list := deliveries(t)
	groups := aggregate(list)
	sites, mwh, rows := 0, new(big.Rat), 0
	for k, group := range groups {
		require.False(t, small(group), "%v", k)
		n, sum := total(group)
		sites, rows = sites+n, rows+len(group)
		if sum != nil {
			mwh.Add(mwh, sum)
		}
	}
	require.Equal(t, 16794, rows)
	require.Equal(t, 32616, sites)
	require.Equal(t, "3399013.685", mwh.FloatString(3))
}

package inventory_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

var update = flag.Bool("update", false, "write the example's workbook anew")

const example = "../../examples/paris-energy"

// now is the time of all tests.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestExampleWorkbookHasTheContentOfItsYAML(t *testing.T) {
	yaml := readExample(t, "inventory.yaml")
	file := filepath.Join(example, "inventory.xlsx")
	if *update {
		var b bytes.Buffer
		require.NoError(t, yaml.WriteWorkbook(&b, "en"))
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	book := readExample(t, "inventory.xlsx")
	require.Equal(t, asYAML(t, yaml), asYAML(t, book))
}

func TestExampleDescribesTheFilesOfTheExample(t *testing.T) {
	inv := readExample(t, "inventory.xlsx")
	list, err := inv.CheckFiles(t.Context(), probe(func(s *inventory.Source) (inventory.Found, error) {
		text, err := os.ReadFile(filepath.Join(example, s.File))
		require.NoError(t, err)
		if s.Format == "XLSX" {
			book, err := excelize.OpenReader(bytes.NewReader(text))
			require.NoError(t, err)
			rows, err := book.GetRows(s.Sheet)
			require.NoError(t, err)
			return inventory.Found{Exists: true, Format: "xlsx", Columns: rows[0], Rows: len(rows) - 1}, book.Close()
		}
		if s.Encoding == "windows-1252" {
			text, err = charmap.Windows1252.NewDecoder().Bytes(text)
			require.NoError(t, err)
		}
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma = rune(s.Delimiter[0])
		rows, err := r.ReadAll()
		require.NoError(t, err)
		return inventory.Found{Exists: true, Format: "csv", Encoding: s.Encoding, Columns: rows[0], Rows: len(rows) - 1}, nil
	}))
	require.NoError(t, err)
	require.Empty(t, list)
}

func readExample(t *testing.T, name string) *inventory.Inventory {
	t.Helper()
	inv, findings, err := inventory.ReadFile(filepath.Join(example, name))
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Empty(t, inv.Check(now))
	return inv
}

func asYAML(t *testing.T, inv *inventory.Inventory) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, inv.WriteYAML(&b))
	return b.String()
}

// probe is a Prober made of a function.
type probe func(*inventory.Source) (inventory.Found, error)

func (p probe) Probe(_ context.Context, s *inventory.Source, _ func(*record.Batch)) (inventory.Found, error) {
	return p(s)
}

// sheets makes a workbook of rows of cells.
func sheets(t *testing.T, content map[string][][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	first := true
	for _, name := range []string{"Read me", "Project", "Projet", "Sources", "Jeux de données", "Fields", "Champs"} {
		rows, ok := content[name]
		if !ok {
			continue
		}
		if first {
			require.NoError(t, book.SetSheetName("Sheet1", name))
		} else {
			_, err := book.NewSheet(name)
			require.NoError(t, err)
		}
		first = false
		for i, row := range rows {
			require.NoError(t, book.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &row))
		}
	}
	var b bytes.Buffer
	require.NoError(t, book.Write(&b))
	require.NoError(t, book.Close())
	return b.Bytes()
}

// french is a workbook as a French team fills it in: titles above the header,
// other words, other case, a column of its own, empty rows.
func french(t *testing.T) []byte {
	return sheets(t, map[string][][]any{
		"Projet": {{"Item", "Value"}, {"NOM", "énergie"}, {"Objectif *", "Suivre"}, {"Organisme", "Ville"}, {"Chef de projet", "Anne"}},
		"Jeux de données": {
			{"Inventaire 2026"},
			{},
			{"Identifiant", " NOM du jeu de donnees", "Producteur*", "Type de données", "Format de fichier", "Métadonnées", "Schéma", "Accessibilité technique", "Licence", "Volumétrie",
				"Fréquence de mise à jour", "Qualité et fiabilité", "Besoin de transformation", "Fichier", "Séparateur", "Encodage", "Lignes", "Chef de projet"},
			{},
			{"conso", "Consommation", "GRDF", "Statistique", "csv", "aucune", "aucun", "Téléchargement", "Licence Ouverte", "12 lignes",
				"Annuelle", "bonne", "aucun", "conso.csv", "point-virgule", "ANSI", 12, "Anne"},
		},
		"Champs": {
			{"Jeu de données", "En-tête", "Libellé", "Type", "Unité", "Rôle", "Donnée personnelle", "À garder", "Pourquoi"},
			{"conso", "Année", "Année civile", "année", "", "temps", "non", "OUI", ""},
			{"", "", "", "", "", "", "", "", ""},
			{"conso", "Conso (MWh)", "Énergie", "nombre", "MWh", "mesure", "non", "x", ""},
		},
	})
}

func TestWorkbookIsReadAsPeopleFillItIn(t *testing.T) {
	inv, findings, err := inventory.Read("inventaire.xlsx", french(t))
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Empty(t, inv.Check(now))

	require.Equal(t, "énergie", inv.Project.Name)
	require.Equal(t, "Suivre", inv.Project.Purpose)
	require.Equal(t, []inventory.Extra{{Header: "Chef de projet", Text: "Anne"}}, inv.Project.Extra)
	require.Len(t, inv.Sources, 1)
	s := inv.Sources[0]
	require.Equal(t, []string{"conso", "Consommation", "statistics", "CSV", "download", "ANNUAL", ";", "windows-1252", "12"},
		[]string{s.ID, s.Name, s.Type, s.Format, s.Access, s.Frequency, s.Delimiter, s.Encoding, s.Rows})
	require.Equal(t, []inventory.Extra{{Header: "Chef de projet", Text: "Anne"}}, s.Extra)
	require.Equal(t, finding.Location{File: "inventaire.xlsx", Sheet: "Jeux de données", Row: 5, Column: "Fréquence de mise à jour"}, s.At("frequency"))
	require.Len(t, inv.Fields, 2)
	require.Equal(t, []string{"year", "time", "no", "yes"}, []string{inv.Fields[0].Type, inv.Fields[0].Role, inv.Fields[0].Personal, inv.Fields[0].Keep})
	require.Equal(t, 4, inv.Fields[1].At("header").Row)
}

func TestWorkbookAndYAMLKeepTheTeamsOwnColumns(t *testing.T) {
	inv, _, err := inventory.Read("inventaire.xlsx", french(t))
	require.NoError(t, err)
	want := asYAML(t, inv)
	require.Contains(t, want, "Chef de projet: Anne")

	var b bytes.Buffer
	require.NoError(t, inv.WriteWorkbook(&b, "en"))
	again, findings, err := inventory.Read("again.xlsx", b.Bytes())
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, want, asYAML(t, again))

	again, findings, err = inventory.Read("again.yaml", []byte(want))
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, want, asYAML(t, again))
}

func TestWorkbookMadeForPeople(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, readExample(t, "inventory.yaml").WriteWorkbook(&b, "en"))
	book, err := excelize.OpenReader(&b)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, book.Close()) })
	require.Equal(t, []string{"Read me", "Project", "Personas", "Functionalities", "Sources", "Fields", "Roles", "Lifecycle", "Models", "Mappings", "Indicators", "Checks", "Lists"}, book.GetSheetList())
	for _, sheet := range []string{"Sources", "Fields"} {
		panes, err := book.GetPanes(sheet)
		require.NoError(t, err)
		require.True(t, panes.Freeze)
		require.Equal(t, 1, panes.YSplit)
		lists, err := book.GetDataValidations(sheet)
		require.NoError(t, err)
		require.NotEmpty(t, lists)
	}
	rows, err := book.GetRows("Sources")
	require.NoError(t, err)
	notes, err := book.GetComments("Sources")
	require.NoError(t, err)
	require.Len(t, notes, len(rows[0]), "each header has a note")
	require.Contains(t, rows[0], "Licence *")
	require.Contains(t, rows[0], "Decimal mark")
	style := func(cell string) string {
		id, err := book.GetCellStyle("Sources", cell)
		require.NoError(t, err)
		s, err := book.GetStyle(id)
		require.NoError(t, err)
		require.True(t, s.Font.Bold)
		return s.Fill.Color[0]
	}
	require.NotEqual(t, style("A1"), style("D1"), "what must be filled has another colour")
}

// lines is each finding with its code, to compare.
func lines(list []finding.Finding) []string {
	words := []string{}
	for _, f := range list {
		text := fmt.Sprintf("%s %s: %s", f.Code, f.Location, f.Message)
		if f.Hint != "" {
			text += " | " + f.Hint
		}
		if f.Severity != finding.Error {
			text = f.Severity.String() + " " + text
		}
		words = append(words, text)
	}
	return words
}

func TestCheckFindsEveryFaultOfAWorkbookAtOnce(t *testing.T) {
	header := []any{"Id", "Name", "Producer", "Type", "Format", "Metadata", "Schema", "Access", "Licence", "Volume", "Frequency", "Quality", "Transformation", "File", "URL", "Rows"}
	inv, findings, err := inventory.Read("i.xlsx", sheets(t, map[string][][]any{
		"Project": {{"Name", "x"}, {"Purpose", ""}, {"Contact", "nobody"}, {"Updated", "31/01/2026"}, {"Organisation", "o"}},
		"Sources": {header,
			{"a b", "n", "p", "statistic", "CVS", "m", "s", "download", "", "v", "yearly", "q", "t", "a.csv", "example.org", "many"},
			{"a", "n", "p", "other", "CSV", "m", "s", "local", "CC0", "v", "ANNUAL", "q", "t", "", "", ""},
			{"a", "n", "p", "other", "CSV", "m", "s", "local", "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0", "v", "ANNUAL", "q", "t", "b.csv", "", "3"},
		},
		"Fields": {{"Source", "Header", "Description", "Type", "Unit", "Role", "Personal", "Keep", "Why"},
			{"a", "h", "d", "number", "KWHH", "measure", "no", "no", ""},
			{"a", "h", "d", "number", "kWh", "measure", "maybe", "yes", ""},
			{"aa", "i", "d", "nmber", "", "measure", "no", "yes", ""},
		},
	}))
	require.NoError(t, err)
	require.Empty(t, findings)
	got := lines(inv.Check(now))
	require.Equal(t, []string{
		`inventory-missing i.xlsx!Project:2 column "Purpose": purpose is empty | The question that the data shall answer, and who asks it.`,
		`inventory-value i.xlsx!Project:3 column "Contact": "nobody" is not an e-mail address | E-mail address for questions about the inventory.`,
		`inventory-date i.xlsx!Project:4 column "Updated": "31/01/2026" is not a date such as 2026-01-31 | Day of the last change, as 2026-01-31.`,
		`inventory-vocabulary i.xlsx!Sources:2 column "Format": "CVS" is not a value of Format | did you mean CSV? It may be CSV, XLSX, XLS, ODS, JSON, NDJSON, GEOJSON, JSON_LD, XML, GML, GPX, KML, KMZ, SHP, GPKG, GDB, DBF, DXF, GEOTIFF, LAS and 20 more`,
		`inventory-value i.xlsx!Sources:2 column "Id": "a b" is not a possible id | Short name, unique in this inventory; the other sheets refer to it. Letters, digits, - and _.`,
		`warning inventory-orphan i.xlsx!Sources:2 column "Id": no fields are listed for source "a b" | add a row for each of its columns to the Fields sheet`,
		`inventory-missing i.xlsx!Sources:2 column "Licence": licence is empty | Under which terms the data may be used: a licence of the EU authority table, its address, or "none stated".`,
		`inventory-value i.xlsx!Sources:2 column "Rows": "many" is not a whole number | write digits only`,
		`inventory-url i.xlsx!Sources:2 column "URL": "example.org" is not a full address such as https://data.example.org/file.csv | Address of the data.`,
		`inventory-missing i.xlsx!Sources:3 column "File": the source has neither a file nor a url | say where the data is: the path of a file, or an address`,
		`inventory-duplicate i.xlsx!Sources:4 column "Id": the id "a" stands twice, first at i.xlsx!Sources:3 column "Id" | give each an id of its own`,
		`inventory-unit i.xlsx!Fields:2 column "Unit": "KWHH" is not a unit that UN/CEFACT has | did you mean KWH?`,
		`inventory-missing i.xlsx!Fields:2 column "Why": the column is not kept, and why is empty | Why it is kept or left; needed where it is left out.`,
		`inventory-duplicate i.xlsx!Fields:3 column "Header": the column "h" of a is listed twice, first at i.xlsx!Fields:2 column "Header" | delete one of the rows`,
		`inventory-vocabulary i.xlsx!Fields:3 column "Personal": "maybe" is not a value of Personal | use one of yes, no`,
		`inventory-reference i.xlsx!Fields:4 column "Source": there is no "aa" on the Sources sheet | did you mean "a"?`,
		`inventory-vocabulary i.xlsx!Fields:4 column "Type": "nmber" is not a value of Type | did you mean number? It may be text, code, integer, number, boolean, date, datetime, time, year, month, point, geometry, list`,
	}, got, strings.Join(got, "\n"))
}

func TestWorkbookWithoutASheetOrColumnSaysSoOnce(t *testing.T) {
	inv, findings, err := inventory.Read("i.xlsx", sheets(t, map[string][][]any{
		"Project": {{"Name", "x"}, {"Purpose", "y"}, {"Organisation", "o"}},
		"Sources": {{"Id", "Name", "Producer", "Type", "Format", "Metadata", "Schema", "Access", "Licnce", "Volume", "Frequency", "Quality", "Transformation", "File", "Nom"},
			{"a", "n", "p", "other", "CSV", "m", "s", "local", "l", "v", "ANNUAL", "q", "t", "a.csv", "n2"},
			{"b", "n", "p", "other", "CSV", "m", "s", "local", "l", "v", "ANNUAL", "q", "t", "b.csv", ""}},
	}))
	require.NoError(t, err)
	require.Equal(t, []string{
		`source-duplicate-column i.xlsx!Sources:1 column "Nom": the columns "Name" and "Nom" mean the same: the first is read, the second is kept as your own | rename or delete one of them`,
		`inventory-missing i.xlsx!Sources:1 column "Licence": there is no column "Licence" | rename the column "Licnce" to "Licence"`,
		`inventory-sheet i.xlsx: there is no sheet "Fields" | add it, or name the right sheet "Fields"; there are: "Project", "Sources"`,
	}, lines(findings))
	require.Empty(t, inv.Check(now))
	require.Equal(t, []inventory.Extra{{Header: "Licnce", Text: "l"}, {Header: "Nom", Text: "n2"}}, inv.Sources[0].Extra)
}

func TestWorkbookSheetWithoutAHeaderIsAFinding(t *testing.T) {
	_, findings, err := inventory.Read("i.xlsx", sheets(t, map[string][][]any{
		"Project": {{"Name", "x"}}, "Sources": {{"hello"}, {"world"}}, "Fields": {},
	}))
	require.NoError(t, err)
	require.Len(t, findings, 2)
	require.Equal(t, finding.InventorySheet, findings[0].Code)
	require.Contains(t, findings[0].Message, "have no header")
}

func TestTheFirstOfTwoRowsThatLookLikeAHeaderIsIt(t *testing.T) {
	inv, _, err := inventory.Read("i.xlsx", sheets(t, map[string][][]any{
		"Fields": {{"Header", "Type", "Description"}, {"Source", "Unit", "Role"}},
	}))
	require.NoError(t, err)
	require.Len(t, inv.Fields, 1)
	require.Equal(t, "Source", inv.Fields[0].Header)
}

func TestReadRefusesWhatIsNoWorkbook(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want string
		code             finding.Code
	}{
		"empty":      {"i.xlsx", "", "0 bytes", finding.SourceEmpty},
		"jpeg":       {"i.xlsx", "\xff\xd8\xff\xe0", "not a workbook", finding.SourceWrongFormat},
		"xls":        {"i.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "old .xls", finding.SourceWrongFormat},
		"zip":        {"i.xlsx", "PK\x03\x04 no zip", "cannot be opened", finding.SourceWrongFormat},
		"other name": {"i.ods", "PK", "a workbook (.xlsx) or YAML", finding.SourceWrongFormat},
		"deep yaml":  {"i.yaml", "project: " + strings.Repeat("[", 1_000_000), "brackets are open", finding.YAMLSyntax},
		"empty yaml": {"i.yaml", " \n", "is empty", finding.YAMLMissing},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := inventory.Read(c.file, []byte(c.text))
			var list finding.List
			require.True(t, errors.As(err, &list), "%v", err)
			require.Equal(t, c.code, list[0].Code)
			require.Contains(t, list[0].Message, c.want)
			require.NotEmpty(t, list[0].Hint)
		})
	}
	_, _, err := inventory.ReadFile(filepath.Join(t.TempDir(), "none.xlsx"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestYAMLIsReadStrictlyWithLineAndKey(t *testing.T) {
	inv, findings, err := inventory.Read("i.yaml", []byte(`project:
  name: x
  purpos: y
sourcs: []
sources:
  - id: a
    id: b
    name: [1, 2]
    rows: 012
    extra: {Own: 1}
  - just text
fields:
  source: a
`))
	require.NoError(t, err)
	require.Equal(t, []string{
		`yaml-unknown-key i.yaml:3:3: project has no key "purpos" | did you mean "purpose"?`,
		`yaml-unknown-key i.yaml:4:1: an inventory has no key "sourcs" | did you mean "sources"?`,
		`yaml-syntax i.yaml:7:5: the key "id" of each of sources stands here a second time, first on line 6 | keep one of the two`,
		`yaml-type i.yaml:8:11: name must be a text, not a list`,
		`yaml-type i.yaml:11:5: each of sources must be a map of keys and values, not the text "just text"`,
		`yaml-type i.yaml:13:3: fields must be a list, each element starting with a dash, not a map`,
	}, lines(findings))
	require.Equal(t, "012", inv.Sources[0].Rows)
	require.Equal(t, []inventory.Extra{{Header: "Own", Text: "1"}}, inv.Sources[0].Extra)

	var missing *finding.Finding
	for _, f := range inv.Check(now) {
		if f.Location.Pointer == "/sources/0/producer" {
			missing = &f
		}
	}
	require.NotNil(t, missing)
	require.Equal(t, "i.yaml:6:5 /sources/0/producer", missing.Location.String())
}

func TestYAMLThatDoesNotParseNamesTheLine(t *testing.T) {
	_, _, err := inventory.Read("i.yaml", []byte("project:\n  name: \"x\n"))
	var list finding.List
	require.True(t, errors.As(err, &list))
	require.Equal(t, finding.YAMLSyntax, list[0].Code)
	require.Positive(t, list[0].Location.Line)
}

func TestCheckFilesHoldsTheListAgainstTheFiles(t *testing.T) {
	inv, _, err := inventory.Read("inventaire.xlsx", french(t))
	require.NoError(t, err)
	check := func(found inventory.Found) []string {
		list, err := inv.CheckFiles(t.Context(), probe(func(*inventory.Source) (inventory.Found, error) { return found, nil }))
		require.NoError(t, err)
		return lines(list)
	}
	columns := []string{"Année", "Conso (MWh)"}
	require.Empty(t, check(inventory.Found{Exists: true, Format: "csv", Encoding: "iso-8859-15", Delimiter: ";", Columns: columns, Rows: 12}))
	require.Empty(t, check(inventory.Found{Exists: true, Rows: -1}), "what the prober does not know is not held against anybody")
	require.Equal(t, []string{
		`inventory-file inventaire.xlsx!Jeux de données:5 column "Fichier": there is no file "conso.csv" | did you mean "consos.csv"?`,
	}, check(inventory.Found{Nearest: "consos.csv"}))
	require.Equal(t, []string{
		`inventory-encoding inventaire.xlsx!Jeux de données:5 column "Encodage": conso.csv: the encoding is utf-8, not windows-1252 | state utf-8, or save the file as windows-1252`,
		`inventory-format inventaire.xlsx!Jeux de données:5 column "Format de fichier": conso.csv: the format is XLSX, not CSV | state XLSX, or put the right file there`,
		`warning inventory-column inventaire.xlsx!Jeux de données:5 column "Identifiant": conso.csv has a column "annee" that no row of the Fields sheet describes | add a row for it, and say whether it is kept`,
		`warning inventory-rows inventaire.xlsx!Jeux de données:5 column "Lignes": conso.csv: it has 11 rows, not 12 | correct the number if the data was renewed; else find out which rows are missing`,
		`inventory-delimiter inventaire.xlsx!Jeux de données:5 column "Séparateur": conso.csv: the delimiter is tab, not ; | state the delimiter that the file has`,
		`inventory-column inventaire.xlsx!Champs:2 column "En-tête": conso.csv has no column "Année" | did you mean "annee"? Write it exactly as it stands in the file`,
	}, check(inventory.Found{Exists: true, Format: "XLSX", Encoding: "UTF-8", Delimiter: "\t", Columns: []string{"annee", "Conso (MWh)"}, Rows: 11}))

	fault := finding.New(finding.SourceEmpty, finding.Location{}, "the file is empty").WithHint("export it again")
	require.Equal(t, []string{
		`inventory-format inventaire.xlsx!Jeux de données:5 column "Fichier": conso.csv: the file is empty | export it again`,
	}, check(inventory.Found{Exists: true, Fault: &fault, Rows: -1}))

	_, err = inv.CheckFiles(t.Context(), probe(func(*inventory.Source) (inventory.Found, error) { return inventory.Found{}, errors.New("disk on fire") }))
	require.ErrorContains(t, err, `look at the file of source "conso": disk on fire`)
}

func FuzzReadYAML(f *testing.F) {
	text, err := os.ReadFile(filepath.Join(example, "inventory.yaml"))
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("project: &a {name: *a}\nsources: [{id: |\n  x\n}]\nfields: [[], 7, {source: !!str 1}]\n---\n"))
	f.Add([]byte("? a\n: b\n<<: {c: d}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		inv, _, err := inventory.Read("i.yaml", text)
		if err != nil {
			return
		}
		for _, one := range inv.Check(now) {
			require.NotEmpty(t, one.Message)
		}
		var b bytes.Buffer
		require.NoError(t, inv.WriteYAML(&b))
	})
}

func FuzzReadWorkbook(f *testing.F) {
	text, err := os.ReadFile(filepath.Join(example, "inventory.xlsx"))
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, text []byte) {
		inv, _, err := inventory.Read("i.xlsx", text)
		if err != nil {
			return
		}
		inv.Check(now)
	})
}

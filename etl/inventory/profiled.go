package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source/format"
)

// OfTables gives an inventory with a dataset for each table, and its columns as
// fields: what can be seen of a file. What only people know is empty, and check
// asks for it.
func OfTables(tables []*profile.Table) *Inventory {
	inv := &Inventory{}
	seen := map[string]bool{}
	for _, t := range tables {
		s := sourceOf(t)
		for base, n := s.ID, 2; seen[s.ID]; n++ {
			s.ID = base + "-" + strconv.Itoa(n)
		}
		seen[s.ID] = true
		personal := "none"
		for i := range t.Columns {
			c := &t.Columns[i]
			f := fieldOf(s.ID, c, t.Rows-t.Faulty)
			inv.Fields = append(inv.Fields, f)
			switch {
			case c.Personal != "" && c.Personal.Direct():
				personal = "direct"
			case c.Personal != "" && personal == "none":
				personal = "indirect"
			}
		}
		s.Personal = personal
		inv.Sources = append(inv.Sources, s)
	}
	return inv
}

// fileTypes are the codes of the EU authority table of file types for the formats
// of sources.
var fileTypes = map[string]string{"csv": "CSV", "xlsx": "XLSX", "json": "JSON", "ndjson": "NDJSON", "geojson": "GEOJSON",
	"shapefile": "SHP", "gpkg": "GPKG", "parquet": "PARQUET"}

// FileType gives the code of the EU authority table of file types for a format of
// a source, or "" for one that has none.
func FileType(format string) string { return fileTypes[format] }

func sourceOf(t *profile.Table) Source {
	name := path.Base(filepath.ToSlash(t.File))
	stem := strings.TrimSuffix(name, path.Ext(name))
	if t.Sheet != "" {
		stem += " " + t.Sheet
	}
	s := Source{
		ID: identifier(stem), Name: stem, File: filepath.ToSlash(t.File), Sheet: t.Sheet,
		Format: FileType(t.Dialect.Value(format.Format)), Encoding: t.Dialect.Value(format.Encoding),
		Delimiter: t.Dialect.Value(format.Delimiter), Rows: strconv.FormatInt(t.Rows, 10),
		Volume: fmt.Sprintf("%d rows, %d columns", t.Rows, len(t.Columns)),
	}
	if s.Delimiter == "\t" {
		s.Delimiter = "tab"
	}
	if s.Format == "CSV" {
		s.Decimal = t.Dialect.Value(format.Decimal)
	}
	return s
}

// identifier makes an id of a name: its words with - between them.
func identifier(name string) string {
	id := strings.Map(func(r rune) rune {
		if r == ' ' || r > 'z' {
			return '-'
		}
		return r
	}, fold(name))
	if id = strings.Trim(id, "-"); id == "" {
		return "dataset"
	}
	return id
}

var (
	fieldTypes = map[profile.Type]string{
		profile.Boolean: "boolean", profile.Code: "code", profile.Year: "year", profile.Integer: "integer", profile.Number: "number",
		profile.Date: "date", profile.DateTime: "datetime", profile.Time: "time", profile.Point: "point", profile.GeoJSON: "geometry",
	}
	fieldRoles = map[profile.Role]string{
		profile.RoleID: "identifier", profile.RoleTime: "time", profile.RolePlace: "place", profile.RoleMeasure: "measure", profile.RoleDimension: "dimension",
	}
)

func fieldOf(source string, c *profile.Column, rows int64) Field {
	f := Field{Source: source, Header: c.Name, Type: "text", Unit: c.Unit, Role: "other", Personal: "no", Keep: "yes"}
	if t, ok := fieldTypes[c.Type]; ok {
		f.Type = t
	}
	if r, ok := fieldRoles[c.Role]; ok {
		f.Role = r
	}
	if c.Personal != "" {
		f.Personal = "yes"
	}
	if c.Type == profile.Integer || c.Type == profile.Number {
		f.Min, f.Max = c.Min, c.Max
	}
	if rows > 0 && c.Empty > 0 {
		f.Empty = strconv.FormatFloat(math.Round(1000*float64(c.Empty)/float64(rows))/10, 'f', -1, 64)
	}
	return f
}

// AddToWorkbook gives the workbook of an inventory with the datasets of more and
// their fields behind its own; everything else in it stays as it is. A dataset
// whose id is there already is an error.
func AddToWorkbook(name string, text []byte, more *Inventory) ([]byte, error) {
	inv, _, err := readWorkbook(name, text)
	if err != nil {
		return nil, err
	}
	for _, s := range more.Sources {
		for _, own := range inv.Sources {
			if own.ID == s.ID {
				return nil, fmt.Errorf("%s has a dataset %q already: delete its rows, or rename the file", name, s.ID)
			}
		}
	}
	inv.Sources = append(inv.Sources, more.Sources...)
	inv.Fields = append(inv.Fields, more.Fields...)
	book, err := openWorkbook(name, text)
	if err != nil {
		return nil, err
	}
	b := &builder{book: book, lang: languageOf(book), ranges: map[*Vocabulary]string{}}
	for _, t := range []*table{sourceTable, fieldTable} {
		if err := b.replace(t, inv.items(t)); err != nil {
			return nil, errors.Join(fmt.Errorf("write the datasets into %s: %w", name, err), book.Close())
		}
	}
	var out bytes.Buffer
	if err := writeBook(&out, book); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

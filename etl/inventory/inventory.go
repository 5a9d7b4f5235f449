// Package inventory owns the data inventory of a use case: the list of its
// datasets and their columns that a project team fills in before anything is
// converted. It is read from a workbook or from YAML of the same content,
// written as either, checked against a JSON Schema (schema.json) and held
// against the real files.
//
// A workbook has the sheets Project (a line an item), Sources (a row a dataset)
// and Fields (a row a column of a dataset). Names of sheets and headers are read
// without regard to case, accents and punctuation, in English or French; columns
// and sheets of the team's own stay untouched; empty rows are skipped.
package inventory

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Inventory is what a project team knows about its data.
type Inventory struct {
	Project Project
	Sources []Source
	Fields  []Field

	file string
	// absent holds, by sheet, the required columns that a workbook does not
	// have: reported once, not for every row.
	absent map[string][]string
}

// Project says what the inventory is for.
type Project struct {
	Name         string `inventory:"name"`
	Purpose      string `inventory:"purpose"`
	Organisation string `inventory:"organisation"`
	Territory    string `inventory:"territory"`
	Contact      string `inventory:"contact"`
	Updated      string `inventory:"updated"`
	Extra        []Extra

	place place
}

// Source is one dataset. Every member is text as it was written, but for the
// vocabularies of schema.json, whose labels are turned into their code. Name to
// Transformation are the twelve facts that the prototyping guide asks for.
type Source struct {
	ID             string `inventory:"id"`
	Name           string `inventory:"name"`
	Producer       string `inventory:"producer"`
	Type           string `inventory:"type"`
	Format         string `inventory:"format"`
	Metadata       string `inventory:"metadata"`
	Schema         string `inventory:"schema"`
	Access         string `inventory:"access"`
	Licence        string `inventory:"licence"`
	Volume         string `inventory:"volume"`
	Frequency      string `inventory:"frequency"`
	Quality        string `inventory:"quality"`
	Transformation string `inventory:"transformation"`
	Personal       string `inventory:"personal"`
	// File is a path relative to the use case's folder.
	File      string `inventory:"file"`
	URL       string `inventory:"url"`
	Sheet     string `inventory:"sheet"`
	Encoding  string `inventory:"encoding"`
	Delimiter string `inventory:"delimiter"`
	Decimal   string `inventory:"decimal"`
	Rows      string `inventory:"rows"`
	Extra     []Extra

	place place
}

// Field is one column of a dataset.
type Field struct {
	Source      string `inventory:"source"`
	Header      string `inventory:"header"`
	Description string `inventory:"description"`
	Type        string `inventory:"type"`
	Unit        string `inventory:"unit"`
	Role        string `inventory:"role"`
	// Personal and Keep are "yes", "no", or what stands there instead.
	Personal string `inventory:"personal"`
	Keep     string `inventory:"keep"`
	Why      string `inventory:"why"`
	Extra    []Extra

	place place
}

// Extra is a cell of a column that is the team's own.
type Extra struct{ Header, Text string }

// At gives where the value of a key of schema.json stands, or where it would.
func (p *Project) At(key string) finding.Location { return p.place.at(projectTable, key) }

// At gives where the value of a key of schema.json stands, or where it would.
func (s *Source) At(key string) finding.Location { return s.place.at(sourceTable, key) }

// At gives where the value of a key of schema.json stands, or where it would.
func (f *Field) At(key string) finding.Location { return f.place.at(fieldTable, key) }

// FieldsOf gives the fields of the dataset with this id, in order.
func (inv *Inventory) FieldsOf(source string) []*Field {
	var list []*Field
	for i := range inv.Fields {
		if inv.Fields[i].Source == source {
			list = append(list, &inv.Fields[i])
		}
	}
	return list
}

// place is where a row was read.
type place struct {
	row   finding.Location
	cells map[string]finding.Location // by key
}

func (p place) at(t *table, key string) finding.Location {
	if at, ok := p.cells[key]; ok {
		return at
	}
	at := p.row
	if at.Row > 0 {
		if c := t.column(key); c != nil {
			at.Column = c.Title
		}
	} else if at.Pointer != "" && key != "" {
		at.Pointer += "/" + key
	}
	return at
}

// row is what a reader found before it is known to be right.
type row struct {
	place  place
	values map[string]string // by key
	extra  []Extra
}

// rows are the three tables as a reader found them.
type rows struct {
	project row
	sources []row
	fields  []row
}

// assemble makes the inventory of what a reader found.
func assemble(file string, found rows) *Inventory {
	inv := &Inventory{file: file}
	fill(&inv.Project, projectTable, found.project)
	inv.Project.Extra, inv.Project.place = found.project.extra, found.project.place
	for _, r := range found.sources {
		var s Source
		fill(&s, sourceTable, r)
		s.Extra, s.place = r.extra, r.place
		inv.Sources = append(inv.Sources, s)
	}
	for _, r := range found.fields {
		var f Field
		fill(&f, fieldTable, r)
		f.Extra, f.place = r.extra, r.place
		inv.Fields = append(inv.Fields, f)
	}
	return inv
}

// fill sets the members of a Project, Source or Field from the values of a row.
func fill(into any, t *table, r row) {
	v := reflect.ValueOf(into).Elem()
	for _, c := range t.Columns {
		v.Field(c.field).SetString(c.canonical(r.values[c.Key]))
	}
}

// values gives the members of a Project, Source or Field by key, without the empty ones.
func values(from any, t *table) map[string]string {
	v := reflect.ValueOf(from).Elem()
	m := map[string]string{}
	for _, c := range t.Columns {
		if text := v.Field(c.field).String(); text != "" {
			m[c.Key] = text
		}
	}
	return m
}

// Found is what a Prober saw of a dataset's file.
type Found struct {
	// Exists is false where there is no such file; the rest is then not set,
	// but for Nearest.
	Exists bool
	// Nearest is the path of a file that might have been meant, or "".
	Nearest string
	// Fault is set where the file cannot be read as a table (empty, not the
	// format its name says, no such sheet); its message goes to the user.
	Fault *finding.Finding
	// Format is a code of the inventory's vocabulary, such as CSV; "" is not known.
	Format string
	// Encoding and Delimiter are codes of the inventory's vocabulary; "" where
	// not known or where any would do (a file of ASCII has no one encoding).
	Encoding  string
	Delimiter string
	// Columns are the names of the header in order; nil where not known.
	Columns []string
	// Rows counts the rows below the header; -1 where not counted.
	Rows int
}

// Prober looks at the file of a dataset. The error is for faults of the system,
// such as a disk; what is wrong with the file goes into Found.
type Prober interface {
	Probe(ctx context.Context, s *Source) (Found, error)
}

// sameHeader reports whether two header names differ at most in what a person
// does not see: case, accents, blanks and punctuation.
func sameHeader(a, b string) bool { return a == b || fold(a) != "" && fold(a) == fold(b) }

// names gives every name under which a sheet or column is found.
func names(title, key string, others []string) []string {
	list := append([]string{title, key}, others...)
	for i, name := range list {
		list[i] = fold(name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isBlank reports whether a cell says nothing.
func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

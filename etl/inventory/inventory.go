// Package inventory owns the data inventory of a use case: what a project team
// knows of its data and of what it wants to show, filled in before anything is
// converted. It is read from a workbook or from YAML of the same content,
// written as either, checked against a JSON Schema (schema.json) and rules, held
// against the real files and links, and annotated.
//
// A workbook has a sheet for each member of Inventory: Project (a line an item),
// the others a row a thing; only Project, Sources and Fields must be there. Names
// of sheets and headers are read without regard to case, accents and
// punctuation, in English or French; columns and sheets of the team's own stay
// untouched; empty rows are skipped.
package inventory

import (
	"reflect"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Inventory is what a project team knows about its data. The tags name the key
// of a table in YAML and its definition in schema.json.
type Inventory struct {
	Project         Project         `inventory:"project,project"`
	Personas        []Persona       `inventory:"personas,persona"`
	Functionalities []Functionality `inventory:"functionalities,functionality"`
	Sources         []Source        `inventory:"sources,source"`
	Fields          []Field         `inventory:"fields,field"`
	Roles           []Role          `inventory:"roles,role"`
	Lifecycle       []Stage         `inventory:"lifecycle,stage"`
	Models          []Model         `inventory:"models,model"`
	Mappings        []Mapping       `inventory:"mappings,mapping"`
	Indicators      []Indicator     `inventory:"indicators,indicator"`
	Checks          []Check         `inventory:"checks,check"`

	file string
	// absent holds, by table, the required columns that a workbook does not
	// have: reported once, not for every row.
	absent map[string][]string
	// grid tells where in a workbook things stand; empty for YAML.
	grid grid
}

// Line is what each row of each table has beside its values. Every value is text
// as it was written, but for the vocabularies of schema.json, whose labels and
// URIs are turned into their code, and numbers, which are written as in JSON.
type Line struct {
	// Extra are the cells of columns that are the team's own.
	Extra []Extra

	table *table
	place place
}

// Extra is a cell of a column that is the team's own.
type Extra struct{ Header, Text string }

// At gives where the value of a key of schema.json stands, or where it would.
func (l *Line) At(key string) finding.Location { return l.place.at(l.table, key) }

// Project says what the inventory is for.
type Project struct {
	Name         string `inventory:"name"`
	Purpose      string `inventory:"purpose"`
	Organisation string `inventory:"organisation"`
	SIRET        string `inventory:"siret"`
	Territory    string `inventory:"territory"`
	Contact      string `inventory:"contact"`
	Updated      string `inventory:"updated"`
	Line
}

// Persona is somebody who uses the prototype.
type Persona struct {
	ID           string `inventory:"id"`
	Name         string `inventory:"name"`
	Need         string `inventory:"need"`
	Level        string `inventory:"level"`
	Organisation string `inventory:"organisation"`
	Line
}

// Functionality is something that the prototype shows or does.
type Functionality struct {
	ID          string `inventory:"id"`
	Name        string `inventory:"name"`
	Description string `inventory:"description"`
	// Indicators and Personas are ids; see List.
	Indicators string `inventory:"indicators"`
	Personas   string `inventory:"personas"`
	Priority   string `inventory:"priority"`
	Line
}

// Source is one dataset. Name to Transformation hold the twelve facts that the
// prototyping guide asks for.
type Source struct {
	ID             string `inventory:"id"`
	Name           string `inventory:"name"`
	Producer       string `inventory:"producer"`
	SIRET          string `inventory:"siret"`
	Type           string `inventory:"type"`
	Theme          string `inventory:"theme"`
	Format         string `inventory:"format"`
	Metadata       string `inventory:"metadata"`
	Schema         string `inventory:"schema"`
	Access         string `inventory:"access"`
	Licence        string `inventory:"licence"`
	Rights         string `inventory:"rights"`
	Volume         string `inventory:"volume"`
	Frequency      string `inventory:"frequency"`
	Modified       string `inventory:"modified"`
	Quality        string `inventory:"quality"`
	Transformation string `inventory:"transformation"`
	// Personal is a code of the vocabulary personal-data, and may have a remark
	// behind a semicolon.
	Personal  string `inventory:"personal"`
	Basis     string `inventory:"basis"`
	Retention string `inventory:"retention"`
	// File is a path relative to the use case's folder.
	File      string `inventory:"file"`
	URL       string `inventory:"url"`
	Sheet     string `inventory:"sheet"`
	Encoding  string `inventory:"encoding"`
	Delimiter string `inventory:"delimiter"`
	Decimal   string `inventory:"decimal"`
	Rows      string `inventory:"rows"`
	Line
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
	Min      string `inventory:"min"`
	Max      string `inventory:"max"`
	// Empty is the share of rows without a value, in percent.
	Empty string `inventory:"empty"`
	Line
}

// Role is somebody who does something for the project.
type Role struct {
	Name         string `inventory:"name"`
	Role         string `inventory:"role"`
	Organisation string `inventory:"organisation"`
	Email        string `inventory:"email"`
	Level        string `inventory:"level"`
	Sources      string `inventory:"sources"`
	Line
}

// Stage is a step that a dataset has reached.
type Stage struct {
	Source      string `inventory:"source"`
	Stage       string `inventory:"stage"`
	Date        string `inventory:"date"`
	Responsible string `inventory:"responsible"`
	Comment     string `inventory:"comment"`
	Line
}

// Model is an entity type that data becomes.
type Model struct {
	ID       string `inventory:"id"`
	Type     string `inventory:"type"`
	Status   string `inventory:"status"`
	Origin   string `inventory:"origin"`
	URI      string `inventory:"uri"`
	Template string `inventory:"template"`
	Context  string `inventory:"context"`
	Why      string `inventory:"why"`
	Line
}

// Mapping is a column that becomes an attribute: a row of the guide's mapping table.
type Mapping struct {
	Source    string `inventory:"source"`
	Field     string `inventory:"field"`
	Model     string `inventory:"model"`
	Attribute string `inventory:"attribute"`
	Kind      string `inventory:"kind"`
	Ontology  string `inventory:"ontology"`
	Rule      string `inventory:"rule"`
	UnitIn    string `inventory:"unitIn"`
	UnitOut   string `inventory:"unitOut"`
	Feature   string `inventory:"feature"`
	Quality   string `inventory:"quality"`
	Line
}

// Indicator is what is shown in the end.
type Indicator struct {
	ID      string `inventory:"id"`
	Name    string `inventory:"name"`
	Formula string `inventory:"formula"`
	Unit    string `inventory:"unit"`
	// Inputs are attributes or feature names of Mappings; see List.
	Inputs   string `inventory:"inputs"`
	Personas string `inventory:"personas"`
	Chart    string `inventory:"chart"`
	Line
}

// Check is what a probe saw of one link.
type Check struct {
	Source  string `inventory:"source"`
	Column  string `inventory:"column"`
	Target  string `inventory:"target"`
	Result  string `inventory:"result"`
	Status  string `inventory:"status"`
	Size    string `inventory:"size"`
	Media   string `inventory:"media"`
	Time    string `inventory:"time"`
	Checked string `inventory:"checked"`
	Line
}

// List gives the parts of a value that names several things, with semicolons or
// line breaks between them.
func List(text string) []string {
	var list []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

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

// Source gives the dataset with this id, or nil.
func (inv *Inventory) Source(id string) *Source {
	i := slices.IndexFunc(inv.Sources, func(s Source) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &inv.Sources[i]
}

// MappingsOf gives the mappings that an indicator's input names: by the feature
// name, by the attribute, or by "model.attribute".
func (inv *Inventory) MappingsOf(input string) []*Mapping {
	var list []*Mapping
	for i := range inv.Mappings {
		m := &inv.Mappings[i]
		if input != "" && (input == m.Feature || input == m.Attribute || input == m.Model+"."+m.Attribute) {
			list = append(list, m)
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
	if at.Row > 0 && t != nil {
		if c := t.column(key); c != nil {
			at.Column = c.Title.En
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

// assemble makes the inventory of what a reader found: the rows of each table,
// by its key.
func assemble(file string, found map[string][]row) *Inventory {
	inv := &Inventory{file: file}
	v := reflect.ValueOf(inv).Elem()
	for _, t := range tables {
		into := v.Field(t.field)
		if t == projectTable {
			for _, r := range found[t.Key] {
				fill(into, t, r)
			}
			continue
		}
		for _, r := range found[t.Key] {
			one := reflect.New(into.Type().Elem()).Elem()
			fill(one, t, r)
			into.Set(reflect.Append(into, one))
		}
	}
	return inv
}

// fill sets the members of a line from the values of a row.
func fill(into reflect.Value, t *table, r row) {
	for _, c := range t.Columns {
		into.Field(c.field).SetString(c.canonical(r.values[c.Key]))
	}
	line := into.FieldByName("Line").Addr().Interface().(*Line)
	*line = Line{Extra: r.extra, table: t, place: r.place}
}

// item is one line of a table, whatever its type.
type item struct {
	*Line
	t *table
	v reflect.Value
}

// items gives the lines of a table.
func (inv *Inventory) items(t *table) []item {
	v := reflect.ValueOf(inv).Elem().Field(t.field)
	one := func(v reflect.Value) item {
		return item{Line: v.FieldByName("Line").Addr().Interface().(*Line), t: t, v: v}
	}
	if t == projectTable {
		return []item{one(v)}
	}
	list := make([]item, v.Len())
	for i := range list {
		list[i] = one(v.Index(i))
	}
	return list
}

// value gives a value by its key, "" where there is none.
func (i item) value(key string) string {
	if c := i.t.column(key); c != nil {
		return i.v.Field(c.field).String()
	}
	return ""
}

// values gives the values by key, without the empty ones.
func (i item) values() map[string]string {
	m := map[string]string{}
	for _, c := range i.t.Columns {
		if text := i.v.Field(c.field).String(); text != "" {
			m[c.Key] = text
		}
	}
	return m
}

// names gives every name under which a sheet or column is found.
func names(list ...string) []string {
	for i, name := range list {
		list[i] = fold(name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sameHeader reports whether two header names differ at most in what a person
// does not see: case, accents, blanks and punctuation.
func sameHeader(a, b string) bool { return a == b || fold(a) != "" && fold(a) == fold(b) }

// isBlank reports whether a cell says nothing.
func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Check gives every fault of the content: against the JSON Schema (required
// cells, vocabularies, formats), then what a schema cannot say (ids twice,
// fields of a source that is not listed, unknown units).
//
// They stand in the order of the sheets and rows, or of the lines.
func (inv *Inventory) Check() []finding.Finding {
	list := inv.checkSchema()
	list = append(list, inv.checkSources()...)
	list = append(list, inv.checkFields()...)
	sheet := map[string]int{}
	for i := range inv.Fields {
		sheet[inv.Fields[i].place.row.Sheet] = 2
	}
	for i := range inv.Sources {
		sheet[inv.Sources[i].place.row.Sheet] = 1
	}
	sheet[inv.Project.place.row.Sheet] = 0
	slices.SortStableFunc(list, func(a, b finding.Finding) int {
		return cmp.Or(
			cmp.Compare(sheet[a.Location.Sheet], sheet[b.Location.Sheet]),
			cmp.Compare(a.Location.Row, b.Location.Row),
			cmp.Compare(a.Location.Line, b.Location.Line),
			cmp.Compare(a.Location.Column, b.Location.Column),
			cmp.Compare(a.Location.Pointer, b.Location.Pointer))
	})
	return list
}

// document gives the inventory as the JSON value that schema.json speaks of.
func (inv *Inventory) document() map[string]any {
	item := func(from any, t *table) map[string]any {
		m := map[string]any{}
		for key, text := range values(from, t) {
			if _, err := strconv.ParseUint(text, 10, 63); err == nil && t.column(key).Integer {
				m[key] = json.Number(text)
				continue
			}
			m[key] = text
		}
		return m
	}
	sources, fields := []any{}, []any{}
	for i := range inv.Sources {
		sources = append(sources, item(&inv.Sources[i], sourceTable))
	}
	for i := range inv.Fields {
		fields = append(fields, item(&inv.Fields[i], fieldTable))
	}
	return map[string]any{"project": item(&inv.Project, projectTable), "sources": sources, "fields": fields}
}

func (inv *Inventory) checkSchema() []finding.Finding {
	err := schema().Validate(inv.document())
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	var list []finding.Finding
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			list = append(list, inv.translate(e)...)
		}
	}
	walk(invalid)
	return list
}

// translate says a violation of the schema in the words of the workbook.
func (inv *Inventory) translate(e *jsonschema.ValidationError) []finding.Finding {
	steps := strings.Split(strings.TrimPrefix(e.InstanceLocation, "/"), "/")
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	i := slices.IndexFunc(tables, func(t *table) bool { return t.Key == steps[0] })
	if i < 0 {
		return nil // the document is made by us and always has the three tables
	}
	t := tables[i]
	var of place
	var have map[string]string
	switch t {
	case projectTable:
		of, have = inv.Project.place, values(&inv.Project, t)
		steps = steps[1:]
	default:
		if len(steps) == 1 { // minItems
			if len(inv.absent[t.Key]) > 0 {
				return nil
			}
			f := finding.New(finding.InventoryMissing, finding.Location{File: inv.file, Sheet: inv.sheetOf(t)}, "no %s are listed", t.Key)
			return []finding.Finding{f.WithHint("%s", t.Note)}
		}
		n, err := strconv.Atoi(steps[1])
		if err != nil {
			return nil
		}
		if t == sourceTable {
			of, have = inv.Sources[n].place, values(&inv.Sources[n], t)
		} else {
			of, have = inv.Fields[n].place, values(&inv.Fields[n], t)
		}
		steps = steps[2:]
	}
	if keyword == "required" {
		required := t.Required
		if strings.Contains(e.KeywordLocation, "/then/") {
			required = []string{"why"}
		}
		var list []finding.Finding
		for _, key := range required {
			if have[key] != "" || slices.Contains(inv.absent[t.Key], key) {
				continue
			}
			c := t.column(key)
			message := fmt.Sprintf("%s is empty", strings.ToLower(c.Title))
			if key == "why" {
				message = "the column is not kept, and why is empty"
			}
			list = append(list, finding.New(finding.InventoryMissing, of.at(t, key), "%s", message).WithHint("%s", c.Note))
		}
		return list
	}
	if len(steps) == 0 {
		return nil
	}
	c := t.column(steps[0])
	if c == nil {
		return nil
	}
	text := have[c.Key]
	f := finding.New(finding.InventoryValue, of.at(t, c.Key), "%q is not a value of %s", text, c.Title)
	switch {
	case keyword == "minLength":
		f.Code = finding.InventoryMissing
		f.Message = strings.ToLower(c.Title) + " is empty"
		f.Hint = c.Note
	case len(c.Values) > 0:
		f = f.WithHint("use one of %s", strings.Join(c.Values, ", "))
		candidates := slices.Clone(c.Values)
		for _, value := range c.Values {
			candidates = append(candidates, c.Labels[value]...)
		}
		if near := finding.Nearest(text, candidates); near != "" {
			f = f.WithHint("did you mean %s? It may be %s", c.canonical(near), strings.Join(c.Values, ", "))
		}
	case keyword == "format":
		f.Message = fmt.Sprintf("%q is not %s", text, formatWords[formatOf(e)])
		f.Hint = c.Note
	case keyword == "pattern":
		f.Message = fmt.Sprintf("%q is not a possible %s", text, strings.ToLower(c.Title))
		f.Hint = c.Note
	case c.Integer:
		f.Message = fmt.Sprintf("%q is not a whole number", text)
		f.Hint = "write digits only, without blanks"
	}
	return []finding.Finding{f}
}

// formatWords names the formats of the schema for people.
var formatWords = map[string]string{
	"uri":   "a full address such as https://data.example.org/file.csv",
	"date":  "a date such as 2026-01-31",
	"email": "an e-mail address",
}

// formatOf gives the name of the format that a violation speaks of; the library
// has it at the end of its message only: 'x' is not valid 'uri'.
func formatOf(e *jsonschema.ValidationError) string {
	parts := strings.Split(e.Message, "'")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

// sheetOf gives the sheet of a table where the inventory is a workbook.
func (inv *Inventory) sheetOf(t *table) string {
	if inv.Project.place.row.Sheet == "" {
		return ""
	}
	return t.Title
}

func (inv *Inventory) checkSources() []finding.Finding {
	var list []finding.Finding
	seen := map[string]*Source{}
	for i := range inv.Sources {
		s := &inv.Sources[i]
		if s.ID != "" {
			if first, ok := seen[s.ID]; ok {
				list = append(list, finding.New(finding.InventoryValue, s.At("id"), "the id %q is already that of another source, at %s", s.ID, first.At("id")).
					WithHint("give each source an id of its own"))
			} else {
				seen[s.ID] = s
			}
		}
		if s.File == "" && s.URL == "" {
			list = append(list, finding.New(finding.InventoryMissing, s.At("file"), "the source has neither a file nor a url").
				WithHint("say where the data is: the path of a file, or an address"))
		}
		if s.ID != "" && len(inv.Fields) > 0 && len(inv.FieldsOf(s.ID)) == 0 {
			f := finding.New(finding.InventoryRef, s.At("id"), "no fields are listed for source %q", s.ID).
				WithHint("add a row for each of its columns to the Fields sheet")
			f.Severity = finding.Warning
			list = append(list, f)
		}
	}
	return list
}

func (inv *Inventory) checkFields() []finding.Finding {
	var list []finding.Finding
	var ids []string
	for i := range inv.Sources {
		ids = append(ids, inv.Sources[i].ID)
	}
	type column struct{ source, header string }
	seen := map[column]*Field{}
	for i := range inv.Fields {
		f := &inv.Fields[i]
		if f.Source != "" && !slices.Contains(ids, f.Source) && len(ids) > 0 {
			missing := finding.New(finding.InventoryRef, f.At("source"), "there is no source with the id %q", f.Source).
				WithHint("the sources are %s", strings.Join(ids, ", "))
			if near := finding.Nearest(f.Source, ids); near != "" {
				missing = missing.WithHint("did you mean %q?", near)
			}
			list = append(list, missing)
		}
		if f.Source != "" && f.Header != "" {
			key := column{f.Source, f.Header}
			if first, ok := seen[key]; ok {
				list = append(list, finding.New(finding.InventoryValue, f.At("header"), "the column %q of %s is listed twice, first at %s", f.Header, f.Source, first.At("header")).
					WithHint("delete one of the rows"))
			} else {
				seen[key] = f
			}
		}
		if f.Unit != "" {
			_, code := unit.Lookup(f.Unit)
			_, symbol := unit.Parse(f.Unit)
			if !code && !symbol {
				unknown := finding.New(finding.InventoryValue, f.At("unit"), "%q is not a unit that UN/CEFACT has", f.Unit).
					WithHint("use a code such as KWH, MTK or CEL, or a symbol such as kWh, m² or °C; leave it empty for a count")
				if near := unit.Nearest(f.Unit); near != "" {
					unknown = unknown.WithHint("did you mean %s?", near)
				}
				list = append(list, unknown)
			}
		}
	}
	return list
}

// CheckFiles holds the sources that name a file against what the prober sees:
// is it there, is its format, encoding and delimiter as stated, are the columns
// there, in both directions. The error is for faults of the system.
func (inv *Inventory) CheckFiles(ctx context.Context, p Prober) ([]finding.Finding, error) {
	var list []finding.Finding
	for i := range inv.Sources {
		s := &inv.Sources[i]
		if s.File == "" {
			continue
		}
		found, err := p.Probe(ctx, s)
		if err != nil {
			return list, fmt.Errorf("look at the file of source %q: %w", s.ID, err)
		}
		list = append(list, inv.compare(s, found)...)
	}
	return list, nil
}

// western are encodings that differ in so few characters that a file seldom
// tells which of them it is.
var western = []string{"windows-1252", "iso-8859-1", "iso-8859-15"}

// compare says where a source's file is not as stated.
func (inv *Inventory) compare(s *Source, found Found) []finding.Finding {
	var list []finding.Finding
	if !found.Exists {
		f := finding.New(finding.InventoryFile, s.At("file"), "there is no file %q", s.File).
			WithHint("the path counts from the use case's folder")
		if found.Nearest != "" {
			f = f.WithHint("did you mean %q?", found.Nearest)
		}
		return append(list, f)
	}
	found.Format = sourceTable.column("format").canonical(found.Format)
	found.Encoding = sourceTable.column("encoding").canonical(found.Encoding)
	found.Delimiter = sourceTable.column("delimiter").canonical(found.Delimiter)
	differs := func(key, what, stated, seen, hint string) {
		if stated != "" && seen != "" && stated != seen && !(slices.Contains(western, stated) && slices.Contains(western, seen)) {
			list = append(list, finding.New(finding.InventoryFormat, s.At(key), "%s: the %s is %s, not %s", s.File, what, seen, stated).WithHint("%s", hint))
		}
	}
	differs("format", "format", s.Format, found.Format, "state "+found.Format+", or put the right file there")
	if found.Fault != nil {
		f := finding.New(finding.InventoryFormat, s.At("file"), "%s: %s", s.File, found.Fault.Message)
		f.Severity = found.Fault.Severity
		if found.Fault.Hint != "" {
			f = f.WithHint("%s", found.Fault.Hint)
		}
		list = append(list, f)
	}
	differs("encoding", "encoding", s.Encoding, found.Encoding, "state "+found.Encoding+", or save the file as "+s.Encoding)
	differs("delimiter", "delimiter", s.Delimiter, found.Delimiter, "state the delimiter that the file has")
	if n, err := strconv.Atoi(s.Rows); err == nil && found.Rows >= 0 && n != found.Rows {
		f := finding.New(finding.InventoryFormat, s.At("rows"), "%s: it has %d rows, not %d", s.File, found.Rows, n).
			WithHint("correct the number if the data was renewed; else find out which rows are missing")
		f.Severity = finding.Warning
		list = append(list, f)
	}
	if found.Columns == nil {
		return list
	}
	listed := inv.FieldsOf(s.ID)
	for _, field := range listed {
		if field.Header == "" || slices.Contains(found.Columns, field.Header) {
			continue
		}
		f := finding.New(finding.InventoryColumn, field.At("header"), "%s has no column %q", s.File, field.Header).
			WithHint("its columns are %s", quoted(found.Columns))
		near := finding.Nearest(field.Header, found.Columns)
		for _, column := range found.Columns {
			if sameHeader(column, field.Header) {
				near = column
			}
		}
		if near != "" {
			f = f.WithHint("did you mean %q? Write it exactly as it stands in the file", near)
		}
		list = append(list, f)
	}
	if len(listed) == 0 {
		return list // said by Check
	}
	for _, column := range found.Columns {
		if strings.TrimSpace(column) == "" || slices.ContainsFunc(listed, func(f *Field) bool { return f.Header == column }) {
			continue
		}
		f := finding.New(finding.InventoryColumn, s.At("id"), "%s has a column %q that no row of the Fields sheet describes", s.File, column).
			WithHint("add a row for it, and say whether it is kept")
		f.Severity = finding.Warning
		list = append(list, f)
	}
	return list
}

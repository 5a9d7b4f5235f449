package inventory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Check gives every fault of the content: against the JSON Schema (required
// cells, vocabularies, formats), then what a schema cannot say: ids twice, what
// refers to nothing and what nothing refers to, dates, units, SIRET, and what the
// GDPR asks for. now is the time to which dates are held.
//
// They stand in the order of the sheets and rows, or of the lines.
func (inv *Inventory) Check(now time.Time) []finding.Finding {
	var list []finding.Finding
	for _, rule := range []func() []finding.Finding{
		inv.checkSchema, inv.checkPlaces, inv.checkDuplicates, inv.checkReferences, inv.checkOrphans, inv.checkUnits, inv.checkSIRETs,
		inv.checkModels, inv.checkPersonal,
	} {
		list = append(list, rule()...)
	}
	list = append(list, inv.checkDates(now)...)
	inv.sort(list)
	return list
}

// sort orders findings by sheet, row and column, or by line.
func (inv *Inventory) sort(list []finding.Finding) {
	sheet := map[string]int{}
	for name, s := range inv.grid {
		sheet[name] = 1 + slices.Index(tables, s.table)
	}
	slices.SortStableFunc(list, func(a, b finding.Finding) int {
		return cmp.Or(
			cmp.Compare(sheet[a.Location.Sheet], sheet[b.Location.Sheet]),
			cmp.Compare(a.Location.Row, b.Location.Row),
			cmp.Compare(a.Location.Line, b.Location.Line),
			cmp.Compare(a.Location.Column, b.Location.Column),
			cmp.Compare(a.Location.Pointer, b.Location.Pointer))
	})
}

// document gives the inventory as the JSON value that schema.json speaks of.
func (inv *Inventory) document() map[string]any {
	document := map[string]any{}
	for _, t := range tables {
		list := []any{}
		for _, i := range inv.items(t) {
			line := map[string]any{}
			for key, text := range i.values() {
				line[key] = t.column(key).json(text)
			}
			list = append(list, line)
		}
		if t == projectTable {
			document[t.Key] = list[0]
		} else {
			document[t.Key] = list
		}
	}
	return document
}

// json gives a value as JSON has it; a number that is none stays text.
func (c *column) json(text string) any {
	switch c.Type {
	case "array":
		list := []any{}
		for _, part := range List(text) {
			list = append(list, part)
		}
		return list
	case "integer", "number":
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	}
	return text
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
		return nil // the document is made by us and always has its tables
	}
	t, steps := tables[i], steps[1:]
	lines := inv.items(t)
	var line item
	switch {
	case t == projectTable:
		line = lines[0]
	case len(steps) == 0: // minItems
		if len(inv.absent[t.Key]) > 0 {
			return nil
		}
		f := finding.New(finding.InventoryMissing, finding.Location{File: inv.file, Sheet: inv.sheetOf(t)}, "no %s are listed", t.Key)
		return []finding.Finding{f.WithHint("%s", t.Note.En)}
	default:
		n, err := strconv.Atoi(steps[0])
		if err != nil {
			return nil
		}
		line, steps = lines[n], steps[1:]
	}
	if keyword == "required" {
		required := t.Required
		if strings.Contains(e.KeywordLocation, "/then/") {
			required = []string{"why"}
		}
		return inv.missing(line, required)
	}
	if len(steps) == 0 {
		return nil
	}
	c := t.column(steps[0])
	if c == nil {
		return nil
	}
	return []finding.Finding{c.violation(line, keyword, e)}
}

// missing gives the required values that a line does not have.
func (inv *Inventory) missing(line item, required []string) []finding.Finding {
	var list []finding.Finding
	for _, key := range required {
		if line.value(key) != "" || slices.Contains(inv.absent[line.t.Key], key) {
			continue
		}
		c := line.t.column(key)
		message := fmt.Sprintf("%s is empty", strings.ToLower(c.Title.En))
		if line.t == fieldTable && key == "why" {
			message = "the column is not kept, and why is empty"
		}
		list = append(list, finding.New(finding.InventoryMissing, line.At(key), "%s", message).WithHint("%s", c.Note.En))
	}
	return list
}

// violation says what is wrong with one value.
func (c *column) violation(line item, keyword string, e *jsonschema.ValidationError) finding.Finding {
	text, title := line.value(c.Key), strings.ToLower(c.Title.En)
	f := finding.New(finding.InventoryValue, line.At(c.Key), "%q is not a possible %s", text, title).WithHint("%s", c.Note.En)
	switch {
	case keyword == "minLength":
		f.Code, f.Message = finding.InventoryMissing, title+" is empty"
	case c.Vocabulary != nil:
		f.Code, f.Message = finding.InventoryWord, fmt.Sprintf("%q is not a value of %s", text, c.Title.En)
		f.Hint = c.Vocabulary.hint(text)
	case c.Format == "date":
		f.Code, f.Message = finding.InventoryDate, fmt.Sprintf("%q is not a date such as 2026-01-31", text)
	case c.Format == "uri":
		f.Code, f.Message = finding.InventoryURL, fmt.Sprintf("%q is not a full address such as https://data.example.org/file.csv", text)
	case c.Format == "email":
		f.Message = fmt.Sprintf("%q is not an e-mail address", text)
	case keyword == "maximum" || keyword == "minimum":
		f.Message = fmt.Sprintf("%s cannot be %s: %s", title, text, e.Message)
	case c.Type == "integer":
		f.Message, f.Hint = fmt.Sprintf("%q is not a whole number", text), "write digits only"
	case c.Type == "number":
		f.Message, f.Hint = fmt.Sprintf("%q is not a number", text), "write digits, with a point or a comma before the decimals"
	}
	return f
}

// shownCodes is how many codes of a vocabulary a hint lists.
const shownCodes = 20

// hint says what could stand there instead of text.
func (v *Vocabulary) hint(text string) string {
	codes := strings.Join(v.Codes[:min(shownCodes, len(v.Codes))], ", ")
	if more := len(v.Codes) - shownCodes; more > 0 {
		codes += fmt.Sprintf(" and %d more", more)
	}
	if near := finding.Nearest(text, v.known()); near != "" {
		if code, ok := v.code(near); ok {
			return fmt.Sprintf("did you mean %s? It may be %s", code, codes)
		}
	}
	return "use one of " + codes
}

// sheetOf gives the sheet of a table where the inventory is a workbook that has it.
func (inv *Inventory) sheetOf(t *table) string {
	for name, s := range inv.grid {
		if s.table == t {
			return name
		}
	}
	return ""
}

// checkPlaces holds that each dataset says where it is, at an address that can
// be one, under a licence that is known.
func (inv *Inventory) checkPlaces() []finding.Finding {
	var list []finding.Finding
	for i := range inv.Sources {
		s := &inv.Sources[i]
		if s.File == "" && s.URL == "" {
			list = append(list, finding.New(finding.InventoryMissing, s.At("file"), "the source has neither a file nor a url").
				WithHint("say where the data is: the path of a file, or an address"))
		}
		for _, key := range linkColumns {
			if fault := addressFault(s.value(key)); fault != "" && (key != "url" || isURI(s.URL)) {
				list = append(list, finding.New(finding.InventoryURL, s.At(key), "%q is not an address that can be opened: %s", s.value(key), fault).
					WithHint("copy it from the browser, with https:// in front"))
			}
		}
		if s.Licence != "" && !s.licensed() {
			f := finding.New(finding.InventoryWord, s.At("licence"), "%q is not a licence of the EU authority table", s.Licence).
				WithHint("%s", vocabularies["licence"].hint(s.Licence))
			f.Severity = finding.Warning
			list = append(list, f)
		}
	}
	return list
}

// value gives a value that may be an address, by its key.
func (s *Source) value(key string) string {
	switch key {
	case "url":
		return s.URL
	case "metadata":
		return s.Metadata
	case "schema":
		return s.Schema
	case "licence":
		return s.Licence
	}
	return ""
}

// licensed reports whether the licence is one of the vocabulary, or the address of
// another.
func (s *Source) licensed() bool {
	_, known := vocabularies["licence"].code(s.Licence)
	return known || strings.HasPrefix(s.Licence, "https://") || strings.HasPrefix(s.Licence, "http://")
}

// checkModels holds that a new model says why.
func (inv *Inventory) checkModels() []finding.Finding {
	var list []finding.Finding
	for i := range inv.Models {
		m := &inv.Models[i]
		if m.Status == "new" && m.Why == "" {
			list = append(list, finding.New(finding.InventoryJustification, m.At("why"), "the model %s is new, and its justification is empty", m.ID).
				WithHint("say why no existing model serves; a new one is the last resort"))
		}
	}
	return list
}

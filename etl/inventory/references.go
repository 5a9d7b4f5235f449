package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// idKey is the key by which other tables name the lines of this one; "" where
// none does.
func (t *table) idKey() string {
	switch {
	case t.column("id") != nil:
		return "id"
	case t.Key == "roles":
		return "name"
	}
	return ""
}

// ids gives the names of the lines of a table.
func (inv *Inventory) ids(t *table) []string {
	var list []string
	for _, i := range inv.items(t) {
		if id := i.value(t.idKey()); id != "" {
			list = append(list, id)
		}
	}
	return list
}

// checkDuplicates finds ids, columns and mappings that stand twice.
func (inv *Inventory) checkDuplicates() []finding.Finding {
	var list []finding.Finding
	twice := func(t *table, key, hint string, same func(item) (id, message string)) {
		first := map[string]item{}
		for _, i := range inv.items(t) {
			id, message := same(i)
			if id == "" {
				continue
			}
			if before, ok := first[id]; ok {
				list = append(list, finding.New(finding.InventoryDuplicate, i.At(key), "%s, first at %s", message, before.At(key)).WithHint("%s", hint))
				continue
			}
			first[id] = i
		}
	}
	for _, t := range tables {
		if t.column("id") == nil {
			continue
		}
		twice(t, "id", "give each an id of its own", func(i item) (string, string) {
			return i.value("id"), fmt.Sprintf("the id %q stands twice", i.value("id"))
		})
	}
	twice(fieldTable, "header", "delete one of the rows", func(i item) (string, string) {
		if i.value("source") == "" || i.value("header") == "" {
			return "", ""
		}
		return i.value("source") + "\x00" + i.value("header"), fmt.Sprintf("the column %q of %s is listed twice", i.value("header"), i.value("source"))
	})
	twice(tableOf("mappings"), "attribute", "delete one of the rows, or name the attribute of one otherwise", func(i item) (string, string) {
		if i.value("model") == "" || i.value("attribute") == "" {
			return "", ""
		}
		return i.value("source") + "\x00" + i.value("model") + "\x00" + i.value("attribute"),
			fmt.Sprintf("the attribute %q of %s is made twice from %s", i.value("attribute"), i.value("model"), i.value("source"))
	})
	return list
}

// checkReferences finds names that lead nowhere.
func (inv *Inventory) checkReferences() []finding.Finding {
	var list []finding.Finding
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Ref != "" {
				list = append(list, inv.checkColumn(t, c)...)
			}
		}
	}
	for i := range inv.Mappings {
		if f := inv.checkMapped(&inv.Mappings[i]); f != nil {
			list = append(list, *f)
		}
	}
	for i := range inv.Indicators {
		n := &inv.Indicators[i]
		for _, input := range List(n.Inputs) {
			if len(inv.MappingsOf(input)) > 0 {
				continue
			}
			var known []string
			for _, m := range inv.Mappings {
				known = append(known, m.Attribute)
				if m.Feature != "" {
					known = append(known, m.Feature)
				}
			}
			list = append(list, unknown(n.At("inputs"), fmt.Sprintf("no row of the Mappings sheet makes %q", input), input, known, "add it there, or name an attribute or feature that is there"))
		}
	}
	return list
}

// unknown is a finding about a name that leads nowhere.
func unknown(at finding.Location, message, name string, known []string, hint string) finding.Finding {
	f := finding.New(finding.InventoryRef, at, "%s", message).WithHint("%s", hint)
	if near := finding.Nearest(name, known); near != "" {
		f = f.WithHint("did you mean %q?", near)
	}
	return f
}

// checkColumn holds the values of a column against the lines that it names.
func (inv *Inventory) checkColumn(t *table, c *column) []finding.Finding {
	var list []finding.Finding
	to := tableOf(c.Ref)
	ids := inv.ids(to)
	for _, i := range inv.items(t) {
		named := []string{i.value(c.Key)}
		if c.Type == "array" {
			named = List(i.value(c.Key))
		}
		for _, id := range named {
			if id == "" || slices.Contains(ids, id) {
				continue
			}
			hint := fmt.Sprintf("add it to the %s sheet", to.Title.En)
			if len(ids) > 0 {
				hint = fmt.Sprintf("there are %s", strings.Join(ids[:min(shownCodes, len(ids))], ", "))
			}
			what := to.Title.En
			list = append(list, unknown(i.At(c.Key), fmt.Sprintf("there is no %q on the %s sheet", id, what), id, ids, hint))
		}
	}
	return list
}

// checkMapped holds that a mapping takes a column that is listed and kept.
func (inv *Inventory) checkMapped(m *Mapping) *finding.Finding {
	if m.Field == "" {
		if m.Rule == "" {
			f := finding.New(finding.InventoryMissing, m.At("field"), "the mapping names neither a source field nor a rule").
				WithHint("say which column the value comes from, or write the value as a rule: = text")
			return &f
		}
		return nil
	}
	fields := inv.FieldsOf(m.Source)
	var headers []string
	for _, field := range fields {
		if field.Header == m.Field {
			if field.Keep != "no" {
				return nil
			}
			f := finding.New(finding.InventoryRef, m.At("field"), "the column %q of %s is mapped, but not kept", m.Field, m.Source).
				WithHint("set Keep to yes at %s, or delete the mapping", field.At("keep"))
			return &f
		}
		headers = append(headers, field.Header)
	}
	if len(fields) == 0 {
		return nil // said of the source
	}
	f := unknown(m.At("field"), fmt.Sprintf("the Fields sheet has no column %q of %s", m.Field, m.Source), m.Field, headers, "add it there, or correct the name")
	return &f
}

// checkOrphans finds what is listed and nothing uses. A sheet that is not filled
// in yet makes no orphans.
func (inv *Inventory) checkOrphans() []finding.Finding {
	var list []finding.Finding
	orphan := func(at finding.Location, hint, format string, args ...any) {
		list = append(list, finding.New(finding.InventoryOrphan, at, format, args...).WithHint("%s", hint))
	}
	used := func(t, key string) map[string]bool {
		set := map[string]bool{}
		for _, i := range inv.items(tableOf(t)) {
			for _, id := range List(i.value(key)) {
				set[id] = true
			}
		}
		return set
	}
	if described := used("fields", "source"); len(inv.Fields) > 0 {
		for i := range inv.Sources {
			if s := &inv.Sources[i]; s.ID != "" && !described[s.ID] {
				orphan(s.At("id"), "add a row for each of its columns to the Fields sheet", "no fields are listed for source %q", s.ID)
			}
		}
	}
	if len(inv.Mappings) > 0 {
		mapped := inv.mappedFields()
		for i := range inv.Fields {
			if f := &inv.Fields[i]; f.Keep == "yes" && inv.Source(f.Source) != nil && !mapped[fieldKey{f.Source, f.Header}] {
				orphan(f.At("header"), "add it to the Mappings sheet, or set Keep to no and say why", "the column %q of %s is kept, but not mapped", f.Header, f.Source)
			}
		}
		models := used("mappings", "model")
		for i := range inv.Models {
			if m := &inv.Models[i]; m.ID != "" && !models[m.ID] {
				orphan(m.At("id"), "map a column to it, or delete it", "no mapping makes the model %q", m.ID)
			}
		}
	}
	if len(inv.Indicators) > 0 {
		list = append(list, inv.unusedMeasures()...)
	}
	if len(inv.Functionalities) > 0 {
		shown := used("functionalities", "indicators")
		for i := range inv.Indicators {
			if n := &inv.Indicators[i]; n.ID != "" && !shown[n.ID] {
				orphan(n.At("id"), "name it on the Functionalities sheet, or delete it", "no functionality shows the indicator %q", n.ID)
			}
		}
	}
	if len(inv.Indicators)+len(inv.Functionalities) > 0 {
		asked, served := used("indicators", "personas"), used("functionalities", "personas")
		for i := range inv.Personas {
			if p := &inv.Personas[i]; p.ID != "" && !asked[p.ID] && !served[p.ID] {
				orphan(p.At("id"), "name it on the Indicators or the Functionalities sheet, or delete it", "no indicator and no functionality is for the persona %q", p.ID)
			}
		}
	}
	return list
}

type fieldKey struct{ source, header string }

// mappedFields are the columns that a mapping takes, by name or in a template.
func (inv *Inventory) mappedFields() map[fieldKey]bool {
	set := map[fieldKey]bool{}
	for _, m := range inv.Mappings {
		set[fieldKey{m.Source, m.Field}] = true
		for _, header := range placeholders(m.Rule) {
			set[fieldKey{m.Source, header}] = true
		}
		for _, model := range inv.Models {
			if model.ID != m.Model {
				continue
			}
			for _, header := range placeholders(model.Template) {
				set[fieldKey{m.Source, header}] = true
			}
		}
	}
	return set
}

// placeholders gives the columns that a template names in braces, without their
// default after a bar.
func placeholders(template string) []string {
	var list []string
	for {
		open := strings.IndexByte(template, '{')
		if open < 0 {
			return list
		}
		template = template[open+1:]
		end := strings.IndexByte(template, '}')
		if end < 0 {
			return list
		}
		name, _, _ := strings.Cut(template[:end], "|")
		list = append(list, name)
		template = template[end+1:]
	}
}

// unusedMeasures finds measures that are mapped and feed no indicator. Columns
// that only identify, place or label a row need none.
func (inv *Inventory) unusedMeasures() []finding.Finding {
	feeds := map[*Mapping]bool{}
	for _, n := range inv.Indicators {
		for _, input := range List(n.Inputs) {
			for _, m := range inv.MappingsOf(input) {
				feeds[m] = true
			}
		}
	}
	var list []finding.Finding
	for i := range inv.Mappings {
		m := &inv.Mappings[i]
		isMeasure := slices.ContainsFunc(inv.FieldsOf(m.Source), func(f *Field) bool { return f.Header == m.Field && f.Role == "measure" })
		if isMeasure && !feeds[m] {
			list = append(list, finding.New(finding.InventoryOrphan, m.At("attribute"), "no indicator uses %q", m.Attribute).
				WithHint("name it among the Inputs of an indicator, or leave the column out"))
		}
	}
	return list
}

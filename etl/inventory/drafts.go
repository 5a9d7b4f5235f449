package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// SourceDraft is the mapping that the Mappings sheet describes for one dataset.
type SourceDraft struct {
	Source string // its id
	mapping.Draft
}

// Drafts compiles the Mappings sheet to a mapping for each dataset that it names,
// in its order. A rule that is not understood is a warning, and its attribute a
// comment in the draft: nothing is guessed.
//
// A rule is empty (the cell is taken by its type), a template with columns in
// braces, pairs such as "Gas=gas; Power=electricity", the order of a point
// (lat-lon or lon-lat), or "= text", the same for every row. The attribute "id"
// is the template of the entity's id where the Models sheet has none for this
// dataset; "a.observedAt", "a.datasetId" and "a.b" belong to the attribute a.
func (inv *Inventory) Drafts() ([]SourceDraft, []finding.Finding) {
	c := &draftCompiler{inv: inv}
	var list []SourceDraft
	for i := range inv.Mappings {
		m := &inv.Mappings[i]
		s := inv.Source(m.Source)
		if s == nil || inv.model(m.Model) == nil {
			continue // said by Check
		}
		at := slices.IndexFunc(list, func(d SourceDraft) bool { return d.Source == m.Source })
		if at < 0 {
			at = len(list)
			list = append(list, SourceDraft{Source: m.Source, Draft: mapping.Draft{
				Title:  s.Name + "\nMade from the Mappings sheet of the inventory: read it, and go on from here.",
				Source: source.Spec{File: s.File, Sheet: s.Sheet, Encoding: s.Encoding, Delimiter: s.Delimiter, Decimal: s.Decimal},
			}})
			if s.File == "" {
				list[at].Draft.Source.File = s.URL
			}
		}
		c.add(&list[at].Draft, m)
	}
	for i := range list {
		c.finish(&list[i])
	}
	return list, c.findings
}

func (inv *Inventory) model(id string) *Model {
	i := slices.IndexFunc(inv.Models, func(m Model) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &inv.Models[i]
}

type draftCompiler struct {
	inv      *Inventory
	findings []finding.Finding
}

func (c *draftCompiler) warn(at finding.Location, hint, format string, args ...any) {
	c.findings = append(c.findings, finding.New(finding.InventoryRule, at, format, args...).WithHint("%s", hint))
}

// add puts one row of the Mappings sheet into its draft.
func (c *draftCompiler) add(d *mapping.Draft, m *Mapping) {
	model := c.inv.model(m.Model)
	at := slices.IndexFunc(d.Entities, func(e mapping.DraftEntity) bool { return e.Comment == m.Model })
	if at < 0 { // the comment holds the model's id until finish
		at = len(d.Entities)
		d.Entities = append(d.Entities, mapping.DraftEntity{Type: model.Type, ID: model.Template, Comment: m.Model})
		for _, ldctx := range List(model.Context) {
			if !slices.Contains(d.Context, ldctx) {
				d.Context = append(d.Context, ldctx)
			}
		}
	}
	e := &d.Entities[at]
	a := c.attribute(m)
	name, below, nested := strings.Cut(m.Attribute, ".")
	switch {
	case m.Attribute == "id":
		if m.Rule == "" {
			c.warn(m.At("rule"), "urn:ngsi-ld:Building:{Code}", "the id of %s has no rule", m.Model)
			return
		}
		e.ID = m.Rule
		return
	case !nested:
		a.Name = name
		if i := slices.IndexFunc(e.Attributes, func(b mapping.DraftAttribute) bool { return b.Name == name }); i >= 0 && e.Attributes[i].Doubt == notMapped {
			a.ObservedAt, a.DatasetID, a.Attributes = e.Attributes[i].ObservedAt, e.Attributes[i].DatasetID, e.Attributes[i].Attributes
			e.Attributes[i] = a
			return
		}
		e.Attributes = append(e.Attributes, a)
		return
	}
	i := slices.IndexFunc(e.Attributes, func(b mapping.DraftAttribute) bool { return b.Name == name })
	if i < 0 {
		i = len(e.Attributes)
		e.Attributes = append(e.Attributes, mapping.DraftAttribute{Name: name, Doubt: notMapped})
	}
	owner := &e.Attributes[i]
	switch below {
	case "observedAt":
		if a.Doubt == "" {
			owner.ObservedAt = &a
		}
	case "datasetId":
		owner.DatasetID = m.Rule
	default:
		a.Name = below
		owner.Attributes = append(owner.Attributes, a)
	}
}

// notMapped marks an attribute that other rows speak of before it comes itself.
const notMapped = "what belongs to it is mapped, but not the attribute itself"

// members are the members of a mapping by the kind of an attribute.
var members = map[string]string{
	"": "value", "Property": "value", "GeoProperty": "value", "Relationship": "object", "LanguageProperty": "languageMap",
	"VocabProperty": "vocab", "ListProperty": "valueList", "ListRelationship": "objectList", "JsonProperty": "json",
}

// attribute compiles what a row makes.
func (c *draftCompiler) attribute(m *Mapping) mapping.DraftAttribute {
	a := mapping.DraftAttribute{Member: members[m.Kind], Column: m.Field}
	if a.Member == "" {
		a.Member = "value"
	}
	var comment []string
	for _, text := range []string{m.Ontology, m.Quality} {
		if text != "" {
			comment = append(comment, text)
		}
	}
	a.Comment = strings.Join(comment, "; ")
	field := c.field(m)
	rule := strings.TrimSpace(m.Rule)
	doubt := func(hint, format string, args ...any) mapping.DraftAttribute {
		c.warn(m.At("rule"), hint, format, args...)
		a.Doubt = fmt.Sprintf(format, args...)
		return a
	}
	constant, isConstant := strings.CutPrefix(rule, "=")
	switch {
	case rule == "" && (a.Member == "object" || a.Member == "objectList"):
		return doubt("write the rule as urn:ngsi-ld:Type:{"+m.Field+"}", "the Relationship %s has no rule that says what it points to", m.Attribute)
	case rule == "":
		a.As = converter(field)
		c.units(&a, m, field)
	case isConstant:
		a.Column, a.Constant = "", constantJSON(strings.TrimSpace(constant))
	case strings.ContainsRune(rule, '{'):
		a.Column, a.Template = "", rule
	case rule == "lat-lon" || rule == "lon-lat":
		a.As, a.Order = "point", rule
	default:
		pairs, ok := lookupPairs(rule)
		if !ok {
			return doubt("write the attribute by hand, or a rule that is known: a template with {column}, a=b; c=d, lat-lon, = text", "the rule %q of %s is not one that is understood", rule, m.Attribute)
		}
		a.Lookup = pairs
	}
	return a
}

func (c *draftCompiler) field(m *Mapping) *Field {
	for _, f := range c.inv.FieldsOf(m.Source) {
		if f.Header == m.Field {
			return f
		}
	}
	return &Field{}
}

// converter gives the converter of a mapping for a type of the Fields sheet.
func converter(f *Field) string {
	switch f.Type {
	case "integer", "number", "boolean", "date", "datetime", "year", "month", "point", "list":
		return f.Type
	case "geometry":
		return "geojson"
	}
	return "text"
}

// units sets the unit of a number, as codes.
func (c *draftCompiler) units(a *mapping.DraftAttribute, m *Mapping, f *Field) {
	if a.As != "number" && a.As != "integer" {
		return
	}
	code := func(text string) string {
		u, ok := unitOf(text)
		if text == "" || !ok {
			return ""
		}
		return u.Code
	}
	from := code(m.UnitIn)
	if from == "" {
		from = code(f.Unit)
	}
	to := code(m.UnitOut)
	switch {
	case from == "" && to != "":
		c.warn(m.At("unitIn"), "state the unit of the column", "%s has a unit out, but no unit in", m.Attribute)
	case to == "":
		to = from
	}
	if from != "" {
		a.From, a.To = from, to
	}
}

// constantJSON gives the JSON of a constant: itself where it is JSON, a list of
// words, else a text, in which braces are no columns.
func constantJSON(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	if inside, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inside, "]") {
		var list []string
		for _, part := range strings.Split(strings.TrimSuffix(inside, "]"), ",") {
			list = append(list, strings.TrimSpace(part))
		}
		if written, err := json.Marshal(list); err == nil {
			return string(written)
		}
	}
	written, err := json.Marshal(strings.NewReplacer("{", "{{", "}", "}}").Replace(text))
	if err != nil { // a string always encodes
		return `""`
	}
	return string(written)
}

// lookupPairs reads "a=b; c=d".
func lookupPairs(rule string) ([][2]string, bool) {
	var pairs [][2]string
	for _, part := range List(rule) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, false
		}
		pairs = append(pairs, [2]string{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return pairs, len(pairs) > 0
}

// finish gives ids to the entities that have none, and says what is missing.
func (c *draftCompiler) finish(d *SourceDraft) {
	for i := range d.Entities {
		e := &d.Entities[i]
		id := e.Comment
		e.Comment = ""
		model := c.inv.model(id)
		if e.ID == "" {
			e.ID = "urn:ngsi-ld:" + e.Type
			for _, f := range c.inv.FieldsOf(d.Source) {
				if f.Role == "identifier" {
					e.ID += ":{" + f.Header + "}"
				}
			}
			e.Comment = "the id is made of the columns whose role is identifier: see that it is one of its own for each entity"
			c.warn(model.At("template"), "urn:ngsi-ld:"+e.Type+":{column}", "the model %s has no template for the ids of its entities", id)
		}
		if model.Context == "" {
			c.warn(model.At("context"), "name the @context files of the use case, or their addresses", "the model %s has no @context that defines its terms", id)
		}
		for j := range e.Attributes {
			if a := &e.Attributes[j]; a.Doubt == notMapped {
				c.warn(model.At("id"), "add a row for "+a.Name+" itself", "%s of the model %s: %s", a.Name, id, notMapped)
			}
		}
	}
}

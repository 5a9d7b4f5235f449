package mapping

import (
	"cmp"
	"slices"

	"github.com/ldtkit/ldt/ngsild"
)

// Measure is an instance of an attribute as it is written in the YAML: what a
// verification needs to add up the numbers of a source by itself, and to tell
// them from what else is in the same attribute.
type Measure struct {
	// Entity is the index of the entity definition.
	Entity int
	Types  []string
	// Attribute is the path of names from the entity: one name for an
	// attribute, more for its sub-attributes.
	Attribute []string
	// Column is the one that the number is read from. Where it is empty the
	// instance has a number that is the same for every row, Constant, or is made
	// otherwise.
	Column   string
	Constant string
	Integer  bool
	// From and To are unit codes; both empty where nothing is converted.
	From, To string
	// Decimal and Thousands are those declared for the value, or by the
	// mapping's source; empty where neither says.
	Decimal, Thousands string
	// Nulls are texts that the value takes for empty beside those of the
	// source. PlainNulls says that it takes the usual ones so, such as NA and a
	// dash, because none are declared.
	Nulls      []string
	PlainNulls bool
	// Default is the JSON number in place of an empty cell, or "".
	Default string
	// Looked says that the cell is replaced by a look-up before it is read.
	Looked bool
	// Conditional says that the attribute or its entity has a condition (when).
	Conditional bool
	// DatasetID is that of the instance, "" where it has none. AnyDatasetID says
	// that it differs by row.
	DatasetID    string
	AnyDatasetID bool
	// Needs are the values without which the attribute is not there: those of the
	// attributes above it.
	Needs []Need
}

// Need is a value that is absent where a cell of one of its columns is empty or
// one of the texts of Nulls.
type Need struct {
	Columns, Nulls []string
	PlainNulls     bool
}

// Measures gives every instance of every attribute, sub-attributes included, in
// the order of the mapping.
func (m *Mapping) Measures() []Measure {
	var out []Measure
	for i := range m.entities {
		e := &m.entities[i]
		base := Measure{Entity: i, Conditional: e.when.text != ""}
		for _, t := range e.types {
			base.Types = append(base.Types, t.text)
		}
		out = m.measures(out, base, e.attributes)
	}
	return out
}

func (m *Mapping) measures(out []Measure, base Measure, defs []attributeDef) []Measure {
	for i := range defs {
		def := &defs[i]
		one := base
		one.Attribute = append(slices.Clone(base.Attribute), def.name)
		one.Conditional = base.Conditional || def.when.text != ""
		number := one
		if id := def.datasetID; id != nil {
			text, constant := constantText(id.constant)
			number.DatasetID, number.AnyDatasetID = text, id.form != formConstant || !constant
		}
		if def.member == ngsild.MemberValue && def.value != nil {
			m.number(&number, def.value)
		}
		out = append(out, number)
		m.below(&one, def.value)
		out = m.measures(out, one, def.attributes)
	}
	return out
}

// plainNulls says whether a converter takes the usual texts for missing values.
func (m *Mapping) plainNulls(k *cellDef) bool {
	switch k.as.text {
	case "", "text", "boolean", "point", "geojson", "list", "uri", "json":
		if k.as.text != "" || k.unit == nil {
			return false
		}
	}
	return k.nulls == nil && m.Source.Nulls == nil && !k.lookedUp
}

// below notes when an attribute with this value has sub-attributes.
func (m *Mapping) below(one *Measure, v *valueDef) {
	switch {
	case v == nil:
	case v.form == formCell && v.cell.fallback == nil && !(v.cell.lookedUp && v.cell.miss == "omit"):
		need := Need{Nulls: slices.Clone(v.cell.nulls), PlainNulls: m.plainNulls(v.cell)}
		for _, c := range v.cell.columns {
			need.Columns = append(need.Columns, c.text)
		}
		one.Needs = append(slices.Clone(one.Needs), need)
	case v.form == formCell && v.cell.fallback == nil, v.form == formList, v.form == formMembers:
		one.Conditional = true
	}
}

// number notes how a number is made, where the value is one.
func (m *Mapping) number(to *Measure, v *valueDef) {
	switch {
	case v.form == formConstant:
		if len(v.constant) > 0 && (v.constant[0] == '-' || '0' <= v.constant[0] && v.constant[0] <= '9') {
			to.Constant = string(v.constant)
		}
		return
	case v.form != formCell || len(v.cell.columns) != 1 || v.cell.template != nil:
		return
	}
	k := v.cell
	if k.as.text != "number" && k.as.text != "integer" && (k.as.text != "" || k.unit == nil) {
		return
	}
	to.Column = k.columns[0].text
	to.Integer = k.as.text == "integer"
	if k.unit != nil {
		to.From, to.To = k.unit.from.text, k.unit.to.text
	}
	to.Decimal = cmp.Or(k.decimal.text, m.Source.Decimal)
	to.Thousands = cmp.Or(k.thousands.text, m.Source.Thousands)
	to.Nulls = slices.Clone(k.nulls)
	to.PlainNulls = m.plainNulls(k)
	to.Default = string(k.fallback)
	to.Looked = k.lookedUp
}

// IDPart is a piece of an id: a literal, or the cell of a column, which is
// percent-encoded unless it holds the Whole id. A Fallback stands for an empty
// cell.
type IDPart struct {
	Literal  string
	Column   string
	Fallback string
	Whole    bool
}

// parts gives what an id is made of, nil where it is made by more than cells.
func (v *valueDef) parts() []IDPart {
	var out []IDPart
	switch {
	case v.form == formTemplate:
		list, err := parseTemplate(v.template)
		if err != nil {
			return nil
		}
		for _, p := range list {
			out = append(out, IDPart{Literal: p.literal, Column: p.column, Fallback: p.fallback})
		}
	case v.form == formCell && len(v.cell.columns) == 1:
		for key := range v.cell.keys {
			if key != "column" && key != "columns" && key != "as" && key != "required" {
				return nil
			}
		}
		out = append(out, IDPart{Column: v.cell.columns[0].text, Whole: true})
	}
	return out
}

// Definition is an entity definition as it is written.
type Definition struct {
	Types []string
	Merge Merge
	Model string
	// Columns are those that its id is made of, and ID how; nil where a look-up
	// or another converter is part of it.
	Columns []string
	ID      []IDPart
	// Conditional says that it has a condition (when).
	Conditional bool
}

// Definitions gives the entity definitions in the order of the mapping.
func (m *Mapping) Definitions() []Definition {
	var out []Definition
	for i := range m.entities {
		e := &m.entities[i]
		d := Definition{Merge: e.merge, Model: e.model.text, Conditional: e.when.text != ""}
		for _, t := range e.types {
			d.Types = append(d.Types, t.text)
		}
		if e.id != nil {
			d.Columns = e.id.columns(nil)
			d.ID = e.id.parts()
		}
		out = append(out, d)
	}
	return out
}

// Dates gives the columns of every converter that reads dates and names no
// format, each list once.
func (m *Mapping) Dates() [][]string {
	var out [][]string
	var cells func(v *valueDef, as string)
	add := func(k *cellDef, as string) {
		if k.as.text != "" {
			as = k.as.text
		}
		if k.format.text != "" || len(k.columns) == 0 || !slices.Contains(keyOf["format"], conversions[as]) {
			return
		}
		var names []string
		for _, column := range k.columns {
			names = append(names, column.text)
		}
		if !slices.ContainsFunc(out, func(other []string) bool { return slices.Equal(other, names) }) {
			out = append(out, names)
		}
	}
	cells = func(v *valueDef, as string) {
		if v == nil {
			return
		}
		if v.cell != nil {
			add(v.cell, as)
		}
		for i := range v.list {
			cells(&v.list[i], as)
		}
		for i := range v.members {
			cells(&v.members[i].value, as)
		}
	}
	var attributes func(defs []attributeDef)
	attributes = func(defs []attributeDef) {
		for i := range defs {
			cells(defs[i].value, "text")
			cells(defs[i].observedAt, "datetime")
			attributes(defs[i].attributes)
		}
	}
	for i := range m.entities {
		attributes(m.entities[i].attributes)
	}
	return out
}

// Columns gives the names of all columns that the mapping reads under entities,
// each once, in the order of the text. Columns of conditions are not among them.
func (m *Mapping) Columns() []string {
	var out []string
	for i := range m.entities {
		e := &m.entities[i]
		if e.id != nil {
			out = e.id.columns(out)
		}
		for _, s := range e.scopes {
			out = templateColumns(out, s.text)
		}
		out = attributeColumns(out, e.attributes)
	}
	return out
}

func attributeColumns(out []string, defs []attributeDef) []string {
	for i := range defs {
		for _, v := range []*valueDef{defs[i].value, defs[i].observedAt, defs[i].datasetID} {
			if v != nil {
				out = v.columns(out)
			}
		}
		out = attributeColumns(out, defs[i].attributes)
	}
	return out
}

// columns adds the columns that a value reads.
func (v *valueDef) columns(out []string) []string {
	switch v.form {
	case formTemplate:
		out = templateColumns(out, v.template)
	case formList:
		for i := range v.list {
			out = v.list[i].columns(out)
		}
	case formMembers:
		for i := range v.members {
			out = v.members[i].value.columns(out)
		}
	case formCell:
		for _, c := range v.cell.columns {
			out = once(out, c.text)
		}
		if v.cell.template != nil {
			out = templateColumns(out, v.cell.template.text)
		}
	}
	return out
}

// templateColumns adds the columns of a template; one that cannot be read has
// none.
func templateColumns(out []string, text string) []string {
	parts, err := parseTemplate(text)
	if err != nil {
		return out
	}
	for _, p := range parts {
		if p.column != "" {
			out = once(out, p.column)
		}
	}
	return out
}

func once(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

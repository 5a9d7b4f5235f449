package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// The keys of each map of the language.
var (
	mappingKeys   = []string{"source", "context", "where", "lookups", "entities"}
	filterKeys    = []string{"keep", "reason"}
	entityKeys    = []string{"type", "id", "when", "merge", "scope", "model", "attributes"}
	valueMembers  = []string{ngsild.MemberValue, ngsild.MemberObject, ngsild.MemberLanguageMap, ngsild.MemberVocab, ngsild.MemberValueList, ngsild.MemberObjectList, ngsild.MemberJSON}
	attributeKeys = append(slices.Clone(valueMembers), ngsild.MemberUnitCode, ngsild.MemberObservedAt, ngsild.MemberDatasetID, "when", "attributes")
	cellKeys      = []string{"column", "columns", "constant", "members", "as", "unit", "lookup", "miss", "default", "format", "timezone", "decimal", "thousands", "nulls", "separator", "of", "required", "template", "order", "ambiguous", "true", "false"}
	elementKeys   = []string{"as", "unit", "lookup", "miss", "default", "format", "timezone", "decimal", "thousands", "nulls", "template", "order", "ambiguous", "true", "false"}
)

// Words that a key may have as its value.
var (
	converterWords = []string{"text", "number", "integer", "boolean", "date", "datetime", "year", "quarter", "month", "point", "geojson", "list", "uri", "json"}
	missWords      = []string{"reject", "omit", "keep", "default"}
	orderWords     = []string{"lat-lon", "lon-lat"}
	ambiguousWords = []string{"reject", "earlier", "later"}
)

func (d *decoder) mapping(root ast.Node, m *Mapping) {
	top := d.object(root, "a mapping", mappingKeys...)
	if _, isMap := d.resolve(root).(ast.MapNode); !isMap {
		return
	}
	start := at(root)
	if f := top["source"]; f.null() {
		d.missing(f, start, "a mapping", "source")
	} else {
		d.structure(f.value, "source", &m.Source)
	}
	if f := top["context"]; f == nil {
		d.missing(f, start, "a mapping", "context").Hint = "name the @context that defines its types and attributes: context: [context/my.jsonld]"
	} else {
		m.Context, _ = d.texts(f, "context")
	}
	if f := top["where"]; f != nil {
		m.where = d.filters(f)
	}
	if f := top["lookups"]; f != nil && !f.null() {
		for _, table := range d.fields(f.value, "lookups") {
			m.lookups = append(m.lookups, d.lookupTable(table))
		}
	}
	f := top["entities"]
	if f.null() {
		d.missing(f, start, "a mapping", "entities")
		return
	}
	seq, ok := f.value.(*ast.SequenceNode)
	if !ok {
		d.wrongType(f.value, "entities", "a list, each element starting with a dash")
		return
	}
	for _, item := range d.items(seq) {
		m.entities = append(m.entities, d.entity(item))
	}
	if len(m.entities) == 0 {
		d.fault(finding.YAMLMissing, f.at, "entities is empty")
	}
}

// missing reports a key that must be there. f is nil where it is not written,
// else it has no value.
func (d *decoder) missing(f *field, owner pos, what, key string) *finding.Finding {
	if f != nil {
		return d.fault(finding.YAMLMissing, f.at, "%s: %q has no value", what, key)
	}
	return d.fault(finding.YAMLMissing, owner, "%s needs the key %q", what, key)
}

func (d *decoder) filters(f *field) []filterDef {
	if f.null() {
		d.fault(finding.YAMLType, f.at, "where has no value")
		return nil
	}
	nodes := []ast.Node{f.value}
	if seq, ok := f.value.(*ast.SequenceNode); ok {
		nodes = d.items(seq)
	}
	var out []filterDef
	for _, n := range nodes {
		keys := d.object(n, "where", filterKeys...)
		if _, isMap := n.(ast.MapNode); !isMap {
			continue
		}
		def := filterDef{at: at(n)}
		if k := keys["keep"]; k.null() {
			d.missing(k, def.at, "where", "keep").Hint = `keep says which rows stay: keep: 'number("Nb sites") > 0'`
		} else {
			def.keep, def.at = d.text(k, "keep"), k.where
		}
		if r := keys["reason"]; r.null() {
			d.missing(r, at(n), "where", "reason").Hint = "the run report names it for each row that is left out"
		} else {
			def.reason = d.text(r, "reason")
		}
		out = append(out, def)
	}
	return out
}

// lookupTable reads a named table. One with a key file is read from there.
func (d *decoder) lookupTable(f field) lookupDef {
	def := lookupDef{name: f.key, at: f.at}
	if f.null() {
		d.fault(finding.YAMLMissing, f.at, "the look-up table %q is empty", f.key)
		return def
	}
	what := fmt.Sprintf("the look-up table %q", f.key)
	if m, ok := f.value.(ast.MapNode); ok {
		for it := m.MapRange(); it.Next(); {
			if d.keyText(it.Key()) == "file" {
				def.table = d.tableRef(f.value, what)
				return def
			}
		}
	}
	def.pairs = d.pairs(f.value, what)
	return def
}

func (d *decoder) tableRef(n ast.Node, what string) *TableRef {
	ref := &TableRef{}
	keys := d.structure(n, what, &ref.Source, "key", "value")
	for key, target := range map[string]*string{"key": &ref.Key, "value": &ref.Value} {
		if f := keys[key]; f.null() {
			d.missing(f, at(n), what, key).Hint = "key and value name two columns of the file"
		} else {
			*target = d.text(f, what+": "+key)
		}
	}
	return ref
}

func (d *decoder) pairs(n ast.Node, what string) []pair {
	var out []pair
	for _, f := range d.fields(n, what) {
		p := pair{key: f.key, at: f.at, value: []byte("null")}
		if f.value != nil {
			switch f.value.(type) {
			case ast.MapNode, *ast.SequenceNode:
				d.wrongType(f.value, "a value of "+what, "a text, a number or true/false")
				continue
			}
			p.value = d.json(f.value, what)
		} else {
			d.fault(finding.YAMLType, f.at, "%s gives nothing for %q", what, f.key).Hint = "leave the key out and set miss: omit"
			continue
		}
		out = append(out, p)
	}
	return out
}

func (d *decoder) entity(n ast.Node) entityDef {
	e := entityDef{at: at(n)}
	keys := d.object(n, "an entity", entityKeys...)
	if _, isMap := n.(ast.MapNode); !isMap {
		if _, null := n.(*ast.NullNode); null {
			d.fault(finding.YAMLType, e.at, "an entity has no keys")
		}
		return e
	}
	if f := keys["type"]; f.null() {
		d.missing(f, e.at, "an entity", "type")
	} else {
		list, places := d.texts(f, "type")
		for i, s := range list {
			e.types = append(e.types, located{s, places[i]})
		}
		if len(list) == 0 {
			d.fault(finding.YAMLMissing, f.at, "type names nothing")
		}
	}
	if f := keys["id"]; f.null() {
		d.missing(f, e.at, "an entity", "id").Hint = `for example id: "urn:ngsi-ld:Building:{Code}"`
	} else {
		e.id = d.value(f.value, "id", 0)
	}
	e.when = d.locatedText(keys["when"], "when")
	if f := keys["merge"]; f != nil {
		if w := d.word(f, "merge", mergeWords...); w != "" {
			e.merge = Merge(slices.Index(mergeWords, w))
		}
	}
	if f := keys["scope"]; f != nil {
		list, places := d.texts(f, "scope")
		for i, s := range list {
			e.scopes = append(e.scopes, located{s, places[i]})
		}
	}
	e.model = d.locatedText(keys["model"], "model")
	if f := keys["attributes"]; f != nil && !f.null() {
		e.attributes = d.attributes(f.value, "attributes")
	}
	return e
}

func (d *decoder) locatedText(f *field, what string) located {
	if f == nil {
		return located{}
	}
	return located{d.text(f, what), f.where}
}

// attributes reads a map of attributes; a name may have a list of instances.
func (d *decoder) attributes(n ast.Node, what string) []attributeDef {
	defer d.leave()
	if !d.enter(n) {
		return nil
	}
	var out []attributeDef
	for _, f := range d.fields(n, what) {
		if f.null() {
			d.fault(finding.YAMLType, f.at, "the attribute %q says nothing", f.key).Hint = "give it a value: or an object:"
			continue
		}
		nodes := []ast.Node{f.value}
		if seq, ok := f.value.(*ast.SequenceNode); ok {
			nodes = d.items(seq)
		}
		for _, item := range nodes {
			out = append(out, d.attribute(f, item))
		}
	}
	return out
}

func (d *decoder) attribute(f field, n ast.Node) attributeDef {
	def := attributeDef{name: f.key, at: f.at, memberAt: f.at}
	what := fmt.Sprintf("the attribute %q", f.key)
	if _, isMap := n.(ast.MapNode); !isMap {
		d.wrongType(n, what, "a map with value:, object: or the like")
		return def
	}
	keys := d.object(n, what, attributeKeys...)
	for _, member := range valueMembers {
		k := keys[member]
		if k == nil {
			continue
		}
		if def.member != "" {
			d.fault(finding.YAMLUnknownKey, k.at, "%s has both %q and %q", what, def.member, member).Hint = "keep the one that is meant"
			continue
		}
		def.member, def.memberAt = member, k.at
		switch {
		case k.null():
			d.missing(k, k.at, what, member)
		case member == ngsild.MemberLanguageMap:
			def.value = d.languageMap(k)
		default:
			def.value = d.value(k.value, member, 0)
		}
	}
	if def.member == "" {
		d.fault(finding.YAMLMissing, at(n), "%s needs one of the keys %s", what, strings.Join(valueMembers, ", "))
	}
	def.unitCode = d.locatedText(keys[ngsild.MemberUnitCode], ngsild.MemberUnitCode)
	def.when = d.locatedText(keys["when"], "when")
	for key, target := range map[string]**valueDef{ngsild.MemberObservedAt: &def.observedAt, ngsild.MemberDatasetID: &def.datasetID} {
		if k := keys[key]; k != nil {
			if k.null() {
				d.missing(k, k.at, what, key)
			} else {
				*target = d.value(k.value, key, 0)
			}
		}
	}
	if k := keys["attributes"]; k != nil && !k.null() {
		def.attributes = d.attributes(k.value, "attributes of "+f.key)
	}
	return def
}

// languageMap reads a map of language tags, each with a value.
func (d *decoder) languageMap(f *field) *valueDef {
	def := &valueDef{at: f.where, form: formMembers}
	for _, tag := range d.fields(f.value, "languageMap") {
		if tag.null() {
			d.fault(finding.YAMLType, tag.at, "languageMap: %q has no value", tag.key)
			continue
		}
		if v := d.value(tag.value, "languageMap", 1); v != nil {
			def.members = append(def.members, memberDef{tag.key, *v})
		}
	}
	return def
}

// value reads any of the forms of a value.
func (d *decoder) value(n ast.Node, what string, level int) *valueDef {
	defer d.leave()
	if n == nil || !d.enter(n) {
		return nil
	}
	def := &valueDef{at: at(n)}
	switch v := n.(type) {
	case ast.MapNode:
		d.cellOrMembers(n, def)
		return def
	case *ast.SequenceNode:
		def.form = formList
		constant := true
		for _, item := range d.items(v) {
			if e := d.value(item, what, level+1); e != nil {
				def.list = append(def.list, *e)
				constant = constant && e.form == formConstant
			}
		}
		if constant {
			def.form, def.list = formConstant, nil
			def.constant = d.json(n, what)
		}
		return def
	}
	if s, ok := textOf(n); ok && isTemplate(s) {
		def.form, def.template = formTemplate, s
		return def
	}
	def.constant = d.json(n, what)
	return def
}

// textOf gives the text of a node that YAML reads as a string.
func textOf(n ast.Node) (string, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return scalarText(n)
	}
	return "", false
}

func (d *decoder) cellOrMembers(n ast.Node, def *valueDef) {
	if list := d.fields(n, "a value"); len(list) == 1 && list[0].null() && !slices.Contains(cellKeys, list[0].key) {
		// YAML reads {Code} without quotes as a map.
		d.fault(finding.YAMLUnknownKey, list[0].at, "a value has no key %q", list[0].key).Hint = fmt.Sprintf("put a template in quotes: \"{%s}\"", list[0].key)
		return
	}
	keys := d.object(n, "a value", cellKeys...)
	if m := keys["members"]; m != nil {
		for key, f := range keys {
			if key != "members" {
				d.fault(finding.YAMLUnknownKey, f.at, "a value with members has no key %q", key).Hint = "set it on the member that it is meant for"
			}
		}
		def.form = formMembers
		if m.null() {
			d.missing(m, m.at, "a value", "members")
			return
		}
		for _, f := range d.fields(m.value, "members") {
			v := &valueDef{at: f.where, constant: []byte("null")}
			if f.value != nil {
				v = d.value(f.value, f.key, 1)
			}
			if v != nil {
				def.members = append(def.members, memberDef{f.key, *v})
			}
		}
		return
	}
	c := d.cell(n, keys)
	if len(c.columns) == 0 && c.constant == nil && !isSet(keys, "column", "columns", "constant") {
		d.fault(finding.YAMLMissing, def.at, "a value needs the key \"column\"").Hint = "or columns, constant, members; a template or a constant needs no map"
	}
	if c.constant != nil && len(c.keys) == 1 {
		def.constant = c.constant
		return
	}
	def.form, def.cell = formCell, c
}

func isSet(keys map[string]*field, names ...string) bool {
	for _, n := range names {
		if keys[n] != nil {
			return true
		}
	}
	return false
}

// cell reads the keys of a converter.
func (d *decoder) cell(n ast.Node, keys map[string]*field) *cellDef {
	c := &cellDef{at: at(n), keys: map[string]pos{}}
	for key, f := range keys {
		c.keys[key] = f.at
	}
	if f := keys["column"]; f != nil {
		c.columns = []located{{d.text(f, "column"), f.where}}
	}
	if f := keys["columns"]; f != nil {
		if keys["column"] != nil {
			d.fault(finding.YAMLUnknownKey, f.at, "a value has both \"column\" and \"columns\"").Hint = "keep the one that is meant"
		}
		list, places := d.texts(f, "columns")
		c.columns = nil
		for i, s := range list {
			c.columns = append(c.columns, located{s, places[i]})
		}
		if len(list) == 0 && !f.null() {
			d.fault(finding.YAMLMissing, f.at, "columns names nothing")
		}
	}
	if f := keys["constant"]; f != nil {
		if isSet(keys, "column", "columns") {
			d.fault(finding.YAMLUnknownKey, f.at, "a value has both a column and a constant").Hint = "default stands in for an empty cell"
		}
		c.constant = []byte("null")
		if !f.null() {
			c.constant = d.json(f.value, "constant")
		}
	}
	if f := keys["as"]; f != nil {
		c.as = located{d.word(f, "as", converterWords...), f.where}
	}
	if f := keys["unit"]; f != nil {
		c.unit = d.unit(f)
	}
	if f := keys["lookup"]; f != nil {
		c.lookedUp = true
		if _, isMap := f.value.(ast.MapNode); isMap {
			c.pairs = d.pairs(f.value, "the look-up table")
			c.lookup.at = f.where
		} else {
			c.lookup = d.locatedText(f, "lookup")
		}
	}
	word := func(key string, words []string) string {
		if f := keys[key]; f != nil {
			return d.word(f, key, words...)
		}
		return ""
	}
	c.miss = word("miss", missWords)
	c.order = word("order", orderWords)
	c.ambiguous = word("ambiguous", ambiguousWords)
	if f := keys["default"]; f != nil {
		c.defaultAt = f.where
		if f.null() {
			d.missing(f, f.at, "a value", "default").Hint = "an empty cell is left out without it"
		} else {
			c.fallback = d.json(f.value, "default")
		}
	}
	c.format = d.locatedText(keys["format"], "format")
	c.timezone = d.locatedText(keys["timezone"], "timezone")
	c.decimal = d.locatedText(keys["decimal"], "decimal")
	c.thousands = d.locatedText(keys["thousands"], "thousands")
	c.nulls, _ = d.texts(keys["nulls"], "nulls")
	c.yes, _ = d.texts(keys["true"], "true")
	c.no, _ = d.texts(keys["false"], "false")
	if f := keys["separator"]; f != nil {
		if c.separator = d.text(f, "separator"); c.separator == "" && !f.null() {
			d.fault(finding.YAMLType, f.where, "separator is empty")
		}
	}
	c.required = d.boolean(keys["required"], "required")
	if f := keys["template"]; f != nil {
		t := d.locatedText(f, "template")
		c.template = &t
	}
	if f := keys["of"]; f != nil {
		c.of = d.element(f)
	}
	return c
}

// element reads the converter of a list's elements: a word, or a map.
func (d *decoder) element(f *field) *cellDef {
	if f.null() {
		d.fault(finding.YAMLType, f.at, "of has no value")
		return nil
	}
	if _, isMap := f.value.(ast.MapNode); isMap {
		return d.cell(f.value, d.object(f.value, "of", elementKeys...))
	}
	return &cellDef{at: f.where, as: located{d.word(f, "of", converterWords...), f.where}, keys: map[string]pos{"as": f.where}}
}

func (d *decoder) unit(f *field) *unitDef {
	if f.null() {
		d.fault(finding.YAMLType, f.at, "unit has no value")
		return nil
	}
	if _, isMap := f.value.(ast.MapNode); !isMap {
		code := d.locatedText(f, "unit")
		return &unitDef{from: code, to: code}
	}
	keys := d.object(f.value, "unit", "from", "to")
	u := &unitDef{}
	for key, target := range map[string]*located{"from": &u.from, "to": &u.to} {
		if k := keys[key]; k.null() {
			d.missing(k, f.where, "unit", key)
		} else {
			*target = d.locatedText(k, key)
		}
	}
	return u
}

// TableRef names a look-up table that a reader provides: a source, the column
// of its keys and the column of its values.
type TableRef struct {
	Source source.Spec
	Key    string
	Value  string
}

package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// The keys of each map of the language.
var (
	mappingKeys   = []string{"source", "context", "where", "lookups", "entities"}
	filterKeys    = []string{"keep", "reason"}
	entityKeys    = []string{"type", "id", "when", "merge", "scope", "model", "confirmed", "attributes"}
	valueMembers  = []string{ngsild.MemberValue, ngsild.MemberObject, ngsild.MemberLanguageMap, ngsild.MemberVocab, ngsild.MemberValueList, ngsild.MemberObjectList, ngsild.MemberJSON}
	attributeKeys = append(slices.Clone(valueMembers), ngsild.MemberUnitCode, ngsild.MemberObservedAt, ngsild.MemberDatasetID, "when", "confirmed", "attributes")
	cellKeys      = []string{"column", "columns", "constant", "members", "as", "unit", "lookup", "miss", "default", "format", "timezone", "decimal", "thousands", "nulls", "separator", "of", "required", "template", "order", "within", "ambiguous", "true", "false"}
	elementKeys   = []string{"as", "unit", "lookup", "miss", "default", "format", "timezone", "decimal", "thousands", "nulls", "template", "order", "ambiguous", "true", "false"}
)

// Words that a key may have as its value.
var (
	converterWords = []string{"text", "number", "integer", "boolean", "date", "datetime", "year", "quarter", "month", "week", "point", "geojson", "list", "uri", "json"}
	missWords      = []string{"reject", "omit", "keep", "default"}
	orderWords     = []string{"lat-lon", "lon-lat"}
	ambiguousWords = []string{"reject", "earlier", "later"}
)

// decoder reads a mapping.
type decoder struct{ *strictyaml.Decoder }

func (d decoder) mapping(root ast.Node, m *Mapping) {
	top := d.Object(root, "a mapping", mappingKeys...)
	if _, isMap := d.Resolve(root).(ast.MapNode); !isMap {
		return
	}
	start := strictyaml.At(root)
	if f := top["source"]; f.Null() {
		d.Missing(f, start, "a mapping", "source")
	} else {
		d.Structure(f.Value, "source", &m.Source)
	}
	if f := top["context"]; f == nil {
		d.Missing(f, start, "a mapping", "context").Hint = "name the @context that defines its types and attributes: context: [context/my.jsonld]"
	} else {
		m.Context, _ = d.Texts(f, "context")
	}
	if f := top["where"]; f != nil {
		m.where = d.filters(f)
	}
	if f := top["lookups"]; f != nil && !f.Null() {
		for _, table := range d.Fields(f.Value, "lookups") {
			m.lookups = append(m.lookups, d.lookupTable(table))
		}
	}
	f := top["entities"]
	if f.Null() {
		d.Missing(f, start, "a mapping", "entities")
		return
	}
	for _, item := range d.List(f, "entities") {
		m.entities = append(m.entities, d.entity(item))
	}
}

func (d decoder) filters(f *strictyaml.Field) []filterDef {
	if f.Null() {
		d.Fault(finding.YAMLType, f.At, "where has no value")
		return nil
	}
	nodes := []ast.Node{f.Value}
	if seq, ok := f.Value.(*ast.SequenceNode); ok {
		nodes = d.Items(seq)
	}
	var out []filterDef
	for _, n := range nodes {
		before := d.Count()
		keys := d.Object(n, "where", filterKeys...)
		if _, isMap := n.(ast.MapNode); !isMap {
			continue
		}
		def := filterDef{at: strictyaml.At(n)}
		if k := keys["keep"]; k.Null() {
			d.Missing(k, def.at, "where", "keep").Hint = `keep says which rows stay: keep: 'number("Nb sites") > 0'`
		} else {
			def.keep, def.at = d.Text(k, "keep"), k.Where
		}
		if r := keys["reason"]; r.Null() {
			d.Missing(r, strictyaml.At(n), "where", "reason").Hint = "the run report names it for each row that is left out"
		} else {
			def.reason = d.Text(r, "reason")
		}
		def.faulty = d.Count() > before
		out = append(out, def)
	}
	return out
}

// lookupTable reads a named table. One with a key file is read from there.
func (d decoder) lookupTable(f strictyaml.Field) lookupDef {
	def := lookupDef{name: f.Key, at: f.At}
	if f.Null() {
		d.Fault(finding.YAMLMissing, f.At, "the look-up table %q is empty", f.Key)
		return def
	}
	what := fmt.Sprintf("the look-up table %q", f.Key)
	if d.Has(f.Value, "file") {
		def.table = d.tableRef(f.Value, what)
		return def
	}
	def.pairs = d.pairs(f.Value, what)
	return def
}

func (d decoder) tableRef(n ast.Node, what string) *TableRef {
	ref := &TableRef{}
	keys := d.Structure(n, what, &ref.Source, "key", "value")
	for key, target := range map[string]*string{"key": &ref.Key, "value": &ref.Value} {
		if f := keys[key]; f.Null() {
			d.Missing(f, strictyaml.At(n), what, key).Hint = "key and value name two columns of the file"
		} else {
			*target = d.Text(f, what+": "+key)
		}
	}
	return ref
}

func (d decoder) pairs(n ast.Node, what string) []pair {
	var out []pair
	for _, f := range d.Fields(n, what) {
		p := pair{key: f.Key, at: f.At, value: []byte("null")}
		if f.Value != nil {
			switch f.Value.(type) {
			case ast.MapNode, *ast.SequenceNode:
				d.WrongType(f.Value, "a value of "+what, "a text, a number or true/false")
				continue
			}
			p.value = d.JSON(f.Value, what)
		} else {
			d.Fault(finding.YAMLType, f.At, "%s gives nothing for %q", what, f.Key).Hint = "leave the key out and set miss: omit"
			continue
		}
		out = append(out, p)
	}
	return out
}

func (d decoder) entity(n ast.Node) entityDef {
	before := d.Count()
	e := entityDef{at: strictyaml.At(n)}
	keys := d.Object(n, "an entity", entityKeys...)
	if _, isMap := n.(ast.MapNode); !isMap {
		if _, null := n.(*ast.NullNode); null {
			d.Fault(finding.YAMLType, e.at, "an entity has no keys")
		}
		return e
	}
	if f := keys["type"]; f.Null() {
		d.Missing(f, e.at, "an entity", "type")
	} else {
		list, places := d.Texts(f, "type")
		for i, s := range list {
			e.types = append(e.types, located{s, places[i]})
		}
		if len(list) == 0 {
			d.Fault(finding.YAMLMissing, f.At, "type names nothing")
		}
	}
	if f := keys["id"]; f.Null() {
		d.Missing(f, e.at, "an entity", "id").Hint = `for example id: "urn:ngsi-ld:Building:{Code}"`
	} else {
		e.id = d.value(f.Value, "id", 0)
	}
	e.when = d.locatedText(keys["when"], "when")
	if f := keys["merge"]; f != nil {
		if w := d.Word(f, "merge", mergeWords...); w != "" {
			e.merge = Merge(slices.Index(mergeWords, w))
		}
	}
	if f := keys["scope"]; f != nil {
		list, places := d.Texts(f, "scope")
		for i, s := range list {
			e.scopes = append(e.scopes, located{s, places[i]})
		}
	}
	e.model = d.locatedText(keys["model"], "model")
	e.proposed = d.proposed(keys["confirmed"])
	e.faulty = d.Count() > before
	if f := keys["attributes"]; f != nil && !f.Null() {
		e.attributes = d.attributes(f.Value, "attributes")
	}
	return e
}

func (d decoder) locatedText(f *strictyaml.Field, what string) located {
	if f == nil {
		return located{}
	}
	return located{d.Text(f, what), f.Where}
}

// proposed reads the key confirmed: what has it as false was proposed by a program, and
// no person has agreed yet.
func (d decoder) proposed(f *strictyaml.Field) bool {
	before := d.Count()
	return f != nil && !d.Boolean(f, "confirmed") && d.Count() == before
}

// attributes reads a map of attributes; a name may have a list of instances.
func (d decoder) attributes(n ast.Node, what string) []attributeDef {
	defer d.Leave()
	if !d.Enter(n) {
		return nil
	}
	var out []attributeDef
	for _, f := range d.Fields(n, what) {
		if f.Null() {
			d.Fault(finding.YAMLType, f.At, "the attribute %q says nothing", f.Key).Hint = "give it a value: or an object:"
			continue
		}
		nodes := []ast.Node{f.Value}
		if seq, ok := f.Value.(*ast.SequenceNode); ok {
			nodes = d.Items(seq)
		}
		for _, item := range nodes {
			out = append(out, d.attribute(f, item))
		}
	}
	return out
}

func (d decoder) attribute(f strictyaml.Field, n ast.Node) attributeDef {
	before := d.Count()
	def := attributeDef{name: f.Key, at: f.At, memberAt: f.At}
	what := fmt.Sprintf("the attribute %q", f.Key)
	if _, isMap := n.(ast.MapNode); !isMap {
		def.faulty = true
		d.WrongType(n, what, "a map with value:, object: or the like")
		return def
	}
	keys := d.Object(n, what, attributeKeys...)
	for _, member := range valueMembers {
		k := keys[member]
		if k == nil {
			continue
		}
		if def.member != "" {
			d.Fault(finding.YAMLUnknownKey, k.At, "%s has both %q and %q", what, def.member, member).Hint = "keep the one that is meant"
			continue
		}
		def.member, def.memberAt = member, k.At
		switch {
		case k.Null():
			d.Missing(k, k.At, what, member)
		case member == ngsild.MemberLanguageMap:
			def.value = d.languageMap(k)
		default:
			def.value = d.value(k.Value, member, 0)
		}
	}
	if def.member == "" {
		d.Fault(finding.YAMLMissing, strictyaml.At(n), "%s needs one of the keys %s", what, strings.Join(valueMembers, ", "))
	}
	def.unitCode = d.locatedText(keys[ngsild.MemberUnitCode], ngsild.MemberUnitCode)
	def.when = d.locatedText(keys["when"], "when")
	def.proposed = d.proposed(keys["confirmed"])
	for key, target := range map[string]**valueDef{ngsild.MemberObservedAt: &def.observedAt, ngsild.MemberDatasetID: &def.datasetID} {
		if k := keys[key]; k != nil {
			if k.Null() {
				d.Missing(k, k.At, what, key)
			} else {
				*target = d.value(k.Value, key, 0)
			}
		}
	}
	def.faulty = d.Count() > before
	if k := keys["attributes"]; k != nil && !k.Null() {
		def.attributes = d.attributes(k.Value, "attributes of "+f.Key)
	}
	return def
}

// languageMap reads a map of language tags, each with a value.
func (d decoder) languageMap(f *strictyaml.Field) *valueDef {
	def := &valueDef{at: f.Where, form: formMembers}
	for _, tag := range d.Fields(f.Value, "languageMap") {
		if tag.Null() {
			d.Fault(finding.YAMLType, tag.At, "languageMap: %q has no value", tag.Key)
			continue
		}
		if v := d.value(tag.Value, "languageMap", 1); v != nil {
			def.members = append(def.members, memberDef{tag.Key, *v})
		}
	}
	return def
}

// value reads any of the forms of a value.
func (d decoder) value(n ast.Node, what string, level int) *valueDef {
	if n == nil {
		return nil
	}
	defer d.Leave()
	if !d.Enter(n) {
		return nil
	}
	def := &valueDef{at: strictyaml.At(n)}
	switch v := n.(type) {
	case ast.MapNode:
		d.cellOrMembers(n, def)
		return def
	case *ast.SequenceNode:
		def.form = formList
		constant := true
		for _, item := range d.Items(v) {
			if e := d.value(item, what, level+1); e != nil {
				def.list = append(def.list, *e)
				constant = constant && e.form == formConstant
			}
		}
		if constant {
			def.form, def.list = formConstant, nil
			def.constant = d.JSON(n, what)
		}
		return def
	}
	if s, ok := textOf(n); ok && isTemplate(s) {
		def.form, def.template = formTemplate, s
		return def
	}
	def.constant = d.JSON(n, what)
	return def
}

// textOf gives the text of a node that YAML reads as a string.
func textOf(n ast.Node) (string, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return strictyaml.Scalar(n)
	}
	return "", false
}

func (d decoder) cellOrMembers(n ast.Node, def *valueDef) {
	if list := d.Fields(n, "a value"); len(list) == 1 && list[0].Null() && !slices.Contains(cellKeys, list[0].Key) {
		// YAML reads {Code} without quotes as a map.
		d.Fault(finding.YAMLUnknownKey, list[0].At, "a value has no key %q", list[0].Key).Hint = fmt.Sprintf("put a template in quotes: \"{%s}\"", list[0].Key)
		return
	}
	keys := d.Object(n, "a value", cellKeys...)
	if m := keys["members"]; m != nil {
		for key, f := range keys {
			if key != "members" {
				d.Fault(finding.YAMLUnknownKey, f.At, "a value with members has no key %q", key).Hint = "set it on the member that it is meant for"
			}
		}
		def.form = formMembers
		if m.Null() {
			d.Missing(m, m.At, "a value", "members")
			return
		}
		for _, f := range d.Fields(m.Value, "members") {
			v := &valueDef{at: f.Where, constant: []byte("null")}
			if f.Value != nil {
				v = d.value(f.Value, f.Key, 1)
			}
			if v != nil {
				def.members = append(def.members, memberDef{f.Key, *v})
			}
		}
		return
	}
	c := d.cell(n, keys)
	if len(c.columns) == 0 && c.constant == nil && !isSet(keys, "column", "columns", "constant") {
		d.Fault(finding.YAMLMissing, def.at, "a value needs the key \"column\"").Hint = "or columns, constant, members; a template or a constant needs no map"
	}
	if c.constant != nil && len(c.keys) == 1 {
		def.constant = c.constant
		return
	}
	def.form, def.cell = formCell, c
}

func isSet(keys map[string]*strictyaml.Field, names ...string) bool {
	for _, n := range names {
		if keys[n] != nil {
			return true
		}
	}
	return false
}

// cell reads the keys of a converter.
func (d decoder) cell(n ast.Node, keys map[string]*strictyaml.Field) *cellDef {
	c := &cellDef{at: strictyaml.At(n), keys: map[string]strictyaml.Pos{}}
	for key, f := range keys {
		c.keys[key] = f.At
	}
	if f := keys["column"]; f != nil {
		c.columns = []located{{d.Text(f, "column"), f.Where}}
	}
	if f := keys["columns"]; f != nil {
		if keys["column"] != nil {
			d.Fault(finding.YAMLUnknownKey, f.At, "a value has both \"column\" and \"columns\"").Hint = "keep the one that is meant"
		}
		list, places := d.Texts(f, "columns")
		c.columns = nil
		for i, s := range list {
			c.columns = append(c.columns, located{s, places[i]})
		}
		if len(list) == 0 && !f.Null() {
			d.Fault(finding.YAMLMissing, f.At, "columns names nothing")
		}
	}
	if f := keys["constant"]; f != nil {
		if isSet(keys, "column", "columns") {
			d.Fault(finding.YAMLUnknownKey, f.At, "a value has both a column and a constant").Hint = "default stands in for an empty cell"
		}
		c.constant = []byte("null")
		if !f.Null() {
			c.constant = d.JSON(f.Value, "constant")
		}
	}
	if f := keys["as"]; f != nil {
		c.as = located{d.Word(f, "as", converterWords...), f.Where}
	}
	if f := keys["unit"]; f != nil {
		c.unit = d.unit(f)
	}
	if f := keys["lookup"]; f != nil {
		c.lookedUp = true
		if _, isMap := f.Value.(ast.MapNode); isMap {
			c.pairs = d.pairs(f.Value, "the look-up table")
			c.lookup.at = f.Where
		} else {
			c.lookup = d.locatedText(f, "lookup")
		}
	}
	word := func(key string, words []string) string {
		if f := keys[key]; f != nil {
			return d.Word(f, key, words...)
		}
		return ""
	}
	c.miss = word("miss", missWords)
	c.order = word("order", orderWords)
	c.ambiguous = word("ambiguous", ambiguousWords)
	if f := keys["default"]; f != nil {
		c.defaultAt = f.Where
		if f.Null() {
			d.Missing(f, f.At, "a value", "default").Hint = "an empty cell is left out without it"
		} else {
			c.fallback = d.JSON(f.Value, "default")
		}
	}
	if f := keys["within"]; f.Null() {
		if f != nil {
			d.Missing(f, f.At, "a value", "within").Hint = withinHint
		}
	} else {
		c.within = d.JSON(f.Value, "within")
	}
	c.format = d.locatedText(keys["format"], "format")
	c.timezone = d.locatedText(keys["timezone"], "timezone")
	c.decimal = d.locatedText(keys["decimal"], "decimal")
	c.thousands = d.locatedText(keys["thousands"], "thousands")
	c.nulls, _ = d.Texts(keys["nulls"], "nulls")
	c.yes, _ = d.Texts(keys["true"], "true")
	c.no, _ = d.Texts(keys["false"], "false")
	if f := keys["separator"]; f != nil {
		if c.separator = d.Text(f, "separator"); c.separator == "" && !f.Null() {
			d.Fault(finding.YAMLType, f.Where, "separator is empty")
		}
	}
	c.required = d.Boolean(keys["required"], "required")
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
func (d decoder) element(f *strictyaml.Field) *cellDef {
	if f.Null() {
		d.Fault(finding.YAMLType, f.At, "of has no value")
		return nil
	}
	if _, isMap := f.Value.(ast.MapNode); isMap {
		return d.cell(f.Value, d.Object(f.Value, "of", elementKeys...))
	}
	return &cellDef{at: f.Where, as: located{d.Word(f, "of", converterWords...), f.Where}, keys: map[string]strictyaml.Pos{"as": f.Where}}
}

func (d decoder) unit(f *strictyaml.Field) *unitDef {
	if f.Null() {
		d.Fault(finding.YAMLType, f.At, "unit has no value")
		return nil
	}
	if _, isMap := f.Value.(ast.MapNode); !isMap {
		code := d.locatedText(f, "unit")
		return &unitDef{from: code, to: code}
	}
	keys := d.Object(f.Value, "unit", "from", "to")
	u := &unitDef{}
	for key, target := range map[string]*located{"from": &u.from, "to": &u.to} {
		if k := keys[key]; k.Null() {
			d.Missing(k, f.Where, "unit", key)
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

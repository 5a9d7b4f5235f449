package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/currency"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// Compile checks a mapping against what it is applied to, and compiles it. The
// findings are every fault, those of its text included, each with its place in
// the mapping; where there is an error among them the Plan is nil.
func Compile(m *Mapping, env Env) (*Plan, []finding.Finding) {
	c := &compiler{m: m, env: env, d: strictyaml.New(m.Name, "mapping"), columns: map[string]int{}, tables: map[string]*table{}, zones: map[string]*zone{}, read: map[int]bool{}}
	c.d.Add(m.faults...)
	c.plan = &Plan{context: slices.Clone(m.Context)}
	if env.Header != nil {
		c.plan.header = slices.Clone(env.Header.Names)
	}
	c.number = c.numberFormat()
	for _, def := range m.lookups {
		c.namedTable(def)
	}
	for _, def := range m.where {
		if def.faulty && def.keep == "" {
			continue
		}
		from := c.d.Count()
		if keep := c.condition(located{def.keep, def.at}); keep != nil {
			c.plan.filters = append(c.plan.filters, filter{keep, def.reason})
		}
		c.settle(def.faulty, from)
	}
	for i := range m.entities {
		c.entity(&m.entities[i])
	}
	c.unconfirmed()
	faults := c.d.Faults()
	if finding.Errors(faults) > 0 || env.Header == nil {
		return nil, faults
	}
	for column := range c.read {
		c.plan.reads = append(c.plan.reads, column)
	}
	sort.Ints(c.plan.reads)
	return c.plan, faults
}

type compiler struct {
	m       *Mapping
	env     Env
	d       *strictyaml.Decoder // collects faults
	plan    *Plan
	number  numberFormat
	columns map[string]int
	tables  map[string]*table
	zones   map[string]*zone
	read    map[int]bool
	model   string
	types   []string
}

func (c *compiler) fault(code finding.Code, at strictyaml.Pos, format string, args ...any) *finding.Finding {
	return c.d.Fault(code, at, format, args...)
}

// standing are faults that stand whatever else is wrong with what they are in.
var standing = []finding.Code{
	finding.SourceMissingColumn, finding.SourceDuplicateColumn, finding.MappingUnknownTerm, finding.MappingUnit,
	finding.MappingLookup, finding.MappingCondition, finding.MappingTemplate, finding.AttributeName, finding.EntityType,
}

// settle drops, where a part of the mapping has a fault of its text, those of
// the faults after the first from that may only follow from it.
func (c *compiler) settle(faulty bool, from int) {
	if faulty {
		c.d.Keep(from, func(f finding.Finding) bool { return slices.Contains(standing, f.Code) })
	}
}

// unconfirmed says how much of the mapping was proposed and is not confirmed by a person.
func (c *compiler) unconfirmed() {
	var lines []string
	var first strictyaml.Pos
	note := func(proposed bool, at strictyaml.Pos) {
		if !proposed {
			return
		}
		if lines == nil {
			first = at
		}
		lines = append(lines, strconv.Itoa(at.Line))
	}
	var walk func([]attributeDef)
	walk = func(defs []attributeDef) {
		for i := range defs {
			note(defs[i].proposed, defs[i].at)
			walk(defs[i].attributes)
		}
	}
	for i := range c.m.entities {
		note(c.m.entities[i].proposed, c.m.entities[i].at)
		walk(c.m.entities[i].attributes)
	}
	if len(lines) == 0 {
		return
	}
	what := "one proposal is not confirmed by a person, in line " + lines[0]
	if len(lines) > 1 {
		what = fmt.Sprintf("%d proposals are not confirmed by a person, in the lines %s", len(lines), strings.Join(lines, ", "))
	}
	c.fault(finding.MappingUnconfirmed, first, "%s", what).Hint = "look at each; where it is right, set confirmed: true or take the key out"
}

// numberFormat is how the source writes numbers.
func (c *compiler) numberFormat() numberFormat {
	f := numberFormat{decimal: '.'}
	decimal, thousands := c.env.Decimal, c.env.Thousands
	if decimal == "" {
		decimal = c.m.Source.Decimal
	}
	if thousands == "" {
		thousands = c.m.Source.Thousands
	}
	if decimal == "," {
		f.decimal = ','
	}
	f.thousands = thousandsSeparators(thousands)
	return f
}

// column gives the index of a column, or adds a fault and gives 0.
func (c *compiler) column(name string, at strictyaml.Pos) int {
	if c.env.Header == nil {
		return 0
	}
	if name == "" {
		c.fault(finding.YAMLMissing, at, "a column is named by an empty text").Hint = "its columns are " + enumerate(c.plan.header, 12)
		return 0
	}
	if i, ok := c.columns[name]; ok && i >= 0 {
		return i
	}
	index := c.env.Header.Index(name)
	if index < 0 {
		f := c.fault(finding.SourceMissingColumn, at, "the source has no column %q", name)
		if near := finding.Nearest(name, c.plan.header); near != "" {
			f.Hint = fmt.Sprintf("did you mean %q?", near)
		} else {
			f.Hint = "its columns are " + enumerate(c.plan.header, 12)
		}
		return 0
	}
	if list := c.env.Header.Alternatives(name); len(list) > 1 {
		c.fault(finding.SourceDuplicateColumn, at, "the source has %d columns named %q", len(list), name).Hint = "name the one you mean: " + enumerate(list, 12)
		return 0
	}
	c.columns[name] = index
	c.read[index] = true
	return index
}

// enumerate quotes the first few of a list.
func enumerate(list []string, limit int) string {
	var b strings.Builder
	for i, s := range list {
		if i == limit {
			fmt.Fprintf(&b, " and %d more", len(list)-limit)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", s)
	}
	return b.String()
}

func (c *compiler) condition(l located) *condition {
	if l.text == "" {
		if l.at.Line > 0 {
			c.fault(finding.MappingCondition, l.at, "the condition is empty")
		}
		return nil
	}
	cond, err := compileCondition(l.text, c.number, func(name string) int { return c.column(name, l.at) })
	if err != nil {
		c.fault(finding.MappingCondition, l.at, "the condition %q is not one: %v", l.text, err).Hint = `for example number("Nb sites") > 0 and text("Type") == "ENT" and not isNull("Code")`
		return nil
	}
	cond.plainNull = c.m.Source.Nulls == nil
	return cond
}

// term checks that an @context defines a term, and gives its IRI.
func (c *compiler) term(l located, what string) string {
	if c.env.Terms == nil {
		return l.text
	}
	iri, known := c.env.Terms.Expand(l.text)
	if !known {
		f := c.fault(finding.MappingUnknownTerm, l.at, "no @context defines the %s %q", what, l.text)
		if near := c.env.Terms.Nearest(l.text); near != "" {
			f.Hint = fmt.Sprintf("did you mean %q? Else define it in a file under context:, or let ldt context build do so", near)
		} else {
			f.Hint = "define it in a file under context:, or let ldt context build do so"
		}
	}
	return iri
}

func (c *compiler) entity(def *entityDef) {
	from := c.d.Count()
	var e entity
	info := EntityInfo{Merge: def.merge, Model: def.model.text}
	for _, t := range def.types {
		if fault := faultOfName(t.text); fault != "" {
			c.fault(finding.EntityType, t.at, "%q cannot be a type: %s", t.text, fault)
			continue
		}
		if slices.Contains(e.types, t.text) {
			c.fault(finding.EntityType, t.at, "the type %q stands here twice", t.text)
			continue
		}
		info.TypeIRIs = append(info.TypeIRIs, c.term(t, "type"))
		e.types = append(e.types, t.text)
	}
	info.Types = e.types
	c.model, c.types = def.model.text, e.types
	if def.model.text != "" && c.env.FindModel != nil {
		if err := c.env.FindModel(def.model.text); err != nil {
			c.fault(finding.MappingModel, def.model.at, "%v", err).Hint = "ldt models search finds one; Subject/Model names it"
		}
	}
	if def.id != nil {
		e.id = c.uri(def.id, "id")
	}
	if def.when.at.Line > 0 {
		e.when = c.condition(def.when)
	}
	for _, s := range def.scopes {
		e.scopes = append(e.scopes, c.scope(s))
	}
	c.settle(def.faulty, from)
	e.attributes, info.Attributes = c.attributes(def.attributes, 0)
	c.plan.entities = append(c.plan.entities, e)
	c.plan.infos = append(c.plan.infos, info)
}

func (c *compiler) scope(s located) scope {
	if !isTemplate(s.text) {
		if !legalScope(s.text) {
			c.fault(finding.EntityStructure, s.at, "%q is not a scope", s.text).Hint = "a scope is a path such as /Paris/75101, of letters, digits and underscores"
		}
		return scope{constant: s.text}
	}
	return scope{template: c.template(s, modeRaw, finding.CellEmpty, false)}
}

// reserved are names that NGSI-LD gives a meaning of its own (CIM 009 clause 4.5),
// so that no attribute can have them.
var reserved = []string{
	ngsild.MemberContext, ngsild.MemberID, ngsild.MemberType, ngsild.MemberScope, "@id", "@type", "@value",
	ngsild.MemberCreatedAt, ngsild.MemberModifiedAt, ngsild.MemberDeletedAt,
	ngsild.MemberValue, ngsild.MemberObject, ngsild.MemberLanguageMap, ngsild.MemberVocab, ngsild.MemberValueList,
	ngsild.MemberObjectList, ngsild.MemberJSON, ngsild.MemberUnitCode, ngsild.MemberObservedAt, ngsild.MemberDatasetID,
	ngsild.MemberInstanceID, ngsild.MemberObjectType,
}

// faultOfName says why s cannot be a name of a type or an attribute, or "".
func faultOfName(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case strings.Contains(s, ":"):
		if fault := faultOfURI(s); fault != "" {
			return fault
		}
	case strings.ContainsAny(s, " \t\r\n<>\"'=;()&|,[]{}/\\#?%!"):
		return "a name has letters, digits, _ and - only"
	}
	return ""
}

// geoNames are the core attributes that hold a geometry and nothing else.
var geoNames = []string{ngsild.MemberLocation, ngsild.MemberObservationSpace, ngsild.MemberOperationSpace}

func (c *compiler) attributes(defs []attributeDef, depth int) ([]attribute, []AttributeInfo) {
	var out []attribute
	var infos []AttributeInfo
	for i := range defs {
		def := &defs[i]
		a, info := c.attribute(def, depth)
		bare := 0
		for j := range defs {
			if defs[j].name == def.name && i != j {
				a.several = true
				if j < i && defs[j].datasetID == nil && defs[j].when.text == "" {
					bare++
				}
			}
		}
		if bare > 0 && def.datasetID == nil && def.when.text == "" {
			c.fault(finding.EntityDuplicate, def.at, "the attribute %q has two instances without a datasetId", def.name).Hint = "give one of them a datasetId, or each a condition: when"
		}
		out, infos = append(out, a), append(infos, info)
	}
	return out, infos
}

func (c *compiler) attribute(def *attributeDef, depth int) (attribute, AttributeInfo) {
	from := c.d.Count()
	a := attribute{fixed: ngsild.Attribute{Name: def.name}}
	info := AttributeInfo{Name: def.name, IRI: def.name}
	switch fault := faultOfName(def.name); {
	case slices.Contains(reserved, def.name):
		f := c.fault(finding.AttributeName, def.at, "%q is a member of NGSI-LD and cannot be an attribute", def.name)
		if slices.Contains(attributeKeys, def.name) && depth > 0 {
			f.Hint = "put it beside value:, not under attributes:"
		} else {
			f.Hint = "choose another name"
		}
	case fault != "":
		c.fault(finding.AttributeName, def.at, "%q cannot be an attribute: %s", def.name, fault)
	default:
		info.IRI = c.term(located{def.name, def.at}, "attribute")
	}
	if def.value != nil {
		c.member(def, &a)
	}
	c.kind(def, a.fixed.Kind, depth)
	c.unitCode(def, &a)
	if def.observedAt != nil {
		c.observedAt(def.observedAt, &a)
	}
	if def.datasetID != nil {
		n := c.uri(def.datasetID, ngsild.MemberDatasetID)
		if k, ok := n.(constant); ok && len(k) >= 2 {
			a.fixed.DatasetID = string(k[1 : len(k)-1])
		} else {
			a.datasetID = n
		}
	}
	if def.when.at.Line > 0 {
		a.when = c.condition(def.when)
	}
	c.settle(def.faulty, from)
	a.attributes, info.Attributes = c.attributes(def.attributes, depth+1)
	if k, ok := a.value.(constant); ok {
		a.fixed.Value, a.value = jsontext.Value(k), nil
	}
	info.Kind, info.UnitCode = a.fixed.Kind, a.fixed.UnitCode
	return a, info
}

// member compiles what the attribute says.
func (c *compiler) member(def *attributeDef, a *attribute) {
	v := def.value
	a.fixed.Kind = def.kind()
	switch def.member {
	case ngsild.MemberValue:
		a.value = c.value(v, ngsild.MemberValue)
		c.unitOf(v, a)
	case ngsild.MemberObject:
		if v.form == formList || v.form == formConstant && len(v.constant) > 0 && v.constant[0] == '[' {
			a.value = c.uris(v, ngsild.MemberObject, false)
		} else {
			a.value = c.uri(v, ngsild.MemberObject)
		}
	case ngsild.MemberObjectList:
		a.value = c.uris(v, ngsild.MemberObjectList, true)
	case ngsild.MemberLanguageMap:
		a.value = c.languageMap(v)
	case ngsild.MemberVocab:
		a.value = c.words(v, ngsild.MemberVocab)
	case ngsild.MemberValueList:
		a.value = c.valueList(v)
	case ngsild.MemberJSON:
		a.value = c.value(v, ngsild.MemberJSON)
	}
}

// kind compares the kind that is written with the one that the model has.
func (c *compiler) kind(def *attributeDef, written ngsild.Kind, depth int) {
	if written == 0 || depth > 0 {
		return
	}
	if slices.Contains(geoNames, def.name) && written != ngsild.GeoProperty {
		c.fault(finding.MappingKind, def.memberAt, "%q is a GeoProperty and needs a geometry", def.name).Hint = "read it as: point or as: geojson"
		return
	}
	if c.env.KindOf == nil {
		return
	}
	for _, t := range c.types {
		want, known := c.env.KindOf(c.model, t, def.name)
		if !known || want == written {
			continue
		}
		c.fault(finding.MappingKind, def.memberAt, "the model of %s has %q as a %s, and here it is a %s", t, def.name, want, written).Hint = kindHints[want]
		return
	}
}

var kindHints = map[ngsild.Kind]string{
	ngsild.Property:         "write it with value:",
	ngsild.GeoProperty:      "write it with value: and as: point or as: geojson",
	ngsild.Relationship:     `write it with object: and a URI, such as object: "urn:ngsi-ld:Building:{Code}"`,
	ngsild.LanguageProperty: "write it with languageMap:",
	ngsild.VocabProperty:    "write it with vocab:",
	ngsild.ListProperty:     "write it with valueList:",
	ngsild.ListRelationship: "write it with objectList:",
	ngsild.JsonProperty:     "write it with json:",
}

// unitOf takes the unitCode from the unit of a converter.
func (c *compiler) unitOf(v *valueDef, a *attribute) {
	if v.form == formCell && v.cell.unit != nil {
		a.fixed.UnitCode = v.cell.unit.to.text
	}
}

func (c *compiler) unitCode(def *attributeDef, a *attribute) {
	u := def.unitCode
	if u.text == "" {
		return
	}
	switch {
	case a.fixed.Kind != 0 && a.fixed.Kind != ngsild.Property:
		c.fault(finding.MappingKind, u.at, "unitCode stands with a value only, and %q is a %s", def.name, a.fixed.Kind)
	case a.fixed.UnitCode != "" && a.fixed.UnitCode != u.text:
		c.fault(finding.MappingUnit, u.at, "unitCode says %s, and unit converts to %s", u.text, a.fixed.UnitCode).Hint = "take unitCode out: unit sets it"
	default:
		c.knownUnit(u, true)
		a.fixed.UnitCode = u.text
	}
}

// knownUnit checks a code; money may have one of ISO 4217.
func (c *compiler) knownUnit(u located, money bool) bool {
	if _, ok := unit.Lookup(u.text); ok {
		return true
	}
	if money {
		if _, err := currency.ParseISO(u.text); err == nil && strings.ToUpper(u.text) == u.text {
			return true
		}
	}
	f := c.fault(finding.MappingUnit, u.at, "%q is not a UN/CEFACT code", u.text)
	if parsed, ok := unit.Parse(u.text); ok {
		f.Hint = fmt.Sprintf("the code of %s is %s", u.text, parsed.Code)
	} else if near := unit.Nearest(u.text); near != "" {
		f.Hint = fmt.Sprintf("did you mean %s?", near)
	} else {
		f.Hint = "units are codes of UN/CEFACT Recommendation 20, such as KWH, MTK, CEL"
	}
	return false
}

// value compiles a value of any JSON type.
func (c *compiler) value(v *valueDef, what string) node {
	switch v.form {
	case formTemplate:
		return c.templateNode(located{v.template, v.at}, modeText, finding.CellEmpty, false)
	case formList:
		var l list
		for i := range v.list {
			l = append(l, c.value(&v.list[i], what))
		}
		return l
	case formMembers:
		m := &members{}
		for i := range v.members {
			m.keys = append(m.keys, append(appendString(nil, v.members[i].name), ':'))
			m.values = append(m.values, c.value(&v.members[i].value, what))
		}
		return m
	case formCell:
		return c.cell(v.cell, what, false)
	}
	if string(v.constant) == "null" {
		c.fault(finding.YAMLType, v.at, "%s is null, which an attribute cannot say", what).Hint = "leave the attribute out"
	}
	return constant(v.constant)
}

// uri compiles a value that is one URI.
func (c *compiler) uri(v *valueDef, what string) node {
	switch v.form {
	case formTemplate:
		from := c.d.Count()
		n := c.templateNode(located{v.template, v.at}, modeURI, uriCode(what), true)
		if k, ok := n.(constant); ok && c.d.Count() == from {
			c.constantURI(k, v.at, what)
		}
		return n
	case formCell:
		n := c.cell(v.cell, what, true)
		if k, ok := n.(*cell); ok && k.as == asList && what != ngsild.MemberObject {
			c.fault(finding.MappingConverter, v.at, "%s is one URI, not a list", what)
		}
		return n
	case formConstant:
		if _, ok := constantText(v.constant); ok {
			c.constantURI(v.constant, v.at, what)
			return constant(v.constant)
		}
	}
	c.fault(finding.YAMLType, v.at, "%s must be a template that makes a URI, or a column", what)
	return constant(`""`)
}

// constantURI checks a URI without a placeholder.
func (c *compiler) constantURI(text []byte, at strictyaml.Pos, what string) {
	s, _ := constantText(text)
	if fault := faultOfURI(s); fault != "" {
		c.fault(finding.MappingTemplate, at, "%s: %q is no URI: %s", what, s, fault).Hint = "for example urn:ngsi-ld:Building:{Code}, where {Code} names a column"
	}
	if what == ngsild.MemberID {
		c.fault(finding.MappingTemplate, at, "the id is the same for every row").Hint = "put a column into it: urn:ngsi-ld:Building:{Code}"
	}
}

func uriCode(what string) finding.Code {
	if what == ngsild.MemberID {
		return finding.RowID
	}
	return finding.CellEmpty
}

// constantText gives the text of a JSON string.
func constantText(v []byte) (string, bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(v, &s)
	return s, err == nil
}

// uris compiles a value that is a list of URIs.
func (c *compiler) uris(v *valueDef, what string, wrap bool) node {
	wrapped := func(n node) node {
		if wrap {
			return &members{keys: [][]byte{[]byte(`"object":`)}, values: []node{n}, wrap: true}
		}
		return n
	}
	switch {
	case v.form == formList:
		var l list
		for i := range v.list {
			l = append(l, wrapped(c.uri(&v.list[i], what)))
		}
		return l
	case v.form == formConstant && len(v.constant) > 0 && v.constant[0] == '[':
		var items []json.RawMessage
		_ = json.Unmarshal(v.constant, &items) // it is our own JSON text
		out := constant{'['}
		for i, item := range items {
			s, ok := constantText(item)
			if fault := faultOfURI(s); !ok || fault != "" {
				c.fault(finding.MappingTemplate, v.at, "%s: %s is no URI", what, item)
			}
			if i > 0 {
				out = append(out, ',')
			}
			if wrap {
				item = []byte(`{"object":` + string(item) + `}`)
			}
			out = append(out, item...)
		}
		return append(out, ']')
	case v.form == formCell:
		n := c.cell(v.cell, what, true)
		if k, ok := n.(*cell); ok && k.as == asList {
			k.wrap = wrap
			return n
		}
	}
	c.fault(finding.YAMLType, v.at, "%s must be a list of URIs", what).Hint = `for example ["urn:ngsi-ld:Room:{A}", "urn:ngsi-ld:Room:{B}"], or a column with as: list, separator and of`
	return constant("[]")
}

// languageMap compiles a text or texts for each language.
func (c *compiler) languageMap(v *valueDef) node {
	m := &members{}
	for i := range v.members {
		tag := v.members[i].name
		if !legalLanguage(tag) {
			c.fault(finding.MappingConverter, v.members[i].value.at, "%q is not a language tag", tag).Hint = "for example fr, en or fr-CA (BCP 47)"
		}
		m.keys = append(m.keys, append(appendString(nil, tag), ':'))
		m.values = append(m.values, c.words(&v.members[i].value, ngsild.MemberLanguageMap))
	}
	if len(v.members) == 0 {
		c.fault(finding.YAMLMissing, v.at, "languageMap has no language")
	}
	return m
}

// legalLanguage reports whether s has the form of a BCP 47 tag.
func legalLanguage(s string) bool {
	if s == "@none" {
		return true
	}
	for i, sub := range strings.Split(s, "-") {
		if len(sub) < 1 || len(sub) > 8 || i == 0 && len(sub) < 2 {
			return false
		}
		for _, r := range sub {
			letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
			if !letter && (i == 0 || r < '0' || r > '9') {
				return false
			}
		}
	}
	return true
}

// words compiles a text or a list of texts.
func (c *compiler) words(v *valueDef, what string) node {
	legal := true
	switch v.form {
	case formConstant:
		_, legal = constantText(v.constant)
		var texts []string
		if !legal && len(v.constant) > 0 && v.constant[0] == '[' {
			legal = json.Unmarshal(v.constant, &texts) == nil
		}
	case formMembers:
		legal = false
	case formCell:
		switch v.cell.as.text {
		case "", "text", "list", "uri":
		default:
			legal = false
		}
	case formList:
		var l list
		for i := range v.list {
			l = append(l, c.words(&v.list[i], what))
		}
		return l
	}
	if !legal {
		c.fault(finding.MappingConverter, v.at, "%s must be a text or a list of texts", what)
	}
	return c.value(v, what)
}

func (c *compiler) valueList(v *valueDef) node {
	n := c.value(v, ngsild.MemberValueList)
	legal := false
	switch k := n.(type) {
	case list:
		legal = true
	case constant:
		legal = len(k) > 0 && k[0] == '['
	case *cell:
		legal = k.as == asList || k.as == asJSON
	}
	if !legal {
		c.fault(finding.YAMLType, v.at, "valueList must be a list").Hint = "write a list, or a column with as: list, separator and of"
	}
	return n
}

// observedAt compiles a DateTime.
func (c *compiler) observedAt(v *valueDef, a *attribute) {
	what := ngsild.MemberObservedAt
	switch v.form {
	case formConstant:
		s, _ := constantText(v.constant)
		t, ok := parseISO([]byte(s))
		if !ok || !t.zoned || !t.timed {
			c.fault(finding.MappingConverter, v.at, "observedAt: %s is not a DateTime", v.constant).Hint = "for example 2024-01-31T13:00:00Z, or {column: Date, as: datetime}"
			return
		}
		text, _ := appendUTC(nil, t.seconds()-int64(t.offset), t.fraction)
		a.fixed.ObservedAt = string(text)
	case formTemplate:
		if t := c.template(located{v.template, v.at}, modeRaw, finding.CellEmpty, false); t != nil {
			k := &cell{converter: converter{as: asDatetime, instant: true, zone: c.sourceZone(v.at)}}
			a.observedAt = &timeTemplate{t, k}
		}
	case formCell:
		if v.cell.template != nil {
			c.fault(finding.MappingConverter, v.cell.template.at, "observedAt has both a column and a template").Hint = `write the template alone: observedAt: "{Année}-07-01T00:00:00Z"`
			return
		}
		n := c.cell(v.cell, what, false)
		if k, ok := n.(*cell); ok {
			switch k.as {
			case asDate, asDatetime, asYear, asQuarter, asMonth, asWeek:
			default:
				c.fault(finding.MappingConverter, v.at, "observedAt must be a time, not %s", k.as).Hint = "read it as: datetime, date, week, month, quarter or year"
			}
		}
		a.observedAt = n
	default:
		c.fault(finding.YAMLType, v.at, "observedAt must be a time")
	}
}

// timeTemplate is a template whose text is read as a DateTime.
type timeTemplate struct {
	template *template
	cell     *cell
}

func (t *timeTemplate) append(x *memory, dst []byte) ([]byte, status) {
	var s status
	if x.joined, s = t.template.append(x, x.joined[:0]); s != done {
		return dst, s
	}
	return t.cell.converted(x, dst, x.joined, record.Text, -1)
}

// templateNode compiles a template into a node, and never gives nil.
func (c *compiler) templateNode(l located, m mode, code finding.Code, uri bool) node {
	if t := c.template(l, m, code, uri); t != nil {
		if len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].column < 0 && !t.parts[0].value {
			// Nothing but escaped braces.
			t.check = false // its user says what is wrong with it
			text, _ := t.append(nil, nil)
			return constant(text)
		}
		return t
	}
	return constant(`""`)
}

// template compiles a template, or gives nil after a fault.
func (c *compiler) template(l located, m mode, code finding.Code, uri bool) *template {
	parts, err := parseTemplate(l.text)
	if err != nil {
		c.fault(finding.MappingTemplate, l.at, "the template %q cannot be read: %v", l.text, err)
		return nil
	}
	for _, p := range parts {
		if p.value {
			c.fault(finding.MappingTemplate, l.at, "the template %q has a placeholder {} without a column", l.text).Hint = "{} is the converted value, in the template of a value with column:"
			return nil
		}
	}
	return c.compileTemplate(l, parts, m, code, uri)
}

func (c *compiler) compileTemplate(l located, parts []part, m mode, code finding.Code, uri bool) *template {
	t := &template{mode: m, code: code}
	literals := ""
	for i, p := range parts {
		out := templatePart{column: -1, value: p.value, fallback: p.has}
		switch {
		case !p.placeholder():
			literals += p.literal
			if fault := faultOfURIChars(p.literal); uri && fault != "" {
				c.fault(finding.MappingTemplate, l.at, "the template %q makes no URI: %s", l.text, fault).Hint = "write other characters percent-encoded, such as %20 for a blank; what a placeholder gives is encoded already"
			}
			if m == modeText {
				out.literal = appendEscaped(nil, []byte(p.literal))
			} else {
				out.literal = []byte(p.literal)
			}
		default:
			if !p.value {
				out.column = c.column(p.column, l.at)
			}
			switch m {
			case modeURI:
				out.literal = appendPercent(nil, p.fallback)
			case modeText:
				out.literal = appendEscaped(nil, []byte(p.fallback))
			default:
				out.literal = []byte(p.fallback)
			}
		}
		if i == 0 && !p.placeholder() && uri {
			n := schemeEnd(p.literal)
			// A scheme and one more character make a URI, whatever follows.
			t.check = n == 0 || len(p.literal) == n
		} else if i == 0 {
			t.check = uri
		}
		t.parts = append(t.parts, out)
	}
	if uri && !strings.Contains(literals, ":") {
		f := c.fault(finding.MappingTemplate, l.at, "the template %q makes no URI: it has no scheme such as urn:", l.text)
		f.Hint = "for example urn:ngsi-ld:Building:{Code}"
		if len(parts) == 1 && parts[0].column != "" {
			f.Hint += fmt.Sprintf("; where the cells hold whole URIs: {column: %s, as: uri}", parts[0].column)
		}
	}
	return t
}

func (c *compiler) sourceZone(at strictyaml.Pos) *zone {
	if c.m.Source.Timezone == "" {
		return nil
	}
	return c.zone(located{c.m.Source.Timezone, at})
}

func (c *compiler) zone(l located) *zone {
	if z, ok := c.zones[l.text]; ok {
		return z
	}
	z, err := loadZone(l.text)
	if err != nil {
		c.fault(finding.MappingConverter, l.at, "timezone: %v", err).Hint = "for example Europe/Paris, or UTC"
	}
	c.zones[l.text] = z
	return z
}

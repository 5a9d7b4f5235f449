package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// conversions gives the conversion of each word of as.
var conversions = func() map[string]conversion {
	out := map[string]conversion{}
	for i := asText; i <= asJSON; i++ {
		out[i.String()] = i
	}
	return out
}()

// keyOf names the conversions that a key goes with; a key that is not here goes
// with all.
var keyOf = map[string][]conversion{
	"unit":      {asNumber, asInteger},
	"decimal":   {asNumber, asInteger, asPoint},
	"thousands": {asNumber, asInteger, asPoint},
	"format":    {asDate, asDatetime, asYear, asQuarter, asMonth, asWeek},
	"timezone":  {asDatetime},
	"ambiguous": {asDatetime},
	"separator": {asList, asPoint},
	"of":        {asList},
	"order":     {asPoint},
	"within":    {asPoint, asGeoJSON},
	"true":      {asBoolean},
	"false":     {asBoolean},
}

// namedTable compiles a table of lookups. Its values are texts and constants as
// they stand; a converter that uses it converts them.
func (c *compiler) namedTable(def lookupDef) {
	t := &table{name: def.name, values: map[string][]byte{}}
	c.tables[def.name] = t
	if def.table == nil {
		for _, p := range def.pairs {
			t.values[p.key] = p.value
			t.keys = append(t.keys, p.key)
		}
		return
	}
	if def.table.Key == "" || def.table.Value == "" {
		return // a fault of Parse
	}
	if c.env.Tables == nil {
		c.fault(finding.MappingLookup, def.at, "the look-up table %q cannot be read here", def.name)
		return
	}
	rows, err := c.env.Tables.ReadTable(*def.table)
	var unreadable *source.Error
	switch {
	case errors.As(err, &unreadable):
		f := unreadable.Finding
		if f.Location.Column != "" {
			f.Message = fmt.Sprintf("column %q: %s", f.Location.Column, f.Message)
		}
		c.fault(finding.MappingLookup, def.at, "the look-up table %q cannot be read: %s: %s", def.name, f.Location.File, f.Message).Hint = f.Hint
		return
	case err != nil:
		c.fault(finding.MappingLookup, def.at, "the look-up table %q cannot be read: %v", def.name, err)
		return
	}
	for _, row := range rows {
		value := appendString(nil, row.Value)
		if old, ok := t.values[row.Key]; ok {
			if string(old) != string(value) {
				c.fault(finding.MappingLookup, def.at, "the look-up table %q has two values for %q: %s and, in row %d, %s", def.name, row.Key, old, row.Row, value).Hint = "keep one of the two rows in " + def.table.Source.Name()
			}
			continue
		}
		t.values[row.Key] = value
		t.keys = append(t.keys, row.Key)
	}
	if len(rows) == 0 {
		c.fault(finding.MappingLookup, def.at, "the look-up table %q has no rows", def.name)
	}
}

// cell compiles a converter. what is the member or key it stands under; uri
// says that URIs are wanted.
func (c *compiler) cell(def *cellDef, what string, uri bool) node {
	k := c.converter(def, what, uri)
	if def.constant != nil {
		return c.constantCell(def, k)
	}
	for _, column := range def.columns {
		k.columns = append(k.columns, c.column(column.text, column.at))
	}
	switch {
	case len(k.columns) == 0:
		k.columns = []int{0} // a fault of Parse
	case k.as == asPoint && len(k.columns) > 2:
		c.fault(finding.MappingConverter, def.at, "a point is made of one column or of two, not of %d", len(k.columns))
	case len(k.columns) > 1 && k.as != asPoint && k.as != asText && !slices.Contains(keyOf["format"], k.as):
		c.fault(finding.MappingConverter, def.at, "%s reads one column, not %d", k.as, len(k.columns)).Hint = "several columns make a point, a date, or a text with blanks between them"
	}
	if def.required && def.fallback != nil {
		c.fault(finding.MappingConverter, def.keys["required"], "required and default exclude each other").Hint = "an empty cell takes the default, so it is never refused"
	}
	return k
}

// converter compiles what cells and the elements of a list have in common.
func (c *compiler) converter(def *cellDef, what string, uri bool) *cell {
	k := &cell{converter: converter{number: c.number, ambiguous: def.ambiguous, instant: what == ngsild.MemberObservedAt, separator: []byte(def.separator), yes: def.yes, no: def.no, lonFirst: def.order == "lon-lat"}, required: def.required}
	k.as = c.conversion(def, what, uri)
	for _, n := range def.nulls {
		k.nulls = append(k.nulls, []byte(n))
	}
	switch k.as {
	case asNumber, asInteger, asDate, asDatetime, asYear, asQuarter, asMonth, asWeek:
		k.plainNull = def.nulls == nil && c.m.Source.Nulls == nil && !def.lookedUp
	}
	for _, key := range slices.Sorted(maps.Keys(keyOf)) {
		if at, set := def.keys[key]; set && !slices.Contains(keyOf[key], k.as) {
			f := c.fault(finding.MappingConverter, at, "%q does not go with as: %s", key, k.as)
			f.Hint = "it goes with as: " + join(keyOf[key])
		}
	}
	c.numbers(def, k)
	c.times(def, k)
	switch k.as {
	case asPoint:
		k.region = c.region(def)
		c.pointOrder(def, k.lonFirst)
	case asGeoJSON:
		k.region = c.region(def)
	}
	if def.unit != nil {
		c.unit(def.unit, k)
	}
	if k.as == asList {
		c.elements(def, k, uri)
	}
	if def.template != nil {
		k.template = c.cellTemplate(def, what, uri)
	}
	if def.fallback != nil {
		if v, ok := c.convert(k, def.fallback, def.defaultAt, "the default", finding.MappingConverter); ok {
			k.fallback = v
		}
	}
	c.lookup(def, k, uri)
	return k
}

func join(list []conversion) string {
	var words []string
	for _, k := range list {
		words = append(words, k.String())
	}
	return strings.Join(words, ", ")
}

// conversion checks the conversion of a converter, and gives it.
func (c *compiler) conversion(def *cellDef, what string, uri bool) conversion {
	as := def.conversion(uri, what)
	if def.as.text == "" {
		return as
	}
	if uri && def.template == nil && as != asURI && as != asList && !(as == asText && def.lookedUp) {
		c.fault(finding.MappingConverter, def.as.at, "%s is a URI and cannot be read as: %s", what, as).Hint = `read it as: uri, or build it with a template: "urn:ngsi-ld:Type:{}"`
	}
	if (as == asPoint || as == asGeoJSON) && what != ngsild.MemberValue && what != ngsild.MemberJSON {
		c.fault(finding.MappingConverter, def.as.at, "%s cannot hold a geometry", what).Hint = "a geometry stands under value:"
	}
	return as
}

// conversion gives the conversion that is written, or the one that goes without
// saying. what is the member or key that the converter stands under.
func (def *cellDef) conversion(uri bool, what string) conversion {
	switch {
	case def.as.text != "":
		return conversions[def.as.text]
	case def.separator != "" || def.of != nil:
		return asList
	case uri && def.template == nil:
		return asURI
	case what == ngsild.MemberJSON:
		return asJSON
	case what == ngsild.MemberObservedAt:
		return asDatetime
	case def.unit != nil:
		return asNumber
	}
	return asText
}

func (c *compiler) numbers(def *cellDef, k *cell) {
	if !slices.Contains(keyOf["decimal"], k.as) {
		return
	}
	if d := def.decimal; d.text != "" {
		if d.text != "." && d.text != "," {
			c.fault(finding.MappingConverter, d.at, "decimal cannot be %q", d.text).Hint = `it is "." or ","`
			return
		}
		k.number.decimal = d.text[0]
	}
	if def.thousands.at.Line > 0 {
		k.number.thousands = thousandsSeparators(def.thousands.text)
	}
	for _, t := range k.number.thousands {
		if len(t) == 1 && t[0] == k.number.decimal {
			at := def.at
			if def.thousands.at.Line > 0 {
				at = def.thousands.at
			}
			c.fault(finding.MappingConverter, at, "the decimal character and the separator of thousands are both %q", t)
		}
		if strings.ContainsAny(string(t), "0123456789+-eE") || len(t) == 0 {
			c.fault(finding.MappingConverter, def.at, "thousands cannot be %q", t)
		}
	}
}

func (c *compiler) times(def *cellDef, k *cell) {
	if f := def.format; f.text != "" {
		format, err := parseDateFormat(f.text)
		if err != nil {
			c.fault(finding.MappingConverter, f.at, "format: %v", err).Hint = dateTokenHelp
		}
		k.format = format
	} else if len(def.columns) > 0 {
		c.dateOrder(def, k)
	}
	if k.as != asDatetime {
		return
	}
	if z := def.timezone; z.text != "" {
		k.zone = c.zone(z)
	} else {
		k.zone = c.sourceZone(def.at)
	}
	if k.format != nil && !k.format.zoned && k.zone == nil && def.timezone.text == "" && c.m.Source.Timezone == "" {
		c.fault(finding.MappingConverter, def.format.at, "the format %q has no offset, and no timezone is named", k.format.text).Hint = "set timezone: Europe/Paris (or UTC) here or in the source"
	}
}

// dateOrder finds out which of two numbers is the day in the dates of a column
// that has no format.
func (c *compiler) dateOrder(def *cellDef, k *cell) {
	if c.env.Dates == nil || !slices.Contains(keyOf["format"], k.as) {
		return
	}
	var columns []string
	for _, column := range def.columns {
		columns = append(columns, column.text)
	}
	d := c.env.Dates(columns)
	if d == nil || !d.reads() {
		return
	}
	name, at := strings.Join(columns, " "), def.columns[0].at
	order, why, hint := d.decide(name)
	if why != "" {
		c.fault(finding.SourceDateOrder, at, "%s", why).Hint = hint
		return
	}
	k.order = order
	if by := d.evidence(name); by != "" {
		c.fault(finding.SourceDateOrder, at, "%s", by).Severity = finding.Info
	}
}

func (c *compiler) unit(def *unitDef, k *cell) {
	money := def.from.text == def.to.text
	k.from = def.from.text
	if u, ok := unit.Lookup(k.from); ok {
		k.symbol = u.Symbol
	}
	from := def.from.text != "" && c.knownUnit(def.from, money)
	to := money || def.to.text != "" && c.knownUnit(def.to, false)
	if !from || !to || money {
		return
	}
	conversion, err := unit.Convert(def.from.text, def.to.text)
	if err != nil {
		c.fault(finding.MappingUnit, def.to.at, "%s cannot be converted to %s: %v", def.from.text, def.to.text, err).Hint = "convert between units of one dimension only"
		return
	}
	k.unit, k.convert = conversion, !conversion.Identity()
}

// elements compiles the converter of a list's elements.
func (c *compiler) elements(def *cellDef, k *cell, uri bool) {
	if def.separator == "" {
		c.fault(finding.YAMLMissing, def.at, "a list needs the key %q", "separator").Hint = `it is what stands between the elements: separator: ";"`
		k.separator = []byte(";")
	}
	if def.of == nil {
		k.of = c.converter(&cellDef{at: def.at}, "of", uri)
		return
	}
	k.of = c.converter(def.of, "of", uri)
	if k.of.as == asList {
		c.fault(finding.MappingConverter, def.of.at, "the elements of a list cannot be lists")
		k.of.as = asText
	}
}

// cellTemplate compiles the template of a converter, in which {} is the value.
func (c *compiler) cellTemplate(def *cellDef, what string, uri bool) *template {
	l := *def.template
	parts, err := parseTemplate(l.text)
	if err != nil {
		c.fault(finding.MappingTemplate, l.at, "the template %q cannot be read: %v", l.text, err)
		return nil
	}
	m := modeText
	if uri {
		m = modeURI
	}
	return c.compileTemplate(l, parts, m, uriCode(what), uri)
}

// lookup gives the converter its table, with values that are converted.
func (c *compiler) lookup(def *cellDef, k *cell, uri bool) {
	if !def.lookedUp {
		if at, set := def.keys["miss"]; set {
			c.fault(finding.MappingConverter, at, "miss stands without a lookup")
		}
		return
	}
	k.miss = missPolicy(max(slices.Index(missWords, def.miss), 0))
	if k.miss == missDefault && def.fallback == nil {
		c.fault(finding.MappingLookup, def.keys["miss"], "miss: default needs the key default")
	}
	own := &table{values: map[string][]byte{}}
	if def.lookup.text == "" {
		for _, p := range def.pairs {
			own.values[p.key] = p.value
			own.keys = append(own.keys, p.key)
		}
	} else {
		named, ok := c.tables[def.lookup.text]
		if !ok {
			f := c.fault(finding.MappingLookup, def.lookup.at, "there is no look-up table %q", def.lookup.text)
			names := slices.Sorted(maps.Keys(c.tables))
			if near := finding.Nearest(def.lookup.text, names); near != "" {
				f.Hint = fmt.Sprintf("did you mean %q?", near)
			} else if len(names) > 0 {
				f.Hint = "the tables under lookups: are " + enumerate(names, 12)
			} else {
				f.Hint = "define it under lookups:"
			}
			return
		}
		own = named
	}
	at := def.lookup.at
	k.table = &table{name: def.lookup.text, keys: own.keys, values: make(map[string][]byte, len(own.values))}
	places := map[string]strictyaml.Pos{}
	for _, p := range def.pairs {
		places[p.key] = p.at
	}
	for _, key := range own.keys {
		where := at
		if p, ok := places[key]; ok {
			where = p
		}
		value := own.values[key]
		if def.as.text != "" || uri && def.template == nil {
			var ok bool
			if value, ok = c.convert(k, value, where, fmt.Sprintf("the look-up of %q", key), finding.MappingLookup); !ok {
				continue
			}
		}
		k.table.values[key] = value
	}
}

// convert converts a constant of the mapping by the converter, at compile time.
// Units and templates do not apply to it, and it has a decimal point.
func (c *compiler) convert(k *cell, value []byte, at strictyaml.Pos, what string, code finding.Code) ([]byte, bool) {
	text, kind := value, record.Text
	switch {
	case len(value) == 0:
	case value[0] == '"':
		s, _ := constantText(value)
		text = []byte(s)
	case value[0] == '-' || '0' <= value[0] && value[0] <= '9':
		kind = record.Number
	case string(value) == "true", string(value) == "false":
		kind = record.Boolean
	}
	plain := *k
	plain.number, plain.convert = plainNumber, false
	if kind == record.Text && (k.as == asNumber || k.as == asInteger) {
		// A look-up file of the same hand may write numbers as the source does.
		plain.number = k.number
		if _, ok := plainNumber.append(nil, text); ok {
			plain.number = plainNumber
		}
	}
	if k.as == asText && kind != record.Text || k.as == asJSON {
		return value, true // a number stays one
	}
	if k.as == asList && value[0] == '[' {
		return value, true
	}
	if k.format != nil && kind == record.Text {
		if _, ok := parseISO(text); ok {
			plain.format = nil
		}
	}
	x := &memory{plan: &Plan{}, batch: &record.Batch{}, record: &record.Record{}}
	out, s := plain.converted(x, nil, text, kind, -1)
	if s != done {
		reason := "it is empty"
		hint := ""
		if len(x.findings) > 0 {
			reason, hint = x.findings[0].Message, x.findings[0].Hint
		}
		c.fault(code, at, "%s does not fit as: %s: %s", what, k.as, reason).Hint = hint
		return nil, false
	}
	return out, true
}

// constantCell compiles a converter over a constant.
func (c *compiler) constantCell(def *cellDef, k *cell) node {
	for _, key := range []string{"lookup", "default", "required", "nulls", "template"} {
		if at, set := def.keys[key]; set {
			c.fault(finding.MappingConverter, at, "%q does not go with a constant", key)
		}
	}
	v, ok := c.convert(k, def.constant, def.at, "the constant", finding.MappingConverter)
	if !ok {
		return constant("null")
	}
	return constant(v)
}

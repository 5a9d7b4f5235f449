package propose

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/suggest"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// Mapping is a proposed mapping of one table.
type Mapping struct {
	mapping.Draft
	// Columns counts those of the table, Placed those that the draft uses, and Sure
	// those of them whose score is at least suggest.Sure.
	Columns, Placed, Sure int
}

// Draft proposes the mapping of a profiled table to a model, each attribute with what
// speaks for it, for a person to confirm. baseDir is what the table's file is relative
// to; the table is read again for a key of its rows. file is what the mapping calls the
// file. The draft has no @context where the model's has no address.
func Draft(ctx context.Context, baseDir string, t *profile.Table, chosen suggest.ModelScore, s *suggest.Suggester, file string) (*Mapping, error) {
	m := chosen.Model
	b := &builder{table: t, model: m, list: s.Attributes(chosen, TableOf(t)), times: map[int]*suggest.Candidate{}}
	named := *t
	named.File = file
	key, err := rowKey(ctx, baseDir, t, b.list)
	if err != nil {
		return nil, err
	}
	b.names, b.key = key.names, key.columns
	entityType := m.Type
	if m.TypeIRI() == "" && m.IRI(m.Name) != "" { // the @context has it under the model's name
		entityType = m.Name
	}
	e := mapping.DraftEntity{Type: entityType, Model: m.QualifiedName(), ID: key.template(entityType), Proposed: true}
	e.Attributes = b.attributes()
	e.IDNotes = append(b.ids, key.notes()...)
	e.Notes = append(b.unplaced, b.required(e.Attributes)...)
	out := &Mapping{Columns: len(t.Columns), Placed: len(b.used), Sure: b.sure}
	out.Draft = mapping.Draft{
		Title: fmt.Sprintf("A proposal for %s: each row of %s becomes a %s.\nA person must confirm it: look at each attribute, correct it, and set confirmed: true (or take the key out).\nldt map check counts what is not confirmed.",
			m.QualifiedName(), file, entityType),
		SourceText: named.SourceYAML(),
		Entities:   []mapping.DraftEntity{e},
	}
	if url := m.Subject.ContextURL(); url != "" {
		out.Context = []string{url}
	}
	return out, nil
}

// specOf gives the source of a mapping that reads the table as it was read.
func specOf(t *profile.Table) (source.Spec, error) {
	m, err := mapping.Parse("profile", []byte(t.SourceYAML()+"context: [c.jsonld]\nentities: [{type: Row, id: \"urn:row:{row}\"}]\n"))
	if err != nil {
		return source.Spec{}, fmt.Errorf("write the source of %s: %w", t.File, err)
	}
	return m.Source, nil
}

// builder makes the attributes of a draft.
type builder struct {
	table    *profile.Table
	model    *models.Model
	list     []suggest.Suggestion
	names    []string // what a mapping calls the columns
	used     map[int]bool
	times    map[int]*suggest.Candidate
	key      []int // the columns of the id
	ids      []string
	unplaced []string
	sure     int
}

// attributes makes the attributes in the order of the columns.
func (b *builder) attributes() []mapping.DraftAttribute {
	var out []mapping.DraftAttribute
	b.used = map[int]bool{}
	address, located := -1, false
	place := b.location()
	observed := b.observedAt()
	for i := range b.list {
		best := b.list[i].Best()
		c := &b.table.Columns[i]
		if slices.Contains(b.key, i) {
			b.used[i] = true
		}
		if best == nil && b.used[i] {
			b.ids = append(b.ids, quoted(c.Name)+" tells rows apart"+others("; nearest: ", b.list[i].Candidates))
			continue
		}
		if best == nil {
			b.unplaced = append(b.unplaced, fmt.Sprintf("%s: no attribute%s", quoted(c.Name), others("; nearest: ", b.list[i].Candidates)))
			continue
		}
		member, isMember := strings.CutPrefix(best.Attribute, "address.")
		switch {
		case best.Attribute == suggest.ID && b.used[i]:
			b.ids = append(b.ids, quoted(c.Name)+because(best))
		case best.Attribute == suggest.ID:
			b.unplaced = append(b.unplaced, fmt.Sprintf("%s: may be the id%s", quoted(c.Name), because(best)))
			continue
		case best.Attribute == suggest.ObservedAt:
			if observed == nil || !slices.Contains(observed.columns, i) {
				b.unplaced = append(b.unplaced, fmt.Sprintf("%s: may be the time of the row%s", quoted(c.Name), because(best)))
				continue
			}
		case best.Attribute == suggest.Location:
			if !slices.Contains(place.columns, i) {
				b.unplaced = append(b.unplaced, fmt.Sprintf("%s: may be the location%s", quoted(c.Name), because(best)))
				continue
			}
			if !located {
				located = true
				out = append(out, place.DraftAttribute)
			}
		case isMember:
			if address < 0 {
				address = len(out)
				out = append(out, mapping.DraftAttribute{Name: "address", Member: ngsild.MemberValue, Proposed: true})
			}
			a := &out[address]
			a.Members = append(a.Members, mapping.DraftAttribute{Name: member, Column: b.names[i], As: "text"})
			a.Notes = append(a.Notes, b.notes(i, best)...)
		default:
			out = append(out, b.attribute(i, best))
		}
		b.used[i] = true
		if best.Sure() {
			b.sure++
		}
	}
	if observed != nil && !b.observe(out, observed) {
		for _, i := range observed.columns {
			delete(b.used, i)
			b.unplaced = append(b.unplaced, fmt.Sprintf("%s: may be the time of the row, and no attribute is a measure that has one", quoted(b.table.Columns[i].Name)))
		}
	}
	return out
}

// because gives score and reasons of a candidate.
func because(c *suggest.Candidate) string {
	var parts []string
	for _, r := range c.Reasons {
		parts = append(parts, r.Text)
	}
	sure := ""
	if c.Sure() {
		sure = ", sure"
	}
	return fmt.Sprintf(", score %.2f%s: %s", c.Score, sure, strings.Join(parts, "; "))
}

// runnersUp is how many other candidates a comment names.
const runnersUp = 3

func others(lead string, list []suggest.Candidate) string {
	var parts []string
	for _, c := range list[:min(len(list), runnersUp)] {
		parts = append(parts, fmt.Sprintf("%s %.2f", c.Attribute, c.Score))
	}
	if len(parts) == 0 {
		return ""
	}
	return lead + strings.Join(parts, ", ")
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// notes are the comments above an attribute.
func (b *builder) notes(i int, best *suggest.Candidate) []string {
	c := &b.table.Columns[i]
	list := []string{quoted(c.Name) + because(best)}
	if o := others("else: ", b.list[i].Candidates[1:]); o != "" {
		list = append(list, o)
	}
	if c.Odd > 0 && c.Type != profile.Text {
		list = append(list, fmt.Sprintf("%d cells are no %s, first %q in row %d: their rows are rejected", c.Odd, c.Type, c.OddCell, c.OddRow))
	}
	if c.Ambiguous != "" {
		list = append(list, fmt.Sprintf("the dates may be %s or %s, and no cell says which", c.Format, c.Ambiguous))
	}
	if c.Personal != "" {
		list = append(list, fmt.Sprintf("looks like personal data (%s)", c.Personal))
	}
	return list
}

// attribute makes what one column becomes.
func (b *builder) attribute(i int, best *suggest.Candidate) mapping.DraftAttribute {
	c, a := &b.table.Columns[i], b.model.Attribute(best.Attribute)
	d := mapping.DraftAttribute{Name: a.Name, Member: ngsild.MemberValue, Column: b.names[i], Proposed: true, Notes: b.notes(i, best)}
	shape := &a.Shape
	if shape.Type == "array" && shape.Items != nil {
		d.Listed, shape = true, shape.Items
	}
	note := func(format string, args ...any) { d.Notes = append(d.Notes, fmt.Sprintf(format, args...)) }
	dated := c.Type == profile.Date || c.Type == profile.DateTime || c.Type == profile.Year
	if a.Kind == ngsild.ListProperty {
		d.Member, d.Listed = ngsild.MemberValueList, true
	}
	switch {
	case a.Kind == ngsild.LanguageProperty: // no language is known
		d.Member, d.As, d.Language, d.Listed = ngsild.MemberLanguageMap, "text", "@none", false
	case a.Kind == ngsild.VocabProperty:
		d.Member, d.As, d.Listed = ngsild.MemberVocab, "text", false
	case a.Kind == ngsild.JsonProperty:
		d.Member, d.As, d.Listed = ngsild.MemberJSON, "text", false
	case a.Kind == ngsild.Relationship || a.Kind == ngsild.ListRelationship:
		d.Member = ngsild.MemberObject
		if a.Kind == ngsild.ListRelationship {
			d.Member, d.Listed = ngsild.MemberObjectList, true
		}
		d.Around = "urn:ngsi-ld:" + targetOf(a.Name) + ":{}"
		if len(c.Samples) > 0 && !slices.ContainsFunc(c.Samples, func(s string) bool { return ngsild.ValidURI(s) != nil }) {
			d.Around = ""
		}
	case a.Kind == ngsild.GeoProperty:
		d.As, d.Listed = "point", false
		if c.Type == profile.GeoJSON {
			d.As = "geojson"
		} else {
			d.Order = mapping.PointOrder(c.Name)
		}
	case dated:
		d.As, d.Format = timeOf(c), c.Format
		if shape.Format == "date-time" && c.Type == profile.Date {
			note("the cells are dates without a time")
		}
	case c.Type == profile.Boolean:
		d.As = "text"
		if shape.Type == "boolean" {
			d.As = "boolean"
			d.Yes, d.No = truths(c.Samples)
		}
	case shape.Type == "boolean" && c.Type == profile.Integer:
		d.As = "boolean"
	case c.Type == profile.Integer || c.Type == profile.Number:
		b.quantity(&d, c, a, shape)
	case shape.Type == "number" || shape.Type == "integer":
		d.As = "number" // of an empty column, or of a code
	default:
		d.As = "text"
		b.enumerate(&d, c, shape)
	}
	return d
}

// targetOf gives the type that a Relationship such as refDevice seems to lead to.
func targetOf(name string) string {
	for _, prefix := range []string{"ref", "has"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			return rest
		}
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// timeOf gives the converter of a column of times.
func timeOf(c *profile.Column) string {
	switch c.Type {
	case profile.Date:
		return "date"
	case profile.DateTime:
		return "datetime"
	}
	return "year"
}

// truths sorts the words for true and false; it gives none where the mapping knows them.
func truths(samples []string) (yes, no []string) {
	plain := true
	for _, s := range samples {
		switch strings.ToLower(s) {
		case "true", "false":
			continue
		case "yes", "y", "oui", "vrai", "ja", "wahr", "si", "sí", "sì":
			yes = append(yes, s)
		default:
			no = append(no, s)
		}
		plain = false
	}
	if plain || len(yes) == 0 || len(no) == 0 {
		return nil, nil
	}
	return yes, no
}

// quantity sets converter and unit of a column of numbers.
func (b *builder) quantity(d *mapping.DraftAttribute, c *profile.Column, a *models.Attribute, shape *models.Shape) {
	note := func(format string, args ...any) { d.Notes = append(d.Notes, fmt.Sprintf(format, args...)) }
	if shape.Type == "string" {
		d.As = "text"
		return
	}
	d.As = "number"
	if c.Type == profile.Integer && shape.Type == "integer" {
		d.As = "integer"
	} else if shape.Type == "integer" {
		note("the model wants whole numbers, and the cells have fractions")
	}
	switch {
	case c.Unit != "":
		d.From, d.To = c.Unit, c.Unit
		for _, code := range a.Units {
			if sameDimension(code, c.Unit) {
				d.To = code
				break
			}
		}
		if c.Unit == "P1" && shape.Maximum == "1" {
			d.To = "C62"
		}
	case b.unitColumn() != nil:
		named := b.unitColumn()
		if u, ok := unit.Parse(named.Samples[0]); ok && named.Distinct == 1 {
			d.From, d.To = u.Code, u.Code
			note("the unit is that of every cell of %s", quoted(named.Name))
			break
		}
		note("%s has the unit of each row (%s): write an instance of the attribute for each, with a condition: when", quoted(named.Name), strings.Join(named.Samples, ", "))
	case shape.Maximum == "1" && exceedsOne(c.Max):
		d.From, d.To = "P1", "C62"
		note("the model has shares of 1, and the cells go to %s: they are taken for percent", c.Max)
	case len(a.Units) > 0:
		note("the header states no unit, and the model has %s: write unit: %s where that is right", strings.Join(a.Units, " or "), a.Units[0])
	}
}

// unitColumn gives the column whose cells are units, or nil.
func (b *builder) unitColumn() *profile.Column {
	for i := range b.table.Columns {
		c := &b.table.Columns[i]
		isUnit := func(s string) bool { _, ok := unit.Parse(s); return ok }
		if c.Type == profile.Text && len(c.Samples) > 0 && int64(len(c.Samples)) == c.Distinct && !slices.ContainsFunc(c.Samples, func(s string) bool { return !isUnit(s) }) {
			return c
		}
	}
	return nil
}

func sameDimension(a, b string) bool {
	x, okX := unit.Lookup(a)
	y, okY := unit.Lookup(b)
	return okX && okY && x.Dimension == y.Dimension
}

func exceedsOne(number string) bool {
	whole, _, _ := strings.Cut(number, ".")
	return strings.Trim(whole, "0123456789") == "" && strings.TrimLeft(whole, "0") > "1" || len(strings.TrimLeft(whole, "0")) > 1
}

// enumShown is how many words of an enumeration a comment names.
const enumShown = 8

// enumerate makes a look-up of the column's words where each is a word of the model but
// for its case.
func (b *builder) enumerate(d *mapping.DraftAttribute, c *profile.Column, shape *models.Shape) {
	if len(shape.Enum) == 0 {
		return
	}
	words := map[string]string{}
	var list []string
	for _, raw := range shape.Enum {
		word := strings.Trim(string(raw), `"`)
		words[strings.ToLower(word)] = word
		list = append(list, word)
	}
	var pairs [][2]string
	for _, s := range c.Samples {
		if word, ok := words[strings.ToLower(s)]; ok {
			pairs = append(pairs, [2]string{s, word})
		}
	}
	if len(pairs) == len(c.Samples) && int64(len(pairs)) == c.Distinct && c.DistinctExact {
		if slices.ContainsFunc(pairs, func(p [2]string) bool { return p[0] != p[1] }) {
			d.As, d.Lookup = "", pairs
		}
		return
	}
	more := ""
	if len(list) > enumShown {
		more = fmt.Sprintf(" and %d more", len(list)-enumShown)
	}
	d.Notes = append(d.Notes, fmt.Sprintf("the model allows %s%s: write a lookup: {word of the column: word of the model}", strings.Join(list[:min(len(list), enumShown)], ", "), more))
}

// placed is an attribute that is made of columns.
type placed struct {
	mapping.DraftAttribute
	columns []int
}

// location gives the place: of one column with both coordinates or a geometry, else of
// two.
func (b *builder) location() placed {
	p := placed{DraftAttribute: mapping.DraftAttribute{Name: suggest.Location, Member: ngsild.MemberValue, As: "point", Proposed: true}}
	lat, lon, whole := -1, -1, -1
	for i := range b.list {
		best := b.list[i].Best()
		if best == nil || best.Attribute != suggest.Location {
			continue
		}
		c := &b.table.Columns[i]
		switch {
		case c.Type == profile.Point || c.Type == profile.GeoJSON:
			// A geometry says more than a point.
			if whole < 0 || c.Type == profile.GeoJSON && b.table.Columns[whole].Type != profile.GeoJSON {
				whole = i
			}
		case suggest.IsLongitude(c.Name):
			if lon < 0 {
				lon = i
			}
		case lat < 0:
			lat = i
		}
	}
	switch {
	case whole >= 0:
		c := &b.table.Columns[whole]
		p.columns, p.Column = []int{whole}, b.names[whole]
		if c.Type == profile.GeoJSON {
			p.As = "geojson"
		} else if p.Order = cmp.Or(mapping.PointOrder(c.Name), "lat-lon"); mapping.PointOrder(c.Name) == "" {
			p.Notes = append(p.Notes, "the order is taken for lat-lon: see that it is")
		}
	case lat >= 0 && lon >= 0:
		p.columns, p.Columns, p.Order = []int{lat, lon}, []string{b.names[lat], b.names[lon]}, "lat-lon"
	}
	var notes []string
	for _, i := range p.columns {
		notes = append(notes, b.notes(i, b.list[i].Best())...)
	}
	p.Notes = append(notes, p.Notes...)
	return p
}

// observedAt gives the time of the row: of the column that is most likely it, with one
// for the time of day beside it.
func (b *builder) observedAt() *placed {
	date, clock := -1, -1
	for i := range b.list {
		c := &b.table.Columns[i]
		if c.Type == profile.Time && clock < 0 {
			clock = i
		}
		best := b.list[i].Best()
		if best == nil || best.Attribute != suggest.ObservedAt {
			continue
		}
		switch c.Type {
		case profile.Date, profile.DateTime, profile.Year, profile.Integer:
			if c.Type == profile.Integer && !yearly(c) {
				continue
			}
			if date < 0 || best.Score > b.list[date].Best().Score {
				date = i
			}
		}
	}
	if date < 0 {
		return nil
	}
	c := &b.table.Columns[date]
	p := &placed{columns: []int{date}, DraftAttribute: mapping.DraftAttribute{Column: b.names[date], As: timeOf(c), Format: c.Format}}
	if clock >= 0 && c.Type == profile.Date && b.list[clock].Best() != nil && b.list[clock].Best().Attribute == suggest.ObservedAt {
		p.columns = append(p.columns, clock)
		format := cmp.Or(c.Format, "YYYY-MM-DD") + " " + clockFormat(b.table.Columns[clock].Samples)
		p.DraftAttribute = mapping.DraftAttribute{Columns: []string{b.names[date], b.names[clock]}, As: "datetime", Format: format, Timezone: "Europe/Paris"}
		p.Notes = []string{"the zone of the local times is taken for Europe/Paris: correct it"}
	}
	return p
}

// clockFormat gives the format of times of day.
func clockFormat(samples []string) string {
	format, seconds := "HH:mm", ""
	for _, s := range samples {
		parts := strings.Split(s, ":")
		if len(parts[0]) == 1 {
			format = "H:mm"
		}
		if len(parts) == 3 {
			seconds = ":ss"
		}
	}
	return format + seconds
}

// yearly says that a column of whole numbers holds years.
func yearly(c *profile.Column) bool {
	return len(c.Min) == 4 && len(c.Max) == 4 && c.Min >= "1800" && c.Max <= "2199"
}

// observe gives the measures their time; it is false where there is none.
func (b *builder) observe(list []mapping.DraftAttribute, observed *placed) bool {
	done := false
	for i := range list {
		if a := &list[i]; a.Member == ngsild.MemberValue && (a.As == "number" || a.As == "integer") && !a.Listed {
			when := observed.DraftAttribute
			a.ObservedAt = &when
			for _, j := range observed.columns {
				a.Notes = append(a.Notes, "observedAt: "+strings.Join(b.notes(j, b.list[j].Best()), "; "))
			}
			a.Notes = append(a.Notes, observed.Notes...)
			done = true
		}
	}
	return done
}

// required names what the model requires and nothing answers.
func (b *builder) required(list []mapping.DraftAttribute) []string {
	missing := map[string]bool{}
	for _, name := range b.model.Required {
		missing[name] = name != ngsild.MemberID && name != ngsild.MemberType
	}
	for _, a := range list {
		missing[a.Name] = false
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if missing[name] {
			notes = append(notes, fmt.Sprintf("the model requires %s, and no column answers it", name))
		}
	}
	return notes
}

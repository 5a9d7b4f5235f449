package suggest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// weight is how much a concept of the kind says in a name.
func (k kind) weight() float64 {
	switch k {
	case soft:
		return 0.15
	case part:
		return 0.6
	case form:
		return 0.7
	case thing:
		return 0.8
	}
	return 1
}

func (m *mention) weight() float64 {
	switch {
	case m.concept == "date":
		return 0.5 // most of what has a date says so
	case m.kind == raw && m.word[0] >= '0' && m.word[0] <= '9':
		return 0.3 // a height, such as 10m
	}
	return m.kind.weight()
}

func weigh(list []mention) float64 {
	sum := 0.0
	for i := range list {
		sum += list[i].weight()
	}
	return sum
}

// column is a Column and what its header speaks of.
type column struct {
	*Column
	about []mention
	// light are the concepts that say little here: those of the row's own subject, and
	// "name" beside a noun.
	light map[string]bool
	// subject are the concepts of the model's name, which its attributes need not repeat.
	subject map[string]bool
	// table knows what else stands in the table.
	table *tableFacts
}

// tableFacts is what columns of one table know of one another.
type tableFacts struct {
	latitude, longitude bool // a column of each
	// a column of each whose header says nothing else
	plainLatitude, plainLongitude bool
	identified                    bool // a column that is named so and whose cells are all different
	street                        bool // a column of street names
	started                       bool // a column of begins
	dated                         bool // a column of dates
	gases                         bool // a column of a gas in the air
}

// readTable takes the headers of a table apart.
func readTable(t *Table) []column {
	facts := &tableFacts{}
	list := make([]column, len(t.Columns))
	for i := range t.Columns {
		c := &list[i]
		*c = column{Column: &t.Columns[i], table: facts, light: map[string]bool{}}
		c.read()
		if lat, lon := c.coordinate(); lat || lon {
			facts.latitude, facts.longitude = facts.latitude || lat, facts.longitude || lon
			facts.plainLatitude = facts.plainLatitude || lat && c.plain()
			facts.plainLongitude = facts.plainLongitude || lon && c.plain()
		}
		facts.identified = facts.identified || c.has("id") && c.unique()
		facts.dated = facts.dated || c.Type == Date || c.Type == DateTime
		facts.street = facts.street || c.has("street")
		facts.gases = facts.gases || c.has("no2") || c.has("nox") || c.has("o3") || c.has("so2")
		facts.started = facts.started || c.has("start") && (c.Type == Date || c.Type == DateTime || c.Type == Year)
	}
	for i := range list {
		c := &list[i]
		if facts.gases && c.numeric() && len(c.about) == 1 && c.about[0].word == nitricOxide {
			c.about[0] = mention{"nitricoxide", noun, nitricOxide, exact}
		}
	}
	return list
}

// bracketed matches what may be a unit in a header.
var bracketed = regexp.MustCompile(`\([^()]*\)|\[[^\[\]]*\]`)

// read takes the header apart.
func (c *column) read() {
	name := c.Name
	name = bracketed.ReplaceAllStringFunc(name, func(text string) string {
		inside := text[1 : len(text)-1]
		if _, ok := unit.Parse(inside); ok || len(inside) <= 8 && strings.ContainsAny(inside, "/%°µ") {
			return " "
		}
		return text
	})
	if c.UnitText == "" && c.numeric() {
		name = withoutUnit(name)
	}
	if c.UnitText != "" {
		if i := strings.LastIndex(name, c.UnitText); i >= 0 {
			name = name[:i] + " " + name[i+len(c.UnitText):]
		}
	}
	c.about = words().mentions(name)
	if u, ok := unit.Parse(strings.TrimSpace(name)); ok && c.numeric() {
		for i := range c.about {
			if c.about[i].concept == unitConcepts[u.Dimension] {
				c.about[i].how = implied // the header is a unit alone
			}
		}
	}
	dated := c.Type == Date || c.Type == DateTime
	for i := range c.about {
		m := &c.about[i]
		if m.word == "data" && dated { // a date in Italian and Portuguese
			m.concept, m.kind = "date", form
		}
	}
	if dated && !c.has("date") {
		c.about = append(c.about, mention{"date", form, string(c.Type), implied})
	}
	if dimension(c.Unit) == "power" { // consumption in kW is power
		for i := range c.about {
			if c.about[i].concept == "consumption" && !c.has("power") {
				c.about[i].concept = "power"
			}
		}
	}
	if concept := unitConcepts[dimension(c.Unit)]; concept != "" && !c.has(concept) {
		c.about = append(c.about, mention{concept, noun, c.UnitText, implied})
	}
	if c.has("name") && slices.ContainsFunc(c.about, func(m mention) bool { return m.kind == noun && m.how != implied }) {
		c.light["name"] = true
	}
	if c.has("description") && slices.ContainsFunc(c.about, func(m mention) bool { return m.kind == noun || m.kind == raw }) {
		c.light["description"] = true // what a code means
	}
	if c.has("name") {
		for _, m := range c.about {
			if m.kind == thing {
				c.light[m.concept] = true
			}
		}
	}
}

// withoutUnit takes a unit behind a dash or comma off a header.
func withoutUnit(header string) string {
	for i, r := range header {
		if i > 0 && strings.ContainsRune("-–,/|", r) {
			if _, ok := unit.Parse(strings.TrimSpace(header[i+utf8.RuneLen(r):])); ok {
				return header[:i]
			}
		}
	}
	return header
}

// unique says that every row has another value.
func (c *column) unique() bool { return c.Rows > 1 && c.Empty == 0 && c.Distinct == c.Rows }

// only says that the header speaks of nothing but one concept.
func (c *column) only(concept string) bool {
	return c.has(concept) && !slices.ContainsFunc(c.about, func(m mention) bool { return m.concept != concept && m.kind != soft })
}

// of gives the column as one of a table of a subject: the words that name it say little.
func (c *column) of(subject []mention) *column {
	own := *c
	own.subject, own.light = map[string]bool{}, maps.Clone(c.light)
	for _, m := range subject {
		if m.kind == thing {
			own.light[m.concept] = true
		}
		if m.kind == thing || m.kind == noun {
			own.subject[m.concept] = true
		}
	}
	return &own
}

func (c *column) has(concept string) bool {
	return slices.ContainsFunc(c.about, func(m mention) bool { return m.concept == concept })
}

// concepts gives what the header speaks of, with what is near to it.
func (c *column) concepts() []string {
	var list []string
	for _, m := range c.about {
		list = append(list, m.concept)
		for other := range near[m.concept] {
			list = append(list, other)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *column) numeric() bool { return c.Type == Number || c.Type == Integer }

// unitConcepts are the nouns that a unit stands for.
var unitConcepts = map[string]string{
	"energy": "energy", "power": "power", "volume": "volume", "temperature": "temperature", "area": "area", "pressure": "pressure",
	"speed": "speed", "irradiance": "radiation", "electric potential": "voltage", "electric current": "current", "frequency": "frequency",
	"illuminance": "illuminance", "volume flow": "flow",
}

// dimensions are those of the units in which a noun is stated.
var dimensions = map[string][]string{
	"temperature": {"temperature"}, "humidity": {"ratio"}, "pressure": {"pressure"}, "speed": {"speed"}, "voltage": {"electric potential"},
	"current": {"electric current"}, "frequency": {"frequency"}, "illuminance": {"illuminance"}, "height": {"length"}, "width": {"length"},
	"length": {"length"}, "depth": {"length"}, "distance": {"length"}, "area": {"area"}, "weight": {"mass"}, "direction": {"angle"},
}

func dimension(code string) string {
	u, ok := unit.Lookup(code)
	if !ok || code == "" {
		return ""
	}
	return u.Dimension
}

// likeness says how well a header fits a name, from 0 to 1: how much of the name the
// header speaks of, how much of the header the name speaks of, and what in either sets
// them apart.
func (c *column) likeness(n *nameWords) (score float64, reasons []Reason) {
	if n.weight == 0 {
		return 0, nil
	}
	answered, named := 0.0, 0.0
	heardWord, core, heavy, nouns := false, false, false, false
	dates := slices.ContainsFunc(n.about, func(m mention) bool { return m.concept == "date" })
	used := make([]bool, len(c.about))
	factor := 1.0
	for i := range n.about {
		a := &n.about[i]
		w := a.weight()
		q, at := c.answer(a)
		switch {
		case c.Type == Integer && counts(a.concept): // whole numbers may count without saying so
			w = soft.weight()
		case q == 0 && c.subject[a.concept] && len(n.about) > 1:
			w = soft.weight()
		}
		named += w
		heavy = heavy || w > soft.weight() && a.kind != part
		nouns = nouns || a.kind != form && a.kind != soft && a.kind != part
		if q == 0 {
			switch a.kind {
			case part:
				factor *= 0.6
			case noun:
				if w > soft.weight() {
					factor *= 0.85
				}
			case form:
				if a.concept != "date" && w > soft.weight() {
					factor *= 0.65
				}
			}
			continue
		}
		used[at] = true
		answered += q * w
		heardWord = heardWord || c.about[at].how != implied
		core = core || a.kind != part && a.kind != soft
		reasons = append(reasons, because(&c.about[at], a))
	}
	if answered == 0 {
		return 0, nil
	}
	heard, whole := 0.0, 0.0
	for i := range c.about {
		m := &c.about[i]
		w := m.weight()
		if c.light[m.concept] {
			w = soft.weight()
		}
		switch {
		case used[i]:
			heard, whole = heard+w, whole+w
		case m.how == implied:
		default:
			whole += w
			switch {
			case c.light[m.concept] || m.concept == "date":
			case m.concept == "hour" && dates && c.has("date"): // date and time
				whole -= w
			case c.Type == Integer && counts(m.concept):
			case m.kind == part:
				factor *= 0.5
			case m.kind == form:
				factor *= 0.55
			case m.kind == noun && !nouns: // the name, date or kind of something else
				factor *= 0.6
			case m.kind == noun:
				factor *= 0.85
			case m.kind == raw && w >= 1 && !nouns:
				factor *= 0.65
			case m.kind == raw && w >= 1:
				factor *= 0.8
			}
		}
	}
	if !heardWord { // all is implied
		factor *= 0.7
	}
	if !core && heavy { // nothing but "total", "below" and the like
		factor *= 0.5
	}
	return math.Pow(answered/named, 0.6) * math.Pow(heard/whole, 0.4) * factor, reasons
}

func counts(concept string) bool { return concept == "number" || concept == "count" }

// answer finds the mention of the header that answers one of a name.
func (c *column) answer(a *mention) (quality float64, at int) {
	for i := range c.about {
		m := &c.about[i]
		q := 0.0
		if m.concept == a.concept {
			q = m.quality()
		} else if f := near[m.concept][a.concept]; f > 0 {
			q = f * m.quality()
		}
		if m.how == implied {
			q *= 0.9
		}
		if q > quality {
			quality, at = q, i
		}
	}
	return quality, at
}

// because says how a word of a header leads to a word of a name.
func because(m, a *mention) Reason {
	switch {
	case m.how == implied && m.concept == "date":
		return Reason{ReasonDates, "the cells are dates"}
	case m.how == implied:
		return Reason{ReasonUnit, fmt.Sprintf("the unit %s is one of %s", m.word, m.concept)}
	case m.word == a.word:
		return Reason{ReasonName, "the name has " + quote(m.word)}
	case m.how == typo:
		return Reason{ReasonSynonym, fmt.Sprintf("%s is nearly %s", quote(m.word), m.concept)}
	}
	return Reason{ReasonSynonym, fmt.Sprintf("%s means %s", quote(m.word), a.word)}
}

func quote(text string) string { return strconv.Quote(clip(text, 60)) }

// candidate scores an attribute of a model for the column; it is false where nothing
// speaks for it.
func (c *column) candidate(m *models.Model, a *models.Attribute, n *nameWords) (Candidate, bool) {
	if a.Name == Location || a.Name == "address" || !usable(m, a) {
		return Candidate{}, false // scored as a whole
	}
	score, reasons := c.likeness(n)
	if strings.EqualFold(c.Name, a.Name) {
		score, reasons = 1, []Reason{{ReasonName, "the header is its name"}}
	}
	if score < 0.2 {
		return Candidate{}, false
	}
	f, why := c.fits(a, n)
	score, reasons = score*f, append(reasons, why...)
	f, why = c.measured(a, n)
	score, reasons = min(score*f, 1), append(reasons, why...)
	if !slices.ContainsFunc(reasons, func(r Reason) bool { return r.Kind == ReasonEnum }) && slices.ContainsFunc(n.about, isCategory) {
		score = doubted(score) // the words of a category are its own affair
	}
	if slices.ContainsFunc(c.about, func(m mention) bool { return m.how == typo }) {
		score = doubted(score) // the word may be another
	}
	if score < 0.15 {
		return Candidate{}, false
	}
	return Candidate{a.Name, round(score), reasons}, true
}

func isCategory(m mention) bool {
	return m.concept == "type" || m.concept == "status" || m.concept == "use" || m.concept == "sector"
}

// reserved are members of NGSI-LD, which no mapping can write as attributes.
var reserved = []string{
	ngsild.MemberID, ngsild.MemberType, ngsild.MemberScope, ngsild.MemberCreatedAt, ngsild.MemberModifiedAt, ngsild.MemberDeletedAt,
	ngsild.MemberValue, ngsild.MemberObject, ngsild.MemberLanguageMap, ngsild.MemberVocab, ngsild.MemberValueList, ngsild.MemberObjectList,
	ngsild.MemberJSON, ngsild.MemberUnitCode, ngsild.MemberObservedAt, ngsild.MemberDatasetID, ngsild.MemberInstanceID, ngsild.MemberObjectType,
}

// usable says that a mapping can write the attribute: its name is a term.
func usable(m *models.Model, a *models.Attribute) bool {
	return !slices.Contains(reserved, a.Name) && m.IRI(a.Name) != ""
}

// form of the values of an attribute.
func (c *column) fits(a *models.Attribute, n *nameWords) (factor float64, reasons []Reason) {
	s := &a.Shape
	if s.Type == "array" && s.Items != nil {
		factor, reasons = c.fitsShape(a, s.Items, n)
		return factor * 0.97, reasons
	}
	return c.fitsShape(a, s, n)
}

func (c *column) fitsShape(a *models.Attribute, s *models.Shape, n *nameWords) (float64, []Reason) {
	dates := s.Format == "date-time" || s.Format == "date"
	dated := c.Type == Date || c.Type == DateTime
	switch {
	case c.Type == Empty:
		return 0.9, nil
	case a.Kind == ngsild.GeoProperty || len(s.Geometry) > 0:
		if c.Type == Point || c.Type == GeoJSON {
			return 0.8, []Reason{{ReasonCoordinates, "the cells are positions"}}
		}
		return 0.1, nil
	case a.Kind == ngsild.Relationship || s.Identifier:
		if c.numeric() && !c.ID || dated || c.Type == Boolean || c.Type == Year || c.Type == Time {
			return 0.2, nil
		}
		return 0.75, nil
	case dates:
		switch {
		case dated:
			return 1.1, []Reason{{ReasonDates, "the cells are dates, as its values"}}
		case c.Type == Year:
			return 0.8, []Reason{{ReasonDates, "the cells are years"}}
		}
		return 0.3, nil
	case c.Type == Point || c.Type == GeoJSON:
		return 0.1, nil
	case dated:
		if slices.ContainsFunc(n.about, func(m mention) bool { return m.concept == "date" }) {
			return 1, []Reason{{ReasonDates, "the cells are dates"}}
		}
		if s.Type == "string" && slices.ContainsFunc(n.about, isTimely) {
			return 0.8, nil
		}
		return 0.15, nil
	}
	switch s.Type {
	case "number", "integer":
		switch {
		case c.Type == Integer || s.Type == "number" && c.Type == Number:
			return c.inRange(s, 1.05)
		case c.Type == Number:
			return c.inRange(s, 0.85)
		case c.Type == Year || c.Type == Code:
			return 0.6, nil
		}
		return 0.15, nil
	case "boolean":
		if c.Type == Boolean {
			return 1.05, []Reason{{ReasonType, "the cells are true or false, as its values"}}
		}
		if c.Type == Integer && c.Min == "0" && c.Max == "1" {
			return 0.9, []Reason{{ReasonType, "the cells are 0 or 1"}}
		}
		return 0.2, nil
	case "object":
		return 0.3, nil
	case "string":
		f, reasons := c.enumerated(s)
		switch {
		case c.Type == Number && len(s.Enum) == 0:
			return 0.45 * f, reasons
		case c.Type == Integer:
			return 0.65 * f, reasons
		case c.Type == Boolean || c.Type == Time:
			return 0.7 * f, reasons
		}
		return f, reasons
	}
	return 0.9, nil
}

func isTimely(m mention) bool {
	return m.concept == "year" || m.concept == "month" || m.concept == "period" || m.concept == "week"
}

// inRange holds the range of the column against the limits of the values.
func (c *column) inRange(s *models.Shape, fit float64) (float64, []Reason) {
	reasons := []Reason{{ReasonType, "the cells are numbers, as its values"}}
	low, errLow := strconv.ParseFloat(c.Min, 64)
	high, errHigh := strconv.ParseFloat(c.Max, 64)
	if errLow != nil || errHigh != nil {
		return fit, reasons
	}
	least, most := limit(s.Minimum, s.Above, -1), limit(s.Maximum, s.Below, 1)
	if low == 0 && least == 1 {
		low = 1 // no such thing, where there may be one or more
	}
	switch {
	case low >= least && high <= most && !math.IsInf(least, 0) && !math.IsInf(most, 0):
		return fit * 1.03, append(reasons, Reason{ReasonRange, fmt.Sprintf("%s to %s is within %s to %s", c.Min, c.Max, number(least), number(most))})
	case low >= least && high <= most:
		return fit, reasons
	case most == 1 && low >= 0 && high <= 100:
		return fit * 0.97, append(reasons, Reason{ReasonRange, fmt.Sprintf("%s to %s may be percent of its 0 to 1", c.Min, c.Max)})
	case low < -90 && high <= most: // a fill value such as -999
		return fit * 0.9, reasons
	}
	return fit * 0.7, append(reasons, Reason{ReasonRange, fmt.Sprintf("%s to %s is not within %s to %s", c.Min, c.Max, number(least), number(most))})
}

func limit(closed, open json.Number, sign int) float64 {
	for _, text := range []json.Number{closed, open} {
		if f, err := text.Float64(); err == nil {
			return f
		}
	}
	return math.Inf(sign)
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }

// enumerated holds the values of the column against those of an enumeration.
func (c *column) enumerated(s *models.Shape) (float64, []Reason) {
	if len(s.Enum) == 0 || len(c.Samples) == 0 {
		return 1, nil
	}
	allowed := map[string]bool{}
	for _, raw := range s.Enum {
		allowed[fold(strings.Trim(string(raw), `"`))] = true
	}
	n := 0
	for _, sample := range c.Samples {
		if allowed[fold(sample)] {
			n++
		}
	}
	reason := []Reason{{ReasonEnum, fmt.Sprintf("%d of %d values are among its %d", n, len(c.Samples), len(s.Enum))}}
	switch {
	case 2*n >= len(c.Samples):
		return 1.15, reason
	case n > 0:
		return 1, reason
	}
	return 0.85, reason
}

// fold gives a value as its letters and digits alone.
func fold(text string) string { return strings.Join(tokens(text), "") }

// measured holds the unit of the column against those of the attribute.
func (c *column) measured(a *models.Attribute, n *nameWords) (float64, []Reason) {
	if c.Unit != "" && len(a.Units) == 0 {
		for _, m := range n.about {
			if want := dimensions[m.concept]; want != nil && !slices.Contains(want, dimension(c.Unit)) {
				return 0.3, []Reason{{ReasonUnit, fmt.Sprintf("%s is no unit of %s", c.Unit, m.concept)}}
			}
		}
	}
	if c.Type == Text && a.Shape.Type != "string" && a.Shape.Type != "array" {
		for _, m := range n.about {
			if dimensions[m.concept] != nil || m.word == "value" {
				return 0.4, []Reason{{ReasonType, "the cells are no numbers"}}
			}
		}
	}
	if c.Unit == "" || len(a.Units) == 0 {
		return 1, nil
	}
	for _, code := range a.Units {
		if dimension(code) == dimension(c.Unit) {
			if code == c.Unit {
				return 1.1, []Reason{{ReasonUnit, fmt.Sprintf("the unit %s is its own", code)}}
			}
			return 1.1, []Reason{{ReasonUnit, fmt.Sprintf("%s converts to its unit %s", c.Unit, code)}}
		}
	}
	return 0.2, []Reason{{ReasonUnit, fmt.Sprintf("%s does not convert to its unit %s", c.Unit, a.Units[0])}}
}

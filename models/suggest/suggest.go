// Package suggest owns which model of the catalogue a table is about, and which
// attribute of a model a column is: with a score and the reasons for it, for a person to
// confirm.
//
// It knows a table by its columns alone, which a Column describes. It needs no network
// and no learned model: headers are taken apart into words, a lexicon of our own says
// what the words mean in English, French, German, Dutch, Spanish, Italian and Portuguese,
// and types, units, ranges and values of the cells decide with them.
package suggest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/models"
)

// Type is what the cells of a column can be read as.
type Type string

// The types of a column.
const (
	Empty    Type = "empty"
	Boolean  Type = "boolean"
	Code     Type = "code"
	Year     Type = "year"
	Integer  Type = "integer"
	Number   Type = "number"
	Date     Type = "date"
	DateTime Type = "datetime"
	Time     Type = "time"
	Point    Type = "point"
	GeoJSON  Type = "geojson"
	Text     Type = "text"
)

// Column is what is known of a column of a table.
type Column struct {
	Name string
	Type Type
	// Format is that of dates and times; "" is ISO 8601.
	Format string
	// Unit is a UN/CEFACT code, and UnitText what in the header says so.
	Unit, UnitText string
	// Min and Max are the least and greatest value as text.
	Min, Max string
	// Rows counts the cells, Empty those without a value, Distinct the different values.
	Rows, Empty, Distinct int64
	// Samples are some of the values.
	Samples []string
	// ID says that the column seems to name what its row is about.
	ID bool
}

// Table is what is known of a table.
type Table struct {
	// Name is that of its file or sheet, and may be empty.
	Name    string
	Columns []Column
}

// The answers that are no attribute of a model: the id of the entity, the time of its
// attributes. A member of the address is written "address.streetAddress".
const (
	ID         = "id"
	ObservedAt = "observedAt"
	Location   = "location"
)

// Proposed is the least score of an attribute that is proposed at all, and Sure the one
// from which it is seldom wrong; docs/suggest.md says how seldom.
const (
	Proposed = 0.5
	Sure     = 0.8
)

// ReasonKind names what speaks for an attribute.
type ReasonKind string

// The kinds of reasons.
const (
	ReasonName        ReasonKind = "name"
	ReasonSynonym     ReasonKind = "synonym"
	ReasonUnit        ReasonKind = "unit"
	ReasonType        ReasonKind = "type"
	ReasonRange       ReasonKind = "range"
	ReasonEnum        ReasonKind = "enum"
	ReasonCoordinates ReasonKind = "coordinates"
	ReasonDates       ReasonKind = "dates"
	ReasonValues      ReasonKind = "values" // how many are different
	ReasonTaken       ReasonKind = "taken"  // another column answers it better
)

// Reason is why a column may be an attribute, or may not be.
type Reason struct {
	Kind ReasonKind `json:"kind"`
	Text string     `json:"text"`
}

// Candidate is an attribute that a column may be.
type Candidate struct {
	Attribute string `json:"attribute"`
	// Score is from 0 to 1.
	Score   float64  `json:"score"`
	Reasons []Reason `json:"reasons"`
}

// Sure says that the candidate is seldom wrong.
func (c *Candidate) Sure() bool { return c.Score >= Sure }

// Suggestion is what a column may be, the best first. It may be empty.
type Suggestion struct {
	Column     string      `json:"column"`
	Candidates []Candidate `json:"candidates"`
}

// Best gives the attribute to propose, or nil where none is good enough: the column is
// then no attribute of the model.
func (s *Suggestion) Best() *Candidate {
	if len(s.Candidates) == 0 || s.Candidates[0].Score < Proposed {
		return nil
	}
	return &s.Candidates[0]
}

// ModelScore is a model that a table may be about.
type ModelScore struct {
	Model *models.Model
	// Score is from 0 to 1, the more the more speaks for the model. It orders the models
	// of one table.
	Score float64
	// Sure says that the model is well ahead of the next one, or named by a person. An
	// attribute of any other is not sure.
	Sure bool
	// Answered names the columns that are attributes of the model, with the attributes.
	Answered []Answer
	// Named are the words of the table's name and header that the model's name has.
	Named []string
	// telling counts the answered columns that few other models would answer.
	telling int
}

// Given is a model that a person named.
func Given(m *models.Model) ModelScore { return ModelScore{Model: m, Score: 1, Sure: true} }

// Answer is a column and the attribute that it is.
type Answer struct {
	Column    string   `json:"column"`
	Attribute string   `json:"attribute"`
	Score     float64  `json:"score"`
	Reasons   []Reason `json:"reasons"`
}

// Suggester knows the attributes of a catalogue by their words. It does not change and
// is safe to share.
type Suggester struct {
	models  []*modelWords
	byModel map[*models.Model]*modelWords
	// attributes are the attributes of each model by their words, in its order.
	attributes map[*models.Model][]*nameWords
	// names are the different names of attributes, by each concept that they speak of.
	names map[string][]*nameWords
	// holders are the models that have an attribute, by its name.
	holders map[string][]holder
}

type holder struct {
	model     *modelWords
	attribute *models.Attribute
}

// modelWords is a model by the words of its name.
type modelWords struct {
	model *models.Model
	about []mention
}

// nameWords is the name of an attribute by its words.
type nameWords struct {
	name   string
	about  []mention
	weight float64
	// rarity is from 0, for an attribute that all models have, to 1.
	rarity float64
}

// New compiles a catalogue; it reads every subject.
func New(catalogue *models.Catalogue) *Suggester {
	s := &Suggester{byModel: map[*models.Model]*modelWords{}, attributes: map[*models.Model][]*nameWords{}, names: map[string][]*nameWords{}, holders: map[string][]holder{}}
	all := catalogue.Models()
	for _, m := range all {
		w := &modelWords{model: m, about: words().mentions(m.Name)}
		s.models, s.byModel[m] = append(s.models, w), w
		for _, a := range m.Attributes {
			s.holders[a.Name] = append(s.holders[a.Name], holder{w, a})
		}
	}
	byName := make(map[string]*nameWords, len(s.holders))
	for name, holders := range s.holders {
		n := nameOf(name)
		byName[name] = n
		n.rarity = 1 - math.Log(float64(len(holders)))/math.Log(float64(max(len(all), 2)))
		for _, m := range n.about {
			s.names[m.concept] = append(s.names[m.concept], n)
		}
	}
	for _, m := range all {
		for _, a := range m.Attributes {
			s.attributes[m] = append(s.attributes[m], byName[a.Name])
		}
	}
	for _, list := range s.names {
		slices.SortFunc(list, func(a, b *nameWords) int { return strings.Compare(a.name, b.name) })
	}
	return s
}

// nitricOxide is the attribute whose name is "number" everywhere else.
const nitricOxide = "no"

// nameOf takes the name of an attribute apart.
func nameOf(name string) *nameWords {
	bare := name
	for _, prefix := range []string{"ref", "has", "is"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			bare = rest
		}
	}
	n := &nameWords{name: name, about: words().mentions(bare)}
	if name == nitricOxide {
		n.about = []mention{{"nitricoxide", noun, name, exact}}
	}
	n.weight = weigh(n.about)
	return n
}

// Attributes says for each column of a table which attribute of a model of the catalogue it may be. An
// attribute is the best answer of one column at most; coordinates, ids, dates with times
// and the members of an address excepted.
func (s *Suggester) Attributes(m ModelScore, t *Table) []Suggestion {
	list := s.suggestions(m.Model, readTable(t))
	if m.Sure {
		return list
	}
	for i := range list {
		for j := range list[i].Candidates {
			k := &list[i].Candidates[j]
			k.Score = round(doubted(k.Score))
		}
	}
	return list
}

// unsure is the most that is scored where nothing shows that it is right.
const unsure = Sure - 0.05

// doubted keeps a score below what is sure, in its order.
func doubted(score float64) float64 { return min(score, unsure+0.16*(score-unsure)) }

func (s *Suggester) suggestions(m *models.Model, columns []column) []Suggestion {
	w, names := s.byModel[m], s.attributes[m]
	list := make([]Suggestion, len(columns))
	for i := range columns {
		c := columns[i].of(w.about)
		list[i] = Suggestion{Column: c.Name, Candidates: []Candidate{}}
		for j, a := range m.Attributes {
			if k, ok := c.candidate(m, a, names[j]); ok {
				list[i].Candidates = append(list[i].Candidates, k)
			}
		}
		list[i].Candidates = append(list[i].Candidates, c.members(m, w.about)...)
		list[i].sort()
	}
	settle(list)
	for i := range list {
		list[i].Candidates = list[i].Candidates[:min(len(list[i].Candidates), candidatesKept)]
	}
	return list
}

// candidatesKept is how many candidates a suggestion has at most.
const candidatesKept = 5

func (s *Suggestion) sort() {
	slices.SortStableFunc(s.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Attribute, b.Attribute))
	})
}

// shared says that several columns may be one attribute.
func shared(attribute string) bool {
	return attribute == ID || attribute == ObservedAt || attribute == Location
}

// taken is the most that a candidate scores whose attribute another column is.
const taken = 0.45

// settle gives each attribute to the column that answers it best; the others then have
// their next answer.
func settle(list []Suggestion) {
	given := map[string]int{} // the column of each attribute
	queue := make([]int, len(list))
	for i := range queue {
		queue[i] = i
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		best := list[i].Best()
		if best == nil || shared(best.Attribute) {
			continue
		}
		winner, loser := i, i
		if by, ok := given[best.Attribute]; ok && by != i {
			if best.Score > list[by].Candidates[0].Score {
				loser = by
			} else {
				winner = by
			}
			list[loser].lose(best.Attribute, list[winner].Column)
			queue = append(queue, loser)
		}
		given[list[winner].Candidates[0].Attribute] = winner
	}
}

// lose makes an attribute that another column answers better no answer any more.
func (s *Suggestion) lose(attribute, to string) {
	for j := range s.Candidates {
		if k := &s.Candidates[j]; k.Attribute == attribute {
			k.Score = round(taken * k.Score)
			k.Reasons = append(k.Reasons, Reason{ReasonTaken, "the column " + quote(to) + " answers it better"})
		}
	}
	s.sort()
}

func round(score float64) float64 { return math.Round(score*100) / 100 }

const (
	// modelsKept is how many models are looked at closely.
	modelsKept = 40
	// leastModel is the score below which nothing speaks for a model.
	leastModel = 0.05
)

// Models ranks the models that a table may be about, the best first, n at most.
func (s *Suggester) Models(t *Table, n int) []ModelScore {
	read := readTable(t)
	best := map[*modelWords]map[string]float64{} // the best score of each attribute
	rarity, worth := map[string]float64{}, map[string]float64{}
	for i := range read {
		c := &read[i]
		seen := map[string]bool{}
		for _, m := range c.concepts() {
			for _, name := range s.names[m] {
				if seen[name.name] {
					continue
				}
				seen[name.name] = true
				rarity[name.name] = name.rarity
				if name.rarity < generic {
					continue
				}
				for _, h := range s.holders[name.name] {
					k, ok := c.candidate(h.model.model, h.attribute, name)
					if !ok || k.Score < Proposed {
						continue
					}
					if best[h.model] == nil {
						best[h.model] = map[string]float64{}
					}
					if k.Score > best[h.model][name.name] {
						best[h.model][name.name] = k.Score
						worth[name.name] = c.evidence()
					}
				}
			}
		}
	}
	about, timed := wordsOf(t, read), series(read)
	list := make([]ModelScore, 0, len(s.models))
	for _, w := range s.models {
		if !mappable(w.model) {
			continue
		}
		score, named := w.named(about)
		for _, attribute := range slices.Sorted(maps.Keys(best[w])) {
			score += best[w][attribute] * best[w][attribute] * rarity[attribute] * worth[attribute]
		}
		score *= w.prior(about, timed)
		if score == 0 {
			continue
		}
		list = append(list, ModelScore{Model: w.model, Score: score, Named: named})
	}
	byScore := func(a, b ModelScore) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Model.QualifiedName(), b.Model.QualifiedName()))
	}
	slices.SortFunc(list, byScore)
	list = list[:min(len(list), max(n, modelsKept))]
	for i := range list {
		s.closely(&list[i], read, about, timed, rarity)
	}
	list = slices.DeleteFunc(list, func(m ModelScore) bool { return m.Score < leastModel })
	slices.SortFunc(list, byScore)
	for i := range list {
		list[i].Sure = i == 0 && s.clear(&list[0], about) && (len(list) == 1 || list[1].Score <= ahead*list[0].Score)
	}
	return list[:min(len(list), n)]
}

const (
	// leastSure is the score from which a model may be sure, and ahead the share of it
	// that the next one has at most.
	leastSure = 0.4
	ahead     = 0.75
	// answersSure is how many telling columns speak for a model whose name is not that of the
	// table, and unnamedSure its least score where the table's name speaks of other things.
	answersSure = 5
	unnamedSure = 0.6
	// catchAll is the model of whatever has a name and a place.
	catchAll = "PointOfInterest"
)

// clear says that enough speaks for a model: all that the table's name says, or many of
// its columns.
func (s *Suggester) clear(m *ModelScore, about *tableWords) bool {
	if m.Score < leastSure || m.Model.Name == catchAll {
		return false
	}
	named := len(about.title) > 0
	for concept := range about.title {
		named = named && slices.ContainsFunc(s.byModel[m.Model].about, func(o mention) bool { return o.concept == concept })
	}
	if m.telling < answersSure {
		return named
	}
	return named || len(about.title) == 0 || m.Score >= unnamedSure
}

// closely scores a model by what its attributes answer together.
func (s *Suggester) closely(m *ModelScore, read []column, about *tableWords, timed bool, rarity map[string]float64) {
	sum := 0.0
	suggestions := s.suggestions(m.Model, read)
	for i, suggestion := range suggestions {
		best := suggestion.Best()
		if best == nil {
			continue
		}
		m.Answered = append(m.Answered, Answer{suggestion.Column, best.Attribute, best.Score, best.Reasons})
		r, known := rarity[best.Attribute]
		if !known || r < generic {
			r = 0.03
		} else if read[i].evidence() >= 0.5 {
			m.telling++
		}
		sum += best.Score * best.Score * r * read[i].evidence()
	}
	w := s.byModel[m.Model]
	named, _ := w.named(about)
	if m.Model.Name == catchAll && sum < 1 && places(suggestions) && !timed {
		sum += 0.5 // a list of places with nothing more to say
	}
	m.Score = round(1 - math.Exp(-(sum+named)*w.prior(about, timed)/2))
}

// places says that the rows have a name and a location.
func places(list []Suggestion) bool {
	name, location := false, false
	for i := range list {
		if best := list[i].Best(); best != nil {
			name, location = name || best.Attribute == "name", location || best.Attribute == Location
		}
	}
	return name && location
}

// generic is the rarity below which an attribute is one of nearly every model.
const generic = 0.1

// everywhere are concepts that tables of all kinds speak of.
var everywhere = map[string]bool{
	"street": true, "housenumber": true, "postcode": true, "town": true, "region": true, "country": true, "district": true, "address": true,
	"name": true, "id": true, "code": true, "number": true, "latitude": true, "longitude": true, "location": true, "geometry": true, "insee": true, "territory": true,
	"url": true, "email": true, "phone": true, "date": true, "hour": true, "year": true, "month": true, "description": true, "organization": true,
}

// evidence is how much a column tells what its table is about: measures the most.
func (c *column) evidence() float64 {
	switch {
	case !slices.ContainsFunc(c.about, func(m mention) bool { return m.kind != soft && !everywhere[m.concept] }):
		return 0.05
	case c.numeric() && c.Unit != "":
		return 1.5
	case c.numeric():
		return 1
	case c.Type == Date || c.Type == DateTime || c.Type == Year || c.Type == Time:
		return 0.2
	}
	return 0.5
}

// series says that the rows have times that differ.
func series(columns []column) bool {
	return slices.ContainsFunc(columns, func(c column) bool {
		score, _ := c.observed()
		return score >= Proposed && (c.Distinct > 1 || c.Rows == 0)
	})
}

// seldom are subjects for records that a table of a city seldom holds: descriptions of
// datasets, tags of a map, feeds of an interface, the wiring of a power network, the parts of a building's services.
var seldom = map[string]bool{
	"AAS": true, "DCAT-AP": true, "DataQuality": true, "EnergyCIM": true, "FrictionlessData": true, "GBFS": true, "OpenStreetMap": true,
	"S4BLDG": true, "SDMX": true, "STAT-DCAT-AP": true, "ZEB": true,
}

// mappable says that a mapping to the model can work: its type is a term, of an @context
// that JSON-LD takes, which it does not that of IssueTracking.
func mappable(m *models.Model) bool {
	return (m.TypeIRI() != "" || m.IRI(m.Name) != "") && m.Subject.Name != "IssueTracking"
}

// prior is how likely a model is before the columns are looked at: more for those of
// energy, buildings, devices, weather and indicators, which have a line of ours; less for
// one of many attributes, for one of a special subject, for one whose name says what the
// table does not, and for an observation where no row has a time.
func (w *modelWords) prior(about *tableWords, timed bool) float64 {
	p := 1 / (1 + 0.15*math.Log(max(1, float64(len(w.model.Attributes))/20)))
	if w.model.Line() != (models.Line{}) {
		p *= 1.5
	}
	if seldom[w.model.Subject.Name] {
		p *= 0.4
	}
	observes := slices.ContainsFunc(w.about, func(m mention) bool { return m.concept == "value" })
	switch {
	case timed && observes:
		p *= 1.3
	case observes:
		p *= 0.75
	}
	for _, m := range w.about {
		if (m.kind == part || m.kind == noun) && about.worth[m.concept] == 0 {
			p *= 0.75
		}
		if m.kind == raw && about.worth[m.concept] == 0 {
			p *= 0.85
		}
	}
	return p
}

// tableWords are what a table speaks of as a whole.
type tableWords struct {
	// worth are the concepts of its name, worth 1, and those things and nouns that its
	// headers speak of, worth less.
	worth map[string]float64
	// title are the things and nouns of its name, by their weight.
	title map[string]float64
}

// heft is how much a concept of a name tells what the rows are about.
func (k kind) heft() float64 {
	switch k {
	case thing:
		return 2 * k.weight()
	case noun, raw:
		return k.weight()
	}
	return 0
}

func wordsOf(t *Table, columns []column) *tableWords {
	about := &tableWords{worth: map[string]float64{}, title: map[string]float64{}}
	for _, m := range words().mentions(t.Name) {
		if m.kind != soft && m.kind != form && len(m.concept) > 2 {
			about.worth[m.concept] = 1
			if m.kind == thing || m.kind == noun {
				about.title[m.concept] = m.kind.heft()
			}
		}
	}
	worth := about.worth
	for i := range columns {
		for _, m := range columns[i].about {
			switch {
			case worth[m.concept] >= 1:
			case m.kind == thing && m.how != implied:
				worth[m.concept] = min(0.9, worth[m.concept]+0.4)
			case m.kind == noun || m.kind == part:
				worth[m.concept] = min(0.6, worth[m.concept]+0.2)
			}
		}
	}
	// What is consumed is metered, and what public containers hold is waste.
	worth["waste"] = max(worth["waste"], 0.6*worth["container"])
	worth["meter"] = max(worth["meter"], 0.6*worth["consumption"])
	return about
}

// named says how much of a model's name a table speaks of and how much of the table's
// name the model's speaks of, and in which words.
func (w *modelWords) named(about *tableWords) (score float64, named []string) {
	whole := weigh(w.about)
	if whole == 0 {
		return 0, nil
	}
	titled, title := 0.0, 0.0
	for _, m := range w.about {
		titled += about.title[m.concept]
		if worth := about.worth[m.concept]; worth > 0 && m.kind.heft() > 0 {
			score += worth * m.kind.heft()
			named = append(named, m.concept)
		}
	}
	for _, heft := range about.title {
		title += heft
	}
	if title > 0 {
		score *= 0.4 + 0.6*titled/title
	}
	return 0.6 * score / whole, named
}

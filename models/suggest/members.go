package suggest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/ldtkit/ldt/models"
)

// addressMembers are the members of an address, by what headers say of them.
var addressMembers = []*nameWords{
	memberOf("streetAddress", "street"), memberOf("streetNr", "housenumber"), memberOf("postalCode", "postcode"),
	memberOf("addressLocality", "town"), memberOf("addressRegion", "region"), memberOf("addressCountry", "country"), memberOf("district", "district"),
}

var wholeAddress = memberOf("streetAddress", "address")

func memberOf(name, concept string) *nameWords {
	n := nameOf(concept)
	n.name = "address." + name
	return n
}

// members gives what the column may be beside the attributes that the model's names say:
// the id, the time, the place, a member of the address.
func (c *column) members(m *models.Model, subject []mention) []Candidate {
	var list []Candidate
	add := func(attribute string, score float64, reasons []Reason) {
		if score >= 0.15 {
			list = append(list, Candidate{attribute, round(min(score, 1)), reasons})
		}
	}
	score, reasons := c.identifies()
	add(ID, score, reasons)
	if a := m.Attribute("name"); a != nil && usable(m, a) && c.Type == Text {
		for _, s := range subject {
			if (s.kind == thing || s.kind == noun) && s.concept != "meter" && s.concept != "device" && c.only(s.concept) && (c.unique() || !c.table.identified) {
				add(a.Name, 0.65, []Reason{{ReasonName, "the header is what the rows are about"}})
			}
		}
	}
	if a := m.Attribute("name"); a != nil && usable(m, a) && c.Type == Text && len(c.about) == 1 && c.about[0].kind == thing && c.about[0].concept != "meter" && c.about[0].concept != "device" && !c.subject[c.about[0].concept] {
		add(a.Name, 0.55, []Reason{{ReasonName, "the header is a thing, which the cells name"}})
	}
	score, reasons = c.observed()
	add(ObservedAt, score, reasons)
	if a := m.Attribute(Location); a != nil && usable(m, a) {
		score, reasons = c.located()
		add(Location, score, reasons)
	}
	if a := m.Attribute("address"); a != nil && usable(m, a) {
		for _, n := range addressMembers {
			score, reasons := c.addressed(n)
			if n.name == wholeAddress.name {
				if s, r := c.addressed(wholeAddress); s > score {
					score, reasons = s, r
				}
			}
			add(n.name, score, reasons)
		}
	}
	return list
}

// addressed scores a member of the address.
func (c *column) addressed(n *nameWords) (float64, []Reason) {
	score, reasons := c.likeness(n)
	if n.name == "address.streetNr" && c.only("number") && c.table.street {
		score, reasons = 0.65, []Reason{{ReasonName, "a number beside a street"}}
	}
	switch c.Type {
	case Text, Code:
	case Empty:
		score *= 0.9
	case Integer:
		if n.name != "address.postalCode" && n.name != "address.streetNr" {
			score *= 0.5
		}
	default:
		score *= 0.2
	}
	return score, reasons
}

// coordinate says whether the column is a latitude or a longitude.
func (c *column) coordinate() (latitude, longitude bool) {
	if !c.numeric() && c.Type != Empty {
		return false, false
	}
	latitude, longitude = c.has("latitude"), c.has("longitude")
	if len(c.about) == 1 && c.about[0].kind == raw {
		latitude, longitude = latitude || c.about[0].word == "y", longitude || c.about[0].word == "x"
	}
	return latitude && !longitude, longitude && !latitude
}

// plain says that a header of a coordinate says nothing else.
func (c *column) plain() bool {
	return !slices.ContainsFunc(c.about, func(m mention) bool { return m.kind == raw && len(m.word) > 2 || m.kind == part })
}

// located scores the place.
func (c *column) located() (float64, []Reason) {
	lat, lon := c.coordinate()
	switch {
	case c.Type == Point:
		return 0.97, []Reason{{ReasonCoordinates, "the cells are pairs of coordinates"}}
	case c.Type == GeoJSON:
		return 0.97, []Reason{{ReasonCoordinates, "the cells are geometries"}}
	case lat || lon:
		name := map[bool]string{true: "latitude", false: "longitude"}[lat]
		reasons := []Reason{{ReasonCoordinates, fmt.Sprintf("%s is a %s", quote(c.Name), name)}}
		if !c.table.latitude || !c.table.longitude {
			return 0.5, append(reasons, Reason{ReasonCoordinates, "the table lacks the other coordinate"})
		}
		if !c.plain() && (lat && c.table.plainLatitude || lon && c.table.plainLongitude) {
			return 0.4, append(reasons, Reason{ReasonCoordinates, "another column is the " + name + " and says nothing else"})
		}
		low, errLow := strconv.ParseFloat(c.Min, 64)
		high, errHigh := strconv.ParseFloat(c.Max, 64)
		most := map[bool]float64{true: 90, false: 180}[lat]
		switch {
		case errLow != nil || errHigh != nil:
			return 0.8, reasons
		case low < -most || high > most:
			return 0.4, append(reasons, Reason{ReasonRange, fmt.Sprintf("%s to %s are no degrees", c.Min, c.Max)})
		}
		return 0.95, append(reasons, Reason{ReasonRange, fmt.Sprintf("%s to %s are degrees", c.Min, c.Max)})
	case c.has("geometry") && c.Type == Text:
		return 0.6, []Reason{{ReasonName, "the header speaks of a geometry, which the cells have in a form of their own"}}
	case c.has("location") && c.Type == Text:
		return 0.3, []Reason{{ReasonName, "the header speaks of a place"}}
	}
	return 0, nil
}

// identifies scores the id of the entity.
func (c *column) identifies() (float64, []Reason) {
	if c.Unit != "" {
		return 0, nil // what is measured names nothing
	}
	score := 0.0
	var reasons []Reason
	for _, rule := range []struct {
		concept string
		score   float64
	}{{"id", 0.75}, {"code", 0.62}, {"serial", 0.6}, {"insee", 0.62}, {"meter", 0.6}, {"number", 0.5}} {
		if c.has(rule.concept) && rule.score > score {
			score = rule.score
			reasons = []Reason{{ReasonName, "the header speaks of " + article(rule.concept)}}
		}
	}
	if score == 0 && c.ID && !nameless.MatchString(c.Name) {
		score = 0.45
	}
	switch c.Type {
	case Date, DateTime, Time, Point, GeoJSON, Boolean:
		return 0, nil
	case Number:
		score *= 0.6
	}
	for _, m := range c.about {
		switch {
		case m.how == implied || m.concept == "meter" || m.concept == "insee":
		case m.kind == noun:
			score *= 0.6
		case m.kind == form && (m.concept == "name" || m.concept == "type" || m.concept == "date" || m.concept == "count" || m.concept == "status" || m.concept == "unit"):
			score *= 0.4
		case m.kind == part:
			score *= 0.5
		case m.kind == raw && len(m.word) > 2 && !c.has("meter"):
			score *= 0.7 // of something else
		}
	}
	switch {
	case c.Rows == 0 || score == 0:
	case c.table.identified && !c.unique():
		score *= 0.5
	case c.unique():
		score += 0.2
		reasons = append(reasons, Reason{ReasonValues, "every row has another value"})
	case 2*c.Distinct < c.Rows && !c.has("meter") && !(c.table.dated && (c.has("id") || c.has("serial"))):
		score -= 0.2
		reasons = append(reasons, Reason{ReasonValues, fmt.Sprintf("%d values in %d rows", c.Distinct, c.Rows)})
	}
	return max(score, 0), reasons
}

// nameless matches the name that a column without one is given.
var nameless = regexp.MustCompile(`^column \d+'*$`)

func article(concept string) string {
	if concept == "id" || concept == "insee" {
		return "an identifier"
	}
	return "a " + concept
}

// observed scores the time of what was observed.
func (c *column) observed() (float64, []Reason) {
	dated := c.Type == Date || c.Type == DateTime
	score := 0.0
	var reasons []Reason
	switch {
	case dated:
		score, reasons = 0.8, []Reason{{ReasonDates, "the cells are dates"}}
		if !slices.ContainsFunc(c.about, func(m mention) bool { return m.concept == "date" && m.how != implied }) {
			score = 0.7
		}
	case c.Type == Year || c.Type == Integer && c.has("year"):
		score, reasons = 0.7, []Reason{{ReasonDates, "the cells are years"}}
	case c.Type == Time:
		score, reasons = 0.7, []Reason{{ReasonDates, "the cells are times of day"}}
	case c.has("month") || c.has("hour") || c.has("week") || c.has("date") || c.has("period"):
		score, reasons = 0.55, []Reason{{ReasonName, "the header speaks of a time"}}
	default:
		return 0, nil
	}
	for _, m := range c.about {
		switch {
		case m.how == implied:
		case m.concept == "start":
			score *= 0.8
		case m.concept == "end" && !c.table.started:
			score *= 0.85
		case m.concept == "end" || m.concept == "created" || m.concept == "modified" || m.concept == "installed" || m.concept == "name" || m.concept == "description":
			score *= 0.5
		case m.kind == noun || m.kind == thing || m.kind == raw && len(m.word) > 2:
			score *= 0.6
		}
	}
	return score, reasons
}

// IsLongitude says that a header speaks of a longitude.
func IsLongitude(header string) bool {
	c := column{Column: &Column{Name: header, Type: Number}, light: map[string]bool{}}
	c.read()
	_, longitude := c.coordinate()
	return longitude
}

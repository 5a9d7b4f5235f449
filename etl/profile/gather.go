package profile

import (
	"bytes"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/axiomhq/hyperloglog"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
)

// Type is what all cells of a column can be read as.
type Type string

// The types, in the order in which a column is given one.
const (
	Empty    Type = "empty" // no cell has anything
	Boolean  Type = "boolean"
	Code     Type = "code" // digits that are no quantity: with leading zeros, or too long to count with
	Year     Type = "year"
	Integer  Type = "integer"
	Number   Type = "number"
	Date     Type = "date"
	DateTime Type = "datetime"
	Time     Type = "time" // of the day
	Point    Type = "point"
	GeoJSON  Type = "geojson"
	Text     Type = "text"
)

const (
	samplesKept  = 5
	sampleLength = 60
	// personalKept is how many cells are looked at for personal data.
	personalKept = 50
	exactLimit   = 1 << 16
	// nullWords is how many words may stand for "no value" in a column of numbers.
	nullWords = 3
	// oddShare is how many of a column's cells may not be of its type.
	oddShare = 0.02
)

// gatherer adds up what the cells of one column are.
type gatherer struct {
	name    string
	numbers mapping.NumberReader
	plain   mapping.NumberReader
	times   []timing

	filled, empty int64
	kinds         [len(counted)]counter
	leadingZero   bool
	longest       int // digits of a whole number
	distinct      map[uint64]struct{}
	seed          maphash.Seed
	estimate      *hyperloglog.Sketch
	samples       []string
	personal      []string
	least, most   extreme // of numbers
	first, last   string  // of texts
	buf           []byte
	// words counts the texts that are no numbers, up to one more than may stand
	// for "no value" in a column of numbers.
	words map[string]int64
}

// counted are the types that cells are counted for; Text fits every cell.
var counted = [...]Type{Boolean, Year, Integer, Number, Time, Point, GeoJSON}

// counter counts the cells that are of a type, and keeps the first that is not.
type counter struct {
	fits    int64
	oddCell string
	oddRow  int
}

func (c *counter) add(fits bool, row int, text []byte) {
	if fits {
		c.fits++
	} else if c.oddRow == 0 {
		c.oddCell, c.oddRow = clip(text), row
	}
}

// timing counts the cells that are times of one format.
type timing struct {
	reader mapping.TimeReader
	counter
	timed       bool
	least, most extreme
}

// extreme is the least or greatest value so far, and how it is written.
type extreme struct {
	value float64
	text  string
	set   bool
}

func (e *extreme) take(value float64, text []byte, better bool) {
	if !e.set || better {
		e.value, e.text, e.set = value, clip(text), true
	}
}

func newGatherer(name string, d source.Dialect) *gatherer {
	g := &gatherer{
		name:     name,
		numbers:  mapping.Numbers(string(d.Decimal()), d.Thousands()),
		plain:    mapping.Numbers(".", ""),
		distinct: map[uint64]struct{}{},
		words:    map[string]int64{},
		seed:     maphash.MakeSeed(),
	}
	for _, r := range mapping.TimeReaders() {
		g.times = append(g.times, timing{reader: r})
	}
	return g
}

func (g *gatherer) add(row int, c record.Cell) {
	text := bytes.TrimSpace(c.Text)
	if c.IsNull() || len(text) == 0 {
		g.empty++
		return
	}
	g.filled++
	g.remember(text)
	for i, kind := range counted {
		fits := g.is(kind, c.Kind, text)
		g.kinds[i].add(fits, row, text)
		if _, known := g.words[string(text)]; kind == Number && !fits && (known || len(g.words) <= nullWords) {
			g.words[string(text)]++
		}
	}
	for i := range g.times {
		t := &g.times[i]
		if g.filled > 1000 && t.fits == 0 {
			continue // not a column of such times
		}
		seconds, timed, ok := t.reader.Read(text)
		ok = ok && (c.Kind == record.Text || c.Kind == record.DateTime)
		t.add(ok, row, text)
		if ok {
			t.timed = t.timed || timed && seconds%86_400 != 0
			t.least.take(float64(seconds), text, float64(seconds) < t.least.value)
			t.most.take(float64(seconds), text, float64(seconds) > t.most.value)
		}
	}
}

// remember counts the text among the different ones and keeps it as a sample.
func (g *gatherer) remember(text []byte) {
	h := maphash.Bytes(g.seed, text)
	_, known := g.distinct[h]
	switch {
	case g.estimate != nil:
		g.estimate.InsertHash(h)
	case !known && len(g.distinct) == exactLimit:
		g.estimate = hyperloglog.New14()
		for seen := range g.distinct {
			g.estimate.InsertHash(seen)
		}
		g.estimate.InsertHash(h)
	case !known:
		g.distinct[h] = struct{}{}
	}
	if !known && len(g.personal) < personalKept {
		g.personal = append(g.personal, string(text))
	}
	if !known && len(g.samples) < samplesKept {
		g.samples = append(g.samples, clip(text))
	}
	if g.filled == 1 || string(text) < g.first {
		g.first = clip(text)
	}
	if string(text) > g.last {
		g.last = clip(text)
	}
}

// is reports whether a cell can be read as a type.
func (g *gatherer) is(t Type, kind record.Kind, text []byte) bool {
	switch t {
	case Boolean:
		return kind == record.Boolean || kind == record.Text && isTruth(text)
	case Year:
		return len(text) == 4 && (text[0] == '1' && text[1] >= '8' || text[0] == '2' && text[1] <= '1') && isDigits(text)
	case Integer, Number:
		number, ok := g.number(kind, text)
		if !ok {
			return false
		}
		if t == Integer {
			// 77172.0 is a whole number that went through a float.
			if whole, fraction, found := bytes.Cut(number, []byte{'.'}); found {
				if len(bytes.Trim(fraction, "0")) > 0 {
					return false
				}
				number = whole
			}
			if bytes.ContainsAny(number, "eE") {
				return false
			}
			digits := len(bytes.TrimLeft(number, "-"))
			g.longest = max(g.longest, digits)
			g.leadingZero = g.leadingZero || kind == record.Text && len(text) > 1 && text[0] == '0' && isDigits(text)
			return true
		}
		if value, err := strconv.ParseFloat(string(number), 64); err == nil {
			g.least.take(value, number, value < g.least.value)
			g.most.take(value, number, value > g.most.value)
		}
		return true
	case Time:
		return isTimeOfDay(text)
	case Point:
		return g.isPoint(text)
	case GeoJSON:
		return text[0] == '{' && bytes.Contains(text, []byte(`"coordinates"`)) && jsontext.Value(text).IsValid()
	}
	return true
}

// number gives the cell as a JSON number in memory that lives until the next call.
func (g *gatherer) number(kind record.Kind, text []byte) ([]byte, bool) {
	reader := &g.numbers
	switch kind {
	case record.Number:
		reader = &g.plain
	case record.Text:
	default:
		return nil, false
	}
	var ok bool
	g.buf, ok = reader.Append(g.buf[:0], text)
	return g.buf, ok
}

// isPoint reports whether a cell is two coordinates.
func (g *gatherer) isPoint(text []byte) bool {
	a, b, found := bytes.Cut(bytes.Trim(text, "()[]"), []byte{','})
	if !found {
		return false
	}
	for _, part := range [][]byte{a, b} {
		number, ok := g.plain.Append(g.buf[:0], bytes.TrimSpace(part))
		g.buf = number
		if !ok || !bytes.ContainsRune(number, '.') {
			return false
		}
		if value, err := strconv.ParseFloat(string(number), 64); err != nil || value < -180 || value > 180 {
			return false
		}
	}
	return true
}

// isTruth reports whether a text is a word for true or false; 0 and 1 are
// numbers.
func isTruth(text []byte) bool {
	switch strings.ToLower(string(text)) {
	case "true", "false", "yes", "no", "y", "n", "oui", "non", "vrai", "faux", "ja", "nein", "nee", "wahr", "falsch", "si", "sí", "sì":
		return true
	}
	return false
}

func isDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

// isTimeOfDay reports whether a text is H:mm or H:mm:ss, up to 24:00.
func isTimeOfDay(text []byte) bool {
	parts := bytes.Split(text, []byte{':'})
	if len(parts) != 2 && len(parts) != 3 {
		return false
	}
	for i, p := range parts {
		if !isDigits(p) || len(p) > 2 || i > 0 && len(p) != 2 {
			return false
		}
		n, _ := strconv.Atoi(string(p)) // digits
		if i == 0 && n > 24 || i > 0 && n > 59 {
			return false
		}
	}
	return true
}

// clip shortens a text for people.
func clip(text []byte) string {
	if len(text) <= sampleLength {
		return string(text)
	}
	cut := sampleLength
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return string(text[:cut]) + "…"
}

// column says what the column is after its last cell.
func (g *gatherer) column(rows int64) Column {
	c := Column{Name: g.name, Type: Text, Empty: g.empty, Distinct: int64(len(g.distinct)), DistinctExact: true, Samples: g.samples}
	if c.Samples == nil {
		c.Samples = []string{}
	}
	if g.estimate != nil {
		c.Distinct, c.DistinctExact = int64(g.estimate.Estimate()), false
	}
	g.typed(&c)
	c.Unit, c.UnitText = unitOf(g.name, c.Type)
	c.Personal, c.Why = LooksPersonal(g.name, g.personal)
	c.Role = roleOf(&c, rows)
	return c
}

// typed gives the column its type: the narrowest that fits all cells but a few.
func (g *gatherer) typed(c *Column) {
	c.Min, c.Max = g.first, g.last
	if g.filled == 0 {
		c.Type = Empty
		return
	}
	fits := func(n counter) bool { return float64(g.filled-n.fits) <= oddShare*float64(g.filled) && n.fits > 0 }
	take := func(t Type, n counter) {
		c.Type, c.Odd, c.OddCell, c.OddRow = t, g.filled-n.fits, n.oddCell, n.oddRow
	}
	kind := func(t Type) counter { return g.kinds[slices.Index(counted[:], t)] }
	switch {
	case fits(kind(Boolean)):
		take(Boolean, kind(Boolean))
	case fits(kind(Year)) && yearly.MatchString(words(g.name)):
		take(Year, kind(Year))
	case g.time(c, fits, take):
	case fits(kind(Integer)) && (g.leadingZero || g.longest > 12):
		take(Code, kind(Integer))
	case fits(kind(Integer)) && kind(Integer).fits == kind(Number).fits:
		take(Integer, kind(Integer))
		c.Min, c.Max = g.least.text, g.most.text
	case fits(kind(Number)):
		take(Number, kind(Number))
		c.Min, c.Max = g.least.text, g.most.text
	case fits(kind(Time)):
		take(Time, kind(Time))
	case fits(kind(Point)):
		take(Point, kind(Point))
	case fits(kind(GeoJSON)):
		take(GeoJSON, kind(GeoJSON))
	case g.numbersOrNothing(kind(Number)):
		c.Type, c.Min, c.Max = Number, g.least.text, g.most.text
		c.Nulls = slices.Sorted(maps.Keys(g.words))
	}
}

// numbersOrNothing says that the column has numbers, and beside them a few texts
// that say that there is none: "Not Available".
func (g *gatherer) numbersOrNothing(numbers counter) bool {
	if len(g.words) > nullWords || 10*numbers.fits < g.filled {
		return false
	}
	for word, n := range g.words {
		if !missing.MatchString(word) && (n < 2 || !missingWords.MatchString(word)) {
			return false
		}
	}
	return true
}

// time takes the format in which the most cells are times. Digits alone are a
// date only where the header says so.
func (g *gatherer) time(c *Column, fits func(counter) bool, take func(Type, counter)) bool {
	var best *timing
	for i := range g.times {
		t := &g.times[i]
		if !fits(t.counter) || t.reader.Format == "YYYYMMDD" && !timely.MatchString(words(g.name)) {
			continue
		}
		switch {
		case best == nil || t.fits > best.fits:
			best, c.Ambiguous = t, ""
		case t.fits == best.fits && t.least.value != best.least.value:
			c.Ambiguous = t.reader.Format
		}
	}
	if best == nil {
		return false
	}
	take(Date, best.counter)
	if best.timed {
		c.Type = DateTime
	}
	c.Format, c.Min, c.Max = best.reader.Format, best.least.text, best.most.text
	return true
}

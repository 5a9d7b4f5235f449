package models

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/unicode/norm"
)

// Hit is a model that a search found.
type Hit struct {
	Model *Model
	// Score orders the hits; it compares those of one search only.
	Score float64
	// Reasons say for each word of the search that the model answers how it does, in
	// the order of the search.
	Reasons []Reason
}

// Reason is why a word of a search found a model.
type Reason struct {
	Word string `json:"word"`
	// Field is where the model has it: name, subject, attribute or line.
	Field string `json:"field"`
	// Found is what stands there.
	Found string `json:"found"`
	// How is exact, start (one begins with the other), typo, or translated with what
	// came of it: "translated: meter".
	How string `json:"how"`
}

// Search gives the models that have words of a search in their name, their subject, the
// names of their attributes or our line about them, the best first. Words may be English
// or French, with or without accents, and mistyped. It reads every subject at its first call.
func (c *Catalogue) Search(words string) []Hit {
	x := c.vocabulary()
	asked := x.asked(words)
	var hits []Hit
	for _, d := range x.documents {
		if hit, ok := d.answer(asked); ok {
			hits = append(hits, hit)
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), unlined(a.Model)-unlined(b.Model), strings.Compare(a.Model.QualifiedName(), b.Model.QualifiedName()))
	})
	return hits
}

// asked gives the queries of a search. Two words that stand together for one, such as
// street light, and a name such as windSpeed are one query of several parts.
func (x *vocabulary) asked(text string) []query {
	var list []query
	for _, field := range strings.Fields(text) {
		var parts []query
		for _, word := range tokens(field) {
			if !stopWords[word] {
				parts = append(parts, x.query(word))
			}
		}
		switch {
		case len(parts) == 1:
			if n := len(list); n > 0 && len(list[n-1].parts) == 0 {
				if pair := x.pair(list[n-1], parts[0]); pair.answers != nil {
					list[n-1] = pair
					continue
				}
			}
			list = append(list, parts[0])
		case len(parts) > 1:
			list = append(list, query{word: whole(field), parts: parts, answers: x.named(whole(field))})
		}
	}
	return list
}

// pair gives two words as one query; it has no answers where they mean nothing together.
func (x *vocabulary) pair(first, second query) query {
	pair := query{word: first.word + " " + second.word, parts: []query{first, second}, answers: x.named(first.word + second.word)}
	for _, word := range french[pair.word] {
		for _, a := range x.named(whole(word)) {
			a.how = "translated: " + word
			pair.answers = append(pair.answers, a)
		}
	}
	return pair
}

// unlined is 1 for a model without a line of ours: of equals it comes later.
func unlined(m *Model) int {
	if m.Line() == (Line{}) {
		return 1
	}
	return 0
}

// What a word is worth by where it stands; the more, the more it says what the model is for.
var weights = map[string]float64{"name": 10, "line": 6, "subject": 4, "attribute": 2}

// vocabulary is what a search looks through.
type vocabulary struct {
	documents []*document
	models    map[string]int // in how many models each word stands
}

// document is a model by its words.
type document struct {
	model *Model
	words map[string]place
	names float64 // how many words its name has
}

// place is where a word of a model is worth the most.
type place struct {
	field, found string
}

// vocabulary reads the words of all models at the first search.
func (c *Catalogue) vocabulary() *vocabulary {
	c.searched.Do(func() {
		x := &vocabulary{models: map[string]int{}}
		for _, m := range c.Models() {
			d := &document{model: m, words: map[string]place{}}
			add := func(field, text string) {
				words := tokens(text)
				if field != "line" {
					words = append(words, whole(text))
				}
				for _, word := range words {
					if known, ok := d.words[word]; !stopWords[word] && (!ok || weights[known.field] < weights[field]) {
						d.words[word] = place{field, text}
					}
				}
			}
			for _, a := range m.Attributes {
				add("attribute", a.Name)
			}
			line := m.Line()
			add("line", line.English)
			add("line", line.French)
			add("subject", m.Subject.Name)
			add("name", m.Name)
			d.names = float64(len(tokens(m.Name)))
			for word := range d.words {
				x.models[word]++
			}
			x.documents = append(x.documents, d)
		}
		c.words = x
	})
	return c.words
}

// query is a word of a search, and the words of the vocabulary that answer it.
type query struct {
	word    string
	answers []answer // the best first
	// parts are the words of a name such as windSpeed, which count where a model does
	// not have the name as a whole.
	parts []query
}

type answer struct {
	word, how string
	quality   float64 // 0 to 1
	rarity    float64 // the more, the fewer models have the word
}

func (x *vocabulary) query(word string) query {
	best := map[string]answer{}
	translations := translate(word, x.models[word] > 0)
	asked := x.models[word]
	for _, t := range translations {
		asked = max(asked, x.models[t.word])
	}
	// A word that only resembles what was asked for, or stands in our lines alone, is not
	// worth more for being rare.
	take := func(a answer) {
		if a.quality > best[a.word].quality {
			a.rarity = math.Log(1 + float64(len(x.documents))/float64(max(x.models[a.word], asked)))
			best[a.word] = a
		}
	}
	known := x.models[word] > 0 || french[word] != nil
	for other := range x.models {
		if quality, how := likeness(word, other); quality > 0 && (how != "typo" || !known) {
			take(answer{word: other, how: how, quality: quality})
		}
		for _, t := range translations {
			if quality, how := likeness(t.word, other); quality > 0 && how != "typo" {
				take(answer{word: other, how: "translated: " + t.word, quality: 0.95 * t.quality * quality})
			}
		}
	}
	q := query{word: word, answers: slices.Collect(maps.Values(best))}
	slices.SortFunc(q.answers, func(a, b answer) int {
		return cmp.Or(cmp.Compare(b.quality, a.quality), strings.Compare(a.word, b.word))
	})
	return q
}

// translate gives the English words of a French one, or of the one that is most likely
// meant. A word that is known is no other one mistyped.
func translate(word string, known bool) []answer {
	known = known || french[word] != nil
	var list []answer
	for other, words := range french {
		quality, how := likeness(word, other)
		if quality == 0 || how == "typo" && known {
			continue
		}
		for i, w := range words {
			list = append(list, answer{word: w, quality: quality * (1 - 0.2*float64(i))})
		}
	}
	slices.SortFunc(list, func(a, b answer) int {
		return cmp.Or(cmp.Compare(b.quality, a.quality), strings.Compare(a.word, b.word))
	})
	return list
}

// likeness says how well a word of a search fits one that is known, from 0 to 1, and how.
func likeness(word, known string) (quality float64, how string) {
	if word == known {
		return 1, "exact"
	}
	short, long := word, known
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(short) >= 4 && strings.HasPrefix(long, short) {
		return 0.6 + 0.35*float64(len(short))/float64(len(long)), "start"
	}
	n := utf8.RuneCountInString(word)
	limit := 0
	switch {
	case n >= 8:
		limit = 2
	case n >= 4:
		limit = 1
	}
	if limit == 0 || len(known) < 4 || len(long)-len(short) > limit {
		return 0, ""
	}
	distance := levenshtein.ComputeDistance(word, known)
	if swapped(word, known) {
		distance = 1
	}
	if distance > limit {
		return 0, ""
	}
	return 0.75 - 0.15*float64(distance), "typo"
}

// swapped reports whether two neighbouring letters of a word stand the other way round.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// named gives the answers to a name as a whole, which is worth as much as its words.
func (x *vocabulary) named(name string) []answer {
	if x.models[name] == 0 {
		return nil
	}
	rarity := math.Log(1 + float64(len(x.documents))/float64(x.models[name]))
	return []answer{{word: name, how: "exact", quality: 3, rarity: rarity}}
}

// answer gives the hit of a model: what each word is worth there, times the share of the
// words that it answers.
func (d *document) answer(asked []query) (Hit, bool) {
	hit := Hit{Model: d.model}
	named, share := 0.0, 0.0
	for _, q := range asked {
		worth, why := d.best(q)
		if worth > 0 || len(q.parts) == 0 {
			share += d.note(&hit, &named, worth, why)
			continue
		}
		for _, part := range q.parts {
			worth, why := d.best(part)
			share += d.note(&hit, &named, worth, why) / float64(len(q.parts))
		}
	}
	if len(hit.Reasons) == 0 {
		return hit, false
	}
	share /= float64(len(asked))
	// A name that says nothing else than what was asked for comes first.
	hit.Score *= share * share * (1 + min(1, named/d.names)/2)
	hit.Score = math.Round(hit.Score*100) / 100
	return hit, true
}

// best gives the place of the model where a word of the search is worth the most.
func (d *document) best(q query) (worth float64, why Reason) {
	for _, a := range q.answers {
		p, ok := d.words[a.word]
		if w := weights[p.field] * a.quality * a.rarity; ok && w > worth {
			worth, why = w, Reason{Word: q.word, Field: p.field, Found: p.found, How: a.how}
		}
	}
	return worth, why
}

// note adds an answer to a hit, and gives 1 where there is one.
func (d *document) note(hit *Hit, named *float64, worth float64, why Reason) float64 {
	if worth == 0 {
		return 0
	}
	if why.Field == "name" {
		*named++
	}
	hit.Score += worth
	hit.Reasons = append(hit.Reasons, why)
	return 1
}

// whole gives a name as one word, folded.
func whole(name string) string { return strings.Join(tokens(name), "") }

// tokens gives the words of a text or name, folded: without case, accents and the plural
// s, camelCase and snake_case taken apart.
func tokens(text string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, singular(string(word)))
		}
		word = word[:0]
	}
	letters := []rune(norm.NFC.String(text))
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0:
			before := letters[i-1]
			below := i+1 < len(letters) && unicode.IsLower(letters[i+1])
			if unicode.IsLower(before) || unicode.IsUpper(before) && below {
				end()
			}
		}
		for _, part := range norm.NFD.String(string(unicode.ToLower(r))) {
			if !unicode.Is(unicode.Mn, part) {
				word = append(word, part)
			}
		}
	}
	end()
	return list
}

// singular takes the s of a plural off.
func singular(word string) string {
	if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "is") {
		return word[:len(word)-1]
	}
	return word
}

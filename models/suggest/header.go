package suggest

import (
	"strings"
	"sync"
	"unicode"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/unicode/norm"
)

const (
	// headerRunes and headerTokens are how much of a header is looked at; more is no name.
	headerRunes  = 300
	headerTokens = 24
	phraseTokens = 3
	// compoundLetters bounds what is taken apart into the words of a compound.
	compoundLetters = 48
)

// kind is what a concept does in a name.
type kind uint8

const (
	noun kind = iota
	soft
	part
	form
	thing
	raw // a word that the lexicon does not have
)

var kindNames = map[string]kind{"noun": noun, "soft": soft, "part": part, "form": form, "thing": thing}

// how a word of a header came to its concept.
type how uint8

const (
	exact how = iota
	synonym
	compound
	typo
	implied // by the unit or the cells, not by a word
)

// mention is a concept that a name speaks of.
type mention struct {
	concept string
	kind    kind
	word    string // as it stands in the header, folded
	how     how
}

// quality is how far a mention is to be believed.
func (m *mention) quality() float64 {
	if m.how == typo {
		return 0.85
	}
	return 1
}

// vocabulary is the lexicon, by word.
type vocabulary struct {
	concepts map[string]entry
	stop     map[string]bool
	// byStart has the single words by their first letter, for typos.
	byStart map[byte][]string
}

type entry struct {
	concept string
	kind    kind
}

var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{concepts: map[string]entry{}, stop: map[string]bool{}, byStart: map[byte][]string{}}
	for line := range strings.Lines(lexicon) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		e := entry{fields[1], kindNames[fields[0]]}
		for _, word := range fields[1:] {
			parts := strings.Split(word, "+")
			for i := range parts {
				parts[i] = singular(parts[i])
			}
			key := strings.Join(parts, "+")
			if _, taken := v.concepts[key]; taken {
				continue // the first line counts
			}
			v.concepts[key] = e
			if len(parts) == 1 && len(key) >= 5 {
				v.byStart[key[0]] = append(v.byStart[key[0]], key)
			}
		}
	}
	for _, word := range strings.Fields(stopWords) {
		v.stop[word] = true
	}
	return v
})

// mentions gives what a name speaks of, each concept once, in the order of its words.
func (v *vocabulary) mentions(name string) []mention {
	var list []mention
	add := func(m mention) {
		for i := range list {
			if list[i].concept == m.concept {
				return
			}
		}
		list = append(list, m)
	}
	tokens := tokens(name)
	for i := 0; i < len(tokens); {
		n, e, phrase := v.phrase(tokens[i:])
		if n > 0 {
			h := synonym
			if phrase == e.concept {
				h = exact
			}
			add(mention{e.concept, e.kind, phrase, h})
			i += n
			continue
		}
		token := tokens[i]
		i++
		if v.stop[token] {
			continue
		}
		if parts := v.compound(token); parts != nil {
			for _, p := range parts {
				e := v.concepts[p]
				add(mention{e.concept, e.kind, p, compound})
			}
			continue
		}
		if near := v.nearest(token); near != "" {
			e := v.concepts[near]
			add(mention{e.concept, e.kind, token, typo})
			continue
		}
		if strings.Trim(token, "0123456789") != "" {
			add(mention{token, raw, token, exact})
		}
	}
	return list
}

// phrase gives how many tokens the longest phrase of the lexicon at their beginning has.
func (v *vocabulary) phrase(tokens []string) (n int, e entry, phrase string) {
	for n := min(phraseTokens, len(tokens)); n > 0; n-- {
		phrase := strings.Join(tokens[:n], "+")
		if e, ok := v.concepts[phrase]; ok {
			return n, e, strings.ReplaceAll(phrase, "+", " ")
		}
		// "LAeq" and "PM 10" are "laeq" and "pm10".
		if joined := strings.Join(tokens[:n], ""); n > 1 && len(joined) >= 3 {
			if e, ok := v.concepts[joined]; ok {
				return n, e, joined
			}
		}
		// "code de la commune" is "code commune".
		if n == 2 && len(tokens) > 2 && v.stop[tokens[1]] {
			if e, ok := v.concepts[tokens[0]+"+"+tokens[2]]; ok {
				return 3, e, tokens[0] + " " + tokens[2]
			}
		}
	}
	return 0, entry{}, ""
}

// links stand between the words of a German or Dutch compound.
var links = []string{"", "s", "n", "en", "es", "e", "er"}

// compound takes a word apart into words of the lexicon, as few as can be; nil where it
// is none.
func (v *vocabulary) compound(token string) []string {
	if len(token) < 6 || len(token) > compoundLetters {
		return nil
	}
	// best[i] is the split of token[:i]; nil where there is none.
	best := make([][]string, len(token)+1)
	best[0] = []string{}
	for end := 3; end <= len(token); end++ {
		for start := 0; start+3 <= end; start++ {
			if best[start] == nil || start > 0 && start < 3 {
				continue
			}
			word := token[start:end]
			for _, link := range links {
				bare, ok := strings.CutSuffix(word, link)
				if !ok || len(bare) < 3 || link != "" && (end == len(token) || len(bare) == 3) {
					continue
				}
				if _, known := v.concepts[bare]; known && (best[end] == nil || len(best[start])+1 < len(best[end])) {
					best[end] = append(append([]string{}, best[start]...), bare)
				}
			}
		}
	}
	split := best[len(token)]
	if len(split) < 2 || len(split) > 4 {
		return nil
	}
	return split
}

// nearest gives the word of the lexicon that a mistyped one most likely is, or "".
func (v *vocabulary) nearest(token string) string {
	limit := 0
	switch {
	case len(token) >= 10:
		limit = 2
	case len(token) >= 6:
		limit = 1
	}
	if limit == 0 || len(token) > compoundLetters {
		return ""
	}
	best, found := limit+1, ""
	for _, known := range v.byStart[token[0]] {
		if len(known) < len(token)-limit || len(known) > len(token)+limit || len(known) < 6 {
			continue
		}
		if d := levenshtein.ComputeDistance(token, known); d < best {
			best, found = d, known
		}
	}
	return found
}

// tokens gives the words of a header in lower case, without accents and the plural s,
// taken apart at punctuation, in camelCase and before a year: "consoTotale2019" is conso,
// totale, 2019. Of a long header only the beginning counts.
func tokens(header string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 && len(list) < headerTokens {
			list = append(list, singular(string(word)))
		}
		word = word[:0]
	}
	letters := []rune(clip(norm.NFC.String(strings.ToValidUTF8(clip(header, 4*headerRunes), " ")), headerRunes))
	for i, r := range letters {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if r != '²' && r != '³' {
				end()
				continue
			}
		}
		if i > 0 && len(word) > 0 && boundary(letters, i, len(word)) {
			end()
		}
		word = append(word, folded(r)...)
	}
	end()
	return list
}

// clip gives the first runes of a text.
func clip(text string, most int) string {
	n := 0
	for i := range text {
		if n == most {
			return text[:i]
		}
		n++
	}
	return text
}

// boundary reports whether a word begins at letters[i], with n letters of it before.
func boundary(letters []rune, i, n int) bool {
	r, before := letters[i], letters[i-1]
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return true
	case unicode.IsUpper(r) && unicode.IsUpper(before) && i+1 < len(letters) && unicode.IsLower(letters[i+1]):
		plural := letters[i+1] == 's' && (i+2 == len(letters) || !unicode.IsLetter(letters[i+2]))
		return !plural // the s of IDs begins no word
	case unicode.IsDigit(r) && unicode.IsLetter(before):
		return n >= 4
	case unicode.IsLetter(r) && unicode.IsDigit(before):
		return n >= 4
	}
	return false
}

// special letters are written with others where they cannot be typed.
var special = map[rune]string{'ß': "ss", 'œ': "oe", 'æ': "ae", 'ø': "o", 'ł': "l", 'đ': "d", '²': "2", '³': "3"}

// folded gives a letter in lower case without its accents.
func folded(r rune) []rune {
	r = unicode.ToLower(r)
	if s, ok := special[r]; ok {
		return []rune(s)
	}
	if r < unicode.MaxASCII {
		return []rune{r}
	}
	var out []rune
	for _, p := range norm.NFD.String(string(r)) {
		if !unicode.Is(unicode.Mn, p) {
			out = append(out, p)
		}
	}
	return out
}

// singular takes the s of a plural off.
func singular(word string) string {
	if len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "is") {
		return word[:len(word)-1]
	}
	return word
}

package finding

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nearest gives the candidate that a person most likely meant by word, for a
// hint: the one with the fewest letters to insert, delete, replace or swap with
// a neighbour, without regard to case and accents; "" where none is near. A word
// of up to 4 letters may differ in one of them, one of up to 9 in two, and so on.
// Of equally near candidates the first is given, and never word itself.
func Nearest(word string, candidates []string) string {
	var m matcher
	want := fold(nil, word)
	limit := min(1+len(want)/5, len(want)-1)
	best := ""
	for _, candidate := range candidates {
		if limit < 0 {
			break
		}
		if n := utf8.RuneCountInString(candidate); candidate == word || len(want)-n > limit || n-len(want) > limit {
			continue
		}
		if d := m.distance(want, candidate, limit); d <= limit {
			best, limit = candidate, d-1
		}
	}
	return best
}

// fold appends the letters of word without case and without the accents of
// western European languages, which people leave out.
func fold(dst []rune, word string) []rune {
	for _, r := range word {
		r = unicode.ToLower(r)
		if r >= 'à' {
			if i := strings.IndexRune(accented, r); i >= 0 {
				r = rune(plain[utf8.RuneCountInString(accented[:i])])
			}
		}
		dst = append(dst, r)
	}
	return dst
}

const (
	accented = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿ"
	plain    = "aaaaaaceeeeiiiinooooouuuuyy"
)

// matcher holds the memory of distance.
type matcher struct {
	letters           []rune
	before, last, row []int
}

// distance is the optimal string alignment distance of a, which is folded, and
// candidate, or limit+1 where it is more than limit.
func (m *matcher) distance(a []rune, candidate string, limit int) int {
	m.letters = fold(m.letters[:0], candidate)
	b := m.letters
	if len(m.row) <= len(b) {
		m.before, m.last, m.row = make([]int, 2*len(b)+1), make([]int, 2*len(b)+1), make([]int, 2*len(b)+1)
	}
	before, last, row := m.before, m.last, m.row
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		least := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

package finding

import "strings"

// Nearest gives the candidate that a person most likely meant by word, for a
// hint: the one with the fewest letters to insert, delete, replace or swap with
// a neighbour, without regard to case; "" where none is near (more than a third
// of the letters, at least 2). Of equally near candidates the first is given.
func Nearest(word string, candidates []string) string {
	lower := []rune(strings.ToLower(word))
	limit := max(2, len(lower)/3)
	best := ""
	for _, candidate := range candidates {
		d := distance(lower, []rune(strings.ToLower(candidate)), limit)
		if d <= limit && d < len(lower) {
			best, limit = candidate, d-1
		}
		if limit < 0 {
			break
		}
	}
	return best
}

// distance is the optimal string alignment distance, or limit+1 where it is
// more than limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
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

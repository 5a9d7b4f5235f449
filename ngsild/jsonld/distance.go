package jsonld

import "unicode"

// distance is the Damerau-Levenshtein distance of a and b (optimal string
// alignment) in halves: an insertion, a deletion, a substitution and a swap of
// neighbours cost 2, another case of the same letter costs 1 for the whole
// word. It may stop early with any number above limit.
func distance(a, b []rune, limit int) int {
	if 2*abs(len(a)-len(b)) > limit {
		return limit + 1
	}
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = 2 * j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = 2 * i
		least := now[0]
		for j := 1; j <= len(b); j++ {
			same := unicode.ToLower(a[i-1]) == unicode.ToLower(b[j-1])
			cost := last[j-1]
			if !same {
				cost += 2
			}
			cost = min(cost, last[j]+2, now[j-1]+2)
			if i > 1 && j > 1 && unicode.ToLower(a[i-1]) == unicode.ToLower(b[j-2]) &&
				unicode.ToLower(a[i-2]) == unicode.ToLower(b[j-1]) {
				cost = min(cost, before[j-2]+2)
			}
			now[j] = cost
			least = min(least, cost)
		}
		if least > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	total := last[len(b)]
	if total == 0 && string(a) != string(b) {
		return 1
	}
	return total
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

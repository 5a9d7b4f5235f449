package mapping

// nearest gives the element of list that a misspelt s might have meant, or "".
// Upper and lower case do not count as a difference.
func nearest(s string, list []string) string {
	best, limit := "", max(len(s)/3, 1)+1
	want := []rune(s)
	for _, candidate := range list {
		if n := distance(want, []rune(candidate), limit); n < limit {
			best, limit = candidate, n
		}
	}
	return best
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment), or limit where it
// is not below it.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if fold(a[i-1]) == fold(b[j-1]) {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		two, one, row = one, row, two
	}
	return min(one[len(b)], limit)
}

// fold drops what people misspell in the name of a column: case, and the
// accents of western European letters.
func fold(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	switch r {
	case 'à', 'â', 'ä', 'á', 'À', 'Â', 'Ä', 'Á':
		return 'a'
	case 'é', 'è', 'ê', 'ë', 'É', 'È', 'Ê', 'Ë':
		return 'e'
	case 'î', 'ï', 'í', 'Î', 'Ï', 'Í':
		return 'i'
	case 'ô', 'ö', 'ó', 'Ô', 'Ö', 'Ó':
		return 'o'
	case 'û', 'ù', 'ü', 'ú', 'Û', 'Ù', 'Ü', 'Ú':
		return 'u'
	case 'ç', 'Ç':
		return 'c'
	}
	return r
}

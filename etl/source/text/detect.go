package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guess is the encoding that a sample speaks for.
type Guess struct {
	// Encoding is 0 where the sample is no text.
	Encoding Encoding
	// Mark says that a byte order mark stands at the start.
	Mark       bool
	Confidence float64
	Evidence   string
	// Second is the encoding that the sample speaks for almost as well, or 0.
	Second Encoding
}

// Detect judges a sample. start says that it is the start of the file, where a
// byte order mark may be; whole that it is all of it.
func Detect(sample []byte, start, whole bool) Guess {
	if start {
		switch {
		case bytes.HasPrefix(sample, []byte{0xef, 0xbb, 0xbf}):
			return Guess{Encoding: UTF8, Mark: true, Confidence: 1, Evidence: "byte order mark"}
		case bytes.HasPrefix(sample, []byte{0xff, 0xfe}):
			return Guess{Encoding: UTF16LE, Mark: true, Confidence: 1, Evidence: "byte order mark"}
		case bytes.HasPrefix(sample, []byte{0xfe, 0xff}):
			return Guess{Encoding: UTF16BE, Mark: true, Confidence: 1, Evidence: "byte order mark"}
		}
	}
	if bytes.IndexByte(sample, 0) >= 0 {
		return wide(sample)
	}
	high := highBytes(sample)
	if high == 0 {
		return Guess{Encoding: UTF8, Confidence: 1, Evidence: "nothing but ASCII"}
	}
	if valid(sample, start, whole) {
		return Guess{Encoding: UTF8, Confidence: 1, Evidence: fmt.Sprintf("valid UTF-8, such as %q", word(sample, UTF8))}
	}
	return single(sample, high)
}

// wide tells UTF-16 without a mark by its zero bytes: text of the West has one
// in nearly every second place.
func wide(sample []byte) Guess {
	var zero [2]int
	for i, b := range sample {
		if b == 0 {
			zero[i&1]++
		}
	}
	half := len(sample) / 2
	for i, e := range []Encoding{UTF16BE, UTF16LE} {
		if 10*zero[i] > 6*half && 20*zero[1-i] < zero[i] {
			return Guess{Encoding: e, Confidence: 0.95, Evidence: fmt.Sprintf("%d of %d characters have a zero byte", zero[i], half)}
		}
	}
	return Guess{}
}

func highBytes(sample []byte) int {
	n := 0
	for _, b := range sample {
		if b >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// valid reports whether the sample is UTF-8 but for characters cut at its ends.
func valid(sample []byte, start, whole bool) bool {
	if !start {
		for i := 0; i < 3 && len(sample) > 0 && !utf8.RuneStart(sample[0]); i++ {
			sample = sample[1:]
		}
	}
	if !whole {
		for i := 1; i <= 3 && i <= len(sample); i++ {
			if b := sample[len(sample)-i]; utf8.RuneStart(b) {
				if !utf8.FullRune(sample[len(sample)-i:]) {
					sample = sample[:len(sample)-i]
				}
				break
			}
		}
	}
	return utf8.Valid(sample)
}

// Mojibake reports whether bytes read in a declared encoding of one byte a
// character are more likely to be another, and gives that and a word as both
// have it.
func Mojibake(sample []byte, declared Encoding, start, whole bool) (other Encoding, as, rather string, ok bool) {
	g := Detect(sample, start, whole)
	if g.Encoding == 0 || g.Encoding == declared || g.Second == declared || g.Confidence < 0.7 || highBytes(sample) == 0 {
		return 0, "", "", false
	}
	if g.Encoding > UTF16BE && declared > UTF16BE && sameText(sample, g.Encoding, declared) {
		return 0, "", "", false
	}
	return g.Encoding, word(sample, declared), word(sample, g.Encoding), true
}

// weights are the letters beyond ASCII of French, German, Spanish, Portuguese,
// Italian, Dutch and the Nordic languages, by how often they stand in text.
var weights = func() map[rune]float64 {
	m := map[rune]float64{}
	for letters, w := range map[string]float64{
		"éèàüöäßçñóáíãêôîâ": 4,
		"ëïûùúõåøæœòìý":     2.5,
		"ÿðþšžÿ":            0.5,
	} {
		for _, c := range letters {
			m[c] = w
			m[unicode.ToUpper(c)] = w * 0.75
		}
	}
	return m
}()

// signs stand beside letters and figures, not within words.
const signs = "¢¥≤≥≈√∞°²³€£§«»“”„–—…·•ºª½¼¾±×µ©®™\u00a0"

// single tells encodings of one byte a character apart: letters where letters
// belong speak for an encoding, controls, box drawings and capitals within
// words against it.
func single(sample []byte, high int) Guess {
	sample = enough(sample)
	order := []Encoding{Windows1252, ISO885915, CP850, CP437}
	var score [CP437 + 1]float64
	for _, e := range order {
		score[e] = plausibility(sample, e)
	}
	best := order[0]
	for _, e := range order[1:] {
		if score[e] > score[best] {
			best = e
		}
	}
	g := Guess{Encoding: best}
	// An encoding is told from another by the bytes that they read differently.
	second, margin := Encoding(0), 10.0
	for _, e := range order {
		if e == best || sameText(sample, e, best) {
			continue
		}
		if m := distance(sample, best, e); m < margin {
			second, margin = e, m
		}
	}
	g.Confidence = max(0, min(0.99, 0.5+margin/8))
	if score[best] < 0 {
		g.Confidence = min(g.Confidence, 0.4)
	}
	g.Confidence = float64(int(g.Confidence*100)) / 100
	if g.Confidence < 0.7 {
		g.Second = second
		if second == 0 {
			g.Second = map[bool]Encoding{true: CP850, false: Windows1252}[best == Windows1252]
		}
	}
	first := bytes.IndexFunc(sample, func(r rune) bool { return r >= utf8.RuneSelf })
	g.Evidence = fmt.Sprintf("%q from byte 0x%02X", word(sample, best), sample[first])
	if high > 1 {
		g.Evidence += fmt.Sprintf(", %d bytes beyond ASCII", high)
	}
	return g
}

// enough cuts the sample after as many bytes beyond ASCII as tell the encodings
// apart.
func enough(sample []byte) []byte {
	const most = 20_000
	n := 0
	for i, b := range sample {
		if b >= utf8.RuneSelf {
			if n++; n == most {
				return sample[:i+1]
			}
		}
	}
	return sample
}

// distance is by how much a reads the bytes better that it reads other than b.
func distance(sample []byte, a, b Encoding) float64 {
	sum, n := 0.0, 0
	for i, c := range sample {
		if c >= utf8.RuneSelf && tables[a][c] != tables[b][c] {
			sum += at(sample, i, a) - at(sample, i, b)
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// plausibility is the mean weight of the sample's bytes beyond ASCII.
func plausibility(sample []byte, e Encoding) float64 {
	sum, n := 0.0, 0
	for i, b := range sample {
		if b >= utf8.RuneSelf {
			n++
			sum += at(sample, i, e)
		}
	}
	return sum / float64(max(n, 1))
}

// at weighs one byte of the sample between its neighbours.
func at(sample []byte, i int, e Encoding) float64 {
	t := tables[e]
	before, after := ' ', ' '
	if i > 0 {
		before = t[sample[i-1]]
	}
	if i+1 < len(sample) {
		after = t[sample[i+1]]
	}
	return weigh(before, t[sample[i]], after)
}

func weigh(before, c, after rune) float64 {
	inWord := unicode.IsLetter(before) || unicode.IsLetter(after)
	within := unicode.IsLetter(before) && unicode.IsLetter(after)
	switch {
	case c == utf8.RuneError:
		return -12
	case c == '’' || c == '‘':
		if within {
			return 3
		}
		return 1
	case strings.ContainsRune(signs, c):
		if within {
			return -4
		}
		return 2
	case unicode.IsControl(c):
		return -10
	case !unicode.IsLetter(c):
		if inWord {
			return -6
		}
		return -2
	}
	w, common := weights[c]
	if !common {
		return -4 // Greek, ƒ, ª and their like
	}
	switch {
	case unicode.IsUpper(c) && unicode.IsLower(before):
		return -6
	case unicode.IsUpper(c) && unicode.IsLower(after) && unicode.IsLetter(before):
		return -3
	case unicode.IsLower(c) && unicode.IsUpper(after):
		return -3
	case unicode.IsLower(c) && unicode.IsUpper(before) && unicode.IsUpper(after):
		return -2
	case !inWord && c != 'à' && c != 'é' && c != 'À' && c != 'É' && c != 'ó':
		return w - 4
	}
	return w
}

// sameText reports whether two encodings give the sample the same characters.
func sameText(sample []byte, a, b Encoding) bool {
	var used [256]bool
	for _, c := range sample {
		used[c] = true
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		if used[c] && tables[a][c] != tables[b][c] {
			return false
		}
	}
	return true
}

// word gives the first word of the sample with a character beyond ASCII, as an
// encoding has it.
func word(sample []byte, e Encoding) string {
	at := 0
	for at < len(sample) && sample[at] < utf8.RuneSelf {
		at++
	}
	isWord := func(b byte) bool {
		return b >= utf8.RuneSelf || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
	}
	from, to := at, at
	for from > 0 && at-from < 20 && isWord(sample[from-1]) {
		from--
	}
	for to < len(sample) && to-at < 24 && isWord(sample[to]) {
		to++
	}
	if e == UTF8 {
		return strings.ToValidUTF8(string(sample[from:to]), "")
	}
	if e != UTF16LE && e != UTF16BE {
		var b strings.Builder
		for _, c := range sample[from:to] {
			b.WriteRune(tables[e][c])
		}
		return b.String()
	}
	return ""
}

// FirstBad gives the offset of the first byte of the sample that the encoding
// has no character for, or -1.
func FirstBad(sample []byte, e Encoding, whole bool) int {
	switch e {
	case UTF8:
		for i := 0; i < len(sample); {
			if sample[i] < utf8.RuneSelf {
				i++
				continue
			}
			c, n := utf8.DecodeRune(sample[i:])
			if c == utf8.RuneError && n == 1 {
				if !whole && !utf8.FullRune(sample[i:]) {
					return -1
				}
				return i
			}
			i += n
		}
	case Windows1252, ISO885915, CP850, CP437:
		for i, b := range sample {
			if tables[e][b] == utf8.RuneError {
				return i
			}
		}
	}
	return -1
}

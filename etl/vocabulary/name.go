package vocabulary

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// CamelCase gives a name of letters and digits for a text: "Conso totale" and
// conso_totale become consoTotale, or ConsoTotale with upper. Accents are left out; a
// name that would begin with a digit begins with n, or N. A text without a letter or
// digit gives "".
func CamelCase(text string, upper bool) string {
	var b strings.Builder
	for _, word := range words(text) {
		rest := word[1:]
		if strings.ToUpper(word) == word && len(word) > 1 {
			rest = strings.ToLower(rest) // CODE, but not kWh
		}
		first := strings.ToUpper(word[:1])
		if b.Len() == 0 {
			switch {
			case word[0] >= '0' && word[0] <= '9' && upper:
				first = "N" + first
			case word[0] >= '0' && word[0] <= '9':
				first = "n" + first
			case !upper:
				first = strings.ToLower(first)
			}
		}
		b.WriteString(first + rest)
	}
	return b.String()
}

// words gives the runs of ASCII letters and digits in a text, after accents are taken off
// its letters.
func words(text string) []string {
	var plain strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			plain.WriteRune(r)
		}
	}
	return strings.FieldsFunc(plain.String(), func(r rune) bool { return r > unicode.MaxASCII || !isPlain(byte(r)) })
}

// isCamelCase says whether a name is in camelCase: of an attribute with a small first
// letter, of a type with a capital.
func isCamelCase(name string, upper bool) bool {
	for i := range len(name) {
		if !isPlain(name[i]) {
			return false
		}
	}
	return name != "" && (upper && name[0] >= 'A' && name[0] <= 'Z' || !upper && name[0] >= 'a' && name[0] <= 'z')
}

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

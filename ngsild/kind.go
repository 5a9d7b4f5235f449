package ngsild

import (
	"fmt"
	"strings"
)

// kindNames holds the name of each Kind and the member that carries its value.
var kindNames = [...]struct{ name, member string }{
	Property:         {"Property", MemberValue},
	GeoProperty:      {"GeoProperty", MemberValue},
	Relationship:     {"Relationship", MemberObject},
	LanguageProperty: {"LanguageProperty", MemberLanguageMap},
	VocabProperty:    {"VocabProperty", MemberVocab},
	ListProperty:     {"ListProperty", MemberValueList},
	ListRelationship: {"ListRelationship", MemberObjectList},
	JsonProperty:     {"JsonProperty", MemberJSON},
}

// String gives the name that the "type" member of a normalized attribute has,
// or "" for a Kind that is not in the family.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k].name
	}
	return ""
}

// Member gives the name of the member that carries the value of this Kind:
// "value", "object", "languageMap" and so on. It is "" where String is.
func (k Kind) Member() string {
	if int(k) < len(kindNames) {
		return kindNames[k].member
	}
	return ""
}

// ParseKind reads the name that String gives.
func ParseKind(name string) (Kind, bool) {
	switch name {
	case "Property":
		return Property, true
	case "GeoProperty":
		return GeoProperty, true
	case "Relationship":
		return Relationship, true
	case "LanguageProperty":
		return LanguageProperty, true
	case "VocabProperty":
		return VocabProperty, true
	case "ListProperty":
		return ListProperty, true
	case "ListRelationship":
		return ListRelationship, true
	case "JsonProperty":
		return JsonProperty, true
	}
	return 0, false
}

// Representation is one of the forms in which the API writes an entity
// (CIM 009 v1.8 clauses 4.5.1 to 4.5.4).
type Representation uint8

// The representations.
const (
	Normalized Representation = iota
	Concise
	Simplified
)

// String gives "normalized", "concise" or "simplified".
func (r Representation) String() string {
	switch r {
	case Concise:
		return "concise"
	case Simplified:
		return "simplified"
	}
	return "normalized"
}

// ParseRepresentation reads the name of a representation; "keyValues", the
// API's older word, is simplified.
func ParseRepresentation(name string) (Representation, error) {
	switch name {
	case "normalized":
		return Normalized, nil
	case "concise":
		return Concise, nil
	case "simplified", "keyValues":
		return Simplified, nil
	}
	return 0, fmt.Errorf("unknown representation %q: it is normalized, concise or simplified", name)
}

// nearest gives the candidate with the smallest edit distance to word,
// ignoring case, or "" where none is near enough to have been meant.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+1
	folded := strings.ToLower(word)
	for _, candidate := range candidates {
		if d := editDistance(folded, strings.ToLower(candidate), bestDistance); d < bestDistance || d == bestDistance && best == "" {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance counts the single-byte edits (a swap of neighbours is one)
// between two short words. Where there are more than limit it gives some
// number above limit.
func editDistance(a, b string, limit int) int {
	const longest = 64
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) >= longest || len(b) >= longest {
		return limit + 1
	}
	var rows [3][longest]int
	for j := 0; j <= len(b); j++ {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, up, up2 := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(up[j]+1, row[j-1]+1, up[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], up2[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

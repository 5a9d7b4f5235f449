package ngsild

import "fmt"

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

// kindOfV2 gives the kind that stands for a type of attribute of the NGSI v2 API, which
// names the type of the value there; 0 for any other word.
func kindOfV2(name string) Kind {
	switch name {
	case "Text", "Number", "Integer", "Float", "Boolean", "StructuredValue", "DateTime", "Date", "URL", "URI", "None":
		return Property
	case "geo:json", "geo:point", "geo:line", "geo:box", "geo:polygon":
		return GeoProperty
	}
	return 0
}

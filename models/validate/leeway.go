package validate

import (
	"slices"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

// This file is where NGSI-LD cannot take a model by the letter: what the letter forbids
// there is no fault of the entity.

// listOfOne reports whether a value is the one object or geometry of an attribute whose
// model wants a list. In JSON-LD one object and a list of one are the same, and the
// value of a GeoProperty is always one geometry.
func listOfOne(s *models.Shape, kind ngsild.Kind, value any) bool {
	_, isList := value.([]any)
	return !isList && mayBeListOfOne(s, kind)
}

func mayBeListOfOne(s *models.Shape, kind ngsild.Kind) bool {
	return s.Type == "array" && (kind == ngsild.Relationship || kind == ngsild.GeoProperty)
}

// takesURI reports whether a URI, or a list of them, may fit a shape. A model that calls
// an attribute a Relationship and wants a number of it contradicts itself.
func takesURI(s *models.Shape) bool {
	switch {
	case s.Identifier:
		return true
	case len(s.AnyOf) > 0:
		return slices.ContainsFunc(s.AnyOf, takesURI)
	case len(s.OneOf) > 0:
		return slices.ContainsFunc(s.OneOf, takesURI)
	case s.Type == "array" && s.Items != nil:
		return takesURI(s.Items)
	}
	return s.Type == "" || s.Type == "string" || s.Type == "array"
}

// untyped takes the typed values of JSON-LD, {"@type": "DateTime", "@value": "…"}, out of
// a value, at every depth.
func untyped(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if typed, ok := v["@value"]; ok {
			return typed
		}
		for name, one := range v {
			v[name] = untyped(one)
		}
	case []any:
		for i, one := range v {
			v[i] = untyped(one)
		}
	}
	return value
}

// isTimeOfDay reports whether a value is a time of day without a zone, hh:mm:ss with or
// without a fraction: opening hours and timetables are in the time of the place.
func isTimeOfDay(value any) bool {
	text, ok := value.(string)
	if !ok || len(text) < len("00:00:00") {
		return false
	}
	for i := range text {
		switch c := text[i]; {
		case i == 2 || i == 5:
			if c != ':' {
				return false
			}
		case i == 8:
			if c != '.' || len(text) == i+1 {
				return false
			}
		case c < '0' || c > '9':
			return false
		}
	}
	return text[:2] < "24" && text[3:5] < "60" && text[6:8] <= "60"
}

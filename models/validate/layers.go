package validate

import (
	"fmt"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Layers is a set of layers of validation.
type Layers uint8

// The layers. Text that is not JSON at all is always said.
const (
	JSON      Layers = 1 << iota // duplicate keys, numbers out of range
	Structure                    // what NGSI-LD demands of entities and attributes
	Context                      // the @context: resolved, legal, defines the terms
	Model                        // the data model: kind, type, format, enum, range, required, unknown attributes
	Meaning                      // units, places, times, ids and what Relationships lead to
)

// LayerNames lists the names that ParseLayers takes.
var LayerNames = []string{"json", "structure", "context", "model", "meaning"}

// ParseLayers reads names of layers; an empty list is all of them.
func ParseLayers(names []string) (Layers, error) {
	var set Layers
	for _, name := range names {
		found := false
		for i, known := range LayerNames {
			if name == known {
				set |= 1 << i
				found = true
			}
		}
		if !found {
			err := fmt.Errorf("there is no layer %q: the layers are %s", name, strings.Join(LayerNames, ", "))
			if near := finding.Nearest(name, LayerNames); near != "" {
				err = fmt.Errorf("%w\n  hint: did you mean %q?", err, near)
			}
			return 0, err
		}
	}
	return set, nil
}

func (l Layers) has(layer Layers) bool { return l == 0 || layer == 0 || l&layer != 0 }

// layerOf gives the layer that a finding belongs to, or 0 for what is always said.
func layerOf(code finding.Code) Layers {
	switch code {
	case finding.EntityJSON:
		return 0
	case finding.JSONDuplicate, finding.EntityNumber:
		return JSON
	case finding.AttributeUnit, finding.ModelUnit, finding.AttributeGeometry, finding.AttributeZone, finding.RelationDangle,
		finding.EntityIDPattern, finding.EntityConflict:
		return Meaning
	case finding.ModelUnknown, finding.ModelSchema, finding.ModelKind, finding.ModelAttribute:
		return Model
	}
	if strings.HasPrefix(string(code), "context-") {
		return Context
	}
	return Structure
}

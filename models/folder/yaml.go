package folder

import (
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
)

// second is what model.yaml says of an attribute beside the schema.
type second struct {
	kind  ngsild.Kind
	units string
}

// unreadableYAML is the rule that leaves a model.yaml out.
const unreadableYAML = "a model.yaml that cannot be read as one: the schema alone counts"

// yaml reads the kinds and units of the text of a model.yaml, by attribute.
func (r *Reader) yaml(text []byte) map[string]second {
	var document map[string]struct {
		Properties map[string]struct {
			NGSI struct {
				Type  any `yaml:"type"`
				Units any `yaml:"units"`
			} `yaml:"x-ngsi"`
		} `yaml:"properties"`
	}
	if !plain(text) || yaml.Unmarshal(text, &document) != nil {
		r.rule(unreadableYAML)
		return nil
	}
	found := map[string]second{}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		for name, property := range document[name].Properties {
			word, _ := property.NGSI.Type.(string)
			units, _ := property.NGSI.Units.(string)
			found[name] = second{kind: kindIn(word), units: units}
		}
	}
	return found
}

// The bounds of a model.yaml. The largest official one has 130 kB.
const (
	maxYAML     = 1 << 20
	maxYAMLNest = 50
)

// plain reports whether reading a text as YAML takes little time: it has no alias, which
// may stand for more and more, and nests little.
func plain(text []byte) bool {
	if len(text) > maxYAML {
		return false
	}
	nested, open, line := 0, 0, 0 // structures begun in the line, and brackets open
	for _, t := range lexer.Tokenize(string(text)) {
		if t.Position.Line != line {
			line = t.Position.Line
			nested = 0
		}
		switch t.Type {
		case token.AliasType:
			return false
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			nested++
		}
		if nested > maxYAMLNest || open > maxYAMLNest {
			return false
		}
	}
	return true
}

// kind decides between what the schema and what model.yaml say. Where one of
// them says Relationship and the values are identifiers it is one.
func (r *Reader) kind(schema, yaml ngsild.Kind, shape *models.Shape) ngsild.Kind {
	switch {
	case schema == yaml:
		if schema == 0 {
			r.rule("neither file states the kind: it is left open")
		}
		return schema
	case schema == 0:
		r.rule("the schema states no kind: that of model.yaml is taken")
		return yaml
	case yaml == 0:
		return schema
	case (schema == ngsild.Relationship || yaml == ngsild.Relationship) && names(shape):
		r.rule("%s in the schema and %s in model.yaml, and values are identifiers: a Relationship", schema, yaml)
		return ngsild.Relationship
	}
	r.rule("%s in the schema and %s in model.yaml: the schema's is taken", schema, yaml)
	return schema
}

// names says that the values of a shape are identifiers of entities, or lists of them.
func names(s *models.Shape) bool {
	if s.Identifier || s.Format == "uri" || s.Items != nil && names(s.Items) {
		return true
	}
	for _, list := range [][]*models.Shape{s.AnyOf, s.OneOf, s.AllOf} {
		for _, one := range list {
			if names(one) {
				return true
			}
		}
	}
	return false
}

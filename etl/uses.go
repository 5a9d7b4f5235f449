package etl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Uses notes the names that the entities of the use case's mappings will have, as far as
// the mappings can be read: whether they are right is for Prepare to say.
func (u *UseCase) Uses(ctx context.Context, resolver *jsonld.Resolver, uses *jsonld.Uses) error {
	for _, target := range u.Flows {
		path := u.Path(target.Mapping)
		var faults finding.List
		text, err := ReadMapping(path)
		if err != nil && !errors.As(err, &faults) {
			return err
		}
		m, _ := mapping.Read(path, text)
		if m == nil {
			continue
		}
		own, _, err := resolver.ResolveRefs(ctx, BaseDir(path), m.Context)
		if err != nil && !errors.As(err, &faults) {
			return fmt.Errorf("resolve the @context of %s: %w", path, err)
		}
		for _, entity := range m.Outlines() {
			for _, name := range entity.Types {
				uses.Add(name.Text, name.At, own)
			}
			noteAttributes(uses, entity.Attributes, own)
		}
	}
	return nil
}

func noteAttributes(uses *jsonld.Uses, attributes []mapping.AttributeOutline, own *jsonld.Context) {
	for _, a := range attributes {
		uses.Add(a.Text, a.At, own)
		for _, word := range a.Words {
			uses.Add(word.Text, word.At, own)
		}
		for _, value := range a.Shape.Enum {
			var text string
			if json.Unmarshal(value, &text) == nil {
				uses.AddText(text)
			}
		}
		noteAttributes(uses, a.Attributes, own)
	}
}

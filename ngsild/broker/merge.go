package broker

import (
	"slices"

	"github.com/ldtkit/ldt/ngsild"
)

// appendTo appends the attributes of a fragment to an entity, as Append
// Attributes does (clause 5.6.3): an instance that exists is replaced where
// overwrite allows it. It gives the names of what was left untouched.
func appendTo(e, fragment *ngsild.Entity, overwrite bool, now string) (untouched []string) {
	for i := range fragment.Attributes {
		a := fragment.Attributes[i]
		if !overwrite && instance(e.Attributes, a.Name, a.DatasetID) >= 0 {
			untouched = append(untouched, a.Name)
			continue
		}
		put(e, a, now)
	}
	addTypes(e, fragment.Types)
	switch {
	case len(fragment.Scopes) == 0:
	case overwrite:
		e.Scopes = fragment.Scopes
	default:
		for _, s := range fragment.Scopes {
			if !slices.Contains(e.Scopes, s) {
				e.Scopes = append(slices.Clip(e.Scopes), s)
			}
		}
	}
	return untouched
}

// put places one instance into an entity: over the one that it replaces, or
// behind the instances of its name.
func put(e *ngsild.Entity, a ngsild.Attribute, now string) {
	one := []ngsild.Attribute{a}
	stamp(one, e.Attributes, now)
	if k := instance(e.Attributes, a.Name, a.DatasetID); k >= 0 {
		e.Attributes[k] = one[0]
		return
	}
	insert(e, one[0])
}

// insert places a new instance behind those of its name.
func insert(e *ngsild.Entity, a ngsild.Attribute) {
	at := len(e.Attributes)
	for i := range e.Attributes {
		if e.Attributes[i].Name == a.Name {
			at = i + 1
		}
	}
	e.Attributes = slices.Insert(e.Attributes, at, a)
}

// addTypes adds the types that the entity does not have yet.
func addTypes(e *ngsild.Entity, types []string) {
	for _, t := range types {
		if !slices.Contains(e.Types, t) {
			e.Types = append(slices.Clip(e.Types), t)
		}
	}
}

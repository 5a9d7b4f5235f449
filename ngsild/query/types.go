package query

import (
	"slices"
	"strings"
)

// Types is a parsed selection of entity types (clause 4.17): names joined by
// , or | (or) and ; (and), with parentheses.
type Types struct {
	root choice[string]
}

// ParseTypes reads a type parameter, already URL-decoded. The error is an *Error.
func ParseTypes(text string) (*Types, error) {
	p := choiceParser[string]{param: "type", text: text, hint: "join type names with , (or) or ; (and)"}
	p.leaf = func(name string, start int) (string, *Error) {
		name = strings.TrimSpace(name)
		if name == "" {
			return "", p.fault(start, "a type name is missing").
				hinted("write one or more type names, such as type=Building,Device")
		}
		if strings.ContainsAny(name, " \t\"<>{}") {
			return "", p.fault(start, "%q is no type name", name).
				hinted("a name has letters, digits and _, or is an IRI")
		}
		return name, nil
	}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Types{root}, nil
}

// Expand gives the same selection with each name replaced by what expand
// gives for it.
func (t *Types) Expand(expand func(term string) string) *Types {
	return &Types{expandTypes(&t.root, expand)}
}

func expandTypes(c *choice[string], expand func(string) string) choice[string] {
	if c.kids == nil {
		return choice[string]{leaf: expand(c.leaf)}
	}
	out := choice[string]{all: c.all, kids: make([]choice[string], len(c.kids))}
	for i := range c.kids {
		out.kids[i] = expandTypes(&c.kids[i], expand)
	}
	return out
}

// Match says whether an entity of these types is selected.
func (t *Types) Match(types []string) bool {
	return t.root.match(func(name string) bool { return slices.Contains(types, name) })
}

// AnyOf gives names such that each selected entity has at least one of them.
// exact is set where the reverse holds as well, so that the names alone say
// what is selected.
func (t *Types) AnyOf() (names []string, exact bool) {
	names, exact = anyOf(&t.root, nil)
	slices.Sort(names)
	return slices.Compact(names), exact
}

func anyOf(c *choice[string], names []string) ([]string, bool) {
	switch {
	case c.kids == nil:
		return append(names, c.leaf), true
	case c.all:
		names, _ = anyOf(&c.kids[0], names)
		return names, false
	}
	exact := true
	for i := range c.kids {
		var ok bool
		names, ok = anyOf(&c.kids[i], names)
		exact = exact && ok
	}
	return names, exact
}

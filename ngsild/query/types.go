package query

import (
	"slices"
	"strings"
)

// Types is a parsed selection of entity types (clause 4.17): names joined by
// , or | (or) and ; (and), with parentheses.
type Types struct {
	root typeNode
}

// typeNode is a name, or a combination of nodes.
type typeNode struct {
	name string
	all  bool // the children must all hold; else one of them
	kids []typeNode
}

// ParseTypes reads a type parameter, already URL-decoded. The error is an *Error.
func ParseTypes(text string) (*Types, error) {
	p := &typeParser{text: text}
	n, err := p.alternatives(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(text) {
		return nil, fault("type", text, p.at, "'%c' is not expected here", text[p.at]).
			hinted("join type names with , (or) or ; (and)")
	}
	return &Types{root: n}, nil
}

// Expand gives the same selection with each name replaced by what expand
// gives for it.
func (t *Types) Expand(expand func(term string) string) *Types {
	return &Types{root: t.root.expand(expand)}
}

func (n typeNode) expand(f func(string) string) typeNode {
	if n.kids == nil {
		return typeNode{name: f(n.name)}
	}
	out := typeNode{all: n.all, kids: make([]typeNode, len(n.kids))}
	for i, k := range n.kids {
		out.kids[i] = k.expand(f)
	}
	return out
}

// Match says whether an entity of these types is selected.
func (t *Types) Match(types []string) bool { return t.root.match(types) }

func (n typeNode) match(types []string) bool {
	if n.kids == nil {
		return slices.Contains(types, n.name)
	}
	for _, k := range n.kids {
		if k.match(types) != n.all {
			return !n.all
		}
	}
	return n.all
}

// AnyOf gives names such that each selected entity has at least one of them.
// exact is set where the reverse holds as well, so that the names alone say
// what is selected.
func (t *Types) AnyOf() (names []string, exact bool) {
	names, exact = t.root.anyOf(nil)
	slices.Sort(names)
	return slices.Compact(names), exact
}

func (n typeNode) anyOf(names []string) ([]string, bool) {
	switch {
	case n.kids == nil:
		return append(names, n.name), true
	case n.all:
		names, _ = n.kids[0].anyOf(names)
		return names, false
	}
	exact := true
	for _, k := range n.kids {
		var ok bool
		names, ok = k.anyOf(names)
		exact = exact && ok
	}
	return names, exact
}

type typeParser struct {
	text string
	at   int
}

func (p *typeParser) next(set string) bool {
	if p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *typeParser) alternatives(depth int) (typeNode, *Error) {
	var branches []typeNode
	for {
		var all []typeNode
		for {
			n, err := p.operand(depth)
			if err != nil {
				return typeNode{}, err
			}
			all = append(all, n)
			if !p.next(";") {
				break
			}
		}
		if len(all) == 1 {
			branches = append(branches, all[0])
		} else {
			branches = append(branches, typeNode{all: true, kids: all})
		}
		if !p.next(",|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return typeNode{kids: branches}, nil
}

func (p *typeParser) operand(depth int) (typeNode, *Error) {
	if p.at < len(p.text) && p.text[p.at] == '(' {
		if depth >= maxDepth {
			return typeNode{}, fault("type", p.text, p.at, "parentheses are nested more than %d deep", maxDepth)
		}
		open := p.at
		p.at++
		n, err := p.alternatives(depth + 1)
		if err != nil {
			return typeNode{}, err
		}
		if !p.next(")") {
			return typeNode{}, fault("type", p.text, open, "this parenthesis is never closed").hinted("add a )")
		}
		return n, nil
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(",|;()", p.text[p.at]) < 0 {
		p.at++
	}
	name := strings.TrimSpace(p.text[start:p.at])
	if name == "" {
		return typeNode{}, fault("type", p.text, start, "a type name is missing").
			hinted("write one or more type names, such as type=Building,Device")
	}
	if strings.ContainsAny(name, " \t\"<>{}") {
		return typeNode{}, fault("type", p.text, start, "%q is no type name", name).
			hinted("a name has letters, digits and _, or is an IRI")
	}
	return typeNode{name: name}, nil
}

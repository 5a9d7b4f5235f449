package query

import (
	"slices"
	"strings"
)

// Scope is a parsed scopeQ (clause 4.19).
type Scope struct {
	root scopeNode
}

type scopeNode struct {
	levels []string // of one scope; + is any one level
	deep   bool     // ended in #: this level and what is below
	all    bool
	kids   []scopeNode
}

// ParseScope reads a scopeQ parameter, already URL-decoded: scopes such as
// /Paris/1er, with + for any one level and a last # for a scope with all below
// it, joined by , or | (or) and ; (and), with parentheses. The error is an *Error.
func ParseScope(text string) (*Scope, error) {
	p := &scopeParser{typeParser{text: text}}
	n, err := p.alternatives(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(text) {
		return nil, fault("scopeQ", text, p.at, "'%c' is not expected here", text[p.at]).
			hinted("join scopes with , (or) or ; (and)")
	}
	return &Scope{root: n}, nil
}

// Match says whether one of an entity's scopes, or for ; several of them,
// fulfil the query.
func (s *Scope) Match(scopes []string) bool { return s.root.match(scopes) }

func (n scopeNode) match(scopes []string) bool {
	if n.kids == nil {
		return slices.ContainsFunc(scopes, n.matchOne)
	}
	for _, k := range n.kids {
		if k.match(scopes) != n.all {
			return !n.all
		}
	}
	return n.all
}

func (n scopeNode) matchOne(scope string) bool {
	rest := strings.TrimPrefix(scope, "/")
	for i, want := range n.levels {
		var level string
		if i > 0 && rest == "" {
			return false
		}
		level, rest, _ = strings.Cut(rest, "/")
		if level == "" || want != "+" && want != level {
			return false
		}
	}
	return n.deep || rest == ""
}

type scopeParser struct{ typeParser }

func (p *scopeParser) alternatives(depth int) (scopeNode, *Error) {
	var branches []scopeNode
	for {
		var all []scopeNode
		for {
			n, err := p.operand(depth)
			if err != nil {
				return scopeNode{}, err
			}
			all = append(all, n)
			if !p.next(";") {
				break
			}
		}
		if len(all) == 1 {
			branches = append(branches, all[0])
		} else {
			branches = append(branches, scopeNode{all: true, kids: all})
		}
		if !p.next(",|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return scopeNode{kids: branches}, nil
}

func (p *scopeParser) operand(depth int) (scopeNode, *Error) {
	start := p.at
	if p.next("(") {
		if depth >= maxDepth {
			return scopeNode{}, fault("scopeQ", p.text, start, "parentheses are nested more than %d deep", maxDepth)
		}
		n, err := p.alternatives(depth + 1)
		if err != nil {
			return scopeNode{}, err
		}
		if !p.next(")") {
			return scopeNode{}, fault("scopeQ", p.text, start, "this parenthesis is never closed").hinted("add a )")
		}
		return n, nil
	}
	for p.at < len(p.text) && strings.IndexByte(",|;()", p.text[p.at]) < 0 {
		p.at++
	}
	text := p.text[start:p.at]
	if text == "" || text == "/" {
		return scopeNode{}, fault("scopeQ", p.text, start, "a scope is missing").
			hinted("write a scope such as /Paris/1er, or /# for any entity with a scope")
	}
	n := scopeNode{levels: strings.Split(strings.TrimPrefix(text, "/"), "/")}
	if last := len(n.levels) - 1; n.levels[last] == "#" {
		n.levels, n.deep = n.levels[:last], true
	}
	for _, level := range n.levels {
		switch {
		case level == "" || strings.Contains(level, "#") || level != "+" && strings.Contains(level, "+"):
			return scopeNode{}, fault("scopeQ", p.text, start, "%q is no scope", text).
				hinted("levels stand between slashes, + stands for a whole level and # only at the end")
		case strings.Contains(level, " "):
			return scopeNode{}, fault("scopeQ", p.text, start, "%q has a space in it", text).
				hinted("a + in a URL has to be written %%2B")
		}
	}
	return n, nil
}

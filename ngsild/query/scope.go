package query

import (
	"slices"
	"strings"
)

// Scope is a parsed scopeQ (clause 4.19).
type Scope struct {
	root choice[scopePattern]
}

type scopePattern struct {
	levels []string // + is any one level
	deep   bool     // ended in #: this level and what is below
}

// ParseScope reads a scopeQ parameter, already URL-decoded: scopes such as
// /Paris/1er, with + for any one level and a last # for a scope with all below
// it, joined by , or | (or) and ; (and), with parentheses. The error is an *Error.
func ParseScope(text string) (*Scope, error) {
	p := choiceParser[scopePattern]{param: "scopeQ", text: text, hint: "join scopes with , (or) or ; (and)"}
	p.leaf = func(text string, start int) (pattern scopePattern, err *Error) {
		if text == "" || text == "/" {
			return pattern, p.fault(start, "a scope is missing").
				hinted("write a scope such as /Paris/1er, or /# for any entity with a scope")
		}
		pattern.levels = strings.Split(strings.TrimPrefix(text, "/"), "/")
		if last := len(pattern.levels) - 1; pattern.levels[last] == "#" {
			pattern.levels, pattern.deep = pattern.levels[:last], true
		}
		for _, level := range pattern.levels {
			switch {
			case level == "" || strings.Contains(level, "#") || level != "+" && strings.Contains(level, "+"):
				return pattern, p.fault(start, "%q is no scope", text).
					hinted("levels stand between slashes, + stands for a whole level and # only at the end")
			case strings.Contains(level, " "):
				return pattern, p.fault(start, "%q has a space in it", text).
					hinted("a + in a URL has to be written %%2B")
			}
		}
		return pattern, nil
	}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Scope{root}, nil
}

// Match says whether one of an entity's scopes, or for ; several of them,
// fulfil the query.
func (s *Scope) Match(scopes []string) bool {
	return s.root.match(func(p scopePattern) bool { return slices.ContainsFunc(scopes, p.match) })
}

func (p scopePattern) match(scope string) bool {
	rest := strings.TrimPrefix(scope, "/")
	for i, want := range p.levels {
		var level string
		if i > 0 && rest == "" {
			return false
		}
		level, rest, _ = strings.Cut(rest, "/")
		if level == "" || want != "+" && want != level {
			return false
		}
	}
	return p.deep || rest == ""
}

package query

import "strings"

// choice is a leaf, or a combination of choices: how type and scopeQ join what they name.
type choice[Leaf any] struct {
	leaf Leaf
	all  bool // the children must all hold; else one of them
	kids []choice[Leaf]
}

func (c *choice[Leaf]) match(holds func(Leaf) bool) bool {
	if c.kids == nil {
		return holds(c.leaf)
	}
	for i := range c.kids {
		if c.kids[i].match(holds) != c.all {
			return !c.all
		}
	}
	return c.all
}

// choiceParser reads leaves joined by , or | (or) and ; (and), with parentheses.
type choiceParser[Leaf any] struct {
	param, text string
	at          int
	// leaf reads what stands between two marks, and begins at start.
	leaf func(text string, start int) (Leaf, *Error)
	hint string // how leaves are joined
}

func (p *choiceParser[Leaf]) parse() (choice[Leaf], error) {
	c, err := p.alternatives(0)
	if err != nil {
		return c, err
	}
	if p.at < len(p.text) {
		return c, p.fault(p.at, "'%c' is not expected here", p.text[p.at]).hinted("%s", p.hint)
	}
	return c, nil
}

func (p *choiceParser[Leaf]) fault(at int, format string, args ...any) *Error {
	return fault(p.param, p.text, at, format, args...)
}

func (p *choiceParser[Leaf]) next(set string) bool {
	if p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *choiceParser[Leaf]) alternatives(depth int) (choice[Leaf], *Error) {
	var branches []choice[Leaf]
	for {
		var all []choice[Leaf]
		for {
			c, err := p.operand(depth)
			if err != nil {
				return choice[Leaf]{}, err
			}
			all = append(all, c)
			if !p.next(";") {
				break
			}
		}
		if len(all) == 1 {
			branches = append(branches, all[0])
		} else {
			branches = append(branches, choice[Leaf]{all: true, kids: all})
		}
		if !p.next(",|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return choice[Leaf]{kids: branches}, nil
}

func (p *choiceParser[Leaf]) operand(depth int) (choice[Leaf], *Error) {
	start := p.at
	if p.next("(") {
		if depth >= maxDepth {
			return choice[Leaf]{}, p.fault(start, "parentheses are nested more than %d deep", maxDepth)
		}
		c, err := p.alternatives(depth + 1)
		if err != nil {
			return choice[Leaf]{}, err
		}
		if !p.next(")") {
			return choice[Leaf]{}, p.fault(start, "this parenthesis is never closed").hinted("add a )")
		}
		return c, nil
	}
	for p.at < len(p.text) && strings.IndexByte(",|;()", p.text[p.at]) < 0 {
		p.at++
	}
	leaf, err := p.leaf(p.text[start:p.at], start)
	return choice[Leaf]{leaf: leaf}, err
}

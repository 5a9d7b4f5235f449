package jsonld

import (
	"slices"
	"strconv"

	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// scopedFaults gives a finding for each of the terms whose scoped context JSON-LD
// refuses. json-gold looks at a scoped context only when a document uses its term;
// the standard refuses it with the context (JSON-LD 1.1 API, 4.2.2 step 21), and
// so does the Resolver: a document must not be the first to find out.
func scopedFaults(active *ld.Context, terms map[string]*ld.TermDefinition) finding.List {
	scopes := 0
	for term := range terms {
		if td := active.TermDefinitions[term]; td != nil && td.HasContext {
			scopes++
		}
	}
	if scopes*len(active.TermDefinitions) > maxScopedTerms {
		return finding.List{finding.New(finding.ContextInvalid, finding.Location{},
			"it has %d scoped contexts among %d terms, more than can be checked", scopes, len(active.TermDefinitions))}
	}
	var list finding.List
	var open *ld.Context
	for term := range terms {
		td := active.TermDefinitions[term]
		if td == nil || !td.HasContext {
			continue
		}
		if open == nil {
			open = unprotected(active)
		}
		if err := enter(open, td.Context, map[string]bool{}, 0); err != nil {
			list = append(list, finding.New(finding.ContextInvalid, finding.Location{},
				"the scoped context of %s is not legal: %s", strconv.Quote(term), sentence(err)))
		}
	}
	slices.SortFunc(list, func(a, b finding.Finding) int { return shortestLeast(a.Message, b.Message) })
	return list
}

// unprotected gives a copy of a context in which a scoped context of a property may
// define every term anew, as JSON-LD allows it there.
func unprotected(active *ld.Context) *ld.Context {
	open := ld.CopyContext(active)
	clear(open.Protected)
	for term, td := range open.TermDefinitions {
		if td != nil && td.Protected {
			free := td.Copy()
			free.Protected = false
			open.TermDefinitions[term] = free
		}
	}
	return open
}

// enter processes a scoped context and those inside of it. open protects nothing;
// seen are the URLs on the way, since a scoped context may name itself.
func enter(open *ld.Context, scoped any, seen map[string]bool, depth int) error {
	if depth > maxDepth {
		return nil // said by the resolver
	}
	if u, isURL := scoped.(string); isURL {
		if seen[u] {
			return nil
		}
		seen[u] = true
	}
	if err := boundedScope(lengthsOf(open), scoped); err != nil {
		return err
	}
	var inner *ld.Context
	err := guard(func() error {
		var err error
		inner, err = open.Parse(scoped)
		return err
	})
	if err != nil {
		return err
	}
	for term, td := range inner.TermDefinitions {
		if td == nil || !td.HasContext || td == open.TermDefinitions[term] {
			continue
		}
		if err := enter(unprotected(inner), td.Context, seen, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// boundedScope says why a scoped context must not be processed. What a URL brings is
// bounded where it is loaded.
func boundedScope(known lengths, scoped any) (err error) {
	list, isList := scoped.([]any)
	if !isList {
		list = []any{scoped}
	}
	for _, item := range list {
		if local, ok := item.(map[string]any); ok {
			if known, err = known.bounded(local); err != nil {
				return err
			}
		}
	}
	return nil
}

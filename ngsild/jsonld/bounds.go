package jsonld

import (
	"fmt"
	"strings"

	"github.com/piprate/json-gold/ld"
)

const (
	// maxIRI bounds the bytes of the IRI that a term stands for.
	maxIRI = 4096
	// maxIRIs bounds the bytes of all IRIs that one local context comes to.
	maxIRIs = 64 << 20
	// maxScoped bounds the scoped contexts of one @context.
	maxScoped = 4096
	// maxScopedTerms bounds the work of looking at them: each sees every term.
	maxScopedTerms = 20_000_000
)

// lengths knows how long the IRI of a term is, 0 where it has none.
type lengths func(term string) int

// lengthsOf gives those of a processed context.
func lengthsOf(active *ld.Context) lengths {
	return func(term string) int {
		if term == "@vocab" && active.Values.Vocab != nil {
			return len(*active.Values.Vocab)
		}
		if td := active.TermDefinitions[term]; td != nil {
			return len(td.ID)
		}
		return 0
	}
}

// bounded says why a local context must not be processed: definitions may lean on each
// other, each with an IRI that is longer than the one before, until they fill the memory.
// It gives the lengths that hold after it.
func (before lengths) bounded(local map[string]any) (lengths, error) {
	known := make(map[string]int, len(local))
	var of func(term string) int
	name := func(text, term string) int { // of a name in the definition of a term
		prefix, rest, isCompact := strings.Cut(text, ":")
		switch {
		case isCompact && prefix != term && !strings.HasPrefix(rest, "//"):
			return of(prefix) + len(text)
		case isCompact || strings.HasPrefix(text, "@"):
			return len(text)
		case text != term:
			return max(of(text), of("@vocab")+len(text))
		}
		return of("@vocab") + len(text)
	}
	of = func(term string) int {
		if n, seen := known[term]; seen {
			return n
		}
		definition, isHere := local[term]
		if !isHere {
			return before(term)
		}
		known[term] = 0 // a circle, which JSON-LD refuses
		n := 0
		switch definition := definition.(type) {
		case string:
			if term == "@vocab" {
				n = before(term) + len(definition)
			} else {
				n = name(definition, term)
			}
		case map[string]any:
			n = name(term, term)
			for _, key := range []string{"@id", "@reverse", "@type", "@index"} {
				if text, ok := definition[key].(string); ok {
					n = max(n, name(text, term))
				}
			}
		}
		known[term] = n
		return n
	}
	total := 0
	for term := range local {
		n := of(term)
		if total += n; n > maxIRI {
			return nil, fmt.Errorf("%q stands for an IRI of more than %d characters", short(term), maxIRI)
		}
	}
	if total > maxIRIs {
		return nil, fmt.Errorf("its terms come to IRIs of more than %d bytes", maxIRIs)
	}
	return func(term string) int {
		if n, here := known[term]; here {
			return n
		}
		return before(term)
	}, nil
}

// short cuts a text that a message shows.
func short(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

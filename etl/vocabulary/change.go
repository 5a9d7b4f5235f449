package vocabulary

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Change is one difference that a build makes.
type Change struct {
	// Sign is + for what is added, - for what is taken out, ! for a term that has
	// another IRI than before, and ~ for a term whose definition moves from or to
	// another file and means what it did.
	Sign string
	Term string
	IRI  string
	// Was is the IRI before, where there is another now.
	Was  string
	Note string
}

// compare notes what becomes of each term.
func (out *Built) compare(b *builder, doc *document, now *jsonld.Context) {
	for _, term := range b.terms {
		iri := b.iris[term]
		if iri == "" {
			continue
		}
		c := Change{Sign: "+", Term: term, IRI: iri}
		if b.from[term] != "" && doc.term(term) == nil {
			c.Note = "reused from " + b.label(b.from[term])
		}
		was, known := "", false
		if b.before != nil {
			was, known = b.before.Expand(term)
		}
		inOld, inNew := b.was.term(term) != nil, doc.term(term) != nil
		switch {
		case !known:
		case was != iri:
			c.Sign, c.Was, c.Note = "!", was, "IRI CHANGED, it was "+was+": what is in a broker keeps the old one"
		case inOld && !inNew:
			c.Sign = "~"
		case !inOld && inNew:
			c.Sign, c.Note = "~", "defined here now"
		default:
			continue
		}
		out.Changes = append(out.Changes, c)
	}
	for _, e := range b.was.terms {
		if doc.term(e.key) != nil || b.iris[e.key] != "" {
			continue
		}
		c := Change{Sign: "-", Term: e.key, IRI: strings.Trim(string(e.value), `"`), Note: "no mapping uses it"}
		if iri, ofCore := b.core.Expand(e.key); ofCore {
			c.Sign, c.IRI, c.Note = "~", iri, "the core defines it"
		} else if iri, known := b.before.Expand(e.key); known {
			c.IRI = iri
		}
		out.Changes = append(out.Changes, c)
	}
	slices.SortFunc(out.Changes, func(a, b Change) int { return inOrder(a.Term, b.Term) })
}

// label names a context shortly: one of the catalogue by its subject.
func (b *builder) label(ref string) string {
	for _, s := range b.o.Catalogue.Subjects {
		if slices.Contains(s.ContextURLs, ref) {
			return "the subject " + s.Name
		}
	}
	return ref
}

// breaks says whether a change takes a term away or gives it another IRI.
func (out *Built) breaks() bool {
	return slices.ContainsFunc(out.Changes, func(c Change) bool { return c.Sign == "-" || c.Sign == "!" })
}

// adds says whether the own file has a definition that it did not have, or not one any
// more.
func (out *Built) adds(doc *document) bool {
	return slices.ContainsFunc(out.Changes, func(c Change) bool { return c.Sign == "~" || c.Sign == "+" && doc.term(c.Term) != nil })
}

// compareLists notes which URLs come and go.
func compareLists(was, now []string) []Change {
	var out []Change
	for _, url := range now {
		if !slices.Contains(was, url) {
			out = append(out, Change{Sign: "+", Term: url})
		}
	}
	for _, url := range was {
		if !slices.Contains(now, url) {
			out = append(out, Change{Sign: "-", Term: url, Note: "no mapping has a term of it"})
		}
	}
	return out
}

// WriteText prints the changes for a person: one a line, those of each file below its
// name.
func (out *Built) WriteText(w io.Writer) error {
	state := out.Version
	switch {
	case !out.Own.Changed():
		state += ", no change"
	case out.Was != "" && out.Was != out.Version:
		state = out.Was + " → " + out.Version
	case out.Own.Old != nil && len(out.Changes) == 0:
		state += ", written in order; every term means what it did"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s  %s\n", out.Own.Name, state)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, c := range out.Changes {
		fmt.Fprintf(table, "  %s %s\t%s\t%s\n", c.Sign, c.Term, c.IRI, c.Note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	state = ""
	switch {
	case !out.Compound.Changed():
		state = "no change"
	case len(out.Contexts) == 0:
		state = "in order: reused contexts, your own, the core"
	}
	fmt.Fprintf(&text, "%s  %s\n", out.Compound.Name, state)
	for _, c := range out.Contexts {
		fmt.Fprintf(&text, "  %s %s  %s\n", c.Sign, c.Term, c.Note)
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

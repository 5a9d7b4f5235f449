package vocabulary

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Change is one difference between a file as it stands and as it is to be.
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

// NextVersion gives the version after changes: the first number grows where something is
// taken away or means something else, the second where something is added. What is no
// version counts as 1.0.0.
func NextVersion(was string, changes []Change) string {
	v, ok := parseVersion(was)
	if !ok {
		v = version{1, 0, 0}
	}
	has := func(signs string) bool {
		return slices.ContainsFunc(changes, func(c Change) bool { return strings.Contains(signs, c.Sign) })
	}
	switch {
	case has("-!"):
		v = version{v[0] + 1, 0, 0}
	case has("+~"):
		v = version{v[0], v[1] + 1, 0}
	}
	return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2])
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
	AppendChanges(&text, out.Changes)
	state = ""
	switch {
	case !out.Compound.Changed():
		state = "  no change"
	case len(out.Contexts) == 0:
		state = "  in order: reused contexts, your own, the core"
	}
	fmt.Fprintf(&text, "%s%s\n", out.Compound.Name, state)
	AppendChanges(&text, out.Contexts)
	for _, name := range out.Idle {
		fmt.Fprintf(&text, "%s is left out: no flow of the use case names it\n", name)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// AppendChanges prints changes, one a line.
func AppendChanges(b *strings.Builder, list []Change) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, c := range list {
		note := "\t" + c.Note
		if c.IRI != "" {
			note = "\t" + c.IRI + note
		}
		fmt.Fprintf(table, "  %s %s%s\n", c.Sign, c.Term, note)
	}
	_ = table.Flush() // a Builder takes everything
	for line := range strings.Lines(text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

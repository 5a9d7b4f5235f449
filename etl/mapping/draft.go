package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/strictyaml"
)

// Draft is a mapping to be written for a person to go on with.
type Draft struct {
	// Title is a comment in front.
	Title  string
	Source source.Spec
	// SourceText is the key source as YAML, in place of Source.
	SourceText string
	Context    []string
	Entities   []DraftEntity
}

// DraftEntity is an entity that each row makes.
type DraftEntity struct {
	Type string
	// ID is a template. Comment stands above the entity.
	ID, Comment string
	// Model is Subject/Name; "" is none.
	Model string
	// Proposed marks type and id as not confirmed.
	Proposed bool
	// IDNotes are comments above the id, and Notes below the attributes.
	IDNotes, Notes []string
	Attributes     []DraftAttribute
}

// DraftAttribute is an attribute of an entity or of another attribute. One of
// Column, Columns, Members, Template and Constant is set; none of them where Doubt is,
// which says why the attribute is left to a person: it is then written as a comment.
type DraftAttribute struct {
	Name string
	// Member is value, object, languageMap, vocab, valueList, objectList or json.
	Member  string
	Column  string
	Columns []string
	// Members are those of an object, by name; their own Member is not used.
	Members []DraftAttribute
	// Listed makes the value the only one of a list.
	Listed bool
	// Language is the tag of the only text of a languageMap.
	Language string
	As       string // a converter
	Format   string // of a time
	Timezone string
	Yes, No  []string // the texts of a boolean
	Order    string   // of a point
	Around   string   // a template over the converted value
	From, To string   // UN/CEFACT codes; "" for no unit
	Lookup   [][2]string
	Template string
	Constant string // JSON
	// ObservedAt is a column or template with the time; its Member is not used.
	ObservedAt *DraftAttribute
	// DatasetID is a template.
	DatasetID  string
	Attributes []DraftAttribute
	// Comment stands behind the attribute's name, and Notes above it.
	Comment string
	Notes   []string
	Doubt   string
	// Proposed marks the attribute as not confirmed.
	Proposed bool
}

// YAML writes the mapping as Parse reads it.
func (d *Draft) YAML() []byte {
	var w draftWriter
	for _, line := range strings.Split(strings.TrimSpace(d.Title), "\n") {
		w.line(0, "# %s", oneLine(line))
	}
	if d.SourceText != "" {
		w.WriteString(d.SourceText)
	} else {
		w.line(0, "source: %s", d.source())
	}
	w.line(0, "context: [%s]", strings.Join(quotedAll(d.Context), ", "))
	w.line(0, "entities:")
	for _, e := range d.Entities {
		if e.Comment != "" {
			w.line(2, "# %s", oneLine(e.Comment))
		}
		w.line(2, "- type: %s", strictyaml.Quote(e.Type))
		if e.Model != "" {
			w.line(4, "model: %s", strictyaml.Quote(e.Model))
		}
		w.notes(4, e.IDNotes)
		w.line(4, "id: %s", strictyaml.Quote(e.ID))
		if e.Proposed {
			w.line(4, "confirmed: false")
		}
		w.line(4, "attributes:")
		for _, a := range e.Attributes {
			w.attribute(6, a)
		}
		w.notes(6, e.Notes)
	}
	return []byte(w.String())
}

func (d *Draft) source() string {
	s := d.Source
	list := []string{"file: " + strictyaml.Quote(s.File)}
	for _, part := range [][2]string{{"format", s.Format}, {"sheet", s.Sheet}, {"encoding", s.Encoding}, {"delimiter", s.Delimiter}, {"decimal", s.Decimal}} {
		if part[1] != "" {
			list = append(list, part[0]+": "+strictyaml.Quote(part[1]))
		}
	}
	return "{" + strings.Join(list, ", ") + "}"
}

type draftWriter struct{ strings.Builder }

func (w *draftWriter) line(indent int, format string, args ...any) {
	w.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(w, format, args...)
	w.WriteByte('\n')
}

func (w *draftWriter) notes(indent int, notes []string) {
	for _, note := range notes {
		w.line(indent, "# %s", oneLine(note))
	}
}

func (w *draftWriter) attribute(indent int, a DraftAttribute) {
	w.notes(indent, a.Notes)
	if a.Doubt != "" {
		w.line(indent, "# %s: %s", strictyaml.Quote(a.Name), oneLine(a.Doubt))
		return
	}
	comment := ""
	if a.Comment != "" {
		comment = " # " + oneLine(a.Comment)
	}
	w.line(indent, "%s:%s", strictyaml.Quote(a.Name), comment)
	w.line(indent+2, "%s: %s", a.Member, a.value())
	if a.ObservedAt != nil {
		w.line(indent+2, "observedAt: %s", a.ObservedAt.value())
	}
	if a.DatasetID != "" {
		w.line(indent+2, "datasetId: %s", strictyaml.Quote(a.DatasetID))
	}
	if len(a.Attributes) > 0 {
		w.line(indent+2, "attributes:")
		if !slices.ContainsFunc(a.Attributes, func(a DraftAttribute) bool { return a.Doubt == "" }) {
			w.line(indent+4, "{}")
		}
		for _, below := range a.Attributes {
			w.attribute(indent+4, below)
		}
	}
	if a.Proposed {
		w.line(indent+2, "confirmed: false")
	}
}

func (a *DraftAttribute) value() string {
	if a.Language != "" {
		one := *a
		one.Language = ""
		return "{" + strictyaml.Quote(a.Language) + ": " + one.value() + "}"
	}
	if a.Listed {
		one := *a
		one.Listed = false
		return "[" + one.value() + "]"
	}
	var list []string
	switch {
	case a.Template != "":
		return strictyaml.Quote(a.Template)
	case a.Constant != "":
		return a.Constant
	case len(a.Members) > 0:
		for _, m := range a.Members {
			list = append(list, strictyaml.Quote(m.Name)+": "+m.value())
		}
		return "{members: {" + strings.Join(list, ", ") + "}}"
	case len(a.Columns) > 0:
		list = []string{"columns: [" + strings.Join(quotedAll(a.Columns), ", ") + "]"}
	default:
		list = []string{"column: " + strictyaml.Quote(a.Column)}
	}
	if a.As != "" {
		list = append(list, "as: "+a.As)
	}
	for _, part := range [][2]string{{"format", a.Format}, {"timezone", a.Timezone}} {
		if part[1] != "" {
			list = append(list, part[0]+": "+strictyaml.Quote(part[1]))
		}
	}
	if len(a.Yes) > 0 {
		list = append(list, `"true": [`+strings.Join(quotedAll(a.Yes), ", ")+`], "false": [`+strings.Join(quotedAll(a.No), ", ")+"]")
	}
	if a.Order != "" {
		list = append(list, "order: "+a.Order)
	}
	if a.Around != "" {
		list = append(list, "template: "+strictyaml.Quote(a.Around))
	}
	if a.From != "" {
		list = append(list, fmt.Sprintf("unit: {from: %s, to: %s}", strictyaml.Quote(a.From), strictyaml.Quote(a.To)))
	}
	if len(a.Lookup) > 0 {
		var pairs []string
		for _, p := range a.Lookup {
			pairs = append(pairs, strictyaml.Quote(p[0])+": "+strictyaml.Quote(p[1]))
		}
		list = append(list, "lookup: {"+strings.Join(pairs, ", ")+"}")
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// oneLine keeps a comment on its line, without what is no text.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.Join(strings.Fields(text), " ")
}

func quotedAll(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strictyaml.Quote(text)
	}
	return out
}

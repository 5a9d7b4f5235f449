package inventory

import (
	"slices"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Readiness is what a dataset lacks until it can be published, as DCAT-AP asks for
// it, and until it can be mapped. Both are empty where nothing is missing.
type Readiness struct {
	Source     *Source
	ToPublish  []string
	ToMap      []string
	Personal   bool
	Owners     []string
	Stage      string // the last one that was reached, "" for none
	FailedLink bool   // the last probe had a link that did not answer
}

// Readiness gives what each dataset lacks. list are the findings of its checks.
func (inv *Inventory) Readiness(list []finding.Finding) []Readiness {
	mapped := inv.mappedFields()
	var all []Readiness
	for i := range inv.Sources {
		s := &inv.Sources[i]
		r := Readiness{Source: s}
		faults := inv.faultsOf(s, list)
		publish := func(missing bool, what string) {
			if missing {
				r.ToPublish = append(r.ToPublish, what)
			}
		}
		toMap := func(missing bool, what string) {
			if missing {
				r.ToMap = append(r.ToMap, what)
			}
		}
		fields := inv.FieldsOf(s.ID)
		kept, left := 0, []string(nil)
		for _, f := range fields {
			r.Personal = r.Personal || f.Personal == "yes"
			if f.Keep != "yes" {
				continue
			}
			kept++
			if !mapped[fieldKey{s.ID, f.Header}] {
				left = append(left, f.Header)
			}
		}
		r.Personal = r.Personal || s.personalKindOf() == "direct" || s.personalKindOf() == "indirect"
		publish(s.Name == "", "a title")
		publish(s.Producer == "", "a publisher")
		publish(!s.licensed() || s.Licence == "NONE", "a licence")
		publish(s.Rights == "", "an access right")
		publish(s.Rights != "" && s.Rights != "PUBLIC", "public access: it is "+vocabularies["access-right"].Label(s.Rights, "en"))
		publish(s.Theme == "", "a theme")
		publish(s.URL == "", "an address of the data")
		publish(inv.Project.Contact == "", "a contact of the project")
		publish(faults > 0, counted(faults)+" to be mended")
		toMap(s.File == "" && s.URL == "", "the data: a file or an address")
		toMap(len(fields) == 0, "its fields")
		toMap(len(fields) > 0 && kept == 0, "a field that is kept")
		toMap(len(left) > 0 && len(inv.Mappings) > 0, "a mapping of "+strings.Join(left, ", "))
		toMap(kept > 0 && len(inv.Mappings) == 0, "the Mappings sheet")
		for _, m := range inv.Models {
			uses := slices.ContainsFunc(inv.Mappings, func(mapping Mapping) bool { return mapping.Source == s.ID && mapping.Model == m.ID })
			toMap(uses && m.Template == "", "a template for the ids of "+m.Type)
			toMap(uses && m.Context == "", "an @context for "+m.Type)
		}
		toMap(faults > 0, counted(faults)+" to be mended")
		for _, role := range inv.Roles {
			if slices.Contains(List(role.Sources), s.ID) {
				r.Owners = append(r.Owners, role.Name)
			}
		}
		for _, stage := range inv.Lifecycle {
			if stage.Source == s.ID {
				r.Stage = stage.Stage
			}
		}
		r.FailedLink = slices.ContainsFunc(inv.Checks, func(c Check) bool { return c.Source == s.ID && c.Result == "failed" })
		all = append(all, r)
	}
	return all
}

func counted(faults int) string {
	if faults == 1 {
		return "an error"
	}
	return "errors"
}

// faultsOf counts the errors that stand in the rows of a dataset and of its fields.
func (inv *Inventory) faultsOf(s *Source, list []finding.Finding) int {
	within := func(l *Line, at finding.Location) bool {
		row := l.place.row
		if row.Pointer != "" {
			return strings.HasPrefix(at.Pointer, row.Pointer+"/")
		}
		return row.Row > 0 && at.Sheet == row.Sheet && at.Row == row.Row
	}
	n := 0
	for _, f := range list {
		if f.Severity != finding.Error {
			continue
		}
		if within(&s.Line, f.Location) || slices.ContainsFunc(inv.FieldsOf(s.ID), func(field *Field) bool { return within(&field.Line, f.Location) }) {
			n++
		}
	}
	return n
}

// Lineage is how the columns of the datasets become indicators: nodes in four
// columns (datasets, fields, attributes, indicators), and the edges between them.
type Lineage struct {
	Nodes []LineageNode
	Edges []LineageEdge
}

// LineageNode is a box of the picture. Column is 0 for a dataset, 1 for a field, 2
// for an attribute and 3 for an indicator.
type LineageNode struct {
	Column int
	Label  string
	// Feeds is true where an indicator comes of it.
	Feeds bool
}

// LineageEdge leads from one node to another, by their indexes.
type LineageEdge struct{ From, To int }

// Lineage gives the lineage of everything that is mapped.
func (inv *Inventory) Lineage() Lineage {
	var l Lineage
	index := map[[3]string]int{}
	node := func(column int, key, label string) int {
		k := [3]string{string(rune('0' + column)), key, label}
		if at, ok := index[k]; ok {
			return at
		}
		index[k] = len(l.Nodes)
		l.Nodes = append(l.Nodes, LineageNode{Column: column, Label: label})
		return index[k]
	}
	drawn := map[LineageEdge]bool{}
	edge := func(from, to int) {
		if e := (LineageEdge{from, to}); !drawn[e] {
			drawn[e] = true
			l.Edges = append(l.Edges, e)
		}
	}
	attribute := func(m *Mapping) int {
		typ := m.Model
		if model := inv.model(m.Model); model != nil {
			typ = model.Type
		}
		return node(2, m.Source, typ+"."+m.Attribute)
	}
	for i := range inv.Mappings {
		m := &inv.Mappings[i]
		headers := placeholders(m.Rule)
		if m.Field != "" {
			headers = append([]string{m.Field}, headers...)
		}
		to := attribute(m)
		for _, header := range headers {
			field := node(1, m.Source, header)
			edge(node(0, "", m.Source), field)
			edge(field, to)
		}
	}
	for i := range inv.Indicators {
		n := &inv.Indicators[i]
		to := node(3, "", n.Name)
		for _, input := range List(n.Inputs) {
			for _, m := range inv.MappingsOf(input) {
				edge(attribute(m), to)
			}
		}
	}
	l.feed()
	return l
}

// feed marks the indicators and everything that leads to one.
func (l *Lineage) feed() {
	for i := range l.Nodes {
		l.Nodes[i].Feeds = l.Nodes[i].Column == 3
	}
	for column := 2; column >= 0; column-- {
		for _, e := range l.Edges {
			if l.Nodes[e.From].Column == column && l.Nodes[e.To].Feeds {
				l.Nodes[e.From].Feeds = true
			}
		}
	}
}

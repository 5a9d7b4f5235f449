package ngsild

import (
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// pluralMembers are the members of an attribute in the simplified temporal form,
// [[value, time], …], by the Kind that they belong to (CIM 009 v1.8 clause 4.5.8).
var pluralMembers = map[string]Kind{
	"values": Property, "objects": Relationship, "languageMaps": LanguageProperty, "vocabs": VocabProperty,
	"valueLists": ListProperty, "objectLists": ListRelationship, "jsons": JsonProperty,
}

// aggregates are the members of an attribute in the aggregated temporal form,
// [[value, from, to], …] (CIM 009 v1.8 clause 4.5.19).
var aggregates = map[string]bool{
	"totalCount": true, "distinctCount": true, "sum": true, "avg": true, "min": true, "max": true, "stddev": true, "sumsq": true,
}

// IsTemporal reports whether a JSON object is the temporal evolution of an entity:
// an attribute has several instances of one datasetId, told apart by observedAt, or
// pairs of value and time, or aggregates. Data must be valid JSON.
func IsTemporal(data []byte) bool {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	for c := enter(data, i); ; {
		key, value, ok := c.member()
		if !ok {
			return false
		}
		if keyIs(key.of(data), MemberContext) {
			continue
		}
		if value.first(data) == '{' && temporalMember(data, value) != "" || value.first(data) == '[' && evolves(data, value) {
			return true
		}
	}
}

// temporalMember gives the first member of an attribute, {"type": a Kind, …}, that only a
// temporal form has, or "".
func temporalMember(data []byte, value span) (found string) {
	isAttribute := false
	for c := enter(data, value.start); ; {
		key, inner, ok := c.member()
		if !ok {
			break
		}
		name := unquote(key.of(data))
		if (name == MemberType || name == "@type") && inner.first(data) == '"' {
			_, isAttribute = ParseKind(unquote(inner.of(data)))
		}
		if _, plural := pluralMembers[name]; (plural || aggregates[name]) && found == "" && inner.first(data) == '[' {
			found = name
		}
	}
	if !isAttribute {
		return ""
	}
	return found
}

// evolves reports whether an array holds two instances of one datasetId that have
// an observedAt each.
func evolves(data []byte, value span) bool {
	seen := map[string]bool{}
	for c := enter(data, value.start); ; {
		element, ok := c.element()
		if !ok {
			return false
		}
		if element.first(data) != '{' {
			continue
		}
		if temporalMember(data, element) != "" {
			return true
		}
		if !find(data, element.start, MemberObservedAt).present() {
			continue
		}
		dataset := ""
		if id := find(data, element.start, MemberDatasetID); id.present() {
			dataset = string(id.of(data))
		}
		if seen[dataset] {
			return true
		}
		seen[dataset] = true
	}
}

// DecodeTemporal reads the temporal evolution of one entity, in normalized, concise,
// simplified ("values": [[value, time], …]) or aggregated form: each moment is an
// instance, and instances of one datasetId differ by ObservedAt. Of aggregates, which no
// Attribute can hold, only the structure is looked at. Findings and error are those of
// Decode, the pointers those of the text.
func DecodeTemporal(data []byte) (*Entity, []finding.Finding, error) {
	return decode(data, decoder{temporal: true})
}

// momentAt is where a moment stands: in the n-th pair of a member of the attribute, or of
// an element of its array.
type momentAt struct {
	array  int // -1 where there is none
	member string
	n      int
}

// temporalInstances appends the instances of an attribute of a temporal entity.
func (d *decoder) temporalInstances(list []Attribute, name string, value span, at *path) []Attribute {
	if value.first(d.data) == '[' {
		plural := false
		for c := enter(d.data, value.start); ; {
			element, ok := c.element()
			if !ok {
				break
			}
			plural = plural || element.first(d.data) == '{' && temporalMember(d.data, element) != ""
		}
		if plural {
			c := enter(d.data, value.start)
			for n := 0; ; n++ {
				element, ok := c.element()
				if !ok {
					return list
				}
				before := len(list)
				list = d.temporalInstances(list, name, element, d.element(at, n))
				for i := before; i < len(list); i++ {
					if m, ok := d.moments[i]; ok {
						m.array = n
						d.moments[i] = m
					}
				}
			}
		}
	}
	if value.first(d.data) != '{' || temporalMember(d.data, value) == "" {
		return d.instances(list, name, value, at, 0)
	}
	dataset := ""
	if id := find(d.data, value.start, MemberDatasetID); id.present() {
		dataset, _ = d.string(id)
	}
	declared := Kind(0)
	if typ := find(d.data, value.start, MemberType); typ.present() {
		text, _ := d.string(typ)
		declared, _ = ParseKind(text)
	}
	for c := enter(d.data, value.start); ; {
		key, inner, ok := c.member()
		if !ok {
			return list
		}
		member := d.name(key)
		kind, plural := pluralMembers[member]
		if kind == Property && declared == GeoProperty {
			kind = GeoProperty // both have "values"
		}
		if plural || aggregates[member] {
			list = d.pairs(list, name, dataset, kind, inner, d.member(at, member))
		}
	}
}

// pairs appends an instance for each [value, time]; kind 0 stands for aggregates,
// [value, from, to], which make none.
func (d *decoder) pairs(list []Attribute, name, dataset string, kind Kind, value span, at *path) []Attribute {
	size, form := 2, "[value, \"2024-01-31T12:00:00Z\"]"
	if kind == 0 {
		size, form = 3, "[value, \"2024-01-01T00:00:00Z\", \"2024-02-01T00:00:00Z\"]"
	}
	if value.first(d.data) != '[' {
		d.fault(finding.AttributeValue, at, "%q is an array of %s, and this is %s", at.name, form, describe(value.first(d.data))).Hint = "write [" + form + ", …]"
		return list
	}
	c := enter(d.data, value.start)
	for n := 0; ; n++ {
		element, ok := c.element()
		if !ok {
			return list
		}
		here := d.element(at, n)
		if element.first(d.data) != '[' || count(d.data, element.start) != size {
			d.fault(finding.AttributeValue, here, "an element of %q is %s", at.name, form).Hint = "write " + form
			continue
		}
		parts := enter(d.data, element.start)
		first, _ := parts.element()
		a := Attribute{Name: name, Kind: kind, DatasetID: dataset, Value: d.value(first)}
		if kind == ListRelationship {
			a.Value = d.objectList(first)
		}
		for i := 1; i < size; i++ {
			moment, _ := parts.element()
			text, _ := d.string(moment)
			if err := ValidDateTime(text); err != nil {
				d.fault(finding.AttributeTime, d.element(here, i), "%s is not a moment in UTC: %v", clip(moment.of(d.data)), err).Hint = "write it like \"2024-01-31T12:00:00Z\""
				text = ""
			}
			a.ObservedAt = text
		}
		if first.isNull(d.data) {
			d.null(d.element(here, 0))
		} else if kind != 0 && a.ObservedAt != "" {
			if d.moments == nil {
				d.moments = map[int]momentAt{}
			}
			d.moments[len(list)] = momentAt{-1, at.name, n}
			list = append(list, a)
		}
	}
}

// moment is what tells two instances of a temporal entity apart.
func (a *Attribute) moment() string {
	whole, fraction := splitFraction(a.ObservedAt)
	return strings.Join([]string{a.DatasetID, whole, fraction, a.InstanceID}, " ")
}

// checkMoments reports instances of one attribute, at[start:end], that speak of one moment.
func (c *checker) checkMoments(list []Attribute, start, end int, at *path) {
	seen := make(map[string]bool, end-start)
	for i := start; i < end; i++ {
		a := &list[i]
		if a.Kind == 0 {
			continue
		}
		if end-start > 1 && a.ObservedAt == "" && a.InstanceID == "" && a.ModifiedAt == "" && a.CreatedAt == "" && a.DeletedAt == "" {
			c.fault(finding.AttributeTime, c.instance(at, i, start, end), "the instance has no observedAt, and %q has several", a.Name).Hint =
				"write when the value was observed, such as \"observedAt\": \"2024-01-31T12:00:00Z\""
			continue
		}
		if key := a.moment(); a.ObservedAt != "" && seen[key] {
			c.fault(finding.EntityDuplicate, c.instance(at, i, start, end), "%q has two instances at %s", a.Name, a.ObservedAt).Hint =
				"keep one of them, or give each a datasetId of its own"
		} else {
			seen[key] = true
		}
	}
}

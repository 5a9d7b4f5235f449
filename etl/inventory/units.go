package inventory

import (
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// unitOf gives the unit of a code or a symbol. Some codes are known, but not what
// they measure: their dimension is then "".
func unitOf(text string) (u unit.Unit, ok bool) {
	if u, ok = unit.Lookup(text); ok {
		return u, true
	}
	if u, ok = unit.Parse(text); ok {
		return u, true
	}
	return unit.Unit{Code: text}, unit.Known(text)
}

// checkUnits finds units that UN/CEFACT does not have, and units of two
// dimensions where one is meant.
func (inv *Inventory) checkUnits() []finding.Finding {
	var list []finding.Finding
	known := func(at finding.Location, text string) {
		if _, ok := unitOf(text); text == "" || ok {
			return
		}
		f := finding.New(finding.InventoryUnit, at, "%q is not a unit that UN/CEFACT has", text).
			WithHint("use a code such as KWH, MTK or CEL, or a symbol such as kWh, m² or °C; leave it empty for a count")
		if near := unit.Nearest(text); near != "" {
			f = f.WithHint("did you mean %s?", near)
		}
		list = append(list, f)
	}
	same := func(at finding.Location, text, other, where string) {
		a, aOK := unitOf(text)
		b, bOK := unitOf(other)
		if text == "" || other == "" || !aOK || !bOK || a.Dimension == b.Dimension || a.Dimension == "" || b.Dimension == "" {
			return
		}
		list = append(list, finding.New(finding.InventoryDimension, at, "%s measures %s, but %s %s measures %s", text, a.Dimension, where, other, b.Dimension).
			WithHint("correct one of the two units"))
	}
	for i := range inv.Fields {
		f := &inv.Fields[i]
		known(f.At("unit"), f.Unit)
		same(f.At("unit"), f.Unit, bracketed(f.Header), "the header's")
	}
	for i := range inv.Mappings {
		m := &inv.Mappings[i]
		known(m.At("unitIn"), m.UnitIn)
		known(m.At("unitOut"), m.UnitOut)
		same(m.At("unitOut"), m.UnitOut, m.UnitIn, "the unit in")
		for _, f := range inv.FieldsOf(m.Source) {
			if f.Header == m.Field {
				same(m.At("unitIn"), m.UnitIn, f.Unit, "the field's unit")
			}
		}
	}
	for i := range inv.Indicators {
		known(inv.Indicators[i].At("unit"), inv.Indicators[i].Unit)
	}
	return list
}

// bracketed gives the unit that a header has in brackets at its end, or "".
func bracketed(header string) string {
	header = strings.TrimSpace(header)
	for _, pair := range []string{"()", "[]"} {
		if open := strings.LastIndexByte(header, pair[0]); open >= 0 && strings.HasSuffix(header, pair[1:]) {
			return header[open+1 : len(header)-1]
		}
	}
	return ""
}

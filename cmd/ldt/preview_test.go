package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestPreviewShowsCellsBesideTheEntityInAHundredColumns(t *testing.T) {
	entity := ngsild.Entity{ID: "urn:ngsi-ld:Meter:" + strings.Repeat("0123456789", 9), Types: []string{"Meter"}, Attributes: []ngsild.Attribute{
		{Name: "energy", Kind: ngsild.Property, Value: []byte("15182280"), UnitCode: "KWH", ObservedAt: "2011-01-01T00:00:00Z"},
		{Name: "isIn", Kind: ngsild.Relationship, Value: []byte(`"urn:ngsi-ld:Building:75101"`)},
		{Name: "note", Kind: ngsild.Property, Value: []byte(`"` + strings.Repeat("électricité ", 12) + `"`)},
	}}
	var p mapping.Preview
	p.At.Row, p.Outcome, p.Entities = 7, mapping.Written, []ngsild.Entity{entity}
	p.Cells = []mapping.PreviewCell{
		{Column: "Consommation totale de l'année (MWh)", Text: "15182,28"},
		{Column: "Libellé", Text: "Rue de l'Université, Paris 7e\nbâtiment B"},
		{Column: "NAF", Null: true},
	}
	var out bytes.Buffer
	printPreview(&out, p)
	text := out.String()
	for _, line := range strings.Split(text, "\n") {
		require.LessOrEqual(t, len([]rune(line)), previewWidth, line)
	}
	require.True(t, strings.HasPrefix(text, "row 7: written\n"))
	require.Contains(t, text, "15182,28")
	require.Contains(t, text, "  NAF                     –")
	require.Contains(t, text, `"isIn": {"object": "urn:ngsi-ld:Building:75101"}`)
	require.Contains(t, text, `"value": 15182280,`)
	cells := 0
	for _, line := range strings.Split(text, "\n") {
		if left, right, beside := strings.Cut(line, "│"); beside && strings.TrimSpace(left) != "" && strings.TrimSpace(right) != "" {
			cells++
		}
	}
	require.GreaterOrEqual(t, cells, 4, "cells and entity stand side by side")

	out.Reset()
	p.Outcome, p.Entities = mapping.Rejected, nil
	p.Findings = []finding.Finding{finding.New(finding.CellNumber, finding.Location{File: "a.csv", Row: 7, Column: "NAF"}, "%s", strings.Repeat("this is no number ", 9))}
	printPreview(&out, p)
	require.Contains(t, out.String(), "row 7: rejected\n")
	for _, line := range strings.Split(out.String(), "\n") {
		require.LessOrEqual(t, len([]rune(line)), previewWidth, line)
	}
}

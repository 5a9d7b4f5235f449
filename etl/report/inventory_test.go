package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func inventoryPageOf(t *testing.T, inv *inventory.Inventory, list []finding.Finding) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Inventory(&b, "inventory.xlsx", inv, list))
	return b.String()
}

func TestInventoryPageShowsDatasetsReadinessAndLineage(t *testing.T) {
	inv, err := inventory.Example("en")
	require.NoError(t, err)
	page := inventoryPageOf(t, inv, nil)
	for _, want := range []string{
		"Monthly gas consumption of the schools", "Buildings department", `<a href="http://publications.europa.eu/resource/authority/licence/CC_BY_4_0">Creative Commons Attribution 4.0</a>`,
		"none stated", "personal data", "requested", "monthly",
		"<li>a licence</li><li>public access: it is non-public</li>", `<span class="good">✓ ready</span>`,
		"GasConsumption.gasConsumption", "<title>Gas (MWh)</title>", "Intensity",
	} {
		require.Contains(t, page, want)
	}
	svg := regexp.MustCompile(`(?s)<svg class="lineage".*?</svg>`).FindString(page)
	require.NotEmpty(t, svg)
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 6+6+3, strings.Count(svg, "<path"), "to fields, to attributes, to indicators")
	require.Equal(t, 2+2+3, strings.Count(svg, `<path class="feeds"`))
}

func TestInventoryPageNeedsNothingBesideItself(t *testing.T) {
	inv, err := inventory.Example("fr")
	require.NoError(t, err)
	inv.Project.Name = `<script>alert("x")</script>`
	inv.Sources[0].Licence = "javascript:alert(1)"
	page := inventoryPageOf(t, inv, inv.Check(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)))
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, `href="javascript`)
	require.NotRegexp(t, `(?i)<(img|link|iframe|object)|\ssrc=|url\(|@import`, page)
	require.Contains(t, page, "is not a licence of the EU authority table")
}

func TestInventoryPageOfAnEmptyInventory(t *testing.T) {
	inv, _, err := inventory.Read("i.yaml", []byte("project: {}\n"))
	require.NoError(t, err)
	page := inventoryPageOf(t, inv, inv.Check(time.Now()))
	require.Contains(t, page, "Data inventory")
	require.NotContains(t, page, "<svg")
	require.Contains(t, page, "no sources are listed")
}

package inventory_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// whole is an inventory with every sheet and without a fault.
const whole = `project:
  name: energy
  purpose: How much does each building use?
  organisation: Town
  siret: "35600000000048"
  contact: data@town.example
  updated: 2026-11-01
personas:
  - {id: manager, name: Energy manager, need: Which building to insulate first, level: end-user}
functionalities:
  - {id: ranking, name: Ranking, indicators: [total], personas: [manager], priority: must}
sources:
  - id: meters
    name: Meters
    producer: Grid
    siret: 130 025 265 00013
    type: sensor
    theme: Energy
    format: CSV
    metadata: none
    schema: Fields sheet
    access: local
    licence: CC BY 4.0
    rights: restricted
    volume: 3 rows
    frequency: daily
    modified: 2026-11-24
    quality: good
    transformation: none
    personal: indirect; a building may be a house
    basis: public task
    retention: 2 years
    file: m.csv
    encoding: utf-8
    delimiter: comma
    decimal: point
    rows: 3
fields:
  - {source: meters, header: building, description: Code, type: code, role: identifier, personal: yes, keep: yes, empty: 0}
  - {source: meters, header: day, description: Day, type: date, role: time, personal: no, keep: yes}
  - {source: meters, header: Use (kWh), description: Energy, type: number, unit: KWH, role: measure, personal: no, keep: yes, min: 0, max: 100, empty: 33.3}
roles:
  - {name: Grid team, role: data producer, email: grid@grid.example, level: contributor, sources: [meters]}
lifecycle:
  - {source: meters, stage: received, date: 2026-11-02, responsible: Grid team}
models:
  - {id: building, type: Building, status: existing, template: "urn:ngsi-ld:Building:{building}"}
mappings:
  - {source: meters, field: Use (kWh), model: building, attribute: use, kind: Property, unitIn: kWh, unitOut: MWH, feature: use_mwh}
  - {source: meters, field: day, model: building, attribute: use.observedAt}
indicators:
  - {id: total, name: Total, formula: sum of use, unit: MWH, inputs: [use_mwh], personas: [manager]}
`

// folder opens the files of a folder with the detection that ldt has.
type folder struct{ dir string }

func (f folder) Probe(ctx context.Context, s *inventory.Source, see func(*record.Batch)) (inventory.Found, error) {
	src, err := source.Open(ctx, f.dir, source.Spec{File: s.File})
	if err != nil {
		return inventory.Found{}, err
	}
	defer src.Close()
	found := inventory.Found{Exists: true, Columns: src.Header().Names}
	var b record.Batch
	for {
		b.Reset()
		if err := src.Next(ctx, &b); err == io.EOF {
			return found, nil
		} else if err != nil {
			return found, err
		}
		found.Rows += len(b.Records)
		see(&b)
	}
}

// checked gives the findings of a text, and of a file m.csv beside it.
func checked(t *testing.T, text, csv string) []finding.Finding {
	t.Helper()
	inv, list, err := inventory.Read("i.yaml", []byte(text))
	require.NoError(t, err)
	list = append(list, inv.Check(now)...)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.csv"), []byte(csv), 0o600))
	found, err := inv.CheckFiles(t.Context(), folder{dir})
	require.NoError(t, err)
	return append(list, found...)
}

const meters = "building,day,Use (kWh)\nb1,2026-11-22,12.5\nb2,2026-11-23,\nb3,2026-11-24,90\n"

func TestAnInventoryWithoutAFaultHasNoFindings(t *testing.T) {
	require.Empty(t, lines(checked(t, whole, meters)))
}

func TestEachRuleHasItsCode(t *testing.T) {
	for _, c := range []struct {
		code     finding.Code
		old, new string // of the inventory, or of the file where it has old
		want     string // part of the finding
	}{
		{finding.InventoryMissing, "    licence: CC BY 4.0\n", "", "licence is empty"},
		{finding.InventoryMissing, "field: day, model", "model", "neither a source field nor a rule"},
		{finding.InventoryMissing, "    file: m.csv\n", "", "neither a file nor a url"},
		{finding.InventoryValue, "data@town.example", "nobody", "is not an e-mail address"},
		{finding.InventoryValue, "empty: 33.3", "empty: 133", "empty % cannot be 133"},
		{finding.InventoryWord, "frequency: daily", "frequency: dayly", "did you mean DAILY?"},
		{finding.InventoryWord, "licence: CC BY 4.0", "licence: house rules", `"house rules" is not a licence of the EU authority table`},
		{finding.InventoryWord, "personal: indirect;", "personal: perhaps;", `is not a value of Personal data`},
		{finding.InventoryDuplicate, "  - {id: manager, name: Energy", "  - {id: manager, name: M, need: n}\n  - {id: manager, name: Energy", `the id "manager" stands twice, first at i.yaml:9`},
		{finding.InventoryDuplicate, "attribute: use.observedAt", "attribute: use", `the attribute "use" of building is made twice from meters`},
		{finding.InventoryRef, "personas: [manager], priority", "personas: [managers], priority", `there is no "managers" on the Personas sheet | did you mean "manager"?`},
		{finding.InventoryRef, "responsible: Grid team", "responsible: Nobody", `there is no "Nobody" on the Roles sheet | there are Grid team`},
		{finding.InventoryRef, "field: day", "field: days", `the Fields sheet has no column "days" of meters | did you mean "day"?`},
		{finding.InventoryRef, "personal: no, keep: yes}", "personal: no, keep: no, why: x}", `the column "day" of meters is mapped, but not kept`},
		{finding.InventoryRef, "inputs: [use_mwh]", "inputs: [uses]", `no row of the Mappings sheet makes "uses" | did you mean "use"?`},
		{finding.InventoryRef, "model: building, attribute: use,", "model: house, attribute: use,", `there is no "house" on the Models sheet`},
		{finding.InventoryOrphan, ", field: day, model: building, attribute: use.observedAt", ", field: building, model: building, attribute: code", `the column "day" of meters is kept, but not mapped`},
		{finding.InventoryOrphan, "models:\n", "models:\n  - {id: house, type: House, status: existing}\n", `no mapping makes the model "house"`},
		{finding.InventoryOrphan, "indicators:\n", "indicators:\n  - {id: mean, name: Mean, formula: f, inputs: [use], personas: [manager]}\n", `no functionality shows the indicator "mean"`},
		{finding.InventoryOrphan, "personas:\n", "personas:\n  - {id: mayor, name: Mayor, need: n}\n", `no indicator and no functionality is for the persona "mayor"`},
		{finding.InventoryOrphan, "inputs: [use_mwh]", "inputs: [use.observedAt]", `no indicator uses "use"`},
		{finding.InventoryDate, "updated: 2026-11-01", "updated: 1/11/2026", `"1/11/2026" is not a date such as 2026-01-31`},
		{finding.InventoryDate, "date: 2026-11-02", "date: 2027-11-02", "2027-11-02 is yet to come"},
		{finding.InventoryStale, "modified: 2026-11-24", "modified: 2026-11-20", "meters last changed on 2026-11-20, 5 days ago, but its frequency is daily"},
		{finding.InventoryURL, "metadata: none", "metadata: www.town.example/meters", "it has no https:// in front"},
		{finding.InventoryURL, "    file: m.csv", "    file: m.csv\n    url: htps://town.example/m.csv", "it starts with htps://"},
		{finding.InventoryURL, "    file: m.csv", "    file: m.csv\n    url: town/m.csv", `"town/m.csv" is not a full address`},
		{finding.InventoryUnit, "unit: KWH", "unit: KWHH", `"KWHH" is not a unit that UN/CEFACT has | did you mean KWH?`},
		{finding.InventoryDimension, "unitOut: MWH", "unitOut: MTK", "MTK measures area, but the unit in kWh measures energy"},
		{finding.InventoryDimension, "unit: KWH", "unit: CEL", "but the header's kWh measures energy"},
		{finding.InventorySIRET, "130 025 265 00013", "130 025 265 00014", "its check digit does not fit"},
		{finding.InventorySIRET, "130 025 265 00013", "7450001400019", "it lost the zero in front, as a number does | format the cell as text and write 07450001400019"},
		{finding.InventorySIRET, "130 025 265 00013", "1300252650001", "it does not have 14 digits"},
		{finding.InventorySIRET, "130 025 265 00013", "FR 130 025 265 00013", "it has more than digits"},
		{finding.InventorySIRET, `"35600000000048"`, "356000000", "is a SIREN, not a SIRET"},
		{finding.InventoryJustification, "status: existing", "status: new", "the model building is new, and its justification is empty"},
		{finding.InventoryLegalBasis, "    basis: public task\n", "", "meters has personal data, and no legal basis is stated"},
		{finding.InventoryRetention, "    retention: 2 years\n", "", "it is not stated how long it is kept"},
		{finding.InventoryPublicPersonal, "personal: indirect; a building may be a house\n    basis", "personal: direct\n    rights: PUBLIC\n    basis", ""},
		{finding.InventoryLooksPersonal, "header: day,", "header: Prénom,", `the column "Prénom" looks like the name of a person (its header), but is declared not personal`},
		{finding.InventoryLooksPersonal, "personal: indirect; a building may be a house", "personal: none", "the Fields sheet says that building is personal"},
		{finding.InventoryColumn, "header: day,", "header: Day,", `m.csv has no column "Day" | did you mean "day"?`},
		{finding.InventoryRows, "rows: 3\n", "rows: 4\n", "m.csv: it has 3 rows, not 4"},
		{finding.InventoryType, "2026-11-22,12.5", "yesterday,12.5", `1 of 3 cells are not of type date, first row 2: "yesterday"`},
		{finding.InventoryType, "12.5", `"12,5"`, `1 of 2 cells are not of type number, first row 2: "12,5" | state the decimal mark , of the source`},
		{finding.InventoryRange, "max: 100", "max: 50", "row 4 has 90, above the stated maximum 50"},
		{finding.InventoryRange, "min: 0", "min: 20", "row 2 has 12.5, below the stated minimum 20"},
		{finding.InventoryEmpty, "empty: 33.3", "empty: 10", "33.3 % of the rows are empty (1 of 3), not 10 %"},
		{finding.InventoryLooksPersonal, "2026-11-22,12.5\nb2,2026-11-23,\nb3,2026-11-24", "a@b.fr,12.5\nb2,c@b.fr,\nb3,d@b.fr", "looks like the e-mail address (cells are e-mail addresses)"},
	} {
		t.Run(string(c.code)+" "+c.new, func(t *testing.T) {
			text, csv := whole, meters
			switch {
			case strings.Contains(csv, c.old):
				csv = strings.Replace(csv, c.old, c.new, 1)
			default:
				require.Contains(t, text, c.old)
				text = strings.Replace(text, c.old, c.new, 1)
				if c.code == finding.InventoryPublicPersonal {
					text = strings.Replace(text, "    rights: restricted\n", "", 1)
				}
			}
			list := checked(t, text, csv)
			var of []finding.Finding
			for _, f := range list {
				if f.Code == c.code {
					of = append(of, f)
				}
			}
			require.NotEmpty(t, of, "%s", lines(list))
			require.Contains(t, strings.Join(lines(of), "\n"), c.want)
			for _, f := range list {
				require.NotEmpty(t, f.Hint, f.Message)
			}
		})
	}
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	inv, _, err := inventory.Read("i.yaml", []byte(strings.Replace(whole, "    format: CSV\n", "    format: CVS\n", 1)))
	require.NoError(t, err)
	ready := inv.Readiness(inv.Check(now))
	require.Len(t, ready, 1)
	require.Equal(t, []string{"public access: it is restricted", "an address of the data", "an error to be mended"}, ready[0].ToPublish)
	require.Equal(t, []string{"an @context for Building", "an error to be mended"}, ready[0].ToMap)
	require.True(t, ready[0].Personal)
	require.Equal(t, []string{"Grid team"}, ready[0].Owners)
	require.Equal(t, "received", ready[0].Stage)
}

func TestLineageLeadsFromFieldsToIndicators(t *testing.T) {
	inv, _, err := inventory.Read("i.yaml", []byte(whole))
	require.NoError(t, err)
	l := inv.Lineage()
	require.Equal(t, []inventory.LineageNode{
		{Column: 2, Label: "Building.use", Feeds: true}, {Column: 1, Label: "Use (kWh)", Feeds: true}, {Column: 0, Label: "meters", Feeds: true},
		{Column: 2, Label: "Building.use.observedAt"}, {Column: 1, Label: "day"}, {Column: 3, Label: "Total", Feeds: true},
	}, l.Nodes)
	require.Equal(t, []inventory.LineageEdge{{From: 2, To: 1}, {From: 1, To: 0}, {From: 2, To: 4}, {From: 4, To: 3}, {From: 0, To: 5}}, l.Edges)
}

// TestWorkbookAndYAMLHaveTheSameFindings writes a faulty inventory as a workbook of
// each language and compares what is said of it.
func TestWorkbookAndYAMLHaveTheSameFindings(t *testing.T) {
	text := strings.NewReplacer("frequency: daily", "frequency: dayly", "    licence: CC BY 4.0\n", "", "personas: [manager], priority", "personas: [boss; manager], priority",
		"updated: 2026-11-01", "updated: 1/11/2026", "unitOut: MWH", "unitOut: MTK", "rows: 3", "rows: many", "130 025 265 00013", "7450001400019",
		"status: existing", "status: new", "    basis: public task\n", "", "header: day,", "header: Day,").Replace(whole)
	said := func(name string, content []byte) []string {
		inv, found, err := inventory.Read(name, content)
		require.NoError(t, err)
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "m.csv"), []byte(meters), 0o600))
		files, err := inv.CheckFiles(t.Context(), folder{dir})
		require.NoError(t, err)
		var list []string
		for _, f := range append(append(found, inv.Check(now)...), files...) {
			message, _, _ := strings.Cut(f.Message, ", first at ")
			list = append(list, string(f.Code)+" "+message+" | "+f.Hint)
		}
		slices.Sort(list)
		return list
	}
	want := said("i.yaml", []byte(text))
	require.Greater(t, len(want), 10)
	inv, _, err := inventory.Read("i.yaml", []byte(text))
	require.NoError(t, err)
	for _, lang := range inventory.Languages {
		var book bytes.Buffer
		require.NoError(t, inv.WriteWorkbook(&book, lang))
		require.Equal(t, want, said("i.xlsx", book.Bytes()), lang)
	}
}

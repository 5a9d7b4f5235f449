package inventory_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// drafted gives the drafts of the inventory whole with other mappings and models.
func drafted(t *testing.T, models, mappings string) (texts []string, findings []string) {
	t.Helper()
	text := whole[:strings.Index(whole, "models:\n")] + "models:\n" + models + "mappings:\n" + mappings
	inv, found, err := inventory.Read("i.yaml", []byte(text))
	require.NoError(t, err)
	require.Empty(t, found)
	drafts, doubts := inv.Drafts()
	for _, d := range drafts {
		text := d.YAML()
		_, err := mapping.Parse("m.yaml", text)
		require.NoError(t, err, "%s", text)
		texts = append(texts, string(text))
	}
	return texts, lines(doubts)
}

const building = `  - {id: building, type: Building, status: existing, template: "urn:ngsi-ld:Building:{building}", context: [c.jsonld, "https://a.example/c.jsonld"]}
`

func TestDraftsCompileEveryRule(t *testing.T) {
	got, doubts := drafted(t, building, `
  - {source: meters, field: Use (kWh), model: building, attribute: use, kind: Property, unitOut: MWH, quality: "from 0\n  to 100", ontology: "https://a.example/use"}
  - {source: meters, field: day, model: building, attribute: use.observedAt}
  - {source: meters, model: building, attribute: use.datasetId, rule: "urn:x:{building}"}
  - {source: meters, field: building, model: building, attribute: use.carrier, rule: b1=gas; b 2 = "heat"}
  - {source: meters, model: building, attribute: owner, kind: Relationship, rule: "urn:ngsi-ld:Org:{building|none}"}
  - {source: meters, model: building, attribute: category, rule: "= [office, 'school']"}
  - {source: meters, model: building, attribute: floors, rule: = 3}
  - {source: meters, model: building, attribute: note, rule: "= {no column}: yes"}
  - {source: meters, field: building, model: building, attribute: location, kind: GeoProperty, rule: lon-lat}
  - {source: meters, field: day, model: building, attribute: since, kind: Property}
`)
	require.Empty(t, doubts)
	require.Equal(t, []string{`# Meters
# Made from the Mappings sheet of the inventory: read it, and go on from here.
source: {file: m.csv, encoding: utf-8, delimiter: ",", decimal: "."}
context: [c.jsonld, "https://a.example/c.jsonld"]
entities:
  - type: Building
    id: "urn:ngsi-ld:Building:{building}"
    attributes:
      use: # https://a.example/use; from 0 to 100
        value: {column: "Use (kWh)", as: number, unit: {from: KWH, to: MWH}}
        observedAt: {column: day, as: date}
        datasetId: "urn:x:{building}"
        attributes:
          carrier:
            value: {column: building, lookup: {b1: gas, "b 2": "\"heat\""}}
      owner:
        object: "urn:ngsi-ld:Org:{building|none}"
      category:
        value: ["office","'school'"]
      floors:
        value: 3
      note:
        value: "{{no column}}: yes"
      location:
        value: {column: building, as: point, order: lon-lat}
      since:
        value: {column: day, as: date}
`}, got)
}

func TestDraftsLeaveToAPersonWhatTheyDoNotUnderstand(t *testing.T) {
	got, doubts := drafted(t, "  - {id: building, type: Building, status: existing}\n", `
  - {source: meters, field: Use (kWh), model: building, attribute: mean, rule: divide by sites}
  - {source: meters, field: building, model: building, attribute: owner, kind: Relationship}
  - {source: meters, field: day, model: building, attribute: use.observedAt}
`)
	require.Equal(t, []string{
		`warning inventory-rule i.yaml:50:80 /mappings/0/rule: the rule "divide by sites" of mean is not one that is understood | write the attribute by hand, or a rule that is known: a template with {column}, a=b; c=d, lat-lon, = text`,
		`warning inventory-rule i.yaml:51:5 /mappings/1/rule: the Relationship owner has no rule that says what it points to | write the rule as urn:ngsi-ld:Type:{building}`,
		`warning inventory-rule i.yaml:47:5 /models/0/template: the model building has no template for the ids of its entities | urn:ngsi-ld:Building:{column}`,
		`warning inventory-rule i.yaml:47:5 /models/0/context: the model building has no @context that defines its terms | name the @context files of the use case, or their addresses`,
		`warning inventory-rule i.yaml:47:10 /models/0/id: use of the model building: what belongs to it is mapped, but not the attribute itself | add a row for use itself`,
	}, doubts, strings.Join(doubts, "\n"))
	require.Contains(t, got[0], `
  # the id is made of the columns whose role is identifier: see that it is one of its own for each entity
  - type: Building
    id: "urn:ngsi-ld:Building:{building}"
    attributes:
      # mean: the rule "divide by sites" of mean is not one that is understood
      # owner: the Relationship owner has no rule that says what it points to
      # use: what belongs to it is mapped, but not the attribute itself
`)
}

// FuzzDrafts: whatever stands in the cells of the Mappings sheet, the draft is YAML
// with the keys of a mapping; its templates may be at fault.
func FuzzDrafts(f *testing.F) {
	f.Add("Use (kWh)", "use.observedAt", "{a|b} c", "Property", "from 0\nto 100")
	f.Add("a: b # c", "x", "= [a, \"b\"]", "Relationship", "")
	f.Add("", "id", "urn:x:{a}", "", "'")
	f.Add("d", "e.f", "k=v; \\ = \"w\"", "ListProperty", "#")
	f.Add("yes", "no", "= null", "JsonProperty", "")
	f.Fuzz(func(t *testing.T, field, attribute, rule, kind, quality string) {
		inv := &inventory.Inventory{
			Sources:  []inventory.Source{{ID: "s", Name: quality, File: field}},
			Models:   []inventory.Model{{ID: "m", Type: "T", Template: "urn:x:{a}", Context: "c.jsonld"}},
			Mappings: []inventory.Mapping{{Source: "s", Field: field, Model: "m", Attribute: attribute, Rule: rule, Kind: kind, Quality: quality}},
		}
		drafts, _ := inv.Drafts()
		require.Len(t, drafts, 1)
		_, err := mapping.Parse("m.yaml", drafts[0].YAML())
		var faults finding.List
		if err != nil && errors.As(err, &faults) {
			for _, f := range faults {
				require.NotEqual(t, finding.YAMLSyntax, f.Code, "%s\n%s", f, drafts[0].YAML())
			}
		}
	})
}

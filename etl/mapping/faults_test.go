package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestParseReportsEveryFaultWithItsPlace(t *testing.T) {
	faults := parseFaults(t, `source: {fil: data.csv, nulls: {a: b}}
contexte: [c.jsonld]
entities:
- typ: A
  id: "urn:é:{x}"
  attributes:
    é: {valeu: 1}
    b: {value: {colum: x, as: nombre}}
    c: {value: 1, object: "urn:a:{x}"}
    c: {value: 2}
    d: {value: {column: x, required: yes}}
    e:
  merge: mix
`)
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.Location.String()+" "+string(f.Code)+": "+f.Message+" ["+f.Hint+"]")
	}
	require.Equal(t, `m.yaml:1:10 yaml-unknown-key: source has no key "fil" [did you mean "file"?]
m.yaml:1:32 yaml-type: source: nulls must be a text or a list of texts, not a map []
m.yaml:2:1 yaml-unknown-key: a mapping has no key "contexte" [did you mean "context"?]
m.yaml:4:3 yaml-unknown-key: an entity has no key "typ" [did you mean "type"?]
m.yaml:7:9 yaml-unknown-key: the attribute "é" has no key "valeu" [did you mean "value"?]
m.yaml:8:17 yaml-unknown-key: a value has no key "colum" [did you mean "column"?]
m.yaml:8:31 yaml-type: as cannot be "nombre" [did you mean "number"? it is one of text, number, integer, boolean, date, datetime, year, quarter, month, week, point, geojson, list, uri, json]
m.yaml:9:19 yaml-unknown-key: the attribute "c" has both "value" and "object" [keep the one that is meant]
m.yaml:10:5 yaml-syntax: the key "c" of attributes stands here a second time, first on line 9 [keep one of the two]
m.yaml:11:38 yaml-type: required must be true or false, not the text "yes" []
m.yaml:12:5 yaml-type: the attribute "e" says nothing [give it a value: or an object:]
m.yaml:13:10 yaml-type: merge cannot be "mix" [it is one of error, first, last, history]`, strings.Join(lines, "\n"))
}

func TestParseRefusesWhatIsNoMapping(t *testing.T) {
	for text, want := range map[string]finding.Code{
		"":                        finding.YAMLMissing,
		"# nothing":               finding.YAMLMissing,
		"a: [1":                   finding.YAMLSyntax,
		"a: b: c":                 finding.YAMLSyntax,
		"- a":                     finding.YAMLType,
		"text":                    finding.YAMLType,
		"---\na: 1\n---\nb: 2":    finding.YAMLSyntax,
		"source: *x":              finding.YAMLSyntax,
		"source: {<<: {file: a}}": finding.YAMLUnknownKey,
		"\xff\xfe":                finding.YAMLSyntax,
	} {
		faults := parseFaults(t, text)
		var codes []finding.Code
		for _, f := range faults {
			codes = append(codes, f.Code)
		}
		require.Contains(t, codes, want, text)
		require.NotZero(t, faults[0].Location.Line)
		require.NotZero(t, faults[0].Location.Char)
	}
}

func TestParseStopsAtAliasesThatMultiply(t *testing.T) {
	text := "source: {file: a}\ncontext: [c]\nentities:\n- type: A\n  id: urn:a:{x}\n  attributes:\n    a0: {value: &a0 [1, 2]}\n"
	for i := 1; i < 30; i++ {
		text += strings.ReplaceAll(strings.ReplaceAll("    aN: {value: &aN [*aM, *aM]}\n", "N", string(rune('0'+i%10))+string(rune('a'+i/10))), "M", map[bool]string{true: "0", false: string(rune('0'+(i-1)%10)) + string(rune('a'+(i-1)/10))}[i == 1])
	}
	faults := parseFaults(t, text)
	require.Contains(t, faults[0].Message, "repeats itself")
}

func TestParseKnowsATemplateWithoutQuotes(t *testing.T) {
	faults := parseFaults(t, oneAttribute(`{value: {Code IRIS}}`))
	require.Len(t, faults, 1)
	require.Contains(t, faults[0].Hint, `"{Code IRIS}"`)
}

func TestParseFollowsAnAlias(t *testing.T) {
	b := batch("id|x|y", cells{"1", "1,5", "2,5"})
	p := plan(t, b, mappingWith(`a: &n {value: {column: x, as: number, decimal: ","}}`, `b: *n`))
	var out Result
	p.Apply(b, 0, &out)
	require.Len(t, out.Entities[0].Attributes, 2)
}

func TestConstantsThatYAMLWouldChangeAreRefused(t *testing.T) {
	for _, constant := range []string{"012", "0x1F", ".nan", ".inf", "1_000"} {
		faults := parseFaults(t, oneAttribute("{value: "+constant+"}"))
		require.Equal(t, finding.YAMLType, faults[0].Code, constant)
	}
}

// tables is a TableReader for tests.
type tables map[string][]TableRow

func (t tables) ReadTable(ref TableRef) ([]TableRow, error) {
	rows, ok := t[ref.Source.File]
	if !ok {
		return nil, errors.New("there is no such file")
	}
	return rows, nil
}

func TestCompileReportsEveryFault(t *testing.T) {
	header := record.NewHeader([]string{"id", "x", "Année", "twice", "twice"})
	kindOf := func(_, _, attribute string) (ngsild.Kind, bool) {
		return ngsild.Relationship, attribute == "isLocatedAt"
	}
	env := Env{Header: header, Terms: terms{"Thing", "a", "isLocatedAt", "location", "nbSites"}, KindOf: kindOf, Tables: tables{"double.csv": {{"k", "1", 2}, {"k", "2", 3}}, "naf.csv": {{"01", "crops", 2}}}}
	for _, c := range []struct {
		definition    string
		code          finding.Code
		message, hint string
	}{
		{`a: {value: {column: Annee}}`, finding.SourceMissingColumn, `no column "Annee"`, `"Année"`},
		{`a: {value: {column: zzzzzz}}`, finding.SourceMissingColumn, `no column`, `its columns are "id"`},
		{`a: {value: {column: twice}}`, finding.SourceDuplicateColumn, `2 columns named "twice"`, `"twice#1", "twice#2"`},
		{`a: {value: "{nope}"}`, finding.SourceMissingColumn, "nope", ""},
		{`a: {value: 1, when: 'number("nope") > 1'}`, finding.SourceMissingColumn, "nope", ""},
		{`a: {value: 1, when: 'number("x") >'}`, finding.MappingCondition, "is not one", "for example"},
		{`nbSite: {value: 1}`, finding.MappingUnknownTerm, `attribute "nbSite"`, `"nbSites"`},
		{`a: {value: 1, attributes: {nope: {value: 1}}}`, finding.MappingUnknownTerm, `attribute "nope"`, "context"},
		{`isLocatedAt: {value: {column: x}}`, finding.MappingKind, `as a Relationship, and here it is a Property`, "object:"},
		{`location: {value: {column: x}}`, finding.MappingKind, "GeoProperty", "as: point"},
		{`a: {object: "urn:a:{x}", unitCode: KWH}`, finding.MappingKind, "unitCode", ""},
		{`a: {value: {column: x, as: number, unit: {from: MWH, to: MTK}}}`, finding.MappingUnit, "MWH cannot be converted to MTK", "dimension"},
		{`a: {value: {column: x, as: number, unit: {from: kWh, to: MWH}}}`, finding.MappingUnit, `"kWh" is not a UN/CEFACT code`, "KWH"},
		{`a: {value: {column: x, as: number}, unitCode: KWHH}`, finding.MappingUnit, "KWHH", ""},
		{`a: {value: {column: x, as: number, unit: KWH}, unitCode: MWH}`, finding.MappingUnit, "unit converts to KWH", ""},
		{`a: {value: {column: x, as: text, unit: KWH}}`, finding.MappingConverter, `"unit" does not go with as: text`, "number, integer"},
		{`a: {value: {column: x, as: date, format: dd/MM/yyyy}}`, finding.MappingConverter, "stands for nothing", "YYYY"},
		{`a: {value: {column: x, as: datetime, format: DD/MM/YYYY HH:mm}}`, finding.MappingConverter, "no timezone", "Europe/Paris"},
		{`a: {value: {column: x, as: datetime, timezone: Paris}}`, finding.MappingConverter, "Paris", "Europe/Paris"},
		{`a: {value: {column: x, as: number, decimal: ";"}}`, finding.MappingConverter, "decimal", ""},
		{`a: {value: {column: x, as: number, decimal: ",", thousands: ","}}`, finding.MappingConverter, "both", ""},
		{`a: {value: {column: x, as: list}}`, finding.YAMLMissing, "separator", ";"},
		{`a: {value: {column: x, as: number, default: none}}`, finding.MappingConverter, "the default does not fit as: number", ""},
		{`a: {value: {column: x, required: true, default: 1}}`, finding.MappingConverter, "exclude", ""},
		{`a: {value: {columns: [id, x], as: number}}`, finding.MappingConverter, "one column", ""},
		{`a: {value: {constant: 1, lookup: {a: b}}}`, finding.MappingConverter, "constant", ""},
		{`a: {value: {column: x, miss: omit}}`, finding.MappingConverter, "without a lookup", ""},
		{`a: {value: {column: x, lookup: nof}}`, finding.MappingLookup, `no look-up table "nof"`, `"naf"`},
		{`a: {value: {column: x, lookup: naf, miss: default}}`, finding.MappingLookup, "miss: default", ""},
		{`a: {value: {column: x, as: number, lookup: {a: b}}}`, finding.MappingLookup, `look-up of "a"`, ""},
		{`a: {value: null}`, finding.YAMLMissing, "", ""},
		{`a: {value: "{x"}`, finding.MappingTemplate, "not closed", ""},
		{`a: {value: "{x} {}"}`, finding.MappingTemplate, "{}", ""},
		{`a: {object: "Building {x}"}`, finding.MappingTemplate, "no URI", "%20"},
		{`a: {object: "}}0"}`, finding.MappingTemplate, "no URI", ""},
		{`a: {object: "{x}"}`, finding.MappingTemplate, "no scheme", "as: uri"},
		{`a: {object: "urn:é:{x}"}`, finding.MappingTemplate, "beyond ASCII", ""},
		{`a: {object: 5}`, finding.YAMLType, "URI", ""},
		{`a: {object: {column: x, as: number}}`, finding.MappingConverter, "read as: number", "template"},
		{`a: {value: 1, observedAt: 2024}`, finding.MappingConverter, "not a DateTime", "2024-01-31"},
		{`a: {value: 1, observedAt: {column: x, as: number}}`, finding.MappingConverter, "must be a time", ""},
		{`a: {value: 1, datasetId: {column: x, separator: ";"}}`, finding.MappingConverter, "not a list", ""},
		{`a: {languageMap: {french_: {column: x}}}`, finding.MappingConverter, "language tag", "fr"},
		{`a: {languageMap: {fr: {column: x, as: number}}}`, finding.MappingConverter, "a text", ""},
		{`a: {vocab: {column: x, as: number}}`, finding.MappingConverter, "a text", ""},
		{`a: {valueList: 5}`, finding.YAMLType, "must be a list", ""},
		{`a: {objectList: "urn:a:{x}"}`, finding.YAMLType, "list of URIs", ""},
		{`createdAt: {value: 1}`, finding.AttributeName, "member of NGSI-LD", ""},
		{`a: {value: 1, attributes: {unitCode: {value: KWH}}}`, finding.AttributeName, "member of NGSI-LD", "beside value"},
		{`"a b": {value: 1}`, finding.AttributeName, "letters", ""},
		{`a: [{value: 1}, {value: 2}]`, finding.EntityDuplicate, "two instances", "datasetId"},
	} {
		text := strings.Replace(mappingWith(c.definition), "entities:", "lookups: {naf: {file: naf.csv, key: k, value: v}}\nentities:", 1)
		m, err := Parse("m.yaml", []byte(text))
		var faults []finding.Finding
		if err != nil {
			faults = err.(finding.List)
		} else {
			var p *Plan
			p, faults = Compile(m, env)
			require.Nil(t, p, c.definition)
		}
		require.NotEmpty(t, faults, c.definition)
		require.Equal(t, c.code, faults[0].Code, "%s: %v", c.definition, faults)
		require.Contains(t, faults[0].Message, c.message, c.definition)
		require.Contains(t, faults[0].Hint, c.hint, c.definition)
		require.Equal(t, 8, faults[0].Location.Line, c.definition)
	}

	faults := compileFaults(t, env, `
source: {file: a.csv}
context: [c]
lookups:
  double: {file: double.csv, key: k, value: v}
  none: {file: none.csv, key: k, value: v}
where: {keep: "", reason: r}
entities:
- {type: [Thingy, "a b"], id: "urn:a:1", scope: Paris}
`)
	var codes []string
	for _, f := range faults {
		codes = append(codes, string(f.Code))
	}
	require.Equal(t, []string{"mapping-lookup", "mapping-lookup", "mapping-condition", "mapping-unknown-term", "entity-type", "mapping-template", "entity-structure"}, codes)
}

func TestLookupReadsANamedTable(t *testing.T) {
	b := batch("id|naf", cells{"1", "01"}, cells{"2", "02"})
	m := strings.Replace(mappingWith(`a: {value: {column: naf, lookup: naf}}`), "entities:", "lookups: {naf: {file: naf.csv, key: k, value: v}}\nentities:", 1)
	p, faults := Compile(parse(t, m), Env{Header: b.Header, Tables: tables{"naf.csv": {{"01", "crops", 2}, {"10", "food", 3}}}})
	require.Empty(t, faults)
	var out BatchResult
	p.ApplyBatch(b, &out)
	require.Equal(t, `"crops"`, string(out.Rows[0].Entities[0].Attributes[0].Value))
	require.Equal(t, finding.CellLookup, out.Rows[1].Findings[0].Code)
	require.Contains(t, out.Rows[1].Findings[0].Message, "look-up table naf")
}

func TestCompileWithoutAHeaderChecksTheRest(t *testing.T) {
	p, faults := Compile(parse(t, oneAttribute(`{value: {column: whatever, as: date, format: dd}}`)), Env{})
	require.Nil(t, p)
	require.Len(t, faults, 1)
	p, faults = Compile(parse(t, oneAttribute(`{value: {column: whatever}}`)), Env{})
	require.Nil(t, p)
	require.Empty(t, faults)
}

func TestPlanTellsWhatItMakes(t *testing.T) {
	b := batch("id|x", cells{"1", "2"})
	m := parse(t, strings.Replace(oneAttribute(`{value: {column: x, as: number, unit: {from: MWH, to: KWH}}, attributes: {s: {object: "urn:a:{x}"}}}`), "- type", "- merge: history\n  model: Thing\n  type", 1))
	p, faults := Compile(m, Env{Header: b.Header, Terms: terms{"Thing", "a", "s"}})
	require.Empty(t, faults)
	require.Equal(t, []EntityInfo{{Types: []string{"Thing"}, TypeIRIs: []string{"https://example.org/Thing"}, Merge: MergeHistory, Model: "Thing", Attributes: []AttributeInfo{
		{Name: "a", IRI: "https://example.org/a", Kind: ngsild.Property, UnitCode: "KWH", Attributes: []AttributeInfo{{Name: "s", IRI: "https://example.org/s", Kind: ngsild.Relationship}}},
	}}}, p.Entities())
	require.Equal(t, []string{"context.jsonld"}, p.Context())
	require.Equal(t, []int{0, 1}, p.Columns())
}

// A fault of the text hides none of what the text says elsewhere, or even in the
// same place, and brings no fault that only follows from it.
func TestCompileReportsFaultsOfTheTextAndOfTheRestAtOnce(t *testing.T) {
	m, faults := Read("m.yaml", []byte(`source: {file: data.csv, delimter: ";"}
context: [c]
where: {kep: 'number("kW") > 0', reason: r}
entities:
- type: Bulding
  id: "urn:ngsi-ld:Building:{Cod}"
  attributes:
    name: {valu: {column: Nom}}
    energy: {value: {column: "Conso", as: numbr, unit: {from: KWX, to: KWH}}}
    power: {value: {column: kWh, az: number, unit: {from: KWH, to: MTK}}}
    naf: {value: {column: kWh, lookup: nafx, requird: true}}
    energi: {value: {column: Nom2}}
`))
	require.NotNil(t, m)
	require.NotEmpty(t, faults)
	p, all := Compile(m, Env{Header: &record.Header{Names: []string{"Code", "Name", "kWh"}}, Terms: terms{"Building", "name", "energy", "power", "naf"}})
	require.Nil(t, p)
	var lines []string
	for _, f := range all {
		lines = append(lines, fmt.Sprintf("%d %s", f.Location.Line, f.Code))
	}
	require.Equal(t, []string{
		"1 yaml-unknown-key",
		"3 yaml-unknown-key", "3 source-missing-column",
		"5 mapping-unknown-term",
		"6 source-missing-column",
		"8 yaml-unknown-key", "8 source-missing-column",
		"9 source-missing-column", "9 yaml-type", "9 mapping-unit",
		"10 yaml-unknown-key", "10 mapping-unit",
		"11 mapping-lookup", "11 yaml-unknown-key",
		"12 mapping-unknown-term", "12 source-missing-column",
	}, lines)
}

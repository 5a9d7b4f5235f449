package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func numberCell(s string) record.Cell { return record.Cell{Text: []byte(s), Kind: record.Number} }
func dateCell(s string) record.Cell   { return record.Cell{Text: []byte(s), Kind: record.DateTime} }

func TestApplyConvertsCells(t *testing.T) {
	for _, c := range []struct {
		definition string
		cell       any
		want       string
	}{
		{`{value: {column: x}}`, "l'été \"x\"", `"l'été \"x\""`},
		{`{value: {column: x}}`, numberCell("12.50"), `"12.50"`},
		{`{value: {column: x, as: number}}`, "3000000000", `3000000000`},
		{`{value: {column: x, as: number}}`, " +007.10 ", `7.10`},
		{`{value: {column: x, as: number}}`, "-0.5", `-0.5`},
		{`{value: {column: x, as: number}}`, "0.1", `0.1`},
		{`{value: {column: x, as: number}}`, numberCell("12.5"), `12.5`},
		{`{value: {column: x, as: number, decimal: ","}}`, "15182,28", `15182.28`},
		{`{value: {column: x, as: number, decimal: ","}}`, "240,988571428571", `240.988571428571`},
		{`{value: {column: x, as: number, decimal: ","}}`, "8,911819e+01", `89.11819`},
		{`{value: {column: x, as: number, decimal: ","}}`, numberCell("12.5"), `12.5`},
		{`{value: {column: x, as: number, decimal: ",", thousands: " "}}`, "1 234 567,5", `1234567.5`},
		{`{value: {column: x, as: number, decimal: ",", thousands: " "}}`, "1\u202f234,5", `1234.5`},
		{`{value: {column: x, as: number, thousands: ","}}`, "12,345", `12345`},
		{`{value: {column: x, as: number}}`, "1e-7", `0.0000001`},
		{`{value: {column: x, as: number}}`, ".5", `0.5`},
		{`{value: {column: x, unit: KWH}}`, "12 kWh", `12`},
		{`{value: {column: x, unit: KWH}}`, "1.5MWh", `1500`},
		{`{value: {column: x, decimal: ",", thousands: " ", unit: {from: KWH, to: MWH}}}`, "1\u202f234,5\u00a0kWh", `1.2345`},
		{`{value: {column: x, unit: MTK}}`, "12 m2", `12`},
		{`{value: {column: x, unit: P1}}`, "12.5 %", `12.5`},
		{`{value: {column: x, unit: {from: P1, to: C62}}}`, "12.5%", `0.125`},
		{`{value: {column: x, unit: EUR}}`, "12.50 €", `12.50`},
		{`{value: {column: x, as: number}}`, "\u202f5\u202f", `5`},
		{`{value: {column: x, as: number}}`, "NaN", `absent`},
		{`{value: {column: x, as: number}}`, "-", `absent`},
		{`{value: {column: x, as: integer, default: 0}}`, "n/a", `0`},
		{`{value: {column: x, as: date}}`, "NA", `absent`},
		{`{value: {column: x}}`, "NA", `"NA"`},
		{`{value: {column: x, lookup: {NA: north}}}`, "NA", `"north"`},
		{`{value: {column: x, as: number}}`, "-999", `-999`},
		{`{value: {column: x, as: number, nulls: [-999]}}`, "-999", `absent`},
		{`{value: {column: x, as: integer}}`, "12.0", `12`},
		{`{value: {column: x, as: integer}}`, "77172.0", `77172`},
		{`{value: {column: x, as: integer}}`, "1e3", `1000`},
		{`{value: {column: x, as: number, unit: {from: MWH, to: KWH}}}`, "15182.28", `15182280`},
		{`{value: {column: x, as: integer, unit: {from: MWH, to: KWH}}}`, "12.5", `12500`},
		{`{value: {column: x, unit: KWH}}`, "12.5", `12.5`},
		{`{value: {column: x, as: boolean}}`, "TRUE", `true`},
		{`{value: {column: x, as: boolean}}`, "0", `false`},
		{`{value: {column: x, as: boolean, true: [Oui], false: [Non]}}`, "Non", `false`},
		{`{value: {column: x, as: boolean}}`, record.Cell{Text: []byte("true"), Kind: record.Boolean}, `true`},
		{`{value: {column: x, as: date}}`, "2024-02-29", `"2024-02-29"`},
		{`{value: {column: x, as: date, format: DD/MM/YYYY}}`, "31/01/2024", `"2024-01-31"`},
		{`{value: {column: x, as: date, format: D.M.YY}}`, "1.2.24", `"2024-02-01"`},
		{`{value: {column: x, as: date}}`, dateCell("2024-01-31T00:00:00"), `"2024-01-31"`},
		{`{value: {column: x, as: date, format: "YYYY-MM-DD HH:mm"}}`, "2024-12-31 24:00", `"2025-01-01"`},
		{`{value: {column: x, as: datetime}}`, "2024-07-01T12:00:00+02:00", `"2024-07-01T10:00:00Z"`},
		{`{value: {column: x, as: datetime}}`, "2024-07-01 12:00Z", `"2024-07-01T12:00:00Z"`},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris}}`, "2024-07-01 12:00", `"2024-07-01T10:00:00Z"`},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris}}`, dateCell("2024-01-01T00:00:00.250"), `"2023-12-31T23:00:00.250Z"`},
		{`{value: {column: x, as: datetime, timezone: UTC, format: "DD/MM/YYYY HH:mm"}}`, "31/12/2024 24:00", `"2025-01-01T00:00:00Z"`},
		{`{value: {column: x, as: datetime, timezone: UTC, format: "MM/DD/YYYY hh:mm A"}}`, "01/31/2024 12:30 AM", `"2024-01-31T00:30:00Z"`},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris, ambiguous: earlier}}`, "2024-10-27 02:30", `"2024-10-27T00:30:00Z"`},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris, ambiguous: later}}`, "2024-10-27 02:30", `"2024-10-27T01:30:00Z"`},
		{`{value: {column: x, as: year}}`, "2024", `"2024-01-01T00:00:00Z"`},
		{`{value: {column: x, as: year}}`, numberCell("2024"), `"2024-01-01T00:00:00Z"`},
		{`{value: {column: x, as: year}}`, "2024-05-03", `"2024-01-01T00:00:00Z"`},
		{`{value: {column: x, as: quarter}}`, "2024-T3", `"2024-07-01T00:00:00Z"`},
		{`{value: {column: x, as: quarter}}`, "Q4 2024", `"2024-10-01T00:00:00Z"`},
		{`{value: {column: x, as: quarter}}`, "2024-05-03", `"2024-04-01T00:00:00Z"`},
		{`{value: {column: x, as: month}}`, "2024-05", `"2024-05-01T00:00:00Z"`},
		{`{value: {column: x, as: month}}`, "202405", `"2024-05-01T00:00:00Z"`},
		{`{value: {column: x, as: month, format: MM/YYYY}}`, "05/2024", `"2024-05-01T00:00:00Z"`},
		{`{value: {column: x, as: year}}`, "2011", `"2011-01-01T00:00:00Z"`},
		{`{value: {column: x, as: month}}`, "201101", `"2011-01-01T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "2024-W01", `"2024-01-01T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "2021W01", `"2021-01-04T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "2020-W53-7", `"2020-12-28T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "S05 2024", `"2024-01-29T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "2024-12-31", `"2024-12-30T00:00:00Z"`},
		{`{value: {column: x, as: week}}`, "1969-12-31", `"1969-12-29T00:00:00Z"`},
		{`{value: {column: x, as: date}}`, "2020-W53-7", `"2021-01-03"`},
		{`{value: {column: x, as: date, format: excel-1900}}`, "45322", `"2024-01-31"`},
		{`{value: {column: x, as: date, format: excel-1900}}`, "59", `"1900-02-28"`},
		{`{value: {column: x, as: date, format: excel-1900}}`, "61", `"1900-03-01"`},
		{`{value: {column: x, as: date, format: excel-1904}}`, "43860", `"2024-01-31"`},
		{`{value: {column: x, as: datetime, format: excel-1900, timezone: UTC}}`, "45322,75", `"2024-01-31T18:00:00Z"`},
		{`{value: {column: x, as: datetime, format: excel-1900, timezone: UTC}}`, "45322.0104166667", `"2024-01-31T00:15:00Z"`},
		{`{value: {column: x, as: datetime, format: excel-1900, timezone: UTC}}`, "45322.9999999999", `"2024-02-01T00:00:00Z"`},
		{`{value: {column: x, as: point}}`, "48.85, 2.35", `{"type":"Point","coordinates":[2.35,48.85]}`},
		{`{value: {column: x, as: point, order: lon-lat}}`, "2.35;48.85", `{"type":"Point","coordinates":[2.35,48.85]}`},
		{`{value: {column: x, as: point, decimal: ","}}`, "48,85 2,35", `{"type":"Point","coordinates":[2.35,48.85]}`},
		{`{value: {column: x, as: point, separator: "/"}}`, "90/-180.0", `{"type":"Point","coordinates":[-180.0,90]}`},
		{`{value: {column: x, as: geojson}}`, `{"type": "Point", "coordinates": [2.35, 48.85]}`, `{"type":"Point","coordinates":[2.35,48.85]}`},
		{`{value: {column: x, as: geojson}}`, `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`, `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`},
		{`{value: {column: x, as: list, separator: ";"}}`, "a; b;;c", `["a","b","c"]`},
		{`{value: {column: x, as: list, separator: ";", of: number}}`, "1;2.50", `[1,2.50]`},
		{`{value: {column: x, as: list, separator: ";", of: {lookup: {a: A}, miss: omit}}}`, "a;b", `["A"]`},
		{`{value: {column: x, separator: ",", nulls: ["-"]}}`, "-", `absent`},
		{`{value: {column: x, as: uri}}`, "https://example.org/a?b=c#d", `"https://example.org/a?b=c#d"`},
		{`{json: {column: x}}`, `{"a": [1.50]}`, `{"a":[1.50]}`},
		{`{value: {column: x, nulls: [NA]}}`, "NA", `absent`},
		{`{value: {column: x}}`, nil, `absent`},
		{`{value: {column: x, default: unknown}}`, nil, `"unknown"`},
		{`{value: {column: x, as: number, default: 0}}`, nil, `0`},
		{`{value: {column: x, lookup: {a: 1.50, b: true, 01: one}}}`, "a", `1.50`},
		{`{value: {column: x, lookup: {a: 1.50, b: true, 01: one}}}`, "b", `true`},
		{`{value: {column: x, lookup: {a: 1.50, b: true, 01: one}}}`, "01", `"one"`},
		{`{value: {column: x, lookup: {a: A}, miss: keep}}`, "z", `"z"`},
		{`{value: {column: x, lookup: {a: A}, miss: omit}}`, "z", `absent`},
		{`{value: {column: x, lookup: {a: A}, miss: default, default: D}}`, "z", `"D"`},
		{`{value: {column: x, as: number, lookup: {n/a: 0}, miss: keep}}`, "7.5", `7.5`},
		{`{value: {column: x, lookup: {a: A}, template: "<{}> {id}"}}`, "a", `"<A> 1"`},
		{`{value: {columns: [id, x], as: text}}`, "b", `"1 b"`},
		{`{value: "n° {x}: {{{id}"}`, "é\"", `"n° é\": {1"`},
		{`{value: "{x|none}"}`, nil, `"none"`},
		{`{value: 12.50}`, nil, `12.50`},
		{`{value: [a, "{x}", {column: x, as: number}]}`, "5", `["a","5",5]`},
		{`{value: [{column: x}, b]}`, nil, `["b"]`},
		{`{value: {constant: {a: [1, null, true]}}}`, nil, `{"a":[1,null,true]}`},
		{`{value: {members: {street: {column: x}, country: FR}}}`, "rue", `{"street":"rue","country":"FR"}`},
		{`{value: {members: {street: {column: x}, country: FR}}}`, nil, `absent`},
		{`{value: {constant: {type: Point, coordinates: [2.35, 48.85]}, as: geojson}}`, nil, `{"type":"Point","coordinates":[2.35,48.85]}`},
		{`{object: "urn:ngsi-ld:T:{x}"}`, "a b/é", `"urn:ngsi-ld:T:a%20b%2F%C3%A9"`},
		{`{object: "urn:ngsi-ld:T:{x|none}"}`, nil, `"urn:ngsi-ld:T:none"`},
		{`{object: {column: x, template: "urn:ngsi-ld:T:{}"}}`, nil, `absent`},
		{`{object: {column: x, lookup: {a: b}, template: "urn:ngsi-ld:T:{}:{id}"}}`, "a", `"urn:ngsi-ld:T:b:1"`},
		{`{object: {column: x}}`, "urn:a:b", `"urn:a:b"`},
		{`{object: ["urn:a:{id}", "urn:b:{x}"]}`, "2", `["urn:a:1","urn:b:2"]`},
		{`{objectList: ["urn:a:{id}", "urn:b:{x}"]}`, "2", `[{"object":"urn:a:1"},{"object":"urn:b:2"}]`},
		{`{objectList: {column: x, separator: ",", of: {template: "urn:a:{}"}}}`, "2,3 4", `[{"object":"urn:a:2"},{"object":"urn:a:3%204"}]`},
		{`{objectList: ["urn:a:1"]}`, nil, `[{"object":"urn:a:1"}]`},
		{`{object: {column: x, separator: ",", of: {template: "urn:a:{}"}}}`, "2,3", `["urn:a:2","urn:a:3"]`},
		{`{languageMap: {fr: {column: x}, en: "no {id}"}}`, "été", `{"fr":"été","en":"no 1"}`},
		{`{vocab: {column: x, lookup: {G: gas}}}`, "G", `"gas"`},
		{`{valueList: [{column: x, as: number}, 2]}`, "1", `[1,2]`},
		{`{valueList: {column: x, separator: " ", of: integer}}`, "1 2", `[1,2]`},
	} {
		require.Equal(t, c.want, value(t, c.definition, c.cell), "%s of %v", c.definition, c.cell)
	}
}

func TestApplyTakesTheKindFromWhatIsWritten(t *testing.T) {
	for definition, want := range map[string]ngsild.Kind{
		`{value: {column: x}}`:                                                 ngsild.Property,
		`{value: {column: x, as: point}}`:                                      ngsild.GeoProperty,
		`{object: "urn:a:{x}"}`:                                                ngsild.Relationship,
		`{languageMap: {fr: {column: x}}}`:                                     ngsild.LanguageProperty,
		`{vocab: {column: x}}`:                                                 ngsild.VocabProperty,
		`{valueList: {column: x, separator: ";"}}`:                             ngsild.ListProperty,
		`{objectList: ["urn:a:{x}"]}`:                                          ngsild.ListRelationship,
		`{json: {column: x, as: text}}`:                                        ngsild.JsonProperty,
		`{value: {constant: {type: Point, coordinates: [1, 2]}, as: geojson}}`: ngsild.GeoProperty,
	} {
		a, findings := attributeOf(t, definition, "1;2")
		require.Empty(t, findings)
		require.Equal(t, want, a.Kind, definition)
	}
}

func TestApplyRejectsWhatDoesNotConvert(t *testing.T) {
	for _, c := range []struct {
		definition string
		cell       any
		code       finding.Code
		message    string
		hint       string
	}{
		{`{value: {column: x, as: number}}`, "12,5", finding.CellNumber, `"12,5" is not a number`, `decimal: ','`},
		{`{value: {column: x, as: number}}`, "1.234,5", finding.CellNumber, "is not a number", `thousands: "."`},
		{`{value: {column: x, as: number}}`, "1 234.5", finding.CellNumber, "is not a number", `thousands: " "`},
		{`{value: {column: x, as: number, nulls: [NA]}}`, "NaN", finding.CellNumber, "is not a number", "nulls"},
		{`{value: {column: x, as: number}}`, "-inf", finding.CellNumber, "is not a number", "nulls"},
		{`{value: {column: x, as: number}}`, "1e999", finding.CellNumber, "is not a number", ""},
		{`{value: {column: x, as: number}}`, "12 %", finding.CellUnit, "has a unit", "unit: P1"},
		{`{value: {column: x, as: number}}`, "12 kWh", finding.CellUnit, "has a unit", "unit: KWH"},
		{`{value: {column: x, unit: KWH}}`, "12 m³", finding.CellUnit, "does not convert to KWH", "unit of the column"},
		{`{value: {column: x, unit: KWH}}`, "12 bis", finding.CellNumber, `"bis" behind it is no unit`, ""},
		{`{value: {column: x, unit: KWH}}`, "kWh", finding.CellNumber, "is not a number", ""},
		{`{value: {column: x, as: text, required: true}}`, nil, finding.CellEmpty, "empty", ""},
		{`{value: {column: x, as: number, required: true}}`, "N/A", finding.CellEmpty, "empty", ""},
		{`{value: {column: x, as: week}}`, "2025-W53", finding.CellDate, "is not a week", ""},
		{`{value: {column: x, as: date, format: excel-1900}}`, "60", finding.CellDate, "is not a date in the format excel-1900", ""},
		{`{value: {column: x, as: date}}`, "45322", finding.CellDate, "is not a date", "format: excel-1900"},
		{`{value: {column: x, as: date}}`, "2023-02-29", finding.CellDate, "is not a date: February 2023 has 28 days", ""},
		{`{value: {column: x, as: date}}`, "2023-13-01", finding.CellDate, "is not a date: there is no month 13", ""},
		{`{value: {column: x, as: datetime, timezone: UTC}}`, "2023-01-01 24:01", finding.CellDate, "the day has no 24:01", ""},
		{`{value: {column: x, as: number, thousands: ","}}`, "1,5", finding.CellNumber, "is not a number", `decimal`},
		{`{value: {column: x, as: number}}`, dateCell("2024-01-01T00:00:00"), finding.CellNumber, "the date", "format the cell"},
		{`{value: {column: x, as: integer}}`, "12.5", finding.CellInteger, `"12.5" is not a whole number`, "as: number"},
		{`{value: {column: x, as: integer}}`, "1.234", finding.CellInteger, `"1.234" is not a whole number`, `set decimal: ',' and thousands: '.'`},
		{`{value: {column: x, as: boolean}}`, "Oui", finding.CellBoolean, `"Oui" is neither`, `true:`},
		{`{value: {column: x, as: boolean, true: [Oui], false: [Non]}}`, "1", finding.CellBoolean, `"1" is neither`, `true is Oui`},
		{`{value: {column: x, as: date, format: DD/MM/YYYY}}`, "31/02/2024", finding.CellDate, `"31/02/2024" is not a date in the format DD/MM/YYYY: February 2024 has 29 days`, "correct the cell"},
		{`{value: {column: x, as: date}}`, "31/01/2024", finding.CellDate, `"31/01/2024" is not a date`, "format: D/M/YYYY"},
		{`{value: {column: x, as: date}}`, numberCell("45322"), finding.CellDate, "is not a date", "workbook"},
		{`{value: {column: x, as: datetime}}`, "2024-01-01 10:00", finding.CellDate, "time zone", "timezone: Europe/Paris"},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris}}`, "2024-03-31 02:30", finding.CellTimeSkipped, "does not exist in Europe/Paris", "timezone"},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris, ambiguous: later}}`, "2024-03-31 02:30", finding.CellTimeSkipped, "does not exist", ""},
		{`{value: {column: x, as: datetime, timezone: Europe/Paris}}`, "2024-10-27 02:30", finding.CellTimeDoubled, "exists twice in Europe/Paris", "ambiguous: earlier"},
		{`{value: {column: x, as: datetime}}`, "9999-12-31T23:00:00-02:00", finding.CellDate, "outside the years", ""},
		{`{value: {column: x, as: year}}`, "24", finding.CellDate, "is not a year", ""},
		{`{value: {column: x, as: month}}`, "2024-13", finding.CellDate, "is not a month", ""},
		{`{value: {column: x, as: point}}`, "Paris", finding.CellPoint, `"Paris" is not a point`, "48.85, 2.35"},
		{`{value: {column: x, as: point}}`, "95.0, 200", finding.CellPoint, "no place on Earth", ""},
		{`{value: {column: x, as: point}}`, "151.2, -33.9", finding.CellPointSwapped, "the other way round", "order: lon-lat"},
		{`{value: {column: x, as: geojson}}`, "[1", finding.CellGeoJSON, "is not JSON", ""},
		{`{value: {column: x, as: geojson}}`, `{"type":"Feature"}`, finding.CellGeoJSON, "Feature", "geometry"},
		{`{value: {column: x, as: geojson}}`, `{"type":"Point","coordinates":[1]}`, finding.CellGeoJSON, "needs longitude and latitude", ""},
		{`{value: {column: x, as: geojson}}`, `{"type":"Point","coordinates":[2,100]}`, finding.CellGeoJSON, "latitude", ""},
		{`{value: {column: x, as: geojson}}`, `{"type":"Polygon","coordinates":[[0,0]]}`, finding.CellGeoJSON, "", ""},
		{`{value: {column: x, as: geojson}}`, `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}`, finding.CellGeoJSON, "ring", ""},
		{`{json: {column: x}}`, `{a}`, finding.CellJSON, "is not JSON", ""},
		{`{value: {column: x, lookup: {Electricité: electricity, Gaz: gas}}}`, "Electricite", finding.CellLookup, `"Electricite" is not in the look-up table`, `did you mean "Electricité"`},
		{`{value: {column: x, required: true}}`, nil, finding.CellEmpty, "empty", "required"},
		{`{value: "n {x}"}`, nil, finding.CellEmpty, "empty", "fallback"},
		{`{value: {column: x}}`, record.Cell{Text: []byte("#N/A"), Kind: record.Error}, finding.SourceCellError, "#N/A", "formula"},
		{`{value: "{x}"}`, record.Cell{Text: []byte("#REF!"), Kind: record.Error}, finding.SourceCellError, "#REF!", "formula"},
		{`{object: {column: x}}`, "Paris 1", finding.RowID, "is no URI", "template"},
		{`{value: {column: x, separator: ";", of: integer}}`, "1;x", finding.CellNumber, `"x"`, ""},
	} {
		f := refusal(t, c.definition, c.cell)
		require.Equal(t, c.code, f.Code, "%s of %v: %s", c.definition, c.cell, f)
		require.Contains(t, f.Message, c.message, c.definition)
		require.Contains(t, f.Hint, c.hint, c.definition)
		require.Equal(t, finding.Location{File: "data.csv", Row: 2, Column: "x"}, f.Location, c.definition)
	}
}

func TestApplyReadsAPointFromTwoColumns(t *testing.T) {
	b := batch("id|lat|lon", cells{"1", "48,85", "2,35"}, cells{"2", "48,85", nil}, cells{"3", "2,35", "x"})
	p := plan(t, b, mappingWith(`location: {value: {columns: [lat, lon], as: point, decimal: ","}}`))
	var out BatchResult
	p.ApplyBatch(b, &out)
	require.Equal(t, `{"type":"Point","coordinates":[2.35,48.85]}`, string(out.Rows[0].Entities[0].Attributes[0].Value))
	require.Empty(t, out.Rows[1].Entities[0].Attributes)
	require.Equal(t, []int{0, 0, 1}, out.Empty)
	require.Equal(t, "lon", out.Rows[2].Findings[0].Location.Column)
}

func TestApplyJoinsDateAndTimeOfTwoColumns(t *testing.T) {
	b := batch("id|Data|Hora", cells{"1", "2024/10/27", "00:15"})
	p := plan(t, b, mappingWith(`a: {value: 1, observedAt: {columns: [Data, Hora], as: datetime, format: "YYYY/MM/DD HH:mm", timezone: Europe/Lisbon}}`))
	var out Result
	p.Apply(b, 0, &out)
	require.Equal(t, "2024-10-26T23:15:00Z", out.Entities[0].Attributes[0].ObservedAt)
}

func TestObservedAtIsADateTimeInUTC(t *testing.T) {
	for definition, want := range map[string]string{
		`{column: x, as: date}`:         "2024-05-03T00:00:00Z",
		`{column: x, as: month}`:        "2024-05-01T00:00:00Z",
		`{column: x, as: quarter}`:      "2024-04-01T00:00:00Z",
		`"{x}T12:00:00+02:00"`:          "2024-05-03T10:00:00Z",
		`"2024-01-01T00:00:00.5+01:00"`: "2023-12-31T23:00:00.5Z",
	} {
		a, findings := attributeOf(t, `{value: 1, observedAt: `+definition+`}`, "2024-05-03")
		require.Empty(t, findings)
		require.Equal(t, want, a.ObservedAt, definition)
	}
}

func TestYearQuarterAndMonthStartInUTCWhateverTheZone(t *testing.T) {
	b := batch("id|x", cells{"1", "2024-03"})
	m := "source: {file: data.csv, timezone: Pacific/Auckland}\n" + mappingWith(`a: {value: 1, observedAt: {column: x, as: month}}`)[len("source: {file: data.csv}\n"):]
	var out Result
	plan(t, b, m).Apply(b, 0, &out)
	require.Equal(t, "2024-03-01T00:00:00Z", out.Entities[0].Attributes[0].ObservedAt)
}

func dateColumn(texts ...string) *DateColumn {
	d := &DateColumn{}
	for i, text := range texts {
		d.Add([]byte(text), i+2)
	}
	return d
}

func TestTheWholeColumnDecidesTheOrderOfDayAndMonth(t *testing.T) {
	for _, c := range []struct {
		as    string
		texts []string
		want  string // of the first text
	}{
		{"date", []string{"01/02/2024", "31/12/2023"}, `"2024-02-01"`},
		{"date", []string{"01/02/2024", "12/31/2023"}, `"2024-01-02"`},
		{"date", []string{"1.2.24", "31.1.24"}, `"2024-02-01"`},
		{"date", []string{"2024/02/01", "2024/01/31"}, `"2024-02-01"`},
		{"date", []string{"02/02/2024"}, `"2024-02-02"`},
		{"date", []string{"01-02-2024 24:00", "31-12-2023"}, `"2024-02-02"`},
		{"datetime", []string{"10/02/13 01:30:00 PM", "10/13/13 12:00:00 AM"}, `"2013-10-02T13:30:00Z"`},
		{"datetime", []string{"01/02/2024, 7:05", "31/12/2023"}, `"2024-02-01T07:05:00Z"`},
		{"datetime", []string{"01/02/2024 07:05:30.5+01:00", "31/12/2023 00:00"}, `"2024-02-01T06:05:30.5Z"`},
		{"month", []string{"05/06/2024", "31/12/2023"}, `"2024-06-01T00:00:00Z"`},
		{"date", []string{"2024-01-31", "n/a", ""}, `"2024-01-31"`},
	} {
		b := batch("id|x", cells{"1", c.texts[0]})
		m := parse(t, oneAttribute(`{value: {column: x, as: `+c.as+map[bool]string{true: ", timezone: UTC"}[c.as == "datetime"]+`}}`))
		require.Equal(t, [][]string{{"x"}}, m.Dates())
		p, faults := Compile(m, Env{Header: b.Header, Dates: func([]string) *DateColumn { return dateColumn(c.texts...) }})
		require.NotNil(t, p, "%v %v", c.texts, faults)
		for _, f := range faults {
			require.Equal(t, finding.SourceDateOrder, f.Code)
			require.Equal(t, finding.Info, f.Severity)
		}
		var out Result
		p.Apply(b, 0, &out)
		require.Empty(t, out.Findings, "%v", c.texts)
		require.Equal(t, c.want, string(out.Entities[0].Attributes[0].Value), "%v", c.texts)
	}
}

func TestAColumnThatDoesNotDecideTheOrderIsRefused(t *testing.T) {
	for want, d := range map[string]*DateColumn{
		`may have the day or the month first, such as "01/02/2024" in row 2`:       dateColumn("01/02/2024", "03/03/2024"),
		`"31/12/2023" in row 2 has the day first, "12/31/2023" in row 4 the month`: dateColumn("31/12/2023", "01/02/2024", "12/31/2023"),
	} {
		faults := compileFaults(t, Env{Header: batch("id|x").Header, Dates: func([]string) *DateColumn { return d }}, oneAttribute(`{value: {column: x, as: date}}`))
		require.Equal(t, finding.SourceDateOrder, faults[0].Code)
		require.Contains(t, faults[0].Message, want)
		require.Contains(t, faults[0].Hint, `format: "DD/MM/YYYY"`)
		require.Equal(t, 7, faults[0].Location.Line)
	}
	m := parse(t, oneAttribute(`{value: {column: x, as: date, format: MM/DD/YYYY}}`))
	require.Empty(t, m.Dates(), "with a format there is nothing to decide")
}

func TestTheHintNamesTheFormatThatTheColumnHas(t *testing.T) {
	for date, want := range map[string]string{
		"01/02/2024": "DD/MM/YYYY", "1/2/24": "D/M/YY", "10-01-2022 06:00:00": "DD-MM-YYYY HH:mm:ss", "1.2.2024 7:05": "D.M.YYYY H:mm",
		"01/02/2024 07:05 PM": "DD/MM/YYYY hh:mm A", "01/02/2024T07:05:30+01:00": "DD/MM/YYYYTHH:mm:ssZ", "01/02/2024 07:05:30.5": "DD/MM/YYYY HH:mm:ss.SSS", "01/02/2024 07:05Z": "DD/MM/YYYY HH:mmZ",
	} {
		require.Equal(t, want, likelyFormat(date, dayFirst))
		f, err := parseDateFormat(want)
		require.NoError(t, err, want)
		_, ok := f.parse([]byte(date))
		require.True(t, ok, "%s as %s", date, want)
	}
	require.Equal(t, "MM/DD/YYYY", likelyFormat("01/02/2024", monthFirst))
}

func TestConditionsTakeTextsForNothingAsNull(t *testing.T) {
	b := batch("id|x", cells{"1", "NA"}, cells{"2", "5"}, cells{"3", "n/a"})
	m := `where: {keep: 'number("x") > 1 or text("x") == "NA"', reason: low}` + "\n" + oneAttribute(`{value: {column: x, as: number}}`)
	var out BatchResult
	plan(t, b, m).ApplyBatch(b, &out)
	require.Equal(t, []Outcome{Written, Written, Filtered}, []Outcome{out.Rows[0].Outcome, out.Rows[1].Outcome, out.Rows[2].Outcome})
	declared := strings.Replace(m, "{file: data.csv}", "{file: data.csv, nulls: [x]}", 1)
	plan(t, b, declared).ApplyBatch(b, &out)
	require.Equal(t, Rejected, out.Rows[2].Outcome)
	require.Equal(t, finding.RowCondition, out.Rows[2].Findings[0].Code)
}

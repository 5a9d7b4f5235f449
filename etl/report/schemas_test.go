package report_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// sarifShape is what SARIF 2.1.0 (OASIS, sections 3.13 to 3.33) demands of the members
// that ldt writes: their types, which are required, and that there are no others.
const sarifShape = `{
"$schema": "https://json-schema.org/draft/2020-12/schema",
"type": "object", "required": ["version", "runs"], "additionalProperties": false,
"properties": {
 "$schema": {"type": "string", "format": "uri"},
 "version": {"const": "2.1.0"},
 "runs": {"type": "array", "minItems": 1, "items": {
  "type": "object", "required": ["tool"], "additionalProperties": false,
  "properties": {
   "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
   "tool": {"type": "object", "required": ["driver"], "additionalProperties": false, "properties": {
    "driver": {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
     "name": {"type": "string", "minLength": 1},
     "version": {"type": "string"},
     "semanticVersion": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$"},
     "informationUri": {"type": "string", "format": "uri"},
     "rules": {"type": "array", "uniqueItems": true, "items": {
      "type": "object", "required": ["id"], "additionalProperties": false, "properties": {
       "id": {"type": "string", "minLength": 1},
       "helpUri": {"type": "string", "format": "uri"},
       "defaultConfiguration": {"type": "object", "additionalProperties": false, "properties": {"level": {"enum": ["none", "note", "warning", "error"]}}}}}}}}}},
   "results": {"type": "array", "items": {
    "type": "object", "required": ["message"], "additionalProperties": false, "properties": {
     "ruleId": {"type": "string", "minLength": 1},
     "ruleIndex": {"type": "integer", "minimum": 0},
     "level": {"enum": ["none", "note", "warning", "error"]},
     "message": {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string", "minLength": 1}}},
     "locations": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {
      "type": "object", "additionalProperties": false, "properties": {
       "physicalLocation": {"type": "object", "required": ["artifactLocation"], "additionalProperties": false, "properties": {
        "artifactLocation": {"type": "object", "required": ["uri"], "additionalProperties": false, "properties": {"uri": {"type": "string", "format": "uri-reference"}}},
        "region": {"type": "object", "required": ["startLine"], "additionalProperties": false, "properties": {
         "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}}}}},
       "logicalLocations": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {
        "type": "object", "required": ["fullyQualifiedName"], "additionalProperties": false, "properties": {"fullyQualifiedName": {"type": "string", "minLength": 1}}}}}}}}}}}}}}}`

// oddFindings are findings of every kind of place, with texts that are hard to write.
func oddFindings() []finding.Finding {
	return append(someFindings(),
		finding.Finding{Code: finding.EntityID, Severity: finding.Error, Message: "no place"},
		finding.New(finding.EntityJSON, finding.Location{File: "a b/é&<>.json", Line: 1}, "control \x00\x1b, markup ]]> <a> & \"quotes\"\nand a line"),
		finding.New(finding.RelationDangle, finding.Location{File: `C:\data\e.json`, Line: 2, Char: 3, Pointer: "/a~1b", Entity: "urn:x:1"}, "w"),
		finding.New(finding.SourceHidden, finding.Location{File: "b.xlsx", Sheet: "é", Row: 3, Column: "x"}, "i"),
	)
}

func TestSARIFHasTheShapeOfItsStandard(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource("sarif.json", strings.NewReader(sarifShape)))
	shape, err := compiler.Compile("sarif.json")
	require.NoError(t, err)
	for _, version := range []string{"", "1.2.3", "v0.0.0-20260131120000-abcdef", "(devel)"} {
		for _, list := range [][]finding.Finding{nil, oddFindings()} {
			text := render(t, "sarif", list, report.Options{Version: version})
			var document any
			require.NoError(t, json.Unmarshal([]byte(text), &document))
			require.NoError(t, shape.Validate(document), "%s", text)
			run := document.(map[string]any)["runs"].([]any)[0].(map[string]any)
			rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
			results := run["results"].([]any)
			require.Len(t, results, len(list))
			for _, one := range results {
				result := one.(map[string]any)
				rule := rules[int(result["ruleIndex"].(float64))].(map[string]any)
				require.Equal(t, rule["id"], result["ruleId"], "ruleIndex leads to the rule")
			}
		}
	}
}

// TestJUnitHasTheShapeThatReadersAskFor holds the attributes and the order of elements of
// the schema that Jenkins publishes, which others follow.
func TestJUnitHasTheShapeThatReadersAskFor(t *testing.T) {
	required := map[string][]string{
		"testsuites": {"tests", "failures", "errors"},
		"testsuite":  {"name", "tests", "failures", "errors", "skipped", "time"},
		"testcase":   {"name", "classname", "time"},
		"failure":    {"message", "type"},
		"system-out": {},
	}
	children := map[string]string{"": "testsuites", "testsuites": "testsuite", "testsuite": "testcase", "testcase": "failure system-out"}
	for _, list := range [][]finding.Finding{nil, oddFindings()} {
		text := render(t, "junit", list, report.Options{Subjects: []string{"good.json", "a b/é&<>.json"}})
		require.True(t, strings.HasPrefix(text, `<?xml version="1.0" encoding="UTF-8"?>`))
		d := xml.NewDecoder(strings.NewReader(text))
		stack := []string{""}
		counted := map[string]int{}
		var suite map[string]string
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err, "%s", text)
			switch e := token.(type) {
			case xml.StartElement:
				name := e.Name.Local
				require.Contains(t, strings.Fields(children[stack[len(stack)-1]]), name)
				attributes := map[string]string{}
				for _, a := range e.Attr {
					attributes[a.Name.Local] = a.Value
				}
				for _, a := range required[name] {
					require.Contains(t, attributes, a, name)
				}
				if name == "testsuite" {
					suite = attributes
				}
				counted[name]++
				stack = append(stack, name)
			case xml.EndElement:
				stack = stack[:len(stack)-1]
			}
		}
		require.Equal(t, suite["tests"], itoa(counted["testcase"]))
		require.Equal(t, suite["failures"], itoa(counted["failure"]))
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

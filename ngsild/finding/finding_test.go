package finding_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestFindingTellsWhereWhatAndHowToMend(t *testing.T) {
	f := finding.New(finding.CellDate, finding.Location{File: "meters.xlsx", Sheet: "2024", Row: 12, Column: "date"}, "%q is not a date", "31/02/24").
		WithHint("correct the cell, or set the column's format")
	require.Equal(t, "meters.xlsx!2024:12 column \"date\": \"31/02/24\" is not a date\n  hint: correct the cell, or set the column's format", f.String())
}

func TestLocationNamesLineAndCharacterOfAText(t *testing.T) {
	require.Equal(t, "mapping.yaml:3:7", finding.Location{File: "mapping.yaml", Line: 3, Char: 7}.String())
	require.Equal(t, "e.json:14 urn:a:b /speed/value", finding.Location{File: "e.json", Line: 14, Entity: "urn:a:b", Pointer: "/speed/value"}.String())
}

func TestSeveritySurvivesJSON(t *testing.T) {
	for _, s := range []finding.Severity{finding.Info, finding.Warning, finding.Error} {
		text, err := json.Marshal(s)
		require.NoError(t, err)
		var back finding.Severity
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, s, back)
	}
	var s finding.Severity
	require.Error(t, json.Unmarshal([]byte(`"fatal"`), &s))
}

func TestErrorsCountsOnlyErrors(t *testing.T) {
	list := []finding.Finding{finding.New(finding.CellDate, finding.Location{}, "x"), finding.New(finding.SourceNoRows, finding.Location{}, "y")}
	require.Equal(t, 1, finding.Errors(list))
}

func TestEmptyListIsAnArrayInJSON(t *testing.T) {
	text, err := json.Marshal(finding.List(nil))
	require.NoError(t, err)
	require.Equal(t, "[]", string(text))
}

func TestNearestFindsWhatAPersonMeant(t *testing.T) {
	keys := []string{"delimiter", "decimal", "encoding", "sheet"}
	for word, want := range map[string]string{
		"delimter": "delimiter", "Decimal": "decimal", "decmial": "decimal", "sheets": "sheet", "unit": "", "": "",
	} {
		require.Equal(t, want, finding.Nearest(word, keys), word)
	}
	require.Equal(t, "isLocatedAt", finding.Nearest("islocatedat", []string{"located", "isLocatedAt"}))
}

package mapping

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
)

func TestEveryExampleOfTheReferenceCompiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/mapping.md")
	require.NoError(t, err)
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		m := parse(t, block)
		columns := m.Columns()
		for _, name := range []string{"Nb sites", "FILIERE", "score", "Statut", "Relevé", "Nom"} { // of conditions
			columns = once(columns, name)
		}
		_, faults := Compile(m, Env{Header: &record.Header{Names: columns}, Tables: tables{"data/naf.csv": {{"01", "crops", 2}}}})
		var left []string
		for _, f := range faults {
			left = append(left, f.String())
		}
		require.Empty(t, left, block)
	}
}

func TestReferenceNamesEveryKeyOfTheLanguage(t *testing.T) {
	text, err := os.ReadFile("../../docs/mapping.md")
	require.NoError(t, err)
	for _, list := range [][]string{mappingKeys, filterKeys, entityKeys, attributeKeys, cellKeys, converterWords, missWords, orderWords, mergeWords, conditionBuiltins, columnFunctions} {
		for _, word := range list {
			require.Contains(t, string(text), word)
		}
	}
	for _, token := range dateTokens {
		require.Contains(t, string(text), "`"+token.text+"`")
	}
}

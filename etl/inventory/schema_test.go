package inventory

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryNameMeansOneSheetAndOneColumn(t *testing.T) {
	sheets := map[string]string{}
	for _, table := range tables {
		for _, name := range table.names {
			require.Empty(t, sheets[name], "the sheet %q is %s too", name, table.Key)
			sheets[name] = table.Key
		}
		columns := map[string]string{}
		for _, c := range table.Columns {
			require.NotEmpty(t, c.Title.Fr, "%s/%s", table.Key, c.Key)
			require.NotEmpty(t, c.Note.En, "%s/%s", table.Key, c.Key)
			require.NotEmpty(t, c.Note.Fr, "%s/%s", table.Key, c.Key)
			for _, name := range c.names {
				require.Empty(t, columns[name], "%s: the column %q is %s too", table.Key, name, c.Key)
				columns[name] = c.Key
			}
		}
	}
}

func TestEveryWordOfAVocabularyMeansOneCode(t *testing.T) {
	for name, v := range vocabularies {
		for _, code := range v.Codes {
			l := v.labels[code]
			require.NotEmpty(t, l.En, "%s/%s", name, code)
			require.NotEmpty(t, l.Fr, "%s/%s", name, code)
			for _, word := range append([]string{code, l.En, l.Fr}, l.Also...) {
				got, ok := v.code(word)
				require.True(t, ok)
				require.Equal(t, code, got, "%s: %q", name, word)
			}
		}
	}
}

func TestEveryFrequencyHasAnInterval(t *testing.T) {
	for _, code := range vocabularies["frequency"].Codes {
		require.Contains(t, intervals, code)
	}
	require.Len(t, intervals, len(vocabularies["frequency"].Codes))
}

func TestSIRETOfLaPosteHasItsOwnRule(t *testing.T) {
	for digits, want := range map[string]bool{
		"35600000000048": true, // its seat fits the formula of Luhn as well
		"35600000049837": true, // an establishment, by the sum of its digits
		"35600000049838": false,
		"13002526500013": true,
		"13002526500014": false,
		"00000000000000": true,
		"1300252650001":  false,
		"1300252650001x": false,
	} {
		require.Equal(t, want, validSIRET(digits), digits)
	}
}

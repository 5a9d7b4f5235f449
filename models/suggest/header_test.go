package suggest

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func concepts(header string) []string {
	var list []string
	for _, m := range words().mentions(header) {
		list = append(list, m.concept)
	}
	return list
}

func TestTokensAreTheWordsOfAHeader(t *testing.T) {
	for header, want := range map[string][]string{
		"consoTotale2019":       {"conso", "totale", "2019"},
		"code_insee":            {"code", "insee"},
		"Données de conso. (°)": {"donnee", "de", "conso"},
		"PM2.5":                 {"pm2", "5"},
		"NO2":                   {"no2"},
		"surface m²":            {"surface", "m2"},
		"HTTPServer":            {"http", "server"},
		"deviceIDs":             {"device", "ids"},
		"Größe":                 {"grosse"},
		"ŒUVRE":                 {"oeuvre"},
		"a\nb:c\"d":             {"a", "b", "c", "d"},
		"":                      nil,
		"---":                   nil,
	} {
		require.Equal(t, want, tokens(header), header)
	}
}

func TestMentionsKnowPhrasesCompoundsAndTypos(t *testing.T) {
	for header, want := range map[string][]string{
		"Code postal":         {"postcode"},
		"Code de la commune":  {"code", "town"},
		"Nombre de PDL":       {"count", "meter"},
		"Nombre":              {"name"},
		"Stromverbrauch":      {"electricity", "consumption"},
		"Energieverbrauch":    {"energy", "consumption"},
		"Warmwasserverbrauch": {"hotwater", "consumption"},
		"Zählerstand":         {"reading"},
		"date_debut":          {"date", "start"},
		"PM2.5":               {"pm25"},
		"PM 2.5":              {"pm25"},
		"PM 10":               {"pm10"},
		"LAeq":                {"noise"},
		"freie Plätze":        {"available", "spot"},
		"Verkehrsstärke":      {"intensity"},
		"consommmation":       {"consumption"},
		"xyzzy":               {"xyzzy"},
		"12":                  nil,
	} {
		require.Equal(t, want, concepts(header), header)
	}
}

func TestALexiconWordStandsForOneConcept(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(lexicon) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		_, known := kindNames[fields[0]]
		require.True(t, known, line)
		for _, word := range fields[1:] {
			require.Equal(t, word, strings.ToLower(word))
			if other, ok := seen[word]; ok {
				t.Errorf("%s stands for %s and %s", word, other, fields[1])
			}
			seen[word] = fields[1]
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"Conso totale (MWh)", "Verbrauch_kWh", "lat", "code_insee", "date_debut", "PM2.5", "É\xff", strings.Repeat("Stromverbrauch", 1000), "a\u0301\u0301²³ß"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		list := tokens(header)
		require.LessOrEqual(t, len(list), headerTokens)
		for _, token := range list {
			require.NotEmpty(t, token)
			require.True(t, utf8.ValidString(token), "%q", token)
		}
		all := concepts(header)
		require.LessOrEqual(t, len(all), 4*headerTokens)
		slices.Sort(all)
		require.Len(t, slices.Compact(all), len(words().mentions(header)), "a concept stands twice")
	})
}

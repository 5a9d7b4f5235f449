package folder

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesOfAModelNameItsFilesAndItself(t *testing.T) {
	for address, want := range map[string][3]string{
		"https://github.com/smart-data-models/dataModel.Weather/tree/master/WeatherObserved":                                  {"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/WeatherObserved/schema.json", "Weather", "WeatherObserved"},
		"https://github.com/smart-data-models/dataModel.Weather/blob/master/WeatherObserved/schema.json":                      {"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/WeatherObserved/schema.json", "Weather", "WeatherObserved"},
		"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/refs/heads/master/WeatherObserved/schema.json": {"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/refs/heads/master/WeatherObserved/schema.json", "Weather", "WeatherObserved"},
		"https://smart-data-models.github.io/dataModel.Weather/WeatherObserved/":                                              {"https://smart-data-models.github.io/dataModel.Weather/WeatherObserved/schema.json", "Weather", "WeatherObserved"},
		"https://github.com/city/pilot/tree/main/data-models/Water/Meter":                                                     {"https://raw.githubusercontent.com/city/pilot/main/data-models/Water/Meter/schema.json", "Water", "Meter"},
		"https://raw.githubusercontent.com/city/water/main/Meter/schema.json":                                                 {"https://raw.githubusercontent.com/city/water/main/Meter/schema.json", "water", "Meter"},
		"https://user:secret@example.org/models/Water/Meter/schema.json?token=x#top":                                          {"https://user:xxxxx@example.org/models/Water/Meter/schema.json", "Water", "Meter"},
	} {
		w, err := openWeb(t.Context(), address, nil)
		require.NoError(t, err)
		subject, name := w.modelName(true)
		require.Equal(t, want, [3]string{w.name(SchemaFile), subject, name}, address)
	}
	for _, address := range []string{"https://github.com/smart-data-models/dataModel.Weather", "https://github.com/a", "https://", "https://github.com/a/b/issues/1"} {
		_, err := openWeb(t.Context(), address, nil)
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, address)
	}
	w, err := openWeb(t.Context(), "https://example.org/S/Meter/schema.json?token=x", nil)
	require.NoError(t, err)
	require.Equal(t, "https://example.org/S/context.jsonld?token=x", w.address("../"+ContextFile).String(), "the key that the address has opens the other files too")
}

package models_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/modelstest"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/unit"
)

func TestFindTakesNamesWithAndWithoutSubject(t *testing.T) {
	c := models.Builtin()
	for _, name := range []string{"WeatherObserved", "Weather/WeatherObserved"} {
		m, err := c.Find(name)
		require.NoError(t, err)
		require.Equal(t, "Weather/WeatherObserved", m.QualifiedName())
		require.Equal(t, "https://smartdatamodels.org/dataModel.Weather/WeatherObserved", m.TypeIRI())
		require.Equal(t, "https://smartdatamodels.org/dataModel.Weather/windSpeed", m.IRI("windSpeed"))
		require.Empty(t, m.IRI("windSpeedo"))
	}
}

func TestFindNamesTheNearestModel(t *testing.T) {
	_, err := models.Builtin().Find("WeatherObservd")
	var unknown *models.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "Weather/WeatherObserved", unknown.Nearest)
	require.ErrorContains(t, err, "did you mean Weather/WeatherObserved?")

	_, err = models.Builtin().Find("Submarine")
	require.ErrorAs(t, err, &unknown)
	require.Empty(t, unknown.Nearest)
}

func TestFindRefusesAnAmbiguousName(t *testing.T) {
	c := modelstest.Catalogue(t, `{"subjects": [
		{"name": "Building", "terms": {}, "models": [{"name": "Sensor", "type": "Sensor", "attributes": [{"name": "a", "kind": "Property"}]}]},
		{"name": "Device", "terms": {}, "models": [{"name": "Sensor", "type": "Sensor", "attributes": [{"name": "a", "kind": "Relationship"}]}]}]}`)
	_, err := c.Find("Sensor")
	var ambiguous *models.AmbiguousError
	require.ErrorAs(t, err, &ambiguous)
	require.Equal(t, []string{"Building/Sensor", "Device/Sensor"}, ambiguous.Choices)

	require.Len(t, c.ByType("Sensor"), 2)
	require.Zero(t, c.KindOf("Sensor", "a"), "two models that disagree decide nothing")
	m, err := c.Find("Device/Sensor")
	require.NoError(t, err)
	require.Equal(t, ngsild.Relationship, m.Attribute("a").Kind)
}

func TestAModelHasNoKindThatNGSILDDoesNotHave(t *testing.T) {
	err := json.Unmarshal([]byte(`{"attributes": [{"name": "a", "kind": "Geo"}]}`), &models.Model{})
	require.ErrorContains(t, err, `unknown kind "Geo"`)
}

func TestKindOfTakesTermsAndIRIs(t *testing.T) {
	c := models.Builtin()
	require.Equal(t, ngsild.Relationship, c.KindOf("WeatherObserved", "refDevice"))
	require.Equal(t, ngsild.GeoProperty, c.KindOf("WeatherObserved", "location"))
	require.Equal(t, ngsild.Property, c.KindOf("https://smartdatamodels.org/dataModel.Weather/WeatherObserved", "https://smartdatamodels.org/dataModel.Weather/windSpeed"))
	require.Zero(t, c.KindOf("WeatherObserved", "noSuchThing"))
	require.Zero(t, c.KindOf("NoSuchType", "location"))
}

func TestEveryModelIsWholeAndItsUnitsAreCodes(t *testing.T) {
	list := models.Builtin().Models()
	require.Len(t, list, 775)
	kindless, contextless, typeless := 0, 0, 0
	for _, m := range list {
		if m.TypeIRI() == "" {
			typeless++
		}
		require.NotEmpty(t, m.Subject.Commit)
		for _, name := range m.Required {
			if name != "id" && name != "type" {
				require.NotNil(t, m.Attribute(name), "%s requires %s", m.QualifiedName(), name)
			}
		}
		for _, a := range m.Attributes {
			if a.Kind == 0 {
				kindless++
			}
			if m.IRI(a.Name) == "" {
				contextless++
			}
			for _, code := range a.Units {
				_, ok := unit.Lookup(code)
				require.True(t, ok, "%s %s: unit %s", m.QualifiedName(), a.Name, code)
			}
		}
	}
	require.Zero(t, kindless, "attributes of which neither official file states the kind")
	require.Equal(t, 2, typeless, "types that the official @context of their subject lacks")
	require.Equal(t, 98, contextless, "attributes that the official @context of their subject lacks")
}

func TestContextsAreRegisteredUnderEveryAddress(t *testing.T) {
	contexts := models.Contexts()
	for _, url := range []string{
		"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/context.jsonld",
		"https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/refs/heads/master/context.jsonld",
		"https://smart-data-models.github.io/dataModel.Weather/context.jsonld",
	} {
		var document struct {
			Context map[string]any `json:"@context"`
		}
		require.NoError(t, json.Unmarshal(contexts[url](), &document), url)
		require.Equal(t, "https://smartdatamodels.org/dataModel.Weather/windSpeed", document.Context["windSpeed"])
	}
	require.Len(t, contexts, 3*55)
}

func TestIRIsWithAPrefixOfTheContextAreWhole(t *testing.T) {
	m, err := models.Builtin().Find("S4BLDG/Building")
	require.NoError(t, err)
	require.Equal(t, "https://uri.etsi.org/ngsi-ld/location", m.IRI("location"))
	require.Equal(t, "geojson:bbox", m.IRI("bbox"), "the official @context lacks this prefix")
}

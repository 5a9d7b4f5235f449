package models_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
)

func TestSearchPutsTheMeantModelFirst(t *testing.T) {
	for words, want := range map[string]string{
		"weather observed":              "Weather/WeatherObserved",
		"WeatherObserved":               "Weather/WeatherObserved",
		"météo observée":                "Weather/WeatherObserved",
		"meteo prevision":               "Weather/WeatherForecast",
		"Prévisions météo":              "Weather/WeatherForecast",
		"wether forcast":                "Weather/WeatherForecast",
		"building":                      "Building/Building",
		"bâtiment":                      "Building/Building",
		"batiments":                     "Building/Building",
		"BATIMENT":                      "Building/Building",
		"bulding":                       "Building/Building",
		"consommation d'eau":            "WaterConsumption/WaterConsumptionObserved",
		"consomation eau":               "WaterConsumption/WaterConsumptionObserved",
		"water meter":                   "WaterConsumption/WaterConsumptionObserved",
		"compteur d'eau":                "WaterConsumption/WaterConsumptionObserved",
		"panneau photovoltaïque":        "GreenEnergy/PhotovoltaicDevice",
		"inverter":                      "Energy/InverterDevice",
		"onduleur":                      "Energy/InverterDevice",
		"indicateur":                    "KeyPerformanceIndicator/KeyPerformanceIndicator",
		"key performance indicator":     "KeyPerformanceIndicator/KeyPerformanceIndicator",
		"facture énergie":               "Consumption/ConsumptionCost",
		"facture énergétique":           "Consumption/ConsumptionCost",
		"communauté énergétique":        "EnergyCommunity/EnergyCommunity",
		"environnement intérieur":       "Environment/IndoorEnvironmentObserved",
		"communauté d'énergie":          "EnergyCommunity/EnergyCommunity",
		"smart meter electricity":       "Device/SmartMeteringObservation",
		"compteur communicant":          "Device/SmartMeteringObservation",
		"three phase":                   "Energy/ThreePhaseAcMeasurement",
		"triphasé":                      "Energy/ThreePhaseAcMeasurement",
		"camera":                        "Device/Camera",
		"caméra":                        "Device/Camera",
		"streetlight":                   "Streetlighting/Streetlight",
		"lampadaire":                    "Streetlighting/Streetlight",
		"off street parking":            "Parking/OffStreetParking",
		"air quality observed":          "Environment/AirQualityObserved",
		"mesures de qualité de l'air":   "Environment/AirQualityObserved",
		"waste container":               "WasteManagement/WasteContainer",
		"state of charge":               "Battery/StorageBatteryMeasurement",
		"plage":                         "PointOfInterest/Beach",
		"vigilance météo":               "Weather/WeatherAlert",
		"stateOfHealth":                 "Battery/StorageBatteryMeasurement",
		"totalActiveEnergyImport":       "Energy/ACMeasurement",
		"heart rate":                    "Device/PolarH10",
		"etat de la mer":                "Weather/SeaConditions",
		"point de livraison":            "Consumption/ConsumptionPoint",
		"production renouvelable":       "GreenEnergy/GreenEnergyGenerator",
		"Device":                        "Device/Device",
		"relevé d'un capteur":           "Device/DeviceMeasurement",
		"noise level observed":          "Environment/NoiseLevelObserved",
		"traffic flow":                  "Transportation/TrafficFlowObserved",
		"bike hire docking station":     "Transportation/BikeHireDockingStation",
		"stockage batterie electricite": "Battery/StorageBatteryDevice",
		"éclairage public":              "Streetlighting/Streetlight",
		"street light":                  "Streetlighting/Streetlight",
		"bornes de recharge":            "Transportation/EVChargingStation",
		"station météo":                 "Weather/WeatherObserved",
		"conteneur déchets":             "WasteManagement/WasteContainer",
		"place de parking":              "Parking/ParkingSpot",
		"arrêt de bus":                  "UrbanMobility/GtfsStop",
	} {
		hits := models.Builtin().Search(words)
		require.NotEmpty(t, hits, words)
		best := hits[0]
		if got := best.Model.QualifiedName(); got != want {
			t.Errorf("%s: %s %v, want %s", words, got, best.Reasons, want)
		}
		require.NotEmpty(t, best.Reasons)
	}
}

func TestSearchSaysWhy(t *testing.T) {
	hits := models.Builtin().Search("consomation EAU zzzzzz")
	require.Equal(t, []models.Reason{
		{Word: "consomation", Field: "name", Found: "WaterConsumptionObserved", How: "translated: consumption"},
		{Word: "eau", Field: "name", Found: "WaterConsumptionObserved", How: "translated: water"},
	}, hits[0].Reasons)
	require.Greater(t, hits[0].Score, hits[1].Score)
	require.Equal(t, []models.Reason{{Word: "wether", Field: "name", Found: "WeatherAlert", How: "typo"}}, models.Builtin().Search("wether")[0].Reasons)
	require.Empty(t, models.Builtin().Search("zzzzzz"))
	require.Empty(t, models.Builtin().Search(""))
	require.Empty(t, models.Builtin().Search("de la"), "words without a meaning find nothing")
	require.Equal(t, models.Builtin().Search("energy"), models.Builtin().Search("energy"), "the order is always the same")
}

func TestAKnownWordIsNoOtherOneMistyped(t *testing.T) {
	for _, word := range []string{"tree", "météo", "heat"} { // near three, metro and head
		for _, hit := range models.Builtin().Search(word) {
			require.NotEqual(t, "typo", hit.Reasons[0].How, "%s: %v", word, hit.Reasons)
			require.NotContains(t, hit.Reasons[0].How, "transport", word)
		}
	}
}

// TestEveryModelOfTheListedSubjectsHasALine holds our lines against the catalogue, and
// that none is taken from an official text.
func TestEveryModelOfTheListedSubjectsHasALine(t *testing.T) {
	count := 0
	for _, m := range models.Builtin().Models() {
		line := m.Line()
		if !slices.Contains(models.LineSubjects, m.Subject.Name) {
			require.Zero(t, line, m.QualifiedName())
			continue
		}
		count++
		require.NotEmpty(t, line.English, m.QualifiedName())
		require.NotEmpty(t, line.French, m.QualifiedName())
	}
	require.Equal(t, models.LineCount, count, "a line of a model that is not there")
}

func TestNoLineIsTakenFromAnOfficialText(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	for _, m := range models.Builtin().Models() {
		line := m.Line()
		if line.English == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.QualifiedName()), "schema.json"))
		require.NoError(t, err)
		official := strings.ToLower(string(text))
		words := strings.Fields(strings.ToLower(line.English))
		for i := range len(words) - 4 {
			require.NotContains(t, official, strings.Join(words[i:i+5], " "), m.QualifiedName())
		}
	}
}

func TestConflictsAreThoseThatTheAnalysisCounts(t *testing.T) {
	text, err := os.ReadFile(shared.Path(t, "analysis", "term-conflicts.json"))
	require.NoError(t, err)
	var want map[string]map[string][]string
	require.NoError(t, json.Unmarshal(text, &want))
	got := map[string]map[string][]string{}
	for term, meanings := range models.Builtin().Conflicts() {
		got[term] = map[string][]string{}
		for _, m := range meanings {
			got[term][m.IRI] = m.Subjects
		}
	}
	for term, meanings := range want {
		require.Equal(t, meanings, got[term], term)
		delete(got, term)
	}
	require.Empty(t, got)
}

func TestConflictsNameEveryMeaning(t *testing.T) {
	conflicts := models.Builtin().Conflicts()
	require.Len(t, slices.Collect(maps.Keys(conflicts)), 344)
	require.NotContains(t, slices.Collect(maps.Keys(conflicts)), "dataProvider")
	subjects := 0
	for _, meaning := range conflicts["temperature"] {
		subjects += len(meaning.Subjects)
	}
	require.Greater(t, subjects, 5)
}

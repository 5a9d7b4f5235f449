package folder

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
)

func TestUnitsInProseHaveACodeOnlyWhereTheyMeanOne(t *testing.T) {
	for text, want := range map[string]string{
		"kilowatt hour (kWh)": "KWH", " mg/L": "M1", "Volts (V)": "VLT", "volts": "VLT", "meters per second": "MTS", "Celsius degrees": "CEL",
		"volts-ampere-reactive (VAr)": "D44", "Hecto pascals": "A97", "KWT": "KWT",
		"litres/hour": "E32", "cubic meters/hour": "MQH", "persons": "IE", "0 to 1": "", "-1 to +1": "", "none": "", "Douglas sea scale": "", "mg/Kg SS": "",
	} {
		require.Equal(t, want, codeOf(text), text)
	}
}

// TestNumbersWithoutAUnitAreCountsRatiosAndIndices holds the subjects for which we fill in
// what the official texts leave out: the numbers without a unit have none, or which is not
// certain.
func TestNumbersWithoutAUnitAreCountsRatiosAndIndices(t *testing.T) {
	without := map[string][]string{
		"Battery":  {"cycleLife", "protectionIK", "statusPercent"},
		"Building": {"collapseRisk", "floorsAboveGround", "floorsBelowGround", "peopleCapacity", "peopleOccupancy"},
		"Device": {"cameraNum", "floor", "hr", "hrv", "numValue", "powerFactor", "rssi", "sensorTimeStamp", "sessionId", "timeStamp",
			"timestamp"},
		"Energy": {"doorCount", "maxSolarPowerMeasure", "nbMPPTrackersDC", "powerFactorAC", "protectionIK", "supplyPhaseNb",
			"totalDisplacementPowerFactor", "totalPowerFactor"},
		"GreenEnergy": {"PanelNbModules", "moduleNbCells", "moduleYieldRate"},
		"WaterConsumption": {"acquisitionStageFailure", "alarmInProgress", "alarmStopsLeaks", "alarmTamper", "alarmWaterQuality",
			"moduleTampered"},
		"Weather": {"airQualityIndex", "airQualityIndexForecast", "pH", "precipitationProbability", "relativeHumidity",
			"relativeHumidityForecast", "uVIndexMax", "waveLevel"},
	}
	units := map[string][2]int{} // of the official text, and ours
	for _, s := range models.Builtin().Subjects {
		if !slices.Contains([]string{"Battery", "Building", "Consumption", "Device", "Energy", "EnergyCommunity", "GreenEnergy", "WaterConsumption", "Weather"}, s.Name) {
			continue
		}
		var found []string
		for _, m := range s.Models() {
			for _, a := range m.Attributes {
				n := units[s.Name]
				switch {
				case a.UnitsOurs:
					n[1]++
				case len(a.Units) > 0:
					n[0]++
				case (a.Shape.Type == "number" || a.Shape.Type == "integer") && !slices.Contains(found, a.Name):
					found = append(found, a.Name)
				}
				units[s.Name] = n
			}
		}
		slices.Sort(found)
		require.Equal(t, without[s.Name], found, s.Name)
	}
	require.Equal(t, map[string][2]int{"Battery": {42, 0}, "Building": {1, 0}, "Consumption": {0, 0}, "Device": {4, 6}, "Energy": {79, 7},
		"EnergyCommunity": {0, 3}, "GreenEnergy": {29, 0}, "WaterConsumption": {3, 0}, "Weather": {16, 12}}, units)
}

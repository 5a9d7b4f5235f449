package folder

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnitsInProseHaveACodeOnlyWhereTheyMeanOne(t *testing.T) {
	for text, want := range map[string]string{
		"kilowatt hour (kWh)": "KWH", " mg/L": "M1", "Volts (V)": "VLT", "volts": "VLT", "meters per second": "MTS", "Celsius degrees": "CEL",
		"volts-ampere-reactive (VAr)": "D44", "Hecto pascals": "A97", "KWT": "KWT",
		"persons": "IE", "0 to 1": "", "-1 to +1": "", "none": "", "Douglas sea scale": "", "mg/Kg SS": "",
	} {
		require.Equal(t, want, codeOf(text), text)
	}
}

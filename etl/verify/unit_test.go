package verify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/mapping"
)

func TestMeasureReadsTheUnitBehindANumber(t *testing.T) {
	m := &measure{Measure: mapping.Measure{From: "KWH", To: "MWH"}}
	for text, want := range map[string]string{"12.5 kWh": "25/2", "1.5MWh": "1500/1", "-2 kWh": "-2/1"} {
		got, ok := m.withUnit(text)
		require.True(t, ok, text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{"12 m3", "12 bis", "kWh", "NA", ""} {
		_, ok := m.withUnit(text)
		require.False(t, ok, text)
	}
	_, ok := (&measure{}).withUnit("12 kWh")
	require.False(t, ok, "the mapping names no unit")
}

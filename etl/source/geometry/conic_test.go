package geometry

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConicHasTheConstantsThatIGNPublishes: exponent n, constant C and ordinate
// of the pole Ys of Lambert-93.
func TestConicHasTheConstantsThatIGNPublishes(t *testing.T) {
	require.InDelta(t, 0.7256077650, lambert93.n, 1e-10)
	require.InDelta(t, 11754255.426, lambert93.scale, 1e-3)
	require.InDelta(t, 12655612.050, lambert93.northing+lambert93.rho, 1e-3)
}

// TestConicGivesTheExampleOfIOGP is the worked example of method 9802 in IOGP
// Publication 373-7-2: NAD27 / Texas South Central, in US survey feet.
func TestConicGivesTheExampleOfIOGP(t *testing.T) {
	const a = 20925832.164 // Clarke 1866, in US survey feet
	texas := newConic(a, 1/294.97870, 27.0+50.0/60, -99, 28.0+23.0/60, 30.0+17.0/60, 2000000, 0)
	lon, lat := texas.inverse(2963503.91, 254759.80)
	require.InDelta(t, -96, lon, 1e-7)
	require.InDelta(t, 28.5, lat, 1e-7)
}

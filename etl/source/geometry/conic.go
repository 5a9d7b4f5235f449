package geometry

import "math"

// conic is a Lambert conformal conic projection with two standard parallels,
// of the northern hemisphere: IOGP Publication 373-7-2 (EPSG Guidance Note 7-2), method 9802.
type conic struct {
	lon0          float64 // of the false origin, in radians
	easting       float64 // at the false origin
	northing      float64
	e             float64 // eccentricity of the ellipsoid
	n, scale, rho float64 // n; a·F; radius at the false origin
}

// newConic computes the constants of a projection. a is the semi-major axis in
// the unit of easting and northing, f the flattening; angles are in degrees.
func newConic(a, f, lat0, lon0, parallel1, parallel2, easting, northing float64) conic {
	c := conic{lon0: lon0 * radian, easting: easting, northing: northing, e: math.Sqrt(2*f - f*f)}
	m1, t1 := c.m(parallel1*radian), c.t(parallel1*radian)
	m2, t2 := c.m(parallel2*radian), c.t(parallel2*radian)
	c.n = (math.Log(m1) - math.Log(m2)) / (math.Log(t1) - math.Log(t2))
	c.scale = a * m1 / (c.n * math.Pow(t1, c.n))
	c.rho = c.scale * math.Pow(c.t(lat0*radian), c.n)
	return c
}

const radian = math.Pi / 180

func (c conic) m(lat float64) float64 {
	s := math.Sin(lat)
	return math.Cos(lat) / math.Sqrt(1-c.e*c.e*s*s)
}

func (c conic) t(lat float64) float64 {
	s := c.e * math.Sin(lat)
	return math.Tan(math.Pi/4-lat/2) / math.Pow((1-s)/(1+s), c.e/2)
}

// inverse gives longitude and latitude in degrees.
func (c conic) inverse(x, y float64) (lon, lat float64) {
	dx, dy := x-c.easting, c.rho-(y-c.northing)
	t := math.Pow(math.Hypot(dx, dy)/c.scale, 1/c.n)
	phi := math.Pi/2 - 2*math.Atan(t)
	for range 20 {
		s := c.e * math.Sin(phi)
		next := math.Pi/2 - 2*math.Atan(t*math.Pow((1-s)/(1+s), c.e/2))
		done := math.Abs(next-phi) < 1e-14
		phi = next
		if done {
			break
		}
	}
	return (math.Atan2(dx, dy)/c.n + c.lon0) / radian, phi / radian
}

// lambert93 is EPSG:2154 on the ellipsoid GRS 80.
var lambert93 = newConic(6378137, 1/298.257222101, 46.5, 3, 49, 44, 700000, 6600000)

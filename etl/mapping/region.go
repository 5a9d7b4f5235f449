package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unsafe"

	"golang.org/x/text/unicode/norm"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// region is a box in degrees that points lie in. west is less than east, south
// less than north.
type region struct {
	name                     string
	west, south, east, north float64
}

// side says where a point lies in relation to a region.
type side uint8

const (
	inside  side = iota
	swapped      // outside, and inside when latitude and longitude change places
	outside      // outside either way
)

// side gives the side of a point whose coordinates are JSON numbers.
func (r *region) side(lat, lon []byte) side {
	// A whole degree away from each border nothing needs to be parsed.
	y, x := wholeDegrees(lat), wholeDegrees(lon)
	if y-1 > r.south && y+1 < r.north && x-1 > r.west && x+1 < r.east {
		return inside
	}
	y, x = degrees(lat), degrees(lon)
	switch {
	case r.holds(y, x):
		return inside
	case r.holds(x, y):
		return swapped
	}
	return outside
}

func (r *region) holds(lat, lon float64) bool {
	return r.south <= lat && lat <= r.north && r.west <= lon && lon <= r.east
}

// degrees parses a JSON number.
func degrees(number []byte) float64 {
	f, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(number), len(number)), 64)
	return f
}

// wholeDegrees gives a JSON number without its decimals; for one with an
// exponent a number that is no degree.
func wholeDegrees(number []byte) float64 {
	n, sign := 0.0, 1.0
	for i, c := range number {
		switch {
		case i == 0 && c == '-':
			sign = -1
		case '0' <= c && c <= '9':
			n = n*10 + float64(c-'0')
		case c == '.':
			if strings.IndexByte(unsafe.String(unsafe.SliceData(number), len(number)), 'e') < 0 {
				return sign * n
			}
			return 1000
		default:
			return 1000
		}
	}
	return sign * n
}

// region gives the region that points of a converter are held against: the one
// that within: declares, else that of the source's time zone, else nil.
func (c *compiler) region(def *cellDef) *region {
	if def.within == nil {
		if box, ok := zoneRegions[c.m.Source.Timezone]; ok {
			return &region{c.m.Source.Timezone, box[0], box[1], box[2], box[3]}
		}
		return nil
	}
	var box []float64
	at := def.keys["within"]
	if err := json.Unmarshal(def.within, &box); err != nil || len(box) != 4 {
		c.fault(finding.MappingConverter, at, "within must be four numbers").Hint = withinHint
		return nil
	}
	r := &region{"within", box[0], box[1], box[2], box[3]}
	switch {
	case r.west < -180 || r.east > 180 || r.south < -90 || r.north > 90:
		c.fault(finding.MappingConverter, at, "within goes beyond the Earth: longitude is from -180 to 180, latitude from -90 to 90").Hint = withinHint
		return nil
	case r.west >= r.east || r.south >= r.north:
		c.fault(finding.MappingConverter, at, "within has no inside: west is not less than east, or south not less than north").Hint = withinHint
		return nil
	}
	return r
}

const withinHint = "it is [west, south, east, north] in degrees, for Paris: within: [2.2, 48.8, 2.5, 48.95]"

// pointOrder compares the order in which a point is read with what the names of
// its columns say.
func (c *compiler) pointOrder(def *cellDef, lonFirst bool) {
	if def.within != nil {
		return // where the names are wrong, the places are known
	}
	says := axisNone
	name := ""
	switch len(def.columns) {
	case 1:
		name = strconv.Quote(def.columns[0].text)
		says = orderInName(def.columns[0].text)
	case 2:
		name = strconv.Quote(def.columns[0].text) + " and " + strconv.Quote(def.columns[1].text)
		first, second := axisOf(def.columns[0].text), axisOf(def.columns[1].text)
		if first != second && second != axisNone {
			says = first
		}
	}
	if says == axisNone || (says == axisLon) == lonFirst {
		return
	}
	have, want := "lat-lon", "lon-lat"
	if lonFirst {
		have, want = want, have
	}
	at := def.at
	if p, set := def.keys["order"]; set {
		at = p
	} else if len(def.columns) > 0 {
		at = def.columns[0].at
	}
	c.fault(finding.MappingPoint, at, "the name of %s says %s, and the point is read in the order %s", name, want, have).Hint =
		"set order: " + want + "; where the name is wrong, say where the points lie: within: [west, south, east, north]"
}

// PointOrder gives the order in which a column that holds both coordinates has them, as
// its name says: lat-lon, lon-lat, or "" where it does not.
func PointOrder(column string) string {
	switch orderInName(column) {
	case axisLat:
		return "lat-lon"
	case axisLon:
		return "lon-lat"
	}
	return ""
}

// axis is which of the two coordinates a name speaks of.
type axis uint8

const (
	axisNone axis = iota
	axisLat
	axisLon
)

// The words for the two axes in headers, without accents.
var (
	latWords = []string{"lat", "latitude", "latitud", "latitudine", "breite", "breitengrad", "breedtegraad", "szerokosc", "ylat"}
	lonWords = []string{"lon", "lng", "long", "longitude", "longitud", "longitudine", "lange", "laenge", "langengrad", "laengengrad", "lengtegraad", "dlugosc", "xlon", "xlong"}
)

// axisOf gives the axis of a column that holds one coordinate.
func axisOf(name string) axis {
	found := axisNone
	for _, w := range headerWords(name) {
		switch a := axisOfWord(w); {
		case a == axisNone:
		case found == axisNone:
			found = a
		case found != a:
			return axisNone
		}
	}
	return found
}

func axisOfWord(w string) axis {
	switch {
	case slices.Contains(latWords, w):
		return axisLat
	case slices.Contains(lonWords, w):
		return axisLon
	}
	return axisNone
}

// orderInName gives the axis that comes first in a column that holds both:
// "lat, lon", "LonLat", and the name under which Opendatasoft exports "lat, lon".
func orderInName(name string) axis {
	words := headerWords(name)
	joined := strings.Join(words, "")
	switch joined {
	case "geopoint2d", "geopoint", "latlon", "latlong", "latlng":
		return axisLat
	case "lonlat", "longlat", "lnglat":
		return axisLon
	}
	first, other := axisNone, false
	for _, w := range words {
		switch a := axisOfWord(w); {
		case a == axisNone:
		case first == axisNone:
			first = a
		case a != first:
			other = true
		}
	}
	if !other {
		return axisNone
	}
	return first
}

// headerWords gives the words of a header in lower case without accents;
// camelCase is parted too.
func headerWords(name string) []string {
	var words []string
	word := ""
	end := func() {
		if word != "" {
			words, word = append(words, word), ""
		}
	}
	lower := false
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r):
			if unicode.IsUpper(r) && lower {
				end()
			}
			lower = unicode.IsLower(r)
			word += string(unicode.ToLower(r))
		case unicode.IsDigit(r):
			word += string(r)
			lower = false
		default:
			end()
			lower = false
		}
	}
	end()
	return words
}

// zoneRegions gives, for time zones of the IANA database, the box in whole and
// half degrees around the land that keeps them: west, south, east, north. It is
// there to tell latitude from longitude and no map: boxes are generous. A zone
// that is not here says nothing of where points lie.
var zoneRegions = map[string][4]float64{
	"Africa/Algiers": {-9, 18.5, 12.5, 37.5}, "Africa/Casablanca": {-17.5, 20.5, -0.5, 36.5}, "Africa/Johannesburg": {16, -35.5, 33.5, -21.5},
	"Africa/Lagos": {2, 4, 15, 14.5}, "Africa/Nairobi": {33.5, -5, 42.5, 5.5}, "Africa/Tunis": {7, 30, 12, 38},
	"America/Argentina/Buenos_Aires": {-64, -42, -56, -33}, "America/Bogota": {-82, -4.5, -66.5, 13.5}, "America/Cayenne": {-55, 2, -51, 6.5},
	"America/Chicago": {-105, 25.5, -84, 49.5}, "America/Denver": {-117, 30.5, -100, 49.5}, "America/Guadeloupe": {-62, 15.5, -60.5, 17},
	"America/Lima": {-82, -19, -68, 0.5}, "America/Los_Angeles": {-125, 32, -113.5, 49.5}, "America/Martinique": {-61.5, 14, -60.5, 15.5},
	"America/Mexico_City": {-106, 14, -87.5, 26.5}, "America/New_York": {-90, 24, -66.5, 48.5}, "America/Santiago": {-76.5, -56.5, -66, -17},
	"America/Sao_Paulo": {-58.5, -34, -39, -12}, "America/Toronto": {-96, 41.5, -64, 64}, "America/Vancouver": {-139.5, 48, -114, 60.5},
	"Arctic/Longyearbyen": {10, 74, 35, 81}, "Asia/Dubai": {51, 22, 57, 26.5}, "Asia/Hong_Kong": {113.5, 22, 114.5, 23}, "Asia/Kolkata": {68, 6, 98, 36},
	"Asia/Nicosia": {32, 34, 35, 36}, "Asia/Seoul": {124.5, 33, 132, 39}, "Asia/Shanghai": {73, 18, 135.5, 54}, "Asia/Singapore": {103, 1, 104.5, 2},
	"Asia/Tokyo": {122.5, 20, 154.5, 46}, "Atlantic/Azores": {-31.5, 36.5, -24.5, 40}, "Atlantic/Canary": {-18.5, 27.5, -13, 29.5},
	"Atlantic/Faroe": {-8, 61, -6, 62.5}, "Atlantic/Madeira": {-17.5, 32, -16, 33.5}, "Atlantic/Reykjavik": {-25, 63, -13, 67},
	"Australia/Melbourne": {140.5, -39.5, 150.5, -33.5}, "Australia/Sydney": {140.5, -38, 154, -28},
	"Europe/Amsterdam": {3, 50.5, 7.5, 54}, "Europe/Andorra": {1, 42, 2, 43}, "Europe/Athens": {19, 34.5, 30, 42}, "Europe/Belfast": {-8.5, 53.5, -5, 55.5},
	"Europe/Belgrade": {18.5, 41.5, 23.5, 46.5}, "Europe/Berlin": {5.5, 47, 15.5, 55.5}, "Europe/Bratislava": {16.5, 47.5, 23, 50}, "Europe/Brussels": {2, 49, 6.5, 52},
	"Europe/Bucharest": {20, 43.5, 30, 48.5}, "Europe/Budapest": {16, 45.5, 23, 49}, "Europe/Busingen": {8, 47.5, 9, 48}, "Europe/Chisinau": {26.5, 45, 30.5, 49},
	"Europe/Copenhagen": {7.5, 54, 15.5, 58}, "Europe/Dublin": {-11, 51, -5, 56}, "Europe/Gibraltar": {-5.5, 36, -5, 36.5}, "Europe/Guernsey": {-3, 49, -2, 50},
	"Europe/Helsinki": {19, 59, 32, 70.5}, "Europe/Isle_of_Man": {-5, 54, -4, 54.5}, "Europe/Istanbul": {25.5, 35.5, 45, 42.5}, "Europe/Jersey": {-2.5, 49, -1.5, 49.5},
	"Europe/Kiev": {22, 44, 40.5, 52.5}, "Europe/Kyiv": {22, 44, 40.5, 52.5}, "Europe/Lisbon": {-10, 36.5, -6, 42.5}, "Europe/Ljubljana": {13, 45, 17, 47},
	"Europe/London": {-9, 49.5, 2.5, 61}, "Europe/Luxembourg": {5.5, 49, 7, 50.5}, "Europe/Madrid": {-9.5, 35, 4.5, 44}, "Europe/Malta": {14, 35.5, 15, 36.5},
	"Europe/Mariehamn": {19, 59.5, 21.5, 61}, "Europe/Minsk": {23, 51, 33, 56.5}, "Europe/Monaco": {7, 43.5, 7.5, 44}, "Europe/Oslo": {4, 57.5, 31.5, 71.5},
	"Europe/Paris": {-5.5, 41, 10, 51.5}, "Europe/Podgorica": {18, 41.5, 20.5, 44}, "Europe/Prague": {12, 48.5, 19, 51.5}, "Europe/Riga": {20.5, 55.5, 28.5, 58.5},
	"Europe/Rome": {6.5, 35, 19, 47.5}, "Europe/San_Marino": {12, 43.5, 13, 44}, "Europe/Sarajevo": {15.5, 42.5, 20, 45.5}, "Europe/Skopje": {20, 40.5, 23.5, 42.5},
	"Europe/Sofia": {22, 41, 29, 44.5}, "Europe/Stockholm": {10.5, 55, 24.5, 69.5}, "Europe/Tallinn": {21.5, 57.5, 28.5, 60}, "Europe/Tirane": {19, 39.5, 21.5, 43},
	"Europe/Vaduz": {9, 47, 10, 47.5}, "Europe/Vatican": {12, 41.5, 13, 42}, "Europe/Vienna": {9.5, 46, 17.5, 49.5}, "Europe/Vilnius": {20.5, 53.5, 27, 56.5},
	"Europe/Warsaw": {14, 48.5, 24.5, 55}, "Europe/Zagreb": {13, 42, 19.5, 47}, "Europe/Zurich": {5.5, 45.5, 11, 48},
	"Indian/Mayotte": {44.5, -13.5, 45.5, -12}, "Indian/Reunion": {55, -21.5, 56, -20.5}, "Pacific/Auckland": {166, -48, 179, -34},
	"Pacific/Noumea": {163, -23, 169, -19}, "Pacific/Tahiti": {-155, -24, -138, -14},
}

// Package geometry owns what the formats with geometries share: the coordinate
// reference systems that can be read, the conversion to WGS 84, and geometries
// written as GeoJSON (RFC 7946).
package geometry

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// CRS is a coordinate reference system. The zero value is none.
type CRS struct {
	name    string
	convert func(x, y float64) (lon, lat float64)
}

// The systems that can be read. RGF93, on which Lambert-93 stands, is taken
// for WGS 84: they agree within a metre.
var (
	WGS84     = CRS{name: "WGS 84"}
	Lambert93 = CRS{name: "Lambert-93", convert: lambert93.inverse}
)

// String gives the usual name.
func (c CRS) String() string { return c.name }

// Known reports whether c is a system at all.
func (c CRS) Known() bool { return c.name != "" }

// Projected reports whether coordinates have to be converted to degrees.
func (c CRS) Projected() bool { return c.convert != nil }

// WGS84 gives longitude and latitude in degrees of a position in c.
func (c CRS) WGS84(x, y float64) (lon, lat float64) {
	if c.convert == nil {
		return x, y
	}
	return c.convert(x, y)
}

var code = regexp.MustCompile(`(?i)(?:^|[/:])(EPSG|OGC|CRS)[/:][^/:]*[/:]?([A-Z0-9]+)$`)

// Lookup gives the system of a code: "EPSG:2154", "urn:ogc:def:crs:OGC:1.3:CRS84",
// "http://www.opengis.net/def/crs/EPSG/0/4326", or of a usual name.
func Lookup(name string) (CRS, bool) {
	name = strings.TrimSpace(name)
	switch fold(name) {
	case "wgs84", "epsg4326", "4326", "crs84", "ogccrs84":
		return WGS84, true
	case "lambert93", "rgf93lambert93", "epsg2154", "2154":
		return Lambert93, true
	}
	if m := code.FindStringSubmatch(name); m != nil {
		switch strings.ToUpper(m[2]) {
		case "4326", "CRS84", "84":
			return WGS84, true
		case "2154", "9793", "9794":
			return Lambert93, true
		}
	}
	return CRS{}, false
}

func fold(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		}
		return -1
	}, name)
}

// FromWKT gives the system that a text in well-known text (OGC 01-009, and ISO
// 19162 as far as names go) describes, as a .prj file has it, and the name that
// stands in it. A system that cannot be read is not Known.
func FromWKT(text string) (CRS, string) {
	n := parseWKT(text)
	if n == nil {
		return CRS{}, ""
	}
	return n.system(), n.text
}

// system gives the system that a node describes.
func (n *wkt) system() CRS {
	switch n.keyword {
	case "GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS":
		datum := n.find("DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE")
		if datum == nil {
			datum = n
		}
		switch fold(datum.text) {
		case "dwgs1984", "wgs1984", "wgs84", "gcswgs1984", "worldgeodeticsystem1984", "worldgeodeticsystem1984ensemble":
			return WGS84
		}
	case "PROJCS", "PROJCRS", "PROJECTEDCRS":
		if n.isLambert93() {
			return Lambert93
		}
	case "COMPD_CS", "COMPOUNDCRS":
		for _, part := range n.children {
			if crs := part.system(); crs.Known() {
				return crs
			}
		}
	}
	return CRS{}
}

// isLambert93 holds the projection's parameters against those of EPSG:2154,
// whatever it is called.
func (n *wkt) isLambert93() bool {
	base := n.find("GEOGCS", "BASEGEOGCRS", "BASEGEODCRS")
	if base == nil || !strings.Contains(fold(base.text), "rgf93") && !strings.Contains(fold(base.text), "rgf1993") {
		return false
	}
	parameters := n.children
	if conversion := n.find("CONVERSION"); conversion != nil {
		parameters = conversion.children
	}
	found := map[string]float64{}
	for _, p := range parameters {
		if p.keyword != "PARAMETER" {
			continue
		}
		switch fold(p.text) {
		case "standardparallel1", "latitudeof1ststandardparallel":
			found["parallel"] += p.number
		case "standardparallel2", "latitudeof2ndstandardparallel":
			found["parallel"] += p.number
		case "latitudeoforigin", "latitudeoffalseorigin":
			found["latitude"] = p.number
		case "centralmeridian", "longitudeoffalseorigin", "longitudeoforigin":
			found["longitude"] = p.number
		case "falseeasting", "eastingatfalseorigin":
			found["easting"] = p.number
		case "falsenorthing", "northingatfalseorigin":
			found["northing"] = p.number
		}
	}
	for key, want := range map[string]float64{"parallel": 93, "latitude": 46.5, "longitude": 3, "easting": 700000, "northing": 6600000} {
		if math.Abs(found[key]-want) > 1e-9 {
			return false
		}
	}
	return true
}

// wkt is a node of well-known text: KEYWORD["text", number, CHILD[…]].
type wkt struct {
	keyword  string
	text     string
	number   float64 // the first
	children []*wkt
}

func (n *wkt) find(keywords ...string) *wkt {
	for _, c := range n.children {
		for _, k := range keywords {
			if c.keyword == k {
				return c
			}
		}
	}
	return nil
}

// parseWKT reads the first node of a text, or gives nil where there is none.
func parseWKT(s string) *wkt {
	n, _ := parseNode(strings.TrimSpace(strings.TrimPrefix(s, "\ufeff")), 0)
	return n
}

func parseNode(s string, depth int) (*wkt, string) {
	open := strings.IndexAny(s, "[(")
	if open <= 0 || depth > 20 {
		return nil, ""
	}
	n := &wkt{keyword: strings.ToUpper(strings.TrimSpace(s[:open])), number: math.NaN()}
	rest := s[open+1:]
	named := false
	for {
		rest = strings.TrimLeft(rest, " \t\r\n,")
		switch {
		case rest == "":
			return nil, ""
		case rest[0] == ']' || rest[0] == ')':
			return n, rest[1:]
		case rest[0] == '"':
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil, ""
			}
			if !named {
				n.text, named = rest[1:1+end], true
			}
			rest = rest[end+2:]
		default:
			end := strings.IndexAny(rest, ",[]()")
			if end < 0 {
				return nil, ""
			}
			if rest[end] == '[' || rest[end] == '(' {
				child, after := parseNode(rest, depth+1)
				if child == nil {
					return nil, ""
				}
				n.children = append(n.children, child)
				rest = after
				continue
			}
			if v, err := strconv.ParseFloat(strings.TrimSpace(rest[:end]), 64); err == nil && math.IsNaN(n.number) {
				n.number = v
			}
			rest = rest[end:]
		}
	}
}

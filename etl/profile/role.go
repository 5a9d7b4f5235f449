package profile

import (
	"regexp"
	"strings"

	"github.com/ldtkit/ldt/ngsild/unit"
)

// Role is what a column seems to be for.
type Role string

// The roles of a column.
const (
	RoleID        Role = "id"        // names the thing that the row is about
	RoleTime      Role = "time"      // when
	RolePlace     Role = "place"     // where: coordinates, a code or name of a territory, an address
	RoleMeasure   Role = "measure"   // a quantity
	RoleDimension Role = "dimension" // one of a few categories
	RoleText      Role = "text"      // anything else
)

var (
	yearly = regexp.MustCompile(`\b(?:annees?|ans?|years?|jahre?|jaar|anos?|ano|anni|millesime|exercice)\b`)
	timely = regexp.MustCompile(`\b(?:dates?|jours?|days?|tag|datum|fecha|data|giorno|dia|time|timestamp|horodate|horodatage|debut|fin|start|end|from|to|mois|month|period|periode)\b`)
	placed = regexp.MustCompile(`\b(?:lat|lon|lng|long|latitude|longitude|coord\w*|x|y|geo\w*|geom\w*|wkt|shape|insee|iris|communes?|cp|code postal|postal ?code|post ?code|postcode|zip|plz|adresse|address|rue|voie|street|strasse|straat|quartier|arrondissement|ville|city|town|district|departement|region|epci|country|pays|gemeinde|gemeente|municipio|comune|nuts|lau|localite|location|place|lieu|depcom|arinsee)\b`)
	// nameless is the name that a column without one is given.
	nameless = regexp.MustCompile(`^column \d+'*$`)
	// coordinate are those of placed that a number may be.
	coordinate = regexp.MustCompile(`\b(?:lat|lon|lng|long|latitude|longitude|coord\w*|x|y)\b`)
	counting   = regexp.MustCompile(`\b(?:number of|nombre|nb|nbre|count|total|anzahl|aantal|numero de)\b`)
	naming     = regexp.MustCompile(`\b(?:id|ids|identifiant|identifier|uuid|guid|uri|urn|code|ref|reference|num|numero|number|no|nr|key|cle|matricule|serial|prm|pdl|pce|ean|cups|mpan|pod|siret|siren|fid|gid|objectid)\b`)
)

// fewCategories is up to how many different texts make a dimension.
const fewCategories = 60

func roleOf(c *Column, rows int64) Role {
	name := words(c.Name)
	unique := c.DistinctExact && rows > 1 && c.Empty == 0 && c.Distinct == rows
	if !c.DistinctExact {
		unique = c.Empty == 0 && float64(c.Distinct) > 0.97*float64(rows)
	}
	number := c.Type == Integer || c.Type == Number
	named := naming.MatchString(name) && !counting.MatchString(name)
	switch {
	case c.Type == Empty:
		return RoleText
	case c.Type == Date || c.Type == DateTime || c.Type == Time || c.Type == Year:
		return RoleTime
	case c.Type == Boolean:
		return RoleDimension
	case c.Type == Point || c.Type == GeoJSON:
		return RolePlace
	case c.Personal == MeterID:
		return RoleID
	case c.Unit != "":
		return RoleMeasure
	case c.Type == Number && !placed.MatchString(name):
		return RoleMeasure
	case c.Type == Integer && yearly.MatchString(name) && !strings.ContainsAny(name, "0123456789"): // 18_25_ans is an age
		return RoleTime
	case unique && (named || c.Type == Integer && nameless.MatchString(c.Name)):
		return RoleID
	case placed.MatchString(name) && (c.Type != Number || coordinate.MatchString(name)):
		return RolePlace
	case unique && !number && !strings.ContainsAny(c.Min+c.Max, " \n"):
		return RoleID
	case c.Type == Code, number && named:
		return RoleDimension
	case number:
		return RoleMeasure
	case c.Distinct <= fewCategories && (c.Distinct*2 <= rows || rows <= 2):
		return RoleDimension
	}
	return RoleText
}

// unitOf finds the unit that a header names: behind its last space with a sign in it
// ("O3 - µg/m3", "noise dB(A)"), in brackets ("Conso (MWh)") that are no plural ("site(s)"),
// between a comma and a bracket ("Temp, °C (sensor 7)"), or as its last word ("conso_kwh", "surface m2").
func unitOf(header string, t Type) (code, text string) {
	if t != Integer && t != Number {
		return "", ""
	}
	if last := header[strings.LastIndexByte(header, ' ')+1:]; last != header && signed.MatchString(last) {
		if u, ok := unit.Parse(last); ok {
			return u.Code, last
		}
	}
	header = plural.ReplaceAllString(header, "$1")
	for _, pair := range [...]string{"()", "[]", "<>"} {
		open, end := strings.LastIndexByte(header, pair[0]), strings.LastIndexByte(header, pair[1])
		if open >= 0 && end > open+1 {
			if u, ok := unit.Parse(header[open+1 : end]); ok {
				return u.Code, header[open+1 : end]
			}
		}
	}
	if m := afterComma.FindStringSubmatch(header); m != nil {
		if u, ok := unit.Parse(m[1]); ok {
			return u.Code, m[1]
		}
	}
	parts := strings.FieldsFunc(header, func(r rune) bool {
		return r == ' ' || r == '_' || r == '-' || r == '/' || r == '.' || r == ',' || r == ':'
	})
	if len(parts) == 0 {
		return "", ""
	}
	last := parts[len(parts)-1]
	if u, ok := unit.Parse(last); ok && meansUnit(parts, u) {
		return u.Code, last
	}
	return "", ""
}

var (
	signed     = regexp.MustCompile(`^[^([<].*[/(]|^[°℃]`)
	plural     = regexp.MustCompile(`(\pL)\((?:s|e|es|x)\)`)
	afterComma = regexp.MustCompile(`, *([^ ,()]+) *\(`)

	lasting = regexp.MustCompile(`\b(?:duration|duree|dauer|duur|durata|duracion|time|temps|tempo|tiempo|zeit|tijd|age|delay|delai|lead)\b`)
	per     = regexp.MustCompile(`^(?:per|par|pro|por|je|a)$`)
	// unmistakable is a symbol that is a unit also where nothing stands before it: letters
	// in two cases (kW), a digit behind letters (m3), a sign (°C), or three letters and more.
	unmistakable = regexp.MustCompile(`\p{Ll}\p{Lu}|\p{L}[0-9]|[^\p{L}0-9]|\p{L}{3}`)
)

// meansUnit reports whether the last word of a header, which could be a unit, is meant as
// one: not a letter, a code of no common writing (23, MON), a "meter" by itself, what stands
// behind "per", the short name of a currency (the sol of "hors sol"), nor a span of time
// where nothing says that the column has one.
func meansUnit(parts []string, u unit.Unit) bool {
	last := parts[len(parts)-1]
	before := words(strings.Join(parts[:len(parts)-1], " "))
	switch {
	case len([]rune(last)) < 2 && last != "%", strings.EqualFold(last, "no"):
		return false
	case last == u.Code && !strings.EqualFold(last, u.Symbol):
		return false
	case strings.HasPrefix(u.Dimension, "money:") && len(last) < 4 && !strings.EqualFold(last, u.Code) && !strings.EqualFold(last, u.Symbol):
		return false
	case u.Dimension == "time", u.Dimension == "calendar time":
		return lasting.MatchString(before)
	case len(parts) == 1:
		return unmistakable.MatchString(last) && (strings.EqualFold(last, u.Symbol) || strings.ContainsAny(last, "0123456789²³°"))
	}
	return !per.MatchString(words(parts[len(parts)-2]))
}

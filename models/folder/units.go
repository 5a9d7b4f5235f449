package folder

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// quantity is the UN/CEFACT codes that a value of an attribute may stand in: any
// unit of the dimension of one of them is right.
type quantity struct {
	codes []string
	// ours is set where the official text names no unit.
	ours bool
}

// units holds the unit of each Subject/Model/attribute whose quantity is
// certain; * is any model of the subject. The official texts write units in
// prose ("Hecto pascals"), so the codes are given here.
var units = map[string]quantity{
	"Weather/*/atmosphericPressure":                     {codes: []string{"A97"}},
	"Weather/*/illuminance":                             {codes: []string{"LUX"}},
	"Weather/*/precipitation":                           {codes: []string{"MMT", "28"}}, // 1 l/m² is 1 mm, and 1 kg/m² of water
	"Weather/*/solarRadiation":                          {codes: []string{"D54"}},
	"Weather/*/directIrradiation":                       {codes: []string{"D54"}},
	"Weather/*/diffuseIrradiation":                      {codes: []string{"D54"}},
	"Weather/*/dewPoint":                                {codes: []string{"CEL"}},
	"Weather/*/streamGauge":                             {codes: []string{"CMT"}},
	"Weather/*/snowHeight":                              {codes: []string{"CMT"}},
	"Weather/*/surfaceTemperature":                      {codes: []string{"CEL"}},
	"Weather/*/waveHeight":                              {codes: []string{"MTR"}},
	"Weather/*/wavePeriod":                              {codes: []string{"SEC"}},
	"Weather/*/temperature":                             {codes: []string{"CEL"}, ours: true},
	"Weather/*/feelsLikeTemperature":                    {codes: []string{"CEL"}, ours: true},
	"Weather/*/windSpeed":                               {codes: []string{"MTS"}, ours: true},
	"Weather/*/gustSpeed":                               {codes: []string{"MTS"}, ours: true},
	"Weather/*/windDirection":                           {codes: []string{"DD"}, ours: true},
	"Device/*/totalConsumption":                         {codes: []string{"KWH", "MTQ"}}, // the text names KWH, LTR and MTQ
	"Device/*/peakConsumption":                          {codes: []string{"KWH", "MTQ"}},
	"Device/*/offPeakConsumption":                       {codes: []string{"KWH", "MTQ"}},
	"Device/Device/distance":                            {codes: []string{"MTR"}, ours: true},
	"Device/Device/depth":                               {codes: []string{"MTR"}, ours: true},
	"Building/VibrationsObserved/accelerationMeasured":  {codes: []string{"MSK"}},
	"Device/PolarH10/rr":                                {codes: []string{"C26"}},
	"Device/PolarH10/sampleRate":                        ours("HTZ"),
	"Device/SenseHat/humidity":                          ours("P1"),
	"Energy/InverterDevice/maxOutputPowerAC":            {codes: []string{"D46", "WTT"}}, // a power, in volt-amperes by the text
	"Energy/SolarEnergy/phaseCurrent":                   ours("AMP"),
	"GreenEnergy/PhotovoltaicMeasurement/reactivePower": {codes: []string{"KVR"}}, // the text has K5, which is this unit too
	"Energy/SolarEnergy/totalReactivePower":             ours("D44"),
	"Device/*/pressure":                                 ours("A97"),
	"Device/*/temperature":                              ours("CEL"),
	"Energy/*/frequency":                                ours("HTZ"),
	"Energy/*/voltage":                                  ours("VLT"),
	"Energy/*/totalActivePower":                         ours("WTT"),
	"Energy/*/energyGenerated":                          ours("KWH"),
	"Energy/*/totalEnergyGenerated":                     ours("KWH"),
	"EnergyCommunity/*/contractedPower":                 ours("KWT"),
	"EnergyCommunity/*/totalEnergy*":                    ours("KWH"),
	"Weather/*/airTemperatureForecast":                  ours("CEL"),
	"Weather/*/precipitationForecast":                   ours("MMT", "28"),
}

func ours(codes ...string) quantity { return quantity{codes: codes, ours: true} }

// units gives the units of an attribute: of the table, the most exact entry first, where it
// has what the official text says; else those that model.yaml or the description states,
// where the text means one for certain; else what the table adds of its own.
func (r *Reader) units(subject, model, property, text, description string, shape *models.Shape) (codes []string, own bool) {
	exact, found := units[subject+"/"+model+"/"+property]
	if !found {
		exact, found = units[subject+"/*/"+property]
	}
	if found && !exact.ours {
		return exact.codes, false
	}
	stated := strings.TrimSpace(text)
	if stated == "" && numeric(shape) {
		stated = unitIn(description)
	}
	if stated != "" {
		if code := codeOf(stated); code != "" {
			r.rule("a unit that the official text has in prose: its UN/CEFACT code is taken")
			return []string{code}, false
		}
		r.rule("a unit of the official text that means no code for certain is left out")
	}
	if found {
		return exact.codes, true
	}
	if shape.Type != "number" && shape.Type != "integer" {
		return nil, false
	}
	for _, key := range patterns {
		if match, _ := path.Match(key, subject+"/"+model+"/"+property); match { // the table's patterns are well formed
			return units[key].codes, units[key].ours
		}
	}
	return nil, false
}

// numeric reports whether a value is a number, or has one in it.
func numeric(s *models.Shape) bool {
	if s.Type == "number" || s.Type == "integer" || s.Items != nil && numeric(s.Items) {
		return true
	}
	parts := slices.Concat(slices.Collect(maps.Values(s.Members)), s.AnyOf, s.OneOf, s.AllOf)
	return slices.ContainsFunc(parts, numeric)
}

var (
	// statedUnit is how a description names the unit, and codeForInstance how it gives a code.
	statedUnit      = regexp.MustCompile(`Units:\s*'([^']*)'`)
	codeForInstance = regexp.MustCompile(`\*\*([A-Z0-9]{2,3})\*\*\s+represents`)
)

// unitIn gives the unit that a description states, or "".
func unitIn(description string) string {
	for _, form := range []*regexp.Regexp{statedUnit, codeForInstance} {
		if match := form.FindStringSubmatch(description); match != nil {
			return strings.TrimSpace(match[1])
		}
	}
	return ""
}

// patterns are the keys of the table that have a pattern for the attribute, the
// longest first.
var patterns = func() (list []string) {
	for key := range units {
		if strings.Contains(path.Base(key), "*") {
			list = append(list, key)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return len(b)*1000 - len(a)*1000 + strings.Compare(a, b) })
	return list
}()

// spellings are units that model.yaml writes in words of its own.
var spellings = map[string]string{
	"ampere hour": "AMH", "amp": "AMP", "amper": "AMP", "celsius degree": "CEL", "degree celsius": "CEL", "degree centigrade": "CEL", "cel": "CEL",
	"centimeter": "CMT", "cubic meter": "MTQ", "cubic meter/hour": "MQH", "degree": "DD", "hecto pascal": "A97", "hertz": "HTZ",
	"kilogram per square meter": "28", "kilometer": "KMT", "kilovolt-ampere-hour": "C79", "kilovolt-ampere-reactive-hour": "K3",
	"kilovolt-ampere-reactive": "KVR", "kw hour": "KWH", "liter": "LTR", "litre": "LTR", "litre/hour": "E32", "mg per liter": "M1",
	"meter per second": "MTS", "meter/second": "MTS", "millimeter": "MMT", "second": "SEC", "siemen per meter": "D10",
	"siemen / m": "D10", "square meter": "MTK", "ton": "TNE", "volt ampere": "D46", "volt-ampere": "D46", "volt-ampere-reactive": "D44",
}

// codeOf gives the code of a unit that is written in prose, or "".
func codeOf(text string) string {
	if u, ok := unit.Parse(text); ok {
		return u.Code
	}
	words := strings.Fields(strings.ToLower(strings.Trim(text, ". ")))
	for i, word := range words {
		parts := strings.Split(word, "/")
		for j, part := range parts {
			if len(part) > 3 && part != "celsius" && part != "siemens" {
				parts[j] = strings.TrimSuffix(part, "s")
			}
		}
		words[i] = strings.Join(parts, "/")
	}
	plain := strings.Join(words, " ")
	if i := strings.Index(plain, "s-ampere"); i > 0 {
		plain = plain[:i] + plain[i+1:] // volts-ampere
	}
	code := spellings[plain]
	if code == "" {
		if u, ok := unit.Parse(plain); ok {
			code = u.Code
		}
	}
	if _, ok := unit.Lookup(code); !ok {
		return ""
	}
	return code
}

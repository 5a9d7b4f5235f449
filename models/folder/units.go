package folder

import (
	"path"
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
	"Weather/*/atmosphericPressure":                    {codes: []string{"A97"}},
	"Weather/*/illuminance":                            {codes: []string{"LUX"}},
	"Weather/*/precipitation":                          {codes: []string{"MMT", "28"}}, // 1 l/m² is 1 mm, and 1 kg/m² of water
	"Weather/*/solarRadiation":                         {codes: []string{"D54"}},
	"Weather/*/directIrradiation":                      {codes: []string{"D54"}},
	"Weather/*/diffuseIrradiation":                     {codes: []string{"D54"}},
	"Weather/*/dewPoint":                               {codes: []string{"CEL"}},
	"Weather/*/streamGauge":                            {codes: []string{"CMT"}},
	"Weather/*/snowHeight":                             {codes: []string{"CMT"}},
	"Weather/*/surfaceTemperature":                     {codes: []string{"CEL"}},
	"Weather/*/waveHeight":                             {codes: []string{"MTR"}},
	"Weather/*/wavePeriod":                             {codes: []string{"SEC"}},
	"Weather/*/temperature":                            {codes: []string{"CEL"}, ours: true},
	"Weather/*/feelsLikeTemperature":                   {codes: []string{"CEL"}, ours: true},
	"Weather/*/feelLikesTemperature":                   {codes: []string{"CEL"}, ours: true},
	"Weather/*/windSpeed":                              {codes: []string{"MTS"}, ours: true},
	"Weather/*/gustSpeed":                              {codes: []string{"MTS"}, ours: true},
	"Weather/*/windDirection":                          {codes: []string{"DD"}, ours: true},
	"Device/*/totalConsumption":                        {codes: []string{"KWH", "MTQ"}}, // the text names KWH, LTR and MTQ
	"Device/*/peakConsumption":                         {codes: []string{"KWH", "MTQ"}},
	"Device/*/offPeakConsumption":                      {codes: []string{"KWH", "MTQ"}},
	"Device/Device/distance":                           {codes: []string{"MTR"}, ours: true},
	"Device/Device/depth":                              {codes: []string{"MTR"}, ours: true},
	"Building/VibrationsObserved/accelerationMeasured": {codes: []string{"MSK"}},
	"Battery/*/*Power":                                 ours("WTT"),
	"Battery/*/*Voltage*":                              ours("VLT"),
	"Battery/*/acPower*":                               ours("WTT"),
	"Battery/*/dcPower*":                               ours("WTT"),
	"Battery/*/current":                                ours("AMP"),
	"Battery/*/nominalAmpere":                          ours("AMP"),
	"Battery/*/nominalFrequency":                       ours("HTZ"),
	"Battery/*/storableEnergy":                         ours("KWH"),
	"Battery/*/temperature":                            ours("CEL"),
	"Battery/*/usableEnergy":                           ours("KWH"),
	"Battery/*/weight":                                 ours("KGM"),
	"Device/*/pressure":                                ours("A97"),
	"Device/*/temperature":                             ours("CEL"),
	"Energy/*/frequency":                               ours("HTZ"),
	"Energy/*/*Voltage*":                               ours("VLT"),
	"Energy/*/voltage":                                 ours("VLT"),
	"Energy/*/maxInputCurrentParallelAssembly":         ours("AMP"),
	"Energy/*/maxOutputPowerAC":                        ours("WTT"),
	"Energy/*/nominalAmpere*":                          ours("AMP"),
	"Energy/*/nominalFrequency*":                       ours("HTZ"),
	"Energy/*/nominalPower*":                           ours("WTT"),
	"Energy/*/totalActivePower":                        ours("WTT"),
	"Energy/*/totalActiveEnergy*":                      ours("KWH"),
	"Energy/*/totalReactiveEnergy*":                    ours("K3"),
	"Energy/*/totalApparentEnergy*":                    ours("C79"),
	"Energy/*/weight":                                  ours("KGM"),
	"Energy/*/energyGenerated":                         ours("KWH"),
	"Energy/*/totalEnergyGenerated":                    ours("KWH"),
	"EnergyCommunity/*/contractedPower":                ours("KWT"),
	"EnergyCommunity/*/totalEnergy*":                   ours("KWH"),
	"GreenEnergy/*/*PowerGenerated":                    ours("KWT"),
	"GreenEnergy/*/activePower":                        ours("WTT"),
	"GreenEnergy/*/current":                            ours("AMP"),
	"GreenEnergy/*/temperature":                        ours("CEL"),
	"GreenEnergy/*/MaximumSystemVoltage":               ours("VLT"),
	"GreenEnergy/*/NominalPower":                       ours("WTT"),
	"GreenEnergy/*/panelWeight":                        ours("KGM"),
	"Weather/*/airTemperatureForecast":                 ours("CEL"),
	"Weather/*/precipitationForecast":                  ours("MMT", "28"),
	"Weather/*/waveLevel":                              ours("MTR"),
}

func ours(codes ...string) quantity { return quantity{codes: codes, ours: true} }

// units gives the units of an attribute: of the table, the most exact entry
// first; else those that model.yaml writes, where the text means one for certain.
func (r *Reader) units(subject, model, property, text string, shape *models.Shape) (codes []string, own bool) {
	for _, key := range []string{subject + "/" + model + "/" + property, subject + "/*/" + property} {
		if q, ok := units[key]; ok {
			return q.codes, q.ours
		}
	}
	text = strings.TrimSpace(text)
	if text != "" {
		if code := codeOf(text); code != "" {
			r.rule("a unit that model.yaml has in prose: its UN/CEFACT code is taken")
			return []string{code}, false
		}
		r.rule("a unit of model.yaml that means no code for certain is left out")
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
		if len(word) > 3 && word != "celsius" && word != "siemens" {
			words[i] = strings.TrimSuffix(word, "s")
		}
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

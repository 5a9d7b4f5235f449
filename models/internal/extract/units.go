package main

// unit is the UN/CEFACT codes that a value of an attribute may stand in: any
// unit of the dimension of one of them is right.
type unit struct {
	codes []string
	// ours is set where the official text names no unit.
	ours bool
}

// units holds the unit of each Subject/Model/attribute whose quantity is
// certain; * is any model of the subject. The official texts write units in
// prose ("Hecto pascals"), so the codes are given here.
var units = map[string]unit{
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
}

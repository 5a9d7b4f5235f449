package suggest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/suggest"
)

var suggester = suggest.New(models.Builtin())

// answers gives the attribute that each column of a table is proposed to be, "" for none.
func answers(t *testing.T, model string, columns ...suggest.Column) []string {
	t.Helper()
	m, err := models.Builtin().Find(model)
	require.NoError(t, err)
	var list []string
	for _, s := range suggester.Attributes(suggest.Given(m), &suggest.Table{Columns: columns}) {
		name := ""
		if best := s.Best(); best != nil {
			name = best.Attribute
		}
		list = append(list, name)
	}
	return list
}

func numbers(name, unit, unitText string) suggest.Column {
	return suggest.Column{Name: name, Type: suggest.Number, Unit: unit, UnitText: unitText, Min: "0.5", Max: "99.5", Rows: 100, Distinct: 80, Samples: []string{"1.5", "2.5"}}
}

func texts(name string, samples ...string) suggest.Column {
	return suggest.Column{Name: name, Type: suggest.Text, Rows: 100, Distinct: 10, Samples: samples}
}

func TestHeadersOfSixLanguagesMeanTheSame(t *testing.T) {
	for _, header := range []string{
		"Total consumption (kWh)", "Conso totale (kWh)", "Verbrauch_kWh", "Stromverbrauch kWh", "gasverbruik (kWh)", "Consumo eléctrico [kWh]",
		"Consumi (kWh)", "energyConsumed_kWh", "CONSOMMATION KWH", "consomation (kWh)",
	} {
		unit := header[strings.LastIndex(strings.ToLower(header), "kwh"):][:3]
		require.Equal(t, []string{"totalConsumption"}, answers(t, "Device/SmartMeteringObservation", numbers(header, "KWH", unit)), header)
	}
	for _, header := range []string{"Temperature", "Température", "temp", "Lufttemperatur", "temperatuur", "temperatura", "Außentemperatur", "T° ambiante temp"} {
		require.Equal(t, []string{"temperature"}, answers(t, "Weather/WeatherObserved", numbers(header, "CEL", "")), header)
	}
	for _, header := range []string{"Code postal", "code_postal", "Postcode", "PLZ", "postalCode", "CAP", "Código Postal", "ZIP code"} {
		require.Equal(t, []string{"address.postalCode"}, answers(t, "Building/Building", texts(header, "75013")), header)
	}
	for _, header := range []string{"Commune", "nom_commune", "Town", "Ort", "Gemeinde", "gemeente", "Comune", "municipio", "Ville", "woonplaats"} {
		require.Equal(t, []string{"address.addressLocality"}, answers(t, "Building/Building", texts(header, "Paris")), header)
	}
}

func TestColumnsThatSpeakOfSomethingElseAreNoAttribute(t *testing.T) {
	for model, columns := range map[string][]suggest.Column{
		"Weather/WeatherObserved": {
			numbers("Erreur de température", "", ""), numbers("Nombre de logements", "", ""), texts("Marque du capteur"), numbers("temperature (kWh)", "KWH", "kWh"), texts("température", "chaud", "froid"),
		},
		"Device/SmartMeteringObservation": {numbers("Consommation eau (°C)", "CEL", "°C"), numbers("Année précédente", "", ""), texts("Statut"), numbers("%", "P1", "%"), texts("zzz")},
	} {
		for _, c := range columns {
			require.Equal(t, []string{""}, answers(t, model, c), c.Name)
		}
	}
}

func TestCoordinatesAreTheLocationWhereBothAreThere(t *testing.T) {
	lat, lon := numbers("lat", "", ""), numbers("lng", "", "")
	lat.Min, lat.Max, lon.Min, lon.Max = "48.1", "48.9", "2.1", "2.5"
	require.Equal(t, []string{"location", "location"}, answers(t, "Building/Building", lat, lon))
	metres := lat
	metres.Min, metres.Max = "6862000.5", "6868000.5"
	require.Equal(t, []string{"", "location"}, answers(t, "Building/Building", metres, lon), "coordinates that are no degrees")
	require.Equal(t, []string{"location"}, answers(t, "Building/Building", suggest.Column{Name: "geo_point_2d", Type: suggest.Point}))
	require.True(t, suggest.IsLongitude("Längengrad"))
	require.False(t, suggest.IsLongitude("Breitengrad"))
}

func TestWhatHasAUnitIsNoID(t *testing.T) {
	index := suggest.Column{Name: "Index (m3)", Type: suggest.Integer, Unit: "MTQ", UnitText: "m3", Rows: 9, Distinct: 9, Min: "1", Max: "9", ID: true}
	require.Equal(t, []string{""}, answers(t, "Building/Building", index))
	index.Unit, index.UnitText, index.Name = "", "", "Index"
	require.Equal(t, []string{"id"}, answers(t, "Building/Building", index))
}

func TestAnAttributeIsTheBestAnswerOfOneColumn(t *testing.T) {
	list := answers(t, "Device/SmartMeteringObservation", numbers("Consumption index", "", ""), numbers("total consumption", "KWH", "kWh"))
	require.Equal(t, []string{"", "totalConsumption"}, list)
}

func TestReasonsSayWhatSpeaksForACandidate(t *testing.T) {
	m, err := models.Builtin().Find("Device/SmartMeteringObservation")
	require.NoError(t, err)
	list := suggester.Attributes(suggest.Given(m), &suggest.Table{Columns: []suggest.Column{numbers("Conso totale (MWh)", "MWH", "MWh")}})
	best := list[0].Best()
	require.True(t, best.Sure())
	var kinds []suggest.ReasonKind
	text := ""
	for _, r := range best.Reasons {
		kinds = append(kinds, r.Kind)
		text += r.Text + "; "
	}
	require.Equal(t, []suggest.ReasonKind{suggest.ReasonSynonym, suggest.ReasonSynonym, suggest.ReasonType, suggest.ReasonUnit}, kinds)
	require.Contains(t, text, `"conso" means consumption`)
	require.Contains(t, text, "MWH converts to its unit KWH")
}

func TestModelsRanksByWhatTheColumnsAnswer(t *testing.T) {
	weather := suggest.Table{Name: "releves", Columns: []suggest.Column{
		{Name: "date", Type: suggest.DateTime, Rows: 9, Distinct: 9}, numbers("température (°C)", "CEL", "°C"), numbers("humidité", "", ""), numbers("vitesse du vent", "", ""), numbers("pluie", "MMT", "mm"),
	}}
	ranked := suggester.Models(&weather, 3)
	require.Len(t, ranked, 3)
	require.Equal(t, "Weather", ranked[0].Model.Subject.Name)
	require.GreaterOrEqual(t, len(ranked[0].Answered), 4)
	require.Empty(t, suggester.Models(&suggest.Table{Columns: []suggest.Column{texts("zzzz")}}, 3))
	require.Empty(t, suggester.Models(&suggest.Table{}, 3))
}

func TestAModelThatIsNotWellAheadMakesNoAttributeSure(t *testing.T) {
	table := &suggest.Table{Name: "wetter", Columns: []suggest.Column{{Name: "Datum", Type: suggest.DateTime, Rows: 9, Distinct: 9}, numbers("Lufttemperatur (°C)", "CEL", "°C"), numbers("Luftfeuchte (%)", "P1", "%")}}
	ranked := suggester.Models(table, 3)
	require.Len(t, ranked, 3)
	require.False(t, ranked[1].Sure, "none but the first is ahead")
	weather, err := models.Builtin().Find("Weather/WeatherObserved")
	require.NoError(t, err)
	named := suggest.Given(weather)
	require.True(t, named.Sure)
	doubted := named
	doubted.Sure = false
	sure, unsure := suggester.Attributes(named, table), suggester.Attributes(doubted, table)
	for i := range sure {
		require.Equal(t, sure[i].Best().Attribute, unsure[i].Best().Attribute)
		require.True(t, sure[i].Best().Sure(), sure[i].Column)
		require.False(t, unsure[i].Best().Sure(), sure[i].Column)
	}
}

func TestTheNameOfATableSaysWhatItsRowsAre(t *testing.T) {
	places := []suggest.Column{{Name: "id", Type: suggest.Integer, Rows: 9, Distinct: 9, ID: true}, {Name: "geo_point", Type: suggest.Point, Rows: 9, Distinct: 9}}
	for name, model := range map[string]string{
		"haltestellen": "UrbanMobility/PublicTransportStop", "arrets-bus": "UrbanMobility/PublicTransportStop", "bushaltes": "UrbanMobility/PublicTransportStop",
		"Musées de France": "PointOfInterest/Museum", "contenedores": "WasteManagement/WasteContainer", "ladesäulen": "Transportation/EVChargingStation",
		"parking bays": "Parking/ParkingSpot", "lichtmasten": "Streetlighting/Streetlight", "accidentes": "Transportation/RoadAccident",
	} {
		ranked := suggester.Models(&suggest.Table{Name: name, Columns: places}, 1)
		require.NotEmpty(t, ranked, name)
		require.Equal(t, model, ranked[0].Model.QualifiedName(), name)
	}
}

func TestAModelIsSureWhereItsNameIsThatOfTheTable(t *testing.T) {
	columns := []suggest.Column{{Name: "id", Type: suggest.Code, Rows: 9, Distinct: 9, ID: true}, {Name: "geo_point", Type: suggest.Point, Rows: 9, Distinct: 9}, texts("operateur"), numbers("puissance (kW)", "KWT", "kW"), texts("nom"), texts("adresse")}
	for name, sure := range map[string]bool{"lampadaires": true, "eclairage public": true, "kunst": false, "stationnement-velo": false, "": false} {
		ranked := suggester.Models(&suggest.Table{Name: name, Columns: columns}, 2)
		require.Len(t, ranked, 2, name)
		require.Equal(t, sure, ranked[0].Sure, "%s: %s %v", name, ranked[0].Model.QualifiedName(), ranked[0].Score)
		require.False(t, ranked[1].Sure)
	}
}

func TestNoIsNitricOxideAmongGasesAndANumberElsewhere(t *testing.T) {
	require.Equal(t, []string{"no", "no2"}, answers(t, "Environment/AirQualityObserved", numbers("NO - µg/m3", "", ""), numbers("NO2 - µg/m3", "", "")))
	require.NotContains(t, answers(t, "Environment/AirQualityObserved", numbers("Anzahl", "", "")), "no")
}

func TestOfSeveralCoordinatesThoseThatSayNothingElseAreTheLocation(t *testing.T) {
	coordinate := func(name string) suggest.Column {
		return suggest.Column{Name: name, Type: suggest.Number, Min: "38.8", Max: "38.9", Rows: 9, Distinct: 9}
	}
	require.Equal(t, []string{"location", "location", "", ""}, answers(t, "Streetlighting/Streetlight", coordinate("XCOORD"), coordinate("YCOORD"), coordinate("centrLat"), coordinate("centrLon")))
	require.Equal(t, []string{"location", "location"}, answers(t, "Streetlighting/Streetlight", coordinate("centrLat"), coordinate("centrLon")))
}

func TestTheNameOfSomethingUnknownIsNoNameOfTheRow(t *testing.T) {
	require.Equal(t, []string{"", "", ""}, answers(t, "Building/Building", texts("xyzzy name"), texts("Libellé N1"), texts("xyzzy_desc")))
	require.Equal(t, []string{"owner"}, answers(t, "Streetlighting/Streetlight", texts("OWNER_DESC")), "what the code of an owner means")
}

func TestEveryProposedAttributeCanBeWritten(t *testing.T) {
	for _, m := range models.Builtin().Models() {
		var columns []suggest.Column
		for _, a := range m.Attributes {
			columns = append(columns, suggest.Column{Name: a.Name, Type: suggest.Empty})
		}
		for _, s := range suggester.Attributes(suggest.Given(m), &suggest.Table{Columns: columns}) {
			for _, c := range s.Candidates {
				if name, _, _ := strings.Cut(c.Attribute, "."); c.Attribute != suggest.ID && c.Attribute != suggest.ObservedAt && m.Attribute(c.Attribute) == nil {
					require.NotNil(t, m.Attribute(name), c.Attribute)
				}
				require.True(t, c.Score >= 0 && c.Score <= 1, "%s %s %v", m.QualifiedName(), c.Attribute, c.Score)
			}
		}
	}
}

// wide is a table of many columns with long headers.
func wide(columns, letters int) *suggest.Table {
	t := &suggest.Table{Name: "wide"}
	for i := range columns {
		header := fmt.Sprintf("consommation %d ", i) + strings.Repeat("Stromverbrauch température xyzabc ", letters/34+1)[:letters]
		t.Columns = append(t.Columns, numbers(header, "", ""))
	}
	return t
}

func TestAThousandColumnsWithHeadersOfTenKilobytesAreRead(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, suggester.Models(wide(1000, 10_000), 1))
}

func BenchmarkModels(b *testing.B) {
	for _, columns := range []int{10, 100, 1000} {
		t := wide(columns, 40)
		b.Run(fmt.Sprint(columns), func(b *testing.B) {
			for b.Loop() {
				suggester.Models(t, 5)
			}
		})
	}
}

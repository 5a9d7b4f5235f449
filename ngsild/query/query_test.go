package query

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

func entity(t testing.TB, text string) *ngsild.Entity {
	t.Helper()
	e, found, err := ngsild.Decode([]byte(text))
	require.NoError(t, err)
	require.Empty(t, found)
	return e
}

// car has one attribute of each sort that the Query Language can reach.
const car = `{"id":"urn:ngsi-ld:Vehicle:A","type":"Vehicle","createdAt":"2017-01-01T00:00:00Z",
"speed":[{"type":"Property","value":80,"observedAt":"2018-12-04T12:00:00Z","unitCode":"KMH"},{"type":"Property","value":70,"datasetId":"urn:ngsi-ld:gps"}],
"big":{"type":"Property","value":3000000000},"tenth":{"type":"Property","value":0.1},"neg":{"type":"Property","value":-5e2},
"brandName":{"type":"Property","value":"Mercedes"},"electric":{"type":"Property","value":false},
"colors":{"type":"Property","value":["blue","red","green"]},
"quoted":{"type":"Property","value":"say \"hi\";|)"},
"isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:Downtown1","providedBy":{"type":"Relationship","object":"urn:ngsi-ld:Person:Bob"}},
"passengers":{"type":"ListRelationship","objectList":[{"object":"urn:ngsi-ld:Person:1"},{"object":"urn:ngsi-ld:Person:2"}]},
"owners":{"type":"Relationship","object":["urn:ngsi-ld:Person:3","urn:ngsi-ld:Person:4"]},
"address":{"type":"Property","value":{"city":"Berlin","geo":{"zone":7},"null":null}},
"sensor":{"type":"Property","value":40,"rawdata":{"type":"Property","value":{"airquality":{"particulate":40,"PM20":85}}}},
"color":{"type":"LanguageProperty","languageMap":{"fr":["chat","rouge"],"en":"red"}},
"category":{"type":"VocabProperty","vocab":"commercial"},
"sequence":{"type":"ListProperty","valueList":[3,1,2]},
"tickets":{"type":"JsonProperty","json":{"value":"Overstay 60 minutes"}},
"built":{"type":"Property","value":{"@type":"Date","@value":"2015-06-01"}},
"opens":{"type":"Property","value":{"@type":"Time","@value":"08:30:00Z"}},
"since":{"type":"Property","value":"2018-12-04T12:00:00.000Z"}}`

func TestQueryMatches(t *testing.T) {
	e := entity(t, car)
	for _, c := range []struct {
		q    string
		want bool
	}{
		{`speed`, true},
		{`temperature`, false},
		{`speed==80`, true},
		{`speed==80.00`, true},
		{`speed==8e1`, true},
		{`speed==70`, true}, // any instance
		{`speed==75`, false},
		{`speed!=75`, true},
		{`speed!=70`, false},
		{`speed>79.999999999999999999`, true},
		{`speed>80`, false},
		{`speed>=80`, true},
		{`speed<70`, false},
		{`speed<=70`, true},
		{`speed=="80"`, false}, // another data type
		{`speed!="80"`, true},
		{`big==3000000000`, true},
		{`big>2999999999`, true},
		{`tenth==0.1`, true},
		{`tenth==0.10000000000000000001`, false},
		{`neg==-500`, true},
		{`neg<-499.5`, true},
		{`speed==75..85`, true},
		{`speed==81..85`, false},
		{`speed!=81..85`, true},
		{`speed!=10..100`, false},
		{`speed==1,80`, true},
		{`brandName=="Mercedes"`, true},
		{`brandName!="Mercedes"`, false},
		{`brandName=="BMW","Mercedes"`, true},
		{`brandName!="BMW","Volvo"`, true},
		{`brandName=="Mercedesz"`, false},
		{`brandName>"Mercede"`, true},
		{`brandName=="L".."N"`, true},
		{`brandName~=^Merc`, true},
		{`brandName~="^Merc"`, true},
		{`brandName~=(Merc|Volvo)[;|)]?e`, true},
		{`brandName~=^merc`, false},
		{`brandName!~=^merc`, true},
		{`brandName!~=cedes`, false},
		{`speed~=8`, false},  // no string
		{`speed!~=8`, false}, // no string either
		{`absent!="x"`, false},
		{`absent!~=x`, false},
		{`electric==false`, true},
		{`electric==true`, false},
		{`electric!=true`, true},
		{`electric=="false"`, false},
		{`colors=="red"`, true},
		{`colors!="red"`, false},
		{`colors!="black"`, true},
		{`quoted=="say \"hi\";|)"`, true},
		{`isParked`, true},
		{`isParked=="urn:ngsi-ld:OffStreetParking:Downtown1"`, true},
		{`isParked==urn:ngsi-ld:OffStreetParking:Downtown1`, true},
		{`isParked!=urn:ngsi-ld:OffStreetParking:Downtown1`, false},
		{`isParked==urn:a:1,urn:ngsi-ld:OffStreetParking:Downtown1`, true},
		{`isParked>"a"`, false},
		{`isParked~=Downtown`, false},
		{`isParked.providedBy==urn:ngsi-ld:Person:Bob`, true},
		{`passengers==urn:ngsi-ld:Person:2`, true},
		{`passengers!=urn:ngsi-ld:Person:2`, false},
		{`owners==urn:ngsi-ld:Person:4`, true},
		{`address[city]=="Berlin"`, true},
		{`address[city]!="Berlin"`, false},
		{`address[geo.zone]==7`, true},
		{`address[geo.none]`, false},
		{`address[street]!="x"`, false}, // not there
		{`sensor.rawdata[airquality.particulate]==40`, true},
		{`sensor.rawdata[airquality.PM20]==40`, false},
		{`color[en]=="red"`, true},
		{`color[fr]=="rouge"`, true},
		{`color[fr]=="red"`, false},
		{`color[fr]!="red"`, true},
		{`color[fr]!="rouge"`, false},
		{`color[de]`, false},
		{`color[*]=="rouge"`, true},
		{`color[*]!="rouge"`, false},
		{`color=="red"`, true},
		{`category=="commercial"`, true},
		{`sequence==2`, true},
		{`sequence==4`, false},
		{`tickets[value]=="Overstay 60 minutes"`, true},
		{`built==2015-06-01`, true},
		{`built>2015-05-31`, true},
		{`opens<09:00:00Z`, true},
		{`since==2018-12-04T12:00:00Z`, true},
		{`since==2018-12-04T13:00:00+01:00`, true},
		{`since>2018-12-04T11:59:59.999Z`, true},
		{`since==2018-12-04T00:00:00Z..2018-12-05T00:00:00Z`, true},
		{`since>2018-12-04`, false}, // a Date is another data type than a DateTime
		{`speed.observedAt>=2017-12-24T12:00:00Z`, true},
		{`speed.observedAt>=2019-12-24T12:00:00Z`, false},
		{`speed.unitCode=="KMH"`, true},
		{`speed.datasetId==urn:ngsi-ld:gps`, true},
		{`createdAt<2018-01-01T00:00:00Z`, true},
		{`modifiedAt`, false},
		{`!temperature`, true},
		{`!speed`, false},
		{`!speed.unitCode`, false},
		{`!speed.accuracy`, true},
		{`!modifiedAt`, true},
		{`!address[street]`, true},
		{`!address[city]`, false},
		{`!isParked`, false},
		{`!temperature;speed>50`, true},
		{`(!speed|!temperature);electric==false`, true},
		{`!speed|!color[de]`, true},
		{`((speed>50|rpm>3000);brandName=="Mercedes")`, true},
		{`(temperature>=20;temperature<=25)|speed<=10`, false},
		{`brandName=="BMW";speed>50|electric==false`, true}, // ; binds more tightly
		{`brandName=="BMW";(speed>50|electric==false)`, false},
	} {
		q, err := Parse(c.q)
		require.NoError(t, err, c.q)
		require.Equal(t, c.want, q.Match(e), c.q)
	}
}

func TestQueryExpandsNamesAndVocabulary(t *testing.T) {
	e := entity(t, `{"id":"urn:x:1","type":"T","https://ex.org/category":{"type":"VocabProperty","vocab":"https://ex.org/commercial"},
		"https://ex.org/a":{"type":"Property","value":1,"observedAt":"2018-12-04T12:00:00Z","https://ex.org/b":{"type":"Property","value":2}}}`)
	expand := func(term string) string { return "https://ex.org/" + term }
	for _, text := range []string{`category=="commercial"`, `category==https://ex.org/commercial`, `a==1`, `a.b==2`, `a.observedAt>2018-01-01T00:00:00Z`} {
		q, err := Parse(text)
		require.NoError(t, err)
		require.False(t, q.Match(e), text)
		require.True(t, q.Expand(expand).Match(e), text)
	}
}

func TestQueryTakesIRIsAsNames(t *testing.T) {
	e := entity(t, `{"id":"urn:x:1","type":"T","https://ex.org/v1.0/a":{"type":"Property","value":1},"ex:b":{"type":"Property","value":2}}`)
	for _, text := range []string{`https://ex.org/v1.0/a==1`, `ex:b==2`} {
		q, err := Parse(text)
		require.NoError(t, err, text)
		require.True(t, q.Match(e), text)
	}
}

func TestQueryErrorsSayWhatAndWhere(t *testing.T) {
	for _, c := range []struct {
		q    string
		char int
		says string
	}{
		{``, 1, "an attribute name is expected"},
		{`speed>`, 7, "a value is expected"},
		{`speed=5`, 6, "a single = is no operator"},
		{`speed!5`, 6, "! alone is no operator"},
		{`!speed==5`, 7, "!speed asks that speed is not there"},
		{`!(speed;rpm)`, 2, "! stands before one attribute name"},
		{`!!speed`, 2, "an attribute name is expected"},
		{`!`, 2, "an attribute name is expected"},
		{`id=="urn:x:1"`, 1, "use the query parameter id"},
		{`speed>5;type=="T"`, 9, "use the query parameter type"},
		{`scope=="/Paris"`, 1, "use the query parameter scopeQ"},
		{`brandName.value=="BMW"`, 1, "the value of brandName is compared by its name alone"},
		{`isParked.object`, 1, "the value of isParked is compared by its name alone"},
		{`speed>50;`, 10, "an attribute name is expected"},
		{`speed>50;;rpm`, 10, "an attribute name is expected"},
		{`(speed>50`, 1, "never closed"},
		{`speed>50)`, 9, "without an opening one"},
		{`speed>50 and rpm`, 7, `"50 and rpm" is neither a number`},
		{`name==Paris`, 7, `put a text in double quotes: "Paris"`},
		{`name=="Paris`, 7, "never closed"},
		{`name=="\x"`, 7, "not a JSON string"},
		{`été=="x"&`, 9, "'&' is not expected here"},
		{`speed>1..5`, 8, "a range stands only behind"},
		{`speed>1,5`, 8, "a list of values stands only behind"},
		{`speed==5..1`, 9, "the range is empty"},
		{`speed==5.."x"`, 9, "a range needs two"},
		{`speed>true`, 11, "can only be compared with == and !="},
		{`speed>12,5`, 9, "a list of values stands only behind"},
		{`speed==12.`, 8, "neither a number"},
		{`speed==01`, 8, "neither a number"},
		{`date>31/02/2024`, 6, "neither a number"},
		{`a[b`, 4, "close them with ]"},
		{`a[]`, 3, "an inner member is expected"},
		{`a.observedAt[x]`, 14, "no inner members"},
		{`a.observedAt.b`, 1, "has no sub-attributes"},
		{`name~=`, 7, "a pattern is expected"},
		{`name~=[a`, 7, "no regular expression"},
		{strings.Repeat("(", 100) + "a", 65, "nested more than"},
	} {
		_, err := Parse(c.q)
		var e *Error
		require.ErrorAs(t, err, &e, c.q)
		require.Equal(t, "q", e.Param)
		require.Contains(t, err.Error(), c.says, c.q)
		require.Equal(t, c.char, e.Char, c.q)
		require.False(t, e.Unsupported)
	}
	_, err := Parse(`sensor{humidity}==40`)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.Unsupported)
}

func TestNumbersCompareByDecimalValue(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0}, {"0", "-0.0", 0}, {"0.1", "0.10000000000000001", -1}, {"10", "9", 1}, {"-10", "-9", -1},
		{"1e3", "1000", 0}, {"1E-2", "0.01", 0}, {"100e-2", "1", 0}, {"0.001", "0.0011", -1}, {"3000000000", "3000000001", -1},
		{"1e999999999999999999", "1", 1}, {"-1e999999999999999999", "1", -1}, {"1e-999999999999999999", "0", 1},
		{"0e999999999999999999", "0", 0}, {"123456789012345678901234567890", "123456789012345678901234567891", -1}, {"5", "-5", 1},
	} {
		require.Equal(t, c.want, compareNumbers(c.a, c.b), "%s ? %s", c.a, c.b)
		require.Equal(t, -c.want, compareNumbers(c.b, c.a), "%s ? %s", c.b, c.a)
	}
}

func TestTypeSelection(t *testing.T) {
	types := []string{"Building", "House"}
	for text, want := range map[string]bool{
		"Building": true, "Device": false, "Device,House": true, "Device|House": true, "Building;House": true, "Building;Device": false,
		"(Building;Device),House": true, "Building;(Device,House)": true, "(((House)))": true,
	} {
		s, err := ParseTypes(text)
		require.NoError(t, err, text)
		require.Equal(t, want, s.Match(types), text)
		expanded := s.Expand(func(n string) string { return "x:" + n })
		require.Equal(t, want, expanded.Match([]string{"x:Building", "x:House"}), text)
	}
	for _, text := range []string{"", ",", "A,", "(A", "A)", "A;;B", "A B", strings.Repeat("(", 100)} {
		_, err := ParseTypes(text)
		require.Error(t, err, text)
	}
}

func TestTypeSelectionSaysWhatTheStoreMayNarrow(t *testing.T) {
	for text, want := range map[string]struct {
		names []string
		exact bool
	}{
		"B,A,B": {[]string{"A", "B"}, true},
		"A;B":   {[]string{"A"}, false},
		"A,B;C": {[]string{"A", "B"}, false},
	} {
		s, err := ParseTypes(text)
		require.NoError(t, err)
		names, exact := s.AnyOf()
		require.Equal(t, want.names, names, text)
		require.Equal(t, want.exact, exact, text)
	}
}

func TestScopeQuery(t *testing.T) {
	scopes := []string{"/Madrid/Gardens/ParqueNorte", "/CompanyA"}
	for text, want := range map[string]bool{
		"/Madrid/Gardens/ParqueNorte":     true,
		"Madrid/Gardens/ParqueNorte":      true,
		"/Madrid/Gardens":                 false,
		"/Madrid/+/ParqueNorte":           true,
		"/Madrid/+":                       false,
		"/+/+/+":                          true,
		"/Madrid/#":                       true,
		"/Madrid/Gardens/ParqueNorte/#":   true,
		"/CompanyA/#":                     true,
		"/#":                              true,
		"/CompanyB":                       false,
		"/CompanyB,/CompanyA":             true,
		"/CompanyB|/CompanyA":             true,
		"/Madrid/#;/CompanyA":             true,
		"/Madrid/#;/CompanyB":             false,
		"(/CompanyB,/CompanyA);/Madrid/#": true,
	} {
		s, err := ParseScope(text)
		require.NoError(t, err, text)
		require.Equal(t, want, s.Match(scopes), text)
		require.False(t, s.Match(nil), text)
	}
	for _, text := range []string{"", "/", "/a//b", "/a/", "/#/a", "/a+", "/a#", "(/a", "/a)", "/a,", "/a/ /b"} {
		_, err := ParseScope(text)
		var e *Error
		require.True(t, errors.As(err, &e), text)
		require.Equal(t, "scopeQ", e.Param)
	}
}

func TestTemporalQuery(t *testing.T) {
	a := &ngsild.Attribute{ObservedAt: "2018-06-01T00:00:00Z", ModifiedAt: "2020-01-01T00:00:00Z"}
	for _, c := range []struct {
		p    TemporalParams
		want bool
	}{
		{TemporalParams{Timerel: "before", TimeAt: "2018-06-01T00:00:01Z"}, true},
		{TemporalParams{Timerel: "before", TimeAt: "2018-06-01T00:00:00Z"}, false},
		{TemporalParams{Timerel: "after", TimeAt: "2018-05-01T00:00:00Z"}, true},
		{TemporalParams{Timerel: "after", TimeAt: "2019-05-01T00:00:00Z", Timeproperty: "modifiedAt"}, true},
		{TemporalParams{Timerel: "after", TimeAt: "2019-05-01T00:00:00Z", Timeproperty: "createdAt"}, false},
		{TemporalParams{Timerel: "between", TimeAt: "2018-06-01T00:00:00Z", EndTimeAt: "2018-07-01T00:00:00Z"}, true},
		{TemporalParams{Timerel: "between", TimeAt: "2018-05-01T00:00:00Z", EndTimeAt: "2018-06-01T00:00:00Z"}, false},
	} {
		q, err := ParseTemporal(c.p)
		require.NoError(t, err)
		require.Equal(t, c.want, q.Match(a), "%+v", c.p)
	}
	for param, p := range map[string]TemporalParams{
		"timerel":      {Timerel: "during", TimeAt: "2018-06-01T00:00:01Z"},
		"timeAt":       {Timerel: "before", TimeAt: "2018"},
		"endTimeAt":    {Timerel: "between", TimeAt: "2018-06-01T00:00:01Z"},
		"timeproperty": {Timerel: "before", TimeAt: "2018-06-01T00:00:01Z", Timeproperty: "when"},
	} {
		_, err := ParseTemporal(p)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, param, e.Param)
	}
	_, err := ParseTemporal(TemporalParams{Timerel: "between", TimeAt: "2018-06-01T00:00:01Z", EndTimeAt: "2017-06-01T00:00:01Z"})
	require.ErrorContains(t, err, "before the beginning")
	_, err = ParseTemporal(TemporalParams{Timerel: "after", TimeAt: "2018-06-01T00:00:01Z", EndTimeAt: "2017-06-01T00:00:01Z"})
	require.ErrorContains(t, err, "only between")
	_, err = ParseTemporal(TemporalParams{TimeAt: "2018-06-01T00:00:01Z"})
	require.ErrorContains(t, err, "missing")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`speed>50;brandName!="Mercedes"`, `((speed>50|rpm>3000);brandName=="Mercedes")`, `a.b.c[d.e]==1..5`, `a==1,2,"x",true`,
		`isParked==urn:ngsi-ld:OffStreetParking:Downtown1`, `x~=(a|b);y!~="\"]"`, `t.observedAt>=2017-12-24T12:00:00Z`, `a[*]!="é"`, `a{b}==1`, `-1`, `!a;!(b)|!c[d]`,
	} {
		f.Add(seed)
	}
	e := entity(f, car)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.Message)
			return
		}
		q.Match(e)
		q.Expand(strings.ToUpper).Match(e)
	})
}

func FuzzSelections(f *testing.F) {
	for _, seed := range []string{"A,B;(C|D)", "/Madrid/+/Gardens/#", "(a", "/a;/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseTypes(text); err == nil {
			s.Match([]string{"A"})
			s.AnyOf()
		}
		if s, err := ParseScope(text); err == nil {
			s.Match([]string{"/Madrid/Gardens", "", "/", "//"})
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	e := entity(b, car)
	q, err := Parse(`speed>50;brandName=="Mercedes";speed.observedAt>=2017-12-24T12:00:00Z`)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if !q.Match(e) {
			b.Fatal("no match")
		}
	}
}

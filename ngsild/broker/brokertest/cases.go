package brokertest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

func createRetrieveDelete(s *suite) {
	id := s.id("a/b c")
	id = strings.ReplaceAll(id, " ", "%20")
	s.forget(id)
	body := fmt.Sprintf(`{"id":%q,"type":%q,"name":{"type":"Property","value":"Rivoli"}}`, id, s.typ())
	a := s.expect(http.StatusCreated, "POST", entities, body)
	location := a.header.Get("Location")
	require.True(s, strings.HasPrefix(location, entities+"/"), "Location is %q", location)

	e := s.get(id, "")
	require.Equal(s, id, e["id"])
	require.Equal(s, s.typ(), e["type"])
	require.Equal(s, "Rivoli", value(e, "name", "value"))
	require.Nil(s, e["createdAt"])

	s.problem(http.StatusConflict, "AlreadyExists", "POST", entities, body)
	path := entities + "/" + url.PathEscape(id)
	s.expect(http.StatusNoContent, "DELETE", path, "")
	s.problem(http.StatusNotFound, "ResourceNotFound", "GET", path, "")
	s.problem(http.StatusNotFound, "ResourceNotFound", "DELETE", path, "")
}

func numbersKeepTheirValue(s *suite) {
	numbers := []string{"15182280", "0.1", "-0.5", "240.988571428571", "2147483647", "0", "1.5e10"}
	var members []string
	for i, n := range numbers {
		members = append(members, fmt.Sprintf(`"n%d":{"type":"Property","value":%s}`, i, n))
	}
	e := s.get(s.create(1, strings.Join(members, ",")), "")
	for i, n := range numbers {
		s.sameNumber(n, value(e, fmt.Sprintf("n%d", i), "value"))
	}
}

func integersBeyond32Bits(s *suite) {
	if s.tol.cutsIntegers {
		// With a decimal point they survive, which is what the client sends.
		e := s.get(s.create(1, `"n":{"type":"Property","value":3000000000.0}`), "")
		s.sameNumber("3000000000", value(e, "n", "value"))
		return
	}
	for i, n := range []string{"3000000000", "9007199254740993", "123456789012345678901234567890", "0.1000000000000000055"} {
		e := s.get(s.create(i, `"n":{"type":"Property","value":`+n+`}`), "")
		s.sameNumber(n, value(e, "n", "value"))
	}
}

func everyAttributeKind(s *suite) {
	kinds := map[string]string{
		"text":     `{"type":"Property","value":"12 rue \"X\" é\n"}`,
		"truth":    `{"type":"Property","value":true}`,
		"compound": `{"type":"Property","value":{"city":"Berlin","nested":{"list":[1,2,{"a":null}]}}}`,
		"array":    `{"type":"Property","value":[1,"two",false]}`,
		"measured": `{"type":"Property","value":5,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z","source":{"type":"Property","value":"GRDF"},"by":{"type":"Relationship","object":"urn:ngsi-ld:Org:1"}}`,
		"link":     `{"type":"Relationship","object":"urn:ngsi-ld:Iris:751010101"}`,
		"location": `{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.35,48.85]}}`,
		"label":    `{"type":"LanguageProperty","languageMap":{"fr":"rouge","en":"red"}}`,
	}
	newer := map[string]string{
		"category": `{"type":"VocabProperty","vocab":"commercial"}`,
		"sequence": `{"type":"ListProperty","valueList":[3,1,2]}`,
		"stops":    `{"type":"ListRelationship","objectList":[{"object":"urn:ngsi-ld:Stop:2"},{"object":"urn:ngsi-ld:Stop:1"}]}`,
		"raw":      `{"type":"JsonProperty","json":{"id":"x","type":"y","n":[1]}}`,
		"links":    `{"type":"Relationship","object":["urn:ngsi-ld:Iris:1","urn:ngsi-ld:Iris:2"]}`,
	}
	for name, text := range kinds {
		e := s.get(s.create(name, fmt.Sprintf("%q:%s", name, text)), "")
		s.sameJSON(text, e[name])
	}
	for name, text := range newer {
		id := s.id(name)
		s.forget(id)
		a := s.do("POST", entities, s.entity(name, fmt.Sprintf("%q:%s", name, text)))
		s.newer(a)
		require.Equal(s, http.StatusCreated, a.status, "%s: %s", name, a.body)
		s.sameJSON(text, s.get(id, "")[name])
	}
}

func representations(s *suite) {
	// What is written concise is read normalized, and the other way round.
	id := s.create(1, `"name":"Rivoli","power":{"value":5,"unitCode":"KWT"},"at":{"object":"urn:ngsi-ld:Iris:1"},"location":{"type":"Point","coordinates":[2.35,48.85]}`)
	e := s.get(id, "")
	s.sameJSON(`{"type":"Property","value":"Rivoli"}`, e["name"])
	s.sameJSON(`{"type":"Property","value":5,"unitCode":"KWT"}`, e["power"])
	s.sameJSON(`{"type":"Relationship","object":"urn:ngsi-ld:Iris:1"}`, e["at"])
	s.sameJSON(`{"type":"GeoProperty","value":{"type":"Point","coordinates":[2.35,48.85]}}`, e["location"])
	for _, param := range []string{"?options=concise", "?format=concise"} {
		a := s.do("GET", entities+"/"+id+param, "")
		s.newer(a)
		e = s.object(a)
		require.Equal(s, "Rivoli", e["name"])
		s.sameJSON(`{"value":5,"unitCode":"KWT"}`, e["power"])
		s.sameJSON(`{"object":"urn:ngsi-ld:Iris:1"}`, e["at"])
	}
	for _, param := range []string{"?options=keyValues", "?format=simplified"} {
		a := s.do("GET", entities+"/"+id+param, "")
		s.newer(a)
		e = s.object(a)
		require.Equal(s, "Rivoli", e["name"])
		s.sameJSON(`5`, e["power"])
		s.sameJSON(`"urn:ngsi-ld:Iris:1"`, e["at"])
		s.sameJSON(`{"type":"Point","coordinates":[2.35,48.85]}`, e["location"])
	}
}

func instancesByDatasetID(s *suite) {
	id := s.create(1, `"speed":[{"type":"Property","value":55},{"type":"Property","value":54.5,"datasetId":"urn:ngsi-ld:gps"},{"type":"Property","value":60,"datasetId":"urn:ngsi-ld:wheel"}]`)
	list, ok := s.get(id, "")["speed"].([]any)
	require.True(s, ok)
	require.Len(s, list, 3)
	attr := entities + "/" + id + "/attrs/speed"
	s.expect(http.StatusNoContent, "PATCH", attr, `{"type":"Property","value":54.7,"datasetId":"urn:ngsi-ld:gps"}`)
	s.expect(http.StatusNoContent, "DELETE", attr+"?datasetId=urn:ngsi-ld:wheel", "")
	byDataset := map[any]any{}
	list, ok = s.get(id, "")["speed"].([]any)
	require.True(s, ok)
	for _, el := range list {
		m, ok := el.(map[string]any)
		require.True(s, ok)
		byDataset[m["datasetId"]] = m["value"]
	}
	require.Len(s, byDataset, 2)
	s.sameNumber("54.7", byDataset["urn:ngsi-ld:gps"])
	s.sameNumber("55", byDataset[nil])
	s.problem(http.StatusNotFound, "ResourceNotFound", "DELETE", attr+"?datasetId=urn:ngsi-ld:wheel", "")
	s.expect(http.StatusNoContent, "DELETE", attr+"?deleteAll=true", "")
	require.Nil(s, s.get(id, "")["speed"])
}

// fill creates n entities with a number each, in one batch.
func (s *suite) fill(n int) (ids []string) {
	s.Helper()
	var list []string
	for i := range n {
		ids = append(ids, s.id(i))
		list = append(list, s.entity(i, fmt.Sprintf(`"n":{"type":"Property","value":%d}`, i)))
	}
	s.forget(ids...)
	s.expect(http.StatusCreated, "POST", operations+"create", "["+strings.Join(list, ",")+"]")
	return ids
}

func pages(s *suite) {
	ids := s.fill(25)
	query := entities + "?type=" + s.typ()
	a := s.expect(http.StatusOK, "GET", query, "")
	require.Len(s, s.list(a), 20, "the default limit is 20")
	require.Empty(s, a.header.Get("NGSILD-Results-Count"))

	seen := map[string]bool{}
	for offset := 0; offset < 30; offset += 10 {
		a := s.expect(http.StatusOK, "GET", fmt.Sprintf("%s&limit=10&offset=%d&count=true", query, offset), "")
		require.Equal(s, "25", a.header.Get("NGSILD-Results-Count"))
		for _, id := range idsOf(s.list(a)) {
			require.False(s, seen[id], "%s came twice", id)
			seen[id] = true
		}
		if !s.tol.lax {
			links := strings.Join(a.header.Values("Link"), ",")
			require.Equal(s, offset < 20, strings.Contains(links, `rel="next"`), links)
			require.Equal(s, offset > 0, strings.Contains(links, `rel="prev"`), links)
		}
	}
	require.Len(s, seen, len(ids))

	a = s.expect(http.StatusOK, "GET", query+"&limit=0&count=true", "")
	require.Equal(s, "25", a.header.Get("NGSILD-Results-Count"))
	require.Empty(s, s.list(a))
	a = s.expect(http.StatusOK, "GET", query+"&offset=100", "")
	require.Equal(s, "[]", strings.TrimSpace(string(a.body)))
	a = s.expect(http.StatusOK, "GET", query+"&q="+url.QueryEscape("n>=5")+"&limit=5&count=true", "")
	require.Equal(s, "20", a.header.Get("NGSILD-Results-Count"))
	require.Len(s, s.list(a), 5)
	s.problem(http.StatusBadRequest, "BadRequestData", "GET", query+"&limit=-1", "")
	s.problem(http.StatusBadRequest, "BadRequestData", "GET", query+"&offset=x", "")
}

// batchAnswer reads a BatchOperationResult.
func (s *suite) batchAnswer(a answer) (success []any, errors map[string]map[string]any) {
	s.Helper()
	require.Equal(s, http.StatusMultiStatus, a.status, "%s", a.body)
	result := s.object(a)
	success, _ = result["success"].([]any)
	errors = map[string]map[string]any{}
	list, _ := result["errors"].([]any)
	for _, el := range list {
		m, ok := el.(map[string]any)
		require.True(s, ok)
		id, _ := m["entityId"].(string)
		p, ok := m["error"].(map[string]any)
		require.True(s, ok, "%s", a.body)
		errors[id] = p
	}
	return success, errors
}

func batchCreate(s *suite) {
	s.forget(s.id(1), s.id(2), s.id(3))
	a := s.expect(http.StatusCreated, "POST", operations+"create", "["+s.entity(1, "")+","+s.entity(2, "")+"]")
	s.sameJSON(fmt.Sprintf(`[%q,%q]`, s.id(1), s.id(2)), s.strings(a))
	success, errors := s.batchAnswer(s.do("POST", operations+"create", "["+s.entity(2, "")+","+s.entity(3, "")+"]"))
	require.Equal(s, []any{s.id(3)}, success)
	require.Contains(s, errors, s.id(2))
	s.problem(http.StatusBadRequest, "BadRequestData", "POST", operations+"create", "[]")
}

func (s *suite) strings(a answer) (list []string) {
	s.Helper()
	s.decode(a.body, &list)
	return list
}

func batchUpsert(s *suite) {
	s.forget(s.id(1), s.id(2), s.id(3))
	one := s.entity(1, `"a":{"type":"Property","value":1},"b":{"type":"Property","value":1}`)
	a := s.expect(http.StatusCreated, "POST", operations+"upsert", "["+one+"]")
	require.Equal(s, []string{s.id(1)}, s.strings(a))
	// Only what was created is named.
	changed := s.entity(1, `"a":{"type":"Property","value":2}`)
	a = s.expect(http.StatusCreated, "POST", operations+"upsert?options=update", "["+changed+","+s.entity(2, "")+"]")
	require.Equal(s, []string{s.id(2)}, s.strings(a))
	e := s.get(s.id(1), "")
	s.sameNumber("2", value(e, "a", "value"))
	s.sameNumber("1", value(e, "b", "value"))
	// Without options=update an entity is replaced.
	s.expect(http.StatusNoContent, "POST", operations+"upsert", "["+changed+"]")
	require.Nil(s, s.get(s.id(1), "")["b"])

	broken := s.entity(3, `"x":{"type":"Property"}`)
	success, errors := s.batchAnswer(s.do("POST", operations+"upsert", "["+changed+","+broken+"]"))
	require.Equal(s, []any{s.id(1)}, success)
	require.Contains(s, errors, s.id(3))
	require.NotEmpty(s, errors[s.id(3)]["title"])
	s.expect(http.StatusNotFound, "GET", entities+"/"+s.id(3), "")
}

func batchUpdate(s *suite) {
	s.create(1, `"a":{"type":"Property","value":1}`)
	change := s.entity(1, `"a":{"type":"Property","value":2},"b":{"type":"Property","value":2}`)
	s.expect(http.StatusNoContent, "POST", operations+"update?options=noOverwrite", "["+change+"]")
	e := s.get(s.id(1), "")
	s.sameNumber("1", value(e, "a", "value"))
	s.sameNumber("2", value(e, "b", "value"))
	s.expect(http.StatusNoContent, "POST", operations+"update", "["+change+"]")
	s.sameNumber("2", value(s.get(s.id(1), ""), "a", "value"))
	success, errors := s.batchAnswer(s.do("POST", operations+"update", "["+change+","+s.entity("absent", "")+"]"))
	require.Equal(s, []any{s.id(1)}, success)
	require.Contains(s, errors, s.id("absent"))
}

func batchDelete(s *suite) {
	s.create(1, "")
	s.create(2, "")
	success, errors := s.batchAnswer(s.do("POST", operations+"delete", fmt.Sprintf("[%q,%q]", s.id(1), s.id("absent"))))
	require.Equal(s, []any{s.id(1)}, success)
	require.Contains(s, errors, s.id("absent"))
	s.expect(http.StatusNoContent, "POST", operations+"delete", fmt.Sprintf("[%q]", s.id(2)))
	require.Empty(s, s.ids())
}

func sameIDTwice(s *suite) {
	if s.tol.lax {
		s.Skip("Orion-LD handles an id that stands twice in a batch in its own way; the client never sends it")
	}
	s.forget(s.id(1), s.id(2))
	first, second := s.entity(1, `"a":{"type":"Property","value":1}`), s.entity(1, `"a":{"type":"Property","value":2}`)
	s.expect(http.StatusCreated, "POST", operations+"upsert", "["+first+","+second+"]")
	s.sameNumber("2", value(s.get(s.id(1), ""), "a", "value"))
	success, errors := s.batchAnswer(s.do("POST", operations+"create", "["+s.entity(2, "")+","+s.entity(2, "")+"]"))
	require.Equal(s, []any{s.id(2)}, success)
	require.Equal(s, errorBase+"AlreadyExists", errors[s.id(2)]["type"])
}

func queryLanguage(s *suite) {
	mercedes := s.create("mercedes", `"brandName":{"type":"Property","value":"Mercedes"},"speed":{"type":"Property","value":80,"observedAt":"2018-12-04T12:00:00Z"},`+
		`"isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:Downtown1"},"address":{"type":"Property","value":{"city":"Berlin"}}`)
	volvo := s.create("volvo", `"brandName":{"type":"Property","value":"Volvo"},"speed":{"type":"Property","value":50.5,"accuracy":{"type":"Property","value":0.7}},"electric":{"type":"Property","value":true}`)
	for q, want := range map[string][]string{
		`speed>50`:                               {mercedes, volvo},
		`speed>50.5`:                             {mercedes},
		`speed>=50.50`:                           {mercedes, volvo},
		`speed<80`:                               {volvo},
		`speed<=50.5`:                            {volvo},
		`speed==80.0`:                            {mercedes},
		`speed==60..90`:                          {mercedes},
		`speed!=60..90`:                          {volvo},
		`speed==80,50.5`:                         {mercedes, volvo},
		`brandName!="Mercedes"`:                  {volvo},
		`brandName=="Mercedes"`:                  {mercedes},
		`brandName~=^Vol`:                        {volvo},
		`electric==true`:                         {volvo},
		`isParked`:                               {mercedes},
		`address[city]=="Berlin"`:                {mercedes},
		`speed.accuracy==0.7`:                    {volvo},
		`speed.observedAt>=2018-12-01T00:00:00Z`: {mercedes},
		`isParked==urn:ngsi-ld:OffStreetParking:Downtown1`: {mercedes},
		`speed>50;brandName!="Mercedes"`:                   {volvo},
		`brandName=="Mercedes"|electric==true`:             {mercedes, volvo},
		`(speed<60|brandName=="Mercedes");isParked`:        {mercedes},
		`speed>1000`: {},
		`brandName=="BMW"|(speed>=80;address[city]=="Hamburg")`:  {},
		`brandName=="Volvo";speed<60|brandName=="BMW";speed<600`: {volvo},
	} {
		require.ElementsMatch(s, want, s.ids("q", q), "q=%s", q)
	}
	if !s.tol.lax {
		require.Equal(s, []string{volvo}, s.ids("q", "!isParked"), "which goes beyond the specification")
	}
	s.problem(http.StatusBadRequest, "BadRequestData", "GET", entities+"?q="+url.QueryEscape(`speed>`), "")
}

func queryByIDs(s *suite) {
	ids := s.fill(3)
	require.ElementsMatch(s, ids[:2], s.ids("id", ids[0]+","+ids[1]+","+s.id("absent")))
	require.ElementsMatch(s, ids[2:], s.ids("idPattern", "^.*"+s.mark+":2$"))
	require.ElementsMatch(s, ids, s.ids("attrs", "n"))
	require.Empty(s, s.ids("attrs", "absent"))
	body := fmt.Sprintf(`{"type":"Query","entities":[{"type":%q}],"q":"n>0","attrs":["n"]}`, s.typ())
	a := s.expect(http.StatusOK, "POST", operations+"query?limit=1&count=true", body)
	require.Equal(s, "2", a.header.Get("NGSILD-Results-Count"))
	require.Len(s, s.list(a), 1)
}

func queryBy500IDs(s *suite) {
	ids := s.fill(30)
	var selectors []string
	for i := range 500 {
		selectors = append(selectors, fmt.Sprintf(`{"id":%q,"type":%q}`, s.id(i), s.typ()))
	}
	body := `{"type":"Query","entities":[` + strings.Join(selectors, ",") + `]}`
	a := s.expect(http.StatusOK, "POST", operations+"query?limit=500", body)
	require.ElementsMatch(s, ids, idsOf(s.list(a)))
}

func queryByScope(s *suite) {
	body := s.entity(1, `"scope":["/Paris/1er","/Energy"],"n":{"type":"Property","value":1}`)
	s.forget(s.id(1), s.id(2))
	a := s.do("POST", entities, body)
	s.newer(a)
	require.Equal(s, http.StatusCreated, a.status, "%s", a.body)
	s.expect(http.StatusCreated, "POST", entities, s.entity(2, `"scope":"/Paris"`))
	require.ElementsMatch(s, []string{s.id(1)}, s.ids("scopeQ", "/Paris/1er"))
	require.ElementsMatch(s, []string{s.id(1)}, s.ids("scopeQ", "/Paris/+"))
	require.ElementsMatch(s, []string{s.id(1), s.id(2)}, s.ids("scopeQ", "/Paris/#"))
	require.ElementsMatch(s, []string{s.id(1)}, s.ids("scopeQ", "/Energy;/Paris/1er"))
	s.sameJSON(`["/Paris/1er","/Energy"]`, s.get(s.id(1), "")["scope"])
}

func point(lon, lat float64) string {
	return fmt.Sprintf(`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%v,%v]}}`, lon, lat)
}

func geoNear(s *suite) {
	louvre := s.create("louvre", point(2.3376, 48.8606))
	notreDame := s.create("notre-dame", point(2.3499, 48.8530)) // 1.2 km off
	s.create("lyon", point(4.8357, 45.7640))
	s.create("nowhere", "")
	near := func(georel string) []string {
		return s.ids("georel", georel, "geometry", "Point", "coordinates", "[2.3376,48.8606]")
	}
	require.ElementsMatch(s, []string{louvre}, near("near;maxDistance==1000"))
	require.ElementsMatch(s, []string{louvre, notreDame}, near("near;maxDistance==2000"))
	require.ElementsMatch(s, []string{s.id("lyon")}, near("near;minDistance==100000"))
	body := fmt.Sprintf(`{"type":"Query","entities":[{"type":%q}],"geoQ":{"georel":"near;maxDistance==1000","geometry":"Point","coordinates":[2.3376,48.8606]}}`, s.typ())
	require.Equal(s, []string{louvre}, idsOf(s.list(s.expect(http.StatusOK, "POST", operations+"query", body))))
	s.problem(http.StatusBadRequest, "BadRequestData", "GET", entities+"?type="+s.typ()+"&georel=near;maxDistance==1000&geometry=Point&coordinates=[2.3376]", "")
}

func geoWithin(s *suite) {
	in := s.create("in", point(2.35, 48.85))
	out := s.create("out", point(2.45, 48.85))
	box := "[[[2.3,48.8],[2.4,48.8],[2.4,48.9],[2.3,48.9],[2.3,48.8]]]"
	require.Equal(s, []string{in}, s.ids("georel", "within", "geometry", "Polygon", "coordinates", box))
	require.Equal(s, []string{in}, s.ids("georel", "intersects", "geometry", "Polygon", "coordinates", box))
	require.Equal(s, []string{out}, s.ids("georel", "disjoint", "geometry", "Polygon", "coordinates", box))
}

func contextInBody(s *suite) {
	const ns = "https://ldt.example/ns#"
	id := s.id(1)
	s.forget(id)
	ldctx := fmt.Sprintf(`[{"conso":"%sconso","%s":"%sBuilding"},%q]`, ns, s.typ(), ns, coreURL)
	body := fmt.Sprintf(`{"id":%q,"type":%q,"conso":{"type":"Property","value":1},"@context":%s}`, id, s.typ(), ldctx)
	s.expect(http.StatusCreated, "POST", entities, body, "Content-Type", mediaLD)
	// Without that @context the names come back as IRIs.
	e := s.get(id, "")
	require.Equal(s, ns+"Building", e["type"])
	s.sameNumber("1", value(e, ns+"conso", "value"))
	a := s.expect(http.StatusOK, "GET", entities+"/"+id, "", "Accept", mediaLD)
	require.Contains(s, a.header.Get("Content-Type"), mediaLD)
	require.NotNil(s, s.object(a)["@context"])
	// A query with the @context in its body answers with its terms.
	query := fmt.Sprintf(`{"type":"Query","entities":[{"id":%q,"type":%q}],"@context":%s}`, id, s.typ(), ldctx)
	list := s.list(s.expect(http.StatusOK, "POST", operations+"query", query, "Content-Type", mediaLD, "Accept", mediaLD))
	require.Len(s, list, 1)
	require.Equal(s, s.typ(), list[0]["type"])
	s.sameNumber("1", value(list[0], "conso", "value"))
}

func link(ref string) string {
	return `<` + ref + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

func contextByLink(s *suite) {
	id := s.id(1)
	s.forget(id)
	body := s.entity(1, `"conso":{"type":"Property","value":1}`)
	s.expect(http.StatusCreated, "POST", entities, body, "Link", link(coreURL))
	a := s.expect(http.StatusOK, "GET", entities+"/"+id, "", "Link", link(coreURL))
	require.Equal(s, s.typ(), s.object(a)["type"])
	require.Contains(s, strings.Join(a.header.Values("Link"), ","), "ngsi-ld-core-context")
	// A term of no @context stands for an IRI of the default vocabulary.
	require.Equal(s, []string{id}, idsOf(s.list(s.expect(http.StatusOK, "GET", entities+"?type="+url.QueryEscape(defaultIRI+s.typ()), ""))))
	s.sameNumber("1", value(s.get(id, "?attrs="+url.QueryEscape(defaultIRI+"conso")), "conso", "value"))
}

func contextErrors(s *suite) {
	s.forget(s.id(1))
	plain := s.entity(1, "")
	withContext := s.entity(1, fmt.Sprintf(`"@context":%q`, coreURL))
	s.problem(http.StatusBadRequest, "BadRequestData", "POST", entities, plain, "Content-Type", mediaLD)
	s.problem(http.StatusBadRequest, "BadRequestData", "POST", entities, withContext)
	s.problem(http.StatusBadRequest, "BadRequestData", "POST", entities, withContext, "Content-Type", mediaLD, "Link", link(coreURL))
	a := s.do("GET", entities+"/"+s.id(1), "", "Link", link("http://127.0.0.1:9/absent.jsonld"))
	s.httpError(a, http.StatusServiceUnavailable)
}

func geoJSON(s *suite) {
	id := s.create(1, point(2.35, 48.85)+`,"name":{"type":"Property","value":"X"}`)
	feature := s.object(s.expect(http.StatusOK, "GET", entities+"/"+id, "", "Accept", mediaGeo))
	require.Equal(s, "Feature", feature["type"])
	require.Equal(s, id, feature["id"])
	s.sameJSON(`{"type":"Point","coordinates":[2.35,48.85]}`, feature["geometry"])
	require.Equal(s, s.typ(), value(feature, "properties", "type"))
	require.Equal(s, "X", value(feature, "properties", "name", "value"))
	a := s.expect(http.StatusOK, "GET", entities+"?options=keyValues&type="+s.typ(), "", "Accept", mediaGeo)
	require.Contains(s, a.header.Get("Content-Type"), mediaGeo)
	collection := s.object(a)
	require.Equal(s, "FeatureCollection", collection["type"])
	features, ok := collection["features"].([]any)
	require.True(s, ok)
	require.Len(s, features, 1)
	first, ok := features[0].(map[string]any)
	require.True(s, ok)
	require.Equal(s, "X", value(first, "properties", "name"))
}

func sysAttrs(s *suite) {
	id := s.create(1, `"name":{"type":"Property","value":"X"}`)
	e := s.get(id, "?options=sysAttrs")
	for _, at := range []any{e["createdAt"], e["modifiedAt"], value(e, "name", "createdAt"), value(e, "name", "modifiedAt")} {
		text, ok := at.(string)
		require.True(s, ok, "%v", e)
		require.Regexp(s, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`, text)
	}
	e = s.get(id, "")
	require.Nil(s, e["createdAt"])
	require.Nil(s, value(e, "name", "modifiedAt"))
	a := s.do("GET", entities+"/"+id+"?sysAttrs=true", "")
	s.newer(a)
	require.NotNil(s, s.object(a)["modifiedAt"])
}

func pickAndOmit(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1},"b":{"type":"Property","value":2},"c":{"type":"Property","value":3}`)
	a := s.do("GET", entities+"/"+id+"?pick=id,a,c", "")
	s.newer(a)
	require.ElementsMatch(s, []string{"id", "a", "c"}, members(s.object(a)))
	require.ElementsMatch(s, []string{"id", "type", "b"}, members(s.get(id, "?omit=a,c")))
	require.ElementsMatch(s, []string{"a", "b", "c"}, members(s.get(id, "?omit=id,type")))
	require.ElementsMatch(s, []string{"id", "type", "b"}, members(s.get(id, "?attrs=b")))
	s.problem(http.StatusNotFound, "ResourceNotFound", "GET", entities+"/"+id+"?attrs=absent", "")
}

func members(e map[string]any) (names []string) {
	for name := range e {
		if name != "@context" {
			names = append(names, name)
		}
	}
	return names
}

func appendAttributes(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1}`)
	path := entities + "/" + id + "/attrs"
	s.expect(http.StatusNoContent, "POST", path, `{"b":{"type":"Property","value":1}}`)
	a := s.expect(http.StatusMultiStatus, "POST", path+"?options=noOverwrite", `{"a":{"type":"Property","value":2},"c":{"type":"Property","value":2}}`)
	result := s.object(a)
	s.sameJSON(`["c"]`, result["updated"])
	left, ok := result["notUpdated"].([]any)
	require.True(s, ok)
	require.Len(s, left, 1)
	e := s.get(id, "?options=keyValues")
	s.sameJSON(fmt.Sprintf(`{"id":%q,"type":%q,"a":1,"b":1,"c":2}`, id, s.typ()), e)
	s.expect(http.StatusNoContent, "POST", path, `{"a":{"type":"Property","value":3}}`)
	s.sameNumber("3", s.get(id, "?options=keyValues")["a"])
	s.problem(http.StatusNotFound, "ResourceNotFound", "POST", entities+"/"+s.id("absent")+"/attrs", `{"a":{"type":"Property","value":3}}`)
}

func updateAttributes(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1,"unitCode":"KWH"},"b":{"type":"Property","value":1}`)
	s.expect(http.StatusNoContent, "PATCH", entities+"/"+id+"/attrs", `{"a":{"type":"Property","value":2}}`)
	e := s.get(id, "")
	s.sameJSON(`{"type":"Property","value":2}`, e["a"])
	s.sameJSON(`{"type":"Property","value":1}`, e["b"])
}

func partialAttributeUpdate(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1,"unitCode":"KWH","observedAt":"2011-01-01T00:00:00Z"}`)
	path := entities + "/" + id + "/attrs/"
	s.expect(http.StatusNoContent, "PATCH", path+"a", `{"value":2,"observedAt":"2012-01-01T00:00:00Z"}`)
	s.sameJSON(`{"type":"Property","value":2,"unitCode":"KWH","observedAt":"2012-01-01T00:00:00Z"}`, s.get(id, "")["a"])
	s.problem(http.StatusNotFound, "ResourceNotFound", "PATCH", path+"absent", `{"value":2}`)
	a := s.do("PUT", path+"a", `{"type":"Property","value":3}`)
	s.newer(a)
	require.Equal(s, http.StatusNoContent, a.status, "%s", a.body)
	s.sameJSON(`{"type":"Property","value":3}`, s.get(id, "")["a"])
}

func deleteAttribute(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1},"b":{"type":"Property","value":1}`)
	s.expect(http.StatusNoContent, "DELETE", entities+"/"+id+"/attrs/a", "")
	e := s.get(id, "")
	require.Nil(s, e["a"])
	require.NotNil(s, e["b"])
	s.problem(http.StatusNotFound, "ResourceNotFound", "DELETE", entities+"/"+id+"/attrs/a", "")
}

func replaceEntity(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":1}`)
	a := s.do("PUT", entities+"/"+id, s.entity(1, `"b":{"type":"Property","value":1}`))
	s.newer(a)
	require.Equal(s, http.StatusNoContent, a.status, "%s", a.body)
	require.ElementsMatch(s, []string{"id", "type", "b"}, members(s.get(id, "")))
	s.problem(http.StatusNotFound, "ResourceNotFound", "PUT", entities+"/"+s.id("absent"), s.entity("absent", ""))
}

func mergeEntity(s *suite) {
	id := s.create(1, `"a":{"type":"Property","value":{"x":1,"y":{"z":2}},"unitCode":"KWH"},"b":{"type":"Property","value":1},"label":{"type":"LanguageProperty","languageMap":{"fr":"rouge","en":"red"}}`)
	a := s.do("PATCH", entities+"/"+id, `{"a":{"type":"Property","value":{"y":{"z":3,"w":4}}},"b":{"type":"Property","value":"urn:ngsi-ld:null"},`+
		`"label":{"type":"LanguageProperty","languageMap":{"de":"rot"}},"c":{"type":"Property","value":"new"}}`)
	s.newer(a)
	require.Equal(s, http.StatusNoContent, a.status, "%s", a.body)
	e := s.get(id, "")
	s.sameJSON(`{"type":"Property","value":{"x":1,"y":{"z":3,"w":4}},"unitCode":"KWH"}`, e["a"])
	require.Nil(s, e["b"])
	s.sameJSON(`{"type":"LanguageProperty","languageMap":{"fr":"rouge","en":"red","de":"rot"}}`, e["label"])
	require.Equal(s, "new", value(e, "c", "value"))
	s.expect(http.StatusNoContent, "POST", operations+"merge", "["+s.entity(1, `"c":{"type":"Property","value":"newer"}`)+"]")
	require.Equal(s, "newer", value(s.get(id, ""), "c", "value"))
}

func typesAndAttributes(s *suite) {
	s.create(1, `"attr`+s.mark+`":{"type":"Property","value":1}`)
	s.create(2, `"attr`+s.mark+`":{"type":"Relationship","object":"urn:ngsi-ld:X:1"}`)
	a := s.expect(http.StatusOK, "GET", "/ngsi-ld/v1/types", "")
	require.Contains(s, string(a.body), s.typ())
	info := s.object(s.expect(http.StatusOK, "GET", "/ngsi-ld/v1/types/"+s.typ(), ""))
	s.sameNumber("2", info["entityCount"])
	a = s.expect(http.StatusOK, "GET", "/ngsi-ld/v1/attributes", "")
	require.Contains(s, string(a.body), "attr"+s.mark)
	info = s.object(s.expect(http.StatusOK, "GET", "/ngsi-ld/v1/attributes/attr"+s.mark, ""))
	s.sameNumber("2", info["attributeCount"])
	s.problem(http.StatusNotFound, "ResourceNotFound", "GET", "/ngsi-ld/v1/types/Absent"+s.mark, "")
}

func badRequests(s *suite) {
	s.forget(s.id(1))
	for name, body := range map[string]string{
		"no id":               fmt.Sprintf(`{"type":%q}`, s.typ()),
		"no type":             fmt.Sprintf(`{"id":%q}`, s.id(1)),
		"id is no URI":        fmt.Sprintf(`{"id":"meter 7","type":%q}`, s.typ()),
		"property, no value":  s.entity(1, `"a":{"type":"Property"}`),
		"relationship, value": s.entity(1, `"a":{"type":"Relationship","value":"urn:ngsi-ld:X:1"}`),
		"no DateTime":         s.entity(1, `"a":{"type":"Property","value":1,"observedAt":"yesterday"}`),
	} {
		a := s.do("POST", entities, body)
		require.Equal(s, http.StatusBadRequest, a.status, "%s: %s", name, a.body)
		require.Equal(s, errorBase+"BadRequestData", s.object(a)["type"], name)
	}
	s.problem(http.StatusBadRequest, "InvalidRequest", "POST", entities, `{"id":`)
	s.problem(http.StatusBadRequest, "BadRequestData", "GET", entities, "")
	s.httpError(s.do("POST", entities, s.entity(1, ""), "Content-Type", "text/csv"), http.StatusUnsupportedMediaType)
	s.httpError(s.do("GET", entities+"/"+s.id(1), "", "Accept", "text/csv"), http.StatusNotAcceptable)
	s.httpError(s.do("PUT", entities, s.entity(1, "")), http.StatusMethodNotAllowed)
	s.httpError(s.do("GET", "/ngsi-ld/v1/nothing", ""), http.StatusNotFound)
}

func unknownTenant(s *suite) {
	a := s.do("GET", entities+"?type="+s.typ(), "", "NGSILD-Tenant", "ldt"+s.mark)
	if s.tol.lacksTenants && a.status != http.StatusNotFound {
		s.Skipf("the broker runs without tenants: %d %s", a.status, a.body)
	}
	require.Equal(s, http.StatusNotFound, a.status, "%s", a.body)
	require.Equal(s, errorBase+"NonexistentTenant", s.object(a)["type"])
}

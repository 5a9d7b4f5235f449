package broker

import (
	"bytes"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/query"
)

const (
	defaultLimit = 20
	maxLimit     = 1000
	maxPattern   = 1000
)

// filter is what a query asks for, its names expanded.
type filter struct {
	// selectors are alternatives; none selects all.
	selectors []selector
	attrs     map[string]bool // at least one of them is there; nil asks nothing
	q         *query.Q
	scope     *query.Scope
	geo       *query.Geo
	local     bool
}

// selector is an EntitySelector (clause 5.2.33).
type selector struct {
	ids     []string // nil is any
	pattern *regexp.Regexp
	types   *query.Types // nil is any
}

func (s *selector) match(e *ngsild.Entity) bool {
	if s.types != nil && !s.types.Match(e.Types) || s.pattern != nil && !s.pattern.MatchString(e.ID) {
		return false
	}
	if s.ids == nil {
		return true
	}
	for _, id := range s.ids {
		if id == e.ID {
			return true
		}
	}
	return false
}

// page is which part of the result is asked for.
type page struct {
	limit, offset int
	count         bool
}

func (q *request) readPage() (p page, err error) {
	if p.count, err = q.flag("count"); err != nil {
		return p, err
	}
	if p.limit, err = q.number("limit", defaultLimit, 0); err != nil {
		return p, err
	}
	switch {
	case p.limit > maxLimit:
		return p, newProblem(ngsild.ErrorTooManyResults, "too many results are asked for", "limit is %d and may be at most %d; page through the result with offset", p.limit, maxLimit)
	case p.limit == 0 && !p.count:
		return p, badRequest("limit=0 asks for nothing; add count=true to get the number of entities")
	}
	p.offset, err = q.number("offset", 0, 0)
	return p, err
}

var pageParams = []string{"limit", "offset", "count"}

// queryEntities is Query Entities by GET (clause 5.7.2).
func (q *request) queryEntities() error {
	known := append([]string{"id", "idPattern", "type", "q", "scopeQ", "expandValues", "jsonKeys", "georel", "geometry", "coordinates", "geoproperty"}, viewParams...)
	if err := q.allow(append(known, pageParams...)...); err != nil {
		return err
	}
	ldctx, err := q.headerContext()
	if err != nil {
		return err
	}
	v, attrs, err := q.paramView(ldctx)
	if err != nil {
		return err
	}
	f, err := q.paramFilter(ldctx, attrs)
	if err != nil {
		return err
	}
	p, err := q.readPage()
	if err != nil {
		return err
	}
	return q.answerQuery(f, v, p)
}

// paramFilter reads the filter from the query parameters.
func (q *request) paramFilter(ldctx *jsonld.Context, attrs []string) (*filter, error) {
	f := &filter{}
	ids, err := q.list("id")
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := ngsild.ValidURI(id); err != nil {
			return nil, badRequest("the query parameter id has %q, which is not a URI: %v", id, err)
		}
	}
	s := selector{ids: ids}
	if s.pattern, err = idPattern(q.params["idPattern"]); err != nil {
		return nil, err
	}
	if s.types, err = q.selectedType(ldctx); err != nil {
		return nil, err
	}
	if s.ids != nil || s.pattern != nil || q.params["type"] != "" {
		f.selectors = []selector{s}
	}
	texts := queryTexts{
		scopeQ: q.params["scopeQ"],
		geo: query.GeoParams{
			Georel: q.params["georel"], Geometry: q.params["geometry"], Coordinates: q.params["coordinates"], Property: q.params["geoproperty"],
		},
	}
	if text, ok := q.params["q"]; ok {
		texts.q = &text
	}
	if f.local, err = q.flag("local"); err != nil {
		return nil, err
	}
	return f, f.read(ldctx, attrs, texts)
}

// queryTexts are the parts of a query that have a language of their own.
type queryTexts struct {
	q      *string
	scopeQ string
	geo    query.GeoParams
}

// read parses the parts that GET and POST have in common.
func (f *filter) read(ldctx *jsonld.Context, attrs []string, texts queryTexts) error {
	var err error
	if f.attrs, err = projection(ldctx, "attrs", attrs); err != nil {
		return err
	}
	expand := expander(ldctx)
	if texts.q != nil {
		parsed, err := query.Parse(*texts.q)
		if err != nil {
			return err
		}
		f.q = parsed.Expand(expand)
	}
	if texts.scopeQ != "" {
		if f.scope, err = query.ParseScope(texts.scopeQ); err != nil {
			return err
		}
	}
	if texts.geo != (query.GeoParams{}) {
		geo, err := query.ParseGeo(texts.geo)
		if err != nil {
			return err
		}
		f.geo = geo.Expand(expand)
	}
	if len(f.selectors) == 0 && f.attrs == nil && f.q == nil && f.geo == nil && !f.local {
		return badRequest("the query is too wide; give at least one of type, attrs, q, georel or id (local=true gives everything)")
	}
	return nil
}

func idPattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxPattern {
		return nil, badRequest("idPattern has more than %d characters", maxPattern)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, badRequest("idPattern is %q, which is no regular expression (the syntax is RE2)", text)
	}
	return re, nil
}

// postQuery is Query Entities by POST (clause 6.23).
func (q *request) postQuery() error {
	known := append([]string{"options", "format", "sysAttrs", "geometryProperty"}, pageParams...)
	if err := q.allow(known...); err != nil {
		return err
	}
	p, err := q.readBody()
	if err != nil {
		return err
	}
	body, err := q.readQuery(p)
	if err != nil {
		return err
	}
	v, err := q.readView(body.ldctx, body.attrs, body.pick, body.omit, body.datasets)
	if err != nil {
		return err
	}
	pg, err := q.readPage()
	if err != nil {
		return err
	}
	return q.answerQuery(&body.filter, v, pg)
}

// queryBody is a Query (clause 5.2.23).
type queryBody struct {
	filter
	ldctx                       *jsonld.Context
	attrs, pick, omit, datasets []string
}

func (q *request) readQuery(p *payload) (*queryBody, error) {
	b := &queryBody{}
	var inBody, entities, geoQ jsontext.Value
	var texts queryTexts
	typ := ""
	text := func(name string, v jsontext.Value, to *string) error {
		if v.Kind() != '"' {
			return badRequest("%s has to be a string", name)
		}
		*to = unquote(v)
		return nil
	}
	err := eachMember(bytes.TrimSpace(p.text), func(name string, v jsontext.Value) error {
		switch name {
		case ngsild.MemberContext:
			inBody = v
		case ngsild.MemberType:
			return text(name, v, &typ)
		case "entities":
			entities = v
		case "attrs":
			return stringsOf(v, name, &b.attrs)
		case "pick":
			return stringsOf(v, name, &b.pick)
		case "omit":
			return stringsOf(v, name, &b.omit)
		case "datasetId":
			return stringsOf(v, name, &b.datasets)
		case "q":
			texts.q = new(string)
			return text(name, v, texts.q)
		case "scopeQ":
			return text(name, v, &texts.scopeQ)
		case "geoQ":
			geoQ = v
		case "expandValues", "jsonKeys":
			// A vocabulary term matches by its IRI anyway, and JSON is never expanded.
		case "temporalQ", "csf", "lang", "join", "joinLevel", "containedBy", "entityMap", "splitEntities", "ordering", "orderBy", "aggrParams":
			return notSupported("this broker does not answer queries with %q", name)
		default:
			return badRequest("a query has no member %q; it has type (\"Query\"), entities, attrs, pick, omit, q, geoQ, scopeQ, datasetId", name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch typ {
	case "Query":
	case "":
		return nil, badRequest(`the body of a query has "type": "Query", and this has no type`)
	default:
		return nil, badRequest(`the body of a query has "type": "Query", and this has %q`, typ)
	}
	if b.ldctx, err = q.contextOf(p, inBody); err != nil {
		return nil, err
	}
	if entities != nil {
		if err := b.readSelectors(entities); err != nil {
			return nil, err
		}
	}
	if geoQ != nil {
		if texts.geo, err = readGeoQ(geoQ); err != nil {
			return nil, err
		}
	}
	if b.local, err = q.flag("local"); err != nil {
		return nil, err
	}
	return b, b.read(b.ldctx, b.attrs, texts)
}

// readSelectors reads the EntitySelectors. Types that repeat are parsed once.
func (b *queryBody) readSelectors(v jsontext.Value) error {
	list, err := elements(v, "entity selectors")
	if err != nil {
		return badRequest(`entities has to be an array of selectors such as {"type": "Building"}`)
	}
	parsed := map[string]*query.Types{}
	for i, el := range list {
		var s selector
		err := eachMember(el, func(name string, v jsontext.Value) error {
			if name == ngsild.MemberID {
				if err := stringsOf(v, name, &s.ids); err != nil {
					return err
				}
				for _, id := range s.ids {
					if err := ngsild.ValidURI(id); err != nil {
						return badRequest("the id %q is not a URI: %v", id, err)
					}
				}
				return nil
			}
			if v.Kind() != '"' {
				return badRequest("%s has to be a string", name)
			}
			value := unquote(v)
			switch name {
			case "idPattern":
				var err error
				s.pattern, err = idPattern(value)
				return err
			case ngsild.MemberType:
				if value == anyType {
					return nil
				}
				t, ok := parsed[value]
				if !ok {
					one, err := query.ParseTypes(value)
					if err != nil {
						return err
					}
					t = one.Expand(expander(b.ldctx))
					parsed[value] = t
				}
				s.types = t
				return nil
			}
			return badRequest("a selector has no member %q; it has id, idPattern and type", name)
		})
		if err != nil {
			if p, ok := err.(*problem); ok {
				p.Detail = "selector " + strconv.Itoa(i+1) + " of entities: " + p.Detail
			}
			return err
		}
		b.selectors = append(b.selectors, s)
	}
	return nil
}

// readGeoQ reads a GeoQuery (clause 5.2.13).
func readGeoQ(v jsontext.Value) (query.GeoParams, error) {
	var g query.GeoParams
	err := eachMember(v, func(name string, v jsontext.Value) error {
		var to *string
		switch name {
		case "georel":
			to = &g.Georel
		case "geometry":
			to = &g.Geometry
		case "geoproperty":
			to = &g.Property
		case "coordinates":
			g.Coordinates = string(v)
			if v.Kind() == '"' {
				g.Coordinates = unquote(v)
			}
			return nil
		default:
			return badRequest("geoQ has no member %q; it has georel, geometry, coordinates and geoproperty", name)
		}
		if v.Kind() != '"' {
			return badRequest("%s of geoQ has to be a string", name)
		}
		*to = unquote(v)
		return nil
	})
	return g, err
}

// selection gives what the store can narrow by itself, and whether that is
// all that the filter asks.
func (f *filter) selection() (sel Selection, whole bool) {
	whole = f.q == nil && f.scope == nil && f.geo == nil && f.attrs == nil
	allIDs, allTypes := len(f.selectors) > 0, len(f.selectors) > 0
	for i := range f.selectors {
		s := &f.selectors[i]
		allIDs = allIDs && s.ids != nil
		allTypes = allTypes && s.types != nil
		whole = whole && s.pattern == nil
	}
	switch {
	case allIDs:
		for i := range f.selectors {
			s := &f.selectors[i]
			sel.IDs = append(sel.IDs, s.ids...)
			whole = whole && s.types == nil
		}
	case allTypes:
		for i := range f.selectors {
			s := &f.selectors[i]
			names, exact := s.types.AnyOf()
			sel.Types = append(sel.Types, names...)
			whole = whole && exact && s.ids == nil
		}
		sel.Types = unique(sel.Types)
	default:
		whole = whole && len(f.selectors) == 0
	}
	if f.geo != nil {
		if w, s, e, n, ok := f.geo.Extent(locationIRI); ok && sel.IDs == nil {
			sel.Bounds = &Bounds{West: w, South: s, East: e, North: n}
		}
	}
	return sel, whole
}

// unique gives a list without repetitions.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	out := list[:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// matcher gives the test for what the store cannot narrow. Where each
// selector is one id, they are looked up instead of tried one after the other.
func (f *filter) matcher() func(e *ngsild.Entity) bool {
	byID := map[string][]*selector{}
	var others []*selector
	for i := range f.selectors {
		s := &f.selectors[i]
		if s.ids == nil {
			others = append(others, s)
			continue
		}
		for _, id := range s.ids {
			byID[id] = append(byID[id], s)
		}
	}
	selected := func(e *ngsild.Entity) bool {
		for _, s := range byID[e.ID] {
			if s.match(e) {
				return true
			}
		}
		for _, s := range others {
			if s.match(e) {
				return true
			}
		}
		return len(f.selectors) == 0
	}
	return func(e *ngsild.Entity) bool {
		return selected(e) && f.hasAttrs(e) &&
			(f.scope == nil || f.scope.Match(e.Scopes)) &&
			(f.q == nil || f.q.Match(e)) &&
			(f.geo == nil || f.geo.Match(e))
	}
}

func (f *filter) hasAttrs(e *ngsild.Entity) bool {
	if f.attrs == nil {
		return true
	}
	for i := range e.Attributes {
		if f.attrs[e.Attributes[i].Name] {
			return true
		}
	}
	return false
}

// answerQuery runs a query and answers it.
func (q *request) answerQuery(f *filter, v *view, p page) error {
	if err := q.needTenant(); err != nil {
		return err
	}
	body := append(make([]byte, 0, 4096), v.open()...)
	given, total, more := 0, 0, false
	show := func(e *ngsild.Entity) {
		if given++; given > 1 {
			body = append(body, ',')
		}
		body = v.append(body, e, false)
	}
	sel, whole := f.selection()
	err := q.h.store.View(q.r.Context(), q.tenant, func(r Reader) error {
		if whole {
			return q.scanWhole(r, sel, p, &total, func(e *ngsild.Entity) { show(e) }, &more)
		}
		match := f.matcher()
		return r.Scan(sel, func(doc []byte) (bool, error) {
			e, err := load(doc)
			if err != nil {
				return false, err
			}
			if !match(e) {
				return true, nil
			}
			total++
			switch {
			case total <= p.offset:
			case given < p.limit:
				show(e)
			default:
				more = true
				return p.count, nil
			}
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	if p.count {
		q.header.Set(headerCount, strconv.Itoa(total))
	}
	q.linkPages(p, more)
	q.send(v, v.shut(body))
	return nil
}

// scanWhole answers a query that the store can narrow by itself: it skips and
// counts without reading the entities.
func (q *request) scanWhole(r Reader, sel Selection, p page, total *int, show func(*ngsild.Entity), more *bool) error {
	if p.count {
		n, err := r.Count(sel)
		if err != nil {
			return err
		}
		*total = n
	}
	if p.limit == 0 {
		return nil
	}
	sel.Offset, sel.Limit = p.offset, p.limit+1
	given := 0
	return r.Scan(sel, func(doc []byte) (bool, error) {
		if given == p.limit {
			*more = true
			return false, nil
		}
		given++
		e, err := loadBare(doc)
		if err != nil {
			return false, err
		}
		show(e)
		return true, nil
	})
}

// linkPages names the next and the previous page in Link headers (clause 6.3.10).
func (q *request) linkPages(p page, more bool) {
	if p.limit == 0 {
		return
	}
	link := func(rel string, offset int) {
		var b strings.Builder
		b.WriteString("<" + q.r.URL.EscapedPath())
		sep := byte('?')
		add := func(name, value string) {
			b.WriteByte(sep)
			b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
			sep = '&'
		}
		for _, name := range sortedKeys(q.params) {
			if name != "limit" && name != "offset" {
				add(name, q.params[name])
			}
		}
		add("limit", strconv.Itoa(p.limit))
		add("offset", strconv.Itoa(offset))
		b.WriteString(`>; rel="` + rel + `"`)
		q.header.Add("Link", b.String())
	}
	if more {
		link("next", p.offset+p.limit)
	}
	if p.offset > 0 {
		link("prev", max(0, p.offset-p.limit))
	}
}

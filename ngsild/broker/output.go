package broker

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// view is how an answer shows entities.
type view struct {
	media    string
	rep      ngsild.Representation
	sysAttrs bool
	ldctx    *jsonld.Context
	// pick and omit hold id, type, scope and attribute IRIs; nil is no choice.
	pick, omit map[string]bool
	// datasets are the datasetIds to show ("" is the default instance); nil
	// shows all.
	datasets map[string]bool
	// geometry is the IRI of the GeoProperty that becomes the geometry of a
	// GeoJSON feature.
	geometry string
	// ldInBody is set where a GeoJSON answer carries its @context.
	ldInBody bool
}

// viewParams are the query parameters that readView reads.
var viewParams = []string{"options", "format", "sysAttrs", "attrs", "pick", "omit", "datasetId", "geometryProperty"}

// readView reads how the client wants its entities. The lists may come from
// the body of a query instead of the parameters.
func (q *request) readView(ldctx *jsonld.Context, attrs, pick, omit, datasets []string) (*view, error) {
	v := &view{ldctx: ldctx}
	var err error
	if v.media, err = q.acceptable(mediaJSON, mediaLD, mediaGeo); err != nil {
		return nil, err
	}
	opts, err := q.options("normalized", "concise", "simplified", "keyValues", "sysAttrs")
	if err != nil {
		return nil, err
	}
	format := q.params["format"]
	for _, name := range []string{"normalized", "concise", "simplified", "keyValues"} {
		if opts[name] && format == "" {
			format = name
		}
	}
	if slices.Contains(lackingFormats, format) {
		return nil, notSupported("this broker does not have temporal queries: it keeps the present state only (format=%s)", format)
	}
	if format != "" {
		if v.rep, err = ngsild.ParseRepresentation(format); err != nil {
			return nil, badRequest("the query parameter format is %q; it is normalized, concise or simplified", format)
		}
	}
	if v.sysAttrs, err = q.flag("sysAttrs"); err != nil {
		return nil, err
	}
	v.sysAttrs = v.sysAttrs || opts["sysAttrs"]
	if pick != nil && omit != nil {
		for _, name := range pick {
			if slices.Contains(omit, name) {
				return nil, badRequest("%q stands in both pick and omit", name)
			}
		}
	}
	if v.pick, err = projection(ldctx, "pick", pick); err != nil {
		return nil, err
	}
	if v.omit, err = projection(ldctx, "omit", omit); err != nil {
		return nil, err
	}
	if attrs != nil {
		chosen, err := projection(ldctx, "attrs", attrs)
		if err != nil {
			return nil, err
		}
		if v.pick != nil {
			return nil, badRequest("attrs and pick cannot be used together; pick is the newer one")
		}
		v.pick = chosen
		v.pick[ngsild.MemberID], v.pick[ngsild.MemberType], v.pick[ngsild.MemberScope] = true, true, true
	}
	if datasets != nil {
		v.datasets = map[string]bool{}
		for _, id := range datasets {
			if id == "@none" {
				id = ""
			}
			v.datasets[id] = true
		}
	}
	name := q.params["geometryProperty"]
	if name == "" {
		name = ngsild.MemberLocation
	}
	v.geometry, _ = ldctx.Expand(name)
	v.ldInBody = true
	for _, prefer := range q.r.Header.Values("Prefer") {
		if strings.Contains(strings.ReplaceAll(prefer, " ", ""), "body=json") {
			v.ldInBody = false
		}
	}
	return v, nil
}

// projection expands a list of names; nil stays nil.
func projection(ldctx *jsonld.Context, param string, names []string) (map[string]bool, error) {
	if names == nil {
		return nil, nil
	}
	set := map[string]bool{}
	for _, name := range names {
		if strings.ContainsAny(name, "{}") {
			return nil, notSupported("%s=%s reaches into linked entities, which this broker does not retrieve", param, name)
		}
		switch name {
		case ngsild.MemberID, ngsild.MemberType, ngsild.MemberScope, ngsild.MemberCreatedAt, ngsild.MemberModifiedAt:
		default:
			name, _ = ldctx.Expand(name)
		}
		set[name] = true
	}
	return set, nil
}

// names reads a list of names, which commas or pipes may separate (clause 4.21).
func (q *request) names(param string) ([]string, error) {
	if v, ok := q.params[param]; ok {
		q.params[param] = strings.ReplaceAll(v, "|", ",")
	}
	return q.list(param)
}

// project reduces a stored entity to what the view shows, with IRIs still.
func (v *view) project(e *ngsild.Entity) {
	if v.sysAttrs {
		inherit(e.Attributes, e.CreatedAt, e.ModifiedAt)
	} else {
		hideSystem(e)
	}
	if v.pick != nil || v.omit != nil || v.datasets != nil {
		e.Attributes = slices.DeleteFunc(e.Attributes, func(a ngsild.Attribute) bool {
			return v.hides(a.Name) || v.datasets != nil && !v.datasets[a.DatasetID]
		})
	}
	if v.hides(ngsild.MemberScope) {
		e.Scopes = nil
	}
	if v.omit[ngsild.MemberCreatedAt] {
		e.CreatedAt = ""
	}
	if v.omit[ngsild.MemberModifiedAt] {
		e.ModifiedAt = ""
	}
}

func (v *view) hides(name string) bool {
	return v.pick != nil && !v.pick[name] || v.omit[name]
}

// hideSystem takes the system attributes away.
func hideSystem(e *ngsild.Entity) {
	e.CreatedAt, e.ModifiedAt, e.DeletedAt = "", "", ""
	hideSystemOf(e.Attributes)
}

func hideSystemOf(list []ngsild.Attribute) {
	for i := range list {
		a := &list[i]
		a.CreatedAt, a.ModifiedAt, a.DeletedAt, a.InstanceID = "", "", "", ""
		hideSystemOf(a.Attributes)
	}
}

// append appends one entity as the view shows it. It uses the entity up.
// alone says that it is no element of a collection.
func (v *view) append(dst []byte, e *ngsild.Entity, alone bool) []byte {
	if v.media == mediaGeo {
		return v.appendFeature(dst, e, alone)
	}
	v.project(e)
	v.ldctx.CompactEntity(e)
	if v.media == mediaLD {
		e.Context = v.ldctx.JSON()
	}
	return v.appendMembers(dst, e)
}

// appendMembers appends the entity without the id and type that the view hides.
func (v *view) appendMembers(dst []byte, e *ngsild.Entity) []byte {
	start := len(dst)
	hideID, hideType := v.hides(ngsild.MemberID), v.hides(ngsild.MemberType)
	if !hideID && !hideType {
		return e.AppendJSON(dst, v.rep)
	}
	bare := *e
	if hideID {
		bare.ID = ""
	}
	if hideType {
		bare.Types = []string{""}
	}
	dst = bare.AppendJSON(dst, v.rep)
	text := string(dst[start:])
	dst = append(dst[:start], '{')
	text = strings.TrimPrefix(text, "{")
	idPart, typePart := `"id":"",`, `"type":""`
	if hideID {
		text = strings.TrimPrefix(text, idPart)
	} else {
		at := strings.Index(text, `,"type":""`)
		dst = append(dst, text[:at]...)
		text = text[at+1:]
	}
	if hideType {
		text = strings.TrimPrefix(text, typePart)
		if dst[len(dst)-1] == '{' {
			text = strings.TrimPrefix(text, ",")
		}
	}
	return append(dst, text...)
}

// appendFeature appends the entity as a GeoJSON Feature (clause 4.5.16). Its
// geometry is there also where the view leaves the GeoProperty out.
func (v *view) appendFeature(dst []byte, e *ngsild.Entity, alone bool) []byte {
	geometry := jsontext.Value("null")
	for i := range e.Attributes {
		if a := &e.Attributes[i]; a.Name == v.geometry && a.Kind == ngsild.GeoProperty && (a.DatasetID == "" || string(geometry) == "null") {
			geometry = a.Value
		}
	}
	v.project(e)
	v.ldctx.CompactEntity(e)
	dst = append(dst, '{')
	if !v.hides(ngsild.MemberID) {
		dst = append(dst, `"id":`...)
		dst, _ = jsontext.AppendQuote(dst, e.ID)
		dst = append(dst, ',')
	}
	dst = append(dst, `"type":"Feature","geometry":`...)
	dst = append(dst, geometry...)
	dst = append(dst, `,"properties":`...)
	hidden := *v
	hidden.omit = map[string]bool{ngsild.MemberID: true, ngsild.MemberType: v.hides(ngsild.MemberType)}
	hidden.pick = nil
	dst = hidden.appendMembers(dst, e)
	if alone && v.ldInBody {
		dst = append(dst, `,"@context":`...)
		dst = append(dst, v.ldctx.JSON()...)
	}
	return append(dst, '}')
}

// open and shut give what stands around the elements of a collection.
func (v *view) open() string {
	if v.media == mediaGeo {
		return `{"type":"FeatureCollection","features":[`
	}
	return "["
}

func (v *view) shut(dst []byte) []byte {
	if v.media != mediaGeo {
		return append(dst, ']')
	}
	dst = append(dst, ']')
	if v.ldInBody {
		dst = append(dst, `,"@context":`...)
		dst = append(dst, v.ldctx.JSON()...)
	}
	return append(dst, '}')
}

// send answers with entities.
func (q *request) send(v *view, body []byte) {
	if v.media == mediaJSON || v.media == mediaGeo && !v.ldInBody {
		q.linkContext(v.ldctx)
	}
	q.reply(http.StatusOK, v.media, body)
}

// linkContext names the @context in a Link header. One that has no URL was
// sent inline, so the client has it.
func (q *request) linkContext(ldctx *jsonld.Context) {
	if link := ldctx.Link(); link != "" {
		q.header.Add("Link", link)
	}
}

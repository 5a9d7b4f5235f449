package broker

import (
	"maps"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/query"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// locationIRI is what the core @context expands "location" to.
const locationIRI = "https://uri.etsi.org/ngsi-ld/location"

// bounds gives the extent of an entity's location, or nil.
func bounds(e *ngsild.Entity) *Bounds {
	var all *Bounds
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if a.Name != locationIRI || a.Kind != ngsild.GeoProperty {
			continue
		}
		west, south, east, north, ok := query.Extent(a.Value)
		switch {
		case !ok:
		case all == nil:
			all = &Bounds{west, south, east, north}
		default:
			all.West, all.South = min(all.West, west), min(all.South, south)
			all.East, all.North = max(all.East, east), max(all.North, north)
		}
	}
	return all
}

// usage counts how attributes are used in the entities of a store.
type usage struct {
	count int
	kinds map[string]bool
	types map[string]bool
}

// discover reads what a discovery operation needs: the request's @context and
// the attributes in use, by IRI. sel narrows the entities looked at.
func (q *request) discover(ldctx *jsonld.Context, sel Selection) (entities int, used map[string]*usage, err error) {
	if err := q.needTenant(); err != nil {
		return 0, nil, err
	}
	used = map[string]*usage{}
	err = q.h.store.View(q.r.Context(), q.tenant, func(r Reader) error {
		return r.Scan(sel, func(doc []byte) (bool, error) {
			e, err := loadBare(doc)
			if err != nil {
				return false, err
			}
			entities++
			for i := range e.Attributes {
				a := &e.Attributes[i]
				u := used[a.Name]
				if u == nil {
					u = &usage{kinds: map[string]bool{}, types: map[string]bool{}}
					used[a.Name] = u
				}
				u.kinds[a.Kind.String()] = true
				if i == 0 || e.Attributes[i-1].Name != a.Name {
					u.count++
				}
				for _, t := range e.Types {
					u.types[t] = true
				}
			}
			return true, nil
		})
	})
	return entities, used, err
}

// discovery reads the request of a discovery operation.
func (q *request) discovery(params ...string) (ldctx *jsonld.Context, details bool, err error) {
	if err := q.allow(params...); err != nil {
		return nil, false, err
	}
	if details, err = q.flag("details"); err != nil {
		return nil, false, err
	}
	ldctx, err = q.headerContext()
	return ldctx, details, err
}

// compacted gives the short names of IRIs, sorted.
func compacted(ldctx *jsonld.Context, iris []string) []string {
	out := make([]string, len(iris))
	for i, iri := range iris {
		out[i] = ldctx.Compact(iri)
	}
	slices.Sort(out)
	return out
}

// listTypes is Retrieve Available Entity Types (clauses 5.7.5 and 5.7.6).
func (q *request) listTypes() error {
	ldctx, details, err := q.discovery("details")
	if err != nil {
		return err
	}
	if err := q.needTenant(); err != nil {
		return err
	}
	var types []string
	err = q.h.store.View(q.r.Context(), q.tenant, func(r Reader) error {
		types, err = r.Types()
		return err
	})
	if err != nil {
		return err
	}
	if !details {
		return q.sendObject(ldctx, entityTypeList{
			ID: "urn:ngsi-ld:EntityTypeList:1", Type: "EntityTypeList", TypeList: compacted(ldctx, types),
		})
	}
	_, used, err := q.discover(ldctx, Selection{})
	if err != nil {
		return err
	}
	list := make([]entityType, 0, len(types))
	for _, t := range types {
		et := entityType{ID: t, Type: "EntityType", TypeName: ldctx.Compact(t), AttributeNames: []string{}}
		for _, iri := range sortedKeys(used) {
			if used[iri].types[t] {
				et.AttributeNames = append(et.AttributeNames, ldctx.Compact(iri))
			}
		}
		list = append(list, et)
	}
	return sendList(q, ldctx, list)
}

type entityTypeList struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	TypeList []string `json:"typeList"`
}

type entityType struct {
	ID             string   `json:"id"`
	Type           string   `json:"type"`
	TypeName       string   `json:"typeName"`
	AttributeNames []string `json:"attributeNames"`
}

type entityTypeInfo struct {
	ID               string      `json:"id"`
	Type             string      `json:"type"`
	TypeName         string      `json:"typeName"`
	EntityCount      int         `json:"entityCount"`
	AttributeDetails []attribute `json:"attributeDetails"`
}

type attributeList struct {
	ID            string   `json:"id"`
	Type          string   `json:"type"`
	AttributeList []string `json:"attributeList"`
}

type attribute struct {
	ID             string   `json:"id"`
	Type           string   `json:"type"`
	AttributeName  string   `json:"attributeName"`
	AttributeCount *int     `json:"attributeCount,omitempty"`
	AttributeTypes []string `json:"attributeTypes,omitempty"`
	TypeNames      []string `json:"typeNames,omitempty"`
}

// describeType is Retrieve Entity Type Information (clause 5.7.7).
func (q *request) describeType() error {
	ldctx, _, err := q.discovery()
	if err != nil {
		return err
	}
	iri, _ := ldctx.Expand(q.args[0])
	n, used, err := q.discover(ldctx, Selection{Types: []string{iri}})
	if err != nil {
		return err
	}
	if n == 0 {
		return notFound("there is no entity of the type %s", q.args[0])
	}
	info := entityTypeInfo{ID: iri, Type: "EntityTypeInfo", TypeName: ldctx.Compact(iri), EntityCount: n, AttributeDetails: []attribute{}}
	for _, name := range sortedKeys(used) {
		info.AttributeDetails = append(info.AttributeDetails, attribute{
			ID: name, Type: "Attribute", AttributeName: ldctx.Compact(name), AttributeTypes: sortedKeys(used[name].kinds),
		})
	}
	return q.sendObject(ldctx, info)
}

// listAttributes is Retrieve Available Attributes (clauses 5.7.8 and 5.7.9).
func (q *request) listAttributes() error {
	ldctx, details, err := q.discovery("details")
	if err != nil {
		return err
	}
	_, used, err := q.discover(ldctx, Selection{})
	if err != nil {
		return err
	}
	if !details {
		return q.sendObject(ldctx, attributeList{
			ID: "urn:ngsi-ld:AttributeList:1", Type: "AttributeList", AttributeList: compacted(ldctx, sortedKeys(used)),
		})
	}
	list := make([]attribute, 0, len(used))
	for _, iri := range sortedKeys(used) {
		list = append(list, attribute{
			ID: iri, Type: "Attribute", AttributeName: ldctx.Compact(iri), TypeNames: compacted(ldctx, sortedKeys(used[iri].types)),
		})
	}
	return sendList(q, ldctx, list)
}

// describeAttribute is Retrieve Attribute Information (clause 5.7.10).
func (q *request) describeAttribute() error {
	ldctx, _, err := q.discovery()
	if err != nil {
		return err
	}
	_, used, err := q.discover(ldctx, Selection{})
	if err != nil {
		return err
	}
	iri, _ := ldctx.Expand(q.args[0])
	u := used[iri]
	if u == nil {
		return notFound("there is no entity with the attribute %s", q.args[0])
	}
	return q.sendObject(ldctx, attribute{
		ID: iri, Type: "Attribute", AttributeName: ldctx.Compact(iri), AttributeCount: &u.count,
		AttributeTypes: sortedKeys(u.kinds), TypeNames: compacted(ldctx, sortedKeys(u.types)),
	})
}

// sendList answers with an array of objects, each with the @context where the
// media type asks for it.
func sendList[T any](q *request, ldctx *jsonld.Context, list []T) error {
	media, err := q.acceptable(mediaJSON, mediaLD)
	if err != nil {
		return err
	}
	body := []byte("[")
	for i, v := range list {
		if i > 0 {
			body = append(body, ',')
		}
		object, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if media == mediaLD {
			object = withContext(object, ldctx)
		}
		body = append(body, object...)
	}
	if media == mediaJSON {
		q.linkContext(ldctx)
	}
	q.reply(http.StatusOK, media, append(body, ']'))
	return nil
}

// sendObject answers with one object.
func (q *request) sendObject(ldctx *jsonld.Context, v any) error {
	media, err := q.acceptable(mediaJSON, mediaLD)
	if err != nil {
		return err
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if media == mediaLD {
		body = withContext(body, ldctx)
	} else {
		q.linkContext(ldctx)
	}
	q.reply(http.StatusOK, media, body)
	return nil
}

// withContext adds the @context to a JSON object that has other members.
func withContext(object []byte, ldctx *jsonld.Context) []byte {
	object = append(object[:len(object)-1], `,"@context":`...)
	return append(append(object, ldctx.JSON()...), '}')
}

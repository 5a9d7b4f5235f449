package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// ErrNotFound is in the error of Retrieve where the broker does not have the entity.
var ErrNotFound = errors.New("the broker does not have the entity")

// Query selects entities (CIM 009 v1.8 clause 5.7.2). Members left empty do not
// select. The API wants one of Types, Attributes, Q or GeoRelation at least.
type Query struct {
	IDs       []string
	Types     []string // any of these, as terms of Options.Context or IRIs
	IDPattern string
	// Q is the query text as it is sent: its names are IRIs, or terms of the
	// core, unless the ContextMode is Link.
	Q string
	// Attributes selects entities that have any of these, and gives only them.
	Attributes []string
	// GeoRelation, Geometry, Coordinates (JSON) and GeoProperty are the geo-query.
	GeoRelation, Geometry, Coordinates, GeoProperty string
	// PageSize is asked for in each request; 0 is what suits the broker.
	PageSize int
}

func (c *Client) values(q Query) url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("id", strings.Join(q.IDs, ","))
	set("type", strings.Join(c.names(q.Types), ","))
	set("idPattern", q.IDPattern)
	set("q", q.Q)
	set("attrs", strings.Join(c.names(q.Attributes), ","))
	set("georel", q.GeoRelation)
	set("geometry", q.Geometry)
	set("coordinates", q.Coordinates)
	if q.GeoProperty != "" {
		set("geoproperty", c.names([]string{q.GeoProperty})[0])
	}
	return v
}

// names gives names as a query has them.
func (c *Client) names(terms []string) []string {
	if c.opts.ContextMode == Link {
		return terms
	}
	out := make([]string, len(terms))
	for i, term := range terms {
		out[i] = c.short(term, c.opts.Context)
	}
	return out
}

func (c *Client) reading(path string, values url.Values) request {
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return request{method: http.MethodGet, path: path, link: c.opts.ContextMode == Link}
}

// Get reads any path of the API below /ngsi-ld/v1, such as "types" or
// "temporal/entities", and gives the body as the broker sent it.
func (c *Client) Get(ctx context.Context, path string, values url.Values) ([]byte, error) {
	a, err := c.do(ctx, c.reading(apiPath+"/"+strings.TrimPrefix(path, "/"), values))
	return a.body, err
}

// Retrieve gives one entity, in terms of Options.Context. The error is
// ErrNotFound where it is not there.
func (c *Client) Retrieve(ctx context.Context, id string) (*ngsild.Entity, error) {
	a, err := c.do(ctx, c.reading(apiPath+"/entities/"+url.PathEscape(id), nil))
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound && refused.Problem.Type != "" {
		return nil, fmt.Errorf("retrieve %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("retrieve %s: %w", id, err)
	}
	e, err := c.expanded(a.body)
	if err != nil {
		return nil, fmt.Errorf("retrieve %s: %w", id, err)
	}
	c.opts.Context.CompactEntity(e)
	return e, nil
}

// Entities gives what a query selects, page after page, in terms of
// Options.Context. The sequence ends after the first error. What is written
// meanwhile may be seen or not.
func (c *Client) Entities(ctx context.Context, q Query) iter.Seq2[*ngsild.Entity, error] {
	return func(yield func(*ngsild.Entity, error) bool) {
		values := c.values(q)
		page := q.PageSize
		if page <= 0 {
			page = c.quirks().page
		}
		values.Set("limit", strconv.Itoa(page))
		values.Set("count", "true")
		first := ""
		for offset := 0; ; {
			values.Set("offset", strconv.Itoa(offset))
			r := c.reading(apiPath+"/entities", values)
			r.accepts = func(_ int, p ngsild.ProblemDetails, _ []byte) bool { return tenantUnknown(p) }
			a, err := c.do(ctx, r)
			if err != nil {
				yield(nil, fmt.Errorf("query the broker: %w", err))
				return
			}
			if a.status == http.StatusNotFound {
				return
			}
			list, err := c.expandedAll(a.body)
			if err != nil {
				yield(nil, fmt.Errorf("query the broker: %w", err))
				return
			}
			if len(list) > 0 {
				if list[0].ID == first {
					yield(nil, errors.New("query the broker: it gives the same page again and again"))
					return
				}
				first = list[0].ID
			}
			for _, e := range list {
				c.opts.Context.CompactEntity(e)
				if !yield(e, nil) {
					return
				}
			}
			offset += len(list)
			// A broker may give shorter pages than were asked for: only its count,
			// or an empty page, says that there is no more.
			if total, ok := countOf(a.header); len(list) == 0 || (ok && offset >= total) {
				return
			}
		}
	}
}

// Count gives how many entities a query selects.
func (c *Client) Count(ctx context.Context, q Query) (int, error) {
	values := c.values(q)
	values.Set("limit", "0")
	values.Set("count", "true")
	r := c.reading(apiPath+"/entities", values)
	r.accepts = func(_ int, p ngsild.ProblemDetails, _ []byte) bool { return tenantUnknown(p) }
	a, err := c.do(ctx, r)
	if err != nil {
		return 0, fmt.Errorf("count entities in the broker: %w", err)
	}
	if a.status == http.StatusNotFound {
		return 0, nil
	}
	if total, ok := countOf(a.header); ok {
		return total, nil
	}
	return 0, errors.New("count entities in the broker: its answer has no count")
}

func countOf(h http.Header) (int, bool) {
	n, err := strconv.Atoi(h.Get("NGSILD-Results-Count"))
	return n, err == nil && n >= 0
}

// Types gives the types of the entities that the broker holds, in terms of
// Options.Context (CIM 009 v1.8 clause 5.7.5), in order.
func (c *Client) Types(ctx context.Context) ([]string, error) {
	a, err := c.do(ctx, request{
		method: http.MethodGet,
		path:   apiPath + "/types",
		// Orion-LD answers 404 where it holds no entity.
		accepts: func(status int, p ngsild.ProblemDetails, _ []byte) bool {
			return status == http.StatusNotFound && p.Type != ""
		},
	})
	if err != nil {
		return nil, fmt.Errorf("list the broker's types: %w", err)
	}
	if a.status == http.StatusNotFound {
		return nil, nil
	}
	var list struct {
		TypeList []string `json:"typeList"`
	}
	if err := json.Unmarshal(a.body, &list); err != nil {
		return nil, fmt.Errorf("list the broker's types: the answer is not what the API says: %s", excerpt(a.body))
	}
	types := make([]string, len(list.TypeList))
	for i, name := range list.TypeList {
		iri, _ := c.core.Expand(name)
		types[i] = c.opts.Context.Compact(iri)
	}
	slices.Sort(types)
	return types, nil
}

// Lookup gives what the broker holds of the entities with these ids and types,
// by id: in normalized form, with all names as IRIs, without system attributes.
// One that is not there is not in the map, nor one whose id or type the broker
// does not take. It is a POST, since the ids of a batch overflow a URL (CIM 009
// v1.8 clause 5.7.2, entityOperations/query).
func (c *Client) Lookup(ctx context.Context, list []Payload) (map[string]*ngsild.Entity, error) {
	found := holdings{entities: make(map[string]*ngsild.Entity, len(list))}
	err := c.lookupAll(ctx, list, &found)
	return found.entities, err
}

// Compare is Lookup for a push: of the entities of which the broker gives the
// very text of their payload, it says only that they are the same, and decodes
// the others alone.
func (c *Client) Compare(ctx context.Context, list []Payload) (same map[string]bool, held map[string]*ngsild.Entity, err error) {
	found := holdings{entities: map[string]*ngsild.Entity{}, same: map[string]bool{}}
	// Without an @context in the question and in the payload both texts are read
	// alike. The terms of a linked one mean something else in the answer.
	if c.opts.ContextMode == Expanded {
		found.texts = make(map[string]string, len(list))
		for _, p := range list {
			found.texts[string(p.Body)] = p.ID
		}
	}
	err = c.lookupAll(ctx, list, &found)
	return found.same, found.entities, err
}

// holdings is what a look-up finds.
type holdings struct {
	entities map[string]*ngsild.Entity // by id
	texts    map[string]string         // the ids of payloads, by their text; nil compares none
	same     map[string]bool           // ids found as one of texts
}

func (c *Client) lookupAll(ctx context.Context, list []Payload, found *holdings) error {
	for part := range slices.Chunk(list, c.quirks().lookup) {
		if err := c.lookup(ctx, part, found); err != nil {
			return fmt.Errorf("read what the broker holds: %w", err)
		}
	}
	return nil
}

func (c *Client) lookup(ctx context.Context, list []Payload, found *holdings) error {
	// One selector for each entity, with its type: Orion-LD takes neither a list
	// of ids in a selector nor one without a type.
	type selector struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	body := struct {
		Type     string     `json:"type"`
		Entities []selector `json:"entities"`
	}{Type: "Query", Entities: make([]selector, len(list))}
	for i, p := range list {
		body.Entities[i] = selector{p.ID, p.Type}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return err
	}
	a, err := c.do(ctx, request{
		method:  http.MethodPost,
		path:    apiPath + "/entityOperations/query?limit=" + strconv.Itoa(len(list)),
		body:    text.Bytes(),
		accepts: func(_ int, p ngsild.ProblemDetails, _ []byte) bool { return tenantUnknown(p) },
	})
	var refused *Error
	if errors.As(err, &refused) && isContent(refused) {
		// One id that is no URI must not hide the others.
		if len(list) == 1 {
			return nil
		}
		half := len(list) / 2
		if err := c.lookup(ctx, list[:half], found); err != nil {
			return err
		}
		return c.lookup(ctx, list[half:], found)
	}
	if err != nil {
		return err
	}
	if a.status == http.StatusNotFound {
		return nil
	}
	texts, err := splitList(a.body)
	if err != nil {
		return err
	}
	q := c.quirks()
	for _, text := range texts {
		if id, ok := found.texts[string(text)]; ok {
			found.same[id] = true
			continue
		}
		e, err := c.expanded(bytes.Clone(text))
		if err != nil {
			return err
		}
		q.answered(e.Attributes)
		found.entities[e.ID] = e
	}
	return nil
}

// Sent reads a payload back as Lookup gives what the broker holds of it, to
// compare the two with ngsild.Equal: with the names as IRIs, and the values as
// the broker's quirks let it answer them.
func (c *Client) Sent(p Payload) (*ngsild.Entity, error) {
	e, _, err := ngsild.Decode(p.Body)
	if err != nil {
		return nil, fmt.Errorf("read the payload of %s: %w", p.ID, err)
	}
	e.Context = nil
	if c.opts.ContextMode == Expanded {
		c.core.ExpandEntity(e)
	} else {
		c.opts.Context.ExpandEntity(e)
	}
	if c.quirks().answered(e.Attributes) {
		c.reportDecimals(e.ID)
	}
	return e, nil
}

// expanded reads one entity of an answer and makes all its names IRIs.
func (c *Client) expanded(body []byte) (*ngsild.Entity, error) {
	e, _, err := ngsild.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("the answer is not an entity: %s", excerpt(body))
	}
	e.Context = nil
	if c.opts.ContextMode == Link {
		// Terms of the linked @context; what has none is an IRI already.
		c.opts.Context.ExpandEntity(e)
	} else {
		c.core.ExpandEntity(e)
	}
	return e, nil
}

func (c *Client) expandedAll(body []byte) ([]*ngsild.Entity, error) {
	texts, err := splitList(body)
	if err != nil {
		return nil, err
	}
	list := make([]*ngsild.Entity, 0, len(texts))
	for _, text := range texts {
		e, err := c.expanded(bytes.Clone(text))
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// splitList gives the elements of an array of entities. They alias body.
func splitList(body []byte) ([]jsontext.Value, error) {
	bad := func() error { return fmt.Errorf("the answer is not a list of entities: %s", excerpt(body)) }
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, bad()
	}
	var list []jsontext.Value
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return nil, bad()
		}
		end := dec.InputOffset()
		list = append(list, body[end-int64(len(v)):end:end])
	}
	return list, nil
}

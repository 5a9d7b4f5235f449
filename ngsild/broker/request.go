package broker

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

const (
	headerTenant  = "NGSILD-Tenant"
	headerCount   = "NGSILD-Results-Count"
	mediaJSON     = "application/json"
	mediaLD       = "application/ld+json"
	mediaGeo      = "application/geo+json"
	mediaMerge    = "application/merge-patch+json"
	relContext    = "http://www.w3.org/ns/json-ld#context"
	maxTenantName = 128
)

// request is one request and the answer that it will get.
type request struct {
	h      *handler
	r      *http.Request
	args   []string
	params params
	tenant string
	answer
}

// answer is what will be sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// reply sets the answer.
func (q *request) reply(status int, mediaType string, body []byte) {
	q.status, q.body = status, body
	if mediaType != "" {
		q.header.Set("Content-Type", mediaType)
	}
}

// done answers 204.
func (q *request) done() error {
	q.status = http.StatusNoContent
	return nil
}

// readTenant takes the tenant of the request, which need not exist yet.
func (q *request) readTenant() error {
	name := q.r.Header.Get(headerTenant)
	if len(name) > maxTenantName {
		return badRequest("the header %s names a tenant with more than %d characters", headerTenant, maxTenantName)
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return badRequest("the header %s has a character that a tenant's name cannot have; use letters, digits, - and _", headerTenant)
		}
	}
	q.tenant = name
	return nil
}

// needTenant refuses a tenant that does not exist.
func (q *request) needTenant() error {
	if q.tenant == "" {
		return nil
	}
	ok, err := q.h.store.HasTenant(q.r.Context(), q.tenant)
	if err != nil || ok {
		return err
	}
	return unknownTenant(q.tenant)
}

// params are the query parameters.
type params map[string]string

// parseParams reads a raw query. Other than net/url it takes a ; for what it
// is in the NGSI-LD Query Language: a character of the value.
func parseParams(raw string) (params, error) {
	p := params{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, badRequest("the query parameter %q has a %% that is not followed by two hexadecimal digits; write %%25 for a %%", name)
		}
		if _, twice := p[n]; twice {
			return nil, badRequest("the query parameter %q stands twice; join its values with commas", n)
		}
		// An empty filter would silently give everything.
		if value == "" {
			return nil, badRequest("the query parameter %s is empty; give it a value or leave it out", n)
		}
		p[n] = value
	}
	return p, nil
}

// lacking holds parameters of the API that this broker does not support, with
// what they are for.
var lacking = map[string]string{
	"lang":          "a choice of natural language",
	"join":          "the retrieval of linked entities",
	"joinLevel":     "the retrieval of linked entities",
	"containedBy":   "the retrieval of linked entities",
	"csf":           "context sources",
	"entityMap":     "entity maps",
	"splitEntities": "entity maps",
	"timerel":       "temporal queries: it keeps the present state only",
	"timeAt":        "temporal queries: it keeps the present state only",
	"endTimeAt":     "temporal queries: it keeps the present state only",
	"timeproperty":  "temporal queries: it keeps the present state only",
	"lastN":         "temporal queries: it keeps the present state only",
	"orderBy":       "an order of its own choice: entities come in the order in which they were created",
	"collation":     "an order of its own choice: entities come in the order in which they were created",
}

// allow refuses parameters that the operation does not have.
func (q *request) allow(names ...string) error {
	for name := range q.params {
		// "local" limits an operation to this broker, which all are anyway.
		if name == "local" || slices.Contains(names, name) {
			continue
		}
		if what, ok := lacking[name]; ok {
			return notSupported("this broker does not have %s (the query parameter %q)", what, name)
		}
		if len(names) == 0 {
			return badRequest("this operation has no query parameters, and %q is one", name)
		}
		return badRequest("this operation has no query parameter %q; it has %s", name, strings.Join(names, ", "))
	}
	return nil
}

// flag reads a parameter that is true or false.
func (q *request) flag(name string) (bool, error) {
	switch v, ok := q.params[name]; {
	case !ok || v == "false":
		return false, nil
	case v == "true":
		return true, nil
	default:
		return false, badRequest("the query parameter %s is %q; it is true or false", name, v)
	}
}

// number reads a parameter that is a whole number of at least least.
func (q *request) number(name string, absent, least int) (int, error) {
	v, ok := q.params[name]
	if !ok {
		return absent, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least {
		return 0, badRequest("the query parameter %s is %q; it is a whole number, %d or more", name, v, least)
	}
	return n, nil
}

// list reads a parameter of values joined by commas; nil where it is absent.
func (q *request) list(name string) ([]string, error) {
	v, ok := q.params[name]
	if !ok {
		return nil, nil
	}
	list := strings.Split(v, ",")
	for i := range list {
		if list[i] = strings.TrimSpace(list[i]); list[i] == "" {
			return nil, badRequest("the query parameter %s has an empty value in its list %q", name, v)
		}
	}
	return list, nil
}

// lackingFormats are representations of the API that this broker does not have.
var lackingFormats = []string{"temporalValues", "aggregatedValues"}

// options reads the flags of the parameter "options".
func (q *request) options(known ...string) (map[string]bool, error) {
	list, err := q.list("options")
	if err != nil {
		return nil, err
	}
	set := map[string]bool{}
	for _, o := range list {
		if slices.Contains(lackingFormats, o) {
			return nil, notSupported("this broker does not have temporal queries: it keeps the present state only (options=%s)", o)
		}
		if !slices.Contains(known, o) {
			return nil, badRequest("options=%s is not known to this operation; it knows %s", o, strings.Join(known, ", "))
		}
		set[o] = true
	}
	return set, nil
}

// payload is the body of a request.
type payload struct {
	text []byte
	// inLD is set for application/ld+json, whose @context is in the body.
	inLD bool
	// ldctx is the @context of the request where it is not in the body.
	ldctx *jsonld.Context
}

// readBody reads the body, and the @context where a header gives it (clause
// 6.3.5).
func (q *request) readBody() (*payload, error) {
	mediaType, _, err := mime.ParseMediaType(q.r.Header.Get("Content-Type"))
	p := &payload{}
	switch {
	case err == nil && (mediaType == mediaJSON || mediaType == mediaMerge && q.r.Method == http.MethodPatch):
	case err == nil && mediaType == mediaLD:
		p.inLD = true
	default:
		return nil, httpProblem(http.StatusUnsupportedMediaType,
			"the Content-Type is %q; send %s, or %s with the @context in the body", q.r.Header.Get("Content-Type"), mediaJSON, mediaLD)
	}
	if enc := q.r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, httpProblem(http.StatusUnsupportedMediaType, "the body is encoded with %q; send it plain", enc)
	}
	if p.text, err = q.readAll(); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(p.text)) == 0 {
		return nil, invalidRequest("the body is empty; it has to be JSON")
	}
	if p.inLD {
		ref, err := q.linkedContext()
		if err != nil {
			return nil, err
		}
		if ref != "" {
			return nil, badRequest("the @context is expected in the body, since the Content-Type is %s, and a Link header names one too; "+
				"remove the header, or send %s", mediaLD, mediaJSON)
		}
		return p, nil
	}
	p.ldctx, err = q.headerContext()
	return p, err
}

// readAll reads the body within the bound.
func (q *request) readAll() ([]byte, error) {
	limit := q.h.opts.MaxBody
	tooLarge := httpProblem(http.StatusRequestEntityTooLarge, "the body has more than %d bytes; send the entities in smaller batches", limit)
	if q.r.ContentLength > limit {
		return nil, tooLarge
	}
	body := http.MaxBytesReader(nil, q.r.Body, limit)
	var text []byte
	var err error
	if n := q.r.ContentLength; n > 0 {
		text = make([]byte, n)
		_, err = io.ReadFull(body, text)
	} else {
		text, err = io.ReadAll(body)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge
	case err != nil:
		return nil, invalidRequest("the body ended before it was complete; send it again")
	}
	return text, nil
}

// linkedContext gives the URL that a Link header names as the @context, or "".
func (q *request) linkedContext() (string, error) {
	found := ""
	for _, header := range q.r.Header.Values("Link") {
		for _, link := range splitLinks(header) {
			target, attrs, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
			if !ok || !hasRel(attrs, relContext) {
				continue
			}
			if found != "" && found != target {
				return "", badRequest("the Link header names two @contexts, %s and %s; put both into one document", found, target)
			}
			found = target
		}
	}
	return found, nil
}

// splitLinks splits a Link header at the commas between its links.
func splitLinks(header string) []string {
	var links []string
	start, inURL, quoted := 0, false, false
	for i := 0; i < len(header); i++ {
		switch c := header[i]; {
		case quoted:
			quoted = c != '"'
		case c == '"' && !inURL:
			quoted = true
		case c == '<':
			inURL = true
		case c == '>':
			inURL = false
		case c == ',' && !inURL:
			links = append(links, header[start:i])
			start = i + 1
		}
	}
	return append(links, header[start:])
}

// hasRel says whether the attributes of a link give it this relation.
func hasRel(attrs, rel string) bool {
	for attr := range strings.SplitSeq(attrs, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(attr), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") &&
			slices.Contains(strings.Fields(strings.Trim(strings.TrimSpace(value), `"`)), rel) {
			return true
		}
	}
	return false
}

// headerContext resolves the @context of the Link header, or the core.
func (q *request) headerContext() (*jsonld.Context, error) {
	ref, err := q.linkedContext()
	if err != nil {
		return nil, err
	}
	if ref == "" {
		return q.resolve(nil)
	}
	return q.resolve(strconv.AppendQuote(nil, ref))
}

// resolve gives the compiled @context of a JSON text; nil is the core alone.
func (q *request) resolve(text []byte) (*jsonld.Context, error) {
	c, found, err := q.h.opts.Resolver.Resolve(q.r.Context(), text)
	for _, f := range found {
		if f.Code == finding.ContextUnknownURL {
			return nil, ldContextNotAvailable(f)
		}
	}
	var list finding.List
	switch {
	case errors.As(err, &list):
		return nil, refusal(list)
	case err != nil:
		return nil, err
	}
	return c, nil
}

// acceptable chooses the media type of the answer among those offered, the
// first of which is the default.
func (q *request) acceptable(offered ...string) (string, error) {
	accept := strings.Join(q.r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return offered[0], nil
	}
	best, bestQ, bestExact := "", 0.0, false
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, attrs, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if v, ok := attrs["q"]; ok {
			if weight, err = strconv.ParseFloat(v, 64); err != nil {
				continue
			}
		}
		for _, offer := range offered {
			exact := mediaType == offer
			if !exact && mediaType != "*/*" && mediaType != "application/*" {
				continue
			}
			if weight > bestQ || weight == bestQ && exact && !bestExact {
				best, bestQ, bestExact = offer, weight, exact
			}
			break
		}
	}
	if best == "" {
		return "", httpProblem(http.StatusNotAcceptable, "the Accept header asks for %q; this answer exists as %s", accept, strings.Join(offered, ", "))
	}
	return best, nil
}

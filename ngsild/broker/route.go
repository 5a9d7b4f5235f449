package broker

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ldtkit/ldt/ngsild"
)

const apiRoot = "/ngsi-ld/v1"

// operation answers one kind of request.
type operation func(*request) error

// endpoint is one resource of the API. In the path, a segment in braces takes
// any text, which ends up in the request's args.
type endpoint struct {
	path    string
	methods map[string]operation
	// lacks says what this broker cannot do; set for endpoints that exist in
	// the API and not here.
	lacks string
}

var endpoints = []endpoint{
	{path: "/", methods: map[string]operation{"GET": (*request).home}},
	{path: "/version", methods: map[string]operation{"GET": (*request).version}},
	{path: apiRoot + "/entities", methods: map[string]operation{
		"POST": (*request).createEntity, "GET": (*request).queryEntities}},
	{path: apiRoot + "/entities/{id}", methods: map[string]operation{
		"GET": (*request).retrieveEntity, "DELETE": (*request).deleteEntity, "PUT": (*request).replaceEntity, "PATCH": (*request).mergeEntity}},
	{path: apiRoot + "/entities/{id}/attrs", methods: map[string]operation{
		"POST": (*request).appendAttributes, "PATCH": (*request).updateAttributes}},
	{path: apiRoot + "/entities/{id}/attrs/{attribute}", methods: map[string]operation{
		"PATCH": (*request).patchAttribute, "PUT": (*request).replaceAttribute, "DELETE": (*request).deleteAttribute}},
	{path: apiRoot + "/entityOperations/create", methods: map[string]operation{"POST": (*request).batchCreate}},
	{path: apiRoot + "/entityOperations/upsert", methods: map[string]operation{"POST": (*request).batchUpsert}},
	{path: apiRoot + "/entityOperations/update", methods: map[string]operation{"POST": (*request).batchUpdate}},
	{path: apiRoot + "/entityOperations/merge", methods: map[string]operation{"POST": (*request).batchMerge}},
	{path: apiRoot + "/entityOperations/delete", methods: map[string]operation{"POST": (*request).batchDelete}},
	{path: apiRoot + "/entityOperations/query", methods: map[string]operation{"POST": (*request).postQuery}},
	{path: apiRoot + "/types", methods: map[string]operation{"GET": (*request).listTypes}},
	{path: apiRoot + "/types/{type}", methods: map[string]operation{"GET": (*request).describeType}},
	{path: apiRoot + "/attributes", methods: map[string]operation{"GET": (*request).listAttributes}},
	{path: apiRoot + "/attributes/{attribute}", methods: map[string]operation{"GET": (*request).describeAttribute}},
	{path: apiRoot + "/subscriptions", lacks: lacksSubscriptions},
	{path: apiRoot + "/csourceRegistrations", lacks: lacksSources},
	{path: apiRoot + "/csourceSubscriptions", lacks: lacksSources},
	{path: apiRoot + "/temporal", lacks: "the history of entities: it keeps their present state only"},
	{path: apiRoot + "/jsonldContexts", lacks: "the hosting of @contexts: send them inline, or publish them on the web"},
	{path: apiRoot + "/entityMaps", lacks: lacksSources},
	{path: apiRoot + "/snapshots", lacks: "snapshots"},
	{path: apiRoot + "/info", lacks: "the identity of context sources"},
}

const (
	lacksSubscriptions = "subscriptions: ask for the entities with GET /ngsi-ld/v1/entities instead"
	lacksSources       = "context sources: it answers from its own store only"
)

// route finds the operation of the request, and its args.
func (q *request) route() (operation, error) {
	path := q.r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for i := range endpoints {
		e := &endpoints[i]
		if e.lacks != "" {
			if path == e.path || strings.HasPrefix(path, e.path+"/") {
				return nil, &problem{ProblemDetails: ngsild.ProblemDetails{
					Type: ngsild.ErrorOperationNotSupported, Title: "this broker does not have this endpoint", Status: http.StatusNotImplemented,
					Detail: "this broker does not have " + e.lacks,
				}}
			}
			continue
		}
		args, ok, err := matchPath(e.path, path)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		method := q.r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		op, ok := e.methods[method]
		if !ok {
			return nil, q.wrongMethod(e)
		}
		q.args = args
		return op, nil
	}
	return nil, notFound("there is no endpoint %s here; the API starts at %s, GET / lists what can be asked, "+
		"and a / within an id has to be written %%2F", q.r.URL.Path, apiRoot)
}

func (q *request) wrongMethod(e *endpoint) error {
	var allowed []string
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		if e.methods[m] != nil || m == "HEAD" && e.methods["GET"] != nil {
			allowed = append(allowed, m)
		}
	}
	allow := strings.Join(allowed, ", ")
	p := httpProblem(http.StatusMethodNotAllowed, "%s is not allowed here; use %s", q.r.Method, allow)
	p.allow = allow
	return p
}

// matchPath compares an escaped path with that of an endpoint.
func matchPath(pattern, path string) (args []string, ok bool, err error) {
	for pattern != "" && path != "" {
		var want, have string
		want, pattern = cutSegment(pattern)
		have, path = cutSegment(path)
		if !strings.HasPrefix(want, "{") {
			if want != have {
				return nil, false, nil
			}
			continue
		}
		arg, err := url.PathUnescape(have)
		if err != nil {
			return nil, false, badRequest("%q in the path has a %% that is not followed by two hexadecimal digits; write %%25 for a %%", have)
		}
		if arg == "" {
			return nil, false, nil
		}
		args = append(args, arg)
	}
	return args, pattern == "" && path == "", nil
}

// cutSegment splits "/a/b" into "a" and "/b".
func cutSegment(path string) (segment, rest string) {
	path = strings.TrimPrefix(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// Package broker owns the embedded NGSI-LD broker: an http.Handler that
// answers the API of ETSI GS CIM 009 v1.8 over a small Store interface, enough
// to prototype a use case on one machine.
//
// Entities are kept in the normalized representation with expanded names
// (IRIs); each answer is compacted with the @context of its request. The broker
// works offline: an @context by a URL that its Resolver does not know is refused
// with LdContextNotAvailable.
//
// Where the specification leaves a choice:
//   - The entities of a batch are handled in their order, so of an id that
//     stands twice the later one counts in an upsert, and the second creation
//     is an error (clause 5.5.11).
//   - An operation that writes sets modifiedAt, also where it changes nothing.
//   - createdAt of an attribute outlives its replacement.
//   - A query is answered in the order in which the entities were created.
//   - An id alone is enough for a query; it cannot be too wide.
//   - A query parameter that the operation does not have is refused, since a
//     misspelt filter would silently give everything.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Options set up a broker. The zero value of each field takes its default.
type Options struct {
	// Clock gives the time of createdAt and modifiedAt; time.Now by default.
	Clock func() time.Time
	// MaxBody bounds the body of a request in bytes; 10 MiB by default.
	MaxBody int64
	// Resolver answers for the @contexts of requests; by default it knows the
	// core @contexts only.
	Resolver *jsonld.Resolver
	// Version is what GET /version tells.
	Version string
	// Logger takes what goes wrong inside, with the details that an answer
	// leaves out; by default it is dropped.
	Logger *slog.Logger
}

const defaultMaxBody = 10 << 20

// New gives the broker over a store. The handler is safe for concurrent use,
// and starts no goroutines; closing the store is the caller's, once the server
// has shut down.
func New(store Store, opts Options) http.Handler {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.MaxBody <= 0 {
		opts.MaxBody = defaultMaxBody
	}
	if opts.Resolver == nil {
		opts.Resolver = jsonld.NewResolver()
	}
	if opts.Version == "" {
		opts.Version = "unknown"
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &handler{store: store, opts: opts}
}

type handler struct {
	store Store
	opts  Options
}

// now gives the time as a DateTime.
func (h *handler) now() string {
	return h.opts.Clock().UTC().Format("2006-01-02T15:04:05.000Z")
}

// ServeHTTP answers one request. Each answer is complete before its first byte
// is sent, so that a fault on the way still gives a whole answer.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{h: h, r: r, answer: answer{header: http.Header{}}}
	if err := q.serve(); err != nil {
		q.answer = answer{header: http.Header{}}
		q.fail(err)
	}
	header := w.Header()
	for name, values := range q.header {
		header[name] = values
	}
	if tenant := r.Header.Get(headerTenant); tenant != "" && q.tenant == tenant {
		header.Set(headerTenant, tenant)
	}
	if q.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(q.body)))
	}
	w.WriteHeader(q.status)
	if r.Method == http.MethodHead || len(q.body) == 0 {
		return
	}
	if _, err := w.Write(q.body); err != nil && r.Context().Err() == nil {
		h.opts.Logger.Debug("write an answer", "error", err)
	}
}

// serve routes the request; a panic becomes an error.
func (q *request) serve() (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			q.h.opts.Logger.Error("panic in a request", "method", q.r.Method, "url", q.r.URL.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errInternal
		}
	}()
	run, err := q.route()
	if err != nil {
		return err
	}
	if err := q.readTenant(); err != nil {
		return err
	}
	if q.params, err = parseParams(q.r.URL.RawQuery); err != nil {
		return err
	}
	return run(q)
}

// isGone says whether the client has left, so that there is nobody to answer.
func isGone(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

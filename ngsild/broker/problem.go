package broker

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/query"
)

// problem is a ProblemDetails as an error on its way to the answer.
type problem struct {
	ngsild.ProblemDetails
	// allow is the Allow header of a 405.
	allow string
}

func (p *problem) Error() string { return p.Detail }

func newProblem(errorType, title, format string, args ...any) *problem {
	detail := fmt.Sprintf(format, args...)
	return &problem{ProblemDetails: ngsild.NewProblem(errorType, title, detail)}
}

// badRequest is for what a request says: a parameter, a member, an id.
func badRequest(format string, args ...any) error {
	return newProblem(ngsild.ErrorBadRequestData, "the request holds data that cannot be used", format, args...)
}

// invalidRequest is for a body that is no JSON.
func invalidRequest(format string, args ...any) error {
	return newProblem(ngsild.ErrorInvalidRequest, "the body is not valid", format, args...)
}

// notSupported is for a legal variant that this broker lacks.
func notSupported(format string, args ...any) error {
	return newProblem(ngsild.ErrorOperationNotSupported, "this broker does not support this variant", format, args...)
}

func notFound(format string, args ...any) error {
	return newProblem(ngsild.ErrorResourceNotFound, "there is no such resource", format, args...)
}

// httpProblem is for a fault that the API has no error type for.
func httpProblem(status int, format string, args ...any) *problem {
	return &problem{ProblemDetails: ngsild.ProblemDetails{
		Type: "about:blank", Title: strings.ToLower(http.StatusText(status)), Detail: fmt.Sprintf(format, args...), Status: status,
	}}
}

var errInternal = error(newProblem(ngsild.ErrorInternalError, "the broker failed",
	"the broker met a fault of its own while it handled this request; its log tells more"))

// problemOf gives what the client is told of an error. What is not meant for
// it (a path, a message of SQLite) goes to the log.
func (q *request) problemOf(err error) *problem {
	var p *problem
	var qe *query.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &qe):
		if qe.Unsupported {
			return notSupported("%s", qe).(*problem)
		}
		return badRequest("%s", qe).(*problem)
	case errors.Is(err, ErrStoreFull):
		q.h.opts.Logger.Error("the store is full", "error", err)
		return httpProblem(http.StatusInsufficientStorage,
			"there is no space left on the broker's disk; nothing of this request was stored; make room and send it again")
	case errors.Is(err, ErrStoreBusy):
		q.h.opts.Logger.Error("the store is locked", "error", err)
		return httpProblem(http.StatusServiceUnavailable,
			"another program keeps the broker's store locked; nothing of this request was stored; end the writing there and send it again")
	case isGone(err):
		return httpProblem(http.StatusServiceUnavailable, "the request was given up before it was done; nothing of it was stored")
	}
	q.h.opts.Logger.Error("request failed", "method", q.r.Method, "url", q.r.URL.String(), "error", err)
	return errInternal.(*problem)
}

// fail makes the answer of an error.
func (q *request) fail(err error) {
	p := q.problemOf(err)
	if p.allow != "" {
		q.header.Set("Allow", p.allow)
	}
	body, err := json.Marshal(p.ProblemDetails)
	if err != nil {
		body = []byte(`{}`)
	}
	q.reply(p.Status, "application/problem+json", body)
}

// maxTold bounds how many findings one detail repeats.
const maxTold = 5

// refusal gives the errors among findings as one problem, or nil.
func refusal(list []finding.Finding) error {
	var b strings.Builder
	told, more := 0, 0
	for _, f := range list {
		if f.Severity != finding.Error {
			continue
		}
		if told == maxTold {
			more++
			continue
		}
		if told++; told > 1 {
			b.WriteString(". ")
		}
		if f.Location.Pointer != "" {
			fmt.Fprintf(&b, "member %s: ", f.Location.Pointer)
		}
		b.WriteString(f.Message)
		if f.Hint != "" {
			b.WriteString(" (hint: " + f.Hint + ")")
		}
	}
	switch {
	case told == 0:
		return nil
	case more > 0:
		fmt.Fprintf(&b, ". And %d more", more)
	}
	return badRequest("%s", b.String())
}

// ldContextNotAvailable is for an @context that f says is not known. What
// follows its last semicolon is what a conversion would do; a broker refuses.
func ldContextNotAvailable(f finding.Finding) error {
	message := f.Message
	if i := strings.LastIndex(message, ";"); i >= 0 {
		message = message[:i]
	}
	return newProblem(ngsild.ErrorLdContextNotAvailable, "an @context is not available",
		"%s, and this broker works offline; send the @context inline in the body (application/ld+json), or start it with that @context registered", message)
}

func unknownTenant(name string) error {
	return newProblem(ngsild.ErrorNonexistentTenant, "there is no such tenant",
		"there is no tenant %q here; it comes into being when the first entity is created in it", name)
}

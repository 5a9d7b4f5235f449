package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ldtkit/ldt/ngsild"
)

// ErrUnreachable is in every error that means: no broker answers there, however
// often it is asked. Find it with errors.Is.
var ErrUnreachable = errors.New("the broker cannot be reached")

// ErrUnsupported is in every error that means: the broker lacks this operation
// of the API (501, or 422 OperationNotSupported).
var ErrUnsupported = errors.New("the broker does not have this operation")

// ErrFailed is in every error that means: the broker answers, and cannot carry
// out what it is asked (its disk is full, it has a fault, it is asked too much),
// however often it is asked.
var ErrFailed = errors.New("the broker fails")

// Error is a broker's refusal of a whole request, or its silence.
type Error struct {
	Method string
	// URL has no password in it.
	URL string
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Problem is the body of the answer as far as it could be read.
	Problem ngsild.ProblemDetails
	// Hint says how to mend it; may be empty.
	Hint string
	// Err is the cause where no answer came, else nil.
	Err error

	base string
}

// Error gives one sentence, and the hint in a second line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Status == 0 {
		fmt.Fprintf(&b, "no broker answers at %s: %s", e.base, plainCause(e.Err))
	} else {
		fmt.Fprintf(&b, "%s %s: the broker answered %d", e.Method, e.URL, e.Status)
		if text := http.StatusText(e.Status); text != "" {
			b.WriteString(" " + text)
		}
		problem := e.Problem
		if strings.EqualFold(problem.Title, http.StatusText(e.Status)) {
			problem.Title = ""
		}
		if said := problem.Error(); said != "" {
			b.WriteString(": " + said)
		}
	}
	if e.Hint != "" {
		b.WriteString("\n  hint: " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause where no answer came.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is find ErrUnreachable, ErrUnsupported and ErrFailed.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnreachable:
		if e.Status == http.StatusServiceUnavailable {
			return !contextRefused(e.Problem)
		}
		return e.Status == 0 || e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout
	case ErrFailed:
		return e.Status == http.StatusTooManyRequests ||
			e.Status >= 500 && !contextRefused(e.Problem) && !e.Is(ErrUnreachable) && !e.Is(ErrUnsupported)
	case ErrUnsupported:
		return e.Status == http.StatusNotImplemented || e.Problem.Type == ngsild.ErrorOperationNotSupported
	}
	return false
}

// plainCause says in a few words why no answer came.
func plainCause(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case err == nil:
		return "no answer"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no machine is known by the name " + dns.Name
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection was closed before an answer came"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	var op *url.Error
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

type request struct {
	method string
	path   string // below the base URL, with its query, escaped
	body   []byte
	// contentType of the body; application/json where it is empty.
	contentType string
	// link adds the Link header of ContextMode Link.
	link bool
	// accepts holds the statuses above 299 whose answers are no errors.
	accepts func(status int, p ngsild.ProblemDetails, body []byte) bool
}

type answer struct {
	status int
	header http.Header
	body   []byte
	// repeated reports that an earlier try may have reached the broker and was
	// carried out although its answer was lost.
	repeated bool
}

// do sends a request until it is answered, refused for good, or tried often
// enough. A connection error, 429 and 5xx are tried again, but not 501, 505 and
// 507, which stay what they are, nor a @context that cannot be downloaded.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	repeated := false
	a, err := backoff.Retry(ctx, func() (answer, error) {
		a, err := c.try(ctx, r)
		if err == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			return a, backoff.Permanent(context.Cause(ctx))
		}
		var e *Error
		if !errors.As(err, &e) || !passing(e) {
			return a, backoff.Permanent(err)
		}
		if mayHaveArrived(e) {
			repeated = true
		}
		if wait, ok := retryAfter(a.header); ok {
			return a, &delayed{err, &backoff.RetryAfterError{Duration: wait}}
		}
		return a, err
	},
		backoff.WithBackOff(c.opts.BackOff()),
		backoff.WithMaxTries(c.opts.Tries),
		backoff.WithMaxElapsedTime(maxElapsed),
		backoff.WithNotify(func(err error, wait time.Duration) {
			if c.opts.OnRetry != nil {
				c.opts.OnRetry(err, wait)
			}
		}))
	a.repeated = repeated
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	var wait *delayed
	if errors.As(err, &wait) {
		err = wait.error
	}
	return a, err
}

// maxElapsed is the time after which no further try begins.
const maxElapsed = 2 * time.Minute

// delayed is an error whose answer said when to come again.
type delayed struct {
	error
	after *backoff.RetryAfterError
}

func (d *delayed) Unwrap() []error { return []error{d.error, d.after} }

func passing(e *Error) bool {
	switch e.Status {
	case 0, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusInsufficientStorage:
		return false
	}
	return e.Status >= 500 && !contextRefused(e.Problem)
}

// mayHaveArrived reports whether the broker may have carried out what it did
// not acknowledge.
func mayHaveArrived(e *Error) bool {
	var op *net.OpError
	if e.Status == 0 && errors.As(e.Err, &op) && op.Op == "dial" {
		return false
	}
	return e.Status == 0 || e.Status >= 500
}

func retryAfter(h http.Header) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at)), true
	}
	return 0, false
}

// try sends a request once.
func (c *Client) try(ctx context.Context, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return answer{}, fmt.Errorf("ask the broker: %w", err)
	}
	h := req.Header
	h.Set("User-Agent", c.opts.UserAgent)
	h.Set("Accept", "application/json")
	if r.body != nil {
		contentType := r.contentType
		if contentType == "" {
			contentType = "application/json"
		}
		h.Set("Content-Type", contentType)
	}
	if c.opts.Tenant != "" {
		h.Set("NGSILD-Tenant", c.opts.Tenant)
	}
	if c.opts.Authorization != "" {
		h.Set("Authorization", c.opts.Authorization)
	}
	if r.link {
		h.Set("Link", c.link)
	}
	fail := func(status int, cause error) *Error {
		return &Error{Method: r.method, URL: req.URL.Redacted(), Status: status, Err: cause, base: c.URL()}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		e := fail(0, err)
		e.Hint = "start a broker with 'ldt serve' or 'ldt broker up', or correct the broker's URL"
		return answer{}, e
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return a, fail(0, err)
	}
	if len(a.body) > maxAnswer {
		e := fail(resp.StatusCode, nil)
		e.Problem.Detail = "the answer is larger than 64 MB and was not read"
		return a, e
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return a, nil
	}
	e := fail(resp.StatusCode, nil)
	e.Problem = problemOf(a.body, resp.StatusCode)
	if r.accepts != nil && r.accepts(resp.StatusCode, e.Problem, a.body) {
		return a, nil
	}
	e.Hint = hintFor(e, resp.Header)
	return a, e
}

// problemOf reads the body of an error, whatever it is.
func problemOf(body []byte, status int) ngsild.ProblemDetails {
	var p ngsild.ProblemDetails
	if json.Unmarshal(body, &p) != nil {
		p = readProblem(body)
	}
	if p.Type == "" && p.Title == "" && p.Detail == "" {
		p.Detail = excerpt(body)
	}
	if p.Status == 0 {
		p.Status = status
	}
	return p
}

// excerpt gives the beginning of a body that is not what was expected, in one line.
func excerpt(body []byte) string {
	const most = 200
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 4*most)]), "�")), " ")
	if strings.HasPrefix(text, "<") {
		return "the answer is a web page, not an answer of an NGSI-LD broker"
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func hintFor(e *Error, h http.Header) string {
	switch {
	case contextRefused(e.Problem):
		return "the broker cannot download the @context: send it expanded or inline instead of by link"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return "give the broker's access token, and check that it may write"
	case e.Status >= 300 && e.Status < 400:
		if to := h.Get("Location"); to != "" {
			return "the broker's URL has moved to " + to
		}
		return "the broker's URL has moved"
	case e.Status == http.StatusNotFound && e.Problem.Type == "":
		return "check the broker's URL: no NGSI-LD API is there"
	case e.Status == http.StatusNotImplemented:
		return "this broker does not have this operation of the API; for history, Orion-LD needs its temporal service"
	case e.Status == http.StatusTooManyRequests:
		if wait, ok := retryAfter(h); ok && wait > 0 {
			return "the broker wants no request for " + wait.Round(time.Second).String() + ": push again after that; what was taken is not sent twice"
		}
		return "push again later, or in smaller batches: what was taken is not sent twice"
	case e.Status == http.StatusInternalServerError:
		return "the broker's log tells more; what was taken is not sent twice"
	case e.Status == http.StatusInsufficientStorage:
		return "make room on the broker's disk and push again: what was taken is not sent twice"
	}
	return ""
}

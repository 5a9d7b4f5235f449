// Package client owns the way to any NGSI-LD broker over HTTP: retrieving,
// querying with paging, batches with their answer per entity, and retry. What a
// broker does otherwise than the API says stands in quirks.go and nowhere else.
//
// The client sends names as the broker cannot misread them: by default expanded,
// with only the terms left short that every core @context has. Answers are asked
// for without a user @context and come back as IRIs. So neither a push nor a
// reading depends on a context that the broker would have to download.
package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Defaults of Options.
const (
	// DefaultBatch is the greatest number of entities in one request.
	DefaultBatch = 500
	// DefaultBytes is the greatest size of one request's body: below 1 MB, which
	// is what Orion-LD takes.
	DefaultBytes = 1_000_000 - 1
	// DefaultTimeout is how long one request may take.
	DefaultTimeout = 60 * time.Second
	// DefaultTries is how often a request is sent at most.
	DefaultTries = 6
)

// maxAnswer is the size of an answer above which the client gives up reading.
const maxAnswer = 64 << 20

const apiPath = "/ngsi-ld/v1"

// ContextMode says how the @context reaches the broker with what is pushed.
type ContextMode uint8

// The ways. Expanded is the default, since it works everywhere: a broker that
// cannot download a linked @context, as Orion-LD in a closed network, refuses
// with 503, and an inline one is read again with each entity, by the core
// @context of the broker's own version.
const (
	Expanded ContextMode = iota // names as IRIs, no @context at all
	Inline                      // the whole @context in each entity
	Link                        // a Link header with Options.ContextURL
)

// ParseContextMode reads "expanded", "inline" or "link".
func ParseContextMode(text string) (ContextMode, error) {
	switch text {
	case "expanded":
		return Expanded, nil
	case "inline":
		return Inline, nil
	case "link":
		return Link, nil
	}
	return 0, fmt.Errorf("unknown context mode %q: expanded, inline or link", text)
}

// String gives the word that ParseContextMode reads.
func (m ContextMode) String() string {
	switch m {
	case Inline:
		return "inline"
	case Link:
		return "link"
	}
	return "expanded"
}

// Options of a Client. The zero value is usable.
type Options struct {
	// HTTP makes the requests; nil is a client of its own. Redirects are never
	// followed: a POST would arrive elsewhere as a GET.
	HTTP *http.Client
	// Tenant is sent as NGSILD-Tenant where it is not empty.
	Tenant string
	// Authorization is the whole value of that header, such as "Bearer …".
	Authorization string
	// UserAgent names the program; "ldt" where it is empty.
	UserAgent string
	// Context is the @context of the names that callers use; nil is the core alone.
	Context *jsonld.Context
	// ContextMode says how Context reaches the broker.
	ContextMode ContextMode
	// ContextURL is where the broker finds Context, for ContextMode Link; empty
	// is the URL that Context itself consists of.
	ContextURL string
	// MaxBatch and MaxBytes bound a batch; 0 is the default. A broker's quirk
	// may bound it further.
	MaxBatch int
	MaxBytes int
	// Timeout bounds one try of one request; 0 is the default.
	Timeout time.Duration
	// Tries bounds how often a request is sent; 0 is the default.
	Tries uint
	// BackOff gives the waiting times between the tries of one request; nil is
	// exponential from 200 ms.
	BackOff func() backoff.BackOff
	// OnRetry is told of each failed try that will be repeated after wait; may be
	// nil. It is called from every goroutine that uses the Client.
	OnRetry func(err error, wait time.Duration)
	// Report is told what the owner of the data should know of the broker's
	// limits, each kind once; may be nil. It is never called twice at a time.
	Report func(finding.Finding)
}

// Client talks to one broker. It is safe for use by several goroutines.
type Client struct {
	base string // with scheme and host, without a slash at the end
	opts Options
	http *http.Client
	link string // the Link header, or empty

	core  *jsonld.Context   // expands what brokers answer
	terms map[string]string // the terms that may be sent short, by their IRI

	mu       sync.Mutex
	broker   *Broker // nil until Probe had an answer
	reported map[string]bool
}

// New gives a Client of the broker at baseURL, such as http://localhost:1026;
// the API's own path may follow. Nothing is sent yet.
func New(baseURL string, opts Options) (*Client, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(opts.Tenant, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("the tenant %q has a character that the header NGSILD-Tenant cannot carry\n"+
			"  hint: use letters, digits, - and _", opts.Tenant)
	}
	if strings.ContainsFunc(opts.Authorization, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("the authorization has a character that no header can carry\n" +
			"  hint: check that no line break was copied with it")
	}
	link := ""
	switch {
	case opts.ContextMode != Link:
	case opts.ContextURL != "":
		link = "<" + opts.ContextURL + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
	case opts.Context != nil:
		link = opts.Context.Link()
	}
	if opts.ContextMode == Link && link == "" {
		return nil, errors.New("send the @context by link: no URL of the @context is given\n" +
			"  hint: name a @context by a URL that the broker can reach, or send it expanded or inline")
	}
	core, _, err := jsonld.NewResolver().Resolve(context.Background(), nil)
	if err != nil {
		return nil, fmt.Errorf("prepare the core @context: %w", err)
	}
	terms, err := commonTerms()
	if err != nil {
		return nil, fmt.Errorf("prepare the core @context: %w", err)
	}
	if opts.Context == nil {
		opts.Context = core
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "ldt"
	}
	if opts.MaxBatch <= 0 {
		opts.MaxBatch = DefaultBatch
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = DefaultBytes
	}
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.Tries == 0 {
		opts.Tries = DefaultTries
	}
	if opts.BackOff == nil {
		opts.BackOff = func() backoff.BackOff {
			b := backoff.NewExponentialBackOff()
			b.InitialInterval = 200 * time.Millisecond
			b.MaxInterval = 10 * time.Second
			b.Multiplier = 2
			return b
		}
	}
	hc := http.Client{}
	if opts.HTTP != nil {
		hc = *opts.HTTP
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 16
		// A machine that swallows what is sent to it is told soon enough, in all
		// tries together.
		t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
		hc.Transport = t
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: base, opts: opts, http: &hc, link: link, core: core, terms: terms, reported: map[string]bool{}}, nil
}

// URL gives the broker's address without the API's path and without a password.
func (c *Client) URL() string {
	u, err := url.Parse(c.base)
	if err != nil {
		return c.base
	}
	return u.Redacted()
}

// Context gives the @context of the names that callers use.
func (c *Client) Context() *jsonld.Context { return c.opts.Context }

func parseBase(text string) (string, error) {
	const hint = "\n  hint: write it like http://localhost:1026"
	text = strings.TrimSpace(text)
	if text == "" {
		return "", errors.New("the broker's URL is empty" + hint)
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", errors.New("the broker's URL cannot be read" + hint)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", fmt.Errorf("the broker's URL %q does not begin with http:// or https:// and a host"+hint, u.Redacted())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("the broker's URL %q has a query or a fragment"+hint, u.Redacted())
	}
	base := strings.TrimRight(u.String(), "/")
	return strings.TrimRight(strings.TrimSuffix(base, apiPath), "/"), nil
}

package client

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Kind is which broker answers.
type Kind string

// The brokers that the client tells apart.
const (
	Unknown  Kind = "unknown"
	Embedded Kind = "ldt"
	OrionLD  Kind = "Orion-LD"
	Scorpio  Kind = "Scorpio"
	Stellio  Kind = "Stellio"
)

// Broker is what Probe found.
type Broker struct {
	Kind    Kind   `json:"kind"`
	Version string `json:"version,omitempty"`
}

// String gives name and version, such as "Orion-LD 1.6.0".
func (b Broker) String() string {
	name := string(b.Kind)
	if b.Kind == Unknown {
		name = "a broker of unknown make"
	}
	if b.Version == "" {
		return name
	}
	return name + " " + b.Version
}

// quirks is what a broker does otherwise than the API says, or more narrowly.
type quirks struct {
	// batch bounds the entities of one batch; 0 does not.
	batch int
	// lookup bounds the ids that one query names; 0 does not.
	lookup int
	// page bounds the entities that one page of a query may ask for.
	page int
	// decimalIntegers: an integer beyond 32 bits is sent with a decimal point.
	decimalIntegers bool
}

func (b Broker) quirks() quirks {
	q := quirks{lookup: DefaultBatch, page: 500}
	switch b.Kind {
	case OrionLD:
		// Orion-LD refuses a batch of 1 000 entities (its documentation), and a
		// query that names more than about 800 ids fails already (measured).
		q.batch, q.lookup = 500, 500
		// Orion-LD 1.6.0 keeps an integer in 32 bits where it has no decimal
		// point: 3000000000 comes back as -1294967296.
		q.decimalIntegers = true
	case Stellio:
		// Stellio answers 403 TooManyResults to a limit above 100 unless it is
		// configured otherwise.
		q.lookup, q.page = 100, 100
	case Unknown:
		// Decimal points are understood by every broker, and a broker that does
		// not say what it is may be Orion-LD behind a gateway.
		q.decimalIntegers = true
	}
	return q
}

// commonTerms gives, by IRI, the terms that mean the same in every core @context
// from v1.3 on. A broker reads a name without an @context by the core that it has
// built in, v1.6 in Orion-LD 1.6.0: only these may be sent short.
var commonTerms = sync.OnceValues(func() (map[string]string, error) {
	var common map[string]string
	for _, core := range jsonld.CoreURLs() {
		c, _, err := jsonld.NewResolver(jsonld.WithCore(core)).Resolve(context.Background(), nil)
		if err != nil {
			return nil, err
		}
		if common == nil {
			common = map[string]string{}
			for _, term := range c.Terms() {
				iri, _ := c.Expand(term)
				if c.Compact(iri) == term {
					common[iri] = term
				}
			}
			continue
		}
		maps.DeleteFunc(common, func(iri, term string) bool {
			other, _ := c.Expand(term)
			return other != iri
		})
	}
	return common, nil
})

// Probe asks the broker what it is. The answer is kept: later calls send
// nothing. A broker that answers but does not say is Unknown and no error; one
// that does not answer is ErrUnreachable.
func (c *Client) Probe(ctx context.Context) (Broker, error) {
	c.mu.Lock()
	known := c.broker
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	found := Broker{Kind: Unknown}
	// Orion-LD and the embedded broker answer /version; Scorpio and Stellio
	// have the information pages of their frameworks.
	for _, path := range []string{"/version", "/q/info", "/actuator/info"} {
		a, err := c.do(ctx, request{method: http.MethodGet, path: path})
		var refused *Error
		if errors.As(err, &refused) && !errors.Is(err, ErrUnreachable) {
			continue
		}
		if err != nil {
			return Broker{}, err
		}
		if b, ok := recognize(a.body, a.header); ok {
			found = b
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broker == nil {
		c.broker = &found
	}
	return *c.broker, nil
}

// quirks gives the quirks of the broker as far as Probe knows it.
func (c *Client) quirks() quirks {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broker == nil {
		return Broker{Kind: Unknown}.quirks()
	}
	return c.broker.quirks()
}

func recognize(body []byte, header http.Header) (Broker, bool) {
	var page struct {
		Orion      string `json:"Orion-LD version"`
		OldOrion   string `json:"orionld version"`
		Name       string `json:"name"`
		Broker     string `json:"broker"`
		Version    string `json:"version"`
		LDT        string `json:"ldt version"`
		Build      struct{ Name, Artifact, Group, Version string }
		Title      string `json:"title"`
		Additional json.RawMessage
	}
	// A page that is not a JSON object is recognized by its words alone.
	_ = json.Unmarshal(body, &page)
	words := strings.ToLower(string(body) + " " + header.Get("Server"))
	switch {
	case page.Orion != "":
		return Broker{OrionLD, page.Orion}, true
	case page.OldOrion != "":
		return Broker{OrionLD, page.OldOrion}, true
	case page.LDT != "":
		return Broker{Embedded, page.LDT}, true
	case page.Name == "ldt" || page.Broker == "ldt":
		return Broker{Embedded, page.Version}, true
	case strings.Contains(words, "scorpio"):
		return Broker{Scorpio, firstOf(page.Build.Version, page.Version)}, true
	case strings.Contains(words, "stellio"):
		return Broker{Stellio, firstOf(page.Build.Version, page.Version)}, true
	}
	return Broker{}, false
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// contextRefused reports whether the broker could not download a user @context.
// Orion-LD answers 503, which looks like a passing fault and is none.
func contextRefused(p ngsild.ProblemDetails) bool {
	return strings.HasSuffix(p.Type, "/LdContextNotAvailable")
}

// tenantUnknown reports whether the broker does not have the tenant yet: nothing
// was ever written there. Orion-LD spells the type NonExistingTenant.
func tenantUnknown(p ngsild.ProblemDetails) bool {
	return p.Type == ngsild.ErrorNonexistentTenant || strings.HasSuffix(p.Type, "/NonExistingTenant")
}

// alreadyExists reports whether an entity was refused because it is there. A
// broker may leave out the type and give the status alone.
func alreadyExists(p ngsild.ProblemDetails) bool {
	return p.Type == ngsild.ErrorAlreadyExists || (p.Status == http.StatusConflict && p.Type != ngsild.ErrorBadRequestData)
}

// Integers that fit 32 bits have fewer digits than this, or are compared.
const digits32 = 10

// decimalIntegers writes integers beyond 32 bits in JSON text with a decimal
// point and appends the result to dst: 3000000000 becomes 3000000000.0. long
// reports whether there was one, inexact whether one is beyond 53 bits, where a
// floating-point number does not hold every integer.
func decimalIntegers(dst, text []byte) (out []byte, long, inexact bool) {
	start := 0
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
		case b == '-' || (b >= '0' && b <= '9'):
			first := i
			whole := true
			for i < len(text) && isNumber(text[i]) {
				whole = whole && text[i] != '.' && text[i] != 'e' && text[i] != 'E'
				i++
			}
			if !whole {
				continue
			}
			digits := strings.TrimPrefix(string(text[first:i]), "-")
			negative := digits != string(text[first:i])
			limit := "2147483647"
			if negative {
				limit = "2147483648"
			}
			if len(digits) < digits32 || (len(digits) == digits32 && digits <= limit) {
				continue
			}
			long = true
			const limit53 = "9007199254740992"
			if len(digits) > len(limit53) || (len(digits) == len(limit53) && digits > limit53) {
				inexact = true
			}
			dst = append(dst, text[start:i]...)
			dst = append(dst, '.', '0')
			start = i
		default:
			i++
		}
	}
	if start > len(text) {
		start = len(text)
	}
	return append(dst, text[start:]...), long, inexact
}

func isNumber(b byte) bool {
	return (b >= '0' && b <= '9') || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E'
}

// reportNumbers tells once that numbers are written otherwise than in the source.
func (c *Client) reportNumbers(entity string, inexact bool) {
	name := "the broker"
	c.mu.Lock()
	if c.broker != nil {
		name = c.broker.String()
	}
	c.mu.Unlock()
	c.report(finding.New(finding.BrokerNumber, finding.Location{Entity: entity},
		"integers beyond 32 bits are sent with a decimal point (3000000000 as 3000000000.0), since %s may cut them", name).
		WithHint("nothing is to be done: the value is the same"))
	if inexact {
		c.report(finding.New(finding.BrokerPrecision, finding.Location{Entity: entity},
			"an integer beyond 9007199254740992 may lose its last digits in %s", name).
			WithHint("if it is a code and not a quantity, convert its column as text"))
	}
}

// report hands a finding on once for each code.
func (c *Client) report(f finding.Finding) {
	if c.opts.Report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reported[f.Code] {
		return
	}
	c.reported[f.Code] = true
	c.opts.Report(f)
}

// short gives a name as it is sent: an IRI, or the term where every core
// @context has it.
func (c *Client) short(name string, ldctx *jsonld.Context) string {
	iri, _ := ldctx.Expand(name)
	return c.shortIRI(iri)
}

func (c *Client) shortIRI(iri string) string {
	if term, ok := c.terms[iri]; ok {
		return term
	}
	return iri
}

package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

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
	// sixDecimals: numbers come back with six decimals at most.
	sixDecimals bool
	// loneArrays: an array of one element comes back as that element.
	loneArrays bool
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
		// Orion-LD 1.6.0 stores a number whole and answers it with six decimals:
		// its functional tests write -3.80356167695194 and read -3.803562.
		q.sixDecimals = true
		// Orion-LD 1.6.0 makes "value": [5] to "value": 5 ("array reduction").
		q.loneArrays = true
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
		Orion    string `json:"Orion-LD version"`
		OldOrion string `json:"orionld version"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Build    struct {
			Version string `json:"version"`
		} `json:"build"`
	}
	// A page that is not a JSON object is recognized by its words alone.
	_ = json.Unmarshal(body, &page)
	words := strings.ToLower(string(body) + " " + header.Get("Server"))
	switch {
	case page.Orion != "":
		return Broker{OrionLD, page.Orion}, true
	case page.OldOrion != "":
		return Broker{OrionLD, page.OldOrion}, true
	case page.Name == "ldt":
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

// answered brings an entity into the form in which the broker can answer it, so
// that what was sent and what is held can be compared.
func (q quirks) answered(list []ngsild.Attribute) (rounded bool) {
	if !q.sixDecimals && !q.loneArrays {
		return false
	}
	for i := range list {
		a := &list[i]
		if q.loneArrays && a.Kind == ngsild.Property {
			a.Value = loneElement(a.Value)
		}
		if q.sixDecimals {
			if text, changed := sixDecimals(a.Value); changed {
				a.Value = text
				rounded = true
			}
		}
		if q.answered(a.Attributes) {
			rounded = true
		}
	}
	return rounded
}

// loneElement gives the element of an array that has one, else the value.
func loneElement(value jsontext.Value) jsontext.Value {
	if value.Kind() != '[' {
		return value
	}
	var list []jsontext.Value
	if json.Unmarshal(value, &list) != nil || len(list) != 1 {
		return value
	}
	return list[0]
}

// sixDecimals rounds the numbers in JSON text as C's %f does.
func sixDecimals(text []byte) (out []byte, changed bool) {
	start := 0
	numbers(text, func(first, end int, whole bool) {
		if whole {
			return
		}
		f, err := strconv.ParseFloat(string(text[first:end]), 64)
		if err != nil {
			return
		}
		point := bytes.IndexByte(text[first:end], '.')
		if exponent := bytes.ContainsAny(text[first:end], "eE"); !exponent && end-first-point-1 <= 6 {
			return
		}
		out = append(out, text[start:first]...)
		out = strconv.AppendFloat(out, f, 'f', 6, 64)
		start = end
		changed = true
	})
	if !changed {
		return text, false
	}
	return append(out, text[start:]...), true
}

// numbers calls each for the numbers in JSON text, outside of strings; whole is
// that there is neither a point nor an exponent.
func numbers(text []byte, each func(first, end int, whole bool)) {
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
			each(first, i, whole)
		default:
			i++
		}
	}
}

func isNumber(b byte) bool {
	return (b >= '0' && b <= '9') || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E'
}

// decimalIntegers writes integers beyond 32 bits in JSON text with a decimal
// point and appends the result to dst: 3000000000 becomes 3000000000.0. long
// reports whether there was one, inexact whether one is beyond 53 bits, where a
// floating-point number does not hold every integer.
func decimalIntegers(dst, text []byte) (out []byte, long, inexact bool) {
	start := 0
	numbers(text, func(first, end int, whole bool) {
		if !whole || end-first < len("2147483648") {
			return
		}
		n, err := strconv.ParseInt(string(text[first:end]), 10, 64)
		if err == nil && n >= math.MinInt32 && n <= math.MaxInt32 {
			return
		}
		long = true
		inexact = inexact || err != nil || n > 1<<53 || n < -1<<53
		dst = append(dst, text[start:end]...)
		dst = append(dst, '.', '0')
		start = end
	})
	return append(dst, text[start:]...), long, inexact
}

// reportNumbers tells once that numbers are written otherwise than in the source.
func (c *Client) reportNumbers(entity string, inexact bool) {
	name := "the broker"
	c.mu.Lock()
	if c.broker != nil {
		name = c.broker.String()
	}
	c.mu.Unlock()
	c.report("integers", finding.New(finding.BrokerNumber, finding.Location{Entity: entity},
		"integers beyond 32 bits are sent with a decimal point (3000000000 as 3000000000.0), since %s may cut them", name).
		WithHint("nothing is to be done: the value is the same"))
	if inexact {
		c.report("inexact", finding.New(finding.BrokerPrecision, finding.Location{Entity: entity},
			"an integer beyond 9007199254740992 may lose its last digits in %s", name).
			WithHint("if it is a code and not a quantity, convert its column as text"))
	}
}

// reportDecimals tells once that a comparison does not see every decimal.
func (c *Client) reportDecimals(entity string) {
	c.report("decimals", finding.New(finding.BrokerNumber, finding.Location{Entity: entity},
		"numbers are sent whole, but Orion-LD answers them with six decimals: a change beyond the sixth is not seen").
		WithHint("use a smaller unit where such changes matter, or push into an empty broker"))
}

// report hands a finding on, the first of its subject only.
func (c *Client) report(subject string, f finding.Finding) {
	if c.opts.Report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reported[subject] {
		return
	}
	c.reported[subject] = true
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

package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// LinkProber tries the addresses of an inventory. The zero value is good.
type LinkProber struct {
	// Client makes the requests; nil is http.DefaultClient.
	Client *http.Client
	// Timeout bounds the time of one address; 0 is 10 seconds.
	Timeout time.Duration
	// Now gives the time; nil is time.Now.
	Now func() time.Time
}

// maxProbes is how many addresses are tried at once.
const maxProbes = 4

const probeTimeout = 10 * time.Second

// linkColumns are the keys of a source that may hold an address.
var linkColumns = []string{"url", "metadata", "schema", "licence"}

// ProbeLinks tries every address of the sources, each once, at most 4 at a time,
// and gives what it saw: status, size, type and time. An address that does not
// answer, or that gives a web page where a file is stated, is a finding. The error
// is that of ctx.
func (inv *Inventory) ProbeLinks(ctx context.Context, p LinkProber) ([]Check, []finding.Finding, error) {
	type place struct {
		source *Source
		key    string
		result *answer
	}
	var places []place
	answers := map[string]*answer{}
	var group errgroup.Group
	group.SetLimit(maxProbes)
	for i := range inv.Sources {
		s := &inv.Sources[i]
		for _, key := range linkColumns {
			address := s.value(key)
			if !strings.Contains(address, "://") || addressFault(address) != "" {
				continue
			}
			a := answers[address]
			if a == nil {
				a = &answer{}
				answers[address] = a
				group.Go(func() error {
					*a = p.try(ctx, address)
					return nil
				})
			}
			places = append(places, place{s, key, a})
		}
	}
	_ = group.Wait() // no function of the group fails
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var checks []Check
	var list []finding.Finding
	for _, at := range places {
		a := at.result
		checks = append(checks, Check{Source: at.source.ID, Column: at.key, Target: at.source.value(at.key), Result: a.result(), Status: a.status,
			Size: a.size, Media: a.media, Time: strconv.FormatInt(a.took.Milliseconds(), 10), Checked: a.at.UTC().Format(time.RFC3339), Line: Line{table: checkTable}})
		list = append(list, at.source.linkFindings(at.key, a)...)
	}
	inv.sort(list)
	return checks, list, nil
}

// linkFindings says what is wrong with an address by its answer.
func (s *Source) linkFindings(key string, a *answer) []finding.Finding {
	address := s.value(key)
	switch {
	case a.failed:
		return []finding.Finding{finding.New(finding.InventoryLink, s.At(key), "%s: %s", address, a.status).
			WithHint("open it in a browser; correct the address, or ask the producer")}
	case key == "url" && a.media == "text/html" && s.Format != "" && s.Format != "HTML" && s.Format != "API":
		return []finding.Finding{finding.New(finding.InventoryFormat, s.At(key), "%s gives a web page (text/html), not %s", address, s.Format).
			WithHint("use the address of the file itself; that of the page belongs into Metadata")}
	}
	return nil
}

// answer is what became of one request.
type answer struct {
	failed bool
	status string // HTTP status, or why there is none
	size   string // bytes, "" where not stated
	media  string
	took   time.Duration
	at     time.Time
}

func (a *answer) result() string {
	if a.failed {
		return "failed"
	}
	return "ok"
}

// try asks one address.
func (p LinkProber) try(ctx context.Context, address string) answer {
	now := p.Now
	if now == nil {
		now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Timeout, probeTimeout))
	defer cancel()
	start := now()
	a := p.ask(ctx, address)
	a.at, a.took = start, now().Sub(start)
	return a
}

// ports are those of the schemes that are not HTTP.
var ports = map[string]string{"ftp": "21", "ftps": "990", "sftp": "22", "postgres": "5432", "postgresql": "5432"}

func (p LinkProber) ask(ctx context.Context, address string) answer {
	u, err := url.Parse(address)
	if err != nil {
		return answer{failed: true, status: "this is no address"}
	}
	if port, ok := ports[strings.ToLower(u.Scheme)]; ok {
		var d net.Dialer
		server := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
		conn, err := d.DialContext(ctx, "tcp", server)
		if err != nil {
			return answer{failed: true, status: p.reason(err)}
		}
		_ = conn.Close() // it is there, which is all that was asked
		return answer{status: "the server answers on port " + cmp.Or(u.Port(), port)}
	}
	// Some servers do not know HEAD, or answer it otherwise than GET.
	a := p.request(ctx, http.MethodHead, address)
	if a.failed && ctx.Err() == nil {
		a = p.request(ctx, http.MethodGet, address)
	}
	return a
}

func (p LinkProber) request(ctx context.Context, method, address string) answer {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return answer{failed: true, status: "this is no address"}
	}
	req.Header.Set("User-Agent", "ldt")
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{failed: true, status: p.reason(err)}
	}
	_ = resp.Body.Close() // its content is not wanted
	a := answer{status: resp.Status, failed: resp.StatusCode >= 400}
	if resp.ContentLength >= 0 && !a.failed {
		a.size = strconv.FormatInt(resp.ContentLength, 10)
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil {
		a.media = media
	}
	return a
}

// reason says in plain words why there is no answer.
func (p LinkProber) reason(err error) string {
	var dns *net.DNSError
	var failed *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("no answer within %s", cmp.Or(p.Timeout, probeTimeout))
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no server " + dns.Name
	case errors.As(err, &failed):
		err = failed.Err
	}
	return err.Error()
}

// WithChecks gives the file of an inventory with these rows in its Checks sheet, or
// under the key checks, instead of those that stood there. Everything else stays.
func (inv *Inventory) WithChecks(name string, text []byte, checks []Check) ([]byte, error) {
	if isWorkbook(name) {
		return workbookWithChecks(name, text, checks)
	}
	return yamlWithChecks(text, checks)
}

// yamlWithChecks replaces the block of the key checks.
func yamlWithChecks(text []byte, checks []Check) ([]byte, error) {
	lines := strings.SplitAfter(string(text), "\n")
	start := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, checkTable.Key+":") })
	var tail []string
	if start < 0 {
		if last := len(lines) - 1; lines[last] == "" {
			lines = lines[:last]
		} else {
			lines[last] += "\n"
		}
	} else {
		end := start + 1
		for end < len(lines) && (strings.HasPrefix(lines[end], " ") || strings.HasPrefix(lines[end], "-") || strings.TrimSpace(lines[end]) == "" && end+1 < len(lines)) {
			end++
		}
		lines, tail = lines[:start], lines[end:]
	}
	block, err := checksYAML(checks)
	if err != nil {
		return nil, err
	}
	return []byte(strings.Join(lines, "") + block + strings.Join(tail, "")), nil
}

// Package web owns the fetching of files and of answers of an API over http and
// https: limits of time and size, redirects, repeated tries, and a cache in which
// a file lies until its server has another.
package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/ldtkit/ldt/etl/source/address"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/internal/redirect"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	maxRedirects = 10
	maxAnswer    = 64 << 20
	// PasswordVariable is the environment variable with the password of the user
	// that a URL names.
	PasswordVariable = "LDT_HTTP_PASSWORD"
)

// MaxFile is how large a source may be that is brought from elsewhere.
const MaxFile = 2 << 30

// Fetcher fetches over http and https. The zero value has the limits below and
// keeps nothing.
type Fetcher struct {
	// Cache is the folder in which files lie that a server can say of whether
	// they changed; "" keeps none.
	Cache string
	// Limit is how many bytes a file may have; 0 is MaxFile.
	Limit int64
	// Answer is how long the server may take to begin its answer (an export may
	// be made only then), 0 is two minutes; Stall how long it may send nothing, 0
	// is 30 seconds.
	Answer, Stall time.Duration
	// Pause is before the second try, of three, and grows; 0 is a second.
	Pause time.Duration
	// Transport carries the requests; nil is one with all these limits.
	Transport http.RoundTripper
}

// File is a file that was fetched. Close it when done; what the cache does not
// keep is then gone.
type File struct {
	*os.File
	// Name is what the server calls the file, else the last part of the URL.
	Name string
	// Cached says that the server was asked and had no newer one.
	Cached bool

	temporary bool
}

// Close closes the file.
func (f *File) Close() error {
	err := f.File.Close()
	if f.temporary {
		err = errors.Join(err, os.Remove(f.File.Name()))
	}
	return err
}

// Get fetches the file at a URL, or takes that of the cache where the server
// says that it did not change. name is what findings call it. The error is a
// *format.Error, or that of ctx.
func (f *Fetcher) Get(ctx context.Context, text, name string) (*File, error) {
	kept := f.lookUp(text)
	file, err := retry(ctx, f, func() (*File, error) { return f.get(ctx, text, name, kept) })
	if err != nil {
		return nil, f.plain(ctx, err, name)
	}
	return file, nil
}

// Answers fetches what an API says, at most 64 MB of it, with the status of
// the answer: any but those that were worth another try. The error is a
// *format.Error, or that of ctx.
func (f *Fetcher) Answers(ctx context.Context, text, name string) (status int, body []byte, err error) {
	type answer struct {
		status int
		body   []byte
	}
	a, err := retry(ctx, f, func() (answer, error) {
		resp, stop, err := f.do(ctx, text, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		if err != nil {
			return answer{}, err
		}
		defer stop()
		if again(resp.StatusCode) {
			return answer{}, refusal(resp, name)
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
		if err == nil && len(body) > maxAnswer {
			err = backoff.Permanent(tooLarge(name, maxAnswer))
		}
		return answer{resp.StatusCode, body}, err
	})
	if err != nil {
		return 0, nil, f.plain(ctx, err, name)
	}
	return a.status, a.body, nil
}

// retry tries up to three times.
func retry[T any](ctx context.Context, f *Fetcher, try func() (T, error)) (T, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = cmp.Or(f.Pause, time.Second)
	return backoff.Retry(ctx, func() (T, error) {
		result, err := try()
		var asked *later
		switch {
		case err == nil:
		case ctx.Err() != nil:
			err = backoff.Permanent(ctx.Err())
		case errors.As(err, &asked) && asked.wait > 0:
			err = errors.Join(err, &backoff.RetryAfterError{Duration: asked.wait})
		case !worthAnother(err):
			err = backoff.Permanent(err)
		}
		return result, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(3))
}

// later is the refusal of a server that may answer otherwise in a while.
type later struct {
	refused *format.Error
	wait    time.Duration
}

func (l *later) Error() string { return l.refused.Error() }
func (l *later) Unwrap() error { return l.refused }

// again says which statuses are worth another try.
func again(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// worthAnother says whether an error may be gone at the next try.
func worthAnother(err error) bool {
	var asked *later
	var known *format.Error
	var dns *net.DNSError
	var circle *redirect.Refused
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var system *os.PathError
	switch {
	case errors.As(err, &asked):
		return true
	case errors.As(err, &known), errors.As(err, &circle), errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &system):
		return false
	case errors.As(err, &dns):
		return dns.IsTemporary && !dns.IsNotFound
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, errSlow), errors.Is(err, http.ErrSchemeMismatch):
		return false
	}
	return true
}

var errSlow = errors.New("the server sends nothing")

// do sends a request. stop is to be called when the body was read, and ends a
// body on which nothing comes.
func (f *Fetcher) do(ctx context.Context, text string, prepare func(*http.Request)) (*http.Response, func(), error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(nil) }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, text, http.NoBody)
	if err != nil {
		stop()
		return nil, nil, backoff.Permanent(err)
	}
	req.Header.Set("User-Agent", "ldt")
	if user := req.URL.User.Username(); user != "" {
		req.SetBasicAuth(user, os.Getenv(PasswordVariable))
	}
	prepare(req)
	transport := f.Transport
	if transport == nil {
		transport = ours
	}
	client := http.Client{Transport: transport, CheckRedirect: redirect.Follow(maxRedirects, shown)}
	answer := cmp.Or(f.Answer, 2*time.Minute)
	timer := time.AfterFunc(answer, func() { cancel(fmt.Errorf("%w: no answer within %s", errSlow, answer)) })
	resp, err := client.Do(req)
	if err != nil {
		timer.Stop()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		stop()
		return nil, nil, err
	}
	stall := cmp.Or(f.Stall, 30*time.Second)
	timer.Stop()
	body := resp.Body
	silent := time.AfterFunc(stall, func() { cancel(fmt.Errorf("%w for %s", errSlow, stall)) })
	resp.Body = readCloser{reader(func(p []byte) (int, error) {
		n, err := body.Read(p)
		silent.Reset(stall)
		if err != nil && err != io.EOF {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
		}
		return n, err
	}), body}
	return resp, func() { silent.Stop(); body.Close(); stop() }, nil
}

type reader func(p []byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

type readCloser struct {
	io.Reader
	io.Closer
}

var ours = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	return t
}()

// shown is a URL without its secrets.
func shown(u *url.URL) string { return address.Redact(u.String()) }

// get is one try.
func (f *Fetcher) get(ctx context.Context, text, name string, kept *entry) (*File, error) {
	resp, stop, err := f.do(ctx, text, func(r *http.Request) {
		r.Header.Set("Accept", "*/*")
		if kept != nil {
			kept.ask(r.Header)
		}
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	switch {
	case resp.StatusCode == http.StatusNotModified && kept != nil:
		if file, err := kept.open(); err == nil {
			return file, nil
		}
		return f.get(ctx, text, name, nil) // it went since it was looked up
	case resp.StatusCode == http.StatusNoContent:
		return nil, format.Refuse(finding.New(finding.SourceEmpty, at(name), "the server answered without a file (204 No Content)").WithHint("check the link and its filters"), nil)
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(resp, name)
	}
	limit := cmp.Or(f.Limit, MaxFile)
	if resp.ContentLength > limit {
		return nil, tooLarge(name, limit)
	}
	file, err := os.CreateTemp(f.folder(), "download-*")
	if err != nil {
		return nil, fmt.Errorf("keep the download: %w", err)
	}
	got := &File{File: file, Name: fileName(resp, text), temporary: true}
	n, err := io.Copy(file, io.LimitReader(resp.Body, limit+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		message := fmt.Sprintf("the download was cut off after %d bytes", n)
		if resp.ContentLength > 0 {
			message = fmt.Sprintf("the download was cut off after %d of %d bytes", n, resp.ContentLength)
		}
		refused := format.Refuse(finding.New(finding.SourceDamaged, at(name), "%s", message).WithHint("try again; where it happens every time, tell who runs the server"), err)
		err = &later{refused: refused}
	case err == nil && n > limit:
		err = tooLarge(name, limit)
	case err == nil:
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, got.Close())
	}
	f.keep(text, resp.Header, got, n)
	return got, nil
}

// fileName is what the server calls a file. What it unpacked on the way is no
// longer compressed.
func fileName(resp *http.Response, text string) string {
	name := ""
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		name = path.Base(path.Clean("/" + strings.ReplaceAll(params["filename"], `\`, "/")))
	}
	if name == "" || name == "/" || name == "." {
		if u, err := url.Parse(text); err == nil {
			name = path.Base(u.Path)
		}
	}
	if resp.Uncompressed {
		name = strings.TrimSuffix(name, ".gz")
	}
	return name
}

func at(name string) finding.Location { return finding.Location{File: name} }

func tooLarge(name string, limit int64) error {
	size := fmt.Sprintf("%d bytes", limit)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MB", limit>>20)
	}
	return format.Refuse(finding.New(finding.SourceTooLarge, at(name), "the file has more than %s", size).
		WithHint("ask for a part of it, or download it by hand and name the file"), nil)
}

// refusal is the error of an answer that has no file.
func refusal(resp *http.Response, name string) error {
	status := strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode))
	var f finding.Finding
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		f = finding.New(finding.SourceAbsent, at(name), "the server has no such file (%s)", status).WithHint("check the link in a browser, and ask the producer where the file is now")
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusProxyAuthRequired:
		f = finding.New(finding.SourceDenied, at(name), "the server does not give the file to you (%s)", status)
		if code == http.StatusUnauthorized {
			f = f.WithHint("name the user in the URL (https://user@…) and set %s, or ask the producer for an open link", PasswordVariable)
		} else {
			f = f.WithHint("ask the producer for the right to read it, or for an open link")
		}
	case code == http.StatusTooManyRequests:
		f = finding.New(finding.SourceUnreachable, at(name), "the server has had too many requests (%s)", status).WithHint("try again later")
	case code >= 500:
		f = finding.New(finding.SourceUnreachable, at(name), "the server failed (%s)", status).WithHint("try again later; where it stays, tell who runs the server")
	default:
		f = finding.New(finding.SourceUnreachable, at(name), "the server answered %s and not with the file", status).WithHint("check the link in a browser")
	}
	refused := format.Refuse(f, nil)
	if !again(resp.StatusCode) {
		return refused
	}
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds <= 30 {
		wait = time.Duration(seconds) * time.Second
	}
	return &later{refused: refused, wait: wait}
}

// plain gives the error as one that names the place and says what is wrong in
// plain words, without the URL, which may hold a secret.
func (f *Fetcher) plain(ctx context.Context, err error, name string) error {
	var known *format.Error
	var dns *net.DNSError
	var refused *redirect.Refused
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	var hostname x509.HostnameError
	var timeout net.Error
	var system *os.PathError
	say := func(code finding.Code, message, hint string) error {
		return format.Refuse(finding.New(code, at(name), "%s", message).WithHint("%s", hint), err)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return say(finding.SourceUnreachable, refused.Error(), "check the link in a browser, and write the URL to which it leads")
	case errors.As(err, &dns) && dns.IsNotFound:
		return say(finding.SourceUnreachable, "no machine is known by the name "+dns.Name, "check the name of the server, and whether you are online")
	case errors.As(err, &hostname):
		return say(finding.SourceUntrusted, "the certificate of the server is for another name", "check the name of the server in the URL")
	case errors.As(err, &certificate):
		return say(finding.SourceUntrusted, "the certificate of the server is not trusted: "+certificate.Err.Error(), "ask who runs the server; a certificate of your own organisation is added to the system, or named by SSL_CERT_FILE")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return say(finding.SourceUnreachable, "the server does not speak https", "write http:// where that is meant")
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(finding.SourceUnreachable, "connection refused: no server listens there", "check the name and the port of the server")
	case errors.Is(err, errSlow):
		return say(finding.SourceUnreachable, err.Error(), "try again later")
	case errors.As(err, &timeout) && timeout.Timeout():
		return say(finding.SourceUnreachable, "the server did not answer in time", "check the name and the port of the server, and try again later")
	case errors.As(err, &system):
		return fmt.Errorf("keep the download of %s: %w", name, system)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return say(finding.SourceUnreachable, "the server closed the connection before it answered", "try again later")
	}
	var sent *url.Error
	cause := err
	if errors.As(err, &sent) {
		cause = sent.Err
	}
	return say(finding.SourceUnreachable, "the file cannot be fetched: "+cause.Error(), "check the link in a browser")
}

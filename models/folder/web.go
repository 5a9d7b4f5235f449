package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ldtkit/ldt/internal/redirect"
)

const (
	// fetchTimeout bounds the fetch of one file, redirects and body included.
	fetchTimeout = 20 * time.Second
	// maxRedirects is how many redirects one fetch follows.
	maxRedirects = 5
	// maxFetched bounds the files that one model may have fetched.
	maxFetched = 32
	// rawHost serves the files of GitHub repositories.
	rawHost = "raw.githubusercontent.com"
)

// web is a folder on a web server. Each file is fetched once.
type web struct {
	ctx     context.Context
	client  *http.Client
	schema  *url.URL
	fetched map[string]answer // by URL
}

type answer struct {
	text []byte
	err  error
}

// openWeb gives the folder of the model that an address names: a schema.json, the folder
// of one, or the page of either on GitHub. Nothing is fetched yet.
func openWeb(ctx context.Context, address string, client *http.Client) (*web, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, refused("%s is no address on the web", address)
	}
	if u, err = rawAddress(u); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(u.Path, ".json") {
		u = u.JoinPath(SchemaFile)
	}
	u.Fragment = ""
	own := http.Client{}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = redirect.Follow(maxRedirects, (*url.URL).Redacted)
	return &web{ctx: ctx, client: &own, schema: u, fetched: map[string]answer{}}, nil
}

// rawAddress gives where the file is that a page of GitHub shows; any other address stays.
func rawAddress(u *url.URL) (*url.URL, error) {
	if u.Host != "github.com" && u.Host != "www.github.com" {
		return u, nil
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 5 || !slices.Contains([]string{"tree", "blob", "raw"}, parts[2]) {
		return nil, refused("%s is the page of a repository, not of a model\n  hint: name the folder of one model in it, such as https://github.com/smart-data-models/dataModel.Weather/tree/master/WeatherObserved", u)
	}
	raw := *u
	raw.Host, raw.RawPath, raw.RawQuery = rawHost, "", ""
	raw.Path = "/" + path.Join(append([]string{parts[0], parts[1]}, parts[3:]...)...)
	return &raw, nil
}

func (w *web) address(name string) *url.URL {
	u := *w.schema
	if name != path.Base(u.Path) {
		u.Path, u.RawPath = path.Join(path.Dir(u.Path), name), ""
	}
	return &u
}

func (w *web) name(name string) string {
	u := w.address(name)
	u.RawQuery = "" // it may be a key
	return u.Redacted()
}

func (w *web) read(name string) ([]byte, error) {
	key := w.address(name).String()
	known, ok := w.fetched[key]
	if !ok {
		if len(w.fetched) >= maxFetched {
			return nil, fmt.Errorf("the model has more than %d files", maxFetched)
		}
		known.text, known.err = w.fetch(name)
		w.fetched[key] = known
	}
	return known.text, known.err
}

// fetch gets one file. What is not there, or is a web page in its place, wraps
// fs.ErrNotExist.
func (w *web) fetch(name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(w.ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.address(name).String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", w.name(name), err)
	}
	req.Header.Set("Accept", "application/schema+json, application/ld+json, application/json, text/plain;q=0.5, */*;q=0.1")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, w.failed(name, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return nil, &absentError{fmt.Sprintf("fetch %s: the server answered %s", w.name(name), resp.Status)}
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("fetch %s: the server answered %s", w.name(name), resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxFile+1))
	if err != nil {
		return nil, w.failed(name, err)
	}
	if len(text) > maxFile {
		return nil, tooLarge(w.name(name))
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		return nil, &absentError{fmt.Sprintf("fetch %s: a web page (HTML) came, not the file\n  hint: give the address of the raw file, such as https://%s/OWNER/REPOSITORY/BRANCH/MODEL/%s", w.name(name), rawHost, SchemaFile)}
	}
	return text, nil
}

// failed words an error of the network without the address that Go puts before it.
func (w *web) failed(name string, err error) error {
	var where *url.Error
	if errors.As(err, &where) {
		err = where.Err
	}
	if errors.Is(err, context.DeadlineExceeded) && w.ctx.Err() == nil {
		err = fmt.Errorf("it took more than %s", fetchTimeout)
	}
	return fmt.Errorf("fetch %s: %w", w.name(name), err)
}

// absentError says what a server gave in the place of a file: it is not there.
type absentError struct{ what string }

func (e *absentError) Error() string { return e.what }

func (e *absentError) Unwrap() error { return fs.ErrNotExist }

// modelName gives the names of subject and model that an address speaks of: those of its
// folders, of a raw file of GitHub below its branch; dataModel.Subject wherever it stands.
func (w *web) modelName(contextAbove bool) (subject, name string) {
	parts := strings.Split(strings.Trim(path.Dir(w.schema.Path), "/"), "/")
	repository := ""
	if w.schema.Host == rawHost && len(parts) >= 3 {
		branch := 3 // owner, repository, branch
		if parts[2] == "refs" {
			branch = 5 // … refs/heads/branch
		}
		repository, parts = parts[1], parts[min(branch, len(parts)):]
	}
	parts = append([]string{repository}, parts...)
	name = parts[len(parts)-1]
	for _, part := range parts {
		if known, ok := strings.CutPrefix(part, dataModel); ok && known != "" {
			return known, strings.TrimPrefix(name, dataModel)
		}
	}
	if !contextAbove || len(parts) < 2 {
		return name, name
	}
	return parts[len(parts)-2], name
}

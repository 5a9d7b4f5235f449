package web_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/web"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const quick = time.Millisecond

func serve(t *testing.T, h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func get(f *web.Fetcher, url string) (string, *web.File, error) {
	file, err := f.Get(context.Background(), url, "NAME")
	if err != nil {
		return "", nil, err
	}
	text, err := io.ReadAll(file)
	return string(text), file, errors.Join(err, file.Close())
}

func TestGetGivesTheFileAndItsName(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain.csv":
		case "/named":
			w.Header().Set("Content-Disposition", `attachment; filename="../etc/conso.xlsx"`)
		case "/utf8":
			w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''%C3%A9t%C3%A9.csv`)
		case "/from":
			http.Redirect(w, r, "/plain.csv", http.StatusFound)
			return
		case "/packed.csv.gz":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			io.WriteString(z, "a\n1\n")
			return
		}
		io.WriteString(w, "a\n1\n")
	})
	for path, name := range map[string]string{"/plain.csv?x=y": "plain.csv", "/named": "conso.xlsx", "/utf8": "été.csv", "/from": "from", "/packed.csv.gz": "packed.csv"} {
		text, file, err := get(&web.Fetcher{}, url+path)
		require.NoError(t, err, path)
		require.Equal(t, "a\n1\n", text, path)
		require.Equal(t, name, file.Name, path)
		require.NoFileExists(t, file.File.Name(), "a file that is not kept goes when it is closed")
	}
}

func TestGetAsksWhetherTheCachedFileChanged(t *testing.T) {
	version, asked := `"1"`, 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", version)
		if r.Header.Get("If-None-Match") == version {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Disposition", `attachment; filename="x.csv"`)
		fmt.Fprintf(w, "a\n%s\n", version)
	})
	cache := filepath.Join(t.TempDir(), "cache")
	f := &web.Fetcher{Cache: cache}
	for i, want := range []struct {
		version string
		cached  bool
	}{{`"1"`, false}, {`"1"`, true}, {`"2"`, false}, {`"2"`, true}} {
		version = want.version
		text, file, err := get(f, url)
		require.NoError(t, err)
		require.Equal(t, "a\n"+want.version+"\n", text)
		require.Equal(t, want.cached, file.Cached, i)
		require.Equal(t, "x.csv", file.Name)
		require.Equal(t, i+1, asked)
	}
	files, err := filepath.Glob(filepath.Join(cache, "*.data"))
	require.NoError(t, err)
	require.Len(t, files, 1, "the older version is gone")

	require.NoError(t, os.Truncate(files[0], 1))
	text, file, err := get(f, url)
	require.NoError(t, err)
	require.Equal(t, "a\n\"2\"\n", text, "a cached file that was cut off is fetched again")
	require.False(t, file.Cached)
}

func TestGetKeepsOnlyWhatTheServerCanSpeakOf(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Cache-Control", "private, no-store")
		}
		io.WriteString(w, "a\n1\n")
	})
	f := &web.Fetcher{Cache: t.TempDir()}
	for _, path := range []string{"/plain", "/secret"} {
		_, _, err := get(f, url+path)
		require.NoError(t, err)
	}
	left, err := os.ReadDir(f.Cache)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestGetByDateOfChange(t *testing.T) {
	const date = "Wed, 01 Jan 2025 00:00:00 GMT"
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", date)
		if r.Header.Get("If-Modified-Since") == date {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, "a\n1\n")
	})
	f := &web.Fetcher{Cache: t.TempDir()}
	for _, cached := range []bool{false, true} {
		_, file, err := get(f, url)
		require.NoError(t, err)
		require.Equal(t, cached, file.Cached)
	}
}

func TestGetTriesAgainWhereThatMayHelp(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504, 429, 408} {
		asked := 0
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked < 3 {
				w.WriteHeader(status)
				return
			}
			io.WriteString(w, "a\n1\n")
		})
		text, _, err := get(&web.Fetcher{Pause: quick}, url)
		require.NoError(t, err, status)
		require.Equal(t, "a\n1\n", text)
	}
}

func TestGetTriesAgainAfterACutOffDownload(t *testing.T) {
	asked := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Content-Length", "100")
		}
		io.WriteString(w, "a\n1\n")
	})
	text, _, err := get(&web.Fetcher{Pause: quick}, url)
	require.NoError(t, err)
	require.Equal(t, "a\n1\n", text)
}

func TestGetSaysInPlainWordsWhyThereIsNoFile(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	var mu sync.Mutex
	asked := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		// A connection that is used again is tried once more by the transport itself.
		w.Header().Set("Connection", "close")
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
		switch r.URL.Path {
		case "/404":
			w.WriteHeader(http.StatusNotFound)
		case "/401":
			w.WriteHeader(http.StatusUnauthorized)
		case "/403":
			w.WriteHeader(http.StatusForbidden)
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
		case "/429":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/418":
			w.WriteHeader(http.StatusTeapot)
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/circle":
			http.Redirect(w, r, "/circle2?token=s3cret", http.StatusFound)
		case "/circle2":
			http.Redirect(w, r, "/circle", http.StatusFound)
		case "/far":
			http.Redirect(w, r, "/far?"+r.URL.RawQuery+"x", http.StatusFound)
		case "/ftp":
			http.Redirect(w, r, "ftp://host/x", http.StatusFound)
		case "/large":
			w.Header().Set("Content-Length", "1000")
			w.Write(make([]byte, 1000))
		case "/endless":
			w.Write(make([]byte, 600))
			w.(http.Flusher).Flush()
			w.Write(make([]byte, 600))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "a\n1\n")
		case "/silent":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/stalls":
			io.WriteString(w, "a\n")
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/hangup":
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	})
	f := &web.Fetcher{Pause: quick, Limit: 999, Answer: 300 * time.Millisecond, Stall: 300 * time.Millisecond, Cache: t.TempDir()}
	for path, want := range map[string]struct {
		code  finding.Code
		text  string
		tries int
	}{
		"/404":     {finding.SourceAbsent, "no such file (404 Not Found)", 1},
		"/401":     {finding.SourceDenied, "401", 1},
		"/403":     {finding.SourceDenied, "403", 1},
		"/500":     {finding.SourceUnreachable, "the server failed (500", 3},
		"/429":     {finding.SourceUnreachable, "too many requests", 3},
		"/418":     {finding.SourceUnreachable, "418", 1},
		"/204":     {finding.SourceEmpty, "204", 1},
		"/circle":  {finding.SourceUnreachable, "in a circle", 1},
		"/far":     {finding.SourceUnreachable, "more than 10 times", 11},
		"/ftp":     {finding.SourceUnreachable, "not http(s)", 1},
		"/large":   {finding.SourceTooLarge, "more than 999 bytes", 1},
		"/endless": {finding.SourceTooLarge, "more than 999 bytes", 1},
		"/cut":     {finding.SourceDamaged, "cut off after 4 of 100 bytes", 3},
		"/silent":  {finding.SourceUnreachable, "no answer within 300ms", 1},
		"/stalls":  {finding.SourceUnreachable, "the server sends nothing for 300ms", 1},
		"/hangup":  {finding.SourceUnreachable, "closed the connection", 3},
	} {
		_, _, err := get(f, url+path)
		var refused *format.Error
		require.ErrorAs(t, err, &refused, path)
		require.Equal(t, format.Unreadable, refused.Kind, path)
		require.Equal(t, want.code, refused.Finding.Code, path)
		require.Equal(t, "NAME", refused.Finding.Location.File, path)
		require.Contains(t, refused.Finding.Message, want.text, path)
		require.NotEmpty(t, refused.Finding.Hint, path)
		require.NotContains(t, err.Error(), "s3cret", path)
		mu.Lock()
		require.Equal(t, want.tries, asked[path], path)
		mu.Unlock()
	}
	left, err := os.ReadDir(f.Cache)
	require.NoError(t, err)
	require.Empty(t, left, "no half file stays")
}

func TestGetSaysWhyThereIsNoConnection(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := closed.Addr().String()
	require.NoError(t, closed.Close())
	safe := httptest.NewUnstartedServer(http.NotFoundHandler())
	safe.Config.ErrorLog = log.New(io.Discard, "", 0)
	safe.StartTLS()
	defer safe.Close()
	plain := serve(t, http.NotFound)
	for url, want := range map[string]struct {
		code finding.Code
		text string
	}{
		"http://" + address + "/x.csv":              {finding.SourceUnreachable, "connection refused"},
		safe.URL + "/x.csv":                         {finding.SourceUntrusted, "is not trusted"},
		"https" + strings.TrimPrefix(plain, "http"): {finding.SourceUnreachable, "does not speak https"},
	} {
		_, _, err := get(&web.Fetcher{Pause: quick}, url)
		var refused *format.Error
		require.ErrorAs(t, err, &refused, url)
		require.Equal(t, want.code, refused.Finding.Code, "%s: %v", url, err)
		require.Contains(t, refused.Finding.Message, want.text, url)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

type noName struct{}

func (noName) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.DNSError{Err: "no such host", Name: "city.invalid", IsNotFound: true}
}

func TestGetNamesTheMachineThatNobodyKnows(t *testing.T) {
	_, _, err := get(&web.Fetcher{Transport: noName{}}, "http://city.invalid/x.csv?key=s3cret")
	require.ErrorContains(t, err, "no machine is known by the name city.invalid")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestGetRefusesToLeaveHTTPS(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a\n1\n") })
	safe := httptest.NewTLSServer(http.RedirectHandler(plain, http.StatusFound))
	defer safe.Close()
	f := &web.Fetcher{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: safe.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}}
	_, _, err := get(f, safe.URL)
	require.ErrorContains(t, err, "redirects from https to "+plain)
}

func TestGetSendsThePasswordOfTheEnvironment(t *testing.T) {
	t.Setenv(web.PasswordVariable, "s3cret")
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "city" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "a\n1\n")
	})
	_, _, err := get(&web.Fetcher{}, strings.Replace(url, "http://", "http://city@", 1))
	require.NoError(t, err)
	_, _, err = get(&web.Fetcher{}, url)
	require.ErrorContains(t, err, "401")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestGetKeepsThePasswordFromAnotherServer(t *testing.T) {
	t.Setenv(web.PasswordVariable, "s3cret")
	told := ""
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		told = r.Header.Get("Authorization") + r.Header.Get("Referer")
		io.WriteString(w, "a\n1\n")
	})
	other = strings.Replace(other, "127.0.0.1", "localhost", 1)
	first := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) })
	_, _, err := get(&web.Fetcher{}, strings.Replace(first, "http://", "http://city@", 1)+"/?key=s3cret")
	require.NoError(t, err)
	require.Empty(t, told)
}

func TestGetEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := (&web.Fetcher{}).Get(ctx, url, "NAME")
	require.ErrorIs(t, err, context.Canceled)
}

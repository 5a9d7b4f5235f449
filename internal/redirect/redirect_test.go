package redirect_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/redirect"
)

func TestFollowRefusesAndSaysWhy(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	mux := http.NewServeMux()
	mux.Handle("/ftp", http.RedirectHandler("ftp://example.org/a", http.StatusFound))
	mux.Handle("/plain", http.RedirectHandler(plain.URL+"/a?key=s3cret", http.StatusFound))
	mux.Handle("/circle", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/circle", http.StatusFound))
	mux.HandleFunc("/down/{n}", func(w http.ResponseWriter, req *http.Request) {
		n, _ := strconv.Atoi(req.PathValue("n"))
		if n > 0 {
			http.Redirect(w, req, "/down/"+strconv.Itoa(n-1), http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(req.Referer()))
	})
	secure := httptest.NewTLSServer(mux)
	t.Cleanup(secure.Close)
	client := secure.Client()
	client.CheckRedirect = redirect.Follow(3, func(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path })

	for path, want := range map[string]string{
		"/ftp":    "it redirects to ftp://example.org/a, which is not http(s)",
		"/plain":  "it redirects from https to " + plain.URL + "/a",
		"/circle": "it redirects in a circle, by way of " + secure.URL + "/circle",
		"/down/4": "it redirects more than 3 times",
	} {
		_, err := client.Get(secure.URL + path)
		var refused *redirect.Refused
		require.ErrorAs(t, err, &refused, path)
		require.Equal(t, want, refused.Error())
	}
	for _, path := range []string{"/down/3", "/down/1?key=s3cret"} {
		resp, err := client.Get(secure.URL + path)
		require.NoError(t, err)
		referer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Empty(t, string(referer), "no server learns what led to it")
	}
}

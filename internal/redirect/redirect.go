// Package redirect owns which redirects of a web server are followed.
package redirect

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Refused is a redirect that is not followed. It speaks of the address that was asked for.
type Refused struct{ message string }

func (r *Refused) Error() string { return r.message }

// Follow gives the CheckRedirect of an http.Client: so many redirects at most, over http
// and https alone, never from https to http, never in a circle. No server learns the URL
// that led to it, which may have a key in it. show gives a URL as a message may show it.
// The error is a *Refused.
func Follow(most int, show func(*url.URL) string) func(req *http.Request, via []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		req.Header.Del("Referer")
		shown := show(req.URL)
		seen := func(r *http.Request) bool { return r.URL.String() == req.URL.String() }
		switch {
		case req.URL.Scheme != "http" && req.URL.Scheme != "https":
			return &Refused{"it redirects to " + shown + ", which is not http(s)"}
		case req.URL.Scheme == "http" && via[0].URL.Scheme == "https":
			return &Refused{"it redirects from https to " + shown}
		case slices.ContainsFunc(via, seen):
			return &Refused{"it redirects in a circle, by way of " + shown}
		case len(via) > most:
			return &Refused{fmt.Sprintf("it redirects more than %d times", most)}
		}
		return nil
	}
}

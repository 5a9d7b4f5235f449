// Package address owns how the place of a source is written: a path, or a URL
// that names a server; and that no message ever shows a secret of one.
package address

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// Scheme gives the scheme of a URL in lower case, or "" where the text is a path:
// C:\data.csv and data:2024.csv are paths.
func Scheme(text string) string {
	scheme, _, ok := strings.Cut(text, "://")
	if !ok || len(scheme) < 2 || strings.ContainsAny(scheme, `/\. `) {
		return ""
	}
	return strings.ToLower(scheme)
}

// IsURL reports whether the text is a URL.
func IsURL(text string) bool { return Scheme(text) != "" }

var secret = regexp.MustCompile(`(?i)([?&;][^=&;#]*(?:pass|pwd|secret|token|key|sig|auth|credential)[^=&;#]*=)[^&;#]*`)

// Redact gives the text of an address without its secrets: the password of a
// user and the values of query parameters whose names speak of a key, a token, a
// signature or a password. Texts that cannot be parsed lose them too.
func Redact(text string) string {
	if !IsURL(text) {
		return text
	}
	start := strings.Index(text, "://") + 3
	// The login ends at the last @ of the authority. A text that is no URL may
	// have a password with a slash or a question mark in it.
	end := len(text)
	if _, err := url.Parse(text); err == nil {
		if i := strings.IndexAny(text[start:], "/?#"); i >= 0 {
			end = start + i
		}
	}
	if at := strings.LastIndexByte(text[start:end], '@'); at >= 0 {
		if user, _, has := strings.Cut(text[start:start+at], ":"); has {
			text = text[:start] + user + ":***" + text[start+at:]
		}
	}
	return secret.ReplaceAllString(text, "${1}***")
}

// Parse takes a URL apart. The error says what is wrong with it in a few words
// and holds none of its text.
func Parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("this is not a URL that can be read; write %25 for %, and %20 for a blank")
	case u.Host == "" || u.Hostname() == "":
		return nil, errors.New("the URL names no server")
	}
	return u, nil
}

// HasPassword reports whether a URL has a password written in it.
func HasPassword(text string) bool {
	if !IsURL(text) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil {
		return strings.Contains(Redact(text), ":***@")
	}
	_, has := u.User.Password()
	for name := range u.Query() {
		lower := strings.ToLower(name)
		has = has || lower == "password" || lower == "sslpassword" || lower == "passwd" || lower == "pwd"
	}
	return has
}

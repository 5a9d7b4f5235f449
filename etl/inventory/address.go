package inventory

import (
	"net/url"
	"slices"
	"strings"
)

// schemes are those of addresses that data is to be had from.
var schemes = []string{"http", "https", "ftp", "ftps", "sftp", "postgres", "postgresql"}

// isURI reports whether a text has the form of a full address.
func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

// addressFault says what is wrong with a text that means to be an address of
// data; "" where nothing is, or where it is none ("none", "Fields sheet").
func addressFault(text string) string {
	lower := strings.ToLower(text)
	if strings.HasPrefix(lower, "www.") {
		return "it has no https:// in front"
	}
	if !strings.Contains(lower, "://") {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || strings.ContainsAny(text, " \t\n"):
		return "it has a character that an address cannot have"
	case !slices.Contains(schemes, strings.ToLower(u.Scheme)):
		return "it starts with " + u.Scheme + "://, not with one of " + strings.Join(schemes, ", ")
	case u.Hostname() == "":
		return "it names no server"
	case !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") && u.Hostname() != "localhost":
		return "the server " + u.Hostname() + " has no dot in its name"
	}
	return ""
}

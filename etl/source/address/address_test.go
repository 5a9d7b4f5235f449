package address_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source/address"
)

func TestSchemeTellsURLsFromPaths(t *testing.T) {
	for text, want := range map[string]string{
		"https://data.example/x.csv": "https", "HTTP://x/y": "http", "sftp://u@h/p": "sftp", "postgres://h/d": "postgres",
		"data/x.csv": "", `C:\data\x.csv`: "", `c://data/x.csv`: "", "a b://x": "", "": "", "data:2024.csv": "", "./http://x": "",
	} {
		require.Equal(t, want, address.Scheme(text), text)
	}
}

func TestRedactTakesEverySecretOut(t *testing.T) {
	for text, want := range map[string]string{
		"https://data.example/x.csv?a=b":            "https://data.example/x.csv?a=b",
		"https://u:s3cret@h/x":                      "https://u:***@h/x",
		"https://u@h/x":                             "https://u@h/x",
		"postgres://u:s3/cret@h:5432/d":             "postgres://u:***@h:5432/d",
		"postgres://u:s3@cret@h/d":                  "postgres://u:***@h/d",
		"postgres://u:s3cret%zz@h/d":                "postgres://u:***@h/d",
		"postgres://h/d?user=u&password=s3cret&x=y": "postgres://h/d?user=u&password=***&x=y",
		"https://h/x?apikey=s3cret#frag":            "https://h/x?apikey=***#frag",
		"https://h/x?a=1&X-Amz-Signature=s3cret":    "https://h/x?a=1&X-Amz-Signature=***",
		"https://h/@dir/x?mail=a@b":                 "https://h/@dir/x?mail=a@b",
		"data/u:s3cret@x.csv":                       "data/u:s3cret@x.csv",
	} {
		require.Equal(t, want, address.Redact(text))
	}
}

func TestHasPasswordFindsIt(t *testing.T) {
	for _, text := range []string{"sftp://u:p@h/x", "postgres://h/d?password=p", "postgres://u:p%zz@h/d", "postgres://u:p/q@h/d"} {
		require.True(t, address.HasPassword(text), text)
	}
	for _, text := range []string{"sftp://u@h/x", "https://h/x?apikey=1", "u:p@h.csv", "https://h/x"} {
		require.False(t, address.HasPassword(text), text)
	}
}

// FuzzRedact: no text with a password keeps it.
func FuzzRedact(f *testing.F) {
	f.Add("u", "h/x?y=z")
	f.Add("a:b", "c@h")
	f.Add("u:%", "h:22/p")
	f.Add("", "@h")
	f.Fuzz(func(t *testing.T, before, after string) {
		const password = "S3CRETPASSWORD"
		// With one of these the password would stand elsewhere than in the login.
		user := strings.NewReplacer("/", "", "?", "", "#", "", "@", "").Replace(before)
		text := "sftp://" + user + ":" + password + "@" + after
		require.NotContains(t, address.Redact(text), password)
	})
}

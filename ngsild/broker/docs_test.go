package broker

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row matches a row of a table of docs/broker.md that begins with a path.
var row = regexp.MustCompile("(?m)^\\| `(/\\S*)` \\| (.+) \\|$")

func TestReferenceHasEveryEndpointAndItsMethods(t *testing.T) {
	text, err := os.ReadFile("../../docs/broker.md")
	require.NoError(t, err)
	offered, lacking, isLacking := strings.Cut(string(text), "### What it does not")
	require.True(t, isLacking)
	told := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(offered, -1) {
		told[m[1]] = m[2]
	}
	absent := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(lacking, -1) {
		absent[m[1]] = true
	}
	order := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	for _, e := range endpoints {
		switch {
		case e.lacks != "":
			require.True(t, absent[e.path], "docs/broker.md does not say that %s is lacking", e.path)
			delete(absent, e.path)
		case e.path == "/":
		default:
			methods := slices.DeleteFunc(slices.Clone(order), func(m string) bool { return e.methods[m] == nil })
			require.Len(t, methods, len(e.methods))
			require.Equal(t, strings.Join(methods, ", "), told[e.path], e.path)
			delete(told, e.path)
		}
	}
	require.Empty(t, slices.Collect(maps.Keys(told)), "endpoints that are told and not there")
	require.Empty(t, slices.Collect(maps.Keys(absent)), "endpoints that are said to be lacking and are not")
}

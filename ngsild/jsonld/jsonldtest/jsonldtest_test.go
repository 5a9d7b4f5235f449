package jsonldtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// recorder is a testing.TB that keeps a failure to itself.
type recorder struct {
	testing.TB
	failed bool
	said   string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.said += fmt.Sprintf(format, args...)
}
func (r *recorder) FailNow() { r.failed = true; runtime.Goexit() }

// fails runs a check and gives what it said when it failed, or "".
func fails(t *testing.T, check func(tb testing.TB)) string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	<-done
	require.Equal(t, r.failed, r.said != "")
	return r.said
}

func TestRequireSameExpansionSeesADifference(t *testing.T) {
	r := jsonld.NewResolver()
	c, _, err := r.Resolve(context.Background(), []byte(Context))
	require.NoError(t, err)
	e := &ngsild.Entity{ID: "urn:ngsi-ld:Building:1", Types: []string{"ex:House"}, Attributes: []ngsild.Attribute{
		{Name: "height", Kind: ngsild.Property, Value: []byte("15182280")},
		{Name: "ex:owner", Kind: ngsild.VocabProperty, Value: []byte(`["name","unheard"]`)},
	}}
	e.Context = c.JSON()
	written := e.AppendJSON(nil, ngsild.Normalized)
	require.Empty(t, fails(t, func(tb testing.TB) { RequireSameExpansion(tb, r, c, e, written) }))
	require.Empty(t, fails(t, func(tb testing.TB) { RequireSameExpansionOf(tb, r, written) }))
	for was, is := range map[string]string{
		"15182280":   "15182281",
		`"height"`:   `"width"`,
		"Building:":  "Bilding:",
		`"ex:House"`: `"ex:Hut"`,
		`["name",`:   `["nom",`,
	} {
		other := bytes.ReplaceAll(written, []byte(was), []byte(is))
		require.NotEqual(t, written, other, was)
		require.NotEmpty(t, fails(t, func(tb testing.TB) { RequireSameExpansion(tb, r, c, e, other) }), was)
	}
}

func TestCanonicalSortsValuesButNotLists(t *testing.T) {
	got := Canonical(t, []byte(`[{"b": [{"@value": 2}, {"@value": 1}], "a": [{"@list": [{"@value": 2}, {"@value": 1}]}], "c": [{"@type": "@json", "@value": [2, 1.0]}]}]`))
	require.JSONEq(t, `[{"a": [{"@list": [{"@value": 2}, {"@value": 1}]}], "b": [{"@value": 1}, {"@value": 2}], "c": [{"@type": "@json", "@value": [2, 1]}]}]`, string(got))
	require.Contains(t, string(got), "1.0", "numbers as they are written")
}

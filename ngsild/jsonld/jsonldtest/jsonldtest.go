// Package jsonldtest owns the differential test of what ldt writes: json-gold
// expands the JSON of an entity under its @context, the compiled names expand the
// entity, and both must say the same.
package jsonldtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// RequireSameExpansion fails the test unless written, the normalized JSON of e with
// its @context, expands through json-gold to what the compiled names make of e: from
// the names as they are, and after Context.ExpandEntity. e is not changed. c must be
// the compiled form of the @context in written, and r must know its URLs.
func RequireSameExpansion(tb testing.TB, r *jsonld.Resolver, c *jsonld.Context, e *ngsild.Entity, written []byte) {
	tb.Helper()
	judged, err := r.ExpandDocument(context.Background(), written, nil)
	require.NoError(tb, err, "json-gold refuses what was written:\n%s", written)
	want := string(Canonical(tb, judged))

	compiled, err := c.AppendExpanded(nil, e)
	require.NoError(tb, err)
	require.Equal(tb, want, string(Canonical(tb, compiled)), "the compiled names say another thing than json-gold of\n%s", written)

	expanded := Clone(e)
	c.ExpandEntity(expanded)
	compiled, err = c.AppendExpanded(nil, expanded)
	require.NoError(tb, err)
	require.Equal(tb, want, string(Canonical(tb, compiled)), "the expanded entity says another thing than json-gold of\n%s", written)
}

// RequireSameExpansionOf reads the entity back from written, then does as
// RequireSameExpansion: for tests that hold only the JSON (an output file).
func RequireSameExpansionOf(tb testing.TB, r *jsonld.Resolver, written []byte) {
	tb.Helper()
	e, found, err := ngsild.Decode(written)
	require.NoError(tb, err)
	require.Empty(tb, found, "%s", written)
	ldctx, err := jsonld.ContextOf(written)
	require.NoError(tb, err)
	c, _, err := r.Resolve(context.Background(), ldctx)
	require.NoError(tb, err)
	RequireSameExpansion(tb, r, c, e, written)
}

// Canonical gives expanded JSON-LD in one form: members sorted, values of a
// property sorted, since their order means nothing, lists as they are, numbers as
// they are written.
func Canonical(tb testing.TB, expanded []byte) []byte {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(expanded))
	dec.UseNumber()
	var v any
	require.NoError(tb, dec.Decode(&v))
	_, err := dec.Token()
	require.True(tb, errors.Is(err, io.EOF), "one JSON text")
	out, err := json.MarshalIndent(canonical(v, false), "", " ")
	require.NoError(tb, err)
	return out
}

// canonical sorts the arrays of v, save a list.
func canonical(v any, isList bool) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if key == "@value" {
				continue // JSON literals are kept
			}
			v[key] = canonical(member, key == "@list")
		}
		return v
	case []any:
		for i := range v {
			v[i] = canonical(v[i], false)
		}
		if isList {
			return v
		}
		slices.SortStableFunc(v, func(a, b any) int {
			return bytes.Compare(text(a), text(b))
		})
		return v
	}
	return v
}

func text(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return out
}

// Clone copies an entity, so that a change of names in one does not show in the
// other.
func Clone(e *ngsild.Entity) *ngsild.Entity {
	out := *e
	out.Types = slices.Clone(e.Types)
	out.Scopes = slices.Clone(e.Scopes)
	out.Attributes = cloneAttributes(e.Attributes)
	return &out
}

func cloneAttributes(list []ngsild.Attribute) []ngsild.Attribute {
	out := slices.Clone(list)
	for i := range out {
		out[i].Value = out[i].Value.Clone()
		out[i].ObjectType = slices.Clone(out[i].ObjectType)
		out[i].Attributes = cloneAttributes(out[i].Attributes)
	}
	return out
}

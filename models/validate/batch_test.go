package validate_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// faulty is NDJSON of entities of which many have one of several faults: some are said
// once a file, some are about another entity, one for each context.
func faulty(entities int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range entities {
		id, typ, value, more, ldctx := fmt.Sprint(r.IntN(entities)), "WeatherObserved", "3", "", weatherContext
		switch r.IntN(12) {
		case 0:
			value = `"3"`
		case 1:
			more = `"temperatur": {"type": "Property", "value": 1},`
		case 2:
			typ = fmt.Sprint("Type", r.IntN(40))
		case 3:
			ldctx = fmt.Sprintf(`"@context": {"a": "https://e.org/%d", "b": "no:b"}`, r.IntN(5))
		case 4:
			ldctx = fmt.Sprintf(`"@context": "https://example.org/%d.jsonld"`, r.IntN(5))
		case 5:
			more = fmt.Sprintf(`"refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:WeatherObserved:%d"},`, r.IntN(2*entities))
		case 6:
			more = `"location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1]}},`
		case 7:
			id = "no id"
		}
		fmt.Fprintf(&b, `{"id": "urn:ngsi-ld:WeatherObserved:%s", "type": "%s", %s "temperature": {"type": "Property", "value": %s}, "dateObserved": {"type": "Property", "value": "2026-01-31T12:00:00Z"}, %s}`+"\n", id, typ, more, value, ldctx)
	}
	return b.String()
}

// TestTheFindingsAreTheSameOnOneCoreAndOnMany holds what many goroutines find against
// what one finds.
func TestTheFindingsAreTheSameOnOneCoreAndOnMany(t *testing.T) {
	text := faulty(5000)
	on := func(cores int) ([]finding.Finding, validate.Stats) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		v, err := validate.New(validate.Options{})
		require.NoError(t, err)
		list, stats, err := v.File(t.Context(), "f", strings.NewReader(text))
		require.NoError(t, err)
		return append(list, v.Dangling()...), stats
	}
	want, stats := on(1)
	require.Equal(t, 5000, stats.Entities)
	codes := map[finding.Code]int{}
	for _, f := range want {
		codes[f.Code]++
	}
	for _, code := range []finding.Code{finding.ModelSchema, finding.ModelAttribute, finding.ModelUnknown, finding.ContextPrefix, finding.ContextUnknownURL, finding.EntityConflict, finding.RelationDangle} {
		require.Positive(t, codes[code], code)
	}
	for _, cores := range []int{2, 8} {
		list, again := on(cores)
		require.Equal(t, stats, again)
		require.Equal(t, want, list)
	}
}

// watched is a reader that cancels after some bytes, and says whether it was read after
// it was closed.
type watched struct {
	io.Reader
	after  int
	cancel func()
	closed bool
	t      *testing.T
}

func (w *watched) Read(p []byte) (int, error) {
	if w.closed {
		w.t.Error("it is read after File came back")
	}
	n, err := w.Reader.Read(p[:min(len(p), 4096)])
	if w.after -= n; w.after < 0 {
		w.cancel()
	}
	return n, err
}

func TestFileStopsAmidstOfAFile(t *testing.T) {
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	text := faulty(20000)
	r := &watched{Reader: strings.NewReader(text), after: len(text) / 2, cancel: cancel, t: t}
	_, stats, err := v.File(ctx, "f", r)
	r.closed = true
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, stats.Entities, 20000)
}

// TestALargeFileOfLargeEntitiesIsReadInPieces measures what is in use before each entity is
// read.
func TestALargeFileOfLargeEntitiesIsReadInPieces(t *testing.T) {
	v, err := validate.New(validate.Options{Layers: validate.JSON | validate.Structure})
	require.NoError(t, err)
	entity := fmt.Sprintf(`{"id": "urn:ngsi-ld:Thing:1", "type": "Thing", "a": {"type": "Property", "value": %q}}`+"\n", strings.Repeat("x", 4<<20))
	var most uint64
	sources := make([]io.Reader, 40)
	for i := range sources {
		sources[i] = &measured{Reader: strings.NewReader(entity), most: &most}
	}
	list, stats, err := v.File(t.Context(), "f", io.MultiReader(sources...))
	require.NoError(t, err)
	require.Empty(t, list)
	require.Equal(t, 40, stats.Entities)
	require.Less(t, most>>20, uint64(128), "MiB in use, of 160 in the file")
}

// measured is a reader that measures what is in use when it is first read.
type measured struct {
	io.Reader
	most    *uint64
	started bool
}

func (m *measured) Read(p []byte) (int, error) {
	if !m.started {
		m.started = true
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		*m.most = max(*m.most, s.HeapAlloc)
	}
	return m.Reader.Read(p)
}

func TestABadLineOfNDJSONIsOneFindingAndTheNextAreChecked(t *testing.T) {
	v, err := validate.New(validate.Options{Layers: validate.Structure})
	require.NoError(t, err)
	good := `{"id": "urn:ngsi-ld:Thing:1", "type": "Thing"}` + "\n"
	bad := `{"id": "urn:ngsi-ld:Thing:1", "type": "Thing"` + "\n"
	wrong := `{"id": "Thing 1", "type": "Thing"}` + "\n"
	list, stats, err := v.File(t.Context(), "f", strings.NewReader(good+bad+wrong+good+bad))
	require.NoError(t, err)
	require.Equal(t, []string{"entity-json 2", "entity-id 3 /id", "entity-json 5"}, summary(list))
	require.Equal(t, validate.Stats{Entities: 3, Errors: 3}, stats)

	list, stats, err = v.File(t.Context(), "f", strings.NewReader(strings.Repeat(bad+good, validate.MaxFindings+5)))
	require.NoError(t, err)
	require.Len(t, list, validate.MaxFindings)
	require.Equal(t, validate.Stats{Entities: validate.MaxFindings + 5, Errors: validate.MaxFindings + 5}, stats)

	list, _, err = v.File(t.Context(), "f", strings.NewReader("["+good+","+bad+","+wrong+"]"))
	require.NoError(t, err)
	require.Equal(t, []string{"entity-json 3"}, summary(list), "text that is not of lines ends there")
}

func TestAConflictNamesTheFileAndLineOfTheFirst(t *testing.T) {
	v, err := validate.New(validate.Options{Layers: validate.Meaning})
	require.NoError(t, err)
	entity := func(id int, value string) string {
		return fmt.Sprintf(`{"id": "urn:ngsi-ld:Thing:%d", "type": "Thing", "a": {"type": "Property", "value": %s}}`+"\n", id, value)
	}
	said := func(name, text string) (list []string) {
		found, _, err := v.File(t.Context(), name, strings.NewReader(text))
		require.NoError(t, err)
		for _, f := range found {
			list = append(list, f.Message)
		}
		return list
	}
	const differs = "another entity of this id, in %s, says something else"
	require.Empty(t, said("a", entity(1, "1")+"\n\n"+entity(2, "1")))
	require.Empty(t, said("b", entity(3, "1")))
	require.Empty(t, said("b", entity(4, "1")+entity(5, "[1]")))
	require.Equal(t, []string{fmt.Sprintf(differs, "a:4"), fmt.Sprintf(differs, "b:1"), fmt.Sprintf(differs, "b:2")}, said("c", entity(1, "1.0")+entity(2, "2")+entity(3, "2")+entity(5, "[2]")))
	require.Equal(t, []string{fmt.Sprintf(differs, "b:1"), fmt.Sprintf(differs, "a:1")}, said("b", entity(3, "3")+entity(1, "3")))
}

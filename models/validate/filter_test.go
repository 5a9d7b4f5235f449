package validate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestIgnoreNamesFilesAndFindingsOfFiles(t *testing.T) {
	ignore, err := validate.ParseIgnore(".ldtignore", "root", []byte(`
# what is old
old/
*.tmp.json
/top.json
data/**/raw-*.json   model-schema relationship-dangling # known
`))
	require.NoError(t, err)
	for name, want := range map[string]bool{
		"root/old/a.json": true, "root/x/old/deep/a.json": true, "root/a.tmp.json": true, "root/x/a.tmp.json": true, "root/top.json": true, "root/x/top.json": false,
		"root/data/raw-1.json": false, "root/data/x/raw-1.json": false, "other/old/a.json": false,
	} {
		require.Equal(t, want, ignore.File(name), name)
	}
	at := func(code finding.Code, file string) finding.Finding {
		return finding.New(code, finding.Location{File: file}, "x")
	}
	require.True(t, ignore.Finding(at(finding.ModelSchema, "root/data/raw-1.json")))
	require.True(t, ignore.Finding(at(finding.RelationDangle, "root/data/x/y/raw-1.json")))
	require.False(t, ignore.Finding(at(finding.EntityID, "root/data/raw-1.json")))
	require.False(t, ignore.Finding(at(finding.ModelSchema, "root/data/cooked.json")))
	require.False(t, (*validate.Ignore)(nil).File("a"))

	_, err = validate.ParseIgnore("i", ".", []byte("a.json model-shema\n[ entity-id\n"))
	require.ErrorContains(t, err, `i:1: there is no finding of the code "model-shema"`)
	require.ErrorContains(t, err, `did you mean "model-schema"?`)
	require.ErrorContains(t, err, `i:2: "[" is not a pattern of paths`)

	_, err = validate.ParseIgnore("i", ".", []byte("data/\n!data/keep.json\n"))
	require.ErrorContains(t, err, `i:2: "!data/keep.json" takes nothing back`)
	_, err = validate.ParseIgnore("i", ".", []byte(`\!odd.json`))
	require.NoError(t, err, "a name that begins with !")
	ignore, err = validate.ParseIgnore("i", ".", []byte("\ufeff./data/old\r\n./top.json\r\n"))
	require.NoError(t, err)
	for name, want := range map[string]bool{"data/old/a.json": true, "top.json": true, "x/top.json": false} {
		require.Equal(t, want, ignore.File(name), name)
	}
	for text, want := range map[string]string{
		`data\x.json`:                    "hint: write folders with /",
		"a.json entity-id,entity-type":   "with spaces between them",
		"data/my file.json model-schema": "for a space in a name write ?",
	} {
		_, err = validate.ParseIgnore("i", ".", []byte(text))
		require.ErrorContains(t, err, want)
	}
}

func FuzzParseIgnore(f *testing.F) {
	f.Add("old/\n*.json entity-id", "old/a.json")
	f.Add("{a,b}/**/[!x].json # c", "a/y.json")
	f.Fuzz(func(t *testing.T, text, name string) {
		ignore, err := validate.ParseIgnore("i", ".", []byte(text))
		if err != nil {
			var list finding.List
			require.ErrorAs(t, err, &list)
			return
		}
		if ignore.File(name) {
			require.True(t, ignore.Finding(finding.New(finding.EntityID, finding.Location{File: name}, "x")))
		}
	})
}

func TestABaselineHoldsAsManyFindingsAsItHas(t *testing.T) {
	fault := finding.New(finding.EntityID, finding.Location{File: "a.json", Line: 3, Pointer: "/id"}, "no URI")
	text, err := json.Marshal(map[string]any{"findings": []finding.Finding{fault, fault}})
	require.NoError(t, err)
	known, unlisted, err := validate.ParseBaseline(text)
	require.NoError(t, err)
	require.Zero(t, unlisted)

	moved := fault
	moved.Location.Line = 9
	other := fault
	other.Message = "another"
	filter := validate.Filter{Baseline: known}
	kept, ignored := filter.Apply([]finding.Finding{moved, other})
	require.Equal(t, []finding.Finding{other}, kept)
	require.Equal(t, 1, ignored)
	kept, ignored = filter.Apply([]finding.Finding{fault, fault})
	require.Len(t, kept, 1, "the third of two known ones is new")
	require.Equal(t, 1, ignored)

	_, unlisted, err = validate.ParseBaseline([]byte(`{"errors": 12, "warnings": 3, "infos": 1, "findings": [{}, {}]}`))
	require.NoError(t, err)
	require.Equal(t, 14, unlisted, "it was cut")

	for _, text := range []string{"", "[]", `{"errors": 1}`, `{"findings": "none"}`, `{"findings": [{"severity": "bad"}]}`} {
		_, _, err := validate.ParseBaseline([]byte(text))
		require.ErrorContains(t, err, "not a report of ldt validate")
		require.NotContains(t, err.Error(), "Go value")
		require.NotContains(t, err.Error(), "struct")
	}
}

// TestABaselineHoldsWhereEntitiesMove validates an array that has grown at its beginning,
// by another name of its file, with what was known before.
func TestABaselineHoldsWhereEntitiesMove(t *testing.T) {
	const old = `{"id": "urn:a:1", "type": "not a type", "a": {"type": "Property", "value": 1, "unitCode": "no unit"}},
{"id": "urn:a:1", "type": "not a type"}]`
	filter := &validate.Filter{}
	validated := func(name, text string) []finding.Finding {
		v, err := validate.New(validate.Options{Layers: validate.Structure | validate.Meaning, Filter: filter})
		require.NoError(t, err)
		list, _, err := v.File(t.Context(), name, strings.NewReader(text))
		require.NoError(t, err)
		return list
	}
	list := validated("a.json", "["+old)
	require.Len(t, list, 4, "two types, a unit, and two entities of one id")
	report, err := json.Marshal(map[string]any{"findings": list})
	require.NoError(t, err)
	filter.Baseline, _, err = validate.ParseBaseline(report)
	require.NoError(t, err)
	list = validated("./a.json", `[{"id": "urn:a:0", "type": "another one"},`+"\n"+old)
	require.Len(t, list, 1, "%v", list)
	require.Equal(t, "urn:a:0", list[0].Location.Entity)
}

// TestWhatIsKnownDoesNotFillTheList validates a file of more faults than are listed with
// those that were listed before as the baseline.
func TestWhatIsKnownDoesNotFillTheList(t *testing.T) {
	const more = 50
	text := strings.Repeat(`{"id": "urn:a:1", "type": "not a type"}`+"\n", validate.MaxFindings+more)
	var filter validate.Filter
	v, err := validate.New(validate.Options{Layers: validate.Structure, Filter: &filter})
	require.NoError(t, err)
	list, stats, err := v.File(t.Context(), "f", strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, list, validate.MaxFindings)
	require.Equal(t, validate.MaxFindings+more, stats.Errors)

	report, err := json.Marshal(map[string]any{"errors": stats.Errors, "findings": list})
	require.NoError(t, err)
	known, unlisted, err := validate.ParseBaseline(report)
	require.NoError(t, err)
	require.Equal(t, more, unlisted)
	filter.Baseline = known
	list, stats, err = v.File(t.Context(), "f", strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, list, more)
	require.Equal(t, validate.Stats{Entities: validate.MaxFindings + more, Errors: more, Known: validate.MaxFindings}, stats)
}

func TestABaselineHoldsAContextWhicheverOfItsFaultsIsNamed(t *testing.T) {
	const text = `{"id": "urn:a:1", "type": "IssueReporting", "@context": "https://raw.githubusercontent.com/smart-data-models/dataModel.IssueTracking/master/context.jsonld"}`
	validated := func() []finding.Finding {
		v, err := validate.New(validate.Options{Layers: validate.Context})
		require.NoError(t, err)
		list, _, err := v.File(t.Context(), "e.json", strings.NewReader(text))
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list
	}
	report, err := json.Marshal(map[string]any{"findings": validated()})
	require.NoError(t, err)
	for range 10 {
		var filter validate.Filter
		filter.Baseline, _, err = validate.ParseBaseline(report)
		require.NoError(t, err)
		kept, known := filter.Apply(validated())
		require.Empty(t, kept)
		require.Equal(t, 1, known)
	}
}

func TestFilterLeavesOutWhatIsMilder(t *testing.T) {
	list := []finding.Finding{finding.New(finding.EntityID, finding.Location{}, "e"), finding.New(finding.RelationDangle, finding.Location{}, "w")}
	for severity, want := range map[finding.Severity]int{finding.Error: 1, finding.Warning: 2, finding.Info: 2} {
		kept, ignored := (&validate.Filter{Severity: severity}).Apply(list)
		require.Len(t, kept, want)
		require.Zero(t, ignored, "milder is not ignored")
	}
}

func TestFilesInTakesWhatMayHoldEntities(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a.NDJSON", "c.txt", "x/d.jsonld", "x/old/e.json", ".git/f.json", ".h.json"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), 2), 0o600))
	}
	ignore, err := validate.ParseIgnore("i", dir, []byte("x/old"))
	require.NoError(t, err)
	list, err := validate.FilesIn(dir, ignore)
	require.NoError(t, err)
	for i, path := range list {
		list[i], err = filepath.Rel(dir, path)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"a.NDJSON", "b.json", filepath.Join("x", "d.jsonld")}, list)
	_, err = validate.FilesIn(filepath.Join(dir, "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

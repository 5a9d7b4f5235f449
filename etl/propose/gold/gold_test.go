package gold_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/propose/gold"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
)

func tables(t *testing.T) []gold.Table {
	t.Helper()
	list, err := gold.Tables()
	require.NoError(t, err)
	return list
}

// TestTheGoldSetIsLargeEnough holds the sizes that the measure was promised with.
func TestTheGoldSetIsLargeEnough(t *testing.T) {
	var all, heldOut, original int
	for _, table := range tables(t) {
		all++
		if table.HeldOut {
			heldOut++
		}
		if table.Source != nil {
			original++
		}
	}
	require.GreaterOrEqual(t, all, 25)
	require.GreaterOrEqual(t, original, 20, "tables of the original data")
	require.GreaterOrEqual(t, 3*heldOut, all, "at least a third is held out")
}

// TestEachLabelIsAnAttributeOfAnAcceptableModel holds that a suggestion can be right.
func TestEachLabelIsAnAttributeOfAnAcceptableModel(t *testing.T) {
	catalogue := models.Builtin()
	for _, table := range tables(t) {
		t.Run(table.Name, func(t *testing.T) {
			require.NotEmpty(t, table.Models)
			var acceptable []*models.Model
			for _, name := range table.Models {
				m, err := catalogue.Find(name)
				require.NoError(t, err)
				require.Equal(t, name, m.QualifiedName(), "models are named Subject/Model")
				acceptable = append(acceptable, m)
			}
			for _, column := range table.Columns {
				require.NotEmpty(t, column.Labels, "column %q", column.Header)
				best := false
				for _, label := range column.Labels {
					require.True(t, has(acceptable, label), "column %q: no model of %v has %q", column.Header, table.Models, label)
					best = best || has(acceptable[:1], label)
				}
				require.True(t, best, "column %q: %v leaves nothing right with %s", column.Header, column.Labels, table.Models[0])
			}
		})
	}
}

// has reports whether one of the models has what the label says.
func has(list []*models.Model, label string) bool {
	switch label {
	case gold.None, gold.ID, gold.ObservedAt, gold.Location:
		return true
	}
	name, part, isPart := strings.Cut(label, ".")
	for _, m := range list {
		if m.Attribute(label) != nil { // some names have a dot of their own
			return true
		}
		a := m.Attribute(name)
		if a == nil {
			continue
		}
		if !isPart || a.Shape.Members[part] != nil {
			return true
		}
	}
	return false
}

// TestEachColumnOfATableIsLabelledOnce reads the tables as they were published.
func TestEachColumnOfATableIsLabelledOnce(t *testing.T) {
	originals := shared.Path(t)
	for _, table := range tables(t) {
		t.Run(table.Name, func(t *testing.T) {
			p, err := table.Profile(t.Context(), originals)
			require.NoError(t, err)
			var headers, labelled []string
			for _, c := range p.Columns {
				headers = append(headers, c.Name)
			}
			for _, c := range table.Columns {
				labelled = append(labelled, c.Header)
			}
			require.Equal(t, headers, labelled)
		})
	}
}

func TestAcceptsTakesNoAttributeOnlyWhereItIsALabel(t *testing.T) {
	require.True(t, gold.Column{Labels: []string{gold.None}}.Accepts(""))
	require.True(t, gold.Column{Labels: []string{"name", gold.None}}.Accepts(gold.None))
	require.True(t, gold.Column{Labels: []string{"name", gold.None}}.Accepts("name"))
	require.False(t, gold.Column{Labels: []string{"name"}}.Accepts(""))
	require.False(t, gold.Column{Labels: []string{gold.None}}.Accepts("name"))
}

func TestLoadNamesEachFault(t *testing.T) {
	const described = "profile: {rows: 1, columns: [{name: a, type: text}, {name: b, type: number}]}\nfrom: x\nmodel: Building/Building\n"
	for name, c := range map[string]struct{ text, want string }{
		"twice":       {described + "columns: {a: name, b: none, a: id}", `dev/t.yaml:4:29: the key "a" of columns stands here a second time`},
		"not there":   {described + "columns: {a: name}", "dev/t.yaml:1:1: the columns of the profile and the labelled ones differ"},
		"other order": {described + "columns: {b: none, a: name}", "the columns of the profile and the labelled ones differ"},
		"no type":     {strings.Replace(described, "number", "float", 1) + "columns: {a: name, b: none}", `column "b": "float" is not the type of a column`},
		"no label":    {described + "columns: {a: name, b: }", `column "b" has no value`},
		"misspelt":    {described + "column: {a: name, b: none}", `dev/t.yaml:4:1: a table of the gold set has no key "column"`},
		"both":        {described + "columns: {a: name, b: none}\nsource: {file: x.csv}", "has either a source or a profile"},
		"neither":     {"from: x\nmodel: Building/Building\ncolumns: {a: name}", "has either a source or a profile"},
		"no model":    {"from: x\nsource: {file: x.csv}\ncolumns: {a: name}", `"model"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gold.Load(fstest.MapFS{"dev/t.yaml": {Data: []byte(c.text)}})
			require.ErrorContains(t, err, c.want)
		})
	}
}

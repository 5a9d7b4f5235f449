package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/propose/gold"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models/suggest"
)

// The figures of all tables that suggestions may be tuned on, the later ones of
// docs/suggest.md among them: none may get worse unseen.
func TestSuggestionsAreAsGoodAsTheyWere(t *testing.T) {
	r, err := evaluate(t.Context(), shared.Path(t), func(t *gold.Table) bool { return !t.HeldOut }, nil)
	require.NoError(t, err)
	m := r.given
	require.Equal(t, 43, m.tables)
	require.Equal(t, 676, m.columns)
	require.GreaterOrEqual(t, m.right, 628, "right at once")
	require.GreaterOrEqual(t, m.among, 651, "right among three")
	require.LessOrEqual(t, m.wrong, 8, "wrong proposals")
	require.LessOrEqual(t, m.sureWrong, 0, "wrong and sure")
	require.GreaterOrEqual(t, m.sure, 145, "sure")
	require.GreaterOrEqual(t, m.first, 35, "models ranked first")
	require.GreaterOrEqual(t, m.third, 40, "models among three")
	require.GreaterOrEqual(t, r.chosen.right, 615, "right with the model that is ranked first")
	require.Zero(t, r.chosen.sureWrong, "wrong and sure with the model that is ranked first")
	require.GreaterOrEqual(t, r.chosen.sure, 30, "sure with the model that is ranked first")
}

func TestRankingPutsNoAttributeBehindWhatIsProposed(t *testing.T) {
	s := suggest.Suggestion{Candidates: []suggest.Candidate{{Attribute: "a", Score: suggest.Proposed}, {Attribute: "b", Score: suggest.Proposed - 0.01}}}
	require.Equal(t, []string{"a", "", "b"}, ranking(&s))
	require.Equal(t, []string{""}, ranking(&suggest.Suggestion{}))
}

func TestJudgeCountsWhatIsRightWrongAndMissed(t *testing.T) {
	candidate := func(name string, score float64) suggest.Suggestion {
		return suggest.Suggestion{Candidates: []suggest.Candidate{{Attribute: name, Score: score}}}
	}
	table := &gold.Table{Columns: []gold.Column{
		{Header: "name", Labels: []string{"name"}}, {Header: "Nom", Labels: []string{"name"}}, {Header: "x", Labels: []string{"none"}},
		{Header: "y", Labels: []string{"none"}}, {Header: "z", Labels: []string{"kwh", "none"}}, {Header: "w", Labels: []string{"kwh"}},
	}}
	var out strings.Builder
	m := judge(table, []suggest.Suggestion{candidate("name", 1), candidate("name", 0.9), candidate("kwh", 0.9), candidate("kwh", 0.6), {}, candidate("kwh", 0.4)}, &out)
	require.Equal(t, measure{tables: 1, columns: 5, easy: 1, right: 2, among: 5, proposed: 3, wrong: 2, missed: 1, sure: 2, sureWrong: 1}, m)
	require.Contains(t, out.String(), "X x ")
	require.Contains(t, out.String(), "- w ")
}

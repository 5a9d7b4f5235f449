package propose_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/propose"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/suggest"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// every is of how many models one is tried, and trapped the subjects of which all are: with
// lists of geometries, ListProperties, and a type under another name.
const every = 12

var trapped = []string{"DCAT-AP", "PredictiveMaintenance", "Ports"}

// A table whose headers are the attributes of a model, with cells of their types, has a
// proposal that compiles and converts.
func TestProposalsOfModelsOfAllSubjectsConvert(t *testing.T) {
	s := suggest.New(models.Builtin())
	resolver := jsonld.NewResolver(jsonld.WithContextsOnDemand(models.Contexts()))
	placed, columns := 0, 0
	for i, m := range models.Builtin().Models() {
		switch {
		case m.Subject.Name == "IssueTracking": // JSON-LD refuses its @context
			continue
		case m.Name == "OSMAddressPoint": // its @context lacks the type
			continue
		case i%every != 0 && !slices.Contains(trapped, m.Subject.Name):
			continue
		}
		name := filepath.Join(t.TempDir(), "t.csv")
		file, err := os.Create(name)
		require.NoError(t, err)
		rows := [3][]string{{"id"}, {"A"}, {"B"}}
		for _, a := range m.Attributes {
			cells := cellsOf(&a.Shape)
			rows[0], rows[1], rows[2] = append(rows[0], a.Name), append(rows[1], cells[0]), append(rows[2], cells[1])
		}
		w := csv.NewWriter(file)
		require.NoError(t, w.WriteAll(rows[:]))
		require.NoError(t, file.Close())
		table, err := profile.Of(t.Context(), "", source.Spec{File: name, Delimiter: ",", Decimal: "."})
		require.NoError(t, err, m.QualifiedName())
		draft, err := propose.Draft(t.Context(), "", table, suggest.Given(m), s, name)
		require.NoError(t, err, m.QualifiedName())
		tally := convert(t, resolver, draft.YAML())
		require.Equal(t, int64(2), tally.Written, "%s: %v\n%s", m.QualifiedName(), tally.Findings, draft.YAML())
		placed, columns = placed+draft.Placed, columns+draft.Columns
	}
	require.Greater(t, 10*placed, 7*columns, "most columns are placed")
}

// cellsOf gives two cells that a shape allows.
func cellsOf(s *models.Shape) [2]string {
	switch {
	case len(s.Geometry) > 0:
		return [2]string{"48.1,2.1", "48.2,2.2"}
	case s.Format == "date-time":
		return [2]string{"2024-01-01T10:00:00Z", "2024-01-02T10:00:00Z"}
	case s.Format == "date":
		return [2]string{"2024-01-01", "2024-01-02"}
	case s.Type == "number":
		return [2]string{"0.25", "0.5"}
	case s.Type == "integer":
		return [2]string{"1", "2"}
	case s.Type == "boolean":
		return [2]string{"true", "false"}
	case s.Type == "array" && s.Items != nil:
		return cellsOf(s.Items)
	case len(s.Enum) > 1:
		return [2]string{string(s.Enum[0]), string(s.Enum[1])}
	}
	return [2]string{"one text", "another text"}
}

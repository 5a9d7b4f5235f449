package validate_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// TestExamplesOfAllModelsAreValid makes the example of every model and validates it in
// each representation. The lists are the faults of the official files that leave no valid example.
func TestExamplesOfAllModelsAreValid(t *testing.T) {
	invalid := map[string][]finding.Code{
		// The @context of this subject defines terms that look like compact IRIs as something else.
		"IssueTracking/IssueReporting":   {finding.ContextInvalid},
		"IssueTracking/service_requests": {finding.ContextInvalid},
		"IssueTracking/services":         {finding.ContextInvalid},
	}
	withouts := map[string][]string{
		"Agrifood/Animal":                   {"weight"},                               // a Relationship that is a number
		"MachineLearning/SubscriptionQuery": {"expiresAt"},                            // a word of the API
		"Transportation/APDSObservation":    {"observedLocation", "observerLocation"}, // GeoProperties without a type
		"Transportation/AnprFlowObserved":   {"refImages"},                            // a Relationship that is a list of objects
		"Transportation/VehicleFault":       {"observedAt"},                           // a word of the API
	}
	values := 0 // models that have an attribute "value", a word of the API
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	for _, m := range models.Builtin().Models() {
		name := m.QualifiedName()
		e, without := m.Example()
		if slices.Equal(without, []string{"value"}) {
			values++
		} else if !slices.Equal(withouts[name], without) {
			t.Errorf("the example of %s is without %v", name, without)
		}
		for _, form := range []ngsild.Representation{ngsild.Normalized, ngsild.Concise, ngsild.Simplified} {
			found, stats, err := v.File(t.Context(), "example.jsonld", bytes.NewReader(e.AppendJSON(nil, form)))
			require.NoError(t, err)
			require.Equal(t, 1, stats.Entities)
			var codes []finding.Code
			for _, f := range found {
				switch {
				case f.Severity == finding.Error:
					codes = append(codes, f.Code)
				case f.Code == finding.EntityConflict: // models of one name, and the simplified form, which says less
				case f.Code == finding.AttributeName: // some models have names with a hyphen or a point
				default:
					t.Errorf("%s, %v: %v", name, form, f)
				}
			}
			if !slices.Equal(invalid[name], codes) {
				t.Errorf("%s, %v: %v", name, form, found)
			}
		}
	}
	require.Equal(t, 45, values)
}

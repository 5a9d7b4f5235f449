// Package modelstest owns the small catalogues of models that tests make up.
package modelstest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
)

// Catalogue reads a catalogue from one JSON text: {"subjects": [...]}, each with its
// name, contextURLs, terms and models in the form of the built-in catalogue's files.
func Catalogue(t testing.TB, text string) *models.Catalogue {
	t.Helper()
	var file struct {
		Subjects []struct {
			Name        string   `json:"name"`
			ContextURLs []string `json:"contextURLs"`
			models.Details
		} `json:"subjects"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &file))
	var subjects []*models.Subject
	for _, f := range file.Subjects {
		subjects = append(subjects, models.NewSubject(f.Name, f.ContextURLs, &f.Details))
	}
	return (&models.Catalogue{}).With(subjects...)
}

package models_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
)

// BenchmarkIndex is what the first question to the built-in catalogue costs, and
// BenchmarkSubject the first about a model.
func BenchmarkIndex(b *testing.B) {
	for b.Loop() {
		require.NotEmpty(b, models.ReadBuiltin().Types())
	}
}

func BenchmarkSubject(b *testing.B) {
	for b.Loop() {
		m, err := models.ReadBuiltin().Find("Weather/WeatherObserved")
		require.NoError(b, err)
		require.NotEmpty(b, m.Attributes)
	}
}

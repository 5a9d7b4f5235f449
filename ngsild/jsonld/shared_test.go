package jsonld

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sharedDir finds the folder of public test data, or skips the test.
func sharedDir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("LDT_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	require.NoError(tb, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		require.NotEqual(tb, dir, parent, "no go.mod above the package")
		dir = parent
	}
	shared := filepath.Join(dir, "..", "shared")
	if _, err := os.Stat(shared); err != nil {
		tb.Skipf("skipped: the shared test data is not at %s; set LDT_SHARED to its folder", shared)
	}
	return shared
}

func readShared(tb testing.TB, path ...string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{sharedDir(tb)}, path...)...))
	require.NoError(tb, err)
	return text
}

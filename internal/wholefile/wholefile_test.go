package wholefile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/wholefile"
)

func TestReplaceLeavesTheNewTextAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	require.NoError(t, wholefile.Replace(path, []byte("first, and longer")))
	require.NoError(t, wholefile.Replace(path, []byte("second")))
	requireOnly(t, path, "second")
}

func TestReplaceThatFailsLeavesWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.MkdirAll(filepath.Join(path, "inside"), 0o755))
	require.Error(t, wholefile.Replace(path, []byte("text")))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing beside it")
	require.DirExists(t, filepath.Join(path, "inside"))
}

func TestReplaceMakesNoFolder(t *testing.T) {
	require.ErrorIs(t, wholefile.Replace(filepath.Join(t.TempDir(), "no", "a.json"), nil), fs.ErrNotExist)
}

func TestCreateWritesOverNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	require.NoError(t, wholefile.Create(path, []byte("first")))
	require.ErrorIs(t, wholefile.Create(path, []byte("second")), fs.ErrExist)
	requireOnly(t, path, "first")
}

// requireOnly holds that a file has the text, and that nothing lies beside it.
func requireOnly(t *testing.T, path, text string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

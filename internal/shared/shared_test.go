package shared_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
)

// recorder is a test that was skipped or not, and why.
type recorder struct {
	testing.TB
	reason string
}

func (r *recorder) Skipf(_ string, args ...any) { r.reason = args[0].(string) }

func TestPathIsBelowTheFolderThatTheEnvironmentNames(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LDT_SHARED", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte("a;b"), 0o600))
	require.Equal(t, filepath.Join(dir, "a.csv"), shared.Path(t, "a.csv"))
	require.Equal(t, "a;b", string(shared.Read(t, "a.csv")))
}

func TestPathIsBesideTheModuleWithoutTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LDT_SHARED", "")
	inside := filepath.Join(dir, "module", "a", "b")
	require.NoError(t, os.MkdirAll(inside, 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "shared"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "module", "go.mod"), nil, 0o600))
	t.Chdir(inside)
	info, err := os.Stat(shared.Path(t))
	require.NoError(t, err)
	want, err := os.Stat(filepath.Join(dir, "shared"))
	require.NoError(t, err)
	require.True(t, os.SameFile(want, info))
}

func TestPathSkipsWhatIsAbsentAndNamesIt(t *testing.T) {
	t.Setenv("LDT_SHARED", t.TempDir())
	r := &recorder{TB: t}
	path := shared.Path(r, "datasets", "none.csv")
	require.Equal(t, path, r.reason)
	require.Contains(t, path, filepath.Join("datasets", "none.csv"))
}

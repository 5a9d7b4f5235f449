package source_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/shared"
)

// mutate cuts a file, flips bytes in it, or moves a part of it.
func mutate(rng *rand.Rand, data []byte) []byte {
	out := append([]byte(nil), data...)
	switch rng.IntN(4) {
	case 0:
		return out[:rng.IntN(len(out))]
	case 1:
		for range 1 + rng.IntN(20) {
			out[rng.IntN(len(out))] = byte(rng.IntN(256))
		}
	case 2:
		from := rng.IntN(len(out))
		to := from + rng.IntN(min(2000, len(out)-from))
		part := append([]byte(nil), out[from:to]...)
		out = append(out[:from], out[to:]...)
		at := rng.IntN(len(out) + 1)
		out = append(out[:at], append(part, out[at:]...)...)
	default:
		at := rng.IntN(len(out))
		out = append(out[:at], append([]byte(`"`), out[at:]...)...)
	}
	return out
}

func TestMutatedRealFilesEndInRecordsOrErrors(t *testing.T) {
	dir := shared.Path(t, "datasets")
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if ext := filepath.Ext(path); err == nil && info.Size() < 200<<10 && strings.Contains(".csv.xlsx.xls", ext) {
			files = append(files, path)
		}
		return err
	}))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for range 15 {
			name := "m" + filepath.Ext(file)
			got, err := tryAll(write(t, name, mutate(rng, data)), source.Spec{File: name})
			if err != nil {
				var e *source.Error
				require.True(t, errors.As(err, &e), "%s: %v", file, err)
				require.NotEmpty(t, e.Finding.Message)
				continue
			}
			require.NotEmpty(t, got.Header().Names)
		}
	}
}

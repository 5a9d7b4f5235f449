package etl

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIndexRemembersTheFirstRowAcrossSpills(t *testing.T) {
	dir := t.TempDir()
	x := newIndex(dir)
	x.limit = 100
	const n = 20_000
	for i := 1; i <= n; i++ {
		row, err := x.find(x.hash(strconv.Itoa(i)))
		require.NoError(t, err)
		require.Zero(t, row, "id %d is new", i)
		require.NoError(t, x.add(x.hash(strconv.Itoa(i)), int64(i)))
	}
	require.NotEmpty(t, x.runs)
	require.Less(t, len(x.runs), 3*fanIn, "runs are merged")
	for i := 1; i <= n; i++ {
		row, err := x.find(x.hash(strconv.Itoa(i)))
		require.NoError(t, err)
		require.EqualValues(t, i, row)
	}
	x.close()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "no temporary file stays")
}

func TestIndexFilterHoldsEveryID(t *testing.T) {
	x := newIndex(t.TempDir())
	defer x.close()
	const n = recentLimit * 3 / 2
	for i := range n {
		require.NoError(t, x.add(x.hash(strconv.Itoa(i)), int64(i+1)))
	}
	misses := 0
	for i := range n {
		if !x.mayHave(x.hash(strconv.Itoa(i))) {
			misses++
		}
	}
	require.Zero(t, misses)
	wrong := 0
	for i := range n {
		if x.mayHave(x.hash("absent" + strconv.Itoa(i))) {
			wrong++
		}
	}
	require.Less(t, wrong, n/1000)
}

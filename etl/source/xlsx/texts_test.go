package xlsx

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTextsBeyondTheirShareOfMemoryLieInAFile(t *testing.T) {
	texts := texts{limit: 1000}
	long := strings.Repeat("long ", 3*pageSize/5)
	want := func(i int) string {
		switch {
		case i%400 == 7:
			return long + fmt.Sprint(i)
		case i%10 == 3:
			return ""
		}
		return fmt.Sprint("text ", i)
	}
	const count = 3 * endsBlock / 2
	for i := range count {
		texts.item = append(texts.item, want(i)...)
		require.NoError(t, texts.add())
	}
	require.Less(t, len(texts.first), 1001)
	rng := rand.New(rand.NewPCG(1, 1))
	check := func(i int) {
		text, ok, err := texts.get(i)
		require.NoError(t, err)
		require.True(t, ok)
		if string(text) != want(i) {
			t.Fatalf("text %d has %d bytes, not the %d of its own", i, len(text), len(want(i)))
		}
	}
	for i := range count {
		check(i)
	}
	for range 2000 {
		check(rng.IntN(count))
	}
	require.Greater(t, texts.at, int64(pageCount*pageSize))
	require.Equal(t, pageCount, len(texts.pages), "no more is kept")
	for _, i := range []int{-1, count} {
		_, ok, err := texts.get(i)
		require.NoError(t, err)
		require.False(t, ok)
	}
	name := texts.file.Name()
	require.NoError(t, texts.Close())
	require.NoFileExists(t, name)
	require.NoError(t, texts.Close())
	_, err := os.Stat(name)
	require.ErrorIs(t, err, os.ErrNotExist)
}

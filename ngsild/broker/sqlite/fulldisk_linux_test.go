package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/broker"
)

// smallDisk gives a folder on a file system of its own of so many KiB.
func smallDisk(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skipf("a file system of a known size needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}

// fill writes a file until the disk is full, and gives its name.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filling")
	err := os.WriteFile(path, make([]byte, 64<<20), 0o600)
	require.ErrorIs(t, err, syscall.ENOSPC)
	return path
}

func TestOpenOnAFullDiskSaysSo(t *testing.T) {
	dir := smallDisk(t, 1024)
	old := filepath.Join(dir, "old.db")
	s, err := Open(old)
	require.NoError(t, err)
	put(t, s, "", rec("a", "T"))
	require.NoError(t, s.Close())
	filling := fill(t, dir)
	for _, path := range []string{old, filepath.Join(dir, "new.db")} {
		_, err := Open(path)
		require.ErrorIs(t, err, broker.ErrStoreFull)
		require.Equal(t, "open store "+path+": no space left on its disk; make room and start again", err.Error())
	}
	require.NoError(t, os.Remove(filling))
	s, err = Open(old)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{}))
	require.NoError(t, s.Close())
}

func TestAStoreGoesOnOnceThereIsRoomAgain(t *testing.T) {
	dir := smallDisk(t, 2048)
	s := open(t, filepath.Join(dir, "store.db"))
	var acknowledged []string
	var err error
	write := func(id string) error {
		big := rec(id, "T")
		big.Doc = []byte(`{"x":"` + strings.Repeat("x", 50<<10) + `"}`)
		err := s.Update(t.Context(), "", func(w broker.Writer) error { return w.Put(big) })
		if err == nil {
			acknowledged = append(acknowledged, id)
		}
		return err
	}
	for i := 0; err == nil; i++ {
		err = write(fmt.Sprintf("n%03d", i))
	}
	require.ErrorIs(t, err, broker.ErrStoreFull)
	held := func() (list []string) {
		for i := range 1000 {
			id := fmt.Sprintf("n%03d", i)
			if count(t, s, "", broker.Selection{IDs: []string{id}}) == 1 {
				list = append(list, id)
			}
		}
		return list
	}
	require.NotEmpty(t, acknowledged)
	require.Equal(t, acknowledged, held())
	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16384k"))
	require.NoError(t, write("n900"))
	require.Equal(t, acknowledged, held())
}

func TestNoRoomIsTold(t *testing.T) {
	require.False(t, noRoom(t.TempDir()))
	dir := smallDisk(t, 256)
	require.False(t, noRoom(dir))
	fill(t, dir)
	require.True(t, noRoom(dir))
}

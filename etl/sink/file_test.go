package sink

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

func write(t *testing.T, path string, documents ...string) {
	t.Helper()
	f, err := Create(path, LayoutOf(path))
	require.NoError(t, err)
	defer f.Abort()
	for _, d := range documents {
		require.NoError(t, f.Write([]byte(d)))
	}
	require.Equal(t, len(documents), f.Documents())
	require.NoError(t, f.Close())
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestTheNameOfAFileGivesItsLayout(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"a.ndjson": "{}\n[1]\n",
		"a.JSON":   "[\n{},\n[1]\n]\n",
		"a.jsonld": "[\n{},\n[1]\n]\n",
		"a.nq":     "{}\n[1]\n",
	} {
		path := filepath.Join(dir, name)
		write(t, path, "{}", "[1]")
		require.Equal(t, want, read(t, path))
	}
	empty := filepath.Join(dir, "b.json")
	write(t, empty)
	require.Equal(t, "[\n]\n", read(t, empty))
	empty = filepath.Join(dir, "b.ndjson")
	write(t, empty)
	require.Empty(t, read(t, empty))
}

func TestLinesEndOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.nq")
	write(t, path, "<a> <b> <c> .\n", "<d> <e> <f> .")
	require.Equal(t, "<a> <b> <c> .\n<d> <e> <f> .\n", read(t, path))
}

func TestAFileAppearsOnlyWhenItIsWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ndjson")
	require.NoError(t, os.WriteFile(path, []byte("old\n"), 0o640))
	f, err := Create(path, Lines)
	require.NoError(t, err)
	require.NoError(t, f.Write(bytes.Repeat([]byte("x"), 2*bufferSize)))
	require.Equal(t, "old\n", read(t, path))
	require.NoError(t, f.Close())
	require.Len(t, read(t, path), 2*bufferSize+1)
	require.Equal(t, []string{"a.ndjson"}, names(t, dir))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
	}
	require.NoError(t, f.Close(), "closing twice is harmless")
	f.Abort()
	require.Equal(t, []string{"a.ndjson"}, names(t, dir))
}

func TestAnAbortedFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	f, err := Create(path, Array)
	require.NoError(t, err)
	require.NoError(t, f.Write([]byte("{}")))
	f.Abort()
	require.ErrorContains(t, f.Close(), "given up")
	require.ErrorContains(t, f.Write([]byte("{}")), "given up")
	require.Equal(t, "old", read(t, path))
	require.Equal(t, []string{"a.json"}, names(t, dir))
}

func TestWhatAKilledRunLeftIsReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ndjson")
	first, err := Create(path, Lines)
	require.NoError(t, err)
	require.NoError(t, first.dest.Close()) // killed: neither closed nor aborted
	write(t, path, "{}")
	require.Equal(t, "{}\n", read(t, path))
	require.Equal(t, []string{"a.ndjson"}, names(t, dir))
}

// full is a disk with room for a number of bytes.
type full struct {
	*os.File
	room int
	sync error
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, _ := f.File.Write(p[:f.room])
		f.room = 0
		return n, &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	f.room -= len(p)
	return f.File.Write(p)
}

func (f *full) Sync() error { return f.sync }

func TestAFullDiskLeavesNothing(t *testing.T) {
	for name, disk := range map[string]full{
		"while writing": {room: 10},
		"at the end":    {room: bufferSize + 10},
		"when flushed":  {room: 1 << 30, sync: syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			real := create
			t.Cleanup(func() { create = real })
			create = func(path string, mode fs.FileMode) (destination, error) {
				out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
				disk.File = out
				return &disk, err
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "a.ndjson")
			require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
			f, err := Create(path, Lines)
			require.NoError(t, err)
			defer f.Abort()
			for range 20 {
				if err = f.Write(bytes.Repeat([]byte("x"), bufferSize/10)); err != nil {
					break
				}
			}
			if err == nil {
				err = f.Close()
			}
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.Equal(t, "write "+path+": no space left on device; nothing of it was left behind", err.Error())
			require.Equal(t, err, f.Close(), "the first error stays")
			require.Equal(t, "old", read(t, path))
			require.Equal(t, []string{"a.ndjson"}, names(t, dir))
		})
	}
}

func TestAFullDeviceIsAnError(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full on this machine")
	}
	f, err := Create("/dev/full", Lines)
	require.NoError(t, err)
	require.NoError(t, f.Write([]byte("{}")))
	require.EqualError(t, f.Close(), "write /dev/full: no space left on device")
	_, err = os.Stat("/dev/full")
	require.NoError(t, err)
}

func TestADeviceIsWrittenToAndNotReplaced(t *testing.T) {
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	write(t, os.DevNull, "{}")
	after, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	require.Equal(t, info.Mode(), after.Mode())
}

func TestALinkKeepsPointing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json")
	require.NoError(t, os.WriteFile(target, nil, 0o600))
	require.NoError(t, os.Symlink(target, link))
	write(t, link, "1")
	require.Equal(t, "[\n1\n]\n", read(t, target))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink)
}

func TestCreateSaysWhyItCannot(t *testing.T) {
	dir := t.TempDir()
	_, err := Create(dir, Lines)
	require.ErrorContains(t, err, "it is a folder")
	_, err = Create(filepath.Join(dir, "no", "a.json"), Array)
	require.ErrorContains(t, err, "there is no folder "+filepath.Join(dir, "no"))
	require.ErrorContains(t, err, "hint:")
	require.NotContains(t, err.Error(), ".part")
}

func TestAStreamIsFlushedAndLeftOpen(t *testing.T) {
	var out strings.Builder
	f := To(&out, "standard output", Lines)
	require.NoError(t, f.WriteEntity(&ngsild.Entity{ID: "urn:a:1", Types: []string{"T"}}, ngsild.Normalized))
	require.NoError(t, f.Close())
	require.Equal(t, `{"id":"urn:a:1","type":"T"}`+"\n", out.String())
	require.NoError(t, f.Close())
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAStreamThatBreaksIsNamed(t *testing.T) {
	f := To(broken{}, "standard output", Lines)
	require.NoError(t, f.Write([]byte("{}")))
	require.EqualError(t, f.Close(), "write standard output: broken pipe")
}

func BenchmarkFileWrite(b *testing.B) {
	document := bytes.Repeat([]byte("x"), 900)
	f, err := Create(filepath.Join(b.TempDir(), "a.ndjson"), Lines)
	require.NoError(b, err)
	defer f.Abort()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Write(document); err != nil {
			b.Fatal(err)
		}
	}
}

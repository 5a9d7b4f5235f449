package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPushIntoAFullDiskGoesOnOnceThereIsRoom pushes into a broker whose store
// lies on a disk too small for it: the push ends with a sentence and 5, what was
// acknowledged stands, and a push with more room ends as any other.
func TestPushIntoAFullDiskGoesOnOnceThereIsRoom(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=5m"); err != nil {
		t.Skipf("a file system of a known size needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, 0)) })
	mapping := writeMeters(t, t.TempDir(), crashRows)
	broker := startBroker(t, filepath.Join(disk, "store.db"))
	defer broker.Wait()
	defer broker.Process.Kill()
	push := func() (code int, said string) {
		var output bytes.Buffer
		cmd := ldt(t, "push", "-m", mapping, "--broker", broker.url.String())
		cmd.Stderr = &output
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode(), output.String()
	}

	code, said := push()
	require.Equal(t, exitPartly, code, said)
	require.Contains(t, said, "the broker answered 507 Insufficient Storage: there is no space left on the broker's disk; nothing of this request was stored")
	require.Contains(t, said, "\n  hint: make room on the broker's disk and push again: what was taken is not sent twice\n")
	told := regexp.MustCompile(`until then: (\d+) created, 0 updated, 0 unchanged, 0 failed; run it again to go on`).FindStringSubmatch(said)
	require.NotNil(t, told, said)
	before, err := strconv.Atoi(told[1])
	require.NoError(t, err)
	require.Less(t, before, crashRows)
	held := len(held(t, broker))
	require.GreaterOrEqual(t, held, before, "what was acknowledged is there")

	require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	code, said = push()
	require.Zero(t, code, said)
	require.Contains(t, said, fmt.Sprintf("%d created, 0 updated, %d unchanged, 0 failed", crashRows-held, held))
}

//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// silentBroker is a broker that takes requests and answers none. asked is
// closed with the first of them.
func silentBroker(t *testing.T) (url string, asked <-chan struct{}) {
	first, end := make(chan struct{}), make(chan struct{})
	requests := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case requests <- struct{}{}:
			close(first)
		default:
		}
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	return server.URL, first
}

// TestInterruptEndsWith130 interrupts a push and a run that wait for a broker.
func TestInterruptEndsWith130(t *testing.T) {
	dir := t.TempDir()
	mapping := writeMeters(t, dir, 3)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "usecase.yaml"), []byte("name: meters\nflows: [{mapping: meters.yaml}]\n"), 0o644))
	for _, args := range [][]string{
		{"push", "-m", mapping},
		{"run", dir},
	} {
		t.Run(args[0], func(t *testing.T) {
			url, asked := silentBroker(t)
			cmd := ldt(t, append(args, "--broker", url)...)
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			require.NoError(t, cmd.Start())
			defer cmd.Process.Kill()
			<-asked
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			_ = cmd.Wait()
			require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), output.String())
			require.Equal(t, "ldt: interrupted\n", output.String())
		})
	}
}

func TestAVerbThatDoesNotEndIsEndedAfterAnInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	ended := make(chan int)
	var output bytes.Buffer
	endLater(ctx, 0, &output, func(code int) { ended <- code })
	interrupt()
	require.Equal(t, exitInterrupted, <-ended)
	require.Equal(t, "ldt: interrupted\n", output.String())
}

// TestInterruptedConvertLeavesNoPartOfAFile interrupts a conversion between two
// rows: it is held up by a reader of its rejected rows who does not read on.
func TestInterruptedConvertLeavesNoPartOfAFile(t *testing.T) {
	dir := t.TempDir()
	mapping := writeMeters(t, dir, 0)
	rows := "meter;read;kwh;kw;place;building\n"
	for i := range 1000 {
		rows += fmt.Sprintf("%d;2024-01-01T00:00:00Z;1;1;48.8, 2.3;1\n", i)
	}
	rows += strings.Repeat("A;2024-01-01T00:00:00Z;no number;1;48.8, 2.3;1\n", 100_000)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "meters.csv"), []byte(rows), 0o644))
	rejects := filepath.Join(t.TempDir(), "rejects")
	require.NoError(t, syscall.Mkfifo(rejects, 0o600))

	cmd := ldt(t, "convert", "-m", mapping, "-o", filepath.Join(dir, "out.json"), "--rejects", rejects)
	var output bytes.Buffer
	cmd.Stderr = &output
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	reader, err := os.Open(rejects)
	require.NoError(t, err)
	defer reader.Close()
	_, err = io.ReadFull(reader, make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_, err = io.Copy(io.Discard, reader)
	require.NoError(t, err)
	_ = cmd.Wait()
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode(), output.String())
	require.Equal(t, "ldt: interrupted\n", output.String())
	left, err := filepath.Glob(filepath.Join(dir, "*out*"))
	require.NoError(t, err)
	hidden, err := filepath.Glob(filepath.Join(dir, ".*out*"))
	require.NoError(t, err)
	require.Empty(t, append(left, hidden...))
}

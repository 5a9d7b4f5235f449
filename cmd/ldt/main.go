// Command ldt turns the spreadsheets of a city into a running NGSI-LD prototype.
//
// This package owns flags, wiring, streams and exit codes; one file holds one
// verb. Everything a verb does, a Go program can do with the packages below etl,
// models and ngsild.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "time/tzdata" // a time zone of a mapping works on a machine without zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends ldt at once
	endLater(ctx, interruptGrace, os.Stderr, os.Exit)
	os.Exit(Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// interruptGrace is how long a verb has to come to an end by itself; the embedded broker
// takes up to ten seconds to answer what it was asked.
const interruptGrace = 15 * time.Second

// endLater ends the process some time after an interrupt, where a verb is in the midst
// of what it does not leave.
func endLater(ctx context.Context, grace time.Duration, stderr io.Writer, exit func(int)) {
	context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() {
			fmt.Fprintln(stderr, "ldt: interrupted")
			exit(exitInterrupted)
		})
	})
}

// Main runs one command line and gives its exit code. It is the only place
// that decides one.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	err := unknownVerb(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	code := exitCode(ctx, err)
	var silent *exitError
	if err != nil && !(errors.As(err, &silent) && silent.err == nil) {
		message := strings.TrimSuffix(err.Error(), "\n")
		if code == exitInterrupted {
			_, rest, more := strings.Cut(message, "\n")
			message = "interrupted"
			if more {
				message += "\n" + rest
			}
		}
		fmt.Fprintf(stderr, "ldt: %s\n", message)
	}
	return code
}

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

	_ "time/tzdata" // a time zone of a mapping works on a machine without zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends ldt at once
	os.Exit(Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
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

package main

import (
	"context"
	"errors"

	"github.com/ldtkit/ldt/ngsild/client"
)

// Exit codes: what a script can rely on.
const (
	exitData        = 1   // the data has errors
	exitUsage       = 2   // wrong usage or configuration
	exitSource      = 3   // a source cannot be read
	exitBroker      = 4   // the broker cannot be reached
	exitPartly      = 5   // done in part: rows rejected, entities refused
	exitInterrupted = 130 // ended by the user
)

// exitError is an error that knows its exit code. One without err is silent:
// the verb has printed what there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit gives a silent error with this code, nil for 0.
func exit(code int) error {
	if code == 0 {
		return nil
	}
	return &exitError{code: code}
}

func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	if errors.Is(err, client.ErrUnreachable) {
		return exitBroker
	}
	if errors.Is(err, client.ErrFailed) {
		return exitPartly
	}
	if _, code, ok := findingsOf(err); ok {
		return code
	}
	return exitUsage
}

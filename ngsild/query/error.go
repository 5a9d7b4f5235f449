package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a query text, and where.
type Error struct {
	// Param is the name of the query parameter: q, scopeQ, type, georel,
	// geometry, coordinates, timerel, timeAt, endTimeAt.
	Param string
	// Text is the whole value of the parameter.
	Text string
	// Char is the position of the fault, counted in characters from 1; 0
	// where the fault is the value as a whole.
	Char int
	// Message says what is wrong, in lower case and without a full stop.
	Message string
	// Hint says how to mend it, or is empty.
	Hint string
	// Unsupported is set where the text is legal and this package cannot
	// answer it; a broker answers OperationNotSupported then.
	Unsupported bool
}

// Error gives the fault in one sentence, with its position and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Param)
	if e.Char > 0 {
		fmt.Fprintf(&b, ", character %d", e.Char)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// fault makes an Error at the byte offset at of text; a negative offset speaks
// of the whole value.
func fault(param, text string, at int, format string, args ...any) *Error {
	e := &Error{Param: param, Text: text, Message: fmt.Sprintf(format, args...)}
	if at >= 0 {
		e.Char = utf8.RuneCountInString(text[:min(at, len(text))]) + 1
	}
	return e
}

// hinted gives the same error with a hint.
func (e *Error) hinted(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// unsupported marks the error as one of this package, not of the text.
func (e *Error) unsupported() *Error {
	e.Unsupported = true
	return e
}

// Package finding owns what ldt says about data: a Finding is one sentence for
// the owner of a spreadsheet or a payload, with a stable code, the place it
// speaks of and a hint how to mend it.
//
// Findings are faults of the data and are collected; faults of the system (a
// disk, a broker that does not answer) are Go errors and stop the work.
package finding

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Severity says whether a finding makes a check fail. Only Error does.
type Severity uint8

// The severities, mildest first.
const (
	Info Severity = iota
	Warning
	Error
)

// String gives "info", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "info"
}

// MarshalText writes the severity as its word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word that MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	case "info":
		*s = Info
	default:
		return fmt.Errorf("unknown severity %q", text)
	}
	return nil
}

// Location is the place a finding speaks of. The zero value of each member
// means "not known" or "does not apply".
type Location struct {
	File  string `json:"file,omitempty"`
	Sheet string `json:"sheet,omitempty"`
	// Row is what the user's own program shows: the row of a sheet, or the
	// line of a text file on which the record starts. 1 is the first.
	Row int `json:"row,omitempty"`
	// Column is a name from the header, not a number.
	Column string `json:"column,omitempty"`
	// Line and Char are a position in a YAML or JSON text, 1-based; Char
	// counts characters.
	Line int `json:"line,omitempty"`
	Char int `json:"char,omitempty"`
	// Pointer is a JSON Pointer (RFC 6901) into the document or the entity.
	Pointer string `json:"pointer,omitempty"`
	// Entity is the id of the entity concerned.
	Entity string `json:"entity,omitempty"`
}

// String gives the place in the form that editors and people follow:
// meters.xlsx!2024:12 column "date", mapping.yaml:3:7, entities.json:14 /speed/value.
func (l Location) String() string {
	var b strings.Builder
	b.WriteString(l.File)
	if l.Sheet != "" {
		b.WriteByte('!')
		b.WriteString(l.Sheet)
	}
	switch {
	case l.Row > 0:
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(l.Row))
	case l.Line > 0:
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(l.Line))
		if l.Char > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(l.Char))
		}
	}
	word := func(label, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(label)
		b.WriteString(value)
	}
	if l.Column != "" {
		word("column ", strconv.Quote(l.Column))
	}
	word("", l.Entity)
	word("", l.Pointer)
	return b.String()
}

// Finding is one fault or remark.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Location Location `json:"location"`
	// Message says what is wrong, in lower case and without a full stop.
	Message string `json:"message"`
	// Hint says how to mend it; empty where nothing useful can be said.
	Hint string `json:"hint,omitempty"`
}

// New gives a finding of the severity that the code's entry in the catalogue
// of codes has. Use the fields to set a hint.
func New(code Code, at Location, format string, args ...any) Finding {
	return Finding{Code: code, Severity: code.Severity(), Location: at, Message: fmt.Sprintf(format, args...)}
}

// WithHint gives the same finding with this hint.
func (f Finding) WithHint(format string, args ...any) Finding {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// String gives the finding in one line, and its hint, where there is one, in a second.
func (f Finding) String() string {
	var b strings.Builder
	if at := f.Location.String(); at != "" {
		b.WriteString(at)
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString("\n  hint: ")
		b.WriteString(f.Hint)
	}
	return b.String()
}

// Errors counts the findings that make a check fail.
func Errors(list []Finding) int {
	n := 0
	for _, f := range list {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// List is several findings as one Go error, for an operation that cannot go on
// because of them (a mapping that does not compile). It unwraps from any error
// with errors.As, so that a caller can render each finding.
type List []Finding

// Error joins the findings, one a line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, f := range l {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

var _ json.Marshaler = (List)(nil)

// MarshalJSON writes an array, never null.
func (l List) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Finding(l))
}

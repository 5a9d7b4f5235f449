package report

import (
	"bufio"
	"io"
)

// WriteText writes the comparisons alone, as the report of a run shows them.
func (v *Verification) WriteText(w io.Writer, o Options) error {
	t := textWriter{Writer: bufio.NewWriter(w), c: coloursFor(o.Color), o: o}
	t.verification(v)
	return t.Flush()
}

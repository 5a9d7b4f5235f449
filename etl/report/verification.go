package report

import (
	"bufio"
	"io"
)

// WriteText writes every comparison, and then what the report of a run says of
// them. Of the Options only Color counts.
func (v *Verification) WriteText(w io.Writer, o Options) error {
	t := textWriter{Writer: bufio.NewWriter(w), c: coloursFor(o.Color), o: o}
	rows := [][]string{{"", "source", "broker", "", "explained"}}
	for _, c := range v.Comparisons {
		ok := "ok"
		if !c.OK {
			ok = "DIFFERS"
		}
		rows = append(rows, []string{c.What, groupDecimal(c.Source, " "), groupDecimal(c.Broker, " "), ok, c.Explained})
	}
	t.table(rows)
	t.verification(v)
	return t.Flush()
}

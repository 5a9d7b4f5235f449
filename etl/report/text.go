package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// width is how many characters a line of the text report has at most, where
// what it shows can be broken.
const width = 100

// shownReasons is how many reasons, columns or types of one kind text shows.
const shownReasons = 6

// WriteText writes the report as a person reads it in half a minute. Of the
// Options only Color and Limit count; Limit 0 is 3 findings of each code.
func (r *Run) WriteText(w io.Writer, o Options) error {
	if o.Limit == 0 {
		o.Limit = 3
	}
	t := textWriter{Writer: bufio.NewWriter(w), c: coloursFor(o.Color), o: o}
	t.head(r)
	t.rows(r)
	for i := range r.Flows {
		t.flow(&r.Flows[i])
	}
	t.verification(r.Verification)
	t.findings(r)
	for i, l := range r.Links {
		if i == 0 {
			fmt.Fprintln(t)
		}
		fmt.Fprintf(t, "%s  %s\n", pad(l.Label, longest(r.Links, func(l Link) string { return l.Label })), printable(l.URL))
	}
	return t.Flush()
}

type textWriter struct {
	*bufio.Writer
	c colours
	o Options
}

func (t *textWriter) head(r *Run) {
	fmt.Fprintf(t, "%s%s%s  %s, in %s, %s UTC\n", t.c.bold, printable(r.Name), t.c.reset, r.outcome(), r.duration(), r.Started.UTC().Format("2006-01-02 15:04:05"))
	if r.Failure != "" {
		t.wrapped("", t.c.red, "stopped: "+r.Failure)
	}
	if r.Broker != "" {
		fmt.Fprintf(t, "broker %s\n", printable(r.Broker))
	}
	fmt.Fprintln(t)
}

// outcome says in a word or two how the run ended.
func (r *Run) outcome() string {
	rows, entities := r.Total()
	switch {
	case r.Failure != "":
		return "stopped"
	case r.Verification.Failed() > 0:
		return "done, but the broker differs from the source"
	case r.AllFindings().Errors > 0 && rows.Rejected+entities.Failed == 0:
		return "done, with errors"
	case rows.Rejected+entities.Failed > 0:
		return "done in part"
	}
	return "done"
}

func (r *Run) duration() string {
	d := r.Finished.Sub(r.Started)
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// rows writes the table of what became of the rows.
func (t *textWriter) rows(r *Run) {
	if len(r.Flows) == 0 {
		return
	}
	table := [][]string{{"rows", "read", "written", "merged", "filtered", "rejected", "skipped"}}
	line := func(name string, n Rows) {
		table = append(table, []string{
			shorten(printable(name), 36), thousands(n.Read), thousands(n.Written), thousands(n.Merged), thousands(n.Filtered), thousands(n.Rejected), thousands(n.Skipped),
		})
	}
	for _, f := range r.Flows {
		line(f.Name, f.Rows)
	}
	if len(r.Flows) > 1 {
		sum, _ := r.Total()
		line("all", sum)
	}
	t.table(table)
	if err := r.Check(); err != nil {
		t.wrapped("", t.c.red, "the rows do not add up: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	} else {
		fmt.Fprintf(t, "%sread = written + merged + filtered + rejected, in every flow%s\n", t.c.dim, t.c.reset)
	}
}

// table writes rows whose first column is text and whose others are numbers.
func (t *textWriter) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i == 0 {
				b.WriteString(pad(cell, widths[0]))
				continue
			}
			b.WriteString(strings.Repeat(" ", 2+widths[i]-utf8.RuneCountInString(cell)))
			b.WriteString(cell)
		}
		if n == 0 {
			fmt.Fprintf(t, "%s%s%s\n", t.c.bold, b.String(), t.c.reset)
		} else {
			fmt.Fprintln(t, b.String())
		}
	}
}

func (t *textWriter) flow(f *Flow) {
	fmt.Fprintf(t, "\n%s%s%s\n", t.c.bold, printable(f.Name), t.c.reset)
	t.item("source", f.Source.String())
	t.item("read as", f.Source.ReadAs())
	if f.Entities != (Entities{}) {
		e := f.Entities
		t.item("entities", fmt.Sprintf("%s created, %s updated, %s unchanged, %s failed", thousands(e.Created), thousands(e.Updated), thousands(e.Unchanged), thousands(e.Failed)))
	}
	t.counts("types", f.Types, false)
	t.counts("merged", f.MergedReasons, false)
	t.counts("filtered", f.FilteredReasons, false)
	t.counts("rejected", f.RejectedReasons, false)
	if f.Rejects != "" {
		t.item("", "see "+f.Rejects)
	}
	t.counts("left out", f.Empty, true)
}

// String gives the file and the sheet.
func (s Source) String() string {
	if s.Sheet == "" {
		return s.File
	}
	return s.File + "!" + s.Sheet
}

// ReadAs gives the properties of the dialect in one line.
func (s Source) ReadAs() string {
	var parts []string
	for _, key := range sortedKeys(s.Dialect) {
		d := s.Dialect[key]
		part := key + " " + d.Shown()
		if d.How != "" {
			part += " (" + d.Known() + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// Known says how the value came to be known, and how sure that is where it is not
// certain: "detected, 90%".
func (d Decided) Known() string {
	if d.Confidence <= 0 || d.Confidence >= 0.995 {
		return d.How
	}
	return fmt.Sprintf("%s, %.0f%%", d.How, 100*d.Confidence)
}

// Shown gives the value, in quotes where it is nothing but signs: a comma is
// hard to see.
func (d Decided) Shown() string {
	if strings.ContainsFunc(d.Value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return d.Value
	}
	return strconv.Quote(d.Value)
}

// counts writes the largest counts of a map.
func (t *textWriter) counts(label string, m map[string]int64, columns bool) {
	list := ranked(m)
	var parts []string
	for i, c := range list {
		if i == shownReasons {
			rest := int64(0)
			for _, c := range list[i:] {
				rest += c.N
			}
			parts = append(parts, fmt.Sprintf("and %s for %s more", thousands(rest), thousands(int64(len(list)-i))))
			break
		}
		name := c.Name
		if columns {
			name = fmt.Sprintf("empty cells of %q", c.Name)
			if c.N == 1 {
				name = fmt.Sprintf("empty cell of %q", c.Name)
			}
		}
		if label == "types" || columns {
			parts = append(parts, thousands(c.N)+" "+name)
		} else {
			parts = append(parts, thousands(c.N)+" for "+name)
		}
	}
	t.item(label, strings.Join(parts, ", "))
}

// item writes a label and what it labels, which may be longer than a line.
func (t *textWriter) item(label, text string) {
	if text == "" {
		return
	}
	const indent = "             "
	lines := wrap(printable(text), width-len(indent))
	fmt.Fprintf(t, "  %s%s%s%s\n", t.c.dim, pad(label, len(indent)-2), t.c.reset, lines[0])
	for _, line := range lines[1:] {
		fmt.Fprintf(t, "%s%s\n", indent, line)
	}
}

func (t *textWriter) wrapped(indent, colour, text string) {
	for _, line := range wrap(printable(text), width-len(indent)) {
		fmt.Fprintf(t, "%s%s%s%s\n", indent, colour, line, t.c.reset)
	}
}

func (t *textWriter) verification(v *Verification) {
	if v == nil {
		return
	}
	fmt.Fprintln(t)
	n, failed := int64(len(v.Comparisons)), int64(v.Failed())
	if failed == 0 {
		fmt.Fprintf(t, "%sverified%s     %s with the source: all agree or are explained\n", t.c.bold, t.c.reset, plural(n, "figure"))
		return
	}
	fmt.Fprintf(t, "%sverified%s     %s%s of %s differ from the source%s\n", t.c.bold, t.c.reset, t.c.red, thousands(failed), plural(n, "figure"), t.c.reset)
	shown := int64(0)
	for _, c := range v.Comparisons {
		if c.OK {
			continue
		}
		if shown++; shown > 10 {
			fmt.Fprintf(t, "  … and %s more\n", thousands(failed-10))
			return
		}
		text := fmt.Sprintf("%s, %s: source %s", c.Flow, c.What, groupDecimal(c.Source, " "))
		if c.Explained != "" {
			text += fmt.Sprintf(" (%s), expected %s", c.Explained, groupDecimal(c.Expected, " "))
		}
		text += ", broker " + groupDecimal(c.Broker, " ")
		t.wrapped("  ", t.c.red, text)
	}
}

func (t *textWriter) findings(r *Run) {
	all := r.AllFindings()
	fmt.Fprintf(t, "\n%sfindings%s     %s\n", t.c.bold, t.c.reset, all)
	writeGroups(t.Writer, "  ", r.Samples, t.o)
	for _, f := range r.Flows {
		o := t.o
		o.Found = f.Found
		writeGroups(t.Writer, "  ", f.Samples, o)
	}
}

func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

func longest[T any](list []T, text func(T) string) int {
	n := 0
	for _, x := range list {
		n = max(n, utf8.RuneCountInString(text(x)))
	}
	return n
}

// shorten cuts a path or name at its start, where it says least.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return "…" + string(runes[len(runes)-n+1:])
}

// wrap breaks text at spaces into lines of at most n characters; a word that
// is longer stands alone. There is at least one line.
func wrap(text string, n int) []string {
	var lines []string
	line, length := "", 0
	for word := range strings.FieldsSeq(text) {
		size := utf8.RuneCountInString(word)
		if length > 0 && length+1+size > n {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line += " "
			length++
		}
		line += word
		length += size
	}
	return append(lines, line)
}

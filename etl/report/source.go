package report

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	// longestLine is how many bytes of a line SourceLines keeps; a longer line is not shown.
	longestLine = 1 << 20
	// aroundChar is how many characters of a long line stand before and behind the mark.
	aroundChar = 50
)

// SourceLines reads the lines that findings speak of, each file once, and gives what
// Options.Source takes. A file that cannot be read again, such as standard input, shows
// no lines.
func SourceLines(list []finding.Finding) func(file string, line int) (string, bool) {
	wanted := map[string]map[int]string{}
	for _, f := range list {
		at := f.Location
		if at.File == "" || at.Line == 0 || at.Char == 0 {
			continue
		}
		if wanted[at.File] == nil {
			wanted[at.File] = map[int]string{}
		}
		wanted[at.File][at.Line] = ""
	}
	for name, lines := range wanted {
		readLines(name, lines)
	}
	return func(file string, line int) (string, bool) {
		text := wanted[file][line]
		return text, text != ""
	}
}

// readLines fills in the lines of a file, as far as it can be read.
func readLines(name string, lines map[int]string) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	file, err := os.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	r := bufio.NewReader(file)
	left := len(lines)
	for line := 1; left > 0; line++ {
		_, want := lines[line]
		var text []byte
		for {
			part, err := r.ReadSlice('\n')
			if want && len(text) <= longestLine {
				text = append(text, part...)
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if want {
				left--
				if len(text) <= longestLine {
					lines[line] = strings.TrimRight(strings.TrimPrefix(string(text), "\ufeff"), "\r\n")
				}
			}
			if err != nil {
				return // the end, or a fault: what was read is shown
			}
			break
		}
	}
}

// writeSource writes the line that a finding speaks of, and a mark below its character.
func writeSource(b *bufio.Writer, indent string, c colours, f finding.Finding, source func(string, int) (string, bool)) {
	at := f.Location
	if source == nil || at.Line == 0 || at.Char == 0 {
		return
	}
	text, ok := source(at.File, at.Line)
	if !ok {
		return
	}
	runes := []rune(printable(text))
	if at.Char > len(runes)+1 {
		return // the file has changed
	}
	start, end := 0, len(runes)
	before, behind := "", ""
	if at.Char > 2*aroundChar {
		start, before = at.Char-1-aroundChar, "…"
	}
	if end > at.Char+aroundChar {
		end, behind = at.Char+aroundChar, "…"
	}
	number := fmt.Sprint(at.Line)
	fmt.Fprintf(b, "%s%s%5s |%s %s%s%s\n", indent, c.dim, number, c.reset, before, string(runes[start:end]), behind)
	fmt.Fprintf(b, "%s%s%5s |%s %s%s^%s\n", indent, c.dim, "", c.reset, strings.Repeat(" ", len([]rune(before))+at.Char-1-start), c.of(f.Severity), c.reset)
}

package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/ngsild"
)

// The columns of a preview: names and texts of cells take what they need up to
// these limits, and the entity what is left of previewWidth.
const (
	previewWidth = 100
	previewName  = 22
	previewCell  = 18
)

// printPreview prints what became of a row, and its cells beside the entities
// they made or the findings they had.
func printPreview(w io.Writer, p mapping.Preview) {
	fmt.Fprintf(w, "row %d", p.At.Row)
	if p.At.Column != "" {
		fmt.Fprintf(w, " column %q", p.At.Column)
	}
	fmt.Fprintf(w, ": %s", p.Outcome)
	if p.Reason != "" {
		fmt.Fprintf(w, " (%s)", p.Reason)
	}
	fmt.Fprintln(w)
	names, texts := 0, 1
	for _, c := range p.Cells {
		names = max(names, min(utf8.RuneCountInString(c.Column), previewName))
		texts = max(texts, min(utf8.RuneCountInString(c.Text), previewCell))
	}
	var left, right []string
	for _, c := range p.Cells {
		text := c.Text
		if c.Null {
			text = "–"
		}
		name, cell := wrapped(c.Column, names), wrapped(text, texts)
		for i := range max(len(name), len(cell)) {
			left = append(left, pad(at(name, i), names)+"  "+pad(at(cell, i), texts))
		}
	}
	width := previewWidth - len("  ") - names - len("  ") - texts - len(" │ ")
	for _, f := range p.Findings {
		for _, line := range strings.Split(f.String(), "\n") {
			right = append(right, wrapped(line, width)...)
		}
	}
	for i := range p.Entities {
		if i > 0 {
			right = append(right, "")
		}
		right = append(right, laidOut(p.Entities[i].AppendJSON(nil, ngsild.Concise), width)...)
	}
	for i := range max(len(left), len(right)) {
		line := "  " + pad(at(left, i), names+len("  ")+texts) + " │ " + at(right, i)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w)
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// wrapped cuts a text into lines of so many characters, at a blank near the end
// where there is one; line breaks and other
// controls in it are shown as a blank.
func wrapped(s string, width int) []string {
	runes := []rune(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s))
	var lines []string
	for len(runes) > width {
		cut := width
		for i := width; i > width*2/3; i-- {
			if runes[i-1] == ' ' {
				cut = i
				break
			}
		}
		lines = append(lines, string(runes[:cut]))
		runes = runes[cut:]
	}
	return append(lines, string(runes))
}

// laidOut writes JSON of our own encoder for a person: what fits into the width
// on one line, else each member of an object and each element of an array on its
// own.
func laidOut(v jsontext.Value, width int) []string {
	line, err := jsontext.AppendFormat(nil, v, jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
	switch {
	case err != nil:
		return []string{string(v)}
	case utf8.RuneCount(line) <= width:
		return []string{string(line)}
	case v.Kind() != '{' && v.Kind() != '[':
		return wrapped(string(line), width)
	}
	return spread(v, width)
}

// spread writes an object or an array over several lines.
func spread(v jsontext.Value, width int) []string {
	d := jsontext.NewDecoder(bytes.NewReader(v))
	open, err := d.ReadToken()
	lines := []string{open.String()}
	inner := width - len("  ") - len(",")
	for err == nil && d.PeekKind() != '}' && d.PeekKind() != ']' {
		name := ""
		if v.Kind() == '{' {
			var key jsontext.Value
			if key, err = d.ReadValue(); err != nil {
				break
			}
			name = string(key) + ": "
		}
		var value jsontext.Value
		if value, err = d.ReadValue(); err != nil {
			break // our own encoder wrote it
		}
		value = value.Clone()
		inside := laidOut(value, inner-utf8.RuneCountInString(name))
		if name != "" && len(inside) > 1 {
			if value.Kind() == '{' || value.Kind() == '[' {
				inside = spread(value, inner)
			} else {
				inside, name = wrapped(name+string(value), inner), ""
			}
		}
		if d.PeekKind() != '}' && d.PeekKind() != ']' {
			inside[len(inside)-1] += ","
		}
		inside[0] = name + inside[0]
		for _, l := range inside {
			lines = append(lines, "  "+l)
		}
	}
	end := "]"
	if v.Kind() == '{' {
		end = "}"
	}
	return append(lines, end)
}

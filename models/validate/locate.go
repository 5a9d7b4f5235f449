package validate

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// locate follows a path of member names and indexes into a JSON text, and gives
// the JSON Pointer, the line and the character (counted from 1) of where it ends. A step that is
// not there is left out: an attribute's "value" where the attribute is concise or
// simplified, say. An array in the way of a name is entered at its first element.
func locate(text []byte, path []string) (pointer string, line, char int) {
	var b strings.Builder
	offset := skipBlank(text, 0)
	for _, step := range path {
		for {
			at, index := descend(text[offset:], step)
			if at < 0 {
				break
			}
			if index != "" {
				// the array's first element, and the same step again
				b.WriteString("/" + index)
				offset += at
				continue
			}
			b.WriteString("/" + escape(step))
			offset += at
			break
		}
	}
	before := text[:min(offset, len(text))]
	return b.String(), 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// descend looks for a step in the JSON value that text starts with, and gives
// where its value starts; -1 where it is not there. Where the value is an array
// and the step is no index, it gives the first element and its index.
func descend(text []byte, step string) (offset int, index string) {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	switch d.PeekKind() {
	case '{':
		if _, err := d.ReadToken(); err != nil {
			return -1, ""
		}
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			if err != nil {
				return -1, ""
			}
			found := name.String() == step
			d.PeekKind()
			raw, err := d.ReadValue()
			if err != nil {
				return -1, ""
			}
			if found {
				return int(d.InputOffset()) - len(raw), ""
			}
		}
	case '[':
		n, err := strconv.Atoi(step)
		isIndex := err == nil && n >= 0
		if _, err := d.ReadToken(); err != nil {
			return -1, ""
		}
		for i := 0; d.PeekKind() != ']' && d.PeekKind() != 0; i++ {
			raw, err := d.ReadValue()
			if err != nil {
				return -1, ""
			}
			at := int(d.InputOffset()) - len(raw)
			if isIndex && i == n {
				return at, ""
			}
			if !isIndex && raw.Kind() == '{' {
				return at, strconv.Itoa(i)
			}
			if !isIndex {
				return -1, ""
			}
		}
	}
	return -1, ""
}

func skipBlank(text []byte, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// escape writes a name as a step of a JSON Pointer (RFC 6901).
func escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// unescape gives the steps of a JSON Pointer.
func unescape(pointer string) []string {
	if pointer == "" {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, step := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return steps
}

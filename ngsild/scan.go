package ngsild

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// The scanner walks over JSON that jsontext has found valid. Its functions
// take the text and the offset of the first byte of a value, and allocate nothing.

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// skipString gives the offset after the string that starts at data[i].
func skipString(data []byte, i int) int {
	start := i + 1
	for i = start; ; i++ {
		k := bytes.IndexByte(data[i:], '"')
		if k < 0 {
			return len(data)
		}
		i += k
		escapes := i
		for escapes > start && data[escapes-1] == '\\' {
			escapes--
		}
		if (i-escapes)%2 == 0 {
			return i + 1
		}
	}
}

// skipValue gives the offset after the value that starts at data[i].
func skipValue(data []byte, i int) int {
	switch data[i] {
	case '"':
		return skipString(data, i)
	case '{', '[':
		depth := 0
		for i < len(data) {
			switch data[i] {
			case '"':
				i = skipString(data, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(data)
	}
	for i < len(data) {
		switch data[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

// span is the part data[start:end] of a text: one whole value. The zero span
// is no value.
type span struct{ start, end int }

func (s span) present() bool           { return s.end > 0 }
func (s span) of(data []byte) []byte   { return data[s.start:s.end:s.end] }
func (s span) first(data []byte) byte  { return data[s.start] }
func (s span) isNull(data []byte) bool { return data[s.start] == 'n' }

// cursor walks the members of an object or the elements of an array.
type cursor struct {
	data []byte
	next int
}

// enter gives a cursor over the object or array that starts at data[i].
func enter(data []byte, i int) cursor { return cursor{data, skipSpace(data, i+1)} }

// member moves to the next member. Name is the JSON string with its quotes.
func (c *cursor) member() (name, value span, ok bool) {
	if c.next >= len(c.data) || c.data[c.next] == '}' {
		return span{}, span{}, false
	}
	name.start = c.next
	name.end = skipString(c.data, c.next)
	i := skipSpace(c.data, name.end)
	value.start = skipSpace(c.data, i+1) // the colon
	value.end = skipValue(c.data, value.start)
	c.comma(value.end)
	return name, value, true
}

// element moves to the next element.
func (c *cursor) element() (value span, ok bool) {
	if c.next >= len(c.data) || c.data[c.next] == ']' {
		return span{}, false
	}
	value = span{c.next, skipValue(c.data, c.next)}
	c.comma(value.end)
	return value, true
}

func (c *cursor) comma(i int) {
	i = skipSpace(c.data, i)
	if i < len(c.data) && c.data[i] == ',' {
		i = skipSpace(c.data, i+1)
	}
	c.next = i
}

// count gives the number of elements of the array that starts at data[i].
func count(data []byte, i int) int {
	n := 0
	for c := enter(data, i); ; n++ {
		if _, ok := c.element(); !ok {
			return n
		}
	}
}

// find gives the value of the last member of this name of the object that
// starts at data[i].
func find(data []byte, i int, name string) (found span) {
	c := enter(data, i)
	for {
		key, value, ok := c.member()
		if !ok {
			return found
		}
		if keyIs(data[key.start:key.end], name) {
			found = value
		}
	}
}

// keyIs reports whether a JSON string with its quotes says name.
func keyIs(quoted []byte, name string) bool {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == name
	}
	return unquote(quoted) == name
}

// unquote gives what a valid JSON string says.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

// hasSpace reports whether valid JSON has white space outside its strings.
func hasSpace(data []byte) bool {
	for i := 0; i < len(data); {
		switch data[i] {
		case '"':
			i = skipString(data, i)
			continue
		case ' ', '\n', '\t', '\r':
			return true
		}
		i++
	}
	return false
}

// appendCompact appends valid JSON without the white space outside its strings.
func appendCompact(dst, data []byte) []byte {
	for i := 0; i < len(data); {
		switch data[i] {
		case '"':
			end := skipString(data, i)
			dst = append(dst, data[i:end]...)
			i = end
			continue
		case ' ', '\n', '\t', '\r':
		default:
			dst = append(dst, data[i])
		}
		i++
	}
	return dst
}

// lineAt gives the line, counted from 1, of an offset.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:offset], []byte{'\n'})
}

// charNumber gives the place in its line of an offset, in characters counted from 1.
func charNumber(data []byte, offset int) int {
	return 1 + utf8.RuneCount(data[bytes.LastIndexByte(data[:offset], '\n')+1:offset])
}

// path is the way to a value: a JSON Pointer that is only written where a
// finding needs it. A nil path is the document.
type path struct {
	parent *path
	name   string
	index  int // of an element; name is empty then
	member bool
}

// pointer writes the path as a JSON Pointer (RFC 6901).
func (p *path) pointer() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *path) write(b *strings.Builder) {
	if p == nil {
		return
	}
	p.parent.write(b)
	b.WriteByte('/')
	if !p.member {
		b.WriteString(strconv.Itoa(p.index))
		return
	}
	for i := 0; i < len(p.name); i++ {
		switch p.name[i] {
		case '~':
			b.WriteString("~0")
		case '/':
			b.WriteString("~1")
		default:
			b.WriteByte(p.name[i])
		}
	}
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

// locate finds where a pointer into the normalized form of an entity leads in
// the text as it was written: members that a shorter form leaves out
// (/speed/value where "speed" is 5) and the [0] of a lone instance in an array
// are bridged. It gives the pointer into the text and the offset.
func locate(data []byte, pointer string) (string, int) {
	i := skipSpace(data, 0)
	var b strings.Builder
	for pointer != "" {
		token, rest, _ := strings.Cut(pointer[1:], "/")
		name := pointerUnescaper.Replace(token)
		at, isIndex := span{}, false
		switch {
		case i < len(data) && data[i] == '{':
			at = find(data, i, name)
		case i < len(data) && data[i] == '[':
			n, err := strconv.Atoi(name)
			isIndex = err == nil
			c := enter(data, i)
			for k := 0; k <= n; k++ {
				at, _ = c.element()
			}
			if !isIndex && at.present() { // a lone instance in its array
				b.WriteString("/0")
				i = at.start
				continue
			}
		}
		if at.present() {
			b.WriteByte('/')
			b.WriteString(token)
			i = at.start
		} else if !isIndex && !isValueMember(name) {
			return b.String(), i
		}
		if rest == "" {
			break
		}
		pointer = "/" + rest
	}
	return b.String(), i
}

func isValueMember(name string) bool {
	switch name {
	case MemberValue, MemberObject, MemberLanguageMap, MemberVocab, MemberJSON, MemberValueList, MemberObjectList:
		return true
	}
	return false
}

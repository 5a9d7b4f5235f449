package jsonld

import (
	"bytes"
	"unicode/utf8"
)

// position gives the line and the character of a byte offset, 1-based.
func position(text []byte, offset int) (line, char int) {
	offset = max(0, min(offset, len(text)))
	before := text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

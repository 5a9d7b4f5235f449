package text

import "unicode/utf8"

// Append appends a text in an encoding of one byte a character, or in UTF-8, as
// UTF-8; false where it has a byte that is no text in it.
func Append(dst, p []byte, e Encoding) ([]byte, bool) {
	if tables[e] == nil {
		return append(dst, p...), e == UTF8 && utf8.Valid(p)
	}
	ok := true
	for _, b := range p {
		c := rune(b)
		if b >= utf8.RuneSelf {
			c = tables[e][b]
			ok = ok && c != utf8.RuneError
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst, ok
}

package ngsild

import (
	"errors"
	"fmt"
)

// NullURI is the API's way to write null: as the value of an attribute it
// asks that the attribute be deleted (CIM 009 v1.8 clause 4.5.0). It is not an id.
const NullURI = "urn:ngsi-ld:null"

var errURIEmpty = errors.New("it is empty; it needs a URI such as urn:ngsi-ld:Building:42")

// ValidURI says why text is not a URI with a scheme (RFC 3986), or gives nil.
// A URN must have a namespace and something behind it. It allocates
// only where it gives an error. NullURI is a URI; as an id an entity refuses it.
func ValidURI(text string) error { return validURI(text) }

func validURI[T string | []byte](text T) error {
	if len(text) == 0 {
		return errURIEmpty
	}
	colon := 0
	for colon < len(text) && isSchemeByte(text[colon]) {
		colon++
	}
	if colon == len(text) || text[colon] != ':' {
		if colon < len(text) && !uriByte(text[colon]) {
			return fmt.Errorf("%q is not allowed in a URI; percent-encode it", charAt(text, colon))
		}
		return errors.New("it has no scheme; a URI starts with one, such as urn:ngsi-ld: or https://")
	}
	if colon == 0 || !isLetter(text[0]) {
		return errors.New("the scheme of a URI starts with a letter")
	}
	rest := text[colon+1:]
	if len(rest) == 0 {
		return fmt.Errorf("nothing follows %q", string(text[:colon+1]))
	}
	fragment := false
	authority := len(rest) > 2 && rest[0] == '/' && rest[1] == '/'
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == '%':
			if i+2 >= len(rest) || !isHex(rest[i+1]) || !isHex(rest[i+2]) {
				return errors.New("a % in a URI is followed by two hexadecimal digits; a plain % is written %25")
			}
			i += 2
		case c == '#':
			if fragment {
				return errors.New("a URI has at most one #; another is written %23")
			}
			fragment = true
		case c == '[' || c == ']':
			if !authority {
				return fmt.Errorf("%q is not allowed in a URI; percent-encode it", c)
			}
		case !uriByte(c):
			return fmt.Errorf("%q is not allowed in a URI; percent-encode it", charAt(rest, i))
		}
		if i > 1 && (c == '/' || c == '?' || c == '#') {
			authority = false
		}
	}
	if isURN(text, colon) {
		return validURN(rest)
	}
	return nil
}

func isURN[T string | []byte](text T, colon int) bool {
	return colon == 3 && text[0]|0x20 == 'u' && text[1]|0x20 == 'r' && text[2]|0x20 == 'n'
}

// validURN looks at what follows "urn:".
func validURN[T string | []byte](rest T) error {
	i := 0
	for i < len(rest) && (isLetter(rest[i]) || isDigit(rest[i]) || rest[i] == '-' && i > 0) {
		i++
	}
	if i < 1 || i > 32 || i == len(rest) || rest[i] != ':' || rest[i-1] == '-' {
		return errors.New("a URN has a namespace and a name: urn:ngsi-ld:Building:42")
	}
	if rest = rest[i+1:]; len(rest) == 0 || rest[0] == '?' || rest[0] == '#' {
		return errors.New("nothing follows the namespace of the URN; it is written urn:ngsi-ld:Building:42")
	}
	return nil
}

// charAt gives the character of text that starts at byte i.
func charAt[T string | []byte](text T, i int) rune {
	for _, r := range string(text[i:]) {
		return r
	}
	return 0
}

func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isSchemeByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '+' || c == '-' || c == '.'
}

// uriBytes has a bit for each byte that may stand for itself in a URI.
var uriBytes = func() (set [4]uint64) {
	for c := byte(0x21); c < 0x7f; c++ {
		switch c {
		case '"', '<', '>', '\\', '^', '`', '{', '|', '}', '%', '#', '[', ']':
		default:
			set[c/64] |= 1 << (c % 64)
		}
	}
	return set
}()

func uriByte(c byte) bool { return uriBytes[c/64]&(1<<(c%64)) != 0 }

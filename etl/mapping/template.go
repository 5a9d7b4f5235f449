package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// part is a piece of a template: literal text, or a placeholder.
type part struct {
	literal string // where column is not set
	column  string // "" together with value: literal
	value   bool   // {}: the value converted so far
	// fallback stands for a null cell where has is set.
	fallback string
	has      bool
}

func (p part) placeholder() bool { return p.value || p.column != "" }

// isTemplate reports whether a string has anything for parseTemplate to
// replace: a brace, or an escape.
func isTemplate(s string) bool { return strings.ContainsAny(s, "{}") }

// parseTemplate splits a template. {x} is the cell of column x, {x|y} gives y
// for a null cell, {} is the value that a converter has so far; {{, }} and \|
// stand for the characters themselves, in a column's name too.
func parseTemplate(s string) ([]part, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("the template is not UTF-8")
	}
	var parts []part
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			parts = append(parts, part{literal: lit.String()})
			lit.Reset()
		}
	}
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			lit.WriteByte(s[i])
			i += 2
		case strings.HasPrefix(s[i:], `\|`):
			lit.WriteByte('|')
			i += 2
		case s[i] == '}':
			return nil, errors.New("a } closes nothing; write }} for the character itself")
		case s[i] == '{':
			flush()
			p, n, err := parsePlaceholder(s[i:])
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
			i += n
		default:
			lit.WriteByte(s[i])
			i++
		}
	}
	flush()
	return parts, nil
}

// parsePlaceholder reads the placeholder at the start of s and says how long it
// is.
func parsePlaceholder(s string) (part, int, error) {
	var text [2]strings.Builder // the name, the fallback
	side := 0
	for i := 1; i < len(s); {
		switch {
		case i == 1 && s[i] == '}':
			return part{value: true}, 2, nil
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			text[side].WriteByte(s[i])
			i += 2
		case strings.HasPrefix(s[i:], `\|`):
			text[side].WriteByte('|')
			i += 2
		case s[i] == '{':
			return part{}, 0, fmt.Errorf("a { stands inside the placeholder %s; write {{ for the character itself", s[:i])
		case s[i] == '|' && side == 1:
			return part{}, 0, fmt.Errorf(`the placeholder %s has two fallbacks; write \| for the character itself`, s[:i])
		case s[i] == '|':
			side = 1
			i++
		case s[i] == '}':
			p := part{column: text[0].String(), fallback: text[1].String(), has: side == 1}
			if p.column == "" {
				return part{}, 0, fmt.Errorf("the placeholder %s names no column", s[:i+1])
			}
			return p, i + 1, nil
		default:
			text[side].WriteByte(s[i])
			i++
		}
	}
	return part{}, 0, fmt.Errorf("the placeholder %s is not closed; write {{ for the character itself", s)
}

const upperhex = "0123456789ABCDEF"

// unreserved are the characters of RFC 3986 section 2.3, which stand for
// themselves in any part of a URI.
var unreserved = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		set[c] = true
	}
	return
}()

// appendPercent appends s with every byte that is not unreserved as %XX.
func appendPercent[T string | []byte](dst []byte, s T) []byte {
	clean := true
	for i := 0; i < len(s); i++ {
		if !unreserved[s[i]] {
			clean = false
			break
		}
	}
	if clean {
		return append(dst, s...)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperhex[c>>4], upperhex[c&15])
		}
	}
	return dst
}

// uriChar are the characters that may stand in a URI: unreserved, reserved and
// the percent sign (RFC 3986 section 2).
var uriChar = func() (set [256]bool) {
	set = unreserved
	for _, c := range []byte("%:/?#[]@!$&'()*+,;=") {
		set[c] = true
	}
	return
}()

// schemeEnd gives the length of the scheme at the start of s with its colon, or
// 0 where there is none.
func schemeEnd[T string | []byte](s T) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// faultOfURI says in a few words why s is not an absolute URI (RFC 3986), or
// "" where it is one.
func faultOfURI[T string | []byte](s T) string {
	n := schemeEnd(s)
	if n == 0 {
		return "it does not start with a scheme such as urn:"
	}
	if n == len(s) {
		return "nothing follows its scheme"
	}
	return faultOfURIChars(s)
}

func faultOfURIChars[T string | []byte](s T) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !uriChar[c] {
			if c >= utf8.RuneSelf {
				return "it has characters beyond ASCII, which a URI writes percent-encoded"
			}
			return fmt.Sprintf("it has the character %q", c)
		}
		if c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return "a % is not followed by two hexadecimal digits"
		}
	}
	return ""
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

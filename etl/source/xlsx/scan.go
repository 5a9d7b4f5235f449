package xlsx

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// token is what the scanner found.
type token uint8

const (
	end   token = iota // of the document
	open               // <name attributes>
	shut               // </name>
	chars              // text, or a CDATA section
)

const (
	scanBlock = 128 << 10
	maxToken  = 16 << 20
)

var (
	errLong    = errors.New("a part of the workbook has a tag or text longer than 16 MB")
	errMarkup  = errors.New("a part of the workbook is not well-formed XML")
	errDoctype = errors.New("a part of the workbook has a document type, which workbooks do not have")
)

// scanner reads the subset of XML that workbooks have: no document type, no
// entities but the five of XML and character references. It checks nothing that
// its users do not need. What next gives is valid until the following next.
type scanner struct {
	in   io.Reader
	buf  []byte
	pos  int
	size int
	eof  bool

	name  []byte // of a tag, without its prefix
	attrs []byte // of an opening tag, as they stand
	empty bool   // <name/>: an open that no shut follows
	text  []byte // of chars
	plain bool   // text has no references (a CDATA section)
}

func newScanner(in io.Reader) *scanner {
	return &scanner{in: in, buf: make([]byte, scanBlock)}
}

// more reads further bytes behind those that are there.
func (s *scanner) more() error {
	if s.eof {
		return io.EOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.size])
		s.size -= s.pos
		s.pos = 0
	}
	if s.size == len(s.buf) {
		if len(s.buf) >= maxToken {
			return errLong
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for tries := 0; tries < 100; tries++ {
		n, err := s.in.Read(s.buf[s.size:])
		s.size += n
		if err == io.EOF {
			s.eof = true
			if n == 0 {
				return io.EOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// until gives the position of mark at or after pos+from, reading as needed.
func (s *scanner) until(from int, mark string) (int, error) {
	for at := from; ; {
		if s.pos+at < s.size {
			if k := bytes.Index(s.buf[s.pos+at:s.size], []byte(mark)); k >= 0 {
				return s.pos + at + k, nil
			}
			at = max(from, s.size-s.pos-len(mark)+1)
		}
		if err := s.more(); err != nil {
			if err == io.EOF {
				return 0, io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
}

func (s *scanner) next() (token, error) {
	for {
		if s.pos == s.size {
			if err := s.more(); err == io.EOF {
				return end, nil
			} else if err != nil {
				return end, err
			}
		}
		if s.buf[s.pos] != '<' {
			return s.nextText()
		}
		for s.size-s.pos < len("<![CDATA[") && !s.eof {
			if err := s.more(); err != nil && err != io.EOF {
				return end, err
			}
		}
		rest := s.buf[s.pos:s.size]
		switch {
		case len(rest) < 3:
			return end, io.ErrUnexpectedEOF
		case rest[1] == '?':
			at, err := s.until(2, "?>")
			if err != nil {
				return end, err
			}
			s.pos = at + 2
		case rest[1] != '!':
			return s.nextTag()
		case bytes.HasPrefix(rest, []byte("<!--")):
			at, err := s.until(4, "-->")
			if err != nil {
				return end, err
			}
			s.pos = at + 3
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			at, err := s.until(9, "]]>")
			if err != nil {
				return end, err
			}
			s.text, s.plain = s.buf[s.pos+9:at], true
			s.pos = at + 3
			return chars, nil
		default:
			return end, errDoctype
		}
	}
}

func (s *scanner) nextText() (token, error) {
	for at := 0; ; {
		if k := bytes.IndexByte(s.buf[s.pos+at:s.size], '<'); k >= 0 {
			s.text, s.plain = s.buf[s.pos:s.pos+at+k], false
			s.pos += at + k
			return chars, nil
		}
		at = s.size - s.pos
		if err := s.more(); err == io.EOF {
			s.text, s.plain = s.buf[s.pos:s.size], false
			s.pos = s.size
			return chars, nil
		} else if err != nil {
			return end, err
		}
	}
}

func (s *scanner) nextTag() (token, error) {
	at, err := s.until(1, ">")
	if err != nil {
		return end, err
	}
	tag := s.buf[s.pos+1 : at]
	for bytes.Count(tag, []byte{'"'})&1 == 1 || bytes.IndexByte(tag, '\'') >= 0 && openQuote(tag) {
		if at, err = s.until(at+1-s.pos, ">"); err != nil {
			return end, err
		}
		tag = s.buf[s.pos+1 : at]
	}
	s.pos = at + 1
	kind := open
	s.empty = false
	switch {
	case len(tag) > 0 && tag[0] == '/':
		kind, tag = shut, tag[1:]
	case len(tag) > 0 && tag[len(tag)-1] == '/':
		s.empty, tag = true, tag[:len(tag)-1]
	}
	i := 0
	for i < len(tag) && tag[i] > ' ' {
		if tag[i] == ':' {
			tag = tag[i+1:]
			i = 0
			continue
		}
		i++
	}
	if i == 0 {
		return end, errMarkup
	}
	s.name, s.attrs = tag[:i], tag[i:]
	return kind, nil
}

// openQuote reports whether a tag ends within a quoted value.
func openQuote(tag []byte) bool {
	var quote byte
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

// attribute takes the first attribute off a tag's attributes; name is without
// its prefix, value as it stands. ok is false where there is none.
func attribute(attrs []byte) (name, value, rest []byte, ok bool) {
	i := 0
	for i < len(attrs) && attrs[i] <= ' ' {
		i++
	}
	from := i
	for i < len(attrs) && attrs[i] != '=' {
		if attrs[i] == ':' {
			from = i + 1
		}
		i++
	}
	name = attrs[from:i]
	for len(name) > 0 && name[len(name)-1] <= ' ' {
		name = name[:len(name)-1]
	}
	for i++; i < len(attrs) && attrs[i] <= ' '; i++ {
	}
	if i >= len(attrs) || attrs[i] != '"' && attrs[i] != '\'' {
		return nil, nil, nil, false
	}
	k := bytes.IndexByte(attrs[i+1:], attrs[i])
	if k < 0 {
		return nil, nil, nil, false
	}
	return name, attrs[i+1 : i+1+k], attrs[i+k+2:], true
}

// attr gives the value of the attribute with this name, references resolved.
func (s *scanner) attr(want string) string {
	for rest := s.attrs; ; {
		name, value, after, ok := attribute(rest)
		if !ok {
			return ""
		}
		if string(name) == want {
			return string(unescape(nil, value))
		}
		rest = after
	}
}

// yes reports whether an attribute is true.
func (s *scanner) yes(name string) bool {
	v := s.attr(name)
	return v == "1" || v == "true"
}

// appendText appends what chars found.
func (s *scanner) appendText(dst []byte) []byte {
	if s.plain {
		return append(dst, s.text...)
	}
	return unescape(dst, s.text)
}

// unescape appends text with its references resolved and its line ends as LF.
// What is no reference stays as it stands.
func unescape(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return appendLines(dst, text)
		}
		dst = appendLines(dst, text[:i])
		text = text[i:]
		k := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if k < 0 {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		switch ref := string(text[1:k]); ref {
		case "amp":
			dst = append(dst, '&')
		case "lt":
			dst = append(dst, '<')
		case "gt":
			dst = append(dst, '>')
		case "quot":
			dst = append(dst, '"')
		case "apos":
			dst = append(dst, '\'')
		default:
			n, err := uint64(0), strconv.ErrSyntax
			if len(ref) > 2 && ref[0] == '#' && ref[1] == 'x' {
				n, err = strconv.ParseUint(ref[2:], 16, 32)
			} else if len(ref) > 1 && ref[0] == '#' {
				n, err = strconv.ParseUint(ref[1:], 10, 32)
			}
			if err != nil || n == 0 || n > utf8.MaxRune {
				dst = append(dst, text[:k+1]...)
			} else {
				dst = utf8.AppendRune(dst, rune(n))
			}
		}
		text = text[k+1:]
	}
}

// appendLines appends text with CRLF and CR as LF, as XML has it.
func appendLines(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		dst = append(dst, '\n')
		text = text[i+1:]
		if len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
}

// unhex resolves the _x000D_ that Excel writes for characters that XML has
// not, in place, from position from on; CRLF becomes LF.
func unhex(text []byte, from int) []byte {
	if !bytes.Contains(text[from:], []byte("_x")) {
		return text
	}
	to := from
	for i := from; i < len(text); i++ {
		if text[i] == '_' && i+6 < len(text) && text[i+1] == 'x' && text[i+6] == '_' {
			if n, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16); err == nil && n > 0 && (n < 0xd800 || n > 0xdfff) {
				i += 6
				if n == '\r' {
					if i+1 < len(text) && text[i+1] == '\n' {
						continue
					}
					n = '\n'
				}
				// Seven bytes become three at most.
				to += utf8.EncodeRune(text[to:to+utf8.UTFMax], rune(n))
				continue
			}
		}
		text[to] = text[i]
		to++
	}
	return text[:to]
}

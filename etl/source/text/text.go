// Package text owns the encodings of text files: it finds out by evidence which
// one a file has, and gives its text as UTF-8.
package text

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encoding is one of the encodings that files of cities have.
type Encoding uint8

// The encodings.
const (
	UTF8 Encoding = iota + 1
	UTF16LE
	UTF16BE
	Windows1252
	ISO885915
	CP850
	CP437
)

var names = [...]string{UTF8: "utf-8", UTF16LE: "utf-16le", UTF16BE: "utf-16be", Windows1252: "windows-1252", ISO885915: "iso-8859-15", CP850: "cp850", CP437: "cp437"}

// Names lists the encodings by the name that a mapping gives them.
func Names() []string { return append([]string(nil), names[UTF8:]...) }

// String gives the name that a mapping gives the encoding.
func (e Encoding) String() string {
	if int(e) < len(names) {
		return names[e]
	}
	return ""
}

// aliases have neither case nor punctuation.
var aliases = map[string]Encoding{
	"utf8": UTF8, "utf8bom": UTF8, "utf8sig": UTF8, "ascii": UTF8, "usascii": UTF8,
	"utf16": UTF16LE, "utf16le": UTF16LE, "ucs2": UTF16LE, "unicode": UTF16LE, "utf16be": UTF16BE,
	"windows1252": Windows1252, "cp1252": Windows1252, "1252": Windows1252, "ansi": Windows1252,
	// As browsers do: text said to be Latin-1 is Windows-1252.
	"iso88591": Windows1252, "latin1": Windows1252,
	"iso885915": ISO885915, "latin9": ISO885915,
	"cp850": CP850, "ibm850": CP850, "850": CP850, "dos": CP850,
	"cp437": CP437, "ibm437": CP437, "437": CP437,
}

// Lookup gives the encoding with this name or a usual alias of it.
func Lookup(name string) (Encoding, bool) {
	e, ok := aliases[strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name)))]
	return e, ok
}

// runes is what each byte means; utf8.RuneError where it means nothing.
type runes [256]rune

var tables = func() (t [CP437 + 1]*runes) {
	for e, m := range map[Encoding]*charmap.Charmap{Windows1252: charmap.Windows1252, ISO885915: charmap.ISO8859_15, CP850: charmap.CodePage850, CP437: charmap.CodePage437} {
		table := new(runes)
		for b := range 256 {
			table[b] = m.DecodeByte(byte(b))
		}
		if e == Windows1252 {
			for _, b := range []byte{0x81, 0x8d, 0x8f, 0x90, 0x9d} {
				table[b] = utf8.RuneError
			}
		}
		if e == ISO885915 {
			for b := 0x80; b < 0xa0; b++ {
				table[b] = utf8.RuneError // controls that no table of text has
			}
		}
		t[e] = table
	}
	return t
}()

// NewReader gives the text of r as UTF-8. A byte order mark is taken off. Where
// the encoding has no character for a byte, that byte stands alone in the
// output, which is then no UTF-8 at that place: whoever reads it can tell.
func NewReader(r io.Reader, e Encoding) io.Reader {
	switch e {
	case Windows1252, ISO885915, CP850, CP437:
		return &byteReader{in: r, table: tables[e]}
	case UTF16LE:
		return &wideReader{in: r, order: binary.LittleEndian, first: true}
	case UTF16BE:
		return &wideReader{in: r, order: binary.BigEndian, first: true}
	}
	return &markReader{in: r}
}

// markReader takes the byte order mark off UTF-8.
type markReader struct {
	in   io.Reader
	done bool
}

func (r *markReader) Read(p []byte) (int, error) {
	if r.done || len(p) < 4 {
		return r.in.Read(p)
	}
	r.done = true
	n, err := io.ReadAtLeast(r.in, p, 3)
	if err == io.ErrUnexpectedEOF && n > 0 {
		err = nil // the next Read says what ended it
	}
	if n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf {
		n = copy(p, p[3:n])
	}
	return n, err
}

const blockSize = 64 << 10

// byteReader decodes encodings of one byte a character.
type byteReader struct {
	in    io.Reader
	table *runes
	block [blockSize]byte
	from  int
	to    int
	err   error
}

func (r *byteReader) Read(p []byte) (n int, err error) {
	for n+utf8.UTFMax <= len(p) {
		if r.from == r.to {
			if n > 0 || r.err != nil {
				break
			}
			r.from = 0
			r.to, r.err = r.in.Read(r.block[:])
			if r.to == 0 {
				break
			}
		}
		// Runs of ASCII are copied eight bytes at a time.
		src, dst := r.block[r.from:r.to], p[n:]
		k := 0
		for k+8 <= len(src) && k+8 <= len(dst) {
			word := binary.LittleEndian.Uint64(src[k:])
			if word&0x8080808080808080 != 0 {
				break
			}
			binary.LittleEndian.PutUint64(dst[k:], word)
			k += 8
		}
		for k < len(src) && k < len(dst) && src[k] < utf8.RuneSelf {
			dst[k] = src[k]
			k++
		}
		n, r.from = n+k, r.from+k
		if r.from < r.to && n+utf8.UTFMax <= len(p) {
			b := r.block[r.from]
			r.from++
			if b < utf8.RuneSelf {
				p[n] = b
				n++
			} else if c := r.table[b]; c == utf8.RuneError {
				p[n] = b
				n++
			} else {
				n += utf8.EncodeRune(p[n:], c)
			}
		}
	}
	if n == 0 && r.from == r.to && r.err != nil {
		return 0, r.err
	}
	if n == 0 && len(p) < utf8.UTFMax && len(p) > 0 {
		return 0, io.ErrShortBuffer
	}
	return n, nil
}

// wideReader decodes UTF-16.
type wideReader struct {
	in    io.Reader
	order binary.ByteOrder
	block [blockSize]byte
	from  int
	to    int
	first bool
	err   error
}

func (r *wideReader) Read(p []byte) (n int, err error) {
	for n+utf8.UTFMax <= len(p) {
		left := r.to - r.from
		if left < 4 && r.err == nil {
			if n > 0 && left < 2 {
				break
			}
			copy(r.block[:], r.block[r.from:r.to])
			r.from, r.to = 0, left
			var k int
			k, r.err = r.in.Read(r.block[left:])
			r.to += k
			continue
		}
		if left < 2 {
			if left == 1 {
				p[n] = 0xff // half a character
				n, r.from = n+1, r.to
			}
			break
		}
		c := rune(r.order.Uint16(r.block[r.from:]))
		r.from += 2
		if r.first {
			r.first = false
			if c == 0xfeff {
				continue
			}
		}
		switch {
		case c < utf8.RuneSelf:
			p[n] = byte(c)
			n++
			continue
		case utf16.IsSurrogate(c):
			pair := utf8.RuneError
			if left >= 4 {
				pair = utf16.DecodeRune(c, rune(r.order.Uint16(r.block[r.from:])))
			}
			if pair == utf8.RuneError {
				p[n] = 0xff
				n++
				continue
			}
			r.from += 2
			c = pair
		}
		n += utf8.EncodeRune(p[n:], c)
	}
	if n == 0 {
		if r.err != nil && r.from == r.to {
			return 0, r.err
		}
		if len(p) > 0 && len(p) < utf8.UTFMax {
			return 0, io.ErrShortBuffer
		}
	}
	return n, nil
}

package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/ldtkit/ldt/etl/record"
)

// outcome is how the splitting of one record ended.
type outcome uint8

const (
	complete     outcome = iota
	incomplete           // the record goes on after the end of the buffer
	unterminated         // a quoted cell has no end, or none within the limit
	afterQuote           // a quoted cell goes on after its closing quote
)

// quoted marks a cell, until the record is complete, whose text still has its
// doubled quotes and its line ends as they stand.
const quoted record.Kind = 0xff

// splitter cuts records out of text.
type splitter struct {
	delimiter byte
	quote     byte // 0 for none
	hasQuote  bool

	delimiters uint64 // the delimiter eight times
}

func newSplitter(delimiter, quote byte) splitter {
	return splitter{delimiter: delimiter, quote: quote, hasQuote: quote != 0, delimiters: uint64(delimiter) * ones}
}

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	feeds = '\n' * ones
	turns = '\r' * ones
)

// zeros has the top bit set in each byte of x that is zero, and in no other.
func zeros(x uint64) uint64 { return ^((x&lows + lows) | x | lows) }

// split appends the cells of the record that starts at buf[pos] to cells. It
// gives the position after its line end and the number of further lines that
// quoted cells hold. Nothing in buf is changed. Where the outcome is not
// complete, next and lines say nothing.
func (s *splitter) split(buf []byte, pos int, eof bool, cells []record.Cell) (_ []record.Cell, next, lines int, _ outcome) {
	start := pos // of the current cell
cell:
	if s.hasQuote && start < len(buf) && (buf[start] == s.quote || buf[start] == ' ') {
		open := start
		for open < len(buf) && buf[open] == ' ' {
			open++
		}
		switch {
		case open == len(buf) && !eof:
			return cells, 0, 0, incomplete
		case open < len(buf) && buf[open] == s.quote && (open == start || s.delimiter != ' '):
			from, to, after, dirty, state := s.quotedCell(buf, open, eof)
			if state != complete {
				return cells, 0, 0, state
			}
			text := buf[from:to:to]
			kind := record.Text
			if dirty {
				kind = quoted
				lines += lineEnds(text)
			}
			cells = append(cells, record.Cell{Text: text, Kind: kind})
			if after == len(buf) {
				return cells, after, lines, complete
			}
			switch buf[after] {
			case s.delimiter:
				start = after + 1
				goto cell
			case '\n':
				return cells, after + 1, lines, complete
			}
			if after+1 == len(buf) && !eof {
				return cells, 0, 0, incomplete
			}
			if after+1 < len(buf) && buf[after+1] == '\n' {
				after++
			}
			return cells, after + 1, lines, complete
		}
	}
	// Eight bytes at a time; each delimiter and line end among them in turn.
	i := start
	for i+8 <= len(buf) {
		word := binary.LittleEndian.Uint64(buf[i:])
		hits := zeros(word^s.delimiters) | zeros(word^feeds) | zeros(word^turns)
		for hits != 0 {
			at := i + bits.TrailingZeros64(hits)>>3
			hits &= hits - 1
			cells = append(cells, record.Cell{Text: buf[start:at:at], Kind: record.Text})
			start = at + 1
			if c := buf[at]; c == s.delimiter {
				if start < len(buf) && (buf[start] == s.quote || buf[start] == ' ') && s.hasQuote {
					goto cell
				}
				continue
			} else if c == '\r' {
				if start == len(buf) && !eof {
					return cells, 0, 0, incomplete
				}
				if start < len(buf) && buf[start] == '\n' {
					start++
				}
			}
			return cells, start, lines, complete
		}
		i += 8
	}
	for i = max(i, start); i < len(buf); i++ {
		switch c := buf[i]; c {
		case s.delimiter, '\n', '\r':
			cells = append(cells, record.Cell{Text: buf[start:i:i], Kind: record.Text})
			start = i + 1
			if c == s.delimiter {
				goto cell
			}
			if c == '\r' {
				if start == len(buf) && !eof {
					return cells, 0, 0, incomplete
				}
				if start < len(buf) && buf[start] == '\n' {
					start++
				}
			}
			return cells, start, lines, complete
		}
	}
	if !eof {
		return cells, 0, 0, incomplete
	}
	return append(cells, record.Cell{Text: buf[start:len(buf):len(buf)], Kind: record.Text}), len(buf), lines, complete
}

// quotedCell finds the end of the quoted cell that opens at buf[open]: its
// content is buf[from:to], and after is the position of the delimiter or line
// end that follows. A dirty content has doubled quotes or line ends in it.
func (s *splitter) quotedCell(buf []byte, open int, eof bool) (from, to, after int, dirty bool, _ outcome) {
	from = open + 1
	for i := from; ; {
		// Most cells are short: a look at each byte is cheaper than a call.
		near := min(i+32, len(buf))
		for i < near && buf[i] != s.quote {
			dirty = dirty || buf[i] == '\n' || buf[i] == '\r'
			i++
		}
		if i == near {
			k := bytes.IndexByte(buf[i:], s.quote)
			if k < 0 {
				if eof || len(buf)-open > maxCell {
					return 0, 0, 0, false, unterminated
				}
				return 0, 0, 0, false, incomplete
			}
			dirty = dirty || bytes.IndexByte(buf[i:i+k], '\n') >= 0 || bytes.IndexByte(buf[i:i+k], '\r') >= 0
			i += k
		}
		if i+1 < len(buf) && buf[i+1] == s.quote {
			dirty = true
			i += 2
			continue
		}
		if i-open > maxCell {
			return 0, 0, 0, false, unterminated
		}
		to, after = i, i+1
		break
	}
	for after < len(buf) && buf[after] == ' ' && s.delimiter != ' ' {
		after++
	}
	if after == len(buf) {
		if !eof {
			return 0, 0, 0, false, incomplete
		}
	} else if c := buf[after]; c != s.delimiter && c != '\n' && c != '\r' {
		return 0, 0, 0, false, afterQuote
	}
	return from, to, after, dirty, complete
}

// lineEnds counts LF, CRLF and CR.
func lineEnds(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	for i := 0; ; {
		k := bytes.IndexByte(text[i:], '\r')
		if k < 0 {
			return n
		}
		i += k + 1
		if i == len(text) || text[i] != '\n' {
			n++
		}
	}
}

// unquote makes a doubled quote one and CRLF and CR to LF, in place.
func (s *splitter) unquote(text []byte) []byte {
	to := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == s.quote:
			i++ // the second of the two
		case c == '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			c = '\n'
		}
		text[to] = c
		to++
	}
	return text[:to]
}

// line gives the end of the line that starts at pos, after its line end.
func line(buf []byte, pos int, eof bool) (next int, ok bool) {
	for i := pos; i < len(buf); i++ {
		switch buf[i] {
		case '\n':
			return i + 1, true
		case '\r':
			if i+1 == len(buf) {
				return i + 1, eof
			}
			if buf[i+1] == '\n' {
				return i + 2, true
			}
			return i + 1, true
		}
	}
	return len(buf), eof
}

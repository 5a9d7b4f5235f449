package ngsild

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Item is one entity of a file as it stands there.
type Item struct {
	// Raw is the text of one JSON value. It lives until the next call of Next.
	Raw []byte
	// Line and Char are where Raw starts in the file, both counted from 1; Char
	// counts characters.
	Line, Char int
	// Pointer is the JSON Pointer to the entity in its document: "/3" in an
	// array, empty where it stands alone or on a line of its own.
	Pointer string
}

// Place gives a place in Raw, line and character counted from 1, as a place in the file.
func (i *Item) Place(line, char int) (fileLine, fileChar int) {
	if line == 1 && char > 0 {
		char += i.Char - 1
	}
	return line + i.Line - 1, char
}

// MaxEntityBytes bounds the text of one entity, so that a file that is one
// enormous value is refused and not held in memory.
const MaxEntityBytes = 16 << 20

// Reader yields the entities of a file, one at a time: of a single JSON
// object, of an array, of NDJSON, or of any of these after one another. A byte
// order mark is skipped. It holds one entity in memory, whatever the file's size, and
// refuses one of more than MaxEntityBytes.
type Reader struct {
	lines   lineCounter
	dec     *jsontext.Decoder
	base    int64 // where the decoder's input starts
	inArray bool
	index   int
	err     error
	// oneALine says that every item so far stood alone on its line; items counts them.
	oneALine bool
	items    int
	// behind is what was read of the text behind the line that is not JSON, and where it
	// starts, after an error of which SkipLine can go on.
	behind struct {
		text   []byte
		offset int64
		tooFar bool // the end of the line is not read yet
	}
	// end is where the item before ended, in bytes and in characters of its line.
	end struct {
		offset     int64
		line, char int
	}
}

// NewReader gives a Reader of r. It reads ahead.
func NewReader(r io.Reader) *Reader {
	buffered := bufio.NewReader(r)
	if mark, err := buffered.Peek(3); err == nil && bytes.Equal(mark, byteOrderMark) {
		_, _ = buffered.Discard(3) // they were peeked at
	}
	reader := &Reader{lines: lineCounter{r: buffered, passed: 1}, oneALine: true}
	reader.end.line, reader.end.char = 1, 1
	reader.dec = jsontext.NewDecoder(&reader.lines, jsontext.AllowDuplicateNames(true))
	return reader
}

// Next gives the next entity, or io.EOF behind the last one. Whether the value
// is an entity, or even an object, is for Decode to say. The error is a
// *SyntaxError where the text is not JSON or is a GeoJSON document; every
// later call gives it again, unless SkipLine goes on.
func (r *Reader) Next() (Item, error) {
	if r.err != nil {
		return Item{}, r.err
	}
	item, err := r.next()
	if err != nil {
		r.err = err
	}
	return item, err
}

// SkipLine goes on behind the line of the *SyntaxError that Next gave, where the file is
// NDJSON: each entity before it stands alone on its line, or, where there is none, the
// next line is a JSON object. It reports whether it did.
func (r *Reader) SkipLine() bool {
	if r.behind.tooFar {
		r.discardLine()
	}
	if r.behind.text == nil {
		return false
	}
	r.lines.unread(r.behind.text)
	r.base, r.behind.text, r.err = r.behind.offset, nil, nil
	r.dec = jsontext.NewDecoder(&r.lines, jsontext.AllowDuplicateNames(true))
	return true
}

// discardLine reads to the end of a line that is too long to be held.
func (r *Reader) discardLine() {
	r.behind.tooFar = false
	r.lines.err, r.lines.limit = nil, math.MaxInt64
	text := make([]byte, 64<<10)
	for {
		n, err := r.lines.Read(text)
		if k := bytes.IndexByte(text[:n], '\n'); k >= 0 {
			r.behind.text, r.behind.offset = text[k+1:n], r.lines.position()-int64(n-k-1)
			return
		}
		if err != nil {
			return
		}
	}
}

// offset gives where the decoder is in the file.
func (r *Reader) offset() int64 { return r.base + r.dec.InputOffset() }

func (r *Reader) next() (Item, error) {
	for {
		r.lines.limit = r.offset() + MaxEntityBytes + 1
		switch r.dec.PeekKind() {
		case '[':
			if r.inArray {
				break
			}
			if _, err := r.dec.ReadToken(); err != nil {
				return Item{}, r.fault(err)
			}
			r.inArray, r.index = true, 0
			continue
		case ']':
			if !r.inArray {
				break
			}
			if _, err := r.dec.ReadToken(); err != nil {
				return Item{}, r.fault(err)
			}
			r.inArray = false
			continue
		}
		raw, err := r.dec.ReadValue()
		if err != nil {
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !r.inArray {
				return Item{}, io.EOF
			}
			return Item{}, r.fault(err)
		}
		start := r.offset() - int64(len(raw))
		item := Item{Raw: raw, Line: r.lines.lineOf(start)}
		item.Char = r.charOf(start, item.Line)
		r.oneALine = r.oneALine && !r.inArray && (item.Line > r.end.line || r.items == 0)
		r.items++
		r.passed(&item)
		if r.inArray {
			item.Pointer = "/" + strconv.Itoa(r.index)
			r.index++
		}
		if isGeoJSON(raw) {
			return Item{}, &SyntaxError{
				Line: item.Line, Char: item.Char,
				Message: "this is a GeoJSON document, not NGSI-LD entities",
				Hint:    geoJSONHint,
				Foreign: true,
			}
		}
		return item, nil
	}
}

// charOf gives the place in its line of the offset at which an item starts: what
// stands between items is ASCII.
func (r *Reader) charOf(start int64, line int) int {
	if line == r.end.line {
		return r.end.char + int(start-r.end.offset)
	}
	return r.lines.charOf(start)
}

// passed notes where an item ends.
func (r *Reader) passed(item *Item) {
	r.end.offset = r.offset()
	breaks := bytes.Count(item.Raw, []byte{'\n'})
	r.end.line = item.Line + breaks
	if breaks > 0 {
		r.oneALine = false
		r.end.char = 1 + utf8.RuneCount(item.Raw[bytes.LastIndexByte(item.Raw, '\n')+1:])
		return
	}
	r.end.char = item.Char + utf8.RuneCount(item.Raw)
}

// fault turns an error of the decoder into a *SyntaxError where it speaks of
// the text; an error of the underlying reader stays as it is.
func (r *Reader) fault(err error) error {
	if errors.Is(r.lines.err, errTooLarge) {
		rest := r.dec.UnreadBuffer()
		start := r.offset() + int64(len(rest)-len(bytes.TrimLeft(rest, " \t\r\n,")))
		line := r.lines.lineOf(start)
		r.behind.tooFar = r.oneALine && !r.inArray && r.items > 0 && bytes.IndexByte(bytes.TrimLeft(rest, " \t\r\n"), '\n') < 0
		return &SyntaxError{
			Line: line, Char: r.charOf(start, line),
			Message: fmt.Sprintf("the value that starts here is larger than %d MiB, more than an entity may be", MaxEntityBytes>>20),
			Hint:    "leave out of the entity what makes it large, or split the file: an array of entities, or one a line",
		}
	}
	if r.lines.err != nil {
		return r.lines.err
	}
	rest := bytes.Clone(r.dec.UnreadBuffer())
	if e, ok := r.lineFault(&rest); ok {
		return e
	}
	if r.lines.err != nil && !errors.Is(r.lines.err, errTooLarge) {
		return r.lines.err
	}
	consumed := r.offset()
	line, char := r.lines.lineOf(consumed), r.lines.charOf(consumed)
	r.readMore(&rest) // the fault may be at the end of what was read, and speaks of what follows
	e := newSyntaxError(err, rest, r.dec.InputOffset())
	if e.Line == 1 {
		e.Char += char - 1
	}
	e.Line += line - 1
	return e
}

// lineFault says what is wrong with the line at hand of NDJSON, as if it were alone, and
// makes SkipLine ready. ok is false where the file is not NDJSON. unread is what the decoder
// has not used, to which it appends what it reads.
func (r *Reader) lineFault(unread *[]byte) (e *SyntaxError, ok bool) {
	if r.inArray || !r.oneALine {
		return nil, false
	}
	start := skipSpace(*unread, 0)
	end := r.lineEnd(unread, start)
	next := skipSpace(*unread, end)
	for next == len(*unread) && r.readMore(unread) {
		next = skipSpace(*unread, next)
	}
	if r.items == 0 {
		r.lineEnd(unread, next)
	}
	rest := *unread
	following := jsontext.Value(rest[next:])
	if k := bytes.IndexByte(following, '\n'); k >= 0 {
		following = following[:k]
	}
	text := bytes.TrimRight(rest[start:end], "\r\n")
	_, err := jsontext.NewDecoder(bytes.NewBuffer(bytes.Clone(text)), jsontext.AllowDuplicateNames(true)).ReadValue()
	cut := errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case err == nil || r.lines.err != nil,
		r.items == 0 && (following.Kind() != '{' || !following.IsValid(jsontext.AllowDuplicateNames(true))),
		cut && len(following) > 0 && following.Kind() != '{': // the value goes on there
		return nil, false
	}
	at := r.offset() + int64(start)
	line := r.lines.lineOf(at)
	e = newSyntaxError(err, text, 0)
	if cut {
		e.Hint = "the line may be cut short; look for a missing } or ]"
	}
	e.Line, e.Char = line, e.Char+r.charOf(at, line)-1
	r.behind.text, r.behind.offset = rest[end:], r.offset()+int64(end)
	return e, true
}

// lineEnd gives where the line that goes on at text[i] ends, behind its line feed, and
// appends to the text what is to be read for that.
func (r *Reader) lineEnd(text *[]byte, i int) int {
	for {
		if k := bytes.IndexByte((*text)[i:], '\n'); k >= 0 {
			return i + k + 1
		}
		i = len(*text)
		if !r.readMore(text) {
			return i
		}
	}
}

// readMore appends what is read next, and reports whether there was any.
func (r *Reader) readMore(text *[]byte) bool {
	*text = slices.Grow(*text, bytes.MinRead)
	n, err := r.lines.Read((*text)[len(*text):cap(*text)])
	*text = (*text)[:len(*text)+n]
	return n > 0 || err == nil
}

// lineCounter remembers where the lines end that a decoder has read ahead.
type lineCounter struct {
	r         io.Reader
	offset    int64    // bytes read so far
	ends      []int64  // offsets of newlines behind the last position asked for
	passed    int      // the line of that position
	lineStart int64    // where that line starts
	err       error    // of r, other than io.EOF
	limit     int64    // no byte at or behind this offset is read
	again     [][]byte // what is to be read again
}

// position gives the offset of what is read next.
func (c *lineCounter) position() int64 {
	p := c.offset
	for _, text := range c.again {
		p -= int64(len(text))
	}
	return p
}

// unread makes a text that was read the next to be read.
func (c *lineCounter) unread(text []byte) {
	if len(text) > 0 {
		c.again = append([][]byte{text}, c.again...)
	}
}

var errTooLarge = errors.New("more than one entity may have")

func (c *lineCounter) Read(p []byte) (int, error) {
	if len(c.again) > 0 {
		n := copy(p, c.again[0])
		if c.again[0] = c.again[0][n:]; len(c.again[0]) == 0 {
			c.again = c.again[1:]
		}
		return n, nil
	}
	if c.offset >= c.limit {
		c.err = errTooLarge
		return 0, c.err
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.limit-c.offset)])
	for i := 0; i < n; {
		k := bytes.IndexByte(p[i:n], '\n')
		if k < 0 {
			break
		}
		i += k + 1
		c.ends = append(c.ends, c.offset+int64(i-1))
	}
	c.offset += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// lineOf gives the line of an offset, which never goes backwards.
func (c *lineCounter) lineOf(offset int64) int {
	k := 0
	for k < len(c.ends) && c.ends[k] < offset {
		k++
	}
	if k > 0 {
		c.passed += k
		c.lineStart = c.ends[k-1] + 1
		c.ends = c.ends[:copy(c.ends, c.ends[k:])]
	}
	return c.passed
}

// charOf gives the place in its line of the offset that lineOf was asked for.
func (c *lineCounter) charOf(offset int64) int { return int(offset-c.lineStart) + 1 }

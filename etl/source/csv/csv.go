// Package csv owns tables of delimited text: it finds out their dialect, cuts
// them into records without copying, and writes rejected rows so that they can
// be read again. Text comes in as UTF-8; package text makes it so.
package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

const (
	sampleSize = 256 << 10
	sampleRows = 1000
	// maxCell is where a quoted cell, and maxRecord where a record is given
	// up: a quote that nobody closed must not swallow the file.
	maxCell   = 16 << 20
	maxRecord = 64 << 20
	minBlock  = 16 << 10
	maxBlock  = 1 << 20
	maxFooter = 100
)

// Options is what was declared of a table. The zero value of each member means
// that it is to be detected.
type Options struct {
	Origin    record.Origin
	Delimiter string // one byte
	Quote     string // one byte, or "none"
	Decimal   string
	Thousands string
	Header    *format.Position // of the names; nil where it is to be found
	Columns   []string         // names, instead of those in the file
	Table     string           // of several: its number, or the name of one of its columns
	Footer    *int             // lines below the table; nil where they are to be found
	Nulls     []string         // tokens that mean no value, beside the empty cell
	// Encoding is named in hints about bytes that it does not have.
	Encoding string
}

// Reader reads the records of one table.
type Reader struct {
	in       io.Reader
	opt      Options
	header   *record.Header
	dialect  format.Dialect
	findings []finding.Finding

	cut     splitter
	first   [256]bool // bytes with which a cell begins that needs a closer look
	nulls   map[string]bool
	width   int
	line    int // the number of the line that comes next
	skipped int
	read    int

	trailing   int // rows with an empty cell too many
	trailingAt int
	last       byte // of the text that was read

	track      tracker
	apart      bool     // a blank line stands above the next row
	ended      bool     // what follows belongs to no record of the table
	table      int      // the number of the table that is read, 0 where it is not known
	others     int      // the row in which another table begins, or 0
	otherNames []string // its header
	notes      int      // the row in which notes below the table begin, or 0
	firstNote  string
	again      int // how often the header stands once more
	againAt    int
	totals     int // rows that look like totals of others
	totalsAt   int
	held       []heldAt // where the last records of a batch begin, that may be below the table

	carry    []byte // read but not yet handed on
	block    int    // how much to read for a batch
	eof      bool
	finished bool
}

// Open reads as much of the text as it needs to know the dialect and the
// header. The error is a *format.Error.
func Open(in io.Reader, opt Options) (*Reader, error) {
	r := &Reader{in: in, opt: opt, line: 1, block: maxBlock / 4}
	if err := r.check(); err != nil {
		return nil, err
	}
	sample := make([]byte, sampleSize)
	n, err := r.readFull(sample)
	if err != nil {
		return nil, r.damaged(err)
	}
	r.carry = sample[:n]
	if len(bytes.TrimSpace(r.carry)) == 0 && r.eof {
		return nil, format.Refuse(finding.New(finding.SourceEmpty, opt.Origin.At(0, ""), "the file has nothing but blank lines").
			WithHint("export the table again"), nil)
	}
	if i := bytes.IndexByte(r.carry, 0); i >= 0 {
		return nil, format.Refuse(finding.New(finding.SourceWrongFormat, opt.Origin.At(1+lineEnds(r.carry[:i]), ""),
			"the file has zero bytes in it and is not a table of text").
			WithHint("export the table as CSV; for UTF-16 text set encoding under source"), nil)
	}
	if err := r.detect(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) check() error {
	bad := func(key, value, want string) error {
		return format.Misdeclared(finding.New(finding.SourceSpec, r.opt.Origin.At(0, ""), "%s %q is not possible", key, value).
			WithHint("%s is %s", key, want))
	}
	if d := r.opt.Delimiter; d != "" && (len(d) != 1 || d == "\n" || d == "\r" || d[0] >= utf8.RuneSelf) {
		return bad("delimiter", d, `one ASCII character such as ";" "," "|" or "\t"`)
	}
	if q := r.opt.Quote; q != "" && q != "none" && (len(q) != 1 || q == r.opt.Delimiter || q == "\n" || q == "\r" || q[0] >= utf8.RuneSelf) {
		return bad("quote", q, `one ASCII character, or "none"`)
	}
	if d := r.opt.Decimal; d != "" && d != "." && d != "," {
		return bad("decimal", d, `"." or ","`)
	}
	if f := r.opt.Footer; f != nil && (*f < 0 || *f > maxFooter) {
		return bad("footer", fmt.Sprint(*f), fmt.Sprintf("the number of lines below the table, up to %d, or 0 where there are none", maxFooter))
	}
	if h := r.opt.Header; h != nil && h.Column > 0 {
		return bad("header", h.String(), "a row of a text file, such as 9, or rows, such as 8-9: only a sheet has cells with names")
	}
	return nil
}

// Header gives the names of the columns.
func (r *Reader) Header() *record.Header { return r.header }

// Dialect gives what was declared and detected.
func (r *Reader) Dialect() format.Dialect { return r.dialect }

// Findings gives what is to be said about the file as a whole, so far.
func (r *Reader) Findings() []finding.Finding { return r.findings }

// Skipped counts the lines so far that belong to no record: preamble and blank.
func (r *Reader) Skipped() int { return r.skipped }

func (r *Reader) damaged(err error) error {
	return format.Refuse(finding.New(finding.SourceDamaged, r.opt.Origin.At(r.line, ""), "the file cannot be read further: %s", err).
		WithHint("copy or download the file again"), err)
}

// Next fills the batch with the records that follow, at least one; at the end
// it gives io.EOF and an empty batch.
func (r *Reader) Next(ctx context.Context, b *record.Batch) error {
	b.Reset()
	b.Origin, b.Header = r.opt.Origin, r.header
	for len(b.Records) == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.finished {
			return io.EOF
		}
		if err := r.fill(b); err != nil {
			b.Reset()
			return err
		}
	}
	return nil
}

// fill reads one block into the batch and cuts it.
func (r *Reader) fill(b *record.Batch) error {
	have := len(r.carry)
	buf := b.Buffer(max(r.block, have))
	copy(buf, r.carry)
	r.carry = r.carry[:0]
	pos, from := 0, 0
	for {
		n, err := r.readFull(buf[have:])
		have += n
		if err != nil {
			return r.damaged(err)
		}
		pos = r.cutAll(b, buf[:have], pos)
		if len(r.held) > 0 {
			pos = r.holdBack(b, pos, have)
		}
		if len(b.Records) > 0 || pos > from || r.eof {
			break
		}
		// One record is longer than the buffer.
		if have-pos > maxRecord {
			return format.Refuse(finding.New(finding.SourceWrongFormat, r.opt.Origin.At(r.line, ""),
				"the record that starts here is longer than %d MB", maxRecord>>20).
				WithHint("check that the file is a table and has line ends"), nil)
		}
		buf = b.Buffer(2 * len(buf))
	}
	r.carry = append(r.carry, buf[pos:have]...)
	r.checkText(b, buf[:pos])
	if n := len(b.Records); n > 0 {
		r.block = min(max(pos/n*record.Records*9/8, minBlock), maxBlock)
		r.countTotals(b)
	}
	if r.eof && len(r.carry) == 0 {
		r.finished = true
		if r.read == 0 {
			r.findings = append(r.findings, finding.New(finding.SourceNoRows, r.opt.Origin.At(0, ""), "the table has a header and no rows"))
		}
		if r.last != '\n' && r.last != '\r' && r.read > 0 && !r.ended {
			f := finding.New(finding.SourceLineEnd, r.opt.Origin.At(r.line-1, ""), "the file ends without a line end: where it was cut off, its last row is not whole, and others are missing")
			r.findings = append(r.findings, f.WithHint("compare its size with that of the original"))
		}
		r.sayAfter()
		if r.trailing > 0 && r.dialect.Value(format.Trailing) == "" {
			rows := "1 row has"
			if r.trailing > 1 {
				rows = fmt.Sprintf("%d rows, of which this is the first, have", r.trailing)
			}
			r.unsure(r.trailingAt, rows+" an empty cell more than the header, which is left out",
				"take the delimiter at the end of these rows away, or give the column a name")
		}
	}
	return nil
}

// countTotals looks for rows of the batch that sum up others.
func (r *Reader) countTotals(b *record.Batch) {
	for i := range b.Records {
		rec := &b.Records[i]
		if len(rec.Cells) > 1 && format.IsTotal(rec.Cells[0].Text) {
			if r.totals++; r.totals == 1 {
				r.totalsAt = rec.Row
			}
		}
	}
}

// readFull fills p, but for a rest that is too short for one more character:
// decoders give io.ErrShortBuffer for that.
func (r *Reader) readFull(p []byte) (n int, err error) {
	for n < len(p) && !r.eof {
		k, err := r.in.Read(p[n:])
		n += k
		if k > 0 {
			r.last = p[n-1]
		}
		switch err {
		case nil:
		case io.EOF:
			r.eof = true
		case io.ErrShortBuffer:
			return n, nil
		default:
			return n, err
		}
	}
	return n, nil
}

// cutAll cuts the complete records of buf from pos on into the batch, and
// gives the position of what is left.
func (r *Reader) cutAll(b *record.Batch, buf []byte, pos int) int {
	if r.ended {
		return r.skipRest(buf, pos)
	}
	for pos < len(buf) && len(b.Records) < record.Records {
		cells, next, lines, state := r.cut.split(buf, pos, r.eof, b.Cells(r.width+1))
		if state == incomplete {
			break
		}
		row := r.line
		if state != complete {
			end, ok := line(buf, pos, r.eof)
			if !ok {
				break
			}
			r.hold(pos, row)
			r.line++
			r.read++
			r.apart = false
			r.fault(b, row, buf[pos:end], state)
			pos = end
			continue
		}
		if (len(cells) != r.width || r.apart || alone(cells) && beginsNote(cells[0].Text)) && !blank(cells) {
			what, more := r.irregular(buf, next, row, cells)
			if more {
				break
			}
			switch what {
			case otherTable, notes:
				r.ended = true
				return r.skipRest(buf, pos)
			case headerAgain:
				if r.again++; r.again == 1 {
					r.againAt = row
				}
				r.skipped += 1 + lines
				r.apart = false
				pos = next
				r.line += 1 + lines
				continue
			}
		}
		from := pos
		pos = next
		r.line += 1 + lines
		if first := cells[0].Text; len(cells) != r.width || len(first) == 0 || r.first[first[0]] {
			if blank(cells) {
				r.skipped += 1 + lines
				r.apart = true
				continue
			}
		}
		r.hold(from, row)
		if len(cells) == r.width+1 && len(cells[r.width].Text) == 0 {
			cells = cells[:r.width]
			if r.trailing++; r.trailing == 1 {
				r.trailingAt = row
			}
		}
		r.read++
		r.apart = false
		r.kinds(cells)
		if len(cells) != r.width {
			f := r.ragged(row, cells)
			b.Commit(row, cells, &f)
			continue
		}
		b.Commit(row, cells, nil)
	}
	return pos
}

// heldAt is where a line begins, and what had been counted before it.
type heldAt struct{ pos, line, skipped, trailing, read int }

// hold notes where a line begins, where some lines at the end of the file may be
// below the table.
func (r *Reader) hold(pos, line int) {
	if r.opt.Footer == nil || *r.opt.Footer == 0 {
		return
	}
	if len(r.held) == *r.opt.Footer {
		copy(r.held, r.held[1:])
		r.held = r.held[:len(r.held)-1]
	}
	r.held = append(r.held, heldAt{pos, line, r.skipped, r.trailing, r.read})
}

// holdBack takes the last lines of the batch out of it: at the end of the file
// they are below the table, else they are cut again with what follows.
func (r *Reader) holdBack(b *record.Batch, pos, have int) int {
	first := r.held[0]
	r.held = r.held[:0]
	b.Records = b.Records[:len(b.Records)-(r.read-first.read)]
	if r.eof && pos == have {
		r.skipped, r.read, r.trailing = first.skipped+r.line-first.line, first.read, first.trailing
		return pos
	}
	r.line, r.skipped, r.trailing, r.read = first.line, first.skipped, first.trailing, first.read
	return first.pos
}

// alone reports whether the first of several cells has text and no other has.
func alone(cells []record.Cell) bool {
	for _, c := range cells[1:] {
		if len(c.Text) > 0 {
			return false
		}
	}
	return len(cells) > 1 && len(cells[0].Text) > 0
}

// blank reports whether no cell has any text but spaces.
func blank(cells []record.Cell) bool {
	for _, c := range cells {
		if len(bytes.TrimSpace(c.Text)) > 0 {
			return false
		}
	}
	return true
}

// kinds finishes the cells of a record: quotes, null tokens, ="…".
func (r *Reader) kinds(cells []record.Cell) {
	for i := range cells {
		c := &cells[i]
		if c.Kind == quoted {
			c.Text, c.Kind = r.cut.unquote(c.Text), record.Text
		}
		if len(c.Text) == 0 {
			c.Kind = record.Null
		} else if r.first[c.Text[0]] {
			r.closer(c)
		}
	}
}

func (r *Reader) closer(c *record.Cell) {
	if t := c.Text; len(t) >= 3 && t[0] == '=' && t[1] == '"' && t[len(t)-1] == '"' && bytes.IndexByte(t[2:len(t)-1], '"') < 0 {
		c.Text = t[2 : len(t)-1]
	}
	trimmed := bytes.TrimSpace(c.Text)
	if len(trimmed) == 0 || r.nulls[string(trimmed)] {
		c.Kind = record.Null
	}
}

func (r *Reader) ragged(row int, cells []record.Cell) finding.Finding {
	f := finding.New(finding.SourceRagged, r.opt.Origin.At(row, ""), "the row has %d cells, the header has %d", len(cells), r.width)
	if len(cells) > r.width {
		return f.WithHint("put a cell that contains the delimiter %q between quotes, or take the extra cells out", string(rune(r.cut.delimiter)))
	}
	return f.WithHint("add the missing cells; if the row is a note or a title, delete it")
}

// fault commits the line as a record that cannot be used.
func (r *Reader) fault(b *record.Batch, row int, text []byte, state outcome) {
	text = bytes.TrimRight(text, "\r\n")
	f := finding.New(finding.SourceQuote, r.opt.Origin.At(row, ""), "a quoted cell begins in this row and does not end")
	if state == afterQuote {
		f = finding.New(finding.SourceQuote, r.opt.Origin.At(row, ""), "a quoted cell goes on after its closing quote")
	}
	f = f.WithHint(`close the quote, and write a quote inside a quoted cell twice (""); if quotes mean nothing in this file, set quote: none under source`)
	plain := newSplitter(r.cut.delimiter, 0)
	cells, _, _, _ := plain.split(text, 0, true, nil)
	for i := range cells {
		if len(cells[i].Text) == 0 {
			cells[i].Kind = record.Null
		}
	}
	b.Commit(row, cells, &f)
}

// checkText looks for bytes that are no UTF-8, which a decoder leaves where the
// encoding has no character for a byte, and gives their rows a fault.
func (r *Reader) checkText(b *record.Batch, text []byte) {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return
	}
	for i := range b.Records {
		rec := &b.Records[i]
		for j := range rec.Cells {
			c := &rec.Cells[j]
			zero := bytes.IndexByte(c.Text, 0) >= 0
			if !zero && utf8.Valid(c.Text) {
				continue
			}
			column := ""
			if j < len(r.header.Names) {
				column = r.header.Names[j]
			}
			at := r.opt.Origin.At(rec.Row, column)
			var f finding.Finding
			if zero {
				f = finding.New(finding.SourceEncoding, at, "the cell has a zero byte in it").
					WithHint("the file is damaged or not a text; export it again")
			} else {
				f = finding.New(finding.SourceEncoding, at, "byte 0x%02X is no text in the encoding %s", badByte(c.Text), r.encoding()).
					WithHint("set encoding under source to that of the file, or correct the cell")
			}
			if rec.Fault == nil || rec.Fault.Code != finding.SourceEncoding {
				rec.Fault = &f
			}
			c.Text = bytes.ReplaceAll(bytes.ToValidUTF8(c.Text, []byte("\uFFFD")), []byte{0}, []byte("\uFFFD"))
		}
	}
}

func (r *Reader) encoding() string {
	if r.opt.Encoding == "" {
		return "utf-8"
	}
	return r.opt.Encoding
}

// badByte gives the first byte that is no part of UTF-8.
func badByte(text []byte) byte {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if c == utf8.RuneError && n == 1 {
			return text[0]
		}
		text = text[n:]
	}
	return 0
}

// tokens prepares what kinds looks for.
func (r *Reader) tokens(body []format.Row) {
	r.nulls = map[string]bool{}
	for _, c := range []byte{' ', '\t', '\v', '\f', '\n', 0xc2, 0xe2, 0xe3, 0xe1, '='} {
		r.first[c] = true
	}
	for _, t := range r.opt.Nulls {
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		r.nulls[t] = true
		r.first[t[0]] = true
	}
	if r.opt.Nulls == nil {
		r.dialect = append(r.dialect, format.DetectedNulls(body, r.header.Names))
	} else {
		r.dialect = append(r.dialect, format.NullTokens(r.opt.Nulls))
	}
}

package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ldtkit/ldt/etl/record"
)

// cell is one cell of a row of a sheet. Its text lies in the row's memory.
type cell struct {
	column   int // from 1
	kind     record.Kind
	from, to int
}

// row is one row of a sheet as it stands, without blank cells.
type row struct {
	number int
	hidden bool
	cells  []cell
	text   []byte
}

func (r *row) textOf(c cell) []byte { return r.text[c.from:c.to] }

// area is a merged range.
type area struct{ top, left, bottom, right int }

// sheet gives the rows of a worksheet in a stream.
type sheet struct {
	w      *workbook
	in     io.Closer
	s      *scanner
	last   int // number of the row before, or of this one
	column int // of the cell before in this row, also of a blank one
	ended  bool
	hidden []area // columns
	value  []byte

	stale    int // formulas without a stored value
	staleRow int
}

var (
	errRows  = errors.New("a sheet has a row or column beyond what a workbook can have")
	errIndex = errors.New("a cell refers to a shared text that is not there")
)

func (w *workbook) openSheet(t tab) (*sheet, error) {
	in, err := w.part(t.part, maxSheet)
	if err != nil {
		return nil, err
	}
	return &sheet{w: w, in: in, s: newScanner(in)}, nil
}

// next gives the following row that has a cell with something in it, or io.EOF.
func (sh *sheet) next(r *row) error {
	inRow := false
	for !sh.ended {
		for inRow {
			done, err := sh.quick(r)
			if err != nil {
				return err
			}
			if !done {
				break
			}
		}
		t, err := sh.s.next()
		if err != nil {
			return err
		}
		switch t {
		case end:
			return io.ErrUnexpectedEOF
		case chars:
			continue
		}
		name := sh.s.name
		switch {
		case t == open && len(name) == 1 && name[0] == 'c':
			if !inRow {
				return errMarkup
			}
			if err := sh.cell(r); err != nil {
				return err
			}
		case string(name) == "row":
			if t == open {
				if err := sh.startRow(r); err != nil {
					return err
				}
				inRow = true
			}
			if t == shut || sh.s.empty {
				inRow = false
				if len(r.cells) > 0 {
					return nil
				}
			}
		case t == open && string(name) == "col":
			if sh.s.yes("hidden") {
				sh.hidden = append(sh.hidden, area{left: int(digits([]byte(sh.s.attr("min")))), right: int(digits([]byte(sh.s.attr("max"))))})
			}
		case string(name) == "sheetData":
			if t == shut || sh.s.empty {
				sh.ended = true
			}
		}
	}
	return io.EOF
}

func (sh *sheet) startRow(r *row) error {
	r.cells, r.text = r.cells[:0], r.text[:0]
	r.number, r.hidden = sh.last+1, false
	for rest := sh.s.attrs; ; {
		name, value, after, ok := attribute(rest)
		if !ok {
			break
		}
		switch string(name) {
		case "r":
			r.number = int(digits(value))
		case "hidden":
			r.hidden = string(value) == "1" || string(value) == "true"
		}
		rest = after
	}
	if r.number <= sh.last || r.number > maxRow {
		return errRows
	}
	sh.last, sh.column = r.number, 0
	return nil
}

// digits reads a number, 0 where it is none.
func digits(text []byte) int64 {
	n := int64(0)
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<40 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// reference reads a cell reference such as AB12; 0 where there is none.
func reference(text []byte) (column, line int) {
	i := 0
	for ; i < len(text); i++ {
		c := text[i] &^ 0x20
		if c < 'A' || c > 'Z' || column > maxColumn {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	return column, int(digits(text[i:]))
}

// cell reads one cell up to its end and appends it where it is not blank.
func (sh *sheet) cell(r *row) error {
	column := sh.column + 1 // where the cell does not say
	kind, format := byte('n'), 0
	for rest := sh.s.attrs; ; {
		name, value, after, ok := attribute(rest)
		if !ok {
			break
		}
		if len(name) == 1 {
			switch name[0] {
			case 'r':
				if c, _ := reference(value); c > 0 {
					column = c
				}
			case 's':
				format = int(digits(value))
			case 't':
				kind = kindOf(value)
			}
		}
		rest = after
	}
	if column > maxColumn || column <= sh.column {
		return errRows
	}
	sh.column = column
	if sh.s.empty {
		return nil
	}
	sh.value = sh.value[:0]
	formula, stored, within, phonetic := false, false, false, false
	for {
		t, err := sh.s.next()
		if err != nil {
			return err
		}
		if t == chars {
			if within && !phonetic {
				sh.value = sh.s.appendText(sh.value)
			}
			continue
		}
		if t == end {
			return io.ErrUnexpectedEOF
		}
		name := sh.s.name
		starts := t == open && !sh.s.empty
		switch {
		case len(name) == 1:
			switch name[0] {
			case 'v', 't':
				within = starts
				stored = stored || t == open
			case 'f':
				formula = formula || t == open
			case 'c':
				if t == shut {
					// An empty text is a value, an empty number is none.
					stale := formula && (!stored || kind == 'n' && len(sh.value) == 0)
					return sh.finish(r, column, kind, format, stale, sh.value)
				}
				return errMarkup
			}
		case string(name) == "rPh":
			phonetic = starts
		case string(name) == "row", string(name) == "sheetData":
			return errMarkup
		}
	}
}

// quick reads one cell as nearly every program writes nearly every cell, where
// it lies whole in the scanner's buffer: <c r= s= t=> with one <v> or one text
// and no references. It gives false and has read nothing where it does not; cell
// then reads any.
func (sh *sheet) quick(r *row) (done bool, err error) {
	p := sh.s.buf[sh.s.pos:sh.s.size]
	if len(p) < 3 || p[0] != '<' || p[1] != 'c' {
		return false, nil
	}
	column := sh.column + 1
	kind, format := byte('n'), 0
	i := 2
	for i+4 < len(p) && p[i] == ' ' {
		name := p[i+1]
		if p[i+2] != '=' || p[i+3] != '"' {
			return false, nil
		}
		i += 4
		switch from := i; name {
		case 'r':
			column = 0
			for i < len(p) && p[i] >= 'A' && p[i] <= 'Z' && column <= maxColumn {
				column = column*26 + int(p[i]-'A') + 1
				i++
			}
			for i < len(p) && p[i] >= '0' && p[i] <= '9' {
				i++
			}
			if i == from || column == 0 {
				return false, nil
			}
		case 's':
			for i < len(p) && p[i] >= '0' && p[i] <= '9' && format < 1<<20 {
				format = format*10 + int(p[i]-'0')
				i++
			}
		case 't':
			for i < len(p) && p[i] >= 'A' && p[i] <= 'z' {
				i++
			}
			kind = kindOf(p[from:i])
		default:
			return false, nil
		}
		if i >= len(p) || p[i] != '"' {
			return false, nil
		}
		i++
	}
	rest := p[i:]
	before, after := ">", ""
	switch {
	case bytes.HasPrefix(rest, []byte("/>")):
		if column > maxColumn || column <= sh.column {
			return false, errRows
		}
		sh.column = column
		sh.s.pos += i + 2
		return true, nil
	case bytes.HasPrefix(rest, []byte("><v>")):
		before, after = "><v>", "</v></c>"
	case bytes.HasPrefix(rest, []byte("><is><t>")):
		before, after = "><is><t>", "</t></is></c>"
	default:
		return false, nil
	}
	rest = rest[len(before):]
	n := 0
	for n < len(rest) && rest[n] != '<' {
		if rest[n] == '&' || rest[n] == '\r' {
			return false, nil
		}
		n++
	}
	if !bytes.HasPrefix(rest[n:], []byte(after)) {
		return false, nil
	}
	if column > maxColumn || column <= sh.column {
		return false, errRows
	}
	sh.column = column
	sh.s.pos += i + len(before) + n + len(after)
	return true, sh.finish(r, column, kind, format, false, rest[:n])
}

// kindOf makes one letter of the type of a cell.
func kindOf(value []byte) byte {
	switch string(value) {
	case "s", "b", "e", "d":
		return value[0]
	case "str", "inlineStr":
		return 't'
	}
	return 'n'
}

// finish makes the cell of its stored value.
func (sh *sheet) finish(r *row, column int, kind byte, format int, stale bool, v []byte) error {
	c := cell{column: column, kind: record.Text, from: len(r.text)}
	switch {
	case stale:
		if sh.stale++; sh.stale == 1 {
			sh.staleRow = r.number
		}
		c.kind = record.Error
		r.text = append(r.text, "a formula without a stored value"...)
	case kind == 's':
		text, ok, err := sh.w.texts.get(index(v))
		if err != nil {
			return err
		}
		if !ok {
			if len(bytes.TrimSpace(v)) == 0 {
				return nil
			}
			return fmt.Errorf("%w (row %d)", errIndex, r.number)
		}
		r.text = append(r.text, text...)
	case kind == 't':
		r.text = append(r.text, v...)
		r.text = unhex(r.text, c.from)
	case kind == 'b':
		c.kind = record.Boolean
		switch string(bytes.TrimSpace(v)) {
		case "1", "true":
			r.text = append(r.text, "true"...)
		case "0", "false":
			r.text = append(r.text, "false"...)
		}
	case kind == 'e':
		c.kind = record.Error
		r.text = append(r.text, v...)
	case kind == 'd':
		if r.text, c.kind = appendISO(r.text, string(v)); c.kind == record.Null {
			c.kind = record.Text
			r.text = append(r.text, v...)
		}
	default:
		sh.number(r, &c, bytes.TrimSpace(v), format)
	}
	c.to = len(r.text)
	if c.to == c.from {
		return nil
	}
	r.cells = append(r.cells, c)
	return nil
}

// number makes a number, a date or a time of day of a stored number.
func (sh *sheet) number(r *row, c *cell, v []byte, format int) {
	if len(v) == 0 {
		return
	}
	st := number
	if format < len(sh.w.styles) {
		st = sh.w.styles[format]
	}
	if st > padded {
		text, ok := appendPadded(r.text, v, int(st-padded))
		if ok {
			r.text = text
			return
		}
	} else if st != number {
		text, kind := appendTime(r.text, v, st, sh.w.epoch1904)
		if kind != record.Null {
			r.text, c.kind = text, kind
			return
		}
	}
	var ok bool
	if r.text, ok = appendNumber(r.text, v); ok {
		c.kind = record.Number
		return
	}
	r.text = append(r.text, v...)
}

func index(v []byte) int {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || len(v) > 10 {
		return -1
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return -1
		}
	}
	return int(digits(v))
}

func (sh *sheet) Close() error { return sh.in.Close() }

// merges gives the merged ranges of a sheet, which stand after all its rows.
func (w *workbook) merges(t tab) ([]area, error) {
	in, err := w.part(t.part, maxSheet)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rest, err := after(in, []byte("sheetData>"))
	if err != nil || rest == nil {
		return nil, err
	}
	var list []area
	s := newScanner(rest)
	for {
		t, err := s.next()
		if err != nil || t == end {
			// What follows the rows need not be sound for them to be read.
			return list, nil
		}
		if t != open || string(s.name) != "mergeCell" {
			continue
		}
		from, to, ok := bytes.Cut([]byte(s.attr("ref")), []byte{':'})
		if !ok {
			continue
		}
		var a area
		a.left, a.top = reference(from)
		a.right, a.bottom = reference(to)
		if a.left > 0 && a.top > 0 && a.right >= a.left && a.bottom >= a.top {
			list = append(list, a)
		}
	}
}

// after gives what follows the last mark in a stream that has at most two, or
// nil where it has none.
func after(in io.Reader, mark []byte) (io.Reader, error) {
	buf := make([]byte, scanBlock)
	kept := 0
	shutMark := append([]byte("/"), mark...)
	for {
		n, err := in.Read(buf[kept:])
		have := kept + n
		if i := bytes.Index(buf[:have], mark); i >= 0 {
			// <sheetData> goes by; </sheetData> or </x:sheetData> is it.
			tag := bytes.LastIndexByte(buf[:i], '<')
			if tag >= 0 && i-tag < 32 && bytes.HasPrefix(buf[tag+1:i], shutMark[:1]) {
				return io.MultiReader(bytes.NewReader(buf[i+len(mark):have]), in), nil
			}
			have = copy(buf, buf[i+len(mark):have])
			if j := bytes.Index(buf[:have], mark); j >= 0 {
				return io.MultiReader(bytes.NewReader(buf[j+len(mark):have]), in), nil
			}
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		kept = copy(buf, buf[max(0, have-48):have])
	}
}

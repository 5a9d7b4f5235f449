package shapefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/text"
)

// table reads the rows of a dBASE file, as shapefiles have one for their
// attributes (dBASE III and its successors).
type table struct {
	in       io.Reader
	fields   []field
	rows     int // that the header says
	length   int // of a row
	row      []byte
	number   int
	language byte // the driver id, which stands for a code page
	encoding text.Encoding
}

type field struct {
	name     []byte // in the file's encoding
	kind     byte
	from, to int // in the row
	decimals int
}

var errTable = errors.New("its header is not that of a dBASE table")

// openTable reads the header.
func openTable(in io.Reader) (*table, error) {
	head := make([]byte, 32)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, cut(err)
	}
	if v := head[0] & 0x07; v != 3 && v != 4 && head[0] != 0x30 && head[0] != 0x31 && head[0] != 0x32 && head[0] != 0xf5 {
		return nil, errTable
	}
	t := &table{
		in:     in,
		rows:   int(binary.LittleEndian.Uint32(head[4:])),
		length: int(binary.LittleEndian.Uint16(head[10:])), language: head[29],
	}
	size := int(binary.LittleEndian.Uint16(head[8:]))
	if size < 33 || t.length < 1 {
		return nil, errTable
	}
	rest := make([]byte, size-32)
	if _, err := io.ReadFull(in, rest); err != nil {
		return nil, cut(err)
	}
	at := 1 // after the mark of deletion
	for len(rest) >= 32 && rest[0] != '\r' {
		f := field{name: rest[:11], kind: rest[11], from: at, decimals: int(rest[17])}
		if i := bytes.IndexByte(f.name, 0); i >= 0 {
			f.name = f.name[:i]
		}
		width := int(rest[16])
		if f.kind == 'C' {
			width += int(rest[17]) << 8 // long texts keep the high byte there
		}
		at += width
		f.to = at
		t.fields = append(t.fields, f)
		rest = rest[32:]
	}
	if at > t.length {
		return nil, errTable
	}
	t.row = make([]byte, t.length)
	return t, nil
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads a row into t.row; io.EOF after the last.
func (t *table) next() (deleted bool, err error) {
	if t.number == t.rows {
		return false, io.EOF
	}
	if _, err := io.ReadFull(t.in, t.row); err != nil {
		return false, cut(err)
	}
	t.number++
	return t.row[0] == '*', nil
}

// cell gives what stands in a field of the row: dst is grown by its text. It is
// not ok where that is no text in the encoding.
func (t *table) cell(dst []byte, f field) (out []byte, kind record.Kind, ok bool) {
	raw := t.row[f.from:f.to]
	switch f.kind {
	case 'C':
		raw = bytes.TrimRight(raw, " \x00")
		if len(raw) == 0 {
			return dst, record.Null, true
		}
		dst, ok := text.Append(dst, raw, t.encoding)
		return dst, record.Text, ok
	case 'N', 'F':
		raw = bytes.Trim(raw, " \x00\t")
		dst, kind = appendNumber(dst, raw)
		return dst, kind, true
	case 'D':
		raw = bytes.Trim(raw, " \x00")
		if len(raw) == 0 || len(bytes.Trim(raw, "0")) == 0 {
			return append(dst, raw...), record.Null, true
		}
		if len(raw) != 8 || !digits(raw) {
			return append(dst, raw...), record.Text, true
		}
		dst = append(append(append(dst, raw[:4]...), '-'), raw[4:6]...)
		return append(append(dst, '-'), raw[6:]...), record.DateTime, true
	case 'L':
		switch raw[0] {
		case 'T', 't', 'Y', 'y':
			return append(dst, "true"...), record.Boolean, true
		case 'F', 'f', 'N', 'n':
			return append(dst, "false"...), record.Boolean, true
		case '?', ' ', 0:
			return dst, record.Null, true
		}
		return append(dst, raw...), record.Text, true
	case 'I', '+':
		if len(raw) == 4 {
			return strconv.AppendInt(dst, int64(int32(binary.LittleEndian.Uint32(raw))), 10), record.Number, true
		}
	case 'O', 'B':
		if len(raw) == 8 {
			v := float(raw, 0)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return dst, record.Null, true
			}
			return strconv.AppendFloat(dst, v, 'g', -1, 64), record.Number, true
		}
	}
	return dst, record.Null, true
}

// readable reports whether cells of a type can be read: memos, pictures and
// the times of later dialects cannot.
func (f field) readable() bool {
	switch f.kind {
	case 'C', 'N', 'F', 'D':
		return f.to > f.from || f.kind == 'C'
	case 'L':
		return f.to > f.from
	case 'I', '+':
		return f.to-f.from == 4
	case 'O', 'B':
		return f.to-f.from == 8
	}
	return false
}

func digits(p []byte) bool {
	for _, b := range p {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(p) > 0
}

// appendNumber appends a number as plain JSON has it. Asterisks are what is
// written where a number did not fit or there is none.
func appendNumber(dst, raw []byte) ([]byte, record.Kind) {
	if len(bytes.Trim(raw, "*")) == 0 {
		return append(dst, raw...), record.Null
	}
	p, start := raw, len(dst)
	if p[0] == '+' {
		p = p[1:]
	} else if p[0] == '-' {
		dst, p = append(dst, '-'), p[1:]
	}
	mantissa, exponent := p, []byte(nil)
	if i := bytes.IndexAny(p, "eEdD"); i >= 0 {
		mantissa, exponent = p[:i], p[i+1:]
		if e := bytes.TrimLeft(exponent, "+-"); len(exponent)-len(e) > 1 || !digits(e) {
			return append(dst[:start], raw...), record.Text
		}
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if len(whole) > 0 && !digits(whole) || len(fraction) > 0 && !digits(fraction) || len(whole)+len(fraction) == 0 {
		return append(dst[:start], raw...), record.Text
	}
	whole = bytes.TrimLeft(whole, "0")
	if len(whole) == 0 {
		whole = []byte("0")
	}
	dst = append(dst, whole...)
	if len(fraction) > 0 {
		dst = append(append(dst, '.'), fraction...)
	}
	if len(exponent) > 0 {
		dst = append(append(dst, 'e'), exponent...)
	}
	return dst, record.Number
}

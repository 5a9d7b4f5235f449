package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// The library makes room for what a file says of itself before it reads it. A
// file that is broken, or made to harm, can say anything: so what it says is
// held against its size first.
const (
	maxPage   = 256 << 20 // bytes of a page when it is unpacked
	maxValues = 1 << 25   // in a page
	maxHeader = 16 << 20  // bytes of the header of a page
)

var (
	errThrift  = errors.New("its metadata is not in the form that the format asks for")
	errPage    = fmt.Errorf("it has a page of more than %d MB", maxPage>>20)
	errOutside = errors.New("a page does not lie where the metadata says")
)

// compact walks through a structure in the compact protocol of Thrift.
type compact struct {
	p  []byte
	at int
	// number is told each number in the structure, with the ids of the field that
	// the structure itself is (0 for the outermost) and of the number's field.
	number func(parent, field int16, v int64)
}

// structure passes over a structure; false where it does not end.
func (c *compact) structure(parent int16, depth int) bool {
	if depth > 64 {
		return false
	}
	id := int16(0)
	for {
		b, ok := c.byte()
		if !ok {
			return false
		}
		if b == 0 {
			return true
		}
		if delta := int16(b >> 4); delta > 0 {
			id += delta
		} else {
			v, ok := c.varint()
			if !ok {
				return false
			}
			id = int16(unzigzag(v))
		}
		if !c.value(b&0x0f, parent, id, depth, false) {
			return false
		}
	}
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (c *compact) byte() (byte, bool) {
	if c.at >= len(c.p) {
		return 0, false
	}
	c.at++
	return c.p[c.at-1], true
}

func (c *compact) varint() (uint64, bool) {
	v, n := binary.Uvarint(c.p[c.at:])
	c.at += max(n, 0)
	return v, n > 0
}

// skip passes over n bytes.
func (c *compact) skip(n uint64) bool {
	if n > uint64(len(c.p)-c.at) {
		return false
	}
	c.at += int(n)
	return true
}

// value passes over a value of a type. A truth value stands in the type of its
// field, in a list it is a byte of its own.
func (c *compact) value(kind byte, parent, id int16, depth int, listed bool) bool {
	switch kind {
	case 1, 2:
		return !listed || c.skip(1)
	case 3:
		return c.skip(1)
	case 4, 5, 6:
		v, ok := c.varint()
		if ok && c.number != nil && !listed && depth < 2 {
			c.number(parent, id, unzigzag(v))
		}
		return ok
	case 7:
		return c.skip(8)
	case 8:
		n, ok := c.varint()
		return ok && c.skip(n)
	case 9, 10:
		b, ok := c.byte()
		n := uint64(b >> 4)
		if n == 15 {
			n, ok = c.varint()
		}
		if !ok || n > uint64(len(c.p)-c.at) {
			return false // each takes a byte at least
		}
		for range n {
			if !c.value(b&0x0f, 0, 0, depth+1, true) {
				return false
			}
		}
		return true
	case 11:
		n, ok := c.varint()
		if !ok || n == 0 {
			return ok
		}
		kinds, ok := c.byte()
		if !ok || n > uint64(len(c.p)-c.at) {
			return false
		}
		for range n {
			if !c.value(kinds>>4, 0, 0, depth+1, true) || !c.value(kinds&0x0f, 0, 0, depth+1, true) {
				return false
			}
		}
		return true
	case 12:
		return depth < 64 && c.structure(id, depth+1)
	}
	return false
}

// footer holds the metadata at the end of the file against its own length.
func footer(file io.ReaderAt, size, length int64) error {
	p := make([]byte, length)
	if _, err := file.ReadAt(p, size-8-length); err != nil {
		return err
	}
	c := compact{p: p}
	if !c.structure(0, 0) {
		return errThrift
	}
	return nil
}

// pages holds the pages of a row group against where it lies in the file and
// against what memory may take.
func pages(file io.ReaderAt, size int64, group *format.RowGroup) error {
	for i := range group.Columns {
		m := &group.Columns[i].MetaData
		from := m.DataPageOffset
		if d := m.DictionaryPageOffset; d > 0 && d < from {
			from = d
		}
		end := from + m.TotalCompressedSize
		if from < 4 || m.TotalCompressedSize < 0 || end < from || end > size {
			return errOutside
		}
		for values := int64(0); from < end && values < m.NumValues; {
			page, err := pageAt(file, from, end)
			if err != nil {
				return err
			}
			if page.unpacked > maxPage || page.values > maxValues {
				return errPage
			}
			from += page.header + page.packed
			if page.unpacked < 0 || page.packed < 0 || page.values < 0 || from > end {
				return errOutside
			}
			values += page.values
		}
	}
	return nil
}

// page is what the header of a page says.
type page struct {
	header, packed, unpacked int64 // bytes
	values                   int64 // 0 for a dictionary
}

// pageAt reads the header of a page (the structure PageHeader).
func pageAt(file io.ReaderAt, from, end int64) (page, error) {
	for room := int64(1024); ; room *= 8 {
		p := make([]byte, min(room, end-from))
		if _, err := file.ReadAt(p, from); err != nil {
			return page{}, err
		}
		var out page
		tooMany := false
		c := compact{p: p, number: func(parent, field int16, v int64) {
			switch {
			case parent == 0 && field == 2:
				out.unpacked = v
			case parent == 0 && field == 3:
				out.packed = v
			case (parent == 5 || parent == 8) && field == 1: // of a page of data, in both versions
				out.values = v
			case parent == 7 && field == 1: // of a dictionary
				tooMany = v < 0 || v > maxValues
			}
		}}
		if c.structure(0, 0) {
			if tooMany {
				return page{}, errPage
			}
			out.header = int64(c.at)
			return out, nil
		}
		if int64(len(p)) == end-from || room >= maxHeader {
			return page{}, errThrift
		}
	}
}

package xlsx

import (
	"errors"
	"io"
	"os"
)

const (
	memoryTexts = 64 << 20 // bytes of shared texts that are held in memory
	endsBlock   = 1 << 16
	pageSize    = 16 << 10
	pageCount   = 512
)

// texts holds the shared texts of a workbook one after the other: the first in
// memory, those beyond limit bytes in a temporary file, of which the pages that
// were read last are kept. It is to be closed.
type texts struct {
	limit int
	first []byte
	ends  [][]uint32 // in blocks, so that none is copied to grow
	count int
	size  int64 // of all texts

	item  []byte // the text that is being added
	file  *os.File
	out   []byte // what is to be written to the file next
	at    int64  // size of the file, without out
	pages map[int64]*page
	clock int64
	whole []byte // a text of several pages
}

type page struct {
	bytes []byte
	used  int64
}

// add appends the item as a further text.
func (t *texts) add() error {
	if t.file == nil && len(t.first)+len(t.item) <= t.limit {
		t.first = append(t.first, t.item...)
	} else {
		if t.file == nil {
			file, err := os.CreateTemp("", "ldt-*")
			if err != nil {
				return err
			}
			t.file, t.limit = file, len(t.first)
		}
		if t.out = append(t.out, t.item...); len(t.out) >= 1<<20 {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	t.size += int64(len(t.item))
	if t.count%endsBlock == 0 {
		t.ends = append(t.ends, make([]uint32, 0, endsBlock))
	}
	last := len(t.ends) - 1
	t.ends[last] = append(t.ends[last], uint32(t.size))
	t.count++
	t.item = t.item[:0]
	return nil
}

func (t *texts) flush() error {
	if len(t.out) == 0 {
		return nil
	}
	n, err := t.file.WriteAt(t.out, t.at)
	t.at += int64(n)
	t.out = t.out[:0]
	return err
}

func (t *texts) end(i int) int64 {
	if i < 0 {
		return 0
	}
	return int64(t.ends[i/endsBlock][i%endsBlock])
}

// get gives a text, which is valid until the next get; ok is false where there
// is none of that number.
func (t *texts) get(i int) (text []byte, ok bool, err error) {
	if i < 0 || i >= t.count {
		return nil, false, nil
	}
	from, to := t.end(i-1), t.end(i)
	if to <= int64(len(t.first)) {
		return t.first[from:to], true, nil
	}
	from -= int64(len(t.first))
	to -= int64(len(t.first))
	number, offset := from/pageSize, from%pageSize
	p, err := t.page(number)
	if err != nil {
		return nil, false, err
	}
	if end := offset + to - from; end <= int64(len(p)) {
		return p[offset:end], true, nil
	}
	t.whole = append(t.whole[:0], p[offset:]...)
	for int64(len(t.whole)) < to-from {
		number++
		if p, err = t.page(number); err != nil {
			return nil, false, err
		}
		t.whole = append(t.whole, p[:min(int64(len(p)), to-from-int64(len(t.whole)))]...)
	}
	return t.whole, true, nil
}

// page gives a page of the file, from memory where it was read not long ago.
func (t *texts) page(number int64) ([]byte, error) {
	if t.pages == nil {
		if err := t.flush(); err != nil {
			return nil, err
		}
		t.pages = make(map[int64]*page, pageCount)
	}
	t.clock++
	if p := t.pages[number]; p != nil {
		p.used = t.clock
		return p.bytes, nil
	}
	p := &page{}
	if len(t.pages) < pageCount {
		p.bytes = make([]byte, pageSize)
	} else {
		var oldest int64
		for n, other := range t.pages {
			if p.used == 0 || other.used < p.used {
				oldest, p = n, other
			}
		}
		delete(t.pages, oldest)
	}
	n, err := t.file.ReadAt(p.bytes[:pageSize], number*pageSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	p.bytes, p.used = p.bytes[:n], t.clock
	t.pages[number] = p
	return p.bytes, nil
}

// Close removes the temporary file.
func (t *texts) Close() error {
	if t.file == nil {
		return nil
	}
	err := errors.Join(t.file.Close(), os.Remove(t.file.Name()))
	t.file = nil
	return err
}

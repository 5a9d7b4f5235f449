package etl

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/bits"
	"os"
	"slices"
	"sort"
)

// index remembers, for each entity id, the row that made it first, in bounded
// memory: ids are held as 128-bit hashes. A Bloom filter says at once of most ids
// that they are new. The newest entries are in memory, in the order in which they
// came; older ones are sorted and written to temporary files. The memory is that
// of one filter up to filterKeys ids, and then grows by 1.3 bytes an id. It is
// used by one goroutine.
type index struct {
	seeds   [2]maphash.Seed
	filters []filter
	keys    int // ids ever added
	recent  []entry
	sorted  []entry // what recent is sorted into
	limit   int     // entries in recent before they are written out
	// table finds the first tabled entries of recent: open addressing, a power of
	// two. It is made when the filter first says that an id may not be new.
	table   []entry
	tabled  int
	runs    []*run
	dir     string
	touched uint64
	// What writing and reading runs needs is made once: a run that came and went
	// with its own buffers would leave garbage that grows with the source.
	ends    []int
	writer  *bufio.Writer
	readers []*bufio.Reader
	block   []byte
}

// entry is one id: its hash and the row that made it, which is never 0.
type entry struct {
	hi, lo uint64
	row    int64
}

const (
	entryBytes  = 24
	blockSize   = 256 // entries of a run between two fences
	recentLimit = 1 << 16
	filterKeys  = 12 << 20
	filterBytes = 16 << 20
	fanIn       = 8 // runs of one level that are merged into one of the next
)

// newIndex gives an empty index that writes its files below dir ("" is the
// system's folder for temporary files).
func newIndex(dir string) *index {
	return &index{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		limit: recentLimit,
		dir:   dir,

		writer: bufio.NewWriterSize(nil, 1<<16),
		block:  make([]byte, blockSize*entryBytes),
	}
}

func (x *index) hash(id string) entry {
	return entry{hi: maphash.String(x.seeds[0], id), lo: maphash.String(x.seeds[1], id)}
}

// find gives the row that made the id with this hash first, or 0.
func (x *index) find(e entry) (int64, error) {
	if !x.mayHave(e) {
		return 0, nil
	}
	x.tabulate()
	if len(x.table) > 0 {
		if slot := x.slot(e); x.table[slot].row != 0 {
			return x.table[slot].row, nil
		}
	}
	for _, r := range x.runs {
		if row, err := r.find(e, x.block); row != 0 || err != nil {
			return row, err
		}
	}
	return 0, nil
}

// add notes that row made the id with this hash, which find does not know yet.
func (x *index) add(e entry, row int64) error {
	e.row = row
	if x.keys%filterKeys == 0 {
		x.filters = append(x.filters, make(filter, filterBytes/8))
	}
	x.keys++
	x.filters[len(x.filters)-1].set(e)
	if x.recent == nil {
		x.recent = make([]entry, 0, x.limit)
	}
	x.recent = append(x.recent, e)
	if len(x.recent) >= x.limit {
		return x.spill()
	}
	return nil
}

// mayHave is false only where the id was never added.
func (x *index) mayHave(e entry) bool {
	for _, f := range x.filters {
		if f.has(e) {
			return true
		}
	}
	return false
}

// touch loads what find and add will read of the filters into the processor's
// caches. One after the other they would wait for memory each time; here the
// loads do not depend on each other.
func (x *index) touch(list []entry) {
	seen := uint64(0)
	for _, f := range x.filters {
		for _, e := range list {
			seen |= f.block(e)[0]
		}
	}
	x.touched = seen // so that the loads are not left out as useless
}

// tabulate brings the entries of recent into the table that are not in it yet.
func (x *index) tabulate() {
	if len(x.table) == 0 {
		x.table = make([]entry, 2<<bits.Len(uint(x.limit-1)))
	}
	for _, e := range x.recent[x.tabled:] {
		x.table[x.slot(e)] = e
	}
	x.tabled = len(x.recent)
}

// slot gives the place of the entry in the table, or the free one where it goes.
func (x *index) slot(e entry) int {
	mask := len(x.table) - 1
	i := int(e.hi) & mask
	for x.table[i].row != 0 && (x.table[i].hi != e.hi || x.table[i].lo != e.lo) {
		i = (i + 1) & mask
	}
	return i
}

// spill writes recent as a sorted run and empties it.
func (x *index) spill() error {
	x.sort()
	next := 0
	r, err := x.writeRun(0, func() (entry, error) {
		if next == len(x.sorted) {
			return entry{}, io.EOF
		}
		next++
		return x.sorted[next-1], nil
	})
	if err != nil {
		return err
	}
	x.runs = append(x.runs, r)
	x.recent = x.recent[:0]
	clear(x.table)
	x.tabled = 0
	return x.compact()
}

// sort puts recent into sorted: by the upper bits into buckets of a few, and
// then each entry to its place among its neighbours. Hashes are spread evenly.
func (x *index) sort() {
	shift := 64 - max(1, bits.Len(uint(len(x.recent)))-3)
	if n := 1<<(64-shift) + 1; len(x.ends) != n {
		x.ends = make([]int, n)
	}
	ends := x.ends
	clear(ends)
	for _, e := range x.recent {
		ends[e.hi>>shift+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	if len(x.sorted) != len(x.recent) {
		x.sorted = make([]entry, len(x.recent))
	}
	for _, e := range x.recent {
		x.sorted[ends[e.hi>>shift]] = e
		ends[e.hi>>shift]++
	}
	for i := 1; i < len(x.sorted); i++ {
		e := x.sorted[i]
		j := i
		for ; j > 0 && compareEntries(e, x.sorted[j-1]) < 0; j-- {
			x.sorted[j] = x.sorted[j-1]
		}
		x.sorted[j] = e
	}
}

// compact merges runs of one level while there are fanIn of them.
func (x *index) compact() error {
	for {
		n := len(x.runs)
		if n < fanIn || x.runs[n-fanIn].level != x.runs[n-1].level {
			return nil
		}
		merged, err := x.mergeRuns(x.runs[n-fanIn:])
		if err != nil {
			return err
		}
		for _, r := range x.runs[n-fanIn:] {
			r.close()
		}
		x.runs = append(x.runs[:n-fanIn], merged)
	}
}

// close removes the temporary files.
func (x *index) close() {
	for _, r := range x.runs {
		r.close()
	}
	x.runs = nil
}

func compareEntries(a, b entry) int {
	switch {
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// run is a file of entries sorted by hash.
type run struct {
	file   *os.File
	level  int
	count  int
	fences []uint64 // hi of the first entry of each block
}

// writeRun writes the entries that next gives, until io.EOF.
func (x *index) writeRun(level int, next func() (entry, error)) (*run, error) {
	file, err := os.CreateTemp(x.dir, "ldt-index-*")
	if err != nil {
		return nil, fmt.Errorf("create the temporary index of ids: %w", err)
	}
	r := &run{file: file, level: level}
	w := x.writer
	w.Reset(file)
	buf := x.block[:entryBytes]
	for {
		e, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if r.count%blockSize == 0 {
				r.fences = append(r.fences, e.hi)
			}
			r.count++
			e.put(buf)
			_, err = w.Write(buf)
		}
		if err != nil {
			r.close()
			return nil, fmt.Errorf("write the temporary index of ids: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		r.close()
		return nil, fmt.Errorf("write the temporary index of ids: %w", err)
	}
	return r, nil
}

// find gives the row of the entry with this hash, or 0. block is memory for a
// block of entries.
func (r *run) find(e entry, block []byte) (int64, error) {
	// The block before the first fence that is not smaller may end with equal hi.
	first := max(sort.Search(len(r.fences), func(i int) bool { return r.fences[i] >= e.hi })-1, 0)
	for b := first; b < len(r.fences) && r.fences[b] <= e.hi; b++ {
		n := min(blockSize, r.count-b*blockSize)
		if _, err := r.file.ReadAt(block[:n*entryBytes], int64(b)*blockSize*entryBytes); err != nil {
			return 0, fmt.Errorf("read the temporary index of ids: %w", err)
		}
		at := func(i int) entry { return getEntry(block[i*entryBytes:]) }
		i := sort.Search(n, func(i int) bool {
			have := at(i)
			return have.hi > e.hi || have.hi == e.hi && have.lo >= e.lo
		})
		if i < n {
			if have := at(i); have.hi == e.hi && have.lo == e.lo {
				return have.row, nil
			}
		}
	}
	return 0, nil
}

func (r *run) close() {
	r.file.Close()
	os.Remove(r.file.Name())
}

// mergeRuns writes several runs, which share no id, as one of the next level.
func (x *index) mergeRuns(runs []*run) (*run, error) {
	type head struct {
		entry
		from *bufio.Reader
	}
	var heads []head
	buf := make([]byte, entryBytes)
	advance := func(h *head) error {
		if _, err := io.ReadFull(h.from, buf); err != nil {
			return err
		}
		h.entry = getEntry(buf)
		return nil
	}
	for i, r := range runs {
		if i == len(x.readers) {
			x.readers = append(x.readers, bufio.NewReaderSize(nil, 1<<15))
		}
		x.readers[i].Reset(io.NewSectionReader(r.file, 0, int64(r.count)*entryBytes))
		h := head{from: x.readers[i]}
		if err := advance(&h); err != nil {
			return nil, fmt.Errorf("read the temporary index of ids: %w", err)
		}
		heads = append(heads, h)
	}
	return x.writeRun(runs[0].level+1, func() (entry, error) {
		if len(heads) == 0 {
			return entry{}, io.EOF
		}
		least := 0
		for i := range heads {
			if compareEntries(heads[i].entry, heads[least].entry) < 0 {
				least = i
			}
		}
		e := heads[least].entry
		err := advance(&heads[least])
		if errors.Is(err, io.EOF) {
			heads = slices.Delete(heads, least, least+1)
			err = nil
		}
		return e, err
	})
}

func (e entry) put(buf []byte) {
	binary.LittleEndian.PutUint64(buf, e.hi)
	binary.LittleEndian.PutUint64(buf[8:], e.lo)
	binary.LittleEndian.PutUint64(buf[16:], uint64(e.row))
}

func getEntry(buf []byte) entry {
	return entry{
		hi:  binary.LittleEndian.Uint64(buf),
		lo:  binary.LittleEndian.Uint64(buf[8:]),
		row: int64(binary.LittleEndian.Uint64(buf[16:])),
	}
}

// filter is a Bloom filter in blocks of one cache line: eight bits an id, all
// in one block.
type filter []uint64

func (f filter) block(e entry) filter {
	i := e.hi % (filterBytes / 64) * 8
	return f[i : i+8]
}

func (f filter) set(e entry) {
	block := f.block(e)
	for word, rest := 0, e.lo; word < 8; word, rest = word+1, rest>>6 {
		block[word] |= 1 << (rest & 63)
	}
}

func (f filter) has(e entry) bool {
	block := f.block(e)
	for word, rest := 0, e.lo; word < 8; word, rest = word+1, rest>>6 {
		if block[word]&(1<<(rest&63)) == 0 {
			return false
		}
	}
	return true
}

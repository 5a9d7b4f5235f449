package record

import "github.com/ldtkit/ldt/ngsild/finding"

// Records is about how many records a source puts into one batch.
const Records = 256

// Batch is a run of records that share their memory. Whoever fills it owns the
// memory of all its cells, which lives until the next Reset: whoever keeps a
// cell longer copies it.
//
// A source fills a batch in one of two ways. Text that already lies in memory
// of the batch (Buffer) is pointed at: Cells, then Commit. Text that lies
// elsewhere is copied: Begin, then Copy for each cell. Neither allocates once
// the batch has grown to the size of its records.
type Batch struct {
	Origin  Origin
	Header  *Header
	Records []Record

	cells  []Cell
	bytes  []byte
	places []Place
}

// Reset empties the batch and keeps its memory for the next filling.
func (b *Batch) Reset() {
	b.Records = b.Records[:0]
	b.cells = b.cells[:0]
	b.bytes = b.bytes[:0]
	b.places = b.places[:0]
}

// Place keeps a place in the batch's memory, for a record.
func (b *Batch) Place(p Place) *Place {
	if len(b.places) == cap(b.places) {
		// Records committed before keep the old memory.
		b.places = make([]Place, 0, max(2*cap(b.places), Records))
	}
	b.places = append(b.places, p)
	return &b.places[len(b.places)-1]
}

// At gives the location of a record, and with a column name of a cell.
func (b *Batch) At(r *Record, column string) finding.Location {
	if r.Place != nil {
		return r.Place.Origin.At(r.Place.Row, column)
	}
	return b.Origin.At(r.Row, column)
}

// Buffer gives n bytes of the batch's memory to fill. What the previous call
// since Reset gave is copied to the front when the memory has to grow, and
// stays valid for the cells that point at it.
func (b *Batch) Buffer(n int) []byte {
	if cap(b.bytes) < n {
		grown := make([]byte, n, max(n, 2*cap(b.bytes)))
		copy(grown, b.bytes)
		b.bytes = grown
	}
	b.bytes = b.bytes[:n]
	return b.bytes
}

// Cells gives an empty slice with room for n cells in the batch's memory, for
// one record that is then handed to Commit.
func (b *Batch) Cells(n int) []Cell {
	used := len(b.cells)
	if cap(b.cells)-used < n {
		// Records committed before keep the old memory.
		b.cells = make([]Cell, 0, max(2*cap(b.cells), 64*n))
		used = 0
	}
	return b.cells[used:used]
}

// Commit appends a record of the cells that Cells gave and the source filled.
// More cells than there was room for are taken as well.
func (b *Batch) Commit(row int, cells []Cell, fault *finding.Finding) {
	used := len(b.cells)
	if n := len(cells); n > 0 && used < cap(b.cells) && &cells[0] == &b.cells[:used+1][used] {
		b.cells = b.cells[:used+n]
		cells = cells[:n:n]
	}
	b.Records = append(b.Records, Record{Row: row, Cells: cells, Fault: fault})
}

// Keep gives a copy of cells that are no record's own, with their texts, in the
// batch's memory.
func (b *Batch) Keep(cells []Cell) []Cell {
	kept := b.Cells(len(cells))
	for _, c := range cells {
		kept = append(kept, Cell{Text: b.Copy(c.Text), Kind: c.Kind})
	}
	b.cells = b.cells[:len(b.cells)+len(kept)]
	return kept[:len(kept):len(kept)]
}

// Begin appends a record of n null cells and gives it; it is valid until the
// next Begin.
func (b *Batch) Begin(row, n int) *Record {
	cells := b.Cells(n)[:n]
	clear(cells)
	b.Commit(row, cells, nil)
	return &b.Records[len(b.Records)-1]
}

// Copy gives the text copied into the batch's memory. It is not to be mixed
// with Buffer between two Resets.
func (b *Batch) Copy(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	if cap(b.bytes)-len(b.bytes) < len(text) {
		// Cells copied before keep the old memory.
		b.bytes = make([]byte, 0, max(2*cap(b.bytes), 4096, 2*len(text)))
	}
	at := len(b.bytes)
	b.bytes = append(b.bytes, text...)
	return b.bytes[at:len(b.bytes):len(b.bytes)]
}

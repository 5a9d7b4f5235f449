package etl

// marks notes a small number, 1 to 15, for rows. Its memory is half a byte for
// each row near a marked one, and nothing where none is. Row numbers ascend as a
// file is read, so that a few pages are all there is to look at.
type marks map[int64]*[marksPage / 2]byte

// marksPage is how many rows share a page; it is even.
const marksPage = 1 << 14

func (m marks) set(row int64, mark byte) {
	page := m[row/marksPage]
	if page == nil {
		page = new([marksPage / 2]byte)
		m[row/marksPage] = page
	}
	at, shift := row%marksPage/2, row%2*4
	page[at] = page[at]&^(15<<shift) | mark<<shift
}

// get gives the mark of a row, 0 where it has none.
func (m marks) get(row int64) byte {
	page := m[row/marksPage]
	if page == nil {
		return 0
	}
	return page[row%marksPage/2] >> (row % 2 * 4) & 15
}

package verify

import (
	"fmt"
	"hash/maphash"
	"math/big"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
)

// seed makes the numbers that stand for ids and for keys, the same in one
// process only.
var seed = maphash.MakeSeed()

func hashOf[T string | []byte](text T) uint64 { return maphash.String(seed, string(text)) }

// idMaker makes the id of a row by itself, as the mapping says it is made.
type idMaker struct {
	parts   []mapping.IDPart
	columns []int
	buf     []byte
}

func newIDMaker(parts []mapping.IDPart, header *record.Header) *idMaker {
	m := &idMaker{parts: parts}
	for _, p := range parts {
		m.columns = append(m.columns, header.Index(p.Column))
	}
	return m
}

// id gives the id of a row, and false where a cell of it is not there. It lives
// until the next call.
func (m *idMaker) id(r *record.Record) ([]byte, bool) {
	m.buf = m.buf[:0]
	for i, p := range m.parts {
		if p.Column == "" {
			m.buf = append(m.buf, p.Literal...)
			continue
		}
		if m.columns[i] < 0 || m.columns[i] >= len(r.Cells) {
			return nil, false
		}
		cell := r.Cells[m.columns[i]]
		switch {
		case cell.IsNull():
			m.buf = percentEncoded(m.buf, []byte(p.Fallback))
		case p.Whole:
			m.buf = append(m.buf, strings.TrimSpace(string(cell.Text))...)
		default:
			m.buf = percentEncoded(m.buf, cell.Text)
		}
	}
	return m.buf, len(m.buf) > 0
}

// percentEncoded appends text with all but the unreserved characters of RFC 3986
// section 2.3 percent-encoded.
func percentEncoded(dst, text []byte) []byte {
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = fmt.Appendf(dst, "%%%02X", c)
		}
	}
	return dst
}

// said remembers what several flows say of the same entities: which they have
// made, and the values that they gave them. It is a temporary database, so that
// memory does not grow with the sources.
type said struct {
	conn            *sqlite.Conn
	seen, get, keep *sqlite.Stmt
}

func newSaid() (*said, error) {
	conn, err := sqlite.OpenConn("", sqlite.OpenReadWrite, sqlite.OpenCreate) // no name: temporary
	s := &said{conn: conn}
	for _, statement := range []string{
		"PRAGMA synchronous = OFF",
		"CREATE TABLE ids (type INTEGER, id INTEGER, PRIMARY KEY (type, id)) WITHOUT ROWID",
		"CREATE TABLE held (measure INTEGER, id INTEGER, value TEXT, PRIMARY KEY (measure, id)) WITHOUT ROWID",
		"BEGIN",
	} {
		if err == nil {
			err = sqlitex.ExecuteTransient(conn, statement, nil)
		}
	}
	for _, one := range []struct {
		to   **sqlite.Stmt
		text string
	}{
		{&s.seen, "INSERT OR IGNORE INTO ids VALUES (?, ?)"},
		{&s.get, "SELECT value FROM held WHERE measure = ? AND id = ?"},
		{&s.keep, "INSERT OR REPLACE INTO held VALUES (?, ?, ?)"},
	} {
		if err == nil {
			*one.to, err = conn.Prepare(one.text)
		}
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("create the temporary store of a verification: %w", err)
	}
	return s, nil
}

func (s *said) close() {
	if s != nil && s.conn != nil {
		s.conn.Close()
	}
}

// first notes an entity of a type, and says whether it is new.
func (s *said) first(iri, id uint64) (bool, error) {
	s.seen.BindInt64(1, int64(iri))
	s.seen.BindInt64(2, int64(id))
	if _, err := s.seen.Step(); err != nil {
		return false, fmt.Errorf("write the temporary store of a verification: %w", err)
	}
	return s.conn.Changes() > 0, s.seen.Reset()
}

// put notes the value that an entity has from now on, and gives the one that it
// takes the place of, or nil.
func (s *said) put(measure, id uint64, value *big.Rat) (old *big.Rat, err error) {
	s.get.BindInt64(1, int64(measure))
	s.get.BindInt64(2, int64(id))
	there, err := s.get.Step()
	if err == nil && there {
		old, _ = new(big.Rat).SetString(s.get.ColumnText(0))
	}
	if err == nil {
		err = s.get.Reset()
	}
	if err == nil {
		s.keep.BindInt64(1, int64(measure))
		s.keep.BindInt64(2, int64(id))
		s.keep.BindText(3, value.RatString())
		if _, err = s.keep.Step(); err == nil {
			err = s.keep.Reset()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("write the temporary store of a verification: %w", err)
	}
	return old, nil
}

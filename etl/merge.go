package etl

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
)

// holder keeps the entities whose rows may still be merged (policies last and
// history) until the source has ended, in a temporary SQLite, so that memory
// does not grow with the file. It is used by one goroutine.
type holder struct {
	dir    string
	conn   *sqlite.Conn
	insert *sqlite.Stmt
	buf    []byte
}

// heldRow is what one row says of an entity.
type heldRow struct {
	row    int64
	entity *ngsild.Entity
}

// newHolder makes an empty holder below dir ("" is the system's folder for
// temporary files).
func newHolder(dir string) (*holder, error) {
	dir, err := os.MkdirTemp(dir, "ldt-merge-*")
	if err != nil {
		return nil, fmt.Errorf("create the temporary store of merges: %w", err)
	}
	h := &holder{dir: dir}
	h.conn, err = sqlite.OpenConn(filepath.Join(dir, "merge.db"), sqlite.OpenReadWrite, sqlite.OpenCreate)
	// One transaction that never ends: nobody reads the file after a crash.
	for _, statement := range []string{
		"PRAGMA journal_mode = OFF",
		"PRAGMA synchronous = OFF",
		"CREATE TABLE held (first INTEGER, template INTEGER, row INTEGER, entity BLOB NOT NULL, PRIMARY KEY (first, template, row)) WITHOUT ROWID",
		"BEGIN",
	} {
		if err == nil {
			err = sqlitex.ExecuteTransient(h.conn, statement, nil)
		}
	}
	if err == nil {
		h.insert, err = h.conn.Prepare("INSERT INTO held VALUES (?, ?, ?, ?)")
	}
	if err != nil {
		h.close()
		return nil, fmt.Errorf("create the temporary store of merges: %w", err)
	}
	return h, nil
}

// put keeps what a row says of the entity that row first made first, by the
// template with this number. The entity's memory is not kept.
func (h *holder) put(first int64, template int, row int64, e *ngsild.Entity) error {
	h.buf = e.AppendJSON(h.buf[:0], ngsild.Normalized)
	h.insert.BindInt64(1, first)
	h.insert.BindInt64(2, int64(template))
	h.insert.BindInt64(3, row)
	h.insert.BindBytes(4, h.buf)
	if _, err := h.insert.Step(); err != nil {
		return fmt.Errorf("write the temporary store of merges: %w", err)
	}
	return h.insert.Reset()
}

// each gives the rows of one entity after the other, in the order of their
// first rows, and the rows of one in the order of the source.
func (h *holder) each(yield func(template int, rows []heldRow) error) error {
	var rows []heldRow
	var first, template int64
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := yield(int(template), rows)
		rows = rows[:0]
		return err
	}
	err := sqlitex.ExecuteTransient(h.conn, "SELECT first, template, row, entity FROM held ORDER BY first, template, row", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			if stmt.ColumnInt64(0) != first || stmt.ColumnInt64(1) != template {
				if err := flush(); err != nil {
					return err
				}
			}
			first, template = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
			text, err := io.ReadAll(stmt.ColumnReader(3))
			if err != nil {
				return err
			}
			e, _, err := ngsild.Decode(text)
			if err != nil {
				return err
			}
			rows = append(rows, heldRow{row: stmt.ColumnInt64(2), entity: e})
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("read the temporary store of merges: %w", err)
	}
	return flush()
}

// close removes the temporary files.
func (h *holder) close() {
	if h.conn != nil {
		h.conn.Close()
	}
	os.RemoveAll(h.dir)
}

// historyPrefix and the observedAt of an instance make its datasetId, where it
// is not the latest and the mapping gave it none.
const historyPrefix = "urn:ngsi-ld:observedAt:"

// conflict is a row that cannot join the history of its entity, and why.
type conflict struct {
	row        int64
	id         string
	what, hint string
}

// series is an attribute whose instances follow each other in time.
type series struct{ name, datasetID string }

// mergeHistory joins what several rows say of one entity: of each attribute, an
// instance for each observedAt. The latest is the default instance; the others
// get a datasetId that names their time, because a broker holds one instance
// without one. Of an attribute without observedAt the last row's stands.
//
// A row joins with all its attributes or not at all: one that states an attribute
// for a time for which an earlier row states it, or without a time where other
// rows have one, is a conflict. last is the last row that joined; merged is nil
// where none did.
func mergeHistory(rows []heldRow, origin record.Origin) (merged *ngsild.Entity, last heldRow, conflicts []conflict) {
	timed := map[series]bool{}
	for _, r := range rows {
		for _, a := range r.entity.Attributes {
			if a.ObservedAt != "" {
				timed[series{a.Name, a.DatasetID}] = true
			}
		}
	}
	type instant struct {
		series
		observedAt string
	}
	type stated struct {
		at  int // in attributes
		row int64
	}
	places := map[instant]stated{}
	order := map[string]int{} // names as they came
	var attributes []ngsild.Attribute
	for _, r := range rows {
		fault := conflict{row: r.row, id: r.entity.ID}
		for _, a := range r.entity.Attributes {
			s := series{a.Name, a.DatasetID}
			before, again := places[instant{s, a.ObservedAt}]
			switch {
			case a.ObservedAt == "" && timed[s]:
				fault.what = fmt.Sprintf("this row states %s without a time, and other rows of this id with one", a.Name)
				fault.hint = "fill the cell that observedAt is made of"
			case a.ObservedAt != "" && again:
				fault.what = fmt.Sprintf("this row states %s for the same time (%s) as row %d of this id", a.Name, a.ObservedAt, origin.At(int(before.row), "").Row)
				fault.hint = "delete one of the rows, or make observedAt finer"
			}
		}
		if fault.what != "" {
			conflicts = append(conflicts, fault)
			continue
		}
		if merged == nil {
			merged = r.entity
		}
		last = r
		for _, a := range r.entity.Attributes {
			key := instant{series{a.Name, a.DatasetID}, a.ObservedAt}
			if before, again := places[key]; again {
				attributes[before.at] = a
				continue
			}
			places[key] = stated{len(attributes), r.row}
			attributes = append(attributes, a)
			if _, known := order[a.Name]; !known {
				order[a.Name] = len(order)
			}
		}
	}
	if merged == nil {
		return nil, last, conflicts
	}
	// Names keep the order in which they came; of one series the latest is first.
	slices.SortStableFunc(attributes, func(a, b ngsild.Attribute) int {
		return cmp.Or(cmp.Compare(order[a.Name], order[b.Name]), cmp.Compare(a.DatasetID, b.DatasetID), cmp.Compare(instantOf(b), instantOf(a)))
	})
	seen := map[series]bool{}
	for i := range attributes {
		a := &attributes[i]
		s := series{a.Name, a.DatasetID}
		if seen[s] {
			a.DatasetID = historyID(a.DatasetID, a.ObservedAt)
		}
		seen[s] = true
	}
	merged.Attributes = attributes
	return merged, last, conflicts
}

// instantOf gives the attribute's time in UTC so that texts compare as times:
// without the Z, which would come after a fraction of a second.
func instantOf(a ngsild.Attribute) string { return strings.TrimSuffix(a.ObservedAt, "Z") }

func historyID(datasetID, observedAt string) string {
	if datasetID == "" {
		return historyPrefix + observedAt
	}
	return datasetID + ":" + observedAt
}

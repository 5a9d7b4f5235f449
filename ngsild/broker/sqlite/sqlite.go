// Package sqlite owns the store of the embedded broker: one SQLite file that
// any BI tool can open.
//
// The table entities has one row per entity: tenant, id, type (its type IRIs,
// separated by a space), created_at, modified_at, the extent of its location
// (west, south, east, north, in degrees) and json, the entity in the
// normalized representation with expanded names. The table entity_types
// leads from a type to its entities, tenants names the tenants.
//
// The file is written in WAL mode with synchronous=FULL: what Update has
// acknowledged is on disk. Beside it lie SQLite's own -wal and -shm files, and
// a -lock file that keeps a second process out.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/ngsild/broker"
)

const (
	// applicationID marks the file as a store of ldt in its SQLite header.
	applicationID = 0x4c445431
	// schemaVersion is the header's user_version.
	schemaVersion = 1
	// readers is the number of connections that read at the same time.
	readers = 4
	// maxGroup bounds how many waiting updates share one commit.
	maxGroup = 32
	// patience is how long a write waits for another program, such as a BI tool
	// with a transaction of its own, to let go of the file.
	patience = 10 * time.Second
)

const schema = `
CREATE TABLE tenants (
	tenant INTEGER PRIMARY KEY,
	name   TEXT NOT NULL UNIQUE
);
INSERT INTO tenants (tenant, name) VALUES (1, '');
CREATE TABLE entities (
	seq         INTEGER PRIMARY KEY,
	tenant      INTEGER NOT NULL REFERENCES tenants,
	id          TEXT NOT NULL,
	type        TEXT NOT NULL,
	created_at  TEXT NOT NULL,
	modified_at TEXT NOT NULL,
	west REAL, south REAL, east REAL, north REAL,
	json        TEXT NOT NULL,
	UNIQUE (tenant, id)
);
CREATE TABLE entity_types (
	tenant INTEGER NOT NULL,
	type   TEXT NOT NULL,
	seq    INTEGER NOT NULL REFERENCES entities,
	PRIMARY KEY (tenant, type, seq)
) WITHOUT ROWID;
`

// Store is an open store. It is safe for concurrent use.
type Store struct {
	path   string
	lock   *lock
	writer *sqlite.Conn
	pool   *sqlitex.Pool

	// turn is held by the caller of Update that commits for the others.
	turn  chan struct{}
	mu    sync.Mutex // guards queue and tenants
	queue []*job
	// tenants holds the numbers of the tenants known to exist.
	tenants map[string]int64
	closed  bool
}

var _ broker.Store = (*Store)(nil)

// Open opens the store at path and creates it where there is none. The
// folder has to exist. An error says in a sentence what is wrong: a store
// that another process uses (an *InUseError), a file that is no store, a
// store of a later version, a damaged one.
func Open(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return nil, fmt.Errorf("open store %s: it is a folder, and a store is a file", path)
	}
	if _, err := os.Stat(filepath.Dir(abs)); err != nil {
		return nil, fmt.Errorf("open store %s: the folder %s cannot be used: %w", path, filepath.Dir(path), err)
	}
	l, err := acquire(path, abs+"-lock")
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: l, turn: make(chan struct{}, 1), tenants: map[string]int64{"": 1}}
	if err := s.open(abs); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(abs string) (err error) {
	if s.writer, err = sqlite.OpenConn(abs, sqlite.OpenReadWrite|sqlite.OpenCreate); err != nil {
		return s.explain("open", err)
	}
	s.writer.SetBusyTimeout(patience)
	if err := s.prepare(); err != nil {
		return err
	}
	s.pool, err = sqlitex.NewPool(abs, sqlitex.PoolOptions{
		Flags:    sqlite.OpenReadOnly,
		PoolSize: readers,
	})
	if err != nil {
		return s.explain("open", err)
	}
	return nil
}

// prepare checks the header, creates the schema in a new file and sets the
// connection's mode.
func (s *Store) prepare() error {
	var app, version, tables int64
	for _, q := range []struct {
		sql string
		to  *int64
	}{
		{"PRAGMA application_id", &app},
		{"PRAGMA user_version", &version},
		{"SELECT count(*) FROM sqlite_schema", &tables},
	} {
		err := sqlitex.ExecuteTransient(s.writer, q.sql, &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error { *q.to = stmt.ColumnInt64(0); return nil },
		})
		if err != nil {
			return s.explain("open", err)
		}
	}
	switch {
	case app != applicationID && (app != 0 || tables > 0):
		return fmt.Errorf("open store %s: it is an SQLite database of another program; use another --store", s.path)
	case app == applicationID && version != schemaVersion:
		return fmt.Errorf("open store %s: it has schema version %d and this ldt reads version %d; "+
			"use the ldt that wrote it, or another --store", s.path, version, schemaVersion)
	}
	for _, sql := range []string{
		"PRAGMA page_size=8192",
		"PRAGMA journal_mode=wal",
		"PRAGMA synchronous=FULL",
		"PRAGMA wal_autocheckpoint=2000",
		"PRAGMA cache_size=-65536",
		"PRAGMA temp_store=MEMORY",
	} {
		if err := sqlitex.ExecuteTransient(s.writer, sql, nil); err != nil {
			return s.explain("open", err)
		}
	}
	if app == applicationID {
		return nil
	}
	script := fmt.Sprintf("%s\nPRAGMA application_id=%d;\nPRAGMA user_version=%d;\n", schema, applicationID, schemaVersion)
	if err := sqlitex.ExecuteScript(s.writer, script, nil); err != nil {
		return s.explain("create", err)
	}
	return nil
}

// Close waits for the update under way, folds the -wal file into the store
// and lets other processes in. Views and updates begun later fail.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	if s.pool != nil {
		errs = append(errs, s.pool.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	errs = append(errs, s.lock.release())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}

// explain gives an error of SQLite as a sentence for the owner of the store.
func (s *Store) explain(operation string, err error) error {
	switch code := sqlite.ErrCode(err); code.ToPrimary() {
	case sqlite.ResultNotADB:
		return fmt.Errorf("%s store %s: the file is no store of ldt (nor any SQLite database); use another --store", operation, s.path)
	case sqlite.ResultCorrupt:
		return fmt.Errorf("%s store %s: the file is damaged; restore it from a copy, or remove it and push the data again (%w)", operation, s.path, err)
	case sqlite.ResultFull:
		return s.full(operation)
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return fmt.Errorf("%s store %s: %w", operation, s.path, broker.ErrStoreBusy)
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultPerm, sqlite.ResultAuth:
		return fmt.Errorf("%s store %s: the file cannot be opened for writing; check its permissions and those of its folder (%w)", operation, s.path, err)
	case sqlite.ResultInterrupt:
		return fmt.Errorf("%s store %s: %w", operation, s.path, context.Canceled)
	case sqlite.ResultIOErr:
		// So SQLite calls it where no room is left for its -shm file.
		if noRoom(filepath.Dir(s.path)) {
			return s.full(operation)
		}
		return fmt.Errorf("%s store %s: the disk cannot be read or written (%w)", operation, s.path, err)
	}
	return fmt.Errorf("%s store %s: %w", operation, s.path, err)
}

// full is the error of an operation that finds no room on the disk.
func (s *Store) full(operation string) error {
	if operation == "open" || operation == "create" {
		return fmt.Errorf("%s store %s: %w; make room and start again", operation, s.path, broker.ErrStoreFull)
	}
	return fmt.Errorf("%s store %s: %w", operation, s.path, broker.ErrStoreFull)
}

// noRoom says whether a folder's disk is full, by trying: the system's answer
// is the only one that counts quotas and reserves, on every system.
func noRoom(dir string) bool {
	probe, err := os.CreateTemp(dir, ".ldt-room-*")
	if err != nil {
		return isFull(err)
	}
	_, err = probe.Write(make([]byte, 64<<10))
	if closing := probe.Close(); err == nil {
		err = closing
	}
	_ = os.Remove(probe.Name())
	return isFull(err)
}

func isFull(err error) bool {
	const windowsDiskFull = syscall.Errno(112) // ERROR_DISK_FULL
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull)
}

// SetMaxSize bounds the store's file, in bytes; a write that would exceed it
// fails as on a full disk.
func (s *Store) SetMaxSize(bytes int64) error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	var pageSize int64
	err := sqlitex.ExecuteTransient(s.writer, "PRAGMA page_size", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error { pageSize = stmt.ColumnInt64(0); return nil },
	})
	if err == nil {
		err = sqlitex.ExecuteTransient(s.writer, fmt.Sprintf("PRAGMA max_page_count=%d", max(1, bytes/max(1, pageSize))), nil)
	}
	if err != nil {
		return s.explain("bound", err)
	}
	return nil
}

// HasTenant says whether a tenant exists.
func (s *Store) HasTenant(ctx context.Context, tenant string) (bool, error) {
	if _, ok := s.tenant(tenant); ok {
		return true, nil
	}
	conn, err := s.pool.Take(ctx)
	if err != nil {
		return false, s.explain("read", err)
	}
	defer s.pool.Put(conn)
	no, err := s.findTenant(conn, tenant)
	return no != 0, err
}

func (s *Store) tenant(name string) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	no, ok := s.tenants[name]
	return no, ok
}

// findTenant gives the number of a tenant, or 0.
func (s *Store) findTenant(conn *sqlite.Conn, name string) (int64, error) {
	if no, ok := s.tenant(name); ok {
		return no, nil
	}
	stmt, err := conn.Prepare("SELECT tenant FROM tenants WHERE name=?")
	if err != nil {
		return 0, s.explain("read", err)
	}
	stmt.BindText(1, name)
	defer stmt.Reset()
	row, err := stmt.Step()
	if err != nil {
		return 0, s.explain("read", err)
	}
	if !row {
		return 0, nil
	}
	return stmt.ColumnInt64(0), nil
}

// View runs fn over one consistent state of the store.
func (s *Store) View(ctx context.Context, tenant string, fn func(broker.Reader) error) error {
	conn, err := s.pool.Take(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("read store %s: it is closed", s.path)
	}
	defer s.pool.Put(conn)
	if err := sqlitex.ExecuteTransient(conn, "BEGIN", nil); err != nil {
		return s.explain("read", err)
	}
	// A read transaction ends without a write, so nothing can be lost here.
	defer func() {
		conn.SetInterrupt(nil)
		_ = sqlitex.ExecuteTransient(conn, "ROLLBACK", nil)
	}()
	no, err := s.findTenant(conn, tenant)
	if err != nil {
		return err
	}
	return fn(&tx{s: s, conn: conn, tenant: no, name: tenant})
}

// job is one call of Update that waits for its commit.
type job struct {
	ctx      context.Context
	tenant   string
	fn       func(broker.Writer) error
	done     chan struct{}
	err      error
	panicked any
}

// Update runs fn within a transaction. Updates that wait while another one
// commits share the next commit; whoever gets the turn commits for all.
func (s *Store) Update(ctx context.Context, tenant string, fn func(broker.Writer) error) error {
	j := &job{ctx: ctx, tenant: tenant, fn: fn, done: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, j)
	s.mu.Unlock()
	select {
	case <-j.done:
	case s.turn <- struct{}{}:
		for j.pending() {
			s.commit(s.take())
		}
		<-s.turn
	case <-ctx.Done():
		if s.withdraw(j) {
			return ctx.Err()
		}
		<-j.done
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

func (j *job) pending() bool {
	select {
	case <-j.done:
		return false
	default:
		return true
	}
}

// take removes the next jobs from the queue.
func (s *Store) take() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.queue), maxGroup)
	group := append([]*job(nil), s.queue[:n]...)
	s.queue = append(s.queue[:0], s.queue[n:]...)
	return group
}

// withdraw takes a job back out of the queue, and says whether it was there.
func (s *Store) withdraw(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range s.queue {
		if q == j {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			return true
		}
	}
	return false
}

// commit runs the jobs in one transaction, each within a savepoint. Where the
// transaction as a whole fails, each job gets one of its own.
func (s *Store) commit(group []*job) {
	defer func() {
		for _, j := range group {
			close(j.done)
		}
	}()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		for _, j := range group {
			j.err = fmt.Errorf("write store %s: it is closed", s.path)
		}
		return
	}
	if err := s.transact(group); err == nil || len(group) == 1 {
		if err != nil {
			group[0].err = err
		}
		return
	}
	for _, j := range group {
		j.err, j.panicked = nil, nil
		if err := s.transact([]*job{j}); err != nil {
			j.err = err
		}
	}
}

// transact runs the jobs in one transaction. An error means that nothing was
// kept of any of them; the error of one job alone stands in that job.
func (s *Store) transact(group []*job) (err error) {
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	created := map[string]int64{}
	defer func() {
		if err != nil && !s.writer.AutocommitEnabled() {
			err = errors.Join(err, s.exec("ROLLBACK"))
		}
	}()
	for _, j := range group {
		if err := s.exec("SAVEPOINT job"); err != nil {
			return err
		}
		w := &tx{s: s, conn: s.writer, name: j.tenant, created: created}
		if no, ok := created[j.tenant]; ok {
			w.tenant = no
		} else if w.tenant, err = s.findTenant(s.writer, j.tenant); err != nil {
			return err
		}
		j.run(w)
		if s.writer.AutocommitEnabled() {
			// SQLite itself rolled back: the disk is full or fails.
			if j.err == nil {
				j.err = fmt.Errorf("write store %s: the transaction was rolled back", s.path)
			}
			return j.err
		}
		if j.err != nil || j.panicked != nil {
			if err := s.exec("ROLLBACK TO job"); err != nil {
				return err
			}
			if w.createdTenant {
				delete(created, j.tenant)
			}
		}
		if err := s.exec("RELEASE job"); err != nil {
			return err
		}
	}
	if err := s.exec("COMMIT"); err != nil {
		return err
	}
	if len(created) > 0 {
		s.mu.Lock()
		for name, no := range created {
			s.tenants[name] = no
		}
		s.mu.Unlock()
	}
	return nil
}

func (j *job) run(w broker.Writer) {
	defer func() {
		if p := recover(); p != nil {
			j.panicked = p
		}
	}()
	if j.err = j.ctx.Err(); j.err == nil {
		j.err = j.fn(w)
	}
}

func (s *Store) exec(sql string) error {
	stmt, err := s.writer.Prepare(sql)
	if err == nil {
		_, err = stmt.Step()
		err = errors.Join(err, stmt.Reset())
	}
	if err != nil {
		return s.explain("write", err)
	}
	return nil
}

// tx is one transaction over one tenant.
type tx struct {
	s      *Store
	conn   *sqlite.Conn
	name   string
	tenant int64 // 0 where the tenant does not exist yet
	// created collects the tenants that the group created.
	created       map[string]int64
	createdTenant bool

	// What the last Get found, so that the Put that follows need not search.
	last struct {
		id   string
		seq  int64
		typ  string
		some bool
	}
}

var _ broker.Writer = (*tx)(nil)

func (t *tx) prepare(sql string) (*sqlite.Stmt, error) {
	stmt, err := t.conn.Prepare(sql)
	if err != nil {
		return nil, t.s.explain("prepare", err)
	}
	return stmt, nil
}

// Get gives the document of an entity, or nil.
func (t *tx) Get(id string) ([]byte, error) {
	stmt, err := t.prepare("SELECT seq, type, json FROM entities WHERE tenant=? AND id=?")
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	stmt.BindInt64(1, t.tenant)
	stmt.BindText(2, id)
	t.last.id = id
	row, err := stmt.Step()
	if err != nil {
		return nil, t.s.explain("read", err)
	}
	if t.last.some = row; !row {
		return nil, nil
	}
	t.last.seq = stmt.ColumnInt64(0)
	t.last.typ = stmt.ColumnText(1)
	return columnBytes(stmt, 2), nil
}

// columnBytes gives a copy of a column.
func columnBytes(stmt *sqlite.Stmt, col int) []byte {
	doc := make([]byte, stmt.ColumnLen(col))
	stmt.ColumnBytes(col, doc)
	return doc
}

// Scan calls fn for each selected document.
func (t *tx) Scan(sel broker.Selection, fn func(doc []byte) (bool, error)) error {
	if sel.IDs != nil {
		return t.scanIDs(sel, fn)
	}
	stmt, err := t.selection("SELECT json", sel, true)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		row, err := stmt.Step()
		if err != nil {
			return t.s.explain("read", err)
		}
		if !row {
			return nil
		}
		if more, err := fn(columnBytes(stmt, 0)); err != nil || !more {
			return err
		}
	}
}

// scanIDs looks each id up by its index.
func (t *tx) scanIDs(sel broker.Selection, fn func(doc []byte) (bool, error)) error {
	seen := make(map[string]bool, len(sel.IDs))
	given := 0
	for _, id := range sel.IDs {
		if seen[id] {
			continue
		}
		seen[id] = true
		doc, err := t.Get(id)
		if err != nil {
			return err
		}
		if doc == nil || sel.Types != nil && !hasType(t.last.typ, sel.Types) {
			continue
		}
		if given++; given <= sel.Offset {
			continue
		}
		if sel.Limit > 0 && given > sel.Offset+sel.Limit {
			return nil
		}
		if more, err := fn(doc); err != nil || !more {
			return err
		}
	}
	return nil
}

// hasType says whether one of the types stands in the type column.
func hasType(column string, types []string) bool {
	for have := range strings.SplitSeq(column, " ") {
		for _, want := range types {
			if have == want {
				return true
			}
		}
	}
	return false
}

// Count counts the selected entities.
func (t *tx) Count(sel broker.Selection) (int, error) {
	sel.Offset, sel.Limit = 0, 0
	if sel.IDs != nil {
		n := 0
		err := t.scanIDs(sel, func([]byte) (bool, error) { n++; return true, nil })
		return n, err
	}
	stmt, err := t.selection("SELECT count(*)", sel, false)
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	if _, err := stmt.Step(); err != nil {
		return 0, t.s.explain("read", err)
	}
	return stmt.ColumnInt(0), nil
}

// selection prepares and binds the statement over a selection without IDs.
func (t *tx) selection(what string, sel broker.Selection, ordered bool) (*sqlite.Stmt, error) {
	var sql strings.Builder
	sql.WriteString(what)
	switch {
	case len(sel.Types) == 1 && sel.Bounds == nil && !ordered:
		sql.WriteString(" FROM entity_types AS t WHERE t.tenant=?1 AND t.type=?2")
	case len(sel.Types) == 1:
		sql.WriteString(" FROM entity_types AS t CROSS JOIN entities AS e ON e.seq=t.seq WHERE t.tenant=?1 AND t.type=?2")
	case sel.Types != nil:
		sql.WriteString(" FROM entities AS e WHERE e.tenant=?1 AND e.seq IN (SELECT seq FROM entity_types WHERE tenant=?1 AND type IN (")
		for i := range sel.Types {
			if i > 0 {
				sql.WriteByte(',')
			}
			fmt.Fprintf(&sql, "?%d", i+2)
		}
		sql.WriteString("))")
	default:
		sql.WriteString(" FROM entities AS e WHERE e.tenant=?1")
	}
	next := len(sel.Types) + 2
	if sel.Bounds != nil {
		fmt.Fprintf(&sql, " AND e.west<=?%d AND e.east>=?%d AND e.south<=?%d AND e.north>=?%d", next, next+1, next+2, next+3)
	}
	if ordered {
		if len(sel.Types) == 1 {
			sql.WriteString(" ORDER BY t.seq")
		} else {
			sql.WriteString(" ORDER BY e.seq")
		}
		if sel.Limit > 0 || sel.Offset > 0 {
			at := next
			if sel.Bounds != nil {
				at += 4
			}
			fmt.Fprintf(&sql, " LIMIT ?%d OFFSET ?%d", at, at+1)
		}
	}
	stmt, err := t.prepare(sql.String())
	if err != nil {
		return nil, err
	}
	stmt.BindInt64(1, t.tenant)
	for i, typ := range sel.Types {
		stmt.BindText(i+2, typ)
	}
	if b := sel.Bounds; b != nil {
		stmt.BindFloat(next, b.East)
		stmt.BindFloat(next+1, b.West)
		stmt.BindFloat(next+2, b.North)
		stmt.BindFloat(next+3, b.South)
		next += 4
	}
	if ordered && (sel.Limit > 0 || sel.Offset > 0) {
		limit := int64(-1)
		if sel.Limit > 0 {
			limit = int64(sel.Limit)
		}
		stmt.BindInt64(next, limit)
		stmt.BindInt64(next+1, int64(sel.Offset))
	}
	return stmt, nil
}

// Types gives the IRIs of the types in use. It steps from one to the next
// through the index, without reading the entries of each.
func (t *tx) Types() ([]string, error) {
	stmt, err := t.prepare("SELECT type FROM entity_types WHERE tenant=? AND type>? ORDER BY type LIMIT 1")
	if err != nil {
		return nil, err
	}
	var types []string
	for last := ""; ; {
		stmt.BindInt64(1, t.tenant)
		stmt.BindText(2, last)
		row, err := stmt.Step()
		if err != nil {
			_ = stmt.Reset() // it repeats the error of Step
			return nil, t.s.explain("read", err)
		}
		if row {
			last = stmt.ColumnText(0)
			types = append(types, last)
		}
		if err := stmt.Reset(); err != nil {
			return nil, t.s.explain("read", err)
		}
		if !row {
			return types, nil
		}
	}
}

// run binds nothing more and steps a statement that gives no row.
func (t *tx) run(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	if resetErr := stmt.Reset(); err == nil {
		err = resetErr
	}
	if err != nil {
		return t.s.explain("write", err)
	}
	return nil
}

// find looks an entity up unless the last Get did.
func (t *tx) find(id string) error {
	if t.last.id == id && id != "" {
		return nil
	}
	stmt, err := t.prepare("SELECT seq, type FROM entities WHERE tenant=? AND id=?")
	if err != nil {
		return err
	}
	defer stmt.Reset()
	stmt.BindInt64(1, t.tenant)
	stmt.BindText(2, id)
	row, err := stmt.Step()
	if err != nil {
		return t.s.explain("read", err)
	}
	t.last.id, t.last.some = id, row
	if row {
		t.last.seq, t.last.typ = stmt.ColumnInt64(0), stmt.ColumnText(1)
	}
	return nil
}

// Put creates or replaces an entity.
func (t *tx) Put(rec broker.Record) error {
	if err := t.createTenant(); err != nil {
		return err
	}
	if err := t.find(rec.ID); err != nil {
		return err
	}
	typ := rec.Types[0]
	if len(rec.Types) > 1 {
		typ = strings.Join(rec.Types, " ")
	}
	sql := "INSERT INTO entities (json, type, created_at, modified_at, west, south, east, north, tenant, id) VALUES (?,?,?,?,?,?,?,?,?,?)"
	if t.last.some {
		sql = "UPDATE entities SET json=?, type=?, created_at=?, modified_at=?, west=?, south=?, east=?, north=? WHERE seq=?"
	}
	stmt, err := t.prepare(sql)
	if err != nil {
		return err
	}
	stmt.BindText(1, string(rec.Doc))
	stmt.BindText(2, typ)
	stmt.BindText(3, rec.CreatedAt)
	stmt.BindText(4, rec.ModifiedAt)
	if b := rec.Bounds; b != nil {
		stmt.BindFloat(5, b.West)
		stmt.BindFloat(6, b.South)
		stmt.BindFloat(7, b.East)
		stmt.BindFloat(8, b.North)
	} else {
		for i := 5; i <= 8; i++ {
			stmt.BindNull(i)
		}
	}
	seq := t.last.seq
	if t.last.some {
		stmt.BindInt64(9, seq)
	} else {
		stmt.BindInt64(9, t.tenant)
		stmt.BindText(10, rec.ID)
	}
	if err := t.run(stmt); err != nil {
		return err
	}
	if t.last.some && t.last.typ == typ {
		return nil
	}
	if t.last.some {
		if err := t.dropTypes(); err != nil {
			return err
		}
	} else {
		seq = t.conn.LastInsertRowID()
	}
	t.last.some, t.last.seq, t.last.typ = true, seq, typ
	for _, name := range rec.Types {
		stmt, err := t.prepare("INSERT OR IGNORE INTO entity_types (tenant, type, seq) VALUES (?,?,?)")
		if err != nil {
			return err
		}
		stmt.BindInt64(1, t.tenant)
		stmt.BindText(2, name)
		stmt.BindInt64(3, seq)
		if err := t.run(stmt); err != nil {
			return err
		}
	}
	return nil
}

// dropTypes removes the entries of the entity that was found last.
func (t *tx) dropTypes() error {
	for name := range strings.SplitSeq(t.last.typ, " ") {
		stmt, err := t.prepare("DELETE FROM entity_types WHERE tenant=? AND type=? AND seq=?")
		if err != nil {
			return err
		}
		stmt.BindInt64(1, t.tenant)
		stmt.BindText(2, name)
		stmt.BindInt64(3, t.last.seq)
		if err := t.run(stmt); err != nil {
			return err
		}
	}
	return nil
}

// createTenant gives the tenant a number at its first write.
func (t *tx) createTenant() error {
	if t.tenant != 0 {
		return nil
	}
	stmt, err := t.prepare("INSERT INTO tenants (name) VALUES (?)")
	if err != nil {
		return err
	}
	stmt.BindText(1, t.name)
	if err := t.run(stmt); err != nil {
		return err
	}
	t.tenant = t.conn.LastInsertRowID()
	t.created[t.name] = t.tenant
	t.createdTenant = true
	return nil
}

// Delete removes an entity.
func (t *tx) Delete(id string) (bool, error) {
	if err := t.find(id); err != nil || !t.last.some {
		return false, err
	}
	if err := t.dropTypes(); err != nil {
		return false, err
	}
	stmt, err := t.prepare("DELETE FROM entities WHERE seq=?")
	if err != nil {
		return false, err
	}
	stmt.BindInt64(1, t.last.seq)
	t.last.some = false
	return true, t.run(stmt)
}

// now is the time a lock is taken at.
func now() string { return time.Now().UTC().Format(time.RFC3339) }

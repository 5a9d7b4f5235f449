package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// InUseError says that another process, or another part of this one, has the
// store open.
type InUseError struct {
	Path string
	// PID and Since tell of the holder; 0 and empty where it could not be read.
	PID   int
	Since string
}

// Error names the holder.
func (e *InUseError) Error() string {
	holder := "another process"
	if e.PID != 0 {
		holder = fmt.Sprintf("process %d (since %s)", e.PID, e.Since)
	}
	return fmt.Sprintf("the store %s is in use by %s", e.Path, holder)
}

// lock keeps a second process out. It is a tiny SQLite file of its own, held
// in an open write transaction: the system lets go of it when the process
// ends in whatever way, others can still read who holds it, and it works on
// every system that SQLite runs on.
type lock struct {
	conn *sqlite.Conn
}

// acquire takes the lock at lockPath for the store that the user calls path.
func acquire(path, lockPath string) (*lock, error) {
	conn, err := sqlite.OpenConn(lockPath, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, fmt.Errorf("open store %s: its lock %s cannot be opened; check the permissions of the folder (%w)", path, lockPath, err)
	}
	l := &lock{conn: conn}
	if err := l.take(); err != nil {
		inUse := &InUseError{Path: path}
		switch code := sqlite.ErrCode(err).ToPrimary(); {
		case code == sqlite.ResultBusy || code == sqlite.ResultLocked:
			inUse.PID, inUse.Since = l.holder()
			err = inUse
		case code == sqlite.ResultFull || noRoom(filepath.Dir(lockPath)):
			err = (&Store{path: path}).full("open")
		default:
			err = fmt.Errorf("open store %s: its lock %s cannot be written; check the permissions, and remove that file if no other ldt uses the store (%w)", path, lockPath, err)
		}
		return nil, errors.Join(err, conn.Close())
	}
	return l, nil
}

// take writes this process down as the holder and begins the transaction
// that keeps others out.
func (l *lock) take() error {
	l.conn.SetBusyTimeout(100 * time.Millisecond)
	for _, sql := range []string{
		"PRAGMA journal_mode=memory",
		"BEGIN IMMEDIATE",
		"CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, since TEXT NOT NULL)",
		"DELETE FROM holder",
		fmt.Sprintf("INSERT INTO holder VALUES (%d, '%s')", os.Getpid(), now()),
		"COMMIT",
		"BEGIN IMMEDIATE",
	} {
		if err := sqlitex.ExecuteTransient(l.conn, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// holder reads who has the lock; zero where that cannot be told.
func (l *lock) holder() (pid int, since string) {
	err := sqlitex.ExecuteTransient(l.conn, "SELECT pid, since FROM holder", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			pid, since = stmt.ColumnInt(0), stmt.ColumnText(1)
			return nil
		},
	})
	if err != nil {
		return 0, ""
	}
	return pid, since
}

func (l *lock) release() error { return l.conn.Close() }

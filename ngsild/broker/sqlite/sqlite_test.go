package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/ngsild/broker"
)

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func temp(t testing.TB) string { return filepath.Join(t.TempDir(), "store.db") }

func rec(id string, types ...string) broker.Record {
	return broker.Record{ID: id, Types: types, Doc: []byte(`{"id":"` + id + `"}`), CreatedAt: "2020-01-01T00:00:00Z", ModifiedAt: "2020-01-01T00:00:00Z"}
}

func put(t testing.TB, s *Store, tenant string, recs ...broker.Record) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), tenant, func(w broker.Writer) error {
		for _, r := range recs {
			if err := w.Put(r); err != nil {
				return err
			}
		}
		return nil
	}))
}

func ids(t testing.TB, s *Store, tenant string, sel broker.Selection) (list []string) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), tenant, func(r broker.Reader) error {
		return r.Scan(sel, func(doc []byte) (bool, error) {
			list = append(list, strings.TrimSuffix(strings.TrimPrefix(string(doc), `{"id":"`), `"}`))
			return true, nil
		})
	}))
	return list
}

func count(t testing.TB, s *Store, tenant string, sel broker.Selection) (n int) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), tenant, func(r broker.Reader) (err error) {
		n, err = r.Count(sel)
		return err
	}))
	return n
}

func TestSelectionsNarrow(t *testing.T) {
	s := open(t, temp(t))
	at := func(r broker.Record, lon, lat float64) broker.Record {
		r.Bounds = &broker.Bounds{West: lon, South: lat, East: lon, North: lat}
		return r
	}
	put(t, s, "", at(rec("c", "T", "U"), 2, 48), at(rec("a", "T"), 3, 49), rec("b", "U"), rec("d", "V"))
	for _, c := range []struct {
		sel  broker.Selection
		want []string
	}{
		{broker.Selection{}, []string{"c", "a", "b", "d"}},
		{broker.Selection{Types: []string{"T"}}, []string{"c", "a"}},
		{broker.Selection{Types: []string{"T", "U"}}, []string{"c", "a", "b"}},
		{broker.Selection{Types: []string{"W"}}, nil},
		{broker.Selection{IDs: []string{"d", "x", "a", "d"}}, []string{"d", "a"}},
		{broker.Selection{IDs: []string{"d", "a", "c"}, Types: []string{"T"}}, []string{"a", "c"}},
		{broker.Selection{IDs: []string{}}, nil},
		{broker.Selection{Bounds: &broker.Bounds{West: 1, South: 47, East: 2, North: 50}}, []string{"c"}},
		{broker.Selection{Types: []string{"T"}, Bounds: &broker.Bounds{West: 2.5, South: 47, East: 4, North: 50}}, []string{"a"}},
		{broker.Selection{Types: []string{"T", "V"}, Bounds: &broker.Bounds{West: -180, South: -90, East: 180, North: 90}}, []string{"c", "a"}},
	} {
		require.Equal(t, c.want, ids(t, s, "", c.sel), "%+v", c.sel)
		require.Equal(t, len(c.want), count(t, s, "", c.sel), "%+v", c.sel)
		for offset := range len(c.want) {
			paged := c.sel
			paged.Offset, paged.Limit = offset, 1
			require.Equal(t, c.want[offset:offset+1], ids(t, s, "", paged), "%+v", paged)
			paged.Limit = 0
			require.Equal(t, c.want[offset:], ids(t, s, "", paged), "%+v", paged)
		}
	}
	require.NoError(t, s.View(t.Context(), "", func(r broker.Reader) error {
		types, err := r.Types()
		require.Equal(t, []string{"T", "U", "V"}, types)
		return err
	}))
}

func TestPutKeepsThePlaceAndFollowsTheTypes(t *testing.T) {
	s := open(t, temp(t))
	put(t, s, "", rec("a", "T"), rec("b", "T"))
	put(t, s, "", rec("a", "U", "V"))
	require.Equal(t, []string{"a", "b"}, ids(t, s, "", broker.Selection{}))
	require.Equal(t, []string{"b"}, ids(t, s, "", broker.Selection{Types: []string{"T"}}))
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{Types: []string{"V"}}))
	require.NoError(t, s.Update(t.Context(), "", func(w broker.Writer) error {
		found, err := w.Delete("a")
		require.True(t, found)
		require.NoError(t, err)
		found, err = w.Delete("a")
		require.False(t, found)
		require.NoError(t, err)
		doc, err := w.Get("a")
		require.Nil(t, doc)
		return err
	}))
	require.Empty(t, ids(t, s, "", broker.Selection{Types: []string{"U", "V"}}))
}

func TestUpdateKeepsNothingOfAnError(t *testing.T) {
	s := open(t, temp(t))
	fail := errors.New("no")
	err := s.Update(t.Context(), "new", func(w broker.Writer) error {
		require.NoError(t, w.Put(rec("a", "T")))
		return fail
	})
	require.ErrorIs(t, err, fail)
	require.Empty(t, ids(t, s, "new", broker.Selection{}))
	known, err := s.HasTenant(t.Context(), "new")
	require.NoError(t, err)
	require.False(t, known)
}

func TestTenantsAreApart(t *testing.T) {
	path := temp(t)
	s := open(t, path)
	put(t, s, "", rec("a", "T"))
	put(t, s, "one", rec("a", "T"), rec("b", "T"))
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{}))
	require.Equal(t, []string{"a", "b"}, ids(t, s, "one", broker.Selection{Types: []string{"T"}}))
	require.Empty(t, ids(t, s, "two", broker.Selection{}))
	require.NoError(t, s.Close())
	s = open(t, path)
	for tenant, want := range map[string]bool{"": true, "one": true, "two": false} {
		known, err := s.HasTenant(t.Context(), tenant)
		require.NoError(t, err)
		require.Equal(t, want, known, tenant)
	}
	put(t, s, "one", rec("c", "T"))
	require.Equal(t, []string{"a", "b", "c"}, ids(t, s, "one", broker.Selection{}))
}

func TestConcurrentUpdatesAllArrive(t *testing.T) {
	s := open(t, temp(t))
	const writers, each = 8, 25
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				err := s.Update(t.Context(), fmt.Sprint("t", i%2), func(w broker.Writer) error { return w.Put(rec(id, "T")) })
				if err != nil {
					t.Error(err)
				}
				// An update that fails beside them takes nothing with it.
				err = s.Update(t.Context(), "", func(w broker.Writer) error {
					if err := w.Put(rec("x"+id, "T")); err != nil {
						return err
					}
					return refused
				})
				if !errors.Is(err, refused) {
					t.Error(err)
				}
				if err := s.View(t.Context(), "t0", func(r broker.Reader) error { _, err := r.Count(broker.Selection{}); return err }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, writers*each, count(t, s, "t0", broker.Selection{})+count(t, s, "t1", broker.Selection{}))
	require.Zero(t, count(t, s, "", broker.Selection{}))
}

func TestUpdateHandsAPanicToItsCaller(t *testing.T) {
	s := open(t, temp(t))
	require.PanicsWithValue(t, "boom", func() {
		_ = s.Update(context.Background(), "", func(w broker.Writer) error {
			require.NoError(t, w.Put(rec("a", "T")))
			panic("boom")
		})
	})
	require.Empty(t, ids(t, s, "", broker.Selection{}))
	put(t, s, "", rec("b", "T"))
}

func TestUpdateHeedsAContextThatIsOver(t *testing.T) {
	s := open(t, temp(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Update(ctx, "", func(w broker.Writer) error { return w.Put(rec("a", "T")) })
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, s.View(ctx, "", func(broker.Reader) error { return nil }), context.Canceled)
	require.Empty(t, ids(t, s, "", broker.Selection{}))
}

func TestAFullDiskRefusesTheWholeUpdate(t *testing.T) {
	s := open(t, temp(t))
	put(t, s, "", rec("a", "T"))
	require.NoError(t, s.SetMaxSize(200<<10))
	big := rec("b", "T")
	big.Doc = []byte(`{"x":"` + strings.Repeat("x", 300<<10) + `"}`)
	err := s.Update(t.Context(), "", func(w broker.Writer) error {
		if err := w.Put(rec("c", "T")); err != nil {
			return err
		}
		return w.Put(big)
	})
	require.ErrorIs(t, err, broker.ErrStoreFull)
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{}))
	put(t, s, "", rec("d", "T"))
	require.Equal(t, []string{"a", "d"}, ids(t, s, "", broker.Selection{}))
}

func TestAFullDiskDoesNotRefuseTheUpdatesBesideIt(t *testing.T) {
	s := open(t, temp(t))
	require.NoError(t, s.SetMaxSize(200<<10))
	big := rec("big", "T")
	big.Doc = []byte(`{"x":"` + strings.Repeat("x", 300<<10) + `"}`)
	jobs := []*job{}
	for _, r := range []broker.Record{rec("a", "T"), big, rec("b", "T")} {
		jobs = append(jobs, &job{ctx: t.Context(), done: make(chan struct{}), fn: func(w broker.Writer) error { return w.Put(r) }})
	}
	s.turn <- struct{}{}
	s.commit(jobs)
	<-s.turn
	require.NoError(t, jobs[0].err)
	require.ErrorIs(t, jobs[1].err, broker.ErrStoreFull)
	require.NoError(t, jobs[2].err)
	require.Equal(t, []string{"a", "b"}, ids(t, s, "", broker.Selection{}))
}

func TestOneProcessPerStore(t *testing.T) {
	path := temp(t)
	s := open(t, path)
	_, err := Open(path)
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, os.Getpid(), inUse.PID)
	require.Regexp(t, fmt.Sprintf(`^the store .*store\.db is in use by process %d \(since \d{4}-\d\d-\d\dT.*Z\)$`, os.Getpid()), err.Error())
	require.NoError(t, s.Close())
	open(t, path)
}

// TestHelperHoldsAStore is no test: it is the other process of the test below.
func TestHelperHoldsAStore(t *testing.T) {
	path := os.Getenv("LDT_TEST_HOLD_STORE")
	if path == "" {
		t.Skip("only run as the other process of TestAKilledProcessLeavesTheStoreFree")
	}
	s, err := Open(path)
	require.NoError(t, err)
	put(t, s, "", rec("a", "T"))
	fmt.Println("held")
	select {}
}

func TestAKilledProcessLeavesTheStoreFree(t *testing.T) {
	path := temp(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperHoldsAStore$")
	cmd.Env = append(os.Environ(), "LDT_TEST_HOLD_STORE="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	killed := false
	kill := func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	defer kill()
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "held" {
	}
	_, err = Open(path)
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, cmd.Process.Pid, inUse.PID)
	kill()
	s := open(t, path)
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{}), "what was acknowledged is there")
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("These are my notes, not a store. ", 100)), 0o600))
	_, err := Open(text)
	require.ErrorContains(t, err, "the file is no store of ldt")
	content, readErr := os.ReadFile(text)
	require.NoError(t, readErr)
	require.Equal(t, strings.Repeat("These are my notes, not a store. ", 100), string(content), "the file is left alone")

	other := filepath.Join(dir, "other.db")
	conn, err := sqlite.OpenConn(other)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteTransient(conn, "CREATE TABLE mine (a)", nil))
	require.NoError(t, conn.Close())
	_, err = Open(other)
	require.ErrorContains(t, err, "an SQLite database of another program")

	later := filepath.Join(dir, "later.db")
	s, err := Open(later)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	conn, err = sqlite.OpenConn(later)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteTransient(conn, "PRAGMA user_version=99", nil))
	require.NoError(t, conn.Close())
	_, err = Open(later)
	require.ErrorContains(t, err, "schema version 99")

	_, err = Open(dir)
	require.ErrorContains(t, err, "it is a folder")
	_, err = Open(filepath.Join(dir, "absent", "store.db"))
	require.ErrorContains(t, err, "the folder")
}

func TestOpenRefusesADamagedStore(t *testing.T) {
	path := temp(t)
	s, err := Open(path)
	require.NoError(t, err)
	for i := range 200 {
		put(t, s, "", rec(fmt.Sprintf("urn:x:%04d%s", i, strings.Repeat("x", 100)), "T"))
	}
	require.NoError(t, s.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4096; i < len(content); i++ {
		content[i] = 0x5a
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	s, err = Open(path)
	if err == nil {
		err = s.View(t.Context(), "", func(r broker.Reader) error {
			return r.Scan(broker.Selection{}, func([]byte) (bool, error) { return true, nil })
		})
		require.NoError(t, s.Close())
	}
	require.ErrorContains(t, err, "the file is damaged")
}

func TestAStoreThatAnotherProgramLocksIsBusy(t *testing.T) {
	path := temp(t)
	s := open(t, path)
	put(t, s, "", rec("a", "T"))
	s.writer.SetBusyTimeout(time.Millisecond)
	other, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, sqlitex.ExecuteTransient(other, "BEGIN IMMEDIATE", nil))
	err = s.Update(t.Context(), "", func(w broker.Writer) error { return w.Put(rec("b", "T")) })
	require.ErrorIs(t, err, broker.ErrStoreBusy)
	require.EqualError(t, err, "write store "+path+": another program is writing into it")
	require.Equal(t, []string{"a"}, ids(t, s, "", broker.Selection{}))
	require.NoError(t, sqlitex.ExecuteTransient(other, "ROLLBACK", nil))
	put(t, s, "", rec("b", "T"))
	require.Equal(t, []string{"a", "b"}, ids(t, s, "", broker.Selection{}))
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, err := Open(temp(t))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorContains(t, s.Update(t.Context(), "", func(w broker.Writer) error { return nil }), "closed")
	require.ErrorContains(t, s.View(t.Context(), "", func(broker.Reader) error { return nil }), "closed")
}

// The schema is what people query in a BI tool, so its names are a contract.
func TestTheFileReadsInAnyTool(t *testing.T) {
	path := temp(t)
	s := open(t, path)
	r := rec("urn:x:1", "https://ex.org/T", "https://ex.org/U")
	r.Bounds = &broker.Bounds{West: 2.35, South: 48.85, East: 2.36, North: 48.86}
	put(t, s, "", r)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	require.NoError(t, err)
	defer conn.Close()
	var row []string
	require.NoError(t, sqlitex.ExecuteTransient(conn,
		`SELECT e.id, e.type, e.created_at, e.modified_at, e.west, e.south, e.east, e.north, json_extract(e.json, '$.id')
		 FROM entities e JOIN entity_types t ON t.seq = e.seq JOIN tenants n ON n.tenant = e.tenant
		 WHERE t.type = 'https://ex.org/U' AND n.name = ''`, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			for i := range stmt.ColumnCount() {
				row = append(row, stmt.ColumnText(i))
			}
			return nil
		}}))
	require.Equal(t, []string{"urn:x:1", "https://ex.org/T https://ex.org/U", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2.35", "48.85", "2.36", "48.86", "urn:x:1"}, row)
}

func TestWritesAreOnDiskWhenAcknowledged(t *testing.T) {
	s := open(t, temp(t))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2"} {
		var got string
		require.NoError(t, sqlitex.ExecuteTransient(s.writer, "PRAGMA "+pragma, &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error { got = stmt.ColumnText(0); return nil },
		}))
		require.Equal(t, want, got, pragma)
	}
}

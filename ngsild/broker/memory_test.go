package broker_test

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/ldtkit/ldt/ngsild/broker"
)

// memory is a store without a disk, for tests that need many of them.
type memory struct {
	mu      sync.Mutex
	tenants map[string]records
}

type records struct {
	order []string
	byID  map[string]broker.Record
}

func newMemory() *memory { return &memory{tenants: map[string]records{"": {}}} }

func (m *memory) HasTenant(_ context.Context, tenant string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.tenants[tenant]
	return ok, nil
}

func (m *memory) View(_ context.Context, tenant string, fn func(broker.Reader) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.tenants[tenant]
	return fn(&r)
}

func (m *memory) Update(_ context.Context, tenant string, fn func(broker.Writer) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := records{order: slices.Clone(m.tenants[tenant].order), byID: maps.Clone(m.tenants[tenant].byID)}
	err := fn(&r)
	if err == nil && (tenant == "" || len(r.order) > 0) {
		m.tenants[tenant] = r
	}
	return err
}

func (r *records) Get(id string) ([]byte, error) { return slices.Clone(r.byID[id].Doc), nil }

func (r *records) Scan(sel broker.Selection, fn func([]byte) (bool, error)) error {
	ids := r.order
	if sel.IDs != nil {
		ids = slices.Compact(slices.Clone(sel.IDs))
	}
	given := 0
	for _, id := range ids {
		rec, ok := r.byID[id]
		if !ok || sel.Types != nil && !slices.ContainsFunc(rec.Types, func(t string) bool { return slices.Contains(sel.Types, t) }) {
			continue
		}
		if b := sel.Bounds; b != nil && (rec.Bounds == nil || rec.Bounds.West > b.East || rec.Bounds.East < b.West || rec.Bounds.South > b.North || rec.Bounds.North < b.South) {
			continue
		}
		given++
		if given <= sel.Offset {
			continue
		}
		if sel.Limit > 0 && given > sel.Offset+sel.Limit {
			return nil
		}
		if more, err := fn(slices.Clone(rec.Doc)); err != nil || !more {
			return err
		}
	}
	return nil
}

func (r *records) Count(sel broker.Selection) (n int, err error) {
	sel.Offset, sel.Limit = 0, 0
	err = r.Scan(sel, func([]byte) (bool, error) { n++; return true, nil })
	return n, err
}

func (r *records) Types() ([]string, error) {
	var types []string
	for _, rec := range r.byID {
		types = append(types, rec.Types...)
	}
	slices.Sort(types)
	return slices.Compact(types), nil
}

func (r *records) Put(rec broker.Record) error {
	if r.byID == nil {
		r.byID = map[string]broker.Record{}
	}
	if _, ok := r.byID[rec.ID]; !ok {
		r.order = append(r.order, rec.ID)
	}
	rec.Doc, rec.Types = slices.Clone(rec.Doc), slices.Clone(rec.Types)
	r.byID[rec.ID] = rec
	return nil
}

func (r *records) Delete(id string) (bool, error) {
	_, ok := r.byID[id]
	delete(r.byID, id)
	r.order = slices.DeleteFunc(r.order, func(o string) bool { return o == id })
	return ok, nil
}

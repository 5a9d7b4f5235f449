package broker

import (
	"context"
	"errors"
)

// Store keeps entities, those of each tenant apart. The tenant "" always
// exists; another one exists from its first Put on. All methods may be called
// concurrently.
type Store interface {
	// View runs fn over one consistent state. The Reader is valid until fn
	// returns.
	View(ctx context.Context, tenant string, fn func(Reader) error) error
	// Update runs fn alone among writers. Where fn gives nil, Update returns
	// nil only when all that fn wrote is on disk; otherwise nothing of it is
	// kept, and an error of fn comes back as it is. fn may run more than once,
	// each time from the state that the store then has, so it starts over
	// whatever it collects. It may run on another goroutine than the
	// caller's, which waits for it.
	Update(ctx context.Context, tenant string, fn func(Writer) error) error
	// HasTenant says whether a tenant exists.
	HasTenant(ctx context.Context, tenant string) (bool, error)
}

// Reader reads the entities of one tenant. A document is an entity in the
// normalized representation, its names expanded; it belongs to the caller.
type Reader interface {
	// Get gives the document of an entity, or nil where there is none.
	Get(id string) ([]byte, error)
	// Scan calls fn for each selected document, in the order of creation (or
	// of Selection.IDs), until fn gives false or an error.
	Scan(sel Selection, fn func(doc []byte) (more bool, err error)) error
	// Count counts what Scan would give without Offset and Limit.
	Count(sel Selection) (int, error)
	// Types gives the IRIs of the types that at least one entity has, sorted.
	Types() ([]string, error)
}

// Writer also writes the entities of one tenant.
type Writer interface {
	Reader
	// Put creates an entity or takes the place of the one with its id, which
	// keeps its position in the order of creation.
	Put(rec Record) error
	// Delete removes an entity and says whether there was one.
	Delete(id string) (bool, error)
}

// Record is an entity as it is put into a Store. The store does not keep Doc.
type Record struct {
	ID string
	// Types are IRIs.
	Types []string
	// Doc is the normalized representation with expanded names and system
	// attributes.
	Doc []byte
	// CreatedAt and ModifiedAt are DateTimes.
	CreatedAt, ModifiedAt string
	// Bounds is the extent of the entity's location, or nil.
	Bounds *Bounds
}

// Bounds is an extent in degrees, its limits included.
type Bounds struct {
	West, South, East, North float64
}

// Selection narrows what a Store hands over. Its zero value selects all.
type Selection struct {
	// IDs, where not nil, are the only ids selected.
	IDs []string
	// Types, where not nil, are IRIs of which an entity has at least one.
	Types []string
	// Bounds, where not nil, has a point in common with the entity's Bounds;
	// entities without Bounds are left out.
	Bounds *Bounds
	// Offset leaves out the first entities, Limit ends after so many; a Limit
	// of 0 is none.
	Offset, Limit int
}

// ErrStoreFull is what a Store's error wraps when there is no room left for a write.
var ErrStoreFull = errors.New("no space left on its disk")

// ErrStoreBusy is what a Store's error wraps when another program kept it from
// writing for too long; nothing was written.
var ErrStoreBusy = errors.New("another program is writing into it")

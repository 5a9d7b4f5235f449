package mapping

import (
	"slices"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
)

// Terms is what a Plan asks of an @context.
type Terms interface {
	// Expand gives the IRI of a term; known is false where no context defines
	// it.
	Expand(term string) (iri string, known bool)
	// Nearest gives the defined term that a misspelt one might have meant, or "".
	Nearest(term string) string
}

// TableRow is one pair of a look-up table that was read from a file.
type TableRow struct {
	Key   string
	Value string
	Row   int // of the file
}

// TableReader reads look-up tables that a mapping names by file.
type TableReader interface {
	// ReadTable gives the rows of the table in order. A row whose key or value
	// is null is left out.
	ReadTable(ref TableRef) ([]TableRow, error)
}

// Env is what Compile needs to know beside the mapping.
type Env struct {
	// Header is that of the opened source. Without one the columns are not
	// checked, and Compile gives no Plan.
	Header *record.Header
	// Decimal and Thousands are those that the source was opened with. Where
	// empty, those that the mapping declares hold, and "." without any.
	Decimal   string
	Thousands string
	// Terms is the @context. Without one, terms are not checked.
	Terms Terms
	// Tables reads look-up tables; needed where the mapping names a file.
	Tables TableReader
	// Dates gives how the dates are written in the columns of a converter without
	// a format, which is decided by all their cells, or nil. May be nil.
	Dates func(columns []string) *DateColumn
	// KindOf says which kind the model has for an attribute of an entity type.
	// model is what the mapping names, or "". May be nil.
	KindOf func(model, entityType, attribute string) (kind ngsild.Kind, known bool)
	// FindModel says why a name that the mapping gives for a model means no one model, or
	// nil. May be nil.
	FindModel func(name string) error
}

// Plan is a compiled mapping. It does not change and may be shared by any
// number of goroutines.
type Plan struct {
	header   []string
	context  []string
	filters  []filter
	entities []entity
	infos    []EntityInfo
	reads    []int
}

type filter struct {
	keep   *condition
	reason string
}

// EntityInfo describes one entity definition of a mapping.
type EntityInfo struct {
	Types      []string
	TypeIRIs   []string // of Types, in their order
	Merge      Merge
	Model      string
	Attributes []AttributeInfo
}

// AttributeInfo describes one instance of an attribute of a definition.
type AttributeInfo struct {
	Name       string
	IRI        string
	Kind       ngsild.Kind
	UnitCode   string
	Attributes []AttributeInfo
}

// Context gives the references of the mapping's @context, in order.
func (p *Plan) Context() []string { return slices.Clone(p.context) }

// Entities describes what a row makes, in the order of RowResult.Definitions.
// The result is not to be written to.
func (p *Plan) Entities() []EntityInfo { return p.infos }

// Columns gives the indexes of the columns that the mapping reads, in the order
// of the header.
func (p *Plan) Columns() []int { return slices.Clone(p.reads) }

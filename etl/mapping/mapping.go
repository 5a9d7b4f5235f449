// Package mapping owns how the rows of a table become NGSI-LD entities: the
// mapping that a data engineer writes in YAML, its strict reading, its
// compilation into a Plan, and the Plan's application to records.
//
// Parse reads the text alone; Compile checks it against the columns of an
// opened source, the terms of an @context, units and look-up tables, and
// reports every fault at once. A Plan does not change after Compile and may be
// shared. docs/mapping.md is the reference of the language.
package mapping

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Mapping is a parsed mapping. It is not changed after Parse.
type Mapping struct {
	// Name is the name that Parse was given, and the file of all findings.
	Name string
	// Source is the source as it was declared.
	Source source.Spec
	// Context holds file paths and URLs in the order of the mapping.
	Context []string

	faults []finding.Finding // of the text

	where    []filterDef
	lookups  []lookupDef
	entities []entityDef
}

// Merge is what happens to rows that make an entity of one id.
type Merge uint8

// The merge policies.
const (
	MergeError   Merge = iota // a second row of the same id is a fault of that row
	MergeFirst                // the first row counts
	MergeLast                 // the last row counts
	MergeHistory              // each row is an observation of the entity at another time
)

var mergeWords = []string{"error", "first", "last", "history"}

// String gives the word of the mapping: error, first, last or history.
func (m Merge) String() string { return mergeWords[m] }

// filterDef is one filter of rows.
type filterDef struct {
	faulty       bool
	keep, reason string
	at           strictyaml.Pos
}

// lookupDef is a named table: pairs written in the mapping, or a file.
type lookupDef struct {
	name  string
	at    strictyaml.Pos
	pairs []pair
	table *TableRef
}

type pair struct {
	key   string
	value []byte // JSON
	at    strictyaml.Pos
}

// entityDef is one entity that each row makes.
type entityDef struct {
	faulty     bool // beside its attributes
	at         strictyaml.Pos
	types      []located
	id         *valueDef
	when       located
	merge      Merge
	scopes     []located
	model      located
	proposed   bool // and not confirmed by a person
	attributes []attributeDef
}

// located is a text and its place.
type located struct {
	text string
	at   strictyaml.Pos
}

// attributeDef is one instance of an attribute, or of a sub-attribute.
type attributeDef struct {
	faulty     bool // beside its sub-attributes
	name       string
	at         strictyaml.Pos
	member     string // value, object, languageMap, vocab, valueList, objectList, json
	memberAt   strictyaml.Pos
	value      *valueDef
	unitCode   located
	observedAt *valueDef
	datasetID  *valueDef
	when       located
	proposed   bool // and not confirmed by a person
	attributes []attributeDef
}

// valueDef is one of the forms a value may have.
type valueDef struct {
	at       strictyaml.Pos
	constant []byte // JSON
	template string
	list     []valueDef
	members  []memberDef // an object (also of languageMap)
	cell     *cellDef
	form     valueForm
}

type memberDef struct {
	name  string
	value valueDef
}

type valueForm uint8

const (
	formConstant valueForm = iota
	formTemplate
	formList
	formMembers
	formCell
)

// cellDef is a converter: how cells become a value.
type cellDef struct {
	at        strictyaml.Pos
	columns   []located
	constant  []byte // in place of columns
	as        located
	unit      *unitDef
	pairs     []pair // a look-up table written in place
	lookup    located
	lookedUp  bool
	miss      string
	fallback  []byte // default: JSON
	defaultAt strictyaml.Pos
	format    located
	timezone  located
	decimal   located
	thousands located
	nulls     []string
	separator string
	of        *cellDef
	required  bool
	template  *located
	order     string
	within    []byte // JSON
	ambiguous string
	yes, no   []string
	keys      map[string]strictyaml.Pos // the keys that are written, for faults
}

type unitDef struct{ from, to located }

// Parse reads the text of a mapping. The error, where there is one, is a
// finding.List with every fault of the text, each with line and character.
func Parse(name string, text []byte) (*Mapping, error) {
	m, faults := Read(name, text)
	if faults != nil {
		return nil, finding.List(faults)
	}
	return m, nil
}

// Read reads the text of a mapping as far as it can be read, and gives every
// fault of it. A mapping with faults is of use to Compile alone, which finds
// what else is wrong with it; it is nil where the text is no map in YAML.
func Read(name string, text []byte) (*Mapping, []finding.Finding) {
	d := decoder{strictyaml.New(name, "mapping")}
	m := &Mapping{Name: name}
	root := d.Parse(text, "source", "context", "entities")
	if _, isMap := d.Resolve(root).(ast.MapNode); !isMap {
		m = nil
	}
	if root != nil {
		d.mapping(root, m)
	}
	faults := d.Faults()
	if m != nil {
		m.faults = faults
	}
	return m, faults
}

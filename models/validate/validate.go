// Package validate owns the validation of NGSI-LD payloads in layers: JSON,
// the structure that NGSI-LD demands, the @context (is every attribute defined
// somewhere), the data model (schema of the key-values form, kind and unit
// of each attribute), and what the values mean together (Layers).
//
// A file holds one entity, an array of entities, or entities after one another
// (NDJSON); an array may hold the ids of a batch delete. Each entity may be
// normalized, concise or simplified, or the temporal evolution of one:
// ngsild.DetectRepresentation and ngsild.IsTemporal tell them apart, one by one. An attribute that
// looks concise only because its value is an object with a member such as
// "value" is taken as simplified where the model knows that member.
//
// An attribute is that of the model that has its name, as a term or as an IRI.
// The name decides first: official @contexts give some names different IRIs.
package validate

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Options says what to validate against. The zero value is the built-in
// catalogue and the core @context.
type Options struct {
	// Catalogue holds the models; nil is the built-in one.
	Catalogue *models.Catalogue
	// Resolver reads @contexts; nil is one that knows the core's and the
	// catalogue's, offline.
	Resolver *jsonld.Resolver
	// Context is the @context of the entities that bring none, and what stands for
	// the parts of an @context that are not known here; nil is the core's.
	Context *jsonld.Context
	// Model is the name of the model that every entity is held against,
	// whatever its type; empty lets the type decide.
	Model string
	// Closed says that the files are all there is: a Relationship whose target
	// is in none of them is an error. Otherwise it is a warning.
	Closed bool
	// Layers are those whose findings are given; 0 is all.
	Layers Layers
	// Filter leaves findings out, before they are counted; nil leaves out none.
	Filter *Filter
}

// Stats counts what a File call saw.
type Stats struct {
	Entities int
	// Errors, Warnings and Infos count all findings, those above MaxFindings too.
	Errors   int
	Warnings int
	Infos    int
	// Known counts the errors that Options.Filter ignores or knows.
	Known int
}

// MaxFindings is how many findings of one file are kept; the others are counted.
const MaxFindings = 10_000

// maxContexts bounds the @contexts that are remembered.
const maxContexts = 256

// Validator checks files, each on all cores. It compiles a model once. Its methods are
// for one goroutine.
type Validator struct {
	options Options
	model   *models.Model
	bare    *resolved // the @context of the entities that bring none
	core    *jsonld.Context
	links   links

	mu       sync.Mutex // for what all goroutines share
	schemas  schemas
	contexts map[string]*resolved // by the text of the @context
	linted   map[string][]finding.Finding
}

// resolved is an @context as far as it could be resolved.
type resolved struct {
	text  string
	ldctx *jsonld.Context
	// partial is set where a part of it is not known here: what it does not
	// define may still be defined.
	partial  bool
	written  bool // with terms of its own, not by URLs alone
	findings []finding.Finding
}

// New gives a Validator. The error is that of models.Catalogue.Find where
// Options.Model names no one model.
func New(o Options) (*Validator, error) {
	if o.Catalogue == nil {
		o.Catalogue = models.Builtin()
	}
	if o.Resolver == nil {
		o.Resolver = jsonld.NewResolver(jsonld.WithContextsOnDemand(o.Catalogue.Contexts()))
	}
	v := &Validator{options: o, contexts: map[string]*resolved{}, linted: map[string][]finding.Finding{}, schemas: schemas{}, links: newLinks()}
	if o.Model != "" {
		var err error
		if v.model, err = o.Catalogue.Find(o.Model); err != nil {
			return nil, err
		}
	}
	core, _, err := o.Resolver.Resolve(context.Background(), nil)
	if err != nil {
		return nil, fmt.Errorf("read the core @context: %w", err)
	}
	v.core, v.bare = core, &resolved{ldctx: core}
	if own := o.Context; own != nil {
		v.bare = &resolved{ldctx: own, partial: len(own.Unknown()) > 0}
	}
	return v, nil
}

// File checks the entities of one file, in a stream and on all cores: it holds some batches
// of them, and some 75 bytes for each id. The error is for faults of the system, such as a
// disk; text that is not JSON is a finding. Findings stand in the order of the file.
func (v *Validator) File(ctx context.Context, name string, r io.Reader) ([]finding.Finding, Stats, error) {
	return v.read(ctx, name, r, false)
}

// FolderFile is File for a file that nobody named but that lies in a folder: there a
// JSON object without id and type, such as a schema or an @context, is no entity but a
// remark, and so is GeoJSON.
func (v *Validator) FolderFile(ctx context.Context, name string, r io.Reader) ([]finding.Finding, Stats, error) {
	return v.read(ctx, name, r, true)
}

// file is what one goroutine of a File call has for itself.
type file struct {
	v         *Validator
	ctx       context.Context
	name      string
	inFolder  bool
	told      map[uint64]bool // hashes of what this goroutine said that is said once a file
	known     schemas         // those that this goroutine met
	checking  checking
	resolved  *resolved      // the @context of the entity before
	canonical jsontext.Value // memory for contentOfAll

	// The entity at hand, and what is said of it.
	item ngsild.Item
	checked
	said    []said
	telling uint64 // the hash of what is said once a file, while it is said
	targets []target
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// add keeps a finding of a layer that is asked for.
func (f *file) add(found finding.Finding) {
	if !f.v.options.Layers.has(layerOf(found.Code)) {
		return
	}
	found.Location.File = f.name
	f.said = append(f.said, said{found, f.telling})
}

// at gives the place in the file that a path in the entity leads to, as far as
// it exists.
func (f *file) at(entity string, path ...string) finding.Location {
	pointer, line, char := locate(f.item.Raw, path)
	line, char = f.item.Place(line, char)
	return finding.Location{Line: line, Char: char, Pointer: f.item.Pointer + pointer, Entity: entity}
}

// once says what is to be said once a file, by adding findings.
func (f *file) once(what string, say func()) {
	f.telling = maphash.String(f.v.links.seed, what) | 1
	if !f.told[f.telling] {
		f.told[f.telling] = true
		say()
	}
	f.telling = 0
}

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
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

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
}

// Stats counts what a File call saw.
type Stats struct {
	Entities int
	// Errors, Warnings and Infos count all findings, those above MaxFindings too.
	Errors   int
	Warnings int
	Infos    int
}

// MaxFindings is how many findings of one file are kept; the others are counted.
const MaxFindings = 10_000

// maxContexts bounds the @contexts that are remembered.
const maxContexts = 256

// Validator checks files. It compiles the schema of a model once. It is for one
// goroutine.
type Validator struct {
	options  Options
	model    *models.Model
	core     *jsonld.Context
	schemas  schemas
	checking checking
	contexts map[string]*resolved // by the text of the @context
	linted   map[string][]finding.Finding
	links    links
}

// resolved is an @context as far as it could be resolved.
type resolved struct {
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
	v.core = core
	return v, nil
}

// File checks the entities of one file, in a stream: it holds one at a time, and
// some 30 bytes for each id. The error is for faults of the system, such as a
// disk; text that is not JSON is a finding. Findings stand in the order of the file.
func (v *Validator) File(ctx context.Context, name string, r io.Reader) ([]finding.Finding, Stats, error) {
	f := &file{v: v, ctx: ctx, name: name, told: map[string]bool{}}
	return f.read(r)
}

// FolderFile is File for a file that nobody named but that lies in a folder: there a
// JSON object without id and type, such as a schema or an @context, is no entity but a
// remark, and so is GeoJSON.
func (v *Validator) FolderFile(ctx context.Context, name string, r io.Reader) ([]finding.Finding, Stats, error) {
	f := &file{v: v, ctx: ctx, name: name, told: map[string]bool{}, inFolder: true}
	return f.read(r)
}

func (f *file) read(r io.Reader) ([]finding.Finding, Stats, error) {
	counted := &counter{r: r}
	reader := ngsild.NewReader(counted)
	for {
		if f.stats.Entities%256 == 0 {
			if err := f.ctx.Err(); err != nil {
				return f.findings, f.stats, err
			}
		}
		item, err := reader.Next()
		var syntax *ngsild.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			if counted.n == 0 {
				f.add(finding.New(finding.EntityJSON, finding.Location{Line: 1}, "the file is empty (0 bytes)").
					WithHint("write an entity, an array of entities, or [] for none"))
			}
			return f.findings, f.stats, nil
		case errors.As(err, &syntax):
			fault := syntax.Finding()
			if f.inFolder && syntax.Foreign {
				fault.Severity = finding.Info
			}
			f.add(fault)
			return f.findings, f.stats, nil
		case err != nil:
			return f.findings, f.stats, fmt.Errorf("read %s: %w", f.name, err)
		}
		f.item = item
		if f.inFolder && f.noEntity() {
			continue
		}
		f.stats.Entities++
		before := len(f.findings)
		if err := f.check(); err != nil {
			return f.findings, f.stats, err
		}
		slices.SortStableFunc(f.findings[before:], func(a, b finding.Finding) int {
			return cmp.Or(cmp.Compare(a.Location.Line, b.Location.Line), cmp.Compare(a.Location.Char, b.Location.Char))
		})
	}
}

// file is the state of one File call.
type file struct {
	v        *Validator
	ctx      context.Context
	name     string
	findings []finding.Finding
	stats    Stats
	told     map[string]bool // what is said once a file
	inFolder bool

	item     ngsild.Item
	temporal bool // the item is the temporal evolution of an entity
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
	switch found.Severity {
	case finding.Error:
		f.stats.Errors++
	case finding.Warning:
		f.stats.Warnings++
	default:
		f.stats.Infos++
	}
	if len(f.findings) < MaxFindings {
		f.findings = append(f.findings, found)
	}
}

// at gives the place in the file that a path in the entity leads to, as far as
// it exists.
func (f *file) at(entity string, path ...string) finding.Location {
	pointer, line, char := locate(f.item.Raw, path)
	line, char = f.item.Place(line, char)
	return finding.Location{Line: line, Char: char, Pointer: f.item.Pointer + pointer, Entity: entity}
}

// once reports whether this was not said of the file before.
func (f *file) once(what string) bool {
	if f.told[what] {
		return false
	}
	f.told[what] = true
	return true
}

// Package etl owns a run: a source's records go through a mapping's Plan and
// come out as entities, each row is accounted for, and a use case ties several
// such flows together.
//
// Data flows one way, in batches: a goroutine reads, others apply the Plan and
// encode, and the caller's own goroutine puts the batches back in order, finds
// rows that make one id, and hands entities on. Memory is bounded by batches.
package etl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Options are what a flow needs besides its mapping.
type Options struct {
	// Resolver resolves the mapping's @context.
	Resolver *jsonld.Resolver
	// KindOf says which kind a model has for an attribute of an entity type;
	// model is what the mapping names, or "". nil asks no model.
	KindOf func(model, entityType, attribute string) (kind ngsild.Kind, known bool)
	// FindModel says why a name that a mapping gives for a model means no one model, or
	// nil. May be nil.
	FindModel func(name string) error
	// Source, where not empty, is read in place of the mapping's file; it is
	// relative to the working folder.
	Source string
	// Declared goes before what the mapping declares of its source: encoding,
	// delimiter, decimal and sheet, each where it is not empty.
	Declared source.Spec
	// TempDir is where what does not fit in memory goes; "" is the system's folder.
	TempDir string
	// Workers is how many goroutines apply the Plan; 0 is one for each processor.
	Workers int
}

// Flow is one mapping that is ready to run once: its source is open, its
// @context resolved, its Plan compiled. It is to be closed.
type Flow struct {
	// Name is the mapping's path, as it was given.
	Name    string
	Mapping *mapping.Mapping
	Plan    *mapping.Plan
	Context *jsonld.Context
	// Spec is the source as it is read, and Dir what its path is relative to.
	Spec source.Spec
	Dir  string
	// Findings are the warnings of resolving the context.
	Findings []finding.Finding

	source  source.Source
	options Options
}

// Prepare reads and checks a mapping and all it names. The error is a
// finding.List where the mapping is at fault (with every fault that can be
// found), a *source.Error where the source cannot be read, and both joined
// where both are so.
func Prepare(ctx context.Context, name string, o Options) (*Flow, error) {
	text, err := ReadMapping(name)
	if err != nil {
		return nil, err
	}
	m, faults := mapping.Read(name, text)
	if m == nil {
		return nil, finding.List(faults)
	}
	f := &Flow{Name: name, Mapping: m, Spec: m.Source, Dir: BaseDir(name), options: o}
	if o.Source != "" {
		f.Spec = f.Spec.At(o.Source)
		f.Dir = ""
	}
	f.Spec.Encoding = cmp.Or(o.Declared.Encoding, f.Spec.Encoding)
	f.Spec.Delimiter = cmp.Or(o.Declared.Delimiter, f.Spec.Delimiter)
	f.Spec.Decimal = cmp.Or(o.Declared.Decimal, f.Spec.Decimal)
	f.Spec.Sheet = cmp.Or(o.Declared.Sheet, f.Spec.Sheet)
	f.Spec.TempDir = o.TempDir
	env := mapping.Env{Tables: tables{ctx, BaseDir(name)}, KindOf: o.KindOf, FindModel: o.FindModel}
	var invalid finding.List
	f.Context, f.Findings, err = o.Resolver.ResolveRefs(ctx, BaseDir(name), m.Context)
	switch {
	case errors.As(err, &invalid): // among f.Findings
	case err != nil:
		return nil, fmt.Errorf("resolve the @context of %s: %w", name, err)
	default:
		env.Terms = f.Context
	}
	var unreadable *source.Error
	f.source, err = source.Open(ctx, f.Dir, f.Spec)
	switch {
	case errors.As(err, &unreadable):
	case err != nil:
		return nil, err
	default:
		env.Header = f.source.Header()
		env.Decimal, env.Thousands = string(f.source.Dialect().Decimal()), f.source.Dialect().Thousands()
	}
	if unreadable == nil {
		if env.Dates, err = f.dates(ctx); err != nil {
			f.Close()
			return nil, err
		}
	}
	f.Plan, faults = mapping.Compile(m, env)
	// An @context that is not known explains unknown terms.
	f.Findings = append(f.Findings, faults...)
	switch {
	case unreadable != nil && finding.Errors(f.Findings) == 0:
		return nil, unreadable
	case unreadable != nil:
		return nil, errors.Join(finding.List(f.Findings), unreadable)
	case finding.Errors(f.Findings) > 0:
		list := finding.List(f.Findings)
		if slices.ContainsFunc(list, func(one finding.Finding) bool { return one.Code == finding.SourceMissingColumn }) {
			// How the file was read may explain it.
			list = append(slices.Clone(f.source.Findings()), list...)
		}
		f.Close()
		return nil, list
	}
	return f, nil
}

// Header is the source's.
func (f *Flow) Header() *record.Header { return f.source.Header() }

// Original is the columns as the file has them: those of rejected rows.
func (f *Flow) Original() *record.Header { return f.source.Original() }

// Dialect is how the source is read.
func (f *Flow) Dialect() source.Dialect { return f.source.Dialect() }

// Close closes the source.
func (f *Flow) Close() error { return f.source.Close() }

// BaseDir is the folder that the paths in a mapping are relative to: the
// nearest parent with a usecase.yaml, else the mapping's own.
func BaseDir(mappingPath string) string {
	own := filepath.Dir(mappingPath)
	absolute, err := filepath.Abs(own)
	if err != nil {
		return own
	}
	for dir := absolute; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, UseCaseFile)); err == nil {
			if relative, err := filepath.Rel(absolute, dir); err == nil {
				return filepath.Join(own, relative)
			}
			return dir
		}
		if dir == filepath.Dir(dir) {
			return own
		}
	}
}

// Resolver is what resolved the @context.
func (f *Flow) Resolver() *jsonld.Resolver { return f.options.Resolver }

// Preview applies the Plan to the first rows of the source.
func (f *Flow) Preview(ctx context.Context, rows int) ([]mapping.Preview, error) {
	var list []mapping.Preview
	var batch record.Batch
	for len(list) < rows {
		batch.Reset()
		err := f.source.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		list = append(list, f.Plan.Preview(&batch, rows-len(list))...)
	}
	return list, nil
}

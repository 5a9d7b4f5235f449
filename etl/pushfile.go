package etl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// PushFile pushes the entities of an NGSI-LD file (one entity, an array, or
// NDJSON; normalized, concise or simplified), each with its own @context. What
// is no entity is reported and left out; what the broker refuses goes to
// o.Report. Text that is no JSON ends the push with a *source.Error, an @context
// that is not known here with a finding.List.
func PushFile(ctx context.Context, name string, r io.Reader, resolver *jsonld.Resolver, c *client.Client, o sink.BrokerOptions, report func(finding.Finding)) (sink.Counts, error) {
	broker, err := sink.NewBroker(ctx, c, o)
	if err != nil {
		return sink.Counts{}, err
	}
	seen := newIndex("")
	defer seen.close()
	fileErr := pushEntities(ctx, name, ngsild.NewReader(r), resolver, seen, broker, report)
	counts, err := broker.Close()
	if err == nil {
		err = fileErr
	}
	return counts, err
}

func pushEntities(ctx context.Context, name string, entities *ngsild.Reader, resolver *jsonld.Resolver, seen *index, broker *sink.Broker, report func(finding.Finding)) error {
	said := map[string]bool{}
	for {
		item, err := entities.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var syntax *ngsild.SyntaxError
		if errors.As(err, &syntax) {
			return unreadable(name, ngsild.Item{Line: 1}, syntax)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		e, faults, err := decode(item.Raw)
		if errors.As(err, &syntax) {
			return unreadable(name, item, syntax)
		}
		if err != nil {
			return fmt.Errorf("read %s line %d: %w", name, item.Line, err)
		}
		for _, f := range faults {
			f.Location.File, f.Location.Pointer = name, item.Pointer+f.Location.Pointer
			f.Location.Line += item.Line - 1
			report(f)
		}
		if finding.Errors(faults) > 0 {
			continue
		}
		ldctx, faults, err := resolver.Resolve(ctx, e.Context)
		if err != nil {
			return fmt.Errorf("resolve the @context of %s: %w", e.ID, err)
		}
		if slices.ContainsFunc(faults, isUnknownContext) {
			return unknownContext(name, item.Line, faults)
		}
		for _, f := range faults {
			if !said[f.Message] { // the same for every entity of this @context
				said[f.Message] = true
				f.Location.File, f.Location.Line = name, item.Line
				report(f)
			}
		}
		at := finding.Location{File: name, Line: item.Line, Pointer: item.Pointer, Entity: e.ID}
		if err := reportTwice(seen, e.ID, at, report); err != nil {
			return err
		}
		if err := broker.Push(sink.Item{Entity: e, Context: ldctx, Origin: []finding.Location{at}}); err != nil {
			return err
		}
	}
}

// reportTwice warns of an id that the file has already had: its entities are
// sent one after the other, so another push of the file does that again.
func reportTwice(seen *index, id string, at finding.Location, report func(finding.Finding)) error {
	key := seen.hash(id)
	first, err := seen.find(key)
	if err != nil {
		return fmt.Errorf("look for entities that stand twice: %w", err)
	}
	if first == 0 {
		return seen.add(key, int64(at.Line))
	}
	f := finding.New(finding.EntityDuplicate, at, "the entity %s stands in line %d already; what this line says is sent after it", id, first)
	f.Severity = finding.Warning
	report(f.WithHint("keep one of them, so that a second push changes nothing"))
	return nil
}

// unreadable is the error of a file that is not what it should be from an item on.
func unreadable(name string, item ngsild.Item, fault *ngsild.SyntaxError) error {
	f := fault.Finding()
	f.Location.File, f.Location.Pointer = name, item.Pointer
	f.Location.Line += item.Line - 1
	return format.Refuse(f, nil)
}

func isUnknownContext(f finding.Finding) bool { return f.Code == finding.ContextUnknownURL }

// unknownContext refuses to push an entity whose terms would get wrong IRIs,
// because a part of its @context is not known here.
func unknownContext(name string, line int, faults []finding.Finding) error {
	list := finding.List(slices.Clone(faults))
	list = slices.DeleteFunc(list, func(f finding.Finding) bool { return !isUnknownContext(f) })
	for i := range list {
		list[i].Severity = finding.Error
		list[i].Location.File, list[i].Location.Line = name, line
	}
	return list
}

// decode reads an entity in whichever representation it is.
func decode(text []byte) (*ngsild.Entity, []finding.Finding, error) {
	if ngsild.DetectRepresentation(text) == ngsild.Simplified {
		return ngsild.DecodeSimplified(text, nil)
	}
	return ngsild.Decode(text)
}

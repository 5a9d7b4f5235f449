package etl

import (
	"context"
	"errors"
	"fmt"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/sink"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Push converts the source and pushes its entities into a broker. A row of
// which the broker refuses an entity is accounted for as rejected, and log is
// told of it with its cells, which are read a second time.
//
// The error is of the system, of the source, or of the broker (it unwraps to
// client.ErrUnreachable where none answers); what was acknowledged until then is
// counted and stands.
func (f *Flow) Push(ctx context.Context, c *client.Client, o sink.BrokerOptions, log func(Loss) error) (*Tally, sink.Counts, error) {
	refused := map[string]finding.Finding{} // by entity id
	o.Report = func(fault finding.Finding) { refused[fault.Location.Entity] = fault }
	broker, err := sink.NewBroker(ctx, c, o)
	if err != nil {
		return newTally(), sink.Counts{}, err
	}
	tally, err := f.Convert(ctx, Output{Write: func(_ context.Context, items []Item) error {
		for i := range items {
			item := sink.Item{Entity: items[i].Entity, Context: f.Context, Origin: []finding.Location{items[i].At}}
			if err := broker.Push(item); err != nil {
				return err
			}
		}
		return nil
	}}, log)
	counts, pushErr := broker.Close()
	if err = errors.Join(pushErr, err); err != nil {
		// The push's own error says more than the conversion that it stopped.
		if pushErr != nil {
			err = pushErr
		}
		return tally, counts, err
	}
	return tally, counts, f.refuse(ctx, tally, refused, log)
}

// refuse turns the rows of refused entities into rejected ones. Which they are,
// and which of their entities it was, the Plan says of the source as it is read
// again: an entity may come of several rows (history), and a row may make others
// that the broker took.
func (f *Flow) refuse(ctx context.Context, tally *Tally, refused map[string]finding.Finding, log func(Loss) error) error {
	if len(refused) == 0 {
		return nil
	}
	definitions := f.Plan.Entities()
	held := holdsAll(definitions)
	found := map[string]bool{}
	late := map[int64][]lateFault{}
	var made mapping.Result
	err := f.reread(ctx, func(b *record.Batch, i int) error {
		row := int64(b.Records[i].Row)
		at := b.At(&b.Records[i], "")
		said := at // the place that its item had
		if held {
			said = b.Origin.At(b.Records[i].Row, "")
		}
		f.Plan.Apply(b, i, &made)
		if made.Outcome != mapping.Written || tally.fates.get(row) == lateReject {
			return nil
		}
		var faults []finding.Finding
		for j := range made.Entities {
			fault, ok := refused[made.Entities[j].ID]
			definition := made.Definitions[j]
			if !ok || definitions[definition].Merge != mapping.MergeHistory && (fault.Location.File != said.File || fault.Location.Row != said.Row || fault.Location.Column != said.Column) {
				continue
			}
			found[fault.Location.Entity] = true
			fault.Location.File, fault.Location.Row, fault.Location.Column = at.File, at.Row, at.Column
			faults = append(faults, fault)
			late[row] = append(late[row], lateFault{definition, fault})
		}
		if faults != nil {
			tally.rejectLate(row, faults)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(found) < len(refused) {
		return fmt.Errorf("find the rows of %d entities that the broker refused: %s changed while it was read", len(refused)-len(found), f.Spec.Name())
	}
	return f.logLate(ctx, late, log)
}

// lateFault is why an entity of a row is not in the output, known only after its
// row was accounted for.
type lateFault struct {
	definition int
	fault      finding.Finding
}

// logLate tells log of rows that were rejected late, in the order of the source,
// which is read once more for their cells.
func (f *Flow) logLate(ctx context.Context, late map[int64][]lateFault, log func(Loss) error) error {
	if len(late) == 0 || log == nil {
		return nil
	}
	return f.reread(ctx, func(b *record.Batch, i int) error {
		row := int64(b.Records[i].Row)
		faults := late[row]
		loss := Loss{Header: b.Header, Record: &b.Records[i], Row: row, Outcome: Rejected}
		for _, l := range faults {
			loss.Findings = append(loss.Findings, l.fault)
		}
		for _, l := range faults {
			loss.Definition, loss.Reason = l.definition, string(l.fault.Code)
			if err := log(loss); err != nil {
				return err
			}
			loss.Record, loss.Findings = nil, nil
		}
		return nil
	})
}

// reread reads the source once more from its start.
func (f *Flow) reread(ctx context.Context, each func(b *record.Batch, i int) error) error {
	src, err := source.Open(ctx, f.Dir, f.Spec)
	if err != nil {
		return err
	}
	defer src.Close()
	return source.Each(ctx, src, each)
}

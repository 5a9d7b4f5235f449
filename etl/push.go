package etl

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

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
	refused := map[int64][]finding.Finding{}
	o.Report = func(fault finding.Finding) {
		row := int64(fault.Location.Row)
		refused[row] = append(refused[row], fault)
	}
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

// refuse turns written rows into rejected ones.
func (f *Flow) refuse(ctx context.Context, tally *Tally, refused map[int64][]finding.Finding, log func(Loss) error) error {
	if len(refused) == 0 {
		return nil
	}
	for _, row := range slices.Sorted(maps.Keys(refused)) {
		tally.Read--
		tally.Written--
		tally.count(Rejected, string(refused[row][0].Code))
		tally.Report(refused[row]...)
	}
	if log == nil {
		return nil
	}
	return f.reread(ctx, func(h *record.Header, r *record.Record) error {
		faults := refused[int64(r.Row)]
		if faults == nil {
			return nil
		}
		return log(Loss{Header: h, Record: r, Row: int64(r.Row), Definition: WholeRow, Outcome: Rejected, Reason: string(faults[0].Code), Findings: faults})
	})
}

// reread reads the source once more from its start.
func (f *Flow) reread(ctx context.Context, each func(*record.Header, *record.Record) error) error {
	src, err := source.Open(ctx, f.Dir, f.Spec)
	if err != nil {
		return err
	}
	defer src.Close()
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range batch.Records {
			if err := each(src.Header(), &batch.Records[i]); err != nil {
				return err
			}
		}
	}
}

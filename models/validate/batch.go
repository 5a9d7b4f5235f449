package validate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// A file is read in batches of entities, which all cores check at the same time; what
// they find is put together in the order of the file. So many entities and so much text
// make a batch, and no more text than textInFlight, or than one entity has, is held.
const (
	batchEntities = 256
	batchText     = 256 << 10
	textInFlight  = 32 << 20
)

// batch is entities that follow one another in a file, and what there is to say of each.
// Its memory is used again.
type batch struct {
	text    []byte // of all entities
	entries []entry
	end     error // what ended the file behind the entries; nil where it goes on

	said    []said
	targets []target
	checked chan error // gets nil, or a fault of the system, when all is said
}

// entry is one entity of a batch, or a line that is not JSON.
type entry struct {
	syntax     *ngsild.SyntaxError // not nil: such a line
	item       ngsild.Item
	start, end int // of the item in the batch's text
	checked
	said, targets [2]int // its part of those of the batch
}

// checked is what a look at one entity alone gave, but for its findings and targets.
type checked struct {
	entity   *ngsild.Entity // nil where it could not be read
	temporal bool           // it is the temporal evolution of an entity
	ignored  bool           // it does not count as an entity
	id       uint64         // the hash of its id
	content  uint32         // a hash of what it says; 0 where it is not to be compared
	conflict int            // how many findings stand before that of other entities with its id
}

// said is a finding; where once is not 0, it is one that counts at the first entity
// of a file that has it.
type said struct {
	finding.Finding
	once uint64
}

// read checks a file.
func (v *Validator) read(ctx context.Context, name string, r io.Reader, inFolder bool) ([]finding.Finding, Stats, error) {
	cores := runtime.GOMAXPROCS(0)
	batches := 2*cores + 1
	free, work, order := make(chan *batch, batches), make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		free <- &batch{checked: make(chan error, 1)}
	}
	text := semaphore.NewWeighted(textInFlight)
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(work)
		defer close(order)
		counted := &counter{r: r}
		reader := ngsild.NewReader(counted)
		for {
			var b *batch
			select {
			case b = <-free:
			case <-gctx.Done():
				return gctx.Err()
			}
			b.fill(reader)
			if errors.Is(b.end, io.EOF) && counted.n == 0 {
				b.end = errEmpty
			}
			if err := text.Acquire(gctx, b.weight()); err != nil {
				return err
			}
			last := b.end != nil
			order <- b
			work <- b // whose it is from here on
			if last {
				return nil
			}
		}
	})
	for range cores {
		group.Go(func() error {
			f := &file{v: v, ctx: gctx, name: name, inFolder: inFolder, told: map[uint64]bool{}, known: schemas{}}
			for b := range work {
				b.checked <- f.checkBatch(b)
			}
			return nil
		})
	}
	all := &whole{file: file{v: v, ctx: ctx, name: name, inFolder: inFolder}, told: map[uint64]int{}}
	group.Go(func() error {
		for b := range order {
			if err := <-b.checked; err != nil {
				return err
			}
			if err := all.batch(b); err != nil {
				return err
			}
			text.Release(b.weight())
			b.reset()
			free <- b
		}
		return nil
	})
	err := group.Wait()
	return all.findings, all.stats, cmp.Or(ctx.Err(), err)
}

var errEmpty = errors.New("the file is empty (0 bytes)")

// fill reads entities until the batch is full or the file ends.
func (b *batch) fill(reader *ngsild.Reader) {
	for len(b.entries) < batchEntities && len(b.text) < batchText {
		item, err := reader.Next()
		var syntax *ngsild.SyntaxError
		if errors.As(err, &syntax) && reader.SkipLine() {
			b.entries = append(b.entries, entry{syntax: syntax})
			continue
		}
		if err != nil {
			b.end = err
			break
		}
		start := len(b.text)
		b.text = append(b.text, item.Raw...)
		b.entries = append(b.entries, entry{item: item, start: start, end: len(b.text)})
	}
	for i := range b.entries {
		e := &b.entries[i]
		e.item.Raw = b.text[e.start:e.end:e.end]
	}
}

// weight gives how much of textInFlight the batch takes.
func (b *batch) weight() int64 { return min(int64(len(b.text)), textInFlight) }

// reset makes the batch ready to be filled again.
func (b *batch) reset() {
	if cap(b.text) > 4*batchText {
		b.text = nil // an entity of uncommon size
	}
	clear(b.entries)
	clear(b.said)
	clear(b.targets)
	b.text, b.entries, b.said, b.targets, b.end = b.text[:0], b.entries[:0], b.said[:0], b.targets[:0], nil
}

// checkBatch looks at each entity alone.
func (f *file) checkBatch(b *batch) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	for i := range b.entries {
		e := &b.entries[i]
		f.item, f.checked, f.said, f.targets = e.item, checked{}, f.said[:0], f.targets[:0]
		switch {
		case e.syntax != nil:
			f.ignored = true
			f.notJSON(e.syntax)
		case f.inFolder && f.noEntity():
			f.ignored = true
		default:
			if err := f.check(); err != nil {
				return err
			}
		}
		e.checked = f.checked
		e.said[0], e.targets[0] = len(b.said), len(b.targets)
		b.said, b.targets = append(b.said, f.said...), append(b.targets, f.targets...)
		e.said[1], e.targets[1] = len(b.said), len(b.targets)
	}
	return nil
}

// whole puts together what is found in a file, in the order of the file.
type whole struct {
	file
	findings []finding.Finding
	stats    Stats
	told     map[uint64]int // hashes of what is said once a file, with the number of the entity
	n        int            // of entities so far
}

// batch takes the next batch.
func (w *whole) batch(b *batch) error {
	for i := range b.entries {
		e := &b.entries[i]
		w.item, w.checked = e.item, e.checked
		w.n++
		if !e.ignored {
			w.stats.Entities++
		}
		found := b.said[e.said[0]:e.said[1]]
		w.said = append(w.said[:0], found[:e.conflict]...)
		if e.entity != nil {
			w.v.links.entity(&w.file, b.targets[e.targets[0]:e.targets[1]])
		}
		w.said = append(w.said, found[e.conflict:]...)
		if len(w.said) > 1 {
			slices.SortStableFunc(w.said, func(a, b said) int {
				return cmp.Or(cmp.Compare(a.Location.Line, b.Location.Line), cmp.Compare(a.Location.Char, b.Location.Char))
			})
		}
		w.keep()
	}
	if b.end == nil {
		return nil
	}
	w.n++
	w.said = w.said[:0]
	err := w.ended(b.end)
	w.keep()
	return err
}

// ended says how the file ended. The error is a fault of the system.
func (f *file) ended(end error) error {
	var syntax *ngsild.SyntaxError
	switch {
	case errors.Is(end, io.EOF):
	case errors.Is(end, errEmpty):
		f.add(finding.New(finding.EntityJSON, finding.Location{Line: 1}, "%v", end).
			WithHint("write an entity, an array of entities, or [] for none"))
	case errors.As(end, &syntax):
		f.notJSON(syntax)
	default:
		return fmt.Errorf("read %s: %w", f.name, end)
	}
	return nil
}

func (f *file) notJSON(e *ngsild.SyntaxError) {
	fault := e.Finding()
	if f.inFolder && e.Foreign {
		fault.Severity = finding.Info
	}
	f.add(fault)
}

// keep counts what is said of the entity at hand, and keeps it.
func (w *whole) keep() {
	for _, one := range w.said {
		if one.once != 0 {
			if first, told := w.told[one.once]; told && first != w.n {
				continue
			}
			w.told[one.once] = w.n
		}
		wanted, known := w.v.options.Filter.wants(one.Finding)
		if !wanted {
			if known && one.Severity == finding.Error {
				w.stats.Known++
			}
			continue
		}
		switch one.Severity {
		case finding.Error:
			w.stats.Errors++
		case finding.Warning:
			w.stats.Warnings++
		default:
			w.stats.Infos++
		}
		if len(w.findings) < MaxFindings {
			one.Location.Entity = strings.Clone(one.Location.Entity) // else the whole entity stays in memory
			w.findings = append(w.findings, one.Finding)
		}
	}
}

package etl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Item is one entity on its way out, with the row that made it.
type Item struct {
	// Entity and JSON are valid until Write returns. Where the output has a Text,
	// Entity may have its ID and Types alone.
	Entity *ngsild.Entity
	// JSON is the entity as Output.Text says.
	JSON []byte
	At   finding.Location
}

// Output takes entities.
type Output struct {
	// Text says in which form items carry their JSON; nil is in none.
	Text *Text
	// Write takes entities in the order of each id's first row. It is called by
	// one goroutine.
	Write func(ctx context.Context, items []Item) error
}

// Text is a form of entities in JSON.
type Text struct {
	Representation ngsild.Representation
	// Context is the @context that ends each entity, as JSON; nil is none.
	Context jsontext.Value
}

func (t *Text) append(dst []byte, e *ngsild.Entity) []byte {
	e.Context = t.Context
	return e.AppendJSON(dst, t.Representation)
}

// Loss is a row, or one entity of a row, that did not get to the output as it
// stands, and why. With the Outcome Written it takes back what an earlier Loss of
// the row said.
type Loss struct {
	// Header and Record are valid until the log returns. Record is nil where an
	// earlier Loss of the row gave it, and where a row was merged into a later one.
	Header *record.Header
	Record *record.Record
	Row    int64
	// Definition is the number of the mapping's entity that is concerned, from
	// 0, or WholeRow.
	Definition int
	Outcome    Outcome
	Reason     string
	// Findings are the faults of a rejected row.
	Findings []finding.Finding
}

// WholeRow is the Definition of a Loss that concerns all entities of the row.
const WholeRow = -1

// Outcome is what became of a row.
type Outcome string

// The outcomes, best first. A row counts once, by the worst of its entities.
const (
	Written  Outcome = "written"
	Merged   Outcome = "merged"
	Filtered Outcome = "filtered"
	Rejected Outcome = "rejected"
)

// Tally accounts for every row of a source:
// Read = Written + Merged + Filtered + Rejected.
type Tally struct {
	Read, Written, Merged, Filtered, Rejected int64
	// Skipped are preamble, footer and blank lines, which are not read as rows.
	Skipped int64
	// Entities counts what was handed to the output, by type.
	Entities map[string]int64
	// Reasons count rows by outcome and reason.
	Reasons map[Outcome]map[string]int64
	// Empty counts the cells without a value that were left out, by column.
	Empty map[string]int64
	// Findings are what is to be said of rows, of each code the first few.
	Findings []finding.Finding
	// Found counts all findings by code.
	Found map[finding.Code]int64

	// fates holds what a row was counted as, where that may still change: a merge
	// policy and 1, or lateReject.
	fates marks
}

// lateReject marks a row that was counted as rejected after it was written or
// merged.
const lateReject = 15

// findingsKept is how many findings of one code a Tally keeps; all are counted.
const findingsKept = 20

func newTally() *Tally {
	return &Tally{
		Entities: map[string]int64{},
		Reasons:  map[Outcome]map[string]int64{},
		Empty:    map[string]int64{},
		Found:    map[finding.Code]int64{},
		fates:    marks{},
	}
}

// String accounts for the rows in one line.
func (t *Tally) String() string {
	entities := int64(0)
	for _, n := range t.Entities {
		entities += n
	}
	rows, noun := "rows", "entities"
	if t.Read == 1 {
		rows = "row"
	}
	if entities == 1 {
		noun = "entity"
	}
	return fmt.Sprintf("%d %s read = %d written + %d merged + %d filtered + %d rejected; %d %s",
		t.Read, rows, t.Written, t.Merged, t.Filtered, t.Rejected, entities, noun)
}

func (t *Tally) count(outcome Outcome, reason string) {
	t.Read++
	switch outcome {
	case Written:
		t.Written++
		return
	case Merged:
		t.Merged++
	case Filtered:
		t.Filtered++
	case Rejected:
		t.Rejected++
	}
	if t.Reasons[outcome] == nil {
		t.Reasons[outcome] = map[string]int64{}
	}
	t.Reasons[outcome][reason]++
}

// rejectLate counts a row as rejected that was counted as written or merged. It
// gives false, and does nothing, where that was done before.
func (t *Tally) rejectLate(row int64, faults []finding.Finding) bool {
	switch mark := t.fates.get(row); mark {
	case lateReject:
		return false
	case 0:
		t.Written--
	default:
		t.Merged--
		t.Reasons[Merged][mergeReasons[mapping.Merge(mark-1)]]--
	}
	t.fates.set(row, lateReject)
	t.Read--
	t.count(Rejected, string(faults[0].Code))
	t.Report(faults...)
	return true
}

// Report adds findings, of each code the first few.
func (t *Tally) Report(list ...finding.Finding) {
	for _, f := range list {
		if t.Found[f.Code] < findingsKept {
			t.Findings = append(t.Findings, f)
		}
		t.Found[f.Code]++
	}
}

// work is a batch on its way through the goroutines, with all its memory.
type work struct {
	seq    int
	batch  record.Batch
	result mapping.BatchResult
	// json holds the texts of entities that no mapping.Encoder wrote.
	json  []byte
	texts [][]byte
}

// Convert reads the whole source once and hands its entities to out. It tells
// log of every loss; log may be nil. The error is of the system, or a
// *source.Error; what was handed on before it stands.
func (f *Flow) Convert(ctx context.Context, out Output, log func(Loss) error) (*Tally, error) {
	workers := f.options.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	free := make(chan *work, workers+2)
	filled := make(chan *work)
	done := make(chan *work, workers)
	for range cap(free) {
		free <- &work{}
	}

	// The group's context ends with the group, and before finish.
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(filled)
		return f.read(groupCtx, free, filled)
	})
	applying, applyCtx := errgroup.WithContext(groupCtx)
	apply := f.applier(out.Text)
	for range workers {
		applying.Go(func() error {
			for w := range filled {
				apply(w)
				select {
				case done <- w:
				case <-applyCtx.Done():
					return applyCtx.Err()
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(done)
		return applying.Wait()
	})

	if log == nil {
		log = func(Loss) error { return nil }
	}
	c := &collector{flow: f, out: out, log: log, tally: newTally(), index: newIndex(f.options.TempDir), definitions: f.Plan.Entities()}
	defer c.close()
	c.holdAll = holdsAll(c.definitions)
	group.Go(func() error { return c.collect(groupCtx, done, free) })
	if err := group.Wait(); err != nil {
		return c.tally, err
	}
	if err := c.finish(ctx); err != nil {
		return c.tally, err
	}
	c.tally.Report(c.places.swapped(c.origin.At)...)
	c.tally.Skipped = int64(f.source.Skipped())
	c.tally.Report(f.source.Findings()...)
	return c.tally, nil
}

// holdsAll says whether entities wait for the end of the source. Their items are
// then at the number of the record alone.
func holdsAll(definitions []mapping.EntityInfo) bool {
	return slices.ContainsFunc(definitions, func(d mapping.EntityInfo) bool {
		return d.Merge == mapping.MergeLast || d.Merge == mapping.MergeHistory
	})
}

// read fills free batches from the source until it ends.
func (f *Flow) read(ctx context.Context, free <-chan *work, filled chan<- *work) error {
	for seq := 0; ; seq++ {
		var w *work
		select {
		case w = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		w.seq = seq
		w.batch.Reset()
		err := f.source.Next(ctx, &w.batch)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case filled <- w:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// applier gives the function that makes the entities of a batch, and their text
// where there is one.
func (f *Flow) applier(text *Text) func(*work) {
	if text == nil {
		return func(w *work) { f.Plan.ApplyBatch(&w.batch, &w.result) }
	}
	if text.Representation == ngsild.Normalized {
		if encoder := f.Plan.Encoder(text.Context); encoder != nil {
			return func(w *work) { encoder.ApplyBatch(&w.batch, &w.result) }
		}
	}
	return func(w *work) {
		f.Plan.ApplyBatch(&w.batch, &w.result)
		w.json, w.texts = w.json[:0], w.texts[:0]
		for i := range w.result.Rows {
			row := &w.result.Rows[i]
			first := len(w.texts)
			for j := range row.Entities {
				start := len(w.json)
				w.json = text.append(w.json, &row.Entities[j])
				w.texts = append(w.texts, w.json[start:len(w.json):len(w.json)])
			}
			row.JSON = w.texts[first:len(w.texts):len(w.texts)]
		}
	}
}

// collector puts batches back in order and decides what becomes of each row.
type collector struct {
	flow  *Flow
	out   Output
	log   func(Loss) error
	tally *Tally
	index *index
	held  *holder // made when a policy needs it
	// holdAll says that entities wait for the end of the source: some may still
	// be merged, and the others keep their place among them.
	holdAll bool
	// late are the faults of rows that were found after the source had ended.
	late map[int64][]lateFault
	// definitions are the plan's entities, by their number.
	definitions []mapping.EntityInfo

	origin record.Origin
	places places
	items  []Item
	keys   []entry // of all entities of the batch
	fates  []fate  // of the current row's entities
}

// fate is what becomes of one entity of a row.
type fate struct {
	key   entry
	first int64 // the row that made the id first, or 0
}

func (c *collector) close() {
	c.index.close()
	if c.held != nil {
		c.held.close()
	}
}

func (c *collector) collect(ctx context.Context, done <-chan *work, free chan<- *work) error {
	waiting := map[int]*work{}
	next := 0
	for w := range done {
		waiting[w.seq] = w
		for waiting[next] != nil {
			w := waiting[next]
			delete(waiting, next)
			next++
			if err := c.batch(ctx, w); err != nil {
				return err
			}
			free <- w
		}
	}
	return ctx.Err()
}

// batch accounts for the rows of one batch and hands its entities on.
func (c *collector) batch(ctx context.Context, w *work) error {
	c.origin = w.batch.Origin
	c.items = c.items[:0]
	c.keys = c.keys[:0]
	for i := range w.result.Rows {
		for j := range w.result.Rows[i].Entities {
			c.keys = append(c.keys, c.index.hash(w.result.Rows[i].Entities[j].ID))
		}
	}
	c.index.touch(c.keys)
	c.places.add(w.result.Places(), w.batch.Header.Names)
	made := 0 // entities before the current row
	for i := range w.result.Rows {
		if err := c.row(w, i, made); err != nil {
			return err
		}
		made += len(w.result.Rows[i].Entities)
	}
	for column, n := range w.result.Empty {
		if n > 0 {
			c.tally.Empty[w.batch.Header.Names[column]] += int64(n)
		}
	}
	return c.write(ctx)
}

func (c *collector) write(ctx context.Context) error {
	if len(c.items) == 0 {
		return nil
	}
	// Entities of one type mostly stand together: the map is asked once for them.
	of, n := c.items[0].Entity.Types[0], int64(0)
	for i := range c.items {
		if t := c.items[i].Entity.Types[0]; t != of {
			c.tally.Entities[of] += n
			of, n = t, 0
		}
		n++
	}
	c.tally.Entities[of] += n
	return c.out.Write(ctx, c.items)
}

// row decides what becomes of one row. made is how many entities the rows
// before it in the batch have.
func (c *collector) row(w *work, i, made int) error {
	r := &w.result.Rows[i]
	loss := Loss{Header: w.batch.Header, Record: &w.batch.Records[i], Row: int64(r.Row), Definition: WholeRow}
	switch r.Outcome {
	case mapping.Filtered:
		loss.Outcome, loss.Reason = Filtered, r.Reason
		c.tally.count(Filtered, r.Reason)
		return c.log(loss)
	case mapping.Rejected:
		return c.reject(loss, r.Findings)
	}

	c.fates = c.fates[:0]
	for j := range r.Entities {
		f := fate{key: c.keys[made+j]}
		var err error
		if f.first, err = c.index.find(f.key); err != nil {
			return err
		}
		for k, before := range c.fates {
			if before.key == f.key {
				f.first = packed(loss.Row, r.Definitions[k])
			}
		}
		if f.first != 0 && !c.mayMerge(f.first, r.Definitions[j]) {
			return c.reject(loss, []finding.Finding{c.collision(w.batch.At(loss.Record, ""), loss.Row, r.Entities[j].ID, f.first)})
		}
		c.fates = append(c.fates, f)
	}
	worst, reason := Written, ""
	for j, f := range c.fates {
		definition := r.Definitions[j]
		policy := c.definitions[definition].Merge
		if f.first == 0 {
			f.first = packed(loss.Row, definition)
			if err := c.index.add(f.key, f.first); err != nil {
				return err
			}
		} else {
			worst, reason = Merged, mergeReasons[policy]
			c.tally.fates.set(loss.Row, 1+byte(policy))
			if policy != mapping.MergeLast { // which row is the last is known at the end
				loss.Outcome, loss.Reason, loss.Definition = Merged, reason, definition
				if err := c.log(loss); err != nil {
					return err
				}
			}
			if policy == mapping.MergeFirst {
				continue
			}
		}
		if c.holdAll {
			if err := c.hold(f.first, definition, loss.Row, &r.Entities[j]); err != nil {
				return err
			}
			continue
		}
		item := Item{Entity: &r.Entities[j], At: w.batch.At(loss.Record, "")}
		if r.JSON != nil {
			item.JSON = r.JSON[j]
		}
		c.items = append(c.items, item)
	}
	c.tally.count(worst, reason)
	return c.notMade(loss, r)
}

// mergeReasons say why a row made no entity of its own.
var mergeReasons = map[mapping.Merge]string{
	mapping.MergeFirst:   "an earlier row of the same id counts",
	mapping.MergeLast:    "the last row of the same id counts",
	mapping.MergeHistory: "joined the history of its id",
}

// packed is a row and a definition in one number, as the index keeps them.
func packed(row int64, definition int) int64 { return row<<8 | int64(definition&0xff) }

// mayMerge says whether a definition may make the id again that was first made
// by the packed row and definition.
func (c *collector) mayMerge(first int64, definition int) bool {
	return int(first&0xff) == definition&0xff && c.definitions[definition].Merge != mapping.MergeError
}

// collision is the fault of a row that makes an id again; at is its place.
func (c *collector) collision(at finding.Location, row int64, id string, first int64) finding.Finding {
	at.Entity = strings.Clone(id)
	hint := "delete one of the rows, make the id of more columns, or set merge: first, last or history"
	if first>>8 == row {
		return finding.New(finding.RowCollision, at, "two entities of this row have one id").WithHint("give the entities of the mapping different ids")
	}
	earlier := c.origin.At(int(first>>8), "")
	if at.File != earlier.File { // of the result of a query
		return finding.New(finding.RowCollision, at, "row %d of %s, which comes from here, makes the same id as its row %d", row, earlier.File, earlier.Row).WithHint("%s", hint)
	}
	return finding.New(finding.RowCollision, at, "this row makes the same id as row %d", earlier.Row).WithHint("%s", hint)
}

func (c *collector) reject(loss Loss, faults []finding.Finding) error {
	loss.Outcome, loss.Findings = Rejected, faults
	if len(faults) > 0 {
		loss.Reason = string(faults[0].Code)
	}
	c.tally.count(Rejected, loss.Reason)
	c.tally.Report(faults...)
	return c.log(loss)
}

// notMade tells of the definitions that a written row left out (when).
func (c *collector) notMade(loss Loss, r *mapping.RowResult) error {
	if len(r.Definitions) == len(c.definitions) {
		return nil
	}
	next := 0
	for definition := range c.definitions {
		if next < len(r.Definitions) && r.Definitions[next] == definition {
			next++
			continue
		}
		loss.Outcome, loss.Reason, loss.Definition = Filtered, "the condition of the entity (when) is false", definition
		if err := c.log(loss); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) hold(first int64, definition int, row int64, e *ngsild.Entity) error {
	if c.held == nil {
		var err error
		if c.held, err = newHolder(c.flow.options.TempDir); err != nil {
			return err
		}
	}
	return c.held.put(first, definition, row, e)
}

// finish hands on the entities that were held, in the order of their first rows.
func (c *collector) finish(ctx context.Context) error {
	if c.held == nil {
		return nil
	}
	c.items = c.items[:0]
	c.late = map[int64][]lateFault{}
	err := c.held.each(func(definition int, rows []heldRow) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.merge(definition, rows); err != nil || len(c.items) < record.Records {
			return err
		}
		err := c.write(ctx)
		c.items = c.items[:0]
		return err
	})
	if err != nil {
		return err
	}
	if err := c.write(ctx); err != nil {
		return err
	}
	return c.flow.logLate(ctx, c.late, c.log)
}

// standIn tells that, where the first row of an id could not join its history,
// the first that did stands for the entity, and is not merged into another.
func (c *collector) standIn(definition int, rows []heldRow, conflicts []conflict) error {
	refused := func(row int64) bool {
		return slices.ContainsFunc(conflicts, func(one conflict) bool { return one.row == row })
	}
	if !refused(rows[0].row) {
		return nil
	}
	for _, r := range rows[1:] {
		if !refused(r.row) {
			return c.log(Loss{Row: r.row, Definition: definition, Outcome: Written, Reason: "stands for its id: the first row of it was rejected"})
		}
	}
	return nil
}

// merge makes one entity of its rows.
func (c *collector) merge(definition int, rows []heldRow) error {
	last := rows[len(rows)-1]
	e := last.entity
	if c.definitions[definition].Merge == mapping.MergeHistory {
		var conflicts []conflict
		e, last, conflicts = mergeHistory(rows, c.origin)
		for _, conflict := range conflicts {
			at := c.origin.At(int(conflict.row), "")
			at.Entity = conflict.id
			fault := finding.New(finding.RowCollision, at, "%s", conflict.what).WithHint("%s", conflict.hint)
			c.tally.rejectLate(conflict.row, []finding.Finding{fault})
			c.late[conflict.row] = append(c.late[conflict.row], lateFault{definition, fault})
		}
		if e == nil {
			return nil
		}
		if err := c.standIn(definition, rows, conflicts); err != nil {
			return err
		}
	} else {
		for _, r := range rows[:len(rows)-1] {
			loss := Loss{Row: r.row, Definition: definition, Outcome: Merged, Reason: mergeReasons[mapping.MergeLast]}
			if err := c.log(loss); err != nil {
				return err
			}
		}
	}
	item := Item{Entity: e, At: c.origin.At(int(last.row), "")}
	if c.out.Text != nil {
		item.JSON = c.out.Text.append(nil, e)
	}
	c.items = append(c.items, item)
	return nil
}

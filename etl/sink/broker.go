package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Mode says what a push does with entities that the broker has or lacks.
type Mode uint8

// The modes.
const (
	ModeUpsert  Mode = iota // create, or add and overwrite attributes; others stay
	ModeCreate              // create; one that is there and differs fails
	ModeUpdate              // add and overwrite attributes; one that is not there fails
	ModeReplace             // create, or replace as a whole
)

var modes = [...]string{ModeUpsert: "upsert", ModeCreate: "create", ModeUpdate: "update", ModeReplace: "replace"}

// String gives the word that ParseMode reads.
func (m Mode) String() string { return modes[m] }

// ParseMode reads "upsert", "create", "update" or "replace".
func ParseMode(text string) (Mode, error) {
	if i := slices.Index(modes[:], text); i >= 0 {
		return Mode(i), nil
	}
	return 0, fmt.Errorf("unknown mode %q: %s", text, strings.Join(modes[:], ", "))
}

// Item is an entity on its way to the broker.
type Item struct {
	// Entity is used during Push only. Its names are those of Context.
	Entity *ngsild.Entity
	// Context is the @context of the entity's names; nil is that of the client.
	Context *jsonld.Context
	// Origin is where the entity comes from, row by row; it is kept until the
	// broker has answered.
	Origin []finding.Location
}

// Counts says what became of the entities that were pushed.
type Counts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Failed    int `json:"failed"`
}

// Total is the number of entities of which it is known what became of them.
func (c Counts) Total() int { return c.Created + c.Updated + c.Unchanged + c.Failed }

// DefaultConnections is how many batches are under way at once.
const DefaultConnections = 4

// BrokerOptions of a push. The zero value is an upsert.
type BrokerOptions struct {
	Mode Mode
	// Connections bounds the batches under way at once; 0 is the default.
	Connections int
	// Checkpoint is a file that says, after each acknowledged batch, how far the
	// push is; none is written where it is empty.
	Checkpoint string
	// Fingerprint stands for the source and its mapping in the checkpoint.
	Fingerprint string
	// Report is told of each entity that was refused, in the order in which they
	// were pushed; may be nil. It is never called twice at a time.
	Report func(finding.Finding)
	// Progress is told the counts after each batch; may be nil. It is never
	// called twice at a time.
	Progress func(Counts)
}

// Broker pushes entities into a broker. For each batch it reads what the broker
// holds, and sends only what differs, so that a push of the same entities changes
// nothing, and one that was cut off ends, once it is run again, where an
// undisturbed one would have ended.
//
// Its memory is bounded by the batches under way. Entities of one id reach the
// broker in the order of Push. Push is not safe for several goroutines.
type Broker struct {
	client *client.Client
	opts   BrokerOptions
	make   string // of the broker, for messages

	batcher *client.Batcher
	next    job

	ctx     context.Context
	workers *errgroup.Group
	jobs    chan job
	sent    int // jobs dispatched
	closed  bool

	mu       sync.Mutex
	moved    *sync.Cond // a job was finished or the push has failed
	flying   map[string]bool
	finished map[int]outcome // of jobs that wait for an earlier one
	released int             // jobs whose outcome was told
	failed   error
	counts   Counts
	mark     Checkpoint
	before   int
}

// job is one batch with where its entities come from.
type job struct {
	number   int
	payloads []client.Payload
	origins  [][]finding.Location
	refused  []finding.Finding // too large for any batch
}

type outcome struct {
	counts   Counts
	findings []finding.Finding
	items    int
}

// NewBroker asks the broker what it is and gets ready to push; the error is
// client.ErrUnreachable where nothing answers. Close has to be called, also after
// a failure; ctx ends the push early.
func NewBroker(ctx context.Context, c *client.Client, opts BrokerOptions) (*Broker, error) {
	found, err := c.Probe(ctx)
	if err != nil {
		return nil, err
	}
	if opts.Connections <= 0 {
		opts.Connections = DefaultConnections
	}
	b := &Broker{client: c, opts: opts, make: found.String(), batcher: c.NewBatcher(),
		jobs: make(chan job), flying: map[string]bool{}, finished: map[int]outcome{}}
	b.moved = sync.NewCond(&b.mu)
	b.mark = Checkpoint{Fingerprint: opts.Fingerprint, Broker: c.URL(), Mode: opts.Mode.String()}
	if opts.Checkpoint != "" {
		old, err := ReadCheckpoint(opts.Checkpoint)
		if err != nil {
			return nil, err
		}
		if old.same(b.mark) && !old.Done {
			b.before = old.Acknowledged
		}
	}
	b.workers, b.ctx = errgroup.WithContext(ctx)
	for range opts.Connections {
		b.workers.Go(b.work)
	}
	return b, nil
}

// Interrupted gives how many entities an earlier push of the same source to the
// same broker had acknowledged when it was cut off, or 0. They are compared
// again, since only the broker knows what it still holds.
func (b *Broker) Interrupted() int { return b.before }

// Push takes one entity. The error is of the push as a whole, and of an earlier
// entity as a rule; an entity that the broker refuses is no error but a finding.
func (b *Broker) Push(item Item) error {
	p := b.client.Payload(item.Entity, item.Context)
	full, err := b.batcher.Add(p)
	if err != nil {
		var large *client.TooLargeError
		if !errors.As(err, &large) {
			return err
		}
		b.next.refused = append(b.next.refused, finding.New(finding.BrokerTooLarge, place(p.ID, item.Origin),
			"entity %s is %d bytes large, more than one request may carry (%d)%s", p.ID, large.Bytes, large.Most, others(item.Origin)).
			WithHint("leave out of the mapping what makes it large, such as a long geometry or text"))
		return nil
	}
	if full != nil {
		if err := b.dispatch(full); err != nil {
			return err
		}
	}
	b.next.origins = append(b.next.origins, item.Origin)
	return nil
}

// Close sends what is left, waits for all answers and gives the counts. They
// stand also where the push has failed, for what was acknowledged until then.
func (b *Broker) Close() (Counts, error) {
	if b.closed {
		return b.counts, b.failed
	}
	b.closed = true
	var err error
	if rest := b.batcher.Flush(); rest != nil || len(b.next.refused) > 0 {
		err = b.dispatch(rest)
	}
	close(b.jobs)
	if workErr := b.workers.Wait(); workErr != nil {
		err = workErr
	}
	if err == nil {
		b.mark.Done = true
		err = b.save()
	}
	b.failed = err
	return b.counts, err
}

// dispatch hands a batch to a worker, once no entity of it is under way and
// enough of the earlier ones are done.
func (b *Broker) dispatch(full []client.Payload) error {
	j := b.next
	j.number, j.payloads = b.sent, full
	b.next = job{}
	b.mu.Lock()
	for b.failed == nil && (b.sent-b.released >= 4*b.opts.Connections || b.overlaps(full)) {
		b.moved.Wait()
	}
	failed := b.failed
	if failed == nil {
		for _, p := range full {
			b.flying[p.ID] = true
		}
	}
	b.mu.Unlock()
	if failed != nil {
		return failed
	}
	select {
	case b.jobs <- j:
		b.sent++
		return nil
	case <-b.ctx.Done():
		return b.failure()
	}
}

func (b *Broker) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		return b.failed
	}
	return context.Cause(b.ctx)
}

func (b *Broker) overlaps(list []client.Payload) bool {
	return slices.ContainsFunc(list, func(p client.Payload) bool { return b.flying[p.ID] })
}

func (b *Broker) work() error {
	for j := range b.jobs {
		out, err := b.push(j)
		if err == nil {
			err = b.finish(j, out)
		}
		if err != nil {
			b.mu.Lock()
			if b.failed == nil {
				b.failed = err
			}
			b.moved.Broadcast()
			b.mu.Unlock()
			return err
		}
	}
	return nil
}

// finish tells what became of a batch, after all earlier ones.
func (b *Broker) finish(j job, out outcome) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.moved.Broadcast()
	for _, p := range j.payloads {
		delete(b.flying, p.ID)
	}
	b.finished[j.number] = out
	for {
		out, ok := b.finished[b.released]
		if !ok {
			return nil
		}
		delete(b.finished, b.released)
		b.released++
		b.counts.Created += out.counts.Created
		b.counts.Updated += out.counts.Updated
		b.counts.Unchanged += out.counts.Unchanged
		b.counts.Failed += out.counts.Failed
		if b.opts.Report != nil {
			for _, f := range out.findings {
				b.opts.Report(f)
			}
		}
		if b.opts.Progress != nil {
			b.opts.Progress(b.counts)
		}
		b.mark.Acknowledged += out.items
		b.mark.Counts = b.counts
		if err := b.save(); err != nil {
			return err
		}
	}
}

func (b *Broker) save() error {
	if b.opts.Checkpoint == "" {
		return nil
	}
	return b.mark.write(b.opts.Checkpoint)
}

// push compares a batch with what the broker holds and sends what differs.
func (b *Broker) push(j job) (outcome, error) {
	out := outcome{items: len(j.payloads) + len(j.refused), findings: j.refused}
	out.counts.Failed = len(j.refused)
	if len(j.payloads) == 0 {
		return out, b.ctx.Err()
	}
	same, held, err := b.client.Compare(b.ctx, j.payloads)
	if err != nil {
		return out, err
	}
	var send []client.Payload
	var origins [][]finding.Location
	refuse := func(id string, origin []finding.Location, problem ngsild.ProblemDetails) {
		out.counts.Failed++
		out.findings = append(out.findings, b.refusal(id, origin, problem))
	}
	for i, p := range j.payloads {
		if same[p.ID] {
			out.counts.Unchanged++
			continue
		}
		there := held[p.ID]
		if there == nil {
			if b.opts.Mode == ModeUpdate {
				refuse(p.ID, j.origins[i], ngsild.NewProblem(ngsild.ErrorResourceNotFound, "the broker does not have the entity", ""))
				continue
			}
			send, origins = append(send, p), append(origins, j.origins[i])
			continue
		}
		differs, err := b.differing(p, there)
		if err != nil {
			return out, err
		}
		if differs == nil {
			out.counts.Unchanged++
			continue
		}
		if b.opts.Mode == ModeCreate {
			refuse(p.ID, j.origins[i], ngsild.NewProblem(ngsild.ErrorAlreadyExists, "the broker has the entity already, and it differs", ""))
			continue
		}
		send, origins = append(send, *differs), append(origins, j.origins[i])
	}
	results, err := b.send(send)
	if err != nil {
		return out, err
	}
	for i, r := range results {
		switch {
		case r.Outcome == client.Refused:
			refuse(r.ID, origins[i], r.Problem)
		case held[r.ID] == nil:
			out.counts.Created++
		default:
			out.counts.Updated++
		}
	}
	return out, nil
}

func (b *Broker) send(list []client.Payload) ([]client.Result, error) {
	switch b.opts.Mode {
	case ModeCreate:
		return b.client.BatchCreate(b.ctx, list)
	case ModeUpdate:
		return b.client.BatchUpdate(b.ctx, list)
	case ModeReplace:
		return b.client.BatchUpsert(b.ctx, list, client.Replace)
	}
	return b.client.BatchUpsert(b.ctx, list, client.Update)
}

// differing gives what has to be sent so that the broker holds the entity, or
// nil where it does already. Where attributes are added and overwritten, only
// those that differ are sent: the others keep their modifiedAt.
func (b *Broker) differing(p client.Payload, there *ngsild.Entity) (*client.Payload, error) {
	ours, err := b.client.Sent(p)
	if err != nil {
		return nil, err
	}
	if b.opts.Mode == ModeReplace || b.opts.Mode == ModeCreate {
		if ngsild.Equal(ours, there) {
			return nil, nil
		}
		return &p, nil
	}
	changed := map[string]bool{}
	for i := range ours.Attributes {
		if a := &ours.Attributes[i]; !holds(there, a) {
			changed[a.Name] = true
		}
	}
	head := ngsild.Entity{ID: ours.ID, Scopes: ours.Scopes, ExpiresAt: ours.ExpiresAt}
	theirs := ngsild.Entity{ID: there.ID}
	if len(head.Scopes) > 0 {
		theirs.Scopes = there.Scopes
	}
	if head.ExpiresAt != "" {
		theirs.ExpiresAt = there.ExpiresAt
	}
	typed := !slices.ContainsFunc(ours.Types, func(t string) bool { return !slices.Contains(there.Types, t) })
	if len(changed) == 0 && typed && ngsild.Equal(&head, &theirs) {
		return nil, nil
	}
	// Names as they are sent, in the order of ours.
	sent, _, err := ngsild.Decode(p.Body)
	if err != nil {
		return nil, fmt.Errorf("read the payload of %s: %w", p.ID, err)
	}
	kept := sent.Attributes[:0]
	for i, a := range sent.Attributes {
		if changed[ours.Attributes[i].Name] {
			kept = append(kept, a)
		}
	}
	sent.Attributes = kept
	return &client.Payload{ID: p.ID, Type: p.Type, Body: sent.AppendJSON(nil, ngsild.Normalized)}, nil
}

// holds reports whether an entity has exactly this attribute.
func holds(e *ngsild.Entity, a *ngsild.Attribute) bool {
	for i := range e.Attributes {
		other := &e.Attributes[i]
		if other.Name == a.Name && other.DatasetID == a.DatasetID {
			return ngsild.Equal(&ngsild.Entity{Attributes: []ngsild.Attribute{*a}}, &ngsild.Entity{Attributes: []ngsild.Attribute{*other}})
		}
	}
	return false
}

// refusal is the finding about an entity that the broker refused.
func (b *Broker) refusal(id string, origin []finding.Location, p ngsild.ProblemDetails) finding.Finding {
	said := p.Error()
	if said == "" && p.Status != 0 {
		said = "status " + strconv.Itoa(p.Status)
	}
	if said == "" {
		said = "no reason given"
	}
	f := finding.New(finding.BrokerRefused, place(id, origin), "entity %s was not taken by %s: %s%s", id, b.make, said, others(origin))
	switch {
	case p.Type == ngsild.ErrorAlreadyExists:
		return f.WithHint("push with --mode upsert to change it, or with --mode replace to replace it")
	case p.Type == ngsild.ErrorResourceNotFound && b.opts.Mode == ModeUpdate:
		return f.WithHint("push with --mode upsert to create it")
	}
	return f.WithHint("correct the row or the mapping and push again: what was taken is not sent twice")
}

func place(id string, origin []finding.Location) finding.Location {
	var at finding.Location
	if len(origin) > 0 {
		at = origin[0]
	}
	at.Entity = id
	return at
}

// others names the rows beside the first that an entity comes from.
func others(origin []finding.Location) string {
	const most = 5
	if len(origin) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString(" (made with row")
	if len(origin) > 2 {
		b.WriteByte('s')
	}
	for i, at := range origin[1:] {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(origin)-1-most)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte(' ')
		if at.File != origin[0].File || at.Sheet != origin[0].Sheet || at.Row == 0 {
			b.WriteString(at.String())
		} else {
			b.WriteString(strconv.Itoa(at.Row))
		}
	}
	b.WriteByte(')')
	return b.String()
}

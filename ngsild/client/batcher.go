package client

import "fmt"

// Batcher gathers payloads into batches that one request can carry: bounded by
// count and by the bytes of the whole body, and without any id twice. Payloads
// keep their order over all batches. It is not safe for several goroutines.
type Batcher struct {
	maxCount, maxBytes int

	batch []Payload
	ids   map[string]struct{}
	bytes int
}

// NewBatcher gives a Batcher for this broker, within its quirks.
func (c *Client) NewBatcher() *Batcher {
	return &Batcher{maxCount: c.batchLimit(), maxBytes: c.opts.MaxBytes, ids: map[string]struct{}{}}
}

func (c *Client) batchLimit() int {
	if q := c.quirks().batch; q > 0 {
		return min(q, c.opts.MaxBatch)
	}
	return c.opts.MaxBatch
}

// TooLargeError is an entity that no request can carry, even alone.
type TooLargeError struct {
	ID          string
	Bytes, Most int
}

// Error names the entity and its size.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("entity %s is %d bytes large; a request may have %d", e.ID, e.Bytes, e.Most)
}

// size of a body is that of its payloads, a comma after each but the last, and
// two brackets.
const overhead = 1

// Add takes a payload. Where it does not fit into the batch gathered so far,
// that batch is given back, full, and the payload begins the next. The error is
// a *TooLargeError; the payload was not taken then.
func (b *Batcher) Add(p Payload) (full []Payload, err error) {
	size := len(p.Body) + overhead
	if size+overhead > b.maxBytes {
		return nil, &TooLargeError{ID: p.ID, Bytes: len(p.Body), Most: b.maxBytes - 2*overhead}
	}
	_, twice := b.ids[p.ID]
	if twice || len(b.batch) >= b.maxCount || b.bytes+size+overhead > b.maxBytes {
		full = b.Flush()
	}
	b.batch = append(b.batch, p)
	b.ids[p.ID] = struct{}{}
	b.bytes += size
	return full, nil
}

// Flush gives what was gathered, nil where there is nothing, and begins anew.
// The batch is the caller's.
func (b *Batcher) Flush() []Payload {
	full := b.batch
	if full == nil {
		return nil
	}
	b.batch = nil
	b.bytes = 0
	clear(b.ids)
	return full
}

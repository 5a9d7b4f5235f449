package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/ldtkit/ldt/ngsild"
)

// Outcome is what became of one entity of a batch.
type Outcome uint8

// The outcomes.
const (
	Refused  Outcome = iota // Problem says why
	Created                 // it was not there before
	Updated                 // it was there and has changed
	Deleted                 // it is gone
	Accepted                // the broker took it and did not say whether it was there before
)

// String gives the outcome as a word.
func (o Outcome) String() string {
	switch o {
	case Created:
		return "created"
	case Updated:
		return "updated"
	case Deleted:
		return "deleted"
	case Accepted:
		return "accepted"
	}
	return "refused"
}

// Result is what became of one entity of a batch.
type Result struct {
	ID      string
	Outcome Outcome
	// Problem is the broker's own reason where the entity was refused.
	Problem ngsild.ProblemDetails
}

// UpsertMode says what an upsert does with an entity that is there.
type UpsertMode uint8

// The modes (CIM 009 v1.8 clause 5.6.8).
const (
	Update  UpsertMode = iota // its attributes are added or overwritten, others stay
	Replace                   // it is replaced as a whole: the API's default
)

// Each Batch… sends the payloads in one request, and in more where the broker
// refuses a request as a whole, to find the entity at fault. Results are in the
// order of the payloads. The error is of the whole: an unreachable broker, a
// refused token; the results are nil then, and what the broker did is not known.
// An empty list sends nothing. The caller bounds batches, with a Batcher.

// BatchCreate creates entities; one that exists is refused (CIM 009 v1.8 clause
// 5.6.7). Where an answer was lost and the request repeated, an entity that
// exists exactly as it was sent counts as Created: it was this call that made it.
func (c *Client) BatchCreate(ctx context.Context, list []Payload) ([]Result, error) {
	return c.batch(ctx, operation{path: "create", done: Created}, list)
}

// BatchUpsert creates entities or changes those that are there (clause 5.6.8).
func (c *Client) BatchUpsert(ctx context.Context, list []Payload, mode UpsertMode) ([]Result, error) {
	op := operation{path: "upsert", done: Accepted}
	if mode == Update {
		op.path += "?options=update"
	}
	return c.batch(ctx, op, list)
}

// BatchUpdate adds or overwrites attributes of entities that are there; one that
// is not is refused (clause 5.6.9).
func (c *Client) BatchUpdate(ctx context.Context, list []Payload) ([]Result, error) {
	return c.batch(ctx, operation{path: "update", done: Updated}, list)
}

// BatchMerge merges into entities that are there, down to single members (clause 5.6.20).
func (c *Client) BatchMerge(ctx context.Context, list []Payload) ([]Result, error) {
	return c.batch(ctx, operation{path: "merge", done: Updated}, list)
}

// BatchDelete deletes entities by their ids; one that is not there is refused
// (clause 5.6.10), unless an answer was lost and the request repeated.
func (c *Client) BatchDelete(ctx context.Context, ids []string) ([]Result, error) {
	list := make([]Payload, len(ids))
	for i, id := range ids {
		text, err := json.Marshal(id)
		if err != nil {
			return nil, err
		}
		list[i] = Payload{ID: id, Body: text}
	}
	return c.batch(ctx, operation{path: "delete", done: Deleted}, list)
}

type operation struct {
	path string
	done Outcome
}

func (c *Client) batch(ctx context.Context, op operation, list []Payload) ([]Result, error) {
	if len(list) == 0 {
		return nil, nil
	}
	r := request{
		method: http.MethodPost,
		path:   apiPath + "/entityOperations/" + op.path,
		body:   join(list),
		// Some brokers answer 400, 404 or 409 where every entity of a batch is
		// refused; the reasons stand in the body all the same.
		accepts: func(_ int, _ ngsild.ProblemDetails, body []byte) bool {
			_, ok := readBatchAnswer(body)
			return ok
		},
	}
	if op.done != Deleted {
		switch c.opts.ContextMode {
		case Inline:
			r.contentType = "application/ld+json"
		case Link:
			r.link = true
		}
	}
	a, err := c.do(ctx, r)
	var results []Result
	var refused *Error
	switch {
	case err == nil:
		results = resultsOf(op, a, list)
	case !errors.As(err, &refused) || !isContent(refused):
		return nil, err
	case len(list) > 1:
		return c.split(ctx, op, list)
	default:
		results = []Result{{ID: list[0].ID, Problem: refused.Problem}}
	}
	if a.repeated {
		if err := c.settle(ctx, op, list, results); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// isContent reports whether a refused request is at fault for what it carries,
// so that a part of it may be taken.
func isContent(refused *Error) bool {
	switch refused.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return !errors.Is(refused, ErrUnsupported)
	}
	return false
}

// split sends the halves of a batch that was refused as a whole, so that one
// entity at fault does not keep the others out.
func (c *Client) split(ctx context.Context, op operation, list []Payload) ([]Result, error) {
	half := len(list) / 2
	first, err := c.batch(ctx, op, list[:half])
	if err != nil {
		return nil, err
	}
	second, err := c.batch(ctx, op, list[half:])
	if err != nil {
		return nil, err
	}
	return append(first, second...), nil
}

// settle looks again at what a repeated request was told: what an earlier try
// did, of which the answer was lost, is no fault.
func (c *Client) settle(ctx context.Context, op operation, list []Payload, results []Result) error {
	var again []Payload
	for i := range results {
		switch {
		case results[i].Outcome != Refused:
		case op.done == Deleted && isAbsence(results[i].Problem):
			results[i] = Result{ID: results[i].ID, Outcome: Deleted}
		case op.done == Created && alreadyExists(results[i].Problem):
			again = append(again, list[i])
		}
	}
	if len(again) == 0 {
		return nil
	}
	held, err := c.Lookup(ctx, again)
	if err != nil {
		return err
	}
	for i := range results {
		if results[i].Outcome != Refused || !alreadyExists(results[i].Problem) {
			continue
		}
		if there := held[results[i].ID]; there != nil {
			if sent, err := c.Sent(list[i]); err == nil && ngsild.Equal(sent, there) {
				results[i] = Result{ID: results[i].ID, Outcome: Created}
			}
		}
	}
	return nil
}

func isAbsence(p ngsild.ProblemDetails) bool {
	return p.Type == ngsild.ErrorResourceNotFound || p.Status == http.StatusNotFound
}

func join(list []Payload) []byte {
	size := 2
	for _, p := range list {
		size += len(p.Body) + 1
	}
	body := make([]byte, 0, size)
	body = append(body, '[')
	for i, p := range list {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, p.Body...)
	}
	return append(body, ']')
}

// batchAnswer is a BatchOperationResult in the shapes that brokers give it.
type batchAnswer struct {
	success []string
	errors  []ngsild.BatchError // EntityID is empty where the broker did not say
}

// readBatchAnswer reads the body of a 207 (CIM 009 v1.8 clauses 5.2.16 and
// 5.2.17). Errors may be ProblemDetails, a string, or stand beside the id
// without a member of their own.
func readBatchAnswer(body []byte) (batchAnswer, bool) {
	var raw struct {
		Success json.RawMessage   `json:"success"`
		Errors  []json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &raw) != nil || (raw.Success == nil && raw.Errors == nil) {
		return batchAnswer{}, false
	}
	var out batchAnswer
	out.success = readIDs(raw.Success)
	for _, text := range raw.Errors {
		out.errors = append(out.errors, readBatchError(text))
	}
	return out, true
}

func readBatchError(text []byte) ngsild.BatchError {
	var said string
	if json.Unmarshal(text, &said) == nil {
		return ngsild.BatchError{Error: ngsild.ProblemDetails{Detail: said}}
	}
	var entry struct {
		EntityID string          `json:"entityId"`
		ID       string          `json:"id"`
		Error    json.RawMessage `json:"error"`
	}
	if json.Unmarshal(text, &entry) != nil {
		return ngsild.BatchError{Error: ngsild.ProblemDetails{Detail: excerpt(text)}}
	}
	out := ngsild.BatchError{EntityID: firstOf(entry.EntityID, entry.ID)}
	if entry.Error == nil {
		entry.Error = text
	}
	out.Error = readProblem(entry.Error)
	return out
}

// readProblem reads ProblemDetails whose members may have other JSON types than
// the API says, or a plain string.
func readProblem(text []byte) ngsild.ProblemDetails {
	var p ngsild.ProblemDetails
	if json.Unmarshal(text, &p) == nil {
		return p
	}
	var said string
	if json.Unmarshal(text, &said) == nil {
		return ngsild.ProblemDetails{Detail: said}
	}
	var loose map[string]json.RawMessage
	if json.Unmarshal(text, &loose) != nil {
		return ngsild.ProblemDetails{Detail: excerpt(text)}
	}
	p = ngsild.ProblemDetails{}
	take := func(name string, into any) { _ = json.Unmarshal(loose[name], into) }
	take("type", &p.Type)
	take("title", &p.Title)
	if take("detail", &p.Detail); p.Detail == "" && loose["detail"] != nil {
		p.Detail = excerpt(loose["detail"])
	}
	take("status", &p.Status)
	return p
}

// readIDs reads a list of ids; an element may also be an object that has one.
func readIDs(text []byte) []string {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	ids := make([]string, 0, len(list))
	for _, element := range list {
		var id string
		if json.Unmarshal(element, &id) != nil {
			var object struct {
				ID       string `json:"id"`
				EntityID string `json:"entityId"`
			}
			_ = json.Unmarshal(element, &object)
			id = firstOf(object.EntityID, object.ID)
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// resultsOf tells from an answer what became of each payload.
func resultsOf(op operation, a answer, list []Payload) []Result {
	results := make([]Result, len(list))
	all := func(outcome Outcome) []Result {
		for i, p := range list {
			results[i] = Result{ID: p.ID, Outcome: outcome}
		}
		return results
	}
	said, perEntity := readBatchAnswer(a.body)
	if !perEntity {
		upsert := op.done == Accepted
		switch {
		case a.status == http.StatusCreated && upsert:
			// The ids that were created; the others were there and are updated.
			created := map[string]bool{}
			for _, id := range readIDs(a.body) {
				created[id] = true
			}
			all(Updated)
			for i := range results {
				if created[results[i].ID] {
					results[i].Outcome = Created
				}
			}
			return results
		case a.status == http.StatusNoContent && upsert:
			return all(Updated)
		case a.status == http.StatusMultiStatus:
			for i, p := range list {
				results[i] = Result{ID: p.ID, Problem: unsaid(a)}
			}
			return results
		}
		return all(op.done)
	}
	position := make(map[string]int, len(list))
	for i, p := range list {
		position[p.ID] = i
		results[i] = Result{ID: p.ID, Problem: unsaid(a)}
	}
	for _, id := range said.success {
		if i, ok := position[id]; ok {
			results[i] = Result{ID: id, Outcome: op.done}
		}
	}
	var nameless *ngsild.ProblemDetails
	named := map[string]bool{}
	for _, e := range said.errors {
		i, ok := position[e.EntityID]
		if !ok {
			if nameless == nil {
				nameless = &e.Error
			}
			continue
		}
		named[e.EntityID] = true
		results[i] = Result{ID: e.EntityID, Problem: e.Error}
	}
	if nameless != nil {
		// A fault that belongs to no id belongs to those of which nothing is said.
		for i := range results {
			if results[i].Outcome == Refused && !named[results[i].ID] {
				results[i].Problem = *nameless
			}
		}
	}
	return results
}

// unsaid is the problem of an entity that an answer does not mention.
func unsaid(a answer) ngsild.ProblemDetails {
	detail := "the broker's answer does not say what became of the entity"
	if text := excerpt(bytes.TrimSpace(a.body)); text != "" && !json.Valid(a.body) {
		detail += ": " + text
	}
	return ngsild.ProblemDetails{Detail: detail, Status: a.status}
}

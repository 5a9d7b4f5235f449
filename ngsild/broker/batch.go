package broker

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// item is one entity of a batch.
type item struct {
	id     string
	entity *ngsild.Entity // nil where it was refused
	patch  *patch         // of a merge
	fresh  *Record        // entity as it is stored where it is new
	err    *problem
}

// elements splits a JSON array. The elements alias text.
func elements(text []byte, what string) ([]jsontext.Value, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	syntax := func(err error) error {
		if !jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)) {
			return invalidRequest("the body is not JSON: %v", syntaxText(err))
		}
		return badRequest("the body has to be an array of %s", what)
	}
	if dec.PeekKind() != '[' {
		_, err := dec.ReadValue()
		return nil, syntax(err)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	var list []jsontext.Value
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		end := dec.InputOffset()
		list = append(list, text[end-int64(len(v)):end:end])
		if v.Kind() == 'n' {
			return nil, badRequest("element %d of the array is null; remove it", len(list))
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	if !atEnd(dec) {
		return nil, invalidRequest("something follows the array in the body")
	}
	if len(list) == 0 {
		return nil, badRequest("the array is empty; send at least one of the %s", what)
	}
	return list, nil
}

// atEnd says whether nothing follows the value that was read.
func atEnd(dec *jsontext.Decoder) bool {
	_, err := dec.ReadToken()
	return errors.Is(err, io.EOF)
}

// syntaxText gives a JSON error without the name of the library in it.
func syntaxText(err error) string {
	var syntactic *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic) {
		return "a name stands twice in one object, at byte " + strconv.FormatInt(syntactic.ByteOffset+1, 10) + "; keep one of them"
	}
	if errors.As(err, &syntactic) && syntactic.Err != nil {
		return string(bytes.TrimPrefix([]byte(syntactic.Err.Error()), []byte("jsontext: "))) +
			" at byte " + strconv.FormatInt(syntactic.ByteOffset+1, 10)
	}
	return "it ends too early"
}

// intakeBatch reads the entities of a batch, those that are faulty with their error.
func (q *request) intakeBatch(read func(p *payload, text []byte) (item, error)) ([]item, error) {
	p, err := q.readBody()
	if err != nil {
		return nil, err
	}
	list, err := elements(p.text, "entities")
	if err != nil {
		return nil, err
	}
	items := make([]item, len(list))
	for i, text := range list {
		it, err := read(p, text)
		if err != nil {
			it.err = q.problemOf(err)
		}
		if it.id == "" {
			if it.err == nil {
				it.err = badRequest("the entity has no id").(*problem)
			}
			it.err.Detail = "element " + strconv.Itoa(i+1) + " of the array: " + it.err.Detail
		}
		items[i] = it
	}
	return items, nil
}

// readNew gives the reader of an element that may be a new entity. What it is
// stored as is made ready then, while another request has its turn with the store.
func (q *request) readNew() func(p *payload, text []byte) (item, error) {
	read, now := q.readItem(false), q.h.now()
	return func(p *payload, text []byte) (item, error) {
		it, err := read(p, text)
		if err == nil {
			it.fresh = fresh(it.entity, now)
		}
		return it, err
	}
}

// readItem gives the reader of an element that is an entity; a fragment may
// lack the type.
func (q *request) readItem(fragment bool) func(p *payload, text []byte) (item, error) {
	return func(p *payload, text []byte) (item, error) {
		var it item
		e, _, err := q.intake(p, text, fragment)
		if e != nil {
			it.id = e.ID
		}
		if err == nil {
			it.entity = e
		}
		return it, err
	}
}

// outcome collects what became of the entities of a batch.
type outcome struct {
	success []string
	created []string
	seen    map[string]bool
	errors  []ngsild.BatchError
}

func (o *outcome) ok(id string, created bool) {
	if created {
		o.created = append(o.created, id)
	}
	if !o.seen[id] {
		o.seen[id] = true
		o.success = append(o.success, id)
	}
}

// runBatch applies one function to each entity of a batch in one transaction.
// An error of apply that is meant for the client refuses that entity alone.
func (q *request) runBatch(items []item, apply func(w Writer, it *item, now string) (created bool, err error)) (*outcome, error) {
	var o *outcome
	err := q.h.store.Update(q.r.Context(), q.tenant, func(w Writer) error {
		o = &outcome{seen: make(map[string]bool, len(items)), success: make([]string, 0, len(items))}
		now := q.h.now()
		for i := range items {
			it := &items[i]
			if it.err != nil {
				o.errors = append(o.errors, ngsild.BatchError{EntityID: it.id, Error: it.err.ProblemDetails})
				continue
			}
			created, err := apply(w, it, now)
			var p *problem
			switch {
			case errors.As(err, &p):
				o.errors = append(o.errors, ngsild.BatchError{EntityID: it.id, Error: p.ProblemDetails})
			case err != nil:
				return err
			default:
				o.ok(it.id, created)
			}
		}
		return nil
	})
	return o, err
}

// multiStatus answers 207 with a BatchOperationResult.
func (q *request) multiStatus(o *outcome) error {
	body, err := json.Marshal(ngsild.BatchResult{Success: o.success, Errors: o.errors})
	if err != nil {
		return err
	}
	q.reply(http.StatusMultiStatus, mediaJSON, body)
	return nil
}

// createdIDs answers 201 with the ids of what was created.
func (q *request) createdIDs(ids []string) error {
	body, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	q.reply(http.StatusCreated, mediaJSON, body)
	return nil
}

// finish answers a batch that changes what exists.
func (q *request) finish(o *outcome, err error) error {
	switch {
	case err != nil:
		return err
	case len(o.errors) > 0:
		return q.multiStatus(o)
	}
	return q.done()
}

// batchCreate is Batch Entity Creation (clause 5.6.7).
func (q *request) batchCreate() error {
	if err := q.allow(); err != nil {
		return err
	}
	items, err := q.intakeBatch(q.readNew())
	if err != nil {
		return err
	}
	o, err := q.runBatch(items, func(w Writer, it *item, now string) (bool, error) {
		switch old, err := w.Get(it.id); {
		case err != nil:
			return false, err
		case old != nil:
			return false, alreadyExists(it.id)
		}
		return true, w.Put(*it.fresh)
	})
	switch {
	case err != nil:
		return err
	case len(o.errors) > 0:
		return q.multiStatus(o)
	}
	return q.createdIDs(o.created)
}

// batchUpsert is Batch Entity Creation or Update (clause 5.6.8).
func (q *request) batchUpsert() error {
	if err := q.allow("options"); err != nil {
		return err
	}
	opts, err := q.options("update", "replace")
	if err != nil {
		return err
	}
	if opts["update"] && opts["replace"] {
		return badRequest("options=update and options=replace exclude each other")
	}
	items, err := q.intakeBatch(q.readNew())
	if err != nil {
		return err
	}
	o, err := q.runBatch(items, func(w Writer, it *item, now string) (bool, error) {
		old, err := fetch(w, it.id)
		switch {
		case err != nil:
			return false, err
		case old == nil:
			return true, w.Put(*it.fresh)
		}
		next := copyEntity(it.entity)
		if !opts["update"] {
			return false, replace(w, next, old, now)
		}
		appendTo(old, next, true, now)
		return false, save(w, old, now)
	})
	switch {
	case err != nil:
		return err
	case len(o.errors) > 0:
		return q.multiStatus(o)
	case len(o.created) > 0:
		return q.createdIDs(o.created)
	}
	return q.done()
}

// batchUpdate is Batch Entity Update (clause 5.6.9), which appends attributes.
func (q *request) batchUpdate() error {
	if err := q.allow("options"); err != nil {
		return err
	}
	opts, err := q.options("noOverwrite", "replace", "update")
	if err != nil {
		return err
	}
	items, err := q.intakeBatch(q.readItem(true))
	if err != nil {
		return err
	}
	if err := q.needTenant(); err != nil {
		return err
	}
	return q.finish(q.runBatch(items, func(w Writer, it *item, now string) (bool, error) {
		old, err := fetch(w, it.id)
		switch {
		case err != nil:
			return false, err
		case old == nil:
			return false, noEntity(it.id)
		}
		next := copyEntity(it.entity)
		if opts["replace"] {
			if len(next.Types) == 0 {
				next.Types = old.Types
			}
			return false, replace(w, next, old, now)
		}
		appendTo(old, next, !opts["noOverwrite"], now)
		return false, save(w, old, now)
	}))
}

// batchDelete is Batch Entity Delete (clause 5.6.10).
func (q *request) batchDelete() error {
	if err := q.allow(); err != nil {
		return err
	}
	p, err := q.readBody()
	if err != nil {
		return err
	}
	list, err := elements(p.text, "ids")
	if err != nil {
		return err
	}
	items := make([]item, len(list))
	for i, text := range list {
		if text.Kind() != '"' {
			return badRequest("element %d of the array is no string; it has to be the id of an entity", i+1)
		}
		id, err := jsontext.AppendUnquote(nil, text)
		if err != nil {
			return invalidRequest("element %d of the array is no JSON string", i+1)
		}
		items[i].id = string(id)
		if err := ngsild.ValidURI(items[i].id); err != nil {
			items[i].err = badRequest("the id %q is not a URI: %v", items[i].id, err).(*problem)
		}
	}
	if err := q.needTenant(); err != nil {
		return err
	}
	return q.finish(q.runBatch(items, func(w Writer, it *item, _ string) (bool, error) {
		found, err := w.Delete(it.id)
		if err == nil && !found {
			err = noEntity(it.id)
		}
		return false, err
	}))
}

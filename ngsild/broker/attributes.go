package broker

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ldtkit/ldt/ngsild"
)

// updateResult is the answer of an operation that did a part (clause 5.2.18).
type updateResult struct {
	Updated    []string     `json:"updated"`
	NotUpdated []notUpdated `json:"notUpdated"`
}

type notUpdated struct {
	AttributeName string `json:"attributeName"`
	Reason        string `json:"reason"`
}

// fragmentRequest reads what the operations on one entity have in common: its
// id and the body.
func (q *request) fragmentRequest() (id string, p *payload, err error) {
	if id, err = q.entityID(); err == nil {
		p, err = q.readBody()
	}
	return id, p, err
}

// appendAttributes is Append Attributes (clause 5.6.3).
func (q *request) appendAttributes() error {
	if err := q.allow("options", "type"); err != nil {
		return err
	}
	opts, err := q.options("noOverwrite")
	if err != nil {
		return err
	}
	id, p, err := q.fragmentRequest()
	if err != nil {
		return err
	}
	e, ldctx, err := q.intake(p, p.text, true)
	if err != nil {
		return err
	}
	types, err := q.selectedType(ldctx)
	if err != nil {
		return err
	}
	if err := sameID(id, e.ID); err != nil {
		return err
	}
	var untouched []string
	err = q.change(id, types, func(w Writer, old *ngsild.Entity, now string) error {
		untouched = appendTo(old, copyEntity(e), !opts["noOverwrite"], now)
		return save(w, old, now)
	})
	switch {
	case err != nil:
		return err
	case len(untouched) == 0:
		return q.done()
	}
	result := updateResult{Updated: []string{}}
	left := map[string]bool{}
	for _, name := range untouched {
		left[name] = true
		result.NotUpdated = append(result.NotUpdated, notUpdated{ldctx.Compact(name), "the attribute exists already, and noOverwrite keeps it"})
	}
	told := map[string]bool{}
	for i := range e.Attributes {
		if name := e.Attributes[i].Name; !left[name] && !told[name] {
			told[name] = true
			result.Updated = append(result.Updated, ldctx.Compact(name))
		}
	}
	body, err := json.Marshal(result)
	if err != nil {
		return err
	}
	q.reply(http.StatusMultiStatus, mediaJSON, body)
	return nil
}

// applyPatch reads a fragment and applies it to the entity in the path.
func (q *request) applyPatch(mode applyMode, observedAt string) error {
	id, p, err := q.fragmentRequest()
	if err != nil {
		return err
	}
	f, err := q.readPatch(p, p.text)
	if err != nil {
		return err
	}
	types, err := q.selectedType(f.ldctx)
	if err != nil {
		return err
	}
	if err := sameID(id, f.id); err != nil {
		return err
	}
	err = q.change(id, types, func(w Writer, e *ngsild.Entity, now string) error {
		if err := f.apply(e, mode, observedAt, now); err != nil {
			return err
		}
		return save(w, e, now)
	})
	if err != nil {
		return err
	}
	return q.done()
}

// updateAttributes is Update Attributes (clause 5.6.2).
func (q *request) updateAttributes() error {
	if err := q.allow("type"); err != nil {
		return err
	}
	return q.applyPatch(updating, "")
}

// mergeEntity is Merge Entity (clause 5.6.17).
func (q *request) mergeEntity() error {
	observedAt, err := q.mergeParams("type")
	if err != nil {
		return err
	}
	return q.applyPatch(merging, observedAt)
}

// mergeParams reads the parameters of a merge. The simplified form needs no
// flag: a plain value keeps the kind of the attribute that it is merged into.
func (q *request) mergeParams(more ...string) (observedAt string, err error) {
	if err := q.allow(append(more, "options", "format", "observedAt")...); err != nil {
		return "", err
	}
	if _, err := q.options("keyValues", "simplified", "concise", "normalized"); err != nil {
		return "", err
	}
	if format, ok := q.params["format"]; ok {
		if _, err := ngsild.ParseRepresentation(format); err != nil {
			return "", badRequest("the query parameter format is %q; it is normalized, concise or simplified", format)
		}
	}
	observedAt = q.params["observedAt"]
	if observedAt != "" {
		if err := ngsild.ValidDateTime(observedAt); err != nil {
			return "", badRequest("the query parameter observedAt is %q: %v", observedAt, err)
		}
	}
	return observedAt, nil
}

// batchMerge is Batch Entity Merge (clause 5.6.20).
func (q *request) batchMerge() error {
	observedAt, err := q.mergeParams()
	if err != nil {
		return err
	}
	items, err := q.intakeBatch(func(p *payload, text []byte) (item, error) {
		f, err := q.readPatch(p, text)
		if f == nil {
			return item{}, err
		}
		return item{id: f.id, patch: f}, err
	})
	if err != nil {
		return err
	}
	if err := q.needTenant(); err != nil {
		return err
	}
	return q.finish(q.runBatch(items, func(w Writer, it *item, now string) (bool, error) {
		e, err := fetch(w, it.id)
		switch {
		case err != nil:
			return false, err
		case e == nil:
			return false, noEntity(it.id)
		}
		if err := it.patch.apply(e, merging, observedAt, now); err != nil {
			return false, err
		}
		return false, save(w, e, now)
	}))
}

// attributeArgs gives the entity's id and the attribute of the path.
func (q *request) attributeArgs() (id, term string, err error) {
	id, err = q.entityID()
	term = q.args[1]
	if err == nil && (term == ngsild.MemberID || term == ngsild.MemberType || term == ngsild.MemberContext) {
		err = badRequest("%q is no attribute", term)
	}
	return id, term, err
}

// noAttribute is for an entity without the instance of an attribute that a
// request is about.
func noAttribute(e *ngsild.Entity, name, term, datasetID string) error {
	switch {
	case datasetID != "":
		return notFound("the entity %s has no attribute %s with the datasetId %s", e.ID, term, datasetID)
	case slices.ContainsFunc(e.Attributes, func(a ngsild.Attribute) bool { return a.Name == name }):
		return notFound("each instance of the attribute %s of the entity %s has a datasetId; say which one is meant", term, e.ID)
	}
	return notFound("the entity %s has no attribute %s", e.ID, term)
}

// changeAttribute reads an attribute fragment and applies fn to the instance
// of the entity that it targets.
func (q *request) changeAttribute(fn func(f *patch, a *ngsild.Attribute, part *fragment, m member, now string) error) error {
	if err := q.allow("type"); err != nil {
		return err
	}
	id, term, err := q.attributeArgs()
	if err != nil {
		return err
	}
	if term == ngsild.MemberScope {
		return badRequest("scope cannot be changed like an attribute; use PATCH or POST on the attrs of the entity")
	}
	_, p, err := q.fragmentRequest()
	if err != nil {
		return err
	}
	text, inBody, err := cutContext(p.text)
	if err != nil {
		return err
	}
	f := &patch{}
	if f.ldctx, err = q.contextOf(p, inBody); err != nil {
		return err
	}
	types, err := q.selectedType(f.ldctx)
	if err != nil {
		return err
	}
	m := member{term: term, value: text}
	m.name, _ = f.ldctx.Expand(term)
	part, err := dissect(text, expander(f.ldctx))
	if err != nil {
		return err
	}
	if part.null {
		return badRequest("an attribute cannot be deleted with this operation; use DELETE")
	}
	err = q.change(id, types, func(w Writer, e *ngsild.Entity, now string) error {
		k := instance(e.Attributes, m.name, part.datasetID)
		if k < 0 {
			return noAttribute(e, m.name, term, part.datasetID)
		}
		if err := fn(f, &e.Attributes[k], part, m, now); err != nil {
			return err
		}
		if err := refusal(e.Check()); err != nil {
			return err
		}
		return save(w, e, now)
	})
	if err != nil {
		return err
	}
	return q.done()
}

// patchAttribute is Partial Attribute update (clause 5.6.4).
func (q *request) patchAttribute() error {
	return q.changeAttribute(func(f *patch, a *ngsild.Attribute, part *fragment, m member, now string) error {
		return f.change(a, part, m, patching, "", now)
	})
}

// replaceAttribute is Replace Attribute (clause 5.6.19).
func (q *request) replaceAttribute() error {
	return q.changeAttribute(func(f *patch, a *ngsild.Attribute, _ *fragment, m member, now string) error {
		next, err := f.decode(m, m.value)
		if err != nil {
			return err
		}
		one := []ngsild.Attribute{next}
		stamp(one, []ngsild.Attribute{*a}, now)
		*a = one[0]
		return nil
	})
}

// deleteAttribute is Delete Attribute (clause 5.6.5).
func (q *request) deleteAttribute() error {
	if err := q.allow("type", "datasetId", "deleteAll"); err != nil {
		return err
	}
	id, term, err := q.attributeArgs()
	if err != nil {
		return err
	}
	ldctx, err := q.headerContext()
	if err != nil {
		return err
	}
	types, err := q.selectedType(ldctx)
	if err != nil {
		return err
	}
	all, err := q.flag("deleteAll")
	if err != nil {
		return err
	}
	datasetID := q.params["datasetId"]
	if all && datasetID != "" {
		return badRequest("deleteAll and datasetId exclude each other")
	}
	name, _ := ldctx.Expand(term)
	err = q.change(id, types, func(w Writer, e *ngsild.Entity, now string) error {
		if term == ngsild.MemberScope {
			if len(e.Scopes) == 0 {
				return notFound("the entity %s has no scope", id)
			}
			e.Scopes = nil
			return save(w, e, now)
		}
		kept := e.Attributes[:0]
		for _, a := range e.Attributes {
			if a.Name != name || !all && a.DatasetID != datasetID {
				kept = append(kept, a)
			}
		}
		if len(kept) == len(e.Attributes) {
			return noAttribute(e, name, term, datasetID)
		}
		e.Attributes = kept
		return save(w, e, now)
	})
	if err != nil {
		return err
	}
	return q.done()
}

package broker

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/query"
)

// intake reads one entity of a body and expands it. A fragment may lack id
// and type. The @context that it was expanded with comes back beside it.
func (q *request) intake(p *payload, text []byte, fragment bool) (*ngsild.Entity, *jsonld.Context, error) {
	e, found, err := ngsild.Decode(text)
	if err != nil {
		return nil, nil, invalidRequest("%v", err)
	}
	if fragment {
		found = slices.DeleteFunc(found, func(f finding.Finding) bool {
			return f.Location.Pointer == "" && (f.Code == finding.EntityID || f.Code == finding.EntityType)
		})
	}
	if err := refusal(found); err != nil {
		return e, nil, err
	}
	ldctx, err := q.contextOf(p, e.Context)
	if err != nil {
		return e, nil, err
	}
	if err := refuseExpiry(e); err != nil {
		return e, nil, err
	}
	e.Context = nil
	ldctx.ExpandEntity(e)
	return e, ldctx, gather(e.Attributes)
}

// contextOf gives the @context of a document: that of its body or that of the
// request, never both (clause 6.3.5).
func (q *request) contextOf(p *payload, inBody []byte) (*jsonld.Context, error) {
	switch {
	case p.inLD && inBody == nil:
		return nil, badRequest("the @context is missing, since the Content-Type is %s; add it, or send %s with a Link header", mediaLD, mediaJSON)
	case p.inLD:
		return q.resolve(inBody)
	case inBody != nil:
		return nil, badRequest("the body has an @context and the Content-Type is %s; send %s, or name the @context in a Link header", mediaJSON, mediaLD)
	}
	return p.ldctx, nil
}

func refuseExpiry(e *ngsild.Entity) error {
	expires := e.ExpiresAt != ""
	for i := range e.Attributes {
		expires = expires || e.Attributes[i].ExpiresAt != ""
	}
	if expires {
		return notSupported("this broker does not forget entities by itself; remove expiresAt, and delete them when their time has come")
	}
	return nil
}

// gather puts the instances of one name beside each other, since a term and
// its IRI may stand apart in a document, and refuses two of one dataset.
func gather(list []ngsild.Attribute) error {
	for i := range list {
		last := i
		for k := i + 1; k < len(list); k++ {
			if list[k].Name != list[i].Name {
				continue
			}
			if instance(list[i:k], list[k].Name, list[k].DatasetID) >= 0 {
				return badRequest("the attribute %s stands twice with one datasetId, under two names that the @context gives one IRI", list[k].Name)
			}
			for at := k; at > last+1; at-- {
				list[at], list[at-1] = list[at-1], list[at]
			}
			last++
		}
		if err := gather(list[i].Attributes); err != nil {
			return err
		}
	}
	return nil
}

// entityID gives the id in the path.
func (q *request) entityID() (string, error) {
	id := q.args[0]
	if err := ngsild.ValidURI(id); err != nil {
		return "", badRequest("the id %q in the path is not a URI: %v", id, err)
	}
	return id, nil
}

func noEntity(id string) error {
	return notFound("there is no entity %s", id)
}

// createEntity is Create Entity (clause 5.6.1).
func (q *request) createEntity() error {
	if err := q.allow(); err != nil {
		return err
	}
	p, err := q.readBody()
	if err != nil {
		return err
	}
	e, _, err := q.intake(p, p.text, false)
	if err != nil {
		return err
	}
	err = q.h.store.Update(q.r.Context(), q.tenant, func(w Writer) error {
		switch old, err := w.Get(e.ID); {
		case err != nil:
			return err
		case old != nil:
			return alreadyExists(e.ID)
		}
		return create(w, copyEntity(e), q.h.now())
	})
	if err != nil {
		return err
	}
	q.header.Set("Location", apiRoot+"/entities/"+url.PathEscape(e.ID))
	q.reply(http.StatusCreated, "", nil)
	return nil
}

func alreadyExists(id string) error {
	return newProblem(ngsild.ErrorAlreadyExists, "the entity exists already", "there is an entity %s already; update it, or use batch upsert", id)
}

// anyType stands for every type (clause 5.2.33).
const anyType = "*"

// selectedType reads the parameter "type", by which a single entity may be
// chosen more narrowly.
func (q *request) selectedType(ldctx *jsonld.Context) (*query.Types, error) {
	text, ok := q.params["type"]
	if !ok || text == anyType {
		return nil, nil
	}
	t, err := query.ParseTypes(text)
	if err != nil {
		return nil, err
	}
	return t.Expand(expander(ldctx)), nil
}

// expander gives names as IRIs.
func expander(ldctx *jsonld.Context) func(string) string {
	return func(name string) string {
		iri, _ := ldctx.Expand(name)
		return iri
	}
}

// retrieveEntity is Retrieve Entity (clause 5.7.1).
func (q *request) retrieveEntity() error {
	if err := q.allow(append([]string{"type"}, viewParams...)...); err != nil {
		return err
	}
	id, err := q.entityID()
	if err != nil {
		return err
	}
	ldctx, err := q.headerContext()
	if err != nil {
		return err
	}
	v, attrs, err := q.paramView(ldctx)
	if err != nil {
		return err
	}
	types, err := q.selectedType(ldctx)
	if err != nil {
		return err
	}
	if err := q.needTenant(); err != nil {
		return err
	}
	var e *ngsild.Entity
	err = q.h.store.View(q.r.Context(), q.tenant, func(r Reader) error {
		doc, err := r.Get(id)
		if err != nil || doc == nil {
			return err
		}
		e, err = loadBare(doc)
		return err
	})
	switch {
	case err != nil:
		return err
	case e == nil || types != nil && !types.Match(e.Types):
		return noEntity(id)
	case attrs != nil && !slices.ContainsFunc(e.Attributes, func(a ngsild.Attribute) bool { return v.pick[a.Name] }):
		return notFound("the entity %s has none of the attributes %s", id, q.params["attrs"])
	}
	q.send(v, v.append(nil, e, true))
	return nil
}

// paramView reads the view from the query parameters.
func (q *request) paramView(ldctx *jsonld.Context) (v *view, attrs []string, err error) {
	var lists [4][]string
	for i, name := range []string{"attrs", "pick", "omit", "datasetId"} {
		if lists[i], err = q.names(name); err != nil {
			return nil, nil, err
		}
	}
	v, err = q.readView(ldctx, lists[0], lists[1], lists[2], lists[3])
	return v, lists[0], err
}

// deleteEntity is Delete Entity (clause 5.6.6).
func (q *request) deleteEntity() error {
	if err := q.allow("type"); err != nil {
		return err
	}
	id, err := q.entityID()
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
	if err := q.needTenant(); err != nil {
		return err
	}
	err = q.h.store.Update(q.r.Context(), q.tenant, func(w Writer) error {
		e, err := fetch(w, id)
		if err != nil {
			return err
		}
		if e == nil || types != nil && !types.Match(e.Types) {
			return noEntity(id)
		}
		_, err = w.Delete(id)
		return err
	})
	if err != nil {
		return err
	}
	return q.done()
}

// change runs fn over a stored entity and stores what comes of it.
func (q *request) change(id string, types *query.Types, fn func(w Writer, e *ngsild.Entity, now string) error) error {
	if err := q.needTenant(); err != nil {
		return err
	}
	return q.h.store.Update(q.r.Context(), q.tenant, func(w Writer) error {
		e, err := fetch(w, id)
		if err != nil {
			return err
		}
		if e == nil || types != nil && !types.Match(e.Types) {
			return noEntity(id)
		}
		return fn(w, e, q.h.now())
	})
}

// replaceEntity is Replace Entity (clause 5.6.18).
func (q *request) replaceEntity() error {
	if err := q.allow(); err != nil {
		return err
	}
	id, err := q.entityID()
	if err != nil {
		return err
	}
	p, err := q.readBody()
	if err != nil {
		return err
	}
	e, _, err := q.intake(p, p.text, true)
	if err != nil {
		return err
	}
	if err := sameID(id, e.ID); err != nil {
		return err
	}
	e.ID = id
	err = q.change(id, nil, func(w Writer, old *ngsild.Entity, now string) error {
		next := copyEntity(e)
		if len(next.Types) == 0 {
			next.Types = old.Types
		}
		return replace(w, next, old, now)
	})
	if err != nil {
		return err
	}
	return q.done()
}

// sameID refuses a body that speaks of another entity than the path.
func sameID(inPath, inBody string) error {
	if inBody != "" && inBody != inPath {
		return badRequest("the body has the id %s and the path has %s; they have to be the same", inBody, inPath)
	}
	return nil
}

// copyEntity copies an entity so far that storing the copy leaves it alone.
// Update may run its function twice.
func copyEntity(e *ngsild.Entity) *ngsild.Entity {
	c := *e
	c.Attributes = copyAttributes(e.Attributes)
	return &c
}

func copyAttributes(list []ngsild.Attribute) []ngsild.Attribute {
	out := slices.Clone(list)
	for i := range out {
		out[i].Attributes = copyAttributes(out[i].Attributes)
	}
	return out
}

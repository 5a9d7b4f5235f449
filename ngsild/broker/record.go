package broker

import (
	"fmt"

	"github.com/ldtkit/ldt/ngsild"
)

// In a stored document a missing createdAt or modifiedAt of an attribute is
// that of its entity, and of a sub-attribute that of its attribute. inherit
// writes them out, and condense leaves them out again.

func inherit(list []ngsild.Attribute, createdAt, modifiedAt string) {
	for i := range list {
		a := &list[i]
		if a.CreatedAt == "" {
			a.CreatedAt = createdAt
		}
		if a.ModifiedAt == "" {
			a.ModifiedAt = modifiedAt
		}
		inherit(a.Attributes, a.CreatedAt, a.ModifiedAt)
	}
}

func condense(list []ngsild.Attribute, createdAt, modifiedAt string) {
	for i := range list {
		a := &list[i]
		condense(a.Attributes, a.CreatedAt, a.ModifiedAt)
		if a.CreatedAt == createdAt {
			a.CreatedAt = ""
		}
		if a.ModifiedAt == modifiedAt {
			a.ModifiedAt = ""
		}
	}
}

// stamp sets the times of attributes that are written now: createdAt is that
// of the instance they replace, where old has it.
func stamp(list, old []ngsild.Attribute, now string) {
	for i := range list {
		a := &list[i]
		a.CreatedAt, a.ModifiedAt, a.DeletedAt, a.InstanceID = now, now, "", ""
		var before []ngsild.Attribute
		if k := instance(old, a.Name, a.DatasetID); k >= 0 {
			a.CreatedAt, before = old[k].CreatedAt, old[k].Attributes
		}
		stamp(a.Attributes, before, now)
	}
}

// instance gives the index of an attribute instance, or -1.
func instance(list []ngsild.Attribute, name, datasetID string) int {
	for i := range list {
		if list[i].Name == name && list[i].DatasetID == datasetID {
			return i
		}
	}
	return -1
}

// load reads a stored document, its system attributes written out.
func load(doc []byte) (*ngsild.Entity, error) {
	e, err := loadBare(doc)
	if err == nil {
		inherit(e.Attributes, e.CreatedAt, e.ModifiedAt)
	}
	return e, err
}

// loadBare reads a stored document as it is.
func loadBare(doc []byte) (*ngsild.Entity, error) {
	e, _, err := ngsild.Decode(doc)
	if err != nil {
		return nil, fmt.Errorf("read a stored entity: %w", err)
	}
	return e, nil
}

// fetch gets and loads an entity; nil where there is none.
func fetch(r Reader, id string) (*ngsild.Entity, error) {
	doc, err := r.Get(id)
	if err != nil || doc == nil {
		return nil, err
	}
	return load(doc)
}

// create stores a new entity.
func create(w Writer, e *ngsild.Entity, now string) error {
	return w.Put(*fresh(e, now))
}

// fresh gives a new entity as it is stored. The entity's attributes are left
// as they were.
func fresh(e *ngsild.Entity, now string) *Record {
	stamp(e.Attributes, nil, now)
	e.CreatedAt = now
	return record(e, now)
}

// replace stores an entity in the place of another.
func replace(w Writer, e, old *ngsild.Entity, now string) error {
	stamp(e.Attributes, old.Attributes, now)
	e.CreatedAt = old.CreatedAt
	return save(w, e, now)
}

// save stores an entity whose attributes carry their times.
func save(w Writer, e *ngsild.Entity, now string) error {
	return w.Put(*record(e, now))
}

// record gives an entity whose attributes carry their times as it is stored.
func record(e *ngsild.Entity, now string) *Record {
	e.ModifiedAt, e.DeletedAt, e.Context = now, "", nil
	condense(e.Attributes, e.CreatedAt, e.ModifiedAt)
	return &Record{
		ID: e.ID, Types: e.Types, Doc: e.AppendJSON(make([]byte, 0, 1536), ngsild.Normalized),
		CreatedAt: e.CreatedAt, ModifiedAt: e.ModifiedAt, Bounds: bounds(e),
	}
}

package client

import (
	"bytes"
	"strings"
	"sync"

	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Payload is one entity as it is sent: encoded once, compared and sent as often
// as needed.
type Payload struct {
	ID string
	// Type is the entity's first type as the broker knows it.
	Type string
	// Body is the entity as one JSON object.
	Body []byte
}

// Payload encodes an entity as the broker is to get it: in the form that
// Options.ContextMode says, without system attributes, and with the broker's
// quirks as far as Probe knows them. The entity is not changed and not kept.
// Its names are those of ldctx; nil is Options.Context.
func (c *Client) Payload(e *ngsild.Entity, ldctx *jsonld.Context) Payload {
	if ldctx == nil {
		ldctx = c.opts.Context
	}
	copied := copies.Get().(*entityCopy)
	defer copies.Put(copied)
	sent := copied.of(e)
	p := Payload{ID: strings.Clone(e.ID)}
	switch c.opts.ContextMode {
	case Expanded:
		ldctx.ExpandEntity(sent)
		c.shorten(sent)
		if len(sent.Types) > 0 {
			p.Type = sent.Types[0]
		}
	case Inline:
		sent.Context = ldctx.Inline()
	}
	if p.Type == "" && len(sent.Types) > 0 {
		p.Type = c.short(sent.Types[0], ldctx)
	}
	p.Type = strings.Clone(p.Type)
	copied.text = sent.AppendJSON(copied.text[:0], ngsild.Normalized)
	if c.quirks().decimalIntegers {
		body, long, inexact := decimalIntegers(make([]byte, 0, len(copied.text)+16), copied.text)
		if long {
			c.reportNumbers(p.ID, inexact)
			p.Body = body
			return p
		}
	}
	p.Body = bytes.Clone(copied.text)
	return p
}

// Expand gives a copy of an entity with all names as IRIs, as Lookup gives what
// the broker holds. Its names are those of ldctx; nil is Options.Context.
func (c *Client) Expand(e *ngsild.Entity, ldctx *jsonld.Context) *ngsild.Entity {
	if ldctx == nil {
		ldctx = c.opts.Context
	}
	out := new(entityCopy).of(e)
	ldctx.ExpandEntity(out)
	return out
}

// shorten writes the names of an expanded entity short where every broker knows
// them. What a VocabProperty says stays an IRI.
func (c *Client) shorten(e *ngsild.Entity) {
	for i := range e.Types {
		e.Types[i] = c.shortIRI(e.Types[i])
	}
	c.shortenAll(e.Attributes)
}

func (c *Client) shortenAll(list []ngsild.Attribute) {
	for i := range list {
		a := &list[i]
		a.Name = c.shortIRI(a.Name)
		for k := range a.ObjectType {
			a.ObjectType[k] = c.shortIRI(a.ObjectType[k])
		}
		c.shortenAll(a.Attributes)
	}
}

var copies = sync.Pool{New: func() any { return new(entityCopy) }}

// entityCopy is memory for a copy whose names can be changed without touching
// the original. Strings and values are shared, since nothing changes them.
type entityCopy struct {
	entity     ngsild.Entity
	attributes []ngsild.Attribute
	names      []string
	text       []byte
}

func (c *entityCopy) of(e *ngsild.Entity) *ngsild.Entity {
	c.attributes = c.attributes[:0]
	c.names = c.names[:0]
	c.entity = ngsild.Entity{ID: e.ID, Types: c.strings(e.Types), Scopes: e.Scopes, ExpiresAt: e.ExpiresAt}
	c.entity.Attributes = c.instances(e.Attributes)
	return &c.entity
}

func (c *entityCopy) strings(list []string) []string {
	if list == nil {
		return nil
	}
	at := len(c.names)
	c.names = append(c.names, list...)
	return c.names[at:len(c.names):len(c.names)]
}

func (c *entityCopy) instances(list []ngsild.Attribute) []ngsild.Attribute {
	if list == nil {
		return nil
	}
	at := len(c.attributes)
	c.attributes = append(c.attributes, list...)
	out := c.attributes[at:len(c.attributes):len(c.attributes)]
	for i := range out {
		a := &out[i]
		a.CreatedAt, a.ModifiedAt, a.DeletedAt, a.InstanceID = "", "", "", ""
		a.ObjectType = c.strings(a.ObjectType)
		a.Attributes = c.instances(a.Attributes)
	}
	return out
}

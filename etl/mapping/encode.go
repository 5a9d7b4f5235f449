package mapping

import (
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
)

// Encoder applies a Plan and writes each entity at once as normalized JSON, the
// same that Entity.AppendJSON would write, without building its attributes:
// what is the same for every row is one text between two values. It does not
// change and may be shared.
type Encoder struct {
	plan     *Plan
	entities []entityText
	times    []node // the different observedAt
}

// entityText is an entity definition and its constant texts.
type entityText struct {
	*entity
	types      string // ,"type":…
	attributes []attributeText
	end        string // ,"@context":…}
}

// attributeText is an attribute definition and its constant texts. A text that
// is the same for every row is in front of the value that follows it.
type attributeText struct {
	*attribute
	open       string // ,"name":{"type":"Property","value": and a constant value
	unit       string // ,"unitCode":"KWH"
	observedAt string // a constant one
	// time is the place of what observedAt makes in memory.times, the same for
	// attributes that take their time from the same cell.
	time       int
	datasetID  string // a constant one
	attributes []attributeText
}

// Encoder gives the Encoder of a plan whose entities end with this @context (JSON
// text, nil for none). It gives nil where the plan makes what is not written
// straight through: several instances of one attribute, scopes, or entities that
// rows are merged into.
func (p *Plan) Encoder(ldctx jsontext.Value) *Encoder {
	e := &Encoder{plan: p}
	for i := range p.entities {
		definition := &p.entities[i]
		attributes, ok := e.attributeTexts(definition.attributes)
		if !ok || len(definition.scopes) > 0 || p.infos[i].Merge == MergeLast || p.infos[i].Merge == MergeHistory {
			return nil
		}
		bare := ngsild.Entity{Types: definition.types}
		whole := ngsild.Entity{Types: definition.types, Context: ldctx}
		text := bare.AppendJSON(nil, ngsild.Normalized)
		end := len(text) - len("}")
		e.entities = append(e.entities, entityText{
			entity:     definition,
			types:      string(text[len(`{"id":""`):end]),
			attributes: attributes,
			end:        string(whole.AppendJSON(nil, ngsild.Normalized)[end:]),
		})
	}
	return e
}

func (e *Encoder) attributeTexts(list []attribute) (texts []attributeText, ok bool) {
	for i := range list {
		a := &list[i]
		below, ok := e.attributeTexts(a.attributes)
		if !ok || a.several {
			return nil, false
		}
		t := attributeText{attribute: a, attributes: below, time: e.timeOf(a.observedAt)}
		fixed := ngsild.Attribute{Name: a.fixed.Name, Kind: a.fixed.Kind, Value: a.fixed.Value}
		if a.value != nil {
			fixed.Value = jsontext.Value("0")
			t.open = written(fixed)
			t.open = t.open[:len(t.open)-len("0")]
		} else {
			t.open = written(fixed)
		}
		bare := len(written(fixed))
		with := func(change func(*ngsild.Attribute)) string {
			changed := fixed
			change(&changed)
			return written(changed)[bare:]
		}
		t.unit = with(func(c *ngsild.Attribute) { c.ObjectType, c.UnitCode = a.fixed.ObjectType, a.fixed.UnitCode })
		t.observedAt = with(func(c *ngsild.Attribute) { c.ObservedAt = a.fixed.ObservedAt })
		t.datasetID = with(func(c *ngsild.Attribute) { c.DatasetID = a.fixed.DatasetID })
		texts = append(texts, t)
	}
	return texts, true
}

// timeOf gives the place of a node in times. Nodes of equal content make equal
// texts of one row.
func (e *Encoder) timeOf(n node) int {
	if n == nil {
		return -1
	}
	at := slices.IndexFunc(e.times, func(other node) bool { return reflect.DeepEqual(n, other) })
	if at < 0 {
		at = len(e.times)
		e.times = append(e.times, n)
	}
	return at
}

// written is an attribute as it stands in an entity, from the comma in front of
// it, without its closing brace.
func written(a ngsild.Attribute) string {
	bare := ngsild.Entity{}
	start := len(bare.AppendJSON(nil, ngsild.Normalized)) - len("}")
	bare.Attributes = []ngsild.Attribute{a}
	text := bare.AppendJSON(nil, ngsild.Normalized)
	return string(text[start : len(text)-len("}}")])
}

// ApplyBatch is Plan.ApplyBatch, but that the entities of a row have only their
// ID and Types, and RowResult.JSON their whole text.
func (e *Encoder) ApplyBatch(b *record.Batch, out *BatchResult) {
	out.mem.encoder = e
	e.plan.ApplyBatch(b, out)
	out.mem.encoder = nil
}

// make adds the entity of the current row, unless its condition is false.
func (t *entityText) make(x *memory, definition int) {
	if t.when != nil {
		if holds, ok := t.when.holds(x); !ok || !holds {
			return
		}
	}
	start := len(x.buf)
	buf := append(x.buf, `{"id":`...)
	id := len(buf)
	var s status
	if buf, s = t.id.append(x, buf); s != done {
		x.noID(s)
	}
	idEnd := len(buf)
	buf = append(buf, t.types...)
	for i := range t.attributes {
		buf = t.attributes[i].append(x, buf)
	}
	x.buf = append(buf, t.end...)
	x.texts = append(x.texts, t.entity.types...)
	made := ngsild.Entity{Types: x.texts[len(x.texts)-len(t.entity.types) : len(x.texts) : len(x.texts)]}
	if s == done {
		made.ID = x.between(id+1, idEnd-1)
	}
	x.entities = append(x.entities, made)
	x.definitions = append(x.definitions, definition)
	x.json = append(x.json, x.buf[start:len(x.buf):len(x.buf)])
}

// append writes the attribute of the current row, or nothing where it is left
// out.
func (t *attributeText) append(x *memory, buf []byte) []byte {
	if t.when != nil {
		if holds, ok := t.when.holds(x); !ok || !holds {
			return buf
		}
	}
	start := len(buf)
	buf = append(buf, t.open...)
	if t.value != nil {
		var s status
		if buf, s = t.value.append(x, buf); s != done {
			return buf[:start]
		}
	}
	buf = append(buf, t.unit...)
	if t.time >= 0 {
		buf = x.observed(buf, t.time)
	} else {
		buf = append(buf, t.observedAt...)
	}
	if t.attribute.datasetID != nil {
		buf = x.member(buf, `,"datasetId":`, t.attribute.datasetID)
	} else {
		buf = append(buf, t.datasetID...)
	}
	for i := range t.attributes {
		buf = t.attributes[i].append(x, buf)
	}
	return append(buf, '}')
}

// observed writes the observedAt with this place in Encoder.times: made once for
// a row, and copied after that.
func (x *memory) observed(buf []byte, time int) []byte {
	for len(x.times) <= time {
		x.times = append(x.times, span{})
	}
	made := &x.times[time]
	if made.row == x.record {
		x.emptied = append(x.emptied, x.emptied[made.firstEmptied:made.lastEmptied]...)
		return append(buf, buf[made.start:made.end]...)
	}
	start, emptied := len(buf), len(x.emptied)
	buf = x.member(buf, `,"observedAt":`, x.encoder.times[time])
	*made = span{row: x.record, start: start, end: len(buf), firstEmptied: emptied, lastEmptied: len(x.emptied)}
	return buf
}

// span is a part of memory.buf that the current row made, and the part of
// memory.emptied that it left there: each attribute counts its own empty time.
type span struct {
	row                       *record.Record
	start, end                int
	firstEmptied, lastEmptied int
}

// member writes a member that n makes, or nothing where n makes nothing.
func (x *memory) member(buf []byte, name string, n node) []byte {
	start := len(buf)
	buf, s := n.append(x, append(buf, name...))
	if s != done {
		return buf[:start]
	}
	return buf
}

package json

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/geometry"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// node is a key that records have, at the place where they have it.
type node struct {
	label    string // the name of its column: the keys from the record down, joined by points
	keys     map[string]*node
	order    []*node
	column   int // -1 where it has none
	seen     bool
	value    bool // it had a value that is no object
	pass     bool // it is no column and never will be
	geometry bool // one value, whatever it holds
	bare     bool // its keys are named without it
}

func (n *node) key(name []byte) *node { return n.keys[string(name)] }

func (n *node) add(name string) *node {
	label := name
	if n.label != "" && !n.bare {
		label = n.label + "." + name
	}
	k := &node{label: label, column: -1}
	if n.keys == nil {
		n.keys = map[string]*node{}
	}
	n.keys[name] = k
	n.order = append(n.order, k)
	return k
}

// maxColumns is where an object with a key for each of its values is told from
// a record.
const maxColumns = 8192

var errColumns = fmt.Errorf("the records have more than %d different keys", maxColumns)

// newRoot gives the keys that each record has, before any was seen.
func newRoot(geo bool) *node {
	root := &node{column: -1}
	if geo {
		root.add("id")
		p := root.add("properties")
		p.bare = true
		root.add("type").pass = true
		root.add("bbox").pass = true
	}
	return root
}

// learn takes up the keys of an object of the sample.
func (r *Reader) learn(n *node, object []byte, depth int) (err error) {
	members(object, func(name, value []byte) bool {
		var key []byte
		if key, err = r.name(name); err != nil {
			return false
		}
		k := n.key(key)
		if k == nil {
			if r.keys++; r.keys > maxColumns {
				err = errColumns
				return false
			}
			k = n.add(string(key))
		}
		k.seen = true
		if k.geometry && r.at.crs == nil && r.Options.CRS == "" {
			if example, ok := geometry.Degrees(value); !ok {
				err = geometry.Unsaid(r.Origin, "the file does not say its coordinate reference system", example)
				return false
			}
		}
		switch {
		case k.pass || value[0] == 'n':
		case value[0] == '{' && !k.geometry && depth < maxDepth && !isGeometry(value):
			err = r.learn(k, value, depth+1)
		case k.bare: // properties that are no object
		default:
			k.value = true
			if value[0] == '"' && len(value) < 64 {
				if text, e := jsontext.AppendUnquote(r.scratch[:0], value); e == nil {
					r.Sample(string(text))
				}
			}
		}
		return err == nil
	})
	return err
}

// name gives a member's name without quotes and escapes.
func (r *Reader) name(quoted []byte) ([]byte, error) {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
	var err error
	r.unquoted, err = jsontext.AppendUnquote(r.unquoted[:0], quoted)
	return r.unquoted, err
}

// columns makes the header of the keys that were learnt.
func (r *Reader) columns() error {
	geo := r.at.format == GeoJSON
	var list []*node
	var collect func(n *node)
	collect = func(n *node) {
		leaf := len(n.order) == 0
		if !n.pass && !n.bare && n.seen && (n.value || leaf) {
			list = append(list, n)
		}
		for _, k := range n.order {
			collect(k)
		}
	}
	collect(r.root)
	if geo {
		shape := r.root.keys["geometry"]
		list = append(slices.DeleteFunc(list, func(n *node) bool { return n == shape }), shape)
		taken := map[string]bool{}
		for _, n := range r.root.keys["properties"].order {
			taken[n.label] = true
		}
		for _, n := range r.root.order {
			if taken[n.label] {
				n.label = "feature." + n.label
			}
		}
	}
	if declared := r.Options.Columns; len(declared) > 0 {
		chosen := make([]*node, len(declared))
		for i, name := range declared {
			at := slices.IndexFunc(list, func(n *node) bool { return n.label == name })
			if at < 0 {
				chosen[i] = r.expect(name)
				continue
			}
			chosen[i] = list[at]
		}
		list = chosen
	}
	names := make([]string, len(list))
	for i, n := range list {
		n.column, names[i] = i, n.label
	}
	r.Columns = record.NewHeader(names)
	for _, f := range format.Repeated(r.Columns, r.Origin, 0) {
		r.Say(f.Code, 0, "", f.Hint, "%s", f.Message)
	}
	r.set = make([]uint32, len(list))
	return nil
}

// expect makes the key of a declared column that the sample does not have.
func (r *Reader) expect(name string) *node {
	n := r.root
	if r.at.format == GeoJSON && name != "id" && name != "geometry" {
		n = n.keys["properties"]
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		next := n.keys[part]
		if next == nil {
			next = n.add(part)
		}
		next.seen = next.seen || i == len(parts)-1
		n = next
	}
	return n
}

// fill puts the values of an object into the record's cells. The fault is why
// the record cannot be used, or "".
func (r *Reader) fill(n *node, object []byte, rec *record.Record, b *record.Batch) (fault string) {
	members(object, func(name, value []byte) bool {
		key, err := r.name(name)
		if err != nil {
			fault = fmt.Sprintf("the key %s is not text", clip(name))
			return false
		}
		k := n.key(key)
		switch {
		case k == nil:
			if value[0] != 'n' && string(value) != "{}" {
				r.late(n, key, rec.Row)
			}
			return true
		case k.pass:
			return true
		case value[0] == '{' && len(k.keys) > 0 && !isGeometry(value):
			fault = r.fill(k, value, rec, b)
			return fault == ""
		case k.column < 0:
			if value[0] != 'n' && string(value) != "{}" && !k.bare {
				r.late(n, key, rec.Row)
			}
			return true
		}
		if r.set[k.column] == r.generation {
			fault = fmt.Sprintf("the key %q stands twice", k.label)
			return false
		}
		r.set[k.column] = r.generation
		rec.Cells[k.column], fault = r.cell(k, value, b)
		return fault == ""
	})
	return fault
}

// cell makes a cell of a value.
func (r *Reader) cell(k *node, value []byte, b *record.Batch) (record.Cell, string) {
	switch value[0] {
	case 'n':
		return record.Cell{}, ""
	case 't', 'f':
		return r.Cell(record.Boolean, b.Copy(value)), ""
	case '"':
		text := value[1 : len(value)-1]
		if bytes.IndexByte(text, '\\') >= 0 {
			var err error
			if r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], value); err != nil {
				return record.Cell{}, fmt.Sprintf("the value of %q is not text: half a surrogate pair stands in it", k.label)
			}
			text = r.scratch
		}
		return r.Cell(record.Text, b.Copy(text)), ""
	case '{', '[':
		var err error
		if k.geometry {
			r.scratch, err = r.crs.Convert(r.scratch[:0], value)
		} else {
			r.scratch, err = jsontext.AppendFormat(r.scratch[:0], value, compacting...)
		}
		if err != nil {
			return record.Cell{}, fmt.Sprintf("%q cannot be read: %s", k.label, err)
		}
		if string(r.scratch) == "{}" {
			return record.Cell{}, ""
		}
		return r.Cell(record.Text, b.Copy(r.scratch)), ""
	}
	return r.Cell(record.Number, b.Copy(value)), ""
}

// lateKey is a key that the sample did not have, and that is not read.
type lateKey struct {
	name       string
	row, count int
}

// maxLate is how many late keys are told apart.
const maxLate = 100

// late counts a value under a key that has no column.
func (r *Reader) late(n *node, key []byte, row int) {
	if len(r.Options.Columns) > 0 {
		return // the mapping says which keys there are to be
	}
	r.path = r.path[:0]
	if n.label != "" && !n.bare {
		r.path = append(append(r.path, n.label...), '.')
	}
	r.path = append(r.path, key...)
	at, ok := r.lateAt[string(r.path)]
	if !ok {
		if len(r.lateKeys) == maxLate {
			r.lateMore++
			return
		}
		at = len(r.lateKeys)
		if r.lateAt == nil {
			r.lateAt = map[string]int{}
		}
		r.lateKeys = append(r.lateKeys, lateKey{name: string(r.path), row: row})
		r.lateAt[r.lateKeys[at].name] = at
	}
	r.lateKeys[at].count++
}

func (r *Reader) sayLate() {
	for _, k := range r.lateKeys {
		r.Say(finding.SourceLateKey, k.row, k.name, fmt.Sprintf("to read it, set sample under source to as many records as show every key, such as source: {sample: %d}, or name the keys to read: columns", max(2*r.sampleSize(), k.row)),
			"the key %q first stands here, after the %d records that the columns were made of; its values (%d) are not read", k.name, r.sampleSize(), k.count)
	}
	if r.lateMore > 0 {
		r.Say(finding.SourceLateKey, 0, "", "name the keys to read: columns", "further values (%d) under other keys that the sample did not have are not read", r.lateMore)
	}
}

func clip(p []byte) string {
	if len(p) > 60 {
		return string(bytes.ToValidUTF8(p[:60], nil)) + "…"
	}
	return string(p)
}

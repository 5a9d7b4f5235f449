package inventory

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// readYAML reads the form that schema.json describes. Unknown keys are
// findings; scalars are taken as they are written, so that 0123 keeps its zero.
func readYAML(file string, text []byte) (*Inventory, []finding.Finding, error) {
	y := yamlReader{Decoder: strictyaml.New(file, "inventory"), file: file}
	root := y.Parse(text, compulsory()...)
	if root == nil {
		return nil, nil, finding.List(y.Faults())
	}
	found := map[string][]row{}
	keys := y.Object(root, "an inventory", tableKeys()...)
	for _, t := range tables {
		f := keys[t.Key]
		pointer := "/" + t.Key
		switch {
		case t == projectTable:
			r := row{place: place{row: finding.Location{File: file, Pointer: pointer}}}
			if !f.Null() {
				r = y.row(f.Value, t, pointer, f.At)
			}
			found[t.Key] = []row{r}
		case !f.Null():
			seq, ok := f.Value.(*ast.SequenceNode)
			if !ok {
				y.WrongType(f.Value, t.Key, "a list, each element starting with a dash")
				continue
			}
			for i, item := range y.Items(seq) {
				found[t.Key] = append(found[t.Key], y.row(item, t, pointer+"/"+strconv.Itoa(i), strictyaml.At(item)))
			}
		}
	}
	return assemble(file, found), y.Faults(), nil
}

// tableKeys gives the keys of an inventory in order.
func tableKeys() []string {
	list := make([]string, len(tables))
	for i, t := range tables {
		list[i] = t.Key
	}
	return list
}

// compulsory gives the keys that every inventory has.
func compulsory() []string {
	var list []string
	for _, t := range tables {
		if t.Compulsory {
			list = append(list, t.Key)
		}
	}
	return list
}

type yamlReader struct {
	*strictyaml.Decoder
	file string
}

func (y *yamlReader) at(p strictyaml.Pos, pointer string) finding.Location {
	return finding.Location{File: y.file, Line: p.Line, Char: p.Char, Pointer: pointer}
}

// row reads one map; it stands at start.
func (y *yamlReader) row(n ast.Node, t *table, pointer string, start strictyaml.Pos) row {
	what := "each of " + t.Key
	if t == projectTable {
		what = t.Key
	}
	r := row{place: place{row: y.at(start, pointer), cells: map[string]finding.Location{}}, values: map[string]string{}}
	keys := y.Object(n, what, append(t.keys(), "extra")...)
	for _, c := range t.Columns {
		f := keys[c.Key]
		if f == nil {
			continue
		}
		r.place.cells[c.Key] = y.at(f.Where, pointer+"/"+c.Key)
		if f.Null() {
			continue
		}
		if c.Type == "array" {
			list, _ := y.Texts(f, c.Key)
			r.values[c.Key] = strings.Join(list, "; ")
			continue
		}
		r.values[c.Key] = strings.TrimRight(y.Text(f, c.Key), "\n")
	}
	if f := keys["extra"]; !f.Null() {
		for _, own := range y.Fields(f.Value, "extra") {
			if text := ""; !own.Null() {
				if text = y.Text(&own, own.Key); text != "" {
					r.extra = append(r.extra, Extra{own.Key, strings.TrimRight(text, "\n")})
				}
			}
		}
	}
	return r
}

// WriteYAML writes the inventory in the form that schema.json describes, without
// the tables that have no line.
func (inv *Inventory) WriteYAML(w io.Writer) error {
	document := yaml.MapSlice{}
	for _, t := range tables {
		lines := []yaml.MapSlice{}
		for _, i := range inv.items(t) {
			lines = append(lines, i.yaml())
		}
		switch {
		case t == projectTable:
			document = append(document, yaml.MapItem{Key: t.Key, Value: lines[0]})
		case len(lines) > 0 || t.Compulsory:
			document = append(document, yaml.MapItem{Key: t.Key, Value: lines})
		}
	}
	text, err := yaml.MarshalWithOptions(document, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return nil
}

func (i item) yaml() yaml.MapSlice {
	list := yaml.MapSlice{}
	for _, c := range i.t.Columns {
		text := i.value(c.Key)
		if text == "" {
			continue
		}
		list = append(list, yaml.MapItem{Key: c.Key, Value: c.yaml(text)})
	}
	if len(i.Extra) > 0 {
		own := yaml.MapSlice{}
		for _, e := range i.Extra {
			own = append(own, yaml.MapItem{Key: e.Header, Value: e.Text})
		}
		list = append(list, yaml.MapItem{Key: "extra", Value: own})
	}
	return list
}

func (c *column) yaml(text string) any {
	switch c.Type {
	case "array":
		return List(text)
	case "integer", "number":
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}

package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// readYAML reads the form that schema.json describes. Unknown keys are
// findings; scalars are taken as they are written, so that 0123 keeps its zero.
func readYAML(file string, text []byte) (inv *Inventory, findings []finding.Finding, err error) {
	if strings.TrimSpace(string(text)) == "" {
		return nil, nil, finding.List{finding.New(finding.SourceEmpty, finding.Location{File: file}, "the file is empty").
			WithHint("it needs the keys project, sources and fields")}
	}
	if at, deep := tooDeep(text); deep {
		f := finding.New(finding.YAMLSyntax, finding.Location{File: file, Line: 1 + bytes.Count(text[:at], []byte("\n"))},
			"more than %d brackets are open here", maxOpen)
		return nil, nil, finding.List{f.WithHint("close them, or put text with brackets into quotes; an inventory needs none")}
	}
	defer func() { // the parser may fail on broken text instead of saying so
		if recover() != nil {
			inv, findings, err = nil, nil, finding.List{finding.New(finding.YAMLSyntax, finding.Location{File: file}, "this is not YAML").
				WithHint("check the indentation and the quotes")}
		}
	}()
	document, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at := finding.Location{File: file}
		message := err.Error()
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			message = syntax.Message
			if syntax.Token != nil && syntax.Token.Position != nil {
				at.Line, at.Char = syntax.Token.Position.Line, syntax.Token.Position.Column
			}
		}
		return nil, nil, finding.List{finding.New(finding.YAMLSyntax, at, "this is not YAML: %s", message).
			WithHint("check the indentation, and put quotes around text with a colon or a #")}
	}
	y := &yamlReader{file: file}
	var found rows
	var body ast.Node
	for _, d := range document.Docs {
		switch {
		case d.Body == nil:
		case body == nil:
			body = d.Body
		default:
			y.report(finding.YAMLType, d.Body, "", "there is a second document after ---").WithHint("keep one")
		}
	}
	y.document(body, &found)
	inv = assemble(file, found)
	return inv, y.findings, nil
}

// maxOpen bounds the brackets that may be open at one place: the parser takes
// hours over a hundred thousand.
const maxOpen = 200

func tooDeep(text []byte) (at int, deep bool) {
	open := 0
	for i, c := range text {
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		}
		if open > maxOpen {
			return i, true
		}
	}
	return 0, false
}

type yamlReader struct {
	file     string
	findings []finding.Finding
}

func (y *yamlReader) at(node ast.Node, pointer string) finding.Location {
	at := finding.Location{File: y.file, Pointer: pointer}
	if t := tokenOf(node); t != nil && t.Position != nil {
		at.Line, at.Char = t.Position.Line, t.Position.Column
	}
	return at
}

// tokenOf gives the token where a node starts; a mapping's own token is its
// first colon.
func tokenOf(node ast.Node) *token.Token {
	switch n := node.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if len(n.Values) > 0 && n.Values[0].Key != nil {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		if n.Key != nil {
			return n.Key.GetToken()
		}
	}
	return node.GetToken()
}

// report adds a finding and gives it, so that a hint can be set.
func (y *yamlReader) report(code finding.Code, node ast.Node, pointer, format string, args ...any) *hinted {
	y.findings = append(y.findings, finding.New(code, y.at(node, pointer), format, args...))
	return &hinted{&y.findings[len(y.findings)-1]}
}

type hinted struct{ finding *finding.Finding }

// WithHint sets the hint of the finding that was reported.
func (h *hinted) WithHint(format string, args ...any) {
	*h.finding = h.finding.WithHint(format, args...)
}

// entries gives the keys and values of a mapping. Anything else is a finding.
func (y *yamlReader) entries(node ast.Node, pointer, what string) []*ast.MappingValueNode {
	var list []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		list = n.Values
	case *ast.MappingValueNode:
		list = []*ast.MappingValueNode{n}
	case nil:
		return nil
	case *ast.NullNode:
		return nil
	default:
		y.report(finding.YAMLType, node, pointer, "%s must be a list of `key: value`", what).WithHint("write one key a line, all equally indented")
		return nil
	}
	seen := map[string]bool{}
	kept := list[:0:0]
	for _, entry := range list {
		key := entry.Key.GetToken().Value
		if seen[key] {
			y.report(finding.YAMLUnknownKey, entry, pointer+"/"+escape(key), "the key %q stands here twice", key).WithHint("delete one of them")
			continue
		}
		seen[key] = true
		kept = append(kept, entry)
	}
	return kept
}

func (y *yamlReader) document(body ast.Node, found *rows) {
	keys := []string{projectTable.Key, sourceTable.Key, fieldTable.Key}
	for _, entry := range y.entries(body, "", "an inventory") {
		key := entry.Key.GetToken().Value
		switch key {
		case projectTable.Key:
			found.project = y.row(entry.Value, projectTable, "/project", entry)
		case sourceTable.Key:
			found.sources = y.rows(entry.Value, sourceTable)
		case fieldTable.Key:
			found.fields = y.rows(entry.Value, fieldTable)
		default:
			y.unknown(entry, "/"+escape(key), key, keys)
		}
	}
	if found.project.place.row.File == "" {
		found.project.place.row = finding.Location{File: y.file, Pointer: "/project"}
	}
}

func (y *yamlReader) unknown(node ast.Node, pointer, key string, keys []string) {
	h := y.report(finding.YAMLUnknownKey, node, pointer, "unknown key %q", key)
	if near := finding.Nearest(key, keys); near != "" {
		h.WithHint("did you mean %q?", near)
		return
	}
	h.WithHint("the keys here are %s; what is your own goes under extra", strings.Join(keys, ", "))
}

func (y *yamlReader) rows(node ast.Node, t *table) []row {
	pointer := "/" + t.Key
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		if _, null := node.(*ast.NullNode); !null {
			y.report(finding.YAMLType, node, pointer, "%s must be a list", t.Key).WithHint("start each of the %s with a dash", t.Key)
		}
		return nil
	}
	list := make([]row, 0, len(sequence.Values))
	for i, value := range sequence.Values {
		list = append(list, y.row(value, t, pointer+"/"+strconv.Itoa(i), value))
	}
	return list
}

// row reads one mapping; it stands where start stands.
func (y *yamlReader) row(node ast.Node, t *table, pointer string, start ast.Node) row {
	r := row{place: place{row: y.at(start, pointer), cells: map[string]finding.Location{}}, values: map[string]string{}}
	for _, entry := range y.entries(node, pointer, "each of the "+t.Key) {
		key := entry.Key.GetToken().Value
		here := pointer + "/" + escape(key)
		if key == "extra" {
			for _, own := range y.entries(entry.Value, here, "extra") {
				name := own.Key.GetToken().Value
				if text, ok := y.scalar(own.Value, here+"/"+escape(name), name); ok && text != "" {
					r.extra = append(r.extra, Extra{name, text})
				}
			}
			continue
		}
		c := t.column(key)
		if c == nil {
			y.unknown(entry, here, key, append(t.keys(), "extra"))
			continue
		}
		r.place.cells[key] = y.at(entry.Value, here)
		if text, ok := y.scalar(entry.Value, here, key); ok {
			r.values[key] = text
		}
	}
	return r
}

// scalar gives the text of a value as it is written.
func (y *yamlReader) scalar(node ast.Node, pointer, key string) (string, bool) {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "", true
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	y.report(finding.YAMLType, node, pointer, "%q must be text or a number", key).WithHint("write one value after the colon, in quotes where it has a colon or starts with a special character")
	return "", false
}

// escape writes a key as a step of a JSON Pointer.
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// WriteYAML writes the inventory in the form that schema.json describes.
func (inv *Inventory) WriteYAML(w io.Writer) error {
	item := func(from any, t *table, extra []Extra) yaml.MapSlice {
		list := yaml.MapSlice{}
		all := values(from, t)
		for _, c := range t.Columns {
			text, ok := all[c.Key]
			if !ok {
				continue
			}
			var value any = text
			if n, err := strconv.Atoi(text); c.Integer && err == nil {
				value = n
			}
			list = append(list, yaml.MapItem{Key: c.Key, Value: value})
		}
		if len(extra) > 0 {
			own := yaml.MapSlice{}
			for _, e := range extra {
				own = append(own, yaml.MapItem{Key: e.Header, Value: e.Text})
			}
			list = append(list, yaml.MapItem{Key: "extra", Value: own})
		}
		return list
	}
	sources, fields := []yaml.MapSlice{}, []yaml.MapSlice{}
	for i := range inv.Sources {
		sources = append(sources, item(&inv.Sources[i], sourceTable, inv.Sources[i].Extra))
	}
	for i := range inv.Fields {
		fields = append(fields, item(&inv.Fields[i], fieldTable, inv.Fields[i].Extra))
	}
	text, err := yaml.MarshalWithOptions(yaml.MapSlice{
		{Key: projectTable.Key, Value: item(&inv.Project, projectTable, inv.Project.Extra)},
		{Key: sourceTable.Key, Value: sources},
		{Key: fieldTable.Key, Value: fields},
	}, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return nil
}

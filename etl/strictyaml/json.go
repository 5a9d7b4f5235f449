package strictyaml

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// JSON turns a value into JSON text. Numbers keep their digits; a number that
// JSON writes otherwise (0x1F, 010, .5) is a fault, since it is rarely meant.
func (d *Decoder) JSON(n ast.Node, what string) []byte { return d.appendJSON(nil, n, what) }

func (d *Decoder) appendJSON(dst []byte, n ast.Node, what string) []byte {
	if n = d.Resolve(n); n == nil {
		return append(dst, "null"...)
	}
	defer d.Leave()
	if !d.Enter(n) {
		return append(dst, "null"...)
	}
	switch v := n.(type) {
	case *ast.NullNode:
		return append(dst, "null"...)
	case *ast.BoolNode:
		return strconv.AppendBool(dst, v.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		s := n.GetToken().Value
		if number := jsontext.Value(s); number.Kind() != '0' || !number.IsValid() {
			d.Fault(finding.YAMLType, At(n), "%s: %s is not a plain decimal number", what, s).Hint = "put it in quotes if it is a code, else write it like 12.5"
			return append(dst, '0')
		}
		return append(dst, s...)
	case *ast.InfinityNode, *ast.NanNode:
		d.Fault(finding.YAMLType, At(n), "%s: %s is not a number that JSON has", what, n.GetToken().Value)
		return append(dst, '0')
	case *ast.SequenceNode:
		dst = append(dst, '[')
		for i, item := range d.Items(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = d.appendJSON(dst, item, what)
		}
		return append(dst, ']')
	case ast.MapNode:
		dst = append(dst, '{')
		for i, f := range d.Fields(n, what) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, f.Key), ':')
			dst = d.appendJSON(dst, f.Value, what)
		}
		return append(dst, '}')
	}
	s, _ := Scalar(n)
	return appendString(dst, s)
}

func appendString(dst []byte, s string) []byte {
	// It only fails for invalid UTF-8, which Parse refuses, and then still
	// appends the text with replacement characters.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

package jsonld

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// tree is a JSON value with the places of its parts.
type tree struct {
	kind        jsontext.Kind
	offset, end int
	text        string // of a string
	members     []member
	items       []*tree
	index       map[string]int // the last member of each key
}

type member struct {
	key    string
	offset int
	value  *tree
}

// last gives the member that counts, or nil.
func (n *tree) last(key string) *member {
	if i, ok := n.index[key]; ok {
		return &n.members[i]
	}
	return nil
}

// parseTree reads one JSON text; a key may stand twice.
func parseTree(text []byte) (*tree, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	root, err := readTree(dec, 0)
	if err != nil {
		return nil, err
	}
	if dec.PeekKind() != 0 {
		end := bytes.TrimLeft(text[dec.InputOffset():], " \t\r\n")
		return nil, &jsontext.SyntacticError{ByteOffset: int64(len(text) - len(end)), Err: errors.New("something follows the end")}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, err
	}
	return root, nil
}

// maxTree bounds how deep the JSON of a context document may be.
const maxTree = 200

func readTree(dec *jsontext.Decoder, depth int) (*tree, error) {
	if depth > maxTree {
		return nil, fmt.Errorf("it is nested more than %d deep", maxTree)
	}
	switch kind := dec.PeekKind(); kind {
	case '{', '[':
		if _, err := dec.ReadToken(); err != nil {
			return nil, err
		}
		n := &tree{kind: kind, offset: int(dec.InputOffset()) - 1}
		for end := kind + 2; dec.PeekKind() != end; {
			if kind == '[' {
				item, err := readTree(dec, depth+1)
				if err != nil {
					return nil, err
				}
				n.items = append(n.items, item)
				continue
			}
			name, err := readTree(dec, depth+1)
			if err != nil {
				return nil, err
			}
			value, err := readTree(dec, depth+1)
			if err != nil {
				return nil, err
			}
			if n.index == nil {
				n.index = map[string]int{}
			}
			n.index[name.text] = len(n.members)
			n.members = append(n.members, member{key: name.text, offset: name.offset, value: value})
		}
		if _, err := dec.ReadToken(); err != nil {
			return nil, err
		}
		n.end = int(dec.InputOffset())
		return n, nil
	default:
		raw, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		n := &tree{kind: kind, end: int(dec.InputOffset())}
		n.offset = n.end - len(raw)
		if kind == '"' {
			unquoted, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return nil, err
			}
			n.text = string(unquoted)
		}
		return n, nil
	}
}

package jsonld

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild"
)

// ExpandDocument gives the expanded JSON-LD of an entity, or of an array of
// entities, as json-gold makes it: an array, members in order of their names,
// numbers as they were written.
//
// With a Context its names are used and the document's own @context is left aside;
// that is fast, since nothing is processed again. With nil each entity's own
// @context is resolved, the core last; the error is a finding.List where it cannot be.
// Of a URL that is not known here Resolve warns; here its terms just go to the
// default vocabulary.
func (r *Resolver) ExpandDocument(ctx context.Context, doc []byte, c *Context) ([]byte, error) {
	expanded, err := r.expandDocument(ctx, doc, c)
	if err != nil {
		return nil, fmt.Errorf("expand the document: %w", err)
	}
	return encode(expanded)
}

// NQuads gives the document as N-Quads, one statement a line, sorted. Context and
// errors are as for ExpandDocument.
func (r *Resolver) NQuads(ctx context.Context, doc []byte, c *Context) ([]byte, error) {
	expanded, err := r.expandDocument(ctx, doc, c)
	if err != nil {
		return nil, fmt.Errorf("write N-Quads: %w", err)
	}
	literals(expanded)
	var quads string
	err = guard(func() error {
		opts := r.options()
		opts.Format = "application/n-quads"
		opts.Algorithm = ld.AlgorithmURDNA2015
		out, err := ld.NewJsonLdProcessor().Normalize(expanded, opts)
		if err != nil {
			return err
		}
		text, ok := out.(string)
		if !ok {
			return errors.New("no text came back")
		}
		quads = text
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("write N-Quads: %w", err)
	}
	return []byte(strings.ReplaceAll(quads, `"^^<`+jsonMark+"> .\n", `"^^<`+rdfJSON+"> .\n")), nil
}

const (
	rdfJSON    = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"
	xsdInteger = "http://www.w3.org/2001/XMLSchema#integer"
	xsdDouble  = "http://www.w3.org/2001/XMLSchema#double"
)

// jsonMark stands for rdfJSON on the way through json-gold, which takes no JSON
// literal but an object or an array, and cuts its numbers to float64.
const jsonMark = "urn:x-ldt:json"

// literals prepares expanded JSON-LD for N-Quads where json-gold would lose what a
// value says: JSON literals, integers that a float64 cannot hold and numbers out
// of its range. v is changed in place.
func literals(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			literals(item)
		}
	case map[string]any:
		value, isValue := v["@value"]
		if !isValue {
			for _, member := range v {
				literals(member)
			}
			return
		}
		if v["@type"] == "@json" {
			if text, err := canonicalJSON(value); err == nil {
				v["@type"], v["@value"] = jsonMark, text
			}
			return
		}
		number, isNumber := value.(json.Number)
		if _, isTyped := v["@type"]; !isNumber || isTyped || exact(number) {
			return
		}
		v["@type"], v["@value"] = xsdInteger, number.String()
		if _, err := number.Float64(); err != nil {
			v["@type"] = xsdDouble
		}
	}
}

// exact says whether a number survives as a float64: an integer exactly, a
// decimal as near as xsd:double has it.
func exact(number json.Number) bool {
	f, err := number.Float64()
	if err != nil {
		return false
	}
	text := number.String()
	return strings.ContainsAny(text, ".eE") || text == "-0" || strconv.FormatFloat(f, 'f', -1, 64) == text
}

// canonicalJSON writes a decoded value in the canonical form of RFC 8785, save
// that numbers which that form would change make it stay as it is.
func canonicalJSON(value any) (string, error) {
	text, err := encode(value)
	if err != nil {
		return "", err
	}
	if exactNumbers(value) {
		canonical := jsontext.Value(text).Clone()
		if err := canonical.Canonicalize(); err == nil {
			text = canonical
		}
	}
	return string(text), nil
}

func exactNumbers(value any) bool {
	switch value := value.(type) {
	case json.Number:
		return exact(value)
	case []any:
		return !slices.ContainsFunc(value, func(item any) bool { return !exactNumbers(item) })
	case map[string]any:
		for _, member := range value {
			if !exactNumbers(member) {
				return false
			}
		}
	}
	return true
}

func (r *Resolver) expandDocument(ctx context.Context, doc []byte, c *Context) ([]any, error) {
	texts := []jsontext.Value{doc}
	if jsontext.Value(doc).Kind() == '[' {
		items, ok := elements(doc)
		if !ok {
			return nil, notJSON(doc)
		}
		texts = items
	}
	all := []any{}
	for _, text := range texts {
		value, err := decodeDocument(text)
		if err != nil {
			return nil, err
		}
		entity, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("it holds %s where an entity belongs", describe(value))
		}
		own := c
		if own == nil {
			ldctx, err := ContextOf(text)
			if err != nil {
				return nil, err
			}
			if own, _, err = r.Resolve(ctx, ldctx); err != nil {
				return nil, err
			}
		}
		delete(entity, ngsild.MemberContext)
		err = guard(func() error {
			// Not through the processor: it writes to the Context it is given.
			expanded, err := ld.NewJsonLdApi().Expand(own.active, "", entity, r.options(), false, nil)
			if err != nil {
				return err
			}
			all = appendNodes(all, expanded)
			return nil
		})
		if err != nil {
			return nil, errors.New(sentenceOfDocument(err))
		}
	}
	return all, nil
}

// appendNodes appends what an expansion gave: nothing, a node, the nodes of a graph
// without a name, or nodes.
func appendNodes(dst []any, expanded any) []any {
	switch expanded := expanded.(type) {
	case []any:
		return append(dst, expanded...)
	case map[string]any:
		if graph, ok := expanded["@graph"].([]any); ok && len(expanded) == 1 {
			return append(dst, graph...)
		}
		if len(expanded) > 0 {
			return append(dst, expanded)
		}
	}
	return dst
}

func sentenceOfDocument(err error) string {
	var fault *ld.JsonLdError
	if !errors.As(err, &fault) {
		return err.Error()
	}
	if fault.Details == nil {
		return fmt.Sprintf("json-gold: %s", fault.Code)
	}
	return fmt.Sprintf("json-gold: %s (%v)", fault.Code, fault.Details)
}

func notJSON(text []byte) error {
	if _, err := decodeDocument(text); err != nil {
		return err
	}
	return errors.New("it is not JSON")
}

// decodeDocument reads one JSON text with its numbers as they are written.
func decodeDocument(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", describeJSON(text, err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is not JSON: something follows the end")
	}
	return v, nil
}

// elements splits the JSON text of an array; the elements alias it.
func elements(array jsontext.Value) ([]jsontext.Value, bool) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(array), jsontext.AllowDuplicateNames(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '[' {
		return nil, false
	}
	var items []jsontext.Value
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, false
		}
		end := dec.InputOffset()
		items = append(items, array[end-int64(len(value)):end])
	}
	_, err := dec.ReadToken()
	return items, err == nil
}

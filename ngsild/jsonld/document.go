package jsonld

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
	return []byte(quads), nil
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
			opts := r.options()
			opts.ExpandContext = own.active
			expanded, err := ld.NewJsonLdProcessor().Expand(entity, opts)
			all = append(all, expanded...)
			return err
		})
		if err != nil {
			return nil, errors.New(sentenceOfDocument(err))
		}
	}
	return all, nil
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

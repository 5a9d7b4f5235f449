// Package jsonld owns the @context: an offline-first resolver, the way from a
// term to its IRI and back, and expansion to JSON-LD and N-Quads.
//
// The core @context stands last, once: every core @context, of any version and
// under any of its URLs, is taken out wherever it stands, and one is appended
// (ETSI GS CIM 009 v1.8 clause 4.4). The processed list that results is the
// same for compiled names, for json-gold and for what is sent to a broker.
//
// json-gold is the judge of JSON-LD and is imported nowhere else. It never
// loads anything itself: each URL is answered by the Resolver, from what is
// built in, registered, pinned or, where the user asked for it, fetched.
package jsonld

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/piprate/json-gold/ld"

	"github.com/ldtkit/ldt/ngsild"
)

// ContextOf gives the @context of a JSON document as JSON text that aliases
// doc, or nil where the document has none. The document must be an object.
func ContextOf(doc []byte) ([]byte, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(doc), jsontext.AllowDuplicateNames(true))
	if dec.PeekKind() != '{' {
		if _, err := dec.ReadValue(); err != nil {
			return nil, fmt.Errorf("read the @context: %w", err)
		}
		return nil, errors.New("read the @context: the document is not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("read the @context: %w", err)
	}
	var found []byte
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("read the @context: %w", err)
		}
		isContext := name.String() == ngsild.MemberContext
		value, err := dec.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("read the @context: %w", err)
		}
		if isContext {
			end := dec.InputOffset()
			found = doc[end-int64(len(value)) : end]
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("read the @context: %w", err)
	}
	return found, nil
}

// decodeContext reads a JSON text the way json-gold wants a context: numbers
// are float64, since it compares @version with 1.1.
func decodeContext(text []byte) (any, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return v, nil
}

// encode writes v as JSON without HTML escapes, with members in order of their
// names.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// guard runs a call into json-gold, and turns a panic in there, which some
// illegal contexts set off, into an error.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("json-gold cannot read it: %v", p)
		}
	}()
	return call()
}

// options gives the options of every use of json-gold here.
func (r *Resolver) options() *ld.JsonLdOptions {
	opts := ld.NewJsonLdOptions("")
	opts.DocumentLoader = loader{r}
	return opts
}

package jsonld

import (
	"bytes"
	"context"
	"strconv"
)

// QuadWriter gives documents as N-Quads that may stand one after another in one
// file. NQuads names the blank nodes of each document anew, so that those of two
// documents would become one node; the labels of a QuadWriter tell the document
// too: _:e2c0 is the first blank node of the second. The same documents in the same
// order give the same text. It is not safe for several goroutines.
type QuadWriter struct {
	resolver  *Resolver
	documents int
}

// NewQuadWriter begins a file of N-Quads.
func (r *Resolver) NewQuadWriter() *QuadWriter { return &QuadWriter{resolver: r} }

// NQuads gives the next document, as Resolver.NQuads does. A document that fails
// is not counted.
func (w *QuadWriter) NQuads(ctx context.Context, doc []byte, c *Context) ([]byte, error) {
	quads, err := w.resolver.NQuads(ctx, doc, c)
	if err != nil {
		return nil, err
	}
	w.documents++
	prefix := strconv.AppendInt([]byte("_:e"), int64(w.documents), 10)
	return relabel(quads, append(prefix, 'c')), nil
}

// canonicalLabel begins each blank node that URDNA2015 names.
const canonicalLabel = "_:c14n"

// relabel puts prefix in the place of canonicalLabel where it begins a term of
// the statements. IRIs and literals stay as they are, whatever they hold.
func relabel(quads, prefix []byte) []byte {
	out := make([]byte, 0, len(quads)+len(quads)/8)
	for len(quads) > 0 {
		if bytes.HasPrefix(quads, []byte(canonicalLabel)) {
			out = append(out, prefix...)
			quads = quads[len(canonicalLabel):]
		}
		n := termLength(quads)
		out = append(out, quads[:n]...)
		quads = quads[n:]
	}
	return out
}

// termLength counts the bytes of the term at the beginning of text, with the
// blank or the line end behind it.
func termLength(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ', '\n':
			return i + 1
		case '<':
			i = closing(text, i, '>')
		case '"':
			i = closing(text, i, '"')
		}
	}
	return len(text)
}

// closing gives where the part that opens at i closes; a backslash takes the
// next byte along. It is the end of text where the part does not close.
func closing(text []byte, i int, mark byte) int {
	for i++; i < len(text) && text[i] != mark; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

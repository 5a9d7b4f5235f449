// Package formattest owns what the tests of every format do with a reader: take
// all that it gives, and what it refuses.
package formattest

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Table is everything that a reader gave, copied out of its batches.
type Table struct {
	// Rows are the cells, each with the letter of its kind and a colon before its
	// text: - null, t text, n number, b boolean, d date or time, e error.
	Rows   [][]string
	At     []int // the number of each row
	Faults []string
}

// ReadAll reads to the end. The error is that of the reader, and the rows those
// before it.
func ReadAll(r interface {
	Next(ctx context.Context, b *record.Batch) error
}) (got Table, err error) {
	var b record.Batch
	for {
		err := r.Next(context.Background(), &b)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		for _, rec := range b.Records {
			row := []string{}
			for _, c := range rec.Cells {
				row = append(row, string("-tnbde"[c.Kind])+":"+string(c.Text))
			}
			got.Rows, got.At = append(got.Rows, row), append(got.At, rec.Row)
			if rec.Fault != nil {
				got.Faults = append(got.Faults, rec.Fault.String())
			}
		}
	}
}

// Refusal gives the *format.Error that err has to be.
func Refusal(t *testing.T, err error) *format.Error {
	t.Helper()
	var e *format.Error
	require.True(t, errors.As(err, &e), "%v", err)
	return e
}

// Codes gives the codes of findings, nil of none.
func Codes(list []finding.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Code))
	}
	return out
}

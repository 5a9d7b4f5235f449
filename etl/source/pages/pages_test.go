package pages_test

import (
	"context"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/pages"
	"github.com/ldtkit/ldt/etl/source/typed"
)

var options = typed.Options{Origin: record.Origin{File: "NAME"}, Nulls: []string{"-999"}}

// one reads a table of one row.
func one(row string) (*record.Batch, error) {
	r, err := pages.New("test", []string{"a", "b"}, options, func(context.Context, int) (pages.Page, error) {
		return pages.Page{Total: 1, Rows: []jsontext.Value{jsontext.Value(row)}}, nil
	})
	if err != nil {
		return nil, err
	}
	b := &record.Batch{}
	if err := r.Next(context.Background(), b); err != nil {
		return nil, err
	}
	if err := r.Next(context.Background(), &record.Batch{}); err != io.EOF {
		return nil, err
	}
	return b, nil
}

func TestNextGivesCellsByTheirJSONType(t *testing.T) {
	for value, want := range map[string]record.Cell{
		`12345678901234567890.50`: {Kind: record.Number, Text: []byte("12345678901234567890.50")},
		`-999`:                    {Kind: record.Null, Text: []byte("-999")},
		`true`:                    {Kind: record.Boolean, Text: []byte("true")},
		`null`:                    {},
		`"01"`:                    {Kind: record.Text, Text: []byte("01")},
		`" "`:                     {Kind: record.Null, Text: []byte(" ")},
		`"\u00e9"`:                {Kind: record.Text, Text: []byte("é")},
		`{"x": [1, 2]}`:           {Kind: record.Text, Text: []byte(`{"x":[1,2]}`)},
	} {
		b, err := one(`{"other": [{}], "b": ` + value + `}`)
		require.NoError(t, err, value)
		require.Equal(t, want.Kind, b.Records[0].Cells[1].Kind, value)
		require.Equal(t, string(want.Text), string(b.Records[0].Cells[1].Text), value)
		require.True(t, b.Records[0].Cells[0].IsNull(), "a member that is not there")
	}
}

// FuzzRow: any answer of a server gives a row or an error that says so.
func FuzzRow(f *testing.F) {
	for _, seed := range []string{`{"a": 1}`, `{"a": "\ud800"}`, `[1]`, `{"a": 1`, `{"a": 1, "a": 2}`, `{"a": {"b": [}}`, ``, `"x"`, "{\"a\": \"\xff\"}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, row string) {
		b, err := one(row)
		if err != nil {
			var fault *format.Error
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Finding.Message)
			return
		}
		require.Len(t, b.Records, 1)
		require.Len(t, b.Records[0].Cells, 2)
	})
}

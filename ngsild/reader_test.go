package ngsild_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild"
)

func items(t *testing.T, r io.Reader) (list []string, err error) {
	t.Helper()
	reader := ngsild.NewReader(r)
	for {
		item, err := reader.Next()
		if err != nil {
			_, again := reader.Next()
			require.Equal(t, err, again)
			return list, err
		}
		list = append(list, itoa(item.Line)+item.Pointer+" "+string(item.Raw))
	}
}

func TestReaderYieldsEachEntityWithItsPlace(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"one object":        {"\n{\"a\":\n1}\n", []string{"2 {\"a\":\n1}"}},
		"an array":          {"[\n{\"a\":1},\n\n{\"a\":2}]\n", []string{`2/0 {"a":1}`, `4/1 {"a":2}`}},
		"an empty array":    {"[]", nil},
		"NDJSON":            {"{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", []string{`1 {"a":1}`, `2 {"a":2}`, `4 {"a":3}`}},
		"concatenated":      {"{\"a\":1}{\"a\":2} [{\"a\":3}]", []string{`1 {"a":1}`, `1 {"a":2}`, `1/0 {"a":3}`}},
		"byte order mark":   {"\ufeff{\"a\":1}", []string{`1 {"a":1}`}},
		"an empty file":     {"", nil},
		"a short file":      {" \n", nil},
		"what is no object": {"[1,[2]]", []string{"1/0 1", "1/1 [2]"}},
		"duplicate members": {`{"a":1,"a":2}`, []string{`1 {"a":1,"a":2}`}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := items(t, strings.NewReader(test.text))
			require.Equal(t, io.EOF, err)
			require.Equal(t, test.want, list)
			list, err = items(t, iotest.OneByteReader(strings.NewReader(test.text)))
			require.Equal(t, io.EOF, err)
			require.Equal(t, test.want, list)
		})
	}
}

func TestReaderSaysWhereTheTextIsNotJSON(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\":1}\n{\"é\":'x'}":       "line 2, character 6: this is not JSON: a string stands in single quotes",
		"[{\"a\":1},\n  {\"a\":2},\n]": "line 2, character 10: this is not JSON: a comma that no value follows",
		"[{\"a\":1}":                   "line 1, character 9: the JSON ends too early",
		"{\"a\":":                      "line 1, character 6: the JSON ends too early",
		"{\"a\":1}}":                   "line 1, character 8: this is not JSON",
		"id;type\n1;2":                 "line 1, character 1: this is not JSON",
		"\n{\"type\":\"FeatureCollection\",\"features\":[]}": "line 2, character 1: this is a GeoJSON document, not NGSI-LD entities",
		"{\"type\":\"Feature\",\"geometry\":null}":           "this is a GeoJSON document",
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			_, err := items(t, r)
			var syntax *ngsild.SyntaxError
			require.ErrorAs(t, err, &syntax, text)
			require.Contains(t, err.Error(), want, text)
		}
	}
}

func TestReaderHandsOnTheErrorOfItsSource(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := items(t, io.MultiReader(strings.NewReader(`{"a":1} {"a":`), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
}

func TestReaderCountsLinesOfLongFiles(t *testing.T) {
	var b strings.Builder
	for range 5000 {
		b.WriteString("{\n\"a\":\"" + strings.Repeat("x", 50) + "\"}\n")
	}
	list, err := items(t, strings.NewReader(b.String()))
	require.Equal(t, io.EOF, err)
	require.Len(t, list, 5000)
	require.True(t, strings.HasPrefix(list[4999], "9999 {"))
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{"", "[", "[]", "{}{}", "[{}]\n{}", "\ufeff{}", "]", "{\"a\":1}\n\n{", "[{},]", "nul"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, allErr := items(t, strings.NewReader(text))
		slow, slowErr := items(t, iotest.OneByteReader(strings.NewReader(text)))
		require.Equal(t, all, slow)
		require.Equal(t, allErr == io.EOF, slowErr == io.EOF)
	})
}

package ngsild_test

import (
	"errors"
	"fmt"
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

// lines reads on behind each line that is not JSON, and gives what it read and the faults
// in the order of the text.
func lines(r io.Reader) (list []string, err error) {
	reader := ngsild.NewReader(r)
	for {
		item, err := reader.Next()
		var syntax *ngsild.SyntaxError
		switch {
		case errors.As(err, &syntax):
			list = append(list, err.Error())
			if !reader.SkipLine() {
				return list, err
			}
		case err != nil:
			return list, err
		default:
			list = append(list, itoa(item.Line)+":"+itoa(item.Char)+" "+string(item.Raw))
		}
	}
}

// TestReaderSaysTheSameWhereverABufferEnds puts a fault at each place of a text.
func TestReaderSaysTheSameWhereverABufferEnds(t *testing.T) {
	for n := range 600 {
		r := ngsild.NewReader(strings.NewReader(`{"a": "` + strings.Repeat("x", n) + `", "b": NaN}`))
		_, err := r.Next()
		require.EqualError(t, err, fmt.Sprintf("line 1, character %d: this is not JSON: it has no NaN and no Infinity", n+16))
	}
}

func TestReaderGoesOnBehindABadLineOfNDJSON(t *testing.T) {
	const early = ": the JSON ends too early"
	for name, test := range map[string]struct {
		text string
		want []string
		stop bool
	}{
		"in the middle":       {"{\"a\":1}\n{\"a\":'x'}\n{\"a\":3}", []string{`1:1 {"a":1}`, "line 2, character 6: this is not JSON: a string stands in single quotes", `3:1 {"a":3}`}, false},
		"cut short":           {"{\"a\":1}\r\n{\"a\":2\r\n{\"a\":3}\r\n", []string{`1:1 {"a":1}`, "line 2, character 7" + early, `3:1 {"a":3}`}, false},
		"cut in an array":     {"{\"a\":1}\n{\"a\":[\n{\"a\":3}\n{\"a\":4}", []string{`1:1 {"a":1}`, "line 2, character 7" + early, `3:1 {"a":3}`, `4:1 {"a":4}`}, false},
		"the first":           {"{\"a\":1,}\n\n{\"a\":2}\n", []string{"line 1, character 8: this is not JSON: a comma before '}'", `3:1 {"a":2}`}, false},
		"the last":            {"{\"a\":1}\n {\"é\":", []string{`1:1 {"a":1}`, "line 2, character 7" + early}, false},
		"too much on a line":  {"{\"a\":1}}\n{\"a\":2}", []string{`1:1 {"a":1}`, "line 1, character 8: this is not JSON at '}'", `2:1 {"a":2}`}, false},
		"several":             {"{\"a\":1}\nError: x\n\tat y\n{\"a\":2}\nNaN\n", []string{`1:1 {"a":1}`, "line 2, character 1: this is not JSON", "line 3, character 2: this is not JSON", `4:1 {"a":2}`, "line 5, character 1: this is not JSON: it has no NaN and no Infinity"}, false},
		"no UTF-8":            {"{\"a\":1}\n{\"a\":\"\xff\"}\n{\"a\":2}", []string{`1:1 {"a":1}`, "line 2, character 7: the text is not UTF-8", `3:1 {"a":2}`}, false},
		"a mark amidst":       {"{\"a\":1}\n\ufeff{\"a\":2}\n{\"a\":3}", []string{`1:1 {"a":1}`, "line 2, character 1: a byte order mark stands here", `3:1 {"a":3}`}, false},
		"deep":                {"{\"a\":1}\n{\"a\":" + strings.Repeat("[", 20000) + "\n{\"a\":3}", []string{`1:1 {"a":1}`, "line 2, character 10005: arrays and objects stand more than 10000 deep", `3:1 {"a":3}`}, false},
		"a value of lines":    {"{\"a\":1}\n{\n \"a\": 2,\n}\n{\"a\":3}", []string{`1:1 {"a":1}`, "line 4, character 1: this is not JSON: a comma before '}'"}, true},
		"values of lines":     {"{\n\"a\":1\n}\n{\"a\":'x'}\n{\"a\":3}", []string{"1:1 {\n\"a\":1\n}", "line 4, character 6: this is not JSON: a string stands in single quotes"}, true},
		"an array":            {"[{\"a\":1},\n{\"a\":'x'},\n{\"a\":3}]", []string{`1:2 {"a":1}`, "line 2, character 6: this is not JSON"}, true},
		"one object":          {"{\n\"a\":1,\n}", []string{"line 3, character 1: this is not JSON"}, true},
		"another format":      {"id;type\n1;2\n", []string{"line 1, character 1: this is not JSON"}, true},
		"several on one line": {"{\"a\":1}{\"a\":2}x\n{\"a\":3}", []string{`1:1 {"a":1}`, `1:8 {"a":2}`, "line 1, character 15: this is not JSON"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text))} {
				list, err := lines(r)
				require.Equal(t, test.stop, err != io.EOF, "%v", err)
				require.Len(t, list, len(test.want), "%q", list)
				for i, want := range test.want {
					require.True(t, strings.HasPrefix(list[i], want), "%q is not %q", list[i], want)
				}
			}
		})
	}
}

func TestReaderGoesOnBehindALineThatIsTooLong(t *testing.T) {
	const message = ": the value that starts here is larger than 16 MiB, more than an entity may be"
	long := "{\"a\":\"" + strings.Repeat("x", ngsild.MaxEntityBytes+1000)
	list, err := lines(strings.NewReader("{\"a\":1}\n" + long + "\"}\n\n{\"a\":2}\nx\n" + long + "\"}\n{\"a\":3}\n"))
	require.Equal(t, io.EOF, err)
	require.Len(t, list, 6)
	require.Equal(t, []string{`1:1 {"a":1}`, "line 2, character 1" + message, `4:1 {"a":2}`}, list[:3])
	require.Equal(t, []string{"line 6, character 1" + message, `7:1 {"a":3}`}, list[4:])

	list, err = lines(strings.NewReader("{\"a\":1}\n" + long))
	require.EqualError(t, err, "line 2, character 1"+message)
	require.Len(t, list, 2)
	list, err = lines(strings.NewReader("{\"a\":1}\n{\n\"b\":" + long + "\"}}\n{\"a\":2}"))
	require.EqualError(t, err, "line 2, character 1"+message, "a value of several lines")
	require.Len(t, list, 2)
}

func TestReaderGoesOnBehindManyBadLines(t *testing.T) {
	var b strings.Builder
	for range 20000 {
		b.WriteString("{\"a\":\"" + strings.Repeat("x", 50) + "\"}\n{\"a\":tru}\n")
	}
	list, err := lines(strings.NewReader(b.String()))
	require.Equal(t, io.EOF, err)
	require.Len(t, list, 40000)
	require.True(t, strings.HasPrefix(list[39998], "39999:1 {"))
	require.True(t, strings.HasPrefix(list[39999], "line 40000, character 9: this is not JSON"), list[39999])
}

func TestReaderSaysAtWhichCharacterAnItemStarts(t *testing.T) {
	reader := ngsild.NewReader(iotest.OneByteReader(strings.NewReader("\ufeff[{\"é\":1}, {\"é\":\n\"éé\"},{}]\n  {}")))
	for _, want := range [][2]int{{1, 2}, {1, 11}, {2, 7}, {3, 3}} {
		item, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, want, [2]int{item.Line, item.Char}, "%s", item.Raw)
	}
	item := ngsild.Item{Line: 3, Char: 5}
	line, char := item.Place(1, 2)
	require.Equal(t, [2]int{3, 6}, [2]int{line, char})
	line, char = item.Place(2, 2)
	require.Equal(t, [2]int{4, 2}, [2]int{line, char})
}

// endless is a JSON string without an end. It counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if e.read == 0 {
		copy(p, "\n {\"")
	}
	e.read += len(p)
	return len(p), nil
}

func TestReaderRefusesAnEnormousEntityBeforeItIsRead(t *testing.T) {
	source := &endless{}
	_, err := items(t, source)
	require.EqualError(t, err, "line 2, character 2: the value that starts here is larger than 16 MiB, more than an entity may be")
	require.Less(t, source.read, 2*ngsild.MaxEntityBytes)
}

func TestReaderNamesWhatIsNoUTF8(t *testing.T) {
	for text, want := range map[string]string{
		"\xff\xfe{\x00}\x00": "line 1, character 1: the text is UTF-16",
		"{\x00}\x00":         "the text is UTF-16",
		"\ufeff\ufeff{}":     "line 1, character 1: a byte order mark stands here",
		"{}\n\ufeff{}":       "line 2, character 1: a byte order mark stands here",
		"{\"a\":\"\xff\"}":   "line 1, character 7: the text is not UTF-8",
		strings.Repeat("[", 100) + strings.Repeat("[", 1e4): "arrays and objects stand more than 10000 deep",
	} {
		_, err := items(t, strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
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
	for _, seed := range []string{"", "[", "[]", "{}{}", "[{}]\n{}", "\ufeff{}", "]", "{\"a\":1}\n\n{", "[{},]", "nul", "{}\n{\n{}\nx\n{}", "{,\n{}\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, allErr := items(t, strings.NewReader(text))
		slow, slowErr := items(t, iotest.OneByteReader(strings.NewReader(text)))
		require.Equal(t, all, slow)
		require.Equal(t, allErr == io.EOF, slowErr == io.EOF)
		all, allErr = lines(strings.NewReader(text))
		slow, slowErr = lines(iotest.OneByteReader(strings.NewReader(text)))
		require.Len(t, slow, len(all))
		require.Equal(t, allErr == io.EOF, slowErr == io.EOF)
	})
}

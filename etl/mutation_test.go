package etl

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// mutations is how many mutations TestMutatedRealFiles makes: the number that
// LDT_TEST_MUTATIONS gives, else a few.
func mutations(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("LDT_TEST_MUTATIONS"))
	if err != nil {
		return 400
	}
	t.Logf("%d mutations", n)
	return n
}

// victim is a real file, a mapping for it as it is, and what it then holds.
type victim struct {
	file    string
	data    []byte
	mapping string
	table   *profile.Table
	column  int // of numbers that are added up, or -1
	holds   total
}

// total is what was read: rows, and the sum of a column.
type total struct {
	rows int64
	sum  *big.Rat
}

func (a total) equal(b total) bool { return a.rows == b.rows && a.sum.Cmp(b.sum) == 0 }

func (a total) String() string { return fmt.Sprintf("%d rows, %s", a.rows, a.sum.FloatString(6)) }

// TestMutatedRealFilesEndInEntitiesOrFindings cuts real files, flips bytes in
// them, moves their rows and changes their encoding. A conversion ends in time,
// without a panic, with an error that says what is wrong or with entities; and
// where neither the source nor a row has a finding, the rows and their sum are
// those that an independent reader gets of the same bytes, or, where the file was
// cut or only the order or the encoding was changed, those of the file as it was.
func TestMutatedRealFilesEndInEntitiesOrFindings(t *testing.T) {
	victims := victims(t)
	rng := rand.New(rand.NewPCG(7, 11))
	n, compared, refused := mutations(t), 0, 0
	for i := range n {
		v := victims[i%len(victims)]
		how := mutationKinds[rng.IntN(len(mutationKinds))]
		data := how.mutate(rng, v)
		if data == nil {
			continue
		}
		started := time.Now()
		got, said, err := v.convert(t, data)
		require.Less(t, time.Since(started), time.Minute, "%s, %s: hangs", v.file, how.name)
		if err != nil {
			refused++
			var refusal *source.Error
			var list finding.List
			require.True(t, errors.As(err, &refusal) || errors.As(err, &list), "%s, %s: %v", v.file, how.name, err)
			continue
		}
		if said || v.column < 0 {
			continue
		}
		want, ok := v.holds, how.same
		if !how.same {
			want, ok = v.independent(data)
		}
		if ok && !got.equal(want) {
			path := filepath.Join(os.TempDir(), "mutation-"+filepath.Base(v.file))
			_ = os.WriteFile(path, data, 0o644)
			t.Errorf("%s, %s (mutation %d, kept as %s): %s without a finding, in truth %s", v.file, how.name, i, path, got, want)
		}
		if ok {
			compared++
		}
	}
	t.Logf("%d mutations: %d refused, %d totals compared", n, refused, compared)
	require.Greater(t, refused, n/100)
	require.Greater(t, compared, n/50)
}

// mutationKinds are the ways to change a file. same says that it still holds the
// same, or else has to have a finding.
var mutationKinds = []struct {
	name   string
	same   bool
	mutate func(rng *rand.Rand, v *victim) []byte
}{
	{"cut", true, func(rng *rand.Rand, v *victim) []byte {
		out := v.data[:rng.IntN(len(v.data))]
		if bytes.HasSuffix(out, []byte("\n")) || bytes.HasSuffix(out, []byte("\r")) {
			return nil // whole rows are missing, which nobody can see
		}
		return out
	}},
	{"bytes flipped", false, func(rng *rand.Rand, v *victim) []byte {
		out := bytes.Clone(v.data)
		for range 1 + rng.IntN(20) {
			out[rng.IntN(len(out))] = byte(rng.IntN(256))
		}
		return out
	}},
	{"a part moved", false, func(rng *rand.Rand, v *victim) []byte {
		from := rng.IntN(len(v.data))
		to := from + rng.IntN(min(2000, len(v.data)-from))
		out := slices.Concat(v.data[:from], v.data[to:])
		at := rng.IntN(len(out) + 1)
		return slices.Concat(out[:at], v.data[from:to], out[at:])
	}},
	{"a quote put in", false, func(rng *rand.Rand, v *victim) []byte {
		at := rng.IntN(len(v.data))
		return slices.Concat(v.data[:at], []byte(`"`), v.data[at:])
	}},
	{"rows moved", true, func(rng *rand.Rand, v *victim) []byte {
		lines := bytes.SplitAfter(v.data, []byte("\n"))
		if v.column < 0 || bytes.Count(v.data, []byte(`"`)) > 0 || len(lines) < 20 || len(lines[len(lines)-1]) > 0 {
			return nil // a row may be several lines, or the last has no end
		}
		body := lines[10 : len(lines)-1]
		rng.Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
		return bytes.Join(lines, nil)
	}},
	{"UTF-16", true, recoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())},
	{"UTF-8 with a mark", true, recoded(unicode.UTF8BOM.NewEncoder())},
	{"Windows-1252", true, recoded(charmap.Windows1252.NewEncoder())},
	{"CP850", true, recoded(charmap.CodePage850.NewEncoder())},
}

// recoded gives a file in another encoding, nil where it has characters that the
// encoding lacks, or is no UTF-8 to begin with.
func recoded(to transform.Transformer) func(*rand.Rand, *victim) []byte {
	return func(_ *rand.Rand, v *victim) []byte {
		if v.column < 0 || v.table.Dialect.Value("encoding") != "utf-8" {
			return nil
		}
		out, _, err := transform.Bytes(to, bytes.TrimPrefix(v.data, []byte("\ufeff")))
		if err != nil {
			return nil
		}
		return out
	}
}

// victims are the real files, larger ones without their end, each with a mapping
// that makes an entity of each row and a number of one column.
func victims(t *testing.T) []*victim {
	t.Helper()
	dir := shared.Path(t, "datasets")
	var list []*victim
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".csv", ".xlsx", ".xls"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		const most = 64 << 10
		if len(data) > most && filepath.Ext(path) == ".csv" {
			end := bytes.LastIndexByte(data[:most], '\n')
			if end < 0 {
				end = bytes.LastIndexByte(data[:most], '\r')
			}
			data = data[:end+1]
		}
		if len(data) > 1<<20 {
			return nil // a workbook cannot be cut to size
		}
		list = append(list, newVictim(t, path, data))
		return nil
	}))
	require.Greater(t, len(list), 20)
	return list
}

func newVictim(t *testing.T, path string, data []byte) *victim {
	t.Helper()
	v := &victim{file: filepath.Base(path), data: data, column: -1}
	dir := folder(t, map[string]string{v.file: string(data)})
	tables, _, err := profile.Tables(t.Context(), dir, source.Spec{File: v.file})
	if err != nil {
		v.mapping = "source: {file: " + v.file + "}\ncontext: [context.jsonld]\nentities: [{type: Thing, id: \"urn:t:{id}\"}]\n"
		return v
	}
	v.table = tables[0]
	var id []string
	for i, c := range v.table.Columns {
		if len(id) < 12 && !strings.ContainsAny(c.Name, `|{}"\#`) {
			id = append(id, "{"+c.Name+"|-}")
		}
		if (c.Type == profile.Number || c.Type == profile.Integer) && c.Odd == 0 && c.Nulls == nil && !strings.ContainsAny(c.Name, `"\#`) {
			v.column = i
		}
	}
	attribute := ""
	if v.column >= 0 {
		attribute = fmt.Sprintf(", attributes: {n: {value: {column: %q, as: number}}}", v.table.Columns[v.column].Name)
	}
	// The dialect is not declared: it has to be seen, or said to be unsure.
	v.mapping = fmt.Sprintf("source: {file: %q}\ncontext: [context.jsonld]\nentities:\n- {type: Thing, id: %q, merge: first%s}\n", v.file, "urn:t:"+strings.Join(id, ":"), attribute)
	if len(tables) > 1 || strings.HasSuffix(v.file, ".xlsx") {
		v.column = -1
	}
	if v.column >= 0 {
		got, said, err := v.convert(t, data)
		if err != nil || said {
			v.column = -1
			return v
		}
		v.holds = got
		want, ok := v.independent(data)
		if !ok || !got.equal(want) {
			v.column = -1 // the independent reader cannot read it as it is
		}
	}
	return v
}

// convert converts mutated data. said is true where there is anything to be said
// of the source or a row, or a row was merged as another's double.
func (v *victim) convert(t *testing.T, data []byte) (got total, said bool, err error) {
	t.Helper()
	dir := folder(t, map[string]string{v.file: string(data), "m.yaml": v.mapping})
	flow, err := Prepare(t.Context(), filepath.Join(dir, "m.yaml"), Options{Resolver: jsonld.NewResolver()})
	if err != nil {
		return total{}, true, err
	}
	defer flow.Close()
	got.sum = new(big.Rat)
	tally, err := flow.Convert(t.Context(), Output{Write: func(_ context.Context, items []Item) error {
		for i := range items {
			for _, a := range items[i].Entity.Attributes {
				if n, ok := new(big.Rat).SetString(string(a.Value)); ok && a.Kind == ngsild.Property {
					got.sum.Add(got.sum, n)
				}
			}
		}
		return nil
	}}, nil)
	if err != nil {
		return total{}, true, err
	}
	require.Equal(t, tally.Read, tally.Written+tally.Merged+tally.Filtered+tally.Rejected, "%s: rows are lost", v.file)
	got.rows = tally.Read
	return got, len(tally.Found) > 0 || tally.Merged > 0 || tally.Rejected > 0, nil
}

// independent reads the same bytes with encoding/csv, in the dialect of the file
// as it was. ok is false where that reader refuses them.
func (v *victim) independent(data []byte) (got total, ok bool) {
	d := v.table.Dialect
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	switch d.Value("encoding") {
	case "windows-1252":
		text, _ = charmap.Windows1252.NewDecoder().Bytes(text)
	case "cp850":
		text, _ = charmap.CodePage850.NewDecoder().Bytes(text)
	case "utf-8":
	default:
		return total{}, false
	}
	if bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n")) {
		return total{}, false // it takes a CR alone for text, and not for the end of a row
	}
	r := stdcsv.NewReader(bytes.NewReader(text))
	r.Comma = rune(d.Value("delimiter")[0])
	r.FieldsPerRecord = -1
	header, err := strconv.Atoi(d.Value("header"))
	if err != nil {
		return total{}, false
	}
	got.sum = new(big.Rat)
	for row := 1; ; row++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return got, true
		}
		if err != nil {
			return total{}, false
		}
		if line, _ := r.FieldPos(0); line <= header {
			continue
		}
		if v.column >= len(cells) {
			return total{}, false
		}
		got.rows++
		cell := strings.TrimSpace(cells[v.column])
		if cell == "" {
			continue
		}
		if d.Decimal() == ',' {
			cell = strings.Replace(cell, ",", ".", 1)
		}
		n, fine := new(big.Rat).SetString(cell)
		if !fine {
			return total{}, false
		}
		got.sum.Add(got.sum, n)
	}
}

package record_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

func TestNewHeaderTrimsNamesAndNamesTheNameless(t *testing.T) {
	h := record.NewHeader([]string{"\ufeff id ", "", "Conso\u00a0 totale\n(MWh)", "  ", "caf\xe9"})
	require.Equal(t, []string{"id", "column 2", "Conso totale (MWh)", "column 4", "caf\ufffd"}, h.Names)
	require.Equal(t, 2, h.Index("Conso totale (MWh)"))
	require.Equal(t, -1, h.Index("conso"))
	require.Empty(t, h.Repeated())
	require.Equal(t, "id", h.Title(0))
	require.Equal(t, []string{"id"}, h.Alternatives("id"))
	require.False(t, h.Ambiguous("id"))
}

func TestNewHeaderTellsRepeatedNamesApart(t *testing.T) {
	h := record.NewHeader([]string{"v", "date", "v", "v#2", "v"})
	require.Equal(t, []string{"v", "date", "v#3", "v#2", "v#4"}, h.Names)
	require.True(t, h.Ambiguous("v"))
	require.False(t, h.Ambiguous("date"))
	require.Equal(t, []string{"v"}, h.Repeated())
	require.Equal(t, []string{"v#1", "v#3", "v#4"}, h.Alternatives("v"))
	for i, name := range h.Alternatives("v") {
		require.Equal(t, []int{0, 2, 4}[i], h.Index(name))
	}
	require.Equal(t, "v", h.Title(2))
	require.Nil(t, h.Alternatives("absent"))
	require.Equal(t, h, record.NewHeader([]string{h.Title(0), h.Title(1), h.Title(2), h.Title(3), h.Title(4)}), "titles give the same header")
}

func TestNewHeaderKeepsNamesUnique(t *testing.T) {
	h := record.NewHeader([]string{"", "column 1", "a", "a", "a#2"})
	seen := map[string]bool{}
	for _, n := range h.Names {
		require.False(t, seen[n], n)
		seen[n] = true
	}
}

func TestBatchCellsLiveUntilReset(t *testing.T) {
	var b record.Batch
	for range 3 {
		b.Reset()
		for row := range 100 {
			rec := b.Begin(row, 2)
			rec.Cells[0] = record.Cell{Text: b.Copy([]byte{byte(row)}), Kind: record.Text}
		}
		for row, rec := range b.Records {
			require.Equal(t, row, rec.Row)
			require.Equal(t, []byte{byte(row)}, rec.Cells[0].Text)
			require.True(t, rec.Cells[1].IsNull())
		}
	}
}

func TestBatchPointsIntoItsBuffer(t *testing.T) {
	var b record.Batch
	copy(b.Buffer(4), "abcd")
	buf := b.Buffer(4)
	b.Commit(1, append(b.Cells(1), record.Cell{Text: buf[:2], Kind: record.Text}), nil)
	big := b.Buffer(1 << 16)
	require.Equal(t, "abcd", string(big[:4]), "what was there moves along")
	fault := finding.Finding{Code: finding.SourceRagged}
	b.Commit(2, append(b.Cells(1), record.Cell{Text: big[2:3]}, record.Cell{Text: big[3:4]}), &fault)
	require.Equal(t, "ab", string(b.Records[0].Cells[0].Text))
	require.Equal(t, "d", string(b.Records[1].Cells[1].Text))
	require.Equal(t, &fault, b.Records[1].Fault)
}

func TestBatchAllocatesNothingOnceItHasGrown(t *testing.T) {
	var b record.Batch
	text := []byte("some text")
	fill := func() {
		b.Reset()
		for row := range record.Records {
			rec := b.Begin(row, 20)
			for i := range rec.Cells {
				rec.Cells[i].Text = b.Copy(text)
			}
		}
	}
	for range 8 {
		fill()
	}
	require.Zero(t, testing.AllocsPerRun(10, fill))
}

func TestOriginGivesThePlaceOfACell(t *testing.T) {
	require.Equal(t, `m.xlsx!2024:12 column "date"`, record.Origin{File: "m.xlsx", Sheet: "2024"}.At(12, "date").String())
}

func TestBatchGivesThePlaceOfARecordOfAnotherSource(t *testing.T) {
	b := record.Batch{Origin: record.Origin{File: "query over a, b"}}
	for round := range 2 {
		b.Reset()
		for i := range 3 * record.Records {
			rec := b.Begin(i+1, 0)
			if i%2 == round {
				rec.Place = b.Place(record.Place{Origin: record.Origin{File: "a.csv"}, Row: 1000 + i})
			}
		}
		for i := range b.Records {
			want := "query over a, b:" + strconv.Itoa(i+1)
			if i%2 == round {
				want = "a.csv:" + strconv.Itoa(1000+i)
			}
			require.Equal(t, want, b.At(&b.Records[i], "").String())
		}
	}
}

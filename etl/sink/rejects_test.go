package sink

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// readAll gives the rows of a source as text, each after its row number.
func readAll(t *testing.T, src source.Source, each func(*record.Record)) {
	t.Helper()
	var batch record.Batch
	for {
		err := src.Next(t.Context(), &batch)
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		for i := range batch.Records {
			each(&batch.Records[i])
		}
	}
}

func TestRejectedRowsCanBeRunAgainWithTheSameDeclaration(t *testing.T) {
	dir := t.TempDir()
	text := "Produit;Prix;Note\r\n\"Café; noir\";1,5;\"il a dit \"\"non\"\"\"\r\nthé;x;\"deux\nlignes\"\r\ntrop court;1\r\n"
	encoded, err := charmap.Windows1252.NewEncoder().String(text)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prix.csv"), []byte(encoded), 0o600))
	spec := source.Spec{File: "prix.csv", Encoding: "windows-1252", Delimiter: ";", Decimal: ",", Header: "1"}
	src, err := source.Open(t.Context(), dir, spec)
	require.NoError(t, err)
	defer src.Close()
	path := filepath.Join(dir, "rejected.csv")
	rejects, err := CreateRejects(path, src.Header(), src.Dialect())
	require.NoError(t, err)
	defer rejects.Abort()
	want := map[string][]string{}
	readAll(t, src, func(r *record.Record) {
		cells := texts(r)
		want[cells[0]] = cells
		reasons := []finding.Finding{finding.New(finding.CellNumber, finding.Location{Column: "Prix"}, "“%s” → no number", cells[1])}
		if r.Fault != nil {
			reasons = append(reasons, *r.Fault)
		}
		require.NoError(t, rejects.Write(r, reasons))
	})
	require.Equal(t, 3, rejects.Rows())
	require.NoFileExists(t, path)
	require.NoError(t, rejects.Close())
	require.Contains(t, read(t, path), "→ no number")

	spec.File = "rejected.csv"
	again, err := source.Open(t.Context(), dir, spec)
	require.NoError(t, err)
	defer again.Close()
	n := 0
	readAll(t, again, func(r *record.Record) {
		n++
		cells := texts(r)
		first := want[cells[0]]
		require.NotNil(t, first, cells)
		require.Equal(t, first, cells[:len(first)])
		require.Equal(t, len(first) < 3, r.Fault != nil, "a row that is too short is rejected again")
	})
	require.Equal(t, 3, n)
}

func texts(r *record.Record) []string {
	var out []string
	for _, c := range r.Cells {
		out = append(out, strings.ReplaceAll(string(c.Text), "\r", ""))
	}
	return out
}

func TestRejectsWithoutARowHoldTheHeaderAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejected.csv")
	require.NoError(t, os.WriteFile(path, []byte("of an earlier run"), 0o600))
	rejects, err := CreateRejects(path, &record.Header{Names: []string{"a", "b"}}, nil)
	require.NoError(t, err)
	require.NoError(t, rejects.Close())
	rejects.Abort()
	require.Equal(t, 1, strings.Count(read(t, path), "\n"))
	require.NotContains(t, read(t, path), "earlier")
}

func TestRejectsThatAreGivenUpLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	rejects, err := CreateRejects(filepath.Join(dir, "rejected.csv"), &record.Header{Names: []string{"a"}}, nil)
	require.NoError(t, err)
	rejects.Abort()
	require.Empty(t, names(t, dir))
	_, err = CreateRejects(filepath.Join(dir, "no", "rejected.csv"), &record.Header{}, nil)
	require.ErrorContains(t, err, "there is no folder")
}

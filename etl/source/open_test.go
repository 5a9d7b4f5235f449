package source_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// write puts a file into a new folder and gives the folder.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	return dir
}

type content struct {
	source.Source
	rows   [][]string
	kinds  [][]record.Kind
	lines  []int
	faults []string
}

func (c content) column(name string) []string {
	i := c.Header().Index(name)
	var out []string
	for _, row := range c.rows {
		out = append(out, row[i])
	}
	return out
}

func readAll(t *testing.T, dir string, spec source.Spec) content {
	t.Helper()
	c, err := tryAll(dir, spec)
	require.NoError(t, err)
	return c
}

func tryAll(dir string, spec source.Spec) (content, error) {
	s, err := source.Open(context.Background(), dir, spec)
	if err != nil {
		return content{}, err
	}
	defer s.Close()
	c := content{Source: s}
	var b record.Batch
	for {
		err := s.Next(context.Background(), &b)
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		for _, rec := range b.Records {
			var row []string
			var kinds []record.Kind
			for _, cell := range rec.Cells {
				row, kinds = append(row, string(cell.Text)), append(kinds, cell.Kind)
			}
			c.rows, c.kinds, c.lines = append(c.rows, row), append(c.kinds, kinds), append(c.lines, rec.Row)
			if rec.Fault != nil {
				c.faults = append(c.faults, rec.Fault.Location.String()+" "+string(rec.Fault.Code))
			}
		}
	}
}

func refused(t *testing.T, dir string, spec source.Spec) *source.Error {
	t.Helper()
	_, err := tryAll(dir, spec)
	var e *source.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, spec.File, e.Finding.Location.File)
	return e
}

func codes(list []finding.Finding) []string {
	var out []string
	for _, f := range list {
		out = append(out, string(f.Code))
	}
	return out
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		require.NoError(t, err)
		_, err = io.WriteString(w, "application/x")
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func workbook(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, f.SetSheetRow("Sheet1", at, &row))
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	return b.Bytes()
}

func gz(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestOpenRefusesWhatIsNotWhatItsNameSays(t *testing.T) {
	table := []byte("a,b\n1,2\n")
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"photo.xlsx", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "a JPEG picture"},
		{"plan.csv", []byte("\x89PNG\r\n\x1a\n\x00"), "a PNG picture"},
		{"report.xlsx", []byte("%PDF-1.7\n"), "a PDF document"},
		{"db.csv", []byte("SQLite format 3\x00aaaa"), "an SQLite database"},
		{"t.csv", []byte("PAR1\x15\x04\x15"), "a Parquet file"},
		{"page.csv", []byte("\r\n<!DOCTYPE html><html>"), "a web page"},
		{"export.xls", []byte("<html><table><tr><td>1"), "a web page"},
		{"old.xls", []byte("<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"), "Excel 2003 XML"},
		{"x.csv", []byte("<?xml version=\"1.0\"?><root/>"), "an XML document"},
		{"x.csv", []byte("{\"type\": \"FeatureCollection\"}"), "a JSON document"},
		{"x.csv", []byte(" [{\"a\":1}]"), "a JSON document"},
		{"t.xlsx", table, "a text file"},
		{"t.xls", table, "a text file"},
		{"t.csv", workbook(t, []any{"a"}, []any{1}), "an Excel workbook"},
		{"t.xls", workbook(t, []any{"a"}, []any{1}), "an Excel workbook"},
		{"t.xlsx", zipped(t, "xl/workbook.bin"), ".xlsb"},
		{"t.xlsx", zipped(t, "word/document.xml"), "a Word document"},
		{"t.xlsx", zipped(t, "ppt/presentation.xml"), "a PowerPoint"},
		{"t.xlsx", zipped(t, "mimetype", "content.xml"), "OpenDocument"},
		{"t.csv", zipped(t, "inside.csv"), "inside.csv"},
		{"t.xlsx", []byte("PK\x03\x04 cut off"), "a damaged ZIP archive"},
		{"t.xlsx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut off"), "an old Office document"},
		{"t.csv.gz", table, "not compressed"},
		{"t.csv", gz(t, gz(t, table)), "gzip"},
		{"t.csv", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x03\x00"), "a binary file"},
		{"t.csv", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), "Git LFS"},
	} {
		e := refused(t, write(t, c.name, c.data), source.Spec{File: c.name})
		require.Equal(t, source.Unreadable, e.Kind, c.says)
		require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
		require.Contains(t, e.Finding.Message, c.says)
		require.NotEmpty(t, e.Finding.Hint, c.says)
	}
}

func TestOpenRefusesAWorkbookWithAPassword(t *testing.T) {
	f := excelize.NewFile()
	var b bytes.Buffer
	require.NoError(t, f.Write(&b, excelize.Options{Password: "secret"}))
	e := refused(t, write(t, "t.xlsx", b.Bytes()), source.Spec{File: "t.xlsx"})
	require.Equal(t, source.Unreadable, e.Kind)
	require.Contains(t, e.Finding.Message, "protected by a password")
	require.Contains(t, e.Finding.Hint, "password")
}

func TestOpenRefusesWhatIsNotThere(t *testing.T) {
	dir := write(t, "Data.CSV", []byte("a,b\n1,2\n"))
	e := refused(t, dir, source.Spec{File: "data.csv"})
	require.Equal(t, source.Unreadable, e.Kind)
	require.Equal(t, finding.SourceAbsent, e.Finding.Code)
	require.Contains(t, e.Finding.Hint, "Data.CSV")
	require.ErrorIs(t, e, os.ErrNotExist)
	e = refused(t, dir, source.Spec{File: "."})
	require.Contains(t, e.Finding.Message, "a folder")
	e = refused(t, write(t, "e.csv", nil), source.Spec{File: "e.csv"})
	require.Equal(t, finding.SourceEmpty, e.Finding.Code)
	require.Equal(t, source.Unreadable, e.Kind)
	e = refused(t, write(t, "e.csv.gz", gz(t, nil)), source.Spec{File: "e.csv.gz"})
	require.Equal(t, finding.SourceEmpty, e.Finding.Code)
}

func TestOpenRefusesASpecThatCannotBe(t *testing.T) {
	dir := write(t, "t.csv", []byte("a,b\n1,2\n"))
	for _, spec := range []source.Spec{
		{File: "t.csv", Encoding: "koi8"}, {File: "t.csv", Format: "yaml"}, {File: "t.csv", Decimal: "x"}, {File: "t.csv", Header: "-1"},
		{File: "t.csv", Decimal: ",", Thousands: ","}, {File: "t.csv", Delimiter: "semicolon"}, {},
	} {
		e := refused(t, dir, spec)
		require.Equal(t, source.Config, e.Kind)
		require.Equal(t, finding.SourceSpec, e.Finding.Code)
		require.NotEmpty(t, e.Finding.Hint)
	}
	_, err := source.Open(context.Background(), dir, source.Spec{File: "t.csv", Delimiter: "tab"})
	require.NoError(t, err)
}

func TestSpecIsDecodedStrictlyFromYAML(t *testing.T) {
	var spec source.Spec
	text := "{file: data/x.csv, sheet: 2, delimiter: \";\", decimal: \",\", thousands: \" \", header: 0, columns: [a, b], nulls: [\"\", NA, -999], timezone: Europe/Paris}"
	require.NoError(t, yaml.UnmarshalWithOptions([]byte(text), &spec, yaml.Strict()))
	require.Equal(t, source.Spec{File: "data/x.csv", Sheet: "2", Delimiter: ";", Decimal: ",", Thousands: " ", Header: "0",
		Columns: []string{"a", "b"}, Nulls: []string{"", "NA", "-999"}, Timezone: "Europe/Paris"}, spec)
	require.Error(t, yaml.UnmarshalWithOptions([]byte("{file: x, delimeter: a}"), &spec, yaml.Strict()))
}

func TestOpenReadsGzipByItsContent(t *testing.T) {
	one, two := gz(t, []byte("a,b\n1,2\n")), gz(t, []byte("3,4\n"))
	for _, name := range []string{"t.csv.gz", "t.csv", "t.gz"} {
		got := readAll(t, write(t, name, append(bytes.Clone(one), two...)), source.Spec{File: name})
		require.Equal(t, [][]string{{"1", "2"}, {"3", "4"}}, got.rows, "members are read on")
		require.Equal(t, "gzip", got.Dialect().Value(format.Compression))
	}
	book := gz(t, workbook(t, []any{"a", "b"}, []any{1, "x"}))
	got := readAll(t, write(t, "t.xlsx.gz", book), source.Spec{File: "t.xlsx.gz"})
	require.Equal(t, [][]string{{"1", "x"}}, got.rows)
}

func TestOpenRefusesGzipThatIsCutOff(t *testing.T) {
	data := gz(t, []byte("a,b\n"+strings.Repeat("1,2\n", 1000)))
	for _, cut := range []int{3, 12, len(data) / 2, len(data) - 4} {
		e := refused(t, write(t, "t.csv.gz", data[:cut]), source.Spec{File: "t.csv.gz"})
		require.Equal(t, source.Unreadable, e.Kind)
		require.Equal(t, finding.SourceDamaged, e.Finding.Code, "cut at %d", cut)
	}
}

func TestOpenDetectsTheEncodingAndSaysHow(t *testing.T) {
	for name, m := range map[string]*charmap.Charmap{"windows-1252": charmap.Windows1252, "cp850": charmap.CodePage850} {
		data, err := m.NewEncoder().String("Millésime;Où\n2011;Île-de-France\n")
		require.NoError(t, err)
		got := readAll(t, write(t, "t.csv", []byte(data)), source.Spec{File: "t.csv"})
		require.Equal(t, []string{"Millésime", "Où"}, got.Header().Names)
		require.Equal(t, "Île-de-France", got.rows[0][1])
		p := got.Dialect().Get(format.Encoding)
		require.Equal(t, name, p.Value)
		require.Equal(t, format.Detected, p.How)
		require.Contains(t, p.Evidence, "Millésime")
		require.Empty(t, got.Findings())
		declared := readAll(t, write(t, "t.csv", []byte(data)), source.Spec{File: "t.csv", Encoding: name})
		require.Equal(t, format.Declared, declared.Dialect().Get(format.Encoding).How)
		require.Equal(t, got.rows, declared.rows)
	}
}

func TestOpenLooksForEvidenceInTheWholeFile(t *testing.T) {
	data := "name;v\n" + strings.Repeat("plain;1\n", 150_000) + "Mill\x82sime;2\n"
	got := readAll(t, write(t, "t.csv", []byte(data)), source.Spec{File: "t.csv"})
	require.Equal(t, "cp850", got.Dialect().Value(format.Encoding))
	require.Equal(t, "Millésime", got.rows[len(got.rows)-1][0])
}

func TestOpenRefusesADeclaredEncodingThatTheFileDoesNotHave(t *testing.T) {
	e := refused(t, write(t, "t.csv", []byte("a;b\nx;y\ncaf\xe9;2\n")), source.Spec{File: "t.csv", Encoding: "utf-8"})
	require.Equal(t, source.Config, e.Kind)
	require.Equal(t, finding.SourceEncoding, e.Finding.Code)
	require.Equal(t, 3, e.Finding.Location.Row)
	require.Contains(t, e.Finding.Hint, "windows-1252")
	e = refused(t, write(t, "t.csv", []byte("a;b\nx;\x81\n")), source.Spec{File: "t.csv", Encoding: "windows-1252"})
	require.Equal(t, 2, e.Finding.Location.Row)
	e = refused(t, write(t, "t.csv", []byte("a;b\nx;1\n")), source.Spec{File: "t.csv", Encoding: "utf-16"})
	require.Equal(t, source.Config, e.Kind)
}

func TestOpenWarnsOfADeclaredEncodingThatMisreads(t *testing.T) {
	got := readAll(t, write(t, "t.csv", []byte("Département;n\nx;1\n")), source.Spec{File: "t.csv", Encoding: "windows-1252"})
	require.Equal(t, []string{"source-unsure"}, codes(got.Findings()))
	require.Contains(t, got.Findings()[0].Message, "Département")
	require.Contains(t, got.Findings()[0].Hint, "utf-8")
}

func TestNextFaultsRowsThatTheEncodingCannotRead(t *testing.T) {
	data := "né;v\n" + strings.Repeat("plaine;1\n", 120_000) + "caf\xe9;2\nx;3\n"
	got := readAll(t, write(t, "t.csv", []byte(data)), source.Spec{File: "t.csv"})
	require.Equal(t, []string{`t.csv:120002 column "né" source-encoding`}, got.faults)
	require.Len(t, got.rows, 120_002)
}

func TestOpenReadsUTF16(t *testing.T) {
	le, err := hex.DecodeString("fffe61003b0062000d000a00e9003b0031000d000a00")
	require.NoError(t, err)
	got := readAll(t, write(t, "t.csv", le), source.Spec{File: "t.csv"})
	require.Equal(t, []string{"a", "b"}, got.Header().Names)
	require.Equal(t, [][]string{{"é", "1"}}, got.rows)
	got = readAll(t, write(t, "t.csv", le[2:]), source.Spec{File: "t.csv"})
	require.Equal(t, [][]string{{"é", "1"}}, got.rows, "without a mark")
	require.Equal(t, "utf-16le", got.Dialect().Value(format.Encoding))
}

func TestOpenReadsRejectedRowsWhateverWasDeclaredOfTheirSource(t *testing.T) {
	latin := []byte("titre\n\nnom;v\ncaf\xe9;1,5\nth\xe9;x\n")
	spec := source.Spec{File: "t.csv", Encoding: "windows-1252", Delimiter: ";", Header: "3", Decimal: ","}
	first := readAll(t, write(t, "t.csv", latin), spec)
	var out bytes.Buffer
	w, err := csv.NewRejects(&out, first.Header(), first.Dialect())
	require.NoError(t, err)
	require.NoError(t, w.Write(&record.Record{Row: 5, Cells: []record.Cell{{Text: []byte("thé"), Kind: record.Text}, {Text: []byte("x"), Kind: record.Text}}},
		[]finding.Finding{finding.New(finding.CellNumber, first.header("v"), "no number")}))
	require.NoError(t, w.Flush())
	spec.File = "rejected.csv"
	again := readAll(t, write(t, "rejected.csv", out.Bytes()), spec)
	require.Equal(t, []string{"nom", "v", "_row", "_reasons"}, again.Header().Names)
	require.Equal(t, [][]string{{"thé", "x", "5", `cell-number: "v": no number`}}, again.rows)
	require.Equal(t, byte(','), again.Dialect().Decimal())
}

func TestOpenReadsEveryRejectedRow(t *testing.T) {
	text := "\ufeffa;b;c;d;e;_row;_reasons\r\nA;x;y;3;source-ragged: the row has 3 cells\r\nB;2;z;4;source-ragged: the row has 3 cells\r\nC;2;z;5;source-ragged: the row has 3 cells\r\nTotal;1;2;3;4;6;row-id: no id\r\nSource: the city\r\n"
	got := readAll(t, write(t, "rejected.csv", []byte(text)), source.Spec{File: "rejected.csv"})
	require.Len(t, got.rows, 5, "what is rejected is neither another table nor a note")
	require.Len(t, got.faults, 4)
}

func (c content) header(column string) finding.Location {
	return finding.Location{Column: column}
}

func TestOpenGivesTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := source.Open(ctx, write(t, "t.csv", []byte("a,b\n1,2\n")), source.Spec{File: "t.csv"})
	require.ErrorIs(t, err, context.Canceled)
}

package source

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/gpkg"
	"github.com/ldtkit/ldt/etl/source/json"
	"github.com/ldtkit/ldt/etl/source/parquet"
	"github.com/ldtkit/ldt/etl/source/shapefile"
	"github.com/ldtkit/ldt/etl/source/text"
	"github.com/ldtkit/ldt/etl/source/xlsx"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// tableFormat is one row of the table of formats.
type tableFormat struct {
	name    string // as a mapping declares it
	promise string // for a person: "an Excel workbook"
	// content is what the bytes of a file of this format are found to be, as the
	// name of the format that has all such files to itself unless another is
	// declared or named.
	content string
	endings []string // of the names of files that are to be of this format
	keys    []string // under source, of those that only some formats have
	open    func(*opened, *input) error
}

// formats is every format that can be read: how it is known and how it is opened.
var formats []tableFormat

func init() {
	formats = []tableFormat{
		{"csv", "a table of text", "csv", []string{".csv", ".tsv", ".tab", ".txt", ".asc", ".dat"}, []string{format.Table, format.Footer}, (*opened).openText},
		{"xlsx", "an Excel workbook", "xlsx", []string{".xlsx", ".xlsm", ".xltx", ".xltm"}, []string{format.Table, format.Footer}, (*opened).openWorkbook},
		{"json", "a JSON document", "json", []string{".json"}, []string{format.Path, format.Sample}, (*opened).openJSON},
		{"ndjson", "one JSON object a line", "json", []string{".ndjson", ".jsonl", ".ldjson"}, []string{format.Sample}, (*opened).openJSON},
		{"geojson", "GeoJSON", "json", []string{".geojson", ".geojsonl", ".geojsons", ".geojsonseq"}, []string{format.Sample, format.CRS}, (*opened).openJSON},
		{"shapefile", "a shapefile", "shapefile", []string{".shp"}, []string{format.CRS}, (*opened).openShapefile},
		{"gpkg", "a GeoPackage", "gpkg", []string{".gpkg"}, []string{format.Layer, format.CRS}, (*opened).openGeoPackage},
		{"parquet", "a Parquet file", "parquet", []string{".parquet", ".pq", ".geoparquet"}, []string{format.CRS}, (*opened).openParquet},
	}
}

// Formats names the formats that can be read, as a mapping declares them.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

func lookup(name string) *tableFormat {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return nil
}

// byName gives the format that the name of a file promises, or "". The old
// workbooks of Excel are one that is known and cannot be read.
func byName(name string) string {
	ending := path.Ext(name)
	for _, f := range formats {
		if slices.Contains(f.endings, ending) {
			return f.name
		}
	}
	if ending == ".xls" {
		return "xls"
	}
	return ""
}

// openFormat decides what the input is and opens its format.
func (o *opened) openFormat(in *input) error {
	head, err := readHead(in.stream)
	if err != nil {
		return err
	}
	if delimiter, ok := csv.IsRejects(head); ok {
		// Rows that an earlier run rejected, in place of the source that the
		// rest of the spec speaks of.
		in.spec = Spec{File: in.spec.File, Delimiter: delimiter, Decimal: in.spec.Decimal, Thousands: in.spec.Thousands, Nulls: in.spec.Nulls, Header: "1", Table: "0", Footer: new(int)}
	}
	if in.spec.Entry != "" {
		return format.Misdeclared(finding.New(finding.SourceSpec, o.origin.At(0, ""), "entry is declared, but the file is not a ZIP archive").WithHint("take entry out"))
	}
	k, err := in.identify(head)
	if err != nil {
		return err
	}
	if base := filepath.Base(in.name); strings.HasPrefix(base, "~$") {
		k = kind{label: "the lock that a spreadsheet program puts beside an open workbook", hint: "name the workbook itself: " + strings.TrimPrefix(base, "~$")}
	}
	wanted, how := in.spec.Format, format.Declared
	if wanted == "" {
		wanted, how = byName(in.name), format.Detected
	}
	found := k.format
	if found == "csv" && beginsJSON(head) && wanted != "" && lookup(wanted) != nil && lookup(wanted).content == "json" {
		found = "json" // or so it was meant: its reader says where it is not
	}
	if wanted == "" {
		wanted = found
	}
	f := lookup(wanted)
	if found == "" || f == nil || f.content != found {
		return refuse(o.origin, wanted, k)
	}
	in.wanted, in.how = wanted, how
	if err := f.open(o, in); err != nil {
		return err
	}
	return in.spec.only(lookup(o.Dialect().Value(format.Format)), o)
}

// only refuses keys that the format does not have.
func (s *Spec) only(f *tableFormat, o *opened) error {
	for key, declared := range map[string]bool{
		format.Path: s.Path != "", format.Layer: s.Layer != "", format.CRS: s.CRS != "", format.Sample: s.Sample != 0,
		format.Table: s.Table != "", format.Footer: s.Footer != nil,
	} {
		if declared && !slices.Contains(f.keys, key) {
			return format.Misdeclared(finding.New(finding.SourceSpec, o.origin.At(0, ""), "%s is declared, but the file is %s, which has no such thing", key, f.promise).
				WithHint("take %s out", key))
		}
	}
	return nil
}

func (o *opened) isFormat(name string, how format.How) {
	o.dialect = append(o.dialect, Property{Key: format.Format, Value: name, How: how, Confidence: 1})
}

func (in *input) typed(o *opened) format.Options {
	return format.Options{Origin: o.origin, Decimal: in.spec.Decimal, Thousands: in.spec.Thousands, Columns: in.spec.Columns, Nulls: in.spec.Nulls, CRS: in.spec.CRS}
}

func (o *opened) openWorkbook(in *input) error {
	o.isFormat(in.wanted, in.how)
	header, err := format.HeaderAt(in.spec.Header, o.origin)
	if err != nil {
		return err
	}
	table, footer := in.spec.Table, in.spec.Footer
	if table != "" && table != "0" || footer != nil && *footer != 0 {
		return format.Misdeclared(finding.New(finding.SourceSpec, o.origin.At(0, ""), "of a workbook, table and footer can only be 0").
			WithHint("header: B5 names the table whose first name stands in that cell; table: 0 takes all that stand below each other as one, footer: 0 takes notes below it as rows"))
	}
	file, size, err := in.random()
	if err != nil {
		return err
	}
	book, err := xlsx.Open(file, size, xlsx.Options{
		Origin: o.origin, Sheet: in.spec.Sheet, Decimal: in.spec.Decimal, Thousands: in.spec.Thousands,
		Header: header, Columns: in.spec.Columns, Nulls: in.spec.Nulls, Apart: table == "", Notes: footer == nil,
	})
	if err != nil {
		return err
	}
	o.reader, o.closers = book, append([]io.Closer{book}, o.closers...)
	return nil
}

func (o *opened) openText(in *input) error {
	o.isFormat(in.wanted, in.how)
	// A file that is said to be UTF-8 is held against it as it is read.
	evidence, err := gather(in.ctx, in.stream, !strings.EqualFold(in.spec.Encoding, "utf-8"))
	if err != nil {
		return err
	}
	encoding, err := o.encoding(evidence, in.spec, o.origin)
	if err != nil {
		return err
	}
	stream, err := in.stream()
	if err != nil {
		return err
	}
	header, err := format.HeaderAt(in.spec.Header, o.origin)
	if err != nil {
		return err
	}
	delimiter := in.spec.Delimiter
	if delimiter == "tab" || delimiter == `\t` {
		delimiter = "\t"
	}
	o.reader, err = csv.Open(text.NewReader(stream, encoding), csv.Options{
		Origin: o.origin, Delimiter: delimiter, Quote: in.spec.Quote, Decimal: in.spec.Decimal, Thousands: in.spec.Thousands,
		Header: header, Table: in.spec.Table, Footer: in.spec.Footer, Columns: in.spec.Columns, Nulls: in.spec.Nulls, Encoding: encoding.String(),
	})
	return err
}

// openJSON opens the three formats of JSON. A file that is merely named .json
// may be any of them.
func (o *opened) openJSON(in *input) error {
	evidence, err := gather(in.ctx, in.stream, true)
	if err != nil {
		return err
	}
	at := len(o.dialect)
	encoding, err := o.encoding(evidence, in.spec, o.origin)
	if err != nil {
		return err
	}
	wanted := in.wanted
	if wanted == json.JSON && in.how == format.Detected {
		wanted = ""
	}
	r, err := json.Open(json.Options{Options: in.typed(o), Format: wanted, Path: in.spec.Path, Sample: in.spec.Sample,
		Stream: func() (io.Reader, error) {
			stream, err := in.stream()
			if err != nil {
				return nil, err
			}
			return text.NewReader(stream, encoding), nil
		}})
	if err != nil {
		return err
	}
	o.reader = r
	o.dialect = slices.Insert(o.dialect, at, Property{Key: format.Format, Value: r.Format(), How: in.how, Confidence: 1})
	return nil
}

func (o *opened) openShapefile(in *input) (err error) {
	o.isFormat(in.wanted, in.how)
	o.reader, err = shapefile.Open(shapefile.Options{Options: in.typed(o), Encoding: in.spec.Encoding, Stream: in.stream, Beside: in.beside})
	return err
}

func (o *opened) openGeoPackage(in *input) error {
	o.isFormat(in.wanted, in.how)
	file, _, err := in.random()
	if err != nil {
		return err
	}
	r, err := gpkg.Open(gpkg.Options{Options: in.typed(o), Path: file.Name(), Layer: cmp.Or(in.spec.Layer, in.spec.Sheet)})
	if err != nil {
		return err
	}
	o.reader = r
	o.closers = append([]io.Closer{r}, o.closers...) // before the file that it reads
	return nil
}

func (o *opened) openParquet(in *input) error {
	o.isFormat(in.wanted, in.how)
	file, size, err := in.random()
	if err != nil {
		return err
	}
	r, err := parquet.Open(file, size, in.typed(o))
	if err != nil {
		return err
	}
	o.reader = r
	o.closers = append([]io.Closer{r}, o.closers...) // before the file that it reads
	return nil
}

// refuse is the error of a file that is not what was expected.
func refuse(origin record.Origin, wanted string, k kind) error {
	promise := ""
	switch f := lookup(wanted); {
	case f != nil:
		promise = f.promise
	case wanted == "xls":
		promise = "an old Excel workbook"
	}
	message := "the file is " + k.label
	if promise != "" && !(wanted == "xls" && k.container && k.format == "") {
		message = "expected " + promise + ", but the file is " + k.label
	}
	hint := k.hint
	if f := lookup(k.format); f != nil {
		hint = fmt.Sprintf("rename it to %s, or set format: %s under source", f.endings[0], f.name)
	}
	return format.Refuse(finding.New(finding.SourceWrongFormat, origin.At(0, ""), "%s", message).WithHint("%s", hint), nil)
}

// beginsJSON reports whether a text begins with a bracket of JSON.
func beginsJSON(head []byte) bool {
	start := strings.TrimLeft(strings.TrimPrefix(string(head[:min(len(head), 64)]), "\ufeff"), " \t\r\n")
	return start != "" && (start[0] == '{' || start[0] == '[')
}

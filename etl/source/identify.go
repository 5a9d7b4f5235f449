package source

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"os"
	"path"
	"strings"

	"github.com/richardlehane/mscfb"
)

// kind is what a file is, judged by its content.
type kind struct {
	label     string // for a person: "a PNG picture"
	format    string // the format that reads it, or "" where none does
	hint      string
	container bool // told by more than its first bytes
}

// formatZIP is the kind of an archive that is no document, in which the table
// is to be found.
const formatZIP = "zip"

var ancientWorkbook = kind{label: "an old Excel workbook (.xls, before 2007)", hint: "open it in LibreOffice or Excel and save it as .xlsx", container: true}

// magics are the first bytes of what is not a table.
var magics = []struct {
	start string
	kind  kind
}{
	{"\xff\xd8\xff", kind{label: "a JPEG picture", hint: "ask for the table that the picture shows"}},
	{"\x89PNG\r\n\x1a\n", kind{label: "a PNG picture", hint: "ask for the table that the picture shows"}},
	{"GIF87a", kind{label: "a GIF picture", hint: "ask for the table that the picture shows"}},
	{"%PDF-", kind{label: "a PDF document", hint: "ask its producer for the table as CSV or XLSX"}},
	{"SQLite format 3\x00", kind{label: "an SQLite database", format: "gpkg"}},
	{"GIF89a", kind{label: "a GIF picture", hint: "ask for the table that the picture shows"}},
	{"PAR1\x15", kind{label: "a Parquet file", format: "parquet"}},
	{"Rar!\x1a\x07", kind{label: "a RAR archive", hint: "unpack it and name the table in it"}},
	{"7z\xbc\xaf\x27\x1c", kind{label: "a 7z archive", hint: "unpack it and name the table in it"}},
	{"\x28\xb5\x2f\xfd", kind{label: "compressed with zstd", hint: "unpack it once; it is compressed twice"}},
	{"BZh", kind{label: "compressed with bzip2", hint: "unpack it, or compress it with gzip"}},
	{"\xfd7zXZ\x00", kind{label: "compressed with xz", hint: "unpack it, or compress it with gzip"}},
	{"\x00\x00\x27\x0a", kind{label: "a shapefile", format: "shapefile"}},
	{"{\\rtf", kind{label: "an RTF document", hint: "ask for the table as CSV or XLSX"}},
	{"\x1f\x8b", kind{label: "compressed with gzip", hint: "unpack it once; it is compressed twice"}},
	{"\x09\x08\x10\x00", ancientWorkbook}, // BIFF8 and 5, 4, 3, 2: streams without a compound file
	{"\x09\x08\x08\x00", ancientWorkbook},
	{"\x09\x04\x06\x00", ancientWorkbook},
	{"\x09\x02\x06\x00", ancientWorkbook},
	{"\x09\x00\x04\x00", ancientWorkbook},
	{"version https://git-lfs", kind{label: "a Git LFS pointer, not the file itself", hint: "run git lfs pull, or download the file"}},
}

// identify tells what a file is by its first bytes; containers also by what
// they hold, read from file.
func identify(head []byte, file *os.File) kind {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.start)) {
			if m.start == "BZh" && (len(head) < 4 || head[3] < '1' || head[3] > '9') {
				continue
			}
			return m.kind
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return archive(file)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return compound(file)
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(start[:min(len(start), 1024)])
	has := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(lower, []byte(p)) {
				return true
			}
		}
		return false
	}
	switch {
	case has("<!doctype html", "<html", "<table", "<head", "<meta", "<body", "<style"):
		return kind{label: "a web page (HTML)", hint: "open it in a spreadsheet program and save it as XLSX; where it is a download, check the link"}
	case has("<?xml") && bytes.Contains(lower, []byte("schemas-microsoft-com:office:spreadsheet")):
		return kind{label: "an Excel 2003 XML table", hint: "open it in a spreadsheet program and save it as XLSX"}
	case bytes.Contains(lower, []byte("opendocument.spreadsheet")), bytes.Contains(lower, []byte("<office:document")):
		return kind{label: "an OpenDocument spreadsheet in one XML (.fods)", hint: "open it in LibreOffice and save it as .xlsx"}
	case bytes.HasPrefix(start, []byte("ID;PWXL")), bytes.HasPrefix(start, []byte("ID;PSCALC3")):
		return kind{label: "a SYLK table (.slk)", hint: "open it in a spreadsheet program and save it as XLSX"}
	case has("<?xml", "<wfs:", "<gml:", "<kml"):
		if bytes.Contains(lower, []byte("<html")) {
			return kind{label: "a web page (HTML)", hint: "open it in a spreadsheet program and save it as XLSX; where it is a download, check the link"}
		}
		return kind{label: "an XML document", hint: "export the table as CSV or XLSX"}
	case isJSON(start):
		return kind{label: "a JSON document", format: "json"}
	}
	if bytes.IndexByte(head, 0) >= 0 && !bytes.HasPrefix(head, []byte{0xff, 0xfe}) && !bytes.HasPrefix(head, []byte{0xfe, 0xff}) && !isWide(head) {
		return kind{label: "a binary file", hint: "export the table as CSV or XLSX"}
	}
	return kind{label: "a text file", format: "csv"}
}

// isWide reports whether zero bytes stand where UTF-16 has them.
func isWide(head []byte) bool {
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i&1]++
		}
	}
	most, least := max(zero[0], zero[1]), min(zero[0], zero[1])
	return 10*most > 6*(len(head)/2) && 20*least < most
}

// isJSON reports whether a text begins as a JSON object or an array of values,
// which the first line of a table does not.
func isJSON(start []byte) bool {
	rest := func(p []byte) []byte { return bytes.TrimLeft(p, " \t\r\n") }
	if len(start) == 0 {
		return false
	}
	switch start[0] {
	case '{':
		p := rest(start[1:])
		if len(p) == 0 || p[0] == '}' {
			return true
		}
		if p[0] != '"' {
			return false
		}
		end := bytes.IndexByte(p[1:], '"')
		return end >= 0 && bytes.HasPrefix(rest(p[end+2:]), []byte(":"))
	case '[':
		p := rest(start[1:])
		return len(p) > 0 && (p[0] == '{' || p[0] == '[' && isJSON(p) || p[0] == ']')
	}
	return false
}

// archive tells what a ZIP archive is by the names in it.
func archive(file io.ReaderAt) kind {
	size, ok := sizeOf(file)
	z, err := zip.NewReader(file, size)
	if !ok || err != nil {
		return kind{label: "a damaged ZIP archive or workbook", hint: "copy or download the file again", container: true}
	}
	names := map[string]bool{}
	var tables []string
	for _, f := range z.File {
		names[f.Name] = true
		switch strings.ToLower(path.Ext(f.Name)) {
		case ".csv", ".xlsx", ".txt", ".tsv", ".shp", ".json", ".geojson", ".xls":
			tables = append(tables, f.Name)
		}
	}
	k := kind{container: true}
	switch {
	case names["xl/workbook.xml"]:
		k.label, k.format = "an Excel workbook", "xlsx"
	case names["xl/workbook.bin"]:
		k.label, k.hint = "a binary Excel workbook (.xlsb)", "open it in Excel and save it as .xlsx"
	case names["word/document.xml"]:
		k.label, k.hint = "a Word document", "copy the table into a spreadsheet and save it as XLSX"
	case names["ppt/presentation.xml"]:
		k.label, k.hint = "a PowerPoint presentation", "ask for the table as CSV or XLSX"
	case names["mimetype"] && names["content.xml"]:
		k.label, k.hint = openDocument(z)
	case names["Index/Document.iwa"]:
		k.label, k.hint = "an Apple Numbers file", "export it as CSV or Excel from Numbers"
	case names["doc.kml"]:
		k.label, k.hint = "a KMZ map", "ask for the table as CSV or XLSX"
	case hasWorkbook(z):
		k.label, k.format = "an Excel workbook", "xlsx"
	case len(tables) > 0:
		k.label, k.hint, k.format = "a ZIP archive with "+strings.Join(tables[:min(3, len(tables))], ", ")+" in it", "rename it to .zip, or unpack it and name the table in it", formatZIP
	default:
		k.label, k.hint, k.format = "a ZIP archive", "rename it to .zip, or unpack it and name the table in it", formatZIP
	}
	return k
}

// openDocument tells an OpenDocument file by its media type.
func openDocument(z *zip.Reader) (label, hint string) {
	media := ""
	if f, err := z.Open("mimetype"); err == nil {
		text, _ := io.ReadAll(io.LimitReader(f, 100))
		media = string(text)
		f.Close()
	}
	switch {
	case strings.Contains(media, ".text"):
		return "an OpenDocument text (.odt)", "copy the table into a spreadsheet and save it as XLSX"
	case strings.Contains(media, ".presentation"), strings.Contains(media, ".graphics"):
		return "an OpenDocument presentation or drawing", "ask for the table as CSV or XLSX"
	}
	return "an OpenDocument spreadsheet (.ods)", "open it in LibreOffice and save it as .xlsx"
}

// hasWorkbook finds a workbook whose parts have unusual names.
func hasWorkbook(z *zip.Reader) bool {
	types, content := false, false
	for _, f := range z.File {
		types = types || strings.EqualFold(f.Name, "[Content_Types].xml")
		content = content || strings.HasSuffix(strings.ToLower(f.Name), "workbook.xml")
	}
	return types && content
}

func sizeOf(file io.ReaderAt) (int64, bool) {
	s, ok := file.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return 0, false
	}
	info, err := s.Stat()
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}

// compound tells what an OLE compound file is by its streams.
func compound(file io.ReaderAt) (k kind) {
	k = kind{label: "an old Office document", hint: "open it in the program it was made with and save it as XLSX", container: true}
	doc, err := mscfb.New(file)
	if err != nil {
		return k
	}
	for _, f := range doc.File {
		switch strings.ToLower(f.Name) {
		case "encryptedpackage", "encryptioninfo":
			return kind{label: "an Excel workbook protected by a password", hint: "open it with its password, take the protection off (File, Info, Protect Workbook, Encrypt with Password), and save it again", container: true}
		case "workbook", "book":
			k = kind{label: "an old Excel workbook (.xls, before 2007)", hint: "open it in Excel or LibreOffice and save it as .xlsx", container: true}
			if hasPassword(f) {
				k = kind{label: "an old Excel workbook (.xls, before 2007) protected by a password", hint: "open it with its password in Excel or LibreOffice, take the password off, and save it as .xlsx", container: true}
			}
		case "worddocument":
			k = kind{label: "an old Word document (.doc)", hint: "copy the table into a spreadsheet and save it as XLSX", container: true}
		}
	}
	return k
}

// hasPassword reports whether the records of an old workbook begin with one that
// says how they are encrypted ([MS-XLS] 2.4.117, FilePass). It stands among the
// first few.
func hasPassword(stream io.Reader) bool {
	const beginning, filePass = 0x0809, 0x002f
	records := bufio.NewReader(stream)
	for n := 0; n < 8; n++ {
		var head [4]byte
		if _, err := io.ReadFull(records, head[:]); err != nil {
			return false
		}
		id, size := int(head[0])|int(head[1])<<8, int(head[2])|int(head[3])<<8
		if id == filePass {
			return true
		}
		if n == 0 && id != beginning {
			return false
		}
		if _, err := records.Discard(size); err != nil {
			return false
		}
	}
	return false
}

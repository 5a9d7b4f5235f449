package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// compoundFile makes an OLE compound file of one stream ([MS-CFB]): a header, a
// sector of the FAT, one of the directory, and the stream in sectors of 512 bytes.
func compoundFile(name string, stream []byte) []byte {
	stream = append(bytes.Clone(stream), make([]byte, 4096-len(stream))...) // no mini stream
	const free, endOfChain, fat = 0xffffffff, 0xfffffffe, 0xfffffffd
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), [16]byte{}, uint16(0x3e), uint16(3), uint16(0xfffe), uint16(9), uint16(6), [6]byte{},
		uint32(0), uint32(1), uint32(1), uint32(0), uint32(4096), uint32(endOfChain), uint32(0), uint32(endOfChain), uint32(0), uint32(0))
	for range 108 {
		put(uint32(free))
	}
	put(uint32(fat), uint32(endOfChain))
	for i := 3; i <= 9; i++ {
		put(uint32(i))
	}
	put(uint32(endOfChain))
	for range 128 - 10 {
		put(uint32(free))
	}
	entry := func(name string, kind byte, child, start uint32, size uint64) {
		text := utf16.Encode([]rune(name))
		var field [32]uint16
		copy(field[:], text)
		length := uint16(0)
		if name != "" {
			length = uint16(2*len(text) + 2)
		}
		put(field, length, kind, byte(1), uint32(free), uint32(free), child, [16]byte{}, uint32(0), [16]byte{}, start, size)
	}
	entry("Root Entry", 5, 1, endOfChain, 0)
	entry(name, 2, free, 2, uint64(len(stream)))
	entry("", 0, free, 0, 0)
	entry("", 0, free, 0, 0)
	b.Write(stream)
	return b.Bytes()
}

func TestOpenNamesOldAndProtectedWorkbooksByTheirStreams(t *testing.T) {
	beginning := []byte{0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	plain := append(bytes.Clone(beginning), 0x42, 0x00, 0x02, 0x00, 0xb0, 0x04)
	locked := append(bytes.Clone(beginning), 0x2f, 0x00, 0x06, 0x00, 1, 0, 1, 0, 1, 0)
	mime := func(media string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, part := range [][2]string{{"mimetype", media}, {"content.xml", "<x/>"}} {
			w, err := z.Create(part[0])
			require.NoError(t, err)
			_, err = w.Write([]byte(part[1]))
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	for _, c := range []struct {
		name string
		data []byte
		is   string
		mend string
	}{
		{"t.xlsx", compoundFile("Workbook", plain), "an old Excel workbook (.xls, before 2007)", "save it as .xlsx"},
		{"t.xls", compoundFile("Book", plain), "an old Excel workbook (.xls, before 2007)", "save it as .xlsx"},
		{"t.xls", compoundFile("Workbook", locked), "an old Excel workbook (.xls, before 2007) protected by a password", "take the password off"},
		{"t.xlsx", compoundFile("EncryptedPackage", nil), "protected by a password", "take the protection off"},
		{"t.xls", compoundFile("WordDocument", nil), "an old Word document", "spreadsheet"},
		{"t.xls", compoundFile("Something", nil), "an old Office document", "save it as XLSX"},
		{"t.xls", plain, "an old Excel workbook", "save it as .xlsx"},
		{"t.xls", []byte("\x09\x00\x04\x00\x02\x00\x10\x00 BIFF2"), "an old Excel workbook", "save it as .xlsx"},
		{"t.ods", mime("application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet (.ods)", "save it as .xlsx"},
		{"t.xlsx", mime("application/vnd.oasis.opendocument.text"), "an OpenDocument text (.odt)", "spreadsheet"},
		{"t.fods", []byte(`<?xml version="1.0"?><office:document xmlns:office="urn:x" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">`), "(.fods)", "save it as .xlsx"},
		{"t.slk", []byte("ID;PWXL;N;E\r\nC;X1;Y1;K1\r\n"), "a SYLK table", "save it as XLSX"},
		{"t.xlsb", zipped(t, "xl/workbook.bin"), "a binary Excel workbook (.xlsb)", "save it as .xlsx"},
	} {
		e := refused(t, write(t, c.name, c.data), source.Spec{File: c.name})
		require.Equal(t, source.Unreadable, e.Kind, c.is)
		require.Equal(t, finding.SourceWrongFormat, e.Finding.Code)
		require.Contains(t, e.Finding.Message, c.is)
		require.Contains(t, e.Finding.Hint, c.mend, c.is)
		require.Equal(t, strings.Contains(c.is, "password"), strings.Contains(e.Finding.Message, "password"), c.is)
	}
}

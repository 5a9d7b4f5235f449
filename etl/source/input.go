package source

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// maxLayers is how often a file may be compressed over again.
const maxLayers = 3

// maxRatio and ratioFrom bound a compressed file that is made to swell: no
// table is compressed that much.
const (
	maxRatio  = 2000
	ratioFrom = 256 << 20
)

// input is the content of a file with its compression taken off.
type input struct {
	ctx  context.Context
	o    *opened
	spec Spec
	name string // in small letters, without the endings of compression

	// stream gives the content from its start, each time it is called. What an
	// earlier call gave is then not to be read on.
	stream func() (io.Reader, error)
	file   *os.File // with the same content, or nil where there is none
	packed int64    // size of what the content was unpacked from, 0 where it was not
	// unpacked is set where the content comes out of a compressed stream.
	unpacked bool

	// beside gives the file of the same name with another ending, which lies in
	// the same folder or archive; false where there is none.
	beside func(ending string) (func() (io.Reader, error), bool)

	wanted string
	how    format.How
}

// open takes the compression off and opens what is inside.
func (o *opened) open(ctx context.Context, path string, file *os.File, spec Spec) error {
	in := &input{ctx: ctx, o: o, spec: spec, name: strings.ToLower(filepath.Base(spec.File)), file: file}
	in.stream = func() (io.Reader, error) {
		_, err := file.Seek(0, io.SeekStart)
		return file, err
	}
	in.beside = func(ending string) (func() (io.Reader, error), bool) { return o.besideFile(path, ending) }
	for range maxLayers {
		more, err := in.unpack()
		if err != nil {
			return err
		}
		if !more {
			return o.openFormat(in)
		}
	}
	return format.Refuse(finding.New(finding.SourceWrongFormat, o.origin.At(0, ""), "the file is compressed more than %d times over", maxLayers-1).WithHint("unpack it and name the table in it"), nil)
}

// besideFile finds a file beside another that differs only in its ending, in
// letters of any case.
func (o *opened) besideFile(path, ending string) (func() (io.Reader, error), bool) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, false
	}
	base := filepath.Base(path)
	want := strings.TrimSuffix(base, filepath.Ext(base)) + ending
	for _, e := range entries {
		if !e.IsDir() && strings.EqualFold(e.Name(), want) {
			return func() (io.Reader, error) {
				file, err := os.Open(filepath.Join(filepath.Dir(path), e.Name()))
				if err != nil {
					return nil, err
				}
				o.closers = append(o.closers, file)
				return file, nil
			}, true
		}
	}
	return nil, false
}

// unpack takes one layer of compression off; false where there is none.
func (in *input) unpack() (bool, error) {
	head, err := readHead(in.stream)
	if err != nil {
		return false, err
	}
	switch {
	case in.unpacked: // compressed twice: identify says so
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return true, in.unpackStream("gzip", ".gz", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return true, in.unpackStream("zstd", ".zst", func(r io.Reader) (io.Reader, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
			if err != nil {
				return nil, err
			}
			in.o.closers = append(in.o.closers, closer(z.Close))
			return z, nil
		})
	}
	k, err := in.identify(head)
	if err != nil {
		return false, err
	}
	for _, ending := range []string{".gz", ".zst"} {
		if strings.HasSuffix(in.name, ending) {
			return false, format.Refuse(finding.New(finding.SourceWrongFormat, in.o.origin.At(0, ""), "the name ends in %s, but the file is not compressed: it is %s", ending, k.label).
				WithHint("rename it without %s", ending), nil)
		}
	}
	switch {
	case k.format == formatZIP && byName(in.name) == "":
		return true, in.enter()
	case k.format != formatZIP && strings.HasSuffix(in.name, ".zip"):
		return false, refuse(in.o.origin, "", k)
	}
	return false, nil
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}

func (in *input) unpackStream(name, ending string, unpack func(io.Reader) (io.Reader, error)) error {
	packed, err := in.size()
	if err != nil {
		return err
	}
	plain := in.stream
	in.stream = func() (io.Reader, error) {
		stream, err := plain()
		if err != nil {
			return nil, err
		}
		out, err := unpack(stream)
		if err != nil {
			return nil, err
		}
		return &swelling{in: out, packed: packed}, nil
	}
	in.name = strings.TrimSuffix(in.name, ending)
	in.file, in.packed, in.unpacked = nil, packed, true
	in.o.dialect = append(in.o.dialect, Property{Key: format.Compression, Value: name, How: format.Detected, Confidence: 1})
	return in.notEmpty("the compressed file has nothing in it")
}

func (in *input) notEmpty(message string) error {
	head, err := readHead(in.stream)
	if err == nil && len(head) == 0 {
		err = format.Refuse(finding.New(finding.SourceEmpty, in.o.origin.At(0, ""), "%s", message).WithHint("export or download it again"), nil)
	}
	return err
}

// size is that of the content, or of what it was unpacked from.
func (in *input) size() (int64, error) {
	if in.packed > 0 {
		return in.packed, nil
	}
	info, err := in.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// swelling ends where a compressed file becomes larger than any table would.
type swelling struct {
	in     io.Reader
	packed int64
	read   int64
}

func (s *swelling) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if s.read += int64(n); s.read > ratioFrom && s.read/maxRatio > s.packed {
		return 0, fmt.Errorf("it becomes more than %d times larger when it is unpacked, which no table does", maxRatio)
	}
	return n, err
}

// random gives the content as a file, unpacked into a temporary one where it
// was compressed.
func (in *input) random() (*os.File, int64, error) {
	if in.file == nil {
		spooled, err := spool(in.ctx, in.stream)
		if err != nil {
			return nil, 0, err
		}
		in.o.closers = append(in.o.closers, spooled)
		in.file = spooled.File
		in.stream = func() (io.Reader, error) {
			_, err := spooled.Seek(0, io.SeekStart)
			return spooled.File, err
		}
	}
	info, err := in.file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return in.file, info.Size(), nil
}

// identify tells what the content is. What is told by more than its first
// bytes is unpacked for it.
func (in *input) identify(head []byte) (kind, error) {
	if in.file == nil && identify(head, nil).container {
		if _, _, err := in.random(); err != nil {
			return kind{}, err
		}
	}
	return identify(head, in.file), nil
}

// enter goes into a ZIP archive, to the one table in it or the declared entry.
func (in *input) enter() error {
	file, size, err := in.random()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(file, size)
	if err != nil {
		return err
	}
	entry, err := in.choose(z)
	if err != nil {
		return err
	}
	in.o.origin.Sheet = entry.Name
	in.name = strings.ToLower(path.Base(entry.Name))
	in.stream = in.entry(entry)
	in.unpacked = false
	in.file, in.packed = nil, max(1, int64(entry.CompressedSize64))
	in.beside = func(ending string) (func() (io.Reader, error), bool) {
		want := strings.TrimSuffix(entry.Name, path.Ext(entry.Name)) + ending
		for _, f := range z.File {
			if strings.EqualFold(f.Name, want) {
				return in.entry(f), true
			}
		}
		return nil, false
	}
	return in.notEmpty("the entry of the archive is empty (0 bytes)")
}

// entry gives the content of a file in an archive.
func (in *input) entry(f *zip.File) func() (io.Reader, error) {
	return func() (io.Reader, error) {
		if f.Flags&1 != 0 {
			return nil, format.Refuse(finding.New(finding.SourceDamaged, in.o.origin.At(0, ""), "the archive is protected by a password").WithHint("unpack it and name the table in it"), nil)
		}
		r, err := f.Open()
		if err == zip.ErrAlgorithm {
			return nil, format.Refuse(finding.New(finding.SourceDamaged, in.o.origin.At(0, ""), "the archive is packed with method %d, which cannot be read", f.Method).WithHint("unpack it, and pack it again with the usual method (deflate)"), nil)
		}
		if err != nil {
			return nil, err
		}
		in.o.closers = append(in.o.closers, r)
		return &swelling{in: r, packed: max(1, int64(f.CompressedSize64))}, nil
	}
}

// choose finds the table that is meant.
func (in *input) choose(z *zip.Reader) (*zip.File, error) {
	var tables, documents []*zip.File
	for _, f := range z.File {
		name := strings.ToLower(path.Base(f.Name))
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(name, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if want := in.spec.Entry; want != "" && (f.Name == want || strings.EqualFold(path.Base(f.Name), want)) {
			in.isEntry(f, format.Declared, "")
			return f, nil
		}
		plain := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
		switch {
		case path.Ext(plain) == ".txt":
			documents = append(documents, f)
		case byName(plain) != "" || path.Ext(name) == ".zip":
			tables = append(tables, f)
		}
	}
	if len(tables) == 0 {
		tables = documents // a table of text, or a read-me file
	}
	var names []string
	for _, f := range tables[:min(len(tables), 10)] {
		names = append(names, f.Name)
	}
	at := in.o.origin.At(0, "")
	switch {
	case in.spec.Entry != "":
		e := finding.New(finding.SourcePart, at, "the archive has no entry %q", in.spec.Entry)
		if len(names) > 0 {
			e = e.WithHint("its tables are %s", strings.Join(names, ", "))
		}
		return nil, format.Misdeclared(e)
	case len(tables) == 0:
		return nil, format.Refuse(finding.New(finding.SourcePart, at, "the archive has no table in it").WithHint("name the file that is one under source: entry"), nil)
	case len(tables) > 1:
		refused := format.Misdeclared(finding.New(finding.SourcePart, at, "the archive has %d tables in it", len(tables)).
			WithHint("name one under source, such as source: {entry: %q}; there are %s", names[0], strings.Join(names, ", ")))
		refused.Err = &format.Several{Key: format.Entry, Names: names}
		return nil, refused
	}
	in.isEntry(tables[0], format.Detected, "the only table in the archive")
	return tables[0], nil
}

func (in *input) isEntry(f *zip.File, how format.How, evidence string) {
	in.o.dialect = append(in.o.dialect,
		Property{Key: format.Compression, Value: "zip", How: format.Detected, Confidence: 1},
		Property{Key: format.Entry, Value: f.Name, How: how, Confidence: 1, Evidence: evidence})
	in.spec.Entry = ""
}

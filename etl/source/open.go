package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/text"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// evidenceSize is how much of a text is judged for its encoding.
const evidenceSize = 1 << 20

// Open opens the file that the spec names, relative to baseDir or fetched from
// where it is, decides by its content what it is, and reads as much as it needs to know its dialect and
// header. The error is an *Error, or that of ctx. Close the source when done.
func Open(ctx context.Context, baseDir string, spec Spec) (Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	origin := record.Origin{File: spec.Name()}
	if err := spec.check(origin); err != nil {
		return nil, err
	}
	here, err := spec.bring(ctx, baseDir, origin)
	if err != nil {
		return nil, err
	}
	o := &opened{closers: []io.Closer{here}, dialect: here.dialect, reader: here.reader, origin: origin}
	if o.reader == nil {
		declared := here.declared
		declared.File = here.name
		err = o.open(ctx, here.path, here.file, declared)
	}
	if err != nil {
		o.Close()
		return nil, o.fault(err)
	}
	if len(spec.Shape) == 0 {
		return o, nil
	}
	shaped, err := newShaped(ctx, baseDir, spec, o)
	if err != nil {
		o.Close()
		return nil, err
	}
	return shaped, nil
}

func (s *Spec) check(origin record.Origin) error {
	refuse := func(message, hint string) error {
		return format.Misdeclared(finding.New(finding.SourceSpec, origin.At(0, ""), "%s", message).WithHint("%s", hint))
	}
	if err := s.checkPlace(refuse); err != nil {
		return err
	}
	if s.Format != "" && !slices.Contains(Formats(), s.Format) {
		return refuse(fmt.Sprintf("format %q is not one that can be read", s.Format), "format is one of "+strings.Join(Formats(), ", "))
	}
	if _, ok := text.Lookup(s.Encoding); s.Encoding != "" && !ok {
		return refuse(fmt.Sprintf("encoding %q is not known", s.Encoding), "encoding is one of "+strings.Join(text.Names(), ", "))
	}
	if s.Decimal != "" && s.Decimal != "." && s.Decimal != "," {
		return refuse(fmt.Sprintf("decimal %q is not possible", s.Decimal), `decimal is "." or ","`)
	}
	if s.Thousands != "" && s.Thousands == s.Decimal {
		return refuse("decimal and thousands are the same mark", "leave thousands out where numbers have no such mark")
	}
	_, err := format.HeaderAt(s.Header, origin)
	return err
}

func openFile(path string, origin record.Origin) (*os.File, error) {
	at := origin.At(0, "")
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, format.Refuse(finding.New(finding.SourceAbsent, at, "this is a folder, not a file").WithHint("name the file in it"), nil)
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f := finding.New(finding.SourceAbsent, at, "there is no such file")
		if other := similar(path); other != "" {
			f = f.WithHint("%s is there; correct the name", other)
		} else {
			f = f.WithHint("looked for it at %s", path)
		}
		return nil, format.Refuse(f, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, format.Refuse(finding.New(finding.SourceAbsent, at, "the file may not be read").WithHint("give yourself the right to read it, or close the program that holds it"), err)
	case err != nil:
		return nil, format.Refuse(finding.New(finding.SourceAbsent, at, "the file cannot be opened: %s", cause(err)), err)
	}
	if info.Mode().IsRegular() && info.Size() == 0 {
		file.Close()
		return nil, format.Refuse(finding.New(finding.SourceEmpty, at, "the file is empty (0 bytes)").WithHint("export or download it again"), nil)
	}
	return file, nil
}

// similar gives the name of a file beside path that differs in case only, in its
// extension only, or by a slip.
func similar(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	base := filepath.Base(path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	var names []string
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() && (strings.EqualFold(name, base) || isTable(name) && strings.EqualFold(strings.TrimSuffix(name, filepath.Ext(name)), stem)) {
			return name
		}
		if !e.IsDir() && isTable(name) {
			names = append(names, name)
		}
	}
	return finding.Nearest(base, names)
}

// isTable says whether a file has the name of a table.
func isTable(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xls", ".ods", ".gz", ".zst", ".zip":
		return true
	}
	return byName(strings.ToLower(name)) != ""
}

// cause is a system error without the path, which the finding already has.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// opened is a format's reader with what has to be closed after it.
type opened struct {
	reader
	origin   record.Origin
	dialect  Dialect
	findings []finding.Finding
	closers  []io.Closer
}

// reader is what every format has.
type reader interface {
	Header() *record.Header
	Dialect() format.Dialect
	Next(ctx context.Context, b *record.Batch) error
	Skipped() int
	Findings() []finding.Finding
}

func (o *opened) Original() *record.Header { return o.Header() }

func (o *opened) Dialect() Dialect {
	return append(o.dialect[:len(o.dialect):len(o.dialect)], o.reader.Dialect()...)
}

func (o *opened) Findings() []finding.Finding {
	return append(o.findings[:len(o.findings):len(o.findings)], o.reader.Findings()...)
}

// Next gives every error but the end's and the context's as an *Error.
func (o *opened) Next(ctx context.Context, b *record.Batch) error {
	err := o.reader.Next(ctx, b)
	if err == nil || err == io.EOF {
		return err
	}
	return o.fault(err)
}

// fault makes an *Error of one that is none yet.
func (o *opened) fault(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	return damaged(o.origin, err)
}

func (o *opened) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c.Close())
	}
	o.closers = nil
	return errors.Join(errs...)
}

// encoding decides the encoding by what was declared and by the evidence.
func (o *opened) encoding(ev evidence, spec Spec, origin record.Origin) (text.Encoding, error) {
	guess := text.Detect(ev.sample, ev.line == 1 && ev.start, ev.whole)
	at := origin.At(0, "")
	flag := func(e text.Encoding) string {
		return fmt.Sprintf("set it under source, such as source: {encoding: %s} (flag --encoding)", e)
	}
	if spec.Encoding == "" {
		if guess.Encoding == 0 {
			return 0, format.Refuse(finding.New(finding.SourceWrongFormat, at, "the file has zero bytes in it and is not a table of text").
				WithHint("export the table as CSV; for UTF-16 text set encoding under source"), nil)
		}
		o.dialect = append(o.dialect, Property{Key: format.Encoding, Value: guess.Encoding.String(), How: format.Detected, Confidence: guess.Confidence, Evidence: guess.Evidence})
		if guess.Second != 0 {
			f := finding.New(finding.SourceUnsure, at, "the encoding may be %s (%s) or %s; the first is taken", guess.Encoding, guess.Evidence, guess.Second)
			o.findings = append(o.findings, f.WithHint("%s", flag(guess.Encoding)))
		}
		o.mark(guess)
		return guess.Encoding, nil
	}
	declared, _ := text.Lookup(spec.Encoding)
	if declared == text.UTF16LE && guess.Encoding == text.UTF16BE && !strings.Contains(strings.ToLower(spec.Encoding), "le") {
		declared = text.UTF16BE // "utf-16" leaves the order to the mark
	}
	o.dialect = append(o.dialect, Property{Key: format.Encoding, Value: declared.String(), How: format.Declared, Confidence: 1})
	if guess.Encoding == declared {
		o.mark(guess)
		return declared, nil
	}
	wide := func(e text.Encoding) bool { return e == text.UTF16LE || e == text.UTF16BE }
	misread := func(row int, message string) error {
		f := finding.New(finding.SourceEncoding, origin.At(row, ""), "%s", message)
		if guess.Encoding != 0 {
			return format.Misdeclared(f.WithHint("the file looks like %s (%s): correct encoding under source, or leave it out", guess.Encoding, guess.Evidence))
		}
		return format.Misdeclared(f.WithHint("leave encoding out to have it detected"))
	}
	if wide(declared) || wide(guess.Encoding) || guess.Encoding == 0 {
		return 0, misread(0, fmt.Sprintf("the encoding %s was declared, but the file has another", declared))
	}
	if i := text.FirstBad(ev.sample, declared, ev.whole); i >= 0 {
		row := ev.line + bytes.Count(ev.sample[:i], []byte{'\n'})
		return 0, misread(row, fmt.Sprintf("the encoding %s was declared, but byte 0x%02X in this row is no text in it", declared, ev.sample[i]))
	}
	if other, as, rather, ok := text.Mojibake(ev.sample, declared, ev.line == 1 && ev.start, ev.whole); ok {
		f := finding.New(finding.SourceUnsure, at, "the encoding %s was declared, in which a word reads %q; in %s it is %q", declared, as, other, rather)
		o.findings = append(o.findings, f.WithHint("%s", flag(other)))
	}
	return declared, nil
}

func (o *opened) mark(g text.Guess) {
	if g.Mark {
		o.dialect = append(o.dialect, Property{Key: format.BOM, Value: "yes", How: format.Detected, Confidence: 1})
	}
}

// damaged is the error of a file that cannot be read to where it has to be.
func damaged(origin record.Origin, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	message := "the file cannot be read: " + cause(err)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || zstdFault(err) {
		message = "the compressed file is cut off or damaged: " + cause(err)
	}
	return format.Refuse(finding.New(finding.SourceDamaged, origin.At(0, ""), "%s", message).WithHint("copy or download the file again"), err)
}

func zstdFault(err error) bool {
	for _, e := range []error{zstd.ErrCRCMismatch, zstd.ErrMagicMismatch, zstd.ErrReservedBlockType, zstd.ErrBlockTooSmall, zstd.ErrCompressedSizeTooBig, zstd.ErrWindowSizeExceeded, zstd.ErrUnexpectedBlockSize, zstd.ErrUnknownDictionary} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

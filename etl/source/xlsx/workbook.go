package xlsx

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/flate"
)

// Bounds of what a workbook may unpack to.
const (
	maxPart    = 64 << 20  // of a part that is held in memory but the texts
	maxStrings = 4<<30 - 1 // of all shared texts with their markup
	maxSheet   = 16 << 30  // of a sheet, which is only passed through
	maxDensity = 400       // times that a part unpacks to, of parts larger than denseFrom
	denseFrom  = 64 << 20
	maxRow     = 1 << 20
	maxColumn  = 1 << 14
)

// tab is a worksheet of a workbook.
type tab struct {
	name   string
	hidden bool
	part   string
}

// workbook is what is read of a workbook before its sheets.
type workbook struct {
	parts     map[string]*zip.File // by lower-case name
	tabs      []tab
	epoch1904 bool
	styles    []style // by cell format
	texts     texts
}

// openWorkbook reads what is not a sheet. The workbook is to be closed.
func openWorkbook(file io.ReaderAt, size int64) (w *workbook, err error) {
	defer func() {
		if err != nil && w != nil {
			w.texts.Close()
		}
	}()
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, err
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	w = &workbook{parts: make(map[string]*zip.File, len(z.File)), texts: texts{limit: memoryTexts}}
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if _, twice := w.parts[name]; !twice {
			w.parts[name] = f
		}
	}
	main := "xl/workbook.xml"
	if rels, err := w.relations(""); err == nil {
		for _, r := range rels {
			if strings.HasSuffix(r.kind, "/officeDocument") {
				main = r.target
			}
		}
	}
	rels, err := w.relations(main)
	if err != nil {
		return nil, err
	}
	sheets := map[string]string{}
	for id, r := range rels {
		switch {
		case strings.HasSuffix(r.kind, "/worksheet"):
			sheets[id] = r.target
		case strings.HasSuffix(r.kind, "/styles"):
			if err := w.readStyles(r.target); err != nil {
				return w, err
			}
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			if err := w.readTexts(r.target); err != nil {
				return w, err
			}
		}
	}
	return w, w.readTabs(main, sheets)
}

var errMissing = errors.New("a part of the workbook is missing")

// part opens a part that may unpack to limit bytes.
func (w *workbook) part(name string, limit int64) (io.ReadCloser, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, fmt.Errorf("%w: %s", errMissing, name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", name, err)
	}
	// Declared sizes may lie; the packed one cannot be less than what is read.
	dense := max(denseFrom, int64(min(f.CompressedSize64, 1<<40))*maxDensity)
	return &bounded{ReadCloser: r, name: name, left: min(limit, dense), dense: dense < limit}, nil
}

// bounded gives an error where a part is larger than it may be, or so much
// larger than it is packed that it is made to fill memory or disk.
type bounded struct {
	io.ReadCloser
	name  string
	left  int64
	dense bool
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 && b.dense {
		return 0, fmt.Errorf("part %s unpacks to more than %d times its size, as no table does", b.name, maxDensity)
	}
	if b.left < 0 {
		return 0, fmt.Errorf("part %s unpacks to more than is sound", b.name)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("part %s: %w", b.name, err)
	}
	return n, err
}

// each calls fn for every tag of a part.
func (w *workbook) each(name string, limit int64, fn func(s *scanner, t token) error) error {
	r, err := w.part(name, limit)
	if err != nil {
		return err
	}
	defer r.Close()
	s := newScanner(r)
	for {
		t, err := s.next()
		if err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
		if t == end {
			return nil
		}
		if err := fn(s, t); err != nil {
			return fmt.Errorf("part %s: %w", name, err)
		}
	}
}

type relation struct{ kind, target string }

// relations gives what a part refers to, by id; targets are from the root.
func (w *workbook) relations(part string) (map[string]relation, error) {
	dir, base := path.Split(part)
	rels := map[string]relation{}
	err := w.each(dir+"_rels/"+base+".rels", maxPart, func(s *scanner, t token) error {
		if t == open && string(s.name) == "Relationship" && s.attr("TargetMode") != "External" {
			target := s.attr("Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/", dir, target)
			}
			rels[s.attr("Id")] = relation{kind: s.attr("Type"), target: strings.TrimPrefix(target, "/")}
		}
		return nil
	})
	return rels, err
}

func (w *workbook) readTabs(part string, sheets map[string]string) error {
	return w.each(part, maxPart, func(s *scanner, t token) error {
		if t != open {
			return nil
		}
		switch string(s.name) {
		case "workbookPr":
			w.epoch1904 = s.yes("date1904")
		case "sheet":
			// r:id; a sheet that is a chart or a macro is not in sheets.
			if target, ok := sheets[s.attr("id")]; ok {
				state := s.attr("state")
				w.tabs = append(w.tabs, tab{name: s.attr("name"), hidden: state != "" && state != "visible", part: target})
			}
		}
		return nil
	})
}

func (w *workbook) readStyles(part string) error {
	custom := map[int]style{}
	within := false
	return w.each(part, maxPart, func(s *scanner, t token) error {
		name := string(s.name)
		switch {
		case t == chars:
		case name == "cellXfs":
			within = t == open && !s.empty
		case t == open && name == "numFmt":
			if id, err := strconv.Atoi(s.attr("numFmtId")); err == nil {
				custom[id] = styleOf(s.attr("formatCode"))
			}
		case t == open && name == "xf" && within:
			id, _ := strconv.Atoi(s.attr("numFmtId")) // absent is 0, General
			st, ok := custom[id]
			if !ok {
				st = builtin(id)
			}
			w.styles = append(w.styles, st)
		}
		return nil
	})
}

func (w *workbook) readTexts(part string) error {
	item, text, phonetic := false, false, false
	err := w.each(part, maxStrings, func(s *scanner, t token) error {
		if t == chars {
			if item && text && !phonetic {
				w.texts.item = s.appendText(w.texts.item)
			}
			return nil
		}
		starts := t == open && !s.empty
		switch string(s.name) {
		case "si":
			item = starts
			if !starts {
				w.texts.item = unhex(w.texts.item, 0)
				return w.texts.add()
			}
		case "t":
			text = starts
		case "rPh":
			phonetic = starts
		}
		return nil
	})
	if errors.Is(err, errMissing) {
		return nil
	}
	return err
}

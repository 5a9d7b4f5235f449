package inventory

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noteParts gives a workbook whose notes excelize can change. It names the part
// with the notes of a sheet after the number of the part with their shapes, and
// reads the number of a shape from its id: so Excel writes both, but LibreOffice
// calls its shapes otherwise, and other programs the parts. Where all is well the
// workbook is given back as it is; else the parts have other names, and the shapes
// other ids (ECMA-376 part 1, 11.3.7 and part 4, 8.1). With clean, notes that hold
// nothing but the findings of an earlier run are taken out: excelize takes the
// square of their number for that.
func noteParts(text []byte, clean bool) ([]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return text, nil // whoever opens the workbook says it better
	}
	p := &parts{content: map[string][]byte{}}
	size := int64(0)
	for _, f := range r.File {
		if size += int64(f.UncompressedSize64); size > maxUnzipped {
			return text, nil // refused by whoever opens it
		}
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, err)
		}
		content, err := io.ReadAll(io.LimitReader(in, maxUnzipped))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, err)
		}
		if _, twice := p.content[f.Name]; !twice {
			p.names = append(p.names, f.Name)
		}
		p.content[f.Name] = content
	}
	sheets := p.noted()
	changed := false
	for _, s := range sheets {
		changed = clean && p.takeOut(s) || changed
	}
	if slices.ContainsFunc(sheets, func(s notedSheet) bool { return !s.usual(p) }) {
		changed = true
		free := p.free()
		for i, s := range sheets {
			p.rename(s, free+i)
		}
	}
	if !changed {
		return text, nil
	}
	return p.zip()
}

var (
	noteElement  = regexp.MustCompile(`(?s)<(?:\w+:)?comment\s[^>]*?\bref="([A-Z]+\d+)"[^>]*>.*?</(?:\w+:)?comment>`)
	noteText     = regexp.MustCompile(`(?s)<(?:\w+:)?t(?:\s[^>]*)?>(.*?)</(?:\w+:)?t>`)
	shapeElement = regexp.MustCompile(`(?s)<(?:\w+:)?shape\s.*?</(?:\w+:)?shape>`)
	shapeRow     = regexp.MustCompile(`<(?:\w+:)?Row>\s*(\d+)\s*<`)
	shapeColumn  = regexp.MustCompile(`<(?:\w+:)?Column>\s*(\d+)\s*<`)
)

// takeOut takes the notes out of a sheet that hold nothing but findings, and their
// shapes, and reports whether there were any.
func (p *parts) takeOut(s notedSheet) bool {
	ours := map[string]bool{}
	p.content[s.notes] = noteElement.ReplaceAllFunc(p.content[s.notes], func(note []byte) []byte {
		for _, text := range noteText.FindAllSubmatch(note, -1) {
			if len(bytes.TrimSpace(text[1])) == 0 {
				continue
			}
			if !bytes.HasPrefix(bytes.TrimSpace(text[1]), []byte(noteMark)) {
				return note
			}
			break
		}
		if !bytes.Contains(note, []byte(noteMark)) {
			return note
		}
		ours[string(noteElement.FindSubmatch(note)[1])] = true
		return nil
	})
	if len(ours) == 0 {
		return false
	}
	p.content[s.shapes] = shapeElement.ReplaceAllFunc(p.content[s.shapes], func(shape []byte) []byte {
		row, column := shapeRow.FindSubmatch(shape), shapeColumn.FindSubmatch(shape)
		if row == nil || column == nil {
			return shape
		}
		r, errRow := strconv.Atoi(string(row[1]))
		c, errColumn := strconv.Atoi(string(column[1]))
		if errRow == nil && errColumn == nil && ours[cellName(c+1, r+1)] {
			return nil
		}
		return shape
	})
	return true
}

var partNumber = regexp.MustCompile(`(\d{1,6})\.(?:xml|vml)$`)

// free gives a number above those of all parts.
func (p *parts) free() int {
	free := 1
	for _, name := range p.names {
		if found := partNumber.FindStringSubmatch(name); found != nil {
			if n, err := strconv.Atoi(found[1]); err == nil {
				free = max(free, n+1)
			}
		}
	}
	return free
}

type parts struct {
	names   []string // in order
	content map[string][]byte
}

// notedSheet is a sheet with notes: its relationships, and the parts with the notes
// and their shapes.
type notedSheet struct{ rels, notes, shapes string }

type relationship struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

var legacyDrawing = regexp.MustCompile(`<(?:\w+:)?legacyDrawing\s[^>]*\bid="([^"]+)"`)

// noted finds the sheets with notes.
func (p *parts) noted() []notedSheet {
	var list []notedSheet
	for _, name := range p.names {
		if !strings.HasPrefix(name, "xl/worksheets/_rels/") {
			continue
		}
		var document struct {
			Relationships []relationship `xml:"Relationship"`
		}
		if err := xml.Unmarshal(p.content[name], &document); err != nil {
			continue // excelize cannot read it either
		}
		sheet := "xl/worksheets/" + strings.TrimSuffix(path.Base(name), ".rels")
		drawing := legacyDrawing.FindSubmatch(p.content[sheet])
		s := notedSheet{rels: name}
		for _, r := range document.Relationships {
			switch {
			case strings.HasSuffix(r.Type, "/comments"):
				s.notes = target(r.Target)
			case drawing != nil && r.ID == string(drawing[1]):
				s.shapes = target(r.Target)
			}
		}
		if p.content[s.notes] != nil && p.content[s.shapes] != nil {
			list = append(list, s)
		}
	}
	return list
}

// target gives the part that a relationship of a sheet means.
func target(text string) string {
	if strings.HasPrefix(text, "/") {
		return strings.TrimPrefix(text, "/")
	}
	return path.Join("xl/worksheets", text)
}

var shapeID = regexp.MustCompile(`(<(?:\w+:)?shape\s(?:[^>]*?\s)?id=")([^"]*)(")`)

var usualShape = regexp.MustCompile(`^_x0000_s\d{1,9}$`)

// usual reports whether the parts and shapes are as excelize expects them.
func (s notedSheet) usual(p *parts) bool {
	number := strings.TrimSuffix(strings.TrimPrefix(s.notes, "xl/comments"), ".xml")
	if _, err := strconv.Atoi(number); err != nil || s.shapes != "xl/drawings/vmlDrawing"+number+".vml" {
		return false
	}
	for _, id := range shapeID.FindAllSubmatch(p.content[s.shapes], -1) {
		if !usualShape.Match(id[2]) {
			return false
		}
	}
	return true
}

// rename gives the parts of a sheet a number, and its shapes ids of their own.
func (p *parts) rename(s notedSheet, number int) {
	notes, shapes := fmt.Sprintf("xl/comments%d.xml", number), fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", number)
	next := number * 1024
	content := shapeID.ReplaceAllFunc(p.content[s.shapes], func(found []byte) []byte {
		next++
		return shapeID.ReplaceAll(found, fmt.Appendf(nil, "${1}_x0000_s%d${3}", next))
	})
	p.content[s.shapes] = content
	rels := p.content[s.rels]
	for _, moved := range [][2]string{{s.notes, notes}, {s.shapes, shapes}} {
		for _, form := range []string{"/" + moved[0], relative(moved[0])} {
			rels = bytes.ReplaceAll(rels, []byte(`Target="`+form+`"`), []byte(`Target="`+relative(moved[1])+`"`))
		}
		p.content["[Content_Types].xml"] = bytes.ReplaceAll(p.content["[Content_Types].xml"], []byte(`PartName="/`+moved[0]+`"`), []byte(`PartName="/`+moved[1]+`"`))
		p.move(moved[0], moved[1])
		p.move(relsOf(moved[0]), relsOf(moved[1]))
	}
	p.content[s.rels] = rels
}

// relative gives a part as a relationship of a sheet names it.
func relative(part string) string { return "../" + strings.TrimPrefix(part, "xl/") }

func relsOf(part string) string { return path.Dir(part) + "/_rels/" + path.Base(part) + ".rels" }

func (p *parts) move(from, to string) {
	content, ok := p.content[from]
	if !ok {
		return
	}
	p.names[slices.Index(p.names, from)] = to
	p.content[to] = content
	delete(p.content, from)
}

func (p *parts) zip() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range p.names {
		out, err := w.Create(name)
		if err == nil {
			_, err = out.Write(p.content[name])
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write the workbook: %w", err)
	}
	return b.Bytes(), nil
}

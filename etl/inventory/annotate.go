package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// annotationSheet is the sheet, hidden from people, that remembers which cells were
// coloured, and how they looked before: sheet, cell, and the fill as JSON.
const annotationSheet = "ldt_annotations"

// noteMark begins the part of a note that is ours.
const noteMark = "▸ ldt inventory check"

// severityFills are the colours of cells with findings, as RRGGBB.
var severityFills = map[finding.Severity]string{finding.Error: "FFC7CE", finding.Warning: "FFEB9C", finding.Info: "DDEBF7"}

// maxShown is how many findings one note holds.
const maxShown = 20

// Annotate writes a workbook again, with a coloured cell and a note for each
// finding. name and text are the workbook that inv was read from; everything else
// of it stays. A note that is there keeps its text and has the findings after it.
// The findings of an earlier run are taken out first, with their colours. One that
// speaks of no cell stands at the header of its sheet, or in the first cell of the
// first sheet.
func (inv *Inventory) Annotate(w io.Writer, name string, text []byte, list []finding.Finding) (err error) {
	if !isWorkbook(name) {
		f := finding.New(finding.SourceWrongFormat, finding.Location{File: name}, "only a workbook can be annotated")
		return finding.List{f.WithHint("ldt inventory check %s prints the findings", name)}
	}
	defer damaged(name, &err)
	if text, err = noteParts(text, true); err != nil {
		return fmt.Errorf("read the notes of %s: %w", name, err)
	}
	book, err := openWorkbook(name, text)
	if err != nil {
		return err
	}
	a := &annotator{book: book, notes: map[string]map[string]excelize.Comment{}, filled: map[[2]string]int{}}
	if err := a.clean(); err != nil {
		_ = book.Close() // the failure is what matters
		return fmt.Errorf("take the earlier findings out of %s: %w", name, err)
	}
	if err := a.add(inv.grid, list); err != nil {
		_ = book.Close() // the failure is what matters
		return fmt.Errorf("annotate %s: %w", name, err)
	}
	return writeBook(w, book)
}

type annotator struct {
	book   *excelize.File
	notes  map[string]map[string]excelize.Comment // by sheet and cell
	filled map[[2]string]int                      // style by old style and colour
	record [][]any
}

// notesOf gives the notes of a sheet by cell.
func (a *annotator) notesOf(sheet string) (map[string]excelize.Comment, error) {
	if notes, ok := a.notes[sheet]; ok {
		return notes, nil
	}
	list, err := a.book.GetComments(sheet)
	if err != nil {
		return nil, err
	}
	notes := map[string]excelize.Comment{}
	for _, note := range list {
		if len(note.Paragraph) == 0 {
			note.Paragraph = []excelize.RichTextRun{{Text: note.Text}}
		}
		notes[note.Cell] = note
	}
	a.notes[sheet] = notes
	return notes, nil
}

// clean takes out what an earlier run put in: its part of the notes, and the
// colours of the cells that are still as it left them.
func (a *annotator) clean() error {
	sheets := a.book.GetSheetList()
	if slices.Contains(sheets, annotationSheet) {
		rows, err := a.book.GetRows(annotationSheet)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if len(row) < 2 || !slices.Contains(sheets, row[0]) {
				continue
			}
			var fill []byte
			if len(row) > 2 {
				fill = []byte(row[2])
			}
			if err := a.refill(row[0], row[1], fill); err != nil {
				return err
			}
		}
		if err := a.book.DeleteSheet(annotationSheet); err != nil {
			return err
		}
	}
	for _, sheet := range a.book.GetSheetList() {
		notes, err := a.notesOf(sheet)
		if err != nil {
			return err
		}
		for _, note := range slices.Collect(maps.Values(notes)) {
			runs, ours := before(note.Paragraph)
			if !ours {
				continue
			}
			if err := a.setNote(sheet, note.Cell, note, runs); err != nil {
				return err
			}
			if err := a.refill(sheet, note.Cell, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// before gives the runs of a note in front of our mark.
func before(runs []excelize.RichTextRun) (own []excelize.RichTextRun, ours bool) {
	var text strings.Builder
	for _, run := range runs {
		text.WriteString(run.Text)
	}
	at := strings.Index(text.String(), noteMark)
	if at < 0 {
		return runs, false
	}
	for _, run := range runs {
		part := run.Text[:min(at, len(run.Text))]
		at -= len(part)
		if part != "" {
			run.Text = part
			own = append(own, run)
		}
	}
	for len(own) > 0 {
		last := &own[len(own)-1]
		if last.Text = strings.TrimRight(last.Text, "\n "); last.Text != "" {
			break
		}
		own = own[:len(own)-1]
	}
	return own, true
}

// setNote replaces the text of a note, or takes the note out where no text is left.
func (a *annotator) setNote(sheet, cell string, note excelize.Comment, runs []excelize.RichTextRun) error {
	if _, there := a.notes[sheet][cell]; there {
		if err := a.book.DeleteComment(sheet, cell); err != nil {
			return err
		}
		delete(a.notes[sheet], cell)
	}
	if len(runs) == 0 {
		return nil
	}
	changed := noteAt(cell, runs)
	if note.Author != "" {
		changed.Author = note.Author
	}
	if err := a.book.AddComment(sheet, changed); err != nil {
		return err
	}
	a.notes[sheet][cell] = changed
	return nil
}

// refill gives a cell that has one of our colours its former fill again: JSON as
// recorded, nil for none. Where somebody has given it another colour since, it
// keeps that.
func (a *annotator) refill(sheet, cell string, fill []byte) error {
	style, err := a.book.GetCellStyle(sheet, cell)
	if err != nil {
		return err
	}
	styles := a.book.Styles
	id := styles.CellXfs.Xf[style].FillID
	if id == nil || *id >= len(styles.Fills.Fill) {
		return nil
	}
	pattern := styles.Fills.Fill[*id].PatternFill
	if pattern == nil || pattern.FgColor == nil || !isOurs(pattern.FgColor.RGB) {
		return nil
	}
	former := 0 // the first fill of every workbook is none
	if fill != nil {
		restored, err := decode(styles.Fills.Fill[0], fill)
		if err != nil {
			return fmt.Errorf("sheet %s: %w", annotationSheet, err)
		}
		styles.Fills.Fill = append(styles.Fills.Fill, restored)
		styles.Fills.Count = len(styles.Fills.Fill)
		former = len(styles.Fills.Fill) - 1
	}
	return a.setFill(sheet, cell, style, former)
}

func isOurs(rgb string) bool {
	for _, colour := range severityFills {
		if strings.HasSuffix(strings.ToUpper(rgb), colour) {
			return true
		}
	}
	return false
}

// decode reads JSON into another value of the type of like.
func decode[T any](_ *T, text []byte) (*T, error) {
	v := new(T)
	return v, json.Unmarshal(text, v)
}

// setFill gives a cell its style with another fill.
func (a *annotator) setFill(sheet, cell string, style, fill int) error {
	key := [2]string{strconv.Itoa(style), strconv.Itoa(fill)}
	made, ok := a.filled[key]
	if !ok {
		styles := a.book.Styles
		xf := styles.CellXfs.Xf[style]
		apply := true
		xf.FillID, xf.ApplyFill = &fill, &apply
		styles.CellXfs.Xf = append(styles.CellXfs.Xf, xf)
		styles.CellXfs.Count = len(styles.CellXfs.Xf)
		made = len(styles.CellXfs.Xf) - 1
		a.filled[key] = made
	}
	return a.book.SetCellStyle(sheet, cell, cell, made)
}

// bookCell is a cell of the workbook.
type bookCell struct{ sheet, cell string }

// add colours the cells and writes the notes.
func (a *annotator) add(g grid, list []finding.Finding) error {
	var order []bookCell
	of := map[bookCell][]finding.Finding{}
	for _, f := range list {
		at := bookCell{a.book.GetSheetName(0), "A1"}
		if column, row, ok := g.cell(f.Location); ok {
			at = bookCell{f.Location.Sheet, cellName(column, row)}
		}
		if of[at] == nil {
			order = append(order, at)
		}
		of[at] = append(of[at], f)
	}
	fills := map[finding.Severity]int{}
	for severity, colour := range severityFills {
		style, err := a.book.NewStyle(&excelize.Style{Fill: solid(colour)})
		if err != nil {
			return err
		}
		fills[severity] = *a.book.Styles.CellXfs.Xf[style].FillID
	}
	for _, at := range order {
		if err := a.mark(at, of[at], fills); err != nil {
			return err
		}
	}
	return a.remember()
}

// mark colours one cell and adds its findings to its note.
func (a *annotator) mark(at bookCell, list []finding.Finding, fills map[finding.Severity]int) error {
	worst := finding.Info
	var b strings.Builder
	b.WriteString(noteMark)
	for i, f := range list {
		worst = max(worst, f.Severity)
		if i < maxShown {
			fmt.Fprintf(&b, "\n%s: %s", f.Severity, f.Message)
			if f.Hint != "" {
				fmt.Fprintf(&b, "\n→ %s", f.Hint)
			}
		}
	}
	if more := len(list) - maxShown; more > 0 {
		fmt.Fprintf(&b, "\n… and %d more", more)
	}
	style, err := a.book.GetCellStyle(at.sheet, at.cell)
	if err != nil {
		return err
	}
	former := []any{at.sheet, at.cell}
	if id := a.book.Styles.CellXfs.Xf[style].FillID; id != nil && *id > 0 && *id < len(a.book.Styles.Fills.Fill) {
		fill, err := json.Marshal(a.book.Styles.Fills.Fill[*id])
		if err != nil {
			return err
		}
		former = append(former, string(fill))
	}
	a.record = append(a.record, former)
	if err := a.setFill(at.sheet, at.cell, style, fills[worst]); err != nil {
		return err
	}
	notes, err := a.notesOf(at.sheet)
	if err != nil {
		return err
	}
	note := notes[at.cell]
	text := b.String()
	if len(note.Paragraph) > 0 {
		text = "\n\n" + text
	}
	return a.setNote(at.sheet, at.cell, note, append(slices.Clone(note.Paragraph), excelize.RichTextRun{Text: text}))
}

// remember writes the former fills to the hidden sheet.
func (a *annotator) remember() error {
	if len(a.record) == 0 {
		return nil
	}
	active := a.book.GetActiveSheetIndex()
	if _, err := a.book.NewSheet(annotationSheet); err != nil {
		return err
	}
	for i, row := range a.record {
		if err := a.book.SetSheetRow(annotationSheet, cellName(1, 1+i), &row); err != nil {
			return err
		}
	}
	a.book.SetActiveSheet(active)
	return a.book.SetSheetVisible(annotationSheet, false, true)
}

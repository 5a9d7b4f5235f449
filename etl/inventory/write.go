package inventory

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Colours of the workbook, as RRGGBB.
const (
	colourRequired = "1F4E79" // header of a column that must be filled
	colourOptional = "7F97AD"
	colourLabel    = "DDE7F0"
	colourLine     = "C3CCD5"
)

const fontName = "Calibri"

// lineHeight is the height of one line of text, in points.
const lineHeight = 15

// dropRows is how many rows below the header offer the drop-down lists.
const dropRows = 500

// maxList is the longest list of values that a drop-down can hold in itself.
const maxList = 255

// workbook makes the workbook; the caller closes it.
func (inv *Inventory) workbook() (*excelize.File, error) {
	b := &builder{book: excelize.NewFile()}
	b.readMe()
	b.project(&inv.Project)
	b.table(sourceTable, len(inv.Sources), func(i int) (map[string]string, []Extra) {
		return values(&inv.Sources[i], sourceTable), inv.Sources[i].Extra
	})
	b.table(fieldTable, len(inv.Fields), func(i int) (map[string]string, []Extra) {
		return values(&inv.Fields[i], fieldTable), inv.Fields[i].Extra
	})
	b.check(b.book.SetDocProps(&excelize.DocProperties{Title: "Data inventory " + inv.Project.Name, Creator: "ldt"}))
	if err := errors.Join(b.faults...); err != nil {
		return nil, errors.Join(err, b.book.Close())
	}
	return b.book, nil
}

// builder writes sheets and collects what goes wrong.
type builder struct {
	book   *excelize.File
	faults []error
}

func (b *builder) check(err error) {
	if err != nil {
		b.faults = append(b.faults, err)
	}
}

func (b *builder) style(s excelize.Style) int {
	id, err := b.book.NewStyle(&s)
	b.check(err)
	return id
}

func solid(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func lines() []excelize.Border {
	var list []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		list = append(list, excelize.Border{Type: side, Color: colourLine, Style: 1})
	}
	return list
}

func (b *builder) header(colour string) int {
	return b.style(excelize.Style{
		Font:      &excelize.Font{Bold: true, Family: fontName, Size: 11, Color: "FFFFFF"},
		Fill:      solid(colour),
		Border:    lines(),
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	})
}

func (b *builder) body() int {
	return b.style(excelize.Style{Border: lines(), Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
		NumFmt: 49}) // text: a code keeps its leading zeros
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil { // the numbers are ours and within the limits of a sheet
		return "A1"
	}
	return name
}

// columnName gives the letters of a column.
func columnName(column int) string { return strings.TrimRight(cellName(column, 1), "0123456789") }

// page makes a sheet print in landscape, one page wide.
func (b *builder) page(sheet string) {
	landscape, a4, wide, tall, fit := "landscape", 9, 1, 0, true
	b.check(b.book.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &tall}))
	b.check(b.book.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
}

// height makes a row as high as its longest text needs in a column of this
// width; a program that only reads the file does not do it.
func (b *builder) height(sheet string, row int, texts []string, widths []float64) {
	most := 1
	for i, text := range texts {
		n := 0
		for _, part := range strings.Split(text, "\n") {
			n += 1 + int(float64(utf8.RuneCountInString(part))*1.1/max(widths[i], 1))
		}
		most = max(most, n)
	}
	b.check(b.book.SetRowHeight(sheet, row, min(float64(most*lineHeight), 400)))
}

func (b *builder) readMe() {
	const sheet = "Read me"
	b.check(b.book.SetSheetName("Sheet1", sheet))
	b.check(b.book.SetColWidth(sheet, "A", "A", 24))
	b.check(b.book.SetColWidth(sheet, "B", "B", 96))
	title := b.style(excelize.Style{Font: &excelize.Font{Bold: true, Family: fontName, Size: 16, Color: colourRequired}})
	label := b.style(excelize.Style{Font: &excelize.Font{Bold: true, Family: fontName, Size: 11}, Fill: solid(colourLabel), Border: lines(), Alignment: &excelize.Alignment{Vertical: "top"}})
	text := b.style(excelize.Style{Border: lines(), Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	b.check(b.book.SetCellStr(sheet, "A1", "Data inventory"))
	b.check(b.book.SetCellStyle(sheet, "A1", "A1", title))
	remarks := [][2]string{
		{projectTable.Title, projectTable.Note},
		{sourceTable.Title, sourceTable.Note},
		{fieldTable.Title, fieldTable.Note},
		{"Dark headers *", "must be filled in every row; the lighter ones where they help. Point at a header to read what belongs there."},
		{"Lists", "A cell with an arrow offers the words that are understood. French words are understood too."},
		{"Your own columns", "Add any: they are kept, and nobody complains. Leave the names of the columns above as they are."},
		{"Check", "ldt inventory check inventory.xlsx says what is missing, row by row, and holds the list against the files."},
	}
	for i, remark := range remarks {
		row := 3 + i
		b.check(b.book.SetCellStr(sheet, cellName(1, row), remark[0]))
		b.check(b.book.SetCellStr(sheet, cellName(2, row), remark[1]))
		b.check(b.book.SetCellStyle(sheet, cellName(1, row), cellName(1, row), label))
		b.check(b.book.SetCellStyle(sheet, cellName(2, row), cellName(2, row), text))
		b.height(sheet, row, remark[1:], []float64{96})
	}
	b.page(sheet)
}

func (b *builder) sheet(name string) {
	_, err := b.book.NewSheet(name)
	b.check(err)
}

func (b *builder) freeze(sheet string, columns int) {
	panes := excelize.Panes{Freeze: true, XSplit: columns, YSplit: 1, TopLeftCell: cellName(columns+1, 2), ActivePane: "bottomLeft"}
	if columns > 0 {
		panes.ActivePane = "bottomRight"
	}
	b.check(b.book.SetPanes(sheet, &panes))
}

// note is what a header shows when it is pointed at.
func (b *builder) note(sheet, cell string, c *column) {
	text := c.Note
	if c.Required {
		text += "\nMust be filled."
	}
	if len(c.Values) > 0 {
		text += "\nOne of: " + strings.Join(c.Values, "  ")
	}
	b.check(b.book.AddComment(sheet, excelize.Comment{Cell: cell, Author: "ldt", Width: 320,
		Height: uint(40 + 18*(utf8.RuneCountInString(text)/44)), Paragraph: []excelize.RichTextRun{{Text: text}}}))
}

// marked is the title of a column, with a star where it must be filled.
func marked(c *column) string {
	if c.Required {
		return c.Title + " *"
	}
	return c.Title
}

func (b *builder) project(p *Project) {
	t := projectTable
	b.sheet(t.Title)
	head, optional, body := b.header(colourRequired), b.header(colourOptional), b.body()
	for i, name := range []string{projectItem, projectValue} {
		b.check(b.book.SetCellStr(t.Title, cellName(1+i, 1), name))
		b.check(b.book.SetCellStyle(t.Title, cellName(1+i, 1), cellName(1+i, 1), head))
	}
	b.check(b.book.SetColWidth(t.Title, "A", "A", 24))
	b.check(b.book.SetColWidth(t.Title, "B", "B", 90))
	row := 2
	line := func(name, value string, style int) {
		b.check(b.book.SetCellStr(t.Title, cellName(1, row), name))
		b.check(b.book.SetCellStr(t.Title, cellName(2, row), value))
		b.check(b.book.SetCellStyle(t.Title, cellName(1, row), cellName(1, row), style))
		b.check(b.book.SetCellStyle(t.Title, cellName(2, row), cellName(2, row), body))
		b.height(t.Title, row, []string{value}, []float64{90})
		row++
	}
	all := values(p, t)
	for _, c := range t.Columns {
		b.note(t.Title, cellName(1, row), c)
		style := optional
		if c.Required {
			style = head
		}
		line(marked(c), all[c.Key], style)
	}
	for _, own := range p.Extra {
		line(own.Header, own.Text, optional)
	}
	b.freeze(t.Title, 0)
	b.page(t.Title)
}

// table writes a sheet with a row a thing; at gives the cells of row i.
func (b *builder) table(t *table, n int, at func(i int) (map[string]string, []Extra)) {
	b.sheet(t.Title)
	head, optional, body := b.header(colourRequired), b.header(colourOptional), b.body()
	b.check(b.book.SetRowHeight(t.Title, 1, 32))
	for i, c := range t.Columns {
		column := columnName(1 + i)
		cell := cellName(1+i, 1)
		style := optional
		if c.Required {
			style = head
		}
		b.check(b.book.SetCellStr(t.Title, cell, marked(c)))
		b.check(b.book.SetCellStyle(t.Title, cell, cell, style))
		b.check(b.book.SetColWidth(t.Title, column, column, c.Width))
		b.note(t.Title, cell, c)
		b.list(t.Title, column, c)
	}
	own := map[string]int{}
	for i := range n {
		row := 2 + i
		cells, extra := at(i)
		texts, widths := make([]string, len(t.Columns)), make([]float64, len(t.Columns))
		for j, c := range t.Columns {
			text := cells[c.Key]
			texts[j], widths[j] = text, c.Width
			cell := cellName(1+j, row)
			if number, err := strconv.Atoi(text); c.Integer && err == nil {
				b.check(b.book.SetCellInt(t.Title, cell, int64(number)))
			} else if text != "" {
				b.check(b.book.SetCellStr(t.Title, cell, text))
			}
		}
		for _, e := range extra {
			column, ok := own[e.Header]
			if !ok {
				column = len(t.Columns) + len(own) + 1
				own[e.Header] = column
				b.check(b.book.SetCellStr(t.Title, cellName(column, 1), e.Header))
				b.check(b.book.SetCellStyle(t.Title, cellName(column, 1), cellName(column, 1), optional))
				b.check(b.book.SetColWidth(t.Title, columnName(column), columnName(column), 24))
			}
			b.check(b.book.SetCellStr(t.Title, cellName(column, row), e.Text))
			texts, widths = append(texts, e.Text), append(widths, 24)
		}
		b.height(t.Title, row, texts, widths)
		b.check(b.book.SetCellStyle(t.Title, cellName(1, row), cellName(len(t.Columns)+len(own), row), body))
	}
	last := len(t.Columns) + len(own)
	b.check(b.book.AutoFilter(t.Title, "A1:"+cellName(last, 1+max(n, 1)), nil))
	frozen := 1
	if t == fieldTable {
		frozen = 2 // source and header
	}
	b.freeze(t.Title, frozen)
	b.page(t.Title) // last: a filter forgets it
}

// list offers the words of a vocabulary below the header.
func (b *builder) list(sheet, column string, c *column) {
	if len(c.Values) == 0 || utf8.RuneCountInString(strings.Join(c.Values, ",")) > maxList {
		return
	}
	for _, value := range c.Values {
		if strings.ContainsAny(value, `,"`) { // a list in a cell cannot hold a comma
			return
		}
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = column + "2:" + column + strconv.Itoa(1+dropRows)
	b.check(v.SetDropList(c.Values))
	// The check tells of other words better than a box that blocks the cell.
	v.ShowErrorMessage = false
	b.check(b.book.AddDataValidation(sheet, v))
}

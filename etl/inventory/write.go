package inventory

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
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
const dropRows = 1000

// maxList is the longest list of values, in characters, that a drop-down can hold
// in itself; a longer one is a range of the hidden sheet.
const maxList = 255

// dateFormat shows a date however the computer is set.
const dateFormat = "yyyy-mm-dd"

// listSheet is the hidden sheet of the long lists.
var listSheet = words{"Lists", "Listes"}

// workbook makes the workbook; the caller closes it.
func (inv *Inventory) workbook(lang string) (*excelize.File, error) {
	b := &builder{book: excelize.NewFile(), lang: lang, ranges: map[*Vocabulary]string{}}
	b.styles()
	b.readMe()
	for _, t := range tables {
		_, err := b.book.NewSheet(b.title(t))
		b.check(err)
	}
	b.lists()
	for _, t := range tables {
		if t == projectTable {
			b.project(inv.items(t)[0])
			continue
		}
		b.table(t, inv.items(t))
	}
	b.check(b.book.SetDocProps(&excelize.DocProperties{Title: readMeTitle.in(lang) + " " + inv.Project.Name, Creator: "ldt", Language: lang}))
	b.book.SetActiveSheet(0)
	if err := errors.Join(b.faults...); err != nil {
		return nil, errors.Join(err, b.book.Close())
	}
	return b.book, nil
}

// builder writes sheets in one language and collects what goes wrong.
type builder struct {
	book   *excelize.File
	lang   string
	ranges map[*Vocabulary]string // of the lists that are too long for a drop-down
	faults []error

	// Styles by their use.
	head, optional, label int
	body, column          map[string]int // by the kind of cell: text, date, number
}

func (b *builder) check(err error) {
	if err != nil {
		b.faults = append(b.faults, err)
	}
}

func (b *builder) title(t *table) string { return t.Title.in(b.lang) }

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

// styles makes the styles that all sheets share.
func (b *builder) styles() {
	header := func(colour string) int {
		return b.style(excelize.Style{
			Font:      &excelize.Font{Bold: true, Family: fontName, Size: 11, Color: "FFFFFF"},
			Fill:      solid(colour),
			Border:    lines(),
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
		})
	}
	b.head, b.optional = header(colourRequired), header(colourOptional)
	b.label = b.style(excelize.Style{Font: &excelize.Font{Bold: true, Family: fontName, Size: 11}, Fill: solid(colourLabel), Border: lines(),
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	b.body, b.column = map[string]int{}, map[string]int{}
	format := dateFormat
	for kind, s := range map[string]excelize.Style{
		"text":   {NumFmt: 49}, // a code keeps its leading zeros
		"date":   {CustomNumFmt: &format},
		"number": {},
	} {
		s.Alignment = &excelize.Alignment{WrapText: true, Vertical: "top"}
		b.column[kind] = b.style(s)
		s.Border = lines()
		b.body[kind] = b.style(s)
	}
}

// cellKind says how the cells of a column are stored.
func (c *column) cellKind() string {
	switch {
	case c.Format == "date":
		return "date"
	case c.Type == "integer" || c.Type == "number":
		return "number"
	}
	return "text"
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

// pageWidth is how many characters of the columns' widths fit on a page that can
// still be read.
const pageWidth = 220

// page makes a sheet print in landscape, as many pages wide as it needs, with its
// header and its first column on each.
func (b *builder) page(sheet string, width float64) {
	landscape, a4, wide, tall, fit := "landscape", 9, int(math.Ceil(width/pageWidth)), 0, true
	if wide > 1 {
		b.check(b.book.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: sheet,
			RefersTo: "'" + sheet + "'!$A:$A,'" + sheet + "'!$1:$1"}))
	}
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

// readMeTitle heads the first sheet.
var readMeTitle = words{"Data inventory", "Inventaire des données"}

// readMeSheet is its name.
var readMeSheet = words{"Read me", "Lisez-moi"}

func (b *builder) readMe() {
	sheet := readMeSheet.in(b.lang)
	b.check(b.book.SetSheetName("Sheet1", sheet))
	b.check(b.book.SetColWidth(sheet, "A", "A", 24))
	b.check(b.book.SetColWidth(sheet, "B", "B", 96))
	title := b.style(excelize.Style{Font: &excelize.Font{Bold: true, Family: fontName, Size: 16, Color: colourRequired}})
	text := b.style(excelize.Style{Border: lines(), Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	b.check(b.book.SetCellStr(sheet, "A1", readMeTitle.in(b.lang)))
	b.check(b.book.SetCellStyle(sheet, "A1", "A1", title))
	remarks := [][2]words{{
		{"Where to start", "Par où commencer"},
		{"Fill in Project, then Sources, then Fields: these three are needed. The other sheets help to get from the data to the indicators; leave them empty until you need them.",
			"Remplissez Projet, puis Sources, puis Champs : ces trois feuilles sont nécessaires. Les autres mènent des données aux indicateurs ; laissez-les vides jusqu'à en avoir besoin."},
	}}
	for _, t := range tables {
		remarks = append(remarks, [2]words{t.Title, t.Note})
	}
	remarks = append(remarks, [][2]words{{
		{"Dark headers *", "En-têtes foncés *"},
		{"must be filled in every row; the lighter ones where they help. Point at a header to read what belongs there.",
			"sont à remplir dans chaque ligne ; les plus clairs quand ils aident. Pointez un en-tête pour lire ce qu'il attend."},
	}, {
		{"Lists", "Listes"},
		{"A cell with an arrow offers the words that are understood. Codes, addresses (URI) and words in English or French are understood too.",
			"Une cellule avec une flèche propose les mots compris. Les codes, les adresses (URI) et les mots en anglais ou en français sont compris aussi."},
	}, {
		{"Several values", "Plusieurs valeurs"},
		{"Where a cell names several things, put a semicolon between them: map; trend.", "Quand une cellule nomme plusieurs choses, séparez-les par un point-virgule : carte; tendance."},
	}, {
		{"Your own columns", "Vos propres colonnes"},
		{"Add any, and any sheets: they are kept, and nobody complains. Leave the names of the columns above as they are.",
			"Ajoutez-en, et des feuilles aussi : elles sont gardées, et personne ne s'en plaint. Laissez les noms des colonnes ci-dessus tels quels."},
	}, {
		{"Check", "Contrôler"},
		{"ldt inventory check inventory.xlsx says what is missing, row by row, and holds the list against the files; --probe tries every link.",
			"ldt inventory check inventaire.xlsx dit ce qui manque, ligne par ligne, et compare l'inventaire aux fichiers ; --probe essaie chaque lien."},
	}, {
		{"Mend", "Corriger"},
		{"ldt inventory annotate inventory.xlsx -o mended.xlsx gives this workbook back with each finding as a coloured cell and a note.",
			"ldt inventory annotate inventaire.xlsx -o corrige.xlsx rend ce classeur avec chaque remarque en cellule colorée et en commentaire."},
	}}...)
	for i, remark := range remarks {
		row := 3 + i
		b.check(b.book.SetCellStr(sheet, cellName(1, row), remark[0].in(b.lang)))
		b.check(b.book.SetCellStr(sheet, cellName(2, row), remark[1].in(b.lang)))
		b.check(b.book.SetCellStyle(sheet, cellName(1, row), cellName(1, row), b.label))
		b.check(b.book.SetCellStyle(sheet, cellName(2, row), cellName(2, row), text))
		b.height(sheet, row, []string{remark[0].in(b.lang), remark[1].in(b.lang)}, []float64{24, 96})
	}
	b.page(sheet, 120)
}

// lists writes the lists that are too long for a drop-down, or that have a comma
// in a word, to the hidden sheet.
func (b *builder) lists() {
	sheet := listSheet.in(b.lang)
	next := 1
	for _, t := range tables {
		for _, c := range t.Columns {
			v := c.Vocabulary
			if v == nil || b.ranges[v] != "" || b.fits(v) {
				continue
			}
			if next == 1 {
				_, err := b.book.NewSheet(sheet)
				b.check(err)
			}
			shown := v.shown(b.lang)
			b.check(b.book.SetCellStr(sheet, cellName(next, 1), v.Name))
			for i, word := range shown {
				b.check(b.book.SetCellStr(sheet, cellName(next, 2+i), word))
			}
			b.check(b.book.SetColWidth(sheet, columnName(next), columnName(next), 40))
			b.ranges[v] = sheet + "!" + absolute(next, 2, 1+len(shown))
			next++
		}
	}
	if next > 1 {
		b.check(b.book.SetSheetVisible(sheet, false))
	}
}

// absolute gives the rows from to to of a column, as $A$2:$A$9.
func absolute(column, from, to int) string {
	letters := "$" + columnName(column) + "$"
	return letters + strconv.Itoa(from) + ":" + letters + strconv.Itoa(to)
}

// fits reports whether a drop-down can hold the words of a vocabulary in itself.
func (b *builder) fits(v *Vocabulary) bool {
	text := strings.Join(v.shown(b.lang), ",")
	return utf8.RuneCountInString(text) <= maxList && strings.Count(text, ",") == len(v.Codes)-1 && !strings.Contains(text, `"`)
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
	text := c.Note.in(b.lang)
	if c.Required {
		text += "\n" + words{"Must be filled.", "À remplir."}.in(b.lang)
	}
	if v := c.Vocabulary; v != nil {
		shown := v.shown(b.lang)
		const most = 16
		more := len(shown) - most
		if more > 0 {
			shown = shown[:most]
		}
		text += "\n" + words{"One of: ", "Au choix : "}.in(b.lang) + strings.Join(shown, " · ")
		if more > 0 {
			text += words{" and ", " et "}.in(b.lang) + strconv.Itoa(more) + words{" more in the list", " autres dans la liste"}.in(b.lang)
		}
	}
	b.check(b.book.AddComment(sheet, noteAt(cell, []excelize.RichTextRun{{Text: text}})))
}

// noteAt makes a note that is large enough for its text.
func noteAt(cell string, runs []excelize.RichTextRun) excelize.Comment {
	rows := 1
	for _, run := range runs {
		for _, part := range strings.Split(run.Text, "\n") {
			rows += 1 + utf8.RuneCountInString(part)/44
		}
	}
	return excelize.Comment{Cell: cell, Author: "ldt", Width: 320, Height: uint(24 + 18*rows), Paragraph: runs}
}

// marked is the title of a column, with a star where it must be filled.
func (b *builder) marked(c *column) string {
	if c.Required {
		return c.Title.in(b.lang) + " *"
	}
	return c.Title.in(b.lang)
}

func (b *builder) project(p item) {
	sheet := b.title(p.t)
	head := projectHeader.En
	if b.lang == "fr" {
		head = projectHeader.Fr
	}
	for i, name := range head {
		b.check(b.book.SetCellStr(sheet, cellName(1+i, 1), name))
		b.check(b.book.SetCellStyle(sheet, cellName(1+i, 1), cellName(1+i, 1), b.head))
	}
	b.check(b.book.SetColWidth(sheet, "A", "A", 24))
	b.check(b.book.SetColWidth(sheet, "B", "B", 90))
	row := 2
	line := func(name string, style int) {
		b.check(b.book.SetCellStr(sheet, cellName(1, row), name))
		b.check(b.book.SetCellStyle(sheet, cellName(1, row), cellName(1, row), style))
		b.check(b.book.SetCellStyle(sheet, cellName(2, row), cellName(2, row), b.body["text"]))
	}
	for _, c := range p.t.Columns {
		style := b.optional
		if c.Required {
			style = b.head
		}
		line(b.marked(c), style)
		b.note(sheet, cellName(1, row), c)
		b.validate(sheet, cellName(2, row), c)
		b.cell(sheet, cellName(2, row), c, p.value(c.Key))
		b.height(sheet, row, []string{p.value(c.Key)}, []float64{90})
		row++
	}
	for _, own := range p.Extra {
		line(own.Header, b.optional)
		b.check(b.book.SetCellStr(sheet, cellName(2, row), own.Text))
		b.height(sheet, row, []string{own.Text}, []float64{90})
		row++
	}
	b.freeze(sheet, 0)
	b.page(sheet, 114)
}

// shown gives a value as the workbook shows it: the label of a code.
func (b *builder) shown(c *column, text string) string {
	if c.Vocabulary == nil {
		return text
	}
	if code, remark, ok := strings.Cut(text, "; "); ok && c.Remark {
		return c.Vocabulary.Label(code, b.lang) + "; " + remark
	}
	return c.Vocabulary.Label(text, b.lang)
}

// cell writes a value with the style of its column.
func (b *builder) cell(sheet, cell string, c *column, text string) {
	b.value(sheet, cell, c, text)
	b.check(b.book.SetCellStyle(sheet, cell, cell, b.body[c.cellKind()]))
}

// value writes a value as its column stores it; one that is not of its kind stays
// text, for the check to find.
func (b *builder) value(sheet, cell string, c *column, text string) {
	day, noDay := time.Parse(time.DateOnly, text)
	number, noNumber := strconv.ParseFloat(text, 64)
	switch kind := c.cellKind(); {
	case text == "":
		b.check(b.book.SetCellValue(sheet, cell, nil))
	case kind == "date" && noDay == nil:
		b.check(b.book.SetCellValue(sheet, cell, day))
	case kind == "number" && noNumber == nil:
		b.check(b.book.SetCellFloat(sheet, cell, number, -1, 64))
	default:
		b.check(b.book.SetCellStr(sheet, cell, b.shown(c, text)))
	}
}

// table writes a sheet with a row a thing.
func (b *builder) table(t *table, list []item) {
	sheet := b.title(t)
	b.check(b.book.SetRowHeight(sheet, 1, 32))
	for i, c := range t.Columns {
		letters, cell := columnName(1+i), cellName(1+i, 1)
		style := b.optional
		if c.Required {
			style = b.head
		}
		b.check(b.book.SetColStyle(sheet, letters, b.column[c.cellKind()]))
		b.check(b.book.SetCellStr(sheet, cell, b.marked(c)))
		b.check(b.book.SetCellStyle(sheet, cell, cell, style))
		b.check(b.book.SetColWidth(sheet, letters, letters, c.Width))
		b.note(sheet, cell, c)
		b.validate(sheet, letters+"2:"+letters+strconv.Itoa(1+dropRows), c)
	}
	own := map[string]int{}
	for i, line := range list {
		row := 2 + i
		texts, widths := make([]string, len(t.Columns)), make([]float64, len(t.Columns))
		for j, c := range t.Columns {
			texts[j], widths[j] = b.shown(c, line.value(c.Key)), c.Width
			b.cell(sheet, cellName(1+j, row), c, line.value(c.Key))
		}
		for _, e := range line.Extra {
			column, ok := own[e.Header]
			if !ok {
				column = len(t.Columns) + len(own) + 1
				own[e.Header] = column
				b.check(b.book.SetCellStr(sheet, cellName(column, 1), e.Header))
				b.check(b.book.SetCellStyle(sheet, cellName(column, 1), cellName(column, 1), b.optional))
				b.check(b.book.SetColWidth(sheet, columnName(column), columnName(column), 24))
			}
			b.check(b.book.SetCellStr(sheet, cellName(column, row), e.Text))
			b.check(b.book.SetCellStyle(sheet, cellName(column, row), cellName(column, row), b.body["text"]))
			texts, widths = append(texts, e.Text), append(widths, 24)
		}
		b.height(sheet, row, texts, widths)
	}
	last := len(t.Columns) + len(own)
	b.check(b.book.AutoFilter(sheet, "A1:"+cellName(last, 1+max(len(list), 1)), nil))
	frozen := 1
	if t == fieldTable {
		frozen = 2 // source and header
	}
	b.freeze(sheet, frozen)
	width := 24 * float64(len(own))
	for _, c := range t.Columns {
		width += c.Width
	}
	b.page(sheet, width) // last: a filter forgets it
}

// validate offers the words of a vocabulary or the ids of another sheet, and
// holds dates and numbers. It warns and lets the cell be: other words are
// understood too, and the check says better what is wrong.
func (b *builder) validate(sheet, cells string, c *column) {
	v := excelize.NewDataValidation(true)
	v.Sqref = cells
	message := words{"Choose from the list; other words are checked later.", "Choisissez dans la liste ; les autres mots sont contrôlés plus tard."}
	switch {
	case c.Vocabulary != nil && b.ranges[c.Vocabulary] != "":
		v.SetSqrefDropList(b.ranges[c.Vocabulary])
	case c.Vocabulary != nil:
		b.check(v.SetDropList(c.Vocabulary.shown(b.lang)))
	case c.Ref != "" && c.Type != "array":
		t := tableOf(c.Ref)
		v.SetSqrefDropList("'" + b.title(t) + "'!" + absolute(1, 2, 1+dropRows))
	case c.Format == "date":
		b.check(v.SetRange("32874", "73050", excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween)) // 1990 to 2099
		message = words{"Write a day such as 2026-01-31.", "Écrivez un jour, par exemple 2026-01-31."}
	case c.Key == "empty":
		b.check(v.SetRange(0, 100, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween))
		message = words{"Write a share from 0 to 100.", "Écrivez une part de 0 à 100."}
	case c.Type == "integer":
		b.check(v.SetRange(0, 1e15, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween))
		message = words{"Write a whole number.", "Écrivez un nombre entier."}
	case c.Type == "number":
		b.check(v.SetRange(-1e15, 1e15, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween))
		message = words{"Write a number.", "Écrivez un nombre."}
	default:
		return
	}
	v.SetError(excelize.DataValidationErrorStyleWarning, c.Title.in(b.lang), message.in(b.lang))
	b.check(b.book.AddDataValidation(sheet, v))
}

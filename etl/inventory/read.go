package inventory

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/xuri/excelize/v2"
)

// ReadFile reads an inventory: a workbook where the name ends in .xlsx or .xlsm,
// YAML where it ends in .yaml or .yml. The findings tell what of its form could
// not be understood; Check tells what of its content is wrong. The error is a
// finding.List where the file is not what its name says, else what the system
// said of the file.
func ReadFile(path string) (*Inventory, []finding.Finding, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read inventory: %w", err)
	}
	return Read(path, text)
}

// Read is ReadFile on the content of a file of this name.
func Read(name string, text []byte) (*Inventory, []finding.Finding, error) {
	switch {
	case isWorkbook(name):
		return readWorkbook(name, text)
	case isYAML(name):
		return readYAML(name, text)
	}
	f := finding.New(finding.SourceWrongFormat, finding.Location{File: name}, "an inventory is a workbook (.xlsx) or YAML (.yaml)")
	return nil, nil, finding.List{f.WithHint("save it as .xlsx, or write it as YAML")}
}

func isWorkbook(name string) bool {
	return slices.Contains([]string{".xlsx", ".xlsm"}, strings.ToLower(filepath.Ext(name)))
}

func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(filepath.Ext(name)))
}

// maxUnzipped bounds what a workbook may hold, so that a small file cannot fill
// the memory.
const maxUnzipped = 256 << 20

// openWorkbook opens the workbook of this name; the caller closes it. The error
// is a finding.List.
func openWorkbook(file string, text []byte) (*excelize.File, error) {
	refuse := func(message, hint string) error {
		return finding.List{finding.New(finding.SourceWrongFormat, finding.Location{File: file}, "%s", message).WithHint("%s", hint)}
	}
	switch {
	case len(text) == 0:
		return nil, finding.List{finding.New(finding.SourceEmpty, finding.Location{File: file}, "the file is empty (0 bytes)").
			WithHint("save the workbook again")}
	case bytes.HasPrefix(text, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, refuse("this is an old .xls workbook or one with a password, not .xlsx", "open it, take the password off, and save it as .xlsx")
	case !bytes.HasPrefix(text, []byte("PK")):
		return nil, refuse("this is not a workbook", "save it as .xlsx in the spreadsheet program; renaming a file does not change its format")
	}
	book, err := excelize.OpenReader(bytes.NewReader(text), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, refuse(fmt.Sprintf("the workbook cannot be opened: %v", err), "open it in the spreadsheet program and save it again as .xlsx")
	}
	return book, nil
}

// damaged is to be deferred: excelize may panic on a damaged workbook instead of
// saying so, which becomes an error.
func damaged(file string, err *error) {
	if recover() != nil {
		*err = finding.List{finding.New(finding.SourceWrongFormat, finding.Location{File: file}, "the workbook is damaged").
			WithHint("open it in the spreadsheet program and save it again")}
	}
}

func readWorkbook(file string, text []byte) (inv *Inventory, findings []finding.Finding, err error) {
	defer damaged(file, &err)
	book, err := openWorkbook(file, text)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if failed := book.Close(); failed != nil && err == nil {
			err = fmt.Errorf("close inventory %s: %w", file, failed)
		}
	}()
	w := &workbook{file: file, book: book, sheets: book.GetSheetList(), absent: map[string][]string{}, grid: grid{}}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.date1904 = *props.Date1904
	}
	found := map[string][]row{}
	for _, t := range tables {
		read := w.table
		if t == projectTable {
			read = w.project
		}
		if found[t.Key], err = read(t); err != nil {
			return nil, nil, err
		}
	}
	inv = assemble(file, found)
	inv.absent, inv.grid = w.absent, w.grid
	return inv, w.findings, nil
}

// workbook reads the sheets of one workbook.
type workbook struct {
	file     string
	book     *excelize.File
	sheets   []string
	date1904 bool
	findings []finding.Finding
	absent   map[string][]string
	grid     grid
}

// grid tells where in a workbook the columns of each sheet stand.
type grid map[string]*sheetGrid // by the name of the sheet

type sheetGrid struct {
	table  *table
	header int            // row, 0 for the Project sheet
	column map[string]int // by the header as it stands there, trimmed; from 1
	value  map[int]int    // of the Project sheet: the column of the value, by row
}

// cell gives the coordinates of a place in the workbook, for a note; false
// where it names no sheet that is there. A column that is not there has its place at
// the sheet's header, or its first cell.
func (g grid) cell(at finding.Location) (column, row int, ok bool) {
	s := g[at.Sheet]
	if s == nil {
		return 0, 0, false
	}
	row = max(at.Row, s.header, 1)
	column = s.column[at.Column]
	if s.value[row] > 0 {
		column = s.value[row]
	}
	return max(column, 1), row, true
}

// cells are the texts of one sheet: as a person sees them, and as they are
// stored.
type cells struct{ shown, stored [][]string }

// row gives the shown texts of a row; stored tells the rest.
func (c *cells) at(grid [][]string, row, column int) string {
	if row >= len(grid) || column >= len(grid[row]) {
		return ""
	}
	return grid[row][column]
}

// sheet gives the cells of the sheet that a table means; "" where there is none.
func (w *workbook) sheet(t *table) (name string, c cells, err error) {
	for _, name := range w.sheets {
		if !slices.Contains(t.names, fold(name)) || w.grid[name] != nil {
			continue
		}
		if c.shown, err = w.book.GetRows(name); err == nil {
			c.stored, err = w.book.GetRows(name, excelize.Options{RawCellValue: true})
		}
		if err != nil {
			return "", cells{}, fmt.Errorf("read sheet %q of inventory %s: %w", name, w.file, err)
		}
		w.grid[name] = &sheetGrid{table: t, column: map[string]int{}, value: map[int]int{}}
		return name, c, nil
	}
	if !t.Compulsory {
		return "", cells{}, nil
	}
	f := finding.New(finding.InventorySheet, finding.Location{File: w.file}, "there is no sheet %q", t.Title.En).
		WithHint("add it, or name the right sheet %q; there are: %s", t.Title.En, quoted(w.sheets))
	if near := finding.Nearest(t.Title.En, w.sheets); near != "" {
		f = f.WithHint("rename the sheet %q to %q", near, t.Title.En)
	}
	w.findings = append(w.findings, f)
	w.absent[t.Key] = t.Required
	return "", cells{}, nil
}

// text gives what a cell says: what a person sees, but for numbers that the
// program shows shortened (a SIRET as 3.56E+13) and dates, which are written as
// 2026-01-31 however they are shown.
func (w *workbook) text(c *column, shown, stored string) string {
	if shown == stored || c == nil {
		return shown
	}
	number, err := strconv.ParseFloat(stored, 64)
	switch {
	case err != nil || strings.HasSuffix(strings.TrimSpace(shown), "%"):
		return shown
	case c.Format == "date":
		day, err := excelize.ExcelDateToTime(number, w.date1904)
		if err != nil {
			return shown
		}
		return day.Format(time.DateOnly)
	case c.Vocabulary != nil:
		return shown // TRUE and FALSE
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

// headerRows is how far down a header may stand below titles and remarks.
const headerRows = 20

// table reads a sheet with a row a thing.
func (w *workbook) table(t *table) ([]row, error) {
	sheet, c, err := w.sheet(t)
	if sheet == "" || err != nil {
		return nil, err
	}
	headerAt := headerOf(t, c.shown)
	if headerAt < 0 {
		if !t.Compulsory && !slices.ContainsFunc(c.shown, isFilled) {
			return nil, nil
		}
		f := finding.New(finding.InventorySheet, finding.Location{File: w.file, Sheet: sheet, Row: 1},
			"the first %d rows have no header with names such as %s", headerRows, quoted(t.titles()[:min(4, len(t.Columns))])).
			WithHint("put the column names into one row: %s", quoted(t.titles()))
		if !t.Compulsory {
			f.Severity = finding.Warning
		}
		w.findings = append(w.findings, f)
		w.absent[t.Key] = t.Required
		return nil, nil
	}
	header := c.shown[headerAt]
	columns := w.columns(t, sheet, headerAt+1, header)
	var list []row
	for i := headerAt + 1; i < len(c.shown); i++ {
		if !isFilled(c.shown[i]) {
			continue
		}
		at := finding.Location{File: w.file, Sheet: sheet, Row: i + 1}
		r := row{place: place{row: at, cells: map[string]finding.Location{}}, values: map[string]string{}}
		for j, column := range columns {
			if column != nil {
				at.Column = headerName(header[j])
				r.place.cells[column.Key] = at
			}
		}
		for j, shown := range c.shown[i] {
			switch {
			case shown == "":
			case j < len(columns) && columns[j] != nil:
				r.values[columns[j].Key] = w.text(columns[j], shown, c.at(c.stored, i, j))
			case isBlank(shown):
			case j < len(header) && !isBlank(header[j]):
				r.extra = append(r.extra, Extra{strings.TrimSpace(header[j]), strings.TrimSpace(shown)})
			}
		}
		list = append(list, r)
	}
	return list, nil
}

// headerName is a header without the star that marks a column to be filled.
func headerName(header string) string {
	return strings.TrimSpace(strings.TrimRight(header, "* \u00a0"))
}

func isFilled(cells []string) bool {
	return slices.ContainsFunc(cells, func(text string) bool { return !isBlank(text) })
}

// headerOf gives the row of the header: of the first rows the one with most of a
// table's columns, at least two; -1 where there is none.
func headerOf(t *table, grid [][]string) int {
	headerAt, most := -1, 1
	for i, cells := range grid[:min(len(grid), headerRows)] {
		n := 0
		for _, cell := range cells {
			if t.named(cell) != nil {
				n++
			}
		}
		if n > most {
			headerAt, most = i, n
		}
	}
	return headerAt
}

// columns gives what each cell of the header row means, nil for the team's own
// columns, and reports those that stand twice or are missing.
func (w *workbook) columns(t *table, sheet string, headerRow int, header []string) []*column {
	place := w.grid[sheet]
	place.header = headerRow
	columns := make([]*column, len(header))
	taken := map[*column]string{}
	var own []string
	for i, name := range header {
		name = headerName(name)
		if _, twice := place.column[name]; !twice && name != "" {
			place.column[name] = i + 1
		}
		c := t.named(name)
		if c == nil {
			if name != "" {
				own = append(own, name)
			}
			continue
		}
		if first, ok := taken[c]; ok {
			w.findings = append(w.findings, finding.New(finding.SourceDuplicateColumn,
				finding.Location{File: w.file, Sheet: sheet, Row: headerRow, Column: name},
				"the columns %q and %q mean the same: the first is read, the second is kept as your own", first, name).
				WithHint("rename or delete one of them"))
			continue
		}
		taken[c] = name
		columns[i] = c
	}
	for _, c := range t.Columns {
		if !c.Required || taken[c] != "" {
			continue
		}
		w.absent[t.Key] = append(w.absent[t.Key], c.Key)
		f := finding.New(finding.InventoryMissing, finding.Location{File: w.file, Sheet: sheet, Row: headerRow, Column: c.Title.En},
			"there is no column %q", c.Title.En).WithHint("add it: %s", c.Note.En)
		if near := finding.Nearest(c.Title.En, own); near != "" {
			f = f.WithHint("rename the column %q to %q", near, c.Title.En)
		}
		w.findings = append(w.findings, f)
	}
	return columns
}

// project reads the sheet with a line an item: its name, and its value in the
// next cell that is not empty.
func (w *workbook) project(t *table) ([]row, error) {
	sheet, c, err := w.sheet(t)
	if err != nil {
		return nil, err
	}
	r := row{place: place{row: finding.Location{File: w.file, Sheet: sheet}, cells: map[string]finding.Location{}}, values: map[string]string{}}
	if sheet == "" {
		return []row{r}, nil
	}
	r.place.row.Row = 1
	for i, cells := range c.shown {
		first := slices.IndexFunc(cells, func(text string) bool { return !isBlank(text) })
		if first < 0 {
			continue
		}
		name := strings.TrimSpace(cells[first])
		item := t.named(name)
		value := strings.TrimSpace(w.text(item, c.at(c.shown, i, first+1), c.at(c.stored, i, first+1)))
		switch {
		case item != nil:
			if _, twice := r.place.cells[item.Key]; twice {
				continue
			}
			r.place.cells[item.Key] = finding.Location{File: w.file, Sheet: sheet, Row: i + 1, Column: headerName(name)}
			w.grid[sheet].value[i+1] = first + 2
			if value != "" {
				r.values[item.Key] = value
			}
		case value != "" && fold(name) != fold(projectHeader.En[0]) && fold(name) != fold(projectHeader.Fr[0]):
			r.extra = append(r.extra, Extra{name, value})
		}
	}
	return []row{r}, nil
}

// projectHeader heads the two columns of the Project sheet.
var projectHeader = struct{ En, Fr [2]string }{[2]string{"Item", "Value"}, [2]string{"Information", "Valeur"}}

// quoted lists names for a message.
func quoted(list []string) string {
	words := make([]string, len(list))
	for i, word := range list {
		words[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(words, ", ")
}

// WriteWorkbook writes the inventory as a workbook made for people, in one of
// Languages.
func (inv *Inventory) WriteWorkbook(w io.Writer, lang string) error {
	book, err := inv.workbook(lang)
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return writeBook(w, book)
}

// writeBook writes a workbook and closes it.
func writeBook(w io.Writer, book *excelize.File) error {
	if err := book.Write(w); err != nil {
		_ = book.Close() // the failure to write is what matters
		return fmt.Errorf("write inventory: %w", err)
	}
	if err := book.Close(); err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return nil
}

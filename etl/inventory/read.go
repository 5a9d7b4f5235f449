package inventory

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm":
		return readWorkbook(name, text)
	case ".yaml", ".yml":
		return readYAML(name, text)
	}
	f := finding.New(finding.SourceWrongFormat, finding.Location{File: name}, "an inventory is a workbook (.xlsx) or YAML (.yaml)")
	return nil, nil, finding.List{f.WithHint("save it as .xlsx, or write it as YAML")}
}

// maxUnzipped bounds what a workbook may hold, so that a small file cannot fill
// the memory.
const maxUnzipped = 256 << 20

func readWorkbook(file string, text []byte) (inv *Inventory, findings []finding.Finding, err error) {
	refuse := func(message, hint string) error {
		return finding.List{finding.New(finding.SourceWrongFormat, finding.Location{File: file}, "%s", message).WithHint("%s", hint)}
	}
	switch {
	case len(text) == 0:
		return nil, nil, finding.List{finding.New(finding.SourceEmpty, finding.Location{File: file}, "the file is empty (0 bytes)").
			WithHint("save the workbook again")}
	case bytes.HasPrefix(text, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, nil, refuse("this is an old .xls workbook or one with a password, not .xlsx", "open it, take the password off, and save it as .xlsx")
	case !bytes.HasPrefix(text, []byte("PK")):
		return nil, nil, refuse("this is not a workbook", "save it as .xlsx in the spreadsheet program; renaming a file does not change its format")
	}
	defer func() { // excelize may fail on a damaged workbook instead of saying so
		if recover() != nil {
			inv, findings, err = nil, nil, refuse("the workbook is damaged", "open it in the spreadsheet program and save it again")
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(text), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, nil, refuse(fmt.Sprintf("the workbook cannot be opened: %v", err), "open it in the spreadsheet program and save it again as .xlsx")
	}
	defer func() {
		if failed := book.Close(); failed != nil && err == nil {
			err = fmt.Errorf("close inventory %s: %w", file, failed)
		}
	}()

	w := &workbook{file: file, book: book, sheets: book.GetSheetList(), absent: map[string][]string{}}
	var found rows
	if err := w.project(&found); err != nil {
		return nil, nil, err
	}
	if found.sources, err = w.table(sourceTable); err != nil {
		return nil, nil, err
	}
	if found.fields, err = w.table(fieldTable); err != nil {
		return nil, nil, err
	}
	inv = assemble(file, found)
	inv.absent = w.absent
	return inv, w.findings, nil
}

// workbook reads the sheets of one workbook.
type workbook struct {
	file     string
	book     *excelize.File
	sheets   []string
	findings []finding.Finding
	absent   map[string][]string
}

// grid gives the cells of the sheet that a table means, as a person sees them.
func (w *workbook) grid(t *table) (sheet string, cells [][]string, err error) {
	for _, name := range w.sheets {
		if slices.Contains(t.names, fold(name)) {
			cells, err = w.book.GetRows(name)
			if err != nil {
				return "", nil, fmt.Errorf("read sheet %q of inventory %s: %w", name, w.file, err)
			}
			return name, cells, nil
		}
	}
	f := finding.New(finding.InventorySheet, finding.Location{File: w.file}, "there is no sheet %q", t.Title).
		WithHint("add it, or name the right sheet %q; there are: %s", t.Title, quoted(w.sheets))
	if near := finding.Nearest(t.Title, w.sheets); near != "" {
		f = f.WithHint("rename the sheet %q to %q", near, t.Title)
	}
	w.findings = append(w.findings, f)
	w.absent[t.Key] = t.Required
	return "", nil, nil
}

// headerRows is how far down a header may stand below titles and remarks.
const headerRows = 20

// table reads a sheet with a row a thing.
func (w *workbook) table(t *table) ([]row, error) {
	sheet, grid, err := w.grid(t)
	if sheet == "" || err != nil {
		return nil, err
	}
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
	if headerAt < 0 {
		w.findings = append(w.findings, finding.New(finding.InventorySheet, finding.Location{File: w.file, Sheet: sheet, Row: 1},
			"the first %d rows have no header with names such as %s", headerRows, quoted(t.titles()[:min(4, len(t.Columns))])).
			WithHint("put the column names into one row: %s", quoted(t.titles())))
		w.absent[t.Key] = t.Required
		return nil, nil
	}
	header := grid[headerAt]
	columns := make([]*column, len(header))
	taken := map[*column]string{}
	for i, name := range header {
		c := t.named(name)
		if c == nil {
			continue
		}
		if first, ok := taken[c]; ok {
			w.findings = append(w.findings, finding.New(finding.SourceDuplicateColumn,
				finding.Location{File: w.file, Sheet: sheet, Row: headerAt + 1, Column: strings.TrimSpace(name)},
				"the columns %q and %q mean the same: the first is read, the second is kept as your own", strings.TrimSpace(first), strings.TrimSpace(name)).
				WithHint("rename or delete one of them"))
			continue
		}
		taken[c] = name
		columns[i] = c
	}
	var own []string
	for i, name := range header {
		if columns[i] == nil && !isBlank(name) {
			own = append(own, strings.TrimSpace(name))
		}
	}
	for _, c := range t.Columns {
		if !c.Required || taken[c] != "" {
			continue
		}
		w.absent[t.Key] = append(w.absent[t.Key], c.Key)
		f := finding.New(finding.InventoryMissing, finding.Location{File: w.file, Sheet: sheet, Row: headerAt + 1, Column: c.Title},
			"there is no column %q", c.Title).WithHint("add it: %s", c.Note)
		if near := finding.Nearest(c.Title, own); near != "" {
			f = f.WithHint("rename the column %q to %q", near, c.Title)
		}
		w.findings = append(w.findings, f)
	}
	var list []row
	for i, cells := range grid[headerAt+1:] {
		if !slices.ContainsFunc(cells, func(text string) bool { return !isBlank(text) }) {
			continue
		}
		number := headerAt + 2 + i
		at := finding.Location{File: w.file, Sheet: sheet, Row: number}
		r := row{place: place{row: at, cells: map[string]finding.Location{}}, values: map[string]string{}}
		for j, c := range columns {
			if c != nil {
				r.place.cells[c.Key] = finding.Location{File: w.file, Sheet: sheet, Row: number, Column: strings.TrimSpace(header[j])}
			}
		}
		for j, text := range cells {
			switch {
			case text == "":
			case j < len(columns) && columns[j] != nil:
				r.values[columns[j].Key] = text
			case isBlank(text):
			case j < len(header) && !isBlank(header[j]):
				r.extra = append(r.extra, Extra{strings.TrimSpace(header[j]), strings.TrimSpace(text)})
			}
		}
		list = append(list, r)
	}
	return list, nil
}

// project reads the sheet with a line an item: its name, and its value in the
// next cell that is not empty.
func (w *workbook) project(found *rows) error {
	sheet, grid, err := w.grid(projectTable)
	if sheet == "" || err != nil {
		return err
	}
	found.project = row{place: place{row: finding.Location{File: w.file, Sheet: sheet, Row: 1}, cells: map[string]finding.Location{}}, values: map[string]string{}}
	for i, cells := range grid {
		first := slices.IndexFunc(cells, func(text string) bool { return !isBlank(text) })
		if first < 0 {
			continue
		}
		name := strings.TrimSpace(cells[first])
		value := ""
		if first+1 < len(cells) {
			value = strings.TrimSpace(cells[first+1])
		}
		c := projectTable.named(name)
		switch {
		case c != nil:
			if _, twice := found.project.place.cells[c.Key]; twice {
				continue
			}
			found.project.place.cells[c.Key] = finding.Location{File: w.file, Sheet: sheet, Row: i + 1, Column: c.Title}
			if value != "" {
				found.project.values[c.Key] = value
			}
		case value != "" && fold(name) != fold(projectItem):
			found.project.extra = append(found.project.extra, Extra{name, value})
		}
	}
	return nil
}

// projectItem and projectValue head the two columns of the Project sheet.
const projectItem, projectValue = "Item", "Value"

// quoted lists names for a message.
func quoted(list []string) string {
	words := make([]string, len(list))
	for i, word := range list {
		words[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(words, ", ")
}

// WriteWorkbook writes the inventory as a workbook made for people.
func (inv *Inventory) WriteWorkbook(w io.Writer) error {
	book, err := inv.workbook()
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	if err := book.Write(w); err != nil {
		_ = book.Close() // the failure to write is what matters
		return fmt.Errorf("write inventory: %w", err)
	}
	if err := book.Close(); err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return nil
}

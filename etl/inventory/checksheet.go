package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/xuri/excelize/v2"
)

// checkItems gives checks as lines of their table.
func checkItems(checks []Check) []item {
	inv := &Inventory{Checks: checks}
	return inv.items(checkTable)
}

func checksYAML(checks []Check) (string, error) {
	list := []yaml.MapSlice{}
	for _, i := range checkItems(checks) {
		list = append(list, i.yaml())
	}
	text, err := yaml.MarshalWithOptions(yaml.MapSlice{{Key: checkTable.Key, Value: list}}, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return "", fmt.Errorf("write the checks: %w", err)
	}
	return string(text), nil
}

// workbookWithChecks writes the rows below the header of the Checks sheet, which is
// made where there is none.
func workbookWithChecks(name string, text []byte, checks []Check) (written []byte, err error) {
	defer damaged(name, &err)
	if text, err = noteParts(text, false); err != nil {
		return nil, fmt.Errorf("read the notes of %s: %w", name, err)
	}
	book, err := openWorkbook(name, text)
	if err != nil {
		return nil, err
	}
	b := &builder{book: book, lang: languageOf(book), ranges: map[*Vocabulary]string{}}
	if err := b.replace(checkTable, checkItems(checks)); err != nil {
		return nil, errors.Join(fmt.Errorf("write the checks into %s: %w", name, err), book.Close())
	}
	var out bytes.Buffer
	if err := writeBook(&out, book); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// languageOf gives the language in which most sheets of a workbook are named.
func languageOf(book *excelize.File) string {
	english, french := 0, 0
	for _, sheet := range book.GetSheetList() {
		for _, t := range tables {
			switch {
			case t.Title.En == t.Title.Fr:
			case sheet == t.Title.En:
				english++
			case sheet == t.Title.Fr:
				french++
			}
		}
	}
	if french > english {
		return "fr"
	}
	return "en"
}

// replace writes the lines of a table instead of those that stand below its header,
// by the columns that are there.
func (b *builder) replace(t *table, list []item) error {
	sheets := b.book.GetSheetList()
	at := slices.IndexFunc(sheets, func(name string) bool { return slices.Contains(t.names, fold(name)) })
	headerAt := -1
	var rows [][]string
	if at >= 0 {
		var err error
		if rows, err = b.book.GetRows(sheets[at]); err != nil {
			return err
		}
		headerAt = headerOf(t, rows)
	}
	if headerAt < 0 {
		if at >= 0 && !slices.ContainsFunc(rows, isFilled) {
			if err := b.book.DeleteSheet(sheets[at]); err != nil {
				return err
			}
		} else if at >= 0 {
			return fmt.Errorf("the sheet %q has no header that is known; rename it", sheets[at])
		}
		_, err := b.book.NewSheet(b.title(t))
		b.check(err)
		b.styles()
		b.table(t, list)
		return errors.Join(b.faults...)
	}
	sheet := sheets[at]
	for row := range max(len(rows)-headerAt-1, len(list)) {
		for j, header := range rows[headerAt] {
			c := t.named(header)
			if c == nil {
				continue
			}
			cell := cellName(1+j, headerAt+2+row)
			if row >= len(list) {
				b.check(b.book.SetCellValue(sheet, cell, nil))
				continue
			}
			b.value(sheet, cell, c, list[row].value(c.Key))
		}
	}
	return errors.Join(b.faults...)
}

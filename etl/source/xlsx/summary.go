package xlsx

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// pivot is what is known of a pivot table of a sheet; area is empty where the
// sheet has none.
type pivot struct {
	area string // such as A3:H28
	of   string // the sheet that it sums up, or ""
}

// pivot gives the first pivot table of a sheet (ECMA-376 part 1, 18.10).
func (w *workbook) pivot(t tab) (p pivot) {
	rels, err := w.relations(t.part)
	if err != nil {
		return p // a sheet need not have relations
	}
	var parts []string
	for _, r := range rels {
		if strings.HasSuffix(r.kind, "/pivotTable") {
			parts = append(parts, r.target)
		}
	}
	if len(parts) == 0 {
		return p
	}
	slices.Sort(parts)
	p.area = "its cells"
	_ = w.each(parts[0], maxPart, func(s *scanner, k token) error {
		if k == open && string(s.name) == "location" {
			p.area = s.attr("ref")
		}
		return nil
	})
	caches, _ := w.relations(parts[0])
	for _, r := range caches {
		if strings.HasSuffix(r.kind, "/pivotCacheDefinition") {
			_ = w.each(r.target, maxPart, func(s *scanner, k token) error {
				if k == open && string(s.name) == "worksheetSource" {
					p.of = s.attr("sheet")
				}
				return nil
			})
		}
	}
	return p
}

// pivotWords are what spreadsheet programs write over the rows of a pivot table
// and beside its last total, by language.
var pivotWords = []string{
	"Row Labels", "Column Labels", "Grand Total", "Étiquettes de lignes", "Étiquettes de colonnes", "Total général",
	"Zeilenbeschriftungen", "Spaltenbeschriftungen", "Gesamtergebnis", "Etichette di riga", "Etichette di colonna", "Totale complessivo",
	"Etiquetas de fila", "Etiquetas de columna", "Total general", "Rótulos de Linha", "Rótulos de Coluna", "Total Geral", "Rijlabels", "Kolomlabels", "Eindtotaal",
	"Etykiety wierszy", "Etykiety kolumn", "Suma końcowa", "Total Result", "Total Résultat",
}

func isPivotWord(text string) bool {
	return slices.ContainsFunc(pivotWords, func(w string) bool { return strings.EqualFold(w, text) })
}

// explain says that the sheet holds a pivot table, or the values of one.
func (r *table) explain(p pivot, rows []sampled) {
	if p.area == "" {
		for _, row := range rows[:min(len(rows), 10)] {
			if i := slices.IndexFunc(row.Cells, isPivotWord); i >= 0 {
				r.say(finding.SourceSummary, row.Line, "read the sheet or file that it was made of; its totals are no rows",
					"the sheet looks like a pivot table: %s holds %q", columnName(i+1)+strconv.Itoa(row.Line), row.Cells[i])
				return
			}
		}
		return
	}
	of, hint := "", "read the sheet or file that it sums up; its totals are no rows"
	if p.of != "" && p.of != r.tab.name {
		of, hint = fmt.Sprintf(" of the sheet %q", p.of), fmt.Sprintf("read the rows that it sums up: source: {sheet: %q} (flag --sheet); its totals are no rows", p.of)
	}
	r.say(finding.SourceSummary, 0, hint, "the sheet is a pivot table%s (%s)", of, p.area)
}

// countNumeric finds the columns of the table that hold hardly anything but
// numbers and dates.
func (r *table) countNumeric(body []sampled) {
	numbers, others := make([]int, r.right-r.left+1), make([]int, r.right-r.left+1)
	for i, row := range body {
		if i > 0 && row.Line > body[i-1].Line+1 && i >= 2 {
			break // another table may begin here
		}
		for c := r.left; c <= r.right && c <= len(row.Cells); c++ {
			switch row.kinds[c-1] {
			case record.Number, record.DateTime:
				numbers[c-r.left]++
			case record.Text:
				others[c-r.left]++
			}
		}
	}
	r.numeric = make([]bool, len(numbers))
	for i := range numbers {
		r.numeric[i] = numbers[i] > 0 && numbers[i] >= 4*others[i]
	}
}

// repeatsHeader reports whether the row has the names of this table once more, as
// sheets have that were made for printing.
func (r *table) repeatsHeader() bool {
	at := 0
	for _, c := range r.row.cells {
		text := trim(r.row.textOf(c))
		if c.column < r.left || c.column > r.right || len(text) == 0 {
			continue
		}
		for at < c.column-r.left && at < len(r.titles) && r.titles[at] == "" {
			at++
		}
		if at != c.column-r.left || at >= len(r.titles) || r.titles[at] != string(text) {
			return false
		}
		at++
	}
	return at > 1
}

// headsAnother reports whether the row is the header of a further table: it
// repeats the names of this one, or has texts where this one has numbers.
func (r *table) headsAnother() bool {
	filled, texts, same, over, numeric := 0, 0, 0, 0, 0
	for _, n := range r.numeric {
		if n {
			numeric++
		}
	}
	for _, c := range r.row.cells {
		text := trim(r.row.textOf(c))
		if c.column < r.left || c.column > r.right || len(text) == 0 {
			continue
		}
		filled++
		i := c.column - r.left
		if i < len(r.titles) && r.titles[i] == string(text) {
			same++
		}
		if c.kind == record.Text && !format.IsValue(string(text)) && !r.nulls[string(text)] {
			texts++
			if r.numeric[i] {
				over++
			}
		}
	}
	width := r.right - r.left + 1
	if r.headerRow > 0 && same >= 2 && 10*same >= 6*max(filled, 1) {
		return true
	}
	return width >= 2 && 2*filled >= width && filled >= 2 && texts == filled && 2*over >= numeric && over > 0 && distinct(&r.row)
}

// distinct reports whether no text of a row stands twice, as names do not.
func distinct(r *row) bool {
	for i, a := range r.cells {
		for _, b := range r.cells[:i] {
			if bytes.Equal(r.textOf(a), r.textOf(b)) {
				return false
			}
		}
	}
	return true
}

// maxHeld is how many rows below a gap may be notes.
const maxHeld = 20

// maybeNote reports whether the row may be a note below the table or the title
// of a further one: hardly a cell, and nothing but text.
func (r *table) maybeNote(filled int) bool {
	width := r.right - r.left + 1
	if width < 3 || 3*filled > width || len(r.held) >= maxHeld {
		return false
	}
	for _, c := range r.row.cells {
		if c.kind != record.Text {
			return false
		}
		if i := c.column - r.left; i > 0 && i < len(r.numeric) && !r.numeric[i] {
			return false // a value in a column of texts
		}
	}
	return true
}

// hold keeps a copy of the row until it is known what it is.
func (r *table) hold() {
	kept := r.row
	kept.cells, kept.text = slices.Clone(r.row.cells), slices.Clone(r.row.text)
	r.held = append(r.held, kept)
}

// release makes records of the rows that were held.
func (r *table) release(b *record.Batch) {
	for i := range r.held {
		r.record(b, &r.held[i])
	}
	r.held = r.held[:0]
}

// end ends the table before the row, which heads a further table.
func (r *table) end() {
	r.ended = r.row.number
	if len(r.held) > 0 {
		r.ended = r.held[0].number
	}
	r.skipped += len(r.held) + 1
	r.held = r.held[:0]
	r.further = append(r.further, r.firstCell())
	r.gap = false
}

// beyond passes over a row below the table and notes where further tables begin.
func (r *table) beyond() {
	r.skipped++
	if r.headsAnother() && len(r.further) < 100 {
		r.further = append(r.further, r.firstCell())
	}
}

// firstCell names the first cell of the row within the table's columns.
func (r *table) firstCell() string {
	for _, c := range r.row.cells {
		if c.column >= r.left && len(trim(r.row.textOf(c))) > 0 {
			return columnName(c.column) + strconv.Itoa(r.row.number)
		}
	}
	return strconv.Itoa(r.row.number)
}

// sayEnd says what stands below the table, and whether it has rows of totals.
func (r *table) sayEnd() {
	switch {
	case r.ended > 0:
		list := r.further[:min(len(r.further), 8)]
		more := ""
		if len(r.further) > len(list) {
			more = fmt.Sprintf(" and %d more", len(r.further)-len(list))
		}
		r.say(finding.SourceSummary, r.ended, fmt.Sprintf("to read another, name its first cell, such as source: {header: %s}; table: 0 reads all as one", r.further[0]),
			"the sheet has several tables, one below the other; the one with its header in row %d is read to row %d, further ones begin in %s%s", r.headerRow, r.ended-1, strings.Join(list, ", "), more)
	case len(r.held) > 0:
		first, last := r.held[0].number, r.held[len(r.held)-1].number
		r.skipped += len(r.held)
		r.say(finding.SourceUnsure, first, "set footer: 0 under source where they are rows of the table", "what stands in rows %d to %d below the table looks like notes and is not read", first, last)
	}
	if r.again > 0 {
		r.say(finding.SourceUnsure, r.againAt, "set table: 0 under source where these are rows", "%s once more and skipped; this row is the first", count(r.again, "header stands", "headers stand"))
	}
	if r.totals > 0 {
		r.say(finding.SourceSummary, r.totalsAt, "leave rows of totals out with where, or delete them", "%s of other rows; this is the first", count(r.totals, "row looks like a total", "rows look like totals"))
	}
}

package record

import (
	"strconv"
	"strings"
)

// Header is the names of a table's columns in order. It does not change after
// the source was opened, unless it is Open.
type Header struct {
	// Names are what a mapping calls the columns; each stands once.
	Names []string
	// Open is set where the source has no record from which its columns could
	// be known. Whatever Index is asked for then becomes a column, which has no
	// values as there are no rows.
	Open bool

	titles []string // as they stand in the source; nil where equal to Names
}

// NewHeader makes the header of a table from the cells of its header row.
// Spaces (also no-break spaces and line breaks) are trimmed and runs of them
// become one. A column without a name is called "column 3" by its position; of
// a name that stands several times the second is called "Name#2", and so on.
func NewHeader(cells []string) *Header {
	h := &Header{Names: make([]string, len(cells))}
	seen := make(map[string]int, len(cells))
	used := make(map[string]bool, len(cells))
	for _, c := range cells {
		used[cleanTitle(c)] = true
	}
	repeated := false
	for i, c := range cells {
		name := cleanTitle(c)
		if name == "" {
			name = "column " + strconv.Itoa(i+1)
			for used[name] {
				name += "'"
			}
			used[name] = true
		}
		title := name
		seen[title]++
		if n := seen[title]; n > 1 {
			repeated = true
			name = title + "#" + strconv.Itoa(n)
			for used[name] {
				n++
				name = title + "#" + strconv.Itoa(n)
			}
			used[name] = true
			seen[title] = n
		}
		h.Names[i] = name
		if h.titles == nil {
			h.titles = make([]string, len(cells))
		}
		h.titles[i] = title
	}
	if !repeated {
		h.titles = nil
	}
	return h
}

func cleanTitle(s string) string {
	s = strings.ToValidUTF8(strings.TrimPrefix(s, "\ufeff"), "\ufffd")
	return strings.Join(strings.Fields(s), " ")
}

// Index gives the position of the column with exactly this name, or -1. The
// first of several columns of one name also answers to "Name#1"; see Ambiguous.
func (h *Header) Index(name string) int {
	for i, n := range h.Names {
		if n == name {
			return i
		}
	}
	if title, ok := strings.CutSuffix(name, "#1"); ok && h.Ambiguous(title) {
		return h.Index(title)
	}
	if h.Open {
		h.Names = append(h.Names, name)
		return len(h.Names) - 1
	}
	return -1
}

// Ambiguous reports whether several columns stand under this name, so that
// whoever uses it alone may mean any of them.
func (h *Header) Ambiguous(name string) bool {
	return len(h.Alternatives(name)) > 1
}

// Alternatives gives the unambiguous names of the columns that stand under one
// title: for a repeated "date" it is date#1, date#2; else the name alone, or
// nil where no column has it.
func (h *Header) Alternatives(title string) []string {
	var list []string
	for i := range h.Names {
		if h.Title(i) == title {
			list = append(list, h.Names[i])
		}
	}
	if len(list) > 1 && list[0] == title {
		list[0] += "#1"
	}
	return list
}

// Repeated gives each title that several columns have, in the order in which
// they first stand.
func (h *Header) Repeated() []string {
	if h.titles == nil {
		return nil
	}
	var list []string
	count := make(map[string]int, len(h.titles))
	for _, t := range h.titles {
		count[t]++
		if count[t] == 2 {
			list = append(list, t)
		}
	}
	return list
}

// Title gives what stands in the source over a column, where Names may have a
// number appended to tell it from others. A file written with the titles gives
// the same header when it is read.
func (h *Header) Title(i int) string {
	if h.titles == nil {
		return h.Names[i]
	}
	return h.titles[i]
}

package inventory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Found is what a Prober saw of a dataset's file.
type Found struct {
	// Exists is false where there is no such file; the rest is then not set,
	// but for Nearest.
	Exists bool
	// Nearest is the path of a file that might have been meant, or "".
	Nearest string
	// Fault is set where the file cannot be read as a table (empty, not the
	// format its name says, no such sheet); its message goes to the user.
	Fault *finding.Finding
	// Format is a code of the inventory's vocabulary, such as CSV; "" is not known.
	Format string
	// Encoding and Delimiter are codes of the inventory's vocabulary; "" where
	// not known or where any would do (a file of ASCII has no one encoding).
	Encoding  string
	Delimiter string
	// Columns are the names of the header in order; nil where not known.
	Columns []string
	// Rows counts the rows below the header; -1 where not counted.
	Rows int
}

// Prober looks at the file of a dataset and shows its rows batch by batch; a batch
// is its own again when see returns. The error is for faults of the system, such
// as a disk; what is wrong with the file goes into Found.
type Prober interface {
	Probe(ctx context.Context, s *Source, see func(*record.Batch)) (Found, error)
}

// CheckFiles holds the sources that name a file against what the prober sees:
// is it there, are its format, encoding, delimiter and number of rows as stated,
// are the columns there, in both directions, and are their types, ranges and
// shares of empty cells as stated. The error is for faults of the system.
func (inv *Inventory) CheckFiles(ctx context.Context, p Prober) ([]finding.Finding, error) {
	var list []finding.Finding
	for i := range inv.Sources {
		s := &inv.Sources[i]
		if s.File == "" {
			continue
		}
		o := observe(s, inv.FieldsOf(s.ID))
		found, err := p.Probe(ctx, s, o.see)
		if err != nil {
			return list, fmt.Errorf("look at the file of source %q: %w", s.ID, err)
		}
		list = append(list, inv.compare(s, found)...)
		if found.Exists && found.Fault == nil {
			list = append(list, o.findings()...)
		} else {
			list = append(list, o.personal()...)
		}
	}
	inv.sort(list)
	return list, nil
}

// western are encodings that differ in so few characters that a file seldom
// tells which of them it is.
var western = []string{"windows-1252", "iso-8859-1", "iso-8859-15"}

// compare says where a source's file is not as stated.
func (inv *Inventory) compare(s *Source, found Found) []finding.Finding {
	var list []finding.Finding
	if !found.Exists {
		f := finding.New(finding.InventoryFile, s.At("file"), "there is no file %q", s.File).
			WithHint("the path counts from the use case's folder")
		if found.Nearest != "" {
			f = f.WithHint("did you mean %q?", found.Nearest)
		}
		return append(list, f)
	}
	found.Format = sourceTable.column("format").canonical(found.Format)
	found.Encoding = sourceTable.column("encoding").canonical(found.Encoding)
	found.Delimiter = sourceTable.column("delimiter").canonical(found.Delimiter)
	differs := func(code finding.Code, key, what, stated, seen, hint string) {
		if stated != "" && seen != "" && stated != seen && !(slices.Contains(western, stated) && slices.Contains(western, seen)) {
			list = append(list, finding.New(code, s.At(key), "%s: the %s is %s, not %s", s.File, what, seen, stated).WithHint("%s", hint))
		}
	}
	differs(finding.InventoryFormat, "format", "format", s.Format, found.Format, "state "+found.Format+", or put the right file there")
	if found.Fault != nil {
		f := finding.New(finding.InventoryFormat, s.At("file"), "%s: %s", s.File, found.Fault.Message)
		f.Severity = found.Fault.Severity
		if found.Fault.Hint != "" {
			f = f.WithHint("%s", found.Fault.Hint)
		}
		list = append(list, f)
	}
	differs(finding.InventoryEncoding, "encoding", "encoding", s.Encoding, found.Encoding, "state "+found.Encoding+", or save the file as "+s.Encoding)
	differs(finding.InventoryDelimiter, "delimiter", "delimiter", s.Delimiter, found.Delimiter, "state the delimiter that the file has")
	if n, err := strconv.Atoi(s.Rows); err == nil && found.Rows >= 0 && n != found.Rows {
		list = append(list, finding.New(finding.InventoryRows, s.At("rows"), "%s: it has %d rows, not %d", s.File, found.Rows, n).
			WithHint("correct the number if the data was renewed; else find out which rows are missing"))
	}
	if found.Columns == nil {
		return list
	}
	listed := inv.FieldsOf(s.ID)
	for _, field := range listed {
		if field.Header == "" || slices.Contains(found.Columns, field.Header) {
			continue
		}
		f := finding.New(finding.InventoryColumn, field.At("header"), "%s has no column %q", s.File, field.Header).
			WithHint("its columns are %s", quoted(found.Columns))
		near := finding.Nearest(field.Header, found.Columns)
		for _, column := range found.Columns {
			if sameHeader(column, field.Header) {
				near = column
			}
		}
		if near != "" {
			f = f.WithHint("did you mean %q? Write it exactly as it stands in the file", near)
		}
		list = append(list, f)
	}
	if len(listed) == 0 {
		return list // said by Check
	}
	for _, column := range found.Columns {
		if strings.TrimSpace(column) == "" || slices.ContainsFunc(listed, func(f *Field) bool { return f.Header == column }) {
			continue
		}
		f := finding.New(finding.InventoryColumn, s.At("id"), "%s has a column %q that no row of the Fields sheet describes", s.File, column).
			WithHint("add a row for it, and say whether it is kept")
		f.Severity = finding.Warning
		list = append(list, f)
	}
	return list
}

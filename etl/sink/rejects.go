package sink

import (
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/csv"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Rejects is the file of the rows of one source that were rejected: their cells
// as they stood, the row's number and the reasons. Corrected, it can be run in
// place of the source with the same mapping. Like every File it comes to be as a
// whole or not at all; without a rejected row it holds the header alone, so that
// it never speaks of an earlier run. It is not safe for several goroutines.
type Rejects struct {
	file *File
	rows *csv.Rejects
}

// CreateRejects begins the file for a source with this header and dialect.
func CreateRejects(path string, h *record.Header, d format.Dialect) (*Rejects, error) {
	f, err := Create(path, Lines)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewRejects(raw{f}, h, d)
	if err != nil {
		f.Abort()
		return nil, err
	}
	return &Rejects{file: f, rows: rows}, nil
}

// Write appends a row, which is not kept.
func (r *Rejects) Write(rec *record.Record, reasons []finding.Finding) error {
	return r.rows.Write(rec, reasons)
}

// Rows counts what was written.
func (r *Rejects) Rows() int { return r.rows.Rows() }

// Close completes the file and gives it its name.
func (r *Rejects) Close() error {
	if err := r.rows.Flush(); err != nil {
		return err
	}
	return r.file.Close()
}

// Abort gives the file up; after Close it does nothing.
func (r *Rejects) Abort() { r.file.Abort() }

// raw writes bytes into a File that are no documents of its layout.
type raw struct{ f *File }

func (w raw) Write(p []byte) (int, error) {
	if w.f.err != nil {
		return 0, w.f.err
	}
	n, err := w.f.w.Write(p)
	if err != nil {
		return n, w.f.fail(err)
	}
	return n, nil
}

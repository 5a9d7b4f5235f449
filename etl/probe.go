package etl

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ldtkit/ldt/etl/inventory"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Prober looks at the files of an inventory, which are relative to Dir.
type Prober struct{ Dir string }

var _ inventory.Prober = Prober{}

// Probe reads the file of a dataset to its end. Its dialect is detected, so
// that what the inventory states can be held against it; only the sheet, which
// cannot be, is taken as stated.
func (p Prober) Probe(ctx context.Context, s *inventory.Source, see func(*record.Batch)) (inventory.Found, error) {
	path := filepath.FromSlash(s.File)
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Dir, path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return inventory.Found{Nearest: NearestFile(p.Dir, s.File)}, nil
	}
	found := inventory.Found{Exists: true, Rows: -1}
	src, err := source.Open(ctx, p.Dir, source.Spec{File: s.File, Sheet: s.Sheet})
	if err != nil {
		return faulty(found, err)
	}
	defer src.Close()
	found.Format = inventory.FileType(src.Dialect().Value("format"))
	if src.Dialect().Value("compression") == "zip" && strings.EqualFold(s.Format, "zip") {
		found.Format = "ZIP" // as true as what is in it
	}
	found.Encoding = src.Dialect().Value("encoding")
	found.Delimiter = src.Dialect().Value("delimiter")
	found.Columns = src.Header().Names
	found.Rows = 0
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return faulty(found, err)
		}
		found.Rows += len(batch.Records)
		see(&batch)
	}
}

// faulty gives what was found where the file cannot be read as a table.
func faulty(found inventory.Found, err error) (inventory.Found, error) {
	var unreadable *source.Error
	if !errors.As(err, &unreadable) {
		return found, err
	}
	found.Fault = &unreadable.Finding
	return found, nil
}

// NearestFile gives a file of the folder that name might have meant, or "".
func NearestFile(dir, name string) string {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(filepath.Dir(name))))
	if err != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	near := finding.Nearest(filepath.Base(name), names)
	if near == "" {
		return ""
	}
	return filepath.ToSlash(filepath.Join(filepath.Dir(name), near))
}

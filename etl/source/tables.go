package source

import (
	"context"
	"errors"
	"strconv"

	"github.com/ldtkit/ldt/etl/source/format"
)

// Tables gives a Spec for each table of the file that the spec names: the sheets
// of a workbook that are not hidden, the layers of a GeoPackage, the entries of an
// archive, the tables of a text file that follow each other. A spec that says
// which table is meant, and a file with one, give the spec itself. The error is
// that of Open.
func Tables(ctx context.Context, baseDir string, spec Spec) ([]Spec, error) {
	src, err := Open(ctx, baseDir, spec)
	var several *format.Several
	if errors.As(err, &several) {
		return each(spec, several.Names, func(s *Spec, name string) {
			if several.Key == format.Layer {
				s.Layer = name
			} else {
				s.Entry = name
			}
		}), nil
	}
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if book, ok := readerOf(src).(interface{ Sheets() []string }); ok && spec.Sheet == "" {
		if names := book.Sheets(); len(names) > 1 {
			return each(spec, names, func(s *Spec, name string) { s.Sheet = name }), nil
		}
	}
	if spec.Table == "" && src.Dialect().Value(format.Table) != "" {
		return textTables(ctx, baseDir, spec)
	}
	return []Spec{spec}, nil
}

func each(spec Spec, names []string, set func(*Spec, string)) []Spec {
	list := make([]Spec, len(names))
	for i, name := range names {
		list[i] = spec
		set(&list[i], name)
	}
	return list
}

func readerOf(src Source) reader {
	switch s := src.(type) {
	case *opened:
		return s.reader
	case *shaped:
		return readerOf(s.Source)
	}
	return nil
}

// mostTables is how many tables of one text file are looked for.
const mostTables = 100

// textTables counts the tables of a text file: they have numbers from 1.
func textTables(ctx context.Context, baseDir string, spec Spec) ([]Spec, error) {
	var list []Spec
	for n := 1; n <= mostTables; n++ {
		spec.Table = strconv.Itoa(n)
		src, err := Open(ctx, baseDir, spec)
		var refused *Error
		if errors.As(err, &refused) && n > 1 {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := src.Close(); err != nil {
			return nil, err
		}
		list = append(list, spec)
	}
	return list, nil
}

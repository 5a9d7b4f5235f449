// Package source owns the reading of tables: the Spec of what a user declares
// about a file, the Source that gives its records, and the choice of the format
// by what the file is. Each format has its own package below.
package source

import (
	"context"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/ckan"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/opendatasoft"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Spec is what a mapping declares under source: where it is, and how it is
// written. The zero value of each member that says how means that it is to be
// detected.
type Spec struct {
	// File is a path, or a URL by http, https or sftp. In its place stands one of
	// the next.
	File         string                `yaml:"file,omitempty"`
	CKAN         *ckan.Resource        `yaml:"ckan,omitempty"`
	Opendatasoft *opendatasoft.Dataset `yaml:"opendatasoft,omitempty"`
	// Database is the URL of a PostgreSQL database (postgres://…), or the path of
	// an SQLite file, and Query the select that gives the rows.
	Database string `yaml:"database,omitempty"`
	Query    string `yaml:"query,omitempty"`
	// Tables are sources that become tables of a temporary database, by their
	// names, and SQL the select over them that gives the rows.
	Tables map[string]Spec `yaml:"tables,omitempty"`
	SQL    string          `yaml:"sql,omitempty"`
	// TempDir is where that database lies; "" is the system's folder.
	TempDir string `yaml:"-"`

	Format string `yaml:"format,omitempty"` // one of Formats
	// Entry of a ZIP archive: the name of the file in it.
	Entry string `yaml:"entry,omitempty"`
	// Sheet of a workbook: its name, its number from 1, or a pattern such as 20*
	// for several that are one table.
	Sheet string `yaml:"sheet,omitempty"`
	// Layer of a GeoPackage: the name of its table.
	Layer string `yaml:"layer,omitempty"`
	// Path of the array of records in a JSON document, as a JSON pointer.
	Path string `yaml:"path,omitempty"`
	// Sample is how many records of JSON the columns are made of.
	Sample int `yaml:"sample,omitempty"`
	// CRS is the coordinate reference system of the geometries, such as EPSG:2154.
	CRS      string `yaml:"crs,omitempty"`
	Encoding string `yaml:"encoding,omitempty"`
	// Delimiter is one character, or "tab".
	Delimiter string `yaml:"delimiter,omitempty"`
	// Quote is one character, or "none".
	Quote     string `yaml:"quote,omitempty"`
	Decimal   string `yaml:"decimal,omitempty"` // "." or ","
	Thousands string `yaml:"thousands,omitempty"`
	// Header is where the names of the columns stand: a row (9), rows that are
	// joined (8-9), in a workbook also the first cell (B9), or 0 where there are
	// none; see format.ParsePosition.
	Header string `yaml:"header,omitempty"`
	// Table is the one to read of several in a text file: its number from 1, or the
	// name of one of its columns; 0 reads all as one, also in a workbook.
	Table string `yaml:"table,omitempty"`
	// Footer is the number of lines below the table of a text file that are no rows;
	// in a workbook 0 reads them as rows.
	Footer *int `yaml:"footer,omitempty"`
	// Columns are names for the columns where the file has none, or instead of
	// those that it has.
	Columns []string `yaml:"columns,omitempty"`
	// Nulls are texts that mean "no value"; an empty cell always does.
	Nulls []string `yaml:"nulls,omitempty"`
	// Timezone is the IANA name of the zone of local times in the file.
	Timezone string `yaml:"timezone,omitempty"`
	// Shape is what is done to the table before any mapping sees it, in order.
	Shape []Step `yaml:"shape,omitempty"`
}

// Dialect is what was declared of a file and what was detected in it.
type Dialect = format.Dialect

// Property is one property of a Dialect.
type Property = format.Property

// Error is why a source cannot be read; its Kind chooses the exit code. Every
// error of Open and of Next that speaks of the file unwraps to one.
type Error = format.Error

// The kinds of an Error.
const (
	Unreadable = format.Unreadable // absent, empty, damaged, not what its name says: exit 3
	Config     = format.Config     // what was declared does not fit the file: exit 2
)

// Source gives the records of one table in the order of the file. It is not
// safe for use by several goroutines; the batches it filled are the caller's.
type Source interface {
	// Header gives the names of the columns; it does not change.
	Header() *record.Header
	// Original gives the names of the columns as the file has them, which Header
	// differs from where the table is shaped: those of Record.Original.
	Original() *record.Header
	// Dialect gives how the file is read.
	Dialect() Dialect
	// Next fills the batch with the records that follow, at least one. At the
	// end it gives io.EOF. After another error the source is not to be read on.
	Next(ctx context.Context, b *record.Batch) error
	// Skipped counts the rows so far that are no records: preamble and blank
	// rows. It may grow until Next gives io.EOF.
	Skipped() int
	// Findings is what is to be said of the file as a whole. There may be more
	// of them when Next has given io.EOF than after Open.
	Findings() []finding.Finding
	Close() error
}

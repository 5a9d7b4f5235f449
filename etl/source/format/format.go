// Package format owns what every format of a source hands on beside its
// records: the Dialect that it read the file with, and the Error that says why
// a source cannot be read.
package format

import (
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// How a property of a dialect came to be known.
type How string

// The ways, strongest first.
const (
	Declared How = "declared" // the mapping or a flag says so
	Detected How = "detected" // the file shows it
	Default  How = "default"  // neither; this is what is assumed
)

// Keys of a dialect's properties. Those that a mapping can declare have the
// name of its key under source.
const (
	Format      = "format"
	Compression = "compression"
	Encoding    = "encoding"
	BOM         = "bom"
	Delimiter   = "delimiter"
	Quote       = "quote"
	Decimal     = "decimal"
	Thousands   = "thousands"
	HeaderRow   = "header"
	LineEnds    = "line-ends"
	Sheet       = "sheet"
	Nulls       = "nulls"
	Trailing    = "trailing-delimiter"
	Table       = "table"
	Footer      = "footer"
	Shape       = "shape"
	Entry       = "entry"  // of a ZIP archive
	Path        = "path"   // of the records in a JSON document
	Sample      = "sample" // records that the columns are made of
	Layer       = "layer"  // of a GeoPackage
	CRS         = "crs"
)

// Property is one thing that a reader had to know to read the file.
type Property struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	How   How    `json:"how"`
	// Confidence is from 0 to 1; what was declared has 1.
	Confidence float64 `json:"confidence"`
	// Evidence is what in the file speaks for the value, for a person to judge.
	Evidence string `json:"evidence,omitempty"`
}

// Dialect is everything that was declared of a file or detected in it, in the
// order in which a reader needs it.
type Dialect []Property

// Get gives the property with this key; its Value is empty where there is none.
func (d Dialect) Get(key string) Property {
	for _, p := range d {
		if p.Key == key {
			return p
		}
	}
	return Property{Key: key}
}

// Value gives the value of a property, or "".
func (d Dialect) Value(key string) string { return d.Get(key).Value }

// Decimal gives the mark between whole number and fraction that numbers in
// text cells have: '.' or ','.
func (d Dialect) Decimal() byte {
	if d.Value(Decimal) == "," {
		return ','
	}
	return '.'
}

// Thousands gives the marks that may stand between groups of three digits in
// text cells; "" where there are none.
func (d Dialect) Thousands() string { return d.Value(Thousands) }

// Kind says whose fault it is that a source cannot be read, and so with which
// code a program ends.
type Kind uint8

// The kinds of an Error.
const (
	Unreadable Kind = iota + 1 // absent, empty, damaged, or not what its name says (exit 3)
	Config                     // what was declared does not fit the file (exit 2)
)

// Error is why a source cannot be read.
type Error struct {
	Kind    Kind
	Finding finding.Finding
	// Err is the cause in the system, or nil.
	Err error
}

// Error gives the finding with its place and hint.
func (e *Error) Error() string { return e.Finding.String() }

// Unwrap gives the cause in the system.
func (e *Error) Unwrap() error { return e.Err }

// Several is the cause of an Error where a file has several tables and nothing
// says which is meant.
type Several struct {
	// Key is the one under source that names a table: entry or layer.
	Key   string
	Names []string
}

// Error names the tables.
func (s *Several) Error() string { return s.Key + " is one of " + strings.Join(s.Names, ", ") }

// Refuse gives an Unreadable error.
func Refuse(f finding.Finding, cause error) *Error {
	return &Error{Kind: Unreadable, Finding: f, Err: cause}
}

// Misdeclared gives a Config error.
func Misdeclared(f finding.Finding) *Error { return &Error{Kind: Config, Finding: f} }

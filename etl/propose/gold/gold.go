// Package gold owns the answers that suggestions are measured by: real tables
// with the model and the attribute that a person chose for each column, as the
// README beside it tells. It knows nothing of how suggestions are made.
package gold

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Labels that are no attributes of a model.
const (
	None       = "none"       // no attribute of the model fits
	ID         = "id"         // names the thing: goes into the id of the entity
	ObservedAt = "observedAt" // the time of the observation
	Location   = "location"   // a coordinate, or both, or a shape
)

// Table is a table with the labels of its columns.
type Table struct {
	// Name is that of its file, without the extension.
	Name string
	// HeldOut tables are those that no one looks at while suggestions are tuned.
	HeldOut bool
	// Source is the table itself, its File relative to the folder of the original
	// data. nil where the table is only described.
	Source    *source.Spec
	Described *Described
	// From is where the table was published, and under what licence.
	From string
	// Models are the qualified names of those that a person would choose, the
	// best first. The labels are meant for it; they may name attributes of the
	// others as well.
	Models []string
	// Columns are in the order of the table.
	Columns []Column
}

// Described is what is known of a table that is not at hand.
type Described struct {
	Rows    int               `yaml:"rows"`
	Columns []DescribedColumn `yaml:"columns"`
}

// DescribedColumn is what a profile would say of a column; what is not known
// is empty.
type DescribedColumn struct {
	Name     string       `yaml:"name"`
	Type     profile.Type `yaml:"type"`
	Unit     string       `yaml:"unit"` // a UN/CEFACT code
	Min      string       `yaml:"min"`
	Max      string       `yaml:"max"`
	Distinct int          `yaml:"distinct"`
	Samples  []string     `yaml:"samples"`
}

// Column is a column with its labels.
type Column struct {
	// Header is the name of the column as a profile gives it.
	Header string
	// Labels are the right answers: each an attribute, a part of it such as
	// address.postalCode, or one of the words above.
	Labels []string
}

// Accepts reports whether a suggestion is right. "" is that of no attribute.
func (c Column) Accepts(attribute string) bool {
	if attribute == "" {
		attribute = None
	}
	return slices.Contains(c.Labels, attribute)
}

// Profile gives the profile of the table: that of the file in the folder of
// the original data, which is read, or what is described. The error is one of
// profile.Of.
func (t Table) Profile(ctx context.Context, originals string) (*profile.Table, error) {
	if t.Source != nil {
		return profile.Of(ctx, originals, *t.Source)
	}
	p := &profile.Table{File: t.Name, Rows: int64(t.Described.Rows)}
	for _, c := range t.Described.Columns {
		p.Columns = append(p.Columns, profile.Column{
			Name: c.Name, Type: c.Type, Unit: c.Unit, Min: c.Min, Max: c.Max,
			Distinct: int64(c.Distinct), DistinctExact: true, Samples: c.Samples,
		})
	}
	return p, nil
}

//go:embed dev/*.yaml heldout/*.yaml
var files embed.FS

// Tables gives the tables of the gold set, by name within dev, then heldout.
func Tables() ([]Table, error) { return Load(files) }

// Load reads the tables in the folders dev and heldout. The error is a
// finding.List with every fault, or of the file system.
func Load(fsys fs.FS) ([]Table, error) {
	var tables []Table
	var faults finding.List
	for _, folder := range []string{"dev", "heldout"} {
		names, err := fs.Glob(fsys, folder+"/*.yaml")
		if err != nil {
			return nil, fmt.Errorf("list the gold set: %w", err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read the gold set: %w", err)
			}
			t := Table{Name: strings.TrimSuffix(path.Base(name), ".yaml"), HeldOut: folder == "heldout"}
			d := decoder{strictyaml.New(name, "table of the gold set")}
			if root := d.Parse(text, "from", "model", "columns"); root != nil {
				d.table(root, &t)
			}
			faults = append(faults, d.Faults()...)
			tables = append(tables, t)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return tables, nil
}

// decoder reads one table.
type decoder struct{ *strictyaml.Decoder }

func (d decoder) table(root ast.Node, t *Table) {
	const what = "a table of the gold set"
	top := d.Object(root, what, "source", "profile", "from", "model", "columns")
	start := strictyaml.At(root)
	for _, key := range []string{"from", "model", "columns"} {
		if top[key].Null() {
			d.Missing(top[key], start, what, key)
			return
		}
	}
	t.From = d.Text(top["from"], "from")
	t.Models, _ = d.Texts(top["model"], "model")
	for _, f := range d.Fields(top["columns"].Value, "columns") {
		labels, _ := d.Texts(&f, fmt.Sprintf("column %q", f.Key))
		t.Columns = append(t.Columns, Column{Header: f.Key, Labels: labels})
	}
	switch own, described := top["source"], top["profile"]; {
	case !own.Null() && described == nil:
		t.Source = &source.Spec{}
		d.Structure(own.Value, "source", t.Source)
	case !described.Null() && own == nil:
		t.Described = &Described{}
		d.Structure(described.Value, "profile", t.Described)
		d.sameColumns(t, described)
	default:
		d.Fault(finding.YAMLMissing, start, "%s has either a source or a profile", what).Hint = "keep one of the two"
	}
}

var types = []profile.Type{
	profile.Empty, profile.Boolean, profile.Code, profile.Year, profile.Integer, profile.Number,
	profile.Date, profile.DateTime, profile.Time, profile.Point, profile.GeoJSON, profile.Text,
}

// sameColumns holds that the labels are those of the columns that are described.
func (d decoder) sameColumns(t *Table, described *strictyaml.Field) {
	var headers, labelled []string
	for _, c := range t.Described.Columns {
		headers = append(headers, c.Name)
		if !slices.Contains(types, c.Type) {
			d.Fault(finding.YAMLType, described.At, "column %q: %q is not the type of a column", c.Name, c.Type)
		}
	}
	for _, c := range t.Columns {
		labelled = append(labelled, c.Header)
	}
	if !slices.Equal(headers, labelled) {
		d.Fault(finding.YAMLType, described.At, "the columns of the profile and the labelled ones differ").Hint = "label each column once, in the order of the profile"
	}
}

// Package propose owns the way from a table to a mapping that a person confirms: which
// models a profiled table may be about, which attribute each column may be, and the draft
// of a mapping with the reasons beside each line.
//
// The folder gold holds tables with the attribute that a person would choose for each
// column; Evaluate measures the suggestions against them.
package propose

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/models/suggest"
)

// repeated matches the name that the second of two columns of one header has.
var repeated = regexp.MustCompile(`^(.+)#\d+$`)

// TableOf gives what suggestions need to know of a profiled table.
func TableOf(t *profile.Table) *suggest.Table {
	file := path.Base(strings.ReplaceAll(t.File, `\`, "/"))
	table := &suggest.Table{Name: strings.TrimSuffix(file, path.Ext(file)) + " " + t.Sheet}
	for i := range t.Columns {
		c := &t.Columns[i]
		name := c.Name
		if m := repeated.FindStringSubmatch(name); m != nil && slices.ContainsFunc(t.Columns, func(o profile.Column) bool { return o.Name == m[1] }) {
			name = m[1]
		}
		table.Columns = append(table.Columns, suggest.Column{
			Name: name, Type: suggest.Type(c.Type), Format: c.Format, Unit: c.Unit, UnitText: c.UnitText, Min: c.Min, Max: c.Max,
			Rows: t.Rows - t.Faulty, Empty: c.Empty, Distinct: c.Distinct, Samples: c.Samples, ID: c.Role == profile.RoleID,
		})
	}
	return table
}

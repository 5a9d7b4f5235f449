package propose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/models/suggest"
)

const (
	// keyColumns is how many columns a key has at most.
	keyColumns = 8
	// keyChoice is of how many they are chosen.
	keyChoice = 24
	// keyRows is how many rows are looked at for a key.
	keyRows = 50_000
)

// key is what tells the rows of a table apart.
type key struct {
	names   []string // what a mapping calls the columns of the table
	columns []int
	empty   []bool // of these columns: some cell is
	// rows were looked at, and doubles of them have the key of an earlier one.
	rows, doubles int
}

// rowKey finds the fewest columns, ids and times first, that tell all rows apart.
func rowKey(ctx context.Context, baseDir string, t *profile.Table, list []suggest.Suggestion) (*key, error) {
	spec, err := specOf(t)
	if err != nil {
		return nil, err
	}
	src, err := source.Open(ctx, baseDir, spec)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	k := &key{names: namesOf(src.Header())}
	order := keyOrder(t, list)
	if len(order) == 0 {
		return k, nil
	}
	cells, err := cellsOf(ctx, src, order)
	if err != nil {
		return nil, err
	}
	k.rows = len(cells)
	k.choose(t, list, order, cells)
	if column := constantID(t, list, k.columns); column >= 0 {
		k.columns = append([]int{column}, k.columns...)
	}
	for _, column := range k.columns {
		k.empty = append(k.empty, t.Columns[column].Empty > 0)
	}
	return k, nil
}

// errEnough ends the reading of a source early.
var errEnough = errors.New("enough rows")

// cellsOf gives for each of the first rows a hash of each of its cells in some columns.
func cellsOf(ctx context.Context, src source.Source, columns []int) (rows [][]uint64, err error) {
	seed := maphash.MakeSeed()
	err = source.Each(ctx, src, func(b *record.Batch, i int) error {
		r := &b.Records[i]
		if r.Fault != nil {
			return nil
		}
		if len(rows) == keyRows {
			return errEnough
		}
		row := make([]uint64, len(columns))
		for n, column := range columns {
			row[n] = maphash.Bytes(seed, r.Cells[column].Text)
		}
		rows = append(rows, row)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return rows, err
}

// choose takes the columns that are ids, then those that tell the most rows apart, and
// leaves out again what is not needed.
func (k *key) choose(t *profile.Table, list []suggest.Suggestion, order []int, rows [][]uint64) {
	var chosen []int // places in order
	k.doubles = len(rows)
	try := func(places []int) int { return doubles(rows, places) }
	for n, column := range order {
		best := list[column].Best()
		if (best == nil || best.Attribute != suggest.ID) && n > 0 || k.doubles <= 0 {
			continue
		}
		if d := try(append(slices.Clone(chosen), n)); d < k.doubles || len(chosen) == 0 {
			chosen, k.doubles = append(chosen, n), d
		}
	}
	measured := false // measures tell rows apart only where nothing else does
	for k.doubles > 0 && len(chosen) < keyColumns {
		best, least := -1, k.doubles
		for n, column := range order {
			if slices.Contains(chosen, n) || !measured && t.Columns[column].Role == profile.RoleMeasure {
				continue
			}
			if d := try(append(slices.Clone(chosen), n)); d < least {
				best, least = n, d
			}
		}
		if best < 0 && measured {
			break
		}
		if best < 0 {
			measured = true
			continue
		}
		chosen, k.doubles = append(chosen, best), least
	}
	for i := 0; i < len(chosen) && len(chosen) > 1; {
		without := slices.Delete(slices.Clone(chosen), i, i+1)
		if try(without) > k.doubles {
			i++
			continue
		}
		chosen = without
	}
	if len(chosen) == 0 && len(order) > 0 {
		chosen = []int{0} // there are no rows
	}
	slices.Sort(chosen)
	for _, n := range chosen {
		k.columns = append(k.columns, order[n])
	}
}

// constantID gives the column that names the one thing that all rows are about, such as
// the meter of an export: the rows of the next file may be of another. It is -1 where
// there is none, or where an id is among the columns that were chosen.
func constantID(t *profile.Table, list []suggest.Suggestion, chosen []int) int {
	found, score := -1, 0.0
	for i := range t.Columns {
		c, best := &t.Columns[i], list[i].Best()
		switch {
		case best == nil || best.Attribute != suggest.ID:
		case slices.Contains(chosen, i):
			return -1
		case t.Rows > 1 && c.Distinct == 1 && c.Empty == 0 && best.Score > score && !long(c):
			found, score = i, best.Score
		}
	}
	return found
}

// doubles counts the rows whose cells at some places are those of an earlier one.
func doubles(rows [][]uint64, places []int) int {
	seen := make(map[uint64]struct{}, len(rows))
	n := 0
	for _, row := range rows {
		sum := uint64(0)
		for _, p := range places {
			sum = (sum*31 + row[p]) * 0x9e3779b97f4a7c15
		}
		if _, ok := seen[sum]; ok {
			n++
		}
		seen[sum] = struct{}{}
	}
	return n
}

// namesOf gives the names by which a mapping calls the columns.
func namesOf(h *record.Header) []string {
	names := slices.Clone(h.Names)
	for i, name := range names {
		if list := h.Alternatives(name); len(list) > 1 && h.Title(i) == name {
			names[i] = list[0]
		}
	}
	return names
}

// keyOrder gives the columns that may make a key, the likeliest first.
func keyOrder(t *profile.Table, list []suggest.Suggestion) []int {
	type candidate struct {
		column, rank int
		score        float64
	}
	var all []candidate
	for i := range t.Columns {
		c := &t.Columns[i]
		k := candidate{column: i, rank: 5}
		best := list[i].Best()
		switch {
		case t.Rows > 0 && (c.Type == profile.Empty || c.Distinct < 2 && c.Empty == 0 && t.Rows > 1) || c.Type == profile.GeoJSON || long(c):
			continue
		case best != nil && best.Attribute == suggest.ID:
			k.rank, k.score = 0, best.Score
		case c.Role == profile.RoleID:
			k.rank = 1
		case best != nil && best.Attribute == suggest.ObservedAt || c.Role == profile.RoleTime:
			k.rank = 2
		case c.Role == profile.RolePlace:
			k.rank = 3
		case c.Role == profile.RoleDimension:
			k.rank = 4
		case c.Role == profile.RoleMeasure:
			k.rank = 6
		}
		all = append(all, k)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Or(a.rank-b.rank, cmp.Compare(b.score, a.score)) })
	var order []int
	for _, k := range all[:min(len(all), keyChoice)] {
		order = append(order, k.column)
	}
	return order
}

// longCell is from how many bytes a cell is no key.
const longCell = 50

func long(c *profile.Column) bool {
	return slices.ContainsFunc(c.Samples, func(s string) bool { return len(s) > longCell })
}

// template gives the id of the entities.
func (k *key) template(entityType string) string {
	var b strings.Builder
	b.WriteString("urn:ngsi-ld:" + entityType)
	for i, column := range k.columns {
		b.WriteString(":{" + braced.Replace(k.names[column]))
		if k.empty[i] {
			b.WriteString("|UNKNOWN")
		}
		b.WriteByte('}')
	}
	return b.String()
}

// braced escapes what a template gives a meaning.
var braced = strings.NewReplacer("{", "{{", "}", "}}", "|", `\|`)

// notes say how good the key is.
func (k *key) notes() []string {
	switch {
	case len(k.columns) == 0:
		return []string{"no column tells the rows apart: put one into the id, such as {Code}"}
	case k.rows == 0:
		return []string{"there are no rows: see that these columns tell rows apart"}
	case k.doubles > 0:
		return []string{fmt.Sprintf("%d of %d rows have the id of an earlier row, and are rejected: add a column, or say with merge: last or merge: history what they do", k.doubles, k.rows)}
	}
	if k.rows == keyRows {
		return []string{fmt.Sprintf("the first %d rows have each another id", k.rows)}
	}
	if k.rows == 1 {
		return []string{"there is one row: see that these columns tell rows apart"}
	}
	return []string{fmt.Sprintf("%d rows, each with another id", k.rows)}
}

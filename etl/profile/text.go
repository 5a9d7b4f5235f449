package profile

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// WriteText writes the profile for a person to read.
func (t *Table) WriteText(w io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprint(out, t.File)
	if t.Sheet != "" {
		fmt.Fprintf(out, " sheet %q", t.Sheet)
	}
	fmt.Fprintf(out, ": %d rows, %d columns", t.Rows, len(t.Columns))
	if t.Faulty > 0 {
		fmt.Fprintf(out, ", %d rows that cannot be used", t.Faulty)
	}
	if t.Skipped > 0 {
		fmt.Fprintf(out, ", %d lines skipped", t.Skipped)
	}
	fmt.Fprintln(out)
	for _, p := range t.Dialect {
		fmt.Fprintf(out, "  %s %s (%s", p.Key, shown(p.Value), p.How)
		if p.How == format.Detected && p.Confidence < 1 {
			fmt.Fprintf(out, ", %.0f %%", 100*p.Confidence)
		}
		fmt.Fprintln(out, ")")
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "column\ttype\tunit\trole\tempty\tdifferent\tfrom\tto")
	for _, c := range t.Columns {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", short(c.Name, 32), c.typeText(), c.Unit, c.Role,
			share(c.Empty, t.Rows-t.Faulty), c.distinctText(), short(c.Min, 20), short(c.Max, 20))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if remarks := t.remarks(); len(remarks) > 0 {
		fmt.Fprintln(out)
		for _, r := range remarks {
			fmt.Fprintln(out, r)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// remarks are what a person should look at.
func (t *Table) remarks() []string {
	var list []string
	for _, c := range t.Columns {
		if c.Odd > 0 {
			list = append(list, fmt.Sprintf("%s: %d cells are no %s, first %q in row %d", c.Name, c.Odd, c.Type, c.OddCell, c.OddRow))
		}
		if len(c.Nulls) > 0 {
			list = append(list, fmt.Sprintf("%s: numbers, and the words %s for \"no value\": they are among nulls below", c.Name, strings.Join(quoted(c.Nulls), ", ")))
		}
		if sentinel.MatchString(c.Min) || sentinel.MatchString(c.Max) {
			value := c.Min
			if !sentinel.MatchString(value) {
				value = c.Max
			}
			list = append(list, fmt.Sprintf("%s: %s may stand for \"no value\"; if so, declare it: nulls: [%q]", c.Name, value, value))
		}
		if c.units() {
			list = append(list, fmt.Sprintf("%s: cells are units (%s): rows of different units must not be added up", c.Name, strings.Join(c.Samples, ", ")))
		}
		if c.Ambiguous != "" {
			list = append(list, fmt.Sprintf("%s: may be %s or %s, no cell says which; set format", c.Name, c.Format, c.Ambiguous))
		}
		if c.Personal != "" {
			list = append(list, fmt.Sprintf("%s: looks like personal data (%s; %s)", c.Name, c.Personal, c.Why))
		}
	}
	return list
}

// sentinel are the numbers that loggers and models write for "no value", missing
// the tokens.
var sentinel = regexp.MustCompile(`^-(?:99|999|9999|99999)(?:[.,](?:0+|9+))?$`)

var missing = regexp.MustCompile(`(?i)^(?:-+|–|—|n\.?/?a\.?|nan|null|none|nd|n\.?c\.?|n\.?d\.?|nil|\?|\.+)$`)

// missingWords are what people write where a number is missing.
var missingWords = regexp.MustCompile(`(?i)\b(?:not|non|no data|no value|unknown|inconnue?|missing|manquante?|absente?|indisponible|unavailable|sans objet|secret|confidentiel|unbekannt|keine|onbekend|geen|desconocido|sin datos?|sconosciuto)\b`)

// nulls are the words for "no value" of all columns.
func (t *Table) nulls() []string {
	var list []string
	for _, c := range t.Columns {
		list = append(list, c.Nulls...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return out
}

// units says that the cells of a column name more than one unit.
func (c *Column) units() bool {
	if c.Type != Text || c.Distinct < 2 || int(c.Distinct) > len(c.Samples) {
		return false
	}
	for _, s := range c.Samples {
		if _, ok := unit.Parse(s); !ok {
			return false
		}
	}
	return true
}

func (c *Column) typeText() string {
	if c.Format != "" {
		return string(c.Type) + " " + c.Format
	}
	return string(c.Type)
}

func (c *Column) distinctText() string {
	if c.DistinctExact {
		return strconv.FormatInt(c.Distinct, 10)
	}
	return "≈ " + strconv.FormatInt(c.Distinct, 10)
}

func share(n, all int64) string {
	switch {
	case n == 0:
		return "–"
	case n == all:
		return "100 %"
	case 1000*n < all:
		return "< 0.1 %"
	case n*1000 > all*999:
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(all))
}

func short(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// shown makes a delimiter or a line end visible.
func shown(value string) string {
	if strings.TrimSpace(value) != value || value == "" || len(value) == 1 {
		return strconv.Quote(value)
	}
	return value
}

// declared are the properties of a dialect that a mapping declares under source,
// in the order in which they are written.
var declared = []string{format.Format, format.Sheet, format.Entry, format.Layer, format.Table, format.Path, format.Encoding, format.Delimiter, format.Decimal, format.Thousands, format.HeaderRow}

// SourceYAML gives the source of a mapping for this table, as it was read: what
// was detected is then declared, so that another file of the same name cannot be
// read in another way.
func (t *Table) SourceYAML() string {
	var b strings.Builder
	b.WriteString("source:\n")
	line := func(key, value string) { fmt.Fprintf(&b, "  %s: %s\n", key, value) }
	line("file", scalar(t.File))
	for _, key := range declared {
		p := t.Dialect.Get(key)
		switch {
		case p.Value == "" || key == format.Format && p.Value == "csv" || key == format.Format && p.Value == "xlsx":
		case p.Value == "\t":
			line(key, "tab")
		case (key == format.HeaderRow || key == format.Table) && strings.Trim(p.Value, "0123456789") == "":
			line(key, p.Value)
		default:
			line(key, scalar(p.Value))
		}
	}
	if nulls := t.nulls(); nulls != nil {
		line("nulls", "["+strings.Join(quoted(nulls), ", ")+"]")
	}
	if t.localTimes() {
		b.WriteString("  timezone: Europe/Paris # the zone of the local times in the file: correct it\n")
	}
	return b.String()
}

var (
	offset      = regexp.MustCompile(`[+-]\d\d:?\d\d$`)
	plainScalar = regexp.MustCompile(`^[\pL_./][\pL\pN _./-]*$`)
)

func (t *Table) localTimes() bool {
	for _, c := range t.Columns {
		if c.Type == DateTime && !strings.HasSuffix(c.Min, "Z") && !strings.Contains(c.Format, "Z") && !offset.MatchString(c.Min) {
			return true
		}
	}
	return false
}

// scalar writes a text as YAML.
func scalar(s string) string {
	if plainScalar.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

package inventory

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// observer holds the rows of one file against what the Fields sheet says of its
// columns.
type observer struct {
	source  *Source
	header  *record.Header
	columns []observed
	rows    int
}

// observed is what was seen of one column.
type observed struct {
	field    *Field
	at       int // in the record, -1 where the file does not have it
	number   bool
	fits     func(text string) bool // nil: any text will do
	empty    int
	misfits  int
	misfit   string // the first
	misfitAt int
	low      bound
	high     bound
	samples  []string
}

// bound is the smallest or the largest number seen, and its row.
type bound struct {
	value float64
	row   int
	text  string
}

// maxSamples is how many cells of a column the recogniser of persons sees.
const maxSamples = 100

func observe(s *Source, fields []*Field) *observer {
	o := &observer{source: s}
	for _, f := range fields {
		c := observed{field: f, at: -1, fits: fitsType(f.Type, s.Decimal), number: f.Type == "integer" || f.Type == "number" || f.Type == "year",
			low: bound{value: math.Inf(1)}, high: bound{value: math.Inf(-1)}}
		o.columns = append(o.columns, c)
	}
	return o
}

func (o *observer) see(b *record.Batch) {
	if b.Header != o.header {
		o.header = b.Header
		for i := range o.columns {
			c := &o.columns[i]
			c.at = -1
			for at, name := range b.Header.Names {
				if name == c.field.Header {
					c.at = at
				}
			}
		}
	}
	for i := range b.Records {
		r := &b.Records[i]
		if r.Fault != nil {
			continue
		}
		o.rows++
		for j := range o.columns {
			if c := &o.columns[j]; c.at >= 0 && c.at < len(r.Cells) {
				c.see(&r.Cells[c.at], r.Row, o.source.Decimal)
			}
		}
	}
}

func (c *observed) see(cell *record.Cell, row int, decimal string) {
	if cell.IsNull() || len(cell.Text) == 0 {
		c.empty++
		return
	}
	if c.fits == nil && len(c.samples) >= maxSamples {
		return
	}
	text := strings.TrimSpace(string(cell.Text))
	if len(c.samples) < maxSamples {
		c.samples = append(c.samples, text)
	}
	if c.fits == nil {
		return
	}
	fits := cell.Kind != record.Error
	switch {
	case cell.Kind == record.Number && c.number:
		decimal = "." // of a workbook, whatever the source states
		fits = c.field.Type != "integer" || !strings.ContainsAny(text, ".eE")
	case cell.Kind == record.DateTime:
		fits = c.field.Type == "date" || c.field.Type == "datetime" || c.field.Type == "time" || c.field.Type == "year" || c.field.Type == "month"
	case cell.Kind == record.Boolean:
		fits = c.field.Type == "boolean"
	default:
		fits = fits && c.fits(text)
	}
	if !fits {
		if c.misfits == 0 {
			c.misfit, c.misfitAt = text, row
		}
		c.misfits++
		return
	}
	if value, ok := parseNumber(text, decimal); ok && c.number {
		if value < c.low.value {
			c.low = bound{value, row, text}
		}
		if value > c.high.value {
			c.high = bound{value, row, text}
		}
	}
}

// findings says where the columns are not as stated.
func (o *observer) findings() []finding.Finding {
	var list []finding.Finding
	for i := range o.columns {
		c := &o.columns[i]
		f := c.field
		if c.at < 0 {
			continue
		}
		if c.misfits > 0 {
			list = append(list, finding.New(finding.InventoryType, f.At("type"), "%s column %q: %d of %d cells are not of type %s, first row %d: %q",
				o.source.File, f.Header, c.misfits, o.rows-c.empty, f.Type, c.misfitAt, shortened(c.misfit)).
				WithHint("%s", typeHint(f.Type, c.misfit)))
		}
		if low, err := strconv.ParseFloat(f.Min, 64); err == nil && c.low.row > 0 && c.low.value < low {
			list = append(list, outside(f.At("min"), o.source.File, f, c.low, "below the stated minimum "+f.Min))
		}
		if high, err := strconv.ParseFloat(f.Max, 64); err == nil && c.high.row > 0 && c.high.value > high {
			list = append(list, outside(f.At("max"), o.source.File, f, c.high, "above the stated maximum "+f.Max))
		}
		if stated, err := strconv.ParseFloat(f.Empty, 64); err == nil && o.rows > 0 {
			seen := 100 * float64(c.empty) / float64(o.rows)
			if math.Abs(seen-stated) > emptyTolerance {
				list = append(list, finding.New(finding.InventoryEmpty, f.At("empty"), "%s column %q: %s %% of the rows are empty (%d of %d), not %s %%",
					o.source.File, f.Header, strconv.FormatFloat(math.Round(seen*10)/10, 'f', -1, 64), c.empty, o.rows, f.Empty).
					WithHint("correct the share, or find out why cells are missing or new"))
			}
		}
	}
	return append(list, o.personal()...)
}

// personal warns of columns that look personal by their header and cells, also
// where the file could not be read.
func (o *observer) personal() []finding.Finding {
	var list []finding.Finding
	for _, c := range o.columns {
		if seems, why := profile.LooksPersonal(c.field.Header, c.samples); seems != "" && c.field.Personal != "yes" {
			list = append(list, c.field.looksPersonal(seems, why))
		}
	}
	return list
}

// emptyTolerance is by how many points a share of empty cells may differ from
// what is stated, which people round.
const emptyTolerance = 1.0

func outside(at finding.Location, file string, f *Field, b bound, what string) finding.Finding {
	return finding.New(finding.InventoryRange, at, "%s column %q: row %d has %s, %s", file, f.Header, b.row, shortened(b.text), what).
		WithHint("correct the value in the file, or the range that is stated")
}

// shortened bounds a cell for a message.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

func typeHint(fieldType, misfit string) string {
	if _, ok := parseNumber(misfit, ","); ok && fieldType == "number" {
		return "state the decimal mark , of the source"
	}
	return "state the type that the cells have (text or code takes anything), or correct the cells"
}

// fitsType gives the test of a cell of a type; nil where any text will do.
func fitsType(fieldType, decimal string) func(string) bool {
	switch fieldType {
	case "integer":
		return func(text string) bool {
			value, ok := parseNumber(text, decimal)
			return ok && value == math.Trunc(value)
		}
	case "number":
		return func(text string) bool { _, ok := parseNumber(text, decimal); return ok }
	case "boolean":
		return func(text string) bool { _, ok := vocabularies["answer"].code(text); return ok }
	case "geometry":
		return func(text string) bool { return json.Valid([]byte(text)) && text[0] == '{' || isWKT.MatchString(text) }
	case "date":
		return readsTime(func(seconds int64, timed bool) bool { return !timed || seconds%(24*60*60) == 0 })
	case "datetime":
		return readsTime(func(int64, bool) bool { return true })
	}
	if form := cellForms[fieldType]; form != nil {
		return form.MatchString
	}
	return nil
}

// readsTime gives the test of dates and times that a mapping could read.
func readsTime(holds func(seconds int64, timed bool) bool) func(string) bool {
	readers := mapping.TimeReaders()
	last := 0 // what read one cell is likely to read the next
	return func(text string) bool {
		for i := range readers {
			at := (last + i) % len(readers)
			if seconds, timed, ok := readers[at].Read([]byte(text)); ok {
				last = at
				return holds(seconds, timed)
			}
		}
		return false
	}
}

// cellForms are the forms of times that are no instant, and of points, by type.
var cellForms = map[string]*regexp.Regexp{
	"time":  regexp.MustCompile(`^\d{1,2}[:h]\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?$`),
	"year":  regexp.MustCompile(`^\d{4}$`),
	"month": regexp.MustCompile(`^(\d{4}[-/]?(0?[1-9]|1[0-2])|(0?[1-9]|1[0-2])[-/]\d{4}|0?[1-9]|1[0-2])$`),
	"point": regexp.MustCompile(`^\(?\[?\s*-?\d+([.,]\d+)?\s*[,; ]\s*-?\d+([.,]\d+)?\s*\]?\)?$|^(?i:POINT)\s*\(.+\)$|^\{.+\}$`),
}

var isWKT = regexp.MustCompile(`(?i)^(SRID=\d+;)?(multi)?(point|linestring|polygon)|^geometrycollection`)

// thousandsMarks are what may stand between groups of digits.
const thousandsMarks = " '"

// parseNumber reads a number as a mapping does with this decimal mark; "" takes
// both.
func parseNumber(text, decimal string) (float64, bool) {
	for _, mark := range []string{".", ","} {
		if decimal != "" && decimal != mark {
			continue
		}
		reader := mapping.Numbers(mark, thousandsMarks)
		if plain, ok := reader.Append(nil, []byte(text)); ok {
			value, err := strconv.ParseFloat(string(plain), 64)
			return value, err == nil
		}
	}
	return 0, false
}

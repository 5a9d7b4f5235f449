package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Step is one change of a table on its way from the file to the mapping. One of
// its members is set.
type Step struct {
	Unpivot  *Unpivot  `yaml:"unpivot,omitempty"`
	Split    *Split    `yaml:"split,omitempty"`
	Concat   *Concat   `yaml:"concat,omitempty"`
	Lookup   *Lookup   `yaml:"lookup,omitempty"`
	Distinct *Distinct `yaml:"distinct,omitempty"`
}

// Unpivot makes of each row one record for each of the named columns: Name is
// then the column that holds the header of the cell, and Value the one that
// holds the cell itself. The other columns stay. An empty cell makes a record
// that is left out (filtered).
type Unpivot struct {
	// Columns are names, or patterns such as "20??" in the syntax of path.Match.
	Columns []string `yaml:"columns,omitempty"`
	// From and To, in place of Columns, are the first and the last of a run of
	// columns.
	From string `yaml:"from,omitempty"`
	To   string `yaml:"to,omitempty"`

	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// Split makes new columns of the parts of one text. The number of parts has to
// be that of Into, else the row is rejected; an empty cell has empty parts.
type Split struct {
	Column    string   `yaml:"column"`
	Separator string   `yaml:"separator"`
	Into      []string `yaml:"into"`
}

// Concat makes a new column of the texts of others, with Separator between
// them. Where one of them is empty the new cell is.
type Concat struct {
	Columns   []string `yaml:"columns"`
	Separator string   `yaml:"separator,omitempty"`
	Into      string   `yaml:"into"`
}

// Lookup appends columns of a reference table: those of its row whose Key is
// the text of Column. The table is kept in memory.
type Lookup struct {
	Column string `yaml:"column"`
	Table  Spec   `yaml:"table"`
	Key    string `yaml:"key"`
	// Take are the columns of the table to append, and Into the names that they
	// get, where not their own.
	Take []string `yaml:"take"`
	Into []string `yaml:"into,omitempty"`
	// Miss says what becomes of a row whose text the table does not have: reject
	// (which an empty Miss means) or empty. An empty cell is never looked up.
	Miss string `yaml:"miss,omitempty"`
}

// Distinct leaves out all rows but one of those that have the same texts in the
// columns of Key.
type Distinct struct {
	Key []string `yaml:"key"`
	// Keep says which: first, last, or error, which rejects all but the first.
	Keep string `yaml:"keep"`
}

// shaped is a source whose records went through steps.
type shaped struct {
	Source
	steps   []step
	yields  []func(row) // of each step: hands a row on to the next
	failed  error       // of a step behind the one at work
	header  *record.Header
	parts   []string
	value   string
	words   []string // what the steps do, for the dialect
	closers []io.Closer
	in      record.Batch
	out     *record.Batch
	current *record.Record // of in
	// original are the cells of current in the memory of out, kept with the first
	// record that is made of it.
	original []record.Cell
}

// row is a record on its way through the steps. One that a step found a fault
// in, or that is left out, goes through the others all the same, so that it has
// its cells where they are counted.
type row struct {
	cells []record.Cell
	part  int
	left  string
	fault *finding.Finding
}

// lost says that the row makes no entity.
func (r row) lost() bool { return r.fault != nil || r.left != "" }

// step is one compiled Step.
type step interface {
	// apply hands on what a row becomes. What it hands on is valid until yield
	// returns.
	apply(s *shaped, in row, yield func(row)) error
}

// newShaped compiles the steps of a spec against the columns of an opened
// source, which it owns when it succeeds. The error is an *Error that names the
// step.
func newShaped(ctx context.Context, baseDir string, spec Spec, src Source) (*shaped, error) {
	s := &shaped{Source: src, header: src.Header()}
	c := shaping{ctx: ctx, dir: baseDir, spec: spec, shaped: s}
	for i, declared := range spec.Shape {
		c.number = i + 1
		compiled, err := c.compile(declared)
		if err != nil {
			return nil, errors.Join(err, s.closeSteps())
		}
		s.steps = append(s.steps, compiled)
		s.yields = append(s.yields, func(made row) {
			if s.failed == nil {
				s.failed = s.from(i+1, made)
			}
		})
	}
	return s, nil
}

func (s *shaped) closeSteps() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *shaped) Close() error { return errors.Join(s.closeSteps(), s.Source.Close()) }

func (s *shaped) Header() *record.Header { return s.header }

func (s *shaped) Dialect() Dialect {
	d := s.Source.Dialect()
	return append(d[:len(d):len(d)], Property{Key: format.Shape, Value: strings.Join(s.words, "; "), How: format.Declared, Confidence: 1})
}

// Next reads a batch of the file and makes its records. They may be more than
// the file has rows, or none of a batch may be left, in which case it reads on.
func (s *shaped) Next(ctx context.Context, b *record.Batch) error {
	s.out = b
	for len(b.Records) == 0 {
		s.in.Reset()
		if err := s.Source.Next(ctx, &s.in); err != nil {
			return err
		}
		b.Origin, b.Header = s.in.Origin, s.header
		b.Origin.Parts, b.Origin.Value = s.parts, s.value
		for i := range s.in.Records {
			s.current, s.original = &s.in.Records[i], nil
			if s.current.Fault != nil {
				s.commit(row{fault: s.current.Fault})
				continue
			}
			if err := s.from(0, row{cells: s.current.Cells}); err != nil {
				return err
			}
		}
	}
	return nil
}

// from takes a row through the steps from the given one on.
func (s *shaped) from(i int, r row) error {
	if i == len(s.steps) {
		s.commit(r)
		return nil
	}
	if err := s.steps[i].apply(s, r, s.yields[i]); err != nil {
		return err
	}
	return s.failed
}

// commit appends a record to the batch that is being filled.
func (s *shaped) commit(r row) {
	if s.original == nil {
		s.original = s.out.Keep(s.current.Cells)
	}
	number := s.current.Row
	if n := len(s.parts); n > 0 {
		number = number*n + r.part
	}
	s.out.Commit(number, s.out.Keep(r.cells), r.fault)
	last := &s.out.Records[len(s.out.Records)-1]
	last.Original, last.Left = s.original, r.left
	if s.current.Place != nil {
		last.Place = s.out.Place(*s.current.Place)
	}
}

// at gives the place of a cell of the current row.
func (s *shaped) at(part int, column string) finding.Location {
	o, number := s.in.Origin, s.current.Row
	if n := len(s.parts); n > 0 {
		o.Parts, o.Value = s.parts, s.value
		number = number*n + part
	}
	return o.At(number, column)
}

// shaping compiles steps.
type shaping struct {
	ctx    context.Context
	dir    string
	spec   Spec
	number int // of the step, from 1
	shaped *shaped
}

func (c *shaping) refuse(hint, message string, args ...any) error {
	what := fmt.Sprintf("step %d of shape: %s", c.number, fmt.Sprintf(message, args...))
	f := finding.New(finding.SourceSpec, finding.Location{File: c.spec.Name()}, "%s", what)
	return format.Misdeclared(f.WithHint("%s", hint))
}

func (c *shaping) compile(s Step) (step, error) {
	var compiled []func() (step, error)
	if s.Unpivot != nil {
		compiled = append(compiled, func() (step, error) { return c.unpivot(s.Unpivot) })
	}
	if s.Split != nil {
		compiled = append(compiled, func() (step, error) { return c.split(s.Split) })
	}
	if s.Concat != nil {
		compiled = append(compiled, func() (step, error) { return c.concat(s.Concat) })
	}
	if s.Lookup != nil {
		compiled = append(compiled, func() (step, error) { return c.lookup(s.Lookup) })
	}
	if s.Distinct != nil {
		compiled = append(compiled, func() (step, error) { return c.distinct(s.Distinct) })
	}
	if len(compiled) != 1 {
		return nil, c.refuse("write each step behind a dash of its own: - split: {…}", "it has to be one of unpivot, split, concat, lookup, distinct")
	}
	return compiled[0]()
}

// column gives the position of a column as the table is at this step.
func (c *shaping) column(key, name string) (int, error) {
	h := c.shaped.header
	if name == "" {
		return 0, c.refuse(fmt.Sprintf("%s: the name of a column", key), "%s is missing", key)
	}
	if h.Ambiguous(name) {
		return 0, c.refuse("name the one you mean: "+strings.Join(h.Alternatives(name), ", "), "several columns have the name %q", name)
	}
	if i := h.Index(name); i >= 0 {
		return i, nil
	}
	f := finding.New(finding.SourceMissingColumn, finding.Location{File: c.spec.Name(), Column: name}, "step %d of shape names a column that is not there", c.number)
	if near := finding.Nearest(name, h.Names); near != "" {
		f = f.WithHint("did you mean %q?", near)
	} else {
		f = f.WithHint("the table has %s at this step", strings.Join(h.Names, ", "))
	}
	return 0, format.Misdeclared(f)
}

func (c *shaping) columns(key string, names []string) ([]int, error) {
	if len(names) == 0 {
		return nil, c.refuse(fmt.Sprintf("%s: [one, two]", key), "%s is missing", key)
	}
	list := make([]int, len(names))
	for i, name := range names {
		var err error
		if list[i], err = c.column(key, name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// add makes the header that the steps behind this one see: the columns that
// stay, and new ones behind them.
func (c *shaping) add(names []string, added ...string) error {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		seen[n] = true
	}
	for _, n := range added {
		if n == "" {
			return c.refuse("give the new column a name", "a new column has no name")
		}
		if seen[n] {
			return c.refuse("give the new column another name", "there is a column %q already", n)
		}
		seen[n] = true
	}
	c.shaped.header = record.NewHeader(append(names[:len(names):len(names)], added...))
	return nil
}

func (c *shaping) say(what string, args ...any) {
	c.shaped.words = append(c.shaped.words, fmt.Sprintf(what, args...))
}

func (c *shaping) unpivot(u *Unpivot) (step, error) {
	if c.shaped.parts != nil {
		return nil, c.refuse("map each group of columns by a mapping of its own", "a table can be unpivoted once")
	}
	picked, err := c.picked(u)
	if err != nil {
		return nil, err
	}
	out := &unpivoting{}
	var stay []string
	for i, name := range c.shaped.header.Names {
		if picked[i] {
			out.columns = append(out.columns, i)
			c.shaped.parts = append(c.shaped.parts, name)
		} else {
			out.stay = append(out.stay, i)
			stay = append(stay, name)
		}
	}
	for _, name := range c.shaped.parts {
		out.names = append(out.names, []byte(name))
	}
	c.shaped.value = u.Value
	if err := c.add(stay, u.Name, u.Value); err != nil {
		return nil, err
	}
	out.cells = make([]record.Cell, len(stay)+2)
	c.say("%d columns (%s … %s) to %s and %s", len(out.columns), out.names[0], out.names[len(out.names)-1], u.Name, u.Value)
	return out, nil
}

// picked says of each column whether it is one to unpivot.
func (c *shaping) picked(u *Unpivot) (map[int]bool, error) {
	picked := map[int]bool{}
	if len(u.Columns) == 0 {
		from, err := c.column("from", u.From)
		if err != nil {
			return nil, err
		}
		to, err := c.column("to", u.To)
		if err != nil {
			return nil, err
		}
		if to < from {
			return nil, c.refuse("exchange from and to", "column %q stands behind %q", u.From, u.To)
		}
		for i := from; i <= to; i++ {
			picked[i] = true
		}
		return picked, nil
	}
	if u.From != "" || u.To != "" {
		return nil, c.refuse("leave one of them out", "columns and from … to say the same")
	}
	for _, pattern := range u.Columns {
		if i := c.shaped.header.Index(pattern); i >= 0 {
			picked[i] = true
			continue
		}
		found := false
		for i, name := range c.shaped.header.Names {
			if match, err := path.Match(pattern, name); err != nil {
				return nil, c.refuse("in a pattern * is any text, ? one character, [0-9] one of a range", "the pattern %q cannot be read", pattern)
			} else if match {
				picked[i], found = true, true
			}
		}
		if !found {
			_, err := c.column("columns", pattern)
			return nil, err
		}
	}
	return picked, nil
}

// emptyCell is why an unpivoted cell without a value is left out.
const emptyCell = "the cell of the wide table is empty"

type unpivoting struct {
	columns, stay []int
	names         [][]byte
	cells         []record.Cell
}

func (u *unpivoting) apply(_ *shaped, in row, yield func(row)) error {
	for i, column := range u.stay {
		u.cells[i] = in.cells[column]
	}
	for part, column := range u.columns {
		made := in
		made.cells, made.part = u.cells, part
		u.cells[len(u.stay)] = record.Cell{Text: u.names[part], Kind: record.Text}
		u.cells[len(u.stay)+1] = in.cells[column]
		if in.cells[column].IsNull() && !in.lost() {
			made.left = emptyCell
		}
		yield(made)
	}
	return nil
}

func (c *shaping) split(s *Split) (step, error) {
	column, err := c.column("column", s.Column)
	if err != nil {
		return nil, err
	}
	if s.Separator == "" {
		return nil, c.refuse(`separator: "/"`, "separator is missing")
	}
	if len(s.Into) < 2 {
		return nil, c.refuse("into: [first, second]", "into has to name at least two columns")
	}
	if err := c.add(c.shaped.header.Names, s.Into...); err != nil {
		return nil, err
	}
	c.say("%s split into %s", s.Column, strings.Join(s.Into, ", "))
	return &splitting{column: column, name: s.Column, separator: []byte(s.Separator), parts: len(s.Into)}, nil
}

type splitting struct {
	column    int
	name      string
	separator []byte
	parts     int
	cells     []record.Cell
}

func (s *splitting) apply(t *shaped, in row, yield func(row)) error {
	cell := in.cells[s.column]
	rest := cell.Text
	if parts := bytes.Count(rest, s.separator) + 1; !cell.IsNull() && parts != s.parts && !in.lost() {
		f := finding.New(finding.CellSplit, t.at(in.part, s.name), "%q has %d parts between %q, not %d", clip(rest), parts, s.separator, s.parts).
			WithHint("correct the cell, or name as many columns under into as it has parts")
		in.fault = &f
	}
	s.cells = append(s.cells[:0], in.cells...)
	for range s.parts {
		var made record.Cell
		if !cell.IsNull() {
			made.Text, rest, _ = bytes.Cut(rest, s.separator)
			if made.Text = bytes.TrimSpace(made.Text); len(made.Text) > 0 {
				made.Kind = record.Text
			}
		}
		s.cells = append(s.cells, made)
	}
	in.cells = s.cells
	yield(in)
	return nil
}

// clip shortens a text for a message.
func clip(text []byte) []byte {
	const most = 60
	if len(text) <= most {
		return text
	}
	return append(bytes.ToValidUTF8(text[:most:most], nil), "…"...)
}

func (c *shaping) concat(s *Concat) (step, error) {
	columns, err := c.columns("columns", s.Columns)
	if err != nil {
		return nil, err
	}
	if err := c.add(c.shaped.header.Names, s.Into); err != nil {
		return nil, err
	}
	c.say("%s joined as %s", strings.Join(s.Columns, ", "), s.Into)
	return &joining{columns: columns, separator: s.Separator}, nil
}

type joining struct {
	columns   []int
	separator string
	cells     []record.Cell
	text      []byte
}

func (j *joining) apply(_ *shaped, in row, yield func(row)) error {
	made := record.Cell{Kind: record.Text}
	j.text = j.text[:0]
	for i, column := range j.columns {
		cell := in.cells[column]
		if cell.IsNull() {
			made.Kind = record.Null
			break
		}
		if i > 0 {
			j.text = append(j.text, j.separator...)
		}
		text := cell.Text
		if cell.Kind == record.DateTime {
			// A workbook's date has a time only where it is not midnight.
			text = bytes.TrimSuffix(text, []byte("T00:00:00"))
		}
		j.text = append(j.text, text...)
		if cell.Kind == record.Error {
			made.Kind = record.Error
		}
	}
	if made.Kind != record.Null {
		made.Text = j.text
	}
	j.cells = append(append(j.cells[:0], in.cells...), made)
	in.cells = j.cells
	yield(in)
	return nil
}

func (c *shaping) lookup(l *Lookup) (step, error) {
	column, err := c.column("column", l.Column)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Table.File == "":
		return nil, c.refuse("table: {file: data/codes.csv}", "table names no file")
	case l.Key == "" || len(l.Take) == 0:
		return nil, c.refuse("key: code, take: [label]", "key and take have to name columns of %s", l.Table.File)
	case l.Miss != "" && l.Miss != "reject" && l.Miss != "empty":
		return nil, c.refuse("miss is reject or empty", "miss %q is not possible", l.Miss)
	case l.Into != nil && len(l.Into) != len(l.Take):
		return nil, c.refuse("into has a name for each column of take, in its order", "take has %d columns and into %d", len(l.Take), len(l.Into))
	}
	out := &lookingUp{column: column, name: l.Column, file: l.Table.File, empty: l.Miss == "empty", rows: map[string][]record.Cell{}}
	err = EachRow(c.ctx, c.dir, l.Table, append([]string{l.Key}, l.Take...), func(at int, cells []record.Cell) error {
		if cells[0].IsNull() {
			return nil
		}
		key := string(cells[0].Text)
		if _, ok := out.rows[key]; ok {
			f := finding.New(finding.MappingLookup, finding.Location{File: l.Table.File, Row: at, Column: l.Key}, "%q stands in an earlier row, too", key)
			return format.Misdeclared(f.WithHint("keep one of the rows"))
		}
		kept := make([]record.Cell, 0, len(l.Take))
		for _, cell := range cells[1:] {
			kept = append(kept, record.Cell{Text: bytes.Clone(cell.Text), Kind: cell.Kind})
		}
		out.rows[key] = kept
		out.keys = append(out.keys, key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	into := l.Into
	if into == nil {
		into = l.Take
	}
	out.none = make([]record.Cell, len(into))
	if err := c.add(c.shaped.header.Names, into...); err != nil {
		return nil, err
	}
	c.say("%s looked up in %s", l.Column, l.Table.File)
	return out, nil
}

type lookingUp struct {
	column int
	name   string
	file   string
	empty  bool
	rows   map[string][]record.Cell
	keys   []string
	none   []record.Cell
	cells  []record.Cell
}

func (l *lookingUp) apply(t *shaped, in row, yield func(row)) error {
	cell := in.cells[l.column]
	found, ok := l.rows[string(cell.Text)]
	if !ok || cell.IsNull() {
		found = l.none
	}
	if !ok && !cell.IsNull() && !l.empty && !in.lost() {
		f := finding.New(finding.CellLookup, t.at(in.part, l.name), "%q is not in the look-up table %s", clip(cell.Text), l.file)
		if near := finding.Nearest(string(cell.Text), l.keys); near != "" {
			f = f.WithHint("did you mean %q? Else correct the cell, add it to the table, or set miss: empty", near)
		} else {
			f = f.WithHint("correct the cell, add it to the table, or set miss: empty")
		}
		in.fault = &f
	}
	l.cells = append(append(l.cells[:0], in.cells...), found...)
	in.cells = l.cells
	yield(in)
	return nil
}

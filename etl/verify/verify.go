// Package verify owns the reconciliation of what a source says with what a
// broker holds: rows, entities of each type, and the sum of each measure in the
// units of the source. It reads the source by itself, without the Plan that the
// run used, and adds up numbers its own way. Every difference is explained by the
// run's own record (rows filtered, rejected or merged), or is an error.
package verify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// Flow is one flow of a run as the run recorded it.
type Flow struct {
	Name    string
	Mapping *mapping.Mapping
	// Spec is the source and Dir what its path is relative to.
	Spec source.Spec
	Dir  string
	// Rows is how many rows the run read.
	Rows int64
	// Lost gives what the run recorded of an entity that is not in the broker as
	// its row stands: "filtered", "rejected" or "merged", else "". definition is
	// the number of the mapping's entity.
	Lost func(row int64, definition int) string
	// Expand gives the IRI of a term of the mapping.
	Expand func(term string) string
}

// Check is one comparison. Its numbers are decimal text.
type Check struct {
	// Flow is the source's file.
	Flow string `json:"flow"`
	// What is compared, such as "entities" or "sum of consommationEnergie (MWH)".
	What string `json:"what"`
	// Subject is the source of rows, or the entity type.
	Subject string `json:"subject"`
	// Source is what the source says, of which the run's record explains
	// Filtered, Rejected and Merged; Expected is what remains.
	Source   string `json:"source"`
	Filtered string `json:"filtered"`
	Rejected string `json:"rejected"`
	Merged   string `json:"merged"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	OK       bool   `json:"ok"`
	// Note says why a measure is not compared.
	Note string `json:"note,omitempty"`
}

// Explained says what the run's record explains of the difference between
// Source and Found, such as "2 rejected, 1 merged".
func (c *Check) Explained() string {
	if c.Note != "" {
		return c.Note
	}
	var parts []string
	for _, part := range []struct{ amount, word string }{{c.Filtered, "filtered"}, {c.Rejected, "rejected"}, {c.Merged, "merged"}} {
		if part.amount != "" && part.amount != "0" {
			parts = append(parts, part.amount+" "+part.word)
		}
	}
	return strings.Join(parts, ", ")
}

// Result is all comparisons of a run, and a finding for each that fails.
type Result struct {
	Checks   []Check           `json:"checks"`
	Findings []finding.Finding `json:"findings"`
}

// Run compares the flows of a run with the broker. The error is of the system:
// a source that cannot be read, a broker that does not answer.
func Run(ctx context.Context, c *client.Client, flows []Flow) (*Result, error) {
	var r Result
	var subjects []*subject
	own := make([][]*subject, len(flows))
	flowsOf := map[string]int{} // by type
	for i := range flows {
		own[i] = flows[i].subjects()
		types := map[string]bool{}
		for _, s := range own[i] {
			if !types[s.iri] {
				types[s.iri] = true
				flowsOf[s.iri]++
			}
		}
	}
	var several *said
	defer func() { several.close() }()
	for i := range flows {
		for _, s := range own[i] {
			s.shared = flowsOf[s.iri] > 1
			if s.shared && several == nil {
				var err error
				if several, err = newSaid(); err != nil {
					return nil, err
				}
			}
		}
		rows, err := flows[i].read(ctx, own[i], several)
		if err != nil {
			return nil, err
		}
		r.rows(&flows[i], rows)
		subjects = join(subjects, own[i])
	}
	for _, s := range subjects {
		s.settle()
		if err := r.compare(ctx, c, s); err != nil {
			return nil, err
		}
	}
	return &r, nil
}

// subject is an entity type: how many entities of it there should be, which, and
// what their measures should add up to.
type subject struct {
	name, iri  string
	flow       string // the source, for messages
	definition int
	parts      []mapping.IDPart
	count      amount
	// ids is the sum of the hashes of the ids, where no id is unknown.
	ids     uint64
	unknown bool
	// shared says that other flows make entities of the type too: of these no id
	// counts twice.
	shared   bool
	measures []*measure
}

// measure is an attribute, or a sub-attribute, whose values are added up: those
// of all instances with one datasetId.
type measure struct {
	amount
	mapping.Measure
	path   []string // Attribute as IRIs
	key    uint64   // of the path and the datasetId
	column int
	needs  [][]int // the columns of Needs
	back   unit.Conversion
	// note says why the measure is not compared, or is empty.
	note string
	// silent says that it is no measure at all, and stands here so that its
	// instances are told from those of others.
	silent bool
	// history says that merged rows stay visible as instances.
	history bool
}

// amount is a sum over the rows of a source, by what became of them.
type amount struct {
	total, filtered, rejected, merged big.Rat
	// size is the sum of magnitudes: what rounding is measured against.
	size big.Rat
}

func (a *amount) add(value *big.Rat, outcome string) {
	a.total.Add(&a.total, value)
	a.size.Add(&a.size, new(big.Rat).Abs(value))
	switch outcome {
	case "filtered":
		a.filtered.Add(&a.filtered, value)
	case "rejected":
		a.rejected.Add(&a.rejected, value)
	case "merged":
		a.merged.Add(&a.merged, value)
	}
}

// expected is what should be in the broker.
func (a *amount) expected() *big.Rat {
	e := new(big.Rat).Sub(&a.total, &a.filtered)
	e.Sub(e, &a.rejected)
	return e.Sub(e, &a.merged)
}

func (a *amount) join(b *amount) {
	a.total.Add(&a.total, &b.total)
	a.filtered.Add(&a.filtered, &b.filtered)
	a.rejected.Add(&a.rejected, &b.rejected)
	a.merged.Add(&a.merged, &b.merged)
	a.size.Add(&a.size, &b.size)
}

// subjects gives what the mapping of a flow says there is to compare: a subject
// for each type of each of its entity definitions.
func (f *Flow) subjects() []*subject {
	var list []*subject
	measures := f.Mapping.Measures()
	for i, d := range f.Mapping.Definitions() {
		for _, t := range d.Types {
			s := &subject{name: t, iri: f.Expand(t), flow: f.Spec.Name(), definition: i, parts: d.ID, unknown: d.ID == nil}
			for _, m := range measures {
				if m.Entity == i {
					s.measures = append(s.measures, f.measure(m, d.Merge == mapping.MergeHistory))
				}
			}
			list = append(list, s)
		}
	}
	return list
}

func (f *Flow) measure(m mapping.Measure, history bool) *measure {
	one := &measure{Measure: m, history: history, silent: m.Column == ""}
	for _, name := range m.Attribute {
		one.path = append(one.path, f.Expand(name))
	}
	one.key = hashOf(fmt.Sprintf("%q %q %t", one.path, m.DatasetID, m.AnyDatasetID))
	switch {
	case m.Column == "" && m.Constant == "":
		one.note = "some of its values are made otherwise"
	case m.Looked:
		one.note = "the cells go through a look-up table"
	case m.Conditional:
		one.note = "a condition (when) leaves some values out"
	case m.From != "":
		var err error
		if one.back, err = unit.Convert(m.To, m.From); err != nil {
			one.note = err.Error()
		}
	}
	return one
}

// join puts what several definitions and flows say of one type and measure
// together: the broker's sum is over all entities of the type, and over all
// instances of the attribute.
func join(all, more []*subject) []*subject {
	for _, s := range more {
		measures := s.measures
		s.measures = nil
		at := slices.IndexFunc(all, func(o *subject) bool { return o.iri == s.iri })
		if at < 0 {
			at = len(all)
			all = append(all, s)
		} else {
			same := all[at]
			same.count.join(&s.count)
			same.ids += s.ids
			same.unknown = same.unknown || s.unknown
			same.shared = same.shared || s.shared
		}
		for _, m := range measures {
			all[at].add(m)
		}
	}
	return all
}

func (s *subject) add(m *measure) {
	i := slices.IndexFunc(s.measures, func(o *measure) bool { return o.key == m.key })
	if i < 0 {
		s.measures = append(s.measures, m)
		return
	}
	same := s.measures[i]
	if same.silent && !m.silent {
		same, m = m, same
		s.measures[i] = same
	}
	same.join(&m.amount)
	same.history = same.history || m.history
	same.note = cmp.Or(same.note, m.note)
	if same.From != m.From || same.To != m.To {
		same.note = cmp.Or(same.note, "it is made of columns in several units ("+strings.Join(slices.Compact([]string{unitName(same.From), unitName(m.From)}), ", ")+")")
	}
}

// settle leaves out the attributes that have no measure.
func (s *subject) settle() {
	s.measures = slices.DeleteFunc(s.measures, func(m *measure) bool {
		return m.silent && !slices.ContainsFunc(s.measures, func(o *measure) bool { return !o.silent && slices.Equal(o.path, m.path) })
	})
}

func unitName(code string) string { return cmp.Or(code, "none") }

// read adds up the source of a flow, and gives how many rows it has.
func (f *Flow) read(ctx context.Context, subjects []*subject, several *said) (int64, error) {
	src, err := source.Open(ctx, f.Dir, f.Spec)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	makers := make([]*idMaker, len(subjects))
	for i, s := range subjects {
		if !s.unknown {
			makers[i] = newIDMaker(s.parts, src.Header())
		}
		for _, m := range s.measures {
			m.find(src.Header())
		}
	}
	rows := int64(0)
	var batch record.Batch
	for {
		batch.Reset()
		err := src.Next(ctx, &batch)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		for i := range batch.Records {
			r := &batch.Records[i]
			rows++
			for j, s := range subjects {
				if err := s.row(src, r, f.Lost(int64(r.Row), s.definition), makers[j], several); err != nil {
					return rows, err
				}
			}
		}
	}
}

var one = big.NewRat(1, 1)

// row adds what one row says.
func (s *subject) row(src source.Source, r *record.Record, outcome string, maker *idMaker, several *said) error {
	id, again := uint64(0), false
	if outcome == "" && maker != nil {
		text, ok := maker.id(r)
		if !ok {
			s.unknown = true
		}
		id = hashOf(text)
		if s.shared {
			first, err := several.first(hashOf(s.iri), id)
			if err != nil {
				return err
			}
			again = !first
		}
	}
	counts := outcome
	if again {
		counts = "merged" // with what an earlier flow made
	} else {
		s.ids += id
	}
	s.count.add(one, counts)
	for _, m := range s.measures {
		if m.note != "" {
			continue
		}
		value, ok := m.value(src, r)
		if !ok {
			continue
		}
		if m.history && outcome == "merged" {
			m.add(value, "") // it is an instance of its own
			continue
		}
		m.add(value, outcome)
		switch {
		case !s.shared || outcome != "":
		case s.unknown:
			m.note = "several flows make this type, and their ids are not made of cells alone"
		case m.history || m.AnyDatasetID:
			if again {
				m.note = "several flows say it of the same entities, each of several times"
			}
		default:
			old, err := several.put(hashOf(s.iri)^m.key, id, value)
			if err != nil {
				return err
			}
			if old != nil {
				m.merged.Add(&m.merged, old) // the later flow's value stands
			}
		}
	}
	return nil
}

// find looks up the columns of a measure.
func (m *measure) find(header *record.Header) {
	m.column = header.Index(m.Column)
	for _, need := range m.Needs {
		var columns []int
		for _, name := range need.Columns {
			columns = append(columns, header.Index(name))
		}
		m.needs = append(m.needs, columns)
	}
}

// plainNulls are what people write where a number or a date is missing.
var plainNulls = []string{"-", "--", "–", "—", "na", "nan", "n/a", "n.a.", "null"}

// empty says whether a cell has no value.
func empty(r *record.Record, column int, nulls []string, plain bool) bool {
	if column < 0 || column >= len(r.Cells) {
		return true
	}
	cell := r.Cells[column]
	text := strings.TrimSpace(string(cell.Text))
	return cell.IsNull() || text == "" || slices.Contains(nulls, text) || plain && cell.Kind == record.Text && slices.Contains(plainNulls, strings.ToLower(text))
}

// value gives the value of one row in source units, false where it has none. A
// cell that is no number has none either: where the run did not lose its row, the
// sum is off, and that is found.
func (m *measure) value(src source.Source, r *record.Record) (*big.Rat, bool) {
	for i, need := range m.Needs {
		if slices.ContainsFunc(m.needs[i], func(column int) bool { return empty(r, column, need.Nulls, need.PlainNulls) }) {
			return nil, false
		}
	}
	if m.Column == "" {
		return new(big.Rat).SetString(m.Constant)
	}
	if empty(r, m.column, m.Nulls, m.PlainNulls) {
		if m.Default == "" {
			return nil, false
		}
		// It is in the terms of the result.
		inSource, err := m.inSourceUnits(m.Default)
		if err != nil {
			return nil, false
		}
		return new(big.Rat).SetString(inSource)
	}
	cell := r.Cells[m.column]
	text := strings.TrimSpace(string(cell.Text))
	if cell.Kind != record.Text {
		return new(big.Rat).SetString(text)
	}
	text = plain(text, cmp.Or(m.Decimal, string(src.Dialect().Decimal())), cmp.Or(m.Thousands, src.Dialect().Thousands()))
	if value, ok := new(big.Rat).SetString(text); ok {
		return value, true
	}
	return m.withUnit(text)
}

// withUnit reads a number with its unit behind it, such as "12 kWh" or "12.5%", in
// the unit that the mapping says the cells have.
func (m *measure) withUnit(text string) (*big.Rat, bool) {
	number, suffix := unit.Split([]byte(text))
	u, known := unit.Parse(string(suffix))
	if !known || m.From == "" {
		return nil, false
	}
	conversion, err := unit.Convert(u.Code, m.From)
	if err != nil {
		return nil, false
	}
	inUnit, err := conversion.Append(nil, bytes.TrimSpace(number))
	if err != nil {
		return nil, false
	}
	return new(big.Rat).SetString(string(inUnit))
}

// plain writes a number of a text cell with a decimal point. A blank stands for
// no-break blanks too, and an apostrophe for the typographic one.
func plain(text, decimal, thousands string) string {
	if strings.ContainsAny(thousands, " \u00a0\u202f") {
		thousands += " \u00a0\u202f"
	}
	if strings.ContainsAny(thousands, "'’") {
		thousands += "'’"
	}
	text = strings.Map(func(c rune) rune {
		if strings.ContainsRune(thousands, c) {
			return -1
		}
		return c
	}, text)
	if decimal == "," {
		text = strings.Replace(text, ",", ".", 1)
	}
	return text
}

// rows compares how many rows the source has with how many the run read.
func (r *Result) rows(f *Flow, rows int64) {
	check := Check{Flow: f.Spec.Name(), What: "rows", Subject: f.Spec.Name(), Source: strconv.FormatInt(rows, 10),
		Expected: strconv.FormatInt(f.Rows, 10), Found: strconv.FormatInt(f.Rows, 10), OK: rows == f.Rows}
	if !check.OK {
		r.fail(finding.New(finding.VerifySource, finding.Location{File: f.Spec.Name()}, "the source has %d rows now, and the run read %d", rows, f.Rows).
			WithHint("the file changed since the run: run it again"))
	}
	r.Checks = append(r.Checks, check)
}

func (r *Result) fail(f finding.Finding) { r.Findings = append(r.Findings, f) }

// compare holds one entity type against the broker.
func (r *Result) compare(ctx context.Context, c *client.Client, s *subject) error {
	found := new(big.Rat)
	ids := uint64(0)
	sums := make([]big.Rat, len(s.measures))
	for e, err := range c.Entities(ctx, client.Query{Types: []string{s.iri}}) {
		if err != nil {
			return err
		}
		found.Add(found, one)
		ids += hashOf(e.ID)
		for i, m := range s.measures {
			if i > 0 && slices.ContainsFunc(s.measures[:i], func(o *measure) bool { return slices.Equal(o.path, m.path) }) {
				continue // all measures of one path are summed at once
			}
			if err := s.sum(sums, e.Attributes, m.path, m.path); err != nil {
				r.fail(finding.New(finding.VerifySum, finding.Location{Entity: e.ID}, "the broker's %s is no number: %v", strings.Join(m.Attribute, "."), err))
			}
		}
	}
	check := s.count.check(s.flow, "entities", s.name, found, found.Cmp(s.count.expected()) == 0)
	switch {
	case s.shared && s.unknown:
		check.OK, check.Note = true, "not compared: several flows make this type, and their ids are not made of cells alone"
	case !check.OK:
		r.fail(finding.New(finding.VerifyCount, finding.Location{File: s.flow}, "the source gives %s entities of type %s, and the broker has %s", check.Expected, s.name, check.Found).
			WithHint("run the use case again; where the broker has more, entities of an earlier run or of another source are in it"))
	case !s.unknown && ids != s.ids:
		check.OK = false
		r.fail(finding.New(finding.VerifyCount, finding.Location{File: s.flow}, "the source and the broker have %s entities of type %s each, but not with the same ids", check.Found, s.name).
			WithHint("entities were removed and others added since the run: run the use case again, and look for entities of another source"))
	}
	r.Checks = append(r.Checks, check)
	for i, m := range s.measures {
		if !m.silent {
			r.Checks = append(r.Checks, r.sum(s, m, &sums[i]))
		}
	}
	return nil
}

// sum compares the sum of one measure.
func (r *Result) sum(s *subject, m *measure, found *big.Rat) Check {
	name := strings.Join(m.Attribute, ".")
	what := "sum of " + name
	if m.DatasetID != "" {
		what += " (" + m.DatasetID + ")"
	}
	if m.From != "" {
		what += " (" + m.From + ")"
	}
	check := m.check(s.flow, what, s.name, found, m.agrees(found))
	if m.note != "" {
		check.OK, check.Note = true, "not compared: "+m.note
		return check
	}
	if !check.OK {
		r.fail(finding.New(finding.VerifySum, finding.Location{File: s.flow, Column: m.Column},
			"the column adds up to %s%s, and %s of the broker's %s to %s", check.Expected, spaced(m.From), name, s.name, check.Found).
			WithHint("look for entities that were changed in the broker since the run, and run the use case again"))
	}
	return check
}

func spaced(code string) string {
	if code == "" {
		return ""
	}
	return " " + code
}

// agrees is exact, but where a unit's factor has no end in decimal: there each
// value may be off by one part in 10^14.
func (m *measure) agrees(found *big.Rat) bool {
	difference := new(big.Rat).Sub(found, m.expected())
	if difference.Sign() == 0 {
		return true
	}
	if m.From == m.To {
		return false
	}
	limit := new(big.Rat).Quo(&m.size, new(big.Rat).SetInt64(1e14))
	return difference.Abs(difference).Cmp(limit) <= 0
}

func (a *amount) check(flow, what, subject string, found *big.Rat, ok bool) Check {
	return Check{Flow: flow, What: what, Subject: subject, Source: decimal(&a.total), Filtered: decimal(&a.filtered), Rejected: decimal(&a.rejected),
		Merged: decimal(&a.merged), Expected: decimal(a.expected()), Found: decimal(found), OK: ok}
}

// A broker answers with short names for the IRIs of the core @context and for
// those of its default vocabulary.
const (
	coreVocab    = "https://uri.etsi.org/ngsi-ld/"
	defaultVocab = coreVocab + "default-context/"
)

// sum adds the values of all instances of an attribute to the sums of its
// measures, in source units. path is what remains of the attribute's whole path.
func (s *subject) sum(sums []big.Rat, attributes []ngsild.Attribute, path, whole []string) error {
	for i := range attributes {
		a := &attributes[i]
		if a.Name != path[0] && defaultVocab+a.Name != path[0] && coreVocab+a.Name != path[0] {
			continue
		}
		if len(path) > 1 {
			if err := s.sum(sums, a.Attributes, path[1:], whole); err != nil {
				return err
			}
			continue
		}
		at := s.measureOf(a, whole)
		m := s.measures[at]
		if m.note == "" && m.history && a.ObservedAt == "" {
			m.note = "without observedAt, only the last row's value stays"
		}
		if m.note != "" || m.silent && m.Constant == "" {
			continue
		}
		text, err := m.inSourceUnits(string(a.Value))
		if err != nil {
			return err
		}
		value, ok := new(big.Rat).SetString(text)
		if !ok {
			return fmt.Errorf("%s", text)
		}
		sums[at].Add(&sums[at], value)
	}
	return nil
}

// measureOf gives the index of the measure that an instance belongs to. One that
// no measure accounts for counts for the first, whose sum is then off.
func (s *subject) measureOf(a *ngsild.Attribute, path []string) int {
	best, rank := -1, 0
	for i, m := range s.measures {
		if !slices.Equal(m.path, path) {
			continue
		}
		fits := 1
		switch {
		case !m.AnyDatasetID && m.DatasetID == a.DatasetID:
			fits = 5
		case m.history && m.DatasetID != "" && a.DatasetID == m.DatasetID+":"+a.ObservedAt:
			fits = 4
		case m.history && m.DatasetID == "" && a.ObservedAt != "" && strings.HasSuffix(a.DatasetID, ":"+a.ObservedAt):
			fits = 3
		case m.AnyDatasetID && a.DatasetID != "":
			fits = 2
		case m.silent:
			continue
		}
		if fits > rank {
			best, rank = i, fits
		}
	}
	return best
}

// inSourceUnits converts a number of the entities.
func (m *measure) inSourceUnits(number string) (string, error) {
	if m.From == m.To || m.note != "" {
		return number, nil
	}
	text, err := m.back.Append(nil, []byte(number))
	return string(text), err
}

// decimal writes a number with as many decimals as it has, at most 12.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(12), "0")
}

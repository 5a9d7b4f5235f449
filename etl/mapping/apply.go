package mapping

import (
	"unsafe"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Outcome is what became of a row. Each row has one, its worst.
type Outcome uint8

// The outcomes of Apply.
const (
	Written  Outcome = iota + 1 // every entity that the row makes was made
	Filtered                    // a condition left the row out; Reason names it
	Rejected                    // Findings say why; the row made nothing
)

// String gives "written", "filtered" or "rejected".
func (o Outcome) String() string {
	switch o {
	case Written:
		return "written"
	case Filtered:
		return "filtered"
	case Rejected:
		return "rejected"
	}
	return "none"
}

// RowResult is what one row became.
type RowResult struct {
	// Row is the row of the sheet or the line of the text file.
	Row     int
	Outcome Outcome
	// Reason says why a row was filtered.
	Reason string
	// Entities are what a written row made, in the order of the mapping.
	Entities []ngsild.Entity
	// Definitions holds, for each of Entities, the index in Plan.Entities of
	// the definition that made it.
	Definitions []int
	// JSON is the text of each of Entities where an Encoder made them, else nil.
	JSON [][]byte
	// Findings say why a row was rejected.
	Findings []finding.Finding
}

// Result is what Apply fills. Everything in it, the texts of its entities
// included, lives until the next Apply or Reset with the same Result: whoever
// keeps an entity longer clones it (strings.Clone, bytes.Clone). Names, units
// and values that are the same for every row belong to the Plan and must not be
// written to. A Result is used by one goroutine at a time.
type Result struct {
	RowResult
	// Empty counts for each column of the header the values that were left out
	// of written rows since the last Reset: an empty cell without a default,
	// or a look-up that misses under miss: omit.
	Empty []int

	mem memory
}

// Reset empties the result and keeps its memory.
func (r *Result) Reset() {
	r.RowResult = RowResult{}
	clear(r.Empty)
	r.mem.reset()
}

// BatchResult is what ApplyBatch fills: one RowResult for each record of the
// batch, in its order. Its contents live until the next ApplyBatch or Reset
// with the same BatchResult; the rules of Result hold.
type BatchResult struct {
	Rows  []RowResult
	Empty []int // as in Result

	mem memory
}

// Reset empties the result and keeps its memory.
func (r *BatchResult) Reset() {
	clear(r.Rows)
	r.Rows = r.Rows[:0]
	clear(r.Empty)
	r.mem.reset()
}

// Apply turns the i-th record of the batch into entities. The batch must have
// the header that the plan was compiled for. It may be called by any number of
// goroutines, each with its own Result, and allocates nothing in the steady
// state but for the findings of rejected rows.
func (p *Plan) Apply(b *record.Batch, i int, out *Result) {
	out.mem.reset()
	out.Empty = p.grown(out.Empty)
	p.row(&out.mem, b, &b.Records[i], &out.RowResult, out.Empty)
}

// ApplyBatch applies the plan to every record of the batch, which may then be
// reset: the result holds nothing of it.
func (p *Plan) ApplyBatch(b *record.Batch, out *BatchResult) {
	out.Reset()
	out.Empty = p.grown(out.Empty)
	for i := range b.Records {
		out.Rows = append(out.Rows, RowResult{})
		p.row(&out.mem, b, &b.Records[i], &out.Rows[len(out.Rows)-1], out.Empty)
	}
}

func (p *Plan) grown(empty []int) []int {
	if len(empty) != len(p.header) {
		return make([]int, len(p.header))
	}
	return empty
}

// memory is what Apply reuses from row to row.
type memory struct {
	// buf holds all text of the entities made since the last reset. It is only
	// ever appended to: where it moves, what was made before keeps the old one.
	buf         []byte
	attributes  [][]ngsild.Attribute // by depth: of entities, of their attributes, …
	entities    []ngsild.Entity
	definitions []int
	texts       []string // types and scopes
	json        [][]byte // of the entities that an encoder made
	times       []span   // of the observedAt that an encoder made
	findings    []finding.Finding
	emptied     []int // columns whose value the current row leaves out
	places      []Place

	// Of the value that is being converted.
	joined, unquoted, first, second, scratch []byte
	machine                                  *machine

	encoder *Encoder // that makes the entities; nil where they are built
	plan    *Plan
	batch   *record.Batch
	record  *record.Record
}

func (x *memory) reset() {
	x.buf = x.buf[:0]
	for i := range x.attributes {
		x.attributes[i] = x.attributes[i][:0]
	}
	x.entities = x.entities[:0]
	x.definitions = x.definitions[:0]
	x.json = x.json[:0]
	x.places = x.places[:0]
	clear(x.times)
	x.texts = x.texts[:0]
	// Findings are few and may be kept by the caller.
	x.findings = nil
	x.plan, x.batch, x.record = nil, nil, nil
}

// between gives a part of what was appended to buf as a string that shares its
// memory. This is the one place where a string is made so: it is sound
// because buf is only appended to until reset, and Result says that its texts
// do not outlive that.
func (x *memory) between(start, end int) string {
	if start == end {
		return ""
	}
	return unsafe.String(&x.buf[start], end-start)
}

func (x *memory) text(start int) string { return x.between(start, len(x.buf)) }

// cell gives the cell of a column. A record may be short only where it has a
// Fault, and then no cell of it is read.
func (x *memory) cell(column int) record.Cell {
	if column < len(x.record.Cells) {
		return x.record.Cells[column]
	}
	return record.Cell{}
}

// reject adds a finding about the current row. column is -1 where it is not
// about one.
func (x *memory) reject(code finding.Code, column int, hint, format string, args ...any) {
	name := ""
	if column >= 0 {
		name = x.plan.header[column]
	}
	f := finding.New(code, x.batch.At(x.record, name), format, args...)
	f.Hint = hint
	for _, g := range x.findings {
		// Several attributes may read one bad cell.
		if g == f {
			return
		}
	}
	x.findings = append(x.findings, f)
}

func (x *memory) cellError(column int) {
	text := x.cell(column).Text
	if len(text) > 0 && text[0] == '#' {
		x.reject(finding.SourceCellError, column, "correct the formula in the workbook", "the cell holds the error %s", clip(text))
		return
	}
	x.reject(finding.SourceCellError, column, "correct the cell; where its formula has no stored value, open the workbook in a spreadsheet program and save it", "the cell holds %s", clip(text))
}

func (x *memory) nullInTemplate(code finding.Code, column int) {
	if code == finding.RowID {
		x.reject(code, column, "fill the cell, or give the template a fallback: {column|UNKNOWN}", "the cell is empty, and the id is made of it")
		return
	}
	x.reject(code, column, "fill the cell, give the template a fallback: {column|UNKNOWN}, or a condition: when", "the cell is empty, and a template uses it")
}

func (x *memory) lookupMiss(t *table, column int, text []byte) {
	where := "the look-up table"
	if t.name != "" {
		where += " " + t.name
	}
	hint := "correct the cell, add it to the table, or set miss: omit, keep or default"
	if near := finding.Nearest(string(text), t.keys); near != "" {
		hint = "did you mean \"" + near + "\"? Else " + hint
	}
	x.reject(finding.CellLookup, column, hint, "%q is not in %s", clip(text), where)
}

// row makes what one record becomes.
func (p *Plan) row(x *memory, b *record.Batch, r *record.Record, out *RowResult, empty []int) {
	x.plan, x.batch, x.record = p, b, r
	x.emptied = x.emptied[:0]
	x.findings = nil
	*out = RowResult{Row: r.Row}
	if r.Fault != nil {
		out.Outcome = Rejected
		out.Findings = []finding.Finding{*r.Fault}
		return
	}
	if r.Left != "" {
		out.Outcome, out.Reason = Filtered, r.Left
		return
	}
	for i := range p.filters {
		f := &p.filters[i]
		if keep, ok := f.keep.holds(x); !ok {
			break
		} else if !keep {
			out.Outcome, out.Reason = Filtered, f.reason
			return
		}
	}
	entities, definitions, json := len(x.entities), len(x.definitions), len(x.json)
	switch {
	case len(x.findings) > 0:
	case x.encoder != nil:
		for i := range x.encoder.entities {
			x.encoder.entities[i].make(x, i)
		}
	default:
		for i := range p.entities {
			p.entities[i].make(x, i)
		}
	}
	switch {
	case len(x.findings) > 0:
		out.Outcome, out.Findings = Rejected, x.findings
		x.entities, x.definitions, x.json = x.entities[:entities], x.definitions[:definitions], x.json[:json]
	case len(x.entities) == entities:
		out.Outcome, out.Reason = Filtered, noEntity
	default:
		out.Outcome = Written
		out.Entities = x.entities[entities:len(x.entities):len(x.entities)]
		out.Definitions = x.definitions[definitions:len(x.definitions):len(x.definitions)]
		out.JSON = x.json[json:len(x.json):len(x.json)]
		for _, column := range x.emptied {
			empty[column]++
		}
	}
}

// noEntity is the reason of a row for which the condition of every entity is
// false.
const noEntity = "no entity applies to the row (when)"

// entity is a compiled entity definition.
type entity struct {
	id         node // appends the JSON string of a URI
	when       *condition
	types      []string
	scopes     []scope
	attributes []attribute
}

type scope struct {
	constant string
	template *template
}

// make adds the entity of the current row, unless its condition is false.
func (e *entity) make(x *memory, definition int) {
	if e.when != nil {
		if holds, ok := e.when.holds(x); !ok || !holds {
			return
		}
	}
	var out ngsild.Entity
	start := len(x.buf)
	var s status
	if x.buf, s = e.id.append(x, x.buf); s == done {
		out.ID = x.unquotedText(start)
	} else {
		x.noID(s)
		x.buf = x.buf[:start]
	}
	first := len(x.texts)
	x.texts = append(x.texts, e.types...)
	out.Types = x.texts[first:len(x.texts):len(x.texts)]
	if len(e.scopes) > 0 {
		first = len(x.texts)
		for i := range e.scopes {
			e.scopes[i].append(x)
		}
		out.Scopes = x.texts[first:len(x.texts):len(x.texts)]
	}
	out.Attributes = x.make(e.attributes, 0)
	x.entities = append(x.entities, out)
	x.definitions = append(x.definitions, definition)
}

// noID rejects the current row because its id could not be made; s says why.
func (x *memory) noID(s status) {
	if s == absent {
		x.reject(finding.RowID, x.emptied[len(x.emptied)-1], "fill the cell", "the cell is empty, and the id is made of it")
	}
}

func (s *scope) append(x *memory) {
	if s.template == nil {
		x.texts = append(x.texts, s.constant)
		return
	}
	start := len(x.buf)
	var result status
	if x.buf, result = s.template.append(x, x.buf); result != done {
		return
	}
	text := x.text(start)
	if !legalScope(text) {
		x.reject(finding.EntityStructure, -1, "a scope is a path such as /Paris/75101, of letters, digits and underscores", "%q is not a scope", clip([]byte(text)))
	}
	x.texts = append(x.texts, text)
}

// unquotedText gives the JSON string at buf[start:], which has no escapes, as a
// text.
func (x *memory) unquotedText(start int) string {
	x.buf = x.buf[:len(x.buf)-1]
	return x.text(start + 1)
}

// attribute is a compiled attribute or sub-attribute.
type attribute struct {
	fixed      ngsild.Attribute // what is the same for every row
	value      node
	observedAt node
	datasetID  node
	when       *condition
	attributes []attribute
	// several says that there are other instances of this name, whose
	// datasetId must differ.
	several bool
}

// make adds the attributes of one entity or attribute, and gives them.
func (x *memory) make(list []attribute, depth int) []ngsild.Attribute {
	if len(list) == 0 {
		return nil
	}
	for len(x.attributes) <= depth {
		x.attributes = append(x.attributes, nil)
	}
	first := len(x.attributes[depth])
	for i := range list {
		x.attribute(&list[i], depth, first)
	}
	made := x.attributes[depth]
	if first == len(made) {
		return nil
	}
	return made[first:len(made):len(made)]
}

func (x *memory) attribute(a *attribute, depth, first int) {
	if a.when != nil {
		if holds, ok := a.when.holds(x); !ok || !holds {
			return
		}
	}
	x.attributes[depth] = append(x.attributes[depth], a.fixed)
	last := len(x.attributes[depth]) - 1
	out := &x.attributes[depth][last]
	if a.value != nil {
		start := len(x.buf)
		var s status
		if x.buf, s = a.value.append(x, x.buf); s != done {
			x.buf = x.buf[:start]
			x.attributes[depth] = x.attributes[depth][:last]
			return
		}
		out.Value = x.buf[start:len(x.buf):len(x.buf)]
	}
	if a.observedAt != nil {
		out.ObservedAt = x.plain(a.observedAt)
	}
	if a.datasetID != nil {
		out.DatasetID = x.plain(a.datasetID)
	}
	if a.several {
		for i := first; i < last; i++ {
			if other := &x.attributes[depth][i]; other.Name == out.Name && other.DatasetID == out.DatasetID {
				x.duplicate(out)
			}
		}
	}
	if len(a.attributes) > 0 {
		out.Attributes = x.make(a.attributes, depth+1)
	}
}

// plain gives the text of a JSON string without escapes that n makes, or "".
func (x *memory) plain(n node) string {
	start := len(x.buf)
	var s status
	if x.buf, s = n.append(x, x.buf); s != done {
		x.buf = x.buf[:start]
		return ""
	}
	return x.unquotedText(start)
}

func (x *memory) duplicate(a *ngsild.Attribute) {
	what := "no datasetId"
	if a.DatasetID != "" {
		what = "the datasetId " + a.DatasetID
	}
	x.reject(finding.EntityDuplicate, -1, "give each instance its own datasetId, or a condition that leaves one", "the row makes two instances of %s with %s", a.Name, what)
}

// legalScope reports whether s is a path of levels (CIM 009 clause 4.18).
func legalScope[T string | []byte](s T) bool {
	level := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '/':
			if i > 0 && level == 0 {
				return false
			}
			level = 0
		case i == 0:
			return false
		case c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' && c != '_' || c > 'z' && c < 0x80:
			return false
		default:
			level++
		}
	}
	return level > 0
}

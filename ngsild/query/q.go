package query

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/ngsild"
)

// Q is a parsed query of the NGSI-LD Query Language (clause 4.9).
type Q struct {
	root node
}

// node is a term or a combination of terms.
type node interface {
	match(e *ngsild.Entity) bool
	expand(term func(string) string) node
}

type (
	and []node
	or  []node
)

// operator of a term. exists and absent stand alone, without a value.
type operator uint8

const (
	exists operator = iota
	absent
	equal
	unequal
	greater
	greaterEq
	less
	lessEq
	pattern
	notPattern
)

// term is one condition: attribute path, operator, values.
type term struct {
	// path holds the attribute, its sub-attribute and so on.
	path []string
	// member is a system or metadata member of the last attribute of the
	// path (observedAt, unitCode, …) or, with an empty path, of the entity.
	member string
	// trail is the path in square brackets into a compound value.
	trail   []string
	op      operator
	values  []literal // several are a list of alternatives; a range is two
	isRange bool
	re      *regexp.Regexp
}

type literalKind uint8

const (
	numberLiteral literalKind = iota
	stringLiteral
	boolLiteral
	timeLiteral // DateTime, Date or Time
	uriLiteral
)

// literal is one value of a term.
type literal struct {
	kind literalKind
	// text is the number as written, the content of the quotes, the URI, the
	// time as written or "true"/"false".
	text string
	// iri is what a string literal expands to, for a VocabProperty.
	iri  string
	when moment
}

// compares says whether the term looks at values.
func (t *term) compares() bool { return t.op > absent }

// maxDepth bounds how deep parentheses may be nested and how long a path may
// be, so that no query exhausts the stack.
const maxDepth = 64

// members are the names that address what an Attribute or Entity carries
// beside its value; they are no attributes and are not expanded.
var members = map[string]bool{
	ngsild.MemberObservedAt: true, ngsild.MemberUnitCode: true, ngsild.MemberDatasetID: true,
	ngsild.MemberCreatedAt: true, ngsild.MemberModifiedAt: true, ngsild.MemberDeletedAt: true,
	ngsild.MemberExpiresAt: true,
}

// elsewhere names the query parameters that select by what is no attribute.
var elsewhere = map[string]string{
	ngsild.MemberID: "id (or idPattern)", ngsild.MemberType: "type", ngsild.MemberScope: "scopeQ",
}

// ownValue holds the members that are an attribute's value; they cannot name a
// sub-attribute (clause 4.5).
var ownValue = map[string]bool{
	ngsild.MemberValue: true, ngsild.MemberObject: true, ngsild.MemberLanguageMap: true, ngsild.MemberVocab: true,
	ngsild.MemberJSON: true, ngsild.MemberValueList: true, ngsild.MemberObjectList: true,
}

// Parse reads a q parameter, already URL-decoded. The error is an *Error.
//
// Beyond the clause it takes !name for entities that lack the attribute, as
// Orion-LD, Scorpio and Stellio do.
func Parse(text string) (*Q, error) {
	p := &parser{text: text}
	root, err := p.alternatives(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) {
		if p.text[p.at] == ')' {
			return nil, p.fault("a closing parenthesis without an opening one")
		}
		return nil, p.fault("%s is not expected here", p.found()).
			hinted("combine conditions with ; (and) or | (or)")
	}
	return &Q{root}, nil
}

// Expand gives the same query with each attribute name, and each string that
// may name a vocabulary term, replaced by what expand gives for it.
func (q *Q) Expand(expand func(term string) string) *Q {
	return &Q{q.root.expand(expand)}
}

// Match says whether the entity fulfils the query.
func (q *Q) Match(e *ngsild.Entity) bool { return q.root.match(e) }

func (n and) match(e *ngsild.Entity) bool {
	for _, c := range n {
		if !c.match(e) {
			return false
		}
	}
	return true
}

func (n or) match(e *ngsild.Entity) bool {
	for _, c := range n {
		if c.match(e) {
			return true
		}
	}
	return false
}

func (n and) expand(f func(string) string) node {
	out := make(and, len(n))
	for i, c := range n {
		out[i] = c.expand(f)
	}
	return out
}

func (n or) expand(f func(string) string) node {
	out := make(or, len(n))
	for i, c := range n {
		out[i] = c.expand(f)
	}
	return out
}

func (t *term) expand(f func(string) string) node {
	c := *t
	c.path = make([]string, len(t.path))
	for i, name := range t.path {
		c.path[i] = f(name)
	}
	c.values = slices.Clone(t.values)
	for i := range c.values {
		if v := &c.values[i]; v.kind == stringLiteral && isName(v.text) {
			v.iri = f(v.text)
		}
	}
	return &c
}

// isName says whether text can be a term.
func isName(text string) bool {
	for i, r := range text {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r) && r != '_') {
			return false
		}
	}
	return text != ""
}

type parser struct {
	text string
	at   int
}

func (p *parser) fault(format string, args ...any) *Error {
	return fault("q", p.text, p.at, format, args...)
}

// found names what stands at the current position.
func (p *parser) found() string {
	if p.at >= len(p.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return "'" + string(r) + "'"
}

func (p *parser) accept(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// alternatives reads terms joined by | over terms joined by ;, which binds
// more tightly.
func (p *parser) alternatives(depth int) (node, *Error) {
	var branches or
	for {
		var all and
		for {
			n, err := p.operand(depth)
			if err != nil {
				return nil, err
			}
			all = append(all, n)
			if !p.accept(";") {
				break
			}
		}
		if len(all) == 1 {
			branches = append(branches, all[0])
		} else {
			branches = append(branches, all)
		}
		if !p.accept("|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return branches, nil
}

func (p *parser) operand(depth int) (node, *Error) {
	open := p.at
	if !p.accept("(") {
		return p.term()
	}
	if depth >= maxDepth {
		return nil, fault("q", p.text, open, "parentheses are nested more than %d deep", maxDepth).hinted("write a simpler query")
	}
	n, err := p.alternatives(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.accept(")") {
		if p.at < len(p.text) {
			return nil, p.fault("%s is not expected here", p.found()).
				hinted("combine conditions with ; (and) or | (or), and close the parenthesis with )")
		}
		return nil, fault("q", p.text, open, "this parenthesis is never closed").hinted("add a )")
	}
	return n, nil
}

func (p *parser) term() (node, *Error) {
	t := &term{}
	if p.accept("!") {
		return t, p.absence(t)
	}
	if err := p.attribute(t); err != nil {
		return nil, err
	}
	switch {
	case p.accept("!~="):
		t.op = notPattern
	case p.accept("~="):
		t.op = pattern
	case p.accept("=="):
		t.op = equal
	case p.accept("!="):
		t.op = unequal
	case p.accept(">="):
		t.op = greaterEq
	case p.accept("<="):
		t.op = lessEq
	case p.accept(">"):
		t.op = greater
	case p.accept("<"):
		t.op = less
	case p.at < len(p.text) && p.text[p.at] == '=':
		return nil, p.fault("a single = is no operator").hinted("write == for equal")
	case p.at < len(p.text) && p.text[p.at] == '!':
		return nil, p.fault("! alone is no operator").hinted("write != for unequal or !~= for not matching a pattern")
	default:
		return t, nil
	}
	if t.op == pattern || t.op == notPattern {
		return t, p.regexp(t)
	}
	return t, p.values(t)
}

// absence reads what stands behind a leading !.
func (p *parser) absence(t *term) *Error {
	t.op = absent
	if strings.HasPrefix(p.text[p.at:], "(") {
		return p.fault("! stands before one attribute name, not before parentheses").hinted("write !a;!b")
	}
	start := p.at
	if err := p.attribute(t); err != nil {
		return err
	}
	if p.at < len(p.text) && strings.IndexByte("=!<>~", p.text[p.at]) >= 0 {
		name := p.text[start:p.at]
		return p.fault("!%s asks that %s is not there, and has no comparison", name, name).
			hinted("write %s!=… for another value", name)
	}
	return nil
}

// attribute reads a.b.c[d.e].
func (p *parser) attribute(t *term) *Error {
	start := p.at
	path, err := p.dotted("an attribute name", p.name)
	if err != nil {
		return err
	}
	if p.at < len(p.text) && p.text[p.at] == '{' {
		return p.fault("a query over linked entities (%s{…}) is not supported", strings.Join(path, ".")).
			hinted("query the linked entities on their own").unsupported()
	}
	if use, ok := elsewhere[path[0]]; ok {
		return fault("q", p.text, start, "%q is no attribute", path[0]).hinted("use the query parameter %s", use)
	}
	if last := path[len(path)-1]; len(path) > 1 && ownValue[last] {
		name := strings.Join(path[:len(path)-1], ".")
		return fault("q", p.text, start, "the value of %s is compared by its name alone", name).
			hinted("write %s without .%s", name, last)
	}
	if last := path[len(path)-1]; members[last] {
		t.member = last
		path = path[:len(path)-1]
	}
	for _, name := range path {
		if members[name] {
			return fault("q", p.text, start, "%q stands before another name, and has no sub-attributes", name)
		}
	}
	t.path = path
	if p.accept("[") {
		if t.member != "" {
			return p.fault("%q has no inner members", t.member).hinted("remove the square brackets")
		}
		if p.accept("*") {
			t.trail = []string{"*"}
		} else if t.trail, err = p.dotted("the name of an inner member", p.memberName); err != nil {
			return err
		}
		if !p.accept("]") {
			return p.fault("%s is not expected inside square brackets", p.found()).hinted("close them with ]")
		}
	}
	return nil
}

// dotted reads names with dots between them.
func (p *parser) dotted(what string, read func() string) ([]string, *Error) {
	var names []string
	for {
		name := read()
		if name == "" {
			return nil, p.fault("%s is expected, and %s is there", what, p.found()).
				hinted(`a condition looks like speed>50 or name=="Rivoli"`)
		}
		names = append(names, name)
		if len(names) > maxDepth {
			return nil, p.fault("a path has more than %d names", maxDepth)
		}
		if !p.accept(".") {
			return names, nil
		}
	}
}

// name reads a term, a prefixed name or an IRI. In an IRI with // a dot belongs
// to the IRI, so its sub-attributes cannot be asked for.
func (p *parser) name() string {
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		first := p.at == start
		switch {
		case unicode.IsLetter(r), r == '_':
		case first:
			return ""
		case unicode.IsNumber(r), r == '-', r == ':', r == '%':
		case (r == '/' || r == '#') && strings.Contains(p.text[start:p.at], ":"):
		case r == '.' && strings.Contains(p.text[start:p.at], "//"):
		default:
			return p.text[start:p.at]
		}
		p.at += n
	}
	return p.text[start:]
}

// memberName reads the name of a member inside a value.
func (p *parser) memberName() string {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(".[]", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[start:p.at]
}

// values reads what stands behind a comparison: one value, a range or a list.
func (p *parser) values(t *term) *Error {
	first, err := p.value()
	if err != nil {
		return err
	}
	t.values = []literal{first}
	single := t.op != equal && t.op != unequal
	switch {
	case strings.HasPrefix(p.text[p.at:], ".."):
		if single {
			return p.fault("a range stands only behind == and !=")
		}
		at := p.at
		p.at += len("..")
		last, err := p.value()
		if err != nil {
			return err
		}
		if first.kind != last.kind || first.kind == boolLiteral || first.kind == uriLiteral {
			return fault("q", p.text, at, "a range needs two numbers, two times or two quoted texts")
		}
		if compareLiterals(first, last) > 0 {
			return fault("q", p.text, at, "the range is empty: %s is more than %s", first.text, last.text).
				hinted("write the smaller one first")
		}
		t.values = append(t.values, last)
		t.isRange = true
	case strings.HasPrefix(p.text[p.at:], ","):
		if single {
			return p.fault("a list of values stands only behind == and !=")
		}
		for p.accept(",") {
			v, err := p.value()
			if err != nil {
				return err
			}
			t.values = append(t.values, v)
		}
	}
	if single && (first.kind == boolLiteral || first.kind == uriLiteral) {
		return p.fault("%s can only be compared with == and !=", first.text)
	}
	return nil
}

// value reads one literal.
func (p *parser) value() (literal, *Error) {
	rest := p.text[p.at:]
	if strings.HasPrefix(rest, `"`) {
		return p.quoted()
	}
	// A date or time starts like a number, so it is looked for first.
	word := rest[:valueLen(rest)]
	if m, ok := parseMoment(word); ok {
		p.at += len(word)
		return literal{kind: timeLiteral, text: word, when: m}, nil
	}
	if n := numberLen(rest); n > 0 && n == len(word) {
		p.at += n
		return literal{kind: numberLiteral, text: word}, nil
	}
	switch {
	case word == "true" || word == "false":
		p.at += len(word)
		return literal{kind: boolLiteral, text: word}, nil
	case word == "":
		return literal{}, p.fault("a value is expected, and %s is there", p.found()).
			hinted(`write a number, a text in double quotes, a DateTime like 2018-12-07T12:00:00Z, true or false`)
	case isURI(word):
		p.at += len(word)
		return literal{kind: uriLiteral, text: word}, nil
	case isName(word):
		return literal{}, p.fault("%q is neither a number, a time, true, false nor a URI", word).
			hinted(`put a text in double quotes: "%s"`, word)
	}
	return literal{}, p.fault("%q is neither a number, a time, true, false nor a URI", word).
		hinted("put a text in double quotes, write a DateTime like 2018-12-07T12:00:00Z with its zone, and a decimal with a point")
}

// valueLen gives the length of the unquoted value at the start of s.
func valueLen(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ';', '|', ')', ',', '"', '(':
			return i
		case '.':
			if strings.HasPrefix(s[i:], "..") {
				return i
			}
		}
	}
	return len(s)
}

// isURI says whether word has a scheme and something after it.
func isURI(word string) bool {
	scheme, rest, ok := strings.Cut(word, ":")
	if !ok || rest == "" || scheme == "" {
		return false
	}
	for i, r := range scheme {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.')) {
			return false
		}
	}
	return !strings.ContainsAny(rest, " \t\n<>\"{}|\\^`")
}

// quoted reads a JSON string.
func (p *parser) quoted() (literal, *Error) {
	rest := p.text[p.at:]
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			text, err := jsontext.AppendUnquote(nil, rest[:i+1])
			if err != nil {
				return literal{}, p.fault("the text in quotes is not a JSON string").
					hinted(`write \" for a quote and \\ for a backslash inside it`)
			}
			p.at += i + 1
			return literal{kind: stringLiteral, text: string(text)}, nil
		}
	}
	return literal{}, p.fault("this double quote is never closed").hinted(`add a " at the end of the text`)
}

// regexp reads a pattern: in quotes, or up to the next ; | or unbalanced )
// outside brackets.
func (p *parser) regexp(t *term) *Error {
	start := p.at
	var source string
	if strings.HasPrefix(p.text[p.at:], `"`) {
		// Inside quotes only the quote is escaped: a backslash belongs to the pattern.
		rest := p.text[p.at+1:]
		end := -1
		for i := 0; i < len(rest); i++ {
			if rest[i] == '\\' {
				i++
			} else if rest[i] == '"' {
				end = i
				break
			}
		}
		if end < 0 {
			return p.fault("this double quote is never closed").hinted(`add a " at the end of the pattern`)
		}
		source = strings.ReplaceAll(rest[:end], `\"`, `"`)
		p.at += end + 2
	} else {
		source = p.text[p.at : p.at+patternLen(p.text[p.at:])]
		p.at += len(source)
	}
	if source == "" {
		return fault("q", p.text, start, "a pattern is expected behind ~=").hinted(`write a regular expression, such as name~="^Rue "`)
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return fault("q", p.text, start, "the pattern %q is no regular expression", source).
			hinted("the syntax is that of RE2: no back references and no look-around")
	}
	t.re = re
	return nil
}

func patternLen(s string) int {
	depth, inClass := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
		case c == '(':
			depth++
		case c == ')':
			if depth == 0 {
				return i
			}
			depth--
		case (c == ';' || c == '|') && depth == 0:
			return i
		}
	}
	return len(s)
}

// moment is a DateTime, a Date or a Time of clause 4.6.3.
type moment struct {
	shape momentShape
	at    time.Time
}

type momentShape uint8

const (
	dateTime momentShape = iota + 1
	date
	clock
)

// parseMoment reads a DateTime (with Z or an offset), a Date or a Time.
func parseMoment(s string) (moment, bool) {
	if len(s) < len("00:00:00Z") || s[0] < '0' || s[0] > '9' {
		return moment{}, false
	}
	switch {
	case len(s) == len(time.DateOnly) && s[4] == '-':
		t, err := time.Parse(time.DateOnly, s)
		return moment{date, t}, err == nil
	case s[2] == ':':
		t, err := time.Parse("15:04:05Z", s)
		return moment{clock, t}, err == nil
	case len(s) > len(time.DateOnly) && s[4] == '-':
		t, err := time.Parse(time.RFC3339Nano, s)
		return moment{dateTime, t}, err == nil
	}
	return moment{}, false
}

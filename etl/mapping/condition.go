package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// condition is a compiled condition. Those made of comparisons and column
// functions alone are evaluated by our own tree, which allocates nothing; the
// virtual machine of expr runs the others. Both use the same compare and
// arithmetic.
type condition struct {
	source  string
	tree    operand // nil: the machine is needed
	program *vm.Program
	columns map[string]int
	number  numberFormat
	// plainNull says that texts such as NA are null for number and date.
	plainNull bool
	formats   map[string]*dateFormat
	regexps   map[string]*regexp.Regexp
}

// scalar is a value in a condition.
type scalar struct {
	kind   scalarKind
	truth  bool
	number float64
	text   []byte
}

type scalarKind uint8

const (
	isNull scalarKind = iota
	isTruth
	isNumber
	isText
)

func (k scalarKind) String() string {
	return [...]string{"nothing", "a truth value", "a number", "a text"}[k]
}

// operand is a node of our own tree.
type operand interface {
	eval(c *condition, x *memory) (scalar, error)
}

// holds evaluates the condition for the current row. ok is false where it
// cannot be, and then the row has a finding.
func (c *condition) holds(x *memory) (truth, ok bool) {
	var v scalar
	var err error
	if c.tree != nil {
		x.scratch = x.scratch[:0]
		v, err = c.tree.eval(c, x)
	} else {
		v, err = c.run(x)
	}
	if err == nil && v.kind != isTruth && v.kind != isNull {
		err = fmt.Errorf("it gives %s, not true or false", v.kind)
	}
	if err != nil {
		var bad *cellFault
		column := -1
		if errors.As(err, &bad) {
			column = bad.column
		}
		x.reject(finding.RowCondition, column, "correct the cell, or the condition in the mapping", "the condition %s cannot be decided: %s", c.source, reason(err))
		return false, false
	}
	return v.truth, true
}

// reason gives the message of an error without the excerpt that expr adds.
func reason(err error) string {
	var bad *cellFault
	if errors.As(err, &bad) {
		return bad.Error()
	}
	var at *file.Error
	if errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}

// cellFault is a cell that a function of a condition cannot read.
type cellFault struct {
	column int
	text   string
	want   string
}

func (f *cellFault) Error() string { return fmt.Sprintf("%q is not %s", f.text, f.want) }

// Names of the operators that conditions get from us, so that null is defined.
// A blank in front keeps them apart from what a user can write.
var nullSafe = map[string]operator{
	"==": opEqual, "!=": opUnequal, "<": opLess, "<=": opAtMost, ">": opMore, ">=": opAtLeast,
	"+": opAdd, "-": opSubtract, "*": opMultiply, "/": opDivide, "%": opRemainder, "in": opIn,
	"contains": opContains, "startsWith": opStartsWith, "endsWith": opEndsWith, "matches": opMatches,
}

type operator uint8

// Arithmetic comes first, then the comparisons, then what works on texts.
const (
	opAdd operator = iota + 1
	opSubtract
	opMultiply
	opDivide
	opRemainder
	opEqual
	opUnequal
	opLess
	opAtMost
	opMore
	opAtLeast
	opIn
	opContains
	opStartsWith
	opEndsWith
	opMatches
)

func (op operator) arithmetic() bool { return op <= opRemainder }
func (op operator) search() bool     { return op >= opContains }

// String gives the operator as it is written.
func (op operator) String() string {
	for name, o := range nullSafe {
		if o == op {
			return name
		}
	}
	return ""
}

// Functions of the language expr that conditions may use beside our own.
var conditionBuiltins = []string{"len", "upper", "lower", "trim", "trimPrefix", "trimSuffix", "replace", "split", "hasPrefix", "hasSuffix", "indexOf", "abs", "floor", "ceil", "round", "min", "max"}

var columnFunctions = []string{"number", "text", "date", "isNull"}

// compileCondition checks and compiles a condition. column gives the index of a
// column or adds a fault.
func compileCondition(source string, number numberFormat, column func(string) int) (*condition, error) {
	c := &condition{source: source, number: number, columns: map[string]int{}, formats: map[string]*dateFormat{}, regexps: map[string]*regexp.Regexp{}}
	v := &conditionVisitor{c: c, column: column}
	options := []expr.Option{
		expr.Env(environment{}), expr.AsBool(), expr.Optimize(false), expr.DisableAllBuiltins(),
	}
	for _, name := range conditionBuiltins {
		options = append(options, expr.EnableBuiltin(name))
	}
	for name, op := range nullSafe {
		operate := func(args ...any) (any, error) { return c.operateAny(op, args[0], args[1]) }
		signature := any(new(func(any, any) bool))
		if op.arithmetic() {
			signature = new(func(any, any) any)
		}
		options = append(options, expr.Function(" "+name, operate, signature))
	}
	// The checker does not look into nodes that a visitor has replaced, so the
	// condition is checked as it was written first.
	program, err := expr.Compile(source, options...)
	if err == nil {
		program, err = expr.Compile(source, append(options, expr.Patch(v))...)
	}
	if v.err != nil {
		return nil, v.err
	}
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return nil, fmt.Errorf("%s, at character %d", at.Message, at.Column+1)
		}
		return nil, err
	}
	c.program = program
	c.tree, err = c.build(program.Node())
	if err != nil && !errors.Is(err, errMachine) {
		return nil, err
	}
	if k := staticKind(c.tree); k == isNumber || k == isText {
		return nil, fmt.Errorf("it gives %s, not true or false", k)
	}
	return c, nil
}

// conditionVisitor replaces operators by ours and collects columns.
type conditionVisitor struct {
	c      *condition
	column func(string) int
	err    error
}

func (v *conditionVisitor) Visit(n *ast.Node) {
	switch e := (*n).(type) {
	case *ast.BinaryNode:
		v.binary(n, e)
	case *ast.CallNode:
		v.call(e)
	}
}

func (v *conditionVisitor) fail(format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, args...)
	}
}

func (v *conditionVisitor) binary(n *ast.Node, e *ast.BinaryNode) {
	if nullSafe[e.Operator] == 0 {
		return
	}
	if e.Operator == "matches" {
		pattern, ok := e.Right.(*ast.StringNode)
		if !ok {
			v.fail("the pattern of matches must be a text in quotes")
			return
		}
		compiled, err := regexp.Compile(pattern.Value)
		if err != nil {
			v.fail("the pattern of matches: %w", err)
			return
		}
		v.c.regexps[pattern.Value] = compiled
	}
	_, leftNil := e.Left.(*ast.NilNode)
	_, rightNil := e.Right.(*ast.NilNode)
	if leftNil || rightNil {
		if e.Operator == "==" || e.Operator == "!=" {
			return // x == nil asks for null
		}
	}
	ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: " " + e.Operator}, Arguments: []ast.Node{e.Left, e.Right}})
}

func (v *conditionVisitor) call(e *ast.CallNode) {
	name, ok := e.Callee.(*ast.IdentifierNode)
	if !ok || !isColumnFunction(name.Value) || len(e.Arguments) == 0 {
		return
	}
	column, ok := e.Arguments[0].(*ast.StringNode)
	if !ok {
		v.fail("%s needs the name of a column in quotes", name.Value)
		return
	}
	if _, seen := v.c.columns[column.Value]; !seen {
		v.c.columns[column.Value] = v.column(column.Value)
	}
	if name.Value != "date" || len(e.Arguments) < 2 {
		return
	}
	format, ok := e.Arguments[1].(*ast.StringNode)
	if !ok {
		v.fail("date needs its format in quotes")
		return
	}
	compiled, err := parseDateFormat(format.Value)
	if err != nil {
		v.fail("%w", err)
		return
	}
	v.c.formats[format.Value] = compiled
}

func isColumnFunction(name string) bool {
	for _, f := range columnFunctions {
		if f == name {
			return true
		}
	}
	return false
}

// read gives the cell of a column by one of the column functions.
func (c *condition) read(x *memory, function, column int, format *dateFormat) (scalar, error) {
	cell := x.cell(column)
	if function == readNull {
		return scalar{kind: isTruth, truth: cell.IsNull()}, nil
	}
	if cell.IsNull() {
		return scalar{}, nil
	}
	if cell.Kind == record.Error {
		return scalar{}, &cellFault{column, clip(cell.Text), "a value but an error"}
	}
	if c.plainNull && function != readText && cell.Kind == record.Text && isNothing(cell.Text) {
		return scalar{}, nil
	}
	switch function {
	case readNumber:
		f := &c.number
		if cell.Kind == record.Number {
			f = &plainNumber
		}
		start := len(x.scratch)
		var ok bool
		if x.scratch, ok = f.append(x.scratch, cell.Text); !ok || cell.Kind > record.Number {
			return scalar{}, &cellFault{column, clip(cell.Text), "a number"}
		}
		n, err := strconv.ParseFloat(string(x.scratch[start:]), 64)
		if err != nil {
			return scalar{}, &cellFault{column, clip(cell.Text), "a number"}
		}
		return scalar{kind: isNumber, number: n}, nil
	case readDate:
		text := trimSpace(cell.Text)
		at, ok := civil{}, false
		if format != nil && cell.Kind != record.DateTime {
			at, ok = format.parse(text)
		} else {
			at, ok = parseISO(text)
		}
		if !ok {
			return scalar{}, &cellFault{column, clip(cell.Text), "a date"}
		}
		start := len(x.scratch)
		x.scratch = appendDate(x.scratch, at.year, at.month, at.day)
		return scalar{kind: isText, text: x.scratch[start:]}, nil
	}
	return scalar{kind: isText, text: cell.Text}, nil
}

const (
	readNumber = iota
	readText
	readDate
	readNull
)

// operate is what the operators mean. Where a side is null, a comparison and a
// search are false, and arithmetic gives null.
func (c *condition) operate(op operator, a, b scalar) (scalar, error) {
	if op.arithmetic() {
		if a.kind == isNull || b.kind == isNull {
			return scalar{}, nil
		}
		if op == opAdd && a.kind == isText && b.kind == isText {
			return scalar{kind: isText, text: append(append([]byte(nil), a.text...), b.text...)}, nil
		}
		if a.kind != isNumber || b.kind != isNumber {
			return scalar{}, fmt.Errorf("%s %s %s cannot be calculated", a.kind, op, b.kind)
		}
		return scalar{kind: isNumber, number: calculate(op, a.number, b.number)}, nil
	}
	if a.kind == isNull || b.kind == isNull {
		return scalar{kind: isTruth}, nil
	}
	if a.kind != b.kind {
		return scalar{}, fmt.Errorf("%s cannot be compared with %s by %s", a.kind, b.kind, op)
	}
	truth := false
	switch {
	case op.search():
		if a.kind != isText {
			return scalar{}, fmt.Errorf("%s works on texts, not on %s", op, a.kind)
		}
		truth = c.search(op, a.text, b.text)
	default:
		order, unordered := 0, false
		switch a.kind {
		case isNumber:
			order = sign(a.number < b.number, a.number > b.number)
			unordered = math.IsNaN(a.number) || math.IsNaN(b.number)
		case isText:
			order = bytes.Compare(a.text, b.text)
		default:
			order = sign(!a.truth && b.truth, a.truth && !b.truth)
		}
		truth = !unordered && ordered(op, order)
	}
	return scalar{kind: isTruth, truth: truth}, nil
}

func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}

func ordered(op operator, order int) bool {
	switch op {
	case opEqual:
		return order == 0
	case opUnequal:
		return order != 0
	case opLess:
		return order < 0
	case opAtMost:
		return order <= 0
	case opMore:
		return order > 0
	}
	return order >= 0
}

func calculate(op operator, a, b float64) float64 {
	switch op {
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	case opDivide:
		return a / b
	}
	return math.Mod(a, b)
}

func (c *condition) search(op operator, a, b []byte) bool {
	switch op {
	case opContains:
		return bytes.Contains(a, b)
	case opStartsWith:
		return bytes.HasPrefix(a, b)
	case opEndsWith:
		return bytes.HasSuffix(a, b)
	}
	return c.regexps[string(b)].Match(a)
}

// Our own tree.

var errMachine = errors.New("the machine is needed")

type literal scalar

func (l literal) eval(*condition, *memory) (scalar, error) { return scalar(l), nil }

type columnRead struct {
	function int
	column   int
	format   *dateFormat
}

func (r *columnRead) eval(c *condition, x *memory) (scalar, error) {
	return c.read(x, r.function, r.column, r.format)
}

type operation struct {
	op   operator
	a, b operand
}

func (o *operation) eval(c *condition, x *memory) (scalar, error) {
	a, err := o.a.eval(c, x)
	if err != nil {
		return a, err
	}
	b, err := o.b.eval(c, x)
	if err != nil {
		return b, err
	}
	return c.operate(o.op, a, b)
}

type among struct {
	a    operand
	list []operand
}

func (o *among) eval(c *condition, x *memory) (scalar, error) {
	a, err := o.a.eval(c, x)
	if err != nil || a.kind == isNull {
		return scalar{kind: isTruth}, err
	}
	for _, e := range o.list {
		b, err := e.eval(c, x)
		if err != nil {
			return b, err
		}
		if v, err := c.operate(opEqual, a, b); err != nil || v.truth {
			return v, err
		}
	}
	return scalar{kind: isTruth}, nil
}

type logic struct {
	and  bool
	a, b operand
}

func (o *logic) eval(c *condition, x *memory) (scalar, error) {
	v, err := truthOf(o.a, c, x)
	if err != nil || v.truth != o.and {
		return v, err
	}
	return truthOf(o.b, c, x)
}

type negation struct{ a operand }

func (o *negation) eval(c *condition, x *memory) (scalar, error) {
	v, err := truthOf(o.a, c, x)
	v.truth = !v.truth
	return v, err
}

// truthOf evaluates an operand of and, or and not.
func truthOf(o operand, c *condition, x *memory) (scalar, error) {
	v, err := o.eval(c, x)
	if err == nil && v.kind != isTruth {
		err = fmt.Errorf("%s is not true or false", v.kind)
	}
	return v, err
}

// nullTest is x == nil or x != nil.
type nullTest struct {
	a      operand
	negate bool
}

func (o *nullTest) eval(c *condition, x *memory) (scalar, error) {
	v, err := o.a.eval(c, x)
	return scalar{kind: isTruth, truth: (v.kind == isNull) != o.negate}, err
}

// build turns the checked and patched syntax tree into ours, or gives
// errMachine where it has something that ours does not know.
func (c *condition) build(n ast.Node) (operand, error) {
	switch e := n.(type) {
	case *ast.BoolNode:
		return literal{kind: isTruth, truth: e.Value}, nil
	case *ast.IntegerNode:
		return literal{kind: isNumber, number: float64(e.Value)}, nil
	case *ast.FloatNode:
		return literal{kind: isNumber, number: e.Value}, nil
	case *ast.StringNode:
		return literal{kind: isText, text: []byte(e.Value)}, nil
	case *ast.UnaryNode:
		return c.buildUnary(e)
	case *ast.BinaryNode:
		return c.buildBinary(e)
	case *ast.CallNode:
		return c.buildCall(e)
	}
	return nil, errMachine
}

func (c *condition) buildUnary(e *ast.UnaryNode) (operand, error) {
	a, err := c.build(e.Node)
	if err != nil {
		return nil, err
	}
	switch e.Operator {
	case "not", "!":
		return &negation{a}, nil
	case "-":
		if l, ok := a.(literal); ok && l.kind == isNumber {
			l.number = -l.number
			return l, nil
		}
	}
	return nil, errMachine
}

func (c *condition) buildBinary(e *ast.BinaryNode) (operand, error) {
	left, right := e.Left, e.Right
	if _, ok := left.(*ast.NilNode); ok {
		left, right = right, left
	}
	a, err := c.build(left)
	if err != nil {
		return nil, err
	}
	if _, ok := right.(*ast.NilNode); ok && (e.Operator == "==" || e.Operator == "!=") {
		return &nullTest{a, e.Operator == "!="}, nil
	}
	b, err := c.build(right)
	if err != nil {
		return nil, err
	}
	switch e.Operator {
	case "and", "&&":
		return &logic{true, a, b}, nil
	case "or", "||":
		return &logic{false, a, b}, nil
	}
	return nil, errMachine
}

func (c *condition) buildCall(e *ast.CallNode) (operand, error) {
	callee, ok := e.Callee.(*ast.IdentifierNode)
	if !ok {
		return nil, errMachine
	}
	for i, f := range columnFunctions {
		if callee.Value != f {
			continue
		}
		read := &columnRead{function: i, column: c.columns[e.Arguments[0].(*ast.StringNode).Value]}
		if len(e.Arguments) > 1 {
			read.format = c.formats[e.Arguments[1].(*ast.StringNode).Value]
		}
		return read, nil
	}
	name, ours := strings.CutPrefix(callee.Value, " ")
	op := nullSafe[name]
	if !ours || op == 0 {
		return nil, errMachine
	}
	a, err := c.build(e.Arguments[0])
	if err != nil {
		return nil, err
	}
	if op == opIn {
		array, ok := e.Arguments[1].(*ast.ArrayNode)
		if !ok {
			return nil, errMachine
		}
		o := &among{a: a}
		for _, n := range array.Nodes {
			b, err := c.build(n)
			if err != nil {
				return nil, err
			}
			if err := sameKind(op, a, b); err != nil {
				return nil, err
			}
			o.list = append(o.list, b)
		}
		return o, nil
	}
	b, err := c.build(e.Arguments[1])
	if err != nil {
		return nil, err
	}
	if op == opAdd && (staticKind(a) == isText || staticKind(b) == isText) {
		return nil, errMachine // texts are joined in new memory
	}
	if !op.arithmetic() {
		if err := sameKind(op, a, b); err != nil {
			return nil, err
		}
	}
	return &operation{op, a, b}, nil
}

// sameKind refuses a comparison of two kinds that are known to differ, such
// as text("Year") == 2024, which could never hold.
func sameKind(op operator, a, b operand) error {
	ka, kb := staticKind(a), staticKind(b)
	if ka == isNull || kb == isNull || ka == kb {
		return nil
	}
	hint := ""
	if r, ok := a.(*columnRead); ok && kb == isNumber && r.function == readText {
		hint = "; read the column with number(…)"
	}
	return fmt.Errorf("%s compares %s with %s%s", op, ka, kb, hint)
}

// staticKind gives the kind that an operand has where it is not null, or isNull
// where that is not known.
func staticKind(o operand) scalarKind {
	switch v := o.(type) {
	case literal:
		return v.kind
	case *columnRead:
		switch v.function {
		case readNumber:
			return isNumber
		case readNull:
			return isTruth
		}
		return isText
	case *operation:
		if v.op.arithmetic() {
			return isNumber
		}
	}
	if _, ok := o.(*operation); ok {
		return isTruth
	}
	return isNull
}

// The machine of expr.

// environment is what a condition may name.
type environment struct {
	Number func(string) (any, error)            `expr:"number"`
	Text   func(string) (any, error)            `expr:"text"`
	Date   func(string, ...string) (any, error) `expr:"date"`
	IsNull func(string) bool                    `expr:"isNull"`
}

// machine is the part of a memory that conditions of the machine need.
type machine struct {
	vm        vm.VM
	env       environment
	condition *condition // that runs, for
	memory    *memory    // this row
}

func (c *condition) run(x *memory) (scalar, error) {
	if x.machine == nil {
		m := &machine{}
		read := func(function int, column string, format ...string) (any, error) {
			var f *dateFormat
			if len(format) > 0 {
				f = m.condition.formats[format[0]]
			}
			v, err := m.condition.read(m.memory, function, m.condition.columns[column], f)
			return v.any(), err
		}
		m.env = environment{
			Number: func(column string) (any, error) { return read(readNumber, column) },
			Text:   func(column string) (any, error) { return read(readText, column) },
			Date:   func(column string, format ...string) (any, error) { return read(readDate, column, format...) },
			IsNull: func(column string) bool { return m.memory.cell(m.condition.columns[column]).IsNull() },
		}
		x.machine = m
	}
	x.scratch = x.scratch[:0]
	x.machine.condition, x.machine.memory = c, x
	out, err := x.machine.vm.Run(c.program, x.machine.env)
	if err != nil {
		return scalar{}, err
	}
	return scalarOf(out)
}

func (v scalar) any() any {
	switch v.kind {
	case isTruth:
		return v.truth
	case isNumber:
		return v.number
	case isText:
		return string(v.text)
	}
	return nil
}

func scalarOf(v any) (scalar, error) {
	switch e := v.(type) {
	case nil:
		return scalar{}, nil
	case bool:
		return scalar{kind: isTruth, truth: e}, nil
	case int:
		return scalar{kind: isNumber, number: float64(e)}, nil
	case float64:
		return scalar{kind: isNumber, number: e}, nil
	case string:
		return scalar{kind: isText, text: []byte(e)}, nil
	}
	return scalar{}, fmt.Errorf("a value of the kind %T cannot be compared", v)
}

// operateAny is operate for the machine.
func (c *condition) operateAny(op operator, a, b any) (any, error) {
	left, err := scalarOf(a)
	if err != nil {
		return nil, err
	}
	if op != opIn {
		right, err := scalarOf(b)
		if err != nil {
			return nil, err
		}
		v, err := c.operate(op, left, right)
		return v.any(), err
	}
	var list []any
	switch e := b.(type) {
	case []any:
		list = e
	case []int:
		for _, n := range e {
			list = append(list, n)
		}
	case []string:
		for _, s := range e {
			list = append(list, s)
		}
	case nil:
	default:
		return nil, fmt.Errorf("in needs a list, not %T", b)
	}
	for _, e := range list {
		v, err := c.operateAny(opEqual, left.any(), e)
		if err != nil || v == true {
			return v, err
		}
	}
	return false, nil
}

package etl

import (
	"context"
	"encoding/binary"
	stdcsv "encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// trap is a small file with something in it that a plain reader gets wrong.
type trap struct {
	name string
	data string
	// source are keys under source, attributes those of the entity; the number n of
	// the column v where it is empty.
	source, attributes string
	// want is what becomes of the file, see trapOutcome.
	want string
	off  off
}

// off is how the rule is switched off: by other keys under source or another
// mapping. Where a rule cannot be, the file goes through readers of the standard
// library, which do not have it; delimiter is then theirs.
type off struct {
	source, attributes string
	delimiter          rune
}

const (
	numbers = `n: {value: {column: v, as: number}}`
	texts   = `name: {value: {column: v}}`
)

func dates(as string) string {
	if as == "datetime" {
		as += ", timezone: Europe/Paris"
	}
	return `n: {value: {column: v, as: ` + as + `}}`
}

// encoded gives a text in an encoding of one byte a character.
func encoded(m *charmap.Charmap, text string) string {
	out, err := m.NewEncoder().String(text)
	if err != nil {
		panic(err) // a mistake in this table
	}
	return out
}

func utf16Text(order binary.AppendByteOrder, text string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

const western = "id;v\na;Électricité à Île-de-France\nb;où, façade, Noël, ça\n"

const westernWant = `a name="Électricité à Île-de-France" | b name="où, façade, Noël, ça"`

var traps = []trap{
	{"utf-8", western, "", texts, westernWant, off{source: "encoding: windows-1252"}},
	{"utf-8-bom", "\ufeffid;v\na;1\n", "", "", "a n=1", off{delimiter: ';'}},
	{"utf-16-bom", utf16Text(binary.LittleEndian, "\ufeff"+western), "", texts, westernWant, off{source: "encoding: utf-8"}},
	{"utf-16", utf16Text(binary.BigEndian, western), "", texts, westernWant, off{source: "encoding: utf-8"}},
	{"windows-1252", encoded(charmap.Windows1252, western), "", texts, westernWant, off{source: "encoding: cp850"}},
	{"iso-8859-15", encoded(charmap.ISO8859_15, "id;v\na;cœur de ville\nb;100 € été\n"), "", texts, `a name="cœur de ville" | b name="100 € été"`, off{source: "encoding: windows-1252"}},
	{"cp850", encoded(charmap.CodePage850, western), "", texts, westernWant, off{source: "encoding: windows-1252"}},
	{"cp437", encoded(charmap.CodePage437, "id;v\na;café 25¢\nb;ñandú\n"), "", texts, `a name="café 25¢" | b name="ñandú"`, off{source: "encoding: cp850"}},
	{"encoding-unsure", "id;v\na;\xa4\nb;\xd0\n", "", texts, `a name="€" | b name="Ð" | source-unsure`, off{source: "encoding: windows-1252"}},
	{"encoding-declared-wrong", "id;v\na;caf\xe9\n", "encoding: utf-8", texts, "refused source-encoding", off{source: "encoding: windows-1252"}},
	{"line-ends-cr", "id;v\ra;1\rb;2\r", "", "", "a n=1 | b n=2", off{delimiter: ';'}},
	{"line-ends-mixed", "id;v\r\na;1\nb;2\rc;3\r\n", "", "", "a n=1 | b n=2 | c n=3", off{delimiter: ';'}},
	{"sep-line", "sep=|\r\nid|v\r\na|1\r\n", "", "", "a n=1", off{delimiter: '|'}},
	{"preamble", "Report of the city\n\nid;v;w\na;1;x\nb;2;x\n", "", "", "a n=1 | b n=2 | source-unsure", off{source: "header: 1"}},
	{"footer", "id;v;w\na;1;x\nb;2;x\nSource: the city\n", "", "", "a n=1 | b n=2 | source-unsure", off{source: "footer: 0"}},
	{"total", "id;v\na;1\nb;2\nTotal;3\n", "", "", "Total n=3 | a n=1 | b n=2 | source-summary", off{source: "footer: 1"}},
	{"header-rows", ";Power;;Gas;\nid;use;cost;use;cost\na;1;2;3;4\n", "", `n: {value: {column: "Gas / use", as: number}}`, "a n=3 | source-unsure", off{source: "header: 2"}},
	{"names-repeated", "id;v;v\na;1;2\n", "", "", "refused source-duplicate-column", off{attributes: `n: {value: {column: "v#2", as: number}}`}},
	{"trailing-delimiter", "id;v\na;1;\nb;2;\n", "", "", "a n=1 | b n=2", off{delimiter: ';'}},
	{"ragged", "id;v;w\na;1;x\nb;2\nc;3;x\n", "", "", "a n=1 | c n=3 | source-ragged", off{delimiter: ';'}},
	{"header-short", "v;w\na;1;2\nb;3;4\n", "", "", "refused source-header", off{source: "header: 1, columns: [id, v, w]"}},
	{"line-break-in-cell", "id;v\na;\"one\r\ntwo\"\nb;x\n", "", texts, `a name="one\ntwo" | b name="x"`, off{source: "quote: none"}},
	{"quote-open", "id;v\na;\"one\nb;two\n", "", texts, `b name="two" | source-quote`, off{source: "quote: none"}},
	{"text-formula", "id;v\na;=\"0123\"\n", "", texts, `a name="0123"`, off{delimiter: ';'}},
	{"tables", "id;v\na;1\nb;2\n\nid;w;v\nc;x;3\n", "", "", "a n=1 | b n=2 | source-tables", off{source: "table: 0"}},
	{"table-declared", "id;v\na;1\nb;2\n\nid;w;v\nc;x;3\n", "table: w", "", "c n=3", off{}},
	{"header-again", "id;v\na;1\n\nid;v\nb;2\n", "", "", "a n=1 | b n=2 | source-unsure", off{source: "table: 0"}},
	{"blank-lines", "\nid;v\n;\na;1\n\n;\nb;2\n\n", "", "", "a n=1 | b n=2", off{delimiter: ';'}},
	{"no-header", "a;1,5\nb;2,5\n", "", `n: {value: {column: column 2, as: number}}`, "refused source-missing-column source-unsure", off{source: "columns: [id, column 2]"}},
	{"no-header-rows", "a;1,5\nb;2,5\n", "columns: [id, v]", "", "a n=1.5 | b n=2.5", off{source: "columns: [id, v], header: 1"}},

	{"column-missing", "id;w\na;1\n", "", "", "refused source-missing-column", off{attributes: `n: {value: {column: w, as: number}}`}},

	{"decimal-comma", "id;v\na;12,5\n", "", "", "a n=12.5", off{source: `decimal: "."`}},
	{"decimal-declared-wrong", "id;v\na;12,5\n", `decimal: "."`, "", "cell-number source-unsure", off{source: `decimal: ","`}},
	{"decimal-unsure", "id;v\na;1,234\n", "", "", "cell-number source-unsure", off{source: `decimal: ","`}},
	{"decimal-point-unsure", "id;v\na;1.234\n", "", "", "a n=1.234 | source-unsure", off{source: `decimal: ",", thousands: "."`}},
	{"thousands-space", "id;v\na;1 234,5\n", "", "", "a n=1234.5", off{source: `thousands: "'"`}},
	{"thousands-no-break", "id;v\na;1\u00a0234,5\n", "", "", "a n=1234.5", off{source: `thousands: "'"`}},
	{"thousands-narrow", "id;v\na;1\u202f234\u202f567\n", "", "", "a n=1234567", off{source: `thousands: "'"`}},
	{"thousands-apostrophe", "id;v\na;1'234.5\nb;1’234.5\n", "", "", "a n=1234.5 | b n=1234.5", off{source: `thousands: " "`}},
	{"thousands-point", "id;v\na;1.234,5\n", "", "", "a n=1234.5", off{source: `thousands: " "`}},
	{"exponent", "id;v\na;8,911819e+01\n", "", "", "a n=89.11819", off{source: `decimal: "."`}},
	{"percent", "id;v\na;12,5 %\n", "", `n: {value: {column: v, unit: {from: P1, to: C62}}}`, "a n=0.125", off{attributes: numbers}},
	{"unit-in-cell", "id;v\na;12 kWh\nb;1,5 MWh\n", "", `n: {value: {column: v, unit: KWH}}`, "a n=12 | b n=1500", off{attributes: numbers}},
	{"unit-of-another-kind", "id;v\na;12 m³\n", "", `n: {value: {column: v, unit: KWH}}`, "cell-unit", off{attributes: `n: {value: {column: v, unit: MTQ}}`}},
	{"nulls", "id;v\na;NA\nb;NaN\nc;-\nd;n/a\ne;5\n", "", "", "a | b | c | d | e n=5", off{source: "nulls: [x]"}},
	{"nulls-in-texts", "id;v\na;NA\nb;-\n", "", texts, `a name="NA" | b name="-"`, off{source: "nulls: [NA]"}},
	{"nulls-declared", "id;v\na;-999\nb;5\n", "nulls: [-999]", "", "a | b n=5", off{}},
	{"leading-zeros", "id;v\na;01001\n", "", texts, `a name="01001"`, off{attributes: numbers}},
	{"day-first", "id;v\na;01/02/2024\nb;31/12/2023\n", "", dates("date"), `a n="2024-02-01" | b n="2023-12-31" | source-date-order`, off{attributes: `n: {value: {column: v, as: date, format: MM/DD/YYYY}}`}},
	{"month-first", "id;v\na;01/02/2024\nb;12/31/2023\n", "", dates("date"), `a n="2024-01-02" | b n="2023-12-31" | source-date-order`, off{attributes: `n: {value: {column: v, as: date, format: DD/MM/YYYY}}`}},
	{"day-or-month", "id;v\na;01/02/2024\nb;03/04/2024\n", "", dates("date"), "refused source-date-order", off{attributes: `n: {value: {column: v, as: date, format: DD/MM/YYYY}}`}},
	{"day-and-month", "id;v\na;31/01/2024\nb;01/31/2024\n", "", dates("date"), "refused source-date-order", off{attributes: `n: {value: {column: v, as: date, format: DD/MM/YYYY}}`}},
	{"no-such-day", "id;v\na;31/02/2024\nb;29/02/2024\n", "", `n: {value: {column: v, as: date, format: DD/MM/YYYY}}`, `b n="2024-02-29" | cell-date`, off{attributes: texts}},
	{"serial-1900", "id;v\na;45322,75\n", "", `n: {value: {column: v, as: datetime, format: excel-1900, timezone: UTC}}`, `a n="2024-01-31T18:00:00Z"`, off{attributes: dates("datetime")}},
	{"serial-1904", "id;v\na;43860\n", "", `n: {value: {column: v, as: date, format: excel-1904}}`, `a n="2024-01-31"`, off{attributes: `n: {value: {column: v, as: date, format: excel-1900}}`}},
	{"midnight-24", "id;v\na;2024-12-31 24:00\n", "", `n: {value: {column: v, as: datetime, timezone: UTC}}`, `a n="2025-01-01T00:00:00Z"`, off{delimiter: ';'}},
	{"hour-doubled", "id;v\na;2024-10-27 02:30\nb;2024-10-27 03:30\n", "", dates("datetime"), `b n="2024-10-27T02:30:00Z" | cell-time-doubled`, off{attributes: `n: {value: {column: v, as: datetime, timezone: Europe/Paris, ambiguous: later}}`}},
	{"hour-missing", "id;v\na;2024-03-31 02:30\nb;2024-03-31 03:30\n", "", dates("datetime"), `b n="2024-03-31T01:30:00Z" | cell-time-skipped`, off{attributes: `n: {value: {column: v, as: datetime, timezone: UTC}}`}},
	{"zone-missing", "id;v\na;2024-03-31 02:30\n", "", `n: {value: {column: v, as: datetime}}`, "cell-date", off{attributes: dates("datetime")}},
	{"week", "id;v\na;2024-W05\nb;S53 2020\n", "", `n: {value: {column: v, as: week}}`, `a n="2024-01-29T00:00:00Z" | b n="2020-12-28T00:00:00Z"`, off{attributes: `n: {value: {column: v, as: month}}`}},
	{"quarter", "id;v\na;2024-T2\nb;Q4 2024\n", "", `n: {value: {column: v, as: quarter}}`, `a n="2024-04-01T00:00:00Z" | b n="2024-10-01T00:00:00Z"`, off{attributes: `n: {value: {column: v, as: month}}`}},
	{"year", "id;v\na;2011\n", "", `n: {value: {column: v, as: year}}`, `a n="2011-01-01T00:00:00Z"`, off{attributes: `n: {value: {column: v, as: date}}`}},
	{"month", "id;v\na;201101\n", "", `n: {value: {column: v, as: month}}`, `a n="2011-01-01T00:00:00Z"`, off{attributes: `n: {value: {column: v, as: year}}`}},
}

// TestTextTraps runs each file once with its rule and once with the rule switched
// off, which must come to something else.
func TestTextTraps(t *testing.T) {
	for _, c := range traps {
		t.Run(c.name, func(t *testing.T) {
			attributes := c.attributes
			if attributes == "" {
				attributes = numbers
			}
			require.Equal(t, c.want, trapOutcome(t, c.data, c.source, attributes))
			if c.off.delimiter != 0 {
				require.NotEqual(t, c.want, plainOutcome(c.data, c.off.delimiter), "readers of the standard library")
				return
			}
			if c.off.attributes != "" {
				attributes = c.off.attributes
			}
			without := trapOutcome(t, c.data, c.off.source, attributes)
			require.NotEqual(t, c.want, without, "with the rule switched off")
		})
	}
}

// trapOutcome says what becomes of a file: each entity with its attributes, then the
// codes of the findings; or that it was refused, and with which codes.
func trapOutcome(t *testing.T, data, keys, attributes string) string {
	t.Helper()
	if keys != "" {
		keys = ", " + keys
	}
	file := "data.csv"
	if strings.HasPrefix(data, "PK") {
		file = "data.xlsx"
	}
	mapping := "source: {file: " + file + keys + "}\ncontext: [context.jsonld]\nentities:\n- {type: Thing, id: \"urn:t:{id}\", attributes: {" + attributes + "}}\n"
	dir := folder(t, map[string]string{"m.yaml": mapping, file: data})
	flow, err := Prepare(t.Context(), filepath.Join(dir, "m.yaml"), Options{Resolver: jsonld.NewResolver()})
	var codes []string
	note := func(list ...finding.Finding) {
		for _, f := range list {
			if !slices.Contains(codes, string(f.Code)) {
				codes = append(codes, string(f.Code))
			}
		}
	}
	if err != nil {
		var list finding.List
		var one *source.Error
		if errors.As(err, &list) {
			note(list...)
		}
		if errors.As(err, &one) {
			note(one.Finding)
		}
		slices.Sort(codes)
		return "refused " + strings.Join(codes, " ")
	}
	defer flow.Close()
	var entities []string
	_, err = flow.Convert(t.Context(), Output{
		Text: &Text{Representation: ngsild.Simplified},
		Write: func(_ context.Context, items []Item) error {
			for _, item := range items {
				entities = append(entities, shown(t, item.JSON))
			}
			return nil
		},
	}, func(l Loss) error { note(l.Findings...); return nil })
	require.NoError(t, err)
	note(flow.Findings...)
	note(flow.source.Findings()...)
	slices.Sort(codes)
	slices.Sort(entities)
	if len(codes) > 0 {
		entities = append(entities, strings.Join(codes, " "))
	}
	return strings.Join(entities, " | ")
}

// shown gives the end of an entity's id and its attributes.
func shown(t *testing.T, entity []byte) string {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(entity, &members))
	id, err := strconv.Unquote(string(members["id"]))
	require.NoError(t, err)
	text := strings.TrimPrefix(id, "urn:t:")
	for _, name := range []string{"name", "n"} {
		if v, ok := members[name]; ok {
			text += " " + name + "=" + string(v)
		}
	}
	return text
}

// plainOutcome is what readers of the standard library make of a file.
func plainOutcome(data string, delimiter rune) string {
	r := stdcsv.NewReader(strings.NewReader(data))
	r.Comma = delimiter
	rows, err := r.ReadAll()
	if err != nil {
		return "refused " + err.Error()
	}
	id, v := slices.Index(rows[0], "id"), slices.Index(rows[0], "v")
	if id < 0 || v < 0 {
		return "refused: no such column"
	}
	var entities []string
	for _, row := range rows[1:] {
		value := strconv.Quote(row[v])
		if n, err := strconv.ParseFloat(row[v], 64); err == nil {
			value = fmt.Sprint(n)
		} else if at, err := time.Parse("2006-01-02 15:04", row[v]); err == nil {
			value = strconv.Quote(at.Format(time.RFC3339))
		}
		entities = append(entities, row[id]+" n="+value)
	}
	return strings.Join(entities, " | ")
}

// TestEveryTrapOfTheDocumentationHasATest reads the table of docs/sources.md: each
// test that a row names exists, each code is one, and each file of TestTextTraps
// has a row with the codes that it gives.
func TestEveryTrapOfTheDocumentationHasATest(t *testing.T) {
	text, err := os.ReadFile("../docs/sources.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## Traps\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	tests := testFunctions(t, "..")
	rows := map[string]string{} // by test
	for _, line := range strings.Split(section, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || cells[0] == "trap" {
			continue
		}
		require.Len(t, cells, 4, line)
		for _, link := range codeLinks.FindAllStringSubmatch(cells[2], -1) {
			require.Contains(t, finding.All(), finding.Code(link[1]), line)
			require.Equal(t, link[1], link[2], line)
		}
		require.True(t, cells[2] == "–" || codeLinks.MatchString(cells[2]), line)
		names := testNames.FindAllStringSubmatch(cells[3], -1)
		require.NotEmpty(t, names, line)
		for _, name := range names {
			function, sub, _ := strings.Cut(name[1], "/")
			require.True(t, tests[function], "%s does not exist: %s", name[1], line)
			if function == "TestTextTraps" {
				require.True(t, slices.ContainsFunc(traps, func(c trap) bool { return c.name == sub }), "%s does not exist: %s", name[1], line)
			}
			if function == "TestWorkbookTraps" {
				require.True(t, slices.ContainsFunc(workbookTraps, func(c trap) bool { return c.name == sub }), "%s does not exist: %s", name[1], line)
			}
			rows[name[1]] = cells[2]
		}
	}
	for i, c := range append(slices.Clone(traps), workbookTraps...) {
		test := "TestTextTraps/"
		if i >= len(traps) {
			test = "TestWorkbookTraps/"
		}
		codes, ok := rows[test+c.name]
		require.True(t, ok, "no row names the trap %s", c.name)
		for _, code := range finding.All() {
			if strings.Contains(c.want, string(code)) && c.name != "no-header" {
				require.Contains(t, codes, string(code), c.name)
			}
		}
	}
}

var (
	codeLinks = regexp.MustCompile(`\[([a-z-]+)\]\(findings\.md#([a-z-]+)\)`)
	testNames = regexp.MustCompile("`(Test[^`]+)`")
)

// testFunctions gives the names of the tests below a folder.
func testFunctions(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
		return nil
	}))
	return names
}

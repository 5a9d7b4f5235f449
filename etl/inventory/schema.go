package inventory

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/text/unicode/norm"
)

//go:embed schema.json
var schemaText []byte

// Schema gives the JSON Schema (draft 2020-12) of the inventory's YAML form.
func Schema() []byte { return bytes.Clone(schemaText) }

// table is a sheet of the workbook and a member of the YAML: what schema.json
// says of it, in the order of the Go struct.
type table struct {
	Key      string // project, sources, fields
	Title    string
	Note     string
	Columns  []*column
	Required []string
	names    []string // folded
}

// column is a column of a table.
type column struct {
	Key      string
	Title    string
	Note     string
	Width    float64
	Required bool
	Integer  bool
	// Values is the vocabulary, or nil for free text.
	Values []string
	Labels map[string][]string
	names  []string // folded
	field  int      // index in the Go struct
}

var (
	projectTable = newTable("project", "project", reflect.TypeFor[Project]())
	sourceTable  = newTable("sources", "source", reflect.TypeFor[Source]())
	fieldTable   = newTable("fields", "field", reflect.TypeFor[Field]())
	tables       = []*table{projectTable, sourceTable, fieldTable}
)

// schema is schema.json, compiled at its first use.
var schema = sync.OnceValue(func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	const url = "urn:ldt:inventory"
	if err := c.AddResource(url, bytes.NewReader(schemaText)); err != nil {
		panic(fmt.Errorf("read the embedded schema of inventories: %w", err))
	}
	return c.MustCompile(url)
})

// newTable reads a definition of schema.json. The text is part of the binary:
// what does not fit the Go struct stops the program at its start.
func newTable(key, definition string, of reflect.Type) *table {
	type property struct {
		Title       string              `json:"title"`
		Description string              `json:"description"`
		Names       []string            `json:"x-names"`
		Width       float64             `json:"x-width"`
		Type        string              `json:"type"`
		Enum        []any               `json:"enum"`
		Labels      map[string][]string `json:"x-labels"`
		Ref         string              `json:"$ref"`
	}
	type definitions struct {
		property
		Required   []string            `json:"required"`
		Properties map[string]property `json:"properties"`
	}
	var document struct {
		Defs map[string]definitions `json:"$defs"`
	}
	if err := json.Unmarshal(schemaText, &document); err != nil {
		panic(fmt.Errorf("read the embedded schema of inventories: %w", err))
	}
	d := document.Defs[definition]
	t := &table{Key: key, Title: d.Title, Note: d.Description, Required: d.Required, names: names(d.Title, key, d.Names)}
	for i := range of.NumField() {
		name, ok := of.Field(i).Tag.Lookup("inventory")
		if !ok {
			continue
		}
		p, ok := d.Properties[name]
		if !ok {
			panic(fmt.Errorf("the embedded schema of inventories has no %s/%s", definition, name))
		}
		c := &column{Key: name, Title: p.Title, Note: p.Description, Width: p.Width, Integer: p.Type == "integer", Labels: p.Labels,
			Required: slices.Contains(d.Required, name), names: names(p.Title, name, p.Names), field: i}
		for _, value := range p.Enum {
			c.Values = append(c.Values, value.(string))
		}
		if p.Ref == "#/$defs/answer" {
			c.Values, c.Labels = []string{"yes", "no"}, answers
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// answers are the ways to write yes and no.
var answers = map[string][]string{
	"yes": {"y", "true", "1", "x", "oui", "o", "vrai"},
	"no":  {"n", "false", "0", "non", "faux"},
}

func (t *table) column(key string) *column {
	for _, c := range t.Columns {
		if c.Key == key {
			return c
		}
	}
	return nil
}

// named gives the column that a header or key means, or nil.
func (t *table) named(header string) *column {
	name := fold(header)
	if name == "" {
		return nil
	}
	for _, c := range t.Columns {
		if slices.Contains(c.names, name) {
			return c
		}
	}
	return nil
}

func (t *table) titles() []string {
	list := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		list[i] = c.Title
	}
	return list
}

func (t *table) keys() []string {
	list := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		list[i] = c.Key
	}
	return list
}

// canonical gives the code of a vocabulary that a text means: the code in any
// case, one of its labels, or an address that ends with the code. Any other text
// is given back trimmed.
func (c *column) canonical(text string) string {
	trimmed := strings.TrimSpace(text)
	if len(c.Values) == 0 || trimmed == "" && text == "" {
		return trimmed
	}
	means := func(word, text string) bool {
		if word == text || strings.EqualFold(word, text) {
			return true
		}
		f := fold(text)
		return f != "" && f == fold(word)
	}
	candidates := []string{trimmed}
	if trimmed == "" {
		candidates[0] = text // a tab as delimiter
	}
	if strings.HasPrefix(trimmed, "http://publications.europa.eu/resource/authority/") {
		candidates = append(candidates, trimmed[strings.LastIndexByte(trimmed, '/')+1:])
	}
	for _, candidate := range candidates {
		for _, value := range c.Values {
			if means(value, candidate) {
				return value
			}
		}
		for _, value := range c.Values {
			for _, label := range c.Labels[value] {
				if means(label, candidate) {
					return value
				}
			}
		}
	}
	return trimmed
}

// fold gives a name as people hear it: lower case, without accents, every run
// of other characters than letters and digits as one blank.
func fold(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(unicode.ToLower(r))
		default:
			blank = true
		}
	}
	return b.String()
}

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

// Languages are those of the workbooks that are written.
var Languages = []string{"en", "fr"}

// words is a text in English and in French.
type words struct{ En, Fr string }

// in gives the text in one of Languages.
func (w words) in(lang string) string {
	if lang == "fr" && w.Fr != "" {
		return w.Fr
	}
	return w.En
}

// table is a sheet of the workbook and a member of the YAML: what schema.json
// says of it, in the order of the Go struct.
type table struct {
	Key      string // project, sources, fields …
	Title    words
	Note     words
	Columns  []*column
	Required []string
	// Compulsory is false for a sheet that need not be there.
	Compulsory bool
	names      []string // folded
	field      int      // index in Inventory
}

// column is a column of a table.
type column struct {
	Key      string
	Title    words
	Note     words
	Width    float64
	Required bool
	// Type is string, integer, number or array.
	Type   string
	Format string // date, uri, email or ""
	// Ref is the key of the table whose lines the value names, or "".
	Ref string
	// Vocabulary is nil for free text. An Open one may hold other text too; with
	// Remark the code may have text behind a semicolon.
	Vocabulary   *Vocabulary
	Open, Remark bool
	names        []string // folded
	field        int      // index in the Go struct
}

// Vocabulary is a list of codes that a value may be.
type Vocabulary struct {
	Name  string
	Codes []string

	labels map[string]label
	uri    string
	uris   map[string]string
}

type label struct {
	En   string   `json:"en"`
	Fr   string   `json:"fr"`
	Also []string `json:"also"`
}

// Label gives the word for a code in one of Languages; a code that the
// vocabulary does not have is given back.
func (v *Vocabulary) Label(code, lang string) string {
	l, ok := v.labels[code]
	if !ok {
		return code
	}
	return words{l.En, l.Fr}.in(lang)
}

// URI gives the address of a code in the authority table that the vocabulary is
// taken from, "" where there is none.
func (v *Vocabulary) URI(code string) string {
	if uri, ok := v.uris[code]; ok {
		return uri
	}
	if _, ok := v.labels[code]; ok && v.uri != "" {
		return v.uri + code
	}
	return ""
}

// code gives the code that a text means: the code itself, a label or another
// word for it in any case, or its URI.
func (v *Vocabulary) code(text string) (string, bool) {
	if rest, ok := strings.CutPrefix(strings.Replace(text, "https://publications.europa.eu/", "http://publications.europa.eu/", 1), v.uri); ok && v.uri != "" {
		text = rest
	}
	folded := fold(text)
	means := func(word string) bool {
		return strings.EqualFold(word, text) || folded != "" && fold(word) == folded
	}
	for _, code := range v.Codes {
		if means(code) {
			return code, true
		}
	}
	for _, code := range v.Codes {
		l := v.labels[code]
		if means(l.En) || means(l.Fr) || slices.ContainsFunc(l.Also, means) || v.uris[code] != "" && v.uris[code] == text {
			return code, true
		}
	}
	return "", false
}

// known gives all words of the vocabulary, codes first.
func (v *Vocabulary) known() []string {
	list := slices.Clone(v.Codes)
	for _, code := range v.Codes {
		l := v.labels[code]
		list = append(append(list, l.En, l.Fr), l.Also...)
	}
	return list
}

// shown lists the labels in a language.
func (v *Vocabulary) shown(lang string) []string {
	list := make([]string, len(v.Codes))
	for i, code := range v.Codes {
		list[i] = v.Label(code, lang)
	}
	return list
}

// LookUp gives a vocabulary of schema.json by its name, such as licence; nil
// where there is none.
func LookUp(name string) *Vocabulary { return vocabularies[name] }

var (
	schemaDefs   = readSchema()
	vocabularies = newVocabularies()
	tables       = newTables()
	projectTable = tableOf("project")
	sourceTable  = tableOf("sources")
	fieldTable   = tableOf("fields")
	checkTable   = tableOf("checks")
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

type property struct {
	Title      string   `json:"title"`
	TitleFr    string   `json:"x-title-fr"`
	Note       string   `json:"description"`
	NoteFr     string   `json:"x-note-fr"`
	Names      []string `json:"x-names"`
	Width      float64  `json:"x-width"`
	Type       string   `json:"type"`
	Format     string   `json:"format"`
	Ref        string   `json:"x-ref"`
	Vocabulary string   `json:"x-vocabulary"`
	Remark     bool     `json:"x-remark"`
	Def        string   `json:"$ref"`
}

type definition struct {
	property
	Required   []string            `json:"required"`
	Properties map[string]property `json:"properties"`
	Enum       []any               `json:"enum"`
	URI        string              `json:"x-uri"`
	URIs       map[string]string   `json:"x-uris"`
	Labels     map[string]label    `json:"x-labels"`
}

// readSchema reads the definitions. The text is part of the binary: what does not
// fit the Go structs stops the program at its start.
func readSchema() map[string]definition {
	var document struct {
		Defs map[string]definition `json:"$defs"`
	}
	if err := json.Unmarshal(schemaText, &document); err != nil {
		panic(fmt.Errorf("read the embedded schema of inventories: %w", err))
	}
	return document.Defs
}

func newVocabularies() map[string]*Vocabulary {
	all := map[string]*Vocabulary{}
	for name, d := range schemaDefs {
		if d.Labels == nil {
			continue
		}
		v := &Vocabulary{Name: name, labels: d.Labels, uri: d.URI, uris: d.URIs}
		for _, code := range d.Enum {
			if code, ok := code.(string); ok {
				v.Codes = append(v.Codes, code)
			}
		}
		all[name] = v
	}
	return all
}

// newTables reads the tables in the order of the members of Inventory.
func newTables() []*table {
	var list []*table
	of := reflect.TypeFor[Inventory]()
	for i := range of.NumField() {
		tag, ok := of.Field(i).Tag.Lookup("inventory")
		if !ok {
			continue
		}
		key, name, _ := strings.Cut(tag, ",")
		lines := of.Field(i).Type
		if lines.Kind() == reflect.Slice {
			lines = lines.Elem()
		}
		t := newTable(key, name, lines)
		t.field = i
		t.Compulsory = key == "project" || key == "sources" || key == "fields"
		list = append(list, t)
	}
	return list
}

func newTable(key, name string, of reflect.Type) *table {
	d := schemaDefs[name]
	t := &table{Key: key, Title: words{d.Title, d.TitleFr}, Note: words{d.Note, d.NoteFr}, Required: d.Required,
		names: names(append([]string{d.Title, d.TitleFr, key}, d.Names...)...)}
	for i := range of.NumField() {
		key, ok := of.Field(i).Tag.Lookup("inventory")
		if !ok {
			continue
		}
		p, ok := d.Properties[key]
		if !ok {
			panic(fmt.Errorf("the embedded schema of inventories has no %s/%s", name, key))
		}
		c := &column{Key: key, Title: words{p.Title, p.TitleFr}, Note: words{p.Note, p.NoteFr}, Width: p.Width, Type: p.Type, Format: p.Format,
			Ref: p.Ref, Remark: p.Remark, Required: slices.Contains(d.Required, key), field: i,
			names: names(append([]string{p.Title, p.TitleFr, key}, p.Names...)...)}
		if p.Vocabulary != "" {
			c.Vocabulary, c.Open = vocabularies[p.Vocabulary], !p.Remark
		}
		if def, ok := strings.CutPrefix(p.Def, "#/$defs/"); ok {
			c.Vocabulary = vocabularies[def]
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

func tableOf(key string) *table {
	i := slices.IndexFunc(tables, func(t *table) bool { return t.Key == key })
	return tables[i]
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
		list[i] = c.Title.En
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

// canonical gives a value as the inventory holds it: the code of a vocabulary
// that a text means, a number as JSON writes it, a list with semicolons; any
// other text trimmed.
func (c *column) canonical(text string) string {
	trimmed := strings.TrimSpace(text)
	switch {
	case c.Type == "integer" || c.Type == "number":
		return plainNumber(trimmed)
	case c.Type == "array":
		list := List(trimmed)
		if len(list) == 1 && c.Ref != "" && strings.Contains(trimmed, ",") { // ids have no comma
			list = List(strings.ReplaceAll(trimmed, ",", ";"))
		}
		return strings.Join(list, "; ")
	case c.Vocabulary == nil || text == "":
		return trimmed
	case c.Remark:
		return c.remarked(trimmed)
	}
	if trimmed == "" {
		trimmed = text // a tab as delimiter
	}
	if code, ok := c.Vocabulary.code(trimmed); ok {
		return code
	}
	return strings.TrimSpace(trimmed)
}

// remarked gives a code and the remark behind it with a semicolon between them.
func (c *column) remarked(text string) string {
	if code, ok := c.Vocabulary.code(text); ok {
		return code
	}
	at := strings.IndexAny(text, ";,:.(–")
	if at < 0 {
		return text
	}
	code, ok := c.Vocabulary.code(strings.TrimSpace(text[:at]))
	if !ok {
		return text
	}
	return code + "; " + strings.TrimSpace(strings.TrimLeft(text[at:], ";,:.– "))
}

// plainNumber gives a number that people write with blanks between thousands, a
// decimal comma or a percent sign as JSON writes it; other text is given back.
func plainNumber(text string) string {
	plain := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".", "%", "").Replace(text)
	if plain == "" || !json.Valid([]byte(plain)) || !strings.ContainsAny(plain[:1], "-0123456789") {
		return text
	}
	return plain
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

package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// schemas holds each model that was met, compiled.
type schemas map[*models.Model]*compiled

// compiled gives a model compiled.
func (f *file) compiled(m *models.Model) *compiled {
	c := f.known[m]
	if c == nil {
		f.v.mu.Lock()
		defer f.v.mu.Unlock()
		c = f.v.schemas.of(m)
		f.known[m] = c
	}
	return c
}

// compiled is a model compiled.
type compiled struct {
	model *models.Model
	// forms say quickly what values are right. An attribute has none where its shape
	// asks for more than a form covers.
	forms map[*models.Attribute]*form
	// objects is set where an attribute mayLookConcise in simplified form.
	objects bool
	// schemas say what is wrong, and judge what the forms do not cover. They are compiled
	// at the first call.
	schemas func() (map[*models.Attribute]*jsonschema.Schema, error)
}

// of compiles a model at its first use.
func (s schemas) of(m *models.Model) *compiled {
	c := s[m]
	if c == nil {
		c = &compiled{
			model:   m,
			forms:   map[*models.Attribute]*form{},
			schemas: sync.OnceValues(func() (map[*models.Attribute]*jsonschema.Schema, error) { return compileSchemas(m) }),
		}
		for _, a := range m.Attributes {
			c.objects = c.objects || mayLookConcise(&a.Shape)
			if f, ok := compileForm(&a.Shape); ok {
				c.forms[a] = f
			}
		}
		s[m] = c
	}
	return c
}

// compileSchemas compiles the schema of the value of each attribute of a model.
func compileSchemas(m *models.Model) (map[*models.Attribute]*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	const address = "urn:ldt:model"
	if err := compiler.AddResource(address, bytes.NewReader(m.Schema())); err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", m.QualifiedName(), err)
	}
	schemas := map[*models.Attribute]*jsonschema.Schema{}
	for _, a := range m.Attributes {
		schema, err := compiler.Compile(address + "#/properties/" + url.PathEscape(escape(a.Name)))
		if err != nil {
			return nil, fmt.Errorf("compile the schema of %s, attribute %s: %w", m.QualifiedName(), a.Name, err)
		}
		schemas[a] = schema
	}
	return schemas, nil
}

// fault is a finding and the steps from the value to where it is wrong.
type fault struct {
	path    []string
	message finding.Finding
}

// fits reports whether an attribute says what the model allows, as far as its form tells: false
// is for the schema to judge.
func (c *compiled) fits(checking *checking, attribute *models.Attribute, a *ngsild.Attribute) bool {
	f := c.forms[attribute]
	if f == nil || a.Kind == ngsild.LanguageProperty || a.Kind == ngsild.ListRelationship {
		return false // their values are not those of the key-values form
	}
	value := []byte(a.Value)
	if a.Kind == ngsild.Property {
		value = checking.untyped(value)
	}
	if value[0] != '[' && mayBeListOfOne(&attribute.Shape, a.Kind) {
		return checking.fitsAlone(f, value)
	}
	fits, sure := checking.fits(f, value)
	return fits && sure
}

// check holds one value of an attribute against the model's schema.
func (c *compiled) check(a *models.Attribute, value any) ([]fault, error) {
	schemas, err := c.schemas()
	if err != nil {
		return nil, err
	}
	err = schemas[a].Validate(value)
	var invalid *jsonschema.ValidationError
	if err == nil || !errors.As(err, &invalid) {
		return nil, nil
	}
	var list []fault
	for _, leaf := range leaves(nil, invalid) {
		path := unescape(leaf.InstanceLocation)
		shape := shapeAt(&a.Shape, leaf.KeywordLocation)
		if shape == nil {
			shape = &a.Shape
		}
		if shape.Format == "time" && isTimeOfDay(at(value, path)) {
			continue
		}
		list = append(list, fault{path, c.message(a, leaf, shape, at(value, path), path)})
	}
	return list, nil
}

// leaves gives the violations that a person can mend. Where a value fits none of
// several forms, it is those of the form that it comes nearest to, or the choice
// itself where none is nearer than the others.
func leaves(list []*jsonschema.ValidationError, e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	switch {
	case len(e.Causes) == 0:
		return append(list, e)
	case keyword == "anyOf" || keyword == "oneOf":
		var best []*jsonschema.ValidationError
		depth, equal := 0, 0
		for _, cause := range e.Causes {
			inner := leaves(nil, cause)
			d := 0
			for _, leaf := range inner {
				steps := len(unescape(leaf.InstanceLocation)) - len(unescape(e.InstanceLocation))
				if strings.HasSuffix(leaf.KeywordLocation, "/properties/type/enum") {
					d = -1 // another form altogether
					break
				}
				d = max(d, steps)
			}
			switch {
			case d > depth:
				best, depth, equal = inner, d, 1
			case d == depth:
				equal++
			}
		}
		if depth > 0 && equal == 1 {
			return append(list, best...)
		}
		return append(list, e)
	}
	for _, cause := range e.Causes {
		list = leaves(list, cause)
	}
	return list
}

// shapeAt follows a path of keywords from the schema of an attribute to the
// shape that holds the last of them.
func shapeAt(s *models.Shape, keywords string) *models.Shape {
	steps := unescape(keywords)
	for i := 0; i < len(steps)-1 && s != nil; i++ {
		pick := func(list []*models.Shape) *models.Shape {
			i++
			n, err := strconv.Atoi(steps[min(i, len(steps)-1)])
			if err != nil || n < 0 || n >= len(list) {
				return nil
			}
			return list[n]
		}
		switch steps[i] {
		case "properties":
			i++
			s = s.Members[steps[i]]
		case "items":
			s = s.Items
		case "anyOf":
			s = pick(s.AnyOf)
		case "oneOf":
			s = pick(s.OneOf)
		case "allOf":
			s = pick(s.AllOf)
		default:
			return s
		}
	}
	return s
}

// at follows steps into a decoded value.
func at(value any, steps []string) any {
	for _, step := range steps {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	return value
}

// message says one violation for a person.
func (c *compiled) message(a *models.Attribute, e *jsonschema.ValidationError, shape *models.Shape, value any, path []string) finding.Finding {
	what := strconv.Quote(a.Name)
	if len(path) > 0 {
		what = strconv.Quote(a.Name + "." + strings.Join(path, "."))
	}
	name := c.model.QualifiedName()
	say := func(format string, args ...any) finding.Finding {
		return finding.New(finding.ModelSchema, finding.Location{}, format, args...)
	}
	switch keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]; keyword {
	case "type":
		f := say("%s is %s, and %s wants %s", what, written(value), name, describe(shape))
		text, isText := value.(string)
		switch {
		case isText && (shape.Type == "number" || shape.Type == "integer"):
			number := strings.Replace(strings.TrimSpace(text), ",", ".", 1)
			if _, err := strconv.ParseFloat(number, 64); err == nil {
				return f.WithHint("write %s, without quotes and with a decimal point", number)
			}
		case shape.Type == "array" && (isText || isScalar(value)):
			return f.WithHint("write a list, also of one: [%s]", short(value))
		case shape.Type == "string" && isScalar(value):
			return f.WithHint("write it in quotes: \"%s\"", short(value))
		}
		return f
	case "enum":
		var words []string
		for _, raw := range shape.Enum {
			words = append(words, strings.Trim(string(raw), `"`))
		}
		f := say("%s is %s, which %s does not have", what, written(value), name)
		list := strings.Join(words, ", ")
		if text, ok := value.(string); ok {
			if near := finding.Nearest(text, words); near != "" {
				return f.WithHint("did you mean %q? It may be %s", near, list)
			}
		}
		return f.WithHint("use one of %s", list)
	case "format":
		f := say("%s is %s, and %s wants %s", what, written(value), name, describe(shape))
		switch shape.Format {
		case "date-time":
			return f.WithHint("write date, time and zone, such as 2026-01-31T12:00:00Z")
		case "date":
			return f.WithHint("write year, month and day, such as 2026-01-31")
		case "uri":
			return f.WithHint("write a full URI, such as urn:ngsi-ld:Building:42 or https://example.org/42")
		}
		return f
	case "minimum":
		return say("%s is %s, and the least that %s allows is %s", what, short(value), name, shape.Minimum)
	case "maximum":
		return say("%s is %s, and the most that %s allows is %s", what, short(value), name, shape.Maximum)
	case "exclusiveMinimum":
		return say("%s is %s, and %s wants more than %s", what, short(value), name, shape.Above)
	case "exclusiveMaximum":
		return say("%s is %s, and %s wants less than %s", what, short(value), name, shape.Below)
	case "pattern":
		return say("%s is %s, which is not of the form that %s wants", what, written(value), name).WithHint("it must match %s", shape.Pattern)
	case "minItems", "maxItems", "minLength", "maxLength":
		return say("%s has not the length that %s wants: %s", what, name, e.Message)
	case "required":
		return say("%s is incomplete: %s", what, e.Message)
	case "anyOf", "oneOf":
		return say("%s is %s, and %s wants %s", what, written(value), name, describe(shape))
	}
	return say("%s does not fit %s: %s", what, name, e.Message)
}

func isScalar(value any) bool {
	switch value.(type) {
	case json.Number, bool:
		return true
	}
	return false
}

// written names a JSON value for a message.
func written(value any) string {
	switch value.(type) {
	case string:
		return "the text " + short(value)
	case json.Number:
		return "the number " + short(value)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return short(value)
	}
	return "null"
}

// short writes a JSON value, cut where it is long.
func short(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "…"
	}
	if runes := []rune(string(text)); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return string(text)
}

// describe says what values a shape allows.
func describe(s *models.Shape) string {
	forms := func(list []*models.Shape) string {
		var words []string
		for _, one := range list {
			if word := describe(one); !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		return strings.Join(words, ", or ")
	}
	switch {
	case s.Identifier:
		return "a URI or an identifier without blanks"
	case len(s.Geometry) > 0:
		return "a GeoJSON geometry"
	case len(s.AnyOf) > 0:
		return forms(s.AnyOf)
	case len(s.OneOf) > 0:
		return forms(s.OneOf)
	case len(s.AllOf) > 0:
		return describe(s.AllOf[0])
	}
	switch s.Format {
	case "date-time":
		return "a date and time"
	case "date":
		return "a date"
	case "time":
		return "a time"
	case "uri":
		return "a URI"
	case "email":
		return "an e-mail address"
	case "uuid":
		return "a UUID"
	}
	switch s.Type {
	case "string":
		return "text"
	case "number":
		return "a number"
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "object":
		return "an object"
	case "array":
		if s.Items != nil {
			return "a list, each element " + describe(s.Items)
		}
		return "a list"
	}
	return "any value"
}

// valueOf gives the values of an attribute as its key-values form has them, and
// for a LanguageProperty, which has one for each language, the steps to each.
func valueOf(a *ngsild.Attribute) (values []any, steps []string) {
	value := decodeValue(a.Value)
	switch a.Kind {
	case ngsild.LanguageProperty:
		if languages, ok := value.(map[string]any); ok {
			for language := range languages {
				steps = append(steps, language)
			}
			slices.Sort(steps)
			for _, language := range steps {
				values = append(values, languages[language])
			}
			return values, steps
		}
	case ngsild.ListRelationship:
		if list, ok := value.([]any); ok {
			for i, one := range list {
				if object, ok := one.(map[string]any); ok {
					list[i] = object[ngsild.MemberObject]
				}
			}
		}
	case ngsild.Property, ngsild.ListProperty:
		value = untyped(value)
	}
	return []any{value}, nil
}

// decodeValue reads a JSON value, with numbers as json.Number.
func decodeValue(text []byte) any {
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	return decodeNext(d)
}

func decodeNext(d *jsontext.Decoder) any {
	token, err := d.ReadToken()
	if err != nil {
		return nil
	}
	switch token.Kind() {
	case '"':
		return token.String()
	case '0':
		return bounded(token.String())
	case 't', 'f':
		return token.Bool()
	case '{':
		m := map[string]any{}
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			if err != nil {
				return nil
			}
			key := name.String()
			m[key] = decodeNext(d)
		}
		_, _ = d.ReadToken() // the text is valid JSON: the end of the object
		return m
	case '[':
		list := []any{}
		for k := d.PeekKind(); k != ']' && k != 0; k = d.PeekKind() {
			list = append(list, decodeNext(d))
		}
		_, _ = d.ReadToken() // the text is valid JSON: the end of the array
		return list
	}
	return nil
}

// bounded gives a number for the schema to compare. The library makes a
// fraction of it: 1e999999999 would fill the memory, so what is above 1e4000 or
// below 1e-4000 is held for that.
func bounded(number string) json.Number {
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return json.Number(number)
	}
	exponent, err := strconv.Atoi(number[i+1:])
	switch {
	case err == nil && exponent >= -4000 && exponent <= 4000:
		return json.Number(number)
	case strings.HasPrefix(number[i+1:], "-"):
		return json.Number(number[:i] + "e-4000")
	}
	return json.Number(number[:i] + "e4000")
}

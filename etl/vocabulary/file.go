package vocabulary

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/internal/wholefile"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// File is a file of a use case before and after a build.
type File struct {
	// Path is as a program opens it. Name is relative to the use case.
	Path, Name string
	// Old is nil where the file is not there.
	Old, New []byte
}

// Changed says whether the file has to be written.
func (f *File) Changed() bool { return !bytes.Equal(f.Old, f.New) }

// Read reads the file as it stands.
func (f *File) Read() error {
	text, err := os.ReadFile(f.Path)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		f.Old = text
		return nil
	}
	return fmt.Errorf("read %s: %w", f.Path, err)
}

// Write writes the file where it changed, and makes its folder. It stands as it was until
// the new text is complete.
func (f *File) Write() error {
	if !f.Changed() {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(f.Path), 0o755)
	if err == nil {
		err = wholefile.Replace(f.Path, f.New)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return nil
}

// memberVersion is the member of a context file that holds its version; JSON-LD reads
// @context alone.
const memberVersion = "version"

// entry is a member of a JSON object.
type entry struct {
	key   string
	value jsontext.Value
}

// text gives the value of an entry that is a JSON string.
func (e *entry) text() (string, bool) {
	if e.value.Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, e.value)
	return string(text), err == nil
}

// isPrefix says whether an entry of an @context is there to begin other names.
func (e *entry) isPrefix() bool {
	if iri, ok := e.text(); ok {
		return iri != "" && strings.ContainsRune("/#:", rune(iri[len(iri)-1]))
	}
	return bytes.Contains(e.value, []byte(`"@prefix"`))
}

// isKeyword says whether an entry of an @context is a keyword, or another name of one.
func (e *entry) isKeyword() bool {
	text, _ := e.text()
	return strings.HasPrefix(e.key, "@") || strings.HasPrefix(text, "@")
}

// document is a context file with an object of terms.
type document struct {
	version string
	other   []entry // beside version and @context
	terms   []entry
}

// term gives the entry of a term, or nil.
func (d *document) term(name string) *entry {
	for i := range d.terms {
		if d.terms[i].key == name {
			return &d.terms[i]
		}
	}
	return nil
}

// readDocument reads the own file of a use case. The error is a finding.List.
func readDocument(ctx context.Context, f *File) (*document, error) {
	d := &document{}
	if f.Old == nil {
		return d, nil
	}
	var faults finding.List
	for _, one := range jsonld.Lint(ctx, f.Path, f.Old, jsonld.LintOptions{}) {
		// A term of the core is taken out; what follows the core or is not known here is
		// no concern of this file.
		if one.Severity == finding.Error && one.Code != finding.ContextCoreTerm {
			faults = append(faults, one)
		}
	}
	if faults != nil {
		return nil, faults
	}
	top, err := members(bytes.TrimPrefix(f.Old, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	for _, m := range top {
		switch m.key {
		case ngsild.MemberContext:
			if m.value.Kind() != '{' {
				fault := finding.New(finding.ContextInvalid, finding.Location{File: f.Path}, "its @context is no object of terms, which is what is built here")
				return nil, finding.List{fault.WithHint("put the terms of your own into one object; other contexts are named by the compound file")}
			}
			if d.terms, err = members(m.value); err != nil {
				return nil, err
			}
		case memberVersion:
			d.version, _ = m.text()
			if _, ok := parseVersion(d.version); !ok {
				fault := finding.New(finding.ContextInvalid, finding.Location{File: f.Path}, "its version %s is none", m.value)
				return nil, finding.List{fault.WithHint(`a version has three numbers: "1.0.0"`)}
			}
		default:
			d.other = append(d.other, m)
		}
	}
	return d, nil
}

// members gives the members of a JSON object in their order.
func members(text []byte) ([]entry, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	var out []entry
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("read the @context: %w", err)
	}
	for dec.PeekKind() == '"' {
		key, err := dec.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("read the @context: %w", err)
		}
		name := key.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("read the @context: %w", err)
		}
		out = append(out, entry{name, value.Clone()})
	}
	return out, nil
}

// text writes the document: keywords, prefixes, then terms, each in alphabetical order,
// one a line.
func (d *document) text() ([]byte, error) {
	terms := slices.Clone(d.terms)
	group := func(e *entry) int {
		switch {
		case e.isKeyword():
			return 0
		case e.isPrefix():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(terms, func(a, b entry) int {
		return cmp.Or(group(&a)-group(&b), inOrder(a.key, b.key))
	})
	var b bytes.Buffer
	line := func(indent string, e entry, last bool) error {
		value := e.value.Clone()
		if err := value.Compact(); err != nil {
			return fmt.Errorf("write the @context: %w", err)
		}
		comma := ","
		if last {
			comma = ""
		}
		fmt.Fprintf(&b, "%s%s: %s%s\n", indent, quoted(e.key), value, comma)
		return nil
	}
	b.WriteString("{\n")
	for _, e := range append([]entry{{memberVersion, quoted(d.version)}}, d.other...) {
		if err := line("  ", e, false); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&b, "  %s: {\n", quoted(ngsild.MemberContext))
	for i, e := range terms {
		if err := line("    ", e, i == len(terms)-1); err != nil {
			return nil, err
		}
	}
	b.WriteString("  }\n}\n")
	return b.Bytes(), nil
}

// inOrder compares two terms as a person looks for them.
func inOrder(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// quoted gives a text as a JSON string.
func quoted(text string) jsontext.Value {
	out, _ := jsontext.AppendQuote(nil, text) // what is no UTF-8 becomes U+FFFD
	return out
}

// readCompound gives the URLs that a compound file lists. The error is a finding.List.
func readCompound(f *File) ([]string, error) {
	if f.Old == nil {
		return nil, nil
	}
	fault := func(format string, args ...any) error {
		one := finding.New(finding.ContextInvalid, finding.Location{File: f.Path}, format, args...)
		return finding.List{one.WithHint("let it list URLs alone, or delete it: it is written anew")}
	}
	ldctx, err := jsonld.ContextOf(bytes.TrimPrefix(f.Old, []byte("\ufeff")))
	if err != nil {
		return nil, fault("%v", err)
	}
	dec := jsontext.NewDecoder(bytes.NewReader(ldctx))
	if dec.PeekKind() != '[' {
		return nil, fault("its @context is no list")
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fault("%v", err)
	}
	var list []string
	for dec.PeekKind() != ']' {
		token, err := dec.ReadToken()
		if err != nil || token.Kind() != '"' {
			return nil, fault("its list holds something else than URLs")
		}
		list = append(list, token.String())
	}
	return list, nil
}

// compoundText writes a compound file.
func compoundText(urls []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  %s: [\n", quoted(ngsild.MemberContext))
	for i, url := range urls {
		comma := ","
		if i == len(urls)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "    %s%s\n", quoted(url), comma)
	}
	b.WriteString("  ]\n}\n")
	return b.Bytes()
}

// version is major, minor, patch.
type version [3]int

func parseVersion(text string) (v version, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != len(v) {
		return v, false
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || strconv.Itoa(n) != part {
			return v, false
		}
		v[i] = n
	}
	return v, true
}

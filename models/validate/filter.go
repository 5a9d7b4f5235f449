package validate

import (
	"encoding/json"
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// IgnoreFile is the usual name of what ParseIgnore reads.
const IgnoreFile = ".ldtignore"

// Ignore says which files, and which findings of which files, are not wanted. A nil
// Ignore wants all.
type Ignore struct {
	folder string
	rules  []ignoreRule
}

type ignoreRule struct {
	pattern string
	codes   []finding.Code // none: the whole file
}

// ParseIgnore reads the text of an ignore file in a folder. A line is a pattern of paths
// below that folder, as in .gitignore without its ! (*, ?, [a-z], ** for folders; without a / before its
// end it holds for names everywhere), alone to leave the files out, or followed by codes of findings to
// leave those out. Blank lines and what follows # do not count. The error is a
// finding.List with the lines.
func ParseIgnore(name, folder string, text []byte) (*Ignore, error) {
	ignore := &Ignore{folder: folder}
	var faults finding.List
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		n++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		pattern := strings.TrimSuffix(words[0], "/")
		if below, ok := strings.CutPrefix(pattern, "./"); ok {
			pattern = "/" + below
		}
		rule := ignoreRule{pattern: strings.TrimPrefix(pattern, "/")}
		if !strings.Contains(pattern, "/") {
			rule.pattern = "**/" + rule.pattern
		}
		at := finding.Location{File: name, Line: n}
		if strings.HasPrefix(words[0], "!") {
			faults = append(faults, finding.New(finding.YAMLType, at, "%q takes nothing back: there is no ! here", words[0]).WithHint(`name what to leave out alone; of a name that begins with !, write \!`))
			continue
		}
		if escapesLetter.MatchString(words[0]) {
			faults = append(faults, finding.New(finding.YAMLType, at, "%q has a \\ before a letter, which stands for nothing", words[0]).WithHint("write folders with /, on Windows too"))
		}
		if !doublestar.ValidatePattern(rule.pattern) {
			faults = append(faults, finding.New(finding.YAMLType, at, "%q is not a pattern of paths", words[0]).WithHint("write it like data/*.json or **/old/**"))
		}
		for _, word := range words[1:] {
			code := finding.Code(word)
			if !slices.Contains(finding.All(), code) {
				f := finding.New(finding.YAMLUnknownKey, at, "there is no finding of the code %q", word).
					WithHint("codes stand behind the pattern, with spaces between them; for a space in a name write ?")
				if near := finding.Nearest(word, codeNames()); near != "" {
					f = f.WithHint("did you mean %q?", near)
				}
				faults = append(faults, f)
			}
			rule.codes = append(rule.codes, code)
		}
		ignore.rules = append(ignore.rules, rule)
	}
	if faults != nil {
		return nil, faults
	}
	return ignore, nil
}

// escapesLetter finds a backslash that is meant to part folders.
var escapesLetter = regexp.MustCompile(`\\[\pL\pN]`)

func codeNames() []string {
	var names []string
	for _, code := range finding.All() {
		names = append(names, string(code))
	}
	return names
}

// File reports whether a file is to be left out.
func (i *Ignore) File(name string) bool {
	return i.any(name, func(r *ignoreRule) bool { return len(r.codes) == 0 })
}

// Finding reports whether a finding is to be left out.
func (i *Ignore) Finding(f finding.Finding) bool {
	return i.any(f.Location.File, func(r *ignoreRule) bool { return len(r.codes) == 0 || slices.Contains(r.codes, f.Code) })
}

// below gives a path relative to the folder, with slashes, where it lies in it.
func (i *Ignore) below(name string) (string, bool) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	folder, err := filepath.Abs(i.folder)
	if err != nil {
		return "", false
	}
	relative, err := filepath.Rel(folder, absolute)
	relative = filepath.ToSlash(relative)
	return relative, err == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}

func (i *Ignore) any(name string, wanted func(*ignoreRule) bool) bool {
	if i == nil {
		return false
	}
	relative, ok := i.below(name)
	if !ok {
		return false
	}
	for k := range i.rules {
		r := &i.rules[k]
		if !wanted(r) {
			continue
		}
		// A folder stands for what is in it.
		for part := relative; part != "." && part != "/" && part != ""; part = path.Dir(part) {
			if doublestar.MatchUnvalidated(r.pattern, part) {
				return true
			}
		}
	}
	return false
}

// Baseline holds findings that are known, and counts them off.
type Baseline map[baselineKey]int

// baselineKey is what stays the same of a finding while the lines around it change.
type baselineKey struct {
	code                           finding.Code
	file, pointer, entity, message string
}

func keyOf(f finding.Finding) baselineKey {
	switch f.Code {
	case finding.ContextInvalid:
		f.Message = "" // of several faults of an @context, json-gold names any
	case finding.EntityConflict:
		f.Message = "" // it has the line of the other entity
	}
	return baselineKey{f.Code, path.Clean(filepath.ToSlash(f.Location.File)), inEntity(f.Location.Pointer), f.Location.Entity, f.Message}
}

// inEntity gives a pointer without the place of its entity in an array of entities. An
// attribute has no number for a name.
func inEntity(pointer string) string {
	first, rest, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	switch {
	case first == "" || strings.Trim(first, "0123456789") != "":
		return pointer
	case more:
		return "/" + rest
	default:
		return ""
	}
}

// ParseBaseline reads a report of validation in JSON (report format json). A report that
// was cut counts more findings than it lists: unlisted says how many more.
func ParseBaseline(text []byte) (known Baseline, unlisted int, err error) {
	var file struct {
		Errors   int               `json:"errors"`
		Warnings int               `json:"warnings"`
		Infos    int               `json:"infos"`
		Findings []finding.Finding `json:"findings"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, 0, errors.New("it is not a report of ldt validate --format json")
	}
	if file.Findings == nil {
		return nil, 0, errors.New("it is not a report of ldt validate --format json: it has no findings")
	}
	known = Baseline{}
	for _, f := range file.Findings {
		known[keyOf(f)]++
	}
	return known, max(0, file.Errors+file.Warnings+file.Infos-len(file.Findings)), nil
}

// Filter leaves findings out. A nil Filter wants all.
type Filter struct {
	// Severity is the mildest that is wanted.
	Severity finding.Severity
	Ignore   *Ignore
	// Baseline holds what is known already: as many of each as it has.
	Baseline Baseline
}

// Apply gives the findings that are wanted, and how many errors were ignored or known.
// The Baseline counts on from call to call.
func (f *Filter) Apply(list []finding.Finding) (kept []finding.Finding, errors int) {
	for _, one := range list {
		wanted, known := f.wants(one)
		switch {
		case wanted:
			kept = append(kept, one)
		case known && one.Severity == finding.Error:
			errors++
		}
	}
	return kept, errors
}

// wants says whether a finding is wanted, and of one that is not, whether it is ignored
// or known.
func (f *Filter) wants(one finding.Finding) (wanted, known bool) {
	if f == nil {
		return true, false
	}
	key := keyOf(one)
	if f.Baseline[key] > 0 {
		f.Baseline[key]--
		return false, true
	}
	if f.Ignore.Finding(one) {
		return false, true
	}
	return one.Severity >= f.Severity, false
}

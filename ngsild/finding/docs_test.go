package finding_test

import (
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

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

const root = "../.."

// described matches the entry of a code in docs/findings.md.
var described = regexp.MustCompile("(?m)^### (\\S+)\n\n\\*\\*(\\w+)\\.\\*\\* .+\n\n```\n(\\w+)\\[(\\S+)\\] .+\n(?:  hint: .+\n)?```\n\n.+$")

func TestReferenceDescribesEveryCodeOnceWithItsSeverity(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "findings.md"))
	require.NoError(t, err)
	var codes []finding.Code
	for _, entry := range described.FindAllStringSubmatch(string(text), -1) {
		code := finding.Code(entry[1])
		codes = append(codes, code)
		require.Equal(t, code.Severity().String(), entry[2], code)
		require.Equal(t, entry[1], entry[4], "the example has another code")
	}
	require.Len(t, codes, strings.Count(string(text), "\n### "), "each entry has a severity, an example and what to do")
	slices.Sort(codes)
	require.Equal(t, finding.All(), codes)
}

// TestEveryCodeIsUsedAndTested walks the repository: each constant stands in code
// outside of this package, and in a test or its data, by its name or by its text.
func TestEveryCodeIsUsedAndTested(t *testing.T) {
	names := constants(t)
	used, tested := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != root && strings.HasPrefix(name, ".") || name == "bin" {
				return fs.SkipDir
			}
			return nil
		}
		isTest := strings.HasSuffix(path, "_test.go") || slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "testdata")
		isCode := !isTest && filepath.Ext(path) == ".go"
		if !isTest && !isCode || sameFolder(path) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, word := range words.FindAllString(string(text), -1) {
			if isTest {
				tested[word] = true
			} else {
				used[word] = true
			}
		}
		return nil
	})
	require.NoError(t, err)
	for code, name := range names {
		require.True(t, used["finding."+name], "no code reports %s (finding.%s): take it out of codes.go", code, name)
		require.True(t, tested["finding."+name] || tested[code], "no test names %s (finding.%s)", code, name)
	}
}

// words are selectors such as finding.CellDate and texts such as cell-date.
var words = regexp.MustCompile(`[a-z]+(?:-[a-z]+)+|finding\.[A-Z]\w*`)

func sameFolder(path string) bool {
	rel, err := filepath.Rel(filepath.Join(root, "ngsild", "finding"), path)
	return err == nil && !strings.HasPrefix(rel, "..")
}

// constants gives the names of the constants of codes.go, by their text.
func constants(t *testing.T) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	require.NoError(t, err)
	names := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			names[text] = spec.Names[0].Name
		}
		return true
	})
	require.Len(t, names, len(finding.All()))
	return names
}

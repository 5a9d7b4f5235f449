package finding

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllHoldsEveryCodeOnce(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	require.NoError(t, err)
	var declared []Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				require.NoError(t, err)
				declared = append(declared, Code(text))
			}
		}
		return true
	})
	slices.Sort(declared)
	require.NotEmpty(t, declared)
	require.Equal(t, declared, All(), "catalogue.go lists the constants of codes.go")
	require.Equal(t, slices.Compact(slices.Clone(declared)), declared, "no code stands for two things")
}

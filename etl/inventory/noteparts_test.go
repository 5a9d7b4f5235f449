package inventory_test

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rewritten gives a workbook with other names and contents of its parts.
func rewritten(t *testing.T, book []byte, change func(name, content string) (string, string)) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	require.NoError(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		in, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		name, text := change(f.Name, string(content))
		out, err := w.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(out, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestAnnotateTakesWorkbooksOfOtherPrograms names parts and shapes as LibreOffice
// and openpyxl do.
func TestAnnotateTakesWorkbooksOfOtherPrograms(t *testing.T) {
	want := described(t, open(t, annotated(t, faulty(t))))
	shape := regexp.MustCompile(`id="_x0000_s\d+"`)
	number := regexp.MustCompile(`comments(\d+)\.xml`)
	for program, change := range map[string]func(name, content string) (string, string){
		"LibreOffice": func(name, content string) (string, string) {
			if strings.HasSuffix(name, ".vml") {
				content = shape.ReplaceAllString(content, `id="shape_0"`)
			}
			return name, content
		},
		"LibreOffice, numbers that differ": func(name, content string) (string, string) {
			return number.ReplaceAllString(name, "comments2$1.xml"), number.ReplaceAllString(content, "comments2$1.xml")
		},
		"openpyxl": func(name, content string) (string, string) {
			name = strings.Replace(number.ReplaceAllString(name, "comments/comment$1.xml"), "vmlDrawing", "commentsDrawing", 1)
			content = number.ReplaceAllString(content, "comments/comment$1.xml")
			content = strings.ReplaceAll(content, `Target="../comments/`, `Target="/xl/comments/`)
			return name, strings.ReplaceAll(content, "../drawings/vmlDrawing", "/xl/drawings/commentsDrawing")
		},
	} {
		t.Run(program, func(t *testing.T) {
			book := rewritten(t, faulty(t), change)
			once := annotated(t, book)
			require.Equal(t, want, described(t, open(t, once)))
			require.Equal(t, want, described(t, open(t, annotated(t, once))))
			again := annotated(t, rewritten(t, once, change))
			require.Equal(t, want, described(t, open(t, again)))
		})
	}
}

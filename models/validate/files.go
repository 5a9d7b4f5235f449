package validate

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Extensions are those of the files that FilesIn takes.
var Extensions = []string{".json", ".jsonld", ".ndjson"}

// FilesIn gives the files of a folder, and of the folders in it, that may hold entities,
// in the order of their names: those with one of Extensions. What begins with a point, and
// what ignore names, is left out; ignore may be nil.
func FilesIn(folder string, ignore *Ignore) ([]string, error) {
	var list []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != folder && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir() || !slices.Contains(Extensions, strings.ToLower(filepath.Ext(path))) || ignore.File(path):
		default:
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for files in %s: %w", folder, err)
	}
	return list, nil
}

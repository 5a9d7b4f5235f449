// Package shared owns where tests find the original data that is no part of
// the project: published datasets, contexts and data models. They lie in the
// folder that the environment variable LDT_SHARED names, else in ../shared
// beside the root of the module.
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the path of a file or folder of the original data, or skips the
// test where it is absent.
func Path(tb testing.TB, elem ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{folder(tb)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("the original data is not at hand: no %s; set LDT_SHARED to the folder that holds it", path)
	}
	return path
}

// Read gives the content of a file of the original data, or skips the test
// where it is absent.
func Read(tb testing.TB, elem ...string) []byte {
	tb.Helper()
	content, err := os.ReadFile(Path(tb, elem...))
	if err != nil {
		tb.Fatalf("read the original data: %v", err)
	}
	return content
}

func folder(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("LDT_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatalf("find the original data: %v", err)
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, "..", "shared")
		}
		if root == filepath.Dir(root) {
			tb.Fatalf("find the original data: no go.mod at or above %s", dir)
		}
	}
}

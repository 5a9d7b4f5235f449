package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/internal/wholefile"
)

// LockFile is the file of a use case that remembers where its models came from.
const LockFile = "models.lock"

const lockVersion = 1

// lock is models.lock.
type lock struct {
	Version int               `json:"version"`
	Models  map[string]origin `json:"models"` // by Subject/Model
}

// origin is where a model came from.
type origin struct {
	From    string            `json:"from"`
	Context string            `json:"context,omitempty"` // the URL of its @context
	Files   map[string]string `json:"files"`             // sha256 by name
}

// readLock reads models.lock of a use case; where there is none it is empty.
func readLock(dir string) (*lock, error) {
	l := &lock{Version: lockVersion, Models: map[string]origin{}}
	file := filepath.Join(dir, LockFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(text, l)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read where the models came from: %s: %w", file, err)
	case l.Version != lockVersion:
		return nil, fmt.Errorf("read where the models came from: %s has version %d, this program knows %d", file, l.Version, lockVersion)
	}
	return l, nil
}

// remember writes where a model came from, where that is news.
func (l *lock) remember(dir string, added *Added) error {
	o := origin{From: added.From, Context: added.Context, Files: map[string]string{}}
	for _, f := range added.Files {
		o.Files[path.Base(f.Path)] = f.SHA256
	}
	if reflect.DeepEqual(l.Models[added.Model], o) {
		return nil
	}
	if l.Models == nil {
		l.Models = map[string]origin{}
	}
	l.Models[added.Model] = o
	text, err := json.MarshalIndent(l, "", "  ")
	if err == nil {
		err = wholefile.Replace(filepath.Join(dir, LockFile), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("remember where %s came from: %w", added.Model, err)
	}
	return nil
}

// contextURLs gives the URLs that the @context of a subject was fetched from, where it is
// still as it came.
func (l *lock) contextURLs(subject string, text []byte) []string {
	var urls []string
	for model, o := range l.Models {
		if strings.HasPrefix(model, subject+"/") && o.Context != "" && o.Files[ContextFile] == hashOf(text) {
			urls = append(urls, o.Context)
		}
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// Contexts gives the @contexts that models of a use case were fetched with, by their URL:
// those that are still as they came.
func Contexts(dir string) (map[string][]byte, error) {
	l, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	contexts := map[string][]byte{}
	for model := range l.Models {
		subject, _, _ := strings.Cut(model, "/")
		if !nameWord.MatchString(subject) {
			continue
		}
		text, err := files(filepath.Join(dir, Folder, subject)).read(ContextFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, url := range l.contextURLs(subject, text) {
			contexts[url] = text
		}
	}
	return contexts, nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

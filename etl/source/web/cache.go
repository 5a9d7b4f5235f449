package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// entry is what the cache knows of a file: it lies beside it, as JSON.
type entry struct {
	// ETag and LastModified are what the server said of the file.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
	Name         string `json:"name"`
	// Data is the name of the file in the folder, and Size what it must have.
	Data string `json:"data"`
	Size int64  `json:"size"`

	folder string
}

// ask lets the server answer that nothing changed.
func (e *entry) ask(h http.Header) {
	if e.ETag != "" {
		h.Set("If-None-Match", e.ETag)
	}
	if e.LastModified != "" {
		h.Set("If-Modified-Since", e.LastModified)
	}
}

// open opens the file, and refuses one that was cut off.
func (e *entry) open() (*File, error) {
	file, err := os.Open(filepath.Join(e.folder, e.Data))
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.Size() != e.Size {
		return nil, errors.Join(errors.New("the cached file was changed"), err, file.Close())
	}
	return &File{File: file, Name: e.Name, Cached: true}, nil
}

// key is the name of a URL in the cache.
func key(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// folder makes the folder in which downloads are written; "" is the system's.
func (f *Fetcher) folder() string {
	if f.Cache == "" || os.MkdirAll(f.Cache, 0o700) != nil {
		return ""
	}
	return f.Cache
}

// lookUp gives what the cache has of a URL, or nil.
func (f *Fetcher) lookUp(text string) *entry {
	if f.Cache == "" {
		return nil
	}
	said, err := os.ReadFile(filepath.Join(f.Cache, key(text)+".json"))
	if err != nil {
		return nil
	}
	e := &entry{folder: f.Cache}
	if json.Unmarshal(said, e) != nil || e.ETag == "" && e.LastModified == "" || filepath.Base(e.Data) != e.Data {
		return nil
	}
	file, err := e.open()
	if err != nil {
		return nil
	}
	file.Close()
	return e
}

// keep puts a download into the cache, where the server can say later whether
// it changed and wants it to be kept. A cache that cannot be written is none.
func (f *Fetcher) keep(text string, h http.Header, got *File, size int64) {
	e := entry{ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified"), Name: got.Name, Size: size}
	if f.folder() == "" || size == 0 || e.ETag == "" && e.LastModified == "" || strings.Contains(strings.ToLower(h.Get("Cache-Control")), "no-store") {
		return
	}
	own := key(text)
	// Each version has a name of its own: whoever reads an older one goes on.
	e.Data = own + "-" + key(e.ETag + e.LastModified + filepath.Base(got.File.Name()))[:8] + ".data"
	said, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return
	}
	previous := f.lookUp(text)
	if os.Rename(got.File.Name(), filepath.Join(f.Cache, e.Data)) != nil {
		return
	}
	got.temporary = false
	draft := filepath.Join(f.Cache, e.Data+".json")
	if os.WriteFile(draft, said, 0o600) != nil || os.Rename(draft, filepath.Join(f.Cache, own+".json")) != nil {
		os.Remove(draft)
		return
	}
	if previous != nil && previous.Data != e.Data {
		os.Remove(filepath.Join(f.Cache, previous.Data))
	}
}

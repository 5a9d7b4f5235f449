package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ldtkit/ldt/ngsild"
)

// Layout is how several documents stand in one file.
type Layout uint8

// The layouts.
const (
	Lines Layout = iota // one document a line: NDJSON, N-Quads
	Array               // one JSON array
)

// LayoutOf gives the layout that the name of a file means: an array for .json
// and .jsonld, else lines. Standard output has lines.
func LayoutOf(path string) Layout {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json", ".jsonld":
		return Array
	}
	return Lines
}

const bufferSize = 1 << 18

// File is a file that comes to be as a whole or not at all: until Close it has
// another name in the same folder, which Abort removes. It is not safe for
// several goroutines.
type File struct {
	path   string // for messages, as the user named it
	layout Layout
	target string // what Close renames to; empty where the bytes go straight out
	dest   destination
	w      *bufio.Writer

	documents int
	line      []byte
	err       error // the first fault; nothing is written after it
	done      bool
}

// destination is what a File needs of an open file.
type destination interface {
	io.Writer
	Name() string
	Sync() error
	Close() error
}

// create opens the temporary file; tests put in disks that are full.
var create = func(path string, mode fs.FileMode) (destination, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// Create begins a file. What stood at the path stays until Close. A path that
// is not a regular file, such as a pipe or /dev/null, is written to directly.
func Create(path string, layout Layout) (*File, error) {
	f := &File{path: path, layout: layout, target: path}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		f.target = real
	}
	mode := fs.FileMode(0o666)
	switch info, err := os.Stat(f.target); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %s: it is a folder\n  hint: name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		out, err := os.OpenFile(f.target, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", path, cause(err))
		}
		f.target = ""
		f.open(out)
		return f, nil
	case err == nil:
		mode = info.Mode().Perm()
	}
	// A name of its own, so that two runs do not write into one file. The
	// process number makes it; a file of that name is what a killed run left.
	temporary := filepath.Join(filepath.Dir(f.target), fmt.Sprintf(".%s.%d.part", filepath.Base(f.target), os.Getpid()))
	out, err := create(temporary, mode)
	if errors.Is(err, fs.ErrExist) {
		if err := os.Remove(temporary); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, cause(err))
		}
		out, err = create(temporary, mode)
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("write %s: there is no folder %s\n  hint: create it first", path, filepath.Dir(path))
		}
		return nil, fmt.Errorf("write %s: %w", path, cause(err))
	}
	f.open(out)
	return f, nil
}

// To writes to a stream that is open already, such as standard output, named
// for messages. Close flushes it and leaves it open.
func To(w io.Writer, name string, layout Layout) *File {
	f := &File{path: name, layout: layout}
	f.w = bufio.NewWriterSize(w, bufferSize)
	return f
}

func (f *File) open(out destination) {
	f.dest = out
	f.w = bufio.NewWriterSize(out, bufferSize)
}

// Write appends one document, which is not kept. It has to be without a
// newline at its end where the layout is an array.
func (f *File) Write(document []byte) error {
	if f.err != nil {
		return f.err
	}
	switch {
	case f.layout == Lines:
	case f.documents == 0:
		f.put("[\n")
	default:
		f.put(",\n")
	}
	if _, err := f.w.Write(document); err != nil {
		return f.fail(err)
	}
	if f.layout == Lines && (len(document) == 0 || document[len(document)-1] != '\n') {
		f.put("\n")
	}
	f.documents++
	return f.err
}

// WriteEntity appends one entity.
func (f *File) WriteEntity(e *ngsild.Entity, rep ngsild.Representation) error {
	f.line = e.AppendJSON(f.line[:0], rep)
	return f.Write(f.line)
}

// Documents counts what was written.
func (f *File) Documents() int { return f.documents }

func (f *File) put(text string) {
	if f.err != nil {
		return
	}
	if _, err := f.w.WriteString(text); err != nil {
		_ = f.fail(err)
	}
}

// fail keeps the first fault and removes what was written.
func (f *File) fail(err error) error {
	if f.err != nil {
		return f.err
	}
	left := ""
	if f.target != "" {
		left = "; nothing of it was left behind"
	}
	f.err = fmt.Errorf("write %s: %w%s", f.path, cause(err), left)
	f.Abort()
	return f.err
}

// Close completes the file and gives it its name; the bytes are on the disk
// then. After an error there is nothing under that name that was not there before.
func (f *File) Close() error {
	if f.done {
		return f.err
	}
	if f.layout == Array {
		if f.documents == 0 {
			f.put("[")
		}
		f.put("\n]\n")
	}
	if f.err != nil {
		return f.err
	}
	if err := f.w.Flush(); err != nil {
		return f.fail(err)
	}
	if f.dest == nil {
		f.done = true
		return nil
	}
	if f.target != "" {
		if err := f.dest.Sync(); err != nil {
			return f.fail(err)
		}
	}
	temporary := f.dest.Name()
	if err := f.dest.Close(); err != nil {
		return f.fail(err)
	}
	f.dest = nil
	if f.target != "" {
		if err := os.Rename(temporary, f.target); err != nil {
			_ = os.Remove(temporary)
			f.target = ""
			f.done = true
			f.err = fmt.Errorf("write %s: %w; nothing of it was left behind", f.path, cause(err))
			return f.err
		}
	}
	f.done = true
	return nil
}

// Abort gives the file up and removes what was written of it. After Close it
// does nothing, so that it can be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	if f.err == nil {
		f.err = fmt.Errorf("write %s: %w", f.path, errAborted)
	}
	if f.dest == nil {
		return
	}
	_ = f.dest.Close()
	if f.target != "" {
		_ = os.Remove(f.dest.Name())
	}
}

var errAborted = errors.New("given up")

// cause drops the temporary path from an error, which would say nothing to who
// named another file.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// headSize is enough to tell what a file is.
const headSize = 64 << 10

func readHead(stream func() (io.Reader, error)) ([]byte, error) {
	in, err := stream()
	if err != nil {
		return nil, err
	}
	head := make([]byte, headSize)
	n, err := readFull(in, head)
	if err != nil && n == 0 {
		return nil, err
	}
	return head[:n], nil
}

// readFull is io.ReadFull without an error for a short end, so that a stream
// that was cut off can be told from one that ended.
func readFull(in io.Reader, p []byte) (n int, err error) {
	for n < len(p) {
		k, err := in.Read(p[n:])
		n += k
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// evidence is the part of a text by which its encoding is judged: the first
// part, or where that is ASCII and says nothing, the part around the first byte
// that is not.
type evidence struct {
	sample []byte
	start  bool // the sample is the start of the file
	whole  bool // the sample reaches to the end of the file
	line   int  // the number of the line on which the sample starts
}

// gather gives the evidence of a text; with search it reads on to the first byte
// that is not ASCII, else the first part has to do.
func gather(ctx context.Context, stream func() (io.Reader, error), search bool) (evidence, error) {
	in, err := stream()
	if err != nil {
		return evidence{}, err
	}
	ev := evidence{start: true, line: 1}
	buf := make([]byte, evidenceSize)
	n, err := readFull(in, buf)
	if err != nil {
		return evidence{}, err
	}
	first, firstN := buf, n
	for search && n == len(buf) && ascii(buf) {
		if err := ctx.Err(); err != nil {
			return evidence{}, err
		}
		next := buf
		if &buf[0] == &first[0] {
			next = make([]byte, evidenceSize)
		}
		lines := bytes.Count(buf, []byte{'\n'})
		k, err := readFull(in, next)
		if err != nil {
			return evidence{}, err
		}
		if k == 0 {
			break
		}
		ev.line += lines
		ev.start = false
		buf, n = next, k
	}
	if n < len(buf) && ascii(buf[:n]) {
		// Nothing but ASCII in the whole file.
		return evidence{sample: first[:firstN], start: true, whole: true, line: 1}, nil
	}
	ev.sample, ev.whole = buf[:n], n < len(buf)
	return ev, nil
}

func ascii(p []byte) bool {
	for len(p) >= 32 {
		if (binary.LittleEndian.Uint64(p)|binary.LittleEndian.Uint64(p[8:])|
			binary.LittleEndian.Uint64(p[16:])|binary.LittleEndian.Uint64(p[24:]))&0x8080808080808080 != 0 {
			return false
		}
		p = p[32:]
	}
	for _, b := range p {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// temporary is a file that goes when it is closed.
type temporary struct{ *os.File }

func (t temporary) Close() error {
	return errors.Join(t.File.Close(), os.Remove(t.File.Name()))
}

// maxSpool bounds what a compressed container may become.
const maxSpool = 2 << 30

// spool writes a stream into a temporary file.
func spool(ctx context.Context, stream func() (io.Reader, error)) (temporary, error) {
	in, err := stream()
	if err != nil {
		return temporary{}, err
	}
	file, err := os.CreateTemp("", "ldt-*")
	if err != nil {
		return temporary{}, err
	}
	t := temporary{file}
	n, err := io.Copy(file, &limited{ctx: ctx, in: in, left: maxSpool})
	if err == nil && n >= maxSpool {
		err = errors.New("it becomes larger than 2 GB")
	}
	if err != nil {
		t.Close()
		return temporary{}, err
	}
	return t, nil
}

// limited ends after so many bytes, or when the context does.
type limited struct {
	ctx  context.Context
	in   io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	if l.left <= 0 {
		return 0, io.EOF
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

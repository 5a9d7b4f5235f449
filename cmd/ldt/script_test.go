package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs what a user types, one story a file of testdata/script. Beside
// the commands of testscript there are:
//
//	code N PROGRAM ARGS...      the program ends with exit code N
//	start NAME TEXT PROGRAM ... the program runs until interrupted; waits until a
//	                            line of its standard error holds TEXT, and sets
//	                            NAME to the URL in that line, NAME_HOST to its host
//	interrupt NAME N            interrupts it; it ends with exit code N
//	bytes FILE 'TEXT'           writes a file of Go's escapes, such as \xff
//	lastrun USECASE             copies what the newest run left to last/
//	usecase DIR                 copies the example paris-energy to DIR
//	exec http METHOD URL [FILE] a request; prints the answer
//	exec json FILE PATH...      prints members of a JSON file
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values["started"] = map[string]*started{}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "full-disk" {
				_, err := os.Stat("/dev/full")
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":      scriptCode,
			"start":     scriptStart,
			"interrupt": scriptInterrupt,
			"bytes":     scriptBytes,
			"lastrun":   scriptLastRun,
			"usecase":   scriptUseCase,
			"ci":        scriptCI,
		},
	})
}

func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// started is a program that runs while the script goes on.
type started struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when all its output was read
}

func scriptStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: start NAME TEXT PROGRAM ARGS...")
	}
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(dir, args[2])); err == nil {
			path = found
			break
		}
	}
	s := &started{cmd: exec.Command(path, args[3:]...), done: make(chan struct{})}
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "LDT_BROKER=")
	stderr, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	ts.Value("started").(map[string]*started)[args[0]] = s
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		ts.Logf("%s: %s", args[0], lines.Text())
		if !strings.Contains(lines.Text(), args[1]) {
			continue
		}
		if _, address, ok := strings.Cut(lines.Text(), "http://"); ok {
			if end := strings.IndexAny(address, " ;"); end >= 0 {
				address = address[:end]
			}
			ts.Setenv(args[0], "http://"+address)
			ts.Setenv(args[0]+"_HOST", address)
		}
		go func() {
			defer close(s.done)
			_, _ = io.Copy(io.Discard, stderr)
		}()
		return
	}
	ts.Fatalf("%s ended without %q in a line", args[2], args[1])
}

func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: interrupt NAME N")
	}
	if runtime.GOOS == "windows" {
		return // a process cannot be interrupted there
	}
	s := ts.Value("started").(map[string]*started)[args[0]]
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	<-s.done
	_ = s.cmd.Wait()
	if got := strconv.Itoa(s.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s", got, args[1])
	}
}

func scriptBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

func scriptLastRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lastrun USECASE")
	}
	runs, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), ".ldt", "runs", "*"))
	ts.Check(err)
	if len(runs) == 0 {
		ts.Fatalf("%s has no runs", args[0])
	}
	last := ts.MkAbs("last")
	ts.Check(os.RemoveAll(last))
	ts.Check(os.CopyFS(last, os.DirFS(slices.Max(runs))))
}

func scriptUseCase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: usecase DIR")
	}
	example, to := filepath.Join("..", "..", "examples", "paris-energy"), ts.MkAbs(args[0])
	for _, part := range []string{"context", "data", "mappings"} {
		ts.Check(os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(example, part))))
	}
	for _, file := range []string{"usecase.yaml", "inventory.xlsx"} {
		text, err := os.ReadFile(filepath.Join(example, file))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(to, file), text, 0o644))
	}
}

// httpMain is the command http METHOD URL [FILE]: it prints the body of the
// answer, the status on standard error, and ends with 1 where that is no success.
func httpMain() {
	var body io.Reader
	if len(os.Args) > 3 {
		text, err := os.ReadFile(os.Args[3])
		quit(err)
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequest(os.Args[1], os.Args[2], body)
	quit(err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	quit(err)
	_, err = io.Copy(os.Stdout, answer.Body)
	quit(err)
	fmt.Fprintln(os.Stderr, answer.Status)
	if answer.StatusCode >= 300 {
		os.Exit(1)
	}
}

// jsonMain is the command json FILE PATH...: it prints the members at paths such
// as flows.0.rows.read as JSON, one a line. A file of several documents is an
// array of them.
func jsonMain() {
	file, err := os.Open(os.Args[1])
	quit(err)
	var documents []any
	for dec := json.NewDecoder(file); ; {
		dec.UseNumber()
		var document any
		err := dec.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		quit(err)
		documents = append(documents, document)
	}
	var root any = documents
	if len(documents) == 1 {
		root = documents[0]
	}
	for _, path := range os.Args[2:] {
		value := root
		for _, key := range strings.Split(path, ".") {
			switch v := value.(type) {
			case map[string]any:
				value = v[key]
			case []any:
				i, err := strconv.Atoi(key)
				if err == nil && i >= len(v) {
					err = fmt.Errorf("%s: there are %d", path, len(v))
				}
				quit(err)
				value = v[i]
			}
		}
		text, err := json.Marshal(value)
		quit(err)
		fmt.Println(string(text))
	}
}

func quit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	repository "github.com/ldtkit/ldt"
)

// fakeDocker puts a docker on the PATH that notes how it was called and what
// came in, and then does what the script says.
func fakeDocker(t *testing.T, script string) (calls func() []string, stdin func() string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for docker is a shell script")
	}
	dir := t.TempDir()
	log, in := filepath.Join(dir, "calls"), filepath.Join(dir, "stdin")
	text := "#!/bin/sh\n" +
		"printf '%s\\n' \"$*\" >> '" + log + "'\n" +
		"case \"$*\" in *'--file - '*) cat > '" + in + "';; esac\n" + script
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker"), []byte(text), 0o755))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return ""
		}
		require.NoError(t, err)
		return string(text)
	}
	return func() []string { return strings.Split(strings.TrimSpace(read(log)), "\n") },
		func() string { return read(in) }
}

func orionAnswers(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"Orion-LD version":"1.6.0"}`))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func nobodyAnswers(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	return s.URL
}

// broker runs "ldt broker" and gives what it printed and its exit code.
func runBroker(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), append([]string{"broker"}, args...), strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

func TestBrokerUpStartsTheBuiltInComposeFileAndWaits(t *testing.T) {
	calls, stdin := fakeDocker(t, "exit 0\n")
	url := orionAnswers(t)
	stdout, stderr, code := runBroker(t, "up", "--broker", url)
	require.Zero(t, code, stderr)
	require.Equal(t, "Orion-LD 1.6.0 answers at "+url+"\n", stdout)
	require.Equal(t, []string{"compose version", "info --format {{.ServerVersion}}", "compose --file - up --detach --wait"}, calls())
	require.Equal(t, string(repository.Compose), stdin())
}

func TestBrokerTakesAnotherComposeFile(t *testing.T) {
	calls, stdin := fakeDocker(t, "exit 0\n")
	file := filepath.Join(t.TempDir(), "mine.yml")
	_, stderr, code := runBroker(t, "down", "--file", file)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "there is no compose file "+file)

	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, stderr, code = runBroker(t, "down", "--file", file)
	require.Zero(t, code, stderr)
	require.Equal(t, "compose --file "+file+" down", calls()[2])
	require.Empty(t, stdin())
}

func TestBrokerDownKeepsTheVolume(t *testing.T) {
	calls, _ := fakeDocker(t, "exit 0\n")
	_, stderr, code := runBroker(t, "down")
	require.Zero(t, code, stderr)
	require.Equal(t, "compose --file - down", calls()[2])
}

func TestBrokerStatusShowsContainersAndTheBrokersVersion(t *testing.T) {
	lines := `{"Service":"mongo","State":"running","Health":"healthy","Image":"mongo:4.4.29"}
{"Service":"orion","State":"running","Health":"starting","Image":"fiware/orion-ld:1.6.0"}`
	array := "[" + strings.ReplaceAll(lines, "\n", ",") + "]"
	for _, answer := range []string{lines, array} {
		calls, _ := fakeDocker(t, "case \"$*\" in *' ps '*) cat <<'END'\n"+answer+"\nEND\n;; esac\n")
		url := orionAnswers(t)
		stdout, stderr, code := runBroker(t, "status", "--broker", url)
		require.Zero(t, code, stderr)
		require.Equal(t, "mongo    running (healthy)    mongo:4.4.29\n"+
			"orion    running (starting)   fiware/orion-ld:1.6.0\n"+
			"Orion-LD 1.6.0 answers at "+url+"\n", stdout)
		require.Equal(t, "compose --file - ps --all --format json", calls()[2])
	}
}

func TestBrokerStatusWithoutABrokerExitsWith4(t *testing.T) {
	fakeDocker(t, "exit 0\n")
	t.Setenv("LDT_BROKER", nobodyAnswers(t))
	stdout, stderr, code := runBroker(t, "status")
	require.Equal(t, exitBroker, code)
	require.Equal(t, "no containers; 'ldt broker up' starts them\n", stdout)
	require.Contains(t, stderr, "no broker answers at "+os.Getenv("LDT_BROKER")+": connection refused")
}

func TestBrokerStatusRefusesAnAnswerThatIsNoJSON(t *testing.T) {
	fakeDocker(t, "case \"$*\" in *' ps '*) echo 'NAME  STATE';; esac\n")
	_, stderr, code := runBroker(t, "status")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "hint: bring docker's compose plugin up to date")
}

func TestBrokerSaysWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct{ script, want, hint string }{
		"compose plugin": {"case \"$1\" in compose) echo \"docker: 'compose' is not a docker command.\" >&2; exit 1;; esac\n",
			"docker has no compose plugin", "docker-compose-plugin"},
		"daemon": {"case \"$1\" in info) echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2; exit 1;; esac\n",
			"the docker daemon does not answer", "start Docker Desktop"},
		"permission": {"case \"$1\" in info) echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1;; esac\n",
			"this user may not use docker", "group docker"},
	} {
		t.Run(name, func(t *testing.T) {
			calls, _ := fakeDocker(t, c.script)
			stdout, stderr, code := runBroker(t, "up")
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, "ldt: start Orion-LD: "+c.want)
			require.Contains(t, stderr, c.hint)
			require.Contains(t, stderr, "'ldt serve' runs a broker without docker")
			require.NotContains(t, strings.Join(calls(), "\n"), " up ")
		})
	}
}

func TestBrokerWithoutDockerSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, verb := range []string{"up", "down", "status"} {
		_, stderr, code := runBroker(t, verb)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "docker is not installed, or not on the PATH")
		require.Contains(t, stderr, "https://docs.docker.com/get-docker/")
		require.Contains(t, stderr, "'ldt serve' runs a broker without docker")
	}
}

func TestBrokerUpPassesOnWhatDockerSays(t *testing.T) {
	fakeDocker(t, "case \"$*\" in *' up '*) echo 'bind: address already in use' >&2; exit 1;; esac\n")
	stdout, stderr, code := runBroker(t, "up")
	require.Equal(t, exitBroker, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "bind: address already in use\nldt: start Orion-LD: docker compose failed (exit status 1)")
	require.Contains(t, stderr, "hint: docker has said above what is wrong")
}

func TestBrokerUpCanBeInterrupted(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	fakeDocker(t, "case \"$*\" in *' up '*) trap 'exit 130' INT; : > '"+ready+"'; while :; do sleep 0.02; done;; esac\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(ready); err == nil {
				cancel()
			}
			runtime.Gosched()
		}
	}()
	var out, errs bytes.Buffer
	code := Main(ctx, []string{"broker", "up"}, strings.NewReader(""), &out, &errs)
	require.Equal(t, exitInterrupted, code)
}

package sftp_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	server "github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/sftp"
	"github.com/ldtkit/ldt/ngsild/finding"
)

var limits = sftp.Limits{Bytes: 1 << 20, Login: 5 * time.Second, Stall: 5 * time.Second}

// clean is an environment in which nothing of the tester's own logs in.
func clean(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"SSH_AUTH_SOCK", sftp.PasswordVariable, sftp.KeyVariable, sftp.PassphraseVariable, sftp.KnownHostsVariable} {
		t.Setenv(name, "")
	}
}

func get(url string) (string, error) {
	file, err := sftp.Get(context.Background(), url, "NAME", limits)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(file)
	return string(text), errors.Join(err, file.Close())
}

func refused(t *testing.T, err error, code finding.Code, text string) {
	t.Helper()
	var fault *format.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, format.Unreadable, fault.Kind)
	require.Equal(t, code, fault.Finding.Code, "%v", err)
	require.Contains(t, fault.Finding.Message, text)
	require.NotEmpty(t, fault.Finding.Hint)
	require.Equal(t, "NAME", fault.Finding.Location.File)
	require.NotContains(t, err.Error(), "s3cret")
}

// realServer gives the URL of a real sshd, whose files are those of this machine.
func realServer(t *testing.T) string {
	url := os.Getenv("LDT_TEST_SFTP")
	if url == "" {
		t.Skip("LDT_TEST_SFTP is not set: start a real sshd with .ci/services start DIR, and . DIR/env")
	}
	clean(t)
	t.Setenv(sftp.KeyVariable, os.Getenv("LDT_TEST_SFTP_KEY"))
	t.Setenv(sftp.KnownHostsVariable, os.Getenv("LDT_TEST_SFTP_KNOWN_HOSTS"))
	return url
}

func TestGetFromARealServer(t *testing.T) {
	url := realServer(t)
	dir := t.TempDir()
	large := strings.Repeat("0123456789abcde\n", 50_000)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conso.csv"), []byte(large), 0o600))
	text, err := get(url + dir + "/conso.csv")
	require.NoError(t, err)
	require.Equal(t, large, text)

	_, err = get(url + dir + "/conso.cvs")
	refused(t, err, finding.SourceAbsent, "has no file "+dir+"/conso.cvs")
	require.ErrorContains(t, err, "did you mean conso.csv?")
	_, err = get(url + dir)
	refused(t, err, finding.SourceAbsent, "is a folder")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large.csv"), make([]byte, limits.Bytes+1), 0o600))
	_, err = get(url + dir + "/large.csv")
	refused(t, err, finding.SourceTooLarge, "more than 1")
}

func TestGetChecksTheKeyOfARealServer(t *testing.T) {
	url := realServer(t)
	host := url[strings.Index(url, "@")+1:]
	t.Setenv(sftp.KnownHostsVariable, filepath.Join(t.TempDir(), "none"))
	_, err := get(url + "/etc/hostname")
	refused(t, err, finding.SourceUntrusted, "no file of host keys")

	file := filepath.Join(t.TempDir(), "known_hosts")
	t.Setenv(sftp.KnownHostsVariable, file)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = get(url + "/etc/hostname")
	refused(t, err, finding.SourceUntrusted, "is not known")

	public, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	other, err := ssh.NewPublicKey(public)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(knownhosts.Line([]string{host}, other)), 0o600))
	_, err = get(url + "/etc/hostname")
	refused(t, err, finding.SourceUntrusted, "shows another key")
}

func TestGetWithoutTheRightKeyOfARealServer(t *testing.T) {
	url := realServer(t)
	t.Setenv(sftp.KeyVariable, "")
	_, err := get(url + "/etc/hostname")
	refused(t, err, finding.SourceDenied, "nothing to log in with as ")

	key := filepath.Join(t.TempDir(), "key")
	writeKey(t, key, "")
	t.Setenv(sftp.KeyVariable, key)
	_, err = get(url + "/etc/hostname")
	refused(t, err, finding.SourceDenied, "refuses the login")
	require.ErrorContains(t, err, "tried: the key of LDT_SFTP_KEY")
}

// writeKey writes a private key, and gives its public one.
func writeKey(t *testing.T, file, passphrase string) ssh.PublicKey {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromKey(private)
	require.NoError(t, err)
	return signer.PublicKey()
}

// serve starts a server of our own, where the way to log in is the test's. It
// gives the URL of dir on it.
func serve(t *testing.T, dir string, config *ssh.ServerConfig) string {
	key := filepath.Join(t.TempDir(), "host")
	writeKey(t, key, "")
	text, err := os.ReadFile(key)
	require.NoError(t, err)
	signer, err := ssh.ParsePrivateKey(text)
	require.NoError(t, err)
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { listener.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			talk(conn, config)
		}
	}()
	known := filepath.Join(t.TempDir(), "known_hosts")
	require.NoError(t, os.WriteFile(known, []byte(knownhosts.Line([]string{listener.Addr().String()}, signer.PublicKey())), 0o600))
	t.Setenv(sftp.KnownHostsVariable, known)
	return fmt.Sprintf("sftp://city@%s%s", listener.Addr(), dir)
}

func talk(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for asked := range channels {
		channel, requests, err := asked.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "subsystem", nil)
			}
		}()
		session, err := server.NewServer(channel, server.ReadOnly())
		if err != nil {
			return
		}
		session.Serve()
		session.Close()
	}
}

func folder(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.csv"), []byte("a\n1\n"), 0o600))
	return dir
}

func TestGetLogsInWithAPassword(t *testing.T) {
	check := func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if string(password) != "s3cret" {
			return nil, errors.New("no")
		}
		return nil, nil
	}
	for name, config := range map[string]*ssh.ServerConfig{
		"password": {PasswordCallback: check},
		"question": {KeyboardInteractiveCallback: func(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil {
				return nil, err
			}
			return check(c, []byte(answers[0]))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			clean(t)
			url := serve(t, folder(t), config)
			t.Setenv(sftp.PasswordVariable, "s3cret")
			text, err := get(url + "/x.csv")
			require.NoError(t, err)
			require.Equal(t, "a\n1\n", text)
			t.Setenv(sftp.PasswordVariable, "s3cret-but-wrong")
			_, err = get(url + "/x.csv")
			refused(t, err, finding.SourceDenied, "refuses the login of city (tried: the password of LDT_SFTP_PASSWORD)")
		})
	}
}

func TestGetUnlocksAKeyWithItsPassphrase(t *testing.T) {
	clean(t)
	key := filepath.Join(t.TempDir(), "key")
	public := writeKey(t, key, "s3cret")
	url := serve(t, folder(t), &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, shown ssh.PublicKey) (*ssh.Permissions, error) {
		if string(shown.Marshal()) != string(public.Marshal()) {
			return nil, errors.New("no")
		}
		return nil, nil
	}})
	t.Setenv(sftp.KeyVariable, key)
	_, err := get(url + "/x.csv")
	refused(t, err, finding.SourceDenied, "it has a passphrase; set LDT_SFTP_PASSPHRASE")
	t.Setenv(sftp.PassphraseVariable, "s3cret")
	text, err := get(url + "/x.csv")
	require.NoError(t, err)
	require.Equal(t, "a\n1\n", text)
}

func TestGetSaysWhyThereIsNoConnection(t *testing.T) {
	clean(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	known := filepath.Join(t.TempDir(), "known_hosts")
	t.Setenv(sftp.KnownHostsVariable, known)
	public := writeKey(t, filepath.Join(t.TempDir(), "key"), "")
	know := func(address string) {
		require.NoError(t, os.WriteFile(known, []byte(knownhosts.Line([]string{address}, public)), 0o600))
	}
	know(closed.Addr().String())
	_, err = get("sftp://city@" + closed.Addr().String() + "/x.csv")
	refused(t, err, finding.SourceUnreachable, "connection refused")

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	know(silent.Addr().String())
	_, err = sftp.Get(context.Background(), "sftp://city@"+silent.Addr().String()+"/x.csv", "NAME", sftp.Limits{Login: 200 * time.Millisecond, Bytes: 1})
	refused(t, err, finding.SourceUnreachable, "did not answer in time")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = sftp.Get(ctx, "sftp://city@"+silent.Addr().String()+"/x.csv", "NAME", limits)
	require.ErrorIs(t, err, context.Canceled)
}

// Package sftp owns the fetching of a file over SFTP: the host's key is checked,
// and the login is by a key, an agent or a password of the environment.
package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/user"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/ldtkit/ldt/etl/source/address"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Environment variables that say how to log in.
const (
	PasswordVariable   = "LDT_SFTP_PASSWORD"
	KeyVariable        = "LDT_SFTP_KEY"        // a file with a private key
	PassphraseVariable = "LDT_SFTP_PASSPHRASE" // of that key
	// KnownHostsVariable names the file of host keys; ~/.ssh/known_hosts without it.
	KnownHostsVariable = "LDT_SFTP_KNOWN_HOSTS"
)

// Limits are how long the server may take. The zero value is 15 and 30 seconds.
type Limits struct {
	Login, Stall time.Duration
	// Bytes is how large the file may be; it is not to be 0.
	Bytes int64
}

// File is a file that was fetched. It goes when it is closed.
type File struct {
	*os.File
	// Name is the last part of its path.
	Name string
}

// Close closes and removes the file.
func (f *File) Close() error { return errors.Join(f.File.Close(), os.Remove(f.File.Name())) }

// Get fetches the file at sftp://user@host:port/path, where /~/ begins a path
// that counts from the user's own folder. name is what findings call it. The
// error is a *format.Error, or that of ctx.
func Get(ctx context.Context, text, name string, limits Limits) (*File, error) {
	if limits.Login == 0 {
		limits.Login = 15 * time.Second
	}
	if limits.Stall == 0 {
		limits.Stall = 30 * time.Second
	}
	l := &login{name: name, limits: limits}
	file, err := l.get(ctx, text)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	return file, err
}

// login is one connection.
type login struct {
	name   string
	limits Limits
	user   string
	tried  []string // ways to log in
}

func (l *login) refuse(code finding.Code, cause error, hint, message string, args ...any) error {
	return format.Refuse(finding.New(code, finding.Location{File: l.name}, message, args...).WithHint("%s", hint), cause)
}

func (l *login) get(ctx context.Context, text string) (*File, error) {
	u, err := address.Parse(text)
	if err != nil {
		return nil, format.Misdeclared(finding.New(finding.SourceSpec, finding.Location{File: l.name}, "%v", err).WithHint("write sftp://user@host/path/file.csv"))
	}
	config, host, done, err := l.config(u)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := (&net.Dialer{Timeout: l.limits.Login}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, l.unreachable(err)
	}
	// Whatever waits on the connection ends with ctx.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	alive := &lively{Conn: conn}
	alive.stall.Store(int64(l.limits.Login))
	secure, channels, requests, err := ssh.NewClientConn(alive, host, config)
	if err != nil {
		conn.Close()
		return nil, l.refused(err, u.Host)
	}
	alive.stall.Store(int64(l.limits.Stall))
	client := ssh.NewClient(secure, channels, requests)
	defer client.Close()
	session, err := sftp.NewClient(client)
	if err != nil {
		return nil, l.refuse(finding.SourceUnreachable, err, "ask who runs the server for an account with SFTP", "the server has no SFTP for %s: %v", l.user, err)
	}
	defer session.Close()
	return l.download(session, remotePath(u))
}

// remotePath is the path on the server.
func remotePath(u *url.URL) string {
	if own, ok := strings.CutPrefix(u.Path, "/~/"); ok {
		return own
	}
	return u.Path
}

// config decides how to log in. done is to be called after the login.
func (l *login) config(u *url.URL) (config *ssh.ClientConfig, host string, done func(), err error) {
	done = func() {}
	host = u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "22")
	}
	if l.user = u.User.Username(); l.user == "" {
		if own, err := user.Current(); err == nil {
			l.user = path.Base(strings.ReplaceAll(own.Username, `\`, "/"))
		}
	}
	known, algorithms, err := l.hostKeys(host)
	if err != nil {
		return nil, "", done, err
	}
	var methods []ssh.AuthMethod
	signers, closeAgent, err := l.signers()
	if err != nil {
		return nil, "", done, err
	}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	if password := os.Getenv(PasswordVariable); password != "" {
		l.tried = append(l.tried, "the password of "+PasswordVariable)
		methods = append(methods, ssh.Password(password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range answers {
				if !echos[i] {
					answers[i] = password
				}
			}
			return answers, nil
		}))
	}
	return &ssh.ClientConfig{User: l.user, Auth: methods, HostKeyCallback: known, HostKeyAlgorithms: algorithms, Timeout: l.limits.Login}, host, closeAgent, nil
}

// hostKeys gives the check of the host's key, and the kinds of keys that are
// known of it: a server has several, and is to show one that can be checked.
func (l *login) hostKeys(host string) (ssh.HostKeyCallback, []string, error) {
	file := os.Getenv(KnownHostsVariable)
	if file == "" {
		file = filepath.Join(home(), ".ssh", "known_hosts")
	}
	hint := fmt.Sprintf("connect once by hand (sftp %s@…) and compare the key that it shows with what its owner says; ldt reads %s", l.user, file)
	known, err := knownhosts.New(file)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			return nil, nil, l.refuse(finding.SourceUntrusted, err, "correct the file, or name another by "+KnownHostsVariable, "the file of host keys cannot be read: %v", err)
		}
		return nil, nil, l.refuse(finding.SourceUntrusted, err, hint, "the key of the host %s is not known: there is no file of host keys", host)
	}
	var fault *knownhosts.KeyError
	probe, err := ssh.ParsePublicKey(probeKey)
	if err == nil {
		err = known(host, &net.TCPAddr{IP: net.IPv4zero}, probe)
	}
	if !errors.As(err, &fault) || len(fault.Want) == 0 {
		return nil, nil, l.refuse(finding.SourceUntrusted, err, hint, "the key of the host %s is not known", host)
	}
	var algorithms []string
	for _, k := range fault.Want {
		kind := k.Key.Type()
		if kind == ssh.KeyAlgoRSA {
			algorithms = append(algorithms, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		}
		algorithms = append(algorithms, kind)
	}
	slices.Sort(algorithms)
	return known, slices.Compact(algorithms), nil
}

// probeKey is an Ed25519 key that no host has: all zero.
var probeKey = append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), make([]byte, 32)...)

// signers are the keys to log in with: the one that was named, those of the
// agent, and those at their usual places that have no passphrase.
func (l *login) signers() (list []ssh.Signer, done func(), err error) {
	done = func() {}
	if named := os.Getenv(KeyVariable); named != "" {
		signer, err := readKey(named)
		if err != nil {
			var missing *ssh.PassphraseMissingError
			if errors.As(err, &missing) {
				err = errors.New("it has a passphrase; set " + PassphraseVariable)
			}
			return nil, done, l.refuse(finding.SourceDenied, err, "correct "+KeyVariable, "the private key that %s names cannot be used: %v", KeyVariable, err)
		}
		l.tried = append(l.tried, "the key of "+KeyVariable)
		return []ssh.Signer{signer}, done, nil
	}
	if socket := os.Getenv("SSH_AUTH_SOCK"); socket != "" {
		if conn, err := net.Dial("unix", socket); err == nil {
			done = func() { conn.Close() }
			if list, err = agent.NewClient(conn).Signers(); err == nil && len(list) > 0 {
				l.tried = append(l.tried, "the keys of the SSH agent")
			}
		}
	}
	for _, kind := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		if signer, err := readKey(filepath.Join(home(), ".ssh", kind)); err == nil {
			list = append(list, signer)
			l.tried = append(l.tried, "~/.ssh/"+kind)
		}
	}
	return list, done, nil
}

func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

func readKey(file string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if passphrase := os.Getenv(PassphraseVariable); passphrase != "" {
		if signer, err := ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase)); err == nil {
			return signer, nil
		}
	}
	return ssh.ParsePrivateKey(text)
}

// refused says why the server and we did not come together.
func (l *login) refused(err error, host string) error {
	var key *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case errors.As(err, &key) || errors.As(err, &revoked) || strings.Contains(err.Error(), "no common algorithm for host key"):
		return l.refuse(finding.SourceUntrusted, err, "ask who runs the server whether its key was changed; only then correct the file of host keys", "the host %s shows another key than the one that is known of it", host)
	case strings.Contains(err.Error(), "unable to authenticate"):
		hint := fmt.Sprintf("set %s to the file of a private key, or %s", KeyVariable, PasswordVariable)
		if len(l.tried) == 0 {
			return l.refuse(finding.SourceDenied, err, hint, "there is nothing to log in with as %s", l.user)
		}
		return l.refuse(finding.SourceDenied, err, hint+"; and see that the user in the URL is the right one", "the server refuses the login of %s (tried: %s)", l.user, strings.Join(l.tried, ", "))
	}
	return l.unreachable(err)
}

// unreachable says why there is no connection.
func (l *login) unreachable(err error) error {
	const hint = "check the name and the port of the server"
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return l.refuse(finding.SourceUnreachable, err, hint, "connection refused: no server listens there")
	case errors.As(err, &dns):
		return l.refuse(finding.SourceUnreachable, err, hint, "no machine is known by the name %s", dns.Name)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return l.refuse(finding.SourceUnreachable, err, hint+", and try again later", "the server did not answer in time")
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return l.refuse(finding.SourceUnreachable, err, hint, "the server closed the connection")
	}
	return l.refuse(finding.SourceUnreachable, err, hint, "the server is no SSH server, or refuses to talk: %v", err)
}

// download copies the file into a temporary one.
func (l *login) download(session *sftp.Client, remote string) (*File, error) {
	info, err := session.Stat(remote)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, l.refuse(finding.SourceAbsent, err, l.beside(session, remote), "the server has no file %s", remote)
	case errors.Is(err, os.ErrPermission):
		return nil, l.refuse(finding.SourceDenied, err, "ask who runs the server for the right to read it", "%s may not read %s", l.user, remote)
	case err != nil:
		return nil, l.refuse(finding.SourceUnreachable, err, "try again", "the file cannot be looked at: %v", err)
	case info.IsDir():
		return nil, l.refuse(finding.SourceAbsent, nil, "name the file in it", "%s is a folder, not a file", remote)
	case info.Size() > l.limits.Bytes:
		return nil, l.refuse(finding.SourceTooLarge, nil, "ask for a part of it, or copy it by hand and name the file", "the file has %d MB, more than %d", info.Size()>>20, l.limits.Bytes>>20)
	}
	from, err := session.Open(remote)
	if errors.Is(err, os.ErrPermission) {
		return nil, l.refuse(finding.SourceDenied, err, "ask who runs the server for the right to read it", "%s may not read %s", l.user, remote)
	}
	if err != nil {
		return nil, l.refuse(finding.SourceUnreachable, err, "try again", "the file cannot be opened: %v", err)
	}
	defer from.Close()
	local, err := os.CreateTemp("", "ldt-*")
	if err != nil {
		return nil, fmt.Errorf("keep the download: %w", err)
	}
	file := &File{File: local, Name: path.Base(remote)}
	n, err := io.Copy(local, from)
	var system *os.PathError
	switch {
	case errors.As(err, &system) && system.Path == local.Name():
		err = fmt.Errorf("keep the download of %s: %w", l.name, err)
	case err != nil:
		err = l.refuse(finding.SourceDamaged, err, "try again", "the download was cut off after %d of %d bytes", n, info.Size())
	case n != info.Size():
		err = l.refuse(finding.SourceDamaged, nil, "wait until it is written, and try again", "the file changed while it was copied: it had %d bytes, and %d came", info.Size(), n)
	default:
		_, err = local.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// beside is the hint where a file is not there: one of a similar name that is.
func (l *login) beside(session *sftp.Client, remote string) string {
	entries, err := session.ReadDir(path.Dir(remote))
	if err != nil {
		return "the folder " + path.Dir(remote) + " is not there either; a path in your own folder is written /~/path"
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if near := finding.Nearest(path.Base(remote), names); near != "" {
		return "did you mean " + near + "?"
	}
	return fmt.Sprintf("the folder %s has %d other files", path.Dir(remote), len(names))
}

// lively is a connection on which something has to come within a while.
type lively struct {
	net.Conn
	stall atomic.Int64 // a time.Duration; the connection's own goroutine reads
}

func (c *lively) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(time.Duration(c.stall.Load()))); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/ngsild/broker"
	"github.com/ldtkit/ldt/ngsild/broker/sqlite"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func newServeCommand(s *settings) *cobra.Command {
	var addr, store string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the embedded NGSI-LD broker",
		Long: "Runs the embedded NGSI-LD broker over one SQLite file until it is interrupted.\n" +
			"What it has acknowledged is on disk. One process serves a store at a time.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			resolver, err := newResolver(".", fetchFlags{})
			if err != nil {
				return err
			}
			path := fromEnvironment(cmd, "store", "LDT_STORE", store)
			if err := folderOf(path); err != nil {
				return err
			}
			e, err := startEmbedded(fromEnvironment(cmd, "addr", "LDT_ADDR", addr), path, resolver, s.logger(cmd.ErrOrStderr()))
			var inUse *sqlite.InUseError
			if errors.As(err, &inUse) {
				return fmt.Errorf("%w\n  hint: stop it, or use another --store", inUse)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "the broker listens at %s (store %s); end it with Ctrl-C\n", e.url, e.path)
			if e.open {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning: other machines can reach it, and it has no log-in: whoever does can read and change the data")
			}
			return e.serveUntil(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:1026", "address to listen on; only this machine can reach the default (LDT_ADDR)")
	cmd.Flags().StringVar(&store, "store", "ldt-store.db", "the file that holds the entities; it is made where it is absent (LDT_STORE)")
	return cmd
}

// folderOf refuses a store in a folder that is not there: a path with a mistake in it
// would otherwise begin an empty store in a new place.
func folderOf(store string) error {
	folder := filepath.Dir(store)
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	hint := "make the folder first, or correct --store (LDT_STORE)"
	if near := etl.NearestFile(filepath.Dir(folder), filepath.Base(folder)); near != "" {
		hint = fmt.Sprintf("did you mean %s?", filepath.Join(filepath.Dir(folder), near, filepath.Base(store)))
	}
	return &exitError{exitUsage, fmt.Errorf("open the store %s: there is no folder %s\n  hint: %s", store, folder, hint)}
}

// embedded is the embedded broker, listening.
type embedded struct {
	url, path string
	open      bool // to other machines
	server    *http.Server
	store     *sqlite.Store
	failed    chan error
}

// startEmbedded opens the store and listens.
func startEmbedded(addr, path string, resolver *jsonld.Resolver, logger *slog.Logger) (*embedded, error) {
	store, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		store.Close()
		return nil, cannotListen(addr, err)
	}
	url, open := reach(listener.Addr())
	e := &embedded{
		url:    url,
		path:   path,
		open:   open,
		store:  store,
		failed: make(chan error, 1),
		server: &http.Server{
			Handler:           broker.New(store, broker.Options{Resolver: resolver, Version: version(), Logger: logger}),
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
		},
	}
	go func() { e.failed <- e.server.Serve(listener) }()
	return e, nil
}

// reach gives the URL under which this machine reaches a listener, and whether
// others can, too.
func reach(addr net.Addr) (url string, open bool) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String(), true
	}
	ip := net.ParseIP(host)
	if ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), !ip.IsLoopback()
}

// cannotListen says why an address cannot be listened on.
func cannotListen(addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: the port is in use\n  hint: end the program that uses it, or choose another port with --addr; port 0 is any free one", addr)
	}
	var network *net.OpError
	if errors.As(err, &network) {
		err = network.Err
	}
	return fmt.Errorf("listen on %s: %w\n  hint: write --addr like 127.0.0.1:1026", addr, err)
}

// embeddedFor starts the embedded broker over the store of a use case and makes
// it the broker to talk to, where no other is named; else it gives nil.
func (s *settings) embeddedFor(cmd *cobra.Command, u *etl.UseCase, b *brokerFlags, addr string, resolver *jsonld.Resolver) (*embedded, error) {
	if fromEnvironment(cmd, "broker", "LDT_BROKER", u.Broker.URL) != "" {
		return nil, nil
	}
	if err := os.MkdirAll(u.State(), 0o755); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	e, err := startEmbedded(addr, filepath.Join(u.State(), "store.db"), resolver, s.logger(cmd.ErrOrStderr()))
	var inUse *sqlite.InUseError
	if errors.As(err, &inUse) {
		return nil, fmt.Errorf("%w\n  hint: where that is 'ldt serve' or 'ldt run --serve', name the address that it printed with --broker", inUse)
	}
	if err != nil {
		return nil, err
	}
	u.Broker.URL = e.url
	return e, nil
}

// serveUntil serves until ctx ends, which is the normal end.
func (e *embedded) serveUntil(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return e.close()
	case err := <-e.failed:
		return errors.Join(err, e.store.Close())
	}
}

// close answers the requests under way, for at most 10 s, and closes the store.
// A second call, and one on nil, does nothing.
func (e *embedded) close() error {
	if e == nil || e.store == nil {
		return nil
	}
	store := e.store
	e.store = nil
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(e.server.Shutdown(ctx), store.Close())
}

// logger writes what goes wrong inside the broker; everything with --verbose.
func (s *settings) logger(w io.Writer) *slog.Logger {
	level := slog.LevelError
	if s.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

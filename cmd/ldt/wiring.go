package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/client"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// newResolver knows the core @contexts, those of the built-in models, those of
// the use cases in dir and others, where there are any, and what was pinned in the
// contexts.lock of dir.
func newResolver(dir string, fetch fetchFlags, others ...string) (*jsonld.Resolver, error) {
	var documents []map[string][]byte
	for _, folder := range append(others, dir) {
		if !isUseCase(folder) {
			continue
		}
		u, err := etl.LoadUseCase(folder)
		if err != nil {
			return nil, err
		}
		files, err := u.ContextFiles()
		if err != nil {
			return nil, err
		}
		documents = append(documents, files)
	}
	return resolverWith(dir, fetch, documents...), nil
}

// resolverWith knows the core @contexts, those of the built-in models, what was pinned in
// the contexts.lock of dir, and documents by their URL.
func resolverWith(dir string, fetch fetchFlags, documents ...map[string][]byte) *jsonld.Resolver {
	options := []jsonld.Option{
		jsonld.WithContextsOnDemand(models.Contexts()),
		jsonld.WithLock(filepath.Join(dir, "contexts.lock")),
	}
	for _, files := range documents {
		options = append(options, jsonld.WithContexts(files))
	}
	if fetch.asked() {
		options = append(options, jsonld.WithFetch(jsonld.Fetch{Update: fetch.update}))
	}
	return jsonld.NewResolver(options...)
}

func isUseCase(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, etl.UseCaseFile))
	return err == nil
}

// fetchFlags are those of the verbs that may fetch an @context.
type fetchFlags struct{ fetch, update bool }

// asked says whether anything may be fetched.
func (f fetchFlags) asked() bool { return f.fetch || f.update }

func (f *fetchFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.fetch, "fetch", false, "fetch an @context that is not known offline, and pin it in contexts.lock")
	flags.BoolVar(&f.update, "update", false, "fetch, and accept a pinned @context that has changed; prints what changed")
}

// catalogueOf gives the models that are known in a folder: the built-in ones, and where it
// is a use case its own.
func catalogueOf(ctx context.Context, dir string, resolver *jsonld.Resolver) (*models.Catalogue, error) {
	if _, err := os.Stat(filepath.Join(dir, etl.UseCaseFile)); err != nil {
		return models.Builtin(), nil
	}
	u, err := etl.LoadUseCase(dir)
	if err != nil {
		return nil, err
	}
	return u.Catalogue(ctx, resolver)
}

// kindOf asks the models of a catalogue.
func kindOf(catalogue *models.Catalogue) func(model, entityType, attribute string) (ngsild.Kind, bool) {
	return func(model, entityType, attribute string) (ngsild.Kind, bool) {
		if model == "" {
			kind := catalogue.KindOf(entityType, attribute)
			return kind, kind != 0
		}
		m, err := catalogue.Find(model)
		if err != nil {
			return 0, false
		}
		a := m.Attribute(attribute)
		if a == nil {
			return 0, false
		}
		return a.Kind, a.Kind != 0
	}
}

// flowFlags are those of the verbs that take a mapping and a source.
type flowFlags struct {
	mapping  string
	fetch    fetchFlags
	declared source.Spec
}

func (f *flowFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.mapping, "mapping", "m", "", "the mapping (YAML)")
	f.addReading(cmd)
}

// addReading adds how a source and its @context are read.
func (f *flowFlags) addReading(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.declared.Encoding, "encoding", "", "the source's encoding, before what the mapping says")
	flags.StringVar(&f.declared.Delimiter, "delimiter", "", "the source's delimiter")
	flags.StringVar(&f.declared.Decimal, "decimal", "", "the source's decimal mark, . or ,")
	flags.StringVar(&f.declared.Sheet, "sheet", "", "the sheet of a workbook, by name, number or pattern (20*)")
	f.fetch.add(cmd)
}

// prepare makes the flow of -m MAPPING [SOURCE] ready.
func (f *flowFlags) prepare(cmd *cobra.Command, args []string) (*etl.Flow, error) {
	return f.prepareWith(cmd, args, nil)
}

// prepareWith is prepare with the models that are known; nil are those of the folder.
func (f *flowFlags) prepareWith(cmd *cobra.Command, args []string, catalogue *models.Catalogue) (*etl.Flow, error) {
	if err := f.given(cmd); err != nil {
		return nil, err
	}
	o, err := f.options(cmd.Context(), f.mapping)
	if err != nil {
		return nil, err
	}
	if catalogue != nil {
		o = withModels(o, catalogue)
	}
	if len(args) > 0 {
		o.Source = args[0]
	}
	return etl.Prepare(cmd.Context(), f.mapping, o)
}

// given says whether a mapping is named.
func (f *flowFlags) given(cmd *cobra.Command) error {
	if f.mapping == "" {
		return &exitError{exitUsage, fmt.Errorf("no mapping is given\n  hint: %s -m mapping.yaml", cmd.CommandPath())}
	}
	return nil
}

func (f *flowFlags) options(ctx context.Context, mapping string) (etl.Options, error) {
	o, err := optionsOf(ctx, etl.BaseDir(mapping), f.fetch)
	o.Declared = f.declared
	return o, err
}

// optionsOf gives the @contexts and the models that are known in a folder.
func optionsOf(ctx context.Context, dir string, fetch fetchFlags) (etl.Options, error) {
	resolver, err := newResolver(dir, fetch)
	if err != nil {
		return etl.Options{}, err
	}
	catalogue, err := catalogueOf(ctx, dir, resolver)
	if err != nil {
		return etl.Options{}, err
	}
	return withModels(etl.Options{Resolver: resolver}, catalogue), nil
}

// withModels has mappings ask the models of a catalogue.
func withModels(o etl.Options, catalogue *models.Catalogue) etl.Options {
	o.KindOf = kindOf(catalogue)
	o.FindModel = func(name string) error {
		_, err := catalogue.Find(name)
		return err
	}
	return o
}

// brokerFlags are those of the verbs that talk to a broker.
type brokerFlags struct {
	url, tenant, authorization, context, contextURL string
	batch                                           int // 0 is the client's default
}

func (b *brokerFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&b.url, "broker", "", "the broker's URL, such as http://localhost:1026 (LDT_BROKER)")
	flags.StringVar(&b.tenant, "tenant", "", "the tenant, sent as NGSILD-Tenant (LDT_TENANT)")
	flags.StringVar(&b.authorization, "authorization", "", "the Authorization header, such as \"Bearer …\" (LDT_AUTHORIZATION)")
	flags.StringVar(&b.context, "context-mode", "expanded", "how names reach the broker: expanded, inline or link")
	flags.StringVar(&b.contextURL, "context-url", "", "where the broker finds the @context, for --context-mode link")
}

// addBatch adds the flag of the verbs that push.
func (b *brokerFlags) addBatch(cmd *cobra.Command) {
	cmd.Flags().IntVar(&b.batch, "batch", client.DefaultBatch, "entities in one request at most; a broker's own limit may be lower")
}

// client gives a client of the broker that flag, environment or use case name.
func (b *brokerFlags) client(cmd *cobra.Command, fallback etl.Broker, report func(finding.Finding)) (*client.Client, error) {
	mode, err := client.ParseContextMode(b.context)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if f := cmd.Flags().Lookup("batch"); f != nil && b.batch < 1 {
		return nil, &exitError{exitUsage, fmt.Errorf("--batch %d: a request carries at least one entity\n  hint: leave it out for %d", b.batch, client.DefaultBatch)}
	}
	url := fromEnvironment(cmd, "broker", "LDT_BROKER", fallback.URL)
	if url == "" {
		return nil, &exitError{exitUsage, fmt.Errorf("no broker is given\n  hint: %s --broker http://localhost:1026, or set LDT_BROKER", cmd.CommandPath())}
	}
	c, err := client.New(url, client.Options{
		Tenant:        fromEnvironment(cmd, "tenant", "LDT_TENANT", fallback.Tenant),
		Authorization: fromEnvironment(cmd, "authorization", "LDT_AUTHORIZATION", ""),
		UserAgent:     "ldt/" + version(),
		ContextMode:   mode,
		ContextURL:    b.contextURL,
		MaxBatch:      b.batch,
		OnRetry:       retries(cmd),
		Report:        report,
	})
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return c, nil
}

// retries gives what tells a person that the broker is waited for: of waits of a
// second and more, and once of those that go on side by side.
func retries(cmd *cobra.Command) func(err error, wait time.Duration) {
	if quiet, _ := cmd.Flags().GetBool("quiet"); quiet {
		return nil
	}
	var mu sync.Mutex
	var told time.Time
	return func(err error, wait time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if wait < time.Second || now.Before(told) {
			return
		}
		told = now.Add(wait)
		what, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintf(cmd.ErrOrStderr(), "%s; trying again in %.0f s\n", what, wait.Seconds())
	}
}

// openNamed opens a file that the command line names.
func openNamed(path string) (*os.File, error) {
	info, err := os.Stat(path)
	var file *os.File
	switch {
	case err == nil && info.IsDir():
		err = fmt.Errorf("%s: this is a folder, not a file", path)
	case err == nil:
		if file, err = os.Open(path); err == nil {
			return file, nil
		}
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("%s: there is no such file", path)
		if near := etl.NearestFile(filepath.Dir(path), filepath.Base(path)); near != "" {
			err = fmt.Errorf("%w\n  hint: did you mean %s?", err, filepath.Join(filepath.Dir(path), near))
		}
	}
	return nil, &exitError{exitSource, err}
}

// noArgs refuses arguments with a sentence.
func noArgs(cmd *cobra.Command, args []string) error {
	return wantArgs(0, 0, "")(cmd, args)
}

// wantArgs takes from least to most arguments (most < 0: any number).
func wantArgs(least, most int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		what := names + " is missing"
		if len(args) >= least {
			what = fmt.Sprintf("%q is too much", args[most])
		}
		return &exitError{exitUsage, fmt.Errorf("%s\n  usage: %s", what, cmd.UseLine())}
	}
}

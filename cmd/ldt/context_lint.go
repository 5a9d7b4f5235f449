package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/report"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func newContextLintCommand(s *settings) *cobra.Command {
	var format formatFlag
	var fetch fetchFlags
	var entities []string
	cmd := &cobra.Command{
		Use:   "lint FILE|URL...",
		Short: "Report what is wrong with an @context, or not as it looks",
		Long: "Reads context documents as JSON-LD, a broker and other tools do. Errors: keys twice, prefixes that nothing\n" +
			"defines, core terms redefined, circles, illegal definitions. Warnings: URLs that are not known, what Orion-LD\n" +
			"refuses, names of entities that nothing defines. Remarks: order, unused and ambiguous terms.",
		Args: wantArgs(1, -1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l := contextLinter{fetch: fetch, texts: map[string][]byte{}}
			if err := l.open(args); err != nil {
				return err
			}
			read := l.readMappings
			if len(entities) > 0 {
				read = l.readEntities
			}
			if err := read(cmd, entities); err != nil {
				return err
			}
			for _, name := range args {
				if err := l.lint(cmd, name); err != nil {
					return err
				}
			}
			return s.linted(cmd, format, args, &l)
		},
	}
	addFormat(cmd, &format)
	fetch.add(cmd)
	cmd.Flags().StringArrayVar(&entities, "entities", nil, "entities that use the @context, a file or folder; may be repeated; the mappings of the use case without it")
	return cmd
}

// contextLinter is one run of the verb.
type contextLinter struct {
	fetch     fetchFlags
	resolver  *jsonld.Resolver
	usecases  []*etl.UseCase    // of the files
	published map[string]string // file → URL at which a use case publishes it
	uses      *jsonld.Uses
	entities  int               // that were read
	texts     map[string][]byte // of URLs, to show their lines
	contexts  []*jsonld.Context
	found     []finding.Finding
}

func isURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// open makes the resolver: of the use cases that the files are part of.
func (l *contextLinter) open(args []string) error {
	l.published = map[string]string{}
	bases := make([]string, len(args))
	for i, name := range args {
		bases[i] = "."
		if !isURL(name) {
			bases[i] = etl.BaseDir(name)
		}
	}
	var err error
	if l.resolver, err = newResolver(bases[0], l.fetch, bases[1:]...); err != nil {
		return err
	}
	for i, name := range args {
		if isURL(name) || !isUseCase(bases[i]) {
			continue
		}
		u, err := etl.LoadUseCase(bases[i])
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(l.usecases, func(other *etl.UseCase) bool { return other.Dir == u.Dir }) {
			l.usecases = append(l.usecases, u)
		}
		l.published[name] = publishedAt(u, name)
	}
	return nil
}

// publishedAt gives the URL that a file stands for in a use case, or "".
func publishedAt(u *etl.UseCase, name string) string {
	own, err := os.Stat(name)
	if err != nil {
		return "" // said where it is opened
	}
	for url, file := range u.Contexts {
		if other, err := os.Stat(u.Path(file)); err == nil && os.SameFile(own, other) {
			return url
		}
	}
	return ""
}

// lint checks one file or URL.
func (l *contextLinter) lint(cmd *cobra.Command, name string) error {
	o := jsonld.LintOptions{Resolver: l.resolver, URL: l.published[name], Uses: l.uses, Meanings: meanings}
	var text []byte
	var err error
	if isURL(name) {
		o.URL = name
		if text, o.MediaType, err = l.resolver.Document(cmd.Context(), name); err != nil && l.fetch.asked() && cmd.Context().Err() == nil {
			err = &exitError{exitSource, err} // the server; without it, it is the lock file
		}
		l.texts[name] = text
	} else {
		text, err = readContext(name)
	}
	switch {
	case err != nil:
		return err
	case text == nil:
		f := finding.New(finding.ContextUnknownURL, finding.Location{File: name}, "this @context is not known here")
		l.found = append(l.found, f.WithHint("--fetch reads it from its server"))
		return nil
	}
	o.Fault = func(fault error) { err = fault }
	l.found = append(l.found, jsonld.Lint(cmd.Context(), name, text, o)...)
	if err == nil {
		err = cmd.Context().Err()
	}
	if err != nil || l.uses == nil {
		return err
	}
	c, _, err := l.resolver.ResolveRefs(cmd.Context(), ".", []string{name})
	var faults finding.List
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if err == nil {
		l.contexts = append(l.contexts, c)
	}
	return nil
}

// readContext reads a file of at most jsonld.MaxContextBytes.
func readContext(name string) ([]byte, error) {
	file, err := openNamed(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, jsonld.MaxContextBytes+1))
	switch {
	case err != nil:
		err = &exitError{exitSource, fmt.Errorf("read %s: %w", name, err)}
	case len(text) == 0:
		err = &exitError{exitSource, fmt.Errorf("%s: the file is empty (0 bytes)", name)}
	case len(text) > jsonld.MaxContextBytes:
		err = &exitError{exitSource, fmt.Errorf("%s: it has more than %d bytes, which no @context has\n  hint: 'ldt validate' reads entities", name, jsonld.MaxContextBytes)}
	}
	return text, err
}

// meanings gives what a term stands for in the @contexts of the built-in models, where
// that is not the same in all.
func meanings(term string) []jsonld.Meaning {
	var list []jsonld.Meaning
	for _, m := range models.Builtin().Meanings(term) {
		list = append(list, jsonld.Meaning{IRI: m.IRI, In: m.Subjects})
	}
	return list
}

// readMappings notes the names that the mappings of the files' use cases use.
func (l *contextLinter) readMappings(cmd *cobra.Command, _ []string) error {
	uses := &jsonld.Uses{}
	for _, u := range l.usecases {
		if err := u.Uses(cmd.Context(), l.resolver, uses); err != nil {
			return err
		}
	}
	if !uses.Empty() {
		l.uses = uses
	}
	return nil
}

// readEntities notes the names that entities use.
func (l *contextLinter) readEntities(cmd *cobra.Command, args []string) error {
	l.uses = &jsonld.Uses{}
	found, err := eachEntity(cmd, args, func(name string, item ngsild.Item) error { return l.readEntity(cmd, name, item) })
	l.found = append(l.found, found...)
	if err == nil && l.entities == 0 && len(l.found) == 0 {
		err = &exitError{exitSource, fmt.Errorf("%s: no entity is in it\n  hint: an entity has an id and a type", strings.Join(args, ", "))}
	}
	return err
}

func (l *contextLinter) readEntity(cmd *cobra.Command, name string, item ngsild.Item) error {
	at := func(line, char int) finding.Location {
		line, char = item.Place(line, char)
		return finding.Location{File: name, Line: line, Char: char}
	}
	var own *jsonld.Context
	if ldctx, err := jsonld.ContextOf(item.Raw); err == nil && ldctx != nil {
		if own, _, err = l.resolver.Resolve(cmd.Context(), ldctx); err != nil && cmd.Context().Err() != nil {
			return err
		}
	}
	isEntity, err := l.uses.Entity(item.Raw, own, at)
	if err != nil {
		l.found = append(l.found, finding.New(finding.EntityJSON, at(1, 1), "%v", err))
	}
	if isEntity {
		l.entities++
	}
	return nil
}

// linted prints what was found.
func (s *settings) linted(cmd *cobra.Command, format formatFlag, args []string, l *contextLinter) error {
	if l.uses != nil && len(l.contexts) > 0 {
		l.found = append(l.found, l.uses.Undefined(l.contexts...)...)
	}
	if format != "text" {
		if err := report.Findings(cmd.OutOrStdout(), string(format), "context lint", l.found, report.Options{Version: version(), Subjects: args}); err != nil {
			return err
		}
	} else {
		options := report.Options{Source: l.source(), Uncounted: true}
		if s.verbose {
			options.Limit = -1
		}
		gravest := slices.Clone(l.found)
		slices.SortStableFunc(gravest, func(a, b finding.Finding) int { return int(b.Severity) - int(a.Severity) })
		if err := s.findingsWith(cmd.ErrOrStderr(), gravest, options); err != nil {
			return err
		}
		if !s.quiet {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", strings.Join(args, ", "), report.CountFindings(l.found, nil))
		}
	}
	if finding.Errors(l.found) > 0 {
		return exit(exitData)
	}
	return nil
}

// source gives the lines of files and of what was fetched.
func (l *contextLinter) source() func(file string, line int) (string, bool) {
	files := report.SourceLines(l.found)
	return func(file string, line int) (string, bool) {
		text, fetched := l.texts[file]
		if !fetched {
			return files(file, line)
		}
		for n := range strings.Lines(string(text)) {
			if line--; line == 0 {
				return strings.TrimRight(n, "\r\n"), true
			}
		}
		return "", false
	}
}

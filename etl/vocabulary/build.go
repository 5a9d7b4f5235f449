// Package vocabulary owns the @context of a use case: which terms its mappings use,
// which IRI each has, and the two files that say so. The own file holds the terms that
// nothing else defines; the compound file lists the contexts that are reused, the own
// file, and the core last.
package vocabulary

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/mapping"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

// Options are what a build needs beside the use case.
type Options struct {
	Catalogue *models.Catalogue
	// Resolver makes a resolver that knows, beside what is built in and pinned, the
	// documents of these URLs.
	Resolver func(documents map[string][]byte) *jsonld.Resolver
}

// Built is what a build comes to. Nothing is written before Write.
type Built struct {
	Own, Compound File
	// Was and Version are those of the own file; Was is "" where it is new.
	Was, Version string
	Changes      []Change
	// Contexts are the changes of the list in the compound file: their Term is a URL.
	Contexts []Change
	// Idle are files in mappings/ that no flow of the use case names: their terms are
	// left out.
	Idle []string
}

// Build works out the @context of a use case from the mappings of its flows. Each term
// keeps the IRI it has: of the core, of the model of its entities, of the own file as it
// stands, of a context that a mapping names, or one that all subjects of the catalogue
// that have it agree on. What is left is new, and its IRI is the namespace with the term.
//
// Findings are warnings, and errors; where there is an error the result is nil and the Go
// error is a finding.List of them, or a fault of the system.
func Build(ctx context.Context, u *etl.UseCase, o Options) (*Built, []finding.Finding, error) {
	b := &builder{ctx: ctx, u: u, o: o, uses: map[string][]use{}, iris: map[string]string{}, from: map[string]string{}, needed: map[string]bool{}}
	built, err := b.build()
	if err == nil && finding.Errors(b.found) > 0 {
		err = finding.List(b.found)
	}
	if err != nil {
		return nil, b.found, err
	}
	return built, b.found, nil
}

// Write writes the files that changed.
func (b *Built) Write() error {
	return errors.Join(b.Own.Write(), b.Compound.Write())
}

// role is what a term is used as.
type role string

const (
	asType      role = "type"
	asAttribute role = "attribute"
	asWord      role = "word"
)

// use is a term at one place of a mapping.
type use struct {
	mapping.Name
	role  role
	kind  ngsild.Kind
	model []*models.Model // of the entity
	refs  []string        // the contexts that the mapping names, without those that are built
}

// reusable is a context that terms may come from.
type reusable struct {
	ref   string // as it is named
	url   string // "" for a file without an address
	terms *jsonld.Context
}

type builder struct {
	ctx   context.Context
	u     *etl.UseCase
	o     Options
	found []finding.Finding

	ownURL   string
	own      File
	compound File
	was      *document
	listed   []string          // of the compound file as it stands
	files    map[string][]byte // the documents of other URLs of the use case

	terms  []string // in the order of the mappings
	uses   map[string][]use
	reuse  []reusable
	unsure []string // URLs that are not known here
	core   *jsonld.Context
	before *jsonld.Context // what the files come to as they stand, nil where there are none

	iris   map[string]string // the IRI of each term that is no core term
	from   map[string]string // where a term comes from that is not in the own file: a ref
	needed map[string]bool   // refs and URLs that some term comes from
	new    []string          // terms in the namespace that the own file does not have
}

func (b *builder) report(code finding.Code, at finding.Location, format string, args ...any) *finding.Finding {
	b.found = append(b.found, finding.New(code, at, format, args...))
	return &b.found[len(b.found)-1]
}

func (b *builder) build() (*Built, error) {
	if err := b.place(); err != nil {
		return nil, err
	}
	if err := b.readFiles(); err != nil {
		return nil, err
	}
	if err := b.readMappings(); err != nil {
		return nil, err
	}
	if err := b.readContexts(); err != nil {
		return nil, err
	}
	for _, term := range b.terms {
		b.kinds(term)
		b.decide(term)
	}
	b.certain()
	if finding.Errors(b.found) > 0 {
		return nil, nil
	}
	return b.assemble()
}

// place finds out which files are built, and under which address the own one is.
func (b *builder) place() error {
	at := finding.Location{File: b.u.Path(etl.UseCaseFile)}
	if b.u.Namespace == "" {
		f := finding.New(finding.YAMLMissing, at, "a context needs the key %q: what the IRIs of terms of your own begin with", "namespace")
		return finding.List{f.WithHint("namespace: https://example.org/%s#", slug(b.u.Name))}
	}
	path := "context/" + slug(b.u.Name) + ".jsonld"
	var urls []string
	for url, name := range b.u.Contexts {
		if !strings.HasPrefix(name, "data-models/") {
			urls = append(urls, url)
		}
		if name == path {
			b.ownURL = url
		}
	}
	switch {
	case b.ownURL == "" && len(urls) == 1:
		b.ownURL, path = urls[0], b.u.Contexts[urls[0]]
	case b.ownURL == "" && len(urls) == 0:
		f := finding.New(finding.YAMLMissing, at, "a context needs an address under %q: a compound file lists URLs", "contexts")
		return finding.List{f.WithHint("contexts: {%s/%s: %s}", strings.TrimRight(b.u.Namespace, "#/"), filepath.Base(path), path)}
	case b.ownURL == "":
		f := finding.New(finding.YAMLMissing, at, "contexts names several files, and none is %s: which of them is to be built?", path)
		return finding.List{f.WithHint("let the address of your own terms lead to %s", path)}
	}
	b.own = File{Path: b.u.Path(path), Name: path}
	compound := strings.TrimSuffix(path, ".jsonld") + "-compound.jsonld"
	b.compound = File{Path: b.u.Path(compound), Name: compound}
	return nil
}

// slug gives the name of a use case as part of a file's name.
func slug(name string) string { return strings.ToLower(strings.Join(words(name), "-")) }

// readFiles reads the two files as they stand, and the other contexts of the use case.
func (b *builder) readFiles() error {
	for _, f := range []*File{&b.own, &b.compound} {
		if err := f.Read(); err != nil {
			return err
		}
	}
	var err error
	if b.was, err = readDocument(b.ctx, &b.own); err != nil {
		return err
	}
	if b.listed, err = readCompound(&b.compound); err != nil {
		return err
	}
	others := *b.u
	others.Contexts = maps.Clone(b.u.Contexts)
	delete(others.Contexts, b.ownURL)
	b.files, err = others.ContextFiles()
	return err
}

// readMappings collects the terms of all flows.
func (b *builder) readMappings() error {
	var faults finding.List
	for _, flow := range b.u.Flows {
		name := b.u.Path(flow.Mapping)
		text, err := etl.ReadMapping(name)
		if err != nil {
			return err
		}
		m, found := mapping.Read(name, text)
		if finding.Errors(found) > 0 {
			faults = append(faults, found...)
			continue
		}
		refs, reached := b.refs(m.Context)
		if !reached {
			f := b.report(finding.MappingUnknownTerm, finding.Location{File: name}, "its context does not name %s, so that it does not have the terms that are built here", b.compound.Name)
			f.Severity, f.Hint = finding.Warning, fmt.Sprintf("context: [%s]", b.compound.Name)
		}
		for _, o := range m.Outlines() {
			model, err := b.modelsOf(&o, refs)
			if err != nil {
				return err
			}
			for _, t := range o.Types {
				b.add(use{Name: t, role: asType, model: model, refs: refs})
			}
			b.addAttributes(o.Attributes, model, refs)
		}
	}
	if faults != nil {
		return faults
	}
	return nil
}

// idle gives the mappings that lie in the folder of mappings and are in no flow.
func (b *builder) idle() []string {
	entries, err := os.ReadDir(b.u.Path(mappingFolder))
	if err != nil {
		return nil // they may lie elsewhere
	}
	var list []string
	for _, entry := range entries {
		name := mappingFolder + "/" + entry.Name()
		inFlow := slices.ContainsFunc(b.u.Flows, func(flow etl.Target) bool { return b.u.Path(flow.Mapping) == b.u.Path(name) })
		if ending := filepath.Ext(name); (ending == ".yaml" || ending == ".yml") && !inFlow {
			list = append(list, name)
		}
	}
	return list
}

// mappingFolder is where the mappings of a use case lie by custom.
const mappingFolder = "mappings"

// refs gives the contexts that a mapping names beside those that are built, and whether
// it names one of these.
func (b *builder) refs(named []string) (refs []string, reached bool) {
	for _, ref := range named {
		switch path := b.u.Path(ref); {
		case ref == b.ownURL, path == b.own.Path, path == b.compound.Path:
			reached = true
		case !jsonld.IsCore(ref):
			refs = append(refs, ref)
		}
	}
	if !reached {
		// A file that is not there yet may be what is built here.
		refs = slices.DeleteFunc(refs, func(ref string) bool {
			_, err := os.Stat(b.u.Path(ref))
			return !isURL(ref) && err != nil
		})
	}
	return refs, reached
}

func isURL(ref string) bool {
	return strings.HasPrefix(ref, "http://") || strings.HasPrefix(ref, "https://")
}

// modelsOf gives the models of an entity: that which the mapping names, or those of its
// types. A type that the own file defines has none, one of several models is refused,
// unless the mapping names the context of one.
func (b *builder) modelsOf(o *mapping.Outline, refs []string) ([]*models.Model, error) {
	if o.Model.Text != "" {
		m, err := b.o.Catalogue.Find(o.Model.Text)
		if err != nil {
			return nil, finding.List{finding.Finding{Code: finding.ModelUnknown, Severity: finding.Error, Location: o.Model.At, Message: err.Error()}}
		}
		return []*models.Model{m}, nil
	}
	var list []*models.Model
	for _, t := range o.Types {
		of := b.o.Catalogue.ByType(t.Text)
		if b.was.term(t.Text) != nil {
			continue
		}
		if !sameType(of) {
			var names []string
			for _, m := range of {
				names = append(names, m.QualifiedName())
			}
			of = slices.DeleteFunc(slices.Clone(of), func(m *models.Model) bool {
				return !slices.ContainsFunc(m.Subject.ContextURLs, func(url string) bool {
					return slices.Contains(refs, url) || slices.Contains(b.listed, url)
				})
			})
			if len(of) == 0 || !sameType(of) {
				f := finding.New(finding.ModelUnknown, t.At, "%q is a type of several models: %s", t.Text, strings.Join(names, ", "))
				f.Severity = finding.Error
				return nil, finding.List{f.WithHint("say which beside type, such as model: %s", names[0])}
			}
		}
		list = append(list, of...)
	}
	return list, nil
}

// sameType says whether the types of models have one IRI.
func sameType(list []*models.Model) bool {
	return !slices.ContainsFunc(list, func(m *models.Model) bool { return m.TypeIRI() != list[0].TypeIRI() })
}

func (b *builder) add(u use) {
	if strings.Contains(u.Text, ":") {
		return // an IRI
	}
	if b.uses[u.Text] == nil {
		b.terms = append(b.terms, u.Text)
	}
	b.uses[u.Text] = append(b.uses[u.Text], u)
}

func (b *builder) addAttributes(list []mapping.AttributeOutline, model []*models.Model, refs []string) {
	for i := range list {
		a := &list[i]
		b.add(use{Name: a.Name, role: asAttribute, kind: a.Kind, model: model, refs: refs})
		for _, word := range a.Words {
			if !strings.HasPrefix(word.Text, "@") {
				b.add(use{Name: word, role: asWord, model: model, refs: refs})
			}
		}
		b.addAttributes(a.Attributes, model, refs)
	}
}

// readContexts resolves what terms may be reused from.
func (b *builder) readContexts() error {
	resolver := b.o.Resolver(b.files)
	var err error
	if b.core, _, err = resolver.Resolve(b.ctx, nil); err != nil {
		return err
	}
	var refs []string
	add := func(ref string) {
		if !slices.Contains(refs, ref) && ref != b.ownURL && !jsonld.IsCore(ref) {
			refs = append(refs, ref)
		}
	}
	for _, url := range b.listed {
		add(url)
	}
	for _, term := range b.terms {
		for _, u := range b.uses[term] {
			for _, ref := range u.refs {
				add(ref)
			}
		}
	}
	for _, ref := range refs {
		terms, found, err := resolver.ResolveRefs(b.ctx, b.u.Dir, []string{ref})
		if err != nil {
			return err
		}
		b.found = append(b.found, found...)
		b.unsure = append(b.unsure, terms.Unknown()...)
		b.reuse = append(b.reuse, reusable{ref, b.addressOf(ref), terms})
	}
	if b.own.Old == nil {
		return nil
	}
	list := b.listed
	if b.compound.Old == nil {
		list = []string{b.ownURL}
	}
	b.before, err = b.resolve(list, b.own.Old)
	return err
}

// addressOf gives the URL of a context that may be named as a file.
func (b *builder) addressOf(ref string) string {
	if isURL(ref) {
		return ref
	}
	for _, url := range slices.Sorted(maps.Keys(b.u.Contexts)) {
		if b.u.Path(b.u.Contexts[url]) == b.u.Path(ref) {
			return url
		}
	}
	return ""
}

// resolve gives what a list of URLs comes to, with a text for the own file.
func (b *builder) resolve(urls []string, own []byte) (*jsonld.Context, error) {
	documents := maps.Clone(b.files)
	documents[b.ownURL] = own
	c, _, err := b.o.Resolver(documents).ResolveRefs(b.ctx, b.u.Dir, urls)
	return c, err
}

// kinds warns of a term that is used in two ways.
func (b *builder) kinds(term string) {
	word := func(u use) string {
		if u.role == asAttribute && u.kind != 0 {
			return u.kind.String()
		}
		return string(u.role)
	}
	uses := slices.DeleteFunc(slices.Clone(b.uses[term]), func(u use) bool { return u.role == asWord })
	for i := range uses {
		if i > 0 && word(uses[i]) != word(uses[0]) {
			f := b.report(finding.MappingKind, uses[i].At, "%q is a %s here, and a %s at %s", term, word(uses[i]), word(uses[0]), uses[0].At)
			f.Severity, f.Hint = finding.Warning, "take another name for one of them: whoever reads a term expects one kind"
			return
		}
	}
}

// decide finds the IRI of a term.
func (b *builder) decide(term string) {
	uses := b.uses[term]
	if b.impossible(term) {
		return
	}
	if _, ofCore := b.core.Expand(term); ofCore {
		b.coreTerm(term)
		return
	}
	if iri, url := b.one(term, func(u use) []meaning { return ofModels(u, term) }); iri != "" {
		b.iris[term] = iri
		b.needed[b.supplier(term, iri, url)] = true
		return
	}
	if b.was.term(term) != nil {
		b.iris[term], _ = b.before.Expand(term)
		return
	}
	if iri, url := b.one(term, func(u use) []meaning { return ofSubjects(u, term) }); iri != "" {
		b.iris[term] = iri
		b.needed[b.supplier(term, iri, url)] = true
		return
	}
	if iri, ref := b.one(term, func(u use) []meaning { return b.ofContexts(u, term) }); iri != "" {
		b.iris[term] = iri
		b.needed[ref], b.from[term] = true, ref
		return
	}
	if meanings := b.o.Catalogue.Meanings(term); len(meanings) == 1 && len(meanings[0].Subjects) > 1 && isURL(meanings[0].IRI) {
		b.iris[term] = meanings[0].IRI
		return
	}
	b.iris[term] = b.u.Namespace + term
	b.new = append(b.new, term)
	b.name(uses[0])
}

// impossible reports a name that NGSI-LD or JSON-LD does not allow.
func (b *builder) impossible(term string) bool {
	for _, u := range b.uses[term] {
		code, upper := finding.AttributeName, false
		if u.role == asType {
			code, upper = finding.EntityType, true
		}
		fault, better := u.Fault, CamelCase(term, upper)
		switch {
		case strings.HasPrefix(term, "@"):
			fault, better = "names that begin with @ are keywords of JSON-LD", ""
		case better == term:
			better = ""
		}
		if u.role == asWord && strings.ContainsAny(term, " \t\r\n<>\"{}|\\^`") {
			f := b.report(finding.ContextName, u.At, "the word %q cannot be a term: it is left out of the @context", term)
			f.Hint = "let a look-up give " + CamelCase(term, false)
			return true
		}
		if fault == "" {
			continue
		}
		f := b.report(code, u.At, "%q cannot be a name: %s", term, fault)
		f.Hint = "choose another name"
		if better != "" {
			f.Hint = "write " + better
		}
		return true
	}
	return false
}

// coreTerm reports a name that is a word of the API. The core says what it stands for,
// whatever other contexts say.
func (b *builder) coreTerm(term string) {
	iri, _ := b.core.Expand(term)
	for _, u := range b.uses[term] {
		switch {
		case u.role == asWord, u.role == asAttribute && (slices.Contains(coreAttributes, term) || !strings.HasPrefix(iri, jsonld.NGSILD)):
			continue
		case slices.ContainsFunc(u.model, func(m *models.Model) bool { return u.role == asAttribute && m.Attribute(term) != nil }):
			continue
		}
		f := b.report(finding.ContextCoreTerm, u.At, "the %s %q is a word of the NGSI-LD core: it stands for %s, whatever a context says", u.role, term, iri)
		f.Hint = "take another name, which says more"
		return
	}
}

// coreAttributes are the attributes that NGSI-LD itself defines (CIM 009 clause 4.7).
var coreAttributes = []string{ngsild.MemberLocation, ngsild.MemberObservationSpace, ngsild.MemberOperationSpace}

// meaning is an IRI of a term, and the ref or URL of the @context that has it; source is ""
// where that has no address.
type meaning struct{ iri, source string }

// one gives the meaning that the uses of a term have by some rule. Two IRIs are reported,
// and the first is given.
func (b *builder) one(term string, rule func(use) []meaning) (iri, source string) {
	var first use
	for _, u := range b.uses[term] {
		for _, other := range rule(u) {
			switch {
			case iri == "":
				iri, source, first = other.iri, other.source, u
			case other.iri == iri && source == "":
				source = other.source
			case other.iri != iri:
				f := b.report(finding.ContextConflict, u.At, "%q stands for %s here%s, and for %s at %s%s", term, other.iri, by(other.source), iri, first.At, by(source))
				f.Hint = "one @context has one IRI for a term: take another name in one of the mappings, or let one of them name a context of its own"
				return iri, source
			}
		}
	}
	return iri, source
}

func by(source string) string {
	if source == "" {
		return ""
	}
	return ", by " + source
}

// ofModels gives the IRIs of a term that the models of its entity have.
func ofModels(u use, term string) (list []meaning) {
	for _, m := range u.model {
		iri := ""
		switch {
		case u.role == asType && m.Type == term:
			iri = m.TypeIRI()
		case u.role == asAttribute && m.Attribute(term) != nil:
			iri = m.IRI(term)
		}
		if isURL(iri) {
			list = append(list, meaning{iri, m.Subject.ContextURL()})
		}
	}
	return list
}

// ofSubjects gives the IRIs that the @contexts of the models' subjects have for a term.
func ofSubjects(u use, term string) (list []meaning) {
	for _, m := range u.model {
		if iri := m.Subject.IRI(term); isURL(iri) {
			list = append(list, meaning{iri, m.Subject.ContextURL()})
		}
	}
	return list
}

// ofContexts gives the IRI that the contexts of a mapping have for a term: the last that
// defines it counts.
func (b *builder) ofContexts(u use, term string) []meaning {
	iri, ref := "", ""
	for _, r := range b.reuse {
		if !slices.Contains(u.refs, r.ref) && !slices.Contains(b.listed, r.ref) || !r.terms.IsUserTerm(term) {
			continue
		}
		if one, known := r.terms.Expand(term); known {
			iri, ref = one, r.ref
		}
	}
	if iri == "" {
		return nil
	}
	return []meaning{{iri, ref}}
}

// supplier gives a context that is named already and has the term, else url.
func (b *builder) supplier(term, iri, url string) string {
	for _, r := range b.reuse {
		if one, known := r.terms.Expand(term); known && one == iri && r.url != "" {
			b.from[term] = r.ref
			return r.ref
		}
	}
	b.from[term] = url
	return url
}

// name warns of a new term that is not in camelCase.
func (b *builder) name(u use) {
	upper := u.role == asType
	if u.role == asWord || isCamelCase(u.Text, upper) {
		return
	}
	if better := CamelCase(u.Text, upper); better != "" {
		f := b.report(finding.ContextName, u.At, "the %s %q is not in camelCase, as the names of NGSI-LD are", u.role, u.Text)
		f.Hint = "write " + better
	}
}

// certain refuses new terms beside contexts that are not known here.
func (b *builder) certain() {
	if len(b.unsure) == 0 || len(b.new) == 0 {
		return
	}
	f := b.report(finding.ContextUnknownURL, b.uses[b.new[0]][0].At, "the @context %s is not known here, so that it cannot be told whether it defines %q", b.unsure[0], b.new[0])
	f.Severity, f.Hint = finding.Error, "fetch it once with --fetch, which pins it in contexts.lock, or take it out of the list"
}

// assemble makes the two files.
func (b *builder) assemble() (*Built, error) {
	var urls []string
	for _, r := range b.reuse {
		if r.url != "" && (b.needed[r.ref] || slices.Contains(b.unsure, r.url)) {
			urls = append(urls, r.url)
		}
	}
	for _, term := range b.terms {
		if url := b.from[term]; isURL(url) && !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	core := jsonld.CoreURL
	for _, url := range b.listed {
		if jsonld.IsCore(url) {
			core = url
		}
	}
	whole := append(slices.Clone(urls), b.ownURL, core)

	doc := &document{version: "1.0.0", other: b.was.other}
	for _, e := range b.was.terms {
		if e.isKeyword() && e.key != "id" && e.key != "type" || e.isPrefix() && b.uses[e.key] == nil && !b.isCore(e.key) {
			doc.terms = append(doc.terms, e)
		}
	}
	for _, term := range b.terms {
		if b.iris[term] == "" || b.from[term] != "" {
			continue
		}
		doc.terms = append(doc.terms, b.definition(term))
	}
	// What the contexts before give another IRI, or none, stands in the own file too.
	for {
		text, err := doc.text()
		if err != nil {
			return nil, err
		}
		now, err := b.resolve(whole, text)
		if err != nil {
			return nil, err
		}
		added := false
		for _, term := range b.terms {
			iri := b.iris[term]
			if got, _ := now.Expand(term); iri == "" || got == iri || doc.term(term) != nil || b.onlyInFile(term) {
				continue
			}
			doc.terms, added = append(doc.terms, entry{term, quoted(iri)}), true
		}
		if !added {
			return b.finish(doc, whole, now)
		}
	}
}

func (b *builder) isCore(term string) bool {
	_, ofCore := b.core.Expand(term)
	return ofCore
}

// onlyInFile says whether a term comes from a file without an address, which the mapping
// names itself.
func (b *builder) onlyInFile(term string) bool {
	return b.from[term] != "" && b.addressOf(b.from[term]) == ""
}

// definition gives the entry of a term: as it stands where it means what it has to.
func (b *builder) definition(term string) entry {
	if e := b.was.term(term); e != nil {
		if iri, _ := b.before.Expand(term); iri == b.iris[term] {
			return *e
		}
	}
	return entry{term, quoted(b.iris[term])}
}

// finish compares what there is now with what there was.
func (b *builder) finish(doc *document, urls []string, now *jsonld.Context) (*Built, error) {
	out := &Built{Own: b.own, Compound: b.compound, Idle: b.idle()}
	out.compare(b, doc, now)
	if b.own.Old != nil {
		out.Was = b.was.version
		// What is reused is no part of the file.
		inFile := slices.DeleteFunc(slices.Clone(out.Changes), func(c Change) bool { return c.Sign == "+" && doc.term(c.Term) == nil })
		doc.version = NextVersion(b.was.version, inFile)
	}
	out.Version = doc.version
	var err error
	if out.Own.New, err = doc.text(); err != nil {
		return nil, err
	}
	out.Compound.New = compoundText(urls)
	out.Contexts = compareLists(b.listed, urls)
	return out, nil
}

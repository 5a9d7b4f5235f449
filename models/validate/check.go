package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// check takes the entity at hand through the layers. The error is for faults of
// the system.
func (f *file) check() error {
	if f.item.Pointer != "" && f.item.Raw[0] == '"' {
		f.batchID()
		return nil
	}
	e, found, err := f.decode()
	var syntax *ngsild.SyntaxError
	switch {
	case errors.As(err, &syntax):
		fault := syntax.Finding()
		f.place(&fault.Location)
		f.add(fault)
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", f.name, err)
	}
	var broken map[string]bool // attributes with an error of structure
	if len(found) > 0 {
		broken = map[string]bool{}
	}
	for _, fault := range found {
		if steps := unescape(fault.Location.Pointer); len(steps) > 0 && fault.Severity == finding.Error {
			broken[steps[0]] = true
		}
		f.place(&fault.Location)
		fault.Location.Entity = e.ID
		f.add(fault)
	}
	ldctx, err := f.context(e)
	if err != nil {
		return err
	}
	f.numbers(e.ID)
	f.links(e, ldctx)
	f.idPattern(e)
	matched, possible := f.models(e, ldctx)
	f.attributes(e, ldctx, matched, possible)
	for _, m := range matched {
		if err := f.model(e, m, broken); err != nil {
			return err
		}
	}
	f.zones(e, matched)
	return nil
}

// batchID checks an element of a batch delete, which is an array of ids.
func (f *file) batchID() {
	id, err := jsontext.AppendUnquote(nil, f.item.Raw)
	if err != nil {
		return // the reader has found it valid
	}
	if err := ngsild.ValidURI(string(id)); err != nil {
		f.add(finding.New(finding.EntityID, f.at(""), "the id %q is not a URI: %v", id, err).
			WithHint("write the URI of the entity to delete, such as \"urn:ngsi-ld:Building:42\""))
	}
}

// noEntity reports, once a file, a JSON object in a folder that has neither id nor type.
func (f *file) noEntity() bool {
	if f.item.Raw[0] != '{' {
		return false
	}
	for _, name := range []string{ngsild.MemberID, ngsild.MemberType, "@id", "@type"} {
		if at, _ := descend(f.item.Raw, name); at >= 0 && name != ngsild.MemberType {
			return false
		} else if at >= 0 && !f.isSchema() {
			return false
		}
	}
	f.once("no entity", func() {
		remark := finding.New(finding.EntityStructure, f.at(""), "this is no entity: it has no id and no type of one")
		remark.Severity = finding.Info
		f.add(remark.WithHint("name the file itself to have it validated"))
	})
	return true
}

// isSchema reports whether the item is a JSON Schema, which has a type of its own.
func (f *file) isSchema() bool {
	for _, name := range []string{"$schema", "properties", "allOf"} {
		if at, _ := descend(f.item.Raw, name); at >= 0 {
			return true
		}
	}
	return false
}

// place turns a place in the item at hand into a place in the file.
func (f *file) place(at *finding.Location) {
	at.Line, at.Char = f.item.Place(at.Line, at.Char)
	at.Pointer = f.item.Pointer + at.Pointer
}

// decode reads the entity in the form that it has.
func (f *file) decode() (*ngsild.Entity, []finding.Finding, error) {
	if f.temporal = ngsild.IsTemporal(f.item.Raw); f.temporal {
		return ngsild.DecodeTemporal(f.item.Raw)
	}
	form := ngsild.DetectRepresentation(f.item.Raw)
	if form == ngsild.Normalized {
		return ngsild.Decode(f.item.Raw)
	}
	candidates := f.candidates(f.typesOf())
	concise := form == ngsild.Concise
	if concise && !slices.ContainsFunc(candidates, func(m *models.Model) bool { return f.compiled(m).objects }) {
		return ngsild.Decode(f.item.Raw)
	}
	simplified, found, err := ngsild.DecodeSimplified(f.item.Raw, func(name string) ngsild.Kind { return kindIn(candidates, name) })
	if err != nil || !concise || f.objectsAreValues(simplified) {
		return simplified, found, err
	}
	return ngsild.Decode(f.item.Raw)
}

// kindIn gives the kind that the first model with an attribute of this name says.
func kindIn(candidates []*models.Model, name string) ngsild.Kind {
	for _, m := range candidates {
		if a := m.Attribute(name); a != nil {
			return a.Kind
		}
	}
	return 0
}

// typesOf reads the types of the entity at hand without reading the rest.
func (f *file) typesOf() []string {
	at, _ := descend(f.item.Raw, ngsild.MemberType)
	if at < 0 {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(f.item.Raw[at:]))
	var list []string
	for {
		token, err := d.ReadToken()
		if err != nil {
			return list
		}
		if token.Kind() == '"' {
			list = append(list, token.String())
		}
		if d.StackDepth() == 0 {
			return list
		}
	}
}

// candidates gives the models that types may mean, by name or IRI; of several subjects,
// those whose @context the entity names, and before them those of the use case that extend one.
func (f *file) candidates(types []string) []*models.Model {
	if f.v.model != nil {
		return []*models.Model{f.v.model}
	}
	var list, named []*models.Model
	for _, t := range types {
		list = append(list, f.v.options.Catalogue.ByType(t)...)
	}
	for _, m := range list {
		if slices.ContainsFunc(m.Subject.ContextURLs, func(url string) bool { return bytes.Contains(f.item.Raw, []byte(`"`+url+`"`)) }) {
			named = append(named, m)
		}
	}
	if len(named) == 0 {
		return list
	}
	return slices.DeleteFunc(list, func(m *models.Model) bool {
		extends := m.Subject.Folder != "" && slices.ContainsFunc(named, func(other *models.Model) bool { return other.TypeIRI() == m.TypeIRI() })
		return !extends && !slices.Contains(named, m)
	})
}

// objectsAreValues reports whether each attribute of an entity that looks
// concise looks so only because its value, in simplified form, is an object that
// the model knows to have such a member.
func (f *file) objectsAreValues(e *ngsild.Entity) bool {
	candidates := f.candidates(e.Types)
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if ngsild.DetectRepresentation(slices.Concat([]byte(`{"a":`), a.Value, []byte(`}`))) == ngsild.Simplified {
			continue
		}
		known := false
		for _, m := range candidates {
			attribute := m.Attribute(a.Name)
			known = known || attribute != nil && mayLookConcise(&attribute.Shape)
		}
		if !known {
			return false
		}
	}
	return len(e.Attributes) > 0
}

// mayLookConcise reports whether a value may be an object with a member in which an
// attribute has its value.
func mayLookConcise(s *models.Shape) bool {
	for kind := ngsild.Property; kind <= ngsild.JsonProperty; kind++ {
		if hasMember(s, kind.Member()) {
			return true
		}
	}
	return false
}

// hasMember reports whether an object, or the objects of a list, have a known member.
func hasMember(s *models.Shape, name string) bool {
	if s.Members[name] != nil || s.Items != nil && s.Items.Members[name] != nil {
		return true
	}
	for _, list := range [][]*models.Shape{s.AnyOf, s.OneOf, s.AllOf} {
		if slices.ContainsFunc(list, func(one *models.Shape) bool { return hasMember(one, name) }) {
			return true
		}
	}
	return false
}

// context resolves the entity's @context, or the one to use where it has none.
func (f *file) context(e *ngsild.Entity) (*resolved, error) {
	if len(e.Context) == 0 {
		return f.v.bare, nil
	}
	if f.resolved == nil || string(e.Context) != f.resolved.text {
		var err error
		if f.resolved, err = f.v.resolve(f.ctx, string(e.Context)); err != nil {
			return nil, fmt.Errorf("read the @context of %s: %w", e.ID, err)
		}
	}
	r := f.resolved
	if r.written {
		f.writtenContext(e)
		return r, nil
	}
	for _, one := range r.findings {
		f.once("@context "+one.Message, func() {
			one.Location = f.at(e.ID, ngsild.MemberContext)
			f.add(one)
		})
	}
	return r, nil
}

// resolve resolves an @context once.
func (v *Validator) resolve(ctx context.Context, text string) (*resolved, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r := v.contexts[text]; r != nil {
		return r, nil
	}
	ldctx, found, err := v.options.Resolver.Resolve(ctx, []byte(text))
	var faults finding.List
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	r := &resolved{text: text, ldctx: ldctx, findings: found, written: strings.Contains(text, "{")}
	for _, one := range found {
		r.partial = r.partial || one.Code == finding.ContextUnknownURL || one.Severity == finding.Error
	}
	if ldctx == nil {
		r.ldctx, r.partial = v.core, true
	}
	if len(v.contexts) >= maxContexts {
		clear(v.contexts)
	}
	v.contexts[text] = r
	return r, nil
}

// writtenContext lints an @context that is written out in the entity, once a file: what
// the resolver says and what it is silent on, each at its place.
func (f *file) writtenContext(e *ngsild.Entity) {
	at, _ := descend(f.item.Raw, ngsild.MemberContext)
	if at < 0 {
		return
	}
	raw := jsontext.Value(f.item.Raw[at:])
	d := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true))
	raw, err := d.ReadValue()
	if err != nil {
		return
	}
	f.once("@context "+string(raw), func() {
		const before = `{"` + ngsild.MemberContext + `":`
		start := f.at(e.ID, ngsild.MemberContext)
		for _, one := range f.v.lint(f.ctx, before, string(raw)) {
			if one.Code == finding.ContextDuplicate {
				continue // the layer of JSON has it
			}
			place := start
			if one.Location.Line == 1 {
				place.Char += one.Location.Char - len(before) - 1
			} else {
				place.Char = one.Location.Char
			}
			place.Line += one.Location.Line - 1
			one.Location = place
			f.add(one)
		}
	})
}

// lint lints an @context once, as the document that it makes with what stands before it.
func (v *Validator) lint(ctx context.Context, before, text string) []finding.Finding {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, linted := v.linted[text]
	if !linted {
		found = jsonld.Lint(ctx, "", []byte(before+text+"}"), jsonld.LintOptions{Resolver: v.options.Resolver, Payload: true})
		if len(v.linted) >= maxContexts {
			clear(v.linted)
		}
		v.linted[text] = found
	}
	return found
}

// models gives the models that the entity is held against, and says where there
// is none, once for each type. Of several models of one type IRI the one of the use case
// counts, which extends the others. possible are those, and those of a type that several
// models have: their attributes are known, and no more is held against them.
func (f *file) models(e *ngsild.Entity, ldctx *resolved) (list, possible []*models.Model) {
	if f.v.model != nil {
		return []*models.Model{f.v.model}, nil
	}
	catalogue := f.v.options.Catalogue
	for _, name := range e.Types {
		iri, known := ldctx.ldctx.Expand(name)
		found := catalogue.ByType(iri)
		if len(found) == 0 && !known {
			found = catalogue.ByType(name)
		}
		switch {
		case len(found) == 1:
			list = append(list, found[0])
		case ofUseCase(found) != nil:
			list = append(list, ofUseCase(found))
			possible = append(possible, found...)
		case len(found) > 1:
			possible = append(possible, found...)
			f.once("type "+name, func() {
				choices := make([]string, len(found))
				for i, m := range found {
					choices[i] = m.QualifiedName()
				}
				f.add(finding.New(finding.ModelUnknown, f.at(e.ID, ngsild.MemberType), "the type %q has several models (%s): its attributes are not checked against one", name, strings.Join(choices, ", ")).
					WithHint("say which with --model, or name the @context of its subject"))
			})
		case len(e.Types) == 1:
			f.once("type "+name, func() {
				message := finding.New(finding.ModelUnknown, f.at(e.ID, ngsild.MemberType), "no model of type %q is known: its attributes are not checked against one", name).
					WithHint("name a model with --model, if there is one")
				if near := finding.Nearest(name, catalogue.Types()); near != "" && !known {
					message = message.WithHint("did you mean %q?", near)
				}
				if known {
					message.Severity = finding.Info // the user's own type
				}
				f.add(message)
			})
		}
	}
	return list, possible
}

// ofUseCase gives the model of several of one type IRI that alone is of the use case, or nil.
func ofUseCase(list []*models.Model) *models.Model {
	var own *models.Model
	for _, m := range list {
		if m.TypeIRI() != list[0].TypeIRI() || m.Subject.Folder != "" && own != nil {
			return nil
		}
		if m.Subject.Folder != "" {
			own = m
		}
	}
	return own
}

// attributes reports each attribute that nothing defines: neither a model nor an
// @context of the user nor the core's. Where a part of the entity's @context is
// not known here, Options.Context stands for it; without that, or where that has
// unknown parts itself, an attribute that no model has is a warning, and nothing is
// said where there is no model.
func (f *file) attributes(e *ngsild.Entity, ldctx *resolved, matched, possible []*models.Model) {
	own := f.v.options.Context
	unsure := ldctx.partial && (own == nil || len(own.Unknown()) > 0)
	if unsure && len(matched)+len(possible) == 0 {
		return
	}
	f.unmapped(e, ldctx, matched)
	matched = slices.Concat(matched, possible)
	for i := range e.Attributes {
		name := e.Attributes[i].Name
		if i > 0 && e.Attributes[i-1].Name == name {
			continue
		}
		if _, known := ldctx.ldctx.Expand(name); known {
			continue
		}
		if ldctx.partial && own != nil {
			if _, known := own.Expand(name); known {
				continue
			}
		}
		if slices.ContainsFunc(matched, func(m *models.Model) bool { return m.Attribute(name) != nil }) {
			continue
		}
		fault := finding.New(finding.ModelAttribute, f.at(e.ID, name), "the attribute %q is defined neither by %s nor by an @context", name, modelNames(matched))
		if unsure {
			fault.Severity = finding.Warning
			fault.Message += "; one that is not known here may define it"
		}
		near := ""
		for _, m := range matched {
			if near == "" {
				near = finding.Nearest(name, m.AttributeNames())
			}
		}
		if near == "" {
			near = ldctx.ldctx.Nearest(name)
		}
		if near != "" {
			fault = fault.WithHint("did you mean %q?", near)
		} else {
			fault = fault.WithHint("define it in an @context of your own, and name that in the entity's @context or with --context")
		}
		f.add(fault)
	}
}

// unmapped reports, once a file, each term that a model has and the @context has not: a
// broker reads it as a word of the default vocabulary. Where there is no @context at
// all, which may come in a Link header, that is a remark.
func (f *file) unmapped(e *ngsild.Entity, ldctx *resolved, matched []*models.Model) {
	if len(matched) == 0 || ldctx.partial {
		return
	}
	if len(e.Context) == 0 && f.v.options.Context == nil {
		f.once("no @context", func() {
			remark := finding.New(finding.ContextUnmapped, f.at(e.ID), "the entity brings no @context: sent as it is, its terms mean nothing outside of the default vocabulary")
			remark.Severity = finding.Info
			if url := matched[0].Subject.ContextURL(); url != "" {
				remark = remark.WithHint("add \"@context\": %q, send it in a Link header, or name one with --context", url)
			} else {
				remark = remark.WithHint("name the @context with --context, such as that of %s, or send it in a Link header", matched[0].Subject.Folder)
			}
			f.add(remark)
		})
		return
	}
	report := func(m *models.Model, name string, path ...string) (unmapped bool) {
		read, known := ldctx.ldctx.Expand(name)
		if known {
			return false
		}
		iri := m.IRI(name)
		if iri == "" {
			return false
		}
		f.once("unmapped "+name, func() {
			fault := finding.New(finding.ContextUnmapped, f.at(e.ID, path...), "the @context does not define %q: it is read as %s, not as %s", name, read, iri)
			if url := m.Subject.ContextURL(); url != "" {
				fault = fault.WithHint("add %q to the @context", url)
			} else {
				fault = fault.WithHint("add the address of your @context, in which %s defines it", m.Subject.Folder)
			}
			f.add(fault)
		})
		return true
	}
	for _, m := range matched {
		// A type that is not defined says it for its attributes.
		if slices.Contains(e.Types, m.Type) && report(m, m.Type, ngsild.MemberType) {
			continue
		}
		for i := range e.Attributes {
			if name := e.Attributes[i].Name; m.Attribute(name) != nil {
				report(m, name, name)
			}
		}
	}
}

func modelNames(list []*models.Model) string {
	if len(list) == 0 {
		return "a model"
	}
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = "the model " + m.QualifiedName()
	}
	return strings.Join(names, " nor by ")
}

// model holds the entity against one model, except for the attributes that are
// known to be broken.
func (f *file) model(e *ngsild.Entity, m *models.Model, broken map[string]bool) error {
	compiled := f.compiled(m)
	for i := range e.Attributes {
		a := &e.Attributes[i]
		attribute := m.Attribute(a.Name)
		if attribute == nil || broken[a.Name] {
			continue
		}
		if err := f.attribute(e, m, compiled, attribute, i); err != nil {
			return err
		}
	}
	if f.temporal {
		return nil // it holds the attributes that were asked for
	}
	for _, name := range m.Required {
		if name == ngsild.MemberID || name == ngsild.MemberType || has(e, m, name) {
			continue
		}
		if broken[name] {
			continue // there, but so broken that it was not read
		}
		f.add(finding.New(finding.ModelSchema, f.at(e.ID), "the attribute %q is missing, and %s requires it", name, m.QualifiedName()).
			WithHint("add %q: %s", name, describe(&m.Attribute(name).Shape)))
	}
	return nil
}

// has reports whether an entity has an attribute of the model, by its name or its IRI.
func has(e *ngsild.Entity, m *models.Model, name string) bool {
	attribute := m.Attribute(name)
	for i := range e.Attributes {
		if have := e.Attributes[i].Name; have == name || attribute != nil && m.Attribute(have) == attribute {
			return true
		}
	}
	return false
}

// attribute holds one instance of an attribute against the model.
func (f *file) attribute(e *ngsild.Entity, m *models.Model, compiled *compiled, attribute *models.Attribute, i int) error {
	a := &e.Attributes[i]
	contradictory := attribute.Kind == ngsild.Relationship && !takesURI(&attribute.Shape)
	if !sameFamily(attribute.Kind, a.Kind) && !contradictory {
		f.add(finding.New(finding.ModelKind, f.at(e.ID, append(f.path(e, i), ngsild.MemberType)...), "%q is a %s here, and a %s in %s", a.Name, a.Kind, attribute.Kind, m.QualifiedName()).
			WithHint("%s", kindHint(attribute.Kind)))
		return nil
	}
	if a.UnitCode != "" && len(attribute.Units) > 0 {
		f.unit(e, m, attribute, i)
	}
	if isNull(a.Value) || contradictory && sameFamily(ngsild.Relationship, a.Kind) || compiled.fits(&f.checking, attribute, a) {
		return nil
	}
	value, steps := valueOf(a)
	for j, one := range value {
		wrapped := listOfOne(&attribute.Shape, a.Kind, one)
		if wrapped {
			one = []any{one}
		}
		faults, err := compiled.check(attribute, one)
		if err != nil {
			return err
		}
		for _, fault := range faults {
			path := append(f.path(e, i), a.Kind.Member())
			if steps != nil {
				path = append(path, steps[j])
			}
			if wrapped && len(fault.path) > 0 {
				fault.path = fault.path[1:]
			}
			fault.message.Location = f.at(e.ID, append(path, fault.path...)...)
			f.add(fault.message)
		}
	}
	return nil
}

// path gives the steps to one instance of an attribute in the document.
func (f *file) path(e *ngsild.Entity, i int) []string {
	name := e.Attributes[i].Name
	first, n := i, 1
	for first > 0 && e.Attributes[first-1].Name == name {
		first--
	}
	for j := first + 1; j < len(e.Attributes) && e.Attributes[j].Name == name; j++ {
		n++
	}
	if n == 1 && !f.temporal {
		return []string{name}
	}
	id := e.Attributes[i].DatasetID
	if id == "" {
		id = "@none"
	}
	if f.temporal {
		return append([]string{name}, momentPath(f.item.Raw, name, i-first)...)
	}
	// An array in normalized and concise form, {"dataset": {id: …}} in simplified.
	if at, _ := descend(f.item.Raw, name); at >= 0 && f.item.Raw[at] == '[' {
		return []string{name, strconv.Itoa(i - first)}
	}
	return []string{name, ngsild.MemberDataset, id}
}

// momentPath gives the steps from an attribute of a temporal entity to its n-th moment.
func momentPath(raw []byte, name string, n int) []string {
	at, _ := descend(raw, name)
	if at < 0 {
		return nil
	}
	value := raw[at:]
	var prefix []string
	for k := 0; ; k++ {
		part := value
		if value[0] == '[' {
			offset, _ := descend(value, strconv.Itoa(k))
			if offset < 0 {
				return nil
			}
			part, prefix = value[offset:], []string{strconv.Itoa(k)}
		}
		member, moments := pairsOf(part)
		switch {
		case member == "" && n == 0:
			return prefix
		case member == "":
			n--
		case n < moments:
			return append(prefix, member, strconv.Itoa(n), "0")
		default:
			n -= moments
		}
		if value[0] != '[' {
			return nil
		}
	}
}

// pairsOf gives the member of an attribute that holds pairs of value and time, and how
// many; "" where it holds its value alone.
func pairsOf(attribute []byte) (member string, n int) {
	for _, name := range []string{"values", "objects", "languageMaps", "vocabs", "valueLists", "objectLists", "jsons"} {
		at, _ := descend(attribute, name)
		if at < 0 {
			continue
		}
		for {
			if offset, _ := descend(attribute[at:], strconv.Itoa(n)); offset < 0 {
				return name, n
			}
			n++
		}
	}
	return "", 0
}

// sameFamily reports whether an attribute of one kind may stand for another: a
// model says Property for all kinds that hold a value, and Relationship for
// both kinds that hold an object.
func sameFamily(want, have ngsild.Kind) bool {
	family := func(k ngsild.Kind) ngsild.Kind {
		switch k {
		case ngsild.GeoProperty, ngsild.Relationship, 0:
			return k
		case ngsild.ListRelationship:
			return ngsild.Relationship
		}
		return ngsild.Property
	}
	return want == 0 || family(want) == family(have)
}

func kindHint(want ngsild.Kind) string {
	switch want {
	case ngsild.Relationship:
		return `write {"type": "Relationship", "object": "urn:ngsi-ld:…"}`
	case ngsild.GeoProperty:
		return `write {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [longitude, latitude]}}`
	}
	return fmt.Sprintf(`write {"type": "%s", "%s": …}`, want, want.Member())
}

// unit reports a unit of another dimension than the model's.
func (f *file) unit(e *ngsild.Entity, m *models.Model, attribute *models.Attribute, i int) {
	a := &e.Attributes[i]
	have, ok := unit.Lookup(a.UnitCode)
	if !ok {
		return // said by the layer of structure
	}
	for _, code := range attribute.Units {
		if want, ok := unit.Lookup(code); ok && want.Dimension == have.Dimension {
			return
		}
	}
	want, _ := unit.Lookup(attribute.Units[0])
	f.add(finding.New(finding.ModelUnit, f.at(e.ID, append(f.path(e, i), ngsild.MemberUnitCode)...),
		"the unit %s (%s) of %q is one of %s, and %s wants %s", have.Code, have.Name, a.Name, have.Dimension, m.QualifiedName(), want.Dimension).
		WithHint("use %s (%s), or another unit of %s", want.Code, want.Name, want.Dimension))
}

// isNull reports whether a value asks that the attribute be deleted.
func isNull(value []byte) bool { return string(value) == `"`+ngsild.NullURI+`"` }

package validate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// check takes the entity at hand through the layers. The error is for faults of
// the system.
func (f *file) check() error {
	e, found, err := f.decode()
	var syntax *ngsild.SyntaxError
	switch {
	case errors.As(err, &syntax):
		fault := syntax.Finding()
		fault.Location.Line += f.item.Line - 1
		fault.Location.Pointer = f.item.Pointer
		f.add(fault)
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", f.name, err)
	}
	broken := map[string]bool{} // attributes with a fault of structure
	for _, fault := range found {
		if steps := unescape(fault.Location.Pointer); len(steps) > 0 {
			broken[steps[0]] = true
		}
		fault.Location.Line += f.item.Line - 1
		fault.Location.Pointer = f.item.Pointer + fault.Location.Pointer
		fault.Location.Entity = e.ID
		f.add(fault)
	}
	ldctx, err := f.context(e)
	if err != nil {
		return err
	}
	f.v.links.entity(f, e)
	matched, possible := f.models(e, ldctx)
	f.attributes(e, ldctx, slices.Concat(matched, possible))
	for _, m := range matched {
		if err := f.model(e, m, broken); err != nil {
			return err
		}
	}
	return nil
}

// decode reads the entity in the form that it has.
func (f *file) decode() (*ngsild.Entity, []finding.Finding, error) {
	if ngsild.DetectRepresentation(f.item.Raw) == ngsild.Normalized {
		return ngsild.Decode(f.item.Raw)
	}
	simplified, found, err := ngsild.DecodeSimplified(f.item.Raw, f.kindOf)
	if err != nil || ngsild.DetectRepresentation(f.item.Raw) == ngsild.Simplified {
		return simplified, found, err
	}
	if f.objectsAreValues(simplified) {
		return simplified, found, nil
	}
	return ngsild.Decode(f.item.Raw)
}

// kindOf gives the kind that the model says for an attribute of the entity at
// hand, which is simplified.
func (f *file) kindOf(name string) ngsild.Kind {
	for _, m := range f.candidates(f.typesOf()) {
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

// candidates gives the models that types may mean, by name or IRI.
func (f *file) candidates(types []string) []*models.Model {
	if f.v.model != nil {
		return []*models.Model{f.v.model}
	}
	var list []*models.Model
	for _, t := range types {
		list = append(list, f.v.options.Catalogue.ByType(t)...)
	}
	return list
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
			if attribute := m.Attribute(a.Name); attribute != nil && hasMember(&attribute.Shape, ngsild.MemberValue) {
				known = true
			}
		}
		if !known {
			return false
		}
	}
	return len(e.Attributes) > 0
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
	v := f.v
	if len(e.Context) == 0 {
		if v.options.Context != nil {
			return &resolved{ldctx: v.options.Context, partial: len(v.options.Context.Unknown()) > 0}, nil
		}
		return &resolved{ldctx: v.core}, nil
	}
	key := string(e.Context)
	r := v.contexts[key]
	if r == nil {
		ldctx, found, err := v.options.Resolver.Resolve(f.ctx, e.Context)
		var faults finding.List
		if err != nil && !errors.As(err, &faults) {
			return nil, fmt.Errorf("read the @context of %s: %w", e.ID, err)
		}
		r = &resolved{ldctx: ldctx, findings: found}
		for _, one := range found {
			r.partial = r.partial || one.Code == finding.ContextUnknownURL || one.Severity == finding.Error
		}
		if ldctx == nil {
			r.ldctx, r.partial = v.core, true
		}
		if len(v.contexts) >= maxContexts {
			clear(v.contexts)
		}
		v.contexts[strings.Clone(key)] = r
	}
	for _, one := range r.findings {
		if f.once("@context " + one.Message) {
			one.Location = f.at(e.ID, ngsild.MemberContext)
			f.add(one)
		}
	}
	return r, nil
}

// models gives the models that the entity is held against, and says where there
// is none, once for each type. possible are those of a type that several models
// have: their attributes are known, and no more is held against them.
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
		case len(found) > 1:
			possible = append(possible, found...)
			if f.once("type " + name) {
				choices := make([]string, len(found))
				for i, m := range found {
					choices[i] = m.QualifiedName()
				}
				f.add(finding.New(finding.ModelUnknown, f.at(e.ID, ngsild.MemberType), "the type %q has several models (%s): its attributes are not checked against one", name, strings.Join(choices, ", ")).
					WithHint("say which with --model, or name the @context of its subject"))
			}
		case len(e.Types) == 1 && f.once("type "+name):
			message := finding.New(finding.ModelUnknown, f.at(e.ID, ngsild.MemberType), "no model of type %q is known: its attributes are not checked against one", name).
				WithHint("name a model with --model, if there is one")
			if near := finding.Nearest(name, catalogue.Types()); near != "" && !known {
				message = message.WithHint("did you mean %q?", near)
			}
			if known {
				message.Severity = finding.Info // the user's own type
			}
			f.add(message)
		}
	}
	return list, possible
}

// attributes reports each attribute that nothing defines: neither a model nor an
// @context of the user nor the core's. Where a part of the entity's @context is
// not known here, Options.Context stands for it; without that, or where that has
// unknown parts itself, nothing is said.
func (f *file) attributes(e *ngsild.Entity, ldctx *resolved, matched []*models.Model) {
	own := f.v.options.Context
	if ldctx.partial && (own == nil || len(own.Unknown()) > 0) {
		return
	}
	for i := range e.Attributes {
		name := e.Attributes[i].Name
		if i > 0 && e.Attributes[i-1].Name == name {
			continue
		}
		if _, known := ldctx.ldctx.Expand(name); known {
			continue
		}
		if ldctx.partial {
			if _, known := own.Expand(name); known {
				continue
			}
		}
		if slices.ContainsFunc(matched, func(m *models.Model) bool { return m.Attribute(name) != nil }) {
			continue
		}
		fault := finding.New(finding.ModelAttribute, f.at(e.ID, name), "the attribute %q is defined neither by %s nor by an @context", name, modelNames(matched))
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
	compiled, err := f.v.schemas.of(m)
	if err != nil {
		return err
	}
	present := map[string]bool{}
	for i := range e.Attributes {
		a := &e.Attributes[i]
		attribute := m.Attribute(a.Name)
		if attribute == nil {
			continue
		}
		present[attribute.Name] = true
		if broken[a.Name] {
			continue
		}
		f.attribute(e, m, compiled, attribute, i)
	}
	for _, name := range m.Required {
		if name == ngsild.MemberID || name == ngsild.MemberType || present[name] {
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

// attribute holds one instance of an attribute against the model.
func (f *file) attribute(e *ngsild.Entity, m *models.Model, compiled *compiled, attribute *models.Attribute, i int) {
	a := &e.Attributes[i]
	if !sameFamily(attribute.Kind, a.Kind) {
		f.add(finding.New(finding.ModelKind, f.at(e.ID, append(f.path(e, i), ngsild.MemberType)...), "%q is a %s here, and a %s in %s", a.Name, a.Kind, attribute.Kind, m.QualifiedName()).
			WithHint("%s", kindHint(attribute.Kind)))
		return
	}
	if a.UnitCode != "" && len(attribute.Units) > 0 {
		f.unit(e, m, attribute, i)
	}
	if isNull(a.Value) {
		return
	}
	value, steps := valueOf(a)
	for j, one := range value {
		for _, fault := range compiled.check(attribute, a.Kind, one) {
			path := append(f.path(e, i), a.Kind.Member())
			if steps != nil {
				path = append(path, steps[j])
			}
			fault.message.Location = f.at(e.ID, append(path, fault.path...)...)
			f.add(fault.message)
		}
	}
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
	if n == 1 {
		return []string{name}
	}
	id := e.Attributes[i].DatasetID
	if id == "" {
		id = "@none"
	}
	// An array in normalized and concise form, {"dataset": {id: …}} in simplified.
	if at, _ := descend(f.item.Raw, name); at >= 0 && f.item.Raw[at] == '[' {
		return []string{name, strconv.Itoa(i - first)}
	}
	return []string{name, ngsild.MemberDataset, id}
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

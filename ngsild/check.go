package ngsild

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/unit"
)

// Check holds an entity against the rules of structure (CIM 009 v1.8 clauses
// 4.5 to 4.7 and 5.2) and gives at most 100 findings, each with a JSON Pointer
// into the entity's normalized form. Decode has done the same for what it read.
func (e *Entity) Check() []finding.Finding {
	c := checker{entity: e, built: true}
	c.check()
	return c.findings
}

// checker collects what is wrong with one entity.
type checker struct {
	entity   *Entity
	findings []finding.Finding
	// built says that the values come from a program: whether they are JSON
	// is to be seen, and a Kind of 0 is a fault that nobody reported yet.
	built bool
	// temporal says that instances of one datasetId differ by the time.
	temporal bool
	// moments says where those attributes of the entity stand that are one of many in the
	// text, by their place in the list.
	moments map[int]momentAt
	// broken holds what has a finding already.
	broken struct{ id, types bool }
	// paths is room for the ways to what is looked at; it is used again for
	// each attribute of the entity.
	paths []path
}

// member gives the way to a member of what stands at parent.
func (c *checker) member(parent *path, name string) *path {
	return c.newPath(path{parent: parent, name: name, member: true})
}

// element gives the way to an element of what stands at parent.
func (c *checker) element(parent *path, i int) *path {
	return c.newPath(path{parent: parent, index: i})
}

func (c *checker) newPath(p path) *path {
	const room = 16
	if p.parent == nil {
		c.paths = c.paths[:0] // no way leads on from the one before
	}
	if len(c.paths) == cap(c.paths) {
		c.paths = make([]path, 0, room) // the full ones live as long as they are pointed to
	}
	c.paths = append(c.paths, p)
	return &c.paths[len(c.paths)-1]
}

func (c *checker) add(f finding.Finding) *finding.Finding {
	if len(c.findings) == maxFindings {
		beyond := f
		return &beyond
	}
	c.findings = append(c.findings, f)
	return &c.findings[len(c.findings)-1]
}

// fault adds a finding and gives it for its hint.
func (c *checker) fault(code finding.Code, at *path, format string, args ...any) *finding.Finding {
	return c.add(finding.New(code, finding.Location{Pointer: at.pointer()}, format, args...))
}

func (c *checker) check() {
	e := c.entity
	c.checkID()
	c.checkTypes()
	c.checkScopes()
	c.checkTime(e.CreatedAt, nil, MemberCreatedAt)
	c.checkTime(e.ModifiedAt, nil, MemberModifiedAt)
	c.checkTime(e.DeletedAt, nil, MemberDeletedAt)
	c.checkTime(e.ExpiresAt, nil, MemberExpiresAt)
	if c.built && e.Context != nil && !e.Context.IsValid() {
		at := c.member(nil, MemberContext)
		c.fault(finding.EntityJSON, at, "the @context is not JSON")
	}
	c.checkAttributes(e.Attributes, nil, 0)
	for i := range c.findings {
		c.findings[i].Location.Entity = e.ID
	}
}

func (c *checker) checkScopes() {
	scopes := c.entity.Scopes
	for i, scope := range scopes {
		fault, twice := scopeFault(scope), slices.Contains(scopes[:i], scope)
		if fault == "" && !twice {
			continue
		}
		here := c.member(nil, MemberScope)
		if len(scopes) > 1 {
			here = c.element(here, i)
		}
		if fault != "" {
			c.fault(finding.EntityStructure, here, "the scope %q %s", scope, fault).Hint = "write it like \"/Paris/Energy\""
			continue
		}
		c.fault(finding.EntityDuplicate, here, "the scope %q stands twice", scope).Hint = "keep one of them"
	}
}

func (c *checker) checkID() {
	id := c.entity.ID
	if c.broken.id {
		return
	}
	at := c.member(nil, MemberID)
	const form = "write a URI that names this entity alone, such as \"urn:ngsi-ld:Building:42\""
	if id == "" {
		c.fault(finding.EntityID, at, "the entity has no id").Hint = c.misspelt(MemberID, form)
		return
	}
	if err := ValidURI(id); err != nil {
		c.fault(finding.EntityID, at, "the id %q is not a URI: %v", id, err).Hint = form
		return
	}
	if id == NullURI {
		c.fault(finding.EntityID, at, "the id %q stands for null", id).Hint = form
	}
}

// misspelt gives a hint for a member that is not there: the attribute that is its
// name in other letters, or else the form.
func (c *checker) misspelt(member, form string) string {
	for i := range c.entity.Attributes {
		if name := c.entity.Attributes[i].Name; strings.EqualFold(name, member) {
			return fmt.Sprintf("did you mean %q by %q?", member, name)
		}
	}
	return form
}

func (c *checker) checkTypes() {
	types := c.entity.Types
	if c.broken.types {
		return
	}
	at := c.member(nil, MemberType)
	const form = "write the name of its type, such as \"Building\""
	if len(types) == 0 {
		c.fault(finding.EntityType, at, "the entity has no type").Hint = c.misspelt(MemberType, form)
		return
	}
	for i, name := range types {
		here := at
		if len(types) > 1 {
			element := c.element(at, i)
			here = element
		}
		fault, legal := nameFault(name)
		if fault != "" {
			f := c.fault(finding.EntityType, here, "the type %q %s", name, fault)
			f.Hint = form
			if !legal {
				f.Severity = finding.Error
			} else {
				f.Severity = finding.Warning
			}
		}
		for _, before := range types[:i] {
			if before == name {
				c.fault(finding.EntityDuplicate, here, "the type %q stands twice", name).Hint = "keep one of them"
				break
			}
		}
	}
}

// checkAttributes looks at attributes that stand in an entity or, at a depth
// above 0, in another attribute at this path.
func (c *checker) checkAttributes(list []Attribute, parent *path, depth int) {
	if depth > maxDepth && c.built {
		c.fault(finding.EntityStructure, parent, "sub-attributes stand more than %d deep in one another", maxDepth)
		return
	}
	many := newIndex(list)
	for start := 0; start < len(list); {
		name := list[start].Name
		end := start + 1
		for end < len(list) && list[end].Name == name {
			end++
		}
		at := c.member(parent, name)
		c.checkName(name, at, depth)
		if many.firstOf(list, name) < start {
			c.fault(finding.EntityDuplicate, at, "the instances of %q do not stand together", name).Hint = "put them into one array"
		}
		if c.temporal && depth == 0 {
			c.checkMoments(list, start, end, at)
		}
		for i := start; i < end; i++ {
			here := at
			if depth == 0 {
				here = c.instance(at, i, start, end)
			} else if end-start > 1 {
				here = c.element(at, i-start)
			}
			if c.temporal && depth == 0 {
				// checkMoments has told them apart.
			} else if first := many.find(list, name, list[i].DatasetID); first >= start && first < i && list[i].Kind != 0 {
				c.duplicateInstance(&list[i], here)
			}
			c.checkAttribute(&list[i], here, depth)
		}
		start = end
	}
}

// instance gives the way to an attribute of the entity, the i-th, of those of one name
// from start to end.
func (c *checker) instance(at *path, i, start, end int) *path {
	if m, ok := c.moments[i]; ok {
		if m.array >= 0 {
			at = c.element(at, m.array)
		}
		return c.element(c.element(c.member(at, m.member), m.n), 0)
	}
	if end-start > 1 {
		return c.element(at, i-start)
	}
	return at
}

// index finds attributes by name and datasetId. It is nil for a list that is
// short enough to be looked through.
type index map[[2]string]int

func newIndex(list []Attribute) index {
	const short = 64
	if len(list) <= short {
		return nil
	}
	m := make(index, 2*len(list))
	for i := len(list) - 1; i >= 0; i-- {
		a := &list[i]
		m[[2]string{a.Name, "\x00"}] = i
		if a.Kind != 0 {
			m[[2]string{a.Name, a.DatasetID}] = i
		}
	}
	return m
}

// firstOf gives the place of the first attribute of this name, or the length of the list.
func (m index) firstOf(list []Attribute, name string) int {
	if m != nil {
		if i, ok := m[[2]string{name, "\x00"}]; ok {
			return i
		}
		return len(list)
	}
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return len(list)
}

// find gives the place of the first instance with this name and datasetId that
// has a kind, or the length of the list.
func (m index) find(list []Attribute, name, datasetID string) int {
	if m != nil {
		if i, ok := m[[2]string{name, datasetID}]; ok {
			return i
		}
		return len(list)
	}
	for i := range list {
		if a := &list[i]; a.Kind != 0 && a.Name == name && a.DatasetID == datasetID {
			return i
		}
	}
	return len(list)
}

func (c *checker) duplicateInstance(a *Attribute, at *path) {
	if a.DatasetID == "" {
		c.fault(finding.EntityDuplicate, at, "%q has two instances without a datasetId", a.Name).Hint =
			"give each instance but one a datasetId of its own"
		return
	}
	c.fault(finding.EntityDuplicate, at, "%q has two instances with the datasetId %q", a.Name, a.DatasetID).Hint =
		"give each instance a datasetId of its own"
}

// reservedNames are the members of the API that cannot name an attribute.
var reservedNames = []string{
	MemberObservedAt, MemberUnitCode, MemberDatasetID, MemberLanguageMap, MemberValueList, MemberObjectList,
	MemberObjectType, MemberCreatedAt, MemberModifiedAt, MemberDeletedAt, MemberExpiresAt, MemberInstanceID,
}

func (c *checker) checkName(name string, at *path, depth int) {
	fault, legal := nameFault(name)
	switch {
	case fault != "":
		f := c.fault(finding.AttributeName, at, "the name %q of an attribute %s", name, fault)
		f.Hint = "a name has letters, digits and _, and starts with a letter"
		if legal {
			f.Severity = finding.Warning
		}
		return
	case isReserved(name):
		c.fault(finding.AttributeName, at, "%q is a word of the API and cannot name an attribute", name).Hint = "give the attribute another name"
		return
	}
	if depth == 0 {
		return
	}
	for _, reserved := range reservedNames {
		if len(name) == len(reserved) && strings.EqualFold(name, reserved) {
			f := c.fault(finding.AttributeName, at, "%q is read as a sub-attribute, for the API writes %q", name, reserved)
			f.Severity = finding.Warning
			f.Hint = fmt.Sprintf("did you mean %q?", reserved)
		}
	}
}

// isReserved reports whether a name is a member that the API has in an
// attribute or an entity.
func isReserved(name string) bool {
	switch name {
	case MemberID, MemberType, MemberScope, MemberValue, MemberObject, MemberObjectType, MemberLanguageMap, MemberVocab,
		MemberJSON, MemberValueList, MemberObjectList, MemberDatasetID, MemberObservedAt, MemberUnitCode, MemberCreatedAt,
		MemberModifiedAt, MemberDeletedAt, MemberExpiresAt, MemberInstanceID:
		return true
	}
	return false
}

// nameFault says what is wrong with the name of an attribute or a type: a
// term, a compact IRI or an IRI (CIM 009 v1.8 clause 4.6.2). Where legal is
// true the fault is one that brokers are known to forgive.
func nameFault(name string) (fault string, legal bool) {
	if plainName(name) {
		return "", true
	}
	if name == "" {
		return "is empty", false
	}
	if name[0] == '@' {
		return "starts with @, which is for the keywords of JSON-LD", false
	}
	if colon := strings.IndexByte(name, ':'); colon > 0 {
		if strings.HasPrefix(name[colon+1:], "//") || strings.EqualFold(name[:colon], "urn") {
			if err := ValidURI(name); err != nil {
				return "is not an IRI: " + err.Error(), false
			}
			return "", true
		}
	}
	for _, r := range name {
		if unicode.IsSpace(r) {
			return "has white space", false
		}
		if r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune("<>\"'=;()&?,[]{}|\\^%`*$!", r) {
			return fmt.Sprintf("has the character %q", r), false
		}
	}
	term := name
	if colon := strings.IndexByte(name, ':'); colon >= 0 {
		if colon == 0 || colon == len(name)-1 {
			return "is no compact IRI: a prefix stands before the colon and a name behind it", false
		}
		return "", true
	}
	first, _ := utf8.DecodeRuneInString(term)
	if !unicode.IsLetter(first) && first != '_' {
		return fmt.Sprintf("starts with %q, not with a letter", first), true
	}
	for _, r := range term {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '_' {
			return fmt.Sprintf("has the character %q", r), true
		}
	}
	return "", true
}

// plainName reports whether a name is ASCII letters, digits and _ after a letter.
func plainName(name string) bool {
	if name == "" || !isLetter(name[0]) {
		return false
	}
	for i := 1; i < len(name); i++ {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '_' {
			return false
		}
	}
	return true
}

// scopeFault says what is wrong with a scope (CIM 009 v1.8 clause 4.18).
func scopeFault(scope string) string {
	if strings.TrimPrefix(scope, "/") == "" {
		return "is empty"
	}
	for level := range strings.SplitSeq(strings.TrimPrefix(scope, "/"), "/") {
		if level == "" {
			return "has an empty level"
		}
		for _, r := range level {
			if unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("#+,;()\"|", r) {
				return fmt.Sprintf("has the character %q", r)
			}
		}
	}
	return ""
}

func (c *checker) checkTime(text string, parent *path, member string) {
	if text == "" {
		return
	}
	if err := ValidDateTime(text); err != nil {
		at := c.member(parent, member)
		c.fault(finding.AttributeTime, at, "%s %q is not a moment in UTC: %v", member, text, err).Hint = "write it like \"2024-01-31T12:00:00Z\""
	}
}

func (c *checker) checkAttribute(a *Attribute, at *path, depth int) {
	if a.Kind == 0 || a.Kind > JsonProperty {
		if c.built {
			c.fault(finding.AttributeType, at, "the attribute %q has no kind", a.Name)
		}
		return
	}
	if depth == 0 && a.Kind != GeoProperty {
		switch a.Name {
		case MemberLocation, MemberObservationSpace, MemberOperationSpace:
			c.fault(finding.AttributeType, at, "%q is a GeoProperty, not a %s", a.Name, a.Kind).Hint =
				"make it {\"type\": \"GeoProperty\", \"value\": {\"type\": \"Point\", \"coordinates\": [longitude, latitude]}}, or choose another name"
		}
	}
	if c.checkJSON(a, at) {
		c.checkValue(a, at)
	}
	c.checkTime(a.ObservedAt, at, MemberObservedAt)
	c.checkTime(a.CreatedAt, at, MemberCreatedAt)
	c.checkTime(a.ModifiedAt, at, MemberModifiedAt)
	c.checkTime(a.DeletedAt, at, MemberDeletedAt)
	c.checkTime(a.ExpiresAt, at, MemberExpiresAt)
	if a.DatasetID != "" {
		if err := ValidURI(a.DatasetID); err != nil {
			here := c.member(at, MemberDatasetID)
			c.fault(finding.AttributeDataset, here, "the datasetId %q is not a URI: %v", a.DatasetID, err).Hint =
				"write a URI, such as \"urn:ngsi-ld:Dataset:1\""
		}
	}
	if a.InstanceID != "" {
		if err := ValidURI(a.InstanceID); err != nil {
			here := c.member(at, MemberInstanceID)
			c.fault(finding.AttributeDataset, here, "the instanceId %q is not a URI: %v", a.InstanceID, err).Hint =
				"leave it out: the broker gives one"
		}
	}
	c.checkUnit(a, at)
	c.checkObjectType(a, at)
	c.checkAttributes(a.Attributes, at, depth+1)
}

// checkJSON reports whether the value of a built attribute is JSON other than null.
func (c *checker) checkJSON(a *Attribute, at *path) bool {
	here := c.member(at, a.Kind.Member())
	switch {
	case !c.built:
		return true
	case len(a.Value) == 0:
		c.fault(finding.AttributeMember, at, "the %s has no %q", a.Kind, a.Kind.Member())
	case !a.Value.IsValid():
		c.fault(finding.AttributeValue, here, "the value is not JSON: %s", clip(a.Value))
	case string(bytes.TrimSpace(a.Value)) == "null":
		c.fault(finding.AttributeValue, here, "null is no value in NGSI-LD").Hint = "leave the attribute out"
	default:
		return true
	}
	return false
}

func (c *checker) checkUnit(a *Attribute, at *path) {
	if a.UnitCode == "" {
		return
	}
	here := c.member(at, MemberUnitCode)
	if a.Kind != Property && a.Kind != ListProperty {
		c.fault(finding.AttributeMember, here, "a %s has no unitCode", a.Kind).Hint = "only a Property and a ListProperty have one"
		return
	}
	if unit.Known(a.UnitCode) {
		return
	}
	f := c.fault(finding.AttributeUnit, here, "%q is not a UN/CEFACT unit code", a.UnitCode)
	if near := unit.Nearest(a.UnitCode); near != "" {
		u, _ := unit.Lookup(near)
		f.Hint = fmt.Sprintf("did you mean %q (%s)?", near, u.Name)
	} else {
		f.Hint = "write a common code of UN/CEFACT Recommendation 20, such as \"KWH\""
	}
}

func (c *checker) checkObjectType(a *Attribute, at *path) {
	if len(a.ObjectType) == 0 {
		return
	}
	here := c.member(at, MemberObjectType)
	if a.Kind != Relationship && a.Kind != ListRelationship {
		c.fault(finding.AttributeMember, here, "a %s has no objectType", a.Kind).Hint = "only a Relationship has one"
		return
	}
	for _, name := range a.ObjectType {
		if fault, legal := nameFault(name); !legal {
			c.fault(finding.AttributeMember, here, "the objectType %q %s", name, fault).Hint = "write the type of the entity it leads to, such as \"Building\""
		}
	}
}

// isNullURI reports whether a value is the API's word for null.
func isNullURI(value []byte) bool {
	return len(value) == len(NullURI)+2 && string(value[1:len(value)-1]) == NullURI
}

// checkValue looks at the value, which is valid JSON.
func (c *checker) checkValue(a *Attribute, at *path) {
	value := []byte(a.Value)
	start := skipSpace(value, 0)
	value = value[start:]
	here := c.member(at, a.Kind.Member())
	if isNullURI(value) {
		return
	}
	switch a.Kind {
	case Relationship:
		c.checkStrings(value, here, &objects)
	case Property:
		c.checkTyped(value, here)
	case VocabProperty:
		c.checkStrings(value, here, &vocabs)
	case GeoProperty:
		c.checkGeometry(value, here)
	case LanguageProperty:
		c.checkLanguageMap(value, here)
	case ListProperty:
		if value[0] != '[' {
			c.fault(finding.AttributeValue, here, "a valueList is an array, and this is %s", describe(value[0])).Hint = "write [1, 2, 3]"
		}
	case ListRelationship:
		c.checkObjectList(value, here)
	}
}

// stringRule says what strings a value may hold: one, or an array of at least one.
type stringRule struct {
	code       finding.Code
	rule, hint string
	uri, empty bool // each is a URI; each may be empty
}

var (
	objects = stringRule{code: finding.AttributeObject, uri: true,
		rule: "the object of a Relationship is a URI or an array of URIs", hint: "write a URI, such as \"urn:ngsi-ld:Building:42\""}
	vocabs = stringRule{code: finding.AttributeValue,
		rule: "the vocab of a VocabProperty is a string or an array of strings", hint: "write a term, such as \"electricity\""}
	languageTexts = stringRule{code: finding.AttributeValue, empty: true,
		rule: "the text of a language is a string or an array of strings", hint: "write {\"fr\": \"mairie\", \"en\": \"town hall\"}"}
)

// checkStrings holds a value against a rule.
func (c *checker) checkStrings(value []byte, at *path, r *stringRule) {
	if value[0] != '[' {
		c.checkString(value[:skipValue(value, 0)], at, r)
		return
	}
	cur := enter(value, 0)
	for i := 0; ; i++ {
		element, ok := cur.element()
		if !ok {
			if i == 0 {
				c.fault(r.code, at, "%s, and this array is empty", r.rule).Hint = "leave the attribute out where it has no value"
			}
			return
		}
		here := c.element(at, i)
		c.checkString(element.of(value), here, r)
	}
}

func (c *checker) checkString(value []byte, at *path, r *stringRule) {
	switch {
	case value[0] != '"':
		c.fault(r.code, at, "%s, and this is %s", r.rule, describe(value[0])).Hint = r.hint
	case r.uri:
		c.checkObject(value, at)
	case len(value) == 2 && !r.empty:
		c.fault(r.code, at, "%s, and this is empty", r.rule).Hint = r.hint
	}
}

// checkTyped looks at a JSON-LD typed value, {"@type": "DateTime", "@value": …}, whose
// types are those of the API (CIM 009 v1.8 clause 4.6.3) or the user's own.
func (c *checker) checkTyped(value []byte, at *path) {
	if value[0] != '{' {
		return
	}
	inner := find(value, 0, "@value")
	if !inner.present() {
		return
	}
	here := c.member(at, "@value")
	if inner.isNull(value) {
		c.fault(finding.AttributeValue, here, "null is no value in NGSI-LD").Hint = "leave the attribute out"
		return
	}
	typ := find(value, 0, "@type")
	if !typ.present() || typ.first(value) != '"' {
		return
	}
	name := unquote(typ.of(value))
	temporal, ok := temporalTypes[name[strings.LastIndexAny(name, "/#:")+1:]]
	if !ok {
		return
	}
	if inner.first(value) != '"' {
		c.fault(finding.AttributeTime, here, "a %s is a string, and this is %s", name, describe(inner.first(value))).Hint = temporal.hint
		return
	}
	if text := unquote(inner.of(value)); temporal.valid(text) != nil {
		c.fault(finding.AttributeTime, here, "the %s %q is none: %v", name, text, temporal.valid(text)).Hint = temporal.hint
	}
}

// temporalTypes are the types of typed values that the API knows, and how each is written.
var temporalTypes = map[string]struct {
	valid func(string) error
	hint  string
}{
	"DateTime": {ValidDateTime, "write it like \"2024-01-31T12:00:00Z\""},
	"Date":     {validDate, "write it like \"2024-01-31\""},
	"Time":     {validTime, "write it like \"12:00:00Z\""},
}

// checkObject looks at an object, a JSON string with its quotes.
func (c *checker) checkObject(quoted []byte, at *path) {
	var err error
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		err = validURI(inner)
	} else {
		err = ValidURI(unquote(quoted))
	}
	if err != nil {
		c.fault(finding.AttributeObject, at, "the object %s is not a URI: %v", clip(quoted), err).Hint = "write the id of the entity it leads to, such as \"urn:ngsi-ld:Building:42\""
	}
}

func (c *checker) checkObjectList(value []byte, at *path) {
	const hint = "write [{\"object\": \"urn:ngsi-ld:Building:42\"}]"
	if value[0] != '[' {
		c.fault(finding.AttributeObject, at, "an objectList is an array, and this is %s", describe(value[0])).Hint = hint
		return
	}
	cur := enter(value, 0)
	for i := 0; ; i++ {
		element, ok := cur.element()
		if !ok {
			return
		}
		here := c.element(at, i)
		if element.first(value) != '{' {
			c.fault(finding.AttributeObject, here, "an element of an objectList is an object, and this is %s", describe(element.first(value))).Hint = hint
			continue
		}
		object := find(value, element.start, MemberObject)
		if !object.present() || object.first(value) != '"' {
			c.fault(finding.AttributeObject, here, "an element of an objectList has an \"object\" that is a URI").Hint = hint
			continue
		}
		inside := c.member(here, MemberObject)
		c.checkObject(object.of(value), inside)
	}
}

func (c *checker) checkLanguageMap(value []byte, at *path) {
	if value[0] != '{' {
		c.fault(finding.AttributeValue, at, "a languageMap is an object, and this is %s", describe(value[0])).Hint = languageTexts.hint
		return
	}
	if value[skipSpace(value, 1)] == '}' {
		c.fault(finding.AttributeValue, at, "the languageMap is empty").Hint = "leave the attribute out where it has no text"
		return
	}
	for cur := enter(value, 0); ; {
		key, text, ok := cur.member()
		if !ok {
			return
		}
		tag := unquote(key.of(value))
		here := c.member(at, tag)
		if tag != defaultDataset && !validLanguageTag(tag) {
			c.fault(finding.AttributeValue, here, "%q is not a language tag", tag).Hint = "write a tag of BCP 47, such as \"fr\" or \"pt-BR\", or \"@none\""
		}
		c.checkStrings(text.of(value), here, &languageTexts)
	}
}

// validLanguageTag reports whether text has the form of a tag of BCP 47:
// subtags of one to eight letters and digits, the first of letters only.
func validLanguageTag(text string) bool {
	length, first := 0, true
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == '-' {
			if length == 0 || first && length == 1 && text[0]|0x20 != 'x' && text[0]|0x20 != 'i' {
				return false
			}
			length, first = 0, false
			continue
		}
		if !isLetter(text[i]) && (first || !isDigit(text[i])) {
			return false
		}
		if length++; length > 8 {
			return false
		}
	}
	return true
}

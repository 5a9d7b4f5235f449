// Package ngsild owns the NGSI-LD information model of ETSI GS CIM 009 v1.8: the
// Entity, the closed family of Attributes, their representations (normalized,
// concise, simplified), the rules of their structure, and the API's error bodies.
//
// Names in an Entity are terms or IRIs as they stood in the document; package
// jsonld turns one into the other.
package ngsild

import "github.com/go-json-experiment/json/jsontext"

// Kind is the kind of an Attribute: which member holds what it says.
type Kind uint8

// The closed family of Attributes (CIM 009 v1.8 clause 4.5).
const (
	Property         Kind = iota + 1 // value: any JSON value
	GeoProperty                      // value: a GeoJSON geometry
	Relationship                     // object: a URI, or an array of URIs
	LanguageProperty                 // languageMap: language tag → string or strings
	VocabProperty                    // vocab: a term or IRI, or an array of them
	ListProperty                     // valueList: an ordered array
	ListRelationship                 // objectList: an ordered array of {"object": URI}
	JsonProperty                     // json: JSON that is never expanded
)

// Attribute is one instance of an attribute of an entity, or of a sub-attribute.
// Several instances of one name differ by their DatasetID.
type Attribute struct {
	// Name is a term or an IRI.
	Name string
	Kind Kind
	// Value is what the attribute says, as JSON text, in the member that the
	// Kind has (value, object, languageMap, vocab, valueList, objectList,
	// json). Numbers are kept as they were written. An objectList is held in
	// its normalized form, [{"object": "urn:…"}, …].
	Value jsontext.Value
	// ObservedAt, CreatedAt, ModifiedAt, DeletedAt, ExpiresAt are DateTimes in
	// UTC with Z, or empty.
	ObservedAt string
	// UnitCode is a UN/CEFACT Recommendation 20 code (a Property only), or empty.
	UnitCode string
	// DatasetID is a URI, or empty for the default instance.
	DatasetID string
	// ObjectType is the type or types of a Relationship's target, or nil.
	ObjectType []string

	CreatedAt  string
	ModifiedAt string
	DeletedAt  string
	ExpiresAt  string
	InstanceID string

	// Attributes are the sub-attributes in the order of the document.
	Attributes []Attribute
}

// Entity is one NGSI-LD entity. Attributes stand in the order of the document;
// instances of one name stand together.
type Entity struct {
	// Context is the @context as JSON text as it stood in the document, or nil.
	Context jsontext.Value
	ID      string
	// Types has at least one element in a legal entity.
	Types      []string
	Scopes     []string
	Attributes []Attribute

	CreatedAt  string
	ModifiedAt string
	DeletedAt  string
	ExpiresAt  string
}

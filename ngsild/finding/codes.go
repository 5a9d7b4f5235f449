package finding

// Code is the stable name of a kind of finding. Scripts may rely on it; it is
// never reused for another meaning. docs/findings.md describes each.
type Code string

// Severity gives the severity that findings of this code have. A code that the
// catalogue does not hold is an Error.
func (c Code) Severity() Severity {
	if s, ok := severities[c]; ok {
		return s
	}
	return Error
}

// Codes of reading a source: file, encoding, table, cells.
const (
	SourceAbsent          Code = "source-absent"           // no such file, or not one that may be read
	SourceDamaged         Code = "source-damaged"          // cut off or broken inside
	SourceSpec            Code = "source-spec"             // a setting under source that cannot be
	SourceSheet           Code = "source-sheet"            // a workbook has no such sheet
	SourceHeader          Code = "source-header"           // no header where it was said to be
	SourceHidden          Code = "source-hidden"           // hidden rows or sheets of a workbook
	SourceSummary         Code = "source-summary"          // a pivot table, tables one below the other, rows of totals
	SourceEmpty           Code = "source-empty"            // 0 bytes
	SourceNoRows          Code = "source-no-rows"          // a header and nothing else
	SourceWrongFormat     Code = "source-wrong-format"     // not what its name says
	SourceEncoding        Code = "source-encoding"         // bytes that the encoding does not have
	SourceUnsure          Code = "source-unsure"           // a dialect detected without certainty
	SourceLineEnd         Code = "source-line-end"         // no line end after the last row: perhaps cut off
	SourceTables          Code = "source-tables"           // several tables in one file
	SourceDateOrder       Code = "source-date-order"       // day and month of a column's dates cannot be told apart
	SourceMissingColumn   Code = "source-missing-column"   // the mapping names a column that is not there
	SourceDuplicateColumn Code = "source-duplicate-column" // a header name twice
	SourceRagged          Code = "source-ragged"           // more or fewer cells than the header
	SourceCellError       Code = "source-cell-error"       // an error cell of a spreadsheet (#N/A)
	SourceQuote           Code = "source-quote"            // a quoted cell that never ends or goes on after its quote
	SourceUnreachable     Code = "source-unreachable"      // no server answers, or it failed
	SourceDenied          Code = "source-denied"           // a server that does not let you read it
	SourceUntrusted       Code = "source-untrusted"        // a server that is not the one it says it is
	SourceTooLarge        Code = "source-too-large"        // more than is brought from elsewhere
	SourceQuery           Code = "source-query"            // SQL that cannot be run
	SourceRounded         Code = "source-rounded"          // a number of SQL that lost digits
)

// Codes of the formats whose files hold several tables, typed cells or geometries.
const (
	SourcePart    Code = "source-part"     // which table of several in the file is meant, or no such
	SourceRecord  Code = "source-record"   // an element, line or shape that is no record
	SourceLateKey Code = "source-late-key" // a key that the records which make the columns do not have
	SourceCRS     Code = "source-crs"      // a coordinate reference system that cannot be read
)

// Codes of applying a mapping to a row.
const (
	CellNumber       Code = "cell-number"
	CellUnit         Code = "cell-unit" // a unit behind the number that the mapping's does not go with
	CellInteger      Code = "cell-integer"
	CellBoolean      Code = "cell-boolean"
	CellDate         Code = "cell-date"
	CellTimeSkipped  Code = "cell-time-skipped" // a local time that a clock change leaves out
	CellTimeDoubled  Code = "cell-time-doubled" // a local time that a clock change has twice
	CellPoint        Code = "cell-point"
	CellPointSwapped Code = "cell-point-swapped" // latitude and longitude the other way round
	CellGeoJSON      Code = "cell-geojson"
	CellJSON         Code = "cell-json"
	CellLookup       Code = "cell-lookup" // not in the look-up table
	CellSplit        Code = "cell-split"  // not as many parts as a split (shape) asks for
	CellEmpty        Code = "cell-empty"  // a required cell without a value
	RowID            Code = "row-id"      // an id that cannot be made or is no URI
	RowCollision     Code = "row-collision"
	RowDuplicate     Code = "row-duplicate" // the key of distinct rows (shape) a second time
	RowCondition     Code = "row-condition"
)

// Codes of a mapping, a use case or another YAML file of ours.
const (
	YAMLSyntax         Code = "yaml-syntax"
	YAMLUnknownKey     Code = "yaml-unknown-key"
	YAMLType           Code = "yaml-type"
	YAMLMissing        Code = "yaml-missing"
	MappingTemplate    Code = "mapping-template"
	MappingConverter   Code = "mapping-converter"
	MappingUnit        Code = "mapping-unit"
	MappingUnknownTerm Code = "mapping-unknown-term"
	MappingKind        Code = "mapping-kind"
	MappingModel       Code = "mapping-model" // no model, or several, have the name
	MappingPoint       Code = "mapping-point" // read in another order than its columns' names say
	MappingLookup      Code = "mapping-lookup"
	MappingCondition   Code = "mapping-condition"
	MappingUnconfirmed Code = "mapping-unconfirmed" // proposed, and no person has agreed
)

// Codes of NGSI-LD structure (ETSI GS CIM 009 clause 4.5).
const (
	EntityJSON        Code = "entity-json"        // not JSON
	JSONDuplicate     Code = "json-duplicate-key" // a member twice in one object
	EntityNumber      Code = "entity-number"      // a number that readers of JSON do not hold
	EntityStructure   Code = "entity-structure"
	EntityID          Code = "entity-id"
	EntityIDPattern   Code = "entity-id-pattern" // a URN that names another type than the entity has
	EntityConflict    Code = "entity-conflict"   // two entities of one id that differ
	EntityType        Code = "entity-type"
	EntityDuplicate   Code = "entity-duplicate" // a datasetId, type or scope twice
	AttributeName     Code = "attribute-name"
	AttributeType     Code = "attribute-type"
	AttributeMember   Code = "attribute-member" // missing or not allowed beside the type
	AttributeValue    Code = "attribute-value"
	AttributeObject   Code = "attribute-object"
	AttributeGeometry Code = "attribute-geometry"
	AttributeTime     Code = "attribute-time"
	AttributeDataset  Code = "attribute-dataset"
	AttributeUnit     Code = "attribute-unit"
	AttributeZone     Code = "attribute-zone" // a date and time that does not say its zone
)

// Codes of JSON-LD contexts.
const (
	ContextUnknownURL Code = "context-unknown-url"
	ContextInvalid    Code = "context-invalid"
	ContextDuplicate  Code = "context-duplicate-key"
	ContextPrefix     Code = "context-undefined-prefix"
	ContextCoreTerm   Code = "context-core-term"
	ContextChanged    Code = "context-changed"        // not what contexts.lock pinned
	ContextStale      Code = "context-stale"          // could not be fetched again; the pinned copy is used
	ContextOrder      Code = "context-order"          // plain JSON-LD would read it another way
	ContextUnmapped   Code = "context-unmapped"       // a term that falls to the default vocabulary
	ContextCycle      Code = "context-cycle"          // it leads back to itself
	ContextMediaType  Code = "context-media-type"     // served as something else than JSON-LD
	ContextOrion      Code = "context-orion-type"     // a coercion with which Orion-LD refuses attributes
	ContextUnused     Code = "context-unused-term"    // that no entity uses
	ContextAmbiguous  Code = "context-ambiguous-term" // that stands for other IRIs elsewhere
	ContextConflict   Code = "context-conflict"       // a term with two IRIs
	ContextName       Code = "context-name"           // a term that is not written in camelCase
)

// Codes of validation against a model.
const (
	ModelUnknown   Code = "model-unknown"
	ModelSchema    Code = "model-schema"
	ModelKind      Code = "model-kind"
	ModelUnit      Code = "model-unit"
	ModelAttribute Code = "model-attribute" // neither the model nor a user @context has it
	RelationDangle Code = "relationship-dangling"
)

// Codes of the files of a model of one's own.
const (
	ModelFile       Code = "model-file"           // not JSON, or no object
	ModelFileSchema Code = "model-file-schema"    // does not compile, or has no attributes
	ModelFileRef    Code = "model-file-reference" // a $ref that leads nowhere
	ModelFileTerm   Code = "model-file-term"      // an attribute that the @context lacks
	ModelFileKind   Code = "model-file-kind"      // an attribute that does not state its kind
)

// Codes of the inventory.
const (
	InventorySheet   Code = "inventory-sheet"
	InventoryMissing Code = "inventory-missing"
	InventoryValue   Code = "inventory-value"
	InventoryRef     Code = "inventory-reference"
	// InventoryWord: not in the vocabulary of its column.
	InventoryWord      Code = "inventory-vocabulary"
	InventoryDuplicate Code = "inventory-duplicate"
	InventoryOrphan    Code = "inventory-orphan" // listed, and nothing uses it
	InventoryDate      Code = "inventory-date"
	InventoryStale     Code = "inventory-stale" // older than its frequency says
	InventoryURL       Code = "inventory-url"
	InventoryUnit      Code = "inventory-unit"
	InventoryDimension Code = "inventory-dimension" // units of two dimensions
	InventorySIRET     Code = "inventory-siret"
	// InventoryJustification: a new model without a reason.
	InventoryJustification Code = "inventory-justification"
	InventoryLegalBasis    Code = "inventory-legal-basis"
	InventoryRetention     Code = "inventory-retention"
	// InventoryPublicPersonal: public, with direct identifiers of persons.
	InventoryPublicPersonal Code = "inventory-public-personal"
	InventoryLooksPersonal  Code = "inventory-looks-personal"
	// Against the files and links.
	InventoryFile      Code = "inventory-file"
	InventoryFormat    Code = "inventory-format"
	InventoryEncoding  Code = "inventory-encoding"
	InventoryDelimiter Code = "inventory-delimiter"
	InventoryRows      Code = "inventory-rows"
	InventoryColumn    Code = "inventory-column"
	InventoryType      Code = "inventory-type"
	InventoryRange     Code = "inventory-range"
	InventoryEmpty     Code = "inventory-empty-share"
	InventoryLink      Code = "inventory-link" // an address that does not answer
	InventoryRule      Code = "inventory-rule" // a mapping that is left to a person
)

// Codes of the broker and of verification.
const (
	BrokerRefused Code = "broker-refused" // the broker refused an entity
	// BrokerTooLarge: an entity alone is larger than one request may be.
	BrokerTooLarge Code = "broker-entity-too-large"
	// BrokerNumber: how the broker takes or answers numbers.
	BrokerNumber Code = "broker-number"
	// BrokerPrecision: an integer that the broker may not hold exactly.
	BrokerPrecision Code = "broker-precision"
	VerifyCount     Code = "verify-count"
	VerifySum       Code = "verify-sum"
	VerifySource    Code = "verify-source" // the source changed since the run
)

// severities holds the codes that are not errors.
var severities = map[Code]Severity{
	SourceHidden:  Info,
	SourceSummary: Warning,
	SourceNoRows:  Warning,
	SourceUnsure:  Warning,
	SourceLineEnd: Info,
	SourceTables:  Warning,
	SourceRounded: Info,
	SourceLateKey: Warning,

	MappingUnconfirmed: Warning,
	ContextUnknownURL:  Warning,
	ContextStale:       Warning,
	ContextOrder:       Info,
	ContextUnmapped:    Warning,
	ContextMediaType:   Warning,
	ContextOrion:       Warning,
	ContextUnused:      Info,
	ContextAmbiguous:   Info,
	ContextName:        Warning,
	EntityIDPattern:    Warning,
	EntityConflict:     Warning,
	AttributeZone:      Warning,
	RelationDangle:     Warning,
	ModelFileKind:      Warning,
	ModelUnknown:       Warning,
	BrokerNumber:       Info,
	BrokerPrecision:    Warning,

	InventoryOrphan:        Warning,
	InventoryStale:         Warning,
	InventoryLooksPersonal: Warning,
	InventoryRows:          Warning,
	InventoryEmpty:         Warning,
	InventoryRule:          Warning,
}

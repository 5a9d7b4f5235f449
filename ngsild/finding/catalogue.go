package finding

import "slices"

// All gives every code of the catalogue in alphabetical order.
func All() []Code {
	codes := slices.Clone(catalogue)
	slices.Sort(codes)
	return codes
}

// catalogue holds each constant of type Code. A test compares them.
var catalogue = []Code{
	SourceAbsent, SourceDamaged, SourceSpec, SourceSheet, SourceHeader, SourceHidden, SourceSummary, SourceEmpty, SourceNoRows,
	SourceWrongFormat, SourceEncoding, SourceUnsure, SourceLineEnd, SourceTables, SourceDateOrder, SourceMissingColumn, SourceDuplicateColumn, SourceRagged,
	SourceCellError, SourceQuote, CellNumber, CellUnit, CellInteger, CellBoolean, CellDate, CellTimeSkipped,
	CellTimeDoubled, CellPoint, CellPointSwapped, CellGeoJSON, CellJSON, CellLookup, CellSplit, CellEmpty, RowID,
	RowCollision, RowDuplicate, RowCondition, YAMLSyntax, YAMLUnknownKey, YAMLType, YAMLMissing, MappingTemplate,
	MappingConverter, MappingUnit, MappingUnknownTerm, MappingKind, MappingModel, MappingPoint, MappingLookup, MappingCondition, MappingUnconfirmed, EntityJSON,
	EntityStructure, JSONDuplicate, EntityNumber, EntityID, EntityIDPattern, EntityConflict, AttributeZone, ContextUnmapped, EntityType, EntityDuplicate, AttributeName, AttributeType, AttributeMember,
	AttributeValue, AttributeObject, AttributeGeometry, AttributeTime, AttributeDataset, AttributeUnit,
	ContextUnknownURL, ContextInvalid, ContextDuplicate, ContextPrefix, ContextCoreTerm,
	ContextCycle, ContextMediaType, ContextOrion, ContextUnused, ContextAmbiguous,
	ContextChanged, ContextStale, ContextOrder, ContextConflict, ContextName, ModelUnknown, ModelSchema, ModelKind, ModelUnit, ModelAttribute,
	ModelFile, ModelFileSchema, ModelFileRef, ModelFileTerm, ModelFileKind,
	RelationDangle, InventorySheet, InventoryMissing, InventoryValue, InventoryRef, InventoryWord,
	InventoryDuplicate, InventoryOrphan, InventoryDate, InventoryStale, InventoryURL, InventoryUnit, InventoryDimension,
	InventorySIRET, InventoryJustification, InventoryLegalBasis, InventoryRetention, InventoryPublicPersonal,
	InventoryLooksPersonal, InventoryFile, InventoryFormat, InventoryEncoding, InventoryDelimiter, InventoryRows,
	InventoryColumn, InventoryType, InventoryRange, InventoryEmpty, InventoryLink, InventoryRule,
	BrokerRefused, BrokerTooLarge, BrokerNumber, BrokerPrecision,
	SourceUnreachable, SourceDenied, SourceUntrusted, SourceTooLarge, SourceQuery, SourceRounded,
	VerifyCount, VerifySum, VerifySource,
	SourcePart, SourceRecord, SourceLateKey, SourceCRS,
}

package ngsild

// Member names of an NGSI-LD document (ETSI GS CIM 009 v1.8, clauses 4.5 and 5.2).
const (
	MemberContext          = "@context"
	MemberID               = "id"
	MemberType             = "type"
	MemberScope            = "scope"
	MemberValue            = "value"
	MemberObject           = "object"
	MemberObjectType       = "objectType"
	MemberLanguageMap      = "languageMap"
	MemberVocab            = "vocab"
	MemberJSON             = "json"
	MemberValueList        = "valueList"
	MemberObjectList       = "objectList"
	MemberDatasetID        = "datasetId"
	MemberObservedAt       = "observedAt"
	MemberUnitCode         = "unitCode"
	MemberCreatedAt        = "createdAt"
	MemberModifiedAt       = "modifiedAt"
	MemberDeletedAt        = "deletedAt"
	MemberExpiresAt        = "expiresAt"
	MemberInstanceID       = "instanceId"
	MemberDataset          = "dataset"
	MemberLocation         = "location"
	MemberObservationSpace = "observationSpace"
	MemberOperationSpace   = "operationSpace"
)

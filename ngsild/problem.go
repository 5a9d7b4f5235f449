package ngsild

// The error types of the API (CIM 009 v1.8 clauses 5.5.2 and 6.3.2).
const (
	ErrorInvalidRequest        = "https://uri.etsi.org/ngsi-ld/errors/InvalidRequest"
	ErrorBadRequestData        = "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"
	ErrorAlreadyExists         = "https://uri.etsi.org/ngsi-ld/errors/AlreadyExists"
	ErrorOperationNotSupported = "https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported"
	ErrorResourceNotFound      = "https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound"
	ErrorInternalError         = "https://uri.etsi.org/ngsi-ld/errors/InternalError"
	ErrorTooComplexQuery       = "https://uri.etsi.org/ngsi-ld/errors/TooComplexQuery"
	ErrorTooManyResults        = "https://uri.etsi.org/ngsi-ld/errors/TooManyResults"
	ErrorLdContextNotAvailable = "https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable"
	ErrorNoMultiTenantSupport  = "https://uri.etsi.org/ngsi-ld/errors/NoMultiTenantSupport"
	ErrorNonexistentTenant     = "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant"
)

// errorStatus is Table 6.3.2-1: the HTTP status of each error type.
var errorStatus = map[string]int{
	ErrorInvalidRequest:        400,
	ErrorBadRequestData:        400,
	ErrorAlreadyExists:         409,
	ErrorOperationNotSupported: 422,
	ErrorResourceNotFound:      404,
	ErrorInternalError:         500,
	ErrorTooComplexQuery:       403,
	ErrorTooManyResults:        403,
	ErrorLdContextNotAvailable: 503,
	ErrorNoMultiTenantSupport:  501,
	ErrorNonexistentTenant:     404,
}

// ProblemDetails is the body of an error (RFC 7807, CIM 009 v1.8 clause 5.5.3).
type ProblemDetails struct {
	// Type is one of the Error constants, or what a broker sent instead.
	Type   string `json:"type"`
	Title  string `json:"title,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Status is the HTTP status, or 0 where it is not known.
	Status int `json:"status,omitempty"`
	// Instance is a URI of this one occurrence, or empty.
	Instance string `json:"instance,omitempty"`
}

// NewProblem gives the ProblemDetails of an error type of the API with the
// status that the API binds to it (500 for a type that is not the API's).
func NewProblem(errorType, title, detail string) ProblemDetails {
	status, ok := errorStatus[errorType]
	if !ok {
		status = 500
	}
	return ProblemDetails{Type: errorType, Title: title, Detail: detail, Status: status}
}

// Error gives title and detail in one line.
func (p ProblemDetails) Error() string {
	switch {
	case p.Title == "" && p.Detail == "":
		return p.Type
	case p.Detail == "":
		return p.Title
	case p.Title == "":
		return p.Detail
	}
	return p.Title + ": " + p.Detail
}

// BatchError is what went wrong with one entity of a batch (CIM 009 v1.8 clause 5.2.17).
type BatchError struct {
	EntityID string         `json:"entityId"`
	Error    ProblemDetails `json:"error"`
}

// BatchResult is the answer to a batch operation (CIM 009 v1.8 clause 5.2.16).
type BatchResult struct {
	Success []string     `json:"success"`
	Errors  []BatchError `json:"errors"`
}

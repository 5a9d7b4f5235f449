// Package query owns the query languages of the NGSI-LD API (ETSI GS CIM 009
// v1.8, clauses 4.9, 4.10, 4.11, 4.17 and 4.19): q, the geo query, the
// temporal query, the selection of entity types and scopeQ. Each is parsed
// once into a value that is then evaluated against many entities; the parsed
// values are immutable and safe to share.
//
// Names in a query are terms. Expand gives the same query over IRIs, to be
// evaluated against entities whose names are IRIs. A query that is not
// expanded is evaluated against entities that carry terms.
package query

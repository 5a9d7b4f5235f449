package jsonld

import (
	_ "embed"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Namespaces of the core @context.
const (
	// NGSILD is the namespace that the prefix ngsi-ld: stands for.
	NGSILD = "https://uri.etsi.org/ngsi-ld/"
	// DefaultVocabulary is where a term goes that no @context defines.
	DefaultVocabulary = "https://uri.etsi.org/ngsi-ld/default-context/"

	geoJSON = "https://purl.org/geojson/vocab#"
)

// CoreURL is the core @context of CIM 009 v1.8, the one appended by default.
const CoreURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"

const (
	coreURLStart = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
	coreURLEnd   = ".jsonld"
	// unversioned is the version that the unversioned URL has: the terms from
	// before v1.3.
	unversioned = "1.0"
	// integrityURL is the remote context inside the core from v1.9 on.
	integrityURL = "https://w3id.org/security/data-integrity/v2"
)

// coreVersions are the versions that core.txt describes, oldest first.
var coreVersions = []string{unversioned, "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9"}

// coreName is the file name of a core @context. It is so particular that a
// copy of it at another host counts as a core too.
var coreName = regexp.MustCompile(`^ngsi-ld-core-context(?:-v([0-9]+\.[0-9]+)(?:\.[0-9]+)*)?\.jsonld$`)

// IsCore says whether the URL names a core @context: any version at ETSI, with
// http or https, with or without a patch number, and any copy elsewhere under
// the same file name.
func IsCore(ref string) bool {
	_, ok := coreVersionOf(ref)
	return ok
}

// coreVersionOf gives the version in the URL of a core @context. It may be a
// version that is not built in.
func coreVersionOf(ref string) (version string, ok bool) {
	u, err := url.Parse(ref)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return "", false
	}
	found := coreName.FindStringSubmatch(u.Path[strings.LastIndexByte(u.Path, '/')+1:])
	if found == nil {
		return "", false
	}
	if found[1] == "" {
		return unversioned, true
	}
	return found[1], true
}

// CoreURLs lists the URLs of the core @contexts that are built in, oldest first.
func CoreURLs() []string {
	urls := make([]string, len(coreVersions))
	for i, v := range coreVersions {
		urls[i] = coreURLOf(v)
	}
	return urls
}

func coreURLOf(version string) string {
	if version == unversioned {
		return coreURLStart + coreURLEnd
	}
	return coreURLStart + "-v" + version + coreURLEnd
}

//go:embed core.txt
var coreTable string

// coreRow is one line of core.txt.
type coreRow struct {
	term, iri string
	coercion  []string
	from, to  []int // ranges of indexes into coreVersions, both ends included
}

// coreRows parses core.txt, once.
var coreRows = sync.OnceValue(func() []coreRow {
	var rows []coreRow
	for line := range strings.Lines(coreTable) {
		field := strings.Fields(line)
		if len(field) != 4 || field[0] == "#" {
			continue
		}
		row := coreRow{term: field[0], iri: field[1]}
		switch {
		case row.iri == "=":
			row.iri = "ngsi-ld:" + row.term
		case row.iri == "~":
			row.iri = row.term
		case row.iri[0] == ':':
			row.iri = "ngsi-ld" + row.iri
		}
		if field[2] != "-" {
			row.coercion = strings.Split(field[2], "+")
		}
		for part := range strings.SplitSeq(field[3], ",") {
			from, to, isRange := strings.Cut(part, "-")
			if !isRange {
				to = from
			} else if to == "" {
				to = coreVersions[len(coreVersions)-1]
			}
			row.from = append(row.from, slices.Index(coreVersions, from))
			row.to = append(row.to, slices.Index(coreVersions, to))
		}
		rows = append(rows, row)
	}
	return rows
})

func (row *coreRow) in(version int) bool {
	for i := range row.from {
		if row.from[i] <= version && version <= row.to[i] {
			return true
		}
	}
	return false
}

// coreContext gives the local context of a version, newly made for the caller,
// or false for a version that is not built in.
func coreContext(version string) (map[string]any, bool) {
	v := slices.Index(coreVersions, version)
	if v < 0 {
		return nil, false
	}
	ldctx := map[string]any{
		"@vocab":  DefaultVocabulary,
		"ngsi-ld": NGSILD,
		"id":      "@id",
		"type":    "@type",
	}
	if v >= slices.Index(coreVersions, "1.3") {
		ldctx["geojson"] = geoJSON
	}
	if v >= slices.Index(coreVersions, "1.8") {
		ldctx["@version"] = 1.1
		ldctx["@protected"] = true
	}
	if v >= slices.Index(coreVersions, "1.9") {
		ldctx["ngsildproof"] = map[string]any{
			"@id": "ngsi-ld:ngsildproof",
			"@context": []any{
				map[string]any{
					"entityIdSealed":   "ngsi-ld:entityIdSealed",
					"entityTypeSealed": map[string]any{"@id": "ngsi-ld:entityTypeSealed", "@type": "@vocab"},
				},
				integrityURL,
			},
		}
	}
	for _, row := range coreRows() {
		if !row.in(v) {
			continue
		}
		if row.coercion == nil {
			ldctx[row.term] = row.iri
			continue
		}
		definition := map[string]any{"@id": row.iri}
		for _, c := range row.coercion {
			switch c {
			case "@list", "@set", "@index", "@language":
				definition["@container"] = c
			default:
				definition["@type"] = c
			}
		}
		ldctx[row.term] = definition
	}
	return ldctx, true
}

// coreTerms holds every term that some version of the core has.
var coreTerms = sync.OnceValue(func() map[string]bool {
	terms := map[string]bool{
		"@vocab": true, "@version": true, "@protected": true,
		"ngsi-ld": true, "geojson": true, "id": true, "type": true, "ngsildproof": true,
	}
	for _, row := range coreRows() {
		terms[row.term] = true
	}
	return terms
})

// isCoreObject says whether a local context is a copy of a core @context: it has
// the default vocabulary and the core's terms, and no other.
func isCoreObject(local map[string]any) bool {
	if local["@vocab"] != DefaultVocabulary || local["value"] == nil || local["object"] == nil {
		return false
	}
	for term := range local {
		if !coreTerms()[term] {
			return false
		}
	}
	return true
}

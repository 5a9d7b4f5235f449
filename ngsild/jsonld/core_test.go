package jsonld

import (
	"fmt"
	"testing"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
)

// plain is a term definition in the form in which two contexts can be compared.
type plain struct {
	IRI, Type string
	Container []string
	Protected bool
	Scoped    any
}

func parsed(t *testing.T, ldctx any) *ld.Context {
	t.Helper()
	active, err := ld.NewContext(nil, NewResolver().options()).Parse(ldctx)
	require.NoError(t, err)
	return active
}

func definitions(active *ld.Context) map[string]plain {
	out := map[string]plain{}
	for term, td := range active.TermDefinitions {
		out[term] = plain{td.ID, td.Type, td.Container, td.Protected, td.Context}
	}
	return out
}

func TestCoreContextsEqualThePublishedOnesTermForTerm(t *testing.T) {
	for _, version := range coreVersions {
		t.Run(version, func(t *testing.T) {
			published, err := contextDocument(shared.Read(t, "contexts", "ngsi-ld-core-context-v"+version+".jsonld"))
			require.NoError(t, err)
			ours, ok := coreContext(version)
			require.True(t, ok)
			want, got := parsed(t, published), parsed(t, ours)
			require.Equal(t, definitions(want), definitions(got))
			require.Equal(t, want.Values, got.Values)
			require.Equal(t, want.Protected, got.Protected)
		})
	}
}

func TestCoreContextsExpandADocumentLikeThePublishedOnes(t *testing.T) {
	for _, version := range coreVersions {
		t.Run(version, func(t *testing.T) {
			published, err := contextDocument(shared.Read(t, "contexts", "ngsi-ld-core-context-v"+version+".jsonld"))
			require.NoError(t, err)
			ours, _ := coreContext(version)
			document := map[string]any{"id": "urn:ngsi-ld:T:1", "type": "T"}
			for term := range ours {
				switch term {
				case "id", "type", "@vocab", "@version", "@protected", "ngsildproof":
				case "languageMap", "previousLanguageMap":
					document[term] = map[string]any{"fr": "été"}
				case "dataset":
					document[term] = map[string]any{"urn:d": map[string]any{"value": 1.0}}
				case "entityMap":
					document[term] = map[string]any{"urn:d": map[string]any{"value": 1.0}}
				default:
					document[term] = []any{"2024-01-01T00:00:00Z", map[string]any{"value": 1.0, "type": "Property"}}
				}
			}
			expand := func(ldctx any) []any {
				opts := NewResolver().options()
				opts.ExpandContext = ldctx
				out, err := ld.NewJsonLdProcessor().Expand(document, opts)
				require.NoError(t, err)
				return out
			}
			require.Equal(t, expand(published), expand(ours))
		})
	}
}

func TestCoreContextIsKnownByEveryNameItHas(t *testing.T) {
	for ref, version := range map[string]string{
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld":                                                         "1.0",
		"http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld":                                                     "1.3",
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.1.jsonld":                                                  "1.6",
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.12.jsonld":                                                   "1.12",
		"https://forge.etsi.org/rep/NGSI-LD/NGSI-LD/raw/master/coreContext/ngsi-ld-core-context.jsonld":                       "1.0",
		"https://easy-global-market.github.io/ngsild-api-data-models/shared-jsonld-contexts/ngsi-ld-core-context-v1.7.jsonld": "1.7",
	} {
		got, ok := coreVersionOf(ref)
		require.True(t, ok, ref)
		require.Equal(t, version, got, ref)
	}
	for _, ref := range []string{
		"https://example.org/my-ngsi-ld-core-context.jsonld",
		"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld/other",
		"ngsi-ld-core-context.jsonld", "file:///etc/ngsi-ld-core-context.jsonld", "",
	} {
		require.False(t, IsCore(ref), ref)
	}
}

func TestCoreTableHasNoTermTwiceInAVersion(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range coreRows() {
		for v, version := range coreVersions {
			if !row.in(v) {
				continue
			}
			key := fmt.Sprint(row.term, " ", version)
			require.False(t, seen[key], key)
			seen[key] = true
		}
		for i := range row.from {
			require.GreaterOrEqual(t, row.from[i], 0, row.term)
			require.GreaterOrEqual(t, row.to[i], row.from[i], row.term)
		}
	}
	require.Greater(t, len(seen), 800)
}

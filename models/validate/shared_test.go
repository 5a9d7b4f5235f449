package validate_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/validate"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/stretchr/testify/require"
)

// judged are the models whose official examples a person has looked at.
func judged() (list []*models.Model) {
	for _, s := range models.Builtin().Subjects {
		if slices.Contains([]string{"Building", "Consumption", "Device", "KeyPerformanceIndicator", "Weather"}, s.Name) {
			list = append(list, s.Models()...)
		}
	}
	return list
}

// officialFaults are the findings on the official normalized examples of the
// judged models, each with what is wrong with the example.
var officialFaults = map[string]map[string]string{
	"Building/Building": {
		"model-kind /containedInPlace/type": "Property with a geometry where the model has a GeoProperty",
		"model-kind /mapUrl/type":           "Property where the model has a Relationship",
		"model-kind /owner/type":            "Relationship where the model has a Property",
	},
	"Building/VibrationsObserved": {"attribute-type /location": "location is a GeoProperty in NGSI-LD"},
	"Consumption/ConsumptionCost": {
		"attribute-member /consumptionPoint/value":    "Relationship with a value",
		"model-schema /energyConsumedAndCost/0/value": "normalized inside an array; listed in validation-failures.json",
	},
	"Consumption/ConsumptionPoint": {
		"attribute-member /address":        `"values" for "value"`,
		"attribute-member /address/values": `"values" for "value"`,
		"attribute-type /location/type":    `"Geoproperty"`,
		"model-schema /dateCreated/value":  "listed in validation-failures.json",
		"model-schema /dateModified/value": "listed in validation-failures.json",
	},
	"Device/Device": {
		"attribute-name /value":            "an attribute with the name of a member of the API",
		"model-kind /controlledAsset/type": "Relationship where the model has a Property",
	},
	"Device/DeviceMeasurement": {
		"attribute-type /location":   "location is a GeoProperty in NGSI-LD",
		"entity-id-pattern /id":      "the id names the type MEASUREMENT",
		"model-kind /refDevice/type": "Property where the model has a Relationship",
	},
	"Device/Modbus": {
		"attribute-name /value": "an attribute with the name of a member of the API",
		"entity-id-pattern /id": "the id names the type device1",
	},
	"Device/PolarH10":      {"model-schema /hr/value": "75.5 for an integer; listed in validation-failures.json"},
	"Device/PrivacyObject": {"model-kind /refDevice/type": "Relationship where the model has a Property"},
	"Device/SenseHat": {
		"model-schema /accelerometer/value/x": "attributes inside a value; listed in validation-failures.json",
		"model-schema /accelerometer/value/y": "attributes inside a value; listed in validation-failures.json",
		"model-schema /accelerometer/value/z": "attributes inside a value; listed in validation-failures.json",
	},
	"Device/SmartMeteringObservation": {"entity-id-pattern /id": "the id names the type SmartMeter"},
	"Device/UWBAnchor":                {"context-unknown-url /@context": "an @context of a subject that does not exist"},
	"KeyPerformanceIndicator/KeyPerformanceIndicator": {
		"attribute-time /modifiedAt":              "modifiedAt as a Property",
		"model-schema /dateNextCalculation/value": "a time where the model has a date",
	},
	"Weather/SeaConditions": {
		"attribute-type /location": "location is a GeoProperty in NGSI-LD",
		"entity-id-pattern /id":    "the id names the type SeaCondition",
	},
	"Weather/WeatherAlert":    {"model-kind /alertSource/type": "Property where the model has a Relationship"},
	"Weather/WeatherForecast": {"entity-id /id": "no URI"},
}

func TestOfficialNormalizedExamplesGiveKnownFaultsOnly(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	for _, m := range judged() {
		got := []string{}
		for _, f := range official(t, v, root, m, "example-normalized.jsonld") {
			if f.Severity == finding.Info {
				continue // no @context
			}
			got = append(got, string(f.Code)+" "+f.Location.Pointer)
		}
		require.ElementsMatch(t, slices.Collect(maps.Keys(officialFaults[m.QualifiedName()])), got, m.QualifiedName())
	}
}

func TestOfficialKeyValuesExamplesFitTheirModels(t *testing.T) {
	root := shared.Path(t, "smart-data-models")
	for _, m := range judged() {
		v, err := validate.New(validate.Options{Model: m.QualifiedName()})
		require.NoError(t, err)
		for _, name := range []string{"example.json", "example.jsonld"} {
			for _, f := range official(t, v, root, m, name) {
				if f.Severity == finding.Info {
					continue // no @context
				}
				// Many an id is no URI, Device has an attribute "value", and some
				// @contexts are not there; the two forms of an example differ.
				require.Contains(t, []finding.Code{finding.EntityID, finding.AttributeObject, finding.AttributeName, finding.ContextUnknownURL, finding.EntityConflict, finding.EntityIDPattern}, f.Code, "%v", f)
			}
		}
	}
}

func official(t *testing.T, v *validate.Validator, root string, m *models.Model, name string) []finding.Finding {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, m.QualifiedName(), "examples", name))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	findings, _, err := v.File(t.Context(), m.QualifiedName()+"/"+name, bytes.NewReader(text))
	require.NoError(t, err)
	return findings
}

// TestWhatTheOfficialSchemasAcceptIsFound adds an attribute that nothing defines and an
// id that is no URI to each official normalized example: the official schemas accept both.
func TestWhatTheOfficialSchemasAcceptIsFound(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared.Path(t, "smart-data-models"), "*", "*", "examples", "example-normalized.jsonld"))
	require.NoError(t, err)
	v, err := validate.New(validate.Options{})
	require.NoError(t, err)
	entities := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		text = bytes.TrimSpace(text)
		open := bytes.IndexByte(text, '{')
		if open < 0 || !json.Valid(text) {
			continue
		}
		broken := slices.Concat(text[:open+1], []byte(`"id": "no URI", "noSuchAttributeAnywhere": {"type": "Property", "value": 1},`), text[open+1:])
		list, _, err := v.File(t.Context(), path, bytes.NewReader(broken))
		require.NoError(t, err)
		var id, attribute bool
		for _, f := range list {
			id = id || f.Code == finding.EntityID
			attribute = attribute || f.Code == finding.ModelAttribute && strings.HasSuffix(f.Location.Pointer, "/noSuchAttributeAnywhere")
		}
		require.True(t, id && attribute, "%s: %v", path, list)
		entities++
	}
	require.Greater(t, entities, 350)
}

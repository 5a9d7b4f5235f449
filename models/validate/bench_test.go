package validate

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/models"
)

// limitOverJSONSchema is the least that make bench holds the model check to: how many times
// as fast it is as encoding/json and jsonschema.
const limitOverJSONSchema = 10.0

// measurement is a DeviceMeasurement in key-values with all attributes of its model but
// those that say the same as another.
const measurement = `{"id": "urn:ngsi-ld:DeviceMeasurement:meter-17-2026-01-31T12-15", "type": "DeviceMeasurement",
"address": {"streetAddress": "12 rue des Lilas", "addressLocality": "Nantes", "postalCode": "44000", "addressCountry": "FR"},
"controlledProperty": "activeEnergy", "dataProvider": "Nantes", "dateCreated": "2026-01-31T12:15:04Z", "dateModified": "2026-01-31T12:15:04Z",
"dateObserved": "2026-01-31T12:15:00Z", "description": "Load of the school in a quarter of an hour", "deviceType": "meter",
"location": {"type": "Point", "coordinates": [-1.5536, 47.2184]}, "measurementType": "load", "name": "School, main meter", "numValue": 12.75,
"outlier": false, "owner": ["urn:ngsi-ld:Organization:nantes"], "refDevice": "urn:ngsi-ld:Device:meter-17", "seeAlso": "https://data.example.org/meters/17",
"source": "https://data.example.org", "unit": "KWH", "@context": "https://raw.githubusercontent.com/smart-data-models/dataModel.Device/master/context.jsonld"}`

// BenchmarkModelCheck compares what says whether a DeviceMeasurement is as its model wants
// it: encoding/json with jsonschema, and the compiled model, each from the bytes of the
// entity, in turn, the best of several turns, which are short so that other work on the
// machine counts for none. The third is all of ldt validate, its five layers, on one core.
func BenchmarkModelCheck(b *testing.B) {
	const turn = 200 // less than a batch
	m, err := models.Builtin().Find("Device/DeviceMeasurement")
	require.NoError(b, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(b, compiler.AddResource("urn:model", bytes.NewReader(m.Schema())))
	schema, err := compiler.Compile("urn:model")
	require.NoError(b, err)
	whole, ok := compileForm(m.Shape())
	require.True(b, ok)
	var c checking
	text := []byte(measurement)
	v, err := New(Options{})
	require.NoError(b, err)
	lines := bytes.Repeat(append(bytes.ReplaceAll(text, []byte("\n"), nil), '\n'), turn)

	var library, model, all time.Duration // the least of all turns, for one entity
	measure := func(best *time.Duration, work func()) {
		start := time.Now()
		work()
		took := time.Since(start) / turn
		if *best == 0 || took < *best {
			*best = took
		}
	}
	for b.Loop() {
		measure(&library, func() {
			for range turn {
				d := json.NewDecoder(bytes.NewReader(text))
				d.UseNumber()
				var value any
				require.NoError(b, d.Decode(&value))
				require.NoError(b, schema.Validate(value))
			}
		})
		measure(&model, func() {
			for range turn {
				fits, sure := c.fits(whole, text)
				require.True(b, fits && sure)
			}
		})
		measure(&all, func() {
			found, _, err := v.File(b.Context(), "f", bytes.NewReader(lines))
			require.NoError(b, err)
			require.Empty(b, found)
		})
	}
	b.ReportMetric(float64(library)/float64(model), "x-jsonschema")
	b.ReportMetric(limitOverJSONSchema, "limit")
	b.ReportMetric(float64(library), "ns/jsonschema")
	b.ReportMetric(float64(model), "ns/model")
	b.ReportMetric(float64(all), "ns/validate")
	b.ReportMetric(float64(library)/float64(all), "x-jsonschema-validate")
	b.ReportMetric(0, "ns/op")
}

func TestTheModelCheckAllocatesNothing(t *testing.T) {
	m, err := models.Builtin().Find("Device/DeviceMeasurement")
	require.NoError(t, err)
	whole, ok := compileForm(m.Shape())
	require.True(t, ok)
	var c checking
	text := []byte(measurement)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if fits, sure := c.fits(whole, text); !fits || !sure {
			t.Error("it does not fit")
		}
	}))
}

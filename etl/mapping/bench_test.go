package mapping

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
)

// lean is the mapping of the entity that the project's speed is measured on: two
// numbers, a local timestamp, a point, a relationship.
const lean = `
source: {file: meters.csv, delimiter: ";", decimal: ",", timezone: Europe/Paris}
context: [context.jsonld]
entities:
- type: EnergyMeasurement
  id: "urn:ngsi-ld:EnergyMeasurement:{Code site}:{Compteur}:{Horodatage}"
  attributes:
    consumption:
      value: {column: "Consommation (MWh)", as: number, unit: {from: MWH, to: KWH}}
      observedAt: {column: Horodatage, as: datetime, format: "DD/MM/YYYY HH:mm"}
      attributes:
        carrier: {value: {column: Filière, lookup: {Electricité: electricity, Gaz: gas}}}
    power: {value: {column: "Puissance (kW)", as: number}, unitCode: KWT}
    location: {value: {column: Position, as: point, order: lat-lon}}
    isMeasuredAt: {object: "urn:ngsi-ld:Building:{Code site}"}
`

// reference is lean with a condition, texts and an object: twelve columns, about
// 900 bytes.
const reference = `
source: {file: meters.csv, delimiter: ";", decimal: ",", timezone: Europe/Paris}
context: [context.jsonld]
where: {keep: 'number("Consommation (MWh)") >= 0 and text("Statut") != "annulé"', reason: cancelled}
entities:
- type: EnergyMeasurement
  id: "urn:ngsi-ld:EnergyMeasurement:{Code site}:{Compteur}:{Horodatage}"
  attributes:
    consumption:
      value: {column: "Consommation (MWh)", as: number, unit: {from: MWH, to: KWH}}
      observedAt: {column: Horodatage, as: datetime, format: "DD/MM/YYYY HH:mm"}
      attributes:
        carrier: {value: {column: Filière, lookup: {Electricité: electricity, Gaz: gas}}}
    power: {value: {column: "Puissance (kW)", as: number}, unitCode: KWT}
    location: {value: {column: Position, as: point, order: lat-lon}}
    isMeasuredAt: {object: "urn:ngsi-ld:Building:{Code site}"}
    label: {value: {column: Libellé}}
    description: {value: {column: Description}}
    address: {value: {members: {streetAddress: {column: Adresse}, addressLocality: {column: Commune}, addressCountry: FR}}}
`

func referenceBatch(n int) *record.Batch {
	var rows []cells
	for i := range n {
		rows = append(rows, cells{
			fmt.Sprintf("%06d", i), fmt.Sprintf("PRM-%08d", 17*i), fmt.Sprintf("%02d/%02d/2024 %02d:%02d", i%28+1, i%12+1, i%24, i%4*15),
			fmt.Sprintf("%d,%03d", i%90000, i%1000), fmt.Sprintf("%d,%02d", i%500, i%100), "48.892569268005786, 2.3481605195620405", "Electricité", "validé",
			"Groupe scolaire des Batignolles", "Compteur général du bâtiment principal, relevé à distance", "12 rue Truffaut", "Paris 17e Arrondissement",
		})
	}
	return batch("Code site|Compteur|Horodatage|Consommation (MWh)|Puissance (kW)|Position|Filière|Statut|Libellé|Description|Adresse|Commune", rows...)
}

func TestApplyAllocatesNothingInTheSteadyState(t *testing.T) {
	b := referenceBatch(1000)
	for _, text := range []string{lean, reference} {
		p := plan(t, b, text)
		var one Result
		var many BatchResult
		p.ApplyBatch(b, &many)
		for _, r := range many.Rows {
			require.Equal(t, Written, r.Outcome, "%v", r.Findings)
			require.NotEmpty(t, r.Entities)
		}
		i := 0
		require.Zero(t, testing.AllocsPerRun(2000, func() {
			p.Apply(b, i%len(b.Records), &one)
			i++
		}))
		require.Zero(t, testing.AllocsPerRun(5, func() { p.ApplyBatch(b, &many) }))
	}
}

func BenchmarkApply(b *testing.B) {
	rows := referenceBatch(1024)
	for name, text := range map[string]string{"lean": lean, "reference": reference} {
		b.Run(name, func(b *testing.B) {
			p := plan(b, rows, text)
			var out BatchResult
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				p.ApplyBatch(rows, &out)
				n += len(out.Rows)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
		})
	}
}

// BenchmarkCondition measures our own tree against the machine of expr, which
// allocates for every call of a column function.
func BenchmarkCondition(b *testing.B) {
	rows := referenceBatch(1)
	const source = `number("Consommation (MWh)") >= 0 and text("Statut") != "annulé"`
	for name, machine := range map[string]bool{"tree": false, "machine": true} {
		b.Run(name, func(b *testing.B) {
			c, err := compileCondition(source, numberFormat{decimal: ','}, rows.Header.Index)
			require.NoError(b, err)
			if machine {
				c.tree = nil
			}
			x := &memory{plan: &Plan{header: rows.Header.Names}, batch: rows, record: &rows.Records[0]}
			b.ReportAllocs()
			for b.Loop() {
				if keep, ok := c.holds(x); !keep || !ok {
					b.Fatal(x.findings)
				}
			}
		})
	}
}

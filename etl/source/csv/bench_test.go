package csv_test

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/csv"
)

// consumption is a table as utilities export it: 20 columns, few quotes.
func consumption(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("OPERATEUR;FILIERE;Année;Code IRIS;Nom IRIS;Code Commune;Nom Commune;Code EPCI;Nom EPCI;Type EPCI;Code Département;Nom Département;Code Région;Nom Région;CODE CATEGORIE CONSOMMATION;CODE GRAND SECTEUR;CODE SECTEUR NAF2;Nb sites;Conso totale (MWh);Conso moyenne (MWh)\n")
	for i := range rows {
		fmt.Fprintf(&b, "Enedis;Electricité;2011;75%07d;Saint-Germain l'Auxerrois %d;75101;Paris 1er Arrondissement;200054781;Métropole du Grand Paris;;75;Paris;11;Île-de-France;ENT;TERTIAIRE;;%d;%d,%02d;240,988571428571\n", i, i%9, i%97, i*13%90000, i%100)
	}
	return b.Bytes()
}

// quotedTable has every text cell between quotes.
func quotedTable(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name,when,value,note\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,\"Rue de l'Église, %d\",\"2023-01-02T03:04:05\",\"%d,%02d\",\"said \"\"yes\"\"\"\n", i, i, i%1000, i%100)
	}
	return b.Bytes()
}

func readOurs(tb testing.TB, data []byte, b *record.Batch) int {
	r, err := csv.Open(bytes.NewReader(data), csv.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	n := 0
	for {
		err := r.Next(context.Background(), b)
		if err == io.EOF {
			return n
		}
		if err != nil {
			tb.Fatal(err)
		}
		n += len(b.Records)
	}
}

func readStandard(tb testing.TB, data []byte, comma rune) int {
	r := stdcsv.NewReader(bytes.NewReader(data))
	r.Comma, r.ReuseRecord = comma, true
	n := 0
	for {
		_, err := r.Read()
		if err == io.EOF {
			return n - 1
		}
		if err != nil {
			tb.Fatal(err)
		}
		n++
	}
}

// BenchmarkReader measures reading alone, and in the same run what
// encoding/csv with ReuseRecord needs: ratio is the one to the other.
func BenchmarkReader(b *testing.B) {
	for _, c := range []struct {
		name  string
		data  []byte
		comma rune
	}{{"plain", consumption(50000), ';'}, {"quoted", quotedTable(100000), ','}} {
		b.Run(c.name, func(b *testing.B) {
			var batch record.Batch
			readOurs(b, c.data, &batch)
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			// The best of each, turn by turn: a busy machine slows both.
			ours, standard, rows := time.Hour, time.Hour, 0
			for b.Loop() {
				start := time.Now()
				rows = readOurs(b, c.data, &batch)
				ours = min(ours, time.Since(start))
				b.StopTimer()
				start = time.Now()
				readStandard(b, c.data, c.comma)
				standard = min(standard, time.Since(start))
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)/ours.Seconds(), "rows/s")
			b.ReportMetric(float64(ours)/float64(standard), "ratio")
		})
	}
}

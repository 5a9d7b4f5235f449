package etl

import (
	"strconv"
	"testing"
)

func BenchmarkIndexAdd(b *testing.B) {
	x := newIndex(b.TempDir())
	defer x.close()
	buf := []byte("urn:ngsi-ld:Meter:")
	for i := 0; b.Loop(); i++ {
		id := x.hash(string(strconv.AppendInt(buf, int64(i), 10)))
		if row, err := x.find(id); row != 0 || err != nil {
			b.Fatal(row, err)
		}
		if err := x.add(id, int64(i+1)); err != nil {
			b.Fatal(err)
		}
	}
}

package tables

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
)

func TestNumberTakesOutThousandsOnlyBetweenGroups(t *testing.T) {
	for cell, want := range map[string]string{
		"1 234": "1234", "1 234 567,5": "1234567.5", "-12 345": "-12345", "1\u202f234,5": "1234.5", "1\u00a0234": "1234",
		"12 34": "", "1 2345": "", " 1": "1", "1 234,5 6": "", "0 123": "", "1 000 00": "",
	} {
		n, ok := marks{decimal: ',', thousands: " "}.number(record.Cell{Kind: record.Text, Text: []byte(cell)})
		require.Equal(t, want != "", ok, "%q", cell)
		if ok {
			require.Equal(t, want, written(n), "%q", cell)
		}
	}
}

func written(n number) string {
	if n.whole {
		return strconv.FormatInt(n.integer, 10)
	}
	return strconv.FormatFloat(n.float, 'f', -1, 64)
}

// FuzzNumber: what is taken for a number has the value that its text has.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "01", "-0", "1.5", "-1.50", "1e5", "1e+5", "8.911819e+01", "240.98857142857142", "1.00000000000000000001", "9223372036854775807", "1.", ".5", "1e-400", "1e+400", "٣", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := exact(text)
		if !ok {
			return
		}
		want, valid := new(big.Rat).SetString(text)
		if !valid {
			t.Fatalf("%q is taken for a number", text)
		}
		got, valid := new(big.Rat).SetString(written(n))
		require.True(t, valid)
		require.Zero(t, want.Cmp(got), "%q became %s", text, written(n))
		whole := strings.TrimPrefix(text, "-")
		require.False(t, len(whole) > 1 && whole[0] == '0' && whole[1] >= '0' && whole[1] <= '9', "%q lost its zero", text)
	})
}

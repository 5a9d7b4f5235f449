package unit

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func convert(t *testing.T, from, to, number string) string {
	t.Helper()
	c, err := Convert(from, to)
	require.NoError(t, err)
	out, err := c.Append(nil, []byte(number))
	require.NoError(t, err)
	return string(out)
}

func TestConvertIsExactInDecimal(t *testing.T) {
	for _, test := range []struct{ from, number, to, want string }{
		{"MWH", "15182.28", "KWH", "15182280"},
		{"MWH", "240.988571428571", "KWH", "240988.571428571"},
		{"KWH", "0.1", "MWH", "0.0001"},
		{"KWH", "1", "JOU", "3600000"},
		{"JOU", "36", "KWH", "0.00001"},
		{"3B", "3.6", "KWH", "1"},
		{"GV", "9", "MWH", "2.5"},
		{"KMH", "36", "MTS", "10"},
		{"HAR", "2.5", "MTK", "25000"},
		{"H18", "2.5", "HAR", "2.5"},
		{"MTQ", "0.001", "LTR", "1"},
		{"TNE", "-1.5", "KGM", "-1500"},
		{"CEL", "21.5", "KEL", "294.65"},
		{"CEL", "-40", "FAH", "-40"},
		{"FAH", "212", "CEL", "100"},
		{"FAH", "-459.67", "KEL", "0"},
		{"KEL", "0", "CEL", "-273.15"},
		{"CEL", "-17.7777777777777777777777", "FAH", "1.4e-22"},
		{"P1", "12.5", "C62", "0.125"},
		{"GP", "0.04", "GQ", "40"},
		{"MON", "18", "ANN", "1.5"},
		{"KWH", "0", "MWH", "0"},
		{"KWH", "-0.0", "MWH", "0"},
		{"MWH", "1e400", "KWH", "1e403"},
		{"MWH", "1.50E+2", "KWH", "150000"},
		{"MWH", "3000000000", "KWH", "3000000000000"},
		{"MWH", "12345678901234567890.123456789", "KWH", "1.2345678901234567890123456789e22"},
		{"MWH", "123456789012345678.123456789", "KWH", "123456789012345678123.456789"},
		{"EUR", "12.50", "EUR", "12.50"},
		{"DD", "180", "C81", "3.14159265358979323846264338328"},
		{"C81", "1", "DD", "57.2957795130823"},
	} {
		require.Equal(t, test.want, convert(t, test.from, test.to, test.number), "%s %s in %s", test.number, test.from, test.to)
	}
}

func TestConvertRoundsEndlessResultsToFifteenDigits(t *testing.T) {
	require.Equal(t, "0.00000277777777777778", convert(t, "JOU", "KWH", "10"))
	require.Equal(t, "2.77777777777778e-7", convert(t, "JOU", "KWH", "1"))
	require.Equal(t, "27.7777777777778", convert(t, "KMH", "MTS", "100"))
	require.Equal(t, "-17.7777777777778", convert(t, "FAH", "CEL", "0"))
	// All nines carry over.
	require.Equal(t, "1", convert(t, "KMH", "MTS", "3.59999999999999999"))
	require.Equal(t, "3.42935528120713e24", convert(t, "KMH", "MTS", "12345679012345678990123457"))
}

func TestConvertNamesBothDimensions(t *testing.T) {
	_, err := Convert("KWH", "MTK")
	require.EqualError(t, err, "convert KWH to MTK: KWH is a unit of energy, MTK one of area")
	_, err = Convert("EUR", "USD")
	require.EqualError(t, err, "convert EUR to USD: EUR is a unit of money:EUR, USD one of money:USD")
	_, err = Convert("KWh", "MWH")
	require.EqualError(t, err, `"KWh" is not a UN/CEFACT unit code; did you mean "KWH" (kilowatt hour)?`)
	_, err = Convert("10", "MWH")
	require.EqualError(t, err, "ldt cannot convert the UN/CEFACT unit 10")
	_, err = Convert("no such", "MWH")
	require.EqualError(t, err, `"no such" is not a UN/CEFACT unit code`)
}

func TestAppendRefusesWhatIsNoJSONNumber(t *testing.T) {
	c, err := Convert("MWH", "KWH")
	require.NoError(t, err)
	same, err := Convert("KWH", "KWH")
	require.NoError(t, err)
	require.True(t, same.Identity())
	require.False(t, c.Identity())
	for _, text := range []string{"", "-", "12,5", "+1", "01", ".5", "5.", "1e", "1e+", "1x", "NaN", "0x1", " 1", "1 ", "--1", "1e5.2"} {
		out, err := c.Append([]byte("kept"), []byte(text))
		require.Error(t, err, text)
		require.Equal(t, "kept", string(out))
		_, err = same.Append(nil, []byte(text))
		require.Error(t, err, text)
	}
	for _, text := range []string{"1e100001", "1e-100001", "1e99999999999999999999"} {
		_, err := c.Append(nil, []byte(text))
		require.ErrorIs(t, err, errNumberRange)
	}
	_, err = Conversion{}.Append(nil, []byte("1"))
	require.Error(t, err)
}

func TestLookupKnowsUnitsAndMoney(t *testing.T) {
	u, ok := Lookup("KWH")
	require.True(t, ok)
	require.Equal(t, Unit{"KWH", "kWh", "kilowatt hour", "energy"}, u)
	u, ok = Lookup("EUR")
	require.True(t, ok)
	require.Equal(t, "money:EUR", u.Dimension)
	u, ok = Lookup("COU") // also a currency of Colombia
	require.True(t, ok)
	require.Equal(t, "coulomb", u.Name)
	_, ok = Lookup("MMK")
	require.True(t, ok)
	_, ok = Lookup("kwh")
	require.False(t, ok)
	require.True(t, Known("10")) // a group: of Recommendation 20, without a dimension
	require.False(t, Known("kWh"))
}

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]string{
		"kWh": "KWH", "(MWh)": "MWH", "Conso totale (MWh)": "MWH", "Surface [m²]": "MTK", "m2": "MTK", "m³": "MTQ", "m3": "MTQ",
		"°C": "CEL", "ºC": "CEL", "%": "P1", "µg/m³": "GQ", "μg/m3": "GQ", "€": "EUR", "MW": "MAW", "mW": "C31", "kw": "KWT",
		"KWH": "KWH", "kilowatt hour": "KWH", "Kilowatt Hour": "KWH", "km / h": "KMH", "L": "LTR", "l": "LTR", "t": "TNE", "ha": "HAR",
		"W/m2": "D54", "dB(A)": "2N", "lux": "LUX", "hPa": "A97", "Température (°C)": "CEL", "m": "MTR", "min": "MIN", "h": "HUR",
	} {
		u, ok := Parse(text)
		require.True(t, ok, text)
		require.Equal(t, want, u.Code, text)
	}
	for _, text := range []string{"", "()", "Nb sites", "Code (INSEE)", "zz/qq", "foo"} {
		_, ok := Parse(text)
		require.False(t, ok, text)
	}
}

func TestNearestGuessesOnlyWhereOneCodeIsNear(t *testing.T) {
	for code, want := range map[string]string{
		"kWh": "KWH", "KW": "KWT", "KWHH": "KWH", "M2": "MTK", "%": "P1", "°C": "CEL", "CELL": "CEL", "MW": "MAW", "Kwh": "KWH",
		"": "", "ZZZ9": "", "EURO": "EUR", "QQQ": "",
		"KHW": "KWH", "MHW": "MWH", "khw": "KWH", "CLE": "CEL",
	} {
		require.Equal(t, want, Nearest(code), code)
	}
}

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	n := 0
	for _, d := range dimensions {
		base := false
		for _, r := range d.units {
			n++
			require.False(t, seen[r.code], "%s stands twice", r.code)
			seen[r.code] = true
			require.False(t, otherCodes[r.code], r.code)
			require.NotEmpty(t, r.name, r.code)
			require.Positive(t, rational(r.factor).Sign(), "%s has the factor %q", r.code, r.factor)
			if r.offset != "" {
				_, err := parseNumber([]byte(r.offset))
				require.NoError(t, err, r.code)
			}
			base = base || r.factor == "1" && r.offset == ""
		}
		require.True(t, base, "%s has a base unit", d.name)
	}
	require.Greater(t, n, 150)
	for symbol, code := range aliases {
		require.NotNil(t, byCode[code], "%s means %s", symbol, code)
	}
	for word, code := range misread {
		require.NotNil(t, byCode[code], "%s means %s", word, code)
	}
}

// exact is what Append should give, by rational arithmetic.
func exact(from, to *entry, number string) *big.Rat {
	x, ok := new(big.Rat).SetString(number)
	if !ok {
		return nil
	}
	plus := func(r *big.Rat, offset string, sign int64) {
		if offset != "" {
			o, _ := new(big.Rat).SetString(offset)
			r.Add(r, o.Mul(o, big.NewRat(sign, 1)))
		}
	}
	plus(x, from.offset, 1)
	x.Mul(x, rational(from.factor))
	x.Quo(x, rational(to.factor))
	plus(x, to.offset, -1)
	return x
}

func FuzzAppendAgreesWithRationals(f *testing.F) {
	pairs := [][2]string{{"MWH", "KWH"}, {"JOU", "KWH"}, {"KMH", "MTS"}, {"CEL", "FAH"}, {"FAH", "CEL"}, {"KEL", "CEL"}, {"DD", "C81"},
		{"BTU", "KWH"}, {"SMI", "KMT"}, {"BLL", "LTR"}, {"P1", "59"}, {"UA", "A97"}, {"A53", "KWH"}}
	for i, seed := range []string{"15182.28", "0", "-0.5e-3", "1e40", "12345678901234567890", "0.1", "99999999999999999999.9", "-40",
		"9223372036854775807", "18446744073709551615", "0.000000000000000001", "459.67", "-273.15", "1e", "12,5", "3.6"} {
		f.Add(seed, i)
	}
	f.Fuzz(func(t *testing.T, number string, pair int) {
		p := pairs[uint(pair)%uint(len(pairs))]
		c, err := Convert(p[0], p[1])
		require.NoError(t, err)
		out, err := c.Append(nil, []byte(number))
		if err != nil {
			if json.Valid([]byte(number)) && strings.Trim(number, "-0123456789.") == "" {
				t.Fatalf("refused %q: %v", number, err)
			}
			return
		}
		require.True(t, json.Valid(out), "%q gives %q", number, out)
		if len(number) > 100 || len(out) > 1000 || bytes.ContainsAny([]byte(number), "eE") && len(number) > 30 {
			return
		}
		if e := strings.IndexAny(number, "eE"); e >= 0 && len(number)-e > 5 {
			return
		}
		want := exact(byCode[p[0]], byCode[p[1]], number)
		got, ok := new(big.Rat).SetString(string(out))
		require.True(t, ok)
		if got.Cmp(want) == 0 {
			return
		}
		difference := new(big.Rat).Sub(got, want)
		difference.Quo(difference.Abs(difference), new(big.Rat).Abs(want))
		require.True(t, difference.Cmp(big.NewRat(1, 1e14)) < 0, "%s %s is %s, not %s", number, p[0], out, want.FloatString(30))
		digits := strings.Trim(strings.ReplaceAll(strings.SplitN(strings.TrimPrefix(string(out), "-"), "e", 2)[0], ".", ""), "0")
		require.LessOrEqual(t, len(digits), significant)
	})
}

func FuzzParseNeverPanics(f *testing.F) {
	for _, seed := range []string{"Conso (MWh)", "[", "](", "()", "m²", "\xff("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if u, ok := Parse(text); ok {
			_, known := Lookup(u.Code)
			require.True(t, known)
		}
		if near := Nearest(text); near != "" {
			require.True(t, Known(near))
		}
	})
}

func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 64)
	for _, pair := range [][2]string{{"MWH", "KWH"}, {"JOU", "KWH"}, {"CEL", "FAH"}, {"FAH", "CEL"}, {"KWH", "KWH"}} {
		c, err := Convert(pair[0], pair[1])
		require.NoError(t, err)
		number := []byte("-15182.28")
		require.Zero(t, testing.AllocsPerRun(100, func() { dst, _ = c.Append(dst[:0], number) }), pair)
	}
}

func BenchmarkAppend(b *testing.B) {
	c, err := Convert("MWH", "KWH")
	require.NoError(b, err)
	dst, number := make([]byte, 0, 64), []byte("15182.28")
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = c.Append(dst[:0], number)
	}
}

func TestSplitCutsAUnitOffANumber(t *testing.T) {
	for text, want := range map[string][2]string{
		"12 kWh": {"12", "kWh"}, "12,5kWh": {"12,5", "kWh"}, "-1 234.5\u00a0m2": {"-1 234.5", "m2"}, "12 %": {"12", "%"}, "1e3 W": {"1e3", "W"}, "8,9e+01 MWh": {"8,9e+01", "MWh"},
		"12 eV": {"12", "eV"}, "12": {"12", ""}, "kWh": {"", ""}, "": {"", ""}, "1-2 m": {"1", "-2 m"}, "1’234 €": {"1’234", "€"}, "- %": {"", ""},
	} {
		number, suffix := Split([]byte(text))
		require.Equal(t, want, [2]string{string(number), string(suffix)}, text)
	}
}

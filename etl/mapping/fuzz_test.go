package mapping

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/strictyaml"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// FuzzParse: any text either parses or has findings with places; what parses
// compiles or has findings, and then applies, without a panic.
func FuzzParse(f *testing.F) {
	f.Add(reference)
	f.Add(mappingWith(`a: {value: {column: x, lookup: {a: b}}, observedAt: "2024-01-01T00:00:00Z"}`))
	f.Add(mappingWith(`a: &b [{languageMap: {fr: "{x|y}"}}]`, `c: *b`))
	f.Add(mappingWith(`a: {objectList: {column: x, separator: ";", of: {template: "urn:a:{}"}}, when: 'isNull("x")'}`))
	f.Add("source: {file: a, header: 0, nulls: [a, b]}\ncontext: c\nentities:\n- {type: A, id: \"urn:{x}\"}")
	f.Add("a: &a [*a]")
	f.Add(mappingWith(`a: {valu: {colum: x, as: lisst, unit: {fom: A}, default: }, attributs: {}}`, `b: {objectlist: [{of: }], observedat: }`))
	f.Add("? {a: b}\n: c")
	b := batch("id|x", cells{"1", "2"}, cells{nil, "{"})
	f.Fuzz(func(t *testing.T, text string) {
		m, faults := Read("m.yaml", []byte(text))
		for _, fault := range faults {
			require.Positive(t, fault.Location.Line)
			require.NotEmpty(t, fault.Message)
		}
		if m == nil {
			require.NotEmpty(t, faults)
			return
		}
		m.Measures()
		m.Columns()
		p, all := Compile(m, Env{Header: b.Header})
		if p == nil || len(faults) > 0 {
			require.Nil(t, p)
			require.NotEmpty(t, all)
			return
		}
		var out Result
		for i := range b.Records {
			p.Apply(b, i, &out)
			for _, e := range out.Entities {
				for _, a := range e.Attributes {
					require.True(t, json.Valid(a.Value), "%s", a.Value)
				}
			}
		}
	})
}

// FuzzTemplate: a template that parses and makes URIs makes only legal ones.
func FuzzTemplate(f *testing.F) {
	f.Add("urn:ngsi-ld:T:{x}:{y|NONE}", "a b", "é")
	f.Add(`urn:{{x}}:{a\|b|c\|d}`, "", "%")
	f.Add("{x}:y", "urn", "")
	f.Add("urn:{}", "", "")
	f.Fuzz(func(t *testing.T, text, x, y string) {
		parts, err := parseTemplate(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		c := &compiler{d: strictyaml.New("m.yaml", "mapping"), plan: &Plan{header: []string{"x", "y"}}, env: Env{Header: &record.Header{Names: []string{"x", "y"}}}, columns: map[string]int{}, read: map[int]bool{}}
		uri := c.compileTemplate(located{text: text}, parts, modeURI, finding.RowID, true)
		plain := c.compileTemplate(located{text: text}, parts, modeText, finding.RowID, false)
		if len(c.d.Faults()) > 0 {
			return
		}
		b := batch("x|y", cells{x, y})
		m := &memory{plan: c.plan, batch: b, record: &b.Records[0]}
		if out, s := uri.append(m, nil); s == done {
			require.Empty(t, faultOfURI(out[1:len(out)-1]), "%s", out)
		}
		out, s := plain.append(m, nil)
		require.Equal(t, done, s)
		require.True(t, json.Valid(out), "%s", out)
	})
}

// FuzzNumber: what is a number by math/big is one here, of the same value, and
// the other way round.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"15182.28", "007", "+1", "-0.50", ".5", "1e-300", "1e308", "9.9e307", "12.", "1_000", "0x1p4", "NaN", "Inf", "1/3", "3000000000", "0e0", "-.0e-9", "1e41", "0.00001e-40"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, ok := plainNumber.append([]byte("x"), []byte(s))
		comma := numberFormat{decimal: ','}
		swapped, okComma := comma.append([]byte("x"), []byte(strings.NewReplacer(".", ",", ",", ".").Replace(s)))
		require.Equal(t, ok, okComma)
		require.Equal(t, string(out), string(swapped))
		if !ok {
			require.Equal(t, "x", string(out))
			return
		}
		number := string(out[1:])
		require.True(t, json.Valid([]byte(number)), "%q", number)
		want, fine := new(big.Rat).SetString(strings.Trim(s, " \t\u00a0"))
		if _, exponent, _ := strings.Cut(strings.ToLower(s), "e"); !fine && len(exponent) > 5 {
			return // math/big does not read such exponents, even of 0
		}
		require.True(t, fine, "%q", s)
		got, fine := new(big.Rat).SetString(number)
		require.True(t, fine)
		require.Zero(t, want.Cmp(got), "%q became %q", s, number)
		_, err := strconv.ParseFloat(number, 64)
		require.NoError(t, err)
	})
}

// FuzzNumberIsNotTooStrict: every float64 that Go writes is a number.
func FuzzNumberIsNotTooStrict(f *testing.F) {
	f.Add(15182.28, 0)
	f.Add(1e-300, 3)
	f.Add(-0.5, 1)
	f.Fuzz(func(t *testing.T, v float64, format int) {
		if v != v || v-v != 0 || v != 0 && (v > 1e300 || v < -1e300 || v < 1e-300 && v > -1e-300) {
			t.Skip("not finite, or at the edge of the range")
		}
		s := strconv.FormatFloat(v, "eEfg"[uint(format)%4], -1, 64)
		out, ok := plainNumber.append(nil, []byte(s))
		require.True(t, ok, s)
		back, err := strconv.ParseFloat(string(out), 64)
		require.NoError(t, err)
		require.Equal(t, v, back)
	})
}

// FuzzDate: where a format says the same as a layout of package time, both
// accept the same texts with the same result.
func FuzzDate(f *testing.F) {
	pairs := []struct{ ours, layout string }{
		{"YYYY-MM-DD", "2006-01-02"}, {"DD/MM/YYYY", "02/01/2006"}, {"DD.MM.YY", "02.01.06"},
		{"YYYY-MM-DD HH:mm:ss", "2006-01-02 15:04:05"}, {"YYYYMMDDHHmm", "200601021504"}, {"MM/DD/YYYY hh:mm A", "01/02/2006 03:04 PM"},
		{"YYYY-MM-DD[T]HH:mm:ssZ", "2006-01-02T15:04:05Z07:00"},
	}
	for _, s := range []string{"2024-02-29", "31/02/2024", "01.02.69", "2024-01-01 23:59:59", "202401012400", "12/31/2024 12:00 AM", "2024-07-01T10:00:00+02:00", "0000-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range pairs {
			format, err := parseDateFormat(p.ours)
			require.NoError(t, err)
			got, ok := format.parse([]byte(s))
			want, err := time.Parse(p.layout, s)
			if err == nil && want.Format(p.layout) != s {
				continue // package time is lenient with blanks, digits and fractions
			}
			if ok && (got.hour == 24 || strings.ContainsAny(s, "apmz") || strings.HasSuffix(s, "-00:00") || got.zoned && !strings.HasSuffix(s, "Z") && s[len(s)-3] != ':') {
				continue // we take 24:00, am, +0100 and z as well
			}
			if got.offset > 14*3600 || err == nil && !ok && strings.Contains(p.ours, "Z") {
				continue // package time takes offsets that no zone has
			}
			require.Equal(t, err == nil, ok, "%q as %s: %v", s, p.ours, err)
			if ok {
				require.Equal(t, want.Unix(), got.seconds()-int64(got.offset), "%q as %s", s, p.ours)
				text, fine := appendUTC(nil, got.seconds()-int64(got.offset), nil)
				if fine {
					require.Equal(t, want.UTC().Format("2006-01-02T15:04:05Z"), string(text))
				}
			}
		}
	})
}

// FuzzZone: a local time has the instants that package time says it has.
func FuzzZone(f *testing.F) {
	names := []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia"}
	var zones []*zone
	for _, name := range names {
		z, err := loadZone(name)
		require.NoError(f, err)
		zones = append(zones, z)
	}
	for _, at := range []int64{0, 1711852200, 1729996200, 4102444800, -3000000000, 2240524800, 1325203200} {
		for i := range names {
			f.Add(at, i)
		}
	}
	f.Fuzz(func(t *testing.T, local int64, which int) {
		if local < -60_000_000_000 || local > 250_000_000_000 {
			t.Skip("outside the years 0 to 9999")
		}
		z := zones[uint(which)%uint(len(zones))]
		earlier, later, kind := z.utc(local)
		shows := func(at int64) bool {
			_, offset := time.Unix(at, 0).In(z.loc).Zone()
			return at+int64(offset) == local
		}
		switch kind {
		case localSkipped:
			for offset := int64(-15 * 3600); offset <= 15*3600; offset += 900 {
				require.False(t, shows(local+offset), "%s shows %d at %d", z.name, local, local+offset)
			}
		case localDoubled:
			require.Less(t, earlier, later)
			require.True(t, shows(earlier) && shows(later), "%s %d", z.name, local)
		default:
			require.Equal(t, earlier, later)
			require.True(t, shows(earlier), "%s %d", z.name, local)
		}
	})
}

// FuzzNumericDate: a date of three numbers that is read is a day of the calendar,
// and the other order reads the same parts swapped, or nothing.
func FuzzNumericDate(f *testing.F) {
	for _, s := range []string{"31/01/2024", "1.2.24 7:05", "2024/01/31 10:00:00.5+01:00", "01-02-2024, 12:30 AM", "24-01-31", "01/02/2024T24:00", "1/2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		day, ok := parseNumeric([]byte(s), dayFirst)
		month, other := parseNumeric([]byte(s), monthFirst)
		for _, c := range []struct {
			civil
			ok bool
		}{{day, ok}, {month, other}} {
			if c.ok {
				require.True(t, c.valid())
				year, m, d := civilFromDays(daysFromCivil(c.year, c.month, c.day))
				require.Equal(t, []int{c.year, c.month, c.day}, []int{year, m, d})
			}
		}
		if ok && other && day.day != month.day {
			require.Equal(t, []int{day.month, day.day}, []int{month.day, month.month})
		}
		if year, week, weekDay, fine := parseWeek([]byte(s)); fine {
			start := startOfWeek(year, week)
			gotYear, gotWeek := time.Unix((start+int64(weekDay))*86400, 0).UTC().ISOWeek()
			if weekDay < 7 {
				require.Equal(t, []int{year, week}, []int{gotYear, gotWeek}, s)
			}
		}
		if c, fine := serial1900.parse([]byte(s)); fine {
			require.True(t, c.valid())
		}
	})
}

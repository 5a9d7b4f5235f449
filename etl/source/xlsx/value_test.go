package xlsx

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/nfp"

	"github.com/ldtkit/ldt/etl/record"
)

func TestStyleOfTellsDatesFromNumbersAndDurations(t *testing.T) {
	for code, want := range map[string]style{
		"General": number, "00000": padded + 5, "[$-40C]00000": padded + 5, "00;-00": padded + 2, "0": number, "00.0": number, "0000000000000000000000000000000": number, "0.00": number, "#,##0": number, "0%": number, "0.00E+00": number, "@": number, `0" days"`: number, `#,##0 "h"`: number,
		"[Red]0.00": number, "[$-40C]#,##0": number, "[h]:mm": elapsed, "[mm]:ss": elapsed, "[s]": elapsed, `[hh]:mm:ss" h"`: elapsed, "[$-F400]h:mm:ss AM/PM": clock, `[$-F800]dddd\, mmmm\ dd\, yyyy`: date, "[Blue][h]:mm;@": elapsed, "[>=100]0;0.0": number, `\d0`: number, "": number, `"open`: number, "[open": number,
		"dd/mm/yyyy": date, "yyyy-mm-dd hh:mm": date, "mmm": date, "[$-40C]d mmmm yyyy;@": date, "m/d/yy h:mm": date, `yyyy"年"m"月"`: date, "mmm-yy": date, "DD.MM.YYYY": date,
		"hh:mm": clock, "h:mm:ss AM/PM": clock, "mm:ss.0": clock, "hh:mm:ss.000": clock, "yyyy-mm-dd hh:mm:ss.000": date,
	} {
		require.Equal(t, want, styleOf(code), "%q", code)
	}
	for id, want := range map[int]style{0: number, 2: number, 9: number, 14: date, 22: date, 18: clock, 21: clock, 45: clock, 46: elapsed, 49: number, 164: number} {
		require.Equal(t, want, builtin(id), "%d", id)
	}
}

func TestAppendTimeReadsSerialNumbers(t *testing.T) {
	for _, c := range []struct {
		serial    string
		style     style
		epoch1904 bool
		want      string
		kind      record.Kind
	}{
		{"1", date, false, "1900-01-01T00:00:00", record.DateTime}, {"59", date, false, "1900-02-28T00:00:00", record.DateTime}, {"61", date, false, "1900-03-01T00:00:00", record.DateTime},
		{"60", date, false, noDay, record.Error}, {"60.5", date, false, noDay, record.Error}, {"60", date, true, "1904-03-01T00:00:00", record.DateTime},
		{"45292", date, false, "2024-01-01T00:00:00", record.DateTime}, {"45292.041666666664", date, false, "2024-01-01T01:00:00", record.DateTime}, {"45292.999999999", date, false, "2024-01-02T00:00:00", record.DateTime},
		{"45292.5000115741", date, false, "2024-01-01T12:00:01", record.DateTime}, {"45292.00000578704", date, false, "2024-01-01T00:00:00.5", record.DateTime},
		{"0", date, true, "1904-01-01T00:00:00", record.DateTime}, {"43830", date, true, "2024-01-01T00:00:00", record.DateTime}, {"2958465", date, false, "9999-12-31T00:00:00", record.DateTime},
		{"0.25", clock, false, "06:00:00", record.Text}, {"0.25", date, false, "06:00:00", record.Text}, {"0", clock, false, "00:00:00", record.Text},
		{"1", clock, false, "24:00:00", record.Text}, {"0.9999999999", clock, false, "24:00:00", record.Text}, {"1.25", clock, false, "30:00:00", record.Text},
		{"45292.25", clock, false, "2024-01-01T06:00:00", record.DateTime}, {"43830.25", clock, true, "2024-01-01T06:00:00", record.DateTime},
		{"1.5", elapsed, false, "36:00:00", record.Text}, {"1", elapsed, false, "24:00:00", record.Text}, {"100", elapsed, false, "2400:00:00", record.Text}, {"-0.0625", elapsed, true, "-01:30:00", record.Text},
		{"0", date, false, "", record.Null}, {"-1", date, false, "", record.Null}, {"-1", clock, false, "", record.Null}, {"2958466", date, false, "", record.Null},
		{"x", date, false, "", record.Null}, {"NaN", date, false, "", record.Null}, {"1e300", date, false, "", record.Null}, {"-1e300", elapsed, false, "", record.Null},
	} {
		got, kind := appendTime(nil, []byte(c.serial), c.style, c.epoch1904)
		require.Equal(t, c.kind, kind, c.serial)
		require.Equal(t, c.want, string(got), c.serial)
	}
}

func TestAppendISOReadsDatesAndTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2024-02-29": "2024-02-29T00:00:00", "2024-02-29T13:14": "2024-02-29T13:14:00", "2024-02-29T13:14:15.25Z": "2024-02-29T13:14:15.25", "T06:30:00": "06:30:00", "06:30": "06:30:00",
		"2023-02-29": "", "2024-02-29T13:14:15+01:00": "", "x": "", "": "",
	} {
		got, kind := appendISO(nil, text)
		require.Equal(t, want, string(got), text)
		require.Equal(t, want == "", kind == record.Null, text)
	}
}

func TestAppendNumberGivesTheShortestExactText(t *testing.T) {
	for text, want := range map[string]string{
		"15182.280000000001": "15182.28", "15182.28": "15182.28", "3000000000": "3000000000", "0.1": "0.1", "0.10000000000000001": "0.1",
		"1E-3": "0.001", "1.5E+20": "150000000000000000000", "1e21": "1e+21", "1E-9": "1e-09", ".5": "0.5", "-0": "0", "007": "7", "12.": "12", "1.50": "1.50", "0.30000000000000004": "0.30000000000000004",
	} {
		got, ok := appendNumber(nil, []byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, string(got), text)
	}
	for _, text := range []string{"x", "NaN", "Inf", "1e999", "", "1,5"} {
		_, ok := appendNumber(nil, []byte(text))
		require.False(t, ok, text)
	}
}

// FuzzNumber: what is taken for a number is JSON and the same floating-point number.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"15182.280000000001", "1e-7", "-0.0", "00", "1_0", "0x1p-2", "+5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := appendNumber(nil, []byte(text))
		if !ok {
			return
		}
		require.True(t, json.Valid(got), "%q from %q", got, text)
		want, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		have, err := strconv.ParseFloat(string(got), 64)
		require.NoError(t, err)
		require.Zero(t, math.Abs(want-have))
		appendTime(nil, []byte(text), date, false)
		styleOf(text)
		appendISO(nil, text)
	})
}

// FuzzStyleOf: whatever a number format, a style comes of it; and where excelize's
// own parser finds nothing but parts of a date in it, so does this one.
func FuzzStyleOf(f *testing.F) {
	for _, s := range []string{"dd/mm/yyyy", "[h]:mm", `yyyy"y"`, "#,##0.00;[Red]-#,##0.00", "[$-40C]d mmm", "General", "\\d0", "ss.000", "e", "[", "\"", "0.0E+0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		st := styleOf(code)
		require.LessOrEqual(t, st, padded+maxPadded)
		if days := []string{"dd/mm/yyyy", "yyyy-mm-dd", "d mmm yy"}; slices.Contains(days, code) {
			require.Equal(t, date, st)
		}
	})
}

// TestStyleOfAgreesWithTheParserOfExcelize holds the codes that programs write.
func TestStyleOfAgreesWithTheParserOfExcelize(t *testing.T) {
	for _, code := range []string{
		"General", "0", "0.00", "#,##0", "0%", "0.00E+00", "# ?/?", "m/d/yyyy", "d-mmm-yy", "h:mm AM/PM", "h:mm:ss", "m/d/yyyy h:mm", "mm:ss", "[h]:mm:ss", "mmss.0", "@",
		"dd/mm/yyyy", "dd.mm.yyyy hh:mm", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", `yyyy"年"m"月"d"日"`, `[$-407]d. mmmm yyyy;@`, `[$-409]mmm\-yy;@`, `_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-`, `#,##0" kWh"`, `0.0\ "h"`, "[Red]0;[Blue]-0", "yyyy", "mmmm", "[mm]:ss", `dddd`,
	} {
		p := nfp.NumberFormatParser()
		want := number
		for _, section := range p.Parse(code)[:1] {
			day, hour := false, false
			for _, item := range section.Items {
				switch {
				case item.TType == nfp.TokenTypeElapsedDateTimes:
					want = elapsed
				case item.TType == nfp.TokenTypeDateTimes && strings.ContainsAny(strings.ToLower(item.TValue), "yd"):
					day = true
				case item.TType == nfp.TokenTypeDateTimes && strings.ContainsAny(strings.ToLower(item.TValue), "hs"):
					hour = true
				case item.TType == nfp.TokenTypeDateTimes && strings.EqualFold(item.TValue, "mmmm"):
					day = true
				}
			}
			switch {
			case want == elapsed:
			case day:
				want = date
			case hour:
				want = clock
			}
		}
		require.Equal(t, want, styleOf(code), code)
	}
}

package xlsx

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStyleOfTellsDatesFromNumbersAndDurations(t *testing.T) {
	for code, want := range map[string]style{
		"General": number, "0.00": number, "#,##0": number, "0%": number, "0.00E+00": number, "@": number, `0" days"`: number, `#,##0 "h"`: number,
		"[Red]0.00": number, "[$-40C]#,##0": number, "[h]:mm": number, "[mm]:ss": number, "[s]": number, `\d0`: number, "": number, `"open`: number, "[open": number,
		"dd/mm/yyyy": date, "yyyy-mm-dd hh:mm": date, "mmm": date, "[$-40C]d mmmm yyyy;@": date, "m/d/yy h:mm": date, `yyyy"年"m"月"`: date, "mmm-yy": date, "DD.MM.YYYY": date,
		"hh:mm": clock, "h:mm:ss AM/PM": clock, "mm:ss.0": clock, "hh:mm:ss.000": clock, "yyyy-mm-dd hh:mm:ss.000": date,
	} {
		require.Equal(t, want, styleOf(code), "%q", code)
	}
	for id, want := range map[int]style{0: number, 2: number, 9: number, 14: date, 22: date, 18: clock, 21: clock, 45: clock, 46: number, 49: number, 164: number} {
		require.Equal(t, want, builtin(id), "%d", id)
	}
}

func TestAppendTimeReadsSerialNumbers(t *testing.T) {
	for _, c := range []struct {
		serial    string
		style     style
		epoch1904 bool
		want      string
	}{
		{"1", date, false, "1900-01-01T00:00:00"}, {"59", date, false, "1900-02-28T00:00:00"}, {"61", date, false, "1900-03-01T00:00:00"},
		{"45292", date, false, "2024-01-01T00:00:00"}, {"45292.041666666664", date, false, "2024-01-01T01:00:00"}, {"45292.999999999", date, false, "2024-01-02T00:00:00"},
		{"45292.5000115741", date, false, "2024-01-01T12:00:01"}, {"45292.00000578704", date, false, "2024-01-01T00:00:00.5"},
		{"0", date, true, "1904-01-01T00:00:00"}, {"43830", date, true, "2024-01-01T00:00:00"}, {"2958465", date, false, "9999-12-31T00:00:00"},
		{"0.25", clock, false, "06:00:00"}, {"0.9999999999", clock, false, ""}, {"45292.25", clock, false, "2024-01-01T06:00:00"},
		{"0", date, false, ""}, {"60", date, false, ""}, {"-1", date, false, ""}, {"2958466", date, false, ""}, {"x", date, false, ""}, {"NaN", date, false, ""}, {"1e300", date, false, ""},
	} {
		got, _, ok := appendTime(nil, []byte(c.serial), c.style, c.epoch1904)
		if c.want == "" {
			if ok {
				require.Equal(t, "1900-01-01T00:00:00", string(got), c.serial)
			}
			continue
		}
		require.True(t, ok, c.serial)
		require.Equal(t, c.want, string(got), c.serial)
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

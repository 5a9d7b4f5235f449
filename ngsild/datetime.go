package ngsild

import (
	"errors"
	"fmt"
	"strings"
)

// ValidDateTime says why text is not a DateTime of the API, or gives nil: a
// date and a time in UTC, 2006-01-02T15:04:05Z, seconds with at most nine
// decimals (CIM 009 v1.8 clause 4.6.3). It allocates only where it gives an error.
func ValidDateTime(text string) error {
	const form = "0000-00-00T00:00:00"
	if len(text) < len(form) {
		return errDateTimeForm
	}
	for i := 0; i < len(form); i++ {
		if form[i] == '0' && !isDigit(text[i]) || form[i] != '0' && text[i] != form[i] {
			return errDateTimeForm
		}
	}
	rest := text[len(form):]
	if rest != "" && (rest[0] == '.' || rest[0] == ',') {
		n := 1
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		if n == 1 || n > 10 {
			return errDateTimeForm
		}
		rest = rest[n:]
	}
	switch {
	case rest == "Z":
	case rest == "":
		return errors.New("it does not say that it is UTC; write a Z at its end")
	case (rest[0] == '+' || rest[0] == '-') && len(rest) >= 3 && isDigit(rest[1]):
		return fmt.Errorf("it has the offset %s; write the time in UTC, with Z", rest)
	default:
		return errDateTimeForm
	}
	year, month, day := number(text[0:4]), number(text[5:7]), number(text[8:10])
	switch {
	case month < 1 || month > 12:
		return fmt.Errorf("there is no month %s", text[5:7])
	case day < 1 || day > daysIn(year, month):
		return fmt.Errorf("there is no day %s in %s", text[8:10], text[0:7])
	case number(text[11:13]) > 23 || number(text[14:16]) > 59 || number(text[17:19]) > 59:
		return fmt.Errorf("there is no time %s", text[11:19])
	}
	return nil
}

// validDate says why text is not a Date of the API, 2006-01-02.
func validDate(text string) error {
	if len(text) != len("2006-01-02") {
		return errors.New("it is not written 2006-01-02")
	}
	return ValidDateTime(text + "T00:00:00Z")
}

// validTime says why text is not a Time of the API, 15:04:05Z.
func validTime(text string) error {
	if len(text) < len("15:04:05Z") {
		return errors.New("it is not written 15:04:05Z")
	}
	return ValidDateTime("2000-01-01T" + text)
}

var errDateTimeForm = errors.New("it is not written 2006-01-02T15:04:05Z")

func number(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// equalDateTime compares two DateTimes, "…05Z" and "…05.000Z" being the same.
func equalDateTime(a, b string) bool {
	if a == b {
		return true
	}
	aWhole, aFraction := splitFraction(a)
	bWhole, bFraction := splitFraction(b)
	return aWhole == bWhole && aFraction == bFraction
}

func splitFraction(text string) (whole, fraction string) {
	text, ok := strings.CutSuffix(text, "Z")
	i := strings.IndexAny(text, ".,")
	if !ok || i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimRight(text[i+1:], "0")
}

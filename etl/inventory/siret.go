package inventory

import (
	"strings"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// laPoste is the SIREN of the one company whose establishments' numbers do not
// follow the formula of Luhn: their digits add up to a multiple of 5.
const laPoste = "356000000"

// validSIRET reports whether 14 digits are a SIRET by its check digits.
func validSIRET(digits string) bool {
	if len(digits) != 14 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	plain, luhn := 0, 0
	for i, c := range digits {
		d := int(c - '0')
		plain += d
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		luhn += d
	}
	return luhn%10 == 0 || strings.HasPrefix(digits, laPoste) && plain%5 == 0
}

// checkSIRETs holds the SIRET of the organisation and of the producers against
// their check digits. One that lost its zero is reported, not mended.
func (inv *Inventory) checkSIRETs() []finding.Finding {
	var list []finding.Finding
	check := func(at finding.Location, text string) {
		digits := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ".", "", "-", "").Replace(text)
		if text == "" || validSIRET(digits) {
			return
		}
		f := finding.New(finding.InventorySIRET, at, "%q is not a SIRET: its check digit does not fit", text).WithHint("copy the 14 digits from the official register")
		switch {
		case strings.Trim(digits, "0123456789") != "":
			f.Message = "\"" + text + "\" is not a SIRET: it has more than digits"
		case len(digits) == 9:
			f.Message = "\"" + text + "\" is a SIREN, not a SIRET"
			f.Hint = "add the 5 digits of the establishment"
		case len(digits) == 13 && validSIRET("0"+digits), len(digits) == 12 && validSIRET("00"+digits):
			f.Message = "\"" + text + "\" is not a SIRET: it lost the zero in front, as a number does"
			f.Hint = "format the cell as text and write " + strings.Repeat("0", 14-len(digits)) + digits
		case len(digits) != 14:
			f.Message = "\"" + text + "\" is not a SIRET: it does not have 14 digits"
		}
		list = append(list, f)
	}
	check(inv.Project.At("siret"), inv.Project.SIRET)
	for i := range inv.Sources {
		check(inv.Sources[i].At("siret"), inv.Sources[i].SIRET)
	}
	return list
}

package inventory

import (
	"strings"

	"github.com/ldtkit/ldt/etl/profile"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// personalKindOf gives the code of the vocabulary personal-data that a source
// states, "" where it states none.
func (s *Source) personalKindOf() string {
	code, _, _ := strings.Cut(s.Personal, ";")
	return code
}

// checkPersonal holds what the GDPR asks for: personal data has a legal basis
// (article 6) and a time for which it is kept (article 5), it is not public where
// it tells directly who is meant, and it is declared.
func (inv *Inventory) checkPersonal() []finding.Finding {
	var list []finding.Finding
	for i := range inv.Sources {
		s := &inv.Sources[i]
		declared := s.personalKindOf()
		var personal []string
		direct := declared == "direct"
		for _, f := range inv.FieldsOf(s.ID) {
			seems, why := profile.LooksPersonal(f.Header, nil)
			if f.Personal == "yes" {
				personal = append(personal, f.Header)
				direct = direct || seems.Direct()
			} else if seems != "" && s.File == "" { // else its cells are looked at too
				list = append(list, f.looksPersonal(seems, why))
			}
		}
		if len(personal) > 0 && declared == "none" {
			list = append(list, finding.New(finding.InventoryLooksPersonal, s.At("personal"), "%s is declared to have no personal data, but the Fields sheet says that %s is personal", s.ID, strings.Join(personal, ", ")).
				WithHint("state indirect or direct identifiers, or correct the Fields sheet"))
		}
		if len(personal) == 0 && declared != "indirect" && declared != "direct" {
			continue
		}
		if s.Basis == "" {
			list = append(list, finding.New(finding.InventoryLegalBasis, s.At("basis"), "%s has personal data, and no legal basis is stated", s.ID).
				WithHint("state one of %s, as your data protection officer says", strings.Join(vocabularies["legal-basis"].Codes, ", ")))
		}
		if s.Retention == "" {
			list = append(list, finding.New(finding.InventoryRetention, s.At("retention"), "%s has personal data, and it is not stated how long it is kept", s.ID).
				WithHint("state the time after which it is deleted, such as 2 years"))
		}
		if direct && s.Rights == "PUBLIC" {
			list = append(list, finding.New(finding.InventoryPublicPersonal, s.At("rights"), "%s is public, and tells directly who is meant", s.ID).
				WithHint("take the names, e-mail addresses and numbers out, or set the access right to restricted or non-public"))
		}
	}
	return list
}

// looksPersonal warns of a column that is not declared as personal.
func (f *Field) looksPersonal(seems profile.Personal, why string) finding.Finding {
	return finding.New(finding.InventoryLooksPersonal, f.At("personal"), "the column %q looks like the %s (%s), but is declared not personal", f.Header, seems, why).
		WithHint("set Personal to yes, or say in Why that no person can be found out")
}

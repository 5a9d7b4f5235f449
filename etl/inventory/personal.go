package inventory

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Personal is why a column looks as if it spoke of persons.
type Personal struct {
	// Kind is what it seems to hold: "names", "e-mail addresses" …
	Kind string
	// Direct is true where a cell alone tells who is meant.
	Direct bool
	// Why names the word of the header, or the cells, that say so.
	Why string
}

// LooksPersonal tells from its header, and from some of its cells, whether a
// column seems to speak of persons: names, e-mail addresses, telephone numbers,
// dates of birth, residential addresses, identity and bank numbers, number
// plates, and the numbers of meters (PRM, PDL, PCE, EAN, CUPS, MPAN). It knows
// headers in English, French, German, Dutch, Spanish and Italian. A guess: only a
// person can decide.
func LooksPersonal(header string, samples []string) (Personal, bool) {
	tokens := headerTokens(header)
	name := " " + strings.Join(tokens, " ") + " "
	for _, k := range personalKinds {
		if slices.ContainsFunc(k.not, func(word string) bool { return strings.Contains(name, " "+word+" ") }) {
			continue
		}
		for _, word := range k.headers {
			if strings.Contains(name, " "+word+" ") {
				return Personal{k.kind, k.direct, fmt.Sprintf("the header says %q", word)}, true
			}
		}
	}
	for _, k := range personalKinds {
		if k.cell == nil {
			continue
		}
		filled, hits := 0, 0
		for _, text := range samples {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			filled++
			if k.cell(text) {
				hits++
			}
		}
		if filled >= minSamples && hits*2 > filled {
			return Personal{k.kind, k.direct, fmt.Sprintf("%d of %d cells look like it", hits, filled)}, true
		}
	}
	return Personal{}, false
}

// minSamples is how many cells say something about their column.
const minSamples = 3

// personalKind is what a column of persons may hold: the words of its header,
// folded; words beside which they mean something else; and the form of a cell.
type personalKind struct {
	kind    string
	direct  bool
	headers []string
	not     []string
	cell    func(text string) bool
}

var personalKinds = []personalKind{
	{kind: "e-mail addresses", direct: true,
		headers: []string{"email", "e mail", "mail", "mel", "courriel", "adresse mail", "adresse electronique", "correo", "correo electronico", "posta elettronica", "emailadres"},
		cell:    regexp.MustCompile(`(?i)^[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+$`).MatchString},
	{kind: "telephone numbers", direct: true,
		headers: []string{"tel", "telephone", "phone", "phone number", "telefon", "telefono", "telefoon", "portable", "gsm", "mobile phone", "fax"},
		cell:    regexp.MustCompile(`^(\+\d{1,3}[ .-]?(\(0\))?|0)[1-9]([ .-]?\d{2}){4}$|^\+\d{1,3}([ .-]?\d{2,4}){3,4}$`).MatchString},
	{kind: "identity numbers", direct: true,
		headers: []string{"nir", "numero de securite sociale", "numero securite sociale", "no securite sociale", "num secu", "securite sociale", "ssn", "social security number", "national id", "passport", "passeport", "carte d identite", "bsn", "dni", "nie", "codice fiscale", "steuer id", "personalausweis", "nino"},
		cell:    validNIR},
	{kind: "bank accounts", direct: true,
		headers: []string{"iban", "rib", "bank account", "compte bancaire", "kontonummer"},
		cell:    validIBAN},
	{kind: "number plates", direct: true,
		headers: []string{"immatriculation", "plaque d immatriculation", "licence plate", "license plate", "number plate", "kennzeichen", "kenteken", "matricula", "targa"},
		cell:    regexp.MustCompile(`^[A-Z]{2}-\d{3}-[A-Z]{2}$`).MatchString},
	{kind: "names", direct: true,
		headers: []string{"prenom", "prenoms", "nom de famille", "nom usuel", "nom d usage", "nom de naissance", "nom prenom", "nom et prenom", "nom client", "nom du client", "nom abonne", "nom de l abonne",
			"nom titulaire", "nom du titulaire", "titulaire", "nom locataire", "locataire", "nom occupant", "occupant", "nom proprietaire", "nom du proprietaire", "nom agent", "nom de l agent", "nom patient", "nom eleve", "nom usager", "nom contact", "nom du contact", "civilite",
			"first name", "firstname", "last name", "lastname", "surname", "given name", "family name", "full name", "fullname", "forename", "customer name", "owner name", "tenant name", "tenant", "account holder", "contact name",
			"vorname", "nachname", "familienname", "kundenname", "voornaam", "achternaam", "nombre y apellidos", "apellido", "apellidos", "cognome", "nome e cognome"},
		cell: regexp.MustCompile(`^(M|Mr|Mrs|Ms|Mme|Mlle|Herr|Frau|Sr|Sra|Sig|Dhr|Mevr)\.? \p{Lu}\pL+`).MatchString},
	{kind: "dates of birth", direct: false,
		headers: []string{"date de naissance", "naissance", "date naissance", "annee de naissance", "birth date", "birthdate", "date of birth", "dob", "birthday", "geburtsdatum", "geboortedatum", "fecha de nacimiento", "data di nascita"},
		not:     []string{"lieu", "taux", "nombre", "nb", "rate", "number"}},
	{kind: "meter numbers", direct: false,
		headers: []string{"prm", "pdl", "pce", "ean", "cups", "mpan", "mprn", "id compteur", "numero compteur", "numero de compteur", "no compteur", "num compteur", "meter id", "meter number", "meter serial", "metering point", "point de livraison", "numero point de livraison", "zahlernummer", "zaehlernummer", "zahlpunkt", "malo", "melo", "meterstand id", "meternummer", "contador"},
		not:     counts,
		cell:    regexp.MustCompile(`^(ES\d{16,18}[A-Z]{2}(\d[A-Z])?|GI\d{6}|54\d{16}|87\d{16}|DE\d{31})$`).MatchString},
	{kind: "addresses", direct: false,
		headers: []string{"adresse", "adresse postale", "adresse du logement", "adresse client", "address", "street address", "home address", "anschrift", "strasse", "hausnummer", "adres", "huisnummer", "direccion", "indirizzo", "numero rue", "numero et rue", "numero de voie", "num voie", "numero voie", "no voie"},
		not:     append([]string{"ip", "web", "url", "mac", "internet", "site"}, counts...)},
	{kind: "network addresses", direct: false,
		headers: []string{"adresse ip", "ip address", "ip adresse", "mac address", "adresse mac"}},
}

// counts are words beside which a header tells how many, not which.
var counts = []string{"nb", "nbr", "nombre", "number of", "count", "total", "somme", "sum", "anzahl", "aantal", "numero di", "nombre de"}

// headerTokens gives the words of a header, folded, with camelCase, snake_case and
// "PRM2023" taken apart.
func headerTokens(header string) []string {
	var b strings.Builder
	runes := []rune(header)
	for i, r := range runes {
		if i > 0 {
			last := runes[i-1]
			if unicode.IsUpper(r) && unicode.IsLower(last) || unicode.IsDigit(r) != unicode.IsDigit(last) && (unicode.IsLetter(r) || unicode.IsLetter(last)) {
				b.WriteByte(' ')
			}
		}
		b.WriteRune(r)
	}
	return strings.Fields(fold(b.String()))
}

// validNIR reports whether a text is a French social security number with its
// key: 97 less the remainder of the 13 digits by 97, where Corsica's 2A and 2B
// count as 19 and 18.
func validNIR(text string) bool {
	text = strings.NewReplacer(" ", "", "2A", "19", "2B", "18").Replace(strings.ToUpper(text))
	if len(text) != 15 || strings.Trim(text, "0123456789") != "" || !strings.ContainsRune("12378", rune(text[0])) {
		return false
	}
	return remainder(text[:13], 97)+remainder(text[13:], 100) == 97
}

// validIBAN reports whether a text is an IBAN by its check digits (ISO 13616).
func validIBAN(text string) bool {
	text = strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	if len(text) < 15 || len(text) > 34 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z' {
		return false
	}
	var digits strings.Builder
	for _, r := range text[4:] + text[:4] {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			fmt.Fprintf(&digits, "%d", r-'A'+10)
		default:
			return false
		}
	}
	return remainder(digits.String(), 97) == 1
}

// remainder gives what is left of a number of decimal digits divided by n.
func remainder(digits string, n int64) int64 {
	number, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return -1
	}
	return new(big.Int).Mod(number, big.NewInt(n)).Int64()
}

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
			seems, looks := LooksPersonal(f.Header, nil)
			if f.Personal == "yes" {
				personal = append(personal, f.Header)
				direct = direct || seems.Direct
			} else if looks {
				list = append(list, f.looksPersonal(seems))
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
func (f *Field) looksPersonal(seems Personal) finding.Finding {
	return finding.New(finding.InventoryLooksPersonal, f.At("personal"), "the column %q looks like %s, but is declared not personal: %s", f.Header, seems.Kind, seems.Why).
		WithHint("set Personal to yes, or say in Why that no person can be found out")
}

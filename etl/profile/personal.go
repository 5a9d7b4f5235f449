// Package profile owns what can be said of a table by looking at it: the type,
// unit, range and likely role of each column, and whether it holds personal data.
package profile

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Personal is a kind of data about a person that a column may hold. The General
// Data Protection Regulation (EU) 2016/679, article 4(1), counts an identifier
// by which a person can be found among it; a meter's number is one.
type Personal string

// The kinds of personal data.
const (
	PersonName  Personal = "name of a person"
	Email       Personal = "e-mail address"
	Phone       Personal = "telephone number"
	Birth       Personal = "date of birth"
	BankAccount Personal = "bank account"
	NationalID  Personal = "national identity number"
	MeterID     Personal = "meter id"
	Address     Personal = "residential address"
)

// Direct says that the kind identifies a person by itself.
func (p Personal) Direct() bool {
	switch p {
	case PersonName, Email, Phone, BankAccount, NationalID:
		return true
	}
	return false
}

// LooksPersonal says which kind of personal data a column seems to hold, by its
// header and some of its cells, and what speaks for it; "" where nothing does.
// Cells count more than a header: a column "contact" full of numbers is none.
func LooksPersonal(header string, samples []string) (kind Personal, why string) {
	for _, r := range cellRules {
		if n := matching(r.cell, samples); n > 0 && 2*n > len(samples) {
			if r.header == nil || r.header.MatchString(words(header)) {
				return r.kind, r.why
			}
		}
	}
	name := words(header)
	for _, r := range headerRules {
		if !r.header.MatchString(name) || r.not != nil && r.not.MatchString(name) {
			continue
		}
		if r.cell != nil && (len(samples) > 0 || r.bare) && (len(samples) == 0 || 2*matching(r.cell, samples) < len(samples)) {
			continue
		}
		return r.kind, "its header"
	}
	return "", ""
}

func matching(cell *regexp.Regexp, samples []string) int {
	n := 0
	for _, s := range samples {
		if cell.MatchString(strings.TrimSpace(s)) {
			n++
		}
	}
	return n
}

// cellRules find personal data in cells; header, where there is one, has to agree.
var cellRules = []struct {
	kind   Personal
	cell   *regexp.Regexp
	header *regexp.Regexp
	why    string
}{
	{Email, regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$`), nil, "cells are e-mail addresses"},
	// Spain: CUPS, 16 digits and two check letters; Italy: POD; Germany: MeLo and MaLo by header.
	{MeterID, regexp.MustCompile(`^ES\d{16}[A-Z]{2}(?:\d[A-Z])?$`), nil, "cells have the form of a CUPS number"},
	{MeterID, regexp.MustCompile(`^IT\d{3}E\d{8}\d?$`), nil, "cells have the form of a POD number"},
	{MeterID, regexp.MustCompile(`^DE\d{31}$|^DE[0-9A-Z]{31}$`), nil, "cells have the form of a German metering point"},
	{MeterID, regexp.MustCompile(`^(?:="?)?54\d{16}"?$|^87\d{16}$`), nil, "cells have the form of an EAN of a connection"},
	{MeterID, regexp.MustCompile(`^GI\d{6}$`), nil, "cells have the form of a PCE number"},
	{MeterID, regexp.MustCompile(`^\d{14}$`), regexp.MustCompile(`\b(?:prm|pdl|pce|point|compteur|meter|id)\b`), "cells have the form of a PRM or PCE number"},
	{MeterID, regexp.MustCompile(`^\d{13}$|^\d{21}$`), regexp.MustCompile(`\b(?:mpan|mprn|meter|id|supply)\b`), "cells have the form of an MPAN"},
	{BankAccount, regexp.MustCompile(`^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?$`), nil, "cells have the form of an IBAN"},
	{NationalID, regexp.MustCompile(`^[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d{2})?$`), regexp.MustCompile(`\b(?:nir|secu|securite|insee individu|assure)\b`), "cells have the form of a social security number"},
	{Phone, regexp.MustCompile(`^(?:\+|00)\d[\d .\-()/]{7,17}$|^0\d(?:[ .\-]?\d{2}){4}$`), nil, "cells are telephone numbers"},
}

// headerRules find personal data by the header; cell, where there is one, has
// to agree wherever there are cells. A bare header, such as "name", says nothing
// without them.
var headerRules = []struct {
	kind   Personal
	header *regexp.Regexp
	not    *regexp.Regexp
	cell   *regexp.Regexp
	bare   bool
}{
	{Email, regexp.MustCompile(`\b(?:e mail|email|mail|courriel|correo|posta elettronica)\b`), nil, regexp.MustCompile(`@`), false},
	{Phone, regexp.MustCompile(`\b(?:telephone|phone|tel|mobile|portable|gsm|telefon|telefono|telefoon|handy)\b`), nil, regexp.MustCompile(`\d.*\d.*\d.*\d.*\d.*\d`), false},
	{Birth, regexp.MustCompile(`\b(?:date (?:de )?naissance|naissance|birth ?date|date of birth|dob|geburtsdatum|geboortedatum|fecha (?:de )?nacimiento|data (?:di )?nascita)\b`), nil, nil, false},
	{BankAccount, regexp.MustCompile(`\b(?:iban|rib|bic iban|kontonummer|bank account)\b`), nil, nil, false},
	{NationalID, regexp.MustCompile(`\b(?:nir|numero (?:de )?secu(?:rite sociale)?|social security|ssn|dni|nif|codice fiscale|bsn|rijksregister\w*|passport|passeport)\b`), nil, nil, false},
	{PersonName, regexp.MustCompile(`\b(?:prenom|first ?name|last ?name|surname|given ?name|family ?name|vorname|nachname|familienname|voornaam|achternaam|apellidos?|cognome|titulaire|occupant|locataire|proprietaire|tenant|resident|householder|bewohner|inquilino|full ?name|account holder|customer name|nom (?:du )?client|nom usage|nom naissance|civilite)\b`), nil, regexp.MustCompile(`\pL`), false},
	{PersonName, regexp.MustCompile(`^(?:nom|name|nombre|nome|naam|contact|nom et prenom|nom prenom)$`), nil, regexp.MustCompile(`^(?:(?:M|Mr|Mrs|Ms|Mme|Mlle|Dr|Herr|Frau|Dhr|Mevr)\.? )?\p{Lu}[\pL'\-]+,? \p{Lu}[\pL'\-]+$`), true},
	{MeterID, regexp.MustCompile(`\b(?:prm|pdl|pce|ean|ean code|cups|mpan|mprn|pod|melo|malo|zahlpunkt\w*|zaehlpunkt\w*|zahlernummer|zaehlernummer|meternummer|meter (?:id|number|no|serial)|numero (?:de )?compteur|point (?:de )?livraison|matricule compteur|service point id)\b`), regexp.MustCompile(`\b(?:nombre|nb|nbr|number of|count|total|anzahl|aantal)\b`), regexp.MustCompile(`\d{5}`), false},
	{Address, regexp.MustCompile(`\b(?:adresse|address|direccion|indirizzo|adres|anschrift|numero (?:de )?voie|libelle (?:de )?voie|nom (?:de )?voie|rue|street|strasse|straat|wohnort)\b`), regexp.MustCompile(`\b(?:ip|mac|url|web|mail|e mail|email|commune|arrete)\b`), regexp.MustCompile(`\pL`), false},
}

// words gives a header as plain words: lower case, without accents, cut at
// punctuation and between "aB".
func words(header string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), header)
	if err != nil {
		plain = header
	}
	var b strings.Builder
	var before rune
	for _, r := range plain {
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
		before = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

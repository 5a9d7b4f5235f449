package profile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/etl/profile"
)

func TestLooksPersonalFindsWhatIdentifiesAPerson(t *testing.T) {
	for _, c := range []struct {
		header  string
		samples []string
		want    profile.Personal
	}{
		{"Prénom", []string{"Zoé", "Ali"}, profile.PersonName},
		{"Nom", []string{"Mme Curie", "Marie Curie"}, profile.PersonName},
		{"lastName", []string{"Curie"}, profile.PersonName},
		{"Courriel", nil, profile.Email},
		{"contact", []string{"a@example.org", "b@example.org"}, profile.Email},
		{"Téléphone", []string{"01 23 45 67 89"}, profile.Phone},
		{"phone", nil, profile.Phone},
		{"date de naissance", []string{"01/02/1990"}, profile.Birth},
		{"account", []string{"FR76 3000 6000 0112 3456 7890 189"}, profile.BankAccount},
		{"PRM", []string{"00000000000000"}, profile.MeterID},
		{"Identifiant PRM", []string{"12345678901234"}, profile.MeterID},
		{"EAN", []string{`="541448820000000001"`}, profile.MeterID},
		{"CUPS", []string{"ES0021000000000000XX"}, profile.MeterID},
		{"meter point", []string{"ES0021000000000000XX"}, profile.MeterID},
		{"Numéro de compteur", []string{"A123456"}, profile.MeterID},
		{"Adresse", []string{"12 RUE DE LA PAIX"}, profile.Address},
		{"street", []string{"Main Street"}, profile.Address},
		{"libelle_voie", []string{"DE LA PAIX"}, profile.Address},

		{"nom", nil, ""},
		{"Nombre de PDL", nil, ""},
		{"Prénom", nil, profile.PersonName},
		{"Nom Commune", []string{"Paris 1er Arrondissement"}, ""},
		{"Nom IRIS", []string{"Saint-Germain l'Auxerrois 1"}, ""},
		{"nom", []string{"Gymnase", "École"}, ""},
		{"name", []string{"Building 7"}, ""},
		{"Code IRIS", []string{"751010101"}, ""},
		{"Conso totale (MWh)", []string{"15182,28"}, ""},
		{"telecom", []string{"x"}, ""},
		{"adresse IP", []string{"127.0.0.1"}, ""},
		{"OPERATEUR", []string{"Enedis"}, ""},
		{"timestamp", []string{"20240101000000"}, ""},
		{"e-mail sent", []string{"yes", "no"}, ""},
	} {
		t.Run(c.header, func(t *testing.T) {
			kind, why := profile.LooksPersonal(c.header, c.samples)
			require.Equal(t, c.want, kind)
			require.Equal(t, c.want != "", why != "")
		})
	}
	require.True(t, profile.Email.Direct())
	require.False(t, profile.MeterID.Direct())
}

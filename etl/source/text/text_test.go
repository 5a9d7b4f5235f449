package text_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/ldtkit/ldt/etl/source/text"
)

const sentence = "Électricité;Nom Département;Île-de-France;façade;Köln;Straße;München;España;São Paulo;Coruña;où;être;naïf;Hôtel de ville\n"

func encode(t testing.TB, m *charmap.Charmap, s string) []byte {
	t.Helper()
	out, err := m.NewEncoder().Bytes([]byte(s))
	require.NoError(t, err)
	return out
}

func wide(order binary.AppendByteOrder, s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestDetectTellsTheEncodingOfWesternText(t *testing.T) {
	for want, data := range map[text.Encoding][]byte{
		text.UTF8:        []byte(sentence),
		text.Windows1252: encode(t, charmap.Windows1252, sentence),
		text.CP850:       encode(t, charmap.CodePage850, sentence),
		text.CP437:       encode(t, charmap.CodePage437, "Électricité;façade;Köln;Straße;München;España;ñandú;gebühr;25¢;½ ó\n"),
		text.ISO885915:   encode(t, charmap.ISO8859_15, "prix en €;cœur de ville;sœur;œuvre;été\n"),
		text.UTF16LE:     wide(binary.LittleEndian, sentence),
		text.UTF16BE:     wide(binary.BigEndian, sentence),
	} {
		g := text.Detect(data, true, true)
		require.Equal(t, want, g.Encoding, "%s: %+v", want, g)
		if want != text.CP437 { // a few signs tell it from CP850
			require.Zero(t, g.Second, "%s: %+v", want, g)
			require.GreaterOrEqual(t, g.Confidence, 0.7)
		}
		require.NotEmpty(t, g.Evidence)
	}
}

func TestDetectDecidesByOneWordAlone(t *testing.T) {
	for word, want := range map[string]text.Encoding{
		"Mill\x82sime": text.CP850, "Mill\xe9sime": text.Windows1252, "d\x82partement": text.CP850, "CAT\x90GORIE": text.CP850,
		"\xcele-de-France": text.Windows1252, "l\x92eau": text.Windows1252, "caf\xe9": text.Windows1252, "fa\x87ade": text.CP850,
		"20 \xb0C": text.Windows1252, "20 \xf8C": text.CP850, "100 \x80": text.Windows1252, "M\x81nchen": text.CP850, "m\xb2": text.Windows1252,
	} {
		g := text.Detect([]byte("a;"+word+";b\n"), true, true)
		require.Equal(t, want, g.Encoding, "%q: %+v", word, g)
	}
}

func TestDetectKnowsMarksAndASCII(t *testing.T) {
	g := text.Detect([]byte("\xef\xbb\xbfa;b"), true, true)
	require.Equal(t, text.UTF8, g.Encoding)
	require.True(t, g.Mark)
	g = text.Detect([]byte("\xff\xfea\x00"), true, true)
	require.Equal(t, text.UTF16LE, g.Encoding)
	g = text.Detect([]byte("\xfe\xff\x00a"), true, true)
	require.Equal(t, text.UTF16BE, g.Encoding)
	g = text.Detect([]byte("a;b"), true, true)
	require.Equal(t, text.UTF8, g.Encoding)
	require.Zero(t, text.Detect([]byte("a\x00\x01\x00\x00\x00bcdefgh"), true, true).Encoding, "binary")
}

func TestDetectIsNotMisledByCharactersCutAtTheEnds(t *testing.T) {
	data := []byte(strings.Repeat("é€", 20))
	for from := range 4 {
		for to := range 4 {
			g := text.Detect(data[from:len(data)-to], false, false)
			require.Equal(t, text.UTF8, g.Encoding, "%d %d", from, to)
		}
	}
	require.NotEqual(t, text.UTF8, text.Detect(data[:len(data)-1], true, true).Encoding, "the whole file is no UTF-8")
}

func TestDetectSaysWhereItIsUnsure(t *testing.T) {
	g := text.Detect([]byte("a;\xa4;\xd0\n"), true, true)
	require.NotZero(t, g.Second, "%+v", g)
}

func TestMojibakeFindsADeclaredEncodingThatMisreads(t *testing.T) {
	other, as, rather, ok := text.Mojibake([]byte("Département"), text.Windows1252, true, true)
	require.True(t, ok)
	require.Equal(t, text.UTF8, other)
	require.Equal(t, "DÃ©partement", as)
	require.Equal(t, "Département", rather)
	other, _, _, ok = text.Mojibake([]byte("D\x82partement"), text.Windows1252, true, true)
	require.True(t, ok)
	require.Equal(t, text.CP850, other)
	_, _, _, ok = text.Mojibake([]byte("D\xe9partement"), text.Windows1252, true, true)
	require.False(t, ok)
	_, _, _, ok = text.Mojibake([]byte("D\xe9partement"), text.ISO885915, true, true)
	require.False(t, ok, "both read the same")
}

func TestLookupKnowsAliases(t *testing.T) {
	for name, want := range map[string]text.Encoding{"UTF-8": text.UTF8, "utf_8": text.UTF8, "Windows-1252": text.Windows1252, "CP1252": text.Windows1252, "latin1": text.Windows1252,
		"ISO-8859-15": text.ISO885915, "ibm850": text.CP850, "cp437": text.CP437, "UTF-16": text.UTF16LE, "utf-16be": text.UTF16BE} {
		e, ok := text.Lookup(name)
		require.True(t, ok, name)
		require.Equal(t, want, e, name)
	}
	_, ok := text.Lookup("koi8-r")
	require.False(t, ok)
	for _, name := range text.Names() {
		e, ok := text.Lookup(name)
		require.True(t, ok)
		require.Equal(t, name, e.String())
	}
}

func TestNewReaderGivesUTF8(t *testing.T) {
	long := strings.Repeat(sentence, 3000)
	for name, c := range map[string]struct {
		e    text.Encoding
		data []byte
	}{
		"utf-8":           {text.UTF8, []byte(long)},
		"utf-8 with mark": {text.UTF8, []byte("\ufeff" + long)},
		"1252":            {text.Windows1252, encode(t, charmap.Windows1252, long)},
		"850":             {text.CP850, encode(t, charmap.CodePage850, long)},
		"utf-16le":        {text.UTF16LE, wide(binary.LittleEndian, "\ufeff"+long)},
		"utf-16be":        {text.UTF16BE, wide(binary.BigEndian, long)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(text.NewReader(bytes.NewReader(c.data), c.e))
			require.NoError(t, err)
			require.Equal(t, long, string(got))
			got, err = io.ReadAll(text.NewReader(iotest.OneByteReader(bytes.NewReader(c.data)), c.e))
			require.NoError(t, err)
			require.Equal(t, long, string(got))
		})
	}
}

func TestNewReaderReadsPairsBeyondTheBasicPlane(t *testing.T) {
	got, err := io.ReadAll(text.NewReader(iotest.HalfReader(bytes.NewReader(wide(binary.LittleEndian, "a😀b"))), text.UTF16LE))
	require.NoError(t, err)
	require.Equal(t, "a😀b", string(got))
}

func TestNewReaderLeavesBytesWithoutACharacterAsTheyAre(t *testing.T) {
	for _, c := range []struct {
		e    text.Encoding
		data string
	}{{text.Windows1252, "caf\xe9 \x81 x"}, {text.ISO885915, "\x85 x"}, {text.UTF8, "x\xff"}, {text.UTF16LE, "a\x00\x00\xd8b\x00"}, {text.UTF16LE, "a\x00b"}} {
		got, err := io.ReadAll(text.NewReader(strings.NewReader(c.data), c.e))
		require.NoError(t, err)
		require.False(t, utf8.Valid(got), "%q", got)
	}
}

func TestNewReaderHandsOnErrors(t *testing.T) {
	for _, e := range []text.Encoding{text.UTF8, text.Windows1252, text.UTF16LE} {
		in := io.MultiReader(strings.NewReader("abcdefgh"), iotest.ErrReader(io.ErrUnexpectedEOF))
		_, err := io.ReadAll(text.NewReader(in, e))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		got, err := io.ReadAll(text.NewReader(strings.NewReader(""), e))
		require.NoError(t, err)
		require.Empty(t, got)
	}
}

func TestFirstBadFindsTheFirstByteThatIsNoText(t *testing.T) {
	require.Equal(t, 4, text.FirstBad([]byte("a é\xe9"), text.UTF8, true))
	require.Equal(t, -1, text.FirstBad([]byte("a é\xc3"), text.UTF8, false), "it may go on")
	require.Equal(t, 4, text.FirstBad([]byte("a é\xc3"), text.UTF8, true))
	require.Equal(t, 1, text.FirstBad([]byte("a\x81"), text.Windows1252, true))
	require.Equal(t, -1, text.FirstBad([]byte("a\x82"), text.CP850, true))
}

// FuzzNewReader: every encoding ends on every input, and gives the same in one
// piece and byte by byte.
func FuzzNewReader(f *testing.F) {
	f.Add([]byte("caf\xe9"), byte(4))
	f.Add([]byte("a\x00\x3d\xd8\x00\xde"), byte(2))
	f.Add([]byte("\xef\xbb\xbfx"), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, e byte) {
		encoding := text.UTF8 + text.Encoding(e)%(text.CP437-text.UTF8+1)
		one, err := io.ReadAll(text.NewReader(bytes.NewReader(data), encoding))
		require.NoError(t, err)
		two, err := io.ReadAll(text.NewReader(iotest.OneByteReader(bytes.NewReader(data)), encoding))
		require.NoError(t, err)
		require.Equal(t, one, two)
		g := text.Detect(data, true, true)
		require.True(t, g.Confidence >= 0 && g.Confidence <= 1)
		text.Mojibake(data, encoding, true, true)
		text.FirstBad(data, encoding, true)
	})
}

// TestDetectReadsShortTextsRightOrSaysItIsUnsure holds that a file of a few words is
// never misread in silence, whichever of the encodings it has.
func TestDetectReadsShortTextsRightOrSaysItIsUnsure(t *testing.T) {
	for _, s := range []string{"Numéro;Rue\n1;Hôtel de Ville\n", "Énergie consommée (kWh)\n", "Größe;Straße;Höhe\n", "Año;Consumo eléctrico;Dirección\n", "Città;Perché;Età;consumò\n",
		"Código;Município;Média\n", "Coût;m²;n°\n", "Température (°C)\n25 °C", "Überschuss; ÜBERSICHT\n", "ADRESSE;N°;RÉGION;ÎLE-DE-FRANCE\n", "naïve;Noël;Citroën\n",
		"Købelev;Ærø;Århus;blå\n", "cœur;Œuvre;œil\n", "«Oui»;l’eau\n", "Ñuñoa; ¿qué?\n", "1\u00a0234,5;1\u00a0000\n", "prix (€);100 €\n"} {
		for e, m := range map[text.Encoding]*charmap.Charmap{text.Windows1252: charmap.Windows1252, text.ISO885915: charmap.ISO8859_15, text.CP850: charmap.CodePage850, text.CP437: charmap.CodePage437} {
			data, err := m.NewEncoder().Bytes([]byte(s))
			if err != nil {
				continue // it has not all of the letters
			}
			g := text.Detect(data, true, true)
			back, err := io.ReadAll(text.NewReader(bytes.NewReader(data), g.Encoding))
			require.NoError(t, err)
			if string(back) != s {
				require.NotZero(t, g.Second, "%q in %s was read as %q in %s, %.2f sure", s, e, back, g.Encoding, g.Confidence)
			}
		}
		for _, data := range [][]byte{[]byte(s), []byte("\ufeff" + s), wide(binary.LittleEndian, "\ufeff"+s), wide(binary.BigEndian, "\ufeff"+s), wide(binary.LittleEndian, s), wide(binary.BigEndian, s)} {
			g := text.Detect(data, true, true)
			require.GreaterOrEqual(t, g.Confidence, 0.9)
			back, err := io.ReadAll(text.NewReader(bytes.NewReader(data), g.Encoding))
			require.NoError(t, err)
			require.Equal(t, s, string(back))
		}
	}
}

package strictyaml

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/ngsild/finding"
)

type station struct {
	Name    string   `yaml:"name"`
	Nulls   []string `yaml:"nulls"`
	Header  *int     `yaml:"header"`
	Open    bool     `yaml:"open"`
	Network struct {
		URL string `yaml:"url"`
	} `yaml:"network"`
}

func read(text string) (station, []finding.Finding) {
	var s station
	d := New("s.yaml", "station")
	if root := d.Parse([]byte(text), "name"); root != nil {
		d.Structure(root, "a station", &s)
	}
	return s, d.Faults()
}

func TestStructureReadsWhatIsWritten(t *testing.T) {
	s, faults := read("name: 0123\nnulls: [NA, 0]\nheader: 2\nopen: true\nnetwork: {url: \"http://x\"}")
	require.Empty(t, faults)
	require.Equal(t, "0123", s.Name)
	require.Equal(t, []string{"NA", "0"}, s.Nulls)
	require.Equal(t, 2, *s.Header)
	require.True(t, s.Open)
	require.Equal(t, "http://x", s.Network.URL)
}

func TestStructureReportsEveryFaultWithItsPlace(t *testing.T) {
	_, faults := read("nom: é\nname: [a]\nheader: two\nopen: yes\nopen: true\nnetwork:\n  ulr: x\n")
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.Location.String()+" "+string(f.Code)+": "+f.Message+" ["+f.Hint+"]")
	}
	require.Equal(t, `s.yaml:1:1 yaml-unknown-key: a station has no key "nom" [its keys are name, nulls, header, open, network]
s.yaml:2:7 yaml-type: a station: name must be a text, not a list []
s.yaml:3:9 yaml-type: a station: header must be a whole number, not the text "two" []
s.yaml:4:7 yaml-type: a station: open must be true or false, not the text "yes" []
s.yaml:5:1 yaml-syntax: the key "open" of a station stands here a second time, first on line 4 [keep one of the two]
s.yaml:7:3 yaml-unknown-key: network has no key "ulr" [did you mean "url"?]`, strings.Join(lines, "\n"))
}

func TestParseRefusesWhatTheParserCannotBear(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("[", 100_000):        "brackets",
		strings.Repeat("- ", 100_000):       "lists are nested",
		strings.Repeat("#\n", maxBytes/2+1): "MB",
		"a: b\nc: \xff":                     "UTF-8",
		"":                                  "empty",
		"a: 1\n---\nb: 2":                   "second document",
		"a:\n\tb: 1":                        "indented with a tab",
		"a:\n  b: 1\n\tc: 2":                "indented with a tab",
		"\ta: 1":                            "indented with a tab",
		"a:\n- b: 1\n\tc: 2\nd: 1":          "indented with a tab",
		"PK\x03\x04\xff":                    "a workbook or a ZIP archive",
	} {
		_, faults := read(text)
		require.Len(t, faults, 1)
		require.Contains(t, faults[0].Message, want)
		require.NotEmpty(t, faults[0].Hint)
		require.Positive(t, faults[0].Location.Line)
		require.Positive(t, faults[0].Location.Char)
	}
}

func TestParseTakesAByteOrderMarkOff(t *testing.T) {
	s, faults := read("\ufeffname: Nord")
	require.Empty(t, faults)
	require.Equal(t, "Nord", s.Name)
}

func TestAWrongTextIsShownByItsBeginning(t *testing.T) {
	d := New("s.yaml", "station")
	d.Fields(d.Parse([]byte("code;nom\n"+strings.Repeat("1;Ville\n", 1000))), "a station")
	require.Len(t, d.Faults(), 1)
	require.Less(t, len(d.Faults()[0].Message), 200)
}

func TestFaultsSayOnceWhatAnAliasRepeats(t *testing.T) {
	d := New("s.yaml", "station")
	for _, f := range d.Fields(d.Parse([]byte("a: &x {b: 012}\nc: *x")), "a station") {
		d.JSON(f.Value, "a value")
	}
	require.Len(t, d.Faults(), 1)
}

func TestJSONStopsAtAnAliasOfItself(t *testing.T) {
	d := New("s.yaml", "station")
	d.JSON(d.Parse([]byte("a: &a [*a]")), "a value")
	require.Len(t, d.Faults(), 1)
	require.Contains(t, d.Faults()[0].Message, "nested too deep")
}

// FuzzDecoder: any text is read or has faults with places, and the JSON of what
// has none is valid.
func FuzzDecoder(f *testing.F) {
	f.Add("name: 0123\nnulls: [NA, 0]\nheader: 2")
	f.Add("a: &a [*a]")
	f.Add("? {a: b}\n: c")
	f.Add("a: |\n  b\nc: >-\n  d\n<<: {e: 1}")
	f.Add("[[{\"a\": !t 1.50e3}, .nan, 0x1F, null, ~]]")
	f.Fuzz(func(t *testing.T, text string) {
		_, faults := read(text)
		for _, fault := range faults {
			require.Positive(t, fault.Location.Line)
			require.NotEmpty(t, fault.Message)
		}
		d := New("s.yaml", "station")
		root := d.Parse([]byte(text))
		if root == nil {
			require.NotEmpty(t, d.Faults())
			return
		}
		if value := d.JSON(root, "a value"); d.Faults() == nil {
			require.True(t, json.Valid(value), "%s", value)
		}
	})
}

func TestStructureReadsMapsOfStructs(t *testing.T) {
	var s struct {
		Stations map[string]station `yaml:"stations"`
	}
	d := New("s.yaml", "station")
	d.Structure(d.Parse([]byte("stations:\n  a: {name: x}\n  b: {nam: y}\n  c:")), "a network", &s)
	require.Equal(t, "x", s.Stations["a"].Name)
	faults := d.Faults()
	require.Len(t, faults, 2)
	require.Equal(t, `s.yaml:3:7: b has no key "nam"`, faults[0].Location.String()+": "+faults[0].Message)
	require.Equal(t, `s.yaml:4:3: a network: stations: "c" has no value`, faults[1].Location.String()+": "+faults[1].Message)
}

package ldt_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt"
)

type service struct {
	Image     string   `yaml:"image"`
	Platform  string   `yaml:"platform"`
	Command   string   `yaml:"command"`
	Ports     []string `yaml:"ports"`
	Volumes   []string `yaml:"volumes"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck struct {
		Test        []string `yaml:"test"`
		Interval    string   `yaml:"interval"`
		Timeout     string   `yaml:"timeout"`
		Retries     int      `yaml:"retries"`
		StartPeriod string   `yaml:"start_period"`
	} `yaml:"healthcheck"`
}

type compose struct {
	Name     string             `yaml:"name"`
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	require.NoError(t, yaml.UnmarshalWithOptions(ldt.Compose, &c, yaml.Strict()))
	return c
}

func TestComposePinsItsImages(t *testing.T) {
	c := readCompose(t)
	require.Equal(t, "ldt", c.Name, "the project is the same from whichever folder it is started")
	require.Len(t, c.Services, 2)
	pinned := regexp.MustCompile(`^[a-z/-]+:\d+\.\d+\.\d+$`)
	for name, s := range c.Services {
		require.Regexp(t, pinned, s.Image, name)
	}
	require.Equal(t, "fiware/orion-ld:1.6.0", c.Services["orion"].Image)
	require.True(t, strings.HasPrefix(c.Services["mongo"].Image, "mongo:4.4."), "Orion-LD 1.6.0 is made for MongoDB 4.4")
}

func TestComposeListensOnThisMachineOnly(t *testing.T) {
	c := readCompose(t)
	require.Equal(t, []string{"127.0.0.1:1026:1026"}, c.Services["orion"].Ports)
	require.Empty(t, c.Services["mongo"].Ports, "the database is reached by Orion-LD alone")
	require.Contains(t, c.Services["orion"].Command, "-dbhost mongo")
}

func TestComposeChecksTheHealthOfEachService(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		require.NotEmpty(t, s.Healthcheck.Test, name)
		require.Equal(t, "CMD", s.Healthcheck.Test[0], name)
		require.Positive(t, s.Healthcheck.Retries, name)
		for _, text := range []string{s.Healthcheck.Interval, s.Healthcheck.Timeout, s.Healthcheck.StartPeriod} {
			d, err := time.ParseDuration(text)
			require.NoError(t, err, name)
			require.Positive(t, d, name)
		}
	}
	require.Contains(t, c.Services["orion"].Healthcheck.Test, "http://127.0.0.1:1026/version")
	require.Equal(t, "service_healthy", c.Services["orion"].DependsOn["mongo"].Condition)
}

func TestComposeKeepsTheDataInAVolume(t *testing.T) {
	c := readCompose(t)
	require.Equal(t, []string{"mongo-data:/data/db"}, c.Services["mongo"].Volumes)
	require.Contains(t, c.Volumes, "mongo-data")
}

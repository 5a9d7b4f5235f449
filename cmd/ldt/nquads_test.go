package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var blankNode = regexp.MustCompile(`(?m)(?:^|\s)(_:\S+)`)

func TestConvertToNQuadsSharesNoBlankNodeBetweenEntities(t *testing.T) {
	dir := t.TempDir()
	mapping := writeMeters(t, dir, 2)
	out := filepath.Join(dir, "meters.nq")
	code, _, stderr := runMain(t, "convert", "-m", mapping, "--to", "nquads", "-o", out)
	require.Zero(t, code, stderr)
	text, err := os.ReadFile(out)
	require.NoError(t, err)

	// An entity's attributes are blank nodes: whose are they?
	owner := map[string]string{}
	entities := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		subject, rest, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(subject, "<urn:ngsi-ld:Meter:") {
			continue
		}
		entities[subject] = true
		for _, label := range blankNode.FindAllStringSubmatch(rest, -1) {
			if other, taken := owner[label[1]]; taken {
				require.Equal(t, subject, other, "%s stands for attributes of two entities:\n%s", label[1], text)
			}
			owner[label[1]] = subject
		}
	}
	require.Len(t, entities, 2)
	require.Len(t, owner, 8, "four attributes each")
}

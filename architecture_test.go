package ldt_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/ldtkit/ldt"

// formats are the packages of the formats of a source, which only it reaches.
var formats = []string{"etl/source/csv/...", "etl/source/xlsx/...", "etl/source/json/...", "etl/source/shapefile/...", "etl/source/gpkg/...", "etl/source/parquet/..."}

// rooms says for each package, and those below it that have no room of their
// own, what it never imports of this module (with everything below, where it
// ends in /...), or the only things that it may import of the module and of
// modules outside the standard library.
var rooms = map[string]struct{ never, onlyModule, onlyOutside []string }{
	"ngsild/finding":           {onlyModule: []string{}, onlyOutside: []string{}},
	"ngsild/unit":              {onlyModule: []string{}, onlyOutside: []string{}},
	"ngsild":                   {onlyModule: []string{"ngsild/finding", "ngsild/unit"}, onlyOutside: []string{"github.com/go-json-experiment/json/jsontext"}},
	"ngsild/jsonld":            {never: []string{"etl/...", "models/..."}},
	"ngsild/query":             {never: []string{"etl/...", "models/...", "ngsild/broker/..."}},
	"ngsild/client":            {never: []string{"ngsild/broker/..."}},
	"ngsild/broker":            {never: []string{"etl/...", "ngsild/client/...", "models/..."}},
	"ngsild/broker/sqlite":     {never: []string{"etl/...", "ngsild/client/...", "models/..."}},
	"ngsild/broker/brokertest": {never: []string{"etl/...", "ngsild/broker", "ngsild/broker/sqlite", "models/..."}},
	"models":                   {never: []string{"etl/...", "ngsild/client/...", "ngsild/broker/..."}},
	"models/folder":            {never: []string{"etl/...", "ngsild/client/...", "ngsild/broker/..."}},
	"models/suggest":           {never: []string{"etl/...", "ngsild/client/...", "ngsild/broker/..."}},
	"models/validate":          {never: []string{"etl/...", "ngsild/client/...", "ngsild/broker/..."}},
	"etl/record":               {onlyModule: []string{"ngsild/finding"}},
	"etl/source":               {never: []string{"etl/mapping/...", "etl/inventory/...", "ngsild/client/..."}},
	"etl/source/address":       {onlyModule: []string{}, onlyOutside: []string{}},
	"etl/source/web":           {onlyModule: []string{"etl/source/address", "etl/source/format", "internal/redirect", "ngsild/finding"}},
	"etl/source/sftp":          {onlyModule: []string{"etl/source/address", "etl/source/format", "ngsild/finding"}},
	"etl/source/pages":         {onlyModule: []string{"etl/record", "etl/source/format", "etl/source/typed", "ngsild/finding"}},
	"etl/source/postgres":      {onlyModule: []string{"etl/record", "etl/source/format", "etl/source/typed", "ngsild/finding"}},
	"etl/source/sqlite":        {onlyModule: []string{"etl/record", "etl/source/format", "etl/source/typed", "ngsild/finding"}},
	"etl/source/tables":        {onlyModule: []string{"etl/record", "etl/source/format", "etl/source/typed", "etl/source/sqlite", "ngsild/finding"}},
	"etl/mapping":              {never: slices.Concat(formats, []string{"etl/sink/..."})},
	"etl/strictyaml":           {onlyModule: []string{"ngsild/finding"}},
	"etl/inventory":            {never: slices.Concat(formats, []string{"ngsild/client/..."})},
	"etl/propose":              {never: slices.Concat(formats, []string{"etl/inventory/...", "etl/sink/...", "ngsild/client/..."})},
	"etl/propose/gold":         {onlyModule: []string{"etl/profile", "etl/source", "etl/strictyaml", "ngsild/finding"}},
	"etl/profile":              {never: slices.Concat(formats, []string{"etl/inventory/...", "etl/sink/...", "ngsild/client/..."})},
	"etl/datamodel":            {never: slices.Concat(formats, []string{"etl/sink/...", "ngsild/client/...", "ngsild/broker/..."})},
	"etl/vocabulary":           {never: slices.Concat(formats, []string{"etl/sink/...", "ngsild/client/...", "ngsild/broker/..."})},
	"etl/sink":                 {never: []string{"ngsild/broker/..."}},
	"etl/verify":               {never: []string{"ngsild/broker/..."}},
	"etl/report":               {never: slices.Concat(formats, []string{"etl/sink/..."})},
	"etl":                      {never: []string{"ngsild/broker/..."}},
	"internal/redirect":        {onlyModule: []string{}, onlyOutside: []string{}},
	"internal/wholefile":       {onlyModule: []string{}, onlyOutside: []string{}},
}

// TestPackagesKeepToTheirRooms holds the package table: who may import whom.
func TestPackagesKeepToTheirRooms(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && name != "." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		pkg := filepath.ToSlash(filepath.Dir(name))
		seen[pkg] = true
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if fault := forbidden(pkg, imported); fault != "" {
				t.Errorf("%s imports %s: %s", name, imported, fault)
			}
		}
		return nil
	})
	require.NoError(t, err)
	for pkg := range rooms {
		require.True(t, seen[pkg], "the package table names %s, which is not there", pkg)
	}
}

func forbidden(pkg, imported string) string {
	inside, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case inside == "cmd/ldt":
		return "nothing imports the command"
	case strings.HasPrefix(imported, "github.com/piprate/json-gold") && pkg != "ngsild/jsonld":
		return "json-gold belongs to ngsild/jsonld"
	case strings.HasPrefix(imported, "github.com/jackc/pgx") && pkg != "etl/source/postgres":
		return "pgx belongs to etl/source/postgres"
	case (strings.HasPrefix(imported, "github.com/pkg/sftp") || strings.HasPrefix(imported, "golang.org/x/crypto/ssh")) && pkg != "etl/source/sftp":
		return "SSH belongs to etl/source/sftp"
	}
	room, ok := rooms[roomOf(pkg)]
	if !ok {
		return ""
	}
	switch {
	case ours && room.onlyModule != nil && !within(inside, room.onlyModule):
		return "this package reaches nothing of the module but what the table lists"
	case ours && within(inside, room.never):
		return "the package table forbids it"
	case !ours && room.onlyOutside != nil && strings.Contains(imported, ".") && !within(imported, room.onlyOutside):
		return "this package reaches only the standard library"
	}
	return ""
}

// roomOf gives the nearest package at or above pkg that the table names.
func roomOf(pkg string) string {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if _, ok := rooms[pkg]; ok {
			return pkg
		}
	}
	return pkg
}

func within(imported string, list []string) bool {
	for _, pattern := range list {
		root, below := strings.CutSuffix(pattern, "/...")
		if imported == root || below && strings.HasPrefix(imported, root+"/") {
			return true
		}
	}
	return false
}

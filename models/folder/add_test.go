package folder_test

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ldtkit/ldt/internal/shared"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/models/folder"
	"github.com/ldtkit/ldt/ngsild"
	"github.com/ldtkit/ldt/ngsild/finding"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

const (
	meterSchema  = `{"properties": {"type": {"enum": ["Meter"]}, "height": {"type": "number", "description": "Property. How high"}}}`
	meterContext = `{"@context": {"Meter": "https://example.org/Meter", "height": "https://example.org/height"}}`
)

// model writes the files of a model and the @context of its subject below dir, and gives
// the model's folder.
func model(t *testing.T, dir, subject, name, schema, ldctx string) string {
	t.Helper()
	own := filepath.Join(dir, subject, name)
	require.NoError(t, os.MkdirAll(own, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(own, folder.SchemaFile), []byte(schema), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, subject, folder.ContextFile), []byte(ldctx), 0o644))
	return own
}

// tree gives the files below a folder, by their paths.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(text)
		return err
	}))
	return files
}

func TestAddBringsAModelAndKnowsItTheSecondTime(t *testing.T) {
	from, to := model(t, t.TempDir(), "dataModel.Water", "Meter", meterSchema, meterContext), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, folder.YAMLFile), []byte("Meter: {properties: {height: {x-ngsi: {units: Meters}}}}"), 0o644))
	added, err := folder.Add(t.Context(), folder.AddOptions{From: from, Dir: to})
	require.NoError(t, err)
	require.Equal(t, "Water/Meter", added.Model)
	require.Equal(t, "data-models/Water/Meter", added.Folder)
	require.Empty(t, added.Changes)
	there := tree(t, to)
	require.Equal(t, []string{"data-models/Water/Meter/model.yaml", "data-models/Water/Meter/schema.json", "data-models/Water/context.jsonld", "models.lock"}, slices.Sorted(maps.Keys(there)))
	require.Equal(t, meterSchema, there["data-models/Water/Meter/schema.json"])

	own, err := folder.Subjects(t.Context(), to, nil)
	require.NoError(t, err)
	m, err := models.Builtin().With(own...).Find("Water/Meter")
	require.NoError(t, err)
	require.Equal(t, "https://example.org/Meter", m.TypeIRI())
	require.Equal(t, ngsild.Property, m.Attribute("https://example.org/height").Kind)
	require.Equal(t, []string{"MTR"}, m.Attribute("height").Units)

	again, err := folder.Add(t.Context(), folder.AddOptions{From: from, Dir: to})
	require.NoError(t, err)
	for _, f := range again.Files {
		require.Equal(t, folder.FileSame, f.State, f.Path)
	}
	require.Equal(t, there, tree(t, to))
}

func TestAddSaysWhatDiffersAndReplacesOnlyWhenTold(t *testing.T) {
	to := t.TempDir()
	_, err := folder.Add(t.Context(), folder.AddOptions{From: model(t, t.TempDir(), "Water", "Meter", meterSchema, meterContext), Dir: to})
	require.NoError(t, err)
	there := tree(t, to)
	newer := model(t, t.TempDir(), "Water", "Meter",
		`{"required": ["depth"], "properties": {"type": {"enum": ["Meter"]}, "depth": {"type": "integer", "description": "Property. How deep"}, "height": {"type": "string", "description": "Property. How high"}}}`,
		`{"@context": {"Meter": "https://example.org/Gauge", "height": "https://example.org/height", "depth": "https://example.org/depth"}}`)
	o := folder.AddOptions{From: newer, Dir: to}
	_, err = folder.Add(t.Context(), o)
	var different *folder.DifferentError
	require.ErrorAs(t, err, &different)
	require.Equal(t, []string{
		"the @context brings the term depth",
		`the term Meter: "https://example.org/Meter" there, "https://example.org/Gauge" now`,
		"brings the attribute depth",
		"the attribute height: Property number there, Property string now",
		"required: none there, depth now",
	}, different.Changes)
	require.Equal(t, there, tree(t, to), "nothing is written")

	o.Replace = true
	added, err := folder.Add(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, different.Changes, added.Changes)
	require.Contains(t, tree(t, to)["data-models/Water/Meter/schema.json"], "How deep")

	file := filepath.Join(to, "data-models/Water/Meter/schema.json")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(tree(t, newer)["schema.json"], "How deep", "How far down", 1)), 0o644))
	o.Replace = false
	_, err = folder.Add(t.Context(), o)
	require.ErrorAs(t, err, &different)
	require.Equal(t, []string{"data-models/Water/Meter/schema.json was edited here since it was added", "data-models/Water/Meter/schema.json has other texts"}, different.Changes)
}

func TestAddLetsNoModelLoseItsTerms(t *testing.T) {
	to, own := t.TempDir(), t.TempDir()
	_, err := folder.Add(t.Context(), folder.AddOptions{From: model(t, own, "Water", "Meter", meterSchema, meterContext), Dir: to})
	require.NoError(t, err)
	there := tree(t, to)
	valve := model(t, t.TempDir(), "Water", "Valve", `{"properties": {"open": {"type": "boolean", "description": "Property. Is it"}}}`,
		`{"@context": {"open": "https://example.org/open"}}`)
	for _, replace := range []bool{false, true} {
		_, err = folder.Add(t.Context(), folder.AddOptions{From: valve, Dir: to, Replace: replace})
		var refused *folder.RefusedError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "Water/Meter needs the @context that is there for the terms Meter, height")
		require.Equal(t, there, tree(t, to))
	}
	added, err := folder.Add(t.Context(), folder.AddOptions{From: valve, Dir: to, As: "Valves/Valve"})
	require.NoError(t, err)
	require.Equal(t, "Valves/Valve", added.Model)
}

func TestAddRefusesAModelWithErrors(t *testing.T) {
	for want, from := range map[string]string{
		"has no term in the @context":                            model(t, t.TempDir(), "Water", "Meter", meterSchema, `{"@context": {}}`),
		"there is no context.jsonld beside the schema":           write(t, meterSchema, ""),
		"this pattern cannot be checked: missing closing ): `(`": model(t, t.TempDir(), "Water", "Meter", strings.Replace(meterSchema, `"number"`, `"string", "pattern": "("`, 1), meterContext),
	} {
		to := t.TempDir()
		added, err := folder.Add(t.Context(), folder.AddOptions{From: from, Dir: to, As: "Water/Meter"})
		require.NoError(t, err)
		require.Equal(t, 1, finding.Errors(added.Findings))
		require.Contains(t, fmt.Sprint(added.Findings), want)
		require.Empty(t, tree(t, to))
	}
	_, err := folder.Add(t.Context(), folder.AddOptions{From: t.TempDir(), Dir: t.TempDir()})
	require.ErrorIs(t, err, fs.ErrNotExist)
	for as, want := range map[string]string{"Meter": `"Meter" is no name of a model`, "../x/Meter": "no name", "a/b/c": "no name"} {
		_, err := folder.Add(t.Context(), folder.AddOptions{From: model(t, t.TempDir(), "Water", "Meter", meterSchema, meterContext), Dir: t.TempDir(), As: as})
		require.ErrorContains(t, err, want)
	}
}

func TestAddTakesTheFilesThatTheSchemaRefersTo(t *testing.T) {
	from, to := model(t, t.TempDir(), "Water", "Meter", strings.Replace(meterSchema, `"type": "number"`, `"$ref": "units.json#/length"`, 1), meterContext), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, "units.json"), []byte(`{"length": {"type": "number", "minimum": 0}}`), 0o644))
	_, err := folder.Add(t.Context(), folder.AddOptions{From: from, Dir: to})
	require.NoError(t, err)
	s, err := folder.Read(t.Context(), filepath.Join(to, folder.Folder, "Water"), nil)
	require.NoError(t, err)
	require.Equal(t, ">=0", s.Models()[0].Attribute("height").Shape.Limits())
}

// serve gives a server of files, by their path, and counts the requests.
func serve(t *testing.T, files map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		text, ok := files[r.URL.Path]
		switch to, redirect := strings.CutPrefix(text, "→"); {
		case !ok:
			http.NotFound(w, r)
		case redirect:
			http.Redirect(w, r, to, http.StatusFound)
		default:
			_, _ = w.Write([]byte(text))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestAddFetchesAModelByItsURL(t *testing.T) {
	const subject = "/smart-data-models/dataModel.Water/master"
	url, asked := serve(t, map[string]string{
		subject + "/Meter/schema.json": meterSchema, subject + "/context.jsonld": meterContext, subject + "/Meter/model.yaml": "Meter: {properties: {height: {x-ngsi: {units: Meters}}}}",
	})
	for _, address := range []string{url + subject + "/Meter", url + subject + "/Meter/", url + subject + "/Meter/schema.json"} {
		to := t.TempDir()
		added, err := folder.Add(t.Context(), folder.AddOptions{From: address, Dir: to})
		require.NoError(t, err)
		require.Equal(t, "Water/Meter", added.Model)
		require.Equal(t, url+subject+"/Meter/schema.json", added.From)
		require.Equal(t, []string{"data-models/Water/Meter/model.yaml", "data-models/Water/Meter/schema.json", "data-models/Water/context.jsonld", "models.lock"}, slices.Sorted(maps.Keys(tree(t, to))))

		// The @context that it was fetched with is known by its URL.
		contexts, err := folder.Contexts(to)
		require.NoError(t, err)
		c, found, err := jsonld.NewResolver(jsonld.WithContexts(contexts)).Resolve(t.Context(), []byte(`"`+url+subject+`/context.jsonld"`))
		require.NoError(t, err)
		require.Empty(t, found)
		require.True(t, c.IsUserTerm("height"))
		require.NoError(t, os.WriteFile(filepath.Join(to, "data-models/Water/context.jsonld"), []byte(`{"@context": {}}`), 0o644))
		contexts, err = folder.Contexts(to)
		require.NoError(t, err)
		require.Empty(t, contexts, "an edited copy does not stand for what is published")
	}
	require.Equal(t, []string{subject + "/Meter/schema.json", subject + "/Meter/model.yaml", subject + "/Meter/context.jsonld", subject + "/context.jsonld"}, (*asked)[:4], "each once")
	require.Len(t, *asked, 12)
}

func TestAddSaysWhatAServerGivesInsteadOfAModel(t *testing.T) {
	url, _ := serve(t, map[string]string{
		"/page/schema.json":  "<!DOCTYPE html><html></html>",
		"/loop/schema.json":  "→/loop/schema.json",
		"/away/schema.json":  "→ftp://example.org/schema.json",
		"/large/schema.json": strings.Repeat(" ", 9<<20),
		"/text/schema.json":  "not found",
		"/moved/schema.json": "→/S/Meter/schema.json", "/S/Meter/schema.json": meterSchema, "/context.jsonld": meterContext,
		"/soft/Meter/schema.json": meterSchema, "/soft/Meter/context.jsonld": "<html>", "/soft/context.jsonld": meterContext,
	})
	add := func(path string) (*folder.Added, error) {
		return folder.Add(t.Context(), folder.AddOptions{From: url + path, Dir: t.TempDir(), As: "Water/Meter"})
	}
	for path, want := range map[string]string{
		"/nothing": "the server answered 404 Not Found",
		"/page":    "a web page (HTML) came, not the file",
		"/loop":    "it redirects in a circle, by way of ",
		"/away":    "it redirects to ftp://example.org/schema.json, which is not http(s)",
	} {
		_, err := add(path)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "fetch "+url+path+"/schema.json")
	}
	for path, want := range map[string]string{"/large": "the file has more than 8 MB", "/text": "this is not JSON"} {
		added, err := add(path)
		require.NoError(t, err)
		require.Contains(t, fmt.Sprint(added.Findings), want)
	}
	for _, path := range []string{"/moved", "/soft/Meter"} {
		added, err := add(path)
		require.NoError(t, err)
		require.Zero(t, finding.Errors(added.Findings), path)
	}
	_, err := folder.Add(t.Context(), folder.AddOptions{From: "http://127.0.0.1:1/Meter", Dir: t.TempDir()})
	require.ErrorContains(t, err, "fetch http://127.0.0.1:1/Meter/schema.json: dial tcp 127.0.0.1:1")
}

// TestAddFollowsNoMoreThanAFewFiles: a schema cannot have a server asked without end.
func TestAddFollowsNoMoreThanAFewFiles(t *testing.T) {
	var refs []string
	for i := range 500 {
		refs = append(refs, fmt.Sprintf(`"a%d": {"$ref": "f%d.json"}`, i, i))
	}
	url, asked := serve(t, map[string]string{"/S/Meter/schema.json": `{"properties": {` + strings.Join(refs, ",") + `}}`, "/S/context.jsonld": meterContext})
	added, err := folder.Add(t.Context(), folder.AddOptions{From: url + "/S/Meter", Dir: t.TempDir()})
	require.NoError(t, err)
	require.NotZero(t, finding.Errors(added.Findings))
	require.Len(t, *asked, 32)
}

// TestOfficialModelsCanBeAdded adds the models of three subjects, and finds the same
// attributes in the use case as are built in.
func TestOfficialModelsCanBeAdded(t *testing.T) {
	root, to := shared.Path(t, "smart-data-models"), t.TempDir()
	resolver := jsonld.NewResolver()
	count := 0
	for _, subject := range []string{"Weather", "Building", "Energy"} {
		folders, err := filepath.Glob(filepath.Join(root, subject, "*", folder.SchemaFile))
		require.NoError(t, err)
		for _, file := range folders {
			added, err := folder.Add(t.Context(), folder.AddOptions{From: filepath.Dir(file), Dir: to, Resolver: resolver})
			require.NoError(t, err)
			require.Zero(t, finding.Errors(added.Findings), added.Model)
		}
	}
	own, err := folder.Subjects(t.Context(), to, resolver)
	require.NoError(t, err)
	for _, s := range own {
		for _, m := range s.Models() {
			built, err := models.Builtin().Find(m.QualifiedName())
			require.NoError(t, err)
			require.Equal(t, built.Attributes, m.Attributes)
			count++
		}
	}
	require.Equal(t, 13, count)
}

package source_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source"
	"github.com/ldtkit/ldt/etl/source/ckan"
	"github.com/ldtkit/ldt/etl/source/opendatasoft"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// portal serves and counts what was asked. The user's own cache is another folder.
func portal(t *testing.T, h http.HandlerFunc) string {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func say(w http.ResponseWriter, status int, format string, args ...any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, format, args...)
}

func refusedAs(t *testing.T, err error, kind any, code finding.Code, text string) {
	t.Helper()
	var fault *source.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, kind, fault.Kind, "%v", err)
	require.Equal(t, code, fault.Finding.Code, "%v", err)
	require.Contains(t, fault.Finding.Message, text)
	require.NotEmpty(t, fault.Finding.Hint)
	require.NotContains(t, err.Error(), "s3cret")
}

func TestOpenByHTTP(t *testing.T) {
	base := portal(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/export":
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Disposition", `attachment; filename="conso.csv"`)
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			io.WriteString(w, "code;kWh\n01;12,5\n")
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!DOCTYPE html><html><body>Please log in</body></html>")
		case "/x.xlsx":
			io.WriteString(w, "code;kWh\n01;12,5\n")
		case "/empty.csv":
		}
	})
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "usecase.yaml"), []byte("name: x"), 0o600))
	spec := source.Spec{File: base + "/export?apikey=s3cret"}
	for _, evidence := range []string{"", "not changed since it was fetched last"} {
		c := readAll(t, dir, spec)
		require.Equal(t, [][]string{{"01", "12,5"}}, c.rows)
		require.Equal(t, ";", c.Dialect().Value("delimiter"))
		require.Equal(t, evidence, c.Dialect().Get("place").Evidence)
	}
	kept, err := filepath.Glob(filepath.Join(dir, ".ldt", "cache", "*.data"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, base+"/export?apikey=***", spec.Name())

	_, err = tryAll(dir, source.Spec{File: base + "/page?token=s3cret"})
	refusedAs(t, err, source.Unreadable, finding.SourceWrongFormat, "a web page (HTML)")
	_, err = tryAll(dir, source.Spec{File: base + "/x.xlsx"})
	refusedAs(t, err, source.Unreadable, finding.SourceWrongFormat, "expected an Excel workbook")
	_, err = tryAll(dir, source.Spec{File: base + "/empty.csv"})
	refusedAs(t, err, source.Unreadable, finding.SourceEmpty, "0 bytes")
}

func TestOpenRefusesAPlaceThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		spec source.Spec
		text string
	}{
		{source.Spec{}, "no file is named"},
		{source.Spec{File: "https://u:s3cret@h/x.csv"}, "there is a password in the URL"},
		{source.Spec{File: "sftp://u:s3/cret@h/x.csv"}, "there is a password in the URL"},
		{source.Spec{File: "https://u:s3cret%zz@h/x.csv"}, "there is a password in the URL"},
		{source.Spec{File: "ftp://u@h/x.csv"}, "sources by ftp:// cannot be read"},
		{source.Spec{File: "https:///x.csv"}, "names no server"},
		{source.Spec{File: "https://h/%zz?key=s3cret"}, "not a URL that can be read"},
		{source.Spec{File: "x.csv", CKAN: &ckan.Resource{}}, "in several places: file, ckan"},
		{source.Spec{CKAN: &ckan.Resource{URL: "https://h"}}, "names no resource"},
		{source.Spec{CKAN: &ckan.Resource{URL: "h", Resource: "r"}}, "not a URL of a portal"},
		{source.Spec{CKAN: &ckan.Resource{URL: "https://u:s3cret@h", Resource: "r"}}, "a password in url under ckan"},
		{source.Spec{Opendatasoft: &opendatasoft.Dataset{URL: "https://h"}}, "names no dataset"},
	} {
		_, err := tryAll("", c.spec)
		refusedAs(t, err, source.Config, finding.SourceSpec, c.text)
	}
}

// catalogue answers as a CKAN portal does (Action API, version 3).
func catalogue(t *testing.T, rows int) (base string, asked *[]string) {
	asked = &[]string{}
	base = portal(t, func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RequestURI())
		q := r.URL.Query()
		switch r.URL.Path {
		case "/api/3/action/resource_show":
			switch q.Get("id") {
			case "with-file":
				say(w, 200, `{"help":"…","success":true,"result":{"id":"with-file","format":"CSV","url_type":"upload","datastore_active":true,"url":"http://%s/dataset/d/resource/with-file/download/conso.csv"}}`, r.Host)
			case "rows-only":
				say(w, 200, `{"help":"…","success":true,"result":{"id":"rows-only","format":"","url_type":"datastore","datastore_active":true,"url":"http://%s/datastore/dump/rows-only"}}`, r.Host)
			case "nothing":
				say(w, 200, `{"help":"…","success":true,"result":{"id":"nothing","url":"","datastore_active":false}}`)
			case "private":
				say(w, 403, `{"help":"…","success":false,"error":{"__type":"Authorization Error","message":"Access denied: User not authorized"}}`)
			case "lost-file":
				say(w, 200, `{"success":true,"result":{"id":"lost-file","url":"http://%s/gone.csv"}}`, r.Host)
			default:
				say(w, 404, `{"help":"…","success":false,"error":{"__type":"Not Found Error","message":"Not found: Resource was not found."}}`)
			}
		case "/dataset/d/resource/with-file/download/conso.csv":
			io.WriteString(w, "code;kWh\n01;12,5\n")
		case "/api/3/action/datastore_search":
			offset, _ := strconv.Atoi(q.Get("offset"))
			limit, _ := strconv.Atoi(q.Get("limit"))
			limit = min(limit, 1000) // what this portal gives at most
			var records []string
			for i := offset; i < min(offset+limit, rows); i++ {
				records = append(records, fmt.Sprintf(`{"_id":%d,"code":"%05d","kWh":%d.50,"ok":true,"note":null,"tags":["a", "b"],"name":"\u00cele NA"}`, i+1, i, i))
			}
			say(w, 200, `{"help":"…","success":true,"result":{"resource_id":"rows-only","include_total":true,"fields":[{"id":"_id","type":"int"},{"id":"code","type":"text"},{"id":"kWh","type":"numeric"},{"id":"ok","type":"bool"},{"id":"note","type":"text"},{"id":"tags","type":"json"},{"id":"name","type":"text"}],"records":[%s],"total":%d,"limit":%d,"offset":%d}}`,
				strings.Join(records, ","), rows, limit, offset)
		default:
			w.WriteHeader(404)
			io.WriteString(w, "<html>not here</html>")
		}
	})
	return base, asked
}

func TestOpenACKANResourceByItsFile(t *testing.T) {
	base, _ := catalogue(t, 0)
	c := readAll(t, t.TempDir(), source.Spec{CKAN: &ckan.Resource{URL: base + "/", Resource: "with-file"}})
	require.Equal(t, [][]string{{"01", "12,5"}}, c.rows)
}

func TestOpenACKANResourceByItsRows(t *testing.T) {
	base, asked := catalogue(t, 2500)
	spec := source.Spec{CKAN: &ckan.Resource{URL: base, Resource: "rows-only"}, Nulls: []string{"Île NA"}}
	c := readAll(t, t.TempDir(), spec)
	require.Equal(t, []string{"code", "kWh", "ok", "note", "tags", "name"}, c.Header().Names)
	require.Len(t, c.rows, 2500)
	require.Equal(t, []string{"02499", "2499.50", "true", "", `["a","b"]`, "Île NA"}, c.rows[2499])
	require.Equal(t, []record.Kind{record.Text, record.Number, record.Boolean, record.Null, record.Text, record.Null}, c.kinds[0])
	require.Equal(t, 2500, c.lines[2499])
	require.Len(t, *asked, 1+1+3)

	base, _ = catalogue(t, 0)
	c = readAll(t, t.TempDir(), source.Spec{CKAN: &ckan.Resource{URL: base, Resource: "rows-only"}})
	require.Empty(t, c.rows)
	require.Equal(t, finding.SourceNoRows, c.Findings()[0].Code)
}

func TestOpenSaysWhyACKANResourceCannotBeRead(t *testing.T) {
	base, _ := catalogue(t, 0)
	for resource, want := range map[string]struct {
		code finding.Code
		text string
	}{
		"absent":    {finding.SourceAbsent, "no such resource"},
		"private":   {finding.SourceDenied, "does not give the resource to you"},
		"nothing":   {finding.SourceAbsent, "has no file, and no rows"},
		"lost-file": {finding.SourceAbsent, "no such file (404"},
	} {
		_, err := tryAll("", source.Spec{CKAN: &ckan.Resource{URL: base, Resource: resource}})
		refusedAs(t, err, source.Unreadable, want.code, want.text)
	}
	_, err := tryAll("", source.Spec{CKAN: &ckan.Resource{URL: base + "/dataset/x", Resource: "with-file"}})
	refusedAs(t, err, source.Unreadable, finding.SourceWrongFormat, "no CKAN portal")
}

// explore answers as an Opendatasoft portal does (Explore API, version 2.1).
func explore(t *testing.T, rows int, exports bool) string {
	return portal(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		rest, known := strings.CutPrefix(r.URL.Path, "/api/explore/v2.1/catalog/datasets/conso")
		switch {
		case !known:
			say(w, 404, `{"message":"The requested dataset does not exist.","error_code":"DatasetNotFound"}`)
		case q.Get("where") == "annee >":
			say(w, 400, `{"message":"ODSQL query is malformed: Unexpected token '<EOF>'","error_code":"ODSQLError"}`)
		case rest == "":
			say(w, 200, `{"dataset_id":"conso","has_records":true,"fields":[{"name":"code","label":"Code","type":"text"},{"name":"mwh","label":"MWh","type":"double"},{"name":"geo","type":"geo_point_2d"},{"name":"shape","type":"geo_shape"},{"name":"tags","type":"text","annotations":{"multivalued":[]}}]}`)
		case rest == "/exports/csv" && exports:
			if q.Get("delimiter") != ";" || q.Get("use_labels") != "false" {
				say(w, 400, `{"message":"unexpected question","error_code":"InvalidRESTParameterError"}`)
				return
			}
			io.WriteString(w, "\ufeffcode;mwh;geo;shape;tags\r\n")
			for i := range rows {
				fmt.Fprintf(w, "%05d;%d.5;48.85, 2.35;\"{\"\"coordinates\"\": [2.35, 48.85], \"\"type\"\": \"\"Point\"\"}\";\"a,b\"\r\n", i, i)
			}
		case rest == "/records":
			offset, _ := strconv.Atoi(q.Get("offset"))
			limit, _ := strconv.Atoi(q.Get("limit"))
			if limit > 100 || offset+limit > 10_000 {
				say(w, 400, `{"message":"Invalid value for limit API parameter","error_code":"InvalidRESTParameterError"}`)
				return
			}
			results := []string{}
			for i := offset; i < min(offset+limit, rows); i++ {
				results = append(results, fmt.Sprintf(`{"code":"%05d","mwh":%d.5,"geo":{"lon":2.35,"lat":48.85},"shape":{"type":"Feature","geometry":{"coordinates":[2.35,48.85],"type":"Point"},"properties":{}},"tags":["a","b"]}`, i, i))
			}
			say(w, 200, `{"total_count":%d,"results":[%s]}`, rows, strings.Join(results, ","))
		default:
			say(w, 404, `{"message":"not here","error_code":"NotFound"}`)
		}
	})
}

func TestOpenAnOpendatasoftDataset(t *testing.T) {
	for _, exports := range []bool{true, false} {
		base := explore(t, 250, exports)
		spec := source.Spec{Opendatasoft: &opendatasoft.Dataset{URL: base, Dataset: "conso", Where: "annee >= 2020"}}
		c := readAll(t, t.TempDir(), spec)
		require.Equal(t, []string{"code", "mwh", "geo", "shape", "tags"}, c.Header().Names)
		require.Len(t, c.rows, 250)
		var shape any
		require.NoError(t, json.Unmarshal([]byte(c.rows[249][3]), &shape))
		require.Equal(t, map[string]any{"type": "Point", "coordinates": []any{2.35, 48.85}}, shape)
		require.Equal(t, []string{"00249", "249.5", "48.85, 2.35"}, c.rows[249][:3])
		require.Equal(t, "a,b", c.rows[249][4])
		require.Equal(t, base+"/explore/dataset/conso/", spec.Name())
	}
}

func TestOpenSaysWhyAnOpendatasoftDatasetCannotBeRead(t *testing.T) {
	base := explore(t, 12_000, false)
	open := func(d opendatasoft.Dataset) error {
		_, err := tryAll("", source.Spec{Opendatasoft: &d})
		return err
	}
	refusedAs(t, open(opendatasoft.Dataset{URL: base, Dataset: "consomation"}), source.Unreadable, finding.SourceAbsent, "")
	refusedAs(t, open(opendatasoft.Dataset{URL: base, Dataset: "other"}), source.Unreadable, finding.SourceAbsent, `no dataset "other"`)
	refusedAs(t, open(opendatasoft.Dataset{URL: base, Dataset: "conso", Where: "annee >"}), source.Config, finding.SourceSpec, "ODSQL query is malformed")
	err := open(opendatasoft.Dataset{URL: base, Dataset: "conso"})
	refusedAs(t, err, source.Unreadable, finding.SourceAbsent, "")
	require.ErrorContains(t, err, "at most 10000 of its 12000 rows")
}

func TestOpenSeesThatPagesAreMissing(t *testing.T) {
	asked := 0
	base := portal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/3/action/resource_show" {
			say(w, 200, `{"success":true,"result":{"datastore_active":true,"url":"_datastore_only_resource"}}`)
			return
		}
		asked++
		total, records := 3, `{"a":1},{"a":2}`
		switch {
		case r.URL.Query().Get("limit") == "0":
			records = ""
		case r.URL.Query().Get("offset") != "0":
			total, records = 4, `{"a":3}`
		}
		say(w, 200, `{"success":true,"result":{"fields":[{"id":"a"}],"records":[%s],"total":%d}}`, records, total)
	})
	_, err := tryAll("", source.Spec{CKAN: &ckan.Resource{URL: base, Resource: "r"}})
	refusedAs(t, err, source.Unreadable, finding.SourceDamaged, "changed while it was read: it had 3 rows, and now 4")
	require.Equal(t, 3, asked)
}

func TestOpenAFileBySFTP(t *testing.T) {
	base := os.Getenv("LDT_TEST_SFTP")
	if base == "" {
		t.Skip("LDT_TEST_SFTP is not set: start a real sshd with .ci/services start DIR, and . DIR/env")
	}
	t.Setenv("LDT_SFTP_KEY", os.Getenv("LDT_TEST_SFTP_KEY"))
	t.Setenv("LDT_SFTP_KNOWN_HOSTS", os.Getenv("LDT_TEST_SFTP_KNOWN_HOSTS"))
	dir := write(t, "Conso é.csv", []byte("code;kWh\n01;12,5\n"))
	c := readAll(t, "", source.Spec{File: base + dir + "/" + url.PathEscape("Conso é.csv")})
	require.Equal(t, [][]string{{"01", "12,5"}}, c.rows)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty.csv"), nil, 0o600))
	_, err := tryAll("", source.Spec{File: base + dir + "/empty.csv"})
	refusedAs(t, err, source.Unreadable, finding.SourceEmpty, "0 bytes")
}

func TestOpenAQuery(t *testing.T) {
	dir := t.TempDir()
	conn, err := sqlite.OpenConn(filepath.Join(dir, "x.sqlite"), sqlite.OpenReadWrite, sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecuteScript(conn, "CREATE TABLE conso (code, kwh); INSERT INTO conso VALUES ('01', 0.1), ('01', 0.2)", nil))
	require.NoError(t, conn.Close())
	c := readAll(t, dir, source.Spec{Database: "x.sqlite", Query: "select code, sum(kwh) as kwh from conso group by code"})
	require.Equal(t, [][]string{{"01", "0.3"}}, c.rows)
	require.Equal(t, "sqlite", c.Dialect().Value("format"))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.csv"), []byte("a\n1\n"), 0o600))
	_, err = tryAll(dir, source.Spec{Database: "x.csv", Query: "select 1"})
	refusedAs(t, err, source.Unreadable, finding.SourceWrongFormat, "no SQLite database")
	_, err = tryAll(dir, source.Spec{Database: "y.sqlite", Query: "select 1"})
	refusedAs(t, err, source.Unreadable, finding.SourceAbsent, "no such file")
	for _, c := range []struct {
		spec source.Spec
		text string
	}{
		{source.Spec{Database: "x.sqlite"}, "no query"},
		{source.Spec{File: "x.csv", Query: "select 1"}, "no database"},
		{source.Spec{Database: "postgres://u:s3cret@h/d", Query: "select 1"}, "a password in the URL of the database"},
		{source.Spec{Database: "postgres://h/d?user=u&password=s3cret", Query: "select 1"}, "a password in the URL of the database"},
		{source.Spec{Database: "mysql://h/d", Query: "select 1"}, "databases by mysql:// cannot be read"},
		{source.Spec{Database: "x.sqlite", Query: "select 1", Delimiter: ";"}, "delimiter says nothing"},
	} {
		_, err := tryAll(dir, c.spec)
		refusedAs(t, err, source.Config, finding.SourceSpec, c.text)
	}
}

func TestOpenAQueryToARealPostgreSQL(t *testing.T) {
	database := os.Getenv("LDT_TEST_POSTGRES")
	if database == "" {
		t.Skip("LDT_TEST_POSTGRES is not set: start a real PostgreSQL with .ci/services start DIR, and . DIR/env")
	}
	t.Setenv("PGPASSWORD", os.Getenv("LDT_TEST_POSTGRES_PASSWORD"))
	spec := source.Spec{Database: database, Query: "select i::text as code, i * 0.1 as kwh from generate_series(1, 1000) i order by i"}
	c := readAll(t, "", spec)
	require.Len(t, c.rows, 1000)
	require.Equal(t, []string{"1000", "100.0"}, c.rows[999])
	require.Equal(t, record.Number, c.kinds[0][1])
	require.Equal(t, database, spec.Name())
	spec.Query = "select nothing"
	_, err := tryAll("", spec)
	refusedAs(t, err, source.Config, finding.SourceQuery, `column "nothing" does not exist`)
}

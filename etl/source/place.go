package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ldtkit/ldt/etl/record"
	"github.com/ldtkit/ldt/etl/source/address"
	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/opendatasoft"
	"github.com/ldtkit/ldt/etl/source/postgres"
	"github.com/ldtkit/ldt/etl/source/sftp"
	"github.com/ldtkit/ldt/etl/source/sqlite"
	"github.com/ldtkit/ldt/etl/source/tables"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/etl/source/web"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// Name is what a person calls the source: its path, or the address where it is,
// without any secret. It is the file of all findings.
func (s *Spec) Name() string {
	switch {
	case s.CKAN != nil:
		return address.Redact(s.CKAN.Address())
	case s.Opendatasoft != nil:
		return address.Redact(s.Opendatasoft.Page())
	case s.Database != "":
		return address.Redact(s.Database)
	case len(s.Tables) > 0:
		return "query over " + strings.Join(s.tableNames(), ", ")
	}
	return address.Redact(s.File)
}

// At gives the same spec with another place: a path or a URL. What is declared
// of the dialect stays.
func (s Spec) At(file string) Spec {
	s.File, s.CKAN, s.Opendatasoft, s.Database, s.Query, s.Tables, s.SQL = file, nil, nil, "", "", nil, ""
	return s
}

// places are the keys that say where a source is. One of them is written.
func (s *Spec) places() []string {
	var list []string
	for _, place := range []struct {
		key string
		set bool
	}{{"file", s.File != ""}, {"ckan", s.CKAN != nil}, {"opendatasoft", s.Opendatasoft != nil}, {"database", s.Database != ""}, {"tables", s.Tables != nil}} {
		if place.set {
			list = append(list, place.key)
		}
	}
	return list
}

// checkPlace sees that the spec names one place, and one that there can be.
func (s *Spec) checkPlace(refuse func(message, hint string) error) error {
	const noPassword = "take the password out; it is read from the environment variable "
	places := s.places()
	portal, key := "", ""
	switch {
	case s.Query != "" && s.Database == "":
		return refuse("there is a query, and no database", "set database under source: postgres://user@host/database, or the path of an SQLite file")
	case s.SQL != "" && s.Tables == nil:
		return refuse("there is sql, and no tables", "name the sources that it reads: tables: {conso: {file: data/conso.csv}}; a database is asked by query")
	case len(places) == 0:
		return refuse("no file is named", "set file under source")
	case len(places) > 1:
		return refuse("the source is said to be in several places: "+strings.Join(places, ", "), "keep one of them")
	case s.CKAN != nil:
		portal, key = s.CKAN.URL, "ckan"
		if s.CKAN.Resource == "" {
			return refuse("ckan names no resource", "ckan: {url: https://portal, resource: ID}; the ID is the last part of the resource's address")
		}
	case s.Opendatasoft != nil:
		portal, key = s.Opendatasoft.URL, "opendatasoft"
		if s.Opendatasoft.Dataset == "" {
			return refuse("opendatasoft names no dataset", "opendatasoft: {url: https://portal, dataset: NAME}; the NAME is in the dataset's address: …/explore/dataset/NAME")
		}
	}
	switch {
	case s.Tables != nil:
		return s.checkTables(refuse)
	case s.Database != "":
		return s.checkDatabase(refuse)
	}
	if key != "" {
		scheme := address.Scheme(portal)
		switch {
		case scheme != "http" && scheme != "https":
			return refuse(fmt.Sprintf("url under %s is not a URL of a portal", key), key+": {url: https://portal, …}")
		case address.HasPassword(portal):
			return refuse("there is a password in url under "+key, noPassword+web.PasswordVariable)
		}
		return nil
	}
	switch scheme := address.Scheme(s.File); {
	case scheme == "":
		return nil
	case scheme != "http" && scheme != "https" && scheme != "sftp":
		hint := "a file is a path, or a URL that starts with https://, http:// or sftp://"
		return refuse("sources by "+scheme+":// cannot be read", hint)
	case address.HasPassword(s.File):
		return refuse("there is a password in the URL of the source", noPassword+map[bool]string{true: sftp.PasswordVariable, false: web.PasswordVariable}[scheme == "sftp"])
	}
	if _, err := address.Parse(s.File); err != nil {
		return refuse(err.Error(), "copy it from the browser once more")
	}
	return nil
}

// checkDatabase sees that a query is declared, and nothing that speaks of a file.
func (s *Spec) checkDatabase(refuse func(message, hint string) error) error {
	if strings.TrimSpace(s.Query) == "" {
		return refuse("there is a database, and no query", `set query under source: query: "select * from …"`)
	}
	switch scheme := address.Scheme(s.Database); {
	case address.HasPassword(s.Database):
		return refuse("there is a password in the URL of the database", "take the password out; it is read from the environment variable "+postgres.PasswordVariable)
	case scheme != "" && scheme != "postgres" && scheme != "postgresql":
		return refuse("databases by "+scheme+":// cannot be read", "database is postgres://user@host/database, or the path of an SQLite file")
	}
	return s.checkTyped(refuse)
}

// tableNames gives the names of the tables in alphabetical order.
func (s *Spec) tableNames() []string { return slices.Sorted(maps.Keys(s.Tables)) }

// checkTables sees that there are tables that SQLite can have, and a query.
func (s *Spec) checkTables(refuse func(message, hint string) error) error {
	const example = "tables: {conso: {file: data/conso.csv}, naf: {file: data/naf.csv}}"
	names := s.tableNames()
	switch {
	case len(names) == 0:
		return refuse("tables names no source", example)
	case strings.TrimSpace(s.SQL) == "":
		return refuse("there are tables, and no sql", `set sql under source: sql: "select … from `+names[0]+`"`)
	}
	for i, name := range names {
		lower := strings.ToLower(name)
		switch {
		case name == "" || strings.HasPrefix(lower, "sqlite_") || strings.ContainsRune(name, 0):
			return refuse(fmt.Sprintf("a table cannot be called %q", name), example)
		case slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }):
			return refuse(fmt.Sprintf("two tables are called %s: SQL does not mind upper and lower case", name), "give one of them another name")
		}
	}
	return s.checkTyped(refuse)
}

// named gives the sources of the tables.
func (s *Spec) named(baseDir string) []tables.Named {
	var list []tables.Named
	for _, name := range s.tableNames() {
		spec := s.Tables[name]
		spec.TempDir = s.TempDir
		list = append(list, tables.Named{Name: name, Open: func(ctx context.Context) (tables.Source, error) {
			src, err := Open(ctx, baseDir, spec)
			var fault *Error
			if errors.As(err, &fault) && fault.Finding.Location.File == "" { // it has no place of its own
				fault.Finding.Location.File = "table " + name
			}
			return src, err
		}})
	}
	return list
}

// checkTyped refuses what speaks of how a file is written, where there is none.
func (s *Spec) checkTyped(refuse func(message, hint string) error) error {
	for _, c := range []struct {
		key string
		set bool
	}{{"format", s.Format != ""}, {"sheet", s.Sheet != ""}, {"encoding", s.Encoding != ""}, {"delimiter", s.Delimiter != ""}, {"quote", s.Quote != ""},
		{"header", s.Header != ""}, {"columns", s.Columns != nil}, {"entry", s.Entry != ""}, {"layer", s.Layer != ""}, {"path", s.Path != ""}, {"sample", s.Sample != 0}, {"crs", s.CRS != ""}, {"table", s.Table != ""}, {"footer", s.Footer != nil}} {
		if c.set {
			return refuse(c.key+" says nothing of the rows of a query", "leave "+c.key+" out")
		}
	}
	return nil
}

// local is what a place becomes before its format is looked at: a file on this
// machine, or the reader of a table that lies in no file.
type local struct {
	file *os.File
	path string
	// name is what the file is called where it comes from: its ending is what it
	// promises to be.
	name string
	// reader is not nil where there is no file.
	reader   reader
	dialect  Dialect
	close    func() error
	declared Spec // with what the place says of the dialect
}

// Close closes what is open, and removes what was brought for this reading alone.
func (l *local) Close() error {
	if l.close == nil {
		return nil
	}
	return l.close()
}

// keyPlace is the property of a dialect that says where a file came from.
const keyPlace = "place"

// bring makes the source local. The error is an *Error, or that of ctx.
func (s Spec) bring(ctx context.Context, baseDir string, origin record.Origin) (*local, error) {
	fetcher := &web.Fetcher{Cache: cacheFolder(baseDir)}
	o := typed.Options{Origin: origin, Decimal: s.Decimal, Thousands: s.Thousands, Nulls: s.Nulls}
	switch scheme := address.Scheme(s.File); {
	case s.Tables != nil:
		rows, err := tables.Open(ctx, s.TempDir, s.named(baseDir), s.SQL, o)
		if err != nil {
			return nil, err
		}
		return &local{reader: rows, close: rows.Close}, nil
	case s.Database != "" && address.IsURL(s.Database):
		rows, err := postgres.Open(ctx, s.Database, s.Query, o)
		if err != nil {
			return nil, err
		}
		return &local{reader: rows, close: rows.Close}, nil
	case s.Database != "":
		return openSQLite(ctx, within(baseDir, s.Database), s.Query, o)
	case s.CKAN != nil:
		link, err := s.CKAN.File(ctx, fetcher, origin.File)
		if err != nil {
			return nil, err
		}
		if link == "" {
			rows, err := s.CKAN.Rows(ctx, fetcher, o)
			return &local{reader: rows}, err
		}
		file, err := fetcher.Get(ctx, link, address.Redact(link))
		return fetched(s, file, err)
	case s.Opendatasoft != nil:
		file, ok, err := s.Opendatasoft.File(ctx, fetcher, origin.File)
		if err == nil && !ok {
			rows, err := s.Opendatasoft.Rows(ctx, fetcher, o)
			return &local{reader: rows}, err
		}
		s.Format, s.Encoding, s.Header = cmp.Or(s.Format, "csv"), cmp.Or(s.Encoding, "utf-8"), cmp.Or(s.Header, "1")
		s.Delimiter, s.Decimal = cmp.Or(s.Delimiter, opendatasoft.Delimiter), cmp.Or(s.Decimal, ".")
		return fetched(s, file, err)
	case scheme == "http" || scheme == "https":
		file, err := fetcher.Get(ctx, s.File, origin.File)
		return fetched(s, file, err)
	case scheme == "sftp":
		file, err := sftp.Get(ctx, s.File, origin.File, sftp.Limits{Bytes: web.MaxFile})
		if err != nil {
			return nil, err
		}
		if err := refuseEmpty(file.File, origin); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return &local{file: file.File, path: file.File.Name(), name: file.Name, close: file.Close, declared: s,
			dialect: Dialect{{Key: keyPlace, Value: "sftp", How: format.Declared, Confidence: 1}}}, nil
	}
	path := within(baseDir, s.File)
	file, err := openFile(path, origin)
	if err != nil {
		return nil, err
	}
	return &local{file: file, path: path, name: s.File, close: file.Close, declared: s}, nil
}

// within gives a path that is relative to baseDir.
func within(baseDir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(baseDir, path)
}

// openSQLite runs a query over an SQLite file, which it tells from another.
func openSQLite(ctx context.Context, path, query string, o typed.Options) (*local, error) {
	file, err := openFile(path, o.Origin)
	if err != nil {
		return nil, err
	}
	magic := make([]byte, 16)
	_, err = io.ReadFull(file, magic)
	if err := file.Close(); err != nil {
		return nil, damaged(o.Origin, err)
	}
	if err != nil || string(magic) != "SQLite format 3\x00" {
		f := finding.New(finding.SourceWrongFormat, o.Origin.At(0, ""), "this is no SQLite database").WithHint("a table in a file of another kind is named by file, not by database")
		return nil, format.Refuse(f, nil)
	}
	rows, err := sqlite.Open(ctx, path, query, o)
	if err != nil {
		return nil, err
	}
	return &local{reader: rows, close: rows.Close}, nil
}

// fetched is the result of a fetch by http.
func fetched(s Spec, file *web.File, err error) (*local, error) {
	if err != nil {
		return nil, err
	}
	if err := refuseEmpty(file.File, record.Origin{File: s.Name()}); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	place := Property{Key: keyPlace, Value: "http", How: format.Declared, Confidence: 1}
	if file.Cached {
		place.Evidence = "not changed since it was fetched last"
	}
	return &local{file: file.File, path: file.File.Name(), name: file.Name, close: file.Close, dialect: Dialect{place}, declared: s}, nil
}

func refuseEmpty(file *os.File, origin record.Origin) error {
	info, err := file.Stat()
	if err != nil {
		return damaged(origin, err)
	}
	if info.Size() == 0 {
		return format.Refuse(finding.New(finding.SourceEmpty, origin.At(0, ""), "the file is empty (0 bytes)").WithHint("look at the link in a browser, and ask the producer"), nil)
	}
	return nil
}

// cacheFolder is where files lie that came by http: in the state of the use case
// that baseDir is, else in the user's own cache.
func cacheFolder(baseDir string) string {
	if _, err := os.Stat(filepath.Join(baseDir, "usecase.yaml")); err == nil {
		return filepath.Join(baseDir, ".ldt", "cache")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "ldt", "sources")
}

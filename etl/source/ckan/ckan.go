// Package ckan owns the reading of a resource of a CKAN portal by its Action API
// (version 3): its file where it has one, else the rows of its DataStore.
package ckan

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ldtkit/ldt/etl/source/format"
	"github.com/ldtkit/ldt/etl/source/pages"
	"github.com/ldtkit/ldt/etl/source/typed"
	"github.com/ldtkit/ldt/etl/source/web"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// pageSize is below what a portal gives at once (ckan.datastore.search.rows_max,
// 32 000 where nothing else is set).
const pageSize = 10_000

// Resource names a resource: the portal, and the id in the resource's address.
type Resource struct {
	URL      string `yaml:"url"`
	Resource string `yaml:"resource"`
}

// Address is that of what the portal says of the resource.
func (r *Resource) Address() string {
	return r.action("resource_show") + "?id=" + url.QueryEscape(r.Resource)
}

func (r *Resource) action(name string) string {
	return strings.TrimSuffix(r.URL, "/") + "/api/3/action/" + name
}

// answer is how each answer of the API is wrapped.
type answer[T any] struct {
	Success bool `json:"success"`
	Result  T    `json:"result"`
	Error   struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	} `json:"error"`
}

// ask asks an action. name is what findings call the resource.
func ask[T any](ctx context.Context, f *web.Fetcher, address, name string) (T, error) {
	var a answer[T]
	at := finding.Location{File: name}
	status, body, err := f.Answers(ctx, address, name)
	if err != nil {
		return a.Result, err
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a.Result, format.Refuse(finding.New(finding.SourceWrongFormat, at, "this is no CKAN portal: it answered %d, and not in JSON", status).
			WithHint("set url under ckan to the portal's own address, without /dataset/…"), err)
	}
	switch {
	case a.Success:
		return a.Result, nil
	case status == http.StatusNotFound || strings.HasPrefix(a.Error.Type, "Not Found"):
		return a.Result, format.Refuse(finding.New(finding.SourceAbsent, at, "the portal has no such resource").
			WithHint("take the id from the address of the resource: …/resource/ID"), nil)
	case status == http.StatusForbidden || status == http.StatusUnauthorized || strings.HasPrefix(a.Error.Type, "Authorization"):
		return a.Result, format.Refuse(finding.New(finding.SourceDenied, at, "the portal does not give the resource to you").
			WithHint("ask its producer to publish it"), nil)
	}
	said := a.Error.Message
	if said == "" {
		said = http.StatusText(status)
	}
	return a.Result, format.Refuse(finding.New(finding.SourceUnreachable, at, "the portal answered %d: %s", status, said).
		WithHint("try again later; where it stays, tell who runs the portal"), nil)
}

// File gives the URL of the resource's file, or "" where its rows are in the
// DataStore alone. The error is a *format.Error, or that of ctx.
func (r *Resource) File(ctx context.Context, f *web.Fetcher, name string) (string, error) {
	shown, err := ask[struct {
		URL       string `json:"url"`
		URLType   string `json:"url_type"`
		DataStore bool   `json:"datastore_active"`
	}](ctx, f, r.Address(), name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(shown.URL)
	web := err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
	switch {
	case web && shown.URLType != "datastore":
		return shown.URL, nil
	case shown.DataStore:
		return "", nil
	}
	return "", format.Refuse(finding.New(finding.SourceAbsent, finding.Location{File: name}, "the resource has no file, and no rows in the DataStore").
		WithHint("look at the resource in the portal; it may be a link to another site"), nil)
}

// Rows reads the DataStore. The error is a *format.Error, or that of ctx.
func (r *Resource) Rows(ctx context.Context, f *web.Fetcher, o typed.Options) (*pages.Reader, error) {
	type result struct {
		Fields []struct {
			ID string `json:"id"`
		} `json:"fields"`
		Records []jsontext.Value `json:"records"`
		Total   int              `json:"total"`
	}
	search := func(ctx context.Context, offset, limit int) (result, error) {
		q := url.Values{"resource_id": {r.Resource}, "limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(offset)}, "sort": {"_id"}}
		return ask[result](ctx, f, r.action("datastore_search")+"?"+q.Encode(), o.Origin.File)
	}
	head, err := search(ctx, 0, 0)
	if err != nil {
		return nil, err
	}
	var columns []string
	for _, field := range head.Fields {
		if field.ID != "_id" { // the row's number in the DataStore
			columns = append(columns, field.ID)
		}
	}
	return pages.New("CKAN DataStore", columns, o, func(ctx context.Context, offset int) (pages.Page, error) {
		got, err := search(ctx, offset, pageSize)
		return pages.Page{Total: got.Total, Rows: got.Records}, err
	})
}

// Package opendatasoft owns the reading of a dataset of an Opendatasoft portal by
// its Explore API (version 2.1): the export as CSV, which has all rows, else the
// records page by page.
package opendatasoft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// Delimiter is that of the export.
const Delimiter = ";"

// Limits of the records: rows at once, and rows in all.
const (
	pageSize   = 100
	maxRecords = 10_000
)

// Dataset names a dataset of a portal, and which of its rows are meant.
type Dataset struct {
	URL     string `yaml:"url"`
	Dataset string `yaml:"dataset"`
	// Where is a filter in the portal's own language (ODSQL).
	Where string `yaml:"where,omitempty"`
}

// Address is that of what the portal says of the dataset.
func (d *Dataset) Address() string {
	return strings.TrimSuffix(d.URL, "/") + "/api/explore/v2.1/catalog/datasets/" + url.PathEscape(d.Dataset)
}

// Page is where a person looks at the dataset.
func (d *Dataset) Page() string {
	return strings.TrimSuffix(d.URL, "/") + "/explore/dataset/" + url.PathEscape(d.Dataset) + "/"
}

func (d *Dataset) query(q url.Values) string {
	if d.Where != "" {
		q.Set("where", d.Where)
	}
	return q.Encode()
}

// Export is the URL of all rows as CSV: UTF-8, a semicolon, a decimal point, the
// technical names of the fields, times in UTC.
func (d *Dataset) Export() string {
	return d.Address() + "/exports/csv?" + d.query(url.Values{"delimiter": {Delimiter}, "timezone": {"UTC"}, "use_labels": {"false"}})
}

// described is what the portal says of a dataset.
type described struct {
	Fields []struct {
		Name string `json:"name"`
	} `json:"fields"`
}

// ask asks the API. name is what findings call the dataset.
func (d *Dataset) ask(ctx context.Context, f *web.Fetcher, address, name string, to any) error {
	at := finding.Location{File: name}
	status, body, err := f.Answers(ctx, address, name)
	if err != nil {
		return err
	}
	var said struct {
		Code    string `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return format.Refuse(finding.New(finding.SourceWrongFormat, at, "this is no Opendatasoft portal: it answered %d, and not in JSON", status).
			WithHint("set url under opendatasoft to the portal's own address, without /explore/…"), nil)
	}
	switch status {
	case http.StatusOK:
		if err := json.Unmarshal(body, to); err != nil {
			return format.Refuse(finding.New(finding.SourceDamaged, at, "the portal's answer cannot be read: %v", err).WithHint("try again"), err)
		}
		return nil
	case http.StatusBadRequest:
		return format.Misdeclared(finding.New(finding.SourceSpec, at, "the portal refuses the question: %s", said.Message).
			WithHint("correct where under opendatasoft; it is written in ODSQL, such as where: 'annee >= 2020'"))
	case http.StatusNotFound:
		return format.Refuse(finding.New(finding.SourceAbsent, at, "the portal has no dataset %q", d.Dataset).
			WithHint("take its name from its address: …/explore/dataset/NAME"), nil)
	case http.StatusUnauthorized, http.StatusForbidden:
		return format.Refuse(finding.New(finding.SourceDenied, at, "the portal does not give the dataset to you: %s", said.Message).
			WithHint("ask its producer to publish it"), nil)
	}
	return format.Refuse(finding.New(finding.SourceUnreachable, at, "the portal answered %d: %s", status, said.Message).
		WithHint("try again later; where it stays, tell who runs the portal"), nil)
}

// File fetches the export. ok is false where the portal has none, and its
// records are to be read. The error is a *format.Error, or that of ctx.
func (d *Dataset) File(ctx context.Context, f *web.Fetcher, name string) (file *web.File, ok bool, err error) {
	// What is wrong with the dataset or the filter is said best by its records.
	var first struct {
		Total int `json:"total_count"`
	}
	if err := d.ask(ctx, f, d.Address()+"/records?"+d.query(url.Values{"limit": {"1"}}), name, &first); err != nil {
		return nil, false, err
	}
	file, err = f.Get(ctx, d.Export(), name)
	var refused *format.Error
	if errors.As(err, &refused) && (refused.Finding.Code == finding.SourceAbsent || refused.Finding.Code == finding.SourceDenied || refused.Finding.Code == finding.SourceUnreachable) {
		if first.Total > maxRecords {
			refused.Finding = refused.Finding.WithHint("the portal does not export the dataset, and gives at most %d of its %d rows as records: ask for fewer with where, or for a file", maxRecords, first.Total)
			return nil, false, refused
		}
		return nil, false, nil
	}
	return file, err == nil, err
}

// Rows reads the records. The error is a *format.Error, or that of ctx.
func (d *Dataset) Rows(ctx context.Context, f *web.Fetcher, o typed.Options) (*pages.Reader, error) {
	var said described
	if err := d.ask(ctx, f, d.Address(), o.Origin.File, &said); err != nil {
		return nil, err
	}
	var columns []string
	for _, field := range said.Fields {
		columns = append(columns, field.Name)
	}
	r, err := pages.New("Opendatasoft records", columns, o, func(ctx context.Context, offset int) (pages.Page, error) {
		var page struct {
			Total   int              `json:"total_count"`
			Results []jsontext.Value `json:"results"`
		}
		q := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}, "timezone": {"UTC"}}
		if err := d.ask(ctx, f, d.Address()+"/records?"+d.query(q), o.Origin.File, &page); err != nil {
			return pages.Page{}, err
		}
		if page.Total > maxRecords {
			return pages.Page{}, format.Refuse(finding.New(finding.SourceTooLarge, o.Origin.At(0, ""), "the portal gives at most %d of its %d rows as records", maxRecords, page.Total).
				WithHint("ask for fewer with where"), nil)
		}
		return pages.Page{Total: page.Total, Rows: page.Results}, nil
	})
	if err != nil {
		return nil, err
	}
	r.Text = text
	return r, nil
}

// text writes a value of the records as the export does: a point as "lat, lon",
// a shape as its geometry, a list with commas.
func text(value jsontext.Value) ([]byte, bool) {
	if value.Kind() == '[' {
		var list []any
		if json.Unmarshal(value, &list) != nil {
			return nil, false
		}
		var out bytes.Buffer
		for i, v := range list {
			s, isText := v.(string)
			if !isText {
				return nil, false
			}
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(s)
		}
		return out.Bytes(), true
	}
	var object struct {
		Lon, Lat json.Number
		Type     string
		Geometry jsontext.Value
	}
	if json.Unmarshal(value, &object) != nil {
		return nil, false
	}
	switch {
	case object.Lon != "" && object.Lat != "":
		return fmt.Appendf(nil, "%s, %s", object.Lat, object.Lon), true
	case object.Type == "Feature" && object.Geometry != nil && object.Geometry.Compact() == nil:
		return object.Geometry, true
	}
	return nil, false
}

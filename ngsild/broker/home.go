package broker

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
)

// version tells who answers.
func (q *request) version() error {
	if err := q.allow(); err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		API     string `json:"api"`
	}{"ldt", q.h.opts.Version, "ETSI GS CIM 009 v1.8 (NGSI-LD)"})
	if err != nil {
		return err
	}
	q.reply(http.StatusOK, mediaJSON, body)
	return nil
}

// home lists what can be asked, for somebody who opens the address in a browser.
func (q *request) home() error {
	var types []string
	err := q.h.store.View(q.r.Context(), "", func(r Reader) error {
		var err error
		types, err = r.Types()
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("This is the embedded NGSI-LD broker of ldt " + q.h.opts.Version + ".\n\nTry:\n")
	b.WriteString("  " + apiRoot + "/types\n")
	for i, t := range types {
		if i == 20 {
			b.WriteString("  …\n")
			break
		}
		b.WriteString("  " + apiRoot + "/entities?type=" + url.QueryEscape(t) + "&format=simplified&limit=5\n")
	}
	b.WriteString("  " + apiRoot + "/attributes\n  /version\n")
	if len(types) == 0 {
		b.WriteString("\nThere are no entities yet; push some with: ldt push FILE --broker http://" + q.r.Host + "\n")
	}
	q.reply(http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
	return nil
}

package datamodel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/vocabulary"
	"github.com/ldtkit/ldt/models"
	"github.com/ldtkit/ldt/ngsild/finding"
)

// subjectName is what the name of a subject may be: a folder's on every system.
var subjectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Subject gives the subject of new models in a folder: named, or the name of the use case
// in dir. The subjects of the Smart Data Models are theirs.
func Subject(dir, named string) (string, error) {
	if named == "" {
		if _, err := os.Stat(filepath.Join(dir, etl.UseCaseFile)); err != nil {
			return "", fmt.Errorf("no subject is given, and %s is no use case that has a name\n  hint: --subject CityEnergy", dir)
		}
		u, err := etl.LoadUseCase(dir)
		if err != nil {
			return "", err
		}
		named = vocabulary.CamelCase(u.Name, true)
	}
	switch {
	case !subjectName.MatchString(named):
		return "", fmt.Errorf("%q cannot be a subject: it is the name of a folder, of letters and digits\n  hint: --subject %s", named, vocabulary.CamelCase(named+" Models", true))
	case slices.ContainsFunc(models.Builtin().Subjects, func(s *models.Subject) bool { return s.Name == named }):
		return "", fmt.Errorf("%s is a subject of the Smart Data Models, whose models are theirs\n  hint: --subject City%s", named, named)
	}
	return named, nil
}

// Make works out the models of a flow, with an example of each, in the folder of a use
// case or of the mapping. The flow is at its end then. Errors are those of Models and
// Compare.
func Make(ctx context.Context, dir, subject string, flow *etl.Flow, catalogue *models.Catalogue) (*Update, []finding.Finding, error) {
	list, found, err := Models(subject, Source{Mapping: flow.Mapping, Plan: flow.Plan, Expand: flow.Context.Expand, Catalogue: catalogue})
	if err != nil {
		return nil, nil, err
	}
	examples, more, err := Examples(ctx, flow, list)
	if err != nil {
		return nil, nil, err
	}
	core, _, err := flow.Resolver().Resolve(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	update, err := Compare(dir, list, examples, func(term string) bool {
		_, known := core.Expand(term)
		return known
	})
	return update, append(found, more...), err
}
